/* Batches of spans and log records, by the process that told them. */
#include "lib/telemetry/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/telemetry/collect-internal.h"

#define LINE_MAX ((size_t)32 << 10)

struct group {
	struct speaker who;
	struct og_buf spans, logs; /* records, joined by commas */
	int64_t n_spans, n_logs;
};

struct og_collect {
	struct speaker self, who; /* who: of the lines being taken */
	int known;		  /* who is set */
	struct group groups[OG_COLLECT_GROUPS];
	size_t n_groups, waiting;
	struct streams streams;
};

int og_collect_new(const char *version, struct og_collect **ret, struct og_err *err)
{
	struct og_collect *collect = calloc(1, sizeof(*collect));

	if (!collect)
		return og_fail_nomem(err);
	if (og_uuid7(collect->self.instance, err) < 0) {
		free(collect);
		return -1;
	}
	og_text_format(collect->self.service, sizeof(collect->self.service), "og-otlp");
	og_text_format(collect->self.version, sizeof(collect->self.version), "%s", version);
	collect->streams.since_ns = og_now_ns();
	*ret = collect;
	return 0;
}

static void clear_groups(struct og_collect *collect)
{
	for (size_t i = 0; i < collect->n_groups; i++) {
		og_buf_release(&collect->groups[i].spans);
		og_buf_release(&collect->groups[i].logs);
	}
	collect->n_groups = 0;
	collect->waiting = 0;
}

void og_collect_free(struct og_collect *collect)
{
	if (!collect)
		return;
	clear_groups(collect);
	streams_release(&collect->streams);
	free(collect);
}

static void count_dropped(struct og_collect *collect, const struct speaker *who, const char *reason,
			  int64_t n)
{
	char text[128];
	int len = snprintf(text, sizeof(text),
			   "\"attributes\":[{\"key\":\"%s\",\"value\":{\"stringValue\":\"%s\"}}]",
			   OG_ATTR_REASON, reason);
	struct measurement dropped = { OG_METRIC_DROPPED, (double)n, text, (size_t)len };

	if (n > 0)
		streams_add(&collect->streams, who, &dropped);
}

void og_collect_dropped(struct og_collect *collect, const char *reason, int64_t n)
{
	count_dropped(collect, &collect->self, reason, n);
}

static int is_name(const char *text, size_t max)
{
	size_t len = strlen(text);

	return len > 0 && len < max &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._+") == len;
}

/* A head: from now on somebody else speaks. */
static int take_head(struct og_collect *collect, const json_t *head)
{
	const char *service = og_json_str(head, "service"), *version = og_json_str(head, "version");
	const char *instance = og_json_str(head, "instance");
	int64_t dropped = og_json_int(head, "dropped", -1);
	struct speaker *who = &collect->who;

	collect->known = 0;
	if (og_json_int(head, "v", 0) != 1 || !service || !version || !instance || dropped < 0 ||
	    !is_name(service, SERVICE_MAX) || !is_name(version, VERSION_MAX) ||
	    !og_uuid_valid(instance))
		return -1;
	og_text_format(who->service, sizeof(who->service), "%s", service);
	og_text_format(who->version, sizeof(who->version), "%s", version);
	og_text_format(who->instance, sizeof(who->instance), "%s", instance);
	collect->known = 1;
	count_dropped(collect, who, "sender", dropped);
	return 0;
}

/* The speaker's group; NULL when one more would be too many. */
static struct group *group_of(struct og_collect *collect)
{
	struct group *group;

	for (size_t i = collect->n_groups; i > 0; i--)
		if (strcmp(collect->groups[i - 1].who.instance, collect->who.instance) == 0)
			return &collect->groups[i - 1];
	if (collect->n_groups == OG_COLLECT_GROUPS)
		return NULL;
	group = &collect->groups[collect->n_groups++];
	group->who = collect->who;
	group->n_spans = group->n_logs = 0;
	og_buf_init(&group->spans, OG_COLLECT_BATCH);
	og_buf_init(&group->logs, OG_COLLECT_BATCH);
	return group;
}

/* 1 taken; 0 come again; -1 it is no record. */
static int take_record(struct og_collect *collect, int spans, const char *text, size_t len)
{
	struct group *group;
	struct og_buf *list;
	size_t before;

	if (!(spans ? span_valid(text, len) : log_valid(text, len)))
		return -1;
	group = group_of(collect);
	if (!group)
		return 0;
	list = spans ? &group->spans : &group->logs;
	before = list->len;
	if (before > 0)
		og_buf_addc(list, ',');
	if (og_buf_add(list, text, len) < 0) {
		list->len = before;
		list->failed = 0;
		return -1;
	}
	*(spans ? &group->n_spans : &group->n_logs) += 1;
	collect->waiting += len + 1;
	return 1;
}

static int take_head_line(struct og_collect *collect, const char *line, size_t len)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *json = NULL;
	int rc = -1;

	collect->known = 0;
	if (og_json_parse(line, len, LINE_MAX, "head", &json, &ignored) == 0)
		rc = take_head(collect, json);
	json_decref(json);
	return rc < 0 ? -1 : 1;
}

static int begins(const char *line, size_t len, const char *with)
{
	return len > strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static int take_line(struct og_collect *collect, const char *line, size_t len)
{
	struct measurement measurement;

	if (begins(line, len, "{\"v\":"))
		return take_head_line(collect, line, len);
	if (!collect->known || line[len - 1] != '}' || !og_utf8_valid(line, len))
		return -1;
	if (begins(line, len, "{\"span\":"))
		return take_record(collect, 1, line + 8, len - 9);
	if (begins(line, len, "{\"log\":"))
		return take_record(collect, 0, line + 7, len - 8);
	if (!measurement_valid(line, len, &measurement))
		return -1;
	return streams_add(&collect->streams, &collect->who, &measurement) < 0 ? -1 : 1;
}

size_t og_collect_take(struct og_collect *collect, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const char *end = memchr(data + at, '\n', len - at);
		size_t size = end ? (size_t)(end - data) - at : len - at;
		int taken = -1;

		/* A line without an end was cut. */
		if (collect->waiting + size > OG_COLLECT_BATCH)
			return at;
		if (end && size > 0)
			taken = take_line(collect, data + at, size);
		if (taken == 0)
			return at;
		if (taken < 0)
			og_collect_dropped(collect, "malformed", 1);
		at += size + (end != NULL);
	}
	return at;
}

size_t og_collect_waiting(const struct og_collect *collect)
{
	return collect->waiting;
}

int og_collect_measured(const struct og_collect *collect)
{
	return collect->streams.changed;
}

static const struct {
	const char *path, *first;
} signals[OG_SIGNALS] = {
	[OG_TRACES] = { "/v1/traces", "{\"resourceSpans\":[" },
	[OG_LOGS] = { "/v1/logs", "{\"resourceLogs\":[" },
	[OG_METRICS_OF_ALL] = { "/v1/metrics", "{\"resourceMetrics\":[" },
};

const char *og_signal_path(enum og_signal signal)
{
	return signals[signal].path;
}

int og_signal_of(const char *request, size_t len)
{
	for (int i = 0; i < OG_SIGNALS; i++) {
		size_t n = strlen(signals[i].first);

		if (len > n && memcmp(request, signals[i].first, n) == 0)
			return i;
	}
	return -1;
}

/* A quote inside of a string is escaped, so these are members. Of a span
 * there is one start, of a log record one severity; data points that start
 * are those of metrics only. */
int64_t og_request_records(const char *text, size_t len)
{
	static const char *const marks[] = { "\"endTimeUnixNano\":", "\"severityNumber\":" };
	int64_t n = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const char *at = text, *end = text + len;
		size_t size = strlen(marks[i]);

		while ((at = memmem(at, (size_t)(end - at), marks[i], size))) {
			at += size;
			n++;
		}
	}
	return n;
}

void write_resource(struct og_buf *out, const struct speaker *who)
{
	og_buf_addf(out,
		    "\"resource\":{\"attributes\":["
		    "{\"key\":\"%s\",\"value\":{\"stringValue\":\"%s\"}},"
		    "{\"key\":\"%s\",\"value\":{\"stringValue\":\"omnigate\"}},"
		    "{\"key\":\"%s\",\"value\":{\"stringValue\":\"%s\"}},"
		    "{\"key\":\"%s\",\"value\":{\"stringValue\":\"%s\"}}]}",
		    OG_ATTR_SERVICE, who->service, OG_ATTR_NAMESPACE, OG_ATTR_VERSION, who->version,
		    OG_ATTR_INSTANCE, who->instance);
}

void write_scope(struct og_buf *out, const char *version)
{
	og_buf_addf(out, "\"scope\":{\"name\":\"omnigate\",\"version\":\"%s\"}", version);
}

/* One group's records of a kind; forgets them. */
static void write_group(struct og_buf *out, struct group *group, int spans, int first)
{
	struct og_buf *records = spans ? &group->spans : &group->logs;

	og_buf_adds(out, first ? "{" : ",{");
	write_resource(out, &group->who);
	og_buf_addf(out, ",\"%s\":[{", spans ? "scopeSpans" : "scopeLogs");
	write_scope(out, group->who.version);
	og_buf_addf(out, ",\"%s\":[", spans ? "spans" : "logRecords");
	og_buf_add(out, records->data, records->len);
	og_buf_adds(out, "]}]}");
	og_buf_release(records);
}

static int64_t write_records(struct og_collect *collect, int spans, struct og_buf *out)
{
	int64_t records = 0;
	size_t left = 0;

	for (size_t i = 0; i < collect->n_groups; i++) {
		struct group *group = &collect->groups[i];
		int64_t *n = spans ? &group->n_spans : &group->n_logs;

		if (*n > 0) {
			if (records == 0)
				og_buf_adds(out, signals[spans ? OG_TRACES : OG_LOGS].first);
			write_group(out, group, spans, records == 0);
			records += *n;
			*n = 0;
		}
		left += group->spans.len + group->logs.len;
	}
	if (records > 0)
		og_buf_adds(out, "]}");
	collect->waiting = left;
	if (left == 0)
		clear_groups(collect);
	return records;
}

int64_t og_collect_request(struct og_collect *collect, enum og_signal signal, struct og_buf *out)
{
	if (signal == OG_METRICS_OF_ALL)
		return streams_write(&collect->streams, &collect->self, out);
	return write_records(collect, signal == OG_TRACES, out);
}
