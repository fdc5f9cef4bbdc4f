/*
 * A line of the script as the fake model's reply: an answer, an error of the
 * dialect's shape, or a body as it stands. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_REPLY_H
#define OG_TESTS_SERVERS_MODEL_REPLY_H

#include "tests/servers/model-gemini.h"
#include "tests/servers/model-openai.h"

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
