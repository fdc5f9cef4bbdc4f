/*
 * Properties that are composed of others: rows, lists, objects, and the one
 * place where a binding is followed and a type's rule is chosen. Recursion
 * follows the catalogue, which is a few levels deep, and written values,
 * whose depth was bounded before.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/conform-rule.h"

/* Of a call that fails for want of memory alone. */
static int checked(struct og_conform *c, int rc)
{
	return rc < 0 ? og_fail_nomem(c->err) : 0;
}

static int is_rows(const json_t *value)
{
	json_t *row;
	size_t i;

	if (!json_is_array(value))
		return 0;
	json_array_foreach(value, i, row)
	{
		if (!json_is_object(row))
			return 0;
	}
	return 1;
}

static int take_rows(struct og_conform *c, const struct og_prop *prop, json_t *value,
		     enum og_origin origin, json_t **ret)
{
	if (origin == OG_WRITTEN && json_is_array(value)) {
		value = og_conform_resolved(c, value);
		if (!value)
			return -1;
	} else {
		json_incref(value);
	}
	if (is_rows(value)) {
		*ret = value;
		return 0;
	}
	og_conform_wrong(c, prop, value, origin);
	json_decref(value);
	return origin == OG_INSIDE ? 0 : -1;
}

static int take(struct og_conform *c, const struct og_prop *prop, json_t *value,
		enum og_origin origin, json_t **ret);

/* What a required member of the data's rows is when the row has none. */
static json_t *nothing_of(const struct og_prop *prop)
{
	switch (prop->type) {
	case OG_PROP_ROWS:
	case OG_PROP_LIST:
	case OG_PROP_TEXTS:
	case OG_PROP_NUMBERS:
		return json_array();
	case OG_PROP_TEXT:
		return json_string("");
	default:
		return json_null();
	}
}

static int set_member(struct og_conform *c, json_t *object, const struct og_prop *prop,
		      json_t *value, enum og_origin origin)
{
	struct og_step step;
	json_t *fit = NULL;

	og_conform_enter(c, &step, prop->name, 0);
	if (value && take(c, prop, value, origin, &fit) < 0)
		return -1;
	if (!fit && prop->required && (origin != OG_WRITTEN || og_binding(value)) &&
	    !(fit = nothing_of(prop)))
		return og_fail_nomem(c->err);
	og_conform_leave(c, &step);
	if (fit && fit == json_object_get(object, prop->name)) { /* it stays where it is */
		json_decref(fit);
		return 0;
	}
	if (!fit)
		json_object_del(object, prop->name); /* when it is there */
	return checked(c, fit ? json_object_set_new(object, prop->name, fit) : 0);
}

static int missing(struct og_conform *c, const struct og_prop *props, const json_t *object)
{
	for (; props->name; props++)
		if (props->required && !json_object_get(object, props->name))
			return og_conform_fail(c, "'%s' is missing", props->name);
	return 0;
}

static int unknown_member(struct og_conform *c, const struct og_prop *props, const char *name)
{
	const char *names[OG_VIEW_COLUMNS], *nearest;
	size_t n = 0;

	for (; props->name && n + 1 < sizeof(names) / sizeof(*names); props++)
		names[n++] = props->name;
	names[n] = NULL;
	nearest = og_nearest(name, names);
	og_conform_fail(c, "there is no '%s' here", name);
	return nearest ? og_hint(c->err, "did you mean %s?", nearest) : -1;
}

/* An object with the members of a table: written ones in their order, of a
 * bound one those that are known. What JSX wrote belongs to nobody else and
 * is mended in its place. */
static int take_object(struct og_conform *c, const struct og_prop *prop, json_t *value,
		       enum og_origin origin, json_t **ret)
{
	enum og_origin members = origin == OG_WRITTEN ? OG_WRITTEN : OG_INSIDE;
	const struct og_prop *member;
	json_t *object, *one;
	const char *key;
	void *next;

	if (!json_is_object(value))
		return og_conform_wrong(c, prop, value, origin);
	object = members == OG_WRITTEN && c->text ? json_incref(value) : json_object();
	if (!object)
		return og_fail_nomem(c->err);
	json_object_foreach_safe(value, next, key, one)
	{
		member = og_prop_find(prop->props, key);
		if (member ? set_member(c, object, member, one, members) < 0
			   : members == OG_WRITTEN && unknown_member(c, prop->props, key) < 0)
			goto fail;
	}
	for (member = prop->props; members == OG_INSIDE && member->name; member++)
		if (member->required && !json_object_get(object, member->name) &&
		    set_member(c, object, member, NULL, OG_INSIDE) < 0)
			goto fail;
	if (missing(c, prop->props, object) < 0)
		goto fail;
	*ret = object;
	return 0;
fail:
	json_decref(object);
	return -1;
}

/* Runs a rule over the items of a list. */
static int take_items(struct og_conform *c, const struct og_prop *item, json_t *value,
		      enum og_origin origin, json_t **ret)
{
	json_t *list = json_array(), *one, *fit;
	struct og_step step;
	size_t i;

	if (!list)
		return og_fail_nomem(c->err);
	json_array_foreach(value, i, one)
	{
		fit = NULL;
		og_conform_enter(c, &step, NULL, i);
		if (take(c, item, one, origin == OG_WRITTEN ? OG_WRITTEN : OG_INSIDE, &fit) < 0 ||
		    checked(c, fit ? json_array_append_new(list, fit) : 0) < 0) {
			json_decref(list);
			return -1;
		}
		og_conform_leave(c, &step);
	}
	*ret = list;
	return 0;
}

static int take_list(struct og_conform *c, const struct og_prop *prop, json_t *value,
		     enum og_origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_OBJECT, .props = prop->props };

	if (!json_is_array(value))
		return og_conform_wrong(c, prop, value, origin);
	return take_items(c, &item, value, origin, ret);
}

static int take_texts(struct og_conform *c, const struct og_prop *prop, json_t *value,
		      enum og_origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_TEXT };

	if (!json_is_array(value))
		return og_conform_wrong(c, prop, value, origin);
	return take_items(c, &item, value, origin, ret);
}

/* The first column of rows that holds numbers. */
static const char *number_column(const json_t *rows)
{
	json_t *row, *cell;
	const char *key;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_object_foreach(row, key, cell)
		{
			if (json_is_number(cell))
				return key;
		}
	}
	return NULL;
}

static int column_of(struct og_conform *c, const json_t *rows, json_t **ret)
{
	const char *key = number_column(rows);
	json_t *list = json_array(), *row, *cell;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		cell = key ? json_object_get(row, key) : NULL;
		if (json_is_number(cell) && json_array_append(list, cell) < 0) {
			json_decref(list);
			return og_fail_nomem(c->err);
		}
	}
	return og_conform_give(c, list, ret);
}

static int take_numbers(struct og_conform *c, const struct og_prop *prop, json_t *value,
			enum og_origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_NUMBER };

	if (!json_is_array(value))
		return og_conform_wrong(c, prop, value, origin);
	if (origin != OG_WRITTEN && json_is_object(json_array_get(value, 0)) && is_rows(value))
		return column_of(c, value, ret);
	return take_items(c, &item, value, origin, ret);
}

/* An object of any names whose values obey one rule. */
static int take_map(struct og_conform *c, const struct og_prop *item, json_t *value,
		    enum og_origin origin, json_t **ret)
{
	json_t *object = json_object(), *one, *fit;
	struct og_step step;
	const char *key;

	if (!object)
		return og_fail_nomem(c->err);
	json_object_foreach(value, key, one)
	{
		fit = NULL;
		og_conform_enter(c, &step, key, 0);
		if (take(c, item, one, origin == OG_WRITTEN ? OG_WRITTEN : OG_INSIDE, &fit) < 0 ||
		    checked(c, fit ? json_object_set_new(object, key, fit) : 0) < 0) {
			json_decref(object);
			return -1;
		}
		og_conform_leave(c, &step);
	}
	*ret = object;
	return 0;
}

static int take_params(struct og_conform *c, const struct og_prop *prop, json_t *value,
		       enum og_origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_VALUE };

	if (!json_is_object(value))
		return og_conform_wrong(c, prop, value, origin);
	return take_map(c, &item, value, origin, ret);
}

static int take_tones(struct og_conform *c, const struct og_prop *prop, json_t *value,
		      enum og_origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name,
				.type = OG_PROP_CHOICE,
				.words = og_view_tones };

	if (!json_is_object(value))
		return og_conform_wrong(c, prop, value, origin);
	return take_map(c, &item, value, origin, ret);
}

static og_take_fn *const rules[] = {
	[OG_PROP_TEXT] = og_take_text,	     [OG_PROP_NUMBER] = og_take_number,
	[OG_PROP_INTEGER] = og_take_integer, [OG_PROP_BOOL] = og_take_bool,
	[OG_PROP_VALUE] = og_take_value,     [OG_PROP_CHOICE] = og_take_choice,
	[OG_PROP_ROWS] = take_rows,	     [OG_PROP_LIST] = take_list,
	[OG_PROP_OBJECT] = take_object,	     [OG_PROP_TEXTS] = take_texts,
	[OG_PROP_NUMBERS] = take_numbers,    [OG_PROP_PARAMS] = take_params,
	[OG_PROP_TONES] = take_tones,
};

/* Follows a written binding and hands on to the type's rule. */
static int take(struct og_conform *c, const struct og_prop *prop, json_t *value,
		enum og_origin origin, json_t **ret)
{
	const char *pointer = origin == OG_WRITTEN ? og_binding(value) : NULL;
	json_t *found;
	int rc;

	if (json_is_null(value))
		return 0;
	if (!pointer)
		return rules[prop->type](c, prop, value, origin, ret);
	if (og_conform_pointer(c, pointer) < 0)
		return -1;
	if (!c->scope)
		return og_conform_keep(value, ret);
	found = og_conform_look_up(c, pointer);
	rc = json_is_null(found) ? 0 : rules[prop->type](c, prop, found, OG_BOUND, ret);
	json_decref(found);
	return rc;
}

int og_conform_prop(struct og_conform *c, const struct og_component *component, json_t *props,
		    const char *name, json_t *value)
{
	const struct og_prop *prop = og_prop_find(component->props, name);

	if (!prop)
		return unknown_member(c, component->props, name);
	return set_member(c, props, prop, value, OG_WRITTEN);
}

int og_conform_required(struct og_conform *c, const struct og_component *component,
			const json_t *props)
{
	for (const struct og_prop *prop = component->props; prop->name; prop++)
		if (prop->required && !json_object_get(props, prop->name))
			return og_conform_fail(c, "%s needs '%s'", component->name, prop->name);
	return 0;
}
