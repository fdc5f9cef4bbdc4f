/*
 * Limits: requests per second, in memory, and failed logins, in a file.
 *
 * Requests: each name (a session, an address) has a bucket that holds burst
 * tokens and is filled with rate tokens a second; a request takes one. The
 * table has a fixed size: of names that share a place the fullest bucket is
 * forgotten, which is the one that is least missed.
 *
 * Failures: sessions/failures counts attempts within a quarter of an hour,
 * so that a restart, a second process or a CGI program of each request give
 * nobody more tries. An attempt counts before it is judged, so that many at
 * once are no way around it, and is taken back when it was good. The file
 * holds hashes, no names; its places are shared like those above.
 */
#ifndef OG_SERVE_LIMIT_H
#define OG_SERVE_LIMIT_H

#include <stdint.h>

#include "lib/base/err.h"

struct og_limits;

int og_limits_new(struct og_limits **ret, struct og_err *err);
void og_limits_free(struct og_limits *limits);
/* 1 when the request may pass. now_us: og_mono_us(). */
int og_limit_take(struct og_limits *limits, const char *name, int rate, int burst, int64_t now_us);

#define OG_FAILURE_WINDOW_MS (INT64_C(15) * 60 * 1000)
#define OG_FAILURES_PAIR     5	/* of an account from one address */
#define OG_FAILURES_ADDRESS  30 /* from one address */
#define OG_FAILURES_ACCOUNT  50 /* of an account, from wherever */

/* Counts an attempt. 0: it may be made; else: the seconds to wait, nothing
 * was counted. A file that cannot be used is -1 and OG_EOS: no attempts. */
int og_attempt(const char *dir, const char *account, const char *address, int64_t now_ms,
	       struct og_err *err);
/* It was good (all is forgiven to this account from this address), or could
 * not be judged: takes it back. */
void og_attempt_over(const char *dir, const char *account, const char *address, int64_t now_ms,
		     int good);

/* What an address is counted as: an IPv6 host may have all addresses of its
 * network of 64 bits. */
#define OG_NETWORK_MAX 64
void og_limit_network(const char *address, char out[OG_NETWORK_MAX]);

#endif
