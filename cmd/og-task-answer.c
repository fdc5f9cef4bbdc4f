/*
 * og-task answer: what a task asks its own principal; and how the task is
 * found that something is said about.
 *
 * Words are one text, unless each of them is of the form NAME=VALUE: then
 * they are values by name. Whoever wants to say such a word as a text
 * writes answer=WORD.
 */
#include <string.h>

#include "cmd/og-task.h"
#include "lib/base/text.h"
#include "lib/queue/queue.h"
#include "lib/task/envelope.h"

/* --- finding the task -------------------------------------------------------- */

/* A task that waits at a broker is known to nobody we can ask: a cancel
 * waits for it at the shield. */
static int find_task(struct task_session *s, const char *id, json_t **ret, struct og_err *err)
{
	const char *command = og_args_command(s->args)->name;

	if (task_status(s, id, ret, err) == 0)
		return 0;
	if (err->code != OG_NO || strcmp(command, "cancel") != 0 || !og_queue_is_remote(s->conf))
		return -1;
	og_err_clear(err);
	return 0;
}

int task_word(const struct og_ctx *ctx, const struct og_args *args, task_word_fn *what,
	      struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct task_session s;
	json_t *task = NULL;
	int rc = -1;

	if (task_open(&s, ctx, args, err) == 0 &&
	    task_whole_id(&s, og_arg(args, 0), id, err) == 0 && find_task(&s, id, &task, err) == 0)
		rc = what(&s, id, task, err);
	json_decref(task);
	task_close(&s);
	return rc;
}

/* --- answer -------------------------------------------------------------------- */

/* The length of NAME in NAME=VALUE, or 0. */
static size_t name_of(const char *word)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return n > 0 && n <= 64 && word[n] == '=' && strchr(first, *word) ? n : 0;
}

static int all_named(const struct og_args *args)
{
	const char *word;

	for (size_t i = 1; (word = og_arg(args, i)); i++)
		if (name_of(word) == 0)
			return 0;
	return 1;
}

static int add_text(const struct og_args *args, json_t *values, struct og_err *err)
{
	struct og_buf text;
	const char *word;
	int rc = -1;

	og_buf_init(&text, OG_TASK_TEXT_MAX);
	for (size_t i = 1; (word = og_arg(args, i)); i++)
		og_buf_addf(&text, "%s%s", i > 1 ? " " : "", word);
	if (og_buf_check(&text, "answer", err) == 0)
		rc = og_json_set(values, "answer", json_string(text.data), err);
	og_buf_release(&text);
	return rc;
}

static int add_value(const char *word, json_t *values, struct og_err *err)
{
	char name[65];

	snprintf(name, sizeof(name), "%.*s", (int)name_of(word), word);
	if (json_object_get(values, name))
		return og_fail(err, OG_EUSAGE, "'%s' is given twice", name);
	return og_json_set(values, name, json_string(strchr(word, '=') + 1), err);
}

static int read_values(const struct og_args *args, json_t *values, struct og_err *err)
{
	const char *word;

	for (size_t i = 1; (word = og_arg(args, i)); i++)
		if (!og_utf8_valid(word, strlen(word)))
			return og_fail(err, OG_EDATA, "the answer is not valid UTF-8");
	if (!all_named(args))
		return add_text(args, values, err);
	for (size_t i = 1; (word = og_arg(args, i)); i++)
		if (add_value(word, values, err) < 0)
			return -1;
	return 0;
}

/* Does it ask, and is it this principal's to answer? */
static int may_answer(const struct task_session *s, const json_t *task, struct og_err *err)
{
	const json_t *waits = json_object_get(task, "waits");
	const char *wanted = og_arg_value(s->args, "digest"),
		   *digest = og_json_str(waits, "digest");
	const char *what = og_json_str(waits, "for"), *owner = og_json_str(task, "principal");

	if (task_exit(task) != OG_ETEMP)
		return og_fail(err, OG_NO, "the task is %s already", og_json_str(task, "state"));
	if (!digest || !what || strcmp(what, "answer") != 0)
		return og_fail(err, OG_NO, "the task is %s, it does not wait for an answer",
			       og_json_str(task, "state"));
	if (owner && strcmp(owner, s->principal) != 0)
		return og_fail(err, OG_NO, "only %s answers what this task asks", owner);
	if (!wanted || strcmp(wanted, digest) == 0)
		return 0;
	og_fail(err, OG_NO, "the task asks something else");
	return og_hint(err, "its digest is %s", digest);
}

/* A question about slots has values that fit and others: the shield says
 * which, before anything is signed. */
static int check_values(struct task_session *s, const char *id, const json_t *values,
			struct og_err *err)
{
	json_t *reply = NULL, *judged;
	const char *why, *fix;
	int rc = 0;

	if (og_channel_ask(s->channel, "task.status",
			   json_pack("{s:s,s:O}", "task", id, "values", values), &reply, err) < 0)
		return -1;
	judged = json_object_get(reply, "answer");
	why = og_json_str(judged, "why");
	fix = og_json_str(judged, "fix");
	if (judged && !og_json_bool(judged, "ok", 0)) {
		og_fail(err, OG_NO, "%s", why ? why : "the values do not fit");
		rc = og_hint(err, "%s", fix ? fix : "the task still waits");
	}
	json_decref(reply);
	return rc;
}

static int answer(struct task_session *s, const char *id, const json_t *task, struct og_err *err)
{
	const json_t *waits = json_object_get(task, "waits");
	struct og_envelope_draft draft = {
		.kind = "answer", .principal = s->principal, .task = id, .lifetime_ms = TASK_WORD_MS
	};
	json_t *more, *values = json_object();
	int rc = -1;

	if (may_answer(s, task, err) < 0 || read_values(s->args, values, err) < 0) {
		json_decref(values);
		return -1;
	}
	og_note(s->ctx, "task %s asks: %s", id, og_json_str(waits, "question"));
	if (json_object_get(waits, "slots") && check_values(s, id, values, err) < 0) {
		json_decref(values);
		return -1;
	}
	more = json_pack("{s:O,s:o}", "digest", json_object_get(waits, "digest"), "values", values);
	draft.more = more;
	if (!more)
		og_fail_nomem(err);
	else if (task_add_note(s->args, more, err) == 0)
		rc = task_say(s, &draft, err);
	json_decref(more);
	return rc;
}

int task_run_answer(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	return task_word(ctx, args, answer, err);
}
