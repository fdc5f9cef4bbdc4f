/* See schedule.h. */
#include "lib/task/schedule.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/hash/hash.h"

#define MINUTE_MS ((int64_t)60000)
#define DAY_MS	  (24 * 60 * MINUTE_MS)
#define SPAN_MAX  (100 * 366 * DAY_MS)

/* Reads exactly so many digits; NULL when they are not there. */
static const char *digits(const char *text, int n, int *ret)
{
	int value = 0;

	if (!text)
		return NULL;
	for (; n > 0; n--, text++) {
		if (!isdigit((unsigned char)*text))
			return NULL;
		value = 10 * value + (*text - '0');
	}
	*ret = value;
	return text;
}

static const char *after(const char *text, char c)
{
	return text && *text == c ? text + 1 : NULL;
}

static const char *read_date(const char *text, struct tm *ret)
{
	int year = 0, month = 0;

	text = after(digits(text, 4, &year), '-');
	text = after(digits(text, 2, &month), '-');
	text = digits(text, 2, &ret->tm_mday);
	ret->tm_year = year - 1900;
	ret->tm_mon = month - 1;
	return text;
}

static const char *read_hours(const char *text, struct tm *ret)
{
	text = after(digits(text, 2, &ret->tm_hour), ':');
	return digits(text, 2, &ret->tm_min);
}

static int same_minute(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday &&
	       a->tm_hour == b->tm_hour && a->tm_min == b->tm_min;
}

static int in_range(const struct tm *tm)
{
	return tm->tm_year >= 70 && tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= 31 && tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* A broken-down UTC time; -1 for a day no month has. */
static int from_utc(const struct tm *tm, int64_t *ret_ms)
{
	struct tm copy = *tm, back;
	time_t seconds = timegm(&copy);

	if (!in_range(tm) || !gmtime_r(&seconds, &back) || !same_minute(tm, &back))
		return -1;
	*ret_ms = (int64_t)seconds * 1000;
	return 0;
}

/* Is this the local time when daylight saving is on (1), or off (0)? */
static int shown(const struct tm *tm, int isdst, time_t *ret)
{
	struct tm copy = *tm, back;

	copy.tm_isdst = isdst;
	*ret = mktime(&copy);
	return *ret != (time_t)-1 && localtime_r(ret, &back) && same_minute(tm, &back);
}

/* The first moment at which the local clock shows it; in a gap, where the
 * clock of before would have been. */
static int from_local(const struct tm *tm, int64_t *ret_ms)
{
	time_t summer, winter, found;
	int in_summer, in_winter;
	int64_t ignored;

	if (from_utc(tm, &ignored) < 0) /* there is no such date at all */
		return -1;
	tzset();
	in_summer = shown(tm, 1, &summer);
	in_winter = shown(tm, 0, &winter);
	found = in_summer && (!in_winter || summer < winter) ? summer : winter;
	*ret_ms = (int64_t)found * 1000;
	return 0;
}

/* ":SS", ".fff" and the offset of RFC 3339; the local ones have no offset. */
static int read_rest(const char *text, struct tm *tm, int64_t *ret_offset_ms, int64_t *ret_ms)
{
	int hours = 0, minutes = 0, scale = 100;
	char sign;

	*ret_offset_ms = *ret_ms = 0;
	if (*text == ':' && !(text = digits(text + 1, 2, &tm->tm_sec)))
		return -1;
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++, scale /= 10)
			*ret_ms += (*text - '0') * scale;
	sign = *text;
	if (sign == 'Z' || sign == 'z')
		return text[1] ? -1 : 0;
	if (sign != '+' && sign != '-')
		return -1;
	text = after(digits(text + 1, 2, &hours), ':');
	text = digits(text, 2, &minutes);
	if (!text || *text || hours > 23 || minutes > 59)
		return -1;
	*ret_offset_ms = (hours * 60 + minutes) * MINUTE_MS * (sign == '+' ? 1 : -1);
	return 0;
}

static int read_instant(const char *text, int64_t *ret_ms)
{
	struct tm tm = { 0 };
	const char *rest = read_date(text, &tm);
	int64_t offset, fraction;

	if (!rest || (*rest != 'T' && *rest != 't') || !(rest = read_hours(rest + 1, &tm)) ||
	    read_rest(rest, &tm, &offset, &fraction) < 0 || from_utc(&tm, ret_ms) < 0)
		return -1;
	*ret_ms += fraction - offset;
	return 0;
}

static int read_local(const char *text, int64_t *ret_ms)
{
	struct tm tm = { 0 };
	const char *rest = after(read_date(text, &tm), ' ');

	rest = read_hours(rest, &tm);
	return rest && !*rest ? from_local(&tm, ret_ms) : -1;
}

/* "HH:MM" on the local day of now_ms, and days after it. */
static int read_of_day(const char *text, int64_t now_ms, int days, int64_t *ret_ms)
{
	time_t now = (time_t)(now_ms / 1000), noon;
	struct tm tm = { 0 }, day;
	const char *rest = read_hours(text, &tm);

	tzset();
	if (!rest || *rest || !localtime_r(&now, &day))
		return -1;
	/* Every day has a noon, whatever its other hours do. */
	day.tm_mday += days;
	day.tm_hour = 12;
	day.tm_isdst = -1;
	noon = mktime(&day);
	if (!localtime_r(&noon, &day))
		return -1;
	tm.tm_year = day.tm_year;
	tm.tm_mon = day.tm_mon;
	tm.tm_mday = day.tm_mday;
	return from_local(&tm, ret_ms);
}

static int read_next(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	for (int days = 0; days < 3; days++) {
		if (read_of_day(text, now_ms, days, ret_ms) < 0)
			return -1;
		if (*ret_ms >= now_ms)
			return 0;
	}
	return -1;
}

int og_when_parse(const char *text, const char *what, int64_t now_ms, int64_t *ret_ms,
		  struct og_err *err)
{
	int64_t span;

	if (*text == '+') {
		if (og_span_parse(text + 1, what, &span, err) < 0)
			return -1;
		if (span > SPAN_MAX)
			return og_fail(err, OG_EUSAGE, "%s: '%s' is too far away", what, text);
		*ret_ms = now_ms + span;
		return 0;
	}
	if (read_instant(text, ret_ms) == 0 || read_local(text, ret_ms) == 0 ||
	    read_next(text, now_ms, ret_ms) == 0)
		return 0;
	og_fail(err, OG_EUSAGE, "%s: '%s' is no time", what, text);
	return og_hint(err, "times are 2026-01-31T09:30:00Z, '2026-01-31 09:30', 09:30 and +90m");
}

/* A date, and a time of day or the day's begin. */
static int read_past_day(const char *text, int64_t *ret_ms)
{
	struct tm tm = { 0 };
	const char *rest = read_date(text, &tm);

	if (rest && *rest == ' ')
		rest = read_hours(rest + 1, &tm);
	if (rest && *rest == ':')
		rest = digits(rest + 1, 2, &tm.tm_sec);
	return rest && !*rest ? from_utc(&tm, ret_ms) : -1;
}

static int read_last(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	struct tm tm = { 0 };
	const char *rest = read_hours(text, &tm);
	int64_t day = now_ms - now_ms % DAY_MS;

	if (!rest || *rest || tm.tm_hour > 23 || tm.tm_min > 59)
		return -1;
	*ret_ms = day + (tm.tm_hour * 60 + tm.tm_min) * MINUTE_MS;
	if (*ret_ms > now_ms)
		*ret_ms -= DAY_MS;
	return 0;
}

static int read_word(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	int64_t today = now_ms - now_ms % DAY_MS;

	if (strcmp(text, "today") != 0 && strcmp(text, "yesterday") != 0)
		return -1;
	*ret_ms = *text == 't' ? today : today - DAY_MS;
	return 0;
}

/* So long ago; not before 1970. */
static int read_ago(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	int64_t span;

	if (og_span_parse(text, "", &span, NULL) < 0)
		return -1;
	*ret_ms = span < now_ms ? now_ms - span : 0;
	return 0;
}

int og_past_parse(const char *text, const char *what, int64_t now_ms, int64_t *ret_ms,
		  struct og_err *err)
{
	if (read_instant(text, ret_ms) == 0 || read_past_day(text, ret_ms) == 0 ||
	    read_last(text, now_ms, ret_ms) == 0 || read_word(text, now_ms, ret_ms) == 0 ||
	    read_ago(text, now_ms, ret_ms) == 0)
		return 0;
	og_fail(err, OG_EUSAGE, "%s: '%s' is no time", what, text);
	return og_hint(err,
		       "times are 2026-01-31T09:30:00Z, 2026-01-31, yesterday, 09:30 (UTC) and "
		       "2h, so long ago");
}

int og_occurrence_at(int64_t every_ms, const char *at, int64_t now_ms, struct og_occurrence *ret,
		     struct og_err *err)
{
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm day;

	if (every_ms < 1000)
		return og_fail(err, OG_EUSAGE, "--every: it takes at least a second");
	if (!at) {
		ret->from_ms = now_ms - now_ms % every_ms;
		og_time_format(ret->from_ms, ret->name);
		return 0;
	}
	if (every_ms != DAY_MS)
		return og_fail(err, OG_EUSAGE, "--every goes with a time of day for 1d only");
	if (read_of_day(at, now_ms, 0, &ret->from_ms) < 0 || !localtime_r(&seconds, &day))
		return og_fail(err, OG_EUSAGE, "--at: with --every it is a time of day, HH:MM");
	strftime(ret->name, sizeof(ret->name), "%Y-%m-%d", &day);
	return 0;
}

int og_occurrence_key(const struct og_occurrence *occurrence, int64_t every_ms, const json_t *wish,
		      char ret[OG_OCCURRENCE_KEY_MAX + 1], struct og_err *err)
{
	char digest[OG_HASH_HEX + 1];
	struct og_buf text;
	struct og_hash hash;
	int rc = -1;

	og_buf_init(&text, (size_t)1 << 20);
	if (og_json_canon(wish, &text, err) == 0) {
		og_sha256(text.data, text.len, &hash);
		og_hash_hex(&hash, digest);
		snprintf(ret, OG_OCCURRENCE_KEY_MAX + 1, "every %lld %s %s", (long long)every_ms,
			 occurrence->name, digest);
		rc = 0;
	}
	og_buf_release(&text);
	return rc;
}
