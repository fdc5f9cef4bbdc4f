/*
 * og-task: how tasks are, and what their principal may still say about
 * them. Reading goes over a shield channel; cancelling and approving are
 * signed envelopes through the queue, like any command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/proc/proc.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"
#include "lib/task/envelope.h"
#include "lib/task/state.h"

#define LIFETIME_MS ((int64_t)24 * 3600 * 1000)
#define LIST_MAX 1000

/* What every command needs. */
struct session {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_channel *channel;
	const char *principal;
};

static int open_session(struct session *s, const struct og_ctx *ctx, const struct og_args *args,
			struct og_err *err)
{
	memset(s, 0, sizeof(*s));
	s->ctx = ctx;
	s->args = args;
	if (og_sandbox_no_network(1, err) < 0 ||
	    og_principal_from(ctx, args, &s->principal, err) < 0 ||
	    og_conf_from(ctx, args, &s->conf, err) < 0)
		return -1;
	return og_session_open(ctx, args, s->conf, &s->channel, err);
}

static void close_session(struct session *s)
{
	og_channel_close(s->channel);
	og_conf_free(s->conf);
}

/* --- tasks the shield has not seen --------------------------------------- */

/* The queue's own tasks of this principal, as task.list items. */
static int queued_tasks(const struct session *s, json_t *list, struct og_err *err)
{
	struct og_queue *queue = NULL;
	json_t *rows = NULL, *row;
	size_t i;
	int rc = -1;

	if (og_queue_open(s->conf->queue, s->conf->home, &queue, err) < 0 ||
	    og_queue_list(queue, LIST_MAX, &rows, err) < 0)
		goto out;
	json_array_foreach(rows, i, row) {
		const char *text = og_json_str(row, "envelope"), *state = og_json_str(row, "state");
		struct og_envelope e;
		struct og_err ignored = OG_ERR_INIT;

		if (!text || og_envelope_parse(text, strlen(text), &e, &ignored) < 0)
			continue;
		if (strcmp(e.principal, s->principal) == 0 && strcmp(e.kind, "task") == 0 && state &&
		    strcmp(state, "claimed") != 0)
			json_array_append_new(
				list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "task", e.id, "state",
						strcmp(state, "dead") == 0 ? "failed" : "queued",
						"reason",
						og_json_str(row, "reason") ? og_json_str(row, "reason") :
									     "",
						"principal", e.principal, "submitted", e.submitted,
						"text", e.text ? e.text : "(action)"));
		og_envelope_release(&e);
	}
	rc = 0;
out:
	json_decref(rows);
	og_queue_close(queue);
	return rc;
}

static int known(const json_t *list, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (og_json_str(item, "task") && strcmp(og_json_str(item, "task"), id) == 0)
			return 1;
	return 0;
}

/* Everything about tasks that this principal can see: shield, then queue. */
static int all_tasks(struct session *s, json_t **ret, struct og_err *err)
{
	json_t *reply = NULL, *list = json_array(), *queued = json_array(), *item;
	size_t i;
	int rc = -1;

	if (!list || !queued) {
		og_fail_nomem(err);
		goto out;
	}
	if (og_channel_ask(s->channel, "task.list", json_pack("{s:i}", "limit", LIST_MAX), &reply,
			   err) < 0 ||
	    queued_tasks(s, queued, err) < 0)
		goto out;
	json_array_extend(list, json_object_get(reply, "tasks"));
	json_array_foreach(queued, i, item)
		if (!known(list, og_json_str(item, "task")))
			json_array_append(list, item);
	*ret = json_incref(list);
	rc = 0;
out:
	json_decref(reply);
	json_decref(list);
	json_decref(queued);
	return rc;
}

/* A whole id from a prefix that only one visible task has. */
static int whole_id(struct session *s, const char *prefix, char ret[OG_UUID_LEN + 1],
		    struct og_err *err)
{
	json_t *list = NULL, *item;
	size_t i, found = 0;

	if (og_uuid_valid(prefix)) {
		memcpy(ret, prefix, OG_UUID_LEN + 1);
		return 0;
	}
	if (strlen(prefix) < 4)
		return og_fail(err, OG_EUSAGE, "'%s' is no task id, nor the beginning of one", prefix);
	if (all_tasks(s, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, item) {
		const char *id = og_json_str(item, "task");

		if (!id || strncmp(id, prefix, strlen(prefix)) != 0)
			continue;
		found++;
		snprintf(ret, OG_UUID_LEN + 1, "%s", id);
	}
	json_decref(list);
	if (found == 1)
		return 0;
	return found ? og_fail(err, OG_NO, "'%s' is the beginning of %zu tasks", prefix, found) :
		       og_fail(err, OG_NO, "no such task");
}

/* The shield's word on a task, or the queue's while it waits there. */
static int status_of(struct session *s, const char *id, json_t **ret, struct og_err *err)
{
	json_t *queued = NULL, *item;
	size_t i;

	if (og_channel_ask(s->channel, "task.status", json_pack("{s:s}", "task", id), ret, err) == 0)
		return 0;
	if (err->code != OG_NO)
		return -1;
	queued = json_array();
	if (!queued || queued_tasks(s, queued, err) < 0) {
		json_decref(queued);
		return -1;
	}
	*ret = NULL;
	json_array_foreach(queued, i, item)
		if (strcmp(og_json_str(item, "task"), id) == 0)
			*ret = json_incref(item);
	json_decref(queued);
	return *ret ? 0 : og_fail(err, OG_NO, "no such task");
}

/* --- printing ------------------------------------------------------------ */

/* "12:30:05  done  procure-to-pay  buy 1 chair": one line, made safe. */
static int print_line(const json_t *task, struct og_err *err)
{
	const char *text = og_json_str(task, "text"), *when = og_json_str(task, "submitted");
	const char *skill = og_json_str(task, "skill"), *reason = og_json_str(task, "reason");
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, 65536);
	og_buf_addf(&line, "%s  %.19s  %-12s %-20s ", og_json_str(task, "task"), when ? when : "",
		    og_json_str(task, "state"), skill ? skill : "-");
	if (reason && *reason)
		text = reason;
	og_text_safe(&line, text ? text : "", text ? strnlen(text, 200) : 0, 0);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "output", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

static int print_task(const struct session *s, json_t *task, struct og_err *err)
{
	json_object_del(task, "ok");
	json_object_del(task, "id");
	json_object_set_new(task, "v", json_integer(1));
	return og_arg_flag(s->args, "json") ? og_print_json(task, err) : print_line(task, err);
}

static int state_exit(const json_t *task)
{
	const char *state = og_json_str(task, "state");
	int known_state = state ? og_state_parse(state) : -1;

	return known_state < 0 ? OG_EBUG : og_state_exit((enum og_task_state)known_state);
}

static int run_status(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct session s;
	json_t *task = NULL;
	int rc = -1;

	if (open_session(&s, ctx, args, err) == 0 && whole_id(&s, og_arg(args, 0), id, err) == 0 &&
	    status_of(&s, id, &task, err) == 0) {
		json_object_del(task, "result");
		rc = print_task(&s, task, err) < 0 ? -1 : state_exit(task);
	}
	json_decref(task);
	close_session(&s);
	return rc;
}

static int wanted(const json_t *task, const char *state)
{
	const char *is = og_json_str(task, "state");

	return !state || (is && strcmp(is, state) == 0);
}

static int run_list(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *state = og_arg_value(args, "state"), *limit = og_arg_value(args, "limit");
	json_t *list = NULL, *task;
	int64_t left = 50;
	struct session s;
	size_t i;
	int rc = -1;

	if (state && og_state_parse(state) < 0)
		return og_fail(err, OG_EUSAGE, "--state: '%s' is no state of a task", state);
	if (limit && og_int_parse(limit, 1, LIST_MAX, "--limit", &left, err) < 0)
		return -1;
	if (open_session(&s, ctx, args, err) == 0 && all_tasks(&s, &list, err) == 0) {
		rc = 0;
		json_array_foreach(list, i, task) {
			if (!wanted(task, state) || left-- <= 0)
				continue;
			if (print_task(&s, task, err) < 0) {
				rc = -1;
				break;
			}
		}
	}
	json_decref(list);
	close_session(&s);
	return rc;
}

/* The result as og-render shows it. */
static int render(const struct og_ctx *ctx, const json_t *result, struct og_err *err)
{
	char *path = og_program_path(ctx->exe_dir, "og-render");
	const char *argv[] = { path, "--to=text", NULL };
	struct og_buf in, out;
	int status = 0, rc = -1;

	og_buf_init(&in, OG_CHANNEL_LINE_MAX);
	og_buf_init(&out, OG_CHANNEL_LINE_MAX);
	if (!path)
		og_fail_nomem(err);
	else if (og_json_dump(result, &in, err) == 0 &&
		 og_child_run(argv, in.data, in.len, og_deadline(30000), &out, &status, err) == 0)
		rc = status == 0 ? og_print(out.data, out.len, err) :
				   og_fail(err, OG_EBUG, "og-render failed with status %d", status);
	og_buf_release(&in);
	og_buf_release(&out);
	free(path);
	return rc;
}

static int show(const struct session *s, const json_t *task, struct og_err *err)
{
	const json_t *result = json_object_get(task, "result");

	if (!json_is_object(result)) {
		const char *reason = og_json_str(task, "reason");

		og_fail(err, og_state_exit(OG_TASK_QUEUED), "the task is %s%s%s",
			og_json_str(task, "state"), reason && *reason ? ": " : "",
			reason && *reason ? reason : "");
		if (state_exit(task) != og_state_exit(OG_TASK_QUEUED))
			err->code = state_exit(task);
		return -1;
	}
	if (og_arg_flag(s->args, "json"))
		return og_print_json(result, err);
	return render(s->ctx, result, err);
}

static int run_show(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct session s;
	json_t *task = NULL;
	int rc = -1;

	if (open_session(&s, ctx, args, err) == 0 && whole_id(&s, og_arg(args, 0), id, err) == 0 &&
	    status_of(&s, id, &task, err) == 0 && show(&s, task, err) == 0)
		rc = state_exit(task);
	json_decref(task);
	close_session(&s);
	return rc;
}

/* --- saying something about a task ---------------------------------------- */

static int queue_envelope(struct session *s, const struct og_envelope_draft *draft,
			  struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_parcel parcel = { .priority = 10 };
	struct og_queue *queue = NULL;
	char id[OG_UUID_LEN + 1], *key = NULL;
	struct og_buf envelope;
	int rc = -1;

	og_buf_init(&envelope, OG_ENVELOPE_MAX);
	if (og_conf_key_path(s->conf, s->principal, &key, err) < 0 ||
	    og_key_read(key, seed, err) < 0 ||
	    og_envelope_make(draft, seed, &envelope, id, err) < 0 ||
	    og_queue_open(s->conf->queue, s->conf->home, &queue, err) < 0)
		goto out;
	parcel.id = id;
	parcel.envelope = envelope.data;
	parcel.expires = og_now_ms() + draft->lifetime_ms;
	rc = og_queue_put(queue, &parcel, 1, err);
	if (rc == 0)
		rc = og_printf(err, "%s\n", id);
out:
	explicit_bzero(seed, sizeof(seed));
	og_queue_close(queue);
	og_buf_release(&envelope);
	free(key);
	return rc;
}

/* cancel and approve carry the task's id and nothing else. */
static int run_about(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_envelope_draft draft = { .kind = og_args_command(args)->name,
					   .lifetime_ms = LIFETIME_MS };
	char id[OG_UUID_LEN + 1];
	struct session s;
	json_t *task = NULL;
	int rc = -1;

	if (open_session(&s, ctx, args, err) < 0 || whole_id(&s, og_arg(args, 0), id, err) < 0 ||
	    status_of(&s, id, &task, err) < 0)
		goto out;
	if (state_exit(task) != og_state_exit(OG_TASK_QUEUED)) {
		og_fail(err, OG_NO, "the task is %s already", og_json_str(task, "state"));
		goto out;
	}
	draft.principal = s.principal;
	draft.task = id;
	rc = queue_envelope(&s, &draft, err);
out:
	json_decref(task);
	close_session(&s);
	return rc;
}

static int run_later(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	(void)ctx;
	return og_fail(err, OG_EUNAVAIL, "'%s' is not in this version", og_args_command(args)->name);
}

#define AS_OPTION { "as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: OG_AS)" }
#define JSON_OPTION { "json", 0, OG_OPT_FLAG, NULL, "as JSON, one object per line" }
#define END { NULL, 0, OG_OPT_FLAG, NULL, NULL }

static const struct og_opt list_options[] = {
	AS_OPTION,
	{ "state", 0, OG_OPT_VALUE, "STATE", "only tasks in this state" },
	{ "limit", 0, OG_OPT_VALUE, "N", "tasks at most (default: 50)" },
	JSON_OPTION,
	END,
};
static const struct og_opt read_options[] = { AS_OPTION, JSON_OPTION, END };
static const struct og_opt as_options[] = { AS_OPTION, END };

static const struct og_command commands[] = {
	{ "status", "ID", "state of a task; the exit status tells it too", read_options, 1, 1,
	  run_status },
	{ "list", "", "my tasks; all of them with the right 'tasks'", list_options, 0, 0, run_list },
	{ "show", "ID", "the result of a task", read_options, 1, 1, run_show },
	{ "cancel", "ID", "take a task back; what it did is undone", as_options, 1, 1, run_about },
	{ "approve", "ID", "consent to a task that waits for it", as_options, 1, 1, run_about },
	{ "answer", "ID", "not in this version", NULL, 0, -1, run_later },
	{ "resolve", "ID", "not in this version", NULL, 0, -1, run_later },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-task",
	"how tasks are, and what may still be said about them",
	commands,
};
