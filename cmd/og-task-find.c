/*
 * Finding tasks: what the shield knows of them, and what the queue does of
 * those that the shield has not seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-task.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/queue/queue.h"
#include "lib/task/envelope.h"
#include "lib/task/result.h"
#include "lib/task/state.h"

int task_open(struct task_session *s, const struct og_ctx *ctx, const struct og_args *args,
	      struct og_err *err)
{
	memset(s, 0, sizeof(*s));
	s->ctx = ctx;
	s->args = args;
	if (og_principal_from(ctx, args, &s->principal, err) < 0 ||
	    og_conf_from(ctx, args, &s->conf, err) < 0 || og_give_up_network(s->conf, err) < 0)
		return -1;
	/* Whoever only asks the shield need not care that a broker is away. */
	if (og_queue_is_remote(s->conf))
		og_queue_from(ctx, s->conf, &s->queue, &s->away);
	if (og_give_up_sockets(s->conf, err) < 0)
		return -1;
	return og_session_open(ctx, args, s->conf, &s->channel, err);
}

void task_close(struct task_session *s)
{
	og_queue_close(s->queue);
	og_channel_close(s->channel);
	og_conf_free(s->conf);
}

/* What is known of a task before anybody began it. */
static void add_known(json_t *item, const struct og_envelope *e, const json_t *letter)
{
	static const char *const times[] = { "not_before", "deadline" };

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		if (json_object_get(e->json, times[i]))
			json_object_set(item, times[i], json_object_get(e->json, times[i]));
	if (og_json_int(letter, "attempts", 0) > 0)
		json_object_set(item, "attempts", json_object_get(letter, "attempts"));
}

/* A queued letter as task.list shows tasks; NULL when it is not a task, or
 * not one this principal may see. */
static json_t *letter_item(const struct task_session *s, const json_t *letter)
{
	const char *text = og_json_str(letter, "envelope"), *state = og_json_str(letter, "state");
	const char *reason = og_json_str(letter, "reason"), *skill;
	int dead = state && strcmp(state, "dead") == 0;
	struct og_err ignored = OG_ERR_INIT;
	struct og_envelope e;
	json_t *item = NULL;

	if (!text || og_envelope_parse(text, strlen(text), &e, &ignored) < 0)
		return NULL;
	skill = og_json_str(e.action, "skill");
	if (strcmp(e.kind, "task") == 0 && (s->all || strcmp(e.principal, s->principal) == 0))
		item = json_pack("{s:s,s:s,s:s,s:s?,s:s,s:s,s:s}", "task", e.id, "state",
				 dead ? "failed" : "queued", "reason", reason ? reason : "",
				 "skill", skill, "principal", e.principal, "submitted", e.submitted,
				 "text", e.text ? e.text : "");
	if (item)
		add_known(item, &e, letter);
	if (item && dead)
		json_object_set_new(item, "result", og_result_undelivered(&e, 0, reason));
	og_envelope_release(&e);
	return item;
}

int task_queue(struct task_session *s, struct og_err *err)
{
	if (s->queue)
		return 0;
	if (!s->away.code)
		return og_queue_from(s->ctx, s->conf, &s->queue, err);
	*err = s->away;
	return -1;
}

/* Asks the shield for tasks; learns on the way whether all may be seen. */
static int shield_tasks(struct task_session *s, const char *state, int limit, json_t **ret,
			struct og_err *err)
{
	json_t *request = json_pack("{s:i,s:s*}", "limit", limit, "state", state), *reply = NULL;

	if (og_channel_ask(s->channel, "task.list", request, &reply, err) < 0)
		return -1;
	s->all = og_json_bool(reply, "all", 0);
	*ret = json_incref(json_object_get(reply, "tasks"));
	json_decref(reply);
	return 0;
}

/* The queue's word on one task: 1, 0 nothing to be seen, -1. */
static int queue_task(struct task_session *s, const char *id, json_t **ret, struct og_err *err)
{
	json_t *letter = NULL, *some = NULL;
	int found = task_queue(s, err) < 0 ? -1 : og_queue_find(s->queue, id, &letter, err);

	if (found > 0)
		found = shield_tasks(s, NULL, 1, &some, err) < 0 ? -1 : 1;
	if (found > 0) {
		*ret = letter_item(s, letter);
		found = *ret != NULL;
	}
	json_decref(some);
	json_decref(letter);
	return found;
}

/* A task that was begun and then delivered too often: its state says
 * running, but nobody will go on with it. */
static int mark_abandoned(struct task_session *s, json_t *task, struct og_err *err)
{
	json_t *letter = NULL, *result;
	int found;

	if (json_object_get(task, "result") || og_json_str(task, "finished") || s->away.code)
		return 0;
	found = queue_task(s, og_json_str(task, "task"), &letter, err);
	if (found > 0 && json_object_get(letter, "result")) {
		result = json_object_get(letter, "result");
		og_result_state(result, OG_TASK_IN_DOUBT, og_json_str(letter, "reason"));
		json_object_set(task, "state", json_object_get(result, "state"));
		json_object_set(task, "reason", json_object_get(result, "reason"));
		json_object_set(task, "result", result);
	}
	if (found > 0 && json_object_get(letter, "attempts"))
		json_object_set(task, "attempts", json_object_get(letter, "attempts"));
	json_decref(letter);
	return found < 0 ? -1 : 0;
}

/* What the shield knows, else what the queue does. Between the two looks a
 * worker may have begun it and finished: then the shield knows after all. */
int task_status(struct task_session *s, const char *id, json_t **ret, struct og_err *err)
{
	for (int look = 0; look < 2; look++) {
		int found;

		if (og_channel_ask(s->channel, "task.status", json_pack("{s:s}", "task", id), ret,
				   err) == 0)
			return mark_abandoned(s, *ret, err);
		if (err->code != OG_NO)
			return -1;
		found = queue_task(s, id, ret, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
	}
	return og_queue_is_remote(s->conf)
		       ? og_fail(err, OG_NO,
				 "no such task, or nobody began it: a broker cannot be asked")
		       : og_fail(err, OG_NO, "no such task");
}

static json_t *find(const json_t *list, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i,
			   item) if (og_json_str(item, "task") &&
				     strcmp(og_json_str(item, "task"), id) == 0) return item;
	return NULL;
}

static int add_letter(struct task_session *s, json_t *list, const json_t *letter,
		      struct og_err *err)
{
	json_t *item = letter_item(s, letter), *there;
	int rc = 0;

	if (!item)
		return 0;
	there = find(list, og_json_str(item, "task"));
	if (!there)
		rc = json_array_append(list, item) < 0 ? og_fail_nomem(err) : 0;
	else if (json_object_get(item, "result"))
		rc = mark_abandoned(s, there, err);
	json_decref(item);
	return rc;
}

/* What the queue shows; without a broker that is nothing, and it is said. */
static int list_letters(struct task_session *s, enum og_queue_which which, json_t **ret,
			struct og_err *err)
{
	if (s->away.code) {
		og_note(s->ctx, "%s; its dead letters are left out", s->away.msg);
		*ret = json_array();
		return *ret ? 0 : og_fail_nomem(err);
	}
	if (task_queue(s, err) < 0)
		return -1;
	return og_queue_list(s->queue, which, TASK_LIST_MAX, ret, err);
}

/* The queue is read first: a task that moves on meanwhile is seen twice
 * rather than never. */
int task_all(struct task_session *s, const char *state, json_t **ret, struct og_err *err)
{
	/* The queue has its say in these, so the shield must not choose. */
	static const char *const merged[] = { "queued", "failed", "in_doubt" };
	enum og_queue_which which = OG_QUEUE_ALL;
	json_t *letters = NULL, *list = NULL, *letter;
	size_t i;
	int rc = -1;

	if (state && (strcmp(state, "failed") == 0 || strcmp(state, "in_doubt") == 0))
		which = OG_QUEUE_LETTERS;
	for (i = 0; state && i < sizeof(merged) / sizeof(*merged); i++)
		if (strcmp(state, merged[i]) == 0)
			state = NULL;
	if (list_letters(s, which, &letters, err) < 0 ||
	    shield_tasks(s, state, TASK_LIST_MAX, &list, err) < 0)
		goto out;
	json_array_foreach(letters, i, letter) if (add_letter(s, list, letter, err) < 0) goto out;
	*ret = json_incref(list);
	rc = 0;
out:
	json_decref(letters);
	json_decref(list);
	return rc;
}

int task_whole_id(struct task_session *s, const char *prefix, char ret[OG_UUID_LEN + 1],
		  struct og_err *err)
{
	json_t *list = NULL, *item;
	size_t i, found = 0;

	if (og_uuid_valid(prefix)) {
		memcpy(ret, prefix, OG_UUID_LEN + 1);
		return 0;
	}
	if (strlen(prefix) < 4)
		return og_fail(err, OG_EUSAGE, "'%s' is no task id, nor the beginning of one",
			       prefix);
	if (task_all(s, NULL, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, item)
	{
		const char *id = og_json_str(item, "task");

		if (!id || strncmp(id, prefix, strlen(prefix)) != 0)
			continue;
		found++;
		snprintf(ret, OG_UUID_LEN + 1, "%s", id);
	}
	json_decref(list);
	if (found == 1)
		return 0;
	return found ? og_fail(err, OG_NO, "'%s' is the beginning of %zu tasks", prefix, found)
		     : og_fail(err, OG_NO, "no such task");
}
