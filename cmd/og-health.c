/*
 * og status and og doctor: how an instance is. They open no database of
 * it but the queue: og-ledger judges the ledger, a shield tells of tasks
 * and grants, as the principal owner. What cannot be asked is said to be
 * unknown, never to be well.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"

#define TASKS_ASKED 1000
#define ANSWER_MAX  ((size_t)4 << 20)

/* og-ledger's judgement as it gives it; NULL when it gives none. */
static json_t *ask_ledger(const struct og_ctx *ctx, const struct og_conf *conf, int state)
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
	if (path && !og_conf_remote(conf) &&
	    og_child_run(argv, "", 0, og_deadline(CHILD_MS), &out, &status, &ignored) == 0 &&
	    status <= 1)
		og_json_parse(out.data, out.len, ANSWER_MAX, "og-ledger's answer", &answer,
			      &ignored);
	og_buf_release(&out);
	free(path);
	return answer;
}

/* Asks a shield one thing as the owner. */
static int ask_shield(const struct og_ctx *ctx, const struct og_conf *conf, const char *verb,
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

/* --- og status ----------------------------------------------------------- */

/* The newest tasks by state; NULL when they cannot be asked for. */
static json_t *count_tasks(const struct og_ctx *ctx, const struct og_conf *conf)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL, *counts, *task;
	size_t i;

	if (ask_shield(ctx, conf, "task.list", json_pack("{s:i}", "limit", TASKS_ASKED), &reply,
		       &ignored) < 0)
		return NULL;
	counts = json_object();
	json_array_foreach(json_object_get(reply, "tasks"), i, task)
	{
		const char *state = og_json_str(task, "state");

		if (counts && state)
			json_object_set_new(counts, state,
					    json_integer(og_json_int(counts, state, 0) + 1));
	}
	json_decref(reply);
	return counts;
}

static json_t *queue_json(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	struct og_queue *queue = NULL;
	struct og_queue_counts n;
	json_t *json = NULL;

	if (og_queue_from(ctx, conf, &queue, err) == 0 && og_queue_count(queue, &n, err) == 0)
		json = json_pack("{s:I,s:I,s:I,s:I}", "ready", (json_int_t)n.ready, "claimed",
				 (json_int_t)n.claimed, "delayed", (json_int_t)n.delayed, "dead",
				 (json_int_t)n.dead);
	og_queue_close(queue);
	return json;
}

static json_t *status_json(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	json_t *queue = queue_json(ctx, conf, err);

	if (!queue)
		return NULL;
	return json_pack("{s:i,s:s,s:s*,s:i,s:b,s:o,s:o?,s:o?}", "v", 1, "home", conf->home,
			 "remote", og_conf_remote(conf) ? conf->shield : NULL, "format", OG_FORMAT,
			 "worker", og_worker_alive(conf->run), "queue", queue, "tasks",
			 count_tasks(ctx, conf), "ledger", ask_ledger(ctx, conf, 0));
}

static void add_tasks(const json_t *tasks, struct og_buf *out)
{
	json_int_t sum = 0;
	const char *state;
	json_t *n;

	if (!json_is_object(tasks)) {
		og_buf_adds(out, " unknown: no shield answers, or the owner's key is not here");
		return;
	}
	if (json_object_size(tasks) == 0)
		og_buf_adds(out, " none");
	json_object_foreach((json_t *)(uintptr_t)tasks, state, n)
	{
		og_buf_addf(out, " %s %lld", state, (long long)json_integer_value(n));
		sum += json_integer_value(n);
	}
	if (sum == TASKS_ASKED)
		og_buf_addf(out, " (of the newest %d)", TASKS_ASKED);
}

static void add_ledger(const json_t *ledger, const char *remote, struct og_buf *out)
{
	if (remote) {
		og_buf_addf(out, "where the shield is: %s\n", remote);
		return;
	}
	if (!json_is_object(ledger)) {
		og_buf_adds(out, "cannot be judged\n");
		return;
	}
	og_buf_addf(out, "%s, %lld entries",
		    og_json_bool(ledger, "ok", 0) ? "verified" : "BROKEN: og-ledger verify",
		    (long long)og_json_int(ledger, "checked", 0));
	if (og_json_str(ledger, "head"))
		og_buf_addf(out, ", head %s", og_json_str(ledger, "head"));
	og_buf_addc(out, '\n');
}

static int print_status(const json_t *status, struct og_err *err)
{
	const json_t *queue = json_object_get(status, "queue");
	struct og_buf out;
	int rc = -1;

	og_buf_init(&out, 65536);
	og_buf_addf(&out, "instance  %s (format %d)\n", og_json_str(status, "home"), OG_FORMAT);
	og_buf_addf(&out, "worker    %s\n",
		    og_json_bool(status, "worker", 0) ? "serving" : "none; start one: og-worker");
	og_buf_addf(&out, "queue     %lld ready, %lld claimed, %lld delayed, %lld dead\n",
		    (long long)og_json_int(queue, "ready", 0),
		    (long long)og_json_int(queue, "claimed", 0),
		    (long long)og_json_int(queue, "delayed", 0),
		    (long long)og_json_int(queue, "dead", 0));
	og_buf_adds(&out, "tasks    ");
	add_tasks(json_object_get(status, "tasks"), &out);
	og_buf_adds(&out, "\nledger    ");
	add_ledger(json_object_get(status, "ledger"), og_json_str(status, "remote"), &out);
	if (og_buf_check(&out, "output", err) == 0)
		rc = og_print(out.data, out.len, err);
	og_buf_release(&out);
	return rc;
}

int og_run_status(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_conf *conf = NULL;
	json_t *status = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	status = status_json(ctx, conf, err);
	if (status)
		rc = og_arg_flag(args, "json") ? og_print_json(status, err)
					       : print_status(status, err);
	/* Monitoring branches on it: a broken ledger is a no. */
	if (rc == 0 && !og_conf_remote(conf) &&
	    !og_json_bool(json_object_get(status, "ledger"), "ok", 0))
		rc = 1;
	json_decref(status);
	og_conf_free(conf);
	return rc;
}

/* --- og doctor ----------------------------------------------------------- */

struct doctor {
	const struct og_ctx *ctx;
	const struct og_conf *conf;
	int json, bad;
};

/* One line of the report. what may hold names from files and databases. */
static int report(struct doctor *doctor, const char *check, const char *state, struct og_err *err,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int report(struct doctor *doctor, const char *check, const char *state, struct og_err *err,
		  const char *fmt, ...)
{
	struct og_buf what, line;
	va_list args;
	json_t *json;
	int rc = -1;

	og_buf_init(&what, 16384);
	og_buf_init(&line, 65536);
	va_start(args, fmt);
	og_buf_vaddf(&what, fmt, args);
	va_end(args);
	if (strcmp(state, "bad") == 0)
		doctor->bad = 1;
	if (og_buf_check(&what, "report", err) < 0)
		goto out;
	if (doctor->json) {
		json = json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "check", check, "state", state,
				 "what", what.data);
		rc = json ? og_print_json(json, err) : og_fail_nomem(err);
		json_decref(json);
		goto out;
	}
	og_buf_addf(&line, "%-5s %-9s ", state, check);
	og_text_safe(&line, what.data, what.len, 0);
	og_buf_addc(&line, '\n');
	rc = og_print(line.data, line.len, err);
out:
	og_buf_release(&what);
	og_buf_release(&line);
	return rc;
}

/* Nobody else may read what is in an instance. */
static int check_mode(struct doctor *doctor, const char *path, struct og_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return report(doctor, "files", "bad", err, "%s: %s", path, strerror(errno));
	if (!(st.st_mode & 077))
		return 0;
	return report(doctor, "files", "bad", err, "others may use %s; chmod go= it", path);
}

/* Every key for its mode; a key that others read is everybody's. */
static int check_keys(struct doctor *doctor, struct og_err *err)
{
	DIR *dir = opendir(doctor->conf->keys);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && dir && (entry = readdir(dir))) {
		char *path = entry->d_name[0] == '.'
				     ? NULL
				     : og_path_join(doctor->conf->keys, entry->d_name);

		if (path)
			rc = check_mode(doctor, path, err);
		free(path);
	}
	if (dir)
		closedir(dir);
	return rc;
}

/* A remote instance has no database, and shows no pages. */
static int is_elsewhere(const struct og_conf *conf, const char *path)
{
	return og_conf_remote(conf) &&
	       (path == conf->erp || path == conf->base || path == conf->renders);
}

static int check_files(struct doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	const char *paths[] = { conf->home, conf->erp, conf->base,
				conf->keys, conf->run, conf->renders };
	int before = doctor->bad;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!is_elsewhere(conf, paths[i]) && check_mode(doctor, paths[i], err) < 0)
			return -1;
	if (check_keys(doctor, err) < 0)
		return -1;
	return doctor->bad == before
		       ? report(doctor, "files", "ok", err, "there, and closed to others")
		       : 0;
}

/* What an init left that was killed: keys and a database nobody uses. */
static int check_leftovers(struct doctor *doctor, struct og_err *err)
{
	char *above = og_path_join(doctor->conf->home, "..");
	DIR *dir = above ? opendir(above) : NULL;
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, ".omnigate.new-", 14) == 0)
			rc = report(doctor, "files", "warn", err,
				    "%s/%s was left by an init that did not end; remove it", above,
				    entry->d_name);
	if (dir)
		closedir(dir);
	free(above);
	return rc;
}

/* Instead of the ledger, which is elsewhere: does a shield answer there? */
static int check_shield(struct doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	struct og_channel *channel = NULL;
	struct og_err why = OG_ERR_INIT;
	int rc;

	if (og_channel_from(doctor->ctx, conf, &channel, &why) == 0 &&
	    og_channel_ask(channel, "session.begin", json_pack("{s:s}", "principal", "owner"), NULL,
			   &why) == 0)
		rc = report(doctor, "shield", "ok", err, "remote instance; one answers at %s",
			    conf->shield);
	else
		rc = report(doctor, "shield", "bad", err, "remote instance; none answers at %s: %s",
			    conf->shield, why.msg);
	og_channel_close(channel);
	return rc;
}

static int check_ledger(struct doctor *doctor, struct og_err *err)
{
	json_t *answer = ask_ledger(doctor->ctx, doctor->conf, 1);
	int rc;

	if (!answer)
		rc = report(doctor, "ledger", "bad", err, "og-ledger gives no answer");
	else if (og_json_bool(answer, "ok", 0))
		rc = report(doctor, "ledger", "ok", err, "verified, and the database equals it");
	else
		rc = report(doctor, "ledger", "bad", err, "broken; see og-ledger verify --state");
	json_decref(answer);
	return rc;
}

/* What the kernel can take away is tried in a child that ends at once. */
static int try_sandbox(int which)
{
	struct og_err ignored = OG_ERR_INIT;
	const char *nothing[] = { NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(which ? og_sandbox_paths(nothing, NULL, &ignored) != OG_SANDBOX_DONE
			    : og_sandbox_no_network(0, &ignored) != OG_SANDBOX_DONE);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int check_kernel(struct doctor *doctor, struct og_err *err)
{
	int landlock = try_sandbox(1), seccomp = try_sandbox(0);

	if (landlock && seccomp)
		return report(doctor, "kernel", "ok", err, "landlock and seccomp");
	return report(doctor, "kernel", "warn", err, "%s",
		      landlock	? "no seccomp: programs keep their right to the network"
		      : seccomp ? "no landlock: programs keep their right to files"
				: "neither landlock nor seccomp: programs keep all their rights");
}

/* A name as the shell takes it: 'it'\''s'. Heap string. */
static char *shell_quoted(const char *name)
{
	struct og_buf out;

	og_buf_init(&out, 4096);
	og_buf_addc(&out, '\'');
	for (; *name; name++) {
		if (*name == '\'')
			og_buf_adds(&out, "'\\'");
		og_buf_addc(&out, *name);
	}
	og_buf_addc(&out, '\'');
	return og_buf_take(&out);
}

static int report_missing(struct doctor *doctor, const char *table, struct og_err *err)
{
	char *quoted = shell_quoted(table);
	int rc = quoted ? report(doctor, "grants", "warn", err,
				 "nobody may see '%s': og-shield grant --as owner role:employee %s "
				 "select",
				 table, quoted)
			: og_fail_nomem(err);

	free(quoted);
	return rc;
}

/* Business tables that no role may read: what to grant next. */
static int check_grants(struct doctor *doctor, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *reply = NULL, *table;
	size_t i;
	int rc = 0;

	if (ask_shield(doctor->ctx, doctor->conf, "grant.list", json_object(), &reply, &why) < 0)
		return report(doctor, "grants", why.code == OG_EPERM ? "warn" : "bad", err,
			      "cannot be asked for as the owner: %s", why.msg);
	if (json_array_size(json_object_get(reply, "missing")) == 0)
		rc = report(doctor, "grants", "ok", err, "every table is granted to some role");
	json_array_foreach(json_object_get(reply, "missing"), i, table)
	{
		if (rc == 0)
			rc = report_missing(doctor, json_string_value(table), err);
	}
	json_decref(reply);
	return rc;
}

static int check_worker(struct doctor *doctor, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *queue = queue_json(doctor->ctx, doctor->conf, &why);
	int64_t dead = og_json_int(queue, "dead", 0);
	int rc;

	if (!queue)
		return report(doctor, "queue", "bad", err, "%s", why.msg);
	rc = report(doctor, "queue", dead ? "warn" : "ok", err, "%lld ready, %lld dead letters; %s",
		    (long long)og_json_int(queue, "ready", 0), (long long)dead,
		    og_worker_alive(doctor->conf->run) ? "a worker serves it"
						       : "no worker serves it: og-worker");
	json_decref(queue);
	return rc;
}

static int check_model(struct doctor *doctor, struct og_err *err)
{
	if (doctor->ctx->env("GEMINI_API_KEY") && strcmp(doctor->conf->model, "skill:") == 0)
		return report(doctor, "model", "ok", err,
			      "none; GEMINI_API_KEY is set: `model = gemini:MODEL` in og.conf "
			      "would use it");
	return report(doctor, "model", "ok", err, "%s", doctor->conf->model);
}

static int check_books(struct doctor *doctor, struct og_err *err)
{
	if (og_conf_remote(doctor->conf))
		return check_shield(doctor, err);
	return check_ledger(doctor, err) < 0 ? -1 : check_grants(doctor, err);
}

int og_run_doctor(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct doctor doctor = { .ctx = ctx, .json = og_arg_flag(args, "json") };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	doctor.conf = conf;
	if (report(&doctor, "instance", "ok", err, "%s", conf->home) == 0 &&
	    check_files(&doctor, err) == 0 && check_leftovers(&doctor, err) == 0 &&
	    check_books(&doctor, err) == 0 && check_worker(&doctor, err) == 0 &&
	    check_model(&doctor, err) == 0 && check_kernel(&doctor, err) == 0)
		rc = doctor.bad;
	og_conf_free(conf);
	return rc;
}
