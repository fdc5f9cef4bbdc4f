/*
 * Scenarios: their form, effects folded from the ledger, and every rule of
 * the judge: each expectation holds for one observation and fails for
 * another.
 */
#include "lib/eval/eval.h"

#include "tests/unit/unit.h"

static json_t *parse(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), OG_SCENARIO_MAX, "test", &value, &err), &err);
	return value;
}

/* --- the form ------------------------------------------------------------ */

#define GOOD                                                                                       \
	"{\"v\":1,\"name\":\"a\",\"as\":\"bob\",\"say\":\"x\","                                    \
	"\"expect\":{\"state\":\"done\",\"effects\":{}}}"

static void check_form(const char *text, const char *msg, const char *hint)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL;

	if (!msg) {
		OG_CHECK_OK(og_scenarios_parse(text, strlen(text), "f", &list, &err), &err);
	} else {
		OG_CHECK(og_scenarios_parse(text, strlen(text), "f", &list, &err) < 0);
		OG_CHECK_INT(err.code, OG_EDATA);
		OG_CHECK_STR(err.msg, msg);
		OG_CHECK_STR(err.hint, hint);
	}
	json_decref(list);
}

#define HEAD   "{\"v\":1,\"name\":\"a\",\"as\":\"bob\","
#define EXPECT "\"expect\":{\"state\":\"done\",\"effects\":{}}"

static void form(void)
{
	check_form(GOOD, NULL, NULL);
	check_form("[" GOOD "," GOOD "]", NULL, NULL);
	check_form("[]", "f holds no scenario, or more than 1000", "");
	check_form("3", "f is not an object", "");
	check_form("[" GOOD ",3]", "f: scenario 2 is not an object", "");
	check_form(HEAD "\"sai\":\"x\"," EXPECT "}", "f: a: unknown key 'sai'",
		   "did you mean 'say'?");
	check_form(HEAD EXPECT "}", "f: a: it does not say what is done, or more than one thing",
		   "one of say, action, sql, ddl, skill, policy");
	check_form(HEAD "\"say\":\"x\",\"sql\":\"y\"," EXPECT "}",
		   "f: a: it does not say what is done, or more than one thing",
		   "one of say, action, sql, ddl, skill, policy");
	check_form(HEAD "\"say\":\"x\"}", "f: a: 'expect' is missing", "");
	check_form(HEAD "\"say\":3," EXPECT "}", "f: a: 'say' is not a text", "");
	check_form(HEAD "\"say\":\"x\",\"expect\":{\"state\":\"done\"}}",
		   "f: a: expect: 'effects' is missing", "");
	check_form("{\"v\":2,\"name\":\"a\",\"as\":\"bob\",\"say\":\"x\"," EXPECT "}",
		   "f: a: v is not 1", "");
	check_form("{\"v\":1,\"name\":\"A b\",\"as\":\"bob\",\"say\":\"x\"," EXPECT "}",
		   "f: 'A b' is no name: a-z, 0-9 and -, 64 at most", "");
}

static void form_inside(void)
{
	check_form(HEAD "\"say\":\"x\",\"then\":[{\"as\":\"bob\",\"cancel\":true}]," EXPECT "}",
		   NULL, NULL);
	check_form(HEAD "\"say\":\"x\",\"setup\":[{\"as\":\"bob\",\"cancel\":true}]," EXPECT "}",
		   "f: a: setup 1: it does not say what is done, or more than one thing",
		   "one of say, action, sql, ddl, skill, policy");
	check_form(HEAD "\"say\":\"x\",\"then\":[{\"cancel\":true}]," EXPECT "}",
		   "f: a: then 1: 'as' is missing", "");
	check_form(HEAD "\"say\":\"x\",\"expect\":{\"state\":[\"done\"],\"effects\":{\"t\":"
			"{\"inserts\":1}}}}",
		   "f: a: expect: effects: t: unknown key 'inserts'", "did you mean 'insert'?");
	check_form(HEAD "\"say\":\"x\",\"expect\":{\"state\":\"done\",\"effects\":{\"t\":"
			"{\"insert\":-1}}}}",
		   "f: a: expect: effects: t: 'insert' is not a whole number from 0", "");
	check_form(HEAD "\"say\":\"x\",\"expect\":{\"state\":\"done\",\"effects\":{},\"sql\":"
			"[{\"as\":\"bob\",\"sql\":\"SELECT 1\"}]}}",
		   "f: a: expect: sql 1: either 'rows' or 'refused'", "");
	check_form(HEAD "\"say\":\"x\",\"expect\":{\"state\":\"done\",\"effects\":{},\"data\":"
			"{\"s\":{\"row\":1}}}}",
		   "f: a: expect: data: s: unknown key 'row'", "did you mean 'rows'?");
	check_form(HEAD "\"say\":\"x\",\"params\":{\"a\":[1]}," EXPECT "}",
		   "f: a: 'params' is not an object of plain values", "");
}

static void texts(void)
{
	json_t *lines = parse("[\"a\",\"b\"]"), *one = json_string("a");
	char *text = og_act_text(lines);

	OG_CHECK_STR(text, "a\nb\n");
	free(text);
	text = og_act_text(one);
	OG_CHECK_STR(text, "a");
	free(text);
	json_decref(lines);
	json_decref(one);
}

/* --- effects ------------------------------------------------------------- */

static void check_effects(const char *entries, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = parse(entries), *got = NULL;
	char *text = NULL;

	if (OG_CHECK_OK(og_effects_of(list, &got, &err), &err))
		text = json_dumps(json_object_get(got, "tables"), JSON_SORT_KEYS | JSON_COMPACT);
	OG_CHECK_STR(text, want);
	free(text);
	json_decref(list);
	json_decref(got);
}

#define ENTRY(changes) "{\"action\":\"step\",\"body\":{\"changes\":[" changes "]}}"
#define INSERT(row)                                                                                \
	"{\"op\":\"insert\",\"table\":\"t\",\"rowid\":" row ",\"new\":{\"id\":" row ",\"a\":1}}"
#define UPDATE(row, from, to)                                                                      \
	"{\"op\":\"update\",\"table\":\"t\",\"rowid\":" row ",\"old\":{\"a\":" from                \
	"},\"new\":{\"a\":" to "}}"
#define DELETE(row)                                                                                \
	"{\"op\":\"delete\",\"table\":\"t\",\"rowid\":" row ",\"old\":{\"id\":" row ",\"a\":1}}"
#define COUNTS(i, u, d) "{\"t\":{\"delete\":" d ",\"insert\":" i ",\"update\":" u "}}"

static void effects(void)
{
	check_effects("[]", "{}");
	check_effects("[" ENTRY(INSERT("1") "," INSERT("2")) "]", COUNTS("2", "0", "0"));
	check_effects("[" ENTRY(UPDATE("1", "1", "2")) "]", COUNTS("0", "1", "0"));
	check_effects("[" ENTRY(DELETE("1")) "]", COUNTS("0", "0", "1"));
	/* twice is once, there and back is nothing, over entries too */
	check_effects("[" ENTRY(UPDATE("1", "1", "2")) "," ENTRY(UPDATE("1", "2", "3")) "]",
		      COUNTS("0", "1", "0"));
	check_effects("[" ENTRY(UPDATE("1", "1", "2")) "," ENTRY(UPDATE("1", "2", "1")) "]", "{}");
	check_effects("[" ENTRY(INSERT("1")) "," ENTRY(UPDATE("1", "1", "2")) "]",
		      COUNTS("1", "0", "0"));
	check_effects("[" ENTRY(INSERT("1")) "," ENTRY(DELETE("1")) "]", "{}");
	check_effects("[" ENTRY(DELETE("1")) "," ENTRY(INSERT("1")) "]", "{}");
	check_effects("[" ENTRY(UPDATE("1", "1", "2")) "," ENTRY(DELETE("1")) "]",
		      COUNTS("0", "0", "1"));
}

static void effects_besides(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *list = parse("[" ENTRY(UPDATE("1", "1", "2")) "," ENTRY(
		UPDATE("1", "2", "1")) ",{\"action\":\"ddl\",\"body\":{\"ddl\":[{},{}]}}]");
	json_t *got = NULL, *touched = parse("[\"t\"]"), *bad = parse("[{}]");

	if (OG_CHECK_OK(og_effects_of(list, &got, &err), &err)) {
		OG_CHECK(json_equal(json_object_get(got, "touched"), touched));
		OG_CHECK_INT(og_json_int(got, "schema", 0), 2);
		OG_CHECK_INT(json_array_size(json_object_get(got, "actions")), 3);
	}
	json_decref(got);
	got = NULL;
	OG_CHECK(og_effects_of(bad, &got, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	json_decref(list);
	json_decref(touched);
	json_decref(bad);
}

/* --- the judge ----------------------------------------------------------- */

#define SEEN                                                                                       \
	"{\"state\":\"done\",\"reason\":\"The Limit is 500\",\"text\":\"Order 1: a Chair\","       \
	"\"result\":{\"skill\":\"buy\",\"planner\":\"skill\",\"secret\":\"hidden\","               \
	"\"data\":{\"s\":[{\"a\":1,\"b\":\"x\"},{\"a\":2.5,\"b\":\"y\"}]},"                        \
	"\"citations\":[{\"policy\":\"law\"}],\"actions\":[{\"skill\":\"sell\"}],"                 \
	"\"cost\":{\"nanousd\":10,\"calls\":2,\"input\":30,\"output\":5}},"                        \
	"\"effects\":{\"tables\":{\"t\":{\"insert\":1,\"update\":0,\"delete\":0}},"                \
	"\"touched\":[\"t\",\"u\"],\"schema\":1,\"actions\":[\"step\",\"wait\",\"task.finish\"]}," \
	"\"sql\":[{\"rows\":[[1,\"x\"]]},{\"refused\":\"no\"}],"                                   \
	"\"forbid\":[{\"before\":{\"rows\":[[1]]},\"after\":{\"rows\":[[2]]}}],"                   \
	"\"acts\":[],\"verify\":{\"ok\":true}}"
#define BASE "\"state\":\"done\",\"schema\":1,\"effects\":{\"t\":{\"insert\":1}}"

/* The rules that failed, "" for none. */
static void check_judge(const char *expect, const char *seen, const char *want)
{
	json_t *expected = parse(expect), *observed = parse(seen), *failures = NULL;
	struct og_err err = OG_ERR_INIT;
	char rules[256] = "";

	if (OG_CHECK_OK(og_judge(expected, observed, &failures, &err), &err)) {
		for (size_t i = 0; i < json_array_size(failures); i++)
			snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules), "%s%s",
				 i ? " " : "", og_json_str(json_array_get(failures, i), "rule"));
	}
	OG_CHECK_STR(rules, want);
	json_decref(expected);
	json_decref(observed);
	json_decref(failures);
}

static void judge(const char *member, const char *want)
{
	char expect[512];

	snprintf(expect, sizeof(expect), "{" BASE "%s%s}", *member ? "," : "", member);
	check_judge(expect, SEEN, want);
}

static void judge_result(void)
{
	judge("", "");
	check_judge(
		"{\"state\":[\"denied\",\"done\"],\"schema\":1,\"effects\":{\"t\":{\"insert\":1}}}",
		SEEN, "");
	check_judge("{\"state\":\"denied\",\"schema\":1,\"effects\":{\"t\":{\"insert\":1}}}", SEEN,
		    "state");
	judge("\"reason\":[\"limit\",\"500\"]", "");
	judge("\"reason\":[\"limit\",\"600\"]", "reason");
	judge("\"skill\":\"buy\",\"planner\":\"skill\"", "");
	judge("\"skill\":\"sell\",\"planner\":\"model\"", "skill planner");
	judge("\"words\":[\"order 1\",\"chair\"]", "");
	judge("\"words\":[\"hidden\"]", "words");
	judge("\"not_words\":[\"desk\"]", "");
	judge("\"not_words\":[\"hidden\"]", "not_words");
	judge("\"not_words\":[\"a chair\"]", "not_words");
	judge("\"citations\":[\"law\"],\"offers\":[\"sell\"]", "");
	judge("\"citations\":[\"mail\"],\"offers\":[\"buy\"]", "citations offers");
	judge("\"cost\":{\"at_most_nanousd\":10,\"at_most_calls\":2,\"at_most_tokens\":35}", "");
	judge("\"cost\":{\"at_most_nanousd\":9,\"at_most_calls\":1,\"at_most_tokens\":34}",
	      "cost cost cost");
}

static void judge_sets(void)
{
	judge("\"data\":{\"s\":{\"rows\":2,\"at_least\":2,\"at_most\":2,\"columns\":[\"a\",\"b\"]}"
	      "}",
	      "");
	judge("\"data\":{\"s\":{\"rows\":1}}", "data.rows");
	judge("\"data\":{\"s\":{\"at_least\":3}}", "data.rows");
	judge("\"data\":{\"s\":{\"at_most\":1}}", "data.rows");
	judge("\"data\":{\"s\":{\"columns\":[\"c\"]}}", "data.columns");
	judge("\"data\":{\"other\":{}}", "data");
	judge("\"data\":{\"s\":{\"contains\":[{\"a\":1.0},{\"a\":2.5,\"b\":\"y\"}]}}", "");
	judge("\"data\":{\"s\":{\"contains\":[{\"a\":1,\"b\":\"y\"}]}}", "data.contains");
	judge("\"data\":{\"s\":{\"lacks\":[{\"a\":3}]}}", "");
	judge("\"data\":{\"s\":{\"lacks\":[{\"b\":\"x\"}]}}", "data.lacks");
}

static void judge_database(void)
{
	const char *broken = "{\"state\":\"done\",\"effects\":{\"tables\":{}},"
			     "\"acts\":[{\"rule\":\"act\",\"want\":1,\"got\":2}],"
			     "\"verify\":{\"ok\":false}}";

	check_judge("{\"state\":\"done\",\"effects\":{\"t\":{\"insert\":1}}}", SEEN, "schema");
	check_judge("{\"state\":\"done\",\"schema\":1,\"effects\":{}}", SEEN, "effects");
	check_judge("{\"state\":\"done\",\"schema\":1,\"effects\":{\"t\":{\"insert\":2}}}", SEEN,
		    "effects");
	check_judge("{\"state\":\"done\",\"schema\":1,\"effects\":{\"t\":{\"insert\":1},"
		    "\"u\":{\"update\":1}}}",
		    SEEN, "effects");
	judge("\"forbid\":[\"v\"]", "");
	judge("\"forbid\":[\"u\"]", "forbid");
	judge("\"forbid\":[{\"as\":\"bob\",\"sql\":\"SELECT 1\"}]", "forbid");
	judge("\"sql\":[{\"as\":\"bob\",\"rows\":[[1.0,\"x\"]]},{\"as\":\"bob\",\"refused\":true}]",
	      "");
	judge("\"sql\":[{\"as\":\"bob\",\"rows\":[]}]", "sql.rows");
	judge("\"sql\":[{\"as\":\"bob\",\"rows\":[[1,\"y\"]]}]", "sql.rows");
	judge("\"sql\":[{\"as\":\"bob\",\"refused\":true},{\"as\":\"bob\",\"rows\":[]}]",
	      "sql.refused sql.rows");
	judge("\"ledger\":{\"actions\":[\"step\",\"task.finish\"],\"lacks\":[\"undo\"]}", "");
	judge("\"ledger\":{\"actions\":[\"wait\",\"step\"]}", "ledger.actions");
	judge("\"ledger\":{\"lacks\":[\"wait\"]}", "ledger.lacks");
	check_judge("{\"state\":\"done\",\"effects\":{}}", broken, "act verify");
}

/* --- comparing ----------------------------------------------------------- */

static void compare(void)
{
	json_t *before = parse("[{\"scenario\":\"a\",\"ok\":true,\"state\":\"done\",\"ms\":10},"
			       "{\"scenario\":\"b\",\"ok\":false,\"state\":\"done\",\"ms\":1},"
			       "{\"scenario\":\"c\",\"ok\":true,\"state\":\"done\",\"ms\":1},"
			       "{\"scenario\":\"d\",\"ok\":true,\"state\":\"done\",\"ms\":1},"
			       "{\"scenario\":\"e\",\"ok\":true,\"state\":\"done\",\"ms\":5}]");
	json_t *after = parse("[{\"scenario\":\"a\",\"ok\":true,\"state\":\"done\",\"ms\":20},"
			      "{\"scenario\":\"a\",\"ok\":false,\"state\":\"denied\",\"ms\":40},"
			      "{\"scenario\":\"b\",\"ok\":true,\"state\":\"done\",\"ms\":1,"
			      "\"cost\":{\"nanousd\":7}},"
			      "{\"scenario\":\"c\",\"ok\":true,\"state\":\"denied\",\"ms\":1},"
			      "{\"scenario\":\"d\",\"ok\":true,\"state\":\"done\",\"ms\":1},"
			      "{\"scenario\":\"f\",\"ok\":true,\"state\":\"done\",\"ms\":5}]");
	static const char *const counts[] = {
		"worse", "better", "changed", "same", "added", "gone"
	};
	struct og_err err = OG_ERR_INIT;
	json_t *got = NULL, *ms = parse("[13,33]"), *cost = parse("[0,7]");

	if (OG_CHECK_OK(og_runs_compare(before, after, &got, &err), &err)) {
		for (size_t i = 0; i < 6; i++)
			OG_CHECK_INT(og_json_int(got, counts[i], -1), 1);
		OG_CHECK(json_equal(json_object_get(got, "ms"), ms));
		OG_CHECK(json_equal(json_object_get(got, "nanousd"), cost));
	}
	json_decref(before);
	json_decref(after);
	json_decref(got);
	json_decref(ms);
	json_decref(cost);
}

int main(void)
{
	OG_RUN(form);
	OG_RUN(form_inside);
	OG_RUN(texts);
	OG_RUN(effects);
	OG_RUN(effects_besides);
	OG_RUN(judge_result);
	OG_RUN(judge_sets);
	OG_RUN(judge_database);
	OG_RUN(compare);
	return og_done();
}
