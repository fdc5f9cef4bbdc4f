/*
 * The model planner: the loop around the model. A turn is an answer, what
 * it calls is done one after the other, and what came of each goes back
 * with the next turn. What stops it is counted here; what it may do is not
 * decided here, and nowhere else on this side of the channel.
 *
 * It runs from the start each time a task is delivered: what is on record
 * is not asked again (replay.c). So nothing in it may depend on what is not
 * on record. The limits of calls are found out again; the limits of time
 * and money are looked at between turns only, where the digest of a turn on
 * record says what came of that.
 */
#include <stdarg.h>
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

#define WORD_MAX  ((size_t)4096)
#define NOTES_MAX 1 /* answers that could not be used, before it fails */

/* --- what is said to the model ------------------------------------------------- */

static void push_note(struct og_thinking *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void push_note(struct og_thinking *t, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	json_array_append_new(t->turns, json_pack("{s:s,s:s}", "role", "user", "text", text));
}

static void push_answer(struct og_thinking *t, const json_t *answer)
{
	json_t *raw = json_object_get(answer, "raw");

	if (raw && !json_is_null(raw))
		json_array_append_new(t->turns,
				      json_pack("{s:s,s:O}", "role", "model", "raw", raw));
}

static json_t *failed_call(const json_t *call, const char *rule, const char *why, const char *fix)
{
	return json_pack("{s:s*,s:s*,s:{s:s,s:s,s:s}}", "id", og_json_str(call, "id"), "name",
			 og_json_str(call, "name"), "error", "rule", rule, "why", why, "fix", fix);
}

/* --- limits -------------------------------------------------------------------- */

static int is_end(const char *tool)
{
	return strcmp(tool, OG_TOOL_FINISH) == 0 || strcmp(tool, OG_TOOL_GIVE_UP) == 0;
}

/* --- calls --------------------------------------------------------------------- */

/* Why a call is not made; NULL: make it. */
static json_t *not_made(const struct og_thinking *t, const char *tool, const json_t *call)
{
	const char *problem = og_json_str(call, "problem");

	if (problem)
		return failed_call(call, "arguments", problem, "call it again with valid JSON");
	if (is_end(tool))
		return NULL;
	if (t->last)
		return failed_call(call, "last-turn", "only an end is possible now",
				   "call " OG_TOOL_FINISH " or " OG_TOOL_GIVE_UP);
	return t->trip == OG_TRIP_NONE
		       ? NULL
		       : failed_call(call, "limit", "a limit is reached: the call was not made",
				     "call " OG_TOOL_FINISH " or " OG_TOOL_GIVE_UP);
}

static void trace_call(struct og_thinking *t, const char *tool, const json_t *result)
{
	const json_t *error = json_object_get(result, "error");
	const char *why = og_json_str(error, "why");

	og_job_trace(t->job, "tool", "turn %lld: %s%s%s", (long long)t->turn, tool,
		     error ? " refused: " : "", error ? (why ? why : "?") : "");
}

static enum og_turn act(struct og_thinking *t, const json_t *call, json_t **ret, int *ret_over)
{
	struct og_span span;
	const char *tool = og_json_str(call, "name"), *before = t->job->trace;
	enum og_turn turn;

	og_job_tell_tool(t->job, &span, tool, call);
	turn = og_think_act(t, call, ret, ret_over);
	t->job->trace = before;
	og_job_tell_acted(&span, *ret);
	return turn;
}

static enum og_turn one_call(struct og_thinking *t, const json_t *call, json_t *results,
			     int *ret_over)
{
	const char *tool = og_json_str(call, "name");
	json_t *result;
	enum og_turn turn = OG_TURN_OK;
	int made;

	if (!tool)
		tool = "";
	result = not_made(t, tool, call);
	made = result == NULL;
	if (made)
		turn = act(t, call, &result, ret_over);
	if (turn == OG_TURN_OK && result) {
		trace_call(t, tool, result);
		/* What is not made because of a limit counts no more. */
		if (!*ret_over && (made || t->trip == OG_TRIP_NONE))
			og_think_count(t, tool, json_object_get(call, "arguments"), result);
		json_array_append(results, result);
	}
	json_decref(result);
	return turn;
}

static enum og_turn make_calls(struct og_thinking *t, const json_t *calls, int *ret_over)
{
	json_t *results = json_array(), *call;
	enum og_turn turn = OG_TURN_OK;
	size_t i;

	json_array_foreach(calls, i, call)
	{
		if (turn == OG_TURN_OK && !*ret_over)
			turn = one_call(t, call, results, ret_over);
	}
	if (turn == OG_TURN_OK && !*ret_over)
		json_array_append_new(t->turns,
				      json_pack("{s:s,s:O}", "role", "tool", "results", results));
	json_decref(results);
	return turn;
}

/* --- answers ------------------------------------------------------------------- */

/* It said something and called nothing: that is its answer. */
static enum og_turn take_text(struct og_thinking *t, const json_t *answer, int *ret_over)
{
	json_t *arguments = json_pack("{s:s}", "answer", og_json_str(answer, "text")),
	       *error = NULL;
	const char *why, *fix;

	*ret_over = og_think_finish(t, arguments, t->last, &error);
	if (!*ret_over) {
		json_t *result = json_pack("{s:O*}", "error", error);

		why = og_json_str(error, "why");
		fix = og_json_str(error, "fix");
		push_note(t, "Your answer was not taken: %s%s%s. Call %s with a better one.",
			  why ? why : "it is not complete", fix ? "; " : "", fix ? fix : "",
			  OG_TOOL_FINISH);
		og_think_count(t, "answer", arguments, result);
		json_decref(result);
	}
	json_decref(arguments);
	json_decref(error);
	return OG_TURN_OK;
}

/* The provider's word is any text. */
static enum og_turn model_fault(struct og_thinking *t, const char *what, const json_t *answer)
{
	const char *why = og_json_str(answer, "why");
	struct og_buf safe;

	og_buf_init(&safe, WORD_MAX);
	if (why)
		og_text_safe(&safe, why, strlen(why), 0);
	og_job_end(t->job, OG_TASK_FAILED, "%s%s%s", what, safe.len ? ": " : "",
		   safe.len ? safe.data : "");
	og_buf_release(&safe);
	t->fault = 1;
	return OG_TURN_REFUSED;
}

/* An answer that is of no use: it may try once more. */
static enum og_turn once_more(struct og_thinking *t, const char *stop, const json_t *answer)
{
	int length = strcmp(stop, "length") == 0;

	if (t->noted++ >= NOTES_MAX || t->last)
		return model_fault(t,
				   length ? "the model's answers are too long"
					  : "the model's answers are malformed",
				   answer);
	if (length)
		push_note(t, "Your answer was cut off because it was too long. Be shorter.");
	else
		push_note(t, "Your answer could not be read. Call a tool with valid arguments, or "
			     "answer in words.");
	return OG_TURN_OK;
}

static int has_text(const json_t *answer)
{
	const char *text = og_json_str(answer, "text");

	return text && *text;
}

static enum og_turn take_answer(struct og_thinking *t, const json_t *answer, int *ret_over)
{
	const json_t *calls = json_object_get(answer, "calls");
	const char *stop = og_json_str(answer, "stop");

	if (!stop)
		stop = "other";
	if (strcmp(stop, "refused") == 0 || strcmp(stop, "blocked") == 0)
		return model_fault(t,
				   strcmp(stop, "refused") == 0
					   ? "the model refused to answer"
					   : "the provider blocked the request",
				   answer);
	if (strcmp(stop, "malformed") == 0)
		return once_more(t, stop, answer);
	push_answer(t, answer);
	if (json_array_size(calls) > 0)
		return make_calls(t, calls, ret_over);
	if (strcmp(stop, "length") == 0 || !has_text(answer))
		return once_more(t, stop, answer);
	return take_text(t, answer, ret_over);
}

/* --- the end ------------------------------------------------------------------- */

/* The last turn brought no end. */
static enum og_turn interrupt(struct og_thinking *t)
{
	const struct og_budget *budget = &t->job->budget;

	if (t->why_last == OG_LAST_LIMIT)
		og_job_interrupt(t->job, t->trip, t->trip_tool, t->trip_statement);
	else if (t->why_last == OG_LAST_TIME)
		og_job_interrupt(t->job, OG_TRIP_TIME, t->trip_tool, t->trip_statement);
	else
		og_job_stop(t->job,
			    json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "limit", "budget", "step",
				      t->trip_tool, "statement", t->trip_statement, "cause",
				      "the model needs more than the limit leaves", "steps",
				      (json_int_t)budget->steps, "steps_allowed",
				      (json_int_t)budget->limits.steps),
			    "the budget is spent but for one answer, and that brought no end");
	return OG_TURN_REFUSED;
}

/* It came to an end because it had to: whoever reads it should know. */
static void say_why_last(struct og_thinking *t)
{
	static const char *const near[] = {
		[OG_LAST_NO] = "",
		[OG_LAST_LIMIT] = "calls",
		[OG_LAST_MONEY] = "tokens or money",
		[OG_LAST_TIME] = "time",
	};
	json_t *result = t->job->result;
	const char *next = og_json_str(result, "next");

	json_object_set_new(result, "next",
			    json_sprintf("%s%sThe task was near its limit of %s: the answer may be "
					 "incomplete; ask for the rest in another task.",
					 next ? next : "", next ? " " : "", near[t->why_last]));
}

static enum og_turn one_turn(struct og_thinking *t, int *ret_over)
{
	json_t *answer = NULL;
	enum og_turn turn;

	t->turn++;
	turn = og_think_turn(t, &answer);
	if (turn == OG_TURN_OK)
		turn = take_answer(t, answer, ret_over);
	json_decref(answer);
	if (turn != OG_TURN_OK || !t->last)
		return turn;
	if (!*ret_over)
		return interrupt(t);
	if (t->job->end == OG_TASK_DONE)
		say_why_last(t);
	return turn;
}

/* --- the planner --------------------------------------------------------------- */

static enum og_turn open_records(struct og_job *job)
{
	if (job->records)
		return OG_TURN_OK;
	job->records = og_records_new(job);
	if (!job->records) {
		og_job_broken(job, "out of memory");
		return OG_TURN_BROKEN;
	}
	job->records->look = job->means->dry;
	return job->epoch > 1 ? og_records_load(job) : OG_TURN_OK;
}

static void take_person(struct og_thinking *t, const json_t *reply)
{
	static const char *const members[] = { "role", "clearance", "rights", NULL };
	json_t *tables = json_object_get(reply, "tables");

	for (size_t i = 0; members[i]; i++) {
		json_t *value = json_object_get(reply, members[i]);

		if (value)
			json_object_set(t->job->begun, members[i], value);
	}
	if (!tables)
		return;
	json_decref(t->schema);
	t->schema = json_incref(tables);
}

/* Who it is for and what they see, as it was when the task was begun. */
static enum og_turn ask_person(struct og_thinking *t)
{
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(t->job, "schema", json_object(), &reply);

	if (turn == OG_TURN_OK)
		take_person(t, reply);
	else if (turn == OG_TURN_REFUSED)
		og_job_refused_call(t->job, reply);
	json_decref(reply);
	return turn;
}

static enum og_turn think(struct og_thinking *t)
{
	int over = 0;
	enum og_turn turn = ask_person(t);

	if (turn == OG_TURN_OK)
		turn = og_think_prepare(t);
	if (turn == OG_TURN_OK && t->job->reason[0])
		return OG_TURN_OK;
	while (turn == OG_TURN_OK && !over)
		turn = one_turn(t, &over);
	return turn;
}

static enum og_turn run(struct og_job *job)
{
	struct og_reasoning *with = job->means->reasoning;
	enum og_turn turn = open_records(job);
	struct og_thinking t;

	if (turn != OG_TURN_OK)
		return turn;
	if (og_think_init(&t, job, with) < 0) {
		og_job_broken(job, "out of memory");
		return OG_TURN_BROKEN;
	}
	t.cost = json_object_get(job->result, "cost");
	json_object_set_new(job->result, "model", json_string(with->model->name));
	t.given = job->records && !job->records->over && og_job_given_end(job);
	if (t.given)
		job->records->only = 1;
	job->reason[0] = '\0';
	turn = og_think_end(&t, think(&t));
	if (job->records && !job->records->over)
		job->records->only = 0;
	og_think_release(&t);
	return turn;
}

const struct og_planner og_planner_model = {
	.name = "model",
	.agent = "og-worker/model",
	.run = run,
};
