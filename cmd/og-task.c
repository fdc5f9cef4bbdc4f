/*
 * og-task: how tasks are, read over a shield channel and out of the queue;
 * and the table of its commands. What may be said about tasks is in
 * og-task-say.c.
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

#define LIST_MAX 1000

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

/* --- the shield's word and the queue's ------------------------------------ */

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
	return og_queue_list(s->queue, which, LIST_MAX, ret, err);
}

/* The newest tasks this principal can see, in no order; with a state only
 * those, and perhaps some of others. The queue is read first: a task that
 * moves on meanwhile is seen twice rather than never. */
static int all_tasks(struct task_session *s, const char *state, json_t **ret, struct og_err *err)
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
	    shield_tasks(s, state, LIST_MAX, &list, err) < 0)
		goto out;
	json_array_foreach(letters, i, letter) if (add_letter(s, list, letter, err) < 0) goto out;
	*ret = json_incref(list);
	rc = 0;
out:
	json_decref(letters);
	json_decref(list);
	return rc;
}

/* A whole id from a prefix that only one visible task has. */
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
	if (all_tasks(s, NULL, &list, err) < 0)
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

/* --- printing ------------------------------------------------------------ */

/* What matters of a task that has not ended: since when, until when, which
 * try it is. */
static void add_times(struct og_buf *line, const json_t *task)
{
	static const char *const times[][2] = { { "not_before", "not before" },
						{ "begun", "begun" },
						{ "deadline", "deadline" } };
	int64_t attempts = og_json_int(task, "attempts", 0);
	const char *sep = "  (";

	if (og_json_str(task, "finished") || task_exit(task) != OG_ETEMP)
		return;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		const char *time = og_json_str(task, times[i][0]);

		if (!time)
			continue;
		og_buf_addf(line, "%s%s %.19s", sep, times[i][1], time);
		sep = ", ";
	}
	if (attempts > 1) {
		og_buf_addf(line, "%sdelivery %lld", sep, (long long)attempts);
		sep = ", ";
	}
	if (*sep == ',')
		og_buf_addc(line, ')');
}

/* "12:30:05  done  procure-to-pay  buy 1 chair": one line, made safe. */
static int print_line(const json_t *task, struct og_err *err)
{
	const char *text = og_json_str(task, "text"), *when = og_json_str(task, "submitted");
	const char *skill = og_json_str(task, "skill"), *reason = og_json_str(task, "reason");
	const char *waits = og_json_str(json_object_get(task, "waits"), "why");
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, 65536);
	og_buf_addf(&line, "%s  %.19s  %-12s %-20s ", og_json_str(task, "task"), when ? when : "",
		    og_json_str(task, "state"), skill ? skill : "-");
	if (waits || (reason && *reason))
		text = waits ? waits : reason;
	og_text_safe(&line, text ? text : "", text ? strnlen(text, 200) : 0, 0);
	add_times(&line, task);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "output", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

static int print_task(const struct task_session *s, json_t *task, struct og_err *err)
{
	json_object_del(task, "ok");
	json_object_del(task, "id");
	json_object_del(task, "result");
	json_object_set_new(task, "v", json_integer(1));
	return og_arg_flag(s->args, "json") ? og_print_json(task, err) : print_line(task, err);
}

int task_exit(const json_t *task)
{
	const char *state = og_json_str(task, "state");
	int known = state ? og_state_parse(state) : -1;

	/* Called off, but what it did is still being taken back. */
	if (known == OG_TASK_CANCELLED && !og_json_str(task, "finished"))
		return og_state_exit(OG_TASK_RUNNING);
	return known < 0 ? OG_EBUG : og_state_exit((enum og_task_state)known);
}

static int run_status(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct task_session s;
	json_t *task = NULL;
	int rc = -1;

	if (task_open(&s, ctx, args, err) == 0 &&
	    task_whole_id(&s, og_arg(args, 0), id, err) == 0 &&
	    task_status(&s, id, &task, err) == 0) {
		rc = print_task(&s, task, err) < 0 ? -1 : task_exit(task);
	}
	json_decref(task);
	task_close(&s);
	return rc;
}

/* Ids are ordered in time: the newest first. */
static int newer_first(const void *a, const void *b)
{
	const char *x = og_json_str(*(json_t *const *)a, "task");
	const char *y = og_json_str(*(json_t *const *)b, "task");

	return strcmp(y ? y : "", x ? x : "");
}

static int print_list(const struct task_session *s, const json_t *list, const char *state,
		      int64_t left, struct og_err *err)
{
	size_t n = json_array_size(list), i;
	json_t **tasks = calloc(n + 1, sizeof(*tasks));
	int rc = tasks ? 0 : og_fail_nomem(err);

	for (i = 0; tasks && i < n; i++)
		tasks[i] = json_array_get(list, i);
	if (tasks)
		qsort(tasks, n, sizeof(*tasks), newer_first);
	for (i = 0; rc == 0 && i < n && left > 0; i++) {
		const char *is = og_json_str(tasks[i], "state");

		if (state && (!is || strcmp(is, state) != 0))
			continue;
		left--;
		rc = print_task(s, tasks[i], err);
	}
	free(tasks);
	return rc;
}

static int run_list(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *state = og_arg_value(args, "state"), *limit = og_arg_value(args, "limit");
	json_t *list = NULL;
	int64_t left = 50;
	struct task_session s;
	int rc = -1;

	if (state && og_state_parse(state) < 0)
		return og_fail(err, OG_EUSAGE, "--state: '%s' is no state of a task", state);
	if (limit && og_int_parse(limit, 1, LIST_MAX, "--limit", &left, err) < 0)
		return -1;
	if (task_open(&s, ctx, args, err) == 0 && all_tasks(&s, state, &list, err) == 0)
		rc = print_list(&s, list, state, left, err);
	json_decref(list);
	task_close(&s);
	return rc;
}

static int show(const struct task_session *s, const json_t *task, struct og_err *err)
{
	const json_t *result = json_object_get(task, "result");

	if (!json_is_object(result)) {
		int pending = task_exit(task) == OG_ETEMP;
		const char *waits = og_json_str(json_object_get(task, "waits"), "why");

		return og_fail(err, pending ? OG_ETEMP : OG_NO, "the task is %s, %s",
			       og_json_str(task, "state"),
			       waits	 ? waits
			       : pending ? "it has no result yet"
					 : "its result is gone");
	}
	if (og_arg_flag(s->args, "json"))
		return og_print_json(result, err);
	return og_print_result(s->ctx, result, err);
}

static int run_show(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct task_session s;
	json_t *task = NULL;
	int rc = -1;

	if (task_open(&s, ctx, args, err) == 0 &&
	    task_whole_id(&s, og_arg(args, 0), id, err) == 0 &&
	    task_status(&s, id, &task, err) == 0 && show(&s, task, err) == 0)
		rc = task_exit(task);
	json_decref(task);
	task_close(&s);
	return rc;
}

static int run_later(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	(void)ctx;
	return og_fail(err, OG_EUNAVAIL, "'%s' is not in this version",
		       og_args_command(args)->name);
}

#define AS_OPTION                                                                                  \
	{                                                                                          \
		"as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: OG_AS)"           \
	}
#define JSON_OPTION                                                                                \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, "as JSON, one object per line"                       \
	}
#define NOTE_OPTION                                                                                \
	{                                                                                          \
		"note", 0, OG_OPT_VALUE, "TEXT", "words that go with it, on the ledger"            \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

static const struct og_opt list_options[] = {
	AS_OPTION,
	{ "state", 0, OG_OPT_VALUE, "STATE", "only tasks in this state" },
	{ "limit", 0, OG_OPT_VALUE, "N", "tasks at most (default: 50)" },
	JSON_OPTION,
	END,
};
static const struct og_opt read_options[] = { AS_OPTION, JSON_OPTION, END };
static const struct og_opt prune_options[] = {
	AS_OPTION,
	{ "older", 0, OG_OPT_VALUE, "SPAN", "finished longer ago than this" },
	JSON_OPTION,
	END,
};
static const struct og_opt as_options[] = { AS_OPTION, END };
static const struct og_opt cancel_options[] = { AS_OPTION, NOTE_OPTION, END };
static const struct og_opt answer_options[] = {
	AS_OPTION,
	{ "digest", 0, OG_OPT_VALUE, "HEX", "it must be this question, as it was reviewed" },
	NOTE_OPTION,
	END,
};

static const struct og_opt resolve_options[] = {
	AS_OPTION,
	{ "state", 0, OG_OPT_VALUE, "STATE", "retry, done or compensated" },
	NOTE_OPTION,
	END,
};

static const struct og_command commands[] = {
	{ "status", "ID", "state of a task; the exit status tells it too", read_options, 1, 1,
	  run_status },
	{ "list", "", "my tasks; all of them with the right 'tasks'", list_options, 0, 0,
	  run_list },
	{ "show", "ID", "the result of a task", read_options, 1, 1, run_show },
	{ "cancel", "ID", "take a task back; what it did is undone", cancel_options, 1, 1,
	  task_run_cancel },
	{ "approve", "ID", "consent to what a waiting task will run", answer_options, 1, 1,
	  task_run_answer },
	{ "reject", "ID", "refuse it; what the task did is undone", answer_options, 1, 1,
	  task_run_answer },
	{ "answer", "ID", "not in this version", as_options, 0, -1, run_later },
	{ "resolve", "ID", "say what is to become of a task that needs a person", resolve_options,
	  1, 1, task_run_resolve },
	{ "prune", "", "forget finished tasks; the ledger keeps what they did", prune_options, 0, 0,
	  task_run_prune },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-task",
	"how tasks are, and what may still be said about them",
	commands,
};
