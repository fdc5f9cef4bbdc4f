/* See og-ask.h. */
#include "cmd/og-ask.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-up.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/proc.h"

#define ANSWER_MAX ((size_t)4 << 20)
#define STATE_MAX  ((size_t)1 << 20)
#define CONNECT_MS 1000

json_t *og_ask_ledger(const struct og_ctx *ctx, const struct og_conf *conf, int state)
{
	char *path = og_program_path(ctx->exe_dir, "og-ledger");
	const char *argv[] = { path,	 "verify",   "--json",
			       "--home", conf->home, state ? "--state" : NULL,
			       NULL };
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf out;
	json_t *answer = NULL;
	int status;

	og_buf_init(&out, ANSWER_MAX);
	if (path &&
	    og_child_run(argv, "", 0, og_deadline(CHILD_MS), &out, &status, &ignored) == 0 &&
	    status <= 1)
		og_json_parse(out.data, out.len, ANSWER_MAX, "og-ledger's answer", &answer,
			      &ignored);
	og_buf_release(&out);
	free(path);
	return answer;
}

#define MORE_MAX 8

int og_ask_verify(const struct og_ctx *ctx, const char *home, const char *const *more, json_t **ret,
		  struct og_err *err)
{
	char *path = og_program_path(ctx->exe_dir, "og-ledger");
	const char *argv[5 + MORE_MAX] = { path, "verify", "--json", "--home", home };
	struct og_buf out;
	int status = 0, rc = -1;

	og_buf_init(&out, ANSWER_MAX);
	for (size_t i = 0; more[i] && i + 1 < MORE_MAX; i++)
		argv[5 + i] = more[i];
	if (!path)
		og_fail_nomem(err);
	else if (og_child_run(argv, "", 0, OG_FOREVER, &out, &status, err) < 0)
		;
	else if (status > 1)
		og_fail(err, status < 128 ? status : OG_EOS, "og-ledger could not judge it");
	else
		rc = og_json_parse(out.data ? out.data : "", out.len, ANSWER_MAX,
				   "og-ledger's answer", ret, err);
	og_buf_release(&out);
	free(path);
	return rc < 0 ? -1 : og_json_bool(*ret, "ok", 0);
}

int og_ask_shield(const struct og_ctx *ctx, const struct og_conf *conf, const char *verb,
		  json_t *request, json_t **ret, struct og_err *err)
{
	char *key = NULL;
	struct og_channel *channel = NULL;
	int rc = -1;

	if (!request)
		og_fail_nomem(err);
	else if (og_conf_key_path(conf, "owner", &key, err) == 0 &&
		 og_channel_from(ctx, conf, &channel, err) == 0 &&
		 og_channel_login(channel, "owner", key, err) == 0)
		rc = og_channel_ask(channel, verb, json_incref(request), ret, err);
	json_decref(request);
	og_channel_close(channel);
	free(key);
	return rc;
}

static json_t *count_json(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

json_t *og_ask_queue(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	struct og_queue *queue = NULL;
	struct og_queue_counts n;
	json_t *json = NULL;
	int64_t age = -1, now = og_now_ms();

	if (og_queue_from(ctx, conf, &queue, err) == 0 && og_queue_count(queue, &n, err) == 0) {
		if (n.oldest > 0)
			age = now > n.oldest ? now - n.oldest : 0;
		json = json_pack("{s:o,s:o,s:o,s:o,s:o}", "ready", count_json(n.ready), "claimed",
				 count_json(n.claimed), "delayed", count_json(n.delayed), "dead",
				 count_json(n.dead), "age_ms", count_json(age));
	}
	og_queue_close(queue);
	return json;
}

/* --- og up ------------------------------------------------------------------ */

static json_t *read_state(const struct og_conf *conf)
{
	char *path = og_path_join(conf->home, OG_UP_STATE);
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;
	json_t *state = NULL;

	og_buf_init(&text, STATE_MAX);
	if (path && og_file_read(path, "state", &text, &ignored) == 0)
		og_json_parse(text.data, text.len, STATE_MAX, "state", &state, &ignored);
	og_buf_release(&text);
	free(path);
	return state;
}

/* Does it answer where it should? A socket is named from the instance. */
static int answers(const struct og_conf *conf, const char *url)
{
	struct og_endpoint endpoint;
	char path[OG_ENDPOINT_PATH];

	if (og_endpoint_parse(url, &endpoint, NULL) != 1)
		return 1;
	if (endpoint.path[0] && endpoint.path[0] != '/') {
		int n = snprintf(path, sizeof(path), "%s/%s", conf->home, endpoint.path);

		if (n < 0 || (size_t)n >= sizeof(path))
			return 1; /* too long to be asked from here */
		memcpy(endpoint.path, path, sizeof(path));
	}
	return og_endpoint_accepts(&endpoint, og_deadline(CONNECT_MS));
}

/* What is wrong with a service of a running og up, or NULL. */
static json_t *problem_of(const struct og_conf *conf, const json_t *service)
{
	const char *state = og_json_str(service, "state"), *url = og_json_str(service, "endpoint");
	const char *trouble = og_json_str(service, "trouble");
	int64_t pid = og_json_int(service, "pid", 0);

	if (!state)
		return json_string("its state is unknown");
	if (!og_json_bool(service, "ready", 0))
		return json_sprintf("%s%s%s", state, trouble && *trouble ? ": " : "",
				    trouble ? trouble : "");
	if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return json_string("its process is gone");
	if (url && !answers(conf, url))
		return json_sprintf("it does not answer at %s", url);
	return json_null();
}

static int judge_services(const struct og_conf *conf, const json_t *services, int runs, int killed)
{
	json_t *service, *problem;
	size_t i;

	json_array_foreach(services, i, service)
	{
		problem = runs	   ? problem_of(conf, service)
			  : killed ? json_string("gone: og up was killed")
				   : json_null();
		if (json_object_set_new(service, "problem", problem) < 0)
			return -1;
	}
	return 0;
}

json_t *og_ask_up(const struct og_conf *conf)
{
	int runs = og_up_holder(conf) != 0;
	json_t *state = read_state(conf), *services = json_object_get(state, "services");
	const char *phase = og_json_str(state, "state");
	int killed = !runs && phase && strcmp(phase, "stopped") != 0;
	json_t *ret = NULL;

	if (phase && json_is_array(services) && judge_services(conf, services, runs, killed) == 0)
		ret = json_pack("{s:o,s:s,s:O}", "pid",
				runs ? json_integer(og_json_int(state, "pid", 0)) : json_null(),
				"state", killed ? "killed" : phase, "services", services);
	json_decref(state);
	return ret;
}
