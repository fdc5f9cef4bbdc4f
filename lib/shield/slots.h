/*
 * Asking back for slots: a sentence said which skill is meant, but not all
 * that it needs, or a name that may mean several or nobody. The task waits
 * for an answer like any other (ask.h); what differs is that this one means
 * something here. The question names skill, version and what is bound
 * already, and the answer's values have to complete that: they are bound
 * (og_slots_bind(), as the task's principal) in the transaction that takes
 * the answer, and skill, version, variables and rights are frozen with them,
 * as the first step would. A value that does not fit is refused, and the
 * task waits on; so an answer that was taken can be run.
 *
 * Who may not run the skill is told so, instead of being asked.
 */
#ifndef OG_SHIELD_SLOTS_H
#define OG_SHIELD_SLOTS_H

#include "lib/shield/channel-internal.h"

/* Is a request's member "slots" such a question, and may the principal run
 * the skill? {"skill","hash","bound":{..},"wanted":{slot:{..}}}; og-channel(5). */
int og_slots_asked(struct og_request *rq, const json_t *slots, struct og_err *err);

/* Adds skill, hash, bound and slots (what is wanted, each with its type) to
 * the question. */
int og_slots_question(struct og_request *rq, const json_t *slots, json_t *question,
		      struct og_err *err);

/* The answer's values complete the question: frozen in the request's task,
 * inside the frame; or refused, rule "slot". 0 also for a question that is
 * not of slots. */
int og_slots_answered(struct og_request *rq, const json_t *question, const json_t *values,
		      struct og_err *err);

/* Would they? For whoever is about to sign them: puts "answer" into the
 * reply, {"ok":true,"vars"} or {"ok":false,"why","fix"?}. Nothing for a task
 * that does not ask for slots, or is not the reader's own. */
int og_slots_judge(struct og_request *rq, const struct og_task_row *task, const json_t *values,
		   struct og_err *err);

#endif
