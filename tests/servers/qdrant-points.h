/*
 * Points of the fake Qdrant: kept in memory in the order of their ids,
 * filtered and scored as the real one does. Part of qdrant.c.
 */
#ifndef OG_TESTS_SERVERS_QDRANT_POINTS_H
#define OG_TESTS_SERVERS_QDRANT_POINTS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json.h"

struct point {
	json_t *id, *payload;
	float *vector;
};

struct collection {
	char name[256];
	size_t size;
	char distance[16];
	json_t *indexes; /* field -> type */
	struct point *points;
	size_t n, room;
	json_t *late, *held; /* changes that were acknowledged and not made yet */
};

/* Numbers come before UUIDs. */
static int id_compare(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return (json_integer_value(a) > json_integer_value(b)) -
		       (json_integer_value(a) < json_integer_value(b));
	if (json_is_integer(a) != json_is_integer(b))
		return json_is_integer(a) ? -1 : 1;
	return strcmp(json_string_value(a), json_string_value(b));
}

/* Where the point is, or would be. */
static size_t place_of(const struct collection *c, const json_t *id)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (id_compare(c->points[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int there(const struct collection *c, size_t at, const json_t *id)
{
	return at < c->n && id_compare(c->points[at].id, id) == 0;
}

static void point_free(struct point *point)
{
	json_decref(point->id);
	json_decref(point->payload);
	free(point->vector);
}

static void remove_at(struct collection *c, size_t at)
{
	point_free(&c->points[at]);
	c->n--;
	memmove(&c->points[at], &c->points[at + 1], (c->n - at) * sizeof(*c->points));
}

/* A Cosine collection keeps what it is given at length 1. */
static float *stored_vector(const struct collection *c, const json_t *values)
{
	float *vector = calloc(c->size, sizeof(*vector));
	double sum = 0;

	for (size_t i = 0; vector && i < c->size; i++) {
		vector[i] = (float)json_number_value(json_array_get(values, i));
		sum += (double)vector[i] * (double)vector[i];
	}
	for (size_t i = 0; vector && sum > 0 && i < c->size; i++)
		if (strcmp(c->distance, "Cosine") == 0)
			vector[i] = (float)((double)vector[i] / sqrt(sum));
	return vector;
}

static void upsert_one(struct collection *c, const json_t *given)
{
	json_t *id = json_object_get(given, "id"), *payload = json_object_get(given, "payload");
	struct point point = { json_incref(id),
			       json_is_object(payload) ? json_deep_copy(payload) : json_object(),
			       stored_vector(c, json_object_get(given, "vector")) };
	size_t at = place_of(c, id);

	if (there(c, at, id)) {
		point_free(&c->points[at]);
	} else {
		if (c->n == c->room) {
			c->room = c->room ? 2 * c->room : 64;
			c->points = realloc(c->points, c->room * sizeof(*c->points));
			if (!c->points)
				abort();
		}
		memmove(&c->points[at + 1], &c->points[at], (c->n - at) * sizeof(*c->points));
		c->n++;
	}
	c->points[at] = point;
}

/* --- filters ------------------------------------------------------------------------ */

static int passes(const json_t *filter, const struct point *point);

static int in_list(const json_t *list, const json_t *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, value))
			return 1;
	}
	return 0;
}

static int matches(const json_t *match, const json_t *value)
{
	const json_t *exact = json_object_get(match, "value"), *any = json_object_get(match, "any");
	const json_t *except = json_object_get(match, "except");
	const char *text = og_json_str(match, "text");

	if (exact)
		return json_equal(exact, value);
	if (any)
		return in_list(any, value);
	if (except)
		return value && !in_list(except, value);
	return text && json_is_string(value) && strstr(json_string_value(value), text);
}

static int beyond(const json_t *range, const char *name, double value, int sign, int equal)
{
	const json_t *bound = json_object_get(range, name);
	double difference = sign * (value - json_number_value(bound));

	return json_is_number(bound) && (difference < 0 || (difference <= 0 && !equal));
}

/* What is not there, or is no number, is in no range. */
static int in_range(const json_t *range, const json_t *value)
{
	double number = json_number_value(value);

	return json_is_number(value) && !beyond(range, "gte", number, 1, 1) &&
	       !beyond(range, "gt", number, 1, 0) && !beyond(range, "lte", number, -1, 1) &&
	       !beyond(range, "lt", number, -1, 0);
}

static int is_empty(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

static int holds(const json_t *condition, const struct point *point)
{
	const char *key = og_json_str(condition, "key");
	const json_t *value = key ? json_object_get(point->payload, key) : NULL, *of;

	if (key && (of = json_object_get(condition, "match")))
		return matches(of, value);
	if (key && (of = json_object_get(condition, "range")))
		return in_range(of, value);
	if ((of = json_object_get(condition, "has_id")))
		return in_list(of, point->id);
	if ((of = json_object_get(condition, "is_empty")))
		return is_empty(json_object_get(point->payload, og_json_str(of, "key")));
	if ((of = json_object_get(condition, "is_null")))
		return json_is_null(json_object_get(point->payload, og_json_str(of, "key")));
	return passes(condition, point);
}

/* How many of a clause's conditions hold, and how many there are. */
static size_t count_held(const json_t *clause, const struct point *point, size_t *ret_all)
{
	const json_t *condition;
	size_t i, n = 0;

	*ret_all = json_is_object(clause) ? 1 : json_array_size(clause);
	if (json_is_object(clause))
		return (size_t)holds(clause, point);
	json_array_foreach(clause, i, condition) n += (size_t)holds(condition, point);
	return n;
}

static int passes(const json_t *filter, const struct point *point)
{
	size_t all;

	if (!json_is_object(filter))
		return 1;
	if (count_held(json_object_get(filter, "must"), point, &all) < all)
		return 0;
	if (count_held(json_object_get(filter, "must_not"), point, &all) > 0)
		return 0;
	return count_held(json_object_get(filter, "should"), point, &all) > 0 || all == 0;
}

/* The first field a filter names that has no index; NULL: none. */
static const char *unindexed(const struct collection *c, const json_t *filter)
{
	static const char *const clauses[] = { "must", "must_not", "should" };
	const json_t *condition;
	size_t i;

	for (size_t j = 0; j < 3; j++) {
		json_array_foreach(json_object_get(filter, clauses[j]), i, condition)
		{
			const char *key = og_json_str(condition, "key");

			if (key && !json_object_get(c->indexes, key))
				return key;
		}
	}
	return NULL;
}

/* --- scores -------------------------------------------------------------------------- */

static double score_of(const struct collection *c, const struct point *point, const float *query)
{
	double sum = 0;

	for (size_t i = 0; i < c->size; i++)
		sum += (double)point->vector[i] * (double)query[i];
	return (double)(float)sum;
}

/* What with_payload selects: a boolean, a list of names; default as told. */
static json_t *payload_of(const struct point *point, const json_t *selected, int otherwise)
{
	json_t *some, *name;
	size_t i;

	if (!selected || json_is_boolean(selected))
		return (selected ? json_is_true(selected) : otherwise) ? json_incref(point->payload)
								       : json_null();
	some = json_object();
	json_array_foreach(selected, i,
			   name) if (json_object_get(point->payload, json_string_value(name)))
		json_object_set(some, json_string_value(name),
				json_object_get(point->payload, json_string_value(name)));
	return some;
}

#endif
