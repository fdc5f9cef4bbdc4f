/*
 * query.run: a named query. All steps of a skill that only reads, in one
 * request, beside the task's own skill: with the rights granted to that
 * version of it, for the roles and the clearance it is for, under the rules
 * that bind its steps. It binds nothing: the task keeps the skill it has, or
 * has none, and the query's variables are gone with its reply.
 *
 * A skill that could change anything is no query, whatever its slots are;
 * nor is a step that somebody has to approve.
 */
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/steps.h"
#include "lib/shield/verbs.h"

static int refuse(struct og_run *run, struct og_err *err, const char *why)
{
	og_refuse(run->rq, OG_DENY, "not-a-query", err, "skill '%s' is no query: %s",
		  og_json_str(run->doc, "name"), why);
	return og_hint(err, "run its steps, one by one");
}

static int block_reads(const json_t *block)
{
	static const char *const kinds[] = { "read", "require", "view" };
	const char *kind = og_json_str(block, "kind");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kind && strcmp(kind, kinds[i]) == 0)
			return 1;
	return 0;
}

static int only_reads(struct og_run *run, struct og_err *err)
{
	const json_t *steps = json_object_get(run->doc, "steps");
	json_t *step, *block;
	size_t i, j;

	json_array_foreach(steps, i, step)
	{
		json_array_foreach(json_object_get(step, "blocks"), j, block)
		{
			if (!block_reads(block))
				return refuse(run, err, "it may change something");
		}
	}
	return i > 0 ? 0 : refuse(run, err, "it has no steps");
}

/* What would wait for somebody does not: a query is answered at once. */
static int nobody_asked(struct og_run *run, struct og_err *err)
{
	json_t *list = NULL;
	int rc = og_run_demands(run, &list, err);

	if (rc == 0 && json_array_size(list) > 0)
		rc = refuse(run, err, "a policy wants an approval of it");
	json_decref(list);
	return rc;
}

static int run_steps(struct og_run *run, struct og_err *err)
{
	const json_t *steps = json_object_get(run->doc, "steps");
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (og_run_point(run, og_json_str(step, "name"), err) < 0 ||
		    og_run_rules(run, err) < 0 || nobody_asked(run, err) < 0 ||
		    og_run_blocks(run, 0, OG_SKILL_BLOCKS_MAX, err) < 0)
			return -1;
	}
	return 0;
}

/* What was read is named in the task's last entry, as a step's is. */
static int keep(struct og_run *run, struct og_err *err)
{
	struct og_request *rq = run->rq;

	if (json_array_extend(rq->task.reads, run->reads) < 0)
		return og_fail_nomem(err);
	return og_tasks_save(rq->shield->tasks, &rq->task, err);
}

static int reply(struct og_run *run, struct og_err *err)
{
	json_t *reply = run->rq->reply;

	if (og_run_reply(run, 0, err) < 0)
		return -1;
	json_object_del(reply, "step");
	json_object_del(reply, "next");
	if (og_json_set(reply, "skill", json_string(og_json_str(run->doc, "name")), err) < 0)
		return -1;
	return og_json_set(reply, "hash", json_string(run->hash), err);
}

static int bind(struct og_run *run, struct og_err *err)
{
	json_t *vars = NULL;
	int rc = og_run_slots(run, json_object_get(run->rq->body, "slots"), &vars, err);

	if (rc == 0)
		rc = og_run_open(run, vars, err);
	json_decref(vars);
	return rc;
}

static int perform(struct og_run *run, struct og_err *err)
{
	const json_t *body = run->rq->body;

	if (og_task_forward(run->rq, err) < 0 ||
	    og_run_version(run, og_json_str(body, "skill"), og_json_str(body, "hash"), err) < 0 ||
	    og_run_admit(run, err) < 0 || only_reads(run, err) < 0 || bind(run, err) < 0 ||
	    run_steps(run, err) < 0 || keep(run, err) < 0)
		return -1;
	return reply(run, err);
}

int og_verb_query_run(struct og_request *rq, struct og_err *err)
{
	struct og_run run = { .rq = rq };
	int rc = -1;

	if (og_request_task(rq, err) == 0 && og_request_running(rq, err) == 0)
		rc = perform(&run, err);
	if (rc == 0)
		rc = og_request_commit(rq, 0, err);
	og_run_release(&run);
	return rc;
}
