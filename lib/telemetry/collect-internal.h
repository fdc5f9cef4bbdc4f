/* Shared by the files of the collector's memory. */
#ifndef OG_TELEMETRY_COLLECT_INTERNAL_H
#define OG_TELEMETRY_COLLECT_INTERNAL_H

#include "lib/base/clock.h"
#include "lib/json/json.h"
#include "lib/telemetry/collect.h"
#include "lib/telemetry/names.h"

#define SERVICE_MAX 32
#define VERSION_MAX 32
#define ATTRS_MAX   ((size_t)1024)

/* Who tells. */
struct speaker {
	char service[SERVICE_MAX], version[VERSION_MAX], instance[OG_UUID_LEN + 1];
};

/* One stream of a metric: the sum of all measurements with its attributes. */
struct stream {
	enum og_metric metric;
	char service[SERVICE_MAX], version[VERSION_MAX];
	const char *attributes; /* "attributes":[...]; its own copy */
	int64_t count, at_ns;
	double value, min, max; /* value: the sum; of a gauge the last one */
	int64_t buckets[OG_BOUNDS + 1];
};

struct streams {
	struct stream *all[OG_COLLECT_STREAMS];
	size_t n;
	int changed;
	int64_t since_ns;
};

/* What one line measures. */
struct measurement {
	int metric; /* enum og_metric */
	double value;
	const char *attributes; /* "attributes":[...], checked, not terminated */
	size_t len;
};

/* One measurement into its stream. -1: out of memory. */
int streams_add(struct streams *streams, const struct speaker *who,
		const struct measurement *measurement);
/* Appends {"resourceMetrics":[...]}; the number of streams. */
int64_t streams_write(struct streams *streams, const struct speaker *collector, struct og_buf *out);
void streams_release(struct streams *streams);

/* {"resource":{...} of a speaker; "scope":{...} of ours. */
void write_resource(struct og_buf *out, const struct speaker *who);
void write_scope(struct og_buf *out, const char *version);

/* scan.c: is this a span, a log record, a measurement, as we write them? */
int span_valid(const char *text, size_t len);
int log_valid(const char *text, size_t len);
int measurement_valid(const char *text, size_t len, struct measurement *ret);

#endif
