/*
 * og-eval one: carries out the scenario on standard input in a scratch
 * instance, judges what came of it and prints one line. It is a process of
 * its own so that scenarios can neither disturb each other nor their
 * parent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-eval.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

#define READER "owner" /* every instance has it; its right is to see all */

struct trial {
	const struct og_args *args;
	struct scratch scratch;
	json_t *scenario, *expect;
	json_t *seen;	       /* for the judge */
	json_t *acts;	       /* failures on the way */
	struct og_child model; /* a scripted one */
	char *task, *state;
	int64_t since; /* the last entry before the scenario's own */
	int64_t ms;
	struct og_err *err;
};

static int keep(struct trial *t, const char *name, json_t *value)
{
	return og_json_set(t->seen, name, value, t->err);
}

/* --- looking ------------------------------------------------------------- */

/* {"rows":[[..]]}, or {"refused":WHY}. */
static int read_rows(struct trial *t, const json_t *question, json_t **ret)
{
	char *sql = og_act_text(json_object_get(question, "sql"));
	json_t *lines = NULL, *rows = json_array(), *row, *cell;
	struct call call;
	const char *column;
	int rc;

	call_init(&call, "og-shield", "query");
	call_add(&call, "--as");
	call_add(&call, og_json_str(question, "as"));
	call_add(&call, "--json");
	call_add(&call, "--");
	call_add(&call, sql);
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.status == 0)
		rc = call_lines(&call, &lines, t->err);
	for (size_t i = 0; rc == 0 && i < json_array_size(lines); i++) {
		row = json_array();
		json_object_foreach(json_array_get(lines, i), column, cell)
		{
			json_array_append(row, cell);
		}
		json_array_append_new(rows, row);
	}
	if (rc == 0) {
		/* A statement that is none is not refused. */
		const char *how =
			call.status == OG_NO || call.status == OG_EPERM ? "refused" : "failed";

		*ret = call.status == 0 ? json_pack("{s:O}", "rows", rows)
					: json_pack("{s:s}", how, call_said(&call));
		rc = *ret ? 0 : og_fail_nomem(t->err);
	}
	json_decref(rows);
	json_decref(lines);
	call_release(&call);
	free(sql);
	return rc;
}

static int read_all(struct trial *t, const char *name)
{
	const json_t *questions = json_object_get(t->expect, name);
	json_t *all = json_array(), *rows;
	int rc = all ? 0 : og_fail_nomem(t->err);

	for (size_t i = 0; rc == 0 && i < json_array_size(questions); i++) {
		rows = NULL;
		if (json_is_object(json_array_get(questions, i)))
			rc = read_rows(t, json_array_get(questions, i), &rows);
		if (json_array_append_new(all, rows ? rows : json_null()) < 0)
			rc = og_fail_nomem(t->err);
	}
	if (rc < 0) {
		json_decref(all);
		return -1;
	}
	return keep(t, name, all);
}

/* expect.forbid is read twice: {"before","after"}. */
static int read_forbidden(struct trial *t, const json_t *before)
{
	json_t *pairs = json_array(), *after;

	if (!pairs || read_all(t, "forbid") < 0)
		return -1;
	after = json_object_get(t->seen, "forbid");
	for (size_t i = 0; i < json_array_size(after); i++)
		json_array_append_new(pairs,
				      json_pack("{s:O, s:O}", "before", json_array_get(before, i),
						"after", json_array_get(after, i)));
	return keep(t, "forbid", pairs);
}

/* One of our programs' JSON as an array of its lines. */
static int ask_lines(struct trial *t, struct call *call, json_t **ret)
{
	if (call_run(call, &t->scratch, t->err) < 0)
		return -1;
	if (call->status != 0)
		return og_fail(t->err, OG_EBUG, "%s: %s", call->words[0], call_said(call));
	return call_lines(call, ret, t->err);
}

static int read_ledger(struct trial *t, int64_t since, json_t **ret)
{
	char number[32];
	struct call call;
	int rc;

	snprintf(number, sizeof(number), "%lld", (long long)since);
	call_init(&call, "og-ledger", "log");
	call_add(&call, "--as");
	call_add(&call, READER);
	call_add(&call, "--json");
	call_add(&call, since < 0 ? "--limit" : "--since");
	call_add(&call, since < 0 ? "1" : number);
	rc = ask_lines(t, &call, ret);
	call_release(&call);
	return rc;
}

static int note_since(struct trial *t)
{
	json_t *last = NULL;
	int rc = read_ledger(t, -1, &last);

	t->since = og_json_int(json_array_get(last, 0), "seq", 0);
	json_decref(last);
	return rc;
}

static int read_effects(struct trial *t)
{
	json_t *entries = NULL, *effects = NULL;
	int rc = read_ledger(t, t->since, &entries);

	if (rc == 0)
		rc = og_effects_of(entries, &effects, t->err);
	json_decref(entries);
	return rc == 0 ? keep(t, "effects", effects) : -1;
}

static int verify(struct trial *t)
{
	json_t *verdict = NULL;
	struct call call;
	int rc;

	call_init(&call, "og-ledger", "verify");
	call_add(&call, "--state");
	call_add(&call, "--json");
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.out.len)
		rc = call_json(&call, &verdict, t->err);
	if (rc == 0 && !verdict)
		verdict = json_pack("{s:b, s:s}", "ok", 0, "said", call_said(&call));
	call_release(&call);
	return rc == 0 ? keep(t, "verify", verdict) : -1;
}

/* --- the result ---------------------------------------------------------- */

/* White space is where a line ended on paper. */
static json_t *one_line(const char *text)
{
	struct og_buf line;
	json_t *value;

	og_buf_init(&line, EVAL_LINE_MAX);
	for (; text && *text; text++) {
		int space = *text == ' ' || *text == '\n' || *text == '\t';

		if (!space)
			og_buf_addc(&line, *text);
		else if (line.len && line.data[line.len - 1] != ' ')
			og_buf_addc(&line, ' ');
	}
	value = json_stringn(line.len ? line.data : "", line.len);
	og_buf_release(&line);
	return value;
}

static int render(struct trial *t, const struct call *shown)
{
	struct call call;
	int rc;

	call_init(&call, "og-render", "--to=text");
	call_add(&call, "--width=1000");
	call_add(&call, "--color=never");
	call.input = shown->out.data;
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.status != 0)
		rc = og_judge_add(t->acts, "render", NULL, json_integer(0),
				  json_string(call_said(&call)), t->err);
	if (rc == 0)
		rc = keep(t, "text", one_line(call.out.data));
	call_release(&call);
	return rc;
}

/* A task that waits has no result yet. */
static int read_result(struct trial *t)
{
	json_t *result = NULL;
	struct call call;
	int rc;

	if (!t->task)
		return keep(t, "result", json_object());
	call_init(&call, "og-task", "show");
	call_add(&call, "--as");
	call_add(&call, og_json_str(t->scenario, "as"));
	call_add(&call, "--json");
	call_add(&call, t->task);
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.out.len) {
		rc = call_json(&call, &result, t->err);
		if (rc == 0)
			rc = render(t, &call);
	}
	call_release(&call);
	if (rc < 0) {
		json_decref(result);
		return -1;
	}
	return keep(t, "result", result ? result : json_object());
}

/* --- doing --------------------------------------------------------------- */

static int note_outcome(struct trial *t, const struct outcome *o)
{
	free(t->state);
	t->state = strdup(o->state);
	if (!t->state)
		return og_fail_nomem(t->err);
	return keep(t, "state", json_string(o->state)) < 0 ||
			       keep(t, "reason", json_string(o->reason)) < 0
		       ? -1
		       : 0;
}

/* An act on the way must go well, or be refused where that is said. */
static int judge_act(struct trial *t, const char *list, size_t i, const json_t *act,
		     const struct outcome *o, int hold)
{
	int refused = json_object_get(act, "refused") != NULL;
	int done = strcmp(o->state, "done") == 0 || (hold && o->task);
	char at[64];

	if (done != refused && (done || strcmp(o->state, "failed") != 0 || o->task))
		return 0;
	snprintf(at, sizeof(at), "%s %zu", list, i + 1);
	return og_judge_add(t->acts, "act", at, json_string(refused ? "refused" : "done"),
			    json_pack("[s, s]", o->state, o->reason), t->err);
}

static int work_on(struct trial *t)
{
	struct outcome o = { NULL, "", NULL };
	int rc = act_work(&t->scratch, t->task, og_json_str(t->scenario, "as"), &o, t->err);

	if (rc == 0)
		rc = note_outcome(t, &o);
	outcome_release(&o);
	return rc;
}

static int act_all(struct trial *t, const char *list, int hold)
{
	const json_t *acts = json_object_get(t->scenario, list);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(acts); i++) {
		const json_t *act = json_array_get(acts, i);
		struct outcome o;

		rc = act_carry_out(&t->scratch, act, hold, t->task, &o, t->err);
		if (rc == 0)
			rc = judge_act(t, list, i, act, &o, hold);
		if (rc == 0 && t->task && !hold)
			rc = work_on(t);
		outcome_release(&o);
	}
	return rc;
}

static int act_main(struct trial *t)
{
	int hold = json_object_get(t->scenario, "hold") != NULL, rc;
	int64_t began = og_mono_ms();
	struct outcome o;

	rc = act_carry_out(&t->scratch, t->scenario, hold, NULL, &o, t->err);
	if (rc == 0)
		rc = note_outcome(t, &o);
	t->task = o.task;
	o.task = NULL;
	outcome_release(&o);
	if (rc == 0)
		rc = act_all(t, "then", hold);
	if (rc == 0 && hold && t->task)
		rc = work_on(t);
	t->ms = og_mono_ms() - began;
	return rc;
}

/* --- the line ------------------------------------------------------------ */

static json_t *or_null(const json_t *value)
{
	return value ? json_deep_copy(value) : json_null();
}

static json_t *line_of(struct trial *t, json_t *failures)
{
	const json_t *result = json_object_get(t->seen, "result");
	const json_t *effects = json_object_get(t->seen, "effects");
	static const char *const members[] = { "skill",	   "planner", "model",
					       "fallback", "view_by", "answer_by" };
	json_t *line = json_pack(
		"{s:i, s:s, s:b, s:s, s:O, s:O, s:I, s:o, s:o, s:o, s:I, s:O}", "v", 1, "scenario",
		og_json_str(t->scenario, "name"), "ok", json_array_size(failures) == 0, "as",
		og_json_str(t->scenario, "as"), "state", json_object_get(t->seen, "state"),
		"reason", json_object_get(t->seen, "reason"), "ms", (json_int_t)t->ms, "cost",
		or_null(json_object_get(result, "cost")), "effects",
		or_null(json_object_get(effects, "tables")), "actions",
		or_null(json_object_get(effects, "actions")), "schema",
		(json_int_t)og_json_int(effects, "schema", 0), "failures", failures);

	for (size_t i = 0; line && i < sizeof(members) / sizeof(*members); i++)
		if (json_object_get(result, members[i]))
			json_object_set(line, members[i], json_object_get(result, members[i]));
	if (line && json_object_get(t->scenario, "say"))
		json_object_set(line, "say", json_object_get(t->scenario, "say"));
	if (line && json_object_get(t->expect, "skill"))
		json_object_set(line, "expected_skill", json_object_get(t->expect, "skill"));
	if (line && t->task)
		json_object_set_new(line, "task", json_string(t->task));
	if (line)
		json_object_set(line, "result", json_object_get(t->seen, "result"));
	return line;
}

static int carry_out(struct trial *t)
{
	json_t *before;
	int rc;

	if (act_all(t, "setup", 0) < 0 || read_all(t, "forbid") < 0 || note_since(t) < 0)
		return -1;
	before = json_incref(json_object_get(t->seen, "forbid"));
	/* What is asked afterwards may be refused, and leave entries of its own. */
	rc = act_main(t) < 0 || read_result(t) < 0 || read_effects(t) < 0 ||
			     read_all(t, "sql") < 0 || read_forbidden(t, before) < 0 ||
			     verify(t) < 0
		     ? -1
		     : 0;
	json_decref(before);
	return rc;
}

/* --- around it ----------------------------------------------------------- */

static int read_scenario(struct trial *t)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, OG_SCENARIO_MAX);
	rc = og_file_read("-", "scenario", &text, t->err);
	if (rc == 0)
		rc = og_json_parse(text.data ? text.data : "", text.len, OG_SCENARIO_MAX,
				   "scenario", &t->scenario, t->err);
	if (rc == 0)
		rc = og_scenario_check(t->scenario, "scenario", t->err);
	t->expect = json_object_get(t->scenario, "expect");
	og_buf_release(&text);
	return rc;
}

/* A line of og.conf; what would lead out of the scratch instance is ours. */
static int add_setting(const struct trial *t, json_t *settings, const char *key, size_t len,
		       const char *value)
{
	static const char *const ours[] = { "queue", "shield", "services", "serve", NULL };

	for (const char *const *own = ours; *own; own++)
		if (strlen(*own) == len && memcmp(*own, key, len) == 0)
			return og_fail(t->err, OG_EUSAGE,
				       "'%s' of a scratch instance is not to be set", *own);
	if (len == 0 || strspn(key, "abcdefghijklmnopqrstuvwxyz_") < len || !*value ||
	    strpbrk(value, "\n\r"))
		return og_fail(t->err, OG_EUSAGE, "'%.*s' is no line of og.conf: KEY=VALUE", 40,
			       key);
	if (json_object_setn_new(settings, key, len, json_string(value)) < 0)
		return og_fail_nomem(t->err);
	return 0;
}

/* What the command line says, then what the scenario does. */
static int collect_settings(const struct trial *t, json_t *settings)
{
	json_t *conf = json_object_get(t->scenario, "conf"), *value;
	const char *set, *key;
	int rc = settings ? 0 : og_fail_nomem(t->err);

	for (size_t i = 0; rc == 0 && (set = og_arg_list(t->args, "set", i)); i++) {
		size_t len = strcspn(set, "=");

		rc = add_setting(t, settings, set, len, set[len] ? set + len + 1 : "");
	}
	json_object_foreach(conf, key, value)
	{
		char *text = json_is_string(value) ? strdup(json_string_value(value))
						   : json_dumps(value, JSON_ENCODE_ANY);

		if (rc == 0)
			rc = text ? add_setting(t, settings, key, strlen(key), text)
				  : og_fail_nomem(t->err);
		free(text);
	}
	return rc;
}

/* A script is for a scripted model; with another one it is not used. */
static int start_model(struct trial *t)
{
	const char *program = og_arg_value(t->args, "model-server");
	const json_t *script = json_object_get(t->scenario, "script");
	json_t *settings;
	int rc;

	if (!script || !program)
		return 0;
	settings = json_object();
	rc = settings ? scripted_start(program, &t->scratch, script, &t->model, settings, t->err)
		      : og_fail_nomem(t->err);
	if (rc == 0)
		rc = scratch_set(&t->scratch, settings, t->err);
	json_decref(settings);
	return rc;
}

static int prepare(struct trial *t)
{
	const char *timeout = og_arg_value(t->args, "timeout");
	int64_t span = EVAL_TIMEOUT_MS;
	struct og_conf *conf = NULL;
	json_t *settings;
	int rc;

	if (timeout && og_span_parse(timeout, "--timeout", &span, t->err) < 0)
		return -1;
	if (read_scenario(t) < 0)
		return -1;
	t->seen = json_object();
	t->acts = json_array();
	if (!t->seen || !t->acts || json_object_set(t->seen, "acts", t->acts) < 0)
		return og_fail_nomem(t->err);
	t->scratch.deadline = og_deadline(span);
	settings = json_object();
	rc = collect_settings(t, settings);
	if (rc == 0 && og_arg_flag(t->args, "from-instance"))
		rc = og_conf_from(t->scratch.ctx, t->args, &conf, t->err);
	if (rc == 0)
		rc = eval_forget_environment(t->err);
	if (rc == 0)
		rc = scratch_make(&t->scratch, t->scratch.ctx, conf ? conf->home : NULL, settings,
				  t->err);
	og_conf_free(conf);
	json_decref(settings);
	return rc;
}

static int print_line(struct trial *t)
{
	const char *program = og_arg_value(t->args, "judge-command");
	json_t *failures = NULL, *line;
	int rc = og_judge(t->expect, t->seen, &failures, t->err), ok;

	if (rc < 0)
		return -1;
	ok = json_array_size(failures) == 0;
	line = line_of(t, failures);
	rc = line ? 0 : og_fail_nomem(t->err);
	if (rc == 0 && program)
		rc = opinion_ask(program, t->scratch.deadline, t->scenario, line, t->err);
	if (rc == 0)
		rc = og_print_json(line, t->err);
	json_decref(line);
	json_decref(failures);
	return rc < 0 ? -1 : ok ? OG_OK : OG_NO;
}

int eval_one(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct trial t = { .args = args,
			   .scratch = { .ctx = ctx, .lock = -1 },
			   .model = { -1, -1, -1 },
			   .err = err };
	int rc = prepare(&t);

	if (rc == 0)
		rc = start_model(&t);
	if (rc == 0)
		rc = carry_out(&t);
	og_child_end(&t.model, 0, NULL);
	scratch_release(&t.scratch);
	if (rc == 0)
		rc = print_line(&t);
	json_decref(t.scenario);
	json_decref(t.seen);
	json_decref(t.acts);
	free(t.task);
	free(t.state);
	return rc;
}
