/*
 * The skill planner: finds the skill that a sentence means, and executes
 * its steps in their order. It adds no judgement of its own: the same
 * command on the same data does the same.
 */
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

#define SKILLS_KEPT 64

/* The reply's text of the skill, or the one that is known: a version cannot
 * change. Whether the principal may have it, the shield says every time. */
static void take_skill(struct og_job *job, const json_t *reply, json_t *known)
{
	json_t *doc = json_object_get(reply, "skill"), *kept = job->means->skills;
	const char *hash = og_json_str(reply, "hash");

	job->doc = json_incref(doc ? doc : known);
	og_text_format(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
	if (!kept || !doc || !hash || job->records)
		return;
	if (json_object_size(kept) >= SKILLS_KEPT)
		json_object_clear(kept);
	json_object_set(kept, hash, doc);
}

static enum og_turn get_skill(struct og_job *job)
{
	/* On record is what was asked, and that must not depend on what else
	 * this worker did before. */
	json_t *known =
		job->records ? NULL : json_incref(json_object_get(job->means->skills, job->hash));
	json_t *request = json_pack("{s:s,s:s*,s:b}", "skill", job->name, "hash",
				    job->hash[0] ? job->hash : NULL, "text", known == NULL);
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(job, "skill.get", request, &reply);

	if (turn == OG_TURN_OK) {
		take_skill(job, reply, known);
		json_object_set_new(job->result, "skill", json_string(job->name));
		og_text_format(job->report->skill, sizeof(job->report->skill), "%s", job->name);
		if (json_array_size(json_object_get(job->doc, "steps")) == 0)
			og_job_end(job, OG_TASK_DENIED,
				   "no_steps: skill '%s' is for a model to read; it has no steps",
				   job->name);
	} else if (turn == OG_TURN_REFUSED) {
		og_job_refused(job, OG_TASK_DENIED, reply);
	}
	json_decref(reply);
	json_decref(known);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

static void add_citations(struct og_job *job, const json_t *reply)
{
	json_t *have = json_object_get(job->result, "citations"), *item, *known;
	size_t i, k;

	json_array_foreach(json_object_get(reply, "citations"), i, item)
	{
		int there = 0;

		json_array_foreach(have, k, known) there |= json_equal(known, item);
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
	og_job_trace(job, "step", "%s%s", name,
		     og_json_bool(reply, "replayed", 0) ? " (recorded)" : "");
}

/* Too late is no judgement about the wish. */
static enum og_task_state end_of_refusal(const json_t *reply)
{
	const char *verdict = og_json_str(reply, "verdict"), *rule = og_json_str(reply, "rule");

	if (rule && strcmp(rule, "deadline") == 0)
		return OG_TASK_FAILED;
	return verdict && strcmp(verdict, "deny") == 0 ? OG_TASK_DENIED : OG_TASK_FAILED;
}

/* Cancelled, by the rule or meanwhile; else as the refusal says. */
static void end_by(struct og_job *job, const json_t *reply)
{
	const char *rule = og_json_str(reply, "rule"), *state = og_json_str(job->begun, "state");

	if ((rule && strcmp(rule, "cancelled") == 0) || (state && strcmp(state, "cancelled") == 0))
		og_job_end(job, OG_TASK_CANCELLED, OG_CANCELLED);
	else
		og_job_refused(job, end_of_refusal(reply), reply);
}

void og_job_refused_call(struct og_job *job, const json_t *reply)
{
	end_by(job, reply);
	og_job_trace(job, "refused", "%s", job->reason);
}

static void refuse_step(struct og_job *job, const char *name, const json_t *reply)
{
	const char *fix = og_json_str(reply, "fix");
	struct og_err ignored = OG_ERR_INIT;

	end_by(job, reply);
	og_result_step(job->result, name, "failed", -1, 0, job->reason, &ignored);
	add_citations(job, reply);
	og_job_trace(job, "refused", "step %s: %s%s%s", name, job->reason, fix && *fix ? "; " : "",
		     fix ? fix : "");
}

/* What was called and what came of it, for the breaker. */
static void digest_of(const struct og_job *job, const char *step, const json_t *reply,
		      struct og_hash *ret)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	og_buf_addf(&text, "%s/%s ", job->name, step);
	if (json_object_get(reply, "rows"))
		og_json_canon(json_object_get(reply, "rows"), &text, &ignored);
	og_sha256(text.data, text.len, ret);
	og_buf_release(&text);
}

static const char *first_sql(const json_t *step)
{
	const char *text = og_json_str(json_array_get(json_object_get(step, "blocks"), 0), "text");

	return text ? text : "";
}

/* A pass over the skill's steps, and where it is. */
struct pass {
	size_t earlier; /* steps that were done before this worker had the task */
	int round;	/* 0 is the first */
};

/* A step that ran: into the result, once, and past the breaker. */
static int after_step(struct og_job *job, const struct pass *pass, const json_t *step,
		      const json_t *reply)
{
	const char *name = og_json_str(step, "name");
	struct og_hash what;
	enum og_trip trip;

	if (pass->round == 0)
		take_step(job, name, reply);
	else
		og_job_trace(job, "step", "%s, again", name);
	digest_of(job, name, reply, &what);
	trip = og_budget_call(&job->budget, &what);
	if (trip != OG_TRIP_NONE)
		og_job_interrupt(job, trip, name, first_sql(step));
	return trip == OG_TRIP_NONE;
}

/* How a step went, for the pass: the task ends here (job->end says how), or
 * goes on; or this worker cannot go on; or nobody knows. */
enum { BROKEN = -1, ENDS = 0, GOES_ON = 1, IN_DOUBT = -2 };

static int doubt_step(struct og_job *job, const char *name)
{
	struct og_err ignored = OG_ERR_INIT;

	og_result_step(job->result, name, "failed", -1, 0, job->doubt, &ignored);
	return IN_DOUBT;
}

static int run_step(struct og_job *job, const struct pass *pass, size_t i)
{
	const json_t *step = json_array_get(json_object_get(job->doc, "steps"), i);
	const char *name = og_json_str(step, "name");
	json_t *request = json_pack("{s:s,s:s,s:s,s:O*}", "skill", job->name, "hash", job->hash,
				    "step", name, "slots", i == 0 ? job->slots : NULL);
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL;
	enum og_turn turn;
	int go = BROKEN;

	turn = og_step_calls(step) ? og_job_effect(job, request, &reply)
				   : og_job_ask(job, "step.run", request, &reply);
	if (turn == OG_TURN_OK) {
		go = after_step(job, pass, step, reply);
	} else if (turn == OG_TURN_REFUSED && i < pass->earlier) {
		/* The sentence reads differently today, so its record is not
		 * ours to see again; but it is done. */
		go = og_result_step(job->result, name, "done", -1, 0, NULL, &ignored) == 0;
	} else if (turn == OG_TURN_REFUSED) {
		refuse_step(job, name, reply);
		go = ENDS;
	} else if (turn == OG_TURN_DOUBT) {
		go = doubt_step(job, name);
	}
	json_decref(reply);
	return go;
}

static int run_steps(struct og_job *job, const struct pass *pass)
{
	size_t n = json_array_size(json_object_get(job->doc, "steps"));
	int go = 1;

	for (size_t i = 0; go > 0 && i < n; i++) {
		go = run_step(job, pass, i);
		if ((go == ENDS || go == IN_DOUBT) && pass->round == 0)
			og_job_skip_rest(job, i + 1);
	}
	return go;
}

/* Does the skill lead to itself? Others that it leads to are offered: a
 * task runs one skill, in the version it began with. */
static int follow_edges(struct og_job *job, json_t *actions)
{
	json_t *next;
	size_t i;
	int itself = 0;

	json_array_foreach(json_object_get(job->doc, "next"), i, next)
	{
		const char *name = json_string_value(next);

		if (name && strcmp(name, job->name) == 0)
			itself = 1;
		else if (name)
			json_array_append_new(actions,
					      json_pack("{s:s,s:s+,s:s}", "name", name, "title",
							"Go on with ", name, "skill", name));
	}
	return itself;
}

/* The answer says whom it took for whom, and what it does not speak of. */
static void own_up(struct og_job *job)
{
	const char *answer = og_json_str(job->result, "answer"), *slot;
	const char *left = og_json_str(job->left, "said");
	struct og_buf text;
	json_t *one;

	if (json_object_size(job->corrected) == 0 && !left)
		return;
	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	og_buf_adds(&text, answer ? answer : "");
	json_object_foreach(job->corrected, slot, one)
		og_buf_addf(&text, "%sI took '%s' for '%s'.", text.len ? " " : "",
			    og_json_str(one, "said"), og_json_str(one, "took"));
	if (left)
		og_buf_addf(&text, "%s'%s' was left out: this is how it stands now.",
			    text.len ? " " : "", left);
	if (!text.failed)
		json_object_set_new(job->result, "answer", json_stringn(text.data, text.len));
	og_buf_release(&text);
}

static enum og_turn execute(struct og_job *job)
{
	struct pass pass = { og_job_steps_done(job), 0 };
	json_t *actions = json_array();
	int itself = follow_edges(job, actions), go;

	/* A skill that leads to itself goes round until the breaker trips. */
	for (go = run_steps(job, &pass); go > 0 && itself; go = run_steps(job, &pass))
		pass.round++;
	if (go > 0) {
		og_job_end(job, OG_TASK_DONE, "%s", "");
		own_up(job);
		json_object_set(job->result, "actions", actions);
	}
	json_decref(actions);
	return go == IN_DOUBT ? OG_TURN_DOUBT : go < 0 ? OG_TURN_BROKEN : OG_TURN_OK;
}

static enum og_turn run(struct og_job *job)
{
	const json_t *action = json_object_get(job->begun, "action");
	enum og_turn turn;

	job->reason[0] = '\0';
	if (json_object_get(action, "propose"))
		return og_job_propose(job, action);
	turn = og_job_plan(job);
	if (turn == OG_TURN_OK && !job->reason[0])
		turn = get_skill(job);
	if (turn == OG_TURN_OK && !job->reason[0])
		turn = og_job_ask_params(job);
	if (turn == OG_TURN_OK && !job->reason[0])
		turn = execute(job);
	return turn;
}

const struct og_planner og_planner_skill = {
	.name = "skill",
	.agent = "og-worker/skill",
	.run = run,
};

const struct og_planner og_planner_fallback = {
	.name = "skill",
	.agent = "og-worker/skill-fallback",
	.run = run,
};
