/*
 * The lines that og-http(1) reads and writes, for both of their ends. The
 * format is in that manual. A request is checked here as strictly as any
 * input: names, values and sizes; whether its URL is allowed is og-http's
 * to judge.
 */
#ifndef OG_NET_WIRE_H
#define OG_NET_WIRE_H

#include "lib/net/net.h"

/* A request as it was read. All of it lives until release. */
struct og_net_incoming {
	json_t *id;	/* string or integer; NULL when it cannot be told */
	json_t *cancel; /* the id of a request that is to end; then this is none */
	struct og_net_request request;
	int events;	      /* an event stream is to be handed out as it comes */
	json_t *document;     /* what request's strings are borrowed from */
	const char **headers; /* request.headers */
	struct og_buf body;   /* a decoded body */
};

/* OG_EDATA says what is wrong; the id, if there is one, is kept all the same. */
int og_net_request_parse(const char *line, size_t len, struct og_net_incoming *ret,
			 struct og_err *err);
void og_net_incoming_release(struct og_net_incoming *incoming);
/* New reference; NULL when out of memory. */
json_t *og_net_request_json(const struct og_net_request *request, int64_t id);
json_t *og_net_cancel_json(int64_t id);

/* Reads a reply to request id: 0, or -1 as og_net_call() says. 1: it is an
 * event, whose data is now ret->body; the reply is still to come.
 * OG_EUNAVAIL with *ret_broken set: the line is none of these. */
int og_net_reply_parse(const char *line, size_t len, int64_t id, struct og_net_reply *ret,
		       int *ret_broken, struct og_err *err);

/* Is header, a line of len bytes, "Name: value" that may be sent? Not
 * those that are HTTP's own business. *ret_name is the name's length. */
int og_net_header_check(const char *header, size_t len, size_t *ret_name, struct og_err *err);

/* Sets key ("body", "event") when data is text, else key with "_base64". */
int og_net_set_bytes(json_t *object, const char *key, const char *data, size_t len,
		     struct og_err *err);

#endif
