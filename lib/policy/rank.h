/*
 * Ranking passages by words. A passage's score is that of BM25 (Robertson
 * and Zaragoza 2009), a word in a heading counting like several in the text,
 * and a share of what its whole document scores. The best passages then say
 * which other words the subject has (relevance feedback after Lavrenko and
 * Croft 2001, "RM3"), and the search is made again with those; but only where
 * it found many, so that few hits stay what the words alone have found, and
 * among so few passages that the second search, which meets nearly all of
 * them, takes no longer than a person notices.
 *
 * How rare a word is is counted in what the filter lets through: how a reader's
 * passages are ranked says nothing of those that are hidden.
 */
#ifndef OG_POLICY_RANK_H
#define OG_POLICY_RANK_H

#include "lib/policy/store.h"
#include "lib/policy/terms.h"

#define OG_RANK_FEEDBACK_MAX 20000 /* passages that the filter lets through */

/* Offers passages to top, by their number. With one_each, the best of each
 * policy alone. terms receives what was asked for, without what feedback
 * added. OG_EDATA when more match than can be held. */
int og_rank_words(struct og_policies *policies, const struct og_policy_search *search,
		  struct og_terms *terms, struct og_top *top, struct og_err *err);

#endif
