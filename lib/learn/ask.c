/*
 * Asking a learner: what a sentence means, and why.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/learn/learn-internal.h"

#define NONE OG_LEARN_NONE

/* What the network says of a sentence. */
struct opinion {
	uint32_t best, next; /* NONE: there is none */
	float best_says, next_says;
	float none_says; /* -INFINITY without examples of none */
};

static void form_opinion(const struct og_learner *l, const float *says, struct opinion *ret)
{
	*ret = (struct opinion){ .best = NONE,
				 .next = NONE,
				 .best_says = -INFINITY,
				 .next_says = -INFINITY,
				 .none_says = -INFINITY };
	for (uint32_t c = 0; c < l->n_labels; c++) {
		if (l->label[c] == NULL)
			continue;
		if (says[c] > ret->best_says) {
			ret->next = ret->best;
			ret->next_says = ret->best_says;
			ret->best = c;
			ret->best_says = says[c];
		} else if (says[c] > ret->next_says) {
			ret->next = c;
			ret->next_says = says[c];
		}
	}
	if (l->none != NONE)
		ret->none_says = says[l->none];
}

/* What a sentence is looked at with. Large, so nothing is cleared twice. */
struct question {
	struct og_grams grams;
	struct og_term terms[OG_GRAMS_MAX];
	float says[OG_NET_CLASSES];
	float speaks[OG_GRAMS_MAX];
	double word[OG_GRAM_WORDS_MAX];
};

static int knows_any(const struct question *q)
{
	for (size_t i = 0; i < q->grams.n; i++) {
		if (!(q->terms[i].id & OG_TERM_UNKNOWN) && q->grams.g[i].kind == OG_GRAM_WORD)
			return 1;
	}
	return 0;
}

/* The question as terms. 0: there is nothing in it that is known. */
static int read_question(const struct og_learner *l, const char *text, size_t len,
			 struct question **ret, struct og_err *err)
{
	struct question *q;

	if (!l->trained)
		return og_fail(err, OG_EBUG, "a learner is asked before it is trained");
	q = malloc(sizeof(*q));
	if (q == NULL)
		return og_fail_nomem(err);
	og_grams_read(text, len, &q->grams);
	og_dictionary_find(&l->dictionary, &q->grams, q->terms);
	*ret = q;
	if (!knows_any(q))
		return 0;
	og_dictionary_weigh(&l->dictionary, q->terms, q->grams.n);
	return 1;
}

static double score_of(const struct og_learner *l, float says)
{
	return 1 / (1 + exp(-(double)(says - l->threshold) / (double)l->scale));
}

/* 0: it says nothing of any label, as one that was read may. */
static int ask_network(const struct og_learner *l, struct question *q, struct opinion *ret)
{
	og_layers_ask(&l->layers, q->terms, q->grams.n, q->says);
	form_opinion(l, q->says, ret);
	if (ret->best == NONE)
		return 0;
	if (ret->none_says > ret->best_says) /* as far below as none is above */
		ret->best_says =
			fminf(ret->best_says, l->threshold) - (ret->none_says - ret->best_says);
	return 1;
}

int og_learner_ask(const struct og_learner *l, const char *text, size_t len,
		   struct og_labelled *ret, struct og_err *err)
{
	struct question *q = NULL;
	struct opinion o;
	int known = read_question(l, text, len, &q, err);

	if (known < 0)
		return -1;
	*ret = (struct og_labelled){ .nearest = og_learner_label(l, 0) };
	if (known && ask_network(l, q, &o)) {
		ret->nearest = l->label[o.best];
		ret->score = score_of(l, o.best_says);
		ret->label = o.best_says >= l->threshold ? ret->nearest : NULL;
		if (o.next != NONE) {
			ret->next = l->label[o.next];
			ret->next_score = fmin(score_of(l, o.next_says), ret->score);
		}
	}
	free(q);
	return 0;
}

/* Gives each word the part of its grams; a pair's is halved. The sum of
 * what spoke for it. */
static double share_out(struct question *q)
{
	double sum = 0;

	memset(q->word, 0, sizeof(q->word));
	for (size_t i = 0; i < q->grams.n; i++) {
		const struct og_gram *g = &q->grams.g[i];

		q->word[g->from] += (double)q->speaks[i] / 2;
		q->word[g->to] += (double)q->speaks[i] / 2;
	}
	for (size_t i = 0; i < q->grams.n_words; i++)
		sum += q->word[i] > 0 ? q->word[i] : 0;
	return sum;
}

static size_t loudest(struct question *q, struct og_reason *ret)
{
	double sum = share_out(q);
	size_t n = 0;

	for (; n < OG_LEARN_REASONS; n++) {
		size_t best = 0;

		for (size_t i = 1; i < q->grams.n_words; i++)
			best = q->word[i] > q->word[best] ? i : best;
		if (q->word[best] <= 0)
			break;
		ret[n] = (struct og_reason){ q->grams.word[best].at, q->grams.word[best].len,
					     q->word[best] / sum };
		q->word[best] = 0;
	}
	return n;
}

int og_learner_explain(const struct og_learner *l, const char *text, size_t len,
		       struct og_reason ret[OG_LEARN_REASONS], size_t *ret_n, struct og_err *err)
{
	struct question *q = NULL;
	struct opinion o;
	int known = read_question(l, text, len, &q, err);

	if (known < 0)
		return -1;
	*ret_n = 0;
	if (known && ask_network(l, q, &o)) {
		og_layers_explain(&l->layers, q->terms, q->grams.n, o.best,
				  o.next == NONE ? o.best : o.next, q->speaks);
		*ret_n = loudest(q, ret);
	}
	free(q);
	return 0;
}
