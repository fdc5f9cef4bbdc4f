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

/* Is what an approval is asked for what its approver reads? A record that puts
 * a policy has the passages that its text has; what a task proposes has the
 * text that its principal signed. So a worker that was taken over gets nothing
 * else approved under it. Texts are compared, and nothing is made of them. A
 * refusal, rule "text". */
int og_proposal_agrees(struct og_request *rq, const json_t *about, struct og_err *err);

#endif
