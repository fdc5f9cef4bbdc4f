/*
 * What the parts of og-http share: where it may go, and one request
 * on its way. The only files that know libcurl.
 */
#ifndef OG_CMD_HTTP_TRANSFER_H
#define OG_CMD_HTTP_TRANSFER_H

#include <curl/curl.h>
#include <stdint.h>

#include "lib/net/retry.h"
#include "lib/net/wire.h"

#define PLACES_MAX 64

/* An origin, or a URL with a secret for all that lies below it. The parts
 * are as libcurl's own parser gives them, which also makes the request. */
struct place {
	char *scheme, *host, *port, *path;
	struct og_buf header; /* "Name: secret" */
	size_t name;	      /* length of Name */
	size_t value;	      /* where the secret itself begins */
};

struct allowed {
	struct place origins[PLACES_MAX];
	size_t n_origins;
	struct place secrets[PLACES_MAX];
	size_t n_secrets;
	struct og_buf ca; /* certificates to trust; empty: the system's */
};

int allow_origin(struct allowed *allowed, const char *url, struct og_err *err);
/* "URL=HEADER=SOURCE" */
int allow_secret(struct allowed *allowed, const char *option, struct og_err *err);
/* "URL=SOURCE": the secret of "Authorization: Bearer". */
int allow_token(struct allowed *allowed, const char *option, struct og_err *err);
/* "URL=SOURCE": USER:PASSWORD, or a token alone, as "Authorization". */
int allow_login(struct allowed *allowed, const char *option, struct og_err *err);
/* Overwrites the variable that such an option may name. */
void forget_source(const char *option);
void allowed_release(struct allowed *allowed);

/* 0 when url lies in an allowed origin. */
int is_allowed(const struct allowed *allowed, CURLU *url, struct og_err *err);
/* The places whose secrets go to url, one for each header: how many. */
int secrets_for(const struct allowed *allowed, CURLU *url, const struct place *ret[PLACES_MAX],
		struct og_err *err);
/* Parsed strictly, with nothing left to guess. Free with curl_url_cleanup(). */
int parse_url(const char *text, CURLU **ret, struct og_err *err);

enum answer_kind { ANSWER_UNKNOWN, ANSWER_BODY, ANSWER_EVENTS };

struct transfer {
	struct transfer *next;
	struct og_net_incoming in;
	CURLU *url;
	CURL *easy; /* NULL between tries */
	struct curl_slist *headers;
	const struct place *secrets[PLACES_MAX]; /* that go with it */
	int n_secrets;
	struct og_buf body;
	json_t *reply_headers;
	size_t header_bytes;
	enum answer_kind kind;
	struct og_events stream;
	struct og_err trouble; /* an event could not be written */
	int64_t deadline;
	int64_t heard; /* when a byte of an answer came last, or the try began */
	int64_t due;   /* when the next try starts */
	int attempts;
	int sent; /* something may have reached the server */
	struct og_net_advice advice;
	int too_large; /* the answer was */
	int idled;     /* nothing came for too long */
	long verified; /* CURLINFO_SSL_VERIFYRESULT of the last try */
};

/* A request line, or one that cancels a request, which is all there is of
 * it. On failure ret can be answered with transfer_refuse(). */
int transfer_init(struct transfer *transfer, const char *line, size_t len,
		  const struct allowed *allowed, struct og_err *err);
void transfer_release(struct transfer *transfer);
/* Makes transfer->easy, to be given to a multi handle. */
int transfer_start(struct transfer *transfer, const struct allowed *allowed, struct og_err *err);
/* A try has ended: 1 when it is to be done again at transfer->due, 0 with
 * the reply when that is all, -1. easy is gone either way. */
int transfer_finish(struct transfer *transfer, CURLcode code, json_t **ret_reply,
		    struct og_err *err);
/* The reply for one that is to end now; easy is still to be taken out of
 * the multi handle. */
json_t *transfer_cancel(struct transfer *transfer);
/* The reply for a request that failed with why. */
json_t *transfer_refuse(const struct transfer *transfer, const struct og_err *why);

/* --- the answer's side --- */

void answer_begin(struct transfer *transfer);
/* For libcurl; arg is the transfer. Events go straight to stdout. */
size_t answer_header(char *data, size_t size, size_t n, void *arg);
size_t answer_body(char *data, size_t size, size_t n, void *arg);
/* What failed. Returns -1. */
int answer_explain(const struct transfer *transfer, CURLcode code, struct og_err *err);
/* Takes the secrets that went with the request out of what says that it
 * failed: there are servers that quote them. */
void answer_hide(struct transfer *transfer, long status);
json_t *answer_reply(const struct transfer *transfer, long status, struct og_err *err);

#endif
