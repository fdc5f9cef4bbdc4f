/*
 * og-worker: claims tasks, plans them, asks the shield, finishes them. A
 * supervisor (lib/proc/crew.h) forks one process per job; each job has its
 * own queue handle and its own og-shield child, and ends itself when either
 * fails: the kernel frees its claim, the supervisor starts it afresh, and
 * the task goes on from its journal. So nothing that was sealed off has to
 * be opened again, and there is one way to recover, whoever died.
 */
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "cmd/og-telemetry.h"
#include "cmd/og-worker.h"
#include "lib/base/text.h"
#include "lib/proc/crew.h"
#include "lib/queue/bell.h"

#define TRIES_SERVING  20 /* starts of a job in a row in which nothing got done */
#define TRIES_DRAINING 5
/* A host that is cut off for a day works again when it is back. */
#define TRIES_REMOTE INT_MAX

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
	struct og_crew crew = { worker->jobs,  job_run,	   worker,	 JOB_AGAIN,
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

/* What excludes what. */
static int check_options(const struct og_args *args, struct og_err *err)
{
	int dry = og_arg_flag(args, "dry-run"), rerun = og_arg_value(args, "rerun") != NULL;
	int once = og_arg_flag(args, "once"), drain = og_arg_flag(args, "drain");

	if (once && drain)
		return og_fail(err, OG_EUSAGE, "--once and --drain exclude each other");
	if (dry + rerun + (once || drain) > 1)
		return og_fail(err, OG_EUSAGE,
			       "--dry-run and --rerun exclude each other and other work");
	if (og_arg_value(args, "task") && !dry)
		return og_fail(err, OG_EUSAGE, "--task goes with --dry-run");
	if (og_arg_value(args, "as") && !rerun)
		return og_fail(err, OG_EUSAGE, "--as goes with --rerun");
	return 0;
}

static int read_mode(struct worker *worker, struct og_err *err)
{
	const char *jobs = og_arg_value(worker->args, "jobs");
	int once = og_arg_flag(worker->args, "once"), drain = og_arg_flag(worker->args, "drain");
	int64_t n = 1;

	if (check_options(worker->args, err) < 0)
		return -1;
	if (jobs && og_int_parse(jobs, 1, OG_CREW_MAX, "--jobs", &n, err) < 0)
		return -1;
	if (once && n > 1)
		return og_fail(err, OG_EUSAGE,
			       "--once handles one task: --jobs does not go with it");
	worker->jobs = (int)n;
	worker->mode = once ? ONCE : drain ? DRAIN : SERVE;
	return 0;
}

void worker_reasoning(const struct worker *worker, struct og_reasoning *ret)
{
	const struct og_conf *conf = worker->conf;

	*ret = (struct og_reasoning){ .model = &worker->model,
				      .max_output = conf->model_output,
				      .patience_ms = (int64_t)conf->model_patience * 1000,
				      .stream = strcmp(conf->model_stream, "on") == 0,
				      .writes = strcmp(conf->model_writes, "none") != 0,
				      .fallback = strcmp(conf->fallback, "skill") == 0 };
}

/* What is wrong with it shows before a job is started for it. */
static int read_model(struct worker *worker, struct og_err *err)
{
	struct og_provider_place place = { .model = &worker->model,
					   .key = worker->conf->model_key };
	struct og_provider_key key;

	worker->thinks = og_model_from(worker->conf->model, &worker->model, err);
	if (worker->thinks < 0)
		return -1;
	return worker->thinks ? og_provider_key(worker->ctx, worker->conf, &place, &key, err) : 0;
}

/* One of its kinds of work. */
static int work(struct worker *worker, struct og_err *err)
{
	const char *rerun = og_arg_value(worker->args, "rerun");

	if (rerun)
		return worker_rerun(worker, rerun, err);
	if (read_model(worker, err) < 0)
		return -1;
	if (worker->thinks)
		prctl(PR_SET_DUMPABLE, 0); /* a core would have its secret in it */
	if (og_arg_flag(worker->args, "dry-run"))
		return worker_dry(worker, og_arg_value(worker->args, "task"), err);
	return run_crew(worker, err);
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct worker worker = { .ctx = ctx, .args = args };
	int rc;

	if (read_mode(&worker, err) < 0 || og_conf_from(ctx, args, &worker.conf, err) < 0)
		return -1;
	worker.limits = (struct og_budget_limits){ worker.conf->max_steps, worker.conf->max_repeats,
						   worker.conf->task_seconds };
	rc = work(&worker, err);
	og_conf_free(worker.conf);
	return rc;
}

static const struct og_opt options[] = {
	{ "once", 0, OG_OPT_FLAG, NULL, "handle one task; status 1 when there is none" },
	{ "drain", 0, OG_OPT_FLAG, NULL, "handle all there are, then end" },
	{ "jobs", 'j', OG_OPT_VALUE, "N", "tasks at the same time (default: 1)" },
	{ "json", 0, OG_OPT_FLAG, NULL, "one JSON object per task on standard output" },
	{ "quiet", 'q', OG_OPT_FLAG, NULL, "say nothing of tasks that ended as they should" },
	{ "dry-run", 0, OG_OPT_FLAG, NULL, "print what the model would be asked, and ask nobody" },
	{ "task", 0, OG_OPT_VALUE, "ID", "with --dry-run: of this task, not of the next one" },
	{ "rerun", 0, OG_OPT_VALUE, "TASK", "a task again, from its journal or a file with one" },
	{ "as", 0, OG_OPT_VALUE, "NAME", "with --rerun: who asks for the journal" },
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
