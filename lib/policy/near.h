/*
 * What is alike belongs together: the best of a ranking are scored again,
 * each with a share of what those score that are most like it (score
 * regularization after Diaz 2005), so that one that says the same in other
 * words comes up with them. Likeness is the cosine of the words of two
 * passages; how rare a word is is counted among the best themselves.
 */
#ifndef OG_POLICY_NEAR_H
#define OG_POLICY_NEAR_H

#include "lib/policy/index.h"
#include "lib/vector/vector.h"

#define OG_NEAR 200 /* of the best; those after them stay behind them */

/* The numbers of top are places in the index. */
int og_near(struct og_index *index, struct og_top *top, struct og_err *err);

#endif
