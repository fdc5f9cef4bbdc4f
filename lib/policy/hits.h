/*
 * Where passages have the terms of a search: read from the index once, then
 * scored, as often as weights change.
 */
#ifndef OG_POLICY_HITS_H
#define OG_POLICY_HITS_H

#include "lib/base/buf.h"
#include "lib/policy/terms.h"
#include "lib/vector/vector.h"

struct og_hits_row {
	int64_t passage, policy;
	float length; /* tokens, those of the heading as many times as they count */
	uint32_t n;   /* of its hits */
};
struct og_hits {
	struct og_buf rows, hits; /* struct og_hits_row, struct og_fts_hit: of row after row */
	size_t n;		  /* rows */
	double passages;	  /* that were searched, with or without a hit */
	size_t df[OG_TERMS_MAX];  /* passages that have the term */
};

void og_hits_init(struct og_hits *hits);
void og_hits_release(struct og_hits *hits);
/* Rows of one policy follow each other. */
int og_hits_add(struct og_hits *hits, int64_t passage, int64_t policy,
		const struct og_fts_hits *found, struct og_err *err);

/* Scores each passage by the terms' weights and offers it, or the best of
 * each policy alone. */
void og_hits_score(const struct og_hits *hits, const struct og_terms *terms, int one_each,
		   struct og_top *top);

/* How much a term that n of all have tells. */
double og_hits_idf(double all, double n);

#endif
