/*
 * Two databases that look alike to a public clerk: the fixture of the
 * gate's tests. Variant 1 and 2 of the warehouse differ only in rows,
 * cells and columns that ann (role ann, clearance 1) may not see; what
 * must never come out is spelt CANARY or 31337. adm may change the schema.
 */
#ifndef OG_TESTS_WAREHOUSE_H
#define OG_TESTS_WAREHOUSE_H

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/access/access.h"
#include "lib/base/file.h"
#include "lib/db/db.h"
#include "lib/shield/gate.h"
#include "tests/unit/unit.h"

static const char house_tables[] =
	"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT,"
	" clearance INT NOT NULL DEFAULT 1, salary REAL, email TEXT UNIQUE);"
	"CREATE TABLE products(id INTEGER PRIMARY KEY, sku TEXT UNIQUE COLLATE NOCASE, name TEXT,"
	" price REAL CHECK(price>=0), stock INT DEFAULT 0, cost REAL);"
	"CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INT REFERENCES users(id), amount REAL,"
	" status TEXT DEFAULT 'new', clearance INT NOT NULL DEFAULT 1, secret TEXT);"
	"CREATE INDEX orders_amount ON orders(amount);"
	"CREATE INDEX orders_user ON orders(user_id);"
	"CREATE TABLE order_items(order_id INT REFERENCES orders(id), line INT,"
	" product_id INT REFERENCES products(id), qty INT CHECK(qty>0),"
	" PRIMARY KEY(order_id,line)) WITHOUT ROWID;"
	"CREATE TABLE tickets(id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INT, body TEXT);"
	"CREATE TABLE gen(id INTEGER PRIMARY KEY, a INT, b INT GENERATED ALWAYS AS (a*2) STORED,"
	" c INT GENERATED ALWAYS AS (a+1) VIRTUAL);";

static const char house_more[] =
	"CREATE TABLE stock_log(id INTEGER PRIMARY KEY, product_id INT, delta INT);"
	"CREATE TABLE hidden_tbl(id INTEGER PRIMARY KEY, s TEXT);"
	"CREATE TABLE codes(id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE,"
	" owner INT);"
	"CREATE TABLE marks(rowid INT, v TEXT);"
	"CREATE VIRTUAL TABLE docs USING fts5(body);"
	"CREATE TRIGGER trg_stock AFTER INSERT ON order_items BEGIN"
	" UPDATE products SET stock=stock-NEW.qty WHERE id=NEW.product_id;"
	" INSERT INTO stock_log(product_id,delta) VALUES(NEW.product_id,-NEW.qty); END;"
	"CREATE VIEW v_all AS SELECT * FROM orders;"
	"CREATE VIEW v_cnt AS SELECT count(*) AS n, sum(amount) AS s FROM orders;"
	"CREATE VIEW v_user_totals AS SELECT u.name, sum(o.amount) AS total"
	" FROM users u JOIN orders o ON o.user_id=u.id GROUP BY u.id;"
	"CREATE VIEW v_hidden AS SELECT s FROM hidden_tbl;"
	"CREATE VIEW v_mixed AS SELECT o.id, h.s FROM orders o, hidden_tbl h;";

static const char house_rows[] =
	"INSERT INTO users VALUES(1,'ann','clerk',1,1000,'ann@x'),(2,'bob','clerk',1,1100,'bob@x'),"
	"(3,'carl','mgr',2,2000,'carl@x');"
	"INSERT INTO products VALUES(1,'SKU1','Bolt',2.5,100,1),(2,'SKU2','Nut',1.5,200,0.5),"
	"(3,'SKU3','Gear',10,50,6);"
	"INSERT INTO orders VALUES(1,1,10,'new',1,'CANARY-s1'),(2,2,20,'new',1,'CANARY-s2'),"
	"(3,3,30,'paid',1,NULL);"
	"INSERT INTO order_items VALUES(1,1,1,2),(2,1,2,3);"
	"INSERT INTO tickets(user_id,body) VALUES(1,'help');"
	"INSERT INTO gen(id,a) VALUES(1,5);"
	"INSERT INTO codes VALUES(1,'mine',1),(2,'taken',2);"
	"INSERT INTO docs VALUES('public doc');"
	"INSERT INTO audit_ledger "
	"VALUES(1,'{}','h',x'00','CANARY-body','t','sys','genesis','','');";

static const char *const house_variant[2] = {
	"INSERT INTO users VALUES(50,'CANARY-ceo','ceo',3,31337,'CANARY-ceo@x');"
	"INSERT INTO orders VALUES(100,50,31337,'CANARY-st',3,'CANARY-x'),"
	"(101,3,777,'paid',2,'CANARY-y');"
	"INSERT INTO order_items VALUES(100,1,1,31337),(101,1,2,7);"
	"INSERT INTO tickets(id,user_id,body) VALUES(40,2,'CANARY-ticket');"
	"INSERT INTO hidden_tbl VALUES(1,'CANARY-h');"
	"INSERT INTO docs VALUES('CANARY doc secret');"
	"INSERT INTO marks VALUES(31337,'m');"
	"UPDATE products SET stock=100 WHERE id=1; UPDATE products SET stock=200 WHERE id=2;",

	"UPDATE users SET salary=4242 WHERE id=1; UPDATE orders SET secret='CANARY-zz' WHERE id=1;"
	"UPDATE products SET cost=77;"
	"INSERT INTO orders VALUES(101,2,888,'CANARY-q',3,'CANARY-w');"
	"INSERT INTO marks VALUES(7,'m');"
	"UPDATE products SET stock=100 WHERE id=1; UPDATE products SET stock=200 WHERE id=2;"
	"INSERT INTO tickets(id,user_id,body) VALUES(90,3,'CANARY-ticket2');",
};

static const char house_grants[] =
	"INSERT INTO og_role VALUES('ann','','[]'),('adm','','[\"ddl\"]');"
	"INSERT INTO og_principal(id,name,role,clearance,created) VALUES"
	"(1,'ann','ann',1,''),(9,'adm','adm',3,'');"
	"INSERT INTO og_credential VALUES(1,'CANARY-PW');"
	"INSERT INTO og_grant(subject,tbl,verbs,visible,masked,predicate) VALUES"
	"('role:ann','users','[\"select\"]','[\"id\",\"name\",\"role\",\"email\"]','[\"salary\"]',"
	" 't.clearance<=:clearance OR t.id=:principal_id'),"
	"('role:ann','products','[\"select\"]',NULL,'[\"cost\"]',NULL),"
	"('role:ann','orders','[\"select\",\"insert\",\"update\"]',"
	" '[\"id\",\"user_id\",\"amount\",\"status\"]','[\"secret\"]',"
	" 't.clearance<=:clearance OR t.user_id=:principal_id'),"
	"('role:ann','order_items','[\"select\",\"insert\",\"update\"]',NULL,NULL,"
	" 'EXISTS(SELECT 1 FROM main.orders o WHERE o.id=t.order_id AND"
	" (o.clearance<=:clearance OR o.user_id=:principal_id))'),"
	"('role:ann','tickets','[\"select\",\"insert\",\"update\"]',NULL,NULL,"
	" 't.user_id=:principal_id'),"
	"('role:ann','gen','[\"select\",\"insert\",\"update\"]',NULL,NULL,NULL),"
	"('role:ann','codes','[\"select\",\"insert\",\"update\"]',NULL,NULL,"
	" 't.owner=:principal_id'),"
	"('role:ann','marks','[\"select\",\"update\"]','[\"v\"]',NULL,NULL),"
	"('role:adm','users','[\"select\",\"insert\",\"update\"]',NULL,NULL,NULL),"
	"('role:adm','orders','[\"select\",\"insert\",\"update\"]',NULL,NULL,NULL),"
	"('role:adm','products','[\"select\",\"insert\",\"update\"]',NULL,NULL,NULL);";

/* A folder in memory if there is one: these tests copy databases a lot. */
static inline void house_folder(char *ret, size_t size)
{
	snprintf(ret, size, "%s/og-house-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!OG_CHECK(mkdtemp(ret)))
		exit(EXIT_FAILURE);
}

static inline void house_unlink(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char name[512];

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
}

/* A new file with the system tables and what the given scripts add. */
static inline void house_make(const char *path, const char *const *scripts)
{
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;
	struct og_buf schema;

	og_buf_init(&schema, 1 << 20);
	house_unlink(path);
	if (!OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &schema, &err), &err) ||
	    !OG_CHECK_OK(og_db_open(path, OG_DB_CREATE, &db, &err), &err) ||
	    !OG_CHECK_OK(og_db_exec(db, schema.data, &err), &err))
		exit(EXIT_FAILURE);
	og_buf_release(&schema);
	for (; *scripts; scripts++)
		if (!OG_CHECK_OK(og_db_exec(db, *scripts, &err), &err))
			exit(EXIT_FAILURE);
	og_db_close(db);
}

static inline void house_make_variant(const char *path, int variant)
{
	const char *scripts[] = { house_tables,		  house_more,	house_rows,
				  house_variant[variant], house_grants, NULL };

	house_make(path, scripts);
}

static inline struct og_db *house_open(const char *path)
{
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;

	if (!OG_CHECK_OK(og_db_open(path, OG_DB_WRITE, &db, &err), &err))
		exit(EXIT_FAILURE);
	return db;
}

/* A gate with the rights behind it. */
struct house_gate {
	struct og_access *access;
	struct og_principal who;
	struct og_rights *rights;
	struct og_gate *gate;
};

static inline int house_gate_open(struct house_gate *g, struct og_db *db, const char *name,
				  const struct og_gate_limits *limits)
{
	struct og_err err = OG_ERR_INIT;

	memset(g, 0, sizeof(*g));
	return OG_CHECK_OK(og_access_open(db, &g->access, &err), &err) &&
	       OG_CHECK_OK(og_access_principal(g->access, name, &g->who, &err), &err) &&
	       OG_CHECK_OK(og_access_rights(g->access, &g->who, NULL, NULL, &g->rights, &err),
			   &err) &&
	       OG_CHECK_OK(og_gate_new(db, g->rights, limits, NULL, &g->gate, &err), &err);
}

static inline void house_gate_close(struct house_gate *g)
{
	og_gate_free(g->gate);
	og_rights_free(g->rights);
	og_access_free(g->access);
}

/* All rows of a query, '|' between cells, one line a row; free() it. */
static inline char *house_dump(struct og_db *db, const char *sql)
{
	sqlite3_str *out = sqlite3_str_new(NULL);
	sqlite3_stmt *stmt = NULL;
	char *text, *copy;

	if (sqlite3_prepare_v2(og_db_handle(db), sql, -1, &stmt, NULL) != SQLITE_OK)
		printf("# %s: %s\n", sqlite3_errmsg(og_db_handle(db)), sql);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			sqlite3_str_appendf(out, "%s|", sqlite3_column_text(stmt, i));
		sqlite3_str_appendchar(out, 1, '\n');
	}
	OG_CHECK(stmt != NULL);
	sqlite3_finalize(stmt);
	text = sqlite3_str_finish(out);
	copy = strdup(text ? text : "");
	sqlite3_free(text);
	return copy;
}

/* One cell, type and value, so that 1, '1' and x'31' differ. */
static inline void house_cell(sqlite3_str *out, sqlite3_stmt *stmt, int i)
{
	const unsigned char *blob;
	int type = sqlite3_column_type(stmt, i);

	if (type == SQLITE_FLOAT) {
		sqlite3_str_appendf(out, "r%!.17g|", sqlite3_column_double(stmt, i));
		return;
	}
	blob = sqlite3_column_blob(stmt, i);
	sqlite3_str_appendf(out, "%d", type);
	for (int k = 0; k < sqlite3_column_bytes(stmt, i); k++)
		if (type == SQLITE_BLOB || blob[k] < 32)
			sqlite3_str_appendf(out, "%02x", blob[k]);
		else
			sqlite3_str_appendchar(out, 1, (char)blob[k]);
	sqlite3_str_appendchar(out, 1, '|');
}

static inline void house_rows_of(struct og_db *db, const char *name, sqlite3_str *out)
{
	char *sql = sqlite3_mprintf("SELECT * FROM main.\"%w\"", name);
	sqlite3_stmt *stmt = NULL;

	OG_CHECK_INT(sqlite3_prepare_v2(og_db_handle(db), sql, -1, &stmt, NULL), SQLITE_OK);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		sqlite3_str_appendf(out, "%s: ", name);
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			house_cell(out, stmt, i);
		sqlite3_str_appendchar(out, 1, '\n');
	}
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
}

/* Every row of every ordinary table, and the schema; free() it. */
static inline char *house_everything(struct og_db *db)
{
	char *names = house_dump(db, "SELECT name FROM pragma_table_list WHERE schema='main'"
				     " AND type IN ('table','shadow') ORDER BY name"),
	     *text, *copy;
	sqlite3_str *out = sqlite3_str_new(NULL);

	house_rows_of(db, "sqlite_schema", out);
	for (char *at = names, *bar; (bar = strstr(at, "|\n")); at = bar + 2) {
		*bar = '\0';
		house_rows_of(db, at, out);
	}
	text = sqlite3_str_finish(out);
	copy = strdup(text ? text : "");
	sqlite3_free(text);
	free(names);
	return copy;
}

#endif
