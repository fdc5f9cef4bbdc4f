/*
 * The interactive page: a trusted shell around a sealed frame, in one file
 * (og-page(5)). The frame is an iframe with sandbox="allow-scripts" whose
 * document stands in its srcdoc: the kit's runtime and a tree, or, only
 * when asked for, live code for a worker. The shell holds what may be
 * called (og_view_actions()) and does all the asking.
 *
 * The trust boundary, as the policies in both documents state it: scripts
 * and styles are exactly those whose digests are named; there is no eval,
 * no inline handler, no sink for markup (Trusted Types), no address that
 * could be loaded, and no frame could go anywhere. Data is JSON in blocks
 * that are not code. Inside the frame nothing of a document is ever markup.
 *
 * The same parts, tree and actions give the same bytes.
 */
#ifndef OG_VIEW_PAGE_H
#define OG_VIEW_PAGE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_PAGE_PART_MAX ((size_t)2 << 20) /* bytes of one of the kit's files */

/* The texts a page is made of, from share/ui. */
struct og_page_kit {
	struct og_slice runtime;   /* frame.js: draws trees */
	struct og_slice kit_css;   /* kit.css, for the frame */
	struct og_slice shell;	   /* shell.js */
	struct og_slice shell_css; /* shell.css */
	struct og_slice engine;	   /* worker.js; len 0 when there is no live code */
};

struct og_page {
	const struct og_page_kit *kit;
	const json_t *tree;    /* of og_view_tree(): the page's head and, without code, the view */
	const json_t *actions; /* of og_view_actions() */
	struct og_slice code;  /* live code, compiled; len 0: the tree is drawn */
	const json_t *data;    /* {"data","result"} for live code */
};

/* OG_ECONF when a part of the kit could end its element early. */
int og_page_kit_check(const struct og_page_kit *kit, struct og_err *err);

/* The whole page, and the frame's document alone, which a host of MCP Apps
 * or og-serve puts into a sandboxed frame of its own. */
int og_view_page(const struct og_page *page, struct og_buf *buf, struct og_err *err);
int og_view_frame(const struct og_page *page, struct og_buf *buf, struct og_err *err);

#endif
