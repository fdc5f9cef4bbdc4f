/* See og-rows.h. */
#include "cmd/og-rows.h"

#include <stdio.h>

#include "lib/base/text.h"
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

/* The ends of lines as RFC 4180 has them; for a person's eyes as a terminal
 * has them. */
static void plain_ends(struct og_buf *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] != '\r' || i + 1 == text->len || text->data[i + 1] != '\n')
			text->data[to++] = text->data[i];
	text->len = to;
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
	if (rc == 0 && form == OG_ROWS_CSV && og_print_is_terminal())
		plain_ends(&text);
	if (rc == 0 && form == OG_ROWS_CSV)
		rc = og_print_verbatim(text.data, text.len, err);
	else if (rc == 0)
		rc = og_print(text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}

static int add_column(json_t *rows, const json_t *table, const json_t *column)
{
	int writable = json_array_size(json_object_get(table, "verbs")) > 1;
	char marks[32];

	snprintf(marks, sizeof(marks), "%s%s%s", og_json_bool(column, "pk", 0) ? "key " : "",
		 og_json_bool(column, "masked", 0) ? "masked " : "",
		 writable && og_json_bool(column, "settable", 0) ? "settable" : "");
	return json_array_append_new(rows, json_pack("[O,O,O,s]", json_object_get(table, "name"),
						     json_object_get(column, "name"),
						     json_object_get(column, "type"), marks));
}

static int add_table(json_t *rows, const json_t *table, struct og_err *err)
{
	json_t *column;
	size_t i;

	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		if (add_column(rows, table, column) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

static int no_table(const json_t *tables, const char *name, struct og_err *err)
{
	og_fail(err, OG_NO, "no such table: %s", name);
	return og_json_hint_near(name, tables, "name", err);
}

int og_rows_schema(const json_t *tables, const char *only, json_t **ret_columns, json_t **ret_rows,
		   struct og_err *err)
{
	json_t *names = json_pack("[s,s,s,s]", "table", "column", "type", ""), *table;
	json_t *rows = json_array();
	size_t i, found = 0;
	int rc = names && rows ? 0 : og_fail_nomem(err);

	json_array_foreach(tables, i, table)
	{
		const char *name = og_json_str(table, "name");

		if (rc < 0 || (only && (!name || og_ascii_casecmp(only, name) != 0)))
			continue;
		found++;
		rc = add_table(rows, table, err);
	}
	if (rc == 0 && only && found == 0)
		rc = no_table(tables, only, err);
	if (rc < 0) {
		json_decref(names);
		json_decref(rows);
		return -1;
	}
	*ret_columns = names;
	*ret_rows = rows;
	return 0;
}
