/*
 * The body: CommonMark blocks, of which a few level 2 sections mean
 * something to us. Lists are read by items.c.
 */
#include "lib/skill/parse-internal.h"

#include <cmark-gfm.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/http.h"
#include "lib/skill/skill.h"
#include "lib/view/view.h"

enum section {
	SECTION_PROSE,
	SECTION_WHEN,
	SECTION_EXAMPLES,
	SECTION_STEPS,
	SECTION_ANSWER,
	SECTION_GRANTS,
	SECTION_VIEW,
	SECTION_TESTS,
};

struct body {
	struct og_reader *r;
	enum section section;
	json_t *step; /* the one being read, borrowed */
	size_t answer_from, answer_to;
};

static size_t line_of(const struct body *b, cmark_node *node)
{
	return b->r->body_line + (size_t)cmark_node_get_start_line(node);
}

static int heading_text(cmark_node *node, struct og_buf *buf)
{
	for (cmark_node *n = cmark_node_first_child(node); n != NULL; n = cmark_node_next(n)) {
		const char *text = cmark_node_get_literal(n);

		if (text != NULL)
			og_buf_adds(buf, text);
	}
	return buf->failed ? -1 : 0;
}

static enum section section_called(const char *name)
{
	static const struct {
		const char *name;
		enum section section;
	} sections[] = { { "when", SECTION_WHEN },	   { "steps", SECTION_STEPS },
			 { "answer", SECTION_ANSWER },	   { "grants", SECTION_GRANTS },
			 { "examples", SECTION_EXAMPLES }, { "view", SECTION_VIEW },
			 { "tests", SECTION_TESTS } };

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (og_ascii_casecmp(name, sections[i].name) == 0)
			return sections[i].section;
	}
	return SECTION_PROSE;
}

static void open_step(struct body *b, const char *name, size_t line)
{
	json_t *steps = json_object_get(b->r->doc, "steps");
	char slug[OG_SKILL_NAME_MAX + 1];

	b->step = NULL;
	if (og_slug(name, '-', slug) < 0) {
		og_note_error(b->r, line, "a step has no name");
		return;
	}
	if (og_skill_step_reserved(slug)) {
		og_note_error(b->r, line, "no step may be called '%s'", slug);
		return;
	}
	if (og_skill_step(b->r->doc, slug) != NULL) {
		og_note_error(b->r, line, "two steps are called '%s'", slug);
		return;
	}
	if (json_array_size(steps) == OG_SKILL_STEPS_MAX) {
		og_note_error(b->r, line, "more than %d steps", OG_SKILL_STEPS_MAX);
		return;
	}
	og_reader_append(
		b->r, steps,
		json_pack("{s:s,s:I,s:[]}", "name", slug, "line", (json_int_t)line, "blocks"));
	b->step = json_array_get(steps, json_array_size(steps) - 1);
}

static void read_heading(struct body *b, cmark_node *node)
{
	int level = cmark_node_get_heading_level(node);
	size_t line = line_of(b, node);
	struct og_buf name;

	og_buf_init(&name, 4096);
	if (heading_text(node, &name) < 0) {
		og_note_error(b->r, line, "a heading is too long");
	} else if (level <= 2) {
		if (b->section == SECTION_ANSWER)
			b->answer_to = og_line_offset(b->r, line);
		b->section =
			level == 2 ? section_called(name.len > 0 ? name.data : "") : SECTION_PROSE;
		b->step = NULL;
		if (b->section == SECTION_ANSWER && b->answer_from == 0)
			b->answer_from = og_line_offset(b->r, line + 1);
		if (b->section == SECTION_ANSWER)
			b->answer_to = b->r->len;
	} else if (level == 3 && b->section == SECTION_STEPS) {
		open_step(b, name.len > 0 ? name.data : "", line);
	}
	og_buf_release(&name);
}

/* Takes the next word of an info string; *ret_rest is what follows it. */
static size_t next_word(const char *info, const char **ret_word, const char **ret_rest)
{
	size_t n;

	info += strspn(info, " \t");
	n = strcspn(info, " \t");
	*ret_word = info;
	*ret_rest = info + n;
	return n;
}

static int word_is(const char *word, size_t len, const char *is)
{
	return strlen(is) == len && memcmp(word, is, len) == 0;
}

/* The options after "sql read" and "sql write": as NAME, any. */
static void read_options(struct body *b, json_t *block, const char *rest, size_t line)
{
	const char *word;
	size_t n;

	while ((n = next_word(rest, &word, &rest)) > 0) {
		char name[64] = "";

		if (word_is(word, n, "any") && strcmp(og_json_str(block, "kind"), "write") == 0) {
			og_reader_set(b->r, block, "any", json_true());
			continue;
		}
		if (word_is(word, n, "as") && (n = next_word(rest, &word, &rest)) > 0 &&
		    n < sizeof(name))
			memcpy(name, word, n);
		if (!og_ident_valid(name)) {
			og_note_error(b->r, line, "in '%.100s': expected 'as NAME' or 'any'", word);
			return;
		}
		og_reader_set(b->r, block, "as", json_string(name));
	}
}

static void read_message(struct body *b, json_t *block, const char *rest, size_t line)
{
	rest += strspn(rest, " \t");
	if (*rest == '\0')
		og_note_error(b->r, line, "'sql require' needs a message for the refusal");
	og_reader_set(b->r, block, "message", json_string(rest));
}

static const struct block_form {
	const char *first, *second, *kind;
	int json;
} block_forms[] = {
	{ "sql", "read", "read", 0 },	    { "sql", "write", "write", 0 },
	{ "sql", "undo", "undo", 0 },	    { "sql", "require", "require", 0 },
	{ "put", "skill", "put-skill", 1 }, { "put", "policy", "put-policy", 1 },
	{ "ddl", NULL, "ddl", 1 },	    { "view", NULL, "view", 1 },
	{ "http", "undo", "http-undo", 1 }, { "http", NULL, "http", 1 },
};

/* The form of an info string, NULL for an example, with what follows it.
 * "sql" and "put" with a wrong second word are noted: they look executed. */
static const struct block_form *form_of(struct body *b, const char *info, size_t line,
					const char **ret_rest)
{
	const char *first, *second, *rest;
	size_t n = next_word(info, &first, &rest), m = next_word(rest, &second, ret_rest);

	for (size_t i = 0; i < sizeof(block_forms) / sizeof(block_forms[0]); i++) {
		const struct block_form *form = &block_forms[i];

		if (!word_is(first, n, form->first))
			continue;
		if (form->second == NULL) {
			*ret_rest = rest;
			return form;
		}
		if (word_is(second, m, form->second))
			return form;
	}
	if (word_is(first, n, "put") || (word_is(first, n, "sql") && m > 0))
		og_note_error(b->r, line, "there is no block '%.60s'", info);
	else if (word_is(first, n, "sql"))
		og_note_warning(b->r, line, "a block 'sql' alone is an example, it is not run");
	return NULL;
}

static int parse_json(struct body *b, const char *text, size_t line, json_t **ret)
{
	struct og_err err = OG_ERR_INIT;

	if (og_json_parse(text, strlen(text), OG_SKILL_TEXT_MAX, "block", ret, &err) == 0)
		return 1;
	og_note_error(b->r, line, "%s", err.msg);
	return 0;
}

static json_t *new_block(struct body *b, const struct block_form *form, const char *text,
			 size_t line)
{
	json_t *block = json_pack("{s:s,s:s,s:I}", "kind", form->kind, "text", text, "line",
				  (json_int_t)line);
	json_t *value;

	if (block == NULL) {
		b->r->failed = 1;
	} else if (form->json) {
		if (parse_json(b, text, line, &value))
			json_decref(value);
	} else if (text[strspn(text, " \t\r\n")] == '\0') {
		og_note_error(b->r, line, "the block is empty");
	}
	return block;
}

static void read_step_block(struct body *b, cmark_node *node)
{
	size_t line = line_of(b, node);
	const char *rest, *info = cmark_node_get_fence_info(node);
	const struct block_form *form = form_of(b, info, line, &rest);
	json_t *block, *blocks = json_object_get(b->step, "blocks");

	if (form == NULL)
		return;
	if (b->step == NULL) {
		og_note_error(b->r, line, "a block stands before the first '### step'");
		return;
	}
	if (json_array_size(blocks) == OG_SKILL_BLOCKS_MAX) {
		og_note_error(b->r, line, "more than %d blocks in a step", OG_SKILL_BLOCKS_MAX);
		return;
	}
	block = new_block(b, form, cmark_node_get_literal(node), line);
	if (block == NULL)
		return;
	if (strcmp(form->kind, "require") == 0)
		read_message(b, block, rest, line);
	else if (strcmp(form->kind, "read") == 0 || strcmp(form->kind, "write") == 0)
		read_options(b, block, rest, line);
	else if (rest[strspn(rest, " \t")] != '\0')
		og_note_error(b->r, line, "nothing may follow in '%.60s'", info);
	og_reader_append(b->r, blocks, block);
}

static void read_member(struct body *b, cmark_node *node, const char *info, const char *member,
			int array)
{
	json_t *value;

	if (!word_is(cmark_node_get_fence_info(node), strlen(cmark_node_get_fence_info(node)),
		     info) ||
	    !parse_json(b, cmark_node_get_literal(node), line_of(b, node), &value))
		return;
	if (array ? !json_is_array(value) : !json_is_object(value)) {
		og_note_error(b->r, line_of(b, node), "'%s' holds %s", info,
			      array ? "a JSON array" : "a JSON object");
		json_decref(value);
		return;
	}
	og_reader_set(b->r, b->r->doc, member, value);
}

/* A view that was written: wrong ones are told when the skill is read. */
static void check_view(struct body *b, const json_t *view, size_t line)
{
	const json_t *jsx = json_object_get(view, "jsx"), *tree = json_object_get(view, "tree");
	struct og_err err = OG_ERR_INIT;
	json_t *ignored = NULL;

	if (json_is_string(jsx) &&
	    og_view_jsx(json_string_value(jsx), json_string_length(jsx), NULL, &ignored, &err) < 0)
		og_note_error(b->r, line, "%s", err.msg);
	json_decref(ignored);
	if (tree && og_view_check(tree, &err) < 0)
		og_note_error(b->r, line, "%s", err.msg);
}

static int is_fenced_as(cmark_node *node, const char *word)
{
	const char *info = cmark_node_get_fence_info(node);

	return word_is(info, strlen(info), word);
}

/* "view" holds hints, "jsx view" the view itself; both make one. */
static void read_view(struct body *b, cmark_node *node)
{
	json_t *view = json_object_get(b->r->doc, "view"), *text;
	size_t line = line_of(b, node);

	if (is_fenced_as(node, "jsx view")) {
		text = json_string(cmark_node_get_literal(node));
		if (!view)
			og_reader_set(b->r, b->r->doc, "view", json_pack("{s:o}", "jsx", text));
		else
			og_reader_set(b->r, view, "jsx", text);
	} else if (is_fenced_as(node, "view")) {
		json_t *jsx = json_incref(json_object_get(view, "jsx"));

		read_member(b, node, "view", "view", 0);
		if (jsx)
			og_reader_set(b->r, json_object_get(b->r->doc, "view"), "jsx", jsx);
	} else {
		return;
	}
	check_view(b, json_object_get(b->r->doc, "view"), line);
}

static void read_code(struct body *b, cmark_node *node)
{
	if (b->section == SECTION_STEPS)
		read_step_block(b, node);
	else if (b->section == SECTION_GRANTS)
		read_member(b, node, "grants", "asks", 1);
	else if (b->section == SECTION_VIEW)
		read_view(b, node);
}

static void set_answer(struct body *b)
{
	const char *text = b->r->text + b->answer_from;
	size_t len = b->answer_to - b->answer_from;

	while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	if (len > 0)
		og_reader_set(b->r, b->r->doc, "answer", json_stringn(text, len));
}

/* What is wrong with a call, and what is risky about it. */
static void check_call(struct body *b, const json_t *step)
{
	const json_t *block = og_http_block(step, "http"), *text = json_object_get(block, "text");
	size_t line = (size_t)og_json_int(block, "line", 0);
	struct og_err err = OG_ERR_INIT;
	struct og_http_call call;
	int64_t wrong = 0;
	json_t *value;

	if (og_http_step_check(step, &wrong, &err) < 0) {
		og_note_error(b->r, (size_t)wrong, "%s", err.msg);
		return;
	}
	if (!block || !parse_json(b, json_string_value(text), line, &value))
		return;
	if (og_http_call(value, &call, &err) == 0 && !og_http_only_reads(&call)) {
		if (!call.idempotent)
			og_note_warning(
				b->r, line,
				"without 'idempotent' a lost answer leaves the step in doubt");
		if (!og_http_block(step, "http-undo"))
			og_note_warning(b->r, line, "no 'http undo' takes this call back");
	}
	json_decref(value);
}

static void check_calls(struct body *b)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(b->r->doc, "steps"), i, step)
	{
		if (b->r->errors == 0)
			check_call(b, step);
	}
}

static void read_blocks(struct body *b, cmark_node *root)
{
	for (cmark_node *n = cmark_node_first_child(root); n != NULL; n = cmark_node_next(n)) {
		cmark_node_type type = cmark_node_get_type(n);

		if (type == CMARK_NODE_HEADING)
			read_heading(b, n);
		else if (type == CMARK_NODE_LIST && b->section == SECTION_EXAMPLES)
			og_read_sentences(b->r, n, "examples", OG_SKILL_EXAMPLES_MAX);
		else if (type == CMARK_NODE_LIST && b->section == SECTION_WHEN)
			og_read_sentences(b->r, n, "patterns", OG_SKILL_PATTERNS_MAX);
		else if (type == CMARK_NODE_LIST && b->section == SECTION_TESTS)
			og_read_tests(b->r, n);
		else if (type == CMARK_NODE_CODE_BLOCK)
			read_code(b, n);
	}
	if (b->answer_from > 0)
		set_answer(b);
	check_calls(b);
}

void og_read_body(struct og_reader *r)
{
	struct body b = { .r = r };
	cmark_node *root;

	if (!r->ours)
		return;
	root = cmark_parse_document(r->text + r->body, r->len - r->body, CMARK_OPT_DEFAULT);
	if (root == NULL) {
		r->failed = 1;
		return;
	}
	read_blocks(&b, root);
	cmark_node_free(root);
}
