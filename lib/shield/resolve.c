/* See resolve.h. */
#include "lib/shield/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shield/effects.h"
#include "lib/shield/finish.h"
#include "lib/shield/waits.h"
#include "lib/task/result.h"

#define RETRY "retry"

static int says(const struct og_envelope *envelope, const char *state)
{
	return envelope->state && strcmp(envelope->state, state) == 0;
}

static int check_word(const struct og_envelope *envelope, struct og_err *err)
{
	if (says(envelope, RETRY) || says(envelope, "done") || says(envelope, "compensated"))
		return 0;
	return og_fail(err, OG_EDATA, "envelope: 'state' is none of retry, done, compensated");
}

static int needs_person(const struct og_task_row *task)
{
	int state = og_state_parse(task->state);

	return state == OG_TASK_IN_DOUBT || state == OG_TASK_COMPENSATION_FAILED;
}

/* Not ended, as far as is known here: it runs, or it waits. */
static int is_open(const struct og_task_row *task)
{
	return strcmp(task->state, og_state_name(OG_TASK_RUNNING)) == 0 || og_task_waiting(task);
}

/* Is that word about a task in this state any good? */
static int check_state(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err)
{
	const struct og_task_row *task = &rq->task;
	int retry = says(envelope, RETRY);

	if (!rq->has_task)
		return retry ? 0
			     : og_refuse(rq, OG_CONFLICT, "not-begun", err,
					 "task %s was never begun: there is nothing to vouch for",
					 envelope->task);
	if (task->same_as)
		return og_refuse(rq, OG_CONFLICT, "same-as", err, "task %s stands for this one",
				 task->same_as);
	if (strcmp(task->envelope, "{}") == 0 && retry)
		return og_refuse(rq, OG_CONFLICT, "redacted", err,
				 "the task was redacted, nothing is left to go on with");
	if (needs_person(task) || (retry && is_open(task)))
		return 0;
	og_refuse(rq, OG_CONFLICT, "not-resolvable", err, "the task is %s", task->state);
	return is_open(task) ? og_hint(err, "what has no end yet can only be tried again") : -1;
}

/* --- retry ----------------------------------------------------------------- */

/* Why the task was being taken back is what its end will say again. */
static int restore_reason(struct og_task_row *task, struct og_err *err)
{
	json_t *result = task->result ? json_loads(task->result, 0, NULL) : NULL;
	const char *cause = og_json_str(result, "cause");
	int rc = og_task_row_set(&task->reason, cause ? cause : "", err);

	json_decref(result);
	return rc;
}

static int retry(struct og_request *rq, struct og_err *err)
{
	struct og_task_row *task = &rq->task;

	if (!rq->has_task)
		return 0;
	if (og_effect_retry(task, err) < 0)
		return -1;
	if (is_open(task))
		return og_tasks_save(rq->shield->tasks, task, err);
	if (restore_reason(task, err) < 0 ||
	    og_task_row_set(&task->state, og_state_name(OG_TASK_RUNNING), err) < 0 ||
	    og_task_row_set(&task->result, NULL, err) < 0 ||
	    og_task_row_set(&task->finished, NULL, err) < 0)
		return -1;
	return og_tasks_reopen(rq->shield->tasks, task, err);
}

/* --- done and compensated ---------------------------------------------------- */

int og_resolve_note(struct og_request *rq, json_t *result, struct og_err *err)
{
	json_t *said = NULL;
	int rc = 0;

	if (og_consent_resolved(rq->shield->tasks, rq->task.id, &said, err) < 0)
		return -1;
	if (json_array_size(said) > 0)
		rc = og_json_set(result, "resolved", json_incref(said), err);
	json_decref(said);
	return rc;
}

/* The words that end the task; a note is what it is all about. */
static char *reason_of(const struct og_request *rq, const struct og_envelope *envelope)
{
	const char *note = envelope->note;
	struct og_buf text;

	og_buf_init(&text, 8192);
	og_buf_addf(&text, "resolved as %s by %s", envelope->state, rq->who.name);
	if (note && *note)
		og_buf_addf(&text, ": %s", note);
	og_buf_addf(&text, " (it was %s: %s)", rq->task.state, rq->task.reason);
	return og_buf_take(&text);
}

/* The result as it was, with another end; a redacted one stays gone. */
static int new_result(struct og_request *rq, const struct og_envelope *envelope, const char *reason,
		      json_t **ret, struct og_err *err)
{
	json_t *result = rq->task.result ? json_loads(rq->task.result, 0, NULL) : NULL;

	*ret = NULL;
	if (!rq->task.result)
		return 0;
	if (!result)
		return og_fail(err, OG_EDATA, "the recorded result cannot be read");
	og_result_state(result, (enum og_task_state)og_state_parse(envelope->state), reason);
	json_object_set_new(result, "actions", json_array());
	json_object_del(result, "next");
	if (og_resolve_note(rq, result, err) < 0) {
		json_decref(result);
		return -1;
	}
	*ret = result;
	return 0;
}

static int end_row(struct og_request *rq, const struct og_receipt *receipt,
		   const struct og_envelope *envelope, const json_t *result, struct og_err *err)
{
	struct og_task_row *task = &rq->task;

	task->first_seq = task->first_seq ? task->first_seq : receipt->seq;
	task->last_seq = receipt->seq;
	free(task->result);
	task->result = result ? json_dumps(result, JSON_COMPACT) : NULL;
	if (result && !task->result)
		return og_fail_nomem(err);
	if (og_task_row_set(&task->state, envelope->state, err) < 0 ||
	    og_task_row_set(&task->finished, receipt->time, err) < 0 ||
	    og_effect_set(task, NULL, err) < 0 || og_tasks_finish(rq->shield->tasks, task, err) < 0)
		return -1;
	return og_journal_drop(rq->shield->tasks, task->id, err);
}

/* --- the entry --------------------------------------------------------------- */

static int record(struct og_request *rq, const struct og_envelope *envelope, const json_t *result,
		  struct og_receipt *receipt, struct og_err *err)
{
	const char *was = rq->has_task ? rq->task.state : "unknown";
	json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s}", "about", envelope->task, "digest",
				 envelope->hash, "verdict", "allow", "said", envelope->state,
				 "note", envelope->note, "was", was);
	char digest[OG_HASH_HEX + 1];
	struct og_record entry;
	int rc = -1;

	if (!body)
		return og_fail_nomem(err);
	if (result && (og_result_digest(result, digest, err) < 0 ||
		       og_json_set(body, "result", json_string(digest), err) < 0))
		goto out;
	og_request_record(rq, "resolve", &entry);
	if (og_frame_record(&rq->shield->frame, &entry, body, receipt, err) == 0)
		rc = og_request_entry(rq, receipt->seq, err);
out:
	json_decref(body);
	return rc;
}

static int close_task(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	char *reason = reason_of(rq, envelope);
	struct og_receipt receipt;
	json_t *result = NULL;
	int rc = -1;

	if (!reason)
		return og_fail_nomem(err);
	if (new_result(rq, envelope, reason, &result, err) < 0 ||
	    record(rq, envelope, result, &receipt, err) < 0)
		goto out;
	free(rq->task.reason);
	rq->task.reason = reason;
	reason = NULL;
	if (!result || og_result_complete(rq, &receipt, result, err) == 0)
		rc = end_row(rq, &receipt, envelope, result, err);
out:
	free(reason);
	json_decref(result);
	return rc;
}

int og_resolve_apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	struct og_receipt receipt;

	if (check_word(envelope, err) < 0 || og_request_right(rq, "tasks", err) < 0 ||
	    og_envelope_about(rq, envelope, "tasks", err) < 0 ||
	    check_state(rq, envelope, err) < 0 ||
	    og_envelope_keep(rq, envelope, envelope->expires, err) < 0)
		return -1;
	if (!says(envelope, RETRY))
		return close_task(rq, envelope, err);
	if (record(rq, envelope, NULL, &receipt, err) < 0)
		return -1;
	return retry(rq, err);
}

int og_resolve_reply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	if (!says(envelope, RETRY))
		return 0;
	if (!rq->has_task)
		return og_json_set(rq->reply, "revive", json_string(envelope->task), err);
	return is_open(&rq->task) ? og_envelope_resume(rq, err) : 0;
}
