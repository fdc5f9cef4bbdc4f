/*
 * The fake model's embeddings: words and their beginnings, hashed into a
 * vector, so that texts with the same words are near. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_EMBED_H
#define OG_TESTS_SERVERS_MODEL_EMBED_H

#include "tests/servers/model-reply.h"

#define TEXTS_MAX 100

static long own_dimension = 64;

static void add_word(double *vector, long dimension, const char *word, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)word[i]) * 16777619u;
	hash ^= hash >> 15;
	vector[hash % (uint32_t)dimension] += hash & 0x10000 ? 1 : -1;
}

static json_t *vector_of(const char *text, long dimension)
{
	double *vector = calloc((size_t)dimension, sizeof(*vector));
	json_t *made = json_array();
	char word[32];
	size_t len = 0;

	for (const char *p = text;; p++) {
		int c = og_ascii_lower((unsigned char)*p);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80) {
			if (len < sizeof(word))
				word[len++] = (char)c;
			continue;
		}
		if (len > 2) { /* "the orders" and "an order" are near */
			add_word(vector, dimension, word, len);
			add_word(vector, dimension, word, len > 5 ? 5 : len > 3 ? len - 1 : len);
		}
		len = 0;
		if (!*p)
			break;
	}
	vector[0] += 0.01; /* never without a direction */
	for (long i = 0; i < dimension; i++)
		json_array_append_new(made, json_real(vector[i]));
	free(vector);
	return made;
}

/* --- what is asked ------------------------------------------------------------- */

/* The texts of a request, borrowed in a new list, and the dimension. */
static json_t *embed_texts(const struct request *request, long *ret_dimension)
{
	const json_t *body = request->body, *one = body;
	const json_t *input = json_object_get(body, "input");
	json_t *texts = json_array(), *item;
	size_t i;

	if (request->dialect == OPENAI) {
		*ret_dimension = (long)og_json_int(body, "dimensions", own_dimension);
		if (json_is_string(input))
			json_array_append(texts, (json_t *)(uintptr_t)input);
		json_array_foreach((json_t *)(uintptr_t)input, i, item)
			json_array_append(texts, item);
		return texts;
	}
	if (request->batch)
		one = json_array_get(json_object_get(body, "requests"), 0);
	*ret_dimension = (long)og_json_int(one, "outputDimensionality", own_dimension);
	for (i = 0; one; one = json_array_get(json_object_get(body, "requests"), ++i)) {
		const json_t *parts = json_object_get(json_object_get(one, "content"), "parts");

		json_array_append(texts, json_object_get(json_array_get(parts, 0), "text"));
	}
	return texts;
}

static int check_one(const struct request *request, const json_t *one, struct verdict *verdict)
{
	static const char *const known[] = { "model", "content", "taskType", "outputDimensionality",
					     "title", NULL };
	static const char *const types[] = { "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT",
					     "SEMANTIC_SIMILARITY", NULL };
	const char *model = og_json_str(one, "model"), *type = og_json_str(one, "taskType");

	if (only(one, "requests", known, verdict) < 0)
		return -1;
	if (request->batch && (!model || !strstr(model, request->model)))
		return bad(verdict, "the model of a request is not that of the URL");
	return type && !one_of(type, types) ? bad(verdict, "taskType") : 0;
}

static int check_embed(const struct request *request, struct verdict *verdict)
{
	static const char *const known[] = { "model", "input", "dimensions", "encoding_format",
					     NULL };
	long dimension;
	json_t *texts = embed_texts(request, &dimension), *item;
	size_t i, n = json_array_size(texts);

	json_array_foreach(texts, i, item)
	{
		if (json_string_length(item) == 0)
			n = 0;
	}
	json_decref(texts);
	if (n == 0 || n > TEXTS_MAX)
		return bad(verdict, "at least one and at most %d texts", TEXTS_MAX);
	if (dimension < 1 || dimension > 4096)
		return bad(verdict, "dimension %ld", dimension);
	if (request->dialect == OPENAI)
		return only(request->body, "request", known, verdict);
	if (!request->batch)
		return check_one(request, request->body, verdict);
	json_array_foreach(json_object_get(request->body, "requests"), i, item)
	{
		if (check_one(request, item, verdict) < 0)
			return -1;
	}
	return 0;
}

/* --- what is answered ------------------------------------------------------------ */

static json_t *vectors_of(const json_t *texts, long dimension, const char *how)
{
	json_t *vectors = json_array(), *text;
	size_t i;

	json_array_foreach(texts, i, text)
	{
		int last = i + 1 == json_array_size(texts);

		if (strcmp(how, "short") == 0 && last)
			break;
		json_array_append_new(
			vectors, vector_of(json_string_value(text),
					   dimension + (strcmp(how, "dimension") == 0 && last)));
	}
	if (strcmp(how, "zero") == 0)
		json_array_set_new(vectors, 0, json_pack("[i,i]", 0, 0));
	return vectors;
}

static json_t *openai_embeddings(const json_t *vectors, size_t tokens, const char *how)
{
	json_t *data = json_array(), *vector;
	size_t i;

	json_array_foreach(vectors, i, vector)
	{
		json_t *one = json_pack("{s:s, s:i, s:O}", "object", "embedding", "index", (int)i,
					"embedding", vector);

		if (strcmp(how, "order") == 0)
			json_array_insert_new(data, 0, one);
		else
			json_array_append_new(data, one);
	}
	return json_pack("{s:s, s:s, s:o, s:{s:i, s:i}}", "object", "list", "model", "fake-openai",
			 "data", data, "usage", "prompt_tokens", (int)tokens, "total_tokens",
			 (int)tokens);
}

static json_t *gemini_embeddings(const json_t *vectors, int batch)
{
	json_t *list = json_array(), *vector, *answer;
	size_t i;

	json_array_foreach(vectors, i, vector)
		json_array_append_new(list, json_pack("{s:O}", "values", vector));
	if (batch)
		return json_pack("{s:o}", "embeddings", list);
	answer = json_pack("{s:O}", "embedding", json_array_get(list, 0));
	json_decref(list);
	return answer;
}

static void say_embeddings(struct reply *reply, const struct request *request)
{
	const char *told = og_json_str(reply->line, "embed"), *how = told ? told : "ok";
	long dimension;
	json_t *texts = embed_texts(request, &dimension);
	json_t *vectors = vectors_of(texts, dimension, how), *answer;

	said++;
	answer = request->dialect == OPENAI
			 ? openai_embeddings(vectors, request->strings.len / 4 + 1, how)
			 : gemini_embeddings(vectors, request->batch);
	reply->status = 200;
	say_json(reply, answer);
	json_decref(answer);
	json_decref(vectors);
	json_decref(texts);
}

#endif
