/*
 * embed.reserve and embed.settle: what embeddings may cost, and did. They
 * are no turn of a task: a program that searches or adds documents asks for
 * them in its session, and a worker for what a planner searches; then the
 * entry names the task, and its own limits are those of its turns. The other
 * limits, the counters and the entries are those of a planner's calls
 * (spend.h). The reservation belongs to the
 * conversation, which has one at most. One that is never settled stays
 * spent: counted, and lost on the ledger with the next reservation.
 *
 * A model whose price nobody knows is counted by its tokens alone.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/shield/embedding.h"
#include "lib/shield/spend.h"
#include "lib/shield/verbs.h"

struct reserved {
	struct og_turn_row row; /* its strings are the record's, or static */
	json_t *record;		/* {"day","model","tokens","nanousd"} */
	char none[1];		/* the skill of what is no task's turn */
};

static void release(struct reserved *reserved)
{
	json_decref(reserved->record);
}

static int64_t cost_of(const struct og_request *rq, const char *model, int64_t input)
{
	const struct og_usage usage = { .input = input };
	struct og_price price;

	return og_spend_price(rq->shield, model, &price) ? og_price_cost(&price, &usage) : 0;
}

/* Points the row at what the record has. */
static void view(struct reserved *reserved)
{
	const json_t *record = reserved->record;

	memset(&reserved->row, 0, sizeof(reserved->row));
	reserved->row.model = (char *)(uintptr_t)og_json_str(record, "model");
	reserved->row.day = (char *)(uintptr_t)og_json_str(record, "day");
	reserved->none[0] = '\0';
	reserved->row.skill = reserved->none;
	reserved->row.tokens = og_json_int(record, "tokens", 0);
	reserved->row.nanousd = og_json_int(record, "nanousd", 0);
}

/* The conversation's, which has none any more. 1, 0. */
static int take(struct og_request *rq, struct reserved *ret)
{
	ret->record = rq->talk->reserved;
	rq->talk->reserved = NULL;
	if (!ret->record)
		return 0;
	view(ret);
	return 1;
}

/* --- reserving ------------------------------------------------------------------- */

static int check(struct og_request *rq, int64_t *ret_input, struct og_err *err)
{
	const char *model = og_json_str(rq->body, "model");

	*ret_input = og_json_int(rq->body, "input", -1);
	if (!model || !*model || strlen(model) > OG_EMBED_MODEL_MAX)
		return og_fail(err, OG_EDATA, "request: 'model' is no name of an embedding model");
	if (*ret_input < 1 || *ret_input > OG_USAGE_MAX)
		return og_fail(err, OG_EDATA, "request: 'input' is no count of tokens");
	return 0;
}

static int lose_before(struct og_request *rq, struct og_err *err)
{
	struct reserved before;
	int rc = 0;

	if (!take(rq, &before))
		return 0;
	rc = og_spend_lost(rq, &before.row, "nobody said what came of it", err);
	release(&before);
	return rc;
}

static int reserve(struct og_request *rq, struct reserved *reserved, struct og_err *err)
{
	struct og_cost left;

	view(reserved);
	if (lose_before(rq, err) < 0 || og_spend_within(rq, &reserved->row, &left, err) < 0 ||
	    og_spend_count(rq, &reserved->row, 1, err) < 0 ||
	    og_json_set(rq->reply, "tokens", json_integer(reserved->row.tokens), err) < 0 ||
	    og_json_set(rq->reply, "nanousd", json_integer(reserved->row.nanousd), err) < 0)
		return -1;
	return og_frame_commit(&rq->shield->frame, 0, err);
}

int og_verb_embed_reserve(struct og_request *rq, struct og_err *err)
{
	const char *model = og_json_str(rq->body, "model");
	struct reserved reserved;
	char now[OG_TIME_LEN + 1];
	int64_t input;

	if (check(rq, &input, err) < 0)
		return -1;
	og_time_format(og_now_ms(), now);
	reserved.record =
		json_pack("{s:s%,s:s,s:I,s:I}", "day", now, (size_t)10, "model", model, "tokens",
			  (json_int_t)input, "nanousd", (json_int_t)cost_of(rq, model, input));
	if (!reserved.record)
		return og_fail_nomem(err);
	if (reserve(rq, &reserved, err) < 0) {
		release(&reserved);
		return -1;
	}
	rq->talk->reserved = reserved.record;
	return 0;
}

/* --- settling -------------------------------------------------------------------- */

/* What is known of it, or all that was reserved. */
static int answered(struct og_request *rq, struct og_turn_row *row, struct og_err *err)
{
	int64_t input = og_json_int(rq->body, "input", row->tokens);
	json_t *body;
	int rc;

	if (input < 0 || input > OG_USAGE_MAX)
		return og_fail(err, OG_EDATA, "request: 'input' is no count of tokens");
	if (og_spend_count(rq, row, -1, err) < 0)
		return -1;
	row->tokens = input;
	row->nanousd = cost_of(rq, row->model, input);
	if (og_spend_count(rq, row, 1, err) < 0)
		return -1;
	body = json_pack("{s:s,s:s,s:s,s:I,s:I,s:{s:I,s:i},s:s}", "day", row->day, "for", "embed",
			 "model", row->model, "nanousd", (json_int_t)row->nanousd, "tokens",
			 (json_int_t)row->tokens, "usage", "input", (json_int_t)input, "output", 0,
			 "verdict", "allow");
	rc = body ? og_request_write_entry(rq, "model.answer", body, err) : og_fail_nomem(err);
	json_decref(body);
	return rc;
}

static int settle(struct og_request *rq, struct og_turn_row *row, struct og_err *err)
{
	const char *outcome = og_json_str(rq->body, "outcome");

	if (outcome && strcmp(outcome, "answered") == 0)
		return answered(rq, row, err);
	if (outcome && strcmp(outcome, "unpaid") == 0)
		return og_spend_count(rq, row, -1, err);
	if (outcome && strcmp(outcome, "unknown") == 0)
		return og_spend_lost(rq, row, "it is not known whether it was answered", err);
	return og_fail(err, OG_EDATA, "request: 'outcome' is none of answered, unpaid, unknown");
}

int og_verb_embed_settle(struct og_request *rq, struct og_err *err)
{
	struct reserved reserved;
	int rc;

	if (!take(rq, &reserved))
		return og_refuse(rq, OG_CONFLICT, "no-turn", err, "nothing is reserved here");
	rc = settle(rq, &reserved.row, err);
	if (rc == 0)
		rc = og_json_set(rq->reply, "nanousd", json_integer(reserved.row.nanousd), err);
	if (rc == 0)
		rc = og_frame_commit(&rq->shield->frame, 0, err);
	release(&reserved);
	return rc;
}
