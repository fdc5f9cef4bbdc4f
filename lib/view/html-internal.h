/* What the files of the HTML drawer share. */
#ifndef OG_VIEW_HTML_INTERNAL_H
#define OG_VIEW_HTML_INTERNAL_H

#include "lib/view/view.h"

#define OG_VIEW_COLOURS 6

struct html_out {
	struct og_buf *buf;
	struct og_buf cell, safe; /* scratch */
	unsigned ids;		  /* ids given out so far */
};

/* Appends markup of ours. */
void og_markup(struct html_out *out, const char *markup);
/* What a character of markup is written as, or NULL: as it is. */
const char *og_html_entity(char c);
/* Appends hostile text, made visible and escaped for element content and
 * for attributes in double quotes. */
void og_escape(struct html_out *out, const char *text, size_t len);
void og_escape_member(struct html_out *out, const json_t *object, const char *key);
/* Appends a formatted value, escaped. */
void og_html_value(struct html_out *out, const json_t *value, const char *format,
		   const char *currency);
/* "ok", "warn", "bad", "info" or "": never anything else from a document. */
const char *og_tone_class(const char *tone);
/* An icon of ours, drawn in the current colour. */
void og_icon(struct html_out *out, const char *name, int size);
/* A share of one as a percentage for an attribute: 0 to 100. */
void og_percent(struct html_out *out, double share);

void og_html_table(struct html_out *out, const json_t *props);
void og_html_bars(struct html_out *out, const json_t *props);
void og_html_columns(struct html_out *out, const json_t *props);
void og_html_legend(struct html_out *out, const json_t *props);
/* The colour of a series, 1 to OG_VIEW_COLOURS: its own, else by its place. */
int og_html_colour(const json_t *series, size_t index);
void og_html_trend(struct html_out *out, const json_t *values, const char *tone);
void og_html_sparkline(struct html_out *out, const json_t *props);
void og_html_badge(struct html_out *out, const json_t *props);
/* What stands below a figure: change, hint, trend. */
void og_html_metric_note(struct html_out *out, const json_t *item);
void og_html_integrity(struct html_out *out, const json_t *props);
void og_html_diff(struct html_out *out, const json_t *props);
void og_html_graph(struct html_out *out, const json_t *props);
void og_html_waterfall(struct html_out *out, const json_t *props);
void og_html_line(struct html_out *out, const json_t *props);
void og_html_area(struct html_out *out, const json_t *props);
void og_html_shares(struct html_out *out, const json_t *props);
void og_html_meters(struct html_out *out, const json_t *props);
void og_html_rail(struct html_out *out, const json_t *props);
void og_html_chain(struct html_out *out, const json_t *props);
void og_html_timeline(struct html_out *out, const json_t *props);
void og_html_code(struct html_out *out, const json_t *props);
void og_html_page_head(struct html_out *out, const json_t *props);
void og_html_page_foot(struct html_out *out, const json_t *props);

#endif
