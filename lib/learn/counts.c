/*
 * Sentences as postings, a list for each term; and naive Bayes read off the
 * same lists.
 */
#include "lib/learn/counts.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/learn/learn-internal.h"

#define SMOOTH 0.02 /* what a label is taken to have said of every term */
#define SPREAD 100  /* terms that a smoothed label might have said */

struct said {
	size_t first, n; /* of the terms */
	uint32_t label;
};

struct posting {
	uint32_t text;
	float value;
};

struct og_counts {
	struct og_dictionary dictionary;
	size_t n_texts, cap_texts, n_terms, cap_terms;
	struct said *texts;
	struct og_term *terms; /* of all texts; none once ready */
	size_t *first;	       /* per term of the dictionary, and one more: its postings */
	struct posting *postings;
	double *of_term;  /* per term: all its values */
	double *of_label; /* per label, the same */
	double of_all;
	struct og_grams *scratch; /* until ready: 100 KB that nobody needs afterwards */
};

int og_counts_new(struct og_counts **ret, struct og_err *err)
{
	struct og_counts *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return og_fail_nomem(err);
	if (og_dictionary_init(&c->dictionary, err) < 0) {
		free(c);
		return -1;
	}
	c->scratch = malloc(sizeof(*c->scratch));
	if (c->scratch == NULL) {
		og_counts_free(c);
		return og_fail_nomem(err);
	}
	*ret = c;
	return 0;
}

void og_counts_free(struct og_counts *c)
{
	if (c == NULL)
		return;
	og_dictionary_release(&c->dictionary);
	free(c->texts);
	free(c->terms);
	free(c->first);
	free(c->postings);
	free(c->of_term);
	free(c->of_label);
	free(c->scratch);
	free(c);
}

static int make_room(struct og_counts *c, size_t n_terms, struct og_err *err)
{
	if (c->n_texts == c->cap_texts) {
		size_t cap = c->cap_texts == 0 ? 64 : c->cap_texts * 2;
		struct said *texts = reallocarray(c->texts, cap, sizeof(*texts));

		if (texts == NULL)
			return og_fail_nomem(err);
		c->texts = texts;
		c->cap_texts = cap;
	}
	if (c->n_terms + n_terms > c->cap_terms) {
		size_t cap = (c->n_terms + n_terms) * 2;
		struct og_term *terms = reallocarray(c->terms, cap, sizeof(*terms));

		if (terms == NULL)
			return og_fail_nomem(err);
		c->terms = terms;
		c->cap_terms = cap;
	}
	return 0;
}

int og_counts_add(struct og_counts *c, size_t label, const char *text, size_t len, size_t *ret_text,
		  struct og_err *err)
{
	*ret_text = SIZE_MAX;
	if (c->n_texts == OG_COUNTS_TEXTS_MAX)
		return 0;
	og_grams_read(text, len, c->scratch);
	if (make_room(c, c->scratch->n, err) < 0 ||
	    og_dictionary_add(&c->dictionary, c->scratch, c->terms + c->n_terms, err) < 0)
		return -1;
	*ret_text = c->n_texts;
	c->texts[c->n_texts++] = (struct said){ c->n_terms, c->scratch->n, (uint32_t)label };
	c->n_terms += c->scratch->n;
	return 0;
}

static int allocate(struct og_counts *c, size_t n_labels)
{
	c->first = calloc(c->dictionary.n + 2, sizeof(*c->first));
	c->of_term = calloc(c->dictionary.n + 1, sizeof(*c->of_term));
	c->of_label = calloc(n_labels + 1, sizeof(*c->of_label));
	c->postings = calloc(c->n_terms + 1, sizeof(*c->postings));
	return c->first != NULL && c->of_term != NULL && c->of_label != NULL && c->postings != NULL
		       ? 0
		       : -1;
}

/* How often each term is there becomes where its postings begin. */
static void lay_out(struct og_counts *c)
{
	for (size_t i = 0; i < c->n_terms; i++) {
		if (!(c->terms[i].id & OG_TERM_UNKNOWN))
			c->first[c->terms[i].id + 2]++;
	}
	for (size_t i = 2; i < c->dictionary.n + 2; i++)
		c->first[i] += c->first[i - 1];
}

/* first[id + 1] runs ahead while they are filled, to end where the next begins. */
static void post(struct og_counts *c, size_t text)
{
	const struct said *t = &c->texts[text];

	og_dictionary_weigh(&c->dictionary, c->terms + t->first, t->n);
	for (size_t i = t->first; i < t->first + t->n; i++) {
		const struct og_term *term = &c->terms[i];

		if (term->id & OG_TERM_UNKNOWN)
			continue;
		c->postings[c->first[term->id + 1]++] =
			(struct posting){ (uint32_t)text, term->value };
		c->of_term[term->id] += (double)term->value;
		c->of_label[t->label] += (double)term->value;
		c->of_all += (double)term->value;
	}
}

int og_counts_ready(struct og_counts *c, struct og_err *err)
{
	if (allocate(c, c->n_texts > 0 ? c->texts[c->n_texts - 1].label + 1 : 0) < 0)
		return og_fail_nomem(err);
	lay_out(c);
	for (size_t i = 0; i < c->n_texts; i++)
		post(c, i);
	free(c->terms);
	free(c->scratch);
	c->terms = NULL;
	c->scratch = NULL;
	return 0;
}

struct asked {
	struct og_grams grams;
	struct og_term terms[OG_GRAMS_MAX];
};

/* What a term that was said so often for a label, out of all, speaks for it. */
static double odds(const struct og_counts *c, const struct og_term *term, size_t label, double here)
{
	double elsewhere = c->of_term[term->id] - here;

	return log((here + SMOOTH) / (c->of_label[label] + SMOOTH * SPREAD)) -
	       log((elsewhere + SMOOTH) / (c->of_all - c->of_label[label] + SMOOTH * SPREAD));
}

/* A term's postings stand in order of labels: one run after the other. The
 * labels that never said it get the same as if they were one. */
static void weigh_term(const struct og_counts *c, const struct og_term *term, float *near,
		       struct og_counted *ret, double *common)
{
	double never = log(SMOOTH) - log(c->of_term[term->id] + SMOOTH);
	size_t end = c->first[term->id + 1];

	*common += (double)term->value * never;
	for (size_t i = c->first[term->id]; i < end;) {
		uint32_t label = c->texts[c->postings[i].text].label;
		double here = 0, base;

		for (; i < end && c->texts[c->postings[i].text].label == label; i++) {
			here += (double)c->postings[i].value;
			near[c->postings[i].text] += term->value * c->postings[i].value;
		}
		base = never - log(c->of_label[label] + SMOOTH * SPREAD) +
		       log(c->of_all - c->of_label[label] + SMOOTH * SPREAD);
		ret[label].evidence += (double)term->value * (odds(c, term, label, here) - base);
	}
}

static void find_nearest(const struct og_counts *c, const float *near, struct og_counted *ret,
			 size_t n_labels)
{
	for (size_t i = 0; i < c->n_texts; i++) {
		uint32_t label = c->texts[i].label;

		if (label >= n_labels || (double)near[i] <= ret[label].likeness)
			continue;
		ret[label].likeness = fmin((double)near[i], 1);
		ret[label].text = i;
	}
}

static void count_all(const struct og_counts *c, struct asked *q, float *near,
		      struct og_counted *ret, size_t n_labels)
{
	double common = 0, said = 0;

	og_dictionary_find(&c->dictionary, &q->grams, q->terms);
	og_dictionary_weigh(&c->dictionary, q->terms, q->grams.n);
	for (size_t i = 0; i < q->grams.n; i++) {
		if (q->terms[i].id & OG_TERM_UNKNOWN)
			continue;
		weigh_term(c, &q->terms[i], near, ret, &common);
		said += (double)q->terms[i].value;
	}
	for (size_t k = 0; k < n_labels && c->n_texts > 0; k++) {
		double of_label = k <= c->texts[c->n_texts - 1].label ? c->of_label[k] : 0;

		ret[k].evidence += common + said * (log(c->of_all - of_label + SMOOTH * SPREAD) -
						    log(of_label + SMOOTH * SPREAD));
	}
	find_nearest(c, near, ret, n_labels);
}

int og_counts_ask(const struct og_counts *c, const char *text, size_t len, struct og_counted *ret,
		  size_t n_labels, struct og_err *err)
{
	struct asked *q = malloc(sizeof(*q));
	float *near = calloc(c->n_texts + 1, sizeof(*near));
	int rc = -1;

	for (size_t k = 0; k < n_labels; k++)
		ret[k] = (struct og_counted){ .text = SIZE_MAX };
	if (q == NULL || near == NULL) {
		og_fail_nomem(err);
	} else {
		og_grams_read(text, len, &q->grams);
		count_all(c, q, near, ret, n_labels);
		rc = 0;
	}
	free(near);
	free(q);
	return rc;
}
