/*
 * Application: replaying logged row changes, or undoing them last first.
 * Each operation is one statement that names the row and the values it
 * must find; if it did not change exactly one row, somebody changed the
 * row since, and nothing may be forced.
 *
 * A replay is thousands of small arrays. To ask SQLite what a table looks like
 * and to compile a statement cost more than to run it, so both are kept while
 * one apply lasts. So are the switches: changing one makes SQLite compile every
 * statement of the connection again.
 */
#include "lib/db/rowlog.h"

#include <stdlib.h>
#include <string.h>

#include "lib/db/rowlog-internal.h"

#define STATEMENTS 256

/* A statement that was compiled; another one may take its place. */
struct compiled {
	char *sql;
	sqlite3_stmt *stmt;
};

struct og_rowapply {
	struct og_db *db;
	int forward;
	int armed;	    /* the switches are as they must be here */
	int triggers, keys; /* and this is what they were */
	struct og_row_table *tables;
	struct compiled compiled[STATEMENTS]; /* by a hash of the text */
};

/* One operation with its direction applied: what to find, what to leave. */
struct operation {
	const char *op, *table;
	const json_t *find;  /* columns the row must have: object, or NULL */
	const json_t *leave; /* columns it gets: object, or NULL */
	const json_t *rowid, *new_rowid;
};

static int malformed(struct og_err *err)
{
	return og_fail(err, OG_EDATA, "a logged row change is malformed");
}

static int read_operation(const json_t *change, int forward, struct operation *ret,
			  struct og_err *err)
{
	const json_t *before = json_object_get(change, "old"),
		     *after = json_object_get(change, "new");
	const json_t *rowid = json_object_get(change, "rowid");
	const json_t *new_rowid = json_object_get(change, "new_rowid");
	const char *op = og_json_str(change, "op");

	ret->table = og_json_str(change, "table");
	if (!ret->table || !op || (before && !json_is_object(before)) ||
	    (after && !json_is_object(after)))
		return malformed(err);
	if (!forward && strcmp(op, "update") != 0)
		op = strcmp(op, "insert") == 0 ? "delete" : "insert";
	ret->op = op;
	ret->find = forward ? before : after;
	ret->leave = forward ? after : before;
	ret->rowid = forward || !new_rowid ? rowid : new_rowid;
	ret->new_rowid = forward || !new_rowid ? new_rowid : rowid;
	return 0;
}

static int generated(const struct og_row_table *table, const char *column)
{
	for (int i = 0; i < table->n; i++)
		if (strcmp(table->columns[i].name, column) == 0)
			return table->columns[i].generated;
	return -1; /* no such column */
}

/* A statement under construction: its text, and the values to bind. */
struct draft {
	const struct og_row_table *table;
	sqlite3_str *sql;
	const json_t **values;
	int n, max;
};

static int push(struct draft *draft, const json_t *value)
{
	if (!value || draft->n == draft->max)
		return -1;
	draft->values[draft->n++] = value;
	return 0;
}

/* "a" IS ?1 AND "b" IS ?2 ..., or "a" = ?1, "b" = ?2 ... for SET. */
static int add_columns(struct draft *draft, const json_t *columns, const char *between,
		       const char *form, struct og_err *err)
{
	json_t *mutable, *value;
	const char *name;

	memcpy(&mutable, &columns, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, name, value)
	{
		int is_generated = generated(draft->table, name);

		if (is_generated < 0)
			return og_fail(err, OG_NO, "table '%s' has no column '%s' any more",
				       draft->table->name, name);
		if (is_generated)
			continue;
		if (push(draft, value) < 0)
			return malformed(err);
		sqlite3_str_appendf(draft->sql, "%s\"%w\" ", between, name);
		sqlite3_str_appendf(draft->sql, form, draft->n);
	}
	return 0;
}

static int add_where(struct draft *draft, const struct operation *o, const json_t *key,
		     struct og_err *err)
{
	sqlite3_str_appendall(draft->sql, " WHERE 1");
	if (!draft->table->without_rowid) {
		if (push(draft, o->rowid) < 0)
			return malformed(err);
		sqlite3_str_appendf(draft->sql, " AND %s = ?%d", draft->table->rowid, draft->n);
	}
	if (key && add_columns(draft, key, " AND ", "IS ?%d COLLATE BINARY", err) < 0)
		return -1;
	return o->find ? add_columns(draft, o->find, " AND ", "IS ?%d COLLATE BINARY", err) : 0;
}

static int build_insert(struct draft *draft, const struct operation *o, struct og_err *err)
{
	int with_rowid = !draft->table->without_rowid;

	sqlite3_str_appendf(draft->sql, "INSERT INTO main.\"%w\"(", o->table);
	if (with_rowid) {
		if (push(draft, o->rowid) < 0)
			return malformed(err);
		sqlite3_str_appendall(draft->sql, draft->table->rowid);
	}
	if (!o->leave)
		return malformed(err);
	/* The form takes the number and prints nothing of it: names only. */
	for (void *it = json_object_iter((json_t *)(uintptr_t)o->leave); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)o->leave, it)) {
		const char *name = json_object_iter_key(it);
		int is_generated = generated(draft->table, name);

		if (is_generated < 0)
			return og_fail(err, OG_NO, "table '%s' has no column '%s' any more",
				       o->table, name);
		if (is_generated)
			continue;
		sqlite3_str_appendf(draft->sql, "%s\"%w\"", draft->n ? ", " : "", name);
		if (push(draft, json_object_iter_value(it)) < 0)
			return malformed(err);
	}
	sqlite3_str_appendall(draft->sql, ") VALUES (");
	for (int i = 1; i <= draft->n; i++)
		sqlite3_str_appendf(draft->sql, "%s?%d", i > 1 ? ", " : "", i);
	sqlite3_str_appendall(draft->sql, ")");
	return 0;
}

/* The key an update must find in a WITHOUT ROWID table: forward the old
 * one; backward the new one, which is the old one with its changes. */
static json_t *key_of(const json_t *change, const struct operation *o)
{
	json_t *key = json_copy((json_t *)(uintptr_t)json_object_get(change, "key"));

	if (key)
		json_object_update_existing(key, (json_t *)(uintptr_t)o->find);
	return key;
}

static int build_update(struct draft *draft, const struct operation *o, const json_t *change,
			struct og_err *err)
{
	json_t *key = draft->table->without_rowid ? key_of(change, o) : NULL;
	int rc = -1, start;

	sqlite3_str_appendf(draft->sql, "UPDATE main.\"%w\" SET", o->table);
	start = sqlite3_str_length(draft->sql);
	if (!o->leave || (draft->table->without_rowid && !key)) {
		malformed(err);
		goto out;
	}
	if (o->new_rowid && push(draft, o->new_rowid) == 0)
		sqlite3_str_appendf(draft->sql, ", %s = ?1", draft->table->rowid);
	if (add_columns(draft, o->leave, ", ", "= ?%d", err) < 0)
		goto out;
	if (draft->n == 0) { /* only generated columns differ: nothing to do */
		rc = 1;
		goto out;
	}
	sqlite3_str_value(draft->sql)[start] = ' '; /* the first comma */
	rc = add_where(draft, o, key, err);
out:
	json_decref(key);
	return rc;
}

static int build(struct draft *draft, const struct operation *o, const json_t *change,
		 struct og_err *err)
{
	if (strcmp(o->op, "insert") == 0)
		return build_insert(draft, o, err);
	if (strcmp(o->op, "update") == 0)
		return build_update(draft, o, change, err);
	if (strcmp(o->op, "delete") != 0)
		return malformed(err);
	sqlite3_str_appendf(draft->sql, "DELETE FROM main.\"%w\"", o->table);
	return add_where(draft, o, NULL, err);
}

/* How many rows the last statement changed, those that foreign keys took
 * along included: they are not to be undone unseen. System tables have no
 * such keys, but may have a connection's own triggers. */
static int64_t changed(struct og_db *db, const struct draft *draft, int64_t before)
{
	if (strncmp(draft->table->name, "og_", 3) == 0)
		return sqlite3_changes64(db->handle);
	return sqlite3_total_changes64(db->handle) - before;
}

static struct compiled *place_of(struct og_rowapply *apply, const char *sql)
{
	unsigned hash = 5381;

	for (const char *p = sql; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	return &apply->compiled[(hash ^ hash >> 16) % STATEMENTS];
}

static void drop(struct compiled *compiled)
{
	sqlite3_finalize(compiled->stmt);
	sqlite3_free(compiled->sql);
	compiled->stmt = NULL;
	compiled->sql = NULL;
}

/* The statement of this text, ready to be bound; takes the text. */
static int compile(struct og_rowapply *apply, char *sql, sqlite3_stmt **ret)
{
	struct compiled *compiled = place_of(apply, sql);
	int rc = SQLITE_OK;

	if (compiled->stmt && strcmp(compiled->sql, sql) == 0) {
		sqlite3_free(sql);
	} else {
		drop(compiled);
		compiled->sql = sql;
		rc = sqlite3_prepare_v2(apply->db->handle, sql, -1, &compiled->stmt, NULL);
	}
	*ret = compiled->stmt;
	return rc;
}

/* Takes the text. */
static int execute(struct og_rowapply *apply, const struct draft *draft, char *sql,
		   struct og_err *err)
{
	struct og_db *db = apply->db;
	sqlite3_int64 before = sqlite3_total_changes64(db->handle);
	sqlite3_stmt *stmt;
	int rc = compile(apply, sql, &stmt);

	for (int i = 0; rc == SQLITE_OK && i < draft->n; i++)
		if (og_row_value_bind(stmt, i + 1, draft->values[i]) < 0)
			rc = SQLITE_MISMATCH;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	if (stmt)
		sqlite3_clear_bindings(stmt);
	if (rc == SQLITE_MISMATCH)
		return malformed(err);
	if ((rc & 0xff) == SQLITE_CONSTRAINT)
		return og_fail(err, OG_NO, "a row of '%s' cannot be put back: %s",
			       draft->table->name, sqlite3_errmsg(db->handle));
	if (rc != SQLITE_DONE)
		return og_db_fail(db, rc, "change", err);
	if (changed(db, draft, before) != 1)
		return og_fail(err, OG_NO, "a row of '%s' changed since", draft->table->name);
	return 0;
}

static int apply_one(struct og_rowapply *apply, const struct og_row_table *table,
		     const json_t *change, struct og_err *err)
{
	/* Values at most: a key, what to find, what to leave, two rowids. */
	struct draft draft = { table, sqlite3_str_new(apply->db->handle), NULL, 0,
			       3 * table->n + 2 };
	struct operation o = { 0 };
	char *sql;
	int rc = -1;

	draft.values = calloc((size_t)draft.max, sizeof(const json_t *));
	if (!draft.values)
		og_fail_nomem(err);
	else if (read_operation(change, apply->forward, &o, err) == 0)
		rc = build(&draft, &o, change, err);
	sql = sqlite3_str_finish(draft.sql);
	if (rc == 0)
		rc = sql ? execute(apply, &draft, sql, err) : og_fail_nomem(err);
	else
		sqlite3_free(sql);
	free(draft.values);
	return rc < 0 ? -1 : 0;
}

static struct og_row_table *find_table(struct og_rowapply *apply, const char *name,
				       struct og_err *err)
{
	struct og_row_table *table;
	int rc;

	for (table = apply->tables; table; table = table->next)
		if (strcmp(table->name, name) == 0)
			return table;
	table = og_row_table_load(apply->db->handle, name, &rc);
	if (!table) {
		og_fail(err, rc == SQLITE_NOMEM ? OG_EOS : OG_NO, "there is no table '%s' any more",
			name);
		return NULL;
	}
	if (!table->without_rowid && !table->rowid) {
		og_fail(err, OG_NO, "rows of table '%s' cannot be named", name);
		og_row_table_free(table);
		return NULL;
	}
	table->next = apply->tables;
	apply->tables = table;
	return table;
}

/* Triggers ran when the changes were made: what they did is logged too.
 * So did ON DELETE CASCADE, which a replay must not do a second time; an
 * undo keeps foreign keys, to find rows that refer to what it removes. */
static int arm(struct og_rowapply *apply, struct og_err *err)
{
	sqlite3 *handle = apply->db->handle;

	if (apply->armed)
		return 0;
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &apply->triggers);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &apply->keys);
	if (apply->forward)
		sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 0, (int *)NULL);
	apply->armed = 1;
	return og_db_exec(apply->db, "PRAGMA defer_foreign_keys = ON", err);
}

int og_rowapply_new(struct og_db *db, int forward, struct og_rowapply **ret, struct og_err *err)
{
	struct og_rowapply *apply = calloc(1, sizeof(*apply));

	if (!apply)
		return og_fail_nomem(err);
	apply->db = db;
	apply->forward = forward;
	*ret = apply;
	return 0;
}

void og_rowapply_rest(struct og_rowapply *apply)
{
	sqlite3 *handle = apply->db->handle;

	for (int i = 0; i < STATEMENTS; i++)
		drop(&apply->compiled[i]);
	while (apply->tables) {
		struct og_row_table *table = apply->tables;

		apply->tables = table->next;
		og_row_table_free(table);
	}
	if (apply->armed) {
		sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, apply->keys, (int *)NULL);
		sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, apply->triggers,
				  (int *)NULL);
	}
	apply->armed = 0;
}

void og_rowapply_free(struct og_rowapply *apply)
{
	if (apply)
		og_rowapply_rest(apply);
	free(apply);
}

int og_rowapply_run(struct og_rowapply *apply, const json_t *changes, struct og_err *err)
{
	size_t n = json_array_size(changes);
	int rc;

	if (!json_is_array(changes))
		return malformed(err);
	rc = arm(apply, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const json_t *change = json_array_get(changes, apply->forward ? i : n - 1 - i);
		const char *name = og_json_str(change, "table");
		const struct og_row_table *table;

		/* What is never logged, the ledger above all, is never applied. */
		if (!name || og_table_derived(name))
			return malformed(err);
		table = find_table(apply, name, err);
		rc = table ? apply_one(apply, table, change, err) : -1;
	}
	return rc;
}

int og_rowlog_apply(struct og_db *db, const json_t *changes, int forward, struct og_err *err)
{
	struct og_rowapply *apply = NULL;
	int rc;

	if (og_rowapply_new(db, forward, &apply, err) < 0)
		return -1;
	rc = og_rowapply_run(apply, changes, err);
	og_rowapply_free(apply);
	return rc;
}
