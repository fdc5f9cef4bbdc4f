/*
 * Acts: what a task changes beside the steps of a skill. A statement that
 * a model or a person wrote, a change of the schema, a skill or a policy
 * that is put; each a numbered request (og-channel(5), "call").
 *
 * An act belongs to the task's saga. It is made under the same conditions
 * as a step: the task goes forward, was not cancelled, is in time, its
 * principal is active, and no call outside is open. Its journal row stands
 * between those of the steps, in the order things were done, under the
 * name "call-N" and the ordinal OG_ACT_ORDINAL + N. saga.undo takes back
 * what sql.write changed by the inverse of its row changes, as for a step
 * without undo blocks. A changed schema, a skill and a policy stay, once
 * they were put: others may use them already. An undo that comes to one of
 * them fails, visibly, as that of a step that changed the schema does.
 *
 * An act that changed nothing leaves no row: there is nothing to take back.
 */
#ifndef OG_SHIELD_ACTS_H
#define OG_SHIELD_ACTS_H

#include "lib/shield/channel-internal.h"

#define OG_ACT_ORDINAL INT64_C(1000000) /* a skill has fewer steps */
#define OG_ACT_MAX     INT64_C(1000000000)

/* How the names of agents begin that reason with a model. */
#define OG_AGENT_MODEL "og-worker/model"

/* Is this journal row an act's? */
int og_act_is(const struct og_journal *row);

/* The task still goes forward: nothing was taken back, nobody cancelled it,
 * its principal may act and its time is not over. For steps and acts. */
int og_task_forward(struct og_request *rq, struct og_err *err);

/* The two ends of an act in a handler, inside its frame; a request without
 * a task passes both untouched. _begin: is it numbered and may the task
 * change something now; names the request call-N. Where the task's agent is
 * a model, "model_writes" of og.conf decides too; an approval that the
 * request brings (ask.h) is used up, whether it was needed or not. _keep: after the last
 * change, with the entry written as reply's "seq": its journal row.
 * undoable: is it taken back by its row changes? */
int og_act_begin(struct og_request *rq, struct og_err *err);
int og_act_keep(struct og_request *rq, int undoable, struct og_err *err);

/* Names the request call-N, for its replies and entries. 0 or -1: it has no
 * number, or one that is out of range. */
int og_act_name(struct og_request *rq, struct og_err *err);

/* In a task nothing is replaced that others use, unless somebody approved
 * it: refuses for a skill or a policy (what) of this name. Always -1. */
int og_act_exists(struct og_request *rq, const char *what, const char *name, struct og_err *err);

/* The same for a policy that would supersede this one. Always -1. */
int og_act_supersedes(struct og_request *rq, const char *name, struct og_err *err);

/* Refuses to take back an act that stays. Always -1. */
int og_act_stays(struct og_request *rq, const struct og_journal *row, struct og_err *err);
/* The request is about this act again, for its undo. */
void og_act_again(struct og_request *rq, const struct og_journal *row);

#endif
