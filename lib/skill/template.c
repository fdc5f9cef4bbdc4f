/*
 * Templates: variables put into text and into JSON trees. Expansion
 * happens in parsed strings, never in JSON or SQL text, so a value cannot
 * change the structure around it.
 */
#include "lib/skill/skill.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define TEMPLATE_MAX ((size_t)1 << 20) /* bytes of one expanded string */
#define DEPTH_MAX    32

/* "{name}" or "{name|filter}" at text: its length and parts, or 0 when
 * these braces are something else. */
struct field {
	char name[64];
	char filter[16];
};

/* A variable, as a column of somebody else's database may be called. */
static int is_variable(const char *name)
{
	return *name && strspn(name, "0123456789") == 0 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
		       strlen(name);
}

static size_t scan_field(const char *text, struct field *ret)
{
	size_t name = strcspn(text + 1, "|}{"), filter = 0;
	const char *end = text + 1 + name;

	if (*end == '|') {
		filter = strcspn(end + 1, "|}{");
		end += 1 + filter;
	}
	if (*end != '}' || name >= sizeof(ret->name) || filter >= sizeof(ret->filter))
		return 0;
	memcpy(ret->name, text + 1, name);
	ret->name[name] = '\0';
	memcpy(ret->filter, end - filter, filter);
	ret->filter[filter] = '\0';
	return is_variable(ret->name) ? (size_t)(end - text) + 1 : 0;
}

static int add_plain(const json_t *value, struct og_buf *buf, struct og_err *err)
{
	char number[OG_DOUBLE_MAX];

	if (json_is_string(value))
		og_buf_add(buf, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		og_buf_addf(buf, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		og_buf_add(buf, number, og_double_format(json_real_value(value), number));
	else if (!json_is_null(value))
		return og_json_dump(value, buf, err);
	return 0;
}

static int add_slug(const char *text, char sep, struct og_buf *buf, struct og_err *err)
{
	char slug[OG_SKILL_NAME_MAX + 1];

	if (og_slug(text, sep, slug) < 0)
		return og_fail(err, OG_EDATA, "'%.100s' has no letter a name could be made of",
			       text);
	og_buf_adds(buf, slug);
	return 0;
}

static int add_value(const struct field *field, const json_t *value, struct og_buf *buf,
		     struct og_err *err)
{
	struct og_buf text;
	int rc;

	if (field->filter[0] == '\0')
		return add_plain(value, buf, err);
	if (strcmp(field->filter, "money") == 0) {
		if (!json_is_number(value))
			return add_plain(value, buf, err);
		og_buf_addf(buf, "%.2f", json_number_value(value));
		return 0;
	}
	if (strcmp(field->filter, "slug") != 0 && strcmp(field->filter, "ident") != 0)
		return og_fail(err, OG_EDATA, "template: there is no filter '%s'", field->filter);
	og_buf_init(&text, TEMPLATE_MAX);
	rc = add_plain(value, &text, err);
	if (rc == 0)
		rc = add_slug(text.len > 0 ? text.data : "", field->filter[0] == 's' ? '-' : '_',
			      buf, err);
	og_buf_release(&text);
	return rc;
}

static int find_var(const struct field *field, const json_t *vars, json_t **ret, struct og_err *err)
{
	*ret = json_object_get(vars, field->name);
	if (*ret == NULL)
		return og_fail(err, OG_EDATA, "template: no variable '%s' is bound", field->name);
	return 0;
}

static int is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

static int add_encoded(const struct field *field, const json_t *value, struct og_buf *buf,
		       struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, TEMPLATE_MAX);
	rc = add_value(field, value, &text, err) < 0 ? -1 : og_buf_check(&text, "template", err);
	for (size_t i = 0; rc == 0 && i < text.len; i++) {
		if (is_unreserved(text.data[i]))
			og_buf_addc(buf, text.data[i]);
		else
			og_buf_addf(buf, "%%%02X", (unsigned char)text.data[i]);
	}
	og_buf_release(&text);
	return rc;
}

typedef int add_fn(const struct field *field, const json_t *value, struct og_buf *buf,
		   struct og_err *err);

static int fill(const char *text, const json_t *vars, add_fn *add, struct og_buf *buf,
		struct og_err *err)
{
	struct field field;
	json_t *value;

	while (*text != '\0') {
		size_t n = strcspn(text, "{}");

		og_buf_add(buf, text, n);
		text += n;
		if (*text == '\0')
			break;
		if (text[1] == text[0]) {
			og_buf_addc(buf, *text);
			text += 2;
		} else if (*text == '{' && (n = scan_field(text, &field)) > 0) {
			if (find_var(&field, vars, &value, err) < 0 ||
			    add(&field, value, buf, err) < 0)
				return -1;
			text += n;
		} else {
			og_buf_addc(buf, *text++);
		}
	}
	return og_buf_check(buf, "template", err);
}

int og_template_text(const char *text, const json_t *vars, struct og_buf *buf, struct og_err *err)
{
	return fill(text, vars, add_value, buf, err);
}

int og_template_path(const char *text, const json_t *vars, struct og_buf *buf, struct og_err *err)
{
	return fill(text, vars, add_encoded, buf, err);
}

static int expand(const json_t *value, const json_t *vars, int depth, json_t **ret,
		  struct og_err *err);

static int expand_string(const char *text, const json_t *vars, json_t **ret, struct og_err *err)
{
	struct field field;
	struct og_buf buf;
	json_t *var;
	size_t n = *text == '{' ? scan_field(text, &field) : 0;

	if (n > 0 && text[n] == '\0' && field.filter[0] == '\0') {
		if (find_var(&field, vars, &var, err) < 0)
			return -1;
		*ret = json_deep_copy(var);
		return *ret != NULL ? 0 : og_fail_nomem(err);
	}
	og_buf_init(&buf, TEMPLATE_MAX);
	*ret = NULL;
	if (og_template_text(text, vars, &buf, err) == 0) {
		*ret = json_stringn(buf.len > 0 ? buf.data : "", buf.len);
		if (*ret == NULL)
			og_fail_nomem(err);
	}
	og_buf_release(&buf);
	return *ret != NULL ? 0 : -1;
}

static int expand_object(const json_t *value, const json_t *vars, int depth, json_t *out,
			 struct og_err *err)
{
	const char *key;
	json_t *item, *copy;

	json_object_foreach((json_t *)value, key, item)
	{
		if (expand(item, vars, depth + 1, &copy, err) < 0 ||
		    og_json_set(out, key, copy, err) < 0)
			return -1;
	}
	return 0;
}

static int expand_array(const json_t *value, const json_t *vars, int depth, json_t *out,
			struct og_err *err)
{
	json_t *item, *copy;
	size_t i;

	json_array_foreach(value, i, item)
	{
		if (expand(item, vars, depth + 1, &copy, err) < 0)
			return -1;
		if (json_array_append_new(out, copy) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

static int expand(const json_t *value, const json_t *vars, int depth, json_t **ret,
		  struct og_err *err)
{
	json_t *out = NULL;
	int rc;

	if (depth > DEPTH_MAX)
		return og_fail(err, OG_EDATA, "template: nested too deep");
	if (json_is_string(value))
		return expand_string(json_string_value(value), vars, ret, err);
	out = json_is_object(value)  ? json_object()
	      : json_is_array(value) ? json_array()
				     : json_copy((json_t *)value);
	if (out == NULL)
		return og_fail_nomem(err);
	rc = json_is_object(value)  ? expand_object(value, vars, depth, out, err)
	     : json_is_array(value) ? expand_array(value, vars, depth, out, err)
				    : 0;
	if (rc < 0)
		json_decref(out);
	else
		*ret = out;
	return rc;
}

int og_template(const json_t *value, const json_t *vars, json_t **ret, struct og_err *err)
{
	return expand(value, vars, 0, ret, err);
}

int og_template_view(const json_t *view, const json_t *vars, json_t **ret, struct og_err *err)
{
	json_t *jsx = json_object_get(view, "jsx"), *hints;
	int rc;

	if (!jsx)
		return og_template(view, vars, ret, err);
	hints = json_copy((json_t *)(uintptr_t)view);
	if (!hints || json_object_del(hints, "jsx") < 0)
		return og_fail_nomem(err);
	rc = og_template(hints, vars, ret, err);
	json_decref(hints);
	return rc < 0 ? -1 : og_json_set(*ret, "jsx", json_incref(jsx), err);
}
