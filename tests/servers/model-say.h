/*
 * What the fake model says, a line of the script: what both dialects share.
 * Part of model.c.
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

#endif
