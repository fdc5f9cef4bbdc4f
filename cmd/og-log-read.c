/*
 * Reading a log that somebody else writes and rotates. A line is handed out
 * when it is whole. When NAME.log is another file than the one that is
 * read, that one is read to its end first; if it is not NAME.log.1 either,
 * the one that is came in between and is read too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-logs.h"
#include "lib/proc/logfile.h"

#define PIECE	 65536
#define LINE_MAX (8 * OG_LOG_LINE_MAX) /* somebody else's file may hold longer ones */

static int open_file(const struct og_log_source *source, int older)
{
	char file[OG_LOG_NAME + 8];

	snprintf(file, sizeof(file), "%s.log%s", source->name, older ? ".1" : "");
	return openat(source->dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* Reads on from another file; the current one when there is none. */
static int switch_to(struct og_log_source *source, int older)
{
	int fd = open_file(source, older);
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return 0;
	}
	if (source->fd >= 0)
		close(source->fd);
	source->fd = fd;
	source->inode = st.st_ino;
	source->older = older;
	source->ended = 0;
	return 1;
}

/* Where the last n lines of a file begin, from its end backwards. */
static off_t tail_of(int fd, long n, long *ret_lines)
{
	char piece[PIECE];
	off_t at = lseek(fd, 0, SEEK_END), end = at;

	*ret_lines = 0;
	while (at > 0) {
		size_t len = at < PIECE ? (size_t)at : PIECE;

		at -= (off_t)len;
		if (pread(fd, piece, len, at) != (ssize_t)len)
			return end;
		while (len-- > 0) {
			if (piece[len] != '\n' || at + (off_t)len + 1 == end)
				continue;
			if (*ret_lines + 1 >= n) {
				*ret_lines += n > 0;
				return n > 0 ? at + (off_t)len + 1 : end;
			}
			++*ret_lines;
		}
	}
	*ret_lines += end > 0 && n > 0;
	return n > 0 ? 0 : end;
}

int og_log_source_open(int dir, const char *name, long n, struct og_log_source *ret,
		       long *ret_lines, struct og_err *err)
{
	long lines = 0, more = 0;

	*ret = (struct og_log_source){ .dir = dir, .fd = -1 };
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	og_buf_init(&ret->buf, 2 * (size_t)LINE_MAX + PIECE);
	if (!switch_to(ret, 0))
		return og_fail(err, OG_NO, "there is no log of '%s'", name);
	lseek(ret->fd, tail_of(ret->fd, n, &lines), SEEK_SET);
	if (lines < n && switch_to(ret, 1))
		lseek(ret->fd, tail_of(ret->fd, n - lines, &more), SEEK_SET);
	*ret_lines = lines + more;
	return 0;
}

void og_log_source_close(struct og_log_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
	og_buf_release(&source->buf);
}

/* Is NAME.log another file by now? A file that became shorter starts anew. */
static int is_rotated(struct og_log_source *source)
{
	char file[OG_LOG_NAME + 8];
	struct stat st;

	snprintf(file, sizeof(file), "%s.log", source->name);
	if (fstatat(source->dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (st.st_ino != source->inode)
		return 1;
	if (st.st_size < lseek(source->fd, 0, SEEK_CUR))
		lseek(source->fd, 0, SEEK_SET);
	return 0;
}

static int is_older(const struct og_log_source *source)
{
	char file[OG_LOG_NAME + 8];
	struct stat st;

	snprintf(file, sizeof(file), "%s.log.1", source->name);
	return fstatat(source->dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       st.st_ino == source->inode;
}

/* At the end of what is read. 1: there may be more now. */
static int go_on(struct og_log_source *source)
{
	if (source->older)
		return switch_to(source, 0);
	if (!is_rotated(source))
		return 0;
	if (!source->ended) {
		source->ended = 1;
		return 1;
	}
	return switch_to(source, !is_older(source));
}

/* 1: something was added to buf; 0: nothing is there; -1. */
static int fill(struct og_log_source *source, struct og_err *err)
{
	char piece[PIECE];
	ssize_t n;

	do {
		n = read(source->fd, piece, sizeof(piece));
		if (n < 0 && errno != EINTR)
			return og_fail(err, OG_EIO, "cannot read the log of '%s': %s", source->name,
				       strerror(errno));
	} while (n < 0 || (n == 0 && go_on(source)));
	if (n == 0)
		return 0;
	if (source->start > 0) {
		source->buf.len -= source->start;
		memmove(source->buf.data, source->buf.data + source->start, source->buf.len);
		source->start = 0;
	}
	return og_buf_add(&source->buf, piece, (size_t)n) < 0
		       ? og_buf_check(&source->buf, "line", err)
		       : 1;
}

static void take_line(struct og_log_source *source, const char *line, size_t len)
{
	char time[OG_TIME_LEN + 1] = "";
	int64_t ms;

	if (len > OG_TIME_LEN && line[OG_TIME_LEN] == ' ')
		memcpy(time, line, OG_TIME_LEN);
	if (time[0] && og_time_parse(time, &ms) == 0) {
		memcpy(source->time, time, sizeof(time));
		line += OG_TIME_LEN + 1;
		len -= OG_TIME_LEN + 1;
	}
	source->text = line;
	source->len = len;
	source->has_line = 1;
}

int og_log_source_next(struct og_log_source *source, struct og_err *err)
{
	int more = 1;

	source->has_line = 0;
	while (more > 0) {
		const char *line = source->buf.data + source->start;
		size_t len = source->buf.len - source->start;
		const char *end = len > 0 ? memchr(line, '\n', len) : NULL;

		if (end || len > LINE_MAX) {
			len = end ? (size_t)(end - line) : LINE_MAX;
			source->start += len + (end != NULL);
			take_line(source, line, len);
			return 0;
		}
		more = fill(source, err);
	}
	return more;
}
