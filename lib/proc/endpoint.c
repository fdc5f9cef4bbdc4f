/* See endpoint.h. */
#include "lib/proc/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

static const struct {
	const char *scheme, *port;
} usual[] = {
	{ "amqp", "5672" }, { "amqps", "5671" },      { "http", "80" },
	{ "https", "443" }, { "neo4j+http", "7474" }, { "qdrant+http", "6333" },
};

static const char *usual_port(const char *url, size_t len)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (strlen(usual[i].scheme) == len && strncmp(usual[i].scheme, url, len) == 0)
			return usual[i].port;
	return NULL;
}

static int take(char *out, size_t size, const char *from, size_t len)
{
	if (len == 0 || len >= size)
		return -1;
	memcpy(out, from, len);
	out[len] = '\0';
	return 0;
}

/* HOST[:PORT] or [V6][:PORT], up to the path. */
static int parse_host(const char *at, size_t len, const char *port, struct og_endpoint *ret)
{
	const char *end = at + len, *host_end, *colon;
	int64_t number;

	if (len > 0 && *at == '[') {
		host_end = memchr(at, ']', len);
		if (!host_end ||
		    take(ret->host, sizeof(ret->host), at + 1, (size_t)(host_end - at - 1)) < 0)
			return -1;
		colon = host_end + 1;
	} else {
		colon = memchr(at, ':', len);
		if (!colon)
			colon = end;
		if (take(ret->host, sizeof(ret->host), at, (size_t)(colon - at)) < 0)
			return -1;
	}
	if (colon == end)
		return take(ret->port, sizeof(ret->port), port, strlen(port));
	if (*colon != ':' ||
	    take(ret->port, sizeof(ret->port), colon + 1, (size_t)(end - colon - 1)) < 0)
		return -1;
	return og_int_parse(ret->port, 1, 65535, "port", &number, NULL);
}

static int parse_tcp(const char *rest, const char *port, struct og_endpoint *ret)
{
	size_t len = strcspn(rest, "/?#");
	const char *user = memrchr(rest, '@', len);

	if (user) {
		len -= (size_t)(user + 1 - rest);
		rest = user + 1;
	}
	return parse_host(rest, len, port, ret);
}

int og_endpoint_parse(const char *url, struct og_endpoint *ret, struct og_err *err)
{
	char shown[OG_ENDPOINT_HOST];
	size_t scheme;
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (strncmp(url, "otlp:", 5) == 0)
		url += 5;
	scheme = strcspn(url, ":");
	if (strncmp(url, "unix:", 5) == 0)
		rc = take(ret->path, sizeof(ret->path), url + 5, strlen(url + 5));
	else if (usual_port(url, scheme))
		rc = strncmp(url + scheme, "://", 3) == 0
			     ? parse_tcp(url + scheme + 3, usual_port(url, scheme), ret)
			     : -1;
	else
		return 0;
	if (rc == 0)
		return 1;
	og_endpoint_show(url, shown, sizeof(shown));
	return og_fail(err, OG_ECONF, "'%s' names no place to connect to", shown);
}

/* A connection that is answered before the deadline. A socket that takes
 * datagrams says so, which a dead one does not. */
static int accepts(int family, const struct sockaddr *where, socklen_t len, int64_t deadline)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failed = 0;
	struct pollfd wait = { fd, POLLOUT, 0 };
	socklen_t size = sizeof(failed);
	int yes;

	if (fd < 0)
		return 0;
	yes = connect(fd, where, len) == 0 || errno == EPROTOTYPE;
	if (!yes && errno == EINPROGRESS && poll(&wait, 1, og_deadline_left(deadline)) == 1)
		yes = getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && failed == 0;
	close(fd);
	return yes;
}

static int accepts_tcp(const struct og_endpoint *endpoint, int64_t deadline)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found;
	int yes = 0;

	if (getaddrinfo(endpoint->host, endpoint->port, &hints, &found) != 0)
		return 0;
	for (const struct addrinfo *a = found; a && !yes; a = a->ai_next)
		yes = accepts(a->ai_family, a->ai_addr, a->ai_addrlen, deadline);
	freeaddrinfo(found);
	return yes;
}

int og_endpoint_accepts(const struct og_endpoint *endpoint, int64_t deadline)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };

	if (!endpoint->path[0])
		return accepts_tcp(endpoint, deadline);
	memcpy(where.sun_path, endpoint->path, sizeof(where.sun_path));
	return accepts(AF_UNIX, (const struct sockaddr *)&where, sizeof(where), deadline);
}

/* Up to the last "@", wherever it is: rather too much than a password. */
void og_endpoint_show(const char *url, char *out, size_t size)
{
	const char *slashes = strstr(url, "://");
	const char *host = slashes ? slashes + 3 : url;
	const char *at = slashes ? strrchr(host, '@') : NULL;

	og_text_format(out, size, "%.*s%s", (int)(host - url), url, at ? at + 1 : host);
}
