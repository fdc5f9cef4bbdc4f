/*
 * How well each skill of a matcher fits a sentence (ranking.c), for match.c,
 * which makes an answer of it. A skill is read in three ways: by its
 * patterns, by its examples, and by the words that it knows at all; it
 * stands where the best of them puts it.
 */
#ifndef OG_SKILL_RANKING_INTERNAL_H
#define OG_SKILL_RANKING_INTERNAL_H

#include "lib/skill/match-internal.h"

/* One pattern's reading of the sentence. */
struct og_reading {
	double score;
	const struct og_form *form; /* NULL: none */
	struct og_alignment alignment;
};

/* What ranking knows of one skill. */
struct og_standing {
	size_t skill;
	double words; /* weight of the sentence's words that the skill knows */
	double score; /* of best, or of like, or for its words alone */
	struct og_liken like;
	struct og_reading best;
	struct og_reading hope; /* the best one if names turn out to be found */
};

struct og_ranking {
	const struct og_matcher *m;
	struct og_sentence sentence;
	double total; /* weight of all words of the sentence */
	int asks;     /* it is a question */
	struct og_standing *standings;
	struct og_grid *grid;
	struct og_alignment scratch;
};

/* Fills and sorts standings, which has room for all skills: the best comes
 * first, and of equals the one that came first. m, sentence.words, .today and
 * grid are the caller's; all else begins as zero. */
int og_rank(struct og_ranking *ranking, struct og_err *err);

#endif
