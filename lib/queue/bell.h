/*
 * A bell: a file that is touched to wake whoever watches it (inotify), and
 * a presence lock that tells whether a worker serves the instance. No
 * polling, no clock.
 */
#ifndef OG_QUEUE_BELL_H
#define OG_QUEUE_BELL_H

#include <stdint.h>

#include "lib/base/err.h"

struct og_bell {
	int fd; /* inotify, or -1 */
};

#define OG_BELL_QUEUE "bell"	 /* in run/: something was queued */
#define OG_BELL_DONE  "bell-done" /* in run/: a task was finished */

/* run: the instance's run directory. Rings everybody who watches. */
int og_bell_ring(const char *run, const char *name, struct og_err *err);

/* Starts watching; what rings from now on is not missed. Makes the file. */
int og_bell_watch(const char *run, const char *name, struct og_bell *ret, struct og_err *err);
void og_bell_close(struct og_bell *bell);
/* 1 rang (or wake_fd is readable), 0 deadline, -1. */
int og_bell_wait(struct og_bell *bell, int64_t deadline, int wake_fd, struct og_err *err);

/* Held by a serving worker for its lifetime: a shared lock on run/worker.
 * Returns the descriptor that holds it, or -1. */
int og_worker_present(const char *run, struct og_err *err);
/* Does a worker serve this instance now? 1, 0. */
int og_worker_alive(const char *run);

#endif
