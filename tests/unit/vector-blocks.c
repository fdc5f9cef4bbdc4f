/*
 * Vectors in blocks: codes and their product by every way this processor
 * has, and searches held against looking at every vector's values.
 */
#include "lib/vector/blocks.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/vector/codes.h"
#include "tests/unit/unit.h"

#define WIDTH 48 /* one and a half steps of codes */
#define MANY  300

struct house {
	char path[64];
	struct og_db *db;
	struct og_vectors *vectors;
	struct og_blocks *blocks;
};

static const struct og_vector_key key = { "m", 0 };

static int open_house(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;
	int rc;

	snprintf(h->path, sizeof(h->path), "/tmp/og-vector-blocks.%ld.db", (long)getpid());
	unlink(h->path);
	og_buf_init(&sql, 1 << 20);
	rc = OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err) &&
	     OG_CHECK_OK(og_db_open(h->path, OG_DB_CREATE, &h->db, &err), &err) &&
	     OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err) &&
	     OG_CHECK_OK(og_vectors_new(h->db, &h->vectors, &err), &err) &&
	     OG_CHECK_OK(og_blocks_new(h->db, &h->blocks, &err), &err);
	og_buf_release(&sql);
	return rc;
}

static void close_house(struct house *h)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[80];

	og_blocks_free(h->blocks);
	og_vectors_free(h->vectors);
	og_db_close(h->db);
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", h->path, ends[i]);
		unlink(file);
	}
}

/* The i-th vector: the same at every run, of length 1. */
static void make(size_t i, float values[WIDTH])
{
	uint64_t state = i * 2654435761u + 88172645463325252u;
	double sum = 0;

	for (size_t k = 0; k < WIDTH; k++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		values[k] = (float)((double)(state >> 40) / 8388608.0 - 1);
		sum += (double)values[k] * (double)values[k];
	}
	for (size_t k = 0; k < WIDTH; k++)
		values[k] = (float)((double)values[k] / sqrt(sum));
}

static const char *node_of(size_t i)
{
	static const char *const nodes[] = { "stock", "orders", "books" };

	return nodes[i % 3];
}

static int clearance_of(size_t i)
{
	return (int)(i / 3 % 3) + 1;
}

static int kind_of(size_t i)
{
	return (int)(i / 9 % 4);
}

static void add(struct house *h, size_t i)
{
	struct og_err err = OG_ERR_INIT;
	float values[WIDTH];
	struct og_vector vector = { values, WIDTH };
	struct og_slot slot = { .passage = (int64_t)i + 1,
				.clearance = clearance_of(i),
				.kind = kind_of(i) };
	char digest[32];

	make(i, values);
	snprintf(digest, sizeof(digest), "d%zu", i);
	OG_CHECK(og_vectors_put(h->vectors, &key, OG_VECTOR_DOCUMENT, digest, &vector, &err) ==
		 OG_VECTOR_NEW);
	slot.vector = og_db_last_id(h->db);
	OG_CHECK_OK(og_blocks_add(h->blocks, &key, node_of(i), &slot, &vector, &err), &err);
}

static void fill(struct house *h)
{
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err);
	for (size_t i = 0; i < MANY; i++)
		add(h, i);
	OG_CHECK_OK(og_db_commit(h->db, &err), &err);
}

/* What the search has to find: every vector's values are looked at. */
static void by_hand(const struct og_block_search *search, size_t from, struct og_top *top)
{
	for (size_t i = from; i < MANY; i++) {
		float values[WIDTH];

		if ((search->node && strcmp(node_of(i), search->node) != 0) ||
		    clearance_of(i) > search->clearance ||
		    (search->kinds && !(search->kinds >> kind_of(i) & 1)) ||
		    (search->n_without && i % 2 == 0))
			continue;
		make(i, values);
		og_top_offer(top, (int64_t)i + 1,
			     og_vector_cosine(values, search->vector->values, WIDTH));
	}
}

/* 1 when both say the same, best first. */
static int same(struct house *h, struct og_block_search *search, size_t query, size_t from)
{
	struct og_err err = OG_ERR_INIT;
	struct og_best found[10], wanted[10];
	struct og_top by_blocks = { found, 10, 0 }, by_values = { wanted, 10, 0 };
	float values[WIDTH];
	struct og_vector vector = { values, WIDTH };
	int equal;

	make(query, values);
	search->key = &key;
	search->vector = &vector;
	by_hand(search, from, &by_values);
	OG_CHECK_OK(og_blocks_search(h->blocks, search, &by_blocks, &err), &err);
	equal = by_blocks.n == by_values.n;
	for (size_t i = 0; equal && i < by_values.n; i++)
		equal = found[i].number == wanted[i].number;
	return equal;
}

static void every_way_gives_the_same_sums(void)
{
	static const size_t widths[] = { 1, 63, 64, 65, 384, 1000, 8192 };
	static float values[8192];
	static uint8_t high[7 * 4096], low[7 * 4096], room[3 * 8192];
	const struct og_codes_way *best = og_codes_best(), *way = og_codes_ways();
	struct og_code_query query;
	struct og_code_scale scale;
	int32_t sums[7], others[7];

	for (size_t w = 0; w < sizeof(widths) / sizeof(*widths); w++) {
		for (size_t i = 0; i < widths[w]; i++)
			values[i] = (float)((int)(i * 37 % 255) - 127);
		og_codes_query(values, widths[w], room, &query);
		memset(high, 255, sizeof(high)); /* the greatest there are */
		memset(low, 255, sizeof(low));
		og_codes_make(values, widths[w], high + query.stride / 2, low, &scale);
		way->high(&query, high, 7, sums);
		best->high(&query, high, 7, others);
		OG_CHECK(memcmp(sums, others, sizeof(sums)) == 0);
		for (size_t row = 0; row < 2; row++)
			OG_CHECK_INT(best->whole(&query, high + row * query.stride / 2, low),
				     way->whole(&query, high + row * query.stride / 2, low));
	}
}

/* A query whose values are all as great as they can be overflows nothing. */
static void the_greatest_sums_fit(void)
{
	static float values[8192];
	static uint8_t high[4096], low[4096], room[3 * 8192];
	struct og_code_query query;
	int32_t sum;

	for (size_t i = 0; i < 8192; i++)
		values[i] = 1;
	memset(high, 255, sizeof(high));
	memset(low, 255, sizeof(low));
	og_codes_query(values, 8192, room, &query);
	for (const struct og_codes_way *way = og_codes_ways(); way->name; way++) {
		if (way != og_codes_ways() && way != og_codes_best())
			continue;
		way->high(&query, high, 1, &sum);
		OG_CHECK_INT(sum, 8192 * 63 * 15);
		OG_CHECK_INT(way->whole(&query, high, low), 8192 * 2047 * 127);
	}
}

/* What codes say is off by no more than they say, and that is little. */
static void codes_stand_for_the_values(void)
{
	float a[WIDTH], b[WIDTH];
	uint8_t high[OG_CODES_STEP / 2], low[OG_CODES_STEP / 2], room[3 * OG_CODES_STEP];
	struct og_code_query query;
	struct og_code_scale scale;
	int32_t sum;

	OG_CHECK_INT(og_codes_stride(WIDTH), OG_CODES_STEP);
	for (size_t i = 0; i < 500; i++) {
		double truth, got, most, off;
		float left_out;

		make(i, a);
		make(i + 1000, b);
		for (size_t k = 0; k < WIDTH; k++)
			b[k] = a[k] * (float)(i % 3) + b[k] / (float)(1 + i % 7);
		left_out = og_codes_make(a, WIDTH, high, low, &scale);
		og_codes_query(b, WIDTH, room, &query);
		truth = og_vector_cosine(a, b, WIDTH);
		og_codes_best()->high(&query, high, 1, &sum);
		most = (double)og_codes_most(&query, &scale, sum);
		OG_CHECK(truth <= most);
		OG_CHECK(most - truth < 0.35 * (double)query.length);
		sum = og_codes_best()->whole(&query, high, low);
		got = (double)sum * (double)query.fine_step * (double)scale.step;
		off = (double)og_codes_off(&query, left_out);
		OG_CHECK(fabs(got - truth) <= off);
		OG_CHECK(off < 0.01 * (double)query.length);
	}
	memset(a, 0, sizeof(a));
	og_codes_make(a, WIDTH, high, low, &scale);
	OG_CHECK(scale.step == 0);
	OG_CHECK_INT(high[0], 0x88);
	OG_CHECK_INT(low[0], 0);
}

static void a_search_finds_what_looking_at_all_finds(void)
{
	struct house h = { .db = NULL };
	int64_t even[MANY / 2];

	for (size_t i = 0; i < MANY / 2; i++)
		even[i] = (int64_t)i * 2 + 1; /* the passage of vector 2 i */
	if (open_house(&h)) {
		fill(&h);
		for (size_t query = 1000; query < 1040; query++) {
			struct og_block_search all = { .clearance = 3 };
			struct og_block_search node = { .clearance = 3, .node = "orders" };
			struct og_block_search low = { .clearance = 1, .node = "stock" };
			struct og_block_search some = { .clearance = 3,
							.without = even,
							.n_without = MANY / 2 };
			struct og_block_search laws = { .clearance = 2, .kinds = 1u << 2 };

			OG_CHECK(same(&h, &all, query, 0));
			OG_CHECK(same(&h, &node, query, 0));
			OG_CHECK(same(&h, &low, query, 0));
			OG_CHECK(same(&h, &laws, query, 0));
			OG_CHECK(same(&h, &some, query, 0));
		}
	}
	close_house(&h);
}

/* So many that are nearly the same that they cannot be told by their codes,
 * and a vector that is gone. */
static void a_crowd_is_told_apart(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	struct og_best found[5];
	struct og_top top = { found, 5, 0 };
	float values[WIDTH], query[WIDTH];
	struct og_vector vector = { values, WIDTH }, asked = { query, WIDTH };
	struct og_block_search search = { .key = &key, .vector = &asked, .clearance = 3 };
	int in = 0;

	make(1, query);
	if (open_house(&h)) {
		in = OG_CHECK_OK(og_db_begin(h.db, 1, &err), &err);
		for (int64_t i = 0; in && i < 2500; i++) {
			struct og_slot slot = { .passage = i + 1, .clearance = 1 };
			char digest[32];

			make(1, values);
			values[0] += (float)(i * 7 % 2500) * 1e-6f; /* 357: the greatest */
			snprintf(digest, sizeof(digest), "d%lld", (long long)i);
			OG_CHECK(og_vectors_put(h.vectors, &key, OG_VECTOR_DOCUMENT, digest,
						&vector, &err) == OG_VECTOR_NEW);
			slot.vector = og_db_last_id(h.db);
			in = OG_CHECK_OK(
				og_blocks_add(h.blocks, &key, "stock", &slot, &vector, &err), &err);
		}
		OG_CHECK_OK(og_db_commit(h.db, &err), &err);
		OG_CHECK_OK(og_blocks_search(h.blocks, &search, &top, &err), &err);
		OG_CHECK_INT(top.n, 5);
		for (int64_t i = 0; i < 5; i++)
			OG_CHECK_INT((found[i].number - 1) * 7 % 2500, query[0] > 0 ? 2499 - i : i);
		OG_CHECK_OK(og_db_exec(h.db, "DELETE FROM og_vector", &err), &err);
		top.n = 0;
		OG_CHECK_OK(og_blocks_search(h.blocks, &search, &top, &err), &err);
		OG_CHECK_INT(top.n, 5);
		OG_CHECK(fabs(found[4].score - 1) < 0.01);
	}
	close_house(&h);
}

static void what_is_dropped_is_found_no_more(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	struct og_block_search all = { .clearance = 3 };
	int64_t passages[MANY], n = -1;

	if (open_house(&h)) {
		fill(&h);
		for (size_t i = 0; i < MANY; i++)
			passages[i] = (int64_t)i + 1;
		for (size_t node = 0; node < 3; node++)
			OG_CHECK_OK(og_blocks_drop(h.blocks, node_of(node), passages, 150, &err),
				    &err);
		OG_CHECK_OK(og_blocks_count(h.blocks, &key, NULL, &n, &err), &err);
		OG_CHECK_INT(n, 150);
		for (size_t query = 2000; query < 2020; query++)
			OG_CHECK(same(&h, &all, query, 150));
		OG_CHECK_OK(og_blocks_drop(h.blocks, "nowhere", passages, 5, &err), &err);
		for (size_t node = 0; node < 3; node++)
			OG_CHECK_OK(og_blocks_drop(h.blocks, node_of(node), passages, MANY, &err),
				    &err);
		OG_CHECK_OK(og_db_int(h.db, "SELECT count(*) FROM og_block", &n, &err), &err);
		OG_CHECK_INT(n, 0);
	}
	close_house(&h);
}

/* A passage that many models gave vectors goes out of every space. */
static void one_of_many_spaces_is_dropped(void)
{
	struct og_slot slot = { .passage = 1, .vector = 1, .clearance = 1 };
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	float values[WIDTH];
	struct og_vector vector = { values, WIDTH };
	int64_t rows = -1;

	if (open_house(&h)) {
		make(1, values);
		for (int64_t dimension = 1; dimension <= 200; dimension++) {
			struct og_vector_key of = { "many", dimension };

			OG_CHECK_OK(og_blocks_add(h.blocks, &of, "stock", &slot, &vector, &err),
				    &err);
		}
		OG_CHECK_OK(og_blocks_drop(h.blocks, "stock", &slot.passage, 1, &err), &err);
		OG_CHECK_OK(og_db_int(h.db, "SELECT count(*) FROM og_block", &rows, &err), &err);
		OG_CHECK_INT(rows, 0);
	}
	close_house(&h);
}

/* Places that became free are taken again. */
static void changes_do_not_make_it_grow(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	int64_t rows = -1, passage;

	if (open_house(&h)) {
		fill(&h);
		for (size_t round = 0; round < 5; round++) {
			for (size_t i = 0; i < 60; i++) {
				passage = (int64_t)(i * 5) + 1;
				OG_CHECK_OK(
					og_blocks_drop(h.blocks, node_of(i * 5), &passage, 1, &err),
					&err);
			}
			for (size_t i = 0; i < 60; i++) {
				float values[WIDTH];
				struct og_vector vector = { values, WIDTH };
				struct og_slot slot = { (int64_t)(i * 5) + 1, (int64_t)(i * 5) + 1,
							clearance_of(i * 5), kind_of(i * 5) };

				make(i * 5, values);
				OG_CHECK_OK(og_blocks_add(h.blocks, &key, node_of(i * 5), &slot,
							  &vector, &err),
					    &err);
			}
		}
		OG_CHECK_OK(og_db_int(h.db, "SELECT count(*) FROM og_block", &rows, &err), &err);
		OG_CHECK_INT(rows, 6); /* 300 of 3 nodes, 64 in a row */
	}
	close_house(&h);
}

static void a_damaged_row_is_an_error(void)
{
	static const char *const damages[] = {
		"UPDATE og_block SET used = 65 WHERE id = 1",
		"UPDATE og_block SET used = 0 WHERE id = 1",
		"UPDATE og_block SET used = -1 WHERE id = 1",
		"UPDATE og_block SET slots = x'00' WHERE id = 1",
		"UPDATE og_block SET high = x'' WHERE id = 1",
		"UPDATE og_block SET low = x'' WHERE id = 1",
		"UPDATE og_block SET high = zeroblob(64 * 4136), low = zeroblob(64 * 4128) "
		"WHERE id = 1",
		"UPDATE og_block SET high = substr(high, 1, length(high) - 1) WHERE id = 1",
		"UPDATE og_block SET low = substr(low, 1, length(low) - 1) WHERE id = 1",
		"UPDATE og_block SET slots = substr(slots, 1, 24) WHERE id = 1",
		"UPDATE og_block SET high = zeroblob(64 * 40), low = zeroblob(64 * 64) "
		"WHERE id = 1",
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct og_err err = OG_ERR_INIT;
		struct house h = { .db = NULL };
		struct og_best room[4];
		struct og_top top = { room, 4, 0 };
		float values[WIDTH];
		struct og_vector vector = { values, WIDTH };
		struct og_block_search search = { .key = &key, .vector = &vector, .clearance = 3 };

		make(1, values);
		if (open_house(&h)) {
			fill(&h);
			OG_CHECK_OK(og_db_exec(h.db, damages[i], &err), &err);
			OG_CHECK(og_blocks_search(h.blocks, &search, &top, &err) < 0);
			OG_CHECK_INT(err.code, OG_EDATA);
		}
		close_house(&h);
	}
}

static void another_width_is_an_error(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	float values[OG_CODES_STEP + 1] = { 1 };
	struct og_vector vector = { values, OG_CODES_STEP + 1 };
	struct og_slot slot = { 1, 1, 1, 0 };

	if (open_house(&h)) {
		fill(&h);
		OG_CHECK(og_blocks_add(h.blocks, &key, "stock", &slot, &vector, &err) < 0);
		OG_CHECK_INT(err.code, OG_EDATA);
	}
	close_house(&h);
}

int main(void)
{
	OG_RUN(every_way_gives_the_same_sums);
	OG_RUN(the_greatest_sums_fit);
	OG_RUN(codes_stand_for_the_values);
	OG_RUN(a_search_finds_what_looking_at_all_finds);
	OG_RUN(a_crowd_is_told_apart);
	OG_RUN(what_is_dropped_is_found_no_more);
	OG_RUN(one_of_many_spaces_is_dropped);
	OG_RUN(changes_do_not_make_it_grow);
	OG_RUN(a_damaged_row_is_an_error);
	OG_RUN(another_width_is_an_error);
	return og_done();
}
