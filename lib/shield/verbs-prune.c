/*
 * task.prune: the rows of finished tasks go, some at a time; what they did
 * stays on the ledger, and so does it that they were pruned, and by whom.
 */
#include <string.h>

#include "lib/shield/channel-internal.h"
#include "lib/shield/verbs.h"

#define STEP_DEFAULT 200
#define STEP_MAX     1000

static int read_request(struct og_request *rq, struct og_prune *prune, struct og_err *err)
{
	const char *before = og_json_str(rq->body, "before"),
		   *after = og_json_str(rq->body, "after");

	prune->limit = og_json_int(rq->body, "limit", STEP_DEFAULT);
	if (prune->limit < 1 || prune->limit > STEP_MAX)
		return og_fail(err, OG_EDATA, "request: 'limit' is not between 1 and %d", STEP_MAX);
	if (og_time_parse(before, &prune->before) < 0 || prune->before > og_now_ms())
		return og_fail(err, OG_EDATA, "request: 'before' is no time that has passed");
	if (after && !og_uuid_valid(after))
		return og_fail(err, OG_EDATA, "request: 'after' is not a task id");
	if (after)
		memcpy(prune->last, after, OG_UUID_LEN + 1);
	return 0;
}

static int record(struct og_request *rq, const struct og_prune *prune, struct og_err *err)
{
	json_t *body =
		json_pack("{s:O,s:s,s:s,s:I,s:s}", "before", json_object_get(rq->body, "before"),
			  "first", prune->first, "last", prune->last, "tasks",
			  (json_int_t)prune->pruned, "verdict", "allow");
	int rc = og_request_write_entry(rq, "task.prune", body, err);

	json_decref(body);
	return rc;
}

int og_verb_task_prune(struct og_request *rq, struct og_err *err)
{
	struct og_prune prune = { .limit = 0 };

	if (read_request(rq, &prune, err) < 0 || og_tasks_prune(rq->shield->tasks, &prune, err) < 0)
		return -1;
	if (og_json_set(rq->reply, "pruned", json_integer(prune.pruned), err) < 0 ||
	    og_json_set(rq->reply, "last", json_string(prune.last), err) < 0)
		return -1;
	if (prune.pruned > 0 && record(rq, &prune, err) < 0)
		return -1;
	return og_frame_commit(&rq->shield->frame, 1, err);
}
