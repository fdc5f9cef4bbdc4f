/* Members of objects: asked for, demanded, and the only ones there may be. */
#include "lib/json/json.h"

#include <string.h>

#include "lib/base/text.h"

const char *og_json_str(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);
	const char *text = json_string_value(value);

	/* A NUL inside would end the C string early and hide what follows. */
	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

int64_t og_json_int(const json_t *obj, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(obj, key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

int og_json_bool(const json_t *obj, const char *key, int fallback)
{
	const json_t *value = json_object_get(obj, key);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

int og_json_need_str(const json_t *obj, const char *what, const char *key, const char **ret,
		     struct og_err *err)
{
	const char *text = og_json_str(obj, key);

	if (!text)
		return og_fail(err, OG_EDATA, "%s: '%s' is missing or not a string", what, key);
	*ret = text;
	return 0;
}

int og_json_need_int(const json_t *obj, const char *what, const char *key, int64_t *ret,
		     struct og_err *err)
{
	const json_t *value = json_object_get(obj, key);

	if (!json_is_integer(value))
		return og_fail(err, OG_EDATA, "%s: '%s' is missing or not an integer", what, key);
	*ret = json_integer_value(value);
	return 0;
}

static int listed(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcmp(*keys, key) == 0)
			return 1;
	return 0;
}

int og_json_only(const json_t *obj, const char *what, const char *const *keys, struct og_err *err)
{
	const char *key;
	json_t *mutable, *value;

	if (!json_is_object(obj))
		return og_fail(err, OG_EDATA, "%s is not an object", what);
	memcpy(&mutable, &obj, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, key, value)
	{
		if (listed(key, keys))
			continue;
		og_fail(err, OG_EDATA, "%s: unknown key '%s'", what, key);
		return og_hint_near(key, keys, err);
	}
	return 0;
}

int og_json_hint_near(const char *word, const json_t *list, const char *member, struct og_err *err)
{
	const char *names[3] = { NULL, NULL, NULL }, *name;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		name = json_string_value(member ? json_object_get(item, member) : item);
		if (!name)
			continue;
		names[names[0] ? 1 : 0] = name;
		names[0] = og_nearest(word, names);
		names[1] = NULL;
	}
	return names[0] ? og_hint_near(word, names, err) : -1;
}

int og_json_set(json_t *obj, const char *key, json_t *value, struct og_err *err)
{
	if (json_object_set_new(obj, key, value) < 0)
		return og_fail_nomem(err);
	return 0;
}
