/*
 * Rows of JSON values as a text table for people: columns aligned, numbers
 * to the right, control bytes made visible, long values cut.
 */
#ifndef OG_JSON_TABLE_H
#define OG_JSON_TABLE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_TABLE_CELL_MAX 60 /* columns of a terminal a value may take */

/* columns: array of strings. rows: array of arrays of the same length.
 * Appends a line of names and one line per row. */
int og_table_text(const json_t *columns, const json_t *rows, struct og_buf *out,
		  struct og_err *err);

/* A row as an object, column name to value. A name that comes twice gets
 * its position added: "id", "id_3". NULL without memory. */
json_t *og_row_object(const json_t *columns, const json_t *row);

#endif
