/*
 * Coordinates, in pixels. Each vertex is drawn towards the mean of what it
 * is joined to, as far as its neighbours in the column leave room: once
 * pushed down from the top, once up from the bottom, and the middle of both.
 */
#include "lib/draw/draw-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define MARGIN	    24.0
#define HEADER	    92.0 /* title and legend */
#define NODE_HEIGHT 40.0
#define NODE_LEAST  96.0
#define BEND_HEIGHT 4.0
#define GAP	    14.0 /* between two in a column */
#define AISLE	    84.0 /* between columns */
#define CHARACTER   7.4	 /* of a label; generous: fonts differ */
#define PADDING	    30.0
#define ROUNDS	    12
#define WIDTH_LEAST 720.0

static void size_node(struct og_vertex *v)
{
	const char *label = og_draw_label(v->node), *sub = og_json_str(v->node, "sub");
	size_t wide = og_utf8_width(label, strlen(label));
	size_t small = sub ? og_utf8_width(sub, strlen(sub)) : 0;

	small = small * 5 / 6;
	wide = wide > small ? wide : small;
	wide = wide > OG_LABEL_COLUMNS ? OG_LABEL_COLUMNS : wide;
	v->width = fmax(NODE_LEAST, (double)wide * CHARACTER + PADDING);
	v->height = NODE_HEIGHT;
}

static double apart(const struct og_vertex *a, const struct og_vertex *b)
{
	return (a->height + b->height) / 2 + GAP * (a->node && b->node ? 1.0 : 0.6);
}

/* y is the middle of a vertex until the end. */
static void stack(struct og_sheet *s)
{
	for (int column = 0; column < s->columns; column++) {
		double y = 0;

		for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++) {
			struct og_vertex *v = &s->v[s->column[i]];

			if (i > s->starts[column])
				y += apart(&s->v[s->column[i - 1]], v);
			v->y = y;
		}
		for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++)
			s->v[s->column[i]].y -= y / 2;
	}
}

/* weight is where each wants to be; down is scratch of the column's size. */
static void settle(struct og_sheet *s, int column, double *down)
{
	size_t from = s->starts[column], to = s->starts[column + 1];
	double up = 0;

	for (size_t i = from; i < to; i++) {
		struct og_vertex *v = &s->v[s->column[i]];

		down[i - from] = v->weight;
		if (i > from)
			down[i - from] = fmax(v->weight, down[i - from - 1] +
								 apart(&s->v[s->column[i - 1]], v));
	}
	for (size_t i = to; i-- > from;) {
		struct og_vertex *v = &s->v[s->column[i]];

		up = i + 1 == to ? v->weight
				 : fmin(v->weight, up - apart(v, &s->v[s->column[i + 1]]));
		v->y = (up + down[i - from]) / 2;
	}
}

/* Once over all columns, by the neighbours on both sides. */
static void straighten(struct og_sheet *s, double *sums, double *counts, double *down)
{
	memset(sums, 0, s->n * sizeof(*sums));
	memset(counts, 0, s->n * sizeof(*counts));
	for (size_t i = 0; i < s->n_hops; i++) {
		const struct og_hop *hop = &s->hops[i];
		/* long lines are to be straight first of all */
		double force = !s->v[hop->left].node && !s->v[hop->right].node ? 4 : 1;

		sums[hop->left] += force * s->v[hop->right].y;
		counts[hop->left] += force;
		sums[hop->right] += force * s->v[hop->left].y;
		counts[hop->right] += force;
	}
	for (int column = 0; column < s->columns; column++) {
		for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++) {
			struct og_vertex *v = &s->v[s->column[i]];
			size_t at = s->column[i];

			v->weight = counts[at] > 0 ? sums[at] / counts[at] : v->y;
		}
		settle(s, column, down);
	}
}

static double place_columns(struct og_sheet *s)
{
	double x = MARGIN;

	for (int column = 0; column < s->columns; column++) {
		double wide = 0;

		for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++)
			wide = fmax(wide, s->v[s->column[i]].width);
		for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++) {
			struct og_vertex *v = &s->v[s->column[i]];

			if (!v->node)
				v->width = wide;
			v->x = x + (wide - v->width) / 2;
		}
		x += wide + AISLE;
	}
	return s->columns ? x - AISLE + MARGIN : 2 * MARGIN;
}

/* To the top, below the header. Returns where the last one ends. */
static double shift_down(struct og_sheet *s)
{
	double top = 0, bottom = HEADER;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].column >= 0)
			top = fmin(top, s->v[i].y - s->v[i].height / 2);
	for (size_t i = 0; i < s->n; i++) {
		struct og_vertex *v = &s->v[i];

		if (v->column < 0)
			continue;
		v->y += HEADER - top - v->height / 2;
		bottom = fmax(bottom, v->y + v->height + MARGIN);
	}
	return bottom;
}

/* What has no edges, in rows below. */
static double place_lonely(struct og_sheet *s, double top)
{
	double x = MARGIN, y = top;

	for (size_t i = 0; i < s->n_real; i++) {
		struct og_vertex *v = &s->v[i];

		if (v->column >= 0)
			continue;
		if (x > MARGIN && x + v->width + MARGIN > s->width) {
			x = MARGIN;
			y += v->height + GAP;
		}
		v->x = x;
		v->y = y;
		x += v->width + GAP;
	}
	return x > MARGIN ? y + NODE_HEIGHT + MARGIN : top;
}

int og_sheet_place(struct og_sheet *sheet, struct og_err *err)
{
	double *scratch = calloc(3 * (sheet->n + 1), sizeof(*scratch));

	if (!scratch)
		return og_fail_nomem(err);
	for (size_t i = 0; i < sheet->n; i++) {
		if (sheet->v[i].node)
			size_node(&sheet->v[i]);
		else
			sheet->v[i].height = BEND_HEIGHT;
	}
	stack(sheet);
	for (int i = 0; i < ROUNDS; i++)
		straighten(sheet, scratch, scratch + sheet->n + 1, scratch + 2 * (sheet->n + 1));
	free(scratch);
	sheet->width = fmax(WIDTH_LEAST, place_columns(sheet));
	if (sheet->n_real > 60)
		sheet->width = fmax(sheet->width, 1400);
	sheet->height = place_lonely(sheet, shift_down(sheet));
	return 0;
}
