/* See rank.h. */
#include "lib/policy/rank.h"

#include <stdlib.h>
#include <string.h>

#include "lib/policy/feedback.h"
#include "lib/policy/near.h"
#include "lib/policy/score.h"
#include "lib/policy/store-internal.h"

#define WITHOUT_MAX ((size_t)64 << 20) /* bytes */

struct ranking {
	struct og_index *index;
	struct og_scores scores;
	struct og_score_term terms[OG_TERMS_QUERY + OG_FEEDBACK_TERMS];
	size_t n;
	struct og_top top; /* places in the index */
};

/* First passages of the policies that are not in force on the day. */
static int not_in_force(struct og_policies *policies, const struct og_policy_filter *filter,
			struct og_buf *ret, struct og_err *err)
{
	static const char sql[] = OG_WITH_GONE
		"SELECT z.first FROM og_sizes z JOIN og_policy p ON p.id = z.policy "
		"WHERE (?2 IS NULL OR z.node = ?2) AND NOT " OG_IN_FORCE("p") " ORDER BY z.first";
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->out_of_force, sql, err);

	return og_policies_numbers(policies, stmt, filter, ret, err);
}

static int begin(struct og_policies *policies, const struct og_policy_filter *filter,
		 struct ranking *r, struct og_err *err)
{
	struct og_buf without;
	int rc = 0;

	og_buf_init(&without, WITHOUT_MAX);
	r->index = policies->index;
	if (og_index_begin(r->index, filter->node, err) < 0 ||
	    (filter->in_force && not_in_force(policies, filter, &without, err) < 0) ||
	    og_scores_begin(&r->scores, r->index, filter, &without, err) < 0)
		rc = -1;
	og_buf_release(&without);
	return rc;
}

static int take_terms(struct ranking *r, const struct og_terms *terms, struct og_err *err)
{
	for (size_t i = 0; i < terms->n && i < OG_TERMS_QUERY; i++) {
		int64_t word = og_index_word(r->index, terms->term[i].stem, terms->term[i].word);

		if (word < 0)
			return og_fail_nomem(err);
		r->terms[r->n++] = (struct og_score_term){ .word = (uint32_t)word,
							   .weight = terms->term[i].weight };
	}
	return og_scores_of(&r->scores, r->terms, r->n, err);
}

/* The search again, with what its best passages say. */
static int search_again(struct ranking *r, const struct og_top *best, int one_each,
			struct og_err *err)
{
	if (og_feedback(&r->scores, best, r->terms, &r->n, err) < 0 ||
	    og_scores_of(&r->scores, r->terms, r->n, err) < 0)
		return -1;
	og_scores_offer(&r->scores, one_each, &r->top);
	return og_near(r->index, &r->top, err);
}

static int rank(struct ranking *r, const struct og_terms *terms, int one_each, struct og_err *err)
{
	struct og_best room[OG_FEEDBACK + 1];
	struct og_top best = { room, OG_FEEDBACK + 1, 0 };

	if (take_terms(r, terms, err) < 0)
		return -1;
	og_scores_offer(&r->scores, 0, &best);
	if (best.n > OG_FEEDBACK) {
		best.n = OG_FEEDBACK;
		return search_again(r, &best, one_each, err);
	}
	og_scores_offer(&r->scores, one_each, &r->top);
	return 0;
}

int og_rank_words(struct og_policies *policies, const struct og_policy_search *search,
		  struct og_terms *terms, struct og_top *top, struct og_err *err)
{
	struct ranking r = { .n = 0 };
	int rc = -1;

	if (og_terms_of(policies->fts, search->query, terms, err) < 0)
		return -1;
	if (terms->n == 0)
		return 0;
	r.top.k = top->k > OG_NEAR ? top->k : OG_NEAR;
	r.top.best = calloc(r.top.k, sizeof(*r.top.best));
	if (!r.top.best)
		return og_fail_nomem(err);
	if (begin(policies, &search->filter, &r, err) == 0 &&
	    rank(&r, terms, search->one_each, err) == 0) {
		for (size_t i = 0; i < r.top.n && i < top->k; i++)
			og_top_offer(top, og_index_number(r.index, (uint32_t)r.top.best[i].number),
				     r.top.best[i].score);
		rc = 0;
	}
	og_scores_release(&r.scores);
	free(r.top.best);
	return rc;
}
