/*
 * SQLite, opened hardened. Statements, transactions, durability. sqlite3.h
 * is included by lib/db and lib/shield only; everyone else sees these
 * calls. Errors name the file and carry SQLite's message; a full disk is
 * OG_EOS, a damaged file or one that is no database OG_EDATA, a lock that
 * was not had in time OG_ETEMP, a read-only file OG_EPERM.
 *
 * Every connection: WAL (write modes), synchronous=NORMAL, foreign keys
 * on, DEFENSIVE, TRUSTED_SCHEMA off, no double-quoted strings, no
 * extensions, temp store in memory, busy timeout 10 s. NORMAL means: a
 * commit is atomic at once and survives the death of the process; it
 * survives power loss after og_db_sync(). Nothing may be acknowledged
 * before that call (measured: one fdatasync covers every earlier commit).
 */
#ifndef OG_DB_DB_H
#define OG_DB_DB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/progress.h"

struct sqlite3;
struct og_db;
struct og_stmt;

enum og_db_mode {
	OG_DB_READ,   /* existing file, no writing (WAL readers still need the -shm) */
	OG_DB_STILL,  /* existing file that nobody writes: no lock, no WAL, its folder untouched */
	OG_DB_WRITE,  /* existing file; an empty one is refused and stays as it is */
	OG_DB_FILL,   /* the same, and an empty one is to be filled */
	OG_DB_CREATE, /* new file, mode 0600; an existing one is refused */
};

int og_db_open(const char *path, enum og_db_mode mode, struct og_db **ret, struct og_err *err);
void og_db_close(struct og_db *db);
/* Whoever closes a database last copies its WAL into it and removes that:
 * two syncs and more. With this the WAL stays when it is not larger than
 * so many bytes, and the next one to open the file reads it again. */
void og_db_keep_wal(struct og_db *db, int64_t bytes);

/* Pages are read where the system has them in memory, up to so many bytes
 * from the start of the file, instead of being copied: for who reads much
 * of it at a time. An error of the disk then ends the process. */
int og_db_map(struct og_db *db, int64_t bytes, struct og_err *err);

/* Copies a whole database, page by page, into a new file of mode 0600.
 * The source is opened for reading only and never changed, nor recovered
 * when its last writer died. A WAL database that nobody has open is read
 * as it lies, so that no file appears beside it. OG_EDATA: it is no
 * database, damaged, of a newer format, or left in a transaction. meter is
 * NULL, or told of pages. */
int og_db_copy(const char *from, const char *to, struct og_meter *meter, struct og_err *err);
/* The same of a database that is open: as it is at its pinned moment, while
 * others go on writing. meter is told of pages, or NULL. */
int og_db_copy_from(struct og_db *source, const char *to, struct og_meter *meter,
		    struct og_err *err);

/* Begins to read, and from now on sees this moment until og_db_rollback(). */
int og_db_pin(struct og_db *db, struct og_err *err);
/* The same for n connections of one file, all at one moment. OG_ETEMP: others
 * commit so often that it could not be had; then none is pinned. */
int og_db_pin_all(struct og_db *const *dbs, size_t n, struct og_err *err);

/* Are its pages, rows and indexes what they should be? OG_EDATA says what is
 * not. Reads all of it. */
int og_db_is_sound(struct og_db *db, struct og_err *err);

/* The connection itself, for lib/shield. */
struct sqlite3 *og_db_handle(struct og_db *db);
const char *og_db_path(const struct og_db *db);

/* One or more statements without results. */
int og_db_exec(struct og_db *db, const char *sql, struct og_err *err);

/* Transactions do not nest. BEGIN IMMEDIATE for writing. Commit checks
 * deferred constraints; after a failing commit the transaction is rolled
 * back. og_db_rollback is quiet when none is open, nor db itself (NULL). */
int og_db_begin(struct og_db *db, int write, struct og_err *err);
int og_db_commit(struct og_db *db, struct og_err *err);
void og_db_rollback(struct og_db *db);
int og_db_in_transaction(struct og_db *db);

/* Makes every commit so far durable (fdatasync of the WAL). */
int og_db_sync(struct og_db *db, struct og_err *err);

/* Prepares one statement. Keep and reuse it: og_stmt_reset between runs. */
int og_stmt_new(struct og_db *db, const char *sql, struct og_stmt **ret, struct og_err *err);
void og_stmt_free(struct og_stmt *stmt);

/* Parameters count from 1. Text and blobs are copied. NULL text binds
 * NULL. A failed bind (memory, too big) shows at the next step. */
void og_bind_int(struct og_stmt *stmt, int i, int64_t value);
void og_bind_real(struct og_stmt *stmt, int i, double value);
void og_bind_text(struct og_stmt *stmt, int i, const char *text); /* up to its NUL */
void og_bind_textn(struct og_stmt *stmt, int i, const char *text, size_t len);
void og_bind_blob(struct og_stmt *stmt, int i, const void *data, size_t len);
void og_bind_null(struct og_stmt *stmt, int i);

/* 1: a row is there; 0: done; -1: error. After 0 or -1 the statement is
 * reset and its bindings are cleared. */
int og_stmt_step(struct og_stmt *stmt, struct og_err *err);
/* Steps a statement that returns no rows to its end. */
int og_stmt_run(struct og_stmt *stmt, struct og_err *err);
void og_stmt_reset(struct og_stmt *stmt); /* also clears bindings */

/* Columns count from 0; valid until the next step or reset. */
int64_t og_col_int(struct og_stmt *stmt, int i);
double og_col_real(struct og_stmt *stmt, int i);
const char *og_col_text(struct og_stmt *stmt, int i); /* NULL for NULL */
const void *og_col_blob(struct og_stmt *stmt, int i);
size_t og_col_len(struct og_stmt *stmt, int i); /* bytes of text or blob */
int og_col_null(struct og_stmt *stmt, int i);

/* Rows the last finished statement changed; key of the last new row. */
int64_t og_db_changes(struct og_db *db);
int64_t og_db_last_id(struct og_db *db);

/* One-liners for the common case. ret receives the first column of the
 * first row. 1: found, 0: no row, -1: error. */
int og_db_int(struct og_db *db, const char *sql, int64_t *ret, struct og_err *err);
/* Heap string, free() it. */
int og_db_text(struct og_db *db, const char *sql, char **ret, struct og_err *err);

#endif
