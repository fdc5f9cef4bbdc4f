/* Spans: from begin to one record. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/task/envelope.h"
#include "lib/telemetry/telemetry-internal.h"

#define TRACE_AT 3
#define SPAN_AT	 36
#define FLAGS_AT 53
#define NO_SPAN	 "0000000000000000"
#define NO_TRACE NO_SPAN NO_SPAN

void og_trace_of_task(const char *task, char ret[OG_CONTEXT_LEN + 1])
{
	char trace[33] = NO_TRACE;
	size_t n = 0;

	for (; *task && n < 32; task++)
		if (*task != '-')
			trace[n++] = *task;
	og_text_format(ret, OG_CONTEXT_LEN + 1, "00-%s-%s-01", trace, NO_SPAN);
}

static void put_hex(char *out, uint64_t number)
{
	for (int i = 15; i >= 0; i--, number >>= 4)
		out[i] = "0123456789abcdef"[number & 15];
}

/* A context of our own: the parent's trace, or a new one. */
static void make_context(struct og_span *span, const char *parent)
{
	char *own = span->context;

	memcpy(own, "00-" NO_TRACE "-" NO_SPAN "-01", OG_CONTEXT_LEN + 1);
	put_hex(own + SPAN_AT, og_telemetry_id(span->to));
	span->parent[0] = '\0';
	if (!parent || !og_trace_valid(parent) || memcmp(parent + TRACE_AT, NO_TRACE, 32) == 0) {
		put_hex(own + TRACE_AT, og_telemetry_id(span->to));
		put_hex(own + TRACE_AT + 16, og_telemetry_id(span->to));
		return;
	}
	memcpy(own + TRACE_AT, parent + TRACE_AT, 32);
	memcpy(own + FLAGS_AT, parent + FLAGS_AT, 2);
	if (memcmp(parent + SPAN_AT, NO_SPAN, 16) != 0) {
		memcpy(span->parent, parent + SPAN_AT, 16);
		span->parent[16] = '\0';
	}
}

void og_span_begin(struct og_span *span, struct og_telemetry *to, enum og_span_kind kind,
		   const char *name, const char *parent)
{
	span->to = to;
	if (!to)
		return;
	span->name = name;
	span->kind = kind;
	span->subject[0] = '\0';
	span->status = OG_SPAN_UNSET;
	span->message = NULL;
	span->n_attrs = span->n_events = span->lost_attrs = span->lost_events = 0;
	span->used = 0;
	span->started_ns = og_now_ns();
	span->mono_us = og_mono_us();
	make_context(span, parent);
}

void og_span_since(struct og_span *span, int64_t ms)
{
	int64_t ns = ms * 1000000;

	if (span->to && ms > 0 && ns < span->started_ns) {
		span->mono_us -= (span->started_ns - ns) / 1000;
		span->started_ns = ns;
	}
}

void og_span_subject(struct og_span *span, const char *subject)
{
	if (span->to)
		og_text_format(span->subject, sizeof(span->subject), "%s", subject);
}

/* A copy that lives as long as the span; NULL when there is no room. */
static const char *keep(struct og_span *span, const char *text)
{
	char *at = span->text + span->used;
	size_t room = sizeof(span->text) - span->used, len = strlen(text);
	size_t size = (len < OG_SPAN_VALUE ? len : OG_SPAN_VALUE) + 1;

	if (size > room)
		return NULL;
	if (len < size)
		memcpy(at, text, size);
	else
		og_text_format(at, size, "%s", text); /* cut at a character */
	span->used += size;
	return at;
}

static void add(struct og_span *span, const struct og_attr *attr)
{
	struct og_attr *at = &span->attrs[span->n_attrs];

	if (span->n_attrs == OG_SPAN_ATTRS) {
		span->lost_attrs++;
		return;
	}
	*at = *attr;
	if (attr->type == OG_VALUE_STR && !(at->text = keep(span, attr->text)))
		span->lost_attrs++;
	else
		span->n_attrs++;
}

void og_span_str(struct og_span *span, const char *key, const char *text)
{
	struct og_attr attr = OG_STR(key, text);

	if (span->to && text)
		add(span, &attr);
}

void og_span_int(struct og_span *span, const char *key, int64_t number)
{
	struct og_attr attr = OG_INT(key, number);

	if (span->to)
		add(span, &attr);
}

void og_span_bool(struct og_span *span, const char *key, int yes)
{
	struct og_attr attr = { key, OG_VALUE_BOOL, NULL, yes };

	if (span->to)
		add(span, &attr);
}

void og_span_content(struct og_span *span, const char *key, const char *text)
{
	if (span->to && span->to->content)
		og_span_str(span, key, text);
}

void og_span_event(struct og_span *span, const char *name, const char *key, const char *text)
{
	const char *kept = NULL;

	if (!span->to)
		return;
	if (span->n_events == OG_SPAN_EVENTS || (key && text && !(kept = keep(span, text)))) {
		span->lost_events++;
		return;
	}
	span->events[span->n_events].name = name;
	span->events[span->n_events].at_ns = og_now_ns();
	span->events[span->n_events].attr =
		(struct og_attr){ kept ? key : NULL, OG_VALUE_STR, kept, 0 };
	span->n_events++;
}

void og_span_status(struct og_span *span, enum og_span_status status, const char *word,
		    const char *content)
{
	const char *message = word;

	if (!span->to)
		return;
	if (span->to->content && content && *content)
		message = content;
	span->status = status;
	span->message = message ? keep(span, message) : NULL;
}

static void write_events(struct og_buf *buf, const struct og_span *span)
{
	og_buf_adds(buf, ",\"events\":[");
	for (int i = 0; i < span->n_events; i++) {
		og_buf_addf(buf, "%s{\"timeUnixNano\":\"%lld\",\"name\":\"%s\",", i ? "," : "",
			    (long long)span->events[i].at_ns, span->events[i].name);
		og_attrs_write(buf, &span->events[i].attr, span->events[i].attr.key ? 1 : 0);
		og_buf_addc(buf, '}');
	}
	og_buf_addc(buf, ']');
}

static void write_name(struct og_buf *buf, const struct og_span *span)
{
	char name[OG_SPAN_SUBJECT + 64];

	if (!span->subject[0]) {
		og_text_write(buf, span->name);
		return;
	}
	og_text_format(name, sizeof(name), "%s %s", span->name, span->subject);
	og_text_write(buf, name);
}

/* Members that say nothing are left out. */
static void write_rest(struct og_buf *buf, const struct og_span *span)
{
	if (span->lost_attrs)
		og_buf_addf(buf, ",\"droppedAttributesCount\":%d", span->lost_attrs);
	if (span->n_events)
		write_events(buf, span);
	if (span->lost_events)
		og_buf_addf(buf, ",\"droppedEventsCount\":%d", span->lost_events);
	if (span->status == OG_SPAN_UNSET)
		return;
	og_buf_addf(buf, ",\"status\":{\"code\":%d", (int)span->status);
	if (span->status == OG_SPAN_ERROR && span->message) {
		og_buf_adds(buf, ",\"message\":");
		og_text_write(buf, span->message);
	}
	og_buf_addc(buf, '}');
}

static void write_head(struct og_buf *buf, const struct og_span *span)
{
	OG_PUT(buf, "{\"span\":{\"traceId\":\"");
	og_buf_add(buf, span->context + TRACE_AT, 32);
	OG_PUT(buf, "\",\"spanId\":\"");
	og_buf_add(buf, span->context + SPAN_AT, 16);
	if (span->parent[0]) {
		OG_PUT(buf, "\",\"parentSpanId\":\"");
		og_buf_add(buf, span->parent, 16);
	}
	OG_PUT(buf, "\",\"name\":");
	write_name(buf, span);
}

void og_span_end(struct og_span *span)
{
	struct og_telemetry *to = span->to;
	struct og_buf *buf;

	if (!to)
		return;
	buf = og_telemetry_add(to);
	write_head(buf, span);
	OG_PUT(buf, ",\"kind\":");
	og_number_write(buf, (int64_t)span->kind);
	OG_PUT(buf, ",\"startTimeUnixNano\":\"");
	og_number_write(buf, span->started_ns);
	OG_PUT(buf, "\",\"endTimeUnixNano\":\"");
	og_number_write(buf, span->started_ns + og_span_us(span) * 1000);
	OG_PUT(buf, "\",");
	og_attrs_write(buf, span->attrs, (size_t)span->n_attrs);
	write_rest(buf, span);
	OG_PUT(buf, "}}");
	span->to = NULL;
	og_telemetry_added(to);
}

const char *og_span_context(const struct og_span *span, const char *fallback)
{
	return span->to ? span->context : fallback;
}

int64_t og_span_us(const struct og_span *span)
{
	return span->to ? og_mono_us() - span->mono_us : 0;
}
