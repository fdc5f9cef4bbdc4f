/*
 * A page around the picture: the same once more as a table, for readers who
 * search, copy or listen. It runs nothing and loads nothing.
 */
#include "lib/draw/draw-internal.h"

#include <string.h>

static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char style[] =
	"<style>\n"
	"body{margin:0;font:14px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;"
	"background:#fff;color:#16191d}\n"
	".picture{overflow:auto;max-height:88vh;border-bottom:1px solid #d0d7de}\n"
	".picture svg{display:block}\n"
	"main{padding:8px 24px 32px;max-width:76rem}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"th,td{text-align:left;vertical-align:top;padding:5px 14px 5px 0;"
	"border-bottom:1px solid #d0d7de}\n"
	"@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}"
	".picture,th,td{border-color:#30363d}}\n"
	"</style>\n";

static void add_cell(struct og_buf *buf, const char *text)
{
	og_buf_adds(buf, "<td>");
	og_draw_escape(buf, text, 0);
	og_buf_adds(buf, "</td>");
}

/* "GOVERNS b, c; TOUCHES d": the lines that leave a node. */
static void add_lines(const struct og_sheet *s, size_t from, struct og_buf *buf)
{
	const char *before = NULL;

	og_buf_adds(buf, "<td>");
	if (s->v[from].loop) {
		og_draw_escape(buf, s->v[from].loop, 0);
		og_buf_adds(buf, " itself");
		before = "";
	}
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct og_line *line = &s->lines[i];

		if (line->from != from)
			continue;
		if (!before || strcmp(before, line->type) != 0) {
			og_buf_adds(buf, before ? "; " : "");
			og_draw_escape(buf, line->type, 0);
			og_buf_addc(buf, ' ');
		} else {
			og_buf_adds(buf, ", ");
		}
		before = line->type;
		og_draw_escape(buf, og_draw_label(s->v[line->to].node), 0);
	}
	og_buf_adds(buf, "</td>");
}

static void add_table(const struct og_sheet *s, struct og_buf *buf)
{
	og_buf_adds(buf, "<table>\n<thead><tr><th>name</th><th>kind</th><th>clearance</th>"
			 "<th>what it is</th><th>edges</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < s->n_real; i++) {
		const json_t *node = s->v[i].node;

		og_buf_adds(buf, "<tr>");
		add_cell(buf, og_draw_label(node));
		add_cell(buf, og_json_str(node, "kind"));
		og_buf_addf(buf, "<td>%lld</td>", (long long)og_json_int(node, "clearance", 1));
		add_cell(buf, og_json_str(node, "sub"));
		add_lines(s, i, buf);
		og_buf_adds(buf, "</tr>\n");
	}
	og_buf_adds(buf, "</tbody>\n</table>\n");
}

int og_draw_page(const json_t *drawing, struct og_buf *buf, struct og_err *err)
{
	struct og_sheet sheet;
	int rc;

	if (og_sheet_make(drawing, &sheet, err) < 0)
		return -1;
	og_buf_adds(buf, head);
	og_buf_adds(buf, "<title>");
	og_draw_escape(buf, og_json_str(drawing, "title"), 0);
	og_buf_adds(buf, "</title>\n");
	og_buf_adds(buf, style);
	og_buf_adds(buf, "</head>\n<body>\n<div class=\"picture\">\n");
	rc = og_sheet_svg(&sheet, drawing, buf, err);
	og_buf_adds(buf, "</div>\n<main>\n");
	add_table(&sheet, buf);
	og_buf_adds(buf, "</main>\n</body>\n</html>\n");
	og_sheet_release(&sheet);
	return rc == 0 ? og_buf_check(buf, "page", err) : -1;
}
