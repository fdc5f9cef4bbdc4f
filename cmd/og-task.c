/*
 * og-task: how tasks are, in words, and the table of its commands. They
 * are found in og-task-find.c; what may be said about them is in
 * og-task-say.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-out.h"
#include "cmd/og-task.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/queue/queue.h"
#include "lib/task/envelope.h"
#include "lib/task/result.h"
#include "lib/task/state.h"

#define ABOUT_MAX 200 /* bytes of a text that a line has */

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

/* To the second. */
static int add_submitted(const json_t *task, struct og_buf *out, struct og_err *err)
{
	const char *when = og_json_str(task, "submitted");

	(void)err;
	return og_buf_addf(out, "%.19s", when ? when : "");
}

static int add_skill(const json_t *task, struct og_buf *out, struct og_err *err)
{
	const char *skill = og_json_str(task, "skill");

	(void)err;
	return og_buf_adds(out, skill ? skill : "-");
}

/* What it waits for or why it ended as it did, else what was asked for. */
static int add_about(const json_t *task, struct og_buf *out, struct og_err *err)
{
	const char *text = og_json_str(task, "text"), *reason = og_json_str(task, "reason");
	const char *waits = og_json_str(json_object_get(task, "waits"), "why");
	char start[ABOUT_MAX];

	(void)err;
	if (waits || (reason && *reason))
		text = waits ? waits : reason;
	og_text_format(start, sizeof(start), "%s", text ? text : "");
	og_buf_adds(out, start);
	add_times(out, task);
	return out->failed ? -1 : 0;
}

static const struct og_field fields[] = {
	{ "task", "task", OG_FIELD_KEY, NULL },
	{ "submitted", "submitted", OG_FIELD_TIME, add_submitted },
	{ "state", "state", OG_FIELD_STATE, NULL },
	{ "skill", "skill", OG_FIELD_TEXT, add_skill },
	{ "about", "about", OG_FIELD_TEXT, add_about },
	{ "principal", NULL, OG_FIELD_TEXT, NULL },
	{ "text", NULL, OG_FIELD_TEXT, NULL },
	{ "reason", NULL, OG_FIELD_TEXT, NULL },
	{ "begun", NULL, OG_FIELD_TEXT, NULL },
	{ "finished", NULL, OG_FIELD_TEXT, NULL },
	{ "not_before", NULL, OG_FIELD_TEXT, NULL },
	{ "deadline", NULL, OG_FIELD_TEXT, NULL },
	{ "attempts", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

/* Without what only the channel needs, and without its result (show). */
static int add_task(struct og_out *out, json_t *task, struct og_err *err)
{
	json_object_del(task, "ok");
	json_object_del(task, "id");
	json_object_del(task, "result");
	return og_out_add(out, task, err);
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
	struct og_out *out = NULL;
	json_t *task = NULL;
	int rc = -1;

	if (og_out_new(ctx, args, fields, NULL, &out, err) < 0)
		return -1;
	if (task_open(&s, ctx, args, err) == 0 &&
	    task_whole_id(&s, og_arg(args, 0), id, err) == 0 &&
	    task_status(&s, id, &task, err) == 0 && add_task(out, task, err) == 0 &&
	    og_out_end(out, err) == 0)
		rc = task_exit(task);
	json_decref(task);
	og_out_free(out);
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

static int print_list(struct og_out *out, const json_t *list, const char *state, int64_t left,
		      struct og_err *err)
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
		rc = add_task(out, tasks[i], err);
	}
	free(tasks);
	return rc < 0 ? -1 : og_out_end(out, err);
}

static int no_state(const char *state, struct og_err *err)
{
	const char *names[OG_TASK_STATES + 1] = { NULL };

	for (int i = 0; i < OG_TASK_STATES; i++)
		names[i] = og_state_name((enum og_task_state)i);
	og_fail(err, OG_EUSAGE, "--state: '%s' is no state of a task", state);
	return og_hint_near(state, names, err);
}

static int run_list(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *state = og_arg_value(args, "state"), *limit = og_arg_value(args, "limit");
	json_t *list = NULL;
	struct og_out *out = NULL;
	int64_t left = 50;
	struct task_session s;
	int rc = -1;

	if (state && og_state_parse(state) < 0)
		return no_state(state, err);
	if (limit && og_int_parse(limit, 1, TASK_LIST_MAX, "--limit", &left, err) < 0)
		return -1;
	if (og_out_new(ctx, args, fields, NULL, &out, err) < 0)
		return -1;
	if (task_open(&s, ctx, args, err) == 0 && task_all(&s, state, &list, err) == 0)
		rc = print_list(out, list, state, left, err);
	og_out_free(out);
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
	OG_OUT_OPTIONS,
	END,
};
static const struct og_opt as_options[] = { AS_OPTION, END };
static const struct og_opt status_options[] = { AS_OPTION, OG_OUT_OPTIONS, END };
static const struct og_opt read_options[] = { AS_OPTION, JSON_OPTION, END };
static const struct og_opt prune_options[] = {
	AS_OPTION,
	{ "older", 0, OG_OPT_VALUE, "SPAN", "finished longer ago than this" },
	JSON_OPTION,
	END,
};
static const struct og_opt cancel_options[] = { AS_OPTION, NOTE_OPTION, END };
static const struct og_opt answer_options[] = {
	AS_OPTION,
	{ "digest", 0, OG_OPT_VALUE, "HEX", "it must be this question, as it was reviewed" },
	NOTE_OPTION,
	END,
};

static const struct og_opt resolve_options[] = {
	AS_OPTION,
	{ "state", 0, OG_OPT_VALUE, "STATE", "retry, done or compensated",
	  "retry | done | compensated" },
	NOTE_OPTION,
	END,
};

static const struct og_command commands[] = {
	{ "status", "ID", "state of a task; the exit status tells it too", status_options, 1, 1,
	  run_status },
	{ "list", "", "my tasks; all of them with the right 'tasks'", list_options, 0, 0,
	  run_list },
	{ "show", "ID", "the result of a task", read_options, 1, 1, run_show },
	{ "cancel", "ID", "take a task back; what it did is undone", cancel_options, 1, 1,
	  task_run_cancel },
	{ "approve", "ID", "consent to what a waiting task will run", answer_options, 1, 1,
	  task_run_decide },
	{ "reject", "ID", "refuse it; what the task did is undone", answer_options, 1, 1,
	  task_run_decide },
	{ "answer", "ID WORD...", "answer what a task of mine asks: a text, or NAME=VALUE ...",
	  answer_options, 2, -1, task_run_answer },
	{ "resolve", "ID", "say what is to become of a task that needs a person", resolve_options,
	  1, 1, task_run_resolve },
	{ "journal", "ID", "what models said for a task, and its requests, as JSON", as_options, 1,
	  1, task_run_journal },
	{ "prune", "", "forget finished tasks; the ledger keeps what they did", prune_options, 0, 0,
	  task_run_prune },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-task",
	"how tasks are, and what may still be said about them",
	commands,
};
