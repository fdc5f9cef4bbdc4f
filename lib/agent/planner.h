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
	OG_TURN_BROKEN,	 /* no channel any more, or the epoch is stale: stop here */
};

struct og_job {
	struct og_channel *channel;
	struct og_budget budget;
	struct og_agent_report *report;
	const char *task; /* id, borrowed from begun */
	int64_t epoch;
	json_t *begun;	/* task.begin's reply */
	json_t *result; /* the document being built */
	json_t *doc;	/* the skill, or NULL */
	char hash[80];
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

/* Sets how the task ends. */
void og_job_end(struct og_job *job, enum og_task_state end, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void og_job_trace(struct og_job *job, const char *action, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* saga.c: takes back what is done, last first. Afterwards job->end is
 * compensated, or what it was when nothing had been written. */
enum og_turn og_job_compensate(struct og_job *job);

/* Does this step of the skill change anything? */
int og_step_writes(const json_t *step);
/* The step of that name in the job's skill, or NULL. */
const json_t *og_job_step(const struct og_job *job, const char *name);

#endif
