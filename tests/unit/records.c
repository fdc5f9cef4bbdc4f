/* Numbered requests: done once, answered alike, whatever happens in between. */
#include <sqlite3.h>

#include "lib/ledger/redact.h"
#include "lib/shield/channel-internal.h"
#include "tests/unit/shop.h"

static struct shop shop;

struct work {
	struct og_conversation *talk;
	json_t *envelope;
	char task[OG_UUID_LEN + 1];
	int64_t epoch;
};

static void again(struct work *work)
{
	json_t *reply = shop_begin(work->talk, work->envelope);

	OG_CHECK(shop_ok(reply));
	work->epoch = og_json_int(reply, "epoch", -1);
	json_decref(reply);
}

static void begin(struct work *work, int who)
{
	work->talk = shop_talk(&shop);
	work->envelope = shop_envelope(&shop, who, "task", "do something", NULL, work->task);
	again(work);
}

static void end(struct work *work)
{
	json_decref(work->envelope);
	og_conversation_free(work->talk);
}

/* A request of the task under a number; takes request. */
static json_t *call(struct work *work, int64_t number, const char *verb, json_t *request)
{
	json_object_set_new(request, "task", json_string(work->task));
	json_object_set_new(request, "epoch", json_integer(work->epoch));
	json_object_set_new(request, "call", json_integer(number));
	return shop_ask(work->talk, verb, request, NULL);
}

static json_t *sql(const char *text)
{
	return json_pack("{s:s}", "sql", text);
}

static int64_t records(void)
{
	return shop_int(&shop, "SELECT count(*) FROM og_call");
}

static int64_t entries(void)
{
	return shop_int(&shop, "SELECT count(*) FROM audit_ledger");
}

/* As lines of the channel, where 5.0 is 5. */
static int equal(const json_t *a, const json_t *b)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf one, two;
	int same;

	og_buf_init(&one, (size_t)16 << 20);
	og_buf_init(&two, (size_t)16 << 20);
	OG_CHECK_OK(og_json_canon(a, &one, &err), &err);
	OG_CHECK_OK(og_json_canon(b, &two, &err), &err);
	same = one.len == two.len && memcmp(one.data, two.data, one.len) == 0;
	og_buf_release(&one);
	og_buf_release(&two);
	return same;
}

/* Both replies, but for the word that the second was made before. */
static void same(json_t *first, json_t *second)
{
	OG_CHECK(og_json_bool(second, "replayed", 0));
	json_object_del(first, "replayed"); /* a step says it of itself */
	json_object_del(second, "replayed");
	OG_CHECK(equal(first, second));
	json_decref(first);
	json_decref(second);
}

#define ORDER "INSERT INTO orders(user_id, total, status) VALUES (3, 5.0, 'new')"
#define READ  "SELECT id, total, status FROM orders"

static void a_change_is_made_once(void)
{
	struct work work;
	json_t *first;
	int64_t rows = shop_int(&shop, "SELECT count(*) FROM orders"), seq;

	begin(&work, ALICE);
	first = call(&work, 0, "sql.write", sql(ORDER));
	OG_CHECK(shop_ok(first));
	OG_CHECK_INT(json_string_length(json_object_get(first, "at")), OG_TIME_LEN);
	seq = entries();
	again(&work);
	same(first, call(&work, 0, "sql.write", sql(ORDER)));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders"), rows + 1);
	OG_CHECK_INT(entries(), seq);
	end(&work);
}

/* What was read is what was read then; the schema and whatever else only
 * reads is on record too. */
static void what_was_read_stays(void)
{
	struct work work;
	json_t *first;

	begin(&work, ALICE);
	first = call(&work, 7, "sql.read", sql(READ));
	OG_CHECK(shop_ok(first));
	shop_exec(&shop, "UPDATE orders SET status = 'other'");
	same(first, call(&work, 7, "sql.read", sql(READ)));
	first = call(&work, 3, "schema", json_object()); /* numbers need no order */
	OG_CHECK(shop_ok(first));
	same(first, call(&work, 3, "schema", json_object()));
	first = call(&work, 4, "skill.list", json_object());
	OG_CHECK(shop_ok(first));
	same(first, call(&work, 4, "skill.list", json_object()));
	end(&work);
}

static void a_number_is_one_request(void)
{
	struct work work;
	json_t *first, *other;
	int64_t before;

	begin(&work, ALICE);
	first = call(&work, 0, "sql.read", sql(READ));
	before = records();
	other = call(&work, 0, "sql.read", sql("SELECT id FROM orders"));
	OG_CHECK(shop_no(other, "conflict", "other-call"));
	json_decref(other);
	other = call(&work, 0, "sql.write", sql(READ));
	OG_CHECK(shop_no(other, "conflict", "other-call"));
	json_decref(other);
	OG_CHECK_INT(records(), before);
	same(first, call(&work, 0, "sql.read", sql(READ)));
	end(&work);
}

/* A refusal is an answer, and stays one when the rule behind it has gone. */
static void refusals_are_kept(void)
{
	struct work work;
	json_t *first;
	int64_t seq;

	begin(&work, BOB);
	first = call(&work, 0, "sql.read", sql(READ));
	OG_CHECK(shop_no(first, "deny", "not-found"));
	OG_CHECK(og_json_str(first, "at") != NULL);
	seq = entries();
	shop_exec(&shop, "INSERT INTO og_grant(subject,tbl,verbs) VALUES"
			 "('role:employee','orders','[\"select\"]')");
	same(first, call(&work, 0, "sql.read", sql(READ)));
	OG_CHECK_INT(entries(), seq);
	first = call(&work, 1, "sql.read", json_pack("{s:i}", "sql", 1));
	OG_CHECK(shop_no(first, "error", "malformed"));
	same(first, call(&work, 1, "sql.read", json_pack("{s:i}", "sql", 1)));
	shop_exec(&shop, "DELETE FROM og_grant WHERE subject = 'role:employee'");
	end(&work);
}

static void what_says_nothing_is_not_kept(void)
{
	struct work work;
	json_t *reply;
	int64_t before = records();

	begin(&work, ALICE);
	again(&work);
	work.epoch--;
	reply = call(&work, 0, "sql.read", sql(READ));
	OG_CHECK(shop_no(reply, "conflict", "stale-epoch"));
	json_decref(reply);
	work.epoch++;
	reply = call(&work, -1, "sql.read", sql(READ));
	OG_CHECK(shop_no(reply, "error", "malformed"));
	json_decref(reply);
	OG_CHECK_INT(records(), before);
	end(&work);
}

static void only_of_a_task(void)
{
	struct og_conversation *talk = shop_login(&shop, ALICE);
	json_t *reply =
		shop_ask(talk, "sql.read", json_pack("{s:s,s:i}", "sql", READ, "call", 1), NULL);

	OG_CHECK(shop_no(reply, "error", "malformed"));
	json_decref(reply);
	reply = shop_ask(talk, "sql.check", json_pack("{s:s,s:i}", "sql", READ, "call", 1), NULL);
	OG_CHECK(strstr(og_json_str(reply, "why"), "call"));
	json_decref(reply);
	og_conversation_free(talk);
}

/* No record, no effect; and a refusal that cannot be kept is not given. */
static void effect_and_record_are_one(void)
{
	struct work work;
	json_t *reply;
	int64_t rows = shop_int(&shop, "SELECT count(*) FROM orders"), seq = entries();

	begin(&work, ALICE);
	shop_exec(&shop, "CREATE TRIGGER no_record BEFORE INSERT ON og_call"
			 " BEGIN SELECT RAISE(ABORT, 'no record'); END");
	reply = call(&work, 0, "sql.write", sql(ORDER));
	OG_CHECK(!og_json_bool(reply, "ok", 1) && strstr(og_json_str(reply, "why"), "no record"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders"), rows);
	reply = call(&work, 0, "sql.read", sql("SELECT * FROM nowhere"));
	OG_CHECK(!og_json_bool(reply, "ok", 1) && strstr(og_json_str(reply, "why"), "no record"));
	json_decref(reply);
	OG_CHECK_INT(entries(), seq);
	shop_exec(&shop, "DROP TRIGGER no_record");
	reply = call(&work, 0, "sql.write", sql(ORDER));
	OG_CHECK(shop_ok(reply) && !og_json_bool(reply, "replayed", 0));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders"), rows + 1);
	end(&work);
}

/* A step of a skill has a record of its own kind; both give the same. */
static void steps_are_numbered_too(void)
{
	struct work work;
	json_t *first, *request;

	begin(&work, CHARLIE);
	request = json_pack("{s:s,s:s,s:{s:i,s:s}}", "skill", "buy", "step", "price", "slots",
			    "quantity", 1, "product", "Ergonomic Chair");
	first = call(&work, 0, "step.run", json_deep_copy(request));
	OG_CHECK(shop_ok(first));
	again(&work);
	same(first, call(&work, 0, "step.run", json_deep_copy(request)));
	first = call(&work, 1, "step.run", request);
	OG_CHECK(shop_ok(first) && og_json_bool(first, "replayed", 0));
	json_decref(first);
	end(&work);
}

static void records_are_bounded(void)
{
	static const char wide[] = "SELECT a.status AS s FROM orders AS a, products AS b,"
				   " products AS c, products AS d, products AS e"
				   " WHERE a.id = 1000";
	struct work work;
	json_t *reply;
	struct og_buf text;

	begin(&work, ALICE);
	shop_exec(&shop, "INSERT INTO orders VALUES(1000, 3, 1.5, replace(hex(zeroblob(15000)), "
			 "'0', '\"'))");
	reply = call(&work, 0, "sql.read", sql(wide));
	OG_CHECK(shop_no(reply, "budget", "reply-size"));
	same(reply, call(&work, 0, "sql.read", sql(wide)));
	og_buf_init(&text, 4096);
	og_buf_addf(&text,
		    "INSERT INTO og_turn(task, turn, model, state, tokens, nanousd, time, size)"
		    " VALUES('%s', 1, 'm', 'answered', 0, 0, '', 67108000)",
		    work.task);
	shop_exec(&shop, text.data);
	reply = call(&work, 1, "sql.read", sql("SELECT status FROM orders WHERE id = 1000"));
	OG_CHECK(shop_no(reply, "budget", "records-size"));
	json_decref(reply);
	shop_exec(&shop, "DELETE FROM orders WHERE id = 1000");
	og_buf_release(&text);
	end(&work);
}

static void finish(struct work *work)
{
	json_t *reply = shop_ask(
		work->talk, "task.finish",
		json_pack("{s:s,s:I,s:s,s:s,s:{s:i,s:s,s:s,s:s,s:s,s:{},s:[],s:[],s:{}}}", "task",
			  work->task, "epoch", (json_int_t)work->epoch, "state", "failed", "reason",
			  "x", "result", "v", 1, "task", work->task, "state", "failed", "reason",
			  "x", "answer", "", "data", "steps", "trace", "cost"),
		NULL);

	OG_CHECK(shop_ok(reply));
	json_decref(reply);
}

static int64_t of_task(const struct work *work, const char *format)
{
	char text[256];

	snprintf(text, sizeof(text), format, work->task);
	return shop_int(&shop, text);
}

/* A rerun needs the records when the task has ended; a redaction empties
 * them, and they go with the task's row. */
static void records_outlive_the_task(void)
{
	struct og_redaction redaction = { .principal = "alice", .reason = "x" };
	struct og_err err = OG_ERR_INIT;
	struct og_receipt receipt;
	struct og_db *db = NULL;
	struct work work;
	char text[512], now[OG_TIME_LEN + 1];
	json_t *reply;
	struct og_conversation *alice = shop_login(&shop, ALICE);

	begin(&work, ALICE);
	json_decref(call(&work, 0, "sql.read", sql("SELECT name FROM products")));
	snprintf(text, sizeof(text),
		 "INSERT INTO og_turn(task, turn, model, state, tokens, nanousd, answer, time)"
		 " VALUES('%s', 1, 'm', 'answered', 7, 8, '{\"text\":\"Chair\"}', '')",
		 work.task);
	shop_exec(&shop, text);
	finish(&work);
	OG_CHECK_INT(of_task(&work, "SELECT reply LIKE '%%Chair%%' FROM og_call WHERE task = '%s'"),
		     1);
	redaction.seq = of_task(&work, "SELECT last_seq FROM og_task WHERE id = '%s'");
	OG_CHECK_OK(og_db_open(shop.erp, OG_DB_WRITE, &db, &err), &err);
	OG_CHECK_OK(og_ledger_redact(db, &redaction, &receipt, &err), &err);
	og_db_close(db);
	OG_CHECK_INT(of_task(&work, "SELECT reply = '{}' FROM og_call WHERE task = '%s'"), 1);
	OG_CHECK_INT(of_task(&work, "SELECT answer IS NULL AND tokens = 7 FROM og_turn"
				    " WHERE task = '%s'"),
		     1);
	snprintf(text, sizeof(text),
		 "UPDATE og_task SET envelope = '{\"expires\":\"2020-01-01T00:00:00.000Z\"}',"
		 " finished = '2020-01-01T00:00:00.000Z' WHERE id = '%s'",
		 work.task);
	shop_exec(&shop, text);
	og_time_format(og_now_ms(), now);
	reply = shop_ask(alice, "task.prune", json_pack("{s:s}", "before", now), NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(og_json_int(reply, "pruned", 0), 1);
	json_decref(reply);
	OG_CHECK_INT(of_task(&work, "SELECT count(*) FROM og_call WHERE task = '%s'"), 0);
	OG_CHECK_INT(of_task(&work, "SELECT count(*) FROM og_turn WHERE task = '%s'"), 0);
	og_conversation_free(alice);
	end(&work);
}

/* Pages that a commit wrote since it was asked last. */
static int written(void)
{
	int now = 0, high;

	sqlite3_db_status(og_db_handle(shop.shield->db), SQLITE_DBSTATUS_CACHE_WRITE, &now, &high,
			  1);
	return now;
}

static void save(const struct og_task_row *row)
{
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_db_begin(shop.shield->db, 1, &err), &err);
	OG_CHECK_OK(og_tasks_save(shop.shield->tasks, row, &err), &err);
	OG_CHECK_OK(og_db_commit(shop.shield->db, &err), &err);
}

/* A step that leaves the state as it is writes the row, and no index. */
static void a_step_writes_little(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_task_row row;
	struct work work;

	begin(&work, CHARLIE);
	if (!OG_CHECK(og_tasks_get(shop.shield->tasks, work.task, &row, &err) == 1))
		return;
	written();
	row.next_step++;
	save(&row);
	OG_CHECK_INT(written(), 1);
	OG_CHECK_OK(og_task_row_set(&row.state, "waiting", &err), &err);
	save(&row);
	OG_CHECK(written() > 1);
	og_task_row_release(&row);
	OG_CHECK(og_tasks_get(shop.shield->tasks, work.task, &row, &err) == 1);
	OG_CHECK_STR(row.state, "waiting");
	og_task_row_release(&row);
	end(&work);
}

int main(void)
{
	shop_open(&shop);
	OG_RUN(a_change_is_made_once);
	OG_RUN(what_was_read_stays);
	OG_RUN(a_number_is_one_request);
	OG_RUN(refusals_are_kept);
	OG_RUN(what_says_nothing_is_not_kept);
	OG_RUN(only_of_a_task);
	OG_RUN(effect_and_record_are_one);
	OG_RUN(steps_are_numbered_too);
	OG_RUN(records_are_bounded);
	OG_RUN(records_outlive_the_task);
	OG_RUN(a_step_writes_little);
	shop_close(&shop);
	return og_done();
}
