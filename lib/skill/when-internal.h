/*
 * Days and spans of days among the words of a sentence: slots of the types
 * date and period (lib/skill/slots.h says what is read and how). Everything
 * is counted from a day that is given, "today": the same words on the same
 * day mean the same. The calendar is the Gregorian one, backwards too; a
 * day is a number of days since 1970-01-01, within the years 1 to 9999.
 *
 * What may be meant in two ways is not read: 3/4/2026, a 31 April, a Friday
 * 1 May that is no Friday. Shared inside lib/skill.
 */
#ifndef OG_SKILL_WHEN_INTERNAL_H
#define OG_SKILL_WHEN_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/skill/words-internal.h"

#define OG_DAY_FIRST ((int64_t)-719162) /* 0001-01-01 */
#define OG_DAY_LAST  ((int64_t)2932896) /* 9999-12-31 */
#define OG_DAY_LEN   10			/* YYYY-MM-DD */

struct og_civil {
	int year, month, day; /* month and day from 1 */
};

struct og_civil og_civil_of(int64_t day);
/* 0 with *ret, or -1: there is no such day. */
int og_civil_day(struct og_civil civil, int64_t *ret);
int og_month_length(int year, int month);
/* So many months later (or earlier); the day is the last of the month where
 * that is shorter: 31 January and a month is 28 or 29 February. May leave the
 * years 1 to 9999: og_day_is() tells. */
int64_t og_day_add_months(int64_t day, int64_t months);
int og_day_is(int64_t day);
/* 0 is Monday. */
int og_day_weekday(int64_t day);
/* The first day of the week, month, quarter or year that day is in. */
enum og_stretch { OG_DAYS, OG_WEEKS, OG_FORTNIGHTS, OG_MONTHS, OG_QUARTERS, OG_YEARS };
int64_t og_day_floor(int64_t day, enum og_stretch unit);
/* So many units later. */
int64_t og_day_add(int64_t day, enum og_stretch unit, int64_t count);
void og_day_text(int64_t day, char out[OG_DAY_LEN + 1]);
/* The UTC day of an instant in milliseconds. */
int64_t og_day_of(int64_t ms);

/* A span, both days included. */
struct og_when {
	int64_t from, to;
};

/* Which way a day without a year, or a day of the week, is to be looked
 * for: "since March" is behind us, "by Friday" before us. */
enum og_lean { OG_LEAN_NONE, OG_LEAN_PAST, OG_LEAN_FUTURE };

struct og_calendar {
	const struct og_words *words;
	int64_t today;
	enum og_lean lean;
	int yearless; /* set when the last day that was read had no year */
};

/* The day or span that begins at word i, as long as it goes: so many words
 * are taken, 0 when none begins there. Small words before it belong to it
 * ("by Friday", "in 2025"). */
size_t og_date_at(const struct og_words *words, size_t i, int64_t today, int64_t *ret);
size_t og_period_at(const struct og_words *words, size_t i, int64_t today, struct og_when *ret);

/* Inside the two: a day without small words before it; a month or a year. */
size_t og_when_day(struct og_calendar *c, size_t i, int64_t *ret);
size_t og_when_month(struct og_calendar *c, size_t i, int *ret_year, int *ret_month);
/* "last", "this", "next": -1, 0, 1; -2 for another word. */
int og_when_direction(const struct og_words *words, size_t i);
/* Is word i a unit of time ("weeks")? 1 with *ret, or 0. */
size_t og_when_unit(const struct og_words *words, size_t i, enum og_stretch *ret);
/* The place (from 1) of word i among those of list, which a blank parts; 0:
 * it is not there. */
int og_when_word(const struct og_words *words, size_t i, const char *list);
/* A whole number from min to max at word i: words taken, or 0. */
size_t og_when_count(const struct og_words *words, size_t i, int64_t min, int64_t max,
		     int64_t *ret);
/* A year written with four digits at word i: 1 or 0. */
size_t og_when_year(const struct og_words *words, size_t i, int *ret);

#endif
