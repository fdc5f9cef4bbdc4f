/*
 * What Gemini answers, whole or in a stream. A call ends with the reason
 * STOP like any text: it is found by its part. Parts that are thoughts stay
 * in the turn and are nobody's text.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/model/model-internal.h"

/* What finish reasons come to; one that is not here is "other". */
static const char *stop_of(const char *reason)
{
	static const char *const stops[][2] = {
		{ "STOP", "end" },
		{ "MAX_TOKENS", "length" },
		{ "SAFETY", "refused" },
		{ "RECITATION", "refused" },
		{ "LANGUAGE", "refused" },
		{ "BLOCKLIST", "refused" },
		{ "PROHIBITED_CONTENT", "refused" },
		{ "SPII", "refused" },
		{ "MALFORMED_FUNCTION_CALL", "malformed" },
		{ "MALFORMED_RESPONSE", "malformed" },
		{ "UNEXPECTED_TOOL_CALL", "malformed" },
		{ "TOO_MANY_TOOL_CALLS", "malformed" },
		{ "MISSING_THOUGHT_SIGNATURE", "malformed" },
	};

	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++)
		if (strcmp(reason, stops[i][0]) == 0)
			return stops[i][1];
	return strncmp(reason, "IMAGE_", 6) == 0 ? "refused" : "other";
}

static void read_stop(struct og_draft *draft, const json_t *candidate)
{
	const char *reason = og_json_str(candidate, "finishReason");
	const char *message = og_json_str(candidate, "finishMessage");
	const char *stop = reason ? stop_of(reason) : "end";
	char why[sizeof(draft->why)];

	og_text_format(why, sizeof(why), "%s%s%s", reason ? reason : "", message ? ": " : "",
		       message ? message : "");
	og_draft_stop(draft, stop, strcmp(stop, "end") == 0 ? "" : why);
}

static int read_call(struct og_draft *draft, const json_t *found, struct og_err *err)
{
	struct og_draft_call call = { .name = json_object_get(found, "name") };
	const char *id = og_json_str(found, "id");
	json_t *args = json_object_get(found, "args"), *empty = NULL;
	int rc;

	if (id && *id && strlen(id) <= OG_MODEL_ID_MAX)
		call.id = json_object_get(found, "id");
	if (!args || json_is_null(args))
		args = empty = json_object();
	call.arguments = args;
	og_draft_judge(&call);
	rc = og_draft_call(draft, &call, err);
	json_decref(empty);
	return rc;
}

static int read_parts(struct og_draft *draft, const json_t *parts, struct og_err *err)
{
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		const json_t *call = json_object_get(part, "functionCall");

		if (call ? read_call(draft, call, err) < 0
			 : !og_json_bool(part, "thought", 0) &&
				    og_draft_text(draft, json_object_get(part, "text"), err) < 0)
			return -1;
	}
	return 0;
}

static int read_usage(struct og_draft *draft, const json_t *usage, struct og_err *err)
{
	int64_t prompt = og_model_count(usage, "promptTokenCount");
	int64_t tools = og_model_count(usage, "toolUsePromptTokenCount");
	int64_t said = og_model_count(usage, "candidatesTokenCount");
	int64_t thought = og_model_count(usage, "thoughtsTokenCount");

	if (json_object_size(usage) == 0 || prompt < 0 || tools < 0 || said < 0 || thought < 0)
		return 0;
	return og_draft_usage(draft, prompt + tools,
			      og_model_count(usage, "cachedContentTokenCount"), said + thought,
			      err);
}

/* The turn, if there is one to send back. */
static int read_content(struct og_draft *draft, json_t *content, struct og_err *err)
{
	json_t *parts = json_object_get(content, "parts");

	if (json_array_size(parts) == 0)
		return 0;
	if (!og_json_str(content, "role") &&
	    og_json_set(content, "role", json_string("model"), err) < 0)
		return -1;
	draft->raw = json_incref(content);
	return read_parts(draft, parts, err);
}

static int read_into(struct og_draft *draft, json_t *response, struct og_err *err)
{
	json_t *candidate = json_array_get(json_object_get(response, "candidates"), 0);
	const json_t *usage = json_object_get(response, "usageMetadata");
	const char *block = og_json_str(json_object_get(response, "promptFeedback"), "blockReason");

	draft->model = json_object_get(response, "modelVersion");
	draft->id = json_object_get(response, "responseId");
	if (read_usage(draft, usage, err) < 0)
		return -1;
	if (!candidate && block)
		og_draft_stop(draft, "blocked", block);
	else if (!candidate && usage)
		og_draft_stop(draft, "other", "no candidate");
	else if (!json_is_object(candidate))
		return og_fail(err, OG_EDATA, "the answer has no candidate");
	else
		read_stop(draft, candidate);
	return candidate ? read_content(draft, json_object_get(candidate, "content"), err) : 0;
}

int og_gemini_read(json_t *response, json_t **ret, struct og_err *err)
{
	struct og_draft draft;
	int rc = -1;

	if (og_draft_init(&draft, err) == 0 && read_into(&draft, response, err) == 0)
		rc = og_draft_done(&draft, ret, err);
	og_draft_release(&draft);
	return rc;
}
