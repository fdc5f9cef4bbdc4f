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
#define RATE_IN	   1.0f
#define RATE_OUT   0.05f
#define RATE_BIAS  0.01f
#define FIRST	   0.1f	 /* spread of the first weights */
#define HOPELESS   20.0f /* so far below the best, a class is out of the question, */
#define NEGLIGIBLE 1e-4f /* and so small a share of the error is not learned from */
#define SEED	   0x9e3779b97f4a7c15ull

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
	size_t n_live, n_kept;
	uint16_t live[OG_NET_CLASSES / BLOCK]; /* where blocks with an error begin */
	struct og_term kept[OG_GRAMS_MAX];
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
static inline void add_row(float *restrict y, const float *restrict x, float a)
{
	for (size_t k = 0; k < WIDTH; k++)
		y[k] += a * x[k];
}

/* One block of classes. */
static inline void add_block(float *restrict y, const float *restrict x, float a)
{
	for (size_t k = 0; k < BLOCK; k++)
		y[k] += a * x[k];
}

static inline void add_blocks(float *restrict y, const float *restrict x, float a, size_t n)
{
	for (size_t b = 0; b < n; b += BLOCK) {
		for (size_t k = 0; k < BLOCK; k++)
			y[b + k] += a * x[b + k];
	}
}

static inline void dot_block(float *restrict sums, const float *restrict x, const float *restrict y)
{
	for (size_t k = 0; k < BLOCK; k++)
		sums[k] += x[k] * y[k];
}

static float sum_of(const float sums[BLOCK])
{
	float sum = 0;

	for (size_t k = 0; k < BLOCK; k++)
		sum += sums[k];
	return sum;
}

WIDE static void hidden_of(const struct og_layers *l, const struct og_term *terms, size_t n,
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

WIDE static void scores_of(const struct og_layers *l, const float *hidden, float *scores)
{
	memcpy(scores, l->rest, l->stride * sizeof(*scores));
	for (size_t k = 0; k < WIDTH; k++) {
		if (hidden[k] > 0)
			add_blocks(scores, l->out + k * l->stride, hidden[k], l->stride);
	}
}

void og_layers_ask(const struct og_layers *l, const struct og_term *terms, size_t n, float *says)
{
	float hidden[WIDTH];

	hidden_of(l, terms, n, hidden);
	scores_of(l, hidden, says);
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
		float sums[BLOCK] = { 0 };

		for (size_t k = 0; k < WIDTH && !(terms[i].id & OG_TERM_UNKNOWN); k += BLOCK)
			dot_block(sums, hidden + k, l->in + (size_t)terms[i].id * WIDTH + k);
		speaks[i] = terms[i].value * sum_of(sums);
	}
}

/* Scores to what should change about them: right minus probability. Where
 * that is next to nothing, it is nothing, and blocks of nothing are left out
 * of the step: of a thousand classes few are ever in question. */
static void error_of(struct step *s, size_t n, size_t stride, uint32_t label, float rate)
{
	float most = s->score[0], sum = 0;

	for (size_t c = 1; c < n; c++)
		most = s->score[c] > most ? s->score[c] : most;
	for (size_t c = 0; c < n; c++) {
		s->score[c] = s->score[c] > most - HOPELESS ? expf(s->score[c] - most) : 0;
		sum += s->score[c];
	}
	for (size_t c = 0; c < n; c++)
		s->score[c] *= s->score[c] > NEGLIGIBLE * sum ? -rate / sum : 0;
	s->score[label] += rate;
	memset(s->score + n, 0, (stride - n) * sizeof(*s->score));
	s->n_live = 0;
	for (size_t b = 0; b < stride; b += BLOCK) {
		for (size_t k = 0; k < BLOCK; k++) {
			if (s->score[b + k] != 0) {
				s->live[s->n_live++] = (uint16_t)b;
				break;
			}
		}
	}
}

static void keep_half(struct step *s, const struct og_lesson *lesson, uint64_t *random)
{
	uint32_t bits = 0;

	s->n_kept = 0;
	for (size_t i = 0; i < lesson->n; i++) {
		bits = i % 32 == 0 ? next_random(random) : bits >> 1;
		if (bits & 1 && !(lesson->terms[i].id & OG_TERM_UNKNOWN))
			s->kept[s->n_kept++] =
				(struct og_term){ lesson->terms[i].id, 2 * lesson->terms[i].value };
	}
}

/* Back through unit k of the hidden layer; returns its slope. */
WIDE static float learn_unit(struct og_layers *l, const struct step *s, size_t k)
{
	float *out = l->out + k * l->stride, sums[BLOCK] = { 0 };

	for (size_t i = 0; i < s->n_live; i++) {
		size_t b = s->live[i];

		dot_block(sums, out + b, s->score + b);
		add_block(out + b, s->score + b, RATE_OUT * s->hidden[k]);
	}
	return RATE_IN * sum_of(sums);
}

static void learn(struct og_layers *l, struct step *s, const struct og_lesson *lesson, float rate)
{
	keep_half(s, lesson, &l->random);
	hidden_of(l, s->kept, s->n_kept, s->hidden);
	scores_of(l, s->hidden, s->score);
	error_of(s, l->n_classes, l->stride, lesson->label, rate);
	for (size_t k = 0; k < WIDTH; k++)
		s->slope[k] = s->hidden[k] > 0 ? learn_unit(l, s, k) : 0;
	for (size_t i = 0; i < s->n_live; i++)
		add_block(l->rest + s->live[i], s->score + s->live[i], RATE_OUT);
	add_row(l->bias, s->slope, RATE_BIAS);
	for (size_t i = 0; i < s->n_kept; i++)
		add_row(l->in + (size_t)s->kept[i].id * WIDTH, s->slope, s->kept[i].value / 2);
}

/* More rows at the end, of first weights. */
static int grow_terms(struct og_layers *l, size_t n_terms)
{
	float *in = l->in;

	if (n_terms > l->cap_terms || in == NULL) {
		size_t cap = n_terms + n_terms / 4 + 1;

		in = reallocarray(in, cap, WIDTH * sizeof(*in));
		if (in == NULL)
			return -1;
		l->in = in;
		l->cap_terms = cap;
	}
	for (size_t i = l->n_terms * WIDTH; i < n_terms * WIDTH; i++)
		in[i] = FIRST * spread(&l->random);
	l->n_terms = n_terms;
	return 0;
}

/* More columns, of nothing. */
static int grow_classes(struct og_layers *l, size_t n_classes)
{
	size_t stride = (n_classes + BLOCK - 1) / BLOCK * BLOCK;
	float *out, *rest;

	if (l->out == NULL || stride > l->stride) {
		out = calloc(WIDTH * stride, sizeof(*out));
		rest = calloc(stride, sizeof(*rest));
		if (out == NULL || rest == NULL) {
			free(out);
			free(rest);
			return -1;
		}
		for (size_t k = 0; k < WIDTH && l->out != NULL; k++)
			memcpy(out + k * stride, l->out + k * l->stride, l->stride * sizeof(*out));
		if (l->rest != NULL)
			memcpy(rest, l->rest, l->stride * sizeof(*rest));
		free(l->out);
		free(l->rest);
		l->out = out;
		l->rest = rest;
		l->stride = stride;
	}
	l->n_classes = n_classes;
	return 0;
}

int og_layers_grow(struct og_layers *l, size_t n_terms, size_t n_classes, struct og_err *err)
{
	if (l->bias == NULL) {
		l->random = SEED;
		l->bias = calloc(WIDTH, sizeof(*l->bias));
	}
	if (l->bias == NULL || grow_terms(l, n_terms) < 0 || grow_classes(l, n_classes) < 0)
		return og_fail_nomem(err);
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

int og_layers_learn(struct og_layers *l, const struct og_lesson *lessons, size_t n,
		    const struct og_course *course, struct og_err *err)
{
	struct step *s = calloc(1, sizeof(*s));
	uint32_t *order = calloc(n + 1, sizeof(*order));

	if (s == NULL || order == NULL) {
		free(s);
		free(order);
		return og_fail_nomem(err);
	}
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (size_t round = 0; round < course->rounds; round++) {
		float done = (float)round / (float)course->rounds;

		shuffle(order, n, &l->random);
		for (size_t i = 0; i < n; i++)
			learn(l, s, &lessons[order[i]],
			      course->first + (course->last - course->first) * done);
	}
	free(order);
	free(s);
	return 0;
}
