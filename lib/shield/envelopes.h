/*
 * Signed envelopes at the door: is it genuine, and what do the kinds other
 * than "task" do.
 */
#ifndef OG_SHIELD_ENVELOPES_H
#define OG_SHIELD_ENVELOPES_H

#include "lib/shield/channel-internal.h"
#include "lib/task/envelope.h"

/* Checks principal, signature and expiry of an envelope that was never
 * seen before, inside the caller's frame. From then on the request acts as
 * the signer. Refusals say nothing that would help to forge. */
int og_envelope_admit(struct og_request *rq, const struct og_envelope *envelope,
		      struct og_err *err);

/* Applies an envelope of kind cancel or approve in a frame of its own,
 * durably; answer and resolve are not in this version. */
int og_envelope_apply(struct og_request *rq, const struct og_envelope *envelope,
		      struct og_err *err);

#endif
