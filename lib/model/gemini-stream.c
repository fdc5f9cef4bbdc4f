/*
 * A stream of Gemini's: each event is a whole response with the parts that
 * are new. They are put together as the one response they are pieces of:
 * texts that follow each other become one, but a part with a signature
 * stays the part it was.
 */
#include <string.h>

#include "lib/model/model-internal.h"

struct merge {
	json_t *response, *candidate, *parts; /* the last two borrowed */
	struct og_buf text;		      /* parts of text not yet in parts */
	int thought;			      /* they are thoughts */
	int over;			      /* a last reason was given */
};

/* Text and nothing else: only "text", and perhaps "thought". */
static int plain(const json_t *part)
{
	size_t known = (size_t)json_is_string(json_object_get(part, "text")) +
		       (size_t)json_is_boolean(json_object_get(part, "thought"));

	return json_is_string(json_object_get(part, "text")) && json_object_size(part) == known;
}

static int flush(struct merge *merge, struct og_err *err)
{
	json_t *part;

	if (og_buf_check(&merge->text, "the answer's text", err) < 0)
		return -1;
	if (merge->text.len == 0)
		return 0;
	part = json_pack("{s:s%}", "text", merge->text.data, merge->text.len);
	if (part && merge->thought && og_json_set(part, "thought", json_true(), err) < 0) {
		json_decref(part);
		return -1;
	}
	og_buf_clear(&merge->text);
	if (!part || json_array_append_new(merge->parts, part) < 0)
		return og_fail_nomem(err);
	return 0;
}

static int add_part(struct merge *merge, json_t *part, struct og_err *err)
{
	int thought = og_json_bool(part, "thought", 0);
	const json_t *text = json_object_get(part, "text");

	if (!plain(part)) {
		if (flush(merge, err) < 0)
			return -1;
		return json_array_append(merge->parts, part) < 0 ? og_fail_nomem(err) : 0;
	}
	if (merge->thought != thought && flush(merge, err) < 0)
		return -1;
	merge->thought = thought;
	og_buf_add(&merge->text, json_string_value(text), json_string_length(text));
	return og_buf_check(&merge->text, "the answer's text", err);
}

/* The later one is the truer one. */
static int take(json_t *into, const json_t *from, const char *key, struct og_err *err)
{
	const json_t *value = json_object_get(from, key);

	if (!value || json_is_null(value))
		return 0;
	return og_json_set(into, key, og_model_share(value), err);
}

static int add_candidate(struct merge *merge, const json_t *found, struct og_err *err)
{
	const json_t *parts = json_object_get(json_object_get(found, "content"), "parts");

	for (size_t i = 0; i < json_array_size(parts); i++)
		if (add_part(merge, json_array_get(parts, i), err) < 0)
			return -1;
	if (og_json_str(found, "finishReason"))
		merge->over = 1;
	if (take(merge->candidate, found, "finishReason", err) < 0)
		return -1;
	return take(merge->candidate, found, "finishMessage", err);
}

static int add_event(struct merge *merge, const json_t *event, struct og_err *err)
{
	static const char *const kept[] = { "usageMetadata", "promptFeedback", "modelVersion",
					    "responseId" };
	const json_t *found = json_array_get(json_object_get(event, "candidates"), 0);

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (take(merge->response, event, kept[i], err) < 0)
			return -1;
	if (og_json_str(json_object_get(event, "promptFeedback"), "blockReason"))
		merge->over = 1;
	if (!found || og_json_int(found, "index", 0) != 0)
		return 0;
	return add_candidate(merge, found, err);
}

static int merge_init(struct merge *merge, struct og_err *err)
{
	memset(merge, 0, sizeof(*merge));
	og_buf_init(&merge->text, OG_MODEL_ANSWER_MAX);
	merge->parts = json_array();
	merge->candidate =
		json_pack("{s:{s:s, s:o}}", "content", "role", "model", "parts", merge->parts);
	merge->response = json_object();
	if (!merge->candidate || !merge->response) {
		json_decref(merge->candidate);
		json_decref(merge->response);
		merge->response = NULL;
		return og_fail_nomem(err);
	}
	return 0;
}

static int merge_all(struct merge *merge, struct og_events *events, struct og_err *err)
{
	json_t *event;
	int more;

	while ((more = og_events_next(events, &event, err)) == 1) {
		int rc = add_event(merge, event, err);

		json_decref(event);
		if (rc < 0)
			return -1;
	}
	if (more < 0 || flush(merge, err) < 0)
		return -1;
	if (!merge->over)
		return og_fail(err, OG_EDATA, "the stream ended before the answer did");
	if (json_object_get(merge->candidate, "finishReason"))
		return og_json_set(merge->response, "candidates",
				   json_pack("[O]", merge->candidate), err);
	return 0;
}

int og_gemini_merge(struct og_events *events, json_t **ret, struct og_err *err)
{
	struct merge merge;
	int rc;

	if (merge_init(&merge, err) < 0)
		return -1;
	rc = merge_all(&merge, events, err);
	if (rc == 0)
		*ret = json_incref(merge.response);
	json_decref(merge.candidate);
	json_decref(merge.response);
	og_buf_release(&merge.text);
	return rc;
}
