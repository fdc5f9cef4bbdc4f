/*
 * The queue of an instance that is restored. A copy must not take tasks from
 * the queue of the instance it was made of, which may still work: where
 * og.conf names the queue's file by a path from the root, and that file was in
 * the backup, the copy's own is meant. What lies elsewhere (a broker, a file
 * outside) cannot be copied; whoever restores is told of it. See backup.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/archive/tar.h"
#include "lib/base/file.h"
#include "lib/instance/backup-internal.h"

#define CONF_MAX ((size_t)65536)
#define SQLITE	 "sqlite:"

static const char *skip_blanks(const char *text, const char *end)
{
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	return text;
}

/* The value of a line that says where the queue is; NULL: it says something else. */
static char *queue_of(const char *line, const char *end)
{
	const char *at = skip_blanks(line, end);

	if ((size_t)(end - at) < 5 || memcmp(at, "queue", 5) != 0)
		return NULL;
	at = skip_blanks(at + 5, end);
	if (at == end || *at != '=')
		return NULL;
	at = skip_blanks(at + 1, end);
	while (end > at && strchr(" \t\r", end[-1]))
		end--;
	return strndup(at, (size_t)(end - at));
}

/* Is this the file that was in the backup, named from the root? */
static int is_theirs(const json_t *queue, const char *value)
{
	const char *named = og_json_str(queue, "named");

	return named && strncmp(value, SQLITE, strlen(SQLITE)) == 0 &&
	       strcmp(value + strlen(SQLITE), named) == 0;
}

/* Nothing has to change where the copy takes the place of what it is one of. */
static int is_here(const json_t *queue, const char *dir)
{
	const char *named = og_json_str(queue, "named"), *is = og_json_str(queue, "is");
	char *place = realpath(dir, NULL);
	struct og_buf path;
	int same = 0;

	og_buf_init(&path, 32768);
	if (place && og_buf_addf(&path, "%s/.omnigate/%s", place, is) == 0)
		same = strcmp(path.data, named) == 0;
	og_buf_release(&path);
	free(place);
	return same;
}

static int is_outside(const char *value)
{
	size_t len = strlen(SQLITE);

	if (strncmp(value, SQLITE, len) != 0)
		return 1;
	return value[len] == '/' || strncmp(value + len, "../../", 6) == 0;
}

/* One line of og.conf, as it is to be. */
static void take_line(struct og_restore *restore, const char *dir, const char *line,
		      const char *end, struct og_buf *out)
{
	const json_t *queue = json_object_get(restore->manifest, "queue");
	char *value = queue_of(line, end);
	int theirs = value && is_theirs(queue, value);

	if (theirs && !is_here(queue, dir)) {
		restore->queue_moved = 1;
		og_buf_addf(out, "queue = " SQLITE "%s", og_json_str(queue, "is"));
	} else {
		og_buf_add(out, line, (size_t)(end - line));
	}
	if (value && !theirs && is_outside(value)) {
		free(restore->queue);
		restore->queue = value;
		value = NULL;
	}
	free(value);
}

static int write_anew(const char *path, const struct og_buf *text, struct og_err *err)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return og_backup_fail("write", path, err);
	if (og_write_all(fd, text->data, text->len) < 0 || fsync(fd) < 0)
		rc = og_backup_fail("write", path, err);
	close(fd);
	return rc;
}

static int rewrite(struct og_restore *restore, const char *dir, const char *path,
		   struct og_err *err)
{
	struct og_buf from, to;
	const char *line, *end, *stop;
	int rc = -1;

	og_buf_init(&from, CONF_MAX);
	og_buf_init(&to, CONF_MAX + OG_TAR_NAME_MAX);
	if (og_file_read(path, "configuration", &from, err) < 0)
		goto out;
	stop = from.data ? from.data + from.len : NULL;
	for (line = from.data; line && line < stop; line = end + 1) {
		end = memchr(line, '\n', (size_t)(stop - line));
		end = end ? end : stop;
		take_line(restore, dir, line, end, &to);
		if (end < stop)
			og_buf_addc(&to, '\n');
	}
	rc = og_buf_check(&to, "configuration", err);
	if (rc == 0 && restore->queue_moved)
		rc = write_anew(path, &to, err);
out:
	og_buf_release(&from);
	og_buf_release(&to);
	return rc;
}

int og_restore_queue(struct og_restore *restore, const char *dir, struct og_err *err)
{
	char *path = og_path_join(restore->stage.home, "og.conf");
	int rc = path ? rewrite(restore, dir, path, err) : og_fail_nomem(err);

	free(path);
	return rc;
}
