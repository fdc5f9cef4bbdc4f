/* The interface: finds the transport and passes calls on. */
#include "lib/queue/queue.h"

#include <stdlib.h>
#include <string.h>

#include "lib/queue/transport.h"

static const struct og_transport *const transports[] = { &og_transport_sqlite, &og_transport_amqp,
							 &og_transport_amqps };

static const struct og_transport *find(const char *url, struct og_err *err)
{
	size_t scheme = strcspn(url, ":");

	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++)
		if (strlen(transports[i]->scheme) == scheme && url[scheme] == ':' &&
		    strncmp(transports[i]->scheme, url, scheme) == 0)
			return transports[i];
	/* Never the password of a URL in a message. */
	og_fail(err, OG_EUNAVAIL, "queue '%.*s:' is not in this version", (int)scheme, url);
	return NULL;
}

int og_queue_open(const struct og_queue_place *place, struct og_queue **ret, struct og_err *err)
{
	const struct og_transport *transport = find(place->url, err);

	return transport ? transport->open(place, ret, err) : -1;
}

int og_queue_declare(const struct og_queue_place *place, int check, struct og_err *err)
{
	const struct og_transport *transport = find(place->url, err);

	return transport ? transport->declare(place, check, err) : -1;
}

void og_queue_close(struct og_queue *queue)
{
	if (queue)
		queue->transport->close(queue);
}

int og_queue_put(struct og_queue *queue, const struct og_parcel *parcels, size_t n,
		 struct og_err *err)
{
	return queue->transport->put(queue, parcels, n, err);
}

void og_delivery_release(struct og_delivery *delivery)
{
	free(delivery->envelope);
	delivery->envelope = NULL;
}

int og_queue_claim(struct og_queue *queue, struct og_delivery *ret, struct og_err *err)
{
	return queue->transport->claim(queue, ret, err);
}

int og_queue_ack(struct og_queue *queue, int64_t ticket, struct og_err *err)
{
	return queue->transport->ack(queue, ticket, err);
}

int og_queue_release(struct og_queue *queue, int64_t ticket, int64_t delay_ms,
		     enum og_queue_tried tried, struct og_err *err)
{
	return queue->transport->release(queue, ticket, delay_ms, tried, err);
}

int og_queue_dead(struct og_queue *queue, int64_t ticket, const char *reason, struct og_err *err)
{
	return queue->transport->dead(queue, ticket, reason, err);
}

int og_queue_wait(struct og_queue *queue, int64_t deadline, int wake_fd, struct og_err *err)
{
	return queue->transport->wait(queue, deadline, wake_fd, err);
}

int og_queue_tell(struct og_queue *queue, const char *task, const char *state, struct og_err *err)
{
	return queue->transport->tell(queue, task, state, err);
}

int og_queue_listen(struct og_queue *queue, struct og_err *err)
{
	return queue->transport->listen(queue, err);
}

int og_queue_hear(struct og_queue *queue, int64_t deadline, int wake_fd, struct og_err *err)
{
	return queue->transport->hear(queue, deadline, wake_fd, err);
}

int og_queue_count(struct og_queue *queue, struct og_queue_counts *ret, struct og_err *err)
{
	return queue->transport->count(queue, ret, err);
}

int og_queue_find(struct og_queue *queue, const char *id, json_t **ret, struct og_err *err)
{
	return queue->transport->find(queue, id, ret, err);
}

int og_queue_list(struct og_queue *queue, enum og_queue_which which, size_t limit, json_t **ret,
		  struct og_err *err)
{
	return queue->transport->list(queue, which, limit, ret, err);
}

int og_queue_sweep(struct og_queue *queue, int64_t before, struct og_err *err)
{
	return queue->transport->sweep ? queue->transport->sweep(queue, before, err) : 0;
}

/* Counting is for a queue that may be that long, not for every task. */
int og_queue_room(struct og_queue *queue, size_t n, int64_t limit, struct og_err *err)
{
	struct og_queue_counts counts;
	int64_t waiting;

	if (limit <= 0 || !queue->transport->bound)
		return 0;
	if (queue->transport->bound(queue, &waiting, err) < 0)
		return -1;
	if (waiting + (int64_t)n <= limit)
		return 0;
	if (og_queue_count(queue, &counts, err) < 0)
		return -1;
	waiting = counts.ready + counts.delayed;
	if (waiting + (int64_t)n <= limit)
		return 0;
	og_fail(err, OG_ETEMP, "%lld tasks are queued, and there is room for %lld",
		(long long)waiting, (long long)limit);
	return og_hint(err, "try again when some are done; queue_limit in og.conf is the bound");
}
