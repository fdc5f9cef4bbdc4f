/*
 * og doctor: what an operator would check, and what to do about it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"

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
	json_t *answer = og_ask_ledger(doctor->ctx, doctor->conf, 1);
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

	if (og_ask_shield(doctor->ctx, doctor->conf, "grant.list", json_object(), &reply, &why) < 0)
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
	json_t *queue = og_ask_queue(doctor->ctx, doctor->conf, &why);
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
