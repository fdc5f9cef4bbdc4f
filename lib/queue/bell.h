/*
 * A bell: a file whose watchers (inotify) wake when somebody closes it
 * after opening it for writing. Nobody polls, and nothing is written, so a
 * full disk cannot silence it. Because the kernel closes what a dying
 * process held, a bell that is held rings whatever becomes of its holder:
 * hold it, do what others are to hear of, let go.
 *
 * Beside it the presence of workers: a lock that ends with its process.
 */
#ifndef OG_QUEUE_BELL_H
#define OG_QUEUE_BELL_H

#include <stdint.h>

#include "lib/base/err.h"

struct og_bell {
	int fd; /* inotify, or -1 */
};

#define OG_BELL_QUEUE "bell"	  /* in run/: something was queued */
#define OG_BELL_DONE  "bell-done" /* in run/: a task was finished */

/* run: the instance's run directory. Returns a descriptor whose close(2)
 * rings everybody who watches by then, or -1. Makes the file. */
int og_bell_hold(const char *run, const char *name, struct og_err *err);
/* Hold and let go. */
int og_bell_ring(const char *run, const char *name, struct og_err *err);

/* Starts watching; what rings from now on is not missed. Makes the file. */
int og_bell_watch(const char *run, const char *name, struct og_bell *ret, struct og_err *err);
/* Watches one more with the same descriptor. */
int og_bell_also(struct og_bell *bell, const char *run, const char *name, struct og_err *err);
void og_bell_close(struct og_bell *bell);
/* 1 rang (or wake_fd is readable), 0 deadline, -1. Rings that were not
 * waited for yet count once. */
int og_bell_wait(struct og_bell *bell, int64_t deadline, int wake_fd, struct og_err *err);

/* Held by a worker for its lifetime: locks on run/worker, which end with
 * their holder. A worker shares the first byte and has one of its own; each
 * of its jobs, once it is open and can claim, has one further on. Returns
 * the descriptor that holds it, or -1. */
int og_worker_present(const char *run, struct og_err *err);
int og_job_present(const char *run, struct og_err *err);

/* Does a worker serve this instance now? 1, 0. */
int og_worker_alive(const char *run);
/* How many do, and how many jobs they have; both 0 when it cannot be told. */
struct og_presence {
	int workers, jobs;
};
void og_presence_count(const char *run, struct og_presence *ret);

#endif
