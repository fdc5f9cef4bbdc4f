/*
 * The vectors of passages as they are searched: 8 bits a value (codes.h),
 * up to 64 of one node in a row of og_block. A search is exact: it finds
 * what looking at the values of every vector would find. Every row's upper
 * halves are looked at; whoever cannot be among the best, as a bound that
 * holds for each of them says, is left out; of the others both halves, and
 * of those who may still be among the best the values.
 *
 * A slot stands for one passage in one space (model, dimension); og_vector
 * has its values. Slots are derived: what they say about a passage is what
 * was so when they were written, and whoever shows a passage asks again.
 * One whose row of og_vector is gone is ranked by its codes, which are off
 * by about 0.01 at 384 values.
 *
 * Many vectors are read faster from a copy of the rows in a file of its own
 * (copy.h); what is found is the same with it and without.
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

/* Lets searches use the copy at path, and make it when there is much that it
 * lacks. It comes with the database's own rights to the folder. */
int og_blocks_copy(struct og_blocks *blocks, const char *path, struct og_err *err);

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
