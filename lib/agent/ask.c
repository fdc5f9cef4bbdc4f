/*
 * A task's requests to the shield, and what a reply means beside its
 * answer: that the task has to wait, that it is another worker's by now, or
 * that the shield itself cannot go on.
 */
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"

void og_job_outcome(struct og_job *job, enum og_outcome outcome, const char *why)
{
	job->report->outcome = outcome;
	og_text_format(job->report->why, sizeof(job->report->why), "%s", why);
}

void og_job_broken(struct og_job *job, const char *why)
{
	og_job_outcome(job, OG_OUTCOME_RETRY, why);
}

/* Disk full, file locked, memory short: the shield said so itself, and the
 * same request may pass later. Its rules have names of their own. */
int og_job_in_trouble(struct og_job *job, const json_t *reply)
{
	const char *rule = og_json_str(reply, "rule"), *why = og_json_str(reply, "why");
	int64_t code = og_json_int(reply, "code", OG_NO);

	if (!rule || strcmp(rule, "failed") != 0 || code == OG_EBUG)
		return 0;
	og_job_outcome(job, OG_OUTCOME_TROUBLE, why ? why : "the shield cannot go on");
	job->report->code = (int)code;
	return 1;
}

/* Not now: the delivery goes back, for at most as long as the shield says. */
void og_job_waits(struct og_job *job, const json_t *reply, const char *why)
{
	og_job_outcome(job, OG_OUTCOME_WAITING, why ? why : "it waits");
	job->report->delay_ms = og_json_int(reply, "delay_ms", 0);
	og_text_format(job->report->state, sizeof(job->report->state), "%s",
		       og_state_name(OG_TASK_WAITING));
}

int og_said_wait(const json_t *reply)
{
	const char *verdict = og_json_str(reply, "verdict");

	return verdict && strcmp(verdict, "wait") == 0;
}

/* A lock that was not had, a full disk, a failing one: said of a step, it
 * is not the step's fault either, and the task need not end for it. */
static int shield_ails(int64_t code)
{
	return code == OG_ETEMP || code == OG_EOS || code == OG_EIO;
}

/* A refusal that is no answer to the question: it has to wait, the task is
 * another worker's by now, or the shield ails. */
static int beyond_us(struct og_job *job, const json_t *reply)
{
	const char *rule = og_json_str(reply, "rule");

	if (og_said_wait(reply)) {
		og_job_waits(job, reply, og_json_str(reply, "why"));
		return 1;
	}
	if (rule && strcmp(rule, "stale-epoch") == 0) {
		og_job_outcome(job, OG_OUTCOME_LOST, "another worker took the task over");
		return 1;
	}
	return shield_ails(og_json_int(reply, "code", OG_NO)) && og_job_in_trouble(job, reply);
}

/* What is on record is not asked again; what neither is nor can be asked is
 * for the planner to end with. */
static enum og_turn answer_of(struct og_job *job, const char *verb, json_t *request, json_t **ret)
{
	int known = og_records_answer(job, verb, request, ret);
	struct og_err err = OG_ERR_INIT;

	if (known != 0) {
		json_decref(request);
		return known > 0 ? OG_TURN_OK : OG_TURN_BROKEN;
	}
	/* Half a request would be answered as a wrong one. */
	if (json_object_set_new(request, "task", json_string(job->task)) < 0 ||
	    json_object_set_new(request, "epoch", json_integer(job->epoch)) < 0) {
		json_decref(request);
		request = NULL;
	}
	if (og_job_call(job, verb, request, ret, &err) == 0)
		return OG_TURN_OK;
	og_job_outcome(job, OG_OUTCOME_RETRY, err.msg);
	return OG_TURN_BROKEN;
}

enum og_turn og_job_ask(struct og_job *job, const char *verb, json_t *request, json_t **ret)
{
	json_t *reply = NULL;

	*ret = NULL;
	if (answer_of(job, verb, request, &reply) != OG_TURN_OK)
		return OG_TURN_BROKEN;
	og_records_heard(job, verb, reply);
	if (og_json_bool(reply, "ok", 0) || !beyond_us(job, reply)) {
		*ret = reply;
		return og_json_bool(reply, "ok", 0) ? OG_TURN_OK : OG_TURN_REFUSED;
	}
	json_decref(reply);
	return OG_TURN_BROKEN;
}

enum og_turn og_job_must(struct og_job *job, const char *verb, json_t *request, json_t **ret)
{
	enum og_turn turn = og_job_ask(job, verb, request, ret);

	if (turn != OG_TURN_REFUSED || !og_job_in_trouble(job, *ret))
		return turn;
	json_decref(*ret);
	*ret = NULL;
	return OG_TURN_BROKEN;
}
