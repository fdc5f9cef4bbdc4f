/*
 * A receiver of OTLP/HTTP JSON for tests, on a loopback port of its own. It
 * holds every request against the rules of the format, more strictly than a
 * receiver should, and does what a test wants to see survived.
 *
 *	otlp DIR
 *
 * DIR/port      the port, once it listens
 * DIR/mode      what to do with a request, read anew for each: ok (and when
 *               there is no such file), status N, retry SECONDS (429),
 *               partial N, stall, close, nonsense
 * DIR/received  the bodies that were accepted, one per line
 * DIR/asked     "MS PATH ANSWER" per request
 * DIR/problems  what is wrong with a request
 *
 * Ends with its parent, or after five minutes.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define REQUEST_MAX ((size_t)8 << 20)
#define LIFE_S	    300

/* --- what is written down ---------------------------------------------------- */

static void put_line(const char *name, const char *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct og_buf line;

	og_buf_init(&line, REQUEST_MAX + 1);
	og_buf_add(&line, data, len);
	og_buf_addc(&line, '\n');
	if (fd < 0 || line.failed || og_write_all(fd, line.data, line.len) < 0)
		perror(name);
	og_buf_release(&line);
	close(fd);
}

static int problem(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	put_line("problems", text, strlen(text));
	return -1;
}

/* --- the rules ----------------------------------------------------------------- */

static int check_id(const json_t *of, const char *key, size_t len)
{
	const char *id = og_json_str(of, key);

	if (id && strlen(id) == len && strspn(id, "0123456789abcdef") == len &&
	    strspn(id, "0") < len)
		return 0;
	return problem("'%s' is no id of %zu hexadecimal digits", key, len);
}

/* A 64-bit whole number, which is a string. */
static int check_whole(const json_t *value, const char *what)
{
	int64_t number;

	if (json_is_string(value) &&
	    og_int_parse(json_string_value(value), INT64_MIN, INT64_MAX, "", &number, NULL) == 0)
		return 0;
	return problem("'%s' is no whole number as a string", what);
}

static int check_time(const json_t *of, const char *key)
{
	const char *text = og_json_str(of, key);

	/* After 2020, as it is nanoseconds. */
	if (check_whole(json_object_get(of, key), key) < 0)
		return -1;
	return strlen(text) == 19 && text[0] == '1' ? 0 : problem("'%s' is no time now", key);
}

static int check_enum(const json_t *of, const char *key, int64_t min, int64_t max)
{
	int64_t value = og_json_int(of, key, -1);

	return value >= min && value <= max ? 0 : problem("'%s' is not %ld to %ld", key, min, max);
}

static int check_value(const json_t *value)
{
	const char *type = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)value));
	const json_t *of = type ? json_object_get(value, type) : NULL;

	if (json_object_size(value) != 1)
		return problem("an attribute's value has not one type");
	if (strcmp(type, "stringValue") == 0)
		return json_is_string(of) ? 0 : problem("stringValue is no string");
	if (strcmp(type, "intValue") == 0)
		return check_whole(of, type);
	if (strcmp(type, "boolValue") == 0)
		return json_is_boolean(of) ? 0 : problem("boolValue is no boolean");
	if (strcmp(type, "doubleValue") == 0)
		return json_is_number(of) ? 0 : problem("doubleValue is no number");
	return problem("no value is a '%s'", type);
}

/* Each key once. */
static int check_attributes(const json_t *of)
{
	const json_t *list = json_object_get(of, "attributes"), *item;
	json_t *seen = json_object();
	int rc = json_is_array(list) ? 0 : problem("there are no attributes");
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *key = og_json_str(item, "key");

		if (!key || !*key || json_object_get(seen, key))
			rc = problem("attribute '%s' is twice, or has no key", key ? key : "");
		else
			json_object_set_new(seen, key, json_true());
		if (check_value(json_object_get(item, "value")) < 0)
			rc = -1;
	}
	json_decref(seen);
	return rc;
}

static int check_resource(const json_t *of)
{
	static const char *const needed[] = { "service.name", "service.version",
					      "service.instance.id", "service.namespace" };
	const json_t *resource = json_object_get(of, "resource"), *item;
	size_t i, found = 0;

	json_array_foreach(json_object_get(resource, "attributes"), i, item)
	{
		for (size_t k = 0; k < 4; k++)
			found += og_json_str(item, "key") &&
				 strcmp(og_json_str(item, "key"), needed[k]) == 0;
	}
	if (found != 4)
		return problem("a resource does not say who it is");
	return check_attributes(resource);
}

static int check_events(const json_t *span)
{
	const json_t *event;
	size_t i;

	json_array_foreach(json_object_get(span, "events"), i, event)
	{
		if (!og_json_str(event, "name") || check_time(event, "timeUnixNano") < 0 ||
		    check_attributes(event) < 0)
			return problem("an event is none");
	}
	return 0;
}

static int check_span(const json_t *span)
{
	const json_t *status = json_object_get(span, "status");

	if (check_id(span, "traceId", 32) < 0 || check_id(span, "spanId", 16) < 0 ||
	    (json_object_get(span, "parentSpanId") && check_id(span, "parentSpanId", 16) < 0) ||
	    check_enum(span, "kind", 1, 5) < 0 || check_time(span, "startTimeUnixNano") < 0 ||
	    check_time(span, "endTimeUnixNano") < 0 || check_attributes(span) < 0)
		return -1;
	if (strcmp(og_json_str(span, "startTimeUnixNano"), og_json_str(span, "endTimeUnixNano")) >
	    0)
		return problem("a span ends before it begins");
	if (status && check_enum(status, "code", 0, 2) < 0)
		return -1;
	if (!og_json_str(span, "name") || !*og_json_str(span, "name"))
		return problem("a span has no name");
	return check_events(span);
}

static int check_log(const json_t *log)
{
	if (check_time(log, "timeUnixNano") < 0 || check_time(log, "observedTimeUnixNano") < 0 ||
	    check_enum(log, "severityNumber", 1, 24) < 0 || check_attributes(log) < 0 ||
	    check_value(json_object_get(log, "body")) < 0)
		return -1;
	if (!og_json_str(log, "severityText"))
		return problem("a log record has no severityText");
	if (!json_object_get(log, "traceId"))
		return 0;
	return check_id(log, "traceId", 32) < 0 ? -1 : check_id(log, "spanId", 16);
}

static int check_buckets(const json_t *point)
{
	const json_t *counts = json_object_get(point, "bucketCounts"), *count, *bound;
	const json_t *bounds = json_object_get(point, "explicitBounds");
	int64_t sum = 0, n = 0;
	double before = -1;
	size_t i;

	json_array_foreach(counts, i, count)
	{
		if (check_whole(count, "bucketCounts") < 0)
			return -1;
		sum += strtoll(json_string_value(count), NULL, 10);
	}
	json_array_foreach(bounds, i, bound)
	{
		if (!json_is_number(bound) || json_number_value(bound) <= before)
			return problem("explicitBounds do not rise");
		before = json_number_value(bound);
	}
	if (check_whole(json_object_get(point, "count"), "count") < 0)
		return -1;
	n = strtoll(og_json_str(point, "count"), NULL, 10);
	if (json_array_size(counts) != json_array_size(bounds) + 1 || sum != n)
		return problem("the buckets do not hold what was counted");
	return json_is_number(json_object_get(point, "sum")) ? 0 : problem("there is no sum");
}

static int check_point(const json_t *point, const char *kind)
{
	if (check_time(point, "timeUnixNano") < 0 || check_attributes(point) < 0)
		return -1;
	if (strcmp(kind, "gauge") != 0 && check_time(point, "startTimeUnixNano") < 0)
		return -1;
	if (strcmp(kind, "histogram") == 0)
		return check_buckets(point);
	if (json_object_get(point, "asInt"))
		return check_whole(json_object_get(point, "asInt"), "asInt");
	return json_is_number(json_object_get(point, "asDouble")) ? 0
								  : problem("there is no value");
}

static int check_metric(const json_t *metric)
{
	static const char *const kinds[] = { "sum", "gauge", "histogram" };
	const json_t *data = NULL, *point;
	const char *kind = "";
	size_t i;

	for (i = 0; i < 3 && !data; i++)
		data = json_object_get(metric, kind = kinds[i]);
	if (!data || !og_json_str(metric, "name") || !og_json_str(metric, "unit"))
		return problem("a metric is none");
	if (strcmp(kind, "gauge") != 0 && check_enum(data, "aggregationTemporality", 1, 2) < 0)
		return -1;
	if (strcmp(kind, "sum") == 0 && !json_is_boolean(json_object_get(data, "isMonotonic")))
		return problem("a sum does not say whether it is monotonic");
	if (json_array_size(json_object_get(data, "dataPoints")) == 0)
		return problem("a metric has no data points");
	json_array_foreach(json_object_get(data, "dataPoints"), i, point)
	{
		if (check_point(point, kind) < 0)
			return problem("... in %s", og_json_str(metric, "name"));
	}
	return 0;
}

static const struct {
	const char *path, *all, *scopes, *records;
	int (*check)(const json_t *record);
} signals[] = {
	{ "/v1/traces", "resourceSpans", "scopeSpans", "spans", check_span },
	{ "/v1/logs", "resourceLogs", "scopeLogs", "logRecords", check_log },
	{ "/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics", check_metric },
};

static int check_scope(const json_t *of, int signal)
{
	const json_t *record, *records = json_object_get(of, signals[signal].records);
	size_t i;

	if (!og_json_str(json_object_get(of, "scope"), "name"))
		return problem("a scope has no name");
	if (json_array_size(records) == 0)
		return problem("a scope has no %s", signals[signal].records);
	json_array_foreach(records, i, record)
	{
		if (signals[signal].check(record) < 0)
			return -1;
	}
	return 0;
}

static int check_body(const json_t *body, int signal)
{
	const json_t *of, *scope;
	size_t i, k;

	if (json_object_size(body) != 1 || !json_object_get(body, signals[signal].all))
		return problem("'%s' is not all there is", signals[signal].all);
	json_array_foreach(json_object_get(body, signals[signal].all), i, of)
	{
		if (check_resource(of) < 0)
			return -1;
		json_array_foreach(json_object_get(of, signals[signal].scopes), k, scope)
		{
			if (check_scope(scope, signal) < 0)
				return -1;
		}
	}
	return i > 0 ? 0 : problem("the request is empty");
}

static int check(const char *path, const char *body, size_t len)
{
	struct og_err err = OG_ERR_INIT;
	json_t *json = NULL;
	int rc = -1, signal;

	for (signal = 0; signal < 3; signal++)
		if (strcmp(path, signals[signal].path) == 0)
			break;
	if (signal == 3)
		return problem("nobody listens at '%s'", path);
	if (og_json_parse(body, len, REQUEST_MAX, "request", &json, &err) < 0)
		return problem("%s", err.msg);
	if (memchr(body, '\n', len))
		problem("the request is not on one line");
	else
		rc = check_body(json, signal);
	json_decref(json);
	return rc;
}

/* --- HTTP ------------------------------------------------------------------------ */

static void answer(int fd, int status, const char *more, const char *body)
{
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%s"
			 "Content-Length: %zu\r\n\r\n%s",
			 status, more, strlen(body), body);

	if (og_write_all(fd, text, (size_t)n) < 0)
		_exit(0);
}

static void read_mode(char mode[64])
{
	FILE *file = fopen("mode", "r");

	strcpy(mode, "ok");
	if (file && !fgets(mode, 64, file))
		strcpy(mode, "ok");
	if (file)
		fclose(file);
	mode[strcspn(mode, "\n")] = '\0';
}

static int number(const char *mode)
{
	return atoi(mode + strcspn(mode, " "));
}

static void accept_body(int fd, const char *mode, const char *body, size_t len)
{
	char text[256] = "{}";

	put_line("received", body, len);
	if (strncmp(mode, "partial", 7) == 0)
		snprintf(text, sizeof(text),
			 "{\"partialSuccess\":{\"rejectedSpans\":\"%d\","
			 "\"errorMessage\":\"some were rejected\"}}",
			 number(mode));
	answer(fd, 200, "", strcmp(mode, "nonsense") == 0 ? "]{" : text);
}

static void serve_request(int fd, const char *path, const char *body, size_t len)
{
	char mode[64], line[512], after[64];

	read_mode(mode);
	snprintf(line, sizeof(line), "%lld %s %s", (long long)og_mono_ms(), path, mode);
	put_line("asked", line, strlen(line));
	if (strcmp(mode, "stall") == 0) {
		pause();
	} else if (strcmp(mode, "close") == 0) {
		_exit(0);
	} else if (strncmp(mode, "status", 6) == 0) {
		answer(fd, number(mode), "", "{}");
	} else if (strncmp(mode, "retry", 5) == 0) {
		snprintf(after, sizeof(after), "Retry-After: %d\r\n", number(mode));
		answer(fd, 429, after, "{}");
	} else if (check(path, body, len) < 0) {
		answer(fd, 400, "", "{}");
	} else {
		accept_body(fd, mode, body, len);
	}
}

/* Reads until the buffer holds len bytes; 0, or -1 at the end. */
static int read_to(int fd, struct og_buf *in, size_t len)
{
	while (in->len < len) {
		char *room = og_buf_room(in, 65536);
		ssize_t n = room ? read(fd, room, 65536) : -1;

		if (n <= 0)
			return -1;
		in->len += (size_t)n;
		in->data[in->len] = '\0';
	}
	return 0;
}

static const char *header(const char *head, const char *name)
{
	const char *at = strcasestr(head, name);

	return at ? at + strlen(name) : "";
}

/* One request of a connection; -1: no more. */
static int one(int fd, struct og_buf *in)
{
	char *end, path[256];
	size_t head, body;

	while (!in->data || !(end = strstr(in->data, "\r\n\r\n")))
		if (read_to(fd, in, in->len + 1) < 0)
			return -1;
	head = (size_t)(end - in->data) + 4;
	*end = '\0';
	if (sscanf(in->data, "POST %255s HTTP/1.1", path) != 1)
		return problem("'%.40s' is no POST", in->data);
	if (strncmp(header(in->data, "\r\nContent-Type: "), "application/json", 16) != 0)
		return problem("it is not said to be JSON");
	body = (size_t)atol(header(in->data, "\r\nContent-Length: "));
	if (strcasestr(in->data, "\r\nAuthorization: "))
		put_line("tokens", header(in->data, "\r\nAuthorization: "),
			 strcspn(header(in->data, "\r\nAuthorization: "), "\r"));
	if (body > REQUEST_MAX || read_to(fd, in, head + body) < 0)
		return problem("the body did not come");
	serve_request(fd, path, in->data + head, body);
	memmove(in->data, in->data + head + body, in->len - head - body + 1);
	in->len -= head + body;
	return 0;
}

static void serve(int fd)
{
	struct og_buf in;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(LIFE_S);
	og_buf_init(&in, REQUEST_MAX + 131072);
	while (one(fd, &in) == 0)
		;
	_exit(0);
}

static int listen_anywhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char port[16];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return -1;
	snprintf(port, sizeof(port), "%d", ntohs(address.sin_port));
	put_line("port.new", port, strlen(port));
	return rename("port.new", "port") < 0 ? -1 : fd;
}

int main(int argc, char **argv)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE_S);
	if (argc != 2 || chdir(argv[1]) < 0 || (fd = listen_anywhere()) < 0) {
		perror("otlp");
		return 71;
	}
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer >= 0 && fork() == 0)
			serve(peer);
		if (peer >= 0)
			close(peer);
	}
}
