/*
 * og up: keeps the services of an instance running; og down: stops it. The
 * work is done by three who know little of each other: a keeper of services
 * (lib/proc/service.h), a guard above it that leaves no orphan
 * (lib/proc/guard.h), and what og-up-tell.c says to people and programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/og-up.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/guard.h"

#define DOWN_MS (OG_UP_STOPS + OG_GUARD_MS + 5000)

/* --- the keeper -------------------------------------------------------------- */

/* Half of what the manager allows between two signs of life. */
static int64_t watchdog_ms(const struct og_ctx *ctx)
{
	const char *text = ctx->env("WATCHDOG_USEC");
	int64_t usec;

	if (!text || !ctx->env("NOTIFY_SOCKET") ||
	    og_int_parse(text, 1, INT64_MAX, "WATCHDOG_USEC", &usec, NULL) < 0)
		return 0;
	return usec / 2000 > 0 ? usec / 2000 : 1;
}

/* How it went: what had to be said of a service at the end. */
static int verdict(struct og_up *up, struct og_err *err)
{
	char names[OG_NAMES_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < up->services.n; i++)
		if (up->list[i].trouble[0] && len < sizeof(names))
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
						len ? ", " : "", up->list[i].name);
	if (len == 0)
		return 0;
	og_fail(err, OG_EUNAVAIL, "in trouble at the end: %s", names);
	return og_hint(err, "og logs shows what they said");
}

static int keep(struct og_up *up, struct og_err *err)
{
	int lock = -1, rc;

	if (og_up_lock(up->conf, OG_UP_KEEPER, &lock, err) < 0)
		return -1;
	og_up_hooks(up);
	up->services.ready_ms = (int64_t)up->conf->ready_seconds * 1000;
	up->services.stop_ms = OG_UP_STOPS;
	up->services.wake_ms = watchdog_ms(up->ctx);
	og_up_write_state(up);
	rc = og_services_run(&up->services, err);
	up->phase = "stopped";
	og_up_say(up, 6, "stopped");
	og_up_write_state(up);
	close(lock);
	return rc < 0 ? -1 : verdict(up, err);
}

/* --- og up -------------------------------------------------------------------- */

static int guarded(struct og_up *up, struct og_err *err)
{
	int lock = -1, status = 0, guard;

	if (og_up_lock(up->conf, OG_UP_GUARD, &lock, err) < 0)
		return -1;
	guard = og_guard(up->ready_fd >= 0, &status, err);
	if (guard == 0)
		return keep(up, err);
	if (guard < 0)
		return -1;
	if (status > 128)
		return og_fail(err, OG_EOS,
			       "og up was killed by signal %d; its services were ended",
			       status - 128);
	return status; /* the keeper has said why */
}

/* 'y' all are ready, 'n' some are not; without a word it ended, and said why. */
static int wait_for_word(int fd, pid_t child, struct og_err *err)
{
	char word = 0;
	int status = 0;
	ssize_t n;

	do
		n = read(fd, &word, 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	if (n == 1 && word == 'y')
		return 0;
	if (n == 1) {
		og_fail(err, OG_EUNAVAIL, "not all services are ready");
		return og_hint(err, "og status tells which; og up goes on trying");
	}
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) > 0)
		return WEXITSTATUS(status);
	return og_fail(err, OG_EUNAVAIL, "og up ended before its services were ready");
}

static int detach(struct og_up *up, struct og_err *err)
{
	int pipes[2];
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		return og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno));
	if (child == 0) {
		close(pipes[0]);
		setsid();
		up->ready_fd = pipes[1];
		return guarded(up, err);
	}
	close(pipes[1]);
	return wait_for_word(pipes[0], child, err);
}

static int run_up(struct og_up *up, const struct og_args *args, struct og_err *err)
{
	const char *names[OG_SERVICES_MAX + 1] = { NULL };
	pid_t other;

	for (size_t i = 0; og_arg(args, i); i++) {
		if (i == OG_SERVICES_MAX)
			return og_fail(err, OG_EUSAGE, "too many services");
		names[i] = og_arg(args, i);
	}
	if (og_up_services(up, names, err) < 0)
		return -1;
	/* Before anything of it is touched: the logs are the other one's. */
	other = og_up_holder(up->conf);
	if (other != 0)
		return og_up_busy(other, err);
	if (chdir(up->conf->home) < 0)
		return og_fail(err, OG_ECONF, "cannot enter '%s': %s", up->conf->home,
			       strerror(errno));
	if (og_up_tell_open(up, err) < 0)
		return -1;
	return og_arg_flag(args, "detach") ? detach(up, err) : guarded(up, err);
}

int og_run_up(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_up *up = calloc(1, sizeof(*up));
	struct og_conf *conf = NULL;
	int rc = -1;

	if (!up)
		return og_fail_nomem(err);
	up->ctx = ctx;
	up->logs = up->ready_fd = up->own_log.fd = -1;
	if (og_conf_from(ctx, args, &conf, err) == 0) {
		up->conf = conf;
		rc = run_up(up, args, err);
	}
	og_up_tell_close(up);
	og_up_release(up);
	og_conf_free(conf);
	free(up);
	return rc;
}

/* --- og down ------------------------------------------------------------------- */

/* The lock's holder, held on to: between its number and the signal it could
 * end, and another process get the number. 1 signalled, 0 nobody runs. */
static int signal_holder(const struct og_conf *conf, int sig, int *ret_fd, struct og_err *err)
{
	pid_t pid = og_up_holder(conf);
	int fd;

	if (pid == 0)
		return 0;
	if (pid < 0)
		return og_fail(err, OG_EUNAVAIL, "og up runs where its process cannot be seen");
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0 && errno == ESRCH)
		return 0;
	if (fd < 0)
		return og_fail(err, OG_EOS, "cannot hold on to process %d: %s", (int)pid,
			       strerror(errno));
	if (og_up_holder(conf) != pid || syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) < 0) {
		close(fd);
		return og_fail(err, OG_ETEMP, "og up is ending just now");
	}
	*ret_fd = fd;
	return 1;
}

/* Until nobody holds a lock: the keeper may outlive its guard. */
static int wait_gone(const struct og_conf *conf, int64_t deadline, struct og_err *err)
{
	while (og_up_holder(conf) != 0) {
		if (og_deadline_left(deadline) == 0)
			return og_fail(err, OG_ETEMP, "og up has not stopped yet");
		poll(NULL, 0, 20);
	}
	return 0;
}

static int stop(const struct og_conf *conf, struct og_err *err)
{
	int64_t deadline = og_deadline(DOWN_MS);
	struct pollfd end = { -1, POLLIN, 0 };
	int found = signal_holder(conf, SIGTERM, &end.fd, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return og_fail(err, OG_NO, "og up does not run for this instance");
	while (poll(&end, 1, og_deadline_left(deadline)) < 0 && errno == EINTR)
		;
	close(end.fd);
	return wait_gone(conf, deadline, err);
}

int og_run_down(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	rc = stop(conf, err);
	og_conf_free(conf);
	return rc;
}
