/* What the files of og-worker share. */
#ifndef OG_CMD_WORKER_H
#define OG_CMD_WORKER_H

#include "cmd/og-model.h"
#include "lib/agent/agent.h"
#include "lib/base/opt.h"
#include "lib/conf/conf.h"
#include "lib/proc/crew.h"
#include "lib/queue/queue.h"
#include "lib/telemetry/telemetry.h"

enum mode { SERVE, DRAIN, ONCE };

/* How a job process ends, besides 0 and an error's code. */
enum { JOB_NOTHING = 1, JOB_AGAIN = OG_ETEMP };

/* What the worker was told; jobs inherit it. */
struct worker {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	enum mode mode;
	int jobs;
	struct og_budget_limits limits;
	int thinks;	       /* is there a model? */
	struct og_model model; /* then: which */
};

/* What one job process holds. */
struct job {
	const struct worker *worker;
	struct og_seat *seat;
	struct og_queue *queue;
	struct og_channel *channel;
	struct og_telemetry *telemetry;
	struct og_caller *caller;     /* NULL: no services are configured */
	struct og_provider *provider; /* NULL: there is no model */
	struct og_embedder *embedder; /* NULL: planners search by words */
	json_t *embed_key;
	struct og_reader *reader; /* of skills it writes; or NULL */
	struct og_reasoning reasoning;
	int64_t queue_due; /* when to tell of the queue again */
	int stop_fd, presence;
	json_t *skills; /* what the agent keeps between tasks */
	int64_t tidy;	/* monotonic ms: when to look for old letters again */
	int spent;	/* its shield is dead or out of step: claim no more */
};

/* og-worker.c: how a task is reasoned about, but for who asks. */
void worker_reasoning(const struct worker *worker, struct og_reasoning *ret);

/* og-worker-dry.c and og-worker-rerun.c: exit statuses, or -1. id: NULL for
 * the next task of the queue. what: a task's id, a file, or "-". */
int worker_dry(const struct worker *worker, const char *id, struct og_err *err);
int worker_rerun(struct worker *worker, const char *what, struct og_err *err);

/* og-worker-job.c: once the shield runs and the queue's files are open, its
 * WAL included, no program is started, no socket made, and no file opened
 * but the bells in run/: neither erp.db nor anybody's key. */
int worker_seal(const struct worker *worker, struct og_err *err);
/* A job's whole life, for lib/proc/crew.h; arg: its worker. */
int job_run(void *arg, struct og_seat *seat);

/* og-worker-settle.c: did it go as it should? Then the delivery's fate, and
 * the line about it, ms after it was claimed. */
int job_as_usual(const struct og_agent_report *report);
int job_settle(const struct job *job, const struct og_delivery *delivery,
	       const struct og_agent_report *report, struct og_err *err);
int job_say(const struct job *job, const struct og_agent_report *report, int64_t ms,
	    struct og_err *err);

/* og-worker-tell.c: telemetry of a delivery that was settled, ms after it
 * was claimed; of a job that ended because of an error; and, now and then,
 * of the queue (due: og_mono_ms() of the next time, 0 at first). */
void og_worker_tell(struct og_telemetry *to, const struct og_agent_report *report, int64_t ms);
void og_worker_tell_error(struct og_telemetry *to, const struct og_err *err);
void og_worker_tell_queue(struct og_telemetry *to, struct og_queue *queue, int64_t *due);

/* og-worker-call.c: calls to the services of og.conf, through og-http, which
 * is started at once; its place is the last moment before a job gives up
 * starting programs. arg of the call is the caller. */
struct og_caller;
int og_caller_open(const struct og_ctx *ctx, const struct og_conf *conf, struct og_caller **ret,
		   struct og_err *err);
void og_caller_close(struct og_caller *caller);
og_call_fn og_caller_call;

/* og-worker-skill.c: og-skill, which reads the skills that a model writes. */
struct og_reader;
int og_reader_open(const struct og_ctx *ctx, struct og_reader **ret, struct og_err *err);
void og_reader_close(struct og_reader *reader);
og_read_skill_fn og_reader_read; /* arg: the reader */

#endif
