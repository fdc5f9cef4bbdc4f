/* See spill.h. */
#include "lib/telemetry/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/telemetry/collect.h"

#define PIECE ((size_t)65536)

static char *with_suffix(const char *path)
{
	struct og_buf older;

	og_buf_init(&older, 8192);
	og_buf_addf(&older, "%s.1", path);
	return og_buf_take(&older);
}

int og_spill_open(struct og_spill *spill, const char *path, size_t max, struct og_err *err)
{
	memset(spill, 0, sizeof(*spill));
	spill->fd = -1;
	spill->max = max;
	spill->path = strdup(path);
	spill->older = with_suffix(path);
	if (spill->path && spill->older)
		return 0;
	og_spill_close(spill);
	return og_fail_nomem(err);
}

void og_spill_close(struct og_spill *spill)
{
	if (spill->fd >= 0)
		close(spill->fd);
	spill->fd = -1;
	free(spill->path);
	free(spill->older);
	spill->path = spill->older = NULL;
}

/* Behind the last whole line: where a write that was cut off began. */
static off_t whole(int fd, off_t size)
{
	char piece[4096];

	while (size > 0) {
		off_t from = size > (off_t)sizeof(piece) ? size - (off_t)sizeof(piece) : 0;
		ssize_t n = pread(fd, piece, (size_t)(size - from), from);
		char *end = n > 0 ? memrchr(piece, '\n', (size_t)n) : NULL;

		if (n <= 0)
			return size;
		if (end)
			return from + (end - piece) + 1;
		size = from;
	}
	return 0;
}

static int open_file(struct og_spill *spill, struct og_err *err)
{
	struct stat st;

	if (spill->fd >= 0)
		return 0;
	spill->fd = open(spill->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (spill->fd < 0 || fstat(spill->fd, &st) < 0)
		return og_fail(err, OG_EIO, "cannot open '%s': %s", spill->path, strerror(errno));
	if (S_ISREG(st.st_mode) && ftruncate(spill->fd, whole(spill->fd, st.st_size)) < 0)
		return og_fail(err, OG_EIO, "cannot mend '%s': %s", spill->path, strerror(errno));
	return 0;
}

/* Records in the file from there on. */
static int64_t count_records(const char *path, off_t from)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	int64_t records = 0;
	char *all;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_size > from) {
		all = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (all != MAP_FAILED) {
			records = og_request_records(all + from, (size_t)(st.st_size - from));
			munmap(all, (size_t)st.st_size);
		}
	}
	close(fd);
	return records;
}

/* The file becomes the older one; what that held and nobody read is lost. */
static int turn_over(struct og_spill *spill, int64_t *ret_lost, struct og_err *err)
{
	int older = access(spill->older, F_OK) == 0;

	if (older)
		*ret_lost += count_records(spill->older, spill->at);
	if (rename(spill->path, spill->older) < 0)
		return og_fail(err, OG_EIO, "cannot rename '%s': %s", spill->path, strerror(errno));
	/* What was read of this file stays read. */
	if (older)
		spill->at = 0;
	spill->taken = 0;
	close(spill->fd);
	spill->fd = -1;
	return open_file(spill, err);
}

int og_spill_add(struct og_spill *spill, const char *line, size_t len, int64_t *ret_lost,
		 struct og_err *err)
{
	struct stat st;
	int failed;

	*ret_lost = 0;
	if (open_file(spill, err) < 0)
		return -1;
	if (fstat(spill->fd, &st) < 0)
		return og_fail(err, OG_EIO, "cannot look at '%s': %s", spill->path,
			       strerror(errno));
	if (st.st_size > 0 && (size_t)st.st_size + len + 1 > spill->max / 2) {
		if (turn_over(spill, ret_lost, err) < 0)
			return -1;
		st.st_size = 0;
	}
	if (og_write_all(spill->fd, line, len) == 0 && og_write_all(spill->fd, "\n", 1) == 0)
		return 0;
	failed = errno;
	if (ftruncate(spill->fd, st.st_size) < 0)
		errno = 0; /* the next open mends it */
	return og_fail(err, OG_EIO, "cannot write '%s': %s", spill->path, strerror(failed));
}

/* Appends the line at spill->at: 1, 0 at the end, -1. */
static int read_line(struct og_spill *spill, int fd, struct og_buf *out, struct og_err *err)
{
	off_t at = spill->at;
	size_t before = out->len;

	for (;;) {
		char *room = og_buf_room(out, PIECE), *end;
		ssize_t n = room ? pread(fd, room, PIECE, at) : -1;

		if (n < 0)
			return room ? og_fail(err, OG_EIO, "cannot read '%s': %s", spill->path,
					      strerror(errno))
				    : og_buf_check(out, "request", err);
		end = n > 0 ? memchr(room, '\n', (size_t)n) : NULL;
		out->len += end ? (size_t)(end - room) : (size_t)n;
		out->data[out->len] = '\0';
		if (end) {
			spill->taken = out->len - before + 1;
			return 1;
		}
		if (n == 0) {
			out->len = before; /* a line without an end is none */
			return 0;
		}
		at += n;
	}
}

/* A file that was read to its end counts until it is gone. */
int og_spill_any(const struct og_spill *spill)
{
	return access(spill->older, F_OK) == 0 || access(spill->path, F_OK) == 0;
}

int og_spill_next(struct og_spill *spill, struct og_buf *out, struct og_err *err)
{
	const char *const paths[] = { spill->older, spill->path };

	for (int i = 0; i < 2; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW), got;

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return og_fail(err, OG_EIO, "cannot open '%s': %s", paths[i],
				       strerror(errno));
		got = read_line(spill, fd, out, err);
		close(fd);
		if (got != 0)
			return got;
		/* All of it is done with. */
		unlink(paths[i]);
		spill->at = 0;
		if (i == 1 && spill->fd >= 0) {
			close(spill->fd);
			spill->fd = -1;
		}
	}
	return 0;
}

void og_spill_done(struct og_spill *spill)
{
	spill->at += (off_t)spill->taken;
	spill->taken = 0;
}
