/*
 * The order within columns: each vertex goes to the mean of what it is
 * joined to in the column before, then in the one after, a few times over
 * (Sugiyama, Tagawa and Toda 1981); the best of all that was seen stays.
 */
#include "lib/draw/draw-internal.h"

#include <stdlib.h>
#include <string.h>

#define SWEEPS	     24
#define SWEEPS_LEAST 4	  /* means are good for more than crossings */
#define COUNTED_MAX  6000 /* hops up to which crossings are counted */

static int by_weight(const void *a, const void *b, void *arg)
{
	const struct og_vertex *v = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (v[x].weight < v[y].weight || v[x].weight > v[y].weight)
		return v[x].weight < v[y].weight ? -1 : 1;
	return v[x].rank < v[y].rank ? -1 : v[x].rank > v[y].rank;
}

static void number_column(struct og_sheet *s, int column)
{
	for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++)
		s->v[s->column[i]].rank = i - s->starts[column];
}

/* The vertices by column; starts has room for one more than there are. */
static void fill_columns(struct og_sheet *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].column >= 0)
			s->starts[s->v[i].column + 1]++;
	for (int column = 0; column < s->columns; column++)
		s->starts[column + 1] += s->starts[column];
	for (size_t i = s->n; i-- > 0;)
		if (s->v[i].column >= 0)
			s->v[i].rank = 0;
	for (int column = 0; column < s->columns; column++) {
		size_t at = s->starts[column];

		for (size_t i = 0; i < s->n; i++)
			if (s->v[i].column == column)
				s->column[at++] = i;
		number_column(s, column);
	}
}

/* One sweep: rightwards by what is left of each, or leftwards. */
static void sweep(struct og_sheet *s, size_t *counts, double *sums, int rightwards)
{
	for (int step = 1; step < s->columns; step++) {
		int column = rightwards ? step : s->columns - 1 - step;
		size_t from = s->starts[column], n = s->starts[column + 1] - from;

		for (size_t i = from; i < from + n; i++) {
			size_t at = s->column[i];

			s->v[at].weight =
				counts[at] ? sums[at] / (double)counts[at] : (double)s->v[at].rank;
		}
		qsort_r(s->column + from, n, sizeof(size_t), by_weight, s->v);
		number_column(s, column);
		for (size_t i = 0; i < s->n_hops; i++) {
			size_t here = rightwards ? s->hops[i].left : s->hops[i].right;
			size_t there = rightwards ? s->hops[i].right : s->hops[i].left;

			if (s->v[here].column == column) {
				sums[there] += (double)s->v[here].rank;
				counts[there]++;
			}
		}
	}
}

static void sweep_once(struct og_sheet *s, size_t *counts, double *sums, int rightwards)
{
	int first = rightwards ? 0 : s->columns - 1;

	memset(counts, 0, s->n * sizeof(*counts));
	memset(sums, 0, s->n * sizeof(*sums));
	for (size_t i = 0; i < s->n_hops; i++) {
		size_t here = rightwards ? s->hops[i].left : s->hops[i].right;
		size_t there = rightwards ? s->hops[i].right : s->hops[i].left;

		if (s->v[here].column == first) {
			sums[there] += (double)s->v[here].rank;
			counts[there]++;
		}
	}
	sweep(s, counts, sums, rightwards);
}

static int crosses(const struct og_sheet *s, const struct og_hop *a, const struct og_hop *b)
{
	const struct og_vertex *v = s->v;

	if (v[a->left].column != v[b->left].column)
		return 0;
	return (v[a->left].rank < v[b->left].rank && v[a->right].rank > v[b->right].rank) ||
	       (v[a->left].rank > v[b->left].rank && v[a->right].rank < v[b->right].rank);
}

static size_t crossings(const struct og_sheet *s)
{
	size_t n = 0;

	if (s->n_hops > COUNTED_MAX)
		return 0;
	for (size_t i = 0; i < s->n_hops; i++)
		for (size_t k = 0; k < i; k++)
			n += (size_t)crosses(s, &s->hops[i], &s->hops[k]);
	return n;
}

static void sweep_all(struct og_sheet *s, size_t *counts, double *sums, size_t *best)
{
	size_t placed = s->starts[s->columns], least = crossings(s);
	int counted = s->n_hops <= COUNTED_MAX, sweeps = counted ? SWEEPS : SWEEPS / 4;

	memcpy(best, s->column, placed * sizeof(*best));
	for (int i = 0; i < sweeps && (least > 0 || i < SWEEPS_LEAST); i++) {
		size_t now;

		sweep_once(s, counts, sums, i % 2 == 0);
		now = crossings(s);
		if (!counted || now <= least) {
			least = now;
			memcpy(best, s->column, placed * sizeof(*best));
		}
	}
	memcpy(s->column, best, placed * sizeof(*best));
	for (int column = 0; column < s->columns; column++)
		number_column(s, column);
}

int og_sheet_order(struct og_sheet *sheet, struct og_err *err)
{
	size_t *counts = calloc(sheet->n + 1, sizeof(*counts));
	double *sums = calloc(sheet->n + 1, sizeof(*sums));
	size_t *best = calloc(sheet->n + 1, sizeof(*best));
	int rc = -1;

	sheet->column = calloc(sheet->n + 1, sizeof(*sheet->column));
	sheet->starts = calloc((size_t)sheet->columns + 2, sizeof(*sheet->starts));
	if (counts && sums && best && sheet->column && sheet->starts) {
		fill_columns(sheet);
		sweep_all(sheet, counts, sums, best);
		rc = 0;
	}
	free(counts);
	free(sums);
	free(best);
	return rc < 0 ? og_fail_nomem(err) : 0;
}
