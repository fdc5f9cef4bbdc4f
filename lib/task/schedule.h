/*
 * When a task is to begin, said by people: times, and occurrences of what
 * is done again and again.
 *
 * Local time is the process's (TZ). A day has 23 to 25 hours where clocks
 * are put forward and back: a time of day that a day has twice means the
 * first, one that it does not have means the same distance into the day on
 * the clock of before (02:30, when 02:00 is made 03:00, is 03:30).
 */
#ifndef OG_TASK_SCHEDULE_H
#define OG_TASK_SCHEDULE_H

#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

/* One of: RFC 3339, "2026-01-31T09:30:00Z" or with an offset, seconds and
 * fractions optional; local time, "2026-01-31 09:30"; "09:30", the next
 * time the clock shows it; "+90m", so long from now. what names it in the
 * error. OG_EUSAGE. */
int og_when_parse(const char *text, const char *what, int64_t now_ms, int64_t *ret_ms,
		  struct og_err *err);

/* A moment that was, said of records, whose times are UTC: what has no zone
 * is UTC too, so that what is copied from a record means it. One of: RFC
 * 3339, as above; "2026-01-31 09:30"; "2026-01-31", "today", "yesterday":
 * where that day begins; "09:30", the last time it was that; "90m", so long
 * ago. OG_EUSAGE. */
int og_past_parse(const char *text, const char *what, int64_t now_ms, int64_t *ret_ms,
		  struct og_err *err);

/* One occurrence of something that is done every so often. */
struct og_occurrence {
	char name[OG_TIME_LEN + 1]; /* the same for every moment within it */
	int64_t from_ms;	    /* not to be begun before */
};

/* The one that now_ms lies in. at NULL: periods of every_ms, counted from
 * 1970 in UTC, so that no clock change makes one longer, shorter or double;
 * named by their start. at "HH:MM": every_ms is a day, and the occurrence
 * is the local day's, named by its date: one for every date, whatever the
 * clock does on it. OG_EUSAGE. */
int og_occurrence_at(int64_t every_ms, const char *at, int64_t now_ms, struct og_occurrence *ret,
		     struct og_err *err);

#define OG_OCCURRENCE_KEY_MAX 128

/* The idempotency key of that occurrence of a wish: "every EVERY_MS NAME
 * DIGEST", the digest being SHA-256 over the canonical form of
 * {"principal","text"} or {"principal","action"}. */
int og_occurrence_key(const struct og_occurrence *occurrence, int64_t every_ms, const json_t *wish,
		      char ret[OG_OCCURRENCE_KEY_MAX + 1], struct og_err *err);

#endif
