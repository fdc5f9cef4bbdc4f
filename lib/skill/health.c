/* See health.h. */
#include "lib/skill/health.h"

#include <string.h>

#include "lib/skill/reach.h"

struct health {
	const json_t *nodes, *policies;
	json_t *docs, *notes;
	int failed;
};

static void note(struct health *h, const char *level, const char *name, json_t *text)
{
	if (json_array_append_new(h->notes, json_pack("{s:s,s:s,s:o}", "level", level, "name", name,
						      "text", text)) < 0)
		h->failed = 1;
}

static int is_governed(const struct health *h, const char *name)
{
	json_t *governors = og_reach_back(h->nodes, "GOVERNS", name);
	size_t n = json_array_size(governors);

	json_decref(governors);
	return n > 0;
}

static int has_policy(const struct health *h, const char *name)
{
	json_t *policy;
	size_t i;

	json_array_foreach(h->policies, i, policy)
	{
		if (strcmp(og_json_str(policy, "node"), name) == 0)
			return 1;
	}
	return 0;
}

/* Does an edge of another node lead to it? */
static int is_reached(const struct health *h, const char *name)
{
	json_t *node, *edge;
	size_t i, k;

	json_array_foreach(h->nodes, i, node)
	{
		json_array_foreach(json_object_get(node, "edges"), k, edge)
		{
			if (strcmp(og_json_str(edge, "type"), "TOUCHES") != 0 &&
			    strcmp(og_json_str(edge, "target"), name) == 0)
				return 1;
		}
	}
	return 0;
}

static void check_targets(struct health *h, const json_t *node)
{
	json_t *edge;
	size_t i;

	json_array_foreach(json_object_get(node, "edges"), i, edge)
	{
		const char *type = og_json_str(edge, "type"), *to = og_json_str(edge, "target");

		if (strcmp(type, "TOUCHES") != 0 && !og_reach_node(h->nodes, to))
			note(h, "warning", og_json_str(node, "name"),
			     json_sprintf("%s '%s', which is not there", type, to));
	}
}

static void check_orphan(struct health *h, const json_t *node)
{
	const char *name = og_json_str(node, "name");
	const json_t *doc = json_object_get(h->docs, name);

	if (json_array_size(json_object_get(node, "edges")) > 0 || !doc ||
	    json_array_size(json_object_get(doc, "patterns")) > 0 || is_reached(h, name) ||
	    has_policy(h, name) || is_governed(h, name))
		return;
	note(h, "warning", name,
	     json_string("has no edges, no patterns and no policies: nothing leads to it"));
}

/* A way from a node along edges of the type back to it, told once: at its
 * first node in order of names. */
static void check_circle(struct health *h, const json_t *node, const char *type, const char *level)
{
	const char *name = og_json_str(node, "name");
	json_t *ahead = og_reach_on(h->nodes, type, name), *behind, *item;
	size_t i, k, members = 0;
	int first = 1, itself = 0;

	behind = og_reach_back(h->nodes, type, name);
	json_array_foreach(json_object_get(node, "edges"), i, item) itself |=
		strcmp(og_json_str(item, "type"), type) == 0 &&
		strcmp(og_json_str(item, "target"), name) == 0;
	json_array_foreach(ahead, i, item)
	{
		for (k = 0; k < json_array_size(behind); k++)
			if (json_equal(item, json_array_get(behind, k))) {
				members++;
				first &= strcmp(name, json_string_value(item)) < 0;
			}
	}
	if (members > 0 && first)
		note(h, level, name,
		     json_sprintf("is in a circle of %s with %zu other%s", type, members,
				  members == 1 ? "" : "s"));
	else if (members == 0 && itself)
		note(h, level, name, json_sprintf("%s leads to itself", type));
	json_decref(ahead);
	json_decref(behind);
}

int og_graph_health(const json_t *nodes, json_t *docs, const json_t *policies, json_t **ret,
		    struct og_err *err)
{
	struct health h = {
		.nodes = nodes, .policies = policies, .docs = docs, .notes = json_array()
	};
	json_t *item;
	size_t i;

	h.failed = !h.notes;
	json_array_foreach(nodes, i, item)
	{
		check_targets(&h, item);
		check_orphan(&h, item);
		check_circle(&h, item, "GOVERNS", "warning");
		check_circle(&h, item, "NEXT", "note");
	}
	json_array_foreach(policies, i, item)
	{
		if (!og_reach_node(nodes, og_json_str(item, "node")))
			note(&h, "warning", og_json_str(item, "name"),
			     json_sprintf("is a policy of '%s', which is not there",
					  og_json_str(item, "node")));
	}
	if (!h.failed) {
		*ret = h.notes;
		return 0;
	}
	json_decref(h.notes);
	return og_fail_nomem(err);
}
