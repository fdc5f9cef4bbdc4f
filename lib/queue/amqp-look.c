/* Waiting, hearing, and showing what is there; see amqp-internal.h. */
#include "lib/queue/amqp-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

#define LETTERS_BYTES ((size_t)16 << 20)
#define EVENTS_KEPT   1000 /* by a listener that does not read them */

/* --- waiting for tasks ------------------------------------------------------------------ */

static int consume(struct og_amqp_queue *q, const char *what, int64_t number, struct og_err *err)
{
	char name[OG_AMQP_NAME], consumer[OG_AMQP_NAME];

	snprintf(consumer, sizeof(consumer), "%s.%lld", what, (long long)number);
	return og_amqp_call(q, "consume",
			    json_pack("{s:s,s:s,s:b}", "queue", og_amqp_name(q, what, name),
				      "consumer", consumer, "keep", 1),
			    NULL, err);
}

/* Known by its number before the first message comes. */
static int start_waiting(struct og_amqp_queue *q, struct og_err *err)
{
	int64_t number = ++q->listeners;

	q->back = 0;
	q->listener = number;
	if (consume(q, "control", number, err) == 0 && consume(q, "tasks", number, err) == 0)
		return 0;
	if (q->listener == number)
		og_amqp_stop_waiting(q, 0);
	return -1;
}

/* Nobody waits for the answers: while we work, og-amqp gives back what is
 * pushed to us too late. What is known to be here goes back as a copy, or
 * the broker would count a delivery. */
void og_amqp_stop_waiting(struct og_amqp_queue *q, int64_t but)
{
	struct og_err ignored = OG_ERR_INIT;
	char consumer[OG_AMQP_NAME];
	json_t *message;
	size_t at;

	for (int i = 0; i < 2; i++) {
		json_array_foreach(q->pushed[i], at, message) og_amqp_give_back(q, message, i);
		json_array_clear(q->pushed[i]);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(consumer, sizeof(consumer), "%s.%lld", i ? "control" : "tasks",
			 (long long)q->listener);
		og_amqp_send(q, "cancel",
			     json_pack("{s:s,s:I}", "consumer", consumer, "but", (json_int_t)but),
			     NULL, &ignored);
		json_array_clear(q->pushed[i]);
	}
	q->listener = 0;
}

/* While the broker is away there is nothing to listen to. */
static int keep_waiting(struct og_amqp_queue *q, struct og_err *err)
{
	if (q->lost || q->listener > 0)
		return 0;
	if (start_waiting(q, err) == 0)
		return 0;
	return q->lost && !q->ended ? 0 : -1;
}

int og_amqp_wait(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	json_t *answer;
	int n;

	for (;;) {
		if (keep_waiting(q, err) < 0)
			return -1;
		if (json_array_size(q->pushed[0]) + json_array_size(q->pushed[1]) > 0)
			return 1;
		n = og_amqp_take(q, deadline, wake_fd, &answer, err);
		json_decref(answer);
		if (n != 1)
			return n == 2 ? 1 : n;
	}
}

/* --- events ------------------------------------------------------------------------------- */

int og_amqp_tell(struct og_queue *base, const char *task, const char *state, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	char exchange[OG_AMQP_NAME], key[2 * OG_AMQP_NAME], body[3 * OG_AMQP_NAME];

	if (!*task)
		return 0;
	if (!*state)
		state = "dead";
	snprintf(key, sizeof(key), "task.%.32s.%.64s", state, task);
	snprintf(body, sizeof(body), "{\"v\":1,\"task\":\"%.64s\",\"state\":\"%.32s\"}", task,
		 state);
	return og_amqp_send(q, "publish",
			    json_pack("{s:s,s:s,s:s,s:b}", "exchange",
				      og_amqp_name(q, "events", exchange), "key", key, "body", body,
				      "hint", 1),
			    NULL, err);
}

static int bind_own(struct og_amqp_queue *q, const char *queue, const char *exchange,
		    const char *key, struct og_err *err)
{
	char name[OG_AMQP_NAME];

	return og_amqp_call(q, "bind",
			    json_pack("{s:s,s:s,s:s,s:b}", "queue", queue, "exchange",
				      og_amqp_name(q, exchange, name), "key", key, "exclusive", 1),
			    NULL, err);
}

/* A queue of our own that ends with us, for hints and for dead letters. */
int og_amqp_listen(struct og_queue *base, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	json_t *request =
		json_pack("{s:s,s:b,s:{s:i,s:s}}", "queue", "", "exclusive", 1, "arguments",
			  "x-max-length", EVENTS_KEPT, "x-overflow", "drop-head");
	json_t *answer = NULL;
	const char *name = NULL;
	int rc = -1;

	if (q->listening && !q->back)
		return 0;
	q->back = 0;
	if (og_amqp_call(q, "queue", request, &answer, err) == 0 &&
	    og_json_need_str(answer, "queue", "queue", &name, err) == 0 &&
	    bind_own(q, name, "events", "task.#", err) == 0 &&
	    bind_own(q, name, "dead", "", err) == 0)
		rc = og_amqp_call(q, "consume",
				  json_pack("{s:s,s:s}", "queue", name, "consumer", "told"), NULL,
				  err);
	json_decref(answer);
	q->listening |= rc == 0;
	return rc;
}

int og_amqp_hear(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	json_t *answer;
	int n = 1, heard;

	while (n == 1 && !q->heard) {
		n = og_amqp_take(q, deadline, wake_fd, &answer, err);
		json_decref(answer);
		/* Who knows what was told while nobody could hear it. */
		if (n == 1 && q->back && (n = og_amqp_listen(base, err) < 0 ? -1 : 1) == 1)
			q->heard = 1;
	}
	/* However many there are: they are one reason to look. */
	while (n == 1 && (n = og_amqp_take(q, og_deadline(0), -1, &answer, err)) == 1)
		json_decref(answer);
	heard = q->heard;
	q->heard = 0;
	return n < 0 ? -1 : heard || n == 2;
}

/* --- looking ---------------------------------------------------------------------------------- */

int og_amqp_count(struct og_queue *base, struct og_queue_counts *ret, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	char rest[OG_AMQP_NAME], name[OG_AMQP_NAME];
	int64_t tasks = og_amqp_messages(q, og_amqp_name(q, "tasks", name), err);
	int64_t control =
		tasks < 0 ? -1 : og_amqp_messages(q, og_amqp_name(q, "control", name), err);
	int64_t dead = control < 0 ? -1 : og_amqp_messages(q, og_amqp_name(q, "dead", name), err);
	struct og_queue_counts counts = { tasks + control, -1, 0, dead, -1, 0 };

	for (int level = 0; dead >= 0 && level < OG_AMQP_LEVELS; level++) {
		int64_t n;

		snprintf(rest, sizeof(rest), "delay.%d", level);
		n = og_amqp_messages(q, og_amqp_name(q, rest, name), err);
		if (n < 0)
			return -1;
		/* Whatever is in a level is due or goes on within its time. */
		if (n > 0 && counts.due == 0)
			counts.due = og_now_ms() + og_amqp_level_ms(level);
		counts.delayed += n;
	}
	if (dead < 0)
		return -1;
	*ret = counts;
	return 0;
}

/* The one the envelope says: any client may write another beside it. */
static char *letter_id(const json_t *message)
{
	const char *id = NULL, *body = og_json_str(message, "body");
	struct og_err ignored = OG_ERR_INIT;
	json_t *envelope = NULL;
	char *ret;

	if (body && og_json_parse(body, strlen(body), (size_t)256 << 10, "envelope", &envelope,
				  &ignored) == 0)
		id = og_json_str(envelope, "id");
	if (!id)
		id = og_json_str(message, "message_id");
	ret = strdup(id ? id : "");
	json_decref(envelope);
	return ret;
}

/* What the broker did by itself has its own words. */
static const char *letter_reason(const json_t *message)
{
	const json_t *headers = json_object_get(message, "headers");
	const char *reason = og_json_str(headers, "og-reason");
	const char *broker = og_json_str(headers, "x-first-death-reason");

	if (reason)
		return reason;
	if (og_json_bool(message, "oversize", 0))
		return "it is larger than a message may be";
	if (broker && strcmp(broker, "delivery_limit") == 0)
		return "delivered too often: the broker's own limit";
	return broker ? broker : "nobody said why";
}

json_t *og_amqp_letter(const json_t *message)
{
	int64_t when = og_json_int(message, "timestamp", 0) * 1000;
	char queued[OG_TIME_LEN + 1], *id = letter_id(message);
	json_t *letter;

	og_time_format(when > 0 ? when : og_now_ms(), queued);
	letter = json_pack(
		"{s:s*,s:s,s:I,s:s,s:s,s:s*}", "id", id, "state", "dead", "attempts",
		(json_int_t)og_json_int(json_object_get(message, "headers"), "og-attempts", 0),
		"queued", queued, "reason", letter_reason(message), "envelope",
		og_json_str(message, "body"));
	free(id);
	return letter;
}

/* Envelopes beyond what is bearable in one list are left out of it. */
static void spare(json_t *letter, size_t *bytes)
{
	const char *envelope = og_json_str(letter, "envelope");

	*bytes += envelope ? strlen(envelope) : 0;
	if (*bytes > LETTERS_BYTES)
		json_object_del(letter, "envelope");
}

/* The next one, in front of the list: 1, 0 there is none, -1. */
static int add_letter(struct og_amqp_queue *q, const char *name, size_t *bytes, json_t *list,
		      struct og_err *err)
{
	json_t *answer = NULL, *message, *letter;
	int rc = 0;

	if (og_amqp_call(q, "get", json_pack("{s:s,s:b}", "queue", name, "look", 1), &answer, err) <
	    0)
		return -1;
	message = json_object_get(answer, "message");
	if (message) {
		letter = og_amqp_letter(message);
		spare(letter, bytes);
		rc = json_array_insert_new(list, 0, letter) < 0 ? og_fail_nomem(err) : 1;
	}
	json_decref(answer);
	return rc;
}

/* Dead letters only: a broker shows what waits to whom it gives it. They
 * are taken without an ack, and go back when the connection is closed. */
int og_amqp_list(struct og_queue *base, enum og_queue_which which, size_t limit, json_t **ret,
		 struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	char name[OG_AMQP_NAME];
	int64_t n = og_amqp_messages(q, og_amqp_name(q, "dead", name), err);
	json_t *list = n < 0 ? NULL : json_array();
	size_t bytes = 0;
	int rc = n > 0;

	(void)which;
	if (!list)
		return n < 0 ? -1 : og_fail_nomem(err);
	for (int64_t left = n < (int64_t)limit ? n : (int64_t)limit; rc > 0 && left > 0; left--)
		rc = add_letter(q, name, &bytes, list, err);
	if (n > 0 && !q->ended && og_amqp_call(q, "forget", json_object(), NULL, err) < 0)
		rc = -1;
	if (rc < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

/* What is delayed is left out: that would be ten questions more. */
int og_amqp_bound(struct og_queue *base, int64_t *ret, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	char name[OG_AMQP_NAME];
	int64_t n = og_amqp_messages(q, og_amqp_name(q, "tasks", name), err);

	if (n < 0)
		return -1;
	*ret = n;
	return 0;
}

/* --- dead letters that are old -------------------------------------------------------- */

#define SWEPT_AT_ONCE 200

/* Takes the oldest and acks it if it is old enough: 1; else it goes back: 0. */
static int sweep_one(struct og_amqp_queue *q, const char *name, int64_t before, struct og_err *err)
{
	json_t *answer = NULL, *message;
	int64_t died, tag;
	int rc;

	if (og_amqp_call(q, "get", json_pack("{s:s}", "queue", name), &answer, err) < 0)
		return -1;
	message = json_object_get(answer, "message");
	died = og_json_int(message, "timestamp", 0) * 1000;
	tag = og_json_int(message, "tag", 0);
	rc = message ? og_amqp_call(q, died > 0 && died < before ? "ack" : "requeue",
				    json_pack("{s:I}", "tag", (json_int_t)tag), NULL, err)
		     : 0;
	if (rc == 0)
		rc = message && died > 0 && died < before;
	json_decref(answer);
	return rc;
}

/* Those whose client gave no time stay. */
int og_amqp_sweep(struct og_queue *base, int64_t before, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	char name[OG_AMQP_NAME];
	int64_t n = og_amqp_messages(q, og_amqp_name(q, "dead", name), err);
	int more = n < 0 ? -1 : n > 0;

	for (int i = 0; more > 0 && i < SWEPT_AT_ONCE; i++)
		more = sweep_one(q, name, before, err);
	/* Whoever waits for tasks is not to fail because the broker is away. */
	return more < 0 && q->lost && !q->ended ? 0 : more;
}

#define LETTERS_SEARCHED 1000

static int search(struct og_queue *base, const char *id, json_t **ret, struct og_err *err)
{
	json_t *list = NULL, *letter;
	size_t i;
	int found = 0;

	if (og_amqp_list(base, OG_QUEUE_LETTERS, LETTERS_SEARCHED, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, letter)
	{
		const char *own = og_json_str(letter, "id");

		if (!found && own && strcmp(own, id) == 0) {
			*ret = json_incref(letter);
			found = 1;
		}
	}
	json_decref(list);
	return found;
}

/* Who listens has heard of every dead letter of his; who does not looks at
 * them once. */
int og_amqp_find(struct og_queue *base, const char *id, json_t **ret, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	json_t *letter = json_object_get(q->letters, id);

	if (q->listening && !letter)
		return 0;
	if (!letter)
		return search(base, id, ret, err);
	*ret = json_incref(letter);
	return 1;
}
