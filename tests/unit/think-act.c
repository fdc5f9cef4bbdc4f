/*
 * The tools of a model: what is offered to whom, what a wrong call is told,
 * which request a right one becomes, and what the model gets to see of the
 * reply.
 */
#include "tests/unit/stage.h"

#include <signal.h>

#define TABLES                                                                                     \
	"[{'name':'products','verbs':['select','update'],'columns':[{'name':'id','type':'integer'" \
	","                                                                                        \
	"'pk':true},{'name':'stock','type':'integer','settable':true}]}]"

static void see_tables(struct og_stage *stage, const char *tables)
{
	json_decref(stage->t.schema);
	stage->t.schema = og_quoted(tables);
}

/* "read finish": the names of the tools that are offered. */
static void check_offered(struct og_stage *stage, const char *want)
{
	struct og_buf names;
	json_t *tool;
	size_t i;

	og_buf_init(&names, 4096);
	OG_CHECK_INT(og_think_offer(&stage->t), OG_TURN_OK);
	json_array_foreach(stage->t.tools, i, tool)
		og_buf_addf(&names, "%s%s", i ? " " : "", og_json_str(tool, "name"));
	OG_CHECK_STR(names.data, want);
	og_buf_release(&names);
}

static int no_skills(void *arg, const char *text, size_t len, json_t **ret, struct og_err *err)
{
	(void)arg;
	(void)len;
	if (strstr(text, "good")) {
		*ret = json_pack("{s:s}", "name", "good");
		return 0;
	}
	return og_fail(err, OG_EDATA, "3: front matter: '%s' is missing", "name");
}

static void offered(void)
{
	struct og_stage stage;

	og_stage_begin(&stage, STAGE_BEGUN);
	check_offered(&stage, "search_skills get_skill search_policies query run_step "
			      "change_schema put_policy ask_user ask_approval finish give_up");
	see_tables(&stage, TABLES);
	stage.with.read_skill = no_skills;
	check_offered(&stage, "search_skills get_skill search_policies read query run_step write "
			      "change_schema put_skill put_policy ask_user ask_approval finish "
			      "give_up");
	stage.with.writes = 0;
	check_offered(&stage, "search_skills get_skill search_policies read query run_step "
			      "ask_user finish give_up");
	stage.with.writes = 1;
	json_object_del(stage.job.begun, "rights");
	see_tables(&stage, "[{'name':'products','verbs':['select']}]");
	check_offered(&stage, "search_skills get_skill search_policies read query run_step "
			      "ask_user finish give_up");
	stage.t.last = 1;
	check_offered(&stage, "finish give_up");
	og_stage_end(&stage);
}

/* Every schema: an object that takes nothing else, each property with a
 * type and words, the required ones among them. */
static void schemas(void)
{
	for (const struct og_tool *tool = og_tools; tool->name; tool++) {
		json_t *schema = og_tool_schema(tool), *properties, *item, *kinds;
		const char *name;
		size_t i;

		properties = json_object_get(schema, "properties");
		OG_CHECK_STR(og_json_str(schema, "type"), "object");
		OG_CHECK(json_is_false(json_object_get(schema, "additionalProperties")));
		json_array_foreach(json_object_get(schema, "required"), i, item)
			OG_CHECK(json_object_get(properties, json_string_value(item)) != NULL);
		json_object_foreach(properties, name, item)
		{
			OG_CHECK(*og_at(item, "/type") && *og_at(item, "/description"));
		}
		kinds = json_object_get(properties, "tool");
		OG_CHECK(!kinds || json_array_size(json_object_get(kinds, "enum")) == 4);
		OG_CHECK(strlen(tool->about) > 10);
		json_decref(schema);
	}
}

static void check_wrong(struct og_stage *stage, const char *tool, const char *arguments,
			const char *rule, const char *why, const char *fix)
{
	json_t *result = og_stage_act(stage, tool, arguments);

	OG_CHECK_STR(og_at(result, "/name"), tool);
	OG_CHECK_STR(og_at(result, "/id"), "c1");
	OG_CHECK_STR(og_at(result, "/error/rule"), rule);
	OG_CHECK_STR(og_at(result, "/error/why"), why);
	if (fix)
		OG_CHECK_STR(og_at(result, "/error/fix"), fix);
	OG_CHECK(json_object_get(result, "output") == NULL);
	json_decref(result);
}

/* None of these reaches the shield: there is no channel at all. */
static void wrong_calls(void)
{
	struct og_stage stage;
	json_t *call, *result;
	int over;

	og_stage_begin(&stage, STAGE_BEGUN);
	see_tables(&stage, TABLES);
	check_wrong(&stage, "raed", "{}", "no-tool", "'raed' is no tool here",
		    "did you mean 'read'?");
	check_wrong(&stage, "put_skill", "{'text':'x'}", "no-tool", "'put_skill' is no tool here",
		    NULL);
	check_wrong(&stage, "", "{}", "no-tool", "'' is no tool here", NULL);
	check_wrong(&stage, "read", "{'sqll':'SELECT 1'}", "arguments",
		    "read: 'sqll' is no argument of it", "did you mean 'sql'?");
	check_wrong(&stage, "read", "{'sql':'SELECT 1','zebra':1}", "arguments",
		    "read: 'zebra' is no argument of it", "there are: sql, params, as");
	check_wrong(&stage, "read", "{}", "arguments", "read: 'sql' is missing", NULL);
	check_wrong(&stage, "read", "{'sql':null}", "arguments", "read: 'sql' has to be a text",
		    NULL);
	check_wrong(&stage, "read", "{'sql':7}", "arguments", "read: 'sql' has to be a text", NULL);
	check_wrong(&stage, "read", "{'sql':'S','params':[1]}", "arguments",
		    "read: 'params' has to be an object of names and single values", NULL);
	check_wrong(&stage, "read", "{'sql':'S','params':{'a':{'b':1}}}", "arguments",
		    "read: 'params' has to be an object of names and single values", NULL);
	check_wrong(&stage, "read", "{'sql':'S','as':'../x'}", "arguments",
		    "read: 'as' is letters, digits and _", NULL);
	check_wrong(&stage, "read", "{'sql':'S\\u0000x'}", "arguments",
		    "read: 'sql' has to be a text", NULL);
	check_wrong(&stage, "finish", "{'show':'all'}", "arguments",
		    "finish: 'show' has to be a list of texts", NULL);
	check_wrong(&stage, "ask_approval", "{'question':'q','tool':'read','arguments':{}}",
		    "arguments", "ask_approval: 'tool' has to be one of the words in its schema",
		    NULL);
	check_wrong(&stage, "ask_approval", "{'question':'q','tool':'write','arguments':{}}",
		    "arguments", "write: 'sql' is missing", NULL);
	check_wrong(&stage, "ask_approval", "{'question':'q','tool':'put_skill','arguments':{}}",
		    "no-tool", "'put_skill' is no tool here", NULL);
	check_wrong(&stage, "ask_user", "{'question':'a\u200bb'}", "arguments",
		    "the question holds characters that cannot be seen", NULL);
	check_wrong(&stage, "run_step", "{'skill':''}", "no-skill", "no such skill", NULL);
	call = og_quoted("{'name':'read','problem':'arguments are no JSON'}");
	OG_CHECK_INT(og_think_act(&stage.t, call, &result, &over), OG_TURN_OK);
	OG_CHECK_STR(og_at(result, "/error/why"), "read: arguments are no JSON");
	OG_CHECK(json_object_get(result, "id") == NULL);
	json_decref(call);
	json_decref(result);
	stage.t.last = 1;
	check_wrong(&stage, "read", "{'sql':'SELECT 1'}", "no-tool",
		    "'read' is no tool of the last turn", "there are: finish, give_up");
	og_stage_end(&stage);
}

static void reads(void)
{
	struct og_stage stage;
	json_t *result, *asked;

	og_stage_begin(&stage, STAGE_BEGUN);
	see_tables(&stage, TABLES);
	og_stage_expect(&stage, "sql.read",
			"{'ok':true,'columns':['id','name','id'],'rows':[[1,'Desk',9],[2,null,8]],"
			"'truncated':[],'tables':['products']}");
	og_stage_expect(&stage, "sql.read",
			"{'ok':true,'columns':['n'],'rows':[[{'i':'9007199254740993'}],"
			"[{'b':'AAAA'}]],'truncated':[{'rows':5000}],'tables':[]}");
	og_stage_expect(
		&stage, "sql.read",
		"{'ok':false,'verdict':'deny','rule':'column','why':'no such column: a\u202eb',"
		"'fix':'use name'}");
	og_stage_open(&stage);
	result = og_stage_act(&stage, "read",
			      "{'sql':'SELECT :a','params':{'a':1},'as':'top','zz':1}");
	json_decref(result);
	result = og_stage_act(&stage, "read", "{'sql':'SELECT :a','params':{'a':1},'as':'top'}");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/sets/top/columns/2"), "id_2");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/sets/top/rows/0/1"), "Desk");
	OG_CHECK_INT(json_integer_value(og_json_pointer(result, "/output/rows/top")), 2);
	OG_CHECK_INT(json_integer_value(og_json_pointer(stage.t.sets, "/top/1/id_2")), 8);
	json_decref(result);
	result = og_stage_act(&stage, "read", "{'sql':'SELECT n','params':null}");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/sets/read_1/rows/0/0"),
		     "9007199254740993");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/sets/read_1/rows/1/0"), "<3 bytes>");
	OG_CHECK_STR(og_at(result, "/output/notice"),
		     "There are 5000 rows, of which 1000 were taken.");
	json_decref(result);
	result = og_stage_act(&stage, "read", "{'sql':'SELECT x'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "column");
	OG_CHECK_STR(og_at(result, "/error/why"), "no such column: a<U+202E>b");
	OG_CHECK_STR(og_at(result, "/error/fix"), "use name");
	json_decref(result);
	asked = og_stage_asked(&stage);
	OG_CHECK_STR(og_at(asked, "/0/sql"), "SELECT :a");
	OG_CHECK_INT(json_integer_value(og_json_pointer(asked, "/0/params/a")), 1);
	OG_CHECK_INT(json_integer_value(og_json_pointer(asked, "/0/max_rows")), OG_READ_ROWS);
	OG_CHECK_STR(og_at(asked, "/0/task"), "T");
	OG_CHECK(og_json_pointer(asked, "/1/params") == NULL);
	json_decref(asked);
	og_stage_end(&stage);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	STAGE_MAIN(argc, argv);
	OG_RUN(offered);
	OG_RUN(schemas);
	OG_RUN(wrong_calls);
	OG_RUN(reads);
	return og_done();
}
