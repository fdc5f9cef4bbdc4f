/*
 * The lists of a skill's body: patterns, examples and tests. Their texts must come
 * through unchanged, so they are cut out of the source by position:
 * Markdown would read '*' and '_' in them.
 */
#include "lib/skill/parse-internal.h"

#include <cmark-gfm.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/skill/skill.h"
#include "lib/skill/tests.h"

static size_t line_of(const struct og_reader *r, cmark_node *node)
{
	return r->body_line + (size_t)cmark_node_get_start_line(node);
}

/* Offset in the text of a line (from 1) of the whole file. */
size_t og_line_offset(const struct og_reader *r, size_t line)
{
	size_t at = r->body;

	for (size_t i = r->body_line + 1; i < line && at < r->len; i++) {
		const char *end = memchr(r->text + at, '\n', r->len - at);

		at = end != NULL ? (size_t)(end - r->text) + 1 : r->len;
	}
	return at;
}

/* The source of a block, its line ends made spaces. */
static json_t *source_of(const struct og_reader *r, cmark_node *node)
{
	size_t from =
		og_line_offset(r, line_of(r, node)) + (size_t)cmark_node_get_start_column(node) - 1;
	size_t to = og_line_offset(r, r->body_line + (size_t)cmark_node_get_end_line(node)) +
		    (size_t)cmark_node_get_end_column(node);
	struct og_buf buf;
	json_t *text;

	if (to > r->len)
		to = r->len;
	if (to > from + 2 && r->text[from] == '`' && r->text[to - 1] == '`') {
		from++;
		to--;
	}
	og_buf_init(&buf, OG_SKILL_TEXT_MAX);
	for (size_t i = from; i < to; i++) {
		int c = (unsigned char)r->text[i];

		if (c == '\n' || c == '\r' || c == '\t')
			c = ' ';
		if (c != ' ' || (buf.len > 0 && buf.data[buf.len - 1] != ' '))
			og_buf_addc(&buf, (char)c);
	}
	text = buf.failed ? NULL : json_stringn(buf.len > 0 ? buf.data : "", buf.len);
	og_buf_release(&buf);
	return text;
}

/* A pattern or an example. */
static void add_sentence(struct og_reader *r, cmark_node *item, const char *member, size_t max)
{
	cmark_node *para = cmark_node_first_child(item);
	json_t *list = json_object_get(r->doc, member), *text;

	if (para == NULL || cmark_node_get_type(para) != CMARK_NODE_PARAGRAPH) {
		og_note_error(r, line_of(r, item), "an item of %s is not a sentence",
			      strcmp(member, "patterns") == 0 ? "When" : "Examples");
		return;
	}
	if (json_array_size(list) == max) {
		og_note_error(r, line_of(r, item), "more than %zu %s", max, member);
		return;
	}
	text = source_of(r, para);
	if (text == NULL) {
		r->failed = 1;
		return;
	}
	if (list == NULL) {
		og_reader_set(r, r->doc, member, json_array());
		list = json_object_get(r->doc, member);
	}
	og_reader_append(
		r, list,
		json_pack("{s:o,s:I}", "text", text, "line", (json_int_t)line_of(r, item)));
}

static void add_test(struct og_reader *r, cmark_node *item)
{
	cmark_node *para = cmark_node_first_child(item);
	struct og_err err = OG_ERR_INIT;
	json_t *text, *test = NULL;

	if (para == NULL || cmark_node_get_type(para) != CMARK_NODE_PARAGRAPH ||
	    cmark_node_next(para) != NULL) {
		og_note_error(r, line_of(r, item), "an item of Tests is not one sentence");
		return;
	}
	text = source_of(r, para);
	if (text == NULL) {
		r->failed = 1;
	} else if (og_skill_test_parse(json_string_value(text), &test, &err) < 0) {
		og_note_error(r, line_of(r, item), "test: %s", err.msg);
	} else {
		og_reader_set(r, test, "line", json_integer((json_int_t)line_of(r, item)));
		if (json_object_get(r->doc, "tests") == NULL)
			og_reader_set(r, r->doc, "tests", json_array());
		og_reader_append(r, json_object_get(r->doc, "tests"), test);
	}
	json_decref(text);
}

void og_read_sentences(struct og_reader *r, cmark_node *list, const char *member, size_t max)
{
	for (cmark_node *item = cmark_node_first_child(list); item != NULL;
	     item = cmark_node_next(item))
		add_sentence(r, item, member, max);
}

void og_read_tests(struct og_reader *r, cmark_node *list)
{
	for (cmark_node *item = cmark_node_first_child(list); item != NULL;
	     item = cmark_node_next(item))
		add_test(r, item);
}
