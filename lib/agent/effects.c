/*
 * Effects outside: the shield says what is to be sent and keeps what came
 * of it, somebody else sends it; what is done here is to try often enough,
 * and to read an answer, which may be any bytes. Only the single values
 * that the skill asks for go on to the shield.
 *
 * No answer means that nobody knows. Then the same is sent again with the
 * same key, later and later; and when nobody knows after the last try, the
 * task ends in doubt, for that is what is true.
 */
#include <string.h>
#include <time.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/task/result.h"

#define ANSWER_MAX  ((size_t)256 << 10)
#define VALUE_MAX   ((size_t)4096)
#define BACKOFF_MS  200
#define BACKOFF_MAX 8000
#define ASKED_MAX   30000 /* of a service that says when to come back */

/* One call, from its begin to its end. */
struct call {
	const char *verb;      /* that begins it, and each try of it */
	const char *what;      /* "the call" or "the undo" */
	int must;	       /* from the first try on: see ask_what() */
	const json_t *request; /* for that */
	const char *step;      /* borrowed from begun */
	const json_t *send;    /* borrowed from begun */
	json_t *begun;	       /* the verb's reply */
	int64_t number;	       /* on record, of whichever request ends it */
	int64_t attempt;
	int64_t tries;
	struct og_call_answer answer;
};

int og_step_calls(const json_t *step)
{
	json_t *block;
	size_t i;

	json_array_foreach(json_object_get(step, "blocks"), i, block)
	{
		const char *kind = og_json_str(block, "kind");

		if (kind && strcmp(kind, "http") == 0)
			return 1;
	}
	return 0;
}

/* --- reading an answer ----------------------------------------------------- */

/* A single value that a variable can hold; NULL for anything else. */
static json_t *single(const json_t *value)
{
	if (json_is_boolean(value))
		return json_integer(json_is_true(value));
	if (json_is_integer(value) && json_integer_value(value) <= OG_JSON_INT_MAX &&
	    json_integer_value(value) >= -OG_JSON_INT_MAX)
		return json_copy((json_t *)(uintptr_t)value);
	if (json_is_real(value) ||
	    (json_is_string(value) && json_string_length(value) <= VALUE_MAX &&
	     strlen(json_string_value(value)) == json_string_length(value)))
		return json_copy((json_t *)(uintptr_t)value);
	return NULL;
}

/* The values that bind asks for; what is missing goes into problem. */
static json_t *find_values(const json_t *document, const json_t *bind, char *problem, size_t size)
{
	json_t *values = json_object(), *pointer;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)bind, name, pointer)
	{
		const char *text = json_string_value(pointer);
		json_t *value = single(og_json_pointer(document, text ? text : ""));

		if (value)
			json_object_set_new(values, name, value);
		else
			og_text_format(problem, size, "it has no single value at '%s'", text);
	}
	return values;
}

static void add_values(const struct call *call, json_t *end)
{
	const struct og_buf *body = &call->answer.body;
	const json_t *bind = json_object_get(call->send, "bind");
	char problem[256] = "";
	struct og_err err = OG_ERR_INIT;
	json_t *document = NULL;

	if (json_object_size(bind) == 0)
		return;
	if (og_json_parse(body->len > 0 ? body->data : "", body->len, ANSWER_MAX, "answer",
			  &document, &err) < 0)
		og_text_format(problem, sizeof(problem), "it is not JSON");
	else
		json_object_set_new(end, "values",
				    find_values(document, bind, problem, sizeof(problem)));
	if (problem[0])
		json_object_set_new(end, "problem", json_string(problem));
	json_decref(document);
}

const char *og_called_name(enum og_called outcome)
{
	return outcome == OG_CALL_ANSWERED ? "answered"
	       : outcome == OG_CALL_UNSENT ? "unsent"
					   : "unknown";
}

/* effect.end's request. */
static json_t *end_request(const struct call *call)
{
	const struct og_call_answer *answer = &call->answer;
	json_t *end =
		json_pack("{s:s,s:s,s:b}", "step", call->step, "outcome",
			  og_called_name(answer->outcome), "again", call->attempt < call->tries);
	char digest[OG_HASH_HEX + 1];
	struct og_hash hash;

	if (!end)
		return NULL;
	if (answer->outcome != OG_CALL_ANSWERED) {
		json_object_set_new(end, "problem", json_string(answer->why));
		return end;
	}
	og_sha256(answer->body.len > 0 ? answer->body.data : "", answer->body.len, &hash);
	og_hash_hex(&hash, digest);
	json_object_set_new(end, "status", json_integer(answer->status));
	json_object_set_new(end, "digest", json_string(digest));
	json_object_set_new(end, "size", json_integer((json_int_t)answer->body.len));
	if (answer->why[0])
		json_object_set_new(end, "problem", json_string(answer->why));
	else
		add_values(call, end);
	return end;
}

/* --- sending --------------------------------------------------------------- */

/* Who calls nobody reaches nobody. */
static void no_caller(struct og_call_answer *answer)
{
	answer->outcome = OG_CALL_UNSENT;
	og_text_format(answer->why, sizeof(answer->why), "this worker calls no services");
}

static void trace_try(struct og_job *job, const struct call *call)
{
	const struct og_call_answer *answer = &call->answer;
	const char *service = og_json_str(call->send, "service");

	if (job->records)
		return; /* tries are not on record, their end is */
	if (answer->outcome == OG_CALL_ANSWERED)
		og_job_trace(job, "call", "%s: service %s answered %d (try %lld)", call->step,
			     service, answer->status, (long long)call->attempt);
	else
		og_job_trace(job, "call", "%s: service %s: %s: %s (try %lld)", call->step, service,
			     og_called_name(answer->outcome), answer->why,
			     (long long)call->attempt);
}

static void make_call(struct og_job *job, struct call *call)
{
	struct og_call_answer *answer = &call->answer;
	struct og_span span;

	og_job_tell_call(job, &span, call->send, call->step);
	og_buf_clear(&answer->body);
	answer->why[0] = answer->host[0] = '\0';
	answer->status = 0;
	answer->retry_ms = 0;
	if (job->means->call)
		job->means->call(job->means->call_arg, call->send, og_json_str(call->begun, "key"),
				 answer);
	else
		no_caller(answer);
	og_job_tell_called(&span, answer, call->attempt);
	trace_try(job, call);
}

static void rest_before_next(const struct call *call)
{
	int64_t ms = BACKOFF_MS, asked = call->answer.retry_ms;
	uint32_t random = 0;
	struct timespec pause;

	for (int64_t i = 1; i < call->attempt && ms < BACKOFF_MAX; i++)
		ms *= 2;
	if (og_random(&random, sizeof(random), NULL) == 0)
		ms = ms / 2 + random % (uint32_t)(ms / 2 + 1);
	if (asked > ms)
		ms = asked < ASKED_MAX ? asked : ASKED_MAX;
	pause = (struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 };
	while (nanosleep(&pause, &pause) < 0)
		continue;
}

/* The verb's answer: is there something to send? */
static int has_call(struct call *call)
{
	call->send = json_object_get(call->begun, "send");
	call->step = og_json_str(call->begun, "step");
	call->attempt = og_json_int(call->begun, "attempt", 1);
	call->tries = og_json_int(call->send, "tries", 1);
	return json_is_object(call->send) && call->step;
}

static int said_in_doubt(const json_t *reply)
{
	const char *rule = og_json_str(reply, "rule");

	return rule && strcmp(rule, "in-doubt") == 0;
}

/* One try. *ret is the reply that ends it all, or stays NULL when it is to
 * be tried again. */
static enum og_turn try_once(struct og_job *job, struct call *call, json_t **ret)
{
	json_t *reply = NULL;
	enum og_turn turn;

	make_call(job, call);
	if (call->answer.outcome == OG_CALL_BROKEN) {
		og_job_broken(job, call->answer.why);
		return OG_TURN_BROKEN;
	}
	og_records_again(job, call->number);
	turn = og_job_must(job, "effect.end", end_request(call), &reply);
	if (turn != OG_TURN_OK || !og_json_bool(reply, "pending", 0)) {
		*ret = reply;
		return turn;
	}
	json_decref(reply);
	if (call->attempt >= call->tries)
		return OG_TURN_DOUBT;
	rest_before_next(call);
	return OG_TURN_OK;
}

static void note_doubt(struct og_job *job, const struct call *call)
{
	const char *service = og_json_str(call->send, "service"), *why = call->answer.why;

	if (!call->send)
		og_text_format(job->doubt, sizeof(job->doubt), "%s",
			       og_json_str(call->begun, "why"));
	else if (call->answer.outcome == OG_CALL_ANSWERED)
		og_text_format(job->doubt, sizeof(job->doubt),
			       "it is not known whether %s of step '%s' happened: service '%s' "
			       "answered %d",
			       call->what, call->step, service, call->answer.status);
	else
		og_text_format(job->doubt, sizeof(job->doubt),
			       "it is not known whether %s of step '%s' happened: service '%s': %s",
			       call->what, call->step, service, why);
}

/* Asks for what is to be sent. A call that may have been made already is no
 * wish any more that a shield in trouble could refuse. */
static enum og_turn ask_what(struct og_job *job, struct call *call)
{
	json_t *request = json_deep_copy(call->request);

	json_decref(call->begun);
	call->begun = NULL;
	call->send = NULL;
	call->step = NULL;
	og_records_again(job, call->number);
	return call->attempt == 0 && !call->must
		       ? og_job_ask(job, call->verb, request, &call->begun)
		       : og_job_must(job, call->verb, request, &call->begun);
}

static enum og_turn call_service(struct og_job *job, struct call *call, json_t **ret)
{
	enum og_turn turn = OG_TURN_OK;

	call->number = og_records_hold(job);
	og_buf_init(&call->answer.body, ANSWER_MAX);
	while (turn == OG_TURN_OK && !*ret) {
		turn = ask_what(job, call);
		if (turn == OG_TURN_OK && has_call(call))
			turn = try_once(job, call, ret);
		else if (turn == OG_TURN_REFUSED && said_in_doubt(call->begun))
			turn = OG_TURN_DOUBT;
		else if (turn != OG_TURN_BROKEN)
			*ret = json_incref(call->begun);
	}
	if (turn == OG_TURN_DOUBT)
		note_doubt(job, call);
	og_buf_release(&call->answer.body);
	json_decref(call->begun);
	return turn;
}

enum og_turn og_job_effect(struct og_job *job, json_t *request, json_t **ret)
{
	struct call call = { .verb = "effect.begin", .request = request, .what = "the call" };
	enum og_turn turn;

	*ret = NULL;
	turn = call_service(job, &call, ret);
	json_decref(request);
	return turn;
}

enum og_turn og_job_undo(struct og_job *job, json_t **ret)
{
	json_t *request = json_pack("{s:s}", "reason", job->reason);
	struct call call = {
		.verb = "saga.undo", .request = request, .what = "the undo", .must = 1
	};
	enum og_turn turn;

	*ret = NULL;
	turn = call_service(job, &call, ret);
	json_decref(request);
	return turn;
}

/* --- a task's own call that was begun by a worker before us ------------------ */

static const char *pending_step(const struct og_job *job)
{
	const json_t *effect = json_object_get(job->begun, "effect");
	const char *phase = og_json_str(effect, "phase");

	return phase && strcmp(phase, "do") == 0 ? og_json_str(effect, "step") : NULL;
}

enum og_turn og_job_effect_resume(struct og_job *job, json_t **ret_refusal)
{
	const char *step = pending_step(job);
	struct call call = { .verb = "effect.begin", .what = "the call", .must = 1 };
	json_t *request, *reply = NULL;
	enum og_turn turn;

	*ret_refusal = NULL;
	if (!step)
		return OG_TURN_OK;
	request = json_pack("{s:s}", "step", step);
	call.request = request;
	turn = call_service(job, &call, &reply);
	if (turn == OG_TURN_REFUSED)
		*ret_refusal = json_incref(reply);
	json_decref(reply);
	json_decref(request);
	return turn;
}

/* --- what is left to a person ------------------------------------------------ */

/* What can be done is said where they will see it. */
static void offer(struct og_job *job, const char *state, const char *title)
{
	json_array_append_new(
		json_object_get(job->result, "actions"),
		json_pack("{s:s,s:s,s:s}", "name", state, "title", title, "resolve", state));
}

void og_job_needs_person(struct og_job *job, enum og_task_state end, const char *why)
{
	char cause[sizeof(job->reason)];

	memcpy(cause, job->reason, sizeof(cause));
	og_job_end(job, end, "%s%s%s%s", why, *cause ? " (after: " : "", cause, *cause ? ")" : "");
	json_object_del(job->result, "refusal"); /* there is a worse trouble to show */
	if (*cause)
		json_object_set_new(job->result, "cause", json_string(cause));
	json_object_set_new(job->result, "next",
			    json_string("A person has to look, and say what is to be done: try "
					"again, or what is true."));
	json_array_clear(json_object_get(job->result, "actions"));
	offer(job, "retry", "Try again what was in the way");
	offer(job, "done", "It is done: close the task so");
	offer(job, "compensated", "It is taken back: close the task so");
	og_job_trace(job, end == OG_TASK_IN_DOUBT ? "doubt" : "undo", "%s", job->reason);
}

void og_job_doubt(struct og_job *job)
{
	og_job_needs_person(job, OG_TASK_IN_DOUBT, job->doubt);
}
