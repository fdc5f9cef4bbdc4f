/* See waits.h. */
#include "lib/shield/waits.h"

#include <stdlib.h>
#include <string.h>

#include "lib/task/state.h"

int og_task_waiting(const struct og_task_row *task)
{
	return strcmp(task->state, og_state_name(OG_TASK_WAITING)) == 0;
}

json_t *og_task_waits(const struct og_task_row *task)
{
	return task->waits && og_task_waiting(task) ? json_loads(task->waits, 0, NULL) : NULL;
}

int og_task_waits_for(const struct og_task_row *task, const char *what)
{
	json_t *waits = og_task_waits(task);
	const char *is = og_json_str(waits, "for");
	int same = is && strcmp(is, what) == 0;

	json_decref(waits);
	return same;
}

static int64_t time_of(const char *text, int64_t fallback)
{
	int64_t ms;

	return text && og_time_parse(text, &ms) == 0 ? ms : fallback;
}

int64_t og_waits_until(const struct og_task_row *task, const json_t *waits)
{
	int64_t until = time_of(og_json_str(waits, "expires"), 0);
	int64_t deadline = time_of(task->deadline, INT64_MAX);

	return deadline < until ? deadline : until;
}

/* Has anybody answered the question? */
static int answered(struct og_request *rq, const json_t *waits, struct og_err *err)
{
	const char *digest = og_json_str(waits, "digest"), *what = og_json_str(waits, "for");
	const char *kind = what && strcmp(what, "answer") == 0 ? "answer" : "approve";
	struct og_consent given;
	int found =
		digest ? og_consent_given(rq->shield->tasks, rq->task.id, kind, digest, &given, err)
		       : 0;

	if (found == 1)
		og_consent_release(&given);
	return found;
}

/* A question that cannot be read is over: the step will ask it again. */
int og_waits_still(struct og_request *rq, struct og_err *err)
{
	const struct og_task_row *task = &rq->task;
	json_t *waits = og_task_waits(task);
	int done = !waits || !rq->who.active || og_now_ms() >= og_waits_until(task, waits);

	if (!done)
		done = og_consent_cancelled(rq->shield->tasks, task->id, task->principal, err);
	if (done == 0)
		done = answered(rq, waits, err);
	json_decref(waits);
	return done < 0 ? -1 : !done;
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
	json_t *body = json_copy((json_t *)(uintptr_t)question);

	if (!body)
		return NULL;
	json_object_del(body, "why");
	json_object_set_new(body, "verdict", json_string("wait"));
	json_object_set(body, "rule", json_object_get(question, "for"));
	return body;
}

int og_task_wait(struct og_request *rq, const json_t *question, struct og_err *err)
{
	struct og_task_row *task = &rq->task;
	json_t *body = NULL;
	int rc = 0;

	if (is_new(task, question)) {
		body = entry_body(question);
		rc = og_request_note(rq, "wait", body, err);
	}
	json_decref(body);
	if (rc < 0 || og_task_row_set(&task->state, og_state_name(OG_TASK_WAITING), err) < 0)
		return -1;
	free(task->waits);
	task->waits = json_dumps(question, JSON_COMPACT);
	if (!task->waits)
		return og_fail_nomem(err);
	return og_tasks_save(rq->shield->tasks, task, err);
}

int og_task_stands(struct og_request *rq, const char *rule, struct og_err *err)
{
	json_t *waits;
	int64_t until;

	if (og_frame_commit(&rq->shield->frame, 1, err) < 0)
		return -1;
	waits = og_task_waits(&rq->task);
	until = og_waits_until(&rq->task, waits);
	return og_refuse_wait(rq, rule, until, waits, err);
}

int og_waits_describe(const struct og_task_row *task, json_t *reply, struct og_err *err)
{
	json_t *waits = og_task_waits(task);
	char until[OG_TIME_LEN + 1];
	int64_t ms, left;

	if (!waits)
		return 0;
	ms = og_waits_until(task, waits);
	left = ms - og_now_ms();
	og_time_format(ms, until);
	if (og_json_set(reply, "waits", waits, err) < 0 ||
	    og_json_set(reply, "until", json_string(until), err) < 0)
		return -1;
	return og_json_set(reply, "delay_ms", json_integer(left > 0 ? left : 0), err);
}
