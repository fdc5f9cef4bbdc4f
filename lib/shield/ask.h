/*
 * What a task asks people: its own principal, for an answer, or another
 * one, for an approval of something it wants to do (verb ask, og-channel(5);
 * the questions that policies ask before a step are approval.h's).
 *
 * The question stands in og_task.waits, the task waits, and the request
 * comes again with the same number when somebody spoke or the time is over.
 * It is asked once: coming again does not prolong it.
 *
 * An answer is an envelope of kind answer by the task's own principal, to
 * the question it names by digest. It gives values; what they mean is up
 * to whoever asked. They decide nothing here, unless they fill the slots of
 * a skill (slots.h).
 *
 * An approval is of a request, word for word: the digest is over the task,
 * the clearance it takes, and every member of the request. It is judged as
 * an approval of a step is (approval.h), and used up in the transaction of
 * the one request that brings it and is the approved one. Nobody below the
 * task's principal gives one, whatever the task asks for; and of what a task
 * proposes (proposal.h) nobody who might not put it themselves.
 */
#ifndef OG_SHIELD_ASK_H
#define OG_SHIELD_ASK_H

#include "lib/shield/envelopes.h"

#define OG_QUESTION_MAX	   4000			/* bytes of a question */
#define OG_ABOUT_MAX	   ((size_t)128 << 10)	/* of what is to be approved, as JSON */
#define OG_ASK_SECONDS	   ((int64_t)24 * 3600) /* how long it stands, unless said otherwise */
#define OG_ASK_SECONDS_MAX ((int64_t)30 * 24 * 3600)

/* An envelope of kind answer, inside the frame: kept and on the ledger, or
 * refused. */
int og_answer_apply(struct og_request *rq, const struct og_envelope *envelope, struct og_err *err);

/* The approval a request brings in its member "approval": used up in this
 * frame and put into rq->approval. 0 also when it brings none; -1 refused. */
int og_ask_approved(struct og_request *rq, struct og_err *err);

#endif
