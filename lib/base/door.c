/*
 * See door.h. flock knows no deadline, so a timer's signal ends the wait;
 * the timer, the signal and its handler are there only while somebody
 * waits, and polling, which would be simpler, lets through a quarter of
 * the writers. Who holds the door is read off /proc/locks, where the
 * process may still read it.
 */
#include "lib/base/door.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define NUDGE_MS  100 /* then the signal comes again: one may fall between two calls */
#define LOCK_LINE 256

/* The process that holds the lock on this file; 0: it cannot be known. */
static int holder_of(int fd)
{
	unsigned long inode;
	unsigned int major_of, minor_of;
	char line[LOCK_LINE];
	struct stat st;
	int pid, found = 0;
	FILE *locks = fstat(fd, &st) == 0 ? fopen("/proc/locks", "re") : NULL;

	while (locks && !found && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*d: FLOCK ADVISORY WRITE %d %x:%x:%lu", &pid, &major_of,
			   &minor_of, &inode) == 4 &&
		    inode == st.st_ino && makedev(major_of, minor_of) == st.st_dev)
			found = pid;
	if (locks)
		fclose(locks);
	return found;
}

static int still_locked(int fd, const char *what, struct og_err *err)
{
	int pid = holder_of(fd);

	if (pid <= 0) {
		og_fail(err, OG_ETEMP, "somebody has held the %s for more than %d seconds", what,
			OG_DOOR_MS / 1000);
		return og_hint(err, "is one of its programs stopped?");
	}
	og_fail(err, OG_ETEMP, "process %d has held the %s for more than %d seconds", pid, what,
		OG_DOOR_MS / 1000);
	return og_hint(err, "if it is stopped let it go on (kill -CONT %d), or end it", pid);
}

static void nothing(int signal)
{
	(void)signal;
}

/* flock until the timer has rung: 0, or -1 with errno. */
static int lock_until(int fd, int64_t deadline)
{
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR || og_deadline_left(deadline) == 0)
			return -1;
	return 0;
}

static int lock_with_timer(int fd, int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal };
	struct itimerspec when = { { 0, NUDGE_MS * 1000000L }, { OG_DOOR_MS / 1000, 0 } };
	int64_t deadline = og_deadline(OG_DOOR_MS);
	timer_t timer;
	int rc = -1, saved;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return -1;
	if (timer_settime(timer, 0, &when, NULL) == 0)
		rc = lock_until(fd, deadline);
	saved = errno;
	timer_delete(timer);
	errno = saved;
	return rc;
}

/* Waits behind somebody. Nothing of this outlives the wait: what the timer
 * still sent is delivered before the old handler is back. */
static int wait_in_line(int fd)
{
	struct sigaction act = { .sa_handler = nothing }, before;
	int signal = SIGRTMIN + 7, rc = -1, saved;
	sigset_t mine, mask;

	sigemptyset(&act.sa_mask);
	sigemptyset(&mine);
	sigaddset(&mine, signal);
	if (sigaction(signal, &act, &before) < 0)
		return -1;
	if (sigprocmask(SIG_UNBLOCK, &mine, &mask) == 0) {
		rc = lock_with_timer(fd, signal);
		saved = errno;
		sigprocmask(SIG_SETMASK, &mask, NULL);
		errno = saved;
	}
	saved = errno;
	sigaction(signal, &before, NULL);
	errno = saved;
	return rc;
}

int og_door_enter(int fd, const char *what, struct og_err *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if ((errno == EWOULDBLOCK || errno == EINTR) && wait_in_line(fd) == 0)
		return 0;
	if (errno == EINTR)
		return still_locked(fd, what, err);
	return og_fail(err, OG_EOS, "cannot lock the %s: %s", what, strerror(errno));
}

void og_door_leave(int fd)
{
	flock(fd, LOCK_UN);
}
