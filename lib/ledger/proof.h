/*
 * The ledger as a Merkle tree (RFC 6962 section 2.1; RFC 9162 section
 * 2.1.3 for the checking). A leaf is an entry's text; leaf hashes are
 * computed from it, not taken from the hash column, so a tree never stands
 * for entries that were edited beside their hashes.
 */
#ifndef OG_LEDGER_PROOF_H
#define OG_LEDGER_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/hash/hash.h"

/* Hashes a proof has at most: one for each level of the tree. */
#define OG_PATH_MAX 63

/* A tree that grows leaf by leaf: the roots of its perfect subtrees,
 * largest first, one for each bit that is set in size. */
struct og_tree {
	uint64_t size;
	struct og_hash peaks[OG_PATH_MAX + 1];
};

void og_tree_init(struct og_tree *tree);
void og_tree_add(struct og_tree *tree, const struct og_hash *leaf);
/* Of an empty tree: SHA-256 of nothing. */
void og_tree_root(const struct og_tree *tree, struct og_hash *ret);

/* The root over entries from + 1 to `to`. OG_NO when one is missing. */
int og_ledger_root(struct og_db *db, int64_t from, int64_t to, struct og_hash *ret,
		   struct og_err *err);

struct og_path {
	size_t n;
	struct og_hash hash[OG_PATH_MAX]; /* from the leaf up */
};

/* The inclusion proof of entry seq (1 to size) in the tree of the first
 * size entries. Reads them all. */
int og_ledger_path(struct og_db *db, int64_t seq, int64_t size, struct og_path *ret,
		   struct og_err *err);

/* True when path leads from the leaf at index (from 0) to the root of the
 * tree of that size. Any input is safe. */
int og_path_check(const struct og_path *path, uint64_t index, uint64_t size,
		  const struct og_hash *leaf, const struct og_hash *root);

#endif
