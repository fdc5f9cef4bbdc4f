/*
 * Task state in erp.db: the rows of og_task, og_journal and og_consent.
 * Storage only; what is legal when is decided in verbs-task.c, steps.c and
 * saga.c. Nothing here opens or ends a transaction: whoever writes does so
 * inside the statement frame (frame.h), so that state, journal, row
 * changes and ledger entry commit together or not at all.
 *
 * A task is a row from its first task.begin on. Its journal has one row
 * per step done (phase "do") and one per step taken back (phase "undo"),
 * by the step's ordinal in its skill; what a task changes beside its skill
 * has ordinals above all of these (acts.h), and rank is the true order. These tables are derived:
 * they are left out of the row log and are no evidence; the ledger is.
 */
#ifndef OG_SHIELD_TASKS_H
#define OG_SHIELD_TASKS_H

#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/budget/breaker.h"
#include "lib/db/db.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

struct og_tasks; /* the prepared statements */

int og_tasks_open(struct og_db *db, struct og_tasks **ret, struct og_err *err);
void og_tasks_free(struct og_tasks *tasks); /* before og_db_close() */

/* One row of og_task. Heap strings are the struct's own; NULL is SQL NULL. */
struct og_task_row {
	char id[OG_UUID_LEN + 1];
	char digest[OG_HASH_HEX + 1];
	int64_t principal;
	int64_t epoch;
	int64_t next_step;	     /* ordinal of the step to run next */
	int64_t first_seq, last_seq; /* of its ledger entries; 0: none yet */
	char *state, *reason, *text, *key;
	char *submitted, *begun, *finished;
	char *skill, *skill_hash; /* frozen at the first step */
	char *result, *envelope, *same_as;
	char *deadline, *trace;
	char *waits;   /* JSON of what it waits for */
	char *rights;  /* JSON, frozen with the skill */
	char *effect;  /* JSON of an effect outside that is not closed */
	json_t *vars;  /* object */
	json_t *reads; /* array of {"digest","rows","step"} */
};

void og_task_row_init(struct og_task_row *row);
void og_task_row_release(struct og_task_row *row);
/* Replaces one of the row's strings by a copy (NULL allowed). */
int og_task_row_set(char **field, const char *value, struct og_err *err);

/* 1 found (row filled, release it), 0 not, -1 error. */
int og_tasks_get(struct og_tasks *tasks, const char *id, struct og_task_row *ret,
		 struct og_err *err);
/* The task a principal began with this key: 1, 0, -1. */
int og_tasks_by_key(struct og_tasks *tasks, int64_t principal, const char *key,
		    char ret[OG_UUID_LEN + 1], struct og_err *err);
int og_tasks_insert(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err);
/* Writes back everything a running task may change: epoch, state, reason,
 * skill, vars, reads, next step, entries. */
int og_tasks_save(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err);
/* As save, with the result and the time it was finished. */
/* Notes one more entry of a task, and nothing else of its row. */
int og_tasks_entry(struct og_tasks *tasks, const char *id, int64_t seq, struct og_err *err);
int og_tasks_finish(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err);
/* A finished task goes on: state, reason and effect as in the row, neither
 * result nor time of its end. */
int og_tasks_reopen(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err);

/* Which tasks: principal 0: everybody's; state NULL: any; approver: also
 * those of others that wait for an approval which this clearance may give. */
struct og_task_query {
	int64_t principal;
	const char *state;
	int64_t limit;
	int64_t approver;
};

/* Newest first. Appends to the array objects as task.status gives them,
 * without results. */
int og_tasks_list(struct og_tasks *tasks, const struct og_task_query *query, json_t *array,
		  struct og_err *err);

enum og_phase { OG_PHASE_DO, OG_PHASE_UNDO };

/* The digest of a step that was refused after its call outside: nothing but
 * the call stands, and that has to be taken back. */
#define OG_JOURNAL_FAILED "failed"

/* One row of og_journal. */
struct og_journal {
	int64_t ordinal;
	char *step, *digest, *reply;
	char *changes; /* the step's row changes, when its undo will invert them */
	char *vars;    /* as they were after the step */
	int64_t seq;   /* its ledger entry; 0: it wrote nothing */
};

void og_journal_release(struct og_journal *row);
int og_journal_get(struct og_tasks *tasks, const char *task, enum og_phase phase, int64_t ordinal,
		   struct og_journal *ret, struct og_err *err);
int og_journal_put(struct og_tasks *tasks, const char *task, enum og_phase phase,
		   const struct og_journal *row, struct og_err *err);

/* All of a task's rows: when it is finished and nothing stands of it that
 * somebody may still have to take back, nobody reads them again. */
int og_journal_drop(struct og_tasks *tasks, const char *task, struct og_err *err);

/* One row of og_call: a numbered request (calls.h) and what was answered.
 * These rows and those of og_turn outlive the task's end, since a rerun
 * needs them; they go with the task's row. */
struct og_call_row {
	int64_t call;
	char *verb;
	char *digest; /* og_channel_digest() of the request */
	char *reply;  /* JSON */
};
void og_call_row_release(struct og_call_row *row);
/* 1 found (without its verb; release it), 0, -1. */
int og_call_row_get(struct og_tasks *tasks, const char *task, int64_t call, struct og_call_row *ret,
		    struct og_err *err);
int og_call_row_put(struct og_tasks *tasks, const char *task, const struct og_call_row *row,
		    struct og_err *err);
/* Bytes of all that is on record of a task: replies, and answers of models.
 * A turn that is reserved may bring one of OG_RECORD_MAX, and counts as that;
 * turn (0: none) is left out. */
#define OG_RECORD_MAX ((int64_t)4 << 20)
int og_records_size(struct og_tasks *tasks, const char *task, int64_t turn, int64_t *ret,
		    struct og_err *err);

/* One row of og_turn: a call of a model. Its cost is what is reserved, then
 * what it came to; sums of all tries are og_spend's. */
struct og_turn_row {
	int64_t turn;
	int64_t tokens, nanousd;
	int64_t seq;		       /* of its entry; 0: none yet */
	char *model, *state;	       /* reserved, answered, failed */
	char *digest, *answer, *usage; /* NULL until it is answered */
	char *time;		       /* of the answer, before that of the reservation */
	char *day, *skill;	       /* where its cost counts; skill may be "" */
};
void og_turn_row_release(struct og_turn_row *row);
/* 1 found (release it), 0, -1. _open: the first one that is reserved. */
int og_turn_row_get(struct og_tasks *tasks, const char *task, int64_t turn, struct og_turn_row *ret,
		    struct og_err *err);
int og_turn_row_open(struct og_tasks *tasks, const char *task, struct og_turn_row *ret,
		     struct og_err *err);
/* In place of what there was. */
int og_turn_row_put(struct og_tasks *tasks, const char *task, const struct og_turn_row *row,
		    struct og_err *err);

/* All turns of a task; all but the first are of those that are answered. */
struct og_turns_sum {
	int64_t turns;
	int64_t calls, input, cached, output, nanousd;
};
int og_turns_sum(struct og_tasks *tasks, const char *task, struct og_turns_sum *ret,
		 struct og_err *err);

/* One row of og_spend. Adding may be of less than nothing. */
struct og_spend {
	const char *day;   /* YYYY-MM-DD in UTC; to look up: NULL is any day */
	const char *scope; /* all, principal, skill, task, model */
	const char *name;
	int64_t calls, tokens, nanousd;
};
int og_spend_add(struct og_tasks *tasks, const struct og_spend *spend, struct og_err *err);
/* Fills the sums in. */
int og_spend_of(struct og_tasks *tasks, struct og_spend *spend, struct og_err *err);

/* One row of og_provider; one that is not there is closed. */
#define OG_PROVIDER_WHY 256
int og_provider_get(struct og_tasks *tasks, const char *name, struct og_breaker *ret,
		    char why[OG_PROVIDER_WHY], struct og_err *err);
int og_provider_put(struct og_tasks *tasks, const char *name, const struct og_breaker *breaker,
		    const char *why, struct og_err *err);

/* What is on record of a task, turns before calls, a page at a time. */
struct og_page {
	int64_t after; /* so many items were told already */
	int64_t limit; /* so many at most */
	int64_t bytes; /* and none after so many bytes */
	json_t *turns, *calls;
	int64_t next; /* after of the next page */
	int more;
};
int og_records_page(struct og_tasks *tasks, const char *task, struct og_page *page,
		    struct og_err *err);

/* Removes the rows of finished tasks, in the order of their ids. Those stay
 * whose envelope could still be delivered again, since a known id is what
 * refuses a replay; those that stand for another task of the same key; and
 * those that a person has to resolve. */
struct og_prune {
	int64_t before;		     /* finished before then, wall clock ms */
	int64_t limit;		     /* so many at most */
	int64_t pruned;		     /* how many went */
	char first[OG_UUID_LEN + 1]; /* of those that went */
	char last[OG_UUID_LEN + 1];  /* begin after it; ends as the last one that went */
};
int og_tasks_prune(struct og_tasks *tasks, struct og_prune *prune, struct og_err *err);

/* Which steps and acts (acts.h) are done and undone, in the order in which
 * they were done, for task.begin. */
struct og_progress {
	json_t *done, *undone;	 /* arrays of names; done without one that failed but stands */
	int64_t standing;	 /* steps that are not undone */
	int64_t undos;		 /* how many undo rows: the saga turned back */
	int64_t last;		 /* ordinal of the last step not undone; -1: none */
	json_t *last_name;	 /* its name, or NULL */
	json_t *before_name;	 /* of the one before that, or NULL */
	int64_t standing_writes; /* steps that wrote and are not undone */
};

void og_progress_release(struct og_progress *progress);
int og_tasks_progress(struct og_tasks *tasks, const char *task, struct og_progress *ret,
		      struct og_err *err);

/* One row of og_consent: what a signed envelope said about a task. */
struct og_consent {
	char id[OG_UUID_LEN + 1];   /* of the envelope */
	char hash[OG_HASH_HEX + 1]; /* of the envelope */
	char task[OG_UUID_LEN + 1];
	char kind[16], said[16];
	char digest[OG_HASH_HEX + 1]; /* of what is approved, or "" */
	char state[8];		      /* "given", "used", "void" */
	char expires[OG_TIME_LEN + 1];
	int64_t principal;
	char *envelope; /* heap */
};

void og_consent_release(struct og_consent *row);
int og_consent_put(struct og_tasks *tasks, const struct og_consent *row, struct og_err *err);
/* By the envelope's id: 1, 0, -1. */
int og_consent_get(struct og_tasks *tasks, const char *id, struct og_consent *ret,
		   struct og_err *err);
/* What an envelope of this kind (approve, answer) said to the question of
 * this digest and what still stands: the newest, a rejection before all
 * others. 1, 0, -1. */
int og_consent_given(struct og_tasks *tasks, const char *task, const char *kind, const char *digest,
		     struct og_consent *ret, struct og_err *err);
/* What people said of a task by envelopes of kind resolve, oldest first:
 * [{"by","state","note"?,"time"}], new reference. */
int og_consent_resolved(struct og_tasks *tasks, const char *task, json_t **ret, struct og_err *err);
int og_consent_state(struct og_tasks *tasks, const char *id, const char *state, struct og_err *err);
/* Is there a cancel for this task by the given principal, or by one of
 * those whose role has the right "tasks"? 1, 0, -1. */
int og_consent_cancelled(struct og_tasks *tasks, const char *task, int64_t principal,
			 struct og_err *err);

#endif
