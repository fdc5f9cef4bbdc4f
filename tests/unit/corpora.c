/*
 * SQL of other people, through the gate. Read-only queries with everything
 * granted: what plain SQLite accepts, the gate must accept, but for a list
 * of known reasons. Injection strings: as values they come back as they
 * are, as statements they change nothing.
 */
#include "tests/unit/warehouse.h"

#define DATA "../shared/data/sql/"

/* Tables with the columns the corpus names, all without a type. */
struct schema {
	char *db;	/* the corpus' name of it */
	json_t *tables; /* table -> {column: true} */
	json_t *queries;
};

struct corpus {
	struct schema *list;
	size_t n;
};

static FILE *open_data(const char *name)
{
	FILE *file = fopen(name, "r");

	if (!file)
		OG_SKIP("../shared/data/sql is absent");
	return file;
}

/* NULL at the end; a line that our JSON does not take is a JSON null. */
static json_t *next_line(FILE *file, char **text, size_t *size)
{
	json_t *line;

	if (getline(text, size, file) < 0)
		return NULL;
	line = json_loads(*text, 0, NULL);
	return line ? line : json_null();
}

static struct schema *schema_of(struct corpus *corpus, const char *db)
{
	struct schema *s;

	for (size_t i = 0; i < corpus->n; i++)
		if (strcmp(corpus->list[i].db, db) == 0)
			return &corpus->list[i];
	corpus->list = realloc(corpus->list, (corpus->n + 1) * sizeof(*corpus->list));
	s = &corpus->list[corpus->n++];
	s->db = strdup(db);
	s->tables = json_object();
	s->queries = json_array();
	return s;
}

static void note_table(struct schema *s, const char *name)
{
	if (!json_object_get(s->tables, name))
		json_object_set_new(s->tables, name, json_object());
}

/* Names in one case: SQLite tells them apart as little. */
static char *folded(const json_t *name)
{
	char *copy = strdup(json_string_value(name));

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	return copy;
}

static void note_line(struct corpus *corpus, const json_t *line)
{
	struct schema *s = schema_of(corpus, og_json_str(line, "db"));
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(line, "tables"), i, item)
	{
		char *name = folded(item);

		note_table(s, name);
		free(name);
	}
	json_array_foreach(json_object_get(line, "columns"), i, item)
	{
		char *name = folded(item), *dot = strchr(name, '.');

		if (dot) {
			*dot = '\0';
			note_table(s, name);
			json_object_set_new(json_object_get(s->tables, name), dot + 1, json_true());
		}
		free(name);
	}
	json_array_append(s->queries, json_object_get(line, "sql"));
}

static void make_tables(const struct schema *s, struct og_buf *sql)
{
	const char *table, *column;
	json_t *columns, *value;

	json_object_foreach(s->tables, table, columns)
	{
		char *text = sqlite3_mprintf("CREATE TABLE \"%w\"(\"og key\" INTEGER PRIMARY KEY",
					     table);

		og_buf_adds(sql, text);
		sqlite3_free(text);
		json_object_foreach(columns, column, value)
		{
			text = sqlite3_mprintf(", \"%w\"", column);
			og_buf_adds(sql, text);
			sqlite3_free(text);
		}
		text = sqlite3_mprintf(");INSERT INTO og_grant(subject,tbl,verbs)"
				       " VALUES('role:ann',%Q,'[\"select\"]');",
				       table);
		og_buf_adds(sql, text);
		sqlite3_free(text);
	}
}

/* Reasons for which the gate is narrower than SQLite, told by its rule. */
static int is_known(const char *sql, const struct og_gate_result *r)
{
	return strcasestr(sql, "INDEXED BY") || strcasestr(sql, " MATCH ") ||
	       strcmp(r->rule, "no-function") == 0;
}

struct tally {
	int plain, refused, known;
};

static void one_query(struct og_db *db, struct og_gate *gate, const char *sql, struct tally *tally)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct og_err err = OG_ERR_INIT;
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(og_db_handle(db), sql, -1, &stmt, NULL);

	sqlite3_finalize(stmt);
	if (rc != SQLITE_OK)
		return;
	tally->plain++;
	OG_CHECK_OK(og_gate_run(gate, sql, strlen(sql), NULL, OG_GATE_READ, &r, &err), &err);
	if (r.verdict != OG_ALLOW && is_known(sql, &r)) {
		tally->known++;
	} else if (r.verdict != OG_ALLOW) {
		tally->refused++;
		printf("# %s: %s: %.200s\n", r.rule, r.why, sql);
	}
	og_gate_result_release(&r);
}

static void one_schema(const struct schema *s, const char *folder, struct tally *tally)
{
	struct og_err err = OG_ERR_INIT;
	const char *scripts[] = { house_tables, house_grants,
				  "DELETE FROM og_grant;"
				  "DROP TABLE tickets; DROP TABLE order_items; DROP TABLE orders;"
				  "DROP TABLE users; DROP TABLE products; DROP TABLE gen;",
				  NULL, NULL };
	struct house_gate g;
	struct og_buf sql;
	char path[128];
	struct og_db *db;
	json_t *query;
	size_t i;

	og_buf_init(&sql, 1 << 20);
	make_tables(s, &sql);
	scripts[3] = sql.data;
	snprintf(path, sizeof(path), "%s/erp.db", folder);
	house_make(path, scripts);
	og_buf_release(&sql);
	db = house_open(path);
	OG_CHECK_OK(og_db_begin(db, 0, &err), &err);
	if (house_gate_open(&g, db, "ann", NULL))
		json_array_foreach(s->queries, i, query)
			one_query(db, g.gate, json_string_value(query), tally);
	house_gate_close(&g);
	og_db_close(db);
	house_unlink(path);
}

static void read_corpus(FILE *file, struct corpus *corpus)
{
	char *text = NULL;
	size_t size = 0;
	json_t *line;

	while ((line = next_line(file, &text, &size))) {
		if (json_is_object(line))
			note_line(corpus, line);
		json_decref(line);
	}
	free(text);
}

static void benign_queries_are_accepted(void)
{
	struct corpus corpus = { NULL, 0 };
	struct tally tally = { 0, 0, 0 };
	FILE *file = open_data(DATA "benign.jsonl");
	char folder[64];

	if (!file)
		return;
	read_corpus(file, &corpus);
	fclose(file);
	house_folder(folder, sizeof(folder));
	for (size_t i = 0; i < corpus.n; i++) {
		one_schema(&corpus.list[i], folder, &tally);
		json_decref(corpus.list[i].tables);
		json_decref(corpus.list[i].queries);
		free(corpus.list[i].db);
	}
	free(corpus.list);
	rmdir(folder);
	printf("# %d queries that SQLite accepts, %d refused, %d for a known reason\n", tally.plain,
	       tally.refused, tally.known);
	OG_CHECK(tally.plain > 1500);
	OG_CHECK_INT(tally.refused, 0);
}

/* As a value: the same bytes come back, nothing else happens. */
static void as_value(struct og_gate *gate, const char *payload)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct og_err err = OG_ERR_INIT;
	json_t *vars = json_pack("{s:s}", "v", payload);
	static const char sql[] = "SELECT :v, count(*) FROM tickets WHERE body = :v";

	OG_CHECK_OK(og_gate_run(gate, sql, strlen(sql), vars, OG_GATE_READ, &r, &err), &err);
	OG_CHECK_INT(r.verdict, OG_ALLOW);
	OG_CHECK_STR(json_string_value(json_array_get(json_array_get(r.rows, 0), 0)), payload);
	og_gate_result_release(&r);
	json_decref(vars);
}

/* As a statement, and closing the quotes of one: 1 when it was allowed. */
static int as_statement(struct og_gate *gate, const char *format, const char *payload)
{
	struct og_gate_result r = { .verdict = OG_ALLOW };
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;
	const char *place = strchr(format, '?');
	int allowed;

	og_buf_init(&sql, 1 << 20);
	og_buf_add(&sql, format, (size_t)(place - format));
	og_buf_adds(&sql, payload);
	og_buf_adds(&sql, place + 1);
	OG_CHECK_OK(og_gate_run(gate, sql.data, sql.len, NULL, OG_GATE_WRITE, &r, &err), &err);
	allowed = r.verdict == OG_ALLOW;
	if (allowed && r.rows) {
		char *rows = json_dumps(r.rows, 0);

		if (strstr(rows, "CANARY") || strstr(rows, "31337"))
			printf("# LEAK: %s\n", sql.data);
		OG_CHECK(!strstr(rows, "CANARY") && !strstr(rows, "31337"));
		free(rows);
	}
	/* Nothing but visible tickets can have been written. */
	OG_CHECK(!allowed || !r.writes || json_array_size(r.tables) > 0);
	og_gate_result_release(&r);
	og_buf_release(&sql);
	return allowed;
}

static int run_payloads(FILE *file, struct og_db *db, struct og_gate *gate)
{
	static const char *const forms[] = { "?", "SELECT body FROM tickets WHERE body = '?'",
					     "SELECT body FROM tickets WHERE id = ?" };
	struct og_err err = OG_ERR_INIT;
	char *text = NULL;
	size_t size = 0;
	json_t *line;
	int n = 0;

	while ((line = next_line(file, &text, &size))) {
		const char *payload = og_json_str(line, "payload");

		OG_CHECK_OK(og_db_begin(db, 1, &err), &err);
		n += payload != NULL;
		if (payload) {
			as_value(gate, payload);
			for (size_t k = 0; k < sizeof(forms) / sizeof(*forms); k++)
				as_statement(gate, forms[k], payload);
		}
		og_db_rollback(db);
		json_decref(line);
	}
	free(text);
	return n;
}

static void injections_do_nothing(void)
{
	static const struct og_gate_limits limits = { .ms = 200, .steps = 200000 };
	FILE *file = open_data(DATA "injection.jsonl");
	char folder[64], path[96], *before, *after;
	struct house_gate g;
	struct og_db *db;

	if (!file)
		return;
	house_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/erp.db", folder);
	house_make_variant(path, 0);
	db = house_open(path);
	before = house_everything(db);
	if (house_gate_open(&g, db, "ann", &limits))
		printf("# %d strings\n", run_payloads(file, db, g.gate));
	house_gate_close(&g);
	after = house_everything(db);
	OG_CHECK_STR(after, before);
	free(before);
	free(after);
	fclose(file);
	og_db_close(db);
	house_unlink(path);
	rmdir(folder);
}

int main(void)
{
	OG_RUN(benign_queries_are_accepted);
	OG_RUN(injections_do_nothing);
	return og_done();
}
