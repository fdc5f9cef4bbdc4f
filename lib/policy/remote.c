/* What is believed of a store elsewhere; see remote.h. */
#include "lib/policy/remote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/store-internal.h"

/* Of a cosine: what a store may lose by counting with fewer bits. A vector
 * of another text is further away than that, or no worse. */
#define SCORE_SLACK 0.02

void og_policies_attach(struct og_policies *policies, struct og_qdrant *qdrant)
{
	policies->remote = qdrant;
}

const struct og_policies_asked *og_policies_asked(const struct og_policies *policies)
{
	return &policies->asked;
}

/* --- searching ----------------------------------------------------------------------- */

static const char held_sql[] =
	"SELECT s.id, max(p.clearance, s.clearance), p.hash, s.node, p.source, v.vector "
	"FROM og_policy p JOIN og_passage s ON s.policy = p.id AND s.digest = ?2 "
	"JOIN og_vector v ON v.model = ?3 AND v.dimension = ?4 AND v.task = 'document' "
	"AND v.digest = s.digest WHERE p.name = ?1 AND p.active = 1 ORDER BY s.id";

static int is(const char *value, const char *wanted)
{
	return !wanted || (value && strcmp(value, wanted) == 0);
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Is the row that is here what the hit says it is? *ret_score: as it is here. */
static int agrees(struct og_stmt *row, const struct og_policy_search *search,
		  const struct og_block_search *by, const struct og_qdrant_hit *hit,
		  double *ret_score)
{
	const struct og_vector *asked = search->vector;
	int64_t passage = og_col_int(row, 0), clearance = og_col_int(row, 1);

	if (clearance != hit->clearance || clearance > by->clearance ||
	    !is(og_col_text(row, 2), hit->hash) || !is(og_col_text(row, 3), by->node) ||
	    !is(og_col_text(row, 4), search->filter.source) ||
	    og_col_len(row, 5) != asked->n * sizeof(float))
		return 0;
	if (by->n_without &&
	    bsearch(&passage, by->without, by->n_without, sizeof(passage), by_number))
		return 0;
	*ret_score = og_vector_cosine(og_col_blob(row, 5), asked->values, asked->n);
	return fabs(*ret_score - hit->score) <= SCORE_SLACK;
}

/* 1: it counts, and was offered, as often as it stands in its document; 0: it
 * does not; -1. */
static int hold(struct og_policies *policies, const struct og_policy_search *search,
		const struct og_block_search *by, const struct og_qdrant_hit *hit,
		struct og_top *top, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->held, held_sql, err);
	double score = 0;
	int more, held = 0;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, hit->policy);
	og_bind_text(stmt, 2, hit->digest);
	og_bind_text(stmt, 3, by->key->model);
	og_bind_int(stmt, 4, by->key->dimension);
	while ((more = og_stmt_step(stmt, err)) == 1)
		if (agrees(stmt, search, by, hit, &score)) {
			og_top_offer(top, og_col_int(stmt, 0), score);
			held = 1;
		}
	og_stmt_reset(stmt);
	return more < 0 ? -1 : held;
}

/* Policies that are not in force on the day: they would fill the answer. So
 * many that a filter has room for; what is left is left out here. */
static const char without_sql[] = OG_WITH_GONE
	"SELECT p.name FROM og_policy p WHERE p.active = 1 AND (?2 IS NULL OR p.node = ?2) "
	"AND NOT " OG_IN_FORCE("p") " ORDER BY p.id DESC LIMIT 1000";

static int not_wanted(struct og_policies *policies, const struct og_policy_search *search,
		      json_t *names, struct og_err *err)
{
	struct og_stmt *stmt;
	int more = 1;

	if (!search->filter.in_force)
		return 0;
	if (og_stmt_new(policies->db, without_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 2, search->filter.node);
	og_policies_bind_day(policies, stmt, search->filter.at);
	while (more == 1 && (more = og_stmt_step(stmt, err)) == 1)
		if (json_array_append_new(names, json_string(og_col_text(stmt, 0))) < 0)
			more = og_fail_nomem(err);
	og_stmt_free(stmt);
	return more;
}

/* Asks, and holds what comes against what is here. */
static int ask(struct og_policies *policies, const struct og_policy_search *search,
	       const struct og_block_search *by, const struct og_qdrant_query *query,
	       struct og_top *top, struct og_err *err)
{
	struct og_policies_asked *asked = &policies->asked;
	struct og_qdrant_hit *hits = calloc(query->limit, sizeof(*hits));
	size_t n = 0, left = 0;
	int rc = 1;

	if (!hits)
		return og_fail_nomem(err);
	asked->asked = 1;
	if (og_qdrant_search(policies->remote, query, hits, &n, &left, &asked->why) < 0)
		rc = 0;
	asked->mistrusted = rc ? (int64_t)left : 0;
	for (size_t i = 0; rc == 1 && i < n; i++) {
		int held = hold(policies, search, by, &hits[i], top, err);

		asked->mistrusted += held == 0;
		if (held < 0)
			rc = -1;
	}
	free(hits);
	return rc;
}

int og_policies_ask(struct og_policies *policies, const struct og_policy_search *search,
		    const struct og_block_search *by, struct og_top *top, struct og_err *err)
{
	json_t *without;
	int rc;

	if (!policies->remote)
		return 0;
	without = json_array();
	if (!without)
		return og_fail_nomem(err);
	rc = not_wanted(policies, search, without, err);
	if (rc == 0) {
		const struct og_qdrant_query query = {
			.clearance = by->clearance,
			.node = by->node,
			.source = search->filter.source,
			.without = without,
			.key = *by->key,
			.values = by->vector->values,
			.n = by->vector->n,
			.limit = top->k < OG_QDRANT_LIMIT ? top->k : OG_QDRANT_LIMIT,
		};

		rc = ask(policies, search, by, &query, top, err);
	}
	json_decref(without);
	return rc;
}
