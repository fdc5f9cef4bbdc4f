/* The embedded transport's file, its door and its table; see sqlite-internal.h. */
#include "lib/queue/sqlite-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/file.h"

#define FORMAT 2

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS task ("
	" ticket INTEGER PRIMARY KEY AUTOINCREMENT,"
	" id TEXT NOT NULL UNIQUE, envelope TEXT NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" queued INTEGER NOT NULL, not_before INTEGER NOT NULL DEFAULT 0,"
	" expires INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0, reason TEXT);"
	"CREATE INDEX IF NOT EXISTS task_ready ON task(priority DESC, ticket) WHERE state = 0;"
	"CREATE INDEX IF NOT EXISTS task_claimed ON task(ticket) WHERE state = 1;"
	"PRAGMA user_version = 2;";

static const char from_1[] = "ALTER TABLE task ADD COLUMN again INTEGER NOT NULL DEFAULT 0;"
			     "PRAGMA user_version = 2;";

#define SHOWN "SELECT id, state, attempts, queued, reason, envelope FROM task "

static const char *const sql[STATEMENTS] = {
	[PUT] = "INSERT INTO task(id, envelope, priority, not_before, expires, queued) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO UPDATE SET "
		"again = state = 1, attempts = iif(state = 2, 0, attempts), "
		"not_before = CASE state WHEN 0 THEN min(not_before, excluded.not_before) "
		"WHEN 1 THEN not_before ELSE excluded.not_before END, "
		"reason = NULL, state = iif(state = 2, 0, state)",
	[NEXT] = "SELECT ticket FROM task WHERE state = 0 AND not_before <= ?1 "
		 "ORDER BY priority DESC, ticket LIMIT 1",
	[DUE] = "SELECT min(not_before) FROM task WHERE state = 0",
	[CLAIMED] = "SELECT ticket FROM task WHERE state = 1 ORDER BY ticket",
	[TAKE] = "UPDATE task SET state = 1, attempts = attempts + 1 WHERE ticket = ?1 "
		 "RETURNING attempts, envelope, expires",
	[ACK] = "DELETE FROM task WHERE ticket = ?1",
	[RELEASE] = "UPDATE task SET state = 0, not_before = iif(again, 0, ?2), again = 0, "
		    "attempts = attempts - ?3, expires = 0 WHERE ticket = ?1 AND state = 1",
	[DEAD] = "UPDATE task SET state = 2, reason = ?2 WHERE ticket = ?1",
	[COUNT] = "SELECT count(*) FILTER (WHERE state = 0 AND not_before <= ?1), "
		  "count(*) FILTER (WHERE state = 1), "
		  "count(*) FILTER (WHERE state = 0 AND not_before > ?1), "
		  "count(*) FILTER (WHERE state = 2), "
		  "coalesce(min(queued) FILTER (WHERE state = 0 AND not_before <= ?1), 0), "
		  "coalesce(min(not_before) FILTER (WHERE state = 0 AND not_before > ?1), 0) "
		  "FROM task",
	[FIND] = SHOWN "WHERE id = ?1",
	[LIST] = SHOWN "ORDER BY ticket DESC LIMIT ?1",
};

static int lock_door(struct og_sqlite_queue *q, struct og_err *err)
{
	while (flock(q->door, LOCK_EX) < 0)
		if (errno != EINTR)
			return og_fail(err, OG_EOS, "cannot lock the queue: %s", strerror(errno));
	return 0;
}

int og_sqlite_enter(struct og_sqlite_queue *q, struct og_err *err)
{
	if (lock_door(q, err) < 0)
		return -1;
	if (og_db_begin(q->db, 1, err) == 0)
		return 0;
	flock(q->door, LOCK_UN);
	return -1;
}

void og_sqlite_leave(struct og_sqlite_queue *q)
{
	og_db_rollback(q->db);
	flock(q->door, LOCK_UN);
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
	if (q->door >= 0)
		close(q->door);
	if (q->claims >= 0)
		close(q->claims);
	if (q->probe >= 0)
		close(q->probe);
	free(q->run);
	free(q);
}

static int open_file(struct og_sqlite_queue *q, const char *path, struct og_err *err)
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
	if (version < FORMAT && og_db_exec(q->db, version == 1 ? from_1 : schema, err) < 0)
		return -1;
	for (int i = 0; i < STATEMENTS; i++)
		if (og_stmt_new(q->db, sql[i], &q->stmt[i], err) < 0)
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
	q->run = og_path_join(place->home, "run");
	if (!q->run) {
		og_fail_nomem(err);
		goto out;
	}
	/* The door first: two processes may make the file at once. */
	if (og_sqlite_lock_open(q->run, "queue.lock", O_RDWR, &q->door, err) < 0 ||
	    lock_door(q, err) < 0)
		goto out;
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
};
