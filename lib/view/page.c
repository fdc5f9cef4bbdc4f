/*
 * Assembling the page. The order matters in one place: the frame's
 * document is made first, because its digest is shown in the shell.
 *
 * srcdoc is an attribute in single quotes: scripts of the kit and JSON are
 * full of double ones. The digests in the policies are of the texts as the
 * browser sees them, after the attribute is decoded.
 */
#include "lib/view/page.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/page-internal.h"

#define FRAME_MAX ((size_t)96 << 20)

/* What both policies begin with; %s is the source of workers. */
#define POLICY                                                                                     \
	"default-src 'none'; base-uri 'none'; form-action 'none'; frame-src 'none'; "              \
	"object-src 'none'; worker-src %s; manifest-src 'none'; img-src data:; font-src data:; "   \
	"connect-src 'none'"

static int has_code(const struct og_page *page)
{
	return page->code.len > 0;
}

/* --- the kit's texts ------------------------------------------------------------ */

static int holds(const struct og_slice *text, const char *what)
{
	const char *at = text->data;
	size_t len = strlen(what);

	for (size_t i = 0; text->len >= len && i <= text->len - len; i++)
		if (at[i] == what[0] && strncasecmp(at + i, what, len) == 0)
			return 1;
	return 0;
}

static int is_fit(const struct og_slice *text, const char *end)
{
	return !holds(text, end) && !holds(text, "<!--") &&
	       (text->len == 0 ||
		(!memchr(text->data, '\r', text->len) && !memchr(text->data, '\0', text->len)));
}

int og_page_kit_check(const struct og_page_kit *kit, struct og_err *err)
{
	if (is_fit(&kit->runtime, "</script") && is_fit(&kit->shell, "</script") &&
	    is_fit(&kit->engine, "</script") && is_fit(&kit->kit_css, "</style") &&
	    is_fit(&kit->shell_css, "</style"))
		return 0;
	return og_fail(err, OG_ECONF, "a part of the kit is not fit for a page");
}

/* --- policies ------------------------------------------------------------------- */

static void add_digest(struct og_buf *buf, const struct og_slice *text)
{
	struct og_hash hash;

	og_sha256(text->data, text->len, &hash);
	og_buf_adds(buf, "'sha256-");
	og_base64_encode(buf, hash.b, sizeof(hash.b));
	og_buf_addc(buf, '\'');
}

/* A frame's document inherits the policy of the page around it and has its
 * own: a script must pass both, so the page names the frame's as well. */
static void add_policy(struct og_buf *buf, const struct og_page *page, int outer)
{
	const struct og_page_kit *kit = page->kit;

	og_buf_addf(buf, POLICY, has_code(page) ? "blob:" : "'none'");
	og_buf_adds(buf, "; script-src ");
	if (outer) {
		add_digest(buf, &kit->shell);
		og_buf_addc(buf, ' ');
	}
	add_digest(buf, &kit->runtime);
	og_buf_adds(buf, "; style-src ");
	if (outer) {
		add_digest(buf, &kit->shell_css);
		og_buf_addc(buf, ' ');
	}
	add_digest(buf, &kit->kit_css);
	og_buf_addf(buf, "; require-trusted-types-for 'script'; trusted-types %s",
		    has_code(page) ? "og-worker" : "'none'");
}

static void add_head(struct og_buf *buf, const struct og_page *page, int outer)
{
	const struct og_slice *css = outer ? &page->kit->shell_css : &page->kit->kit_css;

	og_buf_adds(buf, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"");
	add_policy(buf, page, outer);
	og_buf_adds(buf,
		    "\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	og_block_text(buf, og_text_of(json_object_get(page->tree, "p"), "title"));
	og_buf_adds(buf, outer ? " \u00b7 OmniGate</title>\n<style>" : "</title>\n<style>");
	og_buf_add(buf, css->data, css->len);
	og_buf_adds(buf, "</style>\n</head>\n");
}

/* --- the frame ------------------------------------------------------------------ */

static void add_json_block(struct og_buf *buf, const char *id, const json_t *value)
{
	og_buf_addf(buf, "<script type=\"application/json\" id=\"%s\">", id);
	og_block_json(buf, value);
	og_buf_adds(buf, "</script>\n");
}

/* Not a script of the document: the frame hands the text to a worker. */
static void add_code(struct og_buf *buf, const struct og_page *page)
{
	og_buf_adds(buf, "<script type=\"text/plain\" id=\"og-code\">");
	og_buf_add(buf, page->kit->engine.data, page->kit->engine.len);
	og_buf_add(buf, page->code.data, page->code.len);
	og_buf_adds(buf, "</script>\n");
	add_json_block(buf, "og-data", page->data);
}

static void add_frame(struct og_buf *buf, const struct og_page *page)
{
	add_head(buf, page, 0);
	og_buf_adds(buf, "<body>\n<div id=\"root\"></div>\n");
	if (has_code(page))
		add_code(buf, page);
	else
		add_json_block(buf, "og-tree", page->tree);
	og_buf_adds(buf, "<script>");
	og_buf_add(buf, page->kit->runtime.data, page->kit->runtime.len);
	og_buf_adds(buf, "</script>\n</body>\n</html>\n");
}

int og_view_frame(const struct og_page *page, struct og_buf *buf, struct og_err *err)
{
	if (og_page_kit_check(page->kit, err) < 0)
		return -1;
	if (!is_fit(&page->code, "</script"))
		return og_fail(err, OG_EDATA, "view: the code could end its element");
	add_frame(buf, page);
	return og_buf_check(buf, "view", err);
}

/* --- the shell ------------------------------------------------------------------ */

static void add_icon(struct og_buf *buf, int size, const char *path)
{
	og_buf_addf(buf,
		    "<svg class=\"sh-ic\" width=\"%d\" height=\"%d\" viewBox=\"0 0 16 16\" "
		    "aria-hidden=\"true\"><path d=\"%s\"/></svg>",
		    size, size, path);
}

static void add_bar(struct og_buf *buf, const json_t *props)
{
	og_buf_adds(buf, "<header class=\"sh-bar\"><div class=\"sh-brand\">");
	add_icon(buf, 20, "M2.5 14V8a5.5 5.5 0 0111 0v6M5.5 14V8.2a2.5 2.5 0 015 0V14");
	og_buf_adds(buf, "<span>OmniGate</span></div><h1 class=\"sh-where\">");
	og_block_text(buf, og_text_of(props, "title"));
	og_buf_adds(buf, "</h1><span class=\"sh-who\">");
	og_block_text(buf, og_text_of(props, "principal"));
	og_buf_adds(buf, "</span><button class=\"sh-seal\" id=\"og-seal\" type=\"button\" "
			 "aria-haspopup=\"dialog\" aria-label=\"Sealed view, no network. What "
			 "this view can do\">");
	add_icon(buf, 16,
		 "M8 1.8l5 1.9v3.9c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6V3.7zM5.8 8l1.6 1.6 2.9-3.2");
	og_buf_adds(buf, "<span id=\"og-seal-text\">Sealed view, no network</span></button>"
			 "<button class=\"sh-tool\" id=\"og-activity\" type=\"button\" "
			 "aria-label=\"Activity\" aria-expanded=\"false\" "
			 "aria-controls=\"og-drawer\">");
	add_icon(buf, 16, "M2 8h2.6l1.8-4.5 3 9L11.2 8H14");
	og_buf_adds(buf, "<span class=\"sh-count\" id=\"og-count\" hidden></span></button>"
			 "<button class=\"sh-tool\" id=\"og-theme\" type=\"button\" "
			 "aria-label=\"Switch between light and dark\">");
	add_icon(buf, 16,
		 "M8 2a6 6 0 100 12A6 6 0 008 2zm0 0v12M10.5 4.8h1.3M10.5 8h3M10.5 11.2h1.3");
	og_buf_adds(buf, "</button></header>\n");
}

/* Single quotes; of the texts inside, & and ' alone could matter. */
static void add_srcdoc(struct og_buf *buf, const struct og_buf *frame)
{
	size_t done = 0;

	og_buf_adds(buf, "srcdoc='");
	for (size_t i = 0; i < frame->len; i++) {
		if (frame->data[i] != '&' && frame->data[i] != '\'')
			continue;
		og_buf_add(buf, frame->data + done, i - done);
		og_buf_adds(buf, frame->data[i] == '&' ? "&amp;" : "&#39;");
		done = i + 1;
	}
	og_buf_add(buf, frame->data + done, frame->len - done);
	og_buf_adds(buf, "'></iframe>\n");
}

static void add_view(struct og_buf *buf, const json_t *props, const struct og_buf *frame)
{
	og_buf_adds(buf, "<main class=\"sh-frame\">\n<noscript><p class=\"sh-noscript\">This page "
			 "needs scripts; og-render --static makes one without.</p></noscript>\n"
			 "<iframe id=\"og-view\" title=\"");
	og_block_text(buf, og_text_of(props, "title"));
	og_buf_adds(buf, ", view\" sandbox=\"allow-scripts\" referrerpolicy=\"no-referrer\" "
			 "allow=\"camera 'none'; microphone 'none'; geolocation 'none'; "
			 "clipboard-read 'none'; clipboard-write 'none'; fullscreen 'none'; "
			 "payment 'none'; usb 'none'\" ");
	add_srcdoc(buf, frame);
	og_buf_adds(
		buf,
		"<div class=\"sh-hang\" id=\"og-hang\" hidden tabindex=\"-1\" role=\"alertdialog\" "
		"aria-labelledby=\"og-hang-title\" aria-describedby=\"og-hang-text\"><section>"
		"<h2 id=\"og-hang-title\">This view stopped answering</h2>"
		"<p id=\"og-hang-text\">It is busy or stuck. The rest of this page still "
		"works.</p><div id=\"og-hang-buttons\"><button class=\"sh-btn danger\" "
		"id=\"og-stop\" type=\"button\">Stop the view</button><button class=\"sh-btn\" "
		"id=\"og-wait\" type=\"button\">Wait</button></div></section></div>\n</main>\n");
}

static void add_fact(struct og_buf *buf, const char *label, const json_t *value, const char *format)
{
	struct og_buf text;

	if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
		return;
	og_buf_init(&text, buf->max);
	og_format(&text, value, format, NULL);
	og_buf_addf(buf, "<span>%s <b>", label);
	og_block_text(buf, text.data);
	og_buf_adds(buf, "</b></span>");
	og_buf_release(&text);
}

static void add_foot(struct og_buf *buf, const json_t *props, const json_t *view)
{
	og_buf_adds(buf, "<footer class=\"sh-facts\">");
	add_fact(buf, "render", json_object_get(props, "render"), "hash");
	add_fact(buf, "view", view, "hash");
	add_fact(buf, "task", json_object_get(props, "task"), "text");
	add_fact(buf, "planner", json_object_get(props, "planner"), "text");
	add_fact(buf, "ledger #", json_object_get(props, "last"), "id");
	add_fact(buf, "head", json_object_get(props, "head"), "hash");
	add_fact(buf, "finished", json_object_get(props, "finished"), "text");
	og_buf_adds(buf, "</footer>\n<aside class=\"sh-drawer\" id=\"og-drawer\" hidden "
			 "aria-labelledby=\"og-drawer-title\"><header><h2 id=\"og-drawer-title\">"
			 "Activity</h2><button class=\"sh-btn small\" id=\"og-drawer-close\" "
			 "type=\"button\">Close</button></header><p class=\"empty\" "
			 "id=\"og-log-empty\">The view has not asked for anything.</p>"
			 "<ol class=\"sh-log\" id=\"og-log\"></ol></aside>\n");
}

/* The digest of what is drawn: of the tree's bytes, or of the code's. */
static json_t *view_digest(const struct og_page *page)
{
	char hex[OG_HASH_HEX + 1];
	struct og_hash hash;
	struct og_buf text;

	og_buf_init(&text, FRAME_MAX);
	if (!has_code(page))
		og_block_json(&text, page->tree);
	og_sha256(has_code(page) ? page->code.data : text.data,
		  has_code(page) ? page->code.len : text.len, &hash);
	og_buf_release(&text);
	og_hash_hex(&hash, hex);
	return json_string(hex);
}

static void add_spec(struct og_buf *buf, const struct og_page *page, json_t *view)
{
	const json_t *props = json_object_get(page->tree, "p");
	json_t *spec = json_pack(
		"{s:i,s:s,s:s,s:s,s:O,s:O}", "v", 1, "principal", og_text_of(props, "principal"),
		"level", has_code(page) ? "code" : "tree", "maker", og_text_of(props, "planner"),
		"view", view, "actions", page->actions);

	if (!spec)
		buf->failed = OG_EOS;
	add_json_block(buf, "og-spec", spec);
	json_decref(spec);
}

int og_view_page(const struct og_page *page, struct og_buf *buf, struct og_err *err)
{
	const json_t *props = json_object_get(page->tree, "p");
	struct og_buf frame;
	json_t *view = view_digest(page);
	int rc = -1;

	og_buf_init(&frame, FRAME_MAX);
	if (og_view_frame(page, &frame, err) < 0)
		goto out;
	add_head(buf, page, 1);
	og_buf_adds(buf, "<body>\n");
	add_bar(buf, props);
	add_view(buf, props, &frame);
	add_foot(buf, props, view);
	add_spec(buf, page, view);
	og_buf_adds(buf, "<script>");
	og_buf_add(buf, page->kit->shell.data, page->kit->shell.len);
	og_buf_adds(buf, "</script>\n</body>\n</html>\n");
	rc = og_buf_check(buf, "page", err);
out:
	json_decref(view);
	og_buf_release(&frame);
	return rc;
}
