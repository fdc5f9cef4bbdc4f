/* See proof.h. Memory does not grow with the ledger: every subtree is one
 * scan over its entries. */
#include "lib/ledger/proof.h"

#include <string.h>

void og_tree_init(struct og_tree *tree)
{
	memset(tree, 0, sizeof(*tree));
}

static size_t bits_set(uint64_t value)
{
	return (size_t)__builtin_popcountll(value);
}

/* Like adding one to a binary number: every carry joins two subtrees. */
void og_tree_add(struct og_tree *tree, const struct og_hash *leaf)
{
	size_t n = bits_set(tree->size);
	struct og_hash hash = *leaf;

	for (uint64_t carry = tree->size; carry & 1; carry >>= 1)
		og_merkle_node(&tree->peaks[--n], &hash, &hash);
	tree->peaks[n] = hash;
	tree->size++;
}

void og_tree_root(const struct og_tree *tree, struct og_hash *ret)
{
	size_t n = bits_set(tree->size);
	struct og_hash hash;

	if (n == 0) {
		og_sha256("", 0, ret);
		return;
	}
	hash = tree->peaks[--n];
	while (n > 0)
		og_merkle_node(&tree->peaks[--n], &hash, &hash);
	*ret = hash;
}

int og_ledger_root(struct og_db *db, int64_t from, int64_t to, struct og_hash *ret,
		   struct og_err *err)
{
	struct og_stmt *stmt;
	struct og_tree tree;
	struct og_hash leaf;
	int more;

	og_tree_init(&tree);
	if (og_stmt_new(db,
			"SELECT entry FROM audit_ledger WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, from);
	og_bind_int(stmt, 2, to);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		const char *entry = og_col_blob(stmt, 0);

		og_merkle_leaf(entry ? entry : "", og_col_len(stmt, 0), &leaf);
		og_tree_add(&tree, &leaf);
	}
	og_stmt_free(stmt);
	if (more == 0 && tree.size != (uint64_t)(to - from))
		return og_fail(err, OG_NO, "an entry between %lld and %lld is missing",
			       (long long)(from + 1), (long long)to);
	og_tree_root(&tree, ret);
	return more;
}

/* The largest power of two below n (n > 1): where a tree is split. */
static int64_t split(int64_t n)
{
	int64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

int og_ledger_path(struct og_db *db, int64_t seq, int64_t size, struct og_path *ret,
		   struct og_err *err)
{
	int64_t from = 0, to = size;
	struct og_path down = { 0 };

	while (to - from > 1) {
		int64_t middle = from + split(to - from), left = seq <= middle;
		struct og_hash *beside = &down.hash[down.n++];

		if (og_ledger_root(db, left ? middle : from, left ? to : middle, beside, err) < 0)
			return -1;
		if (left)
			to = middle;
		else
			from = middle;
	}
	for (size_t i = 0; i < down.n; i++)
		ret->hash[i] = down.hash[down.n - 1 - i];
	ret->n = down.n;
	return 0;
}

/* RFC 9162 section 2.1.3.2, with its names: fn is our place at this level,
 * sn that of the last node. */
int og_path_check(const struct og_path *path, uint64_t index, uint64_t size,
		  const struct og_hash *leaf, const struct og_hash *root)
{
	uint64_t fn = index, sn = size - 1;
	struct og_hash hash = *leaf;

	if (index >= size || path->n > OG_PATH_MAX)
		return 0;
	for (size_t i = 0; i < path->n; i++) {
		if (sn == 0)
			return 0;
		if (fn & 1 || fn == sn) {
			og_merkle_node(&path->hash[i], &hash, &hash);
			for (; !(fn & 1) && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			og_merkle_node(&hash, &path->hash[i], &hash);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && og_hash_equal(&hash, root);
}
