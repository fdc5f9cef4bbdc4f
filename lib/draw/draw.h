/*
 * Drawings of graphs: nodes of a kind, edges of a type, as text for other
 * programs (DOT, Mermaid) and as a picture of our own, SVG, alone or in a
 * page. Nothing here knows what a skill is; nothing is read or run.
 *
 * A drawing is a JSON object:
 *   {"title":T,
 *    "nodes":[{"id":T,"label":T?,"sub":T?,"kind":KIND,"clearance":N?,
 *              "past":true?}],
 *    "edges":[{"from":ID,"to":ID,"type":TYPE}]}
 * KIND is workflow, regulation, agent, table, policy or missing (what an
 * edge names and is not there). TYPE is GOVERNS, DEPENDS_ON, NEXT, TOUCHES,
 * BINDS or SUPERSEDES; another one is drawn like NEXT. sub is a second,
 * smaller line; past: no longer in force. An edge whose ends are no nodes
 * is left out.
 *
 * All texts are somebody else's: they are made visible and escaped, and can
 * leave neither the string nor the element they stand in. A picture has no
 * scripts and loads nothing. The same drawing gives the same bytes.
 */
#ifndef OG_DRAW_DRAW_H
#define OG_DRAW_DRAW_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_DRAW_NODES_MAX 2000
#define OG_DRAW_EDGES_MAX 20000
#define OG_DRAW_MAX	  ((size_t)32 << 20) /* bytes; what a buffer for one may hold */

/* An empty drawing (new reference), and what is put into it. A node that is
 * there already stays as it is; a label of NULL is the id. 0, -1 without memory or for what is no
 * text. */
json_t *og_draw_new(const char *title);
int og_draw_node(json_t *drawing, const char *id, const char *label, const char *kind,
		 int clearance);
int og_draw_sub(json_t *drawing, const char *id, const char *sub, int past);
int og_draw_edge(json_t *drawing, const char *from, const char *to, const char *type);

/* Appends the drawing. OG_EDATA: it has too many nodes or edges, or is none. */
typedef int og_draw_fn(const json_t *drawing, struct og_buf *buf, struct og_err *err);
og_draw_fn og_draw_dot, og_draw_mermaid, og_draw_svg, og_draw_page;

#endif
