/*
 * A job: a program that is run to its end with some input, by a process
 * whose own loop waits for many things. It is og_child_run() taken apart:
 * nothing here waits. The caller watches the three descriptors, calls
 * og_job_pump() when one is ready, and og_job_reap() on SIGCHLD; the job is
 * over when both have said so. Whoever gives up on it calls og_job_free(),
 * which kills what still runs.
 *
 * A descriptor that is over is closed by og_job_shut(), after the caller
 * has ceased to watch it: another child that was just forked may hold a
 * copy of it until its exec, and epoll(7) would tell of it until then.
 */
#ifndef OG_PROC_JOB_H
#define OG_PROC_JOB_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/proc/proc.h"

#define OG_JOB_SAID_MAX ((size_t)4096) /* of its standard error; the rest is dropped */

struct og_job {
	struct og_child child;		  /* in, out: -1 once closed */
	int said_fd;			  /* its standard error, or -1 once closed */
	int in_over, out_over, said_over; /* to be closed, or closed */
	int exited;			  /* reaped: status is its exit status, 128 + signal */
	int status;
	struct og_buf out;
	struct og_buf said;
	char *input; /* what is still to be written, at done */
	size_t len, done;
};

/* input is copied. What it writes beyond out_max is an error of the pump. */
int og_job_start(const char *const *argv, const char *const *env_add, const void *input, size_t len,
		 size_t out_max, struct og_job **ret, struct og_err *err);
/* Writes and reads what can be without waiting. 1: there may be more, 0: it
 * has closed its output and its standard error; -1: OG_EDATA (too much),
 * OG_EIO. */
int og_job_pump(struct og_job *job, struct og_err *err);
/* Closes what is over. */
void og_job_shut(struct og_job *job);
/* 1 when it has ended. */
int og_job_reap(struct og_job *job);
/* Kills and reaps it when it still runs. NULL is legal. */
void og_job_free(struct og_job *job);

#endif
