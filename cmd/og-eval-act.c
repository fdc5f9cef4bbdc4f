/*
 * Acts: what a scenario has people do. Each is one of our programs run in
 * the name of a principal; a task is worked on until it has ended or waits
 * for a person.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/og-eval.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/task/state.h"

#define LOOK_AGAIN_MS 100

void outcome_release(struct outcome *outcome)
{
	free(outcome->task);
	free(outcome->reason);
	outcome->task = outcome->reason = NULL;
}

static int set_outcome(struct outcome *o, const char *state, const char *reason, struct og_err *err)
{
	free(o->reason);
	o->reason = strdup(reason ? reason : "");
	o->state = state;
	return o->reason ? 0 : og_fail_nomem(err);
}

/* A program that refuses says why, with status 1 or 77. */
static int outcome_of(struct call *call, struct outcome *ret, struct og_err *err)
{
	const char *state = call->status == 0					? "done"
			    : call->status == OG_NO || call->status == OG_EPERM ? "denied"
										: "failed";

	return set_outcome(ret, state, call->status == 0 ? "" : call_said(call), err);
}

/* --- who signs ----------------------------------------------------------- */

/* Puts signer's key where as's is, or, with back, as's own there again. */
static int swap_key(const struct scratch *s, const char *as, const char *signer, int back,
		    struct og_err *err)
{
	char name[256], aside[256];
	char *own, *kept, *other;
	struct og_buf key;
	int rc = -1;

	snprintf(name, sizeof(name), "keys/%.100s.key", as);
	snprintf(aside, sizeof(aside), "keys/%.100s.kept", as);
	own = og_path_join(s->home, name);
	kept = og_path_join(s->home, aside);
	snprintf(name, sizeof(name), "keys/%.100s.key", signer);
	other = og_path_join(s->home, name);
	og_buf_init(&key, 4096);
	if (!own || !kept || !other)
		og_fail_nomem(err);
	else if (rename(back ? kept : own, back ? own : kept) < 0)
		og_fail(err, OG_ENOINPUT, "no key of '%s': %s", as, strerror(errno));
	else if (back || (og_file_read(other, "key", &key, err) == 0 &&
			  og_file_write(own, key.data, key.len, 0600, err) == 0))
		rc = 0;
	og_buf_release(&key);
	free(own);
	free(kept);
	free(other);
	return rc;
}

/* --- tasks --------------------------------------------------------------- */

static int drain(const struct scratch *s, struct og_err *err)
{
	struct call call;
	int rc;

	call_init(&call, "og-worker", "--drain");
	call_add(&call, "--quiet");
	rc = call_run(&call, s, err);
	if (rc == 0 && call.status != 0)
		rc = og_fail(err, OG_EBUG, "og-worker ended with %d: %s", call.status,
			     call_said(&call));
	call_release(&call);
	return rc;
}

/* 1: it has ended, or waits for a person; 0: not yet. */
static int look(const struct scratch *s, const char *task, const char *as, struct outcome *ret,
		struct og_err *err)
{
	const char *state, *why;
	json_t *status = NULL;
	struct call call;
	int known = -1, rc;

	call_init(&call, "og-task", "status");
	call_add(&call, "--as");
	call_add(&call, as);
	call_add(&call, "--json");
	call_add(&call, task);
	rc = call_run(&call, s, err);
	if (rc == 0 && call.out.len == 0)
		rc = og_fail(err, OG_EBUG, "og-task: %s", call_said(&call));
	if (rc == 0)
		rc = call_json(&call, &status, err);
	if (rc == 0) {
		state = og_json_str(status, "state");
		known = state ? og_state_parse(state) : -1;
		why = og_json_str(json_object_get(status, "waits"), "why");
		rc = set_outcome(ret,
				 known < 0 ? "failed" : og_state_name((enum og_task_state)known),
				 why ? why : og_json_str(status, "reason"), err);
	}
	if (rc == 0)
		rc = call.status != OG_ETEMP ||
		     (known == OG_TASK_WAITING && json_object_get(status, "waits"));
	json_decref(status);
	call_release(&call);
	return rc;
}

int act_work(const struct scratch *s, const char *task, const char *as, struct outcome *ret,
	     struct og_err *err)
{
	struct timespec pause = { 0, LOOK_AGAIN_MS * 1000000L };

	for (;;) {
		int over;

		if (drain(s, err) < 0)
			return -1;
		over = look(s, task, as, ret, err);
		if (over != 0)
			return over < 0 ? -1 : 0;
		if (og_deadline_left(s->deadline) == 0)
			return og_fail(err, OG_ETEMP, "the task is still %s", ret->state);
		nanosleep(&pause, NULL);
	}
}

static int submit(const struct scratch *s, const json_t *act, struct outcome *ret,
		  struct og_err *err)
{
	const char *action = og_json_str(act, "action");
	struct call call;
	int rc;

	call_init(&call, "og-submit", "--as");
	call_add(&call, og_json_str(act, "as"));
	if (action) {
		call_add(&call, "--action");
		call_add(&call, action);
		call_params(&call, "--param", json_object_get(act, "params"));
	} else {
		/* Nobody is there to be asked. */
		call_add(&call, "--no-ask");
		call_add(&call, "--");
		call_add(&call, og_json_str(act, "say"));
	}
	rc = call_run(&call, s, err);
	if (rc == 0)
		rc = outcome_of(&call, ret, err);
	if (rc == 0 && call.status == 0) {
		ret->state = og_state_name(OG_TASK_QUEUED);
		ret->task = strndup(call.out.data, strcspn(call.out.data, "\n"));
		rc = ret->task ? 0 : og_fail_nomem(err);
	}
	call_release(&call);
	return rc;
}

/* cancel, approve, reject, answer: a word about a task. */
static int say_about(const struct scratch *s, const json_t *act, const char *kind,
		     const char *about, struct outcome *ret, struct og_err *err)
{
	struct call call;
	int rc;

	if (!about)
		return set_outcome(ret, "failed", "there is no task it could be about", err);
	call_init(&call, "og-task", kind);
	call_add(&call, "--as");
	call_add(&call, og_json_str(act, "as"));
	call_add(&call, about);
	if (strcmp(kind, "answer") == 0) {
		call_add(&call, "--");
		call_add(&call, og_json_str(act, "answer"));
	}
	rc = call_run(&call, s, err);
	if (rc == 0)
		rc = outcome_of(&call, ret, err);
	call_release(&call);
	return rc;
}

/* --- everything else ----------------------------------------------------- */

static int run_sql(const struct scratch *s, const json_t *act, const char *kind,
		   struct outcome *ret, struct og_err *err)
{
	char *sql = og_act_text(json_object_get(act, kind));
	struct call call;
	int rc;

	call_init(&call, "og-shield", strcmp(kind, "ddl") == 0 ? "ddl" : "exec");
	call_add(&call, "--as");
	call_add(&call, og_json_str(act, "as"));
	call_params(&call, "--param", json_object_get(act, "params"));
	call_add(&call, "--");
	call_add(&call, sql);
	rc = call_run(&call, s, err);
	if (rc == 0)
		rc = outcome_of(&call, ret, err);
	call_release(&call);
	free(sql);
	return rc;
}

/* A document is read from a file, as a person would hand it in. */
static int add_document(const struct scratch *s, const json_t *act, const char *kind,
			struct outcome *ret, struct og_err *err)
{
	int is_skill = strcmp(kind, "skill") == 0;
	char *text = og_act_text(json_object_get(act, kind));
	char *path = og_path_join(s->temp, is_skill ? "SKILL.md" : "policy.md");
	struct call call;
	int rc;

	call_init(&call, is_skill ? "og-skill" : "og-policy", "add");
	call_add(&call, "--as");
	call_add(&call, og_json_str(act, "as"));
	if (is_skill)
		call_add(&call, "--grant");
	call_add(&call, path);
	rc = text && path ? og_file_write(path, text, strlen(text), 0600, err) : og_fail_nomem(err);
	if (rc == 0)
		rc = call_run(&call, s, err);
	if (rc == 0)
		rc = outcome_of(&call, ret, err);
	call_release(&call);
	free(path);
	free(text);
	return rc;
}

static int carry_out(const struct scratch *s, const json_t *act, const char *about,
		     struct outcome *ret, struct og_err *err)
{
	const char *kind = og_act_kind(act);

	if (strcmp(kind, "say") == 0 || strcmp(kind, "action") == 0)
		return submit(s, act, ret, err);
	if (strcmp(kind, "sql") == 0 || strcmp(kind, "ddl") == 0)
		return run_sql(s, act, kind, ret, err);
	if (strcmp(kind, "skill") == 0 || strcmp(kind, "policy") == 0)
		return add_document(s, act, kind, ret, err);
	return say_about(s, act, kind, about, ret, err);
}

int act_carry_out(const struct scratch *s, const json_t *act, int hold, const char *about,
		  struct outcome *ret, struct og_err *err)
{
	const char *as = og_json_str(act, "as"), *signer = og_json_str(act, "signed_by");
	int rc = 0;

	memset(ret, 0, sizeof(*ret));
	if (signer)
		rc = swap_key(s, as, signer, 0, err);
	if (rc == 0)
		rc = carry_out(s, act, about, ret, err);
	if (signer && rc == 0)
		rc = swap_key(s, as, signer, 1, err);
	if (rc == 0 && ret->task && !hold)
		rc = act_work(s, ret->task, as, ret, err);
	return rc;
}
