/*
 * A request on a connection, as libmicrohttpd tells of it, and the answer as
 * it wants it. A request whose answer takes time is suspended and resumed by
 * the reply; so is a stream that has nothing to say yet.
 */
#include <string.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/net-request.h"

#define SEND_MS	    60000
#define SWALLOW_MAX ((size_t)1 << 20) /* of a body that is too large, to answer it */

void og_conn_set_phase(struct og_conn *conn, enum og_conn_phase phase, int64_t ms)
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
	struct og_conn *conn = stream->from;
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
	struct og_conn *conn = stream->from;

	/* A peer that takes nothing would keep what was written to it. */
	if (stream->dropped)
		shutdown(conn->fd, SHUT_RDWR);
	if (stream->waiting) {
		stream->waiting = 0;
		MHD_resume_connection(conn->mhd);
	}
	conn->net->kick = 1;
}

static struct MHD_Response *make_response(struct og_conn *conn)
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

static enum MHD_Result queue_answer(struct og_conn *conn)
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
	conn->step = OG_CONN_ANSWERED;
	if (streams)
		og_conn_set_phase(conn, OG_CONN_STREAMING, 0);
	else
		og_conn_set_phase(conn, OG_CONN_SENDING, SEND_MS);
	rc = MHD_queue_response(conn->mhd, x->reply.status, response);
	MHD_destroy_response(response);
	return rc;
}

/* --- the request ---------------------------------------------------------- */

static const char *find_header(const struct og_exchange *x, const char *name)
{
	const struct og_conn *conn = x->from;

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
	const struct og_conn *conn = x->from;

	MHD_get_connection_values(conn->mhd, MHD_HEADER_KIND, survey_one, ret);
}

static void replied(struct og_exchange *x)
{
	struct og_conn *conn = x->from;

	if (conn->inside)
		return;
	x->serve->open--;
	conn->suspended = 0;
	MHD_resume_connection(conn->mhd);
	conn->net->kick = 1;
}

static const struct og_transport transport = { find_header, survey, replied };

void *og_conn_target(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct og_conn *conn = info ? info->socket_context : NULL;
	struct og_exchange *x;

	(void)arg;
	if (!conn)
		return NULL;
	x = og_exchange_new(conn->net->serve, &transport, conn);
	conn->x = x;
	conn->step = OG_CONN_HEAD;
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

static void begin(struct og_conn *conn, const char *method)
{
	struct og_exchange *x = conn->x;

	x->method = method;
	if (conn->bad) {
		x->closing = 1;
		og_reply_error(x, conn->bad, "%s", conn->why);
	} else {
		og_exchange_admit(x);
	}
	conn->step = OG_CONN_BODY;
}

/* Too much of it is read on for a while, so that the answer is heard. */
static enum MHD_Result take_body(struct og_conn *conn, const char *data, size_t *size)
{
	if (og_buf_add(&conn->x->body, data, *size) < 0)
		conn->swallowed += *size;
	*size = 0;
	return conn->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

static void run(struct og_conn *conn)
{
	struct og_exchange *x = conn->x;

	conn->step = OG_CONN_RUNNING;
	og_conn_set_phase(conn, OG_CONN_WORKING, 0);
	if (x->body.failed) {
		x->closing = 1;
		og_reply_error(x, 413, "the body is larger than %zu bytes", OG_HTTP_BODY_MAX);
	} else {
		og_exchange_run(x);
	}
}

enum MHD_Result og_conn_request(void *arg, struct MHD_Connection *mhd, const char *url,
				const char *method, const char *version, const char *data,
				size_t *size, void **mine)
{
	struct og_exchange *x = *mine;
	struct og_conn *conn = x ? x->from : NULL;

	(void)arg;
	(void)mhd;
	(void)url;
	(void)version;
	if (!conn || conn->step == OG_CONN_ANSWERED)
		return MHD_NO;
	conn->inside = 1;
	if (conn->step == OG_CONN_HEAD) {
		begin(conn, method);
		conn->inside = 0;
		/* An answer before the body is read ends the connection. */
		return x->reply.status && has_body(x) ? queue_answer(conn) : MHD_YES;
	}
	if (*size) {
		conn->inside = 0;
		return take_body(conn, data, size);
	}
	if (conn->step == OG_CONN_BODY && !x->reply.status)
		run(conn);
	conn->inside = 0;
	if (x->reply.status)
		return queue_answer(conn);
	x->serve->open++;
	conn->suspended = 1;
	MHD_suspend_connection(conn->mhd);
	return MHD_YES;
}

void og_conn_completed(void *arg, struct MHD_Connection *mhd, void **mine,
		       enum MHD_RequestTerminationCode why)
{
	struct og_exchange *x = *mine;
	struct og_conn *conn = x ? x->from : NULL;

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
	og_conn_set_phase(conn, OG_CONN_READING, OG_CONN_READ_MS);
}
