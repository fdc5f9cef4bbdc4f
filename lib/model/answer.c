/*
 * A draft of an answer: what a model said is taken in here, piece by piece,
 * and leaves as an object that can be recorded and sent on. A turn that
 * could not be is malformed as a whole, so that the model can be asked
 * again; nothing is repaired by guessing.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/model/model-internal.h"

#define COUNT_MAX 1000000000000LL /* tokens; no answer has so many */
#define TEXT_MAX  (OG_MODEL_ANSWER_MAX * 2)
#define WORD_MAX  200 /* bytes of a provider's name of a model or answer */

json_t *og_model_share(const json_t *value)
{
	json_t *mutable;

	memcpy(&mutable, &value, sizeof(mutable)); /* only its count is touched */
	return json_incref(mutable);
}

/* A string that is the same as a C string. */
static int whole(const json_t *text)
{
	return json_is_string(text) && strlen(json_string_value(text)) == json_string_length(text);
}

/* --- what can be kept ------------------------------------------------------ */

static const char *unkept(const json_t *value, int depth, int nul);

static const char *unkept_object(const json_t *object, int depth, int nul)
{
	json_t *mutable, *value;
	const char *key, *why;

	memcpy(&mutable, &object, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, key, value)
	{
		if ((why = unkept(value, depth, nul)))
			return why;
	}
	return NULL;
}

/* Printed, a whole number must come back as one that readers keep. */
static int number_kept(const json_t *number)
{
	double real = json_number_value(number);

	if (json_is_integer(number))
		return json_integer_value(number) <= OG_JSON_INT_MAX &&
		       json_integer_value(number) >= -OG_JSON_INT_MAX;
	return (real <= (double)OG_JSON_INT_MAX && real >= -(double)OG_JSON_INT_MAX) ||
	       real >= 1e21 || real <= -1e21;
}

/* Why a value cannot be kept and sent on, or NULL. nul: may strings hold one? */
static const char *unkept(const json_t *value, int depth, int nul)
{
	const char *why;

	if (depth > OG_MODEL_DEPTH)
		return "nested too deep";
	if (json_is_number(value))
		return number_kept(value) ? NULL : "a number that JSON readers do not keep";
	if (json_is_string(value) && !nul && !whole(value))
		return "a NUL character in a text";
	if (json_is_object(value))
		return unkept_object(value, depth + 1, nul);
	for (size_t i = 0; i < json_array_size(value); i++)
		if ((why = unkept(json_array_get(value, i), depth + 1, nul)))
			return why;
	return NULL;
}

/* --- the pieces ---------------------------------------------------------------- */

int og_draft_init(struct og_draft *draft, struct og_err *err)
{
	memset(draft, 0, sizeof(*draft));
	og_buf_init(&draft->text, TEXT_MAX);
	draft->stop = "end";
	draft->calls = json_array();
	return draft->calls ? 0 : og_fail_nomem(err);
}

void og_draft_release(struct og_draft *draft)
{
	json_decref(draft->raw);
	json_decref(draft->calls);
	json_decref(draft->usage);
	og_buf_release(&draft->text);
}

void og_draft_stop(struct og_draft *draft, const char *stop, const char *why)
{
	draft->stop = stop;
	og_text_format(draft->why, sizeof(draft->why), "%s", why);
}

int og_draft_text(struct og_draft *draft, const json_t *text, struct og_err *err)
{
	const char *data = json_string_value(text);
	size_t len = json_string_length(text);

	while (len > 0) {
		size_t part = strnlen(data, len);

		og_buf_add(&draft->text, data, part);
		if (part < len) {
			og_buf_adds(&draft->text, "\xef\xbf\xbd"); /* U+FFFD */
			part++;
		}
		data += part;
		len -= part;
	}
	return og_buf_check(&draft->text, "the answer's text", err);
}

/* A name that every provider takes back (Gemini's rule). */
static int name_legal(const char *name)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.:-";

	return *name && strspn(name, legal) == strlen(name) && strlen(name) <= OG_MODEL_NAME_MAX;
}

void og_draft_judge(struct og_draft_call *call)
{
	const char *why;

	if (call->problem[0])
		return;
	if (!json_is_object(call->arguments))
		og_text_format(call->problem, sizeof(call->problem), "arguments are no object");
	else if ((why = unkept(call->arguments, 0, 0)))
		og_text_format(call->problem, sizeof(call->problem), "arguments: %s", why);
}

static int add_call(struct og_draft *draft, const struct og_draft_call *call, struct og_err *err)
{
	json_t *made = json_object();
	int rc = -1;

	if (!made || json_array_append_new(draft->calls, json_incref(made)) < 0)
		og_fail_nomem(err);
	else if (call->id && og_json_set(made, "id", og_model_share(call->id), err) < 0)
		;
	else if (og_json_set(made, "name", og_model_share(call->name), err) < 0)
		;
	else if (call->problem[0])
		rc = og_json_set(made, "problem", json_string(call->problem), err);
	else
		rc = og_json_set(made, "arguments", json_incref(call->arguments), err);
	json_decref(made);
	return rc;
}

int og_draft_call(struct og_draft *draft, const struct og_draft_call *call, struct og_err *err)
{
	if (strcmp(draft->stop, "malformed") == 0)
		return 0;
	if (!whole(call->name) || !name_legal(json_string_value(call->name)))
		og_draft_stop(draft, "malformed", "a call without the name of a tool");
	else if (json_array_size(draft->calls) == OG_MODEL_CALLS_MAX)
		og_draft_stop(draft, "malformed", "too many calls in one turn");
	else
		return add_call(draft, call, err);
	return 0;
}

/* --- counts ------------------------------------------------------------------------ */

int64_t og_model_count(const json_t *of, const char *key)
{
	const json_t *value = json_object_get(of, key);
	double real = json_number_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_number(value) || !(real >= 0 && real <= (double)COUNT_MAX))
		return -1;
	return (int64_t)real;
}

int og_draft_usage(struct og_draft *draft, int64_t input, int64_t cached, int64_t output,
		   struct og_err *err)
{
	if (input < 0 || cached < 0 || output < 0)
		return 0;
	json_decref(draft->usage);
	draft->usage = json_pack("{s:I, s:I, s:I}", "input", (json_int_t)input, "cached",
				 (json_int_t)(cached < input ? cached : input), "output",
				 (json_int_t)output);
	return draft->usage ? 0 : og_fail_nomem(err);
}

/* --- the whole ------------------------------------------------------------------------ */

static int turns_away(const char *stop)
{
	return strcmp(stop, "refused") == 0 || strcmp(stop, "blocked") == 0 ||
	       strcmp(stop, "malformed") == 0;
}

/* A provider's word, cut: a model's name, an answer's id. */
static int set_word(json_t *answer, const char *key, const json_t *word, struct og_err *err)
{
	char text[WORD_MAX + 1];

	if (!whole(word) || !json_string_length(word))
		return 0;
	og_text_format(text, sizeof(text), "%s", json_string_value(word));
	return og_json_set(answer, key, json_string(text), err);
}

static int fill(const struct og_draft *draft, json_t *answer, struct og_err *err)
{
	const char *text = draft->text.len ? draft->text.data : "";

	if (og_json_set(answer, "raw", draft->raw ? json_incref(draft->raw) : json_null(), err) <
		    0 ||
	    og_json_set(answer, "text", json_stringn(text, draft->text.len), err) < 0 ||
	    og_json_set(answer, "calls", json_incref(draft->calls), err) < 0 ||
	    og_json_set(answer, "stop", json_string(draft->stop), err) < 0 ||
	    og_json_set(answer, "usage", draft->usage ? json_incref(draft->usage) : json_null(),
			err) < 0)
		return -1;
	if (draft->why[0] && og_json_set(answer, "why", json_string(draft->why), err) < 0)
		return -1;
	if (set_word(answer, "model", draft->model, err) < 0)
		return -1;
	return set_word(answer, "id", draft->id, err);
}

int og_draft_done(struct og_draft *draft, json_t **ret, struct og_err *err)
{
	const char *why = draft->raw ? unkept(draft->raw, 1, 1) : NULL;
	json_t *answer;

	if (why && !turns_away(draft->stop))
		og_draft_stop(draft, "malformed", why);
	if (turns_away(draft->stop)) {
		json_decref(draft->raw);
		draft->raw = NULL;
		json_array_clear(draft->calls);
	}
	answer = json_object();
	if (!answer)
		return og_fail_nomem(err);
	if (fill(draft, answer, err) < 0) {
		json_decref(answer);
		return -1;
	}
	*ret = answer;
	return 0;
}

/* --- errors in the place of answers ----------------------------------------------------- */

int og_model_error_in(const json_t *response, struct og_err *err)
{
	const json_t *error = json_object_get(response, "error");
	const char *message = json_is_object(error) ? og_json_str(error, "message")
						    : og_json_str(response, "error");
	char text[300]; /* whole characters: it may have to be told as JSON */

	if (!error || json_is_null(error))
		return 0;
	og_text_format(text, sizeof(text), "%s", message ? message : "an error without a message");
	return og_fail(err, OG_EDATA, "the provider says: %s", text);
}
