/* The ledger's state, differences and graphs for a terminal. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/lines-internal.h"
#include "lib/view/text-internal.h"

#define INDENT	  2
#define CELLS_MAX 4096 /* of an integrity map; the counts are of all */

/* --- integrity ---------------------------------------------------------------------- */

static void put_cells(struct text_out *out, const char *states, size_t n)
{
	size_t width = out->width > 2 * INDENT + 16 ? out->width - 2 * INDENT : 16;

	for (size_t i = 0; i < n && i < CELLS_MAX; i++) {
		if (i % width == 0)
			og_spaces(out, INDENT);
		og_ink(out,
		       states[i] == '.'	  ? INK_OK
		       : states[i] == 'x' ? INK_BAD
					  : INK_DIM,
		       states[i] == '.'	  ? "\u25aa"
		       : states[i] == 'x' ? "\u2717"
					  : "?");
		if ((i + 1) % width == 0 || i + 1 == n || i + 1 == CELLS_MAX)
			og_buf_addc(out->buf, '\n');
	}
}

void og_text_integrity(struct text_out *out, const json_t *props)
{
	const char *states = og_text_of(props, "states");
	size_t n = strlen(states), good = 0, broken = 0;

	for (size_t i = 0; i < n; i++) {
		good += states[i] == '.';
		broken += states[i] == 'x';
	}
	put_cells(out, states, n);
	og_spaces(out, INDENT);
	og_buf_addf(out->buf, "%zu entries from #%lld: %zu confirmed, ", n,
		    (long long)og_json_int(props, "from", 1), good);
	og_buf_addf(out->buf, "%zu changed, %zu not confirmed\n", broken, n - good - broken);
}

/* An entry whose state is known, with what is wrong about it. */
static void put_entry(struct text_out *out, const json_t *entry)
{
	static const struct {
		const char *key, *label;
	} lines[] = { { "problem", "" },	{ "detail", "" },
		      { "stored", "stored: " }, { "witnessed", "witnessed: " },
		      { "hash", "hash: " },	{ "recomputed", "recomputed: " } };
	const char *state = og_text_of(entry, "state");
	int broken = strcmp(state, "broken") == 0;

	og_spaces(out, INDENT);
	og_buf_addf(out->buf, "#%lld ", (long long)og_json_int(entry, "seq", 0));
	og_text_line(out, broken ? INK_BAD : INK_PLAIN, og_text_of(entry, "title"));
	og_buf_addf(out->buf, ", %s\n",
		    broken			    ? "changed after it was written"
		    : strcmp(state, "suspect") == 0 ? "not confirmed"
						    : "confirmed");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const char *text = og_text_of(entry, lines[i].key);

		if (!*text || (!broken && i > 1))
			continue;
		og_spaces(out, 2 * INDENT);
		og_buf_adds(out->buf, lines[i].label);
		og_text_wrap(out, INK_DIM, text, 2 * INDENT + strlen(lines[i].label), 2 * INDENT);
	}
}

void og_text_entries(struct text_out *out, const json_t *props)
{
	json_t *entries = json_object_get(props, "entries"), *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		if (*og_text_of(entry, "state"))
			put_entry(out, entry);
	}
}

/* --- differences ---------------------------------------------------------------------- */

static void put_line(struct text_out *out, enum ink ink, char mark, const struct og_line *line)
{
	char sign[] = { mark, ' ', '\0' };

	og_spaces(out, INDENT);
	og_ink(out, ink, sign);
	og_buf_clear(&out->cell);
	og_text_safe(&out->cell, line->len > 0 ? line->text : "", line->len, 0);
	og_ink(out, ink, out->cell.len > 0 ? out->cell.data : "");
	og_buf_addc(out->buf, '\n');
}

static void put_lines(struct text_out *out, const struct og_diff *diff)
{
	for (size_t i = 0; i < diff->head; i++)
		put_line(out, INK_DIM, ' ', &diff->before[i]);
	for (size_t i = diff->head; i < diff->n_before - diff->tail; i++)
		put_line(out, INK_BAD, '-', &diff->before[i]);
	for (size_t i = diff->head; i < diff->n_after - diff->tail; i++)
		put_line(out, INK_OK, '+', &diff->after[i]);
	for (size_t i = diff->n_before - diff->tail; i < diff->n_before; i++)
		put_line(out, INK_DIM, ' ', &diff->before[i]);
	if (diff->cut) {
		og_spaces(out, INDENT);
		og_buf_addf(out->buf, "(the first %d lines)\n", OG_DIFF_LINES);
	}
}

void og_text_diff(struct text_out *out, const json_t *props)
{
	const char *before = og_text_of(props, "before_label"),
		   *after = og_text_of(props, "after_label");
	struct og_diff *diff = malloc(sizeof(*diff));

	if (!diff) {
		out->buf->failed = OG_EOS;
		return;
	}
	og_spaces(out, INDENT);
	og_buf_adds(out->buf, "- ");
	og_text_line(out, INK_BAD, *before ? before : "before");
	og_buf_adds(out->buf, ", + ");
	og_text_line(out, INK_OK, *after ? after : "after");
	og_buf_addc(out->buf, '\n');
	og_diff_lines(og_text_of(props, "before"), og_text_of(props, "after"), diff);
	put_lines(out, diff);
	free(diff);
}

/* --- graphs ------------------------------------------------------------------------------ */

static const char *label_of(const json_t *nodes, const char *id)
{
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		if (i == OG_VIEW_GRAPH_NODES)
			break;
		if (strcmp(og_text_of(node, "id"), id) == 0)
			return *og_text_of(node, "label") ? og_text_of(node, "label") : id;
	}
	return id;
}

static void put_edges(struct text_out *out, const json_t *props, const char *from)
{
	json_t *edges = json_object_get(props, "edges"), *edge;
	size_t i;

	json_array_foreach(edges, i, edge)
	{
		if (i == OG_VIEW_GRAPH_EDGES)
			break;
		if (strcmp(og_text_of(edge, "from"), from) != 0)
			continue;
		og_spaces(out, 2 * INDENT);
		og_buf_adds(out->buf, "\u2192 ");
		og_text_line(out, INK_PLAIN,
			     label_of(json_object_get(props, "nodes"), og_text_of(edge, "to")));
		if (*og_text_of(edge, "type")) {
			og_spaces(out, 2);
			og_text_line(out, INK_DIM, og_text_of(edge, "type"));
		}
		og_buf_addc(out->buf, '\n');
	}
}

void og_text_graph(struct text_out *out, const json_t *props)
{
	json_t *nodes = json_object_get(props, "nodes"), *node;
	size_t i;

	if (*og_text_of(props, "title")) {
		og_text_line(out, INK_BOLD, og_text_of(props, "title"));
		og_buf_addc(out->buf, '\n');
	}
	json_array_foreach(nodes, i, node)
	{
		if (i == OG_VIEW_GRAPH_NODES) {
			og_spaces(out, INDENT);
			og_buf_addf(out->buf, "(the first %d of %zu nodes)\n", OG_VIEW_GRAPH_NODES,
				    json_array_size(nodes));
			return;
		}
		og_spaces(out, INDENT);
		og_text_line(out, og_ink_of(og_text_of(node, "tone")),
			     label_of(nodes, og_text_of(node, "id")));
		if (*og_text_of(node, "kind")) {
			og_buf_adds(out->buf, " (");
			og_text_line(out, INK_DIM, og_text_of(node, "kind"));
			og_buf_addc(out->buf, ')');
		}
		og_buf_addc(out->buf, '\n');
		put_edges(out, props, og_text_of(node, "id"));
	}
}
