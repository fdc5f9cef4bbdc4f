/* Models to parse for, and JSON that is easy to write: for tests of lib/model. */
#ifndef OG_TESTS_MODELS_H
#define OG_TESTS_MODELS_H

#include "tests/unit/unit.h"

#include "lib/base/file.h"
#include "lib/model/model.h"

static struct og_err err;

static inline struct og_model model_of(const char *text)
{
	struct og_model model;

	memset(&model, 0, sizeof(model));
	OG_CHECK_OK(og_model_parse(text, &model, &err), &err);
	return model;
}

static inline struct og_model gemini(void)
{
	return model_of("gemini:gemini-3-pro");
}

static inline struct og_model openai(void)
{
	return model_of("openai:http://127.0.0.1:11434/v1#qwen2.5:7b");
}

/* JSON with apostrophes for quotes, so that it can be read here. */
static inline json_t *json(const char *text)
{
	json_t *value = NULL;
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	OG_CHECK_OK(og_json_parse(copy, strlen(copy), 1 << 20, "test", &value, &err), &err);
	free(copy);
	return value;
}

static inline char *canon(const json_t *value)
{
	struct og_buf buf;
	char *text;

	og_buf_init(&buf, 64 << 20);
	OG_CHECK_OK(og_json_canon(value, &buf, &err), &err);
	text = og_buf_take(&buf);
	return text ? text : strdup("");
}

/* Is it this JSON? Prints both when not. */
static inline void same(const json_t *got, const char *want)
{
	json_t *wanted = json(want);
	char *a = canon(got), *b = canon(wanted);

	OG_CHECK_STR(a, b);
	free(a);
	free(b);
	json_decref(wanted);
}

static inline json_t *answer_of(const struct og_model *model, const char *body)
{
	json_t *response = json(body), *answer = NULL;
	char *text = canon(response);

	OG_CHECK_OK(og_model_answer(model, text, strlen(text), &answer, &err), &err);
	free(text);
	json_decref(response);
	return answer;
}

/* The raw turn must answer to the ids that the calls have. */
static inline void check_ids(const json_t *answer)
{
	const json_t *calls = json_object_get(answer, "calls");
	const json_t *raw = json_object_get(json_object_get(answer, "raw"), "tool_calls");

	OG_CHECK_INT(json_array_size(calls), json_array_size(raw));
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const char *id = og_json_str(json_array_get(calls, i), "id");

		OG_CHECK_STR(og_json_str(json_array_get(raw, i), "id"), id);
		OG_CHECK(id && *id);
		for (size_t j = 0; j < i; j++)
			OG_CHECK(strcmp(og_json_str(json_array_get(calls, j), "id"), id) != 0);
	}
}

#endif
