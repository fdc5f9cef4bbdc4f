/* See ddl.h. No SQL is parsed here: SQLite says what a statement does, and
 * the schema afterwards says what it did. */
#include "lib/shield/ddl.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/db/rowlog.h"
#include "lib/shield/ddl-internal.h"

/* What the authorizer learned of the statement. */
struct change {
	const char *op;	 /* "create_table", ... or NULL */
	char table[128]; /* the one it is about */
	char denied[160];
	int trusted; /* our own statements pass */
};

static int deny(struct change *change, const char *what, const char *name)
{
	if (!change->denied[0])
		sqlite3_snprintf((int)sizeof(change->denied), change->denied, "%s%s%s", what,
				 name && *name ? " " : "", name ? name : "");
	return SQLITE_DENY;
}

static int starts(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (og_ascii_lower((unsigned char)*text) != *prefix)
			return 0;
	return 1;
}

int og_ddl_reserved(const char *name)
{
	return starts(name, "og_") || starts(name, "sqlite_") ||
	       og_ascii_casecmp(name, "audit_ledger") == 0;
}

static int note(struct change *change, const char *op, const char *table)
{
	/* The first AUTOINCREMENT of a file brings SQLite's own table along. */
	if (change->op && strcmp(op, change->op) == 0 && strcmp(table, "sqlite_sequence") == 0)
		return SQLITE_OK;
	if (og_ddl_reserved(table))
		return deny(change, "the name is reserved:", table);
	if (!change->op) {
		change->op = op;
		sqlite3_snprintf((int)sizeof(change->table), change->table, "%s", table);
	}
	return SQLITE_OK;
}

/* An index that a new table's UNIQUE makes is named sqlite_autoindex_*. */
static int create_index(struct change *change, const char *index, const char *table)
{
	if (change->op && starts(index, "sqlite_autoindex_"))
		return SQLITE_OK;
	if (og_ddl_reserved(index))
		return deny(change, "the name is reserved:", index);
	return note(change, "create_index", table);
}

static int alters(const struct change *change)
{
	return change->op && strcmp(change->op, "add_column") == 0;
}

/* ADD COLUMN, RENAME and DROP COLUMN share a code. DROP names the column
 * where the others have nothing; RENAME calls sqlite_rename_*. */
static int alter(struct change *change, const char *database, const char *table,
		 const char *dropped)
{
	if (dropped)
		return deny(change, "DROP COLUMN is nobody's", NULL);
	if (!database || strcmp(database, "main") != 0)
		return deny(change, "ALTER outside the database", NULL);
	return note(change, "add_column", table);
}

/* ADD COLUMN with a CHECK asks it of the rows that are there. */
static int checks(const struct change *change, const char *table)
{
	return alters(change) && og_ascii_casecmp(table, "pragma_quick_check") == 0;
}

static int on_authorize(void *arg, int action, const char *a, const char *b, const char *database,
			const char *context)
{
	struct change *change = arg;
	int schema = a && (strcmp(a, "sqlite_master") == 0 || strcmp(a, "sqlite_schema") == 0);

	(void)context;
	if (change->trusted)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_CREATE_TABLE:
		return note(change, "create_table", a);
	case SQLITE_CREATE_INDEX:
		return create_index(change, a, b);
	case SQLITE_ALTER_TABLE:
		return alter(change, a, b, database);
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
		return schema ? SQLITE_OK : deny(change, "writing rows", a);
	case SQLITE_READ:
		/* CHECK and index expressions read their own table. */
		return schema || checks(change, a) ||
				       (change->op && og_ascii_casecmp(a, change->table) == 0)
			       ? SQLITE_OK
			       : deny(change, "reading", a);
	case SQLITE_SELECT:
		return alters(change) ? SQLITE_OK
				      : deny(change, "a query in a schema change", NULL);
	case SQLITE_PRAGMA:
		return alters(change) && a && strcmp(a, "quick_check") == 0
			       ? SQLITE_OK
			       : deny(change, "PRAGMA", a);
	case SQLITE_REINDEX:
		return change->op && strcmp(change->op, "create_index") == 0
			       ? SQLITE_OK
			       : deny(change, "REINDEX", NULL);
	case SQLITE_FUNCTION:
		return starts(b, "sqlite_rename") || starts(b, "sqlite_drop")
			       ? deny(change, "RENAME is nobody's", NULL)
			       : SQLITE_OK;
	default:
		return deny(change, "only tables, columns and indexes can be added", NULL);
	}
}

/* The schema as text, to hold two moments against each other. */
static int snapshot(sqlite3 *handle, json_t **ret, struct og_err *err)
{
	json_t *all = json_object();
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(handle,
				    "SELECT type || ' ' || name, coalesce(sql, '') "
				    "FROM main.sqlite_schema",
				    -1, &stmt, NULL);

	while (rc == SQLITE_OK && all && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		if (json_object_set_new(all, (const char *)sqlite3_column_text(stmt, 0),
					json_string((const char *)sqlite3_column_text(stmt, 1))) <
		    0)
			rc = SQLITE_NOMEM;
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE || !all) {
		json_decref(all);
		return og_fail(err, OG_EDATA, "cannot read the schema: %s", sqlite3_errmsg(handle));
	}
	*ret = all;
	return 0;
}

static int refuse(struct og_err *err, const char *why)
{
	og_fail(err, OG_NO, "schema change refused: %s", why);
	return og_hint(err, "tables with a primary key, columns and indexes can be added");
}

/* Everything that was there is there still, at most one table longer. */
static int only_additions(json_t *before, json_t *after, const struct change *change,
			  struct og_err *err)
{
	const char *key, *altered = change->table;
	json_t *old;
	int longer = 0;

	if (json_equal(before, after))
		return refuse(err, "it changes no schema");
	json_object_foreach(before, key, old)
	{
		const char *was = json_string_value(old), *is = og_json_str(after, key);

		if (!is)
			return refuse(err, "something would be dropped");
		if (strcmp(was, is) == 0)
			continue;
		if (!alters(change) || strlen(is) <= strlen(was) || ++longer > 1 ||
		    og_ascii_casecmp(key + strcspn(key, " ") + 1, altered) != 0)
			return refuse(err, "something existing would be changed");
	}
	return 0;
}

/* A row of a new table must be findable by a key of its own. */
static int has_key(sqlite3 *handle, const char *table, struct og_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int keys = 0;

	if (sqlite3_prepare_v2(handle, "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk > 0",
			       -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			keys = sqlite3_column_int(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return keys > 0 ? 0 : refuse(err, "a new table needs a primary key");
}

/* The last column of the table: ADD COLUMN puts it there. */
static char *last_column(sqlite3 *handle, const char *table)
{
	sqlite3_stmt *stmt = NULL;
	char *name = NULL;

	if (sqlite3_prepare_v2(handle,
			       "SELECT name FROM pragma_table_xinfo(?1) ORDER BY cid DESC LIMIT 1",
			       -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			name = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	return name;
}

static int is_generated(sqlite3 *handle, const char *table, const char *column)
{
	sqlite3_stmt *stmt = NULL;
	int found = 0;

	if (sqlite3_prepare_v2(handle,
			       "SELECT hidden > 1 FROM pragma_table_xinfo(?1) WHERE name = ?2", -1,
			       &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, column, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			found = sqlite3_column_int(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return found;
}

/* See ddl.h: the default becomes a stored value of every old row. */
static int fill_column(struct og_db *db, const char *table, const char *column, struct og_err *err)
{
	sqlite3 *handle = og_db_handle(db);
	char *sql;
	int triggers, rc;

	if (is_generated(handle, table, column))
		return 0;
	sql = sqlite3_mprintf("UPDATE main.\"%w\" SET \"%w\" = \"%w\"", table, column, column);
	if (!sql)
		return og_fail_nomem(err);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &triggers);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
	og_rowlog_mute(db, 1);
	rc = og_db_exec(db, sql, err);
	og_rowlog_mute(db, 0);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, triggers, (int *)NULL);
	sqlite3_free(sql);
	return rc;
}

static int describe(const struct change *change, const char *name, const char *sql, json_t **ret,
		    struct og_err *err)
{
	*ret = json_pack("[{s:s,s:s,s:s*,s:s}]", "op", change->op, "table", change->table, "name",
			 name, "sql", sql);
	return *ret ? 0 : og_fail_nomem(err);
}

static int settle(struct og_db *db, const struct change *change, const char *sql, json_t **ret,
		  struct og_err *err)
{
	sqlite3 *handle = og_db_handle(db);
	char *column;
	int rc;

	if (strcmp(change->op, "create_table") == 0) {
		if (has_key(handle, change->table, err) < 0)
			return -1;
		return describe(change, NULL, sql, ret, err);
	}
	if (strcmp(change->op, "add_column") != 0)
		return describe(change, NULL, sql, ret, err);
	column = last_column(handle, change->table);
	rc = column ? fill_column(db, change->table, column, err) : og_fail_nomem(err);
	if (rc == 0)
		rc = describe(change, column, sql, ret, err);
	sqlite3_free(column);
	return rc;
}

/* Prepares and steps the one statement; what follows it must be nothing. */
static int execute(sqlite3 *handle, const char *sql, struct change *change, struct og_err *err)
{
	sqlite3_stmt *stmt = NULL, *more = NULL;
	const char *tail = "";
	int rc = sqlite3_prepare_v2(handle, sql, -1, &stmt, &tail), another = 0;

	if (rc == SQLITE_OK && *tail) {
		another = sqlite3_prepare_v2(handle, tail, -1, &more, NULL) != SQLITE_OK || more;
		sqlite3_finalize(more);
	}
	if (rc == SQLITE_OK && !another && stmt && !sqlite3_stmt_isexplain(stmt))
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
			;
	else if (rc == SQLITE_OK && (another || !stmt || sqlite3_stmt_isexplain(stmt)))
		rc = SQLITE_MISUSE;
	sqlite3_finalize(stmt);
	if (change->denied[0])
		return refuse(err, change->denied);
	if (rc == SQLITE_MISUSE)
		return refuse(err, "exactly one statement is wanted");
	if (rc != SQLITE_DONE)
		return og_fail(err, OG_EDATA, "the schema change failed: %s",
			       sqlite3_errmsg(handle));
	return change->op ? 0 : refuse(err, "it changes no schema");
}

int og_ddl_run(struct og_db *db, const char *sql, json_t **ret_changes, struct og_err *err)
{
	sqlite3 *handle = og_db_handle(db);
	struct change change = { .op = NULL };
	json_t *before = NULL, *after = NULL;
	int rc = -1;

	if (snapshot(handle, &before, err) < 0)
		return -1;
	sqlite3_set_authorizer(handle, on_authorize, &change);
	rc = execute(handle, sql, &change, err);
	sqlite3_set_authorizer(handle, NULL, NULL);
	if (rc == 0)
		rc = snapshot(handle, &after, err);
	if (rc == 0)
		rc = only_additions(before, after, &change, err);
	if (rc == 0)
		rc = settle(db, &change, sql, ret_changes, err);
	json_decref(before);
	json_decref(after);
	return rc;
}
