/*
 * Capture. SQLite calls the preupdate hook for every row that any statement
 * of the connection touches; each becomes one JSON object, written at once
 * into the log's buffer with its keys in canonical order.
 */
#include "lib/db/rowlog.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/db/rowlog-internal.h"

struct og_rowlog {
	struct og_db *db;
	int on;
	int bad; /* SQLite's code of what went wrong, or SQLITE_OK */
	size_t count;
	struct og_buf text; /* objects, a comma after each */
	int virtual_counts; /* do virtual columns take a number in preupdate_old/new? */
	struct og_row_table *tables;
};

/* Not covered: they are rebuilt from the others, or they are the ledger. */
static const char *const derived[] = {
	"audit_ledger",	 "og_block",	 "og_call",	    "og_consent", "og_counter",
	"og_credential", "og_journal",	 "og_learned",	    "og_passage", "og_provider",
	"og_spend",	 "og_sizes",	 "og_task",	    "og_remote",  "og_turn",
	"og_vector",	 "sqlite_stat1", "sqlite_sequence", NULL,
};

int og_table_derived(const char *table)
{
	for (const char *const *name = derived; *name; name++)
		if (og_ascii_casecmp(*name, table) == 0)
			return 1;
	return strncmp(table, "og_passage_fts", 14) == 0;
}

/* Tables come and go with ALTER TABLE: another number of columns is another table. */
static struct og_row_table *find_table(struct og_rowlog *log, const char *name, int columns)
{
	struct og_row_table *table;

	for (table = log->tables; table; table = table->next)
		if (table->n == columns && og_ascii_casecmp(table->name, name) == 0)
			return table;
	table = og_row_table_load(log->db->handle, name, &log->bad);
	if (!table)
		return NULL;
	table->next = log->tables;
	log->tables = table;
	return table;
}

/* The number of table column i in preupdate_old/new. */
static int slot_of(const struct og_rowlog *log, const struct og_row_table *table, int i)
{
	int slot = i;

	if (!log->virtual_counts)
		for (int k = 0; k < i; k++)
			slot -= table->columns[k].is_virtual;
	return slot;
}

static int same(sqlite3_value *a, sqlite3_value *b)
{
	int type = sqlite3_value_type(a), len;
	double x, y;

	if (type != sqlite3_value_type(b))
		return 0;
	switch (type) {
	case SQLITE_NULL:
		return 1;
	case SQLITE_INTEGER:
		return sqlite3_value_int64(a) == sqlite3_value_int64(b);
	case SQLITE_FLOAT:
		x = sqlite3_value_double(a);
		y = sqlite3_value_double(b);
		/* NOLINTNEXTLINE: the same bits; -0 is not 0 */
		return memcmp(&x, &y, sizeof(x)) == 0;
	default:
		len = sqlite3_value_bytes(a);
		return len == sqlite3_value_bytes(b) &&
		       (len == 0 ||
			memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), (size_t)len) == 0);
	}
}

enum { OLD, NEW };

static sqlite3_value *value_of(struct og_rowlog *log, int which, int slot)
{
	sqlite3_value *value = NULL;
	int rc = which == OLD ? sqlite3_preupdate_old(log->db->handle, slot, &value)
			      : sqlite3_preupdate_new(log->db->handle, slot, &value);

	if (rc != SQLITE_OK)
		log->bad = rc;
	return value;
}

static int changed(struct og_rowlog *log, int slot)
{
	sqlite3_value *before = value_of(log, OLD, slot), *after = value_of(log, NEW, slot);

	return before && after && !same(before, after);
}

enum choice { ALL, CHANGED, KEY };

static int chosen(struct og_rowlog *log, const struct og_row_column *column, int slot,
		  enum choice choice)
{
	if (column->generated)
		return 0;
	if (choice == KEY)
		return column->pk > 0;
	return choice == ALL || changed(log, slot);
}

/* `"NAME":{"column":value,...}` with the columns in canonical order. */
static void print_columns(struct og_rowlog *log, const struct og_row_table *table, const char *name,
			  int which, enum choice choice)
{
	struct og_buf *out = &log->text;
	int first = 1;

	og_buf_addf(out, "\"%s\":{", name);
	for (int k = 0; k < table->n; k++) {
		int i = table->sorted[k], slot = slot_of(log, table, i);
		const struct og_row_column *column = &table->columns[i];

		if (!chosen(log, column, slot, choice))
			continue;
		if (!first)
			og_buf_addc(out, ',');
		first = 0;
		og_json_quote(out, column->name, strlen(column->name));
		og_buf_addc(out, ':');
		og_row_value_print(out, value_of(log, which, slot));
	}
	og_buf_adds(out, "},");
}

struct operation {
	int op; /* SQLITE_INSERT, _UPDATE, _DELETE */
	sqlite3_int64 before, after;
};

static void print_operation(struct og_rowlog *log, const struct og_row_table *table,
			    const struct operation *o)
{
	struct og_buf *out = &log->text;
	const char *name = o->op == SQLITE_INSERT   ? "insert"
			   : o->op == SQLITE_UPDATE ? "update"
						    : "delete";
	enum choice choice = o->op == SQLITE_UPDATE ? CHANGED : ALL;

	og_buf_addc(out, '{');
	if (o->op == SQLITE_UPDATE && table->without_rowid)
		print_columns(log, table, "key", OLD, KEY);
	if (o->op != SQLITE_DELETE)
		print_columns(log, table, "new", NEW, choice);
	if (o->op == SQLITE_UPDATE && !table->without_rowid && o->before != o->after) {
		og_buf_adds(out, "\"new_rowid\":");
		og_row_int_print(out, o->after);
		og_buf_addc(out, ',');
	}
	if (o->op != SQLITE_INSERT)
		print_columns(log, table, "old", OLD, choice);
	og_buf_addf(out, "\"op\":\"%s\",", name);
	if (!table->without_rowid) {
		og_buf_adds(out, "\"rowid\":");
		og_row_int_print(out, o->op == SQLITE_INSERT ? o->after : o->before);
		og_buf_addc(out, ',');
	}
	og_buf_adds(out, "\"table\":");
	og_json_quote(out, table->name, strlen(table->name));
	og_buf_adds(out, "},");
	log->count++;
}

static int names_are_text(const struct og_row_table *table)
{
	for (int i = 0; i < table->n; i++)
		if (!og_utf8_valid(table->columns[i].name, strlen(table->columns[i].name)))
			return 0;
	return og_utf8_valid(table->name, strlen(table->name));
}

static void on_change(void *arg, sqlite3 *handle, int op, const char *database, const char *name,
		      sqlite3_int64 before, sqlite3_int64 after)
{
	struct og_rowlog *log = arg;
	struct operation operation = { op, before, after };
	struct og_row_table *table;

	if (!log->on || log->db->muted || log->bad || strcmp(database, "main") != 0 ||
	    og_table_derived(name))
		return;
	table = find_table(log, name, sqlite3_preupdate_count(handle));
	if (!table || table->shadow)
		return;
	if (!names_are_text(table) || (!table->without_rowid && !table->rowid))
		log->bad = SQLITE_MISUSE;
	else
		print_operation(log, table, &operation);
}

struct probe {
	int virtual_counts;
};

static void on_probe(void *arg, sqlite3 *handle, int op, const char *database, const char *name,
		     sqlite3_int64 before, sqlite3_int64 after)
{
	struct probe *probe = arg;
	sqlite3_value *value = NULL;

	(void)op;
	(void)database;
	(void)name;
	(void)before;
	(void)after;
	sqlite3_preupdate_new(handle, 1, &value);
	probe->virtual_counts = !(value && sqlite3_value_int(value) == 42);
}

/* Whether virtual generated columns take a number changed between SQLite
 * 3.40 and 3.49; the library that runs is asked, not its version. */
static int probe_numbering(int *ret, struct og_err *err)
{
	struct probe probe = { 0 };
	sqlite3 *handle = NULL;
	int rc = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				 NULL);

	if (rc == SQLITE_OK) {
		sqlite3_preupdate_hook(handle, on_probe, &probe);
		rc = sqlite3_exec(handle,
				  "CREATE TABLE p(a INT, v INT AS (7) VIRTUAL, b INT);"
				  "INSERT INTO p(a, b) VALUES (1, 42)",
				  NULL, NULL, NULL);
	}
	sqlite3_close(handle);
	*ret = probe.virtual_counts;
	return rc == SQLITE_OK
		       ? 0
		       : og_fail(err, OG_EOS, "cannot start the row log: %s", sqlite3_errstr(rc));
}

int og_rowlog_new(struct og_db *db, struct og_rowlog **ret, struct og_err *err)
{
	struct og_rowlog *log = calloc(1, sizeof(*log));

	if (!log)
		return og_fail_nomem(err);
	log->db = db;
	og_buf_init(&log->text, OG_CHANGES_MAX);
	if (probe_numbering(&log->virtual_counts, err) < 0) {
		og_rowlog_free(log);
		return -1;
	}
	sqlite3_preupdate_hook(db->handle, on_change, log);
	*ret = log;
	return 0;
}

void og_rowlog_free(struct og_rowlog *log)
{
	if (!log)
		return;
	sqlite3_preupdate_hook(log->db->handle, NULL, NULL);
	while (log->tables) {
		struct og_row_table *table = log->tables;

		log->tables = table->next;
		og_row_table_free(table);
	}
	og_buf_release(&log->text);
	free(log);
}

void og_rowlog_start(struct og_rowlog *log)
{
	og_buf_clear(&log->text);
	log->count = 0;
	log->bad = SQLITE_OK;
	log->on = 1;
}

void og_rowlog_stop(struct og_rowlog *log)
{
	log->on = 0;
}

void og_rowlog_mute(struct og_db *db, int mute)
{
	db->muted = mute;
}

size_t og_rowlog_count(const struct og_rowlog *log)
{
	return log->count;
}

size_t og_rowlog_mark(const struct og_rowlog *log)
{
	return log->text.len;
}

int og_rowlog_take(struct og_rowlog *log, struct og_buf *buf, struct og_err *err)
{
	return og_rowlog_take_from(log, 0, buf, err);
}

int og_rowlog_take_from(struct og_rowlog *log, size_t mark, struct og_buf *buf, struct og_err *err)
{
	if (log->bad)
		return og_fail(err, OG_EDATA, "cannot log a row change: %s",
			       sqlite3_errstr(log->bad));
	if (og_buf_check(&log->text, "log of row changes", err) < 0)
		return -1;
	og_buf_addc(buf, '[');
	if (log->text.len > mark)
		og_buf_add(buf, log->text.data + mark, log->text.len - mark - 1);
	og_buf_addc(buf, ']');
	return og_buf_check(buf, "row changes", err);
}
