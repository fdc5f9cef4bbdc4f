/*
 * Fuzz target: what a provider answers, in both dialects: whole, as a
 * stream, as a refusal, as embeddings. The first byte chooses. An answer
 * that is taken has its shape, survives being printed and read again, and
 * can be sent back; everything else says why.
 *
 * Built with clang -fsanitize=fuzzer.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static int is(const char *word, const char *other)
{
	return word && strcmp(word, other) == 0;
}

/* Whole characters: it is told as JSON. */
static void tellable(const char *text)
{
	json_t *told = json_string(text);

	must(told != NULL && *text);
	json_decref(told);
}

static void check_stop(const json_t *answer)
{
	static const char *const stops[] = { "end",	"length",    "other", "refused",
					     "blocked", "malformed", NULL };
	const char *stop = og_json_str(answer, "stop");
	int i = 0;

	while (stops[i] && !is(stop, stops[i]))
		i++;
	must(stops[i] != NULL);
	if (i >= 3) {
		must(json_is_null(json_object_get(answer, "raw")));
		must(json_array_size(json_object_get(answer, "calls")) == 0);
	}
}

static void check_usage(const json_t *usage)
{
	int64_t input = og_json_int(usage, "input", -1);

	if (json_is_null(usage))
		return;
	must(input >= 0 && og_json_int(usage, "output", -1) >= 0);
	must(og_json_int(usage, "cached", -1) >= 0 && og_json_int(usage, "cached", -1) <= input);
}

/* The results that answer its calls. */
static json_t *check_calls(const json_t *answer, enum og_model_dialect dialect)
{
	const json_t *calls = json_object_get(answer, "calls");
	json_t *results = json_array();

	must(json_array_size(calls) <= OG_MODEL_CALLS_MAX);
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const json_t *call = json_array_get(calls, i);
		const char *name = og_json_str(call, "name"), *id = og_json_str(call, "id");
		json_t *result = json_pack("{s:s, s:s?, s:{}}", "name", name, "id", id, "output");

		must(name && *name && strlen(name) <= OG_MODEL_NAME_MAX);
		must(json_is_object(json_object_get(call, "arguments")) !=
		     (og_json_str(call, "problem") != NULL));
		must(dialect == OG_MODEL_GEMINI || (id && *id));
		if (!id)
			json_object_del(result, "id");
		json_array_append_new(results, result);
	}
	return results;
}

static void survives(const json_t *value)
{
	struct og_buf text;
	json_t *again = NULL;

	og_buf_init(&text, (size_t)256 << 20);
	must(og_json_canon(value, &text, NULL) == 0);
	must(og_json_parse(text.data, text.len, text.len, "it", &again, NULL) == 0);
	og_buf_clear(&text);
	must(og_json_canon(again, &text, NULL) == 0);
	json_decref(again);
	og_buf_release(&text);
}

/* It goes back to the model as part of a request. */
static void send_back(const struct og_model *model, const json_t *answer, json_t *results)
{
	json_t *turns = json_pack("[{s:s, s:s}, {s:s, s:O}]", "role", "user", "text", "q", "role",
				  "model", "raw", json_object_get(answer, "raw"));
	struct og_model_talk talk = { .turns = turns };
	json_t *body = NULL;

	if (json_array_size(results) > 0)
		json_array_append_new(turns,
				      json_pack("{s:s, s:O}", "role", "tool", "results", results));
	must(og_model_request(model, &talk, &body, NULL) == 0);
	survives(body);
	json_decref(body);
	json_decref(turns);
}

static void try_answer(const struct og_model *model, const char *text, size_t len, int stream)
{
	struct og_err err = OG_ERR_INIT;
	json_t *answer = NULL, *results;

	if ((stream ? og_model_streamed(model, text, len, &answer, &err)
		    : og_model_answer(model, text, len, &answer, &err)) < 0) {
		must(err.code == OG_EDATA && !answer);
		tellable(err.msg);
		return;
	}
	must(json_is_string(json_object_get(answer, "text")) && og_json_str(answer, "text"));
	check_stop(answer);
	check_usage(json_object_get(answer, "usage"));
	results = check_calls(answer, model->dialect);
	survives(answer);
	send_back(model, answer, results);
	json_decref(results);
	json_decref(answer);
}

static void try_refusal(const struct og_model *model, int status, const char *text, size_t len)
{
	struct og_model_refusal refusal;

	og_model_refused(model, status, text, len, &refusal);
	must(og_model_fault_name(refusal.fault)[0] && refusal.retry_ms >= 0 && refusal.why[0]);
	tellable(refusal.why);
	must((refusal.fault == OG_FAULT_QUIRK) == (refusal.quirk != 0));
	for (const char *p = refusal.why; *p; p++)
		must((unsigned char)*p >= ' ' && *p != 127);
}

static void try_embeddings(const struct og_model *model, size_t n, const char *text, size_t len)
{
	struct og_err err = OG_ERR_INIT;
	float *vectors = NULL;
	size_t dimension = 0;
	int64_t tokens = 0;

	if (og_embed_answer(model, text, len, n, &vectors, &dimension, &tokens, &err) < 0) {
		must(err.code == OG_EDATA);
		tellable(err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t j = 0; j < dimension; j++)
			sum += (double)vectors[i * dimension + j] * vectors[i * dimension + j];
		must(fabs(sum - 1) < 1e-3);
	}
	must(tokens >= -1);
	free(vectors);
}

static void try_name(const char *text, size_t len)
{
	struct og_model model;
	struct og_err err = OG_ERR_INIT;
	char *copy = strndup(text, len);

	if (copy && og_model_parse(copy, &model, &err) < 0)
		must(err.code == OG_ECONF && err.hint[0]);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 400, 401, 429, 500 };
	struct og_model model;
	const char *text = (const char *)data + 1;
	unsigned how;

	if (size == 0)
		return 0;
	how = data[0];
	must(og_model_parse(how & 1 ? "openai:http://h/v1#m" : "gemini:m", &model, NULL) == 0);
	size--;
	switch ((how >> 1) & 7) {
	case 0:
	case 1:
	case 2:
		try_answer(&model, text, size, 0);
		break;
	case 3:
	case 4:
		try_answer(&model, text, size, 1);
		break;
	case 5:
		try_refusal(&model, statuses[(how >> 4) & 3], text, size);
		break;
	case 6:
		try_embeddings(&model, 1 + (how >> 4) % 3, text, size);
		break;
	default:
		try_name(text, size);
	}
	return 0;
}
