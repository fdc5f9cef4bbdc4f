/*
 * Properties: each type's rule. A rule gets a value, written or bound, and
 * gives a new reference to what may be drawn, or nothing (*ret NULL) for a
 * value that says nothing. Recursion follows the catalogue, which is a few
 * levels deep, and written values, whose depth was bounded before.
 */
#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/conform-internal.h"
#include "lib/view/format-internal.h"

#define WORDS_MAX 200 /* bytes of a list of words in a message */

/* Where a value came from. */
enum origin {
	WRITTEN, /* in the view */
	BOUND,	 /* what a binding leads to */
	INSIDE,	 /* a member of what a binding leads to */
};

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_NULL:
		return "nothing";
	default:
		return "true or false";
	}
}

static const char *want_of(const struct og_prop *prop)
{
	switch (prop->type) {
	case OG_PROP_TEXT:
		return "text";
	case OG_PROP_NUMBER:
		return "a number";
	case OG_PROP_INTEGER:
		return "a whole number";
	case OG_PROP_BOOL:
		return "true or false";
	case OG_PROP_VALUE:
		return "a value";
	case OG_PROP_CHOICE:
		return "a word";
	case OG_PROP_ROWS:
		return "rows, a list of objects";
	case OG_PROP_LIST:
		return "a list of objects";
	case OG_PROP_TEXTS:
		return "a list of texts";
	case OG_PROP_NUMBERS:
		return "a list of numbers";
	default:
		return "an object";
	}
}

/* Not of the type: refused, or from inside of data: left out. */
static int wrong(struct og_conform *c, const struct og_prop *prop, const json_t *value,
		 enum origin origin)
{
	if (origin == INSIDE)
		return 0;
	if (origin == BOUND)
		return og_conform_fail(c, "wants %s, and what it is bound to is %s", want_of(prop),
				       kind_of(value));
	return og_conform_fail(c, "wants %s, not %s", want_of(prop), kind_of(value));
}

static int give(struct og_conform *c, json_t *value, json_t **ret)
{
	*ret = value;
	return value ? 0 : og_fail_nomem(c->err);
}

/* Of a call that fails for want of memory alone. */
static int checked(struct og_conform *c, int rc)
{
	return rc < 0 ? og_fail_nomem(c->err) : 0;
}

static int keep(json_t *value, json_t **ret)
{
	*ret = json_incref(value);
	return 0;
}

static int is_plain(const json_t *value)
{
	return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

/* A plain value as a text, without thousands apart: it may be a number's name. */
static json_t *as_text(const json_t *value)
{
	char number[OG_DOUBLE_MAX];
	struct og_buf buf;
	json_t *text;

	if (json_is_string(value))
		return json_incref((json_t *)(uintptr_t)value);
	og_buf_init(&buf, OG_DOUBLE_MAX + 1);
	if (json_is_real(value) && isfinite(json_real_value(value)))
		og_buf_add(&buf, number, og_double_format(json_real_value(value), number));
	else
		og_format(&buf, value, "id", NULL);
	text = buf.failed ? NULL : json_stringn(buf.len > 0 ? buf.data : "", buf.len);
	og_buf_release(&buf);
	return text;
}

static int take_text(struct og_conform *c, const struct og_prop *prop, json_t *value,
		     enum origin origin, json_t **ret)
{
	if (!is_plain(value))
		return wrong(c, prop, value, origin);
	return give(c, as_text(value), ret);
}

static int take_number(struct og_conform *c, const struct og_prop *prop, json_t *value,
		       enum origin origin, json_t **ret)
{
	if (!json_is_number(value))
		return wrong(c, prop, value, origin);
	return keep(value, ret);
}

static int take_integer(struct og_conform *c, const struct og_prop *prop, json_t *value,
			enum origin origin, json_t **ret)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return wrong(c, prop, value, origin);
	if (prop->most > 0 && (number < prop->least || number > prop->most)) {
		if (origin == INSIDE)
			return 0;
		return og_conform_fail(c, "is %lld; it may be %d to %d", (long long)number,
				       prop->least, prop->most);
	}
	return keep(value, ret);
}

/* Databases say yes with a 1. */
static int take_bool(struct og_conform *c, const struct og_prop *prop, json_t *value,
		     enum origin origin, json_t **ret)
{
	if (origin != WRITTEN && json_is_integer(value))
		return give(c, json_boolean(json_integer_value(value) != 0), ret);
	if (!json_is_boolean(value))
		return wrong(c, prop, value, origin);
	return keep(value, ret);
}

/* What a cell may hold: plain, or one tagged by its reader ({"i":DIGITS}). */
static int take_value(struct og_conform *c, const struct og_prop *prop, json_t *value,
		      enum origin origin, json_t **ret)
{
	if (!is_plain(value) && json_object_size(value) != 1)
		return wrong(c, prop, value, origin);
	return keep(value, ret);
}

static void list_words(const char *const *words, struct og_buf *buf)
{
	for (size_t i = 0; words[i]; i++)
		og_buf_addf(buf, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

static int take_choice(struct og_conform *c, const struct og_prop *prop, json_t *value,
		       enum origin origin, json_t **ret)
{
	const char *word = json_string_value(value);
	struct og_buf words;

	if (!word)
		return wrong(c, prop, value, origin);
	for (size_t i = 0; *word && prop->words[i]; i++)
		if (strcmp(word, prop->words[i]) == 0)
			return keep(value, ret);
	if (!*word)
		return keep(value, ret);
	if (origin != WRITTEN) /* a word of the data's own says nothing here */
		return 0;
	og_buf_init(&words, WORDS_MAX);
	list_words(prop->words, &words);
	og_conform_fail(c, "is '%s'; it may be %s", word, words.failed ? "" : words.data);
	og_buf_release(&words);
	return -1;
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
		     enum origin origin, json_t **ret)
{
	if (origin == WRITTEN && json_is_array(value)) {
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
	wrong(c, prop, value, origin);
	json_decref(value);
	return origin == INSIDE ? 0 : -1;
}

static int take(struct og_conform *c, const struct og_prop *prop, json_t *value, enum origin origin,
		json_t **ret);

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
		      json_t *value, enum origin origin)
{
	struct og_step step;
	json_t *fit = NULL;

	og_conform_enter(c, &step, prop->name, 0);
	if (value && take(c, prop, value, origin, &fit) < 0)
		return -1;
	if (!fit && prop->required && (origin != WRITTEN || og_binding(value)) &&
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
		       enum origin origin, json_t **ret)
{
	enum origin members = origin == WRITTEN ? WRITTEN : INSIDE;
	const struct og_prop *member;
	json_t *object, *one;
	const char *key;
	void *next;

	if (!json_is_object(value))
		return wrong(c, prop, value, origin);
	object = members == WRITTEN && c->text ? json_incref(value) : json_object();
	if (!object)
		return og_fail_nomem(c->err);
	json_object_foreach_safe(value, next, key, one)
	{
		member = og_prop_find(prop->props, key);
		if (member ? set_member(c, object, member, one, members) < 0
			   : members == WRITTEN && unknown_member(c, prop->props, key) < 0)
			goto fail;
	}
	for (member = prop->props; members == INSIDE && member->name; member++)
		if (member->required && !json_object_get(object, member->name) &&
		    set_member(c, object, member, NULL, INSIDE) < 0)
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
		      enum origin origin, json_t **ret)
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
		if (take(c, item, one, origin == WRITTEN ? WRITTEN : INSIDE, &fit) < 0 ||
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
		     enum origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_OBJECT, .props = prop->props };

	if (!json_is_array(value))
		return wrong(c, prop, value, origin);
	return take_items(c, &item, value, origin, ret);
}

static int take_texts(struct og_conform *c, const struct og_prop *prop, json_t *value,
		      enum origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_TEXT };

	if (!json_is_array(value))
		return wrong(c, prop, value, origin);
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
	return give(c, list, ret);
}

static int take_numbers(struct og_conform *c, const struct og_prop *prop, json_t *value,
			enum origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_NUMBER };

	if (!json_is_array(value))
		return wrong(c, prop, value, origin);
	if (origin != WRITTEN && json_is_object(json_array_get(value, 0)) && is_rows(value))
		return column_of(c, value, ret);
	return take_items(c, &item, value, origin, ret);
}

/* An object of any names whose values obey one rule. */
static int take_map(struct og_conform *c, const struct og_prop *item, json_t *value,
		    enum origin origin, json_t **ret)
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
		if (take(c, item, one, origin == WRITTEN ? WRITTEN : INSIDE, &fit) < 0 ||
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
		       enum origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name, .type = OG_PROP_VALUE };

	if (!json_is_object(value))
		return wrong(c, prop, value, origin);
	return take_map(c, &item, value, origin, ret);
}

static int take_tones(struct og_conform *c, const struct og_prop *prop, json_t *value,
		      enum origin origin, json_t **ret)
{
	struct og_prop item = { .name = prop->name,
				.type = OG_PROP_CHOICE,
				.words = og_view_tones };

	if (!json_is_object(value))
		return wrong(c, prop, value, origin);
	return take_map(c, &item, value, origin, ret);
}

typedef int take_fn(struct og_conform *c, const struct og_prop *prop, json_t *value,
		    enum origin origin, json_t **ret);

static take_fn *const rules[] = {
	[OG_PROP_TEXT] = take_text,	  [OG_PROP_NUMBER] = take_number,
	[OG_PROP_INTEGER] = take_integer, [OG_PROP_BOOL] = take_bool,
	[OG_PROP_VALUE] = take_value,	  [OG_PROP_CHOICE] = take_choice,
	[OG_PROP_ROWS] = take_rows,	  [OG_PROP_LIST] = take_list,
	[OG_PROP_OBJECT] = take_object,	  [OG_PROP_TEXTS] = take_texts,
	[OG_PROP_NUMBERS] = take_numbers, [OG_PROP_PARAMS] = take_params,
	[OG_PROP_TONES] = take_tones,
};

/* Follows a written binding and hands on to the type's rule. */
static int take(struct og_conform *c, const struct og_prop *prop, json_t *value, enum origin origin,
		json_t **ret)
{
	const char *pointer = origin == WRITTEN ? og_binding(value) : NULL;
	json_t *found;
	int rc;

	if (json_is_null(value))
		return 0;
	if (!pointer)
		return rules[prop->type](c, prop, value, origin, ret);
	if (og_conform_pointer(c, pointer) < 0)
		return -1;
	if (!c->scope)
		return keep(value, ret);
	found = og_conform_look_up(c, pointer);
	rc = json_is_null(found) ? 0 : rules[prop->type](c, prop, found, BOUND, ret);
	json_decref(found);
	return rc;
}

int og_conform_prop(struct og_conform *c, const struct og_component *component, json_t *props,
		    const char *name, json_t *value)
{
	const struct og_prop *prop = og_prop_find(component->props, name);

	if (!prop)
		return unknown_member(c, component->props, name);
	return set_member(c, props, prop, value, WRITTEN);
}

int og_conform_required(struct og_conform *c, const struct og_component *component,
			const json_t *props)
{
	for (const struct og_prop *prop = component->props; prop->name; prop++)
		if (prop->required && !json_object_get(props, prop->name))
			return og_conform_fail(c, "%s needs '%s'", component->name, prop->name);
	return 0;
}
