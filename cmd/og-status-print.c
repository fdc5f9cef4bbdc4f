/* How og status is shown; see og-status.h. */
#include "cmd/og-status.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/budget/price.h"

void og_span_show(int64_t ms, char out[32])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" } };
	size_t i = 0;

	while (i < 3 && ms < 2 * units[i].ms)
		i++;
	snprintf(out, 32, "%lld %s", (long long)(ms / units[i].ms), units[i].unit);
}

/* "3 ready", "? ready" when the transport cannot tell. */
static void add_count(const json_t *queue, const char *name, struct og_buf *out)
{
	if (json_is_integer(json_object_get(queue, name)))
		og_buf_addf(out, "%lld %s", (long long)og_json_int(queue, name, 0), name);
	else
		og_buf_addf(out, "? %s", name);
}

static void add_queue(const json_t *queue, struct og_buf *out)
{
	static const char *const rest[] = { "claimed", "delayed", "dead" };
	char age[32];

	og_buf_adds(out, "queue     ");
	if (!json_is_object(queue)) {
		og_buf_adds(out, "cannot be asked\n");
		return;
	}
	add_count(queue, "ready", out);
	if (json_is_integer(json_object_get(queue, "age_ms"))) {
		og_span_show(og_json_int(queue, "age_ms", 0), age);
		og_buf_addf(out, " (oldest %s)", age);
	}
	for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++) {
		og_buf_adds(out, ", ");
		add_count(queue, rest[i], out);
	}
	og_buf_addc(out, '\n');
}

static void add_workers(const json_t *status, struct og_buf *out)
{
	long long workers = (long long)og_json_int(status, "workers", 0);
	long long jobs = (long long)og_json_int(status, "jobs", 0);

	if (workers == 0)
		og_buf_adds(out, "worker    none; start one: og-worker\n");
	else
		og_buf_addf(out, "worker    serving: %lld worker%s, %lld job%s\n", workers,
			    workers == 1 ? "" : "s", jobs, jobs == 1 ? "" : "s");
}

static void add_tasks(const json_t *tasks, struct og_buf *out)
{
	const char *state;
	json_t *n;

	og_buf_adds(out, "tasks    ");
	if (!json_is_object(tasks))
		og_buf_adds(out, " unknown: no shield answers, or the owner's key is not here");
	else if (json_object_size(tasks) == 0)
		og_buf_adds(out, " none");
	json_object_foreach((json_t *)(uintptr_t)tasks, state, n)
		og_buf_addf(out, " %s %lld", state, (long long)json_integer_value(n));
	og_buf_addc(out, '\n');
}

/* Tasks that came to an end, and the budgets that cut some short. */
static void add_rate(const json_t *status, struct og_buf *out)
{
	const json_t *finished = json_object_get(status, "finished");
	const json_t *interrupted = json_object_get(status, "interrupted");
	const char *waiting = og_json_str(status, "oldest_waiting");

	if (!json_is_object(finished))
		return;
	og_buf_addf(out, "rate      %lld finished in 1 min, %lld in 5, %lld in 15\n",
		    (long long)og_json_int(finished, "1m", 0),
		    (long long)og_json_int(finished, "5m", 0),
		    (long long)og_json_int(finished, "15m", 0));
	og_buf_addf(out, "breaker   %s, %lld tasks interrupted in 15 min\n",
		    og_json_int(interrupted, "5m", 0) > 0 ? "tripped lately" : "closed",
		    (long long)og_json_int(interrupted, "15m", 0));
	if (waiting)
		og_buf_addf(out, "waiting   for a person since %s\n", waiting);
}

/* What models cost today beside its limit, and providers that are waited
 * for. Nothing where there never was a model. */
static void add_models(const json_t *status, struct og_buf *out)
{
	const json_t *models = json_object_get(status, "models"), *provider;
	char spent[OG_MONEY_TEXT];
	size_t i;

	if (og_json_int(models, "calls", 0) > 0 || og_json_str(status, "model")) {
		og_money_text(og_json_int(models, "nanousd", 0), spent);
		og_buf_addf(out, "models    %s USD and %lld tokens today, limits %s USD and %lld\n",
			    spent, (long long)og_json_int(models, "tokens", 0),
			    og_json_str(status, "day_cost"),
			    (long long)og_json_int(status, "day_tokens", 0));
	}
	json_array_foreach(json_object_get(status, "providers"), i, provider)
	{
		og_buf_addf(out, "provider  %s is %s until %s: %s\n", og_json_str(provider, "name"),
			    og_json_str(provider, "state"),
			    og_json_str(provider, "until") ? og_json_str(provider, "until") : "?",
			    og_json_str(provider, "why") ? og_json_str(provider, "why") : "");
	}
}

static void add_ledger(const json_t *ledger, const char *remote, struct og_buf *out)
{
	og_buf_adds(out, "ledger    ");
	if (remote) {
		og_buf_addf(out, "where the shield is: %s\n", remote);
		return;
	}
	if (!json_is_object(ledger)) {
		og_buf_adds(out, "cannot be judged\n");
		return;
	}
	og_buf_addf(out, "%s, %lld entries",
		    og_json_bool(ledger, "ok", 0) ? "verified" : "BROKEN: og-ledger verify",
		    (long long)og_json_int(ledger, "checked", 0));
	if (og_json_str(ledger, "head"))
		og_buf_addf(out, ", head %s", og_json_str(ledger, "head"));
	og_buf_addc(out, '\n');
}

/* Nothing where it is embedded. */
static void add_store(const json_t *status, const char *name, struct og_buf *out)
{
	const json_t *store = json_object_get(status, name);
	const char *at = og_json_str(store, "at"), *kind = og_json_str(store, "kind");
	const char *version = og_json_str(store, "version");

	if (!json_is_object(store))
		return;
	og_buf_addf(out, "%-9s ", name);
	if (!at)
		og_buf_addf(out, "elsewhere, and cannot be asked; the local copy answers\n");
	else
		og_buf_addf(out, "%s%s%s at %s, %lld due\n", kind ? kind : "?", version ? " " : "",
			    version ? version : "", at, (long long)og_json_int(store, "due", 0));
}

static void add_service(const json_t *service, struct og_buf *out)
{
	const char *name = og_json_str(service, "name"), *state = og_json_str(service, "state");
	const char *since = og_json_str(service, "since"), *url = og_json_str(service, "endpoint");

	og_buf_addf(out, "  %-9s %s since %s", name ? name : "?", state ? state : "?",
		    since ? since : "?");
	if (og_json_int(service, "pid", 0) > 0)
		og_buf_addf(out, ", process %lld", (long long)og_json_int(service, "pid", 0));
	if (url)
		og_buf_addf(out, ", at %s", url);
	if (og_json_int(service, "restarts", 0) > 0)
		og_buf_addf(out, ", started again %lld times",
			    (long long)og_json_int(service, "restarts", 0));
	og_buf_addc(out, '\n');
}

static void add_services(const json_t *up, struct og_buf *out)
{
	json_t *service;
	size_t i;

	if (!json_is_object(up))
		return;
	og_buf_addf(out, "og up     %s\n", og_json_str(up, "state"));
	json_array_foreach(json_object_get(up, "services"), i, service)
	{
		add_service(service, out);
	}
}

/* Names and texts come from files that others may have written. */
static int print_safe(struct og_buf *out, struct og_err *err)
{
	struct og_buf safe;
	int rc = -1;

	og_buf_init(&safe, 4 * out->max);
	if (og_buf_check(out, "output", err) == 0) {
		og_text_safe(&safe, out->data, out->len, 1);
		rc = og_buf_check(&safe, "output", err);
	}
	if (rc == 0)
		rc = og_print(safe.data, safe.len, err);
	og_buf_release(&safe);
	og_buf_release(out);
	return rc;
}

int og_status_print(const json_t *status, struct og_err *err)
{
	json_t *problem;
	struct og_buf out;
	size_t i;

	og_buf_init(&out, (size_t)1 << 20);
	og_buf_addf(&out, "instance  %s (format %d)\n", og_json_str(status, "home"), OG_FORMAT);
	add_workers(status, &out);
	add_queue(json_object_get(status, "queue"), &out);
	add_tasks(json_object_get(status, "tasks"), &out);
	add_rate(status, &out);
	add_models(status, &out);
	add_ledger(json_object_get(status, "ledger"), og_json_str(status, "remote"), &out);
	add_store(status, "graph", &out);
	add_store(status, "vectors", &out);
	add_services(json_object_get(status, "up"), &out);
	json_array_foreach(json_object_get(status, "problems"), i, problem)
	{
		og_buf_addf(&out, "problem   %s\n", og_json_str(problem, "what"));
	}
	return print_safe(&out, err);
}

/* --- for monitoring ------------------------------------------------------------ */

/* A figure that is not known is left out. */
static void add_figure(const char *label, const json_t *object, const char *name, const char *unit,
		       struct og_buf *out)
{
	if (json_is_integer(json_object_get(object, name)))
		og_buf_addf(out, " %s=%lld%s", label, (long long)og_json_int(object, name, 0),
			    unit);
}

static void add_figures(const json_t *status, struct og_buf *out)
{
	const json_t *queue = json_object_get(status, "queue");
	const json_t *finished = json_object_get(status, "finished");

	og_buf_adds(out, " |");
	add_figure("ready", queue, "ready", "", out);
	add_figure("claimed", queue, "claimed", "", out);
	add_figure("delayed", queue, "delayed", "", out);
	add_figure("dead", queue, "dead", "", out);
	add_figure("age", queue, "age_ms", "ms", out);
	add_figure("workers", status, "workers", "", out);
	add_figure("jobs", status, "jobs", "", out);
	add_figure("finished_1m", finished, "1m", "", out);
	add_figure("finished_5m", finished, "5m", "", out);
	add_figure("finished_15m", finished, "15m", "", out);
	add_figure("interrupted_15m", json_object_get(status, "interrupted"), "15m", "", out);
	og_buf_addc(out, '\n');
}

/* "|" begins the figures, so that none may stand in the text. */
static void add_text(const char *text, struct og_buf *out)
{
	for (; *text; text++)
		og_buf_addc(out, (char)(*text == '|' || *text == '\n' ? '/' : *text));
}

int og_status_check(const json_t *status, struct og_err *err)
{
	json_t *problems = json_object_get(status, "problems"), *problem;
	struct og_buf out;
	size_t i;

	og_buf_init(&out, (size_t)1 << 20);
	og_buf_adds(&out, json_array_size(problems) > 0 ? "WARNING - " : "OK - all is well");
	json_array_foreach(problems, i, problem)
	{
		if (i > 0)
			og_buf_adds(&out, "; ");
		add_text(og_json_str(problem, "what"), &out);
	}
	add_figures(status, &out);
	return print_safe(&out, err);
}
