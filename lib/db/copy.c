/*
 * Copying a database that belongs to somebody else: a source is looked at
 * before SQLite opens it, because only its first bytes tell an encrypted
 * or a newer file from damage, and because a reader of a WAL database
 * would leave files beside it. The source is never recovered here: that
 * would be a change of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/db/db-internal.h"

/* https://www.sqlite.org/fileformat2.html, section 1.3. */
#define HEADER_BYTES  100
#define WRITE_VERSION 18
#define READ_VERSION  19
#define VERSION_WAL   2

#define STEP_PAGES 4096

static int read_header(const char *path, unsigned char header[HEADER_BYTES], ssize_t *ret_len,
		       struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return og_fail(err, errno == EACCES ? OG_EPERM : OG_ENOINPUT,
			       "cannot open '%s': %s", path, strerror(errno));
	*ret_len = -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		*ret_len = read(fd, header, HEADER_BYTES);
	close(fd);
	return *ret_len < 0
		       ? og_fail(err, OG_ENOINPUT, "cannot read '%s': not a regular file", path)
		       : 0;
}

/* Is a WAL beside it? Then somebody has it open, or died having it. */
static int has_wal(const char *path)
{
	struct og_buf name;
	int there;

	og_buf_init(&name, 8192);
	og_buf_addf(&name, "%s-wal", path);
	there = name.failed || access(name.data, F_OK) == 0 || errno != ENOENT;
	og_buf_release(&name);
	return there;
}

/* How the source is to be opened. An empty file is an empty database. */
static int look_at(const char *path, enum og_db_mode *ret, struct og_err *err)
{
	unsigned char header[HEADER_BYTES];
	ssize_t len = 0;

	*ret = OG_DB_READ;
	if (read_header(path, header, &len, err) < 0)
		return -1;
	if (len == 0)
		return 0;
	if (len < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0) {
		og_fail(err, OG_EDATA, "'%s' is not an SQLite database", path);
		return og_hint(err, "an encrypted one cannot be read either: decrypt it first");
	}
	if (header[READ_VERSION] > VERSION_WAL)
		return og_fail(err, OG_EDATA, "'%s' has a newer format than SQLite %s reads", path,
			       sqlite3_libversion());
	if (header[WRITE_VERSION] == VERSION_WAL && !has_wal(path))
		*ret = OG_DB_STILL;
	return 0;
}

/* In steps, so that none holds the source's lock for long; a source that is
 * in a transaction stays at its moment between them. */
static int copy_pages(struct og_db *source, sqlite3 *target, struct og_meter *meter)
{
	sqlite3_backup *backup = sqlite3_backup_init(target, "main", source->handle, "main");
	int rc, left = 0;

	if (!backup)
		return sqlite3_errcode(target);
	do {
		rc = sqlite3_backup_step(backup, og_db_in_transaction(source) ? STEP_PAGES : -1);
		if (rc == SQLITE_OK && left == 0)
			og_meter_start(meter, left = sqlite3_backup_pagecount(backup));
		if (rc == SQLITE_OK)
			og_meter_add(meter, left - sqlite3_backup_remaining(backup));
		left = rc == SQLITE_OK ? sqlite3_backup_remaining(backup) : 0;
	} while (rc == SQLITE_OK);
	return sqlite3_backup_finish(backup);
}

int og_db_copy_from(struct og_db *source, const char *to, struct og_meter *meter,
		    struct og_err *err)
{
	sqlite3 *target = NULL;
	int rc;

	if (og_db_create_file(to, err) < 0)
		return -1;
	rc = sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = copy_pages(source, target, meter);
	/* A copy stands for itself: no WAL beside it. Damage shows here at the latest. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(target, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		og_fail(err, rc == SQLITE_ERROR ? OG_EDATA : og_db_code(rc), "cannot copy '%s': %s",
			source->path, target ? sqlite3_errmsg(target) : sqlite3_errstr(rc));
	sqlite3_close(target);
	return rc == SQLITE_OK ? 0 : -1;
}

int og_db_copy(const char *from, const char *to, struct og_meter *meter, struct og_err *err)
{
	struct og_db *source = NULL;
	enum og_db_mode mode;
	int rc;

	if (look_at(from, &mode, err) < 0 || og_db_open(from, mode, &source, err) < 0)
		return -1;
	/* Only what is held at its moment can be copied in parts. */
	rc = meter && og_db_begin(source, 0, err) < 0 ? -1
						      : og_db_copy_from(source, to, meter, err);
	og_db_rollback(source);
	og_db_close(source);
	return rc;
}

int og_db_pin(struct og_db *db, struct og_err *err)
{
	int64_t n;

	/* The first read is what fixes it, not BEGIN. */
	if (og_db_begin(db, 0, err) < 0)
		return -1;
	return og_db_int(db, "SELECT count(*) FROM sqlite_schema", &n, err) < 0 ? -1 : 0;
}

#define PIN_TRIES 100

/* data_version of one connection changes with every commit of others: when
 * what the last one sees is what it saw before the first was pinned, nothing
 * was committed between. 1: all see one moment. */
static int try_pin(struct og_db *const *dbs, size_t n, struct og_err *err)
{
	static const char version[] = "PRAGMA data_version";
	int64_t before, after;

	if (og_db_int(dbs[n - 1], version, &before, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (og_db_pin(dbs[i], err) < 0)
			return -1;
	return og_db_int(dbs[n - 1], version, &after, err) < 0 ? -1 : before == after;
}

int og_db_pin_all(struct og_db *const *dbs, size_t n, struct og_err *err)
{
	int same = 0;

	for (int i = 0; i < PIN_TRIES && same == 0; i++) {
		same = try_pin(dbs, n, err);
		for (size_t j = 0; j < n && same != 1; j++)
			og_db_rollback(dbs[j]);
	}
	return same ? (same > 0 ? 0 : -1)
		    : og_fail(err, OG_ETEMP, "others write to '%s' too often to read one moment",
			      og_db_path(dbs[0]));
}

int og_db_is_sound(struct og_db *db, struct og_err *err)
{
	char *found = NULL;
	int rc = og_db_text(db, "PRAGMA quick_check(1)", &found, err);

	if (rc >= 0)
		rc = rc == 1 && strcmp(found, "ok") == 0
			     ? 0
			     : og_fail(err, OG_EDATA, "'%s' is damaged: %s", db->path,
				       found ? found : "it says nothing");
	free(found);
	return rc;
}
