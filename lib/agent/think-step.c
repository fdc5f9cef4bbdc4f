/*
 * A skill's own steps, in the order the shield demands: all that are left,
 * or one. The model gives the slots, which the shield binds and checks; what
 * a step runs is in the skill and nowhere else. A task runs one skill.
 */
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

/* --- what steps came to ------------------------------------------------------------ */

int og_steps_init(struct og_steps *steps)
{
	memset(steps, 0, sizeof(*steps));
	steps->rows = json_object();
	steps->citations = json_array();
	steps->done = json_array();
	return steps->rows && steps->citations && steps->done ? 0 : -1;
}

void og_steps_release(struct og_steps *steps)
{
	json_decref(steps->rows);
	json_decref(steps->citations);
	json_decref(steps->done);
	json_decref(steps->vars);
}

/* Several steps may give rows of one name; each has its own part of it. */
static int take_set(struct og_thinking *t, struct og_steps *steps, const char *name, json_t *rows)
{
	json_t *there = json_object_get(steps->rows, name), *all;
	int rc;

	if (!json_is_array(rows))
		return 0;
	all = there ? json_copy(there) : json_array();
	rc = all ? json_array_extend(all, rows) : -1;
	if (rc == 0)
		rc = json_object_set(steps->rows, name, all);
	if (rc == 0)
		rc = og_sets_keep(t, name, all);
	json_decref(all);
	return rc;
}

/* What bound the task is cited, whether the model says so or not. */
static void cite(struct og_job *job, const json_t *citation)
{
	json_t *have = json_object_get(job->result, "citations"), *known;
	size_t i;

	json_array_foreach(have, i, known)
	{
		if (json_equal(known, citation))
			return;
	}
	json_array_append(have, (json_t *)(uintptr_t)citation);
}

static void take_citations(struct og_thinking *t, struct og_steps *steps, const json_t *reply)
{
	json_t *citation;
	size_t i;

	json_array_foreach(json_object_get(reply, "citations"), i, citation)
	{
		json_array_append(steps->citations, citation);
		cite(t->job, citation);
	}
}

int og_steps_take(struct og_thinking *t, struct og_steps *steps, const json_t *reply)
{
	json_t *sets = json_object_get(reply, "rows"), *names = og_sorted_keys(sets), *name;
	json_t *answer = json_object_get(reply, "answer"), *view = json_object_get(reply, "view");
	int rc = names ? 0 : -1;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (rc == 0)
			rc = take_set(t, steps, json_string_value(name),
				      json_object_get(sets, json_string_value(name)));
	}
	json_decref(names);
	take_citations(t, steps, reply);
	json_decref(steps->vars);
	steps->vars = json_incref(json_object_get(reply, "vars"));
	og_source_json(t, steps->vars);
	if (json_is_string(answer)) {
		og_source_text(t, json_string_value(answer));
		json_object_set(t->said, "answer", answer);
	}
	if (json_is_object(view))
		json_object_set(t->job->result, "view", view);
	return rc;
}

static json_t *show_vars(const json_t *vars)
{
	json_t *shown = json_object(), *names = og_sorted_keys(vars), *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const char *key = json_string_value(name);

		json_object_set_new(shown, key, og_show_value(json_object_get(vars, key)));
	}
	json_decref(names);
	return shown;
}

json_t *og_steps_show(struct og_thinking *t, const struct og_steps *steps)
{
	json_t *output = og_show_sets(steps->rows, NULL);
	json_t *data = json_object_get(output, "untrusted_data");
	const char *answer = og_json_str(t->said, "answer");

	if (json_object_size(steps->vars) > 0)
		json_object_set_new(data, "values", show_vars(steps->vars));
	if (json_array_size(steps->citations) > 0)
		json_object_set_new(data, "passages", og_show_passages(t, steps->citations));
	if (answer)
		json_object_set_new(data, "answer",
				    og_show_text(answer, strlen(answer), OG_ANSWER_MAX));
	if (json_array_size(steps->done) > 0)
		json_object_set(output, "steps", steps->done);
	return output;
}

void og_think_refusal(struct og_thinking *t, const json_t *reply)
{
	json_decref(t->refused);
	t->refused = json_incref((json_t *)(uintptr_t)reply);
}

/* --- running ------------------------------------------------------------------------ */

/* A run of one call: which steps, and what they came to. */
struct pass {
	const json_t *doc;
	const char *name, *hash, *only; /* only NULL: all that are left */
	json_t *slots;
	struct og_steps steps;
};

static int in_list(const json_t *list, const char *word)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(item), word) == 0)
			return 1;
	}
	return 0;
}

/* From its first step on the task is this skill's. */
static void begin_skill(struct og_job *job, const struct pass *pass)
{
	if (job->doc)
		return;
	job->doc = json_incref((json_t *)(uintptr_t)pass->doc);
	job->slots = json_incref(pass->slots);
	og_text_format(job->name, sizeof(job->name), "%s", pass->name);
	og_text_format(job->hash, sizeof(job->hash), "%s", pass->hash);
	og_text_format(job->report->skill, sizeof(job->report->skill), "%s", pass->name);
	json_object_set_new(job->result, "skill", json_string(pass->name));
}

static int step_done(struct og_thinking *t, struct pass *pass, const char *name,
		     const json_t *reply)
{
	int64_t affected = og_json_int(reply, "affected", 0);
	struct og_err ignored = OG_ERR_INIT;
	json_t *done = json_pack("{s:s}", "step", name);

	begin_skill(t->job, pass);
	og_think_refusal(t, NULL);
	json_array_append_new(t->ran, json_string(name));
	og_result_step(t->job->result, name, "done", affected, og_json_int(reply, "seq", 0), NULL,
		       &ignored);
	og_result_rows(t->job->result, json_object_get(reply, "rows"), &ignored);
	if (affected > 0)
		json_object_set_new(done, "affected", json_integer(affected));
	og_entry_note(t, reply, done);
	json_array_append_new(pass->steps.done, done);
	return og_steps_take(t, &pass->steps, reply);
}

/* Why a step did not run, and what that leaves. */
static json_t *step_refused(struct og_thinking *t, struct pass *pass, const char *name,
			    const json_t *reply)
{
	const char *why = og_json_str(reply, "why");
	struct og_err ignored = OG_ERR_INIT;
	json_t *error = og_tool_refused(reply, name);

	og_think_refusal(t, reply);
	og_result_step(t->job->result, name, "failed", -1, 0, why ? why : "refused", &ignored);
	take_citations(t, &pass->steps, reply);
	if (json_array_size(pass->steps.citations) > 0)
		json_object_set_new(
			error, "untrusted_data",
			json_pack("{s:o}", "passages", og_show_passages(t, pass->steps.citations)));
	if (json_array_size(t->ran) > 0)
		json_object_set(error, "steps_done", t->ran);
	return error;
}

static enum og_turn ask_step(struct og_thinking *t, const struct pass *pass, const json_t *step,
			     json_t **ret)
{
	json_t *slots = json_array_size(t->ran) == 0 ? pass->slots : NULL;
	json_t *request =
		json_pack("{s:s,s:s,s:s,s:O*}", "skill", pass->name, "hash", pass->hash, "step",
			  og_json_str(step, "name"), "slots", json_is_object(slots) ? slots : NULL);

	return og_step_calls(step) ? og_job_effect(t->job, request, ret)
				   : og_job_ask(t->job, "step.run", request, ret);
}

/* *ret_error: the step was refused. */
static enum og_turn run_one(struct og_thinking *t, struct pass *pass, const json_t *step,
			    json_t **ret_error)
{
	const char *name = og_json_str(step, "name");
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL;
	enum og_turn turn = ask_step(t, pass, step, &reply);

	if (turn == OG_TURN_OK && step_done(t, pass, name, reply) < 0) {
		og_job_broken(t->job, "out of memory");
		turn = OG_TURN_BROKEN;
	} else if (turn == OG_TURN_REFUSED) {
		*ret_error = step_refused(t, pass, name, reply);
		turn = OG_TURN_OK;
	} else if (turn == OG_TURN_DOUBT) {
		begin_skill(t->job, pass);
		og_result_step(t->job->result, name, "failed", -1, 0, t->job->doubt, &ignored);
	}
	json_decref(reply);
	return turn;
}

static enum og_turn run_pass(struct og_thinking *t, struct pass *pass, struct og_acted *ret)
{
	enum og_turn turn = OG_TURN_OK;
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(pass->doc, "steps"), i, step)
	{
		const char *name = og_json_str(step, "name");
		int wanted = pass->only ? strcmp(pass->only, name) == 0 : !in_list(t->ran, name);

		if (wanted && turn == OG_TURN_OK && !ret->error)
			turn = run_one(t, pass, step, &ret->error);
	}
	return turn;
}

json_t *og_steps_left(const struct og_thinking *t)
{
	json_t *left = json_array(), *step;
	size_t i;

	json_array_foreach(json_object_get(t->job->doc, "steps"), i, step)
	{
		const char *name = og_json_str(step, "name");

		if (name && !in_list(t->ran, name))
			json_array_append_new(left, json_string(name));
	}
	return left;
}

/* NULL: this may be run. */
static json_t *refuse_pass(const struct og_thinking *t, const struct pass *pass)
{
	const json_t *steps = json_object_get(pass->doc, "steps"), *step;
	int known = pass->only == NULL;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		known |= pass->only && strcmp(pass->only, og_json_str(step, "name")) == 0;
	}
	if (json_array_size(steps) == 0)
		return og_tool_error("no-steps", "read it, and use other tools",
				     "skill '%s' has no steps", pass->name);
	if (pass->only && in_list(t->ran, pass->only))
		return og_tool_error("step-done", "go on with the next one", "step '%s' is done",
				     pass->only);
	return known ? NULL
		     : og_tool_error("no-step", "get_skill names its steps",
				     "skill '%s' has no step '%s'", pass->name, pass->only);
}

static json_t *show_pass(struct og_thinking *t, const struct pass *pass)
{
	json_t *output = og_steps_show(t, &pass->steps);

	json_object_set_new(output, "steps_left", og_steps_left(t));
	return output;
}

enum og_turn og_tool_run_step(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	struct pass pass = { .name = og_json_str(args, "skill"),
			     .only = og_json_str(args, "step"),
			     .slots = json_object_get(args, "slots") };
	const json_t *found = NULL;
	enum og_turn turn;

	if (t->job->doc && strcmp(t->job->name, pass.name) != 0) {
		ret->error = og_tool_error("other-skill",
					   "finish this task first; another wish is another task",
					   "the task runs skill '%s'", t->job->name);
		return OG_TURN_OK;
	}
	turn = og_skill_doc(t, pass.name, &found, &ret->error);
	if (turn != OG_TURN_OK || !found)
		return turn;
	pass.doc = json_object_get(found, "skill");
	pass.hash = og_json_str(found, "hash");
	if (!pass.hash)
		pass.hash = "";
	ret->error = refuse_pass(t, &pass);
	if (ret->error)
		return OG_TURN_OK;
	if (og_steps_init(&pass.steps) == 0)
		turn = run_pass(t, &pass, ret);
	if (turn == OG_TURN_OK && !ret->error)
		ret->output = show_pass(t, &pass);
	og_steps_release(&pass.steps);
	return turn;
}
