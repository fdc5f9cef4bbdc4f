/*
 * The barrier as a virtual table: what it declares, how it is planned, and
 * how a scan runs. Only comparisons of unmasked columns with bound values
 * cross to the inner statement, because those cannot fail: an error or a
 * long computation on a row that the predicate would have hidden is a
 * message about that row. Everything else of the agent's WHERE runs on
 * rows that were already permitted (PostgreSQL's security barrier and its
 * leakproof operators follow the same rule).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

struct barrier_table {
	sqlite3_vtab base;
	struct og_barrier *barrier;
};

struct barrier_cursor {
	sqlite3_vtab_cursor base;
	struct og_inner *inner;
	int at_end;
	int *places; /* declared column -> column of the inner statement, or -1 */
};

#define MAX_PUSHED 32

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
		return og_gate_refuse(barrier->gate, OG_REFUSED, "no-select",
				      "there is no table '%s'", barrier->rights->table);
	table = barrier->table;
	barrier->shown = calloc((size_t)table->n + 1, sizeof(*barrier->shown));
	if (!barrier->shown)
		return SQLITE_NOMEM;
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

int og_barrier_shown(const struct og_barrier *barrier, const char *column)
{
	for (int i = 0; i < barrier->n_shown; i++)
		if (og_ascii_casecmp(barrier->table->columns[barrier->shown[i].column].name,
				     column) == 0)
			return i;
	return -1;
}

static const struct og_column *column_of(const struct og_barrier *barrier, int shown)
{
	return &barrier->table->columns[barrier->shown[shown].column];
}

/* No defaults: SQLite ignores those of virtual tables (barrier-write.c). */
static char *declaration(const struct og_barrier *barrier)
{
	sqlite3_str *sql = sqlite3_str_new(barrier->gate->agent);

	sqlite3_str_appendall(sql, "CREATE TABLE x(");
	for (int i = 0; i < barrier->n_shown; i++) {
		const struct og_column *column = column_of(barrier, i);

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
	struct barrier_table *table;
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

static const char *operator_text(unsigned char op)
{
	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_EQ:
		return "=";
	case SQLITE_INDEX_CONSTRAINT_LT:
		return "<";
	case SQLITE_INDEX_CONSTRAINT_LE:
		return "<=";
	case SQLITE_INDEX_CONSTRAINT_GT:
		return ">";
	case SQLITE_INDEX_CONSTRAINT_GE:
		return ">=";
	case SQLITE_INDEX_CONSTRAINT_IS:
		return "IS";
	default:
		return NULL;
	}
}

/* May this constraint be handed to the inner statement? The collation must
 * be the column's own; IN over a TEXT or untyped column is compared again
 * by the core with another affinity, so it stays outside. */
static int may_push(const struct og_barrier *barrier, sqlite3_index_info *info, int i)
{
	int shown = info->aConstraint[i].iColumn;
	const struct og_column *column;

	if (!info->aConstraint[i].usable || !operator_text(info->aConstraint[i].op) ||
	    shown >= barrier->n_shown)
		return 0;
	if (shown < 0)
		return !barrier->table->without_rowid;
	column = column_of(barrier, shown);
	if (barrier->shown[shown].masked || column->generated)
		return 0;
	if ((column->affinity == 'T' || column->affinity == 'B') && sqlite3_vtab_in(info, i, -1))
		return 0;
	return og_ascii_casecmp(sqlite3_vtab_collation(info, i), column->collation) == 0;
}

/* What the plan costs: rows left, and whether at most one is. */
struct estimate {
	double rows;
	int one;
	unsigned key_parts; /* places of the primary key compared for equality */
};

static void narrow(const struct og_barrier *barrier, int shown, unsigned char op,
		   struct estimate *e)
{
	const struct og_column *column = shown >= 0 ? column_of(barrier, shown) : NULL;
	int equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
	int leads = !column || column->leads || column->pk == 1;

	if (equal && (!column || column->is_unique)) {
		e->one = 1;
		e->rows = 1;
	} else if (equal && leads) {
		double per_key = column->per_key > 0 ? column->per_key : 10;

		if (per_key < e->rows)
			e->rows = per_key;
	} else if (leads) {
		e->rows /= 4;
	} else {
		e->rows /= equal ? 1.2 : 1.05;
	}
	if (equal && column && column->pk && column->pk <= 16)
		e->key_parts |= 1U << (column->pk - 1);
}

/* TEXT and untyped columns may be kept back by push_value(). */
static int always_pushed(const struct og_barrier *barrier, int shown)
{
	return shown < 0 || (column_of(barrier, shown)->affinity != 'T' &&
			     column_of(barrier, shown)->affinity != 'B');
}

static void push_constraints(const struct og_barrier *barrier, sqlite3_index_info *info,
			     sqlite3_str *plan, struct estimate *e)
{
	int pushed = 0;

	for (int i = 0; i < info->nConstraint && pushed < MAX_PUSHED; i++) {
		if (!may_push(barrier, info, i))
			continue;
		info->aConstraintUsage[i].argvIndex = ++pushed;
		info->aConstraintUsage[i].omit =
			always_pushed(barrier, info->aConstraint[i].iColumn) & 1;
		sqlite3_str_appendf(plan, "%d %s,", info->aConstraint[i].iColumn,
				    operator_text(info->aConstraint[i].op));
		narrow(barrier, info->aConstraint[i].iColumn, info->aConstraint[i].op, e);
	}
	if (barrier->table->n_pk && e->key_parts == (1U << barrier->table->n_pk) - 1) {
		e->one = 1;
		e->rows = 1;
	}
}

/* One ORDER BY term on a plain column can be left to the inner statement. */
static void push_order(const struct og_barrier *barrier, sqlite3_index_info *info,
		       sqlite3_str *plan)
{
	int shown;

	if (info->nOrderBy != 1)
		return;
	shown = info->aOrderBy[0].iColumn;
	if (shown >= barrier->n_shown || (shown < 0 && barrier->table->without_rowid))
		return;
	if (shown >= 0 && (barrier->shown[shown].masked || column_of(barrier, shown)->generated ||
			   og_ascii_casecmp(column_of(barrier, shown)->collation, "BINARY") != 0))
		return;
	sqlite3_str_appendf(plan, "%d%s", shown, info->aOrderBy[0].desc ? " DESC" : "");
	info->orderByConsumed = 1;
}

/* SQLite stops after one row of a scan that says it is unique. That holds
 * only if every term reaches the inner statement: push_value() may keep
 * terms on TEXT and untyped columns back. */
static int is_certain(const sqlite3_index_info *info)
{
	for (int i = 0; i < info->nConstraint; i++)
		if (info->aConstraintUsage[i].argvIndex && !info->aConstraintUsage[i].omit)
			return 0;
	return 1;
}

static int barrier_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	const struct og_barrier *barrier = ((struct barrier_table *)base)->barrier;
	double all = barrier->table->rows;
	struct estimate e = { .rows = all };
	sqlite3_str *plan = sqlite3_str_new(barrier->gate->agent);

	sqlite3_str_appendf(plan, "%llx|", (unsigned long long)info->colUsed);
	push_constraints(barrier, info, plan, &e);
	sqlite3_str_appendall(plan, "|");
	push_order(barrier, info, plan);
	info->idxStr = sqlite3_str_finish(plan);
	if (!info->idxStr)
		return SQLITE_NOMEM;
	info->needToFreeIdxStr = 1;
	info->estimatedRows = e.rows < 1 ? 1 : (sqlite3_int64)e.rows;
	info->estimatedCost = e.rows < all / 1.5 ? e.rows * 3 + 10 : all * 2;
	if (e.one && is_certain(info))
		info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
	return SQLITE_OK;
}

static int barrier_open(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
	const struct og_barrier *barrier = ((struct barrier_table *)base)->barrier;
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
			sqlite3_str_appendf(sql, ", t.\"%w\"", column_of(barrier, i)->name);
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
						    column_of(barrier, (int)shown)->name);
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
				    column_of(barrier, (int)shown)->name, direction);
}

/* A TEXT column compared with a value of another type converts the value;
 * the core does that itself afterwards, so such a term is not pushed. */
static int push_value(const struct og_barrier *barrier, int shown, sqlite3_value *value)
{
	char affinity = shown < 0 ? 'I' : column_of(barrier, shown)->affinity;

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

	if (at + strlen(end) + 2 * MAX_PUSHED + 2 > size)
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
	struct og_barrier *barrier = ((struct barrier_table *)base->pVtab)->barrier;
	int pushed[MAX_PUSHED], n = 0, rc;
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
					column_of(barrier, shown)->name, "bytes", bytes));
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
	struct og_barrier *barrier = ((struct barrier_table *)base->pVtab)->barrier;
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
	.xBestIndex = barrier_best_index,
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
