/* The breaker's arithmetic: what trips, when exactly, and what does not. */
#include "tests/unit/unit.h"

#include "lib/base/clock.h"
#include "lib/budget/budget.h"

static struct og_hash call_named(const char *name)
{
	struct og_hash hash;

	og_sha256(name, strlen(name), &hash);
	return hash;
}

static enum og_trip call(struct og_budget *budget, const char *name)
{
	struct og_hash hash = call_named(name);

	return og_budget_call(budget, &hash);
}

static void start(struct og_budget *budget, long steps, long repeats, long seconds)
{
	struct og_budget_limits limits = { steps, repeats, seconds };

	og_budget_init(budget, &limits);
}

static void repeats(void)
{
	struct og_budget budget;
	long limit = 0, value = 0;

	start(&budget, 50, 3, 60);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_REPEAT);
	og_trip_figures(&budget, OG_TRIP_REPEAT, &limit, &value);
	OG_CHECK_INT(limit, 3);
	OG_CHECK_INT(value, 3);
	OG_CHECK_STR(og_trip_name(OG_TRIP_REPEAT), "repeats");
}

/* Other calls between do not wash a repetition away. */
static void repeats_apart(void)
{
	struct og_budget budget;

	start(&budget, 50, 3, 60);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "b"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "c"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_REPEAT);
}

static void cycle(void)
{
	struct og_budget budget;

	start(&budget, 50, 3, 60);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "b"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "b"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_CYCLE);
	OG_CHECK_STR(og_trip_name(OG_TRIP_CYCLE), "cycle");
}

static void steps(void)
{
	struct og_budget budget;
	char name[16];
	long limit = 0, value = 0;

	start(&budget, 200, 3, 60);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "%d", i);
		OG_CHECK_INT(call(&budget, name), OG_TRIP_NONE);
	}
	OG_CHECK_INT(call(&budget, "one more"), OG_TRIP_STEPS);
	og_trip_figures(&budget, OG_TRIP_STEPS, &limit, &value);
	OG_CHECK_INT(limit, 200);
	OG_CHECK_INT(value, 201);
}

/* Only so much is remembered: a call comes back as new after that. */
static void memory(void)
{
	struct og_budget budget;
	char name[16];

	start(&budget, 10000, 2, 60);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	for (int i = 0; i < OG_BUDGET_MEMORY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		OG_CHECK_INT(call(&budget, name), OG_TRIP_NONE);
	}
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_REPEAT);
}

static void wall_clock(void)
{
	struct og_budget budget;
	long limit = 0, value = 0;

	start(&budget, 50, 3, 60);
	OG_CHECK_INT(call(&budget, "a"), OG_TRIP_NONE);
	budget.started -= 61000;
	budget.deadline -= 61000;
	OG_CHECK_INT(call(&budget, "b"), OG_TRIP_TIME);
	og_trip_figures(&budget, OG_TRIP_TIME, &limit, &value);
	OG_CHECK_INT(limit, 60);
	OG_CHECK(value >= 61);
}

int main(void)
{
	OG_RUN(repeats);
	OG_RUN(repeats_apart);
	OG_RUN(cycle);
	OG_RUN(steps);
	OG_RUN(memory);
	OG_RUN(wall_clock);
	return og_done();
}
