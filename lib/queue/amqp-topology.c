/*
 * What has to be at the broker; amqp-internal.h lists it. Made when an
 * instance is set up: a quorum queue that is declared and lost with its
 * broker in the same second forgets what it confirmed.
 */
#include "lib/queue/amqp-internal.h"

#include <stdio.h>
#include <string.h>

/* Of one copy of a message; ours (OG_QUEUE_DELIVERIES) comes first, so
 * that a dead letter has a reason. Peeking at dead letters counts, too. */
#define DELIVERY_LIMIT	(2 * OG_QUEUE_DELIVERIES)
#define NO_LIMIT	2000000000
#define LONGEST_TASK_MS 90000000 /* brokers from 3.12 on let a task take so long */

int64_t og_amqp_level_ms(int level)
{
	return (int64_t)OG_AMQP_LEVEL_MS << 2 * level;
}

int og_amqp_level(int64_t ms)
{
	int level = 0;

	while (level + 1 < OG_AMQP_LEVELS && og_amqp_level_ms(level + 1) <= ms)
		level++;
	return level;
}

int64_t og_amqp_messages(struct og_amqp_queue *q, const char *name, struct og_err *err)
{
	json_t *answer = NULL;
	int64_t n;

	if (og_amqp_call(q, "queue", json_pack("{s:s,s:b}", "queue", name, "passive", 1), &answer,
			 err) < 0)
		return -1;
	n = og_json_int(answer, "messages", 0);
	json_decref(answer);
	return n;
}

/* --- one thing at a time ----------------------------------------------------------- */

/* What is asked for in check mode must be there. */
static int missing(struct og_err *err)
{
	if (err && err->code == OG_ECONF && strstr(err->msg, "NOT_FOUND"))
		err->code = OG_NO;
	return -1;
}

/* Asked for passively first when nothing may be made; what is there is held
 * against how we would make it, by declaring it once more. */
static int need(struct og_amqp_queue *q, const char *op, json_t *want, int check,
		struct og_err *err)
{
	json_t *look = check ? json_copy(want) : NULL;
	int rc = 0;

	if (!want || (check && !look)) {
		og_fail_nomem(err);
		rc = -1;
	}
	if (rc == 0 && check && og_json_set(look, "passive", json_true(), err) == 0)
		rc = og_amqp_call(q, op, json_incref(look), NULL, err) < 0 ? missing(err) : 0;
	if (rc == 0)
		rc = og_amqp_call(q, op, json_incref(want), NULL, err);
	json_decref(look);
	json_decref(want);
	return rc;
}

static int need_exchange(struct og_amqp_queue *q, const char *rest, const char *type, int check,
			 struct og_err *err)
{
	char name[OG_AMQP_NAME];

	return need(q, "exchange",
		    json_pack("{s:s,s:s}", "exchange", og_amqp_name(q, rest, name), "type", type),
		    check, err);
}

static int need_queue(struct og_amqp_queue *q, const char *rest, json_t *arguments, int check,
		      struct og_err *err)
{
	char name[OG_AMQP_NAME];

	return need(q, "queue",
		    json_pack("{s:s,s:o}", "queue", og_amqp_name(q, rest, name), "arguments",
			      arguments),
		    check, err);
}

/* A binding cannot be asked for; making it again changes nothing. */
static int need_binding(struct og_amqp_queue *q, const char *queue, const char *exchange,
			const char *key, struct og_err *err)
{
	char from[OG_AMQP_NAME], to[OG_AMQP_NAME];

	return og_amqp_call(q, "bind",
			    json_pack("{s:s,s:s,s:s}", "queue", og_amqp_name(q, queue, to),
				      "exchange", og_amqp_name(q, exchange, from), "key", key),
			    NULL, err);
}

/* --- all of it ----------------------------------------------------------------------- */

/* Nothing is dropped on the way from one queue to the next: the message
 * stays where it is until the next has it. */
static json_t *quorum(const struct og_amqp_queue *q, const char *onward)
{
	char name[OG_AMQP_NAME];

	return json_pack("{s:s,s:s,s:s,s:s}", "x-queue-type", "quorum", "x-dead-letter-exchange",
			 og_amqp_name(q, onward, name), "x-dead-letter-strategy", "at-least-once",
			 "x-overflow", "reject-publish");
}

static json_t *with_limit(json_t *arguments, int64_t limit)
{
	if (arguments)
		json_object_set_new(arguments, "x-delivery-limit", json_integer(limit));
	return arguments;
}

static json_t *work_arguments(const struct og_amqp_queue *q)
{
	json_t *arguments = with_limit(quorum(q, "dead"), DELIVERY_LIMIT);

	if (arguments)
		json_object_set_new(arguments, "x-consumer-timeout", json_integer(LONGEST_TASK_MS));
	return arguments;
}

static int need_work(struct og_amqp_queue *q, const char *name, int check, struct og_err *err)
{
	char returning[OG_AMQP_NAME];

	snprintf(returning, sizeof(returning), "*.%s", name);
	if (need_queue(q, name, work_arguments(q), check, err) < 0 ||
	    need_binding(q, name, "work", name, err) < 0)
		return -1;
	return need_binding(q, name, "work", returning, err);
}

static int need_level(struct og_amqp_queue *q, int level, int check, struct og_err *err)
{
	json_t *arguments = with_limit(quorum(q, "work"), NO_LIMIT);
	char name[OG_AMQP_NAME], key[OG_AMQP_NAME];

	snprintf(name, sizeof(name), "delay.%d", level);
	snprintf(key, sizeof(key), "%d.*", level);
	if (arguments)
		json_object_set_new(arguments, "x-message-ttl",
				    json_integer(og_amqp_level_ms(level)));
	if (need_queue(q, name, arguments, check, err) < 0)
		return -1;
	return need_binding(q, name, "delay", key, err);
}

static int need_all(struct og_amqp_queue *q, int check, struct og_err *err)
{
	json_t *dead = json_pack("{s:s}", "x-queue-type", "quorum");

	if (need_exchange(q, "work", "topic", check, err) < 0 ||
	    need_exchange(q, "delay", "topic", check, err) < 0 ||
	    need_exchange(q, "events", "topic", check, err) < 0 ||
	    need_exchange(q, "dead", "fanout", check, err) < 0) {
		json_decref(dead);
		return -1;
	}
	if (need_queue(q, "dead", with_limit(dead, NO_LIMIT), check, err) < 0 ||
	    need_binding(q, "dead", "dead", "", err) < 0 || need_work(q, "tasks", check, err) < 0 ||
	    need_work(q, "control", check, err) < 0)
		return -1;
	for (int level = 0; level < OG_AMQP_LEVELS; level++)
		if (need_level(q, level, check, err) < 0)
			return -1;
	return 0;
}

int og_amqp_declare(const struct og_queue_place *place, int check, struct og_err *err)
{
	struct og_amqp_queue *q;
	int rc;

	if (og_amqp_open(place, &q, err) < 0)
		return -1;
	rc = need_all(q, check, err);
	if (rc < 0 && err && err->code == OG_ECONF && strstr(err->msg, "PRECONDITION_FAILED"))
		og_hint(err, "delete it at the broker when it is empty, or take another ?prefix=");
	og_amqp_close(&q->base);
	return rc;
}
