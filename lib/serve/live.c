/*
 * /api/events: what happens to the caller's tasks and to the ledger, as it
 * happens. Every commit changes a file, and the kernel tells of that; so
 * nothing is polled where the files are here, and one look per principal
 * serves all who listen. Where the database is elsewhere there is a look
 * every second.
 *
 * What is sent is a hint and never more than the shield said to that
 * principal: a client that missed something asks for the task.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/tasks.h"
#include "lib/serve/verify.h"

#define TOGETHER_MS   100  /* changes that are one look */
#define POLL_MS	      1000 /* where no file tells */
#define TASKS_LOOKED  50
#define RUNNING_MAX   8 /* of which more is asked in one look */
#define PROBLEMS_SENT 100
#define AGAIN_MS      1000 /* after a verification that failed */
#define EASE	      4	   /* verifying takes at most one part in so many of the time */

struct live;

struct listener {
	struct watcher *watcher;
	struct listener *next;
	struct og_stream *stream;
};

/* A principal who listens. */
struct watcher {
	struct live *live;
	struct watcher *next;
	char principal[33];
	struct listener *listeners;
	json_t *known; /* {TASK: what was last said of it} */
	int ledger;    /* may read it */
	int asked;     /* questions under way */
	int again;     /* something changed meanwhile */
};

struct live {
	struct og_serve *serve;
	int fd;
	struct og_watch *watch;
	struct og_timer *timer;
	int64_t due; /* of the timer */
	struct watcher *watchers;
	json_t *said; /* of the ledger, last */
	int verifying;
	int64_t began, rest_until; /* mono: of the verification */
};

/* --- who listens ------------------------------------------------------------ */

/* One that nobody listens to and that waits for nothing goes. */
static void sweep(struct live *live)
{
	for (struct watcher **at = &live->watchers; *at;) {
		struct watcher *watcher = *at;

		if (watcher->listeners || watcher->asked > 0) {
			at = &watcher->next;
			continue;
		}
		*at = watcher->next;
		json_decref(watcher->known);
		free(watcher);
	}
}

static void gone(void *arg)
{
	struct listener *listener = arg, **at = &listener->watcher->listeners;

	while (*at && *at != listener)
		at = &(*at)->next;
	if (*at)
		*at = listener->next;
	free(listener);
}

static void send_all(struct watcher *watcher, const char *event, const json_t *data)
{
	for (struct listener *listener = watcher->listeners, *next; listener; listener = next) {
		next = listener->next;
		og_stream_send(listener->stream, event, data);
	}
}

static struct watcher *watcher_of(struct live *live, const char *principal)
{
	struct watcher *watcher;

	for (watcher = live->watchers; watcher; watcher = watcher->next)
		if (strcmp(watcher->principal, principal) == 0)
			return watcher;
	watcher = calloc(1, sizeof(*watcher));
	if (!watcher)
		return NULL;
	watcher->live = live;
	memcpy(watcher->principal, principal, strlen(principal) + 1);
	watcher->next = live->watchers;
	live->watchers = watcher;
	return watcher;
}

/* --- tasks ------------------------------------------------------------------ */

static void look(struct watcher *watcher);

static void look_done(struct watcher *watcher)
{
	if (--watcher->asked > 0)
		return;
	if (watcher->again && watcher->listeners) {
		watcher->again = 0;
		look(watcher);
	}
}

/* Says it unless it was said: item is what the client gets. Takes item. */
static void tell(struct watcher *watcher, const char *id, json_t *item)
{
	json_t *before = json_object_get(watcher->known, id);

	if (item && !(before && json_equal(before, item))) {
		json_object_set(watcher->known, id, item);
		send_all(watcher, "task", item);
	}
	json_decref(item);
}

static void progressed(void *arg, const json_t *reply, const struct og_err *err)
{
	struct watcher *watcher = arg;
	const char *id = og_json_str(reply, "task");

	if (!err->code && id)
		tell(watcher, id, og_task_item(reply));
	look_done(watcher);
}

/* Ones that were told of and are not listed any more are forgotten; the
 * first look only remembers what has ended. */
static void listed(void *arg, const json_t *reply, const struct og_err *err)
{
	struct watcher *watcher = arg;
	json_t *before = watcher->known, *task;
	size_t i;
	int more = 0;

	if (err->code) {
		look_done(watcher);
		return;
	}
	watcher->known = json_object();
	json_array_foreach(json_object_get(reply, "tasks"), i, task)
	{
		const char *id = og_json_str(task, "task");
		json_t *item = og_task_item(task), *last = id ? json_object_get(before, id) : NULL;
		int final = og_task_is_final(og_json_str(task, "state"));

		if (!id || !item) {
			json_decref(item);
			continue;
		}
		if (last)
			json_object_set(watcher->known, id, last);
		else if (final && !before)
			json_object_set(watcher->known, id, item);
		if (final || more == RUNNING_MAX) {
			tell(watcher, id, item);
			continue;
		}
		json_decref(item);
		more++;
		watcher->asked++;
		og_serve_ask(watcher->live->serve, watcher->principal, "task.status",
			     json_pack("{s:s}", "task", id), progressed, watcher);
	}
	json_decref(before);
	look_done(watcher);
}

static void look(struct watcher *watcher)
{
	if (watcher->asked > 0) {
		watcher->again = 1;
		return;
	}
	watcher->asked = 1;
	og_serve_ask(watcher->live->serve, watcher->principal, "task.list",
		     json_pack("{s:i}", "limit", TASKS_LOOKED), listed, watcher);
}

/* --- the ledger ------------------------------------------------------------- */

static json_t *verdict_of(const json_t *verdict)
{
	json_t *all = json_object_get(verdict, "problems"), *some = json_array();

	for (size_t i = 0; i < json_array_size(all) && i < PROBLEMS_SENT; i++)
		json_array_append(some, json_array_get(all, i));
	return json_pack("{s:b,s:O?,s:O?,s:O?,s:o}", "ok", og_json_bool(verdict, "ok", 0),
			 "checked", json_object_get(verdict, "checked"), "last",
			 json_object_get(verdict, "checked"), "head",
			 json_object_get(verdict, "head"), "problems", some);
}

/* A ledger that nobody can read any more is broken too; one that somebody
 * holds for the moment is not. */
static json_t *verdict_of_failure(const struct og_err *err)
{
	if (err->code == OG_ETEMP || err->code == OG_EUNAVAIL)
		return NULL;
	return json_pack("{s:b,s:i,s:i,s:[{s:i,s:s,s:s}]}", "ok", 0, "checked", 0, "last", 0,
			 "problems", "seq", 0, "field", "file", "what", err->msg);
}

static void say_ledger(struct live *live, json_t *said)
{
	if (live->said && json_equal(live->said, said))
		return;
	json_decref(live->said);
	live->said = json_incref(said);
	for (struct watcher *w = live->watchers; w; w = w->next)
		if (w->ledger)
			send_all(w, "ledger", said);
}

static void schedule(struct live *live, int64_t deadline);

static void judged(void *arg, const json_t *verdict, const struct og_err *err)
{
	struct live *live = arg;
	int64_t now = og_mono_ms();
	json_t *said;

	live->verifying = 0;
	live->rest_until = now + (now - live->began) * EASE;
	if (!verdict && live->rest_until < now + AGAIN_MS)
		live->rest_until = now + AGAIN_MS;
	said = verdict ? verdict_of(verdict) : verdict_of_failure(err);
	if (said)
		say_ledger(live, said);
	json_decref(said);
	if (og_verify_is_stale(live->serve->verify))
		schedule(live, live->rest_until);
}

static void judge(struct live *live)
{
	int64_t now = og_mono_ms();
	int wanted = 0;

	for (const struct watcher *w = live->watchers; w; w = w->next)
		wanted |= w->ledger && w->listeners;
	if (!wanted || live->verifying || live->serve->stopping)
		return;
	if (now < live->rest_until) {
		schedule(live, live->rest_until);
		return;
	}
	live->verifying = 1;
	live->began = now;
	og_verify_ask(live->serve->verify, judged, live);
}

/* --- changes ---------------------------------------------------------------- */

static void changed(void *arg)
{
	struct live *live = arg;

	live->timer = NULL;
	sweep(live);
	for (struct watcher *watcher = live->watchers; watcher; watcher = watcher->next)
		if (watcher->listeners)
			look(watcher);
	judge(live);
	if (!live->watch && live->watchers)
		schedule(live, og_deadline(POLL_MS));
}

/* The earliest look counts. */
static void schedule(struct live *live, int64_t deadline)
{
	struct og_err ignored = OG_ERR_INIT;

	if (live->serve->stopping || (live->timer && live->due <= deadline))
		return;
	og_timer_free(live->timer);
	live->timer = NULL;
	live->due = deadline;
	og_loop_timer(live->serve->loop, deadline, changed, live, &live->timer, &ignored);
}

static int concerns_us(const struct inotify_event *event)
{
	return event->len > 0 &&
	       (strcmp(event->name, "erp.db") == 0 ||
		(strcmp(event->name, "erp.db-wal") == 0 && (event->mask & IN_MODIFY)));
}

static void file_changed(void *arg, uint32_t events)
{
	struct live *live = arg;
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int ours = 0;
	ssize_t n;

	(void)events;
	while ((n = read(live->fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *event = (const void *)p;

			ours |= concerns_us(event) || (event->mask & IN_Q_OVERFLOW);
			p += sizeof(*event) + event->len;
		}
	if (ours && live->watchers)
		schedule(live, og_deadline(TOGETHER_MS));
}

/* Without it, or where the files are elsewhere, there is the clock. */
static int watch_files(struct live *live, struct og_err *err)
{
	const struct og_conf *conf = og_serve_conf(live->serve);

	if (og_conf_remote(conf) || og_serve_is_cgi(live->serve))
		return 0;
	live->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (live->fd < 0)
		return 0;
	if (inotify_add_watch(live->fd, conf->home, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
		close(live->fd);
		live->fd = -1;
		return 0;
	}
	return og_loop_watch(live->serve->loop, live->fd, EPOLLIN, file_changed, live, &live->watch,
			     err);
}

/* --- the part ----------------------------------------------------------------- */

static void free_live(void *state)
{
	struct live *live = state;

	for (struct watcher *w = live->watchers; w; w = w->next)
		w->asked = 0;
	sweep(live);
	og_watch_free(live->watch);
	og_timer_free(live->timer);
	if (live->fd >= 0)
		close(live->fd);
	json_decref(live->said);
	free(live);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct live *live = calloc(1, sizeof(*live));

	if (!live)
		return og_fail_nomem(err);
	live->serve = serve;
	live->fd = -1;
	if (watch_files(live, err) < 0) {
		free_live(live);
		return -1;
	}
	*ret = live;
	return 0;
}

static void stopping(void *state)
{
	struct live *live = state;
	json_t *bye = json_pack("{s:s}", "why", "the server stops");

	for (struct watcher *watcher = live->watchers; watcher; watcher = watcher->next) {
		send_all(watcher, "bye", bye);
		while (watcher->listeners) {
			struct listener *listener = watcher->listeners;

			og_stream_end(listener->stream);
			gone(listener);
		}
	}
	json_decref(bye);
}

static void greet(struct live *live, struct watcher *watcher, struct og_stream *stream)
{
	json_t *hello = json_pack("{s:s,s:b}", "principal", watcher->principal, "live",
				  live->watch != NULL);

	if (og_stream_send(stream, "hello", hello) == 0 && watcher->ledger && live->said)
		og_stream_send(stream, "ledger", live->said);
	json_decref(hello);
	schedule(live, og_deadline(0));
}

static void known(void *arg, const json_t *who, const struct og_err *err)
{
	struct og_exchange *x = arg;
	struct live *live = og_exchange_state(x);
	struct listener *listener;
	struct watcher *watcher;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	watcher = watcher_of(live, og_exchange_principal(x));
	listener = calloc(1, sizeof(*listener));
	if (!watcher || !listener) {
		free(listener);
		og_reply_error(x, 500, "out of memory");
		return;
	}
	watcher->ledger = og_who_has(who, "ledger");
	listener->watcher = watcher;
	listener->stream = og_reply_stream(x, gone, listener);
	if (!listener->stream) {
		free(listener);
		return;
	}
	listener->next = watcher->listeners;
	watcher->listeners = listener;
	greet(live, watcher, listener->stream);
}

static void events(struct og_exchange *x)
{
	if (og_serve_is_cgi(x->serve))
		og_reply_error(x, 501, "events need a server that stays");
	else
		og_desk_who(x->serve->desk, og_exchange_principal(x), known, x);
}

static const struct og_route routes[] = {
	{ "GET", "/api/events", 0, events },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_live = { routes, start, free_live, stopping };
