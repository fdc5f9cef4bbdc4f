/*
 * What stands before a step: may this principal run the skill, and do the
 * policies that govern it let the step pass.
 *
 * Policies bind whoever asks: their clearance decides only whether they
 * are shown what bound them. A rule that cannot be judged, because a
 * variable of it is not bound yet or its SQL fails, refuses.
 */
#include "lib/shield/steps.h"

#include <string.h>

static int role_listed(const json_t *roles, const char *role)
{
	size_t i;
	json_t *name;

	json_array_foreach(roles, i, name)
	{
		if (strcmp(json_string_value(name), role) == 0)
			return 1;
	}
	return json_array_size(roles) == 0;
}

int og_request_cleared(struct og_request *rq, const json_t *doc, struct og_err *err)
{
	long long clearance = og_json_int(doc, "clearance", 3);

	if (rq->who.clearance >= clearance)
		return 0;
	og_refuse(rq, OG_DENY, "skill-clearance", err, "skill '%s' needs clearance %lld, %s has %d",
		  og_json_str(doc, "name"), clearance, rq->who.name, rq->who.clearance);
	return og_hint(err, "a principal with clearance %lld may run it", clearance);
}

int og_run_admit(struct og_run *run, struct og_err *err)
{
	struct og_request *rq = run->rq;
	const char *name = og_json_str(run->doc, "name");

	if (!role_listed(json_object_get(run->doc, "roles"), rq->who.role)) {
		og_refuse(rq, OG_DENY, "skill-role", err, "role '%s' may not run skill '%s'",
			  rq->who.role, name);
		return og_hint(err, "somebody with another role has to ask, see og-skill show %s",
			       name);
	}
	return og_request_cleared(rq, run->doc, err);
}

static int find_nodes(struct og_shield *shield, const char *name, json_t **ret, struct og_err *err)
{
	json_t *nodes = NULL;

	if (og_graph_governors(shield->graph, name, &nodes, err) < 0)
		return -1;
	if (json_array_append_new(nodes, json_string(name)) < 0 ||
	    json_object_set(shield->governors, name, nodes) < 0) {
		json_decref(nodes);
		return og_fail_nomem(err);
	}
	*ret = nodes;
	return 0;
}

/* The skill's own node and those that govern it; found once for a state of
 * the graph. */
int og_run_nodes(struct og_run *run, json_t **ret, struct og_err *err)
{
	struct og_shield *shield = run->rq->shield;
	const char *name = og_json_str(run->doc, "name");
	int64_t epoch;

	if (og_graph_epoch(shield->graph, &epoch, err) < 0)
		return -1;
	if (epoch != shield->governors_epoch)
		json_object_clear(shield->governors);
	shield->governors_epoch = epoch;
	*ret = json_incref(json_object_get(shield->governors, name));
	return *ret ? 0 : find_nodes(shield, name, ret, err);
}

/* A predicate's answer: its single value, as SQL takes it for true. */
int og_run_true(const struct og_gate_result *result)
{
	const json_t *value = json_array_get(json_array_get(result->rows, 0), 0);

	if (json_is_integer(value))
		return json_integer_value(value) != 0;
	return json_is_real(value) && json_real_value(value) != 0.0;
}

int og_run_predicate(struct og_run *run, const char *policy, const char *predicate,
		     struct og_err *err)
{
	struct og_request *rq = run->rq;
	struct og_gate_result result;
	struct og_err why = OG_ERR_INIT;
	struct og_buf sql;
	int rc = -1;

	memset(&result, 0, sizeof(result));
	og_buf_init(&sql, OG_GATE_TEXT_MAX);
	og_buf_addf(&sql, "SELECT (%s)", predicate);
	if (og_buf_check(&sql, "rule", err) < 0)
		goto out;
	if (og_request_sql(rq, run->gate, sql.data, run->vars, OG_GATE_READ, &result, &why) < 0)
		og_refuse(rq, OG_DENY, "policy-rule", err, "policy '%s' cannot be judged: %s",
			  policy, why.msg);
	else
		rc = og_run_true(&result);
out:
	og_gate_result_release(&result);
	og_buf_release(&sql);
	return rc;
}

static int judge(struct og_run *run, const json_t *rule, struct og_err *err)
{
	const char *message = og_json_str(rule, "message");
	int holds =
		og_run_predicate(run, og_json_str(rule, "policy"), og_json_str(rule, "rule"), err);

	if (holds != 0)
		return holds < 0 ? -1 : 0;
	return og_refuse(run->rq, OG_DENY, "policy-rule", err, "%s",
			 message && *message ? message : "refused by a policy");
}

static int has_requirement(const json_t *step)
{
	json_t *block;
	size_t i;

	json_array_foreach(json_object_get(step, "blocks"), i, block)
	{
		if (strcmp(og_json_str(block, "kind"), "require") == 0)
			return 1;
	}
	return 0;
}

/* What binds a step is shown with it, by clearance, kept or refused. */
static int cite(struct og_run *run, const json_t *nodes, struct og_err *err)
{
	json_t *citations = NULL;

	if (og_policies_cite(run->rq->shield->policies, nodes, run->rq->who.clearance, &citations,
			     err) < 0)
		return -1;
	json_decref(run->citations);
	run->citations = citations;
	json_decref(run->rq->extra);
	run->rq->extra = json_pack("{s:O}", "citations", citations);
	return run->rq->extra ? 0 : og_fail_nomem(err);
}

int og_run_rules(struct og_run *run, struct og_err *err)
{
	json_t *nodes = NULL, *rules = NULL, *rule;
	size_t i;
	int rc = -1;

	if (og_run_nodes(run, &nodes, err) < 0 ||
	    og_policies_rules(run->rq->shield->policies, nodes, run->name, &rules, err) < 0)
		goto out;
	if ((json_array_size(rules) > 0 || has_requirement(run->step)) && cite(run, nodes, err) < 0)
		goto out;
	json_array_foreach(rules, i, rule)
	{
		if (judge(run, rule, err) < 0)
			goto out;
	}
	rc = 0;
out:
	json_decref(nodes);
	json_decref(rules);
	return rc;
}
