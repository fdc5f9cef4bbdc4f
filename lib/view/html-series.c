/*
 * Bars of several series, sparklines, badges and tabs without script. A
 * line or an area of several series is html-chart.c's.
 */
#include <math.h>
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"

#define SPARK_WIDTH  120
#define SPARK_HEIGHT 28

int og_html_colour(const json_t *series, size_t index)
{
	int64_t own = og_json_int(series, "color", 0);

	return own >= 1 && own <= OG_VIEW_COLOURS ? (int)own : (int)(index % OG_VIEW_COLOURS) + 1;
}

static void series_name(struct html_out *out, const json_t *series)
{
	og_escape_member(out, series, *og_text_of(series, "label") ? "label" : "key");
}

void og_html_legend(struct html_out *out, const json_t *props)
{
	json_t *series = json_object_get(props, "series"), *one;
	size_t i;

	og_markup(out, "<div class=\"og-legend\">");
	json_array_foreach(series, i, one)
	{
		og_buf_addf(out->buf, "<span><i class=\"k%d\"></i>", og_html_colour(one, i));
		series_name(out, one);
		og_markup(out, "</span>");
	}
	og_markup(out, "</div>");
}

struct columns {
	const json_t *props;
	json_t *series;
	const char *format, *currency;
	int stacked;
	double max;
};

static double value_of(const json_t *row, const json_t *series)
{
	return fmax(0, og_value_number(json_object_get(row, og_text_of(series, "key"))));
}

/* What the longest bar stands for: the largest value, or the largest sum. */
static void find_max(struct columns *c, const json_t *rows)
{
	json_t *row, *one;
	size_t i, k;

	c->max = og_value_number(json_object_get(c->props, "max"));
	json_array_foreach(rows, i, row)
	{
		double sum = 0;

		json_array_foreach(c->series, k, one)
		{
			sum = c->stacked ? sum + value_of(row, one) : fmax(sum, value_of(row, one));
		}
		c->max = fmax(c->max, sum);
	}
	if (!isfinite(c->max))
		c->max = 0;
}

static void piece(struct html_out *out, int colour, double from, double width, size_t y,
		  size_t height)
{
	og_buf_addf(out->buf, "<rect class=\"c%d\" y=\"%zu\" height=\"%zu\" x=\"", colour, y,
		    height);
	og_percent(out, from);
	og_markup(out, "\" width=\"");
	og_percent(out, width);
	og_markup(out, "\"/>");
}

/* The bars of a row: pieces of one, or one below the other. */
static void bars(struct html_out *out, const struct columns *c, const json_t *row)
{
	size_t n = json_array_size(c->series), i;
	double at = 0, share;
	json_t *one;

	og_buf_addf(out->buf, "<svg width=\"100%%\" height=\"%zu\" aria-hidden=\"true\">",
		    c->stacked ? 14 : 8 * n + 4);
	json_array_foreach(c->series, i, one)
	{
		share = c->max > 0 ? value_of(row, one) / c->max : 0;
		piece(out, og_html_colour(one, i), c->stacked ? at : 0, share,
		      c->stacked ? 2 : 8 * i + 2, c->stacked ? 10 : 6);
		at += share;
	}
	og_markup(out, "</svg>");
}

static void header(struct html_out *out, const struct columns *c)
{
	json_t *one;
	size_t i;

	og_markup(out, "<thead class=\"vh\"><tr><td></td><td></td>");
	json_array_foreach(c->series, i, one)
	{
		og_markup(out, "<th scope=\"col\">");
		series_name(out, one);
		og_markup(out, "</th>");
	}
	og_markup(out, "</tr></thead>");
}

void og_html_columns(struct html_out *out, const json_t *props)
{
	struct columns c = { .props = props,
			     .series = json_object_get(props, "series"),
			     .format = og_text_of(props, "format"),
			     .currency = og_json_str(props, "currency"),
			     .stacked = og_json_bool(props, "stacked", 0) };
	json_t *rows = json_object_get(props, "rows"), *row, *one;
	size_t i, k;

	find_max(&c, rows);
	og_html_legend(out, props);
	og_markup(out, "<table class=\"og-bars\">");
	header(out, &c);
	og_markup(out, "<tbody>");
	json_array_foreach(rows, i, row)
	{
		og_markup(out, "<tr><th scope=\"row\">");
		og_escape_member(out, props, "prefix");
		og_html_value(out, json_object_get(row, og_text_of(props, "x")), "id", NULL);
		og_markup(out, "</th><td class=\"plot\">");
		bars(out, &c, row);
		og_markup(out, "</td>");
		json_array_foreach(c.series, k, one)
		{
			og_markup(out, "<td class=\"r\">");
			og_html_value(out, json_object_get(row, og_text_of(one, "key")), c.format,
				      c.currency);
			og_markup(out, "</td>");
		}
		og_markup(out, "</tr>\n");
	}
	og_markup(out, "</tbody></table>");
}

/* --- small things ---------------------------------------------------------------------- */

static void spark_path(struct html_out *out, const json_t *values, double low, double high)
{
	size_t n = json_array_size(values);

	for (size_t i = 0; i < n; i++) {
		double share = high > low ? (og_value_number(json_array_get(values, i)) - low) /
						    (high - low)
					  : 0.5;

		og_buf_addf(out->buf, "%s%.1f %.1f", i == 0 ? "M" : "L",
			    n > 1 ? (double)i * SPARK_WIDTH / (double)(n - 1) : SPARK_WIDTH / 2.0,
			    2 + (1 - (isfinite(share) ? share : 0)) * (SPARK_HEIGHT - 4));
	}
}

void og_html_trend(struct html_out *out, const json_t *values, const char *tone)
{
	double low = INFINITY, high = -INFINITY;
	size_t n = json_array_size(values);

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		low = fmin(low, og_value_number(json_array_get(values, i)));
		high = fmax(high, og_value_number(json_array_get(values, i)));
	}
	og_buf_addf(out->buf,
		    "<svg class=\"og-spark %s\" width=\"%d\" height=\"%d\" role=\"img\" "
		    "aria-label=\"",
		    og_tone_class(tone), SPARK_WIDTH, SPARK_HEIGHT);
	og_html_value(out, json_array_get(values, 0), "number", NULL);
	og_markup(out, " to ");
	og_html_value(out, json_array_get(values, n - 1), "number", NULL);
	og_markup(out, "\"><path class=\"stroke\" d=\"");
	spark_path(out, values, low, high);
	og_markup(out, "\"/></svg>");
}

void og_html_sparkline(struct html_out *out, const json_t *props)
{
	og_markup(out, "<p class=\"og-text\">");
	og_escape_member(out, props, "label");
	og_html_trend(out, json_object_get(props, "values"), og_text_of(props, "tone"));
	og_markup(out, "</p>");
}

void og_html_metric_note(struct html_out *out, const json_t *item)
{
	const json_t *delta = json_object_get(item, "delta");
	double percent = og_value_number(delta) * 100;

	og_html_trend(out, json_object_get(item, "trend"), og_text_of(item, "tone"));
	if ((!delta || json_is_null(delta)) && !*og_text_of(item, "hint"))
		return;
	og_markup(out, "<span class=\"n\">");
	if (json_is_number(delta)) {
		og_buf_clear(&out->cell);
		og_format_number(&out->cell, round(percent * 10) / 10, 0);
		og_markup(out, percent > 0 ? "+" : "");
		og_escape(out, out->cell.data, out->cell.len);
		og_markup(out, " % ");
	} else if (delta && !json_is_null(delta)) {
		og_html_value(out, delta, "text", NULL);
		og_markup(out, " ");
	}
	og_escape_member(out, item, "hint");
	og_markup(out, "</span>");
}

void og_html_badge(struct html_out *out, const json_t *props)
{
	og_buf_addf(out->buf, "<span class=\"og-badge %s\">",
		    og_tone_class(og_text_of(props, "tone")));
	og_escape_member(out, props, "text");
	og_markup(out, "</span>");
}
