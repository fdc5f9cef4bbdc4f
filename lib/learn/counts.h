/*
 * Learning from sentences at once: what a graph of skills needs, whose
 * sentences change while it is in use. Nothing is trained; the words of
 * each label are counted, and every sentence is kept as a vector. What a
 * sentence is seen as is that of lib/learn/learn.h.
 *
 * Asked, it says two things of each label. Evidence: whether the words were
 * said for this label rather than for the others (complement naive Bayes);
 * it ranks well, but knows no "none". Likeness: how near the nearest of the
 * label's sentences is, as a cosine; words nobody has heard of make it
 * smaller. Together, on CLINC150, they are right in 0.91 where the trained
 * network is in 0.94, and know less well what fits nothing; but a
 * sentence is learned in some tens of microseconds.
 *
 * Memory: about 12 bytes for each distinct gram of each sentence, some 1 KiB
 * a sentence; at most OG_COUNTS_TEXTS_MAX sentences, what comes after is
 * not there.
 */
#ifndef OG_LEARN_COUNTS_H
#define OG_LEARN_COUNTS_H

#include <stddef.h>

#include "lib/base/err.h"

#define OG_COUNTS_TEXTS_MAX 100000

struct og_counts;

int og_counts_new(struct og_counts **ret, struct og_err *err);
void og_counts_free(struct og_counts *counts);

/* A sentence of a label. Labels are numbers, and come in ascending order.
 * *ret_text is its number, from 0, or SIZE_MAX beyond the limit. Any bytes. */
int og_counts_add(struct og_counts *counts, size_t label, const char *text, size_t len,
		  size_t *ret_text, struct og_err *err);

/* Once, after the last one. */
int og_counts_ready(struct og_counts *counts, struct og_err *err);

struct og_counted {
	double evidence; /* log odds; only to be compared */
	double likeness; /* 0 to 1 */
	size_t text;	 /* the nearest sentence; SIZE_MAX: none has a word of it */
};

/* Fills ret[0 .. n_labels). It is only read: many may ask at once. */
int og_counts_ask(const struct og_counts *counts, const char *text, size_t len,
		  struct og_counted *ret, size_t n_labels, struct og_err *err);

#endif
