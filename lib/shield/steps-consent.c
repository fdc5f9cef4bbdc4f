/*
 * Whether a step may pass without another principal's word, and if not,
 * whether that word is there. See approval.h.
 *
 * Judged after the rules and before the first block: a step that has to
 * wait has done nothing. What it would run with is frozen when it waits.
 */
#include "lib/shield/approval.h"
#include "lib/shield/waits.h"

/* The policies whose predicate holds. */
int og_run_demands(struct og_run *run, json_t **ret, struct og_err *err)
{
	json_t *nodes = NULL, *all = NULL, *item, *list = json_array();
	size_t i;
	int rc = list ? 0 : og_fail_nomem(err);

	if (rc == 0 &&
	    (og_run_nodes(run, &nodes, err) < 0 ||
	     og_policies_approvals(run->rq->shield->policies, nodes, run->name, &all, err) < 0))
		rc = -1;
	for (i = 0; rc == 0 && (item = json_array_get(all, i)); i++) {
		int holds = og_run_predicate(run, og_json_str(item, "policy"),
					     og_json_str(item, "approval"), err);

		if (holds < 0 || (holds && json_array_append(list, item) < 0))
			rc = -1;
	}
	json_decref(nodes);
	json_decref(all);
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

/* A no to what was asked before is final, whatever would be asked today;
 * unless it was the task itself that asked, about something else (ask.h). */
static int was_rejected(struct og_run *run, struct og_err *err)
{
	const char *kept = run->rq->task.waits;
	json_t *before = kept ? json_loads(kept, 0, NULL) : NULL;
	int own = json_object_get(before, "call") != NULL;
	int rc = own ? 0
		     : og_approval_given(run->rq, og_json_str(before, "digest"), NULL, NULL, err);

	json_decref(before);
	return rc;
}

/* The task stands still here, with everything that will run. */
static int stand(struct og_run *run, const json_t *question, struct og_err *err)
{
	struct og_task_row *task = &run->rq->task;

	json_decref(task->vars);
	task->vars = json_incref(run->vars);
	return og_task_wait(run->rq, question, err);
}

/* 0: go on; 1: wait, and what the task waits for is in its row. */
static int decide(struct og_run *run, const json_t *list, struct og_err *err)
{
	json_t *question = NULL;
	int64_t expires = 0;
	int rc = -1, passed;

	if (og_approval_question(run, list, &question, err) < 0)
		return -1;
	og_time_parse(og_json_str(question, "expires"), &expires);
	passed = og_approval_given(run->rq, og_json_str(question, "digest"), question,
				   &run->approval, err);
	if (passed == 1)
		rc = og_task_row_set(&run->rq->task.waits, NULL, err);
	else if (passed == 0 && og_now_ms() >= expires)
		rc = og_refuse(run->rq, OG_DENY, "approval-expired", err,
			       "nobody approved it by %s", og_json_str(question, "expires"));
	else if (passed == 0)
		rc = stand(run, question, err) < 0 ? -1 : 1;
	json_decref(question);
	return rc;
}

int og_run_consent(struct og_run *run, struct og_err *err)
{
	json_t *list = NULL;
	int rc;

	if (was_rejected(run, err) < 0 || og_run_demands(run, &list, err) < 0)
		return -1;
	if (json_array_size(list) > 0)
		rc = decide(run, list, err);
	else
		rc = og_task_row_set(&run->rq->task.waits, NULL, err);
	json_decref(list);
	return rc;
}

int og_run_wait(struct og_run *run, struct og_err *err)
{
	return og_task_stands(run->rq, "approval", err);
}
