/*
 * Rows of JSON values as a text table for people: columns aligned, numbers
 * to the right, control bytes made visible.
 */
#ifndef OG_JSON_TABLE_H
#define OG_JSON_TABLE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

/* Columns of a terminal that a value's column is padded to at most where
 * nothing is cut: one long value does not move all the others. */
#define OG_TABLE_CELL_MAX 60
/* What a column keeps where the table has to be made narrower. */
#define OG_TABLE_CELL_MIN 8

struct og_table_shape {
	/* Columns of the terminal it has to fit: the widest are cut, with an
	 * ellipsis and never inside a character. 0: nothing is cut. */
	size_t width;
	uint64_t keep;	/* a bit per column: not cut, for what is copied from it */
	uint64_t right; /* at the right, though it is no number: "0.006" */
	int header;	/* a line of names first */
	/* Control sequence to begin a cell with, or NULL; value is NULL for a
	 * name of the header. NULL: no colours. */
	const char *(*paint)(void *arg, size_t column, const json_t *value);
	void *arg;
};

/* columns: array of strings. rows: array of arrays of the same length.
 * Appends a line per row. */
int og_table_print(const json_t *columns, const json_t *rows, const struct og_table_shape *shape,
		   struct og_buf *out, struct og_err *err);

/* The same with a header, nothing cut, no colours. */
int og_table_text(const json_t *columns, const json_t *rows, struct og_buf *out,
		  struct og_err *err);

/* Appends a value as one line of text: a string as it reads, made safe;
 * nothing for null; the rest as JSON. */
int og_value_text(const json_t *value, struct og_buf *out, struct og_err *err);

/* A row as an object, column name to value. A name that comes twice gets
 * its position added: "id", "id_3". NULL without memory. */
json_t *og_row_object(const json_t *columns, const json_t *row);

#endif
