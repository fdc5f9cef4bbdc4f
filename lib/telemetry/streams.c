/* Metrics: measurements added up, and the request that tells the sums. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/telemetry/collect-internal.h"

#define CUMULATIVE 2
#define OVERFLOW_ATTRIBUTES                                                                        \
	"\"attributes\":[{\"key\":\"" OG_ATTR_OVERFLOW "\",\"value\":{\"boolValue\":true}}]"

void streams_release(struct streams *streams)
{
	for (size_t i = 0; i < streams->n; i++) {
		free((char *)(uintptr_t)streams->all[i]->attributes);
		free(streams->all[i]);
	}
	streams->n = 0;
}

static struct stream *find(const struct streams *streams, const struct stream *like)
{
	for (size_t i = 0; i < streams->n; i++) {
		struct stream *stream = streams->all[i];

		if (stream->metric == like->metric &&
		    strcmp(stream->attributes, like->attributes) == 0 &&
		    strcmp(stream->service, like->service) == 0 &&
		    strcmp(stream->version, like->version) == 0)
			return stream;
	}
	return NULL;
}

/* Finds or makes a stream; its attributes are a copy. NULL: no memory, or
 * there is no room. */
static struct stream *find_or_make(struct streams *streams, const struct stream *like)
{
	struct stream *stream = find(streams, like);

	if (stream || streams->n == OG_COLLECT_STREAMS)
		return stream;
	stream = malloc(sizeof(*stream));
	if (!stream)
		return NULL;
	*stream = *like;
	stream->attributes = strdup(like->attributes);
	if (!stream->attributes) {
		free(stream);
		return NULL;
	}
	streams->all[streams->n] = stream;
	streams->n++;
	return stream;
}

/* When there are too many, what is new comes together under one stream per
 * metric and program. Room for those is kept. */
static struct stream *stream_of(struct streams *streams, struct stream *like)
{
	struct stream *stream = find(streams, like);

	if (stream)
		return stream;
	if (streams->n >= OG_COLLECT_STREAMS - 4 * OG_METRICS)
		like->attributes = OVERFLOW_ATTRIBUTES;
	return find_or_make(streams, like);
}

static void put(struct stream *stream, double value)
{
	int bucket = 0;

	while (bucket < OG_BOUNDS && value > og_bounds[bucket])
		bucket++;
	stream->buckets[bucket]++;
	if (stream->count == 0 || value < stream->min)
		stream->min = value;
	if (stream->count == 0 || value > stream->max)
		stream->max = value;
}

int streams_add(struct streams *streams, const struct speaker *who,
		const struct measurement *measurement)
{
	struct stream like = { .metric = (enum og_metric)measurement->metric }, *stream;
	enum og_metric_kind kind = og_metrics[like.metric].kind;
	char attributes[ATTRS_MAX];

	memcpy(like.service, who->service, sizeof(like.service));
	memcpy(like.version, who->version, sizeof(like.version));
	if (measurement->len >= sizeof(attributes))
		return -1;
	memcpy(attributes, measurement->attributes, measurement->len);
	attributes[measurement->len] = '\0';
	like.attributes = attributes;
	stream = stream_of(streams, &like);
	if (!stream)
		return -1;
	if (kind == OG_HISTOGRAM)
		put(stream, measurement->value);
	stream->value = kind == OG_GAUGE ? measurement->value : stream->value + measurement->value;
	stream->count++;
	stream->at_ns = og_now_ns();
	streams->changed = 1;
	return 0;
}

static void write_double(struct og_buf *out, const char *key, double value)
{
	char text[OG_DOUBLE_MAX];

	og_double_format(value, text);
	og_buf_addf(out, ",\"%s\":%s", key, text);
}

static void write_histogram(struct og_buf *out, const struct stream *stream)
{
	char text[OG_DOUBLE_MAX];

	og_buf_addf(out, ",\"count\":\"%lld\"", (long long)stream->count);
	write_double(out, "sum", stream->value);
	write_double(out, "min", stream->min);
	write_double(out, "max", stream->max);
	og_buf_adds(out, ",\"bucketCounts\":[");
	for (int i = 0; i <= OG_BOUNDS; i++)
		og_buf_addf(out, "%s\"%lld\"", i ? "," : "", (long long)stream->buckets[i]);
	og_buf_adds(out, "],\"explicitBounds\":[");
	for (int i = 0; i < OG_BOUNDS; i++) {
		og_double_format(og_bounds[i], text);
		og_buf_addf(out, "%s%s", i ? "," : "", text);
	}
	og_buf_addc(out, ']');
}

static void write_point(struct og_buf *out, const struct streams *streams,
			const struct stream *stream, int64_t now)
{
	enum og_metric_kind kind = og_metrics[stream->metric].kind;

	og_buf_addf(out, "{%s", stream->attributes);
	if (kind == OG_GAUGE) {
		og_buf_addf(out, ",\"timeUnixNano\":\"%lld\"", (long long)stream->at_ns);
		write_double(out, "asDouble", stream->value);
	} else {
		og_buf_addf(out, ",\"startTimeUnixNano\":\"%lld\",\"timeUnixNano\":\"%lld\"",
			    (long long)streams->since_ns, (long long)now);
		if (kind == OG_HISTOGRAM)
			write_histogram(out, stream);
		else
			og_buf_addf(out, ",\"asInt\":\"%lld\"", (long long)stream->value);
	}
	og_buf_addc(out, '}');
}

static int same_speaker(const struct stream *a, const struct stream *b)
{
	return strcmp(a->service, b->service) == 0 && strcmp(a->version, b->version) == 0;
}

/* Is there an earlier stream of this program (and metric)? */
static int is_first(const struct streams *streams, size_t i, int of_metric)
{
	for (size_t k = 0; k < i; k++)
		if (same_speaker(streams->all[k], streams->all[i]) &&
		    (!of_metric || streams->all[k]->metric == streams->all[i]->metric))
			return 0;
	return 1;
}

/* All streams of one metric of one program. */
static void write_metric(struct og_buf *out, const struct streams *streams, size_t first,
			 int64_t now)
{
	const struct og_metric_info *info = &og_metrics[streams->all[first]->metric];
	static const char *const kinds[] = {
		[OG_COUNTER] = "sum", [OG_GAUGE] = "gauge", [OG_HISTOGRAM] = "histogram"
	};

	og_buf_addf(out, "{\"name\":\"%s\",\"unit\":\"%s\",\"description\":\"%s\",\"%s\":{",
		    info->name, info->unit, info->what, kinds[info->kind]);
	if (info->kind != OG_GAUGE)
		og_buf_addf(out, "\"aggregationTemporality\":%d,", CUMULATIVE);
	if (info->kind == OG_COUNTER)
		og_buf_adds(out, "\"isMonotonic\":true,");
	og_buf_adds(out, "\"dataPoints\":[");
	for (size_t i = first; i < streams->n; i++) {
		const struct stream *stream = streams->all[i];

		if (stream->metric != streams->all[first]->metric ||
		    !same_speaker(stream, streams->all[first]))
			continue;
		if (i > first)
			og_buf_addc(out, ',');
		write_point(out, streams, stream, now);
	}
	og_buf_adds(out, "]}}");
}

/* All metrics of one program. */
static void write_program(struct og_buf *out, const struct streams *streams, size_t first,
			  const struct speaker *collector)
{
	struct speaker who = *collector;
	int64_t now = og_now_ns();
	int any = 0;

	og_text_format(who.service, sizeof(who.service), "%s", streams->all[first]->service);
	og_text_format(who.version, sizeof(who.version), "%s", streams->all[first]->version);
	og_buf_adds(out, "{");
	write_resource(out, &who);
	og_buf_adds(out, ",\"scopeMetrics\":[{");
	write_scope(out, who.version);
	og_buf_adds(out, ",\"metrics\":[");
	for (size_t i = first; i < streams->n; i++) {
		if (!same_speaker(streams->all[i], streams->all[first]) || !is_first(streams, i, 1))
			continue;
		if (any++)
			og_buf_addc(out, ',');
		write_metric(out, streams, i, now);
	}
	og_buf_adds(out, "]}]}");
}

int64_t streams_write(struct streams *streams, const struct speaker *collector, struct og_buf *out)
{
	int any = 0;

	streams->changed = 0;
	if (streams->n == 0)
		return 0;
	og_buf_adds(out, "{\"resourceMetrics\":[");
	for (size_t i = 0; i < streams->n; i++) {
		if (!is_first(streams, i, 0))
			continue;
		if (any++)
			og_buf_addc(out, ',');
		write_program(out, streams, i, collector);
	}
	og_buf_adds(out, "]}");
	return (int64_t)streams->n;
}
