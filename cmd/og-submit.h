/*
 * Shared by the files of og-submit: og-submit.c states commands,
 * og-submit-wait.c waits for their results, og-submit-spool.c keeps them
 * here while a broker is away and delivers them later.
 */
#ifndef OG_CMD_SUBMIT_H
#define OG_CMD_SUBMIT_H

#include "cmd/og-main.h"
#include "lib/base/clock.h"
#include "lib/hash/hash.h"

/* Waiting for one task. The first five are the caller's, borrowed. */
struct submit_wait {
	const struct og_ctx *ctx;
	const struct og_args *args; /* --timeout, --json */
	const struct og_conf *conf;
	struct og_queue *queue;
	const char *principal;
	struct og_channel *channel;
	int stop_fd; /* -1: not yet */
	int64_t deadline, started;
	int noted;
	char asked[OG_HASH_HEX + 1]; /* the question that was passed on last */
};

/* Listens, before the task exists, so that its end cannot be missed. */
int submit_wait_open(struct submit_wait *w, struct og_err *err);
/* Prints the result when there is one; the exit status that tells how the
 * task ended, or -1 (OG_ETEMP when the time was over). */
int submit_wait_finish(struct submit_wait *w, const char *id, struct og_err *err);
void submit_wait_close(struct submit_wait *w);

/* May what failed so be tried again later, unchanged? */
int og_spool_may(const struct og_err *err);
/* Keeps parcels in spool.db, durably, and says on standard error why. */
int og_spool_put(const struct og_ctx *ctx, const struct og_conf *conf,
		 const struct og_parcel *parcels, size_t n, const struct og_err *why,
		 struct og_err *err);
/* og-submit --forward */
int og_run_forward(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

#endif
