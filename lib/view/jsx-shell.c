/*
 * What stands around the element: the function that a component usually
 * is. It may take {data} and {result} and return one element; a statement
 * of any other kind would have to run.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/jsx-internal.h"

/* A name of the view's own: whatever it is called. */
static int skip_name(struct jsx *j)
{
	if (og_jsx_space(j) < 0)
		return -1;
	j->at += og_jsx_name(j);
	return og_jsx_space(j);
}

/* ({data}), ({data, result}) or (). */
static int parameters(struct jsx *j)
{
	if (og_jsx_expect(j, '(', "the function's name") < 0 || og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == '{') {
		j->at++;
		for (;;) {
			if (og_jsx_space(j) < 0)
				return -1;
			if (!og_jsx_word(j, "data") && !og_jsx_word(j, "result"))
				break;
			if (og_jsx_space(j) < 0)
				return -1;
			if (jsx_peek(j, 0) != ',')
				break;
			j->at++;
		}
		if (jsx_peek(j, 0) != '}')
			return og_jsx_fail(j, "a view takes data and result, and nothing else");
		j->at++;
	} else if (jsx_peek(j, 0) != ')') {
		return og_jsx_fail(j, "a view takes {data} or {data, result}");
	}
	return og_jsx_expect(j, ')', "the parameters");
}

static int element_in_brackets(struct jsx *j, json_t **ret)
{
	size_t open = 0;

	for (;; open++) {
		if (og_jsx_space(j) < 0)
			return -1;
		if (jsx_peek(j, 0) != '(')
			break;
		j->at++;
	}
	if (jsx_peek(j, 0) != '<')
		return jsx_peek(j, 0) ? og_jsx_code(j, "what is not a component")
				      : og_jsx_fail(j, "a component should stand here");
	if (og_jsx_element(j, ret) < 0)
		return -1;
	for (; open > 0; open--)
		if (og_jsx_expect(j, ')', "the component") < 0)
			return -1;
	return 0;
}

static int body(struct jsx *j, json_t **ret)
{
	if (og_jsx_expect(j, '{', "the parameters") < 0 || og_jsx_space(j) < 0)
		return -1;
	if (!og_jsx_word(j, "return"))
		return og_jsx_code(j, "a statement before 'return'");
	if (element_in_brackets(j, ret) < 0 || og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == ';')
		j->at++;
	return og_jsx_expect(j, '}', "the component");
}

/* ({data}) => element, or => { return element } */
static int arrow(struct jsx *j, json_t **ret)
{
	if (parameters(j) < 0 || og_jsx_expect(j, '=', "the parameters") < 0)
		return -1;
	if (jsx_peek(j, 0) != '>')
		return og_jsx_fail(j, "'=>' should stand here");
	j->at++;
	if (og_jsx_space(j) < 0)
		return -1;
	return jsx_peek(j, 0) == '{' ? body(j, ret) : element_in_brackets(j, ret);
}

static int is_arrow(const struct jsx *j)
{
	size_t n = 1;

	while (jsx_peek(j, n) && strchr(" \t\r\n", jsx_peek(j, n)))
		n++;
	return jsx_peek(j, 0) == '(' && (jsx_peek(j, n) == '{' || jsx_peek(j, n) == ')');
}

static int shell(struct jsx *j, json_t **ret)
{
	int exported;

	if (og_jsx_space(j) < 0)
		return -1;
	if (og_jsx_word(j, "import"))
		return og_jsx_code(j, "an import");
	exported = og_jsx_word(j, "export");
	if (og_jsx_space(j) < 0)
		return -1;
	if (exported && og_jsx_word(j, "default") && og_jsx_space(j) < 0)
		return -1;
	if (og_jsx_word(j, "function")) {
		if (skip_name(j) < 0 || parameters(j) < 0)
			return -1;
		return body(j, ret);
	}
	if (og_jsx_word(j, "const") || og_jsx_word(j, "let") || og_jsx_word(j, "var")) {
		if (skip_name(j) < 0 || og_jsx_expect(j, '=', "the view's name") < 0 ||
		    og_jsx_space(j) < 0)
			return -1;
		return is_arrow(j) ? arrow(j, ret) : og_jsx_code(j, "a variable");
	}
	return is_arrow(j) ? arrow(j, ret) : element_in_brackets(j, ret);
}

/* ";", "export default View;" and the end. */
static int rest(struct jsx *j)
{
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == ';')
		j->at++;
	if (og_jsx_space(j) < 0)
		return -1;
	if (og_jsx_word(j, "export")) {
		if (og_jsx_space(j) < 0)
			return -1;
		if (!og_jsx_word(j, "default"))
			return og_jsx_fail(j, "'default' should stand after 'export'");
		if (skip_name(j) < 0)
			return -1;
		if (jsx_peek(j, 0) == ';')
			j->at++;
		if (og_jsx_space(j) < 0)
			return -1;
	}
	return jsx_peek(j, 0) ? og_jsx_fail(j, "a view is one component, and this comes after it")
			      : 0;
}

/* A fragment as the root becomes a stack. */
static int as_root(struct jsx *j, json_t **tree)
{
	const struct og_component *component = og_component_find("Stack");
	json_t *stack, *child;
	size_t i;

	if (!json_is_array(*tree))
		return 0;
	j->c.at = 0;
	stack = og_conform_node(&j->c, component, NULL);
	if (!stack)
		return -1;
	json_array_foreach(*tree, i, child)
	{
		if (og_conform_child(&j->c, component, stack, json_incref(child)) < 0) {
			json_decref(stack);
			return -1;
		}
	}
	json_decref(*tree);
	*tree = stack;
	return 0;
}

static int check_text(struct jsx *j)
{
	const char *nul = memchr(j->text, 0, j->len);

	if (j->len > OG_VIEW_TEXT_MAX)
		return og_fail(j->c.err, OG_EDATA, "view: larger than %zu bytes", OG_VIEW_TEXT_MAX);
	if (nul) {
		j->at = (size_t)(nul - j->text);
		return og_jsx_fail(j, "a NUL byte");
	}
	if (!og_utf8_valid(j->text, j->len))
		return og_fail(j->c.err, OG_EDATA, "view: not valid UTF-8");
	return 0;
}

int og_view_jsx(const char *text, size_t len, const json_t *scope, json_t **ret, struct og_err *err)
{
	struct jsx j = { .text = text, .len = len };
	json_t *tree = NULL;
	int rc;

	og_conform_init(&j.c, scope, err);
	og_buf_init(&j.buf, OG_VIEW_TEXT_MAX);
	j.c.text = text;
	rc = check_text(&j);
	if (rc == 0)
		rc = shell(&j, &tree);
	if (rc == 0)
		rc = rest(&j);
	if (rc == 0)
		rc = as_root(&j, &tree);
	if (rc == 0)
		*ret = tree;
	else
		json_decref(tree);
	og_buf_release(&j.buf);
	return rc;
}
