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

#define OG_VIEW_MAX	  ((size_t)96 << 20) /* most bytes a view may come to */
#define OG_VIEW_COLUMNS	  64		     /* of a row set; the page says what is left out */
#define OG_VIEW_HTML_ROWS 2000		     /* of a table in HTML; the page says so */
#define OG_VIEW_WIDTH_MIN 40
#define OG_VIEW_WIDTH_MAX 1000

/* The tree for a result document that og_result_check() has accepted; a
 * document with wrong types gives a poorer page, never a crash. render
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
 * A text that a spreadsheet would take for a formula gets a leading
 * apostrophe. OG_NO when there is no such set, naming those there are. */
int og_view_csv(const json_t *result, const char *set, struct og_buf *buf, struct og_err *err);

#endif
