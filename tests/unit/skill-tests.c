/*
 * Tests inside a skill: the grammar of an item, the check of what came from
 * outside, and the scenario that is made of it.
 */
#include "lib/skill/tests.h"

#include "lib/eval/eval.h"
#include "lib/skill/parse.h"
#include "lib/skill/skill.h"
#include "tests/unit/unit.h"

#define FRONT "---\nname: s\ndescription: d\nmetadata: {og-kind: workflow}\n---\n## Tests\n\n"

static json_t *json(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 1 << 20, "test", &value, &err), &err);
	return value;
}

static void reads(const char *text, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *test = NULL, *again = NULL, *wanted = json(want);
	struct og_buf item;

	og_buf_init(&item, 10000);
	if (OG_CHECK_OK(og_skill_test_parse(text, &test, &err), &err)) {
		if (!OG_CHECK(json_equal(test, wanted)))
			printf("# %s\n", json_dumps(test, 0));
		og_skill_test_write(test, &item);
		if (OG_CHECK_OK(og_skill_test_parse(item.data, &again, &err), &err))
			OG_CHECK(json_equal(test, again));
	}
	og_buf_release(&item);
	json_decref(test);
	json_decref(again);
	json_decref(wanted);
}

static void items(void)
{
	reads("as bob: \"x\" -> done",
	      "{\"acts\":[{\"as\":\"bob\",\"say\":\"x\"}],\"state\":\"done\"}");
	reads("as  bob :\"a \\\"b\\\" \\\\ c\"->compensation_failed",
	      "{\"acts\":[{\"as\":\"bob\",\"say\":\"a \\\"b\\\" \\\\ c\"}],"
	      "\"state\":\"compensation_failed\"}");
	reads("as a: \"x\", then as b: \"y\", then c approves, then d answers \"2\" -> waiting",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"},{\"as\":\"b\",\"say\":\"y\"},{\"as\":\"c\","
	      "\"do\":\"approve\"},{\"as\":\"d\",\"do\":\"answer\",\"text\":\"2\"}],"
	      "\"state\":\"waiting\"}");
	reads("as a: \"x\", then b rejects, then c cancels -> denied",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"},{\"as\":\"b\",\"do\":\"reject\"},{\"as\":"
	      "\"c\","
	      "\"do\":\"cancel\"}],\"state\":\"denied\"}");
	reads("as a: \"x\" -> done, says \"1, 2\", says \"3\", hides \"4\", by other-skill",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"says\":[\"1, "
	      "2\",\"3\"],"
	      "\"hides\":[\"4\"],\"by\":\"other-skill\"}");
	reads("as a: \"x\" -> done, changes orders +1, orders ~2, lines -3, says \"y\"",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"changes\":{\"orders\":"
	      "{\"insert\":1,\"update\":2},\"lines\":{\"delete\":3}},\"says\":[\"y\"]}");
	reads("as a: \"x\" -> failed, changes nothing",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"failed\",\"changes\":{}}");
	reads("as a: \"x\" -> done, changes \"Order Details\" +1, Orders ~2, \"a b\" -1, says "
	      "\"y\"",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"changes\":{"
	      "\"Order Details\":{\"insert\":1},\"Orders\":{\"update\":2},\"a b\":{\"delete\":1}},"
	      "\"says\":[\"y\"]}");
	/* a table may be called like a clause */
	reads("as a: \"x\" -> done, changes orders +1, says +1, says \"y\"",
	      "{\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"changes\":{\"orders\":"
	      "{\"insert\":1},\"says\":{\"insert\":1}},\"says\":[\"y\"]}");
}

static void refused_with(const char *text, const char *what)
{
	struct og_err err = OG_ERR_INIT;
	json_t *test = NULL;

	if (OG_CHECK(og_skill_test_parse(text, &test, &err) < 0)) {
		OG_CHECK_INT(err.code, OG_EDATA);
		if (!OG_CHECK(strstr(err.msg, what)))
			printf("# '%s': %s\n", text, err.msg);
	}
	json_decref(test);
}

static void mistakes(void)
{
	char big[OG_SKILL_TEST_MAX + 2];

	refused_with("", "expected 'as NAME");
	refused_with("buy a chair", "expected 'as NAME");
	refused_with("as : \"x\" -> done", "name of a principal");
	refused_with("as bob \"x\" -> done", "expected ':'");
	refused_with("as bob: x -> done", "quotation marks");
	refused_with("as bob: \"\" -> done", "not empty");
	refused_with("as bob: \"x -> done", "closing");
	refused_with("as bob: \"x\" done", "'->'");
	refused_with("as bob: \"x\", as bob: \"y\" -> done", "'then'");
	refused_with("as bob: \"x\" -> finished", "a state");
	refused_with("as bob: \"x\" -> doner", "a state");
	refused_with("as bob: \"x\" -> done says \"y\"", "',' or the end");
	refused_with("as bob: \"x\" -> done.", "a state");
	refused_with("as bob: \"x\" -> done, sais \"y\"", "says, hides, by or changes");
	refused_with("as bob: \"x\" -> done, by Other", "name of a skill");
	refused_with("as bob: \"x\" -> done, by a, by b", "'by'");
	refused_with("as bob: \"x\" -> done, changes", "a table");
	refused_with("as bob: \"x\" -> done, changes orders", "+N, ~N or -N");
	refused_with("as bob: \"x\" -> done, changes orders +0", "a number of rows");
	refused_with("as bob: \"x\" -> done, changes orders +10000000", "a number of rows");
	refused_with("as bob: \"x\" -> done, changes orders +1, orders +2", "once");
	refused_with("as bob: \"x\" -> done, changes nothing, changes nothing", "once");
	refused_with("as bob: \"x\", then amy approves, then as bob: \"y\" -> done", "another one");
	refused_with("as bob: \"x\", then amy applauds -> done", "approves, rejects");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	refused_with(big, "at most");
}

/* What came from outside and is none of the parser's. */
static void checked(void)
{
	static const char *const good = "[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],"
					"\"state\":\"done\"}]";
	static const char *const bad[] = {
		"[]",
		"{}",
		"[{\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[],\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a b\",\"say\":\"x\"}],\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\",\"do\":\"approve\"}],"
		"\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"do\":\"approve\"}],\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"},{\"as\":\"a\",\"do\":"
		"\"answer\"}],"
		"\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"},{\"as\":\"a\",\"do\":\"say\"}]"
		","
		"\"state\":\"done\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"queued\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"says\":"
		"\"y\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"says\":["
		"]}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"by\":"
		"\"A\"}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\","
		"\"changes\":{\"orders\":{\"insert\":0}}}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\","
		"\"changes\":{\"orders\":{\"drop\":1}}}]",
		"[{\"line\":1,\"acts\":[{\"as\":\"a\",\"say\":\"x\"}],\"state\":\"done\",\"more\":"
		"1}]",
	};
	struct og_err err = OG_ERR_INIT;
	json_t *tests = json(good);

	OG_CHECK_OK(og_skill_tests_check(tests, &err), &err);
	json_decref(tests);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tests = json(bad[i]);
		if (!OG_CHECK(og_skill_tests_check(tests, &err) < 0))
			printf("# %s\n", bad[i]);
		json_decref(tests);
	}
}

static int parse(const char *text, json_t **ret, struct og_err *err)
{
	return og_skill_parse("f.md", text, strlen(text), ret, NULL, err);
}

/* The section of a skill: prose between items, lines, and its way out. */
static void sections(void)
{
	static const char text[] = FRONT "Some words, and\n\n"
					 "- as bob: \"x *y* z\"\n  -> done\n"
					 "- as amy: \"a\" -> denied\n";
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *again = NULL, *tests;
	struct og_buf source;

	if (!OG_CHECK_OK(parse(text, &doc, &err), &err))
		return;
	tests = json_object_get(doc, "tests");
	OG_CHECK_INT(json_array_size(tests), 2);
	OG_CHECK_INT(og_json_int(json_array_get(tests, 0), "line", 0), 10);
	OG_CHECK_INT(og_json_int(json_array_get(tests, 1), "line", 0), 12);
	OG_CHECK_STR(
		og_json_str(json_array_get(json_object_get(json_array_get(tests, 0), "acts"), 0),
			    "say"),
		"x *y* z");
	og_buf_init(&source, OG_SKILL_TEXT_MAX);
	OG_CHECK_OK(og_skill_source(doc, &source, &err), &err);
	if (OG_CHECK_OK(parse(source.data, &again, &err), &err))
		OG_CHECK_INT(json_array_size(json_object_get(again, "tests")), 2);
	og_buf_release(&source);
	json_decref(doc);
	json_decref(again);
}

static void section_mistakes(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL;

	OG_CHECK(parse(FRONT "- as bob: \"x\" -> done\n- bob buys\n", &doc, &err) < 0);
	OG_CHECK_STR(err.msg, "f.md:9: test: expected 'as NAME: \"SENTENCE\"'");
	OG_CHECK(parse(FRONT "- as bob: \"x\" -> done\n\n  and more\n", &doc, &err) < 0);
	/* a skill without tests has no such member: its hash stays */
	if (OG_CHECK_OK(parse(FRONT "None.\n", &doc, &err), &err))
		OG_CHECK(!json_object_get(doc, "tests"));
	json_decref(doc);
}

static void scenario_is(const char *item, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL, *scenario = NULL, *wanted = json(want);
	char text[1000];

	snprintf(text, sizeof(text), FRONT "- %s\n", item);
	if (OG_CHECK_OK(parse(text, &doc, &err), &err))
		scenario = og_skill_test_scenario(doc, 0);
	if (OG_CHECK(scenario)) {
		OG_CHECK_OK(og_scenario_check(scenario, "made", &err), &err);
		json_object_del(scenario, "about");
		if (!OG_CHECK(json_equal(scenario, wanted)))
			printf("# %s\n", json_dumps(scenario, 0));
	}
	json_decref(doc);
	json_decref(scenario);
	json_decref(wanted);
}

static void scenarios(void)
{
	scenario_is("as bob: \"x\" -> done, says \"1\"",
		    "{\"v\":1,\"name\":\"s-1\",\"as\":\"bob\",\"say\":\"x\",\"expect\":{\"state\":"
		    "\"done\",\"effects\":\"any\",\"skill\":\"s\",\"words\":[\"1\"]}}");
	scenario_is("as bob: \"x\" -> denied, changes nothing",
		    "{\"v\":1,\"name\":\"s-1\",\"as\":\"bob\",\"say\":\"x\",\"expect\":{\"state\":"
		    "\"denied\",\"effects\":{}}}");
	scenario_is(
		"as bob: \"x\", then as amy: \"y\", then bob approves -> done, by t, hides \"h\"",
		"{\"v\":1,\"name\":\"s-1\",\"as\":\"amy\",\"say\":\"y\",\"setup\":[{\"as\":"
		"\"bob\",\"say\":\"x\"}],\"then\":[{\"as\":\"bob\",\"approve\":true}],\"expect\":"
		"{\"state\":\"done\",\"effects\":\"any\",\"skill\":\"t\",\"not_words\":[\"h\"]}}");
}

int main(void)
{
	OG_RUN(items);
	OG_RUN(mistakes);
	OG_RUN(checked);
	OG_RUN(sections);
	OG_RUN(section_mistakes);
	OG_RUN(scenarios);
	return og_done();
}
