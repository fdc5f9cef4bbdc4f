/*
 * The gate, feature by feature: what columns, keys, parents, views,
 * defaults and odd tables look like from the agent's side, and what the
 * file holds afterwards. Attacks are in attack.c, equality in differential.c.
 */
#include "lib/db/rowlog.h"
#include "lib/shield/ddl.h"
#include "tests/unit/warehouse.h"

static const char odd_tables[] =
	"CREATE TABLE teams(region TEXT, code TEXT, owner INT, PRIMARY KEY(region,code));"
	"INSERT INTO teams VALUES('eu','a',1),('eu','b',2);"
	"CREATE TABLE members(id INTEGER PRIMARY KEY, region TEXT, code TEXT, name TEXT,"
	" FOREIGN KEY(region,code) REFERENCES teams(region,code));"
	"INSERT INTO members VALUES(1,'eu','a','x');"
	"CREATE TABLE pairs(a INT, b INT, v INT, PRIMARY KEY(a,b)) WITHOUT ROWID;"
	"INSERT INTO pairs VALUES(1,1,0),(1,2,0),(2,1,0);"
	"CREATE TABLE names(code TEXT PRIMARY KEY, v INT);"
	"INSERT INTO names VALUES('4',0),('5',0);"
	"CREATE TABLE folded(id INTEGER PRIMARY KEY, w TEXT COLLATE NOCASE, v INT);"
	"CREATE UNIQUE INDEX folded_w ON folded(w COLLATE BINARY);"
	"INSERT INTO folded VALUES(1,'aa',0),(2,'AA',0);"
	"CREATE TABLE \"odd \"\"name\"\" [x]\"(id INTEGER PRIMARY KEY, \"sel ect\" TEXT, \"a.b\" "
	"INT);"
	"INSERT INTO \"odd \"\"name\"\" [x]\" VALUES(1,'v',2);"
	"CREATE TABLE stamped(id INTEGER PRIMARY KEY, t TEXT DEFAULT (lower(hex(randomblob(4)))),"
	" n TEXT DEFAULT 'it''s (new)', d INT DEFAULT -5, note TEXT);"
	"CREATE TABLE letters(id INTEGER PRIMARY KEY, body TEXT, v INT);"
	"INSERT INTO letters VALUES(1,'short',0);"
	"CREATE TABLE rids(rowid TEXT, v INT);"
	"INSERT INTO rids VALUES('secret-one',1),('secret-one',2);"
	"CREATE TABLE children(id INTEGER PRIMARY KEY, hid INT REFERENCES hidden_tbl(id));"
	"CREATE VIEW v_odd AS SELECT \"sel ect\" AS s FROM \"odd \"\"name\"\" [x]\";"
	"CREATE VIEW v_nest AS SELECT n FROM v_cnt;"
	"CREATE VIEW v_bomb AS SELECT randomblob(4) AS r FROM orders;";

static const char odd_grants[] =
	"INSERT INTO og_grant(subject,tbl,verbs) SELECT 'role:ann', value,"
	" '[\"select\",\"insert\",\"update\"]' FROM json_each('[\"members\",\"pairs\",\"names\","
	"\"folded\",\"odd \\\"name\\\" [x]\",\"stamped\",\"letters\",\"wide\",\"children\"]');"
	"INSERT INTO og_grant(subject,tbl,verbs,predicate) VALUES"
	"('role:ann','teams','[\"select\"]','t.owner = :principal_id');"
	"INSERT INTO og_grant(subject,tbl,verbs,visible) VALUES"
	"('role:ann','rids','[\"select\",\"update\"]','[\"v\"]');"
	"UPDATE og_grant SET settable = '[\"v\"]' WHERE tbl IN ('folded','letters');";

struct fixture {
	char folder[64], path[96];
	struct og_db *db;
	struct house_gate g;
};

/* 70 columns: more than SQLite's mask of used columns has bits. */
static char *wide_table(void)
{
	struct og_buf sql;

	og_buf_init(&sql, 65536);
	og_buf_adds(&sql, "CREATE TABLE wide(id INTEGER PRIMARY KEY");
	for (int i = 1; i < 70; i++)
		og_buf_addf(&sql, ", c%d INT DEFAULT %d", i, i);
	og_buf_adds(&sql, "); INSERT INTO wide(id) VALUES(1);");
	return og_buf_take(&sql);
}

static void set_up(struct fixture *f, const char *more)
{
	char *wide = wide_table();
	const char *scripts[] = { house_tables, house_more, house_rows, house_variant[0],
				  house_grants, odd_tables, odd_grants, wide,
				  more,		NULL };

	memset(f, 0, sizeof(*f));
	house_folder(f->folder, sizeof(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/erp.db", f->folder);
	house_make(f->path, scripts);
	free(wide);
	f->db = house_open(f->path);
	if (!house_gate_open(&f->g, f->db, "ann", NULL))
		exit(EXIT_FAILURE);
}

static void tear_down(struct fixture *f)
{
	house_gate_close(&f->g);
	og_db_close(f->db);
	house_unlink(f->path);
	rmdir(f->folder);
}

static const char *verdict_name(const struct og_gate_result *r)
{
	return r->verdict == OG_ALLOW ? "allow" : r->rule;
}

/* Runs in a transaction; result for the caller to look at and release. */
static void run(struct fixture *f, const char *sql, const char *vars, struct og_gate_result *r)
{
	struct og_err err = OG_ERR_INIT;
	json_t *json = vars ? json_loads(vars, 0, NULL) : NULL;

	OG_CHECK_OK(og_db_begin(f->db, 1, &err), &err);
	OG_CHECK_OK(og_gate_run(f->g.gate, sql, strlen(sql), json, OG_GATE_WRITE, r, &err), &err);
	json_decref(json);
	if (r->verdict != OG_ALLOW)
		og_db_rollback(f->db);
	else
		OG_CHECK_OK(og_db_commit(f->db, &err), &err);
}

/* One statement: its verdict, and what a query behind the gate then says. */
struct expectation {
	const char *sql, *verdict; /* "allow", or the rule */
	const char *query, *state; /* or NULL */
};

static void expect(struct fixture *f, const struct expectation *e)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	char *state;

	run(f, e->sql, NULL, &r);
	if (strcmp(verdict_name(&r), e->verdict) != 0)
		printf("# %s: %s\n", e->sql, r.why);
	OG_CHECK_STR(verdict_name(&r), e->verdict);
	og_gate_result_release(&r);
	if (!e->query)
		return;
	state = house_dump(f->db, e->query);
	state[strcspn(state, "\n")] = '\0';
	if (strcmp(state, e->state) != 0)
		printf("# after %s\n", e->sql);
	OG_CHECK_STR(state, e->state);
	free(state);
}

static void expect_all(const struct expectation *list, size_t n)
{
	struct fixture f;

	set_up(&f, "");
	for (size_t i = 0; i < n; i++)
		expect(&f, &list[i]);
	tear_down(&f);
}

#define EXPECT_ALL(list) expect_all(list, sizeof(list) / sizeof(*(list)))

static void columns(void)
{
	static const char letter[] = "SELECT body, v FROM letters WHERE id = 1";
	static const struct expectation list[] = {
		{ "UPDATE letters SET v = 7 WHERE id = 1", "allow", letter, "short|7|" },
		{ "UPDATE letters SET body = 'x' WHERE id = 1", "no-column", letter, "short|7|" },
		{ "INSERT INTO letters(body) VALUES('x')", "not-settable",
		  "SELECT count(*) FROM letters", "1|" },
		{ "INSERT INTO letters(v) VALUES(1)", "allow", "SELECT count(*) FROM letters",
		  "2|" },
		{ "SELECT secret FROM orders WHERE secret IS NOT NULL", "allow", NULL, NULL },
		{ "UPDATE orders SET secret = 'x' WHERE id = 1", "no-column",
		  "SELECT secret FROM orders WHERE id = 1", "CANARY-s1|" },
		{ "SELECT clearance FROM orders", "sql", NULL, NULL },
		{ "SELECT o.clearance FROM v_all o", "sql", NULL, NULL },
		{ "INSERT INTO orders(id, user_id) VALUES(500, 1)", "not-settable", NULL, NULL },
		{ "INSERT INTO orders(rowid, user_id) VALUES(500, 1)", "not-settable", NULL, NULL },
		{ "UPDATE orders SET id = 500 WHERE id = 1", "not-settable",
		  "SELECT count(*) FROM orders WHERE id = 500", "0|" },
		{ "UPDATE gen SET b = 1", "no-column", NULL, NULL },
		{ "INSERT INTO gen(a, c) VALUES(1, 1)", "not-settable", NULL, NULL },
		{ "UPDATE gen SET a = 8", "allow", "SELECT a, b, c FROM gen", "8|16|9|" },
	};

	EXPECT_ALL(list);
}

static void checks_and_parents(void)
{
	static const char ticket[] = "SELECT user_id FROM tickets WHERE id = 1";
	static const struct expectation list[] = {
		{ "UPDATE tickets SET user_id = 2 WHERE id = 1", "with-check", ticket, "1|" },
		{ "INSERT INTO tickets(user_id) VALUES(2)", "with-check", ticket, "1|" },
		{ "INSERT INTO members(region, code) VALUES('eu', 'a')", "allow", NULL, NULL },
		{ "INSERT INTO members(region, code) VALUES('eu', 'b')", "constraint", NULL, NULL },
		{ "INSERT INTO members(region, code) VALUES('eu', 'nowhere')", "constraint",
		  "SELECT count(*) FROM members", "2|" },
		{ "INSERT INTO members(region) VALUES('eu')", "allow", NULL, NULL },
		{ "UPDATE members SET code = 'b' WHERE id = 1", "constraint",
		  "SELECT code FROM members WHERE id = 1", "a|" },
		{ "UPDATE members SET region = 'eu', code = 'a' WHERE id = 1", "allow", NULL,
		  NULL },
		{ "INSERT INTO children(hid) VALUES(1)", "parent", NULL, NULL },
		{ "INSERT INTO children(hid) VALUES(999)", "parent", NULL, NULL },
		{ "INSERT INTO children(hid) VALUES(NULL)", "allow", NULL, NULL },
		{ "UPDATE orders SET user_id = 50 WHERE id = 1", "constraint",
		  "SELECT user_id FROM orders WHERE id = 1", "1|" },
		{ "UPDATE orders SET amount = p.price FROM products p WHERE p.id = orders.id"
		  " AND orders.id = 2",
		  "allow", "SELECT amount, secret FROM orders WHERE id = 2", "1.5|CANARY-s2|" },
	};

	EXPECT_ALL(list);
}

static void conflicts(void)
{
	static const char codes[] = "SELECT group_concat(code || owner) FROM codes";
	static const struct expectation list[] = {
		{ "INSERT OR IGNORE INTO tickets(user_id) VALUES(1)", "conflict-mode", NULL, NULL },
		{ "INSERT OR REPLACE INTO tickets(user_id) VALUES(1)", "conflict-mode", NULL,
		  NULL },
		{ "UPDATE OR FAIL tickets SET body = 'x'", "conflict-mode", NULL, NULL },
		{ "INSERT OR ABORT INTO tickets(user_id) VALUES(1)", "allow", NULL, NULL },
		{ "INSERT INTO tickets(user_id) VALUES(1) ON CONFLICT DO NOTHING", "sql", NULL,
		  NULL },
		{ "INSERT INTO tickets(user_id) VALUES(1) RETURNING id", "no-returning", NULL,
		  NULL },
		{ "UPDATE tickets SET body = 1 RETURNING id", "sql", NULL, NULL },
		{ "DELETE FROM tickets", "no-verb", "SELECT count(*) FROM tickets", "3|" },
		/* The table itself says REPLACE; the row it would replace is hidden. */
		{ "INSERT INTO codes(code, owner) VALUES('taken', 1)", "constraint", codes,
		  "mine1,taken2|" },
		{ "UPDATE codes SET code = 'taken'", "constraint", codes, "mine1,taken2|" },
	};

	EXPECT_ALL(list);
}

/* A scan that stops too early, or looks at the wrong rows. */
static void scans(void)
{
	static const char pairs[] = "SELECT group_concat(v) FROM pairs";
	static const struct expectation list[] = {
		{ "UPDATE pairs SET v = 1 WHERE a = 1 AND a = 1", "allow", pairs, "1,1,0|" },
		{ "UPDATE pairs SET v = 2 WHERE a = 1 AND b = 2", "allow", pairs, "1,2,0|" },
		{ "UPDATE pairs SET v = v + 1", "allow", pairs, "2,3,1|" },
		{ "UPDATE pairs SET a = 9 WHERE b = 2", "not-settable", pairs, "2,3,1|" },
		{ "INSERT INTO pairs VALUES(1, 3, 9)", "allow", pairs, "2,3,9,1|" },
		{ "INSERT INTO pairs VALUES(1, 3, 9)", "constraint", pairs, "2,3,9,1|" },
		{ "INSERT INTO pairs SELECT a, b + 10, v FROM pairs", "allow",
		  "SELECT count(*) FROM pairs", "8|" },
		{ "UPDATE names SET v = 1 WHERE code = 5", "allow",
		  "SELECT group_concat(v) FROM names", "0,1|" },
		{ "UPDATE folded SET v = 1 WHERE w = 'Aa'", "allow",
		  "SELECT group_concat(v) FROM folded", "1,1|" },
		{ "UPDATE rids SET v = 5 WHERE v = 2", "allow", "SELECT group_concat(v) FROM rids",
		  "1,5|" },
		{ "UPDATE wide SET c69 = c68 + c1 WHERE c67 = 67", "allow",
		  "SELECT c69, c68, c2 FROM wide", "69|68|2|" },
		{ "UPDATE wide SET c69 = c68 + c2 WHERE c67 = 67", "allow",
		  "SELECT c69, c68, c2 FROM wide", "70|68|2|" },
		{ "UPDATE \"odd \"\"name\"\" [x]\" SET \"a.b\" = 3 WHERE \"sel ect\" = 'v'",
		  "allow", "SELECT \"a.b\" FROM \"odd \"\"name\"\" [x]\"", "3|" },
	};

	EXPECT_ALL(list);
}

static void defaults_and_triggers(void)
{
	static const struct expectation list[] = {
		{ "INSERT INTO stamped(note) VALUES('x')", "allow",
		  "SELECT length(t), n, d, note FROM stamped", "8|it's (new)|-5|x|" },
		{ "INSERT INTO stamped(t, n, d) VALUES('t', NULL, NULL)", "allow",
		  "SELECT t, quote(n), quote(d) FROM stamped WHERE id = 2", "t|'it''s (new)'|-5|" },
		{ "INSERT INTO order_items VALUES(1, 2, 3, 4)", "allow",
		  "SELECT stock, (SELECT max(delta) FROM stock_log WHERE product_id = 3)"
		  " FROM products WHERE id = 3",
		  "46|-4|" },
	};

	EXPECT_ALL(list);
}

/* What a refused query says; free() it. */
static char *refusal(struct fixture *f, const char *sql)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	char *text = malloc(1024);

	run(f, sql, NULL, &r);
	snprintf(text, 1024, "%d %s %s (%s)", (int)r.verdict, r.rule, r.why, r.fix);
	OG_CHECK(r.verdict != OG_ALLOW);
	og_gate_result_release(&r);
	return text;
}

static void views(void)
{
	static const struct expectation list[] = {
		{ "SELECT * FROM v_all", "allow", NULL, NULL },
		{ "SELECT n FROM v_nest", "allow", NULL, NULL },
		{ "SELECT s FROM v_odd", "allow", NULL, NULL },
		{ "SELECT s FROM v_hidden", "sql", NULL, NULL },
		{ "SELECT id FROM v_mixed", "sql", NULL, NULL },
		{ "SELECT r FROM v_bomb", "sql", NULL, NULL },
		{ "INSERT INTO v_all(user_id) VALUES(1)", "no-write", NULL, NULL },
	};

	EXPECT_ALL(list);
}

static void a_forbidden_view_reads_like_none(void)
{
	struct fixture with, without;
	char *a, *b;

	set_up(&with, "");
	set_up(&without, "DROP VIEW v_hidden;");
	a = refusal(&with, "SELECT s FROM v_hidden");
	b = refusal(&without, "SELECT s FROM v_hidden");
	OG_CHECK_STR(a, b);
	free(a);
	free(b);
	tear_down(&with);
	tear_down(&without);
}

static void a_column_called_rowid_stays_hidden(void)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct fixture f;
	char *rows;

	set_up(&f, "");
	run(&f, "SELECT rowid, oid, v FROM rids WHERE rowid <> 'x' ORDER BY rowid", NULL, &r);
	rows = json_dumps(r.rows, JSON_COMPACT | JSON_ENCODE_ANY);
	OG_CHECK_STR(rows, "[[1,1,1],[2,2,2]]");
	free(rows);
	og_gate_result_release(&r);
	tear_down(&f);
}

static void long_values_are_cut_and_never_written(void)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	const json_t *notice;
	struct fixture f;

	set_up(&f, "UPDATE letters SET body = printf('%.*c', 100000, 'x') WHERE id = 1;"
		   "UPDATE og_grant SET settable = NULL WHERE tbl = 'letters';");
	run(&f, "SELECT body FROM letters WHERE id = 1", NULL, &r);
	OG_CHECK_INT(r.verdict, OG_ALLOW);
	OG_CHECK_INT(json_array_size(r.truncated), 1);
	notice = json_array_get(r.truncated, 0);
	OG_CHECK_STR(og_json_str(notice, "column"), "body");
	OG_CHECK_INT(og_json_int(notice, "bytes", 0), 100000);
	OG_CHECK(json_string_length(json_array_get(json_array_get(r.rows, 0), 0)) < 65536);
	og_gate_result_release(&r);
	expect(&f, &(struct expectation){ "UPDATE letters SET v = 1 WHERE id = 1", "allow",
					  "SELECT length(body), v FROM letters", "100000|1|" });
	expect(&f, &(struct expectation){ "UPDATE letters SET body = substr(body, 1, 9) || 'y'",
					  "budget-value", "SELECT length(body) FROM letters",
					  "100000|" });
	tear_down(&f);
}

static void variables(void)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct fixture f;
	char *rows;

	set_up(&f, "");
	run(&f, "SELECT :a, :b, :c, :d, :principal_id, :clearance, :role, :task",
	    "{\"a\":null,\"b\":{\"i\":\"9007199254740993\"},\"c\":{\"b\":\"AAE=\"},"
	    "\"d\":{\"t\":\"/w==\"},\"principal_id\":99,\"clearance\":3,\"role\":\"adm\"}",
	    &r);
	rows = json_dumps(r.rows, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	OG_CHECK_STR(rows, "[[null,{\"i\":\"9007199254740993\"},{\"b\":\"AAE=\"},{\"t\":\"/w==\"},"
			   "1,1,\"ann\",\"\"]]");
	free(rows);
	og_gate_result_release(&r);
	run(&f, "SELECT :missing", "{}", &r);
	OG_CHECK_STR(r.rule, "no-variable");
	og_gate_result_release(&r);
	run(&f, "SELECT :a", "{\"a\":[1]}", &r);
	OG_CHECK_STR(r.rule, "bad-variable");
	og_gate_result_release(&r);
	run(&f, "SELECT og_limit('node', 'name')", NULL, &r);
	OG_CHECK_STR(r.rule, "no-limit");
	og_gate_result_release(&r);
	tear_down(&f);
}

static int forty_two(void *arg, const char *node, const char *name, double *ret, struct og_err *err)
{
	(void)arg;
	(void)err;
	*ret = 42;
	return strcmp(node, "n") == 0 && strcmp(name, "most") == 0;
}

static void limits_of_policies(void)
{
	struct og_gate_hooks hooks = { forty_two, NULL };
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct og_err err = OG_ERR_INIT;
	struct fixture f;

	set_up(&f, "");
	og_gate_free(f.g.gate);
	OG_CHECK_OK(og_gate_new(f.db, f.g.rights, NULL, &hooks, &f.g.gate, &err), &err);
	run(&f, "SELECT og_limit('n', 'most') = 42", NULL, &r);
	OG_CHECK_INT(json_integer_value(json_array_get(json_array_get(r.rows, 0), 0)), 1);
	og_gate_result_release(&r);
	run(&f, "UPDATE tickets SET body = 'x' WHERE 1 < og_limit('n', 'least')", NULL, &r);
	OG_CHECK_STR(r.rule, "no-limit");
	og_gate_result_release(&r);
	tear_down(&f);
}

static void modes(void)
{
	static const char write[] = "UPDATE tickets SET body = 'changed'";
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct og_err err = OG_ERR_INIT;
	struct fixture f;
	char *state;

	set_up(&f, "");
	OG_CHECK_OK(og_db_begin(f.db, 1, &err), &err);
	OG_CHECK_OK(og_gate_run(f.g.gate, write, strlen(write), NULL, OG_GATE_READ, &r, &err),
		    &err);
	OG_CHECK_STR(r.rule, "read-only");
	og_gate_result_release(&r);
	OG_CHECK_OK(og_gate_run(f.g.gate, write, strlen(write), NULL, OG_GATE_CHECK, &r, &err),
		    &err);
	OG_CHECK_INT(r.verdict, OG_ALLOW);
	OG_CHECK_INT(r.writes, 1);
	og_gate_result_release(&r);
	OG_CHECK_OK(og_gate_run(f.g.gate, "SELECT 1\0;", 10, NULL, OG_GATE_READ, &r, &err), &err);
	OG_CHECK_STR(r.rule, "nul");
	og_gate_result_release(&r);
	OG_CHECK_OK(og_gate_run(f.g.gate, "SELECT '\xff'", 10, NULL, OG_GATE_READ, &r, &err), &err);
	OG_CHECK_STR(r.rule, "utf-8");
	og_gate_result_release(&r);
	OG_CHECK_OK(og_db_commit(f.db, &err), &err);
	state = house_dump(f.db, "SELECT count(*) FROM tickets WHERE body = 'changed'");
	OG_CHECK_STR(state, "0|\n");
	free(state);
	tear_down(&f);
}

static void a_changed_schema_is_noticed(void)
{
	struct og_err err = OG_ERR_INIT;
	struct fixture f;
	json_t *changes = NULL;

	set_up(&f, "");
	OG_CHECK_OK(og_db_begin(f.db, 1, &err), &err);
	OG_CHECK(!og_gate_stale(f.g.gate));
	OG_CHECK_OK(
		og_ddl_run(f.db, "ALTER TABLE tickets ADD COLUMN x INT DEFAULT 3", &changes, &err),
		&err);
	OG_CHECK(og_gate_stale(f.g.gate));
	OG_CHECK_OK(og_db_commit(f.db, &err), &err);
	json_decref(changes);
	tear_down(&f);
}

static void schema_changes(void)
{
	static const struct {
		const char *sql, *name; /* NULL: refused */
	} list[] = {
		{ "CREATE\tTABLE /* DROP */ t1(id INTEGER PRIMARY KEY, -- x\n a TEXT)", "t1" },
		{ "CREATE TABLE t2(id INTEGER PRIMARY KEY AUTOINCREMENT, u TEXT UNIQUE)", "t2" },
		{ "ALTER TABLE users ADD COLUMN n TEXT DEFAULT 'please delete later'", "n" },
		{ "ALTER TABLE products ADD COLUMN w INT CHECK(w > 0)", "w" },
		{ "ALTER TABLE products ADD COLUMN g AS (price * 2)", "g" },
		{ "CREATE INDEX i1 ON orders(lower(status)) WHERE amount > 3", "orders" },
		{ "CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY)", NULL },
		{ "CREATE TABLE nokey(a)", NULL },
		{ "CREATE TABLE copied AS SELECT * FROM users", NULL },
		{ "CREATE TABLE OG_x(id INTEGER PRIMARY KEY)", NULL },
		{ "CREATE INDEX i2 ON og_grant(tbl)", NULL },
		{ "CREATE TABLE audit_LEDGER(id INTEGER PRIMARY KEY)", NULL },
		{ "ALTER TABLE users DROP COLUMN role", NULL },
		{ "ALTER TABLE users RENAME TO people", NULL },
		{ "ALTER TABLE users RENAME COLUMN name TO called", NULL },
		{ "DROP TABLE users", NULL },
		{ "DROP INDEX orders_user", NULL },
		{ "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END", NULL },
		{ "CREATE VIEW v AS SELECT * FROM og_credential", NULL },
		{ "CREATE TABLE t3(id INTEGER PRIMARY KEY); DROP TABLE users", NULL },
		{ "EXPLAIN CREATE TABLE t4(id INTEGER PRIMARY KEY)", NULL },
		{ "DELETE FROM users", NULL },
		{ "", NULL },
	};
	struct fixture f;
	char *filled;

	set_up(&f, "");
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *changes = NULL, *first;
		char *before = house_everything(f.db), *after;
		const char *name;

		OG_CHECK_OK(og_db_begin(f.db, 1, &err), &err);
		if (og_ddl_run(f.db, list[i].sql, &changes, &err) == 0)
			OG_CHECK_OK(og_db_commit(f.db, &err), &err);
		else
			og_db_rollback(f.db);
		first = json_array_get(changes, 0);
		name = og_json_str(first, "name");
		OG_CHECK_STR(name ? name : og_json_str(first, "table"), list[i].name);
		after = house_everything(f.db);
		OG_CHECK_INT(strcmp(before, after) != 0, list[i].name != NULL);
		free(before);
		free(after);
		json_decref(changes);
	}
	filled = house_dump(f.db, "SELECT count(*) FROM users WHERE n = 'please delete later'");
	OG_CHECK_STR(filled, "4|\n");
	free(filled);
	tear_down(&f);
}

static void the_first_autoincrement(void)
{
	static const char *const scripts[] = { NULL };
	struct og_err err = OG_ERR_INIT;
	json_t *changes = NULL;
	char folder[64], path[96];
	struct og_db *db;

	house_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/erp.db", folder);
	house_make(path, scripts);
	db = house_open(path);
	OG_CHECK_OK(og_db_begin(db, 1, &err), &err);
	OG_CHECK_OK(og_ddl_run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)", &changes,
			       &err),
		    &err);
	OG_CHECK_OK(og_db_commit(db, &err), &err);
	json_decref(changes);
	og_db_close(db);
	house_unlink(path);
	rmdir(folder);
}

/* Many different plans must not fill the memory of a gate that lives long. */
static void plans_are_not_kept_for_ever(void)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct fixture f;
	sqlite3_int64 before = 0, after;
	char sql[128];

	set_up(&f, "");
	for (int i = 0; i < 1200; i++) {
		snprintf(sql, sizeof(sql), "SELECT c%d, c%d FROM wide WHERE c%d = 1", 1 + i % 60,
			 1 + i / 20, 1 + i % 7);
		run(&f, sql, NULL, &r);
		OG_CHECK_INT(r.verdict, OG_ALLOW);
		og_gate_result_release(&r);
		if (i == 200)
			before = sqlite3_memory_used();
	}
	after = sqlite3_memory_used();
	OG_CHECK(after - before < 1000000);
	tear_down(&f);
}

static void grants_are_checked(void)
{
	static const struct {
		const char *grant;
		int code;
	} list[] = {
		{ "\"tbl\":\"orders\",\"predicate\":\"t.user_id = :principal_id\"", OG_OK },
		{ "\"tbl\":\"orders\",\"predicate\":\"1) OR (1\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"1 --\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"1 /*\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"1, 1\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"*\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"count(*) > 0\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"t.nosuch = 1\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"t.user_id = :other\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"predicate\":\"t.user_id = ?1\"", OG_EDATA },
		{ "\"tbl\":\"orders\",\"visible\":[\"id\",\"nosuch\"]", OG_EDATA },
		{ "\"tbl\":\"nosuch\"", OG_NO },
		{ "\"tbl\":\"v_all\"", OG_NO },
		{ "\"tbl\":\"docs_content\"", OG_NO },
		{ "\"tbl\":\"three\"", OG_EDATA },
		{ "\"tbl\":\"og_principal\"", OG_EDATA },
		{ "\"tbl\":\"OG_Credential\"", OG_EDATA },
		{ "\"tbl\":\"Audit_Ledger\"", OG_EDATA },
		{ "\"tbl\":\"SQLITE_master\"", OG_EDATA },
	};
	struct fixture f;

	set_up(&f, "CREATE TABLE three(rowid TEXT, _rowid_ TEXT, oid TEXT)");
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct og_err err = OG_ERR_INIT;
		char text[256];
		json_t *grant;

		snprintf(text, sizeof(text), "{\"subject\":\"role:x\",\"verbs\":[\"select\"],%s}",
			 list[i].grant);
		grant = json_loads(text, 0, NULL);
		og_gate_check_grant(f.db, grant, &err);
		if (!OG_CHECK_INT(err.code, list[i].code))
			printf("# %s: %s\n", text, err.msg);
		json_decref(grant);
	}
	tear_down(&f);
}

int main(void)
{
	OG_RUN(columns);
	OG_RUN(checks_and_parents);
	OG_RUN(conflicts);
	OG_RUN(scans);
	OG_RUN(defaults_and_triggers);
	OG_RUN(views);
	OG_RUN(a_forbidden_view_reads_like_none);
	OG_RUN(a_column_called_rowid_stays_hidden);
	OG_RUN(long_values_are_cut_and_never_written);
	OG_RUN(variables);
	OG_RUN(limits_of_policies);
	OG_RUN(modes);
	OG_RUN(a_changed_schema_is_noticed);
	OG_RUN(schema_changes);
	OG_RUN(the_first_autoincrement);
	OG_RUN(plans_are_not_kept_for_ever);
	OG_RUN(grants_are_checked);
	return og_done();
}
