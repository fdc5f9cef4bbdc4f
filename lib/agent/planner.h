/*
 * Inside lib/agent: a task in progress, and what a planner does with it.
 */
#ifndef OG_AGENT_PLANNER_H
#define OG_AGENT_PLANNER_H

#include "lib/agent/agent.h"
#include "lib/json/json.h"

/* How a conversation turn with the shield ended. */
enum og_turn {
	OG_TURN_OK,
	OG_TURN_REFUSED, /* reply has verdict, rule, why, fix */
	OG_TURN_BROKEN,	 /* this worker cannot go on; the report says why */
	OG_TURN_DOUBT,	 /* of a call outside nobody knows what came of it; job->doubt */
};

#define OG_CANCELLED "cancelled by its principal"

struct og_records; /* thinking.h */

struct og_job {
	const struct og_agent_means *means;
	const struct og_planner *planner;
	const json_t *envelope; /* NULL in a rerun */
	/* With these every request is numbered, and answered from them first;
	 * and the time of all that is told is that of the last answer. NULL:
	 * requests have no numbers. */
	struct og_records *records;
	struct og_channel *channel;
	struct og_telemetry *telemetry; /* NULL: off */
	struct og_span span;		/* of this delivery */
	const char *trace;		/* what requests carry, or NULL */
	struct og_budget budget;
	struct og_agent_report *report;
	const char *task; /* id, borrowed from begun */
	int64_t epoch;
	json_t *begun;	   /* task.begin's reply */
	json_t *result;	   /* the document being built */
	json_t *doc;	   /* the skill, or NULL */
	char name[80];	   /* the skill's, "" as long as there is none */
	char hash[80];	   /* its version, "" for the active one */
	json_t *slots;	   /* for its first step, or NULL */
	json_t *left;	   /* what the sentence says and the skill leaves out, or NULL */
	json_t *corrected; /* names in the sentence that were misspelt, or NULL */
	/* why the task does not end as done */
	enum og_task_state end;
	char reason[512];
	char doubt[512]; /* with OG_TURN_DOUBT: what is not known */
};

struct og_planner {
	const char *name;  /* "skill": for result and ledger */
	const char *agent; /* "og-worker/skill": of the task and of trace lines */
	/* Runs the task forward; sets job->end and reason. OG_TURN_BROKEN: stop. */
	enum og_turn (*run)(struct og_job *job);
};

extern const struct og_planner og_planner_skill, og_planner_model;
/* The skill planner where the model planner could not go on: it has a name
 * of its own, so that every record says who it was. */
extern const struct og_planner og_planner_fallback;

/* One request of the task; request is taken. *ret: new reference or NULL
 * when broken. Whether it is numbered, and answered from records, is seen to
 * here (replay.c). */
enum og_turn og_job_ask(struct og_job *job, const char *verb, json_t *request, json_t **ret);
/* The same for what has to happen, sooner or later: a refusal that speaks
 * of the shield's own trouble, not of the request, is broken too. */
enum og_turn og_job_must(struct og_job *job, const char *verb, json_t *request, json_t **ret);

/* search.c: the same for skill.match and policy.search about this text. */
enum og_turn og_job_search(struct og_job *job, const char *verb, json_t *request, const char *text,
			   json_t **ret);

/* tell.c: what is told of a delivery. _begin and _end go around it, _begun
 * follows task.begin, _result puts the trace's id into the document. */
void og_job_tell_begin(struct og_job *job, const json_t *envelope);
void og_job_tell_begun(struct og_job *job, const json_t *envelope);
void og_job_tell_result(struct og_job *job);
void og_job_tell_end(struct og_job *job);
/* og_channel_call() as a span, with the trace in the request. */
int og_job_call(struct og_job *job, const char *verb, json_t *request, json_t **ret,
		struct og_err *err);
/* Around one try of a call to a service: the span, and its traceparent in
 * what is to be sent. */
void og_job_tell_call(struct og_job *job, struct og_span *span, const json_t *send,
		      const char *step);
void og_job_tell_called(struct og_span *span, const struct og_call_answer *answer, int64_t attempt);
const char *og_called_name(enum og_called outcome);
/* Around asking a model, and around a call of a tool (whose requests belong
 * to it until job->trace is put back). */
void og_job_tell_chat(struct og_job *job, struct og_span *span, const struct og_model *model,
		      long max_output);
void og_job_tell_said(struct og_span *span, const struct og_call_answer *answer,
		      const json_t *said);
void og_job_tell_tool(struct og_job *job, struct og_span *span, const char *tool,
		      const json_t *call);
void og_job_tell_acted(struct og_span *span, const json_t *result);
/* og_job_understand() as a span. */
enum og_turn og_job_plan(struct og_job *job);

/* What to do with the delivery, and why. */
void og_job_outcome(struct og_job *job, enum og_outcome outcome, const char *why);
/* Not now: the delivery goes back, for at most as long as the reply says. */
void og_job_waits(struct og_job *job, const json_t *reply, const char *why);
int og_said_wait(const json_t *reply);
/* Does the reply speak of the shield's own trouble? Then the outcome is set. */
int og_job_in_trouble(struct og_job *job, const json_t *reply);

/* From a begun task to its end, in job->result; nothing is handed over.
 * OG_TURN_BROKEN: this worker cannot, and the report says why. */
enum og_turn og_job_carry_out(struct og_job *job);
/* Begins the task once more, with the agent name of the planner that is set
 * now. */
enum og_turn og_job_begin_again(struct og_job *job);
/* Does the task have its end from before? Cancelled, or being taken back:
 * then job->end and reason are set. */
int og_job_given_end(struct og_job *job);

/* Sets how the task ends. */
void og_job_end(struct og_job *job, enum og_task_state end, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same in the words of a refusal, which goes into the result. */
void og_job_refused(struct og_job *job, enum og_task_state end, const json_t *reply);

void og_job_trace(struct og_job *job, const char *action, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* understand.c: finds skill, version and slots, or sets how the task ends. */
enum og_turn og_job_understand(struct og_job *job);

/* slots.c: may the task wait for an answer? _ask_slots asks for what the
 * match leaves open, _ask_params for what an action's params do (nothing in
 * any other task); OG_TURN_BROKEN: it waits. OG_TURN_OK: there is nothing to
 * ask, it cannot be asked any more, or the refusal has set how the task ends. */
int og_job_may_ask(const struct og_job *job);
enum og_turn og_job_ask_slots(struct og_job *job, const json_t *match);
enum og_turn og_job_ask_params(struct og_job *job);

/* proposal.c: what the envelope proposes is approved and put, or sets how the
 * task ends; OG_TURN_BROKEN: it waits. */
enum og_turn og_job_propose(struct og_job *job, const json_t *action);

/* saga.c: takes back what is done, last first: steps, and what was changed
 * beside them, which is called call-N. Afterwards job->end is
 * compensated, or what it was when nothing had been written; steps that
 * only read are left alone then. */
enum og_turn og_job_compensate(struct og_job *job);

/* How many of the names in begun's "done" are steps of a skill. */
size_t og_job_steps_done(const struct og_job *job);

/* again.c: a task whose effects were taken back offers its skill again. */
void og_job_offer_again(struct og_job *job);

/* effects.c. Does the step call a service? Then _effect runs it, like
 * og_job_ask() with step.run (request is taken); _undo is saga.undo,
 * whether that calls one or not; _resume ends a call that was begun by a
 * worker before us (OG_TURN_REFUSED: *ret_refusal says why it did not
 * happen). Beside their replies, each may end in OG_TURN_DOUBT. */
int og_step_calls(const json_t *step);
enum og_turn og_job_effect(struct og_job *job, json_t *request, json_t **ret);
enum og_turn og_job_undo(struct og_job *job, json_t **ret);
enum og_turn og_job_effect_resume(struct og_job *job, json_t **ret_refusal);

/* The task ends so that a person has to do something; the result says what.
 * _doubt: in doubt, in the words of job->doubt. */
void og_job_needs_person(struct og_job *job, enum og_task_state end, const char *why);
void og_job_doubt(struct og_job *job);

/* This worker cannot go on; the delivery will be tried again. */
void og_job_broken(struct og_job *job, const char *why);

/* skill.c: the step whose call was resumed is refused: how the task ends. */
void og_job_refused_call(struct og_job *job, const json_t *reply);

/* For the result of a task that came to us in the middle: its steps. */
enum og_turn og_job_note_steps(struct og_job *job);

/* interrupt.c: a limit tripped, and the task ends for it. what: the step or
 * tool; statement: what it ran, or "". _stop is the same for a limit that
 * somebody else keeps: row is what a person will want to see of it (taken). */
void og_job_interrupt(struct og_job *job, enum og_trip trip, const char *what,
		      const char *statement);
void og_job_stop(struct og_job *job, json_t *row, const char *reason);

/* For the result: the skill's steps from that one on did not run. */
void og_job_skip_rest(struct og_job *job, size_t from);

#endif
