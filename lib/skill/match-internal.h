/*
 * What the matcher's parts share: skills compiled to number vocabularies,
 * a sentence seen through one, and the alignment of a pattern with it.
 */
#ifndef OG_SKILL_MATCH_INTERNAL_H
#define OG_SKILL_MATCH_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/learn/counts.h"
#include "lib/learn/learn.h"
#include "lib/skill/match.h"
#include "lib/skill/pattern-internal.h"
#include "lib/skill/values-internal.h"
#include "lib/skill/words-internal.h"

/* What an element may take from a sentence. */
enum og_take {
	OG_TAKE_WORD,  /* one of its words */
	OG_TAKE_VALUE, /* a number, an amount, a day: values-internal.h */
	OG_TAKE_ENUM,  /* a word of a fixed list */
	OG_TAKE_SPAN,  /* one or several words */
	OG_TAKE_NONE,  /* nothing: a constant */
};

struct og_piece {
	enum og_take take;
	int optional;
	int likes_numbers;   /* a span that may well hold one ("node 3") */
	enum og_value value; /* of a value */
	size_t max_words;    /* of a span */
	double weight;	     /* of a word */
	size_t n_ids;
	uint32_t ids[OG_ALTERNATIVES_MAX]; /* vocabulary numbers of its words */
};

/* One pattern, ready to be aligned. */
struct og_form {
	size_t skill;
	size_t line;
	char *text;
	struct og_pattern *pattern;
	int acts;	       /* its skill changes something */
	int twins;	       /* two of its blanks take the same names */
	double weight;	       /* of the words that must be there */
	struct og_piece *unit; /* one per element of the pattern */
};

/* Stems and the skills that know them. id 0: nobody does. */
struct og_vocabulary;
int og_vocabulary_new(struct og_vocabulary **ret, struct og_err *err);
void og_vocabulary_free(struct og_vocabulary *vocabulary);
/* Notes that skill uses stem; returns its id, 0 without memory. */
uint32_t og_vocabulary_add(struct og_vocabulary *vocabulary, const char *stem, size_t skill);
uint32_t og_vocabulary_find(const struct og_vocabulary *vocabulary, const char *stem);
/* Skills that use the word, ascending; *ret_n of them. */
const uint32_t *og_vocabulary_skills(const struct og_vocabulary *vocabulary, uint32_t id,
				     size_t *ret_n);
/* How much a word says: little for stop words, 1 for one nobody knows. */
double og_vocabulary_weight(const struct og_vocabulary *vocabulary, uint32_t id, const char *stem,
			    size_t n_skills);

/* What a matcher keeps of a skill. */
struct og_known {
	char *name;
	char *hash;
	json_t *slots;
	int acts;	   /* has steps that change something */
	size_t n_examples; /* it gives */
};

struct og_matcher {
	size_t n_skills, n_forms;
	struct og_known *skills;
	struct og_form *forms;
	struct og_vocabulary *vocabulary;
	struct og_counts *counts;	   /* sentences of all skills, by number of the skill */
	struct og_learner *learner;	   /* the same, trained: then nothing is counted */
	struct og_known_example *examples; /* by number of the sentence; text NULL: it is none */
	size_t n_texts, n_examples, cap_examples;
};

struct og_known_example {
	size_t skill, line;
	char *text;
	uint32_t *ids; /* of its words, as many as it has */
	size_t n_ids;
};

struct og_sentence {
	struct og_words words;
	uint32_t id[OG_WORDS_MAX];
	double weight[OG_WORDS_MAX];
	unsigned char day[OG_WORDS_MAX]; /* the word belongs to a day or a span of them */
	int64_t today;			 /* a day, when-internal.h */
};

struct og_span {
	size_t from, to; /* words [from, to); empty: nothing taken */
};

struct og_alignment {
	double score; /* 0 to 1 */
	double hope;  /* the score if names that were taken out of their place are found */
	int moved;    /* there are such names */
	int disorder; /* a word of the pattern stands out of its order */
	double loose; /* weight of the words that spans and numbers took */
	struct og_span span[OG_ELEMENTS_MAX]; /* per element of the pattern */
};

/* Scratch of og_align, reused from form to form. */
struct og_grid;
int og_grid_new(size_t n_words, struct og_grid **ret, struct og_err *err);
void og_grid_free(struct og_grid *grid);

/* The cheapest way to read the sentence as the form. */
void og_align(const struct og_form *form, const struct og_sentence *sentence, struct og_grid *grid,
	      struct og_alignment *ret);

/* What is left of the score when the sentence does not ask for what the form
 * names, or for more of it; 1 when it does. used: words that were taken. */
double og_meant(const struct og_form *form, const struct og_sentence *sentence,
		const struct og_alignment *alignment, const unsigned char used[OG_WORDS_MAX]);

/* Speaks what stands at word j against doing the thing, or does what stands
 * there ask and not tell: a "not", an "unless". Nothing of the form's own, and
 * nothing inside a text. */
int og_turned(const struct og_form *form, const struct og_sentence *sentence,
	      const struct og_alignment *alignment, size_t j);

/* What the sentence says beyond what the form would do, once match has its
 * slots, is put into match as "left":{"what","said"}: a day, a currency,
 * another amount, a condition, a command, words. Of a skill that only shows
 * something conditions and words are not looked for. learned: the form is
 * only the nearest one, and mere words are not what it lacks. */
int og_left(const struct og_matcher *m, const struct og_form *form,
	    const struct og_sentence *sentence, const struct og_alignment *alignment, int learned,
	    json_t *match, struct og_err *err);

/* Marks the words of days. They weigh little: whichever skill has no blank for them has none. */
void og_weigh_days(struct og_sentence *sentence);

/* Share of the form's words (by weight) that the sentence has anywhere. */
double og_form_overlap(const struct og_form *form, const struct og_sentence *sentence);

/* A sentence that is evidence of the skill, but no example. */
int og_learn_text(struct og_matcher *m, size_t skill, const char *text, struct og_err *err);

/* What the examples say of a skill: the nearest one, and a score that is
 * OG_MATCH_THRESHOLD or more for one skill at most. */
struct og_liken {
	double score;
	const struct og_known_example *example; /* NULL: none has a word of it */
};
int og_learn_examples(struct og_matcher *m, size_t skill, const json_t *examples,
		      struct og_err *err);
void og_forget_examples(struct og_matcher *m);
/* ret: one for each skill. */
int og_ask_examples(const struct og_matcher *m, const struct og_sentence *s, struct og_liken *ret,
		    struct og_err *err);

/* Why the trained learner chose as it did, in the same form. */
json_t *og_match_reasons(const struct og_matcher *m, const struct og_sentence *s);

/* The sentence's words that the skill knows, the weightiest first:
 * [{"word","share"}]. NULL without memory. */
json_t *og_match_words(const struct og_matcher *m, const struct og_sentence *s, size_t skill);

/* Puts what the alignment took into match: "slots", "missing",
 * "ambiguous", "unknown". slots is the skill's declaration. */
int og_fill(const struct og_form *form, const json_t *slots, const struct og_sentence *sentence,
	    const struct og_alignment *alignment, const struct og_resolver *resolver, json_t *match,
	    struct og_err *err);

#endif
