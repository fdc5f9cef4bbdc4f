/* See breaker.h. */
#include "lib/budget/breaker.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = { "closed", "open", "probing" };

const char *og_breaker_name(enum og_breaker_state state)
{
	return names[state];
}

enum og_breaker_state og_breaker_parse(const char *name)
{
	for (int i = OG_BREAKER_PROBING; name && i > 0; i--)
		if (strcmp(name, names[i]) == 0)
			return (enum og_breaker_state)i;
	return OG_BREAKER_CLOSED;
}

int og_breaker_ask(struct og_breaker *breaker, const char *who, int64_t now, int64_t patience_ms)
{
	if (breaker->state == OG_BREAKER_CLOSED)
		return 1;
	/* The same one again: it died and was begun anew. */
	if (now < breaker->until &&
	    (breaker->state == OG_BREAKER_OPEN || strcmp(breaker->probe, who) != 0))
		return 0;
	breaker->state = OG_BREAKER_PROBING;
	breaker->until = now + patience_ms;
	snprintf(breaker->probe, sizeof(breaker->probe), "%s", who);
	return 1;
}

int og_breaker_same(const struct og_breaker *breaker, const struct og_breaker *other)
{
	return breaker->state == other->state && breaker->failures == other->failures &&
	       breaker->until == other->until && strcmp(breaker->probe, other->probe) == 0;
}

static void open_until(struct og_breaker *breaker, int64_t until)
{
	/* A word that came late does not shorten what stands. */
	if (breaker->state != OG_BREAKER_OPEN || breaker->until < until)
		breaker->until = until;
	breaker->state = OG_BREAKER_OPEN;
	breaker->probe[0] = '\0';
}

void og_breaker_good(struct og_breaker *breaker)
{
	memset(breaker, 0, sizeof(*breaker));
}

void og_breaker_bad(struct og_breaker *breaker, int64_t now)
{
	int64_t open = OG_BREAKER_OPEN_MS;

	breaker->failures++;
	if (breaker->failures < OG_BREAKER_FAILURES && breaker->state == OG_BREAKER_CLOSED)
		return;
	for (int64_t n = OG_BREAKER_FAILURES; n < breaker->failures && open < OG_BREAKER_MOST_MS;
	     n++)
		open *= 2;
	open_until(breaker, now + (open < OG_BREAKER_MOST_MS ? open : OG_BREAKER_MOST_MS));
}

void og_breaker_throttled(struct og_breaker *breaker, int64_t now, int64_t retry_ms)
{
	if (retry_ms <= 0)
		retry_ms = OG_BREAKER_OPEN_MS;
	open_until(breaker,
		   now + (retry_ms < OG_BREAKER_THROTTLED ? retry_ms : OG_BREAKER_THROTTLED));
}

void og_breaker_unsent(struct og_breaker *breaker, const char *who, int64_t now)
{
	if (breaker->state != OG_BREAKER_PROBING || strcmp(breaker->probe, who) != 0)
		return;
	breaker->state = OG_BREAKER_OPEN;
	breaker->until = now;
	breaker->probe[0] = '\0';
}
