/* Building result documents. */
#include "lib/task/result.h"

#include <string.h>

#include "lib/base/clock.h"

json_t *og_result_new(const char *task, const char *principal, const char *text)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:n,s:s,s:n,s:s,s:{},s:[],s:[],s:[],s:[],s:[],"
			 "s:{},s:{}}",
			 "v", 1, "task", task, "principal", principal ? principal : "", "text",
			 text ? text : "", "state", "failed", "reason", "", "skill", "planner",
			 "skill", "model", "answer", "", "data", "steps", "compensation", "trace",
			 "citations", "actions", "ledger", "cost");
}

void og_result_state(json_t *result, enum og_task_state state, const char *reason)
{
	json_object_set_new(result, "state", json_string(og_state_name(state)));
	json_object_set_new(result, "reason", json_string(reason ? reason : ""));
}

json_t *og_result_undelivered(const struct og_envelope *envelope, int begun, const char *reason)
{
	const char *skill = og_json_str(envelope->action, "skill");
	json_t *result = og_result_new(envelope->id, envelope->principal,
				       envelope->text ? envelope->text : skill);

	if (!result)
		return NULL;
	if (skill)
		json_object_set_new(result, "skill", json_string(skill));
	json_object_set_new(result, "submitted", json_string(envelope->submitted));
	og_result_state(result, begun ? OG_TASK_IN_DOUBT : OG_TASK_FAILED, reason);
	return result;
}

static int append(json_t *result, const char *list, json_t *item, struct og_err *err)
{
	if (!item || json_array_append_new(json_object_get(result, list), item) < 0)
		return og_fail_nomem(err);
	return 0;
}

int og_result_trace(json_t *result, int64_t ms, const char *agent, const char *action,
		    const char *details, struct og_err *err)
{
	char now[OG_TIME_LEN + 1];

	og_time_format(ms, now);
	return append(result, "trace",
		      json_pack("{s:s,s:s,s:s,s:s}", "time", now, "agent", agent, "action", action,
				"details", details),
		      err);
}

int og_result_step(json_t *result, const char *name, const char *state, int64_t affected,
		   int64_t seq, const char *why, struct og_err *err)
{
	json_t *step = json_pack("{s:s,s:s}", "name", name, "state", state);

	if (step && affected >= 0)
		json_object_set_new(step, "affected", json_integer(affected));
	if (step && seq > 0)
		json_object_set_new(step, "seq", json_integer(seq));
	if (step && why)
		json_object_set_new(step, "why", json_string(why));
	return append(result, "steps", step, err);
}

int og_result_undo(json_t *result, const char *step, const char *state, const char *how,
		   const char *why, struct og_err *err)
{
	json_t *steps = json_object_get(result, "steps"), *item;
	json_t *undo = json_pack("{s:s,s:s,s:s}", "step", step, "state", state, "how", how);
	size_t i;

	if (undo && why)
		json_object_set_new(undo, "why", json_string(why));
	json_array_foreach(steps, i, item)
	{
		const char *name = og_json_str(item, "name");

		if (strcmp(state, "undone") == 0 && name && strcmp(name, step) == 0)
			json_object_set_new(item, "state", json_string("undone"));
	}
	return append(result, "compensation", undo, err);
}

int og_result_rows(json_t *result, const json_t *rows, struct og_err *err)
{
	json_t *data = json_object_get(result, "data"), *set;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)rows, name, set)
	{
		json_t *there = json_object_get(data, name);
		int rc = there ? json_array_extend(there, set)
			       : json_object_set_new(data, name, json_copy(set));

		if (rc < 0)
			return og_fail_nomem(err);
	}
	return 0;
}
