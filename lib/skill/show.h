/*
 * Skills and the graph as text for people. Everything that came from a
 * skill is made safe for a terminal.
 */
#ifndef OG_SKILL_SHOW_H
#define OG_SKILL_SHOW_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

/* One line per grant that a skill asks for: "  select,update on products,
 * sets stock_quantity, where ...". asks: the DOC's member. */
void og_asks_text(const json_t *asks, struct og_buf *buf);

/* A DOC at a glance: what it is, when it is meant, what its steps do. */
int og_skill_text(const json_t *doc, const char *hash, struct og_buf *buf, struct og_err *err);

/* What og_matcher_match() returned: the match, its slots, what is missing,
 * the candidates. */
int og_match_text(const json_t *reply, struct og_buf *buf, struct og_err *err);

/* nodes: what og_graph_list() returns: "a GOVERNS b" and a line for each
 * node without edges. */
int og_graph_text(const json_t *nodes, struct og_buf *buf, struct og_err *err);

/* The same as a drawing (lib/draw/draw.h): skills, the tables they touch,
 * and what edges name that is not there or not to be seen. New reference. */
int og_graph_drawing(const json_t *nodes, const char *title, json_t **ret, struct og_err *err);

#endif
