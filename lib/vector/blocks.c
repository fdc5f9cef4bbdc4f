/* Rows of og_block: kept, changed, counted. See blocks.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/vector/blocks-internal.h"

#define ROWS_MAX   ((size_t)8 << 20) /* bytes of the numbers of a node's rows */
#define ROOM_LEAST 4		     /* slots of a new row */

static const char *const sql[OG_BLOCK_STATEMENTS] = {
	[OG_BLOCK_ROOM] = "SELECT id, used, slots, high, low FROM main.og_block WHERE "
			  "model = ?1 AND dimension = ?2 AND node = ?3 AND used < 64 "
			  "ORDER BY used DESC LIMIT 1",
	[OG_BLOCK_ADD] = "INSERT INTO main.og_block(model, dimension, node, used, slots, high, "
			 "low, stamp) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, random())",
	[OG_BLOCK_CHANGE] = "UPDATE main.og_block SET used = ?2, slots = ?3, high = ?4, low = ?5, "
			    "stamp = random() WHERE id = ?1",
	[OG_BLOCK_GONE] = "DELETE FROM main.og_block WHERE id = ?1",
	[OG_BLOCK_OF_NODE] = "SELECT id, used, slots FROM main.og_block WHERE node = ?1",
	[OG_BLOCK_ONE] = "SELECT id, used, slots, high, low FROM main.og_block WHERE id = ?1",
	[OG_BLOCK_ALL] = "SELECT id, stamp FROM main.og_block WHERE model = ?1 AND "
			 "dimension = ?2 ORDER BY node, used",
	[OG_BLOCK_ALL_OF_NODE] = "SELECT id, stamp FROM main.og_block WHERE model = ?1 AND "
				 "dimension = ?2 AND node = ?3",
	[OG_BLOCK_VALUES] = "SELECT vector FROM main.og_vector WHERE id = ?1",
	[OG_BLOCK_COUNT] = "SELECT coalesce(sum(used), 0) FROM main.og_block WHERE model = ?1 AND "
			   "dimension = ?2 AND (?3 IS NULL OR node = ?3)",
};

/* One row, to be changed: there is room for all slots. */
struct row {
	int64_t id; /* 0: a new one */
	size_t used, half;
	struct og_block_slot slots[OG_BLOCK_SLOTS];
	struct og_code_scale scales[OG_BLOCK_SLOTS];
	uint8_t *high, *low; /* one allocation, high's */
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
	for (size_t i = 0; i < OG_BLOCK_STATEMENTS; i++)
		og_stmt_free(blocks->statements[i]);
	og_copy_free(blocks->copy);
	free(blocks);
}

int og_blocks_copy(struct og_blocks *blocks, const char *path, struct og_err *err)
{
	return og_copy_new(path, &blocks->copy, err);
}

struct og_stmt *og_block_statement(struct og_blocks *blocks, int which, struct og_err *err)
{
	struct og_stmt **stmt = &blocks->statements[which];

	if (!*stmt && og_stmt_new(blocks->db, sql[which], stmt, err) < 0)
		return NULL;
	return *stmt;
}

struct og_stmt *og_block_of_space(struct og_blocks *blocks, int which,
				  const struct og_vector_key *key, const char *node,
				  struct og_err *err)
{
	struct og_stmt *stmt = og_block_statement(blocks, which, err);

	if (!stmt)
		return NULL;
	og_bind_text(stmt, 1, key->model);
	og_bind_int(stmt, 2, key->dimension);
	if (node)
		og_bind_text(stmt, 3, node);
	return stmt;
}

int og_block_view(struct og_stmt *stmt, struct og_block_view *ret)
{
	size_t room = og_col_len(stmt, 2) / sizeof(struct og_block_slot);
	size_t bytes = og_col_len(stmt, 4);
	int64_t used = og_col_int(stmt, 1);

	if (room < 1 || room > OG_BLOCK_SLOTS || used < 1 || used > (int64_t)room ||
	    og_col_len(stmt, 2) % sizeof(struct og_block_slot) != 0 || bytes == 0 ||
	    og_col_len(stmt, 3) != bytes + room * sizeof(struct og_code_scale) ||
	    bytes % room != 0 || bytes / room > OG_VECTOR_DIMENSION_MAX / 2 ||
	    bytes / room % (OG_CODES_STEP / 2) != 0)
		return 0;
	*ret = (struct og_block_view){ .used = (size_t)used,
				       .half = bytes / room,
				       .scales = og_col_blob(stmt, 3) };
	ret->high = ret->scales + room * sizeof(struct og_code_scale);
	return 1;
}

void og_block_rest(struct og_stmt *stmt, struct og_block_rest *ret)
{
	*ret = (struct og_block_rest){ og_col_blob(stmt, 2), og_col_blob(stmt, 4) };
}

int og_block_damaged(struct og_stmt *stmt, struct og_err *err)
{
	og_fail(err, OG_EDATA, "vectors: row %lld of og_block is damaged",
		(long long)og_col_int(stmt, 0));
	og_stmt_reset(stmt);
	return og_hint(err, "put the policies of its node again, or restore the database");
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

/* --- changing ----------------------------------------------------------------------- */

static int row_new(size_t half, struct row *ret, struct og_err *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->half = half;
	ret->high = calloc(OG_BLOCK_SLOTS, 2 * half);
	if (!ret->high)
		return og_fail_nomem(err);
	ret->low = ret->high + OG_BLOCK_SLOTS * half;
	return 0;
}

/* Reads the row that the statement stands on and resets it. */
static int row_read(struct og_stmt *stmt, struct row *ret, struct og_err *err)
{
	struct og_block_view view;
	struct og_block_rest rest;

	if (!og_block_view(stmt, &view))
		return og_block_damaged(stmt, err);
	if (row_new(view.half, ret, err) < 0) {
		og_stmt_reset(stmt);
		return -1;
	}
	ret->id = og_col_int(stmt, 0);
	ret->used = view.used;
	memcpy(ret->scales, view.scales, view.used * sizeof(struct og_code_scale));
	memcpy(ret->high, view.high, view.used * view.half);
	og_block_rest(stmt, &rest);
	memcpy(ret->slots, rest.slots, view.used * sizeof(struct og_block_slot));
	memcpy(ret->low, rest.low, view.used * view.half);
	og_stmt_reset(stmt);
	return 0;
}

static int bind_row(struct og_stmt *stmt, int at, const struct row *row, struct og_err *err)
{
	size_t room = room_for(row->used);
	struct og_buf high;
	int rc;

	og_buf_init(&high, sizeof(row->scales) + OG_BLOCK_SLOTS * row->half);
	og_buf_add(&high, row->scales, room * sizeof(struct og_code_scale));
	og_buf_add(&high, row->high, room * row->half);
	rc = og_buf_check(&high, "row", err);
	if (rc == 0) {
		og_bind_int(stmt, at, (int64_t)row->used);
		og_bind_blob(stmt, at + 1, row->slots, room * sizeof(struct og_block_slot));
		og_bind_blob(stmt, at + 2, high.data, high.len);
		og_bind_blob(stmt, at + 3, row->low, room * row->half);
	}
	og_buf_release(&high);
	return rc;
}

static int row_write(struct og_blocks *blocks, const struct row *row,
		     const struct og_vector_key *key, const char *node, struct og_err *err)
{
	struct og_stmt *stmt = row->id ? og_block_statement(blocks, OG_BLOCK_CHANGE, err)
				       : og_block_of_space(blocks, OG_BLOCK_ADD, key, node, err);

	if (!stmt)
		return -1;
	if (row->id)
		og_bind_int(stmt, 1, row->id);
	if (bind_row(stmt, row->id ? 2 : 4, row, err) < 0)
		return -1;
	return og_stmt_run(stmt, err);
}

/* A row of the node with room for one more, or a new one. */
static int row_with_room(struct og_blocks *blocks, const struct og_vector_key *key,
			 const char *node, size_t half, struct row *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_block_of_space(blocks, OG_BLOCK_ROOM, key, node, err);
	int there = stmt ? og_stmt_step(stmt, err) : -1;

	if (there < 0)
		return -1;
	if (there == 0)
		return row_new(half, ret, err);
	if (row_read(stmt, ret, err) < 0)
		return -1;
	if (ret->half == half)
		return 0;
	free(ret->high);
	return og_fail(err, OG_EDATA, "vectors: '%s' has vectors of another width", key->model);
}

int og_blocks_add(struct og_blocks *blocks, const struct og_vector_key *key, const char *node,
		  const struct og_slot *slot, const struct og_vector *vector, struct og_err *err)
{
	size_t half = og_codes_stride(vector->n) / 2;
	struct og_block_slot *stored;
	struct row row;
	int rc;

	if (row_with_room(blocks, key, node, half, &row, err) < 0)
		return -1;
	stored = &row.slots[row.used];
	*stored = (struct og_block_slot){ .passage = slot->passage,
					  .vector = slot->vector,
					  .clearance = (uint8_t)slot->clearance,
					  .kind = (uint8_t)slot->kind };
	stored->left_out = og_codes_make(vector->values, vector->n, row.high + row.used * half,
					 row.low + row.used * half, &row.scales[row.used]);
	row.used++;
	rc = row_write(blocks, &row, key, node, err);
	free(row.high);
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
		row->scales[i] = row->scales[row->used];
		row->slots[row->used] = (struct og_block_slot){ .passage = 0 };
		memmove(row->high + i * row->half, row->high + row->used * row->half, row->half);
		memmove(row->low + i * row->half, row->low + row->used * row->half, row->half);
	}
}

static int row_gone(struct og_blocks *blocks, int64_t id, struct og_err *err)
{
	struct og_stmt *stmt = og_block_statement(blocks, OG_BLOCK_GONE, err);

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, id);
	return og_stmt_run(stmt, err);
}

static int drop_from(struct og_blocks *blocks, int64_t id, const int64_t *passages, size_t n,
		     struct og_err *err)
{
	struct og_stmt *stmt = og_block_statement(blocks, OG_BLOCK_ONE, err);
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
	free(row.high);
	return rc;
}

/* Numbers of the node's rows that hold one of the passages. */
static int rows_with(struct og_blocks *blocks, const char *node, const int64_t *passages, size_t n,
		     struct og_buf *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_block_statement(blocks, OG_BLOCK_OF_NODE, err);
	int more;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, node);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		const struct og_block_slot *slots = og_col_blob(stmt, 2);
		size_t used = og_col_len(stmt, 2) / sizeof(*slots); /* those left have passage 0 */
		int64_t id = og_col_int(stmt, 0);
		struct og_block_slot slot;

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

int og_blocks_count(struct og_blocks *blocks, const struct og_vector_key *key, const char *node,
		    int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_block_of_space(blocks, OG_BLOCK_COUNT, key, node, err);

	if (!stmt || og_stmt_step(stmt, err) < 0)
		return -1;
	*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return 0;
}
