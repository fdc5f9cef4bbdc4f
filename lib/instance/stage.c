/* See stage.h. */
#include "lib/instance/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"

#define BEGUN_MS INT64_C(60000) /* between making a folder and locking it */

static int lock(int fd, int how)
{
	int rc;

	while ((rc = flock(fd, how)) < 0 && errno == EINTR)
		;
	return rc;
}

char *og_stage_path(const char *folder, struct og_err *err)
{
	char id[OG_UUID_LEN + 1], name[80], *path;

	if (og_uuid7(id, err) < 0)
		return NULL;
	snprintf(name, sizeof(name), OG_STAGE_PREFIX "%s", id);
	path = og_path_join(folder, name);
	if (!path)
		og_fail_nomem(err);
	return path;
}

int og_stage_make_folder(const char *path, int *ret_lock)
{
	struct stat st;
	int fd;

	*ret_lock = 0;
	if (mkdir(path, 0700) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd <= 0)
		return fd < 0 ? -1 : 0;
	if (lock(fd, LOCK_EX) < 0) {
		close(fd);
		return 0;
	}
	/* Somebody who took it for left may have been quicker. */
	if (fstat(fd, &st) < 0 || st.st_nlink == 0) {
		close(fd);
		errno = ENOENT;
		return -1;
	}
	*ret_lock = fd;
	return 0;
}

static int is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int empty = 1;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return 1;
	}
	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(dir);
	return empty;
}

/* Nothing comes into a stage before it is locked: only an empty one may be so
 * young that it is not yet. */
static int has_begun(int fd, const struct stat *st)
{
	int64_t age = og_now_ms() - (int64_t)st->st_mtime * 1000;

	return !is_empty(fd) || age > BEGUN_MS;
}

/* Looks, and with LEFT keeps the lock in *ret_fd, to be closed. */
static enum og_stage_state look(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum og_stage_state state = OG_STAGE_NONE;
	struct stat st;

	if (fd < 0)
		return OG_STAGE_NONE;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid())
		state = OG_STAGE_NONE;
	else if (lock(fd, LOCK_EX | LOCK_NB) < 0)
		state = errno == EWOULDBLOCK ? OG_STAGE_AT_WORK : OG_STAGE_UNKNOWN;
	else
		state = has_begun(fd, &st) ? OG_STAGE_LEFT : OG_STAGE_AT_WORK;
	if (state == OG_STAGE_LEFT)
		*ret_fd = fd;
	else
		close(fd);
	return state;
}

static char *path_of(const char *folder, const char *name)
{
	size_t len = strlen(OG_STAGE_PREFIX);

	return strncmp(name, OG_STAGE_PREFIX, len) == 0 && og_uuid_valid(name + len)
		       ? og_path_join(folder, name)
		       : NULL;
}

enum og_stage_state og_stage_look(const char *folder, const char *name)
{
	char *path = path_of(folder, name);
	enum og_stage_state state;
	int fd = -1;

	if (!path)
		return OG_STAGE_NONE;
	state = look(path, &fd);
	if (fd >= 0)
		close(fd);
	free(path);
	return state;
}

int og_stage_remove(const char *folder, const char *name)
{
	char *path = path_of(folder, name);
	int fd = -1, rc = -1;

	if (path && look(path, &fd) == OG_STAGE_LEFT) {
		og_folder_remove(path);
		rc = access(path, F_OK) < 0 ? 0 : -1;
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

void og_stage_sweep(const char *folder, void (*tell)(void *arg, const char *name), void *arg)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (og_stage_remove(folder, entry->d_name) == 0 && tell)
			tell(arg, entry->d_name);
	if (dir)
		closedir(dir);
}
