/* The directory and the databases. See make.h. */
#include "lib/instance/make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/instance/make-internal.h"
#include "lib/instance/stage.h"

#define SCHEMA_MAX ((size_t)1 << 20)

#define CONF_MAX ((size_t)65536)

static const char conf_begin[] =
	"# og.conf(5). Everything here is the default; one line moves a part to a\n"
	"# bigger engine. OG_<KEY> in the environment overrides a line.\n";
static const char conf_queue[] = "queue = sqlite:queue.db\n";
static const char conf_rest[] =
	"graph = sqlite:\n"
	"vectors = sqlite:\n"
	"model = skill:\n"
	"embed = none\n"
	"telemetry = off\n"
	"# Limits of one task: calls in all, the same call again, seconds.\n"
	"step_limit = 50\n"
	"repeat_limit = 3\n"
	"task_seconds = 300\n";

char *og_making_path(const struct og_making *making, const char *name)
{
	return og_path_join(making->temporary, name);
}

static int fail_path(struct og_err *err, const char *doing, const char *path)
{
	return og_fail(err, errno == EACCES || errno == EROFS ? OG_EPERM : OG_EOS,
		       "cannot %s '%s': %s", doing, path, strerror(errno));
}

static int fail_exists(const struct og_making *making, struct og_err *err)
{
	og_fail(err, OG_ECONF, "there is an instance already: '%s'", making->final);
	return og_hint(err, "name another directory");
}

static int make_folder(struct og_making *making, const char *name, struct og_err *err)
{
	char *path = *name ? og_making_path(making, name) : strdup(making->temporary);
	int rc = 0;

	if (!path)
		return og_fail_nomem(err);
	if ((*name ? mkdir(path, 0700) : og_stage_make_folder(path, &making->lock)) < 0)
		rc = fail_path(err, "make", path);
	free(path);
	return rc;
}

static int name_paths(struct og_making *making, const char *dir, struct og_err *err)
{
	making->temporary = og_stage_path(dir, err);
	if (!making->temporary)
		return -1;
	making->final = og_path_join(dir, ".omnigate");
	return making->final ? 0 : og_fail_nomem(err);
}

int og_making_folders(struct og_making *making, const char *dir, const char *const *folders,
		      struct og_err *err)
{
	if (name_paths(making, dir, err) < 0)
		return -1;
	if (access(making->final, F_OK) == 0)
		return fail_exists(making, err);
	if (mkdir(dir, 0777) == 0)
		making->made = strdup(dir);
	else if (errno != EEXIST)
		return fail_path(err, "make", dir);
	for (size_t i = 0; folders[i]; i++)
		if (make_folder(making, folders[i], err) < 0)
			return -1;
	return 0;
}

/* Runs a file of SQL in one transaction. */
static int run_file(struct og_making *making, const char *name, struct og_err *err)
{
	char *path = og_path_join(making->share, name);
	struct og_buf sql;
	int rc = -1;

	og_buf_init(&sql, SCHEMA_MAX);
	if (!path)
		og_fail_nomem(err);
	else if (og_file_read(path, "schema", &sql, err) == 0 &&
		 og_db_begin(making->db, 1, err) == 0) {
		rc = og_db_exec(making->db, sql.data, err);
		if (rc == 0)
			rc = og_db_commit(making->db, err);
		og_db_rollback(making->db);
	}
	og_buf_release(&sql);
	free(path);
	return rc;
}

/* Two copies of it come to be; better no to begin with than after an hour. */
static int check_room(const struct og_making *making, const char *adopt, struct og_err *err)
{
	int64_t need, have;
	struct statvfs fs;
	struct stat st;

	if (stat(adopt, &st) < 0 || statvfs(making->temporary, &fs) < 0)
		return 0; /* who copies it says what is wrong */
	need = (int64_t)(st.st_size >> 20) * 2;
	have = (int64_t)((fs.f_bavail * fs.f_frsize) >> 20);
	return need <= have
		       ? 0
		       : og_fail(err, OG_EOS, "it takes %lld MiB to adopt '%s', and there are %lld",
				 (long long)need, adopt, (long long)have);
}

/* The business tables as they are, ours beside them. */
static int make_database(struct og_making *making, const struct og_make_options *options,
			 struct og_err *err)
{
	char *path = og_making_path(making, "erp.db");
	int rc = path ? 0 : og_fail_nomem(err);

	if (rc == 0 && options->adopt)
		rc = check_room(making, options->adopt, err);
	if (rc == 0 && options->adopt)
		rc = og_db_copy(options->adopt, path, options->meter, err);
	if (rc == 0)
		rc = og_db_open(path, options->adopt ? OG_DB_FILL : OG_DB_CREATE, &making->db, err);
	if (rc == 0 && options->adopt)
		rc = og_adopt_check(making, options->adopt, err);
	if (rc == 0)
		rc = run_file(making, "schema/system.sql", err);
	if (rc == 0 && options->adopt)
		rc = og_adopt_check_code(making, options->adopt, err);
	for (const char *const *file = options->business; rc == 0 && file && *file; file++)
		rc = run_file(making, *file, err);
	free(path);
	return rc;
}

/* Copies erp.db as it is now, and takes its digest. */
static int make_base(struct og_making *making, struct og_meter *meter, struct og_err *err)
{
	char *from = og_making_path(making, "erp.db"), *to = og_making_path(making, "base.db");
	struct og_hash hash;
	int fd = -1, rc = -1;

	if (!from || !to) {
		og_fail_nomem(err);
		goto out;
	}
	if (og_db_copy(from, to, meter, err) < 0)
		goto out;
	fd = open(to, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0400) < 0) {
		fail_path(err, "seal", to);
		goto out;
	}
	if (og_sha256_fd(fd, &hash, err) < 0 || fsync(fd) < 0)
		goto out;
	og_hash_hex(&hash, making->base);
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	free(from);
	free(to);
	return rc;
}

int og_making_conf(const struct og_making *making, const char *text, struct og_err *err)
{
	char *path = og_making_path(making, "og.conf");
	int rc = path ? og_file_write(path, text, strlen(text), 0600, err) : og_fail_nomem(err);

	free(path);
	return rc;
}

static int write_conf(struct og_making *making, const char *queue, struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, CONF_MAX);
	og_buf_adds(&text, conf_begin);
	og_buf_adds(&text, queue ? queue : conf_queue);
	og_buf_adds(&text, conf_rest);
	if (og_buf_check(&text, "configuration", err) == 0)
		rc = og_making_conf(making, text.data, err);
	og_buf_release(&text);
	return rc;
}

static int begin(struct og_making *making, const struct og_make_options *options,
		 struct og_err *err)
{
	static const char *const folders[] = { "", "keys", "run", "renders", NULL };

	making->share = options->share;
	making->queue_elsewhere = options->queue != NULL;
	if (og_making_folders(making, options->dir, folders, err) < 0 ||
	    write_conf(making, options->queue, err) < 0 ||
	    make_database(making, options, err) < 0 || make_base(making, options->meter, err) < 0)
		return -1;
	return og_making_genesis(making, err);
}

int og_making_begin(const struct og_make_options *options, struct og_making **ret,
		    struct og_err *err)
{
	struct og_making *making = calloc(1, sizeof(*making));

	if (!making)
		return og_fail_nomem(err);
	if (begin(making, options, err) < 0) {
		og_making_free(making);
		return -1;
	}
	*ret = making;
	return 0;
}

static void close_all(struct og_making *making)
{
	og_graph_free(making->graph);
	og_policies_free(making->policies);
	og_access_free(making->access);
	og_ledger_free(making->ledger);
	og_rowlog_free(making->rowlog);
	og_db_close(making->db);
	making->graph = NULL;
	making->policies = NULL;
	making->access = NULL;
	making->ledger = NULL;
	making->rowlog = NULL;
	making->db = NULL;
}

/* The queue's file is made with the instance, not by the first task. */
int og_making_queue(const struct og_making *making, struct og_err *err)
{
	struct og_queue_place place = { .url = "sqlite:queue.db", .home = making->temporary };
	struct og_queue *queue = NULL;

	if (og_queue_open(&place, &queue, err) < 0)
		return -1;
	og_queue_close(queue);
	return 0;
}

/* What is in a folder is there for good when the folder is synced. */
static int sync_folder(const char *path, struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? -1 : 0;

	if (rc < 0)
		fail_path(err, "sync", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int sync_above(const char *path, struct og_err *err)
{
	char *above = og_path_join(path, "..");
	int rc = above ? sync_folder(above, err) : og_fail_nomem(err);

	free(above);
	return rc;
}

int og_making_finish(struct og_making *making, struct og_err *err)
{
	if ((making->writing && og_db_commit(making->db, err) < 0) ||
	    og_db_sync(making->db, err) < 0 ||
	    (!making->queue_elsewhere && og_making_queue(making, err) < 0))
		return -1;
	close_all(making);
	return og_making_name(making, err);
}

int og_making_name(struct og_making *making, struct og_err *err)
{
	if (sync_folder(making->temporary, err) < 0)
		return -1;
	if (rename(making->temporary, making->final) < 0)
		return errno == ENOTEMPTY || errno == EEXIST
			       ? fail_exists(making, err)
			       : fail_path(err, "make", making->final);
	free(making->temporary);
	making->temporary = NULL;
	return sync_above(making->final, err);
}

void og_making_free(struct og_making *making)
{
	if (!making)
		return;
	close_all(making);
	if (making->temporary)
		og_folder_remove(making->temporary);
	if (making->temporary && making->made)
		rmdir(making->made);
	if (making->lock > 0)
		close(making->lock);
	free(making->made);
	free(making->temporary);
	free(making->final);
	free(making);
}
