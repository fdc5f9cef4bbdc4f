/*
 * Another principal's approval: the question a policy asks before a step,
 * what a signed answer to it is worth, and its one use.
 *
 * A question stands in og_task.waits and is bound, by its digest, to the
 * task, the version of its skill, the step, all bound variables and the
 * versions of the policies that ask: when any of these changes, it is
 * another question, and no answer to the old one fits. It is asked once and
 * ends at its time; asking again does not prolong it.
 *
 * An answer is an envelope of kind approve. It counts once, in the
 * transaction of the step it lets pass, and only if at that moment its
 * signer is active, still has the key that signed it, may approve, has the
 * clearance and, where the question names one, the right, and is not the task's principal, under
 * whatever name: the key that signed the task, or that its principal has, approves nothing of it.
 */
#ifndef OG_SHIELD_APPROVAL_H
#define OG_SHIELD_APPROVAL_H

#include "lib/shield/envelopes.h"
#include "lib/shield/steps.h"

/* The question about the run's step, by all policies of demands (from
 * og_policies_approvals): as the task was asked it already, or a new one.
 * New reference in ret. */
int og_approval_question(struct og_run *run, const json_t *demands, json_t **ret,
			 struct og_err *err);

/* An envelope of kind approve, inside the frame: kept and on the ledger, or
 * refused. */
int og_approval_answer(struct og_request *rq, const struct og_envelope *envelope,
		       struct og_err *err);

/* Is the question of this digest answered? 1: approved, by an answer that
 * counts at this moment; with ret it is used up in this frame and *ret is
 * {"by","digest","envelope"} (new reference), which the entry of what it
 * allows has to have. 0: not yet; an answer that counts no more was put
 * aside. -1: it was rejected, or failed. question NULL: asks for a
 * rejection only. */
int og_approval_given(struct og_request *rq, const char *digest, const json_t *question,
		      json_t **ret, struct og_err *err);

/* Why this row does not count for the question, in words; NULL: it does.
 * -1 only when it cannot be told. */
int og_approval_judge(struct og_request *rq, const struct og_consent *row, const json_t *question,
		      const char **ret_why, struct og_err *err);

#endif
