/*
 * og-render's interactive page: which of the kit's files it is made of, and
 * live code. See og-render-page.c.
 */
#ifndef OG_CMD_RENDER_PAGE_H
#define OG_CMD_RENDER_PAGE_H

#include "cmd/og-main.h"
#include "lib/view/page.h"

/* What one run puts into pages; og_render_kit_release() frees it. */
struct og_render_kit {
	struct og_buf runtime, kit_css, shell, shell_css, engine;
};

struct og_render_runtime {
	int react; /* else Preact */
	int live;  /* can run code */
};

void og_render_kit_init(struct og_render_kit *kit);
void og_render_kit_release(struct og_render_kit *kit);

/* Reads the kit's files from share/ui. 1: all there; 0: this installation
 * was built without (no npm or esbuild), *ret_missing names the file, free()
 * it; -1: they cannot be read. */
int og_render_kit_read(const struct og_ctx *ctx, struct og_render_runtime runtime,
		       struct og_render_kit *kit, char **ret_missing, struct og_err *err);

/* The page, or with frame_only the view's document alone, for a tree of the
 * result. code is live code, compiled; empty: none. */
int og_render_page(const struct og_render_kit *kit, json_t *result, const json_t *tree,
		   const struct og_buf *code, int frame_only, struct og_buf *out,
		   struct og_err *err);

/* {"v":1,...,"actions":[...]}, one line. */
int og_render_actions(json_t *result, const json_t *tree, struct og_buf *out, struct og_err *err);

#endif
