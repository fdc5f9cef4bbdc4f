/* See blocks.h. */
#include "lib/vector/blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vector/codes.h"

/* So many times as many as are asked for are scored by their values. What
 * rounding does to a score is about 0.3 steps of the query's: one that is
 * BEHIND steps worse than the last one wanted cannot be among them. */
#define AGAIN	   4
#define AGAIN_MAX  10000
#define BEHIND	   2.5f
#define ROWS_MAX   ((size_t)8 << 20) /* bytes of the numbers of a node's rows */
#define ROOM_LEAST 4		     /* slots of a new row */

enum { ROOM, ADD, CHANGE, GONE, OF_NODE, ONE, SCAN, SCAN_NODE, VALUES, COUNT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[ROOM] = "SELECT id, used, slots, codes FROM main.og_block WHERE model = ?1 AND "
		 "dimension = ?2 AND node = ?3 AND used < 64 ORDER BY used DESC LIMIT 1",
	[ADD] = "INSERT INTO main.og_block(model, dimension, node, used, slots, codes) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[CHANGE] = "UPDATE main.og_block SET used = ?2, slots = ?3, codes = ?4 WHERE id = ?1",
	[GONE] = "DELETE FROM main.og_block WHERE id = ?1",
	[OF_NODE] = "SELECT id, used, slots FROM main.og_block WHERE node = ?1",
	[ONE] = "SELECT id, used, slots, codes FROM main.og_block WHERE id = ?1",
	[SCAN] = "SELECT id, used, slots, codes FROM main.og_block "
		 "WHERE model = ?1 AND dimension = ?2",
	[SCAN_NODE] = "SELECT id, used, slots, codes FROM main.og_block "
		      "WHERE model = ?1 AND dimension = ?2 AND node = ?3",
	[VALUES] = "SELECT vector FROM main.og_vector WHERE id = ?1",
	[COUNT] = "SELECT coalesce(sum(used), 0) FROM main.og_block WHERE model = ?1 AND "
		  "dimension = ?2 AND (?3 IS NULL OR node = ?3)",
};

/* A slot as it lies in og_block.slots. */
struct stored {
	int64_t passage, vector;
	float step;
	uint8_t clearance, kind, zero[2];
};
_Static_assert(sizeof(struct stored) == 24, "a slot has no holes");

/* One row, to be changed: its blobs have room for all slots. */
struct row {
	int64_t id; /* 0: a new one */
	size_t used, stride;
	struct stored slots[OG_BLOCK_SLOTS];
	uint8_t *codes;
};

struct og_blocks {
	struct og_db *db;
	const struct og_codes_way *way;
	struct og_stmt *statements[STATEMENTS];
};

int og_blocks_new(struct og_db *db, struct og_blocks **ret, struct og_err *err)
{
	struct og_blocks *blocks = calloc(1, sizeof(*blocks));

	if (!blocks)
		return og_fail_nomem(err);
	blocks->db = db;
	blocks->way = og_codes_best();
	*ret = blocks;
	return 0;
}

void og_blocks_free(struct og_blocks *blocks)
{
	if (!blocks)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		og_stmt_free(blocks->statements[i]);
	free(blocks);
}

/* Prepared at its first use; NULL with err. */
static struct og_stmt *statement(struct og_blocks *blocks, int which, struct og_err *err)
{
	struct og_stmt **stmt = &blocks->statements[which];

	if (!*stmt && og_stmt_new(blocks->db, sql[which], stmt, err) < 0)
		return NULL;
	return *stmt;
}

/* With the space bound, and the node where there is one. */
static struct og_stmt *of_space(struct og_blocks *blocks, int which,
				const struct og_vector_key *key, const char *node,
				struct og_err *err)
{
	struct og_stmt *stmt = statement(blocks, which, err);

	if (!stmt)
		return NULL;
	og_bind_text(stmt, 1, key->model);
	og_bind_int(stmt, 2, key->dimension);
	if (node)
		og_bind_text(stmt, 3, node);
	return stmt;
}

/* Is the row at hand (id, used, slots, codes) what was written? Its used
 * slots and bytes of codes each; 0 when it is damaged. */
static size_t used_of(struct og_stmt *stmt, size_t *ret_stride)
{
	size_t room = og_col_len(stmt, 2) / sizeof(struct stored), bytes = og_col_len(stmt, 3);
	int64_t used = og_col_int(stmt, 1);

	if (room < 1 || room > OG_BLOCK_SLOTS || used < 1 || used > (int64_t)room ||
	    og_col_len(stmt, 2) % sizeof(struct stored) != 0 || bytes % room != 0 ||
	    bytes / room > OG_VECTOR_DIMENSION_MAX || bytes / room % OG_CODES_STEP != 0 ||
	    bytes == 0)
		return 0;
	*ret_stride = bytes / room;
	return (size_t)used;
}

/* Slots that a row of so many used ones has room for: as long as they do,
 * the row keeps its size, and a change is written where it lies. */
static size_t room_for(size_t used)
{
	size_t room = ROOM_LEAST;

	while (room < used)
		room *= 2;
	return room;
}

static int damaged(struct og_stmt *stmt, struct og_err *err)
{
	og_fail(err, OG_EDATA, "vectors: row %lld of og_block is damaged",
		(long long)og_col_int(stmt, 0));
	og_stmt_reset(stmt);
	return og_hint(err, "put the policies of its node again, or restore the database");
}

/* --- changing ----------------------------------------------------------------------- */

static int row_new(size_t stride, struct row *ret, struct og_err *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->stride = stride;
	ret->codes = calloc(OG_BLOCK_SLOTS, stride);
	return ret->codes ? 0 : og_fail_nomem(err);
}

/* Reads the row that the statement stands on and resets it. */
static int row_read(struct og_stmt *stmt, struct row *ret, struct og_err *err)
{
	size_t stride, used = used_of(stmt, &stride);

	if (used == 0)
		return damaged(stmt, err);
	if (row_new(stride, ret, err) < 0) {
		og_stmt_reset(stmt);
		return -1;
	}
	ret->id = og_col_int(stmt, 0);
	ret->used = used;
	memcpy(ret->slots, og_col_blob(stmt, 2), used * sizeof(struct stored));
	memcpy(ret->codes, og_col_blob(stmt, 3), used * stride);
	og_stmt_reset(stmt);
	return 0;
}

static int row_write(struct og_blocks *blocks, const struct row *row,
		     const struct og_vector_key *key, const char *node, struct og_err *err)
{
	struct og_stmt *stmt =
		row->id ? statement(blocks, CHANGE, err) : of_space(blocks, ADD, key, node, err);
	int at = row->id ? 2 : 4;

	if (!stmt)
		return -1;
	if (row->id)
		og_bind_int(stmt, 1, row->id);
	og_bind_int(stmt, at, (int64_t)row->used);
	og_bind_blob(stmt, at + 1, row->slots, room_for(row->used) * sizeof(struct stored));
	og_bind_blob(stmt, at + 2, row->codes, room_for(row->used) * row->stride);
	return og_stmt_run(stmt, err);
}

/* A row of the node with room for one more, or a new one. */
static int row_with_room(struct og_blocks *blocks, const struct og_vector_key *key,
			 const char *node, size_t stride, struct row *ret, struct og_err *err)
{
	struct og_stmt *stmt = of_space(blocks, ROOM, key, node, err);
	int there = stmt ? og_stmt_step(stmt, err) : -1;

	if (there < 0)
		return -1;
	if (there == 0)
		return row_new(stride, ret, err);
	if (row_read(stmt, ret, err) < 0)
		return -1;
	if (ret->stride == stride)
		return 0;
	free(ret->codes);
	return og_fail(err, OG_EDATA, "vectors: '%s' has vectors of another width", key->model);
}

int og_blocks_add(struct og_blocks *blocks, const struct og_vector_key *key, const char *node,
		  const struct og_slot *slot, const struct og_vector *vector, struct og_err *err)
{
	size_t stride = og_codes_stride(vector->n);
	struct stored *stored;
	struct row row;
	int rc;

	if (row_with_room(blocks, key, node, stride, &row, err) < 0)
		return -1;
	stored = &row.slots[row.used];
	*stored = (struct stored){ .passage = slot->passage,
				   .vector = slot->vector,
				   .clearance = (uint8_t)slot->clearance,
				   .kind = (uint8_t)slot->kind };
	stored->step = og_codes_make(vector->values, vector->n, row.codes + row.used * stride);
	row.used++;
	rc = row_write(blocks, &row, key, node, err);
	free(row.codes);
	return rc;
}

static int is_one_of(int64_t passage, const int64_t *passages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (passages[i] == passage)
			return 1;
	return 0;
}

/* The last slot takes the place of one that goes. */
static void take_out(struct row *row, const int64_t *passages, size_t n)
{
	for (size_t i = row->used; i-- > 0;) {
		if (!is_one_of(row->slots[i].passage, passages, n))
			continue;
		row->used--;
		row->slots[i] = row->slots[row->used];
		row->slots[row->used] = (struct stored){ .passage = 0 };
		memmove(row->codes + i * row->stride, row->codes + row->used * row->stride,
			row->stride);
	}
}

static int row_gone(struct og_blocks *blocks, int64_t id, struct og_err *err)
{
	struct og_stmt *stmt = statement(blocks, GONE, err);

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, id);
	return og_stmt_run(stmt, err);
}

static int drop_from(struct og_blocks *blocks, int64_t id, const int64_t *passages, size_t n,
		     struct og_err *err)
{
	struct og_stmt *stmt = statement(blocks, ONE, err);
	struct row row;
	int rc;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, id);
	rc = og_stmt_step(stmt, err);
	if (rc != 1)
		return rc;
	if (row_read(stmt, &row, err) < 0)
		return -1;
	take_out(&row, passages, n);
	rc = row.used == 0 ? row_gone(blocks, id, err) : row_write(blocks, &row, NULL, NULL, err);
	free(row.codes);
	return rc;
}

/* Numbers of the node's rows that hold one of the passages. */
static int rows_with(struct og_blocks *blocks, const char *node, const int64_t *passages, size_t n,
		     struct og_buf *ret, struct og_err *err)
{
	struct og_stmt *stmt = statement(blocks, OF_NODE, err);
	int more;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, node);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		const struct stored *slots = og_col_blob(stmt, 2);
		size_t used = og_col_len(stmt, 2) / sizeof(*slots); /* those left have passage 0 */
		int64_t id = og_col_int(stmt, 0);
		struct stored slot;

		for (size_t i = 0; i < used; i++) {
			memcpy(&slot, slots + i, sizeof(slot));
			if (!is_one_of(slot.passage, passages, n))
				continue;
			og_buf_add(ret, &id, sizeof(id));
			break;
		}
	}
	return more < 0 ? -1 : og_buf_check(ret, "rows", err);
}

int og_blocks_drop(struct og_blocks *blocks, const char *node, const int64_t *passages, size_t n,
		   struct og_err *err)
{
	struct og_buf rows;
	int64_t id;
	int rc;

	if (n == 0)
		return 0;
	og_buf_init(&rows, ROWS_MAX);
	rc = rows_with(blocks, node, passages, n, &rows, err);
	for (size_t at = 0; rc == 0 && at < rows.len; at += sizeof(id)) {
		memcpy(&id, rows.data + at, sizeof(id));
		rc = drop_from(blocks, id, passages, n, err);
	}
	og_buf_release(&rows);
	return rc;
}

/* --- searching ---------------------------------------------------------------------- */

struct candidate {
	int64_t passage, vector;
	float score;
};

/* The best by codes so far, best first. */
struct candidates {
	struct candidate *best;
	size_t n, max;
	float least; /* the last one's score, when it is full */
};

static void offer(struct candidates *all, const struct stored *slot, float score)
{
	size_t at = all->n < all->max ? all->n++ : all->max - 1;

	for (; at > 0 && all->best[at - 1].score < score; at--)
		all->best[at] = all->best[at - 1];
	all->best[at] = (struct candidate){ slot->passage, slot->vector, score };
	if (all->n == all->max)
		all->least = all->best[all->max - 1].score;
}

static int by_number(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int wanted(const struct stored *slot, const struct og_block_search *search)
{
	if (slot->clearance < 1 || slot->clearance > search->clearance)
		return 0;
	if (search->kinds && (slot->kind > 31 || !(search->kinds >> slot->kind & 1)))
		return 0;
	return search->n_without == 0 || !bsearch(&slot->passage, search->without,
						  search->n_without, sizeof(int64_t), by_number);
}

static void look_at(const struct og_code_query *query, const struct og_block_search *search,
		    const int32_t *sums, const void *slots, size_t used, struct candidates *all)
{
	for (size_t i = 0; i < used; i++) {
		struct stored slot;
		float score;

		memcpy(&slot, (const char *)slots + i * sizeof(slot), sizeof(slot));
		score = (float)(sums[i] - query->offset) * query->step * slot.step;
		if ((all->n < all->max || score > all->least) && wanted(&slot, search))
			offer(all, &slot, score);
	}
}

static int scan(struct og_blocks *blocks, const struct og_block_search *search,
		const struct og_code_query *query, struct candidates *all, struct og_err *err)
{
	struct og_stmt *stmt =
		of_space(blocks, search->node ? SCAN_NODE : SCAN, search->key, search->node, err);
	int32_t sums[OG_BLOCK_SLOTS];
	size_t stride;
	int more;

	if (!stmt)
		return -1;
	while ((more = og_stmt_step(stmt, err)) > 0) {
		size_t used = used_of(stmt, &stride);

		if (used == 0 || stride != query->stride)
			return damaged(stmt, err);
		blocks->way->fn(query, og_col_blob(stmt, 3), used, sums);
		look_at(query, search, sums, og_col_blob(stmt, 2), used, all);
	}
	return more;
}

/* Scores the candidates by their values, until none that is left can be
 * among the wanted. One whose vector is gone is none. */
static int score_again(struct og_blocks *blocks, const struct og_vector *vector,
		       const struct candidates *all, float behind, struct og_top *ret,
		       struct og_err *err)
{
	struct og_stmt *stmt = statement(blocks, VALUES, err);
	size_t bytes = vector->n * sizeof(float);

	if (!stmt)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		int there;

		if (ret->n == ret->k &&
		    (double)(all->best[i].score + behind) < ret->best[ret->k - 1].score)
			break;
		og_bind_int(stmt, 1, all->best[i].vector);
		there = og_stmt_step(stmt, err);
		if (there < 0)
			return -1;
		if (there > 0 && og_col_len(stmt, 0) == bytes)
			og_top_offer(
				ret, all->best[i].passage,
				og_vector_cosine(og_col_blob(stmt, 0), vector->values, vector->n));
		og_stmt_reset(stmt);
	}
	return 0;
}

int og_blocks_search(struct og_blocks *blocks, const struct og_block_search *search,
		     struct og_top *ret, struct og_err *err)
{
	size_t max = ret->k > AGAIN_MAX / AGAIN ? AGAIN_MAX : ret->k * AGAIN;
	struct candidates all = { .max = max };
	struct og_code_query query;
	int8_t *codes;
	int rc = -1;

	if (ret->k == 0)
		return 0;
	codes = malloc(og_codes_stride(search->vector->n));
	all.best = malloc(max * sizeof(*all.best));
	if (!codes || !all.best) {
		og_fail_nomem(err);
	} else {
		og_codes_query(search->vector->values, search->vector->n, codes, &query);
		rc = scan(blocks, search, &query, &all, err);
	}
	if (rc == 0)
		rc = score_again(blocks, search->vector, &all, BEHIND * query.step, ret, err);
	free(codes);
	free(all.best);
	return rc;
}

int og_blocks_count(struct og_blocks *blocks, const struct og_vector_key *key, const char *node,
		    int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = of_space(blocks, COUNT, key, node, err);

	if (!stmt || og_stmt_step(stmt, err) < 0)
		return -1;
	*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return 0;
}
