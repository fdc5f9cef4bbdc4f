/*
 * Events of a stream, one object per line. The transport has taken the
 * "data:" away; what OpenAI's servers end with is no JSON.
 */
#include <string.h>

#include "lib/model/model-internal.h"

static size_t trimmed(const char **at, size_t len)
{
	while (len > 0 && strchr(" \t\r", **at) && **at) {
		(*at)++;
		len--;
	}
	while (len > 0 && strchr(" \t\r", (*at)[len - 1]) && (*at)[len - 1])
		len--;
	return len;
}

static int parse(const char *line, size_t len, json_t **ret, struct og_err *err)
{
	json_t *event = NULL;

	if (og_json_parse(line, len, OG_MODEL_ANSWER_MAX, "an event of the stream", &event, err) <
	    0)
		return -1;
	if (!json_is_object(event)) {
		json_decref(event);
		return og_fail(err, OG_EDATA, "an event of the stream is no object");
	}
	if (og_model_error_in(event, err) < 0) {
		json_decref(event);
		return -1;
	}
	*ret = event;
	return 1;
}

int og_events_next(struct og_events *events, json_t **ret, struct og_err *err)
{
	while (!events->done && events->at < events->end) {
		size_t left = (size_t)(events->end - events->at), len;
		const char *line = events->at, *newline = memchr(line, '\n', left);

		len = newline ? (size_t)(newline - line) : left;
		events->at = newline ? newline + 1 : events->end;
		len = trimmed(&line, len);
		if (len == 6 && memcmp(line, "[DONE]", 6) == 0)
			events->done = 1;
		else if (len > 0)
			return parse(line, len, ret, err);
	}
	return 0;
}
