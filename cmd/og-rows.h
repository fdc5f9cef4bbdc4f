/*
 * Rows of business tables on standard output, in the form that is asked
 * for. Their columns are somebody else's, so og-out.h's fields and templates
 * are not for them.
 *
 *	--json    an object per row and line
 *	--csv     RFC 4180, a header line; NULL is nothing, an empty text is ""
 *	--table   a table where nothing is cut
 *	(none)    a table, on a terminal fitted to its width
 */
#ifndef OG_CMD_ROWS_H
#define OG_CMD_ROWS_H

#include "cmd/og-print.h"

#define OG_ROWS_OPTIONS                                                                            \
	{ "csv", 0, OG_OPT_FLAG, NULL, "rows as CSV" },                                            \
	{                                                                                          \
		"table", 0, OG_OPT_FLAG, NULL, "rows as a table that is not cut"                   \
	}

enum og_rows_form { OG_ROWS_FITTED, OG_ROWS_TABLE, OG_ROWS_JSON, OG_ROWS_CSV };

/* What --json, --csv and --table say; two of them are OG_EUSAGE. */
int og_rows_form_from(const struct og_args *args, enum og_rows_form *ret, struct og_err *err);

/* columns: array of names; rows: array of arrays. */
int og_rows_print(const struct og_ctx *ctx, enum og_rows_form form, const json_t *columns,
		  const json_t *rows, struct og_err *err);

/* What schema answers, as rows: all tables, or the one of that name. OG_NO
 * when there is none to be seen, with the nearest one that is. */
int og_rows_schema(const json_t *tables, const char *only, json_t **ret_columns, json_t **ret_rows,
		   struct og_err *err);

#endif
