/*
 * What a Qdrant server answers; see qdrant-wire.h. A point is judged by what
 * it says of itself: its id has to follow from that, so that no answer can
 * give one passage the place of another.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/policy/qdrant-wire.h"

#define WORDS_MAX 200  /* bytes of the server's own that a message repeats */
#define TOLD_MAX  2000 /* bytes of a point's node, source and sum */

static int odd(const char *doing, struct og_err *err)
{
	return og_fail(err, OG_EUNAVAIL, "vectors' store: %s: the answer has another form", doing);
}

/* --- the envelope -------------------------------------------------------------------- */

static int code_of(int status)
{
	switch (status) {
	case 401:
	case 403:
		return OG_EPERM;
	case 404:
		return OG_ENOINPUT;
	case 408:
	case 429:
	case 503:
	case 504:
		return OG_ETEMP;
	default:
		return OG_EUNAVAIL;
	}
}

static int refused(const char *doing, int status, const json_t *answer, struct og_err *err)
{
	const char *words = og_json_str(json_object_get(answer, "status"), "error");

	og_fail(err, code_of(status), "vectors' store: %s: status %d%s%.*s", doing, status,
		words ? ": " : "", WORDS_MAX, words ? words : "");
	if (status == 401 || status == 403)
		return og_hint(err, "vectors_key in og.conf names the file with the API key");
	if (status == 404)
		return og_hint(err, "'og doctor --fix' makes the collection");
	return -1;
}

int og_qdrant_hear(const char *doing, int status, const char *body, size_t len, json_t **ret,
		   struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *answer = NULL, *result;
	const char *said;
	int rc = -1;

	if (og_json_parse(len ? body : "", len, OG_QDRANT_BODY_MAX, "answer", &answer, &why) < 0 &&
	    status == 200)
		return og_fail(err, OG_EUNAVAIL, "vectors' store: %s: %s", doing, why.msg);
	said = og_json_str(answer, "status");
	result = json_object_get(answer, "result");
	if (status != 200) {
		refused(doing, status, answer, err);
	} else if (!said || strcmp(said, "ok") != 0 || !result) {
		odd(doing, err);
	} else {
		*ret = json_incref(result);
		rc = 0;
	}
	json_decref(answer);
	return rc;
}

int og_qdrant_hear_update(const char *doing, const json_t *result, struct og_err *err)
{
	const char *status = og_json_str(result, "status");

	if (status && strcmp(status, "completed") == 0)
		return 0;
	if (status && (strcmp(status, "acknowledged") == 0 || strcmp(status, "wait_timeout") == 0))
		return og_fail(err, OG_ETEMP, "vectors' store: %s: taken, but not done yet", doing);
	return odd(doing, err);
}

int og_qdrant_hear_exists(const json_t *result, int *ret, struct og_err *err)
{
	const json_t *exists = json_object_get(result, "exists");

	if (!json_is_boolean(exists))
		return odd("looking for the collection", err);
	*ret = json_is_true(exists);
	return 0;
}

/* --- the collection ------------------------------------------------------------------- */

static unsigned indexes_of(const json_t *schema)
{
	unsigned there = 0;

	for (unsigned i = 0; i < OG_QDRANT_INDEXES; i++) {
		const char *type = og_json_str(json_object_get(schema, og_qdrant_indexes[i].field),
					       "data_type");

		if (type && strcmp(type, og_qdrant_indexes[i].type) == 0)
			there |= 1u << i;
	}
	return there;
}

/* Vectors with names of their own are a collection that is not ours: its
 * width is 0, which no vector has. */
int og_qdrant_hear_state(const json_t *result, struct og_qdrant_state *ret, unsigned *ret_indexes,
			 struct og_err *err)
{
	const json_t *config = json_object_get(result, "config"), *vectors;
	const char *distance;

	vectors = json_object_get(json_object_get(config, "params"), "vectors");
	if (!json_is_object(vectors))
		return odd("reading the collection", err);
	distance = og_json_str(vectors, "distance");
	ret->width = og_json_int(vectors, "size", 0);
	if (ret->width < 0 || ret->width > 65536)
		return odd("reading the collection", err);
	ret->points = og_json_int(result, "points_count", -1);
	ret->cosine = distance && strcmp(distance, "Cosine") == 0;
	*ret_indexes = indexes_of(json_object_get(result, "payload_schema"));
	ret->indexed = *ret_indexes == (1u << OG_QDRANT_INDEXES) - 1;
	return 0;
}

int og_qdrant_hear_count(const json_t *result, int64_t *ret, struct og_err *err)
{
	int64_t count = og_json_int(result, "count", -1);

	if (count < 0)
		return odd("counting", err);
	*ret = count;
	return 0;
}

/* --- points ----------------------------------------------------------------------------- */

static int is_digest(const char *text)
{
	return text && strlen(text) == OG_HASH_HEX &&
	       strspn(text, "0123456789abcdef") == OG_HASH_HEX;
}

/* Is it a point of the instance's, with the id that follows from what it
 * says of itself? *ret is borrowed from it. */
static int read_point(const json_t *point, const char *instance, int64_t dimension,
		      struct og_qdrant_point *ret)
{
	const json_t *payload = json_object_get(point, "payload");
	const char *id = og_json_str(point, "id"), *owner = og_json_str(payload, "instance");
	char right[OG_UUID_LEN + 1];

	*ret = (struct og_qdrant_point){
		.policy = og_json_str(payload, "policy"),
		.hash = og_json_str(payload, "hash"),
		.digest = og_json_str(payload, "digest"),
		.clearance = og_json_int(payload, "clearance_level", -1),
		.key = { og_json_str(payload, "model"), dimension },
	};
	if (!id || !owner || strcmp(owner, instance) != 0 || !ret->policy || !*ret->policy ||
	    strlen(ret->policy) > OG_QDRANT_NAME_MAX || !is_digest(ret->hash) ||
	    !is_digest(ret->digest) || !ret->key.model || ret->clearance < 0)
		return 0;
	og_qdrant_id(instance, ret, right);
	return og_ascii_casecmp(id, right) == 0;
}

static int is_asked(const json_t *payload, const char *field, const char *asked)
{
	const char *value = og_json_str(payload, field);

	return !asked || (value && strcmp(value, asked) == 0);
}

static int not_wanted(const json_t *policies, const char *policy)
{
	const json_t *one;
	size_t i;

	json_array_foreach(policies, i, one)
	{
		if (strcmp(json_string_value(one), policy) == 0)
			return 1;
	}
	return 0;
}

static int told_before(const struct og_qdrant_hit *hits, size_t n,
		       const struct og_qdrant_point *point)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(hits[i].digest, point->digest) == 0 &&
		    strcmp(hits[i].policy, point->policy) == 0)
			return 1;
	return 0;
}

/* Does this hit answer the query? */
static int fits(const json_t *hit, const struct og_qdrant_query *query, struct og_qdrant_point *ret)
{
	const json_t *payload = json_object_get(hit, "payload");
	const json_t *score = json_object_get(hit, "score");

	if (!json_is_number(score) || !isfinite(json_number_value(score)) ||
	    !read_point(hit, query->instance, query->key.dimension, ret))
		return 0;
	return ret->clearance <= query->clearance &&
	       strcmp(ret->key.model, query->key.model) == 0 &&
	       is_asked(payload, "node", query->node) &&
	       is_asked(payload, "source_type", query->source) &&
	       !not_wanted(query->without, ret->policy);
}

int og_qdrant_hear_hits(const json_t *result, const struct og_qdrant_query *query,
			struct og_qdrant_hit *ret, size_t *ret_n, size_t *ret_left,
			struct og_err *err)
{
	const json_t *points = json_object_get(result, "points"), *hit;
	size_t i, n = 0, left = 0;

	if (!json_is_array(points))
		return odd("searching", err);
	json_array_foreach(points, i, hit)
	{
		struct og_qdrant_point point;

		if (n == query->limit || !fits(hit, query, &point) || told_before(ret, n, &point)) {
			left++;
			continue;
		}
		ret[n] = (struct og_qdrant_hit){ .clearance = point.clearance,
						 .score = json_number_value(
							 json_object_get(hit, "score")) };
		memcpy(ret[n].policy, point.policy, strlen(point.policy) + 1);
		memcpy(ret[n].hash, point.hash, OG_HASH_HEX + 1);
		memcpy(ret[n++].digest, point.digest, OG_HASH_HEX + 1);
	}
	*ret_n = n;
	*ret_left = left;
	return 0;
}

/* The number of the point with this id; batch->n: there is none. */
static size_t number_of(const struct og_qdrant_batch *batch, const char *id)
{
	size_t i;

	for (i = 0; i < batch->n; i++) {
		char right[OG_UUID_LEN + 1];

		og_qdrant_id(batch->instance, &batch->points[i], right);
		if (og_ascii_casecmp(id, right) == 0)
			break;
	}
	return i;
}

/* Does the payload say what the point is? */
static int says(const json_t *payload, const struct og_qdrant_point *point)
{
	char sum[OG_QDRANT_SUM + 1];

	og_qdrant_sum(point, sum);
	return is_asked(payload, "sum", sum) && is_asked(payload, "node", point->node) &&
	       is_asked(payload, "source_type", point->source) &&
	       og_json_int(payload, "clearance_level", -1) == point->clearance;
}

int og_qdrant_hear_have(const json_t *result, const struct og_qdrant_batch *batch,
			unsigned char *ret, struct og_err *err)
{
	const json_t *record;
	size_t i;

	if (!json_is_array(result) || json_array_size(result) > batch->n)
		return odd("looking for points", err);
	memset(ret, 0, batch->n);
	json_array_foreach(result, i, record)
	{
		const char *id = og_json_str(record, "id");
		size_t number = id ? number_of(batch, id) : batch->n;

		if (number < batch->n)
			ret[number] = (unsigned char)says(json_object_get(record, "payload"),
							  &batch->points[number]);
	}
	return 0;
}

/* --- all of them -------------------------------------------------------------------------- */

/* An id, or nothing: where the next page begins. */
static int read_next(const json_t *result, json_t **ret, struct og_err *err)
{
	json_t *next = json_object_get(result, "next_page_offset");

	*ret = NULL;
	if (!next || json_is_null(next))
		return 0;
	if (!json_is_integer(next) && (!json_is_string(next) || json_string_length(next) > 64))
		return odd("reading all points", err);
	*ret = json_incref(next);
	return 0;
}

int og_qdrant_hear_others(const json_t *result, json_t **ret, int64_t *ret_seq, struct og_err *err)
{
	const json_t *points = json_object_get(result, "points"), *point;
	json_t *ids;
	size_t i;

	if (!json_is_array(points) || json_array_size(points) > OG_QDRANT_PAGE)
		return odd("looking for old points", err);
	ids = json_array();
	*ret_seq = 1;
	json_array_foreach(points, i, point)
	{
		json_t *id = json_object_get(point, "id");
		int64_t seq = og_json_int(json_object_get(point, "payload"), "seq", 0);

		if (!json_is_string(id) || !og_uuid_valid(json_string_value(id)) ||
		    json_array_append(ids, id) < 0) {
			json_decref(ids);
			return odd("looking for old points", err);
		}
		if (seq > *ret_seq)
			*ret_seq = seq;
	}
	*ret = ids;
	return ids ? 0 : og_fail_nomem(err);
}

/* One of a page: to whom it is for, or counted. */
static int take(struct og_qdrant_reader *reader, const json_t *point, struct og_err *err)
{
	const json_t *payload = json_object_get(point, "payload");
	const char *sum = og_json_str(payload, "sum");
	struct og_qdrant_point read;

	if (!read_point(point, reader->instance, og_json_int(payload, "dimension", -1), &read) ||
	    !(read.node = og_json_str(payload, "node")) ||
	    !(read.source = og_json_str(payload, "source_type")) || !sum ||
	    strlen(read.node) + strlen(read.source) + strlen(sum) > TOLD_MAX) {
		reader->foreign++;
		return 0;
	}
	return reader->take(reader->arg, &read, og_qdrant_print(reader->instance, &read, sum), err);
}

int og_qdrant_hear_page(const json_t *result, struct og_qdrant_reader *reader, size_t *ret_n,
			json_t **ret_next, struct og_err *err)
{
	const json_t *points = json_object_get(result, "points"), *point;
	size_t i;

	if (!json_is_array(points) || json_array_size(points) > OG_QDRANT_PAGE)
		return odd("reading all points", err);
	json_array_foreach(points, i, point)
	{
		if (take(reader, point, err) < 0)
			return -1;
	}
	*ret_n = json_array_size(points);
	if (read_next(result, ret_next, err) < 0)
		return -1;
	if (*ret_next && *ret_n == 0) {
		json_decref(*ret_next);
		*ret_next = NULL;
		return odd("reading all points", err);
	}
	return 0;
}
