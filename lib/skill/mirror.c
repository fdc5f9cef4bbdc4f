/* See mirror.h. */
#include "lib/skill/mirror.h"

#include <string.h>

#define CLEARANCE_ALL 3

/* --- one skill ------------------------------------------------------------------------ */

static int same_member(const json_t *a, const json_t *b, const char *key)
{
	return json_equal(json_object_get(a, key), json_object_get(b, key));
}

static int has_edge(const json_t *edges, const json_t *edge)
{
	const json_t *item;
	size_t i;

	json_array_foreach(edges, i, item)
	{
		if (same_member(item, edge, "type") && same_member(item, edge, "target"))
			return 1;
	}
	return 0;
}

/* In any order; neither side has one twice. */
static int same_edges(const json_t *here, const json_t *there)
{
	const json_t *edge;
	size_t i;

	if (!json_is_array(there) || json_array_size(here) != json_array_size(there))
		return 0;
	json_array_foreach(there, i, edge)
	{
		if (!has_edge(here, edge))
			return 0;
	}
	return 1;
}

/* NULL: it is told as it is here. */
static const char *difference(const json_t *here, const json_t *there)
{
	if (!same_member(here, there, "hash") || !same_member(here, there, "id") ||
	    !og_json_bool(there, "active", 1))
		return "stale";
	if (!same_member(here, there, "clearance"))
		return "clearance";
	if (json_object_get(there, "kind") && !same_member(here, there, "kind"))
		return "stale";
	if (!og_json_bool(there, "text", 1))
		return "text";
	if (json_object_get(there, "edges") &&
	    !same_edges(json_object_get(here, "edges"), json_object_get(there, "edges")))
		return "edges";
	return NULL;
}

/* A list by name: {NAME: item}, borrowed items. NULL without memory. */
static json_t *by_name(const json_t *list)
{
	json_t *names = json_object(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *name = og_json_str(item, "name");

		if (!names || (name && json_object_set(names, name, item) < 0)) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

/* --- finding ---------------------------------------------------------------------------- */

int og_mirror_hold(struct og_graph *graph, int clearance, const json_t *there,
		   int64_t *ret_mistrusted, struct og_err *err)
{
	json_t *list = NULL, *here, *item;
	size_t i;

	if (og_graph_list(graph, clearance, &list, err) < 0)
		return -1;
	here = by_name(list);
	json_decref(list);
	if (!here)
		return og_fail_nomem(err);
	*ret_mistrusted = 0;
	json_array_foreach(there, i, item)
	{
		const char *name = og_json_str(item, "name");
		const json_t *own = name ? json_object_get(here, name) : NULL;

		if (!own || difference(own, item))
			++*ret_mistrusted;
	}
	json_decref(here);
	return 0;
}

/* --- comparing -------------------------------------------------------------------------- */

static int add(json_t *found, size_t limit, const char *name, const char *why, struct og_err *err)
{
	json_t *item;

	if (json_array_size(found) >= limit)
		return 0;
	item = json_pack("{s:s,s:s}", "name", name, "why", why);
	return item && json_array_append_new(found, item) == 0 ? 0 : og_fail_nomem(err);
}

static int add_own(const json_t *here, const json_t *there, size_t limit, json_t *found,
		   int64_t *same, struct og_err *err)
{
	const char *name;
	json_t *own;

	json_object_foreach((json_t *)(uintptr_t)here, name, own)
	{
		const json_t *told = json_object_get(there, name);
		const char *why = told ? difference(own, told) : "missing";

		*same += why == NULL;
		if (why && add(found, limit, name, why, err) < 0)
			return -1;
	}
	return 0;
}

static int add_unknown(const json_t *here, const json_t *there, size_t limit, json_t *found,
		       struct og_err *err)
{
	const char *name;
	json_t *told;

	json_object_foreach((json_t *)(uintptr_t)there, name, told)
	{
		if (!json_object_get(here, name) && add(found, limit, name, "unknown", err) < 0)
			return -1;
	}
	return 0;
}

int og_mirror_compare(struct og_graph *graph, const json_t *there, size_t limit, json_t **ret,
		      int64_t *ret_same, struct og_err *err)
{
	json_t *list = NULL, *here = NULL, *told = NULL, *found = json_array();
	int rc = -1;

	*ret_same = 0;
	if (og_graph_list(graph, CLEARANCE_ALL, &list, err) < 0)
		goto out;
	here = by_name(list);
	told = by_name(there);
	if (!here || !told || !found) {
		og_fail_nomem(err);
		goto out;
	}
	if (add_own(here, told, limit, found, ret_same, err) < 0 ||
	    add_unknown(here, told, limit, found, err) < 0)
		goto out;
	*ret = found;
	found = NULL;
	rc = 0;
out:
	json_decref(list);
	json_decref(here);
	json_decref(told);
	json_decref(found);
	return rc;
}
