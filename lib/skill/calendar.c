/* Days as numbers, see when-internal.h. */
#include "lib/skill/when-internal.h"

#include <stdio.h>

#define DAYS_400_YEARS 146097
#define DAY_MS	       ((int64_t)86400000)

/* Rounds down, for days before 1970 too. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Years are counted from March here, so that a leap day is the last one:
 * the days before the month-th month of such a year. */
static int days_before(int month)
{
	return (153 * month + 2) / 5;
}

static int64_t day_number(int64_t year, int month, int day)
{
	int64_t y = year - (month < 3), era = floor_div(y, 400), of_era = y - era * 400;

	return era * DAYS_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 +
	       days_before((month + 9) % 12) + day - 1 - 719468;
}

struct og_civil og_civil_of(int64_t day)
{
	int64_t shifted = day + 719468, era = floor_div(shifted, DAYS_400_YEARS);
	int64_t n = shifted - era * DAYS_400_YEARS;
	int64_t year = (n - n / 1460 + n / 36524 - n / 146096) / 365;
	int rest = (int)(n - (365 * year + year / 4 - year / 100));
	int month = (5 * rest + 2) / 153;

	return (struct og_civil){ (int)(year + era * 400 + (month >= 10)),
				  month < 10 ? month + 3 : month - 9,
				  rest - days_before(month) + 1 };
}

int og_month_length(int year, int month)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return length[month - 1] + (month == 2 && leap);
}

int og_civil_day(struct og_civil c, int64_t *ret)
{
	if (c.year < 1 || c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1 ||
	    c.day > og_month_length(c.year, c.month))
		return -1;
	*ret = day_number(c.year, c.month, c.day);
	return 0;
}

int og_day_is(int64_t day)
{
	return day >= OG_DAY_FIRST && day <= OG_DAY_LAST;
}

int og_day_weekday(int64_t day)
{
	return (int)(day + 3 - floor_div(day + 3, 7) * 7);
}

int64_t og_day_add_months(int64_t day, int64_t months)
{
	struct og_civil c = og_civil_of(day);
	int64_t all = (int64_t)c.year * 12 + c.month - 1 + months;
	int64_t year = floor_div(all, 12);
	int month = (int)(all - year * 12) + 1, last;

	last = og_month_length((int)year, month);
	return day_number(year, month, c.day < last ? c.day : last);
}

int64_t og_day_floor(int64_t day, enum og_stretch unit)
{
	struct og_civil c = og_civil_of(day);

	switch (unit) {
	case OG_WEEKS:
		return day - og_day_weekday(day);
	case OG_MONTHS:
		return day_number(c.year, c.month, 1);
	case OG_QUARTERS:
		return day_number(c.year, (c.month - 1) / 3 * 3 + 1, 1);
	case OG_YEARS:
		return day_number(c.year, 1, 1);
	default:
		return day;
	}
}

int64_t og_day_add(int64_t day, enum og_stretch unit, int64_t count)
{
	switch (unit) {
	case OG_WEEKS:
		return day + 7 * count;
	case OG_FORTNIGHTS:
		return day + 14 * count;
	case OG_MONTHS:
		return og_day_add_months(day, count);
	case OG_QUARTERS:
		return og_day_add_months(day, 3 * count);
	case OG_YEARS:
		return og_day_add_months(day, 12 * count);
	default:
		return day + count;
	}
}

void og_day_text(int64_t day, char out[OG_DAY_LEN + 1])
{
	struct og_civil c = og_civil_of(day);
	char text[40];

	snprintf(text, sizeof(text), "%04d-%02d-%02d", c.year, c.month, c.day);
	snprintf(out, OG_DAY_LEN + 1, "%.10s", text);
}

int64_t og_day_of(int64_t ms)
{
	return floor_div(ms, DAY_MS);
}
