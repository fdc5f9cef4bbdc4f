/* Bars, shares and meters for a terminal. */
#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/text-internal.h"

#define INDENT	  2
#define LABEL_MAX 24
#define BAR_MIN	  8
#define BAR_MAX	  40
#define NARROW	  72 /* no room for what only decorates */

void og_text_bar(struct text_out *out, enum ink ink, double share, size_t width)
{
	static const char *const eighths[] = { "",	 "\u258f", "\u258e", "\u258d",
					       "\u258c", "\u258b", "\u258a", "\u2589" };
	size_t parts = (size_t)lround(fmin(fmax(share, 0), 1) * (double)width * 8),
	       full = parts / 8;
	struct og_buf bar;

	og_buf_init(&bar, 4 * OG_VIEW_WIDTH_MAX);
	for (size_t i = 0; i < full; i++)
		og_buf_adds(&bar, "\u2588");
	og_buf_adds(&bar, eighths[parts % 8]);
	og_ink(out, ink, bar.len > 0 ? bar.data : "");
	og_spaces(out, width - full - (parts % 8 ? 1 : 0));
	og_buf_release(&bar);
}

/* What is left for bars beside labels and figures. */
static size_t bar_width(const struct text_out *out, size_t labels, size_t figures)
{
	size_t taken = INDENT + labels + 2 + figures + 2;
	size_t left = out->width > taken ? out->width - taken : 0;

	return left < BAR_MIN ? 0 : left > BAR_MAX ? BAR_MAX : left;
}

struct bars {
	const json_t *rows;
	const char *label, *value, *format, *currency;
	size_t labels, figures;
	double max;
};

static void measure(struct text_out *out, struct bars *bars)
{
	json_t *row;
	size_t i, width;

	json_array_foreach(bars->rows, i, row)
	{
		double value = og_value_number(json_object_get(row, bars->value));

		width = og_text_value(out, json_object_get(row, bars->label), "id", NULL);
		if (width > bars->labels)
			bars->labels = width;
		width = og_text_value(out, json_object_get(row, bars->value), bars->format,
				      bars->currency);
		if (width > bars->figures)
			bars->figures = width;
		if (value > bars->max)
			bars->max = value;
	}
	if (bars->labels > LABEL_MAX)
		bars->labels = LABEL_MAX;
}

static void put_label(struct text_out *out, const json_t *value, size_t room)
{
	size_t width = og_text_value(out, value, "id", NULL), len = out->safe.len;
	int cut = width > room;

	if (cut)
		len = og_text_fit(out->safe.data, len, room - 1, &width);
	og_buf_add(out->buf, len > 0 ? out->safe.data : "", len);
	if (cut) {
		og_buf_adds(out->buf, "\u2026");
		width++;
	}
	og_spaces(out, room - width);
}

static void put_bars(struct text_out *out, struct bars *bars)
{
	size_t room, width, i;
	json_t *row;

	measure(out, bars);
	room = bar_width(out, bars->labels, bars->figures);
	json_array_foreach(bars->rows, i, row)
	{
		const json_t *value = json_object_get(row, bars->value);

		og_spaces(out, INDENT);
		put_label(out, json_object_get(row, bars->label), bars->labels);
		og_spaces(out, 2);
		if (room > 0) {
			og_text_bar(out, INK_INFO,
				    bars->max > 0 ? og_value_number(value) / bars->max : 0, room);
			og_spaces(out, 2);
		}
		width = og_text_value(out, value, bars->format, bars->currency);
		og_spaces(out, bars->figures - width);
		og_buf_add(out->buf, out->safe.data, out->safe.len);
		og_buf_addc(out->buf, '\n');
	}
}

void og_text_bars(struct text_out *out, const json_t *props)
{
	const json_t *series = json_array_get(json_object_get(props, "series"), 0);
	struct bars bars = { .rows = json_object_get(props, "rows"),
			     .label = og_text_of(props, "x"),
			     .value = og_text_of(series, "key"),
			     .format = og_text_of(props, "format"),
			     .currency = og_json_str(props, "currency"),
			     .max = og_value_number(json_object_get(props, "max")) };
	const json_t *reference = json_object_get(props, "reference");

	if (json_array_size(json_object_get(props, "series")) > 1)
		og_text_columns(out, props);
	else
		put_bars(out, &bars);
	if (reference) {
		og_spaces(out, INDENT);
		og_text_value(out, json_object_get(reference, "label"), "text", NULL);
		og_ink(out, INK_BAD, out->safe.data);
		og_spaces(out, 1);
		og_text_value(out, json_object_get(reference, "value"), bars.format, bars.currency);
		og_ink(out, INK_BAD, out->safe.data);
		og_buf_addc(out->buf, '\n');
	}
}

/* The mean of the points that fall into one column of the line. */
static double bin(const json_t *rows, const char *key, size_t at, size_t bins)
{
	size_t n = json_array_size(rows), first = at * n / bins, end = (at + 1) * n / bins;
	double sum = 0;

	end = end > first ? end : first + 1;
	for (size_t i = first; i < end; i++)
		sum += og_value_number(json_object_get(json_array_get(rows, i), key));
	return sum / (double)(end - first);
}

static void put_end(struct text_out *out, const json_t *props, const json_t *row, const char *key)
{
	og_text_value(out, json_object_get(row, og_text_of(props, "x")), "date", NULL);
	og_buf_addf(out->buf, "%s ", out->safe.data);
	og_text_value(out, json_object_get(row, key), og_text_of(props, "format"),
		      og_json_str(props, "currency"));
	og_ink(out, INK_BOLD, out->safe.data);
}

/* One series as a line of blocks, its ends in words. */
static void put_series(struct text_out *out, const json_t *props, const char *key)
{
	static const char *const steps[] = { "\u2581", "\u2582", "\u2583", "\u2584",
					     "\u2585", "\u2586", "\u2587", "\u2588" };
	json_t *rows = json_object_get(props, "rows");
	size_t n = json_array_size(rows), bins = n < BAR_MAX ? n : BAR_MAX;
	double low = 0, high = 0;

	for (size_t i = 0; i < n; i++) {
		double value = og_value_number(json_object_get(json_array_get(rows, i), key));

		low = fmin(low, value);
		high = fmax(high, value);
	}
	og_spaces(out, INDENT);
	for (size_t i = 0; i < bins && bins + INDENT <= out->width; i++) {
		double share = high > low ? (bin(rows, key, i, bins) - low) / (high - low) : 0;

		og_ink(out, INK_INFO, steps[lround(fmin(fmax(share, 0), 1) * 7)]);
	}
	og_buf_addc(out->buf, '\n');
	if (n == 0)
		return;
	og_spaces(out, INDENT);
	put_end(out, props, json_array_get(rows, 0), key);
	og_buf_adds(out->buf, out->width < NARROW ? " to\n  " : " to ");
	put_end(out, props, json_array_get(rows, n - 1), key);
	og_buf_addc(out->buf, '\n');
}

void og_text_spark(struct text_out *out, const json_t *props)
{
	json_t *series = json_object_get(props, "series"), *one;
	size_t i, n = json_array_size(series);

	json_array_foreach(series, i, one)
	{
		if (n > 1) {
			og_spaces(out, INDENT);
			og_text_line(out, INK_DIM,
				     og_text_of(one, *og_text_of(one, "label") ? "label" : "key"));
			og_buf_addc(out->buf, '\n');
		}
		put_series(out, props, og_text_of(one, "key"));
	}
}

void og_text_shares(struct text_out *out, const json_t *props)
{
	struct bars bars = { .rows = json_object_get(props, "items"),
			     .label = "label",
			     .value = "value",
			     .format = og_text_of(props, "format"),
			     .currency = og_json_str(props, "currency") };

	put_bars(out, &bars);
}

void og_text_meters(struct text_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i, labels = 0, width, room = out->width < NARROW ? out->width / 2 : 2 * LABEL_MAX;

	json_array_foreach(items, i, item)
	{
		width = og_text_value(out, json_object_get(item, "label"), "text", NULL);
		labels = width > labels ? width : labels;
	}
	labels = labels > room ? room : labels;
	json_array_foreach(items, i, item)
	{
		double value = og_value_number(json_object_get(item, "value"));
		double max = og_value_number(json_object_get(item, "max"));
		double share = max > 0 ? value / max : 0;

		og_spaces(out, INDENT);
		put_label(out, json_object_get(item, "label"), labels);
		og_spaces(out, 2);
		if (out->width >= NARROW) {
			og_text_bar(out,
				    share >= 1	   ? INK_BAD
				    : share >= 0.8 ? INK_WARN
						   : INK_INFO,
				    share, 2 * BAR_MIN);
			og_spaces(out, 2);
		}
		og_text_value(out, json_object_get(item, "value"), "number", NULL);
		og_buf_addf(out->buf, "%s", out->safe.data);
		og_text_value(out, json_object_get(item, "max"), "number", NULL);
		og_buf_addf(out->buf, " of %s", out->safe.data);
		og_spaces(out, *og_text_of(item, "unit") ? 1 : 0);
		og_text_line(out, INK_PLAIN, og_text_of(item, "unit"));
		og_buf_addc(out->buf, '\n');
	}
}
