/*
 * A stream of OpenAI's: deltas of one message. Calls come in pieces told
 * apart by index; some servers give whole calls without one (Mistral), or
 * the same index for calls of other ids (Gemini's door). The pieces are put
 * together as the one answer they belong to.
 */
#include <string.h>

#include "lib/model/model-internal.h"

/* One more than there may be makes the turn malformed; others are overlooked. */
#define PIECES_MAX (OG_MODEL_CALLS_MAX + 1)

enum { CONTENT, REFUSAL, REASONING, REASONING_OLD, TEXTS };

struct piece {
	json_t *call; /* all but the arguments so far; owned */
	struct og_buf arguments;
	int64_t index; /* -1: none */
};

struct merge {
	json_t *response, *message; /* message: what is no text and no call */
	struct og_buf texts[TEXTS];
	int told[TEXTS]; /* was there such a text at all? */
	struct piece pieces[PIECES_MAX];
	size_t n;
	json_t *finish; /* the reason, or NULL */
	int begun;	/* there was a delta */
};

static const char *text_name(int i)
{
	static const char *const names[TEXTS] = { "content", "refusal", "reasoning_content",
						  "reasoning" };

	return names[i];
}

static int take(json_t *into, const json_t *from, const char *key, struct og_err *err)
{
	const json_t *value = json_object_get(from, key);

	if (!value || json_is_null(value))
		return 0;
	return og_json_set(into, key, og_model_share(value), err);
}

/* --- calls in pieces ---------------------------------------------------------- */

static int same_id(const struct piece *piece, const char *id)
{
	const char *known = og_json_str(piece->call, "id");

	return !id || !*id || !known || strcmp(known, id) == 0;
}

/* The call that a piece belongs to, or NULL for a new one. */
static struct piece *piece_of(struct merge *merge, int64_t index, const char *id, int whole)
{
	if (index < 0) {
		struct piece *last = merge->n > 0 ? &merge->pieces[merge->n - 1] : NULL;

		return last && last->index < 0 && !whole && same_id(last, id) ? last : NULL;
	}
	for (size_t i = merge->n; i-- > 0;)
		if (merge->pieces[i].index == index)
			return same_id(&merge->pieces[i], id) ? &merge->pieces[i] : NULL;
	return NULL;
}

static struct piece *new_piece(struct merge *merge, int64_t index, struct og_err *err)
{
	struct piece *piece = &merge->pieces[merge->n];

	piece->call = json_pack("{s:{}}", "function");
	if (!piece->call) {
		og_fail_nomem(err);
		return NULL;
	}
	og_buf_init(&piece->arguments, OG_MODEL_ANSWER_MAX);
	piece->index = index;
	merge->n++;
	return piece;
}

static int add_function(struct piece *piece, const json_t *found, struct og_err *err)
{
	json_t *function = json_object_get(piece->call, "function");
	const json_t *arguments = json_object_get(found, "arguments");

	if (!og_json_str(function, "name") && take(function, found, "name", err) < 0)
		return -1;
	if (json_is_object(arguments))
		return take(function, found, "arguments", err);
	og_buf_add(&piece->arguments, json_string_value(arguments), json_string_length(arguments));
	return og_buf_check(&piece->arguments, "a call's arguments", err);
}

/* What is neither id nor function, like extra_content with a signature. */
static int add_rest(struct piece *piece, json_t *found, struct og_err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(found, key, value)
	{
		if (strcmp(key, "function") != 0 && strcmp(key, "index") != 0 &&
		    !(strcmp(key, "id") == 0 && og_json_str(piece->call, "id")) &&
		    take(piece->call, found, key, err) < 0)
			return -1;
	}
	return 0;
}

static int add_piece(struct merge *merge, json_t *found, struct og_err *err)
{
	const json_t *function = json_object_get(found, "function");
	const char *id = og_json_str(found, "id"), *name = og_json_str(function, "name");
	int64_t index = og_json_int(found, "index", -1);
	struct piece *piece = piece_of(merge, index, id, name && *name);

	if (!piece && merge->n == PIECES_MAX)
		return 0;
	if (!piece && !(piece = new_piece(merge, index, err)))
		return -1;
	if (add_rest(piece, found, err) < 0)
		return -1;
	return add_function(piece, function, err);
}

/* --- texts and the rest ------------------------------------------------------------ */

/* Content as a list of parts: those that are text. */
static void add_parts(struct merge *merge, const json_t *parts)
{
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		const char *type = og_json_str(part, "type");
		const json_t *text = json_object_get(part, "text");

		if (type && strcmp(type, "text") == 0 && json_is_string(text))
			og_buf_add(&merge->texts[CONTENT], json_string_value(text),
				   json_string_length(text));
		merge->told[CONTENT] = 1;
	}
}

static int add_texts(struct merge *merge, const json_t *delta, struct og_err *err)
{
	for (int i = 0; i < TEXTS; i++) {
		const json_t *text = json_object_get(delta, text_name(i));

		if (json_is_string(text)) {
			og_buf_add(&merge->texts[i], json_string_value(text),
				   json_string_length(text));
			merge->told[i] = 1;
		} else if (i == CONTENT) {
			add_parts(merge, text);
		}
		if (og_buf_check(&merge->texts[i], "the answer's text", err) < 0)
			return -1;
	}
	return 0;
}

/* The old single call: pieces of one without an index. */
static int add_old_call(struct merge *merge, const json_t *old, struct og_err *err)
{
	json_t *wrapped;
	int rc;

	if (!json_is_object(old))
		return 0;
	wrapped = json_pack("{s:o, s:i}", "function", og_model_share(old), "index", 0);
	rc = wrapped ? add_piece(merge, wrapped, err) : og_fail_nomem(err);
	json_decref(wrapped);
	return rc;
}

static int add_delta(struct merge *merge, const json_t *delta, struct og_err *err)
{
	const json_t *calls = json_object_get(delta, "tool_calls");

	if (add_texts(merge, delta, err) < 0 ||
	    add_old_call(merge, json_object_get(delta, "function_call"), err) < 0 ||
	    take(merge->message, delta, "extra_content", err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(calls); i++)
		if (add_piece(merge, json_array_get(calls, i), err) < 0)
			return -1;
	return 0;
}

static int add_event(struct merge *merge, const json_t *event, struct og_err *err)
{
	const json_t *choice = json_array_get(json_object_get(event, "choices"), 0);

	if (take(merge->response, event, "id", err) < 0 ||
	    take(merge->response, event, "model", err) < 0 ||
	    take(merge->response, json_object_get(event, "x_groq"), "usage", err) < 0 ||
	    take(merge->response, event, "usage", err) < 0)
		return -1;
	if (!choice || og_json_int(choice, "index", 0) != 0)
		return 0;
	merge->begun = 1;
	if (og_json_str(choice, "finish_reason")) {
		json_decref(merge->finish);
		merge->finish = json_incref(json_object_get(choice, "finish_reason"));
	}
	return add_delta(merge, json_object_get(choice, "delta"), err);
}

/* --- the whole -------------------------------------------------------------------------- */

static int end_calls(struct merge *merge, struct og_err *err)
{
	json_t *calls = merge->n > 0 ? json_array() : NULL;

	if (merge->n > 0 && og_json_set(merge->message, "tool_calls", calls, err) < 0)
		return -1;
	for (size_t i = 0; i < merge->n; i++) {
		struct piece *piece = &merge->pieces[i];
		json_t *function = json_object_get(piece->call, "function");

		if (!json_object_get(function, "arguments") &&
		    og_json_set(function, "arguments",
				json_stringn(piece->arguments.len ? piece->arguments.data : "",
					     piece->arguments.len),
				err) < 0)
			return -1;
		if (json_array_append(calls, piece->call) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

static int end_texts(struct merge *merge, struct og_err *err)
{
	if (og_json_set(merge->message, "content", json_null(), err) < 0)
		return -1;
	for (int i = 0; i < TEXTS; i++) {
		const struct og_buf *text = &merge->texts[i];

		if (merge->told[i] && (i != CONTENT || text->len > 0) &&
		    og_json_set(merge->message, text_name(i),
				json_stringn(text->len ? text->data : "", text->len), err) < 0)
			return -1;
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
	if (more < 0 || end_texts(merge, err) < 0 || end_calls(merge, err) < 0)
		return -1;
	if (!merge->finish && !events->done)
		return og_fail(err, OG_EDATA, "the stream ended before the answer did");
	if (!merge->begun)
		return 0;
	return og_json_set(merge->response, "choices",
			   json_pack("[{s:O, s:O*}]", "message", merge->message, "finish_reason",
				     merge->finish),
			   err);
}

static void merge_release(struct merge *merge)
{
	for (int i = 0; i < TEXTS; i++)
		og_buf_release(&merge->texts[i]);
	for (size_t i = 0; i < merge->n; i++) {
		json_decref(merge->pieces[i].call);
		og_buf_release(&merge->pieces[i].arguments);
	}
	json_decref(merge->message);
	json_decref(merge->response);
	json_decref(merge->finish);
}

int og_openai_merge(struct og_events *events, json_t **ret, struct og_err *err)
{
	struct merge merge = { .response = json_object(), .message = json_object() };
	int rc = -1;

	for (int i = 0; i < TEXTS; i++)
		og_buf_init(&merge.texts[i], OG_MODEL_ANSWER_MAX);
	if (!merge.response || !merge.message)
		og_fail_nomem(err);
	else
		rc = merge_all(&merge, events, err);
	if (rc == 0)
		*ret = json_incref(merge.response);
	merge_release(&merge);
	return rc;
}
