/*
 * What models may cost and did: reservations against limits, and what comes
 * of them. All of it happens inside the frame of one request, which takes
 * the one writer's lock; so two workers cannot spend the same money.
 *
 * A turn is reserved at its worst price before the model is asked. What is
 * not settled stays spent: the worker died, and perhaps the question had
 * gone out. The ledger has an entry for whatever was paid, an answer
 * (model.answer) or a loss (model.lost), so that every sum can be made from
 * it alone. Sums by day, principal, skill, task and model are og_spend's,
 * and only limits are judged by them.
 */
#ifndef OG_SHIELD_SPEND_H
#define OG_SHIELD_SPEND_H

#include "lib/budget/breaker.h"
#include "lib/budget/limit.h"
#include "lib/budget/price.h"
#include "lib/shield/channel-internal.h"

#define OG_TURN_MAX INT64_C(1000000)

/* The price of a model now: 1, 0 there is none. */
int og_spend_price(const struct og_shield *shield, const char *model, struct og_price *ret);

/* Counts a turn's cost, sign 1, or takes it back, -1, in every scope. */
int og_spend_count(struct og_request *rq, const struct og_turn_row *row, int sign,
		   struct og_err *err);

/* Would one more of this cost pass a limit? Refuses, with the limit's rule.
 * ret_left: what is left beside it; -1: no limit. */
int og_spend_within(struct og_request *rq, const struct og_turn_row *row, struct og_cost *ret_left,
		    struct og_err *err);

/* The turn's cost is paid and brings no answer: its entry. */
int og_spend_lost(struct og_request *rq, const struct og_turn_row *row, const char *why,
		  struct og_err *err);

/* The task ends: what is reserved still is lost. */
int og_spend_close(struct og_request *rq, struct og_err *err);

/* The task's cost as the shield knows it: {"calls","input","cached",
 * "output","nanousd","lost"?}; *ret is NULL for a task without a model. */
int og_spend_told(struct og_request *rq, const char *task, json_t **ret, struct og_err *err);

/* verbs-spend.c: a reserved turn of the request's task. */
int og_spend_reserved(struct og_request *rq, int64_t turn, struct og_turn_row *ret,
		      struct og_err *err);

/* What came of a question, for the breaker of the model's provider. */
enum og_heard { OG_HEARD_GOOD, OG_HEARD_BAD, OG_HEARD_THROTTLED, OG_HEARD_NOTHING };
int og_spend_heard(struct og_request *rq, const struct og_turn_row *row, enum og_heard heard,
		   const char *why, struct og_err *err);
/* May the model of this turn be asked now? Refuses with wait, rule provider. */
int og_spend_ask(struct og_request *rq, const struct og_turn_row *row, struct og_err *err);

#endif
