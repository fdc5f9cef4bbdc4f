/*
 * Inside lib/agent: a task that a model works on. The model has no hands:
 * it names a tool and arguments, which become one request to the shield in
 * the name of the task's principal; what the shield answers is what it gets
 * to read. It decides nothing that a rule decides.
 *
 *	think.c		the loop: reserve, ask, journal, act; stops and ends
 *	think-prompt.c	what it is told at the start
 *	think-tools.c	which tools it is offered, and their schemas
 *	think-act.c	a call of a tool
 *	think-finish.c	the end: its answer, numbers, citations and view, judged
 *	again with replay.c: numbered requests, answered from a journal first
 */
#ifndef OG_AGENT_THINKING_H
#define OG_AGENT_THINKING_H

#include "lib/agent/planner.h"
#include "lib/base/buf.h"
#include "lib/model/model.h"

struct og_thinking {
	struct og_job *job;
	struct og_reasoning *with;
	struct og_buf system; /* the system prompt */
	json_t *tools;	      /* as og_model_talk wants them */
	json_t *turns;	      /* the conversation so far */
	int64_t turn;	      /* number of the model call, from 1 */
	int last;	      /* this is the last turn: only an end is possible */
	/* What the answer may rest on. */
	json_t *sets;	   /* name -> rows that were read */
	json_t *passages;  /* [{"policy","title","line","text",...}] it was shown */
	json_t *entries;   /* numbers of the task's ledger entries */
	json_t *sources;   /* texts in which a number of the answer may stand */
	int answers_tried; /* refused answers and views so far */
	int views_tried;
};

/* think-prompt.c and think-tools.c: asks the shield for what the principal
 * sees, the skills that fit the sentence and the policies that speak of it;
 * fills system, tools and the first turn. */
enum og_turn og_think_prepare(struct og_thinking *t);

/* think-act.c: one call of the model's answer (og_model_answer). *ret is the
 * result to send back: {"id"?,"name","output"} or {"id"?,"name","error"}.
 * With *ret_over the task has its end (job->end) and no further call is
 * made. OG_TURN_REFUSED does not occur: a refusal is a result. */
enum og_turn og_think_act(struct og_thinking *t, const json_t *call, json_t **ret, int *ret_over);

/* think-finish.c: the model says it is done. 1: the result document has its
 * answer, and job->end is set; 0: *ret_error says what is wrong, to be
 * mended in another turn. last: there is none, take what can be taken. */
int og_think_finish(struct og_thinking *t, const json_t *arguments, int last, json_t **ret_error);

/* interrupt.c, for both planners: a limit tripped. what: the step or tool;
 * statement: what it ran, or "". */
void og_job_interrupt(struct og_job *job, enum og_trip trip, const char *what,
		      const char *statement);

#endif
