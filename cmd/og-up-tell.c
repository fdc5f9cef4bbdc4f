/*
 * What og up tells, and to whom: each service's lines to its own log and,
 * with a prefix, to standard error; what happens to them in words, as lines
 * of its own; and how they are, as run/services.json for those who ask.
 *
 * Nobody who listens can hold it up: what a terminal or a pipe does not
 * take at once it does not get, the logs have it all.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-up.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#define STATE_MAX ((size_t)65536)

enum { PRIORITY_WARNING = 4, PRIORITY_INFO = 6 };

/* --- lines ----------------------------------------------------------------- */

/* The same colour for the same place in the order, red for none. */
static const char *color_of(const struct og_up *up, const struct og_service *service)
{
	static const char *const colors[] = { "\033[36m", "\033[33m", "\033[32m",
					      "\033[35m", "\033[34m", "\033[96m" };

	if (!service)
		return "\033[1m";
	return colors[(size_t)(service - up->list) % (sizeof(colors) / sizeof(*colors))];
}

static void add_prefix(const struct og_up *up, const struct og_service *service, int priority,
		       struct og_buf *line)
{
	const char *name = service ? service->name : OG_UP_NAME;

	if (up->journal)
		og_buf_addf(line, "<%d>%s: ", priority, name);
	else if (up->color)
		og_buf_addf(line, "%s%-*s |\033[0m ", color_of(up, service), up->width, name);
	else
		og_buf_addf(line, "%-*s | ", up->width, name);
}

/* A pipe or terminal that takes nothing now gets nothing; one that says it
 * would takes PIPE_BUF bytes without waiting. */
static void put(struct og_up *up, const char *text, size_t len)
{
	struct pollfd out = { STDERR_FILENO, POLLOUT, 0 };

	while (len > 0 && poll(&out, 1, 0) == 1 && out.revents & POLLOUT) {
		ssize_t n = write(STDERR_FILENO, text, len < PIPE_BUF ? len : PIPE_BUF);

		if (n < 0) {
			up->silent = errno == EPIPE || errno == EIO;
			return;
		}
		text += n;
		len -= (size_t)n;
	}
}

static void show(struct og_up *up, const struct og_service *service, int priority, const char *text,
		 size_t len)
{
	struct og_buf line;

	if (up->silent)
		return;
	og_buf_init(&line, 9 * OG_LOG_LINE_MAX);
	add_prefix(up, service, priority, &line);
	og_text_safe(&line, text, len, 0);
	og_buf_addc(&line, '\n');
	if (!line.failed)
		put(up, line.data, line.len);
	og_buf_release(&line);
}

void og_up_say(struct og_up *up, int priority, const char *fmt, ...)
{
	char text[2 * OG_ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	og_logfile_line(&up->own_log, og_now_ms(), text, strlen(text));
	show(up, NULL, priority, text, strlen(text));
}

static void hear_line(void *arg, struct og_service *service, const char *text, size_t len)
{
	struct og_up *up = arg;
	char shown[OG_UP_URL];

	/* An endpoint may hold a password. */
	if (og_up_heard(up, service, text, len, shown)) {
		text = shown;
		len = strlen(shown);
	}
	og_logfile_line(&up->log[service - up->list], og_now_ms(), text, len);
	show(up, service, PRIORITY_INFO, text, len);
}

/* --- the state ------------------------------------------------------------- */

static json_t *time_json(int64_t ms)
{
	char text[OG_TIME_LEN + 1];

	og_time_format(ms, text);
	return json_string(text);
}

static json_t *service_json(const struct og_service *s)
{
	const struct og_up_part *part = s->arg;
	char url[OG_UP_URL], log[64];
	int ready = s->state == OG_SERVICE_READY || s->state == OG_SERVICE_DONE;

	og_endpoint_show(part->url, url, sizeof(url));
	snprintf(log, sizeof(log), OG_UP_LOGS "/%s.log", s->name);
	return json_pack("{s:s,s:o,s:s,s:o,s:b,s:i,s:o,s:s,s:s,s:o}", "name", s->name, "pid",
			 s->pid > 0 ? json_integer(s->pid) : json_null(), "state",
			 og_service_state_name(s->state), "since", time_json(s->since), "ready",
			 ready, "restarts", s->restarts, "last_exit",
			 s->last >= 0 ? json_integer(s->last) : json_null(), "trouble", s->trouble,
			 "log", log, "endpoint", url[0] ? json_string(url) : json_null());
}

static json_t *state_json(const struct og_up *up)
{
	json_t *services = json_array();

	for (size_t i = 0; i < up->services.n; i++)
		if (json_array_append_new(services, service_json(&up->list[i])) < 0) {
			json_decref(services);
			return NULL;
		}
	return json_pack("{s:i,s:i,s:o,s:s,s:o}", "v", 1, "pid", (int)getpid(), "started",
			 time_json(up->started), "state", up->phase, "services", services);
}

/* Whole or not at all, but not synced: after a crash of the machine none of
 * it is true any more. One name for the draft, so that a kill leaves one. */
static int write_file(const char *text, size_t len)
{
	static const char draft[] = OG_UP_STATE ".new";
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc;

	if (fd < 0)
		return -1;
	rc = og_write_all(fd, text, len);
	if (close(fd) < 0 || rc < 0)
		return -1;
	return rename(draft, OG_UP_STATE);
}

void og_up_write_state(struct og_up *up)
{
	json_t *state = state_json(up);
	struct og_buf text;
	int failed;

	og_buf_init(&text, STATE_MAX);
	failed = !state || og_json_dump(state, &text, NULL) < 0 || og_buf_addc(&text, '\n') < 0 ||
		 write_file(text.data, text.len) < 0;
	if (failed && !up->noted)
		og_up_say(up, PRIORITY_WARNING, "cannot write '" OG_UP_STATE "': %s",
			  strerror(errno));
	up->noted = failed;
	og_buf_release(&text);
	json_decref(state);
}

static void hear_change(void *arg, const struct og_service *service, const char *what)
{
	struct og_up *up = arg;
	int bad = service->state == OG_SERVICE_FAILING || service->state == OG_SERVICE_FAILED;

	og_up_say(up, bad ? PRIORITY_WARNING : PRIORITY_INFO, "%s: %s", service->name, what);
	if (strcmp(up->phase, "ready") == 0 || strcmp(up->phase, "degraded") == 0)
		up->phase = og_up_all_ready(up) ? "ready" : "degraded";
	og_up_write_state(up);
}

/* --- whoever waits for us --------------------------------------------------- */

int og_up_all_ready(const struct og_up *up)
{
	for (size_t i = 0; i < up->services.n; i++)
		if (up->list[i].state != OG_SERVICE_READY && up->list[i].state != OG_SERVICE_DONE)
			return 0;
	return 1;
}

void og_up_unready(const struct og_up *up, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < up->services.n; i++) {
		const struct og_service *s = &up->list[i];

		if (s->state != OG_SERVICE_READY && s->state != OG_SERVICE_DONE && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "",
						s->name);
	}
}

/* og up --detach has its answer, and lets go of the terminal. */
static void release_waiter(struct og_up *up, int all_ready)
{
	char word = all_ready ? 'y' : 'n';
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (up->ready_fd < 0)
		return;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	up->silent = 1;
	(void)og_write_all(up->ready_fd, &word, 1);
	close(up->ready_fd);
	up->ready_fd = -1;
}

/* The manager's start is over even if a service is not ready: it would end
 * those that are. */
static void hear_settled(void *arg)
{
	struct og_up *up = arg;
	int all = og_up_all_ready(up);
	char names[OG_NAMES_MAX], state[OG_NAMES_MAX + 64];

	up->phase = all ? "ready" : "degraded";
	og_up_unready(up, names, sizeof(names));
	if (all)
		og_up_say(up, PRIORITY_INFO, "all services are ready");
	else
		og_up_say(up, PRIORITY_WARNING, "not ready: %s", names);
	og_up_write_state(up);
	snprintf(state, sizeof(state), "READY=1\nSTATUS=%s%s",
		 all ? "all services are ready" : "not ready: ", names);
	og_notify_manager(up->ctx, state);
	release_waiter(up, all);
}

static void hear_stopping(void *arg)
{
	struct og_up *up = arg;

	up->phase = "stopping";
	og_up_say(up, PRIORITY_INFO, "stopping");
	og_up_write_state(up);
	og_notify_manager(up->ctx, "STOPPING=1");
}

static void hear_awake(void *arg)
{
	og_notify_manager(((struct og_up *)arg)->ctx, "WATCHDOG=1");
}

void og_up_hooks(struct og_up *up)
{
	up->services.arg = up;
	up->services.line = hear_line;
	up->services.changed = hear_change;
	up->services.settled = hear_settled;
	up->services.stopping = hear_stopping;
	up->services.awake = hear_awake;
}

/* --- opening ---------------------------------------------------------------- */

/* In the instance, which is the current directory. */
int og_up_tell_open(struct og_up *up, struct og_err *err)
{
	up->color = og_color_on(up->ctx, STDERR_FILENO);
	if (mkdir(OG_UP_LOGS, 0700) < 0 && errno != EEXIST)
		return og_fail(err, OG_EPERM, "cannot make '" OG_UP_LOGS "': %s", strerror(errno));
	up->logs = open(OG_UP_LOGS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (up->logs < 0)
		return og_fail(err, OG_EPERM, "cannot open '" OG_UP_LOGS "': %s", strerror(errno));
	up->journal = og_journal(up->ctx);
	up->width = (int)strlen(OG_UP_NAME);
	up->phase = "starting";
	up->started = og_now_ms();
	og_logfile_open(up->logs, OG_UP_NAME, &up->own_log);
	for (size_t i = 0; i < up->services.n; i++) {
		int len = (int)strlen(up->list[i].name);

		og_logfile_open(up->logs, up->list[i].name, &up->log[i]);
		up->width = len > up->width ? len : up->width;
	}
	return 0;
}

void og_up_tell_close(struct og_up *up)
{
	og_logfile_close(&up->own_log);
	for (size_t i = 0; i < up->services.n; i++)
		og_logfile_close(&up->log[i]);
	if (up->logs >= 0)
		close(up->logs);
	if (up->ready_fd >= 0)
		close(up->ready_fd);
}
