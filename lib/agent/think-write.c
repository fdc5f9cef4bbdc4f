/*
 * Tools that change something without a skill, and those that ask a person.
 * Each is one request; whether it may be, is the shield's to say, and an
 * approval is bound to the very request that was asked for.
 */
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"
#include "lib/policy/document.h"
#include "lib/task/result.h"

/* --- the requests ------------------------------------------------------------------- */

int og_make_write(struct og_thinking *t, const json_t *args, json_t **ret, json_t **ret_error)
{
	json_t *params = json_object_get(args, "params");

	(void)t;
	(void)ret_error;
	*ret = json_pack("{s:O,s:O*}", "sql", json_object_get(args, "sql"), "params",
			 json_is_object(params) ? params : NULL);
	return *ret ? 0 : -1;
}

int og_make_ddl(struct og_thinking *t, const json_t *args, json_t **ret, json_t **ret_error)
{
	(void)t;
	(void)ret_error;
	*ret = json_pack("{s:O}", "sql", json_object_get(args, "sql"));
	return *ret ? 0 : -1;
}

/* A mistake in a text the model wrote is the model's to mend; anything else
 * is no reason to let it believe that its text is bad. */
static int not_read(struct og_thinking *t, const struct og_err *err, const char *what,
		    json_t **ret_error)
{
	if (err->code != OG_EDATA) {
		og_job_broken(t->job, err->msg);
		return -1;
	}
	*ret_error = og_tool_error(what, err->hint, "%s", err->msg);
	return *ret_error ? 0 : -1;
}

int og_make_skill(struct og_thinking *t, const json_t *args, json_t **ret, json_t **ret_error)
{
	const char *text = og_json_str(args, "text");
	struct og_err err = OG_ERR_INIT;
	json_t *doc = NULL;

	if (strlen(text) > OG_MODEL_SKILL_MAX)
		og_fail(&err, OG_EDATA, "SKILL.md: more than %zu bytes", OG_MODEL_SKILL_MAX);
	else if (t->with->read_skill(t->with->read_skill_arg, text, strlen(text), &doc, &err) == 0)
		*ret = json_pack("{s:o}", "doc", doc);
	if (*ret)
		return 0;
	return not_read(t, &err, "skill", ret_error);
}

int og_make_policy(struct og_thinking *t, const json_t *args, json_t **ret, json_t **ret_error)
{
	const char *text = og_json_str(args, "text"), *name = og_json_str(args, "name");
	json_t *record = json_object(), *node = json_object_get(args, "node");
	struct og_err err = OG_ERR_INIT;

	if (json_is_string(node))
		json_object_set(record, "node", node);
	if (og_text_hidden(text, strlen(text)) || og_text_hidden(name, strlen(name)))
		og_fail(&err, OG_EDATA, "the document holds characters that cannot be seen");
	else if (og_policy_read(text, strlen(text), name, record, &err) == 0)
		*ret = json_pack("{s:O}", "policy", record);
	json_decref(record);
	if (*ret)
		return 0;
	return not_read(t, &err, "policy", ret_error);
}

/* --- doing it ----------------------------------------------------------------------- */

static void note_done(struct og_thinking *t, const struct og_tool *tool, const json_t *reply)
{
	const char *step = og_json_str(reply, "step");
	struct og_err ignored = OG_ERR_INIT;

	og_think_refusal(t, NULL);
	og_result_step(t->job->result, step ? step : tool->name, "done",
		       og_json_int(reply, "affected", -1), og_json_int(reply, "seq", 0), NULL,
		       &ignored);
}

/* Not a no: somebody has to be asked first. */
static int wants_approval(const json_t *reply)
{
	const char *rule = og_json_str(reply, "rule");

	return rule && strcmp(rule, "approval-needed") == 0;
}

static void note_refused(struct og_thinking *t, const struct og_tool *tool, const json_t *reply)
{
	const char *step = og_json_str(reply, "step"), *why = og_json_str(reply, "why");
	struct og_err ignored = OG_ERR_INIT;

	og_think_refusal(t, reply);
	if (wants_approval(reply))
		return;
	og_result_step(t->job->result, step ? step : tool->name, "failed", -1, 0,
		       why ? why : "refused", &ignored);
}

static json_t *show_done(struct og_thinking *t, const json_t *reply)
{
	static const char *const members[] = { "affected", "last_id", "name",
					       "hash",	   "changed", "binds" };
	json_t *output = json_pack("{s:b}", "done", 1), *value;
	size_t asks = json_array_size(json_object_get(reply, "asks"));

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		value = json_object_get(reply, members[i]);
		if (value)
			json_object_set_new(output, members[i], og_show_value(value));
	}
	og_entry_note(t, reply, output);
	og_source_json(t, output);
	if (asks)
		json_object_set_new(output, "notice",
				    json_sprintf("It asks for %zu grants, which an administrator "
						 "has to give before it can run.",
						 asks));
	return output;
}

/* Sends a request, which is taken. */
static enum og_turn send(struct og_thinking *t, const struct og_tool *tool, json_t *request,
			 struct og_acted *ret)
{
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(t->job, tool->verb, request, &reply);

	if (turn == OG_TURN_OK) {
		note_done(t, tool, reply);
		ret->output = show_done(t, reply);
	} else if (turn == OG_TURN_REFUSED) {
		note_refused(t, tool, reply);
		ret->error = og_tool_refused(reply, NULL);
		if (wants_approval(reply))
			json_object_set_new(ret->error, "fix",
					    json_string("ask_approval with this tool and these "
							"arguments"));
	}
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

/* The request of a tool; none when the arguments were no good. */
static enum og_turn make(struct og_thinking *t, const struct og_tool *tool, const json_t *args,
			 json_t **ret, json_t **ret_error)
{
	*ret = NULL;
	if (tool->make(t, args, ret, ret_error) == 0)
		return OG_TURN_OK;
	if (!t->job->report->why[0])
		og_job_broken(t->job, "out of memory");
	return OG_TURN_BROKEN;
}

enum og_turn og_tool_act(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	json_t *request;
	enum og_turn turn = make(t, ret->tool, args, &request, &ret->error);

	return request ? send(t, ret->tool, request, ret) : turn;
}

/* --- asking ------------------------------------------------------------------------- */

static json_t *bad_question(const char *question)
{
	size_t len = strlen(question);

	if (len == 0 || len > OG_QUESTION_MAX)
		return og_tool_error("arguments", "ask one thing", "a question has 1 to %d bytes",
				     OG_QUESTION_MAX);
	if (og_text_hidden(question, len))
		return og_tool_error("arguments", "write it plainly",
				     "the question holds characters that cannot be seen");
	return NULL;
}

enum og_turn og_tool_ask_user(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	const char *question = og_json_str(args, "question"), *answer;
	json_t *reply = NULL;
	enum og_turn turn;

	ret->error = bad_question(question);
	if (ret->error)
		return OG_TURN_OK;
	turn = og_job_ask(t->job, "ask",
			  json_pack("{s:s,s:s}", "for", "answer", "question", question), &reply);
	answer = og_json_str(reply, "answer");
	if (turn == OG_TURN_OK) {
		og_source_text(t, answer);
		ret->output = json_pack("{s:o}", "answer",
					og_show_text(answer ? answer : "",
						     answer ? strlen(answer) : 0, OG_ANSWER_MAX));
	} else if (turn == OG_TURN_REFUSED) {
		ret->error = og_tool_refused(reply, NULL);
	}
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

/* Asks for that request; *ret_digest: it was approved. */
static enum og_turn approved(struct og_thinking *t, const char *question, const json_t *about,
			     json_t **ret_digest, struct og_acted *ret)
{
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(
		t->job, "ask",
		json_pack("{s:s,s:s,s:O}", "for", "approval", "question", question, "about", about),
		&reply);

	*ret_digest = NULL;
	if (turn == OG_TURN_OK)
		*ret_digest = json_incref(json_object_get(reply, "digest"));
	if (turn == OG_TURN_REFUSED)
		og_think_refusal(t, reply);
	if (turn == OG_TURN_REFUSED || (turn == OG_TURN_OK && !*ret_digest))
		ret->error = og_tool_refused(reply, NULL);
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

static enum og_turn ask_and_send(struct og_thinking *t, const struct og_tool *tool,
				 const char *question, json_t *request, struct og_acted *ret)
{
	json_t *about = json_copy(request), *digest = NULL;
	enum og_turn turn;

	json_object_set_new(about, "verb", json_string(tool->verb));
	turn = approved(t, question, about, &digest, ret);
	json_decref(about);
	if (!digest) {
		json_decref(request);
		return turn;
	}
	json_object_set_new(request, "approval", digest);
	return send(t, tool, request, ret);
}

enum og_turn og_tool_approval(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	const struct og_tool *tool = og_tool_find(og_json_str(args, "tool"));
	const json_t *arguments = json_object_get(args, "arguments");
	const char *question = og_json_str(args, "question");
	json_t *request = NULL;
	enum og_turn turn;

	if (!og_tool_offered(t, tool)) {
		og_tool_forbidden(t, tool->name);
		ret->error = og_tool_error("no-tool", "call what is offered",
					   "'%s' is no tool here", tool->name);
	}
	if (!ret->error && !og_tool_allowed(t, tool))
		ret->error = og_tool_error("allowed-tools", "use what the skill allows, or give_up",
					   "the skill's allowed-tools has no '%s'", tool->name);
	if (!ret->error)
		ret->error = bad_question(question);
	if (!ret->error)
		ret->error = og_tool_check(tool, arguments);
	if (ret->error)
		return OG_TURN_OK;
	turn = make(t, tool, arguments, &request, &ret->error);
	return request ? ask_and_send(t, tool, question, request, ret) : turn;
}
