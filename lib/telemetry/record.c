/*
 * Writing records, as OTLP/JSON has them: identifiers in hexadecimal,
 * 64-bit integers as decimal strings, enumerations as integers.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/task/envelope.h"
#include "lib/telemetry/telemetry-internal.h"

#define BODY_MAX 1024

/* Text of ours is UTF-8; an error's can be anything. */
void og_text_write(struct og_buf *buf, const char *text)
{
	struct og_buf safe;
	size_t len = strlen(text);

	if (og_utf8_valid(text, len)) {
		og_json_quote(buf, text, len);
		return;
	}
	og_buf_init(&safe, 8 * (len + 1));
	og_text_safe(&safe, text, len, 0);
	og_json_quote(buf, safe.data ? safe.data : "", safe.len);
	og_buf_release(&safe);
}

void og_number_write(struct og_buf *buf, int64_t number)
{
	char text[24], *at = text + sizeof(text);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		*--at = '-';
	og_buf_add(buf, at, (size_t)(text + sizeof(text) - at));
}

static void write_attr(struct og_buf *buf, const struct og_attr *attr)
{
	OG_PUT(buf, "{\"key\":\"");
	og_buf_adds(buf, attr->key);
	OG_PUT(buf, "\",\"value\":{");
	if (attr->type == OG_VALUE_INT) {
		OG_PUT(buf, "\"intValue\":\"");
		og_number_write(buf, attr->number);
		OG_PUT(buf, "\"}}");
	} else if (attr->type == OG_VALUE_BOOL) {
		OG_PUT(buf, "\"boolValue\":");
		og_buf_adds(buf, attr->number ? "true}}" : "false}}");
	} else {
		OG_PUT(buf, "\"stringValue\":");
		og_text_write(buf, attr->text);
		OG_PUT(buf, "}}");
	}
}

void og_attrs_write(struct og_buf *buf, const struct og_attr *attrs, size_t n)
{
	int any = 0;

	OG_PUT(buf, "\"attributes\":[");
	for (size_t i = 0; i < n; i++) {
		if (attrs[i].type == OG_VALUE_STR && !attrs[i].text)
			continue;
		if (any++)
			og_buf_addc(buf, ',');
		write_attr(buf, &attrs[i]);
	}
	og_buf_addc(buf, ']');
}

void og_measure(struct og_telemetry *to, enum og_metric metric, double value,
		const struct og_attr *attrs, size_t n)
{
	char number[OG_DOUBLE_MAX];
	struct og_buf *buf;

	if (!to)
		return;
	buf = og_telemetry_add(to);
	og_double_format(value, number);
	og_buf_addf(buf, "{\"metric\":\"%s\",\"value\":%s,", og_metrics[metric].name, number);
	og_attrs_write(buf, attrs, n);
	og_buf_addc(buf, '}');
	og_telemetry_added(to);
}

static const char *severity_text(enum og_severity severity)
{
	return severity >= OG_ERROR ? "ERROR" : severity >= OG_WARN ? "WARN" : "INFO";
}

void og_tell(struct og_telemetry *to, const struct og_log *log, const struct og_attr *attrs,
	     size_t n)
{
	struct og_buf *buf;
	char body[BODY_MAX];
	long long now;

	if (!to)
		return;
	now = og_now_ns();
	og_text_format(body, sizeof(body), "%s",
		       to->content && log->content ? log->content : log->body);
	buf = og_telemetry_add(to);
	og_buf_addf(buf,
		    "{\"log\":{\"timeUnixNano\":\"%lld\",\"observedTimeUnixNano\":\"%lld\","
		    "\"severityNumber\":%d,\"severityText\":\"%s\",\"body\":{\"stringValue\":",
		    now, now, (int)log->severity, severity_text(log->severity));
	og_text_write(buf, body);
	og_buf_adds(buf, "},");
	og_attrs_write(buf, attrs, n);
	if (log->context && og_trace_valid(log->context))
		og_buf_addf(buf, ",\"traceId\":\"%.32s\",\"spanId\":\"%.16s\"", log->context + 3,
			    log->context + 36);
	og_buf_adds(buf, "}}");
	og_telemetry_added(to);
}
