/*
 * Bodies held against an OpenAPI document: the part of JSON Schema that
 * Qdrant's uses. Stricter in one thing: a member of an object that its schema
 * does not name is an error, since a misspelt one would be passed over by the
 * real server and change what is asked. Part of qdrant.c.
 */
#ifndef OG_TESTS_SERVERS_QDRANT_OPENAPI_H
#define OG_TESTS_SERVERS_QDRANT_OPENAPI_H

#include <string.h>

#include "lib/base/clock.h"
#include "lib/json/json.h"

struct openapi {
	json_t *document; /* NULL: nothing is held against anything */
	int strict;	  /* unknown members are errors */
	char why[512];
};

static int valid(struct openapi *api, const json_t *schema, const json_t *value, const char *at);

static int invalid(struct openapi *api, const char *at, const char *what)
{
	snprintf(api->why, sizeof(api->why), "%.300s: %.100s", *at ? at : "(body)", what);
	return 0;
}

static const json_t *resolved(const struct openapi *api, const json_t *schema)
{
	const char *ref;

	while ((ref = og_json_str(schema, "$ref")))
		schema = og_json_pointer(api->document, ref + 1);
	return schema;
}

static int is_type(const json_t *value, const char *type)
{
	return (strcmp(type, "object") == 0 && json_is_object(value)) ||
	       (strcmp(type, "array") == 0 && json_is_array(value)) ||
	       (strcmp(type, "string") == 0 && json_is_string(value)) ||
	       (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
	       (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
	       (strcmp(type, "number") == 0 && json_is_number(value));
}

static int valid_object(struct openapi *api, const json_t *schema, const json_t *value,
			const char *at)
{
	const json_t *required = json_object_get(schema, "required"), *name, *member, *of;
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *others = json_object_get(schema, "additionalProperties");
	const char *key;
	char below[256];
	size_t i;

	json_array_foreach(required, i, name)
	{
		if (!json_object_get(value, json_string_value(name)))
			return invalid(api, at, "a required member is missing");
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		snprintf(below, sizeof(below), "%.200s/%.40s", at, key);
		of = json_object_get(properties, key);
		if (!of && json_is_object(others))
			of = others;
		if (!of && (json_is_false(others) || (properties && !others && api->strict)))
			return invalid(api, below, "no such member");
		if (of && !valid(api, of, member, below))
			return 0;
	}
	return 1;
}

static int valid_array(struct openapi *api, const json_t *schema, const json_t *value,
		       const char *at)
{
	const json_t *items = json_object_get(schema, "items"), *item;
	char below[256];
	size_t i;

	if ((int64_t)json_array_size(value) < og_json_int(schema, "minItems", 0))
		return invalid(api, at, "too few items");
	json_array_foreach(value, i, item)
	{
		snprintf(below, sizeof(below), "%.200s/%zu", at, i);
		if (items && !valid(api, items, item, below))
			return 0;
	}
	return 1;
}

static int valid_scalar(struct openapi *api, const json_t *schema, const json_t *value,
			const char *at)
{
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");
	const char *format = og_json_str(schema, "format");

	if (json_is_number(value) && least && json_number_value(value) < json_number_value(least))
		return invalid(api, at, "too small");
	if (json_is_number(value) && most && json_number_value(value) > json_number_value(most))
		return invalid(api, at, "too large");
	if (json_is_string(value) && format && strcmp(format, "uuid") == 0 &&
	    !og_uuid_valid(json_string_value(value)))
		return invalid(api, at, "no UUID");
	if (json_is_string(value) &&
	    (int64_t)json_string_length(value) < og_json_int(schema, "minLength", 0))
		return invalid(api, at, "too short");
	return 1;
}

static int valid_enum(struct openapi *api, const json_t *values, const json_t *value,
		      const char *at)
{
	const json_t *one;
	size_t i;

	json_array_foreach(values, i, one)
	{
		if (json_equal(one, value))
			return 1;
	}
	return invalid(api, at, "none of the values there are");
}

/* How many of the alternatives it is. */
static size_t alternatives(struct openapi *api, const json_t *list, const json_t *value,
			   const char *at)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach(list, i, one) n += (size_t)valid(api, one, value, at);
	return n;
}

/* {"nullable":true} and nothing else is how this document writes null. */
static int is_null_schema(const json_t *schema)
{
	return json_object_size(schema) == 1 && og_json_bool(schema, "nullable", 0);
}

static int valid(struct openapi *api, const json_t *schema, const json_t *value, const char *at)
{
	const json_t *any, *one, *all, *values;
	const char *type;

	schema = resolved(api, schema);
	if (is_null_schema(schema))
		return json_is_null(value) || invalid(api, at, "is not null");
	if (json_is_null(value) && og_json_bool(schema, "nullable", 0))
		return 1;
	any = json_object_get(schema, "anyOf");
	one = json_object_get(schema, "oneOf");
	all = json_object_get(schema, "allOf");
	values = json_object_get(schema, "enum");
	type = og_json_str(schema, "type");
	if (any && alternatives(api, any, value, at) == 0)
		return 0;
	if (one && alternatives(api, one, value, at) != 1)
		return invalid(api, at, "not exactly one of the alternatives");
	if (all && alternatives(api, all, value, at) != json_array_size(all))
		return 0;
	if (values && !valid_enum(api, values, value, at))
		return 0;
	if (type && !is_type(value, type))
		return invalid(api, at, "of another type");
	if (type && json_is_object(value))
		return valid_object(api, schema, value, at);
	if (type && json_is_array(value))
		return valid_array(api, schema, value, at);
	return valid_scalar(api, schema, value, at);
}

/* --- operations ------------------------------------------------------------------ */

/* The operation of a path such as "/collections/{collection_name}/points";
 * NULL: there is none. */
static const json_t *operation(const struct openapi *api, const char *path, const char *method)
{
	char lower[16];
	size_t i;

	for (i = 0; method[i] && i + 1 < sizeof(lower); i++)
		lower[i] = (char)og_ascii_lower(method[i]);
	lower[i] = '\0';
	return json_object_get(json_object_get(json_object_get(api->document, "paths"), path),
			       lower);
}

static const json_t *parameter(const json_t *op, const char *name, size_t len)
{
	const json_t *list = json_object_get(op, "parameters"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *called = og_json_str(one, "name"), *in = og_json_str(one, "in");

		if (strcmp(in, "query") == 0 && strlen(called) == len &&
		    strncmp(called, name, len) == 0)
			return json_object_get(one, "schema");
	}
	return NULL;
}

/* "wait=true&timeout=3" */
static int valid_query(struct openapi *api, const json_t *op, const char *query)
{
	while (*query) {
		size_t name = strcspn(query, "="), len = strcspn(query, "&");
		const json_t *schema = parameter(op, query, name);
		const char *type = og_json_str(schema, "type");

		if (!schema)
			return invalid(api, query, "no such parameter");
		if (type && strcmp(type, "boolean") == 0 &&
		    strncmp(query + name, "=true", len - name) != 0 &&
		    strncmp(query + name, "=false", len - name) != 0)
			return invalid(api, query, "neither true nor false");
		query += len + (query[len] == '&');
	}
	return 1;
}

static int valid_request(struct openapi *api, const char *path, const char *method,
			 const char *query, const json_t *body)
{
	const json_t *op = operation(api, path, method), *schema;

	if (!api->document)
		return 1;
	if (!op)
		return invalid(api, path, "no such operation");
	api->strict = 1;
	schema = og_json_pointer(op, "/requestBody/content/application~1json/schema");
	if (!schema && body)
		return invalid(api, path, "takes no body");
	if (schema && !body)
		return invalid(api, path, "needs a body");
	return valid_query(api, op, query) && (!schema || valid(api, schema, body, ""));
}

static int valid_response(struct openapi *api, const char *path, const char *method,
			  const json_t *answer)
{
	const json_t *op = operation(api, path, method);

	if (!op)
		return 1;
	api->strict = 0;
	return valid(api, og_json_pointer(op, "/responses/200/content/application~1json/schema"),
		     answer, "");
}

#endif
