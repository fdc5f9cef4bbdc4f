/* Values in and out of a gate: variables to parameters, columns to JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

void og_gate_bind_principal(const struct og_gate *gate, sqlite3_stmt *stmt)
{
	const struct og_principal *who = &gate->rights->who;
	int i;

	if ((i = sqlite3_bind_parameter_index(stmt, ":principal_id")))
		sqlite3_bind_int64(stmt, i, who->id);
	if ((i = sqlite3_bind_parameter_index(stmt, ":clearance")))
		sqlite3_bind_int(stmt, i, who->clearance);
	if ((i = sqlite3_bind_parameter_index(stmt, ":role")))
		sqlite3_bind_text(stmt, i, who->role, -1, SQLITE_STATIC);
	if ((i = sqlite3_bind_parameter_index(stmt, ":task")))
		sqlite3_bind_text(stmt, i, gate->task, -1, SQLITE_TRANSIENT);
}

static int own_variable(const char *name)
{
	return strcmp(name, "principal_id") == 0 || strcmp(name, "clearance") == 0 ||
	       strcmp(name, "role") == 0 || strcmp(name, "task") == 0;
}

/* Values that came out of a gate tagged go in again as they were. */
static int bind_tagged(sqlite3_stmt *stmt, int i, const json_t *value)
{
	const char *text = og_json_str(value, "i");
	char tag = text ? 'i' : 0;
	struct og_buf raw;
	int rc;

	if (json_object_size(value) != 1)
		return SQLITE_MISMATCH;
	if (tag == 'i')
		return sqlite3_bind_int64(stmt, i, strtoll(text, NULL, 10));
	text = og_json_str(value, "b");
	if (!text) {
		text = og_json_str(value, "t");
		tag = 't';
	}
	if (!text)
		return SQLITE_MISMATCH;
	og_buf_init(&raw, strlen(text));
	if (og_base64_decode(&raw, text, strlen(text)) < 0)
		rc = SQLITE_MISMATCH;
	else if (tag == 't')
		rc = sqlite3_bind_text64(stmt, i, raw.len ? raw.data : "", raw.len,
					 SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		rc = sqlite3_bind_blob64(stmt, i, raw.len ? raw.data : "", raw.len,
					 SQLITE_TRANSIENT);
	og_buf_release(&raw);
	return rc;
}

static int bind_value(sqlite3_stmt *stmt, int i, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		return sqlite3_bind_null(stmt, i);
	case JSON_TRUE:
	case JSON_FALSE:
		return sqlite3_bind_int(stmt, i, json_is_true(value));
	case JSON_INTEGER:
		return sqlite3_bind_int64(stmt, i, json_integer_value(value));
	case JSON_REAL:
		return sqlite3_bind_double(stmt, i, json_real_value(value));
	case JSON_STRING:
		return sqlite3_bind_text64(stmt, i, json_string_value(value),
					   json_string_length(value), SQLITE_TRANSIENT,
					   SQLITE_UTF8);
	case JSON_OBJECT:
		return bind_tagged(stmt, i, value);
	default:
		return SQLITE_MISMATCH;
	}
}

int og_gate_bind_vars(struct og_gate *gate, sqlite3_stmt *stmt, const json_t *vars)
{
	int n = sqlite3_bind_parameter_count(stmt);

	og_gate_bind_principal(gate, stmt);
	for (int i = 1; i <= n; i++) {
		const char *name = sqlite3_bind_parameter_name(stmt, i);
		const json_t *value;

		if (!name || name[0] == '?') {
			og_gate_refuse(gate, OG_BAD_SQL, "unnamed-variable",
				       "variables need a name, as in :name");
			return -1;
		}
		if (own_variable(name + 1))
			continue;
		value = json_object_get(vars, name + 1);
		if (!value) {
			og_gate_refuse(gate, OG_BAD_SQL, "no-variable", "no value for %s", name);
			return -1;
		}
		if (bind_value(stmt, i, value) != SQLITE_OK) {
			og_gate_refuse(gate, OG_BAD_SQL, "bad-variable",
				       "the value of %s cannot be used, or is too long", name);
			return -1;
		}
	}
	return 0;
}

static json_t *tagged(const char *tag, const void *data, size_t len)
{
	struct og_buf text;
	json_t *value = NULL;

	og_buf_init(&text, 2 * len + 8);
	if (og_base64_encode(&text, data ? data : "", len) == 0)
		value = json_pack("{s:s}", tag, text.data);
	og_buf_release(&text);
	return value;
}

static json_t *integer_value(sqlite3_int64 value)
{
	char text[32];

	if (value <= OG_JSON_INT_MAX && value >= -OG_JSON_INT_MAX)
		return json_integer(value);
	snprintf(text, sizeof(text), "%lld", (long long)value);
	return json_pack("{s:s}", "i", text);
}

json_t *og_gate_value(sqlite3_stmt *stmt, int i)
{
	const char *text;
	size_t len;
	double real;
	json_t *json;

	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER:
		return integer_value(sqlite3_column_int64(stmt, i));
	case SQLITE_FLOAT:
		real = sqlite3_column_double(stmt, i);
		return isfinite(real) ? json_real(real)
				      : json_pack("{s:s}", "r", real > 0 ? "inf" : "-inf");
	case SQLITE_TEXT:
		text = (const char *)sqlite3_column_text(stmt, i);
		len = (size_t)sqlite3_column_bytes(stmt, i);
		if (!text)
			return NULL;
		/* json_stringn() takes valid UTF-8 only */
		json = memchr(text, 0, len) ? NULL : json_stringn(text, len);
		return json ? json : tagged("t", text, len);
	case SQLITE_BLOB:
		len = (size_t)sqlite3_column_bytes(stmt, i);
		return tagged("b", sqlite3_column_blob(stmt, i), len);
	default:
		return json_null();
	}
}
