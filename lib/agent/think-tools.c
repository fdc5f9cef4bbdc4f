/*
 * Which tools a model is offered, and the schemas of their arguments. What
 * is not offered is refused when it is called all the same: the schema is
 * for the model, the check is ours, and the shield has the last word.
 */
#include "lib/agent/tools.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/allowed.h"

static const struct og_arg search_args[] = {
	{ "query", OG_ARG_TEXT, 1, "what to look for, in words", NULL },
	{ 0 },
};
static const struct og_arg get_skill_args[] = {
	{ "skill", OG_ARG_TEXT, 1, "its name", NULL },
	{ 0 },
};
static const struct og_arg search_policies_args[] = {
	{ "query", OG_ARG_TEXT, 1, "what to look for, in words", NULL },
	{ "skill", OG_ARG_TEXT, 0, "only documents that govern this skill", NULL },
	{ 0 },
};
static const struct og_arg read_args[] = {
	{ "sql", OG_ARG_TEXT, 1, "one SELECT in SQLite's dialect, values as :name", NULL },
	{ "params", OG_ARG_VALUES, 0, "a value for each :name", NULL },
	{ "as", OG_ARG_TEXT, 0, "a name for the rows, such as top_products", NULL },
	{ 0 },
};
static const struct og_arg query_args[] = {
	{ "skill", OG_ARG_TEXT, 1, "its name", NULL },
	{ "slots", OG_ARG_VALUES, 0, "a value for each of its slots", NULL },
	{ 0 },
};
static const struct og_arg run_step_args[] = {
	{ "skill", OG_ARG_TEXT, 1, "its name", NULL },
	{ "step", OG_ARG_TEXT, 0, "one step; without it all that are left, in order", NULL },
	{ "slots", OG_ARG_VALUES, 0, "with the first step: a value for each of its slots", NULL },
	{ 0 },
};
static const struct og_arg write_args[] = {
	{ "sql", OG_ARG_TEXT, 1, "one INSERT or UPDATE, values as :name", NULL },
	{ "params", OG_ARG_VALUES, 0, "a value for each :name", NULL },
	{ 0 },
};
static const struct og_arg schema_args[] = {
	{ "sql", OG_ARG_TEXT, 1,
	  "one CREATE TABLE (with a primary key), ALTER TABLE ADD COLUMN or CREATE INDEX", NULL },
	{ 0 },
};
static const struct og_arg put_skill_args[] = {
	{ "text", OG_ARG_TEXT, 1, "the whole SKILL.md", NULL },
	{ 0 },
};
static const struct og_arg put_policy_args[] = {
	{ "name", OG_ARG_TEXT, 1, "its name: a-z, 0-9 and hyphens", NULL },
	{ "node", OG_ARG_TEXT, 0, "the skill it governs, where its front matter does not say it",
	  NULL },
	{ "text", OG_ARG_TEXT, 1,
	  "the document: optional front matter between lines of --- (title, source, clearance, "
	  "node, limits: name=number, rule, step, message), then its text",
	  NULL },
	{ 0 },
};
static const struct og_arg ask_user_args[] = {
	{ "question", OG_ARG_TEXT, 1, "one question, plainly", NULL },
	{ 0 },
};
static const char *const approvable[] = { "write", "change_schema", "put_skill", "put_policy",
					  NULL };
static const struct og_arg approval_args[] = {
	{ "question", OG_ARG_TEXT, 1, "what is to be approved and why, plainly", NULL },
	{ "tool", OG_ARG_CHOICE, 1, "the tool to be called once it is approved", approvable },
	{ "arguments", OG_ARG_OBJECT, 1, "its arguments", NULL },
	{ 0 },
};
static const struct og_arg finish_args[] = {
	{ "answer", OG_ARG_TEXT, 0,
	  "plain text for the person; without it the skill's own answer is used", NULL },
	{ "show", OG_ARG_TEXTS, 0, "names of row sets to show; without it all of them", NULL },
	{ "cites", OG_ARG_TEXTS, 0, "keys of what the answer rests on, such as P1 or E12", NULL },
	{ "view", OG_ARG_TEXT, 0, "static JSX that draws the result", NULL },
	{ "next", OG_ARG_TEXT, 0, "one sentence: what to do next", NULL },
	{ 0 },
};
static const struct og_arg give_up_args[] = {
	{ "reason", OG_ARG_TEXT, 1, "why it cannot be done, for the person", NULL },
	{ 0 },
};

const struct og_tool og_tools[] = {
	{ "search_skills", 0, "Finds skills: what the company has a way of doing.", search_args,
	  og_tool_search_skills, NULL, NULL },
	{ "get_skill", 0, "The text of a skill: its slots, its steps and what each does.",
	  get_skill_args, og_tool_get_skill, NULL, NULL },
	{ "search_policies", 0,
	  "Finds passages of laws, policies and other documents. Each has a key to cite it by.",
	  search_policies_args, og_tool_search_policies, NULL, NULL },
	{ "read", OG_NEEDS_TABLES,
	  "Reads from the database with the person's rights. The rows are kept under a name for "
	  "finish. Let SQL count, add up and round.",
	  read_args, og_tool_read, NULL, NULL },
	{ "query", 0,
	  "Runs a skill that only reads, all its steps. Better than SQL where one fits.",
	  query_args, og_tool_query, NULL, NULL },
	{ "run_step", 0,
	  "Runs a skill's own steps: all that are left, or one. A task runs one skill, and what a "
	  "task has begun it has to bring to its end, or give_up takes it back.",
	  run_step_args, og_tool_run_step, NULL, NULL },
	{ "write", OG_NEEDS_WRITES,
	  "Changes rows with the person's rights. Only where no skill does it.", write_args,
	  og_tool_act, "sql.write", og_make_write },
	{ "change_schema", OG_NEEDS_DDL, "Adds a table, a column or an index. Nothing is removed.",
	  schema_args, og_tool_act, "ddl", og_make_ddl },
	{ "put_skill", OG_NEEDS_SKILL,
	  "Adds a skill or a new version of one: front matter with name, description and metadata "
	  "(og-kind: workflow), then ## When with patterns, ## Steps with ### names and ```sql "
	  "read|"
	  "write|undo|require blocks, ## Answer, ## Grants. get_skill shows how one looks.",
	  put_skill_args, og_tool_act, "skill.put", og_make_skill },
	{ "put_policy", OG_NEEDS_POLICY,
	  "Adds a document that people and skills go by. It binds at once.", put_policy_args,
	  og_tool_act, "policy.put", og_make_policy },
	{ "ask_user", 0,
	  "Asks the person back when the wish is unclear or a value is missing; the task waits.",
	  ask_user_args, og_tool_ask_user, NULL, NULL },
	{ "ask_approval", OG_NEEDS_APPROVAL,
	  "Asks somebody who may approve one exact call; when it is approved, it is made.",
	  approval_args, og_tool_approval, NULL, NULL },
	{ "finish", OG_ENDS, "The task is done: answer, evidence, and optionally a view.",
	  finish_args, og_tool_end, NULL, NULL },
	{ "give_up", OG_ENDS, "It cannot be done. What the task has written is taken back.",
	  give_up_args, og_tool_stop, NULL, NULL },
	{ 0 },
};

const struct og_tool *og_tool_find(const char *name)
{
	for (const struct og_tool *tool = og_tools; name && tool->name; tool++)
		if (strcmp(tool->name, name) == 0)
			return tool;
	return NULL;
}

/* --- who is offered what ---------------------------------------------------------- */

static int has_word(const json_t *words, const char *word)
{
	json_t *item;
	size_t i;

	json_array_foreach(words, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), word) == 0)
			return 1;
	}
	return 0;
}

/* Is there a table with this verb? */
static int table_with(const json_t *tables, const char *verb)
{
	json_t *table;
	size_t i;

	json_array_foreach(tables, i, table)
	{
		if (has_word(json_object_get(table, "verbs"), verb))
			return 1;
	}
	return 0;
}

static unsigned what_is(const struct og_thinking *t)
{
	const json_t *rights = json_object_get(t->job->begun, "rights");
	unsigned is = OG_ENDS, writes = 0;

	if (table_with(t->schema, "select"))
		is |= OG_NEEDS_TABLES;
	if (!t->with->writes)
		return is;
	if (table_with(t->schema, "insert") || table_with(t->schema, "update"))
		writes |= OG_NEEDS_WRITES;
	if (has_word(rights, "ddl"))
		writes |= OG_NEEDS_DDL;
	if (has_word(rights, "skill") && t->with->read_skill)
		writes |= OG_NEEDS_SKILL;
	if (has_word(rights, "policy"))
		writes |= OG_NEEDS_POLICY;
	return is | writes | (writes ? OG_NEEDS_APPROVAL : 0);
}

int og_tool_offered(const struct og_thinking *t, const struct og_tool *tool)
{
	if (t->last)
		return (tool->needs & OG_ENDS) != 0;
	return (tool->needs & ~what_is(t)) == 0;
}

/* An end, a question and the skill's own steps, which were held against the
 * list when it was put, are always there. */
static int is_free(const struct og_tool *tool)
{
	return (tool->needs & OG_ENDS) || tool->run == og_tool_ask_user ||
	       tool->run == og_tool_run_step;
}

int og_tool_allowed(const struct og_thinking *t, const struct og_tool *tool)
{
	json_t *list;
	size_t i;

	if (is_free(tool))
		return 1;
	if (!og_allowed(og_json_str(t->job->doc, "allowed_tools"), tool->name))
		return 0;
	json_array_foreach(t->followed, i, list)
	{
		if (!og_allowed(json_string_value(list), tool->name))
			return 0;
	}
	return 1;
}

/* --- schemas ---------------------------------------------------------------------- */

static json_t *arg_schema(const struct og_arg *arg)
{
	static const char *const names[] = {
		[OG_ARG_TEXT] = "string", [OG_ARG_INTEGER] = "integer", [OG_ARG_CHOICE] = "string",
		[OG_ARG_TEXTS] = "array", [OG_ARG_VALUES] = "object",	[OG_ARG_OBJECT] = "object",
	};
	json_t *schema =
		json_pack("{s:s,s:s}", "type", names[arg->type], "description", arg->about);
	json_t *words;

	if (arg->type == OG_ARG_TEXTS)
		json_object_set_new(schema, "items", json_pack("{s:s}", "type", "string"));
	if (arg->type == OG_ARG_VALUES || arg->type == OG_ARG_OBJECT)
		json_object_set_new(schema, "additionalProperties", json_true());
	if (arg->type != OG_ARG_CHOICE)
		return schema;
	words = json_array();
	for (const char *const *word = arg->words; *word; word++)
		json_array_append_new(words, json_string(*word));
	json_object_set_new(schema, "enum", words);
	return schema;
}

json_t *og_tool_schema(const struct og_tool *tool)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct og_arg *arg = tool->args; arg->name; arg++) {
		json_object_set_new(properties, arg->name, arg_schema(arg));
		if (arg->required)
			json_array_append_new(required, json_string(arg->name));
	}
	return json_pack("{s:s,s:o,s:o,s:b}", "type", "object", "properties", properties,
			 "required", required, "additionalProperties", 0);
}

enum og_turn og_think_offer(struct og_thinking *t)
{
	json_t *tools = json_array();
	int failed = !tools;

	for (const struct og_tool *tool = og_tools; tool->name; tool++)
		if (og_tool_offered(t, tool))
			failed |= json_array_append_new(tools, json_pack("{s:s,s:s,s:o}", "name",
									 tool->name, "description",
									 tool->about, "parameters",
									 og_tool_schema(tool))) < 0;
	if (failed) {
		json_decref(tools);
		og_job_broken(t->job, "out of memory");
		return OG_TURN_BROKEN;
	}
	json_decref(t->tools);
	t->tools = tools;
	return OG_TURN_OK;
}

/* --- the state they share --------------------------------------------------------- */

int og_think_init(struct og_thinking *t, struct og_job *job, struct og_reasoning *with)
{
	memset(t, 0, sizeof(*t));
	t->job = job;
	t->with = with;
	og_buf_init(&t->system, OG_THINK_SYSTEM_MAX);
	t->tools = json_array();
	t->turns = json_array();
	t->sets = json_object();
	t->passages = json_array();
	t->entries = json_array();
	t->sources = json_array();
	t->schema = json_array();
	t->docs = json_object();
	t->ran = json_array();
	t->said = json_object();
	t->followed = json_array();
	if (t->tools && t->turns && t->sets && t->passages && t->entries && t->sources &&
	    t->schema && t->docs && t->ran && t->said && t->followed)
		return 0;
	og_think_release(t);
	return -1;
}

void og_think_release(struct og_thinking *t)
{
	og_buf_release(&t->system);
	json_decref(t->tools);
	json_decref(t->turns);
	json_decref(t->sets);
	json_decref(t->passages);
	json_decref(t->entries);
	json_decref(t->sources);
	json_decref(t->schema);
	json_decref(t->docs);
	json_decref(t->ran);
	json_decref(t->said);
	json_decref(t->followed);
	json_decref(t->refused);
	memset(t, 0, sizeof(*t));
}
