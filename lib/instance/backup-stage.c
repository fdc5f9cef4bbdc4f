/*
 * The stage of a backup: the instance's files at one moment. See backup.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/access/access.h"
#include "lib/base/file.h"
#include "lib/db/db.h"
#include "lib/instance/backup-internal.h"
#include "lib/instance/identity.h"
#include "lib/instance/stage.h"

#define PIECE ((size_t)65536)
#define MAGIC "SQLite format 3"

int og_backup_fail(const char *doing, const char *path, struct og_err *err)
{
	int code = errno == EACCES || errno == EROFS || errno == EPERM ? OG_EPERM
		   : errno == ENOSPC || errno == EDQUOT		       ? OG_EOS
		   : errno == ENOENT				       ? OG_ENOINPUT
								       : OG_EIO;

	return og_fail(err, code, "cannot %s '%s': %s", doing, path, strerror(errno));
}

int og_stage_make(struct og_stage *stage, const char *near, struct og_err *err)
{
	stage->path = og_stage_path(near, err);
	if (!stage->path)
		return -1;
	stage->home = og_path_join(stage->path, ".omnigate");
	if (!stage->home)
		return og_fail_nomem(err);
	if (og_stage_make_folder(stage->path, &stage->lock) < 0 || mkdir(stage->home, 0700) < 0)
		return og_backup_fail("make", stage->path, err);
	return 0;
}

void og_stage_release(struct og_stage *stage)
{
	if (stage->path)
		og_folder_remove(stage->path);
	if (stage->made)
		rmdir(stage->made);
	if (stage->lock > 0)
		close(stage->lock);
	free(stage->path);
	free(stage->home);
	free(stage->made);
	*stage = (struct og_stage){ NULL };
}

static int ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

int og_backup_derived(const char *name)
{
	static const char *const folders[] = { "run", "renders", "sessions", NULL };
	static const char *const ends[] = { "-wal", "-shm", "-journal", NULL };

	for (const char *const *folder = folders; *folder; folder++) {
		size_t len = strlen(*folder);

		if (strncmp(name, *folder, len) == 0 && (!name[len] || name[len] == '/'))
			return 1;
	}
	for (const char *const *end = ends; *end; end++)
		if (ends_with(name, *end))
			return 1;
	return strncmp(name, "erp.db-", 7) == 0;
}

/* --- secrets ---------------------------------------------------------------- */

/* Told by the file it is, however og.conf names it: from the root, with a
 * "./", through a link. */
static int is_same(const char *path, const struct stat *st)
{
	struct stat named;

	return stat(path, &named) == 0 && named.st_dev == st->st_dev && named.st_ino == st->st_ino;
}

/* 1, 0, -1. */
static int is_secret(const struct og_conf *conf, const char *name, const struct stat *st,
		     struct og_err *err)
{
	int same = strncmp(name, "keys/", 5) == 0 || strncmp(name, "secrets/", 8) == 0, more = 1;
	char *path;

	for (size_t i = 0; !same && (more = og_conf_secret(conf, i, &path, err)) == 1; i++) {
		same = is_same(path, st);
		free(path);
	}
	return more < 0 ? -1 : same;
}

/* --- one file --------------------------------------------------------------- */

/* What is copied: its names, and the databases that are pinned already. */
struct walk {
	struct og_backup *backup;
	struct og_db *erp, *queue;
	const char *queue_name; /* as og.conf has it, or NULL */
	struct stat queue_file;
	int queue_met; /* it is in the instance */
	int64_t files;
	int64_t bytes; /* with count only */
	int count;     /* look, copy nothing */
};

static int leave_out(struct walk *w, const char *name, struct og_err *err)
{
	const json_t *known;
	size_t i;

	if (w->count)
		return 0;
	json_array_foreach(w->backup->left, i, known)
	{
		if (strcmp(json_string_value(known), name) == 0)
			return 0;
	}
	return json_array_append_new(w->backup->left, json_string(name)) < 0
		       ? og_fail(err, OG_EDATA, "'%s' is not UTF-8; name it otherwise", name)
		       : 0;
}

static int copy_bytes(int from, const char *target, unsigned mode, struct og_err *err)
{
	int to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), rc = 0;
	char piece[PIECE];
	ssize_t n = 0;

	if (to < 0)
		return og_backup_fail("make", target, err);
	while (rc == 0 && (n = read(from, piece, sizeof(piece))) != 0)
		if ((n < 0 && errno != EINTR) || (n > 0 && og_write_all(to, piece, (size_t)n) < 0))
			rc = og_backup_fail(n < 0 ? "read" : "write", target, err);
	if (close(to) < 0 && rc == 0)
		rc = og_backup_fail("write", target, err);
	return rc;
}

/* A database is copied by SQLite, or what a writer is at would be torn. One
 * that nobody may write is read as it lies. */
static int copy_database(struct walk *w, const char *from, const char *to, struct og_db *pinned,
			 struct og_err *err)
{
	struct og_db *own = NULL;
	int rc;

	if (pinned)
		return og_db_copy_from(pinned, to, w->backup->meter, err);
	if (access(from, W_OK) < 0)
		return og_db_copy(from, to, NULL, err);
	if (og_db_open(from, OG_DB_WRITE, &own, err) < 0)
		return -1;
	rc = og_db_pin(own, err) < 0 ? -1 : og_db_copy_from(own, to, NULL, err);
	og_db_close(own);
	return rc;
}

static int is_database(int fd)
{
	char magic[sizeof(MAGIC)];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, MAGIC, sizeof(magic)) == 0;
}

/* The database whose moment is held already, if it is one of the two. The
 * queue is told by the file it is, since og.conf may name it in many ways. */
static struct og_db *pinned(struct walk *w, const char *name, const struct stat *st)
{
	if (strcmp(name, "erp.db") == 0)
		return w->erp;
	if (!w->queue || st->st_dev != w->queue_file.st_dev || st->st_ino != w->queue_file.st_ino)
		return NULL;
	w->queue_met = 1;
	/* A copy elsewhere must not take this one for its own. */
	if (w->queue_name[0] == '/' && !w->backup->queue)
		w->backup->queue = json_pack("{s:s,s:s}", "named", w->queue_name, "is", name);
	return w->queue;
}

/* The copy is looked through: what is not sound is no backup. */
static int check_copy(const char *path, struct og_err *err)
{
	struct og_db *db = NULL;
	int rc = og_db_open(path, OG_DB_STILL, &db, err);

	if (rc == 0)
		rc = og_db_is_sound(db, err);
	og_db_close(db);
	return rc;
}

static int take_file(struct walk *w, const char *name, const char *from, int fd,
		     const struct stat *st, struct og_err *err)
{
	char *to = og_path_join(w->backup->stage.home, name);
	int rc;

	if (!to)
		return og_fail_nomem(err);
	/* The first entry holds the digest of base.db: it is taken as it lies. */
	if (!is_database(fd) || strcmp(name, "base.db") == 0) {
		rc = copy_bytes(fd, to, st->st_mode & 0700, err);
	} else {
		rc = copy_database(w, from, to, pinned(w, name, st), err);
		if (rc == 0)
			rc = check_copy(to, err);
	}
	free(to);
	return rc;
}

/* A link leads out of the instance, a socket or a pipe holds nothing. What
 * has gone since its name was read was on its way. */
static int visit_file(struct walk *w, const char *name, const char *path, struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;
	struct stat st;
	int secret = 0;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? leave_out(w, name, err)
							: og_backup_fail("open", path, err);
	if (fstat(fd, &st) < 0)
		rc = og_backup_fail("read", path, err);
	else if (!w->backup->with_keys && (secret = is_secret(w->backup->conf, name, &st, err)) < 0)
		rc = -1;
	else if (!S_ISREG(st.st_mode) || secret)
		rc = leave_out(w, name, err);
	else if (++w->files > OG_BACKUP_FILES)
		rc = og_fail(err, OG_EDATA, "the instance holds more than %d files",
			     OG_BACKUP_FILES);
	else if (w->count)
		rc = 0, w->bytes += st.st_size;
	else
		rc = take_file(w, name, path, fd, &st, err);
	close(fd);
	return rc;
}

/* --- all of them -------------------------------------------------------------- */

static int visit_folder(struct walk *w, const char *name, int depth, struct og_err *err);

static int visit(struct walk *w, const char *name, int depth, struct og_err *err)
{
	char *path = og_path_join(w->backup->conf->home, name), *to = NULL;
	struct stat st;
	int rc = -1;

	if (!path) {
		og_fail_nomem(err);
	} else if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		rc = visit_file(w, name, path, err);
	} else if (depth == OG_BACKUP_DEPTH) {
		og_fail(err, OG_EDATA, "'%s' is too deep in the instance", path);
	} else {
		to = w->count ? NULL : og_path_join(w->backup->stage.home, name);
		if (!w->count && (!to || mkdir(to, 0700) < 0))
			og_backup_fail("make", to ? to : name, err);
		else
			rc = visit_folder(w, name, depth + 1, err);
	}
	free(path);
	free(to);
	return rc;
}

static int visit_folder(struct walk *w, const char *name, int depth, struct og_err *err)
{
	char *path = og_path_join(w->backup->conf->home, name);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	int rc = dir ? 0 : og_backup_fail("read", path ? path : name, err);

	while (rc == 0 && dir && (entry = readdir(dir))) {
		char *inside = *name ? og_path_join(name, entry->d_name) : strdup(entry->d_name);

		if (!inside)
			rc = og_fail_nomem(err);
		else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			 !og_backup_derived(inside))
			rc = visit(w, inside, depth, err);
		free(inside);
	}
	if (dir)
		closedir(dir);
	free(path);
	return rc;
}

int og_backup_size(const struct og_conf *conf, int64_t *ret, struct og_err *err)
{
	struct og_backup look = { .conf = conf, .with_keys = 1 };
	struct walk w = { .backup = &look, .count = 1 };

	if (visit_folder(&w, "", 0, err) < 0)
		return -1;
	*ret = w.bytes;
	return 0;
}

/* --- the moment ----------------------------------------------------------------- */

/* On a disk that nobody can write a database is read as it lies; but not
 * without what its log holds, which could not be read back here. */
static int open_still(const char *path, struct og_db **ret, struct og_err *err)
{
	struct og_buf log;
	struct stat st;
	int rc;

	og_buf_init(&log, 32768);
	og_buf_addf(&log, "%s-wal", path);
	rc = og_buf_check(&log, "path", err);
	if (rc == 0 && stat(log.data, &st) == 0 && st.st_size > 0) {
		og_fail(err, OG_EPERM, "'%s' on a read-only disk holds what came last", log.data);
		rc = og_hint(err, "copy the whole instance to a disk that can be written");
	}
	og_buf_release(&log);
	return rc < 0 ? -1 : og_db_open(path, OG_DB_STILL, ret, err);
}

static int is_read_only(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/* The queue stands still between the two calls of begin. */
static int pin_both(struct walk *w, const char *queue, struct og_err *err)
{
	struct og_db *still = NULL;
	int rc = -1;

	if (is_read_only(w->backup->conf->home))
		return open_still(w->backup->conf->erp, &w->erp, err) < 0 ||
				       (queue && open_still(queue, &w->queue, err) < 0)
			       ? -1
			       : 0;
	if ((queue &&
	     (og_db_open(queue, OG_DB_FILL, &still, err) < 0 || og_db_begin(still, 1, err) < 0)) ||
	    og_db_open(w->backup->conf->erp, OG_DB_WRITE, &w->erp, err) < 0 ||
	    og_db_pin(w->erp, err) < 0)
		goto out;
	if (queue &&
	    (og_db_open(queue, OG_DB_FILL, &w->queue, err) < 0 || og_db_pin(w->queue, err) < 0))
		goto out;
	rc = 0;
out:
	if (still)
		og_db_rollback(still);
	og_db_close(still);
	return rc;
}

/* The queue's file, when it is one of ours and there is one. */
static int find_queue(struct walk *w, char **ret, struct og_err *err)
{
	const char *url = w->backup->conf->queue;

	if (strncmp(url, "sqlite:", 7) != 0)
		return 0;
	w->queue_name = url[7] ? url + 7 : "queue.db";
	*ret = og_path_join(w->backup->conf->home, w->queue_name);
	if (!*ret)
		return og_fail_nomem(err);
	if (stat(*ret, &w->queue_file) == 0)
		return 0;
	free(*ret);
	*ret = NULL;
	return 0;
}

static int pin(struct walk *w, struct og_err *err)
{
	char *queue = NULL;
	int rc = find_queue(w, &queue, err) < 0 ? -1 : pin_both(w, queue, err);

	free(queue);
	return rc;
}

/* --- who may ------------------------------------------------------------------ */

/* All that there is leaves the gate: as with redaction, reading the ledger
 * is not enough. */
static int may(const struct walk *w, struct og_err *err)
{
	struct og_access *access = NULL;
	struct og_principal who;
	int rc = -1;

	if (og_access_open(w->erp, &access, err) < 0)
		return -1;
	if (og_identity_prove(w->backup->conf, access, w->backup->principal, &who, err) == 0)
		rc = og_access_right(&who, "ledger") && og_access_right(&who, "grant")
			     ? 0
			     : og_fail(err, OG_EPERM, "role '%s' may not take a copy of everything",
				       who.role);
	og_access_free(access);
	return rc;
}

/* What is made anew, empty. */
static int make_folders(const struct og_backup *backup, struct og_err *err)
{
	static const char *const names[] = { "run", "renders", NULL };
	int rc = 0;

	for (size_t i = 0; rc == 0 && names[i]; i++) {
		char *path = og_path_join(backup->stage.home, names[i]);

		if (!path || mkdir(path, 0700) < 0)
			rc = og_backup_fail("make", path ? path : names[i], err);
		free(path);
	}
	return rc;
}

int og_backup_stage(struct og_backup *backup, const char *near, struct og_err *err)
{
	struct walk w = { .backup = backup };
	int rc = -1;

	backup->left = json_array();
	if (!backup->left)
		return og_fail_nomem(err);
	if (pin(&w, err) == 0 && may(&w, err) == 0 &&
	    og_stage_make(&backup->stage, near, err) == 0 && make_folders(backup, err) == 0)
		rc = visit_folder(&w, "", 0, err);
	/* One outside of the instance is not part of it. */
	if (rc == 0 && w.queue && !w.queue_met)
		rc = leave_out(&w, w.queue_name, err);
	og_db_close(w.erp);
	og_db_close(w.queue);
	return rc;
}
