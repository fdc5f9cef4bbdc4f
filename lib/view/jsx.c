/*
 * Static JSX: the component that a language model or a person writes, read
 * without running any of it. Elements of the catalogue go through
 * conforming while they are read, so that whatever is wrong is told with
 * its line and column.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/jsx-internal.h"

#define NAME_MAX_LEN 64

int og_jsx_fail(struct jsx *j, const char *fmt, ...)
{
	char what[OG_ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(what, sizeof(what), fmt, args);
	va_end(args);
	j->c.at = j->at < j->len ? j->at : j->len;
	j->c.step = NULL;
	return og_conform_fail(&j->c, "%s", what);
}

int og_jsx_code(struct jsx *j, const char *what)
{
	og_jsx_fail(j, "%s needs code, and this view may have none", what);
	return og_hint(j->c.err, "compute it in the query, or draw it with --allow-code");
}

int og_jsx_expect(struct jsx *j, char c, const char *after)
{
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) != c)
		return og_jsx_fail(j, "'%c' should stand after %s", c, after);
	j->at++;
	return 0;
}

int og_jsx_down(struct jsx *j, size_t levels)
{
	j->depth += levels;
	if (j->depth > OG_JSON_DEPTH)
		return og_jsx_fail(j, "nested deeper than %d", OG_JSON_DEPTH);
	return 0;
}

void og_jsx_up(struct jsx *j, size_t levels)
{
	j->depth -= levels;
}

size_t og_jsx_name(const struct jsx *j)
{
	size_t n = 0;

	if (og_jsx_digit(jsx_peek(j, 0), 10) >= 0 || jsx_peek(j, 0) == '-')
		return 0;
	while (og_jsx_is_name(jsx_peek(j, n)))
		n++;
	return n;
}

static int skip_comment(struct jsx *j)
{
	const char *end;

	if (jsx_peek(j, 1) == '/') {
		end = memchr(j->text + j->at, '\n', j->len - j->at);
		j->at = end ? (size_t)(end - j->text) : j->len;
		return 0;
	}
	end = memmem(j->text + j->at + 2, j->len - j->at - 2, "*/", 2);
	if (!end)
		return og_jsx_fail(j, "a comment without its end");
	j->at = (size_t)(end - j->text) + 2;
	return 0;
}

int og_jsx_space(struct jsx *j)
{
	for (;;) {
		while (jsx_is_space(jsx_peek(j, 0)))
			j->at++;
		if (jsx_peek(j, 0) != '/' || (jsx_peek(j, 1) != '*' && jsx_peek(j, 1) != '/'))
			return 0;
		if (skip_comment(j) < 0)
			return -1;
	}
}

int og_jsx_word(struct jsx *j, const char *word)
{
	size_t n = strlen(word);

	if (j->len - j->at < n || memcmp(j->text + j->at, word, n) != 0)
		return 0;
	if (og_jsx_is_name(jsx_peek(j, n)) && jsx_peek(j, n) != '-')
		return 0;
	j->at += n;
	return 1;
}

/* --- attributes ------------------------------------------------------------------ */

/* The element being read. */
struct element {
	const struct og_component *component; /* NULL: a fragment */
	size_t at;			      /* where its tag begins */
	json_t *node;			      /* a fragment's: an array of children */
};

static int attribute_name(struct jsx *j, char name[NAME_MAX_LEN])
{
	size_t n = og_jsx_name(j);

	if (jsx_peek(j, 0) == '{')
		return og_jsx_code(j, "'...' among the properties");
	if (n == 0)
		return og_jsx_fail(j, jsx_peek(j, 0) ? "a property, '>' or '/>' should stand here"
						     : "the view ends inside of a tag");
	if (n >= NAME_MAX_LEN)
		return og_jsx_fail(j, "a name of more than %d bytes", NAME_MAX_LEN - 1);
	memcpy(name, j->text + j->at, n);
	name[n] = '\0';
	if (strncmp(name, "on", 2) == 0 && name[2] >= 'A' && name[2] <= 'Z')
		return og_jsx_code(j, "an event handler");
	j->at += n;
	return 0;
}

/* The value after a name; none is true. */
static int attribute_value(struct jsx *j, json_t **ret)
{
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) != '=') {
		*ret = json_true();
		return 0;
	}
	j->at++;
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == '"' || jsx_peek(j, 0) == '\'')
		return og_jsx_attribute_string(j, ret);
	if (jsx_peek(j, 0) != '{')
		return og_jsx_fail(j, "a value should stand here, in quotes or in braces");
	j->at++;
	if (og_jsx_value(j, ret) < 0)
		return -1;
	if (og_jsx_expect(j, '}', "a value") == 0)
		return 0;
	json_decref(*ret);
	*ret = NULL;
	return -1;
}

/* "key" and "id" name the element; all else is a property. */
static int put_attribute(struct jsx *j, struct element *e, const char *name, json_t *value)
{
	int is_id = strcmp(name, "id") == 0 || strcmp(name, "key") == 0;

	if (json_object_get(json_object_get(e->node, "p"), name) ||
	    (is_id && json_object_get(e->node, "id")))
		return og_conform_fail(&j->c, "'%s' stands here twice", name);
	if (!is_id)
		return og_conform_prop(&j->c, e->component, json_object_get(e->node, "p"), name,
				       value);
	if (!json_is_string(value) || json_string_length(value) > NAME_MAX_LEN)
		return og_conform_fail(&j->c, "'%s' wants a text of at most %d bytes", name,
				       NAME_MAX_LEN);
	return json_object_set(e->node, "id", value) < 0 ? og_fail_nomem(j->c.err) : 0;
}

static int attribute(struct jsx *j, struct element *e)
{
	char name[NAME_MAX_LEN];
	json_t *value = NULL;
	size_t start = j->at;
	int rc;

	if (attribute_name(j, name) < 0 || attribute_value(j, &value) < 0)
		return -1;
	j->c.at = start;
	rc = put_attribute(j, e, name, value);
	json_decref(value);
	return rc;
}

/* --- children -------------------------------------------------------------------- */

/* The children of a fragment are its parent's. */
static int add_all(struct jsx *j, const struct element *e, json_t *list)
{
	json_t *child;
	size_t i;

	json_array_foreach(list, i, child)
	{
		if (og_conform_child(&j->c, e->component, e->node, json_incref(child)) < 0)
			return -1;
	}
	return 0;
}

static int add_child(struct jsx *j, const struct element *e, size_t at, json_t *child)
{
	int rc;

	j->c.at = at;
	if (!e->component) {
		rc = json_is_array(child) ? json_array_extend(e->node, child)
					  : json_array_append(e->node, child);
		json_decref(child);
		return rc < 0 ? og_fail_nomem(j->c.err) : 0;
	}
	if (!json_is_array(child))
		return og_conform_child(&j->c, e->component, e->node, child);
	rc = add_all(j, e, child);
	json_decref(child);
	return rc;
}

static int is_blank_text(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strspn(text, " \t") == json_string_length(value);
}

/* A text or a value between tags. */
static int add_text(struct jsx *j, const struct element *e, size_t at, json_t *value)
{
	static const struct og_prop nothing[] = { { .name = NULL } };
	static const struct og_component holder = { "a fragment", 1, nothing };
	json_t *list;
	int rc = 0;

	j->c.at = at;
	if (is_blank_text(value) && (!e->component || !og_prop_find(e->component->props, "text")))
		return 0;
	if (e->component)
		return og_conform_text_child(&j->c, e->component, e->node, value);
	list = json_pack("{s:O}", "k", e->node);
	rc = list ? og_conform_text_child(&j->c, &holder, list, value) : og_fail_nomem(j->c.err);
	json_decref(list);
	return rc;
}

static int braces(struct jsx *j, const struct element *e)
{
	size_t start = j->at++;
	json_t *value = NULL;
	int rc;

	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == '}') { /* a comment */
		j->at++;
		return 0;
	}
	if (jsx_peek(j, 0) == '<') {
		start = j->at;
		rc = og_jsx_element(j, &value);
		if (rc == 0)
			rc = add_child(j, e, start, value);
		return rc < 0 ? -1 : og_jsx_expect(j, '}', "a component");
	}
	rc = og_jsx_value(j, &value);
	if (rc == 0)
		rc = og_jsx_expect(j, '}', "a value");
	if (rc == 0 && !json_is_null(value) && !json_is_boolean(value))
		rc = add_text(j, e, start, value);
	json_decref(value);
	return rc;
}

static int closing_tag(struct jsx *j, const struct element *e)
{
	const char *name = e->component ? e->component->name : "";
	size_t start = j->at, n;

	j->at += 2;
	if (og_jsx_space(j) < 0)
		return -1;
	n = og_jsx_name(j);
	if (n != strlen(name) || memcmp(j->text + j->at, name, n) != 0) {
		j->at = start;
		return og_jsx_fail(j, "<%s> is not closed here: '</%s>' should stand here", name,
				   name);
	}
	j->at += n;
	return og_jsx_expect(j, '>', "a closing tag's name");
}

static int children(struct jsx *j, struct element *e)
{
	json_t *child;
	size_t start;
	int rc;

	for (;;) {
		start = j->at;
		child = NULL;
		if (jsx_peek(j, 0) == '\0') {
			j->at = e->at;
			return og_jsx_fail(j, "<%s> is never closed",
					   e->component ? e->component->name : "");
		}
		if (jsx_peek(j, 0) == '<' && jsx_peek(j, 1) == '/')
			return closing_tag(j, e);
		if (jsx_peek(j, 0) == '{') {
			rc = braces(j, e);
		} else if (jsx_peek(j, 0) == '<') {
			rc = og_jsx_element(j, &child);
			if (rc == 0)
				rc = add_child(j, e, start, child);
		} else {
			rc = og_jsx_text(j, &child);
			if (rc == 0 && child)
				rc = add_text(j, e, start, child);
			json_decref(child);
		}
		if (rc < 0)
			return -1;
	}
}

/* --- elements -------------------------------------------------------------------- */

static int open_tag(struct jsx *j, struct element *e)
{
	char name[NAME_MAX_LEN];
	size_t n = og_jsx_name(j);

	if (n == 0 && jsx_peek(j, 0) != '>')
		return og_jsx_fail(j, "a component's name should stand after '<'");
	if (n == 0) {
		e->node = json_array();
		return e->node ? 0 : og_fail_nomem(j->c.err);
	}
	og_text_format(name, sizeof(name), "%.*s", (int)(n < NAME_MAX_LEN ? n : NAME_MAX_LEN),
		       j->text + j->at);
	j->c.at = j->at;
	e->component = og_component_find(name);
	if (!e->component)
		return og_conform_unknown(&j->c, name);
	e->node = og_conform_node(&j->c, e->component, NULL);
	j->at += n;
	return e->node ? 0 : -1;
}

/* From behind the name to the end of the element. */
static int rest_of(struct jsx *j, struct element *e)
{
	for (;;) {
		if (og_jsx_space(j) < 0)
			return -1;
		if (jsx_peek(j, 0) == '/') {
			j->at++;
			return og_jsx_expect(j, '>', "'/'");
		}
		if (jsx_peek(j, 0) == '>') {
			j->at++;
			return children(j, e);
		}
		if (!e->component)
			return og_jsx_fail(j, "a fragment has no properties");
		if (attribute(j, e) < 0)
			return -1;
	}
}

int og_jsx_element(struct jsx *j, json_t **ret)
{
	struct element e = { .at = j->at };
	int rc = og_jsx_down(j, 2);

	j->at++;
	if (rc == 0)
		rc = open_tag(j, &e);
	if (rc == 0)
		rc = rest_of(j, &e);
	og_jsx_up(j, 2);
	if (rc == 0 && e.component) {
		j->c.at = e.at;
		rc = og_conform_required(&j->c, e.component, json_object_get(e.node, "p"));
	}
	if (rc < 0) {
		json_decref(e.node);
		return -1;
	}
	*ret = e.node;
	return 0;
}
