/* See og-ledger-wake.h. */
#include "cmd/og-ledger-wake.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/signals.h"

#define WATCHED                                                                                    \
	(IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |          \
	 IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

static const int echo_ms[] = { 10, 90, 900 };
#define ECHOES ((int)(sizeof(echo_ms) / sizeof(*echo_ms)))

static int open_signals(struct ledger_wake *wake, struct og_err *err)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP, 0 };

	wake->signals = og_signals_open(stops, err);
	return wake->signals < 0 ? -1 : 0;
}

/* The folder, since a WAL is removed and made anew, and erp.db itself may be
 * moved into the place of another. */
static int watch_folder(struct ledger_wake *wake, const char *path, struct og_err *err)
{
	char copy[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(copy))
		return og_fail(err, OG_ECONF, "the path of erp.db is too long");
	memcpy(copy, path, len + 1);
	if (inotify_add_watch(wake->events, dirname(copy), WATCHED) >= 0)
		return 0;
	og_fail(err, OG_EOS, "cannot watch '%s': %s", path, strerror(errno));
	return errno == ENOSPC ? og_hint(err, "raise fs.inotify.max_user_watches") : -1;
}

int ledger_wake_open(struct ledger_wake *wake, const char *path, struct og_err *err)
{
	char real[PATH_MAX];
	const char *name = strrchr(path, '/');

	memset(wake, 0, sizeof(*wake));
	wake->signals = wake->events = wake->reader = -1;
	wake->at = OG_FOREVER;
	name = name ? name + 1 : path;
	if (strlen(name) >= sizeof(wake->name))
		return og_fail(err, OG_ECONF, "the path of erp.db is too long");
	memcpy(wake->name, name, strlen(name) + 1);
	if (open_signals(wake, err) < 0)
		return -1;
	wake->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (wake->events < 0)
		return og_fail(err, OG_EOS, "cannot watch erp.db: %s", strerror(errno));
	if (watch_folder(wake, path, err) < 0)
		return -1;
	/* The same folder again is the same watch. */
	return realpath(path, real) ? watch_folder(wake, real, err) : 0;
}

void ledger_wake_close(struct ledger_wake *wake)
{
	if (wake->events >= 0)
		close(wake->events);
	if (wake->signals >= 0)
		close(wake->signals);
}

/* Is it about the ledger? Its index in shared memory is nobody's business. */
static int concerns_us(struct ledger_wake *wake, const struct inotify_event *event)
{
	size_t len = strlen(wake->name);

	if (event->mask & IN_Q_OVERFLOW) {
		wake->replaced = 1;
		return 1;
	}
	if (event->len == 0 || strncmp(event->name, wake->name, len) != 0)
		return 0;
	if (event->name[len] == '\0') {
		if (event->mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))
			wake->replaced = 1;
		return 1;
	}
	return strcmp(event->name + len, "-wal") == 0;
}

/* 1: it is about us; 0; -1: the folder is gone. */
static int read_events(struct ledger_wake *wake, struct og_err *err)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int ours = 0;
	ssize_t n;

	while ((n = read(wake->events, buf, sizeof(buf))) > 0) {
		const struct inotify_event *event;

		for (char *p = buf; p < buf + n; p += sizeof(*event) + event->len) {
			event = (const void *)p;
			if (event->mask & GONE)
				return og_fail(err, OG_ENOINPUT, "the folder of erp.db is gone");
			ours |= concerns_us(wake, event);
		}
	}
	return ours;
}

static void set_echo(struct ledger_wake *wake, int echo)
{
	wake->echo = echo;
	wake->at = echo < ECHOES ? og_deadline(echo_ms[echo]) : OG_FOREVER;
}

int ledger_wake_wait(struct ledger_wake *wake, int64_t deadline, struct og_err *err)
{
	struct pollfd fds[3] = { { wake->events, POLLIN, 0 },
				 { wake->signals, POLLIN, 0 },
				 { wake->reader, 0, 0 } };

	for (;;) {
		int n = poll(fds, 3, og_deadline_left(wake->at < deadline ? wake->at : deadline));
		int ours = 0;

		if (n < 0 && errno != EINTR)
			return og_fail(err, OG_EOS, "cannot wait: %s", strerror(errno));
		if (n > 0 && (fds[1].revents || fds[2].revents))
			return 0;
		if (n > 0 && fds[0].revents && (ours = read_events(wake, err)) < 0)
			return -1;
		if (ours)
			set_echo(wake, 0);
		else if (og_deadline_left(wake->at) == 0)
			set_echo(wake, wake->echo + 1);
		else if (og_deadline_left(deadline) != 0)
			continue;
		return 1;
	}
}
