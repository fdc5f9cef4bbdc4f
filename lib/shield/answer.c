/* Envelopes of kind answer, see ask.h. */
#include <string.h>

#include "lib/shield/ask.h"
#include "lib/shield/slots.h"
#include "lib/shield/waits.h"

/* Is it the signer's to answer, and does the task ask? */
static int asks(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	if (og_envelope_about(rq, envelope, "tasks", err) < 0)
		return -1;
	if (!rq->has_task)
		return og_refuse(rq, OG_DENY, "no-task", err, "no such task");
	if (rq->task.principal != rq->who.id)
		return og_refuse(rq, OG_DENY, "not-yours", err,
				 "only its own principal answers what a task asks");
	if (!og_task_waits_for(&rq->task, "answer"))
		return og_refuse(rq, OG_DENY, "not-waiting", err,
				 "task %s is %s, it does not wait for an answer", envelope->task,
				 rq->task.state);
	return 0;
}

/* The question as it stands must be the one that is answered, and nobody
 * may have answered it: the first word counts. */
static int fits(struct og_request *rq, const struct og_envelope *envelope, const json_t *question,
		struct og_err *err)
{
	const char *digest = og_json_str(question, "digest");
	struct og_consent given;
	int found;

	if (!digest || strcmp(digest, envelope->digest) != 0) {
		og_refuse(rq, OG_DENY, "digest", err, "task %s asks something else",
			  envelope->task);
		return og_hint(err, "look at what it asks: og-task status %s", envelope->task);
	}
	if (og_now_ms() >= og_waits_until(&rq->task, question))
		return og_refuse(rq, OG_DENY, "answer-expired", err,
				 "the question was open until %s",
				 og_json_str(question, "expires"));
	found = og_consent_given(rq->shield->tasks, envelope->task, "answer", digest, &given, err);
	if (found <= 0)
		return found;
	og_consent_release(&given);
	return og_refuse(rq, OG_DENY, "answered", err, "it was answered already");
}

int og_answer_apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err)
{
	json_t *question;
	int rc = -1;

	if (asks(rq, envelope, err) < 0)
		return -1;
	question = og_task_waits(&rq->task);
	if (fits(rq, envelope, question, err) == 0 &&
	    og_slots_answered(rq, question, envelope->values, err) == 0 &&
	    og_envelope_keep(rq, envelope, og_json_str(question, "expires"), err) == 0)
		rc = og_envelope_record(rq, envelope, "answer", err);
	json_decref(question);
	return rc;
}
