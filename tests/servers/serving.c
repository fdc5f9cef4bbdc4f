/*
 * The HTTP server of lib/serve with handlers that only a test wants: slow
 * ones, streams, answers of any size. Runs until SIGTERM; says where it
 * listens on standard error.
 *
 *	serving HOME EXE_DIR
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve.h"

#define STREAMS 600

static const char *environment(const char *name)
{
	return getenv(name);
}

struct state {
	struct og_serve *serve;
	struct og_stream *streams[STREAMS];
	long ticks, gone;
};

struct seat {
	struct state *state;
	int i;
};

static void gone(void *arg)
{
	struct seat *seat = arg;

	seat->state->streams[seat->i] = NULL;
	seat->state->gone++;
	free(seat);
}

static void tick(void *arg)
{
	struct state *state = arg;
	struct og_err err = OG_ERR_INIT;
	struct og_timer *timer;
	json_t *data = json_pack("{s:i}", "tick", (int)++state->ticks);

	for (int i = 0; i < STREAMS; i++)
		if (state->streams[i])
			og_stream_send(state->streams[i], "tick", data);
	json_decref(data);
	og_loop_timer(og_serve_loop(state->serve), og_deadline(100), tick, state, &timer, &err);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return og_fail_nomem(err);
	state->serve = serve;
	*ret = state;
	tick(state);
	return 0;
}

static void stop(void *arg)
{
	free(arg);
}

static void stream(struct og_exchange *x)
{
	struct state *state = og_exchange_state(x);
	struct seat *seat = calloc(1, sizeof(*seat));
	struct og_stream *made;

	while (seat && seat->i < STREAMS - 1 && state->streams[seat->i])
		seat->i++;
	if (!seat)
		return;
	seat->state = state;
	made = og_reply_stream(x, gone, seat);
	if (made)
		state->streams[seat->i] = made;
	else
		free(seat);
}

/* More and more, whether the client takes it or not. */
struct flood {
	struct og_serve *serve;
	struct og_stream *stream; /* NULL: it is gone */
};

static void pour(void *arg)
{
	struct flood *flood = arg;
	struct og_err err = OG_ERR_INIT;
	struct og_timer *timer;
	json_t *data;

	if (!flood->stream) {
		free(flood);
		return;
	}
	data = json_pack("{s:s}", "x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	for (int i = 0; i < 100 && flood->stream; i++)
		og_stream_send(flood->stream, "flood", data);
	json_decref(data);
	if (og_loop_timer(og_serve_loop(flood->serve), og_deadline(5), pour, flood, &timer, &err) <
	    0)
		free(flood);
}

static void flooded(void *arg)
{
	((struct flood *)arg)->stream = NULL;
}

static void flood(struct og_exchange *x)
{
	struct flood *flood = calloc(1, sizeof(*flood));

	if (!flood)
		return;
	flood->serve = og_exchange_serve(x);
	flood->stream = og_reply_stream(x, flooded, flood);
	pour(flood);
}

static void slept(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	if (done)
		og_reply_json(x, 200,
			      json_pack("{s:i,s:s,s:i}", "status", done->status, "said", done->said,
					"bytes", (int)done->len));
	else
		og_reply_refusal(x, err);
}

static void run_shell(struct og_exchange *x, const char *who, int64_t ms, size_t most)
{
	const char *argv[] = { "/bin/sh", "-c", og_exchange_query(x, "sh"), NULL };
	size_t len;
	const char *body = og_exchange_body(x, &len);
	struct og_spawn what = { who, argv, body, len, ms, most };

	og_exchange_spawn(x, &what, slept);
}

static void sh(struct og_exchange *x)
{
	const char *who = og_exchange_query(x, "who");
	int64_t ms, most;

	if (og_exchange_number(x, "ms", 1, 60000, 5000, &ms) == 0 &&
	    og_exchange_number(x, "most", 1, 100000000, 1000000, &most) == 0)
		run_shell(x, who ? who : "somebody", ms, (size_t)most);
}

static void asked(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	(void)reply;
	if (err->code)
		og_reply_refusal(x, err);
	else
		og_reply_json(x, 200, json_pack("{s:s}", "status", "ok"));
}

static void ask(struct og_exchange *x)
{
	og_exchange_ask(x, og_exchange_param(x, "verb"), json_object(), asked);
}

static void big(struct og_exchange *x)
{
	int64_t size;
	char *data;

	if (og_exchange_number(x, "size", 0, 30000000, 0, &size) < 0)
		return;
	data = calloc(1, (size_t)size + 1);
	if (data)
		memset(data, 'x', (size_t)size);
	og_reply_bytes(x, 200, "text/plain", data, (size_t)size);
	free(data);
}

static void state(struct og_exchange *x)
{
	struct state *state = og_exchange_state(x);
	int n = 0;

	for (int i = 0; i < STREAMS; i++)
		n += state->streams[i] != NULL;
	og_reply_json(x, 200, json_pack("{s:i,s:i}", "streams", n, "gone", (int)state->gone));
}

static void echo(struct og_exchange *x)
{
	const json_t *body;

	if (og_exchange_json(x, &body) == 0)
		og_reply_json(x, 200, json_deep_copy(body));
}

static const struct og_route routes[] = {
	{ "GET", "/t/state", OG_ROUTE_FREE, state },
	{ "GET", "/t/stream", OG_ROUTE_OPEN, stream },
	{ "GET", "/t/flood", OG_ROUTE_OPEN, flood },
	{ "POST", "/t/sh", OG_ROUTE_OPEN, sh },
	{ "GET", "/t/big", OG_ROUTE_FREE, big },
	{ "POST", "/t/echo", OG_ROUTE_OPEN, echo },
	{ "GET", "/t/poll", OG_ROUTE_OPEN, state },
	{ "GET", "/t/ask/:verb", 0, ask },
	{ NULL, NULL, 0, NULL },
};
static const struct og_serve_part part = { routes, start, stop, NULL };
static const struct og_serve_part *const parts[] = { &part, &og_serve_auth, NULL };

static void tell(void *arg, int is_access, const char *text)
{
	(void)arg;
	if (!is_access)
		fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
	struct og_serve_setup setup = {
		.parts = parts, .rate = 100000, .connections = 512, .tell = tell
	};
	struct og_err err = OG_ERR_INIT;
	struct og_conf *conf = NULL;
	struct og_serve *serve = NULL;

	if (argc < 3 || og_conf_load(argv[1], environment, &conf, &err) < 0)
		return 64;
	setup.conf = conf;
	setup.exe_dir = argv[2];
	setup.version = "test";
	if (og_serve_open(&setup, &serve, &err) == 0 &&
	    og_serve_listen(serve, "127.0.0.1:0", &err) == 0) {
		fprintf(stderr, "listening at %s\n", og_serve_url(serve, 0));
		og_serve_run(serve, &err);
	}
	og_serve_close(serve);
	og_conf_free(conf);
	if (err.code)
		fprintf(stderr, "serving: %s\n", err.msg);
	return err.code;
}
