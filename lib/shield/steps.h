/*
 * step.run and the parts that saga.undo shares with it.
 *
 * A step is all blocks of one step of a skill's frozen version, run in
 * order in one transaction: limits and rules first, then reads, writes,
 * requirements, schema changes, new skills and policies. It is done, with
 * its journal row, its variables and at most one ledger entry, or nothing
 * of it is. The SQL is the skill's and runs with the rights granted to
 * that version of the skill; the principal decides whose rows it sees.
 *
 * The variables of a task live here and nowhere else: a caller brings
 * slots with the first step, each checked against the skill and every
 * name looked up again as the principal, and nothing later.
 */
#ifndef OG_SHIELD_STEPS_H
#define OG_SHIELD_STEPS_H

#include "lib/shield/channel-gate.h"

/* A step in progress. */
struct og_run {
	struct og_request *rq;
	const json_t *doc;  /* the skill, borrowed from the shield's cache */
	const char *hash;   /* its version, borrowed too */
	const json_t *step; /* borrowed */
	const char *name;   /* of the step */
	int64_t ordinal, count;
	struct og_gate *gate; /* of this version of the skill, borrowed */
	json_t *vars;	      /* working copy, ours */
	json_t *rows;	      /* name -> rows read, ours */
	json_t *reads;	      /* digests of what was read, ours */
	json_t *ddl;	      /* schema changes made, ours */
	json_t *citations;    /* of policies that bind this step, ours */
	json_t *approval;     /* whose word let it pass, for its entry, ours, or NULL */
	json_t *view;	      /* hints of a view block, ours, or NULL */
	int64_t affected;
};

void og_run_release(struct og_run *run);

/* Finds the version of the skill (hash NULL: what the task froze, else the
 * active one), notes rq->node, and fills doc, hash and count. */
int og_run_skill(struct og_run *run, const char *name, const char *hash, struct og_err *err);
/* The same for a skill that the task does not run. */
int og_run_version(struct og_run *run, const char *name, const char *hash, struct og_err *err);

/* Points the run at a step (name, ordinal) and opens it (gate, variables
 * from vars); one run is opened once and may go from step to step. */
int og_run_step(struct og_run *run, const char *name, const json_t *vars, struct og_err *err);
int og_run_point(struct og_run *run, const char *name, struct og_err *err);
int og_run_open(struct og_run *run, const json_t *vars, struct og_err *err);

/* Puts what the run has come to into the reply, after the last step with
 * the skill's answer and view. */
int og_run_reply(struct og_run *run, int64_t seq, struct og_err *err);

/* The beginning and the end of step.run, which a step with a call to a
 * service does in two requests. _start: from the request to the last check
 * before the blocks; 1 when the step was done before (the recorded reply is
 * in rq->reply); a step that has to wait is refused, with that committed.
 * _keep: the reply, the journal's row and the task's. */
int og_run_start(struct og_run *run, char ret_digest[OG_HASH_HEX + 1], struct og_err *err);
int og_run_keep(struct og_run *run, const char *digest, int64_t seq, struct og_err *err);

/* SHA-256 over the canonical JSON of what, in hex. Takes what; NULL is out
 * of memory. */
int og_run_digest(json_t *what, char out[OG_HASH_HEX + 1], struct og_err *err);

/* steps-blocks.c: runs the step's blocks from that one to before that one,
 * all but undo blocks and the call itself; or its undo blocks, last first
 * (0 when there are none, 1 when they ran). */
int og_run_blocks(struct og_run *run, size_t from, size_t to, struct og_err *err);
int og_run_undo(struct og_run *run, struct og_err *err);

/* steps-rules.c: role and clearance for the skill; the rules of policies
 * that bind the step. */
int og_run_admit(struct og_run *run, struct og_err *err);
int og_request_cleared(struct og_request *rq, const json_t *doc, struct og_err *err);
int og_run_rules(struct og_run *run, struct og_err *err);
/* Names of the nodes whose policies bind the skill; and a predicate of one
 * of them: 1 true, 0 false, -1 refused because it cannot be judged. */
int og_run_nodes(struct og_run *run, json_t **ret, struct og_err *err);
int og_run_predicate(struct og_run *run, const char *policy, const char *predicate,
		     struct og_err *err);
/* The answer of a predicate that was run. */
int og_run_true(const struct og_gate_result *result);

/* steps-consent.c, for og_run_start, after the rules and before the first block: 0 no policy
 * asks for an approval, or there is one, which is used up in this frame and
 * named in run->approval: the frame must not commit without an entry that
 * has it (og_run_body). 1: the task waits, which is in the frame: return
 * og_run_wait(), which commits that and refuses with verdict "wait". */
int og_run_consent(struct og_run *run, struct og_err *err);
/* The policies that ask for an approval of this step, as it is: new
 * reference, an array, empty for none. */
int og_run_demands(struct og_run *run, json_t **ret, struct og_err *err);
int og_run_wait(struct og_run *run, struct og_err *err);

/* steps-slots.c: the first variables of a task. */
int og_run_slots(struct og_run *run, const json_t *given, json_t **ret, struct og_err *err);
/* A resolver that sees what the request's principal sees. */
struct og_resolver og_request_resolver(struct og_request *rq);

/* A task's entry body: what every step and undo says about itself. */
json_t *og_run_body(const struct og_run *run);

#endif
