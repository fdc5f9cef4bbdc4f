/*
 * See table.h. Two passes: the widths first, then the lines; a value is
 * written out in both, which keeps memory at one line.
 */
#include "lib/json/table.h"

#include <stdlib.h>

#include "lib/base/text.h"

#define VALUE_MAX ((size_t)16 << 20)

#define ELLIPSIS    "\u2026"
#define PLAIN_AGAIN "\033[0m"

int og_value_text(const json_t *value, struct og_buf *out, struct og_err *err)
{
	struct og_buf text;
	int rc;

	if (!value || json_is_null(value))
		return 0;
	if (json_is_string(value)) {
		og_text_safe(out, json_string_value(value), json_string_length(value), 0);
		return og_buf_check(out, "table", err);
	}
	og_buf_init(&text, VALUE_MAX);
	rc = og_json_dump(value, &text, err);
	if (rc == 0)
		og_text_safe(out, text.data ? text.data : "", text.len, 0);
	og_buf_release(&text);
	return rc < 0 ? -1 : og_buf_check(out, "table", err);
}

/* A table that is being laid out. */
struct layout {
	const struct og_table_shape *shape;
	size_t *width; /* of each column */
	size_t n;
	const json_t *first; /* row: what its cells are, the header's are beside */
	struct og_buf text;  /* of one cell; used again */
};

/* The beginning of the text that takes at most width columns, in bytes. */
static size_t fit(const struct og_buf *text, size_t width)
{
	size_t at = 0, used = 0;

	while (at < text->len) {
		uint32_t rune;
		size_t n = og_utf8_decode(text->data + at, text->len - at, &rune);
		size_t wide = og_utf8_width(text->data + at, n);

		if (used + wide > width)
			break;
		used += wide;
		at += n;
	}
	return at;
}

static int widen(struct layout *layout, const json_t *row, struct og_err *err)
{
	for (size_t i = 0; i < layout->n; i++) {
		size_t have;

		og_buf_clear(&layout->text);
		if (og_value_text(json_array_get(row, i), &layout->text, err) < 0)
			return -1;
		have = layout->text.len > 0 ? og_utf8_width(layout->text.data, layout->text.len)
					    : 0;
		if (!layout->shape->width && have > OG_TABLE_CELL_MAX)
			have = OG_TABLE_CELL_MAX;
		if (have > layout->width[i])
			layout->width[i] = have;
	}
	return 0;
}

static int has_bit(uint64_t columns, size_t column)
{
	return column < 64 && (columns >> column & 1);
}

/* The widest column that may be cut, or NULL. */
static size_t *widest(const struct layout *layout)
{
	size_t *found = NULL;

	for (size_t i = 0; i < layout->n; i++)
		if (!has_bit(layout->shape->keep, i) && layout->width[i] > OG_TABLE_CELL_MIN &&
		    (!found || layout->width[i] > *found))
			found = &layout->width[i];
	return found;
}

/* Takes from the widest column as long as the line is too long. */
static void narrow(struct layout *layout)
{
	size_t sum = 2 * (layout->n > 0 ? layout->n - 1 : 0), room = layout->shape->width;
	size_t *most;

	if (!room || layout->n == 0)
		return;
	for (size_t i = 0; i < layout->n; i++) {
		if (layout->width[i] > room && !has_bit(layout->shape->keep, i))
			layout->width[i] = room;
		sum += layout->width[i];
	}
	while (sum > room && (most = widest(layout))) {
		--*most;
		sum--;
	}
}

/* Cuts layout->text to its column; the columns it takes then. */
static size_t cut(struct layout *layout, size_t column)
{
	size_t width = layout->width[column], have;

	have = layout->text.len > 0 ? og_utf8_width(layout->text.data, layout->text.len) : 0;
	if (!layout->shape->width || have <= width)
		return have;
	layout->text.len = fit(&layout->text, width - 1);
	og_buf_adds(&layout->text, ELLIPSIS);
	return og_utf8_width(layout->text.data, layout->text.len);
}

static int cell(struct layout *layout, size_t column, const json_t *value, int is_header,
		struct og_buf *out, struct og_err *err)
{
	const struct og_table_shape *shape = layout->shape;
	int right = has_bit(shape->right, column) ||
		    json_is_number(is_header ? json_array_get(layout->first, column) : value);
	const char *paint = NULL;
	size_t have, pad;

	og_buf_clear(&layout->text);
	if (og_value_text(value, &layout->text, err) < 0)
		return -1;
	have = cut(layout, column);
	pad = layout->width[column] > have ? layout->width[column] - have : 0;
	if (shape->paint && layout->text.len > 0)
		paint = shape->paint(shape->arg, column, is_header ? NULL : value);
	og_buf_adds(out, column > 0 ? "  " : "");
	if (right)
		og_buf_addf(out, "%*s", (int)pad, "");
	og_buf_adds(out, paint ? paint : "");
	og_buf_add(out, layout->text.len > 0 ? layout->text.data : "", layout->text.len);
	og_buf_adds(out, paint ? PLAIN_AGAIN : "");
	/* The last column is not padded unless it holds a number. */
	if (!right && column + 1 < layout->n)
		og_buf_addf(out, "%*s", (int)pad, "");
	return 0;
}

static int line(struct layout *layout, const json_t *row, int is_header, struct og_buf *out,
		struct og_err *err)
{
	for (size_t i = 0; i < layout->n; i++)
		if (cell(layout, i, json_array_get(row, i), is_header, out, err) < 0)
			return -1;
	og_buf_addc(out, '\n');
	return og_buf_check(out, "table", err);
}

static int lines(struct layout *layout, const json_t *columns, const json_t *rows,
		 struct og_buf *out, struct og_err *err)
{
	json_t *row;
	size_t i;

	if (layout->shape->header && widen(layout, columns, err) < 0)
		return -1;
	json_array_foreach(rows, i, row)
	{
		if (widen(layout, row, err) < 0)
			return -1;
	}
	narrow(layout);
	if (layout->shape->header && line(layout, columns, 1, out, err) < 0)
		return -1;
	json_array_foreach(rows, i, row)
	{
		if (line(layout, row, 0, out, err) < 0)
			return -1;
	}
	return 0;
}

int og_table_print(const json_t *columns, const json_t *rows, const struct og_table_shape *shape,
		   struct og_buf *out, struct og_err *err)
{
	struct layout layout = { .shape = shape,
				 .n = json_array_size(columns),
				 .first = json_array_get(rows, 0) };
	int rc;

	layout.width = calloc(layout.n + 1, sizeof(*layout.width));
	if (!layout.width)
		return og_fail_nomem(err);
	og_buf_init(&layout.text, 12 * VALUE_MAX); /* an escape is longer than its byte */
	rc = lines(&layout, columns, rows, out, err);
	og_buf_release(&layout.text);
	free(layout.width);
	return rc;
}

int og_table_text(const json_t *columns, const json_t *rows, struct og_buf *out, struct og_err *err)
{
	static const struct og_table_shape plain = { .header = 1 };

	return og_table_print(columns, rows, &plain, out, err);
}

/* Sets name, or name_POSITION when that is taken. */
static int set_unique(json_t *object, const char *name, size_t position, json_t *value)
{
	struct og_buf again;
	int rc = -1;

	if (!json_object_get(object, name))
		return json_object_set(object, name, value);
	og_buf_init(&again, VALUE_MAX);
	if (og_buf_addf(&again, "%s_%zu", name, position) == 0)
		rc = json_object_set(object, again.data, value);
	og_buf_release(&again);
	return rc;
}

json_t *og_row_object(const json_t *columns, const json_t *row)
{
	json_t *object = json_object(), *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		if (set_unique(object, json_string_value(column), i + 1, json_array_get(row, i)) <
		    0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}
