/* The ledger's state, differences, graphs and spans of time, without script. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"
#include "lib/view/lines-internal.h"

#define CELLS_MAX   96 /* of an integrity map; more entries share a cell */
#define NODE_WIDTH  170
#define NODE_HEIGHT 46
#define NODE_GAP    36
#define LAYER_GAP   70
#define LABEL_BYTES 22 /* of a name in a box */

/* --- integrity ---------------------------------------------------------------------- */

/* The worst of the entries that share a cell: changed, not confirmed, confirmed. */
static const char *cell_class(const char *states, size_t first, size_t end)
{
	const char *class = "o";

	for (size_t i = first; i < end; i++) {
		if (states[i] == 'x')
			return "x";
		if (states[i] != '.')
			class = "q";
	}
	return class;
}

static void count_of(struct html_out *out, const char *class, size_t n, const char *what)
{
	og_buf_addf(out->buf, "<span><i class=\"%s\"></i><b>%zu</b> %s</span>", class, n, what);
}

void og_html_integrity(struct html_out *out, const json_t *props)
{
	const char *states = og_text_of(props, "states");
	size_t n = strlen(states), cells = n < CELLS_MAX ? n : CELLS_MAX, good = 0, broken = 0;
	long long from = (long long)og_json_int(props, "from", 1);

	for (size_t i = 0; i < n; i++) {
		good += states[i] == '.';
		broken += states[i] == 'x';
	}
	og_markup(out, "<div class=\"og-map\"><div class=\"row\" aria-hidden=\"true\">");
	for (size_t i = 0; i < cells; i++)
		og_buf_addf(out->buf, "<i class=\"%s\"></i>",
			    cell_class(states, i * n / cells, (i + 1) * n / cells));
	og_buf_addf(out->buf, "</div><div class=\"ends\"><span>#%lld</span><span class=\"lg\">",
		    from);
	count_of(out, "o", good, "confirmed");
	count_of(out, "x", broken, "changed");
	count_of(out, "q", n - good - broken, "not confirmed");
	og_buf_addf(out->buf, "</span><span>#%lld</span></div></div>",
		    from + (n > 0 ? (long long)n - 1 : 0));
}

/* --- differences ---------------------------------------------------------------------- */

static void diff_row(struct html_out *out, const char *class, char sign, const struct og_line *line)
{
	og_buf_addf(out->buf, "<tr class=\"%s\"><td class=\"sg\">%c</td><td class=\"tx\">", class,
		    sign);
	og_escape(out, line->text, line->len);
	og_markup(out, "</td></tr>\n");
}

static void diff_rows(struct html_out *out, const struct og_diff *diff)
{
	for (size_t i = 0; i < diff->head; i++)
		diff_row(out, "same", ' ', &diff->before[i]);
	for (size_t i = diff->head; i < diff->n_before - diff->tail; i++)
		diff_row(out, "del", '-', &diff->before[i]);
	for (size_t i = diff->head; i < diff->n_after - diff->tail; i++)
		diff_row(out, "ins", '+', &diff->after[i]);
	for (size_t i = diff->n_before - diff->tail; i < diff->n_before; i++)
		diff_row(out, "same", ' ', &diff->before[i]);
}

static void diff_label(struct html_out *out, const json_t *props, const char *key,
		       const char *otherwise)
{
	if (*og_text_of(props, key))
		og_escape_member(out, props, key);
	else
		og_markup(out, otherwise);
}

void og_html_diff(struct html_out *out, const json_t *props)
{
	struct og_diff *diff = malloc(sizeof(*diff));

	if (!diff) {
		out->buf->failed = OG_EOS;
		return;
	}
	og_diff_lines(og_text_of(props, "before"), og_text_of(props, "after"), diff);
	og_markup(out, "<div class=\"og-cmp\"><p class=\"sum\"><span><b class=\"bad\">-</b> ");
	diff_label(out, props, "before_label", "before");
	og_markup(out, "</span><span><b class=\"ok\">+</b> ");
	diff_label(out, props, "after_label", "after");
	og_markup(out, "</span></p><table><tbody>");
	diff_rows(out, diff);
	og_markup(out, "</tbody></table>");
	if (diff->cut)
		og_buf_addf(out->buf, "<p class=\"sum\">The first %d lines</p>", OG_DIFF_LINES);
	og_markup(out, "</div>");
	free(diff);
}

/* --- graphs ------------------------------------------------------------------------------ */

struct node {
	const json_t *node;
	size_t layer, place; /* from above, and in its layer */
};

struct picture {
	struct node nodes[OG_VIEW_GRAPH_NODES];
	size_t n, layers, widest;
	json_t *edges;
};

static struct node *find_node(struct picture *picture, const char *id)
{
	for (size_t i = 0; i < picture->n; i++)
		if (strcmp(og_text_of(picture->nodes[i].node, "id"), id) == 0)
			return &picture->nodes[i];
	return NULL;
}

static size_t drawn_edges(const struct picture *picture)
{
	size_t n = json_array_size(picture->edges);

	return n < OG_VIEW_GRAPH_EDGES ? n : OG_VIEW_GRAPH_EDGES;
}

/* Every node below those that lead to it; a circle ends after as many
 * rounds as there are nodes, so a few of its edges lead upwards. */
static void find_layers(struct picture *picture)
{
	size_t n = picture->n < 24 ? picture->n : 24;

	for (size_t round = 0; round < n; round++)
		for (size_t i = 0; i < drawn_edges(picture); i++) {
			const json_t *edge = json_array_get(picture->edges, i);
			struct node *from = find_node(picture, og_text_of(edge, "from"));
			struct node *to = find_node(picture, og_text_of(edge, "to"));

			if (from && to && from != to && to->layer <= from->layer &&
			    from->layer + 1 < n)
				to->layer = from->layer + 1;
		}
	for (size_t i = 0; i < picture->n; i++) {
		struct node *node = &picture->nodes[i];

		for (size_t k = 0; k < i; k++)
			node->place += picture->nodes[k].layer == node->layer;
		if (node->layer + 1 > picture->layers)
			picture->layers = node->layer + 1;
		if (node->place + 1 > picture->widest)
			picture->widest = node->place + 1;
	}
}

static size_t x_of(const struct node *node)
{
	return 8 + node->place * (NODE_WIDTH + NODE_GAP);
}

static size_t y_of(const struct node *node)
{
	return 8 + node->layer * (NODE_HEIGHT + LAYER_GAP);
}

static void short_label(struct html_out *out, const json_t *node)
{
	const char *label = og_text_of(node, "label");
	char cut[LABEL_BYTES + 1];

	if (!*label)
		label = og_text_of(node, "id");
	og_text_format(cut, sizeof(cut), "%s", label);
	og_escape(out, cut, strlen(cut));
	og_markup(out, strlen(cut) < strlen(label) ? "\u2026" : "");
}

static void draw_edges(struct html_out *out, struct picture *picture)
{
	for (size_t i = 0; i < drawn_edges(picture); i++) {
		const json_t *edge = json_array_get(picture->edges, i);
		const struct node *from = find_node(picture, og_text_of(edge, "from"));
		const struct node *to = find_node(picture, og_text_of(edge, "to"));

		if (!from || !to || from == to)
			continue;
		og_buf_addf(out->buf,
			    "<path class=\"edge\" d=\"M%zu %zuC%zu %zu %zu %zu %zu %zu\"/>",
			    x_of(from) + NODE_WIDTH / 2, y_of(from) + NODE_HEIGHT,
			    x_of(from) + NODE_WIDTH / 2, y_of(from) + NODE_HEIGHT + LAYER_GAP / 2,
			    x_of(to) + NODE_WIDTH / 2,
			    y_of(to) > LAYER_GAP / 2 ? y_of(to) - LAYER_GAP / 2 : 0,
			    x_of(to) + NODE_WIDTH / 2, y_of(to));
	}
}

static void draw_nodes(struct html_out *out, const struct picture *picture)
{
	for (size_t i = 0; i < picture->n; i++) {
		const struct node *node = &picture->nodes[i];
		int two = *og_text_of(node->node, "kind") != '\0';

		og_buf_addf(out->buf,
			    "<g class=\"gnode %s\" transform=\"translate(%zu %zu)\"><rect "
			    "width=\"%d\" height=\"%d\" rx=\"8\"/><text x=\"14\" y=\"%d\">",
			    og_tone_class(og_text_of(node->node, "tone")), x_of(node), y_of(node),
			    NODE_WIDTH, NODE_HEIGHT, two ? 20 : 28);
		short_label(out, node->node);
		og_markup(out, "</text>");
		if (two) {
			og_markup(out, "<text class=\"kind\" x=\"14\" y=\"36\">");
			og_escape_member(out, node->node, "kind");
			og_markup(out, "</text>");
		}
		og_markup(out, "</g>");
	}
}

static void list_edges(struct html_out *out, const struct picture *picture)
{
	og_markup(out, "<details class=\"og-help\"><summary>Connections</summary><ul>");
	for (size_t i = 0; i < drawn_edges(picture); i++) {
		const json_t *edge = json_array_get(picture->edges, i);

		og_markup(out, "<li>");
		og_escape_member(out, edge, "from");
		og_markup(out, " \u2192 ");
		og_escape_member(out, edge, "to");
		og_markup(out, " ");
		og_escape_member(out, edge, "type");
		og_markup(out, "</li>");
	}
	og_markup(out, "</ul></details>");
}

void og_html_graph(struct html_out *out, const json_t *props)
{
	struct picture *picture = calloc(1, sizeof(*picture));
	json_t *nodes = json_object_get(props, "nodes"), *node;
	size_t i;

	if (!picture) {
		out->buf->failed = OG_EOS;
		return;
	}
	picture->edges = json_object_get(props, "edges");
	json_array_foreach(nodes, i, node)
	{
		if (i < OG_VIEW_GRAPH_NODES)
			picture->nodes[picture->n++].node = node;
	}
	find_layers(picture);
	og_buf_addf(out->buf,
		    "<div class=\"og-scroll\"><svg width=\"%zu\" height=\"%zu\" role=\"img\" "
		    "aria-label=\"%zu nodes, %zu connections\">",
		    16 + picture->widest * (NODE_WIDTH + NODE_GAP),
		    16 + picture->layers * (NODE_HEIGHT + LAYER_GAP), picture->n,
		    json_array_size(picture->edges));
	draw_edges(out, picture);
	draw_nodes(out, picture);
	og_markup(out, "</svg></div>");
	if (json_array_size(nodes) > picture->n)
		og_buf_addf(out->buf, "<p class=\"og-help\">The first %zu of %zu nodes</p>",
			    picture->n, json_array_size(nodes));
	list_edges(out, picture);
	free(picture);
}

/* --- spans of time ------------------------------------------------------------------------- */

static void ms(struct html_out *out, double value)
{
	og_buf_clear(&out->cell);
	og_format_number(&out->cell, round(value * 10) / 10, 0);
	og_escape(out, out->cell.data, out->cell.len);
	og_markup(out, " ms");
}

static void span_row(struct html_out *out, const json_t *item, double first, double length)
{
	double start = og_value_number(json_object_get(item, "start")) - first;
	double lasts = fmax(og_value_number(json_object_get(item, "ms")), 0);

	og_buf_addf(out->buf, "<tr class=\"%s\"><th scope=\"row\">",
		    og_tone_class(og_text_of(item, "tone")));
	for (int64_t i = og_json_int(item, "depth", 0); i > 0 && i <= 32; i--)
		og_markup(out, "\u2003");
	og_escape_member(out, item, "title");
	og_markup(out, "</th><td class=\"plot\"><span class=\"vh\">from ");
	ms(out, start);
	og_markup(out, "</span><svg width=\"100%\" height=\"10\" aria-hidden=\"true\">"
		       "<rect class=\"c1\" height=\"10\" rx=\"3\" x=\"");
	og_percent(out, start / length);
	og_markup(out, "\" width=\"");
	og_percent(out, fmax(lasts / length, 0.004));
	og_markup(out, "\"/></svg></td><td class=\"r\">");
	ms(out, lasts);
	og_markup(out, "</td></tr>\n");
}

void og_html_waterfall(struct html_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	double first = INFINITY, last = -INFINITY;
	size_t i;

	if (json_array_size(items) == 0)
		return;
	json_array_foreach(items, i, item)
	{
		double start = og_value_number(json_object_get(item, "start"));

		first = fmin(first, start);
		last = fmax(last, start + og_value_number(json_object_get(item, "ms")));
	}
	og_buf_addf(out->buf,
		    "<table class=\"og-fall\"><caption class=\"vh\">%zu spans</caption>"
		    "<tbody>",
		    json_array_size(items));
	json_array_foreach(items, i, item) span_row(out, item, first, fmax(last - first, 1e-9));
	og_markup(out, "</tbody></table>");
}
