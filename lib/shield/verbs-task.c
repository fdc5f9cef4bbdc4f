/*
 * task.begin, task.status, task.list: a task's life as the shield sees it.
 *
 * The authority for everything a task does is its signed envelope, looked
 * at once, here. From there on the task is a row in erp.db, and (task,
 * epoch) is what a worker shows: a newer task.begin of the same envelope
 * makes the older worker's epoch stale.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/channel-internal.h"
#include "lib/shield/effects.h"
#include "lib/shield/envelopes.h"
#include "lib/shield/slots.h"
#include "lib/shield/spend.h"
#include "lib/shield/verbs.h"
#include "lib/shield/waits.h"
#include "lib/task/state.h"

#define AGENTS_KEPT  4096 /* of tasks of one conversation that have not ended */
#define LIST_DEFAULT 100
#define LIST_MAX     1000

static int is_final(const struct og_task_row *task)
{
	int state = og_state_parse(task->state);

	return state >= 0 && og_state_final((enum og_task_state)state);
}

static int add_result(json_t *reply, const struct og_task_row *task, struct og_err *err)
{
	json_t *result = task->result ? json_loads(task->result, 0, NULL) : NULL;

	if (!task->result)
		return 0;
	if (!result)
		return og_fail(err, OG_EDATA, "the recorded result cannot be read");
	return og_json_set(reply, "result", result, err);
}

/* What was asked: the sentence, or the action. */
static int add_wish(json_t *reply, const struct og_task_row *task, struct og_err *err)
{
	json_t *envelope = json_loads(task->envelope, 0, NULL);
	json_t *action = json_object_get(envelope, "action");
	int rc = action ? json_object_set(reply, "action", action)
			: json_object_set_new(reply, "text", json_string(task->text));

	json_decref(envelope);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

static int add_skill(json_t *reply, const struct og_task_row *task, struct og_err *err)
{
	if (!task->skill)
		return 0;
	if (og_json_set(reply, "skill", json_string(task->skill), err) < 0)
		return -1;
	return og_json_set(reply, "skill_hash", json_string(task->skill_hash), err);
}

static int add_effect(json_t *reply, const struct og_task_row *task, struct og_err *err)
{
	json_t *effect = og_effect_describe(task);

	return effect ? og_json_set(reply, "effect", effect, err) : 0;
}

/* The reply of task.begin. A task that was cancelled says so as long as
 * nobody has finished it. */
int og_task_describe(struct og_request *rq, const struct og_task_row *task, struct og_err *err)
{
	struct og_progress progress = { 0 };
	int cancelled = og_consent_cancelled(rq->shield->tasks, task->id, task->principal, err);
	json_t *made;
	int rc = -1;

	if (cancelled < 0 || og_tasks_progress(rq->shield->tasks, task->id, &progress, err) < 0)
		return -1;
	made = json_pack("{s:s,s:I,s:s,s:s,s:s,s:i,s:o,s:s,s:s,s:O,s:O,s:O,s:s}", "task", task->id,
			 "epoch", (json_int_t)task->epoch, "state",
			 cancelled && !is_final(task) ? "cancelled" : task->state, "principal",
			 rq->who.name, "role", rq->who.role, "clearance", rq->who.clearance,
			 "rights", og_rights_list(rq->who.rights), "submitted", task->submitted,
			 "reason", task->reason, "vars", task->vars, "done", progress.done,
			 "undone", progress.undone, "phase", task->next_step < 0 ? "undo" : "do");
	if (!made || json_object_update(rq->reply, made) < 0)
		og_fail_nomem(err);
	else if (add_wish(rq->reply, task, err) == 0 && add_skill(rq->reply, task, err) == 0 &&
		 add_effect(rq->reply, task, err) == 0 &&
		 og_waits_describe(task, rq->reply, err) == 0)
		rc = add_result(rq->reply, task, err);
	json_decref(made);
	og_progress_release(&progress);
	return rc;
}

/* A second envelope with the key of an earlier task: its answer is that
 * task's, and nothing can be done through it. */
static int describe_first(struct og_request *rq, const char *id, struct og_err *err)
{
	struct og_task_row first;
	int rc = og_tasks_get(rq->shield->tasks, id, &first, err);

	if (rc == 0)
		og_fail(err, OG_EBUG, "task '%s' is gone", id);
	if (rc != 1)
		return -1;
	rc = og_task_describe(rq, &first, err);
	if (rc == 0 && (json_object_set_new(rq->reply, "epoch", json_integer(0)) < 0 ||
			json_object_set_new(rq->reply, "same_as", json_string(first.id)) < 0))
		rc = og_fail_nomem(err);
	og_task_row_release(&first);
	return rc;
}

/* The row of a task that was never seen before, from its envelope. */
static int new_row(struct og_request *rq, const struct og_envelope *envelope, const char *text,
		   struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	char now[OG_TIME_LEN + 1];

	og_time_format(og_now_ms(), now);
	memcpy(task->id, envelope->id, OG_UUID_LEN + 1);
	memcpy(task->digest, envelope->hash, sizeof(task->digest));
	task->principal = rq->who.id;
	task->epoch = 1;
	task->vars = json_object();
	task->reads = json_array();
	if (!task->vars || !task->reads)
		return og_fail_nomem(err);
	if (og_task_row_set(&task->state, "running", err) < 0 ||
	    og_task_row_set(&task->reason, "", err) < 0 ||
	    og_task_row_set(&task->key, envelope->key, err) < 0 ||
	    og_task_row_set(&task->submitted, envelope->submitted, err) < 0 ||
	    og_task_row_set(&task->deadline, og_json_str(envelope->json, "deadline"), err) < 0 ||
	    og_task_row_set(&task->trace, envelope->trace, err) < 0 ||
	    og_task_row_set(&task->begun, now, err) < 0)
		return -1;
	return og_task_row_set(&task->envelope, text, err);
}

/* What og_task.text keeps: the sentence, or the action as JSON; of a proposal
 * without its text, which would make lists too long to send. */
static int row_text(struct og_task_row *task, const struct og_envelope *envelope,
		    struct og_err *err)
{
	json_t *action;
	struct og_buf text;
	int rc = -1;

	if (envelope->text)
		return og_task_row_set(&task->text, envelope->text, err);
	action = json_copy((json_t *)(uintptr_t)envelope->action);
	if (!action)
		return og_fail_nomem(err);
	json_object_del(action, "text");
	og_buf_init(&text, OG_ENVELOPE_MAX);
	if (og_json_canon(action, &text, err) == 0)
		rc = og_task_row_set(&task->text, text.data, err);
	og_buf_release(&text);
	json_decref(action);
	return rc;
}

/* However early a transport delivers it. One that is called off need not
 * wait for its time. */
static int is_due(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	int cancelled;

	if (og_now_ms() >= envelope->not_before_ms)
		return 0;
	cancelled = og_consent_cancelled(rq->shield->tasks, envelope->id, rq->who.id, err);
	if (cancelled != 0)
		return cancelled < 0 ? -1 : 0;
	return og_refuse_wait(rq, "not-before", envelope->not_before_ms, NULL, err);
}

static int begin_new(struct og_request *rq, const struct og_envelope *envelope, const char *text,
		     struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	char first[OG_UUID_LEN + 1];
	int same = 0;

	if (og_envelope_admit(rq, envelope, err) < 0 || is_due(rq, envelope, err) < 0)
		return -1;
	if (envelope->key)
		same = og_tasks_by_key(rq->shield->tasks, rq->who.id, envelope->key, first, err);
	if (same < 0 || new_row(rq, envelope, text, err) < 0 || row_text(task, envelope, err) < 0)
		return -1;
	if (same == 1 && (og_task_row_set(&task->key, NULL, err) < 0 ||
			  og_task_row_set(&task->state, "duplicate", err) < 0 ||
			  og_task_row_set(&task->same_as, first, err) < 0))
		return -1;
	if (og_tasks_insert(rq->shield->tasks, task, err) < 0)
		return -1;
	return same ? describe_first(rq, first, err) : og_task_describe(rq, task, err);
}

/* One more worker has it; unless it waits, and has to wait still. */
static int go_on(struct og_request *rq, struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	int still = og_task_waiting(task) ? og_waits_still(rq, err) : 0;

	if (still != 0)
		return still < 0 ? -1 : 0;
	task->epoch++;
	if (og_task_row_set(&task->state, og_state_name(OG_TASK_RUNNING), err) < 0)
		return -1;
	return og_tasks_save(rq->shield->tasks, task, err);
}

/* A known id with the content it was begun with: never refused. */
static int begin_again(struct og_request *rq, struct og_err *err)
{
	struct og_task_row *task = &rq->task;

	if (og_access_principal_kept(rq->shield->access, task->principal, &rq->who, err) < 0)
		return -1;
	rq->known = 1;
	if (task->same_as)
		return describe_first(rq, task->same_as, err);
	if (!is_final(task) && go_on(rq, err) < 0)
		return -1;
	return og_task_describe(rq, task, err);
}

static int begin(struct og_request *rq, const struct og_envelope *envelope, const char *text,
		 struct og_err *err)
{
	int found = og_tasks_get(rq->shield->tasks, envelope->id, &rq->task, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return begin_new(rq, envelope, text, err);
	if (strcmp(rq->task.digest, envelope->hash) != 0)
		return og_refuse(rq, OG_DENY, "replay", err, "task %s was begun with other content",
				 envelope->id);
	if (strcmp(rq->task.envelope, text) != 0 && og_envelope_admit(rq, envelope, err) < 0)
		return -1;
	return begin_again(rq, err);
}

/* The agent's name goes into ledger entries, so it is held to a form. */
static int take_agent(struct og_request *rq, struct og_err *err)
{
	const char *agent = og_json_str(rq->body, "agent");

	if (!agent)
		agent = rq->talk->agent[0] ? rq->talk->agent : "og-worker";
	if (!*agent || strlen(agent) > OG_AGENT_MAX ||
	    agent[strspn(agent, "abcdefghijklmnopqrstuvwxyz0123456789-_./:")] != '\0')
		return og_fail(err, OG_EDATA, "request: 'agent' is not a program's name");
	memmove(rq->talk->agent, agent, strlen(agent) + 1);
	return 0;
}

/* Tasks may interleave on a conversation, and each has an agent of its own. */
static int keep_agent(struct og_request *rq, struct og_err *err)
{
	struct og_conversation *talk = rq->talk;

	if (!talk->agents)
		talk->agents = json_object();
	if (is_final(&rq->task))
		json_object_del(talk->agents, rq->task.id);
	else if (json_object_size(talk->agents) >= AGENTS_KEPT &&
		 !json_object_get(talk->agents, rq->task.id))
		json_object_clear(talk->agents);
	if (is_final(&rq->task))
		return 0;
	return og_json_set(talk->agents, rq->task.id, json_string(talk->agent), err);
}

/* A final state is answered with the promise that it is durable: whoever
 * hears it will drop the command from the queue. */
static int begin_task(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX);
	if (og_json_canon(envelope->json, &text, err) == 0 && og_frame_begin(frame, err) == 0 &&
	    begin(rq, envelope, text.data, err) == 0)
		rc = og_frame_commit(frame, is_final(&rq->task) || rq->task.same_as, err);
	og_frame_abort(frame);
	og_buf_release(&text);
	return rc < 0 ? -1 : keep_agent(rq, err);
}

int og_verb_task_begin(struct og_request *rq, struct og_err *err)
{
	struct og_envelope envelope;
	int rc = -1;

	if (take_agent(rq, err) < 0 ||
	    og_envelope_from_json(json_object_get(rq->body, "envelope"), &envelope, err) < 0)
		return -1;
	if (strcmp(envelope.kind, "task") == 0)
		rc = begin_task(rq, &envelope, err);
	else
		rc = og_envelope_apply(rq, &envelope, err);
	og_envelope_release(&envelope);
	return rc;
}

int og_verb_envelope(struct og_request *rq, struct og_err *err)
{
	const char *verb = og_json_str(rq->body, "verb");
	const char *kind = strcmp(verb, "consent.put") == 0 ? "approve" : verb;
	struct og_envelope envelope;
	int rc;

	if (og_envelope_from_json(json_object_get(rq->body, "envelope"), &envelope, err) < 0)
		return -1;
	if (strcmp(envelope.kind, kind) == 0)
		rc = og_envelope_apply(rq, &envelope, err);
	else
		rc = og_fail(err, OG_EDATA, "%s: the envelope is of kind '%s'", verb,
			     envelope.kind);
	og_envelope_release(&envelope);
	return rc;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* How far one that runs has come. */
static int add_progress(struct og_request *rq, const struct og_task_row *task, struct og_err *err)
{
	struct og_progress progress = { 0 };
	json_t *made;

	if (is_final(task))
		return 0;
	if (og_tasks_progress(rq->shield->tasks, task->id, &progress, err) < 0)
		return -1;
	made = json_pack("{s:O,s:O,s:s}", "done", progress.done, "undone", progress.undone, "phase",
			 progress.undos > 0 ? "undo" : "do");
	og_progress_release(&progress);
	return og_json_set(rq->reply, "progress", made, err);
}

/* What models came to so far; in the end the result has it. */
static int add_cost(struct og_request *rq, const struct og_task_row *task, struct og_err *err)
{
	json_t *cost = NULL;

	if (og_spend_told(rq, task->id, &cost, err) < 0)
		return -1;
	return cost ? og_json_set(rq->reply, "cost", cost, err) : 0;
}

static int status_reply(struct og_request *rq, const char *id, const struct og_task_row *task,
			struct og_err *err)
{
	const json_t *values = json_object_get(rq->body, "values");
	struct og_principal owner;
	json_t *made;

	if (og_access_principal_kept(rq->shield->access, task->principal, &owner, err) < 0)
		return -1;
	made = json_pack("{s:s,s:s,s:s,s:o,s:s,s:s,s:o,s:o,s:I,s:s*}", "task", id, "state",
			 task->state, "reason", task->reason, "skill", text_or_null(task->skill),
			 "principal", owner.name, "submitted", task->submitted, "begun",
			 text_or_null(task->begun), "finished", text_or_null(task->finished),
			 "epoch", (json_int_t)task->epoch, "deadline", task->deadline);
	if (!made || json_object_update(rq->reply, made) < 0) {
		json_decref(made);
		return og_fail_nomem(err);
	}
	json_decref(made);
	if (values && og_slots_judge(rq, task, values, err) < 0)
		return -1;
	if (add_wish(rq->reply, task, err) < 0 || og_waits_describe(task, rq->reply, err) < 0 ||
	    add_progress(rq, task, err) < 0 || add_cost(rq, task, err) < 0)
		return -1;
	return add_result(rq->reply, task, err);
}

static int may_see(struct og_request *rq, const struct og_task_row *task)
{
	json_t *waits;
	int may;

	if (task->principal == rq->who.id || og_access_right(&rq->who, "tasks"))
		return 1;
	if (!og_access_right(&rq->who, "approve"))
		return 0;
	/* Whoever could answer what it waits for has to see what that is. */
	waits = og_task_waits(task);
	may = waits && rq->who.clearance >= og_json_int(waits, "clearance", INT64_MAX);
	json_decref(waits);
	return may;
}

/* Foreign and unknown tasks are told apart by nothing. */
static int visible_task(struct og_request *rq, const char *id, struct og_task_row *ret,
			struct og_err *err)
{
	struct og_task_row row;
	int found = og_tasks_get(rq->shield->tasks, id, &row, err);

	if (found < 0)
		return -1;
	if (found == 1 && may_see(rq, &row)) {
		*ret = row;
		return 0;
	}
	if (found == 1)
		og_task_row_release(&row);
	return og_refuse(rq, OG_DENY_QUIET, "no-task", err, "no such task");
}

int og_verb_task_status(struct og_request *rq, struct og_err *err)
{
	const char *id = og_json_str(rq->body, "task");
	struct og_task_row row, first;
	int rc;

	if (!id || !og_uuid_valid(id))
		return og_fail(err, OG_EDATA, "request: 'task' is not a task id");
	if (visible_task(rq, id, &row, err) < 0)
		return -1;
	if (!row.same_as) {
		rc = status_reply(rq, id, &row, err);
	} else {
		rc = visible_task(rq, row.same_as, &first, err);
		if (rc == 0) {
			rc = status_reply(rq, id, &first, err);
			if (rc == 0)
				rc = og_json_set(rq->reply, "same_as", json_string(first.id), err);
			og_task_row_release(&first);
		}
	}
	og_task_row_release(&row);
	return rc;
}

int og_verb_task_list(struct og_request *rq, struct og_err *err)
{
	const char *state = og_json_str(rq->body, "state");
	int64_t limit = og_json_int(rq->body, "limit", LIST_DEFAULT);
	struct og_task_query query = { .state = state, .limit = limit };
	json_t *list = json_array();
	int all = og_access_right(&rq->who, "tasks");

	if (og_json_set(rq->reply, "tasks", list, err) < 0 ||
	    og_json_set(rq->reply, "all", json_boolean(all), err) < 0)
		return -1;
	if (limit < 1 || limit > LIST_MAX)
		return og_fail(err, OG_EDATA, "request: 'limit' is not between 1 and %d", LIST_MAX);
	if (state && og_state_parse(state) < 0)
		return og_fail(err, OG_EDATA, "request: no task state is called '%s'", state);
	query.principal = all ? 0 : rq->who.id;
	query.approver = og_access_right(&rq->who, "approve") ? rq->who.clearance : 0;
	return og_tasks_list(rq->shield->tasks, &query, list, err);
}
