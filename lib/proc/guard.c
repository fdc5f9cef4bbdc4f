/* See guard.h. */
#include "lib/proc/guard.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define LOOK_MS 20 /* while orphans end */

void og_adopt_orphans(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The parent of a process: the second field after the name, which may hold
 * anything, ")" included. */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd, parent = 0;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* Every child of ours; those of others are not our business. */
static int signal_children(int sig)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    parent_of(entry->d_name) == getpid() &&
		    kill((pid_t)strtol(entry->d_name, NULL, 10), sig) == 0)
			n++;
	if (proc)
		closedir(proc);
	return n;
}

/* 1 while there are children. */
static int reap_all(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0;
}

int og_end_orphans(int64_t deadline)
{
	struct timespec pause = { 0, LOOK_MS * 1000000L };
	int n;

	if (!reap_all())
		return 0;
	n = signal_children(SIGTERM);
	while (reap_all()) {
		if (og_deadline_left(deadline) == 0)
			signal_children(SIGKILL);
		nanosleep(&pause, NULL);
	}
	return n;
}

static void guard_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

/* Until the supervisor ends; its status as of waitpid(2). */
static int watch(pid_t supervisor, const sigset_t *signals)
{
	int status = 0, sig;
	pid_t pid;

	for (;;) {
		sig = sigwaitinfo(signals, NULL);
		if (sig > 0 && sig != SIGCHLD)
			kill(supervisor, sig == SIGINT ? SIGINT : SIGTERM);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == supervisor)
				return status;
	}
}

static void let_go(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
}

int og_guard(int quiet, int *ret_status, struct og_err *err)
{
	pid_t guard = getpid(), supervisor;
	sigset_t signals;
	int status;

	guard_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	og_adopt_orphans();
	supervisor = fork();
	if (supervisor < 0)
		return og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno));
	if (supervisor == 0) {
		setpgid(0, 0); /* ^C reaches the guard, which passes it on once */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != guard)
			_exit(OG_EOS);
		return 0;
	}
	if (quiet)
		let_go();
	status = watch(supervisor, &signals);
	og_end_orphans(og_deadline(OG_GUARD_MS));
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 1;
}
