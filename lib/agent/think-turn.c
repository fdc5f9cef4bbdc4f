/*
 * One answer of the model. What it may cost is reserved before it is asked,
 * and the answer is on record before anything is done with it: so a crash
 * asks no answer twice that was had, and no task spends what it has not.
 *
 * A provider that is throttled or down is not the task's fault: throttled
 * ones are asked again later, as long as og.conf's patience lasts. A model
 * that cannot be had at all is a fault, which ends this planner; whether
 * another one takes over is not decided here.
 */
#include <stdarg.h>
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/task/state.h"

#define BODY_MAX	((size_t)8 << 20)
#define NOTE_TOKENS	200 /* the word about a last turn may come to be added */
#define THROTTLE_MIN_MS 1000
#define THROTTLE_MAX_MS 60000

/* One try to get an answer. */
struct
try {
	struct og_thinking *t;
	struct og_buf text, url;
	char digest[OG_HASH_HEX + 1];
	int64_t input, output; /* tokens that are reserved */
	struct og_call_answer answer;
	struct og_model_refusal refusal;
	json_t *said; /* og_model_answer's */
};

/* --- ends ---------------------------------------------------------------------- */

static enum og_turn fault(struct og_thinking *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The model is of no use; in these words. */
static enum og_turn fault(struct og_thinking *t, const char *fmt, ...)
{
	char why[sizeof(t->job->reason)];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(why, sizeof(why), fmt, args);
	va_end(args);
	og_job_end(t->job, OG_TASK_FAILED, "%s", why);
	t->fault = 1;
	return OG_TURN_REFUSED;
}

/* How long it has been waiting for an answer. */
static int64_t waited(const struct og_thinking *t)
{
	int64_t now = og_now_ms(), since = t->job->records ? t->job->records->time : 0;

	return since > 0 && now > since ? now - since : 0;
}

/* Back to the queue, for so long; or not any more. */
static enum og_turn come_back(struct og_thinking *t, int64_t delay, const char *why)
{
	struct og_agent_report *report = t->job->report;
	int64_t so_far = waited(t);

	if (delay <= 0)
		delay = so_far / 2 < THROTTLE_MAX_MS ? so_far / 2 : THROTTLE_MAX_MS;
	if (delay < THROTTLE_MIN_MS)
		delay = THROTTLE_MIN_MS;
	if (so_far + delay > t->with->patience_ms)
		return fault(t, "the model is throttled: %s", why);
	og_job_broken(t->job, why);
	report->outcome = OG_OUTCOME_WAITING;
	report->delay_ms = delay;
	og_text_format(report->state, sizeof(report->state), "%s", og_state_name(OG_TASK_WAITING));
	return OG_TURN_BROKEN;
}

/* --- paying ------------------------------------------------------------------- */

static int is_rule(const json_t *reply, const char *start)
{
	const char *rule = og_json_str(reply, "rule");

	return rule && strncmp(rule, start, strlen(start)) == 0;
}

/* A limit that the shield keeps. */
static enum og_turn spent(struct og_thinking *t, const json_t *reply)
{
	const char *why = og_json_str(reply, "why"), *fix = og_json_str(reply, "fix");
	const struct og_budget *budget = &t->job->budget;
	json_t *row = json_pack(
		"{s:s*,s:O*,s:O*,s:s,s:s,s:s,s:s*,s:I,s:I}", "limit", og_json_str(reply, "rule"),
		"allowed", json_object_get(reply, "allowed"), "reached",
		json_object_get(reply, "reached"), "step", t->trip_tool, "statement",
		t->trip_statement, "cause", "the model needs more than the limit leaves", "fix",
		fix, "steps", (json_int_t)budget->steps, "steps_allowed",
		(json_int_t)budget->limits.steps);

	og_job_stop(t->job, row, why ? why : "the budget is spent");
	return OG_TURN_REFUSED;
}

static enum og_turn not_reserved(struct og_thinking *t, const json_t *reply)
{
	if (is_rule(reply, "budget-"))
		return spent(t, reply);
	og_job_refused_call(t->job, reply);
	return OG_TURN_REFUSED;
}

/* Would another answer like this one be too much? left: what is left beside
 * this one's reservation; a member that is not there has no limit. */
static int only_one(const struct try *try, const json_t *reply)
{
	const json_t *left = json_object_get(reply, "left");
	int64_t tokens = og_json_int(left, "tokens", INT64_MAX);
	int64_t nanousd = og_json_int(left, "nanousd", INT64_MAX);

	return tokens < try->input + try->output || nanousd < og_json_int(reply, "nanousd", 0);
}

static enum og_turn reserve(struct try *try, int *ret_last)
{
	struct og_thinking *t = try->t;
	struct og_agent_report *report = t->job->report;
	json_t *reply = NULL;
	enum og_turn turn;

	try->input = og_model_tokens_most(try->text.data, try->text.len) + NOTE_TOKENS;
	try->output = t->with->max_output;
	turn = og_job_ask(t->job, "budget.reserve",
			  json_pack("{s:I,s:s,s:I,s:I}", "turn", (json_int_t)t->turn, "model",
				    t->with->model->name, "input", (json_int_t)try->input, "output",
				    (json_int_t)try->output),
			  &reply);
	if (turn == OG_TURN_OK)
		*ret_last = only_one(try, reply);
	else if (turn == OG_TURN_REFUSED)
		turn = not_reserved(t, reply);
	else if (report->outcome == OG_OUTCOME_WAITING)
		turn = come_back(t, report->delay_ms, report->why);
	json_decref(reply);
	return turn;
}

/* There is no answer. Whether the shield takes it so is nothing to end for:
 * what is not settled stays spent. */
static enum og_turn settle(struct try *try, const char *outcome, int64_t retry_ms, const char *why)
{
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(
		try->t->job, "budget.settle",
		json_pack("{s:I,s:s,s:I,s:s*}", "turn", (json_int_t)try->t->turn, "outcome",
			  outcome, "retry_ms", (json_int_t)retry_ms, "why", *why ? why : NULL),
		&reply);

	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

/* --- asking ------------------------------------------------------------------- */

/* An answer with another status than 200. */
static enum og_turn refused(struct try *try, int *ret_again)
{
	struct og_thinking *t = try->t;
	struct og_model_refusal *why = &try->refusal;
	const struct og_buf *body = &try->answer.body;
	const char *outcome = "refused";
	enum og_turn turn;

	og_model_refused(t->with->model, try->answer.status, body->len > 0 ? body->data : "",
			 body->len, why);
	if (try->answer.retry_ms > why->retry_ms)
		why->retry_ms = try->answer.retry_ms;
	if (why->fault == OG_FAULT_THROTTLED)
		outcome = "throttled";
	else if (why->fault == OG_FAULT_DOWN)
		outcome = "down";
	turn = settle(try, outcome, why->retry_ms, why->why);
	if (turn != OG_TURN_OK)
		return turn;
	*ret_again = why->fault == OG_FAULT_QUIRK && (t->with->quirks & why->quirk) != why->quirk;
	if (*ret_again) {
		t->with->quirks |= why->quirk;
		return OG_TURN_OK;
	}
	if (why->fault == OG_FAULT_THROTTLED)
		return come_back(t, why->retry_ms, why->why);
	return fault(t, "the model refused the request (%s): %s", og_model_fault_name(why->fault),
		     why->why);
}

static enum og_turn read_answer(struct try *try)
{
	const struct og_reasoning *with = try->t->with;
	const struct og_buf *body = &try->answer.body;
	struct og_err err = OG_ERR_INIT;
	int rc = with->stream ? og_model_streamed(with->model, body->len > 0 ? body->data : "",
						  body->len, &try->said, &err)
			      : og_model_answer(with->model, body->len > 0 ? body->data : "",
						body->len, &try->said, &err);
	enum og_turn turn;

	if (rc == 0)
		return OG_TURN_OK;
	turn = settle(try, "unknown", 0, err.msg);
	return turn != OG_TURN_OK ? turn
				  : fault(try->t, "the model's answer cannot be read: %s", err.msg);
}

/* Nothing came back that has a status. */
static enum og_turn no_answer(struct try *try)
{
	const struct og_call_answer *answer = &try->answer;
	int unsent = answer->outcome == OG_CALL_UNSENT;
	enum og_turn turn;

	if (answer->outcome == OG_CALL_BROKEN) {
		og_job_broken(try->t->job, answer->why);
		return OG_TURN_BROKEN;
	}
	turn = settle(try, unsent ? "down" : "unknown", 0, answer->why);
	if (turn != OG_TURN_OK)
		return turn;
	return unsent ? fault(try->t, "the model cannot be reached: %s", answer->why)
		      : fault(try->t, "the model did not answer: %s", answer->why);
}

static enum og_turn post(struct try *try, int *ret_again)
{
	struct og_reasoning *with = try->t->with;
	struct og_span span;
	enum og_turn turn;

	og_job_tell_chat(try->t->job, &span, with->model, with->max_output);
	with->ask(with->arg, try->url.data, try->text.data, try->text.len, with->stream,
		  &try->answer);
	if (try->answer.outcome != OG_CALL_ANSWERED)
		turn = no_answer(try);
	else if (try->answer.status != 200)
		turn = refused(try, ret_again);
	else
		turn = read_answer(try);
	og_job_tell_said(&span, &try->answer, try->said);
	return turn;
}

/* --- recording ------------------------------------------------------------------ */

static void add(json_t *cost, const char *member, int64_t value)
{
	json_object_set_new(cost, member, json_integer(og_json_int(cost, member, 0) + value));
}

/* One more answer, in the result's cost and its trace. */
static void count(struct og_thinking *t, const json_t *answer, int64_t nanousd)
{
	const json_t *usage = json_object_get(answer, "usage");
	int64_t input = og_json_int(usage, "input", 0), output = og_json_int(usage, "output", 0);
	size_t calls = json_array_size(json_object_get(answer, "calls"));
	const char *stop = og_json_str(answer, "stop");

	add(t->cost, "calls", 1);
	add(t->cost, "input", input);
	add(t->cost, "cached", og_json_int(usage, "cached", 0));
	add(t->cost, "output", output);
	add(t->cost, "nanousd", nanousd);
	og_job_trace(t->job, "model", "turn %lld: %zu call%s, %lld+%lld tokens%s%s",
		     (long long)t->turn, calls, calls == 1 ? "" : "s", (long long)input,
		     (long long)output, stop && strcmp(stop, "end") != 0 ? ", stopped: " : "",
		     stop && strcmp(stop, "end") != 0 ? stop : "");
}

static enum og_turn record(struct try *try)
{
	struct og_thinking *t = try->t;
	json_t *usage = json_object_get(try->said, "usage"), *reply = NULL;
	enum og_turn turn;

	/* A server that overlooked the limit may know only its old name. */
	if (og_json_int(usage, "output", 0) > t->with->max_output)
		t->with->quirks |= OG_QUIRK_MAX_TOKENS;
	if (!og_json_str(try->said, "model"))
		json_object_set_new(try->said, "model", json_string(t->with->model->model));
	turn = og_job_must(t->job, "journal.put",
			   json_pack("{s:I,s:s,s:O,s:O*}", "turn", (json_int_t)t->turn, "digest",
				     try->digest, "answer", try->said, "usage",
				     json_is_object(usage) ? usage : NULL),
			   &reply);
	if (turn == OG_TURN_OK)
		count(t, try->said, og_json_int(reply, "nanousd", 0));
	else if (turn == OG_TURN_REFUSED)
		og_job_refused_call(t->job, reply);
	json_decref(reply);
	return turn;
}

/* --- a turn ---------------------------------------------------------------------- */

static int time_nearly_over(const struct og_thinking *t)
{
	const struct og_budget *budget = &t->job->budget;

	return (og_mono_ms() - budget->started) * 5 >= (int64_t)budget->limits.seconds * 4000;
}

static int time_over(const struct og_thinking *t)
{
	return og_mono_ms() >= t->job->budget.deadline;
}

static int make_body(struct try *try)
{
	struct og_thinking *t = try->t;
	struct og_err err = OG_ERR_INIT;

	og_buf_clear(&try->url);
	if (og_think_body(t, t->why_last, &try->text, try->digest, &err) == 0 &&
	    og_model_url(t->with->model, t->with->stream, &try->url, &err) == 0)
		return 0;
	fault(t, "nothing can be said to the model: %s", err.msg);
	return -1;
}

/* What would be sent, for a person to look at. */
static enum og_turn show(struct try *try)
{
	struct og_thinking *t = try->t;
	struct og_agent_report *report = t->job->report;

	og_job_broken(t->job, "a dry run");
	report->outcome = OG_OUTCOME_DRY;
	report->dry = json_pack("{s:s,s:s#,s:I,s:I}", "url", try->url.data, "body", try->text.data,
				try->text.len, "input",
				(json_int_t)og_model_tokens_most(try->text.data, try->text.len) +
					NOTE_TOKENS,
				"output", (json_int_t)t->with->max_output);
	return OG_TURN_BROKEN;
}

static enum og_turn try_once(struct try *try, int *ret_again)
{
	struct og_thinking *t = try->t;
	enum og_turn turn;
	int last = 0;

	if (make_body(try) < 0)
		return OG_TURN_REFUSED;
	if (t->job->means->dry)
		return show(try);
	turn = reserve(try, &last);
	if (turn == OG_TURN_OK && last && t->why_last == OG_LAST_NO) {
		t->why_last = OG_LAST_MONEY;
		if (make_body(try) < 0)
			turn = OG_TURN_REFUSED;
	}
	return turn == OG_TURN_OK ? post(try, ret_again) : turn;
}

static enum og_turn ask(struct og_thinking *t, json_t **ret)
{
	struct try try = { .t = t };
	enum og_turn turn = OG_TURN_OK;
	int again = 1;

	og_buf_init(&try.text, BODY_MAX);
	og_buf_init(&try.url, 4096);
	og_buf_init(&try.answer.body, t->with->stream ? OG_MODEL_STREAM_MAX : OG_MODEL_ANSWER_MAX);
	while (turn == OG_TURN_OK && again) {
		again = 0;
		og_buf_clear(&try.answer.body);
		turn = try_once(&try, &again);
	}
	if (turn == OG_TURN_OK)
		turn = record(&try);
	if (turn == OG_TURN_OK)
		*ret = json_incref(try.said);
	json_decref(try.said);
	og_buf_release(&try.text);
	og_buf_release(&try.url);
	og_buf_release(&try.answer.body);
	return turn;
}

/* The answer that was had already. */
static enum og_turn recall(struct og_thinking *t, const json_t *turn, json_t **ret)
{
	struct og_records *records = t->job->records;
	const char *digest = og_json_str(turn, "digest"), *at = og_json_str(turn, "time");
	int64_t ms;

	if (!digest || !og_think_recall(t, digest)) {
		og_text_format(records->astray, sizeof(records->astray),
			       "journal: the request of turn %lld is another than the one on "
			       "record (have og.conf's model lines or the program changed since?)",
			       (long long)t->turn);
		return OG_TURN_BROKEN;
	}
	t->last = t->why_last != OG_LAST_NO;
	/* In a dry run nothing is done that was not done yet. */
	records->only |= records->look;
	if (at && og_time_parse(at, &ms) == 0)
		records->time = ms;
	*ret = json_incref(json_object_get(turn, "answer"));
	count(t, *ret, og_json_int(turn, "nanousd", 0));
	return OG_TURN_OK;
}

/* Do the records end here, with nobody to ask? */
static int is_over(const struct og_job *job)
{
	const struct og_records *records = job->records;

	return records && ((records->only && !records->look) || og_records_went_on(job));
}

enum og_turn og_think_turn(struct og_thinking *t, json_t **ret_answer)
{
	const json_t *known = og_records_turn(t->job, t->turn);
	enum og_turn turn;

	*ret_answer = NULL;
	t->why_last = t->trip != OG_TRIP_NONE ? OG_LAST_LIMIT : OG_LAST_NO;
	if (json_is_object(json_object_get(known, "answer")))
		return recall(t, known, ret_answer);
	if (is_over(t->job)) {
		t->job->records->missing = 1;
		og_text_format(t->job->records->lacks, sizeof(t->job->records->lacks), "turn %lld",
			       (long long)t->turn);
		return OG_TURN_BROKEN;
	}
	if (t->turn > 1 && time_over(t)) {
		og_job_interrupt(t->job, OG_TRIP_TIME, t->trip_tool, t->trip_statement);
		return OG_TURN_REFUSED;
	}
	if (t->why_last == OG_LAST_NO && t->turn > 1 && time_nearly_over(t))
		t->why_last = OG_LAST_TIME;
	turn = ask(t, ret_answer);
	t->last = t->why_last != OG_LAST_NO;
	return turn;
}
