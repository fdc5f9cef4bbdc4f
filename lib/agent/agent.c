/* See agent.h: begin, plan, take back if need be, finish. */
#include "lib/agent/agent.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

#define ENVELOPE_MAX ((size_t)256 << 10)

void og_job_end(struct og_job *job, enum og_task_state end, const char *fmt, ...)
{
	va_list args;

	job->end = end;
	va_start(args, fmt);
	og_text_vformat(job->reason, sizeof(job->reason), fmt, args);
	va_end(args);
}

void og_job_refused(struct og_job *job, enum og_task_state end, const json_t *reply)
{
	const char *why = og_json_str(reply, "why"), *fix = og_json_str(reply, "fix");

	og_job_end(job, end, "%s", why && *why ? why : "refused");
	json_object_set_new(job->result, "refusal",
			    json_pack("{s:s*,s:s,s:s*}", "rule", og_json_str(reply, "rule"), "why",
				      job->reason, "fix", fix && *fix ? fix : NULL));
}

void og_job_trace(struct og_job *job, const char *action, const char *fmt, ...)
{
	struct og_err ignored = OG_ERR_INIT;
	char details[512];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(details, sizeof(details), fmt, args);
	va_end(args);
	og_result_trace(job->result, og_job_time(job), job->planner->agent, action, details,
			&ignored);
}

/* What was read fills the result; how it ended must be known all the same. */
static void leave_rows_out(struct og_job *job)
{
	json_object_clear(json_object_get(job->result, "data"));
	json_object_set_new(job->result, "next",
			    json_string("The rows were too many for a result; ask for fewer."));
}

static int too_large(const struct og_job *job)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;
	int large;

	og_buf_init(&text, OG_RESULT_MAX);
	large = og_json_dump(job->result, &text, &ignored) < 0 || text.failed;
	og_buf_release(&text);
	return large;
}

static void conclude(struct og_job *job)
{
	struct og_agent_report *report = job->report;

	og_result_state(job->result, job->end, job->reason);
	og_text_format(report->state, sizeof(report->state), "%s", og_state_name(job->end));
	og_text_format(report->why, sizeof(report->why), "%s", job->reason);
	if (too_large(job))
		leave_rows_out(job);
}

/* Hands the result over; the shield checks whether it may end so. */
static void finish(struct og_job *job)
{
	struct og_agent_report *report = job->report;
	json_t *reply = NULL;
	enum og_turn turn;

	turn = og_job_must(job, "task.finish",
			   json_pack("{s:s,s:s,s:O}", "state", og_state_name(job->end), "reason",
				     job->reason, "result", job->result),
			   &reply);
	if (turn == OG_TURN_OK)
		report->outcome = OG_OUTCOME_ACK;
	else if (turn == OG_TURN_REFUSED)
		og_job_outcome(job, OG_OUTCOME_RETRY,
			       og_json_str(reply, "why") ? og_json_str(reply, "why")
							 : "finish refused");
	json_decref(reply);
}

/* An approval that did its work and came again, as after a death between
 * the deed and the ack: the shield notes that it counts once, and nobody
 * has to look after it. */
static int used_up(const json_t *reply)
{
	const char *rule = og_json_str(reply, "rule");

	return rule && strcmp(rule, "used") == 0;
}

/* A shield in trouble is no judgement about the envelope. */
static void not_begun(struct og_job *job)
{
	const char *why = og_json_str(job->begun, "why");
	int64_t code = og_json_int(job->begun, "code", OG_NO);

	if (og_said_wait(job->begun)) {
		og_job_waits(job, job->begun, why);
	} else if (used_up(job->begun)) {
		og_job_outcome(job, OG_OUTCOME_ACK, why ? why : "");
		og_text_format(job->report->state, sizeof(job->report->state), "applied");
	} else if (!og_job_in_trouble(job, job->begun))
		og_job_outcome(job, code == OG_EBUG ? OG_OUTCOME_RETRY : OG_OUTCOME_DEAD,
			       why ? why : "refused");
}

/* What was said concerns a task that waits: it is to be delivered again. */
static int note_resume(struct og_job *job)
{
	struct og_agent_report *report = job->report;
	const json_t *resume = json_object_get(job->begun, "resume");
	const char *id = og_json_str(resume, "id"), *revive = og_json_str(job->begun, "revive");

	if (revive && og_uuid_valid(revive))
		og_text_format(report->revive_id, sizeof(report->revive_id), "%s", revive);
	if (!id)
		return 0;
	report->resume = json_dumps(resume, JSON_COMPACT);
	og_text_format(report->resume_id, sizeof(report->resume_id), "%s", id);
	if (report->resume)
		return 0;
	og_job_outcome(job, OG_OUTCOME_RETRY, "out of memory");
	return -1;
}

/* Is it over with the answer to task.begin? The report says how. */
static int all_said(struct og_job *job, const char *state)
{
	struct og_agent_report *report = job->report;
	const char *why = og_json_str(json_object_get(job->begun, "waits"), "why");

	if (state && strcmp(state, og_state_name(OG_TASK_WAITING)) == 0) {
		og_job_waits(job, job->begun, why);
		return 1;
	}
	if (state && !og_json_bool(job->begun, "applied", 0) &&
	    !og_json_str(job->begun, "same_as") && !json_object_get(job->begun, "result"))
		return 0;
	og_text_format(report->state, sizeof(report->state), "%s", state ? state : "applied");
	return 1;
}

/* A word about a task that the shield has taken, or had taken before: what
 * was said, by whom, of which task. */
static void note_word(struct og_job *job, const json_t *envelope)
{
	struct og_agent_report *report = job->report;
	const char *kind = og_json_str(envelope, "kind"), *state = og_json_str(envelope, "state");
	const char *by = og_json_str(envelope, "principal"), *task = og_json_str(envelope, "task");

	if (!og_json_bool(job->begun, "applied", 0) && !used_up(job->begun))
		return;
	og_text_format(report->said, sizeof(report->said), "%s%s%s", kind ? kind : "",
		       state ? " " : "", state ? state : "");
	if (kind && state && strcmp(kind, "approve") == 0)
		og_text_format(report->said, sizeof(report->said), "%s", state);
	og_text_format(report->principal, sizeof(report->principal), "%s", by ? by : "");
	if (task && og_uuid_valid(task))
		og_text_format(report->task, sizeof(report->task), "%s", task);
}

/* 1: there is work; 0: the report says what to do. */
static int begin(struct og_job *job, const json_t *envelope)
{
	struct og_agent_report *report = job->report;
	struct og_err err = OG_ERR_INIT;
	const char *state, *id;

	/* Until the shield has spoken, for whoever reads the log. */
	id = og_json_str(envelope, "id");
	if (id && og_uuid_valid(id))
		og_text_format(report->task, sizeof(report->task), "%s", id);
	if (og_job_call(job, "task.begin",
			json_pack("{s:O,s:s}", "envelope", envelope, "agent", job->planner->agent),
			&job->begun, &err) < 0) {
		og_job_outcome(job, OG_OUTCOME_RETRY, err.msg);
		return 0;
	}
	note_word(job, envelope);
	if (!og_json_bool(job->begun, "ok", 0)) {
		not_begun(job);
		return 0;
	}
	id = og_json_str(job->begun, "task");
	state = og_json_str(job->begun, "state");
	if (id)
		og_text_format(report->task, sizeof(report->task), "%s", id);
	if (!report->said[0])
		og_text_format(report->principal, sizeof(report->principal), "%s",
			       og_json_str(job->begun, "principal")
				       ? og_json_str(job->begun, "principal")
				       : "");
	report->skew_ms = og_json_int(job->begun, "skew_ms", 0);
	report->outcome = OG_OUTCOME_ACK;
	if (note_resume(job) < 0 || all_said(job, state) || !id)
		return 0;
	job->task = id;
	job->epoch = og_json_int(job->begun, "epoch", 0);
	return 1;
}

enum og_turn og_job_begin_again(struct og_job *job)
{
	struct og_err err = OG_ERR_INIT;
	json_t *begun = NULL;
	const char *id;

	if (og_job_call(
		    job, "task.begin",
		    json_pack("{s:O,s:s}", "envelope", job->envelope, "agent", job->planner->agent),
		    &begun, &err) < 0) {
		og_job_broken(job, err.msg);
		return OG_TURN_BROKEN;
	}
	id = og_json_str(begun, "task");
	if (!og_json_bool(begun, "ok", 0) || !id || json_object_get(begun, "result")) {
		og_job_broken(job, "the task could not be begun again");
		json_decref(begun);
		return OG_TURN_BROKEN;
	}
	job->epoch = og_json_int(begun, "epoch", 0);
	if (og_records_rebase(job, begun) == 0)
		return OG_TURN_OK;
	og_job_broken(job, "out of memory");
	return OG_TURN_BROKEN;
}

static int phase_is_undo(const struct og_job *job)
{
	const char *phase = og_json_str(job->begun, "phase");

	return phase && strcmp(phase, "undo") == 0;
}

/* After a crash in the middle of taking back: how the task was to end is
 * in the reason the shield kept with the first undo. */
static void resume_end(struct og_job *job)
{
	const char *reason = og_json_str(job->begun, "reason");

	if (!reason)
		reason = "";
	og_job_end(job,
		   strncmp(reason, "SYSTEM_INTERRUPT", 16) == 0 ? OG_TASK_INTERRUPTED
		   : strncmp(reason, "deadline: ", 10) == 0	? OG_TASK_FAILED
								: OG_TASK_DENIED,
		   "%s", reason);
}

int og_job_given_end(struct og_job *job)
{
	const char *state = og_json_str(job->begun, "state");

	if (state && strcmp(state, "cancelled") == 0)
		og_job_end(job, OG_TASK_CANCELLED, OG_CANCELLED);
	else if (phase_is_undo(job))
		resume_end(job);
	else
		return 0;
	return 1;
}

/* Forward, or how it ends without that; a planner with records looks for
 * itself, for it has to know how far it was. */
static enum og_turn go_forward(struct og_job *job)
{
	if (job->planner == &og_planner_skill && og_job_given_end(job))
		return OG_TURN_OK;
	return job->planner->run(job);
}

/* Whatever becomes of the task, first it has to be known what came of a
 * call that was made; in a rerun it is. To a model a call that was refused is
 * an answer. */
static enum og_turn work(struct og_job *job)
{
	json_t *refusal = NULL;
	enum og_turn turn = job->records ? OG_TURN_OK : og_job_effect_resume(job, &refusal);

	if (turn == OG_TURN_OK || (turn == OG_TURN_REFUSED && job->planner == &og_planner_model))
		turn = go_forward(job);
	else if (turn == OG_TURN_REFUSED)
		og_job_refused_call(job, refusal);
	if (turn != OG_TURN_BROKEN && turn != OG_TURN_DOUBT && job->end != OG_TASK_DONE)
		turn = og_job_compensate(job);
	json_decref(refusal);
	if (turn != OG_TURN_DOUBT)
		return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
	og_job_doubt(job);
	return og_job_note_steps(job);
}

static int prepare_result(struct og_job *job)
{
	const json_t *action = json_object_get(job->begun, "action");
	const char *text = og_json_str(job->begun, "text");

	if (!text)
		text = og_json_str(action, "skill");
	if (!text)
		text = og_json_str(action, "name");
	job->result = og_result_new(job->task, og_json_str(job->begun, "principal"), text);
	if (!job->result)
		return -1;
	json_object_set(job->result, "submitted", json_object_get(job->begun, "submitted"));
	json_object_set_new(job->result, "planner", json_string(job->planner->name));
	og_job_tell_result(job);
	if (job->report->skew_ms && job->planner == &og_planner_skill)
		og_job_trace(job, "clock", "submitted %.1f s in the future: two clocks disagree",
			     (double)job->report->skew_ms / 1000);
	return 0;
}

enum og_turn og_job_carry_out(struct og_job *job)
{
	enum og_turn turn;

	if (prepare_result(job) < 0) {
		og_job_outcome(job, OG_OUTCOME_RETRY, "out of memory");
		return OG_TURN_BROKEN;
	}
	turn = work(job);
	if (turn == OG_TURN_OK)
		conclude(job);
	return turn;
}

static void do_it(struct og_job *job, const json_t *envelope)
{
	og_job_tell_begun(job, envelope);
	if (og_job_carry_out(job) == OG_TURN_OK)
		finish(job);
}

/* Why no model would be asked as things are; NULL when one would be. */
static const char *not_asked(struct og_job *job)
{
	if (job->planner == &og_planner_skill)
		return "it names a skill or proposes one: no model is asked";
	if (json_object_get(job->begun, "effect"))
		return "a call to a service is under way, and what came of it comes first";
	return og_job_given_end(job) ? job->reason : NULL;
}

/* A dry run: up to what the model would be asked next. Nothing is taken up
 * that a worker before us left half done, and nothing ends. */
static void look(struct og_job *job, const json_t *envelope)
{
	const char *kind = og_json_str(envelope, "kind"), *why;
	struct og_agent_report *report = job->report;

	if (kind && strcmp(kind, "task") != 0) {
		og_job_outcome(job, OG_OUTCOME_DRY, "it is a word about a task, and no task");
		return;
	}
	if (!begin(job, envelope)) {
		report->outcome = OG_OUTCOME_DRY;
		return;
	}
	why = not_asked(job);
	if (!why && prepare_result(job) < 0)
		why = "out of memory";
	if (!why && job->planner->run(job) != OG_TURN_BROKEN)
		why = job->reason;
	if (why)
		og_job_outcome(job, OG_OUTCOME_DRY, why);
	report->outcome = OG_OUTCOME_DRY;
}

/* An action names a skill and its values: there is nothing to reason about. */
static const struct og_planner *choose_planner(const struct og_agent_means *means,
					       const json_t *envelope)
{
	return means->reasoning && !json_object_get(envelope, "action") ? &og_planner_model
									: &og_planner_skill;
}

void og_agent_report_release(struct og_agent_report *report)
{
	free(report->resume);
	json_decref(report->dry);
	report->resume = NULL;
	report->dry = NULL;
}

void og_agent_run(const struct og_agent_means *means, const char *envelope, size_t len,
		  struct og_agent_report *ret)
{
	struct og_job job = { .means = means,
			      .channel = means->channel,
			      .telemetry = means->telemetry,
			      .report = ret,
			      .end = OG_TASK_FAILED };
	struct og_err err = OG_ERR_INIT;
	json_t *parsed = NULL;

	memset(ret, 0, sizeof(*ret));
	og_budget_init(&job.budget, means->limits);
	if (og_json_parse(envelope, len, ENVELOPE_MAX, "envelope", &parsed, &err) < 0)
		og_job_outcome(&job, OG_OUTCOME_DEAD, err.msg);
	job.planner = choose_planner(means, parsed);
	job.envelope = parsed;
	og_job_tell_begin(&job, parsed);
	if (parsed && means->dry)
		look(&job, parsed);
	else if (parsed && begin(&job, parsed))
		do_it(&job, parsed);
	og_job_tell_end(&job);
	og_records_free(job.records);
	json_decref(parsed);
	json_decref(job.begun);
	json_decref(job.result);
	json_decref(job.doc);
	json_decref(job.slots);
	json_decref(job.corrected);
	json_decref(job.left);
}
