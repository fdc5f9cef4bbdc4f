/*
 * Numbers: digits with the marks that people put between them, words, and
 * the two together ("2 dozen").
 */
#include "lib/skill/words-internal.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* How the marks among digits are meant. */
struct digits {
	size_t len; /* bytes up to the last digit */
	int commas, points;
	size_t group;	/* digits before the first mark */
	int even;	/* three digits between all marks, and after the last */
	size_t last;	/* digits after the last mark */
	char last_mark; /* 0: none */
};

static void survey(const char *p, size_t len, struct digits *d)
{
	size_t run = 0;

	*d = (struct digits){ .even = 1 };
	for (size_t i = 0; i < len; i++) {
		int mark = p[i] == ',' || p[i] == '.';

		if (is_digit((unsigned char)p[i])) {
			run++;
			continue;
		}
		if (!mark || i + 1 >= len || !is_digit((unsigned char)p[i + 1]))
			break;
		if (d->last_mark == 0)
			d->group = run;
		else if (run != 3)
			d->even = 0;
		d->commas += p[i] == ',';
		d->points += p[i] == '.';
		d->last_mark = p[i];
		d->len += run + 1;
		run = 0;
	}
	d->len += run;
	d->last = run;
}

/* The mark between groups and that of the fraction: 0 for none. 1,250 and
 * 1.250.000 are whole; 1.25, 1,25 and 1.250 are not, nor 1,250.50 and
 * 1.250,50. -1: not one number ("1,2,3"). */
static int marks_of(const struct digits *d, char *group, char *point)
{
	int marks = d->commas + d->points, mixed = d->commas > 0 && d->points > 0;

	*group = *point = 0;
	if (marks == 0)
		return 0;
	if (mixed || (marks == 1 && (d->last_mark == '.' || d->last != 3)))
		*point = d->last_mark;
	if (*point == 0 || mixed)
		*group = d->last_mark == ',' ? (mixed ? '.' : ',') : mixed ? ',' : '.';
	if (*group != 0 && (d->group == 0 || d->group > 3 || !d->even))
		return -1;
	if (*group != 0 && *point == 0 && d->last != 3)
		return -1;
	return mixed && (*point == '.' ? d->points : d->commas) != 1 ? -1 : 0;
}

/* Letters with a digit behind them ("1e9", "2x4"), other letters than ours
 * (a superscript) or a hidden character hang on to the number. */
static int is_entangled(const char *p, size_t len)
{
	size_t i = 0;

	if (len > 0 && (unsigned char)*p >= 0x80 && og_words_letter_at(p, len))
		return 1;
	while (i < len && ((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z')))
		i++;
	return i > 0 && i < len && is_digit((unsigned char)p[i]);
}

/* One sign for a fraction: its bytes at p, 0 when there is none. *ret is NAN
 * for a third, which no number of ours is. */
static size_t fraction_sign(const char *p, size_t len, double *ret)
{
	static const struct {
		const char *sign;
		double value;
	} signs[] = {
		{ "\xc2\xbc", 0.25 },	   { "\xc2\xbd", 0.5 },	      { "\xc2\xbe", 0.75 },
		{ "\xe2\x85\x93", NAN },   { "\xe2\x85\x94", NAN },   { "\xe2\x85\x95", 0.2 },
		{ "\xe2\x85\x96", 0.4 },   { "\xe2\x85\x97", 0.6 },   { "\xe2\x85\x98", 0.8 },
		{ "\xe2\x85\x9b", 0.125 }, { "\xe2\x85\x9c", 0.375 }, { "\xe2\x85\x9d", 0.625 },
		{ "\xe2\x85\x9e", 0.875 },
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i].sign);

		if (n > len || memcmp(p, signs[i].sign, n) != 0)
			continue;
		*ret = signs[i].value;
		return n;
	}
	return 0;
}

size_t og_number_sign(const char *p, size_t len)
{
	static const char *const minus[] = { "-", "\xe2\x88\x92", "\xe2\x80\x93" };

	for (size_t i = 0; i < sizeof(minus) / sizeof(minus[0]); i++) {
		size_t n = strlen(minus[i]);
		double ignored;

		if (n < len && memcmp(p, minus[i], n) == 0 &&
		    (is_digit((unsigned char)p[n]) || fraction_sign(p + n, len - n, &ignored)))
			return n;
	}
	return 0;
}

/* The digits at p, and the marks between them: bytes, or 0. */
static size_t scan_digits(const char *p, size_t len, double *ret)
{
	char digits[OG_DOUBLE_MAX], group, point;
	struct digits d;
	struct og_err err;
	size_t n = 0, zeros;

	survey(p, len, &d);
	*ret = NAN;
	if (marks_of(&d, &group, &point) < 0)
		return d.len;
	for (size_t i = 0; i < d.len; i++) {
		if (p[i] == group && group != 0)
			continue;
		if (n == sizeof(digits) - 1)
			return 0;
		digits[n++] = p[i] == point && point != 0 ? '.' : p[i];
	}
	digits[n] = '\0';
	/* Leading zeros ("007") are a number to people, not to JSON. */
	zeros = strspn(digits, "0");
	if (zeros > 0 && !is_digit((unsigned char)digits[zeros]))
		zeros--;
	return og_double_parse(digits + zeros, "number", ret, &err) < 0 ? 0 : d.len;
}

size_t og_number_scan(const char *p, size_t len, double *ret)
{
	double fraction;
	size_t n = len > 0 && is_digit((unsigned char)*p) ? scan_digits(p, len, ret) : 0, sign;
	int plain = n > 0 && memchr(p, '.', n) == NULL && memchr(p, ',', n) == NULL;

	sign = fraction_sign(p + n, len - n, &fraction);
	if (sign > 0 && n > 0 && !plain)
		fraction = NAN;
	if (sign > 0)
		*ret = (n > 0 ? *ret : 0) + fraction;
	n += sign;
	return n > 0 && is_entangled(p + n, len - n) ? 0 : n;
}

static void set_number(struct og_word *w, size_t count, double value)
{
	w->number_words = count;
	w->value = value;
	w->whole = value >= -(double)OG_JSON_INT_MAX && value <= (double)OG_JSON_INT_MAX &&
		   value == (double)(int64_t)value;
}

struct number_word {
	const char *word;
	int value;
};

static const struct number_word number_words[] = {
	{ "zero", 0 },	      { "one", 1 },	      { "two", 2 },	  { "three", 3 },
	{ "four", 4 },	      { "five", 5 },	      { "six", 6 },	  { "seven", 7 },
	{ "eight", 8 },	      { "nine", 9 },	      { "ten", 10 },	  { "eleven", 11 },
	{ "twelve", 12 },     { "thirteen", 13 },     { "fourteen", 14 }, { "fifteen", 15 },
	{ "sixteen", 16 },    { "seventeen", 17 },    { "eighteen", 18 }, { "nineteen", 19 },
	{ "twenty", 20 },     { "thirty", 30 },	      { "forty", 40 },	  { "fifty", 50 },
	{ "sixty", 60 },      { "seventy", 70 },      { "eighty", 80 },	  { "ninety", 90 },
	{ "couple", 2 },      { "pair", 2 },	      { "dozen", 12 },	  { "hundred", 100 },
	{ "thousand", 1000 }, { "million", 1000000 },
};

static int word_value(const struct og_words *words, size_t i)
{
	const struct og_word *w = &words->w[i];

	if (i >= words->n || w->kind != OG_WORD)
		return -1;
	for (size_t k = 0; k < sizeof(number_words) / sizeof(number_words[0]); k++) {
		if (strlen(number_words[k].word) == w->len &&
		    strncasecmp(words->text + w->at, number_words[k].word, w->len) == 0)
			return number_words[k].value;
	}
	return -1;
}

static int is_article(const struct og_words *words, size_t i)
{
	return strcmp(words->w[i].stem, "a") == 0;
}

/* 12 in "2 dozen", 100, 1000; 0: not such a word. */
static int multiplier(const struct og_words *words, size_t i)
{
	int value = word_value(words, i);

	return value >= 100 || (value == 12 && strcmp(words->w[i].stem, "dozen") == 0) ? value : 0;
}

/* The "and" of "two hundred and fifty". */
static int is_and(const struct og_words *words, size_t i)
{
	int next = i + 1 < words->n ? word_value(words, i + 1) : -1;

	return i < words->n && strcmp(words->w[i].stem, "and") == 0 && next > 0 && next < 100 &&
	       multiplier(words, i - 1) >= 100;
}

#define SPELT_MAX 1e12

/* "hundred" is followed by "fifty", that by "five", and that by nothing:
 * "two three" are two numbers. */
static int goes_on(double part, int value)
{
	int64_t behind = (int64_t)part % 100;

	if (part == 0 || behind == 0)
		return part == 0 || value < 100;
	return behind >= 20 && behind % 10 == 0 && value > 0 && value < 10;
}

/* "twenty-five", "a dozen", "two hundred and fifty", "a couple of". */
static void spell_number(struct og_words *words, size_t start)
{
	size_t i = start + (size_t)is_article(words, start);
	int value = word_value(words, i);
	double total = 0, part = 0;

	if (value < 0 || (i > start && value < 12 && value != 2))
		return;
	for (; value >= 0; value = word_value(words, i)) {
		int times = multiplier(words, i);

		if (times == 0 && !goes_on(part, value))
			break;
		part = times > 0 ? (part == 0 ? 1 : part) * times : part + value;
		if (times >= 1000) {
			total += part;
			part = 0;
		}
		if (total + part > SPELT_MAX)
			return;
		i++;
		i += (size_t)is_and(words, i);
	}
	if (i < words->n && strcmp(words->w[i].stem, "of") == 0 && i + 1 < words->n &&
	    strcmp(words->w[i - 1].stem, "coupl") == 0)
		i++;
	set_number(&words->w[start], i - start, total + part);
}

/* "2 dozen", "3 thousand": the digits at word i and what multiplies them.
 * Also "half a dozen". */
static void multiply_number(struct og_words *words, size_t i)
{
	struct og_word *w = &words->w[i];
	int half = w->kind == OG_WORD && strcmp(w->stem, "half") == 0 && i + 1 < words->n &&
		   is_article(words, i + 1);
	size_t at = i + 1 + (size_t)half;
	int times = at < words->n ? multiplier(words, at) : 0;

	if (times > 0 && (half || w->kind == OG_NUMBER))
		set_number(w, at + 1 - i, (half ? 0.5 : w->value) * times);
}

/* "1.250" is less than two to some and more than a thousand to others. */
static int is_doubtful(const char *p, size_t len)
{
	struct digits d;

	survey(p, len, &d);
	return d.points == 1 && d.commas == 0 && d.last == 3 && d.group >= 1 && d.group <= 3;
}

void og_number_digits(struct og_word *w, const char *p, size_t len, double value)
{
	set_number(w, 1, value);
	w->doubtful = is_doubtful(p, len);
}

/* "2.5k": the letter is part of the number. */
static void thousand_number(struct og_words *words, size_t i)
{
	struct og_word *w = &words->w[i];

	if (w->kind == OG_NUMBER && w->number_words == 1 && i + 1 < words->n &&
	    strcmp(words->w[i + 1].stem, "k") == 0 && words->w[i + 1].at == w->at + w->len)
		set_number(w, 2, w->value * 1000);
}

void og_words_spell(struct og_words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		if (words->w[i].kind == OG_WORD)
			spell_number(words, i);
		multiply_number(words, i);
		thousand_number(words, i);
	}
}
