/* See acts.h. */
#include "lib/shield/acts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shield/ask.h"
#include "lib/shield/effects.h"
#include "lib/shield/proposal.h"
#include "lib/skill/allowed.h"

int og_act_is(const struct og_journal *row)
{
	return row->ordinal >= OG_ACT_ORDINAL;
}

static int in_time(const struct og_task_row *task)
{
	int64_t deadline;

	return !task->deadline || og_time_parse(task->deadline, &deadline) < 0 ||
	       og_now_ms() < deadline;
}

int og_task_forward(struct og_request *rq, struct og_err *err)
{
	const struct og_task_row *task = &rq->task;
	int cancelled;

	if (task->next_step < 0)
		return og_refuse(rq, OG_CONFLICT, "turned-back", err,
				 "the task is being taken back");
	cancelled = og_consent_cancelled(rq->shield->tasks, task->id, task->principal, err);
	if (cancelled == 1)
		og_refuse(rq, OG_DENY, "cancelled", err, "the task was cancelled");
	if (cancelled != 0 || og_request_active(rq, err) < 0)
		return -1;
	if (!in_time(task))
		return og_refuse(rq, OG_DENY, "deadline", err, "deadline: it was to be done by %s",
				 task->deadline);
	return 0;
}

static void name_it(struct og_request *rq, int64_t call)
{
	snprintf(rq->act, sizeof(rq->act), "call-%lld", (long long)call);
	rq->step = rq->act;
}

void og_act_again(struct og_request *rq, const struct og_journal *row)
{
	name_it(rq, row->ordinal - OG_ACT_ORDINAL);
}

int og_act_name(struct og_request *rq, struct og_err *err)
{
	int64_t call = og_json_int(rq->body, "call", -1);

	if (call < 0 || call > OG_ACT_MAX) {
		og_fail(err, OG_EDATA, "request: '%s' in a task needs a number, 'call'",
			og_json_str(rq->body, "verb"));
		return og_hint(err, "whole numbers, from 0 to %lld", (long long)OG_ACT_MAX);
	}
	name_it(rq, call);
	return 0;
}

/* Does a model speak? Whoever works on a task says so in task.begin; where
 * nobody said it in this conversation, it may be one. */
static int is_model(const struct og_request *rq)
{
	const char *agent = og_json_str(rq->talk->agents, rq->task.id);

	return !agent || strncmp(agent, OG_AGENT_MODEL, strlen(OG_AGENT_MODEL)) == 0;
}

/* What "model_writes" says; a word that nobody knows is taken for the
 * narrowest. */
static int model_may(struct og_request *rq, struct og_err *err)
{
	const char *writes = rq->shield->conf->model_writes;

	if (!is_model(rq) || !writes || strcmp(writes, "granted") == 0)
		return 0;
	if (strcmp(writes, "approved") != 0) {
		og_refuse(rq, OG_DENY, "model-writes", err,
			  "a model changes nothing here but by the steps of skills");
		return og_hint(err, "a skill that does it, or model_writes in og.conf");
	}
	if (rq->approval)
		return 0;
	og_refuse(rq, OG_DENY, "approval-needed", err,
		  "what a model changes beside a skill takes somebody's approval here");
	return og_hint(err, "ask for it, and say whose it is with 'approval'");
}

int og_act_exists(struct og_request *rq, const char *what, const char *name, struct og_err *err)
{
	og_refuse(rq, OG_DENY, "exists", err, "there is a %s called '%s' already", what, name);
	return og_hint(err, "another name; or somebody's approval; or og-%s add", what);
}

int og_act_supersedes(struct og_request *rq, const char *name, struct og_err *err)
{
	og_refuse(rq, OG_DENY, "exists", err, "the policy '%s' is not a task's to supersede", name);
	return og_hint(err, "somebody's approval; or og-policy add --supersedes %s", name);
}

/* A second change under a number would overwrite what is known of the
 * first; whoever repeats a request gets its recorded reply before this. */
static int is_new(struct og_request *rq, int64_t call, struct og_err *err)
{
	struct og_journal row = { 0 };
	int found = og_journal_get(rq->shield->tasks, rq->task.id, OG_PHASE_DO,
				   OG_ACT_ORDINAL + call, &row, err);

	og_journal_release(&row);
	if (found == 1)
		og_refuse(rq, OG_CONFLICT, "other-call", err, "call %lld was made already",
			  (long long)call);
	return found == 0 ? 0 : -1;
}

/* The skill that the task runs narrows what it may do beside it. */
static int skill_allows(struct og_request *rq, struct og_err *err)
{
	static const char *const tools[][2] = { { "sql.write", "write" },
						{ "ddl", "change_schema" },
						{ "skill.put", "put_skill" },
						{ "policy.put", "put_policy" } };
	const char *verb = og_json_str(rq->body, "verb"), *list;
	const json_t *found;

	if (!rq->task.skill || !rq->task.skill_hash)
		return 0;
	found = og_shield_skill(rq->shield, rq->task.skill, rq->task.skill_hash, err);
	if (!found)
		return -1;
	list = og_json_str(json_object_get(found, "skill"), "allowed_tools");
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (strcmp(tools[i][0], verb) == 0 && !og_allowed(list, tools[i][1]))
			return og_refuse(rq, OG_DENY, "allowed-tools", err,
					 "allowed-tools of skill '%s' has no '%s'", rq->task.skill,
					 tools[i][1]);
	return 0;
}

int og_act_begin(struct og_request *rq, struct og_err *err)
{
	if (!rq->has_task)
		return 0;
	if (og_act_name(rq, err) < 0 || is_new(rq, og_json_int(rq->body, "call", 0), err) < 0 ||
	    og_task_forward(rq, err) < 0 || skill_allows(rq, err) < 0 ||
	    og_effect_in_the_way(rq, err) < 0 || og_ask_approved(rq, err) < 0 ||
	    og_proposal_agrees(rq, rq->body, err) < 0)
		return -1;
	return model_may(rq, err);
}

/* What is kept of it: which kind of act it was, and how to take it back. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the row's member is none */
static int journal(struct og_request *rq, int64_t seq, char *changes, struct og_err *err)
{
	struct og_journal row = { .ordinal = OG_ACT_ORDINAL + og_json_int(rq->body, "call", 0),
				  .step = rq->act,
				  .changes = changes,
				  .vars = "{}",
				  .seq = seq };
	json_t *about = json_pack("{s:s}", "verb", og_json_str(rq->body, "verb"));
	int rc = -1;

	row.digest = "";
	row.reply = about ? json_dumps(about, JSON_COMPACT) : NULL;
	if (row.reply)
		rc = og_journal_put(rq->shield->tasks, rq->task.id, OG_PHASE_DO, &row, err);
	else
		og_fail_nomem(err);
	free(row.reply);
	json_decref(about);
	return rc;
}

int og_act_keep(struct og_request *rq, int undoable, struct og_err *err)
{
	int64_t seq = og_json_int(rq->reply, "seq", 0);
	struct og_buf changes;
	int rc = -1;

	if (!rq->has_task || (undoable && !og_frame_changed(&rq->shield->frame)))
		return 0;
	og_buf_init(&changes, OG_CHANGES_MAX);
	if (!undoable || og_frame_changes(&rq->shield->frame, &changes, err) == 0)
		rc = journal(rq, seq, undoable ? changes.data : NULL, err);
	og_buf_release(&changes);
	return rc;
}

int og_act_stays(struct og_request *rq, const struct og_journal *row, struct og_err *err)
{
	json_t *about = json_loads(row->reply, 0, NULL);
	const char *verb = og_json_str(about, "verb");

	og_refuse(rq, OG_DENY, "stays", err, "'%s' (%s) is never taken back", row->step,
		  verb ? verb : "ddl");
	json_decref(about);
	return og_hint(err, "others may use it already; what was done before it stands too");
}
