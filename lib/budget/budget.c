/* See budget.h. */
#include "lib/budget/budget.h"

#include <string.h>

#include "lib/base/clock.h"

void og_budget_init(struct og_budget *budget, const struct og_budget_limits *limits)
{
	memset(budget, 0, sizeof(*budget));
	budget->limits = *limits;
	budget->started = og_mono_ms();
	budget->deadline = og_deadline((int64_t)limits->seconds * 1000);
}

/* The call n before the last one (0 is the last), or NULL. */
static const struct og_hash *back(const struct og_budget *budget, long n)
{
	if (n >= budget->steps || n >= OG_BUDGET_MEMORY)
		return NULL;
	return &budget->recent[(budget->steps - 1 - n) % OG_BUDGET_MEMORY];
}

static long count_same(const struct og_budget *budget)
{
	long same = 0;

	for (long n = 0; back(budget, n); n++)
		same += og_hash_equal(back(budget, n), back(budget, 0));
	return same;
}

/* Two calls took turns until one of them reached the limit of repeats. */
static int takes_turns(const struct og_budget *budget)
{
	long needed = 2 * budget->limits.repeats - 1;

	if (needed > OG_BUDGET_MEMORY || !back(budget, needed - 1) ||
	    og_hash_equal(back(budget, 0), back(budget, 1)))
		return 0;
	for (long n = 2; n < needed; n++)
		if (!og_hash_equal(back(budget, n), back(budget, n % 2)))
			return 0;
	return 1;
}

enum og_trip og_budget_call(struct og_budget *budget, const struct og_hash *what)
{
	budget->recent[budget->steps % OG_BUDGET_MEMORY] = *what;
	budget->steps++;
	budget->repeats = count_same(budget);
	if (takes_turns(budget))
		return OG_TRIP_CYCLE;
	if (budget->repeats >= budget->limits.repeats)
		return OG_TRIP_REPEAT;
	if (budget->steps > budget->limits.steps)
		return OG_TRIP_STEPS;
	if (og_mono_ms() >= budget->deadline)
		return OG_TRIP_TIME;
	return OG_TRIP_NONE;
}

const char *og_trip_name(enum og_trip trip)
{
	static const char *const names[] = { "none", "steps", "repeats", "cycle", "seconds" };

	return names[trip];
}

void og_trip_figures(const struct og_budget *budget, enum og_trip trip, long *ret_limit,
		     long *ret_value)
{
	switch (trip) {
	case OG_TRIP_STEPS:
		*ret_limit = budget->limits.steps;
		*ret_value = budget->steps;
		break;
	case OG_TRIP_TIME:
		*ret_limit = budget->limits.seconds;
		*ret_value = (long)((og_mono_ms() - budget->started) / 1000);
		break;
	default:
		*ret_limit = budget->limits.repeats;
		*ret_value = budget->repeats;
	}
}
