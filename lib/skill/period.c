/*
 * Spans of days in words: a month, a year, the last 7 days, from here to
 * there. A day is a span of one.
 */
#include "lib/skill/when-internal.h"

#include <string.h>

#define COUNT_MAX    100000
#define PREFIXES_MAX 3
#define YEAR_FIRST   1900 /* four digits alone are a year from here */
#define YEAR_LAST    2199

/* --- one span ------------------------------------------------------------------ */

static struct og_when stretch_of(int64_t first, enum og_stretch unit, int64_t count)
{
	return (struct og_when){ first, og_day_add(first, unit, count) - 1 };
}

/* "last 7 days" ends with today, "next 7 days" begins with it. */
static struct og_when rolling(int64_t today, enum og_stretch unit, int64_t count, int direction)
{
	if (direction < 0)
		return (struct og_when){ og_day_add(today, unit, -count) + 1, today };
	return stretch_of(today, unit, count);
}

/* The March that is over, or that is to come; this month is neither. */
static size_t direction_month(struct og_calendar *c, size_t i, int direction, struct og_when *ret)
{
	int64_t now = og_day_floor(c->today, OG_MONTHS), first;
	int year, month;
	size_t n = og_when_month(c, i, &year, &month);

	if (n != 1) /* "last March 2025" says it twice */
		return 0;
	year = og_civil_of(c->today).year;
	if (og_civil_day((struct og_civil){ year, month, 1 }, &first) < 0)
		return 0;
	if (direction < 0 && first >= now)
		first = og_day_add_months(first, -12);
	if (direction > 0 && first <= now)
		first = og_day_add_months(first, 12);
	c->yearless = 0;
	*ret = stretch_of(first, OG_MONTHS, 1);
	return 1;
}

/* "last month", "this quarter", "the past week", "last 3 weeks", "next March" */
static size_t directed(struct og_calendar *c, size_t i, struct og_when *ret)
{
	int direction = og_when_direction(c->words, i);
	int past = og_when_word(c->words, i, "past") > 0;
	enum og_stretch unit;
	int64_t count = 1;
	size_t n;

	if (direction == -2)
		return 0;
	n = og_when_count(c->words, i + 1, 1, COUNT_MAX, &count);
	if (og_when_unit(c->words, i + 1 + n, &unit)) {
		if (direction == 0 && n > 0)
			return 0;
		if (n > 0 || past)
			*ret = rolling(c->today, unit, count, direction);
		else
			*ret = stretch_of(og_day_add(og_day_floor(c->today, unit), unit, direction),
					  unit, 1);
		return n + 2;
	}
	if (n == 0 && og_when_word(c->words, i + 1, "weekend")) {
		ret->from = og_day_floor(c->today, OG_WEEKS) + 7 * direction + 5;
		ret->to = ret->from + 1;
		return 2;
	}
	n = n > 0 ? 0 : direction_month(c, i + 1, direction, ret);
	return n > 0 ? n + 1 : 0;
}

/* "year to date": from its beginning to today. */
static size_t to_date(const struct og_calendar *c, size_t i, struct og_when *ret)
{
	enum og_stretch unit;

	if (!og_when_unit(c->words, i, &unit) || !og_when_word(c->words, i + 1, "to") ||
	    !og_when_word(c->words, i + 2, "date"))
		return 0;
	*ret = (struct og_when){ og_day_floor(c->today, unit), c->today };
	return 3;
}

/* "Q1 2026", "the third quarter of 2025", "quarter 2"; without a year one of
 * this year. */
static size_t quarter(const struct og_calendar *c, size_t i, struct og_when *ret)
{
	const struct og_words *words = c->words;
	int place = og_when_word(words, i, "q1 q2 q3 q4"), year = og_civil_of(c->today).year;
	int64_t first, number = 0;
	size_t at = i + 1;

	if (place == 0) {
		place = og_when_word(words, i, "first second third fourth");
		if (place > 0 && !og_when_word(words, at++, "quarter"))
			return 0;
	}
	if (place == 0) {
		if (og_when_word(words, i, "quarter") && og_when_count(words, at, 1, 4, &number))
			place = (int)number;
		at++;
	}
	if (place == 0)
		return 0;
	at += og_when_word(words, at, "of") > 0 && og_when_year(words, at + 1, &(int){ 0 }) > 0;
	at += og_when_year(words, at, &year);
	if (og_civil_day((struct og_civil){ year, place * 3 - 2, 1 }, &first) < 0)
		return 0;
	*ret = stretch_of(first, OG_QUARTERS, 1);
	return at - i;
}

/* What follows the year at p: "-03" and no more. */
static int month_figures(const char *p, size_t len)
{
	int month;

	if (len < 3 || p[0] != '-' || p[1] < '0' || p[1] > '1' || p[2] < '0' || p[2] > '9')
		return 0;
	month = (p[1] - '0') * 10 + p[2] - '0';
	if (len > 3 && ((p[3] >= '0' && p[3] <= '9') || og_words_letter_at(p + 3, len - 3)))
		return 0;
	if (len > 4 && p[3] == '-' && p[4] >= '0' && p[4] <= '9')
		return 0;
	return month <= 12 ? month : 0;
}

/* "-13" goes on from here, which is neither a month nor another year. */
static int is_figures(const struct og_words *words, size_t end)
{
	const char *p = words->text + end;
	size_t n = 1;

	if (end + 1 >= words->text_len || *p != '-')
		return 0;
	while (end + n < words->text_len && p[n] >= '0' && p[n] <= '9')
		n++;
	return n > 1 && n != 5;
}

/* "2025", "year 2025", "2026-03" */
static size_t year_alone(const struct og_calendar *c, size_t i, struct og_when *ret)
{
	size_t at = i + (og_when_word(c->words, i, "year") > 0), end;
	int year = 0, month;
	int64_t first;

	if (!og_when_year(c->words, at, &year))
		return 0;
	end = c->words->w[at].at + c->words->w[at].len;
	month = month_figures(c->words->text + end, c->words->text_len - end);
	if (month == 0 && is_figures(c->words, end))
		return 0;
	if (month == 0 && at == i && (year < YEAR_FIRST || year > YEAR_LAST))
		return 0;
	if (og_civil_day((struct og_civil){ year, month > 0 ? month : 1, 1 }, &first) < 0)
		return 0;
	*ret = stretch_of(first, month > 0 ? OG_MONTHS : OG_YEARS, 1);
	return at - i + 1 + (month > 0);
}

/* The word "may" is a month when it looks like one. */
static int is_month(const struct og_words *words, size_t i)
{
	if (!og_when_word(words, i, "may") || words->text[words->w[i].at] == 'M')
		return 1;
	return (i > 0 && og_when_word(words, i - 1,
				      "in of since until till from to and between during for")) ||
	       og_when_year(words, i + 1, &(int){ 0 }) > 0;
}

static size_t span(struct og_calendar *c, size_t i, struct og_when *ret)
{
	int year, month;
	size_t n = og_when_day(c, i, &ret->from);

	ret->to = ret->from;
	if (n > 0)
		return n;
	if (i >= c->words->n)
		return 0;
	n = is_month(c->words, i) ? og_when_month(c, i, &year, &month) : 0;
	if (n > 0 && og_civil_day((struct og_civil){ year, month, 1 }, &ret->from) == 0) {
		*ret = stretch_of(ret->from, OG_MONTHS, 1);
		return n;
	}
	c->yearless = 0;
	if ((n = directed(c, i, ret)) > 0 || (n = to_date(c, i, ret)) > 0 ||
	    (n = quarter(c, i, ret)) > 0)
		return n;
	return year_alone(c, i, ret);
}

/* The same behind small words: "in the last month". */
static size_t span_behind(struct og_calendar *c, size_t i, struct og_when *ret)
{
	size_t n = 0;

	for (size_t k = 0; n == 0 && k <= PREFIXES_MAX; k++) {
		n = span(c, i + k, ret);
		if (n > 0)
			return n + k;
		if (!og_when_word(c->words, i + k, "in during for over of on within the"))
			return 0;
	}
	return n;
}

/* --- from here to there ------------------------------------------------------------ */

/* A dash or a slash between word i and the one before, and nothing else. */
static int dash_before(const struct og_words *words, size_t i)
{
	static const char *const dashes[] = { "-", "/", "\xe2\x80\x93", "\xe2\x80\x94" };
	const char *p, *end;

	if (i == 0 || i >= words->n)
		return 0;
	p = words->text + words->w[i - 1].at + words->w[i - 1].len;
	end = words->text + words->w[i].at;
	while (p < end && *p == ' ')
		p++;
	while (end > p && end[-1] == ' ')
		end--;
	for (size_t k = 0; k < sizeof(dashes) / sizeof(dashes[0]); k++) {
		if (strlen(dashes[k]) == (size_t)(end - p) &&
		    memcmp(dashes[k], p, (size_t)(end - p)) == 0)
			return 1;
	}
	return 0;
}

/* What parts the two ends before word i: 1 with the words it takes in *ret_n. */
static int joined(const struct og_words *words, size_t i, const char *list, size_t *ret_n)
{
	*ret_n = og_when_word(words, i, list) > 0;
	return *ret_n > 0 || dash_before(words, i);
}

/* An end without a year is of the year that the other one leads to. */
static size_t again(const struct og_calendar *c, size_t i, int64_t today, enum og_lean lean,
		    struct og_when *ret)
{
	struct og_calendar other = { c->words, today, lean, 0 };

	return span_behind(&other, i, ret);
}

/* "1" in "from 1 to 3 May". */
static size_t bare_day(const struct og_calendar *c, size_t i, const char *list, struct og_when *ret)
{
	struct og_calendar other = *c;
	struct og_civil civil;
	int64_t day = 0, last;
	size_t n = og_when_count(c->words, i, 1, 31, &day), join, m;

	if (n == 0)
		return 0;
	n += og_when_word(c->words, i + n, "st nd rd th") > 0;
	if (!joined(c->words, i + n, list, &join))
		return 0;
	m = og_when_day(&other, i + n + join, &last);
	if (m == 0)
		return 0;
	civil = og_civil_of(last);
	civil.day = (int)day;
	ret->to = last;
	return og_civil_day(civil, &ret->from) == 0 ? n + join + m : 0;
}

/* A, one of list's words or a dash, and B: words taken. */
static size_t pair(struct og_calendar *c, size_t i, const char *list, struct og_when *ret)
{
	struct og_when a, b;
	size_t n = span_behind(c, i, &a), join, m;
	int yearless = c->yearless;

	if (n == 0)
		return bare_day(c, i, list, ret);
	if (!joined(c->words, i + n, list, &join))
		return 0;
	m = span_behind(c, i + n + join, &b);
	if (m == 0)
		return 0;
	if (c->yearless)
		m = again(c, i + n + join, a.from, OG_LEAN_FUTURE, &b);
	else if (yearless)
		n = again(c, i, b.to, OG_LEAN_PAST, &a);
	ret->from = a.from;
	ret->to = b.to;
	return n + join + m;
}

/* "since Monday" and "until Friday" have one end. */
static size_t open_ended(struct og_calendar *c, size_t i, struct og_when *ret)
{
	int which = og_when_word(c->words, i, "since from after until till before through by");
	struct og_when when;
	size_t n;

	if (which == 0)
		return 0;
	c->lean = which == 1 ? OG_LEAN_PAST : OG_LEAN_NONE;
	n = span_behind(c, i + 1, &when);
	if (n == 0)
		return 0;
	*ret = (struct og_when){ OG_DAY_FIRST, OG_DAY_LAST };
	if (which <= 2)
		ret->from = when.from;
	else if (which == 3)
		ret->from = when.to + 1;
	else
		ret->to = which == 6 ? when.from - 1 : when.to;
	if (which == 1)
		ret->to = c->today;
	n += which == 2 && og_when_word(c->words, i + 1 + n, "on onward onwards") > 0;
	return n + 1;
}

static size_t read_period(const struct og_words *words, size_t i, int64_t today,
			  struct og_when *ret)
{
	struct og_calendar c = { words, today, OG_LEAN_NONE, 0 };
	size_t n = 0;

	if (og_when_word(words, i, "between") && (n = pair(&c, i + 1, "and", ret)) > 0)
		n++;
	else if (og_when_word(words, i, "from") &&
		 (n = pair(&c, i + 1, "to until till through", ret)) > 0)
		n++;
	if (n == 0)
		n = pair(&c, i, "to until till through", ret);
	if (n == 0)
		n = open_ended(&c, i, ret);
	if (n == 0) {
		c.lean = OG_LEAN_NONE;
		n = span_behind(&c, i, ret);
	}
	return n > 0 && ret->from <= ret->to && og_day_is(ret->from) && og_day_is(ret->to) ? n : 0;
}

/* "since" with a day it makes no sense with: the day alone is not meant. */
static int is_torn(const struct og_words *words, size_t i, int64_t today)
{
	struct og_when when;

	return i > 0 && og_when_word(words, i - 1, "since after until till before between") &&
	       read_period(words, i - 1, today, &when) == 0;
}

size_t og_period_at(const struct og_words *words, size_t i, int64_t today, struct og_when *ret)
{
	return is_torn(words, i, today) ? 0 : read_period(words, i, today, ret);
}
