/*
 * What is left of a sentence once a pattern has taken its words: left.c
 * finds which words those are, and judges; left-said.c knows what some of
 * them say. Each check notes the words it found in from and to.
 */
#ifndef OG_SKILL_LEFT_INTERNAL_H
#define OG_SKILL_LEFT_INTERNAL_H

#include "lib/skill/match-internal.h"

struct og_leaving {
	const struct og_matcher *m;
	const struct og_form *form;
	const struct og_sentence *s;
	const struct og_alignment *a;
	const json_t *match;
	struct og_words *name;		  /* scratch */
	unsigned char open[OG_WORDS_MAX]; /* word j is explained by nothing */
	size_t from, to;		  /* what is left */
};

/* Is word j one of the list, "and or plus"? */
int og_left_is(const struct og_leaving *l, size_t j, const char *list);
/* Has nothing taken any of the n words from j on? */
int og_left_open(const struct og_leaving *l, size_t j, size_t n);
/* A sign between word j and the one before it that joins or parts. */
int og_left_parted(const struct og_leaving *l, size_t j, const char *signs);
/* Notes what was found. 1. */
int og_leave(struct og_leaving *l, size_t from, size_t to);

/* --- left-said.c: 1 when there is such a thing, noted; 0 -------------------- */

/* A day that is not today, also one that is misspelt. */
int og_left_day(struct og_leaving *l);
/* "buy $2 chairs", "in yen". */
int og_left_currency(struct og_leaving *l);
/* "half of", "90 minutes" for hours, "3 boxes" of what is counted in pieces. */
int og_left_amount(struct og_leaving *l);
/* A verb of another skill where a sentence of its own may begin. */
int og_left_command(struct og_leaving *l);

#endif
