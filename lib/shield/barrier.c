/*
 * The barrier as a virtual table: what it declares and how a scan runs.
 * How it is planned is in barrier-plan.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

struct barrier_cursor {
	sqlite3_vtab_cursor base;
	struct og_inner *inner;
	int at_end;
	int *places; /* declared column -> column of the inner statement, or -1 */
};

static int is_shown(const struct og_barrier *barrier, const char *name)
{
	const struct og_table_rights *rights = barrier->rights;

	if (og_column_listed(rights->forbidden, name))
		return 0;
	return !rights->visible || og_column_listed(rights->visible, name) ||
	       og_column_listed(rights->masked, name);
}

static int is_settable(const struct og_barrier *barrier, const struct og_column *column)
{
	const struct og_table_rights *rights = barrier->rights;

	if (column->generated || og_column_listed(rights->masked, column->name))
		return 0;
	return !rights->settable || og_column_listed(rights->settable, column->name);
}

/* Settable columns are declared even when they are not visible: they can
 * be written, and read as NULL. */
int og_barrier_load(struct og_barrier *barrier)
{
	const struct og_table *table;
	struct og_err err = OG_ERR_INIT;

	if (barrier->table)
		return SQLITE_OK;
	if (og_catalog_load(barrier->gate->db, barrier->rights->table, &barrier->table, &err) < 0)
		return err.code == OG_EOS
			       ? SQLITE_NOMEM
			       : og_gate_refuse(barrier->gate, OG_REFUSED, "no-select",
						"there is no table '%s'", barrier->rights->table);
	table = barrier->table;
	barrier->shown = calloc((size_t)table->n + 1, sizeof(*barrier->shown));
	if (!barrier->shown) {
		og_catalog_free(barrier->table);
		barrier->table = NULL;
		return SQLITE_NOMEM;
	}
	for (int i = 0; i < table->n; i++) {
		const struct og_column *column = &table->columns[i];
		int shown = is_shown(barrier, column->name);
		int settable = is_settable(barrier, column) &&
			       (shown || og_column_listed(barrier->rights->settable, column->name));
		struct og_shown *next = &barrier->shown[barrier->n_shown];

		if (!shown && !settable)
			continue;
		next->column = i;
		next->masked = !shown || og_column_listed(barrier->rights->masked, column->name);
		next->settable = settable;
		barrier->n_shown++;
	}
	barrier->rowid_shown = !table->without_rowid;
	if (table->rowid_column >= 0) {
		int i = og_barrier_shown(barrier, table->columns[table->rowid_column].name);

		barrier->rowid_shown = i >= 0 && !barrier->shown[i].masked;
	}
	return SQLITE_OK;
}

const struct og_column *og_barrier_column(const struct og_barrier *barrier, int shown)
{
	return &barrier->table->columns[barrier->shown[shown].column];
}

int og_barrier_shown(const struct og_barrier *barrier, const char *column)
{
	for (int i = 0; i < barrier->n_shown; i++)
		if (og_ascii_casecmp(barrier->table->columns[barrier->shown[i].column].name,
				     column) == 0)
			return i;
	return -1;
}

/* No defaults: SQLite ignores those of virtual tables (barrier-write.c). */
static char *declaration(const struct og_barrier *barrier)
{
	sqlite3_str *sql = sqlite3_str_new(barrier->gate->agent);

	sqlite3_str_appendall(sql, "CREATE TABLE x(");
	for (int i = 0; i < barrier->n_shown; i++) {
		const struct og_column *column = og_barrier_column(barrier, i);

		sqlite3_str_appendf(sql, "%s\"%w\" %s", i ? ", " : "", column->name, column->type);
		if (og_ascii_casecmp(column->collation, "BINARY") != 0)
			sqlite3_str_appendf(sql, " COLLATE \"%w\"", column->collation);
	}
	if (barrier->table->without_rowid)
		sqlite3_str_appendf(sql, ", \"" OG_ROW_KEY
					 "\" BLOB HIDDEN PRIMARY KEY NOT NULL) WITHOUT ROWID");
	else
		sqlite3_str_appendall(sql, ")");
	return sqlite3_str_finish(sql);
}

static int declare(sqlite3 *handle, struct og_barrier *barrier, char **message)
{
	char *sql = declaration(barrier);
	int rc = sql ? SQLITE_OK : SQLITE_NOMEM;

	barrier->gate->trusted++;
	if (rc == SQLITE_OK)
		rc = sqlite3_declare_vtab(handle, sql);
	barrier->gate->trusted--;
	sqlite3_free(sql);
	if (rc != SQLITE_OK)
		*message = sqlite3_mprintf("table '%s' cannot be shown", barrier->rights->table);
	return rc;
}

static int barrier_connect(sqlite3 *handle, void *aux, int argc, const char *const *argv,
			   sqlite3_vtab **ret, char **message)
{
	struct og_barrier *barrier = aux;
	struct og_barrier_table *table;
	int rc = og_barrier_load(barrier);

	(void)argc;
	(void)argv;
	if (rc == SQLITE_OK && barrier->n_shown == 0)
		rc = og_gate_refuse(barrier->gate, OG_REFUSED, "no-column",
				    "no column of '%s' is visible", barrier->rights->table);
	if (rc == SQLITE_OK)
		rc = declare(handle, barrier, message);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_vtab_config(handle, SQLITE_VTAB_CONSTRAINT_SUPPORT, 1);
	sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
	table = sqlite3_malloc64(sizeof(*table));
	if (!table)
		return SQLITE_NOMEM;
	memset(table, 0, sizeof(*table));
	table->barrier = barrier;
	*ret = &table->base;
	return SQLITE_OK;
}

static int barrier_disconnect(sqlite3_vtab *base)
{
	sqlite3_free(base);
	return SQLITE_OK;
}

static int barrier_open(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
	const struct og_barrier *barrier = ((struct og_barrier_table *)base)->barrier;
	size_t places = ((size_t)barrier->n_shown + 1) * sizeof(int);
	struct barrier_cursor *cursor = sqlite3_malloc64(sizeof(*cursor) + places);

	if (!cursor)
		return SQLITE_NOMEM;
	memset(cursor, 0, sizeof(*cursor));
	cursor->places = (int *)(cursor + 1);
	*ret = &cursor->base;
	return SQLITE_OK;
}

static int barrier_close(sqlite3_vtab_cursor *base)
{
	og_inner_put(((struct barrier_cursor *)base)->inner);
	sqlite3_free(base);
	return SQLITE_OK;
}

/* Column 63 of the mask stands for itself and all after it. */
static int is_used(unsigned long long mask, int shown)
{
	return (int)(mask >> (shown < 63 ? shown : 63) & 1);
}

/* Columns of the inner SELECT before the shown ones: rowid, or the key. */
static int key_width(const struct og_barrier *barrier)
{
	return barrier->table->without_rowid ? barrier->table->n_pk : 1;
}

static void select_list(const struct og_barrier *barrier, unsigned long long mask, sqlite3_str *sql)
{
	const struct og_table *table = barrier->table;

	if (table->without_rowid)
		for (int i = 0; i < table->n_pk; i++)
			sqlite3_str_appendf(sql, "%st.\"%w\"", i ? ", " : "",
					    table->columns[table->pk[i]].name);
	else
		sqlite3_str_appendf(sql, "t.%s", table->rowid);
	for (int i = 0; i < barrier->n_shown; i++)
		if (is_used(mask, i) && !barrier->shown[i].masked)
			sqlite3_str_appendf(sql, ", t.\"%w\"", og_barrier_column(barrier, i)->name);
}

/* "5 >=+,": column, operator, and whether it is pushed this time. */
static const char *conditions(const struct og_barrier *barrier, const char *key, sqlite3_str *sql)
{
	int n = 0;

	while (*key && *key != '|') {
		char *op;
		long shown = strtol(key, &op, 10);
		size_t len = strcspn(op + 1, "+-");

		if (op[1 + len] == '+') {
			sqlite3_str_appendall(sql, " AND t.");
			if (shown < 0)
				sqlite3_str_appendall(sql, barrier->table->rowid);
			else
				sqlite3_str_appendf(sql, "\"%w\"",
						    og_barrier_column(barrier, (int)shown)->name);
			sqlite3_str_appendf(sql, " %.*s :og%d", (int)len, op + 1, ++n);
		}
		key = op + 1 + len + 2;
	}
	return *key ? key + 1 : key;
}

static void scan_sql(const struct og_barrier *barrier, const char *key, sqlite3_str *sql)
{
	char *rest, *direction;
	unsigned long long mask = strtoull(key + 1, &rest, 16);
	const char *order;
	long shown;

	sqlite3_str_appendall(sql, "SELECT ");
	select_list(barrier, mask, sql);
	sqlite3_str_appendf(sql, " FROM main.\"%w\" AS t WHERE ", barrier->table->name);
	og_barrier_predicate(barrier, sql);
	order = conditions(barrier, rest + 1, sql);
	if (!*order)
		return;
	shown = strtol(order, &direction, 10);
	if (shown < 0)
		sqlite3_str_appendf(sql, " ORDER BY t.%s%s", barrier->table->rowid, direction);
	else
		sqlite3_str_appendf(sql, " ORDER BY t.\"%w\"%s",
				    og_barrier_column(barrier, (int)shown)->name, direction);
}

/* A TEXT column compared with a value of another type converts the value;
 * the core does that itself afterwards, so such a term is not pushed. */
static int push_value(const struct og_barrier *barrier, int shown, sqlite3_value *value)
{
	char affinity = shown < 0 ? 'I' : og_barrier_column(barrier, shown)->affinity;

	if (affinity == 'T')
		return sqlite3_value_type(value) == SQLITE_TEXT;
	return affinity != 'B';
}

/* The plan with a mark behind each condition: the key of its statement. */
static int scan_key(const struct og_barrier *barrier, const char *plan, sqlite3_value **argv,
		    char *out, size_t size, int *pushed)
{
	const char *end = strchr(plan, '|') + 1;
	size_t at = 1 + (size_t)(end - plan);
	int arg = 0;

	if (at + strlen(end) + 2 * OG_BARRIER_PUSHED + 2 > size)
		return SQLITE_TOOBIG;
	out[0] = 'S';
	memcpy(out + 1, plan, at - 1);
	while (*end && *end != '|') {
		size_t len = strcspn(end, ",");
		int push = push_value(barrier, (int)strtol(end, NULL, 10), argv[arg]);

		memcpy(out + at, end, len);
		at += len;
		out[at++] = push ? '+' : '-';
		out[at++] = ',';
		pushed[arg++] = push;
		end += len + 1;
	}
	memcpy(out + at, end, strlen(end) + 1);
	return SQLITE_OK;
}

static void place_columns(struct barrier_cursor *cursor, const struct og_barrier *barrier,
			  const char *plan)
{
	unsigned long long mask = strtoull(plan, NULL, 16);
	int place = key_width(barrier);

	for (int i = 0; i < barrier->n_shown; i++)
		cursor->places[i] = is_used(mask, i) && !barrier->shown[i].masked ? place++ : -1;
}

static int barrier_next(sqlite3_vtab_cursor *base)
{
	struct barrier_cursor *cursor = (struct barrier_cursor *)base;
	int rc = sqlite3_step(cursor->inner->stmt);

	cursor->at_end = rc != SQLITE_ROW;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return SQLITE_OK;
	return rc;
}

static int barrier_filter(sqlite3_vtab_cursor *base, int number, const char *plan, int argc,
			  sqlite3_value **argv)
{
	struct barrier_cursor *cursor = (struct barrier_cursor *)base;
	struct og_barrier *barrier = ((struct og_barrier_table *)base->pVtab)->barrier;
	int pushed[OG_BARRIER_PUSHED], n = 0, rc;
	char key[1024];

	(void)number;
	og_inner_put(cursor->inner);
	cursor->inner = NULL;
	cursor->at_end = 1;
	rc = scan_key(barrier, plan, argv, key, sizeof(key), pushed);
	if (rc != SQLITE_OK)
		return rc;
	cursor->inner = og_inner_get(barrier, key, scan_sql);
	if (!cursor->inner)
		return SQLITE_ERROR;
	for (int i = 0; i < argc && rc == SQLITE_OK; i++)
		if (pushed[i])
			rc = sqlite3_bind_value(cursor->inner->stmt, cursor->inner->args[n++],
						argv[i]);
	if (rc != SQLITE_OK)
		return rc;
	place_columns(cursor, barrier, plan);
	return barrier_next(base);
}

static int barrier_eof(sqlite3_vtab_cursor *base)
{
	return ((struct barrier_cursor *)base)->at_end;
}

/* A value too long for the agent's connection: its beginning, and a notice. */
static void cut_value(sqlite3_context *context, struct og_barrier *barrier, int shown,
		      sqlite3_value *value)
{
	json_t *list = barrier->gate->result ? barrier->gate->result->truncated : NULL;
	int bytes = sqlite3_value_bytes(value), keep = OG_GATE_TEXT_MAX - 1024;
	const char *data = sqlite3_value_blob(value);

	if (list && json_array_size(list) < 100)
		json_array_append_new(
			list, json_pack("{s:s,s:s,s:i}", "table", barrier->rights->table, "column",
					og_barrier_column(barrier, shown)->name, "bytes", bytes));
	if (sqlite3_value_type(value) == SQLITE_BLOB) {
		sqlite3_result_blob(context, data, keep, SQLITE_TRANSIENT);
		return;
	}
	while (keep > 0 && ((unsigned char)data[keep] & 0xc0) == 0x80)
		keep--;
	sqlite3_result_text(context, data, keep, SQLITE_TRANSIENT);
}

static int barrier_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i)
{
	struct barrier_cursor *cursor = (struct barrier_cursor *)base;
	struct og_barrier *barrier = ((struct og_barrier_table *)base->pVtab)->barrier;
	sqlite3_value *value;
	int type;

	if (i >= barrier->n_shown) {
		og_row_key_result(context, barrier, cursor->inner->stmt);
		return SQLITE_OK;
	}
	if (sqlite3_vtab_nochange(context) || cursor->places[i] < 0)
		return SQLITE_OK;
	value = sqlite3_column_value(cursor->inner->stmt, cursor->places[i]);
	type = sqlite3_value_type(value);
	if ((type == SQLITE_TEXT || type == SQLITE_BLOB) &&
	    sqlite3_value_bytes(value) >= OG_GATE_TEXT_MAX)
		cut_value(context, barrier, i, value);
	else
		sqlite3_result_value(context, value);
	return SQLITE_OK;
}

static int barrier_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	*ret = sqlite3_column_int64(((struct barrier_cursor *)base)->inner->stmt, 0);
	return SQLITE_OK;
}

const sqlite3_module og_barrier_module = {
	.iVersion = 2,
	.xConnect = barrier_connect,
	.xBestIndex = og_barrier_plan,
	.xDisconnect = barrier_disconnect,
	.xDestroy = barrier_disconnect,
	.xOpen = barrier_open,
	.xClose = barrier_close,
	.xFilter = barrier_filter,
	.xNext = barrier_next,
	.xEof = barrier_eof,
	.xColumn = barrier_column,
	.xRowid = barrier_rowid,
	.xUpdate = og_barrier_update,
};
