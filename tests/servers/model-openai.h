/*
 * The fake model in OpenAI's dialect: its requests judged, its answers whole
 * or as the events of a stream. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_OPENAI_H
#define OG_TESTS_SERVERS_MODEL_OPENAI_H

#include "tests/servers/model-say.h"

/* --- requests --------------------------------------------------------------------------- */

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

/* --- answers ----------------------------------------------------------------------------- */

static json_t *arguments_text(const json_t *line, const json_t *args, size_t i)
{
	const char *wrong = og_json_str(line, "bad_arguments");
	struct og_buf text;
	json_t *made;

	if (i == 0 && (wrong || stops(line, "malformed")))
		return json_string(wrong ? wrong : "{\"sql\": ");
	og_buf_init(&text, TEXT_MAX);
	if (!args || og_json_canon(args, &text, NULL) < 0)
		og_buf_adds(&text, "{}");
	made = text_json(text.data, text.len);
	og_buf_release(&text);
	return made;
}

static json_t *openai_calls(const json_t *line)
{
	json_t *calls = json_array(), *call;
	size_t i;

	json_array_foreach(json_object_get(line, "calls"), i, call)
	{
		json_t *made = json_pack("{s:s, s:{s:O, s:o}}", "type", "function", "function",
					 "name", json_object_get(call, "name"), "arguments",
					 arguments_text(line, json_object_get(call, "args"), i));

		if (json_object_get(call, "id"))
			json_object_set(made, "id", json_object_get(call, "id"));
		else if (og_json_bool(line, "ids", 1))
			json_object_set_new(made, "id", json_sprintf("call_%lu_%zu", said, i));
		if (i == 0 && og_json_bool(line, "signature", 0))
			json_object_set_new(
				made, "extra_content",
				json_pack("{s:{s:o}}", "google", "thought_signature", signature()));
		json_array_append_new(calls, made);
	}
	return calls;
}

static json_t *openai_message(const json_t *line)
{
	const char *text = text_of(line), *thought = og_json_str(line, "thought");
	int refused = stops(line, "refused");
	json_t *message = json_pack("{s:s, s:s?}", "role", "assistant", "content",
				    *text && !refused ? text : NULL);
	json_t *calls = openai_calls(line);

	if (refused)
		json_object_set_new(message, "refusal",
				    json_string(*text ? text : "I cannot help with that."));
	if (thought)
		json_object_set_new(message, "reasoning_content", json_string(thought));
	if (json_array_size(calls) > 0 && og_json_bool(line, "old_call", 0))
		json_object_set(message, "function_call",
				json_object_get(json_array_get(calls, 0), "function"));
	else if (json_array_size(calls) > 0)
		json_object_set(message, "tool_calls", calls);
	json_decref(calls);
	return message;
}

/* As the client sends it back: an old call has become one like any. */
static void openai_remember(const json_t *line, const json_t *message)
{
	json_t *copy = json_deep_copy(message), *old = json_object_get(copy, "function_call");

	if (old)
		json_object_set_new(copy, "tool_calls", json_pack("[{s:O}]", "function", old));
	remember(copy, !old && og_json_bool(line, "ids", 1),
		 json_object_get(line, "bad_arguments") || stops(line, "malformed"));
	json_decref(copy);
}

static json_t *openai_wrap(json_t *choices, const char *object)
{
	return json_pack("{s:o, s:s, s:I, s:s, s:o}", "id", json_sprintf("chatcmpl-%lu", said),
			 "object", object, "created", (json_int_t)1767225600, "model",
			 "fake-openai", "choices", choices);
}

static void openai_delta(json_t *events, json_t *delta, const char *finish)
{
	json_array_append_new(events,
			      openai_wrap(json_pack("[{s:i, s:o, s:s?}]", "index", 0, "delta",
						    delta, "finish_reason", finish),
					  "chat.completion.chunk"));
}

/* A text member in pieces. */
static void openai_text(json_t *events, const json_t *text, const char *key, size_t size)
{
	size_t len = json_string_length(text), n;

	for (size_t done = 0; done < len; done += n) {
		n = len - done > size ? size : len - done;
		while (done + n < len &&
		       ((unsigned char)json_string_value(text)[done + n] & 0xc0) == 0x80)
			n++;
		openai_delta(events,
			     json_pack("{s:o}", key, text_json(json_string_value(text) + done, n)),
			     NULL);
	}
}

/* A call: its beginning, then its arguments in pieces, told apart by index. */
static void openai_call(json_t *events, const json_t *call, size_t index, size_t size)
{
	const json_t *text = json_object_get(json_object_get(call, "function"), "arguments");
	json_t *first = json_deep_copy(call);
	size_t len = json_string_length(text), n;

	json_object_set_new(first, "index", json_integer((json_int_t)index));
	json_object_set_new(json_object_get(first, "function"), "arguments", json_string(""));
	openai_delta(events, json_pack("{s:[o]}", "tool_calls", first), NULL);
	for (size_t done = 0; done < len; done += n) {
		n = len - done > size ? size : len - done;
		while (done + n < len &&
		       ((unsigned char)json_string_value(text)[done + n] & 0xc0) == 0x80)
			n++;
		openai_delta(events,
			     json_pack("{s:[{s:i, s:{s:o}}]}", "tool_calls", "index", (int)index,
				       "function", "arguments",
				       text_json(json_string_value(text) + done, n)),
			     NULL);
	}
}

static json_t *openai_events(const json_t *line, const json_t *message)
{
	size_t size = (size_t)og_json_int(line, "chunk", PIECE), i;
	json_t *events = json_array(), *call, *old = json_object_get(message, "function_call");

	openai_delta(events, json_pack("{s:s, s:n}", "role", "assistant", "content"), NULL);
	openai_text(events, json_object_get(message, "reasoning_content"), "reasoning_content",
		    size);
	openai_text(events, json_object_get(message, "content"), "content", size);
	openai_text(events, json_object_get(message, "refusal"), "refusal", size);
	if (old)
		openai_delta(events, json_pack("{s:O}", "function_call", old), NULL);
	json_array_foreach(json_object_get(message, "tool_calls"), i, call)
	{
		if (og_json_bool(line, "index", 1))
			openai_call(events, call, i, size);
		else
			openai_delta(events, json_pack("{s:[O]}", "tool_calls", call), NULL);
	}
	openai_delta(events, json_object(), finish_of(line, OPENAI));
	return events;
}

static json_t *openai_answer(const json_t *line, const struct request *request)
{
	json_t *message = openai_message(line), *usage = usage_of(line, request), *events, *last;
	int told =
		og_json_bool(json_object_get(request->body, "stream_options"), "include_usage", 0);

	openai_remember(line, message);
	if (request->stream) {
		events = openai_events(line, message);
		last = openai_wrap(json_array(), "chat.completion.chunk");
	} else {
		events = json_array();
		last = openai_wrap(json_pack("[{s:i, s:O, s:s}]", "index", 0, "message", message,
					     "finish_reason", finish_of(line, OPENAI)),
				   "chat.completion");
	}
	if (og_json_bool(line, "empty", 0))
		json_object_set_new(last, "choices", json_array());
	if (usage && (told || !request->stream))
		json_object_set(last, "usage", usage);
	if (!request->stream || told)
		json_array_append(events, last);
	json_decref(last);
	json_decref(usage);
	json_decref(message);
	return events;
}

#endif
