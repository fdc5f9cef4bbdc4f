/*
 * What the files about tasks share: a task as it is told to a client, and
 * finding one as the principal who asks.
 */
#ifndef OG_SERVE_TASKS_H
#define OG_SERVE_TASKS_H

#include "lib/base/clock.h"
#include "lib/serve/http.h"

/* "pending", "processing", "completed" or "failed", as the reference system
 * said it: what ran to an end it is meant to have is completed, also one
 * that was rolled back or that a limit stopped. */
const char *og_task_status_word(const char *state);

/* Has it come to its end? */
int og_task_is_final(const char *state);

/* Asks the shield for the task that the route's ":id" names. found(x,
 * reply) gets task.status's answer. A task that is not there, or not to be
 * seen, is found(x, NULL) with absent set, else replied to with 404; every
 * other failure is replied to. Uses the exchange's kept data until then. */
typedef void og_task_found_fn(struct og_exchange *x, const json_t *task);
void og_task_find(struct og_exchange *x, og_task_found_fn *found, int absent);
/* Only one that has a result; 409 when it has none yet. */
void og_task_find_result(struct og_exchange *x, og_task_found_fn *found);

/* {task_id,status,state,principal,skill,text,reason,submitted,finished,
 * waits?} of a row of task.list or an answer of task.status. */
json_t *og_task_item(const json_t *task);

/* What og-submit said: 1 and the task's id; 0 when there is none, and then
 * the exchange has been replied to. */
int og_task_submitted(struct og_exchange *x, const struct og_spawned *done,
		      const struct og_err *err, char id[OG_UUID_LEN + 1]);
/* What og-task said of a word about a task: 202 with the message, the status
 * no for its honest no, else why not. */
void og_task_told(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err,
		  unsigned no, const char *message);

#endif
