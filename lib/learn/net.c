/*
 * A network of one hidden layer, trained by stochastic gradient descent on
 * the cross entropy. In every step half of a sentence's terms are left out,
 * so that no label hangs on a single word. Sums run in a fixed order: what
 * is learned does not depend on the processor's vectors.
 */
#include "lib/learn/learn-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	   OG_NET_WIDTH
#define BLOCK	   16 /* classes at a time */
#define ROUNDS	   15
#define STEPS_MIN  20000 /* few lessons are gone through more often, */
#define ROUNDS_MAX 100	 /* within reason */
#define RATE_IN	   1.0f
#define RATE_OUT   0.05f
#define RATE_BIAS  0.01f
#define FIRST	   0.1f /* spread of the first weights */

/* The inner loops are worth the wider vectors where there are some. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
	!defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* What one step needs beside the weights. */
struct step {
	float hidden[WIDTH];
	float slope[WIDTH];
	float score[OG_NET_CLASSES];
	struct og_term kept[OG_GRAMS_MAX];
	size_t n_kept;
	uint64_t random;
};

static uint32_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 2685821657736338717ull) >> 32);
}

/* About normal, variance 1. */
static float spread(uint64_t *state)
{
	float sum = 0;

	for (int i = 0; i < 6; i++)
		sum += (float)next_random(state) * (1 / 4294967296.0f);
	return (sum - 3) * 1.41421356f;
}

/* y += a * x */
WIDE static void add_row(float *restrict y, const float *restrict x, float a)
{
	for (size_t k = 0; k < WIDTH; k++)
		y[k] += a * x[k];
}

WIDE static void add_blocks(float *restrict y, const float *restrict x, float a, size_t n)
{
	for (size_t b = 0; b < n; b += BLOCK) {
		for (size_t k = 0; k < BLOCK; k++)
			y[b + k] += a * x[b + k];
	}
}

WIDE static float dot_blocks(const float *restrict x, const float *restrict y, size_t n)
{
	float part[BLOCK] = { 0 }, sum = 0;

	for (size_t b = 0; b < n; b += BLOCK) {
		for (size_t k = 0; k < BLOCK; k++)
			part[k] += x[b + k] * y[b + k];
	}
	for (size_t k = 0; k < BLOCK; k++)
		sum += part[k];
	return sum;
}

static void hidden_of(const struct og_layers *l, const struct og_term *terms, size_t n,
		      float *hidden)
{
	memcpy(hidden, l->bias, WIDTH * sizeof(*hidden));
	for (size_t i = 0; i < n; i++) {
		if (!(terms[i].id & OG_TERM_UNKNOWN))
			add_row(hidden, l->in + (size_t)terms[i].id * WIDTH, terms[i].value);
	}
	for (size_t k = 0; k < WIDTH; k++)
		hidden[k] = hidden[k] > 0 ? hidden[k] : 0;
}

static void add_scores(const struct og_layers *l, const float *hidden, float *scores)
{
	add_blocks(scores, l->rest, 1, l->stride);
	for (size_t k = 0; k < WIDTH; k++) {
		if (hidden[k] > 0)
			add_blocks(scores, l->out + k * l->stride, hidden[k], l->stride);
	}
}

void og_layers_ask(const struct og_layers *l, const struct og_term *terms, size_t n, float *sums)
{
	float hidden[WIDTH];

	hidden_of(l, terms, n, hidden);
	add_scores(l, hidden, sums);
}

void og_layers_explain(const struct og_layers *l, const struct og_term *terms, size_t n, size_t a,
		       size_t b, float *speaks)
{
	float hidden[WIDTH];

	hidden_of(l, terms, n, hidden);
	for (size_t k = 0; k < WIDTH; k++) {
		const float *out = l->out + k * l->stride;

		hidden[k] = hidden[k] > 0 ? out[a] - out[b] : 0;
	}
	for (size_t i = 0; i < n; i++) {
		const float *in = l->in + (size_t)terms[i].id * WIDTH;

		if (!(terms[i].id & OG_TERM_UNKNOWN))
			speaks[i] += terms[i].value * dot_blocks(hidden, in, WIDTH);
	}
}

/* Scores to what should change about them: right minus probability. */
static void error_of(struct step *s, size_t n, size_t stride, uint32_t label, float rate)
{
	float most = s->score[0], sum = 0;

	for (size_t c = 1; c < n; c++)
		most = s->score[c] > most ? s->score[c] : most;
	for (size_t c = 0; c < n; c++) {
		s->score[c] = expf(s->score[c] - most);
		sum += s->score[c];
	}
	for (size_t c = 0; c < n; c++)
		s->score[c] *= -rate / sum;
	s->score[label] += rate;
	memset(s->score + n, 0, (stride - n) * sizeof(*s->score));
}

static void keep_half(struct step *s, const struct og_lesson *lesson)
{
	uint32_t bits = 0;

	s->n_kept = 0;
	for (size_t i = 0; i < lesson->n; i++) {
		bits = i % 32 == 0 ? next_random(&s->random) : bits >> 1;
		if (bits & 1 && !(lesson->terms[i].id & OG_TERM_UNKNOWN))
			s->kept[s->n_kept++] =
				(struct og_term){ lesson->terms[i].id, 2 * lesson->terms[i].value };
	}
}

static void learn(struct og_layers *l, struct step *s, const struct og_lesson *lesson, float rate)
{
	keep_half(s, lesson);
	hidden_of(l, s->kept, s->n_kept, s->hidden);
	memset(s->score, 0, l->stride * sizeof(*s->score));
	add_scores(l, s->hidden, s->score);
	error_of(s, l->n_classes, l->stride, lesson->label, rate);
	for (size_t k = 0; k < WIDTH; k++) {
		float *out = l->out + k * l->stride;

		s->slope[k] = 0;
		if (s->hidden[k] <= 0)
			continue;
		s->slope[k] = RATE_IN * dot_blocks(out, s->score, l->stride);
		add_blocks(out, s->score, RATE_OUT * s->hidden[k], l->stride);
	}
	add_blocks(l->rest, s->score, RATE_OUT, l->stride);
	add_row(l->bias, s->slope, RATE_BIAS);
	for (size_t i = 0; i < s->n_kept; i++)
		add_row(l->in + (size_t)s->kept[i].id * WIDTH, s->slope, s->kept[i].value / 2);
}

static int layers_init(struct og_layers *l, uint64_t *random, struct og_err *err)
{
	l->stride = (l->n_classes + BLOCK - 1) / BLOCK * BLOCK;
	l->in = calloc(l->n_terms + 1, WIDTH * sizeof(float));
	l->bias = calloc(WIDTH, sizeof(float));
	l->out = calloc(WIDTH * l->stride, sizeof(float));
	l->rest = calloc(l->stride, sizeof(float));
	if (l->in == NULL || l->bias == NULL || l->out == NULL || l->rest == NULL) {
		og_layers_release(l);
		return og_fail_nomem(err);
	}
	for (size_t i = 0; i < l->n_terms * WIDTH; i++)
		l->in[i] = FIRST * spread(random);
	return 0;
}

void og_layers_release(struct og_layers *l)
{
	free(l->in);
	free(l->bias);
	free(l->out);
	free(l->rest);
	*l = (struct og_layers){ .in = NULL };
}

static void shuffle(uint32_t *order, size_t n, uint64_t *random)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = next_random(random) % i;
		uint32_t other = order[i - 1];

		order[i - 1] = order[j];
		order[j] = other;
	}
}

static int rounds_for(size_t n)
{
	size_t rounds = n > 0 ? STEPS_MIN / n : 0;

	return rounds < ROUNDS ? ROUNDS : rounds > ROUNDS_MAX ? ROUNDS_MAX : (int)rounds;
}

int og_layers_train(struct og_layers *l, const struct og_lesson *lessons, size_t n, uint32_t seed,
		    struct og_err *err)
{
	struct step *s = calloc(1, sizeof(*s));
	uint32_t *order = calloc(n + 1, sizeof(*order));
	size_t n_order = 0;
	int rounds, rc = -1;

	if (s == NULL || order == NULL) {
		og_fail_nomem(err);
		goto out;
	}
	s->random = 0x9e3779b97f4a7c15ull * (seed + 1);
	if (layers_init(l, &s->random, err) < 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (!lessons[i].held)
			order[n_order++] = (uint32_t)i;
	}
	rounds = rounds_for(n_order);
	for (int round = 0; round < rounds; round++) {
		float rate = 0.05f + 0.95f * (1 - (float)round / (float)rounds);

		shuffle(order, n_order, &s->random);
		for (size_t i = 0; i < n_order; i++)
			learn(l, s, &lessons[order[i]], rate);
	}
	rc = 0;
out:
	free(order);
	free(s);
	return rc;
}
