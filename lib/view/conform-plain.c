/*
 * Properties that are plain: texts, numbers, words. Each type's rule, and
 * what a value that is not of its type is told.
 */
#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/conform-rule.h"
#include "lib/view/format-internal.h"

#define WORDS_MAX 200 /* bytes of a list of words in a message */

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

int og_conform_wrong(struct og_conform *c, const struct og_prop *prop, const json_t *value,
		     enum og_origin origin)
{
	if (origin == OG_INSIDE)
		return 0;
	if (origin == OG_BOUND)
		return og_conform_fail(c, "wants %s, and what it is bound to is %s", want_of(prop),
				       kind_of(value));
	return og_conform_fail(c, "wants %s, not %s", want_of(prop), kind_of(value));
}

int og_conform_give(struct og_conform *c, json_t *value, json_t **ret)
{
	*ret = value;
	return value ? 0 : og_fail_nomem(c->err);
}

int og_conform_keep(json_t *value, json_t **ret)
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

int og_take_text(struct og_conform *c, const struct og_prop *prop, json_t *value,
		 enum og_origin origin, json_t **ret)
{
	if (!is_plain(value))
		return og_conform_wrong(c, prop, value, origin);
	return og_conform_give(c, as_text(value), ret);
}

int og_take_number(struct og_conform *c, const struct og_prop *prop, json_t *value,
		   enum og_origin origin, json_t **ret)
{
	if (!json_is_number(value))
		return og_conform_wrong(c, prop, value, origin);
	return og_conform_keep(value, ret);
}

int og_take_integer(struct og_conform *c, const struct og_prop *prop, json_t *value,
		    enum og_origin origin, json_t **ret)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return og_conform_wrong(c, prop, value, origin);
	if (prop->most > 0 && (number < prop->least || number > prop->most)) {
		if (origin == OG_INSIDE)
			return 0;
		return og_conform_fail(c, "is %lld; it may be %d to %d", (long long)number,
				       prop->least, prop->most);
	}
	return og_conform_keep(value, ret);
}

/* Databases say yes with a 1. */
int og_take_bool(struct og_conform *c, const struct og_prop *prop, json_t *value,
		 enum og_origin origin, json_t **ret)
{
	if (origin != OG_WRITTEN && json_is_integer(value))
		return og_conform_give(c, json_boolean(json_integer_value(value) != 0), ret);
	if (!json_is_boolean(value))
		return og_conform_wrong(c, prop, value, origin);
	return og_conform_keep(value, ret);
}

/* What a cell may hold: plain, or one tagged by its reader ({"i":DIGITS}). */
int og_take_value(struct og_conform *c, const struct og_prop *prop, json_t *value,
		  enum og_origin origin, json_t **ret)
{
	if (!is_plain(value) && json_object_size(value) != 1)
		return og_conform_wrong(c, prop, value, origin);
	return og_conform_keep(value, ret);
}

static void list_words(const char *const *words, struct og_buf *buf)
{
	for (size_t i = 0; words[i]; i++)
		og_buf_addf(buf, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

int og_take_choice(struct og_conform *c, const struct og_prop *prop, json_t *value,
		   enum og_origin origin, json_t **ret)
{
	const char *word = json_string_value(value);
	struct og_buf words;

	if (!word)
		return og_conform_wrong(c, prop, value, origin);
	for (size_t i = 0; *word && prop->words[i]; i++)
		if (strcmp(word, prop->words[i]) == 0)
			return og_conform_keep(value, ret);
	if (!*word)
		return og_conform_keep(value, ret);
	if (origin != OG_WRITTEN) /* a word of the data's own says nothing here */
		return 0;
	og_buf_init(&words, WORDS_MAX);
	list_words(prop->words, &words);
	og_conform_fail(c, "is '%s'; it may be %s", word, words.failed ? "" : words.data);
	og_buf_release(&words);
	return -1;
}
