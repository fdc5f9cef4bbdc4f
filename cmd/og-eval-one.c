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

/* --- doing --------------------------------------------------------------- */

static int note_outcome(struct trial *t, const struct outcome *o)
{
	free(t->state);
	t->state = strdup(o->state);
	if (!t->state)
		return og_fail_nomem(t->err);
	return trial_keep(t, "state", json_string(o->state)) < 0 ||
			       trial_keep(t, "reason", json_string(o->reason)) < 0
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

	if (act_all(t, "setup", 0) < 0 || trial_read_all(t, "forbid") < 0 ||
	    trial_note_since(t) < 0)
		return -1;
	before = json_incref(json_object_get(t->seen, "forbid"));
	/* What is asked afterwards may be refused, and leave entries of its own. */
	rc = act_main(t) < 0 || trial_read_result(t) < 0 || trial_read_effects(t) < 0 ||
			     trial_read_all(t, "sql") < 0 || trial_read_forbidden(t, before) < 0 ||
			     trial_verify(t) < 0
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
	if (og_arg_value(t->args, "judge") && og_arg_value(t->args, "judge-command"))
		return og_fail(t->err, OG_EUSAGE, "--judge and --judge-command exclude each other");
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

static int ask_model(struct trial *t, const char *name, json_t *line)
{
	struct og_conf *conf = NULL;
	int rc = og_conf_load(t->scratch.home, t->scratch.ctx->env, &conf, t->err);

	if (rc == 0)
		rc = opinion_of_model(t->scratch.ctx, conf, name, t->scenario,
				      og_json_str(t->seen, "text"), line, t->err);
	og_conf_free(conf);
	return rc;
}

/* The judge's verdict first: no opinion is part of it. */
static int judge(struct trial *t, json_t **ret)
{
	const char *program = og_arg_value(t->args, "judge-command");
	const char *model = og_arg_value(t->args, "judge");
	json_t *failures = NULL, *line;
	int rc = og_judge(t->expect, t->seen, &failures, t->err);

	if (rc < 0)
		return -1;
	line = line_of(t, failures);
	json_decref(failures);
	rc = line ? 0 : og_fail_nomem(t->err);
	if (rc == 0 && program)
		rc = opinion_ask(program, t->scratch.deadline, t->scenario, line, t->err);
	else if (rc == 0 && model)
		rc = ask_model(t, model, line);
	if (rc == 0)
		*ret = line;
	else
		json_decref(line);
	return rc;
}

int eval_one(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct trial t = { .args = args,
			   .scratch = { .ctx = ctx, .lock = -1 },
			   .model = { -1, -1, -1 },
			   .err = err };
	json_t *line = NULL;
	int rc = prepare(&t);

	if (rc == 0)
		rc = start_model(&t);
	if (rc == 0)
		rc = carry_out(&t);
	if (rc == 0)
		rc = judge(&t, &line);
	og_child_end(&t.model, 0, NULL);
	scratch_release(&t.scratch);
	if (rc == 0)
		rc = og_print_json(line, err);
	if (rc == 0 && !og_json_bool(line, "ok", 0))
		rc = OG_NO;
	json_decref(line);
	json_decref(t.scenario);
	json_decref(t.seen);
	json_decref(t.acts);
	free(t.task);
	free(t.state);
	return rc;
}
