/* Shared inside lib/vector: rows of og_block, by whoever changes, searches
 * or copies them. See blocks.h. */
#ifndef OG_VECTOR_BLOCKS_INTERNAL_H
#define OG_VECTOR_BLOCKS_INTERNAL_H

#include "lib/vector/blocks.h"
#include "lib/vector/codes.h"
#include "lib/vector/copy.h"

enum {
	OG_BLOCK_ROOM,
	OG_BLOCK_ADD,
	OG_BLOCK_CHANGE,
	OG_BLOCK_GONE,
	OG_BLOCK_OF_NODE,
	OG_BLOCK_ONE,
	OG_BLOCK_ALL,
	OG_BLOCK_ALL_OF_NODE,
	OG_BLOCK_VALUES,
	OG_BLOCK_COUNT,
	OG_BLOCK_STATEMENTS
};

struct og_blocks {
	struct og_db *db;
	const struct og_codes_way *way;
	struct og_copy *copy; /* or NULL */
	struct og_stmt *statements[OG_BLOCK_STATEMENTS];
};

/* Prepared at its first use; NULL with err. */
struct og_stmt *og_block_statement(struct og_blocks *blocks, int which, struct og_err *err);
/* With the space bound, and the node where there is one. */
struct og_stmt *og_block_of_space(struct og_blocks *blocks, int which,
				  const struct og_vector_key *key, const char *node,
				  struct og_err *err);

/* The row a statement stands on, whose columns are id, used, slots, high,
 * low. 0: it is not what was written. */
int og_block_view(struct og_stmt *stmt, struct og_block_view *ret);
/* The rest of one that was; good as long as the statement stands there. */
void og_block_rest(struct og_stmt *stmt, struct og_block_rest *ret);
/* Says that it is damaged, and resets the statement. */
int og_block_damaged(struct og_stmt *stmt, struct og_err *err);

#endif
