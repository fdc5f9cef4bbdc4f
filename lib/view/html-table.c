/* Tables, with levels and states drawn in their cells. */
#include <math.h>
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"
#include "lib/view/tree-internal.h"

#define LEVEL_WIDTH 80 /* pixels of a level's bar */
#define TEXT_LONG   60 /* characters from which a cell wraps */

/* A folded table stands below a chart that has said most of it. */
static void open_card(struct html_out *out, const json_t *props, int folded, size_t rows)
{
	unsigned id = ++out->ids;

	if (!*og_text_of(props, "title") && !folded) {
		og_markup(out, "<section class=\"og-card flush\"><div class=\"body\">"
			       "<div class=\"og-scroll\" tabindex=\"0\" role=\"region\" "
			       "aria-label=\"Table\"><table class=\"og-table\"><thead><tr>");
		return;
	}
	og_buf_addf(out->buf, "<section class=\"og-card flush\" aria-labelledby=\"s%u\">%s", id,
		    folded ? "<details><summary>" : "<header>");
	og_buf_addf(out->buf, "<h2 id=\"s%u\">", id);
	og_escape_member(out, props, "title");
	og_markup(out, "</h2>");
	if (folded)
		og_buf_addf(out->buf, "the %zu values</summary>", rows);
	else
		og_markup(out, "</header>");
	og_buf_addf(out->buf,
		    "<div class=\"body\"><div class=\"og-scroll\" tabindex=\"0\" "
		    "role=\"region\" aria-labelledby=\"s%u\"><table class=\"og-table\">"
		    "<caption class=\"vh\">",
		    id);
	og_escape_member(out, props, "title");
	og_markup(out, "</caption><thead><tr>");
}

static void labels(struct html_out *out, const json_t *columns)
{
	json_t *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		og_buf_addf(out->buf, "<th scope=\"col\"%s>",
			    og_format_right(og_text_of(column, "format")) ? " class=\"r\"" : "");
		og_escape_member(out, column, "label");
		og_markup(out, "</th>");
	}
	og_markup(out, "</tr></thead><tbody>\n");
}

static double share_of(double value, double max)
{
	double share = max > 0 ? value / max : 0;

	return share > 0 && isfinite(share) ? fmin(share, 1) : 0;
}

static void level(struct html_out *out, const json_t *column, const json_t *row,
		  const json_t *value)
{
	const char *target = og_json_str(column, "target");
	double max = og_value_number(json_object_get(column, "max")), now = og_value_number(value);
	double point = target ? og_value_number(json_object_get(row, target)) : -1;

	og_buf_addf(out->buf,
		    "<span class=\"og-lvl%s\"><svg width=\"%d\" height=\"11\" aria-hidden=\"true\">"
		    "<rect class=\"t\" y=\"3\" width=\"%d\" height=\"5\" rx=\"2.5\"/>"
		    "<rect class=\"f\" y=\"3\" width=\"%.1f\" height=\"5\" rx=\"2.5\"/>",
		    now <= 0 || now < point / 2 ? " bad"
		    : now <= point		? " warn"
						: "",
		    LEVEL_WIDTH, LEVEL_WIDTH, share_of(now, max) * LEVEL_WIDTH);
	if (point > 0 && point <= max)
		og_buf_addf(out->buf, "<rect class=\"m\" x=\"%.1f\" width=\"1.5\" height=\"11\"/>",
			    share_of(point, max) * (LEVEL_WIDTH - 2));
	og_markup(out, "</svg><span>");
	og_html_value(out, value, "number", NULL);
	og_markup(out, "</span></span>");
}

static void status(struct html_out *out, const json_t *value)
{
	const char *word = json_string_value(value);

	if (!word) {
		og_html_value(out, value, "text", NULL);
		return;
	}
	og_buf_addf(out->buf, "<span class=\"og-badge %s\">", og_word_tone(word));
	og_html_value(out, value, "text", NULL);
	og_markup(out, "</span>");
}

static const char *cell_class(const char *format, const json_t *value)
{
	if (og_format_right(format))
		return " class=\"r\"";
	if (strcmp(format, "date") == 0)
		return " class=\"dim\"";
	if (strcmp(format, "hash") == 0 || strcmp(format, "id") == 0)
		return " class=\"mono\"";
	return json_string_length(value) > TEXT_LONG ? " class=\"wrap\"" : "";
}

static void cell(struct html_out *out, const json_t *column, const json_t *row,
		 const char *currency)
{
	const json_t *value = json_object_get(row, og_text_of(column, "key"));
	const char *format = og_text_of(column, "format");

	og_buf_addf(out->buf, "<td%s>", cell_class(format, value));
	if (strcmp(format, "level") == 0 && json_is_number(value))
		level(out, column, row, value);
	else if (strcmp(format, "status") == 0)
		status(out, value);
	else
		og_html_value(out, value, format, currency);
	og_markup(out, "</td>");
}

static void foot(struct html_out *out, const json_t *props, size_t rows)
{
	og_markup(out, "</tbody></table></div><div class=\"og-foot\"><span>");
	if (rows > OG_VIEW_HTML_ROWS)
		og_buf_addf(out->buf, "The first %d of %zu rows; og-render --to=csv has them all",
			    OG_VIEW_HTML_ROWS, rows);
	else
		og_buf_addf(out->buf, "%zu row%s", rows, rows == 1 ? "" : "s");
	og_markup(out, "</span>");
	if (*og_text_of(props, "note")) {
		og_markup(out, "<span>");
		og_escape_member(out, props, "note");
		og_markup(out, "</span>");
	}
	og_markup(out, "</div></div>");
}

void og_html_table(struct html_out *out, const json_t *props)
{
	json_t *rows = json_object_get(props, "rows"), *row;
	json_t *columns = json_object_get(props, "columns"), *column;
	const char *currency = og_json_str(props, "currency");
	int folded = og_json_bool(props, "folded", 0);
	size_t i, c;

	open_card(out, props, folded, json_array_size(rows));
	labels(out, columns);
	json_array_foreach(rows, i, row)
	{
		if (i == OG_VIEW_HTML_ROWS)
			break;
		og_markup(out, "<tr>");
		json_array_foreach(columns, c, column) cell(out, column, row, currency);
		og_markup(out, "</tr>\n");
	}
	foot(out, props, json_array_size(rows));
	og_markup(out, folded ? "</details></section>\n" : "</section>\n");
}
