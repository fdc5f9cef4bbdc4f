/*
 * What every step of conforming shares: places in messages, and bindings.
 */
#include "lib/view/conform-internal.h"

#include <string.h>

#include "lib/base/text.h"

#define PATH_MAX_LEN ((size_t)64 << 10)

void og_conform_init(struct og_conform *c, const json_t *scope, struct og_err *err)
{
	*c = (struct og_conform){ .scope = scope, .err = err };
	og_buf_init(&c->path, PATH_MAX_LEN);
}

void og_conform_release(struct og_conform *c)
{
	og_buf_release(&c->path);
}

/* Line and column, from 1, in characters. */
static void place_of(const struct og_conform *c, size_t *ret_line, size_t *ret_column)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < c->at; i++) {
		if (c->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)c->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

int og_conform_fail(struct og_conform *c, const char *fmt, ...)
{
	const char *path = c->path.len > 0 ? c->path.data : "";
	char what[OG_ERR_MSG_MAX];
	size_t line, column;
	va_list args;

	va_start(args, fmt);
	og_text_vformat(what, sizeof(what), fmt, args);
	va_end(args);
	if (!c->text)
		return og_fail(c->err, OG_EDATA, "view:%s: %s", *path ? path : "/", what);
	place_of(c, &line, &column);
	return og_fail(c->err, OG_EDATA, "view:%zu:%zu: %s%s%s", line, column,
		       *path ? path + 1 : "", *path ? ": " : "", what);
}

/* Steps into a member, and out again: the buffer's old length is the way back. */
size_t og_conform_enter(struct og_conform *c, const char *name)
{
	size_t before = c->path.len;

	og_buf_addf(&c->path, "/%s", name);
	return before;
}

size_t og_conform_enter_item(struct og_conform *c, size_t index)
{
	size_t before = c->path.len;

	og_buf_addf(&c->path, "/%zu", index);
	return before;
}

void og_conform_leave(struct og_conform *c, size_t before)
{
	if (before >= c->path.len)
		return;
	c->path.len = before;
	c->path.data[before] = '\0';
}

const char *og_binding(const json_t *value)
{
	return json_object_size(value) == 1 ? og_json_str(value, "$") : NULL;
}

/* What a pointer leads to; the length of a list too. New reference, null for nothing. */
json_t *og_conform_look_up(const struct og_conform *c, const char *pointer)
{
	static const char length[] = "/length";
	const json_t *found = og_json_pointer(c->scope, pointer);
	size_t n = strlen(pointer), tail = sizeof(length) - 1;
	struct og_buf list;

	if (found || n <= tail || strcmp(pointer + n - tail, length) != 0)
		return found ? json_incref((json_t *)(uintptr_t)found) : json_null();
	og_buf_init(&list, PATH_MAX_LEN);
	og_buf_add(&list, pointer, n - tail);
	found = list.failed ? NULL : og_json_pointer(c->scope, list.data);
	og_buf_release(&list);
	return json_is_array(found) ? json_integer((json_int_t)json_array_size(found))
				    : json_null();
}

static int is_below(const char *pointer, const char *root)
{
	size_t n = strlen(root);

	return strncmp(pointer, root, n) == 0 && (!pointer[n] || pointer[n] == '/');
}

int og_conform_pointer(struct og_conform *c, const char *pointer)
{
	if (!og_json_pointer_valid(pointer) ||
	    (!is_below(pointer, "/data") && !is_below(pointer, "/result")))
		return og_conform_fail(c,
				       "'%s' leads to nothing: bindings begin with /data or "
				       "/result",
				       pointer);
	return 0;
}

/* Of a call that fails for want of memory alone. */
static int checked(struct og_conform *c, int rc)
{
	return rc < 0 ? og_fail_nomem(c->err) : 0;
}

static json_t *resolved_object(struct og_conform *c, json_t *value)
{
	json_t *copy = json_object(), *one;
	const char *key;

	if (!copy)
		og_fail_nomem(c->err);
	json_object_foreach(value, key, one)
	{
		one = og_conform_resolved(c, one);
		if (!one || checked(c, json_object_set_new(copy, key, one)) < 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static json_t *resolved_array(struct og_conform *c, json_t *value)
{
	json_t *copy = json_array(), *one;
	size_t i;

	if (!copy)
		og_fail_nomem(c->err);
	json_array_foreach(value, i, one)
	{
		one = og_conform_resolved(c, one);
		if (!one || checked(c, json_array_append_new(copy, one)) < 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

json_t *og_conform_resolved(struct og_conform *c, json_t *value)
{
	const char *pointer = og_binding(value);

	if (pointer && og_conform_pointer(c, pointer) < 0)
		return NULL;
	if (pointer)
		return c->scope ? og_conform_look_up(c, pointer) : json_incref(value);
	if (!json_is_object(value) && !json_is_array(value))
		return json_incref(value);
	return json_is_object(value) ? resolved_object(c, value) : resolved_array(c, value);
}
