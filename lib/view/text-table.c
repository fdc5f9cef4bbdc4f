/*
 * Tables that fit. Every value is formatted once; columns that are too wide
 * together give way, the widest text first; what still does not fit is cut
 * with an ellipsis, and a table with too many columns for the terminal is
 * written as one block per row.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/text-internal.h"
#include "lib/view/tree-internal.h"

#define GAP		2
#define TEXT_COLUMN_MIN 8
#define INDENT		2
#define CELL_LINES	3 /* a longer value is cut */

struct cell {
	size_t at, len, width;
	enum ink ink;
};

struct grid {
	const json_t *columns, *rows;
	const char *currency;
	size_t n_columns, n_rows;
	struct cell *cells; /* row 0 holds the labels */
	size_t width[OG_VIEW_COLUMNS];
	int right[OG_VIEW_COLUMNS];
	struct og_buf text;
};

static void measure(struct text_out *out, struct grid *grid, size_t row, size_t column,
		    const json_t *value, const char *format)
{
	struct cell *cell = &grid->cells[row * grid->n_columns + column];

	cell->at = grid->text.len;
	cell->width = og_text_value(out, value, format, grid->currency);
	cell->len = out->safe.len;
	if (strcmp(format, "status") == 0)
		cell->ink = og_ink_of(
			og_word_tone(json_is_string(value) ? json_string_value(value) : ""));
	og_buf_add(&grid->text, out->safe.len > 0 ? out->safe.data : "", out->safe.len);
	if (cell->width > grid->width[column])
		grid->width[column] = cell->width;
}

static void fill(struct text_out *out, struct grid *grid)
{
	for (size_t c = 0; c < grid->n_columns; c++) {
		const json_t *column = json_array_get(grid->columns, c);
		const char *key = og_text_of(column, "key"), *format = og_text_of(column, "format");

		grid->right[c] = og_format_right(format);
		measure(out, grid, 0, c, json_object_get(column, "label"), "text");
		for (size_t r = 0; r < grid->n_rows; r++)
			measure(out, grid, r + 1, c,
				json_object_get(json_array_get(grid->rows, r), key), format);
	}
}

static size_t total(const struct grid *grid)
{
	size_t sum = INDENT;

	for (size_t c = 0; c < grid->n_columns; c++)
		sum += grid->width[c] + (c > 0 ? GAP : 0);
	return sum;
}

/* The narrowest this column may be: figures stay whole, names of columns
 * may break between their words. */
static size_t narrowest(const struct grid *grid, size_t column)
{
	size_t widest = grid->right[column] ? 1 : TEXT_COLUMN_MIN;
	const struct cell *label = &grid->cells[column];
	size_t word = 0;

	for (size_t i = 0; i < label->len; i++) {
		word = grid->text.data[label->at + i] == ' ' ? 0 : word + 1;
		if (word > widest)
			widest = word;
	}
	for (size_t r = 1; grid->right[column] && r <= grid->n_rows; r++)
		if (grid->cells[r * grid->n_columns + column].width > widest)
			widest = grid->cells[r * grid->n_columns + column].width;
	return widest < grid->width[column] ? widest : grid->width[column];
}

/* Takes columns from the widest that can spare some until it fits. 0: it
 * cannot. */
static int shrink(struct grid *grid, size_t width)
{
	size_t least[OG_VIEW_COLUMNS] = { 0 };

	for (size_t c = 0; c < grid->n_columns && total(grid) > width; c++)
		if (grid->right[c])
			grid->width[c] = narrowest(grid, c);
	for (size_t c = 0; c < grid->n_columns; c++)
		least[c] = narrowest(grid, c);
	while (total(grid) > width) {
		size_t widest = grid->n_columns;

		for (size_t c = 0; c < grid->n_columns; c++)
			if (grid->width[c] > least[c] &&
			    (widest == grid->n_columns || grid->width[c] > grid->width[widest]))
				widest = c;
		if (widest == grid->n_columns)
			return 0;
		if (grid->width[widest] > width)
			grid->width[widest] = width;
		else
			grid->width[widest]--;
	}
	return 1;
}

/* What of a cell is still to be written. */
struct rest {
	const char *text;
	size_t len;
};

/* Bytes of rest that go on a line of room columns, and their width. */
static size_t next_line(const struct rest *rest, size_t room, size_t *ret_width)
{
	size_t fit = og_text_fit(rest->text, rest->len, room, ret_width), blank = fit;

	if (fit == rest->len)
		return fit;
	while (blank > 0 && rest->text[blank] != ' ')
		blank--;
	return og_text_fit(rest->text, blank > 0 ? blank : fit, room, ret_width);
}

static void put_part(struct text_out *out, const struct grid *grid, size_t column, enum ink ink,
		     struct rest *rest, int last)
{
	size_t room = grid->width[column], used, n = next_line(rest, room, &used);
	int cut = last && n < rest->len;

	if (cut)
		n = og_text_fit(rest->text, rest->len, room - 1, &used);
	used += (size_t)cut;
	if (grid->right[column])
		og_spaces(out, room - used);
	og_buf_clear(&out->safe);
	og_buf_add(&out->safe, n > 0 ? rest->text : "", n);
	og_ink(out, ink, out->safe.len > 0 ? out->safe.data : "");
	og_buf_adds(out->buf, cut ? "\u2026" : "");
	if (column + 1 < grid->n_columns)
		og_spaces(out, GAP + (grid->right[column] ? 0 : room - used));
	rest->text += n;
	rest->len -= n;
	while (rest->len > 0 && *rest->text == ' ') {
		rest->text++;
		rest->len--;
	}
}

static int any_left(const struct rest *rests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rests[i].len > 0)
			return 1;
	return 0;
}

static void put_row(struct text_out *out, const struct grid *grid, size_t row)
{
	const struct cell *cells = &grid->cells[row * grid->n_columns];
	struct rest rests[OG_VIEW_COLUMNS];

	for (size_t c = 0; c < grid->n_columns; c++) {
		rests[c].text = grid->text.data + cells[c].at;
		rests[c].len = cells[c].len;
	}
	for (int line = 1; line == 1 || (line <= CELL_LINES && any_left(rests, grid->n_columns));
	     line++) {
		og_spaces(out, INDENT);
		for (size_t c = 0; c < grid->n_columns; c++)
			put_part(out, grid, c, row == 0 ? INK_DIM : cells[c].ink, &rests[c],
				 line == CELL_LINES);
		while (out->buf->len > 0 && out->buf->data[out->buf->len - 1] == ' ')
			out->buf->len--;
		og_buf_addc(out->buf, '\n');
	}
}

static void put_rows(struct text_out *out, const struct grid *grid)
{
	for (size_t r = 0; r <= grid->n_rows; r++)
		put_row(out, grid, r);
}

/* A block per row: name and value on a line. */
static void put_records(struct text_out *out, const struct grid *grid)
{
	for (size_t r = 1; r <= grid->n_rows; r++) {
		og_buf_adds(out->buf, r > 1 ? "\n" : "");
		for (size_t c = 0; c < grid->n_columns; c++) {
			const struct cell *label = &grid->cells[c];
			const struct cell *cell = &grid->cells[r * grid->n_columns + c];

			og_spaces(out, INDENT);
			og_buf_clear(&out->safe);
			og_buf_add(&out->safe, grid->text.data + label->at, label->len);
			og_buf_adds(&out->safe, ": ");
			og_buf_add(&out->safe, grid->text.data + cell->at, cell->len);
			og_text_wrap(out, INK_PLAIN, out->safe.data, INDENT, INDENT + GAP);
		}
	}
}

void og_text_table(struct text_out *out, const json_t *props)
{
	struct grid grid = { .columns = json_object_get(props, "columns"),
			     .rows = json_object_get(props, "rows"),
			     .currency = og_json_str(props, "currency") };
	const char *note = og_json_str(props, "note");

	grid.n_columns = json_array_size(grid.columns);
	grid.n_rows = json_array_size(grid.rows);
	if (grid.n_columns == 0 || grid.n_columns > OG_VIEW_COLUMNS)
		return;
	grid.cells = calloc((grid.n_rows + 1) * grid.n_columns, sizeof(*grid.cells));
	if (!grid.cells) {
		out->buf->failed = OG_EOS;
		return;
	}
	og_buf_init(&grid.text, OG_VIEW_MAX);
	fill(out, &grid);
	if (grid.text.failed)
		out->buf->failed = grid.text.failed;
	else if (shrink(&grid, out->width))
		put_rows(out, &grid);
	else
		put_records(out, &grid);
	if (note) {
		og_spaces(out, INDENT);
		og_text_wrap(out, INK_DIM, note, INDENT, INDENT);
	}
	og_buf_release(&grid.text);
	free(grid.cells);
}
