/*
 * Shared by the files of og-amqp, the one program that speaks AMQP 0-9-1:
 * og-amqp.c holds main's loop, -request.c reads what it is asked, -link.c
 * opens and loses connections, -frames.c takes what the broker sends,
 * -act.c does what is asked. og-amqp(8) is the conversation's manual.
 *
 * Only -link.c, -frames.c and -act.c see librabbitmq's header; here its
 * connection is a pointer.
 */
#ifndef OG_CMD_AMQP_H
#define OG_CMD_AMQP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/og-main.h"
#include "lib/base/buf.h"
#include "lib/json/json.h"

#define AMQP_LINE_MAX	((size_t)2 << 20) /* of a request and of an answer */
#define AMQP_BODY_MAX	((size_t)256 << 10)
#define AMQP_NAME_MAX	255   /* AMQP's short strings */
#define AMQP_REQUEST_MS 10000 /* what a request may take */
#define AMQP_CONNECT_MS 5000
#define AMQP_HELD_MAX	64

/* --- requests (og-amqp-request.c) ----------------------------------------- */

enum amqp_op {
	AMQP_OPEN,
	AMQP_QUEUE,
	AMQP_EXCHANGE,
	AMQP_BIND,
	AMQP_PUBLISH,
	AMQP_GET,
	AMQP_FORGET,
	AMQP_CONSUME,
	AMQP_CANCEL,
	AMQP_ACK,
	AMQP_REJECT,
	AMQP_REQUEUE,
	AMQP_MOVE,
};

/* A request that was checked: the members of its op are there and of their
 * types, and no others. */
struct amqp_request {
	struct amqp_request *next;
	json_t *json;
	enum amqp_op op;
	int64_t id;	  /* to be echoed; 0: nobody wants an answer */
	int64_t deadline; /* of its answer */
	uint64_t number;  /* of a publish that was sent: its confirm's tag, else 0 */
	size_t size;	  /* of its body */
};

/* OG_EDATA: no request of ours, and what is wrong with it. */
int amqp_request_parse(const char *line, size_t len, struct amqp_request **ret, struct og_err *err);
void amqp_request_free(struct amqp_request *request);
/* A text member; fallback when it is not there. */
const char *amqp_text(const struct amqp_request *request, const char *name, const char *fallback);

/* --- connections ----------------------------------------------------------- */

/* OUT publishes, and asks about queues; IN takes deliveries; LOOK gets
 * messages that go back when it is closed. */
enum amqp_side { AMQP_OUT, AMQP_IN, AMQP_LOOK, AMQP_SIDES };

/* A message on its way in: method, header, body, in frames. */
struct amqp_message {
	enum { AMQP_NO_MESSAGE, AMQP_DELIVERED, AMQP_GOT, AMQP_RETURNED } kind;
	uint64_t number; /* the broker's delivery tag */
	int redelivered;
	char consumer[AMQP_NAME_MAX + 1], exchange[AMQP_NAME_MAX + 1], key[AMQP_NAME_MAX + 1];
	char why[AMQP_NAME_MAX + 1]; /* of a return */
	json_t *properties;	     /* NULL before the header came */
	uint64_t size, seen;	     /* of the body; larger than may be: not kept */
	struct og_buf body;
};

/* A delivery that is neither acked nor gone with its connection. */
struct amqp_held {
	struct amqp_held *next;
	int64_t tag;	 /* ours: never used twice */
	uint64_t number; /* the broker's, on this connection */
	char consumer[AMQP_NAME_MAX + 1];
	json_t *properties;
	char *body; /* NULL: too large to be kept */
	size_t size;
};

struct amqp_link {
	enum amqp_side side;
	struct amqp_connection_state_t_ *connection; /* NULL: none */
	int wanted;				     /* once open: open it again when it is lost */
	int failures;				     /* in a row */
	int64_t retry;				     /* not before */
	uint64_t numbers;			     /* publishes sent on it */
	int second;				     /* OUT: its channel for questions is open */
	char blocked[AMQP_NAME_MAX + 1];	     /* why the broker takes nothing, or "" */
	struct amqp_message message;
};

struct amqp {
	const struct og_ctx *ctx;
	struct amqp_request *open; /* where, and as whom */
	struct amqp_link links[AMQP_SIDES];
	struct amqp_request *publishes; /* in order; sent ones first */
	struct amqp_held *held;
	size_t n_held;
	int64_t tags; /* given out */
	struct og_buf out;
	json_t *consumers; /* {NAME: are its deliveries kept until they are settled} */
	json_t *got;	   /* what a get waits for */
	int ending;
};

/* og-amqp-link.c. 0 or -1: OG_EUNAVAIL, OG_EPERM, OG_ECONF. */
int amqp_link_open(struct amqp *amqp, struct amqp_link *link, struct og_err *err);
void amqp_link_close(struct amqp_link *link);
/* It is gone, for this reason: what was held or sent on it is undone. */
void amqp_link_lost(struct amqp *amqp, struct amqp_link *link, const char *why);
/* Opens what is wanted and due. */
int amqp_links_mend(struct amqp *amqp, struct og_err *err);
/* When to look again at the latest. */
int64_t amqp_links_due(const struct amqp *amqp);
/* Between these a library call may block; it is cut off after its time. */
void amqp_watch_begin(struct amqp_link *link);
void amqp_watch_end(void);
int amqp_library_failed(int status, const char *doing, struct og_err *err);
/* amqp_get_rpc_reply's verdict; a channel or connection that was closed
 * passes on the broker's words. */
int amqp_replied(struct amqp *amqp, struct amqp_link *link, const char *doing, struct og_err *err);
/* The code of the broker's reply code. */
int amqp_code_of(int reply_code);

/* og-amqp-frames.c: takes what has come, waits no longer than ms for the
 * first of it. -1: the link was lost (and that was told). */
int amqp_pump(struct amqp *amqp, struct amqp_link *link, int ms);
/* Only what the library put aside while it waited for an answer. */
int amqp_take_queued(struct amqp *amqp, struct amqp_link *link);
void amqp_held_drop(struct amqp *amqp, struct amqp_held **at);
struct amqp_held **amqp_held_find(struct amqp *amqp, int64_t tag);

/* og-amqp-act.c */
void amqp_act(struct amqp *amqp, struct amqp_request *request);
/* og-amqp-publish.c. A hint that cannot be given now is given up: 1, it is
 * answered; 0: the request is kept. */
int amqp_publish(struct amqp *amqp, struct amqp_request *request);
/* Sends what may be sent, and gives up what came to nothing in its time. */
void amqp_publishes_go_on(struct amqp *amqp);
/* The broker confirmed (or refused) publishes up to number. */
void amqp_confirmed(struct amqp *amqp, uint64_t number, int multiple, int positive);
/* The one that was returned fails when its confirm comes. */
void amqp_returned(struct amqp *amqp, const char *number, const char *why);
/* All that are under way fail. */
void amqp_publishes_fail(struct amqp *amqp, const struct og_err *err);
int64_t amqp_publishes_due(const struct amqp *amqp);

/* Answers (og-amqp.c); json is taken. */
void amqp_say(struct amqp *amqp, json_t *json);
void amqp_answer(struct amqp *amqp, const struct amqp_request *request, json_t *members);
void amqp_refuse(struct amqp *amqp, const struct amqp_request *request, const struct og_err *err);

#endif
