/*
 * Which drawing is asked for. Shared by programs that have something to
 * draw: their option tables hold OG_DRAW_OPTIONS.
 */
#ifndef OG_CMD_DRAW_H
#define OG_CMD_DRAW_H

#include "cmd/og-main.h"
#include "lib/draw/draw.h"

#define OG_DRAW_OPTIONS                                                                            \
	{ "dot", 0, OG_OPT_FLAG, NULL, "for Graphviz" },                                           \
		{ "mermaid", 0, OG_OPT_FLAG, NULL, "for Mermaid" },                                \
		{ "svg", 0, OG_OPT_FLAG, NULL, "a picture" },                                      \
	{                                                                                          \
		"html", 0, OG_OPT_FLAG, NULL, "a page with the picture and a table"                \
	}

/* *ret NULL: none of them. Two at once are misuse. */
int og_draw_asked(const struct og_args *args, og_draw_fn **ret, struct og_err *err);
int og_draw_print(og_draw_fn *draw, const json_t *drawing, struct og_err *err);

#endif
