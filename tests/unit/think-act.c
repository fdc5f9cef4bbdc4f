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

/* --- skills --------------------------------------------------------------------------- */

#define SKILL                                                                                      \
	"{'ok':true,'hash':'h1','active':true,'skill':{'name':'buy','description':'Buys a "        \
	"thing.',"                                                                                 \
	"'roles':['customer'],'source':'# Buy','slots':{},'steps':["                               \
	"{'name':'price','blocks':[{'kind':'read','text':'SELECT 1'}]},"                           \
	"{'name':'order','blocks':[{'kind':'require','message':'enough'},{'kind':'write'},"        \
	"{'kind':'undo'}]}]}}"

static void skill_steps(void)
{
	struct og_stage stage;
	json_t *result, *asked;

	og_stage_begin(&stage, STAGE_BEGUN);
	og_stage_expect(&stage, "skill.get", SKILL);
	og_stage_expect(
		&stage, "step.run",
		"{'ok':true,'step':'price','rows':{'price':[{'price':9.5,'name':'a\u200bb'}]},"
		"'vars':{'price':9.5},'affected':0,'citations':[{'policy':'law','title':'L',"
		"'line':3,'text':'Max 500.'}],'next':'order','replayed':false}");
	og_stage_expect(&stage, "step.run",
			"{'ok':false,'verdict':'deny','rule':'require','why':'enough','fix':'less',"
			"'citations':[{'policy':'law','title':'L','line':3,'text':'Max 500.'}]}");
	og_stage_expect(&stage, "step.run",
			"{'ok':true,'step':'order','rows':{},'vars':{'order_id':7},'affected':1,"
			"'seq':41,'citations':[],'next':null,'replayed':false,"
			"'answer':'Order 7 for 9.50.','view':{'kind':'saga'}}");
	og_stage_open(&stage);
	/* All that are left; the second is refused. */
	result = og_stage_act(&stage, "run_step", "{'skill':'buy','slots':{'n':2}}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "require");
	OG_CHECK_STR(og_at(result, "/error/why"), "order: enough");
	OG_CHECK_STR(og_at(result, "/error/steps_done/0"), "price");
	OG_CHECK_STR(og_at(result, "/error/untrusted_data/passages/0/key"), "P1");
	json_decref(result);
	OG_CHECK_STR(stage.job.name, "buy");
	OG_CHECK_STR(stage.job.hash, "h1");
	OG_CHECK(stage.t.refused != NULL);
	result = og_stage_act(&stage, "run_step", "{'skill':'other'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "other-skill");
	json_decref(result);
	result = og_stage_act(&stage, "run_step", "{'skill':'buy','step':'price'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "step-done");
	json_decref(result);
	result = og_stage_act(&stage, "run_step", "{'skill':'buy','step':'pay'}");
	OG_CHECK_STR(og_at(result, "/error/why"), "skill 'buy' has no step 'pay'");
	json_decref(result);
	result = og_stage_act(&stage, "run_step", "{'skill':'buy','slots':{'n':1},'step':'order'}");
	OG_CHECK_STR(og_at(result, "/output/steps/0/entry"), "E41");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/answer"), "Order 7 for 9.50.");
	OG_CHECK_INT(json_integer_value(
			     og_json_pointer(result, "/output/untrusted_data/values/order_id")),
		     7);
	OG_CHECK_INT(json_array_size(og_json_pointer(result, "/output/steps_left")), 0);
	json_decref(result);
	OG_CHECK(stage.t.refused == NULL);
	OG_CHECK_STR(og_at(stage.job.result, "/steps/1/state"), "failed");
	OG_CHECK_STR(og_at(stage.job.result, "/steps/2/state"), "done");
	OG_CHECK_STR(og_at(stage.job.result, "/view/kind"), "saga");
	OG_CHECK_STR(og_at(stage.job.result, "/skill"), "buy");
	OG_CHECK_INT(json_array_size(og_json_pointer(stage.job.result, "/data/price")), 1);
	OG_CHECK_INT(json_array_size(og_json_pointer(stage.job.result, "/citations")), 1);
	asked = og_stage_asked(&stage);
	OG_CHECK_STR(og_at(asked, "/1/hash"), "h1");
	OG_CHECK_INT(json_integer_value(og_json_pointer(asked, "/1/slots/n")), 2);
	/* Slots are the first step's. */
	OG_CHECK(og_json_pointer(asked, "/3/slots") == NULL);
	json_decref(asked);
	og_stage_end(&stage);
}

/* Prose that is read narrows what may be called, and so does the skill whose
 * steps are run; ends, questions and steps stay. */
static void narrows(void)
{
	struct og_stage stage;
	json_t *result;

	og_stage_begin(&stage, STAGE_BEGUN);
	og_stage_expect(&stage, "skill.get",
			"{'ok':true,'hash':'h9','node':9,'active':true,'skill':{'name':'prose',"
			"'kind':'agent','allowed_tools':'Read, Bash(git:*) get_skill',"
			"'source':'# Prose','steps':[]}}");
	og_stage_open(&stage);
	result = og_stage_act(&stage, "get_skill", "{'skill':'prose'}");
	OG_CHECK_STR(og_at(result, "/output/skill"), "prose");
	json_decref(result);
	result = og_stage_act(&stage, "search_policies", "{'query':'limit'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "allowed-tools");
	json_decref(result);
	result = og_stage_act(&stage, "query", "{'skill':'stock'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "allowed-tools");
	json_decref(result);
	OG_CHECK(og_tool_allowed(&stage.t, og_tool_find("read")));
	OG_CHECK(og_tool_allowed(&stage.t, og_tool_find("finish")));
	OG_CHECK(og_tool_allowed(&stage.t, og_tool_find("ask_user")));
	OG_CHECK(og_tool_allowed(&stage.t, og_tool_find("run_step")));
	OG_CHECK(!og_tool_allowed(&stage.t, og_tool_find("write")));
	stage.job.doc = json_pack("{s:s}", "allowed_tools", "write");
	OG_CHECK(!og_tool_allowed(&stage.t, og_tool_find("write")));
	OG_CHECK(!og_tool_allowed(&stage.t, og_tool_find("read")));
	json_array_clear(stage.t.followed);
	OG_CHECK(og_tool_allowed(&stage.t, og_tool_find("write")));
	og_stage_end(&stage);
}

static void looks(void)
{
	struct og_stage stage;
	json_t *result, *asked;

	og_stage_begin(&stage, STAGE_BEGUN);
	og_stage_expect(&stage, "skill.match",
			"{'ok':true,'match':null,'candidates':[{'skill':'buy','score':0.5},"
			"{'skill':'hidden','score':0.4}]}");
	og_stage_expect(&stage, "skill.get", SKILL);
	og_stage_expect(&stage, "skill.get",
			"{'ok':false,'verdict':'deny','rule':'clearance','why':'no','fix':''}");
	og_stage_expect(
		&stage, "policy.search",
		"{'ok':true,'passages':[{'policy':'law','title':'L','source':'law','line':3,"
		"'text':'Max\u202e 500.'}]}");
	og_stage_expect(&stage, "query.run",
			"{'ok':true,'skill':'stock','rows':{'low':[{'n':1}],'all':[]},'vars':{},"
			"'affected':0,'citations':[],'answer':'1 is low.'}");
	og_stage_expect(&stage, "query.run",
			"{'ok':false,'verdict':'deny','rule':'not-a-query','why':'it writes',"
			"'fix':'run_step'}");
	og_stage_open(&stage);
	result = og_stage_act(&stage, "search_skills", "{'query':'buy'}");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/skills/0/description"), "Buys a thing.");
	OG_CHECK(og_json_pointer(result, "/output/untrusted_data/skills/1") == NULL);
	json_decref(result);
	/* It was looked at already: nothing is asked. */
	result = og_stage_act(&stage, "get_skill", "{'skill':'buy'}");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/text"), "# Buy");
	OG_CHECK_STR(og_at(result, "/output/roles/0"), "customer");
	json_decref(result);
	result = og_stage_act(&stage, "search_policies", "{'query':'limit','skill':'buy'}");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/passages/0/key"), "P1");
	OG_CHECK_STR(og_at(result, "/output/untrusted_data/passages/0/text"), "Max<U+202E> 500.");
	json_decref(result);
	result = og_stage_act(&stage, "query", "{'skill':'stock'}");
	OG_CHECK_INT(json_integer_value(og_json_pointer(result, "/output/rows/low")), 1);
	OG_CHECK_STR(og_json_str(stage.t.said, "answer"), "1 is low.");
	OG_CHECK(stage.job.doc == NULL);
	json_decref(result);
	result = og_stage_act(&stage, "query", "{'skill':'buy'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "not-a-query");
	json_decref(result);
	asked = og_stage_asked(&stage);
	OG_CHECK_STR(og_at(asked, "/3/node"), "buy");
	json_decref(asked);
	og_stage_end(&stage);
}

/* --- writing and asking ---------------------------------------------------------------- */

static void writes(void)
{
	struct og_stage stage;
	json_t *result, *asked;

	og_stage_begin(&stage, STAGE_BEGUN);
	see_tables(&stage, TABLES);
	stage.with.read_skill = no_skills;
	og_stage_expect(&stage, "sql.write",
			"{'ok':true,'affected':2,'last_id':9,'seq':50,'step':'call-3'}");
	og_stage_expect(&stage, "sql.write",
			"{'ok':false,'verdict':'deny','rule':'column','why':'no','fix':'grant'}");
	og_stage_expect(
		&stage, "skill.put",
		"{'ok':true,'name':'good','hash':'h','changed':true,'asks':[{},{}],'seq':51}");
	og_stage_expect(
		&stage, "policy.put",
		"{'ok':true,'name':'memo','number':1,'hash':'h','changed':true,'binds':false,"
		"'seq':52}");
	og_stage_expect(&stage, "ddl", "{'ok':true,'changes':[],'seq':53}");
	og_stage_open(&stage);
	result = og_stage_act(&stage, "write", "{'sql':'UPDATE p','params':{'a':1}}");
	OG_CHECK_STR(og_at(result, "/output/entry"), "E50");
	OG_CHECK_STR(og_at(stage.job.result, "/steps/0/name"), "call-3");
	json_decref(result);
	result = og_stage_act(&stage, "write", "{'sql':'UPDATE q'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "column");
	OG_CHECK_STR(og_at(stage.job.result, "/steps/1/state"), "failed");
	json_decref(result);
	result = og_stage_act(&stage, "put_skill", "{'text':'bad'}");
	OG_CHECK_STR(og_at(result, "/error/why"), "3: front matter: 'name' is missing");
	json_decref(result);
	result = og_stage_act(&stage, "put_skill", "{'text':'good'}");
	OG_CHECK(strstr(og_at(result, "/output/notice"), "2 grants") != NULL);
	json_decref(result);
	result = og_stage_act(&stage, "put_policy",
			      "{'name':'memo','text':'---\\nlimits: x\\n---'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "policy");
	json_decref(result);
	result = og_stage_act(&stage, "put_policy", "{'name':'memo','text':'a\u200bb'}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "policy");
	json_decref(result);
	result = og_stage_act(&stage, "put_policy",
			      "{'name':'memo','node':'buy','text':'# Memo\\n\\nBe kind.'}");
	if (!OG_CHECK(json_is_true(og_json_pointer(result, "/output/done"))))
		printf("# %s\n", og_at(result, "/error/why"));
	json_decref(result);
	result = og_stage_act(&stage, "change_schema", "{'sql':'CREATE TABLE x(id PRIMARY KEY)'}");
	OG_CHECK_STR(og_at(result, "/output/entry"), "E53");
	json_decref(result);
	asked = og_stage_asked(&stage);
	OG_CHECK_STR(og_at(asked, "/2/doc/name"), "good");
	OG_CHECK_STR(og_at(asked, "/3/policy/name"), "memo");
	OG_CHECK_STR(og_at(asked, "/3/policy/node"), "buy");
	json_decref(asked);
	og_stage_end(&stage);
}

static void asks(void)
{
	struct og_stage stage;
	json_t *result, *asked;

	og_stage_begin(&stage, STAGE_BEGUN);
	see_tables(&stage, TABLES);
	og_stage_expect(&stage, "ask", "{'ok':true,'answer':'the 4711 one','by':'alice'}");
	og_stage_expect(&stage, "sql.write",
			"{'ok':false,'verdict':'deny','rule':'approval-needed','why':'a model',"
			"'fix':'x'}");
	og_stage_expect(&stage, "ask", "{'ok':true,'approved':true,'by':'bob','digest':'d1'}");
	og_stage_expect(&stage, "sql.write", "{'ok':true,'affected':1,'last_id':0,'seq':60}");
	og_stage_expect(
		&stage, "ask",
		"{'ok':false,'verdict':'deny','rule':'rejected','why':'bob said no','fix':''}");
	og_stage_open(&stage);
	result = og_stage_act(&stage, "ask_user", "{'question':'Which one?'}");
	OG_CHECK_STR(og_at(result, "/output/answer"), "the 4711 one");
	json_decref(result);
	result = og_stage_act(&stage, "write", "{'sql':'UPDATE p'}");
	OG_CHECK_STR(og_at(result, "/error/fix"),
		     "ask_approval with this tool and these arguments");
	OG_CHECK_INT(json_array_size(og_json_pointer(stage.job.result, "/steps")), 0);
	json_decref(result);
	result =
		og_stage_act(&stage, "ask_approval",
			     "{'question':'May I?','tool':'write','arguments':{'sql':'UPDATE p'}}");
	OG_CHECK_STR(og_at(result, "/output/entry"), "E60");
	OG_CHECK(stage.t.refused == NULL);
	json_decref(result);
	result = og_stage_act(&stage, "ask_approval",
			      "{'question':'And?','tool':'write','arguments':{'sql':'UPDATE q'}}");
	OG_CHECK_STR(og_at(result, "/error/rule"), "rejected");
	OG_CHECK(stage.t.refused != NULL);
	json_decref(result);
	asked = og_stage_asked(&stage);
	OG_CHECK_STR(og_at(asked, "/2/about/verb"), "sql.write");
	OG_CHECK_STR(og_at(asked, "/2/about/sql"), "UPDATE p");
	OG_CHECK_INT(json_object_size(og_json_pointer(asked, "/2/about")), 2);
	OG_CHECK_STR(og_at(asked, "/3/approval"), "d1");
	OG_CHECK_STR(og_at(asked, "/3/sql"), "UPDATE p");
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
	OG_RUN(skill_steps);
	OG_RUN(narrows);
	OG_RUN(looks);
	OG_RUN(writes);
	OG_RUN(asks);
	return og_done();
}
