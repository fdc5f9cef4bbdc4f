/*
 * What a query asks for, as terms with weights: the words of the query, and
 * words that stand for them in documents. Words that every text holds are
 * left out, unless there is nothing else. Terms are stems, as the index has
 * them; each keeps a word it was made of, which is what FTS5 is asked for.
 */
#ifndef OG_POLICY_TERMS_H
#define OG_POLICY_TERMS_H

#include "lib/base/buf.h"
#include "lib/db/fts.h"

#define OG_TERMS_MAX   64
#define OG_TERM_BYTES  64 /* longer words are none */
#define OG_TERMS_QUERY 34 /* of the query, and what stands for them */

struct og_term {
	char stem[OG_TERM_BYTES + 1], word[OG_TERM_BYTES + 1];
	double weight;
};
struct og_terms {
	struct og_term term[OG_TERMS_MAX];
	size_t n;
};

/* The terms of a query; none when it holds no word. */
int og_terms_of(struct og_fts *fts, const char *query, struct og_terms *ret, struct og_err *err);

/* -1, or where the stem is. */
int og_terms_find(const struct og_terms *terms, const char *stem, size_t len);
/* Adds one, or its weight to the one that is there; 0 when there is no room
 * or it is too long. */
int og_terms_add(struct og_terms *terms, const struct og_term *term);

/* A word that every text holds; len bytes, any case. */
int og_word_is_common(const char *word, size_t len);

/* "a b c": b and c may stand for a. Ends with NULL. */
extern const char *const og_synonyms[];

#endif
