/*
 * One request of a CGI environment (RFC 3875): the same checks and handlers
 * behind another transport. The web server in front has parsed HTTP and
 * decoded the path; what it says is read as strictly as what a socket says.
 * A stream is written as it grows, until the other side is gone.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/serve/serve-internal.h"

#define BODY_MS 20000

struct gateway {
	const char *(*env)(const char *name);
	int in, out;
	struct og_serve *serve;
	struct og_stream *stream;
	struct og_watch *watch;
	int done, broken;
};

/* HTTP_X_OG_CSRF of X-OG-CSRF; two headers have names of their own. */
static const char *variable(const struct gateway *gateway, const char *name)
{
	char text[64] = "HTTP_";
	size_t at = 5;

	if (og_ascii_casecmp(name, "Content-Type") == 0)
		return gateway->env("CONTENT_TYPE");
	if (og_ascii_casecmp(name, "Content-Length") == 0)
		return gateway->env("CONTENT_LENGTH");
	for (const char *p = name; *p && at + 1 < sizeof(text); p++)
		text[at++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	text[at] = '\0';
	/* The environment's own memory, not the name's. */
	/* cppcheck-suppress returnDanglingLifetime */
	return gateway->env(text);
}

static const char *find_header(const struct og_exchange *x, const char *name)
{
	return variable(x->from, name);
}

/* The web server has made one of each. */
static void survey(const struct og_exchange *x, struct og_survey *ret)
{
	ret->hosts = find_header(x, "Host") != NULL;
	ret->origins = find_header(x, "Origin") != NULL;
}

static void put(struct gateway *gateway, const char *data, size_t len)
{
	if (!gateway->broken && og_write_all(gateway->out, data, len) < 0)
		gateway->broken = 1;
}

static void add_line(void *arg, const char *name, const char *value)
{
	struct og_buf *head = arg;

	og_buf_addf(head, "%s: %s\r\n", name, value);
}

static void put_head(struct gateway *gateway, const struct og_exchange *x)
{
	struct og_buf head;

	og_buf_init(&head, 65536);
	og_buf_addf(&head, "Status: %u\r\n", x->reply.status);
	og_reply_headers(x, add_line, &head);
	og_buf_adds(&head, "\r\n");
	if (head.failed)
		gateway->broken = 1;
	else
		put(gateway, head.data, head.len);
	og_buf_release(&head);
}

static void end(struct gateway *gateway)
{
	gateway->done = 1;
	og_loop_end(gateway->serve->loop);
}

static void wake(struct og_stream *stream)
{
	struct gateway *gateway = stream->from;

	put(gateway, stream->queue.data + stream->done, stream->queue.len - stream->done);
	og_buf_clear(&stream->queue);
	stream->done = 0;
	if (stream->ended || stream->dropped || gateway->broken)
		end(gateway);
}

static void other_side(void *arg, uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		end(arg);
}

static void replied(struct og_exchange *x)
{
	struct gateway *gateway = x->from;
	struct og_err ignored = OG_ERR_INIT;

	put_head(gateway, x);
	if (!x->reply.stream) {
		if (strcmp(x->method, "HEAD") != 0)
			put(gateway, x->reply.data, x->reply.len);
		end(gateway);
		return;
	}
	gateway->stream = x->reply.stream;
	gateway->stream->from = gateway;
	gateway->stream->wake = wake;
	x->reply.stream = NULL;
	/* A regular file cannot be watched, and never goes away. */
	og_loop_watch(gateway->serve->loop, gateway->out, 0, other_side, gateway, &gateway->watch,
		      &ignored);
}

static const struct og_transport transport = { find_header, survey, replied };

/* As many bytes as the web server says there are. */
static int read_body(struct gateway *gateway, struct og_exchange *x)
{
	const char *length = gateway->env("CONTENT_LENGTH");
	int64_t left = 0, deadline = og_deadline(BODY_MS);
	char piece[4096];

	if (length && og_int_parse(length, 0, INT32_MAX, "length", &left, NULL) < 0) {
		og_reply_error(x, 400, "Content-Length is no number");
		return -1;
	}
	if ((size_t)left > OG_HTTP_BODY_MAX) {
		og_reply_error(x, 413, "the body is larger than %zu bytes", OG_HTTP_BODY_MAX);
		return -1;
	}
	while (left > 0) {
		size_t most = (size_t)left < sizeof(piece) ? (size_t)left : sizeof(piece);
		struct pollfd fd = { gateway->in, POLLIN, 0 };
		ssize_t n = poll(&fd, 1, og_deadline_left(deadline)) > 0
				    ? read(gateway->in, piece, most)
				    : 0;

		if (n <= 0 || og_buf_add(&x->body, piece, (size_t)n) < 0) {
			og_reply_error(x, 400, "the body did not come");
			return -1;
		}
		left -= n;
	}
	return 0;
}

static void take_request(struct gateway *gateway, struct og_exchange *x)
{
	const char *method = gateway->env("REQUEST_METHOD"), *path = gateway->env("PATH_INFO");
	const char *query = gateway->env("QUERY_STRING"), *peer = gateway->env("REMOTE_ADDR");
	const char *why;
	unsigned bad;

	x->method = method ? method : "";
	og_text_format(x->address, sizeof(x->address), "%s", peer ? peer : "unknown");
	bad = og_target_from(path ? path : "/", query ? query : "", &x->target, &why);
	if (bad)
		og_reply_error(x, bad, "%s", why);
	else if (og_exchange_admit(x) == 0 && read_body(gateway, x) == 0)
		og_exchange_run(x);
}

/* Everything but the web server's own mistakes has a status of HTTP. */
int og_serve_cgi(struct og_serve *serve, const char *(*env)(const char *name), int in, int out,
		 struct og_err *err)
{
	struct gateway gateway = { .env = env, .in = in, .out = out, .serve = serve };
	const char *https = env("HTTPS");
	struct og_exchange *x;
	int rc = 0;

	if (!env("GATEWAY_INTERFACE") || !env("REQUEST_METHOD")) {
		og_fail(err, OG_EUSAGE, "this is no CGI environment");
		return og_hint(err, "a web server starts this, or og-serve without --cgi");
	}
	if (https && *https && og_ascii_casecmp(https, "off") != 0)
		serve->setup.proxy = 1;
	x = og_exchange_new(serve, &transport, &gateway);
	if (!x)
		return og_fail_nomem(err);
	take_request(&gateway, x);
	if (!gateway.done)
		rc = og_loop_run(serve->loop, err);
	og_serve_finish(serve);
	og_watch_free(gateway.watch);
	if (gateway.stream)
		og_stream_over(gateway.stream);
	og_exchange_free(x);
	if (rc == 0 && gateway.broken)
		rc = og_fail(err, OG_EIO, "cannot write the answer: %s", strerror(errno));
	return rc;
}
