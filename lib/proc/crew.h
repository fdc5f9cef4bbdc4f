/*
 * A crew: processes forked from this one that all do the same work, one
 * per seat. The supervisor reads nothing and holds nothing; it starts the
 * seats, starts one again that ended too early (later and later while
 * nothing gets done), passes a stop on, and does not wait for ever.
 *
 * A process that forks a crew must have one thread. SIGTERM, SIGINT and
 * SIGCHLD are blocked in it from then on, and in everything it starts: a
 * stop that reaches a whole process group does not tear a seat's own
 * children away from it in the middle of its work. A seat learns of a stop
 * by og_crew_stopping() and og_crew_stop_fd().
 */
#ifndef OG_PROC_CREW_H
#define OG_PROC_CREW_H

#include "lib/base/err.h"

#define OG_CREW_MAX	256
#define OG_CREW_STOP_MS 30000 /* from a stop to SIGKILL */

struct og_seat; /* what a seat shares with its supervisor */

struct og_crew {
	int seats; /* 1 to OG_CREW_MAX */
	/* Runs in a process of its own; its result is the exit status. */
	int (*work)(void *arg, struct og_seat *seat);
	void *arg;
	/* This exit status, like death by a signal, means: start me again. */
	int again;
	/* So often in a row without og_seat_progress() between; then the
	 * seat's end is final, with status again. */
	int tries;
	/* In the supervisor, once each: every seat has called og_seat_ready();
	 * a stop begins. May be NULL. */
	void (*ready)(void *arg);
	void (*stopping)(void *arg);
};

/* Runs the crew to its end. A seat that ends with more than 1 ends the
 * others too. *ret_status: the largest final status of a seat;
 * *ret_progress: how often a seat made progress. */
int og_crew_run(const struct og_crew *crew, int *ret_status, long *ret_progress,
		struct og_err *err);

/* In a seat: it has what it needs for its work. */
void og_seat_ready(struct og_seat *seat);
/* In a seat: a piece of work is done. */
void og_seat_progress(struct og_seat *seat);
/* In a seat: was a stop asked for? A descriptor that is readable then. */
int og_crew_stopping(void);
int og_crew_stop_fd(struct og_err *err);

#endif
