/*
 * See table.h. Two passes: the widths first, then the lines; a value is
 * written out in both, which keeps memory at one line.
 */
#include "lib/json/table.h"

#include <stdlib.h>

#include "lib/base/text.h"

#define VALUE_MAX ((size_t)16 << 20)

/* A value on one line, its whole text. */
static int plain(const json_t *value, struct og_buf *out, struct og_err *err)
{
	if (json_is_null(value))
		return 0;
	if (json_is_string(value)) {
		og_text_safe(out, json_string_value(value), json_string_length(value), 0);
		return og_buf_check(out, "table", err);
	}
	return og_json_dump(value, out, err);
}

/* Appends the cell's text, cut to what a cell may take; its width in *ret. */
static int cell(const json_t *value, struct og_buf *out, size_t *ret, struct og_err *err)
{
	struct og_buf text;
	size_t cut = 0, width = 0;
	int rc = -1;

	og_buf_init(&text, VALUE_MAX);
	if (plain(value, &text, err) < 0)
		goto out;
	while (cut < text.len && width < OG_TABLE_CELL_MAX) {
		uint32_t rune;
		size_t n = og_utf8_decode(text.data + cut, text.len - cut, &rune);

		width += og_utf8_width(text.data + cut, n);
		cut += n;
	}
	og_buf_add(out, cut > 0 ? text.data : "", cut);
	if (cut < text.len) {
		og_buf_adds(out, "\u2026");
		width++;
	}
	*ret = width;
	rc = og_buf_check(out, "table", err);
out:
	og_buf_release(&text);
	return rc;
}

static int widen(const json_t *row, size_t *width, size_t n, struct og_err *err)
{
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, VALUE_MAX);
	for (size_t i = 0; i < n && rc == 0; i++) {
		size_t have = 0;

		og_buf_clear(&text);
		rc = cell(json_array_get(row, i), &text, &have, err);
		if (have > width[i])
			width[i] = have;
	}
	og_buf_release(&text);
	return rc;
}

/* One line. The last column is not padded unless it holds a number. */
static int line(const json_t *row, const size_t *width, size_t n, struct og_buf *out,
		struct og_err *err)
{
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, VALUE_MAX);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const json_t *value = json_array_get(row, i);
		int right = json_is_number(value);
		size_t have = 0;

		og_buf_clear(&text);
		rc = cell(value, &text, &have, err);
		og_buf_addf(out, "%s%*s", i > 0 ? "  " : "", right ? (int)(width[i] - have) : 0,
			    "");
		og_buf_add(out, text.len > 0 ? text.data : "", text.len);
		if (!right && i + 1 < n)
			og_buf_addf(out, "%*s", (int)(width[i] - have), "");
	}
	og_buf_addc(out, '\n');
	og_buf_release(&text);
	return rc < 0 ? -1 : og_buf_check(out, "table", err);
}

int og_table_text(const json_t *columns, const json_t *rows, struct og_buf *out, struct og_err *err)
{
	size_t n = json_array_size(columns), i;
	size_t *width = calloc(n + 1, sizeof(*width));
	json_t *row;
	int rc = -1;

	if (!width)
		return og_fail_nomem(err);
	if (widen(columns, width, n, err) < 0)
		goto out;
	json_array_foreach(rows, i, row)
	{
		if (widen(row, width, n, err) < 0)
			goto out;
	}
	if (line(columns, width, n, out, err) < 0)
		goto out;
	json_array_foreach(rows, i, row)
	{
		if (line(row, width, n, out, err) < 0)
			goto out;
	}
	rc = 0;
out:
	free(width);
	return rc;
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
