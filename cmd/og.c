/*
 * og: makes an instance, and runs og-x for `og x`. The one program that
 * makes erp.db, and copies it. How an instance is, is told by og-status.c
 * and og-doctor.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-progress.h"
#include "cmd/og.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/instance/make.h"

#define ACCESS_MAX ((size_t)1 << 20)

/* --- og x ---------------------------------------------------------------- */

/* What og does itself, and the programs beside it, under their short names. */
static const char *const known[] = { "submit", "task",	 "worker", "shield",  "ledger",
				     "skill",  "policy", "render", "serve",   "eval",
				     "init",   "status", "doctor", "up",      "down",
				     "logs",   "key",	 "backup", "restore", NULL };

static int unknown(const char *word, struct og_err *err)
{
	og_fail(err, OG_EUSAGE, "unknown command '%s'", word);
	og_hint(err, "og -h lists the commands");
	return og_hint_near(word, known, err);
}

int og_program_other(const struct og_ctx *ctx, char **argv, struct og_err *err)
{
	char name[64], *path;

	if (strlen(argv[0]) > 32 ||
	    strspn(argv[0], "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(argv[0]))
		return unknown(argv[0], err);
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
	free(path);
	return unknown(argv[0], err);
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

static int put_skill(void *making, json_t *doc, struct og_err *err)
{
	return og_making_skill(making, doc, err);
}

static int put_policy(void *making, json_t *policy, struct og_err *err)
{
	return og_making_policy(making, policy, err);
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
	if (og_shipped_each(ctx, OG_SHIPPED_SKILLS, put_skill, making, err) < 0)
		return -1;
	return og_shipped_each(ctx, OG_SHIPPED_POLICIES, put_policy, making, err);
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

/* The next three commands, as they are typed. */
static int say_adopted(const struct og_make_options *options, const struct og_adopted *found,
		       struct og_err *err)
{
	int here = strcmp(options->dir, ".") == 0;

	return og_printf(
		err,
		"adopted a copy of %s: %" PRId64 " table%s, %" PRId64 " view%s, %" PRId64
		" trigger%s; nobody may see them yet\n"
		"next, %s%s%sas in omnigate-adopt(7):\n"
		"  og doctor --grants >grants.json     (who might see what, and why: edit it)\n"
		"  og-shield grant --as owner --apply grants.json     (first with --dry-run)\n"
		"  og-shield principal add NAME --as owner --role employee --clearance 1 "
		"--pubkey \"$(og key --new NAME)\"\n",
		options->adopt, found->tables, plural(found->tables), found->views,
		plural(found->views), found->triggers, plural(found->triggers), here ? "" : "in ",
		here ? "" : options->dir, here ? "" : ", ");
}

static int say_made(const struct og_make_options *options, int demo, const struct og_adopted *found,
		    struct og_err *err)
{
	if (og_printf(err, "made %s/.omnigate\n", options->dir) < 0)
		return -1;
	if (options->adopt)
		return say_adopted(options, found, err);
	if (demo)
		return og_printf(err,
				 "principals: owner, alice (admin), bob (employee), charlie and "
				 "diana (customers)\n"
				 "next: og-worker --drain after og-submit --as charlie 'buy 1 "
				 "ergonomic chair'\n");
	return og_printf(err,
			 "principal: owner (admin)\n"
			 "next: og-shield ddl --as owner 'CREATE TABLE ...', then og-skill add\n");
}

static int begin(const struct og_make_options *options, struct og_making **ret,
		 struct og_progress *progress, struct og_err *err)
{
	int rc = og_making_begin(options, ret, err);

	og_progress_clear(progress);
	return rc;
}

/* The broker is asked last: a failure leaves nothing behind here, and there
 * only queues that are of use to nobody else. */
static int make(const struct og_ctx *ctx, const struct og_args *args,
		struct og_make_options *options, const char *queue, struct og_err *err)
{
	int demo = og_arg_flag(args, "demo"), rc = -1;
	struct og_making *making = NULL;
	struct og_progress progress;
	struct og_adopted found;

	og_progress_begin(&progress, ctx, "pages", 0);
	options->queue = queue;
	options->meter = options->adopt ? &progress.meter : NULL;
	if (begin(options, &making, &progress, err) == 0 &&
	    og_making_adopted(making, &found, err) == 0 && fill(ctx, making, demo, err) == 0 &&
	    og_broker_declare(ctx, args, err) == 0 && og_making_finish(making, err) == 0)
		rc = say_made(options, demo, &found, err);
	og_making_free(making);
	return rc;
}

static const char *const demo_tables[] = { "schema/demo.sql", "schema/demo-company.sql", NULL };

static int run_init(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *dir = og_arg(args, 0), *adopt = og_arg_value(args, "from");
	int demo = og_arg_flag(args, "demo"), rc = -1;
	char *share = og_share_path(ctx->exe_dir, "");
	struct og_make_options options = { .dir = dir ? dir : ".",
					   .share = share,
					   .adopt = adopt,
					   .business = demo ? demo_tables : NULL };
	struct og_buf lines;

	if (!share)
		return og_fail_nomem(err);
	og_buf_init(&lines, 16384);
	if (dir && !*dir)
		og_fail(err, OG_EUSAGE, "the directory has no name");
	else if (og_arg_value(args, "shield") || og_arg_value(args, "as"))
		og_fail(err, OG_EUSAGE, "--shield and --as go with --remote");
	else if (demo && adopt)
		og_fail(err, OG_EUSAGE, "--demo and --from exclude each other");
	else if (og_broker_lines(args, &lines, err) == 0)
		rc = make(ctx, args, &options, lines.len ? lines.data : NULL, err);
	og_buf_release(&lines);
	free(share);
	return rc;
}

static const char *no_environment(const char *name)
{
	(void)name;
	return NULL;
}

/* What is set in the environment is for the instance we are in, not for
 * the one that is copied. */
static int run_copy(const struct og_args *args, const char *from, struct og_err *err)
{
	static const char *const others[] = { "from",	  "queue",  "queue-password",
					      "queue-ca", "shield", "as",
					      NULL };
	const char *dir = og_arg(args, 0) ? og_arg(args, 0) : ".";
	struct og_conf *conf = NULL;
	int rc = -1;

	for (const char *const *other = others; *other; other++)
		if (og_arg_value(args, *other))
			return og_fail(err, OG_EUSAGE, "--copy-of and --%s exclude each other",
				       *other);
	if (og_arg_flag(args, "demo") || og_arg_flag(args, "remote"))
		return og_fail(err, OG_EUSAGE, "--copy-of goes with neither --demo nor --remote");
	if (og_conf_load(from, no_environment, &conf, err) == 0 &&
	    og_make_copy(conf->home, dir, err) == 0)
		rc = og_printf(err, "made %s/.omnigate, a copy of %s\n", dir, conf->home);
	og_conf_free(conf);
	return rc;
}

static int run_any_init(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	if (og_arg_value(args, "copy-of"))
		return run_copy(args, og_arg_value(args, "copy-of"), err);
	if (!og_arg_flag(args, "remote"))
		return run_init(ctx, args, err);
	if (og_arg_flag(args, "demo") || og_arg_value(args, "from"))
		return og_fail(err, OG_EUSAGE,
			       "--remote makes no database: neither --demo nor --from");
	return og_init_remote(ctx, args, err);
}

static const struct og_opt init_options[] = {
	{ "demo", 0, OG_OPT_FLAG, NULL, "with the demo company, its people, skills and policies" },
	{ "from", 0, OG_OPT_VALUE, "FILE", "adopt a copy of an existing SQLite database" },
	{ "copy-of", 0, OG_OPT_VALUE, "DIR", "a copy of another instance, to try things on" },
	{ "remote", 0, OG_OPT_FLAG, NULL, "without a database: to submit or work from this host" },
	{ "queue", 0, OG_OPT_VALUE, "URL", "where tasks wait (default: sqlite:queue.db)" },
	{ "queue-password", 0, OG_OPT_VALUE, "FILE", "with --queue: the password there" },
	{ "queue-ca", 0, OG_OPT_VALUE, "FILE", "with --queue: whose certificates are trusted" },
	{ "shield", 0, OG_OPT_VALUE, "URL", "remote: where the shield is (default: none)" },
	{ "as", 0, OG_OPT_VALUE, "NAME", "remote: make a key pair for this principal", "" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt doctor_options[] = {
	{ "fix", 0, OG_OPT_FLAG, NULL, "mend what can be mended without asking" },
	{ "quick", 0, OG_OPT_FLAG, NULL, "do not read all of the database and the ledger" },
	{ "strict", 0, OG_OPT_FLAG, NULL, "status 1 for a warning too" },
	{ "grants", 0, OG_OPT_FLAG, NULL, "instead: propose grants, for og-shield grant --apply" },
	OG_OUT_OPTIONS,
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt backup_options[] = {
	{ "as", 0, OG_OPT_VALUE, "NAME", "the principal who makes it (default: OG_AS)" },
	{ "without-keys", 0, OG_OPT_FLAG, NULL, "leave out private keys and other secrets" },
	{ "no-state", 0, OG_OPT_FLAG, NULL, "judge the ledger alone, not what it computes" },
	{ "json", 0, OG_OPT_FLAG, NULL, "as JSON" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt restore_options[] = {
	{ "check", 0, OG_OPT_FLAG, NULL, "judge the backup, and make nothing" },
	{ "checkpoint", 0, OG_OPT_VALUE, "FILE", "it must have grown out of this one" },
	{ "key", 0, OG_OPT_VALUE, "KEY", "the key to believe (default: the one in the backup)" },
	{ "older", 0, OG_OPT_FLAG, NULL, "take one that is older than the checkpoint" },
	{ "no-state", 0, OG_OPT_FLAG, NULL, "judge the ledger alone, not what it computes" },
	{ "json", 0, OG_OPT_FLAG, NULL, "as JSON" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt status_options[] = {
	{ "json", 0, OG_OPT_FLAG, NULL, "as JSON" },
	{ "check", 0, OG_OPT_FLAG, NULL, "one line, as monitoring plugins print it" },
	{ "max-age", 0, OG_OPT_VALUE, "SPAN", "no task may have waited longer than that" },
	{ "max-depth", 0, OG_OPT_VALUE, "N", "no more may be queued" },
	{ "max-dead", 0, OG_OPT_VALUE, "N", "no more dead letters may be there (default: 0)" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt up_options[] = {
	{ "detach", 0, OG_OPT_FLAG, NULL, "come back when they are ready; og down stops them" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt logs_options[] = {
	{ "follow", 'f', OG_OPT_FLAG, NULL, "go on with what they say, until a signal" },
	{ "lines", 'n', OG_OPT_VALUE, "N", "the last N lines to begin with (default: 50)" },
	OG_OUT_OPTIONS,
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_opt key_options[] = {
	{ "new", 0, OG_OPT_FLAG, NULL, "make a key pair: keys/NAME.key" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ "init", "[DIR]", "make an instance: DIR/.omnigate", init_options, 0, 1, run_any_init },
	{ "status", "", "how the instance is; status 1 when somebody has to look", status_options,
	  0, 0, og_run_status },
	{ "doctor", "", "check what an operator would check, and say what to do", doctor_options, 0,
	  0, og_run_doctor },
	{ "backup", "FILE", "the instance as it is at this moment, into an archive", backup_options,
	  1, 1, og_run_backup },
	{ "restore", "FILE [DIR]", "make the instance of a backup: DIR/.omnigate", restore_options,
	  1, 2, og_run_restore },
	{ "key", "NAME", "print the public key of keys/NAME.key", key_options, 1, 1, og_run_key,
	  "PRINCIPAL" },
	{ "up", "[NAME]...", "start the services of og.conf, or only those named, and keep them",
	  up_options, 0, -1, og_run_up, "[SERVICE]..." },
	{ "down", "", "stop what og up keeps", NULL, 0, 0, og_run_down },
	{ "logs", "[SERVICE]...", "what the services said, merged by time", logs_options, 0, -1,
	  og_run_logs },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og",
	"make and look after an instance; `og x` runs og-x",
	commands,
};
