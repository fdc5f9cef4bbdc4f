/*
 * Questions to the shield: one conversation for each principal that asks,
 * signed in with its key, kept for a minute of silence. Questions go out
 * one behind the other; answers come in order. One conversation more
 * belongs to nobody and is for passwords, which take the shield a while to
 * check: it holds up logins, and nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/link.h"
#include "lib/serve/serve-internal.h"

#define IDLE_MS	   60000
#define GOODBYE_MS 2000
#define LINES_MAX  32  /* conversations at a time */
#define QUESTIONS  256 /* of one conversation that wait */
#define LOGINS	   32

struct question {
	struct question *next;
	json_t *request; /* NULL once it is sent */
	char *verb;	 /* WHO: what the shield said when it signed in */
	og_answer_fn *answer;
	void *arg;
	int64_t deadline;
};

static const char WHO[] = "who";

enum stage { FRESH, NONCE, SIGNED, OPEN };

struct line {
	struct og_desk *desk;
	struct line *next;
	char principal[33]; /* "": the one for passwords */
	struct og_link *link;
	struct og_watch *in, *out;
	int out_fd;
	enum stage stage;
	json_t *who; /* the shield's answer to our signature */
	struct question *first, *last;
	int n;
	int64_t used;
	int turning; /* it is being worked on: it ends later */
	int ended;
};

/* Ended, but the child is not reaped yet. */
struct farewell {
	struct farewell *next;
	struct og_link *link;
};

struct og_desk {
	struct og_serve *serve;
	struct line *lines;
	int n;
	struct farewell *gone;
	struct og_timer *timer;
	char *shield;
};

static void answer(struct question *q, const json_t *reply, const struct og_err *err)
{
	q->answer(q->arg, reply, err);
	json_decref(q->request);
	free(q->verb);
	free(q);
}

static void fail_all(struct question *q, const struct og_err *err)
{
	while (q) {
		struct question *next = q->next;

		answer(q, NULL, err);
		q = next;
	}
}

static void say_farewell(struct og_desk *desk, struct og_link *link, int late)
{
	struct farewell *farewell;

	og_link_close(link, late);
	if (og_link_gone(link))
		return;
	farewell = calloc(1, sizeof(*farewell));
	if (!farewell)
		return; /* a zombie until we end */
	*farewell = (struct farewell){ desk->gone, link };
	desk->gone = farewell;
}

void og_desk_reap(struct og_desk *desk)
{
	struct farewell **at = &desk->gone;

	while (*at) {
		struct farewell *farewell = *at;

		if (og_link_gone(farewell->link)) {
			*at = farewell->next;
			free(farewell);
		} else {
			at = &farewell->next;
		}
	}
}

static void free_line(struct line *line)
{
	json_decref(line->who);
	free(line);
}

/* Out of the list first: whoever is answered may ask again. */
static void end_line(struct line *line, const struct og_err *err)
{
	struct og_desk *desk = line->desk;
	struct question *waiting = line->first;
	struct line **at = &desk->lines;

	while (*at && *at != line)
		at = &(*at)->next;
	if (*at) {
		*at = line->next;
		desk->n--;
	}
	og_watch_free(line->in);
	if (line->out != line->in)
		og_watch_free(line->out);
	line->in = line->out = NULL;
	if (line->link)
		say_farewell(desk, line->link, waiting != NULL);
	line->link = NULL;
	line->first = line->last = NULL;
	line->ended = 1;
	fail_all(waiting, err);
	if (!line->turning)
		free_line(line);
}

static void watch_out(struct line *line)
{
	if (line->out)
		og_watch_for(line->out, og_link_wants(line->link) ? EPOLLOUT : 0);
}

/* What waits goes out, once we are signed in. */
static int send_waiting(struct line *line, struct og_err *err)
{
	for (struct question *q = line->first; q; q = q->next) {
		json_t *request = q->request;

		if (!request || strcmp(q->verb, WHO) == 0)
			continue;
		q->request = NULL;
		if (og_link_send(line->link, q->verb, request, err) < 0)
			return -1;
	}
	watch_out(line);
	return 0;
}

static struct question *take_who(struct line *line)
{
	struct question *before = NULL, *q = line->first;

	while (q && strcmp(q->verb, WHO) != 0) {
		before = q;
		q = q->next;
	}
	if (!q)
		return NULL;
	if (before)
		before->next = q->next;
	else
		line->first = q->next;
	if (line->last == q)
		line->last = before;
	line->n--;
	return q;
}

/* They need not be sent: the answer is here. */
static void answer_who(struct line *line)
{
	struct og_err none = OG_ERR_INIT;
	struct question *q;

	while (!line->ended && (q = take_who(line)))
		answer(q, line->who, &none);
}

static int open_line(struct line *line, const json_t *reply, struct og_err *err)
{
	line->stage = OPEN;
	line->who = json_deep_copy(reply);
	if (send_waiting(line, err) < 0)
		return -1;
	answer_who(line);
	return 0;
}

static int sign(struct line *line, const json_t *reply, struct og_err *err)
{
	const char *nonce;
	char *key = NULL;
	int rc;

	if (!og_json_bool(reply, "ok", 0))
		return og_channel_refusal(reply, err);
	line->stage = SIGNED;
	if (og_json_need_str(reply, "session", "nonce", &nonce, err) < 0 ||
	    og_conf_key_path(line->desk->serve->setup.conf, line->principal, &key, err) < 0)
		return -1;
	rc = og_link_sign(line->link, line->principal, nonce, key, err);
	free(key);
	watch_out(line);
	return rc;
}

static int take_answer(struct line *line, const json_t *reply)
{
	struct question *q = line->first;
	struct og_err err = OG_ERR_INIT;

	if (!q || q->request)
		return -1; /* it answers what was not asked */
	line->first = q->next;
	if (!line->first)
		line->last = NULL;
	line->n--;
	if (!og_json_bool(reply, "ok", 0))
		og_channel_refusal(reply, &err);
	line->used = og_mono_ms();
	answer(q, reply, &err);
	return 0;
}

static int take_reply(struct line *line, const json_t *reply, struct og_err *err)
{
	switch (line->stage) {
	case NONCE:
		return sign(line, reply, err);
	case SIGNED:
		if (!og_json_bool(reply, "ok", 0))
			return og_channel_refusal(reply, err);
		return open_line(line, reply, err);
	default:
		if (take_answer(line, reply) == 0)
			return 0;
		return og_fail(err, OG_EUNAVAIL, "the shield answers what nobody asked");
	}
}

static int take_all(struct line *line, struct og_err *err)
{
	json_t *reply;
	int n;

	while ((n = og_link_next(line->link, &reply, err)) > 0) {
		int rc = take_reply(line, reply, err);

		json_decref(reply);
		if (line->ended)
			return 0;
		if (rc < 0)
			return -1;
	}
	return n;
}

static void work(struct line *line)
{
	struct og_err err = OG_ERR_INIT;
	int rc;

	line->turning = 1;
	rc = og_link_pump(line->link, &err);
	if (rc == 0)
		rc = take_all(line, &err);
	line->turning = 0;
	if (line->ended)
		free_line(line);
	else if (rc < 0)
		end_line(line, &err);
	else
		watch_out(line);
}

static void on_ready(void *arg, uint32_t events)
{
	(void)events;
	work(arg);
}

static int begin(struct line *line, struct og_err *err)
{
	if (!line->principal[0]) {
		line->stage = OPEN;
		return 0;
	}
	line->stage = NONCE;
	return og_link_send(line->link, "session.begin",
			    json_pack("{s:s}", "principal", line->principal), err);
}

static int connect_line(struct line *line, struct og_err *err)
{
	struct og_serve *serve = line->desk->serve;
	struct og_shield_place place = { serve->setup.conf->shield, line->desk->shield,
					 serve->setup.conf->home, serve->setup.ssh };

	if (og_link_open(&place, &line->link, err) < 0 || begin(line, err) < 0 ||
	    og_loop_watch(serve->loop, og_link_in(line->link), EPOLLIN, on_ready, line, &line->in,
			  err) < 0 ||
	    og_loop_watch(serve->loop, og_link_out(line->link), 0, on_ready, line, &line->out,
			  err) < 0)
		return -1;
	watch_out(line);
	return 0;
}

static void tick(void *arg);

static void keep_time(struct og_desk *desk)
{
	struct og_err ignored = OG_ERR_INIT;

	if (!desk->timer && desk->lines)
		og_loop_timer(desk->serve->loop, og_deadline(1000), tick, desk, &desk->timer,
			      &ignored);
}

/* One that must end now, and why; NULL: none. */
static struct line *find_late(struct og_desk *desk, struct og_err *err)
{
	int64_t now = og_mono_ms();

	for (struct line *line = desk->lines; line; line = line->next) {
		if (line->turning)
			continue;
		if (line->first && line->first->deadline <= now) {
			og_fail(err, OG_ETEMP, "the shield did not answer in time");
			return line;
		}
		if (!line->first && now - line->used >= IDLE_MS) {
			og_fail(err, OG_EUNAVAIL, "idle");
			return line;
		}
	}
	return NULL;
}

static void tick(void *arg)
{
	struct og_desk *desk = arg;
	struct og_err err = OG_ERR_INIT;
	struct line *line;

	desk->timer = NULL;
	while ((line = find_late(desk, &err)))
		end_line(line, &err);
	keep_time(desk);
}

/* The one unused longest makes room. */
static int make_room(struct og_desk *desk, struct og_err *err)
{
	struct line *idle = NULL;

	if (desk->n < LINES_MAX)
		return 0;
	for (struct line *line = desk->lines; line; line = line->next)
		if (!line->first && !line->turning && (!idle || line->used < idle->used))
			idle = line;
	if (!idle)
		return og_fail(err, OG_ETEMP, "too many principals ask at once");
	end_line(idle, err);
	return 0;
}

static int line_of(struct og_desk *desk, const char *principal, struct line **ret,
		   struct og_err *err)
{
	struct line *line;

	for (line = desk->lines; line; line = line->next)
		if (strcmp(line->principal, principal) == 0) {
			*ret = line;
			return 0;
		}
	if (make_room(desk, err) < 0)
		return -1;
	line = calloc(1, sizeof(*line));
	if (!line)
		return og_fail_nomem(err);
	line->desk = desk;
	og_text_format(line->principal, sizeof(line->principal), "%s", principal);
	line->used = og_mono_ms();
	line->next = desk->lines;
	desk->lines = line;
	desk->n++;
	if (connect_line(line, err) < 0) {
		end_line(line, err);
		return -1;
	}
	*ret = line;
	return 0;
}

static int put(struct og_desk *desk, const char *principal, struct question *q, struct og_err *err)
{
	struct line *line = NULL;

	if (line_of(desk, principal, &line, err) < 0)
		return -1;
	if (line->n >= (principal[0] ? QUESTIONS : LOGINS))
		return og_fail(err, OG_ETEMP, "too many questions wait for the shield");
	if (line->last)
		line->last->next = q;
	else
		line->first = q;
	line->last = q;
	line->n++;
	line->used = og_mono_ms();
	keep_time(desk);
	if (line->stage != OPEN)
		return 0;
	if (send_waiting(line, err) == 0)
		answer_who(line);
	else if (!line->turning)
		end_line(line, err); /* answers q */
	return 0;
}

static void ask(struct og_desk *desk, const char *principal, const char *verb, json_t *request,
		og_answer_fn *fn, void *arg)
{
	struct question *q = calloc(1, sizeof(*q));
	struct og_err err = OG_ERR_INIT;

	if (q)
		*q = (struct question){ .request = request,
					.verb = strdup(verb),
					.answer = fn,
					.arg = arg,
					.deadline = og_deadline(OG_CHANNEL_TIMEOUT_MS) };
	if (!q || !q->verb || !request)
		og_fail_nomem(&err);
	else if (desk->serve->stopping > 1)
		og_fail(&err, OG_EUNAVAIL, "the server stops");
	else if (put(desk, principal, q, &err) == 0)
		return;
	if (q) {
		answer(q, NULL, &err);
	} else {
		json_decref(request);
		fn(arg, NULL, &err);
	}
}

void og_serve_ask(struct og_serve *serve, const char *principal, const char *verb, json_t *request,
		  og_answer_fn *fn, void *arg)
{
	ask(serve->desk, principal, verb, request, fn, arg);
}

void og_desk_login(struct og_desk *desk, json_t *request, og_answer_fn *fn, void *arg)
{
	ask(desk, "", "auth.login", request, fn, arg);
}

void og_desk_who(struct og_desk *desk, const char *principal, og_answer_fn *fn, void *arg)
{
	ask(desk, principal, WHO, json_object(), fn, arg);
}

static void exchange_answer(void *arg, const json_t *reply, const struct og_err *err)
{
	struct og_exchange *x = arg;

	x->answer(x, reply, err);
}

void og_exchange_ask(struct og_exchange *x, const char *verb, json_t *request,
		     og_exchange_answer_fn *fn)
{
	x->answer = fn;
	ask(x->serve->desk, x->session.principal, verb, request, exchange_answer, x);
}

int og_desk_new(struct og_serve *serve, struct og_desk **ret, struct og_err *err)
{
	struct og_desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return og_fail_nomem(err);
	desk->serve = serve;
	desk->shield = og_program_path(serve->setup.exe_dir, "og-shield");
	if (!desk->shield) {
		free(desk);
		return og_fail_nomem(err);
	}
	*ret = desk;
	return 0;
}

int og_who_has(const json_t *who, const char *right)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(who, "rights"), i, name)
	{
		if (json_is_string(name) && strcmp(json_string_value(name), right) == 0)
			return 1;
	}
	return 0;
}

void og_desk_stop(struct og_desk *desk)
{
	struct og_err err = OG_ERR_INIT;

	og_fail(&err, OG_EUNAVAIL, "the server stops");
	while (desk->lines)
		end_line(desk->lines, &err);
}

void og_desk_free(struct og_desk *desk)
{
	struct timespec pause = { 0, 1000000 };
	int64_t deadline = og_deadline(GOODBYE_MS);

	if (!desk)
		return;
	og_desk_stop(desk);
	og_timer_free(desk->timer);
	while (desk->gone && og_deadline_left(deadline) > 0) {
		og_desk_reap(desk);
		nanosleep(&pause, NULL);
	}
	for (struct farewell *farewell = desk->gone; farewell; farewell = farewell->next)
		og_link_close(farewell->link, 1);
	while (desk->gone)
		og_desk_reap(desk);
	free(desk->shield);
	free(desk);
}
