/*
 * Signed envelopes at the door: is it genuine, and what do the kinds other
 * than "task" do.
 */
#ifndef OG_SHIELD_ENVELOPES_H
#define OG_SHIELD_ENVELOPES_H

#include "lib/shield/channel-internal.h"
#include "lib/task/envelope.h"

/* Checks principal, signature and times of an envelope that was never seen
 * before, inside the caller's frame. From then on the request acts as the
 * signer. Refusals say nothing that would help to forge. A clock that is
 * ahead by seconds is tolerated, and told in the reply's skew_ms. _signed
 * and _timely are its two halves. */
int og_envelope_admit(struct og_request *rq, const struct og_envelope *envelope,
		      struct og_err *err);
int og_envelope_signed(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err);
int og_envelope_timely(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err);
/* Refuses an envelope whose id belongs to a task (or, a task's, to another
 * envelope): ids are used once, whatever the kind. */
int og_envelope_id_free(struct og_request *rq, const struct og_envelope *envelope,
			struct og_err *err);

/* Applies an envelope of another kind in a frame of its own, durably. The
 * same envelope again is answered as the first time, without effect. The
 * reply carries "resume", the envelope of the task it is about, when that
 * waits or was given up and what was said lets it go on: whoever delivers envelopes has to
 * deliver that one again before it forgets this one. */
int og_envelope_apply(struct og_request *rq, const struct og_envelope *envelope,
		      struct og_err *err);

/* For the handlers of single kinds, inside the frame. _about finds the task
 * (rq->has_task says whether it is known; somebody else's without the right
 * does not exist); _keep writes the og_consent row, with the time until
 * which it counts; _record writes the one ledger entry; _resume puts the
 * task's envelope into the reply. */
int og_envelope_about(struct og_request *rq, const struct og_envelope *envelope, const char *right,
		      struct og_err *err);
int og_envelope_keep(struct og_request *rq, const struct og_envelope *envelope, const char *expires,
		     struct og_err *err);
int og_envelope_record(struct og_request *rq, const struct og_envelope *envelope,
		       const char *action, struct og_err *err);
int og_envelope_resume(struct og_request *rq, struct og_err *err);

#endif
