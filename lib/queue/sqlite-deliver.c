/* Putting tasks in, claiming them, settling claims; see sqlite-internal.h. */
#include "lib/queue/sqlite-internal.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

static int put_one(struct og_sqlite_queue *q, const struct og_parcel *parcel, int64_t now,
		   struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, PUT, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, parcel->id);
	og_bind_text(stmt, 2, parcel->envelope);
	og_bind_int(stmt, 3, parcel->priority);
	og_bind_int(stmt, 4, parcel->not_before);
	og_bind_int(stmt, 5, parcel->expires);
	og_bind_int(stmt, 6, now);
	return og_stmt_run(stmt, err);
}

static int put_all(struct og_sqlite_queue *q, const struct og_parcel *parcels, size_t n,
		   struct og_err *err)
{
	int64_t now = og_now_ms();

	if (og_sqlite_enter(q, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_one(q, &parcels[i], now, err) < 0) {
			og_sqlite_leave(q);
			return -1;
		}
	return og_sqlite_commit(q, 1, err);
}

/* The bell is held before anything is written: what can fail, fails before
 * the commit, and a death right after it rings too. */
int og_sqlite_put(struct og_queue *base, const struct og_parcel *parcels, size_t n,
		  struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	int bell = og_bell_hold(q->run, OG_BELL_QUEUE, err), rc;

	if (bell < 0)
		return -1;
	rc = put_all(q, parcels, n, err);
	close(bell);
	return rc;
}

/* Those that are due by now join the ready ones. */
static int ripen(struct og_sqlite_queue *q, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, RIPEN, err);

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, og_now_ms());
	return og_stmt_run(stmt, err);
}

static int find_next(struct og_sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, NEXT, err);
	int found;

	if (!stmt || ripen(q, err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	if (found > 0)
		*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return found == 0 ? og_sqlite_abandoned(q, ret, err) : found;
}

static int run_for(struct og_stmt *stmt, int64_t ticket, struct og_err *err)
{
	og_bind_int(stmt, 1, ticket);
	return og_stmt_run(stmt, err);
}

/* Runs what ends a claim. One that was put again meanwhile is not over:
 * whoever put it had reason to, and may have come after all that the
 * claim's holder looked at. 1: it is ready again; 0; -1. */
static int end_claim(struct og_sqlite_queue *q, struct og_stmt *stmt, int64_t ticket,
		     struct og_err *err)
{
	struct og_stmt *again = og_sqlite_stmt(q, AGAIN, err);

	if (!again || run_for(stmt, ticket, err) < 0)
		return -1;
	if (og_db_changes(q->db) > 0)
		return 0;
	return run_for(again, ticket, err) < 0 ? -1 : og_db_changes(q->db) > 0;
}

static int bury(struct og_sqlite_queue *q, int64_t ticket, const char *reason, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, DEAD, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 2, reason);
	og_bind_int(stmt, 3, og_now_ms());
	return end_claim(q, stmt, ticket, err) < 0 ? -1 : 0;
}

/* 1: taken; 2: it was buried instead, look for another; -1. */
static int take(struct og_sqlite_queue *q, int64_t ticket, struct og_delivery *ret,
		struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, TAKE, err);
	const char *reason = NULL;
	int64_t expires;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, ticket);
	if (og_stmt_step(stmt, err) <= 0)
		return -1;
	ret->ticket = ticket;
	ret->attempts = (int)og_col_int(stmt, 0);
	ret->envelope = og_col_text(stmt, 1) ? strdup(og_col_text(stmt, 1)) : NULL;
	expires = og_col_int(stmt, 2);
	og_stmt_reset(stmt);
	if (!ret->envelope)
		return og_fail_nomem(err);
	/* Begun once, it may have effects: only a worker may judge it then. */
	if (ret->attempts == 1 && expires > 0 && expires < og_now_ms())
		reason = "expired before it was begun";
	else if (ret->attempts > OG_QUEUE_DELIVERIES)
		reason = "delivered too often";
	if (!reason)
		return og_sqlite_hold(q, ticket, err) < 0 ? -1 : 1;
	og_delivery_release(ret);
	return bury(q, ticket, reason, err) < 0 ? -1 : 2;
}

/* Claims need no sync: one that power loss undoes was never worked on
 * durably either. */
int og_sqlite_claim(struct og_queue *base, struct og_delivery *ret, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	int64_t ticket = 0;
	int found, rc;

	ret->envelope = NULL;
	if (og_sqlite_claims_open(q, err) < 0 || og_sqlite_enter(q, err) < 0)
		return -1;
	do {
		found = find_next(q, &ticket, err);
		if (found > 0)
			found = take(q, ticket, ret, err);
	} while (found == 2);
	if (found < 0) {
		og_sqlite_leave(q);
		og_delivery_release(ret);
		return -1;
	}
	rc = og_sqlite_commit(q, 0, err);
	return rc < 0 ? -1 : found;
}

/* Settles a claim in a transaction of its own, and lets go. */
static int settle(struct og_sqlite_queue *q, struct og_stmt *stmt, int64_t ticket, int sync,
		  struct og_err *err)
{
	int again, rc;

	if (og_sqlite_enter(q, err) < 0) {
		og_stmt_reset(stmt);
		return -1;
	}
	again = end_claim(q, stmt, ticket, err);
	if (again < 0) {
		og_sqlite_leave(q);
		return -1;
	}
	og_sqlite_let_go(q, ticket);
	rc = og_sqlite_commit(q, sync, err);
	return rc == 0 && again ? og_bell_ring(q->run, OG_BELL_QUEUE, err) : rc;
}

/* An ack lost to a power cut is a redelivery, which the shield answers
 * with the recorded result; so it needs no sync of its own. */
int og_sqlite_ack(struct og_queue *base, int64_t ticket, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	struct og_stmt *stmt = og_sqlite_stmt(q, ACK, err);

	return stmt ? settle(q, stmt, ticket, 0, err) : -1;
}

int og_sqlite_release(struct og_queue *base, int64_t ticket, int64_t delay_ms,
		      enum og_queue_tried tried, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	struct og_stmt *stmt = og_sqlite_stmt(q, RELEASE, err);
	int bell = stmt ? og_bell_hold(q->run, OG_BELL_QUEUE, err) : -1, rc;

	if (bell < 0)
		return -1;
	og_bind_int(stmt, 2, delay_ms > 0 ? og_now_ms() + delay_ms : 0);
	og_bind_int(stmt, 3, tried == OG_QUEUE_UNTRIED);
	rc = settle(q, stmt, ticket, 0, err);
	close(bell);
	return rc;
}

int og_sqlite_dead(struct og_queue *base, int64_t ticket, const char *reason, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	struct og_stmt *stmt = og_sqlite_stmt(q, DEAD, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 2, reason);
	og_bind_int(stmt, 3, og_now_ms());
	return settle(q, stmt, ticket, 1, err);
}

int og_sqlite_sweep(struct og_queue *base, int64_t before, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	struct og_stmt *stmt = og_sqlite_stmt(q, SWEEP, err);
	int64_t gone;

	if (!stmt || og_sqlite_enter(q, err) < 0)
		return -1;
	og_bind_int(stmt, 1, before);
	if (og_stmt_run(stmt, err) < 0) {
		og_sqlite_leave(q);
		return -1;
	}
	gone = og_db_changes(q->db);
	return og_sqlite_commit(q, 0, err) < 0 ? -1 : gone > 0;
}
