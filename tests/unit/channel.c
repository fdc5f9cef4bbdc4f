/* The request table: who may say what, when; sessions, SQL and administration through it. */
#include "tests/unit/shop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

static struct shop shop;

static int64_t entries(void)
{
	return shop_int(&shop, "SELECT count(*) FROM audit_ledger");
}

/* Feeds a line as it is and returns what came back; *over as told. */
static json_t *line(struct og_conversation *talk, const char *text, size_t len, int *over)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf out;
	json_t *reply = NULL;

	og_buf_init(&out, (size_t)17 << 20);
	*over = og_conversation_line(talk, text, len, &out);
	if (OG_CHECK(out.len > 0 && out.data[out.len - 1] == '\n'))
		OG_CHECK_OK(og_json_parse(out.data, out.len - 1, (size_t)17 << 20, "reply", &reply,
					  &err),
			    &err);
	og_buf_release(&out);
	return reply;
}

static void ends_on_what_is_no_request(void)
{
	static const char *const bad[] = {
		"",
		"x",
		"[]",
		"null",
		"{}",
		"{\"v\":1}",
		"{\"v\":1,\"id\":1}",
		"{\"v\":2,\"id\":1,\"verb\":\"schema\"}",
		"{\"v\":1,\"id\":-1,\"verb\":\"schema\"}",
		"{\"v\":1,\"id\":1,\"verb\":\"drop.everything\"}",
		"{\"v\":1,\"id\":1,\"verb\":7}",
		"{\"v\":1,\"id\":1,\"verb\":\"sche\\u0000ma\"}",
		"{\"v\":1,\"id\":1,\"verb\":\"schema\",\"verb\":\"schema\"}",
		"{\"v\":1,\"id\":1,\"verb\":\"schema\"}", /* not legal before a session */
		"{\"v\":1,\"id\":1,\"verb\":\"sql.read\",\"sql\":\"SELECT 1\"}",
		"{\"v\":1,\"id\":1,\"verb\":\"grant.list\"}",
		"\xff\xfe",
		"{\"v\":1}{\"v\":1}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct og_conversation *talk = shop_talk(&shop);
		int over = 0;
		json_t *reply = line(talk, bad[i], strlen(bad[i]), &over);

		if (!OG_CHECK(over == 1))
			printf("# went on after %s\n", bad[i]);
		OG_CHECK(!og_json_bool(reply, "ok", 1));
		json_decref(reply);
		reply = line(talk, bad[i], strlen(bad[i]), &over);
		OG_CHECK(over == 1 && strstr(og_json_str(reply, "why"), "over"));
		json_decref(reply);
		og_conversation_free(talk);
	}
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_task"), 0);
}

static void goes_on_after_a_malformed_wish(void)
{
	struct og_conversation *talk = shop_login(&shop, BOB);
	int over;
	json_t *reply = shop_ask(talk, "schema", json_pack("{s:i}", "extra", 1), &over);

	OG_CHECK(!over && shop_no(reply, "error", "malformed"));
	OG_CHECK(strstr(og_json_str(reply, "why"), "extra"));
	json_decref(reply);
	reply = shop_ask(talk, "sql.read", json_pack("{s:i}", "sql", 1), &over);
	OG_CHECK(!over && strstr(og_json_str(reply, "why"), "wrong type"));
	json_decref(reply);
	reply = shop_ask(talk, "sql.read", json_object(), &over);
	OG_CHECK(!over && strstr(og_json_str(reply, "why"), "missing"));
	json_decref(reply);
	og_conversation_free(talk);
}

static void session_needs_the_key(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	struct og_err err = OG_ERR_INIT;
	int64_t before = entries();

	OG_CHECK(og_conversation_sign_in(talk, "alice", shop.seed[CHARLIE], &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
	og_err_clear(&err);
	OG_CHECK(og_conversation_sign_in(talk, "nobody", shop.seed[CHARLIE], &err) < 0);
	OG_CHECK_STR(err.msg, "cannot sign in as 'nobody'");
	OG_CHECK_INT(entries(), before + 2);
	og_err_clear(&err);
	OG_CHECK_OK(og_conversation_sign_in(talk, "charlie", shop.seed[CHARLIE], &err), &err);
	og_conversation_free(talk);
}

static void nonce_serves_once(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	struct og_err err = OG_ERR_INIT;
	unsigned char sig[OG_SIGNATURE];
	struct og_buf text, base64;
	json_t *reply =
		shop_ask(talk, "session.begin", json_pack("{s:s}", "principal", "bob"), NULL);
	const char *nonce = og_json_str(reply, "nonce");

	og_buf_init(&text, 256);
	og_buf_init(&base64, 256);
	og_buf_addf(&text, "og-session-v1\n%s", nonce);
	OG_CHECK_OK(og_sign(shop.seed[BOB], text.data, text.len, sig, &err), &err);
	og_base64_encode(&base64, sig, sizeof(sig));
	for (int i = 0; i < 2; i++) {
		struct og_conversation *other = i == 0 ? talk : shop_talk(&shop);
		json_t *answer = shop_ask(other, "session.begin",
					  json_pack("{s:s,s:s,s:s}", "principal", "bob", "nonce",
						    nonce, "sig", base64.data),
					  NULL);

		OG_CHECK(og_json_bool(answer, "ok", 0) == (i == 0));
		json_decref(answer);
		og_conversation_free(other);
	}
	json_decref(reply);
	og_buf_release(&text);
	og_buf_release(&base64);
}

static void password_logs_in(void)
{
	struct og_conversation *talk = shop_login(&shop, ALICE);
	json_t *reply = shop_ask(talk, "principal.put",
				 json_pack("{s:s,s:s,s:i,s:s}", "name", "bob", "role", "employee",
					   "clearance", 2, "password", "hunter2 hunter2"),
				 NULL);

	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE body LIKE '%hunter2%'"
				     " OR entry LIKE '%hunter2%'"),
		     0);
	reply = shop_ask(talk, "auth.login",
			 json_pack("{s:s,s:s}", "email", "bob@example.com", "password", "wrong"),
			 NULL);
	OG_CHECK(shop_no(reply, "deny", "login"));
	json_decref(reply);
	reply = shop_ask(talk, "auth.login",
			 json_pack("{s:s,s:s}", "email", "x@example.com", "password", "wrong"),
			 NULL);
	OG_CHECK(shop_no(reply, "deny", "login"));
	json_decref(reply);
	reply = shop_ask(
		talk, "auth.login",
		json_pack("{s:s,s:s}", "email", "bob@example.com", "password", "hunter2 hunter2"),
		NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "principal"), "bob");
	json_decref(reply);
	/* The session is bob's now: alice's rights are gone. */
	reply = shop_ask(talk, "grant.list", json_object(), NULL);
	OG_CHECK(shop_no(reply, "deny", "right"));
	json_decref(reply);
	og_conversation_free(talk);
}

static void rows_are_cut_by_principal(void)
{
	struct og_conversation *talk = shop_login(&shop, CHARLIE);
	json_t *reply =
		shop_ask(talk, "sql.read",
			 json_pack("{s:s}", "sql", "SELECT name FROM products ORDER BY id"), NULL);

	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(json_array_size(json_object_get(reply, "rows")), 2);
	json_decref(reply);
	reply = shop_ask(talk, "sql.read",
			 json_pack("{s:s,s:i}", "sql", "SELECT name FROM products", "max_rows", 1),
			 NULL);
	OG_CHECK_INT(json_array_size(json_object_get(reply, "rows")), 1);
	OG_CHECK_INT(json_array_size(json_object_get(reply, "truncated")), 1);
	json_decref(reply);
	og_conversation_free(talk);
}

static void a_change_and_its_entry_are_one(void)
{
	struct og_conversation *talk = shop_login(&shop, ALICE);
	int64_t before = entries();
	json_t *reply = shop_ask(talk, "sql.write",
				 json_pack("{s:s,s:{s:s}}", "sql",
					   "UPDATE products SET stock = stock + 10 WHERE name = :n",
					   "params", "n", "Ergonomic Chair"),
				 NULL);

	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(og_json_int(reply, "affected", -1), 1);
	OG_CHECK_INT(og_json_int(reply, "seq", -1), before + 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT stock FROM products WHERE id = 1"), 60);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'sql.write'"
				     " AND body LIKE '%\"old\":{\"stock\":50}%'"),
		     1);
	json_decref(reply);
	reply = shop_ask(talk, "sql.write",
			 json_pack("{s:s}", "sql", "UPDATE products SET stock = 50 WHERE id = 1"),
			 NULL);
	json_decref(reply);
	og_conversation_free(talk);
}

static void a_refusal_is_an_entry_and_no_change(void)
{
	struct og_conversation *talk = shop_login(&shop, CHARLIE);
	int64_t before = entries();
	json_t *reply = shop_ask(talk, "sql.write",
				 json_pack("{s:s}", "sql", "UPDATE products SET stock = 0"), NULL);

	OG_CHECK(!og_json_bool(reply, "ok", 1));
	OG_CHECK_STR(og_json_str(reply, "verdict"), "deny");
	OG_CHECK_INT(og_json_int(reply, "code", 0), 1);
	OG_CHECK_INT(entries(), before + 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND"
				     " principal = 'charlie' AND body LIKE '%stock = 0%'"),
		     1);
	OG_CHECK_INT(shop_int(&shop, "SELECT min(stock) FROM products"), 3);
	json_decref(reply);
	og_conversation_free(talk);
}

static void check_changes_nothing(void)
{
	struct og_conversation *talk = shop_login(&shop, ALICE);
	int64_t before = entries();
	json_t *reply = shop_ask(talk, "sql.check",
				 json_pack("{s:s}", "sql", "UPDATE products SET stock = 0"), NULL);

	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "verdict"), "allow");
	OG_CHECK_INT(entries(), before);
	OG_CHECK_INT(shop_int(&shop, "SELECT min(stock) FROM products"), 3);
	json_decref(reply);
	og_conversation_free(talk);
}

static void grants_take_effect_at_once(void)
{
	struct og_conversation *admin = shop_login(&shop, ALICE), *talk = shop_login(&shop, BOB);
	json_t *reply = shop_ask(talk, "sql.read",
				 json_pack("{s:s}", "sql", "SELECT name FROM users"), NULL);

	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	reply = shop_ask(admin, "grant.put",
			 json_pack("{s:s,s:s,s:[s],s:[s,s]}", "subject", "role:employee", "tbl",
				   "users", "verbs", "select", "visible", "id", "name"),
			 NULL);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	reply = shop_ask(talk, "sql.read", json_pack("{s:s}", "sql", "SELECT name FROM users"),
			 NULL);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	reply = shop_ask(talk, "sql.read", json_pack("{s:s}", "sql", "SELECT email FROM users"),
			 NULL);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	reply = shop_ask(admin, "grant.drop",
			 json_pack("{s:s,s:s}", "subject", "role:employee", "tbl", "users"), NULL);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	reply = shop_ask(talk, "sql.read", json_pack("{s:s}", "sql", "SELECT name FROM users"),
			 NULL);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	reply = shop_ask(admin, "grant.put",
			 json_pack("{s:s,s:s,s:[s]}", "subject", "role:employee", "tbl", "nothing",
				   "verbs", "select"),
			 NULL);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	og_conversation_free(admin);
	og_conversation_free(talk);
}

static void a_deactivated_principal_is_gone(void)
{
	struct og_conversation *talk = shop_login(&shop, BOB);
	json_t *reply;

	shop_exec(&shop, "UPDATE og_principal SET active = 0 WHERE name = 'bob'");
	reply = shop_ask(talk, "schema", json_object(), NULL);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	OG_CHECK_INT(og_json_int(reply, "code", 0), OG_EPERM);
	json_decref(reply);
	shop_exec(&shop, "UPDATE og_principal SET active = 1 WHERE name = 'bob'");
	og_conversation_free(talk);
}

static json_t *detail(struct og_conversation *talk)
{
	return shop_ask(talk, "schema", json_pack("{s:b}", "detail", 1), NULL);
}

static void the_whole_schema_is_for_explorers(void)
{
	struct og_conversation *talk = shop_login(&shop, CHARLIE);
	json_t *reply = detail(talk);

	OG_CHECK(shop_no(reply, "deny", "right"));
	OG_CHECK(!json_object_get(reply, "tables"));
	json_decref(reply);
	og_conversation_free(talk);
	talk = shop_login(&shop, ALICE);
	reply = detail(talk);
	OG_CHECK(shop_ok(reply));
	OG_CHECK(json_array_size(json_object_get(reply, "skills")) > 0);
	OG_CHECK(json_is_array(json_object_get(reply, "policies")));
	OG_CHECK(json_is_integer(json_object_get(reply, "passages")));
	json_decref(reply);
	og_conversation_free(talk);
}

static void schema_changes_need_the_right(void)
{
	struct og_conversation *talk = shop_login(&shop, BOB);
	json_t *reply =
		shop_ask(talk, "ddl",
			 json_pack("{s:s}", "sql", "CREATE TABLE t(id INTEGER PRIMARY KEY)"), NULL);

	OG_CHECK(shop_no(reply, "deny", "right"));
	json_decref(reply);
	og_conversation_free(talk);
	talk = shop_login(&shop, ALICE);
	reply = shop_ask(talk, "ddl", json_pack("{s:s}", "sql", "DROP TABLE payments"), NULL);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	reply = shop_ask(talk, "ddl",
			 json_pack("{s:s,s:s,s:s,s:s,s:s}", "op", "add_column", "table", "orders",
				   "column", "courier_name", "type", "TEXT", "default", "none"),
			 NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM pragma_table_info('orders')"
				     " WHERE name = 'courier_name'"),
		     1);
	json_decref(reply);
	og_conversation_free(talk);
}

static void ledger_is_read_by_right_only(void)
{
	struct og_conversation *talk = shop_login(&shop, CHARLIE);
	json_t *reply = shop_ask(talk, "ledger.read", json_object(), NULL);

	OG_CHECK(shop_no(reply, "deny", "right"));
	json_decref(reply);
	og_conversation_free(talk);
	talk = shop_login(&shop, ALICE);
	reply = shop_ask(talk, "ledger.read", json_pack("{s:i}", "limit", 2), NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(json_array_size(json_object_get(reply, "entries")), 2);
	json_decref(reply);
	og_conversation_free(talk);
}

static void *pour(void *arg)
{
	const int *fds = arg;
	char block[65536];

	memset(block, 'a', sizeof(block));
	for (int i = 0; i < 17 * 16; i++)
		if (write(fds[1], block, sizeof(block)) < 0)
			break;
	close(fds[1]);
	return NULL;
}

static void a_line_without_end_is_refused(void)
{
	struct og_err err = OG_ERR_INIT;
	int fds[2], out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pthread_t thread;

	OG_CHECK(pipe(fds) == 0);
	OG_CHECK(pthread_create(&thread, NULL, pour, fds) == 0);
	OG_CHECK(og_channel_serve(shop.shield, &(struct og_serving){ fds[0], out, -1, 0, 0 },
				  &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	close(fds[0]);
	pthread_join(thread, NULL);
	close(out);
}

/* A conversation over a pipe in which only these bytes are ever said. */
static int serve_code(const char *said, const struct og_serving *patience, int *ret_replies)
{
	struct og_serving serving = *patience;
	struct og_err err = OG_ERR_INIT;
	char answers[8192];
	int in[2], out[2], rc;
	ssize_t n;

	OG_CHECK(pipe(in) == 0 && pipe(out) == 0);
	OG_CHECK_INT(write(in[1], said, strlen(said)), (ssize_t)strlen(said));
	serving.in = in[0];
	serving.out = out[1];
	rc = og_channel_serve(shop.shield, &serving, &err);
	close(out[1]);
	n = read(out[0], answers, sizeof(answers));
	*ret_replies = 0;
	for (ssize_t i = 0; i < n; i++)
		*ret_replies += answers[i] == '\n';
	close(in[0]);
	close(in[1]);
	close(out[0]);
	return rc < 0 ? err.code : 0;
}

#define NONCE "{\"v\":1,\"id\":1,\"verb\":\"session.begin\",\"principal\":\"charlie\"}\n"

static void patience_has_an_end(void)
{
	static const struct og_serving both = { -1, -1, -1, 50, 50 }, line = { -1, -1, -1, 0, 50 };
	int replies;

	OG_CHECK_INT(serve_code("", &both, &replies), OG_ETEMP);
	OG_CHECK_INT(replies, 1); /* why it is over */
	OG_CHECK_INT(serve_code("{\"v\":1,", &both, &replies), OG_ETEMP);
	OG_CHECK_INT(serve_code(NONCE "{\"v\":", &line, &replies), OG_ETEMP);
	OG_CHECK_INT(replies, 2);
}

static void a_stop_ends_it_after_what_was_asked(void)
{
	struct og_serving serving = { -1, -1, -1, 0, 1000 };
	int stop[2], replies;

	OG_CHECK(pipe(stop) == 0);
	OG_CHECK_INT(write(stop[1], "x", 1), 1);
	serving.stop = stop[0];
	/* Stopped before it began, or between two requests: nothing is answered by half. */
	OG_CHECK_INT(serve_code(NONCE NONCE, &serving, &replies), 0);
	OG_CHECK_INT(replies, 0);
	close(stop[0]);
	close(stop[1]);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	shop_open(&shop);
	OG_RUN(ends_on_what_is_no_request);
	OG_RUN(goes_on_after_a_malformed_wish);
	OG_RUN(session_needs_the_key);
	OG_RUN(nonce_serves_once);
	OG_RUN(password_logs_in);
	OG_RUN(rows_are_cut_by_principal);
	OG_RUN(a_change_and_its_entry_are_one);
	OG_RUN(a_refusal_is_an_entry_and_no_change);
	OG_RUN(check_changes_nothing);
	OG_RUN(grants_take_effect_at_once);
	OG_RUN(a_deactivated_principal_is_gone);
	OG_RUN(the_whole_schema_is_for_explorers);
	OG_RUN(schema_changes_need_the_right);
	OG_RUN(ledger_is_read_by_right_only);
	OG_RUN(a_line_without_end_is_refused);
	OG_RUN(patience_has_an_end);
	OG_RUN(a_stop_ends_it_after_what_was_asked);
	shop_close(&shop);
	return og_done();
}
