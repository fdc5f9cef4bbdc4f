/* Lines from a descriptor: one buffer, moved only when it has to grow. */
#include "lib/proc/proc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define PIECE ((size_t)65536)

void og_lines_init(struct og_lines *lines, int fd, size_t max_line)
{
	lines->fd = fd;
	lines->start = 0;
	lines->eof = 0;
	/* Room for a whole line, its newline, and what arrived with it. */
	og_buf_init(&lines->buf, max_line + 1 + PIECE);
}

void og_lines_release(struct og_lines *lines)
{
	og_buf_release(&lines->buf);
}

static int wait_readable(int fd, int64_t deadline, struct og_err *err)
{
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		int n = poll(&p, 1, og_deadline_left(deadline));

		if (n > 0)
			return 0;
		if (n == 0)
			return og_fail(err, OG_ETEMP, "no line came in time");
		if (errno != EINTR)
			return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	}
}

/* Drops what was handed out, so that the buffer holds unread bytes only. */
static void compact(struct og_lines *lines)
{
	struct og_buf *buf = &lines->buf;

	if (lines->start == 0)
		return;
	memmove(buf->data, buf->data + lines->start, buf->len - lines->start);
	buf->len -= lines->start;
	buf->data[buf->len] = '\0';
	lines->start = 0;
}

/* 1: bytes came; 0: end of input; -1: error. */
static int fill(struct og_lines *lines, int64_t deadline, struct og_err *err)
{
	struct og_buf *buf = &lines->buf;
	char *room;
	ssize_t n;

	compact(lines);
	if (buf->len + PIECE > buf->max)
		return og_fail(err, OG_EDATA, "a line is longer than %zu bytes",
			       buf->max - 1 - PIECE);
	if (wait_readable(lines->fd, deadline, err) < 0)
		return -1;
	room = og_buf_room(buf, PIECE);
	if (!room)
		return og_buf_check(buf, "line", err);
	do
		n = read(lines->fd, room, PIECE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return og_fail(err, OG_EIO, "cannot read a line: %s", strerror(errno));
	buf->len += (size_t)n;
	buf->data[buf->len] = '\0';
	return n > 0;
}

int og_lines_next(struct og_lines *lines, int64_t deadline, char **ret, size_t *len,
		  struct og_err *err)
{
	size_t seen = 0;

	for (;;) {
		size_t unread = lines->buf.len - lines->start;
		char *from = unread ? lines->buf.data + lines->start : NULL;
		char *end = unread > seen ? memchr(from + seen, '\n', unread - seen) : NULL;
		int more;

		if (end) {
			*end = '\0';
			*ret = from;
			*len = (size_t)(end - from);
			lines->start += *len + 1;
			return 1;
		}
		if (lines->eof)
			return unread ? og_fail(err, OG_EDATA, "input ended inside a line") : 0;
		seen = unread;
		more = fill(lines, deadline, err);
		if (more < 0)
			return -1;
		lines->eof = more == 0;
	}
}
