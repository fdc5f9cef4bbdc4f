/*
 * SQLite values as JSON and back, without losing a bit: integers that
 * other readers would round, every REAL (as a hexadecimal float), blobs,
 * and text that is not clean UTF-8 are tagged.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/db/rowlog-internal.h"

void og_row_int_print(struct og_buf *buf, sqlite3_int64 value)
{
	if (value > OG_JSON_INT_MAX || value < -OG_JSON_INT_MAX)
		og_buf_addf(buf, "{\"i\":\"%lld\"}", (long long)value);
	else
		og_buf_addf(buf, "%lld", (long long)value);
}

static void print_tagged(struct og_buf *buf, char tag, const void *data, size_t len)
{
	og_buf_addf(buf, "{\"%c\":\"", tag);
	og_base64_encode(buf, data ? data : "", len);
	og_buf_adds(buf, "\"}");
}

void og_row_value_print(struct og_buf *buf, sqlite3_value *value)
{
	int type = value ? sqlite3_value_type(value) : SQLITE_NULL;
	const char *text;
	size_t len;

	switch (type) {
	case SQLITE_INTEGER:
		og_row_int_print(buf, sqlite3_value_int64(value));
		break;
	case SQLITE_FLOAT:
		og_buf_addf(buf, "{\"r\":\"%a\"}", sqlite3_value_double(value));
		break;
	case SQLITE_TEXT:
		text = (const char *)sqlite3_value_text(value);
		len = (size_t)sqlite3_value_bytes(value);
		if (text && !memchr(text, 0, len) && og_utf8_valid(text, len))
			og_json_quote(buf, text, len);
		else
			print_tagged(buf, 't', text, len);
		break;
	case SQLITE_BLOB:
		len = (size_t)sqlite3_value_bytes(value);
		print_tagged(buf, 'b', sqlite3_value_blob(value), len);
		break;
	default:
		og_buf_adds(buf, "null");
	}
}

static int read_integer(const char *text, sqlite3_int64 *ret)
{
	struct og_err ignored = OG_ERR_INIT;
	int64_t value;

	if (og_int_parse(text, INT64_MIN, INT64_MAX, "integer", &value, &ignored) < 0)
		return -1;
	*ret = value;
	return 0;
}

int og_row_int_read(const json_t *value, sqlite3_int64 *ret)
{
	const char *tagged = og_json_str(value, "i");

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return 0;
	}
	return tagged && json_object_size(value) == 1 ? read_integer(tagged, ret) : -1;
}

static int bind_real(sqlite3_stmt *stmt, int i, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0')
		return -1;
	return sqlite3_bind_double(stmt, i, value) == SQLITE_OK ? 0 : -1;
}

static int bind_bytes(sqlite3_stmt *stmt, int i, char tag, const char *text)
{
	struct og_buf raw;
	int rc;

	og_buf_init(&raw, strlen(text));
	if (og_base64_decode(&raw, text, strlen(text)) < 0)
		rc = SQLITE_ERROR;
	else if (tag == 't')
		rc = sqlite3_bind_text64(stmt, i, raw.data, raw.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (raw.len == 0)
		rc = sqlite3_bind_zeroblob(stmt, i, 0);
	else
		rc = sqlite3_bind_blob64(stmt, i, raw.data, raw.len, SQLITE_TRANSIENT);
	og_buf_release(&raw);
	return rc == SQLITE_OK ? 0 : -1;
}

static int bind_tagged(sqlite3_stmt *stmt, int i, const json_t *value)
{
	const char *text;
	sqlite3_int64 integer;

	if (json_object_size(value) != 1)
		return -1;
	if (og_row_int_read(value, &integer) == 0)
		return sqlite3_bind_int64(stmt, i, integer) == SQLITE_OK ? 0 : -1;
	if ((text = og_json_str(value, "r")))
		return bind_real(stmt, i, text);
	if ((text = og_json_str(value, "b")))
		return bind_bytes(stmt, i, 'b', text);
	if ((text = og_json_str(value, "t")))
		return bind_bytes(stmt, i, 't', text);
	return -1;
}

int og_row_value_bind(sqlite3_stmt *stmt, int i, const json_t *value)
{
	int rc;

	switch (json_typeof(value)) {
	case JSON_NULL:
		rc = sqlite3_bind_null(stmt, i);
		break;
	case JSON_INTEGER:
		rc = sqlite3_bind_int64(stmt, i, json_integer_value(value));
		break;
	case JSON_STRING:
		rc = sqlite3_bind_text64(stmt, i, json_string_value(value),
					 json_string_length(value), SQLITE_TRANSIENT, SQLITE_UTF8);
		break;
	case JSON_OBJECT:
		return bind_tagged(stmt, i, value);
	default:
		return -1;
	}
	return rc == SQLITE_OK ? 0 : -1;
}
