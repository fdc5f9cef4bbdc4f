/*
 * Searching by meaning: so many passages of 384 values in nodes of 1,000,
 * the nearest ten in one node and in all of them, beside sqlite-vec with
 * the same vectors (8 bits a value, a partition a node), taking turns.
 *
 *	vectors SCHEMA PASSAGES [VEC0.SO]
 *
 * Prints a JSON object: milliseconds (medians), the share of the truly
 * nearest ten that was found, bytes on disk a passage, and passages a second
 * when they are put in 256 at a time. Then the first search of a process that
 * opens the copy, searches without it, making it, and microseconds to put one
 * passage, to replace and to drop it, a transaction each.
 */
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/vector/blocks.h"
#include "tests/bench/bench.h"

#define WIDTH	   384
#define TOPICS	   2000
#define DIRECTIONS 48 /* that vectors of one topic differ in */
#define IN_NODE	   1000
#define TOGETHER   20 /* passages of a document */
#define BEST	   10
#define QUERIES	   31
#define COPY	   "vectors.db-codes"

static const struct og_vector_key key = { "bench", 0 };

struct world {
	uint64_t state;
	float *topics, *directions;
	size_t n, nodes;
	struct og_db *db;
	struct og_vectors *vectors;
	struct og_blocks *blocks, *bare; /* bare: without the copy */
	sqlite3 *other;			 /* sqlite-vec's, or NULL */
	sqlite3_stmt *other_put, *other_node, *other_all;
};

static double random_of(struct world *w)
{
	double sum = 0;

	for (int i = 0; i < 4; i++) {
		w->state ^= w->state << 13;
		w->state ^= w->state >> 7;
		w->state ^= w->state << 17;
		sum += (double)(w->state >> 40) / 16777216.0;
	}
	return (sum - 2) * 1.732;
}

static void make_world(struct world *w)
{
	w->state = 88172645463325252u;
	w->topics = calloc((size_t)TOPICS * WIDTH, sizeof(float));
	w->directions = calloc((size_t)DIRECTIONS * WIDTH, sizeof(float));
	if (!w->topics || !w->directions)
		exit(70);
	for (size_t i = 0; i < (size_t)TOPICS * WIDTH; i++)
		w->topics[i] = (float)(0.6 * random_of(w));
	for (size_t i = 0; i < (size_t)DIRECTIONS * WIDTH; i++)
		w->directions[i] = (float)(0.9 * random_of(w) / sqrt(DIRECTIONS));
}

/* A vector near one of the topics, of length 1. */
static void next(struct world *w, float values[WIDTH])
{
	const float *topic = w->topics + (size_t)(w->state % TOPICS) * WIDTH;
	double sum = 0, along[DIRECTIONS];

	for (size_t j = 0; j < DIRECTIONS; j++)
		along[j] = random_of(w);
	for (size_t k = 0; k < WIDTH; k++) {
		double value = (double)topic[k] + 0.25 * random_of(w);

		for (size_t j = 0; j < DIRECTIONS; j++)
			value += along[j] * (double)w->directions[j * WIDTH + k];
		values[k] = (float)value;
		sum += value * value;
	}
	for (size_t k = 0; k < WIDTH; k++)
		values[k] = (float)((double)values[k] / sqrt(sum));
}

static void node_name(const struct world *w, size_t i, char name[32])
{
	snprintf(name, 32, "node-%zu", i / TOGETHER % w->nodes);
}

/* --- ours ----------------------------------------------------------------------------- */

static void open_ours(struct world *w, const char *schema)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;

	og_buf_init(&sql, 1 << 20);
	must(og_file_read(schema, "schema", &sql, &err), &err);
	must(og_db_open("vectors.db", OG_DB_CREATE, &w->db, &err), &err);
	must(og_db_exec(w->db, sql.data, &err), &err);
	must(og_vectors_new(w->db, &w->vectors, &err), &err);
	must(og_blocks_new(w->db, &w->blocks, &err), &err);
	must(og_blocks_copy(w->blocks, COPY, &err), &err);
	must(og_blocks_new(w->db, &w->bare, &err), &err);
	must(og_db_map(w->db, (int64_t)64 << 30, &err), &err);
	og_buf_release(&sql);
}

static void put_ours(struct world *w, size_t i, float *values)
{
	struct og_err err = OG_ERR_INIT;
	struct og_vector vector = { values, WIDTH };
	struct og_slot slot = { .passage = (int64_t)i + 1, .clearance = 1 };
	char digest[72], node[32];

	snprintf(digest, sizeof(digest), "%064zx", i * 2654435761u);
	node_name(w, i, node);
	must(og_vectors_put(w->vectors, &key, OG_VECTOR_DOCUMENT, digest, &vector, &err), &err);
	slot.vector = og_db_last_id(w->db);
	must(og_blocks_add(w->blocks, &key, node, &slot, &vector, &err), &err);
}

static int64_t ask(struct og_blocks *blocks, float *values, const char *node, int64_t ids[BEST])
{
	struct og_err err = OG_ERR_INIT;
	struct og_vector vector = { values, WIDTH };
	struct og_block_search search = {
		.key = &key, .vector = &vector, .node = node, .clearance = 3
	};
	struct og_best best[BEST];
	struct og_top top = { best, BEST, 0 };
	int64_t start = og_mono_us();

	must(og_blocks_search(blocks, &search, &top, &err), &err);
	start = og_mono_us() - start;
	for (size_t i = 0; i < BEST; i++)
		ids[i] = i < top.n ? best[i].number : 0;
	return start;
}

/* The truly nearest, by the values of all. */
static void ask_all_values(struct world *w, const float *values, int64_t ids[BEST])
{
	struct og_err err = OG_ERR_INIT;
	struct og_best best[BEST];
	struct og_top top = { best, BEST, 0 };
	struct og_stmt *stmt;
	int more;

	must(og_stmt_new(w->db, "SELECT id, vector FROM og_vector", &stmt, &err), &err);
	while ((more = og_stmt_step(stmt, &err)) > 0)
		og_top_offer(&top, og_col_int(stmt, 0),
			     og_vector_cosine(og_col_blob(stmt, 1), values, WIDTH));
	must(more, &err);
	og_stmt_free(stmt);
	for (size_t i = 0; i < BEST; i++)
		ids[i] = best[i].number; /* passages have the numbers of their vectors here */
}

/* --- sqlite-vec ----------------------------------------------------------------------- */

static void must_sqlite(struct world *w, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "sqlite-vec: %s\n", sqlite3_errmsg(w->other));
	exit(70);
}

static void prepare_other(struct world *w, const char *sql, sqlite3_stmt **ret)
{
	must_sqlite(w, sqlite3_prepare_v2(w->other, sql, -1, ret, NULL));
}

static void open_other(struct world *w, const char *extension)
{
	must_sqlite(w, sqlite3_open("sqlite-vec.db", &w->other));
	must_sqlite(w, sqlite3_enable_load_extension(w->other, 1));
	must_sqlite(w, sqlite3_load_extension(w->other, extension, "sqlite3_vec_init", NULL));
	must_sqlite(w, sqlite3_exec(w->other,
				    "PRAGMA journal_mode = WAL; PRAGMA mmap_size = 68719476736;"
				    "CREATE VIRTUAL TABLE v USING vec0(node INTEGER PARTITION KEY, "
				    "e int8[384])",
				    NULL, NULL, NULL));
	prepare_other(w, "INSERT INTO v(rowid, node, e) VALUES (?1, ?2, vec_int8(?3))",
		      &w->other_put);
	prepare_other(w, "SELECT rowid FROM v WHERE e MATCH vec_int8(?1) AND k = 10 AND node = ?2",
		      &w->other_node);
	prepare_other(w, "SELECT rowid FROM v WHERE e MATCH vec_int8(?1) AND k = 10",
		      &w->other_all);
}

static void bytes_of(const float *values, int8_t bytes[WIDTH])
{
	for (size_t k = 0; k < WIDTH; k++)
		bytes[k] = (int8_t)lrintf(fmaxf(-127, fminf(127, values[k] * 635)));
}

static void put_other(struct world *w, size_t i, const float *values)
{
	int8_t bytes[WIDTH];

	bytes_of(values, bytes);
	sqlite3_bind_int64(w->other_put, 1, (sqlite3_int64)i + 1);
	sqlite3_bind_int64(w->other_put, 2, (sqlite3_int64)(i / TOGETHER % w->nodes));
	sqlite3_bind_blob(w->other_put, 3, bytes, WIDTH, SQLITE_STATIC);
	must_sqlite(w, sqlite3_step(w->other_put));
	sqlite3_reset(w->other_put);
}

static int64_t ask_other(struct world *w, sqlite3_stmt *stmt, const float *values, size_t node)
{
	int8_t bytes[WIDTH];
	int64_t start = og_mono_us();
	int rc;

	bytes_of(values, bytes);
	sqlite3_bind_blob(stmt, 1, bytes, WIDTH, SQLITE_STATIC);
	if (stmt == w->other_node)
		sqlite3_bind_int64(stmt, 2, (sqlite3_int64)node);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		;
	must_sqlite(w, rc);
	sqlite3_reset(stmt);
	return og_mono_us() - start;
}

/* --- the measuring -------------------------------------------------------------------- */

/* Puts all of them in; microseconds of ours. */
static int64_t put_all(struct world *w)
{
	struct og_err err = OG_ERR_INIT;
	int64_t took = 0, start;
	float *batch = malloc(sizeof(float) * WIDTH * 256);

	if (!batch)
		exit(70);
	for (size_t i = 0; i < w->n; i += 256) {
		size_t many = w->n - i < 256 ? w->n - i : 256;

		for (size_t j = 0; j < many; j++)
			next(w, batch + j * WIDTH);
		start = og_mono_us();
		must(og_db_begin(w->db, 1, &err), &err);
		for (size_t j = 0; j < many; j++)
			put_ours(w, i + j, batch + j * WIDTH);
		must(og_db_commit(w->db, &err), &err);
		took += og_mono_us() - start;
		if (!w->other)
			continue;
		must_sqlite(w, sqlite3_exec(w->other, "BEGIN", NULL, NULL, NULL));
		for (size_t j = 0; j < many; j++)
			put_other(w, i + j, batch + j * WIDTH);
		must_sqlite(w, sqlite3_exec(w->other, "COMMIT", NULL, NULL, NULL));
	}
	free(batch);
	return took;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static double median_ms(int64_t *us, size_t n)
{
	qsort(us, n, sizeof(*us), by_size);
	return (double)us[n / 2] / 1000;
}

static size_t in_both(const int64_t *a, const int64_t *b)
{
	size_t n = 0;

	for (size_t i = 0; i < BEST; i++)
		for (size_t j = 0; j < BEST; j++)
			n += a[i] == b[j];
	return n;
}

struct times {
	int64_t node[QUERIES], all[QUERIES], other_node[QUERIES], other_all[QUERIES];
	int64_t bare_node[QUERIES], bare_all[QUERIES];
	int64_t put[QUERIES], replaced[QUERIES], dropped[QUERIES];
	int64_t made, first_node, first_all;
	size_t right, wanted;
};

static void ask_everybody(struct world *w, struct times *t)
{
	int64_t found[BEST], nearest[BEST];
	float values[WIDTH];
	char node[32];

	for (size_t i = 0; i < QUERIES; i++) {
		size_t at = i * 37 % w->nodes;

		next(w, values);
		node_name(w, at * TOGETHER, node);
		t->bare_node[i] = ask(w->bare, values, node, found);
		t->bare_all[i] = ask(w->bare, values, NULL, found);
		t->node[i] = ask(w->blocks, values, node, found);
		if (w->other)
			t->other_node[i] = ask_other(w, w->other_node, values, at);
		t->all[i] = ask(w->blocks, values, NULL, found);
		if (w->other)
			t->other_all[i] = ask_other(w, w->other_all, values, at);
		if (i % 3)
			continue;
		ask_all_values(w, values, nearest);
		t->right += in_both(found, nearest);
		t->wanted += BEST;
	}
}

/* The copy is made by the first search, and opened by the first of another. */
static void ask_first(struct world *w, struct times *t)
{
	struct og_err err = OG_ERR_INIT;
	int64_t found[BEST];
	float values[WIDTH];

	next(w, values);
	t->made = ask(w->blocks, values, NULL, found);
	og_blocks_free(w->blocks);
	must(og_blocks_new(w->db, &w->blocks, &err), &err);
	must(og_blocks_copy(w->blocks, COPY, &err), &err);
	t->first_node = ask(w->blocks, values, "node-0", found);
	t->first_all = ask(w->blocks, values, NULL, found);
}

static void drop_ours(struct world *w, size_t i)
{
	struct og_err err = OG_ERR_INIT;
	int64_t passage = (int64_t)i + 1;
	char node[32];

	node_name(w, i, node);
	must(og_blocks_drop(w->blocks, node, &passage, 1, &err), &err);
}

/* One passage in a transaction: a new one, other values, none. */
static int64_t change(struct world *w, size_t i, int drop, int put)
{
	struct og_err err = OG_ERR_INIT;
	float values[WIDTH];
	int64_t start;

	next(w, values);
	start = og_mono_us();
	must(og_db_begin(w->db, 1, &err), &err);
	if (drop)
		drop_ours(w, i);
	if (put)
		put_ours(w, i, values);
	must(og_db_commit(w->db, &err), &err);
	return og_mono_us() - start;
}

static void change_some(struct world *w, struct times *t)
{
	for (size_t i = 0; i < QUERIES; i++) {
		t->put[i] = change(w, w->n + i * TOGETHER, 0, 1);
		t->replaced[i] = change(w, w->n + i * TOGETHER, 1, 1);
		t->dropped[i] = change(w, w->n + i * TOGETHER, 1, 0);
	}
}

static double bytes_each(const struct world *w)
{
	struct og_err err = OG_ERR_INIT;
	int64_t pages = 0, size = 0;
	struct stat st = { .st_size = 0 };

	must(og_db_int(w->db, "PRAGMA page_count", &pages, &err), &err);
	must(og_db_int(w->db, "PRAGMA page_size", &size, &err), &err);
	stat(COPY, &st);
	return (double)(pages * size + st.st_size) / (double)w->n;
}

static void print(const struct world *w, struct times *t, int64_t took)
{
	printf("{\"passages\":%zu,\"node_ms\":%.3f,\"all_ms\":%.2f,\"recall_10\":%.3f,"
	       "\"put_per_second\":%.0f,\"bytes_each\":%.0f",
	       w->n, median_ms(t->node, QUERIES), median_ms(t->all, QUERIES),
	       (double)t->right / (double)t->wanted, (double)w->n * 1e6 / (double)took,
	       bytes_each(w));
	printf(",\"first\":{\"node_ms\":%.3f,\"all_ms\":%.2f},\"without_copy\":"
	       "{\"node_ms\":%.3f,\"all_ms\":%.2f},\"copy_made_ms\":%.0f",
	       (double)t->first_node / 1000, (double)t->first_all / 1000,
	       median_ms(t->bare_node, QUERIES), median_ms(t->bare_all, QUERIES),
	       (double)t->made / 1000);
	printf(",\"one_us\":{\"put\":%.0f,\"replaced\":%.0f,\"dropped\":%.0f}",
	       1000 * median_ms(t->put, QUERIES), 1000 * median_ms(t->replaced, QUERIES),
	       1000 * median_ms(t->dropped, QUERIES));
	if (w->other)
		printf(",\"sqlite_vec\":{\"node_ms\":%.3f,\"all_ms\":%.2f}",
		       median_ms(t->other_node, QUERIES), median_ms(t->other_all, QUERIES));
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct world w = { .n = 0 };
	struct times times = { .right = 0 };
	struct og_err err = OG_ERR_INIT;
	int64_t took;

	if (argc < 3) {
		fprintf(stderr, "usage: vectors SCHEMA PASSAGES [VEC0.SO]\n");
		return 64;
	}
	w.n = strtoul(argv[2], NULL, 10);
	w.nodes = w.n / IN_NODE ? w.n / IN_NODE : 1;
	make_world(&w);
	open_ours(&w, argv[1]);
	if (argc > 3)
		open_other(&w, argv[3]);
	took = put_all(&w);
	must(og_db_exec(w.db, "PRAGMA wal_checkpoint(TRUNCATE)", &err), &err);
	ask_first(&w, &times);
	ask_everybody(&w, &times);
	change_some(&w, &times);
	print(&w, &times, took);
	og_blocks_free(w.blocks);
	og_blocks_free(w.bare);
	og_vectors_free(w.vectors);
	og_db_close(w.db);
	sqlite3_finalize(w.other_put);
	sqlite3_finalize(w.other_node);
	sqlite3_finalize(w.other_all);
	sqlite3_close(w.other);
	unlink("vectors.db");
	unlink(COPY);
	unlink("sqlite-vec.db");
	free(w.topics);
	free(w.directions);
	return 0;
}
