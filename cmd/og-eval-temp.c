/*
 * Where scratch instances are. A run that was killed cannot clean up after
 * itself, so the next one does: a folder whose lock nobody holds belongs to
 * nobody.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/og-eval.h"
#include "lib/base/file.h"

#define PREFIX	  "og-eval-"
#define YOUNG_SEC 60	       /* it may not have its lock yet */
#define MODEL_KEY "OG_LLM_KEY" /* a secret for --model, not a place */

static int lock_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void sweep_one(const char *path)
{
	struct stat st;
	int lock;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    time(NULL) - st.st_mtime < YOUNG_SEC)
		return;
	lock = lock_folder(path);
	if (lock < 0)
		return;
	og_folder_remove(path);
	close(lock);
}

static void sweep(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *path;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		path = og_path_join(parent, entry->d_name);
		if (path)
			sweep_one(path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

int eval_temp_make(const struct og_ctx *ctx, char **ret, int *ret_lock, struct og_err *err)
{
	const char *parent = ctx->env("TMPDIR") ? ctx->env("TMPDIR") : "/tmp";
	char *path = og_path_join(parent, PREFIX "XXXXXX");
	int lock;

	if (!path)
		return og_fail_nomem(err);
	sweep(parent);
	if (!mkdtemp(path)) {
		og_fail(err, errno == EACCES ? OG_EPERM : OG_EOS,
			"cannot make a folder in '%s': %s", parent, strerror(errno));
		free(path);
		return -1;
	}
	lock = lock_folder(path);
	if (lock < 0) {
		og_fail(err, OG_EOS, "cannot lock '%s': %s", path, strerror(errno));
		rmdir(path);
		free(path);
		return -1;
	}
	*ret = path;
	*ret_lock = lock;
	return 0;
}

void eval_temp_remove(char *dir, int lock)
{
	if (!dir)
		return;
	og_folder_remove(dir);
	close(lock);
	free(dir);
}

int eval_forget_environment(struct og_err *err)
{
	for (size_t i = 0; environ[i];) {
		size_t len = strcspn(environ[i], "=");
		char *name;

		if (strncmp(environ[i], "OG_", 3) != 0 ||
		    (len == strlen(MODEL_KEY) && strncmp(environ[i], MODEL_KEY, len) == 0)) {
			i++;
			continue;
		}
		name = strndup(environ[i], len);
		if (!name || unsetenv(name) < 0) {
			free(name);
			return og_fail_nomem(err);
		}
		free(name);
		i = 0;
	}
	return 0;
}
