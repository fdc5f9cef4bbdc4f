/*
 * Misspelt names. Word is held against word, in any order, so that "chiar
 * ergonomic" is one slip of the finger and not ten. How many are allowed
 * grows with the word, and none in a short one or in one with digits, where
 * another letter is another thing.
 */
#include "lib/skill/resolve-internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

#define WORD_MAX 40 /* bytes; a longer word is compared as it is */

static int has_digit(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] >= '0' && p[i] <= '9')
			return 1;
	}
	return 0;
}

size_t og_typos_allowed(const char *word, size_t len)
{
	if (len < 4 || len > WORD_MAX || has_digit(word, len))
		return 0;
	return len < 8 ? 1 : len < 12 ? 2 : 3;
}

/* Slips between two words; OG_TYPOS_NONE: more than are allowed. */
static size_t between(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t allowed = og_typos_allowed(a, a_len), n;
	size_t apart = a_len > b_len ? a_len - b_len : b_len - a_len;
	char one[WORD_MAX + 1], other[WORD_MAX + 4];

	if (allowed == 0 || apart > allowed || has_digit(b, b_len))
		return OG_TYPOS_NONE;
	snprintf(one, sizeof(one), "%.*s", (int)a_len, a);
	snprintf(other, sizeof(other), "%.*s", (int)b_len, b);
	n = og_edit_distance(one, other);
	return n <= allowed ? n : OG_TYPOS_NONE;
}

size_t og_word_typos(const struct og_words *said, size_t i, const struct og_words *name, size_t j)
{
	const struct og_word *a = &said->w[i], *b = &name->w[j];
	size_t n;

	if (strcmp(a->stem, b->stem) == 0)
		return 0;
	n = between(said->text + a->at, a->len, name->text + b->at, b->len);
	return n != OG_TYPOS_NONE ? n : between(a->stem, strlen(a->stem), b->stem, strlen(b->stem));
}

/* The word of name that is nearest to word i of said and was not taken. */
static size_t take_nearest(const struct og_words *said, size_t i, const struct og_words *name,
			   unsigned char *taken)
{
	size_t best = OG_TYPOS_NONE, at = 0;

	for (size_t j = 0; j < name->n && best > 0; j++) {
		size_t n = taken[j] ? OG_TYPOS_NONE : og_word_typos(said, i, name, j);

		if (n < best) {
			best = n;
			at = j;
		}
	}
	if (best != OG_TYPOS_NONE)
		taken[at] = 1;
	return best;
}

/* "laptopstand" */
static size_t joined(const struct og_words *said, const struct og_words *name)
{
	char whole[WORD_MAX + 1];
	size_t len = 0;

	for (size_t j = 0; j < name->n; j++) {
		if (len + name->w[j].len > WORD_MAX)
			return OG_TYPOS_NONE;
		memcpy(whole + len, name->text + name->w[j].at, name->w[j].len);
		len += name->w[j].len;
	}
	whole[len] = '\0';
	if (said->w[0].len == len && strncasecmp(said->text + said->w[0].at, whole, len) == 0)
		return 0;
	return between(said->text + said->w[0].at, said->w[0].len, whole, len);
}

size_t og_typos(const struct og_words *said, const struct og_words *name, int *ret_part)
{
	unsigned char taken[OG_WORDS_MAX] = { 0 };
	size_t sum = 0;

	*ret_part = said->n < name->n;
	if (said->n == 0 || name->n == 0)
		return OG_TYPOS_NONE;
	if (said->n == 1 && name->n > 1 && joined(said, name) != OG_TYPOS_NONE) {
		*ret_part = 0;
		return joined(said, name);
	}
	for (size_t i = 0; i < said->n; i++) {
		size_t n = said->n <= name->n ? take_nearest(said, i, name, taken) : OG_TYPOS_NONE;

		if (n == OG_TYPOS_NONE)
			return OG_TYPOS_NONE;
		sum += n;
	}
	return sum;
}
