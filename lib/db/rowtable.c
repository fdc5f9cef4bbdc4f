/* What a table looks like to the row log. */
#include <stdlib.h>
#include <string.h>

#include "lib/db/rowlog-internal.h"

void og_row_table_free(struct og_row_table *table)
{
	if (!table)
		return;
	for (int i = 0; i < table->n; i++)
		free(table->columns[i].name);
	free(table->columns);
	free(table->sorted);
	free(table->name);
	free(table);
}

static int add_column(struct og_row_table *table, sqlite3_stmt *stmt)
{
	struct og_row_column *grown;
	const char *name = (const char *)sqlite3_column_text(stmt, 0);
	int hidden = sqlite3_column_int(stmt, 2);

	grown = realloc(table->columns, ((size_t)table->n + 1) * sizeof(*grown));
	if (!grown)
		return SQLITE_NOMEM;
	table->columns = grown;
	grown += table->n;
	grown->name = strdup(name ? name : "");
	if (!grown->name)
		return SQLITE_NOMEM;
	grown->pk = sqlite3_column_int(stmt, 1);
	grown->generated = hidden > 1;
	grown->is_virtual = hidden == 2;
	table->n++;
	return SQLITE_OK;
}

/* Runs sql with the table's name bound and hands each row to take. */
static int each_row(sqlite3 *handle, const char *sql, struct og_row_table *table,
		    int (*take)(struct og_row_table *, sqlite3_stmt *))
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = take(table, stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int take_kind(struct og_row_table *table, sqlite3_stmt *stmt)
{
	const char *type = (const char *)sqlite3_column_text(stmt, 1);

	table->without_rowid = sqlite3_column_int(stmt, 0);
	table->shadow = type && strcmp(type, "shadow") == 0;
	return SQLITE_OK;
}

/* A column may be called rowid, and would be read and written instead of it. */
static const char *free_rowid(const struct og_row_table *table)
{
	static const char *const names[] = { "rowid", "_rowid_", "oid" };

	for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
		int taken = 0;

		for (int i = 0; i < table->n; i++)
			taken |= sqlite3_stricmp(table->columns[i].name, names[k]) == 0;
		if (!taken)
			return names[k];
	}
	return NULL;
}

/* Few columns, sorted once: insertion is enough. */
static int sort_columns(struct og_row_table *table)
{
	table->sorted = calloc((size_t)table->n + 1, sizeof(*table->sorted));
	if (!table->sorted)
		return SQLITE_NOMEM;
	for (int i = 0; i < table->n; i++) {
		int at = i;

		for (; at > 0; at--) {
			int before = table->sorted[at - 1];

			if (og_json_key_compare(table->columns[before].name,
						table->columns[i].name) <= 0)
				break;
			table->sorted[at] = before;
		}
		table->sorted[at] = i;
	}
	return SQLITE_OK;
}

struct og_row_table *og_row_table_load(sqlite3 *handle, const char *name, int *rc)
{
	struct og_row_table *table = calloc(1, sizeof(*table));

	*rc = SQLITE_NOMEM;
	if (table)
		table->name = strdup(name);
	if (!table || !table->name)
		goto fail;
	*rc = each_row(handle, "SELECT name, pk, hidden FROM pragma_table_xinfo(?1, 'main')", table,
		       add_column);
	if (*rc == SQLITE_OK)
		*rc = each_row(handle,
			       "SELECT wr, type FROM pragma_table_list WHERE schema = 'main' "
			       "AND name = ?1 COLLATE NOCASE",
			       table, take_kind);
	if (*rc == SQLITE_OK)
		*rc = table->n > 0 ? sort_columns(table) : SQLITE_NOTFOUND;
	table->rowid = free_rowid(table);
	if (*rc == SQLITE_OK)
		return table;
fail:
	og_row_table_free(table);
	return NULL;
}
