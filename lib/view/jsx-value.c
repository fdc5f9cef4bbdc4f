/*
 * What stands between braces: literals, and paths into the data. All else
 * is an expression, which would need code, and the message names it.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/jsx-internal.h"

#define PATH_MAX_LEN ((size_t)512)
#define NUMBER_MAX   64
#define MEMBER_MAX   255 /* bytes of a member's name */

/* --- strings ------------------------------------------------------------------- */

/* "\u0041", "\u{1f600}" or "\x41", from the digits on; half a pair is no character. */
static int escape_rune(struct jsx *j, size_t digits)
{
	int braces = digits == 4 && jsx_peek(j, 0) == '{';
	uint32_t rune = 0;
	size_t n = 0;

	j->at += (size_t)braces;
	for (; (braces && n < 8) || (!braces && n < digits); n++) {
		int digit = og_jsx_digit(jsx_peek(j, n), 16);

		if (digit < 0)
			break;
		rune = rune * 16 + (uint32_t)digit;
	}
	if (n == 0 || (!braces && n < digits) || (braces && jsx_peek(j, n) != '}'))
		return og_jsx_fail(j, "an escape that is none");
	j->at += n + (size_t)braces;
	if (rune < 0xd800 || rune > 0xdbff || jsx_peek(j, 0) != '\\' || jsx_peek(j, 1) != 'u')
		return og_jsx_add_rune(j, rune);
	for (n = 0, j->at += 2; n < 4 && og_jsx_digit(jsx_peek(j, n), 16) >= 0; n++)
		;
	if (n == 4) { /* the other half */
		uint32_t low = 0;

		for (; n > 0; n--)
			low = low * 16 + (uint32_t)og_jsx_digit(j->text[j->at++], 16);
		if (low >= 0xdc00 && low <= 0xdfff)
			return og_jsx_add_rune(j,
					       0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00));
	}
	return og_jsx_fail(j, "half a character");
}

static int add_escape(struct jsx *j)
{
	static const char plain[] = "ntrbfv0", means[] = "\n\t\r\b\f\v";
	char c = jsx_peek(j, 1);
	const char *found = c ? strchr(plain, c) : NULL;

	j->at += 2;
	if (c == '\0' || c == '0')
		return og_jsx_fail(j, "an escape that is none");
	if (found)
		return og_buf_addc(&j->buf, means[found - plain]);
	if (c == 'u' || c == 'x')
		return escape_rune(j, c == 'u' ? 4 : 2);
	if (c == '\n') /* the string goes on on the next line */
		return 0;
	return og_buf_addc(&j->buf, c);
}

int og_jsx_string(struct jsx *j)
{
	char quote = jsx_peek(j, 0), c;
	size_t start = j->at++;

	og_buf_clear(&j->buf);
	for (;;) {
		size_t n = 0;

		while ((c = jsx_peek(j, n)) && c != quote && c != '\\' && c != '\n' && c != '$')
			n++;
		og_buf_add(&j->buf, j->text + j->at, n);
		j->at += n;
		if (c == quote)
			break;
		if (c == '\0' || (c == '\n' && quote != '`')) {
			j->at = start;
			return og_jsx_fail(j, "a string without its end");
		}
		if (c == '$' && quote == '`' && jsx_peek(j, 1) == '{')
			return og_jsx_code(j, "a template with values");
		if (c == '\\' ? add_escape(j) < 0 : og_buf_addc(&j->buf, j->text[j->at++]) < 0)
			return j->buf.failed ? og_fail_nomem(j->c.err) : -1;
	}
	j->at++;
	return 0;
}

static int string_value(struct jsx *j, json_t **ret)
{
	if (og_jsx_string(j) < 0)
		return -1;
	*ret = j->buf.failed ? NULL
			     : json_stringn_nocheck(j->buf.len > 0 ? j->buf.data : "", j->buf.len);
	return *ret ? 0 : og_fail_nomem(j->c.err);
}

/* --- numbers, lists, objects ------------------------------------------------------ */

/* Decimal, as JSON has them; also ".5" and "1_000" are left to code. */
static int number_value(struct jsx *j, json_t **ret)
{
	char text[NUMBER_MAX];
	size_t n = 0;
	double value;
	int64_t whole;

	while (n < NUMBER_MAX && (og_jsx_is_name(jsx_peek(j, n)) || jsx_peek(j, n) == '.' ||
				  (strchr("+-", jsx_peek(j, n)) && jsx_peek(j, n) &&
				   (n == 0 || strchr("eE", jsx_peek(j, n - 1))))))
		n++;
	if (n == NUMBER_MAX)
		return og_jsx_fail(j, "a number of more than %d characters", NUMBER_MAX - 1);
	memcpy(text, j->text + j->at, n);
	text[n] = '\0';
	if (!strpbrk(text, ".eE") &&
	    og_int_parse(text, -OG_JSON_INT_MAX, OG_JSON_INT_MAX, "number", &whole, NULL) == 0)
		*ret = json_integer(whole);
	else if (og_double_parse(text, "number", &value, NULL) == 0)
		*ret = json_real(value);
	else
		return og_jsx_fail(j, "'%s' is no number", text);
	j->at += n;
	return *ret ? 0 : og_fail_nomem(j->c.err);
}

/* After a member: a comma, or the closing bracket. 1: closed. */
static int next_or_end(struct jsx *j, char end)
{
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == ',') {
		j->at++;
		if (og_jsx_space(j) < 0)
			return -1;
	} else if (jsx_peek(j, 0) != end) {
		return jsx_peek(j, 0) ? og_jsx_fail(j, "a ',' or '%c' should stand here", end)
				      : og_jsx_fail(j, "'%c' is missing", end);
	}
	if (jsx_peek(j, 0) != end)
		return 0;
	j->at++;
	return 1;
}

static int is_spread(const struct jsx *j)
{
	return jsx_peek(j, 0) == '.' && jsx_peek(j, 1) == '.' && jsx_peek(j, 2) == '.';
}

static int fill_list(struct jsx *j, json_t *list)
{
	int ended = jsx_peek(j, 0) == ']' ? (j->at++, 1) : 0;
	json_t *one = NULL;

	while (!ended) {
		if (is_spread(j))
			return og_jsx_code(j, "'...'");
		if (og_jsx_value(j, &one) < 0)
			return -1;
		if (json_array_append_new(list, one) < 0)
			return og_fail_nomem(j->c.err);
		ended = next_or_end(j, ']');
		if (ended < 0)
			return -1;
	}
	return 0;
}

/* A member's name into j->buf. */
static int member_name(struct jsx *j)
{
	char c = jsx_peek(j, 0);
	size_t n = 0;

	if (is_spread(j))
		return og_jsx_code(j, "'...'");
	if (c == '[')
		return og_jsx_code(j, "a computed name");
	if (c == '"' || c == '\'')
		return og_jsx_string(j);
	while (og_jsx_is_name(jsx_peek(j, n)) && jsx_peek(j, n) != '-')
		n++;
	if (n == 0)
		return og_jsx_fail(j, "a member's name should stand here");
	og_buf_clear(&j->buf);
	og_buf_add(&j->buf, j->text + j->at, n);
	j->at += n;
	return 0;
}

static int fill_member(struct jsx *j, json_t *object)
{
	char name[MEMBER_MAX + 1];
	json_t *value = NULL;

	if (member_name(j) < 0)
		return -1;
	if (j->buf.len > MEMBER_MAX || memchr(j->buf.data, 0, j->buf.len))
		return og_jsx_fail(j, "a member's name with a NUL or of more than %d bytes",
				   MEMBER_MAX);
	memcpy(name, j->buf.data, j->buf.len + 1);
	if (json_object_get(object, name))
		return og_jsx_fail(j, "'%s' stands here twice", name);
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == ',' || jsx_peek(j, 0) == '}' || jsx_peek(j, 0) == '(')
		return og_jsx_code(j, "a member without ':'");
	if (og_jsx_expect(j, ':', "a member's name") < 0 || og_jsx_value(j, &value) < 0)
		return -1;
	if (json_object_set_new_nocheck(object, name, value) < 0)
		return og_fail_nomem(j->c.err);
	return 0;
}

static int fill_object(struct jsx *j, json_t *object)
{
	int ended = jsx_peek(j, 0) == '}' ? (j->at++, 1) : 0;

	while (!ended) {
		if (fill_member(j, object) < 0)
			return -1;
		ended = next_or_end(j, '}');
		if (ended < 0)
			return -1;
	}
	/* a path is written as one; this would pass for it */
	if (og_binding(object))
		return og_jsx_fail(j, "a binding is written as a path: data.NAME");
	return 0;
}

static int compound(struct jsx *j, json_t **ret)
{
	int is_list = jsx_peek(j, 0) == '[', rc;
	json_t *value = is_list ? json_array() : json_object();

	if (!value)
		return og_fail_nomem(j->c.err);
	j->at++;
	rc = og_jsx_down(j, 1);
	if (rc == 0)
		rc = og_jsx_space(j);
	if (rc == 0)
		rc = is_list ? fill_list(j, value) : fill_object(j, value);
	og_jsx_up(j, 1);
	if (rc < 0) {
		json_decref(value);
		return -1;
	}
	*ret = value;
	return 0;
}

/* --- paths ---------------------------------------------------------------------- */

/* A name as a token of a JSON pointer (RFC 6901). */
static void add_token(struct og_buf *pointer, const char *name, size_t len)
{
	og_buf_addc(pointer, '/');
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '~')
			og_buf_adds(pointer, "~0");
		else if (name[i] == '/')
			og_buf_adds(pointer, "~1");
		else
			og_buf_addc(pointer, name[i]);
	}
}

/* [0] or ["a name"]. */
static int index_token(struct jsx *j, struct og_buf *pointer)
{
	size_t n = 0;

	j->at++;
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) == '"' || jsx_peek(j, 0) == '\'') {
		if (og_jsx_string(j) < 0)
			return -1;
		add_token(pointer, j->buf.len > 0 ? j->buf.data : "", j->buf.len);
	} else {
		while (og_jsx_digit(jsx_peek(j, n), 10) >= 0)
			n++;
		if (n == 0)
			return og_jsx_code(j, "a computed index");
		add_token(pointer, j->text + j->at, n);
		j->at += n;
	}
	if (og_jsx_space(j) < 0)
		return -1;
	if (jsx_peek(j, 0) != ']')
		return og_jsx_code(j, "a computed index");
	j->at++;
	return 0;
}

/* .name, ?.name (what is missing is null anyway). 0: no more, 1: one. */
static int name_token(struct jsx *j, struct og_buf *pointer)
{
	size_t n, dots = jsx_peek(j, 0) == '?' && jsx_peek(j, 1) == '.' ? 2 : 1;

	if (jsx_peek(j, 0) != '.' && dots == 1)
		return 0;
	if (dots == 2 && jsx_peek(j, 2) == '[') {
		j->at += 2;
		return index_token(j, pointer) < 0 ? -1 : 1;
	}
	j->at += dots;
	for (n = 0; og_jsx_is_name(jsx_peek(j, n)) && jsx_peek(j, n) != '-';)
		n++;
	if (n == 0)
		return og_jsx_fail(j, "a name should stand after '.'");
	if (jsx_peek(j, n) == '(') {
		char what[64];

		og_text_format(what, sizeof(what), "the call .%.*s()", (int)(n < 40 ? n : 40),
			       j->text + j->at);
		return og_jsx_code(j, what);
	}
	add_token(pointer, j->text + j->at, n);
	j->at += n;
	return 1;
}

static int path_tokens(struct jsx *j, struct og_buf *pointer)
{
	int rc = 1;

	while (rc > 0) {
		if (jsx_peek(j, 0) == '[')
			rc = index_token(j, pointer) < 0 ? -1 : 1;
		else
			rc = name_token(j, pointer);
	}
	if (rc == 0 && pointer->failed)
		return og_jsx_fail(j, "a path of more than %zu bytes", PATH_MAX_LEN);
	return rc;
}

static int path_value(struct jsx *j, const char *root, json_t **ret)
{
	struct og_buf pointer;
	int rc;

	og_buf_init(&pointer, PATH_MAX_LEN);
	add_token(&pointer, root, strlen(root));
	rc = path_tokens(j, &pointer);
	if (rc == 0) {
		*ret = json_object();
		rc = *ret && json_object_set_new_nocheck(
				     *ret, "$", json_stringn_nocheck(pointer.data, pointer.len)) ==
					     0
			     ? 0
			     : og_fail_nomem(j->c.err);
	}
	og_buf_release(&pointer);
	return rc;
}

/* --- values ----------------------------------------------------------------------- */

static int word_value(struct jsx *j, json_t **ret)
{
	size_t n = 0;
	char what[80];

	if (og_jsx_word(j, "true"))
		*ret = json_true();
	else if (og_jsx_word(j, "false"))
		*ret = json_false();
	else if (og_jsx_word(j, "null") || og_jsx_word(j, "undefined"))
		*ret = json_null();
	else if (og_jsx_word(j, "data"))
		return path_value(j, "data", ret);
	else if (og_jsx_word(j, "result"))
		return path_value(j, "result", ret);
	else {
		while (og_jsx_is_name(jsx_peek(j, n)))
			n++;
		og_text_format(what, sizeof(what), n > 0 ? "'%.*s'" : "this expression",
			       (int)(n < 40 ? n : 40), j->text + j->at);
		return og_jsx_code(j, what);
	}
	return 0;
}

static int plain_value(struct jsx *j, json_t **ret)
{
	char c = jsx_peek(j, 0);

	if (c == '"' || c == '\'' || c == '`')
		return string_value(j, ret);
	if (c == '[' || c == '{')
		return compound(j, ret);
	if (c == '-' || og_jsx_digit(c, 10) >= 0)
		return number_value(j, ret);
	if (c == '<')
		return og_jsx_fail(j, "no property holds components: they stand between tags");
	if (c == '\0')
		return og_jsx_fail(j, "the view ends inside of braces");
	return word_value(j, ret);
}

/* What follows a value would make an expression of it. */
static int check_end(struct jsx *j)
{
	static const struct {
		const char *sign, *what;
	} signs[] = { { "=>", "a function" },  { "?", "a condition" },	   { "&&", "a condition" },
		      { "||", "a condition" }, { "==", "a comparison" },   { "!=", "a comparison" },
		      { "<", "a comparison" }, { ">", "a comparison" },	   { "(", "a call" },
		      { ".", "a call" },       { "=", "an assignment" },   { "+", "arithmetic" },
		      { "-", "arithmetic" },   { "*", "arithmetic" },	   { "/", "arithmetic" },
		      { "%", "arithmetic" },   { "[", "a computed index" } };

	if (!jsx_peek(j, 0) || strchr(",]})", jsx_peek(j, 0)))
		return 0;
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (jsx_peek(j, 0) == signs[i].sign[0] &&
		    (!signs[i].sign[1] || jsx_peek(j, 1) == signs[i].sign[1]))
			return og_jsx_code(j, signs[i].what);
	return 0;
}

static int bracketed(struct jsx *j, json_t **ret)
{
	int rc;

	j->at++;
	if (og_jsx_down(j, 1) < 0)
		return -1;
	rc = jsx_peek(j, 0) == ')' ? og_jsx_code(j, "a function") : og_jsx_value(j, ret);
	og_jsx_up(j, 1);
	if (rc == 0 && og_jsx_expect(j, ')', "a value") < 0) {
		json_decref(*ret);
		*ret = NULL;
		return -1;
	}
	return rc;
}

int og_jsx_value(struct jsx *j, json_t **ret)
{
	json_t *value = NULL;
	int rc = og_jsx_space(j);

	if (rc == 0)
		rc = jsx_peek(j, 0) == '(' ? bracketed(j, &value) : plain_value(j, &value);
	if (rc == 0)
		rc = og_jsx_space(j);
	if (rc == 0)
		rc = check_end(j);
	if (rc < 0) {
		json_decref(value);
		return -1;
	}
	*ret = value;
	return 0;
}
