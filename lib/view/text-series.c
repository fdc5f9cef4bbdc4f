/* Charts of several series, sparklines and spans of time for a terminal. */
#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/text-internal.h"

#define INDENT	   2
#define SPARK_MAX  40
#define TITLE_MAX  40
#define INDENT_MAX 16 /* levels of a waterfall that are indented */

/* A column of the table that several series of bars become. */
static int add_column(json_t *columns, const char *key, const char *label, const char *format)
{
	return json_array_append_new(columns, json_pack("{s:s, s:s, s:s}", "key", key, "label",
							*label ? label : key, "format", format));
}

void og_text_columns(struct text_out *out, const json_t *props)
{
	json_t *series = json_object_get(props, "series"), *one, *columns = json_array(), *table;
	const char *format = og_text_of(props, "format"), *x = og_text_of(props, "x");
	size_t i;
	int bad = add_column(columns, x, "", "id") < 0;

	json_array_foreach(series, i, one)
	{
		bad |= add_column(columns, og_text_of(one, "key"), og_text_of(one, "label"),
				  *format ? format : "number") < 0;
	}
	table = json_pack("{s:O, s:O*, s:O*}", "columns", columns, "rows",
			  json_object_get(props, "rows"), "currency",
			  json_object_get(props, "currency"));
	json_decref(columns);
	if (bad || !table)
		out->buf->failed = OG_EOS;
	else
		og_text_table(out, table);
	json_decref(table);
}

/* Numbers as a line of blocks: as many as there are, or their means. */
static void put_blocks(struct text_out *out, const json_t *values)
{
	static const char *const steps[] = { "\u2581", "\u2582", "\u2583", "\u2584",
					     "\u2585", "\u2586", "\u2587", "\u2588" };
	size_t n = json_array_size(values), bins = n < SPARK_MAX ? n : SPARK_MAX;
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < n; i++) {
		low = fmin(low, og_value_number(json_array_get(values, i)));
		high = fmax(high, og_value_number(json_array_get(values, i)));
	}
	for (size_t at = 0; at < bins; at++) {
		size_t first = at * n / bins, end = (at + 1) * n / bins;
		double sum = 0, share;

		for (size_t i = first; i < end; i++)
			sum += og_value_number(json_array_get(values, i));
		share = high > low ? (sum / (double)(end - first) - low) / (high - low) : 0.5;
		share = isfinite(share) ? fmin(fmax(share, 0), 1) : 0;
		og_ink(out, INK_INFO, steps[lround(share * 7)]);
	}
}

void og_text_trend(struct text_out *out, const json_t *values)
{
	size_t n = json_array_size(values);

	if (n == 0)
		return;
	put_blocks(out, values);
	og_text_value(out, json_array_get(values, 0), "number", NULL);
	og_buf_addf(out->buf, " %s", out->safe.data);
	og_text_value(out, json_array_get(values, n - 1), "number", NULL);
	og_buf_addf(out->buf, " to %s", out->safe.data);
}

void og_text_sparkline(struct text_out *out, const json_t *props)
{
	og_spaces(out, INDENT);
	if (*og_text_of(props, "label")) {
		og_text_line(out, INK_DIM, og_text_of(props, "label"));
		og_spaces(out, 2);
	}
	og_text_trend(out, json_object_get(props, "values"));
	og_buf_addc(out->buf, '\n');
}

/* A share is a change in per cent, a text is what it says. */
static void put_delta(struct text_out *out, const json_t *delta)
{
	if (json_is_number(delta)) {
		double percent = og_value_number(delta) * 100;

		og_buf_clear(&out->cell);
		og_format_number(&out->cell, round(percent * 10) / 10, 0);
		og_buf_addf(out->buf, "%s%s %%", percent > 0 ? "+" : "", out->cell.data);
		return;
	}
	og_text_value(out, delta, "text", NULL);
	og_buf_add(out->buf, out->safe.data, out->safe.len);
}

void og_text_metric_note(struct text_out *out, const json_t *item)
{
	const json_t *delta = json_object_get(item, "delta");

	if (*og_text_of(item, "unit")) {
		og_spaces(out, 1);
		og_text_line(out, INK_PLAIN, og_text_of(item, "unit"));
	}
	if (delta && !json_is_null(delta)) {
		og_spaces(out, 2);
		put_delta(out, delta);
	}
	if (*og_text_of(item, "hint")) {
		og_spaces(out, 2);
		og_text_line(out, INK_DIM, og_text_of(item, "hint"));
	}
	if (json_array_size(json_object_get(item, "trend")) > 0) {
		og_spaces(out, 2);
		og_text_trend(out, json_object_get(item, "trend"));
	}
}

void og_text_badge(struct text_out *out, const json_t *props)
{
	og_spaces(out, INDENT);
	og_buf_addc(out->buf, '[');
	og_text_line(out, og_ink_of(og_text_of(props, "tone")), og_text_of(props, "text"));
	og_buf_adds(out->buf, "]\n");
}

/* A control without a command to paste: what it is for, and that it is not for here. */
void og_text_control(struct text_out *out, const json_t *node)
{
	const json_t *props = json_object_get(node, "p");
	const char *label = og_text_of(props, "label");

	if (json_array_size(json_object_get(node, "k")) > 0)
		return;
	og_spaces(out, INDENT);
	if (!*label)
		label = og_text_of(props, "title");
	og_text_line(out, INK_DIM, *label ? label : og_text_of(props, "action"));
	og_buf_adds(out->buf, " (not possible from here)\n");
}

void og_text_tab(struct text_out *out, const json_t *props, size_t index)
{
	const json_t *label = json_array_get(json_object_get(props, "labels"), index);

	og_buf_addc(out->buf, '\n');
	og_text_line(out, INK_BOLD, json_string_value(label) ? json_string_value(label) : "");
	og_buf_addc(out->buf, '\n');
}

/* --- spans ------------------------------------------------------------------------ */

static void put_ms(struct text_out *out, double ms)
{
	og_buf_clear(&out->cell);
	og_format_number(&out->cell, round(ms * 10) / 10, 0);
	og_buf_addf(out->buf, "%s ms", out->cell.data);
}

void og_text_waterfall(struct text_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	double first = INFINITY;
	size_t i;

	json_array_foreach(items, i, item) first =
		fmin(first, og_value_number(json_object_get(item, "start")));
	json_array_foreach(items, i, item)
	{
		int64_t depth = og_json_int(item, "depth", 0);
		size_t level = depth < 0 ? 0 : depth > INDENT_MAX ? INDENT_MAX : (size_t)depth;

		og_spaces(out, INDENT * (level + 1));
		og_text_line(out, og_ink_of(og_text_of(item, "tone")), og_text_of(item, "title"));
		og_buf_adds(out->buf, ": ");
		put_ms(out, og_value_number(json_object_get(item, "ms")));
		og_buf_adds(out->buf, " from ");
		put_ms(out, og_value_number(json_object_get(item, "start")) - first);
		og_buf_addc(out->buf, '\n');
	}
}
