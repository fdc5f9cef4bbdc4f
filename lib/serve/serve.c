/* See serve.h. */
#include "lib/serve/serve.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/drawn.h"
#include "lib/serve/limit.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/verify.h"

#define SWEEP_MS    600000
#define FAREWELL_MS 2000 /* for answers that are on their way when time is up */

struct og_loop *og_serve_loop(struct og_serve *serve)
{
	return serve->loop;
}

const struct og_conf *og_serve_conf(const struct og_serve *serve)
{
	return serve->setup.conf;
}

const char *og_serve_exe_dir(const struct og_serve *serve)
{
	return serve->setup.exe_dir;
}

int og_serve_is_cgi(const struct og_serve *serve)
{
	return serve->setup.cgi;
}

void og_serve_tell(struct og_serve *serve, const char *fmt, ...)
{
	char text[OG_ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	serve->setup.tell(serve->setup.arg, 0, text);
}

/* --- its end -------------------------------------------------------------- */

static void give_up(void *arg)
{
	og_loop_end(((struct og_serve *)arg)->loop);
}

void og_serve_finish(struct og_serve *serve)
{
	serve->stopping = 2;
	og_yard_stop(serve->yard);
	og_desk_stop(serve->desk);
}

/* Time is up: what has no answer gets one. */
static void insist(void *arg)
{
	struct og_serve *serve = arg;
	struct og_err ignored = OG_ERR_INIT;

	serve->stop_timer = NULL;
	og_serve_finish(serve);
	og_loop_timer(serve->loop, og_deadline(FAREWELL_MS), give_up, serve, &serve->stop_timer,
		      &ignored);
	og_serve_may_end(serve);
}

static void stop(struct og_serve *serve)
{
	struct og_err ignored = OG_ERR_INIT;

	if (serve->stopping++) {
		og_timer_free(serve->stop_timer);
		insist(serve);
		return;
	}
	for (size_t i = 0; i < serve->n_parts; i++)
		if (serve->setup.parts[i]->stopping)
			serve->setup.parts[i]->stopping(serve->states[i]);
	for (struct og_stream *s = serve->streams, *next; s; s = next) {
		json_t *why = json_object();

		next = s->next;
		if (why)
			og_stream_send(s, "bye", why);
		json_decref(why);
		og_stream_close(s);
	}
	if (serve->net)
		og_net_stop(serve->net);
	og_loop_timer(serve->loop, og_deadline(OG_SERVE_STOP_MS), insist, serve, &serve->stop_timer,
		      &ignored);
	og_serve_may_end(serve);
}

void og_serve_may_end(struct og_serve *serve)
{
	if (serve->net && serve->stopping && serve->open == 0 && og_net_count(serve->net) == 0)
		og_loop_end(serve->loop);
}

static void got_signal(void *arg, int number)
{
	struct og_serve *serve = arg;

	if (number == SIGCHLD) {
		og_yard_reap(serve->yard);
		og_desk_reap(serve->desk);
	} else {
		stop(serve);
	}
}

/* --- its life ------------------------------------------------------------- */

static void sweep(void *arg)
{
	struct og_serve *serve = arg;
	struct og_err ignored = OG_ERR_INIT;

	serve->sweep_timer = NULL;
	og_session_each(serve->sessions, NULL, NULL, &ignored);
	og_loop_timer(serve->loop, og_deadline(SWEEP_MS), sweep, serve, &serve->sweep_timer,
		      &ignored);
}

static int start_parts(struct og_serve *serve, struct og_err *err)
{
	const struct og_serve_part *const *parts = serve->setup.parts;

	for (; parts[serve->n_parts]; serve->n_parts++) {
		size_t i = serve->n_parts;

		if (i == OG_PARTS_MAX)
			return og_fail(err, OG_EBUG, "too many parts");
		if (parts[i]->start && parts[i]->start(serve, &serve->states[i], err) < 0)
			return -1;
	}
	return 0;
}

static int open_all(struct og_serve *serve, struct og_err *err)
{
	if (og_sessions_place(serve->setup.conf->home, &serve->sessions, err) < 0 ||
	    og_loop_new(&serve->loop, err) < 0 ||
	    og_loop_signals(serve->loop, got_signal, serve, err) < 0 ||
	    og_desk_new(serve, &serve->desk, err) < 0 ||
	    og_yard_new(serve, &serve->yard, err) < 0 ||
	    og_verify_new(serve, &serve->verify, err) < 0 ||
	    og_drawn_new(serve, &serve->drawn, err) < 0)
		return -1;
	if (!serve->setup.cgi &&
	    (og_limits_new(&serve->limits, err) < 0 || og_net_new(serve, &serve->net, err) < 0))
		return -1;
	return start_parts(serve, err);
}

int og_serve_open(const struct og_serve_setup *setup, struct og_serve **ret, struct og_err *err)
{
	struct og_serve *serve = calloc(1, sizeof(*serve));

	if (!serve)
		return og_fail_nomem(err);
	serve->setup = *setup;
	if (open_all(serve, err) < 0) {
		og_serve_close(serve);
		return -1;
	}
	*ret = serve;
	return 0;
}

/* What is asked ends first, since its callbacks use everything else. */
void og_serve_close(struct og_serve *serve)
{
	if (!serve)
		return;
	serve->stopping = 2;
	og_yard_free(serve->yard);
	og_desk_free(serve->desk);
	og_verify_free(serve->verify);
	og_drawn_free(serve->drawn);
	og_net_free(serve->net);
	for (size_t i = 0; i < serve->n_parts; i++)
		if (serve->setup.parts[i]->stop)
			serve->setup.parts[i]->stop(serve->states[i]);
	og_timer_free(serve->stop_timer);
	og_timer_free(serve->sweep_timer);
	og_timer_free(serve->beat_timer);
	og_loop_free(serve->loop);
	og_limits_free(serve->limits);
	free(serve->sessions);
	free(serve);
}

int og_serve_listen(struct og_serve *serve, const char *where, struct og_err *err)
{
	return og_net_listen(serve->net, where, err);
}

int og_serve_adopt(struct og_serve *serve, int fd, struct og_err *err)
{
	return og_net_adopt(serve->net, fd, err);
}

const char *og_serve_url(const struct og_serve *serve, size_t i)
{
	return og_net_url(serve->net, i);
}

int og_serve_run(struct og_serve *serve, struct og_err *err)
{
	sweep(serve);
	return og_loop_run(serve->loop, err);
}
