/* What the files of og-worker share. */
#ifndef OG_CMD_WORKER_H
#define OG_CMD_WORKER_H

#include "lib/agent/agent.h"
#include "lib/queue/queue.h"
#include "lib/telemetry/telemetry.h"

/* og-worker-tell.c: telemetry of a delivery that was settled, ms after it
 * was claimed; of a job that ended because of an error; and, now and then,
 * of the queue (due: og_mono_ms() of the next time, 0 at first). */
void og_worker_tell(struct og_telemetry *to, const struct og_agent_report *report, int64_t ms);
void og_worker_tell_error(struct og_telemetry *to, const struct og_err *err);
void og_worker_tell_queue(struct og_telemetry *to, struct og_queue *queue, int64_t *due);

/* og-worker-call.c: calls to the services of og.conf, through og-http, which
 * is started at once; its place is the last moment before a job gives up
 * starting programs. arg of the call is the caller. */
struct og_ctx;
struct og_conf;
struct og_caller;
int og_caller_open(const struct og_ctx *ctx, const struct og_conf *conf, struct og_caller **ret,
		   struct og_err *err);
void og_caller_close(struct og_caller *caller);
og_call_fn og_caller_call;

#endif
