/*
 * What a transport has to do: the calls of queue.h behind a table. A
 * transport sits in its own file and begins with struct og_queue.
 */
#ifndef OG_QUEUE_TRANSPORT_H
#define OG_QUEUE_TRANSPORT_H

#include "lib/queue/queue.h"

struct og_transport {
	const char *scheme; /* "sqlite" */
	int (*open)(const struct og_queue_place *place, struct og_queue **ret, struct og_err *err);
	int (*declare)(const struct og_queue_place *place, int check, struct og_err *err);
	void (*close)(struct og_queue *queue);
	int (*put)(struct og_queue *queue, const struct og_parcel *parcels, size_t n,
		   struct og_err *err);
	int (*claim)(struct og_queue *queue, struct og_delivery *ret, struct og_err *err);
	int (*ack)(struct og_queue *queue, int64_t ticket, struct og_err *err);
	int (*release)(struct og_queue *queue, int64_t ticket, int64_t delay_ms,
		       enum og_queue_tried tried, struct og_err *err);
	int (*dead)(struct og_queue *queue, int64_t ticket, const char *reason, struct og_err *err);
	int (*wait)(struct og_queue *queue, int64_t deadline, int wake_fd, struct og_err *err);
	int (*tell)(struct og_queue *queue, const char *task, const char *state,
		    struct og_err *err);
	int (*listen)(struct og_queue *queue, struct og_err *err);
	int (*hear)(struct og_queue *queue, int64_t deadline, int wake_fd, struct og_err *err);
	int (*count)(struct og_queue *queue, struct og_queue_counts *ret, struct og_err *err);
	int (*find)(struct og_queue *queue, const char *id, json_t **ret, struct og_err *err);
	int (*list)(struct og_queue *queue, enum og_queue_which which, size_t limit, json_t **ret,
		    struct og_err *err);
	/* How many there are at most, cheaply; NULL: the server sees to it. */
	int (*bound)(struct og_queue *queue, int64_t *ret, struct og_err *err);
	int (*sweep)(struct og_queue *queue, int64_t before, struct og_err *err); /* or NULL */
};

struct og_queue {
	const struct og_transport *transport;
};

extern const struct og_transport og_transport_sqlite, og_transport_amqp, og_transport_amqps;

#endif
