/*
 * What a record must be to be passed on: a socket that every process of
 * this user can write to is no reason to send somebody else nonsense, and
 * one bad record would spoil a whole request.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/telemetry/collect-internal.h"

static int is_hex(const char *text, size_t len)
{
	return text && strlen(text) == len && strspn(text, "0123456789abcdef") == len &&
	       strspn(text, "0") < len;
}

/* A 64-bit whole number as a decimal string. */
static int is_whole(const json_t *value)
{
	int64_t number;

	return json_is_string(value) &&
	       og_int_parse(json_string_value(value), INT64_MIN, INT64_MAX, "", &number, NULL) == 0;
}

static int is_time(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	return is_whole(value) && json_string_value(value)[0] != '-';
}

static int in_range(const json_t *obj, const char *key, int64_t min, int64_t max)
{
	int64_t value = og_json_int(obj, key, min - 1);

	return value >= min && value <= max;
}

static int value_valid(const json_t *value)
{
	const json_t *of;

	if (json_object_size(value) != 1)
		return 0;
	if ((of = json_object_get(value, "stringValue")))
		return json_is_string(of);
	if ((of = json_object_get(value, "intValue")))
		return is_whole(of);
	of = json_object_get(value, "boolValue");
	return of && json_is_boolean(of);
}

int attributes_valid(const json_t *attributes)
{
	const json_t *attribute;
	size_t i;

	if (!json_is_array(attributes))
		return 0;
	json_array_foreach(attributes, i, attribute)
	{
		const char *key = og_json_str(attribute, "key");

		if (json_object_size(attribute) != 2 || !key || !*key ||
		    !value_valid(json_object_get(attribute, "value")))
			return 0;
	}
	return 1;
}

static int only(const json_t *obj, const char *const *keys)
{
	return json_is_object(obj) && og_json_only(obj, "record", keys, NULL) == 0;
}

static int events_valid(const json_t *events)
{
	static const char *const keys[] = { "timeUnixNano", "name", "attributes", NULL };
	const json_t *event;
	size_t i;

	if (events && !json_is_array(events))
		return 0;
	json_array_foreach(events, i, event)
	{
		if (!only(event, keys) || !is_time(event, "timeUnixNano") ||
		    !og_json_str(event, "name") ||
		    !attributes_valid(json_object_get(event, "attributes")))
			return 0;
	}
	return 1;
}

static int status_valid(const json_t *status)
{
	static const char *const keys[] = { "code", "message", NULL };
	const json_t *message = json_object_get(status, "message");

	return !status || (only(status, keys) && in_range(status, "code", 0, 2) &&
			   (!message || json_is_string(message)));
}

int span_valid(const json_t *span)
{
	static const char *const keys[] = { "traceId",
					    "spanId",
					    "parentSpanId",
					    "name",
					    "kind",
					    "startTimeUnixNano",
					    "attributes",
					    "endTimeUnixNano",
					    "events",
					    "droppedAttributesCount",
					    "status",
					    "droppedEventsCount",
					    NULL };
	const json_t *parent = json_object_get(span, "parentSpanId");
	const char *name = og_json_str(span, "name");

	return only(span, keys) && is_hex(og_json_str(span, "traceId"), 32) &&
	       is_hex(og_json_str(span, "spanId"), 16) &&
	       (!parent || is_hex(json_string_value(parent), 16)) && name && *name &&
	       in_range(span, "kind", 1, 5) && is_time(span, "startTimeUnixNano") &&
	       is_time(span, "endTimeUnixNano") &&
	       attributes_valid(json_object_get(span, "attributes")) &&
	       events_valid(json_object_get(span, "events")) &&
	       status_valid(json_object_get(span, "status")) &&
	       og_json_int(span, "droppedAttributesCount", 0) >= 0 &&
	       og_json_int(span, "droppedEventsCount", 0) >= 0;
}

int log_valid(const json_t *log)
{
	static const char *const keys[] = { "timeUnixNano",
					    "observedTimeUnixNano",
					    "severityNumber",
					    "severityText",
					    "body",
					    "attributes",
					    "traceId",
					    "spanId",
					    NULL };
	const json_t *body = json_object_get(log, "body");
	const json_t *trace = json_object_get(log, "traceId");

	return only(log, keys) && is_time(log, "timeUnixNano") &&
	       is_time(log, "observedTimeUnixNano") && in_range(log, "severityNumber", 1, 24) &&
	       og_json_str(log, "severityText") && json_object_size(body) == 1 &&
	       og_json_str(body, "stringValue") &&
	       attributes_valid(json_object_get(log, "attributes")) &&
	       (!trace ||
		(is_hex(json_string_value(trace), 32) && is_hex(og_json_str(log, "spanId"), 16)));
}
