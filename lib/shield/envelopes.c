/*
 * See envelopes.h.
 */
#include "lib/shield/envelopes.h"

#include <string.h>

#include "lib/shield/approval.h"
#include "lib/shield/ask.h"
#include "lib/shield/resolve.h"
#include "lib/shield/waits.h"
#include "lib/task/state.h"

#define SKEW_NOTED_MS 2000		   /* what clocks in one house differ by */
#define SKEW_MAX_MS   ((int64_t)5 * 60000) /* more is no accident of clocks */
#define GRACE_MS      2000

int og_envelope_signed(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err)
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
	return 0;
}

int og_envelope_timely(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err)
{
	int64_t now = og_now_ms(), skew = envelope->submitted_ms - now;

	if (now > envelope->expires_ms + GRACE_MS) {
		og_refuse(rq, OG_DENY, "expired", err, "envelope %s expired at %s", envelope->id,
			  envelope->expires);
		return og_hint(err, "submit the command again");
	}
	if (skew > SKEW_MAX_MS) {
		og_refuse(rq, OG_DENY, "clock", err,
			  "envelope %s was submitted %.1f s in the future", envelope->id,
			  (double)skew / 1000);
		return og_hint(err,
			       "the submitter's clock or the shield's is wrong; at most %d s "
			       "are tolerated",
			       (int)(SKEW_MAX_MS / 1000));
	}
	return skew > SKEW_NOTED_MS ? og_json_set(rq->reply, "skew_ms", json_integer(skew), err)
				    : 0;
}

int og_envelope_id_free(struct og_request *rq, const struct og_envelope *envelope,
			struct og_err *err)
{
	struct og_consent said;
	struct og_task_row task;
	int found;

	if (strcmp(envelope->kind, "task") == 0) {
		found = og_consent_get(rq->shield->tasks, envelope->id, &said, err);
		if (found == 1)
			og_consent_release(&said);
	} else {
		found = og_tasks_get(rq->shield->tasks, envelope->id, &task, err);
		if (found == 1)
			og_task_row_release(&task);
	}
	if (found == 1)
		og_refuse(rq, OG_DENY, "replay", err, "envelope %s came before with other content",
			  envelope->id);
	return found == 0 ? 0 : -1;
}

int og_envelope_admit(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	if (og_envelope_signed(rq, envelope, err) < 0 || og_envelope_id_free(rq, envelope, err) < 0)
		return -1;
	return og_envelope_timely(rq, envelope, err);
}

int og_envelope_record(struct og_request *rq, const struct og_envelope *envelope,
		       const char *action, struct og_err *err)
{
	const char *to = envelope->values ? "answers" : "approves";
	json_t *body =
		json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s*,s:O*}", "about", envelope->task, "digest",
			  envelope->hash, "verdict", "allow", "said", envelope->state, to,
			  envelope->digest, "note", envelope->note, "values", envelope->values);
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

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

int og_envelope_keep(struct og_request *rq, const struct og_envelope *envelope, const char *expires,
		     struct og_err *err)
{
	struct og_consent row = { .principal = rq->who.id };
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX);
	copy_text(row.id, sizeof(row.id), envelope->id);
	copy_text(row.hash, sizeof(row.hash), envelope->hash);
	copy_text(row.task, sizeof(row.task), envelope->task);
	copy_text(row.kind, sizeof(row.kind), envelope->kind);
	copy_text(row.said, sizeof(row.said), envelope->state);
	copy_text(row.digest, sizeof(row.digest), envelope->digest);
	copy_text(row.state, sizeof(row.state), "given");
	copy_text(row.expires, sizeof(row.expires), expires);
	if (og_json_canon(envelope->json, &text, err) == 0) {
		row.envelope = text.data;
		rc = og_consent_put(rq->shield->tasks, &row, err);
	}
	og_buf_release(&text);
	return rc;
}

int og_envelope_about(struct og_request *rq, const struct og_envelope *envelope, const char *right,
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

int og_envelope_resume(struct og_request *rq, struct og_err *err)
{
	json_t *envelope = json_loads(rq->task.envelope, 0, NULL);

	if (!envelope)
		return og_fail(err, OG_EDATA, "the envelope of task %s cannot be read",
			       rq->task.id);
	return og_json_set(rq->reply, "resume", envelope, err);
}

static int is_waiting(const struct og_request *rq)
{
	return rq->has_task && og_task_waiting(&rq->task);
}

/* A task that is still in the queue is not known here: the cancel waits
 * for it, and counts only if its signer may cancel that task. */
static int cancel(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	int state;

	if (og_envelope_about(rq, envelope, "tasks", err) < 0)
		return -1;
	state = rq->has_task ? og_state_parse(rq->task.state) : -1;
	if (state >= 0 && og_state_final((enum og_task_state)state))
		return og_refuse(rq, OG_CONFLICT, "finished", err, "the task is %s already",
				 rq->task.state);
	if (og_envelope_keep(rq, envelope, envelope->expires, err) < 0)
		return -1;
	return og_envelope_record(rq, envelope, "cancel", err);
}

static const struct {
	const char *kind;
	int (*apply)(struct og_request *, const struct og_envelope *, struct og_err *);
} kinds[] = {
	{ "cancel", cancel },
	{ "approve", og_approval_answer },
	{ "answer", og_answer_apply },
	{ "resolve", og_resolve_apply },
};

static int apply_kind(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(envelope->kind, kinds[i].kind) == 0)
			return kinds[i].apply(rq, envelope, err);
	return og_refuse(rq, OG_UNSUPPORTED, "unsupported", err,
			 "envelopes of kind '%s' are not in this version", envelope->kind);
}

/* 1: this very envelope was applied before; 0: it is new; -1: its id was
 * another one's, or it did what it could do once. */
static int applied_before(struct og_request *rq, const struct og_envelope *envelope,
			  struct og_err *err)
{
	struct og_consent row;
	int found = og_consent_get(rq->shield->tasks, envelope->id, &row, err);

	if (found <= 0)
		return found < 0 ? -1 : og_envelope_id_free(rq, envelope, err);
	if (strcmp(row.hash, envelope->hash) != 0)
		found = og_refuse(rq, OG_DENY, "replay", err,
				  "envelope %s came before with other content", envelope->id);
	else if (strcmp(row.state, "given") != 0)
		found = og_refuse(rq, OG_DENY, "used", err,
				  "envelope %s was used already, and counts once", envelope->id);
	og_consent_release(&row);
	return found;
}

/* What was said before needs its task to be known, for the resumption. */
static int apply_again(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err)
{
	int found = og_tasks_get(rq->shield->tasks, envelope->task, &rq->task, err);

	rq->has_task = found == 1;
	return found < 0 ? -1 : 0;
}

static int apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	int before;

	if (og_envelope_signed(rq, envelope, err) < 0)
		return -1;
	before = applied_before(rq, envelope, err);
	if (before < 0)
		return -1;
	if (before == 1 ? apply_again(rq, envelope, err) < 0
			: og_envelope_timely(rq, envelope, err) < 0 ||
				  apply_kind(rq, envelope, err) < 0)
		return -1;
	if (strcmp(envelope->kind, "resolve") == 0)
		return og_resolve_reply(rq, envelope, err);
	return is_waiting(rq) ? og_envelope_resume(rq, err) : 0;
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
