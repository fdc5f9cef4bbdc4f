/* Telemetry: what a process writes, what a collector makes of it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/telemetry/collect.h"
#include "lib/telemetry/place.h"
#include "lib/telemetry/spill.h"
#include "lib/telemetry/telemetry.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* --- a process and a listener ---------------------------------------------- */

struct scene {
	char dir[64];
	int socket;
	struct og_telemetry *to;
};

static int begin_scene(struct scene *scene, int content)
{
	struct og_telemetry_place place = {
		"file:x", scene->dir, "og-worker", "0.1.0", content, 0
	};
	struct og_err err = OG_ERR_INIT;

	snprintf(scene->dir, sizeof(scene->dir), "/tmp/og-telemetry-XXXXXX");
	scene->to = NULL;
	if (!OG_CHECK(mkdtemp(scene->dir) != NULL))
		return -1;
	scene->socket = og_collector_listen(scene->dir, &err);
	if (!OG_CHECK(scene->socket >= 0))
		return -1;
	return OG_CHECK_OK(og_telemetry_open(&place, &scene->to, &err), &err) ? 0 : -1;
}

static void remove_in(const char *dir, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void end_scene(struct scene *scene)
{
	og_telemetry_close(scene->to);
	if (scene->socket >= 0)
		close(scene->socket);
	remove_in(scene->dir, OG_TELEMETRY_SOCKET);
	remove_in(scene->dir, OG_TELEMETRY_LATE);
	remove_in(scene->dir, OG_COLLECTOR_LOCK);
	rmdir(scene->dir);
}

/* The next datagram, as lines; "" when there is none. */
static char *hear(struct scene *scene)
{
	static char data[OG_DATAGRAM_MAX + 4096];
	ssize_t n = read(scene->socket, data, sizeof(data) - 1);

	data[n > 0 ? n : 0] = '\0';
	return data;
}

/* Feeds what was told to a collector; the request it makes, parsed. */
static json_t *collected(const char *lines, enum og_signal signal)
{
	struct og_collect *collect = NULL;
	struct og_err err = OG_ERR_INIT;
	json_t *request = NULL;
	struct og_buf out;

	og_buf_init(&out, OG_REQUEST_MAX);
	if (OG_CHECK_OK(og_collect_new("0.1.0", &collect, &err), &err)) {
		OG_CHECK_INT(og_collect_take(collect, lines, strlen(lines)), strlen(lines));
		if (og_collect_request(collect, signal, &out) > 0)
			OG_CHECK_OK(og_json_parse(out.data, out.len, OG_REQUEST_MAX, "request",
						  &request, &err),
				    &err);
	}
	og_collect_free(collect);
	og_buf_release(&out);
	return request;
}

static const json_t *first_span(const json_t *request)
{
	const json_t *of = json_array_get(json_object_get(request, "resourceSpans"), 0);

	of = json_array_get(json_object_get(of, "scopeSpans"), 0);
	return json_array_get(json_object_get(of, "spans"), 0);
}

static const char *attr(const json_t *of, const char *key)
{
	json_t *item, *value;
	const char *type;
	size_t i;

	json_array_foreach(json_object_get(of, "attributes"), i, item)
	{
		if (strcmp(og_json_str(item, "key"), key) != 0)
			continue;
		json_object_foreach(json_object_get(item, "value"), type,
				    value) return json_string_value(value);
	}
	return NULL;
}

/* --- tests ------------------------------------------------------------------ */

static void off_is_nothing(void)
{
	struct og_telemetry_place place = { "off", "/nowhere", "og-worker", "0.1.0", 0, 0 };
	struct og_telemetry *to = (struct og_telemetry *)&place;
	struct og_err err = OG_ERR_INIT;
	struct og_log log = { OG_INFO, "x", NULL, NULL };
	struct og_span span;

	OG_CHECK_OK(og_telemetry_open(&place, &to, &err), &err);
	OG_CHECK(to == NULL);
	og_span_begin(&span, to, OG_CLIENT, "x", PARENT);
	og_span_str(&span, "k", "v");
	og_span_event(&span, "e", "k", "v");
	OG_CHECK_STR(og_span_context(&span, PARENT), PARENT);
	OG_CHECK(og_span_context(&span, NULL) == NULL);
	og_span_end(&span);
	og_measure(to, OG_METRIC_TASKS, 1, NULL, 0);
	og_tell(to, &log, NULL, 0);
	og_telemetry_flush(to);
	og_telemetry_close(to);
}

static void settings(void)
{
	static const char *const bad[] = {
		"", "on", "otlp:", "otlp:host:4318", "file:", "otlp:ftp://x/", "OFF"
	};
	enum og_telemetry_sink sink;
	struct og_err err = OG_ERR_INIT;
	const char *target;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		OG_CHECK_INT(og_telemetry_setting(bad[i], &sink, &target, &err), -1);
		OG_CHECK_INT(err.code, OG_ECONF);
	}
	OG_CHECK_OK(og_telemetry_setting("file:a b", &sink, &target, &err), &err);
	OG_CHECK_STR(target, "a b");
	OG_CHECK_OK(og_telemetry_setting("otlp:http://[::1]:4318", &sink, &target, &err), &err);
	OG_CHECK_STR(target, "http://[::1]:4318");
	OG_CHECK_INT(sink, OG_SINK_OTLP);
}

static void a_span_is_complete(void)
{
	struct scene scene;
	struct og_span span;
	json_t *request;
	const json_t *got;

	if (begin_scene(&scene, 0) == 0) {
		og_span_begin(&span, scene.to, OG_CLIENT, "step.run", PARENT);
		og_span_subject(&span, "place-order");
		og_span_str(&span, OG_ATTR_STEP, "place-order");
		og_span_int(&span, OG_ATTR_EPOCH, INT64_MIN);
		og_span_bool(&span, OG_ATTR_DENIED, 1);
		og_span_event(&span, OG_EVENT_WAIT, NULL, NULL);
		og_span_status(&span, OG_SPAN_ERROR, "rule", "what nobody may see");
		OG_CHECK(strncmp(og_span_context(&span, ""), PARENT, 35) == 0);
		OG_CHECK(strncmp(og_span_context(&span, "") + 36, PARENT + 36, 16) != 0);
		og_span_end(&span);
		og_span_end(&span); /* it is off by now */
		og_telemetry_flush(scene.to);
		request = collected(hear(&scene), OG_TRACES);
		got = first_span(request);
		OG_CHECK_STR(og_json_str(got, "name"), "step.run place-order");
		OG_CHECK_STR(og_json_str(got, "traceId"), "0af7651916cd43dd8448eb211c80319c");
		OG_CHECK_STR(og_json_str(got, "parentSpanId"), "b7ad6b7169203331");
		OG_CHECK_INT(og_json_int(got, "kind", 0), 3);
		OG_CHECK_STR(attr(got, OG_ATTR_EPOCH), "-9223372036854775808");
		OG_CHECK_STR(attr(got, OG_ATTR_STEP), "place-order");
		OG_CHECK_STR(og_json_str(json_object_get(got, "status"), "message"), "rule");
		OG_CHECK_INT(json_array_size(json_object_get(got, "events")), 1);
		OG_CHECK(strcmp(og_json_str(got, "startTimeUnixNano"),
				og_json_str(got, "endTimeUnixNano")) <= 0);
		json_decref(request);
		OG_CHECK_STR(hear(&scene), "");
	}
	end_scene(&scene);
}

static void contexts(void)
{
	static const char *const none[] = {
		NULL, "", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
		"00-00000000000000000000000000000000-b7ad6b7169203331-01"
	};
	struct scene scene;
	struct og_span span;
	char own[OG_CONTEXT_LEN + 1];

	if (begin_scene(&scene, 0) == 0) {
		for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
			og_span_begin(&span, scene.to, OG_CLIENT, "x", none[i]);
			OG_CHECK_INT(strlen(span.context), OG_CONTEXT_LEN);
			OG_CHECK_STR(span.parent, "");
		}
		/* The sampled flag is passed on. */
		og_span_begin(&span, scene.to, OG_CLIENT, "x",
			      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
		OG_CHECK_STR(span.context + 52, "-00");
		og_trace_of_task("01a2145f-f8f3-7d0e-8861-f8e357d869d1", own);
		OG_CHECK_STR(own, "00-01a2145ff8f37d0e8861f8e357d869d1-0000000000000000-01");
		og_span_begin(&span, scene.to, OG_CLIENT, "x", own);
		OG_CHECK(strncmp(span.context, own, 35) == 0);
		OG_CHECK_STR(span.parent, "");
	}
	end_scene(&scene);
}

static void content_is_told_only_where_it_may(void)
{
	for (int content = 0; content < 2; content++) {
		struct og_log log = { OG_WARN, "plain", "secret words", PARENT };
		struct scene scene;
		struct og_span span;

		if (begin_scene(&scene, content) == 0) {
			const char *heard;

			og_span_begin(&span, scene.to, OG_CONSUMER, "x", NULL);
			og_span_content(&span, OG_ATTR_TEXT, "secret words");
			og_span_status(&span, OG_SPAN_ERROR, "plain", "secret words");
			og_span_end(&span);
			og_tell(scene.to, &log, NULL, 0);
			og_telemetry_flush(scene.to);
			heard = hear(&scene);
			OG_CHECK_INT(strstr(heard, "secret words") != NULL, content);
			OG_CHECK_INT(strstr(heard, "plain") != NULL, !content);
		}
		end_scene(&scene);
	}
}

static void hostile_text(void)
{
	static const char *const texts[] = { "\"},{\"span\":{",	 "a\nb\r\0c", "\xff\xfe\x80",
					     "\x1b[31m\x01\x7f", "\\\\\"",    "\xed\xa0\x80" };
	char huge[20000];
	struct scene scene;
	struct og_span span;
	json_t *request;

	memset(huge, 0xc3, sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	if (begin_scene(&scene, 1) == 0) {
		og_span_begin(&span, scene.to, OG_CONSUMER, "x", NULL);
		for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
			og_span_str(&span, "k", texts[i]);
		og_span_str(&span, "k", huge);
		og_span_subject(&span, huge);
		for (int i = 0; i < 100; i++)
			og_span_int(&span, "n", i);
		for (int i = 0; i < 100; i++)
			og_span_event(&span, "e", "k", huge);
		og_span_status(&span, OG_SPAN_ERROR, "w", huge);
		og_span_end(&span);
		og_telemetry_flush(scene.to);
		OG_CHECK_INT(og_telemetry_dropped(scene.to), 0);
		request = collected(hear(&scene), OG_TRACES);
		OG_CHECK(first_span(request) != NULL);
		OG_CHECK_INT(json_array_size(json_object_get(first_span(request), "attributes")),
			     OG_SPAN_ATTRS);
		OG_CHECK(og_json_int(first_span(request), "droppedAttributesCount", 0) > 80);
		OG_CHECK(og_json_int(first_span(request), "droppedEventsCount", 0) >= 92);
		json_decref(request);
	}
	end_scene(&scene);
}

static void tell_one(struct og_telemetry *to)
{
	struct og_span span;

	og_span_begin(&span, to, OG_CLIENT, "x", NULL);
	og_span_end(&span);
}

/* Counts what a collector that reads everything there is gets. */
static int64_t drain(struct scene *scene, struct og_collect *collect)
{
	struct og_buf out;
	int64_t spans = 0;

	og_buf_init(&out, OG_REQUEST_MAX);
	for (;;) {
		const char *data = hear(scene);

		if (!*data)
			break;
		og_collect_take(collect, data, strlen(data));
		spans += og_collect_request(collect, OG_TRACES, &out);
		og_buf_clear(&out);
	}
	og_buf_release(&out);
	return spans;
}

/* The system's limit for datagrams is reached, then our own, then records
 * are dropped; none is lost uncounted. */
static void nobody_reads(void)
{
	struct og_collect *collect = NULL;
	struct og_err err = OG_ERR_INIT;
	struct scene scene;
	int64_t heard, dropped;
	struct og_buf out;
	const int n = 20000;

	og_buf_init(&out, OG_REQUEST_MAX);
	if (begin_scene(&scene, 0) == 0 &&
	    OG_CHECK_OK(og_collect_new("0.1.0", &collect, &err), &err)) {
		for (int i = 0; i < n; i++)
			tell_one(scene.to);
		dropped = og_telemetry_dropped(scene.to);
		OG_CHECK(dropped > 0);
		heard = drain(&scene, collect);
		usleep(20000); /* it does not ask again at once */
		og_telemetry_flush(scene.to);
		heard += drain(&scene, collect);
		OG_CHECK_INT(heard + dropped, n);
		/* And the collector knows. */
		OG_CHECK(og_collect_request(collect, OG_METRICS_OF_ALL, &out) > 0);
		OG_CHECK(strstr(out.data, OG_ATTR_REASON) && strstr(out.data, "\"sender\""));
	}
	og_collect_free(collect);
	og_buf_release(&out);
	end_scene(&scene);
}

static void a_new_listener_is_found(void)
{
	struct og_err err = OG_ERR_INIT;
	struct scene scene;

	if (begin_scene(&scene, 0) == 0) {
		tell_one(scene.to);
		og_telemetry_flush(scene.to);
		OG_CHECK(*hear(&scene));
		/* Another one in its place: the first call finds it. */
		close(scene.socket);
		scene.socket = og_collector_listen(scene.dir, &err);
		tell_one(scene.to);
		og_telemetry_flush(scene.to);
		OG_CHECK(*hear(&scene));
	}
	end_scene(&scene);
}

static void a_long_path(void)
{
	struct og_telemetry *to = NULL;
	char dir[256] = "/tmp/og-telemetry-XXXXXX", deep[400], data[4096];
	struct og_telemetry_place place = { "file:x", deep, "og-worker", "0.1.0", 0, 0 };
	struct og_err err = OG_ERR_INIT;
	int fd;

	OG_CHECK(mkdtemp(dir) != NULL);
	snprintf(deep, sizeof(deep), "%s/%0150d", dir, 1);
	OG_CHECK_INT(mkdir(deep, 0700), 0);
	fd = og_collector_listen(deep, &err);
	if (OG_CHECK(fd >= 0) && OG_CHECK_OK(og_telemetry_open(&place, &to, &err), &err)) {
		tell_one(to);
		og_telemetry_close(to);
		OG_CHECK(read(fd, data, sizeof(data)) > 0);
	}
	close(fd);
	remove_in(deep, OG_TELEMETRY_SOCKET);
	rmdir(deep);
	rmdir(dir);
}

static void what_came_too_early_is_left(void)
{
	char dir[] = "/tmp/og-telemetry-XXXXXX", path[128];
	struct og_telemetry_place place = { "file:x", dir, "og-submit", "0.1.0", 0, 1 };
	struct og_telemetry *to = NULL;
	struct og_err err = OG_ERR_INIT;
	struct stat st = { .st_size = 0 };

	OG_CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/%s", dir, OG_TELEMETRY_LATE);
	for (int i = 0; i < 2000; i++) {
		OG_CHECK_OK(og_telemetry_open(&place, &to, &err), &err);
		tell_one(to);
		og_telemetry_close(to);
	}
	OG_CHECK_INT(stat(path, &st), 0);
	OG_CHECK(st.st_size > 100000 && (size_t)st.st_size <= OG_LATE_MAX);
	unlink(path);
	rmdir(dir);
}

/* --- the collector's memory --------------------------------------------------- */

#define HEAD                                                                                       \
	"{\"v\":1,\"service\":\"og-worker\",\"version\":\"0.1.0\","                                \
	"\"instance\":\"01a2145f-f8f3-7d0e-8861-f8e357d869d1\",\"dropped\":0}\n"
#define SPAN(trace, kind, more)                                                                    \
	"{\"span\":{\"traceId\":\"" trace "\",\"spanId\":\"b7ad6b7169203331\",\"name\":\"x\","     \
	"\"kind\":" kind ",\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"2\"," more "}}\n"
#define TRACE "0af7651916cd43dd8448eb211c80319c"

static void nonsense_is_not_passed_on(void)
{
	static const char *const bad[] = {
		HEAD SPAN("0AF7651916cd43dd8448eb211c80319c", "1", "\"attributes\":[]"),
		HEAD SPAN("00000000000000000000000000000000", "1", "\"attributes\":[]"),
		HEAD SPAN(TRACE, "6", "\"attributes\":[]"),
		HEAD SPAN(TRACE, "\"1\"", "\"attributes\":[]"),
		HEAD SPAN(TRACE, "1", "\"attributes\":{}"),
		HEAD SPAN(TRACE, "1",
			  "\"attributes\":[{\"key\":\"k\",\"value\":{\"intValue\":1}}]"),
		HEAD SPAN(TRACE, "1", "\"attributes\":[],\"more\":1"),
		HEAD SPAN(TRACE, "1", "\"attributes\":[],\"status\":{\"code\":3}"),
		HEAD SPAN(TRACE, "1", "\"attributes\":[],\"events\":[1]"),
		/* nobody has said who speaks */
		SPAN(TRACE, "1", "\"attributes\":[]"),
		"{\"v\":1,\"service\":\"a\\\"b\",\"version\":\"1\",\"instance\":"
		"\"01a2145f-f8f3-7d0e-8861-f8e357d869d1\",\"dropped\":0}\n" SPAN(
			TRACE, "1", "\"attributes\":[]"),
		HEAD "[]\n", HEAD "null\n", HEAD "\n", HEAD "{\n", HEAD "{\"span\":{}}\n",
		HEAD "{\"log\":{},\"span\":{}}\n", HEAD "{\"metric\":\"og.tasks\",\"value\":1}\n",
		HEAD "{\"metric\":\"no.such\",\"value\":1,\"attributes\":[]}\n",
		HEAD "{\"metric\":\"og.tasks\",\"value\":-1,\"attributes\":[]}\n",
		/* cut in the middle */
		HEAD "{\"metric\":\"og.tasks\",\"value\":1,\"attributes\":[]}"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *request = collected(bad[i], OG_TRACES);
		json_t *metrics = collected(bad[i], OG_METRICS_OF_ALL);
		char *text = json_dumps(metrics, JSON_COMPACT);

		if (!OG_CHECK(request == NULL) ||
		    !OG_CHECK(text && strstr(text, "\"malformed\"") && !strstr(text, "og.tasks")))
			printf("# case %zu: %s\n", i, bad[i]);
		free(text);
		json_decref(request);
		json_decref(metrics);
	}
}

static const json_t *first_metric(const json_t *request)
{
	const json_t *of = json_array_get(json_object_get(request, "resourceMetrics"), 0);

	of = json_array_get(json_object_get(of, "scopeMetrics"), 0);
	return json_array_get(json_object_get(of, "metrics"), 0);
}

static void sums_and_buckets(void)
{
	json_t *request = collected(
		HEAD "{\"metric\":\"og.task.duration\",\"value\":0.3,\"attributes\":[]}\n"
		     "{\"metric\":\"og.task.duration\",\"value\":0.5,\"attributes\":[]}\n" HEAD
		     "{\"metric\":\"og.task.duration\",\"value\":1e9,\"attributes\":[]}\n",
		OG_METRICS_OF_ALL);
	const json_t *histogram = json_object_get(first_metric(request), "histogram");
	const json_t *point = json_array_get(json_object_get(histogram, "dataPoints"), 0);
	const json_t *buckets = json_object_get(point, "bucketCounts");

	OG_CHECK_INT(og_json_int(histogram, "aggregationTemporality", 0), 2);
	OG_CHECK_INT(json_array_size(json_object_get(histogram, "dataPoints")), 1);
	OG_CHECK_STR(og_json_str(point, "count"), "3");
	OG_CHECK_INT(json_array_size(buckets), OG_BOUNDS + 1);
	OG_CHECK_STR(json_string_value(json_array_get(buckets, 12)), "2"); /* up to 0.5 */
	OG_CHECK_STR(json_string_value(json_array_get(buckets, OG_BOUNDS)), "1");
	json_decref(request);
}

/* However many attributes somebody makes up, memory stays. */
static void streams_are_bounded(void)
{
	struct og_collect *collect = NULL;
	struct og_err err = OG_ERR_INIT;
	struct og_buf out;
	char line[256];

	og_buf_init(&out, OG_REQUEST_MAX);
	OG_CHECK_OK(og_collect_new("0.1.0", &collect, &err), &err);
	og_collect_take(collect, HEAD, strlen(HEAD));
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line),
			 "{\"metric\":\"og.tasks\",\"value\":1,\"attributes\":[{\"key\":\"k\","
			 "\"value\":{\"intValue\":\"%d\"}}]}\n",
			 i);
		og_collect_take(collect, line, strlen(line));
	}
	OG_CHECK(og_collect_request(collect, OG_METRICS_OF_ALL, &out) <= OG_COLLECT_STREAMS);
	OG_CHECK_OK(og_buf_check(&out, "request", &err), &err);
	OG_CHECK(strstr(out.data, OG_ATTR_OVERFLOW) != NULL);
	og_collect_free(collect);
	og_buf_release(&out);
}

static void batches_are_bounded(void)
{
	static const char span[] = SPAN(TRACE, "1", "\"attributes\":[]");
	struct og_collect *collect = NULL;
	struct og_err err = OG_ERR_INIT;
	size_t n = 0;
	struct og_buf out;

	og_buf_init(&out, OG_REQUEST_MAX);
	OG_CHECK_OK(og_collect_new("0.1.0", &collect, &err), &err);
	og_collect_take(collect, HEAD, strlen(HEAD));
	while (n < 100000 && og_collect_take(collect, span, strlen(span)) == strlen(span))
		n++;
	OG_CHECK(n > 1000 && n < 10000);
	OG_CHECK(og_collect_waiting(collect) <= OG_COLLECT_BATCH);
	OG_CHECK_INT(og_collect_request(collect, OG_TRACES, &out), n);
	OG_CHECK_OK(og_buf_check(&out, "request", &err), &err);
	OG_CHECK_INT(og_signal_of(out.data, out.len), OG_TRACES);
	/* There is room again, for the same speaker. */
	OG_CHECK_INT(og_collect_take(collect, span, strlen(span)), strlen(span));
	OG_CHECK_INT(og_collect_waiting(collect) > 0, 1);
	og_collect_free(collect);
	og_buf_release(&out);
}

/* --- the file ------------------------------------------------------------------- */

static void spill_keeps_the_newest(void)
{
	char dir[] = "/tmp/og-spill-XXXXXX", path[64], line[101];
	struct og_err err = OG_ERR_INIT;
	struct og_spill spill;
	struct og_buf out;
	int64_t lost, all = 0;
	int n = 0;

	og_buf_init(&out, (size_t)1 << 20);
	OG_CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/f", dir);
	OG_CHECK_OK(og_spill_open(&spill, path, 2020, &err), &err);
	OG_CHECK_INT(og_spill_any(&spill), 0);
	for (int i = 0; i < 35; i++) {
		snprintf(line, sizeof(line), "\"severityNumber\":%083d", i);
		OG_CHECK_OK(og_spill_add(&spill, line, 100, &lost, &err), &err);
		all += lost;
	}
	/* 10 lines to a file: 20..29 in the older one, 30..34. */
	OG_CHECK_INT(all, 20);
	while (og_spill_next(&spill, &out, &err) == 1) {
		snprintf(line, sizeof(line), "\"severityNumber\":%083d", 20 + n++);
		OG_CHECK_STR(out.data, line);
		og_buf_clear(&out);
		og_spill_done(&spill);
	}
	OG_CHECK_INT(n, 15);
	OG_CHECK_INT(og_spill_any(&spill), 0);
	/* What follows starts afresh. */
	OG_CHECK_OK(og_spill_add(&spill, "x", 1, &lost, &err), &err);
	OG_CHECK_INT(og_spill_next(&spill, &out, &err), 1);
	OG_CHECK_STR(out.data, "x");
	og_spill_close(&spill);
	unlink(path);
	rmdir(dir);
	og_buf_release(&out);
}

static void spill_mends_a_cut_line(void)
{
	char path[] = "/tmp/og-spill-XXXXXX";
	int fd = mkstemp(path);
	struct og_err err = OG_ERR_INIT;
	struct og_spill spill;
	struct og_buf out;
	int64_t lost;

	og_buf_init(&out, (size_t)1 << 20);
	OG_CHECK_INT(write(fd, "{\"a\":1}\n{\"b\":", 13), 13);
	OG_CHECK_OK(og_spill_open(&spill, path, 1 << 20, &err), &err);
	OG_CHECK_OK(og_spill_add(&spill, "{\"c\":3}", 7, &lost, &err), &err);
	OG_CHECK_INT(og_spill_next(&spill, &out, &err), 1);
	og_spill_done(&spill);
	OG_CHECK_INT(og_spill_next(&spill, &out, &err), 1);
	OG_CHECK_STR(out.data, "{\"a\":1}{\"c\":3}");
	og_spill_close(&spill);
	close(fd);
	unlink(path);
	og_buf_release(&out);
}

static void one_lock(void)
{
	struct scene scene;
	struct og_err err = OG_ERR_INIT;
	int lock;

	if (begin_scene(&scene, 0) == 0) {
		OG_CHECK_INT(og_collector_alive(scene.dir), 0);
		lock = og_collector_lock(scene.dir, &err);
		OG_CHECK(lock >= 0);
		OG_CHECK_INT(og_collector_alive(scene.dir), 1);
		OG_CHECK_INT(og_collector_lock(scene.dir, &err), -1);
		OG_CHECK_INT(err.code, OG_ETEMP);
		close(lock);
		OG_CHECK_INT(og_collector_alive(scene.dir), 0);
	}
	end_scene(&scene);
}

int main(void)
{
	OG_RUN(off_is_nothing);
	OG_RUN(settings);
	OG_RUN(a_span_is_complete);
	OG_RUN(contexts);
	OG_RUN(content_is_told_only_where_it_may);
	OG_RUN(hostile_text);
	OG_RUN(nobody_reads);
	OG_RUN(a_new_listener_is_found);
	OG_RUN(a_long_path);
	OG_RUN(what_came_too_early_is_left);
	OG_RUN(nonsense_is_not_passed_on);
	OG_RUN(sums_and_buckets);
	OG_RUN(streams_are_bounded);
	OG_RUN(batches_are_bounded);
	OG_RUN(spill_keeps_the_newest);
	OG_RUN(spill_mends_a_cut_line);
	OG_RUN(one_lock);
	return og_done();
}
