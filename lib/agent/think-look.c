/*
 * Tools that look: skills, policies, rows, named queries. None of them
 * changes anything, and each is one request or a few in the name of the
 * task's principal.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"

#define CANDIDATES 5
#define DESCRIBED  3 /* of them, with a description */
#define PASSAGES   5
#define NAME_MAX   64 /* of a skill */

/* --- skills ------------------------------------------------------------------------- */

static enum og_turn fetch_skill(struct og_thinking *t, const char *name, json_t **ret_error)
{
	json_t *reply = NULL;
	enum og_turn turn =
		og_job_ask(t->job, "skill.get", json_pack("{s:s}", "skill", name), &reply);

	if (turn == OG_TURN_OK)
		json_object_set_new(t->docs, name,
				    json_pack("{s:O*,s:O*}", "skill",
					      json_object_get(reply, "skill"), "hash",
					      json_object_get(reply, "hash")));
	else if (turn == OG_TURN_REFUSED)
		*ret_error = og_tool_refused(reply, NULL);
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

enum og_turn og_skill_doc(struct og_thinking *t, const char *name, const json_t **ret,
			  json_t **ret_error)
{
	enum og_turn turn = OG_TURN_OK;

	*ret = NULL;
	if (!*name || strlen(name) > NAME_MAX) {
		*ret_error = og_tool_error("no-skill", "search_skills finds some", "no such skill");
		return OG_TURN_OK;
	}
	if (!json_object_get(t->docs, name))
		turn = fetch_skill(t, name, ret_error);
	if (turn == OG_TURN_OK)
		*ret = json_object_get(t->docs, name);
	return turn;
}

static void add_block(const json_t *block, struct og_buf *out)
{
	static const struct {
		const char *kind, *words;
	} kinds[] = {
		{ "read", "reads" },
		{ "write", "writes" },
		{ "undo", "can be taken back" },
		{ "ddl", "changes the schema" },
		{ "put-skill", "puts a skill" },
		{ "put-policy", "puts a policy" },
		{ "http", "calls a service" },
	};
	const char *kind = og_json_str(block, "kind"), *message = og_json_str(block, "message");

	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			og_buf_addf(out, "%s%s", out->len ? "; " : "", kinds[i].words);
	if (kind && strcmp(kind, "require") == 0)
		og_buf_addf(out, "%srequires, else: %.200s", out->len ? "; " : "",
			    message ? message : "");
}

void og_step_does(const json_t *step, struct og_buf *out)
{
	const json_t *blocks = json_object_get(step, "blocks"), *block;
	struct og_buf words;
	size_t i;

	og_buf_init(&words, 8192);
	json_array_foreach(blocks, i, block) add_block(block, &words);
	og_text_visible(out, words.len ? words.data : "", words.len);
	og_buf_release(&words);
}

/* One of the candidates: what it is for, when the principal may know. */
static enum og_turn describe(struct og_thinking *t, const json_t *candidate, int closely,
			     json_t *list)
{
	const char *name = og_json_str(candidate, "skill"), *text;
	json_t *item = json_pack("{s:s,s:O*}", "skill", name ? name : "", "score",
				 json_object_get(candidate, "score"));
	enum og_turn turn = OG_TURN_OK;
	const json_t *doc = NULL;
	json_t *error = NULL;

	if (closely && name)
		turn = og_skill_doc(t, name, &doc, &error);
	text = og_json_str(json_object_get(doc, "skill"), "description");
	if (text)
		json_object_set_new(item, "description",
				    og_show_text(text, strlen(text), OG_SHOW_CELL));
	/* One that may not be looked at is none. */
	if (!error)
		json_array_append(list, item);
	json_decref(item);
	json_decref(error);
	return turn;
}

/* The candidates of a match, with their descriptions. */
static enum og_turn describe_all(struct og_thinking *t, const json_t *reply, json_t *list)
{
	json_t *candidate;
	enum og_turn turn = OG_TURN_OK;
	size_t i;

	json_array_foreach(json_object_get(reply, "candidates"), i, candidate)
	{
		if (turn == OG_TURN_OK)
			turn = describe(t, candidate, i < DESCRIBED, list);
	}
	return turn;
}

enum og_turn og_tool_search_skills(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	json_t *reply = NULL, *list = json_array();
	enum og_turn turn = og_job_search(
		t->job, "skill.match",
		json_pack("{s:O,s:i}", "text", json_object_get(args, "query"), "limit", CANDIDATES),
		og_json_str(args, "query"), &reply);

	if (turn == OG_TURN_REFUSED)
		ret->error = og_tool_refused(reply, NULL);
	if (turn == OG_TURN_OK)
		turn = describe_all(t, reply, list);
	if (turn == OG_TURN_OK)
		ret->output = json_pack("{s:{s:O}}", "untrusted_data", "skills", list);
	json_decref(reply);
	json_decref(list);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

/* Prose is followed by reading it; a workflow by running its steps. */
static void follow(struct og_thinking *t, const json_t *doc)
{
	json_t *list = json_object_get(doc, "allowed_tools");
	const char *kind = og_json_str(doc, "kind");

	if (json_is_string(list) && kind && strcmp(kind, "agent") == 0)
		json_array_append(t->followed, list);
}

enum og_turn og_tool_get_skill(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	const char *name = og_json_str(args, "skill"), *source;
	const json_t *found = NULL, *doc;
	enum og_turn turn = og_skill_doc(t, name, &found, &ret->error);

	if (turn != OG_TURN_OK || !found)
		return turn;
	doc = json_object_get(found, "skill");
	source = og_json_str(doc, "source");
	follow(t, doc);
	ret->output = json_pack(
		"{s:s,s:O*,s:O*,s:{s:o}}", "skill", name, "version", json_object_get(found, "hash"),
		"roles", json_object_get(doc, "roles"), "untrusted_data", "text",
		og_show_text(source ? source : "", source ? strlen(source) : 0, OG_SHOW_DOCUMENT));
	return OG_TURN_OK;
}

/* --- policies ----------------------------------------------------------------------- */

enum og_turn og_tool_search_policies(struct og_thinking *t, const json_t *args,
				     struct og_acted *ret)
{
	const char *skill = og_json_str(args, "skill");
	json_t *reply = NULL;
	enum og_turn turn =
		og_job_search(t->job, "policy.search",
			      json_pack("{s:O,s:s*,s:i}", "query", json_object_get(args, "query"),
					"node", skill, "limit", PASSAGES),
			      og_json_str(args, "query"), &reply);

	if (turn == OG_TURN_OK)
		ret->output = json_pack("{s:{s:o}}", "untrusted_data", "passages",
					og_show_passages(t, json_object_get(reply, "passages")));
	else if (turn == OG_TURN_REFUSED)
		ret->error = og_tool_refused(reply, NULL);
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

/* --- rows --------------------------------------------------------------------------- */

static int set_name_good(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX || (name[0] >= '0' && name[0] <= '9'))
		return 0;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	       len;
}

/* Names of columns that are all different: an object holds one of each. */
static json_t *distinct(const json_t *columns)
{
	json_t *names = json_array(), *seen = json_object(), *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		const char *name = json_string_value(column);
		json_t *taken = json_string(name ? name : "column");

		for (int n = 2; json_object_get(seen, json_string_value(taken)); n++) {
			json_decref(taken);
			taken = json_sprintf("%s_%d", name ? name : "column", n);
		}
		json_object_set_new(seen, json_string_value(taken), json_true());
		json_array_append_new(names, taken);
	}
	json_decref(seen);
	return names;
}

/* [[1,"a"]] and its columns to [{"id":1,"name":"a"}]. */
static json_t *rows_as_objects(const json_t *rows, const json_t *columns)
{
	json_t *list = json_array(), *row, *column;
	size_t i, k;

	json_array_foreach(rows, i, row)
	{
		json_t *object = json_object();

		json_array_foreach(columns, k, column)
			json_object_set(object, json_string_value(column), json_array_get(row, k));
		json_array_append_new(list, object);
	}
	return list;
}

/* What the shield left out. */
static void note_truncated(const json_t *truncated, json_t *output)
{
	const char *said = og_json_str(output, "notice");
	int64_t rows = 0, values = 0;
	json_t *item;
	size_t i;

	json_array_foreach(truncated, i, item)
	{
		if (json_object_get(item, "rows"))
			rows = og_json_int(item, "rows", 0);
		else
			values++;
	}
	if (rows)
		json_object_set_new(output, "notice",
				    json_sprintf("There are %lld rows, of which %d were taken.%s%s",
						 (long long)rows, OG_READ_ROWS, said ? " " : "",
						 said ? said : ""));
	else if (values)
		json_object_set_new(output, "notice",
				    json_sprintf("%lld values were too long and are cut.%s%s",
						 (long long)values, said ? " " : "",
						 said ? said : ""));
}

static json_t *keep_rows(struct og_thinking *t, const json_t *reply, const char *name)
{
	json_t *columns = distinct(json_object_get(reply, "columns")), *output = NULL, *sets;
	json_t *rows = rows_as_objects(json_object_get(reply, "rows"), columns);

	sets = json_pack("{s:O}", name, rows);
	if (sets && og_sets_keep(t, name, rows) == 0)
		output = og_show_sets(sets, columns);
	if (output)
		note_truncated(json_object_get(reply, "truncated"), output);
	json_decref(sets);
	json_decref(rows);
	json_decref(columns);
	return output;
}

enum og_turn og_tool_read(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	const char *name = og_json_str(args, "as");
	json_t *params = json_object_get(args, "params"), *reply = NULL;
	enum og_turn turn;
	char own[32];

	if (name && !set_name_good(name)) {
		ret->error = og_tool_error("arguments", "a name such as top_products",
					   "read: 'as' is letters, digits and _");
		return OG_TURN_OK;
	}
	og_text_format(own, sizeof(own), "read_%lld", (long long)t->reads + 1);
	turn = og_job_ask(t->job, "sql.read",
			  json_pack("{s:O,s:O*,s:i}", "sql", json_object_get(args, "sql"), "params",
				    json_is_object(params) ? params : NULL, "max_rows",
				    OG_READ_ROWS),
			  &reply);
	if (turn == OG_TURN_OK) {
		t->reads += name == NULL;
		og_think_refusal(t, NULL);
		ret->output = keep_rows(t, reply, name ? name : own);
	} else if (turn == OG_TURN_REFUSED) {
		og_think_refusal(t, reply);
		ret->error = og_tool_refused(reply, NULL);
	}
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

/* --- a skill that only reads ----------------------------------------------------------- */

static json_t *show_query(struct og_thinking *t, const json_t *reply)
{
	struct og_steps steps;
	json_t *output = NULL;

	if (og_steps_init(&steps) == 0 && og_steps_take(t, &steps, reply) == 0)
		output = og_steps_show(t, &steps);
	og_steps_release(&steps);
	return output;
}

enum og_turn og_tool_query(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	json_t *slots = json_object_get(args, "slots"), *reply = NULL;
	enum og_turn turn =
		og_job_ask(t->job, "query.run",
			   json_pack("{s:O,s:O*}", "skill", json_object_get(args, "skill"), "slots",
				     json_is_object(slots) ? slots : NULL),
			   &reply);

	if (turn == OG_TURN_OK) {
		og_think_refusal(t, NULL);
		ret->output = show_query(t, reply);
	} else if (turn == OG_TURN_REFUSED) {
		og_think_refusal(t, reply);
		ret->error = og_tool_refused(reply, NULL);
	}
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}
