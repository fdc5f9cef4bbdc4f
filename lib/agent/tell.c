/*
 * What the agent tells of a delivery: one span around it, one per request
 * to the shield, one for finding the plan. Nothing here decides anything,
 * and with telemetry off nothing is done but to pass a trace on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/text.h"
#include "lib/task/envelope.h"

static const char *traceparent_of(const json_t *envelope, char own[OG_CONTEXT_LEN + 1])
{
	const char *trace = og_json_str(envelope, "trace"), *id = og_json_str(envelope, "id");

	if (trace && og_trace_valid(trace))
		return trace;
	if (!id || !og_uuid_valid(id))
		return NULL;
	og_trace_of_task(id, own);
	return own;
}

void og_job_tell_begin(struct og_job *job, const json_t *envelope)
{
	const char *trace = og_json_str(envelope, "trace");
	char own[OG_CONTEXT_LEN + 1];

	job->trace = trace && og_trace_valid(trace) ? trace : NULL;
	og_span_begin(&job->span, job->telemetry, OG_CONSUMER, OG_SPAN_WORKFLOW,
		      job->telemetry ? traceparent_of(envelope, own) : NULL);
	job->trace = og_span_context(&job->span, job->trace);
	og_text_format(job->report->trace, sizeof(job->report->trace), "%s",
		       job->trace ? job->trace : "");
}

/* How long it waited to be claimed: told by whoever claims it first. */
static void tell_queue(struct og_job *job, const json_t *envelope)
{
	const char *submitted = og_json_str(job->begun, "submitted");
	const char *not_before = og_json_str(envelope, "not_before");
	char parent[OG_CONTEXT_LEN + 1];
	struct og_span span;
	int64_t from, due = 0;

	if (job->epoch != 1 || !submitted || og_time_parse(submitted, &from) < 0)
		return;
	if (not_before && og_time_parse(not_before, &due) == 0 && due > from)
		from = due;
	/* Beside our own span; below it when that is the root. */
	og_text_format(parent, sizeof(parent), "%s", job->span.context);
	if (job->span.parent[0])
		memcpy(parent + 36, job->span.parent, 16);
	og_span_begin(&span, job->telemetry, OG_INTERNAL, OG_SPAN_QUEUE, parent);
	og_span_since(&span, from);
	og_span_str(&span, OG_ATTR_TASK, job->task);
	og_measure(job->telemetry, OG_METRIC_QUEUE_WAIT, (double)og_span_us(&span) / 1e6, NULL, 0);
	og_span_end(&span);
}

void og_job_tell_begun(struct og_job *job, const json_t *envelope)
{
	if (!job->span.to)
		return;
	tell_queue(job, envelope);
	og_span_int(&job->span, OG_ATTR_EPOCH, job->epoch);
	og_span_content(&job->span, OG_ATTR_TEXT, og_json_str(job->begun, "text"));
	og_span_content(&job->span, OG_ATTR_PRINCIPAL, og_json_str(job->begun, "principal"));
	if (job->epoch > 1)
		og_span_event(&job->span, OG_EVENT_RESUME, NULL, NULL);
}

void og_job_tell_result(struct og_job *job)
{
	if (job->trace)
		json_object_set_new(job->result, "trace_id", json_stringn(job->trace + 3, 32));
}

const char *og_outcome_name(enum og_outcome outcome)
{
	static const char *const names[] = {
		[OG_OUTCOME_ACK] = "ack",	  [OG_OUTCOME_DEAD] = "dead",
		[OG_OUTCOME_LOST] = "lost",	  [OG_OUTCOME_RETRY] = "retry",
		[OG_OUTCOME_TROUBLE] = "trouble", [OG_OUTCOME_WAITING] = "waiting",
		[OG_OUTCOME_DRY] = "dry",
	};

	return names[outcome];
}

static void tell_status(struct og_job *job)
{
	const struct og_agent_report *report = job->report;
	const char *outcome = og_outcome_name(report->outcome);
	int state = og_state_parse(report->state);

	if (report->outcome == OG_OUTCOME_WAITING) {
		og_span_event(&job->span, OG_EVENT_WAIT, NULL, NULL);
	} else if (report->outcome != OG_OUTCOME_ACK) {
		og_span_event(&job->span, OG_EVENT_RETRY, OG_ATTR_OUTCOME, outcome);
		og_span_status(&job->span, OG_SPAN_ERROR, outcome, report->why);
	} else if (state >= 0 && state != OG_TASK_DONE &&
		   og_state_final((enum og_task_state)state)) {
		og_span_status(&job->span, OG_SPAN_ERROR, report->state, report->why);
	} else {
		og_span_status(&job->span, OG_SPAN_OK, NULL, NULL);
	}
}

void og_job_tell_end(struct og_job *job)
{
	const struct og_agent_report *report = job->report;
	const char *skill = report->skill[0] ? report->skill : og_json_str(job->begun, "skill");

	if (!job->span.to)
		return;
	if (skill)
		og_span_subject(&job->span, skill);
	og_span_str(&job->span, OG_ATTR_OPERATION, OG_SPAN_WORKFLOW);
	og_span_str(&job->span, OG_ATTR_WORKFLOW, skill);
	og_span_str(&job->span, OG_ATTR_TASK, report->task[0] ? report->task : NULL);
	og_span_str(&job->span, OG_ATTR_STATE, report->state[0] ? report->state : NULL);
	og_span_str(&job->span, OG_ATTR_OUTCOME, og_outcome_name(report->outcome));
	tell_status(job);
	og_span_end(&job->span);
}

enum og_turn og_job_plan(struct og_job *job)
{
	const char *before = job->trace;
	struct og_span span;
	enum og_turn turn;

	og_span_begin(&span, job->telemetry, OG_INTERNAL, OG_SPAN_PLAN, before);
	job->trace = og_span_context(&span, before);
	turn = og_job_understand(job);
	job->trace = before;
	og_span_bool(&span, OG_ATTR_DENIED, job->reason[0] != '\0');
	og_span_end(&span);
	return turn;
}

/* What came of a request. */
static void tell_reply(struct og_span *span, const json_t *reply)
{
	const char *verdict = og_json_str(reply, "verdict"), *rule = og_json_str(reply, "rule");
	const char *step = og_json_str(reply, "undone");

	if (!step)
		step = og_json_str(reply, "step");
	if (step && span->to && !span->subject[0]) {
		og_span_subject(span, step);
		og_span_str(span, OG_ATTR_STEP, step);
	}
	if (og_json_bool(reply, "replayed", 0))
		og_span_bool(span, OG_ATTR_REPLAYED, 1);
	if (og_json_bool(reply, "ok", 0))
		return;
	og_span_str(span, OG_ATTR_VERDICT, verdict ? verdict : "error");
	og_span_str(span, OG_ATTR_RULE, rule);
	og_span_status(span,
		       verdict && strcmp(verdict, "wait") == 0 ? OG_SPAN_UNSET : OG_SPAN_ERROR,
		       rule, og_json_str(reply, "why"));
}

int og_job_call(struct og_job *job, const char *verb, json_t *request, json_t **ret,
		struct og_err *err)
{
	const char *step = og_json_str(request, "step"), *trace;
	struct og_span span;
	int rc;

	og_span_begin(&span, job->telemetry, OG_CLIENT, verb, job->trace);
	trace = og_span_context(&span, job->trace);
	if (step && span.to) {
		og_span_subject(&span, step);
		og_span_str(&span, OG_ATTR_STEP, step);
	}
	if (trace && request)
		json_object_set_new(request, "trace", json_string(trace));
	rc = og_channel_call(job->channel, verb, request, ret, err);
	if (rc == 0)
		tell_reply(&span, *ret);
	else
		og_span_status(&span, OG_SPAN_ERROR, "unavailable", err ? err->msg : NULL);
	og_span_end(&span);
	return rc;
}

void og_job_tell_call(struct og_job *job, struct og_span *span, const json_t *send,
		      const char *step)
{
	const char *method = og_json_str(send, "method"), *service = og_json_str(send, "service");
	const char *trace;

	og_span_begin(span, job->telemetry, OG_CLIENT, method ? method : OG_SPAN_HTTP, job->trace);
	trace = og_span_context(span, job->trace);
	if (trace)
		json_object_set_new((json_t *)(uintptr_t)send, "trace", json_string(trace));
	if (!span->to)
		return;
	og_span_subject(span, service ? service : "");
	og_span_str(span, OG_ATTR_METHOD, method);
	og_span_str(span, OG_ATTR_SERVICE_ID, service);
	og_span_str(span, OG_ATTR_STEP, step);
}

/* A status from 400 on is an error of a client, as OpenTelemetry has it;
 * whether the skill expected it is the shield's to say. */
void og_job_tell_called(struct og_span *span, const struct og_call_answer *answer, int64_t attempt)
{
	char status[16];

	if (!span->to)
		return;
	if (answer->host[0]) {
		og_span_str(span, OG_ATTR_HOST, answer->host);
		og_span_int(span, OG_ATTR_PORT, answer->port);
	}
	if (attempt > 1)
		og_span_int(span, OG_ATTR_RESENT, attempt - 1);
	if (answer->outcome != OG_CALL_ANSWERED) {
		og_span_str(span, OG_ATTR_ERROR, og_called_name(answer->outcome));
		og_span_status(span, OG_SPAN_ERROR, og_called_name(answer->outcome), answer->why);
	} else {
		og_span_int(span, OG_ATTR_STATUS, answer->status);
		og_text_format(status, sizeof(status), "%d", answer->status);
		if (answer->status >= 400) {
			og_span_str(span, OG_ATTR_ERROR, status);
			og_span_status(span, OG_SPAN_ERROR, status, NULL);
		}
	}
	og_span_end(span);
}

/* --- a model ------------------------------------------------------------------- */

void og_job_tell_chat(struct og_job *job, struct og_span *span, const struct og_model *model,
		      long max_output)
{
	og_span_begin(span, job->telemetry, OG_CLIENT, OG_SPAN_CHAT, job->trace);
	if (!span->to)
		return;
	og_span_subject(span, model->model);
	og_span_str(span, OG_ATTR_OPERATION, OG_SPAN_CHAT);
	og_span_str(span, OG_ATTR_PROVIDER,
		    model->dialect == OG_MODEL_GEMINI ? "gcp.gemini" : "openai");
	og_span_str(span, OG_ATTR_MODEL, model->model);
	og_span_int(span, OG_ATTR_MAX_OUTPUT, max_output);
}

static void tell_usage(struct og_span *span, const json_t *said)
{
	const json_t *usage = json_object_get(said, "usage");

	og_span_str(span, OG_ATTR_ANSWERED, og_json_str(said, "model"));
	og_span_str(span, OG_ATTR_ANSWER_ID, og_json_str(said, "id"));
	og_span_str(span, OG_ATTR_STOP, og_json_str(said, "stop"));
	if (!json_is_object(usage))
		return;
	og_span_int(span, OG_ATTR_INPUT, og_json_int(usage, "input", 0));
	og_span_int(span, OG_ATTR_CACHED, og_json_int(usage, "cached", 0));
	og_span_int(span, OG_ATTR_OUTPUT, og_json_int(usage, "output", 0));
}

void og_job_tell_said(struct og_span *span, const struct og_call_answer *answer, const json_t *said)
{
	if (!span->to)
		return;
	if (said)
		tell_usage(span, said);
	else if (answer->outcome == OG_CALL_ANSWERED && answer->status == 200)
		og_span_status(span, OG_SPAN_ERROR, "unreadable", NULL);
	og_job_tell_called(span, answer, 1);
}

void og_job_tell_tool(struct og_job *job, struct og_span *span, const char *tool,
		      const json_t *call)
{
	char *arguments;

	og_span_begin(span, job->telemetry, OG_INTERNAL, OG_SPAN_TOOL, job->trace);
	job->trace = og_span_context(span, job->trace);
	if (!span->to)
		return;
	og_span_subject(span, tool);
	og_span_str(span, OG_ATTR_OPERATION, OG_SPAN_TOOL);
	og_span_str(span, OG_ATTR_TOOL, tool);
	og_span_str(span, OG_ATTR_TOOL_TYPE, "function");
	og_span_str(span, OG_ATTR_TOOL_CALL, og_json_str(call, "id"));
	arguments = json_dumps(json_object_get(call, "arguments"), JSON_COMPACT);
	og_span_content(span, OG_ATTR_ARGUMENTS, arguments);
	free(arguments);
}

void og_job_tell_acted(struct og_span *span, const json_t *result)
{
	const json_t *error = json_object_get(result, "error");

	if (!span->to)
		return;
	if (error) {
		og_span_str(span, OG_ATTR_RULE, og_json_str(error, "rule"));
		og_span_status(span, OG_SPAN_ERROR, og_json_str(error, "rule"),
			       og_json_str(error, "why"));
	}
	og_span_end(span);
}
