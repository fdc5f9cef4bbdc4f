/*
 * What travels to and from a Neo4j, without one: bodies, recorded answers,
 * and those of a server that errs or lies.
 */
#include "lib/skill/neo4j-wire.h"

#include "tests/unit/unit.h"

#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *const two[] = { "name", "b", NULL };
static const struct og_neo4j_statement two_st = { "RETURN 1", two, 0 };

static void places_are_read(void)
{
	static const char *const bad[] = { "sqlite:",
					   "neo4j://host/db",
					   "neo4j+http://host:1",
					   "neo4j+http://host:1/",
					   "neo4j+http://host/a/b",
					   "neo4j+http://host/a?b",
					   "neo4j+http://host/a#b",
					   "neo4j+http://user:pw@host/a",
					   "neo4j+http:///a",
					   "neo4j+http://host/..",
					   "neo4j+http://host/%2e",
					   "neo4j+http://host/a b",
					   "neo4j+ftp://host/a",
					   "neo4j+" };
	struct og_err err = OG_ERR_INIT;
	struct og_neo4j_place place;

	OG_CHECK_OK(og_neo4j_place("neo4j+https://graph.example:7473/erp-1.x", &place, &err), &err);
	OG_CHECK_STR(place.origin, "https://graph.example:7473");
	OG_CHECK_STR(place.database, "erp-1.x");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.code = 0;
		if (!OG_CHECK(og_neo4j_place(bad[i], &place, &err) < 0))
			printf("# %s\n", bad[i]);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK(err.hint[0]);
	}
}

static void the_api_is_chosen(void)
{
	static const char now[] =
		"{\"bolt_routing\":\"neo4j://127.0.0.1:7687\",\"query\":\"http://evil.example/db/"
		"{databaseName}/query/v2\",\"transaction\":\"http://127.0.0.1:38521/db/"
		"{databaseName}/tx\",\"neo4j_version\":\"5.26.0\",\"neo4j_edition\":\"community\"}",
			  old[] = "{\"transaction\":\"http://localhost:7474/db/{databaseName}/tx\","
				  "\"neo4j_version\":\"4.4.0\"}";
	static const char *const none[] = {
		"", "{}", "[]", "null", "<html>", "{\"query\":1}", "{\"query\":\"a\""
	};
	struct og_err err = OG_ERR_INIT;
	enum og_neo4j_api api = OG_NEO4J_UNKNOWN;

	OG_CHECK_OK(og_neo4j_discovered(now, strlen(now), &api, &err), &err);
	OG_CHECK_INT(api, OG_NEO4J_QUERY);
	OG_CHECK_OK(og_neo4j_discovered(old, strlen(old), &api, &err), &err);
	OG_CHECK_INT(api, OG_NEO4J_TX);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		OG_CHECK_INT(og_neo4j_discovered(none[i], strlen(none[i]), &api, &err), -1);
		OG_CHECK_INT(err.code, OG_EUNAVAIL);
	}
}

/* A value is never part of a statement. */
static void values_are_parameters(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *values = json_pack("{s:s}", "name", "x'}) DETACH DELETE n //\n");
	struct og_buf buf;

	og_buf_init(&buf, 4096);
	OG_CHECK_OK(og_neo4j_request(OG_NEO4J_QUERY, &two_st, values, &buf, &err), &err);
	OG_CHECK_STR(buf.data, "{\"statement\":\"RETURN 1\",\"parameters\":{\"name\":\"x'}) DETACH "
			       "DELETE n //\\n\"},\"accessMode\":\"Read\"}");
	og_buf_clear(&buf);
	OG_CHECK_OK(og_neo4j_request(OG_NEO4J_TX, &two_st, values, &buf, &err), &err);
	OG_CHECK_STR(buf.data, "{\"statements\":[{\"statement\":\"RETURN 1\",\"parameters\":{"
			       "\"name\":\"x'}) DETACH DELETE n //\\n\"}}]}");
	og_buf_release(&buf);
	json_decref(values);
}

/* One line, and no word that could have come from elsewhere. */
static void statements_are_constants(void)
{
	const struct og_neo4j_statement *const all[] = {
		&og_neo4j_list_st,	  &og_neo4j_docs_st,	     &og_neo4j_heads_st,
		&og_neo4j_governors_st,	  &og_neo4j_put_st,	     &og_neo4j_drop_st,
		&og_neo4j_constraints_st, &og_neo4j_strangers_st[0], &og_neo4j_setup_st[0],
		&og_neo4j_owner_st,	  &og_neo4j_claim_st
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		OG_CHECK(strpbrk(all[i]->text, "\n\r%;") == NULL);
		OG_CHECK(strstr(all[i]->text, "SET") == NULL || all[i]->writes);
	}
	/* Whoever writes skills looks first who may. */
	OG_CHECK(strstr(og_neo4j_put_st.text, "MERGE (w:OmniGate") == og_neo4j_put_st.text);
	OG_CHECK(strstr(og_neo4j_drop_st.text, "w.seq <= $seq") != NULL);
	/* Whoever reads asks for a clearance and for no more rows than fit. */
	OG_CHECK(strstr(og_neo4j_list_st.text, "s.clearance <= $clearance") != NULL);
	OG_CHECK(strstr(og_neo4j_docs_st.text, "s.clearance <= $clearance") != NULL);
	OG_CHECK(strstr(og_neo4j_list_st.text, "LIMIT $limit") != NULL);
	OG_CHECK(strstr(og_neo4j_docs_st.text, "LIMIT $limit") != NULL);
}

/* The rows as text, or NULL and the error's code. */
static char *rows(enum og_neo4j_api api, int status, const char *body, struct og_err *err)
{
	json_t *list = NULL;
	char *text;

	*err = (struct og_err)OG_ERR_INIT;
	if (og_neo4j_rows(api, &two_st, status, body, strlen(body), 2, &list, err) < 0)
		return NULL;
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static void good(enum og_neo4j_api api, int status, const char *body, const char *want)
{
	struct og_err err;
	char *text = rows(api, status, body, &err);

	if (!OG_CHECK_STR(text, want))
		printf("# %s\n", err.msg);
	free(text);
}

static void both_shapes_are_read(void)
{
	good(OG_NEO4J_QUERY, 202,
	     "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[[\"x\",[1,2]],[\"y\",null]]},"
	     "\"bookmarks\":[\"FB:kcwQ\"]}",
	     "[[\"x\",[1,2]],[\"y\",null]]");
	good(OG_NEO4J_QUERY, 202,
	     "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[\"x\",[1,2]]}}",
	     "[[\"x\",[1,2]]]");
	good(OG_NEO4J_QUERY, 200, "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[]}}", "[]");
	good(OG_NEO4J_TX, 200,
	     "{\"results\":[{\"columns\":[\"name\",\"b\"],\"data\":[{\"row\":[\"x\",[]],\"meta\":["
	     "null]}]}],\"errors\":[],\"lastBookmarks\":[\"FB:kcwQ\"]}",
	     "[[\"x\",[]]]");
}

struct refusal {
	enum og_neo4j_api api;
	int status, code;
	const char *body, *says;
};

static void refuse(const struct refusal *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct og_err err;
		char *text = rows(list[i].api, list[i].status, list[i].body, &err);

		if (!OG_CHECK(text == NULL) || !OG_CHECK_INT(err.code, list[i].code) ||
		    !OG_CHECK(strstr(err.msg, list[i].says) != NULL))
			printf("# %zu: %s: %s\n", i, list[i].body, text ? text : err.msg);
		free(text);
	}
}

#define QUERY		     OG_NEO4J_QUERY
#define TX		     OG_NEO4J_TX
#define ERROR(code, message) "{\"errors\":[{\"code\":\"" code "\",\"message\":\"" message "\"}]}"

/* As 5.26 answers: 400 before it began, 202 when it had. */
static void errors_come_first(void)
{
	static const struct refusal list[] = {
		{ QUERY, 202, OG_EUNAVAIL, ERROR("Neo.ClientError.Statement.SyntaxError", "x"),
		  "Syn" },
		{ QUERY, 400, OG_EUNAVAIL, ERROR("Neo.ClientError.Statement.SyntaxError", "x"),
		  "Syn" },
		{ QUERY, 202, OG_EUNAVAIL,
		  "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[[\"x\",1]]},\"errors\":[{"
		  "\"code\":\"Neo.DatabaseError.General.UnknownError\",\"message\":\"half way\"}]}",
		  "half way" },
		{ TX, 200, OG_EUNAVAIL,
		  "{\"results\":[{\"columns\":[\"name\",\"b\"],\"data\":[]}],\"errors\":[{\"code\":"
		  "\"Neo.ClientError.Statement.AccessMode\",\"message\":\"m\"}]}",
		  "AccessMode" },
		{ QUERY, 401, OG_EPERM,
		  ERROR("Neo.ClientError.Security.Unauthorized", "Invalid credential."), "login" },
		{ QUERY, 401, OG_EPERM, "", "refuses the login" },
		{ QUERY, 403, OG_EPERM, "<html>", "refuses the login" },
		{ QUERY, 404, OG_ENOINPUT,
		  ERROR("Neo.ClientError.Database.DatabaseNotFound", "Graph not found: nono"),
		  "no such database" },
		{ TX, 404, OG_ENOINPUT, "", "no such database" },
		{ QUERY, 202, OG_EDATA,
		  ERROR("Neo.ClientError.Schema.ConstraintValidationFailed", "m"), "Constraint" },
		{ QUERY, 202, OG_ETEMP,
		  ERROR("Neo.TransientError.Transaction.DeadlockDetected", "m"), "Deadlock" },
		{ QUERY, 503, OG_ETEMP, "", "busy" },
		{ QUERY, 500, OG_EUNAVAIL, "{}", "500" },
		{ QUERY, 302, OG_EUNAVAIL, "", "302" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"errors\":[{}]}", "none" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"errors\":{}}", "none" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"errors\":[3]}", "none" },
		{ QUERY, 202, OG_EUNAVAIL, ERROR("a\\u001b[2Jb", "c\\u202ed"), "refuses" },
	};

	refuse(list, sizeof(list) / sizeof(list[0]));
	{
		struct og_err err;

		rows(QUERY, 202, ERROR("a\\u001b[2Jb", "c\\u202ed"), &err);
		OG_CHECK(strchr(err.msg, '\033') == NULL &&
			 strstr(err.msg, "\xe2\x80\xae") == NULL);
	}
}

static void nonsense_is_no_answer(void)
{
	static const struct refusal list[] = {
		{ QUERY, 202, OG_EUNAVAIL, "", "none" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[[",
		  "none" },
		{ QUERY, 202, OG_EUNAVAIL, "[]", "none" },
		{ QUERY, 202, OG_EUNAVAIL, "{}", "fields" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"data\":[]}", "fields" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"data\":{\"fields\":[\"name\"],\"values\":[]}}",
		  "fields" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"data\":{\"fields\":[\"b\",\"name\"],\"values\":[]}}",
		  "fields" },
		{ QUERY, 202, OG_EUNAVAIL,
		  "{\"data\":{\"fields\":[\"name\",\"b\",\"c\"],\"values\":[]}}", "fields" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"data\":{\"fields\":[1,2],\"values\":[]}}",
		  "fields" },
		{ QUERY, 202, OG_EUNAVAIL, "{\"data\":{\"fields\":[\"name\",\"b\"]}}", "no list" },
		{ QUERY, 202, OG_EUNAVAIL,
		  "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[[1]]}}", "a row is none" },
		{ QUERY, 202, OG_EUNAVAIL,
		  "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[[1,2],{}]}}",
		  "a row is none" },
		{ QUERY, 202, OG_EUNAVAIL,
		  "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[1,2,3]}}", "a row is none" },
		{ QUERY, 202, OG_EUNAVAIL,
		  "{\"data\":{\"fields\":[\"name\",\"b\"],\"values\":[[1,2],[1,2],[1,2]]}}",
		  "more rows" },
		{ TX, 200, OG_EUNAVAIL, "{\"results\":[],\"errors\":[]}", "fields" },
		{ TX, 200, OG_EUNAVAIL,
		  "{\"results\":[{\"columns\":[\"name\",\"b\"],\"data\":[{}]}],\"errors\":[]}",
		  "row" },
		{ TX, 200, OG_EUNAVAIL,
		  "{\"results\":[{\"columns\":[\"name\",\"b\"],\"data\":[{\"row\":3}]}]}", "row" },
		{ TX, 200, OG_EUNAVAIL,
		  "{\"results\":[{\"columns\":[\"name\",\"b\"],\"data\":[1,2,3]}]}", "more rows" },
		{ TX, 200, OG_EUNAVAIL, "{\"results\":[{\"columns\":[\"name\",\"b\"],\"data\":3}]}",
		  "no list" },
	};

	refuse(list, sizeof(list) / sizeof(list[0]));
}

/* --- rows ----------------------------------------------------------------------------- */

static int judged(og_neo4j_judge_fn *judge, int clearance, const char *row)
{
	json_t *list = json_loads(row, JSON_DECODE_ANY, NULL), *item;

	if (!OG_CHECK(list != NULL)) {
		printf("# %s\n", row);
		return -1;
	}
	item = judge(list, clearance);
	json_decref(list);
	json_decref(item);
	return item != NULL;
}

#define LIST(name, id, labels, level, roles, text, hash, edges)                                    \
	"[" name "," id "," labels "," level "," roles "," text "," hash "," edges "]"
#define GOOD_LIST                                                                                  \
	LIST("\"a\"", "1", "[\"Skill\",\"Agent\",\"Theirs\"]", "2", "[\"clerk\"]", "\"d\"",        \
	     "\"" HASH "\"", "[]")

static void rows_of_a_list_are_judged(void)
{
	static const char *const bad[] = {
		LIST("\"A\"", "1", "[\"Skill\",\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[]"),
		LIST("null", "1", "[\"Skill\",\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[]"),
		LIST("\"a\"", "1.5", "[\"Skill\",\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[]"),
		LIST("\"a\"", "0", "[\"Skill\",\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[]"),
		LIST("\"a\"", "1", "[\"Skill\"]", "1", "[]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "\"Agent\"", "1", "[]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\",\"Workflow\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "3", "[]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "0", "[]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "\"1\"", "[]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "null", "[]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "null", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[\"x y\"]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[1]", "\"d\"", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "{}", "\"" HASH "\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "a\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"x\"", "[]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"", "null"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"", "[[]]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[[\"NEXT\"]]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[[\"OWNS\",\"b\"]]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[[\"NEXT\",null]]"),
		LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
		     "[[\"NEXT\",\"B!\"]]"),
	};

	OG_CHECK_INT(judged(og_neo4j_list_row, 2, GOOD_LIST), 1);
	OG_CHECK_INT(judged(og_neo4j_list_row, 1, GOOD_LIST), 0);
	OG_CHECK_INT(judged(og_neo4j_list_row, 99, GOOD_LIST), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!OG_CHECK_INT(judged(og_neo4j_list_row, 2, bad[i]), 0))
			printf("# %s\n", bad[i]);
}

static void edges_are_in_order(void)
{
	json_t *row = json_loads(
		       LIST("\"a\"", "1", "[\"Agent\"]", "1", "[]", "\"d\"", "\"" HASH "\"",
			    "[[\"TOUCHES\",\"Order Lines\"],[\"NEXT\",\"c\"],[\"NEXT\",\"b\"],"
			    "[\"GOVERNS\",\"z\"],[\"NEXT\",\"c\"]]"),
		       0, NULL),
	       *item = og_neo4j_list_row(row, 1);
	char *text = json_dumps(json_object_get(item, "edges"), JSON_COMPACT);

	OG_CHECK_STR(text, "[{\"type\":\"GOVERNS\",\"target\":\"z\"},{\"type\":\"NEXT\",\"target\":"
			   "\"b\"},{\"type\":\"NEXT\",\"target\":\"c\"},{\"type\":\"TOUCHES\","
			   "\"target\":\"Order Lines\"}]");
	free(text);
	json_decref(row);
	json_decref(item);
}

/* A skill whose doc and hash agree, as a node of ours. */
static json_t *made(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = json_pack("{s:s,s:s,s:i,s:[s],s:[s],s:[{s:s,s:[s]}]}", "name", "a",
				"description", "d", "clearance", 2, "next", "b", "touches",
				"orders", "asks", "tbl", "lines", "verbs", "select"),
	       *node = NULL, *ret = NULL;
	char hash[OG_HASH_HEX + 1] = "";

	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	OG_CHECK_OK(og_skill_hash(doc, hash, &err), &err);
	node = json_pack("{s:o,s:s,s:i}", "doc", doc, "hash", hash, "id", 7);
	OG_CHECK_OK(og_neo4j_node(node, &ret, &err), &err);
	json_decref(node);
	return ret;
}

static int doc_row(const json_t *node, const char *key, json_t *value, int clearance)
{
	const json_t *had = json_object_get(node, "properties");
	json_t *all = json_deep_copy(had), *row, *item;

	if (key)
		json_object_set_new(all, key, value);
	row = json_pack("[O,O,O,O,O]", json_object_get(all, "name"), json_object_get(all, "id"),
			json_object_get(all, "clearance"), json_object_get(all, "hash"),
			json_object_get(all, "doc"));
	item = og_neo4j_doc_row(row, clearance);
	json_decref(all);
	json_decref(row);
	json_decref(item);
	return item != NULL;
}

/* The doc with a part of its text replaced. */
static json_t *changed(const json_t *node, const char *what, const char *with)
{
	const char *text = og_json_str(json_object_get(node, "properties"), "doc");
	const char *at = strstr(text, what);

	OG_CHECK(at != NULL);
	return json_sprintf("%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
}

static void a_doc_must_agree_with_its_node(void)
{
	json_t *node = made();

	OG_CHECK_INT(doc_row(node, NULL, NULL, 2), 1);
	OG_CHECK_INT(doc_row(node, NULL, NULL, 1), 0);
	/* The node says it is for everybody, the doc does not. */
	OG_CHECK_INT(doc_row(node, "clearance", json_integer(1), 1), 0);
	OG_CHECK_INT(doc_row(node, "clearance", json_real(2), 2), 0);
	OG_CHECK_INT(doc_row(node, "name", json_string("b"), 2), 0);
	OG_CHECK_INT(doc_row(node, "hash", json_string(HASH), 2), 0);
	OG_CHECK_INT(doc_row(node, "hash", json_null(), 2), 0);
	OG_CHECK_INT(doc_row(node, "id", json_integer(-1), 2), 0);
	OG_CHECK_INT(doc_row(node, "doc", changed(node, "\"clearance\":2", "\"clearance\":1"), 2),
		     0);
	OG_CHECK_INT(doc_row(node, "doc",
			     changed(node, "\"description\":\"d\"", "\"description\":\"D\""), 2),
		     0);
	OG_CHECK_INT(doc_row(node, "doc", json_string("{}"), 2), 0);
	OG_CHECK_INT(doc_row(node, "doc", json_string("["), 2), 0);
	OG_CHECK_INT(doc_row(node, "doc", json_object(), 2), 0);
	OG_CHECK_INT(doc_row(node, "doc", json_null(), 2), 0);
	json_decref(node);
}

static void a_node_has_all_of_a_skill(void)
{
	json_t *node = made();
	char *text = json_dumps(json_object_get(node, "touches"), JSON_COMPACT);

	OG_CHECK_STR(text, "[\"orders\",\"lines\"]");
	OG_CHECK_STR(og_json_str(node, "kind"), "workflow");
	OG_CHECK_INT(json_object_size(json_object_get(node, "properties")), 8);
	free(text);
	json_decref(node);
}

static void heads_say_what_is_not_good(void)
{
	json_t *row = json_loads("[\"a\",\"x\",9,\"y\",1]", 0, NULL),
	       *item = og_neo4j_head_row(row, 3);
	char *text = json_dumps(item, JSON_COMPACT);

	OG_CHECK_STR(text, "{\"name\":\"a\",\"hash\":null,\"id\":null,\"clearance\":null,"
			   "\"active\":null}");
	free(text);
	json_decref(row);
	json_decref(item);
	OG_CHECK_INT(judged(og_neo4j_head_row, 3, "[\"a b\",1,1,\"" HASH "\",true]"), 0);
	OG_CHECK_INT(judged(og_neo4j_head_row, 3, "[[],1,1,\"" HASH "\",true]"), 0);
	OG_CHECK_INT(judged(og_neo4j_name_row, 3, "[\"../x\"]"), 0);
	OG_CHECK_INT(judged(og_neo4j_stranger_row, 3, "[\"x\",-1]"), 0);
}

int main(void)
{
	OG_RUN(places_are_read);
	OG_RUN(the_api_is_chosen);
	OG_RUN(values_are_parameters);
	OG_RUN(statements_are_constants);
	OG_RUN(both_shapes_are_read);
	OG_RUN(errors_come_first);
	OG_RUN(nonsense_is_no_answer);
	OG_RUN(rows_of_a_list_are_judged);
	OG_RUN(edges_are_in_order);
	OG_RUN(a_doc_must_agree_with_its_node);
	OG_RUN(a_node_has_all_of_a_skill);
	OG_RUN(heads_say_what_is_not_good);
	return og_done();
}
