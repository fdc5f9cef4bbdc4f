/*
 * The vectors of passages as they are searched: 8 bits a value (codes.h),
 * up to 64 of one node in a row of og_block, so that a node's vectors lie
 * together and are read at the speed of memory. Every row is looked at: the
 * best by their codes are scored again by their values, and no index
 * decides what is not looked at.
 *
 * A slot stands for one passage in one space (model, dimension); og_vector
 * has its values. Slots are derived: what they say about a passage is what
 * was so when they were written, and whoever shows a passage asks again.
 *
 * All calls are inside the caller's transaction, those that change
 * something inside a write one. No more than one row is in memory.
 */
#ifndef OG_VECTOR_BLOCKS_H
#define OG_VECTOR_BLOCKS_H

#include "lib/vector/vector.h"

#define OG_BLOCK_SLOTS 64

struct og_blocks;
int og_blocks_new(struct og_db *db, struct og_blocks **ret, struct og_err *err);
void og_blocks_free(struct og_blocks *blocks); /* before og_db_close() */

struct og_slot {
	int64_t passage, vector; /* numbers of their rows; of the passage not 0 */
	int clearance;		 /* 1 to 3 */
	int kind;		 /* 0 to 31, the caller's meaning */
};

/* Adds a passage to a node; it must not be there. */
int og_blocks_add(struct og_blocks *blocks, const struct og_vector_key *key, const char *node,
		  const struct og_slot *slot, const struct og_vector *vector, struct og_err *err);

/* Takes a passage out of a node, in every space. One that is not there is
 * no error. n passages at once cost one reading of the node. */
int og_blocks_drop(struct og_blocks *blocks, const char *node, const int64_t *passages, size_t n,
		   struct og_err *err);

struct og_block_search {
	const struct og_vector_key *key;
	const struct og_vector *vector;
	const char *node;	/* NULL: all */
	int clearance;		/* slots above it are not seen */
	uint32_t kinds;		/* bits of those that are; 0: all */
	const int64_t *without; /* passages that are not wanted, ascending */
	size_t n_without;
};

/* Offers the passages nearest to the vector, by cosine, to ret, whose k
 * says how many. OG_EDATA: a row is damaged. */
int og_blocks_search(struct og_blocks *blocks, const struct og_block_search *search,
		     struct og_top *ret, struct og_err *err);

/* Slots there are of a key (NULL node: in all). */
int og_blocks_count(struct og_blocks *blocks, const struct og_vector_key *key, const char *node,
		    int64_t *ret, struct og_err *err);

#endif
