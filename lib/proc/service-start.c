/* One service's processes and what they write; see service.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/proc-internal.h"

#define PIECE	     4096
#define PIECES	     17 /* what a pipe holds, and a little more */
#define PROBE_MIN_MS 20
#define PROBE_MAX_MS 500

/* Signals as a program expects them; we run with some of them blocked. */
static void plain_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
}

/* Between fork and exec: async-signal-safe calls only. */
static void run_service(const struct og_service *service, char **env, int out, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	char *const *args;

	memcpy(&args, &service->argv, sizeof(args));
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(71);
	if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(71);
	if (null > 2)
		close(null);
	plain_signals();
	execve(args[0], args, env);
	_exit(errno == ENOENT ? 127 : 126);
}

int og_service_spawn(struct og_service *service, struct og_err *err)
{
	char **env = og_child_environment(service->env);
	pid_t parent = getpid(), pid;
	int pipes[2];

	if (!env)
		return og_fail_nomem(err);
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		free(env);
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	}
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	pid = fork();
	if (pid == 0)
		run_service(service, env, pipes[1], parent);
	close(pipes[1]);
	free(env);
	if (pid < 0) {
		close(pipes[0]);
		return og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno));
	}
	service->pid = service->group = pid;
	service->out = pipes[0];
	service->line_len = 0;
	return 0;
}

/* Looks again and again, and ends when the answer is yes. */
static void look(const struct og_service *service, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int64_t pause = PROBE_MIN_MS;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(71);
	plain_signals();
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	while (!service->ready(service->arg)) {
		struct timespec span = { pause / 1000, pause % 1000 * 1000000L };

		nanosleep(&span, NULL);
		pause = pause * 3 / 2 < PROBE_MAX_MS ? pause * 3 / 2 : PROBE_MAX_MS;
	}
	_exit(0);
}

int og_service_probe(struct og_service *service, struct og_err *err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno));
	if (pid == 0)
		look(service, parent);
	service->probe = pid;
	return 0;
}

void og_service_unprobe(struct og_service *service)
{
	if (service->probe > 0) {
		kill(service->probe, SIGKILL);
		waitpid(service->probe, NULL, 0);
	}
	service->probe = 0;
}

int og_service_alive(const struct og_service *service)
{
	return service->group > 0 && (kill(-service->group, 0) == 0 || errno != ESRCH);
}

void og_service_kill(struct og_service *service, int sig)
{
	if (service->group > 0)
		kill(-service->group, sig);
}

static void end_line(struct og_service *service, const struct og_services *services)
{
	size_t len = service->line_len;

	service->line_len = 0;
	while (len > 0 && service->line[len - 1] == '\r')
		len--;
	services->line(services->arg, service, service->line, len);
}

static void take(struct og_service *service, const struct og_services *services, const char *text,
		 size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n')
			service->line[service->line_len++] = text[i];
		if (text[i] == '\n' || service->line_len == sizeof(service->line))
			end_line(service, services);
	}
}

void og_service_pump(struct og_service *service, const struct og_services *services)
{
	char piece[PIECE];
	ssize_t n = 1;

	for (int i = 0; service->out >= 0 && n > 0 && i < PIECES; i++) {
		n = read(service->out, piece, sizeof(piece));
		if (n > 0)
			take(service, services, piece, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
		else if (n == 0)
			og_service_mute(service, services);
	}
}

void og_service_mute(struct og_service *service, const struct og_services *services)
{
	if (service->line_len > 0)
		end_line(service, services);
	if (service->out >= 0)
		close(service->out);
	service->out = -1;
}
