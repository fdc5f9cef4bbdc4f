/*
 * The parts of a learner: a text as grams, grams as numbers with weights,
 * the network, and the whole. Shared inside lib/learn.
 */
#ifndef OG_LEARN_LEARN_INTERNAL_H
#define OG_LEARN_LEARN_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/learn/learn.h"

#define OG_GRAM_WORDS_MAX   128 /* of a text */
#define OG_GRAM_LETTERS_MAX 32	/* of a word; the rest of it is not looked at */
#define OG_GRAMS_MAX	    4096

/* A gram is a word, a pair of neighbouring words or a run of letters. */
enum og_gram_kind {
	OG_GRAM_WORD,
	OG_GRAM_PAIR, /* the ends of the text count as words */
	OG_GRAM_LETTERS,
	OG_GRAM_KINDS,
};

struct og_gram {
	uint64_t key;	   /* hash of kind and bytes; 0 never is one */
	float value;	   /* 1 + ln(times it is there) */
	uint16_t from, to; /* the words it is made of, both included */
	uint8_t kind;
};

struct og_place {
	size_t at, len;
};

struct og_grams {
	size_t n, n_words;
	struct og_place word[OG_GRAM_WORDS_MAX];
	struct og_gram g[OG_GRAMS_MAX]; /* each key once */
};

/* Any bytes. Grams beyond the maximum are not there. */
void og_grams_read(const char *text, size_t len, struct og_grams *ret);

/* Grams by number. Those that came after the table was full are unknown. */
#define OG_TERMS_MAX	((size_t)1 << 17)
#define OG_TERM_UNKNOWN 0x80000000u /* | its kind */

struct og_dictionary {
	size_t size; /* slots, a power of two, at most half of them taken */
	size_t n;    /* terms */
	uint64_t *key;
	uint32_t *id;
	uint32_t *texts; /* per term: in how many texts it is */
	uint8_t *kind;	 /* per term */
	size_t cap;	 /* of the latter two */
	size_t n_texts;
};

int og_dictionary_init(struct og_dictionary *d, struct og_err *err);
void og_dictionary_release(struct og_dictionary *d);

struct og_term {
	uint32_t id; /* or OG_TERM_UNKNOWN | kind */
	float value;
};

/* The terms of a text; ret has room for grams->n. With add, new grams get
 * numbers and the text is counted. -1: no memory. */
int og_dictionary_add(struct og_dictionary *d, const struct og_grams *grams, struct og_term *ret,
		      struct og_err *err);
void og_dictionary_find(const struct og_dictionary *d, const struct og_grams *grams,
			struct og_term *ret);

/* The next term, of a key that was kept; its count and kind are to be set. */
int og_dictionary_enter(struct og_dictionary *d, uint64_t key, struct og_err *err);

/* Forgets the terms that are in one text only. ret: room for d->n, each
 * term's new number, or OG_TERM_UNKNOWN | its kind. */
int og_dictionary_prune(struct og_dictionary *d, uint32_t *ret, struct og_err *err);

/* Makes a vector of length 1 of terms: rare ones weigh more, each kind as
 * much as another. Unknown terms have their share of the length, but no
 * place in it: they become id OG_TERM_UNKNOWN with value 0. */
void og_dictionary_weigh(const struct og_dictionary *d, struct og_term *terms, size_t n);

/* A network of one hidden layer over terms. */
#define OG_NET_WIDTH   96
#define OG_NET_CLASSES 2016 /* labels and "none", rounded up to whole vectors */

struct og_layers {
	size_t n_terms, n_classes;
	size_t cap_terms; /* rows there is room for */
	size_t stride;	  /* n_classes rounded up */
	float *in;	  /* n_terms rows of OG_NET_WIDTH */
	float *bias;	  /* OG_NET_WIDTH */
	float *out;	  /* OG_NET_WIDTH rows of stride */
	float *rest;	  /* stride */
	uint64_t random;
};

struct og_lesson {
	const struct og_term *terms;
	size_t n;
	uint32_t label;
};

struct og_course {
	size_t rounds;
	float first, last; /* how fast is learned, 1 as a rule */
};

/* Makes room for that many; new ones know nothing yet. All zero before. */
int og_layers_grow(struct og_layers *l, size_t n_terms, size_t n_classes, struct og_err *err);
int og_layers_learn(struct og_layers *l, const struct og_lesson *lessons, size_t n,
		    const struct og_course *course, struct og_err *err);
void og_layers_release(struct og_layers *l);

/* Sets says[0 .. stride) to what the network says of each class. */
void og_layers_ask(const struct og_layers *l, const struct og_term *terms, size_t n, float *says);

/* Sets each of n speaks to what its term says for class a against class b. */
void og_layers_explain(const struct og_layers *l, const struct og_term *terms, size_t n, size_t a,
		       size_t b, float *speaks);

struct og_example {
	size_t first, n; /* of the terms */
	uint32_t label;
};

struct og_learner {
	struct og_dictionary dictionary;
	struct og_layers layers;
	int trained;
	uint32_t n_labels;	     /* "none" among them */
	uint32_t none;		     /* the label of what fits none; OG_LEARN_NONE: not yet */
	char *label[OG_NET_CLASSES]; /* NULL: that is none */
	float threshold;	     /* what the best label must be said with */
	float scale;		     /* how much more is sure */
	size_t n_examples, cap_examples, n_terms, cap_terms;
	struct og_example *examples; /* that wait for the training */
	struct og_term *terms;	     /* of all of them */
	struct og_grams scratch;
};

#define OG_LEARN_NONE UINT32_MAX

#endif
