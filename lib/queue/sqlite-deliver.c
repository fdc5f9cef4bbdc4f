/* Putting tasks in, claiming them, settling claims; see sqlite-internal.h. */
#include "lib/queue/sqlite-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

static int lock_claim(struct og_sqlite_queue *q, int64_t ticket, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = ticket, .l_len = 1 };

	return fcntl(q->claims, F_OFD_SETLK, &lock);
}

static int put_one(struct og_sqlite_queue *q, const struct og_parcel *parcel, int64_t now,
		   struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[PUT];

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

/* A claimed ticket whose holder is gone: 1, 0 none, -1. */
static int find_abandoned(struct og_sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[CLAIMED];
	int more;

	while ((more = og_stmt_step(stmt, err)) > 0) {
		int64_t ticket = og_col_int(stmt, 0);
		struct flock probe = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ticket, .l_len = 1
		};

		if (fcntl(q->probe, F_OFD_GETLK, &probe) < 0 || probe.l_type != F_UNLCK)
			continue;
		*ret = ticket;
		break;
	}
	og_stmt_reset(stmt);
	return more;
}

static int find_next(struct og_sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[NEXT];
	int found;

	og_bind_int(stmt, 1, og_now_ms());
	found = og_stmt_step(stmt, err);
	if (found > 0)
		*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return found == 0 ? find_abandoned(q, ret, err) : found;
}

static int bury(struct og_sqlite_queue *q, int64_t ticket, const char *reason, struct og_err *err)
{
	og_bind_int(q->stmt[DEAD], 1, ticket);
	og_bind_text(q->stmt[DEAD], 2, reason);
	return og_stmt_run(q->stmt[DEAD], err);
}

/* 1: taken; 2: it was buried instead, look for another; -1. */
static int take(struct og_sqlite_queue *q, int64_t ticket, struct og_delivery *ret,
		struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[TAKE];
	const char *reason = NULL;
	int64_t expires;

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
		return lock_claim(q, ticket, F_WRLCK) == 0
			       ? 1
			       : og_fail(err, OG_EOS, "cannot hold a claim: %s", strerror(errno));
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
	if (og_sqlite_lock_open(q->run, OG_QUEUE_CLAIMS, O_RDWR, &q->claims, err) < 0 ||
	    og_sqlite_lock_open(q->run, OG_QUEUE_CLAIMS, O_RDONLY, &q->probe, err) < 0 ||
	    og_sqlite_enter(q, err) < 0)
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

/* One statement, bound but for its ticket, in a transaction of its own. */
static int settle(struct og_sqlite_queue *q, enum og_sqlite_stmt which, int64_t ticket,
		  struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[which];

	if (og_sqlite_enter(q, err) < 0)
		return -1;
	og_bind_int(stmt, 1, ticket);
	if (og_stmt_run(stmt, err) < 0) {
		og_sqlite_leave(q);
		return -1;
	}
	lock_claim(q, ticket, F_UNLCK);
	return og_sqlite_commit(q, which == DEAD, err);
}

/* An ack lost to a power cut is a redelivery, which the shield answers
 * with the recorded result; so it needs no sync of its own. */
int og_sqlite_ack(struct og_queue *base, int64_t ticket, struct og_err *err)
{
	return settle((struct og_sqlite_queue *)base, ACK, ticket, err);
}

int og_sqlite_release(struct og_queue *base, int64_t ticket, int64_t delay_ms,
		      enum og_queue_tried tried, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	int bell = og_bell_hold(q->run, OG_BELL_QUEUE, err), rc;

	if (bell < 0)
		return -1;
	og_bind_int(q->stmt[RELEASE], 2, delay_ms > 0 ? og_now_ms() + delay_ms : 0);
	og_bind_int(q->stmt[RELEASE], 3, tried == OG_QUEUE_UNTRIED);
	rc = settle(q, RELEASE, ticket, err);
	close(bell);
	return rc;
}

int og_sqlite_dead(struct og_queue *base, int64_t ticket, const char *reason, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;

	og_bind_text(q->stmt[DEAD], 2, reason);
	return settle(q, DEAD, ticket, err);
}
