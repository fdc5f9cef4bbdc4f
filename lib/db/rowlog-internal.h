/* Shared by capture (rowlog.c) and application (rowapply.c): what a table
 * looks like, and values as the ledger writes them. */
#ifndef OG_DB_ROWLOG_INTERNAL_H
#define OG_DB_ROWLOG_INTERNAL_H

#include "lib/base/buf.h"
#include "lib/db/db-internal.h"
#include "lib/json/json.h"

struct og_row_column {
	char *name;
	int pk;		/* place in the primary key from 1, or 0 */
	int generated;	/* its value is computed: never logged, never written */
	int is_virtual; /* generated and not stored */
};

struct og_row_table {
	struct og_row_table *next;
	char *name;
	struct og_row_column *columns;
	int *sorted; /* indexes of the columns in canonical order of their names */
	int n;
	const char *rowid; /* what SQL calls it here; NULL: columns took all its names */
	int without_rowid;
	int shadow; /* belongs to a virtual table, which rebuilds it */
};

/* Reads a table's shape; NULL with *rc when it cannot. Free with og_row_table_free. */
struct og_row_table *og_row_table_load(sqlite3 *handle, const char *name, int *rc);
void og_row_table_free(struct og_row_table *table);

/* Appends a value: null, integer, string, or tagged (og-ledger-entry(5)). */
void og_row_value_print(struct og_buf *buf, sqlite3_value *value);
void og_row_int_print(struct og_buf *buf, sqlite3_int64 value);

/* Binds a value that was printed so; -1 when it is not of that form. */
int og_row_value_bind(sqlite3_stmt *stmt, int i, const json_t *value);
int og_row_int_read(const json_t *value, sqlite3_int64 *ret);

#endif
