/*
 * The row log against what is hard about it: what was logged, applied to
 * the state before, gives the state after, rowids and types included; and
 * taken back, the state before again.
 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/db/db.h"
#include "lib/db/rowlog.h"
#include "lib/json/json.h"

#define DIR_TEMPLATE "/tmp/og-unit-rowlog-XXXXXX"
#define DUMP_MAX     ((size_t)1 << 20)

struct lab {
	char dir[sizeof(DIR_TEMPLATE)];
	struct og_db *live, *copy;
	struct og_rowlog *log;
	json_t *changes;
	struct og_err err;
};

static struct og_db *make(struct lab *lab, const char *name, const char *schema)
{
	char path[64];
	struct og_db *db = NULL;

	snprintf(path, sizeof(path), "%s/%s", lab->dir, name);
	if (!OG_CHECK_OK(og_db_open(path, OG_DB_CREATE, &db, &lab->err), &lab->err))
		return NULL;
	if (strcmp(name, "live") == 0)
		OG_CHECK_OK(og_rowlog_new(db, &lab->log, &lab->err), &lab->err);
	OG_CHECK_OK(og_db_exec(db, schema, &lab->err), &lab->err);
	return db;
}

static void remove_file(const struct lab *lab, const char *name)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char path[64];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s%s", lab->dir, name, tails[i]);
		unlink(path);
	}
}

static int open_lab(struct lab *lab, const char *schema)
{
	memset(lab, 0, sizeof(*lab));
	memcpy(lab->dir, DIR_TEMPLATE, sizeof(DIR_TEMPLATE));
	if (!mkdtemp(lab->dir))
		return -1;
	lab->live = make(lab, "live", schema);
	lab->copy = make(lab, "copy", schema);
	return lab->live && lab->copy && lab->log ? 0 : -1;
}

static void close_lab(struct lab *lab)
{
	json_decref(lab->changes);
	og_rowlog_free(lab->log);
	og_db_close(lab->live);
	og_db_close(lab->copy);
	remove_file(lab, "live");
	remove_file(lab, "copy");
	rmdir(lab->dir);
}

/* Runs the statements under the log and takes what it wrote. */
static void record(struct lab *lab, const char *sql)
{
	struct og_buf text;

	og_buf_init(&text, OG_CHANGES_MAX);
	OG_CHECK_OK(og_db_begin(lab->live, 1, &lab->err), &lab->err);
	og_rowlog_start(lab->log);
	OG_CHECK_OK(og_db_exec(lab->live, sql, &lab->err), &lab->err);
	OG_CHECK_OK(og_rowlog_take(lab->log, &text, &lab->err), &lab->err);
	og_rowlog_stop(lab->log);
	OG_CHECK_OK(og_db_commit(lab->live, &lab->err), &lab->err);
	OG_CHECK_OK(og_json_parse(text.data, text.len, OG_CHANGES_MAX, "changes", &lab->changes,
				  &lab->err),
		    &lab->err);
	og_buf_release(&text);
}

/* Appends every row of one table as the result of a query gives it. */
static void dump_table(struct og_db *db, const char *table, int without_rowid, struct og_buf *out)
{
	struct og_err err = OG_ERR_INIT;
	struct og_stmt *columns, *rows;
	struct og_buf sql;

	og_buf_init(&sql, 65536);
	og_buf_addf(&sql, "SELECT %s ", without_rowid ? "''" : "rowid");
	OG_CHECK_OK(og_stmt_new(db, "SELECT name FROM pragma_table_xinfo(?1)", &columns, &err),
		    &err);
	og_bind_text(columns, 1, table);
	while (og_stmt_step(columns, &err) > 0)
		og_buf_addf(&sql, "|| ' ' || typeof(\"%s\") || ' ' || quote(\"%s\")",
			    og_col_text(columns, 0), og_col_text(columns, 0));
	og_stmt_free(columns);
	og_buf_addf(&sql, " FROM \"%s\" ORDER BY 1", table);
	og_buf_addf(out, "%s:\n", table);
	if (OG_CHECK_OK(og_stmt_new(db, sql.data, &rows, &err), &err)) {
		while (og_stmt_step(rows, &err) > 0)
			og_buf_addf(out, "%s\n", og_col_text(rows, 0));
		og_stmt_free(rows);
	}
	og_buf_release(&sql);
}

static char *dump(struct og_db *db)
{
	struct og_err err = OG_ERR_INIT;
	struct og_stmt *tables;
	struct og_buf out;

	og_buf_init(&out, DUMP_MAX);
	OG_CHECK_OK(og_stmt_new(db,
				"SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND "
				"type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
				&tables, &err),
		    &err);
	while (og_stmt_step(tables, &err) > 0)
		dump_table(db, og_col_text(tables, 0), og_col_int(tables, 1) != 0, &out);
	og_stmt_free(tables);
	return og_buf_take(&out);
}

static int apply(struct lab *lab, int forward)
{
	if (og_db_exec(lab->copy, "PRAGMA foreign_keys = OFF", &lab->err) < 0 ||
	    og_db_begin(lab->copy, 1, &lab->err) < 0)
		return -1;
	if (og_rowlog_apply(lab->copy, lab->changes, forward, &lab->err) < 0) {
		og_db_rollback(lab->copy);
		return -1;
	}
	return og_db_commit(lab->copy, &lab->err);
}

static void both_ways(const char *schema, const char *sql)
{
	char *before, *after, *replayed, *undone;
	struct lab lab;

	if (!OG_CHECK(open_lab(&lab, schema) == 0))
		return;
	before = dump(lab.live);
	record(&lab, sql);
	after = dump(lab.live);
	OG_CHECK(strcmp(before, after) != 0);
	OG_CHECK_OK(apply(&lab, 1), &lab.err);
	replayed = dump(lab.copy);
	OG_CHECK_STR(replayed, after);
	OG_CHECK_OK(apply(&lab, 0), &lab.err);
	undone = dump(lab.copy);
	OG_CHECK_STR(undone, before);
	free(before);
	free(after);
	free(replayed);
	free(undone);
	close_lab(&lab);
}

static const struct {
	const char *name, *schema, *sql;
} cases[] = {
	{ "no primary key", "CREATE TABLE n(a, b); INSERT INTO n VALUES (0, 0);",
	  "INSERT INTO n VALUES (1, 2), (1, 2); UPDATE n SET b = 5 WHERE a = 0;"
	  "DELETE FROM n WHERE rowid = 2" },
	{ "NULL in a key", "CREATE TABLE n(a TEXT PRIMARY KEY, b);",
	  "INSERT INTO n VALUES (NULL, 1), (NULL, 2), ('k', 3); UPDATE n SET b = 9 WHERE b = 2" },
	{ "two rows swap a unique value",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE);"
	  "INSERT INTO t VALUES (1, 'a'), (2, 'b');",
	  "UPDATE t SET x = 'tmp' WHERE id = 1; UPDATE t SET x = 'a' WHERE id = 2;"
	  "UPDATE t SET x = 'b' WHERE id = 1" },
	{ "generated columns between others",
	  "CREATE TABLE g(id INTEGER PRIMARY KEY, a INT, b INT AS (a * 2) STORED,"
	  " c INT AS (a + 1) VIRTUAL, d INT); INSERT INTO g(id, a, d) VALUES (1, 1, 100);",
	  "INSERT INTO g(id, a, d) VALUES (2, 5, 200); UPDATE g SET a = 7, d = 101 WHERE id = 1;"
	  "UPDATE g SET d = d + 1; DELETE FROM g WHERE id = 2" },
	{ "triggers",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x, n); CREATE TABLE l(id INTEGER PRIMARY KEY, m);"
	  "CREATE TRIGGER g AFTER UPDATE OF x ON t BEGIN UPDATE t SET n = n + 1 WHERE id = NEW.id;"
	  " INSERT INTO l(m) VALUES (NEW.x); END; INSERT INTO t VALUES (1, 1, 0);",
	  "UPDATE t SET x = 2; UPDATE t SET x = 3" },
	{ "cascade",
	  "CREATE TABLE p(id INTEGER PRIMARY KEY);"
	  "CREATE TABLE k(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE);"
	  "INSERT INTO p VALUES (1); INSERT INTO k VALUES (1, 1), (2, 1);",
	  "DELETE FROM p" },
	{ "autoincrement",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO t(x) VALUES (1);",
	  "INSERT INTO t(x) VALUES (2); DELETE FROM t WHERE x = 2; INSERT INTO t(x) VALUES (3)" },
	{ "without rowid, the key changes",
	  "CREATE TABLE w(a, b, c, PRIMARY KEY (a, b)) WITHOUT ROWID;"
	  "INSERT INTO w VALUES (1, 1, 1), (1, 2, 2);",
	  "UPDATE w SET c = 5; UPDATE w SET b = b + 10; INSERT INTO w VALUES (2, 'x', x'00');"
	  "DELETE FROM w WHERE a = 1 AND b = 11" },
	{ "REPLACE",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x, u UNIQUE);"
	  "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b');",
	  "INSERT OR REPLACE INTO t VALUES (1, 9, 'b')" },
	{ "the rowid changes",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x); INSERT INTO t VALUES (1, 1);",
	  "UPDATE t SET id = 5; UPDATE t SET id = 6, x = 2" },
	{ "a text key keeps its rowid",
	  "CREATE TABLE t(k TEXT PRIMARY KEY, x); INSERT INTO t VALUES ('a', 1), ('b', 2);"
	  "DELETE FROM t WHERE k = 'a';",
	  "INSERT INTO t VALUES ('c', 3); DELETE FROM t WHERE k = 'b'; INSERT INTO t VALUES ('d', "
	  "4)" },
	{ "types", "CREATE TABLE t(id INTEGER PRIMARY KEY, x REAL, y, z);",
	  "INSERT INTO t VALUES (1, 1, -0.0, 'a' || char(0) || 'b'), (2, 9e999, 1e999 - 1e999,"
	  " x'0011'), (3, 9007199254740993, '1', 1.0), (4, 1.5, '', x''),"
	  " (5, 0.1, CAST(x'ff' AS TEXT), -9223372036854775808);"
	  "UPDATE t SET y = 1.0 WHERE id = 3; UPDATE t SET y = 1 WHERE id = 3;"
	  "UPDATE t SET x = 2 WHERE id = 4" },
	{ "DELETE without WHERE",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x); INSERT INTO t VALUES (1, 1), (2, 2);",
	  "DELETE FROM t" },
	{ "INSERT from a table of the same form",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x); CREATE TABLE u(id INTEGER PRIMARY KEY, x);"
	  "INSERT INTO u VALUES (1, 1), (2, 2);",
	  "INSERT INTO t SELECT * FROM u" },
	{ "whole numbers in a REAL column",
	  "CREATE TABLE t(id INTEGER PRIMARY KEY, x REAL); INSERT INTO t VALUES (1, 5);",
	  "UPDATE t SET x = 6; INSERT INTO t VALUES (2, 7)" },
};

static void replay_and_undo(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int bad = og_unit.bad;

		both_ways(cases[i].schema, cases[i].sql);
		if (og_unit.bad > bad)
			printf("# in: %s\n", cases[i].name);
	}
}

/* Whatever was changed since is found, and nothing is half applied. */
static void stale_rows(void)
{
	static const char schema[] = "CREATE TABLE t(id INTEGER PRIMARY KEY, x, y);"
				     "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2);";
	char *before, *after;
	struct lab lab;

	if (!OG_CHECK(open_lab(&lab, schema) == 0))
		return;
	record(&lab, "UPDATE t SET y = 5 WHERE id = 1; UPDATE t SET x = 5 WHERE id = 2");
	OG_CHECK_OK(og_db_exec(lab.copy, "UPDATE t SET x = 9 WHERE id = 2", &lab.err), &lab.err);
	before = dump(lab.copy);
	OG_CHECK(apply(&lab, 1) < 0);
	OG_CHECK_INT(lab.err.code, OG_NO);
	after = dump(lab.copy);
	OG_CHECK_STR(after, before);
	OG_CHECK_OK(og_db_exec(lab.copy, "DELETE FROM t WHERE id = 2", &lab.err), &lab.err);
	OG_CHECK(apply(&lab, 1) < 0);
	OG_CHECK_INT(lab.err.code, OG_NO);
	free(before);
	free(after);
	close_lab(&lab);
}

static void malformed(void)
{
	static const char *const bad[] = {
		"[1]",
		"[{}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"t\"}]",
		"[{\"op\":\"grow\",\"rowid\":9,\"table\":\"t\",\"new\":{\"x\":1}}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"nosuch\",\"new\":{\"x\":1}}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"t\",\"new\":{\"nosuch\":1}}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"t\",\"new\":{\"x\":{\"i\":\"1e3\"}}}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"t\",\"new\":{\"x\":{\"b\":\"*\"}}}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"t\",\"new\":{\"x\":[1]}}]",
		"[{\"op\":\"insert\",\"rowid\":9,\"table\":\"t\",\"new\":{\"x\":true}}]",
		"[{\"op\":\"delete\",\"table\":\"t\",\"old\":{\"x\":1}}]",
	};
	struct lab lab;

	if (!OG_CHECK(open_lab(&lab, "CREATE TABLE t(id INTEGER PRIMARY KEY, x);") == 0))
		return;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int64_t rows = -1;

		lab.changes = json_loads(bad[i], 0, NULL);
		if (!OG_CHECK(apply(&lab, 1) < 0))
			printf("# accepted: %s\n", bad[i]);
		OG_CHECK(og_db_int(lab.copy, "SELECT count(*) FROM t", &rows, &lab.err) == 1);
		OG_CHECK_INT(rows, 0);
		json_decref(lab.changes);
		lab.changes = NULL;
	}
	close_lab(&lab);
}

int main(void)
{
	OG_RUN(replay_and_undo);
	OG_RUN(stale_rows);
	OG_RUN(malformed);
	return og_done();
}
