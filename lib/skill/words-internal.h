/*
 * A sentence as words: where each one stands, its stem, and the numbers
 * among them. English, ASCII case folding; other letters are compared byte
 * for byte. Shared inside lib/skill.
 */
#ifndef OG_SKILL_WORDS_INTERNAL_H
#define OG_SKILL_WORDS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_WORDS_MAX 256
#define OG_STEM_MAX  31 /* bytes; longer words are compared by their beginning */

enum og_word_kind {
	OG_WORD,
	OG_NUMBER, /* digits */
	OG_QUOTED, /* the whole of a quoted text */
};

struct og_word {
	enum og_word_kind kind;
	size_t at, len; /* bytes in the text; of a quoted text, without the quotes */
	char stem[OG_STEM_MAX + 1];
	int stop;	     /* "the", "please": says little */
	int negation;	     /* "not", "never" */
	int turns;	     /* "stop", "unless", "how": what is named is not asked for */
	int after_break;     /* a comma, colon or full stop stands before it */
	size_t number_words; /* the number that begins here takes so many words; 0: none does */
	int whole;	     /* that number is an integer within +-(2^53 - 1) */
	int doubtful;	     /* "1.250": the mark may be either one */
	double value;
};

struct og_words {
	const char *text; /* borrowed */
	size_t text_len;
	size_t n; /* at most OG_WORDS_MAX; what follows in the text is not looked at */
	struct og_word w[OG_WORDS_MAX];
};

/* text must be valid UTF-8 and outlive words. */
void og_words_split(const char *text, size_t len, struct og_words *words);

/* The stem of one word: "Desks" -> "desk", "purchasing" -> "purchas". */
void og_stem(const char *word, size_t len, char out[OG_STEM_MAX + 1]);

/* Does a letter, or something that cannot be seen, stand at p? */
int og_words_letter_at(const char *p, size_t len);

/* Does the stem belong to a word that says little? */
int og_stem_stop(const char *stem);

/* The text of words [from, to) as it stands between the first and the last,
 * without stop words at either end (unless nothing else is there). Heap
 * string, or NULL without memory. */
char *og_words_text(const struct og_words *words, size_t from, size_t to);

/* Inside: digits at p, in bytes, with the number they are; NAN for several
 * ("1,2,3"), and 0 bytes when they are part of a word ("2x4"). Then what a
 * number sets in its word, and numbers in words once all are there. */
size_t og_number_scan(const char *p, size_t len, double *ret);
size_t og_number_sign(const char *p, size_t len); /* bytes of a minus before a number */
void og_number_digits(struct og_word *w, const char *p, size_t len, double value);
void og_words_spell(struct og_words *words);

#endif
