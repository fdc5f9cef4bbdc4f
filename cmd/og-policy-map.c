/*
 * og-policy map: each node, and what binds it: its own policies, and those
 * of the nodes that govern it.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/og-draw.h"
#include "cmd/og-policy.h"
#include "lib/base/text.h"
#include "lib/skill/reach.h"
#include "lib/skill/show.h"

#define MAP_MAX	   ((size_t)8 << 20)
#define POLICY_ID  "policy "
#define POLICY_MAX 256

struct map {
	const json_t *skills, *policies;
	struct og_err *err;
};

/* --- what a policy is, in words ------------------------------------------ */

static void add_safe(struct og_buf *out, const char *text)
{
	og_text_safe(out, text ? text : "", text ? strlen(text) : 0, 0);
}

/* "in force until 2027-01-31", "superseded by X". */
static void add_standing(struct og_buf *out, const json_t *policy)
{
	const char *standing = og_json_str(policy, "standing"), *by = og_json_str(policy, "by");
	const char *from = og_json_str(policy, "effective"), *to = og_json_str(policy, "expires");

	og_buf_adds(out, standing ? standing : "in force");
	if (standing && by) {
		og_buf_adds(out, " by ");
		add_safe(out, by);
	} else if (from && standing && strcmp(standing, "future") == 0) {
		og_buf_addf(out, ", from %s", from);
	} else if (to) {
		og_buf_addf(out, "%s %s", standing ? "" : " until", to);
	}
}

/* "max_order_total 500, a rule before authorize-payment, approval" */
static void add_bonds(struct og_buf *out, const json_t *policy)
{
	const char *step = og_json_str(policy, "rule_step"), *name, *lead = "";
	json_t *limits = json_object_get(policy, "limits"), *value;

	json_object_foreach(limits, name, value)
	{
		char number[OG_DOUBLE_MAX];

		og_double_format(json_number_value(value), number);
		og_buf_adds(out, lead);
		add_safe(out, name);
		og_buf_addf(out, " %s", number);
		lead = ", ";
	}
	if (json_object_get(policy, "rule")) {
		og_buf_addf(out, "%srule before ", lead);
		add_safe(out, step ? step : "every step");
		lead = ", ";
	}
	if (json_object_get(policy, "approval")) {
		og_buf_addf(out, "%sapproval before ", lead);
		add_safe(out, step ? step : "every step");
	}
}

/* --- text ---------------------------------------------------------------- */

static void add_policy(struct og_buf *out, const json_t *policy, const char *through)
{
	size_t before;

	og_buf_adds(out, "  ");
	add_safe(out, og_json_str(policy, "name"));
	og_buf_addf(out, ", %s, clearance %lld, ", og_json_str(policy, "source"),
		    (long long)og_json_int(policy, "clearance", 1));
	add_standing(out, policy);
	if (through) {
		og_buf_adds(out, ", through ");
		add_safe(out, through);
	}
	og_buf_addc(out, '\n');
	og_buf_adds(out, "    ");
	before = out->len;
	add_bonds(out, policy);
	if (out->len == before && !out->failed)
		out->len -= 4;
	else
		og_buf_addc(out, '\n');
}

/* Policies of one node; through it another is bound, or NULL. */
static size_t add_policies(const struct map *map, const char *node, const char *through,
			   struct og_buf *out)
{
	json_t *policy;
	size_t i, n = 0;

	json_array_foreach(map->policies, i, policy)
	{
		if (strcmp(og_json_str(policy, "node"), node) != 0)
			continue;
		add_policy(out, policy, through);
		n++;
	}
	return n;
}

static size_t add_bound(const struct map *map, const char *node, struct og_buf *out)
{
	json_t *governors = og_reach_back(map->skills, "GOVERNS", node), *governor;
	size_t n = add_policies(map, node, NULL, out), i;

	if (!governors)
		out->failed = OG_EOS;
	json_array_foreach(governors, i, governor) n +=
		add_policies(map, json_string_value(governor), json_string_value(governor), out);
	json_decref(governors);
	return n;
}

/* A node with what binds it; 0 when nothing does and it was left out. */
static int add_node(const struct map *map, const json_t *node, struct og_buf *out)
{
	const char *name = og_json_str(node, "name");
	size_t start = out->len;

	add_safe(out, name);
	og_buf_addf(out, " (%s, clearance %lld)\n", og_json_str(node, "kind"),
		    (long long)og_json_int(node, "clearance", 1));
	if (add_bound(map, name, out) > 0)
		return 1;
	if (!out->failed)
		out->len = start;
	return 0;
}

static void add_unbound(const struct map *map, const json_t *bound, struct og_buf *out)
{
	const char *lead = "bound by none: ";
	json_t *node;
	size_t i;

	json_array_foreach(map->skills, i, node)
	{
		if (json_object_get(bound, og_json_str(node, "name")))
			continue;
		og_buf_adds(out, lead);
		add_safe(out, og_json_str(node, "name"));
		lead = ", ";
	}
	if (*lead == ',')
		og_buf_addc(out, '\n');
}

/* Policies whose node is not there, or not for the principal to see. */
static void add_homeless(const struct map *map, struct og_buf *out)
{
	json_t *policy;
	size_t i;

	json_array_foreach(map->policies, i, policy)
	{
		if (og_reach_node(map->skills, og_json_str(policy, "node")))
			continue;
		add_safe(out, og_json_str(policy, "node"));
		og_buf_adds(out, " (no skill that can be seen)\n");
		add_policy(out, policy, NULL);
	}
}

static int print_tree(const struct map *map)
{
	json_t *bound = json_object(), *node;
	struct og_buf out;
	size_t i;
	int rc;

	og_buf_init(&out, MAP_MAX);
	json_array_foreach(map->skills, i, node)
	{
		if (add_node(map, node, &out))
			json_object_set_new(bound, og_json_str(node, "name"), json_true());
	}
	add_homeless(map, &out);
	add_unbound(map, bound, &out);
	rc = og_buf_check(&out, "map", map->err);
	if (rc == 0 && out.len)
		rc = og_print(out.data, out.len, map->err);
	og_buf_release(&out);
	json_decref(bound);
	return rc;
}

/* --- JSON ---------------------------------------------------------------- */

static int collect(const struct map *map, const char *node, const char *through, json_t *list)
{
	json_t *policy, *copy;
	size_t i;
	int rc = 0;

	json_array_foreach(map->policies, i, policy)
	{
		if (rc < 0 || strcmp(og_json_str(policy, "node"), node) != 0)
			continue;
		copy = json_copy(policy);
		if (through && copy)
			json_object_set_new(copy, "through", json_string(through));
		rc = json_array_append_new(list, copy);
	}
	return rc;
}

static int print_node(const struct map *map, const json_t *node)
{
	const char *name = og_json_str(node, "name");
	json_t *governors = og_reach_back(map->skills, "GOVERNS", name), *governor;
	json_t *list = json_array(), *line;
	size_t i;
	int rc = governors && list ? collect(map, name, NULL, list) : -1;

	json_array_foreach(governors, i, governor)
	{
		if (rc == 0)
			rc = collect(map, json_string_value(governor), json_string_value(governor),
				     list);
	}
	line = rc == 0 ? json_pack("{s:i,s:s,s:O,s:O,s:O}", "v", 1, "node", name, "kind",
				   json_object_get(node, "kind"), "clearance",
				   json_object_get(node, "clearance"), "policies", list)
		       : NULL;
	rc = line ? og_print_json(line, map->err) : og_fail_nomem(map->err);
	json_decref(line);
	json_decref(list);
	json_decref(governors);
	return rc;
}

static int print_json(const struct map *map)
{
	json_t *node;
	size_t i;
	int rc = 0;

	json_array_foreach(map->skills, i, node)
	{
		if (rc == 0)
			rc = print_node(map, node);
	}
	return rc;
}

/* --- drawn --------------------------------------------------------------- */

static int draw_policy(json_t *drawing, const json_t *policy)
{
	const char *name = og_json_str(policy, "name"), *node = og_json_str(policy, "node");
	const char *old = og_json_str(policy, "supersedes");
	int past = json_object_get(policy, "standing") != NULL, rc;
	char id[POLICY_MAX], other[POLICY_MAX];
	struct og_buf sub;

	snprintf(id, sizeof(id), POLICY_ID "%s", name);
	snprintf(other, sizeof(other), POLICY_ID "%s", old ? old : "");
	og_buf_init(&sub, 16384);
	if (past)
		add_standing(&sub, policy);
	else
		add_bonds(&sub, policy);
	rc = og_draw_node(drawing, id, name, "policy", (int)og_json_int(policy, "clearance", 1));
	if (rc == 0 && sub.len)
		rc = og_draw_sub(drawing, id, sub.data, past);
	if (rc == 0)
		rc = og_draw_node(drawing, node, NULL, "missing", 1);
	if (rc == 0)
		rc = og_draw_edge(drawing, id, node, "BINDS");
	if (rc == 0 && old)
		rc = og_draw_edge(drawing, id, other, "SUPERSEDES");
	og_buf_release(&sub);
	return rc;
}

/* Of the graph only who governs whom, and what is bound. */
static json_t *governing(const json_t *skills)
{
	json_t *list = json_array(), *node, *copy, *edges, *edge;
	size_t i, k;

	json_array_foreach(skills, i, node)
	{
		edges = json_array();
		json_array_foreach(json_object_get(node, "edges"), k, edge)
		{
			if (strcmp(og_json_str(edge, "type"), "GOVERNS") == 0)
				json_array_append(edges, edge);
		}
		copy = json_copy(node);
		json_object_set_new(copy, "edges", edges);
		json_array_append_new(list, copy);
	}
	return list;
}

static int print_drawing(const struct map *map, og_draw_fn *draw)
{
	json_t *skills = governing(map->skills), *drawing = NULL, *policy;
	int rc = og_graph_drawing(skills, "policies", &drawing, map->err);
	size_t i;

	json_array_foreach(map->policies, i, policy)
	{
		if (rc == 0 && draw_policy(drawing, policy) < 0)
			rc = og_fail_nomem(map->err);
	}
	if (rc == 0)
		rc = og_draw_print(draw, drawing, map->err);
	json_decref(drawing);
	json_decref(skills);
	return rc;
}

int policy_run_map(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *policies = NULL, *skills = NULL;
	struct map map = { .err = err };
	og_draw_fn *draw;
	int rc = -1;

	if (og_draw_asked(args, &draw, err) == 0 &&
	    policy_ask(ctx, args, "policy.list", json_object(), &policies, err) == 0 &&
	    policy_ask(ctx, args, "skill.list", json_object(), &skills, err) == 0) {
		map.policies = json_object_get(policies, "policies");
		map.skills = json_object_get(skills, "skills");
		rc = draw			 ? print_drawing(&map, draw)
		     : og_arg_flag(args, "json") ? print_json(&map)
						 : print_tree(&map);
	}
	json_decref(policies);
	json_decref(skills);
	return rc;
}
