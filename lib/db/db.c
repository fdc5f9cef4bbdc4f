/*
 * Connections, transactions, durability.
 *
 * Durability is explicit: commits run at synchronous=NORMAL and
 * og_db_sync() makes all of them durable with one fdatasync of the WAL,
 * so several processes share one sync (group commit).
 */
#include "lib/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/db/db-internal.h"

#define BUSY_MS 10000

int og_db_code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return OG_ETEMP;
	case SQLITE_FULL:
	case SQLITE_NOMEM:
		return OG_EOS;
	case SQLITE_IOERR:
		return OG_EIO;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		return OG_EDATA;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return OG_EPERM;
	case SQLITE_CANTOPEN:
		return OG_ENOINPUT;
	default:
		return OG_EBUG;
	}
}

int og_db_fail(struct og_db *db, int rc, const char *doing, struct og_err *err)
{
	const char *name = strrchr(db->path, '/');

	if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY) {
		og_fail(err, OG_EDATA, "'%s' was left in the middle of a transaction",
			name ? name + 1 : db->path);
		return og_hint(err, "let a program that may write it open it once");
	}
	/* Even a reader makes files beside it; the database itself is open. */
	if ((rc & 0xff) == SQLITE_CANTOPEN && strcmp(doing, "open") != 0) {
		int why = db->handle ? sqlite3_system_errno(db->handle) : 0;

		og_fail(err, og_db_code(rc), "cannot open the journal beside '%s': %s",
			name ? name + 1 : db->path, why ? strerror(why) : sqlite3_errstr(rc));
		return og_hint(err, "even to read it, its folder must be writable");
	}
	return og_fail(err, og_db_code(rc), "cannot %s '%s': %s", doing, name ? name + 1 : db->path,
		       db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
}

static int harden(struct og_db *db, struct og_err *err)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		int rc = sqlite3_db_config(db->handle, options[i].option, options[i].value,
					   (int *)NULL);

		if (rc != SQLITE_OK)
			return og_db_fail(db, rc, "harden", err);
	}
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	return og_db_exec(db, "PRAGMA temp_store = MEMORY", err);
}

/* An empty file is often one that somebody copies into at this moment; what
 * SQLite wrote at its start then would stay there. */
static int check_filled(struct og_db *db, struct og_err *err)
{
	const char *name = strrchr(db->path, '/');
	int64_t pages;

	if (og_db_int(db, "PRAGMA page_count", &pages, err) < 0)
		return -1;
	if (pages > 0)
		return 0;
	return og_fail(err, OG_EDATA, "'%s' is empty", name ? name + 1 : db->path);
}

/* Reading the header finds out whether the file is a database at all. */
static int set_up(struct og_db *db, enum og_db_mode mode, struct og_err *err)
{
	int64_t version;

	if (harden(db, err) < 0)
		return -1;
	if (mode == OG_DB_READ || mode == OG_DB_STILL)
		return og_db_int(db, "PRAGMA schema_version", &version, err) < 0 ? -1 : 0;
	if (mode == OG_DB_WRITE && check_filled(db, err) < 0)
		return -1;
	return og_db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
}

/* The mode of the file is set before SQLite writes a byte into it; a WAL
 * and its index take the mode of the database. */
int og_db_create_file(const char *path, struct og_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return og_fail(err,
			       errno == EEXIST			     ? OG_EDATA
			       : errno == ENOENT || errno == ENOTDIR ? OG_ENOINPUT
								     : OG_EPERM,
			       "cannot create '%s': %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int check_file(const char *path, struct og_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return og_fail(err, errno == EACCES ? OG_EPERM : OG_ENOINPUT,
			       "cannot open '%s': %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': not a regular file", path);
	return 0;
}

/* A path as an URI, with what only an URI can say: nobody writes this file. */
static char *still_uri(const char *path)
{
	struct og_buf uri;

	og_buf_init(&uri, 32768);
	og_buf_adds(&uri, "file:");
	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    strchr("0123456789/._-", *p))
			og_buf_addc(&uri, (char)*p);
		else
			og_buf_addf(&uri, "%%%02x", *p);
	}
	og_buf_adds(&uri, "?immutable=1");
	return og_buf_take(&uri);
}

static int open_handle(struct og_db *db, enum og_db_mode mode)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, rc;
	char *uri = NULL;

	flags |= mode == OG_DB_READ || mode == OG_DB_STILL ? SQLITE_OPEN_READONLY
							   : SQLITE_OPEN_READWRITE;
	if (mode == OG_DB_STILL) {
		uri = still_uri(db->path);
		if (!uri)
			return SQLITE_NOMEM;
		flags |= SQLITE_OPEN_URI;
	}
	rc = sqlite3_open_v2(uri ? uri : db->path, &db->handle, flags, NULL);
	free(uri);
	return rc;
}

int og_db_open(const char *path, enum og_db_mode mode, struct og_db **ret, struct og_err *err)
{
	struct og_db *db = NULL;
	int rc;

	if ((mode == OG_DB_CREATE ? og_db_create_file(path, err) : check_file(path, err)) < 0)
		return -1;
	db = calloc(1, sizeof(*db));
	if (db)
		db->path = strdup(path);
	if (!db || !db->path) {
		og_fail_nomem(err);
		goto fail;
	}
	rc = open_handle(db, mode);
	if (rc != SQLITE_OK) {
		og_db_fail(db, rc, "open", err);
		goto fail;
	}
	if (set_up(db, mode, err) < 0)
		goto fail;
	*ret = db;
	return 0;
fail:
	og_db_close(db);
	return -1;
}

int og_db_map(struct og_db *db, int64_t bytes, struct og_err *err)
{
	char sql[48];

	snprintf(sql, sizeof(sql), "PRAGMA mmap_size = %lld", (long long)bytes);
	return og_db_exec(db, sql, err);
}

void og_db_keep_wal(struct og_db *db, int64_t bytes)
{
	db->keep_wal = bytes;
}

/* Also one that is left must not grow for ever: nobody but a last close
 * starts it afresh when every process writes once. */
static void leave_wal(struct og_db *db)
{
	struct og_buf path;
	struct stat st;

	og_buf_init(&path, 32768);
	if (og_buf_addf(&path, "%s-wal", db->path) == 0 && stat(path.data, &st) == 0 &&
	    st.st_size <= db->keep_wal)
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	og_buf_release(&path);
}

void og_db_close(struct og_db *db)
{
	if (!db)
		return;
	if (db->keep_wal > 0 && db->handle)
		leave_wal(db);
	sqlite3_finalize(db->begin_read);
	sqlite3_finalize(db->begin_write);
	sqlite3_finalize(db->commit);
	sqlite3_finalize(db->rollback);
	sqlite3_close_v2(db->handle);
	free(db->path);
	free(db);
}

struct sqlite3 *og_db_handle(struct og_db *db)
{
	return db->handle;
}

const char *og_db_path(const struct og_db *db)
{
	return db->path;
}

int og_db_exec(struct og_db *db, const char *sql, struct og_err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : og_db_fail(db, rc, "change", err);
}

/* Runs a statement of the connection's own, prepared at its first use. */
static int run_own(struct og_db *db, sqlite3_stmt **stmt, const char *sql)
{
	int rc = SQLITE_OK;

	if (!*stmt)
		rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(*stmt);
	if (rc == SQLITE_DONE) {
		sqlite3_reset(*stmt);
		return SQLITE_OK;
	}
	sqlite3_reset(*stmt);
	return rc;
}

int og_db_begin(struct og_db *db, int write, struct og_err *err)
{
	int rc = write ? run_own(db, &db->begin_write, "BEGIN IMMEDIATE")
		       : run_own(db, &db->begin_read, "BEGIN");

	return rc == SQLITE_OK ? 0 : og_db_fail(db, rc, "begin a transaction on", err);
}

int og_db_commit(struct og_db *db, struct og_err *err)
{
	int rc = run_own(db, &db->commit, "COMMIT");

	if (rc == SQLITE_OK)
		return 0;
	og_db_fail(db, rc, "commit to", err);
	/* Without memory or room SQLite takes it back of its own accord. */
	if (!og_db_in_transaction(db) && err)
		err->code = OG_EOS;
	og_db_rollback(db);
	return -1;
}

void og_db_rollback(struct og_db *db)
{
	if (db && og_db_in_transaction(db))
		run_own(db, &db->rollback, "ROLLBACK");
}

int og_db_in_transaction(struct og_db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

int og_db_sync(struct og_db *db, struct og_err *err)
{
	sqlite3_file *wal = NULL;
	int rc = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);

	if (rc == SQLITE_OK && wal && wal->pMethods)
		rc = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
	return rc == SQLITE_OK
		       ? 0
		       : og_fail(err, OG_EIO, "cannot sync '%s': %s", db->path, sqlite3_errstr(rc));
}

int64_t og_db_changes(struct og_db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t og_db_last_id(struct og_db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}
