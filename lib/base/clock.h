/*
 * Time and identifiers. Instants are milliseconds since 1970 UTC and are
 * written as RFC 3339 with three decimals and Z: 2026-01-31T09:30:00.125Z.
 * Deadlines are on the monotonic clock.
 */
#ifndef OG_BASE_CLOCK_H
#define OG_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define OG_TIME_LEN 24 /* without the NUL */

int64_t og_now_ms(void);  /* wall clock */
int64_t og_now_ns(void);  /* the same in nanoseconds */
int64_t og_mono_ms(void); /* monotonic */
int64_t og_mono_us(void);

void og_time_format(int64_t ms, char out[OG_TIME_LEN + 1]);
/* Strict: exactly the form above, a real date, years 1970 to 9999. 0 or -1. */
int og_time_parse(const char *text, int64_t *ret);

/* A day, "2026-01-31"; texts of this form compare as the days do. */
#define OG_DAY_LEN 10
void og_day_format(int64_t ms, char out[OG_DAY_LEN + 1]); /* of UTC */
int og_day_valid(const char *text); /* exactly the form, a real date, years 1 to 9999 */

/* A span such as 500ms, 30s, 5m, 2h, 1d; a bare number is seconds. */
int og_span_parse(const char *text, const char *what, int64_t *ret_ms, struct og_err *err);

/* A deadline is an og_mono_ms() instant; OG_FOREVER never passes. */
#define OG_FOREVER INT64_MAX
int64_t og_deadline(int64_t ms_from_now);
/* What is left for poll(2): -1 for OG_FOREVER, 0 when passed. */
int og_deadline_left(int64_t deadline);

#define OG_UUID_LEN 36
/* UUIDv7 (RFC 9562 section 5.7), lower case; time-ordered, 74 random bits. */
int og_uuid7(char out[OG_UUID_LEN + 1], struct og_err *err);
int og_uuid_valid(const char *text);

/* Bytes from getrandom(2). */
int og_random(void *out, size_t len, struct og_err *err);

#endif
