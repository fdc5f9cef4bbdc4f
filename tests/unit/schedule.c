/* Times as people say them, and occurrences, on both sides of clock changes. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <time.h>

#include "lib/task/schedule.h"

/* Central Europe by rule: forward on the last Sunday of March at 02:00,
 * back on the last Sunday of October at 03:00. Needs no tzdata. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static int64_t at(const char *text)
{
	int64_t ms = 0;

	OG_CHECK_INT(og_time_parse(text, &ms), 0);
	return ms;
}

static void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static void check_when(const char *text, const char *now, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	char got[OG_TIME_LEN + 1];
	int64_t ms = 0;

	if (!OG_CHECK_OK(og_when_parse(text, "--at", at(now), &ms, &err), &err))
		return;
	og_time_format(ms, got);
	OG_CHECK_STR(got, want);
}

#define NOON "2026-06-15T10:00:00.000Z" /* in Berlin */

static void times(void)
{
	zone(BERLIN);
	check_when("2026-01-31T09:30:00Z", NOON, "2026-01-31T09:30:00.000Z");
	check_when("2026-01-31T09:30Z", NOON, "2026-01-31T09:30:00.000Z");
	check_when("2026-01-31t09:30:05.25z", NOON, "2026-01-31T09:30:05.250Z");
	check_when("2026-01-31T09:30:00+02:00", NOON, "2026-01-31T07:30:00.000Z");
	check_when("2026-01-01T00:15:00-09:45", NOON, "2026-01-01T10:00:00.000Z");
	check_when("2026-01-01T00:15:00+05:30", NOON, "2025-12-31T18:45:00.000Z");
	check_when("2026-07-01 09:30", NOON, "2026-07-01T07:30:00.000Z");
	check_when("2026-12-01 09:30", NOON, "2026-12-01T08:30:00.000Z");
	check_when("12:00", NOON, NOON);
	check_when("12:01", NOON, "2026-06-15T10:01:00.000Z");
	check_when("11:59", NOON, "2026-06-16T09:59:00.000Z");
	check_when("00:00", NOON, "2026-06-15T22:00:00.000Z");
	check_when("+90m", NOON, "2026-06-15T11:30:00.000Z");
	check_when("+2", NOON, "2026-06-15T10:00:02.000Z");
	check_when("00:30", "2026-12-31T22:59:00.000Z", "2026-12-31T23:30:00.000Z");
}

static void no_times(void)
{
	static const char *const bad[] = {
		"",
		"now",
		"tomorrow",
		"9:30",
		"25:00",
		"12:60",
		"12:00:00",
		"2026-01-31",
		"2026-02-30 09:30",
		"2026-13-01 09:30",
		"2026-01-31T09:30:00",
		"2026-01-31T09:30:00+2",
		"2026-01-31T24:00:00Z",
		"2026-01-31T09:30:61Z",
		"2026-02-29T00:00:00Z",
		"+",
		"+soon",
		"2026-01-31 09:30Z",
		"2026-01-31T09:30:00Zx",
		"1969-01-31T09:30:00Z",
		"12:0x",
		"-5m",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct og_err err = OG_ERR_INIT;
		int64_t ms;

		if (!OG_CHECK(og_when_parse(bad[i], "--at", at(NOON), &ms, &err) < 0))
			printf("# '%s' was taken\n", bad[i]);
		OG_CHECK_INT(err.code, OG_EUSAGE);
	}
}

/* NULL: it is no time. */
static void check_past(const char *text, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	char got[OG_TIME_LEN + 1];
	int64_t ms = 0;
	int rc = og_past_parse(text, "--since", at(NOON), &ms, &err);

	if (!OG_CHECK_INT(rc, want ? 0 : -1)) {
		printf("# '%s'\n", text);
		return;
	}
	OG_CHECK_INT(err.code, want ? OG_OK : OG_EUSAGE);
	og_time_format(ms, got);
	if (want)
		OG_CHECK_STR(got, want);
}

static void past_times(void)
{
	static const char *const bad[] = { "",	    "lunch",	   "2026-02-30",      "2026-1-1",
					   "24:00", "2026-01-31 ", "2026-01-31 9:30", "-2h",
					   "2y",    "yesterday ",  "1969-12-31",      "12:0x" };

	zone(BERLIN);
	check_past("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z");
	check_past("2026-01-31T09:30:00.125+02:00", "2026-01-31T07:30:00.125Z");
	check_past("2026-01-31 09:30", "2026-01-31T09:30:00.000Z");
	check_past("2026-01-31 09:30:05", "2026-01-31T09:30:05.000Z");
	check_past("2026-01-31", "2026-01-31T00:00:00.000Z");
	check_past("today", "2026-06-15T00:00:00.000Z");
	check_past("yesterday", "2026-06-14T00:00:00.000Z");
	check_past("10:00", "2026-06-15T10:00:00.000Z");
	check_past("10:01", "2026-06-14T10:01:00.000Z");
	check_past("2h", "2026-06-15T08:00:00.000Z");
	check_past("1000000d", "1970-01-01T00:00:00.000Z");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_past(bad[i], NULL);
}

/* 2026-03-29 has no 02:30 in Berlin, 2026-10-25 has two. */
static void clock_changes(void)
{
	zone(BERLIN);
	check_when("2026-03-29 01:59", NOON, "2026-03-29T00:59:00.000Z");
	check_when("2026-03-29 02:30", NOON, "2026-03-29T01:30:00.000Z");
	check_when("2026-03-29 03:00", NOON, "2026-03-29T01:00:00.000Z");
	check_when("2026-10-25 01:59", NOON, "2026-10-24T23:59:00.000Z");
	check_when("2026-10-25 02:30", NOON, "2026-10-25T00:30:00.000Z");
	check_when("2026-10-25 03:00", NOON, "2026-10-25T02:00:00.000Z");
	/* Across the change it is the clock's time that counts, not 24 hours. */
	check_when("06:00", "2026-03-28T05:30:00.000Z", "2026-03-29T04:00:00.000Z");
	check_when("06:00", "2026-10-24T04:30:00.000Z", "2026-10-25T05:00:00.000Z");
	/* The second 02:30 is behind the one that counts: the next day's. */
	check_when("02:30", "2026-10-25T00:31:00.000Z", "2026-10-26T01:30:00.000Z");
	zone("UTC");
	check_when("2026-03-29 02:30", NOON, "2026-03-29T02:30:00.000Z");
	/* Half an hour is enough of a change: Lord Howe. */
	zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
	check_when("2026-10-04 02:15", NOON, "2026-10-03T15:45:00.000Z");
	check_when("2026-04-05 01:45", NOON, "2026-04-04T14:45:00.000Z");
}

static struct og_occurrence occurrence(int64_t every, const char *of_day, const char *now)
{
	struct og_occurrence ret = { "", 0 };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_occurrence_at(every, of_day, at(now), &ret, &err), &err);
	return ret;
}

#define HOUR ((int64_t)3600000)
#define DAY  (24 * HOUR)

static void check_same(int64_t every, const char *of_day, const char *a, const char *b, int same)
{
	struct og_occurrence x = occurrence(every, of_day, a), y = occurrence(every, of_day, b);

	if (!OG_CHECK((strcmp(x.name, y.name) == 0) == same))
		printf("# %s is of %s, %s of %s\n", a, x.name, b, y.name);
}

static void periods(void)
{
	struct og_occurrence o;

	zone(BERLIN);
	o = occurrence(HOUR, NULL, "2026-06-15T10:59:59.999Z");
	OG_CHECK_STR(o.name, "2026-06-15T10:00:00.000Z");
	OG_CHECK_INT(o.from_ms, at("2026-06-15T10:00:00.000Z"));
	check_same(HOUR, NULL, "2026-06-15T10:00:00.000Z", "2026-06-15T10:59:59.999Z", 1);
	check_same(HOUR, NULL, "2026-06-15T10:59:59.999Z", "2026-06-15T11:00:00.000Z", 0);
	/* The hour that Berlin has twice is two hours. */
	check_same(HOUR, NULL, "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", 0);
	check_same(DAY, NULL, "2026-10-25T00:00:00.000Z", "2026-10-25T23:59:59.000Z", 1);
	/* A clock that is put back finds the period it came from again. */
	check_same(HOUR, NULL, "2026-06-15T11:00:01.000Z", "2026-06-15T11:00:00.500Z", 1);
}

static void days(void)
{
	struct og_occurrence o;

	zone(BERLIN);
	/* Named by the local date, before and after the time itself. */
	o = occurrence(DAY, "07:30", "2026-06-14T22:00:00.000Z");
	OG_CHECK_STR(o.name, "2026-06-15");
	OG_CHECK_INT(o.from_ms, at("2026-06-15T05:30:00.000Z"));
	o = occurrence(DAY, "07:30", "2026-06-15T21:59:59.000Z");
	OG_CHECK_STR(o.name, "2026-06-15");
	OG_CHECK_INT(o.from_ms, at("2026-06-15T05:30:00.000Z"));
	/* One a date on days of 23 and of 25 hours. */
	check_same(DAY, "02:30", "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.000Z", 1);
	check_same(DAY, "02:30", "2026-03-28T22:59:59.000Z", "2026-03-28T23:00:00.000Z", 0);
	check_same(DAY, "02:30", "2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.000Z", 1);
	check_same(DAY, "02:30", "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", 1);
	o = occurrence(DAY, "02:30", "2026-10-25T01:30:00.000Z");
	OG_CHECK_INT(o.from_ms, at("2026-10-25T00:30:00.000Z"));
}

static void what_is_no_occurrence(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_occurrence o;

	OG_CHECK(og_occurrence_at(999, NULL, at(NOON), &o, &err) < 0);
	OG_CHECK(og_occurrence_at(HOUR, "07:30", at(NOON), &o, &err) < 0);
	OG_CHECK(og_occurrence_at(DAY, "2026-01-31 07:30", at(NOON), &o, &err) < 0);
	OG_CHECK(og_occurrence_at(DAY, "+5m", at(NOON), &o, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUSAGE);
}

/* The formula is a promise: whoever computes it elsewhere gets the same. */
static void keys(void)
{
	struct og_occurrence o = occurrence(DAY, "07:30", NOON);
	json_t *wish = json_pack("{s:s,s:s}", "text", "inspect stock", "principal", "charlie");
	char key[OG_OCCURRENCE_KEY_MAX + 1] = "";
	struct og_err err = OG_ERR_INIT;

	zone(BERLIN);
	OG_CHECK_OK(og_occurrence_key(&o, DAY, wish, key, &err), &err);
	/* printf '{"principal":"charlie","text":"inspect stock"}' | sha256sum */
	OG_CHECK_STR(key, "every 86400000 2026-06-15 "
			  "8f487d300aae11be5cd9a11ab26936212316fc11fa3b5257741d70eed44935bb");
	json_object_set_new(wish, "principal", json_string("diana"));
	OG_CHECK_OK(og_occurrence_key(&o, DAY, wish, key, &err), &err);
	OG_CHECK(strstr(key, "8f487d300aae11be5cd9a11ab26936212316fc11fa3b5257741d70eed44935bb") ==
		 NULL);
	json_decref(wish);
}

int main(void)
{
	OG_RUN(times);
	OG_RUN(no_times);
	OG_RUN(past_times);
	OG_RUN(clock_changes);
	OG_RUN(periods);
	OG_RUN(days);
	OG_RUN(what_is_no_occurrence);
	OG_RUN(keys);
	return og_done();
}
