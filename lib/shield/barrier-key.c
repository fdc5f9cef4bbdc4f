/*
 * A writable virtual table without rowid needs a key of one column. The
 * key of the real table, whatever its width, is packed into one blob: for
 * each part its type, its length (eight digits) and its bytes. It goes out
 * by xColumn and comes back by xUpdate; the authorizer lets nobody name it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shield/gate-internal.h"

#define HEAD 9 /* type and length of a part */

static void pack(sqlite3_str *out, sqlite3_stmt *stmt, int i)
{
	int type = sqlite3_column_type(stmt, i), len = 0;
	sqlite3_int64 integer = sqlite3_column_int64(stmt, i);
	double real = sqlite3_column_double(stmt, i);
	const void *data = NULL;
	char head[HEAD + 1];

	if (type == SQLITE_INTEGER) {
		data = &integer;
		len = (int)sizeof(integer);
	} else if (type == SQLITE_FLOAT) {
		data = &real;
		len = (int)sizeof(real);
	} else if (type == SQLITE_TEXT) {
		data = sqlite3_column_text(stmt, i); /* the file may be in UTF-16 */
		len = sqlite3_column_bytes(stmt, i);
	} else if (type == SQLITE_BLOB) {
		data = sqlite3_column_blob(stmt, i);
		len = sqlite3_column_bytes(stmt, i);
	}
	snprintf(head, sizeof(head), "%d%08d", type, len);
	sqlite3_str_append(out, head, HEAD);
	if (len)
		sqlite3_str_append(out, data, len);
}

void og_row_key_result(sqlite3_context *context, const struct og_barrier *barrier,
		       sqlite3_stmt *stmt)
{
	sqlite3_str *out = sqlite3_str_new(barrier->gate->inner);
	int len;
	char *key;

	for (int i = 0; i < barrier->table->n_pk; i++)
		pack(out, stmt, i);
	len = sqlite3_str_length(out);
	key = sqlite3_str_finish(out);
	if (key)
		sqlite3_result_blob(context, key, len, sqlite3_free);
	else
		sqlite3_result_error_nomem(context);
}

/* Binds one part; the length of it in the key, or -1. */
static int unpack(const char *key, int left, sqlite3_stmt *stmt, int parameter)
{
	sqlite3_int64 integer;
	char digits[HEAD];
	double real;
	int len, rc;

	if (left < HEAD)
		return -1;
	memcpy(digits, key + 1, HEAD - 1);
	digits[HEAD - 1] = '\0';
	len = (int)strtol(digits, NULL, 10);
	if (len < 0 || len > left - HEAD)
		return -1;
	if ((key[0] - '0' == SQLITE_INTEGER || key[0] - '0' == SQLITE_FLOAT) &&
	    len != (int)sizeof(integer))
		return -1;
	switch (key[0] - '0') {
	case SQLITE_INTEGER:
		memcpy(&integer, key + HEAD, sizeof(integer));
		rc = sqlite3_bind_int64(stmt, parameter, integer);
		break;
	case SQLITE_FLOAT:
		memcpy(&real, key + HEAD, sizeof(real));
		rc = sqlite3_bind_double(stmt, parameter, real);
		break;
	case SQLITE_TEXT:
		rc = sqlite3_bind_text(stmt, parameter, key + HEAD, len, SQLITE_TRANSIENT);
		break;
	case SQLITE_BLOB:
		rc = sqlite3_bind_blob(stmt, parameter, key + HEAD, len, SQLITE_TRANSIENT);
		break;
	default:
		rc = sqlite3_bind_null(stmt, parameter);
	}
	return rc == SQLITE_OK ? HEAD + len : -1;
}

int og_row_key_bind(const struct og_barrier *barrier, sqlite3_value *value, struct og_inner *inner,
		    int first)
{
	const char *key = sqlite3_value_blob(value);
	int left = sqlite3_value_bytes(value);

	if (first + barrier->table->n_pk - 1 > inner->n_args)
		return -1;
	for (int i = 0; i < barrier->table->n_pk; i++) {
		int used = unpack(key, left, inner->stmt, inner->args[first - 1 + i]);

		if (used < 0)
			return -1;
		key += used;
		left -= used;
	}
	return left == 0 ? 0 : -1;
}
