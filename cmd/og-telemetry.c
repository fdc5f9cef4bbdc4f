/* See og-telemetry.h. */
#include "cmd/og-telemetry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/task/envelope.h"
#include "lib/telemetry/place.h"

#define READY_MS 2000
#define LOG	 "telemetry.log" /* in run/: what a collector has to say */

int og_telemetry_from(const struct og_ctx *ctx, const struct og_conf *conf, int late,
		      struct og_telemetry **ret, struct og_err *err)
{
	const char *content = conf->telemetry_content;
	struct og_telemetry_place place = { conf->telemetry,
					    conf->run,
					    ctx->program,
					    OG_VERSION,
					    strcmp(content, "on") == 0,
					    late };

	if (!place.content && strcmp(content, "off") != 0)
		return og_fail(err, OG_ECONF, "telemetry_content '%s' is neither on nor off",
			       content);
	return og_telemetry_open(&place, ret, err);
}

const char *og_trace_from(const struct og_ctx *ctx)
{
	const char *trace = ctx->env("TRACEPARENT");

	return trace && og_trace_valid(trace) ? trace : NULL;
}

/* Between fork and exec: async-signal-safe calls only. Nothing of ours is
 * kept open, so that nobody who reads from us waits for a collector. */
static void become_collector(const char *const *argv, int ready, int log)
{
	sigset_t none;
	char *const *args;

	memcpy(&args, &argv, sizeof(args));
	setsid();
	if (fork() != 0)
		_exit(0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(ready, 1) < 0 || dup2(log, 2) < 0 || dup2(log, 0) < 0 || chdir("/") < 0)
		_exit(71);
	close_range(3, ~0U, 0);
	execv(argv[0], args);
	_exit(127);
}

/* It closes its standard output when it listens, or ends. */
static void wait_ready(int fd)
{
	int64_t deadline = og_deadline(READY_MS);
	struct pollfd p = { fd, POLLIN, 0 };

	while (poll(&p, 1, og_deadline_left(deadline)) < 0 && errno == EINTR)
		;
}

static int launch(const char *const *argv, int log, struct og_err *err)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		become_collector(argv, pipes[1], log);
	close(pipes[1]);
	if (pid > 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		wait_ready(pipes[0]);
	}
	close(pipes[0]);
	return pid < 0 ? og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno)) : 0;
}

static int start(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	char *program = og_libexec_path(ctx->exe_dir, "og-otlp");
	char *path = og_path_join(conf->run, LOG);
	const char *argv[] = { program, "--linger", "--home", conf->home, NULL };
	int log = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1, rc = -1;

	if (!program || !path)
		og_fail_nomem(err);
	else if (log < 0)
		og_fail(err, OG_EOS, "cannot open '%s': %s", path, strerror(errno));
	else if (access(program, X_OK) < 0)
		og_fail(err, OG_EUNAVAIL, "cannot start '%s': %s", program, strerror(errno));
	else
		rc = launch(argv, log, err);
	if (log >= 0)
		close(log);
	free(path);
	free(program);
	return rc;
}

void og_collector_start(const struct og_ctx *ctx, const struct og_conf *conf)
{
	struct og_err err = OG_ERR_INIT;
	enum og_telemetry_sink sink;

	if (og_telemetry_setting(conf->telemetry, &sink, NULL, &err) == 0 &&
	    (sink == OG_SINK_OFF || og_collector_alive(conf->run)))
		return;
	if (err.code || start(ctx, conf, &err) < 0)
		og_note(ctx, "no telemetry: %s", err.msg);
}
