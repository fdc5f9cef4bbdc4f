/*
 * Nodes: what may stand where, and trees as they are written in JSON.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/conform-internal.h"
#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

#define ID_MAX 64

json_t *og_conform_node(struct og_conform *c, const struct og_component *component, const char *id)
{
	json_t *node;

	if (++c->nodes > OG_VIEW_NODES_MAX) {
		og_conform_fail(c, "more than %d components", OG_VIEW_NODES_MAX);
		return NULL;
	}
	if (id && strlen(id) > ID_MAX) {
		og_conform_fail(c, "an id of more than %d bytes", ID_MAX);
		return NULL;
	}
	node = json_object();
	if (json_object_set_new_nocheck(node, "c", json_string_nocheck(component->name)) < 0 ||
	    json_object_set_new_nocheck(node, "p", json_object()) < 0 ||
	    json_object_set_new_nocheck(node, "k", json_array()) < 0 ||
	    (id && json_object_set_new(node, "id", json_string(id)) < 0)) {
		json_decref(node);
		og_fail_nomem(c->err);
		return NULL;
	}
	return node;
}

int og_conform_child(struct og_conform *c, const struct og_component *component, json_t *node,
		     json_t *child)
{
	const char *name = og_text_of(child, "c");
	int rc = 0;

	if (!component->children)
		rc = og_conform_fail(c, "%s holds no components, but a %s stands in it",
				     component->name, name);
	else if (strcmp(name, "Page") == 0)
		rc = og_conform_fail(c, "Page is the root of a view and stands in nothing");
	if (rc < 0) {
		json_decref(child);
		return -1;
	}
	rc = json_array_append_new(json_object_get(node, "k"), child);
	return rc < 0 ? og_fail_nomem(c->err) : 0;
}

/* More of the text that stands between a component's tags. */
static int add_text(struct og_conform *c, json_t *props, const char *text, size_t len)
{
	struct og_buf all;
	json_t *joined;

	og_buf_init(&all, OG_VIEW_TEXT_MAX);
	og_buf_adds(&all, og_text_of(props, "text"));
	og_buf_add(&all, text, len);
	joined = all.failed ? NULL : json_stringn(all.len > 0 ? all.data : "", all.len);
	og_buf_release(&all);
	if (all.failed == OG_EDATA)
		return og_conform_fail(c, "a text of more than %zu bytes", OG_VIEW_TEXT_MAX);
	return joined && json_object_set_new(props, "text", joined) == 0 ? 0
									 : og_fail_nomem(c->err);
}

static int add_text_node(struct og_conform *c, const struct og_component *component, json_t *node,
			 const json_t *text)
{
	json_t *child = og_conform_node(c, og_component_find("Text"), NULL);

	if (!child)
		return -1;
	if (add_text(c, json_object_get(child, "p"), json_string_value(text),
		     json_string_length(text)) < 0) {
		json_decref(child);
		return -1;
	}
	return og_conform_child(c, component, node, child);
}

/* A value's text; NULL for nothing, with *rc -1 when it is no text. */
static json_t *child_text(struct og_conform *c, json_t *value, int *rc)
{
	static const struct og_prop want[] = { { .name = "text", .type = OG_PROP_TEXT },
					       { .name = NULL } };
	static const struct og_component one = { "", 0, want };
	json_t *props = json_object(), *text;

	*rc = props ? og_conform_prop(c, &one, props, "text", value) : og_fail_nomem(c->err);
	text = json_incref(json_object_get(props, "text"));
	json_decref(props);
	return text;
}

static int keep_binding(struct og_conform *c, json_t *node, json_t *binding)
{
	return json_array_append(json_object_get(node, "k"), binding) < 0 ? og_fail_nomem(c->err)
									  : 0;
}

int og_conform_text_child(struct og_conform *c, const struct og_component *component, json_t *node,
			  json_t *value)
{
	json_t *props = json_object_get(node, "p"), *text;
	int takes_text = og_prop_find(component->props, "text") != NULL, rc;

	if (++c->nodes > OG_VIEW_NODES_MAX)
		return og_conform_fail(c, "more than %d components", OG_VIEW_NODES_MAX);
	if (!takes_text && !component->children)
		return og_conform_fail(c, "%s holds no text between its tags", component->name);
	text = child_text(c, value, &rc);
	if (rc == 0 && text && og_binding(text)) /* no scope: judged, not followed */
		rc = keep_binding(c, node, value);
	else if (rc == 0 && text && takes_text)
		rc = add_text(c, props, json_string_value(text), json_string_length(text));
	else if (rc == 0 && text)
		rc = add_text_node(c, component, node, text);
	json_decref(text);
	return rc;
}

/* --- trees in JSON ------------------------------------------------------------ */

static int conform_node(struct og_conform *c, json_t *tree, json_t **ret);

static int known_members(struct og_conform *c, const json_t *tree)
{
	static const char *const names[] = { "c", "p", "k", "id", NULL };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)tree, key, value)
	{
		size_t i = 0;

		while (names[i] && strcmp(names[i], key) != 0)
			i++;
		if (!names[i])
			return og_conform_fail(c, "a component has c, p, k and id, and no '%s'",
					       key);
	}
	if (!json_is_object(json_object_get(tree, "p")) && json_object_get(tree, "p"))
		return og_conform_fail(c, "p, the properties, is no object");
	if (!json_is_array(json_object_get(tree, "k")) && json_object_get(tree, "k"))
		return og_conform_fail(c, "k, the children, is no list");
	if (!json_is_string(json_object_get(tree, "id")) && json_object_get(tree, "id"))
		return og_conform_fail(c, "id is no text");
	return 0;
}

int og_conform_unknown(struct og_conform *c, const char *name)
{
	const char *names[OG_VIEW_COLUMNS], *nearest;
	size_t n = 0;

	for (const struct og_component *one = og_view_components; one->name; one++)
		names[n++] = one->name;
	names[n] = NULL;
	nearest = og_nearest(name, names);
	og_conform_fail(c, "there is no component '%s'", name);
	if (nearest)
		return og_hint(c->err, "did you mean %s?", nearest);
	return og_hint(c->err, "og-render --catalog lists those there are");
}

static int conform_props(struct og_conform *c, const struct og_component *component,
			 const json_t *tree, json_t *props)
{
	struct og_step step;
	const char *key;
	json_t *value;

	og_conform_enter(c, &step, "p", 0);
	json_object_foreach(json_object_get(tree, "p"), key, value)
	{
		if (og_conform_prop(c, component, props, key, value) < 0)
			return -1;
	}
	og_conform_leave(c, &step);
	return 0;
}

static int conform_child(struct og_conform *c, const struct og_component *component, json_t *node,
			 json_t *value)
{
	json_t *child = NULL;

	if (json_is_null(value))
		return 0;
	if (!json_is_object(value) || og_binding(value))
		return og_conform_text_child(c, component, node, value);
	if (conform_node(c, value, &child) < 0)
		return -1;
	return og_conform_child(c, component, node, child);
}

static int conform_children(struct og_conform *c, const struct og_component *component,
			    const json_t *tree, json_t *node)
{
	struct og_step step, inner;
	json_t *value;
	size_t i;

	og_conform_enter(c, &step, "k", 0);
	json_array_foreach(json_object_get(tree, "k"), i, value)
	{
		og_conform_enter(c, &inner, NULL, i);
		if (conform_child(c, component, node, value) < 0)
			return -1;
		og_conform_leave(c, &inner);
	}
	og_conform_leave(c, &step);
	return 0;
}

/* The depth was bounded by whoever let the text in. */
static int conform_node(struct og_conform *c, json_t *tree, json_t **ret)
{
	const char *name = og_json_str(tree, "c");
	const struct og_component *component = name ? og_component_find(name) : NULL;
	json_t *node;

	if (!name)
		return og_conform_fail(c, "a component is an object with its name as c");
	if (!component)
		return og_conform_unknown(c, name);
	if (known_members(c, tree) < 0)
		return -1;
	node = og_conform_node(c, component, og_json_str(tree, "id"));
	if (!node)
		return -1;
	if (conform_props(c, component, tree, json_object_get(node, "p")) < 0 ||
	    conform_children(c, component, tree, node) < 0 ||
	    og_conform_required(c, component, json_object_get(node, "p")) < 0) {
		json_decref(node);
		return -1;
	}
	*ret = node;
	return 0;
}

/* Is value nested deeper than left levels? */
static int is_deeper(const json_t *value, size_t left)
{
	json_t *one;
	const char *key;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return 0;
	if (left == 0)
		return 1;
	json_object_foreach((json_t *)(uintptr_t)value, key, one)
	{
		if (is_deeper(one, left - 1))
			return 1;
	}
	json_array_foreach(value, i, one)
	{
		if (is_deeper(one, left - 1))
			return 1;
	}
	return 0;
}

int og_conform_tree(const json_t *tree, const json_t *scope, json_t **ret, struct og_err *err)
{
	struct og_conform c;
	int rc = -1;

	og_conform_init(&c, scope, err);
	if (is_deeper(tree, OG_JSON_DEPTH))
		og_conform_fail(&c, "nested deeper than %d", OG_JSON_DEPTH);
	else if (json_dumpb(tree, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) > OG_VIEW_TEXT_MAX)
		og_conform_fail(&c, "larger than %zu bytes", OG_VIEW_TEXT_MAX);
	else
		rc = conform_node(&c, (json_t *)(uintptr_t)tree, ret);
	return rc;
}

int og_view_check(const json_t *tree, struct og_err *err)
{
	json_t *ignored = NULL;
	int rc = og_conform_tree(tree, NULL, &ignored, err);

	json_decref(ignored);
	return rc;
}
