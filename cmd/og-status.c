/*
 * og status: how an instance is, and whether somebody has to look. What is
 * found out is one JSON object; what is wrong with it are its "problems",
 * each with a word for machines and a sentence. Thresholds are options;
 * without them only what is never well is a problem.
 */
#include "cmd/og-status.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/og-ask.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/queue/bell.h"

/* -1: not given. */
struct limits {
	int64_t age_ms, depth, dead;
};

struct status {
	const struct og_ctx *ctx;
	const struct og_conf *conf;
	struct limits limits;
	json_t *json, *problems;
};

static int problem(struct status *s, const char *check, struct og_err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int problem(struct status *s, const char *check, struct og_err *err, const char *fmt, ...)
{
	struct og_buf what, safe;
	va_list args;
	int rc = -1;

	og_buf_init(&what, 16384);
	og_buf_init(&safe, 65536);
	va_start(args, fmt);
	og_buf_vaddf(&what, fmt, args);
	va_end(args);
	og_text_safe(&safe, what.data ? what.data : "", what.len, 0);
	if (og_buf_check(&what, "problem", err) == 0 && og_buf_check(&safe, "problem", err) == 0)
		rc = json_array_append_new(s->problems,
					   json_pack("{s:s,s:s}", "check", check, "what",
						     safe.data ? safe.data : "")) < 0
			     ? og_fail_nomem(err)
			     : 0;
	og_buf_release(&what);
	og_buf_release(&safe);
	return rc;
}

/* --- queue and workers ------------------------------------------------------- */

static int judge_depth(struct status *s, const json_t *queue, struct og_err *err)
{
	int64_t ready = og_json_int(queue, "ready", 0), dead = og_json_int(queue, "dead", 0);
	int64_t age = og_json_int(queue, "age_ms", 0),
		most = s->limits.dead < 0 ? 0 : s->limits.dead;
	char shown[32], limit[32];

	if (dead > most && problem(s, "dead", err, "dead letters: %lld; og-task list --state dead",
				   (long long)dead) < 0)
		return -1;
	if (s->limits.depth >= 0 && ready > s->limits.depth &&
	    problem(s, "depth", err, "queued: %lld, more than %lld", (long long)ready,
		    (long long)s->limits.depth) < 0)
		return -1;
	if (s->limits.age_ms < 0 || age <= s->limits.age_ms)
		return 0;
	og_span_show(age, shown);
	og_span_show(s->limits.age_ms, limit);
	return problem(s, "age", err, "the oldest task has been waiting for %s, more than %s",
		       shown, limit);
}

/* A worker elsewhere cannot be seen from here when the queue is a server's. */
static int judge_workers(struct status *s, const json_t *queue, int workers, struct og_err *err)
{
	int64_t ready = og_json_int(queue, "ready", 0);

	if (workers > 0 || ready == 0 || s->limits.age_ms >= 0 ||
	    strncmp(s->conf->queue, "sqlite:", 7) != 0)
		return 0;
	return problem(s, "worker", err, "queued: %lld, and no worker serves; og-worker",
		       (long long)ready);
}

static int add_queue(struct status *s, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *queue = og_ask_queue(s->ctx, s->conf, &why);
	struct og_presence presence;
	int rc;

	og_presence_count(s->conf->run, &presence);
	rc = og_json_set(s->json, "worker", json_boolean(presence.workers > 0), err);
	if (rc == 0)
		rc = og_json_set(s->json, "workers", json_integer(presence.workers), err);
	if (rc == 0)
		rc = og_json_set(s->json, "jobs", json_integer(presence.jobs), err);
	if (rc == 0)
		rc = og_json_set(s->json, "queue", queue ? json_incref(queue) : json_null(), err);
	if (rc == 0 && !queue)
		rc = problem(s, "queue", err, "%s", why.msg);
	if (rc == 0 && queue && judge_depth(s, queue, err) < 0)
		rc = -1;
	if (rc == 0 && queue)
		rc = judge_workers(s, queue, presence.workers, err);
	json_decref(queue);
	return rc;
}

/* --- tasks ---------------------------------------------------------------------- */

/* Ends that somebody has to look after. */
static int judge_tasks(struct status *s, const json_t *states, struct og_err *err)
{
	int64_t n =
		og_json_int(states, "in_doubt", 0) + og_json_int(states, "compensation_failed", 0);

	if (n == 0)
		return 0;
	return problem(s, "tasks", err,
		       "for a person to resolve: %lld; og-task list --state in_doubt, "
		       "--state compensation_failed, then og-task resolve",
		       (long long)n);
}

/* null where the shield cannot be asked; that is a problem unless it is only
 * that the owner's key is not on this host. */
static int add_tasks(struct status *s, struct og_err *err)
{
	static const char *const members[] = { "finished", "interrupted", "oldest_waiting",
					       "models", "providers" };
	struct og_err why = OG_ERR_INIT;
	json_t *reply = NULL, *states = NULL;
	int rc = 0;

	if (og_ask_shield(s->ctx, s->conf, "task.stats", json_object(), &reply, &why) == 0)
		states = json_object_get(reply, "states");
	else if (why.code != OG_EPERM && why.code != OG_ENOINPUT)
		rc = problem(s, "shield", err, "the shield cannot be asked: %s", why.msg);
	if (rc == 0)
		rc = og_json_set(s->json, "tasks", states ? json_incref(states) : json_null(), err);
	for (size_t i = 0; rc == 0 && i < sizeof(members) / sizeof(*members); i++) {
		json_t *value = json_object_get(reply, members[i]);

		rc = og_json_set(s->json, members[i], value ? json_incref(value) : json_null(),
				 err);
	}
	if (rc == 0)
		rc = judge_tasks(s, states, err);
	json_decref(reply);
	return rc;
}

/* --- services and ledger ---------------------------------------------------------- */

static int add_services(struct status *s, struct og_err *err)
{
	json_t *up = og_ask_up(s->conf), *service;
	size_t i;
	int rc = og_json_set(s->json, "up", up ? up : json_null(), err);

	json_array_foreach(json_object_get(up, "services"), i, service)
	{
		const char *name = og_json_str(service, "name");
		const char *what = og_json_str(service, "problem");

		if (rc == 0 && what)
			rc = problem(s, "service", err, "%s: %s; og logs %s", name ? name : "?",
				     what, name ? name : "");
	}
	return rc;
}

static int add_ledger(struct status *s, struct og_err *err)
{
	int here = !og_conf_remote(s->conf);
	json_t *ledger = here ? og_ask_ledger(s->ctx, s->conf, 0) : NULL;
	int ok = og_json_bool(ledger, "ok", 0);
	int rc = og_json_set(s->json, "ledger", ledger ? ledger : json_null(), err);

	if (rc == 0 && here && !ok)
		rc = problem(s, "ledger", err,
			     ledger ? "the ledger is broken: og-ledger verify"
				    : "the ledger cannot be judged: og-ledger verify");
	return rc;
}

/* --- stores elsewhere ---------------------------------------------------------------- */

static int judge_store(struct status *s, const char *store, const json_t *seen, struct og_err *err)
{
	const char *why = og_json_str(seen, "why"), *what = og_json_str(seen, "what");
	long long due = og_json_int(seen, "due", 0);

	if (why)
		return problem(s, store, err, "%s: %s; og doctor", store, why);
	if (!og_json_bool(seen, "ready", 0))
		return problem(s, store, err, "%s: %s; og doctor --fix", store,
			       what ? what : "not made ready");
	return due ? problem(s, store, err, "%s: %lld are due there; og doctor --fix", store, due)
		   : 0;
}

static int add_store(struct status *s, const char *store, struct og_err *err)
{
	json_t *request = json_pack("{s:s,s:b}", "store", store, "brief", 1), *reply = NULL, *seen;
	struct og_err why = OG_ERR_INIT;
	int rc;

	if (og_ask_shield(s->ctx, s->conf, "store.diff", request, &reply, &why) == 0)
		seen = json_pack("{s:O?,s:O?,s:O?,s:O?,s:O?,s:O?}", "kind",
				 json_object_get(reply, "kind"), "at", json_object_get(reply, "at"),
				 "version", json_object_get(reply, "version"), "ready",
				 json_object_get(reply, "ready"), "what",
				 json_object_get(reply, "what"), "due",
				 json_object_get(reply, "due"));
	else
		seen = json_pack("{s:s}", "why", why.msg);
	json_decref(reply);
	rc = og_json_set(s->json, store, seen, err);
	return rc < 0 ? -1 : judge_store(s, store, seen, err);
}

static int add_stores(struct status *s, struct og_err *err)
{
	static const char *const stores[] = {
		[OG_STORE_GRAPH] = "graph", [OG_STORE_VECTORS] = "vectors"
	};
	struct og_store_place place;

	for (int i = 0; i < 2; i++) {
		struct og_err why = OG_ERR_INIT;
		int there = og_conf_remote(s->conf)
				    ? 0
				    : og_conf_store(s->conf, (enum og_store)i, &place, &why);

		if (there < 0 && problem(s, stores[i], err, "%s", why.msg) < 0)
			return -1;
		if (there == 1 && add_store(s, stores[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --- og status ---------------------------------------------------------------------- */

static int find_out(struct status *s, struct og_err *err)
{
	int thinks = strcmp(s->conf->model, "skill:") != 0;

	s->json = json_pack("{s:i,s:s,s:s*,s:i,s:s*,s:s,s:I}", "v", 1, "home", s->conf->home,
			    "remote", og_conf_remote(s->conf) ? s->conf->shield : NULL, "format",
			    OG_FORMAT, "model", thinks ? s->conf->model : NULL, "day_cost",
			    s->conf->day_cost, "day_tokens", (json_int_t)s->conf->day_tokens);
	s->problems = json_array();
	if (!s->json || !s->problems)
		return og_fail_nomem(err);
	if (add_queue(s, err) < 0 || add_tasks(s, err) < 0 || add_services(s, err) < 0 ||
	    add_ledger(s, err) < 0 || add_stores(s, err) < 0)
		return -1;
	if (og_json_set(s->json, "healthy", json_boolean(json_array_size(s->problems) == 0), err) <
	    0)
		return -1;
	return og_json_set(s->json, "problems", json_incref(s->problems), err);
}

static int read_number(const struct og_args *args, const char *name, int64_t *ret,
		       struct og_err *err)
{
	const char *text = og_arg_value(args, name);

	*ret = -1;
	return text ? og_int_parse(text, 0, INT64_C(1000000000), name, ret, err) : 0;
}

static int read_limits(const struct og_args *args, struct limits *ret, struct og_err *err)
{
	const char *age = og_arg_value(args, "max-age");

	ret->age_ms = -1;
	if (age && og_span_parse(age, "--max-age", &ret->age_ms, err) < 0)
		return -1;
	if (read_number(args, "max-depth", &ret->depth, err) < 0 ||
	    read_number(args, "max-dead", &ret->dead, err) < 0)
		return -1;
	if (og_arg_flag(args, "json") && og_arg_flag(args, "check"))
		return og_fail(err, OG_EUSAGE, "--json and --check exclude each other");
	return 0;
}

static int tell(const struct og_args *args, const json_t *status, struct og_err *err)
{
	if (og_arg_flag(args, "json"))
		return og_print_json(status, err);
	return og_arg_flag(args, "check") ? og_status_check(status, err)
					  : og_status_print(status, err);
}

int og_run_status(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct status s = { .ctx = ctx };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (read_limits(args, &s.limits, err) < 0 || og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	s.conf = conf;
	if (find_out(&s, err) == 0 && tell(args, s.json, err) == 0)
		rc = json_array_size(s.problems) > 0;
	json_decref(s.json);
	json_decref(s.problems);
	og_conf_free(conf);
	return rc;
}
