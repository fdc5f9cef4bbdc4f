/*
 * What may still be said about a task: take it back, consent to it, refuse
 * it. Each is a signed envelope through the queue, like any command; the
 * shield judges it when a worker brings it there. What can be told at once
 * is told here, so that nobody has to look for a dead letter.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-difference.h"
#include "cmd/og-task.h"
#include "cmd/og-worker.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/queue/queue.h"
#include "lib/task/envelope.h"
#include "lib/task/state.h"

#define SHOWN_MAX 300 /* bytes of one argument on a terminal */

int task_say(struct task_session *s, const struct og_envelope_draft *draft, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_parcel parcel = { .priority = 10 }; /* before what is to be stopped */
	char id[OG_UUID_LEN + 1], *key = NULL;
	struct og_buf envelope;
	int rc = -1;

	og_buf_init(&envelope, OG_ENVELOPE_MAX);
	if (og_conf_key_path(s->conf, s->principal, &key, err) < 0 ||
	    og_key_read(key, seed, err) < 0 ||
	    og_envelope_make(draft, seed, &envelope, id, err) < 0 || task_queue(s, err) < 0)
		goto out;
	parcel.id = id;
	parcel.envelope = envelope.data;
	parcel.expires = og_now_ms() + draft->lifetime_ms;
	rc = og_queue_put(s->queue, &parcel, 1, err);
	if (rc == 0)
		rc = og_printf(err, "%s\n", id);
out:
	explicit_bzero(seed, sizeof(seed));
	og_buf_release(&envelope);
	free(key);
	return rc;
}

int task_add_note(const struct og_args *args, json_t *more, struct og_err *err)
{
	const char *note = og_arg_value(args, "note");

	if (!note)
		return 0;
	if (!og_utf8_valid(note, strlen(note)))
		return og_fail(err, OG_EDATA, "--note is not valid UTF-8");
	return og_json_set(more, "note", json_string(note), err);
}

/* --- cancel ----------------------------------------------------------------- */

/* A task that is to begin later is delivered now, so that it ends now. */
static int wake(struct task_session *s, const char *id, const json_t *task, struct og_err *err)
{
	json_t *letter = NULL;
	struct og_parcel parcel = { .id = id };
	int found, rc = 0;

	if (!og_json_str(task, "not_before")) /* a broker's tasks cannot be found */
		return 0;
	found = og_queue_find(s->queue, id, &letter, err);
	parcel.envelope = og_json_str(letter, "envelope");
	if (found > 0 && parcel.envelope)
		rc = og_queue_put(s->queue, &parcel, 1, err);
	json_decref(letter);
	return found < 0 ? -1 : rc;
}

/* What will become of the task, for whoever called it off. */
static void say_what_follows(const struct task_session *s, const json_t *task)
{
	const char *state = og_json_str(task, "state");
	int known = state ? og_state_parse(state) : -1;

	if (!task)
		og_note(s->ctx, "nobody began such a task: should it come, it will not begin");
	else if (known == OG_TASK_QUEUED)
		og_note(s->ctx, "the task is queued: it will not begin");
	else if (known == OG_TASK_WAITING)
		og_note(s->ctx, "the task waits: what it did will be undone");
	else
		og_note(s->ctx,
			"the task is %s: it takes no further step, what it did will be "
			"undone",
			state ? state : "unknown");
}

static int cancel(struct task_session *s, const char *id, const json_t *task, struct og_err *err)
{
	struct og_envelope_draft draft = {
		.kind = "cancel", .principal = s->principal, .task = id, .lifetime_ms = TASK_WORD_MS
	};
	json_t *more = json_object();
	int rc = more ? task_add_note(s->args, more, err) : og_fail_nomem(err);

	draft.more = more;
	if (rc == 0 && task && task_exit(task) != OG_ETEMP)
		rc = og_fail(err, OG_NO, "the task is %s already", og_json_str(task, "state"));
	if (rc == 0)
		rc = task_say(s, &draft, err);
	if (rc == 0)
		rc = wake(s, id, task, err);
	if (rc == 0)
		say_what_follows(s, task);
	json_decref(more);
	return rc;
}

/* --- approve and reject ------------------------------------------------------ */

/* What is too long for a line is cut, and says so: nobody should sign what
 * looks like all of it and is not. */
static void cut(struct og_buf *text)
{
	size_t all = text->len, at = SHOWN_MAX;

	if (all <= SHOWN_MAX)
		return;
	while (at > 0 && ((unsigned char)text->data[at] & 0xc0) == 0x80)
		at--;
	text->len = at;
	og_buf_addf(text, "... (cut, %zu bytes in all; see og-task status --json)", all);
}

static void note_argument(const struct task_session *s, const char *name, const json_t *value)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	if (json_is_string(value))
		og_buf_adds(&text, json_string_value(value));
	else if (og_json_canon(value, &text, &ignored) < 0)
		og_buf_adds(&text, "?");
	cut(&text);
	og_note(s->ctx, "    %s = %s", name, text.data ? text.data : "");
	og_buf_release(&text);
}

/* The text of a skill is what is read before it is signed; its record is what
 * runs, and was made by a worker. Reads it again, where nothing can be done. */
static int is_its_text(const struct task_session *s, const json_t *doc)
{
	const char *source = og_json_str(doc, "source");
	struct og_err none = OG_ERR_INIT;
	struct og_reader *reader = NULL;
	json_t *again = NULL;
	int same = source && og_reader_open(s->ctx, &reader, &none) == 0 &&
		   og_reader_read(reader, source, strlen(source), &again, &none) == 0 &&
		   json_equal(doc, again);

	json_decref(again);
	og_reader_close(reader);
	og_err_clear(&none);
	return same;
}

static void note_arguments(const struct task_session *s, const json_t *arguments)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)arguments, name, value)
	{
		int shown = strcmp(name, "doc") == 0 ? og_show_skill(s->ctx, s->channel, value)
			    : strcmp(name, "policy") == 0
				    ? og_show_policy(s->ctx, s->channel, value)
				    : 0;

		if (!shown)
			note_argument(s, name, value);
		if (strcmp(name, "doc") == 0 && !is_its_text(s, value))
			og_note(s->ctx, "    beware: what it does is not what its text says; "
					"see og-task status --json");
	}
}

/* In plain words what will run; whoever signs should have read it. */
static void say_what_runs(const struct task_session *s, const char *id, const json_t *task)
{
	const json_t *waits = json_object_get(task, "waits");
	const char *message = og_json_str(waits, "message"), *text = og_json_str(task, "text");

	og_note(s->ctx, "task %s of %s%s%s", id, og_json_str(task, "principal"),
		text && *text ? ": " : "", text ? text : "");
	if (json_object_get(waits, "call"))
		og_note(s->ctx, "  makes a change beside its skill, just this one:");
	else
		og_note(s->ctx, "  runs step '%s' of skill '%s' (version %.12s) with",
			og_json_str(waits, "step"), og_json_str(waits, "skill"),
			og_json_str(waits, "hash"));
	note_arguments(s, json_object_get(waits, "arguments"));
	if (json_object_get(waits, "call"))
		og_note(s->ctx, "  what it says of it: %s", message ? message : "");
	else
		og_note(s->ctx, "  policy %s asks for it%s%s", og_json_str(waits, "policy"),
			message && *message ? ": " : "", message ? message : "");
	og_note(s->ctx, "  until %s, by somebody with clearance %lld",
		og_json_str(waits, "expires"), (long long)og_json_int(waits, "clearance", 0));
	og_note(s->ctx, "  digest %s", og_json_str(waits, "digest"));
}

/* Is it this principal's to answer, and the question that was reviewed? */
static int may_decide(const struct task_session *s, const json_t *task, struct og_err *err)
{
	const json_t *waits = json_object_get(task, "waits");
	const char *wanted = og_arg_value(s->args, "digest"),
		   *digest = og_json_str(waits, "digest");
	const char *state = og_json_str(task, "state"), *owner = og_json_str(task, "principal");
	const char *what = og_json_str(waits, "for");

	if (task_exit(task) != OG_ETEMP)
		return og_fail(err, OG_NO, "the task is %s already", state);
	if (!digest || !what || strcmp(what, "approval") != 0)
		return og_fail(err, OG_NO, "the task is %s, it does not wait for an approval",
			       state);
	if (owner && strcmp(owner, s->principal) == 0) {
		og_fail(err, OG_NO, "nobody approves a task of their own");
		return og_hint(err, "another principal with the right 'approve' has to");
	}
	if (!wanted || strcmp(wanted, digest) == 0)
		return 0;
	og_fail(err, OG_NO, "the task waits for the approval of something else");
	return og_hint(err, "its digest is %s", digest);
}

static int decide(struct task_session *s, const char *id, const json_t *task, struct og_err *err)
{
	const char *said =
		strcmp(og_args_command(s->args)->name, "reject") == 0 ? "rejected" : "approved";
	struct og_envelope_draft draft = { .kind = "approve",
					   .principal = s->principal,
					   .task = id,
					   .lifetime_ms = TASK_WORD_MS };
	json_t *more;
	int rc;

	if (may_decide(s, task, err) < 0)
		return -1;
	say_what_runs(s, id, task);
	more = json_pack("{s:O,s:s}", "digest",
			 json_object_get(json_object_get(task, "waits"), "digest"), "state", said);
	if (!more)
		return og_fail_nomem(err);
	draft.more = more;
	rc = task_add_note(s->args, more, err);
	if (rc == 0)
		rc = task_say(s, &draft, err);
	if (rc == 0)
		og_note(s->ctx, "%s by %s", said, s->principal);
	json_decref(more);
	return rc;
}

/* --- resolve ------------------------------------------------------------------ */

/* A dead letter that was begun looks like one in doubt, but has no end. */
static int may_resolve(const json_t *task, const char *said, struct og_err *err)
{
	const char *state = og_json_str(task, "state");
	int known = state ? og_state_parse(state) : -1,
	    ended = og_json_str(task, "finished") != NULL;
	int dead = json_object_get(task, "result") && !ended;

	if (ended && (known == OG_TASK_IN_DOUBT || known == OG_TASK_COMPENSATION_FAILED))
		return 0;
	if (dead && strcmp(said, "retry") == 0)
		return 0;
	if (!dead)
		return og_fail(err, OG_NO, "the task is %s, there is nothing to resolve", state);
	og_fail(err, OG_NO, "the task was given up before it had an end");
	return og_hint(err, "--state retry lets it go on");
}

static void say_what_is_vouched(const struct task_session *s, const char *id, const json_t *task,
				const char *said)
{
	const char *text = og_json_str(task, "text"), *reason = og_json_str(task, "reason");

	og_note(s->ctx, "task %s of %s%s%s", id, og_json_str(task, "principal"),
		text && *text ? ": " : "", text ? text : "");
	og_note(s->ctx, "  is %s: %s", og_json_str(task, "state"), reason ? reason : "");
	if (strcmp(said, "retry") == 0)
		og_note(s->ctx, "  what was in the way is tried again");
	else
		og_note(s->ctx, "  is closed as %s, by the word of %s", said, s->principal);
}

static int resolve(struct task_session *s, const char *id, const json_t *task, struct og_err *err)
{
	const char *said = og_arg_value(s->args, "state");
	struct og_envelope_draft draft = { .kind = "resolve",
					   .principal = s->principal,
					   .task = id,
					   .lifetime_ms = TASK_WORD_MS };
	json_t *more;
	int rc;

	if (!said || (strcmp(said, "retry") != 0 && strcmp(said, "done") != 0 &&
		      strcmp(said, "compensated") != 0))
		return og_fail(err, OG_EUSAGE, "--state is one of retry, done, compensated");
	if (may_resolve(task, said, err) < 0)
		return -1;
	more = json_pack("{s:s}", "state", said);
	if (!more)
		return og_fail_nomem(err);
	draft.more = more;
	rc = task_add_note(s->args, more, err);
	if (rc == 0)
		rc = task_say(s, &draft, err);
	if (rc == 0)
		say_what_is_vouched(s, id, task, said);
	json_decref(more);
	return rc;
}

/* --- the commands ------------------------------------------------------------ */

int task_run_cancel(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	return task_word(ctx, args, cancel, err);
}

int task_run_decide(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	return task_word(ctx, args, decide, err);
}

int task_run_resolve(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	return task_word(ctx, args, resolve, err);
}
