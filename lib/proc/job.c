/* See job.h. */
#include "lib/proc/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/proc-internal.h"

#define PIECE ((size_t)65536)
#define TURN  16 /* pieces */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int keep_input(struct og_job *job, const void *input, size_t len, struct og_err *err)
{
	job->len = len;
	if (len == 0)
		return 0;
	job->input = malloc(len);
	if (!job->input)
		return og_fail_nomem(err);
	memcpy(job->input, input, len);
	return 0;
}

static int start(struct og_job *job, const char *const *argv, const char *const *env_add,
		 struct og_err *err)
{
	int said[2];
	int rc;

	if (pipe2(said, O_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	job->said_fd = said[0];
	rc = og_child_start_saying(argv, env_add, said[1], &job->child, err);
	close(said[1]);
	if (rc < 0)
		return -1;
	if (fcntl(job->child.in, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(job->child.out, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(job->said_fd, F_SETFL, O_NONBLOCK) < 0)
		return og_fail(err, OG_EOS, "cannot set up a pipe: %s", strerror(errno));
	return 0;
}

int og_job_start(const char *const *argv, const char *const *env_add, const void *input, size_t len,
		 size_t out_max, struct og_job **ret, struct og_err *err)
{
	struct og_job *job = calloc(1, sizeof(*job));

	if (!job)
		return og_fail_nomem(err);
	job->child = (struct og_child){ -1, -1, -1 };
	job->said_fd = -1;
	og_buf_init(&job->out, out_max);
	og_buf_init(&job->said, OG_JOB_SAID_MAX);
	if (keep_input(job, input, len, err) < 0 || start(job, argv, env_add, err) < 0) {
		og_job_free(job);
		return -1;
	}
	*ret = job;
	return 0;
}

/* A child that does not read on is no error: its answer decides. */
static void feed(struct og_job *job)
{
	while (!job->in_over) {
		ssize_t n = job->done < job->len ? write(job->child.in, job->input + job->done,
							 job->len - job->done)
						 : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0)
			job->done += (size_t)n;
		else
			job->in_over = 1;
	}
}

/* Reads what is there, or so much of it that others get their turn. */
static int drain(struct og_job *job, int fd, int *over,
		 int (*keep)(struct og_job *job, const char *data, size_t len), struct og_err *err)
{
	char piece[PIECE];

	for (int turn = 0; !*over && turn < TURN; turn++) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0)
			return og_fail(err, OG_EIO, "cannot read from a child: %s",
				       strerror(errno));
		if (n == 0)
			*over = 1;
		else if (keep(job, piece, (size_t)n) < 0)
			return og_buf_check(&job->out, "output of a program", err);
	}
	return 0;
}

static int keep_out(struct og_job *job, const char *data, size_t len)
{
	return og_buf_add(&job->out, data, len);
}

static int keep_said(struct og_job *job, const char *data, size_t len)
{
	size_t room = job->said.max - job->said.len;

	og_buf_add(&job->said, data, len < room ? len : room);
	return 0;
}

int og_job_pump(struct og_job *job, struct og_err *err)
{
	feed(job);
	if (drain(job, job->child.out, &job->out_over, keep_out, err) < 0 ||
	    drain(job, job->said_fd, &job->said_over, keep_said, err) < 0)
		return -1;
	return !job->out_over || !job->said_over;
}

void og_job_shut(struct og_job *job)
{
	if (job->in_over)
		close_fd(&job->child.in);
	if (job->out_over)
		close_fd(&job->child.out);
	if (job->said_over)
		close_fd(&job->said_fd);
}

int og_job_reap(struct og_job *job)
{
	int raw;

	if (job->exited || job->child.pid <= 0)
		return 1;
	if (waitpid(job->child.pid, &raw, WNOHANG) != job->child.pid)
		return 0;
	job->exited = 1;
	job->status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	job->child.pid = -1;
	return 1;
}

void og_job_free(struct og_job *job)
{
	if (!job)
		return;
	if (job->child.pid > 0)
		kill(job->child.pid, SIGKILL);
	og_child_end(&job->child, OG_FOREVER, NULL);
	close_fd(&job->said_fd);
	og_buf_release(&job->out);
	og_buf_release(&job->said);
	free(job->input);
	free(job);
}
