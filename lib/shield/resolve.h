/*
 * What a person says of a task that needs one: an envelope of kind resolve,
 * by a principal with the right "tasks", with one of three states.
 *
 *	retry		try again what was in the way: send once more what
 *			nobody knows of, take back what could not be taken
 *			back, deliver again what the queue gave up
 *	done		it is done: the task is closed as done
 *	compensated	it is taken back: the task is closed as compensated
 *
 * retry is for tasks that are in doubt or whose compensation failed, for
 * one that still runs or waits as far as is known here (a dead letter), and for one
 * that was never begun. done and compensated are a person's word about the
 * world outside, and for the first two only: the result says whose.
 */
#ifndef OG_SHIELD_RESOLVE_H
#define OG_SHIELD_RESOLVE_H

#include "lib/shield/envelopes.h"

/* Applies it, inside the frame. */
int og_resolve_apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err);

/* For the reply: "resume", the envelope of the task that goes on, or
 * "revive", the id of a task that is not known here. Also for the same
 * envelope again. */
int og_resolve_reply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err);

/* Puts into a result who said what of the task, if anybody did. */
int og_resolve_note(struct og_request *rq, json_t *result, struct og_err *err);

#endif
