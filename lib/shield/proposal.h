/*
 * Proposals: tasks whose envelope proposes a skill or a policy
 * (og-envelope(5), "action"). The principal of such a task need not have the
 * right to put one. Whoever approves it does, by an approval of the very
 * record (ask.h) that counts only as long as its signer has that right; so
 * nobody puts by two hands what neither of them might put alone.
 *
 * It is all that this lends: everything else such a task does, it does with
 * its own principal's rights.
 */
#ifndef OG_SHIELD_PROPOSAL_H
#define OG_SHIELD_PROPOSAL_H

#include "lib/shield/channel-internal.h"

/* The right that an approval of this verb takes in the request's task:
 * "skill" for skill.put in one that proposes a skill, "policy" for policy.put
 * in one that proposes a policy; NULL for anything else. Static. */
const char *og_proposal_right(const struct og_request *rq, const char *verb);

/* May the request do what takes this right: by the principal's own, or, when
 * it brings an approval of what its task proposes, by that, which is judged
 * before anything is put (og_ask_approved). */
int og_proposal_may(struct og_request *rq, const char *verb, const char *right, struct og_err *err);

/* Is what a task puts, or asks an approval for, what people read of it? A
 * record that puts a policy has the passages that its text has, of which
 * neither its hash nor an approver knows; what is proposed has the text that
 * its principal signed. So a worker that was taken over puts nothing else
 * under it. A refusal, rule "text". */
int og_proposal_agrees(struct og_request *rq, const json_t *puts, struct og_err *err);

#endif
