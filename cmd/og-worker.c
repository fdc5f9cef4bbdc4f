/*
 * og-worker: claims tasks, plans them, asks the shield, finishes them. A
 * supervisor forks one process per job; each job has its own queue handle
 * and its own og-shield child, and ends itself when either fails, so that
 * the kernel frees its claim and the supervisor can start it afresh.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "lib/agent/agent.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"

#define MAX_JOBS 64
#define RETRY_DELAY_MS 1000
#define RESTART_PAUSE_MS 100
#define RESTARTS_MAX 50 /* in a row, without one finished task between them */
#define STOP_BOUND_MS 30000

enum mode { SERVE, DRAIN, ONCE };

/* Exit status of a job process, besides 0. */
enum { JOB_NOTHING = 1, JOB_RESTART = OG_ETEMP };

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
	struct og_queue *queue;
	struct og_channel *channel;
	int stop_fd; /* signalfd: readable when asked to stop */
};

static int wants_stop(const struct job *job)
{
	sigset_t pending;

	(void)job;
	sigpending(&pending);
	return sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT);
}

static int open_channel(struct job *job, struct og_err *err)
{
	char *shield = og_program_path(job->worker->ctx->exe_dir, "og-shield");
	int rc;

	if (!shield)
		return og_fail_nomem(err);
	rc = og_channel_open(shield, job->worker->conf->home, &job->channel, err);
	free(shield);
	return rc;
}

/* The shield runs already; from here on no program is started, no socket
 * made, and no file used but the queue and the bells. */
static int give_up_authority(const struct job *job, struct og_err *err)
{
	const char *home[] = { job->worker->conf->home, NULL };

	if (og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
	return og_sandbox_paths(NULL, home, err) < 0 ? -1 : 0;
}

static int open_job(struct job *job, struct og_err *err)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	job->stop_fd = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
	if (job->stop_fd < 0)
		return og_fail(err, OG_EOS, "cannot watch signals: %s", strerror(errno));
	if (open_channel(job, err) < 0 ||
	    og_queue_open(job->worker->conf->queue, job->worker->conf->home, &job->queue, err) < 0)
		return -1;
	return give_up_authority(job, err);
}

static void close_job(struct job *job)
{
	og_queue_close(job->queue);
	og_channel_close(job->channel);
	if (job->stop_fd >= 0)
		close(job->stop_fd);
}

static int print_json(const struct og_agent_report *report, int64_t ms, struct og_err *err)
{
	static const char *const outcomes[] = { "ack", "dead", "lost", "retry" };
	json_t *line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "v", 1, "task", report->task,
				 "outcome", outcomes[report->outcome], "state", report->state, "skill",
				 report->skill, "principal", report->principal, "reason", report->why,
				 "ms", (json_int_t)ms);
	int rc = line ? og_print_json(line, err) : og_fail_nomem(err);

	json_decref(line);
	if (rc == 0)
		fflush(stdout);
	return rc;
}

static int say(const struct job *job, const struct og_agent_report *report, int64_t ms,
	       struct og_err *err)
{
	const struct worker *worker = job->worker;

	if (og_arg_flag(worker->args, "json"))
		return print_json(report, ms, err);
	if (og_arg_flag(worker->args, "quiet") && report->outcome == OG_OUTCOME_ACK)
		return 0;
	if (report->outcome == OG_OUTCOME_ACK)
		og_note(worker->ctx, "%s %s%s%s for %s, %lld ms%s%s", report->task, report->state,
			report->skill[0] ? " " : "", report->skill, report->principal, (long long)ms,
			report->why[0] ? ": " : "", report->why);
	else
		og_note(worker->ctx, "%s %s: %s", report->task[0] ? report->task : "a task",
			report->outcome == OG_OUTCOME_DEAD ? "is a dead letter" :
			report->outcome == OG_OUTCOME_LOST ? "was taken over" :
							     "will be tried again",
			report->why);
	return 0;
}

/* The delivery's fate. 1: go on; 0: this process is of no more use; -1. */
static int settle(struct job *job, const struct og_delivery *delivery,
		  const struct og_agent_report *report, struct og_err *err)
{
	int rc = 0;

	switch (report->outcome) {
	case OG_OUTCOME_ACK:
		rc = og_queue_ack(job->queue, delivery->ticket, err);
		if (rc == 0)
			rc = og_bell_ring(job->worker->conf->run, OG_BELL_DONE, err);
		return rc < 0 ? -1 : 1;
	case OG_OUTCOME_DEAD:
		rc = og_queue_dead(job->queue, delivery->ticket, report->why, err);
		if (rc == 0)
			rc = og_bell_ring(job->worker->conf->run, OG_BELL_DONE, err);
		return rc < 0 ? -1 : 1;
	case OG_OUTCOME_LOST:
		return 0; /* our claim ends with us */
	default:
		rc = og_queue_release(job->queue, delivery->ticket,
				      delivery->attempts > 1 ? RETRY_DELAY_MS : 0, err);
		return rc < 0 ? -1 : 0;
	}
}

/* 1: one task was handled; 0: nothing is due; 2: handled, but start afresh; -1. */
static int handle_one(struct job *job, struct og_err *err)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_agent_report report;
	int64_t started = og_mono_ms();
	int claimed = og_queue_claim(job->queue, &delivery, err), go;

	if (claimed <= 0)
		return claimed;
	og_agent_run(job->channel, &job->worker->limits, delivery.envelope,
		     strlen(delivery.envelope), &report);
	go = settle(job, &delivery, &report, err);
	og_delivery_release(&delivery);
	if (go < 0 || say(job, &report, og_mono_ms() - started, err) < 0)
		return -1;
	return go ? 1 : 2;
}

/* The job's life; its exit status, or -1. */
static int serve(struct job *job, struct og_err *err)
{
	enum mode mode = job->worker->mode;

	while (!wants_stop(job)) {
		int handled = handle_one(job, err);

		if (handled < 0)
			return -1;
		if (handled == 2)
			return JOB_RESTART;
		if (handled && mode == ONCE)
			return 0;
		if (handled)
			continue;
		if (mode != SERVE)
			return mode == ONCE ? JOB_NOTHING : 0;
		if (og_queue_wait(job->queue, OG_FOREVER, job->stop_fd, err) < 0)
			return -1;
	}
	return 0;
}

static void run_job(const struct worker *worker)
{
	struct job job = { .worker = worker, .stop_fd = -1 };
	struct og_err err = OG_ERR_INIT;
	int status = -1;

	/* A supervisor that is killed takes its jobs along, in good order. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (open_job(&job, &err) == 0)
		status = serve(&job, &err);
	close_job(&job);
	if (status < 0) {
		og_note(worker->ctx, "%s", err.msg);
		status = err.code == OG_EUNAVAIL ? JOB_RESTART : err.code;
	}
	fflush(stdout);
	_exit(status);
}

/* --- the supervisor ------------------------------------------------------ */

struct crew {
	const struct worker *worker;
	pid_t pids[MAX_JOBS];
	int alive, stopping, restarts;
	int status; /* the worst exit status of a job that is not started again */
	int handled; /* --once: some job had a task */
};

static int start_job(struct crew *crew, int slot, struct og_err *err)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return og_fail(err, OG_EOS, "cannot start a job: %s", strerror(errno));
	if (pid == 0)
		run_job(crew->worker);
	crew->pids[slot] = pid;
	crew->alive++;
	return 0;
}

static void stop_all(struct crew *crew, int sig)
{
	for (int i = 0; i < crew->worker->jobs; i++)
		if (crew->pids[i] > 0)
			kill(crew->pids[i], sig);
}

static void pause_ms(long ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* A job ended: start it again, or take note of how. */
static int job_ended(struct crew *crew, int slot, int raw, struct og_err *err)
{
	int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : JOB_RESTART;

	crew->pids[slot] = 0;
	crew->alive--;
	if (!crew->stopping && status == JOB_RESTART && crew->restarts++ < RESTARTS_MAX) {
		pause_ms(RESTART_PAUSE_MS);
		return start_job(crew, slot, err);
	}
	crew->handled |= status == 0;
	if (status > crew->status)
		crew->status = status;
	/* One job that cannot go on at all ends the others in good order. */
	if (status > JOB_NOTHING && !crew->stopping) {
		crew->stopping = 1;
		stop_all(crew, SIGTERM);
	}
	return 0;
}

static int reap(struct crew *crew, struct og_err *err)
{
	pid_t pid;
	int raw;

	while ((pid = waitpid(-1, &raw, WNOHANG)) > 0)
		for (int i = 0; i < crew->worker->jobs; i++)
			if (crew->pids[i] == pid && job_ended(crew, i, raw, err) < 0)
				return -1;
	return 0;
}

static void begin_stop(struct crew *crew)
{
	crew->stopping = 1;
	stop_all(crew, SIGTERM);
}

/* Sleeps until a job ends or somebody asks to stop. */
static int supervise(struct crew *crew, const sigset_t *signals, struct og_err *err)
{
	struct timespec bound = { STOP_BOUND_MS / 1000, 0 };

	while (crew->alive > 0) {
		int sig = sigtimedwait(signals, NULL, crew->stopping ? &bound : NULL);

		if (sig == SIGTERM || sig == SIGINT)
			begin_stop(crew);
		else if (sig < 0 && errno == EAGAIN)
			stop_all(crew, SIGKILL); /* what is left goes on from the journal */
		if (reap(crew, err) < 0)
			return -1;
	}
	return 0;
}

static int final_status(const struct crew *crew)
{
	if (crew->worker->mode == ONCE)
		return crew->status > JOB_NOTHING ? crew->status : !crew->handled;
	return crew->status;
}

static int run_crew(const struct worker *worker, struct og_err *err)
{
	struct crew crew = { .worker = worker };
	int presence = og_worker_present(worker->conf->run, err), rc = -1;
	sigset_t signals;

	if (presence < 0)
		return -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (int i = 0; i < worker->jobs; i++)
		if (start_job(&crew, i, err) < 0) {
			begin_stop(&crew);
			break;
		}
	rc = supervise(&crew, &signals, err);
	close(presence);
	if (rc == 0 && err->code == 0)
		return final_status(&crew);
	return -1;
}

static int read_mode(struct worker *worker, struct og_err *err)
{
	const char *jobs = og_arg_value(worker->args, "jobs");
	int once = og_arg_flag(worker->args, "once"), drain = og_arg_flag(worker->args, "drain");
	int64_t n = 1;

	if (once && drain)
		return og_fail(err, OG_EUSAGE, "--once and --drain exclude each other");
	if (jobs && og_int_parse(jobs, 1, MAX_JOBS, "--jobs", &n, err) < 0)
		return -1;
	if (once && n > 1)
		return og_fail(err, OG_EUSAGE, "--once handles one task: --jobs does not go with it");
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
		worker.limits = (struct og_budget_limits){ worker.conf->max_steps,
							   worker.conf->max_repeats,
							   worker.conf->task_seconds };
		rc = run_crew(&worker, err);
	}
	og_conf_free(worker.conf);
	return rc;
}

static const struct og_opt options[] = {
	{ "once", 0, OG_OPT_FLAG, NULL, "handle one task; status 1 when none was due" },
	{ "drain", 0, OG_OPT_FLAG, NULL, "handle what is due, then end" },
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
