/* What stands around a view: the bar above it and the facts below. */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"

static void bar(struct html_out *out, const json_t *props)
{
	og_markup(out, "<div class=\"og-bar\"><span class=\"brand\">");
	og_icon(out, "gate", 20);
	og_markup(out, "<b>OmniGate</b></span><span class=\"where\">");
	og_escape_member(out, props, "title");
	og_markup(out, "</span><span class=\"who\">");
	og_escape_member(out, props, "principal");
	og_markup(out, "</span><span class=\"seal\">");
	og_icon(out, "shield", 14);
	og_markup(out, "<span>Sealed page, no script, no network</span></span></div>\n");
}

void og_html_page_head(struct html_out *out, const json_t *props)
{
	bar(out, props);
	og_markup(out, "<main class=\"og-page\"><header class=\"og-head\"><div><h1>");
	og_escape_member(out, props, "title");
	og_markup(out, "</h1>");
	if (*og_text_of(props, "subtitle")) {
		og_markup(out, "<p>");
		og_escape_member(out, props, "subtitle");
		og_markup(out, "</p>");
	}
	og_buf_addf(out->buf, "</div><span class=\"og-badge %s\">",
		    og_tone_class(og_text_of(props, "tone")));
	og_escape_member(out, props, "state");
	og_markup(out, "</span></header>\n");
}

static void fact(struct html_out *out, const char *label, const json_t *value, const char *format)
{
	if (!value || json_is_null(value) ||
	    (json_is_string(value) && json_string_length(value) == 0))
		return;
	og_buf_addf(out->buf, "<span>%s <b>", label);
	og_html_value(out, value, format, NULL);
	og_markup(out, "</b></span>");
}

void og_html_page_foot(struct html_out *out, const json_t *props)
{
	og_markup(out, "<footer class=\"og-facts\">");
	fact(out, "render", json_object_get(props, "render"), "hash");
	fact(out, "task", json_object_get(props, "task"), "text");
	fact(out, "planner", json_object_get(props, "planner"), "text");
	fact(out, "ledger #", json_object_get(props, "last"), "id");
	fact(out, "head", json_object_get(props, "head"), "hash");
	fact(out, "finished", json_object_get(props, "finished"), "text");
	og_markup(out, "</footer>\n");
}
