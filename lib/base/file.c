/* Whole files: bounded reading, atomic writing, paths. */
#include "lib/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

#define PIECE ((size_t)65536)

#define NEAR_MAX 4096 /* entries of a folder that are looked at */

/* The name without the suffix, where it has that and something before it. */
static int cut_suffix(const char *file, const char *suffix, char *ret, size_t size)
{
	size_t len = strlen(file), end = strlen(suffix);

	if (file[0] == '.' || len <= end || len - end >= size ||
	    strcmp(file + len - end, suffix) != 0)
		return 0;
	memcpy(ret, file, len - end);
	ret[len - end] = '\0';
	return 1;
}

static int find_near(DIR *dir, const char *word, const char *suffix, char *ret, size_t size)
{
	char name[256], best[256] = "";
	struct dirent *entry;

	for (int n = 0; n < NEAR_MAX && (entry = readdir(dir)); n++) {
		const char *names[3] = { *best ? best : name, *best ? name : NULL, NULL };

		if (cut_suffix(entry->d_name, suffix, name, sizeof(name)) &&
		    og_nearest(word, names) == name &&
		    faccessat(dirfd(dir), entry->d_name, R_OK, 0) == 0)
			memcpy(best, name, sizeof(best));
	}
	if (!*best || strlen(best) >= size)
		return 0;
	memcpy(ret, best, strlen(best) + 1);
	return 1;
}

int og_file_near(const char *path, char *ret, size_t size)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	const char *suffix = strrchr(file, '.');
	char folder[4096], word[256];
	size_t len = slash ? (size_t)(slash - path) : 0;
	DIR *dir;
	int found;

	suffix = suffix ? suffix : "";
	if (len >= sizeof(folder) || !cut_suffix(file, suffix, word, sizeof(word)))
		return 0;
	memcpy(folder, path, len);
	folder[len] = '\0';
	dir = opendir(slash ? (len > 0 ? folder : "/") : ".");
	if (!dir)
		return 0;
	found = find_near(dir, word, suffix, ret, size);
	closedir(dir);
	return found;
}

int og_fd_read(int fd, const char *what, struct og_buf *buf, struct og_err *err)
{
	char piece[PIECE];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return og_fail(err, OG_EIO, "cannot read %s: %s", what, strerror(errno));
		if (n == 0)
			return 0;
		if (og_buf_add(buf, piece, (size_t)n) < 0)
			return og_buf_check(buf, what, err);
	}
}

int og_file_read(const char *path, const char *what, struct og_buf *buf, struct og_err *err)
{
	struct stat st;
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return og_fd_read(STDIN_FILENO, what, buf, err);
	/* Not blocking: opening a FIFO without a writer must not hang. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return og_fail(err, errno == EACCES ? OG_EPERM : OG_ENOINPUT,
			       "cannot open %s '%s': %s", what, path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = og_fail(err, OG_ENOINPUT, "cannot read %s '%s': not a regular file", what,
			     path);
	else
		rc = og_fd_read(fd, what, buf, err);
	close(fd);
	return rc;
}

int og_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A rename is durable when its folder is. */
static int sync_folder(const char *path)
{
	char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd, rc;

	if (!folder)
		return -1;
	if (slash && slash != folder)
		*slash = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

static int write_synced(const char *path, const void *data, size_t len, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	int rc, saved;

	if (fd < 0)
		return -1;
	rc = og_write_all(fd, data, len) < 0 || fsync(fd) < 0 ? -1 : 0;
	saved = errno;
	if (close(fd) < 0 && rc == 0)
		return -1;
	errno = saved;
	return rc;
}

int og_file_write(const char *path, const void *data, size_t len, unsigned mode, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct og_buf temp;
	int rc = -1;

	og_buf_init(&temp, 8192);
	if (og_uuid7(id, err) < 0)
		goto out;
	og_buf_addf(&temp, "%s.%s", path, id);
	if (og_buf_check(&temp, "path", err) < 0)
		goto out;
	if (write_synced(temp.data, data, len, mode) < 0 || rename(temp.data, path) < 0 ||
	    sync_folder(path) < 0) {
		og_fail(err, errno == EACCES || errno == EROFS ? OG_EPERM : OG_EIO,
			"cannot write '%s': %s", path, strerror(errno));
		unlink(temp.data);
		goto out;
	}
	rc = 0;
out:
	og_buf_release(&temp);
	return rc;
}

char *og_path_join(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	char *path;

	if (b[0] == '/')
		return strdup(b);
	while (la > 1 && a[la - 1] == '/')
		la--;
	path = malloc(la + lb + 2);
	if (!path)
		return NULL;
	memcpy(path, a, la);
	path[la] = '/';
	memcpy(path + la + 1, b, lb + 1);
	return path;
}

static void remove_inside(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		close(fd);
	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		int inside;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    unlinkat(dirfd(dir), name, 0) == 0)
			continue;
		inside = openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inside >= 0)
			remove_inside(inside);
		unlinkat(dirfd(dir), name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

/* By descriptors: nobody can put a link into the way meanwhile. */
void og_folder_remove(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		remove_inside(fd);
	rmdir(path);
}
