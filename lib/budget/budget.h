/*
 * Counters that stop a runaway task: steps taken, the same call with the
 * same result over and over, two calls taking turns, and time. Pure
 * arithmetic: it opens nothing and knows no clock but the deadline.
 */
#ifndef OG_BUDGET_BUDGET_H
#define OG_BUDGET_BUDGET_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/hash/hash.h"

struct og_budget_limits {
	long steps;   /* calls in all */
	long repeats; /* of the same (tool, arguments, result) */
	long seconds; /* wall clock */
};

enum og_trip {
	OG_TRIP_NONE,
	OG_TRIP_STEPS,
	OG_TRIP_REPEAT,
	OG_TRIP_CYCLE, /* A B A B ... */
	OG_TRIP_TIME,
};

#define OG_BUDGET_MEMORY 64 /* calls remembered */

struct og_budget {
	struct og_budget_limits limits;
	int64_t started, deadline;
	long steps;
	struct og_hash recent[OG_BUDGET_MEMORY]; /* ring of what was called */
	long repeats;				 /* of the last call */
};

void og_budget_init(struct og_budget *budget, const struct og_budget_limits *limits);

/* Counts one call: what is a digest of tool, arguments and result. */
enum og_trip og_budget_call(struct og_budget *budget, const struct og_hash *what);

/* "steps", "repeats", "cycle", "seconds". */
const char *og_trip_name(enum og_trip trip);
/* What tripped and where it stood, for the diagnostic: limit and value. */
void og_trip_figures(const struct og_budget *budget, enum og_trip trip, long *ret_limit,
		     long *ret_value);

#endif
