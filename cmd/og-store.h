/*
 * What og-skill and og-policy say of a store elsewhere.
 */
#ifndef OG_CMD_STORE_H
#define OG_CMD_STORE_H

#include "cmd/og-main.h"

/* Compares a store ("graph", "vectors") with the ledger's state and prints
 * what differs. Exit status: 1 when something does; or -1. */
int og_store_diff(const struct og_ctx *ctx, const struct og_args *args, const char *store,
		  struct og_err *err);

/* On standard error: a put that the store elsewhere has not heard of yet, or
 * an answer that is not the store's. name may be NULL. */
void og_store_note(const struct og_ctx *ctx, const json_t *reply, const char *name);

#endif
