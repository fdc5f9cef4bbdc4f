/*
 * With the answer of a call kept in the task's row, what is left to do: the
 * rest of the step, or of its undo, in one transaction with the entry that
 * ends the effect. A call that happened stays so when the rest is refused:
 * then the step stands with nothing but the call, and is taken back.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/effects.h"
#include "lib/shield/saga.h"
#include "lib/skill/http.h"

/* An effect being ended. */
struct ending {
	struct og_run run;
	json_t *effect;
	const json_t *send, *answer; /* borrowed from it */
	struct og_journal row;	     /* of an undo: the step's */
};

static void ending_release(struct ending *end)
{
	json_decref(end->effect);
	og_journal_release(&end->row);
	og_run_release(&end->run);
}

static int is_undo(const struct ending *end)
{
	const char *phase = og_json_str(end->effect, "phase");

	return phase && strcmp(phase, "undo") == 0;
}

/* Points run at the step, as it was when the call was begun. */
static int ending_init(struct ending *end, struct og_request *rq, struct og_err *err)
{
	struct og_run *run = &end->run;

	memset(end, 0, sizeof(*end));
	run->rq = rq;
	og_task_row_release(&rq->task);
	rq->has_task = 0; /* it is looked up anew in this frame */
	if (og_frame_begin(&rq->shield->frame, err) < 0 || og_request_task(rq, err) < 0 ||
	    og_request_running(rq, err) < 0)
		return -1;
	end->effect = og_effect_of(&rq->task);
	end->send = json_object_get(end->effect, "send");
	end->answer = json_object_get(end->effect, "answer");
	if (!end->answer)
		return og_fail(err, OG_EDATA, "the effect of task %s cannot be read", rq->task.id);
	if (og_run_skill(run, rq->task.skill, rq->task.skill_hash, err) < 0 ||
	    og_run_step(run, og_json_str(end->effect, "step"), json_object_get(end->effect, "vars"),
			err) < 0)
		return -1;
	if (json_object_update(run->rows, json_object_get(end->effect, "rows")) < 0 ||
	    json_array_extend(run->reads, json_object_get(end->effect, "reads")) < 0 ||
	    json_array_extend(run->citations, json_object_get(end->effect, "citations")) < 0)
		return og_fail_nomem(err);
	return 0;
}

static const char *service_of(const struct ending *end)
{
	return og_json_str(end->send, "service");
}

/* The members of the ending entry. refusal NULL: it was done. */
static json_t *entry_body(const struct ending *end, const json_t *refusal)
{
	static const char *const facts[] = { "outcome", "status", "digest", "size", NULL };
	json_t *body = og_run_body(&end->run);
	json_t *more =
		json_pack("{s:O,s:s,s:O,s:O}", "phase", json_object_get(end->effect, "phase"),
			  "service", service_of(end), "key", json_object_get(end->effect, "key"),
			  "attempts", json_object_get(end->effect, "attempts"));

	for (size_t i = 0; more && facts[i]; i++) {
		json_t *fact = json_object_get(end->answer, facts[i]);

		if (fact)
			json_object_set(more, facts[i], fact);
	}
	if (more && refusal) {
		json_object_set_new(more, "verdict", json_string("deny"));
		json_object_set(more, "rule", json_object_get(refusal, "rule"));
		json_object_set(more, "why", json_object_get(refusal, "why"));
	}
	if (!body || !more || json_object_update(body, more) < 0) {
		json_decref(body);
		body = NULL;
	}
	json_decref(more);
	return body;
}

static int record(struct ending *end, const json_t *refusal, int64_t *ret_seq, struct og_err *err)
{
	json_t *body = entry_body(end, refusal);
	struct og_request *rq = end->run.rq;
	int rc = body ? og_request_write_entry(rq, "effect.end", body, err) : og_fail_nomem(err);

	json_decref(body);
	json_object_del(rq->reply, "seq"); /* the step's reply says it itself */
	*ret_seq = rq->task.last_seq;
	return rc;
}

/* --- it was done ----------------------------------------------------------- */

static int bad_answer(struct ending *end, struct og_err *err)
{
	const char *problem = og_json_str(end->answer, "problem");

	return og_refuse(end->run.rq, OG_DENY, "answer", err, "the answer of service '%s': %s",
			 service_of(end), problem ? problem : "something is missing in it");
}

/* What the answer had of it. */
static int take_values(struct ending *end, struct og_err *err)
{
	json_t *values = json_object_get(end->answer, "values");

	return values && json_object_update(end->run.vars, values) < 0 ? og_fail_nomem(err) : 0;
}

static int bind_values(struct ending *end, struct og_err *err)
{
	const json_t *values = json_object_get(end->answer, "values");
	const json_t *bind = json_object_get(end->send, "bind");

	if (take_values(end, err) < 0)
		return -1;
	if (json_object_size(values) < json_object_size(bind))
		return bad_answer(end, err);
	return 0;
}

static size_t after_call(const struct og_run *run)
{
	const json_t *blocks = json_object_get(run->step, "blocks");
	const json_t *call = og_http_block(run->step, "http");
	size_t at = 0;

	while (at < json_array_size(blocks) && json_array_get(blocks, at) != call)
		at++;
	return at + 1;
}

/* A call that only reads, in a step that writes nothing, needs no undo. */
static int wrote(const struct ending *end)
{
	return !og_json_bool(end->send, "reads", 0) ||
	       og_frame_changed(&end->run.rq->shield->frame);
}

static int complete_step(struct ending *end, struct og_err *err)
{
	struct og_run *run = &end->run;
	int64_t seq = 0;
	int wrote_any;

	if (bind_values(end, err) < 0 ||
	    og_run_blocks(run, after_call(run), OG_SKILL_BLOCKS_MAX, err) < 0)
		return -1;
	wrote_any = wrote(end);
	if (record(end, NULL, &seq, err) < 0 || og_effect_set(&run->rq->task, NULL, err) < 0)
		return -1;
	return og_run_keep(run, og_json_str(end->effect, "digest"), wrote_any ? seq : 0, err);
}

static int complete_undo(struct ending *end, struct og_err *err)
{
	struct og_run *run = &end->run;
	struct og_request *rq = run->rq;
	struct og_progress progress = { 0 };
	struct og_undone done = { .row = &end->row, .how = "none" };
	int rc = -1;

	if (og_tasks_progress(rq->shield->tasks, rq->task.id, &progress, err) < 0)
		return -1;
	if (og_journal_get(rq->shield->tasks, rq->task.id, OG_PHASE_DO, run->ordinal, &end->row,
			   err) != 1) {
		og_fail(err, OG_EBUG, "step '%s' has no journal", run->name);
		goto out;
	}
	done.next = progress.before_name;
	if (strcmp(end->row.digest, OG_JOURNAL_FAILED) != 0 &&
	    og_saga_undo(run, &end->row, &done.how, err) < 0)
		goto out;
	done.how = strcmp(done.how, "sql") == 0 ? "http, sql" : "http";
	if (record(end, NULL, &done.seq, err) == 0 && og_effect_set(&rq->task, NULL, err) == 0)
		rc = og_saga_keep(run, &done, err);
out:
	og_progress_release(&progress);
	return rc;
}

/* --- it was not, or the rest is refused ------------------------------------ */

int og_effect_refused(struct og_request *rq, const json_t *refusal, struct og_err *err)
{
	const char *rule = og_json_str(refusal, "rule"), *why = og_json_str(refusal, "why");
	const char *fix = og_json_str(refusal, "fix");
	int code = (int)og_json_int(refusal, "code", OG_NO);

	og_refuse(rq, OG_DENY_QUIET, rule ? rule : "refused", err, "%s", why ? why : "refused");
	if (code != OG_NO) {
		rq->refusal = OG_REFUSAL_NONE; /* no judgement: an error */
		err->code = code;
	}
	return fix ? og_hint(err, "%s", fix) : -1;
}

static json_t *refusal_of(const char *rule, const struct og_err *why)
{
	json_t *refusal =
		json_pack("{s:s,s:s,s:i}", "rule", rule, "why", why->msg, "code", why->code);

	if (refusal && why->hint[0])
		json_object_set_new(refusal, "fix", json_string(why->hint));
	return refusal;
}

/* Why a call that did not happen did not. */
static json_t *call_refused(const struct ending *end)
{
	const char *problem = og_json_str(end->answer, "problem"), *rule = "service-away";
	int status = (int)og_json_int(end->answer, "status", 0);
	struct og_err why = OG_ERR_INIT;

	if (status == 0) {
		og_fail(&why, OG_EUNAVAIL, "service '%s': %s", service_of(end),
			problem ? problem : "it cannot be reached");
	} else {
		rule = "service-status";
		og_fail(&why, OG_NO, "service '%s' answered %d", service_of(end), status);
	}
	return refusal_of(rule, &why);
}

/* The effect is over; a repetition hears the same. */
static int close_effect(struct ending *end, json_t *refusal, struct og_err *err)
{
	struct og_request *rq = end->run.rq;
	int64_t seq;
	int rc = -1;

	if (!refusal || record(end, refusal, &seq, err) < 0 ||
	    og_json_set(end->effect, "closed", json_true(), err) < 0 ||
	    og_json_set(end->effect, "refusal", json_incref(refusal), err) < 0)
		goto out;
	json_object_del(end->effect, "answer");
	if (og_effect_set(&rq->task, end->effect, err) == 0 &&
	    og_tasks_save(rq->shield->tasks, &rq->task, err) == 0)
		rc = og_frame_commit(&rq->shield->frame, 1, err);
out:
	if (rc == 0)
		og_effect_refused(rq, refusal, err);
	json_decref(refusal);
	return -1;
}

/* The call happened and the rest of its step is refused: the step stands
 * with the call alone, and the task turns back. */
static int stand(struct ending *end, json_t *refusal, struct og_err *err)
{
	struct og_run *run = &end->run;
	struct og_task_row *task = &run->rq->task;
	struct og_journal row = { .ordinal = run->ordinal, .step = (char *)(uintptr_t)run->name };
	char none[] = "[]", failed[] = OG_JOURNAL_FAILED;
	int rc = -1;

	if (take_values(end, err) < 0)
		return -1;
	if (record(end, refusal, &row.seq, err) < 0 || og_effect_set(task, NULL, err) < 0 ||
	    og_task_row_set(&task->reason, og_json_str(refusal, "why"), err) < 0)
		return -1;
	task->next_step = -1;
	row.digest = failed;
	row.reply = json_dumps(refusal, JSON_COMPACT);
	row.vars = json_dumps(run->vars, JSON_COMPACT);
	row.changes = none;
	if (!row.reply || !row.vars)
		og_fail_nomem(err);
	else if (og_journal_put(run->rq->shield->tasks, task->id, OG_PHASE_DO, &row, err) == 0 &&
		 og_tasks_save(run->rq->shield->tasks, task, err) == 0)
		rc = og_frame_commit(&run->rq->shield->frame, 1, err);
	free(row.reply);
	free(row.vars);
	return rc;
}

/* Is the error a judgement, which would be the same tomorrow? */
static int is_judgement(const struct og_request *rq, const struct og_err *err)
{
	return rq->refusal != OG_REFUSAL_NONE || err->code == OG_NO || err->code == OG_EPERM ||
	       err->code == OG_EDATA;
}

/* Begins again, without what the refused blocks did. */
static int refuse_rest(struct og_request *rq, struct og_err *err)
{
	json_t *refusal = refusal_of(rq->rule[0] ? rq->rule : "refused", err);
	struct ending end;
	int rc = -1;

	if (!refusal)
		return og_fail_nomem(err);
	og_frame_abort(&rq->shield->frame);
	if (ending_init(&end, rq, err) < 0) {
		ending_release(&end);
		json_decref(refusal);
		return -1;
	}
	json_object_set_new(refusal, "code", json_integer(OG_NO));
	if (og_json_bool(end.send, "reads", 0))
		close_effect(&end, json_incref(refusal), err);
	else if (stand(&end, refusal, err) == 0)
		rc = og_effect_refused(rq, refusal, err);
	ending_release(&end);
	json_decref(refusal);
	return rc;
}

static int settle(struct ending *end, struct og_err *err)
{
	if (!og_json_bool(end->answer, "done", 0))
		return close_effect(end, call_refused(end), err);
	return is_undo(end) ? complete_undo(end, err) : complete_step(end, err);
}

int og_effect_settle(struct og_request *rq, struct og_err *err)
{
	struct ending end;
	int rc = ending_init(&end, rq, err), done = 0, undo = 0;

	if (rc == 0) {
		done = og_json_bool(end.answer, "done", 0);
		undo = is_undo(&end);
		rc = settle(&end, err);
	}
	if (rc == 0)
		rc = og_request_commit(rq, 1, err);
	else if (done && !undo && is_judgement(rq, err))
		rc = refuse_rest(rq, err);
	ending_release(&end);
	return rc;
}
