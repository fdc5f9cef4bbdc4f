/*
 * Connections: the one file that knows libmicrohttpd, which parses HTTP.
 * It has no thread and no sockets of its own: we accept, hand it the
 * connection, and turn it when its epoll descriptor is ready. A request
 * whose answer takes time is suspended and resumed by the reply.
 *
 * It only knows idleness, so the clock of a connection is ours: a request
 * has to arrive whole within READ_MS of the answer before it, however its
 * bytes dribble in, and an answer has to be taken within SEND_MS. When all
 * places are taken the one that has been arriving longest gives way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/net-internal.h"

#define READ_MS	    20000
#define SEND_MS	    60000
#define TICK_MS	    1000
#define NO_ROOM_MS  500
#define MEMORY	    ((size_t)32 << 10) /* of a connection: its headers fit in half of it */
#define SPARE	    64		       /* connections that are being closed */
#define SWALLOW_MAX ((size_t)1 << 20)  /* of a body that is too large, to answer it */

enum phase { READING, WORKING, SENDING, STREAMING };

struct conn {
	struct og_net *net;
	struct conn *next, *prev;
	struct MHD_Connection *mhd;
	int fd;
	enum phase phase;
	int64_t deadline;
	char address[OG_ADDRESS_MAX];
	struct og_exchange *x;
	unsigned bad; /* status of a target that could not be parsed */
	const char *why;
	size_t swallowed;
	int inside; /* a handler of ours runs: who replies need not resume */
	int suspended;
	enum { HEAD, BODY, RUNNING, ANSWERED } step;
};

static void set_phase(struct conn *conn, enum phase phase, int64_t ms)
{
	conn->phase = phase;
	conn->deadline = ms ? og_deadline(ms) : OG_FOREVER;
}

/* --- the answer ----------------------------------------------------------- */

static void add_header(void *arg, const char *name, const char *value)
{
	MHD_add_response_header(arg, name, value);
}

static void stream_over(void *arg)
{
	og_stream_over(arg);
}

/* What is queued, or a pause until there is something. */
static ssize_t read_stream(void *arg, uint64_t at, char *to, size_t max)
{
	struct og_stream *stream = arg;
	struct conn *conn = stream->from;
	size_t left = stream->queue.len - stream->done;

	(void)at;
	if (stream->dropped)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (left == 0 && stream->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (left == 0) {
		stream->waiting = 1;
		MHD_suspend_connection(conn->mhd);
		return 0;
	}
	if (left > max)
		left = max;
	memcpy(to, stream->queue.data + stream->done, left);
	stream->done += left;
	if (stream->done == stream->queue.len) {
		og_buf_clear(&stream->queue);
		stream->done = 0;
	}
	return (ssize_t)left;
}

static void wake_stream(struct og_stream *stream)
{
	struct conn *conn = stream->from;

	/* A peer that takes nothing would keep what was written to it. */
	if (stream->dropped)
		shutdown(conn->fd, SHUT_RDWR);
	if (stream->waiting) {
		stream->waiting = 0;
		MHD_resume_connection(conn->mhd);
	}
	conn->net->kick = 1;
}

static struct MHD_Response *make_response(struct conn *conn)
{
	struct og_reply *reply = &conn->x->reply;
	struct MHD_Response *response;

	if (reply->stream) {
		reply->stream->from = conn;
		reply->stream->wake = wake_stream;
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream,
							     reply->stream, stream_over);
		if (response)
			reply->stream = NULL;
		return response;
	}
	response = MHD_create_response_from_buffer(reply->len, reply->data,
						   reply->kept ? MHD_RESPMEM_PERSISTENT
							       : MHD_RESPMEM_MUST_FREE);
	if (response && !reply->kept)
		reply->data = NULL;
	return response;
}

static enum MHD_Result queue_answer(struct conn *conn)
{
	struct og_exchange *x = conn->x;
	int streams = x->reply.stream != NULL;
	struct MHD_Response *response = make_response(conn);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	og_reply_headers(x, add_header, response);
	if (x->closing || x->serve->stopping)
		MHD_add_response_header(response, "Connection", "close");
	conn->step = ANSWERED;
	if (streams)
		set_phase(conn, STREAMING, 0);
	else
		set_phase(conn, SENDING, SEND_MS);
	rc = MHD_queue_response(conn->mhd, x->reply.status, response);
	MHD_destroy_response(response);
	return rc;
}

/* --- the request ---------------------------------------------------------- */

static const char *find_header(const struct og_exchange *x, const char *name)
{
	const struct conn *conn = x->from;

	return MHD_lookup_connection_value(conn->mhd, MHD_HEADER_KIND, name);
}

/* RFC 9110, 5.6.2 and 5.5. */
static int is_bad(const char *name, const char *value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (!*name || name[strspn(name, token)])
		return 1;
	for (; value && *value; value++)
		if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
			return 1;
	return 0;
}

static enum MHD_Result survey_one(void *arg, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	struct og_survey *survey = arg;

	(void)kind;
	survey->bad |= is_bad(name, value);
	survey->hosts += og_ascii_casecmp(name, "Host") == 0;
	survey->lengths += og_ascii_casecmp(name, "Content-Length") == 0;
	survey->encodings += og_ascii_casecmp(name, "Transfer-Encoding") == 0;
	survey->origins += og_ascii_casecmp(name, "Origin") == 0;
	survey->forwarded += og_ascii_casecmp(name, "X-Forwarded-For") == 0;
	return MHD_YES;
}

static void survey(const struct og_exchange *x, struct og_survey *ret)
{
	const struct conn *conn = x->from;

	MHD_get_connection_values(conn->mhd, MHD_HEADER_KIND, survey_one, ret);
}

static void replied(struct og_exchange *x)
{
	struct conn *conn = x->from;

	if (conn->inside)
		return;
	x->serve->open--;
	conn->suspended = 0;
	MHD_resume_connection(conn->mhd);
	conn->net->kick = 1;
}

static const struct og_transport transport = { find_header, survey, replied };

static void *on_target(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct conn *conn = info ? info->socket_context : NULL;
	struct og_exchange *x;

	(void)arg;
	if (!conn)
		return NULL;
	x = og_exchange_new(conn->net->serve, &transport, conn);
	conn->x = x;
	conn->step = HEAD;
	conn->swallowed = 0;
	if (!x)
		return NULL;
	conn->bad = og_target_parse(uri, &x->target, &conn->why);
	memcpy(x->address, conn->address, sizeof(x->address));
	return x;
}

static int has_body(const struct og_exchange *x)
{
	return find_header(x, "Content-Length") || find_header(x, "Transfer-Encoding");
}

static void begin(struct conn *conn, const char *method)
{
	struct og_exchange *x = conn->x;

	x->method = method;
	if (conn->bad) {
		x->closing = 1;
		og_reply_error(x, conn->bad, "%s", conn->why);
	} else {
		og_exchange_admit(x);
	}
	conn->step = BODY;
}

/* Too much of it is read on for a while, so that the answer is heard. */
static enum MHD_Result take_body(struct conn *conn, const char *data, size_t *size)
{
	if (og_buf_add(&conn->x->body, data, *size) < 0)
		conn->swallowed += *size;
	*size = 0;
	return conn->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

static void run(struct conn *conn)
{
	struct og_exchange *x = conn->x;

	conn->step = RUNNING;
	set_phase(conn, WORKING, 0);
	if (x->body.failed) {
		x->closing = 1;
		og_reply_error(x, 413, "the body is larger than %zu bytes", OG_HTTP_BODY_MAX);
	} else {
		og_exchange_run(x);
	}
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **mine)
{
	struct og_exchange *x = *mine;
	struct conn *conn = x ? x->from : NULL;

	(void)arg;
	(void)mhd;
	(void)url;
	(void)version;
	if (!conn || conn->step == ANSWERED)
		return MHD_NO;
	conn->inside = 1;
	if (conn->step == HEAD) {
		begin(conn, method);
		conn->inside = 0;
		/* An answer before the body is read ends the connection. */
		return x->reply.status && has_body(x) ? queue_answer(conn) : MHD_YES;
	}
	if (*size) {
		conn->inside = 0;
		return take_body(conn, data, size);
	}
	if (conn->step == BODY && !x->reply.status)
		run(conn);
	conn->inside = 0;
	if (x->reply.status)
		return queue_answer(conn);
	x->serve->open++;
	conn->suspended = 1;
	MHD_suspend_connection(conn->mhd);
	return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **mine,
			 enum MHD_RequestTerminationCode why)
{
	struct og_exchange *x = *mine;
	struct conn *conn = x ? x->from : NULL;

	(void)arg;
	(void)mhd;
	(void)why;
	if (!conn)
		return;
	*mine = NULL;
	if (x->reply.stream)
		og_stream_over(x->reply.stream);
	og_exchange_free(x);
	conn->x = NULL;
	set_phase(conn, READING, READ_MS);
}

/* --- connections ---------------------------------------------------------- */

static void tick(void *arg)
{
	struct og_net *net = arg;
	struct og_err ignored = OG_ERR_INIT;
	int64_t now = og_mono_ms();

	net->tick = NULL;
	for (struct conn *conn = net->conns; conn; conn = conn->next)
		if (conn->deadline <= now || (net->stopping && conn->phase == READING))
			shutdown(conn->fd, SHUT_RDWR);
	if (net->conns)
		og_loop_timer(net->serve->loop, og_deadline(TICK_MS), tick, net, &net->tick,
			      &ignored);
}

static void joined(struct og_net *net, struct MHD_Connection *mhd, void **context)
{
	struct conn *conn = calloc(1, sizeof(*conn));
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
	set_phase(conn, READING, READ_MS);
	conn->next = net->conns;
	if (net->conns)
		net->conns->prev = conn;
	net->conns = conn;
	net->n++;
	if (!net->tick)
		og_loop_timer(net->serve->loop, og_deadline(TICK_MS), tick, net, &net->tick,
			      &ignored);
}

static void left(struct og_net *net, struct conn *conn)
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
	struct conn *longest = NULL;

	for (struct conn *conn = net->conns; conn; conn = conn->next)
		if (conn->phase == READING && conn->deadline != 0 &&
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
		on_request, net, MHD_OPTION_NOTIFY_COMPLETED, on_completed, net,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, net, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, net, MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
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
