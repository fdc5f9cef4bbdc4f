/*
 * Ranking passages by words. A passage is scored by the words of the query
 * and those that stand for them (score.h); the best ones then say which other
 * words the subject has, and the search is made again with those
 * (feedback.h); and what is most alike is brought together (near.h). But only
 * where it found many: few hits stay what the words alone have found.
 *
 * Whatever is counted is counted in what the filter lets through: how a
 * reader's passages are ranked says nothing of those that are hidden. How
 * many are wanted changes nothing either: the first of many are the few.
 */
#ifndef OG_POLICY_RANK_H
#define OG_POLICY_RANK_H

#include "lib/policy/store.h"
#include "lib/policy/terms.h"

/* Offers passages to top, by their number. With one_each, the best of each
 * policy alone. terms receives what was asked for, without what feedback
 * added. */
int og_rank_words(struct og_policies *policies, const struct og_policy_search *search,
		  struct og_terms *terms, struct og_top *top, struct og_err *err);

#endif
