/*
 * Aligning a pattern with a sentence: dynamic programming over elements
 * and words for the cheapest reading in order, then two repairs for what
 * people say in another order. A cost is the weight of what the reading
 * leaves unexplained on either side.
 */
#include "lib/skill/match-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Costs as shares of a word's weight (0.08 for "the", about 1 for a rare
 * one), or absolute where a blank has no weight. Chosen so that a word out
 * of order costs a third of a missing one, and an empty blank about as
 * much as a missing word. */
#define ELSEWHERE      0.15 /* share: the word is in the other text, out of order */
#define EMPTY_BLANK    0.8
#define EMPTY_DEFAULT  0.03
#define SPAN_WORD      0.03
#define SPAN_STOP_EDGE 0.09 /* more than skipping it: "the" stays outside */
#define SPAN_NUMBER    1.2  /* a number said is a number meant */
#define SPAN_OWN_WORD  0.8  /* share: a word of the pattern itself */
#define SPAN_BREAK     0.4  /* a comma or colon in it */
#define NO_VERB	       0.5  /* what is left of an acting skill's score without its verb */
#define SPAN_LONG      0.08
#define SPAN_LONG_FROM 5

struct cell {
	double cost;   /* of elements from here on, with words from here on */
	uint32_t take; /* words the element takes; SKIP_WORD, SKIP_ELEMENT */
};

#define SKIP_WORD    UINT32_MAX
#define SKIP_ELEMENT (UINT32_MAX - 1)

struct og_grid {
	size_t n_words;
	unsigned char *own;	/* word j is a word of the pattern */
	unsigned char *present; /* element i is somewhere in the sentence */
	struct cell *cells;	/* (elements + 1) rows of (words + 1) */
};

int og_grid_new(size_t n_words, struct og_grid **ret, struct og_err *err)
{
	struct og_grid *grid = calloc(1, sizeof(*grid));

	if (grid == NULL)
		return og_fail_nomem(err);
	grid->n_words = n_words;
	grid->own = calloc(n_words + 1, 1);
	grid->present = calloc(OG_ELEMENTS_MAX + 1, 1);
	grid->cells = calloc((OG_ELEMENTS_MAX + 1) * (n_words + 1), sizeof(*grid->cells));
	if (grid->own == NULL || grid->present == NULL || grid->cells == NULL) {
		og_grid_free(grid);
		return og_fail_nomem(err);
	}
	*ret = grid;
	return 0;
}

void og_grid_free(struct og_grid *grid)
{
	if (grid == NULL)
		return;
	free(grid->own);
	free(grid->present);
	free(grid->cells);
	free(grid);
}

static int unit_is(const struct og_piece *unit, uint32_t id)
{
	for (size_t i = 0; i < unit->n_ids; i++) {
		if (unit->ids[i] == id)
			return id != 0;
	}
	return 0;
}

static int in_sentence(const struct og_piece *unit, const struct og_sentence *s)
{
	for (size_t j = 0; j < s->words.n; j++) {
		if (unit_is(unit, s->id[j]))
			return 1;
	}
	return 0;
}

double og_form_overlap(const struct og_form *form, const struct og_sentence *s)
{
	double found = 0;

	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];

		if (unit->take == OG_TAKE_WORD && !unit->optional && in_sentence(unit, s))
			found += unit->weight;
	}
	return form->weight > 0 ? found / form->weight : 0;
}

static void mark_common(const struct og_form *form, const struct og_sentence *s,
			struct og_grid *grid)
{
	for (size_t j = 0; j < s->words.n; j++)
		grid->own[j] = 0;
	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];

		grid->present[i] = 0;
		for (size_t j = 0; unit->take == OG_TAKE_WORD && j < s->words.n; j++) {
			if (unit_is(unit, s->id[j]))
				grid->present[i] = grid->own[j] = 1;
		}
	}
}

static double skip_word_cost(const struct og_sentence *s, const struct og_grid *grid, size_t j)
{
	if (grid->own[j])
		return s->weight[j] * ELSEWHERE;
	return s->weight[j];
}

static double skip_unit_cost(const struct og_piece *unit, int present)
{
	switch (unit->take) {
	case OG_TAKE_WORD:
		if (unit->optional)
			return 0;
		return unit->weight * (present ? ELSEWHERE : 1.0);
	case OG_TAKE_NONE:
		return 0;
	default:
		return unit->optional ? EMPTY_DEFAULT : EMPTY_BLANK;
	}
}

/* A word inside a span; edge: it would be the first or last one. */
static double span_word_cost(const struct og_piece *unit, const struct og_sentence *s,
			     const struct og_grid *grid, size_t j)
{
	const struct og_word *w = &s->words.w[j];

	if (w->kind == OG_QUOTED)
		return 0;
	if (w->number_words > 0 && !unit->likes_numbers && !w->stop)
		return SPAN_NUMBER;
	return SPAN_WORD + (grid->own[j] ? s->weight[j] * SPAN_OWN_WORD : 0);
}

static void better(struct cell *cell, double cost, uint32_t take)
{
	if (cost < cell->cost) {
		cell->cost = cost;
		cell->take = take;
	}
}

static void try_span(const struct og_piece *unit, const struct og_sentence *s,
		     const struct og_grid *grid, size_t j, const struct cell *next,
		     struct cell *cell)
{
	double cost = s->words.w[j].stop ? SPAN_STOP_EDGE : 0, end;
	int empty = 1;

	for (size_t n = 1; n <= unit->max_words && j + n <= s->words.n; n++) {
		cost += span_word_cost(unit, s, grid, j + n - 1);
		if (n > 1 && s->words.w[j + n - 1].after_break)
			cost += SPAN_BREAK;
		if (n >= SPAN_LONG_FROM)
			cost += SPAN_LONG;
		if (cost >= cell->cost)
			break;
		empty &= s->words.w[j + n - 1].stop;
		end = empty ? EMPTY_BLANK : s->words.w[j + n - 1].stop ? SPAN_STOP_EDGE : 0;
		better(cell, cost + next[j + n].cost + end, (uint32_t)n);
	}
}

static void fill_cell(const struct og_piece *unit, const struct og_sentence *s,
		      const struct og_grid *grid, size_t j, const struct cell *next,
		      struct cell *cell)
{
	size_t n;

	switch (unit->take) {
	case OG_TAKE_WORD:
	case OG_TAKE_ENUM:
		if (unit_is(unit, s->id[j]))
			better(cell, next[j + 1].cost, 1);
		break;
	case OG_TAKE_VALUE:
		n = og_value_words(unit->value, &s->words, j, s->today);
		if (n > 0)
			better(cell, next[j + n].cost, (uint32_t)n);
		break;
	case OG_TAKE_SPAN:
		try_span(unit, s, grid, j, next, cell);
		break;
	case OG_TAKE_NONE:
		break;
	}
}

static void fill_grid(const struct og_form *form, const struct og_sentence *s, struct og_grid *grid)
{
	size_t stride = grid->n_words + 1, n = s->words.n, last = form->pattern->n;
	struct cell *row = grid->cells + last * stride;

	row[n] = (struct cell){ 0, SKIP_ELEMENT };
	for (size_t j = n; j-- > 0;)
		row[j] = (struct cell){ row[j + 1].cost + skip_word_cost(s, grid, j), SKIP_WORD };
	for (size_t i = last; i-- > 0;) {
		const struct og_piece *unit = &form->unit[i];
		const struct cell *next = row;
		double skip = skip_unit_cost(unit, grid->present[i]);

		row -= stride;
		for (size_t j = n + 1; j-- > 0;) {
			row[j] = (struct cell){ next[j].cost + skip, SKIP_ELEMENT };
			if (j == n)
				continue;
			better(&row[j], row[j + 1].cost + skip_word_cost(s, grid, j), SKIP_WORD);
			fill_cell(unit, s, grid, j, next, &row[j]);
		}
	}
}

/* Reads the spans off the grid; used[j] tells which words were taken. */
static void walk(const struct og_form *form, const struct og_sentence *s,
		 const struct og_grid *grid, struct og_alignment *ret,
		 unsigned char used[OG_WORDS_MAX])
{
	size_t stride = grid->n_words + 1, i = 0, j = 0;

	while (i < form->pattern->n || j < s->words.n) {
		uint32_t take = grid->cells[i * stride + j].take;

		if (take == SKIP_WORD) {
			used[j++] = 0;
		} else if (take == SKIP_ELEMENT) {
			ret->span[i] = (struct og_span){ j, j };
			i++;
		} else {
			ret->span[i] = (struct og_span){ j, j + take };
			for (size_t k = 0; k < take; k++)
				used[j++] = 1;
			i++;
		}
	}
}

static int is_used(const unsigned char *used, size_t n)
{
	while (n > 0 && used[n - 1] == 0)
		n--;
	return n > 0;
}

/* A value that nothing took, for a blank that found none in its place. */
static int take_lost_value(const struct og_sentence *s, const struct og_piece *unit,
			   struct og_span *span, unsigned char used[OG_WORDS_MAX])
{
	for (size_t j = 0; j < s->words.n; j++) {
		size_t n = og_value_words(unit->value, &s->words, j, s->today);

		if (n == 0 || is_used(used + j, n) || strcmp(s->words.w[j].stem, "one") == 0)
			continue;
		*span = (struct og_span){ j, j + n };
		for (size_t k = 0; k < n; k++)
			used[j + k] = 1;
		return 1;
	}
	return 0;
}

/* The longest run of untaken words that say something. */
static int take_lost_words(const struct og_sentence *s, const struct og_grid *grid,
			   const struct og_piece *unit, struct og_span *span,
			   unsigned char used[OG_WORDS_MAX])
{
	size_t best = 0, at = 0, run = 0;

	for (size_t j = 0; j < s->words.n; j++) {
		const struct og_word *w = &s->words.w[j];
		int fits = !used[j] && !w->stop && !w->negation && !grid->own[j] &&
			   (w->number_words == 0 || unit->likes_numbers);

		run = fits ? run + 1 : 0;
		if (run > best && run <= unit->max_words) {
			best = run;
			at = j + 1 - run;
		}
	}
	for (size_t k = 0; k < best; k++)
		used[at + k] = 1;
	*span = (struct og_span){ at, at + best };
	return best > 0;
}

/* Fills blanks of one kind that stayed empty and returns what of the cost
 * is undone by it. */
static double repair(const struct og_form *form, const struct og_sentence *s,
		     const struct og_grid *grid, enum og_take take, struct og_alignment *a,
		     unsigned char used[OG_WORDS_MAX])
{
	double back = 0;

	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];
		struct og_span *span = &a->span[i];

		if (span->from < span->to || unit->take != take)
			continue;
		if (take == OG_TAKE_VALUE ? !take_lost_value(s, unit, span, used)
					  : !take_lost_words(s, grid, unit, span, used))
			continue;
		back += (1 - 2 * ELSEWHERE) * skip_unit_cost(unit, 0);
		for (size_t j = span->from; j < span->to; j++)
			back += (1 - ELSEWHERE) * skip_word_cost(s, grid, j);
	}
	return back;
}

/* What there is to explain: the words that must be said, and the words
 * that were. Words that filled blanks prove little and count little. */
static double total_weight(const struct og_form *form, const struct og_sentence *s,
			   struct og_alignment *a)
{
	double total = form->weight, loose = 0;

	for (size_t j = 0; j < s->words.n; j++)
		total += s->weight[j];
	for (size_t i = 0; i < form->pattern->n; i++) {
		if (form->unit[i].take == OG_TAKE_WORD)
			continue;
		for (size_t j = a->span[i].from; j < a->span[i].to; j++)
			loose += s->weight[j];
	}
	a->loose = loose;
	return total - 0.8 * loose;
}

/* How much of what must be said was said. Notes words out of order, and
 * halves what is left when the first of them, of a skill that acts its
 * verb, was not said at all: "remove .." is not "add ..". */
static double said(const struct og_form *form, const struct og_grid *grid, struct og_alignment *a)
{
	double missing = 0, factor = 1, share;
	int first = 1;

	a->disorder = 0;
	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];
		int taken = a->span[i].from < a->span[i].to;

		if (unit->take != OG_TAKE_WORD || unit->optional)
			continue;
		if (!taken)
			missing += skip_unit_cost(unit, grid->present[i]);
		if (!taken && grid->present[i])
			a->disorder = 1;
		if (first && form->acts && !grid->present[i])
			factor = NO_VERB;
		first = 0;
	}
	share = form->weight > missing ? 1 - missing / form->weight : 0;
	return factor * share * sqrt(share);
}

void og_align(const struct og_form *form, const struct og_sentence *s, struct og_grid *grid,
	      struct og_alignment *ret)
{
	unsigned char used[OG_WORDS_MAX] = { 0 };
	double cost, back, total, factor;

	mark_common(form, s, grid);
	fill_grid(form, s, grid);
	walk(form, s, grid, ret, used);
	cost = grid->cells[0].cost - repair(form, s, grid, OG_TAKE_VALUE, ret, used);
	back = repair(form, s, grid, OG_TAKE_SPAN, ret, used);
	total = total_weight(form, s, ret);
	factor = said(form, grid, ret) * og_meant(form, s, ret, used);
	cost = cost > 0 ? cost : 0;
	ret->hope =
		total > cost - back ? factor * (1 - (cost > back ? cost - back : 0) / total) : 0;
	ret->score = total > cost ? factor * (1 - cost / total) : 0;
	ret->moved = back > 0;
}
