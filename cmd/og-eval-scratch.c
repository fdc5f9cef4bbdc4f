/*
 * A scratch instance, and our programs run in it. What a scenario does, it
 * does the way a person would: there is no other way to the database here.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/og-eval.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/job.h"

#define CONF_MAX ((size_t)65536)

/* --- calls --------------------------------------------------------------- */

void call_init(struct call *call, const char *program, const char *command)
{
	memset(call, 0, sizeof(*call));
	og_buf_init(&call->out, EVAL_LINE_MAX);
	og_buf_init(&call->said, OG_JOB_SAID_MAX + 1);
	call_add(call, program);
	if (command)
		call_add(call, command);
}

void call_release(struct call *call)
{
	for (size_t i = 0; i < call->n_owned; i++)
		free(call->owned[i]);
	og_buf_release(&call->out);
	og_buf_release(&call->said);
}

void call_add(struct call *call, const char *word)
{
	if (!word || call->n >= CALL_WORDS_MAX - 4)
		call->failed = 1;
	else
		call->words[call->n++] = word;
}

static void call_own(struct call *call, char *word)
{
	if (word && call->n_owned < CALL_WORDS_MAX)
		call->owned[call->n_owned++] = word;
	else
		free(word);
	call_add(call, word);
}

static char *param_text(const char *name, const json_t *value)
{
	char *text = json_is_string(value) ? strdup(json_string_value(value))
					   : json_dumps(value, JSON_ENCODE_ANY);
	struct og_buf pair;
	char *taken;

	og_buf_init(&pair, EVAL_LINE_MAX);
	og_buf_addf(&pair, "%s=%s", name, text ? text : "");
	taken = text ? og_buf_take(&pair) : NULL;
	og_buf_release(&pair);
	free(text);
	return taken;
}

void call_params(struct call *call, const char *option, const json_t *params)
{
	json_t *mutable, *value;
	const char *name;

	memcpy(&mutable, &params, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, name, value)
	{
		call_add(call, option);
		call_own(call, param_text(name, value));
	}
}

/* --- running them -------------------------------------------------------- */

static void pause_ms(long ms)
{
	struct timespec pause = { ms / 1000, (ms % 1000) * 1000000 };

	nanosleep(&pause, NULL);
}

static int watch(struct og_job *job, int64_t deadline, struct og_err *err)
{
	struct pollfd fds[3] = { { job->child.out, POLLIN, 0 },
				 { job->said_fd, POLLIN, 0 },
				 { job->child.in, POLLOUT, 0 } };

	if (poll(fds, 3, og_deadline_left(deadline)) < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	if (og_deadline_left(deadline) == 0)
		return og_fail(err, OG_ETEMP, "it took too long");
	return 0;
}

/* Until it has said all, and is gone. */
static int follow(struct og_job *job, int64_t deadline, struct og_err *err)
{
	int more;

	while ((more = og_job_pump(job, err)) > 0) {
		og_job_shut(job);
		if (watch(job, deadline, err) < 0)
			return -1;
	}
	while (more == 0 && !og_job_reap(job)) {
		if (og_deadline_left(deadline) == 0)
			return og_fail(err, OG_ETEMP, "it took too long");
		pause_ms(1);
	}
	return more;
}

int call_run_path(struct call *call, const char *path, int64_t deadline, struct og_err *err)
{
	size_t len = call->input ? strlen(call->input) : 0;
	struct og_job *job = NULL;
	int rc;

	call->words[0] = path;
	call->words[call->n] = NULL;
	if (og_job_start(call->words, NULL, call->input, len, EVAL_LINE_MAX, &job, err) < 0)
		return -1;
	rc = follow(job, deadline, err);
	if (rc == 0) {
		call->status = job->status;
		og_buf_add(&call->out, job->out.data, job->out.len);
		og_buf_add(&call->said, job->said.data, job->said.len);
		rc = og_buf_check(&call->out, "output of a program", err);
	}
	og_job_free(job);
	return rc;
}

int call_run(struct call *call, const struct scratch *s, struct og_err *err)
{
	const char *program = call->words[0];
	char *path = og_program_path(s->ctx->exe_dir, program);
	size_t at = call->n;
	int rc;

	/* Before a "--", where there is one. */
	for (size_t i = 0; i < at; i++)
		if (strcmp(call->words[i], "--") == 0)
			at = i;
	memmove(call->words + at + 2, call->words + at, (call->n - at) * sizeof(*call->words));
	call->words[at] = "--home";
	call->words[at + 1] = s->home;
	call->n += 2;
	rc = path && !call->failed ? call_run_path(call, path, s->deadline, err)
				   : og_fail_nomem(err);
	call->words[0] = program;
	if (rc < 0)
		og_wrap(err, "%s", program);
	free(path);
	return rc;
}

/* The first line, "og-x: " before it gone. */
const char *call_said(struct call *call)
{
	char *text = call->said.data, *colon;

	if (!text || !*text)
		return "";
	text[strcspn(text, "\n")] = '\0';
	colon = strstr(text, ": ");
	return strncmp(text, "og-", 3) == 0 && colon ? colon + 2 : text;
}

int call_json(const struct call *call, json_t **ret, struct og_err *err)
{
	return og_json_parse(call->out.data ? call->out.data : "", call->out.len, EVAL_LINE_MAX,
			     call->words[0], ret, err);
}

int call_lines(const struct call *call, json_t **ret, struct og_err *err)
{
	const char *line = call->out.data ? call->out.data : "";
	json_t *list = json_array(), *each;
	int rc = list ? 0 : og_fail_nomem(err);

	while (rc == 0 && *line) {
		size_t len = strcspn(line, "\n");

		each = NULL;
		rc = og_json_parse(line, len, EVAL_LINE_MAX, call->words[0], &each, err);
		if (rc == 0 && json_array_append_new(list, each) < 0)
			rc = og_fail_nomem(err);
		line += len + (line[len] == '\n');
	}
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

/* --- the instance -------------------------------------------------------- */

/* og init has the folder as its argument, and no instance to be in. */
static int init(const struct scratch *s, const char *from, struct og_err *err)
{
	char *path = og_program_path(s->ctx->exe_dir, "og");
	struct call call;
	int rc;

	call_init(&call, "og", "init");
	if (from) {
		call_add(&call, "--copy-of");
		call_add(&call, from);
	} else {
		call_add(&call, "--demo");
	}
	call_add(&call, s->temp);
	rc = path && !call.failed ? call_run_path(&call, path, s->deadline, err)
				  : og_fail_nomem(err);
	if (rc == 0 && call.status != 0)
		rc = og_fail(err, call.status > 63 && call.status < 79 ? call.status : OG_EBUG,
			     "cannot make a scratch instance: %s", call_said(&call));
	call_release(&call);
	free(path);
	return rc;
}

/* Lines of og.conf but those that are set anew. */
static void keep_lines(const char *text, const json_t *settings, struct og_buf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), indent = strspn(text, " \t");
		size_t word = strcspn(text + indent, " \t=\n");

		if (!json_object_getn(settings, text + indent, word)) {
			og_buf_add(out, text, len);
			og_buf_addc(out, '\n');
		}
		text += len + (text[len] == '\n');
	}
}

static void add_lines(const json_t *settings, struct og_buf *out)
{
	json_t *mutable, *value;
	const char *key;

	memcpy(&mutable, &settings, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, key, value)
	{
		og_buf_addf(out, "%s = %s\n", key, json_string_value(value));
	}
}

int scratch_set(const struct scratch *s, const json_t *settings, struct og_err *err)
{
	char *path = og_path_join(s->home, "og.conf");
	struct og_buf old, new;
	int rc;

	og_buf_init(&old, CONF_MAX);
	og_buf_init(&new, CONF_MAX);
	rc = path ? og_file_read(path, "configuration", &old, err) : og_fail_nomem(err);
	if (rc == 0) {
		keep_lines(old.len ? old.data : "", settings, &new);
		add_lines(settings, &new);
		rc = og_buf_check(&new, "configuration", err);
	}
	if (rc == 0)
		rc = og_file_write(path, new.data, new.len, 0600, err);
	og_buf_release(&old);
	og_buf_release(&new);
	free(path);
	return rc;
}

int scratch_make(struct scratch *s, const struct og_ctx *ctx, const char *from,
		 const json_t *settings, struct og_err *err)
{
	s->ctx = ctx;
	s->home = NULL;
	if (eval_temp_make(ctx, &s->temp, &s->lock, err) < 0)
		return -1;
	s->home = og_path_join(s->temp, ".omnigate");
	if (!s->home)
		og_fail_nomem(err);
	else if (init(s, from, err) == 0 && (!settings || scratch_set(s, settings, err) == 0))
		return 0;
	scratch_release(s);
	return -1;
}

void scratch_release(struct scratch *s)
{
	eval_temp_remove(s->temp, s->lock);
	free(s->home);
	s->temp = s->home = NULL;
}
