/*
 * saga.undo: takes back exactly one step, the last one that still stands.
 *
 * A step that wrote is taken back by its undo blocks, with the variables
 * as they were after that step and the same skill's rights; a step without
 * undo blocks by inverting its row changes, which works only as long as
 * nobody has changed those rows since. A step that wrote nothing is
 * crossed out. What the task changed beside its skill (acts.h) is taken
 * back in between, in the order in which it was done, by its inverse; the
 * task need not have a skill. Each undo is one transaction with its own ledger entry and
 * its journal row, so that after a crash the next one goes on where this
 * one stopped. An undo that fails leaves its step standing: the task then
 * ends as compensation_failed, and says which step.
 */
#ifndef OG_SHIELD_SAGA_H
#define OG_SHIELD_SAGA_H

#include "lib/shield/steps.h"

/* Takes back the step of this journal row, inside an open frame. *ret_how:
 * "sql", "inverse" or "none". What the step called is not its business. */
int og_saga_undo(struct og_run *run, const struct og_journal *row, const char **ret_how,
		 struct og_err *err);

/* A step that was taken back, and what is to be kept of it. */
struct og_undone {
	const struct og_journal *row; /* of the step */
	const char *how;
	json_t *next; /* name of what is to be taken back next, borrowed, or NULL */
	int64_t seq;  /* the entry; 0: none was needed */
};

/* The reply, the journal's row and the task's. */
int og_saga_keep(struct og_run *run, const struct og_undone *done, struct og_err *err);

#endif
