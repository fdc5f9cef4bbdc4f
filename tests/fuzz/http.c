/*
 * Requests: the checks and the ways of a handler into one, behind a
 * transport of this test. The first line is "METHOD TARGET", then come
 * headers "Name: value", an empty line, the body. The first byte says
 * whether a socket or a CGI environment brought it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/limit.h"
#include "lib/serve/serve-internal.h"

#define HEADERS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct request {
	char *text, *target, *body;
	const char *names[HEADERS], *values[HEADERS];
	size_t n;
	int replied;
};

static const char *find_header(const struct og_exchange *x, const char *name)
{
	const struct request *request = x->from;

	for (size_t i = 0; i < request->n; i++)
		if (og_ascii_casecmp(request->names[i], name) == 0)
			return request->values[i];
	return NULL;
}

static void survey(const struct og_exchange *x, struct og_survey *ret)
{
	const struct request *request = x->from;

	for (size_t i = 0; i < request->n; i++) {
		ret->hosts += og_ascii_casecmp(request->names[i], "Host") == 0;
		ret->origins += og_ascii_casecmp(request->names[i], "Origin") == 0;
		ret->forwarded += og_ascii_casecmp(request->names[i], "X-Forwarded-For") == 0;
	}
}

static void add_header(void *arg, const char *name, const char *value)
{
	(void)arg;
	if (strpbrk(name, "\r\n") || strpbrk(value, "\r\n"))
		abort(); /* an answer of somebody else's making */
}

static void replied(struct og_exchange *x)
{
	struct request *request = x->from;

	if (request->replied++)
		abort();
	og_reply_headers(x, add_header, NULL);
}

static const struct og_transport transport = { find_header, survey, replied };

static void handler(struct og_exchange *x)
{
	const json_t *body;
	int64_t number;
	size_t len;

	if (!og_utf8_valid(og_exchange_path(x), strlen(og_exchange_path(x))) ||
	    strstr(og_exchange_path(x), "//") || strstr(og_exchange_path(x), "/../"))
		abort();
	og_exchange_body(x, &len);
	if (og_exchange_number(x, "n", 0, 10, 5, &number) < 0)
		return;
	if (strcmp(og_exchange_method(x), "POST") != 0)
		og_reply_bytes(x, 200, "text/plain", og_exchange_param(x, "id"),
			       strlen(og_exchange_param(x, "id")));
	else if (og_exchange_json(x, &body) == 0)
		og_reply_json(x, 200, json_deep_copy(body));
}

static const struct og_route routes[] = {
	{ "GET", "/", OG_ROUTE_OPEN, handler },
	{ "GET", "/api/tasks/:id/:rest", OG_ROUTE_OPEN, handler },
	{ "POST", "/api/tasks/:id", OG_ROUTE_OPEN, handler },
	{ "POST", "/private", 0, handler },
	{ NULL, NULL, 0, NULL },
};
static const struct og_serve_part part = { routes, NULL, NULL, NULL };
static const struct og_serve_part *const parts[] = { &part, NULL };

static void tell(void *arg, int is_access, const char *text)
{
	(void)arg;
	(void)is_access;
	(void)text;
}

static char *cut(char **rest, const char *at)
{
	char *piece = *rest, *end = strstr(piece, at);

	if (end) {
		*end = '\0';
		*rest = end + strlen(at);
	} else {
		*rest = piece + strlen(piece);
	}
	return piece;
}

static void split(struct request *request, struct og_exchange *x)
{
	char *rest = request->text, *line = cut(&rest, "\n");

	x->method = cut(&line, " ");
	request->target = line;
	while (*rest && request->n < HEADERS) {
		line = cut(&rest, "\n");
		if (!*line)
			break;
		request->names[request->n] = cut(&line, ": ");
		request->values[request->n++] = line;
	}
	request->body = rest;
}

static unsigned parse(struct request *request, struct og_exchange *x, int cgi, const char **why)
{
	char *query = request->target, *path;

	if (!cgi)
		return og_target_parse(request->target, &x->target, why);
	path = cut(&query, "?");
	return og_target_from(path, query, &x->target, why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = { "shop.example", NULL };
	struct og_serve serve = {
		.setup = { .parts = parts, .hosts = hosts, .rate = 1000000, .tell = tell },
		.n_parts = 1,
		.sessions = "/nonexistent"
	};
	struct request request = { 0 };
	struct og_exchange *x;
	const char *why;
	unsigned bad;

	if (size < 1)
		return 0;
	serve.setup.cgi = data[0] & 1;
	serve.setup.proxy = data[0] >> 1 & 1;
	request.text = calloc(1, size);
	x = request.text ? og_exchange_new(&serve, &transport, &request) : NULL;
	if (!x)
		return 0;
	memcpy(request.text, data + 1, size - 1);
	split(&request, x);
	bad = parse(&request, x, serve.setup.cgi, &why);
	og_buf_add(&x->body, request.body, strlen(request.body));
	if (bad)
		og_reply_error(x, bad, "%s", why);
	else if (og_exchange_admit(x) == 0)
		og_exchange_run(x);
	if (request.replied != 1)
		abort();
	og_exchange_free(x);
	free(request.text);
	return 0;
}
