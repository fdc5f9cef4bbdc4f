/*
 * og: makes an instance, tells how it is, checks what an operator would
 * check, and runs og-x for `og x`. The one program that makes erp.db.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/og-main.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/instance/make.h"
#include "lib/proc/proc.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"
#include "lib/sandbox/sandbox.h"

#define CHILD_MS   60000
#define ACCESS_MAX ((size_t)1 << 20)

/* --- og x ---------------------------------------------------------------- */

/* The nearest program beside us, or NULL. Heap string. */
static char *nearest_program(const struct og_ctx *ctx, const char *word)
{
	static const char *const names[] = { "submit", "task",	 "worker", "shield",
					     "ledger", "skill",	 "policy", "render",
					     "init",   "status", "doctor", NULL };
	const char *nearest = og_nearest(word, names);

	(void)ctx;
	return nearest ? strdup(nearest) : NULL;
}

int og_program_other(const struct og_ctx *ctx, char **argv, struct og_err *err)
{
	char name[64], *path, *nearest;

	if (strlen(argv[0]) > 32 ||
	    strspn(argv[0], "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(argv[0]))
		return og_fail(err, OG_EUSAGE, "unknown command '%s'", argv[0]);
	snprintf(name, sizeof(name), "og-%s", argv[0]);
	path = og_program_path(ctx->exe_dir, name);
	if (!path)
		return og_fail_nomem(err);
	if (access(path, X_OK) == 0) {
		char *word = argv[0];

		argv[0] = path;
		execv(path, argv);
		argv[0] = word;
	}
	og_fail(err, OG_EUSAGE, "unknown command '%s'", argv[0]);
	nearest = nearest_program(ctx, argv[0]);
	if (nearest)
		og_hint(err, "did you mean '%s'?", nearest);
	free(nearest);
	free(path);
	return -1;
}

/* --- og init ------------------------------------------------------------- */

static int read_json_file(const char *path, const char *what, json_t **ret, struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, ACCESS_MAX);
	rc = og_file_read(path, what, &text, err);
	if (rc == 0)
		rc = og_json_parse(text.data, text.len, ACCESS_MAX, what, ret, err);
	og_buf_release(&text);
	return rc;
}

/* Runs `PROGRAM parse FILE`: documents are read where no database is open. */
static int parse_child(const struct og_ctx *ctx, const char *program, const char *file,
		       json_t **ret, struct og_err *err)
{
	char *path = og_program_path(ctx->exe_dir, program);
	const char *argv[] = { path, "parse", file, NULL };
	struct og_buf out;
	int status = 0, rc = -1;

	og_buf_init(&out, (size_t)4 << 20);
	if (!path)
		og_fail_nomem(err);
	else if (og_child_run(argv, "", 0, og_deadline(CHILD_MS), &out, &status, err) == 0)
		rc = status == 0 ? og_json_parse(out.data, out.len, (size_t)4 << 20, file, ret, err)
				 : og_fail(err, OG_EDATA, "%s cannot read '%s' (status %d)",
					   program, file, status);
	og_buf_release(&out);
	free(path);
	return rc;
}

typedef int put_fn(struct og_making *making, json_t *record, struct og_err *err);

static int put_skill(struct og_making *making, json_t *doc, struct og_err *err)
{
	return og_making_skill(making, doc, err);
}

static int put_policy(struct og_making *making, json_t *policy, struct og_err *err)
{
	return og_making_policy(making, policy, err);
}

/* Parses every file of a pattern below share/ and puts it in. */
static int put_all(const struct og_ctx *ctx, struct og_making *making, const char *pattern,
		   const char *program, put_fn *put, struct og_err *err)
{
	char *path = og_share_path(ctx->exe_dir, pattern);
	glob_t found;
	int rc = 0;

	if (!path)
		return og_fail_nomem(err);
	if (glob(path, 0, NULL, &found) != 0) {
		og_fail(err, OG_ENOINPUT, "nothing at '%s'", path);
		free(path);
		return -1;
	}
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++) {
		json_t *record = NULL;

		rc = parse_child(ctx, program, found.gl_pathv[i], &record, err);
		if (rc == 0 && put(making, record, err) < 0)
			rc = og_wrap(err, "%s", found.gl_pathv[i]);
		json_decref(record);
	}
	globfree(&found);
	free(path);
	return rc;
}

static int put_access(const struct og_ctx *ctx, struct og_making *making, const char *name,
		      struct og_err *err)
{
	char *path = og_share_path(ctx->exe_dir, name);
	json_t *access = NULL;
	int rc = path ? read_json_file(path, "access file", &access, err) : og_fail_nomem(err);

	if (rc == 0)
		rc = og_making_access(making, access, err);
	json_decref(access);
	free(path);
	return rc;
}

static int fill(const struct og_ctx *ctx, struct og_making *making, int demo, struct og_err *err)
{
	if (put_access(ctx, making, demo ? "access/demo.json" : "access/default.json", err) < 0)
		return -1;
	if (!demo)
		return 0;
	if (put_all(ctx, making, "skills/*/SKILL.md", "og-skill", put_skill, err) < 0)
		return -1;
	return put_all(ctx, making, "policies/*.md", "og-policy", put_policy, err);
}

static int say_made(const char *dir, int demo, const char *adopted, struct og_err *err)
{
	if (og_printf(err, "made %s/.omnigate\n", dir) < 0)
		return -1;
	if (demo)
		return og_printf(err,
				 "principals: owner, alice (admin), bob (employee), charlie and "
				 "diana (customers)\n"
				 "next: og-worker --drain after og-submit --as charlie 'buy 1 "
				 "ergonomic chair'\n");
	if (adopted)
		return og_printf(err,
				 "adopted a copy of %s; nobody may see its tables yet\n"
				 "next: og doctor, then og-shield grant role:employee TABLE "
				 "select --as owner\n",
				 adopted);
	return og_printf(err,
			 "principal: owner (admin)\n"
			 "next: og-shield ddl --as owner 'CREATE TABLE ...', then og-skill add\n");
}

static int run_init(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *dir = og_arg(args, 0), *adopt = og_arg_value(args, "from");
	int demo = og_arg_flag(args, "demo"), rc = -1;
	char *share = og_share_path(ctx->exe_dir, "");
	struct og_make_options options = { .dir = dir ? dir : ".",
					   .share = share,
					   .adopt = adopt,
					   .business = demo ? "schema/demo.sql" : NULL };
	struct og_making *making = NULL;

	if (!share)
		return og_fail_nomem(err);
	if (demo && adopt)
		og_fail(err, OG_EUSAGE, "--demo and --from exclude each other");
	else if (og_making_begin(&options, &making, err) == 0 &&
		 fill(ctx, making, demo, err) == 0 && og_making_finish(making, err) == 0)
		rc = say_made(options.dir, demo, adopt, err);
	og_making_free(making);
	free(share);
	return rc;
}

/* --- og status ----------------------------------------------------------- */

/* og-ledger judges the ledger; we only pass on what it says. */
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

	og_buf_init(&out, (size_t)4 << 20);
	if (path &&
	    og_child_run(argv, "", 0, og_deadline(CHILD_MS), &out, &status, &ignored) == 0 &&
	    status <= 1)
		og_json_parse(out.data, out.len, (size_t)4 << 20, "og-ledger's answer", &answer,
			      &ignored);
	og_buf_release(&out);
	free(path);
	return answer;
}

/* Tasks by state, as the owner sees them; NULL when there is no owner's key. */
static json_t *ask_tasks(const struct og_ctx *ctx, const struct og_conf *conf)
{
	char *shield = og_program_path(ctx->exe_dir, "og-shield"), *key = NULL;
	struct og_channel *channel = NULL;
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL, *counts = NULL, *task;
	size_t i;

	if (shield && og_conf_key_path(conf, "owner", &key, &ignored) == 0 &&
	    og_channel_open(shield, conf->home, &channel, &ignored) == 0 &&
	    og_channel_login(channel, "owner", key, &ignored) == 0 &&
	    og_channel_ask(channel, "task.list", json_pack("{s:i}", "limit", 1000), &reply,
			   &ignored) == 0)
		counts = json_object();
	json_array_foreach(json_object_get(reply, "tasks"), i, task)
	{
		const char *state = og_json_str(task, "state");

		if (counts && state)
			json_object_set_new(counts, state,
					    json_integer(og_json_int(counts, state, 0) + 1));
	}
	json_decref(reply);
	og_channel_close(channel);
	free(shield);
	free(key);
	return counts;
}

static json_t *queue_json(const struct og_conf *conf, struct og_err *err)
{
	struct og_queue *queue = NULL;
	struct og_queue_counts n;
	json_t *json = NULL;

	if (og_queue_open(conf->queue, conf->home, &queue, err) == 0 &&
	    og_queue_count(queue, &n, err) == 0)
		json = json_pack("{s:I,s:I,s:I,s:I}", "ready", (json_int_t)n.ready, "claimed",
				 (json_int_t)n.claimed, "delayed", (json_int_t)n.delayed, "dead",
				 (json_int_t)n.dead);
	og_queue_close(queue);
	return json;
}

static json_t *status_json(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	json_t *queue = queue_json(conf, err);

	if (!queue)
		return NULL;
	return json_pack("{s:i,s:s,s:i,s:b,s:o,s:o?,s:o?}", "v", 1, "home", conf->home, "format",
			 OG_FORMAT, "worker", og_worker_alive(conf->run), "queue", queue, "tasks",
			 ask_tasks(ctx, conf), "ledger", ask_ledger(ctx, conf, 0));
}

static int print_status(const json_t *status, struct og_err *err)
{
	const json_t *queue = json_object_get(status, "queue"), *ledger;
	const char *state;
	json_t *n;

	ledger = json_object_get(status, "ledger");
	if (og_printf(err, "instance  %s (format %d)\n", og_json_str(status, "home"), OG_FORMAT) <
		    0 ||
	    og_printf(err, "worker    %s\n",
		      og_json_bool(status, "worker", 0) ? "serving"
							: "none; start one: og-worker") < 0 ||
	    og_printf(err, "queue     %lld ready, %lld claimed, %lld delayed, %lld dead\n",
		      (long long)og_json_int(queue, "ready", 0),
		      (long long)og_json_int(queue, "claimed", 0),
		      (long long)og_json_int(queue, "delayed", 0),
		      (long long)og_json_int(queue, "dead", 0)) < 0 ||
	    og_printf(err, "tasks    ") < 0)
		return -1;
	if (json_object_size(json_object_get(status, "tasks")) == 0)
		og_printf(err, " none seen");
	json_object_foreach(json_object_get(status, "tasks"), state, n)
		og_printf(err, " %s %lld", state, (long long)json_integer_value(n));
	if (!json_is_object(ledger))
		return og_printf(err, "\nledger    cannot be judged\n");
	return og_printf(err, "\nledger    %s, %lld entries\n",
			 og_json_bool(ledger, "ok", 0) ? "verified" : "BROKEN: og-ledger verify",
			 (long long)og_json_int(ledger, "checked", 0));
}

static int run_status(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
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
	if (rc == 0 && !og_json_bool(json_object_get(status, "ledger"), "ok", 0))
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

static int report(struct doctor *doctor, const char *check, const char *state, const char *what,
		  struct og_err *err)
{
	json_t *line;
	int rc;

	if (strcmp(state, "bad") == 0)
		doctor->bad = 1;
	if (!doctor->json)
		return og_printf(err, "%-5s %-12s %s\n", state, check, what);
	line = json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "check", check, "state", state, "what", what);
	rc = line ? og_print_json(line, err) : og_fail_nomem(err);
	json_decref(line);
	return rc;
}

/* Nobody else may read what is in an instance. */
static int check_mode(struct doctor *doctor, const char *path, struct og_err *err)
{
	char what[512];
	struct stat st;

	if (stat(path, &st) < 0) {
		snprintf(what, sizeof(what), "%s: %s", path, strerror(errno));
		return report(doctor, "files", "bad", what, err);
	}
	if (!(st.st_mode & 077))
		return 0;
	snprintf(what, sizeof(what), "others may read %s; chmod go= it", path);
	return report(doctor, "files", "bad", what, err);
}

static int check_files(struct doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	const char *paths[] = { conf->home, conf->erp, conf->base, conf->keys, conf->run };
	int before = doctor->bad;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (check_mode(doctor, paths[i], err) < 0)
			return -1;
	return doctor->bad == before
		       ? report(doctor, "files", "ok", "there, and closed to others", err)
		       : 0;
}

static int check_ledger(struct doctor *doctor, struct og_err *err)
{
	json_t *answer = ask_ledger(doctor->ctx, doctor->conf, 1);
	int rc;

	if (!answer)
		rc = report(doctor, "ledger", "bad", "og-ledger gives no answer", err);
	else if (og_json_bool(answer, "ok", 0))
		rc = report(doctor, "ledger", "ok", "verified, and the database equals it", err);
	else
		rc = report(doctor, "ledger", "bad", "broken; see og-ledger verify --state", err);
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
		return report(doctor, "kernel", "ok", "landlock and seccomp", err);
	return report(doctor, "kernel", "warn",
		      landlock	? "no seccomp: programs keep their right to the network"
		      : seccomp ? "no landlock: programs keep their right to files"
				: "neither landlock nor seccomp: programs keep all their rights",
		      err);
}

/* Business tables that no role may read, as the owner's shield knows them. */
static int check_grants(struct doctor *doctor, struct og_err *err)
{
	char *path = og_program_path(doctor->ctx->exe_dir, "og-shield");
	const char *argv[] = { path,	"grants", "--missing",	      "--as",
			       "owner", "--home", doctor->conf->home, NULL };
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf out;
	char *line, *next;
	int status = 1, rc = 0;

	og_buf_init(&out, (size_t)1 << 20);
	if (!path ||
	    og_child_run(argv, "", 0, og_deadline(CHILD_MS), &out, &status, &ignored) < 0 ||
	    status != 0)
		rc = report(doctor, "grants", "warn", "cannot be listed (is the owner's key here?)",
			    err);
	else if (out.len == 0)
		rc = report(doctor, "grants", "ok", "every table is granted to some role", err);
	for (line = out.data; rc == 0 && status == 0 && *line; line = next) {
		char what[256];

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		snprintf(what, sizeof(what),
			 "nobody may see '%s': og-shield grant role:employee '%s' "
			 "select --as owner",
			 line, line);
		rc = report(doctor, "grants", "warn", what, err);
	}
	og_buf_release(&out);
	free(path);
	return rc;
}

static int check_worker(struct doctor *doctor, struct og_err *err)
{
	json_t *queue = queue_json(doctor->conf, err);
	char what[128];
	int rc;

	if (!queue)
		return report(doctor, "queue", "bad", err->msg, err);
	snprintf(what, sizeof(what), "%lld ready, %lld dead letters; %s",
		 (long long)og_json_int(queue, "ready", 0),
		 (long long)og_json_int(queue, "dead", 0),
		 og_worker_alive(doctor->conf->run) ? "a worker serves it"
						    : "no worker serves it: og-worker");
	rc = report(doctor, "queue", og_json_int(queue, "dead", 0) ? "warn" : "ok", what, err);
	json_decref(queue);
	return rc;
}

static int check_model(struct doctor *doctor, struct og_err *err)
{
	if (doctor->ctx->env("GEMINI_API_KEY") && strcmp(doctor->conf->model, "skill:") == 0)
		return report(doctor, "model", "ok",
			      "none; GEMINI_API_KEY is set: `model = gemini:MODEL` in og.conf "
			      "would use it",
			      err);
	return report(doctor, "model", "ok", doctor->conf->model, err);
}

static int run_doctor(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct doctor doctor = { .ctx = ctx, .json = og_arg_flag(args, "json") };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	doctor.conf = conf;
	if (report(&doctor, "instance", "ok", conf->home, err) == 0 &&
	    check_files(&doctor, err) == 0 && check_ledger(&doctor, err) == 0 &&
	    check_grants(&doctor, err) == 0 && check_worker(&doctor, err) == 0 &&
	    check_model(&doctor, err) == 0 && check_kernel(&doctor, err) == 0)
		rc = doctor.bad;
	og_conf_free(conf);
	return rc;
}

static int run_later(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	(void)ctx;
	og_fail(err, OG_EUNAVAIL, "'%s' is not in this version", og_args_command(args)->name);
	return og_hint(err, "start workers with og-worker");
}

static const struct og_opt init_options[] = {
	{ "demo", 0, OG_OPT_FLAG, NULL, "with the demo company, its people, skills and policies" },
	{ "from", 0, OG_OPT_VALUE, "FILE", "adopt a copy of an existing SQLite database" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt json_options[] = {
	{ "json", 0, OG_OPT_FLAG, NULL, "as JSON" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ "init", "[DIR]", "make an instance: DIR/.omnigate", init_options, 0, 1, run_init },
	{ "status", "", "how the instance is; status 1 when its ledger is broken", json_options, 0,
	  0, run_status },
	{ "doctor", "", "check what an operator would check, and say what to do", json_options, 0,
	  0, run_doctor },
	{ "up", "", "not in this version", NULL, 0, -1, run_later },
	{ "logs", "", "not in this version", NULL, 0, -1, run_later },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og",
	"make and look after an instance; `og x` runs og-x",
	commands,
};
