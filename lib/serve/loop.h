/*
 * The event loop: descriptors, timers and signals of one thread, over
 * epoll(7). Callbacks must not block. A watch or timer may be removed at
 * any time, also from within its own callback; nothing of it is called
 * afterwards.
 */
#ifndef OG_SERVE_LOOP_H
#define OG_SERVE_LOOP_H

#include <stdint.h>

#include "lib/base/err.h"

struct og_loop;
struct og_watch;
struct og_timer;

int og_loop_new(struct og_loop **ret, struct og_err *err);
/* Removes what is left; descriptors are their owners' to close. */
void og_loop_free(struct og_loop *loop);

/* Calls ready(arg, events) while fd has events (EPOLLIN, EPOLLOUT; errors
 * and hang-ups are always told). fd must not be closed before the watch is
 * removed. */
int og_loop_watch(struct og_loop *loop, int fd, uint32_t events,
		  void (*ready)(void *arg, uint32_t events), void *arg, struct og_watch **ret,
		  struct og_err *err);
/* Waits for other events from now on; 0: none. */
void og_watch_for(struct og_watch *watch, uint32_t events);
void og_watch_free(struct og_watch *watch); /* NULL is legal */

/* Calls due(arg) once when the deadline (og_mono_ms) has passed. The timer
 * is free before it is called. */
int og_loop_timer(struct og_loop *loop, int64_t deadline, void (*due)(void *arg), void *arg,
		  struct og_timer **ret, struct og_err *err);
void og_timer_free(struct og_timer *timer); /* NULL is legal */

/* SIGTERM, SIGINT and SIGCHLD are blocked from now on and come here. */
int og_loop_signals(struct og_loop *loop, void (*got)(void *arg, int signal), void *arg,
		    struct og_err *err);

/* Called before the loop sleeps: how long it may at most, ms, -1 for ever. */
void og_loop_before_sleep(struct og_loop *loop, int (*prepare)(void *arg), void *arg);

/* Turns until og_loop_end(). */
int og_loop_run(struct og_loop *loop, struct og_err *err);
void og_loop_end(struct og_loop *loop);

#endif
