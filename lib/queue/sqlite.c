/* The embedded transport's file, its door and its table; see sqlite-internal.h. */
#include "lib/queue/sqlite-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/door.h"
#include "lib/base/file.h"

#define FORMAT	 3
#define KEEP_WAL ((int64_t)512 << 10)

/* The envelope is the last column: whoever looks for a state does not walk
 * over it. */
#define SCHEMA                                                                                     \
	"CREATE TABLE task ("                                                                      \
	" ticket INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"                      \
	" state INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL DEFAULT 0,"                  \
	" attempts INTEGER NOT NULL DEFAULT 0, queued INTEGER NOT NULL,"                           \
	" not_before INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0,"              \
	" again INTEGER NOT NULL DEFAULT 0, died INTEGER NOT NULL DEFAULT 0, reason TEXT,"         \
	" envelope TEXT NOT NULL);"                                                                \
	"CREATE INDEX task_ready ON task(priority DESC, ticket) WHERE state = 0;"                  \
	"CREATE INDEX task_claimed ON task(ticket) WHERE state = 1;"                               \
	"CREATE INDEX task_dead ON task(died, ticket) WHERE state = 2;"                            \
	"CREATE INDEX task_delayed ON task(not_before) WHERE state = 3;"                           \
	"PRAGMA user_version = 3;"

static const char schema[] = "BEGIN;" SCHEMA "COMMIT;";

/* Formats 1 and 2 had delayed rows among the ready ones, and letters
 * without the time they died. */
static const char from_older[] =
	"BEGIN; ALTER TABLE task RENAME TO task_old;"
	"DROP INDEX IF EXISTS task_ready; DROP INDEX IF EXISTS task_claimed;" SCHEMA
	"INSERT INTO task(ticket, id, state, priority, attempts, queued, not_before, expires,"
	" died, reason, envelope) SELECT ticket, id,"
	" iif(state = 0 AND not_before > 0, 3, state), priority, attempts, queued, not_before,"
	" expires, iif(state = 2, queued, 0), reason, envelope FROM task_old ORDER BY ticket;"
	"DROP TABLE task_old; COMMIT;";

#define SHOWN "SELECT id, state, attempts, queued, reason, envelope, not_before FROM task "

static const char *const sql[STATEMENTS] = {
	[PUT] = "INSERT INTO task(id, envelope, priority, not_before, expires, queued, state) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?4 > ?6, 3, 0)) ON CONFLICT(id) DO UPDATE SET "
		"again = state = 1, attempts = iif(state = 2, 0, attempts), "
		"expires = iif(state = 2, excluded.expires, expires), "
		"not_before = CASE state WHEN 1 THEN not_before WHEN 2 THEN excluded.not_before "
		"ELSE min(not_before, excluded.not_before) END, reason = NULL, died = 0, "
		"state = CASE state WHEN 2 THEN excluded.state "
		"WHEN 3 THEN iif(excluded.not_before > ?6, 3, 0) ELSE state END",
	/* So many at a time, those first that are due longest: a claim stays
	 * short, whatever becomes due at the same moment. */
	[RIPEN] = "UPDATE task SET state = 0 WHERE ticket IN (SELECT ticket FROM task "
		  "WHERE state = 3 AND not_before <= ?1 ORDER BY not_before LIMIT 256)",
	[NEXT] = "SELECT ticket FROM task WHERE state = 0 ORDER BY priority DESC, ticket LIMIT 1",
	[DUE] = "SELECT not_before FROM task WHERE state = 3 ORDER BY not_before LIMIT 1",
	[CLAIMED] = "SELECT ticket FROM task WHERE state = 1 ORDER BY ticket",
	[TAKE] = "UPDATE task SET state = 1, attempts = attempts + 1 WHERE ticket = ?1 "
		 "RETURNING attempts, envelope, expires",
	[ACK] = "DELETE FROM task WHERE ticket = ?1 AND NOT again",
	[AGAIN] = "UPDATE task SET state = 0, again = 0, attempts = 0, not_before = 0, "
		  "expires = 0 WHERE ticket = ?1 AND again",
	[RELEASE] = "UPDATE task SET state = iif(again OR ?2 = 0, 0, 3), "
		    "not_before = iif(again, 0, ?2), again = 0, attempts = attempts - ?3, "
		    "expires = 0 WHERE ticket = ?1 AND state = 1",
	[DEAD] = "UPDATE task SET state = 2, reason = ?2, died = ?3 "
		 "WHERE ticket = ?1 AND NOT again",
	[SWEEP] = "DELETE FROM task WHERE ticket IN (SELECT ticket FROM task "
		  "WHERE state = 2 AND died < ?1 ORDER BY died LIMIT 200)",
	[BOUND] = "SELECT coalesce((SELECT max(ticket) FROM task) - (SELECT min(ticket) FROM task) "
		  "+ 1, 0)",
	/* Each from its own index; the oldest is the lowest ticket. */
	[COUNT] = "SELECT r.n + (SELECT count(*) FROM task WHERE state = 3 AND not_before <= ?1), "
		  "(SELECT count(*) FROM task WHERE state = 1), "
		  "(SELECT count(*) FROM task WHERE state = 3 AND not_before > ?1), "
		  "(SELECT count(*) FROM task WHERE state = 2), "
		  "coalesce((SELECT queued FROM task WHERE ticket = r.first), 0), "
		  "coalesce((SELECT min(not_before) FROM task "
		  "WHERE state = 3 AND not_before > ?1), 0) "
		  "FROM (SELECT count(*) AS n, min(ticket) AS first "
		  "FROM task INDEXED BY task_ready WHERE state = 0) AS r",
	[FIND] = SHOWN "WHERE id = ?1",
	[LIST] = SHOWN "ORDER BY ticket DESC LIMIT ?1",
	[LETTERS] = SHOWN "WHERE state = 2 ORDER BY died DESC, ticket DESC LIMIT ?1",
};

struct og_stmt *og_sqlite_stmt(struct og_sqlite_queue *q, enum og_sqlite_stmt which,
			       struct og_err *err)
{
	if (!q->stmt[which] && og_stmt_new(q->db, sql[which], &q->stmt[which], err) < 0)
		return NULL;
	return q->stmt[which];
}

int og_sqlite_enter(struct og_sqlite_queue *q, struct og_err *err)
{
	if (og_door_enter(q->door, "queue", err) < 0)
		return -1;
	if (og_db_begin(q->db, 1, err) == 0)
		return 0;
	og_door_leave(q->door);
	return -1;
}

void og_sqlite_leave(struct og_sqlite_queue *q)
{
	og_db_rollback(q->db);
	og_door_leave(q->door);
}

int og_sqlite_commit(struct og_sqlite_queue *q, int sync, struct og_err *err)
{
	int rc = og_db_commit(q->db, err);

	og_sqlite_leave(q);
	return rc == 0 && sync ? og_db_sync(q->db, err) : rc;
}

int og_sqlite_lock_open(const char *run, const char *name, int flags, int *fd, struct og_err *err)
{
	char *path;

	if (*fd >= 0)
		return 0;
	path = og_path_join(run, name);
	if (!path)
		return og_fail_nomem(err);
	*fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		og_fail(err,
			errno == ENOENT	  ? OG_ECONF
			: errno == EACCES ? OG_EPERM
					  : OG_EOS,
			"cannot open '%s': %s", path, strerror(errno));
	free(path);
	return *fd < 0 ? -1 : 0;
}

static void sqlite_close(struct og_queue *base)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;

	for (int i = 0; i < STATEMENTS; i++)
		og_stmt_free(q->stmt[i]);
	og_db_close(q->db);
	og_bell_close(&q->bell);
	og_bell_close(&q->told);
	og_sqlite_claims_close(q);
	if (q->door >= 0)
		close(q->door);
	free(q->run);
	free(q);
}

static int make_tables(struct og_sqlite_queue *q, const char *path, struct og_err *err)
{
	int64_t version = 0;

	if (og_db_int(q->db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (version > FORMAT)
		return og_fail(err, OG_ECONF, "'%s' is of a newer format (%lld)", path,
			       (long long)version);
	if (version < FORMAT) {
		og_db_keep_wal(q->db, 0); /* a new file is whole without its WAL */
		if (og_db_exec(q->db, version > 0 ? from_older : schema, err) < 0) {
			og_db_rollback(q->db);
			return -1;
		}
	}
	return og_sqlite_stmt(q, PUT, err) ? 0 : -1;
}

/* Whoever closes the file last would copy the WAL into it and remove it,
 * which costs a lone submitter more than its task; a WAL that is small is
 * left for the next one. */
static int open_file(struct og_sqlite_queue *q, const char *path, struct og_err *err)
{
	enum og_db_mode mode = access(path, F_OK) == 0 ? OG_DB_FILL : OG_DB_CREATE;

	if (og_db_open(path, mode, &q->db, err) < 0)
		return -1;
	og_db_keep_wal(q->db, KEEP_WAL);
	if (make_tables(q, path, err) < 0)
		return err && err->code == OG_EBUG
			       ? og_fail(err, OG_EDATA, "'%s' is no queue of ours", path)
			       : -1;
	return 0;
}

static int sqlite_open(const struct og_queue_place *place, struct og_queue **ret,
		       struct og_err *err)
{
	const char *file = place->url + strlen("sqlite:");
	struct og_sqlite_queue *q = calloc(1, sizeof(*q));
	char *path = og_path_join(place->home, *file ? file : "queue.db");
	int rc = -1;

	if (!q || !path) {
		og_fail_nomem(err);
		goto out;
	}
	q->base.transport = &og_transport_sqlite;
	q->door = q->claims = q->probe = q->bell.fd = q->told.fd = -1;
	q->ring_low = q->ring_high = -1;
	q->run = og_path_join(place->home, "run");
	if (!q->run) {
		og_fail_nomem(err);
		goto out;
	}
	/* The door first: two processes may make the file at once. */
	if (og_sqlite_lock_open(q->run, "queue.lock", O_RDWR, &q->door, err) < 0 ||
	    og_door_enter(q->door, "queue", err) < 0)
		goto out;
	rc = open_file(q, path, err);
	og_door_leave(q->door);
out:
	free(path);
	if (rc == 0) {
		*ret = &q->base;
	} else if (q) {
		sqlite_close(&q->base);
	}
	return rc;
}

/* There is no server: the file is made by whoever opens it first. */
static int sqlite_declare(const struct og_queue_place *place, int check, struct og_err *err)
{
	(void)place;
	(void)check;
	(void)err;
	return 0;
}

const struct og_transport og_transport_sqlite = {
	.scheme = "sqlite",
	.open = sqlite_open,
	.declare = sqlite_declare,
	.close = sqlite_close,
	.put = og_sqlite_put,
	.claim = og_sqlite_claim,
	.ack = og_sqlite_ack,
	.release = og_sqlite_release,
	.dead = og_sqlite_dead,
	.wait = og_sqlite_wait,
	.tell = og_sqlite_tell,
	.listen = og_sqlite_listen,
	.hear = og_sqlite_hear,
	.count = og_sqlite_count,
	.find = og_sqlite_find,
	.list = og_sqlite_list,
	.bound = og_sqlite_bound,
	.sweep = og_sqlite_sweep,
};
