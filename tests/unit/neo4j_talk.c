/*
 * The client of Neo4j, through og-http, with a real server: one of the
 * tests' own (tests/servers/neo4j), or where OG_LIVE_NEO4J_URL names an
 * empty database that may be filled (OG_LIVE_NEO4J_KEY: a file with
 * user:password) that one. Both of its APIs are spoken. What it holds in the
 * end is compared with the embedded graph.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/skill/neo4j-internal.h"
#include "lib/skill/store.h"
#include "tests/unit/unit.h"

#define PATIENCE 60000

/* --- a server and a way to it
 * ------------------------------------------------------- */

static char dir[64], url[200], login[200], lack[200];
static struct og_net *net;
static struct og_neo4j *neo4j;

/* The first line a command prints, and its status. */
static int ask(const char *command, char *ret, size_t size)
{
	FILE *pipe = popen(command, "r");
	int rc;

	ret[0] = '\0';
	if (!pipe)
		return -1;
	if (fgets(ret, (int)size, pipe))
		ret[strcspn(ret, "\n")] = '\0';
	while (fgetc(pipe) != EOF)
		;
	rc = pclose(pipe);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

/* Is there a server? Else lack says why not. */
static int start_server(void)
{
	const char *live = getenv("OG_LIVE_NEO4J_URL"), *key = getenv("OG_LIVE_NEO4J_KEY");
	char command[300], port[32];

	snprintf(dir, sizeof(dir), "/tmp/og-neo4j-talk.%ld", (long)getpid());
	if (live) {
		og_text_format(url, sizeof(url), "%s", live);
		og_text_format(login, sizeof(login), "%s", key ? key : "");
		return 1;
	}
	if (ask("tests/servers/neo4j fetch 2>&1", lack, sizeof(lack)) != 0)
		return 0;
	snprintf(command, sizeof(command), "OG_OWNER=%ld tests/servers/neo4j start %s",
		 (long)getpid(), dir);
	if (!OG_CHECK(ask(command, port, sizeof(port)) == 0))
		return 0;
	snprintf(url, sizeof(url), "neo4j+http://127.0.0.1:%s/neo4j", port);
	snprintf(login, sizeof(login), "%s/login", dir);
	return 1;
}

static void stop_server(void)
{
	char command[300], ignored[8];

	snprintf(command, sizeof(command), "tests/servers/neo4j stop %s; rm -rf %s", dir, dir);
	if (!getenv("OG_LIVE_NEO4J_URL"))
		ask(command, ignored, sizeof(ignored));
}

static int open_line(const char *at, const char *secret, struct og_net **ret_net,
		     struct og_neo4j **ret)
{
	struct og_neo4j_place place;
	struct og_err err = OG_ERR_INIT;
	char pair[600], program[300];
	const char *build = getenv("OG_BUILD");

	if (!OG_CHECK_OK(og_neo4j_place(at, &place, &err), &err))
		return 0;
	snprintf(pair, sizeof(pair), "%s=%s", place.origin, secret);
	snprintf(program, sizeof(program), "%s/libexec/omnigate/og-http", build ? build : "build");
	{
		const char *const allow[] = { place.origin, NULL };
		const char *const logins[] = { secret ? pair : NULL, NULL };
		struct og_net_place way = { .program = program, .allow = allow, .login = logins };

		return OG_CHECK_OK(og_net_open(&way, ret_net, &err), &err) &&
		       OG_CHECK_OK(og_neo4j_open(&place, *ret_net, PATIENCE, ret, &err), &err);
	}
}

/* --- skills
 * ---------------------------------------------------------------------------
 */

/* {"doc","hash","id"} of a skill made of JSON members. */
static json_t *node(const char *members, int id)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = json_loads(members, 0, NULL);
	char hash[OG_HASH_HEX + 1];

	if (!json_object_get(doc, "description"))
		json_object_set_new(doc, "description", json_string("d"));
	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	OG_CHECK_OK(og_skill_hash(doc, hash, &err), &err);
	return json_pack("{s:o,s:s,s:i}", "doc", doc, "hash", hash, "id", id);
}

static int put(const char *members, int id)
{
	struct og_err err = OG_ERR_INIT;
	json_t *nodes = json_pack("[o]", node(members, id));
	size_t n = 0;
	int rc = og_neo4j_put(neo4j, nodes, &n, &err);

	if (rc < 0)
		printf("# put: %s\n", err.msg);
	else
		OG_CHECK_INT(n, 1);
	json_decref(nodes);
	return rc < 0 ? err.code : 0;
}

static json_t *listed(int clearance)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL;
	int left_out = -1;

	OG_CHECK_OK(og_neo4j_list(neo4j, clearance, &list, &left_out, &err), &err);
	OG_CHECK_INT(left_out, 0);
	return list;
}

/* "name>TYPE target, TYPE target; ..." */
static void check_list(int clearance, const char *want)
{
	json_t *list = listed(clearance), *skill, *edge;
	struct og_buf buf;
	size_t i, k;

	og_buf_init(&buf, 1 << 16);
	og_buf_adds(&buf, "");
	json_array_foreach(list, i, skill)
	{
		og_buf_addf(&buf, "%s%s:%.1s%d", i ? "; " : "", og_json_str(skill, "name"),
			    og_json_str(skill, "kind"), (int)og_json_int(skill, "clearance", 0));
		json_array_foreach(json_object_get(skill, "edges"), k, edge)
			og_buf_addf(&buf, "%s%s %s", k ? ", " : ">", og_json_str(edge, "type"),
				    og_json_str(edge, "target"));
	}
	OG_CHECK_STR(buf.data ? buf.data : "", want);
	og_buf_release(&buf);
	json_decref(list);
}

static void drop(const char *name, int want)
{
	struct og_err err = OG_ERR_INIT;
	int rc = og_neo4j_drop(neo4j, name, &err);

	if (rc < 0)
		printf("# drop: %s\n", err.msg);
	OG_CHECK_INT(rc, want);
}

/* --- tests
 * -----------------------------------------------------------------------------
 */

static void constraints_are_made_once(void)
{
	struct og_err err = OG_ERR_INIT;
	int n = -1;

	OG_CHECK_OK(og_neo4j_lacks(neo4j, &n, &err), &err);
	OG_CHECK_INT(n, OG_NEO4J_CONSTRAINTS);
	OG_CHECK_OK(og_neo4j_setup(neo4j, &n, &err), &err);
	OG_CHECK_INT(n, OG_NEO4J_CONSTRAINTS);
	OG_CHECK_OK(og_neo4j_lacks(neo4j, &n, &err), &err);
	OG_CHECK_INT(n, 0);
	OG_CHECK_OK(og_neo4j_setup(neo4j, &n, &err), &err);
	OG_CHECK_INT(n, 0);
}

static void what_is_put_is_listed(void)
{
	OG_CHECK_INT(put("{\"name\":\"order\",\"roles\":[\"clerk\"],\"touches\":[\"orders\"],"
			 "\"depends_on\":[\"stock\"],\"next\":[\"invoice\"],\"asks\":[{"
			 "\"tbl\":"
			 "\"customers\",\"verbs\":[\"select\"]}]}",
			 1),
		     0);
	check_list(3, "order:w1>DEPENDS_ON stock, NEXT invoice, TOUCHES customers, "
		      "TOUCHES orders");
	OG_CHECK_INT(put("{\"name\":\"stock\",\"clearance\":2}", 2), 0);
	OG_CHECK_INT(put("{\"name\":\"high-value\",\"kind\":\"regulation\",\"clearance\":3,"
			 "\"governs\":[\"order\"]}",
			 3),
		     0);
	check_list(3, "order:w1>DEPENDS_ON stock, NEXT invoice, TOUCHES customers, "
		      "TOUCHES orders; "
		      "stock:w2; high-value:r3>GOVERNS order");
	check_list(1, "order:w1>NEXT invoice, TOUCHES customers, TOUCHES orders");
	check_list(0, "");
}

static void a_new_version_replaces_the_edges(void)
{
	OG_CHECK_INT(put("{\"name\":\"order\",\"kind\":\"agent\",\"next\":[\"parcel\"],"
			 "\"touches\":[\"orders\"]}",
			 1),
		     0);
	check_list(2, "order:a1>NEXT parcel, TOUCHES orders; stock:w2");
	drop("order", 1);
	drop("order", 0);
	drop("no-such-skill", 0);
	check_list(3, "stock:w2; high-value:r3>GOVERNS order");
	OG_CHECK_INT(put("{\"name\":\"order\"}", 1), 0);
	check_list(3, "order:w1; stock:w2; high-value:r3>GOVERNS order");
}

/* Of names nobody leads to any more nothing is left. */
static void nothing_is_left_behind(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list;

	drop("high-value", 1);
	drop("order", 1);
	drop("stock", 1);
	OG_CHECK_OK(og_neo4j_heads(neo4j, &list, NULL, &err), &err);
	OG_CHECK_INT(json_array_size(list), 0);
	json_decref(list);
	{
		static const char *const fields[] = { "name", NULL };
		static const struct og_neo4j_statement all = {
			"MATCH (n) WHERE NOT n:OmniGate RETURN n.name AS name", fields, 0
		};

		og_neo4j_begin(neo4j);
		if (OG_CHECK_OK(og_neo4j_run(neo4j, &all, json_object(), 100, &list, &err), &err))
			OG_CHECK_INT(json_array_size(list), 0);
		json_decref(list);
	}
}

/* --- beside the embedded graph
 * ------------------------------------------------------- */

struct house {
	char path[64];
	struct og_db *db;
	struct og_graph *graph;
};

static int open_house(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;
	int rc;

	snprintf(h->path, sizeof(h->path), "/tmp/og-neo4j-talk.%ld.db", (long)getpid());
	unlink(h->path);
	og_buf_init(&sql, 1 << 20);
	rc = OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err) &&
	     OG_CHECK_OK(og_db_open(h->path, OG_DB_CREATE, &h->db, &err), &err) &&
	     OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err) &&
	     OG_CHECK_OK(og_graph_open("sqlite:", h->db, &h->graph, &err), &err);
	og_buf_release(&sql);
	return rc;
}

static void close_house(struct house *h)
{
	char side[80];

	og_graph_free(h->graph);
	og_db_close(h->db);
	unlink(h->path);
	snprintf(side, sizeof(side), "%s-wal", h->path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", h->path);
	unlink(side);
}

static int put_local(struct house *h, const json_t *doc)
{
	struct og_err err = OG_ERR_INIT;
	struct og_node made;

	return OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err) &&
	       OG_CHECK_OK(og_graph_put(h->graph, doc, &made, &err), &err) &&
	       OG_CHECK_OK(og_db_commit(h->db, &err), &err);
}

#define MANY 500

/* Skills of all kinds and clearances, each with edges to others, and with
 * texts that quote, break lines and mix scripts. */
static void fill_house(struct house *h)
{
	static const char *const kinds[] = { "workflow", "regulation", "agent" };

	for (int i = 0; i < MANY; i++) {
		json_t *doc = json_pack(
			"{s:o,s:s,s:i,s:s,s:[o],s:[o],s:[o,s],s:[o,s]}", "name",
			json_sprintf("skill-%03d", i), "kind", kinds[i % 3], "clearance", i % 3 + 1,
			"description",
			"quote ' \" ` \\ {x} $name /* // -- \n\t end \u00e4\u4e16\U0001f600",
			"depends_on", json_sprintf("skill-%03d", i / 2 + MANY), "governs",
			json_sprintf("skill-%03d", (i * 7 + 1) % MANY), "next",
			json_sprintf("skill-%03d", (i + 1) % MANY), "not-there", "touches",
			json_sprintf("table `%d'", i % 10), "orders");
		json_t *whole = node("{\"name\":\"x\"}", 1),
		       *filled = json_object_get(whole, "doc");

		json_object_del(filled, "source");
		json_object_update(filled, doc);
		{
			struct og_err err = OG_ERR_INIT;

			OG_CHECK_OK(og_skill_complete(filled, &err), &err);
			OG_CHECK_OK(og_skill_check(filled, &err), &err);
		}
		if (!put_local(h, filled))
			i = MANY;
		json_decref(whole);
		json_decref(doc);
	}
}

static void same(json_t *a, json_t *b)
{
	OG_CHECK_INT(json_array_size(a), json_array_size(b));
	if (!OG_CHECK(json_equal(a, b)))
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!json_equal(json_array_get(a, i), json_array_get(b, i))) {
				printf("# %zu: %s\n# but: %s\n", i,
				       json_dumps(json_array_get(a, i), JSON_COMPACT),
				       json_dumps(json_array_get(b, i), JSON_COMPACT));
				break;
			}
	json_decref(a);
	json_decref(b);
}

/* What the server says is word for word what the embedded graph says. */
static void compare(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	json_t *local = NULL, *remote = NULL;
	int left_out = -1;

	for (int clearance = 1; clearance <= 3; clearance++) {
		OG_CHECK_OK(og_graph_list(h->graph, clearance, &local, &err), &err);
		same(local, listed(clearance));
	}
	OG_CHECK_OK(og_graph_docs(h->graph, &local, &err), &err);
	OG_CHECK_OK(og_neo4j_docs(neo4j, 3, &remote, &left_out, &err), &err);
	OG_CHECK_INT(left_out, 0);
	same(local, remote);
	OG_CHECK_OK(og_neo4j_docs(neo4j, 1, &remote, &left_out, &err), &err);
	OG_CHECK_INT(json_array_size(remote), (MANY + 2) / 3);
	json_decref(remote);
	OG_CHECK_OK(og_graph_governors(h->graph, "skill-008", &local, &err), &err);
	OG_CHECK(json_array_size(local) > 1);
	OG_CHECK_OK(og_neo4j_governors(neo4j, "skill-008", &remote, &err), &err);
	same(local, remote);
	OG_CHECK_OK(og_neo4j_governors(neo4j, "no-such-skill", &remote, &err), &err);
	OG_CHECK_INT(json_array_size(remote), 0);
	json_decref(remote);
}

static void both_graphs_say_the_same(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h;
	json_t *docs = NULL;
	size_t n = 0;

	if (open_house(&h)) {
		fill_house(&h);
		OG_CHECK_OK(og_graph_docs(h.graph, &docs, &err), &err);
		OG_CHECK_OK(og_neo4j_put(neo4j, docs, &n, &err), &err);
		OG_CHECK_INT(n, MANY);
		compare(&h);
		OG_CHECK_OK(og_neo4j_put(neo4j, docs, &n, &err), &err); /* again: no harm */
		neo4j->api = OG_NEO4J_TX;
		compare(&h);
		OG_CHECK_INT(neo4j->api, OG_NEO4J_TX);
		json_decref(docs);
	}
	close_house(&h);
}

/* A put that fails leaves all of it as it was. */
static void one_number_is_one_skill(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *nodes = json_pack("[o,o]", node("{\"name\":\"new-one\"}", 4000),
				  node("{\"name\":\"new-two\"}", 7)),
	       *list = NULL;
	size_t n = 9;

	OG_CHECK_INT(og_neo4j_put(neo4j, nodes, &n, &err), -1);
	OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK_INT(n, 0);
	OG_CHECK(strstr(err.msg, "ConstraintValidationFailed") != NULL);
	json_decref(nodes);
	OG_CHECK_OK(og_neo4j_heads(neo4j, &list, NULL, &err), &err);
	OG_CHECK_INT(json_array_size(list), MANY);
	json_decref(list);
	nodes = json_pack("[o]", node("{\"name\":\"new-one\"}", 4000));
	json_object_set_new(json_array_get(nodes, 0), "hash", json_string("other"));
	OG_CHECK_INT(og_neo4j_put(neo4j, nodes, NULL, &err), -1);
	OG_CHECK_INT(err.code, OG_EDATA);
	json_decref(nodes);
}

static void others_things_are_named_and_stay(void)
{
	static const char *const fields[] = { "name", NULL };
	static const struct og_neo4j_statement make = {
		"MATCH (s:Skill {name: 'skill-001'}) SET s.colour = 'red' "
		"CREATE (s)-[:OWNED_BY]->(p:Person {name: 'Ada'}) "
		"CREATE (:Skill {name: 'theirs'}), (:Skill:Workflow {name: 'No Name', "
		"active: "
		"true, clearance: 1}) RETURN p.name AS name",
		fields, 1
	};
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL, *docs = NULL, *skill = NULL;
	int left_out = 0;
	char *text;

	og_neo4j_begin(neo4j);
	OG_CHECK_OK(og_neo4j_run(neo4j, &make, json_object(), 1, &list, &err), &err);
	json_decref(list);
	OG_CHECK_OK(og_neo4j_docs(neo4j, 3, &docs, &left_out, &err), &err);
	OG_CHECK_INT(left_out, 1);
	skill = json_pack("[O]", json_array_get(docs, 1));
	OG_CHECK_OK(og_neo4j_put(neo4j, skill, NULL, &err), &err);
	OG_CHECK_OK(og_neo4j_strangers(neo4j, &list, &err), &err);
	text = json_dumps(list, JSON_COMPACT);
	OG_CHECK_STR(text,
		     "[{\"name\":\"Person\",\"count\":1,\"what\":\"label\"},{\"name\":\"OWNED_"
		     "BY\",\"count\":1,\"what\":\"edge\"},{\"name\":\"colour\",\"count\":1,"
		     "\"what\":\"property\"}]");
	free(text);
	json_decref(list);
	OG_CHECK_OK(og_neo4j_heads(neo4j, &list, &left_out, &err), &err);
	OG_CHECK_INT(left_out, 1);
	OG_CHECK_INT(json_array_size(list), MANY + 1);
	json_decref(list);
	json_decref(docs);
	json_decref(skill);
}

static int fails_with(const char *at, const char *secret, char msg[OG_ERR_MSG_MAX])
{
	struct og_err err = OG_ERR_INIT;
	struct og_neo4j *other = NULL;
	struct og_net *way = NULL;
	json_t *list = NULL;
	int rc = 0;

	if (open_line(at, secret, &way, &other))
		rc = og_neo4j_list(other, 3, &list, NULL, &err);
	OG_CHECK_INT(rc, -1);
	memcpy(msg, err.msg, OG_ERR_MSG_MAX);
	json_decref(list);
	og_neo4j_free(other);
	og_net_close(way);
	return err.code;
}

static void what_is_wrong_is_said(void)
{
	char wrong[80], there[240], msg[OG_ERR_MSG_MAX];
	FILE *file;

	snprintf(wrong, sizeof(wrong), "%s.wrong", dir);
	umask(077);
	file = fopen(wrong, "w");
	fputs("neo4j:not-the-password\n", file);
	fclose(file);
	OG_CHECK_INT(fails_with(url, wrong, msg), OG_EPERM);
	OG_CHECK(strstr(msg, "refuses the login") != NULL);
	snprintf(there, sizeof(there), "%.*s/nothing", (int)(strrchr(url, '/') - url), url);
	OG_CHECK_INT(fails_with(there, login, msg), OG_ENOINPUT);
	OG_CHECK(strstr(msg, "no such database") != NULL);
	OG_CHECK_INT(fails_with("neo4j+http://127.0.0.1:1/neo4j", login, msg), OG_EUNAVAIL);
	unlink(wrong);
}

static void a_real_server(void)
{
	OG_SKIP(lack);
}

/* One database is of one instance, and what is older than what was told last
 * is not written. */
static void what_comes_late_changes_nothing(void)
{
	struct og_err err = OG_ERR_INIT;

	og_neo4j_writes_as(neo4j, "aa", 5);
	OG_CHECK_INT(put("{\"name\":\"late\",\"kind\":\"workflow\"}", 900), 0);
	og_neo4j_writes_as(neo4j, "aa", 4);
	OG_CHECK_INT(put("{\"name\":\"late\",\"kind\":\"agent\"}", 900), OG_ECONF);
	OG_CHECK_INT(og_neo4j_drop(neo4j, "late", &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
	og_neo4j_writes_as(neo4j, "bb", 9);
	OG_CHECK_INT(og_neo4j_is_anothers(neo4j, &err), 1);
	OG_CHECK_INT(put("{\"name\":\"late\",\"kind\":\"agent\"}", 900), OG_ECONF);
	OG_CHECK_INT(og_neo4j_setup(neo4j, NULL, &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
	/* A ledger that was put back takes it. */
	og_neo4j_writes_as(neo4j, "aa", 3);
	OG_CHECK_INT(og_neo4j_is_anothers(neo4j, &err), 0);
	OG_CHECK_OK(og_neo4j_setup(neo4j, NULL, &err), &err);
	OG_CHECK_INT(og_neo4j_drop(neo4j, "late", &err), 1);
	OG_CHECK_INT(og_neo4j_drop(neo4j, "late", &err), 0);
}

int main(void)
{
	if (!start_server())
		return OG_RUN(a_real_server), og_done();
	if (open_line(url, login, &net, &neo4j)) {
		OG_RUN(constraints_are_made_once);
		OG_RUN(what_is_put_is_listed);
		OG_RUN(a_new_version_replaces_the_edges);
		OG_RUN(nothing_is_left_behind);
		OG_RUN(both_graphs_say_the_same);
		OG_RUN(one_number_is_one_skill);
		OG_RUN(others_things_are_named_and_stay);
		OG_RUN(what_is_wrong_is_said);
		OG_RUN(what_comes_late_changes_nothing);
		og_neo4j_free(neo4j);
		og_net_close(net);
	}
	stop_server();
	return og_done();
}
