/*
 * When a server asks to be asked again, as it says so in an answer:
 *
 *	Retry-After		seconds or a date (RFC 9110, section 10.2.3)
 *	retry-after-ms		milliseconds, as OpenAI has it
 *	google.rpc.RetryInfo	among error.details of a JSON body, as Google's
 *				services have it: "retryDelay":"34.07s"
 *
 * A pure function of the answer and the time; nobody else reads these.
 */
#ifndef OG_NET_RETRY_H
#define OG_NET_RETRY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/json/json.h"

#define OG_NET_RETRY_MAX_MS ((int64_t)86400000) /* more is cut to it */

struct og_net_advice {
	int64_t retry_ms; /* the longest that is asked for; 0: nothing is said */
	int final;	  /* asking again would not help: error.code or error.type
			   * of a 429 is insufficient_quota */
};

/* headers: "name: value", names in lower case. A date is held against the
 * answer's own Date, for clocks differ, else against now_ms. The body is
 * looked at when status is 400 or more. What cannot be read says nothing. */
void og_net_advise(int status, const json_t *headers, const char *body, size_t len, int64_t now_ms,
		   struct og_net_advice *ret);

/* A date of HTTP in any of its three forms (RFC 9110, section 5.6.7), as ms
 * since 1970; a year of two digits is the nearest such one to now_ms. 0 or
 * -1. */
int og_net_date_parse(const char *text, int64_t now_ms, int64_t *ret);

#endif
