/*
 * A task done again from its journal: the same planner, and nobody to ask.
 * What comes of it is held against the result on record, member by member.
 */
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

#define RESULT_MAX ((size_t)16 << 20)

/* --- an end from outside ------------------------------------------------------- */

static enum og_task_state end_before_undo(const json_t *over)
{
	int state = og_state_parse(og_json_str(over, "state") ? og_json_str(over, "state") : "");

	if (state < 0 || state == OG_TASK_COMPENSATED || state == OG_TASK_COMPENSATION_FAILED)
		return OG_TASK_FAILED;
	return (enum og_task_state)state;
}

/* The word about it in the trace stands where the records ended. */
static void trace_end(struct og_job *job, const json_t *over)
{
	size_t n = json_array_size(json_object_get(job->result, "trace"));
	const json_t *line = json_array_get(json_object_get(over, "trace"), n);
	const char *details = og_json_str(line, "details"), *action = og_json_str(line, "action");

	if (details && action && strcmp(details, job->reason) == 0)
		og_job_trace(job, action, "%s", details);
}

enum og_turn og_job_end_as(struct og_job *job, const json_t *over)
{
	const char *cause = og_json_str(over, "cause"), *reason = og_json_str(over, "reason");
	int doubt = end_before_undo(over) == OG_TASK_IN_DOUBT;
	json_t *refusal = json_object_get(over, "refusal");
	json_t *rows = json_object_get(json_object_get(over, "data"), "interrupt");

	og_job_end(job, end_before_undo(over), "%s", cause ? cause : reason ? reason : "");
	if (refusal)
		json_object_set(job->result, "refusal", refusal);
	if (rows)
		json_object_set(json_object_get(job->result, "data"), "interrupt", rows);
	if (!doubt) {
		trace_end(job, over);
		return OG_TURN_OK;
	}
	og_text_format(job->doubt, sizeof(job->doubt), "%s", reason ? reason : "");
	job->reason[0] = '\0';
	return OG_TURN_DOUBT;
}

/* --- comparing ----------------------------------------------------------------- */

/* What is no part of what the agent made of the task. */
static json_t *bare(const json_t *result)
{
	static const char *const outside[] = { "ledger", "finished", "resolved", "trace_id", NULL };
	json_t *copy = json_copy((json_t *)(uintptr_t)result), *cost;

	for (size_t i = 0; copy && outside[i]; i++)
		json_object_del(copy, outside[i]);
	/* What was paid for no answer, of which only the shield knows. */
	cost = json_copy(json_object_get(copy, "cost"));
	json_object_del(cost, "lost");
	if (cost)
		json_object_set_new(copy, "cost", cost);
	return copy;
}

static int canon(const json_t *value, struct og_buf *text)
{
	struct og_err ignored = OG_ERR_INIT;

	og_buf_init(text, RESULT_MAX);
	return og_json_canon(value, text, &ignored);
}

static int same(const json_t *a, const json_t *b)
{
	struct og_buf one, other;
	int yes = canon(a, &one) == 0;

	yes &= canon(b, &other) == 0;
	yes = yes && one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
	og_buf_release(&one);
	og_buf_release(&other);
	return yes;
}

/* The first member that differs, or NULL. */
static const char *difference(json_t *now, json_t *then)
{
	const char *name;
	json_t *value;

	json_object_foreach(then, name, value)
	{
		const json_t *here = json_object_get(now, name);

		if (!here || !same(here, value))
			return name;
	}
	json_object_foreach(now, name, value)
	{
		if (!json_object_get(then, name))
			return name;
	}
	return NULL;
}

static int compare(const json_t *result, const json_t *over, struct og_agent_report *report)
{
	json_t *now = bare(result), *then = bare(over);
	const char *name = difference(now, then);

	if (name)
		og_text_format(report->why, sizeof(report->why),
			       "the result differs from the one on record in '%s'", name);
	json_decref(now);
	json_decref(then);
	return name != NULL;
}

/* --- the rerun ----------------------------------------------------------------- */

static int cannot(struct og_agent_report *report, const char *why)
{
	report->outcome = OG_OUTCOME_DEAD;
	if (why != report->why)
		og_text_format(report->why, sizeof(report->why), "%s", why);
	return -1;
}

/* The model that answered then, whatever og.conf names now. */
static void take_model(struct og_reasoning *with, struct og_model *model, const json_t *journal)
{
	const json_t *turn = json_array_get(json_object_get(journal, "turns"), 0);
	const char *name = og_json_str(turn, "model");
	struct og_err ignored = OG_ERR_INIT;

	if (name && og_model_parse(name, model, &ignored) == 0)
		with->model = model;
}

static int open_job(struct og_job *job, const json_t *journal)
{
	job->begun = json_incref(json_object_get(journal, "begun"));
	job->task = og_json_str(job->begun, "task");
	job->epoch = og_json_int(job->begun, "epoch", 1);
	if (!job->task || !og_json_str(job->begun, "principal"))
		return cannot(job->report, "journal: it does not say which task was begun");
	if (!json_is_object(json_object_get(journal, "result")))
		return cannot(job->report,
			      "the task has not ended: there is nothing to compare with");
	if (json_array_size(json_object_get(journal, "calls")) == 0 &&
	    json_array_size(json_object_get(journal, "turns")) == 0)
		return cannot(job->report, "no model worked on this task: it has no records");
	if (!og_records_new(job) || og_records_add(job->records, journal) < 0)
		return cannot(job->report, "out of memory");
	job->records->only = 1;
	job->records->over = json_object_get(journal, "result");
	og_text_format(job->report->task, sizeof(job->report->task), "%s", job->task);
	og_text_format(job->report->principal, sizeof(job->report->principal), "%s",
		       og_json_str(job->begun, "principal"));
	return 0;
}

static int carry_out(struct og_job *job)
{
	const struct og_records *records = job->records;

	if (og_job_carry_out(job) == OG_TURN_OK) {
		job->report->outcome = OG_OUTCOME_ACK;
		return 0;
	}
	if (records->astray[0])
		return cannot(job->report, records->astray);
	if (records->missing)
		return cannot(job->report, "journal: it ends before the task does");
	return cannot(job->report,
		      job->report->why[0] ? job->report->why : "it cannot be done again");
}

/* What it cost is the shield's sum, which counts answers that never came. */
static void take_cost(struct og_job *job)
{
	json_t *cost = json_object_get(job->records->over, "cost");

	if (cost)
		json_object_set(job->result, "cost", cost);
}

int og_agent_rerun(const struct og_agent_means *means, const json_t *journal, json_t **ret_result,
		   struct og_agent_report *ret)
{
	struct og_agent_means own = *means;
	struct og_reasoning with;
	struct og_model model;
	struct og_job job = { .means = &own, .report = ret, .planner = &og_planner_model };
	int rc = -1;

	memset(ret, 0, sizeof(*ret));
	*ret_result = NULL;
	if (!means->reasoning)
		return cannot(ret, "og.conf names no model: say how its requests are made");
	with = *means->reasoning;
	own.reasoning = &with;
	own.dry = 0;
	job.end = OG_TASK_FAILED;
	take_model(&with, &model, journal);
	og_budget_init(&job.budget, means->limits);
	if (open_job(&job, journal) == 0 && carry_out(&job) == 0) {
		take_cost(&job);
		rc = compare(job.result, job.records->over, ret);
		*ret_result = json_incref(job.result);
	}
	og_records_free(job.records);
	json_decref(job.begun);
	json_decref(job.result);
	json_decref(job.doc);
	json_decref(job.slots);
	json_decref(job.corrected);
	json_decref(job.left);
	return rc;
}
