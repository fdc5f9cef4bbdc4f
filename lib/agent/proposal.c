/*
 * Proposals: a skill or a policy that its principal may not put, or would
 * not without somebody else's look at it. The text is read here, or where
 * hostile text is read (agent.h); somebody who has the right approves just
 * what came of it, and then it is put. No model has a part in it.
 *
 * Both requests are numbered, so that a worker that takes the task over
 * finds what was answered.
 */
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/text.h"
#include "lib/policy/document.h"
#include "lib/task/result.h"

enum { ASK_CALL, PUT_CALL };

#define STANDS_SECONDS ((json_int_t)7 * 24 * 3600)

struct proposal {
	const char *kind, *name, *text, *why;
	const char *verb, *member; /* of the request that puts it */
	json_t *record;
};

/* --- what is proposed ---------------------------------------------------------- */

static int read_policy(struct proposal *p, struct og_err *err)
{
	json_t *record = json_object();

	if (!record)
		return og_fail_nomem(err);
	if (og_text_hidden(p->text, strlen(p->text)))
		og_fail(err, OG_EDATA, "the document holds characters that cannot be seen");
	else if (og_policy_read(p->text, strlen(p->text), p->name, record, err) == 0)
		p->record = json_incref(record);
	json_decref(record);
	return p->record ? 0 : -1;
}

static int read_skill(const struct og_job *job, struct proposal *p, struct og_err *err)
{
	if (!job->means->read_skill)
		return og_fail(err, OG_ETEMP, "this worker cannot read a skill");
	return job->means->read_skill(job->means->read_skill_arg, p->text, strlen(p->text),
				      &p->record, err);
}

/* The name that people were told is that of what is put. */
static int check_name(const struct proposal *p, struct og_err *err)
{
	const char *name = og_json_str(p->record, "name");

	if (name && strcmp(name, p->name) == 0)
		return 0;
	return og_fail(err, OG_EDATA, "the text is of '%s', and '%s' was to be proposed",
		       name ? name : "", p->name);
}

static int read_text(const struct og_job *job, struct proposal *p, struct og_err *err)
{
	int skill = strcmp(p->kind, "skill") == 0;

	p->verb = skill ? "skill.put" : "policy.put";
	p->member = skill ? "doc" : "policy";
	if ((skill ? read_skill(job, p, err) : read_policy(p, err)) < 0)
		return -1;
	return check_name(p, err);
}

/* A text that says no skill is its proposer's; anything else is no reason
 * to end the task. */
static enum og_turn not_read(struct og_job *job, const struct proposal *p, const struct og_err *err)
{
	if (err->code != OG_EDATA) {
		og_job_broken(job, err->msg);
		return OG_TURN_BROKEN;
	}
	og_job_end(job, OG_TASK_FAILED, "the %s '%s' cannot be read: %s", p->kind, p->name,
		   err->msg);
	return OG_TURN_OK;
}

/* --- asking and putting ---------------------------------------------------------- */

static json_t *question_of(const struct og_job *job, const struct proposal *p)
{
	const char *who = og_json_str(job->begun, "principal");
	json_t *about = json_pack("{s:s,s:O}", "verb", p->verb, p->member, p->record);
	json_t *text = json_sprintf("%s proposes the %s '%s'%s%s", who ? who : "somebody", p->kind,
				    p->name, p->why ? ": " : "", p->why ? p->why : "");

	return json_pack("{s:i,s:s,s:o,s:I,s:o}", "call", ASK_CALL, "for", "approval", "question",
			 text, "seconds", STANDS_SECONDS, "about", about);
}

static json_t *request_of(const struct proposal *p, const json_t *approved)
{
	return json_pack("{s:i,s:O,s:O}", "call", PUT_CALL, "approval",
			 json_object_get(approved, "digest"), p->member, p->record);
}

static void tell_put(struct og_job *job, const struct proposal *p, const json_t *approved,
		     const json_t *reply)
{
	const char *hash = og_json_str(reply, "hash"), *by = og_json_str(approved, "by");
	size_t asks = json_array_size(json_object_get(reply, "asks"));
	struct og_err ignored = OG_ERR_INIT;

	og_result_step(job->result, "put", "done", -1, og_json_int(reply, "seq", 0), NULL,
		       &ignored);
	json_object_set_new(
		job->result, "answer",
		json_sprintf("The %s '%s' is in force as %.12s; %s approved it.%s", p->kind,
			     p->name, hash ? hash : "", by ? by : "somebody",
			     asks ? " It asks for grants, which an administrator has to give."
				  : ""));
	og_job_trace(job, "put", "%s %s", p->kind, p->name);
	og_job_end(job, OG_TASK_DONE, "%s", "");
}

static enum og_turn put(struct og_job *job, const struct proposal *p, const json_t *approved)
{
	json_t *request = request_of(p, approved), *reply = NULL;
	enum og_turn turn;

	if (!request) {
		og_job_broken(job, "out of memory");
		return OG_TURN_BROKEN;
	}
	turn = og_job_ask(job, p->verb, request, &reply);
	if (turn == OG_TURN_OK)
		tell_put(job, p, approved, reply);
	else if (turn == OG_TURN_REFUSED)
		og_job_refused_call(job, reply);
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

static enum og_turn ask_and_put(struct og_job *job, const struct proposal *p)
{
	json_t *request = question_of(job, p), *reply = NULL;
	enum og_turn turn;

	if (!request) {
		og_job_broken(job, "out of memory");
		return OG_TURN_BROKEN;
	}
	turn = og_job_ask(job, "ask", request, &reply);
	if (turn == OG_TURN_OK)
		turn = put(job, p, reply);
	else if (turn == OG_TURN_REFUSED)
		og_job_refused_call(job, reply);
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

enum og_turn og_job_propose(struct og_job *job, const json_t *action)
{
	struct proposal p = { .kind = og_json_str(action, "propose"),
			      .name = og_json_str(action, "name"),
			      .text = og_json_str(action, "text"),
			      .why = og_json_str(action, "why") };
	struct og_err err = OG_ERR_INIT;
	enum og_turn turn;

	if (!p.kind || !p.name || !p.text) {
		og_job_end(job, OG_TASK_FAILED, "nothing that can be read is proposed");
		return OG_TURN_OK;
	}
	og_job_trace(job, "propose", "%s %s", p.kind, p.name);
	turn = read_text(job, &p, &err) < 0 ? not_read(job, &p, &err) : ask_and_put(job, &p);
	json_decref(p.record);
	return turn;
}
