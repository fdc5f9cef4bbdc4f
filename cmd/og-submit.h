/*
 * Shared by the files of og-submit: og-submit.c states commands,
 * og-submit-spool.c keeps them here while a broker is away and delivers
 * them later.
 */
#ifndef OG_CMD_SUBMIT_H
#define OG_CMD_SUBMIT_H

#include "cmd/og-main.h"

/* May what failed so be tried again later, unchanged? */
int og_spool_may(const struct og_err *err);
/* Keeps parcels in spool.db, durably, and says on standard error why. */
int og_spool_put(const struct og_ctx *ctx, const struct og_conf *conf,
		 const struct og_parcel *parcels, size_t n, const struct og_err *why,
		 struct og_err *err);
/* og-submit --forward */
int og_run_forward(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

#endif
