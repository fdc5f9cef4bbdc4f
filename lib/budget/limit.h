/*
 * Limits of what models may cost: tokens and money, of a task, and for a
 * day (UTC) of a principal, a skill and all. Pure arithmetic; 0 is no limit.
 */
#ifndef OG_BUDGET_LIMIT_H
#define OG_BUDGET_LIMIT_H

#include <stdint.h>

enum og_scope { OG_SCOPE_TASK, OG_SCOPE_PRINCIPAL, OG_SCOPE_SKILL, OG_SCOPE_DAY, OG_SCOPES };

struct og_cost {
	int64_t tokens, nanousd;
};

/* "task", "principal", "skill", "day", as in a rule's name and og.conf. */
const char *og_scope_name(enum og_scope scope);

/* Which limit more would pass: "tokens", "cost"; NULL: none. Exactly the
 * limit is within it. *ret_reached is what it would come to. */
const char *og_limit_trips(const struct og_cost *limit, const struct og_cost *spent,
			   const struct og_cost *more, int64_t *ret_reached);

/* Narrows left to what this limit leaves after more; -1 stands for no limit. */
void og_limit_left(const struct og_cost *limit, const struct og_cost *spent,
		   const struct og_cost *more, struct og_cost *left);

#endif
