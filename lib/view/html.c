/*
 * The tree as one page: no script, no network, nothing from outside. The
 * style sheet stands in the page and its digest in the policy, so that not
 * even a style attribute would be obeyed; widths are SVG attributes.
 */
#include "lib/view/view.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"

void og_markup(struct html_out *out, const char *markup)
{
	og_buf_adds(out->buf, markup);
}

const char *og_html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void add_escaped(struct og_buf *buf, const char *text, size_t len)
{
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		const char *name = og_html_entity(text[i]);

		if (!name)
			continue;
		og_buf_add(buf, text + start, i - start);
		og_buf_adds(buf, name);
		start = i + 1;
	}
	og_buf_add(buf, text + start, len - start);
}

static int is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return 0;
	return 1;
}

void og_escape(struct html_out *out, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (is_printable(text, len)) {
		add_escaped(out->buf, text, len);
		return;
	}
	og_buf_clear(&out->safe);
	og_text_safe(&out->safe, text, len, 1);
	if (out->safe.failed)
		out->buf->failed = out->safe.failed;
	else
		add_escaped(out->buf, out->safe.data, out->safe.len);
}

void og_escape_member(struct html_out *out, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_string(value))
		og_escape(out, json_string_value(value), json_string_length(value));
}

void og_html_value(struct html_out *out, const json_t *value, const char *format,
		   const char *currency)
{
	og_buf_clear(&out->cell);
	og_format(&out->cell, value, format, currency);
	if (out->cell.failed)
		out->buf->failed = out->cell.failed;
	else
		og_escape(out, out->cell.len > 0 ? out->cell.data : "", out->cell.len);
}

const char *og_tone_class(const char *tone)
{
	static const char *const tones[] = { "ok", "warn", "bad", "info" };

	for (size_t i = 0; i < sizeof(tones) / sizeof(*tones); i++)
		if (strcmp(tone, tones[i]) == 0)
			return tones[i];
	return "";
}

void og_icon(struct html_out *out, const char *name, int size)
{
	static const struct {
		const char *name, *path;
	} icons[] = {
		{ "check", "M3.5 8.5l3 3 6-7" },
		{ "cross", "M4 4l8 8M12 4l-8 8" },
		{ "alert",
		  "M8 5.5v3.5m0 2.5v.01M7.1 2.3L1.5 12.4a1 1 0 00.9 1.6h11.2a1 1 0 00.9-1.6L8.9 "
		  "2.3a1 1 0 00-1.8 0z" },
		{ "info", "M8 7.2V11m0-6v.01M14.2 8A6.2 6.2 0 111.8 8a6.2 6.2 0 0112.4 0z" },
		{ "down", "M8 3v10M4 9l4 4 4-4" },
		{ "up", "M8 13V3M4 7l4-4 4 4" },
		{ "link",
		  "M6.7 9.3l2.6-2.6M7 4.6l1.3-1.3a3 3 0 014.3 4.3L11.2 9M9 11.3l-1.3 1.4a3 3 0 "
		  "01-4.3-4.3L4.8 7" },
		{ "shield",
		  "M8 1.8l5 1.9v3.9c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6V3.7zM5.8 8l1.6 1.6 "
		  "2.9-3.2" },
		{ "gate", "M2.5 14V8a5.5 5.5 0 0111 0v6M5.5 14V8.2a2.5 2.5 0 015 0V14" },
	};

	for (size_t i = 0; i < sizeof(icons) / sizeof(*icons); i++)
		if (strcmp(name, icons[i].name) == 0)
			og_buf_addf(out->buf,
				    "<svg class=\"ic\" width=\"%d\" height=\"%d\" viewBox=\"0 0 16 "
				    "16\" "
				    "aria-hidden=\"true\"><path d=\"%s\"/></svg>",
				    size, size, icons[i].path);
}

void og_percent(struct html_out *out, double share)
{
	double percent = isfinite(share) ? fmin(fmax(share, 0), 1) * 100 : 0;

	og_buf_addf(out->buf, "%.2f%%", percent);
}

static void open_section(struct html_out *out, const json_t *props)
{
	unsigned id = ++out->ids;

	og_buf_addf(out->buf,
		    "<section class=\"og-card\" aria-labelledby=\"s%u\"><header><h2 id=\"s%u\">",
		    id, id);
	og_escape_member(out, props, "title");
	og_markup(out, "</h2>");
	if (*og_text_of(props, "hint")) {
		og_markup(out, "<span class=\"hint\">");
		og_escape_member(out, props, "hint");
		og_markup(out, "</span>");
	}
	og_markup(out, "</header><div class=\"body\">");
}

static void open_stack(struct html_out *out, const json_t *props)
{
	int64_t span = og_json_int(props, "span", 12);

	og_buf_addf(out->buf, "<div class=\"og-stack sp%d\">",
		    span >= 1 && span <= 12 ? (int)span : 12);
}

static void open_grid(struct html_out *out, const json_t *props)
{
	(void)props;
	og_markup(out, "<div class=\"og-grid\">");
}

static void draw_alert(struct html_out *out, const json_t *props)
{
	const char *tone = og_tone_class(og_text_of(props, "tone"));

	og_buf_addf(out->buf, "<div class=\"og-alert %s\" role=\"%s\">", tone,
		    strcmp(tone, "bad") == 0 ? "alert" : "status");
	og_icon(out,
		strcmp(tone, "ok") == 0	    ? "check"
		: strcmp(tone, "info") == 0 ? "info"
					    : "alert",
		18);
	og_markup(out, "<h2>");
	og_escape_member(out, props, "title");
	og_markup(out, "</h2>");
	for (size_t i = 0; i < 2; i++) {
		const char *key = i == 0 ? "text" : "fix";

		if (!*og_text_of(props, key))
			continue;
		og_markup(out, "<p>");
		og_escape_member(out, props, key);
		og_markup(out, "</p>");
	}
	og_markup(out, "</div>");
}

/* Below a figure, when there is something to say. */
static void draw_note(struct html_out *out, const json_t *item)
{
	if (!json_object_get(item, "delta") && !json_object_get(item, "hint") &&
	    !json_object_get(item, "trend"))
		return;
	og_markup(out, "<dd class=\"n\">");
	og_html_metric_note(out, item);
	og_markup(out, "</dd>");
}

static void draw_metrics(struct html_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i;

	og_markup(out, "<dl class=\"og-strip\">");
	json_array_foreach(items, i, item)
	{
		og_buf_addf(out->buf, "<div class=\"og-metric\"><dt>");
		og_escape_member(out, item, "label");
		og_buf_addf(out->buf, "</dt><dd class=\"%s\">",
			    og_tone_class(og_text_of(item, "tone")));
		og_html_value(out, json_object_get(item, "value"), og_text_of(item, "format"),
			      og_json_str(props, "currency"));
		if (*og_text_of(item, "unit")) {
			og_markup(out, " ");
			og_escape_member(out, item, "unit");
		}
		og_markup(out, "</dd>");
		draw_note(out, item);
		og_markup(out, "</div>");
	}
	og_markup(out, "</dl>");
}

static void draw_key_values(struct html_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i;

	og_markup(out, "<dl class=\"og-kv\">");
	json_array_foreach(items, i, item)
	{
		const char *format = og_text_of(item, "format");

		og_markup(out, "<dt>");
		og_escape_member(out, item, "label");
		og_buf_addf(out->buf, "</dt><dd%s>",
			    strcmp(format, "hash") == 0 ? " class=\"mono\"" : "");
		og_html_value(out, json_object_get(item, "value"), format,
			      og_json_str(props, "currency"));
		og_markup(out, "</dd>");
	}
	og_markup(out, "</dl>");
}

static void draw_citation(struct html_out *out, const json_t *props)
{
	int64_t line = og_json_int(props, "line", 0);

	og_markup(out, "<figure class=\"og-cite\"><blockquote>");
	og_escape_member(out, props, "text");
	og_markup(out, "</blockquote><figcaption>");
	og_escape_member(out, props, "title");
	og_markup(out, " <span class=\"mono\">");
	og_escape_member(out, props, "policy");
	if (line > 0)
		og_buf_addf(out->buf, ":%lld", (long long)line);
	og_markup(out, "</span></figcaption></figure>");
}

static void draw_command(struct html_out *out, const json_t *props)
{
	const char *effect = og_text_of(props, "effect");

	og_markup(out, "<div class=\"og-cmd\"><h3>");
	og_escape_member(out, props, "title");
	if (*effect) {
		og_buf_addf(out->buf, " <span class=\"og-badge %s\">",
			    strcmp(effect, "read") == 0 ? "" : "warn");
		og_escape(out, effect, strlen(effect));
		og_markup(out, "</span>");
	}
	og_markup(out, "</h3><pre class=\"og-code\" tabindex=\"0\">");
	og_escape_member(out, props, "text");
	og_markup(out, "</pre></div>");
}

static void draw_text(struct html_out *out, const json_t *props)
{
	int lead = strcmp(og_text_of(props, "role"), "lead") == 0;

	og_buf_addf(out->buf, "<p class=\"%s\">", lead ? "og-lead" : "og-text");
	og_escape_member(out, props, "text");
	og_markup(out, "</p>");
}

static void draw_empty(struct html_out *out, const json_t *props)
{
	og_markup(out, "<div class=\"og-card og-empty\"><b>");
	og_escape_member(out, props, "title");
	og_markup(out, "</b> ");
	og_escape_member(out, props, "text");
	og_markup(out, "</div>");
}

static void open_tabs(struct html_out *out, const json_t *props)
{
	(void)props;
	og_markup(out, "<div class=\"og-stack sp12\">");
}

/* Without script the panels stand below each other. */
static void draw_tab(struct html_out *out, const json_t *props, size_t index)
{
	og_markup(out, "<h3>");
	og_html_value(out, json_array_get(json_object_get(props, "labels"), index), "text", NULL);
	og_markup(out, "</h3>");
}

static void close_page(struct html_out *out, const json_t *props)
{
	og_markup(out, "</main>\n");
	og_html_page_foot(out, props);
}

static void close_section(struct html_out *out, const json_t *props)
{
	(void)props;
	og_markup(out, "</div></section>\n");
}

static void close_block(struct html_out *out, const json_t *props)
{
	(void)props;
	og_markup(out, "</div>\n");
}

static const struct drawer {
	const char *component;
	void (*open)(struct html_out *out, const json_t *props);
	void (*close)(struct html_out *out, const json_t *props); /* after the children */
} drawers[] = {
	{ "Page", og_html_page_head, close_page },
	{ "Section", open_section, close_section },
	{ "Grid", open_grid, close_block },
	{ "Stack", open_stack, close_block },
	{ "Alert", draw_alert, NULL },
	{ "Metrics", draw_metrics, NULL },
	{ "Table", og_html_table, NULL },
	{ "BarChart", og_html_bars, NULL },
	{ "LineChart", og_html_line, NULL },
	{ "ShareBar", og_html_shares, NULL },
	{ "Meters", og_html_meters, NULL },
	{ "KeyValue", draw_key_values, NULL },
	{ "Timeline", og_html_timeline, NULL },
	{ "SagaRail", og_html_rail, NULL },
	{ "Chain", og_html_chain, NULL },
	{ "Citation", draw_citation, NULL },
	{ "Command", draw_command, NULL },
	{ "Code", og_html_code, NULL },
	{ "Text", draw_text, NULL },
	{ "Empty", draw_empty, NULL },
	{ "AreaChart", og_html_area, NULL },
	{ "Sparkline", og_html_sparkline, NULL },
	{ "Badge", og_html_badge, NULL },
	{ "Integrity", og_html_integrity, NULL },
	{ "Diff", og_html_diff, NULL },
	{ "Graph", og_html_graph, NULL },
	{ "Waterfall", og_html_waterfall, NULL },
	{ "Tabs", open_tabs, close_block },
};

static void walk(struct html_out *out, const json_t *node)
{
	const char *component = og_text_of(node, "c");
	const json_t *props = json_object_get(node, "p");
	json_t *children = json_object_get(node, "k"), *child;
	const struct drawer *drawer = NULL;
	size_t i;

	for (i = 0; i < sizeof(drawers) / sizeof(*drawers) && !drawer; i++)
		if (strcmp(component, drawers[i].component) == 0)
			drawer = &drawers[i];
	if (drawer)
		drawer->open(out, props);
	json_array_foreach(children, i, child)
	{
		if (strcmp(component, "Tabs") == 0)
			draw_tab(out, props, i);
		walk(out, child);
	}
	if (drawer && drawer->close)
		drawer->close(out, props);
}

static void head(struct html_out *out, const json_t *tree, const char *css, size_t css_len)
{
	struct og_hash hash;

	og_sha256(css, css_len, &hash);
	og_markup(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		       "style-src 'sha256-");
	og_base64_encode(out->buf, hash.b, sizeof(hash.b));
	og_markup(out, "'; base-uri 'none'; form-action 'none'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		       "<meta name=\"color-scheme\" content=\"light dark\">\n"
		       "<meta name=\"referrer\" content=\"no-referrer\">\n"
		       "<title>");
	og_escape_member(out, json_object_get(tree, "p"), "title");
	og_markup(out, "</title>\n<style>");
	og_buf_add(out->buf, css, css_len);
	og_markup(out, "</style>\n</head>\n<body>\n");
}

int og_view_html(const json_t *tree, const char *css, size_t css_len, struct og_buf *buf,
		 struct og_err *err)
{
	struct html_out out = { .buf = buf };

	if (memmem(css, css_len, "</", 2) || memmem(css, css_len, "<!", 2) ||
	    memchr(css, '\r', css_len))
		return og_fail(err, OG_ECONF, "the style sheet is not fit for a page");
	og_buf_init(&out.cell, OG_VIEW_MAX);
	og_buf_init(&out.safe, OG_VIEW_MAX);
	head(&out, tree, css, css_len);
	walk(&out, tree);
	og_markup(&out, "</body>\n</html>\n");
	og_buf_release(&out.cell);
	og_buf_release(&out.safe);
	return og_buf_check(buf, "page", err);
}
