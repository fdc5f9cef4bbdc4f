/*
 * When the turns are over: the task has its end, or the model is of no use
 * and another planner takes over, or the records end before the task does,
 * or they do not fit. Each is told apart here, and said under the name of
 * whoever it was.
 */
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"

/* What was done cannot be told from the records: it is taken back as the
 * shield has it. */
static enum og_turn fail_astray(struct og_job *job)
{
	struct og_records *records = job->records;

	if (records->only)
		return OG_TURN_BROKEN; /* a rerun: the report says where */
	records->off = 1;
	json_decref(job->begun);
	job->begun = json_incref(records->begun);
	job->task = og_json_str(job->begun, "task");
	json_array_clear(json_object_get(job->result, "steps"));
	json_object_clear(json_object_get(job->result, "data"));
	og_job_end(job, OG_TASK_FAILED, "%s", records->astray);
	og_job_trace(job, "model", "%s", job->reason);
	return OG_TURN_OK;
}

/* Only while nothing that was done may stand: steps and writes, also those
 * that were refused, are steps of the result. */
static int may_fall_back(const struct og_thinking *t)
{
	const struct og_job *job = t->job;

	return t->with->fallback && json_array_size(json_object_get(job->result, "steps")) == 0;
}

static enum og_turn fall_back(struct og_job *job, const char *reason)
{
	enum og_turn turn = OG_TURN_OK;
	json_t *result = job->result;

	job->planner = &og_planner_fallback;
	json_object_set_new(result, "fallback", json_string(reason));
	json_object_set_new(result, "planner", json_string(job->planner->name));
	og_job_trace(job, "fallback", "the skill planner takes over: %s", reason);
	if (!job->records->only) {
		turn = og_job_begin_again(job);
		if (turn != OG_TURN_OK || og_job_given_end(job))
			return turn;
	}
	og_budget_init(&job->budget, job->means->limits);
	turn = job->planner->run(job);
	if (!og_json_str(result, "next"))
		json_object_set_new(result, "next",
				    json_string("No model could be used: a skill's own steps were "
						"run instead. See fallback."));
	return turn;
}

static enum og_turn end_by_fault(struct og_thinking *t)
{
	char reason[sizeof(t->job->reason)];

	memcpy(reason, t->job->reason, sizeof(reason));
	if (t->fault && may_fall_back(t))
		return fall_back(t->job, reason);
	if (t->fault)
		og_job_trace(t->job, "model", "%s", reason);
	return OG_TURN_OK;
}

/* Another planner took over before, as the records show; NULL: none did. */
static const char *taken_over(const struct og_job *job)
{
	const struct og_records *records = job->records;

	if (job->planner != &og_planner_model)
		return NULL;
	if (records->over)
		return og_json_str(records->over, "fallback");
	return og_records_went_on(job) && !og_records_turned_back(job)
		       ? "the model failed before this worker had the task"
		       : NULL;
}

static int is_missing(const struct og_job *job, enum og_turn turn)
{
	return turn == OG_TURN_BROKEN && job->records && job->records->missing;
}

/* In a rerun: a record is missing that there was once, for there are later
 * ones, or the task was done, which nothing from outside makes it. */
static int was_taken_out(const struct og_thinking *t)
{
	struct og_records *records = t->job->records;
	const char *state = og_json_str(records->over, "state");
	int done =
		state && strcmp(state, "done") == 0 && !json_object_get(records->over, "resolved");

	if (!done && !og_records_gap(t->job, t->turn))
		return 0;
	og_text_format(records->astray, sizeof(records->astray), "journal: %s is not on record",
		       records->lacks);
	return 1;
}

/* The records end here: the task went on without the model, or had its end
 * from outside. */
static enum og_turn end_from_outside(struct og_thinking *t)
{
	struct og_job *job = t->job;
	const char *reason = taken_over(job);
	enum og_turn turn = OG_TURN_OK;

	job->records->missing = 0;
	if (reason)
		turn = fall_back(job, reason);
	if (reason && !is_missing(job, turn))
		return turn;
	if (job->records->over && was_taken_out(t))
		return OG_TURN_BROKEN;
	job->records->missing = 0;
	if (job->records->over)
		return og_job_end_as(job, job->records->over);
	og_job_given_end(job);
	return OG_TURN_OK;
}

/* A dry run ends where it is, and says so; with a request to show it does
 * already. */
static enum og_turn end_look(struct og_job *job, enum og_turn turn)
{
	const struct og_records *records = job->records;

	if (records->astray[0])
		og_job_broken(job, records->astray);
	else if (records->missing)
		og_job_broken(job, og_records_went_on(job)
					   ? "another planner has taken the task over"
					   : "what its last answer calls for is not done yet");
	return turn;
}

enum og_turn og_think_end(struct og_thinking *t, enum og_turn turn)
{
	struct og_job *job = t->job;

	if (job->records->look)
		return end_look(job, turn);
	if (turn == OG_TURN_REFUSED)
		turn = end_by_fault(t);
	if (is_missing(job, turn))
		turn = end_from_outside(t);
	if (turn == OG_TURN_BROKEN && job->records && job->records->astray[0])
		return fail_astray(job);
	/* Nobody wants it any more, or it was being taken back already. */
	if (turn == OG_TURN_OK && t->given)
		og_job_given_end(job);
	return turn;
}
