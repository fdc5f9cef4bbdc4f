/*
 * What is said to servers that speak OpenAI's protocol (shapes of openai
 * 6.49.0, chat completions): a conversation as messages, each result of a
 * tool a message of its own that answers a call's id. What some servers do
 * not know is left out when the quirks say so.
 */
#include <stdio.h>
#include <string.h>

#include "lib/model/model-internal.h"

static int append(json_t *messages, json_t *message, struct og_err *err)
{
	return !message || json_array_append_new(messages, message) < 0 ? og_fail_nomem(err) : 0;
}

/* Two texts of a user with an empty line between; a new string. */
static json_t *joined(const json_t *first, const json_t *second)
{
	struct og_buf both;
	json_t *text;

	og_buf_init(&both, json_string_length(first) + json_string_length(second) + 2);
	og_buf_add(&both, json_string_value(first), json_string_length(first));
	og_buf_adds(&both, "\n\n");
	og_buf_add(&both, json_string_value(second), json_string_length(second));
	text = both.failed ? NULL : json_stringn(both.data, both.len);
	og_buf_release(&both);
	return text;
}

static int user_turn(json_t *messages, const json_t *turn, struct og_err *err)
{
	size_t n = json_array_size(messages);
	json_t *last = n > 0 ? json_array_get(messages, n - 1) : NULL;
	const char *role = og_json_str(last, "role");
	const json_t *text = json_object_get(turn, "text");

	if (!json_is_string(text))
		return og_model_bug("a user's turn without a text", err);
	if (role && strcmp(role, "user") == 0)
		return og_json_set(last, "content", joined(json_object_get(last, "content"), text),
				   err);
	return append(messages,
		      json_pack("{s:s, s:o}", "role", "user", "content", og_model_share(text)),
		      err);
}

/* A result as the text of its message: JSON either way. */
static int result_text(const json_t *result, struct og_buf *text, struct og_err *err)
{
	const json_t *error = json_object_get(result, "error");
	const json_t *output = json_object_get(result, "output");

	if (!error && !output)
		return og_model_bug("a result without an output", err);
	if (error)
		og_buf_adds(text, "{\"error\":");
	if (og_json_canon(error ? error : output, text, err) < 0)
		return -1;
	if (error)
		og_buf_adds(text, "}");
	return og_buf_check(text, "a tool's result", err);
}

static int add_result(json_t *messages, const json_t *result, struct og_err *err)
{
	const json_t *id = json_object_get(result, "id");
	struct og_buf text;
	int rc = -1;

	if (!json_is_string(id))
		return og_model_bug("a result without the id of its call", err);
	og_buf_init(&text, OG_MODEL_STREAM_MAX);
	if (result_text(result, &text, err) == 0)
		rc = append(messages,
			    json_pack("{s:s, s:o, s:s%}", "role", "tool", "tool_call_id",
				      og_model_share(id), "content", text.data, text.len),
			    err);
	og_buf_release(&text);
	return rc;
}

static int tool_turn(json_t *messages, const json_t *turn, struct og_err *err)
{
	const json_t *results = json_object_get(turn, "results");

	for (size_t i = 0; i < json_array_size(results); i++)
		if (add_result(messages, json_array_get(results, i), err) < 0)
			return -1;
	return 0;
}

static int add_turn(json_t *messages, const json_t *turn, struct og_err *err)
{
	switch (og_model_said(turn, err)) {
	case OG_SAID_USER:
		return user_turn(messages, turn, err);
	case OG_SAID_TOOL:
		return tool_turn(messages, turn, err);
	case OG_SAID_MODEL:
		return append(messages, og_model_share(json_object_get(turn, "raw")), err);
	case OG_SAID_NOTHING:
		return 0;
	default:
		return -1;
	}
}

static int add_messages(json_t *body, const struct og_model_talk *talk, struct og_err *err)
{
	json_t *messages = json_array();

	if (og_json_set(body, "messages", messages, err) < 0)
		return -1;
	if (talk->system && talk->system[0] &&
	    append(messages, json_pack("{s:s, s:s}", "role", "system", "content", talk->system),
		   err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(talk->turns); i++)
		if (add_turn(messages, json_array_get(talk->turns, i), err) < 0)
			return -1;
	return 0;
}

/* --- tools ------------------------------------------------------------------ */

static int strict_fits(const json_t *schema, int depth);

static int listed(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *other = json_string_value(json_array_get(names, i));

		if (other && strcmp(other, name) == 0)
			return 1;
	}
	return 0;
}

/* Every property is required, and there are no others. */
static int object_fits(const json_t *schema, int depth)
{
	const json_t *required = json_object_get(schema, "required");
	json_t *properties = json_object_get(schema, "properties"), *property;
	const char *name;

	if (!json_is_object(properties) ||
	    !json_is_false(json_object_get(schema, "additionalProperties")))
		return 0;
	json_object_foreach(properties, name, property)
	{
		if (!listed(required, name) || !strict_fits(property, depth + 1))
			return 0;
	}
	return 1;
}

/* Is a schema within what strict tools may have? In doubt it is not. */
static int strict_fits(const json_t *schema, int depth)
{
	static const char *const known[] = { "type",  "properties",	      "required",    "enum",
					     "items", "additionalProperties", "description", NULL };
	const char *type = og_json_str(schema, "type");
	const json_t *items = json_object_get(schema, "items");

	if (depth > 5 || !type || og_json_only(schema, "schema", known, NULL) < 0)
		return 0;
	if (strcmp(type, "object") == 0)
		return object_fits(schema, depth);
	if (strcmp(type, "array") == 0)
		return items && strict_fits(items, depth + 1);
	return 1;
}

static json_t *function_of(const json_t *tool, unsigned quirks)
{
	const json_t *name = json_object_get(tool, "name");
	const json_t *description = json_object_get(tool, "description");
	const json_t *schema = json_object_get(tool, "parameters");
	int strict = !(quirks & OG_QUIRK_NO_STRICT) && strict_fits(schema, 1);

	if (!name || !description || !schema)
		return NULL;
	return json_pack("{s:s, s:{s:o, s:o, s:o, s:o*}}", "type", "function", "function", "name",
			 og_model_share(name), "description", og_model_share(description),
			 "parameters", og_model_share(schema), "strict",
			 strict ? json_true() : NULL);
}

static json_t *choice_of(const char *choice)
{
	if (!choice || strcmp(choice, "auto") == 0)
		return json_string("auto");
	if (strcmp(choice, "none") == 0)
		return json_string("none");
	return json_pack("{s:s, s:{s:s}}", "type", "function", "function", "name", choice);
}

static int add_tools(json_t *body, const struct og_model_talk *talk, struct og_err *err)
{
	json_t *tools;

	if (json_array_size(talk->tools) == 0)
		return 0;
	tools = json_array();
	if (og_json_set(body, "tools", tools, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(talk->tools); i++) {
		json_t *made = function_of(json_array_get(talk->tools, i), talk->quirks);

		if (!made)
			return og_model_bug("a tool without name, description or parameters", err);
		if (append(tools, made, err) < 0)
			return -1;
	}
	/* One call at a time: the next one may depend on it. */
	if (!(talk->quirks & OG_QUIRK_NO_PARALLEL) &&
	    og_json_set(body, "parallel_tool_calls", json_false(), err) < 0)
		return -1;
	return og_json_set(body, "tool_choice", choice_of(talk->choice), err);
}

/* --- the rest ------------------------------------------------------------------ */

static int add_stream(json_t *body, const struct og_model_talk *talk, struct og_err *err)
{
	if (!talk->stream)
		return 0;
	if (og_json_set(body, "stream", json_true(), err) < 0)
		return -1;
	if (talk->quirks & OG_QUIRK_NO_USAGE)
		return 0;
	return og_json_set(body, "stream_options", json_pack("{s:b}", "include_usage", 1), err);
}

static int add_settings(json_t *body, const struct og_model_talk *talk, struct og_err *err)
{
	const char *most =
		talk->quirks & OG_QUIRK_MAX_TOKENS ? "max_tokens" : "max_completion_tokens";

	if (!(talk->quirks & OG_QUIRK_NO_TEMPERATURE) &&
	    og_json_set(body, "temperature", json_integer(0), err) < 0)
		return -1;
	if (talk->max_output > 0 &&
	    og_json_set(body, most, json_integer(talk->max_output), err) < 0)
		return -1;
	return add_stream(body, talk, err);
}

int og_openai_request(const struct og_model *model, const struct og_model_talk *talk, json_t **ret,
		      struct og_err *err)
{
	json_t *body = json_object();

	if (!body)
		return og_fail_nomem(err);
	if (og_json_set(body, "model", json_string(model->model), err) < 0 ||
	    add_messages(body, talk, err) < 0 || add_tools(body, talk, err) < 0 ||
	    add_settings(body, talk, err) < 0) {
		json_decref(body);
		return -1;
	}
	*ret = body;
	return 0;
}
