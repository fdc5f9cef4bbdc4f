/*
 * Secrets in files. The mode is looked at on the open descriptor, so that
 * what is judged is what is read; a file that others may read is refused
 * and not mended, for whoever left it so should know.
 */
#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_owner(int fd, const char *path, const char *what, struct og_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return og_fail(err, OG_EIO, "cannot read %s '%s': %s", what, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return og_fail(err, OG_EDATA, "%s '%s' is no file", what, path);
	if (st.st_uid != geteuid())
		return og_fail(err, OG_EPERM, "%s '%s' belongs to another user", what, path);
	if (st.st_mode & 077) {
		og_fail(err, OG_EPERM, "%s '%s' can be read by others", what, path);
		return og_hint(err, "chmod 600 it");
	}
	return 0;
}

static int check_text(struct og_buf *buf, size_t start, const char *name, const char *what,
		      struct og_err *err)
{
	while (buf->len > start &&
	       (buf->data[buf->len - 1] == '\n' || buf->data[buf->len - 1] == '\r'))
		buf->data[--buf->len] = '\0';
	for (size_t i = start; i < buf->len; i++)
		if (buf->data[i] < ' ' || buf->data[i] > '~')
			return og_fail(err, OG_EDATA, "%s '%s' is no line of printable ASCII", what,
				       name);
	if (buf->len == start)
		return og_fail(err, OG_EDATA, "%s '%s' is empty", what, name);
	return 0;
}

int og_secret_add(const char *text, const char *name, const char *what, struct og_buf *buf,
		  struct og_err *err)
{
	size_t start = buf->len;

	og_buf_adds(buf, text);
	return og_buf_check(buf, what, err) < 0 ? -1 : check_text(buf, start, name, what, err);
}

int og_secret_read(const char *path, const char *what, struct og_buf *buf, struct og_err *err)
{
	size_t start = buf->len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc = -1;

	if (fd < 0)
		return og_fail(err, errno == EACCES ? OG_EPERM : OG_ENOINPUT,
			       "cannot open %s '%s': %s", what, path, strerror(errno));
	if (check_owner(fd, path, what, err) == 0 && og_fd_read(fd, what, buf, err) == 0)
		rc = check_text(buf, start, path, what, err);
	close(fd);
	return rc;
}
