/*
 * The row log: what a transaction did, row by row, in the order it was
 * done, as the canonical JSON array that the ledger keeps. It listens on
 * SQLite's preupdate hook (the session extension loses data silently on
 * 3.40: no primary key, generated columns, NULL keys), so it sees triggers,
 * cascades and REPLACE too. Format: og-ledger-entry(5), CHANGES.
 *
 * Covered: every table of main but the derived ones (OG_DERIVED tables:
 * a fixed list in rowlog.c, plus shadow tables of FTS) and audit_ledger.
 * Attach right after opening, before anything is prepared.
 */
#ifndef OG_DB_ROWLOG_H
#define OG_DB_ROWLOG_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

struct og_rowlog;

#define OG_CHANGES_MAX ((size_t)8 << 20) /* bytes of JSON a transaction may log */

int og_rowlog_new(struct og_db *db, struct og_rowlog **ret, struct og_err *err);
void og_rowlog_free(struct og_rowlog *log);

/* Starts listening with an empty log; og_rowlog_stop ends it. Between the
 * two belongs exactly one transaction that succeeds as a whole: a statement
 * that failed half way leaves entries of rows that were put back. */
void og_rowlog_start(struct og_rowlog *log);
void og_rowlog_stop(struct og_rowlog *log);

/* While muted, changes on this connection are not logged. For filling a new
 * column into old rows: the replay of the schema change does it again. */
void og_rowlog_mute(struct og_db *db, int mute);

/* Row operations so far, and whether the log had to give up (too large, no
 * memory, a value it cannot write): then the transaction must not commit. */
size_t og_rowlog_count(const struct og_rowlog *log);

/* Appends the array "[...]" of what was logged since start. */
int og_rowlog_take(struct og_rowlog *log, struct og_buf *buf, struct og_err *err);

/* Position in the log, to know what one statement of several added. */
size_t og_rowlog_mark(const struct og_rowlog *log);
/* As take, but only what came after mark. */
int og_rowlog_take_from(struct og_rowlog *log, size_t mark, struct og_buf *buf, struct og_err *err);

/* True when changes to the table are not logged. */
int og_table_derived(const char *table);

/* Applies a changes array. Inside the caller's transaction, triggers off.
 * forward != 0 replays, foreign keys off (their actions are in the log); 0
 * undoes, last operation first, foreign keys checked at commit. Every operation must find exactly
 * the row it names with the old values it names: else OG_NO "row changed since" and the caller
 * rolls back. Malformed input is OG_EDATA. changes is a jansson array. */
int og_rowlog_apply(struct og_db *db, const json_t *changes, int forward, struct og_err *err);

/* The same for many arrays in one transaction: the shapes of tables and the
 * statements are kept from one to the next (256 statements at most), and so are
 * triggers and foreign keys off. Before the connection does anything else, and
 * before a schema changes, og_rowapply_rest: all is forgotten, and the
 * connection is as it was. og_rowapply_free rests first; NULL is legal. */
struct og_rowapply;
int og_rowapply_new(struct og_db *db, int forward, struct og_rowapply **ret, struct og_err *err);
void og_rowapply_free(struct og_rowapply *apply);
int og_rowapply_run(struct og_rowapply *apply, const json_t *changes, struct og_err *err);
void og_rowapply_rest(struct og_rowapply *apply);

#endif
