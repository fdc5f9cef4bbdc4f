/*
 * Statements that were typed, so that they can be called back: a JSON string
 * per line, which holds statements of many lines and cannot hold a control
 * byte. Statements hold data: the file is its owner's alone, is not used
 * when it is anybody else's, and what is typed behind a blank is not kept.
 */
#include "cmd/og-prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

#define KEPT_LINES 1000
#define FILE_MAX   ((size_t)4 << 20)

struct history_file {
	int fd; /* -1: nothing is kept */
	json_t *kept;
};

static int is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 077) == 0 && st.st_nlink == 1;
}

static int open_file(const struct prompt *prompt, struct og_err *err)
{
	struct og_buf name;
	char *path = NULL;
	int fd = -1;

	og_buf_init(&name, 128);
	og_buf_addf(&name, "history-%s", prompt->who);
	if (og_buf_check(&name, "history", err) == 0)
		path = og_path_join(prompt->conf->run, name.data);
	if (path)
		fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			  0600);
	if (fd < 0) {
		og_note(prompt->ctx, "no history is kept: cannot open '%s': %s", path ? path : "",
			strerror(errno));
	} else if (!is_ours(fd)) {
		og_note(prompt->ctx, "no history is kept: '%s' is not a file of mine alone", path);
		close(fd);
		fd = -1;
	}
	og_buf_release(&name);
	free(path);
	return fd;
}

static void take_line(json_t *kept, const char *line, size_t len)
{
	struct og_err quiet = OG_ERR_INIT;
	json_t *text = NULL;

	if (len > 0 && og_json_parse(line, len, FILE_MAX, "history", &text, &quiet) == 0 &&
	    json_is_string(text))
		json_array_append(kept, text);
	json_decref(text);
	if (json_array_size(kept) > KEPT_LINES)
		json_array_remove(kept, 0);
}

/* A line that is none, as a killed writer leaves it, is passed over. */
static void load(struct history_file *file)
{
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf text;
	size_t at = 0;

	og_buf_init(&text, FILE_MAX);
	if (og_fd_read(file->fd, "history", &text, &quiet) == 0)
		while (at < text.len) {
			const char *end = memchr(text.data + at, '\n', text.len - at);
			size_t len = end ? (size_t)(end - text.data) - at : text.len - at;

			take_line(file->kept, text.data + at, len);
			at += len + 1;
		}
	og_buf_release(&text);
}

static void append(int fd, const json_t *text)
{
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf line;

	og_buf_init(&line, FILE_MAX);
	if (og_json_dump(text, &line, &quiet) == 0 && og_buf_addc(&line, '\n') == 0)
		og_write_all(fd, line.data, line.len);
	og_buf_release(&line);
}

/* Too long: what is kept is written anew. Another prompt that writes at the
 * same time loses a line of memory, nothing else. */
static void shorten(struct history_file *file)
{
	struct stat st;
	json_t *text;
	size_t i;

	if (fstat(file->fd, &st) < 0 || (size_t)st.st_size < FILE_MAX / 4)
		return;
	if (ftruncate(file->fd, 0) == 0)
		json_array_foreach(file->kept, i, text) append(file->fd, text);
}

int prompt_history_open(const struct prompt *prompt, int keep, struct history_file **ret,
			struct og_err *err)
{
	struct history_file *file = calloc(1, sizeof(*file));

	if (!file || !(file->kept = json_array())) {
		free(file);
		return og_fail_nomem(err);
	}
	file->fd = keep && prompt->conf->run ? open_file(prompt, err) : -1;
	if (file->fd >= 0) {
		load(file);
		shorten(file);
	}
	*ret = file;
	return 0;
}

void prompt_history_each(const struct history_file *file, void (*fn)(void *arg, const char *text),
			 void *arg)
{
	json_t *text;
	size_t i;

	json_array_foreach(file->kept, i, text)
	{
		fn(arg, json_string_value(text));
	}
}

void prompt_history_add(struct history_file *file, const char *text)
{
	json_t *value;

	if (file->fd < 0 || *text == ' ' || *text == '\t')
		return;
	value = json_string(text);
	if (value)
		append(file->fd, value);
	json_decref(value);
}

void prompt_history_close(struct history_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	json_decref(file->kept);
	free(file);
}
