/*
 * Scenarios side by side. Signals that ask us to stop are blocked and read
 * from a descriptor, here and in everything that is started: a stop that
 * reaches the whole group lets our children end in order, by us.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/og-eval.h"
#include "lib/base/clock.h"
#include "lib/proc/job.h"
#include "lib/proc/signals.h"

#define SLOTS_MAX 64

struct slot {
	struct og_job *job;
	size_t i;
	int64_t deadline;
	int over; /* it has said all */
};

struct running {
	const struct pool *pool;
	struct slot slots[SLOTS_MAX];
	size_t next; /* to be started */
	int signals;
	int busy;
	struct og_err *err;
};

static int open_signals(struct og_err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD, 0 };

	return og_signals_open(signals, err);
}

/* 1: a stop was asked for. */
static int read_signals(int fd)
{
	struct signalfd_siginfo info;
	int stop = 0;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			stop = 1;
	return stop;
}

static int end_slot(struct running *r, struct slot *slot, const char *why)
{
	struct og_job *job = slot->job;
	size_t i = slot->i;
	int rc;

	slot->job = NULL;
	r->busy--;
	rc = r->pool->done(r->pool->arg, i, why ? NULL : &job->out,
			   why		   ? why
			   : job->said.len ? job->said.data
					   : "",
			   r->err);
	og_job_free(job);
	return rc;
}

static int start_slot(struct running *r, struct slot *slot)
{
	char *input = r->pool->input(r->pool->arg, r->next);
	int rc;

	if (!input)
		return og_fail_nomem(r->err);
	slot->i = r->next++;
	slot->over = 0;
	slot->deadline = og_deadline(r->pool->timeout_ms);
	rc = og_job_start(r->pool->argv, r->pool->env, input, strlen(input), EVAL_LINE_MAX,
			  &slot->job, r->err);
	free(input);
	if (rc == 0)
		r->busy++;
	return rc;
}

static int start_more(struct running *r)
{
	for (int k = 0; k < r->pool->jobs && r->next < r->pool->n; k++)
		if (!r->slots[k].job && start_slot(r, &r->slots[k]) < 0)
			return -1;
	return 0;
}

/* One that misbehaves fails its scenario, not the others. */
static int tend_slot(struct running *r, struct slot *slot)
{
	struct og_err why = OG_ERR_INIT;
	int more;

	if (og_deadline_left(slot->deadline) == 0)
		return end_slot(r, slot, "it took too long");
	more = slot->over ? 0 : og_job_pump(slot->job, &why);
	if (more < 0)
		return end_slot(r, slot, why.msg);
	slot->over = more == 0;
	og_job_shut(slot->job);
	if (!slot->over || !og_job_reap(slot->job))
		return 0;
	return end_slot(r, slot, NULL);
}

static int wait_some(struct running *r)
{
	struct pollfd fds[3 * SLOTS_MAX + 1] = { { r->signals, POLLIN, 0 } };
	int64_t deadline = OG_FOREVER;
	nfds_t n = 1;

	for (int k = 0; k < r->pool->jobs; k++) {
		const struct slot *slot = &r->slots[k];

		if (!slot->job)
			continue;
		deadline = slot->deadline < deadline ? slot->deadline : deadline;
		fds[n++] = (struct pollfd){ slot->job->child.out, POLLIN, 0 };
		fds[n++] = (struct pollfd){ slot->job->said_fd, POLLIN, 0 };
		fds[n++] = (struct pollfd){ slot->job->child.in, POLLOUT, 0 };
	}
	if (poll(fds, n, og_deadline_left(deadline)) < 0 && errno != EINTR)
		return og_fail(r->err, OG_EOS, "cannot poll: %s", strerror(errno));
	return 0;
}

static int run_all(struct running *r)
{
	while (r->next < r->pool->n || r->busy > 0) {
		if (start_more(r) < 0 || wait_some(r) < 0)
			return -1;
		if (read_signals(r->signals))
			return og_fail(r->err, OG_ETEMP, "interrupted");
		for (int k = 0; k < r->pool->jobs; k++)
			if (r->slots[k].job && tend_slot(r, &r->slots[k]) < 0)
				return -1;
	}
	return 0;
}

int pool_run(const struct pool *pool, struct og_err *err)
{
	struct running r = { .pool = pool, .err = err };
	int rc = -1;

	r.signals = open_signals(err);
	if (r.signals >= 0)
		rc = run_all(&r);
	for (int k = 0; k < pool->jobs; k++)
		og_job_free(r.slots[k].job);
	if (r.signals >= 0)
		close(r.signals);
	return rc;
}
