/* What the files of the text drawer share. */
#ifndef OG_VIEW_TEXT_INTERNAL_H
#define OG_VIEW_TEXT_INTERNAL_H

#include "lib/view/view.h"

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_OK, INK_WARN, INK_BAD, INK_INFO };

struct text_out {
	struct og_buf *buf;
	size_t width;
	int color;
	struct og_buf cell; /* scratch of one value */
	struct og_buf safe; /* the same, made safe to look at */
};

/* Appends a string of ours (no hostile bytes) in an ink. */
void og_ink(struct text_out *out, enum ink ink, const char *text);
enum ink og_ink_of(const char *tone);
/* Appends hostile text on one line. */
void og_text_line(struct text_out *out, enum ink ink, const char *text);
/* Appends hostile text, word-wrapped, every line after the first indented;
 * column is where the cursor stands. Ends with a newline. */
void og_text_wrap(struct text_out *out, enum ink ink, const char *text, size_t column,
		  size_t indent);
void og_spaces(struct text_out *out, size_t n);
/* Formats a value and makes it safe, into out->safe; its width in columns. */
size_t og_text_value(struct text_out *out, const json_t *value, const char *format,
		     const char *currency);
/* Bytes of text that fill at most width columns. */
size_t og_text_fit(const char *text, size_t len, size_t width, size_t *ret_width);
void og_text_table(struct text_out *out, const json_t *props);
void og_text_bars(struct text_out *out, const json_t *props);
/* A series as one line of blocks, its ends in words. */
void og_text_spark(struct text_out *out, const json_t *props);
void og_text_columns(struct text_out *out, const json_t *props);
/* Numbers as blocks, the first and the last in figures; no newline. */
void og_text_trend(struct text_out *out, const json_t *values);
void og_text_sparkline(struct text_out *out, const json_t *props);
void og_text_waterfall(struct text_out *out, const json_t *props);
/* What stands behind a figure: unit, change, trend. */
void og_text_metric_note(struct text_out *out, const json_t *item);
void og_text_badge(struct text_out *out, const json_t *props);
void og_text_control(struct text_out *out, const json_t *node);
/* The heading of a panel. */
void og_text_tab(struct text_out *out, const json_t *props, size_t index);
void og_text_integrity(struct text_out *out, const json_t *props);
void og_text_entries(struct text_out *out, const json_t *props);
void og_text_diff(struct text_out *out, const json_t *props);
void og_text_graph(struct text_out *out, const json_t *props);
void og_text_shares(struct text_out *out, const json_t *props);
void og_text_meters(struct text_out *out, const json_t *props);
/* A bar of full and eighth blocks; share 0 to 1. */
void og_text_bar(struct text_out *out, enum ink ink, double share, size_t width);

#endif
