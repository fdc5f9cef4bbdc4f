/* Where connections come in, and by which names. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/serve/net-internal.h"

#define BACKLOG 512

/* An address as getsockname(2) has it: names it and remembers the names. */
static void name_door(struct og_door_way *door, const struct sockaddr_storage *at)
{
	const struct sockaddr_in *in = (const void *)at;
	const struct sockaddr_in6 *in6 = (const void *)at;
	char ip[INET6_ADDRSTRLEN] = "";
	unsigned port = 0;
	int loop = 0;

	if (at->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
		port = ntohs(in->sin_port);
		loop = ntohl(in->sin_addr.s_addr) >> 24 == 127;
		snprintf(door->host, sizeof(door->host), "%s:%u", ip, port);
	} else if (at->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
		port = ntohs(in6->sin6_port);
		loop = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
		snprintf(door->host, sizeof(door->host), "[%s]:%u", ip, port);
	}
	snprintf(door->port, sizeof(door->port), "%u", port & 0xffff);
	snprintf(door->url, sizeof(door->url), "http://%s/", door->host);
	if (loop)
		snprintf(door->local, sizeof(door->local), "localhost:%u", port);
}

static int open_door(struct og_net *net, struct og_door_way *door, struct og_err *err)
{
	if (net->n_doors == OG_DOORS_MAX)
		return og_fail(err, OG_EUSAGE, "more than %d addresses", OG_DOORS_MAX);
	net->doors[net->n_doors] = *door;
	door = &net->doors[net->n_doors];
	door->net = net;
	if (og_loop_watch(net->serve->loop, door->fd, EPOLLIN, og_net_accept, door, &door->watch,
			  err) < 0)
		return -1;
	net->n_doors++;
	return 0;
}

/* "IP:PORT" or "[IP]:PORT". */
static int parse(const char *where, struct sockaddr_storage *ret, socklen_t *len,
		 struct og_err *err)
{
	const char *colon = strrchr(where, ':');
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;
	char ip[INET6_ADDRSTRLEN + 2];
	size_t n = colon ? (size_t)(colon - where) : 0;
	int64_t port;

	memset(ret, 0, sizeof(*ret));
	if (n == 0 || n >= sizeof(ip) || og_int_parse(colon + 1, 0, 65535, "port", &port, NULL) < 0)
		goto bad;
	memcpy(ip, where, n);
	ip[n] = '\0';
	if (ip[0] == '[' && ip[n - 1] == ']') {
		ip[n - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		*len = sizeof(*in6);
		if (inet_pton(AF_INET6, ip + 1, &in6->sin6_addr) == 1)
			return 0;
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		*len = sizeof(*in);
		if (inet_pton(AF_INET, ip, &in->sin_addr) == 1)
			return 0;
	}
bad:
	og_fail(err, OG_EUSAGE, "'%s' is no address to listen at", where);
	return og_hint(err, "write 127.0.0.1:8420, [::1]:8420 or unix:PATH");
}

int og_serve_is_near(const char *where, struct og_err *err)
{
	struct sockaddr_storage at;
	const struct sockaddr_in *in = (const void *)&at;
	const struct sockaddr_in6 *in6 = (const void *)&at;
	socklen_t len;

	if (strncmp(where, "unix:", 5) == 0)
		return 1;
	if (parse(where, &at, &len, err) < 0)
		return -1;
	return at.ss_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) != 0
					: ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

static int bind_there(int fd, const struct sockaddr_storage *at, socklen_t len, const char *where,
		      struct og_err *err)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)at, len) < 0 || listen(fd, BACKLOG) < 0)
		return og_fail(err,
			       errno == EADDRINUSE ? OG_ETEMP
			       : errno == EACCES   ? OG_EPERM
						   : OG_EOS,
			       "cannot listen at '%s': %s", where, strerror(errno));
	return 0;
}

static int listen_tcp(struct og_net *net, const char *where, struct og_err *err)
{
	struct og_door_way door = { .fd = -1, .sock = { .fd = -1, .lock = -1 } };
	struct sockaddr_storage at;
	socklen_t len;

	if (parse(where, &at, &len, err) < 0)
		return -1;
	door.fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (door.fd < 0)
		return og_fail(err, OG_EOS, "cannot make a socket: %s", strerror(errno));
	len = at.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (bind_there(door.fd, &at, len, where, err) == 0) {
		len = sizeof(at);
		getsockname(door.fd, (struct sockaddr *)&at, &len);
		name_door(&door, &at);
		if (open_door(net, &door, err) == 0)
			return 0;
	}
	close(door.fd);
	return -1;
}

static void name_unix(struct og_door_way *door, const char *path)
{
	snprintf(door->url, sizeof(door->url), "unix:%s", path);
	snprintf(door->local, sizeof(door->local), "localhost");
}

static int listen_unix(struct og_net *net, const char *path, struct og_err *err)
{
	struct og_door_way door = { .fd = -1 };

	if (og_socket_listen(path, 0600, &door.sock, err) < 0)
		return -1;
	door.fd = door.sock.fd;
	name_unix(&door, path);
	/* Outside the instance nothing can be removed soon. */
	if (og_socket_keep(&door.sock, err) == 0 && open_door(net, &door, err) == 0)
		return 0;
	og_socket_close(&door.sock);
	return -1;
}

int og_net_listen(struct og_net *net, const char *where, struct og_err *err)
{
	return strncmp(where, "unix:", 5) == 0 ? listen_unix(net, where + 5, err)
					       : listen_tcp(net, where, err);
}

int og_net_adopt(struct og_net *net, int fd, struct og_err *err)
{
	struct og_door_way door = { .fd = fd, .sock = { .fd = -1, .lock = -1 } };
	struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(at);
	int listens = 0, flags = fcntl(fd, F_GETFL);
	socklen_t size = sizeof(listens);

	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens)
		return og_fail(err, OG_ECONF, "descriptor %d is no socket that listens", fd);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot set up descriptor %d: %s", fd, strerror(errno));
	if (at.ss_family == AF_UNIX)
		name_unix(&door, "(handed over)");
	else
		name_door(&door, &at);
	return open_door(net, &door, err);
}

void og_net_close_doors(struct og_net *net)
{
	for (size_t i = 0; i < net->n_doors; i++) {
		struct og_door_way *door = &net->doors[i];

		if (door->fd < 0)
			continue;
		og_watch_free(door->watch);
		door->watch = NULL;
		if (door->sock.fd >= 0)
			og_socket_close(&door->sock);
		else
			close(door->fd);
		door->fd = -1;
	}
}

const char *og_net_url(const struct og_net *net, size_t i)
{
	return i < net->n_doors ? net->doors[i].url : NULL;
}

/* With any port: a web server's own, where it was not told otherwise. */
static int is_here(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(host, names[i], len) == 0 &&
		    (!host[len] || (host[len] == ':' && strspn(host + len + 1, "0123456789") ==
								strlen(host + len + 1))))
			return 1;
	}
	return 0;
}

/* An address of ours, or --allow-host's name with or without a port of ours. */
int og_serve_is_host(const struct og_serve *serve, const char *host)
{
	const struct og_net *net = serve->net;
	size_t doors = net ? net->n_doors : 0;

	if (!*host)
		return 0;
	if (serve->setup.cgi && is_here(host))
		return 1;
	for (size_t i = 0; i < doors; i++)
		if (og_ascii_casecmp(net->doors[i].host, host) == 0 ||
		    og_ascii_casecmp(net->doors[i].local, host) == 0)
			return 1;
	for (const char *const *h = serve->setup.hosts; h && *h; h++) {
		char named[300];

		if (og_ascii_casecmp(*h, host) == 0)
			return 1;
		for (size_t i = 0; i < doors; i++) {
			og_text_format(named, sizeof(named), "%s:%s", *h, net->doors[i].port);
			if (og_ascii_casecmp(named, host) == 0)
				return 1;
		}
	}
	return 0;
}
