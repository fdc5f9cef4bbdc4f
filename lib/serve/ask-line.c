/*
 * One conversation with the shield: it is begun, signed in with the
 * principal's key, and from then on what waits is sent and what comes is
 * handed to whoever asked, in order. An answer nobody asked for, or an error
 * on the way, ends it, and every question in it is told why.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "lib/serve/ask-internal.h"

void og_question_answer(struct og_question *q, const json_t *reply, const struct og_err *err)
{
	q->answer(q->arg, reply, err);
	json_decref(q->request);
	free(q->verb);
	free(q);
}

static void fail_all(struct og_question *q, const struct og_err *err)
{
	while (q) {
		struct og_question *next = q->next;

		og_question_answer(q, NULL, err);
		q = next;
	}
}

static void say_farewell(struct og_desk *desk, struct og_link *link, int late)
{
	struct og_farewell *farewell;

	og_link_close(link, late);
	if (og_link_gone(link))
		return;
	farewell = calloc(1, sizeof(*farewell));
	if (!farewell)
		return; /* a zombie until we end */
	*farewell = (struct og_farewell){ desk->gone, link };
	desk->gone = farewell;
}

void og_desk_reap(struct og_desk *desk)
{
	struct og_farewell **at = &desk->gone;

	while (*at) {
		struct og_farewell *farewell = *at;

		if (og_link_gone(farewell->link)) {
			*at = farewell->next;
			free(farewell);
		} else {
			at = &farewell->next;
		}
	}
}

static void free_line(struct og_line *line)
{
	json_decref(line->who);
	free(line);
}

/* Out of the list first: whoever is answered may ask again. */
void og_line_end(struct og_line *line, const struct og_err *err)
{
	struct og_desk *desk = line->desk;
	struct og_question *waiting = line->first;
	struct og_line **at = &desk->lines;

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

static void watch_out(struct og_line *line)
{
	if (line->out)
		og_watch_for(line->out, og_link_wants(line->link) ? EPOLLOUT : 0);
}

/* What waits goes out, once we are signed in. */
static int send_waiting(struct og_line *line, struct og_err *err)
{
	for (struct og_question *q = line->first; q; q = q->next) {
		json_t *request = q->request;

		if (!request || strcmp(q->verb, OG_WHO) == 0)
			continue;
		q->request = NULL;
		if (og_link_send(line->link, q->verb, request, err) < 0)
			return -1;
	}
	watch_out(line);
	return 0;
}

static struct og_question *take_who(struct og_line *line)
{
	struct og_question *before = NULL, *q = line->first;

	while (q && strcmp(q->verb, OG_WHO) != 0) {
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
static void answer_who(struct og_line *line)
{
	struct og_err none = OG_ERR_INIT;
	struct og_question *q;

	while (!line->ended && (q = take_who(line)))
		og_question_answer(q, line->who, &none);
}

static int open_line(struct og_line *line, const json_t *reply, struct og_err *err)
{
	line->stage = OG_LINE_OPEN;
	line->who = json_deep_copy(reply);
	if (send_waiting(line, err) < 0)
		return -1;
	answer_who(line);
	return 0;
}

static int sign(struct og_line *line, const json_t *reply, struct og_err *err)
{
	const char *nonce;
	char *key = NULL;
	int rc;

	if (!og_json_bool(reply, "ok", 0))
		return og_channel_refusal(reply, err);
	line->stage = OG_LINE_SIGNED;
	if (og_json_need_str(reply, "session", "nonce", &nonce, err) < 0 ||
	    og_conf_key_path(line->desk->serve->setup.conf, line->principal, &key, err) < 0)
		return -1;
	rc = og_link_sign(line->link, line->principal, nonce, key, err);
	free(key);
	watch_out(line);
	return rc;
}

static int take_answer(struct og_line *line, const json_t *reply)
{
	struct og_question *q = line->first;
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
	og_question_answer(q, reply, &err);
	return 0;
}

static int take_reply(struct og_line *line, const json_t *reply, struct og_err *err)
{
	switch (line->stage) {
	case OG_LINE_NONCE:
		return sign(line, reply, err);
	case OG_LINE_SIGNED:
		if (!og_json_bool(reply, "ok", 0))
			return og_channel_refusal(reply, err);
		return open_line(line, reply, err);
	default:
		if (take_answer(line, reply) == 0)
			return 0;
		return og_fail(err, OG_EUNAVAIL, "the shield answers what nobody asked");
	}
}

static int take_all(struct og_line *line, struct og_err *err)
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

static void work(struct og_line *line)
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
		og_line_end(line, &err);
	else
		watch_out(line);
}

static void on_ready(void *arg, uint32_t events)
{
	(void)events;
	work(arg);
}

static int begin(struct og_line *line, struct og_err *err)
{
	if (!line->principal[0]) {
		line->stage = OG_LINE_OPEN;
		return 0;
	}
	line->stage = OG_LINE_NONCE;
	return og_link_send(line->link, "session.begin",
			    json_pack("{s:s}", "principal", line->principal), err);
}

int og_line_connect(struct og_line *line, struct og_err *err)
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

int og_line_send(struct og_line *line, struct og_err *err)
{
	if (line->stage != OG_LINE_OPEN)
		return 0;
	if (send_waiting(line, err) < 0)
		return -1;
	answer_who(line);
	return 0;
}
