/*
 * Taking back: one saga.undo at a time until nothing is left, last step
 * first. Whether a step changed anything is read off the skill, so that a
 * task interrupted half way ends in the same words as one that was not.
 */
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

/* Does a call change anything? One that the text does not tell, does. */
static int call_writes(const char *text)
{
	json_t *call = text ? json_loads(text, 0, NULL) : NULL;
	const char *method = og_json_str(call, "method");
	int reads = method && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);

	json_decref(call);
	return !reads;
}

static int block_writes(const json_t *block)
{
	static const char *const kinds[] = { "write", "ddl", "put-skill", "put-policy" };
	const char *kind = og_json_str(block, "kind");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kind && strcmp(kind, kinds[i]) == 0)
			return 1;
	return kind && strcmp(kind, "http") == 0 && call_writes(og_json_str(block, "text"));
}

static int has_block(const json_t *step, int (*test)(const json_t *))
{
	json_t *block;
	size_t i;

	json_array_foreach(json_object_get(step, "blocks"), i, block) if (test(block)) return 1;
	return 0;
}

static int block_undoes(const json_t *block)
{
	const char *kind = og_json_str(block, "kind");

	return kind && strcmp(kind, "undo") == 0;
}

static int block_calls_back(const json_t *block)
{
	const char *kind = og_json_str(block, "kind");

	return kind && strcmp(kind, "http-undo") == 0;
}

static int step_writes(const json_t *step)
{
	return has_block(step, block_writes);
}

static const json_t *find_step(const struct og_job *job, const char *name)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(job->doc, "steps"), i, step)
	{
		const char *here = og_json_str(step, "name");

		if (here && name && strcmp(here, name) == 0)
			return step;
	}
	return NULL;
}

/* What a task changed beside its skill is called call-N (og-channel(5)). */
static int is_act(const struct og_job *job, const char *name)
{
	static const char prefix[] = "call-";
	size_t n = sizeof(prefix) - 1;

	return name && strncmp(name, prefix, n) == 0 && name[n] &&
	       name[n + strspn(name + n, "0123456789")] == '\0' && !find_step(job, name);
}

size_t og_job_steps_done(const struct og_job *job)
{
	json_t *name;
	size_t i, n = 0;

	json_array_foreach(json_object_get(job->begun, "done"), i, name) n +=
		!is_act(job, json_string_value(name));
	return n;
}

static int wrote(const struct og_job *job, const char *name)
{
	return is_act(job, name) || step_writes(find_step(job, name));
}

/* The skill of a task that was begun by a worker before us. */
static enum og_turn load_skill(struct og_job *job)
{
	const char *name = og_json_str(job->begun, "skill");
	json_t *reply = NULL;
	enum og_turn turn;

	if (job->doc || !name)
		return OG_TURN_OK;
	turn = og_job_must(job, "skill.get",
			   json_pack("{s:s,s:s*}", "skill", name, "hash",
				     og_json_str(job->begun, "skill_hash")),
			   &reply);
	if (turn == OG_TURN_OK) {
		job->doc = json_incref(json_object_get(reply, "skill"));
		json_object_set_new(job->result, "skill", json_string(name));
	}
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

static const char *how_undone(const struct og_job *job, const char *name)
{
	const json_t *step = find_step(job, name);

	if (is_act(job, name))
		return "inverse";
	if (!step_writes(step))
		return "none";
	if (has_block(step, block_calls_back))
		return "http";
	return has_block(step, block_undoes) ? "sql" : "inverse";
}

static void note_undone(struct og_job *job, const char *name, int *any)
{
	int writes = wrote(job, name);
	struct og_err ignored = OG_ERR_INIT;

	*any |= writes;
	og_result_undo(job->result, name, writes ? "undone" : "nothing", how_undone(job, name),
		       NULL, &ignored);
}

void og_job_skip_rest(struct og_job *job, size_t from)
{
	const json_t *steps = json_object_get(job->doc, "steps");
	struct og_err ignored = OG_ERR_INIT;

	for (size_t i = from; i < json_array_size(steps); i++)
		og_result_step(job->result, og_json_str(json_array_get(steps, i), "name"),
			       "skipped", -1, 0, NULL, &ignored);
}

/* The steps of a task that came to us in the middle of being taken back:
 * those that were done, the one that was refused, and the rest. */
static void note_steps(struct og_job *job)
{
	const json_t *done = json_object_get(job->begun, "done"), *step;
	size_t n = og_job_steps_done(job);
	struct og_err ignored = OG_ERR_INIT;
	int refused;

	for (size_t i = 0; i < json_array_size(done); i++)
		og_result_step(job->result, json_string_value(json_array_get(done, i)), "done", -1,
			       0, NULL, &ignored);
	step = json_array_get(json_object_get(job->doc, "steps"), n);
	refused = job->end == OG_TASK_DENIED || job->end == OG_TASK_FAILED ||
		  job->end == OG_TASK_IN_DOUBT;
	if (step && refused)
		og_result_step(job->result, og_json_str(step, "name"), "failed", -1, 0, job->reason,
			       &ignored);
	og_job_skip_rest(job, refused ? n + 1 : n);
}

enum og_turn og_job_note_steps(struct og_job *job)
{
	enum og_turn turn = load_skill(job);

	if (turn == OG_TURN_OK && json_array_size(json_object_get(job->result, "steps")) == 0)
		note_steps(job);
	return turn;
}

static void note_earlier(struct og_job *job, int *any)
{
	json_t *name;
	size_t i;

	if (json_array_size(json_object_get(job->result, "steps")) == 0)
		note_steps(job);
	json_array_foreach(json_object_get(job->begun, "undone"), i, name)
		note_undone(job, json_string_value(name), any);
}

/* May anything that was written stand? A step that failed counts: its
 * reply may have been lost after the deed. */
static int may_stand(const struct og_job *job)
{
	json_t *step, *name;
	size_t i;

	json_array_foreach(json_object_get(job->result, "steps"), i, step)
	{
		const char *state = og_json_str(step, "state");

		if (strcmp(state, "skipped") != 0 && wrote(job, og_json_str(step, "name")))
			return 1;
	}
	json_array_foreach(json_object_get(job->begun, "done"), i,
			   name) if (is_act(job, json_string_value(name))) return 1;
	return json_array_size(json_object_get(job->begun, "undone")) > 0;
}

static void undo_failed(struct og_job *job, const json_t *reply)
{
	const char *why = og_json_str(reply, "why"), *step = og_json_str(reply, "step");
	struct og_err ignored = OG_ERR_INIT;
	char what[sizeof(job->reason)];

	og_result_undo(job->result, step ? step : "?", "failed", how_undone(job, step), why,
		       &ignored);
	og_text_format(what, sizeof(what), "compensation of step '%s' failed: %s",
		       step ? step : "?", why ? why : "refused");
	og_job_needs_person(job, OG_TASK_COMPENSATION_FAILED, what);
}

/* 1: one was taken back; 0: nothing is left; -1: it failed or broke (*turn). */
static int undo_one(struct og_job *job, int *any, enum og_turn *turn)
{
	json_t *reply = NULL;
	const char *undone;
	int more = -1;

	*turn = og_job_undo(job, &reply);
	if (*turn == OG_TURN_REFUSED) {
		undo_failed(job, reply);
		*turn = OG_TURN_OK;
	} else if (*turn == OG_TURN_OK) {
		undone = og_json_str(reply, "undone");
		more = undone != NULL;
		if (undone) {
			note_undone(job, undone, any);
			og_job_trace(job, "undo", "step %s taken back", undone);
		}
		if (!og_json_str(reply, "next"))
			more = 0;
	}
	json_decref(reply);
	return more;
}

enum og_turn og_job_compensate(struct og_job *job)
{
	enum og_turn turn = load_skill(job);
	int any = 0, more = 1;

	if (turn != OG_TURN_OK)
		return turn;
	note_earlier(job, &any);
	if (!may_stand(job))
		return OG_TURN_OK;
	while (more > 0)
		more = undo_one(job, &any, &turn);
	if (turn == OG_TURN_DOUBT)
		return turn;
	if (turn == OG_TURN_OK && more == 0 && any &&
	    (job->end == OG_TASK_DENIED || job->end == OG_TASK_FAILED)) {
		job->end = OG_TASK_COMPENSATED;
		og_job_offer_again(job);
	}
	return turn;
}
