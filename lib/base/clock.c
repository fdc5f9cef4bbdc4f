/* Clocks, deadlines, time as text. Calendar arithmetic is ours: timegm(3)
 * and strptime(3) follow the locale and accept too much. */
#include "lib/base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/text.h"

static int64_t read_clock(clockid_t id, int64_t per_second)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * per_second + (int64_t)t.tv_nsec / (1000000000 / per_second);
}

int64_t og_now_ms(void)
{
	return read_clock(CLOCK_REALTIME, 1000);
}

int64_t og_now_ns(void)
{
	return read_clock(CLOCK_REALTIME, 1000000000);
}

int64_t og_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000);
}

int64_t og_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC, 1000000);
}

int64_t og_deadline(int64_t ms_from_now)
{
	int64_t now = og_mono_ms();

	return ms_from_now > OG_FOREVER - now ? OG_FOREVER : now + ms_from_now;
}

int og_deadline_left(int64_t deadline)
{
	int64_t left;

	if (deadline == OG_FOREVER)
		return -1;
	left = deadline - og_mono_ms();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Days since 1970-01-01 of a proleptic Gregorian date. Years are counted
 * from March, so that the leap day ends one. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t march = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * march + 2) / 5 + 1);
	*month = (int)(march < 10 ? march + 3 : march - 9);
	*year = (int)(era * 400 + y + (*month <= 2));
}

void og_time_format(int64_t ms, char out[OG_TIME_LEN + 1])
{
	int64_t days = ms / 86400000, rest = ms % 86400000;
	int year, month, day;
	char text[64];

	date_from_days(days, &year, &month, &day);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
		 (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
		 (int)(rest % 1000));
	memcpy(out, text, OG_TIME_LEN);
	out[OG_TIME_LEN] = '\0';
}

static int64_t digits(const char *text, size_t from, size_t n)
{
	int64_t value = 0;

	for (size_t i = from; i < from + n; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

void og_day_format(int64_t ms, char out[OG_DAY_LEN + 1])
{
	char time[OG_TIME_LEN + 1];

	og_time_format(ms, time);
	memcpy(out, time, OG_DAY_LEN);
	out[OG_DAY_LEN] = '\0';
}

int og_day_valid(const char *text)
{
	static const char shape[] = "dddd-dd-dd";
	int year, month, day;

	if (strlen(text) != OG_DAY_LEN)
		return 0;
	for (size_t i = 0; i < OG_DAY_LEN; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return 0;
	/* A date that does not exist (February 30) comes back as another. */
	date_from_days(days_from_date(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)),
		       &year, &month, &day);
	return year >= 1 && year == digits(text, 0, 4) && month == digits(text, 5, 2) &&
	       day == digits(text, 8, 2);
}

int og_time_parse(const char *text, int64_t *ret)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	char back[OG_TIME_LEN + 1];
	int64_t ms;

	if (strlen(text) != OG_TIME_LEN)
		return -1;
	for (size_t i = 0; i < OG_TIME_LEN; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return -1;
	ms = days_from_date(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
	ms = ms * 24 + digits(text, 11, 2);
	ms = ms * 60 + digits(text, 14, 2);
	ms = ms * 60 + digits(text, 17, 2);
	ms = ms * 1000 + digits(text, 20, 3);
	if (ms < 0)
		return -1;
	/* A date that does not exist (February 30, 25:61) comes back as another. */
	og_time_format(ms, back);
	if (strcmp(back, text) != 0)
		return -1;
	*ret = ms;
	return 0;
}

int og_span_parse(const char *text, const char *what, int64_t *ret_ms, struct og_err *err)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "", 1000 },   { "ms", 1 },	{ "s", 1000 },
		      { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	size_t n = strspn(text, "0123456789");
	char number[16];
	int64_t value;

	if (n > 0 && n < sizeof(number)) {
		memcpy(number, text, n);
		number[n] = '\0';
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
			if (strcmp(text + n, units[i].unit) != 0)
				continue;
			if (og_int_parse(number, 0, INT64_C(1000000000), what, &value, err) < 0)
				return -1;
			*ret_ms = value * units[i].ms;
			return 0;
		}
	}
	og_fail(err, OG_EUSAGE, "%s: '%s' is not a span of time", what, text);
	return og_hint(err, "write 500ms, 30s, 5m, 2h or 1d");
}
