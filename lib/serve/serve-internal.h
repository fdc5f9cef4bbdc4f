/* Shared inside lib/serve. */
#ifndef OG_SERVE_INTERNAL_H
#define OG_SERVE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/serve/http.h"
#include "lib/serve/serve.h"
#include "lib/serve/session.h"

#define OG_QUERY_MAX   16 /* name=value pairs of a target */
#define OG_PARTS_MAX   16
#define OG_HEADERS_MAX 8 /* a handler adds */
#define OG_ADDRESS_MAX 64

struct og_pair {
	const char *name, *value;
};

/* --- target.c: what stands behind the method ------------------------------ */

struct og_target {
	char *text; /* owned; the others point into it */
	const char *path;
	struct og_pair query[OG_QUERY_MAX];
	size_t n_query;
};
/* raw: origin-form, "/path?query" (RFC 9112, 3.2.1). 0, or the status that
 * answers it and in *why the words. */
unsigned og_target_parse(const char *raw, struct og_target *ret, const char **why);
/* The same from a CGI environment, where the path is decoded already. */
unsigned og_target_from(const char *path, const char *query, struct og_target *ret,
			const char **why);
void og_target_release(struct og_target *target);

/* --- an exchange ---------------------------------------------------------- */

/* How often the headers are there that must not be there twice. */
struct og_survey {
	int hosts, lengths, encodings, origins, forwarded;
	int bad; /* a name that is none, or a control byte in a value */
};

/* Who brought it, and takes its answer. */
struct og_transport {
	const char *(*header)(const struct og_exchange *x, const char *name);
	/* Looks at all of them, once. */
	void (*survey)(const struct og_exchange *x, struct og_survey *ret);
	/* The answer is there. */
	void (*replied)(struct og_exchange *x);
};

struct og_reply {
	unsigned status; /* 0: none yet */
	const char *type;
	char *data; /* owned unless kept */
	size_t len;
	int kept;				/* data lives as long as the server */
	struct og_pair headers[OG_HEADERS_MAX]; /* owned */
	size_t n_headers;
	struct og_stream *stream;
};

struct og_exchange {
	struct og_serve *serve;
	const struct og_transport *transport;
	void *from; /* the transport's own */
	int64_t began_us;
	char address[OG_ADDRESS_MAX];
	const char *method;
	struct og_target target;
	struct og_session session;
	const struct og_route *route;
	size_t part;
	struct og_pair params[OG_HTTP_PARAMS];
	size_t n_params;
	char *param_text;
	struct og_buf body;
	json_t *json;
	void *kept;
	void (*release)(void *kept);
	og_exchange_answer_fn *answer;
	og_exchange_spawned_fn *spawned;
	struct og_reply reply;
	int closing; /* the connection ends with this answer */
};

struct og_exchange *og_exchange_new(struct og_serve *serve, const struct og_transport *transport,
				    void *from);
void og_exchange_free(struct og_exchange *x);

/* check.c: everything that is judged before the body is read. Replies and
 * returns -1 when the request is not to be served. */
int og_exchange_admit(struct og_exchange *x);
/* Calls the handler. */
void og_exchange_run(struct og_exchange *x);
/* route.c: finds the route, or replies with 404 or 405. */
int og_exchange_route(struct og_exchange *x);
/* Takes malloc'ed data. */
void og_reply_take(struct og_exchange *x, unsigned status, const char *type, char *data,
		   size_t len);
/* Data that lives as long as the server. */
void og_reply_kept(struct og_exchange *x, unsigned status, const char *type, const void *data,
		   size_t len);
void og_reply_stream_started(struct og_exchange *x, struct og_stream *stream);
/* The headers of every answer: calls add() for each. */
void og_reply_headers(const struct og_exchange *x,
		      void (*add)(void *arg, const char *name, const char *value), void *arg);

/* --- the server ----------------------------------------------------------- */

struct og_net;	/* net.c */
struct og_desk; /* ask.c */
struct og_yard; /* spawn.c */

struct og_serve {
	struct og_serve_setup setup;
	struct og_loop *loop;
	char *sessions; /* directory */
	struct og_net *net;
	struct og_desk *desk;
	struct og_yard *yard;
	struct og_verify *verify; /* verify.h */
	struct og_drawn *drawn;	  /* drawn.h */
	struct og_limits *limits; /* NULL with --cgi: nothing lives long enough */
	void *states[OG_PARTS_MAX];
	size_t n_parts;
	struct og_stream *streams;
	int n_streams;
	int open; /* exchanges that wait for an answer */
	int stopping;
	struct og_timer *stop_timer, *sweep_timer, *beat_timer;
};

/* serve.c: ends the loop when a stop was asked for and nothing is left. */
void og_serve_may_end(struct og_serve *serve);

/* What is still asked gets its answer, "the server stops". */
void og_serve_finish(struct og_serve *serve);

/* ask.c */
int og_desk_new(struct og_serve *serve, struct og_desk **ret, struct og_err *err);
void og_desk_free(struct og_desk *desk);
void og_desk_reap(struct og_desk *desk);
/* Fails what is still asked. */
void og_desk_stop(struct og_desk *desk);
/* auth.login over a channel that belongs to nobody; takes request. */
void og_desk_login(struct og_desk *desk, json_t *request, og_answer_fn *fn, void *arg);
/* Who the principal is: what session.begin answers. */
void og_desk_who(struct og_desk *desk, const char *principal, og_answer_fn *fn, void *arg);
/* Has who, as that answers, the right? */
int og_who_has(const json_t *who, const char *right);

/* spawn.c */
int og_yard_new(struct og_serve *serve, struct og_yard **ret, struct og_err *err);
void og_yard_free(struct og_yard *yard);
void og_yard_reap(struct og_yard *yard);
void og_yard_stop(struct og_yard *yard);

/* net.c */
int og_net_new(struct og_serve *serve, struct og_net **ret, struct og_err *err);
void og_net_free(struct og_net *net);
/* No new connections; idle ones end. */
void og_net_stop(struct og_net *net);
int og_net_listen(struct og_net *net, const char *where, struct og_err *err);
int og_net_adopt(struct og_net *net, int fd, struct og_err *err);
/* Connections that stand. */
int og_net_count(const struct og_net *net);
/* Is it a name of ours, as Host says it? */
int og_serve_is_host(const struct og_serve *serve, const char *host);
const char *og_net_url(const struct og_net *net, size_t i);
int og_net_has_port(const struct og_net *net, const char *port);

/* stream.c */
struct og_stream {
	struct og_serve *serve;
	struct og_stream *next, *prev;
	void (*gone)(void *arg);
	void *arg;
	char principal[33];
	char session[OG_HASH_HEX + 1];
	struct og_buf queue;
	size_t done; /* bytes of it that went out */
	int ended;   /* no more will come */
	int dropped; /* nor will what waits go out */
	/* The transport's: called when bytes came, or it ended or is dropped. */
	void (*wake)(struct og_stream *stream);
	void *from;
	int waiting; /* for wake() */
	int64_t beat;
};
void og_stream_wake(struct og_stream *stream);
/* Who carries it is gone; frees it. */
void og_stream_over(struct og_stream *stream);
int og_streams_start(struct og_serve *serve, struct og_err *err);
/* We end it: what is queued still goes out, and gone() is called. */
void og_stream_close(struct og_stream *stream);

#endif
