/*
 * What is said about a statement that is not run: its plan, its count, and
 * the nearest names to misspelt ones. None of it may depend on what the
 * principal cannot see: not on how many hidden rows there are, not on what
 * ANALYZE found in them, not on a hidden name being near.
 */
#include "tests/unit/warehouse.h"

struct fixture {
	char folder[64], path[96];
	struct og_db *db;
	struct house_gate g;
};

static void set_up(struct fixture *f, const char *who, const char *more)
{
	const char *scripts[] = { house_tables, house_more, house_rows, house_variant[0],
				  house_grants, more,	    NULL };

	memset(f, 0, sizeof(*f));
	house_folder(f->folder, sizeof(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/erp.db", f->folder);
	house_make(f->path, scripts);
	f->db = house_open(f->path);
	if (!house_gate_open(&f->g, f->db, who, NULL))
		exit(EXIT_FAILURE);
}

static void tear_down(struct fixture *f)
{
	house_gate_close(&f->g);
	og_db_close(f->db);
	house_unlink(f->path);
	rmdir(f->folder);
}

static void explain(struct fixture *f, const char *sql, const char *vars, struct og_gate_result *r)
{
	struct og_err err = OG_ERR_INIT;
	json_t *json = vars ? json_loads(vars, 0, NULL) : NULL;

	OG_CHECK_OK(og_db_begin(f->db, 0, &err), &err);
	OG_CHECK_OK(og_gate_run(f->g.gate, sql, strlen(sql), json, OG_GATE_EXPLAIN, r, &err), &err);
	json_decref(json);
	og_db_rollback(f->db);
}

static const char *line_of(const struct og_gate_result *r, size_t i)
{
	const char *line = json_string_value(json_array_get(r->plan, i));

	return line ? line : "";
}

static void plans_in_words(void)
{
	static const struct {
		const char *sql, *line;
	} cases[] = {
		{ "SELECT name FROM users WHERE id = 1",
		  "users: found by id, a key: one row at most" },
		{ "SELECT name FROM users WHERE rowid > 1",
		  "users: found by rowid >, which has an index" },
		{ "SELECT id FROM orders WHERE amount > 5",
		  "orders: found by amount >, which has an index" },
		{ "SELECT id FROM orders WHERE status = 'new'",
		  "orders: read through for status, which has no index" },
		{ "SELECT id FROM orders", "orders: read through" },
		{ "SELECT qty FROM order_items WHERE order_id = 1 AND qty > 1",
		  "order_items: found by order_id, which has an index; compared there too: qty" },
		{ "SELECT name FROM products ORDER BY name",
		  "products: read through; in the order of name" },
		{ "SELECT 1", "one row that is computed" },
		{ "UPDATE tickets SET body = 'x' WHERE id = 1",
		  "tickets: found by id, a key: one row at most" },
		{ "SELECT \" VIRTUAL TABLE INDEX 0:|0 =,|\".id FROM orders AS "
		  "\" VIRTUAL TABLE INDEX 0:|0 =,|\"",
		  "orders: read through" },
	};
	struct fixture f;

	set_up(&f, "ann", NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct og_gate_result r;

		explain(&f, cases[i].sql, NULL, &r);
		OG_CHECK_INT(r.verdict, OG_ALLOW);
		OG_CHECK_STR(line_of(&r, 0), cases[i].line);
		OG_CHECK(r.inside == NULL);
		og_gate_result_release(&r);
	}
	tear_down(&f);
}

static void counts_are_what_then_happens(void)
{
	static const char *const writes[] = {
		"UPDATE orders SET status = 'x' WHERE amount < 25",
		"INSERT INTO tickets(user_id, body) SELECT 1, name FROM products",
		"UPDATE order_items SET qty = 9",
		"INSERT INTO gen(a) VALUES(1), (2)",
		"UPDATE orders SET status = 'y' WHERE id = 4242",
	};
	struct fixture f;

	set_up(&f, "ann", NULL);
	for (size_t i = 0; i < sizeof(writes) / sizeof(*writes); i++) {
		char *before = house_everything(f.db), *after;
		struct og_gate_result told, done;
		struct og_err err = OG_ERR_INIT;

		explain(&f, writes[i], NULL, &told);
		after = house_everything(f.db);
		OG_CHECK_STR(after, before);
		OG_CHECK_OK(og_db_begin(f.db, 1, &err), &err);
		OG_CHECK_OK(og_gate_run(f.g.gate, writes[i], strlen(writes[i]), NULL, OG_GATE_WRITE,
					&done, &err),
			    &err);
		OG_CHECK_INT(done.verdict, OG_ALLOW);
		OG_CHECK_INT(told.affected, done.affected);
		og_db_rollback(f.db);
		og_gate_result_release(&told);
		og_gate_result_release(&done);
		free(before);
		free(after);
	}
	tear_down(&f);
}

static void a_query_is_counted_and_not_kept(void)
{
	struct og_gate_result r;
	struct fixture f;

	set_up(&f, "ann", NULL);
	explain(&f, "SELECT id FROM orders", NULL, &r);
	OG_CHECK_INT(r.affected, 3);
	OG_CHECK_INT(json_array_size(r.rows), 0);
	og_gate_result_release(&r);
	explain(&f, "SELECT id FROM orders WHERE id = :x", NULL, &r);
	OG_CHECK_INT(r.verdict, OG_ALLOW);
	OG_CHECK_STR(r.uncounted, "no value for :x");
	OG_CHECK_STR(line_of(&r, 0), "orders: found by id, a key: one row at most");
	og_gate_result_release(&r);
	explain(&f, "SELECT id FROM orders WHERE id = :x", "{\"x\":1}", &r);
	OG_CHECK_INT(r.affected, 1);
	og_gate_result_release(&r);
	tear_down(&f);
}

/* A write that fails on a hidden row tells of it, so it is a matter of
 * record. Explaining leaves none, and must not be a way to try. */
static void hidden_rows_cannot_be_probed(void)
{
	static const char *const probes[] = {
		"INSERT INTO codes(code, owner) VALUES('taken', 1)",
		"INSERT INTO codes(code, owner) VALUES('free', 1)",
		"INSERT INTO codes(code, owner) VALUES('free', 2)",
		"UPDATE codes SET code = 'taken' WHERE id = 1",
	};
	struct fixture f;

	set_up(&f, "ann", NULL);
	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		struct og_gate_result r;

		explain(&f, probes[i], NULL, &r);
		OG_CHECK_INT(r.verdict, OG_ALLOW);
		OG_CHECK_INT(r.affected, 1);
		og_gate_result_release(&r);
	}
	tear_down(&f);
}

/* 60,000 hidden orders that ANALYZE has counted, and an index that only the
 * hidden column has. */
static const char crowd[] =
	"WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 61000)"
	" INSERT INTO orders(id, user_id, amount, status, clearance) SELECT i, 3, 1, 'zz', 3 FROM "
	"n;"
	"CREATE INDEX by_secret ON orders(secret); CREATE INDEX by_rank ON orders(clearance);"
	"ANALYZE;";

static void plans_do_not_count_hidden_rows(void)
{
	static const char *const queries[] = {
		"SELECT * FROM orders o JOIN products p ON p.stock = o.user_id",
		"SELECT * FROM products p, orders o WHERE o.status = p.name AND p.stock = o.amount",
		"SELECT u.name, sum(o.amount) FROM users u JOIN orders o ON o.user_id = u.id GROUP "
		"BY 1",
		"SELECT * FROM v_user_totals",
		"SELECT * FROM orders WHERE amount = 1 AND user_id = 3 ORDER BY status",
		"SELECT secret FROM orders WHERE secret = 'x'",
		"UPDATE orders SET status = 'q' WHERE user_id = 3 AND amount = 1",
	};
	struct fixture few, many;

	set_up(&few, "ann", NULL);
	set_up(&many, "ann", crowd);
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		struct og_gate_result a, b;

		explain(&few, queries[i], NULL, &a);
		explain(&many, queries[i], NULL, &b);
		OG_CHECK_INT(a.verdict, b.verdict);
		OG_CHECK(a.plan && json_equal(a.plan, b.plan));
		OG_CHECK_INT(a.affected, b.affected);
		og_gate_result_release(&a);
		og_gate_result_release(&b);
	}
	tear_down(&few);
	tear_down(&many);
}

static void the_inside_is_shown_on_demand(void)
{
	struct og_gate_result r;
	const char *text;
	struct fixture f;

	set_up(&f, "ann", NULL);
	og_gate_look_inside(f.g.gate, 1);
	explain(&f, "SELECT amount FROM orders WHERE id = 1", NULL, &r);
	text = og_json_str(json_array_get(r.inside, 0), "sql");
	OG_CHECK(text && strstr(text, "t.clearance<=:clearance"));
	OG_CHECK(json_array_size(json_object_get(json_array_get(r.inside, 0), "plan")) == 1);
	og_gate_result_release(&r);
	tear_down(&f);
}

struct hint {
	const char *sql, *fix;
	int offset;
};

static void the_nearest_names(void)
{
	static const struct hint cases[] = {
		{ "SELECT nmae FROM products", "did you mean 'name'?", 7 },
		{ "SELECT p.nmae FROM products p", "did you mean 'p.name'?", 7 },
		{ "SELECT p.nmae FROM products AS \"p\"", "did you mean 'p.name'?", 7 },
		{ "SELECT prodcts.name FROM products", "did you mean 'products.name'?", 7 },
		{ "SELECT products.nmae FROM products", "did you mean 'products.name'?", 7 },
		{ "SELECT \"nmae\" FROM \"products\"", "did you mean 'name'?", 7 },
		{ "SELECT 1 FROM prodcts", "did you mean 'products'?", -1 },
		{ "SELECT 1 FROM main.prodcts", "did you mean 'products'?", -1 },
		{ "INSERT INTO tickts(body) VALUES('x')", "did you mean 'tickets'?", -1 },
		{ "INSERT INTO tickets(bdoy) VALUES('x')", "did you mean 'body'?", -1 },
		{ "UPDATE orders SET statsu = 'x'", "did you mean 'status'?", -1 },
		{ "SELCT 1", "did you mean SELECT?", 0 },
		{ "SELECT name FORM products", "did you mean FROM?", 17 },
		{ "SELECT * FORM products", "did you mean FROM?", 9 },
		{ "SELECT name FROM products WEHRE id = 1", "did you mean WHERE?", 32 },
		{ "SELECT name FROM products ORDR BY 1", "did you mean ORDER?", 31 },
		{ "SELECT conut(*) FROM products", "did you mean count()?", 7 },
		{ "SELECT id FROM products WHERE name = \"Bolt's\"",
		  "text stands in single quotes; double quotes are for names", 37 },
		{ "SELECT name FROM products WHERE", "the statement is not complete", -1 },
		{ "SELECT name price FROM products FROM products", "", 32 },
		{ "SELECT zzzzzz FROM products", "", 7 },
		{ "SELECT 1 FROM zzzzzz", "`og-shield schema` lists the tables you can see", -1 },
		{ "SELECT .nmae FROM products", "", 7 },
	};
	struct fixture f;

	set_up(&f, "ann", NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct og_gate_result r;

		explain(&f, cases[i].sql, NULL, &r);
		if (strcmp(r.fix, cases[i].fix) != 0 || r.offset != cases[i].offset)
			printf("# %s: %s: %s (%d)\n", cases[i].sql, r.why, r.fix, r.offset);
		OG_CHECK_STR(r.fix, cases[i].fix);
		OG_CHECK_INT(r.offset, cases[i].offset);
		og_gate_result_release(&r);
	}
	tear_down(&f);
}

/* Every slip of a hidden name reads like the same slip of no name. */
static void no_hidden_name_is_near(void)
{
	static const char *const hidden[] = { "hidden_tbl", "stock_log", "og_principal",
					      "docs",	    "v_hidden",	 "v_mixed" };
	static const char *const columns[] = { "clearance" };
	struct fixture with, without;

	set_up(&with, "ann", NULL);
	set_up(&without, "ann",
	       "DROP VIEW v_hidden; DROP VIEW v_mixed; DROP TABLE hidden_tbl; DROP TRIGGER "
	       "trg_stock;"
	       "DROP TABLE stock_log; DROP TABLE docs;"
	       "ALTER TABLE orders RENAME COLUMN clearance TO rank;"
	       "UPDATE og_grant SET predicate = replace(predicate, 't.clearance', 't.rank')"
	       " WHERE tbl = 'orders';"
	       "UPDATE og_grant SET predicate = replace(predicate, 'o.clearance', 'o.rank')"
	       " WHERE tbl = 'order_items';");
	for (size_t i = 0; i < 7; i++) {
		const char *name = i < 6 ? hidden[i] : columns[0];

		for (size_t slip = 0; slip <= strlen(name); slip++) {
			struct og_gate_result a, b;
			char word[64], sql[160];

			snprintf(word, sizeof(word), "%s", name);
			if (slip < strlen(name))
				word[slip] = 'q';
			snprintf(sql, sizeof(sql),
				 i < 6 ? "SELECT 1 FROM %s" : "SELECT %s FROM orders", word);
			explain(&with, sql, NULL, &a);
			explain(&without, sql, NULL, &b);
			OG_CHECK_INT(a.verdict, b.verdict);
			OG_CHECK_STR(a.why, b.why);
			OG_CHECK_STR(a.fix, b.fix);
			OG_CHECK_INT(a.offset, b.offset);
			OG_CHECK(a.verdict != OG_ALLOW);
			og_gate_result_release(&a);
			og_gate_result_release(&b);
		}
	}
	tear_down(&with);
	tear_down(&without);
}

int main(void)
{
	OG_RUN(plans_in_words);
	OG_RUN(counts_are_what_then_happens);
	OG_RUN(a_query_is_counted_and_not_kept);
	OG_RUN(hidden_rows_cannot_be_probed);
	OG_RUN(plans_do_not_count_hidden_rows);
	OG_RUN(the_inside_is_shown_on_demand);
	OG_RUN(the_nearest_names);
	OG_RUN(no_hidden_name_is_near);
	return og_done();
}
