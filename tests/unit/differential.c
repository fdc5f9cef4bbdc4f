/*
 * Random queries, through the gate and against a plain database that holds
 * only the visible rows and the unmasked cells: equal results, or the
 * gate's planning is wrong. Fixed seed; 3,000 queries, 24,000 with OG_FULL=1.
 */
#include "lib/shield/gate-internal.h"
#include "tests/unit/warehouse.h"

/* Kinds of columns: the literals they are compared with differ. */
struct column {
	const char *name;
	char kind; /* 'i'nteger, 'r'eal, 't'ext, 's'ku */
};

struct table {
	const char *name;
	struct column columns[8];
	int n;
	const char *visible; /* rows of the plain database, over t */
	const char *copy;    /* its columns */
};

static const struct table tables[] = {
	{ "users",
	  { { "id", 'i' }, { "name", 't' }, { "role", 't' }, { "email", 't' }, { "salary", 'i' } },
	  5,
	  "clearance<=1 OR id=1",
	  "id, name, role, 1, NULL, email" },
	{ "products",
	  { { "id", 'i' },
	    { "sku", 's' },
	    { "name", 't' },
	    { "price", 'r' },
	    { "stock", 'i' },
	    { "cost", 'r' } },
	  6,
	  "1",
	  "id, sku, name, price, stock, NULL" },
	{ "orders",
	  { { "id", 'i' }, { "user_id", 'i' }, { "amount", 'r' }, { "status", 't' } },
	  4,
	  "clearance<=1 OR user_id=1",
	  "id, user_id, amount, status, 1, NULL" },
	{ "order_items",
	  { { "order_id", 'i' }, { "line", 'i' }, { "product_id", 'i' }, { "qty", 'i' } },
	  4,
	  "EXISTS(SELECT 1 FROM src.orders o WHERE o.id=order_id AND (o.clearance<=1 OR "
	  "o.user_id=1))",
	  "*" },
	{ "tickets", { { "id", 'i' }, { "user_id", 'i' }, { "body", 't' } }, 3, "user_id=1", "*" },
	{ "gen", { { "id", 'i' }, { "a", 'i' }, { "b", 'i' }, { "c", 'i' } }, 4, "1", "id, a" },
};

#define TABLES ((int)(sizeof(tables) / sizeof(*tables)))

/* xorshift: the same queries on every machine. */
static int below(uint64_t *seed, int n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (int)(*seed % (uint64_t)n);
}

static const char *pick(uint64_t *seed, const char *const *list, int n)
{
	return list[below(seed, n)];
}

#define PICK(seed, ...)                                                                            \
	pick(seed, (const char *const[]){ __VA_ARGS__ },                                           \
	     (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)))

static const char *integer_value(uint64_t *seed)
{
	return PICK(seed, "7", "5", "3", "4", "12", "0", "19", "NULL", "'7'", "'15'", "'abc'",
		    "2.5", "11", "9");
}

static const char *real_value(uint64_t *seed)
{
	return PICK(seed, "3", "12", "0", "19", "7.25", "13.75", "NULL", "'12'", "'x1'", "10.0");
}

static const char *text_value(uint64_t *seed)
{
	return PICK(seed, "'a'", "'A'", "'b'", "'B'", "'01'", "'1'", "'1.0'", "'abc'", "'ABC'",
		    "NULL", "'new'", "'paid'", "5", "'\xc3\xa9'", "''");
}

static void fill(struct og_db *db, uint64_t *seed)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;

	og_buf_init(&sql, 4 << 20);
	og_buf_adds(&sql, "BEGIN; DROP TRIGGER trg_stock;");
	for (int i = 1; i <= 40; i++)
		og_buf_addf(&sql,
			    "INSERT INTO users VALUES(%d,coalesce(%s,'n'),'clerk',%d,%d,'u%d@x');",
			    i, text_value(seed), 1 + below(seed, 3), i * 10, i);
	for (int i = 1; i <= 60; i++) {
		og_buf_addf(&sql, "INSERT INTO products VALUES(%d,'%s%d',%s,%d,", i,
			    PICK(seed, "SKU", "sku", "Sku"), i, text_value(seed), below(seed, 50));
		og_buf_addf(&sql, "%s,%d);", integer_value(seed), i);
	}
	for (int i = 1; i <= 300; i++) {
		og_buf_addf(&sql, "INSERT INTO orders VALUES(%d,%d,%s,", i, 1 + below(seed, 40),
			    real_value(seed));
		og_buf_addf(&sql, "%s,%d,'s');", text_value(seed), 1 + below(seed, 3));
		for (int line = 1 + below(seed, 3); line > 0; line--)
			og_buf_addf(&sql, "INSERT INTO order_items VALUES(%d,%d,%d,%d);", i, line,
				    1 + below(seed, 60), 1 + below(seed, 9));
	}
	for (int i = 1; i <= 100; i++)
		og_buf_addf(&sql, "INSERT INTO tickets VALUES(%d,%d,%s);", i, 1 + below(seed, 4),
			    text_value(seed));
	for (int i = 1; i <= 60; i++)
		og_buf_addf(&sql, "INSERT INTO gen(id,a) VALUES(%d,%d);", i, below(seed, 21));
	og_buf_adds(&sql, "COMMIT; ANALYZE;");
	OG_CHECK_OK(og_buf_check(&sql, "rows", &err), &err);
	OG_CHECK_OK(og_db_exec(db, sql.data, &err), &err);
	og_buf_release(&sql);
}

/* The plain database, in memory, copied from the file. */
static sqlite3 *visible_copy(const char *path)
{
	sqlite3 *plain = NULL;
	char sql[512];
	int rc = sqlite3_open(":memory:", &plain);

	snprintf(sql, sizeof(sql), "ATTACH '%s' AS src", path);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(plain, house_tables, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(plain, sql, NULL, NULL, NULL);
	for (int i = 0; i < TABLES && rc == SQLITE_OK; i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO main.%s%s SELECT %s FROM src.%s WHERE %s",
			 tables[i].name, strcmp(tables[i].name, "gen") == 0 ? "(id,a)" : "",
			 tables[i].copy, tables[i].name, tables[i].visible);
		rc = sqlite3_exec(plain, sql, NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(plain, "DETACH src", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		printf("# %s\n", sqlite3_errmsg(plain));
	OG_CHECK_INT(rc, SQLITE_OK);
	return plain;
}

struct query {
	struct og_buf sql;
	uint64_t seed;
	int ordered; /* the order of rows counts */
};

static const char *literal(struct query *q, char kind)
{
	if (kind == 's')
		return PICK(&q->seed, "'sku5'", "'SKU7'", "'Sku9'", "'sku1' COLLATE BINARY", "NULL",
			    "3");
	if (kind == 't')
		return PICK(&q->seed, "'a'", "'A'", "'01'", "1", "1.0", "'1'", "'abc'", "NULL",
			    "'new'", "'paid'", "5", "'A' COLLATE NOCASE", "x'61'", "''");
	return PICK(&q->seed, "3", "7", "12", "0", "19", "'5'", "'05'", "2.5", "'abc'", "NULL",
		    "10.0", "' 7'", "-1", "x'35'");
}

static const struct column *any_column(struct query *q, const struct table *t)
{
	return &t->columns[below(&q->seed, t->n)];
}

static void predicate(struct query *q, const char *alias, const struct table *t, int depth);

static void two_predicates(struct query *q, const char *alias, const struct table *t, int depth)
{
	og_buf_adds(&q->sql, "(");
	predicate(q, alias, t, depth + 1);
	og_buf_adds(&q->sql, PICK(&q->seed, " AND ", " OR "));
	predicate(q, alias, t, depth + 1);
	og_buf_adds(&q->sql, ")");
}

static void comparison(struct query *q, const char *alias, const struct table *t,
		       const struct column *c)
{
	const struct table *other = &tables[below(&q->seed, TABLES)];
	char kind = c->kind;

	og_buf_addf(&q->sql, "%s.%s ", alias, c->name);
	switch (below(&q->seed, 14)) {
	case 0:
	case 1:
	case 2:
		og_buf_addf(&q->sql, "= %s", literal(q, kind));
		break;
	case 3:
	case 4:
		og_buf_addf(&q->sql, "%s ", PICK(&q->seed, "<", "<=", ">", ">=", "<>"));
		og_buf_addf(&q->sql, "%s", literal(q, kind));
		break;
	case 5:
	case 6:
		og_buf_addf(&q->sql, "IN (%s,", literal(q, kind));
		og_buf_addf(&q->sql, "%s,", literal(q, kind));
		og_buf_addf(&q->sql, "%s)", literal(q, kind));
		break;
	case 7:
		og_buf_addf(&q->sql, "BETWEEN %s AND ", literal(q, kind));
		og_buf_addf(&q->sql, "%s", literal(q, kind));
		break;
	case 8:
		og_buf_addf(&q->sql, "IS %s", literal(q, kind));
		break;
	case 9:
		og_buf_adds(&q->sql, "IS NOT NULL");
		break;
	case 10:
		og_buf_addf(&q->sql, "LIKE %s", PICK(&q->seed, "'a%'", "'%1%'", "'s%'"));
		break;
	case 11:
		og_buf_addf(&q->sql, "= %s.%s", alias, any_column(q, t)->name);
		break;
	default:
		og_buf_addf(&q->sql, "IN (SELECT %s FROM %s)", any_column(q, other)->name,
			    other->name);
	}
}

static void predicate(struct query *q, const char *alias, const struct table *t, int depth)
{
	int r = below(&q->seed, 20);

	if (depth < 2 && r < 5) {
		two_predicates(q, alias, t, depth);
	} else if (depth < 2 && r == 5) {
		og_buf_adds(&q->sql, "NOT (");
		predicate(q, alias, t, depth + 1);
		og_buf_adds(&q->sql, ")");
	} else {
		comparison(q, alias, t, any_column(q, t));
	}
}

static void where(struct query *q, const struct table *t)
{
	if (below(&q->seed, 10) == 0) {
		og_buf_adds(&q->sql, " WHERE 1");
		return;
	}
	og_buf_adds(&q->sql, " WHERE ");
	predicate(q, "x", t, 0);
}

static void some_columns(struct query *q, const struct table *t)
{
	og_buf_addf(&q->sql, "SELECT x.%s", any_column(q, t)->name);
	for (int n = below(&q->seed, t->n); n > 0; n--)
		og_buf_addf(&q->sql, ", x.%s", any_column(q, t)->name);
}

static void join(struct query *q, const struct table *t)
{
	const struct table *other = &tables[below(&q->seed, TABLES)];

	og_buf_addf(&q->sql, "SELECT x.%s, y.%s, y.%s", t->columns[0].name, other->columns[0].name,
		    other->columns[1].name);
	og_buf_addf(&q->sql, " FROM %s x %s ", t->name,
		    PICK(&q->seed, "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"));
	og_buf_addf(&q->sql, "%s y ON x.%s", other->name, any_column(q, t)->name);
	og_buf_addf(&q->sql, "=y.%s", any_column(q, other)->name);
	where(q, t);
	if (below(&q->seed, 2)) {
		og_buf_adds(&q->sql, " AND ");
		predicate(q, "y", other, 0);
	}
}

static void exists(struct query *q, const struct table *t)
{
	const struct table *other = &tables[below(&q->seed, TABLES)];

	some_columns(q, t);
	og_buf_addf(&q->sql, " FROM %s x WHERE %sEXISTS(SELECT 1 FROM %s y WHERE y.", t->name,
		    PICK(&q->seed, "", "NOT "), other->name);
	og_buf_addf(&q->sql, "%s=x.", any_column(q, other)->name);
	og_buf_addf(&q->sql, "%s AND ", any_column(q, t)->name);
	predicate(q, "y", other, 0);
	og_buf_adds(&q->sql, ")");
}

/* The last columns of ORDER BY are the key, so there is one right order. */
static void ordered(struct query *q, const struct table *t)
{
	q->ordered = 1;
	og_buf_addf(&q->sql, "SELECT x.%s, x.%s FROM %s x", t->columns[0].name, t->columns[1].name,
		    t->name);
	where(q, t);
	og_buf_addf(&q->sql, " ORDER BY x.%s %s, x.", any_column(q, t)->name,
		    PICK(&q->seed, "", "DESC"));
	og_buf_addf(&q->sql, "%s, x.%s LIMIT %d", t->columns[0].name, t->columns[1].name,
		    1 + below(&q->seed, 9));
}

static void ordered_by_key(struct query *q, const struct table *t)
{
	q->ordered = strcmp(t->name, "order_items") != 0;
	og_buf_addf(&q->sql, "SELECT x.%s FROM %s x", t->columns[0].name, t->name);
	where(q, t);
	og_buf_addf(&q->sql, " ORDER BY x.%s %s", t->columns[0].name, PICK(&q->seed, "", "DESC"));
}

static void grouped(struct query *q, const struct table *t)
{
	const char *by = any_column(q, t)->name;

	og_buf_addf(&q->sql, "SELECT %sx.%s, count(*) FROM %s x", PICK(&q->seed, "", "DISTINCT "),
		    by, t->name);
	where(q, t);
	og_buf_addf(&q->sql, " GROUP BY x.%s", by);
}

static void window(struct query *q, const struct table *t)
{
	const char *a = t->columns[0].name, *b = t->columns[1].name;

	og_buf_addf(&q->sql,
		    "SELECT x.%s, row_number() OVER (PARTITION BY x.%s ORDER BY x.%s, x.%s),"
		    " sum(x.%s) OVER () FROM %s x",
		    a, b, a, b, a, t->name);
	where(q, t);
}

static void make_query(struct query *q)
{
	const struct table *t = &tables[below(&q->seed, TABLES)];
	int r = below(&q->seed, 100);

	og_buf_clear(&q->sql);
	q->ordered = 0;
	if (r < 30) {
		some_columns(q, t);
		og_buf_addf(&q->sql, " FROM %s x", t->name);
		where(q, t);
	} else if (r < 40) {
		og_buf_addf(&q->sql, "SELECT count(*), count(x.%s), max(x.%s) FROM %s x",
			    t->columns[1].name, t->columns[0].name, t->name);
		where(q, t);
	} else if (r < 50) {
		grouped(q, t);
	} else if (r < 60) {
		ordered(q, t);
	} else if (r < 65) {
		ordered_by_key(q, t);
	} else if (r < 85) {
		join(q, t);
	} else if (r < 92) {
		exists(q, t);
	} else {
		window(q, t);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows as one text; sorted unless the order counts. free() it. */
static char *text_of(const json_t *rows, int is_ordered)
{
	size_t n = json_array_size(rows), len = 1;
	char **lines = calloc(n + 1, sizeof(*lines)), *all, *at;

	for (size_t i = 0; i < n; i++) {
		lines[i] = json_dumps(json_array_get(rows, i), JSON_COMPACT | JSON_SORT_KEYS);
		len += strlen(lines[i]) + 1;
	}
	if (!is_ordered)
		qsort(lines, n, sizeof(*lines), by_text);
	at = all = malloc(len);
	for (size_t i = 0; i < n; i++) {
		at = stpcpy(stpcpy(at, lines[i]), "\n");
		free(lines[i]);
	}
	*at = '\0';
	free(lines);
	return all;
}

static json_t *plain_rows(sqlite3 *plain, const char *sql)
{
	json_t *rows = json_array();
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(plain, sql, -1, &stmt, NULL) != SQLITE_OK) {
		printf("# %s: %s\n", sqlite3_errmsg(plain), sql);
		json_decref(rows);
		return NULL;
	}
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		json_t *row = json_array();

		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			json_array_append_new(row, og_gate_value(stmt, i));
		json_array_append_new(rows, row);
	}
	sqlite3_finalize(stmt);
	return rows;
}

/* 1 when both sides agree. */
static int agree(struct og_gate *gate, sqlite3 *plain, const struct query *q)
{
	struct og_err err = OG_ERR_INIT;
	struct og_gate_result r = { .verdict = OG_ALLOW };
	json_t *rows = plain_rows(plain, q->sql.data);
	char *a = NULL, *b = NULL;
	int same = 0;

	if (rows &&
	    OG_CHECK_OK(og_gate_run(gate, q->sql.data, q->sql.len, NULL, OG_GATE_READ, &r, &err),
			&err)) {
		a = text_of(r.rows, q->ordered);
		b = text_of(rows, q->ordered);
		same = r.verdict == OG_ALLOW && strcmp(a, b) == 0;
	}
	if (!same)
		printf("# %s %s: %s\n# gate %.120s\n# want %.120s\n", r.rule, r.why, q->sql.data,
		       a ? a : "", b ? b : "");
	free(a);
	free(b);
	json_decref(rows);
	og_gate_result_release(&r);
	return same;
}

static void run_queries(struct og_db *db, sqlite3 *plain, int n)
{
	static const struct og_gate_limits limits = {
		.steps = 1000000000, .ms = 60000, .rows = 1000000, .bytes = 1 << 30
	};
	struct og_err err = OG_ERR_INIT;
	struct query q = { .seed = 0x9e3779b97f4a7c15 };
	struct house_gate g;
	int different = 0;

	og_buf_init(&q.sql, 65536);
	OG_CHECK_OK(og_db_begin(db, 0, &err), &err);
	if (!house_gate_open(&g, db, "ann", &limits))
		exit(EXIT_FAILURE);
	for (int i = 0; i < n && different < 20; i++) {
		make_query(&q);
		different += !agree(g.gate, plain, &q);
	}
	printf("# %d queries, %d different\n", n, different);
	OG_CHECK_INT(different, 0);
	house_gate_close(&g);
	og_db_rollback(db);
	og_buf_release(&q.sql);
}

static void same_as_without_the_gate(void)
{
	const char *scripts[] = { house_tables, house_more, house_grants, NULL };
	const char *full = getenv("OG_FULL");
	uint64_t seed = 0x2545f4914f6cdd1d;
	char folder[64], path[96];
	struct og_db *db;
	sqlite3 *plain;

	house_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/erp.db", folder);
	house_make(path, scripts);
	db = house_open(path);
	fill(db, &seed);
	plain = visible_copy(path);
	run_queries(db, plain, full && strcmp(full, "1") == 0 ? 24000 : 3000);
	sqlite3_close(plain);
	og_db_close(db);
	house_unlink(path);
	rmdir(folder);
}

int main(void)
{
	OG_RUN(same_as_without_the_gate);
	return og_done();
}
