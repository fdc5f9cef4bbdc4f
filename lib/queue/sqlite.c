/*
 * The embedded transport; its techniques are described in queue.h.
 *
 * A row is ready (state 0), claimed (1) or a dead letter (2). A claimed row
 * whose lock byte is free belongs to a worker that died: the next claim
 * that finds nothing ready looks for such rows. The lock byte is the
 * row's id; the descriptor that holds it is the claimer's own, so that the
 * kernel lets go when the process ends, however it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/db/db.h"
#include "lib/queue/bell.h"
#include "lib/queue/transport.h"

#define FORMAT 1

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS task ("
	" ticket INTEGER PRIMARY KEY AUTOINCREMENT,"
	" id TEXT NOT NULL UNIQUE, envelope TEXT NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" queued INTEGER NOT NULL, not_before INTEGER NOT NULL DEFAULT 0,"
	" expires INTEGER NOT NULL DEFAULT 0, reason TEXT);"
	"CREATE INDEX IF NOT EXISTS task_ready ON task(priority DESC, ticket) WHERE state = 0;"
	"CREATE INDEX IF NOT EXISTS task_claimed ON task(ticket) WHERE state = 1;"
	"PRAGMA user_version = 1;";

enum statement { PUT, NEXT, DUE, CLAIMED, TAKE, ACK, RELEASE, DEAD, COUNT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[PUT] = "INSERT INTO task(id, envelope, priority, not_before, expires, queued) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO NOTHING",
	[NEXT] = "SELECT ticket FROM task WHERE state = 0 AND not_before <= ?1 "
		 "ORDER BY priority DESC, ticket LIMIT 1",
	[DUE] = "SELECT min(not_before) FROM task WHERE state = 0",
	[CLAIMED] = "SELECT ticket FROM task WHERE state = 1 ORDER BY ticket",
	[TAKE] = "UPDATE task SET state = 1, attempts = attempts + 1 WHERE ticket = ?1 "
		 "RETURNING attempts, envelope, expires",
	[ACK] = "DELETE FROM task WHERE ticket = ?1",
	[RELEASE] = "UPDATE task SET state = 0, not_before = ?2 WHERE ticket = ?1 AND state = 1",
	[DEAD] = "UPDATE task SET state = 2, reason = ?2 WHERE ticket = ?1",
	[COUNT] = "SELECT count(*) FILTER (WHERE state = 0 AND not_before <= ?1), "
		  "count(*) FILTER (WHERE state = 1), "
		  "count(*) FILTER (WHERE state = 0 AND not_before > ?1), "
		  "count(*) FILTER (WHERE state = 2) FROM task",
};

struct sqlite_queue {
	struct og_queue base;
	struct og_db *db;
	struct og_stmt *stmt[STATEMENTS];
	char *run;
	int door;   /* flock around writes */
	int claims; /* one byte locked per claim */
	struct og_bell bell;
};

static int enter(struct sqlite_queue *q, struct og_err *err)
{
	while (flock(q->door, LOCK_EX) < 0)
		if (errno != EINTR)
			return og_fail(err, OG_EOS, "cannot lock the queue: %s", strerror(errno));
	if (og_db_begin(q->db, 1, err) == 0)
		return 0;
	flock(q->door, LOCK_UN);
	return -1;
}

static void leave(struct sqlite_queue *q)
{
	og_db_rollback(q->db);
	flock(q->door, LOCK_UN);
}

/* Commits and leaves; with sync the commit is durable afterwards. */
static int commit(struct sqlite_queue *q, int sync, struct og_err *err)
{
	int rc = og_db_commit(q->db, err);

	leave(q);
	return rc == 0 && sync ? og_db_sync(q->db, err) : rc;
}

static int lock_claim(struct sqlite_queue *q, int64_t ticket, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = ticket, .l_len = 1 };

	return fcntl(q->claims, F_OFD_SETLK, &lock);
}

static int open_lock(const char *run, const char *name, struct og_err *err)
{
	char *path = og_path_join(run, name);
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		og_fail(err, errno == ENOENT ? OG_ECONF : OG_EPERM, "cannot open '%s': %s", name,
			strerror(errno));
	free(path);
	return fd;
}

static void sqlite_close(struct og_queue *base)
{
	struct sqlite_queue *q = (struct sqlite_queue *)base;

	for (int i = 0; i < STATEMENTS; i++)
		og_stmt_free(q->stmt[i]);
	og_db_close(q->db);
	og_bell_close(&q->bell);
	if (q->door >= 0)
		close(q->door);
	if (q->claims >= 0)
		close(q->claims);
	free(q->run);
	free(q);
}

static int open_file(struct sqlite_queue *q, const char *path, struct og_err *err)
{
	int64_t version = 0;
	int rc;

	if (access(path, F_OK) == 0)
		rc = og_db_open(path, OG_DB_WRITE, &q->db, err);
	else
		rc = og_db_open(path, OG_DB_CREATE, &q->db, err);
	if (rc < 0 || og_db_int(q->db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (version > FORMAT)
		return og_fail(err, OG_ECONF, "'%s' is of a newer format (%lld)", path,
			       (long long)version);
	if (version < FORMAT && og_db_exec(q->db, schema, err) < 0)
		return -1;
	for (int i = 0; i < STATEMENTS; i++)
		if (og_stmt_new(q->db, sql[i], &q->stmt[i], err) < 0)
			return -1;
	return 0;
}

static int sqlite_open(const char *rest, const char *home, struct og_queue **ret,
		       struct og_err *err)
{
	struct sqlite_queue *q = calloc(1, sizeof(*q));
	char *path = og_path_join(home, *rest ? rest : "queue.db");
	int rc = -1;

	if (!q || !path) {
		og_fail_nomem(err);
		goto out;
	}
	q->base.transport = &og_transport_sqlite;
	q->door = q->claims = q->bell.fd = -1;
	q->run = og_path_join(home, "run");
	if (!q->run) {
		og_fail_nomem(err);
		goto out;
	}
	/* The door first: two processes may make the file at once. */
	if ((q->door = open_lock(q->run, "queue.lock", err)) < 0 ||
	    (q->claims = open_lock(q->run, "queue.claims", err)) < 0)
		goto out;
	flock(q->door, LOCK_EX);
	rc = open_file(q, path, err);
	flock(q->door, LOCK_UN);
out:
	free(path);
	if (rc == 0) {
		*ret = &q->base;
	} else if (q) {
		sqlite_close(&q->base);
	}
	return rc;
}

static int put_one(struct sqlite_queue *q, const struct og_parcel *parcel, int64_t now,
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

static int sqlite_put(struct og_queue *base, const struct og_parcel *parcels, size_t n,
		      struct og_err *err)
{
	struct sqlite_queue *q = (struct sqlite_queue *)base;
	int64_t now = og_now_ms();

	if (enter(q, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_one(q, &parcels[i], now, err) < 0) {
			leave(q);
			return -1;
		}
	if (commit(q, 1, err) < 0)
		return -1;
	return og_bell_ring(q->run, OG_BELL_QUEUE, err);
}

/* A claimed ticket whose holder is gone, now locked by us; 0: none. */
static int find_abandoned(struct sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[CLAIMED];
	int more;

	while ((more = og_stmt_step(stmt, err)) > 0) {
		int64_t ticket = og_col_int(stmt, 0);
		struct flock probe = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ticket,
				       .l_len = 1 };

		/* Our own claims do not conflict with ourselves: ask, then take. */
		if (fcntl(q->claims, F_OFD_GETLK, &probe) < 0 || probe.l_type != F_UNLCK)
			continue;
		*ret = ticket;
		break;
	}
	og_stmt_reset(stmt);
	return more;
}

static int find_next(struct sqlite_queue *q, int64_t *ret, struct og_err *err)
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

static int bury(struct sqlite_queue *q, int64_t ticket, const char *reason, struct og_err *err)
{
	og_bind_int(q->stmt[DEAD], 1, ticket);
	og_bind_text(q->stmt[DEAD], 2, reason);
	return og_stmt_run(q->stmt[DEAD], err);
}

/* 1: taken; 2: it was buried instead, look for another; -1. */
static int take(struct sqlite_queue *q, int64_t ticket, struct og_delivery *ret,
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
		return lock_claim(q, ticket, F_WRLCK) == 0 ?
			       1 :
			       og_fail(err, OG_EOS, "cannot hold a claim: %s", strerror(errno));
	og_delivery_release(ret);
	return bury(q, ticket, reason, err) < 0 ? -1 : 2;
}

/* Claims need no sync: one that power loss undoes was never worked on
 * durably either. */
static int sqlite_claim(struct og_queue *base, struct og_delivery *ret, struct og_err *err)
{
	struct sqlite_queue *q = (struct sqlite_queue *)base;
	int64_t ticket = 0;
	int found, rc;

	if (enter(q, err) < 0)
		return -1;
	ret->envelope = NULL;
	do {
		found = find_next(q, &ticket, err);
		if (found > 0)
			found = take(q, ticket, ret, err);
	} while (found == 2);
	if (found < 0) {
		leave(q);
		og_delivery_release(ret);
		return -1;
	}
	rc = commit(q, 0, err);
	return rc < 0 ? -1 : found;
}

/* One statement with the ticket bound, in a transaction of its own. */
static int settle(struct sqlite_queue *q, enum statement which, int64_t ticket,
		  const char *text, int64_t number, struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[which];

	if (enter(q, err) < 0)
		return -1;
	og_bind_int(stmt, 1, ticket);
	if (text)
		og_bind_text(stmt, 2, text);
	else if (which == RELEASE)
		og_bind_int(stmt, 2, number);
	if (og_stmt_run(stmt, err) < 0) {
		leave(q);
		return -1;
	}
	lock_claim(q, ticket, F_UNLCK);
	return commit(q, which == DEAD, err);
}

/* An ack lost to a power cut is a redelivery, which the shield answers
 * with the recorded result; so it needs no sync of its own. */
static int sqlite_ack(struct og_queue *base, int64_t ticket, struct og_err *err)
{
	return settle((struct sqlite_queue *)base, ACK, ticket, NULL, 0, err);
}

static int sqlite_release(struct og_queue *base, int64_t ticket, int64_t delay_ms,
			  struct og_err *err)
{
	struct sqlite_queue *q = (struct sqlite_queue *)base;
	int64_t when = delay_ms > 0 ? og_now_ms() + delay_ms : 0;

	if (settle(q, RELEASE, ticket, NULL, when, err) < 0)
		return -1;
	return og_bell_ring(q->run, OG_BELL_QUEUE, err);
}

static int sqlite_dead(struct og_queue *base, int64_t ticket, const char *reason,
		       struct og_err *err)
{
	return settle((struct sqlite_queue *)base, DEAD, ticket, reason, 0, err);
}

/* When the next delayed task is due, as a deadline; OG_FOREVER: none. A
 * worker that died holding a claim rings no bell, so while there are
 * claims of others the wait ends after a second. */
static int next_look(struct sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = q->stmt[DUE];
	int64_t now = og_now_ms();
	int found = og_stmt_step(stmt, err);

	*ret = OG_FOREVER;
	if (found < 0)
		return -1;
	if (found > 0 && !og_col_null(stmt, 0)) {
		int64_t due = og_col_int(stmt, 0);

		*ret = og_deadline(due > now ? due - now : 0);
	}
	og_stmt_reset(stmt);
	stmt = q->stmt[CLAIMED];
	found = og_stmt_step(stmt, err);
	if (found > 0 && *ret > og_deadline(1000))
		*ret = og_deadline(1000);
	og_stmt_reset(stmt);
	return found < 0 ? -1 : 0;
}

static int sqlite_wait(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err)
{
	struct sqlite_queue *q = (struct sqlite_queue *)base;
	int64_t look;
	int rc;

	/* The first wait only starts to watch: what was queued before it is
	 * found by the claim that follows. */
	if (q->bell.fd < 0)
		return og_bell_watch(q->run, OG_BELL_QUEUE, &q->bell, err) < 0 ? -1 : 1;
	if (next_look(q, &look, err) < 0)
		return -1;
	rc = og_bell_wait(&q->bell, look < deadline ? look : deadline, wake_fd, err);
	return rc == 0 && look < deadline ? 1 : rc;
}

static int sqlite_count(struct og_queue *base, struct og_queue_counts *ret, struct og_err *err)
{
	struct og_stmt *stmt = ((struct sqlite_queue *)base)->stmt[COUNT];

	og_bind_int(stmt, 1, og_now_ms());
	if (og_stmt_step(stmt, err) <= 0)
		return -1;
	ret->ready = og_col_int(stmt, 0);
	ret->claimed = og_col_int(stmt, 1);
	ret->delayed = og_col_int(stmt, 2);
	ret->dead = og_col_int(stmt, 3);
	og_stmt_reset(stmt);
	return 0;
}

static json_t *task_json(struct og_stmt *row)
{
	static const char *const states[] = { "queued", "claimed", "dead" };
	char queued[OG_TIME_LEN + 1];
	int64_t state = og_col_int(row, 1);

	og_time_format(og_col_int(row, 3), queued);
	return json_pack("{s:s*,s:s,s:I,s:s,s:s*,s:s*}", "id", og_col_text(row, 0), "state",
			 states[state >= 0 && state <= 2 ? state : 2], "attempts",
			 (json_int_t)og_col_int(row, 2), "queued", queued, "reason",
			 og_col_text(row, 4), "envelope", og_col_text(row, 5));
}

static int sqlite_list(struct og_queue *base, size_t limit, json_t **ret, struct og_err *err)
{
	struct sqlite_queue *q = (struct sqlite_queue *)base;
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (!list)
		return og_fail_nomem(err);
	if (og_stmt_new(q->db,
			"SELECT id, state, attempts, queued, reason, envelope FROM task "
			"ORDER BY ticket LIMIT ?1",
			&stmt, err) == 0) {
		og_bind_int(stmt, 1, (int64_t)limit);
		while ((more = og_stmt_step(stmt, err)) > 0)
			if (json_array_append_new(list, task_json(stmt)) < 0) {
				more = og_fail_nomem(err);
				break;
			}
	}
	og_stmt_free(stmt);
	if (more < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

const struct og_transport og_transport_sqlite = {
	.scheme = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.put = sqlite_put,
	.claim = sqlite_claim,
	.ack = sqlite_ack,
	.release = sqlite_release,
	.dead = sqlite_dead,
	.wait = sqlite_wait,
	.count = sqlite_count,
	.list = sqlite_list,
};
