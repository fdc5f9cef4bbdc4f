/*
 * The result document: what a task came to, for people and programs
 * (og-result(5)). Built by the worker step by step, checked by whoever
 * takes one from outside.
 */
#ifndef OG_TASK_RESULT_H
#define OG_TASK_RESULT_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/task/envelope.h"
#include "lib/task/state.h"

#define OG_RESULT_MAX ((size_t)12 << 20)

/* A new document with every member that is always there; state failed
 * until said otherwise. principal and text may be NULL. New reference. */
json_t *og_result_new(const char *task, const char *principal, const char *text);

/* The document for a task that became a dead letter of the queue: failed,
 * or in_doubt when it was begun, for then what it did stands. New
 * reference, or NULL. */
json_t *og_result_undelivered(const struct og_envelope *envelope, int begun, const char *reason);

void og_result_state(json_t *result, enum og_task_state state, const char *reason);

/* Appends to trace: {"time","agent","action","details"}; ms is the time. */
int og_result_trace(json_t *result, int64_t ms, const char *agent, const char *action,
		    const char *details, struct og_err *err);

/* Appends to steps: {"name","state":"done|failed|skipped|undone",
 * "affected"?,"seq"?,"why"?}. affected and seq below 0 are left out. */
int og_result_step(json_t *result, const char *name, const char *state, int64_t affected,
		   int64_t seq, const char *why, struct og_err *err);
/* Marks a step undone and appends to compensation: {"step","state":
 * "undone|failed|nothing","how","why"?}. */
int og_result_undo(json_t *result, const char *step, const char *state, const char *how,
		   const char *why, struct og_err *err);

/* Puts the row sets of a step ({name:[{col:val}]}) into data; a name that
 * is there already gets the rows appended. */
int og_result_rows(json_t *result, const json_t *rows, struct og_err *err);

/* Is this a result document? Types of all members, a known state, sizes,
 * flat rows. OG_EDATA says which member. */
int og_result_check(const json_t *result, struct og_err *err);

#endif
