/*
 * Embeddings. Vectors leave here with length 1, whatever the provider did,
 * so that a product of two is their likeness (Gemini's are not of length 1
 * when they are shorter than the model's own).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/model-internal.h"

/* --- requests --------------------------------------------------------------- */

static json_t *gemini_one(const struct og_model *model, const json_t *text, const char *task,
			  long dimension)
{
	int whole = strchr(model->model, '/') != NULL;
	json_t *one = json_pack("{s:s+, s:{s:[{s:o}]}}", "model", whole ? "" : "models/",
				model->model, "content", "parts", "text", og_model_share(text));

	if (one && task && json_object_set_new(one, "taskType", json_string(task)) < 0)
		goto fail;
	if (one && dimension > 0 &&
	    json_object_set_new(one, "outputDimensionality", json_integer(dimension)) < 0)
		goto fail;
	return one;
fail:
	json_decref(one);
	return NULL;
}

static int gemini_request(const struct og_model *model, const json_t *texts, const char *task,
			  long dimension, json_t **ret)
{
	json_t *requests = json_array(), *body = json_pack("{s:o}", "requests", requests);

	for (size_t i = 0; body && i < json_array_size(texts); i++) {
		json_t *one = gemini_one(model, json_array_get(texts, i), task, dimension);

		if (!one || json_array_append_new(requests, one) < 0) {
			json_decref(body);
			body = NULL;
		}
	}
	*ret = body;
	return body ? 0 : -1;
}

static int openai_request(const struct og_model *model, const json_t *texts, long dimension,
			  json_t **ret)
{
	json_t *body = json_pack("{s:s, s:o, s:s, s:o*}", "model", model->model, "input",
				 og_model_share(texts), "encoding_format", "float", "dimensions",
				 dimension > 0 ? json_integer(dimension) : NULL);

	*ret = body;
	return body ? 0 : -1;
}

int og_embed_request(const struct og_model *model, const json_t *texts, const char *task,
		     long dimension, unsigned quirks, json_t **ret, struct og_err *err)
{
	size_t n = json_array_size(texts);
	const char *type = strcmp(task, "query") == 0 ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT";
	int rc;

	if (n == 0 || n > OG_EMBED_TEXTS_MAX)
		return og_fail(err, OG_EBUG, "%zu texts to embed at once", n);
	for (size_t i = 0; i < n; i++)
		if (json_string_length(json_array_get(texts, i)) == 0)
			return og_fail(err, OG_EBUG, "a text to embed is empty or none");
	if (model->dialect == OG_MODEL_GEMINI)
		rc = gemini_request(model, texts, quirks & OG_QUIRK_NO_TASK_TYPE ? NULL : type,
				    dimension, ret);
	else
		rc = openai_request(model, texts, dimension, ret);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

int og_embed_url(const struct og_model *model, struct og_buf *url, struct og_err *err)
{
	og_buf_addf(url, "%s/", model->url);
	if (model->dialect == OG_MODEL_GEMINI) {
		og_gemini_path(model, url);
		og_buf_adds(url, ":batchEmbedContents");
	} else {
		og_buf_adds(url, "embeddings");
	}
	return og_buf_check(url, "URL", err);
}

/* --- answers ------------------------------------------------------------------ */

struct vectors {
	float *data; /* n * dimension, or NULL before the first */
	size_t n, dimension;
	unsigned char *seen; /* n */
};

static int start(struct vectors *vectors, size_t dimension, struct og_err *err)
{
	if (dimension == 0 || dimension > OG_EMBED_DIMENSION_MAX)
		return og_fail(err, OG_EDATA, "embeddings of dimension %zu", dimension);
	vectors->dimension = dimension;
	vectors->data = calloc(vectors->n * dimension, sizeof(*vectors->data));
	vectors->seen = calloc(vectors->n, 1);
	return vectors->data && vectors->seen ? 0 : og_fail_nomem(err);
}

/* The length of a vector, or -1 when a value is no number. */
static double length_of(const json_t *values)
{
	double sum = 0;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);

		if (!json_is_number(value))
			return -1;
		sum += json_number_value(value) * json_number_value(value);
	}
	return sqrt(sum);
}

static int place(struct vectors *vectors, int64_t at, const json_t *values, struct og_err *err)
{
	size_t dimension = json_array_size(values);
	double length = length_of(values);
	float *out;

	if (!json_is_array(values) || !isfinite(length) || length <= 0)
		return og_fail(err, OG_EDATA, "an embedding is no vector with a direction");
	if (!vectors->data && start(vectors, dimension, err) < 0)
		return -1;
	if (dimension != vectors->dimension)
		return og_fail(err, OG_EDATA, "embeddings of dimension %zu and %zu in one answer",
			       vectors->dimension, dimension);
	if (at < 0 || (size_t)at >= vectors->n || vectors->seen[at])
		return og_fail(err, OG_EDATA, "an embedding for no text of the request");
	vectors->seen[at] = 1;
	out = vectors->data + (size_t)at * dimension;
	for (size_t i = 0; i < dimension; i++)
		out[i] = (float)(json_number_value(json_array_get(values, i)) / length);
	return 0;
}

static int read_gemini(struct vectors *vectors, const json_t *response, struct og_err *err)
{
	const json_t *list = json_object_get(response, "embeddings");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (place(vectors, (int64_t)i, json_object_get(json_array_get(list, i), "values"),
			  err) < 0)
			return -1;
	return 0;
}

/* By their index, which is not always their place. */
static int read_openai(struct vectors *vectors, const json_t *response, struct og_err *err)
{
	const json_t *list = json_object_get(response, "data");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (place(vectors, og_json_int(one, "index", (int64_t)i),
			  json_object_get(one, "embedding"), err) < 0)
			return -1;
	}
	return 0;
}

static int64_t tokens_of(const struct og_model *model, const json_t *response)
{
	int gemini = model->dialect == OG_MODEL_GEMINI;
	const json_t *usage = json_object_get(response, gemini ? "usageMetadata" : "usage");
	const char *key = gemini ? "promptTokenCount" : "prompt_tokens";

	return json_is_number(json_object_get(usage, key)) ? og_model_count(usage, key) : -1;
}

static int read_answer(const struct og_model *model, const json_t *response,
		       struct vectors *vectors, struct og_err *err)
{
	int gemini = model->dialect == OG_MODEL_GEMINI;
	size_t n = json_array_size(json_object_get(response, gemini ? "embeddings" : "data"));

	if (og_model_error_in(response, err) < 0)
		return -1;
	if (n != vectors->n)
		return og_fail(err, OG_EDATA, "%zu embeddings for %zu texts", n, vectors->n);
	return gemini ? read_gemini(vectors, response, err) : read_openai(vectors, response, err);
}

int og_embed_answer(const struct og_model *model, const char *body, size_t len, size_t n,
		    float **ret_vectors, size_t *ret_dimension, int64_t *ret_tokens,
		    struct og_err *err)
{
	struct vectors vectors = { .n = n };
	json_t *response = NULL;
	int rc = -1;

	if (n == 0 || n > OG_EMBED_TEXTS_MAX)
		return og_fail(err, OG_EBUG, "an answer with %zu embeddings", n);
	if (og_json_parse(len > 0 ? body : "", len, OG_EMBED_ANSWER_MAX, "the answer", &response,
			  err) < 0)
		return -1;
	if (read_answer(model, response, &vectors, err) < 0)
		goto out;
	*ret_vectors = vectors.data;
	*ret_dimension = vectors.dimension;
	*ret_tokens = tokens_of(model, response);
	vectors.data = NULL;
	rc = 0;
out:
	free(vectors.data);
	free(vectors.seen);
	json_decref(response);
	return rc;
}
