/*
 * A task as it is told to a client. See tasks.h.
 */
#include "lib/serve/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/task/state.h"

struct search {
	og_task_found_fn *found;
	int absent, result;
};

int og_task_is_final(const char *state)
{
	int known = state ? og_state_parse(state) : -1;

	return known >= 0 && og_state_final((enum og_task_state)known);
}

const char *og_task_status_word(const char *state)
{
	static const char *const completed[] = { "done", "compensated", "interrupted" };

	if (!state || strcmp(state, "queued") == 0)
		return "pending";
	for (size_t i = 0; i < sizeof(completed) / sizeof(*completed); i++)
		if (strcmp(state, completed[i]) == 0)
			return "completed";
	return og_task_is_final(state) ? "failed" : "processing";
}

static void answer(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	struct search *search = og_exchange_kept(x);
	og_task_found_fn *found = search->found;

	if (err->code == OG_NO && search->absent)
		found(x, NULL);
	else if (err->code == OG_NO)
		og_reply_error(x, 404, "there is no such task");
	else if (err->code)
		og_reply_refusal(x, err);
	else if (search->result && !json_object_get(reply, "result"))
		og_reply_error(x, 409, "the task has no result yet");
	else
		found(x, reply);
}

static void search_for(struct og_exchange *x, const struct search *what)
{
	const char *id = og_exchange_param(x, "id");
	struct search *search;

	if (!og_uuid_valid(id)) {
		og_reply_error(x, 404, "there is no such task");
		return;
	}
	search = malloc(sizeof(*search));
	if (!search) {
		og_reply_error(x, 500, "out of memory");
		return;
	}
	*search = *what;
	og_exchange_keep(x, search, free);
	og_exchange_ask(x, "task.status", json_pack("{s:s}", "task", id), answer);
}

void og_task_find(struct og_exchange *x, og_task_found_fn *found, int absent)
{
	search_for(x, &(struct search){ found, absent, 0 });
}

void og_task_find_result(struct og_exchange *x, og_task_found_fn *found)
{
	search_for(x, &(struct search){ found, 0, 1 });
}

json_t *og_task_item(const json_t *task)
{
	static const char *const same[] = { "state",  "principal", "skill",	"text",
					    "action", "reason",	   "submitted", "finished",
					    "waits",  "progress",  "begun",	"deadline" };
	const char *state = og_json_str(task, "state");
	json_t *item = json_pack("{s:O?,s:s}", "task_id", json_object_get(task, "task"), "status",
				 og_task_status_word(state));

	for (size_t i = 0; item && i < sizeof(same) / sizeof(*same); i++)
		if (json_object_get(task, same[i]))
			json_object_set(item, same[i], json_object_get(task, same[i]));
	return item;
}

int og_task_submitted(struct og_exchange *x, const struct og_spawned *done,
		      const struct og_err *err, char id[OG_UUID_LEN + 1])
{
	struct og_err said = OG_ERR_INIT;

	if (!done) {
		og_reply_refusal(x, err);
		return 0;
	}
	if (done->status == 0 && done->len > OG_UUID_LEN) {
		memcpy(id, done->out, OG_UUID_LEN);
		id[OG_UUID_LEN] = '\0';
		if (og_uuid_valid(id))
			return 1;
	}
	og_spawned_error(done, &said);
	og_reply_refusal(x, &said);
	return 0;
}

void og_task_told(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err,
		  unsigned no, const char *message)
{
	struct og_err said = OG_ERR_INIT;

	if (!done) {
		og_reply_refusal(x, err);
	} else if (done->status != 0) {
		og_spawned_error(done, &said);
		og_reply_error(x, said.code == OG_NO ? no : og_http_status(said.code), "%s",
			       said.msg);
	} else {
		og_reply_json(x, 202,
			      json_pack("{s:s,s:s}", "status", "success", "message", message));
	}
}
