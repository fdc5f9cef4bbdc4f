/*
 * schema: what the caller can see of tables and skills. With detail it is
 * an explorer's view, which takes the right "explore": skills with what
 * they are and how they hang together, and how many passages of policies
 * there are to be found. An edge to what is above the caller's clearance is
 * not there. A task is also told who it acts for, since that may change
 * while it goes on, and what it did before is to be found out again as it
 * was then.
 */
#include <string.h>

#include "lib/shield/channel-gate.h"
#include "lib/shield/verbs.h"

static int named(const json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(og_json_str(item, "name"), name) == 0)
			return 1;
	}
	return 0;
}

/* Drops the edges that lead to what is not in the reply. */
static void cut_edges(json_t *skill, const json_t *skills, const json_t *tables)
{
	json_t *edges = json_object_get(skill, "edges");

	for (size_t i = json_array_size(edges); i-- > 0;) {
		const json_t *edge = json_array_get(edges, i);
		const char *type = og_json_str(edge, "type");
		int table = type && strcmp(type, "TOUCHES") == 0;

		if (!named(table ? tables : skills, og_json_str(edge, "target")))
			json_array_remove(edges, i);
	}
}

static int add_detail(struct og_request *rq, json_t *skills, const json_t *tables,
		      struct og_err *err)
{
	const struct og_policy_filter filter = { .clearance = rq->who.clearance };
	json_t *policies = NULL, *skill;
	int64_t passages = 0;
	size_t i;
	int rc = -1;

	json_array_foreach(skills, i, skill) cut_edges(skill, skills, tables);
	if (og_policies_passages(rq->shield->policies, rq->who.clearance, &passages, err) < 0 ||
	    og_policies_list(rq->shield->policies, &filter, &policies, err) < 0)
		return -1;
	if (og_json_set(rq->reply, "skills", json_incref(skills), err) == 0 &&
	    og_json_set(rq->reply, "policies", json_incref(policies), err) == 0)
		rc = og_json_set(rq->reply, "passages", json_integer(passages), err);
	json_decref(policies);
	return rc;
}

static int add_person(struct og_request *rq, struct og_err *err)
{
	json_t *made = json_pack("{s:s,s:i,s:o}", "role", rq->who.role, "clearance",
				 rq->who.clearance, "rights", og_rights_list(rq->who.rights));
	int rc = made ? json_object_update(rq->reply, made) : -1;

	json_decref(made);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

int og_verb_schema(struct og_request *rq, struct og_err *err)
{
	int detail = og_json_bool(rq->body, "detail", 0);
	json_t *tables = NULL, *skills = NULL, *names = json_array(), *skill;
	struct og_gate *gate;
	size_t i;
	int rc = -1;

	if (og_json_set(rq->reply, "nodes", names, err) < 0 ||
	    (detail && og_request_right(rq, "explore", err) < 0) ||
	    og_request_gate(rq, NULL, &gate, err) < 0 || og_gate_schema(gate, &tables, err) < 0 ||
	    og_graph_list(rq->shield->graph, rq->who.clearance, &skills, err) < 0)
		goto out;
	json_array_foreach(skills, i, skill)
	{
		json_array_append(names, json_object_get(skill, "name"));
	}
	rc = json_object_set(rq->reply, "tables", tables) < 0 ? og_fail_nomem(err) : 0;
	if (rc == 0 && rq->has_task)
		rc = add_person(rq, err);
	if (rc == 0 && detail)
		rc = add_detail(rq, skills, tables, err);
out:
	json_decref(tables);
	json_decref(skills);
	return rc;
}
