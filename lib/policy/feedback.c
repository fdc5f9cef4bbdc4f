/* See feedback.h. */
#include "lib/policy/feedback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SURE	  4.0		    /* power of their scores: the best says the most */
#define TAKEN	  25		    /* words */
#define ASKED	  0.5		    /* share of the weights that stays with the query */
#define WORDS_MAX ((size_t)1 << 20) /* bytes */

struct guess {
	const char *stem;
	uint32_t word;
	double weight;
};

static double damped(uint32_t times)
{
	return 1 + log(times);
}

/* A number or a letter is no subject. */
static int tells(const char *stem)
{
	return stem[0] && stem[1] && stem[strspn(stem, "0123456789")];
}

/* The words of the best passages. */
struct subject {
	double *sums;	     /* by number of the word; heap */
	struct og_buf words; /* uint32_t: those that have a sum, as they came */
};

static void add_text(struct subject *subject, const struct og_index_text *text, double weight)
{
	double all = 0;

	for (size_t i = 0; i < text->n; i++)
		all += damped(text->words[i].times);
	for (size_t i = 0; i < text->n; i++) {
		uint32_t word = text->words[i].word;

		if (subject->sums[word] <= 0)
			og_buf_add(&subject->words, &word, sizeof(word));
		subject->sums[word] += weight * damped(text->words[i].times) / all;
	}
}

/* Reads all texts first: how many words there are is known then. */
static int read_best(struct og_index *index, const struct og_top *best, struct subject *subject,
		     struct og_err *err)
{
	for (size_t i = 0; i < best->n; i++)
		if (!og_index_text(index, (uint32_t)best->best[i].number, err))
			return -1;
	subject->sums = calloc(og_index_words(index) + 1, sizeof(*subject->sums));
	if (!subject->sums)
		return og_fail_nomem(err);
	for (size_t i = 0; i < best->n; i++)
		add_text(subject, og_index_text(index, (uint32_t)best->best[i].number, err),
			 pow(best->best[i].score / best->best[0].score, SURE));
	return og_buf_check(&subject->words, "words of passages", err);
}

static int by_weight(const void *a, const void *b)
{
	const struct guess *x = a, *y = b;

	return x->weight < y->weight ? 1 : x->weight > y->weight ? -1 : strcmp(x->stem, y->stem);
}

/* The heaviest words, at most OG_FEEDBACK_TERMS; how many. */
static size_t heaviest(const struct og_index *index, const struct subject *subject,
		       struct guess *ret)
{
	const uint32_t *words = (const uint32_t *)(const void *)subject->words.data;
	size_t n = 0;

	for (size_t i = 0; i < subject->words.len / sizeof(*words); i++) {
		struct guess guess = { og_index_stem(index, words[i]), words[i],
				       subject->sums[words[i]] };
		size_t at;

		if (!tells(guess.stem) ||
		    (n == OG_FEEDBACK_TERMS && by_weight(&guess, &ret[n - 1]) > 0))
			continue;
		at = n < OG_FEEDBACK_TERMS ? n++ : n - 1;
		for (; at > 0 && by_weight(&guess, &ret[at - 1]) < 0; at--)
			ret[at] = ret[at - 1];
		ret[at] = guess;
	}
	return n;
}

/* Rare words tell more. */
static int weigh(struct og_scores *scores, struct guess *guesses, size_t n, struct og_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct og_score_term term = { .word = guesses[i].word };

		if (og_scores_count(scores, &term, 1, err) < 0)
			return -1;
		guesses[i].weight *= log((scores->passages + 1) / fmax(term.passages, 1));
	}
	qsort(guesses, n, sizeof(*guesses), by_weight);
	return 0;
}

static void add_term(struct og_score_term *terms, size_t *n, uint32_t word, double weight)
{
	for (size_t i = 0; i < *n; i++)
		if (terms[i].word == word) {
			terms[i].weight += weight;
			return;
		}
	terms[(*n)++] = (struct og_score_term){ .word = word, .weight = weight };
}

static void share(const struct guess *guesses, size_t guessed, struct og_score_term *terms,
		  size_t *n)
{
	double asked = 0, all = 0;

	for (size_t i = 0; i < *n; i++)
		asked += terms[i].weight;
	for (size_t i = 0; i < guessed; i++)
		all += guesses[i].weight;
	if (all <= 0)
		return;
	for (size_t i = 0; i < *n; i++)
		terms[i].weight *= ASKED / asked;
	for (size_t i = 0; i < guessed; i++)
		add_term(terms, n, guesses[i].word, (1 - ASKED) * guesses[i].weight / all);
}

int og_feedback(struct og_scores *scores, const struct og_top *best, struct og_score_term *terms,
		size_t *n, struct og_err *err)
{
	struct guess guesses[OG_FEEDBACK_TERMS];
	struct subject subject = { .sums = NULL };
	size_t guessed;
	int rc = -1;

	og_buf_init(&subject.words, WORDS_MAX);
	if (read_best(scores->index, best, &subject, err) == 0) {
		guessed = heaviest(scores->index, &subject, guesses);
		rc = weigh(scores, guesses, guessed, err);
		if (rc == 0)
			share(guesses, guessed < TAKEN ? guessed : TAKEN, terms, n);
	}
	free(subject.sums);
	og_buf_release(&subject.words);
	return rc;
}
