/*
 * The transport for a broker that speaks AMQP 0-9-1 (RabbitMQ): queue.h's
 * calls, as requests to a child og-amqp (og-amqp(1)), which holds the
 * connections. Below a prefix, "omnigate" if the URL has no ?prefix=, the
 * broker has:
 *
 *	PREFIX.work	exchange, topic: a task is published with the key
 *			"tasks", an envelope of priority with "control"
 *	PREFIX.tasks	quorum queue
 *	PREFIX.control	quorum queue; claimed from first
 *	PREFIX.delay	exchange, topic: "LEVEL.tasks", "LEVEL.control"
 *	PREFIX.delay.N	quorum queues, 250 ms times 4^N long: what comes out
 *			goes back to PREFIX.work, and on to the next level
 *			if it is not due
 *	PREFIX.dead	exchange, fanout, and quorum queue: dead letters
 *	PREFIX.events	exchange, topic: "task.STATE.ID", hints
 *
 * Headers of ours: og-attempts, deliveries that counted before this copy
 * was made; og-due and og-expires, wall clock ms; og-reason, of a dead
 * letter. A copy is confirmed before its original is acked, so a message
 * may come twice and is never lost.
 *
 * A handle that claims takes messages one by one while there are any; only
 * while it waits it listens to the queues, and then stops: a job that is
 * busy holds nothing back from others, an approval least of all.
 */
#ifndef OG_QUEUE_AMQP_INTERNAL_H
#define OG_QUEUE_AMQP_INTERNAL_H

#include "lib/proc/proc.h"
#include "lib/queue/transport.h"

#define OG_AMQP_LEVELS	   10
#define OG_AMQP_LEVEL_MS   250 /* of level 0; four times as long with each */
#define OG_AMQP_PREFIX_MAX 32
#define OG_AMQP_NAME	   64

/* An amqp: or amqps: URL, its parts decoded. */
struct og_amqp_url {
	char *host, *vhost, *user, *password; /* password NULL: not in it */
	char prefix[OG_AMQP_PREFIX_MAX + 1];
	int port, tls, heartbeat;
};
/* OG_ECONF; the message never shows the URL, which may hold a password. */
int og_amqp_url_parse(const char *text, struct og_amqp_url *ret, struct og_err *err);
void og_amqp_url_release(struct og_amqp_url *url);

/* What is claimed; its ticket is og-amqp's tag. */
struct og_amqp_claim {
	struct og_amqp_claim *next;
	int64_t tag;
	int attempts, control;
};

struct og_amqp_queue {
	struct og_queue base;
	struct og_child child;
	struct og_lines lines;
	struct og_buf out;
	char prefix[OG_AMQP_PREFIX_MAX + 1];
	int64_t last_id;
	int ended;	   /* the child is gone: this is its error's code */
	int lost;	   /* deliveries have no connection now */
	int back;	   /* they have one again, nobody listens on it yet */
	int64_t listener;  /* number of the two consumers; 0: not listening to tasks */
	int64_t listeners; /* so far */
	json_t *pushed[2]; /* messages not yet claimed: [0] tasks, [1] control */
	struct og_amqp_claim *claims;
	int listening, heard; /* to events */
	json_t *own;	      /* {ID: true}: what was put while listening */
	json_t *letters;      /* {ID: letter}: dead letters among these */
};

/* amqp.c: the conversation. Starts og-amqp and logs in. */
int og_amqp_open(const struct og_queue_place *place, struct og_amqp_queue **ret,
		 struct og_err *err);
void og_amqp_close(struct og_queue *base);
/* "PREFIX.rest". */
const char *og_amqp_name(const struct og_amqp_queue *q, const char *rest, char out[OG_AMQP_NAME]);
/* Sends {"op":op,...}; takes request. *ret_id NULL: nobody wants an answer. */
int og_amqp_send(struct og_amqp_queue *q, const char *op, json_t *request, int64_t *ret_id,
		 struct og_err *err);
/* Takes one line: an answer (its new reference in *ret_answer) or news,
 * which is kept in q. 1; 0: deadline; 2: wake_fd is readable; -1. */
int og_amqp_take(struct og_amqp_queue *q, int64_t deadline, int wake_fd, json_t **ret_answer,
		 struct og_err *err);
/* Sends, and waits for the answer; a refusal is an error. ret may be NULL. */
int og_amqp_call(struct og_amqp_queue *q, const char *op, json_t *request, json_t **ret,
		 struct og_err *err);
/* {"ok":false} as an error: -1, else 0. */
int og_amqp_refused(const json_t *answer, struct og_err *err);

/* amqp-topology.c */
int og_amqp_declare(const struct og_queue_place *place, int check, struct og_err *err);
/* The level a message waits in that is due in so many ms, and how long. */
int og_amqp_level(int64_t ms);
int64_t og_amqp_level_ms(int level);
/* Messages that a queue holds ready. -1: error. */
int64_t og_amqp_messages(struct og_amqp_queue *q, const char *name, struct og_err *err);

/* amqp-deliver.c */
int og_amqp_put(struct og_queue *base, const struct og_parcel *parcels, size_t n,
		struct og_err *err);
int og_amqp_claim(struct og_queue *base, struct og_delivery *ret, struct og_err *err);
int og_amqp_ack(struct og_queue *base, int64_t ticket, struct og_err *err);
int og_amqp_release(struct og_queue *base, int64_t ticket, int64_t delay_ms,
		    enum og_queue_tried tried, struct og_err *err);
int og_amqp_dead(struct og_queue *base, int64_t ticket, const char *reason, struct og_err *err);

/* amqp-look.c */
int og_amqp_wait(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err);
/* Puts a message that was pushed and not claimed where it came from. */
void og_amqp_give_back(struct og_amqp_queue *q, const json_t *message, int control);
/* Stops listening to tasks; only what has this tag stays ours. */
void og_amqp_stop_waiting(struct og_amqp_queue *q, int64_t but);
int og_amqp_tell(struct og_queue *base, const char *task, const char *state, struct og_err *err);
int og_amqp_listen(struct og_queue *base, struct og_err *err);
int og_amqp_hear(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err);
int og_amqp_count(struct og_queue *base, struct og_queue_counts *ret, struct og_err *err);
int og_amqp_find(struct og_queue *base, const char *id, json_t **ret, struct og_err *err);
int og_amqp_list(struct og_queue *base, enum og_queue_which which, size_t limit, json_t **ret,
		 struct og_err *err);
int og_amqp_bound(struct og_queue *base, int64_t *ret, struct og_err *err);
int og_amqp_sweep(struct og_queue *base, int64_t before, struct og_err *err);
/* A message of the dead queue as a letter; NULL: no memory. */
json_t *og_amqp_letter(const json_t *message);

#endif
