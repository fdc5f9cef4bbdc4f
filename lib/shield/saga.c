/*
 * See saga.h.
 */
#include "lib/shield/saga.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/effects.h"
#include "lib/shield/verbs.h"

/* The changes of the step, read back from its journal row. */
static int invert(struct og_run *run, const struct og_journal *row, struct og_err *err)
{
	struct og_shield *shield = run->rq->shield;
	json_t *changes = NULL;
	int rc;

	if (!row->changes && og_act_is(row))
		return og_act_stays(run->rq, row, err);
	if (!row->changes)
		return og_refuse(run->rq, OG_DENY, "schema", err,
				 "step '%s' changed the schema, which is never taken back",
				 row->step);
	if (og_json_parse(row->changes, strlen(row->changes), OG_CHANGES_MAX, "changes", &changes,
			  err) < 0)
		return -1;
	rc = og_rowlog_apply(shield->db, changes, 0, err);
	json_decref(changes);
	return rc;
}

int og_saga_undo(struct og_run *run, const struct og_journal *row, const char **ret_how,
		 struct og_err *err)
{
	int ran;

	*ret_how = "none";
	if (row->seq == 0)
		return 0;
	ran = og_act_is(row) ? 0 : og_run_undo(run, err);
	if (ran < 0)
		return -1;
	if (ran == 0 && invert(run, row, err) < 0)
		return -1;
	*ret_how = ran ? "sql" : "inverse";
	return 0;
}

static int record(struct og_run *run, const char *how, const char *reason, int64_t *ret_seq,
		  struct og_err *err)
{
	struct og_frame *frame = &run->rq->shield->frame;
	struct og_record entry;
	struct og_receipt receipt;
	json_t *body;
	int rc = -1;

	*ret_seq = 0;
	if (strcmp(how, "none") == 0)
		return 0;
	body = json_pack("{s:s,s:s,s:s}", "verdict", "allow", "how", how, "why", reason);
	if (!body)
		return og_fail_nomem(err);
	og_request_record(run->rq, "undo", &entry);
	if (og_frame_record(frame, &entry, body, &receipt, err) == 0) {
		*ret_seq = receipt.seq;
		rc = 0;
	}
	json_decref(body);
	return rc;
}

static int make_reply(struct og_run *run, const struct og_undone *done, struct og_err *err)
{
	json_t *made = json_pack("{s:s,s:O?,s:s}", "undone", run->name, "next", done->next, "how",
				 done->how);

	if (!made || json_object_update(run->rq->reply, made) < 0) {
		json_decref(made);
		return og_fail_nomem(err);
	}
	json_decref(made);
	return done->seq > 0 ? og_json_set(run->rq->reply, "seq", json_integer(done->seq), err) : 0;
}

static int save(struct og_run *run, const struct og_undone *done, struct og_err *err)
{
	const char *reason = og_json_str(run->rq->body, "reason");
	struct og_request *rq = run->rq;
	struct og_task_row *task = &rq->task;
	struct og_journal row = { .ordinal = done->row->ordinal,
				  .step = done->row->step,
				  .digest = done->row->digest,
				  .seq = done->seq };
	int rc = -1;

	row.reply = json_dumps(rq->reply, JSON_COMPACT);
	task->next_step = -1; /* turned back: no step runs any more */
	if (done->seq > 0)
		task->last_seq = done->seq;
	if (!row.reply)
		og_fail_nomem(err);
	else if ((*task->reason || og_task_row_set(&task->reason, reason, err) == 0) &&
		 og_journal_put(rq->shield->tasks, task->id, OG_PHASE_UNDO, &row, err) == 0)
		rc = og_tasks_save(rq->shield->tasks, task, err);
	free(row.reply);
	return rc;
}

int og_saga_keep(struct og_run *run, const struct og_undone *done, struct og_err *err)
{
	return make_reply(run, done, err) < 0 ? -1 : save(run, done, err);
}

/* Whom the step called is asked first; what it wrote goes with the answer. */
static int undo_step(struct og_run *run, struct og_undone *done, struct og_err *err)
{
	const char *reason = og_json_str(run->rq->body, "reason");
	int calls = done->row->seq > 0 && !og_act_is(done->row);
	int called = calls ? og_effect_undo(run, done->row, err) : 0;

	if (called != 0)
		return called;
	if (og_saga_undo(run, done->row, &done->how, err) < 0 ||
	    record(run, done->how, reason, &done->seq, err) < 0)
		return -1;
	return og_saga_keep(run, done, err);
}

/* What was not a skill's needs none to be taken back. */
static int undo_act(struct og_run *run, struct og_undone *done, struct og_err *err)
{
	og_act_again(run->rq, done->row);
	run->name = run->rq->act;
	return undo_step(run, done, err);
}

/* Takes back the step that row describes; next is the one after it. */
static int undo_one(struct og_run *run, const struct og_journal *row, json_t *next,
		    struct og_err *err)
{
	struct og_request *rq = run->rq;
	struct og_undone done = { .row = row, .next = next };
	json_t *vars;
	int rc = -1;

	if (og_act_is(row))
		return undo_act(run, &done, err);
	vars = row->vars ? json_loads(row->vars, 0, NULL) : NULL;
	if (!vars)
		og_fail(err, OG_EDATA, "the variables of step '%s' cannot be read", row->step);
	else if (og_run_skill(run, rq->task.skill, rq->task.skill_hash, err) == 0 &&
		 og_run_step(run, row->step, vars, err) == 0)
		rc = undo_step(run, &done, err);
	json_decref(vars);
	return rc;
}

static int nothing_left(struct og_request *rq, struct og_err *err)
{
	json_t *made = json_pack("{s:n,s:n,s:s}", "undone", "next", "how", "none");
	int rc = made ? json_object_update(rq->reply, made) : -1;

	json_decref(made);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

static int perform(struct og_run *run, struct og_err *err)
{
	struct og_request *rq = run->rq;
	struct og_progress progress = { 0 };
	struct og_journal row = { 0 };
	int rc = -1, found;

	if (og_effect_in_the_way(rq, err) < 0)
		return -1;
	if (og_tasks_progress(rq->shield->tasks, rq->task.id, &progress, err) < 0)
		return -1;
	if (progress.last < 0) {
		rc = nothing_left(rq, err);
		goto out;
	}
	found = og_journal_get(rq->shield->tasks, rq->task.id, OG_PHASE_DO, progress.last, &row,
			       err);
	if (found == 0)
		og_fail(err, OG_EBUG, "step %lld has no journal", (long long)progress.last);
	if (found == 1)
		rc = undo_one(run, &row, progress.before_name, err);
out:
	og_journal_release(&row);
	og_progress_release(&progress);
	return rc;
}

int og_verb_saga_undo(struct og_request *rq, struct og_err *err)
{
	struct og_run run = { .rq = rq };
	int rc = -1;

	if (og_request_task(rq, err) == 0 && og_request_running(rq, err) == 0)
		rc = perform(&run, err);
	/* What is to be sent is on the disk before anybody knows it. */
	if (rc == 0 || rc == OG_UNDO_SENDS)
		rc = og_request_commit(rq, rc == OG_UNDO_SENDS, err);
	og_run_release(&run);
	return rc < 0 ? -1 : 0;
}
