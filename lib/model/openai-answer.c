/*
 * What servers that speak OpenAI's protocol answer. The message is kept as
 * it came but for what would make the next request a bad one: ids that are
 * missing or not their own, arguments that are no text of an object, the
 * old function_call.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/model/model-internal.h"

#define ID_LEN	       9 /* Mistral takes only ids of nine letters and digits */
#define UNREADABLE_MAX 2000

static void read_stop(struct og_draft *draft, const json_t *choice)
{
	static const char *const ends[] = { "stop",	 "tool_calls",	  "function_call",
					    "eos_token", "stop_sequence", "eos",
					    "end_turn",	 "tool_use" };
	const char *reason = og_json_str(choice, "finish_reason");

	if (!reason || !*reason)
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (strcmp(reason, ends[i]) == 0)
			return;
	if (strcmp(reason, "length") == 0 || strcmp(reason, "max_tokens") == 0)
		og_draft_stop(draft, "length", reason);
	else if (strcmp(reason, "content_filter") == 0)
		og_draft_stop(draft, "refused", reason);
	else
		og_draft_stop(draft, "other", reason);
}

/* --- arguments -------------------------------------------------------------- */

static int set_arguments(json_t *function, const json_t *value, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_MODEL_ANSWER_MAX * 2);
	if (og_json_canon(value, &text, err) == 0)
		rc = og_json_set(function, "arguments", json_stringn(text.data, text.len), err);
	og_buf_release(&text);
	return rc;
}

static int set_unreadable(json_t *function, const json_t *found, struct og_err *err)
{
	char text[UNREADABLE_MAX];
	json_t *value;
	int rc;

	og_text_format(text, sizeof(text), "%s",
		       json_is_string(found) ? json_string_value(found) : "");
	value = json_pack("{s:s}", "unreadable", text);
	rc = value ? set_arguments(function, value, err) : og_fail_nomem(err);
	json_decref(value);
	return rc;
}

static int blank(const json_t *text)
{
	const char *data = json_string_value(text);

	return data && strspn(data, " \t\r\n") == json_string_length(text);
}

/* The arguments of a function, a text with JSON; by some servers nothing, or
 * the object itself. *ret is new, or NULL with the call's problem set. */
static int read_arguments(json_t *function, struct og_draft_call *call, json_t **ret,
			  struct og_err *err)
{
	json_t *found = json_object_get(function, "arguments"), *value = NULL;
	struct og_err why = OG_ERR_INIT;
	int mend = !json_is_string(found) || blank(found);

	if (!found || json_is_null(found) || blank(found))
		value = json_object();
	else if (!json_is_string(found))
		value = json_incref(found);
	else if (og_json_parse(json_string_value(found), json_string_length(found),
			       OG_MODEL_ANSWER_MAX, "the text of the arguments", &value, &why) < 0)
		og_text_format(call->problem, sizeof(call->problem), "%s", why.msg);
	call->arguments = value;
	og_draft_judge(call);
	*ret = value;
	if (call->problem[0])
		return set_unreadable(function, found, err);
	return mend ? set_arguments(function, value, err) : 0;
}

/* --- ids ---------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const json_t *text)
{
	const char *data = json_string_value(text);

	for (size_t i = 0; i < json_string_length(text); i++)
		hash = (hash ^ (unsigned char)data[i]) * 1099511628211u;
	return hash;
}

/* An id from what the call is, so that the same answer gets the same one. */
static json_t *made_id(const struct og_draft *draft, const json_t *function)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint64_t hash = 14695981039346656037u;
	char id[ID_LEN + 1];

	hash = mix(hash, draft->id);
	hash = mix(hash, json_object_get(function, "name"));
	hash = mix(hash, json_object_get(function, "arguments"));
	hash = (hash ^ json_array_size(draft->calls)) * 1099511628211u;
	for (size_t i = 0; i < ID_LEN; i++, hash /= 36)
		id[i] = digits[hash % 36];
	id[ID_LEN] = '\0';
	return json_string(id);
}

static int id_usable(const struct og_draft *draft, const char *id)
{
	if (!id || !*id || strlen(id) > OG_MODEL_ID_MAX)
		return 0;
	for (size_t i = 0; i < json_array_size(draft->calls); i++)
		if (strcmp(og_json_str(json_array_get(draft->calls, i), "id"), id) == 0)
			return 0;
	return 1;
}

/* --- calls ----------------------------------------------------------------------- */

static int read_call(struct og_draft *draft, json_t *found, struct og_err *err)
{
	json_t *function = json_object_get(found, "function"), *arguments = NULL;
	struct og_draft_call call = { .name = json_object_get(function, "name") };
	int rc = -1;

	if (!json_is_object(function)) {
		og_draft_stop(draft, "malformed", "a call that is no function's");
		return 0;
	}
	if (read_arguments(function, &call, &arguments, err) < 0)
		goto out;
	if (!id_usable(draft, og_json_str(found, "id")) &&
	    og_json_set(found, "id", made_id(draft, function), err) < 0)
		goto out;
	if (og_json_set(found, "type", json_string("function"), err) < 0)
		goto out;
	call.id = json_object_get(found, "id");
	rc = og_draft_call(draft, &call, err);
out:
	json_decref(arguments);
	return rc;
}

/* The old single call becomes a call like any. */
static int modernize(json_t *message, struct og_err *err)
{
	json_t *old = json_object_get(message, "function_call"), *calls;

	if (json_is_object(old) && json_array_size(json_object_get(message, "tool_calls")) == 0) {
		calls = json_pack("[{s:O}]", "function", old);
		if (og_json_set(message, "tool_calls", calls, err) < 0)
			return -1;
	}
	json_object_del(message, "function_call");
	calls = json_object_get(message, "tool_calls");
	if (calls && json_array_size(calls) == 0) /* null or [], which is refused in a request */
		json_object_del(message, "tool_calls");
	return 0;
}

/* --- text ------------------------------------------------------------------------- */

static int read_part(struct og_draft *draft, const json_t *part, struct og_err *err)
{
	const char *type = og_json_str(part, "type"), *refusal = og_json_str(part, "refusal");

	if (refusal && *refusal)
		og_draft_stop(draft, "refused", refusal);
	if (type && strcmp(type, "text") == 0)
		return og_draft_text(draft, json_object_get(part, "text"), err);
	return 0;
}

/* A string, null, or a list of parts. */
static int read_content(struct og_draft *draft, const json_t *content, struct og_err *err)
{
	if (json_is_string(content))
		return og_draft_text(draft, content, err);
	for (size_t i = 0; i < json_array_size(content); i++)
		if (read_part(draft, json_array_get(content, i), err) < 0)
			return -1;
	return 0;
}

static int read_message(struct og_draft *draft, json_t *message, struct og_err *err)
{
	const char *refusal = og_json_str(message, "refusal");
	json_t *calls;

	if (modernize(message, err) < 0 ||
	    og_json_set(message, "role", json_string("assistant"), err) < 0 ||
	    read_content(draft, json_object_get(message, "content"), err) < 0)
		return -1;
	if (refusal && *refusal)
		og_draft_stop(draft, "refused", refusal);
	calls = json_object_get(message, "tool_calls");
	for (size_t i = 0; i < json_array_size(calls); i++)
		if (read_call(draft, json_array_get(calls, i), err) < 0)
			return -1;
	/* Without text and calls it would be refused in a request. */
	if (draft->text.len > 0 || calls)
		draft->raw = json_incref(message);
	return 0;
}

/* --- the whole ---------------------------------------------------------------------- */

/* What the total has more than its parts was thought (Gemini's door). */
static int read_usage(struct og_draft *draft, const json_t *usage, struct og_err *err)
{
	const json_t *details = json_object_get(usage, "prompt_tokens_details");
	int64_t input = og_model_count(usage, "prompt_tokens");
	int64_t output = og_model_count(usage, "completion_tokens");
	int64_t total = og_model_count(usage, "total_tokens");

	if (!json_is_number(json_object_get(usage, "prompt_tokens")) || input < 0 || output < 0)
		return 0;
	if (total - input > output)
		output = total - input;
	return og_draft_usage(draft, input, og_model_count(details, "cached_tokens"), output, err);
}

static int read_into(struct og_draft *draft, json_t *response, struct og_err *err)
{
	json_t *choice = json_array_get(json_object_get(response, "choices"), 0);
	json_t *message = json_object_get(choice, "message");
	const json_t *usage = json_object_get(response, "usage");

	draft->model = json_object_get(response, "model");
	draft->id = json_object_get(response, "id");
	if (read_usage(draft, usage, err) < 0)
		return -1;
	if (!json_is_object(message) && json_is_object(usage)) {
		og_draft_stop(draft, "other", "no choice");
		return 0;
	}
	if (!json_is_object(message))
		return og_fail(err, OG_EDATA, "the answer has no choice with a message");
	read_stop(draft, choice);
	return read_message(draft, message, err);
}

int og_openai_read(json_t *response, json_t **ret, struct og_err *err)
{
	struct og_draft draft;
	int rc = -1;

	if (og_draft_init(&draft, err) == 0 && read_into(&draft, response, err) == 0)
		rc = og_draft_done(&draft, ret, err);
	og_draft_release(&draft);
	return rc;
}
