/*
 * task.finish: the one way a task ends. The state must be one that what
 * happened allows, so that no caller can call a half-done saga done; the
 * entry names what the task read; and the reply comes when all of it is
 * on the disk.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/channel-internal.h"
#include "lib/shield/effects.h"
#include "lib/shield/finish.h"
#include "lib/shield/resolve.h"
#include "lib/shield/spend.h"
#include "lib/shield/verbs.h"
#include "lib/task/result.h"

/* What the journal says about a task. */
struct course {
	int64_t steps; /* of its skill; 0: none was run */
	int64_t next;  /* -1: turned back */
	int64_t undos, standing, standing_writes;
	int in_doubt; /* nobody knows whether an effect outside happened */
	int answered; /* a step's call was, and the step is not completed */
};

static int all_done(const struct course *course)
{
	return course->next >= 0 && course->next == course->steps;
}

/* NULL when the state fits, else why not. */
static const char *misfit(enum og_task_state state, const struct course *course, int cancelled)
{
	if (course->in_doubt && state != OG_TASK_IN_DOUBT)
		return "it is not known whether an effect outside happened";
	if (course->answered && state != OG_TASK_COMPENSATION_FAILED)
		return "a service answered, and its step is not completed";
	switch (state) {
	case OG_TASK_DONE:
		return all_done(course) ? NULL : "not all of its steps are done";
	case OG_TASK_COMPENSATED:
		if (course->undos == 0)
			return "nothing was undone";
		return course->standing == 0 ? NULL : "a step is not undone yet";
	case OG_TASK_CANCELLED:
		if (!cancelled)
			return "nobody cancelled it";
		return course->standing_writes == 0 ? NULL : "a step that wrote is not undone";
	case OG_TASK_DENIED:
	case OG_TASK_FAILED:
	case OG_TASK_INTERRUPTED:
		return course->standing_writes == 0 ? NULL : "a step that wrote is not undone";
	case OG_TASK_COMPENSATION_FAILED:
		return course->standing_writes > 0 || course->answered
			       ? NULL
			       : "nothing that wrote is left standing";
	case OG_TASK_IN_DOUBT:
		return course->in_doubt ? NULL : "no effect outside is unknown";
	default:
		return "that is no state a task can be finished in";
	}
}

static int steps_of(struct og_request *rq, int64_t *ret, struct og_err *err)
{
	const struct og_task_row *task = &rq->task;
	const json_t *found;

	*ret = 0;
	if (!task->skill)
		return 0;
	found = og_shield_skill(rq->shield, task->skill, task->skill_hash, err);
	if (!found)
		return -1;
	*ret = (int64_t)json_array_size(json_object_get(json_object_get(found, "skill"), "steps"));
	return 0;
}

static int judge(struct og_request *rq, enum og_task_state state, struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	struct course course = { .next = task->next_step };
	struct og_progress progress = { 0 };
	const char *why;
	json_t *effect;
	int cancelled = og_consent_cancelled(rq->shield->tasks, task->id, task->principal, err);

	if (cancelled < 0 || steps_of(rq, &course.steps, err) < 0 ||
	    og_tasks_progress(rq->shield->tasks, task->id, &progress, err) < 0)
		return -1;
	effect = og_effect_of(task);
	course.in_doubt = og_effect_unknown(effect);
	course.answered = og_effect_answered(effect);
	json_decref(effect);
	course.undos = progress.undos;
	course.standing = progress.standing;
	course.standing_writes = progress.standing_writes;
	og_progress_release(&progress);
	why = misfit(state, &course, cancelled);
	if (!why)
		return 0;
	return og_refuse(rq, OG_CONFLICT, "state", err, "the task cannot be finished as %s: %s",
			 og_state_name(state), why);
}

/* The result must be this task's, in this state, and well formed. */
static int check_result(struct og_request *rq, const char *state, struct og_err *err)
{
	const json_t *result = json_object_get(rq->body, "result");
	const char *task = og_json_str(result, "task");
	const char *said = og_json_str(result, "state");

	if (og_result_check(result, err) < 0)
		return -1;
	if (!task || strcmp(task, rq->task.id) != 0)
		return og_fail(err, OG_EDATA, "result: 'task' is another task");
	if (!said || strcmp(said, state) != 0)
		return og_fail(err, OG_EDATA, "result: 'state' is not %s", state);
	return 0;
}

int og_result_digest(const json_t *result, char out[OG_HASH_HEX + 1], struct og_err *err)
{
	json_t *bare = json_copy((json_t *)result);
	struct og_buf text;
	struct og_hash hash;
	int rc = -1;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	if (!bare) {
		og_fail_nomem(err);
		goto out;
	}
	json_object_del(bare, "ledger");
	json_object_del(bare, "finished");
	json_object_del(bare, "resolved");
	if (og_json_canon(bare, &text, err) < 0)
		goto out;
	og_sha256(text.data, text.len, &hash);
	og_hash_hex(&hash, out);
	rc = 0;
out:
	json_decref(bare);
	og_buf_release(&text);
	return rc;
}

static json_t *entry_body(struct og_request *rq, const json_t *result, const char *digest)
{
	const struct og_task_row *task = &rq->task;

	return json_pack("{s:s,s:O,s:s,s:s,s:s,s:s,s:s,s:s*,s:s*,s:s*}", "envelope", task->digest,
			 "reads", task->reads, "reason", og_json_str(rq->body, "reason"), "result",
			 digest, "state", og_json_str(rq->body, "state"), "text", task->text,
			 "verdict", "allow", "planner", og_json_str(result, "planner"), "model",
			 og_json_str(result, "model"), "fallback", og_json_str(result, "fallback"));
}

static int record(struct og_request *rq, const json_t *result, struct og_receipt *receipt,
		  struct og_err *err)
{
	char digest[OG_HASH_HEX + 1];
	struct og_record entry;
	json_t *body;
	int rc;

	if (og_result_digest(result, digest, err) < 0)
		return -1;
	body = entry_body(rq, result, digest);
	if (!body)
		return og_fail_nomem(err);
	og_request_record(rq, "task.finish", &entry);
	rc = og_frame_record(&rq->shield->frame, &entry, body, receipt, err);
	json_decref(body);
	return rc;
}

/* What the models of a task cost is not for its worker to say: our sums
 * stand in the result, whatever it has there. */
static int take_cost(struct og_request *rq, json_t *result, struct og_err *err)
{
	json_t *before = json_object_get(result, "cost"), *cost = NULL;
	json_t *said = before ? json_copy(before) : json_object();
	int rc = -1;

	if (og_spend_close(rq, err) < 0 || og_spend_told(rq, rq->task.id, &cost, err) < 0)
		goto out;
	if (cost && (!said || json_object_update(said, cost) < 0 ||
		     json_object_set(result, "cost", said) < 0))
		og_fail_nomem(err);
	else
		rc = 0;
out:
	json_decref(cost);
	json_decref(said);
	return rc;
}

int og_result_complete(struct og_request *rq, const struct og_receipt *receipt, json_t *result,
		       struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	char head[OG_HASH_HEX + 1];

	og_hash_hex(&receipt->hash, head);
	task->first_seq = task->first_seq ? task->first_seq : receipt->seq;
	task->last_seq = receipt->seq;
	if (og_json_set(result, "ledger",
			json_pack("{s:I,s:I,s:s}", "first", (json_int_t)task->first_seq, "last",
				  (json_int_t)task->last_seq, "head", head),
			err) < 0 ||
	    og_json_set(result, "finished", json_string(receipt->time), err) < 0)
		return -1;
	return og_resolve_note(rq, result, err);
}

/* Then what is needed to go on with it stays. */
static int needs_person(int state)
{
	return state == OG_TASK_COMPENSATION_FAILED || state == OG_TASK_IN_DOUBT;
}

static int store(struct og_request *rq, const struct og_receipt *receipt, const json_t *result,
		 struct og_err *err)
{
	struct og_task_row *task = &rq->task;

	free(task->result);
	task->result = json_dumps(result, JSON_COMPACT);
	if (!task->result)
		return og_fail_nomem(err);
	if (og_task_row_set(&task->state, og_json_str(rq->body, "state"), err) < 0 ||
	    og_task_row_set(&task->reason, og_json_str(rq->body, "reason"), err) < 0 ||
	    og_task_row_set(&task->finished, receipt->time, err) < 0)
		return -1;
	if (!needs_person(og_state_parse(task->state)) && og_effect_set(task, NULL, err) < 0)
		return -1;
	return og_tasks_finish(rq->shield->tasks, task, err);
}

/* What its steps answered is needed to go on with a task, or to take it
 * back; when it has come to a good end nobody does either. */
static int forget_steps(struct og_request *rq, enum og_task_state state, struct og_err *err)
{
	if (needs_person((int)state))
		return 0;
	return og_journal_drop(rq->shield->tasks, rq->task.id, err);
}

static int reply(struct og_request *rq, const json_t *result, struct og_err *err)
{
	const json_t *ledger = json_object_get(result, "ledger");
	json_t *made = json_pack("{s:O,s:O,s:O,s:O}", "seq_first", json_object_get(ledger, "first"),
				 "seq_last", json_object_get(ledger, "last"), "head",
				 json_object_get(ledger, "head"), "result", result);
	int rc = made ? json_object_update(rq->reply, made) : -1;

	json_decref(made);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

/* Everything between the judgement and the reply. */
static int conclude(struct og_request *rq, enum og_task_state state, json_t *result,
		    struct og_err *err)
{
	struct og_receipt receipt;

	if (rq->task.skill)
		snprintf(rq->node, sizeof(rq->node), "%s@%.12s", rq->task.skill,
			 rq->task.skill_hash);
	if (take_cost(rq, result, err) < 0 || record(rq, result, &receipt, err) < 0 ||
	    og_result_complete(rq, &receipt, result, err) < 0 ||
	    store(rq, &receipt, result, err) < 0 || forget_steps(rq, state, err) < 0)
		return -1;
	return reply(rq, result, err);
}

static int finish(struct og_request *rq, struct og_err *err)
{
	const char *name = og_json_str(rq->body, "state");
	int state = og_state_parse(name);
	json_t *result;
	int rc;

	if (state < 0)
		return og_fail(err, OG_EDATA, "request: no task state is called '%s'", name);
	if (check_result(rq, name, err) < 0 || judge(rq, (enum og_task_state)state, err) < 0)
		return -1;
	result = json_copy(json_object_get(rq->body, "result"));
	if (!result)
		return og_fail_nomem(err);
	rc = conclude(rq, (enum og_task_state)state, result, err);
	json_decref(result);
	return rc;
}

/* Finished before, in the same state: the recorded result is the answer. */
static int finished_before(struct og_request *rq, struct og_err *err)
{
	const char *state = og_json_str(rq->body, "state");
	json_t *result;
	int rc;

	if (!rq->task.result || strcmp(rq->task.state, state) != 0)
		return og_refuse(rq, OG_CONFLICT, "finished", err, "the task is %s already",
				 rq->task.state);
	result = json_loads(rq->task.result, 0, NULL);
	if (!result)
		return og_fail(err, OG_EDATA, "the recorded result cannot be read");
	rc = reply(rq, result, err);
	json_decref(result);
	return rc;
}

int og_verb_task_finish(struct og_request *rq, struct og_err *err)
{
	int rc;

	if (og_request_task(rq, err) < 0)
		return -1;
	if (strcmp(rq->task.state, "running") == 0)
		rc = finish(rq, err);
	else
		rc = finished_before(rq, err);
	if (rc < 0 || og_frame_commit(&rq->shield->frame, 1, err) < 0)
		return -1;
	json_object_del(rq->talk->agents, rq->task.id);
	return 0;
}
