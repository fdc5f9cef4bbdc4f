/*
 * Services: programs that are started in order, each when the one before
 * it is ready; started again when they end, later and later; stopped in
 * the opposite order. One that does not get ready, or does not stay, takes
 * no other along: the next is started without it, and it is tried again
 * for as long as trying can help.
 *
 * A service runs in a session of its own with nothing to read. What it
 * writes on its standard output and standard error comes to the keeper
 * line by line. When it ends, what is left of its process group is killed
 * before it is started again. The keeper sleeps without a timer while all
 * is well: readiness is looked for by a process beside it.
 *
 *	waiting -> starting -> ready ----> stopping -> stopped
 *	              |  ^       |
 *	              v  |       v
 *	            failing <----+    failed: trying again would not help
 *	              starting -> done: it ended with 0, and needs nobody to run
 */
#ifndef OG_PROC_SERVICE_H
#define OG_PROC_SERVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/proc/logfile.h"

#define OG_SERVICES_MAX	    16
#define OG_SERVICE_PAUSE_MS 250	  /* before the first new start; doubled each time */
#define OG_SERVICE_CAP_MS   30000 /* up to this; who ran so long begins anew */

enum og_service_state {
	OG_SERVICE_WAITING,
	OG_SERVICE_STARTING,
	OG_SERVICE_READY,
	OG_SERVICE_DONE,
	OG_SERVICE_FAILING,
	OG_SERVICE_FAILED,
	OG_SERVICE_STOPPING,
	OG_SERVICE_STOPPED
};

struct og_service {
	/* What it is, set by the caller; all borrowed. */
	const char *name;
	const char *const *argv; /* argv[0] is a path */
	const char *const *env;	 /* "K=V" added, read at each start, ends with NULL; or NULL */
	/* In a process of its own, again and again: is it ready? NULL: it is
	 * a command that is ready when it ends with 0. */
	int (*ready)(void *arg);
	void *arg;
	int may_end; /* with 0, and still be ready: what it started answers */
	/* Exit statuses with which it need not be started again; ends with 0. */
	const int *hopeless;

	/* How it is. */
	enum og_service_state state;
	int64_t since;		      /* of the state, wall clock ms */
	pid_t pid;		      /* 0: none runs */
	int restarts;		      /* starts after the first */
	int last;		      /* how it ended last: exit status, 128 + signal, -1: never */
	char trouble[OG_ERR_MSG_MAX]; /* what is wrong, or "" */

	/* The keeper's own. */
	pid_t group, probe;
	int out;
	int failures, late;
	int64_t due;	  /* deadline of what the state waits for */
	int64_t patience; /* how long the next one waits for it */
	int64_t started;
	char line[OG_LOG_LINE_MAX];
	size_t line_len;
};

struct og_services {
	struct og_service *list;
	size_t n;	  /* 1 to OG_SERVICES_MAX */
	int64_t ready_ms; /* to get ready; then it is killed and tried again */
	int64_t stop_ms;  /* for all to stop; then SIGKILL */
	int64_t wake_ms;  /* awake() at least so often; 0: never */
	void *arg;	  /* of these calls: */
	/* A line it wrote, without its end. */
	void (*line)(void *arg, struct og_service *service, const char *text, size_t len);
	/* Its state changed; what happened, in words. */
	void (*changed)(void *arg, const struct og_service *service, const char *what);
	/* Once: each is ready or was found not to get so. */
	void (*settled)(void *arg);
	void (*stopping)(void *arg);
	void (*awake)(void *arg);
};

/* Runs them until SIGTERM or SIGINT, or until all of them have failed, and
 * returns when none runs any more, nor anything they left. A second signal
 * kills at once. How it went: a service with trouble was not what it should
 * be when the stop came. The process has one thread; signals are blocked
 * from here on. */
int og_services_run(struct og_services *services, struct og_err *err);

/* For line(): a service said where it will answer, so that from now on it
 * is ready when look() says so. */
int og_service_expect(struct og_service *service, int (*look)(void *arg), struct og_err *err);

/* "ready" and so on. */
const char *og_service_state_name(enum og_service_state state);

#endif
