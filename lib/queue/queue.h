/*
 * The queue: delivery of signed envelopes, at least once. What a task did
 * is known to the shield, not to the queue; a task delivered twice has its
 * effects once.
 *
 * One interface, a transport behind it chosen by the scheme of the queue
 * URL in og.conf: "sqlite:FILE" is queue.db in the instance, amqp:// and
 * amqps:// are RabbitMQ.
 *
 * Embedded transport: rows in a SQLite file; a doorkeeper lock (flock)
 * around each write so that waiting is fair; durability by one sync after
 * the lock is left, shared by everybody who committed before it; a claim
 * is held by a kernel lock on one byte of a file, so that a dead worker's
 * claim is free at once and no clock decides who is dead; waiting is for a
 * bell (bell.h), not for a poll. While it waits, and nothing is delayed, a
 * process sleeps without a timer; while something is, it looks at the wall
 * clock every 15 seconds, which may have been set.
 *
 * Order: by priority, then oldest first; one that was delayed takes its
 * place by its age when it is due. Who reads sees a task before it
 * is durable, so nothing may come of it outside before a sync of one's own;
 * the shield's is such a one.
 *
 * A handle belongs to one process and one thread; open it after fork(2).
 * What a holder of the door does is short; when somebody stops a process
 * inside it (SIGSTOP), the others fail with OG_ETEMP after ten seconds and
 * say who it is. While they wait they use one real-time signal.
 */
#ifndef OG_QUEUE_QUEUE_H
#define OG_QUEUE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

struct og_queue;

#define OG_QUEUE_DELIVERIES 5 /* after so many a task is a dead letter */

/* Where a queue is and what it takes to get there; strings are borrowed
 * during og_queue_open(). Those a transport does not need may be NULL. */
struct og_queue_place {
	const char *url;			/* og.conf's queue */
	const char *home;			/* the instance */
	const char *libexec;			/* directory of the helper programs (og-amqp) */
	const char *password, *ca, *cert, *key; /* files, mode 0600; "none" or NULL: not given */
};

/* Makes queue.db when it is missing. OG_EUNAVAIL when a server cannot be
 * reached, OG_EPERM when it does not let us in. */
int og_queue_open(const struct og_queue_place *place, struct og_queue **ret, struct og_err *err);
/* Makes on the server what the transport needs there (queues, exchanges);
 * with check nothing is made. What is there already stays. OG_ECONF when
 * something is there with other properties, OG_NO when with check something
 * is missing. Call it when an instance is set up, not for every task. */
int og_queue_declare(const struct og_queue_place *place, int check, struct og_err *err);
void og_queue_close(struct og_queue *queue);

/* One envelope to deliver; strings are borrowed. */
struct og_parcel {
	const char *id;	      /* the envelope's id */
	const char *envelope; /* its text */
	int priority;	      /* larger first; 0 is usual */
	int64_t not_before;   /* wall clock ms; 0: at once */
	int64_t expires;      /* wall clock ms; 0: never */
};

/* Durable when it returns 0. All parcels or none. An id that is queued
 * already is the same task again: the earlier time at which it is due
 * counts. One that somebody holds is due at once when the holder is done
 * with it, whether that was a release, an ack or a dead letter; a dead
 * letter is revived. */
int og_queue_put(struct og_queue *queue, const struct og_parcel *parcels, size_t n,
		 struct og_err *err);

/* A claimed delivery. */
struct og_delivery {
	int64_t ticket;
	int attempts;	/* this one included */
	char *envelope; /* heap */
};
void og_delivery_release(struct og_delivery *delivery);

/* Takes the next task that is due: 1 claimed, 0 nothing is due, -1. A task
 * delivered too often, or expired, becomes a dead letter on the way. */
int og_queue_claim(struct og_queue *queue, struct og_delivery *ret, struct og_err *err);

/* The task is finished: forget it. */
int og_queue_ack(struct og_queue *queue, int64_t ticket, struct og_err *err);
/* Not finished; let somebody have it after delay_ms, 0: at once. With
 * OG_QUEUE_UNTRIED this delivery counts for nothing: what failed was not
 * the task, or it only waits. */
enum og_queue_tried { OG_QUEUE_TRIED, OG_QUEUE_UNTRIED };
int og_queue_release(struct og_queue *queue, int64_t ticket, int64_t delay_ms,
		     enum og_queue_tried tried, struct og_err *err);
/* It can never be done: keep it aside with the reason. */
int og_queue_dead(struct og_queue *queue, int64_t ticket, const char *reason, struct og_err *err);

/* Blocks until something may be due (a ring, a delay that is over, a worker
 * that died), at most until the deadline; wakes when wake_fd is readable
 * too (-1: none). 1 look again, 0 deadline, -1. The first call of a handle
 * only starts to listen and returns 1. */
int og_queue_wait(struct og_queue *queue, int64_t deadline, int wake_fd, struct og_err *err);

/* Tells whoever listens that a task came to a state. A hint: what is true
 * of a task, the shield says. */
int og_queue_tell(struct og_queue *queue, const char *task, const char *state, struct og_err *err);
/* Listens from now on. */
int og_queue_listen(struct og_queue *queue, struct og_err *err);
/* Blocks until something was told, at most until the deadline; wakes when
 * wake_fd is readable too (-1: none). 1, 0, -1. Only after listen. */
int og_queue_hear(struct og_queue *queue, int64_t deadline, int wake_fd, struct og_err *err);

/* -1: this transport cannot tell. */
struct og_queue_counts {
	int64_t ready, claimed, delayed, dead;
	int64_t oldest; /* wall clock ms at which the oldest ready one was queued; 0: none */
	int64_t due;	/* wall clock ms at which the next delayed one is due; 0: none */
};
int og_queue_count(struct og_queue *queue, struct og_queue_counts *ret, struct og_err *err);

/* Removes a few hundred of the dead letters that died before then (wall
 * clock ms), so that nobody waits long for it: 1 there may be more, 0 there
 * are none, -1. */
int og_queue_sweep(struct og_queue *queue, int64_t before, struct og_err *err);

/* Would n more be more than limit that nobody has begun (0: no limit)?
 * OG_ETEMP says how many there are. A polite bound, not an exact one: two who
 * ask at once may both be let in; a server is not asked for what is for later. */
int og_queue_room(struct og_queue *queue, size_t n, int64_t limit, struct og_err *err);

/* {"id","state":"queued|claimed|dead","attempts","queued","due"?,"reason"?,
 * "envelope"}: 1 and a new reference, 0 when the id is not here (it is
 * finished, or never was), -1. The envelope's text is as hostile as when
 * it came. */
int og_queue_find(struct og_queue *queue, const char *id, json_t **ret, struct og_err *err);
/* An array of them, newest first, at most limit; letters alone by when they
 * died. */
enum og_queue_which { OG_QUEUE_ALL, OG_QUEUE_LETTERS };
int og_queue_list(struct og_queue *queue, enum og_queue_which which, size_t limit, json_t **ret,
		  struct og_err *err);

#endif
