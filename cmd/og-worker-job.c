/*
 * One job of a worker: a process with a queue handle, a shield and what it
 * may reach, for the tasks of one after the other. What it needs it opens
 * before it gives up the right to.
 */
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/og-embed.h"
#include "cmd/og-main.h"
#include "cmd/og-telemetry.h"
#include "cmd/og-worker.h"
#include "lib/base/clock.h"
#include "lib/proc/crew.h"
#include "lib/queue/bell.h"
#include "lib/sandbox/sandbox.h"

#define DAY_MS	      ((int64_t)24 * 3600 * 1000)
#define TIDY_MS	      ((int64_t)3600 * 1000)
#define DRAIN_LOOK_MS 1000
#define DRAIN_SOON_MS 30000 /* what is due later holds up no --drain */

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

int worker_seal(const struct worker *worker, struct og_err *err)
{
	const char *run[] = { worker->conf->run, NULL };

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

/* For what a model searches. Words find without it, so it is no reason not to
 * work. */
static void open_embedder(struct job *job)
{
	const struct worker *worker = job->worker;
	struct og_err why = OG_ERR_INIT;

	if (!worker->thinks ||
	    og_embedder_open(worker->ctx, worker->conf, &job->embedder, &why) == 0)
		return;
	if (job->embedder && og_embedder_start(job->embedder, &why) == 0)
		job->embed_key = og_embedder_key(job->embedder);
	if (job->embed_key)
		return;
	og_note(worker->ctx, "planners search by words alone: %s", why.msg);
	og_embedder_close(job->embedder);
	job->embedder = NULL;
}

static int embed(void *arg, const char *task, int64_t epoch, const char *text, struct og_err *err)
{
	struct job *job = arg;

	return og_embedder_query(job->embedder, job->channel, task, epoch, text, err);
}

/* Before anything else is started: only og-http is to have the secrets. */
static int open_provider(struct job *job, struct og_err *err)
{
	const struct worker *worker = job->worker;
	struct og_provider_place place = { &worker->model, worker->conf->model_key,
					   worker->conf->model_seconds, job->stop_fd };

	if (worker->thinks &&
	    og_provider_open(worker->ctx, worker->conf, &place, &job->provider, err) < 0)
		return og_wrap(err, "model");
	open_embedder(job);
	og_provider_forget();
	prctl(PR_SET_DUMPABLE, 1);
	worker_reasoning(worker, &job->reasoning);
	job->reasoning.ask = og_provider_ask;
	job->reasoning.arg = job->provider;
	return 0;
}

/* As long as programs can be started: nobody knows what will be proposed. */
static int open_reader(struct job *job, struct og_err *err)
{
	if (og_reader_open(job->worker->ctx, &job->reader, err) < 0)
		return -1;
	if (!job->provider || !job->reasoning.writes)
		return 0;
	job->reasoning.read_skill = og_reader_read;
	job->reasoning.read_skill_arg = job->reader;
	return 0;
}

static int open_job(struct job *job, struct og_err *err)
{
	const struct worker *worker = job->worker;

	job->stop_fd = og_crew_stop_fd(err);
	if (job->stop_fd < 0 || open_provider(job, err) < 0 || open_reader(job, err) < 0 ||
	    og_telemetry_from(worker->ctx, worker->conf, 0, &job->telemetry, err) < 0 ||
	    open_channel(job, err) < 0 ||
	    og_queue_from(worker->ctx, worker->conf, &job->queue, err) < 0 ||
	    open_caller(job, err) < 0 || worker_seal(worker, err) < 0)
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
	og_provider_close(job->provider);
	og_embedder_close(job->embedder);
	json_decref(job->embed_key);
	og_reader_close(job->reader);
	og_telemetry_close(job->telemetry);
	json_decref(job->skills);
	if (job->stop_fd >= 0)
		close(job->stop_fd);
	if (job->presence >= 0)
		close(job->presence);
}

/* A task whose model was not waited for is not to blame. */
static int was_stopped(const struct job *job)
{
	return job->provider && og_provider_stopped(job->provider);
}

/* Is something done now, or in better hands? Many copies of one message take a
 * task away from each other, and no worker has failed for that. */
static int gets_on(const struct og_agent_report *report)
{
	return job_as_usual(report) || report->outcome == OG_OUTCOME_DEAD ||
	       report->outcome == OG_OUTCOME_LOST;
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
					.embed = job->embedder ? embed : NULL,
					.embed_arg = job,
					.embed_key = job->embed_key,
					.read_skill = og_reader_read,
					.read_skill_arg = job->reader,
					.skills = job->skills,
					.asks = strcmp(job->worker->conf->ask, "fail") != 0,
					.reasoning = job->provider ? &job->reasoning : NULL };
	struct og_agent_report report;
	int64_t started = og_mono_ms();
	int claimed = og_queue_claim(job->queue, &delivery, err), rc;

	if (claimed <= 0)
		return claimed < 0 ? -1 : NOTHING;
	og_agent_run(&means, delivery.envelope, strlen(delivery.envelope), &report);
	job->spent = report.outcome == OG_OUTCOME_RETRY;
	if (job->spent && was_stopped(job))
		report.outcome = OG_OUTCOME_TROUBLE;
	else if (job->spent && delivery.attempts >= OG_QUEUE_DELIVERIES)
		report.outcome = OG_OUTCOME_DEAD;
	rc = job_settle(job, &delivery, &report, err);
	og_delivery_release(&delivery);
	og_worker_tell(job->telemetry, &report, og_mono_ms() - started);
	if (rc == 0)
		rc = job_say(job, &report, og_mono_ms() - started, err);
	og_agent_report_release(&report);
	if (rc < 0)
		return -1;
	if (gets_on(&report))
		og_seat_progress(job->seat);
	return job_as_usual(&report) || report.outcome == OG_OUTCOME_DEAD ? HANDLED : AFRESH;
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

int job_run(void *arg, struct og_seat *seat)
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
