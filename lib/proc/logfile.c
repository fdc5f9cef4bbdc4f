/* See logfile.h. */
#include "lib/proc/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

/* Whoever was killed in the middle of a line left it without an end. */
static void end_line(struct og_logfile *log)
{
	char last = '\n';

	if (log->size > 0 && pread(log->fd, &last, 1, log->size - 1) == 1 && last != '\n' &&
	    og_write_all(log->fd, "\n", 1) == 0)
		log->size++;
}

static void open_file(struct og_logfile *log)
{
	struct stat st;

	log->fd = openat(log->dir, log->name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			 0600);
	if (log->fd < 0)
		return;
	log->size = fstat(log->fd, &st) == 0 ? st.st_size : 0;
	end_line(log);
}

void og_logfile_open(int dir, const char *name, struct og_logfile *ret)
{
	*ret = (struct og_logfile){ .dir = dir, .fd = -1 };
	snprintf(ret->name, sizeof(ret->name), "%s.log", name);
	open_file(ret);
}

void og_logfile_close(struct og_logfile *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void rotate(struct og_logfile *log)
{
	char older[sizeof(log->name) + 2];

	snprintf(older, sizeof(older), "%s.1", log->name);
	if (renameat(log->dir, log->name, log->dir, older) < 0)
		return; /* it grows on, and this is tried with the next line */
	og_logfile_close(log);
	open_file(log);
}

/* What could be written in part only is taken back. */
static int append(struct og_logfile *log, const struct og_buf *line)
{
	if (log->fd < 0)
		open_file(log);
	if (log->fd < 0 || line->failed)
		return -1;
	if (log->size + (int64_t)line->len > OG_LOG_MAX)
		rotate(log);
	if (log->fd < 0)
		return -1;
	if (og_write_all(log->fd, line->data, line->len) < 0) {
		if (ftruncate(log->fd, log->size) < 0)
			errno = 0; /* the next line begins in the middle */
		return -1;
	}
	log->size += (int64_t)line->len;
	return 0;
}

void og_logfile_line(struct og_logfile *log, int64_t now, const char *text, size_t len)
{
	char time[OG_TIME_LEN + 1];
	struct og_buf line;

	og_time_format(now, time);
	og_buf_init(&line, 8 * OG_LOG_LINE_MAX);
	if (log->lost > 0)
		og_buf_addf(&line, "%s (%ld lines could not be written here)\n", time, log->lost);
	og_buf_addf(&line, "%s ", time);
	og_text_safe(&line, text, len, 0);
	og_buf_addc(&line, '\n');
	if (append(log, &line) == 0)
		log->lost = 0;
	else
		log->lost++;
	og_buf_release(&line);
}
