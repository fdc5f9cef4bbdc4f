/*
 * What a handler sees of the HTTP server: one exchange (a request and its
 * answer, whether a socket or a CGI environment brought it), the routes,
 * and two ways to find an answer that takes time: a question to the shield
 * and a program of ours. Nothing here waits: a handler returns at once,
 * and its callback ends the exchange later.
 *
 * Each exchange is ended exactly once, by og_reply_json(), _error(),
 * _refusal(), _bytes() or _stream(). The reply ends the handler's claim on
 * it: afterwards the exchange must not be touched, and memory that was
 * borrowed from it is gone. Every callback comes exactly once, also when
 * the client went away, the deadline passed or the server stops; so what a
 * handler began with an effect is always seen to its end, and what it
 * allocated can be freed in one place.
 *
 * One thread runs it all.
 */
#ifndef OG_SERVE_HTTP_H
#define OG_SERVE_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/conf/conf.h"
#include "lib/json/json.h"
#include "lib/serve/loop.h"

#define OG_HTTP_BODY_MAX   ((size_t)64 << 10)
#define OG_HTTP_TARGET_MAX ((size_t)4096)
#define OG_HTTP_REPLY_MAX  ((size_t)32 << 20)
#define OG_HTTP_PARAMS	   4 /* ":name" parts of a route */

struct og_serve;
struct og_exchange;

/* --- routes ------------------------------------------------------------- */

enum og_route_flags {
	/* Anybody may: neither session nor X-OG-CSRF is asked for. All other
	 * routes need a session (401), and an unsafe method with the cookie
	 * needs X-OG-CSRF and an Origin of ours (403). */
	OG_ROUTE_OPEN = 1,
	/* Answered from memory, to anybody: neither is it counted by the limits
	 * of requests per second, nor is a session looked for. */
	OG_ROUTE_FREE = 2,
};

struct og_route {
	const char *method; /* "GET" (answers HEAD too), "POST", ... */
	/* "/api/tasks/:id": a part that begins with a colon matches one part
	 * of the path, not empty. The first route that matches counts; a path
	 * with other methods only is 405. */
	const char *path;
	unsigned flags;
	void (*run)(struct og_exchange *x);
};

/* A part of the server: its routes and what it keeps while the server runs. */
struct og_serve_part {
	const struct og_route *routes; /* ends with method NULL */
	/* Called once before the first request, in the loop's process, before
	 * authority is given up. *ret is what og_exchange_state() gives its
	 * handlers. May be NULL. */
	int (*start)(struct og_serve *serve, void **ret, struct og_err *err);
	/* When the server stops, after every callback has come. May be NULL. */
	void (*stop)(void *state);
	/* At the beginning of a stop: streams should say farewell. May be NULL. */
	void (*stopping)(void *state);
};

/* --- the request ------------------------------------------------------------ */

/* Strings are valid UTF-8 without control bytes, and live until the reply. */
struct og_serve *og_exchange_serve(const struct og_exchange *x);
void *og_exchange_state(const struct og_exchange *x);
const char *og_exchange_method(const struct og_exchange *x);
const char *og_exchange_path(const struct og_exchange *x); /* decoded */
/* The part that ":name" matched. Asking for one the route lacks: "". */
const char *og_exchange_param(const struct og_exchange *x, const char *name);
/* ?name=value, decoded; NULL when absent. The first one counts. */
const char *og_exchange_query(const struct og_exchange *x, const char *name);
/* A number of the query: fallback when absent; a bad one is replied to with
 * 400, and then the result is -1. 0: *ret is within min and max. */
int og_exchange_number(struct og_exchange *x, const char *name, int64_t min, int64_t max,
		       int64_t fallback, int64_t *ret);
/* NULL when absent. */
const char *og_exchange_header(const struct og_exchange *x, const char *name);
const char *og_exchange_body(const struct og_exchange *x, size_t *len);
/* The body as a JSON object. Anything else is replied to with 400 or 415,
 * and then the result is -1. The value is borrowed from the exchange. */
int og_exchange_json(struct og_exchange *x, const json_t **ret);

/* Who asks. On an open route without a session: "". */
const char *og_exchange_principal(const struct og_exchange *x);
struct og_session; /* lib/serve/session.h */
const struct og_session *og_exchange_session(const struct og_exchange *x);
/* The address the request came from: "127.0.0.1", "unix". */
const char *og_exchange_address(const struct og_exchange *x);

/* Keeps data with the exchange: release(data) when it is over. One a time;
 * the one before is released. */
void og_exchange_keep(struct og_exchange *x, void *data, void (*release)(void *data));
void *og_exchange_kept(const struct og_exchange *x);

/* --- the answer --------------------------------------------------------- */

/* Before the reply: one more header line. Neither holds control bytes. */
void og_reply_header(struct og_exchange *x, const char *name, const char *value);
/* Takes value, which may be NULL (no memory: 500). */
void og_reply_json(struct og_exchange *x, unsigned status, json_t *value);
/* {"detail":TEXT}. */
void og_reply_error(struct og_exchange *x, unsigned status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* An error of ours or the shield's as {"detail"[,"hint"]}, with the status
 * that og_http_status() gives it. */
void og_reply_refusal(struct og_exchange *x, const struct og_err *err);
/* 403 for OG_NO and OG_EPERM, 400 for OG_EUSAGE and OG_EDATA, 404 for
 * OG_ENOINPUT, 503 for OG_EUNAVAIL and OG_ETEMP, else 500. */
unsigned og_http_status(int code);
/* Copies data. type: "text/html; charset=utf-8". */
void og_reply_bytes(struct og_exchange *x, unsigned status, const char *type, const void *data,
		    size_t len);

/* Server-sent events, with a comment every 15 s that keeps the connection
 * alive and finds the dead. What a client does not take within its bounded queue
 * ends its stream: nobody waits for it. */
#define OG_STREAM_QUEUE_MAX ((size_t)64 << 10)
struct og_stream;
/* Ends the exchange; NULL when there are too many (the client has been told
 * then). gone(arg) is called exactly once, when the stream is over for
 * whatever reason but og_stream_end(); the stream must not be used after. */
struct og_stream *og_reply_stream(struct og_exchange *x, void (*gone)(void *arg), void *arg);
/* "event: NAME", "data: JSON". -1: it is gone (gone() has been called). */
int og_stream_send(struct og_stream *stream, const char *event, const json_t *data);
/* What is queued still goes out. gone() is not called. */
void og_stream_end(struct og_stream *stream);
const char *og_stream_principal(const struct og_stream *stream);

/* --- answers that take time -------------------------------------------- */

/* Asks the shield as the principal, over a channel kept open for it; takes
 * request. reply is the shield's, borrowed, also when it refuses (err is
 * filled from it then: look at err->code first); NULL when it could not be
 * asked. err->code is 0 for a yes. */
typedef void og_answer_fn(void *arg, const json_t *reply, const struct og_err *err);
void og_serve_ask(struct og_serve *serve, const char *principal, const char *verb, json_t *request,
		  og_answer_fn *fn, void *arg);
/* The same as the exchange's principal, for the exchange. */
typedef void og_exchange_answer_fn(struct og_exchange *x, const json_t *reply,
				   const struct og_err *err);
void og_exchange_ask(struct og_exchange *x, const char *verb, json_t *request,
		     og_exchange_answer_fn *fn);

/* Runs a program of ours (argv[0] is a path) without a shell, OG_HOME set.
 * Everything is copied. So many run at a time, and so many wait; a
 * principal has at most half of the places. */
struct og_spawn {
	const char *who; /* the principal it is for: for fairness */
	const char *const *argv;
	const void *input;
	size_t len;
	int64_t timeout_ms; /* from its start; 0: 30 s. Then SIGKILL. */
	size_t out_max;	    /* 0: 16 MiB; more is an error */
};
struct og_spawned {
	int status;	 /* exit status, 128 + signal */
	const char *out; /* standard output, followed by a NUL */
	size_t len;
	const char *said; /* what it wrote on standard error, at most 4 KiB */
};
/* done is NULL when it could not be run to its end: err says why (OG_ETEMP
 * too much to do or too slow, OG_EDATA too large an output). */
typedef void og_spawned_fn(void *arg, const struct og_spawned *done, const struct og_err *err);
void og_serve_spawn(struct og_serve *serve, const struct og_spawn *what, og_spawned_fn *fn,
		    void *arg);
typedef void og_exchange_spawned_fn(struct og_exchange *x, const struct og_spawned *done,
				    const struct og_err *err);
void og_exchange_spawn(struct og_exchange *x, const struct og_spawn *what,
		       og_exchange_spawned_fn *fn);
/* What a program of ours said when it failed, "og-x: " and hints left out,
 * with its status as code. For og_reply_refusal(). */
void og_spawned_error(const struct og_spawned *done, struct og_err *ret);

/* --- the server --------------------------------------------------------- */

struct og_loop *og_serve_loop(struct og_serve *serve);
const struct og_conf *og_serve_conf(const struct og_serve *serve);
const char *og_serve_exe_dir(const struct og_serve *serve);
/* 1 when requests are answered once and the process ends (--cgi). */
int og_serve_is_cgi(const struct og_serve *serve);
/* A line for the operator. */
void og_serve_tell(struct og_serve *serve, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
