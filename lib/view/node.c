/* Nodes and properties of a tree under construction; see the header. */
#include "lib/view/tree-internal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define TEXT_MAX ((size_t)16 << 20)

static void attach(struct build *b, json_t *object, const char *key, json_t *value)
{
	if (b->failed || !object) {
		json_decref(value);
		b->failed = 1;
		return;
	}
	if (json_object_set_new(object, key, value) < 0)
		b->failed = 1;
}

json_t *og_node(struct build *b, json_t *parent, const char *component)
{
	json_t *node = json_pack("{s:s, s:{}, s:[]}", "c", component, "p", "k");

	if (!node) {
		b->failed = 1;
		return NULL;
	}
	if (parent && json_array_append_new(json_object_get(parent, "k"), node) < 0) {
		b->failed = 1;
		return NULL;
	}
	return node;
}

json_t *og_node_section(struct build *b, json_t *parent, const char *title, const char *hint)
{
	json_t *section = og_node(b, parent, "Section");

	og_put(b, section, "title", title);
	og_put(b, section, "hint", hint);
	return section;
}

static int is_container(const char *component)
{
	return component && (strcmp(component, "Section") == 0 || strcmp(component, "Stack") == 0 ||
			     strcmp(component, "Grid") == 0);
}

void og_node_prune(json_t *parent)
{
	json_t *children = json_object_get(parent, "k"), *child;

	for (size_t i = json_array_size(children); i-- > 0;) {
		child = json_array_get(children, i);
		og_node_prune(child);
		if (is_container(og_json_str(child, "c")) &&
		    json_array_size(json_object_get(child, "k")) == 0)
			json_array_remove(children, i);
	}
}

static void set_vf(struct build *b, json_t *object, const char *key, const char *fmt, va_list args)
{
	struct og_buf text;

	og_buf_init(&text, TEXT_MAX);
	og_buf_vaddf(&text, fmt, args);
	if (text.failed)
		b->failed = 1;
	else
		attach(b, object, key, json_stringn(text.len > 0 ? text.data : "", text.len));
	og_buf_release(&text);
}

void og_set(struct build *b, json_t *item, const char *key, const char *text)
{
	if (text)
		attach(b, item, key, json_string(text));
}

void og_setf(struct build *b, json_t *item, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_vf(b, item, key, fmt, args);
	va_end(args);
}

void og_set_json(struct build *b, json_t *item, const char *key, json_t *value)
{
	attach(b, item, key, value);
}

void og_set_member(struct build *b, json_t *item, const char *key, const json_t *from,
		   const char *member)
{
	json_t *value = json_object_get(from, member);

	if (value && !json_is_null(value))
		attach(b, item, key, json_incref(value));
}

void og_put(struct build *b, json_t *node, const char *key, const char *text)
{
	og_set(b, json_object_get(node, "p"), key, text);
}

void og_putf(struct build *b, json_t *node, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_vf(b, json_object_get(node, "p"), key, fmt, args);
	va_end(args);
}

void og_put_json(struct build *b, json_t *node, const char *key, json_t *value)
{
	attach(b, json_object_get(node, "p"), key, value);
}

void og_put_member(struct build *b, json_t *node, const char *key, const json_t *from,
		   const char *member)
{
	og_set_member(b, json_object_get(node, "p"), key, from, member);
}

json_t *og_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *og_item(struct build *b, json_t *node, const char *list)
{
	json_t *props = json_object_get(node, "p"), *items = json_object_get(props, list);
	json_t *item;

	if (!items) {
		items = json_array();
		attach(b, props, list, items);
	}
	item = b->failed ? NULL : json_object();
	if (!item || json_array_append_new(items, item) < 0) {
		b->failed = 1;
		return NULL;
	}
	return item;
}
