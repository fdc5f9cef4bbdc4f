/*
 * Connections and the daemon that turns them. libmicrohttpd parses HTTP and
 * has no thread and no sockets of its own: we accept, hand it the
 * connection, and turn it when its epoll descriptor is ready. What it says
 * of a request is net-request.c's.
 *
 * It only knows idleness, so the clock of a connection is ours: a request
 * has to arrive whole within OG_CONN_READ_MS of the answer before it,
 * however its bytes dribble in, and an answer has to be taken in a minute.
 * When all places are taken the one that has been arriving longest gives
 * way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/serve/net-request.h"

#define TICK_MS	   1000
#define NO_ROOM_MS 500
#define MEMORY	   ((size_t)32 << 10) /* of a connection: its headers fit in half of it */
#define SPARE	   64		      /* connections that are being closed */

static void tick(void *arg)
{
	struct og_net *net = arg;
	struct og_err ignored = OG_ERR_INIT;
	int64_t now = og_mono_ms();

	net->tick = NULL;
	for (struct og_conn *conn = net->conns; conn; conn = conn->next)
		if (conn->deadline <= now || (net->stopping && conn->phase == OG_CONN_READING))
			shutdown(conn->fd, SHUT_RDWR);
	if (net->conns)
		og_loop_timer(net->serve->loop, og_deadline(TICK_MS), tick, net, &net->tick,
			      &ignored);
}

static void joined(struct og_net *net, struct MHD_Connection *mhd, void **context)
{
	struct og_conn *conn = calloc(1, sizeof(*conn));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct og_err ignored = OG_ERR_INIT;

	*context = conn;
	if (!conn || !info)
		return;
	conn->net = net;
	conn->mhd = mhd;
	conn->fd = info->connect_fd;
	memcpy(conn->address, net->accepting, sizeof(conn->address));
	og_conn_set_phase(conn, OG_CONN_READING, OG_CONN_READ_MS);
	conn->next = net->conns;
	if (net->conns)
		net->conns->prev = conn;
	net->conns = conn;
	net->n++;
	if (!net->tick)
		og_loop_timer(net->serve->loop, og_deadline(TICK_MS), tick, net, &net->tick,
			      &ignored);
}

static void left(struct og_net *net, struct og_conn *conn)
{
	if (!conn)
		return;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		net->conns = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	net->n--;
	free(conn);
	og_serve_may_end(net->serve);
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		joined(arg, mhd, context);
	else
		left(arg, *context);
}

/* The one whose request has been on its way the longest gives up its place. */
static int make_room(struct og_net *net)
{
	struct og_conn *longest = NULL;

	for (struct og_conn *conn = net->conns; conn; conn = conn->next)
		if (conn->phase == OG_CONN_READING && conn->deadline != 0 &&
		    (!longest || conn->deadline < longest->deadline))
			longest = conn;
	if (!longest)
		return -1;
	longest->deadline = 0; /* not twice */
	shutdown(longest->fd, SHUT_RDWR);
	net->kick = 1;
	return 0;
}

static void name_peer(struct og_net *net, const struct sockaddr_storage *peer)
{
	const struct sockaddr_in *in = (const void *)peer;
	const struct sockaddr_in6 *in6 = (const void *)peer;

	snprintf(net->accepting, sizeof(net->accepting), "unix");
	if (peer->ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, net->accepting, sizeof(net->accepting));
	else if (peer->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, net->accepting, sizeof(net->accepting));
}

static void welcome(struct og_net *net, int fd, const struct sockaddr_storage *peer, socklen_t len)
{
	name_peer(net, peer);
	if (net->n >= net->serve->setup.connections + SPARE ||
	    (net->n >= net->serve->setup.connections && make_room(net) < 0)) {
		close(fd);
		return;
	}
	/* It closes fd when it will not have it. */
	MHD_add_connection(net->daemon, fd, (const struct sockaddr *)peer, len);
	net->kick = 1;
}

static void resume_accepting(void *arg)
{
	struct og_net *net = arg;

	net->pause = NULL;
	for (size_t i = 0; i < net->n_doors; i++)
		if (net->doors[i].watch)
			og_watch_for(net->doors[i].watch, EPOLLIN);
}

/* Out of descriptors: what comes waits in the kernel's queue. */
static void pause_accepting(struct og_net *net)
{
	struct og_err ignored = OG_ERR_INIT;

	for (size_t i = 0; i < net->n_doors; i++)
		if (net->doors[i].watch)
			og_watch_for(net->doors[i].watch, 0);
	if (!net->pause)
		og_loop_timer(net->serve->loop, og_deadline(NO_ROOM_MS), resume_accepting, net,
			      &net->pause, &ignored);
}

void og_net_accept(void *arg, uint32_t events)
{
	struct og_door_way *door = arg;
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(peer);

	(void)events;
	for (int i = 0; i < 32; i++) {
		int fd = accept4(door->fd, (struct sockaddr *)&peer, &len,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			welcome(door->net, fd, &peer, len);
		} else {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				pause_accepting(door->net);
			return;
		}
		len = sizeof(peer);
	}
}

/* --- the daemon ----------------------------------------------------------- */

static void on_ready(void *arg, uint32_t events)
{
	(void)events;
	MHD_run(((struct og_net *)arg)->daemon);
}

static int before_sleep(void *arg)
{
	struct og_net *net = arg;
	MHD_UNSIGNED_LONG_LONG ms;

	for (int i = 0; i < 8 && net->kick; i++) {
		net->kick = 0;
		MHD_run(net->daemon);
	}
	if (net->kick)
		return 0;
	if (MHD_get_timeout(net->daemon, &ms) != MHD_YES)
		return -1;
	net->kick = ms == 0;
	return ms > 60000 ? 60000 : (int)ms;
}

static int start(struct og_net *net, struct og_err *err)
{
	const union MHD_DaemonInfo *info;

	net->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
		og_conn_request, net, MHD_OPTION_NOTIFY_COMPLETED, og_conn_completed, net,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, net, MHD_OPTION_URI_LOG_CALLBACK,
		og_conn_target, net, MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)(net->serve->setup.connections + 2 * SPARE),
		MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_STRICT_FOR_CLIENT, 0,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	info = net->daemon ? MHD_get_daemon_info(net->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info)
		return og_fail(err, OG_EOS, "cannot start the HTTP server: %s", strerror(errno));
	og_loop_before_sleep(net->serve->loop, before_sleep, net);
	return og_loop_watch(net->serve->loop, info->epoll_fd, EPOLLIN, on_ready, net, &net->watch,
			     err);
}

int og_net_new(struct og_serve *serve, struct og_net **ret, struct og_err *err)
{
	struct og_net *net = calloc(1, sizeof(*net));

	if (!net)
		return og_fail_nomem(err);
	net->serve = serve;
	if (start(net, err) < 0) {
		og_net_free(net);
		return -1;
	}
	*ret = net;
	return 0;
}

void og_net_stop(struct og_net *net)
{
	net->stopping = 1;
	og_net_close_doors(net);
	og_timer_free(net->tick);
	tick(net);
	net->kick = 1;
}

int og_net_count(const struct og_net *net)
{
	return net->n;
}

void og_net_free(struct og_net *net)
{
	if (!net)
		return;
	og_net_close_doors(net);
	og_timer_free(net->pause);
	og_watch_free(net->watch);
	if (net->daemon)
		MHD_stop_daemon(net->daemon);
	og_timer_free(net->tick);
	free(net);
}
