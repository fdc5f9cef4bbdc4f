/*
 * Days in words. Each form is one function that says how many words it
 * took; the longest beginning wins by the order in which they are tried.
 */
#include "lib/skill/when-internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

#define COUNT_MAX    100000 /* of days, weeks, .. */
#define PREFIXES_MAX 3	    /* small words before a day */
#define MONTHS                                                                                     \
	"january february march april may june july august september october november december"
#define MONTHS_SHORT   "jan feb mar apr may jun jul aug sep oct nov dec"
#define WEEKDAYS       "monday tuesday wednesday thursday friday saturday sunday"
#define WEEKDAYS_SHORT "mon tue wed thu fri sat sun"

/* --- words --------------------------------------------------------------------- */

int og_when_word(const struct og_words *words, size_t i, const char *list)
{
	const struct og_word *w = &words->w[i];
	int place = 1;

	if (i >= words->n || w->kind != OG_WORD)
		return 0;
	for (const char *p = list; *p != '\0'; place++) {
		size_t len = strcspn(p, " ");

		if (len == w->len && strncasecmp(p, words->text + w->at, len) == 0)
			return place;
		p += len + (p[len] == ' ');
	}
	return 0;
}

int og_when_direction(const struct og_words *words, size_t i)
{
	if (og_when_word(words, i, "last previous past"))
		return -1;
	if (og_when_word(words, i, "this current"))
		return 0;
	return og_when_word(words, i, "next coming following upcoming") ? 1 : -2;
}

size_t og_when_unit(const struct og_words *words, size_t i, enum og_stretch *ret)
{
	int place = og_when_word(words, i,
				 "day week fortnight month quarter year"
				 " days weeks fortnights months quarters years");

	if (place == 0)
		return 0;
	*ret = (enum og_stretch)((place - 1) % 6);
	return 1;
}

size_t og_when_count(const struct og_words *words, size_t i, int64_t min, int64_t max, int64_t *ret)
{
	const struct og_word *w = &words->w[i];

	if (i >= words->n || w->number_words == 0 || !w->whole || w->value < (double)min ||
	    w->value > (double)max)
		return 0;
	*ret = (int64_t)w->value;
	return w->number_words;
}

size_t og_when_year(const struct og_words *words, size_t i, int *ret)
{
	int64_t year;

	if (i >= words->n || words->w[i].kind != OG_NUMBER || words->w[i].len != 4 ||
	    og_when_count(words, i, 1000, 9999, &year) != 1)
		return 0;
	*ret = (int)year;
	return 1;
}

/* "3", "a": how many of something. */
static size_t count_at(const struct og_words *words, size_t i, int64_t *ret)
{
	size_t n = og_when_count(words, i, 1, COUNT_MAX, ret);

	if (n > 0 || !og_when_word(words, i, "a an"))
		return n;
	*ret = 1;
	return 1;
}

static int month_at(const struct og_words *words, size_t i)
{
	int month = og_when_word(words, i, MONTHS);

	if (month == 0)
		month = og_when_word(words, i, MONTHS_SHORT);
	return month == 0 && og_when_word(words, i, "sept") ? 9 : month;
}

/* 0 is Monday; -1: no day of the week. */
static int weekday_at(const struct og_words *words, size_t i)
{
	int day = og_when_word(words, i, WEEKDAYS);

	if (day == 0)
		day = og_when_word(words, i, WEEKDAYS_SHORT);
	if (day == 0 && og_when_word(words, i, "thur thurs"))
		day = 4;
	return day == 0 && og_when_word(words, i, "tues") ? 1 : day - 1;
}

/* The "st" of "1st", right behind the digits of word i. */
static size_t suffix_at(const struct og_words *words, size_t i)
{
	return i > 0 && i < words->n && og_when_word(words, i, "st nd rd th") &&
	       words->w[i].at == words->w[i - 1].at + words->w[i - 1].len;
}

/* --- written in figures ---------------------------------------------------------- */

struct figures {
	int value[3], digits[3];
	char mark;
};

/* Three numbers of up to four digits with the same mark between them; bytes
 * taken, or 0. */
static size_t read_figures(const char *p, size_t len, struct figures *f)
{
	size_t i = 0;

	for (int part = 0; part < 3; part++) {
		f->value[part] = f->digits[part] = 0;
		if (part > 0 && (i >= len || strchr("-./", p[i]) == NULL || p[i] == '\0' ||
				 (part == 2 && p[i] != f->mark)))
			return 0;
		if (part > 0)
			f->mark = p[i++];
		for (; i < len && p[i] >= '0' && p[i] <= '9'; i++) {
			f->value[part] = f->value[part] * 10 + p[i] - '0';
			if (++f->digits[part] > 4)
				return 0;
		}
		if (f->digits[part] == 0)
			return 0;
	}
	return og_words_letter_at(p + i, len - i) ? 0 : i;
}

/* 3/4/2026 is March to some and April to others. */
static int civil_of(const struct figures *f, struct og_civil *ret)
{
	const int *v = f->value;

	if (f->digits[0] == 4 && f->mark != '.' && f->digits[1] <= 2 && f->digits[2] <= 2)
		*ret = (struct og_civil){ v[0], v[1], v[2] };
	else if (f->digits[2] != 4 || f->digits[0] > 2 || f->digits[1] > 2)
		return -1;
	else if (f->mark == '.' || v[0] > 12 || v[0] == v[1])
		*ret = (struct og_civil){ v[2], v[1], v[0] };
	else if (v[1] > 12)
		*ret = (struct og_civil){ v[2], v[0], v[1] };
	else
		return -1;
	return 0;
}

/* 2026-03-01, 2026/3/1, 1.3.2026, 25/12/2026 */
static size_t written(const struct og_words *words, size_t i, int64_t *ret)
{
	const struct og_word *w = &words->w[i];
	struct figures f = { { 0 }, { 0 }, 0 };
	struct og_civil civil;
	size_t len, n = 1;

	if (i >= words->n || w->kind == OG_QUOTED)
		return 0;
	len = read_figures(words->text + w->at, words->text_len - w->at, &f);
	if (len == 0 || civil_of(&f, &civil) < 0 || og_civil_day(civil, ret) < 0)
		return 0;
	while (i + n < words->n && words->w[i + n].at < w->at + len)
		n++;
	return n;
}

/* --- day and month ----------------------------------------------------------------- */

/* The day of that month in the year that was said, or in the one meant. */
static int day_in_month(struct og_calendar *c, int year, int month, int64_t day, int64_t *ret)
{
	struct og_civil civil = { year, month, (int)day };

	c->yearless = year == 0;
	if (year != 0)
		return og_civil_day(civil, ret);
	civil.year = og_civil_of(c->today).year;
	if (og_civil_day(civil, ret) < 0)
		return -1;
	if (c->lean == OG_LEAN_PAST && *ret > c->today)
		civil.year--;
	if (c->lean == OG_LEAN_FUTURE && *ret < c->today)
		civil.year++;
	return og_civil_day(civil, ret);
}

/* "1 March", "1st of March 2026", "March 1st, 2026" */
static size_t day_and_month(struct og_calendar *c, size_t i, int64_t *ret)
{
	const struct og_words *words = c->words;
	size_t at = i, n;
	int64_t day = 0;
	int month = month_at(words, at), year = 0;

	if (month > 0)
		at++;
	n = og_when_count(words, at, 1, 31, &day);
	if (n == 0)
		return 0;
	at += n;
	at += suffix_at(words, at);
	if (month == 0) {
		at += og_when_word(words, at, "of") > 0;
		month = month_at(words, at++);
	}
	if (month == 0)
		return 0;
	at += og_when_year(words, at, &year);
	return day_in_month(c, year, month, day, ret) < 0 ? 0 : at - i;
}

/* "the 15th" is one of this month, or of the next or last one that has not
 * passed or begun yet. */
static size_t day_alone(struct og_calendar *c, size_t i, int64_t *ret)
{
	struct og_civil now = og_civil_of(c->today);
	int64_t day = 0, first = og_day_floor(c->today, OG_MONTHS);
	size_t n = og_when_count(c->words, i, 1, 31, &day);

	if (n == 0 || !suffix_at(c->words, i + n))
		return 0;
	if (c->lean == OG_LEAN_FUTURE && day < now.day)
		first = og_day_add_months(first, 1);
	if (c->lean == OG_LEAN_PAST && day > now.day)
		first = og_day_add_months(first, -1);
	now = og_civil_of(first);
	now.day = (int)day;
	return og_civil_day(now, ret) < 0 ? 0 : n + 1;
}

/* --- days of the week ---------------------------------------------------------------- */

/* "next Friday" is the first one after today, "last Friday" the last one
 * before it; a Friday without such a word, or with "this", is the first one
 * from today on, and today on a Friday. */
static int64_t nearest_weekday(const struct og_calendar *c, int weekday, int direction)
{
	int ahead = (weekday - og_day_weekday(c->today) + 7) % 7;

	if (direction == 1)
		return c->today + (ahead == 0 ? 7 : ahead);
	if (direction == -1)
		return c->today + ahead - 7;
	if (c->lean == OG_LEAN_PAST && ahead > 0)
		return c->today + ahead - 7;
	return c->today + ahead;
}

/* "of next week", "this week": words taken, or 0. */
static size_t which_week(const struct og_words *words, size_t i, int *ret)
{
	size_t of = og_when_word(words, i, "of") > 0;

	*ret = og_when_direction(words, i + of);
	return *ret != -2 && og_when_word(words, i + of + 1, "week") ? of + 2 : 0;
}

/* "Friday", "next Friday", "Friday next week", "Friday, 1 May". The last is
 * no day when that is no Friday. */
static size_t day_of_week(struct og_calendar *c, size_t i, int64_t *ret)
{
	const struct og_words *words = c->words;
	int direction = og_when_direction(words, i), week;
	size_t at = i + (direction != -2), n;
	int weekday = weekday_at(words, at++);
	int64_t day;

	if (weekday < 0)
		return 0;
	*ret = nearest_weekday(c, weekday, direction);
	if (direction != -2)
		return at - i;
	n = which_week(words, at, &week);
	if (n > 0) {
		*ret = og_day_floor(c->today, OG_WEEKS) + 7 * week + weekday;
		return at + n - i;
	}
	at += og_when_word(words, at, "the") > 0;
	n = day_and_month(c, at, &day);
	n = n > 0 ? n : written(words, at, &day);
	if (n == 0)
		return og_when_word(words, at - 1, "the") ? at - 1 - i : at - i;
	*ret = day;
	return og_day_weekday(day) == weekday ? at + n - i : 0;
}

/* --- counted from another day ----------------------------------------------------------- */

/* "today", "the day after tomorrow" */
static size_t named(const struct og_calendar *c, size_t i, int64_t *ret)
{
	const struct og_words *words = c->words;
	int place = og_when_word(words, i, "yesterday today tomorrow");

	if (place > 0) {
		*ret = c->today + place - 2;
		return 1;
	}
	if (!og_when_word(words, i, "day"))
		return 0;
	if (og_when_word(words, i + 1, "after") && og_when_word(words, i + 2, "tomorrow"))
		*ret = c->today + 2;
	else if (og_when_word(words, i + 1, "before") && og_when_word(words, i + 2, "yesterday"))
		*ret = c->today - 2;
	else
		return 0;
	return 3;
}

/* What comes after "3 days": ago, from now, after Friday. Words taken, with
 * the sign and the day it is counted from; 0: nothing of the kind. */
static size_t counted_from(struct og_calendar *c, size_t i, int *sign, int64_t *from)
{
	int which = og_when_word(c->words, i, "before from after");
	size_t n;

	*from = c->today;
	*sign = og_when_word(c->words, i, "ago earlier back") ? -1 : 1;
	if (*sign < 0 || og_when_word(c->words, i, "hence later"))
		return 1;
	if (which == 0)
		return 0;
	*sign = which == 1 ? -1 : 1;
	if (og_when_word(c->words, i + 1, "now"))
		return 2;
	n = og_when_word(c->words, i + 1, "a an") ||
			    og_when_count(c->words, i + 1, 1, 99, &(int64_t){ 0 }) > 0
		    ? day_and_month(c, i + 1, from)
		    : og_when_day(c, i + 1, from);
	return n > 0 ? n + 1 : 0;
}

/* "in 3 days", "a week ago", "2 months after 1 March" */
static size_t counted(struct og_calendar *c, size_t i, int64_t *ret)
{
	size_t in = og_when_word(c->words, i, "in") > 0, at = i + in, n;
	int64_t count = 0, from = c->today;
	enum og_stretch unit;
	int sign = 1;

	n = count_at(c->words, at, &count);
	at += n;
	if (n == 0 || og_when_unit(c->words, at, &unit) == 0)
		return 0;
	at++;
	if (in > 0)
		at += og_when_word(c->words, at, "time") > 0;
	n = in > 0 ? 0 : counted_from(c, at, &sign, &from);
	if (in == 0 && n == 0)
		return 0;
	*ret = og_day_add(from, unit, sign * count);
	return og_day_is(*ret) ? at + n - i : 0;
}

/* "end of month", "the first day of next quarter", "the end of May 2026" */
static size_t edge(struct og_calendar *c, size_t i, int64_t *ret)
{
	const struct og_words *words = c->words;
	int last = og_when_word(words, i, "end") > 0, direction, year, month;
	size_t at = i + 1, n;
	enum og_stretch unit;

	if (og_when_word(words, at, "day") && og_when_word(words, i, "first last")) {
		last = og_when_word(words, i, "last") > 0;
		at++;
	} else if (!last && !og_when_word(words, i, "beginning start")) {
		return 0;
	}
	at += og_when_word(words, at, "of") > 0;
	at += og_when_word(words, at, "the") > 0;
	direction = og_when_direction(words, at);
	n = direction == -2 ? og_when_month(c, at, &year, &month) : 0;
	if (n > 0 && og_civil_day((struct og_civil){ year, month, 1 }, ret) == 0) {
		*ret = last ? og_day_add_months(*ret, 1) - 1 : *ret;
		return at + n - i;
	}
	at += direction != -2;
	if (og_when_unit(words, at, &unit) == 0 || unit == OG_DAYS || unit == OG_FORTNIGHTS)
		return 0;
	*ret = og_day_floor(c->today, unit);
	*ret = og_day_add(*ret, unit, (direction == -2 ? 0 : direction) + last) - last;
	return og_day_is(*ret) ? at + 1 - i : 0;
}

/* --- all together ------------------------------------------------------------------------ */

size_t og_when_month(struct og_calendar *c, size_t i, int *ret_year, int *ret_month)
{
	int64_t now = og_day_floor(c->today, OG_MONTHS), then;
	int year = 0, month = month_at(c->words, i);
	size_t at = i + 1;

	if (month == 0)
		return 0;
	at += og_when_word(c->words, at, "of") > 0 && og_when_year(c->words, at + 1, &year) > 0;
	at += og_when_year(c->words, at, &year);
	c->yearless = year == 0;
	if (year == 0) {
		year = og_civil_of(now).year;
		if (og_civil_day((struct og_civil){ year, month, 1 }, &then) < 0)
			return 0;
		year += c->lean == OG_LEAN_FUTURE && then < now;
		year -= c->lean == OG_LEAN_PAST && then > now;
	}
	*ret_year = year;
	*ret_month = month;
	return at - i;
}

/* The day of the week that stands before word i is another one. */
static int contradicted(const struct og_words *words, size_t i, int64_t day)
{
	size_t the = i > 0 && og_when_word(words, i - 1, "the");
	int weekday = i > the ? weekday_at(words, i - the - 1) : -1;

	return weekday >= 0 && weekday != og_day_weekday(day);
}

size_t og_when_day(struct og_calendar *c, size_t i, int64_t *ret)
{
	size_t n;

	c->yearless = 0;
	if (i >= c->words->n)
		return 0;
	if ((n = written(c->words, i, ret)) > 0 || (n = day_and_month(c, i, ret)) > 0)
		return contradicted(c->words, i, *ret) ? 0 : n;
	if ((n = day_of_week(c, i, ret)) > 0 || (n = named(c, i, ret)) > 0 ||
	    (n = counted(c, i, ret)) > 0 || (n = day_alone(c, i, ret)) > 0)
		return n;
	return edge(c, i, ret);
}

size_t og_date_at(const struct og_words *words, size_t i, int64_t today, int64_t *ret)
{
	struct og_calendar c = { words, today, OG_LEAN_NONE, 0 };
	size_t at = i, n;

	for (int k = 0; k < PREFIXES_MAX && og_when_word(words, at, "on by until till due the");
	     k++) {
		if (og_when_word(words, at, "by until till due"))
			c.lean = OG_LEAN_FUTURE;
		at++;
	}
	n = og_when_day(&c, at, ret);
	return n > 0 && og_day_is(*ret) ? at + n - i : 0;
}
