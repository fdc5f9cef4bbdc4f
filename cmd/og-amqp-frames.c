/*
 * What the broker sends: deliveries in their frames, confirms, returns,
 * and its ends of channels and connections. Bodies and properties are
 * whatever some client wrote: sizes are held to limits, and what is not
 * text is said to be something else.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-amqp-lib.h"
#include "lib/base/text.h"

#define HEADERS_MAX 64
#define VALUE_MAX   4096

/* --- properties as JSON -------------------------------------------------------- */

/* NULL when it is no text, or too long to matter. */
static json_t *text_of(amqp_bytes_t bytes)
{
	if (bytes.len > VALUE_MAX || !og_utf8_valid(bytes.bytes, bytes.len) ||
	    (bytes.len > 0 && memchr(bytes.bytes, '\0', bytes.len)))
		return NULL;
	return json_stringn(bytes.len ? bytes.bytes : "", bytes.len);
}

/* Numbers, texts and truths; the broker's own tables are left out. */
static json_t *value_of(const amqp_field_value_t *value)
{
	switch (value->kind) {
	case AMQP_FIELD_KIND_UTF8:
	case AMQP_FIELD_KIND_BYTES:
		return text_of(value->value.bytes);
	case AMQP_FIELD_KIND_BOOLEAN:
		return json_boolean(value->value.boolean);
	case AMQP_FIELD_KIND_I8:
		return json_integer(value->value.i8);
	case AMQP_FIELD_KIND_I16:
		return json_integer(value->value.i16);
	case AMQP_FIELD_KIND_I32:
		return json_integer(value->value.i32);
	case AMQP_FIELD_KIND_I64:
		return json_integer(value->value.i64);
	default:
		return NULL;
	}
}

static json_t *headers_of(const amqp_table_t *table)
{
	json_t *headers = json_object();

	for (int i = 0; headers && i < table->num_entries && i < HEADERS_MAX; i++) {
		json_t *key = text_of(table->entries[i].key);
		json_t *value = key ? value_of(&table->entries[i].value) : NULL;

		if (value)
			json_object_set_new(headers, json_string_value(key), value);
		json_decref(key);
	}
	return headers;
}

static void add_text(json_t *json, const char *name, int there, amqp_bytes_t bytes)
{
	json_t *text = there ? text_of(bytes) : NULL;

	if (text)
		json_object_set_new(json, name, text);
}

static json_t *properties_of(const amqp_basic_properties_t *p)
{
	json_t *json = json_object();

	if (!json)
		return NULL;
	add_text(json, "message_id", !!(p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG), p->message_id);
	add_text(json, "correlation_id", !!(p->_flags & AMQP_BASIC_CORRELATION_ID_FLAG),
		 p->correlation_id);
	add_text(json, "user_id", !!(p->_flags & AMQP_BASIC_USER_ID_FLAG), p->user_id);
	if (p->_flags & AMQP_BASIC_PRIORITY_FLAG)
		json_object_set_new(json, "priority", json_integer(p->priority));
	if (p->_flags & AMQP_BASIC_TIMESTAMP_FLAG && p->timestamp < INT32_MAX)
		json_object_set_new(json, "timestamp", json_integer((json_int_t)p->timestamp));
	if (p->_flags & AMQP_BASIC_HEADERS_FLAG)
		json_object_set_new(json, "headers", headers_of(&p->headers));
	return json;
}

/* --- whole messages --------------------------------------------------------------- */

void amqp_held_drop(struct amqp *amqp, struct amqp_held **at)
{
	struct amqp_held *held = *at;

	*at = held->next;
	json_decref(held->properties);
	free(held->body);
	free(held);
	amqp->n_held--;
}

struct amqp_held **amqp_held_find(struct amqp *amqp, int64_t tag)
{
	struct amqp_held **at = &amqp->held;

	while (*at && (*at)->tag != tag)
		at = &(*at)->next;
	return at;
}

/* What is told of a message: its properties, and its body if it is text. */
static json_t *message_json(const struct amqp_message *m, int64_t tag)
{
	const char *body = m->body.data ? m->body.data : "";
	json_t *json = json_pack("{s:I,s:s,s:I,s:b,s:s,s:s}", "tag", (json_int_t)tag, "consumer",
				 m->consumer, "size", (json_int_t)m->size, "redelivered",
				 m->redelivered, "exchange", "", "key", "");

	if (!json)
		return NULL;
	json_object_update(json, m->properties);
	if (og_utf8_valid(m->exchange, strlen(m->exchange)))
		json_object_set_new(json, "exchange", json_string(m->exchange));
	if (og_utf8_valid(m->key, strlen(m->key)))
		json_object_set_new(json, "key", json_string(m->key));
	if (m->size > AMQP_BODY_MAX)
		json_object_set_new(json, "oversize", json_true());
	else if (og_utf8_valid(body, m->body.len) && !memchr(body, '\0', m->body.len))
		json_object_set_new(json, "body", json_stringn(body, m->body.len));
	else
		json_object_set_new(json, "binary", json_true());
	return json;
}

/* Keeps it until it is settled; its tag, or 0 when memory is out. */
static int64_t hold(struct amqp *amqp, struct amqp_message *m)
{
	struct amqp_held *held = calloc(1, sizeof(*held));

	if (!held)
		return 0;
	held->tag = ++amqp->tags;
	held->number = m->number;
	memcpy(held->consumer, m->consumer, sizeof(held->consumer));
	held->properties = json_incref(m->properties);
	held->size = m->body.len;
	if (m->size <= AMQP_BODY_MAX) {
		og_buf_addc(&m->body, '\0');
		held->body = og_buf_take(&m->body);
	}
	held->next = amqp->held;
	amqp->held = held;
	amqp->n_held++;
	return held->tag;
}

/* A consumer that was ended still gets what was on its way: it goes back. */
static void delivered(struct amqp *amqp, struct amqp_link *link, struct amqp_message *m)
{
	json_t *keep = json_object_get(amqp->consumers, m->consumer), *json;

	if (!keep || amqp->n_held >= AMQP_HELD_MAX) {
		amqp_basic_nack(link->connection, AMQP_MAIN_CHANNEL, m->number, 0, 1);
		return;
	}
	json = message_json(m, json_is_true(keep) ? amqp->tags + 1 : 0);
	if (json_is_true(keep))
		hold(amqp, m);
	amqp_say(amqp, json_pack("{s:s,s:o}", "event", "delivery", "message", json));
}

static void got(struct amqp *amqp, const struct amqp_link *link, struct amqp_message *m)
{
	json_decref(amqp->got);
	amqp->got = message_json(m, link->side == AMQP_LOOK ? 0 : amqp->tags + 1);
	if (link->side != AMQP_LOOK)
		hold(amqp, m);
}

static void whole(struct amqp *amqp, struct amqp_link *link)
{
	struct amqp_message *m = &link->message;

	if (m->kind == AMQP_DELIVERED)
		delivered(amqp, link, m);
	else if (m->kind == AMQP_GOT)
		got(amqp, link, m);
	else
		amqp_returned(amqp, og_json_str(m->properties, "correlation_id"), m->why);
	json_decref(m->properties);
	og_buf_release(&m->body);
	memset(m, 0, sizeof(*m));
}

/* --- frames ------------------------------------------------------------------------ */

static int take_header(struct amqp *amqp, struct amqp_link *link, const amqp_frame_t *frame)
{
	struct amqp_message *m = &link->message;

	if (m->kind == AMQP_NO_MESSAGE || m->properties)
		return -1;
	m->properties = properties_of(frame->payload.properties.decoded);
	m->size = frame->payload.properties.body_size;
	og_buf_init(&m->body, AMQP_BODY_MAX + 1);
	if (!m->properties)
		return -1;
	if (m->size == 0)
		whole(amqp, link);
	return 0;
}

static int take_body(struct amqp *amqp, struct amqp_link *link, const amqp_frame_t *frame)
{
	struct amqp_message *m = &link->message;
	amqp_bytes_t piece = frame->payload.body_fragment;

	if (m->kind == AMQP_NO_MESSAGE || !m->properties || piece.len > m->size - m->seen)
		return -1;
	m->seen += piece.len;
	if (m->size <= AMQP_BODY_MAX && og_buf_add(&m->body, piece.bytes, piece.len) < 0)
		return -1;
	if (m->seen == m->size)
		whole(amqp, link);
	return 0;
}

static void begin_delivery(struct amqp_message *m, const amqp_basic_deliver_t *d)
{
	m->kind = AMQP_DELIVERED;
	m->number = d->delivery_tag;
	m->redelivered = !!d->redelivered;
	amqp_copy(m->consumer, d->consumer_tag);
	amqp_copy(m->exchange, d->exchange);
	amqp_copy(m->key, d->routing_key);
}

static void begin_return(struct amqp_message *m, const amqp_basic_return_t *r)
{
	m->kind = AMQP_RETURNED;
	amqp_copy(m->why, r->reply_text);
	amqp_copy(m->exchange, r->exchange);
	amqp_copy(m->key, r->routing_key);
}

/* What was being published on a channel that the broker closes was refused
 * with it: sending it again would be refused again. */
static int closed(struct amqp *amqp, struct amqp_link *link, int reply_code, amqp_bytes_t text)
{
	struct og_err err = OG_ERR_INIT;
	char words[AMQP_NAME_MAX + 1];

	amqp_copy(words, text);
	og_fail(&err, amqp_code_of(reply_code), "the broker says: %s", words);
	if (link->side == AMQP_OUT && err.code != OG_EUNAVAIL)
		amqp_publishes_fail(amqp, &err);
	amqp_link_lost(amqp, link, words);
	return -1;
}

static int take_end(struct amqp *amqp, struct amqp_link *link, const amqp_method_t *method)
{
	const amqp_channel_close_t *channel = method->decoded;
	const amqp_connection_close_t *connection = method->decoded;

	if (method->id == AMQP_CHANNEL_CLOSE_METHOD)
		return closed(amqp, link, channel->reply_code, channel->reply_text);
	if (method->id == AMQP_CONNECTION_CLOSE_METHOD)
		return closed(amqp, link, connection->reply_code, connection->reply_text);
	amqp_link_lost(amqp, link, "a queue that was listened to is gone");
	return -1;
}

static int take_method(struct amqp *amqp, struct amqp_link *link, const amqp_method_t *method)
{
	const amqp_basic_ack_t *ack = method->decoded;
	const amqp_basic_nack_t *nack = method->decoded;

	switch (method->id) {
	case AMQP_BASIC_DELIVER_METHOD:
		begin_delivery(&link->message, method->decoded);
		return 0;
	case AMQP_BASIC_RETURN_METHOD:
		begin_return(&link->message, method->decoded);
		return 0;
	case AMQP_BASIC_ACK_METHOD:
		amqp_confirmed(amqp, ack->delivery_tag, !!ack->multiple, 1);
		return 0;
	case AMQP_BASIC_NACK_METHOD:
		amqp_confirmed(amqp, nack->delivery_tag, !!nack->multiple, 0);
		return 0;
	case AMQP_CONNECTION_BLOCKED_METHOD:
		amqp_copy(link->blocked, ((const amqp_connection_blocked_t *)ack)->reason);
		return 0;
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		link->blocked[0] = '\0';
		return 0;
	case AMQP_CHANNEL_CLOSE_METHOD:
	case AMQP_CONNECTION_CLOSE_METHOD:
	case AMQP_BASIC_CANCEL_METHOD:
		return take_end(amqp, link, method);
	default:
		return 0; /* of no meaning to us */
	}
}

static int take_frame(struct amqp *amqp, struct amqp_link *link, const amqp_frame_t *frame)
{
	int rc = 0;

	switch (frame->frame_type) {
	case AMQP_FRAME_METHOD:
		return take_method(amqp, link, &frame->payload.method);
	case AMQP_FRAME_HEADER:
		rc = take_header(amqp, link, frame);
		break;
	case AMQP_FRAME_BODY:
		rc = take_body(amqp, link, frame);
		break;
	default:
		break;
	}
	if (rc < 0)
		amqp_link_lost(amqp, link, "the broker does not keep to the protocol");
	return rc;
}

/* 1: one was taken; 0: none came in time; -1: the link was lost. */
static int take_next(struct amqp *amqp, struct amqp_link *link, int ms)
{
	struct timeval limit = { ms / 1000, ms % 1000 * 1000 };
	amqp_frame_t frame;
	int status = amqp_simple_wait_frame_noblock(link->connection, &frame, &limit);

	if (status == AMQP_STATUS_OK && take_frame(amqp, link, &frame) < 0)
		return -1;
	if (status != AMQP_STATUS_OK && status != AMQP_STATUS_TIMEOUT) {
		amqp_link_lost(amqp, link, amqp_error_string2(status));
		return -1;
	}
	amqp_maybe_release_buffers(link->connection);
	return status == AMQP_STATUS_OK;
}

int amqp_pump(struct amqp *amqp, struct amqp_link *link, int ms)
{
	int taken = take_next(amqp, link, ms);

	while (taken > 0)
		taken = take_next(amqp, link, 0);
	return taken;
}

int amqp_take_queued(struct amqp *amqp, struct amqp_link *link)
{
	while (amqp_frames_enqueued(link->connection))
		if (take_next(amqp, link, 0) < 0)
			return -1;
	return 0;
}
