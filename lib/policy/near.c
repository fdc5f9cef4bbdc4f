/* See near.h. */
#include "lib/policy/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEIGHBOURS 20
#define SHARE	   0.3 /* of a score that is theirs */

/* A word in one of the passages. */
struct weight {
	uint32_t word, of; /* a number among these words; the passage */
	float weight;
};

struct work {
	size_t n;	       /* passages */
	struct og_buf weights; /* struct weight, passage after passage */
	uint32_t *local;       /* by number in the index: among these words, from 1 */
	struct og_buf with;    /* uint32_t: how many have it, by number among these */
	float *like;	       /* n times n */
};

static void release(struct work *w)
{
	og_buf_release(&w->weights);
	og_buf_release(&w->with);
	free(w->local);
	free(w->like);
}

static uint32_t *with_of(const struct work *w)
{
	return (uint32_t *)(void *)w->with.data;
}

static void add_text(struct work *w, const struct og_index_text *text, uint32_t of)
{
	const uint32_t none = 0;

	for (size_t i = 0; i < text->n; i++) {
		uint32_t *local = &w->local[text->words[i].word];
		struct weight weight = { 0, of, 1 + logf((float)text->words[i].times) };

		if (!*local && og_buf_add(&w->with, &none, sizeof(none)) == 0)
			*local = (uint32_t)(w->with.len / sizeof(none));
		if (!*local)
			return;
		weight.word = *local - 1;
		with_of(w)[weight.word]++;
		og_buf_add(&w->weights, &weight, sizeof(weight));
	}
}

/* Reads all texts first: how many words there are is known then. */
static int read_texts(struct work *w, struct og_index *index, const struct og_top *top,
		      struct og_err *err)
{
	for (size_t i = 0; i < w->n; i++)
		if (!og_index_text(index, (uint32_t)top->best[i].number, err))
			return -1;
	w->local = calloc(og_index_words(index) + 1, sizeof(*w->local));
	w->like = calloc(w->n * w->n, sizeof(*w->like));
	if (!w->local || !w->like)
		return og_fail_nomem(err);
	for (size_t i = 0; i < w->n; i++)
		add_text(w, og_index_text(index, (uint32_t)top->best[i].number, err), (uint32_t)i);
	return og_buf_check(&w->weights, "words of passages", err) < 0
		       ? -1
		       : og_buf_check(&w->with, "words of passages", err);
}

/* What half of them have tells nothing. */
static float rarity(const struct work *w, uint32_t with)
{
	return 2 * with > w->n ? 0 : logf((float)(w->n + 1) / (float)with);
}

/* Every passage's weights, to a length of 1. */
static void normalize(struct work *w)
{
	struct weight *weights = (struct weight *)(void *)w->weights.data;
	size_t n = w->weights.len / sizeof(*weights), end;

	for (size_t i = 0; i < n; i = end) {
		float square = 0;

		for (end = i; end < n && weights[end].of == weights[i].of; end++) {
			weights[end].weight *= rarity(w, with_of(w)[weights[end].word]);
			square += weights[end].weight * weights[end].weight;
		}
		square = square > 0 ? sqrtf(square) : 1;
		for (size_t j = i; j < end; j++)
			weights[j].weight /= square;
	}
}

/* Word by word, each pair of passages that have it. */
static int compare(struct work *w, struct og_err *err)
{
	const struct weight *weights = (const struct weight *)(const void *)w->weights.data;
	size_t n = w->weights.len / sizeof(*weights), words = w->with.len / sizeof(uint32_t);
	struct weight *sorted = malloc((n + 1) * sizeof(*sorted));
	size_t *from = calloc(words + 2, sizeof(*from));

	if (sorted && from) {
		for (size_t i = 0; i < n; i++)
			from[weights[i].word + 2]++;
		for (size_t i = 2; i < words + 2; i++)
			from[i] += from[i - 1];
		for (size_t i = 0; i < n; i++)
			sorted[from[weights[i].word + 1]++] = weights[i];
		for (size_t i = 0; i < n; i++)
			for (size_t j = sorted[i].weight > 0 ? i + 1 : n;
			     j < n && sorted[j].word == sorted[i].word; j++)
				w->like[sorted[i].of * w->n + sorted[j].of] +=
					sorted[i].weight * sorted[j].weight;
	}
	free(sorted);
	free(from);
	return sorted && from ? 0 : og_fail_nomem(err);
}

static float like(const struct work *w, size_t a, size_t b)
{
	return a < b ? w->like[a * w->n + b] : w->like[b * w->n + a];
}

/* What those score, on average, that are most like it: the more alike, the
 * more they count. */
static double neighbours(const struct work *w, const struct og_top *top, size_t of)
{
	size_t best[NEIGHBOURS], n = 0;
	double sum = 0, all = 0;

	for (size_t i = 0; i < w->n; i++) {
		float alike = i == of ? 0 : like(w, of, i);
		size_t at = n;

		if (alike <= 0 || (n == NEIGHBOURS && alike <= like(w, of, best[n - 1])))
			continue;
		at = n < NEIGHBOURS ? n++ : n - 1;
		for (; at > 0 && alike > like(w, of, best[at - 1]); at--)
			best[at] = best[at - 1];
		best[at] = i;
	}
	for (size_t i = 0; i < n; i++) {
		sum += like(w, of, best[i]) * top->best[best[i]].score;
		all += like(w, of, best[i]);
	}
	return all > 0 ? sum / all : 0;
}

static int rescore(const struct work *w, struct og_top *top, struct og_err *err)
{
	struct og_best *again = malloc(w->n * sizeof(*again));
	struct og_top sorted = { again, w->n, 0 };
	double lowest, behind = w->n < top->n ? top->best[w->n].score : 0;

	if (!again)
		return og_fail_nomem(err);
	for (size_t i = 0; i < w->n; i++)
		og_top_offer(&sorted, top->best[i].number,
			     (1 - SHARE) * top->best[i].score + SHARE * neighbours(w, top, i));
	lowest = again[w->n - 1].score;
	for (size_t i = w->n; i < top->n; i++)
		top->best[i].score *= behind > lowest ? lowest / behind : 1;
	memcpy(top->best, again, w->n * sizeof(*again));
	free(again);
	return 0;
}

int og_near(struct og_index *index, struct og_top *top, struct og_err *err)
{
	struct work w = { .n = top->n < OG_NEAR ? top->n : OG_NEAR };
	int rc = -1;

	if (w.n < 3)
		return 0;
	og_buf_init(&w.weights, (size_t)16 << 20);
	og_buf_init(&w.with, (size_t)4 << 20);
	if (read_texts(&w, index, top, err) == 0) {
		normalize(&w);
		if (compare(&w, err) == 0)
			rc = rescore(&w, top, err);
	}
	release(&w);
	return rc;
}
