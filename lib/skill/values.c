/* See values-internal.h. */
#include "lib/skill/values-internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/skill/when-internal.h"

#define CURRENCIES                                                                                 \
	"usd eur gbp chf jpy cny sek nok dkk pln czk cad aud nzd inr brl mxn zar"                  \
	" dollar dollars euro euros pound pounds franc francs yen yuan rupee rupees krona kronor"
#define HUNDREDTHS "cent cents pence penny"

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

/* --- money ----------------------------------------------------------------------- */

static size_t bytes_of_sign(const char *p, size_t before)
{
	if (before >= 1 && p[-1] == '$')
		return 1;
	if (before >= 2 && memcmp(p - 2, "\xc2\xa3", 2) == 0)
		return 2;
	return before >= 3 && memcmp(p - 3, "\xe2\x82\xac", 3) == 0 ? 3 : 0;
}

/* The minus of "-$5", which is not part of the number's word. */
static int is_owed(const struct og_words *words, size_t i)
{
	const char *p = words->text + words->w[i].at;
	size_t sign = bytes_of_sign(p, words->w[i].at), before = words->w[i].at - sign;

	return sign > 0 && before > 0 && p[-(ptrdiff_t)sign - 1] == '-' &&
	       (before == 1 || p[-(ptrdiff_t)sign - 2] == ' ');
}

/* "k" and "m" right behind the digits. */
static int short_times(const struct og_words *words, size_t i)
{
	int which = og_when_word(words, i, "k m");

	if (which == 0 || i == 0 || words->w[i - 1].kind != OG_NUMBER ||
	    words->w[i].at != words->w[i - 1].at + words->w[i - 1].len)
		return 0;
	return which == 1 ? 1000 : 1000000;
}

/* "and 50 cents" */
static size_t cents(const struct og_words *words, size_t i, double *value)
{
	size_t n = og_when_word(words, i, "and") > 0, m;
	int64_t count = 0;

	m = og_when_count(words, i + n, 0, 99, &count);
	if (m == 0 || !og_when_word(words, i + n + m, HUNDREDTHS))
		return 0;
	*value += (double)count / 100;
	return n + m + 1;
}

static size_t money_at(const struct og_words *words, size_t i, double *ret)
{
	size_t at = i + (og_when_word(words, i, CURRENCIES) > 0);
	int times;

	if (at >= words->n || words->w[at].number_words == 0)
		return 0;
	*ret = words->w[at].value * (is_owed(words, at) ? -1 : 1);
	at += words->w[at].number_words;
	times = short_times(words, at);
	if (times > 0) {
		*ret *= times;
		at++;
	}
	if (og_when_word(words, at, HUNDREDTHS)) {
		*ret /= 100;
		return at + 1 - i;
	}
	if (og_when_word(words, at, CURRENCIES)) {
		at++;
		at += cents(words, at, ret);
	}
	return at - i;
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

/* --- all ------------------------------------------------------------------------- */

size_t og_value_words(enum og_value kind, const struct og_words *words, size_t i, int64_t today)
{
	struct og_when when;
	const char *unit;
	double amount;
	int64_t day;

	switch (kind) {
	case OG_VALUE_NUMBER:
		return words->w[i].number_words;
	case OG_VALUE_MONEY:
		return money_at(words, i, &amount);
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
	switch (kind) {
	case OG_VALUE_NUMBER:
		if (*ret_n == 0 ||
		    (strcmp(type, "int") == 0 && (!words->w[i].whole || words->w[i].doubtful)))
			return NULL;
		return number(words->w[i].value);
	case OG_VALUE_MONEY:
		*ret_n = money_at(words, i, &amount);
		return *ret_n > 0 && !is_doubtful(words, i, *ret_n) ? number(amount) : NULL;
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
