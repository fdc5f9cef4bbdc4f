/* http blocks: what a skill may say, and JSON pointers. */
#include "tests/unit/unit.h"

#include "lib/skill/http.h"
#include "lib/skill/parse.h"
#include "lib/skill/skill.h"

static json_t *parse(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 65536, "test", &value, &err), &err);
	return value;
}

static int reads(const char *text, struct og_http_call *call)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = parse(text);
	int rc = og_http_call(value, call, &err);

	if (rc < 0 && !strstr(err.msg, "http"))
		printf("# odd message: %s\n", err.msg);
	json_decref(value);
	return rc == 0;
}

static void calls(void)
{
	struct og_http_call call;
	json_t *value = parse("{\"service\":\"pay\",\"path\":\"/x\",\"timeout\":\"2s\","
			      "\"idempotent\":true,\"expect\":[201],\"bind\":{\"a\":\"/id\"}}");
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_http_call(value, &call, &err), &err);
	OG_CHECK_STR(call.method, "POST");
	OG_CHECK_INT(call.timeout_ms, 2000);
	OG_CHECK_INT(call.tries, OG_HTTP_TRIES);
	OG_CHECK_INT(call.idempotent, 1);
	OG_CHECK(!og_http_only_reads(&call));
	json_decref(value);
	OG_CHECK(reads("{\"service\":\"p\",\"path\":\"/\",\"method\":\"GET\"}", &call));
	OG_CHECK_INT(call.idempotent, 1);
	OG_CHECK(reads("{\"service\":\"p\",\"path\":\"/\"}", &call));
	OG_CHECK_INT(call.idempotent, 0);
}

static void bad_calls(void)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"service\":\"pay\"}",
		"{\"path\":\"/x\"}",
		"{\"service\":\"http://evil\",\"path\":\"/x\"}",
		"{\"service\":\"Pay\",\"path\":\"/x\"}",
		"{\"service\":\"pay\",\"path\":\"x\"}",
		"{\"service\":\"pay\",\"path\":\"//evil/x\"}",
		"{\"service\":\"pay\",\"path\":\"@evil/x\"}",
		"{\"service\":\"pay\",\"path\":\"/a b\"}",
		"{\"service\":\"pay\",\"path\":\"/a\\r\\nb\"}",
		"{\"service\":\"pay\",\"path\":\"/a\\\\b\"}",
		"{\"service\":\"pay\",\"path\":\"/a#b\"}",
		"{\"service\":\"pay\",\"path\":\"/a\\u0000b\"}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"method\":\"post\"}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"method\":\"CONNECT\"}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"method\":1}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"url\":\"http://evil\"}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"headers\":[]}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"headers\":{\"A\":1}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"headers\":{\"A: b\":\"c\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"headers\":{\"authorization\":\"c\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"headers\":{\"Idempotency-key\":\"c\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"expect\":[]}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"expect\":200}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"expect\":[\"200\"]}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"expect\":[500]}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"bind\":{\"a\":\"id\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"bind\":{\"a\":\"/~2\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"bind\":{\"A\":\"/id\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"bind\":{\"principal_id\":\"/id\"}}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"timeout\":\"3m\"}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"timeout\":5}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"tries\":0}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"tries\":11}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"tries\":\"3\"}",
		"{\"service\":\"pay\",\"path\":\"/x\",\"idempotent\":\"yes\"}",
	};
	struct og_http_call call;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!OG_CHECK(!reads(bad[i], &call)))
			printf("# taken: %s\n", bad[i]);
}

/* The document and the pointers of RFC 6901 section 5. */
static void pointers(void)
{
	static const struct {
		const char *pointer;
		int64_t value; /* -1: no integer, -2: nothing */
	} cases[] = {
		{ "", -1 },
		{ "/foo", -1 },
		{ "/foo/0", -1 },
		{ "/", 0 },
		{ "/a~1b", 1 },
		{ "/c%d", 2 },
		{ "/e^f", 3 },
		{ "/g|h", 4 },
		{ "/i\\j", 5 },
		{ "/k\"l", 6 },
		{ "/ ", 7 },
		{ "/m~0n", 8 },
		{ "/none", -2 },
		{ "/foo/2", -2 },
		{ "/foo/-", -2 },
		{ "/foo/00", -2 },
		{ "/foo/0/x", -2 },
		{ "/foo/", -2 },
		{ "/foo/99999999999", -2 },
	};
	json_t *document = parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
				 "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const json_t *value = og_json_pointer(document, cases[i].pointer);

		OG_CHECK(og_json_pointer_valid(cases[i].pointer));
		if (cases[i].value >= 0)
			OG_CHECK_INT(json_integer_value(value), cases[i].value);
		if (!OG_CHECK(!value == (cases[i].value == -2)))
			printf("# %s\n", cases[i].pointer);
	}
	OG_CHECK(!og_json_pointer_valid("foo"));
	OG_CHECK(!og_json_pointer_valid("/~"));
	json_decref(document);
}

/* No value gets out of its segment. */
static void paths(void)
{
	json_t *vars =
		parse("{\"a\":\"../x?y#z@e\",\"b\":\"1\\r\\n//2\",\"n\":5,\"u\":\"\\u00e4\"}");
	struct og_err err = OG_ERR_INIT;
	struct og_buf out;

	og_buf_init(&out, 4096);
	OG_CHECK_OK(og_template_path("/v1/{a}/{b}/{n}-{u}?q={a|slug}", vars, &out, &err), &err);
	OG_CHECK_STR(out.data, "/v1/..%2Fx%3Fy%23z%40e/1%0D%0A%2F%2F2/5-%C3%A4?q=x-y-z-e");
	og_buf_release(&out);
	json_decref(vars);
}

#define HEAD                                                                                       \
	"---\nname: x\ndescription: X.\nmetadata: {og-kind: workflow}\n---\n## When\n- go\n## "    \
	"Steps\n"
#define CALL "```http\n{\"service\":\"p\",\"path\":\"/x\"}\n```\n"
#define UNDO "```http undo\n{\"service\":\"p\",\"path\":\"/y\",\"idempotent\":true}\n```\n"

/* The first note of that level, "LINE: text", or "". */
static void note(const char *text, const char *level, char out[256])
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *notes = NULL, *item;
	size_t i;

	out[0] = '\0';
	if (og_skill_parse("-", text, strlen(text), &doc, &notes, &err) == 0)
		json_decref(doc);
	json_array_foreach(notes, i, item)
	{
		if (!out[0] && strcmp(og_json_str(item, "level"), level) == 0)
			snprintf(out, 256, "%lld: %s", (long long)og_json_int(item, "line", 0),
				 og_json_str(item, "text"));
	}
	json_decref(notes);
}

static void check_note(const char *text, const char *level, const char *want)
{
	char got[256];

	note(text, level, got);
	OG_CHECK_STR(got, want);
}

static void lint(void)
{
	check_note(HEAD "### a\n" CALL UNDO, "error", "");
	check_note(HEAD "### a\n```http\n{\"service\":\"p\"}\n```\n", "error",
		   "10: http: 'path' is missing, or does not begin with one '/'");
	check_note(HEAD "### a\n" CALL CALL, "error", "13: a step has at most one block 'http'");
	check_note(HEAD "### a\n" UNDO, "error",
		   "10: 'http undo' takes back an 'http' of its step");
	check_note(HEAD "### a\n```sql write\nUPDATE a SET b = 1\n```\n" CALL, "error",
		   "10: only reads and requirements may stand before 'http' in its step");
	check_note(HEAD "### a\n```sql read\nSELECT 1 AS z\n```\n" CALL UNDO
			"```sql write\nUPDATE a SET b = 1\n```\n",
		   "error", "");
	check_note(HEAD "### a\n" CALL UNDO, "warning",
		   "10: without 'idempotent' a lost answer leaves the step in doubt");
	check_note(HEAD
		   "### a\n```http\n{\"service\":\"p\",\"path\":\"/\",\"idempotent\":true}\n```\n",
		   "warning", "10: no 'http undo' takes this call back");
	check_note(HEAD "### a\n```http\n{\"service\":\"p\",\"path\":\"/\",\"method\":\"GET\","
			"\"bind\":{\"z\":\"/z\"}}\n```\n### b\n```sql read\nSELECT :z\n```\n",
		   "warning", "");
}

/* A skill that was written out reads back with its blocks. */
static void source(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *again = NULL;
	struct og_buf text;

	og_buf_init(&text, OG_SKILL_TEXT_MAX);
	OG_CHECK_OK(og_skill_parse("-", HEAD "### a\n" CALL UNDO, strlen(HEAD "### a\n" CALL UNDO),
				   &doc, NULL, &err),
		    &err);
	OG_CHECK_OK(og_skill_source(doc, &text, &err), &err);
	OG_CHECK_OK(og_skill_parse("-", text.data, text.len, &again, NULL, &err), &err);
	OG_CHECK_STR(og_json_str(og_http_block(og_skill_step(again, NULL), "http-undo"), "text"),
		     og_json_str(og_http_block(og_skill_step(doc, NULL), "http-undo"), "text"));
	json_decref(doc);
	json_decref(again);
	og_buf_release(&text);
}

int main(void)
{
	OG_RUN(calls);
	OG_RUN(bad_calls);
	OG_RUN(pointers);
	OG_RUN(paths);
	OG_RUN(lint);
	OG_RUN(source);
	return og_done();
}
