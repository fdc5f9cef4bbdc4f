/*
 * Grams by number: an open-addressed table that stops growing at
 * OG_TERMS_MAX, and what is counted of each.
 */
#include "lib/learn/learn-internal.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_SIZE 2048
#define NEVER_SEEN 0.7f /* an unknown gram weighs as if it were in so many texts */

int og_dictionary_init(struct og_dictionary *d, struct og_err *err)
{
	*d = (struct og_dictionary){ .size = FIRST_SIZE };
	d->key = calloc(d->size, sizeof(*d->key));
	d->id = calloc(d->size, sizeof(*d->id));
	if (d->key == NULL || d->id == NULL) {
		og_dictionary_release(d);
		return og_fail_nomem(err);
	}
	return 0;
}

void og_dictionary_release(struct og_dictionary *d)
{
	free(d->key);
	free(d->id);
	free(d->texts);
	free(d->kind);
	*d = (struct og_dictionary){ .size = 0 };
}

static size_t probe(const struct og_dictionary *d, uint64_t key)
{
	size_t i = (size_t)key & (d->size - 1);

	while (d->key[i] != 0 && d->key[i] != key)
		i = (i + 1) & (d->size - 1);
	return i;
}

static int grow_table(struct og_dictionary *d)
{
	struct og_dictionary old = *d;

	d->size *= 2;
	d->key = calloc(d->size, sizeof(*d->key));
	d->id = calloc(d->size, sizeof(*d->id));
	if (d->key == NULL || d->id == NULL) {
		free(d->key);
		free(d->id);
		*d = old;
		return -1;
	}
	for (size_t i = 0; i < old.size; i++) {
		size_t at;

		if (old.key[i] == 0)
			continue;
		at = probe(d, old.key[i]);
		d->key[at] = old.key[i];
		d->id[at] = old.id[i];
	}
	free(old.key);
	free(old.id);
	return 0;
}

static int grow_terms(struct og_dictionary *d)
{
	size_t cap = d->cap == 0 ? FIRST_SIZE : d->cap * 2;
	uint32_t *texts = reallocarray(d->texts, cap, sizeof(*texts));
	uint8_t *kind;

	if (texts == NULL)
		return -1;
	d->texts = texts;
	kind = reallocarray(d->kind, cap, sizeof(*kind));
	if (kind == NULL)
		return -1;
	d->kind = kind;
	d->cap = cap;
	return 0;
}

/* The number of a gram, made if need be and there is room. */
static int number(struct og_dictionary *d, const struct og_gram *gram, uint32_t *ret)
{
	size_t at = probe(d, gram->key);

	if (d->key[at] == 0) {
		*ret = OG_TERM_UNKNOWN | gram->kind;
		if (d->n == OG_TERMS_MAX)
			return 0;
		if ((d->n == d->cap && grow_terms(d) < 0) ||
		    (d->n * 2 >= d->size && grow_table(d) < 0))
			return -1;
		at = probe(d, gram->key);
		d->key[at] = gram->key;
		d->id[at] = (uint32_t)d->n;
		d->texts[d->n] = 0;
		d->kind[d->n++] = gram->kind;
	}
	*ret = d->id[at];
	d->texts[*ret]++;
	return 0;
}

int og_dictionary_add(struct og_dictionary *d, const struct og_grams *grams, struct og_term *ret,
		      struct og_err *err)
{
	for (size_t i = 0; i < grams->n; i++) {
		ret[i].value = grams->g[i].value;
		if (number(d, &grams->g[i], &ret[i].id) < 0)
			return og_fail_nomem(err);
	}
	d->n_texts++;
	return 0;
}

/* What is kept stays in order, and is entered anew. */
int og_dictionary_prune(struct og_dictionary *d, uint32_t *ret, struct og_err *err)
{
	struct og_dictionary old = *d;
	size_t n = 0;

	d->key = calloc(d->size, sizeof(*d->key));
	d->id = calloc(d->size, sizeof(*d->id));
	if (d->key == NULL || d->id == NULL) {
		free(d->key);
		free(d->id);
		*d = old;
		return og_fail_nomem(err);
	}
	for (size_t i = 0; i < d->n; i++) {
		int once = d->texts[i] < 2;

		ret[i] = once ? OG_TERM_UNKNOWN | d->kind[i] : (uint32_t)n;
		d->texts[n] = d->texts[i];
		d->kind[n] = d->kind[i];
		n += !once;
	}
	d->n = n;
	for (size_t i = 0; i < old.size; i++) {
		size_t at;

		if (old.key[i] == 0 || ret[old.id[i]] & OG_TERM_UNKNOWN)
			continue;
		at = probe(d, old.key[i]);
		d->key[at] = old.key[i];
		d->id[at] = ret[old.id[i]];
	}
	free(old.key);
	free(old.id);
	return 0;
}

int og_dictionary_enter(struct og_dictionary *d, uint64_t key, struct og_err *err)
{
	const struct og_gram gram = { .key = key };
	uint32_t ignored;

	if (key == 0)
		return og_fail(err, OG_EDATA, "no gram has this key");
	return number(d, &gram, &ignored) < 0 ? og_fail_nomem(err) : 0;
}

void og_dictionary_find(const struct og_dictionary *d, const struct og_grams *grams,
			struct og_term *ret)
{
	for (size_t i = 0; i < grams->n; i++) {
		size_t at = probe(d, grams->g[i].key);

		ret[i].value = grams->g[i].value;
		ret[i].id = d->key[at] != 0 ? d->id[at] : OG_TERM_UNKNOWN | grams->g[i].kind;
	}
}

static enum og_gram_kind kind_of(const struct og_dictionary *d, const struct og_term *term)
{
	return term->id & OG_TERM_UNKNOWN ? (enum og_gram_kind)(term->id & 0xff)
					  : (enum og_gram_kind)d->kind[term->id];
}

/* A word in every text says little, one in a single text much. */
static float rarity(const struct og_dictionary *d, const struct og_term *term)
{
	float texts = term->id & OG_TERM_UNKNOWN ? NEVER_SEEN : (float)d->texts[term->id];

	return logf(1 + (float)(d->n_texts + 1) / texts);
}

void og_dictionary_weigh(const struct og_dictionary *d, struct og_term *terms, size_t n)
{
	float squares[OG_GRAM_KINDS] = { 0 };
	int kinds = 0;

	for (size_t i = 0; i < n; i++) {
		terms[i].value *= rarity(d, &terms[i]);
		squares[kind_of(d, &terms[i])] += terms[i].value * terms[i].value;
	}
	for (size_t k = 0; k < OG_GRAM_KINDS; k++)
		kinds += squares[k] > 0;
	for (size_t i = 0; i < n; i++) {
		if (terms[i].id & OG_TERM_UNKNOWN)
			terms[i] = (struct og_term){ OG_TERM_UNKNOWN, 0 };
		else
			terms[i].value /= sqrtf(squares[kind_of(d, &terms[i])] * (float)kinds);
	}
}
