/*
 * See state.h: two databases, table by table. SQLite does the comparing:
 * the replica is attached, and rows that one side has and the other lacks
 * are looked for with their types, so 1 and 1.0 differ.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/db/rowlog.h"
#include "lib/ledger/state.h"

#define SQL_MAX	   ((size_t)1 << 20)
#define NAMED_ROWS 20 /* per table */

/* Appends "name" with quotes doubled. */
static void add_name(struct og_buf *sql, const char *name)
{
	og_buf_addc(sql, '"');
	for (; *name; name++) {
		if (*name == '"')
			og_buf_addc(sql, '"');
		og_buf_addc(sql, *name);
	}
	og_buf_addc(sql, '"');
}

static int attach(struct og_db *db, const char *replica, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, "ATTACH ?1 AS replica", &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, replica);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* Tables, views, indexes and triggers: text against text. */
static int compare_schema(struct og_db *db, struct og_judgement *j, struct og_err *err)
{
	struct og_stmt *stmt;
	int more;

	if (og_stmt_new(db,
			"SELECT type || ' ' || name, 'is not what the ledger made' FROM ("
			"SELECT type, name, sql FROM main.sqlite_schema EXCEPT "
			"SELECT type, name, sql FROM replica.sqlite_schema) UNION "
			"SELECT type || ' ' || name, 'is missing or was changed' FROM ("
			"SELECT type, name, sql FROM replica.sqlite_schema EXCEPT "
			"SELECT type, name, sql FROM main.sqlite_schema)",
			&stmt, err) < 0)
		return -1;
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (!strstr(og_col_text(stmt, 0), " sqlite_stat"))
			og_judgement_add(j, 0, "schema", "%s %s", og_col_text(stmt, 0),
					 og_col_text(stmt, 1));
	og_stmt_free(stmt);
	return more;
}

/* "rowid, typeof(a), a, ...": what makes a row the same. Generated columns
 * follow from the others. */
static int column_list(struct og_db *db, const char *table, int without_rowid, struct og_buf *list,
		       struct og_err *err)
{
	struct og_stmt *stmt;
	int more;

	if (og_stmt_new(db, "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden < 2",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, table);
	if (!without_rowid)
		og_buf_adds(list, "rowid");
	while ((more = og_stmt_step(stmt, err)) > 0) {
		og_buf_adds(list, list->len ? ", typeof(" : "typeof(");
		add_name(list, og_col_text(stmt, 0));
		og_buf_adds(list, "), ");
		add_name(list, og_col_text(stmt, 0));
		og_buf_adds(list, " COLLATE BINARY");
	}
	og_stmt_free(stmt);
	return more < 0 ? -1 : og_buf_check(list, "column list", err);
}

static int report_rows(struct og_db *db, const char *table, const char *sql, const char *what,
		       struct og_judgement *j, struct og_err *err)
{
	struct og_stmt *stmt;
	int more, n = 0;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	while ((more = og_stmt_step(stmt, err)) > 0 && n++ < NAMED_ROWS)
		og_judgement_add(j, 0, "state", "table '%s': row %s %s", table,
				 og_col_text(stmt, 0) ? og_col_text(stmt, 0) : "NULL", what);
	og_stmt_free(stmt);
	return more < 0 ? -1 : 0;
}

static int difference(struct og_db *db, const char *table, const char *columns, const char *have,
		      const char *lack, struct og_judgement *j, struct og_err *err)
{
	const char *what = strcmp(have, "main") == 0 ? "is not what the ledger says"
						     : "is missing or was changed";
	struct og_buf sql;
	int rc = -1;

	og_buf_init(&sql, SQL_MAX);
	og_buf_addf(&sql, "SELECT %s FROM %s.", columns, have);
	add_name(&sql, table);
	og_buf_addf(&sql, " EXCEPT SELECT %s FROM %s.", columns, lack);
	add_name(&sql, table);
	if (og_buf_check(&sql, "comparison", err) == 0)
		rc = report_rows(db, table, sql.data, what, j, err);
	og_buf_release(&sql);
	return rc;
}

static int compare_table(struct og_db *db, const char *table, int without_rowid,
			 struct og_judgement *j, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	struct og_buf columns;
	int rc = -1;

	og_buf_init(&columns, SQL_MAX / 4);
	if (column_list(db, table, without_rowid, &columns, err) == 0) {
		rc = difference(db, table, columns.data, "main", "replica", j, &why);
		if (rc == 0)
			rc = difference(db, table, columns.data, "replica", "main", j, &why);
		/* A table one side lacks is a difference too, named with the schema. */
		if (rc < 0 && why.code == OG_EBUG)
			rc = 0;
		else if (rc < 0)
			og_fail(err, why.code, "%s", why.msg);
	}
	og_buf_release(&columns);
	return rc;
}

static int compare_tables(struct og_db *db, struct og_judgement *j, struct og_err *err)
{
	struct og_stmt *stmt;
	int64_t n = 0;
	int more;

	if (og_db_int(db, "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table'", &n, err) <
		    0 ||
	    og_stmt_new(db,
			"SELECT name, wr FROM pragma_table_list WHERE schema = 'main' "
			"AND type = 'table' ORDER BY name",
			&stmt, err) < 0)
		return -1;
	og_meter_start(j->meter, n);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		const char *table = og_col_text(stmt, 0);

		og_meter_add(j->meter, 1);
		if (og_table_derived(table) || strncmp(table, "sqlite_", 7) == 0)
			continue;
		if (compare_table(db, table, og_col_int(stmt, 1) != 0, j, err) < 0) {
			more = -1;
			break;
		}
	}
	og_stmt_free(stmt);
	return more;
}

int og_ledger_compare(struct og_db *db, const char *replica, struct og_judgement *judgement,
		      struct og_err *err)
{
	int rc;

	if (attach(db, replica, err) < 0)
		return -1;
	rc = compare_schema(db, judgement, err);
	if (rc == 0)
		rc = compare_tables(db, judgement, err);
	og_db_exec(db, "DETACH replica", NULL);
	return rc;
}
