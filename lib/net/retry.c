/* Servers are believed in what they ask for, up to a day. */
#include "lib/net/retry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/text.h"

#define BODY_MAX ((size_t)1 << 18)
#define YEAR_MS	 ((int64_t)31556952000)

/* --- dates ------------------------------------------------------------------- */

static int month_of(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = strlen(name) == 3 ? strstr(months, name) : NULL;

	return at && (at - months) % 3 == 0 ? (int)(at - months) / 3 : -1;
}

/* The century that puts a year of two digits next to now. */
static int full_year(int year, int64_t now_ms)
{
	int now = 1970 + (int)(now_ms / YEAR_MS);

	year += now - now % 100;
	if (year > now + 50)
		return year - 100;
	return year < now - 50 ? year + 100 : year;
}

/* The number of fields that text has in one of the forms: IMF-fixdate, that
 * of RFC 850, that of asctime(3). All of them is 6. */
static int scan_date(const char *text, int64_t now_ms, struct tm *ret, char month[4])
{
	int end = 0, n;

	n = sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &ret->tm_mday, month,
		   &ret->tm_year, &ret->tm_hour, &ret->tm_min, &ret->tm_sec, &end);
	if (n == 6 && end > 0 && !text[end])
		return n;
	end = 0;
	n = sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &ret->tm_mday, month,
		   &ret->tm_year, &ret->tm_hour, &ret->tm_min, &ret->tm_sec, &end);
	if (n == 6 && end > 0 && !text[end]) {
		ret->tm_year = full_year(ret->tm_year, now_ms);
		return n;
	}
	end = 0;
	n = sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &ret->tm_mday,
		   &ret->tm_hour, &ret->tm_min, &ret->tm_sec, &ret->tm_year, &end);
	return end > 0 && !text[end] ? n : 0;
}

int og_net_date_parse(const char *text, int64_t now_ms, int64_t *ret)
{
	struct tm tm = { .tm_isdst = 0 };
	char month[4] = "";
	int day;

	if (scan_date(text, now_ms, &tm, month) != 6)
		return -1;
	day = tm.tm_mday;
	tm.tm_mon = month_of(month);
	if (tm.tm_mon < 0 || tm.tm_year < 1970 || tm.tm_hour < 0 || tm.tm_hour > 23 ||
	    tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return -1;
	tm.tm_year -= 1900;
	*ret = (int64_t)timegm(&tm) * 1000;
	return tm.tm_mday == day ? 0 : -1; /* there is no 31 of June */
}

/* --- what is asked for --------------------------------------------------------- */

/* Milliseconds of a number of units; 0 when it is none. */
static int64_t span_of(const char *text, double unit_ms)
{
	double number;

	if (og_double_parse(text, "", &number, NULL) < 0 || number <= 0)
		return 0;
	number = ceil(number * unit_ms);
	return number < (double)OG_NET_RETRY_MAX_MS ? (int64_t)number : OG_NET_RETRY_MAX_MS;
}

static int64_t until(const char *date, int64_t now_ms)
{
	int64_t at;

	if (og_net_date_parse(date, now_ms, &at) < 0 || at <= now_ms)
		return 0;
	return at - now_ms < OG_NET_RETRY_MAX_MS ? at - now_ms : OG_NET_RETRY_MAX_MS;
}

/* The value when header is of that name, else NULL. */
static const char *value_of(const json_t *header, const char *name)
{
	const char *text = json_string_value(header);
	size_t len = strlen(name);

	if (!text || strncmp(text, name, len) != 0 || text[len] != ':')
		return NULL;
	text += len + 1;
	return text + strspn(text, " \t");
}

static void more(int64_t *ms, int64_t other)
{
	if (other > *ms)
		*ms = other;
}

static int64_t ask_headers(const json_t *headers, int64_t now_ms)
{
	int64_t ms = 0, date;
	const json_t *header;
	size_t i;

	json_array_foreach(headers, i, header)
	{
		const char *value = value_of(header, "date");

		if (value && og_net_date_parse(value, now_ms, &date) == 0)
			now_ms = date;
	}
	json_array_foreach(headers, i, header)
	{
		const char *after = value_of(header, "retry-after");
		const char *after_ms = value_of(header, "retry-after-ms");

		if (after) {
			more(&ms, span_of(after, 1000));
			more(&ms, until(after, now_ms));
		}
		if (after_ms)
			more(&ms, span_of(after_ms, 1));
	}
	return ms;
}

/* "34.07s", or 0. */
static int64_t duration_of(const char *text)
{
	char number[32];
	size_t len = text ? strlen(text) : 0;

	if (len < 2 || len > sizeof(number) || text[len - 1] != 's')
		return 0;
	snprintf(number, sizeof(number), "%.*s", (int)len - 1, text);
	return span_of(number, 1000);
}

static int64_t ask_details(const json_t *details)
{
	static const char type[] = "type.googleapis.com/google.rpc.RetryInfo";
	const json_t *detail;
	int64_t ms = 0;
	size_t i;

	json_array_foreach(details, i, detail)
	{
		const char *name = og_json_str(detail, "@type");

		if (name && strcmp(name, type) == 0)
			more(&ms, duration_of(og_json_str(detail, "retryDelay")));
	}
	return ms;
}

static int is_spent(const json_t *error)
{
	const char *code = og_json_str(error, "code"), *type = og_json_str(error, "type");

	return (code && strcmp(code, "insufficient_quota") == 0) ||
	       (type && strcmp(type, "insufficient_quota") == 0);
}

/* Google answers a stream that failed with an array of one error. */
static void ask_body(int status, const char *body, size_t len, struct og_net_advice *ret)
{
	json_t *document = NULL;
	const json_t *error;

	if (og_json_parse(body, len, BODY_MAX, "answer", &document, NULL) < 0)
		return;
	error = json_is_array(document) ? json_array_get(document, 0) : document;
	error = json_object_get(error, "error");
	more(&ret->retry_ms, ask_details(json_object_get(error, "details")));
	ret->final = status == 429 && is_spent(error);
	json_decref(document);
}

void og_net_advise(int status, const json_t *headers, const char *body, size_t len, int64_t now_ms,
		   struct og_net_advice *ret)
{
	ret->retry_ms = ask_headers(headers, now_ms);
	ret->final = 0;
	if (status >= 400 && len > 0 && len <= BODY_MAX)
		ask_body(status, body, len, ret);
}
