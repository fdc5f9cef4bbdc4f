/*
 * Columns: a vertex stands right of everything that leads to it, as far
 * left as a column has room. A column is not much higher than the sheet is
 * wide, or 300 skills that all touch one table would be a ribbon.
 */
#include "lib/draw/draw-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_LEAST 14

struct work {
	struct og_sheet *s;
	size_t *first, *next; /* lines that leave a vertex: a list of their numbers */
	size_t *waits;	      /* lines that come in from vertices without a column */
	size_t *queue;
	unsigned char *mark;
	size_t *filled; /* of each column */
	size_t room;
	size_t columns_max;
};

#define NONE ((size_t)-1)

static size_t left_of(const struct og_line *line)
{
	return line->back ? line->to : line->from;
}

static size_t right_of(const struct og_line *line)
{
	return line->back ? line->from : line->to;
}

/* --- circles ------------------------------------------------------------- */

static void list_lines(struct work *w)
{
	for (size_t i = 0; i < w->s->n; i++)
		w->first[i] = NONE;
	for (size_t i = w->s->n_lines; i-- > 0;) {
		size_t left = left_of(&w->s->lines[i]);

		w->next[i] = w->first[left];
		w->first[left] = i;
	}
}

/* Depth first from one vertex; queue is the way to where we are, with first
 * as what is left to follow. Lines that lead back onto it are turned. */
static void turn_from(struct work *w, size_t *rest, size_t start)
{
	size_t depth = 0;

	w->queue[depth++] = start;
	w->mark[start] = 1;
	while (depth > 0) {
		size_t at = w->queue[depth - 1], line = rest[at], to;

		if (line == NONE) {
			w->mark[at] = 2;
			depth--;
			continue;
		}
		rest[at] = w->next[line];
		to = w->s->lines[line].to;
		if (w->mark[to] == 1) {
			w->s->lines[line].back = 1;
		} else if (w->mark[to] == 0) {
			w->mark[to] = 1;
			w->queue[depth++] = to;
		}
	}
}

static int turn_circles(struct work *w)
{
	size_t *rest = malloc((w->s->n + 1) * sizeof(*rest));

	if (!rest)
		return -1;
	list_lines(w);
	memcpy(rest, w->first, w->s->n * sizeof(*rest));
	for (size_t i = 0; i < w->s->n; i++)
		if (w->mark[i] == 0)
			turn_from(w, rest, i);
	free(rest);
	return 0;
}

/* --- columns ------------------------------------------------------------- */

static void settle(struct work *w, size_t at, int column)
{
	while ((size_t)column + 1 < w->columns_max && w->filled[column] >= w->room)
		column++;
	w->s->v[at].column = column;
	w->filled[column]++;
	if (column >= w->s->columns)
		w->s->columns = column + 1;
}

static int wanted_column(const struct og_vertex *v)
{
	return (int)v->weight;
}

/* In an order in which nothing comes before what leads to it. */
static void settle_all(struct work *w)
{
	size_t head = 0, tail = 0;

	for (size_t i = 0; i < w->s->n_lines; i++)
		w->waits[right_of(&w->s->lines[i])]++;
	for (size_t i = 0; i < w->s->n; i++)
		if (w->s->v[i].column >= 0 && w->waits[i] == 0)
			w->queue[tail++] = i;
	while (head < tail) {
		size_t at = w->queue[head++];

		settle(w, at, wanted_column(&w->s->v[at]));
		for (size_t l = w->first[at]; l != NONE; l = w->next[l]) {
			size_t to = right_of(&w->s->lines[l]);

			if (w->s->v[to].weight < w->s->v[at].column + 1)
				w->s->v[to].weight = w->s->v[at].column + 1;
			if (--w->waits[to] == 0)
				w->queue[tail++] = to;
		}
	}
}

/* Nearer to what they lead to, where nothing holds them. */
static void pull_right(struct work *w)
{
	for (size_t i = 0; i < w->s->n_lines; i++)
		w->waits[right_of(&w->s->lines[i])]++;
	for (size_t i = 0; i < w->s->n; i++) {
		int nearest = w->s->columns;

		if (w->waits[i] > 0 || w->first[i] == NONE)
			continue;
		for (size_t l = w->first[i]; l != NONE; l = w->next[l]) {
			int column = w->s->v[right_of(&w->s->lines[l])].column;

			nearest = column < nearest ? column : nearest;
		}
		if (nearest - 1 <= w->s->v[i].column || w->filled[nearest - 1] >= w->room)
			continue;
		w->filled[w->s->v[i].column]--;
		w->s->v[i].column = nearest - 1;
		w->filled[nearest - 1]++;
	}
}

/* Those without edges stand apart. */
static size_t set_lonely(struct work *w)
{
	size_t joined = 0;

	for (size_t i = 0; i < w->s->n; i++)
		w->s->v[i].column = -1;
	for (size_t i = 0; i < w->s->n_lines; i++) {
		w->s->v[w->s->lines[i].from].column = 0;
		w->s->v[w->s->lines[i].to].column = 0;
	}
	for (size_t i = 0; i < w->s->n; i++)
		joined += w->s->v[i].column == 0;
	return joined;
}

/* --- bends --------------------------------------------------------------- */

/* What lines of a type to one vertex share, from its leftmost bend on. */
struct chain {
	const char *type;
	int back;
	size_t first, next; /* bend; the vertex's next chain */
};

struct bends {
	struct og_sheet *s;
	struct chain *chains;
	size_t n, *heads; /* the first chain of each vertex */
};

static struct chain *chain_of(struct bends *b, const struct og_line *line)
{
	size_t right = right_of(line), at = b->heads[right];

	for (; at != NONE; at = b->chains[at].next)
		if (b->chains[at].back == line->back && strcmp(b->chains[at].type, line->type) == 0)
			return &b->chains[at];
	b->chains[b->n] = (struct chain){ line->type, line->back, right, b->heads[right] };
	b->heads[right] = b->n;
	return &b->chains[b->n++];
}

static void add_hop(struct og_sheet *s, size_t left, size_t right)
{
	s->hops[s->n_hops++] = (struct og_hop){ left, right };
}

static void bend(struct bends *b, struct og_line *line)
{
	struct og_sheet *s = b->s;
	int from = s->v[left_of(line)].column, to = s->v[right_of(line)].column;
	struct chain *chain = chain_of(b, line);
	size_t at = chain->first;

	if (s->n - s->n_real + (size_t)(to - from) > OG_BENDS_MAX)
		return;
	while (s->v[at].column <= from)
		at = s->v[at].next;
	while (s->v[at].column > from + 1) {
		s->v[s->n].column = s->v[at].column - 1;
		s->v[s->n].next = at;
		add_hop(s, s->n, at);
		at = chain->first = s->n++;
	}
	add_hop(s, left_of(line), at);
	line->bend = at;
	line->n_bends = (size_t)(to - from - 1);
}

static int add_bends(struct og_sheet *s)
{
	struct bends b = { .s = s };
	int rc = -1;

	b.chains = calloc(s->n_lines + 1, sizeof(*b.chains));
	b.heads = malloc((s->n + 1) * sizeof(*b.heads));
	s->hops = calloc(s->n_lines + OG_BENDS_MAX + 1, sizeof(*s->hops));
	if (b.chains && b.heads && s->hops) {
		for (size_t i = 0; i < s->n; i++)
			b.heads[i] = NONE;
		for (size_t i = 0; i < s->n_lines; i++)
			bend(&b, &s->lines[i]);
		rc = 0;
	}
	free(b.chains);
	free(b.heads);
	return rc;
}

/* --- the whole ----------------------------------------------------------- */

static int take_memory(struct work *w)
{
	size_t n = w->s->n + 1;

	w->columns_max = n;
	w->first = malloc(n * sizeof(*w->first));
	w->next = malloc((w->s->n_lines + 1) * sizeof(*w->next));
	w->waits = calloc(n, sizeof(*w->waits));
	w->queue = malloc(n * sizeof(*w->queue));
	w->mark = calloc(n, 1);
	w->filled = calloc(n, sizeof(*w->filled));
	return w->first && w->next && w->waits && w->queue && w->mark && w->filled ? 0 : -1;
}

static int do_columns(struct work *w)
{
	size_t joined;

	if (take_memory(w) < 0 || turn_circles(w) < 0)
		return -1;
	list_lines(w);
	joined = set_lonely(w);
	w->room = (size_t)(1.6 * sqrt((double)joined));
	if (w->room < COLUMN_LEAST)
		w->room = COLUMN_LEAST;
	settle_all(w);
	memset(w->waits, 0, w->s->n * sizeof(*w->waits));
	pull_right(w);
	return add_bends(w->s);
}

int og_sheet_columns(struct og_sheet *sheet, struct og_err *err)
{
	struct work w = { .s = sheet };
	int rc = do_columns(&w);

	free(w.first);
	free(w.next);
	free(w.waits);
	free(w.queue);
	free(w.mark);
	free(w.filled);
	return rc < 0 ? og_fail_nomem(err) : 0;
}
