/*
 * The slots a skill's patterns declare, as the "slots" member of its DOC.
 */
#include "lib/skill/pattern-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/resolve-internal.h"
#include "lib/skill/skill.h"
#include "lib/skill/values-internal.h"

static const char *const plain_types[] = { "int",  "number", "money", "date", "period", "word",
					   "name", "text",   "table", "node", NULL };

/* "ref(products.name)": the inside of the parentheses, or NULL. */
static char *type_inside(const char *type, const char *head)
{
	size_t n = strlen(head), len = strlen(type);

	if (strncmp(type, head, n) != 0 || len < n + 3 || type[n] != '(' || type[len - 1] != ')')
		return NULL;
	return strndup(type + n + 1, len - n - 2);
}

static json_t *declare_ref(char *inside)
{
	char *dot = strchr(inside, '.');

	if (dot == NULL)
		return NULL;
	*dot = '\0';
	if (!og_table_name_valid(inside) || !og_table_name_valid(dot + 1))
		return NULL;
	return json_pack("{s:s,s:s,s:s}", "type", "ref", "table", inside, "column", dot + 1);
}

static json_t *declare_enum(char *inside)
{
	json_t *values = json_array();
	json_t *decl = json_pack("{s:s,s:o}", "type", "enum", "values", values);
	char *rest = inside, *value;

	while (decl != NULL && (value = strsep(&rest, "|")) != NULL) {
		if (*value == '\0' || json_array_append_new(values, json_string(value)) < 0) {
			json_decref(decl);
			return NULL;
		}
	}
	return decl;
}

static json_t *declare_quantity(const char *unit)
{
	return og_unit_known(unit) ? json_pack("{s:s,s:s}", "type", "quantity", "unit", unit)
				   : NULL;
}

static json_t *declare_money(const char *currency)
{
	return og_currency_known(currency)
		       ? json_pack("{s:s,s:s}", "type", "money", "unit", currency)
		       : NULL;
}

/* The declaration a type's text means, or NULL. */
static json_t *declare_type(const char *type)
{
	json_t *decl = NULL;
	char *inside;

	for (size_t i = 0; plain_types[i] != NULL; i++) {
		if (strcmp(type, plain_types[i]) == 0)
			return json_pack("{s:s}", "type", type);
	}
	if ((inside = type_inside(type, "ref")) != NULL)
		decl = declare_ref(inside);
	else if ((inside = type_inside(type, "enum")) != NULL)
		decl = declare_enum(inside);
	else if ((inside = type_inside(type, "quantity")) != NULL)
		decl = declare_quantity(inside);
	else if ((inside = type_inside(type, "money")) != NULL)
		decl = declare_money(inside);
	free(inside);
	return decl;
}

static json_t *enum_value(const json_t *decl, const char *text)
{
	char stem[OG_STEM_MAX + 1], own[OG_STEM_MAX + 1];
	json_t *value;
	size_t i;

	og_stem(text, strlen(text), stem);

	json_array_foreach(json_object_get(decl, "values"), i, value)
	{
		og_stem(json_string_value(value), json_string_length(value), own);
		if (og_ascii_casecmp(json_string_value(value), text) == 0 || strcmp(stem, own) == 0)
			return json_incref(value);
	}
	return NULL;
}

int og_type_relative(const char *type)
{
	return strcmp(type, "date") == 0 || strcmp(type, "period") == 0;
}

json_t *og_slot_value(const json_t *decl, const char *text, int64_t today)
{
	const char *type = og_json_str(decl, "type");

	if (type == NULL)
		return NULL;
	if (og_value_kind(type) != OG_VALUE_NONE)
		return og_value_of(decl, text, today);
	if (strcmp(type, "enum") == 0)
		return enum_value(decl, text);
	if (*text == '\0' || (!og_type_named(type) && og_text_hidden(text, strlen(text))))
		return NULL;
	return json_string(text);
}

int og_slot_bind(json_t *vars, const char *name, const json_t *decl, json_t *value,
		 struct og_err *err)
{
	char from[11], to[11], key[80];
	const char *type = og_json_str(decl, "type");
	int period = value != NULL && type != NULL && strcmp(type, "period") == 0 &&
		     og_value_ends(json_string_value(value), from, to) == 0;

	if (og_json_set(vars, name, value, err) < 0)
		return -1;
	if (!period)
		return 0;
	snprintf(key, sizeof(key), "%s_from", name);
	if (og_json_set(vars, key, json_string(from), err) < 0)
		return -1;
	snprintf(key, sizeof(key), "%s_to", name);
	return og_json_set(vars, key, json_string(to), err);
}

/* Two declarations agree when they are equal but for the default. */
static int same_type(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)a, key, value)
	{
		if (strcmp(key, "default") != 0 && !json_equal(value, json_object_get(b, key)))
			return 0;
	}
	return 1;
}

static int set_default(json_t *decl, const struct og_element *e, struct og_err *err)
{
	json_t *value = og_slot_value(decl, e->value, 0), *old = json_object_get(decl, "default");

	/* "today" is another day every day. */
	if (value != NULL && og_type_relative(og_json_str(decl, "type"))) {
		json_decref(value);
		value = json_string(e->value);
	}
	if (value == NULL)
		return og_fail(err, OG_EDATA, "slot '%s': the default '%s' is no %s", e->slot,
			       e->value, og_json_str(decl, "type"));
	if (old != NULL && !json_equal(old, value)) {
		json_decref(value);
		return og_fail(err, OG_EDATA, "slot '%s' has two defaults", e->slot);
	}
	return og_json_set(decl, "default", value, err);
}

static int declare_slot(json_t *slots, const struct og_element *e, struct og_err *err)
{
	json_t *old = json_object_get(slots, e->slot), *decl;

	if (*e->type == '\0') {
		if (old != NULL)
			return 0;
		return og_json_set(slots, e->slot, json_object(), err);
	}
	decl = declare_type(e->type);
	if (decl == NULL)
		return og_fail(err, OG_EDATA, "slot '%s': there is no type '%s'", e->slot, e->type);
	if (json_object_size(old) > 0 && !same_type(old, decl)) {
		json_decref(decl);
		return og_fail(err, OG_EDATA, "slot '%s' has two types", e->slot);
	}
	if (json_object_size(old) > 0) {
		json_decref(decl);
		decl = old;
	} else if (og_json_set(slots, e->slot, decl, err) < 0) {
		return -1;
	}
	return e->value != NULL ? set_default(decl, e, err) : 0;
}

int og_slots_declare(json_t *slots, const struct og_pattern *pattern, struct og_err *err)
{
	for (size_t i = 0; i < pattern->n; i++) {
		if (pattern->e[i].slot != NULL && declare_slot(slots, &pattern->e[i], err) < 0)
			return -1;
	}
	return 0;
}

int og_slots_close(json_t *slots, struct og_err *err)
{
	const char *name;
	json_t *decl;

	if (json_object_size(slots) > OG_SKILL_SLOTS_MAX)
		return og_fail(err, OG_EDATA, "more than %d slots", OG_SKILL_SLOTS_MAX);
	json_object_foreach(slots, name, decl)
	{
		if (json_object_size(decl) == 0 &&
		    og_json_set(decl, "type", json_string("text"), err) < 0)
			return -1;
	}
	return 0;
}

static int declare_all(json_t *slots, const json_t *patterns, struct og_err *err)
{
	struct og_pattern *pattern;
	json_t *item;
	size_t i;
	int rc;

	json_array_foreach(patterns, i, item)
	{
		const char *text = og_json_str(item, "text");

		if (text == NULL)
			return og_fail(err, OG_EDATA, "pattern %zu has no text", i + 1);
		if (og_pattern_parse(text, &pattern, err) < 0)
			return -1;
		rc = og_slots_declare(slots, pattern, err);
		og_pattern_free(pattern);
		if (rc < 0)
			return -1;
	}
	return og_slots_close(slots, err);
}

int og_slots_of(const json_t *patterns, json_t **ret, struct og_err *err)
{
	json_t *slots = json_object();

	if (slots == NULL)
		return og_fail_nomem(err);
	if (declare_all(slots, patterns, err) < 0) {
		json_decref(slots);
		return -1;
	}
	*ret = slots;
	return 0;
}
