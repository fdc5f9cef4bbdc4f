/*
 * The blocks of a step, in the order they stand in the skill; and its undo
 * blocks, last first, because each takes back what stands before it.
 *
 * SQL goes through the gate of this version of the skill. Schema changes,
 * new skills and new policies are not SQL of the skill: they need the
 * principal's own right, whatever the skill was granted.
 */
#include "lib/shield/steps.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/ddl.h"

#define CLEARANCE_ALL 3

typedef int block_fn(struct og_run *run, const json_t *block, struct og_err *err);

/* Rows as objects under a name, and the first row's columns as variables. */
static int bind_rows(struct og_run *run, const char *name, const struct og_gate_result *result,
		     struct og_err *err)
{
	json_t *list = json_object_get(run->rows, name), *row, *column;
	size_t i, j;

	if (!list && json_object_set_new(run->rows, name, list = json_array()) < 0)
		return og_fail_nomem(err);
	json_array_foreach(result->rows, i, row)
	{
		json_t *object = json_object();

		json_array_foreach(result->columns, j, column)
		{
			json_object_set(object, json_string_value(column), json_array_get(row, j));
		}
		if (i == 0 && json_object_update(run->vars, object) < 0)
			return og_fail_nomem(err);
		if (json_array_append_new(list, object) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

static int do_read(struct og_run *run, const json_t *block, struct og_err *err)
{
	const char *sql = og_json_str(block, "text"), *name = og_json_str(block, "as");
	struct og_gate_result result;
	int rc = -1;

	if (og_request_sql(run->rq, run->gate, sql, run->vars, OG_GATE_READ, &result, err) == 0 &&
	    bind_rows(run, name ? name : run->name, &result, err) == 0)
		rc = og_note_read(run->reads, run->name, sql, &result, err);
	og_gate_result_release(&result);
	return rc;
}

static int nothing_written(struct og_run *run, struct og_err *err)
{
	og_refuse(run->rq, OG_DENY, "no-rows", err, "step '%s' changed nothing", run->name);
	return og_hint(err, "no row fits any more, or not enough is left");
}

static int do_write(struct og_run *run, const json_t *block, struct og_err *err)
{
	const char *name = og_json_str(block, "as");
	struct og_gate_result result;
	int rc = -1;

	if (og_request_sql(run->rq, run->gate, og_json_str(block, "text"), run->vars, OG_GATE_WRITE,
			   &result, err) < 0)
		goto out;
	run->affected += result.affected;
	if (result.affected == 0 && !og_json_bool(block, "any", 0))
		rc = nothing_written(run, err);
	else
		rc = name ? og_json_set(run->vars, name, json_integer(result.last_id), err) : 0;
out:
	og_gate_result_release(&result);
	return rc;
}

static int do_require(struct og_run *run, const json_t *block, struct og_err *err)
{
	const char *message = og_json_str(block, "message");
	const char *sql = og_json_str(block, "text");
	struct og_gate_result result;
	int rc = og_request_sql(run->rq, run->gate, sql, run->vars, OG_GATE_READ, &result, err);

	if (rc == 0 && !og_run_true(&result))
		rc = og_refuse(run->rq, OG_DENY, "require", err, "%s",
			       message && *message ? message : "a requirement is not met");
	else if (rc == 0)
		rc = og_note_read(run->reads, run->name, sql, &result, err);
	og_gate_result_release(&result);
	return rc;
}

/* A block's JSON with the variables put in. */
static int expanded(struct og_run *run, const json_t *block, json_t **ret, struct og_err *err)
{
	const char *text = og_json_str(block, "text");
	json_t *template = NULL;
	int rc;

	if (og_json_parse(text, strlen(text), OG_SKILL_DOC_MAX, "block", &template, err) < 0)
		return -1;
	rc = og_template_view(template, run->vars, ret, err);
	json_decref(template);
	return rc;
}

static int do_ddl(struct og_run *run, const json_t *block, struct og_err *err)
{
	json_t *request = NULL, *changes = NULL;
	int rc = -1;

	if (og_request_right(run->rq, "ddl", err) == 0 &&
	    expanded(run, block, &request, err) == 0 &&
	    og_ddl_apply(run->rq->shield->db, request, &changes, err) == 0)
		rc = json_array_extend(run->ddl, changes) < 0 ? og_fail_nomem(err) : 0;
	json_decref(request);
	json_decref(changes);
	return rc;
}

static int taken(struct og_run *run, const char *what, const char *name, struct og_err *err)
{
	og_refuse(run->rq, OG_DENY, "exists", err, "there is a %s called '%s' already", what, name);
	return og_hint(err, "a new version is added by og-%s add", what);
}

/* A sentence may add a skill, never replace one. */
static int skill_is_new(struct og_run *run, const json_t *doc, struct og_err *err)
{
	const char *name = og_json_str(doc, "name");
	char hash[OG_HASH_HEX + 1];
	struct og_node head;
	int found = og_graph_head(run->rq->shield->graph, name, &head, err);

	if (found <= 0)
		return found;
	if (og_skill_hash(doc, hash, err) < 0)
		return -1;
	return strcmp(hash, head.hash) == 0 ? 0 : taken(run, "skill", name, err);
}

static int policy_is_new(struct og_run *run, const json_t *policy, struct og_err *err)
{
	const char *name = og_json_str(policy, "name");
	const char *supersedes = og_json_str(policy, "supersedes");
	json_t *there = NULL;
	int found;

	if (supersedes)
		return og_act_supersedes(run->rq, supersedes, err);
	found = og_policies_show(run->rq->shield->policies, name, CLEARANCE_ALL, &there, err);
	json_decref(there);
	return found <= 0 ? found : taken(run, "policy", name, err);
}

static int do_put_skill(struct og_run *run, const json_t *block, struct og_err *err)
{
	struct og_node node;
	json_t *doc = NULL;
	int rc = -1;

	if (og_request_right(run->rq, "skill", err) == 0 && expanded(run, block, &doc, err) == 0 &&
	    og_skill_complete(doc, err) == 0 && og_skill_check(doc, err) == 0 &&
	    skill_is_new(run, doc, err) == 0 &&
	    og_graph_put(run->rq->shield->graph, doc, &node, err) == 0) {
		run->affected += node.changed;
		rc = 0;
		if (og_json_set(run->vars, "skill", json_string(node.name), err) < 0 ||
		    og_json_set(run->vars, "skill_id", json_integer(node.id), err) < 0)
			rc = -1;
	}
	json_decref(doc);
	return rc;
}

static int do_put_policy(struct og_run *run, const json_t *block, struct og_err *err)
{
	struct og_policy_id id;
	json_t *policy = NULL;
	int rc = -1;

	if (og_request_right(run->rq, "policy", err) == 0 &&
	    expanded(run, block, &policy, err) == 0 && og_policy_check(policy, err) == 0 &&
	    policy_is_new(run, policy, err) == 0 &&
	    og_policies_put(run->rq->shield->policies, policy, &id, err) == 0) {
		run->affected += id.changed;
		rc = 0;
	}
	json_decref(policy);
	return rc;
}

static int do_view(struct og_run *run, const json_t *block, struct og_err *err)
{
	json_decref(run->view);
	run->view = NULL;
	return expanded(run, block, &run->view, err);
}

static const struct {
	const char *kind;
	block_fn *run; /* NULL: nothing to do when the step runs */
} kinds[] = {
	{ "read", do_read },
	{ "write", do_write },
	{ "require", do_require },
	{ "undo", NULL },
	{ "ddl", do_ddl },
	{ "put-skill", do_put_skill },
	{ "put-policy", do_put_policy },
	{ "view", do_view },
	{ "http", NULL },
	{ "http-undo", NULL },
};

static int run_block(struct og_run *run, const json_t *block, struct og_err *err)
{
	const char *kind = og_json_str(block, "kind");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].run ? kinds[i].run(run, block, err) : 0;
	return og_fail(err, OG_EDATA, "step '%s' has a block of unknown kind '%s'", run->name,
		       kind);
}

int og_run_blocks(struct og_run *run, size_t from, size_t to, struct og_err *err)
{
	const json_t *blocks = json_object_get(run->step, "blocks");

	for (size_t i = from; i < to && i < json_array_size(blocks); i++)
		if (run_block(run, json_array_get(blocks, i), err) < 0)
			return -1;
	return 0;
}

int og_run_undo(struct og_run *run, struct og_err *err)
{
	const json_t *blocks = json_object_get(run->step, "blocks");
	int ran = 0;

	for (size_t i = json_array_size(blocks); i > 0; i--) {
		const json_t *block = json_array_get(blocks, i - 1);

		if (strcmp(og_json_str(block, "kind"), "undo") != 0)
			continue;
		if (do_write(run, block, err) < 0)
			return -1;
		ran = 1;
	}
	return ran;
}
