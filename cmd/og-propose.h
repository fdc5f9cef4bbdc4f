/*
 * Proposing: a task that asks somebody with the right to put a skill or a
 * policy (og-envelope(5), "action"). For og-skill and og-policy.
 */
#ifndef OG_CMD_PROPOSE_H
#define OG_CMD_PROPOSE_H

#include "cmd/og-main.h"
#include "lib/json/json.h"

/* What is proposed. All of it is borrowed. */
struct og_proposal {
	const char *kind, *name; /* "skill" or "policy" */
	const char *text;
	const char *why; /* words for whoever decides, or NULL */
};

/* Signs the task, puts it into the queue and prints its id. */
int og_propose(const struct og_ctx *ctx, const struct og_args *args,
	       const struct og_proposal *proposal, struct og_err *err);

#endif
