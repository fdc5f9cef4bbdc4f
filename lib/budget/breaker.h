/*
 * The breaker of a provider: when one does not answer, or says that it is
 * asked too often, tasks wait instead of asking in turn. Pure: the caller
 * keeps the state, under a lock, and tells the time (wall clock, ms).
 *
 * Closed, everybody may ask. It opens at a throttle, for as long as the
 * provider asks for, and at OG_BREAKER_FAILURES failures in a row. When its
 * time is over one task may ask, the probe; its answer closes the breaker,
 * its failure opens it for longer. A probe that is not heard of any more
 * (its worker died) is replaced after a while.
 */
#ifndef OG_BUDGET_BREAKER_H
#define OG_BUDGET_BREAKER_H

#include <stdint.h>

#define OG_BREAKER_FAILURES  3
#define OG_BREAKER_OPEN_MS   INT64_C(10000)   /* the first time, then twice as long */
#define OG_BREAKER_MOST_MS   INT64_C(300000)  /* of its own accord */
#define OG_BREAKER_THROTTLED INT64_C(3600000) /* at a provider's word */

enum og_breaker_state { OG_BREAKER_CLOSED, OG_BREAKER_OPEN, OG_BREAKER_PROBING };

struct og_breaker {
	enum og_breaker_state state;
	int64_t failures; /* in a row */
	int64_t until;	  /* open: until then; probing: when the probe is given up */
	char probe[64];	  /* who probes */
};

/* "closed", "open", "probing"; closed for any other word. */
const char *og_breaker_name(enum og_breaker_state state);
enum og_breaker_state og_breaker_parse(const char *name);

/* May this one ask now? patience_ms: after so long a probe is given up. 1,
 * or 0: not before breaker->until. */
int og_breaker_ask(struct og_breaker *breaker, const char *who, int64_t now, int64_t patience_ms);

/* Is it as that one is? */
int og_breaker_same(const struct og_breaker *breaker, const struct og_breaker *other);

/* What came of it. _unsent: nothing was learned; a probe is free again.
 * retry_ms: what the provider asks for, 0: nothing. */
void og_breaker_good(struct og_breaker *breaker);
void og_breaker_bad(struct og_breaker *breaker, int64_t now);
void og_breaker_throttled(struct og_breaker *breaker, int64_t now, int64_t retry_ms);
void og_breaker_unsent(struct og_breaker *breaker, const char *who, int64_t now);

#endif
