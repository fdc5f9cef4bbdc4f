/*
 * What passages score for words with weights: BM25 of the passage, and a
 * share of what its whole document scores. How rare a word is and how long
 * passages are is counted in those that a search may see.
 */
#ifndef OG_POLICY_SCORE_H
#define OG_POLICY_SCORE_H

#include "lib/policy/index.h"
#include "lib/policy/store.h"
#include "lib/policy/terms.h"

struct og_score_term {
	uint32_t word;
	double weight;
	double passages; /* that have it, set by og_score_count() */
};

struct og_scores {
	struct og_index *index;
	unsigned char *seen; /* of each document: may it be found? */
	double *of_passage, *of_document;
	double passages, documents;		/* that may be found */
	double passage_length, document_length; /* of those, on average */
};

/* Zeroes are empty. Begins: what the filter lets through of what the index
 * has now; without are first passages of documents that are left out too,
 * ascending. */
int og_scores_begin(struct og_scores *scores, struct og_index *index,
		    const struct og_policy_filter *filter, const struct og_buf *without,
		    struct og_err *err);
void og_scores_release(struct og_scores *scores);

/* In how many passages the words are. */
int og_scores_count(struct og_scores *scores, struct og_score_term *terms, size_t n,
		    struct og_err *err);
/* Scores every passage anew. */
int og_scores_of(struct og_scores *scores, const struct og_score_term *terms, size_t n,
		 struct og_err *err);
/* Offers those that score anything, or the best of each document alone, by
 * their place in the index. */
void og_scores_offer(const struct og_scores *scores, int one_each, struct og_top *top);

#endif
