/* See values-internal.h. */
#include "lib/skill/values-internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/skill/when-internal.h"

enum og_value og_value_kind(const char *type)
{
	static const struct {
		const char *type;
		enum og_value kind;
	} kinds[] = {
		{ "int", OG_VALUE_NUMBER },  { "number", OG_VALUE_NUMBER },
		{ "money", OG_VALUE_MONEY }, { "quantity", OG_VALUE_QUANTITY },
		{ "date", OG_VALUE_DATE },   { "period", OG_VALUE_PERIOD },
	};

	for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].type, type) == 0)
			return kinds[i].kind;
	}
	return OG_VALUE_NONE;
}

/* Integers where they are whole; what came of a multiplication without the
 * noise behind its 15th digit. Beyond +-(2^53 - 1): NULL. */
static json_t *number(double value)
{
	char text[40];

	if (fabs(value) > (double)OG_JSON_INT_MAX)
		return NULL;
	if (value != floor(value)) {
		snprintf(text, sizeof(text), "%.15g", value);
		value = strtod(text, NULL);
	}
	return value == floor(value) ? json_integer((json_int_t)value) : json_real(value);
}

/* Is a mark among these words that may be either one? */
static int is_doubtful(const struct og_words *words, size_t i, size_t n)
{
	for (size_t j = i; j < i + n; j++) {
		if (words->w[j].doubtful)
			return 1;
	}
	return 0;
}

/* --- quantities ------------------------------------------------------------------ */

/* "3 kg", "1.5t", "2 dozen", "7"; *unit is NULL where none is said. */
static size_t quantity_at(const struct og_words *words, size_t i, double *ret, const char **unit)
{
	size_t n = i < words->n ? words->w[i].number_words : 0;

	if (n == 0)
		return 0;
	*ret = words->w[i].value;
	*unit = og_unit_at(words, i + n);
	/* "3in" is a length, "3 in a box" is not. */
	if (*unit != NULL && strcmp(*unit, "in") == 0 && og_when_word(words, i + n, "in") &&
	    words->w[i + n].at != words->w[i + n - 1].at + words->w[i + n - 1].len)
		*unit = NULL;
	return n + (*unit != NULL);
}

static json_t *quantity_value(const json_t *decl, double amount, const char *unit)
{
	const char *wanted = og_json_str(decl, "unit");

	if (unit != NULL && (wanted == NULL || og_unit_convert(amount, unit, wanted, &amount) < 0))
		return NULL;
	return number(amount);
}

/* --- days ------------------------------------------------------------------------ */

static json_t *span_value(const struct og_when *when)
{
	char from[OG_DAY_LEN + 1], to[OG_DAY_LEN + 1];

	og_day_text(when->from, from);
	og_day_text(when->to, to);
	return json_sprintf("%s/%s", from, to);
}

static json_t *day_value(int64_t day)
{
	char text[OG_DAY_LEN + 1];

	og_day_text(day, text);
	return json_string(text);
}

int og_value_ends(const char *span, char ret_from[11], char ret_to[11])
{
	if (strlen(span) != (size_t)2 * OG_DAY_LEN + 1 || span[OG_DAY_LEN] != '/')
		return -1;
	snprintf(ret_from, 11, "%.10s", span);
	snprintf(ret_to, 11, "%.10s", span + OG_DAY_LEN + 1);
	return 0;
}

/* --- what is no number after all ---------------------------------------------------- */

/* The 3 of "3 May" and of "May 3"; but "order 3 may be late". */
static int is_dated(const struct og_words *words, size_t i, int64_t today)
{
	size_t n = words->w[i].number_words;
	int64_t day;

	if (n == 0)
		return 0;
	if (og_date_at(words, i, today, &day) > n)
		return i + n >= words->n || !og_when_word(words, i + n, "may") ||
		       words->text[words->w[i + n].at] == 'M';
	return i > 0 && words->w[i - 1].number_words == 0 &&
	       og_when_month(&(struct og_calendar){ words, today, OG_LEAN_NONE, 0 }, i - 1,
			     &(int){ 0 }, &(int){ 0 }) > 0 &&
	       og_date_at(words, i - 1, today, &day) > 1 && words->text[words->w[i - 1].at] < 'a';
}

/* Do numbers stand at i and behind it, and so close that they may be one that
 * nobody reads: "1/2", "1'000", "3:30", "1 000"? */
static int is_close(const struct og_words *words, size_t i)
{
	const struct og_word *w = &words->w[i], *next = w + 1;
	size_t end = w->at + w->len;

	if (i + 1 >= words->n || w->kind != OG_NUMBER || next->kind != OG_NUMBER ||
	    next->at != end + 1)
		return 0;
	if (words->text[end] == ' ')
		return w->len <= 3 && next->len == 3;
	return strchr("/':", words->text[end]) != NULL;
}

/* "5%" is no 5, and neither is a piece of a number one. */
static int is_part(const struct og_words *words, size_t i)
{
	const struct og_word *w = &words->w[i];

	if (i >= words->n || w->kind != OG_NUMBER)
		return 0;
	if (w->at + w->len < words->text_len && words->text[w->at + w->len] == '%')
		return 1;
	return is_close(words, i) || (i > 0 && is_close(words, i - 1));
}

/* --- all ------------------------------------------------------------------------- */

size_t og_value_words(enum og_value kind, const struct og_words *words, size_t i, int64_t today)
{
	struct og_when when;
	const char *unit;
	double amount;
	int64_t day;

	switch (kind) {
	case OG_VALUE_NUMBER:
		return is_dated(words, i, today) ? 0 : words->w[i].number_words;
	case OG_VALUE_MONEY:
		return og_money_at(words, i, &amount, &unit);
	case OG_VALUE_QUANTITY:
		return quantity_at(words, i, &amount, &unit);
	case OG_VALUE_DATE:
		return og_date_at(words, i, today, &day);
	case OG_VALUE_PERIOD:
		return og_period_at(words, i, today, &when);
	default:
		return 0;
	}
}

json_t *og_value_at(const json_t *decl, const struct og_words *words, size_t i, int64_t today,
		    size_t *ret_n)
{
	const char *type = og_json_str(decl, "type"), *unit = NULL;
	enum og_value kind = og_value_kind(type);
	struct og_when when;
	double amount;
	int64_t day;

	*ret_n = i < words->n ? words->w[i].number_words : 0;
	if (kind <= OG_VALUE_QUANTITY &&
	    is_part(words, i + (kind == OG_VALUE_MONEY && *ret_n == 0)))
		return NULL;
	switch (kind) {
	case OG_VALUE_NUMBER:
		if (*ret_n == 0 ||
		    (strcmp(type, "int") == 0 && (!words->w[i].whole || words->w[i].doubtful)))
			return NULL;
		return number(words->w[i].value);
	case OG_VALUE_MONEY:
		*ret_n = og_money_at(words, i, &amount, &unit);
		if (*ret_n == 0 || is_doubtful(words, i, *ret_n) ||
		    !og_currency_fits(unit, og_json_str(decl, "unit")))
			return NULL;
		return number(amount);
	case OG_VALUE_QUANTITY:
		*ret_n = quantity_at(words, i, &amount, &unit);
		return *ret_n > 0 ? quantity_value(decl, amount, unit) : NULL;
	case OG_VALUE_DATE:
		*ret_n = og_date_at(words, i, today, &day);
		return *ret_n > 0 ? day_value(day) : NULL;
	case OG_VALUE_PERIOD:
		*ret_n = og_period_at(words, i, today, &when);
		return *ret_n > 0 ? span_value(&when) : NULL;
	default:
		return NULL;
	}
}

json_t *og_value_of(const json_t *decl, const char *text, int64_t today)
{
	struct og_words *words = malloc(sizeof(*words));
	json_t *value = NULL;
	size_t n = 0;

	if (words == NULL)
		return NULL;
	og_words_split(text, strlen(text), words);
	if (words->n > 0)
		value = og_value_at(decl, words, 0, today, &n);
	if (value != NULL && n != words->n) {
		json_decref(value);
		value = NULL;
	}
	free(words);
	return value;
}
