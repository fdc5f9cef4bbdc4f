/*
 * og-render's --view: a view put over the document. See og-render-view.c.
 */
#ifndef OG_CMD_RENDER_VIEW_H
#define OG_CMD_RENDER_VIEW_H

#include "cmd/og-main.h"

/* What --view asked for. */
struct og_render_view {
	int given; /* 0: the document's own, if it has one */
	int fd;	   /* the file; -1 with given: none */
};

/* Opens what --view names, so that authority can be given up before any of
 * it is read. */
int og_render_view_open(const struct og_args *args, struct og_render_view *ret, struct og_err *err);
void og_render_view_close(struct og_render_view *view);

/* Puts it over the document. */
int og_render_view_apply(const struct og_render_view *view, json_t *result, struct og_err *err);

/* --catalog: what a view may use. */
int og_render_catalog(struct og_err *err);

#endif
