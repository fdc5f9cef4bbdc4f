/*
 * What the files of og-otlp share: the exporter, which brings requests to a
 * receiver, one at a time and in their order. What cannot be sent now waits
 * in a bounded file, run/telemetry.spill.
 */
#ifndef OG_CMD_OTLP_H
#define OG_CMD_OTLP_H

#include "cmd/og-main.h"
#include "lib/telemetry/collect.h"

struct exporter;

/* Starts og-http; from then on this process may give up its authority.
 * url: the receiver's base. collect is told what is dropped; borrowed, as
 * all the others. */
int exporter_open(const struct og_ctx *ctx, const struct og_conf *conf, const char *url,
		  struct og_collect *collect, struct exporter **ret, struct og_err *err);
/* What was not sent is in the file afterwards. */
void exporter_close(struct exporter *exporter);

/* Takes a copy of a request, to be sent when it is its turn. */
void exporter_put(struct exporter *exporter, const struct og_buf *request);

/* Readable: call exporter_hear(). -1 while nothing is under way. */
int exporter_fd(const struct exporter *exporter);
void exporter_hear(struct exporter *exporter);
/* og_mono_ms() at which exporter_do_due() has something to do. */
int64_t exporter_due(const struct exporter *exporter);
void exporter_do_due(struct exporter *exporter);
/* og-http is gone: nothing is sent any more. */
int exporter_dead(const struct exporter *exporter);

#endif
