/* Prepared statements: bind, step, look at columns. */
#include <stdlib.h>
#include <string.h>

#include "lib/db/db-internal.h"

int og_stmt_new(struct og_db *db, const char *sql, struct og_stmt **ret, struct og_err *err)
{
	struct og_stmt *stmt = calloc(1, sizeof(*stmt));
	int rc;

	if (!stmt)
		return og_fail_nomem(err);
	stmt->db = db;
	rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle,
				NULL);
	if (rc != SQLITE_OK) {
		free(stmt);
		return og_db_fail(db, rc, "query", err);
	}
	*ret = stmt;
	return 0;
}

void og_stmt_free(struct og_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_finalize(stmt->handle);
	free(stmt);
}

static void note(struct og_stmt *stmt, int rc)
{
	if (rc != SQLITE_OK && stmt->bind_rc == SQLITE_OK)
		stmt->bind_rc = rc;
}

void og_bind_int(struct og_stmt *stmt, int i, int64_t value)
{
	note(stmt, sqlite3_bind_int64(stmt->handle, i, value));
}

void og_bind_real(struct og_stmt *stmt, int i, double value)
{
	note(stmt, sqlite3_bind_double(stmt->handle, i, value));
}

void og_bind_text(struct og_stmt *stmt, int i, const char *text)
{
	note(stmt, text ? sqlite3_bind_text64(stmt->handle, i, text, strlen(text), SQLITE_TRANSIENT,
					      SQLITE_UTF8)
			: sqlite3_bind_null(stmt->handle, i));
}

void og_bind_textn(struct og_stmt *stmt, int i, const char *text, size_t len)
{
	note(stmt, sqlite3_bind_text64(stmt->handle, i, text ? text : "", len, SQLITE_TRANSIENT,
				       SQLITE_UTF8));
}

void og_bind_blob(struct og_stmt *stmt, int i, const void *data, size_t len)
{
	note(stmt, len ? sqlite3_bind_blob64(stmt->handle, i, data, len, SQLITE_TRANSIENT)
		       : sqlite3_bind_zeroblob(stmt->handle, i, 0));
}

void og_bind_null(struct og_stmt *stmt, int i)
{
	note(stmt, sqlite3_bind_null(stmt->handle, i));
}

void og_stmt_reset(struct og_stmt *stmt)
{
	sqlite3_reset(stmt->handle);
	sqlite3_clear_bindings(stmt->handle);
	stmt->bind_rc = SQLITE_OK;
}

int og_stmt_step(struct og_stmt *stmt, struct og_err *err)
{
	int rc = stmt->bind_rc;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt->handle);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		og_stmt_reset(stmt);
		return 0;
	}
	og_db_fail(stmt->db, rc, sqlite3_stmt_readonly(stmt->handle) ? "read" : "change", err);
	og_stmt_reset(stmt);
	return -1;
}

int og_stmt_run(struct og_stmt *stmt, struct og_err *err)
{
	int rc;

	do
		rc = og_stmt_step(stmt, err);
	while (rc > 0);
	return rc;
}

int64_t og_col_int(struct og_stmt *stmt, int i)
{
	return sqlite3_column_int64(stmt->handle, i);
}

double og_col_real(struct og_stmt *stmt, int i)
{
	return sqlite3_column_double(stmt->handle, i);
}

const char *og_col_text(struct og_stmt *stmt, int i)
{
	return (const char *)sqlite3_column_text(stmt->handle, i);
}

const void *og_col_blob(struct og_stmt *stmt, int i)
{
	return sqlite3_column_blob(stmt->handle, i);
}

size_t og_col_len(struct og_stmt *stmt, int i)
{
	return (size_t)sqlite3_column_bytes(stmt->handle, i);
}

int og_col_null(struct og_stmt *stmt, int i)
{
	return sqlite3_column_type(stmt->handle, i) == SQLITE_NULL;
}

int og_db_int(struct og_db *db, const char *sql, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	if (found > 0)
		*ret = og_col_int(stmt, 0);
	og_stmt_free(stmt);
	return found;
}

int og_db_text(struct og_db *db, const char *sql, char **ret, struct og_err *err)
{
	struct og_stmt *stmt;
	const char *text;
	int found;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	text = found > 0 ? og_col_text(stmt, 0) : NULL;
	if (found > 0) {
		*ret = strdup(text ? text : "");
		if (!*ret)
			found = og_fail_nomem(err);
	}
	og_stmt_free(stmt);
	return found;
}
