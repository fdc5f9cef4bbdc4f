/* The graph as a drawing. */
#include "lib/skill/show.h"

#include <stdio.h>
#include <string.h>

#include "lib/draw/draw.h"

/* A table and a skill may be called the same. */
#define TABLE_PREFIX "table "
#define ID_MAX	     256

/* "#7 employee, admin" */
static void describe(const json_t *node, struct og_buf *sub)
{
	const json_t *roles = json_object_get(node, "roles");
	json_t *role;
	size_t i;

	og_buf_addf(sub, "#%lld", (long long)og_json_int(node, "id", 0));
	if (json_array_size(roles) == 0)
		og_buf_adds(sub, " every role");
	json_array_foreach(roles, i, role)
		og_buf_addf(sub, "%s%s", i ? ", " : " ", json_string_value(role));
}

static int draw_node(json_t *drawing, const json_t *node)
{
	const char *name = og_json_str(node, "name");
	struct og_buf sub;
	int rc;

	og_buf_init(&sub, 16384);
	describe(node, &sub);
	rc = og_draw_node(drawing, name, NULL, og_json_str(node, "kind"),
			  (int)og_json_int(node, "clearance", 1));
	if (rc == 0)
		rc = og_draw_sub(drawing, name, sub.failed ? "" : sub.data, 0);
	og_buf_release(&sub);
	return rc;
}

static int draw_edge(json_t *drawing, const char *from, const json_t *edge)
{
	const char *type = og_json_str(edge, "type"), *target = og_json_str(edge, "target");
	int is_table = type && strcmp(type, "TOUCHES") == 0;
	char id[ID_MAX];

	if (!type || !target)
		return 0;
	snprintf(id, sizeof(id), "%s%s", is_table ? TABLE_PREFIX : "", target);
	if (og_draw_node(drawing, id, target, is_table ? "table" : "missing", 1) < 0)
		return -1;
	return og_draw_edge(drawing, from, id, type);
}

int og_graph_drawing(const json_t *nodes, const char *title, json_t **ret, struct og_err *err)
{
	json_t *drawing = og_draw_new(title), *node, *edge;
	size_t i, k;
	int rc = drawing ? 0 : -1;

	json_array_foreach(nodes, i, node)
	{
		if (rc == 0)
			rc = draw_node(drawing, node);
	}
	json_array_foreach(nodes, i, node)
	{
		json_array_foreach(json_object_get(node, "edges"), k, edge)
		{
			if (rc == 0)
				rc = draw_edge(drawing, og_json_str(node, "name"), edge);
		}
	}
	if (rc == 0) {
		*ret = drawing;
		return 0;
	}
	json_decref(drawing);
	return og_fail_nomem(err);
}
