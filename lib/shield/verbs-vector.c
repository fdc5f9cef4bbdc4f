/*
 * Embeddings: which texts lack one, taking them, and the query's own. The
 * shield asks no model. Whoever may put policies may put vectors of their
 * passages and of skills, which only order what a search finds: no vector
 * makes anything visible or lets anything bind. A query's vector is kept
 * with the principal who asked, so that nobody turns another's searches.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/embedding.h"
#include "lib/shield/verbs.h"

#define ITEMS_MAX    256 /* of one request */
#define WANT_DEFAULT 64

static int read_key(const json_t *from, struct og_vector_key *ret, struct og_err *err)
{
	ret->model = og_json_str(from, "model");
	ret->dimension = og_json_int(from, "dimension", -1);
	if (!ret->model || !*ret->model || strlen(ret->model) > OG_EMBED_MODEL_MAX)
		return og_fail(err, OG_EDATA, "request: 'model' is no name of an embedding model");
	if (ret->dimension < 0 || ret->dimension > OG_VECTOR_DIMENSION_MAX)
		return og_fail(err, OG_EDATA, "request: 'dimension' is not between 0 and %d",
			       OG_VECTOR_DIMENSION_MAX);
	return 0;
}

/* --- the query's ----------------------------------------------------------------- */

static void query_digest(const struct og_request *rq, const char *text, size_t len,
			 char out[OG_HASH_HEX + 1])
{
	const struct og_slice pieces[] = { { rq->who.name, strlen(rq->who.name) + 1 },
					   { text, len } };
	struct og_hash hash;

	og_sha256v(pieces, 2, &hash);
	og_hash_hex(&hash, out);
}

int og_request_embedding(struct og_request *rq, const char *text, size_t len,
			 struct og_embedding *ret, struct og_err *err)
{
	static const char *const keys[] = { "model", "dimension", NULL };
	const json_t *embed = json_object_get(rq->body, "embed");
	char digest[OG_HASH_HEX + 1];
	int found;

	*ret = (struct og_embedding){ .there = 0 };
	if (!embed)
		return 0;
	if (og_json_only(embed, "embed", keys, err) < 0 || read_key(embed, &ret->key, err) < 0)
		return -1;
	query_digest(rq, text, len, digest);
	found = og_vectors_get(rq->shield->embeddings, &ret->key, OG_VECTOR_QUERY, digest,
			       &ret->vector, err);
	ret->there = found == 1;
	if (found < 0)
		return -1;
	return og_json_set(rq->reply, "embedded", json_boolean(ret->there), err);
}

static int put_query(struct og_request *rq, const struct og_vector_key *key, const json_t *item,
		     const struct og_vector *vector, struct og_err *err)
{
	const json_t *text = json_object_get(item, "text");
	char digest[OG_HASH_HEX + 1];

	if (!json_is_string(text))
		return og_fail(err, OG_EDATA, "request: an item of a query needs its 'text'");
	query_digest(rq, json_string_value(text), json_string_length(text), digest);
	return og_vectors_put(rq->shield->embeddings, key, OG_VECTOR_QUERY, digest, vector, err) < 0
		       ? -1
		       : 0;
}

/* --- documents --------------------------------------------------------------------- */

/* What is embedded of a skill: what it is for, and how it is asked for. */
static json_t *skill_text(const json_t *doc, struct og_err *err)
{
	const json_t *patterns = json_object_get(doc, "patterns"), *pattern;
	char digest[OG_HASH_HEX + 1];
	struct og_hash hash;
	struct og_buf text;
	json_t *made = NULL;
	size_t i;

	og_buf_init(&text, OG_SKILL_TEXT_MAX);
	og_buf_addf(&text, "%s: %s", og_json_str(doc, "name"), og_json_str(doc, "description"));
	json_array_foreach(patterns, i, pattern)
		og_buf_addf(&text, "\n%s", og_json_str(pattern, "text"));
	if (og_buf_check(&text, "skill", err) == 0) {
		og_sha256(text.data, text.len, &hash);
		og_hash_hex(&hash, digest);
		made = json_pack("{s:s,s:s,s:s%,s:I}", "name", og_json_str(doc, "name"), "digest",
				 digest, "text", text.data, text.len, "clearance",
				 (json_int_t)og_json_int(doc, "clearance", 3));
		if (!made)
			og_fail_nomem(err);
	}
	og_buf_release(&text);
	return made;
}

static int read_texts(struct og_shield *shield, json_t *texts, struct og_err *err)
{
	json_t *docs = NULL, *item;
	size_t i;
	int rc = og_graph_docs(shield->graph, &docs, err);

	for (i = 0; rc == 0 && (item = json_array_get(docs, i)); i++) {
		json_t *text = skill_text(json_object_get(item, "doc"), err);

		if (!text || json_array_append_new(texts, text) < 0)
			rc = -1;
	}
	json_decref(docs);
	return rc;
}

/* [{"name","digest","text","clearance"}] of the graph as it is now, kept
 * until it changes; borrowed. NULL when we failed. */
static const json_t *skill_texts(struct og_shield *shield, struct og_err *err)
{
	json_t *texts;
	int64_t epoch;

	if (og_graph_epoch(shield->graph, &epoch, err) < 0)
		return NULL;
	if (shield->skill_texts && shield->skill_texts_epoch == epoch)
		return shield->skill_texts;
	texts = json_array();
	if (!texts || read_texts(shield, texts, err) < 0) {
		json_decref(texts);
		return NULL;
	}
	json_decref(shield->skill_texts);
	shield->skill_texts = texts;
	shield->skill_texts_epoch = epoch;
	return texts;
}

/* Has this text of a skill its vector? 1, 0, -1. */
static int has_vector(struct og_request *rq, const struct og_vector_key *key, const json_t *text,
		      struct og_err *err)
{
	struct og_vector vector = { NULL, 0 };
	int found = og_vectors_get(rq->shield->embeddings, key, OG_VECTOR_DOCUMENT,
				   og_json_str(text, "digest"), &vector, err);

	og_vector_release(&vector);
	return found;
}

/* The texts of skills that lack a vector, behind those in list. */
static int want_skills(struct og_request *rq, const struct og_vector_key *key, size_t limit,
		       json_t *list, int64_t *left, struct og_err *err)
{
	const json_t *texts = skill_texts(rq->shield, err), *text;
	size_t i;

	if (!texts)
		return -1;
	json_array_foreach(texts, i, text)
	{
		int there = 1;

		if (og_json_int(text, "clearance", 3) <= rq->who.clearance)
			there = has_vector(rq, key, text, err);
		if (there < 0)
			return -1;
		*left += there == 0;
		if (there == 0 && json_array_size(list) < limit &&
		    json_array_append_new(list, json_pack("{s:O,s:O}", "digest",
							  json_object_get(text, "digest"), "text",
							  json_object_get(text, "text"))) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

int og_verb_vector_want(struct og_request *rq, struct og_err *err)
{
	int64_t limit = og_json_int(rq->body, "limit", WANT_DEFAULT), left = 0;
	struct og_vector_key key;
	json_t *list = NULL;

	if (read_key(rq->body, &key, err) < 0)
		return -1;
	if (limit < 1 || limit > ITEMS_MAX)
		return og_fail(err, OG_EDATA, "request: 'limit' is not between 1 and %d",
			       ITEMS_MAX);
	if (og_policies_unembedded(rq->shield->policies, &key, rq->who.clearance, (size_t)limit,
				   &list, &left, err) < 0)
		return -1;
	if (want_skills(rq, &key, (size_t)limit, list, &left, err) < 0) {
		json_decref(list);
		return -1;
	}
	if (og_json_set(rq->reply, "texts", list, err) < 0)
		return -1;
	return og_json_set(rq->reply, "left", json_integer(left), err);
}

/* Is this the digest of a skill's text? 1, 0, -1. */
static int of_skill(struct og_request *rq, const char *digest, struct og_err *err)
{
	const json_t *texts = skill_texts(rq->shield, err), *text;
	size_t i;

	if (!texts)
		return -1;
	json_array_foreach(texts, i, text)
	{
		if (strcmp(og_json_str(text, "digest"), digest) == 0)
			return og_json_int(text, "clearance", 3) <= rq->who.clearance;
	}
	return 0;
}

/* Only what was asked for: the store is no place for other things. */
static int put_document(struct og_request *rq, const struct og_vector_key *key, const json_t *item,
			const struct og_vector *vector, struct og_err *err)
{
	const char *digest = og_json_str(item, "digest");
	int wanted = 0, kept;

	if (digest)
		wanted = og_policies_embeds(rq->shield->policies, digest, rq->who.clearance, err);
	if (digest && wanted == 0)
		wanted = of_skill(rq, digest, err);
	if (wanted < 0)
		return -1;
	if (wanted == 0)
		return og_refuse(rq, OG_CONFLICT, "no-text", err,
				 "no passage and no skill has the digest '%.64s'",
				 digest ? digest : "");
	kept = og_vectors_put(rq->shield->embeddings, key, OG_VECTOR_DOCUMENT, digest, vector, err);
	if (kept < 0)
		return -1;
	return og_policies_vector(rq->shield->policies, key, digest, (enum og_vector_kept)kept,
				  err);
}

static int put_item(struct og_request *rq, const struct og_vector_key *key,
		    enum og_vector_task task, const json_t *item, struct og_err *err)
{
	const json_t *text = json_object_get(item, "vector");
	struct og_vector vector;
	int rc;

	if (!json_is_string(text))
		return og_fail(err, OG_EDATA, "request: an item has no 'vector'");
	if (og_vector_decode(json_string_value(text), json_string_length(text), &vector, err) < 0)
		return -1;
	rc = task == OG_VECTOR_QUERY ? put_query(rq, key, item, &vector, err)
				     : put_document(rq, key, item, &vector, err);
	og_vector_release(&vector);
	return rc;
}

static int read_task(struct og_request *rq, enum og_vector_task *ret, struct og_err *err)
{
	const char *task = og_json_str(rq->body, "kind");

	if (task && strcmp(task, "query") == 0)
		*ret = OG_VECTOR_QUERY;
	else if (task && strcmp(task, "document") == 0)
		*ret = OG_VECTOR_DOCUMENT;
	else
		return og_fail(err, OG_EDATA, "request: 'kind' is neither query nor document");
	return *ret == OG_VECTOR_DOCUMENT ? og_request_right(rq, "policy", err) : 0;
}

int og_verb_vector_put(struct og_request *rq, struct og_err *err)
{
	const json_t *items = json_object_get(rq->body, "items"), *item;
	struct og_vector_key key;
	enum og_vector_task task;
	size_t i;

	if (read_key(rq->body, &key, err) < 0 || read_task(rq, &task, err) < 0)
		return -1;
	if (json_array_size(items) > ITEMS_MAX)
		return og_fail(err, OG_EDATA, "request: more than %d items", ITEMS_MAX);
	json_array_foreach(items, i, item) if (put_item(rq, &key, task, item, err) < 0) return -1;
	if (og_json_set(rq->reply, "stored", json_integer((json_int_t)json_array_size(items)),
			err) < 0)
		return -1;
	/* Policies whose passages these are of became due (outbox.h). */
	rq->shield->frame.due =
		task == OG_VECTOR_DOCUMENT && rq->shield->elsewhere.on[OG_STORE_VECTORS];
	return og_frame_commit(&rq->shield->frame, 0, err);
}

/* --- skills by meaning ------------------------------------------------------------- */

static int rank_skills(struct og_request *rq, const struct og_embedding *query, const json_t *texts,
		       struct og_top *top, struct og_err *err)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text)
	{
		struct og_vector vector = { NULL, 0 };
		int found = og_vectors_get(rq->shield->embeddings, &query->key, OG_VECTOR_DOCUMENT,
					   og_json_str(text, "digest"), &vector, err);

		if (found < 0)
			return -1;
		if (found == 1 && vector.n == query->vector.n)
			og_top_offer(
				top, (int64_t)i,
				og_vector_cosine(vector.values, query->vector.values, vector.n));
		og_vector_release(&vector);
	}
	return 0;
}

/* The number of the skill a candidate is about, among texts; -1: none. */
static int64_t number_of(const json_t *texts, const json_t *candidate)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text)
	{
		if (json_equal(json_object_get(text, "name"), json_object_get(candidate, "skill")))
			return (int64_t)i;
	}
	return -1;
}

/* The skill's own score stays what the words gave it; 0 where they gave none. */
static json_t *candidate_json(const json_t *candidates, const json_t *texts, int64_t number)
{
	json_t *name = json_object_get(json_array_get(texts, (size_t)number), "name"), *candidate;
	size_t i;

	json_array_foreach(candidates, i, candidate)
	{
		if (json_equal(json_object_get(candidate, "skill"), name))
			return json_incref(candidate);
	}
	return json_pack("{s:O,s:f}", "skill", name, "score", 0.0);
}

/* The candidates in the order that both rankings come to. */
static json_t *fused(const json_t *candidates, const json_t *texts, const struct og_top *top,
		     size_t limit)
{
	struct og_best words[OG_RANKED_MAX], all[2 * OG_RANKED_MAX];
	json_t *list = json_array(), *candidate;
	size_t i, n = 0, count;

	json_array_foreach(candidates, i, candidate)
	{
		int64_t number = number_of(texts, candidate);

		if (number >= 0 && n < OG_RANKED_MAX)
			words[n++] = (struct og_best){ number, 0 };
	}
	count = og_fuse(words, n, top->best, top->n, all);
	for (i = 0; list && i < count && i < limit; i++)
		json_array_append_new(list, candidate_json(candidates, texts, all[i].number));
	return list;
}

int og_request_fuse(struct og_request *rq, const struct og_embedding *query, size_t limit,
		    json_t *found, struct og_err *err)
{
	struct og_best room[OG_RANKED_MAX];
	struct og_top top = { room, OG_RANKED_MAX, 0 };
	const json_t *texts;

	if (!query->there)
		return 0;
	texts = skill_texts(rq->shield, err);
	if (!texts || rank_skills(rq, query, texts, &top, err) < 0)
		return -1;
	return og_json_set(found, "candidates",
			   fused(json_object_get(found, "candidates"), texts, &top, limit), err);
}
