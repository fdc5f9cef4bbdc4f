/*
 * The collector's memory: takes what processes told (telemetry.h) and makes
 * OTLP requests of it. It does no input or output and is bounded: so many
 * bytes of spans and log records between two requests, so many streams of
 * metrics; what is more is dropped and counted, and the counts are a metric
 * themselves.
 *
 * Spans and log records are passed on as they came, under the resource of
 * the process that told them, once they are seen to be what they should
 * be. Measurements are added up here, cumulatively since the collector
 * began, so that a request that is lost costs nothing; their resource is
 * the program's, with this collector's service.instance.id, since it is
 * the one who writes these streams.
 */
#ifndef OG_TELEMETRY_COLLECT_H
#define OG_TELEMETRY_COLLECT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define OG_COLLECT_BATCH   ((size_t)512 << 10) /* bytes of spans and log records */
#define OG_COLLECT_GROUPS  128		       /* processes in one batch */
#define OG_COLLECT_STREAMS 512		       /* of metrics */
#define OG_REQUEST_MAX	   ((size_t)1 << 20)   /* bytes of one request */

struct og_collect;

/* version: of the program, for the scope. */
int og_collect_new(const char *version, struct og_collect **ret, struct og_err *err);
void og_collect_free(struct og_collect *collect);

/* Takes lines as telemetry.h's processes write them. Returns how many bytes
 * it took: less than len when the batch is full (make the requests, then
 * come again with the rest). Lines that are none are dropped. */
size_t og_collect_take(struct og_collect *collect, const char *data, size_t len);

enum og_signal { OG_TRACES, OG_LOGS, OG_METRICS_OF_ALL, OG_SIGNALS };

/* Where a request of that kind goes: "/v1/traces". */
const char *og_signal_path(enum og_signal signal);
/* Which kind a request is, from its first bytes; -1: none. */
int og_signal_of(const char *request, size_t len);

/* Spans and log records in a stretch of requests. Data points are not
 * counted: a request with them may be lost, the next tells the sums. */
int64_t og_request_records(const char *text, size_t len);

/* Bytes of spans and log records that wait. */
size_t og_collect_waiting(const struct og_collect *collect);
/* Was anything measured since the metrics were last asked for? */
int og_collect_measured(const struct og_collect *collect);

/* Appends a request on one line, without its newline, and forgets the spans
 * or log records in it. Returns the number of records, 0 when there are
 * none (nothing is appended). */
int64_t og_collect_request(struct og_collect *collect, enum og_signal signal, struct og_buf *out);

/* Counts n records as dropped; reason is one of our words. */
void og_collect_dropped(struct og_collect *collect, const char *reason, int64_t n);

#endif
