/*
 * Arguments of an action against its schema. See arguments.h.
 */
#include "lib/serve/arguments.h"

#include <math.h>
#include <string.h>

#define LENGTH_MAX 200

static int bad(struct og_err *err, const char *name, const char *what)
{
	return og_fail(err, OG_EDATA, "%.40s: %s", name, what);
}

/* Characters of valid UTF-8. */
static size_t length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return 1;
	return 0;
}

static int check_string(const char *name, const json_t *rule, const json_t *value,
			struct og_err *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return bad(err, name, "is no text");
	if (has_control(text, json_string_length(value)))
		return bad(err, name, "has control characters");
	if ((int64_t)length(text) > og_json_int(rule, "maxLength", LENGTH_MAX))
		return bad(err, name, "is too long");
	return 0;
}

static int check_number(const char *name, const json_t *rule, const json_t *value,
			struct og_err *err)
{
	const json_t *min = json_object_get(rule, "minimum"),
		     *max = json_object_get(rule, "maximum");
	const char *type = og_json_str(rule, "type");
	double number = json_number_value(value);

	if (!json_is_number(value) || !isfinite(number))
		return bad(err, name, "is no number");
	if (strcmp(type, "integer") == 0 && !json_is_integer(value))
		return bad(err, name, "is no whole number");
	if (json_is_number(min) && number < json_number_value(min))
		return bad(err, name, "is too small");
	if (json_is_number(max) && number > json_number_value(max))
		return bad(err, name, "is too large");
	return 0;
}

static int check_type(const char *name, const json_t *rule, const json_t *value, struct og_err *err)
{
	const char *type = og_json_str(rule, "type");

	if (type && strcmp(type, "string") == 0)
		return check_string(name, rule, value, err);
	if (type && (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0))
		return check_number(name, rule, value, err);
	if (type && strcmp(type, "boolean") == 0)
		return json_is_boolean(value) ? 0 : bad(err, name, "is no truth");
	return bad(err, name, "has no usable type");
}

static int is_one_of(const json_t *list, const json_t *value)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)list, i, one)
	{
		if (json_equal(one, value))
			return 1;
	}
	return 0;
}

static int check_one(const char *name, const json_t *rule, const json_t *value, struct og_err *err)
{
	const json_t *list = json_object_get(rule, "enum");

	if (!json_is_object(rule))
		return bad(err, name, "is no parameter of this action");
	if (json_object_get(rule, "pattern"))
		return bad(err, name, "has a pattern, which is not checked here");
	if (check_type(name, rule, value, err) < 0)
		return -1;
	return list && !is_one_of(list, value) ? bad(err, name, "is not one of its values") : 0;
}

int og_arguments_check(const json_t *schema, const json_t *arguments, struct og_err *err)
{
	const json_t *rules = json_object_get(schema, "properties");
	json_t *needed = json_object_get(schema, "required"), *value;
	const char *name;
	size_t i;

	if (!json_is_object(arguments))
		return og_fail(err, OG_EDATA, "arguments: not an object");
	json_array_foreach(needed, i, value)
	{
		const char *must = json_string_value(value);

		if (must && !json_object_get(arguments, must))
			return bad(err, must, "is missing");
	}
	json_object_foreach((json_t *)arguments, name, value)
	{
		if (check_one(name, json_object_get(rules, name), value, err) < 0)
			return -1;
	}
	return 0;
}
