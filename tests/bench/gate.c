/*
 * What the gate costs, beside SQLite doing the same on the real table: a
 * point query, ten thousand rows, an update with its ledger entry. Both
 * run in turns in one process; figures are medians over rounds. The
 * gate's results are JSON, so the raw rows are also timed with their JSON.
 * Prints JSON.
 *
 *	gate SCHEMA_SQL [ROUNDS]
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/shield/frame.h"
#include "lib/shield/gate-internal.h"

#define MAX_ROUNDS 101
#define POINTS	   400 /* point queries, or updates, in a round */

static const char tables[] =
	"CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INT, amount REAL, status TEXT,"
	" clearance INT NOT NULL DEFAULT 1);"
	"CREATE INDEX orders_user ON orders(user_id);"
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<100000)"
	" INSERT INTO orders SELECT x, x%500, x*0.5, 'new', 1 + x%3 FROM c;"
	"ANALYZE;"
	"INSERT INTO og_role VALUES('clerk','','[]');"
	"INSERT INTO og_principal(id,name,role,clearance,created) VALUES(1,'ann','clerk',3,'');"
	"INSERT INTO og_grant(subject,tbl,verbs,predicate) VALUES('role:clerk','orders',"
	"'[\"select\",\"update\"]','t.clearance <= :clearance');";

struct bench {
	char path[64];
	struct og_db *db;
	sqlite3 *raw;
	struct og_frame frame;
	struct og_access *access;
	struct og_rights *rights;
	struct og_gate *gate;
	int64_t times[8][MAX_ROUNDS];
	int sum; /* of what was read, so that it is read */
};

enum { POINT_RAW, POINT_GATE, ROWS_RAW, ROWS_JSON, ROWS_GATE, UPDATE_RAW, UPDATE_GATE, KINDS };

static void must(int rc, const struct og_err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "gate: %s\n", err->msg);
	exit(70);
}

static void set_up(struct bench *b, const char *schema)
{
	struct og_err err = OG_ERR_INIT;
	struct og_principal who;
	struct og_gate_limits limits = { .rows = 100000, .steps = 1000000000, .ms = 60000 };
	struct og_buf sql;

	snprintf(b->path, sizeof(b->path), "gate-bench-%d.db", (int)getpid());
	og_buf_init(&sql, 1 << 20);
	must(og_file_read(schema, "schema", &sql, &err), &err);
	must(og_db_open(b->path, OG_DB_CREATE, &b->db, &err), &err);
	must(og_rowlog_new(b->db, &b->frame.rowlog, &err), &err);
	must(og_db_exec(b->db, sql.data, &err), &err);
	must(og_db_exec(b->db, tables, &err), &err);
	must(og_ledger_open(b->db, &b->frame.ledger, &err), &err);
	b->frame.db = b->db;
	must(og_access_open(b->db, &b->access, &err), &err);
	must(og_access_principal(b->access, "ann", &who, &err), &err);
	must(og_access_rights(b->access, &who, NULL, NULL, &b->rights, &err), &err);
	must(og_gate_new(b->db, b->rights, &limits, NULL, &b->gate, &err), &err);
	b->raw = og_db_handle(b->db);
	og_buf_release(&sql);
}

static void tear_down(struct bench *b)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char name[80];

	og_gate_free(b->gate);
	og_rights_free(b->rights);
	og_access_free(b->access);
	og_ledger_free(b->frame.ledger);
	og_rowlog_free(b->frame.rowlog);
	og_db_close(b->db);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", b->path, tails[i]);
		unlink(name);
	}
}

/* Every cell as text, as a program that prints rows would have it. */
static void run_raw(struct bench *b, const char *sql, int json)
{
	sqlite3_stmt *stmt = NULL;
	json_t *rows = json_array();

	if (sqlite3_prepare_v2(b->raw, sql, -1, &stmt, NULL) != SQLITE_OK)
		exit(70);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		json_t *row = json ? json_array() : NULL;

		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			if (json)
				json_array_append_new(row, og_gate_value(stmt, i));
			else
				b->sum += sqlite3_column_text(stmt, i) != NULL;
		if (json)
			json_array_append_new(rows, row);
	}
	sqlite3_finalize(stmt);
	json_decref(rows);
}

static void run_gate(struct bench *b, const char *sql, enum og_gate_mode mode)
{
	struct og_err err = OG_ERR_INIT;
	struct og_gate_result result;

	must(og_gate_run(b->gate, sql, strlen(sql), NULL, mode, &result, &err), &err);
	if (result.verdict != OG_ALLOW) {
		fprintf(stderr, "gate: %s\n", result.why);
		exit(70);
	}
	b->sum += (int)json_array_size(result.rows);
	og_gate_result_release(&result);
}

static void read_one(struct bench *b, int kind, const char *sql)
{
	struct og_err err = OG_ERR_INIT;

	must(og_db_begin(b->db, 0, &err), &err);
	if (kind == POINT_GATE || kind == ROWS_GATE)
		run_gate(b, sql, OG_GATE_READ);
	else
		run_raw(b, sql, kind == ROWS_JSON);
	must(og_db_commit(b->db, &err), &err);
}

static void write_raw(struct bench *b, const char *sql)
{
	struct og_err err = OG_ERR_INIT;

	must(og_db_begin(b->db, 1, &err), &err);
	run_raw(b, sql, 0);
	must(og_db_commit(b->db, &err), &err);
	must(og_db_sync(b->db, &err), &err);
}

static void write_gate(struct bench *b, const char *sql)
{
	static const struct og_record record = { "ann", "bench", "sql.write", "", "", "" };
	struct og_err err = OG_ERR_INIT;
	struct og_receipt receipt;
	json_t *body = json_pack("{s:s,s:s}", "sql", sql, "verdict", "allow");

	must(og_frame_begin(&b->frame, &err), &err);
	run_gate(b, sql, OG_GATE_WRITE);
	must(og_frame_record(&b->frame, &record, body, &receipt, &err), &err);
	must(og_frame_commit(&b->frame, 1, &err), &err);
	json_decref(body);
}

static int64_t points(struct bench *b, int kind, int round)
{
	int64_t start = og_mono_us();
	char sql[128];

	for (int i = 0; i < POINTS; i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT id, user_id, amount, status FROM orders WHERE id = %d",
			 1 + (i * 7919 + round) % 100000);
		read_one(b, kind, sql);
	}
	return (og_mono_us() - start) * 1000 / POINTS;
}

static int64_t many_rows(struct bench *b, int kind)
{
	int64_t start = og_mono_us();

	read_one(b, kind,
		 "SELECT id, user_id, amount, status FROM orders"
		 " WHERE id BETWEEN 20001 AND 30000");
	return (og_mono_us() - start) * 1000;
}

static int64_t updates(struct bench *b, int kind, int round)
{
	int64_t start = og_mono_us();
	char sql[128];

	for (int i = 0; i < POINTS / 8; i++) {
		snprintf(sql, sizeof(sql), "UPDATE orders SET user_id = user_id + 1 WHERE id = %d",
			 1 + (i * 7919 + round) % 100000);
		if (kind == UPDATE_GATE)
			write_gate(b, sql);
		else
			write_raw(b, sql);
	}
	return (og_mono_us() - start) * 1000 / (POINTS / 8);
}

static void round_of(struct bench *b, int round)
{
	for (int kind = 0; kind < KINDS; kind++)
		if (kind <= POINT_GATE)
			b->times[kind][round] = points(b, kind, round);
		else if (kind <= ROWS_GATE)
			b->times[kind][round] = many_rows(b, kind);
		else
			b->times[kind][round] = updates(b, kind, round);
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double median_us(struct bench *b, int kind, int rounds)
{
	qsort(b->times[kind], (size_t)rounds, sizeof(int64_t), by_number);
	return (double)b->times[kind][rounds / 2] / 1000;
}

static void report(struct bench *b, int rounds)
{
	double us[KINDS];

	for (int kind = 0; kind < KINDS; kind++)
		us[kind] = median_us(b, kind, rounds);
	printf("{\"point_select\":{\"raw_us\":%.1f,\"gate_us\":%.1f,\"ratio\":%.2f},",
	       us[POINT_RAW], us[POINT_GATE], us[POINT_GATE] / us[POINT_RAW]);
	printf("\"rows_10000\":{\"raw_us\":%.0f,\"raw_json_us\":%.0f,\"gate_us\":%.0f,"
	       "\"ratio\":%.2f,\"ratio_json\":%.2f},",
	       us[ROWS_RAW], us[ROWS_JSON], us[ROWS_GATE], us[ROWS_GATE] / us[ROWS_RAW],
	       us[ROWS_GATE] / us[ROWS_JSON]);
	printf("\"durable_update\":{\"raw_us\":%.1f,\"gate_and_ledger_us\":%.1f,\"ratio\":%.2f}}\n",
	       us[UPDATE_RAW], us[UPDATE_GATE], us[UPDATE_GATE] / us[UPDATE_RAW]);
}

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 15;

	if (!b || argc < 2 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: gate SCHEMA_SQL [ROUNDS]\n");
		return 64;
	}
	set_up(b, argv[1]);
	for (int round = 0; round < rounds; round++)
		round_of(b, round);
	report(b, rounds);
	tear_down(b);
	free(b);
	return 0;
}
