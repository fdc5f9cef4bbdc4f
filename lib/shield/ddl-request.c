/* Schema changes as records: quoted and checked, then judged like any
 * other statement. */
#include <sqlite3.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/ddl-internal.h"
#include "lib/shield/ddl.h"

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "schema change: %s", what);
}

/* A type is words and at most one "(n)" or "(n,m)": no clause fits in. */
static int check_type(const char *type, struct og_err *err)
{
	static const char *const types[] = { "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", NULL };
	size_t len = strlen(type);
	int good = len > 0 && len <= 40 &&
		   strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz"
				"0123456789 (),") == len;

	for (int i = 0; good && types[i]; i++)
		if (og_ascii_casecmp(types[i], type) == 0)
			return 0;
	/* Only the five storage types and sized text and numbers. */
	if (good && (strncmp(type, "VARCHAR(", 8) == 0 || strncmp(type, "DECIMAL(", 8) == 0) &&
	    strspn(type + 8, "0123456789,") == len - 9 && type[len - 1] == ')')
		return 0;
	og_fail(err, OG_EDATA, "schema change: '%s' is no type", type);
	return og_hint(err,
		       "types are INTEGER, REAL, TEXT, BLOB, NUMERIC, VARCHAR(n), DECIMAL(n,m)");
}

/* Quoted, so any text would do for SQLite; people deserve plain names. */
static int check_name(const char *name, struct og_err *err)
{
	size_t len = name ? strlen(name) : 0;

	if (len == 0 || len > 63 || !og_utf8_valid(name, len) || strpbrk(name, "\"'`;[]\n\r\t"))
		return bad(err, "a name is missing, too long or not plain");
	return 0;
}

static int add_default(sqlite3_str *sql, const json_t *value, struct og_err *err)
{
	char number[OG_DOUBLE_MAX];

	switch (json_typeof(value)) {
	case JSON_INTEGER:
		sqlite3_str_appendf(sql, " DEFAULT %lld", (long long)json_integer_value(value));
		return 0;
	case JSON_REAL:
		og_double_format(json_real_value(value), number);
		sqlite3_str_appendf(sql, " DEFAULT %s", number);
		return 0;
	case JSON_STRING:
		sqlite3_str_appendf(sql, " DEFAULT %Q", json_string_value(value));
		return 0;
	case JSON_NULL:
		return 0;
	default:
		return bad(err, "a default is a number or a text");
	}
}

/* name_key: "name" in a table's columns, "column" in add_column. */
static int add_column(sqlite3_str *sql, const json_t *column, const char *name_key,
		      struct og_err *err)
{
	const char *name = og_json_str(column, name_key), *type = og_json_str(column, "type");
	const json_t *value = json_object_get(column, "default");

	if (check_name(name, err) < 0 || check_type(type ? type : "TEXT", err) < 0)
		return -1;
	sqlite3_str_appendf(sql, "\"%w\" %s", name, type ? type : "TEXT");
	if (og_json_bool(column, "pk", 0))
		sqlite3_str_appendall(sql, " PRIMARY KEY");
	if (og_json_bool(column, "notnull", 0))
		sqlite3_str_appendall(sql, " NOT NULL");
	return value ? add_default(sql, value, err) : 0;
}

static int create_table(sqlite3_str *sql, const json_t *request, struct og_err *err)
{
	const json_t *columns = json_object_get(request, "columns"), *column;
	const char *table = og_json_str(request, "table");
	size_t i;

	if (check_name(table, err) < 0)
		return -1;
	if (json_array_size(columns) == 0)
		return bad(err, "a table needs columns");
	sqlite3_str_appendf(sql, "CREATE TABLE \"%w\" (", table);
	json_array_foreach(columns, i, column)
	{
		if (i > 0)
			sqlite3_str_appendall(sql, ", ");
		if (add_column(sql, column, "name", err) < 0)
			return -1;
	}
	sqlite3_str_appendall(sql, ")");
	return 0;
}

static int alter_table(sqlite3_str *sql, const json_t *request, struct og_err *err)
{
	const char *table = og_json_str(request, "table");

	if (check_name(table, err) < 0)
		return -1;
	sqlite3_str_appendf(sql, "ALTER TABLE \"%w\" ADD COLUMN ", table);
	return add_column(sql, request, "column", err);
}

static int create_index(sqlite3_str *sql, const json_t *request, struct og_err *err)
{
	const json_t *columns = json_object_get(request, "columns"), *column;
	const char *table = og_json_str(request, "table"), *name = og_json_str(request, "name");
	size_t i;

	if (check_name(table, err) < 0 || (name && check_name(name, err) < 0))
		return -1;
	if (json_array_size(columns) == 0)
		return bad(err, "an index needs columns");
	sqlite3_str_appendf(sql, "CREATE %sINDEX ",
			    og_json_bool(request, "unique", 0) ? "UNIQUE " : "");
	if (name)
		sqlite3_str_appendf(sql, "\"%w\"", name);
	else
		sqlite3_str_appendf(sql, "\"%w_by_%w\"", table,
				    json_string_value(json_array_get(columns, 0)));
	sqlite3_str_appendf(sql, " ON \"%w\" (", table);
	json_array_foreach(columns, i, column)
	{
		if (check_name(json_string_value(column), err) < 0)
			return -1;
		sqlite3_str_appendf(sql, "%s\"%w\"", i ? ", " : "", json_string_value(column));
	}
	sqlite3_str_appendall(sql, ")");
	return 0;
}

static int has_column(struct og_db *db, const json_t *request)
{
	const char *table = og_json_str(request, "table"), *name = og_json_str(request, "column");

	return table && name &&
	       sqlite3_table_column_metadata(og_db_handle(db), "main", table, name, NULL, NULL,
					     NULL, NULL, NULL) == SQLITE_OK;
}

static int build(struct og_db *db, const json_t *request, sqlite3_str *sql, struct og_err *err)
{
	static const char *const keys[] = { "op",      "table",	  "columns", "column", "type",
					    "default", "notnull", "unique",  "name",   NULL };
	const char *op;

	if (og_json_only(request, "schema change", keys, err) < 0 ||
	    og_json_need_str(request, "schema change", "op", &op, err) < 0)
		return -1;
	if (strcmp(op, "create_table") == 0)
		return create_table(sql, request, err);
	if (strcmp(op, "create_index") == 0)
		return create_index(sql, request, err);
	if (strcmp(op, "add_column") != 0)
		return bad(err, "'op' is none of create_table, add_column, create_index");
	if (has_column(db, request))
		return og_fail(err, OG_NO, "table '%s' has a column '%s' already",
			       og_json_str(request, "table"), og_json_str(request, "column"));
	return alter_table(sql, request, err);
}

int og_ddl_apply(struct og_db *db, const json_t *request, json_t **ret_changes, struct og_err *err)
{
	sqlite3_str *text = sqlite3_str_new(og_db_handle(db));
	int rc = build(db, request, text, err);
	char *sql = sqlite3_str_finish(text);

	if (rc == 0)
		rc = sql ? og_ddl_run(db, sql, ret_changes, err) : og_fail_nomem(err);
	sqlite3_free(sql);
	return rc;
}
