/*
 * The skill planner: finds the skill that a sentence means, and executes
 * its steps in their order. It adds no judgement of its own: the same
 * command on the same data does the same.
 */
#include <stdio.h>
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/buf.h"
#include "lib/task/result.h"

#define NEAREST 5

/* What the planner decided before the first step. */
struct plan {
	char skill[80];
	json_t *slots; /* or NULL */
};

/* "add-skill, add-policy": names of the nearest skills. */
static void name_nearest(const json_t *candidates, struct og_buf *out)
{
	json_t *candidate;
	size_t i;

	json_array_foreach(candidates, i, candidate)
		if (i < 3 && og_json_str(candidate, "skill"))
			og_buf_addf(out, "%s%s", out->len ? ", " : "",
				    og_json_str(candidate, "skill"));
}

static void no_skill(struct og_job *job, const json_t *reply)
{
	const json_t *candidates = json_object_get(reply, "candidates");
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf names;
	json_t *rows = json_pack("{s:O}", "nearest", candidates);

	og_buf_init(&names, 512);
	name_nearest(candidates, &names);
	og_job_end(job, OG_TASK_DENIED, "no_skill: no skill fits this sentence%s%s",
		   names.len ? "; nearest: " : "", names.data);
	if (rows)
		og_result_rows(job->result, rows, &ignored);
	json_object_set_new(job->result, "answer",
			    json_sprintf("No skill fits this sentence.%s%s",
					 names.len ? " The nearest are: " : "", names.data));
	json_decref(rows);
	og_buf_release(&names);
}

/* The first thing that keeps a matched sentence from running. */
static int say_missing(struct og_job *job, const json_t *match)
{
	const json_t *missing = json_object_get(match, "missing");
	const char *slot = json_string_value(json_array_get(missing, 0)), *text;
	const json_t *several;
	struct og_buf names;
	json_t *name;
	size_t i;

	if (!slot)
		return 0;
	several = json_object_get(json_object_get(match, "ambiguous"), slot);
	text = og_json_str(json_object_get(match, "unknown"), slot);
	if (several) {
		og_buf_init(&names, 512);
		json_array_foreach(several, i, name)
			og_buf_addf(&names, "%s%s", i ? ", " : "", json_string_value(name));
		og_job_end(job, OG_TASK_DENIED, "ambiguous_slot: '%s' may be any of %s", slot,
			   names.data);
		og_buf_release(&names);
	} else if (text) {
		og_job_end(job, OG_TASK_DENIED, "unknown_value: there is no %s called '%s'", slot, text);
	} else {
		og_job_end(job, OG_TASK_DENIED, "missing_slot: the sentence does not say '%s'", slot);
	}
	return 1;
}

static void take_match(struct og_job *job, const json_t *reply, struct plan *plan)
{
	const json_t *match = json_object_get(reply, "match");
	const char *skill = og_json_str(match, "skill"), *hash = og_json_str(match, "hash");

	if (!skill) {
		no_skill(job, reply);
		return;
	}
	snprintf(plan->skill, sizeof(plan->skill), "%s", skill);
	snprintf(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
	json_object_set_new(job->result, "skill", json_string(skill));
	og_job_trace(job, "match", "skill %s", skill);
	if (!say_missing(job, match))
		plan->slots = json_incref(json_object_get(match, "slots"));
}

static enum og_turn understand_text(struct og_job *job, const char *text, struct plan *plan)
{
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(job, "skill.match",
				       json_pack("{s:s,s:i}", "text", text, "limit", NEAREST), &reply);

	if (turn == OG_TURN_OK)
		take_match(job, reply, plan);
	else if (turn == OG_TURN_REFUSED)
		og_job_end(job, OG_TASK_FAILED, "%s", og_json_str(reply, "why"));
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

/* Fills the plan, or sets how the task ends. */
static enum og_turn understand(struct og_job *job, struct plan *plan)
{
	const json_t *action = json_object_get(job->begun, "action");
	const char *frozen = og_json_str(job->begun, "skill"), *text;
	enum og_turn turn = OG_TURN_OK;

	if (action) {
		text = og_json_str(action, "skill");
		snprintf(plan->skill, sizeof(plan->skill), "%s", text ? text : "");
		plan->slots = json_incref(json_object_get(action, "params"));
	} else {
		text = og_json_str(job->begun, "text");
		turn = understand_text(job, text ? text : "", plan);
	}
	/* What was begun stays what it was, however it reads today. */
	if (turn == OG_TURN_OK && frozen) {
		const char *hash = og_json_str(job->begun, "skill_hash");

		job->end = OG_TASK_FAILED;
		job->reason[0] = '\0';
		if (strcmp(frozen, plan->skill) != 0) {
			json_decref(plan->slots);
			plan->slots = NULL;
		}
		snprintf(plan->skill, sizeof(plan->skill), "%s", frozen);
		snprintf(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
	}
	return turn;
}

static enum og_turn get_skill(struct og_job *job, const struct plan *plan)
{
	json_t *reply = NULL;
	const char *hash;
	enum og_turn turn;

	turn = og_job_ask(job, "skill.get",
			  json_pack("{s:s,s:s*}", "skill", plan->skill, "hash",
				    job->hash[0] ? job->hash : NULL),
			  &reply);
	if (turn == OG_TURN_OK) {
		job->doc = json_incref(json_object_get(reply, "skill"));
		hash = og_json_str(reply, "hash");
		snprintf(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
		json_object_set_new(job->result, "skill", json_string(plan->skill));
		snprintf(job->report->skill, sizeof(job->report->skill), "%s", plan->skill);
		if (json_array_size(json_object_get(job->doc, "steps")) == 0)
			og_job_end(job, OG_TASK_DENIED,
				   "no_steps: skill '%s' is for a model to read; it has no steps",
				   plan->skill);
	} else if (turn == OG_TURN_REFUSED) {
		og_job_end(job, OG_TASK_DENIED, "%s", og_json_str(reply, "why"));
	}
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

static void add_citations(struct og_job *job, const json_t *reply)
{
	json_t *have = json_object_get(job->result, "citations"), *item, *known;
	size_t i, k;

	json_array_foreach(json_object_get(reply, "citations"), i, item) {
		int there = 0;

		json_array_foreach(have, k, known)
			there |= json_equal(known, item);
		if (!there)
			json_array_append(have, item);
	}
}

/* The view hint, answer and rows of a step that ran. */
static void take_step(struct og_job *job, const char *name, const json_t *reply)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *answer = json_object_get(reply, "answer"), *view = json_object_get(reply, "view");

	og_result_step(job->result, name, "done", og_json_int(reply, "affected", 0),
		       og_json_int(reply, "seq", 0), NULL, &ignored);
	og_result_rows(job->result, json_object_get(reply, "rows"), &ignored);
	add_citations(job, reply);
	if (answer)
		json_object_set(job->result, "answer", answer);
	if (view)
		json_object_set(job->result, "view", view);
	og_job_trace(job, "step", "%s%s", name, og_json_bool(reply, "replayed", 0) ? " (recorded)" : "");
}

static enum og_task_state end_of_refusal(const json_t *reply)
{
	const char *verdict = og_json_str(reply, "verdict"), *rule = og_json_str(reply, "rule");

	if (rule && strcmp(rule, "cancelled") == 0)
		return OG_TASK_CANCELLED;
	return verdict && strcmp(verdict, "deny") == 0 ? OG_TASK_DENIED : OG_TASK_FAILED;
}

static void refuse_step(struct og_job *job, const char *name, const json_t *reply)
{
	const char *why = og_json_str(reply, "why"), *fix = og_json_str(reply, "fix");
	struct og_err ignored = OG_ERR_INIT;

	og_job_end(job, end_of_refusal(reply), "%s", why ? why : "refused");
	og_result_step(job->result, name, "failed", -1, 0, why, &ignored);
	add_citations(job, reply);
	og_job_trace(job, "refused", "step %s: %s%s%s", name, job->reason, fix && *fix ? "; " : "",
		     fix ? fix : "");
}

static void skip_rest(struct og_job *job, size_t from)
{
	const json_t *steps = json_object_get(job->doc, "steps");
	struct og_err ignored = OG_ERR_INIT;

	for (size_t i = from; i < json_array_size(steps); i++)
		og_result_step(job->result, og_json_str(json_array_get(steps, i), "name"), "skipped",
			       -1, 0, NULL, &ignored);
}

/* What was called and what came of it, for the breaker. */
static void digest_of(const char *skill, const char *name, const json_t *reply,
		      struct og_hash *ret)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	og_buf_addf(&text, "%s/%s ", skill, name);
	if (json_object_get(reply, "rows"))
		og_json_canon(json_object_get(reply, "rows"), &text, &ignored);
	og_sha256(text.data, text.len, ret);
	og_buf_release(&text);
}

static const char *likely_cause(enum og_trip trip)
{
	switch (trip) {
	case OG_TRIP_STEPS:
		return "the work never comes to an end by itself";
	case OG_TRIP_TIME:
		return "a step waits, or there is more work than a task may do";
	default:
		return "the skill leads back to itself, and nothing changes between two rounds";
	}
}

static const char *first_sql(const json_t *step)
{
	const char *text = og_json_str(json_array_get(json_object_get(step, "blocks"), 0), "text");

	return text ? text : "";
}

/* The state and the diagnostic that a person will want to see. */
static void interrupt(struct og_job *job, enum og_trip trip, const json_t *step)
{
	struct og_err ignored = OG_ERR_INIT;
	long limit, value;
	json_t *rows;

	og_trip_figures(&job->budget, trip, &limit, &value);
	og_job_end(job, OG_TASK_INTERRUPTED, "SYSTEM_INTERRUPT: limit of %s reached (%ld of %ld)",
		   og_trip_name(trip), value, limit);
	rows = json_pack("{s:[{s:s,s:I,s:I,s:s,s:s,s:s,s:I,s:I}]}", "interrupt", "limit",
			 og_trip_name(trip), "allowed", (json_int_t)limit, "reached",
			 (json_int_t)value, "step", og_json_str(step, "name"), "statement",
			 first_sql(step), "cause", likely_cause(trip), "steps",
			 (json_int_t)job->budget.steps, "steps_allowed",
			 (json_int_t)job->budget.limits.steps);
	if (rows)
		og_result_rows(job->result, rows, &ignored);
	og_job_trace(job, "interrupt", "%s", job->reason);
	json_decref(rows);
}

/* 1: go on; 0: the task ends here (job->end says how); -1: broken. */
static int run_step(struct og_job *job, const struct plan *plan, const json_t *step, int first,
		    int earlier)
{
	const char *name = og_json_str(step, "name");
	json_t *request, *reply = NULL;
	struct og_hash what;
	enum og_trip trip;
	enum og_turn turn;
	int go = -1;

	request = json_pack("{s:s,s:s,s:s}", "skill", plan->skill, "hash", job->hash, "step", name);
	if (request && first && plan->slots)
		json_object_set(request, "slots", plan->slots);
	turn = og_job_ask(job, "step.run", request, &reply);
	if (turn == OG_TURN_REFUSED && earlier) {
		go = 1; /* done before us; its reply is not ours to see again */
	} else if (turn == OG_TURN_REFUSED) {
		refuse_step(job, name, reply);
		go = 0;
	} else if (turn == OG_TURN_OK) {
		take_step(job, name, reply);
		digest_of(plan->skill, name, reply, &what);
		trip = og_budget_call(&job->budget, &what);
		if (trip != OG_TRIP_NONE)
			interrupt(job, trip, step);
		go = trip == OG_TRIP_NONE;
	}
	json_decref(reply);
	return go;
}

/* One pass over the skill's steps. */
static int run_steps(struct og_job *job, const struct plan *plan)
{
	const json_t *steps = json_object_get(job->doc, "steps");
	size_t done = json_array_size(json_object_get(job->begun, "done"));
	int go = 1;

	for (size_t i = 0; go > 0 && i < json_array_size(steps); i++) {
		go = run_step(job, plan, json_array_get(steps, i), i == 0, i < done);
		if (go == 0)
			skip_rest(job, i + 1);
	}
	return go;
}

static int leads_to_itself(const struct og_job *job, const struct plan *plan)
{
	json_t *next;
	size_t i;

	json_array_foreach(json_object_get(job->doc, "next"), i, next)
		if (json_is_string(next) && strcmp(json_string_value(next), plan->skill) == 0)
			return 1;
	return 0;
}

static enum og_turn execute(struct og_job *job, const struct plan *plan)
{
	int go;

	/* A skill that leads to itself goes round until the breaker trips. */
	do
		go = run_steps(job, plan);
	while (go > 0 && leads_to_itself(job, plan));
	if (go > 0)
		og_job_end(job, OG_TASK_DONE, "%s", "");
	return go < 0 ? OG_TURN_BROKEN : OG_TURN_OK;
}

static enum og_turn run(struct og_job *job)
{
	struct plan plan = { .slots = NULL };
	enum og_turn turn;

	job->reason[0] = '\0';
	turn = understand(job, &plan);
	if (turn == OG_TURN_OK && !job->reason[0])
		turn = get_skill(job, &plan);
	if (turn == OG_TURN_OK && !job->reason[0])
		turn = execute(job, &plan);
	json_decref(plan.slots);
	return turn;
}

const struct og_planner og_planner_skill = {
	.name = "skill",
	.agent = "og-worker/skill",
	.run = run,
};
