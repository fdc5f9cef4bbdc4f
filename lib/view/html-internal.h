/* What the files of the HTML drawer share. */
#ifndef OG_VIEW_HTML_INTERNAL_H
#define OG_VIEW_HTML_INTERNAL_H

#include "lib/view/view.h"

struct html_out {
	struct og_buf *buf;
	struct og_buf cell, safe; /* scratch */
	unsigned ids;		  /* ids given out so far */
};

/* Appends markup of ours. */
void og_markup(struct html_out *out, const char *markup);
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
void og_html_line(struct html_out *out, const json_t *props);
void og_html_shares(struct html_out *out, const json_t *props);
void og_html_meters(struct html_out *out, const json_t *props);
void og_html_rail(struct html_out *out, const json_t *props);
void og_html_chain(struct html_out *out, const json_t *props);
void og_html_timeline(struct html_out *out, const json_t *props);
void og_html_code(struct html_out *out, const json_t *props);
void og_html_page_head(struct html_out *out, const json_t *props);
void og_html_page_foot(struct html_out *out, const json_t *props);

#endif
