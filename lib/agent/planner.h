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
};

#define OG_CANCELLED "cancelled by its principal"

struct og_job {
	struct og_channel *channel;
	struct og_telemetry *telemetry; /* NULL: off */
	struct og_span span;		/* of this delivery */
	const char *trace;		/* what requests carry, or NULL */
	struct og_budget budget;
	struct og_agent_report *report;
	const char *task; /* id, borrowed from begun */
	int64_t epoch;
	json_t *begun;	/* task.begin's reply */
	json_t *result; /* the document being built */
	json_t *doc;	/* the skill, or NULL */
	char name[80];	/* the skill's, "" as long as there is none */
	char hash[80];	/* its version, "" for the active one */
	json_t *slots;	/* for its first step, or NULL */
	/* why the task does not end as done */
	enum og_task_state end;
	char reason[512];
};

struct og_planner {
	const char *name;  /* "skill": for result and ledger */
	const char *agent; /* "og-worker/skill" */
	/* Runs the task forward; sets job->end and reason. OG_TURN_BROKEN: stop. */
	enum og_turn (*run)(struct og_job *job);
};

extern const struct og_planner og_planner_skill;

/* One request of the task; request is taken. *ret: new reference or NULL
 * when broken. */
enum og_turn og_job_ask(struct og_job *job, const char *verb, json_t *request, json_t **ret);
/* The same for what has to happen, sooner or later: a refusal that speaks
 * of the shield's own trouble, not of the request, is broken too. */
enum og_turn og_job_must(struct og_job *job, const char *verb, json_t *request, json_t **ret);

/* tell.c: what is told of a delivery. _begin and _end go around it, _begun
 * follows task.begin, _result puts the trace's id into the document. */
void og_job_tell_begin(struct og_job *job, const json_t *envelope);
void og_job_tell_begun(struct og_job *job, const json_t *envelope);
void og_job_tell_result(struct og_job *job);
void og_job_tell_end(struct og_job *job);
/* og_channel_call() as a span, with the trace in the request. */
int og_job_call(struct og_job *job, const char *verb, json_t *request, json_t **ret,
		struct og_err *err);
/* og_job_understand() as a span. */
enum og_turn og_job_plan(struct og_job *job);

/* Sets how the task ends. */
void og_job_end(struct og_job *job, enum og_task_state end, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same in the words of a refusal, which goes into the result. */
void og_job_refused(struct og_job *job, enum og_task_state end, const json_t *reply);

void og_job_trace(struct og_job *job, const char *action, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* understand.c: finds skill, version and slots, or sets how the task ends. */
enum og_turn og_job_understand(struct og_job *job);

/* saga.c: takes back what is done, last first. Afterwards job->end is
 * compensated, or what it was when nothing had been written; steps that
 * only read are left alone then. */
enum og_turn og_job_compensate(struct og_job *job);

/* For the result: the skill's steps from that one on did not run. */
void og_job_skip_rest(struct og_job *job, size_t from);

#endif
