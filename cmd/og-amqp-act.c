/*
 * Doing what is asked: questions, which wait for their answers. What is
 * published is in og-amqp-publish.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/og-amqp-lib.h"
#include "lib/base/clock.h"

/* --- questions ------------------------------------------------------------------------ */

/* The link and channel on which queues and exchanges are asked about: what
 * is exclusive belongs to the connection that listens. */
static int asking(struct amqp *amqp, const struct amqp_request *request, struct amqp_link **ret,
		  struct og_err *err)
{
	int exclusive = og_json_bool(request->json, "exclusive", 0);
	struct amqp_link *link = &amqp->links[exclusive ? AMQP_IN : AMQP_OUT];

	if (amqp_link_open(amqp, link, err) < 0)
		return -1;
	*ret = link;
	if (exclusive)
		return AMQP_MAIN_CHANNEL;
	if (!link->second) {
		amqp_channel_open(link->connection, AMQP_ASKING_CHANNEL);
		if (amqp_replied(amqp, link, "open a channel", err) < 0)
			return -1;
		link->second = 1;
	}
	return AMQP_ASKING_CHANNEL;
}

static int do_queue(struct amqp *amqp, const struct amqp_request *request, json_t **ret,
		    struct og_err *err)
{
	amqp_table_entry_t entries[AMQP_TABLE_MAX];
	amqp_table_t arguments =
		amqp_table_of(json_object_get(request->json, "arguments"), entries);
	int exclusive = og_json_bool(request->json, "exclusive", 0);
	const amqp_queue_declare_ok_t *ok;
	struct amqp_link *link;
	char name[AMQP_NAME_MAX + 1];
	int channel = asking(amqp, request, &link, err);

	if (channel < 0)
		return -1;
	ok = amqp_queue_declare(link->connection, (amqp_channel_t)channel,
				amqp_bytes_of(request, "queue"),
				og_json_bool(request->json, "passive", 0), !exclusive, exclusive,
				exclusive, arguments);
	if (!ok)
		return amqp_replied(amqp, link, "ask for a queue", err);
	amqp_copy(name, ok->queue);
	*ret = json_pack("{s:s,s:I,s:I}", "queue", name, "messages", (json_int_t)ok->message_count,
			 "consumers", (json_int_t)ok->consumer_count);
	return 0;
}

static int do_exchange(struct amqp *amqp, const struct amqp_request *request, struct og_err *err)
{
	struct amqp_link *link;
	int channel = asking(amqp, request, &link, err);

	if (channel < 0)
		return -1;
	if (amqp_exchange_declare(
		    link->connection, (amqp_channel_t)channel, amqp_bytes_of(request, "exchange"),
		    amqp_bytes_of(request, "type"), og_json_bool(request->json, "passive", 0), 1, 0,
		    0, amqp_empty_table))
		return 0;
	return amqp_replied(amqp, link, "ask for an exchange", err);
}

static int do_bind(struct amqp *amqp, const struct amqp_request *request, struct og_err *err)
{
	struct amqp_link *link;
	int channel = asking(amqp, request, &link, err);

	if (channel < 0)
		return -1;
	if (amqp_queue_bind(link->connection, (amqp_channel_t)channel,
			    amqp_bytes_of(request, "queue"), amqp_bytes_of(request, "exchange"),
			    amqp_bytes_of(request, "key"), amqp_empty_table))
		return 0;
	return amqp_replied(amqp, link, "bind a queue", err);
}

/* --- deliveries -------------------------------------------------------------------------- */

/* The message follows the answer, in frames of its own. */
static int read_got(struct amqp *amqp, struct amqp_link *link, const amqp_basic_get_ok_t *ok,
		    struct og_err *err)
{
	uint64_t number = ok->delivery_tag;
	int redelivered = !!ok->redelivered;
	char exchange[AMQP_NAME_MAX + 1], key[AMQP_NAME_MAX + 1];
	int64_t deadline = og_deadline(AMQP_REQUEST_MS);

	amqp_copy(exchange, ok->exchange);
	amqp_copy(key, ok->routing_key);
	if (amqp_take_queued(amqp, link) < 0)
		return og_fail(err, OG_EUNAVAIL, "the broker went away");
	link->message.kind = AMQP_GOT;
	link->message.number = number;
	link->message.redelivered = redelivered;
	memcpy(link->message.exchange, exchange, sizeof(exchange));
	memcpy(link->message.key, key, sizeof(key));
	while (!amqp->got && og_deadline_left(deadline) > 0)
		if (amqp_pump(amqp, link, og_deadline_left(deadline)) < 0)
			return og_fail(err, OG_EUNAVAIL, "the broker went away");
	if (amqp->got)
		return 0;
	amqp_link_lost(amqp, link, "half a message");
	return og_fail(err, OG_EUNAVAIL, "the broker sent half a message");
}

static int do_get(struct amqp *amqp, const struct amqp_request *request, json_t **ret,
		  struct og_err *err)
{
	int look = og_json_bool(request->json, "look", 0);
	struct amqp_link *link = &amqp->links[look ? AMQP_LOOK : AMQP_IN];
	amqp_rpc_reply_t reply;

	if (!look && amqp->n_held >= AMQP_HELD_MAX)
		return og_fail(err, OG_EBUG, "too many deliveries are held");
	if (amqp_link_open(amqp, link, err) < 0)
		return -1;
	reply = amqp_basic_get(link->connection, AMQP_MAIN_CHANNEL, amqp_bytes_of(request, "queue"),
			       0);
	if (reply.reply_type != AMQP_RESPONSE_NORMAL)
		return amqp_replied(amqp, link, "get a message", err);
	if (reply.reply.id == AMQP_BASIC_GET_OK_METHOD &&
	    read_got(amqp, link, reply.reply.decoded, err) < 0)
		return -1;
	*ret = json_pack("{s:o*}", "message", amqp->got);
	amqp->got = NULL;
	return 0;
}

static int do_consume(struct amqp *amqp, const struct amqp_request *request, struct og_err *err)
{
	struct amqp_link *link = &amqp->links[AMQP_IN];
	int keep = og_json_bool(request->json, "keep", 0);

	if (amqp_link_open(amqp, link, err) < 0)
		return -1;
	json_object_set_new(amqp->consumers, amqp_text(request, "consumer", ""),
			    json_boolean(keep));
	if (amqp_basic_consume(link->connection, AMQP_MAIN_CHANNEL, amqp_bytes_of(request, "queue"),
			       amqp_bytes_of(request, "consumer"), 0, !keep, 0, amqp_empty_table))
		return 0;
	return amqp_replied(amqp, link, "listen to a queue", err);
}

/* What it was given goes back, but for one. */
static int do_cancel(struct amqp *amqp, const struct amqp_request *request, struct og_err *err)
{
	struct amqp_link *link = &amqp->links[AMQP_IN];
	const char *consumer = amqp_text(request, "consumer", "");
	int64_t but = og_json_int(request->json, "but", 0);
	struct amqp_held **at = &amqp->held;

	json_object_del(amqp->consumers, consumer);
	if (!link->connection)
		return 0;
	if (!amqp_basic_cancel(link->connection, AMQP_MAIN_CHANNEL,
			       amqp_bytes_of(request, "consumer")))
		return amqp_replied(amqp, link, "stop listening", err);
	while (*at)
		if (strcmp((*at)->consumer, consumer) == 0 && (*at)->tag != but) {
			amqp_basic_nack(link->connection, AMQP_MAIN_CHANNEL, (*at)->number, 0, 1);
			amqp_held_drop(amqp, at);
		} else {
			at = &(*at)->next;
		}
	return 0;
}

/* Acks it, gives it back, or lets the broker make a dead letter of it. */
static int do_settle(struct amqp *amqp, const struct amqp_request *request, json_t **ret,
		     struct og_err *err)
{
	struct amqp_held **at = amqp_held_find(amqp, og_json_int(request->json, "tag", 0));
	struct amqp_link *link = &amqp->links[AMQP_IN];
	int status;

	if (!*at || !link->connection) {
		*ret = json_pack("{s:b}", "stale", 1);
		return 0;
	}
	amqp_watch_begin(link);
	status = request->op == AMQP_ACK
			 ? amqp_basic_ack(link->connection, AMQP_MAIN_CHANNEL, (*at)->number, 0)
			 : amqp_basic_reject(link->connection, AMQP_MAIN_CHANNEL, (*at)->number,
					     request->op == AMQP_REQUEUE);
	amqp_watch_end();
	amqp_held_drop(amqp, at);
	if (status == AMQP_STATUS_OK)
		return 0;
	amqp_link_lost(amqp, link, amqp_error_string2(status));
	return amqp_library_failed(status, "settle a delivery", err);
}

static int answer_now(struct amqp *amqp, const struct amqp_request *request, json_t **ret,
		      struct og_err *err)
{
	switch (request->op) {
	case AMQP_QUEUE:
		return do_queue(amqp, request, ret, err);
	case AMQP_EXCHANGE:
		return do_exchange(amqp, request, err);
	case AMQP_BIND:
		return do_bind(amqp, request, err);
	case AMQP_GET:
		return do_get(amqp, request, ret, err);
	case AMQP_CONSUME:
		return do_consume(amqp, request, err);
	case AMQP_CANCEL:
		return do_cancel(amqp, request, err);
	case AMQP_ACK:
	case AMQP_REJECT:
	case AMQP_REQUEUE:
		return do_settle(amqp, request, ret, err);
	case AMQP_FORGET:
		amqp_link_close(&amqp->links[AMQP_LOOK]);
		return 0;
	default:
		return og_fail(err, OG_EDATA, "the conversation is open already");
	}
}

void amqp_act(struct amqp *amqp, struct amqp_request *request)
{
	struct og_err err = OG_ERR_INIT;
	json_t *members = NULL;

	if (request->op == AMQP_PUBLISH || request->op == AMQP_MOVE) {
		if (amqp_publish(amqp, request) == 0)
			return;
	} else if (answer_now(amqp, request, &members, &err) < 0) {
		amqp_refuse(amqp, request, &err);
	} else {
		amqp_answer(amqp, request, members);
	}
	amqp_request_free(request);
}
