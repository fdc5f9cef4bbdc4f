/*
 * The fake model's judgement of what it is sent, as strict as the strictest
 * of the real ones. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_CHECK_H
#define OG_TESTS_SERVERS_MODEL_CHECK_H

#include <stdarg.h>

#include "tests/servers/model-script.h"

/* Why a request is a bad one; "" when it is not. */
struct verdict {
	char why[512];
};

static int bad(struct verdict *verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(verdict->why, sizeof(verdict->why), fmt, args);
	va_end(args);
	return -1;
}

/* --- the turns that were given ------------------------------------------------- */

static struct {
	json_t *turns; /* {"turn":..., "ids":BOOL, "bad":BOOL} */
	int forget;    /* turns it does not know are no fault */
} given;

/* As it is when it was printed canonically and read again: 1.0 is 1. */
static json_t *normal(const json_t *value)
{
	struct og_buf text;
	json_t *again = NULL;

	og_buf_init(&text, TEXT_MAX);
	if (og_json_canon(value, &text, NULL) == 0)
		again = json_loadb(text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	og_buf_release(&text);
	return again;
}

/* ids: the turn has them; mended: its arguments are no JSON. */
static void remember(const json_t *turn, int ids, int mended)
{
	json_array_append_new(given.turns, json_pack("{s:o, s:b, s:b}", "turn", normal(turn), "ids",
						     ids, "bad", mended));
}

/* A copy without what the client has to mend: ids that were not given,
 * arguments that were no JSON, null members. */
static json_t *bare(const json_t *turn, const json_t *entry)
{
	json_t *copy = json_deep_copy(turn), *call, *value;
	const char *key;
	void *next;
	size_t i;

	json_object_del(copy, "function_call");
	json_array_foreach(json_object_get(copy, "tool_calls"), i, call)
	{
		if (!og_json_bool(entry, "ids", 0))
			json_object_del(call, "id");
		if (og_json_bool(entry, "bad", 0))
			json_object_del(json_object_get(call, "function"), "arguments");
		json_object_set_new(call, "type", json_string("function"));
	}
	json_object_foreach_safe(copy, next, key, value)
	{
		if (json_is_null(value))
			json_object_del(copy, key);
	}
	return copy;
}

static int was_given(const json_t *turn, enum dialect dialect)
{
	int found = given.forget;
	json_t *entry;
	size_t i;

	json_array_foreach(given.turns, i, entry)
	{
		json_t *a, *b;

		if (found)
			break;
		if (dialect == GEMINI) {
			found = json_equal(turn, json_object_get(entry, "turn"));
			continue;
		}
		a = bare(turn, entry);
		b = bare(json_object_get(entry, "turn"), entry);
		found = json_equal(a, b);
		json_decref(a);
		json_decref(b);
	}
	return found;
}

/* --- shapes ------------------------------------------------------------------------ */

static int one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (word && strcmp(*words, word) == 0)
			return 1;
	return 0;
}

static int only(const json_t *of, const char *where, const char *const *known,
		struct verdict *verdict)
{
	json_t *value;
	const char *key;

	if (!json_is_object(of))
		return bad(verdict, "%s is no object", where);
	json_object_foreach((json_t *)(uintptr_t)of, key, value)
	{
		if (!one_of(key, known))
			return bad(verdict, "Unknown name \"%s\" at '%s': Cannot find field.", key,
				   where);
	}
	return 0;
}

static int check_schema(const json_t *schema, int strict, struct verdict *verdict);

static int check_object(const json_t *schema, int strict, struct verdict *verdict)
{
	json_t *properties = json_object_get(schema, "properties"), *property, *name;
	const json_t *required = json_object_get(schema, "required");
	const char *key;
	size_t i;

	if (properties && !json_is_object(properties))
		return bad(verdict, "invalid_function_parameters: properties is no object");
	json_object_foreach(properties, key, property)
	{
		if (check_schema(property, strict, verdict) < 0)
			return -1;
	}
	json_array_foreach(required, i, name)
	{
		if (!json_object_get(properties, json_string_value(name)))
			return bad(verdict,
				   "invalid_function_parameters: '%s' is required and no "
				   "property",
				   json_string_value(name));
	}
	if (strict && (!json_is_false(json_object_get(schema, "additionalProperties")) ||
		       json_array_size(required) != json_object_size(properties)))
		return bad(verdict, "invalid_function_parameters: 'strict' needs all required and "
				    "additionalProperties false");
	return 0;
}

static int check_schema(const json_t *schema, int strict, struct verdict *verdict)
{
	static const char *const types[] = { "object",	"array",   "string", "number",
					     "integer", "boolean", "null",   NULL };
	const json_t *type = json_object_get(schema, "type");
	const char *name = json_string_value(type);

	if (!json_is_object(schema))
		return bad(verdict, "invalid_function_parameters: a schema is no object");
	if (json_is_array(type) || (!type && !strict))
		return 0;
	if (!one_of(name, types))
		return bad(verdict, "invalid_function_parameters: type '%s'", name ? name : "?");
	if (strcmp(name, "object") == 0)
		return check_object(schema, strict, verdict);
	if (strcmp(name, "array") == 0)
		return check_schema(json_object_get(schema, "items"), strict, verdict);
	return 0;
}

/* A function's name, where more may stand and how long it may be. */
static int check_name(const char *name, const char *more, size_t most, struct verdict *verdict)
{
	char legal[80];

	snprintf(legal, sizeof(legal), "%s%s",
		 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", more);
	if (!name || !*name || strspn(name, legal) != strlen(name) || strlen(name) > most)
		return bad(verdict, "Invalid function name '%s'", name ? name : "?");
	return 0;
}

static int check_tool(const json_t *tool, const char *schema, int strict, struct verdict *verdict)
{
	const json_t *parameters = json_object_get(tool, schema);
	const char *type = og_json_str(parameters, "type");

	if (!og_json_str(tool, "description"))
		return bad(verdict, "a tool without a description");
	if (!type || strcmp(type, "object") != 0)
		return bad(verdict, "invalid_function_parameters: schema must be of type object");
	return check_schema(parameters, strict, verdict);
}

static int declared(const json_t *tools, const char *name)
{
	json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool)
	{
		const json_t *function = json_object_get(tool, "function");
		const char *other = og_json_str(function ? function : tool, "name");

		if (name && other && strcmp(other, name) == 0)
			return 1;
	}
	return 0;
}

/* --- Gemini ------------------------------------------------------------------------- */

static json_t *parts_with(const json_t *content, const char *key)
{
	json_t *found = json_array(), *part;
	size_t i;

	json_array_foreach(json_object_get(content, "parts"), i, part)
	{
		if (json_object_get(part, key))
			json_array_append(found, json_object_get(part, key));
	}
	return found;
}

static int check_part(const json_t *part, int model, struct verdict *verdict)
{
	static const char *const known[] = { "text",	"functionCall",	    "functionResponse",
					     "thought", "thoughtSignature", NULL };
	int text = json_object_get(part, "text") != NULL;
	int call = json_object_get(part, "functionCall") != NULL;
	int response = json_object_get(part, "functionResponse") != NULL;

	if (only(part, "contents.parts", known, verdict) < 0)
		return -1;
	if (text + call + response != 1)
		return bad(verdict, "contents.parts must have one initialized field");
	if (call && !model)
		return bad(verdict, "a function call of a user");
	return response && model ? bad(verdict, "a function response of a model") : 0;
}

/* Responses answer the calls of the content before, each once and in order. */
static int check_responses(const json_t *calls, const json_t *responses, struct verdict *verdict)
{
	static const char *const known[] = { "id", "name", "response", NULL };
	json_t *response;
	size_t i;

	if (json_array_size(calls) != json_array_size(responses))
		return bad(verdict,
			   "Please ensure that the number of function response parts is equal to "
			   "the number of function call parts of the function call turn.");
	json_array_foreach(responses, i, response)
	{
		const json_t *call = json_array_get(calls, i);

		if (only(response, "function_response", known, verdict) < 0)
			return -1;
		if (!json_equal(json_object_get(response, "name"), json_object_get(call, "name")))
			return bad(verdict, "function response %zu has another name", i);
		if (!json_is_object(json_object_get(response, "response")))
			return bad(verdict, "function_response.response is no Struct");
		if (!json_equal(json_object_get(response, "id"), json_object_get(call, "id")) &&
		    (json_object_get(response, "id") || json_object_get(call, "id")))
			return bad(verdict, "function response %zu has another id", i);
	}
	return 0;
}

static int check_model_content(const json_t *content, struct verdict *verdict)
{
	if (was_given(content, GEMINI))
		return 0;
	return bad(verdict, "Function call is missing a thought_signature in functionCall parts, "
			    "or the turn is not as it was given");
}

/* What a content is: 'u'ser's text, 'm'odel's, 'r'esponses. */
static int check_content(const json_t *content, const json_t *before, int was,
			 struct verdict *verdict)
{
	static const char *const known[] = { "role", "parts", NULL };
	const char *role = og_json_str(content, "role");
	int model = role && strcmp(role, "model") == 0, is;
	json_t *calls = parts_with(before, "functionCall"), *part;
	json_t *responses = parts_with(content, "functionResponse");
	size_t i;

	is = model ? 'm' : json_array_size(responses) > 0 ? 'r' : 'u';
	if (only(content, "contents", known, verdict) < 0)
		;
	else if (!model && (!role || strcmp(role, "user") != 0))
		bad(verdict, "Please use a valid role: user, model.");
	else if (json_array_size(json_object_get(content, "parts")) == 0)
		bad(verdict, "contents.parts must not be empty.");
	else if (is == was || (was == 0 && is != 'u'))
		bad(verdict, "roles must alternate");
	else if (was == 'm' || is == 'r')
		check_responses(calls, responses, verdict);
	json_array_foreach(json_object_get(content, "parts"), i, part)
	{
		if (!verdict->why[0])
			check_part(part, model, verdict);
	}
	if (!verdict->why[0] && model)
		check_model_content(content, verdict);
	json_decref(calls);
	json_decref(responses);
	return verdict->why[0] ? -1 : is;
}

static int check_contents(const json_t *contents, struct verdict *verdict)
{
	const json_t *before = NULL;
	json_t *content;
	int was = 0;
	size_t i;

	if (json_array_size(contents) == 0)
		return bad(verdict, "contents is not specified");
	json_array_foreach(contents, i, content)
	{
		was = check_content(content, before, was, verdict);
		if (was < 0)
			return -1;
		before = content;
	}
	return was == 'm' ? bad(verdict, "the conversation ends with the model's turn") : 0;
}

static int check_declarations(const json_t *body, struct verdict *verdict)
{
	static const char *const known[] = { "name", "description", "parameters",
					     "parametersJsonSchema", NULL };
	const json_t *tools = json_object_get(json_array_get(json_object_get(body, "tools"), 0),
					      "functionDeclarations");
	const json_t *config =
		json_object_get(json_object_get(body, "toolConfig"), "functionCallingConfig");
	const json_t *allowed = json_object_get(config, "allowedFunctionNames");
	static const char *const modes[] = { "AUTO", "ANY", "NONE", "VALIDATED", NULL };
	json_t *tool, *name;
	size_t i;

	json_array_foreach(tools, i, tool)
	{
		if (only(tool, "tools.function_declarations", known, verdict) < 0 ||
		    check_name(og_json_str(tool, "name"), ".:-", 128, verdict) < 0 ||
		    check_tool(tool, "parametersJsonSchema", 0, verdict) < 0)
			return -1;
	}
	if (config && !one_of(og_json_str(config, "mode"), modes))
		return bad(verdict, "function_calling_config.mode");
	if (allowed && !one_of(og_json_str(config, "mode"), modes + 1))
		return bad(verdict, "allowed_function_names should be set only with ANY");
	json_array_foreach(allowed, i, name)
	{
		if (!declared(tools, json_string_value(name)))
			return bad(verdict, "allowed_function_names names no tool");
	}
	return 0;
}

static int check_gemini(const json_t *body, struct verdict *verdict)
{
	static const char *const known[] = { "contents",   "systemInstruction", "tools",
					     "toolConfig", "generationConfig",	"safetySettings",
					     NULL };
	static const char *const settings[] = { "temperature",	    "maxOutputTokens",
						"responseMimeType", "responseJsonSchema",
						"responseSchema",   "seed",
						"thinkingConfig",   NULL };
	const json_t *config = json_object_get(body, "generationConfig");

	if (only(body, "request", known, verdict) < 0 ||
	    (config && only(config, "generation_config", settings, verdict) < 0) ||
	    check_contents(json_object_get(body, "contents"), verdict) < 0)
		return -1;
	return check_declarations(body, verdict);
}

/* --- OpenAI --------------------------------------------------------------------------- */

/* An assistant's call: its arguments must be the text of an object. */
static int check_call(const json_t *call, struct verdict *verdict)
{
	const json_t *function = json_object_get(call, "function");
	const char *arguments = og_json_str(function, "arguments");
	json_t *value = arguments ? json_loads(arguments, 0, NULL) : NULL;
	int object = json_is_object(value);

	json_decref(value);
	if (!og_json_str(call, "id") || !*og_json_str(call, "id"))
		return bad(verdict, "a tool call without an id");
	if (!object)
		return bad(verdict, "arguments of '%s' are no JSON object",
			   og_json_str(function, "name"));
	return check_name(og_json_str(function, "name"), "-", 64, verdict);
}

static int check_assistant(const json_t *message, struct verdict *verdict)
{
	const json_t *calls = json_object_get(message, "tool_calls");
	json_t *call;
	size_t i;

	if (!was_given(message, OPENAI))
		return bad(verdict, "the assistant's turn is not as it was given");
	if (calls && json_array_size(calls) == 0)
		return bad(verdict, "[] is too short - 'messages.tool_calls'");
	if (!calls && json_string_length(json_object_get(message, "content")) == 0 &&
	    !json_is_array(json_object_get(message, "content")))
		return bad(verdict, "an assistant's turn without content and tool_calls");
	json_array_foreach(calls, i, call)
	{
		if (check_call(call, verdict) < 0)
			return -1;
	}
	return 0;
}

/* The state of going through the messages. */
struct walk {
	const char *was;     /* role before */
	const json_t *calls; /* to be answered */
	size_t answered;
};

static int check_tool_message(struct walk *walk, const json_t *message, struct verdict *verdict)
{
	const json_t *call = json_array_get(walk->calls, walk->answered++);
	const char *id = og_json_str(call, "id"), *answers = og_json_str(message, "tool_call_id");

	if (!id || !answers || strcmp(id, answers) != 0)
		return bad(verdict, "a message of role 'tool' must answer the next tool call");
	return og_json_str(message, "content") ? 0
					       : bad(verdict, "a tool's message without content");
}

static int check_message(struct walk *walk, const json_t *message, struct verdict *verdict)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool", NULL };
	const char *role = og_json_str(message, "role");

	if (!one_of(role, roles))
		return bad(verdict, "messages: role '%s'", role ? role : "?");
	if (strcmp(role, "tool") == 0) {
		walk->was = role;
		return check_tool_message(walk, message, verdict);
	}
	if (walk->answered < json_array_size(walk->calls))
		return bad(verdict, "An assistant message with 'tool_calls' must be followed by "
				    "tool messages responding to each 'tool_call_id'.");
	if (strcmp(role, walk->was) == 0 || (strcmp(role, "system") == 0 && *walk->was) ||
	    (strcmp(role, "assistant") == 0 && strcmp(walk->was, "user") != 0 &&
	     strcmp(walk->was, "tool") != 0))
		return bad(verdict, "roles must alternate: '%s' after '%s'", role, walk->was);
	walk->was = role;
	walk->calls = NULL;
	walk->answered = 0;
	if (strcmp(role, "assistant") != 0)
		return json_is_string(json_object_get(message, "content"))
			       ? 0
			       : bad(verdict, "content of '%s' is no text", role);
	walk->calls = json_object_get(message, "tool_calls");
	return check_assistant(message, verdict);
}

static int check_messages(const json_t *messages, struct verdict *verdict)
{
	struct walk walk = { "", NULL, 0 };
	json_t *message;
	size_t i;

	json_array_foreach(messages, i, message)
	{
		if (check_message(&walk, message, verdict) < 0)
			return -1;
	}
	if (walk.answered < json_array_size(walk.calls))
		return bad(verdict, "'tool_call_id's that were not answered");
	if (strcmp(walk.was, "user") != 0 && strcmp(walk.was, "tool") != 0)
		return bad(verdict, "messages must end with the user or a tool");
	return 0;
}

static int check_functions(const json_t *body, struct verdict *verdict)
{
	static const char *const known[] = { "name", "description", "parameters", "strict", NULL };
	const json_t *tools = json_object_get(body, "tools");
	const json_t *choice = json_object_get(body, "tool_choice");
	json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool)
	{
		const json_t *function = json_object_get(tool, "function");

		if (only(function, "tools.function", known, verdict) < 0 ||
		    check_name(og_json_str(function, "name"), "-", 64, verdict) < 0 ||
		    check_tool(function, "parameters", og_json_bool(function, "strict", 0),
			       verdict) < 0)
			return -1;
	}
	if (json_is_object(choice) &&
	    !declared(tools, og_json_str(json_object_get(choice, "function"), "name")))
		return bad(verdict, "tool_choice names no tool");
	if (!tools && (choice || json_object_get(body, "parallel_tool_calls")))
		return bad(verdict, "tool_choice and parallel_tool_calls need tools");
	return 0;
}

static int check_openai(const json_t *body, struct verdict *verdict)
{
	static const char *const known[] = { "model",
					     "messages",
					     "tools",
					     "tool_choice",
					     "parallel_tool_calls",
					     "temperature",
					     "seed",
					     "max_tokens",
					     "stream",
					     "max_completion_tokens",
					     "stream_options",
					     "response_format",
					     NULL };

	if (only(body, "request", known, verdict) < 0 ||
	    check_messages(json_object_get(body, "messages"), verdict) < 0)
		return -1;
	if (!og_json_str(body, "model"))
		return bad(verdict, "you must provide a model parameter");
	if (json_object_get(body, "max_tokens") && json_object_get(body, "max_completion_tokens"))
		return bad(verdict, "max_tokens and the newer name of it at once");
	if (json_object_get(body, "stream_options") && !og_json_bool(body, "stream", 0))
		return bad(verdict, "stream_options is only for streams");
	return check_functions(body, verdict);
}

/* --- what it was told not to know ----------------------------------------------------- */

/* Does the key stand anywhere in what is not free text or a schema? */
static int has_key(const json_t *value, const char *name)
{
	json_t *member;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (strcmp(key, name) == 0)
			return 1;
		if (strncmp(key, "parameters", 10) != 0 && has_key(member, name))
			return 1;
	}
	json_array_foreach((json_t *)(uintptr_t)value, i, member)
	{
		if (has_key(member, name))
			return 1;
	}
	return 0;
}

#endif
