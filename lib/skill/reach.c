/* Walks along edges of one type, breadth first. */
#include "lib/skill/reach.h"

#include <string.h>

const json_t *og_reach_node(const json_t *nodes, const char *name)
{
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		if (strcmp(og_json_str(node, "name"), name) == 0)
			return node;
	}
	return NULL;
}

static int leads(const json_t *node, const char *type, const char *target)
{
	json_t *edge;
	size_t i;

	json_array_foreach(json_object_get(node, "edges"), i, edge)
	{
		if (strcmp(og_json_str(edge, "type"), type) == 0 &&
		    strcmp(og_json_str(edge, "target"), target) == 0)
			return 1;
	}
	return 0;
}

/* A new one is found once; where the walk began is none of them. */
static int find(json_t *found, json_t *seen, const char *name)
{
	if (json_object_get(seen, name))
		return 0;
	if (json_object_set_new(seen, name, json_true()) < 0)
		return -1;
	return json_array_append_new(found, json_string(name));
}

static int step_back(const json_t *nodes, const char *type, const char *name, json_t *found,
		     json_t *seen)
{
	json_t *node;
	size_t i;
	int rc = 0;

	json_array_foreach(nodes, i, node)
	{
		if (rc == 0 && leads(node, type, name))
			rc = find(found, seen, og_json_str(node, "name"));
	}
	return rc;
}

static int step_on(const json_t *nodes, const char *type, const char *name, json_t *found,
		   json_t *seen)
{
	json_t *edge;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(og_reach_node(nodes, name), "edges"), i, edge)
	{
		if (rc == 0 && strcmp(og_json_str(edge, "type"), type) == 0)
			rc = find(found, seen, og_json_str(edge, "target"));
	}
	return rc;
}

typedef int step_fn(const json_t *nodes, const char *type, const char *name, json_t *found,
		    json_t *seen);

static json_t *walk(const json_t *nodes, const char *type, const char *name, step_fn *step)
{
	json_t *found = json_array(), *seen = json_object();
	int rc = found && seen ? json_object_set_new(seen, name, json_true()) : -1;

	if (rc == 0)
		rc = step(nodes, type, name, found, seen);
	for (size_t i = 0; rc == 0 && i < json_array_size(found); i++)
		rc = step(nodes, type, json_string_value(json_array_get(found, i)), found, seen);
	json_decref(seen);
	if (rc == 0)
		return found;
	json_decref(found);
	return NULL;
}

json_t *og_reach_back(const json_t *nodes, const char *type, const char *name)
{
	return walk(nodes, type, name, step_back);
}

json_t *og_reach_on(const json_t *nodes, const char *type, const char *name)
{
	return walk(nodes, type, name, step_on);
}
