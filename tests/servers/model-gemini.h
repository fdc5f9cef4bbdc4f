/*
 * The fake model in Gemini's dialect: its requests judged, its answers whole
 * or as the events of a stream. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_GEMINI_H
#define OG_TESTS_SERVERS_MODEL_GEMINI_H

#include "tests/servers/model-say.h"

/* --- requests ------------------------------------------------------------------------- */

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

/* --- answers -------------------------------------------------------------------------- */

/* In a stream the signature of a text comes after it, on a part of its own. */
static void gemini_text(const json_t *line, json_t *parts, int sign, int stream)
{
	const char *thought = og_json_str(line, "thought"), *text = text_of(line);
	json_t *part;

	if (thought)
		json_array_append_new(parts,
				      json_pack("{s:s, s:b}", "text", thought, "thought", 1));
	if (*text)
		json_array_append_new(parts, json_pack("{s:s}", "text", text));
	if (!*text || !sign)
		return;
	if (stream)
		json_array_append_new(parts, json_pack("{s:s}", "text", ""));
	part = json_array_get(parts, json_array_size(parts) - 1);
	json_object_set_new(part, "thoughtSignature", signature());
}

static json_t *gemini_parts(const json_t *line, int stream)
{
	const json_t *calls = json_object_get(line, "calls");
	int sign = og_json_bool(line, "signature", 1);
	json_t *parts = json_array(), *call;
	size_t i;

	gemini_text(line, parts, sign && json_array_size(calls) == 0, stream);
	json_array_foreach(calls, i, call)
	{
		json_t *args = json_object_get(call, "args");
		json_t *found = json_pack("{s:O, s:O*}", "name", json_object_get(call, "name"),
					  "args", args);
		json_t *part = json_pack("{s:o}", "functionCall", found);

		if (json_object_get(call, "id"))
			json_object_set(found, "id", json_object_get(call, "id"));
		else if (og_json_bool(line, "ids", 0))
			json_object_set_new(found, "id", json_sprintf("fc-%lu-%zu", said, i));
		if (sign && i == 0)
			json_object_set_new(part, "thoughtSignature", signature());
		json_array_append_new(parts, part);
	}
	return parts;
}

static json_t *gemini_event(json_t *candidate, const json_t *usage)
{
	json_t *event = json_pack("{s:o*, s:s, s:o}", "candidates",
				  candidate ? json_pack("[o]", candidate) : NULL, "modelVersion",
				  "fake-gemini", "responseId", json_sprintf("r-%lu", said));

	if (usage)
		json_object_set(event, "usageMetadata", (json_t *)(uintptr_t)usage);
	return event;
}

/* The pieces of a part that is text and nothing else; others stay whole. */
static void gemini_pieces(json_t *events, const json_t *part, size_t size, const json_t *usage)
{
	const json_t *text = json_object_get(part, "text");
	size_t len = json_string_length(text), done = 0;
	int plain = text && !json_object_get(part, "thoughtSignature");

	do {
		size_t n = plain && len - done > size ? size : len - done;
		json_t *piece = json_deep_copy(part);

		while (plain && done + n < len &&
		       ((unsigned char)json_string_value(text)[done + n] & 0xc0) == 0x80)
			n++; /* not inside a character */
		if (plain)
			json_object_set_new(piece, "text",
					    text_json(json_string_value(text) + done, n));
		json_array_append_new(
			events, gemini_event(json_pack("{s:{s:s, s:[o]}, s:i}", "content", "role",
						       "model", "parts", piece, "index", 0),
					     usage));
		done += n;
	} while (plain && done < len);
}

/* The answer as a list of responses: one when it is whole. */
static json_t *gemini_answer(const json_t *line, const struct request *request)
{
	int none = stops(line, "refused") || stops(line, "malformed") ||
		   json_object_get(line, "bad_arguments");
	json_t *parts = none ? json_array() : gemini_parts(line, request->stream);
	json_t *usage = usage_of(line, request), *events = json_array(), *content, *last, *part;
	size_t i;

	content = json_pack("{s:s, s:o}", "role", "model", "parts", parts);
	if (!none)
		remember(content, 1, 0);
	json_array_foreach(parts, i, part)
	{
		if (request->stream)
			gemini_pieces(events, part, (size_t)og_json_int(line, "chunk", PIECE),
				      usage);
	}
	last = json_pack("{s:o, s:s, s:i}", "content", content, "finishReason",
			 finish_of(line, GEMINI), "index", 0);
	if (request->stream || none)
		json_object_set_new(last, "content",
				    request->stream && !none
					    ? json_pack("{s:s, s:[{s:s}]}", "role", "model",
							"parts", "text", "")
					    : json_object());
	if (none && !stops(line, "refused"))
		json_object_set_new(last, "finishMessage",
				    json_sprintf("Malformed function call: %s",
						 og_json_str(line, "bad_arguments")
							 ? og_json_str(line, "bad_arguments")
							 : "?"));
	json_array_append_new(events, gemini_event(last, usage));
	if (stops(line, "blocked") || og_json_bool(line, "empty", 0)) {
		json_array_clear(events);
		json_array_append_new(events, gemini_event(NULL, usage));
	}
	if (stops(line, "blocked"))
		json_object_set_new(json_array_get(events, 0), "promptFeedback",
				    json_pack("{s:s}", "blockReason", "SAFETY"));
	json_decref(usage);
	return events;
}

#endif
