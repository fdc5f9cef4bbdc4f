/*
 * og logs: what the services of og up said, merged by time. With --follow
 * it goes on with what they say: woken by the directory of the logs
 * (inotify), never looking by the clock.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-logs.h"
#include "cmd/og-out.h"
#include "cmd/og-up.h"
#include "cmd/og.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/signals.h"

#define SOURCES_MAX 32
#define LINES	    50
#define LINES_MAX   10000000

struct logs {
	const struct og_args *args;
	int dir, events, signals;
	long lines; /* wanted to begin with */
	int all;    /* every log, also one that comes later */
	int color;
	struct og_out *out; /* NULL: as lines of text */
	size_t width;
	struct og_log_source sources[SOURCES_MAX];
	size_t n;
};

/* --- which ------------------------------------------------------------------- */

static int is_known(const struct logs *logs, const char *name)
{
	for (size_t i = 0; i < logs->n; i++)
		if (strcmp(logs->sources[i].name, name) == 0)
			return 1;
	return 0;
}

static int add_source(struct logs *logs, const char *name, long lines, long *sum,
		      struct og_err *err)
{
	long found;

	if (is_known(logs, name) || logs->n == SOURCES_MAX)
		return 0;
	if (og_log_source_open(logs->dir, name, lines, &logs->sources[logs->n], &found, err) < 0)
		return -1;
	logs->n++;
	*sum += found;
	logs->width = strlen(name) > logs->width ? strlen(name) : logs->width;
	return 0;
}

/* The name of a log's service: NAME.log. 1, 0. */
static int log_name(const char *file, char ret[OG_LOG_NAME])
{
	size_t len = strlen(file);

	if (len <= 4 || len - 4 >= OG_LOG_NAME || strcmp(file + len - 4, ".log") != 0 ||
	    file[0] == '.')
		return 0;
	memcpy(ret, file, len - 4);
	ret[len - 4] = '\0';
	return 1;
}

/* Those that are there and not yet read; one that cannot be opened is gone
 * again. */
static int add_all(struct logs *logs, long lines, long *sum, struct og_err *err)
{
	int fd = openat(logs->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct og_err ignored = OG_ERR_INIT;
	struct dirent *entry;
	char name[OG_LOG_NAME];

	if (!dir)
		return og_fail(err, OG_EOS, "cannot list the logs: %s", strerror(errno));
	while ((entry = readdir(dir)))
		if (log_name(entry->d_name, name))
			add_source(logs, name, lines, sum, &ignored);
	closedir(dir);
	return 0;
}

static int hint_near(const struct logs *logs, const char *name, struct og_err *err)
{
	char path[128], near[OG_LOG_NAME];

	og_text_format(path, sizeof(path), "/proc/self/fd/%d/%s.log", logs->dir, name);
	if (og_file_near(path, near, sizeof(near)))
		return og_hint(err, "did you mean '%s'?", near);
	return og_hint(err, "og logs without a name shows all there are");
}

static int add_named(struct logs *logs, long *sum, struct og_err *err)
{
	for (size_t i = 0; og_arg(logs->args, i); i++) {
		const char *name = og_arg(logs->args, i);

		if (!og_principal_name_valid(name))
			return og_fail(err, OG_EUSAGE, "'%s' is no service's name", name);
		if (add_source(logs, name, logs->lines, sum, err) < 0)
			return hint_near(logs, name, err);
	}
	return 0;
}

/* --- printing ------------------------------------------------------------------ */

static json_t *text_json(const struct og_buf *text)
{
	return json_stringn(text->data ? text->data : "", text->len);
}

static const struct og_field line_fields[] = {
	{ "text", NULL, OG_FIELD_TEXT, NULL },
	{ "time", NULL, OG_FIELD_TIME, NULL },
	{ "service", NULL, OG_FIELD_KEY, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

static int put_record(const struct logs *logs, const struct og_log_source *source,
		      const struct og_buf *text, struct og_err *err)
{
	json_t *json = json_pack("{s:i,s:s,s:s,s:o}", "v", 1, "time", source->time, "service",
				 source->name, "text", text_json(text));
	int rc = json ? og_out_add(logs->out, json, err) : og_fail_nomem(err);

	json_decref(json);
	return rc;
}

static int print_line(const struct logs *logs, const struct og_log_source *source,
		      struct og_err *err)
{
	struct og_buf text, line;
	int rc = -1;

	og_buf_init(&text, (size_t)1 << 20);
	og_buf_init(&line, (size_t)1 << 20);
	og_text_safe(&text, source->text, source->len, 0);
	if (og_buf_check(&text, "line", err) < 0)
		goto out;
	if (logs->out) {
		rc = put_record(logs, source, &text, err);
		goto out;
	}
	og_buf_addf(&line, "%s%s %-*s |%s %s\n", logs->color ? "\033[2m" : "", source->time,
		    (int)logs->width, source->name, logs->color ? "\033[0m" : "",
		    text.data ? text.data : "");
	if (og_buf_check(&line, "line", err) == 0)
		rc = og_print(line.data, line.len, err);
out:
	og_buf_release(&text);
	og_buf_release(&line);
	return rc;
}

/* The oldest line that is there, or NULL. */
static struct og_log_source *oldest(struct logs *logs)
{
	struct og_log_source *found = NULL;

	for (size_t i = 0; i < logs->n; i++) {
		struct og_log_source *source = &logs->sources[i];

		if (source->has_line && (!found || strcmp(source->time, found->time) < 0))
			found = source;
	}
	return found;
}

/* Everything that is there now, without the first skip lines. */
static int print_all(struct logs *logs, long skip, struct og_err *err)
{
	struct og_log_source *source;

	for (size_t i = 0; i < logs->n; i++)
		if (!logs->sources[i].has_line && og_log_source_next(&logs->sources[i], err) < 0)
			return -1;
	while ((source = oldest(logs))) {
		if (skip > 0)
			skip--;
		else if (print_line(logs, source, err) < 0)
			return -1;
		if (og_log_source_next(source, err) < 0)
			return -1;
	}
	return fflush(stdout) == 0
		       ? 0
		       : og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
}

/* --- following ----------------------------------------------------------------- */

static int start_following(struct logs *logs, struct og_err *err)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	char path[64];

	logs->signals = og_signals_open(stops, err);
	if (logs->signals < 0)
		return -1;
	logs->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", logs->dir);
	if (logs->events < 0 ||
	    inotify_add_watch(logs->events, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return og_fail(err, OG_EOS, "cannot watch the logs: %s", strerror(errno));
	return 0;
}

/* 1 something was written; 0 a stop, or nobody reads us any more; -1. */
static int wait_for_more(struct logs *logs, struct og_err *err)
{
	struct pollfd fds[3] = { { logs->events, POLLIN, 0 },
				 { logs->signals, POLLIN, 0 },
				 { STDOUT_FILENO, 0, 0 } };
	char events[4096];

	while (poll(fds, 3, -1) < 0)
		if (errno != EINTR)
			return og_fail(err, OG_EOS, "cannot wait: %s", strerror(errno));
	if (fds[1].revents || fds[2].revents)
		return 0;
	while (read(logs->events, events, sizeof(events)) > 0)
		;
	return 1;
}

static int follow(struct logs *logs, struct og_err *err)
{
	long ignored = 0;
	int more;

	while ((more = wait_for_more(logs, err)) > 0) {
		if (logs->all && add_all(logs, LINES_MAX, &ignored, err) < 0)
			return -1;
		if (print_all(logs, 0, err) < 0)
			return -1;
	}
	return more;
}

/* --- og logs --------------------------------------------------------------------- */

static int open_dir(struct logs *logs, const struct og_conf *conf, struct og_err *err)
{
	char *path = og_path_join(conf->home, OG_UP_LOGS);

	if (!path)
		return og_fail_nomem(err);
	if (og_arg_flag(logs->args, "follow"))
		(void)mkdir(path, 0700);
	logs->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (logs->dir < 0 && errno == ENOENT) {
		og_fail(err, OG_NO, "no service has been started yet");
		og_hint(err, "og up starts them");
	} else if (logs->dir < 0) {
		og_fail(err, OG_EPERM, "cannot open '%s': %s", path, strerror(errno));
	}
	free(path);
	return logs->dir < 0 ? -1 : 0;
}

static int read_options(struct logs *logs, const struct og_ctx *ctx, struct og_err *err)
{
	const char *lines = og_arg_value(logs->args, "lines");
	int64_t n = LINES;

	if (lines && og_int_parse(lines, 0, LINES_MAX, "--lines", &n, err) < 0)
		return -1;
	logs->lines = (long)n;
	logs->all = og_arg(logs->args, 0) == NULL;
	logs->color = og_color_on(ctx, STDOUT_FILENO);
	if (!og_arg_flag(logs->args, "json") && !og_arg_flag(logs->args, "null") &&
	    !og_arg_value(logs->args, "format"))
		return 0;
	return og_out_new(ctx, logs->args, line_fields, NULL, &logs->out, err);
}

static int show(struct logs *logs, const struct og_conf *conf, struct og_err *err)
{
	int follows = og_arg_flag(logs->args, "follow");
	long sum = 0;

	if (open_dir(logs, conf, err) < 0)
		return -1;
	/* Watched before the first look, so that nothing falls in between. */
	if (follows && start_following(logs, err) < 0)
		return -1;
	if ((logs->all ? add_all(logs, logs->lines, &sum, err) : add_named(logs, &sum, err)) < 0)
		return -1;
	if (print_all(logs, sum > logs->lines ? sum - logs->lines : 0, err) < 0)
		return -1;
	return follows ? follow(logs, err) : 0;
}

int og_run_logs(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct logs *logs = calloc(1, sizeof(*logs));
	struct og_conf *conf = NULL;
	int rc = -1;

	if (!logs)
		return og_fail_nomem(err);
	logs->args = args;
	logs->dir = logs->events = logs->signals = -1;
	if (og_conf_from(ctx, args, &conf, err) == 0 && read_options(logs, ctx, err) == 0)
		rc = show(logs, conf, err);
	for (size_t i = 0; i < logs->n; i++)
		og_log_source_close(&logs->sources[i]);
	if (logs->dir >= 0)
		close(logs->dir);
	if (logs->events >= 0)
		close(logs->events);
	if (logs->signals >= 0)
		close(logs->signals);
	og_conf_free(conf);
	og_out_free(logs->out);
	free(logs);
	return rc;
}
