/*
 * Questions to the shield: one conversation for each principal that asks,
 * signed in with its key, kept for a minute of silence. Questions go out
 * one behind the other; answers come in order. One conversation more
 * belongs to nobody and is for passwords, which take the shield a while to
 * check: it holds up logins, and nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/ask-internal.h"

#define IDLE_MS	   60000
#define GOODBYE_MS 2000
#define LINES_MAX  32  /* conversations at a time */
#define QUESTIONS  256 /* of one conversation that wait */
#define LOGINS	   32

static void tick(void *arg);

static void keep_time(struct og_desk *desk)
{
	struct og_err ignored = OG_ERR_INIT;

	if (!desk->timer && desk->lines)
		og_loop_timer(desk->serve->loop, og_deadline(1000), tick, desk, &desk->timer,
			      &ignored);
}

/* One that must end now, and why; NULL: none. */
static struct og_line *find_late(struct og_desk *desk, struct og_err *err)
{
	int64_t now = og_mono_ms();

	for (struct og_line *line = desk->lines; line; line = line->next) {
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
	struct og_line *line;

	desk->timer = NULL;
	while ((line = find_late(desk, &err)))
		og_line_end(line, &err);
	keep_time(desk);
}

/* The one unused longest makes room. */
static int make_room(struct og_desk *desk, struct og_err *err)
{
	struct og_line *idle = NULL;

	if (desk->n < LINES_MAX)
		return 0;
	for (struct og_line *line = desk->lines; line; line = line->next)
		if (!line->first && !line->turning && (!idle || line->used < idle->used))
			idle = line;
	if (!idle)
		return og_fail(err, OG_ETEMP, "too many principals ask at once");
	og_line_end(idle, err);
	return 0;
}

static int line_of(struct og_desk *desk, const char *principal, struct og_line **ret,
		   struct og_err *err)
{
	struct og_line *line;

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
	if (og_line_connect(line, err) < 0) {
		og_line_end(line, err);
		return -1;
	}
	*ret = line;
	return 0;
}

static int put(struct og_desk *desk, const char *principal, struct og_question *q,
	       struct og_err *err)
{
	struct og_line *line = NULL;

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
	if (og_line_send(line, err) < 0 && !line->turning)
		og_line_end(line, err); /* answers q */
	return 0;
}

static void ask(struct og_desk *desk, const char *principal, const char *verb, json_t *request,
		og_answer_fn *fn, void *arg)
{
	struct og_question *q = calloc(1, sizeof(*q));
	struct og_err err = OG_ERR_INIT;

	if (q)
		*q = (struct og_question){ .request = request,
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
		og_question_answer(q, NULL, &err);
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
	ask(desk, principal, OG_WHO, json_object(), fn, arg);
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
		og_line_end(desk->lines, &err);
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
	for (struct og_farewell *farewell = desk->gone; farewell; farewell = farewell->next)
		og_link_close(farewell->link, 1);
	while (desk->gone)
		og_desk_reap(desk);
	free(desk->shield);
	free(desk);
}
