/*
 * Publishing: messages go out in a window and are answered when the broker
 * confirms them. A message that no queue takes is returned and then
 * confirmed like any other: a return before the confirm is a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/og-amqp-lib.h"
#include "lib/base/clock.h"

#define WINDOW	     256 /* publishes under way */
#define WINDOW_BYTES ((size_t)512 << 10)
#define BLOCKED_MS   2000 /* patience with a broker that takes nothing */

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
	amqp_table_entry_t entries[AMQP_TABLE_MAX];
	amqp_basic_properties_t properties = { 0 };
	char number[24];
	int status;

	request->number = ++link->numbers;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)request->number);
	add_properties(amqp, request, from, &properties);
	properties.headers = amqp_table_of(json_object_get(request->json, "headers"), entries);
	properties.correlation_id = amqp_cstring_bytes(number);
	amqp_watch_begin(link);
	status = amqp_basic_publish(link->connection, AMQP_MAIN_CHANNEL,
				    amqp_bytes_of(request, "exchange"),
				    amqp_bytes_of(request, "key"),
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
			 : send_publish(amqp, request, amqp_bytes_of(request, "body"),
					request->json);

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

int amqp_publish(struct amqp *amqp, struct amqp_request *request)
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
