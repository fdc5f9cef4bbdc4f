/*
 * See envelopes.h.
 */
#include "lib/shield/envelopes.h"

#include <string.h>

#include "lib/task/state.h"

int og_envelope_admit(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	struct og_err quiet = OG_ERR_INIT;
	struct og_principal who;

	if (og_access_principal(rq->shield->access, envelope->principal, &who, &quiet) < 0) {
		if (quiet.code != OG_EPERM)
			return og_fail(err, quiet.code, "%s", quiet.msg);
		return og_refuse(rq, OG_DENY, "principal", err,
				 "envelope %s: no active principal is called '%s'", envelope->id,
				 envelope->principal);
	}
	if (!who.has_key || og_envelope_verify(envelope, who.pubkey, &quiet) < 0)
		return og_refuse(rq, OG_DENY, "signature", err,
				 "envelope %s: the signature is not that of '%s'", envelope->id,
				 envelope->principal);
	rq->who = who;
	rq->known = 1;
	if (og_now_ms() > envelope->expires_ms) {
		og_refuse(rq, OG_DENY, "expired", err, "envelope %s expired at %s", envelope->id,
			  envelope->expires);
		return og_hint(err, "submit the command again");
	}
	return 0;
}

/* One entry about the envelope, in the open frame. */
static int record(struct og_request *rq, const struct og_envelope *envelope, const char *action,
		  struct og_err *err)
{
	json_t *body = json_pack("{s:s,s:s,s:s}", "about", envelope->task, "digest", envelope->hash,
				 "verdict", "allow");
	struct og_record entry;
	struct og_receipt receipt;
	int rc = -1;

	if (!body)
		return og_fail_nomem(err);
	og_request_record(rq, action, &entry);
	if (og_frame_record(&rq->shield->frame, &entry, body, &receipt, err) == 0)
		rc = og_request_entry(rq, receipt.seq, err);
	json_decref(body);
	return rc;
}

static int keep(struct og_request *rq, const struct og_envelope *envelope, const char *state,
		struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX);
	if (og_json_canon(envelope->json, &text, err) == 0)
		rc = og_consent_put(rq->shield->tasks, envelope->task,
				    envelope->digest ? envelope->digest : envelope->hash,
				    rq->who.id, state, envelope->expires, text.data, err);
	og_buf_release(&text);
	return rc;
}

/* Finds the task an envelope is about; rq->has_task says whether it is
 * known. Somebody else's task needs the right, or does not exist. */
static int about(struct og_request *rq, const struct og_envelope *envelope, const char *right,
		 struct og_err *err)
{
	int found = og_tasks_get(rq->shield->tasks, envelope->task, &rq->task, err);

	if (found < 0)
		return -1;
	rq->has_task = found == 1;
	if (found == 1 && rq->task.principal != rq->who.id && !og_access_right(&rq->who, right)) {
		rq->has_task = 0;
		return og_refuse(rq, OG_DENY, "no-task", err, "no such task");
	}
	return 0;
}

/* A task that is still in the queue is not known here: the cancel waits
 * for it, and counts only if its signer may cancel that task. */
static int cancel(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	int state;

	if (about(rq, envelope, "tasks", err) < 0)
		return -1;
	state = rq->has_task ? og_state_parse(rq->task.state) : -1;
	if (state >= 0 && og_state_final((enum og_task_state)state))
		return og_refuse(rq, OG_CONFLICT, "finished", err, "the task is %s already",
				 rq->task.state);
	if (keep(rq, envelope, "cancel", err) < 0)
		return -1;
	return record(rq, envelope, "cancel", err);
}

static int approve(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	if (og_request_right(rq, "approve", err) < 0 || about(rq, envelope, "approve", err) < 0)
		return -1;
	if (!rq->has_task || strcmp(rq->task.state, "waiting") != 0)
		return og_refuse(rq, OG_DENY, "not-waiting", err,
				 "task %s does not wait for an approval", envelope->task);
	if (keep(rq, envelope, "approved", err) < 0)
		return -1;
	return record(rq, envelope, "approve", err);
}

static int apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	if (og_envelope_admit(rq, envelope, err) < 0)
		return -1;
	if (strcmp(envelope->kind, "cancel") == 0)
		return cancel(rq, envelope, err);
	if (strcmp(envelope->kind, "approve") == 0)
		return approve(rq, envelope, err);
	return og_refuse(rq, OG_UNSUPPORTED, "unsupported", err,
			 "envelopes of kind '%s' are not in this version", envelope->kind);
}

int og_envelope_apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	int rc = -1;

	if (og_frame_begin(frame, err) == 0 && apply(rq, envelope, err) == 0)
		rc = og_frame_commit(frame, 1, err);
	og_frame_abort(frame);
	if (rc == 0 && (og_json_set(rq->reply, "applied", json_true(), err) < 0 ||
			og_json_set(rq->reply, "task", json_string(envelope->task), err) < 0))
		rc = -1;
	return rc;
}
