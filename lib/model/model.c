/*
 * The model of og.conf, and the way from there into its dialect.
 */
#include "lib/model/model.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/model/model-internal.h"

#define GEMINI_URL "https://generativelanguage.googleapis.com/v1beta"

/* What providers put around a conversation and its tools, in tokens. */
#define AROUND 512

static int fail(const char *text, const char *why, struct og_err *err)
{
	og_fail(err, OG_ECONF, "model: '%.200s' %s", text, why);
	return og_hint(err, "model = gemini:MODEL, or openai:http://127.0.0.1:11434/v1#MODEL");
}

/* It becomes part of a path: no part of it may lead elsewhere. */
static int model_valid(const char *model)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._:/-+@,=";
	const char *part = model;

	if (!*model || model[strspn(model, legal)])
		return 0;
	for (;;) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.'))
			return 0;
		if (!part[len])
			return 1;
		part += len + 1;
	}
}

static int set_url(const char *text, size_t len, struct og_model *ret)
{
	if (len >= sizeof(ret->url))
		return -1;
	memcpy(ret->url, text, len);
	ret->url[len] = '\0';
	if (!og_url_plain(ret->url))
		return -1;
	while (len > 0 && ret->url[len - 1] == '/')
		ret->url[--len] = '\0';
	return 0;
}

int og_model_parse(const char *text, struct og_model *ret, struct og_err *err)
{
	struct og_model model = { .dialect = OG_MODEL_OPENAI };
	const char *rest = text, *hash;

	if (strncmp(text, "gemini:", 7) == 0)
		model.dialect = OG_MODEL_GEMINI;
	else if (strncmp(text, "openai:", 7) != 0)
		return fail(text, "is neither gemini: nor openai:", err);
	rest += 7;
	hash = strchr(rest, '#');
	if (strlen(text) >= sizeof(model.name))
		return fail(text, "is too long", err);
	if (!hash && model.dialect == OG_MODEL_OPENAI)
		return fail(text, "has no '#MODEL' after its URL", err);
	if (!hash && strstr(rest, "://"))
		return fail(text, "has no '#MODEL' after its URL", err);
	if (hash ? set_url(rest, (size_t)(hash - rest), &model) < 0
		 : set_url(GEMINI_URL, strlen(GEMINI_URL), &model) < 0)
		return fail(text, "has no URL of a service, http:// or https://, before '#'", err);
	rest = hash ? hash + 1 : rest;
	if (strlen(rest) >= sizeof(model.model) || !model_valid(rest))
		return fail(text, "does not end with the name of a model", err);
	snprintf(model.model, sizeof(model.model), "%s", rest);
	snprintf(model.name, sizeof(model.name), "%s", text);
	*ret = model;
	return 0;
}

int og_model_bug(const char *what, struct og_err *err)
{
	return og_fail(err, OG_EBUG, "the conversation: %s", what);
}

int og_model_said(const json_t *turn, struct og_err *err)
{
	const char *role = og_json_str(turn, "role");
	const json_t *raw = json_object_get(turn, "raw");

	if (!role)
		return og_model_bug("a turn without a role", err);
	if (strcmp(role, "user") == 0)
		return OG_SAID_USER;
	if (strcmp(role, "tool") == 0)
		return json_array_size(json_object_get(turn, "results")) > 0
			       ? OG_SAID_TOOL
			       : og_model_bug("a turn of tools without results", err);
	if (strcmp(role, "model") != 0)
		return og_model_bug("a turn of an unknown role", err);
	if (json_is_null(raw))
		return OG_SAID_NOTHING;
	return json_is_object(raw) ? OG_SAID_MODEL
				   : og_model_bug("a model's turn without raw", err);
}

int og_model_request(const struct og_model *model, const struct og_model_talk *talk, json_t **ret,
		     struct og_err *err)
{
	if (model->dialect == OG_MODEL_GEMINI)
		return og_gemini_request(talk, ret, err);
	return og_openai_request(model, talk, ret, err);
}

int og_model_url(const struct og_model *model, int stream, struct og_buf *url, struct og_err *err)
{
	og_buf_addf(url, "%s/", model->url);
	if (model->dialect == OG_MODEL_GEMINI) {
		og_gemini_path(model, url);
		og_buf_adds(url, stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
	} else {
		og_buf_adds(url, "chat/completions");
	}
	return og_buf_check(url, "URL", err);
}

int64_t og_model_tokens_most(const char *text, size_t len)
{
	int64_t digits = 0, longest = 0;

	for (size_t i = 0; i < len; i++) {
		digits += text[i] >= '0' && text[i] <= '9';
		longest += (unsigned char)text[i] >= 0xf0;
	}
	return digits + 3 * longest + ((int64_t)len - digits - 4 * longest + 1) / 2 + AROUND;
}

static int read_answer(const struct og_model *model, json_t *response, json_t **ret,
		       struct og_err *err)
{
	int rc;

	if (!json_is_object(response))
		rc = og_fail(err, OG_EDATA, "the answer is no object");
	else if (og_model_error_in(response, err) < 0)
		rc = -1;
	else if (model->dialect == OG_MODEL_GEMINI)
		rc = og_gemini_read(response, ret, err);
	else
		rc = og_openai_read(response, ret, err);
	json_decref(response);
	return rc;
}

int og_model_answer(const struct og_model *model, const char *body, size_t len, json_t **ret,
		    struct og_err *err)
{
	json_t *response = NULL;

	if (og_json_parse(len > 0 ? body : "", len, OG_MODEL_ANSWER_MAX, "the answer", &response,
			  err) < 0)
		return -1;
	return read_answer(model, response, ret, err);
}

int og_model_streamed(const struct og_model *model, const char *text, size_t len, json_t **ret,
		      struct og_err *err)
{
	struct og_events events = { text, len > 0 ? text + len : text, 0 };
	json_t *response = NULL;
	int rc;

	if (len > OG_MODEL_STREAM_MAX)
		return og_fail(err, OG_EDATA, "the stream is larger than %zu bytes",
			       OG_MODEL_STREAM_MAX);
	if (model->dialect == OG_MODEL_GEMINI)
		rc = og_gemini_merge(&events, &response, err);
	else
		rc = og_openai_merge(&events, &response, err);
	return rc < 0 ? -1 : read_answer(model, response, ret, err);
}
