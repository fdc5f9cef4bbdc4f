/*
 * What a record must be to be passed on: exactly what span.c and record.c
 * write, member by member. A socket that every process of this user can
 * write to is no reason to send somebody else nonsense, and one bad record
 * would spoil a whole request. Nothing is allocated and each byte is looked
 * at once, since this is most of a collector's work.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/telemetry/collect-internal.h"

#define HEX    "0123456789abcdef"
#define DIGITS "0123456789"

/* Where we are; at NULL: it is none. */
struct scan {
	const char *at, *end;
};

static int is_over(struct scan *scan)
{
	scan->at = NULL;
	return 0;
}

static size_t left(const struct scan *scan)
{
	return scan->at ? (size_t)(scan->end - scan->at) : 0;
}

/* Is it this that follows? Then it is behind us. */
static int maybe(struct scan *scan, const char *literal)
{
	size_t len = strlen(literal);

	if (left(scan) < len || memcmp(scan->at, literal, len) != 0)
		return 0;
	scan->at += len;
	return 1;
}

static int must(struct scan *scan, const char *literal)
{
	return maybe(scan, literal) || is_over(scan);
}

static int one_of(struct scan *scan, const char *set)
{
	if (left(scan) == 0 || !memchr(set, *scan->at, strlen(set)))
		return is_over(scan);
	scan->at++;
	return 1;
}

/* n lower-case digits, not all of them zero, and the quote behind them. */
static int id(struct scan *scan, size_t n)
{
	const char *from = scan->at;

	for (size_t i = 0; i < n; i++)
		if (!one_of(scan, HEX))
			return 0;
	for (size_t i = 0; i < n; i++)
		if (from[i] != '0')
			return must(scan, "\"");
	return is_over(scan);
}

/* At most 19 digits: no 64-bit number overflows but a few, which are none
 * of ours. */
static int digits(struct scan *scan)
{
	size_t n = 0;

	while (left(scan) > 0 && *scan->at >= '0' && *scan->at <= '9' && n < 20) {
		scan->at++;
		n++;
	}
	return (n > 0 && n < 20) || is_over(scan);
}

static int whole(struct scan *scan)
{
	(void)maybe(scan, "-");
	return digits(scan);
}

static int escape(struct scan *scan)
{
	/* Below 0x100, and no NUL. */
	if (maybe(scan, "u000"))
		return one_of(scan, "123456789abcdef");
	if (maybe(scan, "u00"))
		/* NOLINTNEXTLINE(misc-redundant-expression): each call takes another byte */
		return one_of(scan, HEX) && one_of(scan, HEX);
	return one_of(scan, "\"\\bfnrt");
}

/* A JSON string as og_json_quote() writes it; the line is UTF-8. */
static int string(struct scan *scan)
{
	if (!must(scan, "\""))
		return 0;
	while (left(scan) > 0 && *scan->at != '"') {
		unsigned char c = (unsigned char)*scan->at++;

		if (c < 0x20 || (c == '\\' && !escape(scan)))
			return is_over(scan);
	}
	return must(scan, "\"");
}

static int attribute(struct scan *scan)
{
	if (!must(scan, "{\"key\":") || !string(scan) || !must(scan, ",\"value\":{"))
		return 0;
	if (maybe(scan, "\"stringValue\":"))
		return string(scan) && must(scan, "}}");
	if (maybe(scan, "\"intValue\":\""))
		return whole(scan) && must(scan, "\"}}");
	return must(scan, "\"boolValue\":") && (maybe(scan, "true}}") || must(scan, "false}}"));
}

static int attributes(struct scan *scan)
{
	if (!must(scan, "\"attributes\":["))
		return 0;
	if (maybe(scan, "]"))
		return 1;
	do
		if (!attribute(scan))
			return 0;
	while (maybe(scan, ","));
	return must(scan, "]");
}

static int event(struct scan *scan)
{
	return must(scan, "{\"timeUnixNano\":\"") && digits(scan) && must(scan, "\",\"name\":") &&
	       string(scan) && must(scan, ",") && attributes(scan) && must(scan, "}");
}

static int events(struct scan *scan)
{
	do
		if (!event(scan))
			return 0;
	while (maybe(scan, ","));
	return must(scan, "]");
}

/* The members that may be missing. */
static int rest_of_span(struct scan *scan)
{
	if (maybe(scan, ",\"droppedAttributesCount\":") && !digits(scan))
		return 0;
	if (maybe(scan, ",\"events\":[") && !events(scan))
		return 0;
	if (maybe(scan, ",\"droppedEventsCount\":") && !digits(scan))
		return 0;
	if (!maybe(scan, ",\"status\":{\"code\":"))
		return must(scan, "}");
	if (!one_of(scan, "012") || (maybe(scan, ",\"message\":") && !string(scan)))
		return 0;
	return must(scan, "}}");
}

int span_valid(const char *text, size_t len)
{
	struct scan scan = { text, text + len };

	if (!must(&scan, "{\"traceId\":\"") || !id(&scan, 32) || !must(&scan, ",\"spanId\":\"") ||
	    !id(&scan, 16) || (maybe(&scan, ",\"parentSpanId\":\"") && !id(&scan, 16)) ||
	    !must(&scan, ",\"name\":") || maybe(&scan, "\"\"") || !string(&scan) ||
	    !must(&scan, ",\"kind\":") || !one_of(&scan, "12345") ||
	    !must(&scan, ",\"startTimeUnixNano\":\"") || !digits(&scan) ||
	    !must(&scan, "\",\"endTimeUnixNano\":\"") || !digits(&scan) || !must(&scan, "\",") ||
	    !attributes(&scan) || !rest_of_span(&scan))
		return 0;
	return left(&scan) == 0;
}

int log_valid(const char *text, size_t len)
{
	struct scan scan = { text, text + len };

	if (!must(&scan, "{\"timeUnixNano\":\"") || !digits(&scan) ||
	    !must(&scan, "\",\"observedTimeUnixNano\":\"") || !digits(&scan) ||
	    !must(&scan, "\",\"severityNumber\":") || !digits(&scan) ||
	    !must(&scan, ",\"severityText\":") || !string(&scan) ||
	    !must(&scan, ",\"body\":{\"stringValue\":") || !string(&scan) || !must(&scan, "},") ||
	    !attributes(&scan))
		return 0;
	if (maybe(&scan, ",\"traceId\":\"") &&
	    (!id(&scan, 32) || !must(&scan, ",\"spanId\":\"") || !id(&scan, 16)))
		return 0;
	return must(&scan, "}") && left(&scan) == 0;
}

/* A JSON number that is not negative. */
static int number(struct scan *scan, double *ret)
{
	char text[OG_DOUBLE_MAX + 1];
	size_t n = 0;

	while (n < OG_DOUBLE_MAX && left(scan) > 0 && memchr(DIGITS "+-.eE", *scan->at, 15))
		text[n++] = *scan->at++;
	text[n] = '\0';
	return (og_double_parse(text, "", ret, NULL) == 0 && *ret >= 0) || is_over(scan);
}

int measurement_valid(const char *text, size_t len, struct measurement *ret)
{
	struct scan scan = { text, text + len };
	char name[64];
	size_t n = 0;

	if (!must(&scan, "{\"metric\":\""))
		return 0;
	while (left(&scan) > 0 && *scan.at != '"' && n < sizeof(name) - 1)
		name[n++] = *scan.at++;
	name[n] = '\0';
	ret->metric = og_metric_find(name);
	if (ret->metric < 0 || !must(&scan, "\",\"value\":") || !number(&scan, &ret->value) ||
	    !must(&scan, ","))
		return 0;
	ret->attributes = scan.at;
	if (!attributes(&scan))
		return 0;
	ret->len = (size_t)(scan.at - ret->attributes);
	return must(&scan, "}") && left(&scan) == 0;
}
