/*
 * What the fake model says: a line of the script in the shape of a dialect,
 * whole or as the events of a stream. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_SAY_H
#define OG_TESTS_SERVERS_MODEL_SAY_H

#include "lib/base/text.h"
#include "tests/servers/model-check.h"

#define PIECE 7 /* bytes of text or arguments in an event, unless "chunk" says */

struct reply {
	int status;
	const char *type; /* of the body */
	char head[256];	  /* more headers, each with its line end */
	struct og_buf body;
	json_t *line; /* what it was made from, or NULL */
	int stream;   /* events, sent in chunks */
};

static unsigned long said; /* answers so far: their number makes ids and signatures */

static json_t *text_json(const char *text, size_t len)
{
	return json_stringn(text, len);
}

static json_t *signature(void)
{
	struct og_buf text;
	char raw[64];
	json_t *made;

	snprintf(raw, sizeof(raw), "opaque bytes of the model, number %lu", said);
	og_buf_init(&text, 256);
	og_base64_encode(&text, raw, strlen(raw));
	made = text_json(text.data, text.len);
	og_buf_release(&text);
	return made;
}

static const char *text_of(const json_t *line)
{
	const char *text = og_json_str(line, "text");

	return text ? text : "";
}

/* --- how it ends ----------------------------------------------------------------- */

static const char *finish_of(const json_t *line, enum dialect dialect)
{
	static const char *const stops[][3] = {
		{ "end", "STOP", "stop" },
		{ "length", "MAX_TOKENS", "length" },
		{ "refused", "SAFETY", "stop" },
		{ "blocked", "SAFETY", "content_filter" },
		{ "malformed", "MALFORMED_FUNCTION_CALL", "tool_calls" },
		{ "other", "OTHER", "abort" },
	};
	const char *stop = og_json_str(line, "stop");
	int calls = json_array_size(json_object_get(line, "calls")) > 0;

	if (dialect == GEMINI && json_object_get(line, "bad_arguments"))
		return "MALFORMED_FUNCTION_CALL";
	if (!stop)
		return dialect == GEMINI ? "STOP" : calls ? "tool_calls" : "stop";
	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++)
		if (strcmp(stop, stops[i][0]) == 0)
			return stops[i][dialect == GEMINI ? 1 : 2];
	return stop;
}

static int stops(const json_t *line, const char *how)
{
	const char *stop = og_json_str(line, "stop");

	return stop && strcmp(stop, how) == 0;
}

/* --- usage ------------------------------------------------------------------------- */

/* A token is four bytes, as it is said of English. */
static json_t *usage_of(const json_t *line, const struct request *request)
{
	const json_t *told = json_object_get(line, "usage");
	struct og_buf all;
	json_int_t input, cached, output;

	if (json_is_string(told))
		return NULL; /* none */
	og_buf_init(&all, TEXT_MAX);
	gather(json_object_get(line, "calls"), &all);
	input = og_json_int(told, "input", (int64_t)request->strings.len / 4 + 1);
	cached = og_json_int(told, "cached", 0);
	output = og_json_int(told, "output", (int64_t)(all.len + strlen(text_of(line))) / 4 + 1);
	og_buf_release(&all);
	if (request->dialect == GEMINI)
		return json_pack("{s:I, s:I, s:I, s:I}", "promptTokenCount", input,
				 "candidatesTokenCount", output, "cachedContentTokenCount", cached,
				 "totalTokenCount", input + output);
	return json_pack("{s:I, s:I, s:I, s:{s:I}}", "prompt_tokens", input, "completion_tokens",
			 output, "total_tokens", input + output, "prompt_tokens_details",
			 "cached_tokens", cached);
}

/* --- Gemini -------------------------------------------------------------------------- */

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

/* --- OpenAI ----------------------------------------------------------------------------- */

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

/* --- errors ------------------------------------------------------------------------------- */

static const char *status_word(int status)
{
	static const struct {
		int status;
		const char *word;
	} words[] = { { 400, "INVALID_ARGUMENT" },   { 401, "UNAUTHENTICATED" },
		      { 403, "PERMISSION_DENIED" },  { 404, "NOT_FOUND" },
		      { 429, "RESOURCE_EXHAUSTED" }, { 500, "INTERNAL" },
		      { 503, "UNAVAILABLE" },	     { 504, "DEADLINE_EXCEEDED" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].status == status)
			return words[i].word;
	return "UNKNOWN";
}

static json_t *gemini_error(int status, const char *message, const char *retry, int quota)
{
	json_t *details = json_array();
	json_t *error = json_pack("{s:i, s:s, s:s}", "code", status, "message", message, "status",
				  status_word(status));

	if (quota)
		json_array_append_new(details,
				      json_pack("{s:s, s:[{s:s}]}", "@type",
						"type.googleapis.com/google.rpc.QuotaFailure",
						"violations", "quotaId",
						"GenerateRequestsPerDayPerProjectPerModel"));
	if (*retry)
		json_array_append_new(details, json_pack("{s:s, s:s}", "@type",
							 "type.googleapis.com/google.rpc.RetryInfo",
							 "retryDelay", retry));
	if (json_array_size(details) > 0)
		json_object_set(error, "details", details);
	json_decref(details);
	return json_pack("{s:o}", "error", error);
}

static json_t *openai_error(int status, const char *message, int quota)
{
	const char *code = quota	   ? "insufficient_quota"
			   : status == 429 ? "rate_limit_exceeded"
			   : status == 401 ? "invalid_api_key"
					   : NULL;

	return json_pack("{s:{s:s, s:s, s:n, s:s?}}", "error", "message", message, "type",
			 status == 429	 ? "rate_limit_error"
			 : status >= 500 ? "server_error"
					 : "invalid_request_error",
			 "param", "code", code);
}

static void say_json(struct reply *reply, const json_t *value)
{
	og_buf_clear(&reply->body);
	og_json_dump(value, &reply->body, NULL);
}

static void say_error(struct reply *reply, enum dialect dialect, int status, const char *message)
{
	const json_t *wait = json_object_get(reply->line, "retry");
	int quota = og_json_bool(reply->line, "quota", 0);
	char retry[64] = "";
	json_t *error;

	if (json_is_string(wait))
		snprintf(retry, sizeof(retry), "%s", json_string_value(wait));
	else if (json_is_number(wait))
		snprintf(retry, sizeof(retry), "%gs", json_number_value(wait));
	error = dialect == GEMINI ? gemini_error(status, message, retry, quota)
				  : openai_error(status, message, quota);
	/* Whole seconds, without their "s". */
	if (dialect == OPENAI && *retry)
		snprintf(reply->head, sizeof(reply->head), "Retry-After: %.*s\r\n",
			 (int)strspn(retry, "0123456789"), retry);
	reply->status = status;
	reply->stream = 0;
	say_json(reply, error);
	json_decref(error);
}

/* --- the whole ------------------------------------------------------------------------------ */

static void say_events(struct reply *reply, const json_t *events, enum dialect dialect)
{
	json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		og_buf_adds(&reply->body, "data: ");
		og_json_dump(event, &reply->body, NULL);
		og_buf_adds(&reply->body, "\n\n");
	}
	if (dialect == OPENAI)
		og_buf_adds(&reply->body, "data: [DONE]\n\n");
	reply->stream = 1;
	reply->type = "text/event-stream";
}

/* A body given as it is: a text, or JSON. */
static void say_body(struct reply *reply, const json_t *body)
{
	og_buf_clear(&reply->body);
	if (json_is_string(body))
		og_buf_add(&reply->body, json_string_value(body), json_string_length(body));
	else
		say_json(reply, body);
}

/* What a line of the script says. */
static void say_line(struct reply *reply, const struct request *request)
{
	const json_t *line = reply->line, *body = json_object_get(line, "body");
	int status = (int)og_json_int(line, "status", 200);
	json_t *events;

	said++;
	reply->status = status;
	if (status != 200)
		say_error(reply, request->dialect, status,
			  *text_of(line) ? text_of(line) : "as the script says");
	if (body) {
		say_body(reply, body);
		return;
	}
	if (status != 200)
		return;
	events = request->dialect == GEMINI ? gemini_answer(line, request)
					    : openai_answer(line, request);
	if (request->stream)
		say_events(reply, events, request->dialect);
	else
		say_json(reply, json_array_get(events, 0));
	json_decref(events);
}

#endif
