/*
 * What a provider says instead of an answer. The status tells most of it;
 * the body, whose shape differs from server to server, tells what would
 * help: to wait, to pay, to shorten, or to leave out what is not known.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/model/model-internal.h"

#define BODY_MAX  ((size_t)256 << 10)
#define RETRY_MAX (24.0 * 3600 * 1000) /* ms */

/* What a body says, all borrowed from json; "" where it says nothing. */
struct said {
	json_t *json;
	const json_t *error;
	const char *message, *code, *param;
};

const char *og_model_fault_name(enum og_model_fault fault)
{
	static const char *const names[] = { "throttled", "quota", "down",   "key",
					     "too-long",  "quirk", "request" };

	return names[fault];
}

/* --- the shapes of bodies ------------------------------------------------------ */

static const char *first_str(const json_t *of, const char *const *keys)
{
	for (; *keys; keys++) {
		const char *text = og_json_str(of, *keys);

		if (text && *text)
			return text;
	}
	return "";
}

/* {"error":{...}}, {"error":"..."}, {"message":...}, {"detail":...}, or the
 * first of a list of such; FastAPI's details are a list with "msg". */
static void read_shape(struct said *said)
{
	static const char *const messages[] = { "message", "error", "detail", "msg", NULL };
	static const char *const codes[] = { "code", "status", "type", NULL };
	static const char *const params[] = { "param", NULL };
	const json_t *top = json_is_array(said->json) ? json_array_get(said->json, 0) : said->json;
	const json_t *inner = json_object_get(top, "error");
	const json_t *detail = json_array_get(json_object_get(top, "detail"), 0);

	said->error = json_is_object(inner) ? inner : top;
	said->message = first_str(said->error, messages);
	said->code = first_str(said->error, codes);
	said->param = first_str(said->error, params);
	if (!said->message[0] && detail)
		said->message = first_str(detail, messages);
	if (!said->param[0] && detail) {
		const json_t *place = json_object_get(detail, "loc");
		const json_t *last = json_array_get(place, json_array_size(place) - 1);

		said->param = json_string_value(last) ? json_string_value(last) : "";
	}
}

/* --- when to come again ---------------------------------------------------------- */

/* "34s", "1.5s", "350ms", "1m2.5s", "6m0s": milliseconds; 0 for anything else. */
static int64_t duration(const char *text)
{
	double total = 0;

	while (*text >= '0' && *text <= '9') {
		char *end;
		double number = strtod(text, &end);
		double unit = strncmp(end, "ms", 2) == 0 ? 1
			      : *end == 's'		 ? 1000
			      : *end == 'm'		 ? 60000
			      : *end == 'h'		 ? 3600000
							 : 0;

		if (unit <= 0 || !isfinite(number))
			return 0;
		total += number * unit;
		text = end + (unit < 2 ? 2 : 1);
	}
	return total < RETRY_MAX ? (int64_t)ceil(total) : (int64_t)RETRY_MAX;
}

static const json_t *detail_of(const struct said *said, const char *type)
{
	const json_t *details = json_object_get(said->error, "details");

	for (size_t i = 0; i < json_array_size(details); i++) {
		const json_t *detail = json_array_get(details, i);
		const char *name = og_json_str(detail, "@type");

		if (name && strstr(name, type))
			return detail;
	}
	return NULL;
}

/* Gemini's RetryInfo, or the words of OpenAI. */
static int64_t retry_of(const struct said *said)
{
	static const char words[] = "try again in ";
	const char *delay = og_json_str(detail_of(said, "RetryInfo"), "retryDelay");
	const char *told = strstr(said->message, words);

	if (delay)
		return duration(delay);
	return told ? duration(told + strlen(words)) : 0;
}

/* --- what would help --------------------------------------------------------------- */

static int mentions(const struct said *said, const char *word)
{
	return strcasestr(said->message, word) || strcasestr(said->code, word) ||
	       strcasestr(said->param, word);
}

static int any_of(const struct said *said, const char *const *words)
{
	for (; *words; words++)
		if (mentions(said, *words))
			return 1;
	return 0;
}

/* A quota for a day or for money is not there again in a minute. */
static int is_quota(const struct said *said)
{
	static const char *const words[] = { "insufficient_quota", "billing_hard_limit",
					     "insufficient balance", "insufficient_balance", NULL };
	const json_t *violations = json_object_get(detail_of(said, "QuotaFailure"), "violations");

	for (size_t i = 0; i < json_array_size(violations); i++) {
		const char *id = og_json_str(json_array_get(violations, i), "quotaId");

		if (id && strstr(id, "PerDay"))
			return 1;
	}
	return any_of(said, words);
}

static int is_too_long(const struct said *said)
{
	static const char *const words[] = { "context_length",
					     "context length",
					     "exceed_context",
					     "context size",
					     "context window",
					     "input token count",
					     "prompt is too long",
					     "too many tokens",
					     "input is too long",
					     "string_above_max_length",
					     NULL };

	return any_of(said, words);
}

static unsigned quirk_of(const struct said *said)
{
	static const struct {
		const char *word;
		unsigned quirk;
	} quirks[] = {
		{ "max_completion_tokens", OG_QUIRK_MAX_TOKENS },
		{ "stream_options", OG_QUIRK_NO_USAGE },
		{ "include_usage", OG_QUIRK_NO_USAGE },
		{ "parallel_tool_calls", OG_QUIRK_NO_PARALLEL },
		{ "taskType", OG_QUIRK_NO_TASK_TYPE },
		{ "task_type", OG_QUIRK_NO_TASK_TYPE },
		{ "task type", OG_QUIRK_NO_TASK_TYPE },
		{ "temperature", OG_QUIRK_NO_TEMPERATURE },
		{ "'strict'", OG_QUIRK_NO_STRICT },
		{ "function.strict", OG_QUIRK_NO_STRICT },
		{ "invalid_function_parameters", OG_QUIRK_NO_STRICT },
	};

	for (size_t i = 0; i < sizeof(quirks) / sizeof(*quirks); i++)
		if (mentions(said, quirks[i].word))
			return quirks[i].quirk;
	return 0;
}

static int is_key(const struct said *said)
{
	static const char *const words[] = { "API_KEY_INVALID", "API key not valid",
					     "API key expired", "invalid_api_key", NULL };
	const char *reason = og_json_str(detail_of(said, "ErrorInfo"), "reason");

	return (reason && strncmp(reason, "API_KEY", 7) == 0) || any_of(said, words);
}

static enum og_model_fault fault_of(int status, const struct said *said, unsigned *quirk)
{
	*quirk = 0;
	if (status == 429)
		return is_quota(said) ? OG_FAULT_QUOTA : OG_FAULT_THROTTLED;
	if (status == 402)
		return OG_FAULT_QUOTA;
	if (status == 401 || status == 403)
		return OG_FAULT_KEY;
	if (status == 413 || is_too_long(said))
		return OG_FAULT_TOO_LONG;
	if (status >= 500 || status == 408)
		return OG_FAULT_DOWN;
	if (status != 400 && status != 422)
		return OG_FAULT_REQUEST;
	if (is_key(said))
		return OG_FAULT_KEY;
	*quirk = quirk_of(said);
	return *quirk ? OG_FAULT_QUIRK : OG_FAULT_REQUEST;
}

/* --- in words ------------------------------------------------------------------------ */

static void set_why(struct og_model_refusal *refusal, int status, const struct said *said)
{
	struct og_buf safe;
	const char *text = said->message[0] ? said->message : said->code;

	og_buf_init(&safe, BODY_MAX * 8);
	og_text_safe(&safe, text, strnlen(text, sizeof(refusal->why)), 0);
	og_text_format(refusal->why, sizeof(refusal->why), "status %d%s%s", status,
		       safe.len ? ": " : "", safe.len ? safe.data : "");
	og_buf_release(&safe);
}

void og_model_refused(const struct og_model *model, int status, const char *body, size_t len,
		      struct og_model_refusal *ret)
{
	struct said said = { NULL, NULL, "", "", "" };
	struct og_model_refusal refusal = { .fault = OG_FAULT_REQUEST };

	(void)model; /* bodies are told apart by their shape: proxies mix them */
	if (len > 0 && og_json_parse(body, len, BODY_MAX, "the refusal", &said.json, NULL) == 0)
		read_shape(&said);
	refusal.fault = fault_of(status, &said, &refusal.quirk);
	refusal.retry_ms = retry_of(&said);
	set_why(&refusal, status, &said);
	json_decref(said.json);
	*ret = refusal;
}
