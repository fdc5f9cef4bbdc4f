/*
 * How og-policy shows passages and policies to a person: nothing of a
 * document reaches a terminal raw.
 */
#ifndef OG_CMD_POLICY_PRINT_H
#define OG_CMD_POLICY_PRINT_H

#include "cmd/og-out.h"

/* How a list of policies and one of passages are printed (og-out.h). */
int og_policies_out(const struct og_ctx *ctx, const struct og_args *args, struct og_out **ret,
		    struct og_err *err);
int og_passages_out(const struct og_ctx *ctx, const struct og_args *args, struct og_out **ret,
		    struct og_err *err);
/* All of a list. Nothing found is status 1. */
int og_print_items(struct og_out *out, const json_t *list, struct og_err *err);

/* One with its text. */
int og_print_whole(const json_t *policy, struct og_err *err);

#endif
