/*
 * budget.reserve and budget.settle: what a question to a model may cost,
 * before it is asked, and that it brought no answer. An answer settles its
 * reservation when it is put into the journal (verbs-journal.c).
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/calls.h"
#include "lib/shield/spend.h"
#include "lib/shield/verbs.h"

#define WHY_MAX 200

/* --- reserving ----------------------------------------------------------------- */

static int check_numbers(struct og_request *rq, struct og_usage *ret, struct og_err *err)
{
	const char *model = og_json_str(rq->body, "model");
	int64_t turn = og_json_int(rq->body, "turn", 0);

	ret->input = og_json_int(rq->body, "input", -1);
	ret->output = og_json_int(rq->body, "output", -1);
	ret->cached = 0;
	if (turn < 1 || turn > OG_TURN_MAX)
		return og_fail(err, OG_EDATA, "request: 'turn' is not between 1 and %lld",
			       (long long)OG_TURN_MAX);
	if (!model || !*model || strlen(model) >= OG_PROVIDER_MAX)
		return og_fail(err, OG_EDATA, "request: 'model' is no model");
	if (ret->input < 1 || ret->output < 0 || ret->input > OG_USAGE_MAX ||
	    ret->output > OG_USAGE_MAX)
		return og_fail(err, OG_EDATA, "request: 'input' or 'output' is no count of tokens");
	return 0;
}

/* All that is on record of a task has a bound; better said before it is
 * paid, for an answer that is there is kept. */
static int has_room(struct og_request *rq, struct og_err *err)
{
	int64_t size = 0, turn = og_json_int(rq->body, "turn", 0);

	if (og_records_size(rq->shield->tasks, rq->task.id, turn, &size, err) < 0)
		return -1;
	if (size + OG_RECORD_MAX <= OG_TASK_RECORDS_MAX)
		return 0;
	return og_refuse(rq, OG_BUDGET, "records-size", err,
			 "the records of the task would be longer than %lld MiB together",
			 (long long)OG_TASK_RECORDS_MAX >> 20);
}

static int no_price(struct og_request *rq, const char *model, struct og_err *err)
{
	og_refuse(rq, OG_BUDGET, "no-price", err, "nobody knows what model '%s' costs", model);
	return og_hint(err, "model_price = INPUT OUTPUT in og.conf, or an entry in "
			    ".omnigate/prices.json; 0 0 for one of your own");
}

/* 0: it can be reserved, lost what its worker had reserved; -1. */
static int clear_turn(struct og_request *rq, int64_t turn, struct og_err *err)
{
	struct og_turn_row row;
	int found = og_turn_row_get(rq->shield->tasks, rq->task.id, turn, &row, err), rc = 0;

	if (found != 1)
		return found;
	if (strcmp(row.state, "answered") == 0)
		rc = og_refuse(rq, OG_CONFLICT, "answered", err, "turn %lld has its answer",
			       (long long)turn);
	else if (strcmp(row.state, "reserved") == 0)
		rc = og_spend_lost(rq, &row, "its worker was not heard of any more", err);
	og_turn_row_release(&row);
	return rc;
}

static int reply(struct og_request *rq, const struct og_turn_row *row, const struct og_cost *left,
		 struct og_err *err)
{
	json_t *rest = json_object();

	if (og_json_set(rq->reply, "nanousd", json_integer(row->nanousd), err) < 0 ||
	    og_json_set(rq->reply, "tokens", json_integer(row->tokens), err) < 0 ||
	    og_json_set(rq->reply, "left", rest, err) < 0)
		return -1;
	if (left->tokens >= 0 && og_json_set(rest, "tokens", json_integer(left->tokens), err) < 0)
		return -1;
	return left->nanousd < 0 ? 0
				 : og_json_set(rest, "nanousd", json_integer(left->nanousd), err);
}

static int keep(struct og_request *rq, struct og_turn_row *row, struct og_err *err)
{
	struct og_cost left;

	if (clear_turn(rq, row->turn, err) < 0 || og_spend_within(rq, row, &left, err) < 0 ||
	    og_spend_ask(rq, row, err) < 0 || og_spend_count(rq, row, 1, err) < 0 ||
	    og_turn_row_put(rq->shield->tasks, rq->task.id, row, err) < 0)
		return -1;
	return reply(rq, row, &left, err);
}

static int reserve(struct og_request *rq, struct og_err *err)
{
	const char *model = og_json_str(rq->body, "model");
	char now[OG_TIME_LEN + 1], day[16], none[] = "", reserved[] = "reserved";
	struct og_turn_row row = {
		.turn = og_json_int(rq->body, "turn", 0), .state = reserved, .time = now, .day = day
	};
	struct og_usage worst;
	struct og_price price;

	if (check_numbers(rq, &worst, err) < 0 || og_task_forward(rq, err) < 0 ||
	    has_room(rq, err) < 0)
		return -1;
	if (!og_spend_price(rq->shield, model, &price))
		return no_price(rq, model, err);
	og_time_format(og_now_ms(), now);
	snprintf(day, sizeof(day), "%.10s", now);
	row.model = (char *)(uintptr_t)model;
	row.skill = rq->task.skill ? rq->task.skill : none;
	row.tokens = worst.input + worst.output;
	row.nanousd = og_price_cost(&price, &worst);
	return keep(rq, &row, err);
}

/* Whose cost it is stands in its entry. */
static void name_node(struct og_request *rq)
{
	if (rq->task.skill)
		snprintf(rq->node, sizeof(rq->node), "%s@%.12s", rq->task.skill,
			 rq->task.skill_hash);
}

int og_verb_budget_reserve(struct og_request *rq, struct og_err *err)
{
	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	name_node(rq);
	if (reserve(rq, err) < 0)
		return -1;
	return og_frame_commit(&rq->shield->frame, 0, err);
}

/* --- settling ------------------------------------------------------------------ */

int og_spend_reserved(struct og_request *rq, int64_t turn, struct og_turn_row *ret,
		      struct og_err *err)
{
	int found = og_turn_row_get(rq->shield->tasks, rq->task.id, turn, ret, err);

	if (found < 0)
		return -1;
	if (found == 1 && strcmp(ret->state, "reserved") == 0)
		return 0;
	if (found == 1)
		og_turn_row_release(ret);
	return og_refuse(rq, OG_CONFLICT, "no-turn", err, "turn %lld is not reserved",
			 (long long)turn);
}

/* What is paid, and what it says of the provider. */
static const struct outcome {
	const char *name;
	int paid;
	enum og_heard heard;
} outcomes[] = {
	{ "unsent", 0, OG_HEARD_NOTHING },	{ "refused", 0, OG_HEARD_GOOD },
	{ "throttled", 0, OG_HEARD_THROTTLED }, { "down", 0, OG_HEARD_BAD },
	{ "unknown", 1, OG_HEARD_BAD },
};

static const struct outcome *outcome_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (strcmp(outcomes[i].name, name) == 0)
			return &outcomes[i];
	return NULL;
}

/* The cost is what is known of it, all that was reserved, or nothing. */
static int take_cost(struct og_request *rq, struct og_turn_row *row, int paid, struct og_err *err)
{
	const json_t *told = json_object_get(rq->body, "usage");
	struct og_usage usage;
	struct og_price price;

	if (told && og_usage_read(told, &usage) < 0)
		return og_fail(err, OG_EDATA, "request: 'usage' is no usage");
	if (paid && told && og_spend_price(rq->shield, row->model, &price)) {
		row->tokens = usage.input + usage.output;
		row->nanousd = og_price_cost(&price, &usage);
	} else if (!paid) {
		row->tokens = row->nanousd = 0;
	}
	return 0;
}

static int settle(struct og_request *rq, struct og_turn_row *row, const struct outcome *outcome,
		  struct og_err *err)
{
	const char *why = og_json_str(rq->body, "why");
	char words[WHY_MAX + 1], failed[] = "failed", *state = row->state;
	int rc = -1;

	snprintf(words, sizeof(words), "%s", why ? why : outcome->name);
	if (og_spend_count(rq, row, -1, err) < 0 || take_cost(rq, row, outcome->paid, err) < 0 ||
	    (outcome->paid && og_spend_count(rq, row, 1, err) < 0) ||
	    (outcome->paid &&
	     og_spend_lost(rq, row, "it is not known whether it was answered", err) < 0) ||
	    og_spend_heard(rq, row, outcome->heard, words, err) < 0)
		return -1;
	row->state = failed;
	rc = og_turn_row_put(rq->shield->tasks, rq->task.id, row, err);
	row->state = state;
	if (rc < 0)
		return -1;
	return og_json_set(rq->reply, "nanousd", json_integer(row->nanousd), err);
}

int og_verb_budget_settle(struct og_request *rq, struct og_err *err)
{
	const struct outcome *outcome = outcome_of(og_json_str(rq->body, "outcome"));
	struct og_turn_row row = { 0 };
	int rc;

	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	name_node(rq);
	if (!outcome)
		return og_fail(err, OG_EDATA,
			       "request: 'outcome' is none of unsent, refused, "
			       "throttled, down, unknown");
	if (og_spend_reserved(rq, og_json_int(rq->body, "turn", 0), &row, err) < 0)
		return -1;
	rc = settle(rq, &row, outcome, err);
	og_turn_row_release(&row);
	return rc < 0 ? -1 : og_frame_commit(&rq->shield->frame, 0, err);
}
