/*
 * A tree as JSX, the way a person would lay it out: what fits on a line
 * stands on one. Rows that are a set of the result stand there as a path,
 * so that the text stays short and the view can be drawn over the next
 * result as well.
 */
#include "lib/view/view.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/sets-internal.h"

#define LINE_MAX_LEN ((size_t)96)
#define NUMBER_MAX   64

struct printer {
	struct og_buf *buf;
	const json_t *data; /* of the result: sets by name */
	struct og_err *err;
	int bad; /* a number that cannot be written */
};

static void indent(struct printer *p, size_t level)
{
	og_buf_addc(p->buf, '\n');
	for (; level > 0; level--)
		og_buf_addc(p->buf, '\t');
}

static int is_identifier(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char later[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				    "0123456789";

	return strspn(name, first) > 0 && name[strspn(name, later)] == '\0';
}

static void add_path(struct printer *p, const char *set)
{
	og_buf_adds(p->buf, is_identifier(set) ? "data." : "data[");
	if (is_identifier(set)) {
		og_buf_adds(p->buf, set);
		return;
	}
	og_json_quote(p->buf, set, strlen(set));
	og_buf_addc(p->buf, ']');
}

static void add_number(struct printer *p, const json_t *value)
{
	struct og_buf text;

	og_buf_init(&text, NUMBER_MAX);
	if (og_json_dump(value, &text, p->err) < 0)
		p->bad = 1;
	else
		og_buf_add(p->buf, text.data, text.len);
	og_buf_release(&text);
}

/* Lists and objects: members on one line, or with level > 0 a line each. */
static void add_value(struct printer *p, const json_t *value, size_t level);

static void add_object(struct printer *p, const json_t *value, size_t level)
{
	const char *key;
	json_t *one;
	size_t n = 0;

	og_buf_addc(p->buf, '{');
	json_object_foreach((json_t *)(uintptr_t)value, key, one)
	{
		og_buf_adds(p->buf, n++ > 0 ? "," : "");
		if (level > 0)
			indent(p, level);
		else
			og_buf_addc(p->buf, ' ');
		if (is_identifier(key))
			og_buf_adds(p->buf, key);
		else
			og_json_quote(p->buf, key, strlen(key));
		og_buf_adds(p->buf, ": ");
		add_value(p, one, level);
		if (p->buf->failed)
			return;
	}
	if (level > 0 && n > 0)
		indent(p, level - 1);
	og_buf_adds(p->buf, level > 0 || n == 0 ? "}" : " }");
}

static void add_array(struct printer *p, const json_t *value, size_t level)
{
	json_t *one;
	size_t i;

	og_buf_addc(p->buf, '[');
	json_array_foreach(value, i, one)
	{
		og_buf_adds(p->buf, i > 0 ? "," : "");
		if (level > 0)
			indent(p, level);
		else if (i > 0)
			og_buf_addc(p->buf, ' ');
		add_value(p, one, level);
		if (p->buf->failed)
			return;
	}
	if (level > 0 && json_array_size(value) > 0)
		indent(p, level - 1);
	og_buf_addc(p->buf, ']');
}

/* Does it fit what is left of a line of this level? Then it stands there. */
static int add_short(struct printer *p, const json_t *value, size_t level)
{
	struct og_buf line;
	struct printer one = { .buf = &line, .data = p->data, .err = p->err };
	int fits;

	og_buf_init(&line,
		    8 * level < LINE_MAX_LEN / 2 ? LINE_MAX_LEN - 8 * level : LINE_MAX_LEN / 2);
	add_value(&one, value, 0);
	fits = !line.failed;
	if (fits)
		og_buf_add(p->buf, line.len > 0 ? line.data : "", line.len);
	p->bad |= one.bad;
	og_buf_release(&line);
	return fits;
}

/* A cell of the data that looks like a binding is none: it is written as
 * the text that it is drawn as. */
static void add_lookalike(struct printer *p, const json_t *value)
{
	struct og_buf text;

	og_buf_init(&text, OG_VIEW_MAX);
	og_format(&text, value, "text", NULL);
	og_json_quote(p->buf, text.len > 0 ? text.data : "", text.len);
	og_buf_release(&text);
}

static void add_value(struct printer *p, const json_t *value, size_t level)
{
	const char *set = og_view_set_of(p->data, value);

	if (set)
		add_path(p, set);
	else if (json_is_string(value))
		og_json_quote(p->buf, json_string_value(value), json_string_length(value));
	else if (json_is_number(value))
		add_number(p, value);
	else if (json_object_size(value) == 1 && og_json_str(value, "$"))
		add_lookalike(p, value);
	else if (!json_is_object(value) && !json_is_array(value))
		og_buf_adds(p->buf, json_is_true(value)	   ? "true"
				    : json_is_false(value) ? "false"
							   : "null");
	else if (level > 0 && add_short(p, value, level))
		return;
	else if (json_is_object(value))
		add_object(p, value, level > 0 ? level + 1 : 0);
	else
		add_array(p, value, level > 0 ? level + 1 : 0);
}

/* May it stand between double quotes as it is? */
static int is_quotable(const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != json_string_length(value) || strpbrk(text, "\"&\\"))
		return 0;
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return 0;
	return 1;
}

static void add_attribute(struct printer *p, const char *name, const json_t *value, size_t level)
{
	og_buf_adds(p->buf, name);
	if (json_is_true(value))
		return;
	if (is_quotable(value)) {
		og_buf_addf(p->buf, "=\"%s\"", json_string_value(value));
		return;
	}
	og_buf_adds(p->buf, "={");
	add_value(p, value, level);
	og_buf_addc(p->buf, '}');
}

/* What a view may say: of a page no more than its title. */
static int is_said(const json_t *node, const char *name, const json_t *value)
{
	if (json_is_null(value))
		return 0;
	return strcmp(og_text_of(node, "c"), "Page") != 0 || strcmp(name, "title") == 0 ||
	       strcmp(name, "subtitle") == 0;
}

/* level 0: all on the tag's line; else a line each. */
static void add_attributes(struct printer *p, const json_t *node, size_t level)
{
	const char *id = og_json_str(node, "id"), *name;
	json_t *value;

	if (id)
		add_attribute(p, " key", json_object_get(node, "id"), 0);
	json_object_foreach(json_object_get(node, "p"), name, value)
	{
		if (!is_said(node, name, value))
			continue;
		if (level > 0)
			indent(p, level);
		else
			og_buf_addc(p->buf, ' ');
		add_attribute(p, name, value, level);
		if (p->buf->failed)
			return;
	}
}

static int add_short_attributes(struct printer *p, const json_t *node, size_t level)
{
	size_t taken = 8 * level + strlen(og_text_of(node, "c")) + 4;
	struct og_buf line;
	struct printer one = { .buf = &line, .data = p->data, .err = p->err };
	int fits;

	og_buf_init(&line, taken < LINE_MAX_LEN / 2 ? LINE_MAX_LEN - taken : LINE_MAX_LEN / 2);
	add_attributes(&one, node, 0);
	fits = !line.failed;
	if (fits)
		og_buf_add(p->buf, line.len > 0 ? line.data : "", line.len);
	p->bad |= one.bad;
	og_buf_release(&line);
	return fits;
}

static void add_node(struct printer *p, const json_t *node, size_t level)
{
	json_t *children = json_object_get(node, "k"), *child;
	int is_short;
	size_t i;

	indent(p, level);
	og_buf_addf(p->buf, "<%s", og_text_of(node, "c"));
	is_short = add_short_attributes(p, node, level);
	if (!is_short) {
		add_attributes(p, node, level + 1);
		indent(p, level);
	}
	if (json_array_size(children) == 0) {
		og_buf_adds(p->buf, is_short ? " />" : "/>");
		return;
	}
	og_buf_addc(p->buf, '>');
	json_array_foreach(children, i, child) add_node(p, child, level + 1);
	indent(p, level);
	og_buf_addf(p->buf, "</%s>", og_text_of(node, "c"));
}

int og_view_print_jsx(const json_t *tree, const json_t *result, struct og_buf *buf,
		      struct og_err *err)
{
	struct printer p = { .buf = buf, .data = json_object_get(result, "data"), .err = err };

	og_buf_adds(buf, "export default function View({ data }) {\n\treturn (");
	add_node(&p, tree, 2);
	og_buf_adds(buf, "\n\t);\n}\n");
	if (p.bad)
		return -1;
	return og_buf_check(buf, "JSX", err);
}
