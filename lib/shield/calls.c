/* See calls.h. */
#include "lib/shield/calls.h"

#include <stdlib.h>
#include <string.h>

#include "lib/proc/channel.h"

/* 1: the row is this request's; 0: there is none; -1. */
static int find(struct og_request *rq, struct og_call_row *ret, struct og_err *err)
{
	int found = og_call_row_get(rq->shield->tasks, rq->task.id, rq->call, ret, err);

	if (found != 1 || strcmp(ret->digest, rq->call_digest) == 0)
		return found;
	og_call_row_release(ret);
	og_refuse(rq, OG_CONFLICT, "other-call", err, "call %lld was made with other content",
		  (long long)rq->call);
	return og_hint(err, "a number stands for one request; take the next one");
}

static int take_record(struct og_request *rq, const struct og_call_row *row, struct og_err *err)
{
	if (og_json_parse(row->reply, strlen(row->reply), OG_CHANNEL_LINE_MAX, "record",
			  &rq->recorded, err) == 0 &&
	    json_object_get(rq->recorded, "ok"))
		return 1;
	json_decref(rq->recorded);
	rq->recorded = NULL;
	return og_fail(err, OG_EDATA, "the recorded reply of call %lld cannot be read",
		       (long long)rq->call);
}

/* Whose request it is, and what it is known by. */
static int identify(struct og_request *rq, struct og_err *err)
{
	const json_t *call = json_object_get(rq->body, "call");

	if (!json_is_integer(call) || json_integer_value(call) < 0 ||
	    json_integer_value(call) > OG_CALL_NUMBER_MAX)
		return og_fail(err, OG_EDATA, "request: 'call' is not between 0 and %lld",
			       (long long)OG_CALL_NUMBER_MAX);
	if (!json_object_get(rq->body, "task"))
		return og_fail(err, OG_EDATA, "request: only those of a task are numbered");
	rq->call = json_integer_value(call);
	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	return og_channel_digest(rq->body, rq->call_digest, err);
}

int og_call_begin(struct og_request *rq, struct og_err *err)
{
	struct og_call_row row = { 0 };
	int found;

	if (identify(rq, err) < 0)
		return -1;
	found = find(rq, &row, err);
	if (found == 1)
		found = take_record(rq, &row, err);
	if (found == 0) {
		rq->numbered = 1;
		rq->turned_back = rq->task.next_step < 0;
		og_time_format(og_now_ms(), rq->at);
	}
	og_call_row_release(&row);
	return found;
}

int og_call_keeps(const struct og_request *rq, const struct og_err *why)
{
	if (!rq->numbered || rq->turned_back || strcmp(rq->rule, "in-doubt") == 0)
		return 0;
	switch (rq->refusal) {
	case OG_WAIT:
	case OG_STALE:
	case OG_UNSUPPORTED:
		return 0;
	case OG_REFUSAL_NONE:
		return why->code == OG_NO || why->code == OG_EPERM || why->code == OG_EDATA;
	default:
		return 1;
	}
}

/* Refusals are short, and the last word of a task must find its place. */
static int has_room(struct og_request *rq, int64_t size, struct og_err *err)
{
	int64_t before = 0;

	if (og_records_size(rq->shield->tasks, rq->task.id, 0, &before, err) < 0)
		return -1;
	if (before + size <= OG_TASK_RECORDS_MAX)
		return 0;
	og_refuse(rq, OG_BUDGET, "records-size", err,
		  "the records of the task are longer than %lld MiB together",
		  (long long)OG_TASK_RECORDS_MAX >> 20);
	return og_hint(err, "ask for less at a time");
}

/* The reply as it is recorded: without what belongs to one asking. Heap. */
static char *reply_text(struct og_request *rq, int rc, const struct og_err *why)
{
	json_t *reply = og_request_reply(rq, rc, why), *bare = json_copy(reply);
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	json_object_del(bare, "v");
	json_object_del(bare, "id");
	if (!bare || og_json_dump(bare, &text, &quiet) < 0)
		og_buf_release(&text);
	json_decref(bare);
	json_decref(reply);
	return text.data;
}

int og_call_keep(struct og_request *rq, int rc, const struct og_err *why, struct og_err *err)
{
	struct og_call_row row = { .call = rq->call, .digest = rq->call_digest };
	int kept = -1;

	row.verb = (char *)og_json_str(rq->body, "verb");
	row.reply = reply_text(rq, rc, why);
	if (!row.reply)
		return og_fail_nomem(err);
	if (rc >= 0 && strlen(row.reply) > OG_CALL_REPLY_MAX) {
		og_refuse(rq, OG_BUDGET, "reply-size", err,
			  "the reply is longer than %zu MiB, the most that is kept of one",
			  OG_CALL_REPLY_MAX >> 20);
		og_hint(err, "ask for fewer rows");
	} else if (rc < 0 || has_room(rq, (int64_t)strlen(row.reply), err) == 0) {
		kept = og_call_row_put(rq->shield->tasks, rq->task.id, &row, err);
	}
	free(row.reply);
	return kept;
}

/* Is something to be sent, or open still? Then another request ends it. */
static int is_half(const struct og_request *rq)
{
	return json_is_object(json_object_get(rq->reply, "send")) ||
	       json_is_true(json_object_get(rq->reply, "pending"));
}

int og_request_commit(struct og_request *rq, int sync, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;

	int kept = rq->numbered && !is_half(rq);

	if (kept && !frame->writing && og_frame_begin(frame, err) < 0)
		return -1;
	if (kept && og_call_keep(rq, 0, err, err) < 0)
		return -1;
	return og_frame_commit(frame, sync, err);
}
