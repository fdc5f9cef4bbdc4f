/*
 * Effects outside: a step's http call, and the one that takes it back. The
 * shield has no network. It says what is to be sent (effect.begin, or
 * saga.undo), somebody sends it, and says what came of it (effect.end).
 * Between the two the intent is on the ledger and in og_task.effect, on the
 * disk before anything is sent; so after a crash everybody knows that the
 * effect may have happened, and with which key to ask again.
 *
 * og_task.effect is a JSON object. It is
 *	open	tried, and nobody has said yet what came of it
 *	maybe	of an earlier try it is not known whether it happened
 *	answer	what came of it, kept before the step is completed
 *	closed	refused; "refusal" is what a repetition gets to hear
 * and absent again when the step is done, or undone.
 *
 * An answer's text never gets here: whoever sent the call reads it and
 * hands over the single values that the skill asks for.
 */
#ifndef OG_SHIELD_EFFECTS_H
#define OG_SHIELD_EFFECTS_H

#include "lib/shield/steps.h"

#define OG_EFFECT_VALUE_MAX  ((size_t)4096)
#define OG_EFFECT_BODY_MAX   ((size_t)256 << 10)
#define OG_EFFECT_ANSWER_MAX ((size_t)256 << 10)

/* The task's effect, new reference; NULL when there is none (or none that
 * can be read). */
json_t *og_effect_of(const struct og_task_row *task);
/* Begun and not closed. */
int og_effect_pending(const json_t *effect);
/* Is it unknown whether it happened? */
int og_effect_unknown(const json_t *effect);

/* Was a step's own call answered, and the step not completed yet? */
int og_effect_answered(const json_t *effect);

/* For task.begin: {"step","phase","service","key","attempts"} of a pending
 * one; NULL for none. */
json_t *og_effect_describe(const struct og_task_row *task);

/* A person lets it be tried once more, whatever came of it: in the row,
 * which the caller saves. */
int og_effect_retry(struct og_task_row *task, struct og_err *err);

/* Refuses to take anything back while a step's own call is not ended. */
int og_effect_in_the_way(struct og_request *rq, struct og_err *err);

/* saga.undo of a step that called a service: begins its http undo or goes
 * on with it. 0: it called none that has to be taken back; _SENDS: the
 * reply has "send", and the frame is to be committed durably; _ENDED: it
 * had been answered already, and the step is undone and committed; -1. */
enum { OG_UNDO_SENDS = 1, OG_UNDO_ENDED = 2 };
int og_effect_undo(struct og_run *run, const struct og_journal *row, struct og_err *err);

/* Parts of it, in files of their own.
 *
 * effects-send.c: what is to be sent, from a block and the run's variables:
 * {"service","method","path","headers":[..],"body"?,"expect"?,"bind"?,
 * "timeout_ms","tries","idempotent","reads","max_bytes"}. */
int og_effect_send(struct og_run *run, const json_t *block, json_t **ret, struct og_err *err);
/* The key: the same for the same task, step, phase and round. */
int og_effect_key(const char *task, const char *step, const char *phase, int64_t round,
		  char out[OG_HASH_HEX + 1]);

/* effects-settle.c: with the answer kept, completes the step or closes the
 * effect, in a frame of its own, durably. */
int og_effect_settle(struct og_request *rq, struct og_err *err);
/* Refuses the request as was recorded. Always -1. */
int og_effect_refused(struct og_request *rq, const json_t *refusal, struct og_err *err);
/* The row's effect becomes this one (borrowed, NULL for none). */
int og_effect_set(struct og_task_row *task, const json_t *effect, struct og_err *err);

#endif
