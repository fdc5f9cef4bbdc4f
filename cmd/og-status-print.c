/* How og status is shown; see og-status.h. */
#include "cmd/og-status.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/budget/price.h"

/* What is shown: safe is, and goes on with what is in raw; the colours of
 * verdicts stand in safe alone. */
struct sheet {
	struct og_buf raw, safe;
};

static void settle(struct sheet *sheet)
{
	og_text_safe(&sheet->safe, sheet->raw.data ? sheet->raw.data : "", sheet->raw.len, 1);
	sheet->safe.failed |= sheet->raw.failed;
	og_buf_clear(&sheet->raw);
}

static void add_word(struct sheet *sheet, enum og_tone tone, const char *word)
{
	settle(sheet);
	og_tone_pad(&sheet->safe, tone, word, 0);
}

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

static void add_queue(const json_t *queue, struct sheet *sheet)
{
	static const char *const rest[] = { "claimed", "delayed", "dead" };
	struct og_buf *out = &sheet->raw;
	char age[32];

	og_buf_adds(out, "queue     ");
	if (!json_is_object(queue)) {
		add_word(sheet, OG_TONE_BAD, "cannot be asked");
		og_buf_addc(out, '\n');
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

static void add_workers(const json_t *status, struct sheet *sheet)
{
	long long workers = (long long)og_json_int(status, "workers", 0);
	long long jobs = (long long)og_json_int(status, "jobs", 0);

	og_buf_adds(&sheet->raw, "worker    ");
	add_word(sheet, workers ? OG_TONE_GOOD : OG_TONE_WAIT, workers ? "serving" : "none");
	if (workers == 0)
		og_buf_adds(&sheet->raw, "; start one: og-worker\n");
	else
		og_buf_addf(&sheet->raw, ": %lld worker%s, %lld job%s\n", workers,
			    workers == 1 ? "" : "s", jobs, jobs == 1 ? "" : "s");
}

static void add_tasks(const json_t *tasks, struct og_buf *out)
{
	const char *state, *comma = "";
	json_t *n;

	og_buf_adds(out, "tasks    ");
	if (!json_is_object(tasks))
		og_buf_adds(out, " unknown: no shield answers, or the owner's key is not here");
	else if (json_object_size(tasks) == 0)
		og_buf_adds(out, " none");
	json_object_foreach((json_t *)(uintptr_t)tasks, state, n)
	{
		og_buf_addf(out, "%s %s %lld", comma, state, (long long)json_integer_value(n));
		comma = ",";
	}
	og_buf_addc(out, '\n');
}

/* Tasks that came to an end, and the budgets that cut some short. */
static void add_rate(const json_t *status, struct sheet *sheet)
{
	struct og_buf *out = &sheet->raw;
	const json_t *finished = json_object_get(status, "finished");
	const json_t *interrupted = json_object_get(status, "interrupted");
	const char *waiting = og_json_str(status, "oldest_waiting");

	if (!json_is_object(finished))
		return;
	og_buf_addf(out, "rate      %lld finished in 1 min, %lld in 5, %lld in 15\n",
		    (long long)og_json_int(finished, "1m", 0),
		    (long long)og_json_int(finished, "5m", 0),
		    (long long)og_json_int(finished, "15m", 0));
	og_buf_adds(out, "breaker   ");
	if (og_json_int(interrupted, "5m", 0) > 0)
		add_word(sheet, OG_TONE_WAIT, "tripped lately");
	else
		add_word(sheet, OG_TONE_GOOD, "closed");
	og_buf_addf(out, ", %lld tasks interrupted in 15 min\n",
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

static void add_ledger(const json_t *ledger, const char *remote, struct sheet *sheet)
{
	struct og_buf *out = &sheet->raw;

	og_buf_adds(out, "ledger    ");
	if (remote) {
		og_buf_addf(out, "where the shield is: %s\n", remote);
		return;
	}
	if (!json_is_object(ledger)) {
		add_word(sheet, OG_TONE_BAD, "cannot be judged");
		og_buf_addc(out, '\n');
		return;
	}
	if (og_json_bool(ledger, "ok", 0))
		add_word(sheet, OG_TONE_GOOD, "verified");
	else
		add_word(sheet, OG_TONE_BAD, "BROKEN: og-ledger verify");
	og_buf_addf(out, ", %lld entries", (long long)og_json_int(ledger, "checked", 0));
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

static void add_service(const json_t *service, struct sheet *sheet)
{
	struct og_buf *out = &sheet->raw;
	const char *name = og_json_str(service, "name"), *state = og_json_str(service, "state");
	const char *since = og_json_str(service, "since"), *url = og_json_str(service, "endpoint");

	og_buf_addf(out, "  %-9s ", name ? name : "?");
	add_word(sheet, og_tone_of(state), state ? state : "?");
	og_buf_addf(out, " since %s", since ? since : "?");
	if (og_json_int(service, "pid", 0) > 0)
		og_buf_addf(out, ", process %lld", (long long)og_json_int(service, "pid", 0));
	if (url)
		og_buf_addf(out, ", at %s", url);
	if (og_json_int(service, "restarts", 0) > 0)
		og_buf_addf(out, ", started again %lld times",
			    (long long)og_json_int(service, "restarts", 0));
	og_buf_addc(out, '\n');
}

static void add_services(const json_t *up, struct sheet *sheet)
{
	const char *state = og_json_str(up, "state");
	json_t *service;
	size_t i;

	if (!json_is_object(up))
		return;
	og_buf_adds(&sheet->raw, "og up     ");
	add_word(sheet, og_tone_of(state), state ? state : "?");
	og_buf_addc(&sheet->raw, '\n');
	json_array_foreach(json_object_get(up, "services"), i, service)
	{
		add_service(service, sheet);
	}
}

static void sheet_init(struct sheet *sheet)
{
	og_buf_init(&sheet->raw, (size_t)1 << 20);
	og_buf_init(&sheet->safe, (size_t)4 << 20);
}

/* Names and texts come from files that others may have written. */
static int sheet_print(struct sheet *sheet, struct og_err *err)
{
	int rc;

	settle(sheet);
	rc = og_buf_check(&sheet->safe, "output", err);
	if (rc == 0)
		rc = og_print(sheet->safe.data, sheet->safe.len, err);
	og_buf_release(&sheet->raw);
	og_buf_release(&sheet->safe);
	return rc;
}

int og_status_print(const json_t *status, struct og_err *err)
{
	struct sheet sheet;
	json_t *problem;
	size_t i;

	sheet_init(&sheet);
	og_buf_addf(&sheet.raw, "instance  %s (format %d)\n", og_json_str(status, "home"),
		    OG_FORMAT);
	add_workers(status, &sheet);
	add_queue(json_object_get(status, "queue"), &sheet);
	add_tasks(json_object_get(status, "tasks"), &sheet.raw);
	add_rate(status, &sheet);
	add_models(status, &sheet.raw);
	add_ledger(json_object_get(status, "ledger"), og_json_str(status, "remote"), &sheet);
	add_store(status, "graph", &sheet.raw);
	add_store(status, "vectors", &sheet.raw);
	add_services(json_object_get(status, "up"), &sheet);
	json_array_foreach(json_object_get(status, "problems"), i, problem)
	{
		add_word(&sheet, OG_TONE_BAD, "problem");
		og_buf_addf(&sheet.raw, "   %s\n", og_json_str(problem, "what"));
	}
	return sheet_print(&sheet, err);
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

/* Never in colour: it is read by a program, whatever it is shown on. */
int og_status_check(const json_t *status, struct og_err *err)
{
	json_t *problems = json_object_get(status, "problems"), *problem;
	struct sheet sheet;
	size_t i;

	sheet_init(&sheet);
	og_buf_adds(&sheet.raw, json_array_size(problems) > 0 ? "WARNING - " : "OK - all is well");
	json_array_foreach(problems, i, problem)
	{
		if (i > 0)
			og_buf_adds(&sheet.raw, "; ");
		add_text(og_json_str(problem, "what"), &sheet.raw);
	}
	add_figures(status, &sheet.raw);
	return sheet_print(&sheet, err);
}
