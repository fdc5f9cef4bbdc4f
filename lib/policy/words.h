/*
 * Words by their numbers: each stem once, with a word that has it, numbered
 * from 0 in the order in which they came. And counting the words of a text.
 */
#ifndef OG_POLICY_WORDS_H
#define OG_POLICY_WORDS_H

#include "lib/base/buf.h"
#include "lib/policy/index.h"
#include "lib/policy/terms.h"

struct og_words {
	struct og_buf entries, names; /* struct entry; stem NUL word NUL, one after the other */
	uint32_t *table;	      /* number + 1 by hash, or 0; heap */
	size_t slots;		      /* a power of two */
};

void og_words_init(struct og_words *words);
void og_words_release(struct og_words *words);
void og_words_clear(struct og_words *words);
size_t og_words_count(const struct og_words *words);
size_t og_words_held(const struct og_words *words); /* bytes */

/* The number of a stem, a new one where it has none; -1: no memory, or as
 * many as there can be. Neither is longer than OG_TERM_BYTES. */
int64_t og_words_take(struct og_words *words, const char *stem, size_t len, const char *word,
		      size_t word_len);
/* -1: it has none. */
int64_t og_words_find(const struct og_words *words, const char *stem, size_t len);
const char *og_words_stem(const struct og_words *words, uint32_t number);
const char *og_words_spelt(const struct og_words *words, uint32_t number);

#define OG_WORDS_TEXT 2400 /* that are counted in one text; no passage has more */
struct og_word_counter {
	struct og_words *vocabulary;
	const char *text;
	size_t n;
	struct og_index_word_times words[OG_WORDS_TEXT];
	int failed;
};
/* Begins to count. */
void og_words_count_from(struct og_words *words, struct og_word_counter *ret);
/* Counts the words of a text, but those that every text holds. */
int og_words_read(struct og_word_counter *counter, struct og_fts *fts, const char *text, size_t len,
		  struct og_err *err);

#endif
