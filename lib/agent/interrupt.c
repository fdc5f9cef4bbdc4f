/*
 * A limit tripped. The task ends as interrupted, and its result shows what
 * a person will want to see: which limit, where it stood, what was running
 * and the likely cause. What is to be taken back is not decided here.
 */
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

static const char *cause_in_skill(enum og_trip trip)
{
	switch (trip) {
	case OG_TRIP_STEPS:
		return "the work never comes to an end by itself";
	case OG_TRIP_TIME:
		return "a step waits, or there is more work than a task may do";
	case OG_TRIP_CYCLE:
		return "two steps take turns, and nothing changes between two rounds";
	default:
		return "the skill leads back to itself, and nothing changes between two rounds";
	}
}

static const char *cause_in_model(enum og_trip trip)
{
	switch (trip) {
	case OG_TRIP_STEPS:
		return "the model comes to no end, or the wish is too large for one task";
	case OG_TRIP_TIME:
		return "the model is slow, or the wish is too large for one task";
	case OG_TRIP_CYCLE:
		return "the model does two things in turn and learns nothing new from either";
	default:
		return "the model does the same thing again though nothing changes";
	}
}

static const char *likely_cause(const struct og_job *job, enum og_trip trip)
{
	return job->planner == &og_planner_model ? cause_in_model(trip) : cause_in_skill(trip);
}

void og_job_stop(struct og_job *job, json_t *row, const char *reason)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *rows = json_pack("{s:[o]}", "interrupt", row);

	og_job_end(job, OG_TASK_INTERRUPTED, "SYSTEM_INTERRUPT: %s", reason);
	if (rows)
		og_result_rows(job->result, rows, &ignored);
	og_job_trace(job, "interrupt", "%s", job->reason);
	json_decref(rows);
}

void og_job_interrupt(struct og_job *job, enum og_trip trip, const char *what,
		      const char *statement)
{
	long limit, value;
	char reason[128];

	og_trip_figures(&job->budget, trip, &limit, &value);
	og_text_format(reason, sizeof(reason), "limit of %s reached (%ld of %ld)",
		       og_trip_name(trip), value, limit);
	og_job_stop(job,
		    json_pack("{s:s,s:I,s:I,s:s,s:s,s:s,s:I,s:I}", "limit", og_trip_name(trip),
			      "allowed", (json_int_t)limit, "reached", (json_int_t)value, "step",
			      what, "statement", statement, "cause", likely_cause(job, trip),
			      "steps", (json_int_t)job->budget.steps, "steps_allowed",
			      (json_int_t)job->budget.limits.steps),
		    reason);
}
