/*
 * og-submit: states a command. Signs it with the principal's own key, puts
 * it into the queue, prints its id; with --wait also its result. Opens
 * neither erp.db nor a network.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-submit-times.h"
#include "cmd/og-submit.h"
#include "cmd/og-telemetry.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"
#include "lib/skill/skill.h"
#include "lib/task/envelope.h"

#define BATCH_MAX   ((size_t)64 << 20)
#define BATCH_LINES 100000

/* Everything a submission needs, opened once. */
struct submit {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_queue *queue;
	struct og_err away; /* with --spool: why there is none */
	const char *principal;
	unsigned char seed[OG_KEY_SEED];
	struct submit_times times;
	json_t *params;
	struct og_telemetry *telemetry;
	struct og_span span; /* of the task that is being made */
};

/* With --spool a broker that is away is no reason to fail. */
static int open_queue(struct submit *s, struct og_err *err)
{
	if (og_queue_from(s->ctx, s->conf, &s->queue, err) == 0)
		return 0;
	if (!og_arg_flag(s->args, "spool") || !og_queue_is_remote(s->conf) || !og_spool_may(err))
		return -1;
	s->away = *err;
	og_err_clear(err);
	return 0;
}

static int open_all(struct submit *s, struct og_err *err)
{
	char *key = NULL;
	int rc = -1;

	if (submit_times_read(s->args, &s->times, err) < 0 ||
	    og_principal_from(s->ctx, s->args, &s->principal, err) < 0 ||
	    og_conf_from(s->ctx, s->args, &s->conf, err) < 0 ||
	    og_give_up_network(s->conf, err) < 0 ||
	    og_conf_key_path(s->conf, s->principal, &key, err) < 0 ||
	    og_key_read(key, s->seed, err) < 0)
		goto out;
	if (og_telemetry_from(s->ctx, s->conf, 1, &s->telemetry, err) == 0)
		rc = open_queue(s, err);
out:
	free(key);
	return rc;
}

static void release_all(struct submit *s)
{
	explicit_bzero(s->seed, sizeof(s->seed));
	og_queue_close(s->queue);
	og_telemetry_close(s->telemetry);
	og_conf_free(s->conf);
	json_decref(s->params);
}

/* What a broker may or may not have taken goes to the spool as well: it has
 * the same id, and is done once. */
static int put(struct submit *s, const struct og_parcel *parcels, size_t n, struct og_err *err)
{
	if (s->queue && og_queue_room(s->queue, n, s->conf->queue_limit, err) < 0)
		return -1;
	if (s->queue && og_queue_put(s->queue, parcels, n, err) == 0)
		return 0;
	if (s->queue) {
		s->away = *err;
		if (!og_arg_flag(s->args, "spool") || !og_queue_is_remote(s->conf) ||
		    !og_spool_may(err))
			return -1;
		og_err_clear(err);
	}
	return og_spool_put(s->ctx, s->conf, parcels, n, &s->away, err);
}

/* --param k=v: every v is a text; the skill's slot says what it has to be. */
static int read_params(struct submit *s, struct og_err *err)
{
	const char *pair;

	s->params = json_object();
	if (!s->params)
		return og_fail_nomem(err);
	for (size_t i = 0; (pair = og_arg_list(s->args, "param", i)); i++) {
		const char *equals = strchr(pair, '=');
		char name[64];

		if (!equals || equals == pair || (size_t)(equals - pair) >= sizeof(name))
			return og_fail(err, OG_EUSAGE,
				       "--param: '%s' is not of the form name=value", pair);
		memcpy(name, pair, (size_t)(equals - pair));
		name[equals - pair] = '\0';
		if (json_object_get(s->params, name))
			return og_fail(err, OG_EUSAGE, "--param: '%s' is given twice", name);
		if (!og_utf8_valid(pair, strlen(pair)))
			return og_fail(err, OG_EDATA, "--param: '%s' is not valid UTF-8", name);
		if (og_json_set(s->params, name, json_string(equals + 1), err) < 0)
			return -1;
	}
	return 0;
}

/* The task's span is to be ended by who called. */
static int make(struct submit *s, const char *text, struct og_buf *out, char id[OG_UUID_LEN + 1],
		struct og_err *err)
{
	const char *trace = og_trace_from(s->ctx);
	struct og_envelope_draft draft = {
		.kind = "task",
		.principal = s->principal,
		.text = text,
		.skill = og_arg_value(s->args, "action"),
		.key = og_arg_value(s->args, "key"),
	};

	if (draft.skill)
		draft.params = s->params;
	if (submit_times_apply(&s->times, &draft, err) < 0)
		return -1;
	draft.ask = og_arg_flag(s->args, "no-ask") ? "fail" : NULL;
	og_span_begin(&s->span, s->telemetry, OG_PRODUCER, OG_SPAN_SUBMIT, trace);
	draft.trace = og_span_context(&s->span, trace);
	if (og_envelope_make(&draft, s->seed, out, id, err) < 0) {
		s->span.to = NULL;
		return -1;
	}
	og_span_str(&s->span, OG_ATTR_TASK, id);
	og_span_content(&s->span, OG_ATTR_TEXT, text);
	og_span_content(&s->span, OG_ATTR_PRINCIPAL, s->principal);
	return 0;
}

/* --- one task ----------------------------------------------------------- */

/* Line ends and blanks behind a sentence mean nothing. */
static size_t trim(char *text, size_t len)
{
	while (len > 0 && text[len - 1] && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	return len;
}

/* The sentence: the argument, or standard input for "-". */
static int read_text(const struct og_args *args, struct og_buf *text, struct og_err *err)
{
	const char *arg = og_arg(args, 0);
	int rc;

	if (!arg)
		return 0;
	rc = strcmp(arg, "-") == 0 ? og_fd_read(STDIN_FILENO, "the text", text, err)
				   : og_buf_adds(text, arg);
	if (rc < 0)
		return og_buf_check(text, "the text", err) < 0 ? -1 : rc;
	if (text->len > 0)
		text->len = trim(text->data, text->len);
	if (!og_utf8_valid(text->data, text->len))
		return og_fail(err, OG_EDATA, "the text is not valid UTF-8");
	if (strlen(text->data) != text->len)
		return og_fail(err, OG_EDATA, "the text holds a NUL byte");
	return 0;
}

static int submit_one(struct submit *s, char id[OG_UUID_LEN + 1], struct og_err *err)
{
	struct og_parcel parcel = { .id = NULL };
	struct og_buf text, envelope;
	int rc = -1;

	og_buf_init(&text, OG_TASK_TEXT_MAX);
	og_buf_init(&envelope, OG_ENVELOPE_MAX);
	if (read_text(s->args, &text, err) < 0 ||
	    make(s, og_arg(s->args, 0) ? text.data : NULL, &envelope, id, err) < 0)
		goto out;
	submit_times_parcel(&s->times, &parcel);
	parcel.id = id;
	parcel.envelope = envelope.data;
	rc = put(s, &parcel, 1, err);
	og_span_status(&s->span, rc < 0 ? OG_SPAN_ERROR : OG_SPAN_OK, "not queued", NULL);
	og_span_end(&s->span);
	og_telemetry_flush(s->telemetry);
out:
	og_buf_release(&text);
	og_buf_release(&envelope);
	return rc;
}

static int run_one(struct submit *s, struct og_err *err)
{
	struct submit_wait w = { .ctx = s->ctx,
				 .args = s->args,
				 .conf = s->conf,
				 .queue = s->queue,
				 .principal = s->principal,
				 .stop_fd = -1 };
	char id[OG_UUID_LEN + 1];
	int rc = -1;

	if (!og_arg_flag(s->args, "wait")) {
		if (submit_one(s, id, err) < 0)
			return -1;
		return og_printf(err, "%s\n", id);
	}
	/* Watch before the task exists, so that its end cannot be missed. */
	if (submit_wait_open(&w, err) == 0 && submit_one(s, id, err) == 0)
		rc = submit_wait_finish(&w, id, err);
	submit_wait_close(&w);
	return rc;
}

/* --- a batch ------------------------------------------------------------ */

struct batch {
	struct og_parcel *parcels;
	size_t n, size;
};

static void batch_release(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		free((char *)(uintptr_t)batch->parcels[i].id);
		free((char *)(uintptr_t)batch->parcels[i].envelope);
	}
	free(batch->parcels);
}

static int batch_add(struct batch *batch, const char *id, struct og_buf *envelope,
		     struct og_err *err)
{
	struct og_parcel *grown;

	if (batch->n == batch->size) {
		batch->size = batch->size ? 2 * batch->size : 64;
		grown = realloc(batch->parcels, batch->size * sizeof(*grown));
		if (!grown)
			return og_fail_nomem(err);
		batch->parcels = grown;
	}
	memset(&batch->parcels[batch->n], 0, sizeof(*grown));
	batch->parcels[batch->n].id = strdup(id);
	batch->parcels[batch->n].envelope = og_buf_take(envelope);
	batch->n++;
	if (!batch->parcels[batch->n - 1].id || !batch->parcels[batch->n - 1].envelope)
		return og_fail_nomem(err);
	return 0;
}

static int batch_line(struct submit *s, struct batch *batch, char *line, size_t len,
		      struct og_err *err)
{
	struct og_buf envelope;
	char id[OG_UUID_LEN + 1];
	int rc = -1;

	og_buf_init(&envelope, OG_ENVELOPE_MAX);
	len = trim(line, len);
	if (strlen(line) != len || !og_utf8_valid(line, len))
		og_fail(err, OG_EDATA, "it is not a line of UTF-8 text");
	else if (batch->n == BATCH_LINES)
		og_fail(err, OG_EDATA, "a batch has at most %d lines", BATCH_LINES);
	else if (make(s, line, &envelope, id, err) == 0)
		rc = batch_add(batch, id, &envelope, err);
	if (rc == 0)
		submit_times_parcel(&s->times, &batch->parcels[batch->n - 1]);
	og_span_end(&s->span);
	og_buf_release(&envelope);
	return rc;
}

/* All lines are made and checked before the first one is queued. */
static int read_batch(struct submit *s, struct batch *batch, struct og_err *err)
{
	struct og_buf text;
	char *line, *end;
	int rc = -1;

	og_buf_init(&text, BATCH_MAX);
	if (og_fd_read(STDIN_FILENO, "the batch", &text, err) < 0)
		goto out;
	for (line = text.data; line < text.data + text.len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text.data + text.len - line));
		if (!end)
			end = text.data + text.len;
		*end = '\0';
		if (batch_line(s, batch, line, (size_t)(end - line), err) < 0) {
			og_wrap(err, "line %zu", batch->n + 1);
			og_hint(err, "nothing was queued");
			goto out;
		}
	}
	rc = 0;
out:
	og_buf_release(&text);
	return rc;
}

static int run_batch(struct submit *s, struct og_err *err)
{
	struct batch batch = { NULL, 0, 0 };
	int rc = -1;

	if (read_batch(s, &batch, err) == 0 && put(s, batch.parcels, batch.n, err) == 0)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < batch.n; i++)
		rc = og_printf(err, "%s\n", batch.parcels[i].id);
	batch_release(&batch);
	return rc;
}

/* --- main --------------------------------------------------------------- */

static int check_forward(const struct og_args *args, struct og_err *err)
{
	static const char *const values[] = { "as",	 "action", "key",   "expires",
					      "timeout", "at",	   "every", "deadline" };
	static const char *const flags[] = { "batch", "wait", "json", "text", "spool", "no-ask" };
	int more = og_arg(args, 0) || og_arg_list(args, "param", 0);

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		more |= og_arg_value(args, values[i]) != NULL;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		more |= og_arg_flag(args, flags[i]);
	return more ? og_fail(err, OG_EUSAGE, "--forward goes with --once only") : 0;
}

static int check_usage(const struct og_args *args, struct og_err *err)
{
	int text = og_arg(args, 0) != NULL, action = og_arg_value(args, "action") != NULL;
	int batch = og_arg_flag(args, "batch"), wait = og_arg_flag(args, "wait");
	int json = og_arg_flag(args, "json"), plain = og_arg_flag(args, "text");

	if (text + action + batch != 1) {
		og_fail(err, OG_EUSAGE, "give one of: a sentence, --action SKILL, --batch");
		return og_hint(err, "og-submit -h shows the usage");
	}
	if (action && !og_skill_name_valid(og_arg_value(args, "action"))) {
		og_fail(err, OG_EUSAGE, "--action: '%s' is no skill's name",
			og_arg_value(args, "action"));
		return og_hint(err, "those are of a-z, 0-9 and single hyphens; `og-skill list` "
				    "tells them");
	}
	if (og_arg_list(args, "param", 0) && !action)
		return og_fail(err, OG_EUSAGE, "--param goes with --action");
	if (batch && (wait || og_arg_value(args, "key")))
		return og_fail(err, OG_EUSAGE, "--batch goes neither with --wait nor with --key");
	if (!wait && (og_arg_value(args, "timeout") || json || plain))
		return og_fail(err, OG_EUSAGE, "--timeout, --json and --text go with --wait");
	if (json && plain)
		return og_fail(err, OG_EUSAGE, "--json and --text exclude each other");
	if (og_arg_flag(args, "spool") && wait)
		return og_fail(err, OG_EUSAGE, "--spool does not go with --wait");
	if (og_arg_flag(args, "once"))
		return og_fail(err, OG_EUSAGE, "--once goes with --forward");
	return 0;
}

static int run(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct submit s = { .ctx = ctx, .args = args };
	int rc = -1;

	if (og_arg_flag(args, "forward"))
		return check_forward(args, err) < 0 ? -1 : og_run_forward(ctx, args, err);
	if (check_usage(args, err) < 0)
		return -1;
	/* What is open by now needs no other program any more, but for waiting. */
	if (open_all(&s, err) == 0 && og_give_up_sockets(s.conf, err) == 0 &&
	    (og_arg_flag(args, "wait") || og_sandbox_no_exec(err) >= 0) &&
	    read_params(&s, err) == 0)
		rc = og_arg_flag(args, "batch") ? run_batch(&s, err) : run_one(&s, err);
	release_all(&s);
	return rc;
}

static const struct og_opt options[] = {
	{ "as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: OG_AS)" },
	{ "action", 0, OG_OPT_VALUE, "SKILL", "run this skill instead of a sentence" },
	{ "param", 0, OG_OPT_LIST, "NAME=VALUE", "a value for one of the action's slots", "SLOT" },
	{ "key", 0, OG_OPT_VALUE, "KEY", "the same key by the same principal is the same task" },
	{ "expires", 0, OG_OPT_VALUE, "SPAN", "not to be begun later than this (default: 1d)" },
	{ "at", 0, OG_OPT_VALUE, "TIME", "not to be begun before" },
	{ "every", 0, OG_OPT_VALUE, "SPAN", "one task in each span, however often it is asked" },
	{ "deadline", 0, OG_OPT_VALUE, "WHEN", "no step is begun after it: a span or a time" },
	{ "no-ask", 0, OG_OPT_FLAG, NULL,
	  "end the task, instead of asking back what it leaves open" },
	{ "batch", 0, OG_OPT_FLAG, NULL, "one sentence per line of standard input" },
	{ "wait", 0, OG_OPT_FLAG, NULL, "wait for the result and print it" },
	{ "timeout", 0, OG_OPT_VALUE, "SPAN", "with --wait: give up after this, status 75" },
	{ "json", 0, OG_OPT_FLAG, NULL, "with --wait: the result document on one line" },
	{ "text", 0, OG_OPT_FLAG, NULL, "with --wait: the result as text (default)" },
	{ "spool", 0, OG_OPT_FLAG, NULL, "keep it here while the broker is away" },
	{ "forward", 0, OG_OPT_FLAG, NULL, "deliver what was kept, until SIGTERM" },
	{ "once", 0, OG_OPT_FLAG, NULL, "with --forward: until nothing is left" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "[TEXT | -]", "sign a command and queue it", options, 0, 1, run },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-submit",
	"state a command: sign it, queue it, print its id",
	commands,
};
