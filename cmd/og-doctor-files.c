/*
 * og doctor: files of the instance and of the installation. What it mends:
 * modes of our own files, directories that are made anew from nothing, and
 * what an init, backup, restore or verify left that was killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-status.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/instance/stage.h"

#define WAL_MAX ((off_t)64 << 20)
#define MAKER	"an init, backup, restore or verify" /* of a stage */

/* --- modes ------------------------------------------------------------------- */

/* Only what is ours, and no link: its target may be anybody's. */
static int close_to_others(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		rc = fchmod(fd, st.st_mode & 07700);
	close(fd);
	return rc;
}

/* Nobody else may read what is in an instance. */
static int check_mode(struct og_doctor *doctor, const char *path, struct og_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return og_doctor_say(doctor, "files", "bad", err, "%s: %s", path, strerror(errno));
	if (st.st_uid != doctor->uid)
		return og_doctor_say(doctor, "files", "bad", err,
				     "%s belongs to uid %u, the instance to %u; chown it", path,
				     (unsigned)st.st_uid, (unsigned)doctor->uid);
	if (!(st.st_mode & 077))
		return 0;
	if (doctor->fix && close_to_others(path) == 0)
		return og_doctor_say(doctor, "files", "fixed", err, "closed %s to others", path);
	return og_doctor_say(doctor, "files", "bad", err, "others may use %s; chmod go= it", path);
}

/* Every file in it for its mode: a key that others read is everybody's. */
static int check_folder(struct og_doctor *doctor, const char *path, struct og_err *err)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && dir && (entry = readdir(dir))) {
		char *file = entry->d_name[0] == '.' ? NULL : og_path_join(path, entry->d_name);

		if (file)
			rc = check_mode(doctor, file, err);
		free(file);
	}
	if (dir)
		closedir(dir);
	return rc;
}

/* A directory that holds nothing one could miss. */
static int check_directory(struct og_doctor *doctor, const char *path, struct og_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return check_mode(doctor, path, err);
	if (doctor->fix && mkdir(path, 0700) == 0)
		return og_doctor_say(doctor, "files", "fixed", err, "made %s", path);
	return og_doctor_say(doctor, "files", "bad", err,
			     "there is no directory %s; mkdir -m 700 it", path);
}

/* The files that og.conf names. */
static int check_named(struct og_doctor *doctor, struct og_err *err)
{
	int more, rc = 0;
	char *path;

	for (size_t i = 0; rc == 0 && (more = og_conf_secret(doctor->conf, i, &path, err)) != 0;
	     i++) {
		rc = more < 0 ? -1 : check_mode(doctor, path, err);
		if (more > 0)
			free(path);
	}
	return rc;
}

/* What may be missing: as long as it is not needed nobody has made it. */
static int check_optional(struct og_doctor *doctor, const char *name, int folder,
			  struct og_err *err)
{
	char *path = og_path_join(doctor->conf->home, name);
	int rc = 0;

	if (!path)
		return og_fail_nomem(err);
	if (access(path, F_OK) == 0)
		rc = check_mode(doctor, path, err);
	if (rc == 0 && folder)
		rc = check_folder(doctor, path, err);
	free(path);
	return rc;
}

static int check_secrets(struct og_doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;

	if (check_folder(doctor, conf->keys, err) < 0 ||
	    check_optional(doctor, "secrets", 1, err) < 0 ||
	    check_optional(doctor, "og.conf", 0, err) < 0 ||
	    check_optional(doctor, "queue.db", 0, err) < 0 ||
	    check_optional(doctor, "run/log", 1, err) < 0)
		return -1;
	return check_named(doctor, err);
}

int og_doctor_files(struct og_doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	const char *const here[] = { conf->home, conf->keys };
	const char *const books[] = { conf->erp, conf->base };
	int remote = og_conf_remote(conf), before = doctor->said;

	for (size_t i = 0; i < 2; i++)
		if (check_mode(doctor, here[i], err) < 0 ||
		    (!remote && (i > 0 || access(books[i], F_OK) == 0) &&
		     check_mode(doctor, books[i], err) < 0))
			return -1;
	if (check_directory(doctor, conf->run, err) < 0 ||
	    (!remote && check_directory(doctor, conf->renders, err) < 0) ||
	    check_secrets(doctor, err) < 0)
		return -1;
	return doctor->said == before
		       ? og_doctor_say(doctor, "files", "ok", err, "there, and closed to others")
		       : 0;
}

/* --- leftovers ---------------------------------------------------------------- */

/* A stage beside the instance or in run. */
static int check_left(struct og_doctor *doctor, const char *folder, const char *name,
		      struct og_err *err)
{
	enum og_stage_state state = og_stage_look(folder, name);

	if (state == OG_STAGE_NONE)
		return 0;
	if (state == OG_STAGE_AT_WORK)
		return og_doctor_say(doctor, "files", "ok", err, "%s/%s is " MAKER " at work",
				     folder, name);
	if (state == OG_STAGE_UNKNOWN)
		return og_doctor_say(doctor, "files", "warn", err,
				     "%s/%s is " MAKER " at work, or was left by "
				     "one: this file system cannot tell; if none is, remove it",
				     folder, name);
	if (doctor->fix && og_stage_remove(folder, name) == 0)
		return og_doctor_say(doctor, "files", "fixed", err, "removed %s/%s, left by " MAKER,
				     folder, name);
	return og_doctor_say(doctor, "files", "warn", err,
			     "%s/%s was left by " MAKER " that did not end; "
			     "remove it, or og doctor --fix",
			     folder, name);
}

/* A backup into a pipe and a judge's replica are made in run. */
static int check_run(struct og_doctor *doctor, struct og_err *err)
{
	DIR *dir = opendir(doctor->conf->run);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && dir && (entry = readdir(dir)))
		rc = check_left(doctor, doctor->conf->run, entry->d_name, err);
	if (dir)
		closedir(dir);
	return rc;
}

int og_doctor_leftovers(struct og_doctor *doctor, struct og_err *err)
{
	char *above = og_path_join(doctor->conf->home, "..");
	DIR *dir = above ? opendir(above) : NULL;
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && dir && (entry = readdir(dir)))
		rc = check_left(doctor, above, entry->d_name, err);
	if (dir)
		closedir(dir);
	free(above);
	return rc < 0 ? -1 : check_run(doctor, err);
}

/* --- the installation ------------------------------------------------------------ */

/* 0 it is there, 1 it is missing, 2 nobody can start it. */
static int look_for(const char *exe_dir, const char *name)
{
	char *path = og_libexec_path(exe_dir, name);
	int rc = !path || access(path, F_OK) < 0 ? 1 : access(path, X_OK) < 0 ? 2 : 0;

	free(path);
	return rc;
}

int og_doctor_helpers(struct og_doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	int calls = strcmp(conf->http, "none") != 0 || strcmp(conf->model, "skill:") != 0 ||
		    strcmp(conf->graph, "sqlite:") != 0 || strcmp(conf->vectors, "sqlite:") != 0;
	int tells = strcmp(conf->telemetry, "off") != 0;
	const struct {
		const char *name, *what;
		int needed;
	} helpers[] = { { "og-amqp", "a queue at a broker", og_queue_is_remote(conf) },
			{ "og-http", "calls to other servers, models and stores",
			  calls || strncmp(conf->telemetry, "otlp:", 5) == 0 },
			{ "og-otlp", "telemetry", tells },
			{ "og-prompt", "prompt of og-shield", 0 },
			{ "og-text", "reading of mail, PDF and office documents", 0 } };
	int missing = 0;

	for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++) {
		int found = look_for(doctor->ctx->exe_dir, helpers[i].name);

		missing += found != 0;
		if (found &&
		    og_doctor_say(doctor, "helpers", helpers[i].needed ? "bad" : "warn", err,
				  "%s %s, without which there is no %s; install it again",
				  helpers[i].name, found == 1 ? "is missing" : "cannot be started",
				  helpers[i].what) < 0)
			return -1;
	}
	return missing ? 0
		       : og_doctor_say(doctor, "helpers", "ok", err,
				       "og-amqp, og-http, og-otlp, og-prompt, og-text");
}

/* --- what pages are made of ------------------------------------------------- */

/* Pages without script are always there; og-serve and the others need more. */
int og_doctor_pages(struct og_doctor *doctor, struct og_err *err)
{
	static const char *const files[] = { "ui/kit.css",   "ui/shell.css",
					     "ui/shell.js",  "ui/frame.js",
					     "ui/app.css",   "ui/app.js",
					     "ui/worker.js", NULL };
	int served = strstr(doctor->conf->services, "serve") != NULL;

	for (size_t i = 0; files[i]; i++) {
		char *path = og_share_path(doctor->ctx->exe_dir, files[i]);
		int there = path && access(path, R_OK) == 0;

		free(path);
		if (!there)
			return og_doctor_say(
				doctor, "pages", served ? "bad" : "warn", err,
				"%s is missing: pages are without script, and og-serve "
				"has none; build with npm and esbuild (make ui)",
				files[i]);
	}
	return og_doctor_say(doctor, "pages", "ok", err, "with script, from the kit");
}

/* --- what grows --------------------------------------------------------------------- */

static int check_wal(struct og_doctor *doctor, const char *name, struct og_err *err)
{
	char *path = og_path_join(doctor->conf->home, name);
	struct stat st;
	int big = path && stat(path, &st) == 0 && st.st_size > WAL_MAX;
	int rc = 0;

	if (big)
		rc = og_doctor_say(doctor, "wal", "warn", err,
				   "%s has %lld MiB: a reader that does not end keeps it; find it "
				   "with fuser(1), end it, and it is used up",
				   path, (long long)(st.st_size >> 20));
	free(path);
	return rc;
}

int og_doctor_wal(struct og_doctor *doctor, struct og_err *err)
{
	return check_wal(doctor, "erp.db-wal", err) < 0 ? -1
							: check_wal(doctor, "queue.db-wal", err);
}
