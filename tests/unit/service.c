/* What keeping services is made of: endpoints, log files, notification. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/endpoint.h"
#include "lib/proc/guard.h"
#include "lib/proc/logfile.h"
#include "lib/proc/notify.h"
#include "lib/proc/service.h"
#include "tests/unit/unit.h"

/* --- endpoints --------------------------------------------------------------- */

static void endpoints(void)
{
	static const struct {
		const char *url;
		int rc;
		const char *host, *port, *path;
	} cases[] = {
		{ "sqlite:queue.db", 0, "", "", "" },
		{ "off", 0, "", "", "" },
		{ "", 0, "", "", "" },
		{ "amqp://h", 1, "h", "5672", "" },
		{ "amqps://u:p@h:99/v%2fh", 1, "h", "99", "" },
		{ "amqp://u:p@w@h:7", 1, "h", "7", "" },
		{ "neo4j+http://[::1]:7/x", 1, "::1", "7", "" },
		{ "qdrant+http://[fe80::1%eth0]", 1, "fe80::1%eth0", "6333", "" },
		{ "otlp:https://c.example?x=@y", 1, "c.example", "443", "" },
		{ "unix:run/x.sock", 1, "", "", "run/x.sock" },
		{ "unix:", -1, "", "", "" },
		{ "amqp:h", -1, "", "", "" },
		{ "amqp://", -1, "", "", "" },
		{ "amqp://u@", -1, "", "", "" },
		{ "amqp://h:0", -1, "", "", "" },
		{ "amqp://h:65536", -1, "", "", "" },
		{ "amqp://h:1x", -1, "", "", "" },
		{ "amqp://h:", -1, "", "", "" },
		{ "amqp://[::1", -1, "", "", "" },
		{ "amqp://[::1]x", -1, "", "", "" },
		{ "otlp:", 0, "", "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct og_err err = OG_ERR_INIT;
		struct og_endpoint e;

		if (!OG_CHECK_INT(og_endpoint_parse(cases[i].url, &e, &err), cases[i].rc))
			printf("# %s: %s\n", cases[i].url, err.msg);
		if (cases[i].rc == 1) {
			OG_CHECK_STR(e.host, cases[i].host);
			OG_CHECK_STR(e.port, cases[i].port);
			OG_CHECK_STR(e.path, cases[i].path);
		}
	}
}

static void endpoint_limits(void)
{
	char url[2 * OG_ENDPOINT_HOST + 16] = "unix:";
	struct og_err err = OG_ERR_INIT;
	struct og_endpoint e;

	memset(url + 5, 'x', OG_ENDPOINT_PATH - 1);
	OG_CHECK_INT(og_endpoint_parse(url, &e, &err), 1);
	url[5 + OG_ENDPOINT_PATH - 1] = 'x';
	OG_CHECK_INT(og_endpoint_parse(url, &e, &err), -1);
	memcpy(url, "http://", 7);
	memset(url + 7, 'x', OG_ENDPOINT_HOST);
	OG_CHECK_INT(og_endpoint_parse(url, &e, &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
}

/* Whatever it is, no password comes out. */
static void shown(void)
{
	static const char *const cases[][2] = {
		{ "amqp://u:geheim@h:1/v", "amqp://h:1/v" },
		{ "amqp://u:ge@heim@h/", "amqp://h/" },
		{ "amqp://u:ge/heim@h/", "amqp://h/" },
		{ "sqlite:queue.db", "sqlite:queue.db" },
		{ "unix:a@b", "unix:a@b" },
		{ "", "" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		og_endpoint_show(cases[i][0], out, sizeof(out));
		OG_CHECK_STR(out, cases[i][1]);
	}
	og_endpoint_show("http://abcdefgh", out, 8);
	OG_CHECK_STR(out, "http://");
}

static void accepting(void)
{
	struct sockaddr_in where = { .sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct og_endpoint e = { .host = "127.0.0.1" }, u = { .path = "/tmp/og-unit-XXXXXX" };
	socklen_t len = sizeof(where);
	int tcp = socket(AF_INET, SOCK_STREAM, 0), dgram = socket(AF_UNIX, SOCK_DGRAM, 0);
	int file = mkstemp(u.path);

	OG_CHECK(bind(tcp, (struct sockaddr *)&where, len) == 0 && listen(tcp, 1) == 0);
	getsockname(tcp, (struct sockaddr *)&where, &len);
	snprintf(e.port, sizeof(e.port), "%d", ntohs(where.sin_port));
	OG_CHECK_INT(og_endpoint_accepts(&e, og_deadline(20000)), 1);
	close(tcp);
	OG_CHECK_INT(og_endpoint_accepts(&e, og_deadline(1000)), 0);
	/* A file is no socket; a socket that takes datagrams is somebody. */
	OG_CHECK_INT(og_endpoint_accepts(&u, og_deadline(1000)), 0);
	close(file);
	unlink(u.path);
	memcpy(name.sun_path, u.path, sizeof(name.sun_path));
	OG_CHECK(bind(dgram, (struct sockaddr *)&name, sizeof(name)) == 0);
	OG_CHECK_INT(og_endpoint_accepts(&u, og_deadline(20000)), 1);
	close(dgram);
	OG_CHECK_INT(og_endpoint_accepts(&u, og_deadline(1000)), 0);
	unlink(u.path);
}

/* --- log files ------------------------------------------------------------------ */

static char dir_path[] = "/tmp/og-unit-log-XXXXXX";

static int64_t size_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? st.st_size : -1;
}

static void logs(void)
{
	char line[OG_LOG_LINE_MAX], name[64];
	struct og_logfile log;
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	int dir, fd;

	OG_CHECK(mkdtemp(dir_path) != NULL);
	dir = open(dir_path, O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "x.log", O_WRONLY | O_CREAT, 0600);
	OG_CHECK(write(fd, "half", 4) == 4);
	close(fd);
	og_logfile_open(dir, "x", &log);
	og_logfile_line(&log, 0, "a\033\n\377", 4);
	og_logfile_line(&log, 0, "", 0);
	snprintf(name, sizeof(name), "%s/x.log", dir_path);
	og_buf_init(&text, 4096);
	OG_CHECK_OK(og_file_read(name, "log", &text, &err), &err);
	OG_CHECK_STR(text.data, "half\n1970-01-01T00:00:00.000Z a\\x1B\\x0A\\xFF\n"
				"1970-01-01T00:00:00.000Z \n");
	og_buf_release(&text);
	/* The longest line of the worst bytes fits, and files stay bounded. */
	memset(line, 1, sizeof(line));
	for (int i = 0; i < 400; i++)
		og_logfile_line(&log, 0, line, sizeof(line));
	OG_CHECK_INT(log.lost, 0);
	OG_CHECK(size_of(dir, "x.log") > 0 && size_of(dir, "x.log") <= OG_LOG_MAX);
	OG_CHECK(size_of(dir, "x.log.1") > OG_LOG_MAX / 2 && size_of(dir, "x.log.1") <= OG_LOG_MAX);
	og_logfile_close(&log);
	unlinkat(dir, "x.log", 0);
	unlinkat(dir, "x.log.1", 0);
	/* Nobody follows a link that somebody put there. */
	OG_CHECK(symlinkat("/dev/null", dir, "x.log") == 0);
	og_logfile_open(dir, "x", &log);
	og_logfile_line(&log, 0, "a", 1);
	OG_CHECK_INT(log.lost, 1);
	unlinkat(dir, "x.log", 0);
	og_logfile_line(&log, 0, "b", 1);
	OG_CHECK_INT(log.lost, 0);
	og_logfile_close(&log);
	unlinkat(dir, "x.log", 0);
	close(dir);
	rmdir(dir_path);
}

/* --- notification ------------------------------------------------------------------ */

static void notification(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0og-unit-notify" };
	socklen_t len = (socklen_t)(sizeof(sa_family_t) + 1 + strlen("og-unit-notify"));
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct og_err err = OG_ERR_INIT;
	char long_name[200], got[32] = "";

	OG_CHECK_OK(og_notify(NULL, "READY=1", &err), &err);
	OG_CHECK_INT(og_notify("relative", "READY=1", &err), -1);
	memset(long_name, '/', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	OG_CHECK_INT(og_notify(long_name, "READY=1", &err), -1);
	OG_CHECK_INT(og_notify("@og-unit-notify", "READY=1", &err), -1);
	OG_CHECK(bind(fd, (struct sockaddr *)&name, len) == 0);
	OG_CHECK_OK(og_notify("@og-unit-notify", "READY=1", &err), &err);
	OG_CHECK_INT(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), 7);
	OG_CHECK_STR(got, "READY=1");
	close(fd);
}

/* --- the keeper ------------------------------------------------------------------------ */

static void hear_line(void *arg, struct og_service *s, const char *text, size_t len)
{
	(void)s;
	snprintf((char *)arg + strlen(arg), 256 - strlen(arg), "[%.*s]", (int)len, text);
}

static void hear_change(void *arg, const struct og_service *s, const char *what)
{
	(void)what;
	snprintf((char *)arg + strlen(arg), 256 - strlen(arg), "%s:%s ", s->name,
		 og_service_state_name(s->state));
}

static void hear_settled(void *arg)
{
	snprintf((char *)arg + strlen(arg), 256 - strlen(arg), "settled ");
	kill(getpid(), SIGTERM);
}

static void nothing(void *arg)
{
	(void)arg;
}

static int at_once(void *arg)
{
	(void)arg;
	return 1;
}

/* In a process of its own: it blocks signals, and adopts orphans. */
static void keep(char *heard)
{
	static const char *const prepare[] = { "/bin/sh", "-c", "echo $A", NULL };
	static const char *const serve[] = { "/bin/sh", "-c", "sleep 60 & sleep 61", NULL };
	static const char *const env[] = { "A=a b", NULL };
	struct og_service list[2] = {
		{ .name = "one", .argv = prepare, .env = env },
		{ .name = "two", .argv = serve, .env = env, .ready = at_once }
	};
	struct og_services all = { .list = list,
				   .n = 2,
				   .ready_ms = 20000,
				   .stop_ms = 5000,
				   .arg = heard,
				   .line = hear_line,
				   .changed = hear_change,
				   .settled = hear_settled,
				   .stopping = nothing,
				   .awake = nothing };
	struct og_err err = OG_ERR_INIT;

	if (og_services_run(&all, &err) < 0)
		snprintf(heard, 256, "failed: %d", err.code);
}

static void keeper(void)
{
	char heard[256] = "";
	int pipes[2];
	pid_t pid;

	OG_CHECK(pipe(pipes) == 0);
	pid = fork();
	if (pid == 0) {
		keep(heard);
		_exit(write(pipes[1], heard, sizeof(heard)) != sizeof(heard));
	}
	OG_CHECK_INT(read(pipes[0], heard, sizeof(heard)), sizeof(heard));
	OG_CHECK_STR(heard, "one:starting [a b]one:done two:starting two:ready settled "
			    "two:stopping two:stopped one:stopped ");
	waitpid(pid, NULL, 0);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	OG_RUN(endpoints);
	OG_RUN(endpoint_limits);
	OG_RUN(shown);
	OG_RUN(accepting);
	OG_RUN(logs);
	OG_RUN(notification);
	OG_RUN(keeper);
	return og_done();
}
