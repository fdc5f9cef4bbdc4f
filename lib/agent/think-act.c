/*
 * A call of a tool: held against what the tool takes, then handed to it.
 * A call that is wrong costs the model a turn and nothing else.
 */
#include "lib/agent/tools.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/text.h"

#define NAMES 24 /* of tools, or of a tool's arguments */

json_t *og_tool_error(const char *rule, const char *fix, const char *fmt, ...)
{
	char why[1024];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(why, sizeof(why), fmt, args);
	va_end(args);
	return json_pack("{s:s,s:o,s:o}", "rule", rule, "why", og_show_text(why, strlen(why), 1000),
			 "fix", og_show_text(fix ? fix : "", fix ? strlen(fix) : 0, 1000));
}

json_t *og_tool_refused(const json_t *reply, const char *step)
{
	const char *rule = og_json_str(reply, "rule"), *why = og_json_str(reply, "why");

	return og_tool_error(rule ? rule : "refused", og_json_str(reply, "fix"), "%s%s%s",
			     step ? step : "", step ? ": " : "", why ? why : "refused");
}

/* --- arguments -------------------------------------------------------------------- */

static int is_whole(const json_t *value)
{
	return json_is_integer(value) ||
	       (json_is_real(value) && floor(json_real_value(value)) == json_real_value(value));
}

static int are_texts(const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return 0;
	}
	return json_is_array(list);
}

static int are_values(const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (json_is_object(value) || json_is_array(value))
			return 0;
	}
	return json_is_object(object);
}

static int is_choice(const struct og_arg *arg, const json_t *value)
{
	for (const char *const *word = arg->words; json_is_string(value) && *word; word++)
		if (strcmp(*word, json_string_value(value)) == 0)
			return 1;
	return 0;
}

static int fits(const struct og_arg *arg, const json_t *value)
{
	switch (arg->type) {
	case OG_ARG_TEXT:
		/* A NUL would end it for some who read it and not for others. */
		return json_is_string(value) &&
		       strlen(json_string_value(value)) == json_string_length(value);
	case OG_ARG_INTEGER:
		return is_whole(value);
	case OG_ARG_CHOICE:
		return is_choice(arg, value);
	case OG_ARG_TEXTS:
		return are_texts(value);
	case OG_ARG_VALUES:
		return are_values(value);
	default:
		return json_is_object(value);
	}
}

static const char *wanted(enum og_arg_type type)
{
	static const char *const words[] = {
		[OG_ARG_TEXT] = "a text",
		[OG_ARG_INTEGER] = "a whole number",
		[OG_ARG_CHOICE] = "one of the words in its schema",
		[OG_ARG_TEXTS] = "a list of texts",
		[OG_ARG_VALUES] = "an object of names and single values",
		[OG_ARG_OBJECT] = "an object",
	};

	return words[type];
}

static json_t *nearest(const char *rule, const char *name, const char *const *names,
		       const char *what, const char *of)
{
	const char *near = og_nearest(name, names);
	struct og_buf fix;
	json_t *error;

	og_buf_init(&fix, 1024);
	if (near)
		og_buf_addf(&fix, "did you mean '%s'?", near);
	else
		og_buf_adds(&fix, "there are: ");
	for (; !near && *names; names++)
		og_buf_addf(&fix, "%s%s", *names, names[1] ? ", " : "");
	error = og_tool_error(rule, fix.data, "%s%s'%.80s' is no %s", of, *of ? ": " : "", name,
			      what);
	og_buf_release(&fix);
	return error;
}

static const struct og_arg *find_arg(const struct og_tool *tool, const char *name)
{
	for (const struct og_arg *arg = tool->args; arg->name; arg++)
		if (strcmp(arg->name, name) == 0)
			return arg;
	return NULL;
}

static json_t *check_arg(const struct og_tool *tool, const char *name, const json_t *value)
{
	const char *names[NAMES] = { NULL };
	const struct og_arg *arg = find_arg(tool, name);

	if (!arg) {
		for (size_t i = 0; i + 1 < NAMES && tool->args[i].name; i++)
			names[i] = tool->args[i].name;
		return nearest("arguments", name, names, "argument of it", tool->name);
	}
	/* null is how some say that they leave it out. */
	if (fits(arg, value) || (json_is_null(value) && !arg->required))
		return NULL;
	return og_tool_error("arguments", arg->about, "%s: '%s' has to be %s", tool->name, name,
			     wanted(arg->type));
}

json_t *og_tool_check(const struct og_tool *tool, const json_t *args)
{
	json_t *names = og_sorted_keys(args), *name, *error = NULL;
	size_t i;

	/* In a fixed order, so that the same call always gets the same error. */
	json_array_foreach(names, i, name)
	{
		if (!error)
			error = check_arg(tool, json_string_value(name),
					  json_object_get(args, json_string_value(name)));
	}
	json_decref(names);
	if (error)
		return error;
	for (const struct og_arg *arg = tool->args; arg->name; arg++)
		if (arg->required && !json_object_get(args, arg->name))
			return og_tool_error("arguments", arg->about, "%s: '%s' is missing",
					     tool->name, arg->name);
	return NULL;
}

/* --- the call --------------------------------------------------------------------- */

static json_t *no_such_tool(const struct og_thinking *t, const char *name)
{
	const char *names[NAMES] = { NULL };
	size_t n = 0;

	for (const struct og_tool *tool = og_tools; tool->name && n + 1 < NAMES; tool++)
		if (og_tool_offered(t, tool))
			names[n++] = tool->name;
	return nearest("no-tool", name, names, t->last ? "tool of the last turn" : "tool here", "");
}

void og_tool_forbidden(struct og_thinking *t, const char *name)
{
	json_t *refusal = json_pack("{s:s,s:s,s:o}", "verdict", "deny", "rule", "no-tool", "why",
				    json_sprintf("'%s' is not among what may be done here", name));

	if (!t->last)
		og_think_refusal(t, refusal);
	json_decref(refusal);
}

/* NULL: it may be called. */
static json_t *refuse_call(struct og_thinking *t, const json_t *call)
{
	const char *name = og_json_str(call, "name"), *problem = og_json_str(call, "problem");
	const struct og_tool *tool = og_tool_find(name);

	if (!tool || !og_tool_offered(t, tool)) {
		if (tool)
			og_tool_forbidden(t, tool->name);
		return no_such_tool(t, name ? name : "");
	}
	if (!og_tool_allowed(t, tool))
		return og_tool_error("allowed-tools", "use what the skill allows, or give_up",
				     "the skill's allowed-tools has no '%s'", name);
	if (problem)
		return og_tool_error("arguments", "send the arguments as one JSON object", "%s: %s",
				     name, problem);
	return og_tool_check(tool, json_object_get(call, "arguments"));
}

static json_t *result_of(const json_t *call, const struct og_acted *acted)
{
	const char *name = og_json_str(call, "name");
	json_t *result = json_pack("{s:O*,s:s}", "id", json_object_get(call, "id"), "name",
				   name ? name : "");

	if (!result || (!acted->output && !acted->error))
		goto failed;
	if (json_object_set(result, acted->error ? "error" : "output",
			    acted->error ? acted->error : acted->output) == 0)
		return result;
failed:
	json_decref(result);
	return NULL;
}

enum og_turn og_think_act(struct og_thinking *t, const json_t *call, json_t **ret, int *ret_over)
{
	struct og_acted acted = { .tool = og_tool_find(og_json_str(call, "name")) };
	enum og_turn turn = OG_TURN_OK;

	*ret = NULL;
	*ret_over = 0;
	acted.error = refuse_call(t, call);
	if (!acted.error)
		turn = acted.tool->run(t, json_object_get(call, "arguments"), &acted);
	if (turn == OG_TURN_OK) {
		*ret = result_of(call, &acted);
		*ret_over = acted.over;
		if (!*ret) {
			og_job_broken(t->job, "out of memory");
			turn = OG_TURN_BROKEN;
		}
	}
	json_decref(acted.output);
	json_decref(acted.error);
	return turn;
}
