/*
 * Drawings for Graphviz and for Mermaid. Both have languages of their own
 * inside strings, so what is not plain is escaped, needed or not.
 */
#include "lib/draw/draw-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

static int of_kind(const json_t *node, const char *kind)
{
	return strcmp(og_json_str(node, "kind"), kind) == 0;
}

/* Text without characters that cannot be seen. Heap, or NULL. */
static char *safe(const char *text)
{
	struct og_buf buf;
	char *taken;

	og_buf_init(&buf, (size_t)1 << 20);
	og_text_safe(&buf, text ? text : "", text ? strlen(text) : 0, 0);
	taken = og_buf_take(&buf);
	og_buf_release(&buf);
	return taken;
}

static int is_drawing(const json_t *drawing, struct og_err *err)
{
	json_t *node, *edge;
	size_t i;

	json_array_foreach(json_object_get(drawing, "nodes"), i, node)
	{
		if (!og_json_str(node, "id") || !og_json_str(node, "kind"))
			return og_fail(err, OG_EDATA, "drawing: a node has no id or kind");
	}
	json_array_foreach(json_object_get(drawing, "edges"), i, edge)
	{
		if (!og_json_str(edge, "from") || !og_json_str(edge, "to") ||
		    !og_json_str(edge, "type"))
			return og_fail(err, OG_EDATA, "drawing: an edge has no ends or type");
	}
	return 0;
}

/* --- DOT ----------------------------------------------------------------- */

static void quote_dot(struct og_buf *buf, const char *text)
{
	char *plain = safe(text);

	if (!plain)
		buf->failed = OG_EOS;
	og_buf_addc(buf, '"');
	for (const char *p = plain; p && *p; p++) {
		if (*p == '"' || *p == '\\')
			og_buf_addc(buf, '\\');
		og_buf_addc(buf, *p);
	}
	og_buf_addc(buf, '"');
	free(plain);
}

static const char *dot_shape(const json_t *node)
{
	static const char *const shapes[][2] = {
		{ "workflow", "ellipse" }, { "regulation", "octagon" }, { "table", "box" },
		{ "policy", "note" },	   { "missing", "plain" },	{ "agent", "hexagon" },
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (of_kind(node, shapes[i][0]))
			return shapes[i][1];
	return "ellipse";
}

int og_draw_dot(const json_t *drawing, struct og_buf *buf, struct og_err *err)
{
	json_t *node, *edge;
	size_t i;

	if (is_drawing(drawing, err) < 0)
		return -1;
	og_buf_adds(buf, "digraph ");
	quote_dot(buf, og_json_str(drawing, "title"));
	og_buf_adds(buf, " {\n\trankdir=LR;\n");
	json_array_foreach(json_object_get(drawing, "nodes"), i, node)
	{
		const char *sub = og_json_str(node, "sub");

		og_buf_addc(buf, '\t');
		quote_dot(buf, og_json_str(node, "id"));
		og_buf_addf(buf, " [shape=%s", dot_shape(node));
		if (og_json_str(node, "label")) {
			og_buf_adds(buf, ", label=");
			quote_dot(buf, og_json_str(node, "label"));
		}
		if (sub) {
			og_buf_adds(buf, ", tooltip=");
			quote_dot(buf, sub);
		}
		og_buf_adds(buf, og_json_bool(node, "past", 0) ? ", style=dashed];\n" : "];\n");
	}
	json_array_foreach(json_object_get(drawing, "edges"), i, edge)
	{
		og_buf_addc(buf, '\t');
		quote_dot(buf, og_json_str(edge, "from"));
		og_buf_adds(buf, " -> ");
		quote_dot(buf, og_json_str(edge, "to"));
		og_buf_adds(buf, " [label=");
		quote_dot(buf, og_json_str(edge, "type"));
		og_buf_adds(buf, "];\n");
	}
	og_buf_adds(buf, "}\n");
	return og_buf_check(buf, "drawing", err);
}

/* --- Mermaid ------------------------------------------------------------- */

/* All of ASCII but letters, digits and some marks as #NN;. */
static void quote_mermaid(struct og_buf *buf, const char *text)
{
	char *plain = safe(text);

	if (!plain)
		buf->failed = OG_EOS;
	for (const char *p = plain; p && *p; p++) {
		int c = (unsigned char)*p;

		if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || (c && strchr(" _.,:-+", c)))
			og_buf_addc(buf, *p);
		else
			og_buf_addf(buf, "#%d;", c);
	}
	free(plain);
}

static void add_mermaid_node(struct og_buf *buf, const json_t *node, size_t i)
{
	static const char *const brackets[][3] = {
		{ "workflow", "(\"", "\")" }, { "regulation", "{{\"", "\"}}" },
		{ "table", "[(\"", "\")]" },  { "policy", "[/\"", "\"/]" },
		{ "agent", "([\"", "\"])" },  { "missing", "[\"", "\"]" },
	};
	size_t kind = 0;

	for (size_t k = 0; k < sizeof(brackets) / sizeof(*brackets); k++)
		if (of_kind(node, brackets[k][0]))
			kind = k;
	og_buf_addf(buf, "\tn%zu%s", i, brackets[kind][1]);
	quote_mermaid(buf, og_draw_label(node));
	if (og_json_str(node, "sub")) {
		og_buf_adds(buf, "<br>");
		quote_mermaid(buf, og_json_str(node, "sub"));
	}
	og_buf_addf(buf, "%s:::%s\n", brackets[kind][2],
		    og_json_bool(node, "past", 0) ? "missing" : brackets[kind][0]);
}

static const char *arrow(const char *type)
{
	if (strcmp(type, "GOVERNS") == 0 || strcmp(type, "BINDS") == 0)
		return "==>";
	return strcmp(type, "NEXT") == 0 ? "-->" : "-.->";
}

static void add_mermaid_edges(struct og_buf *buf, const json_t *drawing, const json_t *numbers)
{
	json_t *edge;
	size_t i;

	json_array_foreach(json_object_get(drawing, "edges"), i, edge)
	{
		const char *type = og_json_str(edge, "type");
		int64_t from = og_json_int(numbers, og_json_str(edge, "from"), -1);
		int64_t to = og_json_int(numbers, og_json_str(edge, "to"), -1);

		if (from < 0 || to < 0)
			continue;
		og_buf_addf(buf, "\tn%lld %s|\"", (long long)from, arrow(type));
		quote_mermaid(buf, type);
		og_buf_addf(buf, "\"| n%lld\n", (long long)to);
	}
}

int og_draw_mermaid(const json_t *drawing, struct og_buf *buf, struct og_err *err)
{
	json_t *numbers = json_object(), *node;
	size_t i;

	if (!numbers || is_drawing(drawing, err) < 0) {
		json_decref(numbers);
		return numbers ? -1 : og_fail_nomem(err);
	}
	og_buf_adds(buf, "flowchart LR\n");
	json_array_foreach(json_object_get(drawing, "nodes"), i, node)
	{
		add_mermaid_node(buf, node, i);
		if (!json_object_get(numbers, og_json_str(node, "id")) &&
		    json_object_set_new(numbers, og_json_str(node, "id"),
					json_integer((json_int_t)i)) < 0)
			buf->failed = OG_EOS;
	}
	add_mermaid_edges(buf, drawing, numbers);
	og_buf_adds(buf, "\tclassDef workflow fill:#dbeafe,stroke:#1d4ed8,color:#16191d\n"
			 "\tclassDef regulation fill:#fee2e2,stroke:#b91c1c,color:#16191d\n"
			 "\tclassDef agent fill:#ede9fe,stroke:#6d28d9,color:#16191d\n"
			 "\tclassDef table fill:#eef2f6,stroke:#475569,color:#16191d\n"
			 "\tclassDef policy fill:#fef3c7,stroke:#a15c07,color:#16191d\n"
			 "\tclassDef missing stroke-dasharray:4 4\n");
	json_decref(numbers);
	return og_buf_check(buf, "drawing", err);
}
