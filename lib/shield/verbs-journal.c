/*
 * journal.put and journal.get: what a model answered, on record with the
 * task and settled with what it cost; and all that is on record of a task,
 * for a worker that takes it over and for a rerun without a database.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/calls.h"
#include "lib/shield/spend.h"
#include "lib/shield/steps.h"
#include "lib/shield/verbs.h"

#define PAGE_DEFAULT 200
#define PAGE_MAX     1000
#define PAGE_BYTES   ((int64_t)3 << 20) /* then no more items; one has 4 MiB at the most */

/* --- journal.put ----------------------------------------------------------------- */

static int put_reply(struct og_request *rq, const struct og_turn_row *row, int64_t seq,
		     struct og_err *err)
{
	if (og_json_set(rq->reply, "turn", json_integer(row->turn), err) < 0 ||
	    og_json_set(rq->reply, "tokens", json_integer(row->tokens), err) < 0 ||
	    og_json_set(rq->reply, "nanousd", json_integer(row->nanousd), err) < 0 ||
	    og_json_set(rq->reply, "seq", json_integer(seq), err) < 0)
		return -1;
	return og_json_set(rq->reply, "at", json_string(row->time), err);
}

/* 1: it was put before, and the reply is that; 0; -1. */
static int put_before(struct og_request *rq, int64_t turn, const char *digest, struct og_err *err)
{
	struct og_turn_row row;
	int found = og_turn_row_get(rq->shield->tasks, rq->task.id, turn, &row, err);

	if (found != 1)
		return found;
	if (strcmp(row.state, "answered") != 0)
		found = 0;
	else if (!row.digest || strcmp(row.digest, digest) != 0)
		found = og_refuse(rq, OG_CONFLICT, "other-turn", err,
				  "turn %lld was another question", (long long)turn);
	else if (put_reply(rq, &row, row.seq, err) < 0 ||
		 og_json_set(rq->reply, "replayed", json_true(), err) < 0)
		found = -1;
	og_turn_row_release(&row);
	return found;
}

/* The answer as text, and the digest of its canonical form. */
static int take_answer(struct og_request *rq, struct og_turn_row *row, char digest[OG_HASH_HEX + 1],
		       struct og_err *err)
{
	json_t *answer = json_object_get(rq->body, "answer");
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_CALL_REPLY_MAX);
	if (og_json_dump(answer, &text, err) < 0 || text.len >= OG_CALL_REPLY_MAX) {
		og_refuse(rq, OG_BUDGET, "reply-size", err,
			  "the answer is longer than %zu MiB, the most that is kept of one",
			  OG_CALL_REPLY_MAX >> 20);
	} else {
		free(row->answer);
		row->answer = text.data;
		memset(&text, 0, sizeof(text));
		rc = og_run_digest(json_incref(answer), digest, err);
	}
	og_buf_release(&text);
	return rc;
}

/* What a usage says, and nothing that came with it: it is told in the
 * ledger for good, which has no word of an answer. Heap. */
static char *usage_text(const struct og_usage *usage)
{
	json_t *bare = json_pack("{s:I,s:I,s:I}", "cached", (json_int_t)usage->cached, "input",
				 (json_int_t)usage->input, "output", (json_int_t)usage->output);
	char *text = bare ? json_dumps(bare, JSON_COMPACT) : NULL;

	json_decref(bare);
	return text;
}

/* By what was used, or all that was reserved. */
static int take_usage(struct og_request *rq, struct og_turn_row *row, struct og_err *err)
{
	const json_t *told = json_object_get(rq->body, "usage");
	struct og_usage usage;
	struct og_price price;

	if (!told)
		return 0;
	if (og_usage_read(told, &usage) < 0)
		return og_fail(err, OG_EDATA, "request: 'usage' is no usage");
	free(row->usage);
	row->usage = usage_text(&usage);
	if (!row->usage)
		return og_fail_nomem(err);
	row->tokens = usage.input + usage.output;
	if (og_spend_price(rq->shield, row->model, &price))
		row->nanousd = og_price_cost(&price, &usage);
	return 0;
}

static json_t *entry_body(const struct og_turn_row *row, const char *answer)
{
	json_t *usage = row->usage ? json_loads(row->usage, 0, NULL) : NULL;

	return json_pack("{s:s,s:s,s:s,s:I,s:s,s:I,s:I,s:o?,s:s}", "answer", answer, "day",
			 row->day, "model", row->model, "nanousd", (json_int_t)row->nanousd,
			 "request", row->digest, "tokens", (json_int_t)row->tokens, "turn",
			 (json_int_t)row->turn, "usage", usage, "verdict", "allow");
}

static int write_entry(struct og_request *rq, struct og_turn_row *row, const char *answer,
		       struct og_err *err)
{
	json_t *body = entry_body(row, answer);
	int rc = body ? og_request_write_entry(rq, "model.answer", body, err) : og_fail_nomem(err);

	json_decref(body);
	row->seq = og_json_int(rq->reply, "seq", 0);
	return rc;
}

static int turn_answered(struct og_turn_row *row, const char *digest)
{
	char now[OG_TIME_LEN + 1];

	og_time_format(og_now_ms(), now);
	free(row->state);
	free(row->digest);
	free(row->time);
	row->state = strdup("answered");
	row->digest = strdup(digest);
	row->time = strdup(now);
	return row->state && row->digest && row->time ? 0 : -1;
}

static int put(struct og_request *rq, struct og_turn_row *row, const char *digest,
	       struct og_err *err)
{
	char answer[OG_HASH_HEX + 1];

	if (turn_answered(row, digest) < 0)
		return og_fail_nomem(err);
	if (take_answer(rq, row, answer, err) < 0 || og_spend_count(rq, row, -1, err) < 0 ||
	    take_usage(rq, row, err) < 0 || og_spend_count(rq, row, 1, err) < 0 ||
	    og_spend_heard(rq, row, OG_HEARD_GOOD, "", err) < 0 ||
	    write_entry(rq, row, answer, err) < 0 ||
	    og_turn_row_put(rq->shield->tasks, rq->task.id, row, err) < 0)
		return -1;
	return put_reply(rq, row, row->seq, err);
}

static int is_digest(const char *digest)
{
	return digest && strlen(digest) == OG_HASH_HEX &&
	       strspn(digest, "0123456789abcdef") == OG_HASH_HEX;
}

int og_verb_journal_put(struct og_request *rq, struct og_err *err)
{
	const char *digest = og_json_str(rq->body, "digest");
	int64_t turn = og_json_int(rq->body, "turn", 0);
	struct og_turn_row row = { 0 };
	int before, rc;

	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	if (!is_digest(digest))
		return og_fail(err, OG_EDATA, "request: 'digest' is no SHA-256");
	if (rq->task.skill)
		snprintf(rq->node, sizeof(rq->node), "%s@%.12s", rq->task.skill,
			 rq->task.skill_hash);
	before = put_before(rq, turn, digest, err);
	if (before != 0)
		return before < 0 ? -1 : 0;
	if (og_spend_reserved(rq, turn, &row, err) < 0)
		return -1;
	rc = put(rq, &row, digest, err);
	og_turn_row_release(&row);
	return rc < 0 ? -1 : og_frame_commit(&rq->shield->frame, 1, err);
}

/* --- journal.get ----------------------------------------------------------------- */

static int hidden(struct og_request *rq, struct og_err *err)
{
	return og_refuse(rq, OG_DENY_QUIET, "no-task", err, "no such task");
}

/* As somebody who is signed in: an own task, or with the right. */
static int find_for_session(struct og_request *rq, struct og_err *err)
{
	const char *id = og_json_str(rq->body, "task");
	int found;

	if (rq->talk->state != OG_TALK_SESSION) {
		og_refuse(rq, OG_DENY_QUIET, "order", err, "'journal.get' is not legal here");
		return og_hint(err, "begin with session.begin or task.begin");
	}
	if (og_request_session(rq, err) < 0)
		return -1;
	if (!id || !og_uuid_valid(id))
		return og_fail(err, OG_EDATA, "request: 'task' is not a task id");
	found = og_tasks_get(rq->shield->tasks, id, &rq->task, err);
	if (found < 0)
		return -1;
	if (found == 0 || rq->task.same_as ||
	    (rq->task.principal != rq->who.id && !og_access_right(&rq->who, "tasks")))
		return hidden(rq, err);
	return og_access_principal_kept(rq->shield->access, rq->task.principal, &rq->who, err);
}

/* What task.begin said of it, and how it ended. */
static int tell_task(struct og_request *rq, struct og_err *err)
{
	json_t *reply = rq->reply, *begun = json_object(), *result;
	int rc;

	if (!begun)
		return og_fail_nomem(err);
	rq->reply = begun;
	rc = og_task_describe(rq, &rq->task, err);
	rq->reply = reply;
	result = json_incref(json_object_get(begun, "result"));
	json_object_del(begun, "result");
	if (og_json_set(reply, "begun", begun, err) < 0 || rc < 0) {
		json_decref(result);
		return -1;
	}
	return result ? og_json_set(reply, "result", result, err) : 0;
}

int og_verb_journal_get(struct og_request *rq, struct og_err *err)
{
	int64_t after = og_json_int(rq->body, "after", 0);
	struct og_page page = { .after = after,
				.limit = og_json_int(rq->body, "limit", PAGE_DEFAULT),
				.bytes = PAGE_BYTES,
				.turns = json_array(),
				.calls = json_array() };

	if (og_json_set(rq->reply, "turns", page.turns, err) < 0 ||
	    og_json_set(rq->reply, "calls", page.calls, err) < 0)
		return -1;
	if (after < 0 || page.limit < 1 || page.limit > PAGE_MAX)
		return og_fail(err, OG_EDATA,
			       "request: 'after' is negative, or 'limit' not between 1 and %d",
			       PAGE_MAX);
	if ((json_object_get(rq->body, "epoch") ? og_request_task(rq, err)
						: find_for_session(rq, err)) < 0)
		return -1;
	if ((after == 0 && tell_task(rq, err) < 0) ||
	    og_records_page(rq->shield->tasks, rq->task.id, &page, err) < 0 ||
	    og_json_set(rq->reply, "next", json_integer(page.next), err) < 0)
		return -1;
	return og_json_set(rq->reply, "more", json_boolean(page.more), err);
}
