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
 * What learns is one network of one hidden layer. There is no threshold to
 * choose: a label must be said with at least LIKE (learn.c) of what those of
 * the examples are said with as a rule, measured after the training.
 * Examples of what fits no label (label NULL) make a label of their own that
 * is never answered; a few hundred help, none is fine.
 *
 * Deterministic: the same examples in the same order make the same learner,
 * on any processor of the same arithmetic. Nothing is kept of the sentences
 * themselves. Memory is bounded by the limits below: 400 bytes for each
 * distinct run and word (of many examples, of those that more than one has),
 * at most 60 MiB, and 1 KiB an example until the training. Training 15,000
 * sentences of 150 labels takes a second or two, asking some twenty
 * microseconds. It can be written down and read back in some milliseconds.
 * For what must be ready at once there is lib/learn/counts.h, which is a
 * little less sure.
 */
#ifndef OG_LEARN_LEARN_H
#define OG_LEARN_LEARN_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define OG_LEARN_LABELS_MAX 2000
#define OG_LEARN_LABEL_MAX  128	   /* bytes */
#define OG_LEARN_TEXTS_MAX  200000 /* examples, those of no label among them */
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
/* The i-th of them; NULL beyond the last one. Borrowed. */
const char *og_learner_label(const struct og_learner *learner, size_t i);

/* A trained learner as bytes, in the machine's own order: to be read by the
 * same program, and made anew where that fails. out: a limit of
 * OG_LEARN_BYTES_MAX is enough. */
#define OG_LEARN_BYTES_MAX ((size_t)64 << 20)
int og_learner_write(const struct og_learner *learner, struct og_buf *out, struct og_err *err);

/* OG_EDATA: these are not the bytes of one; any bytes do no harm. */
int og_learner_read(const void *bytes, size_t len, struct og_learner **ret, struct og_err *err);

struct og_labelled {
	const char *label;   /* NULL: none fits */
	const char *nearest; /* the best label, whether it fits or not */
	const char *next;    /* the runner-up; NULL when there is one label */
	double score;	     /* of nearest, 0 to 1; 0.5 is the threshold */
	double next_score;
};

/* Asks a trained learner. Labels are borrowed from it. A text with no known
 * word in it fits none. -1 only without memory. The learner is not changed:
 * many may ask at once. */
int og_learner_ask(const struct og_learner *learner, const char *text, size_t len,
		   struct og_labelled *ret, struct og_err *err);

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
