/*
 * Numbered requests (og-channel(5)). A worker that plans with a model may
 * die between a request and what it makes of the reply; when the task goes
 * on, its plan goes through the same requests again. A request of a task
 * that has a number, "call", is therefore made once: the shield keeps what
 * it answered, in the transaction of what it did, and gives that again when
 * the number comes again. The same number with other content is a conflict.
 *
 * A refusal is an answer like any other and is kept, since the plan went on
 * from it. Not kept is what says nothing about the request: that the task
 * has to wait, that it is somebody else's by now or has ended, and trouble
 * of the shield's own. So a worker that dies anywhere finds either nothing
 * of a request or all of it. Neither is a refusal kept of a task that is
 * being taken back, or whose effect is in doubt: a person may have it tried
 * again.
 *
 * A call outside takes several requests (effect.begin or saga.undo, then
 * effect.end, perhaps again and again). They may share a number, since only
 * the one that ends it is kept: a reply that tells what to send, or that it
 * is pending, is not.
 *
 * Every reply to a numbered request has the time of it as "at"; whoever
 * reruns a task takes that for its clock.
 *
 * The request table calls og_call_begin() inside the request's frame before
 * anything else is looked at; handlers end with og_request_commit()
 * (channel-internal.h), and refusals pass og_request_refused().
 */
#ifndef OG_SHIELD_CALLS_H
#define OG_SHIELD_CALLS_H

#include "lib/shield/channel-internal.h"

#define OG_CALL_NUMBER_MAX  INT64_C(1000000000)
#define OG_CALL_REPLY_MAX   ((size_t)OG_RECORD_MAX) /* bytes of one reply on record */
#define OG_TASK_RECORDS_MAX ((int64_t)64 << 20)	    /* of all of a task's, with model answers */

/* Finds the task and the number's record. 1: it was made before, its reply
 * is rq->recorded; 0: it is new, and rq->numbered from here on; -1. */
int og_call_begin(struct og_request *rq, struct og_err *err);

/* Does this refusal stay on record? */
int og_call_keeps(const struct og_request *rq, const struct og_err *why);

/* Records the reply that og_request_reply(rq, rc, why) gives, in the open
 * frame. A reply of a success that is too long for it is refused, rule
 * reply-size or records-size. */
int og_call_keep(struct og_request *rq, int rc, const struct og_err *why, struct og_err *err);

#endif
