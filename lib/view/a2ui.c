/*
 * A tree as A2UI JSON Lines, for renderers that speak it and have our
 * catalogue: a surface with the row sets that are drawn as its data model,
 * and the components as a flat list. Version v1.0, of which only the
 * messages that have been stable are used.
 */
#include "lib/view/view.h"

#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/sets-internal.h"

#define VERSION "v1.0"

/* Collecting is sticky: failed says once that memory ran out. */
struct a2ui {
	const json_t *data;
	json_t *model;	    /* the sets that are drawn */
	json_t *components; /* so far */
	size_t ids;
	int failed;
};

static void put(struct a2ui *a, json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) < 0)
		a->failed = 1;
}

/* {"path":"/data/NAME"}, the name as a token of a JSON pointer. */
static json_t *path_to(struct a2ui *a, const char *set)
{
	struct og_buf path;
	json_t *binding;

	og_buf_init(&path, OG_VIEW_TEXT_MAX);
	og_buf_adds(&path, "/data/");
	for (; *set; set++) {
		if (*set == '~' || *set == '/')
			og_buf_adds(&path, *set == '~' ? "~0" : "~1");
		else
			og_buf_addc(&path, *set);
	}
	binding = path.failed ? NULL : json_pack("{s:s}", "path", path.data);
	if (!binding)
		a->failed = 1;
	og_buf_release(&path);
	return binding;
}

static void add_props(struct a2ui *a, json_t *component, const json_t *props)
{
	const char *name, *set;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)props, name, value)
	{
		set = og_view_set_of(a->data, value);
		if (set) {
			put(a, a->model, set, json_incref(value));
			value = path_to(a, set);
		} else {
			json_incref(value);
		}
		put(a, component, name, value);
	}
}

static void add_component(struct a2ui *a, const json_t *node, const char *id)
{
	json_t *component = json_object(), *ids = json_array(), *children, *child;
	char below[32];
	size_t i;

	children = json_object_get(node, "k");
	put(a, component, "id", json_string(id));
	put(a, component, "component", json_string(og_text_of(node, "c")));
	add_props(a, component, json_object_get(node, "p"));
	if (json_array_append(a->components, component) < 0)
		a->failed = 1;
	json_array_foreach(children, i, child)
	{
		snprintf(below, sizeof(below), "n%zu", ++a->ids);
		if (json_array_append_new(ids, json_string(below)) < 0)
			a->failed = 1;
		add_component(a, child, below);
	}
	if (json_array_size(ids) > 0)
		put(a, component, "children", json_incref(ids));
	json_decref(ids);
	json_decref(component);
}

static int add_message(json_t *message, struct og_buf *buf, struct og_err *err)
{
	int rc = message ? og_json_dump(message, buf, err) : og_fail_nomem(err);

	og_buf_addc(buf, '\n');
	json_decref(message);
	return rc;
}

int og_view_a2ui(const json_t *tree, const json_t *result, struct og_buf *buf, struct og_err *err)
{
	struct a2ui a = { .data = json_object_get(result, "data") };
	const char *surface = og_text_of(result, "task");
	int rc;

	a.model = json_object();
	a.components = json_array();
	add_component(&a, tree, "root");
	rc = a.failed ? og_fail_nomem(err) : 0;
	if (rc == 0)
		rc = add_message(json_pack("{s:s, s:{s:s, s:s, s:{s:O}}}", "version", VERSION,
					   "createSurface", "surfaceId", surface, "catalogId",
					   OG_VIEW_A2UI_CATALOG, "dataModel", "data", a.model),
				 buf, err);
	if (rc == 0)
		rc = add_message(json_pack("{s:s, s:{s:s, s:O}}", "version", VERSION,
					   "updateComponents", "surfaceId", surface, "components",
					   a.components),
				 buf, err);
	json_decref(a.model);
	json_decref(a.components);
	return rc < 0 ? -1 : og_buf_check(buf, "A2UI", err);
}
