/*
 * What the fake Qdrant does: collections, indexes, points. Each operation
 * fills the answer's status and its "result", or says why not in the server's
 * words. Part of qdrant.c.
 */
#ifndef OG_TESTS_SERVERS_QDRANT_DO_H
#define OG_TESTS_SERVERS_QDRANT_DO_H

#include "tests/servers/qdrant-points.h"

#define COLLECTIONS_MAX 32

struct service {
	struct collection collections[COLLECTIONS_MAX];
	size_t n;
	int64_t operations;
	int strict; /* filters need an index */
};

struct answer {
	int status;
	json_t *result; /* or NULL, with why */
	char why[400];
};

struct request {
	char method[16], path[512], query[256];
	char collection[256];
	const char *rest; /* behind the collection: "", "/exists", "/points/query" */
	json_t *body;	  /* or NULL */
};

static void refuse(struct answer *answer, int status, const char *format, const char *what)
{
	answer->status = status;
	snprintf(answer->why, sizeof(answer->why), format, what);
}

static void done(struct answer *answer, json_t *result)
{
	answer->status = 200;
	answer->result = result;
}

static void updated(struct service *s, struct answer *answer, const char *status)
{
	done(answer,
	     json_pack("{s:I,s:s}", "operation_id", (json_int_t)s->operations++, "status", status));
}

static struct collection *find(struct service *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->collections[i].name, name) == 0)
			return &s->collections[i];
	return NULL;
}

/* --- collections --------------------------------------------------------------------- */

static void create(struct service *s, const struct request *request, struct answer *answer)
{
	const json_t *vectors = json_object_get(request->body, "vectors");
	struct collection *c;

	if (find(s, request->collection)) {
		refuse(answer, 409, "Wrong input: Collection `%s` already exists!",
		       request->collection);
		return;
	}
	if (!og_json_str(vectors, "distance") || s->n == COLLECTIONS_MAX) {
		refuse(answer, 400, "Wrong input: %s", "only unnamed vectors here");
		return;
	}
	c = &s->collections[s->n++];
	snprintf(c->name, sizeof(c->name), "%s", request->collection);
	snprintf(c->distance, sizeof(c->distance), "%s", og_json_str(vectors, "distance"));
	c->size = (size_t)og_json_int(vectors, "size", 0);
	c->indexes = json_object();
	c->late = json_array();
	c->held = json_array();
	done(answer, json_true());
}

static void drop(struct service *s, struct collection *c, struct answer *answer)
{
	while (c->n)
		remove_at(c, c->n - 1);
	free(c->points);
	json_decref(c->indexes);
	json_decref(c->late);
	json_decref(c->held);
	*c = s->collections[--s->n];
	memset(&s->collections[s->n], 0, sizeof(s->collections[s->n]));
	done(answer, json_true());
}

static json_t *schema_json(const struct collection *c)
{
	json_t *schema = json_object(), *type;
	const char *field;

	json_object_foreach(c->indexes, field, type) json_object_set_new(
		schema, field,
		json_pack("{s:O,s:I}", "data_type", type, "points", (json_int_t)c->n));
	return schema;
}

static void describe(const struct collection *c, struct answer *answer)
{
	done(answer, json_pack("{s:s,s:s,s:I,s:I,s:i,s:{s:{s:{s:I,s:s},s:i,s:i,s:i,s:b},"
			       "s:{s:i,s:i,s:i},s:{s:f,s:i,s:i,s:i}},s:o}",
			       "status", "green", "optimizer_status", "ok", "indexed_vectors_count",
			       (json_int_t)0, "points_count", (json_int_t)c->n, "segments_count", 1,
			       "config", "params", "vectors", "size", (json_int_t)c->size,
			       "distance", c->distance, "shard_number", 1, "replication_factor", 1,
			       "write_consistency_factor", 1, "on_disk_payload", 1, "hnsw_config",
			       "m", 16, "ef_construct", 100, "full_scan_threshold", 10000,
			       "optimizer_config", "deleted_threshold", 0.2,
			       "vacuum_min_vector_number", 1000, "default_segment_number", 0,
			       "flush_interval_sec", 5, "payload_schema", schema_json(c)));
}

static void make_index(struct service *s, struct collection *c, const struct request *request,
		       struct answer *answer)
{
	json_t *schema = json_object_get(request->body, "field_schema");
	const char *field = og_json_str(request->body, "field_name");

	if (!field || !json_is_string(schema)) {
		refuse(answer, 400, "Wrong input: %s", "an index needs a name and a type here");
		return;
	}
	json_object_set(c->indexes, field, schema);
	updated(s, answer, "completed");
}

/* --- changes of points ------------------------------------------------------------------ */

static int good_vector(const struct collection *c, const json_t *vector, struct answer *answer)
{
	char size[96];

	snprintf(size, sizeof(size), "expected dim: %zu, got %zu", c->size,
		 json_array_size(vector));
	if (json_array_size(vector) == c->size)
		return 1;
	refuse(answer, 400, "Wrong input: Vector dimension error: %s", size);
	return 0;
}

static int good_id(const json_t *id, struct answer *answer)
{
	if ((json_is_integer(id) && json_integer_value(id) >= 0) ||
	    (json_is_string(id) && og_uuid_valid(json_string_value(id))))
		return 1;
	refuse(answer, 400, "Format error in JSON body: %s", "not a valid point ID");
	return 0;
}

static void set_payload(struct collection *c, const json_t *filter, json_t *members)
{
	for (size_t i = 0; i < c->n; i++)
		if (passes(filter, &c->points[i]))
			json_object_update(c->points[i].payload, members);
}

static void change(struct collection *c, const json_t *body)
{
	const json_t *points = json_object_get(body, "points"), *point;
	const json_t *filter = json_object_get(body, "filter");
	size_t i;

	if (json_object_get(body, "payload")) {
		set_payload(c, filter, json_object_get(body, "payload"));
		return;
	}

	json_array_foreach(points, i, point)
	{
		size_t at = json_is_object(point) ? c->n : place_of(c, point);

		if (json_is_object(point))
			upsert_one(c, point);
		else if (there(c, at, point))
			remove_at(c, at);
	}
	for (i = c->n; filter && i-- > 0;)
		if (passes(filter, &c->points[i]))
			remove_at(c, i);
}

/* What is done of a change: nothing before the next one; nothing ever; nothing
 * before deliver(). */
enum { LATE = 1, FORGET, HOLD };

static void deliver(struct service *s)
{
	const json_t *body;
	size_t i;

	for (size_t n = 0; n < s->n; n++) {
		json_array_foreach(s->collections[n].held, i, body)
			change(&s->collections[n], body);
		json_array_clear(s->collections[n].held);
	}
}

/* What was acknowledged earlier is done before what comes now. */
static void settle(struct collection *c)
{
	const json_t *body;
	size_t i;

	json_array_foreach(c->late, i, body) change(c, body);
	json_array_clear(c->late);
}

static void change_points(struct service *s, struct collection *c, const struct request *request,
			  int late, struct answer *answer)
{
	const json_t *points = json_object_get(request->body, "points"), *point;
	int wait = strcmp(request->query, "wait=true") == 0;
	size_t i;

	json_array_foreach(points, i, point)
	{
		const json_t *id = json_is_object(point) ? json_object_get(point, "id") : point;

		if (!good_id(id, answer) ||
		    (json_is_object(point) &&
		     !good_vector(c, json_object_get(point, "vector"), answer)))
			return;
	}
	settle(c);
	if (late == FORGET)
		wait = 1;
	else if (late == HOLD)
		json_array_append(c->held, request->body);
	else if (late || !wait)
		json_array_append(c->late, request->body);
	else
		change(c, request->body);
	updated(s, answer, late == LATE || !wait ? "acknowledged" : "completed");
}

/* --- reading points ----------------------------------------------------------------------- */

struct scored {
	double score;
	size_t at;
};

static int by_score(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

static size_t score_all(const struct collection *c, const json_t *filter, const float *query,
			struct scored *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (passes(filter, &c->points[i]))
			ret[n++] = (struct scored){ score_of(c, &c->points[i], query), i };
	qsort(ret, n, sizeof(*ret), by_score);
	return n;
}

static void query_points(struct collection *c, const struct request *request, struct answer *answer)
{
	const json_t *values = json_object_get(request->body, "query");
	const json_t *selected = json_object_get(request->body, "with_payload");
	size_t limit = (size_t)og_json_int(request->body, "limit", 10), n;
	struct scored *scored;
	json_t *list;
	float *query;

	if (!good_vector(c, values, answer))
		return;
	query = stored_vector(c, values);
	scored = calloc(c->n + 1, sizeof(*scored));
	list = json_array();
	n = score_all(c, json_object_get(request->body, "filter"), query, scored);
	for (size_t i = 0; i < n && i < limit; i++)
		json_array_append_new(
			list, json_pack("{s:O,s:i,s:f,s:o}", "id", c->points[scored[i].at].id,
					"version", 1, "score", scored[i].score, "payload",
					payload_of(&c->points[scored[i].at], selected, 0)));
	free(scored);
	free(query);
	done(answer, json_pack("{s:o}", "points", list));
}

static void scroll(struct collection *c, const struct request *request, struct answer *answer)
{
	const json_t *offset = json_object_get(request->body, "offset");
	const json_t *filter = json_object_get(request->body, "filter");
	size_t limit = (size_t)og_json_int(request->body, "limit", 10), at = 0;
	json_t *list = json_array(), *next = json_null();

	if (offset && !json_is_null(offset))
		at = place_of(c, offset);
	for (; at < c->n; at++) {
		if (!passes(filter, &c->points[at]))
			continue;
		if (json_array_size(list) == limit) {
			next = json_incref(c->points[at].id);
			break;
		}
		json_array_append_new(
			list,
			json_pack("{s:O,s:o}", "id", c->points[at].id, "payload",
				  payload_of(&c->points[at],
					     json_object_get(request->body, "with_payload"), 1)));
	}
	done(answer, json_pack("{s:o,s:o}", "points", list, "next_page_offset", next));
}

static void retrieve(struct collection *c, const struct request *request, struct answer *answer)
{
	const json_t *ids = json_object_get(request->body, "ids"), *id;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(ids, i, id)
	{
		size_t at = place_of(c, id);

		if (there(c, at, id))
			json_array_append_new(
				list,
				json_pack("{s:O,s:o}", "id", id, "payload",
					  payload_of(&c->points[at],
						     json_object_get(request->body, "with_payload"),
						     1)));
	}
	done(answer, list);
}

static void count_points(const struct collection *c, const struct request *request,
			 struct answer *answer)
{
	const json_t *filter = json_object_get(request->body, "filter");
	json_int_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += passes(filter, &c->points[i]);
	done(answer, json_pack("{s:I}", "count", n));
}

/* --- all of them ---------------------------------------------------------------------------- */

static int is_call(const struct request *request, const char *method, const char *rest)
{
	return strcmp(request->method, method) == 0 && strcmp(request->rest, rest) == 0;
}

static void perform_on(struct service *s, struct collection *c, const struct request *request,
		       int late, struct answer *answer)
{
	const char *field =
		s->strict ? unindexed(c, json_object_get(request->body, "filter")) : NULL;

	if (field)
		refuse(answer, 400, "Bad request: Index required but not found for \"%s\"", field);
	else if (is_call(request, "GET", ""))
		describe(c, answer);
	else if (is_call(request, "DELETE", ""))
		drop(s, c, answer);
	else if (is_call(request, "PUT", "/index"))
		make_index(s, c, request, answer);
	else if (is_call(request, "PUT", "/points") || is_call(request, "POST", "/points/delete") ||
		 is_call(request, "POST", "/points/payload"))
		change_points(s, c, request, late, answer);
	else if (is_call(request, "POST", "/points"))
		retrieve(c, request, answer);
	else if (is_call(request, "POST", "/points/query"))
		query_points(c, request, answer);
	else if (is_call(request, "POST", "/points/scroll"))
		scroll(c, request, answer);
	else if (is_call(request, "POST", "/points/count"))
		count_points(c, request, answer);
	else
		refuse(answer, 405, "%s", "Method not allowed");
}

static void perform(struct service *s, const struct request *request, int late,
		    struct answer *answer)
{
	struct collection *c = find(s, request->collection);

	if (is_call(request, "GET", "/exists"))
		done(answer, json_pack("{s:b}", "exists", c != NULL));
	else if (is_call(request, "PUT", ""))
		create(s, request, answer);
	else if (!c)
		refuse(answer, 404, "Not found: Collection `%s` doesn't exist!",
		       request->collection);
	else
		perform_on(s, c, request, late, answer);
}

#endif
