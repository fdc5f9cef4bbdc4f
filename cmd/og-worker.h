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

#endif
