/*
 * A copy of an instance, to try things on: the same data, people and rules,
 * and nothing that reaches outside. What og.conf says of limits is kept;
 * where queues, shields, services and models are is not, and tasks that
 * wait in the queue stay where they are. See make.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/instance/make-internal.h"

#define CONF_MAX ((size_t)65536)
#define PIECE	 ((size_t)65536)

/* Lines of og.conf that bound what a task may do, and reach nothing. */
static int is_kept(const char *key, size_t len)
{
	static const char *const kept[] = {
		"step_limit",	    "repeat_limit",    "task_seconds", "task_tokens",
		"principal_tokens", "skill_tokens",    "day_tokens",   "task_cost",
		"principal_cost",   "skill_cost",      "day_cost",     "model_writes",
		"model_stream",	    "model_seconds",   "model_output", "model_patience",
		"fallback",	    "embed_dimension", "queue_limit",  NULL,
	};

	for (const char *const *k = kept; *k; k++)
		if (strlen(*k) == len && memcmp(*k, key, len) == 0)
			return 1;
	return 0;
}

static void keep_lines(const char *text, struct og_buf *out)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n"), indent = strspn(line, " \t");

		if (is_kept(line + indent, strcspn(line + indent, " \t=\n"))) {
			og_buf_add(out, line, len);
			og_buf_addc(out, '\n');
		}
		line += len + (line[len] == '\n');
	}
}

static int copy_conf(const struct og_making *making, const char *home, struct og_err *err)
{
	char *path = og_path_join(home, "og.conf");
	struct og_buf from, to;
	int rc = -1;

	og_buf_init(&from, CONF_MAX);
	og_buf_init(&to, 2 * CONF_MAX);
	og_buf_adds(&to, "# og.conf(5). A copy to try things on: it reaches nothing outside.\n");
	if (!path) {
		og_fail_nomem(err);
	} else if (og_file_read(path, "configuration", &from, err) == 0) {
		keep_lines(from.data ? from.data : "", &to);
		if (og_buf_check(&to, "configuration", err) == 0)
			rc = og_making_conf(making, to.data, err);
	}
	og_buf_release(&from);
	og_buf_release(&to);
	free(path);
	return rc;
}

static int fail_copy(const char *path, struct og_err *err)
{
	return og_fail(err,
		       errno == EACCES	 ? OG_EPERM
		       : errno == ENOENT ? OG_ENOINPUT
					 : OG_EIO,
		       "cannot copy '%s': %s", path, strerror(errno));
}

static int copy_bytes(int from, int to)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || og_write_all(to, piece, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

/* name: relative to both instances. */
static int copy_file(const struct og_making *making, const char *home, const char *name,
		     unsigned mode, struct og_err *err)
{
	char *source = og_path_join(home, name), *target = og_making_path(making, name);
	int from = -1, to = -1, rc = -1;

	if (!source || !target) {
		og_fail_nomem(err);
		goto out;
	}
	from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (from >= 0)
		to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (from < 0 || to < 0 || copy_bytes(from, to) < 0) {
		fail_copy(from < 0 ? source : target, err);
		goto out;
	}
	rc = 0;
out:
	if (from >= 0)
		close(from);
	if (to >= 0 && close(to) < 0 && rc == 0)
		rc = fail_copy(target, err);
	free(source);
	free(target);
	return rc;
}

/* People's keys; not the one that signs checkpoints, since what grows here
 * is another history. */
static int is_key(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".key") == 0 && name[0] != '.' &&
	       strcmp(name, "checkpoint.key") != 0;
}

static int copy_keys(const struct og_making *making, const char *home, struct og_err *err)
{
	char *path = og_path_join(home, "keys");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	struct og_buf name;
	int rc = 0;

	if (!dir) {
		rc = path ? fail_copy(path, err) : og_fail_nomem(err);
		free(path);
		return rc;
	}
	og_buf_init(&name, 1024);
	while (rc == 0 && (entry = readdir(dir))) {
		if (!is_key(entry->d_name))
			continue;
		og_buf_clear(&name);
		og_buf_addf(&name, "keys/%s", entry->d_name);
		rc = og_buf_check(&name, "name of a key", err);
		if (rc == 0)
			rc = copy_file(making, home, name.data, 0600, err);
	}
	og_buf_release(&name);
	closedir(dir);
	free(path);
	return rc;
}

/* As it is between two transactions, whoever works on it. */
static int copy_database(const struct og_making *making, const char *home, struct og_err *err)
{
	char *from = og_path_join(home, "erp.db"), *to = og_making_path(making, "erp.db");
	int rc = from && to ? og_db_copy(from, to, NULL, err) : og_fail_nomem(err);

	free(from);
	free(to);
	return rc;
}

int og_make_copy(const char *home, const char *dir, struct og_err *err)
{
	static const char *const folders[] = { "", "keys", "run", "renders", NULL };
	struct og_making *making = calloc(1, sizeof(*making));
	struct og_buf ignored;
	int rc = -1;

	if (!making)
		return og_fail_nomem(err);
	og_buf_init(&ignored, 1024);
	if (og_making_folders(making, dir, folders, err) == 0 &&
	    copy_conf(making, home, err) == 0 &&
	    copy_file(making, home, "base.db", 0400, err) == 0 &&
	    copy_database(making, home, err) == 0 && copy_keys(making, home, err) == 0 &&
	    og_making_key(making, "checkpoint", &ignored, err) == 0 &&
	    og_making_queue(making, err) == 0)
		rc = og_making_name(making, err);
	og_buf_release(&ignored);
	og_making_free(making);
	return rc;
}
