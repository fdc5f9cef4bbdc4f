/*
 * og-worker: claims tasks, plans them, asks the shield, finishes them. A
 * supervisor (lib/proc/crew.h) forks one process per job; each job has its
 * own queue handle and its own og-shield child, and ends itself when either
 * fails: the kernel frees its claim, the supervisor starts it afresh, and
 * the task goes on from its journal. So nothing that was sealed off has to
 * be opened again, and there is one way to recover, whoever died.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "cmd/og-telemetry.h"
#include "cmd/og-worker.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/crew.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"

#define DAY_MS	       ((int64_t)24 * 3600 * 1000)
#define TIDY_MS	       ((int64_t)3600 * 1000)
#define RETRY_MIN_MS   250 /* times four with every delivery */
#define TRIES_SERVING  20  /* starts of a job in a row in which nothing got done */
#define TRIES_DRAINING 5
/* A host that is cut off for a day works again when it is back. */
#define TRIES_REMOTE  INT_MAX
#define DRAIN_LOOK_MS 1000
#define DRAIN_SOON_MS 30000 /* what is due later holds up no --drain */

enum mode { SERVE, DRAIN, ONCE };

/* How a job process ends, besides 0 and an error's code. */
enum { JOB_NOTHING = 1, JOB_AGAIN = OG_ETEMP };

struct worker {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	enum mode mode;
	int jobs;
	struct og_budget_limits limits;
};

/* What one job process holds. */
struct job {
	const struct worker *worker;
	struct og_seat *seat;
	struct og_queue *queue;
	struct og_channel *channel;
	struct og_telemetry *telemetry;
	struct og_caller *caller; /* NULL: no services are configured */
	int64_t queue_due;	  /* when to tell of the queue again */
	int stop_fd, presence;
	json_t *skills; /* what the agent keeps between tasks */
	int64_t tidy;	/* monotonic ms: when to look for old letters again */
	int spent;	/* its shield is dead or out of step: claim no more */
};

/* A first question, so that no task is claimed, and none of its deliveries
 * used up, for a shield that cannot open its database. */
static int greet(struct og_channel *channel, struct og_err *err)
{
	return og_channel_ask(channel, "session.begin", json_pack("{s:s}", "principal", "owner"),
			      NULL, err);
}

static int open_channel(struct job *job, struct og_err *err)
{
	if (og_channel_from(job->worker->ctx, job->worker->conf, &job->channel, err) < 0)
		return -1;
	return greet(job->channel, err);
}

/* The shield runs and the queue's files are open, its WAL included; from
 * here on no program is started, no socket made, and no file opened but
 * the bells in run/: neither erp.db nor anybody's key. */
static int give_up_authority(const struct job *job, struct og_err *err)
{
	const char *run[] = { job->worker->conf->run, NULL };

	if (og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
	return og_sandbox_paths(NULL, run, err) < 0 ? -1 : 0;
}

static int open_caller(struct job *job, struct og_err *err)
{
	const struct og_conf *conf = job->worker->conf;

	if (strcmp(conf->http, "none") == 0)
		return 0;
	return og_caller_open(job->worker->ctx, conf, &job->caller, err);
}

static int open_job(struct job *job, struct og_err *err)
{
	const struct worker *worker = job->worker;

	job->stop_fd = og_crew_stop_fd(err);
	if (job->stop_fd < 0 ||
	    og_telemetry_from(worker->ctx, worker->conf, 0, &job->telemetry, err) < 0 ||
	    open_channel(job, err) < 0 ||
	    og_queue_from(worker->ctx, worker->conf, &job->queue, err) < 0 ||
	    open_caller(job, err) < 0 || give_up_authority(job, err) < 0)
		return -1;
	job->presence = og_job_present(job->worker->conf->run, err);
	if (job->presence < 0)
		return -1;
	og_seat_ready(job->seat);
	return 0;
}

static void close_job(struct job *job)
{
	og_queue_close(job->queue);
	og_channel_close(job->channel);
	og_caller_close(job->caller);
	og_telemetry_close(job->telemetry);
	json_decref(job->skills);
	if (job->stop_fd >= 0)
		close(job->stop_fd);
	if (job->presence >= 0)
		close(job->presence);
}

/* Somebody reads these lines to know what happened, so a line that cannot
 * be written is no detail. */
static int print_json(const struct og_agent_report *report, int64_t ms, struct og_err *err)
{
	json_t *line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "v", 1, "task", report->task,
				 "outcome", og_outcome_name(report->outcome), "state",
				 report->state, "skill", report->skill, "principal",
				 report->principal, "reason", report->why, "ms", (json_int_t)ms);
	int rc = line ? og_print_json(line, err) : og_fail_nomem(err);

	json_decref(line);
	if (rc == 0 && fflush(stdout) != 0)
		rc = og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
	return rc;
}

static const char *fate(enum og_outcome outcome)
{
	switch (outcome) {
	case OG_OUTCOME_DEAD:
		return "is a dead letter";
	case OG_OUTCOME_LOST:
		return "was taken over";
	case OG_OUTCOME_WAITING:
		return "waits";
	default:
		return "will be tried again";
	}
}

/* Did it go as it should? */
static int as_usual(const struct og_agent_report *report)
{
	return report->outcome == OG_OUTCOME_ACK || report->outcome == OG_OUTCOME_WAITING;
}

static int say(const struct job *job, const struct og_agent_report *report, int64_t ms,
	       struct og_err *err)
{
	const struct worker *worker = job->worker;

	if (og_arg_flag(worker->args, "json"))
		return print_json(report, ms, err);
	if (report->skew_ms)
		og_note(worker->ctx, "%s was submitted %.1f s in the future: two clocks disagree",
			report->task, (double)report->skew_ms / 1000);
	if (og_arg_flag(worker->args, "quiet") && as_usual(report))
		return 0;
	if (report->outcome == OG_OUTCOME_ACK && report->said[0])
		og_note(worker->ctx, "%s: '%s' of %s is applied, %lld ms%s%s", report->task,
			report->said, report->principal, (long long)ms, report->why[0] ? ": " : "",
			report->why);
	else if (report->outcome == OG_OUTCOME_ACK)
		og_note(worker->ctx, "%s %s%s%s for %s, %lld ms%s%s", report->task, report->state,
			report->skill[0] ? " " : "", report->skill, report->principal,
			(long long)ms, report->why[0] ? ": " : "", report->why);
	else
		og_note(worker->ctx, "%s %s: %s", report->task[0] ? report->task : "a task",
			fate(report->outcome), report->why);
	return 0;
}

/* The task that was spoken of goes on; into the queue before the word that
 * did it leaves that. */
static int revive(const struct job *job, const char *id, struct og_err *err)
{
	struct og_parcel parcel = { .id = id };
	json_t *letter = NULL;
	int found = og_queue_find(job->queue, id, &letter, err), rc = 0;
	const char *state = og_json_str(letter, "state");

	parcel.envelope = og_json_str(letter, "envelope");
	if (found > 0 && parcel.envelope && state && strcmp(state, "dead") == 0)
		rc = og_queue_put(job->queue, &parcel, 1, err);
	json_decref(letter);
	return found < 0 ? -1 : rc;
}

static int resume(const struct job *job, const struct og_agent_report *report, struct og_err *err)
{
	struct og_parcel parcel = { .id = report->resume_id, .envelope = report->resume };

	if (report->revive_id[0])
		return revive(job, report->revive_id, err);
	return report->resume ? og_queue_put(job->queue, &parcel, 1, err) : 0;
}

/* Whoever waits for the task hears of it. */
static int forget(const struct job *job, const struct og_delivery *delivery,
		  const struct og_agent_report *report, struct og_err *err)
{
	int rc;

	if (resume(job, report, err) < 0)
		return -1;
	rc = report->outcome == OG_OUTCOME_ACK
		     ? og_queue_ack(job->queue, delivery->ticket, err)
		     : og_queue_dead(job->queue, delivery->ticket, report->why, err);

	return rc < 0 ? -1 : og_queue_tell(job->queue, report->task, report->state, err);
}

/* It is not forgotten, but nobody needs to look before its time. */
static int keep(const struct job *job, const struct og_delivery *delivery,
		const struct og_agent_report *report, struct og_err *err)
{
	if (og_queue_release(job->queue, delivery->ticket, report->delay_ms, OG_QUEUE_UNTRIED,
			     err) < 0)
		return -1;
	return report->task[0] ? og_queue_tell(job->queue, report->task, report->state, err) : 0;
}

/* 250 ms, 1 s, 4 s, 16 s: what died of bad luck is back at once, what
 * kills its shield does not keep everybody busy. */
static int64_t retry_delay(int attempts)
{
	int64_t delay = RETRY_MIN_MS;

	while (--attempts > 0 && delay < 64 * RETRY_MIN_MS)
		delay *= 4;
	return delay;
}

/* The delivery's fate. */
static int settle(const struct job *job, const struct og_delivery *delivery,
		  const struct og_agent_report *report, struct og_err *err)
{
	switch (report->outcome) {
	case OG_OUTCOME_ACK:
	case OG_OUTCOME_DEAD:
		return forget(job, delivery, report, err);
	case OG_OUTCOME_WAITING:
		return keep(job, delivery, report, err);
	case OG_OUTCOME_LOST:
		return 0; /* our claim ends with us */
	case OG_OUTCOME_TROUBLE:
		/* Not the task's fault: it keeps its deliveries. */
		if (og_queue_release(job->queue, delivery->ticket, 0, OG_QUEUE_UNTRIED, err) < 0)
			return -1;
		return job->worker->mode == SERVE ? 0
						  : og_fail(err, report->code, "%s", report->why);
	default:
		return og_queue_release(job->queue, delivery->ticket,
					retry_delay(delivery->attempts), OG_QUEUE_TRIED, err);
	}
}

/* NOTHING is due, a task was HANDLED, it is to be done AFRESH; failed: -1. */
enum { NOTHING, HANDLED, AFRESH };

static int handle_one(struct job *job, struct og_err *err)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_agent_means means = { .channel = job->channel,
					.limits = &job->worker->limits,
					.telemetry = job->telemetry,
					.call = job->caller ? og_caller_call : NULL,
					.call_arg = job->caller,
					.skills = job->skills };
	struct og_agent_report report;
	int64_t started = og_mono_ms();
	int claimed = og_queue_claim(job->queue, &delivery, err), rc;

	if (claimed <= 0)
		return claimed < 0 ? -1 : NOTHING;
	og_agent_run(&means, delivery.envelope, strlen(delivery.envelope), &report);
	job->spent = report.outcome == OG_OUTCOME_RETRY;
	if (job->spent && delivery.attempts >= OG_QUEUE_DELIVERIES)
		report.outcome = OG_OUTCOME_DEAD;
	rc = settle(job, &delivery, &report, err);
	og_delivery_release(&delivery);
	og_worker_tell(job->telemetry, &report, og_mono_ms() - started);
	if (rc == 0)
		rc = say(job, &report, og_mono_ms() - started, err);
	og_agent_report_release(&report);
	if (rc < 0)
		return -1;
	if (!as_usual(&report) && report.outcome != OG_OUTCOME_DEAD)
		return AFRESH;
	og_seat_progress(job->seat);
	return HANDLED;
}

/* Is there anything a drain should still wait for? What failed is tried
 * again soon; what waits for its time or for a person may take days. */
static int worth_waiting(const struct og_queue_counts *counts)
{
	if (counts->ready > 0 || counts->due < 0)
		return 1;
	return counts->due > 0 && counts->due - og_now_ms() <= DRAIN_SOON_MS;
}

/* Before it sleeps, and once an hour at most, a serving worker removes dead
 * letters that were kept long enough: 1 there are more, look for work in
 * between; 0; -1. */
static int tidy(struct job *job, struct og_err *err)
{
	int64_t keep = job->worker->conf->dead_days * DAY_MS;
	int more;

	if (og_mono_ms() < job->tidy)
		return 0;
	more = og_queue_sweep(job->queue, og_now_ms() - keep, err);
	if (more == 0)
		job->tidy = og_deadline(TIDY_MS);
	return more;
}

/* Nothing is due now. 1: look again; 0: the work is over; -1. */
static int rest(struct job *job, struct og_err *err)
{
	struct og_queue_counts counts;
	int64_t look;
	int more;

	og_worker_tell_queue(job->telemetry, job->queue, &job->queue_due);
	if (job->worker->mode != SERVE) {
		if (og_queue_count(job->queue, &counts, err) < 0)
			return -1;
		if (!worth_waiting(&counts))
			return 0;
	} else if ((more = tidy(job, err)) != 0) {
		return more;
	}
	/* What others took, a broker does not tell. */
	look = job->worker->mode == SERVE ? OG_FOREVER : og_deadline(DRAIN_LOOK_MS);
	return og_queue_wait(job->queue, look, job->stop_fd, err) < 0 ? -1 : 1;
}

/* The job's life; its exit status, or -1. */
static int serve(struct job *job, struct og_err *err)
{
	enum mode mode = job->worker->mode;
	int more = 1;

	while (more > 0 && !og_crew_stopping()) {
		int handled = handle_one(job, err);

		if (handled < 0)
			return -1;
		if (handled == HANDLED && mode == ONCE)
			return 0;
		if (handled == AFRESH || job->spent)
			return JOB_AGAIN;
		if (handled == NOTHING)
			more = rest(job, err);
	}
	if (more < 0)
		return -1;
	return mode == ONCE ? JOB_NOTHING : 0;
}

static int run_job(void *arg, struct og_seat *seat)
{
	struct job job = {
		.worker = arg, .seat = seat, .stop_fd = -1, .presence = -1, .skills = json_object()
	};
	struct og_err err = OG_ERR_INIT;
	int status = -1;

	if (open_job(&job, &err) == 0)
		status = serve(&job, &err);
	if (status < 0)
		og_worker_tell_error(job.telemetry, &err);
	close_job(&job);
	if (status < 0) {
		og_note(job.worker->ctx, "%s", err.msg);
		status = err.code == OG_EUNAVAIL ? JOB_AGAIN : err.code;
	}
	return status;
}

static int final_status(const struct worker *worker, int status, long progress)
{
	if (worker->mode == ONCE)
		return status > JOB_NOTHING ? status : progress == 0;
	return status;
}

/* For a service manager, if one started us: READY=1 when every job is. */
static void tell_ready(void *arg)
{
	og_notify_manager(((struct worker *)arg)->ctx, "READY=1");
}

static void tell_stopping(void *arg)
{
	og_notify_manager(((struct worker *)arg)->ctx, "STOPPING=1");
}

static int tries(const struct worker *worker)
{
	const struct og_conf *conf = worker->conf;

	if (worker->mode != SERVE)
		return TRIES_DRAINING;
	return strcmp(conf->shield, "local:") == 0 && strncmp(conf->queue, "sqlite:", 7) == 0
		       ? TRIES_SERVING
		       : TRIES_REMOTE;
}

static int run_crew(struct worker *worker, struct og_err *err)
{
	struct og_crew crew = { worker->jobs,  run_job,	   worker,	 JOB_AGAIN,
				tries(worker), tell_ready, tell_stopping };
	int presence = og_worker_present(worker->conf->run, err), rc, status;
	long progress;

	if (presence < 0)
		return -1;
	og_collector_start(worker->ctx, worker->conf);
	rc = og_crew_run(&crew, &status, &progress, err);
	close(presence);
	return rc < 0 ? -1 : final_status(worker, status, progress);
}

static int read_mode(struct worker *worker, struct og_err *err)
{
	const char *jobs = og_arg_value(worker->args, "jobs");
	int once = og_arg_flag(worker->args, "once"), drain = og_arg_flag(worker->args, "drain");
	int64_t n = 1;

	if (once && drain)
		return og_fail(err, OG_EUSAGE, "--once and --drain exclude each other");
	if (jobs && og_int_parse(jobs, 1, OG_CREW_MAX, "--jobs", &n, err) < 0)
		return -1;
	if (once && n > 1)
		return og_fail(err, OG_EUSAGE,
			       "--once handles one task: --jobs does not go with it");
	worker->jobs = (int)n;
	worker->mode = once ? ONCE : drain ? DRAIN : SERVE;
	return 0;
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct worker worker = { .ctx = ctx, .args = args };
	int rc = -1;

	if (read_mode(&worker, err) < 0 || og_conf_from(ctx, args, &worker.conf, err) < 0)
		return -1;
	if (strcmp(worker.conf->model, "skill:") != 0) {
		og_fail(err, OG_EUNAVAIL, "model '%s' is not in this version", worker.conf->model);
		og_hint(err, "set `model = skill:` in og.conf");
	} else {
		worker.limits =
			(struct og_budget_limits){ worker.conf->max_steps, worker.conf->max_repeats,
						   worker.conf->task_seconds };
		rc = run_crew(&worker, err);
	}
	og_conf_free(worker.conf);
	return rc;
}

static const struct og_opt options[] = {
	{ "once", 0, OG_OPT_FLAG, NULL, "handle one task; status 1 when there is none" },
	{ "drain", 0, OG_OPT_FLAG, NULL, "handle all there are, then end" },
	{ "jobs", 'j', OG_OPT_VALUE, "N", "tasks at the same time (default: 1)" },
	{ "json", 0, OG_OPT_FLAG, NULL, "one JSON object per task on standard output" },
	{ "quiet", 'q', OG_OPT_FLAG, NULL, "say nothing of tasks that ended as they should" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "", "serve the queue until SIGTERM", options, 0, 0, run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-worker",
	"claim tasks, plan them, and carry them out through the shield",
	commands,
};
