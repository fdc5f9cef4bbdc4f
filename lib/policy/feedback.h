/*
 * What the best passages say of the subject: other words it has (relevance
 * feedback after Lavrenko and Croft 2001, "RM3"). A word that a passage
 * repeats tells more, but not so often more. It takes the texts of a few
 * passages and the lists of a few words, however many there are.
 */
#ifndef OG_POLICY_FEEDBACK_H
#define OG_POLICY_FEEDBACK_H

#include "lib/policy/score.h"

#define OG_FEEDBACK	  10 /* passages that are read; with fewer there is none */
#define OG_FEEDBACK_TERMS 30 /* words of theirs that are looked at */

/* Divides the weight of the n terms between them and what the best passages
 * add; terms has room for OG_FEEDBACK_TERMS more. */
int og_feedback(struct og_scores *scores, const struct og_top *best, struct og_score_term *terms,
		size_t *n, struct og_err *err);

#endif
