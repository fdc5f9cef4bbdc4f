/*
 * Starting and ending children. fork and exec rather than posix_spawn: the
 * child has to ask for its parent's death signal and close what it
 * inherited, which posix_spawn cannot do.
 */
#include "lib/proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/proc-internal.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Is the variable of that "K=V" among the added ones? */
static int is_added(const char *variable, const char *const *env_add)
{
	size_t len = strcspn(variable, "=") + 1;

	for (; env_add && *env_add; env_add++)
		if (strncmp(*env_add, variable, len) == 0)
			return 1;
	return 0;
}

char **og_child_environment(const char *const *env_add)
{
	size_t added = 0, inherited = 0, n;
	char **env;

	while (env_add && env_add[added])
		added++;
	while (environ[inherited])
		inherited++;
	env = calloc(added + inherited + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (n = 0; n < added; n++)
		memcpy(&env[n], &env_add[n], sizeof(*env));
	for (char **old = environ; *old; old++)
		if (!is_added(*old, env_add))
			env[n++] = *old;
	return env;
}

/* What the child gets as 0, 1 and 2; err -1: what it inherits. */
struct ends {
	int in, out, err;
};

/* Between fork and exec: async-signal-safe calls only. */
static void run_child(const char *const *argv, char **env, struct ends ends, pid_t parent)
{
	char *const *args;

	memcpy(&args, &argv, sizeof(args));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(71);
	if (dup2(ends.in, 0) < 0 || dup2(ends.out, 1) < 0 ||
	    (ends.err >= 0 && dup2(ends.err, 2) < 0))
		_exit(71);
	signal(SIGPIPE, SIG_DFL);
	execve(argv[0], args, env);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Both ends close on exec, so that no other child keeps a pipe open. */
static int make_pipes(int to[2], int from[2], struct og_err *err)
{
	if (pipe2(to, O_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(from, O_CLOEXEC) < 0) {
		int saved = errno;

		close_fd(&to[0]);
		close_fd(&to[1]);
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(saved));
	}
	return 0;
}

int og_child_start_saying(const char *const *argv, const char *const *env_add, int said,
			  struct og_child *ret, struct og_err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	pid_t parent = getpid(), pid;
	char **env;
	int rc = -1;

	if (access(argv[0], X_OK) < 0)
		return og_fail(err, OG_EUNAVAIL, "cannot start '%s': %s", argv[0], strerror(errno));
	env = og_child_environment(env_add);
	if (!env)
		return og_fail_nomem(err);
	if (make_pipes(to, from, err) < 0)
		goto out;
	pid = fork();
	if (pid == 0)
		run_child(argv, env, (struct ends){ to[0], from[1], said }, parent);
	if (pid < 0) {
		og_fail(err, OG_EOS, "cannot start '%s': %s", argv[0], strerror(errno));
		goto out;
	}
	ret->pid = pid;
	ret->in = to[1];
	ret->out = from[0];
	to[1] = from[0] = -1;
	rc = 0;
out:
	close_fd(&to[0]);
	close_fd(&to[1]);
	close_fd(&from[0]);
	close_fd(&from[1]);
	free(env);
	return rc;
}

int og_child_start(const char *const *argv, const char *const *env_add, struct og_child *ret,
		   struct og_err *err)
{
	return og_child_start_saying(argv, env_add, -1, ret, err);
}

/* Waits for pid until the deadline; 1 when it was reaped, else 0. */
static int reap(pid_t pid, int64_t deadline, int *status)
{
	struct timespec pause = { 0, 1000000 };

	for (;;) {
		pid_t got = waitpid(pid, status, deadline == OG_FOREVER ? 0 : WNOHANG);

		if (got == pid || (got < 0 && errno != EINTR))
			return 1;
		if (og_deadline_left(deadline) == 0)
			return 0;
		if (got == 0)
			nanosleep(&pause, NULL);
	}
}

void og_child_end(struct og_child *child, int64_t deadline, int *status)
{
	int ignored = 0;

	close_fd(&child->in);
	close_fd(&child->out);
	if (child->pid <= 0)
		return;
	if (!reap(child->pid, deadline, status ? status : &ignored)) {
		kill(child->pid, SIGKILL);
		reap(child->pid, OG_FOREVER, status ? status : &ignored);
	}
	child->pid = -1;
}

/* One conversation turn of og_child_run: feed input, collect output. */
struct exchange {
	struct og_child *child;
	const char *input;
	size_t left;
	struct og_buf *out;
};

static void feed(struct exchange *x)
{
	ssize_t n = write(x->child->in, x->input, x->left);

	if (n > 0) {
		x->input += n;
		x->left -= (size_t)n;
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	} else {
		x->left = 0; /* the child does not read on: its answer decides */
	}
	if (x->left == 0)
		close_fd(&x->child->in);
}

/* 1: more may come; 0: end of output; -1: error. */
static int collect(struct exchange *x, struct og_err *err)
{
	char piece[65536];
	ssize_t n = read(x->child->out, piece, sizeof(piece));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 1
			       : og_fail(err, OG_EIO, "cannot read from a child: %s",
					 strerror(errno));
	if (n > 0 && og_buf_add(x->out, piece, (size_t)n) < 0)
		return og_buf_check(x->out, "output of a child", err);
	return n > 0;
}

static int exchange_all(struct exchange *x, int64_t deadline, struct og_err *err)
{
	int more = 1;

	fcntl(x->child->in, F_SETFL, O_NONBLOCK);
	if (x->left == 0)
		close_fd(&x->child->in);
	while (more > 0) {
		struct pollfd fds[2] = { { x->child->out, POLLIN, 0 },
					 { x->child->in, POLLOUT, 0 } };
		int n = poll(fds, x->child->in >= 0 ? 2 : 1, og_deadline_left(deadline));

		if (n == 0)
			return og_fail(err, OG_ETEMP, "a child did not answer in time");
		if (n < 0 && errno != EINTR)
			return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
		if (n > 0 && x->child->in >= 0 && fds[1].revents)
			feed(x);
		if (n > 0 && fds[0].revents)
			more = collect(x, err);
	}
	return more;
}

int og_child_talk(struct og_child *child, const void *input, size_t len, int64_t deadline,
		  struct og_buf *out, int *status, struct og_err *err)
{
	struct exchange x = { child, input, len, out };
	int raw = 0, rc;

	rc = exchange_all(&x, deadline, err);
	if (rc < 0)
		kill(child->pid, SIGKILL);
	og_child_end(child, deadline, &raw);
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return rc;
}

int og_child_run(const char *const *argv, const void *input, size_t len, int64_t deadline,
		 struct og_buf *out, int *status, struct og_err *err)
{
	struct og_child child = { -1, -1, -1 };

	if (og_child_start(argv, NULL, &child, err) < 0)
		return -1;
	return og_child_talk(&child, input, len, deadline, out, status, err);
}
