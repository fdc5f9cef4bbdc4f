/*
 * How the fake model judges what it is sent, as strictly as the strictest of
 * the real ones: what both dialects share. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_CHECK_H
#define OG_TESTS_SERVERS_MODEL_CHECK_H

#include <stdarg.h>

#include "tests/servers/model-script.h"

/* Why a request is a bad one; "" when it is not. */
struct verdict {
	char why[512];
};

static int bad(struct verdict *verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(verdict->why, sizeof(verdict->why), fmt, args);
	va_end(args);
	return -1;
}

/* --- the turns that were given ------------------------------------------------- */

static struct {
	json_t *turns; /* {"turn":..., "ids":BOOL, "bad":BOOL} */
	int forget;    /* turns it does not know are no fault */
} given;

/* As it is when it was printed canonically and read again: 1.0 is 1. */
static json_t *normal(const json_t *value)
{
	struct og_buf text;
	json_t *again = NULL;

	og_buf_init(&text, TEXT_MAX);
	if (og_json_canon(value, &text, NULL) == 0)
		again = json_loadb(text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	og_buf_release(&text);
	return again;
}

/* ids: the turn has them; mended: its arguments are no JSON. */
static void remember(const json_t *turn, int ids, int mended)
{
	json_array_append_new(given.turns, json_pack("{s:o, s:b, s:b}", "turn", normal(turn), "ids",
						     ids, "bad", mended));
}

/* A copy without what the client has to mend: ids that were not given,
 * arguments that were no JSON, null members. */
static json_t *bare(const json_t *turn, const json_t *entry)
{
	json_t *copy = json_deep_copy(turn), *call, *value;
	const char *key;
	void *next;
	size_t i;

	json_object_del(copy, "function_call");
	json_array_foreach(json_object_get(copy, "tool_calls"), i, call)
	{
		if (!og_json_bool(entry, "ids", 0))
			json_object_del(call, "id");
		if (og_json_bool(entry, "bad", 0))
			json_object_del(json_object_get(call, "function"), "arguments");
		json_object_set_new(call, "type", json_string("function"));
	}
	json_object_foreach_safe(copy, next, key, value)
	{
		if (json_is_null(value))
			json_object_del(copy, key);
	}
	return copy;
}

static int was_given(const json_t *turn, enum dialect dialect)
{
	int found = given.forget;
	json_t *entry;
	size_t i;

	json_array_foreach(given.turns, i, entry)
	{
		json_t *a, *b;

		if (found)
			break;
		if (dialect == GEMINI) {
			found = json_equal(turn, json_object_get(entry, "turn"));
			continue;
		}
		a = bare(turn, entry);
		b = bare(json_object_get(entry, "turn"), entry);
		found = json_equal(a, b);
		json_decref(a);
		json_decref(b);
	}
	return found;
}

/* --- shapes ------------------------------------------------------------------------ */

static int one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (word && strcmp(*words, word) == 0)
			return 1;
	return 0;
}

static int only(const json_t *of, const char *where, const char *const *known,
		struct verdict *verdict)
{
	json_t *value;
	const char *key;

	if (!json_is_object(of))
		return bad(verdict, "%s is no object", where);
	json_object_foreach((json_t *)(uintptr_t)of, key, value)
	{
		if (!one_of(key, known))
			return bad(verdict, "Unknown name \"%s\" at '%s': Cannot find field.", key,
				   where);
	}
	return 0;
}

static int check_schema(const json_t *schema, int strict, struct verdict *verdict);

static int check_object(const json_t *schema, int strict, struct verdict *verdict)
{
	json_t *properties = json_object_get(schema, "properties"), *property, *name;
	const json_t *required = json_object_get(schema, "required");
	const char *key;
	size_t i;

	if (properties && !json_is_object(properties))
		return bad(verdict, "invalid_function_parameters: properties is no object");
	json_object_foreach(properties, key, property)
	{
		if (check_schema(property, strict, verdict) < 0)
			return -1;
	}
	json_array_foreach(required, i, name)
	{
		if (!json_object_get(properties, json_string_value(name)))
			return bad(verdict,
				   "invalid_function_parameters: '%s' is required and no "
				   "property",
				   json_string_value(name));
	}
	if (strict && (!json_is_false(json_object_get(schema, "additionalProperties")) ||
		       json_array_size(required) != json_object_size(properties)))
		return bad(verdict, "invalid_function_parameters: 'strict' needs all required and "
				    "additionalProperties false");
	return 0;
}

static int check_schema(const json_t *schema, int strict, struct verdict *verdict)
{
	static const char *const types[] = { "object",	"array",   "string", "number",
					     "integer", "boolean", "null",   NULL };
	const json_t *type = json_object_get(schema, "type");
	const char *name = json_string_value(type);

	if (!json_is_object(schema))
		return bad(verdict, "invalid_function_parameters: a schema is no object");
	if (json_is_array(type) || (!type && !strict))
		return 0;
	if (!one_of(name, types))
		return bad(verdict, "invalid_function_parameters: type '%s'", name ? name : "?");
	if (strcmp(name, "object") == 0)
		return check_object(schema, strict, verdict);
	if (strcmp(name, "array") == 0)
		return check_schema(json_object_get(schema, "items"), strict, verdict);
	return 0;
}

/* A function's name, where more may stand and how long it may be. */
static int check_name(const char *name, const char *more, size_t most, struct verdict *verdict)
{
	char legal[80];

	snprintf(legal, sizeof(legal), "%s%s",
		 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", more);
	if (!name || !*name || strspn(name, legal) != strlen(name) || strlen(name) > most)
		return bad(verdict, "Invalid function name '%s'", name ? name : "?");
	return 0;
}

static int check_tool(const json_t *tool, const char *schema, int strict, struct verdict *verdict)
{
	const json_t *parameters = json_object_get(tool, schema);
	const char *type = og_json_str(parameters, "type");

	if (!og_json_str(tool, "description"))
		return bad(verdict, "a tool without a description");
	if (!type || strcmp(type, "object") != 0)
		return bad(verdict, "invalid_function_parameters: schema must be of type object");
	return check_schema(parameters, strict, verdict);
}

static int declared(const json_t *tools, const char *name)
{
	json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool)
	{
		const json_t *function = json_object_get(tool, "function");
		const char *other = og_json_str(function ? function : tool, "name");

		if (name && other && strcmp(other, name) == 0)
			return 1;
	}
	return 0;
}

/* --- what it was told not to know ----------------------------------------------------- */

/* Does the key stand anywhere in what is not free text or a schema? */
static int has_key(const json_t *value, const char *name)
{
	json_t *member;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (strcmp(key, name) == 0)
			return 1;
		if (strncmp(key, "parameters", 10) != 0 && has_key(member, name))
			return 1;
	}
	json_array_foreach((json_t *)(uintptr_t)value, i, member)
	{
		if (has_key(member, name))
			return 1;
	}
	return 0;
}

#endif
