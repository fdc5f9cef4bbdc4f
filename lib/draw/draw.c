/* Drawings as records, and from there to a sheet. */
#include "lib/draw/draw-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/* "ids" is for finding nodes while a drawing grows. */
json_t *og_draw_new(const char *title)
{
	return json_pack("{s:s,s:[],s:[],s:{}}", "title", title, "nodes", "edges", "ids");
}

int og_draw_node(json_t *drawing, const char *id, const char *label, const char *kind,
		 int clearance)
{
	json_t *ids = json_object_get(drawing, "ids"), *node;

	if (!id || !kind)
		return -1;
	if (json_object_get(ids, id))
		return 0;
	node = json_pack("{s:s,s:s*,s:s,s:i}", "id", id, "label", label, "kind", kind, "clearance",
			 clearance);
	if (!node || json_object_set(ids, id, node) < 0) {
		json_decref(node);
		return -1;
	}
	return json_array_append_new(json_object_get(drawing, "nodes"), node);
}

int og_draw_sub(json_t *drawing, const char *id, const char *sub, int past)
{
	json_t *node = json_object_get(json_object_get(drawing, "ids"), id);

	if (!node || json_object_set_new(node, "sub", json_string(sub)) < 0)
		return -1;
	return past ? json_object_set_new(node, "past", json_true()) : 0;
}

int og_draw_edge(json_t *drawing, const char *from, const char *to, const char *type)
{
	return json_array_append_new(
		json_object_get(drawing, "edges"),
		json_pack("{s:s,s:s,s:s}", "from", from, "to", to, "type", type));
}

const char *og_draw_label(const json_t *node)
{
	const char *label = og_json_str(node, "label");

	return label ? label : og_json_str(node, "id");
}

/* --- to a sheet ---------------------------------------------------------- */

static int check_node(const json_t *node, struct og_err *err)
{
	if (!og_json_str(node, "id") || !og_json_str(node, "kind"))
		return og_fail(err, OG_EDATA, "drawing: a node has no id or kind");
	return 0;
}

static int check(const json_t *drawing, struct og_err *err)
{
	const json_t *nodes = json_object_get(drawing, "nodes");
	const json_t *edges = json_object_get(drawing, "edges");

	if (!json_is_array(nodes) || !json_is_array(edges))
		return og_fail(err, OG_EDATA, "drawing: it has no nodes or edges");
	if (json_array_size(nodes) > OG_DRAW_NODES_MAX ||
	    json_array_size(edges) > OG_DRAW_EDGES_MAX)
		return og_fail(err, OG_EDATA,
			       "a drawing has at most %d nodes and %d edges, not %zu and %zu",
			       OG_DRAW_NODES_MAX, OG_DRAW_EDGES_MAX, json_array_size(nodes),
			       json_array_size(edges));
	for (size_t i = 0; i < json_array_size(nodes); i++)
		if (check_node(json_array_get(nodes, i), err) < 0)
			return -1;
	return 0;
}

/* The vertex of an id, by an object of numbers. */
static int vertex(const json_t *numbers, const json_t *edge, const char *member, size_t *ret)
{
	const char *id = og_json_str(edge, member);
	int64_t number = id ? og_json_int(numbers, id, -1) : -1;

	*ret = (size_t)number;
	return number >= 0;
}

/* A line to itself is its vertex's. */
static void read_edges(struct og_sheet *s, const json_t *edges, const json_t *numbers)
{
	json_t *edge;
	size_t i;

	json_array_foreach(edges, i, edge)
	{
		struct og_line *line = &s->lines[s->n_lines];

		if (!vertex(numbers, edge, "from", &line->from) ||
		    !vertex(numbers, edge, "to", &line->to))
			continue;
		line->type = og_json_str(edge, "type");
		if (!line->type)
			line->type = "NEXT";
		if (line->from == line->to)
			s->v[line->from].loop = line->type;
		else
			s->n_lines++;
	}
}

static int same_pair(const struct og_line *a, const struct og_line *b)
{
	return (a->from == b->from && a->to == b->to) || (a->from == b->to && a->to == b->from);
}

/* Lines between the same two stand side by side. */
static void number_twins(struct og_sheet *s)
{
	for (size_t i = 0; i < s->n_lines; i++)
		for (size_t k = i; k-- > 0 && i - k < 64;)
			if (same_pair(&s->lines[i], &s->lines[k])) {
				s->lines[i].twin = s->lines[k].twin + 1;
				break;
			}
}

static int read_drawing(struct og_sheet *s, const json_t *drawing, struct og_err *err)
{
	const json_t *nodes = json_object_get(drawing, "nodes");
	const json_t *edges = json_object_get(drawing, "edges");
	json_t *numbers = json_object(), *node;
	size_t i;

	s->v = calloc(json_array_size(nodes) + OG_BENDS_MAX + 1, sizeof(*s->v));
	s->lines = calloc(json_array_size(edges) + 1, sizeof(*s->lines));
	if (!s->v || !s->lines || !numbers) {
		json_decref(numbers);
		return og_fail_nomem(err);
	}
	json_array_foreach(nodes, i, node)
	{
		s->v[s->n].node = node;
		if (!json_object_get(numbers, og_json_str(node, "id")))
			json_object_set_new(numbers, og_json_str(node, "id"),
					    json_integer((json_int_t)s->n));
		s->n++;
	}
	s->n_real = s->n;
	read_edges(s, edges, numbers);
	json_decref(numbers);
	number_twins(s);
	return 0;
}

int og_sheet_make(const json_t *drawing, struct og_sheet *ret, struct og_err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (check(drawing, err) < 0)
		return -1;
	if (read_drawing(ret, drawing, err) == 0 && og_sheet_columns(ret, err) == 0 &&
	    og_sheet_order(ret, err) == 0 && og_sheet_place(ret, err) == 0)
		return 0;
	og_sheet_release(ret);
	return -1;
}

void og_sheet_release(struct og_sheet *sheet)
{
	free(sheet->v);
	free(sheet->lines);
	free(sheet->hops);
	free(sheet->column);
	free(sheet->starts);
	memset(sheet, 0, sizeof(*sheet));
}

/* --- text ---------------------------------------------------------------- */

/* As many bytes of text as fill so many columns. */
static size_t cut(const char *text, size_t len, size_t columns)
{
	size_t at = 0, width = 0;
	uint32_t c;

	while (at < len) {
		size_t n = og_utf8_decode(text + at, len - at, &c);

		width += og_utf8_width(text + at, n);
		if (width > columns)
			break;
		at += n;
	}
	return at;
}

static void escape_all(struct og_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			og_buf_adds(buf, "&amp;");
			break;
		case '<':
			og_buf_adds(buf, "&lt;");
			break;
		case '>':
			og_buf_adds(buf, "&gt;");
			break;
		case '"':
			og_buf_adds(buf, "&quot;");
			break;
		case '\'':
			og_buf_adds(buf, "&#39;");
			break;
		default:
			og_buf_addc(buf, text[i]);
		}
	}
}

void og_draw_escape(struct og_buf *buf, const char *text, size_t columns)
{
	struct og_buf safe;
	size_t len;

	og_buf_init(&safe, (size_t)1 << 20);
	og_text_safe(&safe, text ? text : "", text ? strlen(text) : 0, 0);
	len = safe.len && columns ? cut(safe.data, safe.len, columns) : safe.len;
	if (len < safe.len)
		len = cut(safe.data, safe.len, columns - 1);
	if (safe.failed)
		buf->failed = safe.failed;
	else if (safe.len)
		escape_all(buf, safe.data, len);
	if (len < safe.len)
		og_buf_adds(buf, "\xe2\x80\xa6");
	og_buf_release(&safe);
}
