/* See og-rows.h. */
#include "cmd/og-rows.h"

#include "lib/json/table.h"
#include "lib/proc/channel.h"
#include "lib/view/view.h"

int og_rows_form_from(const struct og_args *args, enum og_rows_form *ret, struct og_err *err)
{
	static const char *const names[] = { "table", "json", "csv" };
	static const enum og_rows_form forms[] = { OG_ROWS_TABLE, OG_ROWS_JSON, OG_ROWS_CSV };
	const char *first = NULL;

	*ret = OG_ROWS_FITTED;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!og_arg_flag(args, names[i]))
			continue;
		if (first)
			return og_fail(err, OG_EUSAGE, "--%s and --%s are two forms", first,
				       names[i]);
		first = names[i];
		*ret = forms[i];
	}
	return 0;
}

static int print_objects(const json_t *columns, const json_t *rows, struct og_err *err)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		json_t *object = og_row_object(columns, row);
		int rc = object ? og_print_row(object, err) : og_fail_nomem(err);

		json_decref(object);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int og_rows_print(const struct og_ctx *ctx, enum og_rows_form form, const json_t *columns,
		  const json_t *rows, struct og_err *err)
{
	struct og_table_shape shape = { .header = 1 };
	struct og_buf text;
	int rc;

	if (form == OG_ROWS_JSON)
		return print_objects(columns, rows, err);
	og_buf_init(&text, 4 * OG_CHANNEL_LINE_MAX);
	if (form == OG_ROWS_FITTED)
		shape.width = og_print_width(ctx);
	rc = form == OG_ROWS_CSV ? og_view_csv_rows(columns, rows, &text, err)
				 : og_table_print(columns, rows, &shape, &text, err);
	if (rc == 0 && form == OG_ROWS_CSV)
		rc = og_print_verbatim(text.data, text.len, err);
	else if (rc == 0)
		rc = og_print(text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}
