/*
 * The embedded transport (queue.h says how it works for its user).
 *
 * A row is ready (state 0), claimed (1), a dead letter (2) or delayed (3);
 * one that is put again while it is claimed is marked, and due at once when
 * it is released. Delayed rows become ready when a claim sees that they are
 * due, so that neither order nor count ever walks over those that are not.
 * A claimed row whose lock byte is free belongs to a worker that died: the
 * next claim that finds nothing ready looks for such rows
 * (sqlite-claims.c).
 */
#ifndef OG_QUEUE_SQLITE_INTERNAL_H
#define OG_QUEUE_SQLITE_INTERNAL_H

#include "lib/db/db.h"
#include "lib/queue/bell.h"
#include "lib/queue/transport.h"

#define OG_QUEUE_CLAIMS "queue.claims"

enum og_sqlite_state { READY, HELD, BURIED, DELAYED };

enum og_sqlite_stmt {
	PUT,
	RIPEN,
	NEXT,
	DUE,
	CLAIMED,
	TAKE,
	ACK,
	AGAIN,
	RELEASE,
	DEAD,
	SWEEP,
	BOUND,
	COUNT,
	FIND,
	LIST,
	LETTERS,
	STATEMENTS
};

struct og_sqlite_queue {
	struct og_queue base;
	struct og_db *db;
	struct og_stmt *stmt[STATEMENTS];
	char *run;
	int door;		 /* door.h, around writes */
	int claims;		 /* one byte locked per claim; -1 before the first one */
	int ring_low, ring_high; /* on either side of it, see sqlite-claims.c */
	int probe;		 /* the same file again: a description of its own sees our locks */
	struct og_bell bell;	 /* something may be due */
	struct og_bell told;	 /* a task moved on */
};

/* Opens one of our lock files into *fd, unless it is open. */
int og_sqlite_lock_open(const char *run, const char *name, int flags, int *fd, struct og_err *err);
/* The statement, prepared at its first use; NULL with err. */
struct og_stmt *og_sqlite_stmt(struct og_sqlite_queue *q, enum og_sqlite_stmt which,
			       struct og_err *err);

/* Passes the door and opens a write transaction. */
int og_sqlite_enter(struct og_sqlite_queue *q, struct og_err *err);
/* Takes it back. */
void og_sqlite_leave(struct og_sqlite_queue *q);
/* Commits and leaves; with sync the commit is durable afterwards. The sync
 * comes after the door is left: it covers every commit before it, and the
 * next writer does not wait for it. */
int og_sqlite_commit(struct og_sqlite_queue *q, int sync, struct og_err *err);

/* sqlite-claims.c */
int og_sqlite_claims_open(struct og_sqlite_queue *q, struct og_err *err);
void og_sqlite_claims_close(struct og_sqlite_queue *q);
int og_sqlite_hold(struct og_sqlite_queue *q, int64_t ticket, struct og_err *err);
void og_sqlite_let_go(struct og_sqlite_queue *q, int64_t ticket);
/* A claimed ticket whose holder is gone: 1, 0 none, -1. */
int og_sqlite_abandoned(struct og_sqlite_queue *q, int64_t *ret, struct og_err *err);

/* sqlite-deliver.c */
int og_sqlite_put(struct og_queue *base, const struct og_parcel *parcels, size_t n,
		  struct og_err *err);
int og_sqlite_claim(struct og_queue *base, struct og_delivery *ret, struct og_err *err);
int og_sqlite_ack(struct og_queue *base, int64_t ticket, struct og_err *err);
int og_sqlite_release(struct og_queue *base, int64_t ticket, int64_t delay_ms,
		      enum og_queue_tried tried, struct og_err *err);
int og_sqlite_dead(struct og_queue *base, int64_t ticket, const char *reason, struct og_err *err);

/* sqlite-look.c */
int og_sqlite_wait(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err);
int og_sqlite_tell(struct og_queue *base, const char *task, const char *state, struct og_err *err);
int og_sqlite_listen(struct og_queue *base, struct og_err *err);
int og_sqlite_hear(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err);
int og_sqlite_count(struct og_queue *base, struct og_queue_counts *ret, struct og_err *err);
int og_sqlite_bound(struct og_queue *base, int64_t *ret, struct og_err *err);
int og_sqlite_find(struct og_queue *base, const char *id, json_t **ret, struct og_err *err);
int og_sqlite_list(struct og_queue *base, enum og_queue_which which, size_t limit, json_t **ret,
		   struct og_err *err);

/* sqlite-deliver.c */
int og_sqlite_sweep(struct og_queue *base, int64_t before, struct og_err *err);

#endif
