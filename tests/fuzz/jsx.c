/*
 * Fuzz target: the bytes as JSX, and as a tree when they are JSON. What is
 * taken must be good for the catalogue, drawable, and its print must be
 * read to the same tree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/view/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
	"{\"v\":1,\"task\":\"t\",\"state\":\"done\",\"answer\":\"a\",\"principal\":\"p\",\"data\":{"
	"\"a\":[{\"n\":\"x\",\"v\":1.5,\"s\":\"ok\"},{\"n\":\"y\",\"v\":null,\"s\":\"\\u001b[31m<b>"
	"\"}],"
	"\"b\":[{\"$\":\"/result\"}],\"odd name\":[]}}";

/* Drawn, no escape reaches a terminal, no tag of a document's a page. */
static void draw(const json_t *tree)
{
	struct og_text_style style = { OG_VIEW_WIDTH_MIN, 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf text, page;

	og_buf_init(&text, (size_t)4 << 20);
	og_buf_init(&page, (size_t)4 << 20);
	if (og_view_text(tree, &style, &text, &err) == 0 && text.len > 0 &&
	    (strchr(text.data, 0x1b) || strlen(text.data) != text.len))
		abort();
	if (og_view_html(tree, "b{}", 3, &page, &err) == 0 &&
	    (strstr(page.data, "<script") || strchr(page.data, 0x1b)))
		abort();
	og_buf_release(&text);
	og_buf_release(&page);
}

static char *dump_of(json_t *result)
{
	struct og_err err = OG_ERR_INIT;
	json_t *tree = NULL;
	char *text = NULL;

	if (og_view_tree(result, "", &tree, &err) == 0)
		text = json_dumps(tree, JSON_COMPACT);
	json_decref(tree);
	return text;
}

/* The print of what is on the page, put over the document, draws the same. */
static void print_again(json_t *result, const json_t *tree)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf jsx;
	char *want, *have;

	og_buf_init(&jsx, OG_VIEW_TEXT_MAX);
	want = dump_of(result);
	if (og_view_print_jsx(tree, result, &jsx, &err) == 0) {
		if (og_view_put(result, jsx.data, jsx.len, &err) < 0)
			abort();
		have = dump_of(result);
		/* a page and its nodes may be one too deep or too many for a view */
		if (have && want && strcmp(want, have) != 0 && !strstr(jsx.data, "\\u0024"))
			abort();
		free(have);
	}
	free(want);
	og_buf_release(&jsx);
}

static void over_document(const char *text, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = json_loads(document, 0, NULL), *tree = NULL;
	struct og_buf lines;

	og_buf_init(&lines, (size_t)4 << 20);
	if (og_view_put(result, text, size, &err) == 0 &&
	    og_view_tree(result, "", &tree, &err) == 0) {
		draw(tree);
		og_view_a2ui(tree, result, &lines, &err);
		print_again(result, tree);
	} else if (!err.code || !*err.msg) {
		abort();
	}
	json_decref(tree);
	json_decref(result);
	og_buf_release(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	json_t *tree = NULL;

	if (og_view_jsx((const char *)data, size, NULL, &tree, &err) == 0 &&
	    og_view_check(tree, &err) < 0 && !strstr(err.msg, "deeper") &&
	    !strstr(err.msg, "larger"))
		abort();
	json_decref(tree);
	over_document((const char *)data, size);
	return 0;
}
