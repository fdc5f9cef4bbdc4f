/* What is said to a Qdrant server; see qdrant-wire.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/policy/qdrant-wire.h"

const struct og_qdrant_index og_qdrant_indexes[OG_QDRANT_INDEXES] = {
	{ "instance", "keyword" },
	{ "seq", "integer" },
	{ "policy", "keyword" },
	{ "hash", "keyword" },
	{ "node", "keyword" },
	{ "source_type", "keyword" },
	{ "clearance_level", "integer" },
	{ "model", "keyword" },
	{ "dimension", "integer" },
};

/* Writes body, which it takes. */
static int say(json_t *body, struct og_buf *out, struct og_err *err)
{
	int rc = body ? og_json_dump(body, out, err) : og_fail_nomem(err);

	json_decref(body);
	return rc < 0 ? -1 : og_buf_check(out, "request to the vectors' store", err);
}

int og_qdrant_say_create(size_t width, struct og_buf *out, struct og_err *err)
{
	return say(json_pack("{s:{s:I,s:s}}", "vectors", "size", (json_int_t)width, "distance",
			     "Cosine"),
		   out, err);
}

int og_qdrant_say_index(size_t i, struct og_buf *out, struct og_err *err)
{
	return say(json_pack("{s:s,s:s}", "field_name", og_qdrant_indexes[i].field, "field_schema",
			     og_qdrant_indexes[i].type),
		   out, err);
}

/* Nine digits bring a 32-bit float back as it was. */
static int say_vector(const float *values, size_t n, struct og_buf *out, struct og_err *err)
{
	og_buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(values[i]))
			return og_fail(err, OG_EDATA, "vector: value %zu is no number", i);
		og_buf_addf(out, "%s%.9g", i ? "," : "", (double)values[i]);
	}
	og_buf_addc(out, ']');
	return 0;
}

/* --- points --------------------------------------------------------------------- */

/* Made once for this purpose, at random. */
static const unsigned char space[OG_UUID_BYTES] = {
	0x5c, 0x1b, 0x8e, 0x0a, 0x3f, 0x27, 0x4d, 0x94,
	0xa6, 0x51, 0x0d, 0x7e, 0xb2, 0xc8, 0x49, 0xf3
};

/* Names hold no NUL, so that no two of them run together to the same text. */
static struct og_slice piece(const char *text)
{
	return (struct og_slice){ text, strlen(text) + 1 };
}

void og_qdrant_id(const char *instance, const struct og_qdrant_point *point,
		  char out[OG_UUID_LEN + 1])
{
	char dimension[24];
	int len = snprintf(dimension, sizeof(dimension), "%lld", (long long)point->key.dimension);
	const struct og_slice pieces[] = { piece(instance),	    piece(point->policy),
					   piece(point->hash),	    piece(point->digest),
					   piece(point->key.model), { dimension, (size_t)len } };

	og_uuid5(space, pieces, sizeof(pieces) / sizeof(*pieces), out);
}

void og_qdrant_sum(const struct og_qdrant_point *point, char out[OG_QDRANT_SUM + 1])
{
	struct og_hash hash;

	og_sha256(point->values, point->n * sizeof(*point->values), &hash);
	og_hex_encode(out, hash.b, OG_QDRANT_SUM / 2);
}

uint64_t og_qdrant_print(const char *instance, const struct og_qdrant_point *point, const char *sum)
{
	char id[OG_UUID_LEN + 1], clearance[24];
	uint64_t print = 0;
	struct og_hash hash;
	struct og_buf text;

	og_qdrant_id(instance, point, id);
	snprintf(clearance, sizeof(clearance), "%lld", (long long)point->clearance);
	og_buf_init(&text, 4096);
	og_buf_addf(&text, "%s\n%s\n%s\n%s\n%s", id, point->node, point->source, clearance, sum);
	og_sha256(text.len ? text.data : "", text.len, &hash);
	og_buf_release(&text);
	memcpy(&print, hash.b, sizeof(print));
	return print;
}

static json_t *payload_of(const char *instance, const struct og_qdrant_point *point)
{
	char sum[OG_QDRANT_SUM + 1];

	og_qdrant_sum(point, sum);
	return json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:I,s:s,s:I,s:s,s:s,s:I,s:s}", "instance",
			 instance, "seq", (json_int_t)point->seq, "policy", point->policy, "hash",
			 point->hash, "node", point->node, "source_type", point->source,
			 "clearance_level", (json_int_t)point->clearance, "heading", point->heading,
			 "line", (json_int_t)point->line, "digest", point->digest, "model",
			 point->key.model, "dimension", (json_int_t)point->key.dimension, "sum",
			 sum);
}

static int say_point(const char *instance, const struct og_qdrant_point *point, struct og_buf *out,
		     struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	int rc;

	og_qdrant_id(instance, point, id);
	og_buf_addf(out, "{\"id\":\"%s\",\"vector\":", id);
	if (say_vector(point->values, point->n, out, err) < 0)
		return -1;
	og_buf_adds(out, ",\"payload\":");
	rc = say(payload_of(instance, point), out, err);
	og_buf_addc(out, '}');
	return rc;
}

/* More than a point can take: digits, sign, point, exponent and comma of each
 * value, and texts of which every character is escaped. */
static size_t most_of(const struct og_qdrant_point *point)
{
	return point->n * 17 + 6 * (strlen(point->heading) + strlen(point->key.model)) + 2048;
}

int og_qdrant_say_points(const struct og_qdrant_batch *batch, struct og_buf *out, size_t *ret_n,
			 struct og_err *err)
{
	const struct og_qdrant_point *points = batch->points;
	size_t i;

	og_buf_adds(out, "{\"points\":[");
	for (i = 0; i < batch->n && i < OG_QDRANT_BATCH; i++) {
		if (i && out->len + most_of(&points[i]) > out->max)
			break;
		if (i)
			og_buf_addc(out, ',');
		if (say_point(batch->instance, &points[i], out, err) < 0)
			return -1;
	}
	og_buf_adds(out, "]}");
	*ret_n = i;
	return og_buf_check(out, "request to the vectors' store", err);
}

/* --- filters ---------------------------------------------------------------------- */

static json_t *is_text(const char *field, const char *value)
{
	return json_pack("{s:s,s:{s:s}}", "key", field, "match", "value", value);
}

static json_t *is_number(const char *field, int64_t value)
{
	return json_pack("{s:s,s:{s:I}}", "key", field, "match", "value", (json_int_t)value);
}

static json_t *at_most(const char *field, int64_t value)
{
	return json_pack("{s:s,s:{s:I}}", "key", field, "range", "lte", (json_int_t)value);
}

/* Clearance is part of what is asked for, and is asked of each hit again. */
static json_t *query_filter(const struct og_qdrant_query *query)
{
	json_t *must = json_pack("[o,o,o,o]", is_text("instance", query->instance),
				 at_most("clearance_level", query->clearance),
				 is_text("model", query->key.model),
				 is_number("dimension", query->key.dimension));

	if (must && query->node && json_array_append_new(must, is_text("node", query->node)) < 0)
		goto fail;
	if (must && query->source &&
	    json_array_append_new(must, is_text("source_type", query->source)) < 0)
		goto fail;
	return query->without && json_array_size(query->without)
		       ? json_pack("{s:o,s:[{s:s,s:{s:O}}]}", "must", must, "must_not", "key",
				   "policy", "match", "any", query->without)
		       : json_pack("{s:o}", "must", must);
fail:
	json_decref(must);
	return NULL;
}

int og_qdrant_say_query(const struct og_qdrant_query *query, struct og_buf *out, struct og_err *err)
{
	json_t *rest = json_pack("{s:o,s:I,s:[s,s,s,s,s,s,s,s],s:b}", "filter", query_filter(query),
				 "limit", (json_int_t)query->limit, "with_payload", "instance",
				 "policy", "hash", "digest", "node", "source_type",
				 "clearance_level", "model", "with_vector", 0);
	struct og_buf text;
	int rc;

	og_buf_init(&text, 65536);
	rc = say(rest, &text, err);
	if (rc == 0) {
		og_buf_adds(out, "{\"query\":");
		rc = say_vector(query->values, query->n, out, err);
		og_buf_addf(out, ",%s", text.data + 1); /* the members of rest */
	}
	og_buf_release(&text);
	return rc < 0 ? -1 : og_buf_check(out, "query", err);
}

/* {"must":[instance,policy?,seq <= SEQ?]}; seq 0: of any. */
static json_t *filter_of(const struct og_qdrant_version *version)
{
	json_t *must = json_pack("[o]", is_text("instance", version->instance));

	if (must && version->policy &&
	    json_array_append_new(must, is_text("policy", version->policy)) < 0)
		goto fail;
	if (must && version->seq > 0 &&
	    json_array_append_new(must, at_most("seq", version->seq)) < 0)
		goto fail;
	return json_pack("{s:o}", "must", must);
fail:
	json_decref(must);
	return NULL;
}

/* Takes filter, and adds the version's hash, where it has one, to must or
 * must_not. */
static json_t *with_hash(json_t *filter, const char *clause, const char *hash)
{
	json_t *list = json_object_get(filter, clause);

	if (!filter || !hash)
		return filter;
	if (!list && json_object_set_new(filter, clause, list = json_array()) < 0)
		goto fail;
	if (json_array_append_new(list, is_text("hash", hash)) == 0)
		return filter;
fail:
	json_decref(filter);
	return NULL;
}

int og_qdrant_say_count(const struct og_qdrant_version *version, struct og_buf *out,
			struct og_err *err)
{
	return say(json_pack("{s:o,s:b}", "filter",
			     with_hash(filter_of(version), "must", version->hash), "exact", 1),
		   out, err);
}

int og_qdrant_say_scroll(const char *instance, const json_t *offset, struct og_buf *out,
			 struct og_err *err)
{
	const struct og_qdrant_version any = { .instance = instance };

	return say(json_pack("{s:o,s:I,s:O?,s:[s,s,s,s,s,s,s,s,s,s],s:b}", "filter",
			     filter_of(&any), "limit", (json_int_t)OG_QDRANT_PAGE, "offset", offset,
			     "with_payload", "instance", "policy", "hash", "node", "source_type",
			     "clearance_level", "digest", "model", "dimension", "sum",
			     "with_vector", 0),
		   out, err);
}

int og_qdrant_say_others(const struct og_qdrant_version *version, struct og_buf *out,
			 struct og_err *err)
{
	return say(json_pack("{s:o,s:I,s:[s],s:b}", "filter",
			     with_hash(filter_of(version), "must_not", version->hash), "limit",
			     (json_int_t)OG_QDRANT_PAGE, "with_payload", "seq", "with_vector", 0),
		   out, err);
}

int og_qdrant_say_drop(const struct og_qdrant_version *version, const json_t *ids,
		       struct og_buf *out, struct og_err *err)
{
	json_t *filter = with_hash(filter_of(version), "must_not", version->hash);

	if (filter && json_array_append_new(json_object_get(filter, "must"),
					    json_pack("{s:O}", "has_id", ids)) < 0) {
		json_decref(filter);
		filter = NULL;
	}
	return say(json_pack("{s:o}", "filter", filter), out, err);
}

int og_qdrant_say_renew(const struct og_qdrant_version *version, struct og_buf *out,
			struct og_err *err)
{
	return say(json_pack("{s:{s:I},s:o}", "payload", "seq", (json_int_t)version->seq, "filter",
			     with_hash(filter_of(version), "must", version->hash)),
		   out, err);
}

/* Without memory the list goes, and is NULL. */
static int add_id(json_t **list, const char *id)
{
	if (*list && json_array_append_new(*list, json_string(id)) == 0)
		return 0;
	json_decref(*list);
	*list = NULL;
	return -1;
}

int og_qdrant_say_have(const struct og_qdrant_batch *batch, struct og_buf *out, struct og_err *err)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < batch->n && rc == 0; i++) {
		char id[OG_UUID_LEN + 1];

		og_qdrant_id(batch->instance, &batch->points[i], id);
		rc = add_id(&list, id);
	}
	return say(json_pack("{s:o,s:[s,s,s,s],s:b}", "ids", list, "with_payload", "node",
			     "source_type", "clearance_level", "sum", "with_vector", 0),
		   out, err);
}
