/*
 * og-eval FILE...: runs scenarios, each as often as is asked for, and tells
 * what came of them, as TAP or as JSON lines, in the order of the files
 * whoever is done first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-eval.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/budget/price.h"

#define JOBS_MAX    64
#define JOBS_USUAL  8
#define REPEAT_MAX  1000
#define WORDS_MAX   128
#define GRACE_MS    10000 /* beyond --timeout: it ends itself, and says more */
#define PERCENT_ALL 100
#define SAID_MAX    300 /* bytes of a reason that are told */

struct session {
	const struct og_ctx *ctx;
	const struct og_args *args;
	json_t *scenarios; /* {"file","scenario"} */
	json_t **lines;	   /* of run k of scenario i: i * repeat + k; NULL: not yet */
	size_t *todo;	   /* runs that are not skipped */
	size_t n_todo, repeat, next_told;
	int64_t jobs, at_least, timeout_ms;
	int64_t began;
	size_t passed, failed, skipped;
	int64_t nanousd, tokens;
	const char *model;
	struct scratch scratch; /* what each scenario's is a copy of */
	struct og_err *err;
};

/* --- telling ------------------------------------------------------------- */

static json_t *entry_of(const struct session *s, size_t i)
{
	return json_array_get(s->scenarios, i / s->repeat);
}

static const char *name_of(const struct session *s, size_t scenario)
{
	return og_json_str(json_object_get(json_array_get(s->scenarios, scenario), "scenario"),
			   "name");
}

static int tell_failures(struct session *s, const json_t *line)
{
	const json_t *failures = json_object_get(line, "failures");
	const char *reason = og_json_str(line, "reason");
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, 65536);
	for (size_t i = 0; rc == 0 && i < json_array_size(failures); i++) {
		og_buf_clear(&text);
		og_judge_say(json_array_get(failures, i), &text);
		rc = og_printf(s->err, "#   %s\n", text.data ? text.data : "");
	}
	/* A model's words, maybe: they are to end no line of TAP. */
	if (rc == 0 && json_array_size(failures) && reason && *reason) {
		og_buf_clear(&text);
		og_text_safe(&text, reason, strnlen(reason, SAID_MAX), 0);
		rc = og_printf(s->err, "#   it said: %s\n", text.data);
	}
	og_buf_release(&text);
	return rc;
}

static void count_line(struct session *s, const json_t *line)
{
	const json_t *cost = json_object_get(line, "cost");
	const char *model = og_json_str(line, "model");

	s->nanousd += og_json_int(cost, "nanousd", 0);
	s->tokens += og_json_int(cost, "input", 0) + og_json_int(cost, "output", 0);
	if (model && !s->model)
		s->model = model;
}

/* What a scenario that failed is about, in a line. */
static int tell_about(struct session *s, size_t scenario)
{
	const json_t *entry = json_array_get(s->scenarios, scenario);
	const char *about = og_json_str(json_object_get(entry, "scenario"), "about");
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, 65536);
	if (about && *about && og_text_safe(&text, about, strlen(about), 0) == 0)
		rc = og_printf(s->err, "#   %s\n", text.data);
	og_buf_release(&text);
	return rc;
}

/* One point of TAP for all runs of a scenario. */
static int tell_tap(struct session *s, size_t scenario, size_t pass, const char *skipped)
{
	json_t **lines = s->lines + scenario * s->repeat;
	int ok = pass * PERCENT_ALL >= (size_t)s->at_least * s->repeat;
	int64_t ms = 0;

	for (size_t k = 0; k < s->repeat; k++)
		ms += og_json_int(lines[k], "ms", 0);
	if (skipped)
		return og_printf(s->err, "ok %zu - %s # SKIP %s\n", scenario + 1,
				 name_of(s, scenario), skipped);
	if (og_printf(s->err, "%s %zu - %s", ok ? "ok" : "not ok", scenario + 1,
		      name_of(s, scenario)) < 0)
		return -1;
	if (s->repeat > 1 && og_printf(s->err, " (%zu of %zu)", pass, s->repeat) < 0)
		return -1;
	if (og_printf(s->err, "\n# %lld ms\n", (long long)ms / (int64_t)s->repeat) < 0)
		return -1;
	if (!ok && tell_about(s, scenario) < 0)
		return -1;
	for (size_t k = 0; k < s->repeat; k++)
		if (tell_failures(s, lines[k]) < 0)
			return -1;
	return 0;
}

static int tell_scenario(struct session *s, size_t scenario)
{
	json_t **lines = s->lines + scenario * s->repeat;
	const char *skipped = og_json_str(lines[0], "skipped");
	size_t pass = 0;

	for (size_t k = 0; k < s->repeat; k++) {
		pass += og_json_bool(lines[k], "ok", 0) ? 1 : 0;
		count_line(s, lines[k]);
		if (og_arg_flag(s->args, "json") && og_print_json(lines[k], s->err) < 0)
			return -1;
	}
	if (skipped)
		s->skipped++;
	else if (pass * PERCENT_ALL >= (size_t)s->at_least * s->repeat)
		s->passed++;
	else
		s->failed++;
	if (!og_arg_flag(s->args, "json") && tell_tap(s, scenario, pass, skipped) < 0)
		return -1;
	fflush(stdout);
	return 0;
}

/* Whatever can be told in order. */
static int tell_more(struct session *s)
{
	while (s->next_told < json_array_size(s->scenarios)) {
		for (size_t k = 0; k < s->repeat; k++)
			if (!s->lines[s->next_told * s->repeat + k])
				return 0;
		if (tell_scenario(s, s->next_told++) < 0)
			return -1;
	}
	return 0;
}

static int tell_summary(struct session *s)
{
	int64_t ms = og_mono_ms() - s->began;
	char time[OG_TIME_LEN + 1], usd[OG_MONEY_TEXT];
	json_t *summary;
	int rc;

	og_time_format(og_now_ms(), time);
	og_money_text(s->nanousd, usd);
	if (!og_arg_flag(s->args, "json"))
		return og_printf(s->err,
				 "# %zu passed, %zu failed, %zu skipped; %lld ms, %lld tokens, "
				 "%s USD\n",
				 s->passed, s->failed, s->skipped, (long long)ms,
				 (long long)s->tokens, usd);
	summary = json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?, s:b, s:s, s:s}",
			    "v", 1, "summary", 1, "passed", (json_int_t)s->passed, "failed",
			    (json_int_t)s->failed, "skipped", (json_int_t)s->skipped, "repeat",
			    (json_int_t)s->repeat, "ms", (json_int_t)ms, "tokens",
			    (json_int_t)s->tokens, "nanousd", (json_int_t)s->nanousd, "model",
			    s->model, "from_instance", og_arg_flag(s->args, "from-instance"),
			    "time", time, "version", OG_VERSION);
	rc = summary ? og_print_json(summary, s->err) : og_fail_nomem(s->err);
	json_decref(summary);
	return rc;
}

/* What a script is for is not there. */
static const char *skipped(const struct session *s, const json_t *scenario)
{
	if (!json_object_get(scenario, "script") || og_arg_value(s->args, "model") ||
	    og_arg_value(s->args, "model-server"))
		return NULL;
	return "it takes --model-server or --model";
}

/* --- running ------------------------------------------------------------- */

static char *input_of(void *arg, size_t i)
{
	const struct session *s = arg;

	return json_dumps(json_object_get(entry_of(s, s->todo[i]), "scenario"), JSON_COMPACT);
}

/* It could not even be judged. */
static json_t *broken_line(const struct session *s, size_t i, const char *said)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *failures = json_array();
	size_t len = strlen(said);

	while (len && said[len - 1] == '\n')
		len--;
	og_judge_add(failures, "ran", NULL, json_true(), json_stringn(said, len), &ignored);
	return json_pack("{s:i, s:s, s:b, s:s, s:s, s:i, s:o}", "v", 1, "scenario",
			 name_of(s, i / s->repeat), "ok", 0, "state", "broken", "reason", "", "ms",
			 0, "failures", failures);
}

static int note_line(void *arg, size_t k, const struct og_buf *out, const char *said,
		     struct og_err *err)
{
	struct session *s = arg;
	size_t i = s->todo[k];
	struct og_err why = OG_ERR_INIT;
	json_t *line = NULL;

	if (!out || out->len == 0 ||
	    og_json_parse(out->data, out->len, EVAL_LINE_MAX, "og-eval one", &line, &why) < 0)
		line = broken_line(s, i, *said ? said : why.msg);
	if (!line)
		return og_fail_nomem(err);
	json_object_set(line, "file", json_object_get(entry_of(s, i), "file"));
	json_object_set_new(line, "run", json_integer((json_int_t)(i % s->repeat) + 1));
	s->lines[i] = line;
	return tell_more(s);
}

/* --model NAME is --set model=NAME, and free unless somebody says otherwise. */
static int add_settings(const struct session *s, const char **argv, size_t *n, char *model,
			size_t model_len)
{
	const char *set, *name = og_arg_value(s->args, "model");
	int priced = 0;

	for (size_t i = 0; (set = og_arg_list(s->args, "set", i)); i++) {
		if (*n > WORDS_MAX - 16)
			return og_fail(s->err, OG_EUSAGE, "too many --set");
		priced |= strncmp(set, "model_price=", 12) == 0;
		argv[(*n)++] = "--set";
		argv[(*n)++] = set;
	}
	if (!name)
		return 0;
	if (strlen(name) + 7 > model_len)
		return og_fail(s->err, OG_EUSAGE, "--model: the name is too long");
	snprintf(model, model_len, "model=%s", name);
	argv[(*n)++] = "--set";
	argv[(*n)++] = model;
	if (!priced) {
		argv[(*n)++] = "--set";
		argv[(*n)++] = "model_price=0 0";
	}
	return 0;
}

/* Those that are skipped have their lines before the others run. */
static int skip_some(struct session *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < json_array_size(s->scenarios) * s->repeat; i++) {
		const json_t *scenario = json_object_get(entry_of(s, i), "scenario");
		const char *why = skipped(s, scenario);

		if (!why) {
			s->todo[kept++] = i;
			continue;
		}
		s->lines[i] = json_pack("{s:i, s:s, s:s, s:O, s:I}", "v", 1, "scenario",
					og_json_str(scenario, "name"), "skipped", why, "file",
					json_object_get(entry_of(s, i), "file"), "run",
					(json_int_t)(i % s->repeat) + 1);
		if (!s->lines[i])
			return og_fail_nomem(s->err);
	}
	s->n_todo = kept;
	return 0;
}

static int run_all(struct session *s)
{
	char *self = og_program_path(s->ctx->exe_dir, "og-eval"), model[1100], tmp[1100], span[32];
	const char *argv[WORDS_MAX] = { self,	  "one",	   "--from-instance",
					"--home", s->scratch.home, "--timeout",
					span };
	const char *env[] = { tmp, NULL };
	struct pool pool = { .argv = argv,
			     .env = env,
			     .jobs = (int)s->jobs,
			     .timeout_ms = s->timeout_ms + GRACE_MS,
			     .n = s->n_todo,
			     .input = input_of,
			     .done = note_line,
			     .arg = s };
	static const char *const passed[] = { "--judge", "--judge-command", "--model-server" };
	size_t n = 7;
	int rc = -1;

	snprintf(span, sizeof(span), "%lldms", (long long)s->timeout_ms);
	if (!self)
		og_fail_nomem(s->err);
	else if (strlen(s->scratch.temp) + 8 > sizeof(tmp))
		og_fail(s->err, OG_EUSAGE, "TMPDIR is too long");
	else {
		snprintf(tmp, sizeof(tmp), "TMPDIR=%s", s->scratch.temp);
		for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
			const char *value = og_arg_value(s->args, passed[i] + 2);

			argv[n] = passed[i];
			argv[n + 1] = value;
			n += value ? 2 : 0;
		}
		argv[n] = NULL;
		rc = add_settings(s, argv, &n, model, sizeof(model));
	}
	if (rc == 0)
		rc = pool_run(&pool, s->err);
	free(self);
	return rc;
}

/* og-skill says what is wrong with a file. */
static int add_skill(struct session *s, const char *as, const char *path)
{
	struct call call;
	int rc;

	call_init(&call, "og-skill", "add");
	call_add(&call, "--as");
	call_add(&call, as);
	call_add(&call, "--grant");
	call_add(&call, "--");
	call_add(&call, path);
	rc = call_run(&call, &s->scratch, s->err);
	if (rc == 0 && call.status != 0)
		rc = og_fail(s->err, call.status, "%s", call_said(&call));
	call_release(&call);
	return rc;
}

static int add_skills(struct session *s, const char *as)
{
	const char *path;
	int rc = 0;

	for (size_t i = 0; rc == 0 && (path = og_arg_list(s->args, "add", i)); i++)
		rc = add_skill(s, as, path);
	return rc;
}

static int make_template(struct session *s)
{
	struct og_conf *conf = NULL;
	const char *as = NULL;
	int rc = 0;

	if (og_arg_list(s->args, "add", 0) && og_principal_from(s->ctx, s->args, &as, s->err) < 0)
		return -1;
	s->scratch.deadline = og_deadline(EVAL_TIMEOUT_MS);
	if (og_arg_flag(s->args, "from-instance"))
		rc = og_conf_from(s->ctx, s->args, &conf, s->err);
	if (rc == 0)
		rc = eval_forget_environment(s->err);
	if (rc == 0)
		rc = scratch_make(&s->scratch, s->ctx, conf ? conf->home : NULL, NULL, s->err);
	if (rc == 0)
		rc = add_skills(s, as);
	og_conf_free(conf);
	return rc;
}

static int read_number(const struct og_args *args, const char *name, int64_t max, int64_t usual,
		       int64_t *ret, struct og_err *err)
{
	const char *value = og_arg_value(args, name);
	char what[32];

	*ret = usual;
	snprintf(what, sizeof(what), "--%s", name);
	return value ? og_int_parse(value, 1, max, what, ret, err) : 0;
}

static int read_options(struct session *s)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const char *timeout = og_arg_value(s->args, "timeout");
	int64_t usual = cpus < 1 ? 1 : cpus > JOBS_USUAL ? JOBS_USUAL : cpus, repeat = 1;

	if (og_arg_value(s->args, "judge") && og_arg_value(s->args, "judge-command"))
		return og_fail(s->err, OG_EUSAGE, "--judge and --judge-command exclude each other");
	s->timeout_ms = EVAL_TIMEOUT_MS;
	if (read_number(s->args, "jobs", JOBS_MAX, usual, &s->jobs, s->err) < 0 ||
	    read_number(s->args, "repeat", REPEAT_MAX, 1, &repeat, s->err) < 0 ||
	    read_number(s->args, "at-least", PERCENT_ALL, PERCENT_ALL, &s->at_least, s->err) < 0)
		return -1;
	s->repeat = (size_t)repeat;
	return timeout ? og_span_parse(timeout, "--timeout", &s->timeout_ms, s->err) : 0;
}

static int run_session(struct session *s)
{
	size_t n;

	if (read_options(s) < 0 || eval_read_scenarios(s->ctx, s->args, s->scenarios, s->err) < 0)
		return -1;
	n = json_array_size(s->scenarios);
	s->lines = calloc(n * s->repeat + 1, sizeof(json_t *));
	s->todo = calloc(n * s->repeat + 1, sizeof(*s->todo));
	if (!s->lines || !s->todo)
		return og_fail_nomem(s->err);
	if (!og_arg_flag(s->args, "json") && og_printf(s->err, "TAP version 13\n1..%zu\n", n) < 0)
		return -1;
	if (skip_some(s) < 0 || tell_more(s) < 0 || (s->n_todo > 0 && make_template(s) < 0) ||
	    (s->n_todo > 0 && run_all(s) < 0) || tell_summary(s) < 0)
		return -1;
	return s->failed ? OG_NO : OG_OK;
}

int eval_run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct session s = { .ctx = ctx,
			     .args = args,
			     .scenarios = json_array(),
			     .repeat = 1,
			     .began = og_mono_ms(),
			     .scratch = { .ctx = ctx, .lock = -1 },
			     .err = err };
	int rc = s.scenarios ? run_session(&s) : og_fail_nomem(err);

	for (size_t i = 0; s.lines && i < json_array_size(s.scenarios) * s.repeat; i++)
		json_decref(s.lines[i]);
	free(s.lines);
	free(s.todo);
	scratch_release(&s.scratch);
	json_decref(s.scenarios);
	return rc;
}
