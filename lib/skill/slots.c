/*
 * Values from a caller, checked against a skill's declaration. The other
 * way in, from a sentence, is fill.c; both end in the same variables.
 */
#include "lib/skill/slots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/pattern-internal.h"
#include "lib/skill/resolve-internal.h"
#include "lib/skill/skill.h"
#include "lib/skill/values-internal.h"
#include "lib/skill/when-internal.h"

#define VALUE_MAX ((size_t)64 << 10)

struct binding {
	const json_t *slots, *given;
	const struct og_resolver *resolver;
	json_t *vars;
};

static void id_key(const char *name, char out[80])
{
	snprintf(out, 80, "%s_id", name);
}

/* Does key end so, and is what stands before it a slot of the type? For ids,
 * the type is NULL: any that has one. */
static int is_part(const json_t *slots, const char *key, const char *end, const char *type)
{
	size_t len = strlen(key), n = strlen(end);
	char name[64];
	const char *is;

	if (len <= n || len - n >= sizeof(name) || strcmp(key + len - n, end) != 0)
		return 0;
	memcpy(name, key, len - n);
	name[len - n] = '\0';
	is = og_json_str(json_object_get(slots, name), "type");
	return is != NULL && (type != NULL ? strcmp(is, type) == 0 : og_type_has_id(is));
}

/* NAME of a slot, NAME_id of one that has an id, the ends of a period. */
static int known_key(const json_t *slots, const char *key)
{
	return json_object_get(slots, key) != NULL || is_part(slots, key, "_id", NULL) ||
	       is_part(slots, key, "_from", "period") || is_part(slots, key, "_to", "period");
}

static int refuse_strange(const struct binding *b, struct og_err *err)
{
	const char *key, *name, *names[OG_SKILL_SLOTS_MAX + 1];
	json_t *value, *decl;
	size_t n = 0;

	json_object_foreach((json_t *)b->given, key, value)
	{
		if (known_key(b->slots, key))
			continue;
		json_object_foreach((json_t *)b->slots, name, decl)
		{
			if (n < OG_SKILL_SLOTS_MAX)
				names[n++] = name;
		}
		names[n] = NULL;
		og_fail(err, OG_EDATA, "the skill has no slot '%s'", key);
		name = og_nearest(key, names);
		return name != NULL ? og_hint(err, "did you mean '%s'?", name) : -1;
	}
	return 0;
}

static int is_number_type(const char *type)
{
	enum og_value kind = og_value_kind(type);

	return kind == OG_VALUE_NUMBER || kind == OG_VALUE_MONEY || kind == OG_VALUE_QUANTITY;
}

static json_t *number_value(const json_t *value, const char *type)
{
	double real = json_number_value(value);

	if (json_is_integer(value) && llabs(json_integer_value(value)) <= OG_JSON_INT_MAX)
		return json_integer(json_integer_value(value));
	if (!json_is_real(value) || !isfinite(real))
		return NULL;
	if (strcmp(type, "int") == 0) {
		if (fabs(real) > (double)OG_JSON_INT_MAX || real != floor(real))
			return NULL;
		return json_integer((json_int_t)real);
	}
	return json_real(real);
}

/* The value as the type wants it, or NULL. */
static json_t *plain_value(const struct binding *b, const json_t *decl, const json_t *value)
{
	const char *type = og_json_str(decl, "type");

	if (is_number_type(type) && json_is_number(value))
		return number_value(value, type);
	if (!json_is_string(value) || json_string_length(value) > VALUE_MAX ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return NULL;
	return og_slot_value(decl, json_string_value(value),
			     b->resolver != NULL ? og_day_of(b->resolver->now) : 0);
}

static int hint_enum(const json_t *decl, struct og_err *err)
{
	json_t *values = json_object_get(decl, "values"), *value;
	struct og_buf list;
	size_t i;

	og_buf_init(&list, 512);
	json_array_foreach(values, i, value)
		og_buf_addf(&list, "%s%s", i > 0 ? ", " : "", json_string_value(value));
	og_hint(err, "one of %s", list.data != NULL ? list.data : "its words");
	og_buf_release(&list);
	return -1;
}

/* What a value of the type looks like. */
static int hint_value(const json_t *decl, struct og_err *err)
{
	static const struct {
		const char *type, *hint;
	} hints[] = {
		{ "int", "a whole number, such as 12" },
		{ "number", "a number, such as 12.5" },
		{ "date", "a day, such as 2026-03-31 or tomorrow" },
		{ "period", "days, such as 2026-03-01/2026-03-31 or last month" },
		{ "word", "one word" },
	};
	const char *type = og_json_str(decl, "type");

	if (strcmp(type, "enum") == 0)
		return hint_enum(decl, err);
	if (strcmp(type, "money") == 0)
		return og_hint(err, "an amount, such as 499.50%s%s",
			       og_json_str(decl, "unit") ? " " : ", without a currency",
			       og_json_str(decl, "unit") ? og_json_str(decl, "unit") : "");
	if (strcmp(type, "quantity") == 0)
		return og_hint(err, "an amount in %s, or in a unit like it",
			       og_json_str(decl, "unit"));
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strcmp(type, hints[i].type) == 0)
			return og_hint(err, "%s", hints[i].hint);
	}
	return -1;
}

static int bind_plain(struct binding *b, const char *name, const json_t *decl, const json_t *given,
		      struct og_err *err)
{
	json_t *value = plain_value(b, decl, given);
	const char *type = og_json_str(decl, "type");

	if (value == NULL) {
		og_fail(err, OG_EDATA, "slot '%s': the value is no %s", name, type);
		return hint_value(decl, err);
	}
	return og_slot_bind(b->vars, name, decl, value, err);
}

static const json_t *end_given(const struct binding *b, const char *name, const char *end)
{
	char key[80];

	snprintf(key, sizeof(key), "%s_%s", name, end);
	return json_object_get(b->given, key);
}

/* A period may also be given by its two ends. One without the other is not
 * all of it. *ret stays NULL where there are none. */
static int ends_given(const struct binding *b, const char *name, json_t **ret, struct og_err *err)
{
	const json_t *from = end_given(b, name, "from"), *to = end_given(b, name, "to");

	if (from == NULL && to == NULL)
		return 0;
	if (from == NULL || to == NULL) {
		og_fail(err, OG_EDATA, "slot '%s': '%s_%s' is given without '%s_%s'", name, name,
			from != NULL ? "from" : "to", name, from != NULL ? "to" : "from");
		return og_hint(err, "give both, or all of it: %s='%s 2026-03-01'", name,
			       from != NULL ? "from" : "until");
	}
	if (!json_is_string(from) || !json_is_string(to))
		return og_fail(err, OG_EDATA, "slot '%s': the ends of a period are texts", name);
	*ret = json_sprintf("%s/%s", json_string_value(from), json_string_value(to));
	return *ret != NULL ? 0 : og_fail_nomem(err);
}

/* What was bound must have the ends that were given beside it. */
static int ends_agree(const struct binding *b, const char *name, struct og_err *err)
{
	static const char *const ends[] = { "from", "to" };
	char key[80];

	for (size_t i = 0; i < 2; i++) {
		const json_t *given = end_given(b, name, ends[i]);

		snprintf(key, sizeof(key), "%s_%s", name, ends[i]);
		if (given != NULL && !json_equal(given, json_object_get(b->vars, key)))
			return og_fail(err, OG_EDATA, "slot '%s': '%s' is not that of '%s'", name,
				       key, name);
	}
	return 0;
}

/* Which of the found ones: the only one, or the one with the wanted id. */
static int choose(const struct og_found *found, const json_t *id, size_t *ret)
{
	if (id == NULL) {
		*ret = 0;
		return found->n == 1 ? 0 : -1;
	}
	for (size_t i = 0; i < found->n; i++) {
		if (found->id[i] == json_integer_value(id)) {
			*ret = i;
			return 0;
		}
	}
	return -1;
}

static int refuse_name(const char *name, const char *text, const struct og_found *found,
		       struct og_err *err)
{
	if (found->n > 1) {
		og_fail(err, OG_NO, "slot '%s': '%.100s' may mean several", name, text);
		return og_hint(err, "say '%s' or '%s'", found->text[0], found->text[1]);
	}
	og_fail(err, OG_NO, "slot '%s': nothing you may see is called '%.100s'", name, text);
	if (found->near != NULL)
		return og_hint(err, "did you mean '%s'?", found->near);
	return -1;
}

static int bind_found(struct binding *b, const char *name, const json_t *decl, int64_t id,
		      const char *text, struct og_err *err)
{
	char key[80];

	id_key(name, key);
	if (og_json_set(b->vars, name, json_string(text), err) < 0)
		return -1;
	if (!og_type_has_id(og_json_str(decl, "type")))
		return 0;
	return og_json_set(b->vars, key, json_integer((json_int_t)id), err);
}

/* What is only spelt alike was not said. */
static void suggest(struct og_found *found)
{
	free(found->near);
	found->near = found->text[0];
	for (size_t i = 1; i < found->n; i++)
		free(found->text[i]);
	found->n = 0;
}

static int find_name(struct binding *b, const char *name, const json_t *decl, const char *text,
		     const json_t *id, struct og_err *err)
{
	struct og_found found;
	enum og_find_how how = text == NULL ? OG_FIND_ID : OG_FIND_NAME;
	const char *shown = text != NULL ? text : "that number";
	size_t i;
	int rc;

	if (og_find(b->resolver, decl, how, text != NULL ? text : "", json_integer_value(id),
		    &found, err) < 0)
		return -1;
	if (found.typos > 0)
		suggest(&found);
	if (choose(&found, id, &i) < 0)
		rc = refuse_name(name, shown, &found, err);
	else
		rc = bind_found(b, name, decl, found.id[i], found.text[i], err);
	og_found_release(&found);
	return rc;
}

static int bind_name(struct binding *b, const char *name, const json_t *decl, const json_t *given,
		     struct og_err *err);

/* A number that comes as text. */
static int bind_written_id(struct binding *b, const char *name, const json_t *decl,
			   const json_t *given, struct og_err *err)
{
	const json_t *before = b->given;
	json_t *copy = json_copy((json_t *)(uintptr_t)before);
	char key[80];
	int64_t id;
	int rc = -1;

	id_key(name, key);
	if (og_int_parse(og_json_str(before, key), -OG_JSON_INT_MAX, OG_JSON_INT_MAX, key, &id,
			 err) < 0)
		err->code = OG_EDATA;
	else if (og_json_set(copy, key, json_integer(id), err) == 0) {
		b->given = copy;
		rc = bind_name(b, name, decl, given, err);
		b->given = before;
	}
	json_decref(copy);
	return rc;
}

static int bind_name(struct binding *b, const char *name, const json_t *decl, const json_t *given,
		     struct og_err *err)
{
	char key[80];
	const json_t *id;

	id_key(name, key);
	id = json_object_get(b->given, key);
	if (json_is_string(id))
		return bind_written_id(b, name, decl, given, err);
	if ((given != NULL && (!json_is_string(given) || json_string_length(given) > VALUE_MAX)) ||
	    (id != NULL && !json_is_integer(id)))
		return og_fail(err, OG_EDATA, "slot '%s': a name is a text and its id a number",
			       name);
	if (b->resolver == NULL)
		return og_fail(err, OG_EBUG, "slot '%s' needs a resolver", name);
	return find_name(b, name, decl, json_string_value(given), id, err);
}

/* What is given for the slot; its default; or nothing. */
static int find_given(const struct binding *b, const char *name, const json_t *decl,
		      json_t **ret_ends, const json_t **ret, struct og_err *err)
{
	const char *type = og_json_str(decl, "type");
	char key[80];

	*ret = json_object_get(b->given, name);
	id_key(name, key);
	if (*ret != NULL || (og_type_has_id(type) && json_object_get(b->given, key) != NULL))
		return 0;
	if (strcmp(type, "period") == 0 && ends_given(b, name, ret_ends, err) < 0)
		return -1;
	*ret = *ret_ends != NULL ? *ret_ends : json_object_get(decl, "default");
	return *ret != NULL ? 0 : og_fail(err, OG_EDATA, "slot '%s' needs a value", name);
}

static int bind_slot(struct binding *b, const char *name, const json_t *decl, struct og_err *err)
{
	const char *type = og_json_str(decl, "type");
	const json_t *given;
	json_t *ends = NULL;
	int rc;

	if (type == NULL)
		return og_fail(err, OG_EDATA, "slot '%s' has no type", name);
	if (find_given(b, name, decl, &ends, &given, err) < 0)
		return -1;
	rc = og_type_named(type) ? bind_name(b, name, decl, given, err)
				 : bind_plain(b, name, decl, given, err);
	if (rc == 0 && ends == NULL && strcmp(type, "period") == 0)
		rc = ends_agree(b, name, err);
	json_decref(ends);
	return rc;
}

int og_slots_bind(const json_t *doc, const json_t *given, const struct og_resolver *resolver,
		  json_t **ret, struct og_err *err)
{
	struct binding b = { json_object_get(doc, "slots"), given, resolver, NULL };
	const char *name;
	json_t *decl;

	if (given != NULL && !json_is_object(given))
		return og_fail(err, OG_EDATA, "slots are not an object");
	if (refuse_strange(&b, err) < 0)
		return -1;
	b.vars = json_object();
	if (b.vars == NULL)
		return og_fail_nomem(err);
	json_object_foreach((json_t *)b.slots, name, decl)
	{
		if (bind_slot(&b, name, decl, err) < 0) {
			json_decref(b.vars);
			return -1;
		}
	}
	*ret = b.vars;
	return 0;
}

/* Is there a value for it, or something that stands for one? */
static int says(const json_t *given, const char *name, const json_t *decl)
{
	const char *type = og_json_str(decl, "type");
	char key[80], from[80], to[80];

	id_key(name, key);
	snprintf(from, sizeof(from), "%s_from", name);
	snprintf(to, sizeof(to), "%s_to", name);
	if (json_object_get(given, name) != NULL || json_object_get(decl, "default") != NULL)
		return 1;
	if (type != NULL && og_type_has_id(type) && json_object_get(given, key) != NULL)
		return 1;
	return json_object_get(given, from) != NULL && json_object_get(given, to) != NULL;
}

json_t *og_slots_missing(const json_t *doc, const json_t *given)
{
	struct binding b = { json_object_get(doc, "slots"), given, NULL, NULL };
	struct og_err ignored = OG_ERR_INIT;
	json_t *missing = json_array(), *decl;
	const char *name;

	if (refuse_strange(&b, &ignored) < 0)
		return missing;
	json_object_foreach((json_t *)b.slots, name, decl)
	{
		if (!says(given, name, decl) &&
		    json_array_append_new(missing, json_string(name)) < 0) {
			json_decref(missing);
			return NULL;
		}
	}
	return missing;
}
