/*
 * og backup: the instance as it is at one moment, into one archive. What is
 * not sound, or is not written to its last byte, never gets the name of a
 * backup: the copy is judged by og-ledger before, the archive is named after.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og-progress.h"
#include "cmd/og.h"
#include "lib/base/file.h"
#include "lib/instance/backup.h"
#include "lib/instance/stage.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

/* The first one ends us in order, so that no copy of everything is left
 * behind; a second one at once. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaction(caught[i], &action, NULL);
}

static int go_on(struct og_err *err)
{
	return stopped ? og_fail(err, OG_ETEMP, "stopped by signal %d; there is no backup",
				 (int)stopped)
		       : 0;
}

/* --- before ------------------------------------------------------------------ */

struct backing {
	const struct og_ctx *ctx;
	const struct og_args *args;
	const char *file; /* NULL: standard output */
	char *near;	  /* folder of the stage */
	struct og_backup backup;
	struct og_progress progress;
};

/* Copy, archive, and the database once more for the judge. */
static int check_room(const struct backing *b, const struct og_conf *conf, struct og_err *err)
{
	int64_t size = 0, need, have;
	struct statvfs fs;

	if (og_backup_size(conf, &size, err) < 0)
		return -1;
	if (statvfs(b->near, &fs) < 0)
		return og_fail(err, OG_ENOINPUT, "cannot write into '%s': %s", b->near,
			       strerror(errno));
	need = (b->file ? 3 : 2) * size;
	have = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (need <= have)
		return 0;
	return og_fail(err, OG_EOS, "it takes up to %lld MiB in '%s', and there are %lld",
		       (long long)(need >> 20) + 1, b->near, (long long)(have >> 20));
}

/* A backup in the instance would be part of the next one, and is lost with it. */
static int check_outside(const struct backing *b, const struct og_conf *conf, struct og_err *err)
{
	char *near = realpath(b->near, NULL);
	size_t len = strlen(conf->home);
	int inside =
		near && strncmp(near, conf->home, len) == 0 && (!near[len] || near[len] == '/');

	free(near);
	return inside ? og_fail(err, OG_EUSAGE,
				"'%s' lies in the instance itself: keep it elsewhere", b->file)
		      : 0;
}

static void tell_swept(void *arg, const char *name)
{
	const struct backing *b = arg;

	og_note(b->ctx, "removed %s/%s, left by a process that was killed", b->near, name);
}

/* Beside the file, so that the archive only has to be renamed; for a pipe,
 * where the instance itself keeps what nobody else may read. */
static int find_place(struct backing *b, const struct og_conf *conf, struct og_err *err)
{
	char *copy = NULL;

	if (!b->file) {
		if (isatty(STDOUT_FILENO))
			return og_fail(err, OG_EUSAGE, "an archive is not for a terminal");
		b->near = strdup(conf->run);
	} else if (access(b->file, F_OK) == 0) {
		og_fail(err, OG_ECONF, "there is a file '%s' already", b->file);
		return og_hint(err, "name another one: a backup replaces none");
	} else if ((copy = strdup(b->file))) {
		b->near = strdup(dirname(copy));
	}
	free(copy);
	if (!b->near)
		return og_fail_nomem(err);
	if (b->file && check_outside(b, conf, err) < 0)
		return -1;
	/* They hold as much as an instance: before the room is counted. */
	og_stage_sweep(b->near, tell_swept, b);
	return check_room(b, conf, err);
}

static int check_here(const struct og_conf *conf, struct og_err *err)
{
	if (!og_conf_remote(conf))
		return 0;
	og_fail(err, OG_ECONF, "'%s' is a remote instance: it has no database", conf->home);
	return og_hint(err, "run og backup where the shield is: %s", conf->shield);
}

/* --- the judge ------------------------------------------------------------------ */

static int judge(struct backing *b, struct og_err *err)
{
	const char *const more[] = { b->backup.state ? "--state" : NULL, NULL };
	json_t *answer = NULL;
	int sound = og_ask_verify(b->ctx, b->backup.stage.home, more, &answer, err);

	if (sound == 0) {
		og_fail(err, OG_NO, "the ledger is broken: this is no backup");
		og_hint(err, "og-ledger verify%s says where%s", b->backup.state ? " --state" : "",
			b->backup.state ? "; after redact --with-changes, take --no-state" : "");
	}
	json_decref(answer);
	return sound == 1 ? 0 : -1;
}

/* --- the file --------------------------------------------------------------------- */

/* A name that is taken is not taken over; file systems without such a rename
 * are asked first. */
static int give_name(const char *from, const char *to, struct og_err *err)
{
	int rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

	if (rc < 0 && (errno == EINVAL || errno == ENOSYS) && access(to, F_OK) < 0)
		rc = rename(from, to);
	if (rc == 0)
		return 0;
	return og_fail(err, errno == EEXIST ? OG_ECONF : OG_EIO, "cannot name the backup '%s': %s",
		       to, strerror(errno));
}

static int sync_folder(const char *path, struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0
			 ? og_fail(err, OG_EIO, "cannot sync '%s': %s", path, strerror(errno))
			 : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int write_file(struct backing *b, struct og_err *err)
{
	char *path = og_path_join(b->backup.stage.path, "archive");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1, rc = -1;

	if (fd < 0)
		og_fail(err, OG_EIO, "cannot make '%s': %s", path ? path : "", strerror(errno));
	else if (og_backup_write(&b->backup, fd, err) == 0 && go_on(err) == 0)
		rc = fsync(fd) < 0 ? og_fail(err, errno == ENOSPC ? OG_EOS : OG_EIO,
					     "cannot sync the archive: %s", strerror(errno))
				   : 0;
	if (fd >= 0 && close(fd) < 0 && rc == 0)
		rc = og_fail(err, OG_EIO, "cannot write the archive: %s", strerror(errno));
	if (rc == 0)
		rc = give_name(path, b->file, err);
	free(path);
	return rc < 0 ? -1 : sync_folder(b->near, err);
}

/* --- what is said -------------------------------------------------------------------- */

static int say_json(const struct og_backup *backup, const char *file, struct og_err *err)
{
	char hex[OG_HASH_HEX + 1];
	json_t *json;
	int rc;

	og_hash_hex(&backup->digest, hex);
	json = json_pack("{s:i,s:s%,s:s,s:I,s:s,s:b,s:b,s:b,s:O}", "v", 1, "file", file,
			 strlen(file), "manifest", hex, "entries",
			 (json_int_t)backup->ledger.entries, "head", backup->ledger.head, "state",
			 backup->state, "keys", backup->with_keys, "signed",
			 backup->signature.len > 0, "left_out", backup->left);
	rc = json ? og_print_json(json, err)
		  : og_fail(err, OG_EDATA, "the file's name is not UTF-8");
	json_decref(json);
	return rc;
}

static void note_what_is_in(const struct backing *b)
{
	const struct og_backup *backup = &b->backup;
	json_t *name;
	size_t i;

	json_array_foreach(backup->left, i, name)
		og_note(b->ctx, "left out: %s", json_string_value(name));
	if (backup->with_keys)
		og_note(b->ctx, "it holds the private keys: keep it as safe as the instance");
	if (backup->signature.len == 0)
		og_note(b->ctx, "it is not signed: there is no keys/checkpoint.key here");
}

static int say(const struct backing *b, struct og_err *err)
{
	const struct og_backup *backup = &b->backup;

	note_what_is_in(b);
	if (!b->file) {
		og_note(b->ctx, "%lld entries%s, head %s", (long long)backup->ledger.entries,
			backup->state ? " and the state they make" : "", backup->ledger.head);
		return 0;
	}
	if (og_arg_flag(b->args, "json"))
		return say_json(backup, b->file, err);
	return og_printf(err, "made %s: %lld entries%s, head %s\n", b->file,
			 (long long)backup->ledger.entries,
			 backup->state ? " and the state they make" : "", backup->ledger.head);
}

/* --- all of it -------------------------------------------------------------------------- */

/* The backup is good whether its making could be written down or not. */
static void record(const struct backing *b)
{
	struct og_err why = OG_ERR_INIT;

	if (og_backup_record(&b->backup, &why) < 0)
		og_note(b->ctx, "the backup is good, but no entry says that it was made: %s",
			why.msg);
}

static int make(struct backing *b, struct og_err *err)
{
	og_progress_begin(&b->progress, b->ctx, "pages copied", 0);
	b->backup.meter = &b->progress.meter;
	if (og_backup_stage(&b->backup, b->near, err) < 0 || go_on(err) < 0)
		return -1;
	og_progress_clear(&b->progress); /* the judge has one of its own */
	if (judge(b, err) < 0 || go_on(err) < 0 || og_backup_seal(&b->backup, err) < 0)
		return -1;
	og_progress_stage(&b->progress, "KiB written");
	if ((b->file ? write_file(b, err) : og_backup_write(&b->backup, STDOUT_FILENO, err)) < 0)
		return -1;
	og_progress_clear(&b->progress);
	record(b);
	return say(b, err);
}

int og_run_backup(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *file = og_arg(args, 0);
	struct backing b = { .ctx = ctx,
			     .args = args,
			     .file = strcmp(file, "-") == 0 ? NULL : file,
			     .backup = { .version = OG_VERSION,
					 .with_keys = !og_arg_flag(args, "without-keys"),
					 .state = !og_arg_flag(args, "no-state") } };
	struct og_conf *conf = NULL;
	int rc = -1;

	if (!b.file && og_arg_flag(args, "json"))
		return og_fail(err, OG_EUSAGE,
			       "--json needs a file: standard output is the "
			       "archive");
	catch_signals();
	if (og_conf_from(ctx, args, &conf, err) == 0 && check_here(conf, err) == 0 &&
	    og_principal_from(ctx, args, &b.backup.principal, err) == 0 &&
	    find_place(&b, conf, err) == 0) {
		b.backup.conf = conf;
		rc = make(&b, err);
	}
	og_progress_clear(&b.progress);
	og_backup_release(&b.backup);
	og_conf_free(conf);
	free(b.near);
	return rc;
}
