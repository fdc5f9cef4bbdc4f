/*
 * Inside lib/agent: a task that a model works on. The model has no hands:
 * it names a tool and arguments, which become one request to the shield in
 * the name of the task's principal; what the shield answers is what it gets
 * to read. It decides nothing that a rule decides.
 *
 *	think.c		the loop: reserve, ask, journal, act; stops and ends
 *	think-turn.c	one answer of the model; think-body.c: what is sent for it
 *	think-count.c	what stops it; think-end.c: its ends, and who takes over
 *	think-prompt.c	what it is told at the start, written by think-brief.c
 *	think-tools.c	which tools it is offered, and their schemas
 *	think-act.c	a call of a tool; think-look.c, think-step.c, think-write.c
 *			what each does; think-data.c what it gets to see
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
#include "lib/hash/hash.h"
#include "lib/model/model.h"

#define OG_THINK_SYSTEM_MAX ((size_t)1 << 20)

#define OG_TOOL_FINISH	"finish"
#define OG_TOOL_GIVE_UP "give_up"

/* Why a turn is the last one. */
enum og_last {
	OG_LAST_NO,
	OG_LAST_LIMIT, /* of calls: trip says which */
	OG_LAST_MONEY, /* tokens or money for one more answer only */
	OG_LAST_TIME,
};

struct og_thinking {
	struct og_job *job;
	struct og_reasoning *with;
	struct og_buf system; /* the system prompt */
	json_t *tools;	      /* as og_model_talk wants them */
	json_t *turns;	      /* the conversation so far */
	int64_t turn;	      /* number of the model call, from 1 */
	int last;	      /* this is the last turn: only an end is possible */
	enum og_last why_last;
	enum og_trip trip; /* the limit that tripped, and at what: */
	char trip_tool[64], trip_statement[512];
	int fault;    /* the task has its end because of the model */
	int noted;    /* answers that could not be used so far */
	int given;    /* it had its end before: only the records are looked at */
	json_t *cost; /* of the result, borrowed */
	/* What the answer may rest on. */
	json_t *sets;	   /* name -> rows that were read */
	json_t *passages;  /* [{"policy","title","line","text",...}] it was shown: P1, P2, ... */
	json_t *entries;   /* numbers of the task's ledger entries: E12, ... */
	json_t *sources;   /* texts in which a number of the answer may stand */
	int answers_tried; /* refused answers and views so far */
	int views_tried;
	/* What the tools know of the task. */
	json_t *schema;	  /* the tables that the principal sees */
	json_t *docs;	  /* name -> {"skill","hash"} of skills that were looked at */
	json_t *ran;	  /* names of the skill's steps that are done; the skill is job's */
	json_t *said;	  /* by the skill's last step: {"answer"?}; of views: {"refused"?} */
	json_t *followed; /* allowed-tools of prose that was read: it is followed */
	json_t *refused;  /* the refusal that nothing good came after, or NULL */
	int64_t reads;	  /* row sets that got a name from us */
};

/* think-tools.c: everything empty; tools are none until og_think_prepare().
 * 0, or -1 without memory. */
int og_think_init(struct og_thinking *t, struct og_job *job, struct og_reasoning *with);
void og_think_release(struct og_thinking *t);

/* think-tools.c: sets t->tools to what is offered, once, for
 * og_think_prepare(); of a last turn only the ends are sent (think-body.c). */
enum og_turn og_think_offer(struct og_thinking *t);

/* think-prompt.c: asks the shield for what the skills that fit the sentence
 * are and the policies that speak of it; fills system, tools and the first
 * turn. The loop has asked for the schema before: t->schema has its tables,
 * and begun's role, clearance and rights are those on record, for they may
 * change while a task goes on. OG_TURN_REFUSED: the task has its end. */
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

/* think-turn.c: one answer of the model, from the records or asked, paid and
 * recorded. OG_TURN_REFUSED: the task has its end (job->end); with t->fault
 * it is the model's doing, and another planner may take over. */
enum og_turn og_think_turn(struct og_thinking *t, json_t **ret_answer);

/* think-end.c: the turns are over, as the last one says; the task's end, or
 * the skill planner's run. */
enum og_turn og_think_end(struct og_thinking *t, enum og_turn turn);

/* think-count.c: a call was made; t->trip says when that reaches a limit. */
void og_think_count(struct og_thinking *t, const char *tool, const json_t *arguments,
		    const json_t *result);

/* think-body.c: what is sent. Why a turn is the last changes it, and so do
 * the quirks of a server; of a turn on record its digest tells which they
 * were. text is the body, digest its SHA-256. -1 when it cannot be made. */
int og_think_body(struct og_thinking *t, enum og_last last, struct og_buf *text,
		  char digest[OG_HASH_HEX + 1], struct og_err *err);
/* Finds last and quirks so that the digest is this one, and sets them: 1; 0
 * when there are none. */
int og_think_recall(struct og_thinking *t, const char *digest);

/* replay.c: what is on record of a task, and where in it we are. */
struct og_records {
	json_t *turns;	    /* number -> a turn of journal.get */
	json_t *calls;	    /* number -> a call of journal.get */
	int64_t next;	    /* number of the next request */
	int64_t time;	    /* ms: of the last answer */
	int only;	    /* nobody is asked; what is not on record is missing */
	int look;	    /* a dry run: what is asked beside them is not put on record */
	int off;	    /* they are of no use any more: requests have no numbers */
	int missing;	    /* something was wanted that is not on record: */
	char lacks[128];    /* which request or turn */
	char astray[256];   /* what is on record does not fit, or "" */
	json_t *begun;	    /* task.begin's reply as it was */
	const json_t *over; /* in a rerun: the result on record, borrowed */
};
/* Of a task with this begun; NULL without memory. From there on begun tells
 * nothing of what is on record, so that everything is found out anew. */
struct og_records *og_records_new(struct og_job *job);
void og_records_free(struct og_records *records);
/* The task was begun again: this reply (taken) is its begun. */
int og_records_rebase(struct og_job *job, json_t *begun);
/* Takes up a page of journal.get. */
int og_records_add(struct og_records *records, const json_t *page);
/* Asks the shield for them. */
enum og_turn og_records_load(struct og_job *job);

/* The request's answer on record. 1: *ret; 0: there is none, ask (it has got
 * its number); -1: it cannot be had (missing) or is of another request
 * (astray). request is borrowed. */
int og_records_answer(struct og_job *job, const char *verb, json_t *request, json_t **ret);
/* A reply came, from wherever: if it is kept on record, its time is that of
 * what follows. */
void og_records_heard(struct og_job *job, const char *verb, const json_t *reply);
/* The turn on record, borrowed, or NULL. */
const json_t *og_records_turn(const struct og_job *job, int64_t turn);
/* Does the next request on record take something back, or was it made by
 * another planner? */
int og_records_turned_back(const struct og_job *job);
int og_records_went_on(const struct og_job *job);
/* Something is missing at this turn: are there records of what came later?
 * Then it was there once. */
int og_records_gap(const struct og_job *job, int64_t turn);
/* For one thing that takes several requests, of which only the last is on
 * record: they share a number. _hold tells it, _again goes back to it. */
int64_t og_records_hold(const struct og_job *job);
void og_records_again(struct og_job *job, int64_t number);

/* rerun.c: the task ends as this result on record has it; OG_TURN_DOUBT when
 * that is in doubt. */
enum og_turn og_job_end_as(struct og_job *job, const json_t *over);

/* The time that belongs to what is done now: of the last answer on record,
 * and of the wall clock without records. */
int64_t og_job_time(const struct og_job *job);

#endif
