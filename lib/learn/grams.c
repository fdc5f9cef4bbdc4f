/*
 * A text as grams. Pure: no memory, no locale, any bytes.
 */
#include "lib/learn/learn-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define RUN_MIN 2 /* letters of a run, the word's ends counted as letters */
#define RUN_MAX 4

/* A folded word between '<' and '>'. */
struct folded {
	size_t len;
	char text[OG_GRAM_LETTERS_MAX + 3];
};

static uint64_t mix(uint64_t h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 1099511628211ull; /* FNV-1a */
	return h;
}

static uint64_t seed_of(enum og_gram_kind kind)
{
	return 14695981039346656037ull ^ ((uint64_t)kind + 1) * 0x9e3779b97f4a7c15ull;
}

static uint64_t finish(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ull;
	h ^= h >> 32;
	return h | 1;
}

static void add(struct og_grams *ret, enum og_gram_kind kind, uint64_t hash, size_t from, size_t to)
{
	struct og_gram *g;

	if (ret->n == OG_GRAMS_MAX)
		return;
	g = &ret->g[ret->n++];
	g->key = finish(hash);
	g->value = 1;
	g->from = (uint16_t)from;
	g->to = (uint16_t)to;
	g->kind = (uint8_t)kind;
}

static int is_letter(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') ||
	       u >= 0x80;
}

static int only_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
	}
	return 1;
}

/* Folds the word at *at, which moves behind it. An apostrophe inside a word
 * is not there. 0: there is none. */
static int next_word(const char *text, size_t len, size_t *at, struct og_place *place,
		     struct folded *ret)
{
	size_t i = *at, n = 0;

	while (i < len && !is_letter(text[i]))
		i++;
	place->at = i;
	ret->text[n++] = '<';
	for (; i < len && (is_letter(text[i]) || text[i] == '\''); i++) {
		if (text[i] != '\'' && n <= OG_GRAM_LETTERS_MAX)
			ret->text[n++] = (char)og_ascii_lower((unsigned char)text[i]);
	}
	place->len = i - place->at;
	*at = i;
	if (n > 1 && only_digits(ret->text + 1, n - 1)) {
		ret->text[1] = '#';
		n = 2;
	}
	ret->text[n++] = '>';
	ret->len = n;
	return n > 2;
}

static void add_runs(struct og_grams *ret, const struct folded *word, size_t i)
{
	for (size_t run = RUN_MIN; run <= RUN_MAX && run < word->len; run++) {
		for (size_t j = 0; j + run <= word->len; j++)
			add(ret, OG_GRAM_LETTERS,
			    mix(seed_of(OG_GRAM_LETTERS) + run, word->text + j, run), i, i);
	}
}

static void add_pair(struct og_grams *ret, const struct folded *a, const struct folded *b, size_t i)
{
	uint64_t h = seed_of(OG_GRAM_PAIR);

	h = a != NULL ? mix(h, a->text, a->len) : mix(h, "^", 1);
	h = b != NULL ? mix(h, b->text, b->len) : mix(h, "$", 1);
	add(ret, OG_GRAM_PAIR, h, a != NULL ? i - 1 : i, b != NULL ? i : i - 1);
}

static int by_key(const void *a, const void *b)
{
	const struct og_gram *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Each key once, at its first place. */
static void merge(struct og_grams *ret)
{
	size_t n = 0;

	qsort(ret->g, ret->n, sizeof(*ret->g), by_key);
	for (size_t i = 0, j; i < ret->n; i = j) {
		for (j = i + 1; j < ret->n && ret->g[j].key == ret->g[i].key; j++)
			;
		ret->g[n] = ret->g[i];
		ret->g[n++].value = 1 + logf((float)(j - i));
	}
	ret->n = n;
}

void og_grams_read(const char *text, size_t len, struct og_grams *ret)
{
	struct folded words[2]; /* this one, and the one before */
	size_t at = 0, i = 0;

	ret->n = 0;
	for (; i < OG_GRAM_WORDS_MAX; i++) {
		struct folded *word = &words[i % 2], *before = i > 0 ? &words[(i + 1) % 2] : NULL;

		if (!next_word(text, len, &at, &ret->word[i], word))
			break;
		add(ret, OG_GRAM_WORD, mix(seed_of(OG_GRAM_WORD), word->text, word->len), i, i);
		add_pair(ret, before, word, i);
		add_runs(ret, word, i);
	}
	if (i > 0)
		add_pair(ret, &words[(i + 1) % 2], NULL, i);
	ret->n_words = i;
	merge(ret);
}
