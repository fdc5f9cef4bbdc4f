/*
 * Learning from sentences which label a sentence means, and when none.
 *
 * A learner is filled with examples, trained, and then asked. What it sees
 * of a sentence are its words, its pairs of neighbouring words and the runs
 * of 2 to 4 letters inside its words (so that a typo or another ending is
 * not another word), weighted by how rare they are; words nobody has heard
 * of count as well, they make every label less likely. ASCII letters are
 * folded, numbers are one word, other bytes are compared as they are.
 *
 * What learns is a committee of OG_LEARN_MEMBERS networks of one hidden
 * layer, each trained without a part of the examples. The parts they have
 * not seen tell, without other data, what an honest answer looks like:
 * OG_LEARN_REFUSED of the examples that were recognised unseen would have
 * been refused by the rule that is used from then on. So there is no
 * threshold to choose. Examples of what fits no label (label NULL) make a
 * label of their own that is never answered; a few hundred help, none is
 * fine.
 *
 * Deterministic: the same examples in the same order make the same learner.
 * Nothing is kept of the sentences themselves. Memory is bounded by the
 * limits below: about 1 KiB times the number of distinct runs and words, at
 * most 300 MiB. Training 15,000 sentences of 150 labels takes some seconds,
 * asking some tens of microseconds. For what must be ready at once there is
 * lib/learn/counts.h, which is a little less sure.
 */
#ifndef OG_LEARN_LEARN_H
#define OG_LEARN_LEARN_H

#include <stddef.h>

#include "lib/base/err.h"

#define OG_LEARN_LABELS_MAX 1000
#define OG_LEARN_LABEL_MAX  128	   /* bytes */
#define OG_LEARN_TEXTS_MAX  200000 /* examples, those of no label among them */
#define OG_LEARN_MEMBERS    4
#define OG_LEARN_REFUSED    0.005
#define OG_LEARN_REASONS    6

struct og_learner;

int og_learner_new(struct og_learner **ret, struct og_err *err);
void og_learner_free(struct og_learner *learner);

/* One example. label NULL: it fits none. Of a text the first 128 words
 * count; it may be empty, and its bytes may be any. The same text may have
 * several labels: what it says then is that they are hard to tell apart.
 * OG_EDATA beyond the limits, or after training. */
int og_learner_add(struct og_learner *learner, const char *label, const char *text, size_t len,
		   struct og_err *err);

/* Once, after the last example. OG_EDATA when no example has a label. */
int og_learner_train(struct og_learner *learner, struct og_err *err);

size_t og_learner_labels(const struct og_learner *learner); /* how many there are */

struct og_verdict {
	const char *label;   /* NULL: none fits */
	const char *nearest; /* the best label, whether it fits or not; never NULL */
	const char *next;    /* the runner-up; NULL when there is one label */
	double score;	     /* of nearest, 0 to 1; 0.5 is the threshold */
	double next_score;
};

/* Asks a trained learner. Labels are borrowed from it. A text with no known
 * word in it fits none. -1 only without memory. The learner is not changed:
 * many may ask at once. */
int og_learner_ask(const struct og_learner *learner, const char *text, size_t len,
		   struct og_verdict *ret, struct og_err *err);

/* A word of the sentence that spoke for the label, and how loudly. */
struct og_reason {
	size_t at, len; /* bytes of the text */
	double share;	/* of all that spoke for it; they add up to at most 1 */
};

/* Why the nearest label and not the runner-up: the words that made the
 * difference, the strongest first. */
int og_learner_explain(const struct og_learner *learner, const char *text, size_t len,
		       struct og_reason ret[OG_LEARN_REASONS], size_t *ret_n, struct og_err *err);

#endif
