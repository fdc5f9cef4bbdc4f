/*
 * A sheet as SVG 1.1. Kinds differ by shape and colour, types by colour and
 * dash; both palettes, light and dark, are in the style sheet, which a
 * viewer chooses from. Everything that is not ours goes through
 * og_draw_escape().
 */
#include "lib/draw/draw-internal.h"

#include <math.h>
#include <string.h>

struct kind {
	const char *name, *light, *light_edge, *dark, *dark_edge;
};

static const struct kind kinds[] = {
	{ "workflow", "#dbeafe", "#1d4ed8", "#12284d", "#6ea8fe" },
	{ "regulation", "#fee2e2", "#b91c1c", "#481414", "#f87171" },
	{ "agent", "#ede9fe", "#6d28d9", "#2e1a57", "#a78bfa" },
	{ "table", "#eef2f6", "#475569", "#1d2733", "#94a3b8" },
	{ "policy", "#fef3c7", "#a15c07", "#43310a", "#fbbf24" },
	{ "missing", "#ffffff", "#6b7280", "#0d1117", "#9ca3af" },
};

struct type {
	const char *name, *light, *dark, *dash;
	double width;
};

static const struct type types[] = {
	{ "GOVERNS", "#b91c1c", "#f87171", "", 2.2 },
	{ "DEPENDS_ON", "#1d4ed8", "#6ea8fe", "7 4", 1.6 },
	{ "NEXT", "#15803d", "#4ade80", "", 1.6 },
	{ "TOUCHES", "#64748b", "#94a3b8", "2 4", 1.6 },
	{ "BINDS", "#a15c07", "#fbbf24", "", 2.2 },
	{ "SUPERSEDES", "#6b7280", "#9ca3af", "10 3 2 3", 1.4 },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))
#define N_TYPES (sizeof(types) / sizeof(*types))

static size_t kind_of(const json_t *node)
{
	const char *kind = og_json_str(node, "kind");

	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].name, kind) == 0)
			return i;
	return N_KINDS - 1;
}

static size_t type_of(const char *type)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (strcmp(types[i].name, type) == 0)
			return i;
	return 2;
}

/* --- style --------------------------------------------------------------- */

static void add_palette(struct og_buf *buf, int dark)
{
	og_buf_addf(buf,
		    ".og-bg{fill:%s}.og-t{fill:%s}.og-s{fill:%s}.og-b{fill:%s}.og-n{fill:%s}\n",
		    dark ? "#0d1117" : "#ffffff", dark ? "#e6edf3" : "#16191d",
		    dark ? "#a5b0bd" : "#4b5563", dark ? "#e6edf3" : "#1f2937",
		    dark ? "#0d1117" : "#ffffff");
	for (size_t i = 0; i < N_KINDS; i++)
		og_buf_addf(buf, ".og-k%zu{fill:%s;stroke:%s}", i,
			    dark ? kinds[i].dark : kinds[i].light,
			    dark ? kinds[i].dark_edge : kinds[i].light_edge);
	og_buf_addc(buf, '\n');
	for (size_t i = 0; i < N_TYPES; i++)
		og_buf_addf(buf, ".og-e%zu{stroke:%s}.og-a%zu{fill:%s}", i,
			    dark ? types[i].dark : types[i].light, i,
			    dark ? types[i].dark : types[i].light);
	og_buf_addc(buf, '\n');
}

static void add_style(struct og_buf *buf)
{
	og_buf_adds(buf,
		    "<style>\n"
		    ".og-svg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,"
		    "'Liberation Sans',sans-serif;font-size:13px}"
		    ".og-svg .og-t{font-weight:600}.og-svg .og-s{font-size:11px}"
		    ".og-svg .og-h{font-size:18px}.og-svg .og-n{font-size:11px;font-weight:700}"
		    ".og-e{fill:none}.og-k{stroke-width:1.5}"
		    ".og-past{opacity:.62}.og-past .og-k{stroke-dasharray:5 4}"
		    ".og-k5{stroke-dasharray:4 4}\n");
	for (size_t i = 0; i < N_TYPES; i++)
		og_buf_addf(buf, ".og-e%zu{stroke-width:%.1f%s%s}", i, types[i].width,
			    *types[i].dash ? ";stroke-dasharray:" : "", types[i].dash);
	og_buf_addc(buf, '\n');
	add_palette(buf, 0);
	og_buf_adds(buf, "@media (prefers-color-scheme:dark){\n");
	add_palette(buf, 1);
	og_buf_adds(buf, "}\n</style>\n<defs>\n");
	for (size_t i = 0; i < N_TYPES; i++)
		og_buf_addf(buf,
			    "<marker id=\"og-m%zu\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
			    "markerWidth=\"11\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" "
			    "orient=\"auto\"><path class=\"og-a%zu\" d=\"M0 0L10 5L0 "
			    "10z\"/></marker>\n",
			    i, i);
	og_buf_adds(buf, "</defs>\n");
}

/* --- lines --------------------------------------------------------------- */

struct point {
	double x, y;
};

/* Points of a line from left to right: its left end, each bend's two sides,
 * its right end. */
static struct point point(const struct og_sheet *s, const struct og_line *line, size_t i)
{
	const struct og_vertex *left = &s->v[line->back ? line->to : line->from];
	const struct og_vertex *right = &s->v[line->back ? line->from : line->to];
	size_t apart = (line->twin + 1) / 2;
	double shift = (double)apart * (line->twin % 2 ? 8.0 : -8.0);
	const struct og_vertex *bend;

	shift = fmax(-16, fmin(16, shift));
	if (i == 0)
		return (struct point){ left->x + left->width, left->y + left->height / 2 + shift };
	if (i == 2 * line->n_bends + 1)
		return (struct point){ right->x, right->y + right->height / 2 + shift };
	bend = &s->v[line->bend];
	for (size_t k = 0; k < (i - 1) / 2; k++)
		bend = &s->v[bend->next];
	return (struct point){ bend->x + (i % 2 ? 0 : bend->width), bend->y + bend->height / 2 };
}

static void add_segment(struct og_buf *buf, struct point from, struct point to, int straight)
{
	double middle = (from.x + to.x) / 2;

	if (straight)
		og_buf_addf(buf, "L%.1f %.1f", to.x, to.y);
	else
		og_buf_addf(buf, "C%.1f %.1f %.1f %.1f %.1f %.1f", middle, from.y, middle, to.y,
			    to.x, to.y);
}

static void add_line(const struct og_sheet *s, const struct og_line *line, struct og_buf *buf)
{
	size_t type = type_of(line->type), last = 2 * line->n_bends + 1;
	struct point at = point(s, line, line->back ? last : 0);

	og_buf_addf(buf, "<path class=\"og-e og-e%zu\" marker-end=\"url(#og-m%zu)\" d=\"M%.1f %.1f",
		    type, type, at.x, at.y);
	for (size_t i = 1; i <= last; i++) {
		size_t next = line->back ? last - i : i, before = line->back ? next : next - 1;
		struct point to = point(s, line, next);

		add_segment(buf, at, to, before % 2 == 1);
		at = to;
	}
	og_buf_adds(buf, "\"><title>");
	og_draw_escape(buf, og_draw_label(s->v[line->from].node), 0);
	og_buf_addc(buf, ' ');
	og_draw_escape(buf, line->type, 0);
	og_buf_addc(buf, ' ');
	og_draw_escape(buf, og_draw_label(s->v[line->to].node), 0);
	og_buf_adds(buf, "</title></path>\n");
}

/* --- nodes --------------------------------------------------------------- */

static void add_box(struct og_buf *buf, size_t kind, double x, double y, double w, double h)
{
	const double cut = h / 4;

	switch (kind) {
	case 1: /* a sign with eight corners */
		og_buf_addf(
			buf,
			"<path class=\"og-k og-k1\" d=\"M%.1f %.1fH%.1fL%.1f %.1fV%.1fL%.1f %.1f"
			"H%.1fL%.1f %.1fV%.1fz\"/>",
			x + cut, y, x + w - cut, x + w, y + cut, y + h - cut, x + w - cut, y + h,
			x + cut, x, y + h - cut, y + cut);
		return;
	case 3: /* a table with its head */
		og_buf_addf(buf,
			    "<path class=\"og-k og-k3\" d=\"M%.1f %.1fh%.1fv%.1fh-%.1fzM%.1f "
			    "%.1fh%.1f\"/>",
			    x, y, w, h, w, x, y + h / 7, w);
		return;
	case 4: /* a sheet with its corner folded */
		og_buf_addf(buf,
			    "<path class=\"og-k og-k4\" d=\"M%.1f %.1fH%.1fL%.1f %.1fV%.1fH%.1fz"
			    "M%.1f %.1fV%.1fH%.1f\"/>",
			    x, y, x + w - cut, x + w, y + cut, y + h, x, x + w - cut, y, y + cut,
			    x + w);
		return;
	default:
		og_buf_addf(buf,
			    "<rect class=\"og-k og-k%zu\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			    "height=\"%.1f\" rx=\"%.1f\"/>",
			    kind, x, y, w, h, kind == 2 ? h / 2 : h / 5);
	}
}

static void add_text(struct og_buf *buf, const char *classes, double x, double y, const char *text,
		     size_t columns)
{
	og_buf_addf(buf, "<text class=\"%s\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">",
		    classes, x, y);
	og_draw_escape(buf, text, columns);
	og_buf_adds(buf, "</text>");
}

static void add_loop(const struct og_vertex *v, struct og_buf *buf)
{
	size_t type = type_of(v->loop);
	double x = v->x + v->width / 4;

	og_buf_addf(buf,
		    "<path class=\"og-e og-e%zu\" marker-end=\"url(#og-m%zu)\" d=\"M%.1f %.1f"
		    "C%.1f %.1f %.1f %.1f %.1f %.1f\"/>",
		    type, type, x - 9, v->y, x - 20, v->y - 16, x + 20, v->y - 16, x + 9, v->y);
}

static void add_node(const struct og_vertex *v, struct og_buf *buf)
{
	const char *label = og_draw_label(v->node), *sub = og_json_str(v->node, "sub");
	int64_t clearance = og_json_int(v->node, "clearance", 1);
	double middle = v->x + v->width / 2;
	size_t kind = kind_of(v->node);

	og_buf_addf(buf, "<g%s><title>",
		    og_json_bool(v->node, "past", 0) ? " class=\"og-past\"" : "");
	og_draw_escape(buf, label, 0);
	og_buf_addf(buf, ", %s, clearance %lld", kinds[kind].name, (long long)clearance);
	if (sub) {
		og_buf_adds(buf, ", ");
		og_draw_escape(buf, sub, 0);
	}
	og_buf_adds(buf, "</title>");
	add_box(buf, kind, v->x, v->y, v->width, v->height);
	if (v->loop)
		add_loop(v, buf);
	add_text(buf, "og-t", middle, v->y + (sub ? 18.5 : 25), label, OG_LABEL_COLUMNS);
	if (sub)
		add_text(buf, "og-s", middle, v->y + 33, sub, OG_LABEL_COLUMNS * 6 / 5);
	if (clearance > 1) {
		char number[24];

		snprintf(number, sizeof(number), "%lld", (long long)clearance);
		og_buf_addf(buf, "<circle class=\"og-b\" cx=\"%.1f\" cy=\"%.1f\" r=\"8.5\"/>",
			    v->x + v->width - 3, v->y + 1);
		add_text(buf, "og-n", v->x + v->width - 3, v->y + 5, number, 0);
	}
	og_buf_adds(buf, "</g>\n");
}

/* --- header -------------------------------------------------------------- */

static void add_kinds(const struct og_sheet *s, struct og_buf *buf)
{
	int there[N_KINDS] = { 0 }, secret = 0;
	double x = 24;

	for (size_t i = 0; i < s->n_real; i++) {
		there[kind_of(s->v[i].node)] = 1;
		secret |= og_json_int(s->v[i].node, "clearance", 1) > 1;
	}
	for (size_t i = 0; i < N_KINDS; i++) {
		if (!there[i])
			continue;
		add_box(buf, i, x, 45, 26, 14);
		og_buf_addf(buf, "<text class=\"og-s\" x=\"%.1f\" y=\"56\">%s</text>\n", x + 32,
			    kinds[i].name);
		x += 52 + 6.4 * (double)strlen(kinds[i].name);
	}
	if (!secret)
		return;
	og_buf_addf(buf, "<circle class=\"og-b\" cx=\"%.1f\" cy=\"52\" r=\"8.5\"/>", x + 9);
	add_text(buf, "og-n", x + 9, 56, "2", 0);
	og_buf_addf(buf,
		    "<text class=\"og-s\" x=\"%.1f\" y=\"56\">clearance it takes, above 1</text>\n",
		    x + 24);
}

static void add_types(const struct og_sheet *s, struct og_buf *buf)
{
	int there[N_TYPES] = { 0 };
	double x = 24;

	for (size_t i = 0; i < s->n_lines; i++)
		there[type_of(s->lines[i].type)] = 1;
	for (size_t i = 0; i < s->n_real; i++)
		if (s->v[i].loop)
			there[type_of(s->v[i].loop)] = 1;
	for (size_t i = 0; i < N_TYPES; i++) {
		if (!there[i])
			continue;
		og_buf_addf(
			buf,
			"<path class=\"og-e og-e%zu\" marker-end=\"url(#og-m%zu)\" "
			"d=\"M%.1f 74h40\"/><text class=\"og-s\" x=\"%.1f\" y=\"78\">%s</text>\n",
			i, i, x, x + 46, types[i].name);
		x += 66 + 7.6 * (double)strlen(types[i].name);
	}
}

static void add_header(const struct og_sheet *s, const char *title, struct og_buf *buf)
{
	og_buf_adds(buf, "<text class=\"og-t og-h\" x=\"24\" y=\"30\">");
	og_draw_escape(buf, title, 60);
	og_buf_addf(buf, "<tspan class=\"og-s\" dx=\"12\">%zu nodes, %zu edges</tspan></text>\n",
		    s->n_real, s->n_lines);
	add_kinds(s, buf);
	add_types(s, buf);
}

int og_sheet_svg(const struct og_sheet *sheet, const json_t *drawing, struct og_buf *buf,
		 struct og_err *err)
{
	const char *title = og_json_str(drawing, "title");

	og_buf_addf(buf,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"og-svg\" role=\"img\" "
		    "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n<title>",
		    sheet->width, sheet->height, sheet->width, sheet->height);
	og_draw_escape(buf, title, 0);
	og_buf_adds(buf, "</title>\n");
	add_style(buf);
	og_buf_adds(buf, "<rect class=\"og-bg\" width=\"100%\" height=\"100%\"/>\n");
	add_header(sheet, title ? title : "", buf);
	for (size_t i = 0; i < sheet->n_lines; i++)
		add_line(sheet, &sheet->lines[i], buf);
	for (size_t i = 0; i < sheet->n_real; i++)
		add_node(&sheet->v[i], buf);
	og_buf_adds(buf, "</svg>\n");
	return og_buf_check(buf, "drawing", err);
}

int og_draw_svg(const json_t *drawing, struct og_buf *buf, struct og_err *err)
{
	struct og_sheet sheet;
	int rc;

	if (og_sheet_make(drawing, &sheet, err) < 0)
		return -1;
	og_buf_adds(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	rc = og_sheet_svg(&sheet, drawing, buf, err);
	og_sheet_release(&sheet);
	return rc;
}
