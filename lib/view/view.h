/*
 * Views: what a result document looks like. The document (og-result(5)) is
 * first turned into a UI tree (og-view(5)), a declarative description made
 * of a closed catalogue of components; text and HTML are then drawn from the
 * tree alone, and any other kit could draw the same tree. Which components
 * are chosen follows from the document: its state, its steps, the shapes of
 * its row sets and the hints in its "view" member; never from the name of a
 * skill.
 *
 * Everything in a document may be hostile. The drawers treat every string
 * as text: control and bidirectional characters become visible, HTML is
 * escaped, and the page allows no script and no network. They read nothing
 * but their arguments and give the same bytes for the same input.
 */
#ifndef OG_VIEW_VIEW_H
#define OG_VIEW_VIEW_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_VIEW_MAX	    ((size_t)96 << 20) /* most bytes a view may come to */
#define OG_VIEW_COLUMNS	    64		       /* of a row set; the page says what is left out */
#define OG_VIEW_HTML_ROWS   2000	       /* of a table in HTML; the page says so */
#define OG_VIEW_GRAPH_NODES 200		       /* of a graph; a drawing says what is left out */
#define OG_VIEW_GRAPH_EDGES 1000
#define OG_VIEW_WIDTH_MIN   40
#define OG_VIEW_WIDTH_MAX   1000

#define OG_VIEW_TEXT_MAX  ((size_t)256 << 10) /* bytes of a view as it is written */
#define OG_VIEW_NODES_MAX 5000		      /* components of a written view */

/* --- written views: trees and JSX --------------------------------------------- */

/* Holds a tree, from anywhere, against the catalogue (catalog.h): its
 * components, properties and types, its size and depth. OG_EDATA
 * "view:/k/0/p/rows: wants rows, ...", the place as a JSON pointer. What is
 * bound ({"$":"/data/..."}) is judged when it is followed. */
int og_view_check(const json_t *tree, struct og_err *err);

/* Reads static JSX (og-view(5)): components of the catalogue with literals
 * and paths into data, no code. scope is {"data":..,"result":..}, followed
 * while reading, or NULL to keep bindings. OG_EDATA "view:3:14: ...", the
 * place as line and column; what would need code says so. New reference. */
int og_view_jsx(const char *text, size_t len, const json_t *scope, json_t **ret,
		struct og_err *err);

/* Puts a view over a document: text is JSX, or a tree when its first
 * character is '{'. NULL takes away what the document brought itself. The
 * view is judged by og_view_tree(). */
int og_view_put(json_t *result, const char *text, size_t len, struct og_err *err);

/* Appends the tree as JSX that og_view_jsx() reads to the same tree: rows
 * that are a whole set of the result's data as a path, others written out. */
int og_view_print_jsx(const json_t *tree, const json_t *result, struct og_buf *buf,
		      struct og_err *err);

/* Appends the tree as A2UI v1.0, JSON Lines: createSurface with the row
 * sets that are drawn as its data model, updateComponents. The components
 * are those of our catalogue, with their properties, under this id. */
#define OG_VIEW_A2UI_CATALOG "urn:omnigate:catalog:1"
int og_view_a2ui(const json_t *tree, const json_t *result, struct og_buf *buf, struct og_err *err);

/* --- built views and their drawing ---------------------------------------------- */

/* The tree for a result document that og_result_check() has accepted; a
 * document with wrong types gives a poorer page, never a crash. A view of
 * the document's own ("view.tree", "view.jsx") that is meant for its state
 * is drawn instead of a built one, and OG_EDATA when it is wrong. render
 * names this rendering (the digest of the input; shown in the footer) and
 * may be "". The tree shares rows with the document (reference counts), so
 * neither may be changed afterwards. New reference. */
int og_view_tree(json_t *result, const char *render, json_t **ret, struct og_err *err);

struct og_text_style {
	size_t width; /* columns, OG_VIEW_WIDTH_MIN to OG_VIEW_WIDTH_MAX */
	int color;    /* use terminal escapes */
};

/* Text for a terminal. Lines end in \n; no other control byte is written
 * but those of the colours. */
int og_view_text(const json_t *tree, const struct og_text_style *style, struct og_buf *buf,
		 struct og_err *err);

/* One self-contained page. css is the kit's style sheet; its digest goes
 * into the page's content security policy. OG_ECONF when the style sheet
 * could end its element early. */
int og_view_html(const json_t *tree, const char *css, size_t css_len, struct og_buf *buf,
		 struct og_err *err);

/* One row set as CSV (RFC 4180, CRLF, a header line). set NULL: the first.
 * A missing value and null are nothing, an empty text is "" in quotes; bytes
 * that are no text stand as base64:...
 * A text that a spreadsheet would take for a formula gets a leading
 * apostrophe. OG_NO when there is no such set, naming those there are. */
int og_view_csv(const json_t *result, const char *set, struct og_buf *buf, struct og_err *err);

/* The same of rows as a query answers them: columns is an array of names,
 * rows an array of arrays. */
int og_view_csv_rows(const json_t *columns, const json_t *rows, struct og_buf *buf,
		     struct og_err *err);

#endif
