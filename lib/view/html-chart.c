/*
 * Charts without script: positions are percentages and strokes do not
 * scale, so one drawing fits a phone and a wide screen. Bars stand in a
 * table whose cells say what they show; a line has its figures in words.
 */
#include <math.h>
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"

#define PLOT_HEIGHT  180
#define PLOT_TOP     8 /* pixels kept free above the highest value */
#define TICKS	     4
#define SEGMENTS_MAX 24 /* a limit up to this is drawn as countable pieces */
#define X_LABELS     4

static double largest(const json_t *rows, const char *key, double at_least)
{
	double max = at_least;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) max =
		fmax(max, og_value_number(json_object_get(row, key)));
	return max;
}

static void reference_label(struct html_out *out, const json_t *props)
{
	const json_t *reference = json_object_get(props, "reference");

	if (!reference)
		return;
	og_markup(out,
		  "<p class=\"og-ref\"><svg width=\"18\" height=\"8\" aria-hidden=\"true\"><line "
		  "class=\"ref\" x1=\"0\" x2=\"18\" y1=\"4\" y2=\"4\"/></svg>");
	og_escape_member(out, reference, "label");
	og_markup(out, " ");
	og_html_value(out, json_object_get(reference, "value"), og_text_of(props, "format"),
		      og_json_str(props, "currency"));
	og_markup(out, "</p>");
}

/* One bar, red where it passes the reference. */
static void bar(struct html_out *out, double value, double max, double reference)
{
	og_buf_addf(out->buf,
		    "<svg class=\"bar%s\" width=\"100%%\" height=\"14\" aria-hidden=\"true\">"
		    "<rect class=\"t\" y=\"2\" width=\"100%%\" height=\"10\" rx=\"3\"/>"
		    "<rect class=\"f\" y=\"2\" height=\"10\" rx=\"3\" width=\"",
		    reference >= 0 && value > reference ? " over" : "");
	og_percent(out, max > 0 ? value / max : 0);
	og_markup(out, "\"/>");
	if (reference >= 0 && reference <= max) {
		og_markup(out, "<line class=\"ref\" y1=\"0\" y2=\"14\" x1=\"");
		og_percent(out, reference / max);
		og_markup(out, "\" x2=\"");
		og_percent(out, reference / max);
		og_markup(out, "\"/>");
	}
	og_markup(out, "</svg>");
}

static double reference_of(const json_t *props)
{
	const json_t *reference = json_object_get(props, "reference");

	return reference ? og_value_number(json_object_get(reference, "value")) : -1;
}

void og_html_bars(struct html_out *out, const json_t *props)
{
	const json_t *series = json_array_get(json_object_get(props, "series"), 0);
	const char *x = og_text_of(props, "x"), *y = og_text_of(series, "key");
	const char *format = og_text_of(props, "format"),
		   *currency = og_json_str(props, "currency");
	json_t *rows = json_object_get(props, "rows"), *row;
	double reference = reference_of(props), max;
	size_t i;

	if (json_array_size(json_object_get(props, "series")) > 1) {
		og_html_columns(out, props);
		reference_label(out, props);
		return;
	}
	max = largest(rows, y, fmax(og_value_number(json_object_get(props, "max")), reference));
	og_markup(out, "<table class=\"og-bars\"><caption class=\"vh\">");
	og_escape_member(out, series, "label");
	og_markup(out, "</caption><tbody>");
	json_array_foreach(rows, i, row)
	{
		const json_t *value = json_object_get(row, y);

		og_markup(out, "<tr><th scope=\"row\">");
		og_escape_member(out, props, "prefix");
		og_html_value(out, json_object_get(row, x), "id", NULL);
		og_markup(out, "</th><td class=\"plot\">");
		bar(out, og_value_number(value), max, reference);
		og_markup(out, "</td><td class=\"r\">");
		og_html_value(out, value, format, currency);
		og_markup(out, "</td></tr>");
	}
	og_markup(out, "</tbody></table>");
	reference_label(out, props);
}

void og_html_shares(struct html_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	double sum = 0, at = 0;
	size_t i;

	json_array_foreach(items, i, item) sum +=
		fmax(0, og_value_number(json_object_get(item, "value")));
	og_markup(out,
		  "<svg class=\"og-share\" width=\"100%\" height=\"14\" aria-hidden=\"true\">");
	json_array_foreach(items, i, item)
	{
		double share = sum > 0 ? og_value_number(json_object_get(item, "value")) / sum : 0;

		og_buf_addf(out->buf, "<rect class=\"c%zu\" height=\"14\" x=\"",
			    i % OG_VIEW_COLOURS + 1);
		og_percent(out, at);
		og_markup(out, "\" width=\"");
		og_percent(out, share);
		og_markup(out, "\"/>");
		at += share;
	}
	og_markup(out, "</svg><table class=\"og-shares\"><caption class=\"vh\">Shares by ");
	og_escape_member(out, props, "by");
	og_markup(out, "</caption><tbody>");
	json_array_foreach(items, i, item)
	{
		double value = og_value_number(json_object_get(item, "value"));

		og_buf_addf(
			out->buf,
			"<tr><th scope=\"row\"><svg width=\"9\" height=\"9\" aria-hidden=\"true\">"
			"<rect class=\"c%zu\" width=\"9\" height=\"9\" rx=\"2.5\"/></svg>",
			i % OG_VIEW_COLOURS + 1);
		og_escape_member(out, item, "label");
		og_buf_addf(out->buf, "</th><td class=\"r dim\">%.1f %%</td><td class=\"r\">",
			    sum > 0 ? value / sum * 100 : 0);
		og_html_value(out, json_object_get(item, "value"), og_text_of(props, "format"),
			      og_json_str(props, "currency"));
		og_markup(out, "</td></tr>");
	}
	og_markup(out, "</tbody></table>");
}

/* A round step that divides range into about TICKS parts. */
static double tick_step(double range)
{
	static const double steps[] = { 1, 2, 2.5, 5, 10 };
	double raw = range / TICKS, unit = pow(10, floor(log10(raw)));

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (raw <= steps[i] * unit * 1.000001)
			return steps[i] * unit;
	return 10 * unit;
}

struct plot {
	const json_t *rows;
	json_t *series;
	const char *x, *format, *currency;
	size_t n, n_series;
	int stacked; /* each series stands on those before it */
	double low, high, step;
};

static double value_at(const struct plot *plot, const json_t *row, size_t series)
{
	size_t first = plot->stacked ? 0 : series;
	double sum = 0;

	for (size_t i = first; i <= series; i++)
		sum += og_value_number(
			json_object_get(row, og_text_of(json_array_get(plot->series, i), "key")));
	return isfinite(sum) ? sum : 0;
}

static double y_of(const struct plot *plot, double value)
{
	return PLOT_TOP +
	       (plot->high - value) / (plot->high - plot->low) * (PLOT_HEIGHT - PLOT_TOP);
}

static void frame(struct plot *plot, double reference)
{
	double min = 0, max = fmax(reference, 0);
	json_t *row;
	size_t i;

	json_array_foreach(plot->rows, i, row)
	{
		for (size_t s = 0; s < plot->n_series; s++) {
			min = fmin(min, value_at(plot, row, s));
			max = fmax(max, value_at(plot, row, s));
		}
	}
	if (!(max > min) || !isfinite(max - min)) {
		min = 0;
		max = 1;
	}
	plot->step = tick_step(max - min);
	plot->low = floor(min / plot->step) * plot->step;
	plot->high = ceil(max / plot->step) * plot->step;
}

static void axis(struct html_out *out, const struct plot *plot)
{
	og_buf_addf(out->buf,
		    "<svg class=\"axis\" width=\"62\" height=\"%d\" aria-hidden=\"true\">",
		    PLOT_HEIGHT + 22);
	for (size_t i = 0; i <= 2 * TICKS; i++) {
		double tick = plot->low + (double)i * plot->step;

		if (tick > plot->high + plot->step / 2)
			break;
		og_buf_addf(out->buf, "<text x=\"54\" y=\"%.1f\" text-anchor=\"end\">",
			    y_of(plot, tick) + 4);
		og_buf_clear(&out->cell);
		og_format_number(&out->cell, tick, 0);
		og_escape(out, out->cell.data, out->cell.len);
		og_markup(out, "</text>");
	}
	og_markup(out, "</svg>");
}

static void gridlines(struct html_out *out, const struct plot *plot)
{
	for (size_t i = 0; i <= 2 * TICKS; i++) {
		double tick = plot->low + (double)i * plot->step, y = round(y_of(plot, tick)) + 0.5;

		if (tick > plot->high + plot->step / 2)
			break;
		og_buf_addf(out->buf,
			    "<line class=\"%s\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>",
			    fabs(tick) < plot->step / 2 ? "zl" : "gl", y, y);
	}
}

static double x_of(const struct plot *plot, size_t index)
{
	return plot->n > 1 ? 100.0 * (double)index / (double)(plot->n - 1) : 50;
}

static void points(struct html_out *out, const struct plot *plot, size_t series)
{
	json_t *row;
	size_t i;

	json_array_foreach(plot->rows, i, row)
		og_buf_addf(out->buf, "%s%.2f %.1f", i == 0 ? "M" : "L", x_of(plot, i),
			    y_of(plot, value_at(plot, row, series)));
}

/* From the last point back: along the series below, or straight at zero. */
static void way_back(struct html_out *out, const struct plot *plot, size_t series)
{
	double base = y_of(plot, fmax(plot->low, 0));

	if (!plot->stacked || series == 0) {
		og_buf_addf(out->buf, "L100 %.1fL0 %.1fZ", base, base);
		return;
	}
	for (size_t i = plot->n; i-- > 0;)
		og_buf_addf(out->buf, "L%.2f %.1f", x_of(plot, i),
			    y_of(plot, value_at(plot, json_array_get(plot->rows, i), series - 1)));
	og_markup(out, "Z");
}

/* A lone series has a tint below it; of several only areas have. */
static void curve(struct html_out *out, const struct plot *plot, size_t series, int filled)
{
	char colour[8] = "";

	if (plot->n_series > 1)
		snprintf(colour, sizeof(colour), " k%d",
			 og_html_colour(json_array_get(plot->series, series), series));
	if (filled || plot->n_series == 1) {
		og_buf_addf(out->buf, "<path class=\"area%s\" d=\"", colour);
		points(out, plot, series);
		way_back(out, plot, series);
		og_markup(out, "\"/>");
	}
	og_buf_addf(out->buf, "<path class=\"line%s\" d=\"", colour);
	points(out, plot, series);
	og_markup(out, "\"/>");
}

static void curves(struct html_out *out, const struct plot *plot, int filled)
{
	og_buf_addf(out->buf,
		    "<svg viewBox=\"0 0 100 %d\" preserveAspectRatio=\"none\" width=\"100%%\" "
		    "height=\"%d\">",
		    PLOT_HEIGHT, PLOT_HEIGHT);
	for (size_t i = 0; i < plot->n_series; i++)
		curve(out, plot, i, filled);
	og_markup(out, "</svg>");
}

/* A few labels below: the first, the last, and some between. */
static void x_labels(struct html_out *out, const struct plot *plot)
{
	size_t n = plot->n < X_LABELS ? plot->n : X_LABELS;

	for (size_t i = 0; i < n; i++) {
		size_t at = n > 1 ? i * (plot->n - 1) / (n - 1) : 0;
		const json_t *value = json_object_get(json_array_get(plot->rows, at), plot->x);

		og_markup(out, "<text x=\"");
		og_percent(out, plot->n > 1 ? (double)at / (double)(plot->n - 1) : 0.5);
		og_buf_addf(out->buf, "\" y=\"%d\" text-anchor=\"%s\"%s>", PLOT_HEIGHT + 18,
			    i == 0	 ? "start"
			    : i + 1 == n ? "end"
					 : "middle",
			    i > 0 && i + 1 < n ? " class=\"mid\"" : "");
		og_buf_clear(&out->cell);
		og_format(&out->cell, value, "date", NULL);
		og_escape(out, out->cell.data,
			  og_is_date(json_string_value(value) ? json_string_value(value) : "",
				     json_string_length(value))
				  ? 10
				  : out->cell.len);
		og_markup(out, "</text>");
	}
}

static void describe(struct html_out *out, const struct plot *plot, const json_t *series)
{
	const json_t *first = json_array_get(plot->rows, 0);
	const json_t *last = json_array_get(plot->rows, plot->n - 1);
	const char *y = og_text_of(series, "key");

	og_html_value(out, json_object_get(series, "label"), "text", NULL);
	og_markup(out, " from ");
	og_html_value(out, json_object_get(first, y), plot->format, plot->currency);
	og_markup(out, " (");
	og_html_value(out, json_object_get(first, plot->x), "date", NULL);
	og_markup(out, ") to ");
	og_html_value(out, json_object_get(last, y), plot->format, plot->currency);
	og_markup(out, " (");
	og_html_value(out, json_object_get(last, plot->x), "date", NULL);
	og_markup(out, ")");
}

static void describe_all(struct html_out *out, const struct plot *plot)
{
	for (size_t i = 0; i < plot->n_series; i++) {
		og_markup(out, i > 0 ? "; " : "");
		describe(out, plot, json_array_get(plot->series, i));
	}
}

static void draw_plot(struct html_out *out, const struct plot *plot, double reference, int filled)
{
	og_markup(out, "<div class=\"og-plot\">");
	axis(out, plot);
	og_buf_addf(out->buf,
		    "<svg class=\"plot\" width=\"100%%\" height=\"%d\" role=\"img\" aria-label=\"",
		    PLOT_HEIGHT + 22);
	describe_all(out, plot);
	og_markup(out, "\">");
	gridlines(out, plot);
	curves(out, plot, filled);
	if (reference >= 0)
		og_buf_addf(out->buf,
			    "<line class=\"ref\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>",
			    y_of(plot, reference), y_of(plot, reference));
	x_labels(out, plot);
	og_markup(out, "</svg></div>");
}

static void plot_of(struct html_out *out, const json_t *props, int filled)
{
	double reference = reference_of(props);
	struct plot plot = { .rows = json_object_get(props, "rows"),
			     .series = json_object_get(props, "series"),
			     .x = og_text_of(props, "x"),
			     .format = og_text_of(props, "format"),
			     .currency = og_json_str(props, "currency"),
			     .stacked = og_json_bool(props, "stacked", 0) };

	plot.n = json_array_size(plot.rows);
	plot.n_series = json_array_size(plot.series);
	if (plot.n == 0 || plot.n_series == 0)
		return;
	frame(&plot, reference);
	if (plot.n_series > 1)
		og_html_legend(out, props);
	draw_plot(out, &plot, reference, filled);
	reference_label(out, props);
}

void og_html_line(struct html_out *out, const json_t *props)
{
	plot_of(out, props, 0);
}

void og_html_area(struct html_out *out, const json_t *props)
{
	plot_of(out, props, 1);
}

static void meter_bar(struct html_out *out, const json_t *item, double value, double max)
{
	int counted = max >= 1 && max <= SEGMENTS_MAX && fabs(max - round(max)) < 1e-9 &&
		      json_is_integer(json_object_get(item, "value"));
	size_t n = counted ? (size_t)max : 1;

	og_markup(out, "<svg width=\"100%\" height=\"8\" aria-hidden=\"true\">");
	for (size_t i = 0; counted && i < n; i++)
		og_buf_addf(
			out->buf,
			"<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"8\" rx=\"2\"/>",
			(double)i < value ? "f" : "t", 100.0 * (double)i / (double)n,
			100.0 / (double)n - (i + 1 < n ? 0.8 : 0));
	if (!counted) {
		og_markup(out, "<rect class=\"t\" width=\"100%\" height=\"8\" rx=\"4\"/>"
			       "<rect class=\"f\" height=\"8\" rx=\"4\" width=\"");
		og_percent(out, max > 0 ? value / max : 0);
		og_markup(out, "\"/>");
	}
	og_markup(out, "</svg>");
}

void og_html_meters(struct html_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		double value = og_value_number(json_object_get(item, "value"));
		double max = og_value_number(json_object_get(item, "max"));
		double share = max > 0 ? value / max : 0;

		og_buf_addf(out->buf, "<div class=\"og-meter%s\"><div class=\"top\"><span>",
			    share >= 1	   ? " bad"
			    : share >= 0.8 ? " warn"
					   : "");
		og_escape_member(out, item, "label");
		og_markup(out, "</span><b>");
		og_html_value(out, json_object_get(item, "value"), "number", NULL);
		og_markup(out, "<i> of ");
		og_html_value(out, json_object_get(item, "max"), "number", NULL);
		og_markup(out, " ");
		og_escape_member(out, item, "unit");
		og_markup(out, "</i></b></div>");
		meter_bar(out, item, value, max);
		og_markup(out, "</div>");
	}
}
