/*
 * A server for the tests that answers byte for byte what the request says,
 * on the loopback, at a port of its own which it prints. It ends by itself.
 *
 *	script --log FILE [--seconds N]
 *
 * The body of a request is what happens on its connection, a line each:
 *
 *	send BYTES	\n \r \t \\ and \xHH are escapes
 *	repeat N BYTES
 *	forever BYTES	until the client is gone
 *	sleep MS
 *	pieces N	from now on so many bytes at a time; 0: all at once
 *	next		what follows is for the next request to this path
 *
 * After the last line the connection is closed. The log has every request's
 * head, its lines behind "> ", and then "done PATH", or "gone PATH" when the
 * client went first.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "tests/servers/listen.h"

#define REQUEST_MAX ((size_t)8 << 20)
#define PATHS_MAX   1000

static struct {
	pthread_mutex_t lock;
	const char *log;
	char paths[PATHS_MAX][128]; /* one for every request */
	int n;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct client {
	int fd;
	long pieces;
	struct og_buf raw;
	char path[128];
	char *body;
};

static void log_line(const char *start, const char *text, size_t len)
{
	FILE *log = fopen(server.log, "a");

	if (!log)
		return;
	fprintf(log, "%s%.*s\n", start, (int)len, text);
	fclose(log);
}

static void log_head(const struct client *client)
{
	const char *line = client->raw.data;

	pthread_mutex_lock(&server.lock);
	while (*line && *line != '\r') {
		size_t len = strcspn(line, "\r");

		log_line("> ", line, len);
		line += len + 2;
	}
	pthread_mutex_unlock(&server.lock);
}

/* How often this path was asked for before. */
static int count_path(const char *path)
{
	int before = 0;

	pthread_mutex_lock(&server.lock);
	for (int i = 0; i < server.n; i++)
		before += strcmp(server.paths[i], path) == 0;
	if (server.n < PATHS_MAX)
		snprintf(server.paths[server.n++], sizeof(server.paths[0]), "%s", path);
	pthread_mutex_unlock(&server.lock);
	return before;
}

static int is_whole(struct client *client)
{
	char *end = client->raw.len > 0 ? strstr(client->raw.data, "\r\n\r\n") : NULL;
	const char *length;

	if (!end)
		return 0;
	client->body = end + 4;
	length = strcasestr(client->raw.data, "\r\ncontent-length:");
	return (size_t)(client->raw.data + client->raw.len - client->body) >=
	       (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

static int read_request(struct client *client)
{
	char piece[65536];

	while (!is_whole(client)) {
		ssize_t n = read(client->fd, piece, sizeof(piece));

		if (n <= 0 || og_buf_add(&client->raw, piece, (size_t)n) < 0)
			return -1;
	}
	return sscanf(client->raw.data, "%*15s %127s", client->path) == 1 ? 0 : -1;
}

/* In place; the length. */
static size_t unescape(char *text)
{
	char *out = text;
	unsigned byte;

	for (const char *p = text; *p; p++) {
		if (*p != '\\') {
			*out++ = *p;
		} else if (*++p == 'x' && sscanf(p + 1, "%2x", &byte) == 1) {
			*out++ = (char)byte;
			p += 2;
		} else {
			*out++ = *p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == 't' ? '\t' : *p;
		}
	}
	return (size_t)(out - text);
}

static int put(struct client *client, const char *data, size_t len)
{
	size_t at_once = client->pieces > 0 ? (size_t)client->pieces : len;

	while (len > 0) {
		size_t n = len < at_once ? len : at_once;

		if (og_write_all(client->fd, data, n) < 0)
			return -1;
		data += n;
		len -= n;
	}
	return 0;
}

static int put_often(struct client *client, long times, char *text)
{
	size_t len = unescape(text);

	for (long i = 0; times < 0 || i < times; i++)
		if (put(client, text, len) < 0)
			return -1;
	return 0;
}

/* A pause that notices when the client goes. */
static int pause_for(const struct client *client, long ms)
{
	char byte;

	for (; ms > 0; ms -= 10) {
		usleep(10000);
		if (recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			return -1;
	}
	return 0;
}

static int obey(struct client *client, char *line)
{
	char *rest = line + strcspn(line, " "), *more = rest;
	long n = 0;

	if (*rest)
		*rest++ = '\0';
	if (strcmp(line, "send") == 0)
		return put_often(client, 1, rest);
	if (strcmp(line, "forever") == 0)
		return put_often(client, -1, rest);
	n = strtol(rest, &more, 10);
	if (strcmp(line, "repeat") == 0)
		return put_often(client, n, more + (*more == ' '));
	if (strcmp(line, "sleep") == 0)
		return pause_for(client, n);
	if (strcmp(line, "pieces") == 0)
		client->pieces = n;
	return 0;
}

static int answer(struct client *client)
{
	int skip = count_path(client->path);
	char *save = NULL, *line = strtok_r(client->body, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		int next = strcmp(line, "next") == 0;

		if (next && skip == 0)
			return 0;
		if (next)
			skip--;
		else if (skip == 0 && obey(client, line) < 0)
			return -1;
	}
	return 0;
}

static void *serve(void *arg)
{
	struct client client = { .fd = (int)(long)arg };

	og_buf_init(&client.raw, REQUEST_MAX);
	if (read_request(&client) == 0) {
		const char *how;

		log_head(&client);
		how = answer(&client) == 0 ? "done " : "gone ";
		pthread_mutex_lock(&server.lock);
		log_line(how, client.path, strlen(client.path));
		pthread_mutex_unlock(&server.lock);
	}
	og_buf_release(&client.raw);
	close(client.fd);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned seconds = 900;
	int fd, on = 1;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--log") == 0)
			server.log = argv[i + 1];
		else if (strcmp(argv[i], "--seconds") == 0)
			seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	if (!server.log)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
	fd = listen_at(0, "script");
	for (;;) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (connection < 0)
			continue;
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (pthread_create(&thread, NULL, serve, (void *)(long)connection) == 0)
			pthread_detach(thread);
	}
}
