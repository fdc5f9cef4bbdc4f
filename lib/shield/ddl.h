/*
 * Schema changes, judged by their effect. A statement runs inside the
 * caller's transaction under an authorizer of its own; afterwards the
 * schema is compared with what it was: only additions stay (a table with a
 * primary key, a column, an index), nothing named og_*, sqlite_* or
 * audit_ledger. Everything else is refused and the caller rolls back.
 *
 * A new column's default is written into every old row in the same
 * transaction, triggers off and the row log muted: otherwise SQLite reports
 * the old value as NULL when the row changes later. A replay runs the
 * change through og_ddl_run() too, so it fills the column the same way.
 */
#ifndef OG_SHIELD_DDL_H
#define OG_SHIELD_DDL_H

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

/* sql: one statement. *ret_changes: [{"op":"create_table|add_column|
 * create_index","table":T,"name":N?,"sql":SQL}]. Returns 0; OG_NO when
 * refused (rule in the hint); OG_EDATA when it is no SQL. */
int og_ddl_run(struct og_db *db, const char *sql, json_t **ret_changes, struct og_err *err);

/* The same from a record: {"op":"create_table","table","columns":[{"name",
 * "type","pk"?,"notnull"?,"default"?}]}, {"op":"add_column","table",
 * "column","type","default"?}, {"op":"create_index","table","columns":
 * [names],"unique"?}. Names are quoted; types are letters, digits, spaces
 * and (n,m). An add_column of a column that is there is OG_NO. */
int og_ddl_apply(struct og_db *db, const json_t *request, json_t **ret_changes, struct og_err *err);

#endif
