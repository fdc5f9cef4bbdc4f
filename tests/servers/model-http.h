/* The fake model's HTTP: requests read, replies written. Part of model.c. */
#ifndef OG_TESTS_SERVERS_MODEL_HTTP_H
#define OG_TESTS_SERVERS_MODEL_HTTP_H

#include <strings.h>
#include <unistd.h>

#include "tests/servers/model-obey.h"

#define REQUEST_MAX ((size_t)32 << 20)

/* A request as it came. */
struct incoming {
	struct og_buf raw;
	char method[16], path[1024];
	const char *body;
	size_t body_len;
};

/* --- HTTP, read ------------------------------------------------------------------ */

/* 1: *ret is how many bytes head and body take; 0: more is needed. */
static int whole(const struct og_buf *raw, size_t *ret_head, size_t *ret_body)
{
	const char *end = raw->len > 0 ? strstr(raw->data, "\r\n\r\n") : NULL, *length;

	if (!end)
		return 0;
	*ret_head = (size_t)(end - raw->data) + 4;
	length = strcasestr(raw->data, "\r\ncontent-length:");
	*ret_body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
	return raw->len >= *ret_head + *ret_body;
}

/* The value of a header, or "". */
static void header(const struct incoming *in, const char *name, char *out, size_t size)
{
	char line[300];
	const char *at;

	snprintf(line, sizeof(line), "\r\n%s:", name);
	at = strcasestr(in->raw.data, line);
	*out = '\0';
	if (!at || at > in->body)
		return;
	at += strlen(line);
	at += strspn(at, " ");
	snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

/* curl asks before it sends a large body. */
static void go_on(int fd, const struct og_buf *raw, int *asked)
{
	static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (*asked || raw->len == 0 || !strstr(raw->data, "\r\n\r\n") ||
	    !strcasestr(raw->data, "\r\nexpect: 100-continue"))
		return;
	*asked = 1;
	if (og_write_all(fd, answer, strlen(answer)) < 0)
		return;
}

static int read_request(int fd, struct incoming *in)
{
	char piece[65536];
	size_t head = 0, body = 0;
	int asked = 0;

	og_buf_clear(&in->raw);
	while (!whole(&in->raw, &head, &body)) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n <= 0 || og_buf_add(&in->raw, piece, (size_t)n) < 0)
			return 0;
		go_on(fd, &in->raw, &asked);
	}
	in->body = in->raw.data + head;
	in->body_len = body;
	return sscanf(in->raw.data, "%15s %1023s", in->method, in->path) == 2;
}

/* --- HTTP, written ----------------------------------------------------------------- */

/* One piece of the body; in a stream as a chunk. */
static int put_piece(int fd, const struct reply *reply, const char *data, size_t len)
{
	char head[32];
	int n = snprintf(head, sizeof(head), "%zx\r\n", len);

	if (!reply->stream)
		return og_write_all(fd, data, len);
	if (og_write_all(fd, head, (size_t)n) < 0 || og_write_all(fd, data, len) < 0)
		return -1;
	return og_write_all(fd, "\r\n", 2);
}

static size_t piece_len(const struct reply *reply, size_t done, int slow)
{
	size_t left = reply->body.len - done;
	const char *end = strstr(reply->body.data + done, "\n\n");

	if (!slow)
		return left;
	if (reply->stream && end)
		return (size_t)(end - reply->body.data) + 2 - done;
	return left < 64 ? left : 64;
}

/* 0: close the connection. */
static int put_body(int fd, const struct reply *reply)
{
	int64_t slow = og_json_int(reply->line, "slow_ms", 0);
	int64_t cut = og_json_int(reply->line, "cut", -1);
	size_t most = cut >= 0 && (size_t)cut < reply->body.len ? (size_t)cut : reply->body.len;

	for (size_t done = 0, n; done < most; done += n) {
		n = piece_len(reply, done, slow > 0);
		n = n < most - done ? n : most - done;
		if (put_piece(fd, reply, reply->body.data + done, n) < 0)
			return 0;
		if (slow > 0)
			usleep((useconds_t)slow * 1000);
	}
	if (cut >= 0)
		return 0;
	return !reply->stream || og_write_all(fd, "0\r\n\r\n", 5) == 0;
}

static int put_reply(int fd, const struct reply *reply)
{
	char head[1024], length[64];
	int n;

	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", reply->body.len);
	n = snprintf(head, sizeof(head), "HTTP/1.1 %d Something\r\nContent-Type: %s\r\n%s%s\r\n",
		     reply->status, reply->type, reply->head,
		     reply->stream ? "Transfer-Encoding: chunked\r\n" : length);
	if (og_write_all(fd, head, (size_t)n) < 0)
		return 0;
	return put_body(fd, reply);
}

#endif
