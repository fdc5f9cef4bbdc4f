/*
 * Server-sent events (WHATWG HTML, 9.2): text that is queued for a client
 * and taken by its transport as fast as the client reads. A queue has a
 * bound; a client that lets it fill is let go, and may come back.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/serve/serve-internal.h"

#define STREAMS_MAX	512
#define STREAMS_PER_ONE 64 /* of a session */
#define BEAT_MS		15000
#define BEAT_TICK_MS	1000

static int has_room(const struct og_serve *serve, const char *session)
{
	int n = 0;

	for (const struct og_stream *s = serve->streams; s; s = s->next)
		n += *session && strcmp(s->session, session) == 0;
	return serve->n_streams < STREAMS_MAX && n < STREAMS_PER_ONE;
}

static struct og_stream *make(struct og_serve *serve, const struct og_session *session)
{
	struct og_stream *stream = calloc(1, sizeof(*stream));
	struct og_err ignored = OG_ERR_INIT;

	if (!stream)
		return NULL;
	stream->serve = serve;
	memcpy(stream->principal, session->principal, sizeof(stream->principal));
	memcpy(stream->session, session->name, sizeof(stream->session));
	og_buf_init(&stream->queue, OG_STREAM_QUEUE_MAX);
	stream->beat = og_deadline(BEAT_MS);
	stream->next = serve->streams;
	if (serve->streams)
		serve->streams->prev = stream;
	serve->streams = stream;
	serve->n_streams++;
	og_streams_start(serve, &ignored);
	return stream;
}

struct og_stream *og_reply_stream(struct og_exchange *x, void (*gone)(void *arg), void *arg)
{
	struct og_stream *stream;

	if (x->serve->stopping || !has_room(x->serve, x->session.name)) {
		og_reply_header(x, "Retry-After", "5");
		og_reply_error(x, 503, "too many streams");
		return NULL;
	}
	stream = make(x->serve, &x->session);
	if (!stream) {
		og_reply_error(x, 500, "out of memory");
		return NULL;
	}
	stream->gone = gone;
	stream->arg = arg;
	og_reply_header(x, "X-Accel-Buffering", "no");
	og_reply_stream_started(x, stream);
	return stream;
}

static void leave(struct og_stream *stream)
{
	void (*gone)(void *arg) = stream->gone;

	stream->gone = NULL;
	if (gone)
		gone(stream->arg);
}

static void wake(struct og_stream *stream)
{
	if (stream->wake)
		stream->wake(stream);
}

/* gone() may come from here; the transport frees the stream later. */
static int drop(struct og_stream *stream)
{
	stream->dropped = 1;
	wake(stream);
	leave(stream);
	return -1;
}

/* Room that was sent already is used again. */
static void compact(struct og_stream *stream)
{
	struct og_buf *queue = &stream->queue;

	if (stream->done == 0)
		return;
	memmove(queue->data, queue->data + stream->done, queue->len - stream->done);
	queue->len -= stream->done;
	queue->data[queue->len] = '\0';
	stream->done = 0;
}

int og_stream_send(struct og_stream *stream, const char *event, const json_t *data)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf *queue = &stream->queue;

	if (stream->dropped || stream->ended)
		return -1;
	compact(stream);
	og_buf_addf(queue, "event: %s\ndata: ", event);
	if (og_json_dump(data, queue, &ignored) < 0)
		queue->failed = OG_EDATA;
	og_buf_adds(queue, "\n\n");
	if (queue->failed)
		return drop(stream);
	stream->beat = og_deadline(BEAT_MS);
	wake(stream);
	return 0;
}

void og_stream_end(struct og_stream *stream)
{
	stream->gone = NULL;
	stream->ended = 1;
	wake(stream);
}

void og_stream_close(struct og_stream *stream)
{
	stream->ended = 1;
	wake(stream);
	leave(stream);
}

const char *og_stream_principal(const struct og_stream *stream)
{
	return stream->principal;
}

void og_stream_over(struct og_stream *stream)
{
	struct og_serve *serve = stream->serve;

	leave(stream);
	if (stream->prev)
		stream->prev->next = stream->next;
	else
		serve->streams = stream->next;
	if (stream->next)
		stream->next->prev = stream->prev;
	serve->n_streams--;
	og_buf_release(&stream->queue);
	free(stream);
}

/* Waking a stream may end it, and what its owner does then others. */
static struct og_stream *find_due(const struct og_serve *serve, int64_t now)
{
	for (struct og_stream *s = serve->streams; s; s = s->next)
		if (s->beat <= now && !s->dropped && !s->ended)
			return s;
	return NULL;
}

static int beat(struct og_stream *stream)
{
	stream->beat = og_deadline(BEAT_MS);
	compact(stream);
	og_buf_adds(&stream->queue, ":\n\n");
	if (stream->queue.failed)
		return drop(stream);
	wake(stream);
	return 0;
}

static void beat_all(void *arg)
{
	struct og_serve *serve = arg;
	struct og_err ignored = OG_ERR_INIT;
	int64_t now = og_mono_ms();
	struct og_stream *stream;

	serve->beat_timer = NULL;
	while ((stream = find_due(serve, now)))
		beat(stream);
	if (serve->streams)
		og_streams_start(serve, &ignored);
}

int og_streams_start(struct og_serve *serve, struct og_err *err)
{
	if (serve->beat_timer)
		return 0;
	return og_loop_timer(serve->loop, og_deadline(BEAT_TICK_MS), beat_all, serve,
			     &serve->beat_timer, err);
}
