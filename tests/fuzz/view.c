/*
 * Fuzz target: a document's bytes through every drawer. The check of
 * documents is left out on purpose: the drawers must stand wrong shapes as
 * well.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/view/actions.h"
#include "lib/view/page.h"
#include "lib/view/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What may never come out, whatever went in. */
static void inspect(const struct og_buf *page, const struct og_buf *text)
{
	if (page->len > 0 && (strstr(page->data, "<script") || strchr(page->data, 0x1b)))
		abort();
	if (text->len > 0 && (strlen(text->data) != text->len || strchr(text->data, 0x1b)))
		abort();
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* A page of a kit of four letters: whatever went in, its blocks are those
 * that we wrote, and it holds no byte that is not seen. */
static void draw_page(json_t *result, const json_t *tree)
{
	static const struct og_page_kit kit = {
		{ "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 }, { "", 0 }
	};
	struct og_page page = { .kit = &kit, .tree = tree };
	struct og_err err = OG_ERR_INIT;
	json_t *actions = NULL;
	struct og_buf buf;

	og_buf_init(&buf, OG_VIEW_MAX);
	if (og_view_actions(result, &actions, &err) < 0)
		abort();
	page.actions = actions;
	if (og_view_page(&page, &buf, &err) == 0 &&
	    (count(buf.data, "<script") != 4 || count(buf.data, "</script") != 4 ||
	     count(buf.data, "<iframe") != 1 || count(buf.data, "srcdoc='") != 1 ||
	     strlen(buf.data) != buf.len || strpbrk(buf.data, "\r\x1b\x07\x7f")))
		abort();
	json_decref(actions);
	og_buf_release(&buf);
}

static void draw(json_t *result)
{
	struct og_text_style style = { OG_VIEW_WIDTH_MIN, 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf page, text, csv;
	json_t *tree = NULL;

	og_buf_init(&page, OG_VIEW_MAX);
	og_buf_init(&text, OG_VIEW_MAX);
	og_buf_init(&csv, OG_VIEW_MAX);
	if (og_view_tree(result, "fuzz", &tree, &err) == 0) {
		og_view_html(tree, "b{}", 3, &page, &err);
		og_view_text(tree, &style, &text, &err);
		inspect(&page, &text);
		draw_page(result, tree);
	}
	og_view_csv(result, NULL, &csv, &err);
	json_decref(tree);
	og_buf_release(&page);
	og_buf_release(&text);
	og_buf_release(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = NULL;

	if (og_json_parse((const char *)data, size, 1 << 20, "fuzz", &result, &err) == 0)
		draw(result);
	json_decref(result);
	return 0;
}
