/* Shared by the files of og-policy. */
#ifndef OG_CMD_POLICY_H
#define OG_CMD_POLICY_H

#include "cmd/og-main.h"

/* Opens a session and asks one thing; request is taken. */
int policy_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
	       json_t *request, json_t **ret, struct og_err *err);

og_command_fn policy_run_map;

#endif
