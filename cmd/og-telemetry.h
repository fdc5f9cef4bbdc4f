/* Telemetry for the programs that tell something: opening it, and the
 * collector that has to be there. */
#ifndef OG_CMD_TELEMETRY_H
#define OG_CMD_TELEMETRY_H

#include "cmd/og-main.h"
#include "lib/telemetry/telemetry.h"

/* The instance's telemetry for this process; *ret is NULL when it is off.
 * late: this process may end before there is a collector. OG_ECONF. */
int og_telemetry_from(const struct og_ctx *ctx, const struct og_conf *conf, int late,
		      struct og_telemetry **ret, struct og_err *err);

/* Sees to it that a collector listens, if telemetry is on: starts og-otlp
 * unless there is one, and waits a moment until it is ready. The collector
 * is nobody's child and ends by itself. Work does not depend on it: what
 * goes wrong is noted, not returned. */
void og_collector_start(const struct og_ctx *ctx, const struct og_conf *conf);

/* TRACEPARENT, if the environment has a valid one; else NULL. */
const char *og_trace_from(const struct og_ctx *ctx);

#endif
