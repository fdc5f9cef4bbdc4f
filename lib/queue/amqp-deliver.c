/* Putting tasks in, claiming them, settling claims; see amqp-internal.h. */
#include "lib/queue/amqp-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

#define WINDOW	     128 /* unanswered requests: what a pipe takes without being read */
#define OWN_MAX	     1000
#define PUT_MS	     15000
#define ATTEMPTS_MAX 100000
#define REASON_MAX   1000
#define TRACE_LEN    55 /* of a W3C traceparent */

/* --- putting -------------------------------------------------------------------------- */

/* Where a message goes that is due then: exchange and key. */
static void route(const struct og_amqp_queue *q, int64_t due, int control,
		  char exchange[OG_AMQP_NAME], char key[OG_AMQP_NAME])
{
	const char *name = control ? "control" : "tasks";
	int64_t left = due > 0 ? due - og_now_ms() : 0;

	og_amqp_name(q, left > 0 ? "delay" : "work", exchange);
	if (left > 0)
		snprintf(key, OG_AMQP_NAME, "%d.%s", og_amqp_level(left), name);
	else
		snprintf(key, OG_AMQP_NAME, "%s", name);
}

/* The trace a canonical envelope belongs to, for tools that follow messages
 * and do not read them; NULL: none. What stands in its text has its quotes
 * escaped, and a parameter of that name comes before. */
static json_t *trace_of(const char *envelope)
{
	static const char member[] = "\"trace\":\"";
	const char *last = NULL;

	for (const char *at = envelope; (at = strstr(at, member)); last = at)
		at += sizeof(member) - 1;
	return last && strcspn(last, "\"") == TRACE_LEN ? json_stringn(last, TRACE_LEN) : NULL;
}

static json_t *parcel_request(const struct og_amqp_queue *q, const struct og_parcel *parcel)
{
	char exchange[OG_AMQP_NAME], key[OG_AMQP_NAME];
	int priority = parcel->priority < 0 ? 0 : parcel->priority > 255 ? 255 : parcel->priority;
	json_t *headers = json_object(), *trace = trace_of(parcel->envelope);

	route(q, parcel->not_before, parcel->priority > 0, exchange, key);
	if (headers && parcel->not_before > 0)
		json_object_set_new(headers, "og-due", json_integer(parcel->not_before));
	if (headers && parcel->expires > 0)
		json_object_set_new(headers, "og-expires", json_integer(parcel->expires));
	if (trace)
		json_object_set_new(headers, "traceparent", trace);
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:o}", "exchange", exchange, "key", key, "body",
			 parcel->envelope, "message_id", parcel->id, "priority", priority,
			 "headers", headers);
}

struct putting {
	struct og_amqp_queue *q;
	int64_t before; /* ids up to this one are of earlier requests */
	size_t sent, answered, confirmed;
	struct og_err first; /* of what was refused */
};

static int send_parcel(struct putting *p, const struct og_parcel *parcel, struct og_err *err)
{
	struct og_amqp_queue *q = p->q;
	int64_t id;

	if (q->listening && json_object_size(q->own) < OWN_MAX)
		json_object_set_new(q->own, parcel->id, json_true());
	if (og_amqp_send(q, "publish", parcel_request(q, parcel), &id, err) < 0)
		return -1;
	p->sent++;
	return 0;
}

static int take_confirm(struct putting *p, struct og_err *err)
{
	json_t *answer = NULL;
	int n = og_amqp_take(p->q, og_deadline(PUT_MS), -1, &answer, err);

	if (n == 0)
		og_fail(err, OG_ETEMP, "the broker did not confirm in time");
	if (n != 1)
		return -1;
	if (!answer || og_json_int(answer, "id", 0) <= p->before) {
		json_decref(answer);
		return 0;
	}
	p->answered++;
	if (og_amqp_refused(answer, p->first.code ? err : &p->first) == 0)
		p->confirmed++;
	json_decref(answer);
	return 0;
}

/* No transaction holds a broker's queues together: what was confirmed before
 * a failure is queued. */
int og_amqp_put(struct og_queue *base, const struct og_parcel *parcels, size_t n,
		struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	struct putting p = { .q = q, .before = q->last_id };
	struct og_err why = OG_ERR_INIT;
	int rc = 0;

	while (rc == 0 && (p.answered < p.sent || (p.sent < n && !p.first.code)))
		if (p.sent < n && !p.first.code && p.sent - p.answered < WINDOW)
			rc = send_parcel(&p, &parcels[p.sent], &why);
		else
			rc = take_confirm(&p, &why);
	if (rc == 0 && !p.first.code)
		return 0;
	if (rc == 0)
		why = p.first;
	if (err)
		*err = why;
	if (n > 1)
		og_wrap(err, "%zu of %zu were queued", p.confirmed, n);
	return why.code == OG_ETEMP ? og_hint(err, "what was sent may be queued all the same") : -1;
}

/* --- claiming ---------------------------------------------------------------------------- */

static int64_t header_int(const json_t *message, const char *name, int64_t most)
{
	int64_t value = og_json_int(json_object_get(message, "headers"), name, 0);

	return value < 0 ? 0 : value > most ? most : value;
}

/* Whichever client sent it: what it claims about itself costs it alone. */
static int attempts_of(const json_t *message)
{
	return (int)(header_int(message, "og-attempts", ATTEMPTS_MAX) +
		     header_int(message, "x-delivery-count", ATTEMPTS_MAX)) +
	       1;
}

static int settle(struct og_amqp_queue *q, const char *op, json_t *request, struct og_err *err)
{
	return og_amqp_call(q, op, request, NULL, err);
}

/* Publishes a copy and acks the original when that is safe. An original
 * that is not ours any more comes again by itself. */
static int move(struct og_amqp_queue *q, const struct og_amqp_claim *claim, const char *exchange,
		const char *key, json_t *headers, struct og_err *err)
{
	return settle(q, "move",
		      json_pack("{s:I,s:s,s:s,s:o}", "tag", (json_int_t)claim->tag, "exchange",
				exchange, "key", key, "headers", headers),
		      err);
}

static int delay(struct og_amqp_queue *q, const struct og_amqp_claim *claim, int64_t due,
		 int attempts, struct og_err *err)
{
	char exchange[OG_AMQP_NAME], key[OG_AMQP_NAME];
	json_t *headers = json_pack("{s:i}", "og-attempts", attempts);

	route(q, due, claim->control, exchange, key);
	if (headers && due > 0)
		json_object_set_new(headers, "og-due", json_integer(due));
	return move(q, claim, exchange, key, headers, err);
}

/* Nobody tried it, so the copy counts nothing. */
void og_amqp_give_back(struct og_amqp_queue *q, const json_t *message, int control)
{
	struct og_amqp_claim claim = { .tag = og_json_int(message, "tag", 0),
				       .attempts = attempts_of(message),
				       .control = control };
	int64_t due = header_int(message, "og-due", INT64_MAX);
	struct og_err ignored = OG_ERR_INIT;

	delay(q, &claim, due, claim.attempts - 1, &ignored);
}

static int bury(struct og_amqp_queue *q, const struct og_amqp_claim *claim, const char *reason,
		struct og_err *err)
{
	char exchange[OG_AMQP_NAME], text[REASON_MAX];

	og_text_format(text, sizeof(text), "%s", reason);
	return move(q, claim, og_amqp_name(q, "dead", exchange),
		    claim->control ? "control" : "tasks",
		    json_pack("{s:i,s:s}", "og-attempts", claim->attempts, "og-reason", text), err);
}

/* Why it is never to be begun, or NULL. What was begun may have effects:
 * only a worker may judge it then. */
static const char *refusal(const json_t *message, const struct og_amqp_claim *claim)
{
	int64_t expires = header_int(message, "og-expires", INT64_MAX);

	if (claim->attempts == 1 && expires > 0 && expires < og_now_ms())
		return "expired before it was begun";
	if (claim->attempts > OG_QUEUE_DELIVERIES)
		return "delivered too often";
	return og_json_bool(message, "binary", 0) ? "it is not a text" : NULL;
}

/* Puts aside what cannot be claimed now, or ever: 1; 0: it can; -1. */
static int put_aside(struct og_amqp_queue *q, const json_t *message,
		     const struct og_amqp_claim *claim, struct og_err *err)
{
	const char *reason = refusal(message, claim);
	int64_t due = header_int(message, "og-due", INT64_MAX);
	int rc;

	if (og_json_bool(message, "oversize", 0))
		rc = settle(q, "reject", json_pack("{s:I}", "tag", (json_int_t)claim->tag), err);
	else if (reason)
		rc = bury(q, claim, reason, err);
	else if (due > og_now_ms())
		rc = delay(q, claim, due, claim->attempts - 1, err);
	else
		return 0;
	return rc < 0 ? -1 : 1;
}

/* 1: claimed; 2: put aside, look for another; -1. */
static int take(struct og_amqp_queue *q, const json_t *message, int control,
		struct og_delivery *ret, struct og_err *err)
{
	struct og_amqp_claim *claim = calloc(1, sizeof(*claim));
	const char *body = og_json_str(message, "body");
	int aside;

	if (!claim)
		return og_fail_nomem(err);
	claim->tag = og_json_int(message, "tag", 0);
	claim->attempts = attempts_of(message);
	claim->control = control;
	aside = put_aside(q, message, claim, err);
	if (aside != 0) {
		free(claim);
		return aside < 0 ? -1 : 2;
	}
	ret->ticket = claim->tag;
	ret->attempts = claim->attempts;
	ret->envelope = strdup(body ? body : "");
	claim->next = q->claims;
	q->claims = claim;
	return ret->envelope ? 1 : og_fail_nomem(err);
}

/* Takes one from a queue that has some: 1, 0, -1. */
static int get(struct og_amqp_queue *q, int control, json_t **ret, struct og_err *err)
{
	char name[OG_AMQP_NAME];
	json_t *answer = NULL;
	int64_t n = og_amqp_messages(q, og_amqp_name(q, control ? "control" : "tasks", name), err);

	if (n <= 0)
		return (int)n;
	if (og_amqp_call(q, "get", json_pack("{s:s}", "queue", name), &answer, err) < 0)
		return -1;
	*ret = json_incref(json_object_get(answer, "message"));
	json_decref(answer);
	return *ret != NULL;
}

static json_t *pop(json_t *list)
{
	json_t *first = json_incref(json_array_get(list, 0));

	json_array_remove(list, 0);
	return first;
}

/* What was pushed while we waited ends the waiting. */
static int take_pushed(struct og_amqp_queue *q, int control, json_t **ret)
{
	*ret = pop(q->pushed[control]);
	if (!*ret)
		return 0;
	og_amqp_stop_waiting(q, og_json_int(*ret, "tag", 0));
	return 1;
}

/* The next message, of priority first: 1, 0 there is none, -1. */
static int next(struct og_amqp_queue *q, int *ret_control, json_t **ret, struct og_err *err)
{
	json_t *answer;
	int n;

	while ((n = og_amqp_take(q, og_deadline(0), -1, &answer, err)) == 1)
		json_decref(answer);
	for (int control = 1; n >= 0 && control >= 0; control--) {
		*ret_control = control;
		n = q->lost	  ? 0
		    : q->listener ? take_pushed(q, control, ret)
				  : get(q, control, ret, err);
		if (n > 0)
			return 1;
	}
	/* A broker that went away meanwhile is waited for. */
	return n < 0 && q->lost && !q->ended ? 0 : n;
}

int og_amqp_claim(struct og_queue *base, struct og_delivery *ret, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	int found, control = 0;

	ret->envelope = NULL;
	do {
		json_t *message = NULL;

		found = next(q, &control, &message, err);
		if (found > 0)
			found = take(q, message, control, ret, err);
		json_decref(message);
	} while (found == 2);
	return found;
}

/* --- settling --------------------------------------------------------------------------------- */

/* Takes the claim from the list; the caller frees it. */
static struct og_amqp_claim *end_claim(struct og_amqp_queue *q, int64_t ticket, struct og_err *err)
{
	struct og_amqp_claim **at = &q->claims, *claim;

	while (*at && (*at)->tag != ticket)
		at = &(*at)->next;
	claim = *at;
	if (claim)
		*at = claim->next;
	else
		og_fail(err, OG_EBUG, "ticket %lld is not claimed", (long long)ticket);
	return claim;
}

/* An ack that is lost with its connection is a redelivery, which the shield
 * answers with the recorded result. */
int og_amqp_ack(struct og_queue *base, int64_t ticket, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	struct og_amqp_claim *claim = end_claim(q, ticket, err);
	int rc = claim ? settle(q, "ack", json_pack("{s:I}", "tag", (json_int_t)ticket), err) : -1;

	free(claim);
	return rc;
}

int og_amqp_release(struct og_queue *base, int64_t ticket, int64_t delay_ms,
		    enum og_queue_tried tried, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	struct og_amqp_claim *claim = end_claim(q, ticket, err);
	int rc = -1;

	if (claim)
		rc = delay(q, claim, delay_ms > 0 ? og_now_ms() + delay_ms : 0,
			   claim->attempts - (tried == OG_QUEUE_UNTRIED), err);
	free(claim);
	return rc;
}

int og_amqp_dead(struct og_queue *base, int64_t ticket, const char *reason, struct og_err *err)
{
	struct og_amqp_queue *q = (struct og_amqp_queue *)base;
	struct og_amqp_claim *claim = end_claim(q, ticket, err);
	int rc = claim ? bury(q, claim, reason, err) : -1;

	free(claim);
	return rc;
}
