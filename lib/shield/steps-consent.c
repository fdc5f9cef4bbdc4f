/*
 * Whether a step may pass without another principal's word, and if not,
 * whether that word is there. See approval.h.
 *
 * Judged after the rules and before the first block: a step that has to
 * wait has done nothing. What it would run with is frozen when it waits.
 */
#include <string.h>

#include "lib/shield/approval.h"
#include "lib/shield/waits.h"
#include "lib/task/state.h"

/* One entry of its own about the open frame, which has changed no row. */
static int note(struct og_run *run, const char *action, const json_t *body, struct og_err *err)
{
	struct og_record entry;
	struct og_receipt receipt;

	if (!body)
		return og_fail_nomem(err);
	og_request_record(run->rq, action, &entry);
	if (og_frame_record(&run->rq->shield->frame, &entry, body, &receipt, err) < 0)
		return -1;
	return og_request_entry(run->rq, receipt.seq, err);
}

/* The policies whose predicate holds. */
static int demands(struct og_run *run, json_t **ret, struct og_err *err)
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

/* The one use of an approval, in the transaction of what it allows. */
static int use(struct og_run *run, const struct og_consent *row, struct og_err *err)
{
	struct og_principal by;

	if (og_access_principal_kept(run->rq->shield->access, row->principal, &by, err) < 0 ||
	    og_consent_state(run->rq->shield->tasks, row->id, "used", err) < 0)
		return -1;
	run->approval = json_pack("{s:s,s:s,s:s}", "by", by.name, "digest", row->digest, "envelope",
				  row->id);
	return run->approval ? 0 : og_fail_nomem(err);
}

/* An approval that counts no more is put aside, which the ledger is told. */
static int put_aside(struct og_run *run, const struct og_consent *row, const char *why,
		     struct og_err *err)
{
	json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "verdict", "deny", "rule", "approver",
				 "why", why, "about", row->id, "approves", row->digest);
	int rc = -1;

	if (og_consent_state(run->rq->shield->tasks, row->id, "void", err) == 0)
		rc = note(run, "refuse", body, err);
	json_decref(body);
	return rc;
}

static int rejected(struct og_run *run, const struct og_consent *row, struct og_err *err)
{
	struct og_principal by;
	json_t *envelope = json_loads(row->envelope, 0, NULL);
	const char *note_text = og_json_str(envelope, "note");
	int rc = og_access_principal_kept(run->rq->shield->access, row->principal, &by, err);

	if (rc == 0)
		rc = og_refuse(run->rq, OG_DENY, "rejected", err, "%s rejected it%s%s", by.name,
			       note_text ? ": " : "", note_text ? note_text : "");
	json_decref(envelope);
	return rc;
}

/* 1: an answer lets it pass; 0: there is none that counts; -1: rejected. */
static int answered(struct og_run *run, const char *digest, const json_t *question,
		    struct og_err *err)
{
	struct og_consent row;
	const char *why = NULL;
	int found = digest ? og_consent_given(run->rq->shield->tasks, run->rq->task.id, digest,
					      &row, err)
			   : 0;

	if (found <= 0)
		return found;
	if (strcmp(row.said, "rejected") == 0)
		found = rejected(run, &row, err);
	else if (!question)
		found = 0;
	else if (og_approval_judge(run->rq, &row, question, &why, err) < 0)
		found = -1;
	else if (why)
		found = put_aside(run, &row, why, err);
	else
		found = use(run, &row, err) < 0 ? -1 : 1;
	og_consent_release(&row);
	return found;
}

/* A no to what was asked before is final, whatever would be asked today. */
static int was_rejected(struct og_run *run, struct og_err *err)
{
	const char *kept = run->rq->task.waits;
	json_t *before = kept ? json_loads(kept, 0, NULL) : NULL;
	int rc = answered(run, og_json_str(before, "digest"), NULL, err);

	json_decref(before);
	return rc;
}

static int is_new(const struct og_task_row *task, const json_t *question)
{
	json_t *before = task->waits ? json_loads(task->waits, 0, NULL) : NULL;
	int same = before && json_equal(before, question);

	json_decref(before);
	return !same;
}

/* What the ledger keeps of a question; the rest follows from it. */
static json_t *entry_body(const json_t *question)
{
	json_t *body = json_copy((json_t *)question);

	if (!body)
		return NULL;
	json_object_del(body, "why");
	json_object_set_new(body, "verdict", json_string("wait"));
	json_object_set_new(body, "rule", json_string("approval"));
	return body;
}

/* The task stands still here, with everything that will run. */
static int stand(struct og_run *run, const json_t *question, struct og_err *err)
{
	struct og_task_row *task = &run->rq->task;
	json_t *body = NULL;
	int rc = 0;

	if (is_new(task, question)) {
		body = entry_body(question);
		rc = note(run, "wait", body, err);
	}
	json_decref(body);
	if (rc < 0 || og_task_row_set(&task->state, og_state_name(OG_TASK_WAITING), err) < 0)
		return -1;
	free(task->waits);
	task->waits = json_dumps(question, JSON_COMPACT);
	if (!task->waits)
		return og_fail_nomem(err);
	json_decref(task->vars);
	task->vars = json_incref(run->vars);
	return og_tasks_save(run->rq->shield->tasks, task, err);
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
	passed = answered(run, og_json_str(question, "digest"), question, err);
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

	if (was_rejected(run, err) < 0 || demands(run, &list, err) < 0)
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
	struct og_request *rq = run->rq;
	json_t *waits;
	int64_t until;

	if (og_frame_commit(&rq->shield->frame, 1, err) < 0)
		return -1;
	waits = og_task_waits(&rq->task);
	until = og_waits_until(&rq->task, waits);
	return og_refuse_wait(rq, "approval", until, waits, err);
}
