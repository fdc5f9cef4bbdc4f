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

/* "/k/0/p": from the root down, which is the end of the list. */
static void add_path(const struct og_step *step, struct og_buf *path)
{
	if (!step)
		return;
	add_path(step->up, path);
	if (step->name)
		og_buf_addf(path, "/%s", step->name);
	else
		og_buf_addf(path, "/%zu", step->index);
}

int og_conform_fail(struct og_conform *c, const char *fmt, ...)
{
	char what[OG_ERR_MSG_MAX];
	size_t line, column;
	struct og_buf path;
	const char *where;
	va_list args;

	va_start(args, fmt);
	og_text_vformat(what, sizeof(what), fmt, args);
	va_end(args);
	og_buf_init(&path, OG_ERR_MSG_MAX);
	add_path(c->step, &path);
	where = path.len > 0 ? path.data : "";
	if (c->text) {
		place_of(c, &line, &column);
		og_fail(c->err, OG_EDATA, "view:%zu:%zu: %s%s%s", line, column,
			*where ? where + 1 : "", *where ? ": " : "", what);
	} else {
		og_fail(c->err, OG_EDATA, "view:%s: %s", *where ? where : "/", what);
	}
	og_buf_release(&path);
	return -1;
}

void og_conform_enter(struct og_conform *c, struct og_step *step, const char *name, size_t index)
{
	*step = (struct og_step){ .name = name, .index = index, .up = c->step };
	c->step = step;
}

void og_conform_leave(struct og_conform *c, const struct og_step *step)
{
	c->step = step->up;
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
