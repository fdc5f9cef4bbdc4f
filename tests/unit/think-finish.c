/*
 * The end of a task that a model works on: which answers stand, what becomes
 * of those that do not, what may be cited and drawn, and what is on record.
 */
#include "tests/unit/stage.h"

static void keep(struct og_stage *stage, const char *name, const char *rows)
{
	json_t *parsed = og_quoted(rows);

	og_sets_keep(&stage->t, name, parsed);
	json_decref(parsed);
}

/* A task that has read three rows, and a passage. */
static void begin(struct og_stage *stage)
{
	json_t *passage = og_quoted("{'policy':'limit','title':'Limit','line':4,'source':'law',"
				    "'text':'No order above 500 without a waiver.'}");

	og_stage_begin(stage, STAGE_BEGUN);
	keep(stage, "top",
	     "[{'id':1,'name':'Desk','price':1299.0,'day':'2026-01-31'},"
	     "{'id':2,'name':'Quantum Processor v1','price':12.456,"
	     "'day':'2026-02-01T09:30:00.125Z'},"
	     "{'id':3,'name':'Chair','price':-4.5,'day':null}]");
	keep(stage, "totals",
	     "[{'revenue':1234567.891,'share':0.125,'code':'INV-2024-007',"
	     "'big':{'i':'9007199254740993'}}]");
	og_source_text(&stage->t, "buy 2 desks");
	og_source_text(&stage->t, "2026-03-04");
	og_passage_key(&stage->t, passage);
	json_array_append_new(stage->t.entries, json_integer(12));
	json_decref(passage);
}

static const json_t *result(const struct og_stage *stage, const char *member)
{
	return json_object_get(stage->job.result, member);
}

static const char *text(const struct og_stage *stage, const char *member)
{
	const char *value = json_string_value(result(stage, member));

	return value ? value : "(none)";
}

/* --- numbers ---------------------------------------------------------------------- */

static void check_numbers(const struct og_stage *stage, const char *answer, const char *want)
{
	json_t *bad = og_numbers_unsupported(&stage->t, NULL, answer), *joined;

	joined = og_names_joined(bad, 400);
	if (!OG_CHECK_STR(json_string_value(joined), want))
		printf("# of: %s\n", answer);
	json_decref(joined);
	json_decref(bad);
}

static void numbers(void)
{
	static const struct {
		const char *answer, *bad;
	} cases[] = {
		{ "no numbers at all", "" },
		{ "", "" },
		/* however it is written */
		{ "1299, 1,299, 1,299.00, 1.299,00, 1 299, 1'299.00", "" },
		{ "1\u00a0299, 1\u202f299,00", "" },
		{ "\uff11\uff12\uff19\uff19 and \u0661\u0662\u0669\u0669", "" },
		{ "$1,299.00, EUR 1.299,00, 1299\u20ac", "" },
		{ "1234567.891, 1,234,567.89, 1.234.567,9, 1 234 568", "" },
		{ "9007199254740993", "" },
		/* rounded, to fewer decimals */
		{ "12.456, 12.46, 12.5, 12", "" },
		{ "12.45", "12.45" },
		{ "12.4567", "12.4567" },
		{ "13", "13" },
		/* shares */
		{ "12.5 %, 12.5%, 13 percent, 0.125, 0.13", "" },
		{ "12.5 of them, 14 %", "14" },
		/* negative */
		{ "a loss of 4.5, exactly -4.5 or \u22124.5", "" },
		{ "-1299", "1299" },
		/* dates, times, names, codes */
		{ "on 2026-01-31, 31 January 2026, 31st Jan, 31.1.2026, 01/31/2026", "" },
		{ "at 09:30, 2026-02-01 09:30:00, today 4 March", "" },
		{ "on 2026-01-30", "2026-01-30" },
		{ "30.1.2026, 31.8.2026, 1.2.3.4", "8, 1.2.3.4" },
		{ "2026-13-31 and 2026/13/31", "2026-13-31, 13" },
		{ "Quantum Processor v1 costs 12.46", "" },
		{ "invoice INV-2024-007", "" },
		{ "invoice INV-2024-008", "008" },
		{ "v2 of top", "v2" },
		{ "Processor v7", "v7" },
		/* counts, lists, keys */
		{ "3 rows, 1 total, 2 desks", "" },
		{ "the 6 rows", "6" },
		{ "1. Desk\n2. Chair\n3) Lamp\n9. Nine", "" },
		{ "4 things:\n- a\n- b\n- c\n- d", "" },
		{ "as [P1] and [E12] say", "" },
		{ "as [P2] and [E13] say", "P2, E13" },
		/* invented */
		{ "The revenue is 2,000,000.", "2,000,000" },
		{ "1.299.00", "1.299.00" },
		{ "1,2,3,4", "1,2,3,4" },
		{ "500", "500" },
		{ "10-20 of them", "10, 20" },
		{ "17, 17, 17 and 18", "17, 18" },
		{ "99999999999999999999999999999999999999999999999999999999999999999999999999999",
		  "99999999999999999999999999999999999999999999999999999999999999999999999999999" },
		{ "\uff19\uff19 bottles", "99" },
		{ "x1e9", "x1e9" },
		{ "EUR1,299, EUR98, 98EUR", "98" },
		{ "2x, 3rd, 66th", "66" },
	};
	struct og_stage stage;

	begin(&stage);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_numbers(&stage, cases[i].answer, cases[i].bad);
	og_stage_end(&stage);
}

/* --- an answer that stands ------------------------------------------------------------ */

static int finish(struct og_stage *stage, const char *arguments, int last, json_t **ret_error)
{
	json_t *parsed = og_quoted(arguments);
	int over = og_think_finish(&stage->t, parsed, last, ret_error);

	json_decref(parsed);
	return over;
}

static void check_error(struct og_stage *stage, const char *arguments, const char *rule,
			const char *why)
{
	json_t *error = NULL;

	OG_CHECK_INT(finish(stage, arguments, 0, &error), 0);
	OG_CHECK_STR(og_at(error, "/rule"), rule);
	OG_CHECK_STR(og_at(error, "/why"), why);
	OG_CHECK_STR(text(stage, "answer"), "");
	json_decref(error);
}

static void check_over(struct og_stage *stage, const char *arguments, int last)
{
	json_t *error = NULL;

	OG_CHECK_INT(finish(stage, arguments, last, &error), 1);
	OG_CHECK(error == NULL);
}

static void good(void)
{
	struct og_stage stage;

	begin(&stage);
	check_over(&stage,
		   "{'answer':'The desk is 1,299.00; the limit of 500 stands [P1].',"
		   "'show':['top'],'cites':['E12','P1'],'next':'Look at 3 rows.'}",
		   0);
	OG_CHECK_STR(text(&stage, "answer"), "The desk is 1,299.00; the limit of 500 stands [P1].");
	OG_CHECK_STR(text(&stage, "answer_by"), "model");
	OG_CHECK_STR(text(&stage, "view_by"), "built");
	OG_CHECK_STR(text(&stage, "next"), "Look at 3 rows.");
	OG_CHECK_INT(stage.job.end, OG_TASK_DONE);
	OG_CHECK_INT(json_object_size(result(&stage, "data")), 1);
	OG_CHECK_INT(json_array_size(json_object_get(result(&stage, "data"), "top")), 3);
	OG_CHECK_INT(json_array_size(result(&stage, "citations")), 1);
	OG_CHECK_STR(og_at(result(&stage, "citations"), "/0/policy"), "limit");
	OG_CHECK_INT(json_integer_value(json_array_get(result(&stage, "entries"), 0)), 12);
	og_stage_end(&stage);
	/* Without show all sets are shown; a bare text is an answer. */
	begin(&stage);
	check_over(&stage, "{'answer':'Done.'}", 0);
	OG_CHECK_INT(json_object_size(result(&stage, "data")), 2);
	og_stage_end(&stage);
}

/* --- one that does not ------------------------------------------------------------------ */

static void invented(void)
{
	struct og_stage stage;

	begin(&stage);
	check_error(&stage, "{'answer':'Revenue is 77 and 78.'}", "answer",
		    "these numbers stand in nothing that was read: 77, 78");
	check_over(&stage, "{'answer':'Revenue is 79.'}", 0);
	OG_CHECK_STR(text(&stage, "answer_by"), "built");
	OG_CHECK_STR(text(&stage, "answer"),
		     "top: 3 rows. totals: big 9007199254740993, code INV-2024-007, "
		     "revenue 1234567.891, share 0.125.");
	OG_CHECK_STR(text(&stage, "next"),
		     "The model's own sentence was left out: these numbers stand in nothing that "
		     "was read: 79.");
	OG_CHECK_INT(stage.job.end, OG_TASK_DONE);
	og_stage_end(&stage);
	/* In the last turn there is no second try. */
	begin(&stage);
	check_over(&stage, "{'answer':'Revenue is 79.'}", 1);
	OG_CHECK_STR(text(&stage, "answer_by"), "built");
	og_stage_end(&stage);
	/* Nor is what it names believed to be text one can see. */
	begin(&stage);
	check_over(&stage, "{'answer':'x','show':['a\u202eb\u20ac']}", 1);
	OG_CHECK_STR(
		text(&stage, "next"),
		"The model's own sentence was left out: there is no row set 'a<U+202E>b\u20ac' to "
		"show; the fix lists those there are.");
	og_stage_end(&stage);
	/* A passage's numbers count when it is cited. */
	begin(&stage);
	check_error(&stage, "{'answer':'The limit is 500.'}", "answer",
		    "these numbers stand in nothing that was read: 500");
	check_over(&stage, "{'answer':'The limit is 500.','cites':['P1']}", 0);
	OG_CHECK_STR(text(&stage, "answer_by"), "model");
	og_stage_end(&stage);
}

static void not_taken(void)
{
	struct og_stage stage;
	char long_answer[OG_ANSWER_MAX + 40];

	begin(&stage);
	check_error(&stage, "{'answer':'a\u200bb'}", "answer",
		    "the answer holds characters that cannot be seen");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'a\\u001b[2Jb'}", "answer",
		    "the answer holds characters that cannot be seen");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':''}", "answer", "there is no answer");
	stage.t.answers_tried = 0;
	check_error(&stage, "{}", "answer", "there is no answer");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'x','cites':['P1','P9']}", "answer",
		    "'P9' is no passage or entry of this task");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'x','cites':['E11']}", "answer",
		    "'E11' is no passage or entry of this task");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'x','cites':['law','']}", "answer",
		    "'law' is no passage or entry of this task");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'see [P7]'}", "answer",
		    "[P7] is no passage or entry of this task");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'x','show':['top','bottom']}", "answer",
		    "there is no row set 'bottom' to show; the fix lists those there are");
	stage.t.answers_tried = 0;
	check_error(&stage, "{'answer':'x','next':'pay 1000000'}", "answer",
		    "these numbers stand in nothing that was read: 1000000");
	stage.t.answers_tried = 0;
	memset(long_answer, 'x', sizeof(long_answer));
	snprintf(long_answer, sizeof(long_answer), "{'answer':'");
	long_answer[strlen(long_answer)] = 'x';
	snprintf(long_answer + sizeof(long_answer) - 4, 4, "'}");
	check_error(&stage, long_answer, "answer", "the answer has more than 8000 bytes");
	og_stage_end(&stage);
}

/* --- views -------------------------------------------------------------------------------- */

#define VIEW(jsx) "{'answer':'Three.','view':'" jsx "'}"

static void views(void)
{
	static const struct {
		const char *jsx, *why;
	} cases[] = {
		{ "<Page title=\\'Top\\'><Table rows={data.other}/></Page>",
		  "view: data.other is not in the result" },
		{ "<Page title=\\'Top\\'><Text>{alert(1)}</Text></Page>",
		  "view:1:26: 'alert' needs code" },
		{ "<Page><script>x</script></Page>", "view:1:8: there is no component 'script'" },
		{ "<Page title=\\'Revenue 2,000,000\\'/>",
		  "view: numbers that were not read: 2,000,000" },
		{ "<Metrics items={[{label: \\'Revenue\\', value: 2000000}]}/>",
		  "view: numbers that were not read: 2000000" },
		{ "<BarChart rows={[{n: \\'a\\', v: 31337}]} x=\\'n\\' series={[{key: \\'v\\'}]}/>",
		  "view: numbers that were not read: 31337" },
		{ "<Page>\\n<Text>a\u202eb</Text></Page>",
		  "view: it holds characters that cannot be seen" },
		{ "no view at all", "view:1:1:" },
		{ "", "" },
	};

	for (size_t i = 0; *cases[i].jsx; i++) {
		struct og_stage stage;
		json_t *arguments, *error = NULL;
		char jsx[400];
		size_t n = 0;

		for (const char *p = cases[i].jsx; *p; p++)
			if (*p == '\\' && p[1] == 'n')
				jsx[n++] = '\n', p++;
			else if (*p != '\\')
				jsx[n++] = *p;
		jsx[n] = '\0';
		arguments = json_pack("{s:s,s:s}", "answer", "Three.", "view", jsx);
		begin(&stage);
		OG_CHECK_INT(og_think_finish(&stage.t, arguments, 0, &error), 0);
		OG_CHECK_STR(og_at(error, "/rule"), "view");
		if (!OG_CHECK(strncmp(og_at(error, "/why"), cases[i].why, strlen(cases[i].why)) ==
			      0))
			printf("# %s: %s\n", jsx, og_at(error, "/why"));
		json_decref(error);
		/* The second one counts; a bad one is left out, and that is said. */
		OG_CHECK_INT(og_think_finish(&stage.t, arguments, 0, &error), 1);
		OG_CHECK_STR(text(&stage, "answer_by"), "model");
		OG_CHECK_STR(text(&stage, "view_by"), "built");
		OG_CHECK(strncmp(text(&stage, "view_refused"), cases[i].why,
				 strlen(cases[i].why)) == 0);
		OG_CHECK(result(&stage, "view") == NULL);
		json_decref(arguments);
		og_stage_end(&stage);
	}
}

static void good_view(void)
{
	static const char jsx[] =
		"<Page title=\"Top\"><Grid><Stack span={7}><Table rows={data.top}/></Stack></Grid>"
		"<Metrics items={[{label: 'Rows', value: data.top.length},"
		"{label: 'Revenue', value: data.totals[0].revenue, format: 'money'}]}/>"
		"<BarChart rows={data.top} x=\"name\" series={[{key: 'price', color: 4}]} "
		"height={240}/><Text role=\"lead\">{result.answer}</Text></Page>";
	json_t *arguments =
		json_pack("{s:s,s:s,s:[s]}", "answer", "Three.", "view", jsx, "show", "top");
	json_t *error = NULL;
	struct og_stage stage;

	begin(&stage);
	/* It may bind to what is shown only. */
	OG_CHECK_INT(og_think_finish(&stage.t, arguments, 0, &error), 0);
	OG_CHECK_STR(og_at(error, "/why"), "view: data.totals is not in the result");
	OG_CHECK_STR(og_at(error, "/fix"), "shown are: top");
	json_decref(error);
	json_object_del(arguments, "show");
	OG_CHECK_INT(og_think_finish(&stage.t, arguments, 0, &error), 1);
	OG_CHECK_STR(text(&stage, "view_by"), "model");
	OG_CHECK_STR(og_at(result(&stage, "view"), "/jsx"), jsx);
	/* The one before was mended. */
	OG_CHECK(result(&stage, "view_refused") == NULL);
	json_decref(arguments);
	og_stage_end(&stage);
}

/* --- skills -------------------------------------------------------------------------------- */

static void skills_own(void)
{
	struct og_stage stage;

	begin(&stage);
	json_object_set_new(stage.t.said, "answer", json_string("Order 7 is paid: 77."));
	json_object_set_new(stage.job.result, "view", og_quoted("{'kind':'saga'}"));
	check_over(&stage, "{}", 0);
	OG_CHECK_STR(text(&stage, "answer"), "Order 7 is paid: 77.");
	OG_CHECK_STR(text(&stage, "answer_by"), "skill");
	OG_CHECK_STR(text(&stage, "view_by"), "skill");
	og_stage_end(&stage);
	/* It stands in for an answer that is left out, too. */
	begin(&stage);
	json_object_set_new(stage.t.said, "answer", json_string("Order 7."));
	check_over(&stage, "{'answer':'Order 8888.'}", 1);
	OG_CHECK_STR(text(&stage, "answer"), "Order 7.");
	OG_CHECK_STR(text(&stage, "answer_by"), "skill");
	OG_CHECK(strstr(text(&stage, "next"), "8888") != NULL);
	og_stage_end(&stage);
}

static void steps_left(void)
{
	struct og_stage stage;

	begin(&stage);
	stage.job.doc = og_quoted("{'steps':[{'name':'order'},{'name':'pay'},{'name':'send'}]}");
	snprintf(stage.job.name, sizeof(stage.job.name), "buy");
	json_array_append_new(stage.t.ran, json_string("order"));
	check_error(&stage, "{'answer':'Bought.'}", "steps-left",
		    "skill 'buy' has steps left: pay, send");
	check_error(&stage, "{'answer':'Bought.'}", "steps-left",
		    "skill 'buy' has steps left: pay, send");
	check_over(&stage, "{'answer':'Bought.'}", 1);
	OG_CHECK_INT(stage.job.end, OG_TASK_FAILED);
	OG_CHECK_STR(stage.job.reason, "unfinished: skill buy has steps left: pay, send");
	og_stage_end(&stage);
}

/* What was forbidden last is how the task ends. */
static void denied(void)
{
	json_t *refusal = og_quoted("{'ok':false,'verdict':'deny','rule':'role','why':'not you',"
				    "'fix':'ask bob'}");
	struct og_stage stage;

	/* What it did before stands; that the last thing was forbidden is told. */
	begin(&stage);
	og_think_refusal(&stage.t, refusal);
	check_over(&stage, "{'answer':'The first half is done.'}", 0);
	OG_CHECK_INT(stage.job.end, OG_TASK_DONE);
	OG_CHECK_STR(stage.job.reason, "");
	OG_CHECK_STR(og_at(result(&stage, "refusal"), "/rule"), "role");
	og_stage_end(&stage);
	begin(&stage);
	json_array_clear(stage.t.entries);
	og_think_refusal(&stage.t, refusal);
	check_over(&stage, "{'answer':'It is approved.'}", 0);
	OG_CHECK_INT(stage.job.end, OG_TASK_DENIED);
	OG_CHECK_STR(stage.job.reason, "not you");
	OG_CHECK_STR(text(&stage, "answer"),
		     "Refused: not you. In the model's words: It is approved.");
	OG_CHECK_STR(text(&stage, "answer_by"), "built");
	OG_CHECK_STR(og_at(result(&stage, "refusal"), "/rule"), "role");
	og_stage_end(&stage);
	begin(&stage);
	og_think_refusal(&stage.t, refusal);
	og_think_refusal(&stage.t, NULL);
	check_over(&stage, "{'answer':'So it is.'}", 0);
	OG_CHECK_INT(stage.job.end, OG_TASK_DONE);
	og_stage_end(&stage);
	json_decref(refusal);
}

static void gives_up(void)
{
	struct og_stage stage;
	json_t *call, *answer = NULL;
	int over = 0;

	begin(&stage);
	stage.t.last = 1;
	call = og_quoted("{'name':'give_up','arguments':{'reason':'no such\u200b product'}}");
	OG_CHECK_INT(og_think_act(&stage.t, call, &answer, &over), OG_TURN_OK);
	OG_CHECK_INT(over, 1);
	OG_CHECK_INT(stage.job.end, OG_TASK_DENIED);
	OG_CHECK_STR(stage.job.reason, "gave up: no such<U+200B> product");
	json_decref(call);
	json_decref(answer);
	og_stage_end(&stage);
}

int main(void)
{
	OG_RUN(numbers);
	OG_RUN(good);
	OG_RUN(invented);
	OG_RUN(not_taken);
	OG_RUN(views);
	OG_RUN(good_view);
	OG_RUN(skills_own);
	OG_RUN(steps_left);
	OG_RUN(denied);
	OG_RUN(gives_up);
	return og_done();
}
