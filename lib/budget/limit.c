/* See limit.h. */
#include "lib/budget/limit.h"

#include <stddef.h>

const char *og_scope_name(enum og_scope scope)
{
	static const char *const names[] = { "task", "principal", "skill", "day" };

	return names[scope];
}

/* A sum that has no room is as large as can be. */
static int64_t sum(int64_t a, int64_t b)
{
	int64_t total;

	return __builtin_add_overflow(a, b, &total) ? INT64_MAX : total;
}

const char *og_limit_trips(const struct og_cost *limit, const struct og_cost *spent,
			   const struct og_cost *more, int64_t *ret_reached)
{
	*ret_reached = sum(spent->tokens, more->tokens);
	if (limit->tokens > 0 && *ret_reached > limit->tokens)
		return "tokens";
	*ret_reached = sum(spent->nanousd, more->nanousd);
	if (limit->nanousd > 0 && *ret_reached > limit->nanousd)
		return "cost";
	return NULL;
}

static void narrow(int64_t limit, int64_t reached, int64_t *left)
{
	int64_t rest = limit > reached ? limit - reached : 0;

	if (limit > 0 && (*left < 0 || rest < *left))
		*left = rest;
}

void og_limit_left(const struct og_cost *limit, const struct og_cost *spent,
		   const struct og_cost *more, struct og_cost *left)
{
	narrow(limit->tokens, sum(spent->tokens, more->tokens), &left->tokens);
	narrow(limit->nanousd, sum(spent->nanousd, more->nanousd), &left->nanousd);
}
