/* See spend.h. */
#include "lib/shield/spend.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/shield/channel.h"

/* --- prices -------------------------------------------------------------------- */

static int read_table(const char *path, json_t **ret, struct og_err *err)
{
	struct og_buf text;
	json_t *table = NULL;
	int rc;

	if (access(path, F_OK) < 0)
		return 0;
	og_buf_init(&text, OG_PRICES_MAX);
	rc = og_file_read(path, "prices", &text, err);
	if (rc == 0 && (og_json_parse(text.data ? text.data : "", text.len, OG_PRICES_MAX, "prices",
				      &table, err) < 0 ||
			og_prices_check(table, err) < 0)) {
		og_wrap(err, "'%s'", path);
		rc = -1;
	}
	og_buf_release(&text);
	if (rc < 0) {
		json_decref(table);
		return -1;
	}
	json_decref(*ret);
	*ret = table;
	return 0;
}

int og_shield_prices(struct og_shield *shield, const char *share, struct og_err *err)
{
	char *own = og_path_join(shield->conf->home, "prices.json");
	int rc;

	if (!own)
		return og_fail_nomem(err);
	rc = read_table(own, &shield->own_prices, err);
	free(own);
	if (rc == 0 && share)
		rc = read_table(share, &shield->prices, err);
	return rc;
}

/* og.conf's price is its model's; where og.conf names none, as at a shield
 * for workers elsewhere, it is any model's. */
static int conf_price(const char *model, const char *its, const char *price, const char *none,
		      struct og_price *ret)
{
	struct og_err quiet = OG_ERR_INIT;

	if (!its || !price || strcmp(price, "none") == 0 ||
	    (strcmp(its, model) != 0 && strcmp(its, none) != 0))
		return 0;
	return og_price_parse(price, 1, ret, &quiet) == 0;
}

int og_spend_price(const struct og_shield *shield, const char *model, struct og_price *ret)
{
	const struct og_conf *conf = shield->conf;
	int64_t now = og_now_ms();

	return conf_price(model, conf->model, conf->model_price, "skill:", ret) ||
	       conf_price(model, conf->embed, conf->embed_price, "", ret) ||
	       og_prices_find(shield->own_prices, model, now, ret) ||
	       og_prices_find(shield->prices, model, now, ret);
}

/* --- counting ------------------------------------------------------------------ */

int og_spend_count(struct og_request *rq, const struct og_turn_row *row, int sign,
		   struct og_err *err)
{
	const struct {
		const char *scope, *name;
	} all[] = { { "all", "" },
		    { "principal", rq->who.name },
		    { "skill", row->skill },
		    { "task", rq->task.id },
		    { "model", row->model } };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct og_spend spend = { row->day, all[i].scope,	all[i].name,
					  sign,	    sign * row->tokens, sign * row->nanousd };

		int its = strcmp(all[i].scope, "task") == 0;

		/* of no skill; of no task, whose costs are those of its turns */
		if ((strcmp(all[i].scope, "skill") == 0 && !*all[i].name) ||
		    (its && row->turn == 0))
			continue;
		if (og_spend_add(rq->shield->tasks, &spend, err) < 0)
			return -1;
	}
	return 0;
}

/* --- limits -------------------------------------------------------------------- */

static void limit_of(const struct og_conf *conf, enum og_scope scope, struct og_cost *ret)
{
	const struct {
		long tokens;
		const char *cost;
	} limits[OG_SCOPES] = {
		[OG_SCOPE_TASK] = { conf->task_tokens, conf->task_cost },
		[OG_SCOPE_PRINCIPAL] = { conf->principal_tokens, conf->principal_cost },
		[OG_SCOPE_SKILL] = { conf->skill_tokens, conf->skill_cost },
		[OG_SCOPE_DAY] = { conf->day_tokens, conf->day_cost },
	};
	struct og_err quiet = OG_ERR_INIT;

	ret->tokens = limits[scope].tokens;
	ret->nanousd = 0;
	/* What is no sum is not taken for "no limit". */
	if (limits[scope].cost && og_money_parse(limits[scope].cost, &ret->nanousd, &quiet) < 0)
		ret->nanousd = 1;
}

static int spent_of(struct og_request *rq, const struct og_turn_row *row, enum og_scope scope,
		    struct og_cost *ret, struct og_err *err)
{
	const struct og_spend what[OG_SCOPES] = {
		[OG_SCOPE_TASK] = { .scope = "task", .name = rq->task.id },
		[OG_SCOPE_PRINCIPAL] = { row->day, "principal", rq->who.name, 0, 0, 0 },
		[OG_SCOPE_SKILL] = { row->day, "skill", row->skill, 0, 0, 0 },
		[OG_SCOPE_DAY] = { row->day, "all", "", 0, 0, 0 },
	};
	struct og_spend spend = what[scope];

	if (og_spend_of(rq->shield->tasks, &spend, err) < 0)
		return -1;
	ret->tokens = spend.tokens;
	ret->nanousd = spend.nanousd;
	return 0;
}

static int tripped(struct og_request *rq, enum og_scope scope, const char *what, int64_t allowed,
		   int64_t reached, struct og_err *err)
{
	char rule[OG_RULE_MAX], most[OG_MONEY_TEXT], come[OG_MONEY_TEXT];
	const char *name = og_scope_name(scope);
	int money = strcmp(what, "cost") == 0;

	snprintf(rule, sizeof(rule), "budget-%s-%s", name, what);
	rq->extra = json_pack("{s:I,s:I}", "allowed", (json_int_t)allowed, "reached",
			      (json_int_t)reached);
	og_money_text(allowed, most);
	og_money_text(reached, come);
	if (money)
		og_refuse(rq, OG_BUDGET, rule, err,
			  "the budget is spent: this call could bring the %s's cost to %s USD, and "
			  "%s are allowed",
			  name, come, most);
	else
		og_refuse(rq, OG_BUDGET, rule, err,
			  "the budget is spent: this call could bring the %s to %lld tokens, and "
			  "%lld are allowed",
			  name, (long long)reached, (long long)allowed);
	return og_hint(err, "%s_%s in og.conf is the limit%s", name, what,
		       scope == OG_SCOPE_TASK ? "" : "; it is new every day (UTC)");
}

int og_spend_within(struct og_request *rq, const struct og_turn_row *row, struct og_cost *ret_left,
		    struct og_err *err)
{
	const struct og_cost more = { row->tokens, row->nanousd };

	ret_left->tokens = ret_left->nanousd = -1;
	for (int i = 0; i < OG_SCOPES; i++) {
		enum og_scope scope = (enum og_scope)i;
		struct og_cost limit, spent;
		const char *what;
		int64_t reached;

		limit_of(rq->shield->conf, scope, &limit);
		if ((scope == OG_SCOPE_SKILL && !*row->skill) ||
		    (scope == OG_SCOPE_TASK && row->turn == 0))
			continue;
		if (spent_of(rq, row, scope, &spent, err) < 0)
			return -1;
		what = og_limit_trips(&limit, &spent, &more, &reached);
		if (what)
			return tripped(rq, scope, what, *what == 'c' ? limit.nanousd : limit.tokens,
				       reached, err);
		og_limit_left(&limit, &spent, &more, ret_left);
	}
	return 0;
}

/* --- losses -------------------------------------------------------------------- */

int og_spend_lost(struct og_request *rq, const struct og_turn_row *row, const char *why,
		  struct og_err *err)
{
	json_t *body =
		json_pack("{s:s,s:s,s:I,s:I,s:I,s:s,s:s}", "day", row->day, "model", row->model,
			  "nanousd", (json_int_t)row->nanousd, "tokens", (json_int_t)row->tokens,
			  "turn", (json_int_t)row->turn, "verdict", "allow", "why", why);
	int rc = body ? og_request_note(rq, "model.lost", body, err) : og_fail_nomem(err);

	json_decref(body);
	return rc;
}

static int close_turn(struct og_request *rq, struct og_turn_row *row, struct og_err *err)
{
	free(row->state);
	row->state = strdup("failed");
	if (!row->state)
		return og_fail_nomem(err);
	if (og_spend_lost(rq, row, "the task ended", err) < 0)
		return -1;
	return og_turn_row_put(rq->shield->tasks, rq->task.id, row, err);
}

int og_spend_close(struct og_request *rq, struct og_err *err)
{
	struct og_turn_row row;
	int found;

	while ((found = og_turn_row_open(rq->shield->tasks, rq->task.id, &row, err)) == 1) {
		int rc = close_turn(rq, &row, err);

		og_turn_row_release(&row);
		if (rc < 0)
			return -1;
	}
	return found;
}

int og_spend_told(struct og_request *rq, const char *task, json_t **ret, struct og_err *err)
{
	struct og_spend all = { .scope = "task", .name = task };
	struct og_turns_sum sum;

	*ret = NULL;
	if (og_turns_sum(rq->shield->tasks, task, &sum, err) < 0 ||
	    og_spend_of(rq->shield->tasks, &all, err) < 0)
		return -1;
	if (sum.turns == 0)
		return 0;
	*ret = json_pack("{s:I,s:I,s:I,s:I,s:I}", "calls", (json_int_t)sum.calls, "input",
			 (json_int_t)sum.input, "cached", (json_int_t)sum.cached, "output",
			 (json_int_t)sum.output, "nanousd", (json_int_t)sum.nanousd);
	if (*ret && all.nanousd != sum.nanousd)
		json_object_set_new(*ret, "lost", json_integer(all.nanousd - sum.nanousd));
	return *ret ? 0 : og_fail_nomem(err);
}

/* --- the provider -------------------------------------------------------------- */

#define PATIENCE_MS ((int64_t)30000) /* beside the time an answer may take */
#define LOOK_MS	    ((int64_t)5000)  /* while another one probes */

static void name_probe(const struct og_request *rq, const struct og_turn_row *row, char out[64])
{
	snprintf(out, 64, "%s/%lld", rq->task.id, (long long)row->turn);
}

int og_spend_heard(struct og_request *rq, const struct og_turn_row *row, enum og_heard heard,
		   const char *why, struct og_err *err)
{
	char provider[OG_PROVIDER_MAX], before[OG_PROVIDER_WHY], who[64];
	int64_t now = og_now_ms(), retry = og_json_int(rq->body, "retry_ms", 0);
	struct og_breaker breaker, was;
	struct og_buf safe;
	const char *model;
	int rc;

	og_price_provider(row->model, provider, &model);
	if (og_provider_get(rq->shield->tasks, provider, &breaker, before, err) < 0)
		return -1;
	was = breaker;
	name_probe(rq, row, who);
	if (heard == OG_HEARD_GOOD)
		og_breaker_good(&breaker);
	else if (heard == OG_HEARD_BAD)
		og_breaker_bad(&breaker, now);
	else if (heard == OG_HEARD_THROTTLED)
		og_breaker_throttled(&breaker, now, retry);
	else
		og_breaker_unsent(&breaker, who, now);
	if (og_breaker_same(&was, &breaker))
		return 0;
	og_buf_init(&safe, 4 * OG_PROVIDER_WHY);
	if (og_text_safe(&safe, why, strnlen(why, OG_PROVIDER_WHY / 2), 0) < 0)
		og_buf_clear(&safe);
	rc = og_provider_put(rq->shield->tasks, provider, &breaker, safe.len ? safe.data : "", err);
	og_buf_release(&safe);
	return rc;
}

static int rests(struct og_request *rq, const char *provider, const struct og_breaker *breaker,
		 const char *why, struct og_err *err)
{
	int probing = breaker->state == OG_BREAKER_PROBING;
	int64_t look = og_now_ms() + LOOK_MS, until = breaker->until;

	if (probing && look < until)
		until = look;
	return og_refuse_wait(
		rq, "provider", until,
		json_pack("{s:o,s:s}", "why",
			  json_sprintf("provider '%.200s' %s%s%s", provider,
				       probing ? "is being tried by another task" : "rests",
				       *why ? ": " : "", why),
			  "provider", provider),
		err);
}

int og_spend_ask(struct og_request *rq, const struct og_turn_row *row, struct og_err *err)
{
	char provider[OG_PROVIDER_MAX], why[OG_PROVIDER_WHY], who[64];
	int64_t patience = (int64_t)rq->shield->conf->model_seconds * 1000 + PATIENCE_MS;
	struct og_breaker breaker, was;
	const char *model;

	og_price_provider(row->model, provider, &model);
	if (og_provider_get(rq->shield->tasks, provider, &breaker, why, err) < 0)
		return -1;
	was = breaker;
	name_probe(rq, row, who);
	if (!og_breaker_ask(&breaker, who, og_now_ms(), patience))
		return rests(rq, provider, &breaker, why, err);
	if (og_breaker_same(&was, &breaker))
		return 0;
	return og_provider_put(rq->shield->tasks, provider, &breaker, why, err);
}
