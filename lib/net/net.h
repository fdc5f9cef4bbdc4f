/*
 * Requests to other servers, through og-http(1). That helper is a process
 * of its own, so whoever uses this needs neither sockets nor libcurl, and
 * can reach the servers that were named when the helper was started and
 * no others, whatever it is talked into later.
 *
 * One request at a time. After a failure of the helper itself (it died, it
 * did not answer in time, it spoke nonsense) the handle is dead and every
 * later call fails with OG_EUNAVAIL.
 */
#ifndef OG_NET_NET_H
#define OG_NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/net/events.h"

#define OG_NET_URL_MAX	    ((size_t)8192)
#define OG_NET_HEADERS_MAX  ((size_t)64)
#define OG_NET_HEADER_MAX   ((size_t)8192)
#define OG_NET_BODY_MAX	    ((size_t)6 << 20) /* either way */
#define OG_NET_BODY_DEFAULT ((size_t)1 << 20)
#define OG_NET_LINE_MAX	    ((size_t)16 << 20)
#define OG_NET_TIMEOUT_MAX  3600000
#define OG_NET_TIMEOUT_MS   30000
#define OG_NET_TRIES_MAX    10

/* Strings are borrowed during og_net_open(); lists end with NULL. */
struct og_net_place {
	const char *program;	   /* path of og-http */
	const char *const *allow;  /* origins: "https://pay.example:8443" */
	const char *const *bearer; /* "URL=SOURCE": a token for all below URL; or NULL */
	const char *const *login;  /* likewise: USER:PASSWORD, or a token; or NULL */
	/* "URL=HEADER=SOURCE": a secret that goes with HEADER to all below URL;
	 * or NULL. SOURCE is the path of a file, or "env:NAME". */
	const char *const *secrets;
	const char *ca; /* file of trusted certificates; NULL: the system's */
};

struct og_net;

/* Starts the helper. What is wrong with the place shows in og_net_greet(),
 * or else in the first call. */
int og_net_open(const struct og_net_place *place, struct og_net **ret, struct og_err *err);
void og_net_close(struct og_net *net);

/* Asks the helper for a sign of life: what is wrong with the place shows
 * here, with the code the helper ended with; it has said the rest itself. */
int og_net_greet(struct og_net *net, struct og_err *err);

/* Zero means the default, or none. */
struct og_net_request {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", ends with NULL; or NULL */
	const void *body;
	size_t len;
	int64_t timeout_ms; /* for all tries together */
	int64_t idle_ms;    /* without a byte of an answer, each time */
	size_t max_bytes;   /* of the answer's body; of a stream, all together */
	int tries;	    /* at most so many; see og-http(1) for what is repeated */
	int idempotent;	    /* it may be sent again though it may have arrived */
	/* Is the answer 200 and an event stream, then its events go here, each
	 * as soon as it is complete, from inside og_net_end(). Non-zero cancels
	 * the request. Any other answer is given as usual. */
	og_event_fn *on_event;
	void *event_arg;
	/* When it becomes readable, or its other end closes, the request is
	 * cancelled; nothing is read from it. 0: none. */
	int stop_fd;
};

struct og_net_reply {
	int status;	 /* of HTTP, 0 when there was no answer */
	json_t *headers; /* array of "name: value", names in lower case */
	struct og_buf body;
	int sent;	  /* something may have reached the server */
	int attempts;	  /* how often */
	int64_t events;	  /* handed out; a stream that was cut is a failure, but has them */
	int64_t retry_ms; /* the server asks to come back not earlier; 0: nothing said */
};

void og_net_reply_init(struct og_net_reply *reply);
void og_net_reply_release(struct og_net_reply *reply);

/* Can it still make requests? */
int og_net_alive(const struct og_net *net);

/* 0 when the server answered, with whatever status. -1 when there is no
 * answer that can be used; reply->sent then says whether the request may
 * have had its effect. OG_ETEMP: it was cancelled, or no answer came in
 * time. reply has been initialised by the caller. */
int og_net_call(struct og_net *net, const struct og_net_request *request,
		struct og_net_reply *reply, struct og_err *err);

/* The same in two halves, for who has something else to do meanwhile: after
 * _begin, wait until the descriptor is readable, then _end. */
int og_net_begin(struct og_net *net, const struct og_net_request *request, struct og_err *err);
int og_net_fd(const struct og_net *net);
int og_net_end(struct og_net *net, struct og_net_reply *reply, struct og_err *err);

/* Asks the helper to end the request that was begun. og_net_end() then
 * comes back at once: as cancelled, or with the answer if that was faster. */
void og_net_cancel(struct og_net *net);

#endif
