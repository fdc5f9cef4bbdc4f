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
 *	replay.c	numbered requests, answered from records first
 *
 * What is done here must be the same when it is done again from the records
 * of the task, byte for byte: ask the shield with og_job_ask() and nothing
 * else (it numbers the requests), take the time from og_job_time(), and use
 * no clock, no random number and no address.
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
	json_t *passages;  /* [{"policy","title","line","text",...}] it was shown: P1, P2, ... */
	json_t *entries;   /* numbers of the task's ledger entries: E12, ... */
	json_t *sources;   /* texts in which a number of the answer may stand */
	int answers_tried; /* refused answers and views so far */
	int views_tried;
	/* What the tools know of the task. */
	json_t *schema; /* the tables that the principal sees */
	json_t *ran;	/* names of the skill's steps that are done; the skill is job's */
	json_t *said;	/* by the skill's last step: {"answer"?,"view"?} */
	int64_t reads;	/* row sets that got a name from us */
};

/* think-tools.c: everything empty; tools are none until og_think_prepare().
 * 0, or -1 without memory. */
int og_think_init(struct og_thinking *t, struct og_job *job, struct og_reasoning *with);
void og_think_release(struct og_thinking *t);

/* think-tools.c: sets t->tools to what is offered now. og_think_prepare()
 * has done it for the first turn; the loop does it again when t->last is set. */
enum og_turn og_think_offer(struct og_thinking *t);

/* think-prompt.c: asks the shield for what the principal sees, the skills
 * that fit the sentence and the policies that speak of it; fills system,
 * tools and the first turn. */
enum og_turn og_think_prepare(struct og_thinking *t);

/* think-act.c: one call of the model's answer (og_model_answer). *ret is the
 * result to send back: {"id"?,"name","output"} or {"id"?,"name","error"}.
 * With *ret_over the task has its end (job->end) and no further call is
 * made. OG_TURN_REFUSED does not occur: a refusal is a result.
 * Steps and writes go into the result (og_result_step), under the name that
 * the shield's reply has for them, failed ones too. Counting calls, limits
 * and trace lines of calls are the loop's. With t->last only an end is
 * possible, anything else is an error. */
enum og_turn og_think_act(struct og_thinking *t, const json_t *call, json_t **ret, int *ret_over);

/* think-finish.c: the model says it is done. 1: the result document has its
 * answer, and job->end is set; 0: *ret_error says what is wrong, to be
 * mended in another turn. last: there is none, take what can be taken. */
int og_think_finish(struct og_thinking *t, const json_t *arguments, int last, json_t **ret_error);

/* replay.c: what is on record of a task. */
struct og_records {
	json_t *turns; /* number -> a turn of journal.get */
	json_t *calls; /* number -> a call of journal.get */
	int64_t next;  /* number of the next request */
	int64_t time;  /* ms: of the last answer */
};
void og_records_init(struct og_records *records, const struct og_job *job);
void og_records_release(struct og_records *records);

/* The time that belongs to what is done now: of the last answer on record,
 * and of the wall clock without records. */
int64_t og_job_time(const struct og_job *job);

#endif
