/*
 * Tasks that wait: state "waiting", with what they wait for in
 * og_task.waits (og-channel(5)). Nobody holds such a task; it goes on by a
 * task.begin of its own envelope, once what it waits for has come or can
 * come no more: an answer, a cancel, the end of the question's time or of
 * the task's.
 */
#ifndef OG_SHIELD_WAITS_H
#define OG_SHIELD_WAITS_H

#include "lib/shield/channel-internal.h"

int og_task_waiting(const struct og_task_row *task);

/* What the task waits for; NULL when it does not, or when that cannot be
 * read. New reference. */
json_t *og_task_waits(const struct og_task_row *task);

/* Does it wait for this: "approval" or "answer"? */
int og_task_waits_for(const struct og_task_row *task, const char *what);

/* Until when it waits at most, wall clock: the end of the question, or the
 * task's deadline. */
int64_t og_waits_until(const struct og_task_row *task, const json_t *waits);

/* Does the request's waiting task have to wait still? 1, 0 it may go on, -1. */
int og_waits_still(struct og_request *rq, struct og_err *err);

/* The task stands still with this question (borrowed), in its row and, when
 * it was not asked just so before, on the ledger; inside the frame. _stands
 * then commits that durably and refuses the request with verdict "wait" and
 * this rule. Always -1. */
int og_task_wait(struct og_request *rq, const json_t *question, struct og_err *err);
int og_task_stands(struct og_request *rq, const char *rule, struct og_err *err);

/* Adds "waits", "until" and "delay_ms" to the reply of a waiting task. */
int og_waits_describe(const struct og_task_row *task, json_t *reply, struct og_err *err);

#endif
