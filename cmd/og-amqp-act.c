/*
 * Doing what is asked. Questions wait for their answers; publishes go out
 * in a window and are answered when the broker confirms them. A message
 * that no queue takes is returned and then confirmed like any other: a
 * return before the confirm is a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/og-amqp-lib.h"
#include "lib/base/clock.h"

#define WINDOW	     256 /* publishes under way */
#define WINDOW_BYTES ((size_t)512 << 10)
#define TABLE_MAX    32
#define BLOCKED_MS   2000 /* patience with a broker that takes nothing */

/* --- tables --------------------------------------------------------------------- */

static void entry_of(amqp_table_entry_t *entry, const char *key, const json_t *value)
{
	entry->key = amqp_cstring_bytes(key);
	if (json_is_string(value)) {
		entry->value.kind = AMQP_FIELD_KIND_UTF8;
		entry->value.value.bytes = amqp_cstring_bytes(json_string_value(value));
	} else if (json_is_integer(value)) {
		entry->value.kind = AMQP_FIELD_KIND_I64;
		entry->value.value.i64 = json_integer_value(value);
	} else {
		entry->value.kind = AMQP_FIELD_KIND_BOOLEAN;
		entry->value.value.boolean = json_is_true(value);
	}
}

/* A table that lives as long as json and entries do. */
static amqp_table_t table_of(json_t *json, amqp_table_entry_t entries[TABLE_MAX])
{
	amqp_table_t table = { 0, entries };
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value) entry_of(&entries[table.num_entries++], key, value);
	return table;
}

static amqp_bytes_t bytes_of(const struct amqp_request *request, const char *name)
{
	return amqp_cstring_bytes(amqp_text(request, name, ""));
}

/* --- publishing --------------------------------------------------------------------- */

static struct amqp_link *out(struct amqp *amqp)
{
	return &amqp->links[AMQP_OUT];
}

/* Takes it from the list; the caller owns it. */
static struct amqp_request *take_publish(struct amqp_request **at)
{
	struct amqp_request *request = *at;

	*at = request->next;
	request->next = NULL;
	return request;
}

static void refuse_publish(struct amqp *amqp, struct amqp_request **at, const struct og_err *err)
{
	struct amqp_request *request = take_publish(at);

	amqp_refuse(amqp, request, err);
	amqp_request_free(request);
}

void amqp_publishes_fail(struct amqp *amqp, const struct og_err *err)
{
	struct amqp_request **at = &amqp->publishes;

	while (*at)
		if ((*at)->number > 0)
			refuse_publish(amqp, at, err);
		else
			at = &(*at)->next;
}

/* The original is settled when its copy is safe. */
static void settle_moved(struct amqp *amqp, const struct amqp_request *request)
{
	struct amqp_held **at = amqp_held_find(amqp, og_json_int(request->json, "tag", 0));
	const struct amqp_link *in = &amqp->links[AMQP_IN];

	if (!*at || !in->connection)
		return;
	amqp_basic_ack(in->connection, AMQP_MAIN_CHANNEL, (*at)->number, 0);
	amqp_held_drop(amqp, at);
}

static void finish_publish(struct amqp *amqp, struct amqp_request **at, int positive)
{
	const char *returned = amqp_text(*at, "returned", NULL);
	struct og_err err = OG_ERR_INIT;

	if (returned) {
		og_fail(&err, OG_ECONF, "no queue takes what is sent to '%s' as '%s': %s",
			amqp_text(*at, "exchange", ""), amqp_text(*at, "key", ""), returned);
		refuse_publish(amqp, at, &err);
	} else if (!positive) {
		og_fail(&err, OG_ETEMP, "the broker refused a message: its queue is full");
		refuse_publish(amqp, at, &err);
	} else {
		struct amqp_request *request = take_publish(at);

		if (request->op == AMQP_MOVE)
			settle_moved(amqp, request);
		amqp_answer(amqp, request, NULL);
		amqp_request_free(request);
	}
}

void amqp_confirmed(struct amqp *amqp, uint64_t number, int multiple, int positive)
{
	struct amqp_request **at = &amqp->publishes;

	while (*at)
		if ((*at)->number > 0 &&
		    ((*at)->number == number || (multiple && (*at)->number < number)))
			finish_publish(amqp, at, positive);
		else
			at = &(*at)->next;
}

void amqp_returned(struct amqp *amqp, const char *number, const char *why)
{
	char own[24];

	for (struct amqp_request *p = amqp->publishes; number && p; p = p->next) {
		snprintf(own, sizeof(own), "%llu", (unsigned long long)p->number);
		if (p->number > 0 && strcmp(own, number) == 0)
			json_object_set_new(p->json, "returned", json_string(why));
	}
}

/* What every message of ours carries. */
static void add_properties(const struct amqp *amqp, const struct amqp_request *request,
			   const json_t *from, amqp_basic_properties_t *p)
{
	const char *id = og_json_str(from, "message_id");

	p->_flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
		    AMQP_BASIC_USER_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_PRIORITY_FLAG |
		    AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG;
	p->content_type = amqp_cstring_bytes("application/json");
	p->delivery_mode = og_json_bool(request->json, "hint", 0) ? 1 : 2;
	p->user_id = amqp_cstring_bytes(amqp_text(amqp->open, "user", ""));
	p->timestamp = (uint64_t)time(NULL);
	p->priority = (uint8_t)(og_json_int(from, "priority", 0) & 0xff);
	if (!id)
		return;
	p->_flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
	p->message_id = amqp_cstring_bytes(id);
}

/* body and from: of the request, or of the message it moves. */
static int send_publish(struct amqp *amqp, struct amqp_request *request, amqp_bytes_t body,
			const json_t *from)
{
	struct amqp_link *link = out(amqp);
	amqp_table_entry_t entries[TABLE_MAX];
	amqp_basic_properties_t properties = { 0 };
	char number[24];
	int status;

	request->number = ++link->numbers;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)request->number);
	add_properties(amqp, request, from, &properties);
	properties.headers = table_of(json_object_get(request->json, "headers"), entries);
	properties.correlation_id = amqp_cstring_bytes(number);
	amqp_watch_begin(link);
	status = amqp_basic_publish(link->connection, AMQP_MAIN_CHANNEL,
				    bytes_of(request, "exchange"), bytes_of(request, "key"),
				    !og_json_bool(request->json, "hint", 0), 0, &properties, body);
	amqp_watch_end();
	if (status == AMQP_STATUS_OK)
		return 0;
	amqp_link_lost(amqp, link, amqp_error_string2(status));
	return -1;
}

/* A delivery that is gone is somebody else's by now: 1, nothing to be sent. */
static int send_moved(struct amqp *amqp, struct amqp_request *request)
{
	struct amqp_held *held = *amqp_held_find(amqp, og_json_int(request->json, "tag", 0));

	if (!held || !held->body)
		return 1;
	return send_publish(amqp, request, (amqp_bytes_t){ held->size, held->body },
			    held->properties);
}

/* Sends the next one; what needs no confirm is done with it. -1: the link
 * is lost. */
static int send_next(struct amqp *amqp, struct amqp_request **at)
{
	struct amqp_request *request = *at;
	int rc = request->op == AMQP_MOVE
			 ? send_moved(amqp, request)
			 : send_publish(amqp, request, bytes_of(request, "body"), request->json);

	if (rc < 0)
		return -1;
	if (rc == 0 && !og_json_bool(request->json, "hint", 0))
		return 0;
	take_publish(at);
	amqp_answer(amqp, request, rc > 0 ? json_pack("{s:b}", "stale", 1) : NULL);
	amqp_request_free(request);
	return 0;
}

static void send_all(struct amqp *amqp)
{
	struct amqp_request **at = &amqp->publishes;
	size_t bytes = 0, n = 0;

	while (*at && n < WINDOW && (n == 0 || bytes + (*at)->size < WINDOW_BYTES)) {
		struct amqp_request *request = *at;

		if (request->number == 0 && send_next(amqp, at) < 0)
			return;
		if (*at != request)
			continue; /* it is done */
		n++;
		bytes += request->size;
		at = &request->next;
	}
}

static void too_late(const struct amqp *amqp, struct og_err *err)
{
	const struct amqp_link *link = &amqp->links[AMQP_OUT];

	if (link->blocked[0])
		og_fail(err, OG_ETEMP, "the broker takes no messages now: %s", link->blocked);
	else if (!link->connection)
		og_fail(err, OG_EUNAVAIL, "the broker went away and did not come back");
	else
		og_fail(err, OG_ETEMP, "the broker did not confirm in time");
}

static void expire(struct amqp *amqp)
{
	struct amqp_request **at = &amqp->publishes;
	struct og_err err = OG_ERR_INIT;

	too_late(amqp, &err);
	while (*at)
		if (og_deadline_left((*at)->deadline) == 0)
			refuse_publish(amqp, at, &err);
		else
			at = &(*at)->next;
}

void amqp_publishes_go_on(struct amqp *amqp)
{
	const struct amqp_link *link = out(amqp);
	int64_t patience = og_deadline(BLOCKED_MS);

	for (struct amqp_request *p = amqp->publishes; p && link->blocked[0]; p = p->next)
		if (patience < p->deadline)
			p->deadline = patience;
	if (link->connection)
		send_all(amqp);
	expire(amqp);
}

int64_t amqp_publishes_due(const struct amqp *amqp)
{
	int64_t due = OG_FOREVER;

	for (const struct amqp_request *p = amqp->publishes; p; p = p->next)
		due = p->deadline < due ? p->deadline : due;
	return due;
}

/* A hint that cannot be given now is given up. 1: it is answered. */
static int queue_publish(struct amqp *amqp, struct amqp_request *request)
{
	struct amqp_request **end = &amqp->publishes;
	struct og_err err = OG_ERR_INIT;

	if (amqp_link_open(amqp, out(amqp), &err) < 0 &&
	    (err.code != OG_EUNAVAIL || og_json_bool(request->json, "hint", 0))) {
		amqp_refuse(amqp, request, &err);
		return 1;
	}
	while (*end)
		end = &(*end)->next;
	*end = request;
	return 0;
}

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
	amqp_table_entry_t entries[TABLE_MAX];
	amqp_table_t arguments = table_of(json_object_get(request->json, "arguments"), entries);
	int exclusive = og_json_bool(request->json, "exclusive", 0);
	const amqp_queue_declare_ok_t *ok;
	struct amqp_link *link;
	char name[AMQP_NAME_MAX + 1];
	int channel = asking(amqp, request, &link, err);

	if (channel < 0)
		return -1;
	ok = amqp_queue_declare(link->connection, (amqp_channel_t)channel,
				bytes_of(request, "queue"),
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
	if (amqp_exchange_declare(link->connection, (amqp_channel_t)channel,
				  bytes_of(request, "exchange"), bytes_of(request, "type"),
				  og_json_bool(request->json, "passive", 0), 1, 0, 0,
				  amqp_empty_table))
		return 0;
	return amqp_replied(amqp, link, "ask for an exchange", err);
}

static int do_bind(struct amqp *amqp, const struct amqp_request *request, struct og_err *err)
{
	struct amqp_link *link;
	int channel = asking(amqp, request, &link, err);

	if (channel < 0)
		return -1;
	if (amqp_queue_bind(link->connection, (amqp_channel_t)channel, bytes_of(request, "queue"),
			    bytes_of(request, "exchange"), bytes_of(request, "key"),
			    amqp_empty_table))
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
	reply = amqp_basic_get(link->connection, AMQP_MAIN_CHANNEL, bytes_of(request, "queue"), 0);
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
	if (amqp_basic_consume(link->connection, AMQP_MAIN_CHANNEL, bytes_of(request, "queue"),
			       bytes_of(request, "consumer"), 0, !keep, 0, amqp_empty_table))
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
	if (!amqp_basic_cancel(link->connection, AMQP_MAIN_CHANNEL, bytes_of(request, "consumer")))
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
		if (queue_publish(amqp, request) == 0)
			return;
	} else if (answer_now(amqp, request, &members, &err) < 0) {
		amqp_refuse(amqp, request, &err);
	} else {
		amqp_answer(amqp, request, members);
	}
	amqp_request_free(request);
}
