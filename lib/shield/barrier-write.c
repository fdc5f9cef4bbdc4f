/*
 * Writing through the barrier: the row as the agent wants it is written by
 * our own statement, then looked at again through the predicate. A row
 * that the principal could not see afterwards, or that points to a parent
 * it cannot see, was never written: the statement fails as a whole, and
 * only conflict mode ABORT is accepted, since OR IGNORE would keep a row
 * whose check failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shield/gate-internal.h"

/* One row on its way in. values[i]: of declared column i, NULL: not set. */
struct row {
	struct og_barrier *barrier;
	sqlite3_value **values;
	sqlite3_int64 rowid;
	sqlite3_value *key; /* WITHOUT ROWID: the hidden key; NULL for a new row */
};

static int fail(struct og_barrier *barrier, const char *rule, const char *why)
{
	barrier->gate->poisoned = 1;
	og_gate_refuse(barrier->gate, OG_REFUSED, rule, "%s (table '%s')", why,
		       barrier->rights->table);
	return SQLITE_ERROR;
}

/* The same words for every constraint: which one failed may tell of rows
 * that are not visible. */
static int fail_constraint(struct og_barrier *barrier)
{
	barrier->gate->poisoned = 1;
	og_gate_refuse(barrier->gate, OG_REFUSED, "constraint",
		       "the row breaks a constraint of '%s'", barrier->rights->table);
	return SQLITE_ERROR;
}

static const struct og_column *column_of(const struct og_barrier *barrier, int shown)
{
	return &barrier->table->columns[barrier->shown[shown].column];
}

/* "I0110": which declared columns are written; the key of the statement. */
static void write_key(const struct row *row, char op, char *out)
{
	int n = row->barrier->n_shown;

	out[0] = op;
	for (int i = 0; i < n; i++)
		out[1 + i] = row->values[i] ? '1' : '0';
	out[1 + n] = '\0';
}

static void insert_sql(const struct og_barrier *barrier, const char *key, sqlite3_str *sql)
{
	int n = 0;

	/* ABORT is said aloud: the table's own ON CONFLICT REPLACE would delete
	 * rows that nobody was asked about. */
	sqlite3_str_appendf(sql, "INSERT OR ABORT INTO main.\"%w\"", barrier->table->name);
	for (int i = 0; i < barrier->n_shown; i++)
		if (key[1 + i] == '1')
			sqlite3_str_appendf(sql, "%s\"%w\"", n++ ? ", " : "(",
					    column_of(barrier, i)->name);
	if (n == 0) {
		sqlite3_str_appendall(sql, " DEFAULT VALUES");
		return;
	}
	sqlite3_str_appendall(sql, ") VALUES (");
	for (int i = 1; i <= n; i++)
		sqlite3_str_appendf(sql, "%s:og%d", i > 1 ? ", " : "", i);
	sqlite3_str_appendall(sql, ")");
}

static void where_key(const struct og_barrier *barrier, sqlite3_str *sql, int first)
{
	const struct og_table *table = barrier->table;

	if (!table->without_rowid) {
		sqlite3_str_appendf(sql, " WHERE t.%s = :og%d", table->rowid, first);
	} else {
		for (int i = 0; i < table->n_pk; i++)
			sqlite3_str_appendf(sql, " %s t.\"%w\" = :og%d", i ? "AND" : "WHERE",
					    table->columns[table->pk[i]].name, first + i);
	}
	sqlite3_str_appendall(sql, " AND ");
	og_barrier_predicate(barrier, sql);
}

static void update_sql(const struct og_barrier *barrier, const char *key, sqlite3_str *sql)
{
	int n = 0;

	sqlite3_str_appendf(sql, "UPDATE OR ABORT main.\"%w\" AS t SET ", barrier->table->name);
	for (int i = 0; i < barrier->n_shown; i++)
		if (key[1 + i] == '1') {
			sqlite3_str_appendf(sql, "%s\"%w\" = :og%d", n ? ", " : "",
					    column_of(barrier, i)->name, n + 1);
			n++;
		}
	where_key(barrier, sql, n + 1);
}

static void check_sql(const struct og_barrier *barrier, const char *key, sqlite3_str *sql)
{
	(void)key;
	sqlite3_str_appendf(sql, "SELECT 1 FROM main.\"%w\" AS t", barrier->table->name);
	where_key(barrier, sql, 1);
}

static int bind_key(const struct row *row, struct og_inner *inner, int first)
{
	if (row->barrier->table->without_rowid)
		return og_row_key_bind(row->barrier, row->key, inner, first) < 0 ? SQLITE_ERROR
										 : SQLITE_OK;
	return sqlite3_bind_int64(inner->stmt, inner->args[first - 1], row->rowid);
}

/* A new row of a WITHOUT ROWID table is found by the key values it was given. */
static int bind_new_key(const struct row *row, struct og_inner *inner)
{
	const struct og_table *table = row->barrier->table;

	for (int i = 0; i < table->n_pk; i++) {
		int shown = og_barrier_shown(row->barrier, table->columns[table->pk[i]].name);

		if (shown < 0 || !row->values[shown] ||
		    sqlite3_bind_value(inner->stmt, inner->args[i], row->values[shown]) !=
			    SQLITE_OK)
			return SQLITE_ERROR;
	}
	return SQLITE_OK;
}

/* WITH CHECK: may the principal see the row as it is now? */
static int check_row(const struct row *row)
{
	struct og_barrier *barrier = row->barrier;
	struct og_inner *inner = og_inner_get(barrier, "C", check_sql);
	int rc;

	if (!inner)
		return SQLITE_ERROR;
	rc = barrier->table->without_rowid && !row->key ? bind_new_key(row, inner)
							: bind_key(row, inner, 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(inner->stmt);
	og_inner_put(inner);
	if (rc == SQLITE_ROW)
		return SQLITE_OK;
	return rc == SQLITE_DONE || rc == SQLITE_ERROR
		       ? fail(barrier, "with-check", "the row would not be yours to see")
		       : rc;
}

static void parent_sql(const struct og_barrier *parent, const char *key, sqlite3_str *sql)
{
	int n = 0;

	sqlite3_str_appendf(sql, "SELECT 1 FROM main.\"%w\" AS t WHERE ", parent->table->name);
	og_barrier_predicate(parent, sql);
	for (const char *p = key + 1; *p == ' ';) {
		char *end;
		long column = strtol(p, &end, 10);

		sqlite3_str_appendf(sql, " AND t.\"%w\" = :og%d",
				    parent->table->columns[column].name, ++n);
		p = end;
	}
}

/* Which columns of the parent a foreign key names: "P 0 3". */
static int parent_key(const struct og_parent *parent, const struct og_table *table, char *out,
		      size_t size)
{
	int at = snprintf(out, size, "P");

	for (int k = 0; k < parent->n; k++) {
		int column = parent->parent_columns[k]
				     ? og_catalog_column(table, parent->parent_columns[k])
				     : (k < table->n_pk ? table->pk[k] : -1);

		if (column < 0 || (size_t)at + 12 > size)
			return -1;
		at += snprintf(out + at, size - (size_t)at, " %d", column);
	}
	return 0;
}

/* 1: all its columns are set in this row, at least one newly, none NULL. */
static int parent_values(const struct row *row, const struct og_parent *parent,
			 sqlite3_value *values[8])
{
	int newly = 0;

	for (int k = 0; k < parent->n; k++) {
		int shown = og_barrier_shown(row->barrier,
					     row->barrier->table->columns[parent->columns[k]].name);

		values[k] = shown >= 0 ? row->values[shown] : NULL;
		if (values[k] && sqlite3_value_type(values[k]) == SQLITE_NULL)
			return 0;
		newly |= values[k] != NULL;
	}
	return newly;
}

static int look_up_parent(struct og_barrier *parent, const char *key, const struct og_parent *fk,
			  sqlite3_value *values[8])
{
	struct og_inner *inner = og_inner_get(parent, key, parent_sql);
	int rc = SQLITE_OK;

	if (!inner)
		return SQLITE_ERROR;
	for (int k = 0; k < fk->n && rc == SQLITE_OK; k++)
		rc = values[k] ? sqlite3_bind_value(inner->stmt, inner->args[k], values[k])
			       : SQLITE_ERROR;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(inner->stmt);
	og_inner_put(inner);
	return rc;
}

/* The parent must be a row the principal sees: otherwise writing tells
 * which hidden rows exist. A key of several columns that is changed in
 * part only cannot be looked up and is refused. */
static int check_parent(const struct row *row, const struct og_parent *fk)
{
	struct og_barrier *barrier = row->barrier;
	struct og_barrier *parent = og_gate_barrier(barrier->gate, fk->table);
	sqlite3_value *values[8];
	char key[128];

	if (!parent_values(row, fk, values))
		return SQLITE_OK;
	if (!parent || !(parent->rights->verbs & OG_SELECT)) {
		fail(barrier, "parent", "it refers to a table that may not be read");
		og_gate_fix(barrier->gate, "og-shield grant %s %s select",
			    barrier->gate->rights->subject, fk->table);
		return SQLITE_ERROR;
	}
	if (og_barrier_load(parent) != SQLITE_OK ||
	    parent_key(fk, parent->table, key, sizeof(key)) < 0)
		return fail_constraint(barrier);
	return look_up_parent(parent, key, fk, values) == SQLITE_ROW ? SQLITE_OK
								     : fail_constraint(barrier);
}

static int check_parents(const struct row *row)
{
	const struct og_table *table = row->barrier->table;

	for (int i = 0; i < table->n_parents; i++)
		if (check_parent(row, &table->parents[i]) != SQLITE_OK)
			return SQLITE_ERROR;
	return SQLITE_OK;
}

/* Columns that may not be set are left out when they are not set (NULL in
 * an INSERT), and refuse the statement when they are. SQLite does not tell
 * a column that INSERT leaves out from a NULL: where the table has a
 * default, NULL stands for it. */
static int keep_settable(struct row *row, int inserting)
{
	struct og_barrier *barrier = row->barrier;

	for (int i = 0; i < barrier->n_shown; i++) {
		const struct og_column *column = column_of(barrier, i);
		sqlite3_value *value = row->values[i];
		int settable = barrier->shown[i].settable;

		if (!value)
			continue;
		if (inserting && barrier->shown[i].column == barrier->table->rowid_column)
			settable = 0; /* ids are given by the database */
		if (!inserting && column->pk)
			settable = 0;
		if (inserting && column->fallback && sqlite3_value_type(value) == SQLITE_NULL)
			row->values[i] = NULL;
		if (settable)
			continue;
		if (!inserting || sqlite3_value_type(value) != SQLITE_NULL)
			return fail(barrier, "not-settable", "a column may not be set");
		row->values[i] = NULL;
	}
	return SQLITE_OK;
}

static int count_row(struct og_gate *gate)
{
	if (++gate->affected <= gate->limits.affected)
		return SQLITE_OK;
	og_gate_refuse(gate, OG_OVER_BUDGET, "budget-affected", "more than %lld rows written",
		       (long long)gate->limits.affected);
	return SQLITE_ERROR;
}

/* Runs the prepared write and says what happened to the row. */
static int execute(struct row *row, struct og_inner *inner, int rc)
{
	if (rc == SQLITE_OK)
		rc = sqlite3_step(inner->stmt);
	og_inner_put(inner);
	if (rc == SQLITE_DONE)
		return SQLITE_OK;
	if ((rc & 0xff) == SQLITE_CONSTRAINT)
		return fail_constraint(row->barrier);
	row->barrier->gate->poisoned = 1;
	return rc;
}

static int bind_values(const struct row *row, struct og_inner *inner, int *ret_n)
{
	int n = 0, rc = SQLITE_OK;

	for (int i = 0; i < row->barrier->n_shown && rc == SQLITE_OK; i++)
		if (row->values[i])
			rc = n < inner->n_args ? sqlite3_bind_value(inner->stmt, inner->args[n++],
								    row->values[i])
					       : SQLITE_TOOBIG;
	*ret_n = n;
	return rc;
}

static int insert_row(struct row *row, char *key, sqlite3_int64 *ret)
{
	struct og_barrier *barrier = row->barrier;
	struct og_gate *gate = barrier->gate;
	struct og_inner *inner;
	int n, rc;

	write_key(row, 'I', key);
	inner = og_inner_get(barrier, key, insert_sql);
	if (!inner)
		return SQLITE_ERROR;
	rc = execute(row, inner, bind_values(row, inner, &n));
	if (rc != SQLITE_OK)
		return rc;
	row->rowid = sqlite3_last_insert_rowid(gate->inner);
	if (!barrier->table->without_rowid) {
		*ret = gate->last_id = row->rowid;
		gate->has_last_id = 1;
	}
	rc = check_row(row);
	return rc == SQLITE_OK ? count_row(gate) : rc;
}

static int update_row(struct row *row, char *key)
{
	struct og_barrier *barrier = row->barrier;
	struct og_inner *inner;
	int n = 0, rc;

	write_key(row, 'U', key);
	if (!strchr(key, '1'))
		return count_row(barrier->gate); /* nothing to set */
	inner = og_inner_get(barrier, key, update_sql);
	if (!inner)
		return SQLITE_ERROR;
	rc = bind_values(row, inner, &n);
	if (rc == SQLITE_OK)
		rc = bind_key(row, inner, n + 1);
	rc = execute(row, inner, rc);
	if (rc == SQLITE_OK)
		rc = check_row(row);
	return rc == SQLITE_OK ? count_row(barrier->gate) : rc;
}

static int write_row(struct row *row, int inserting, sqlite3_int64 *ret)
{
	struct og_barrier *barrier = row->barrier;
	char *key = malloc((size_t)barrier->n_shown + 2);
	int rc = key ? keep_settable(row, inserting) : SQLITE_NOMEM;

	if (rc == SQLITE_OK)
		rc = check_parents(row);
	if (rc == SQLITE_OK && row->barrier->gate->counting)
		rc = count_row(row->barrier->gate);
	else if (rc == SQLITE_OK)
		rc = inserting ? insert_row(row, key, ret) : update_row(row, key);
	free(key);
	return rc;
}

/* xUpdate's arguments for an INSERT of a rowid, or an UPDATE that moves it. */
static int rowid_given(const struct og_barrier *barrier, int inserting, sqlite3_value **argv)
{
	if (barrier->table->without_rowid)
		return 0;
	if (inserting)
		return sqlite3_value_type(argv[1]) != SQLITE_NULL;
	return sqlite3_value_int64(argv[0]) != sqlite3_value_int64(argv[1]);
}

static int may_write(struct og_barrier *barrier, int argc, int inserting)
{
	unsigned verb = inserting ? OG_INSERT : OG_UPDATE;

	if (argc == 1)
		return fail(barrier, "no-verb", "DELETE is nobody's");
	if (!(barrier->rights->verbs & verb))
		return fail(barrier, inserting ? "no-insert" : "no-update",
			    "writing is not granted");
	if (sqlite3_vtab_on_conflict(barrier->gate->agent) != SQLITE_ABORT)
		return fail(barrier, "conflict-mode",
			    "OR IGNORE, REPLACE and the like are refused");
	return SQLITE_OK;
}

/* Which columns an UPDATE sets the authorizer was told. The values cannot
 * tell: UPDATE ... FROM hands over every column as if it were new. */
int og_barrier_update(sqlite3_vtab *base, int argc, sqlite3_value **argv, sqlite3_int64 *ret)
{
	/* The table struct begins with base, followed by the barrier. */
	struct og_barrier *barrier = *(struct og_barrier **)(base + 1);
	int inserting = argc > 1 && sqlite3_value_type(argv[0]) == SQLITE_NULL, rc;
	struct row row = { .barrier = barrier };

	if (may_write(barrier, argc, inserting) != SQLITE_OK)
		return SQLITE_ERROR;
	if (rowid_given(barrier, inserting, argv))
		return fail(barrier, "not-settable", "ids are given by the database");
	row.values = calloc((size_t)barrier->n_shown + 1, sizeof(sqlite3_value *));
	if (!row.values)
		return SQLITE_NOMEM;
	for (int i = 0; i < barrier->n_shown; i++)
		row.values[i] = inserting || barrier->shown[i].set ? argv[2 + i] : NULL;
	if (!inserting) {
		row.rowid = barrier->table->without_rowid ? 0 : sqlite3_value_int64(argv[0]);
		row.key = barrier->table->without_rowid ? argv[0] : NULL;
	}
	rc = write_row(&row, inserting, ret);
	free(row.values);
	return rc;
}
