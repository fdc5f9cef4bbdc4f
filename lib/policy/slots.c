/*
 * The embedded store: passages among the vectors, so that what is searched
 * by meaning (lib/vector/blocks.h) has the passages of the policies in
 * force and no others. See store.h and store-internal.h.
 */
#include "lib/policy/store-internal.h"

#include <stdio.h>
#include <string.h>

#define BATCH	 256
#define NODE_MAX 64 /* bytes of a node's name, as og_policy_check() has it */

static const char *const sources[] = { "law", "email", "internal_doc", "policy" };

int og_policy_source_number(const char *source)
{
	for (int i = 0; i < (int)(sizeof(sources) / sizeof(*sources)); i++)
		if (source && strcmp(source, sources[i]) == 0)
			return i;
	return -1;
}

/* Columns of a passage and its vector. */
enum { PASSAGE, NODE, CLEARANCE, SOURCE, VECTOR, VALUES, MODEL, DIMENSION };

#define COLUMNS                                                                                    \
	"SELECT s.id, s.node, max(s.clearance, p.clearance), p.source, v.id, v.vector, v.model, "  \
	"v.dimension FROM og_passage s JOIN og_policy p ON p.id = s.policy "                       \
	"JOIN og_vector v ON v.digest = s.digest AND v.task = 'document' "

/* Adds the row at hand. */
static int add(struct og_policies *policies, struct og_stmt *row, struct og_err *err)
{
	struct og_vector_key key = { og_col_text(row, MODEL), og_col_int(row, DIMENSION) };
	struct og_slot slot = { .passage = og_col_int(row, PASSAGE),
				.vector = og_col_int(row, VECTOR),
				.clearance = (int)og_col_int(row, CLEARANCE),
				.kind = og_policy_source_number(og_col_text(row, SOURCE)) };
	struct og_vector vector = { (float *)(uintptr_t)og_col_blob(row, VALUES),
				    og_col_len(row, VALUES) / sizeof(float) };

	return og_blocks_add(policies->blocks, &key, og_col_text(row, NODE), &slot, &vector, err);
}

static int add_all(struct og_policies *policies, struct og_stmt *stmt, struct og_err *err)
{
	int more;

	while ((more = og_stmt_step(stmt, err)) > 0)
		if (add(policies, stmt, err) < 0) {
			og_stmt_reset(stmt);
			return -1;
		}
	return more;
}

int og_policy_slots_add(struct og_policies *policies, int64_t policy, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db, COLUMNS "WHERE s.policy = ?1 ORDER BY s.id", &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, policy);
	rc = add_all(policies, stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* Takes what the statement names, (node, passage) a row and the nodes
 * together, out of the vectors. */
static int drop_all(struct og_policies *policies, struct og_stmt *stmt, struct og_err *err)
{
	int64_t passages[BATCH];
	char node[NODE_MAX + 1] = "";
	size_t n = 0;
	int more;

	while ((more = og_stmt_step(stmt, err)) > 0) {
		const char *of = og_col_text(stmt, 0);

		if (n > 0 && (n == BATCH || strcmp(node, of) != 0)) {
			if (og_blocks_drop(policies->blocks, node, passages, n, err) < 0) {
				og_stmt_reset(stmt);
				return -1;
			}
			n = 0;
		}
		snprintf(node, sizeof(node), "%s", of);
		passages[n++] = og_col_int(stmt, 1);
	}
	return more < 0 ? -1 : og_blocks_drop(policies->blocks, node, passages, n, err);
}

static int drop_where(struct og_policies *policies, const char *sql, const char *text,
		      struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db, sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, text);
	rc = drop_all(policies, stmt, err);
	og_stmt_free(stmt);
	return rc;
}

int og_policy_slots_drop(struct og_policies *policies, const char *name, struct og_err *err)
{
	return drop_where(policies,
			  "SELECT s.node, s.id FROM og_passage s JOIN og_policy p "
			  "ON p.id = s.policy WHERE p.name = ?1 ORDER BY s.node, s.id",
			  name, err);
}

/* The passages of a text: in one space, or (key NULL) in all. */
static int add_digest(struct og_policies *policies, const struct og_vector_key *key,
		      const char *digest, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db,
			COLUMNS "WHERE s.digest = ?1 AND p.active = 1 AND (?2 IS NULL OR "
				"(v.model = ?2 AND v.dimension = ?3)) ORDER BY s.id",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, digest);
	og_bind_text(stmt, 2, key ? key->model : NULL);
	og_bind_int(stmt, 3, key ? key->dimension : 0);
	rc = add_all(policies, stmt, err);
	og_stmt_free(stmt);
	return rc;
}

int og_policies_vector(struct og_policies *policies, const struct og_vector_key *key,
		       const char *digest, enum og_vector_kept kept, struct og_err *err)
{
	if (kept == OG_VECTOR_SAME)
		return 0;
	if (kept == OG_VECTOR_NEW)
		return add_digest(policies, key, digest, err);
	if (drop_where(policies,
		       "SELECT node, id FROM og_passage WHERE digest = ?1 ORDER BY node, id",
		       digest, err) < 0)
		return -1;
	return add_digest(policies, NULL, digest, err);
}
