/*
 * What task.finish shares with whatever else ends a task: how a result is
 * proved by the entry that ends it, and what it is completed with.
 */
#ifndef OG_SHIELD_FINISH_H
#define OG_SHIELD_FINISH_H

#include "lib/hash/hash.h"
#include "lib/shield/channel-internal.h"

/* SHA-256 over the result without what finishing adds to it, so that the
 * entry proves the answer although the answer names the entry. */
int og_result_digest(const json_t *result, char out[OG_HASH_HEX + 1], struct og_err *err);

/* Puts the task's place on the ledger and the time into the result, and
 * what people said of the task; notes the entry in the request's row. */
int og_result_complete(struct og_request *rq, const struct og_receipt *receipt, json_t *result,
		       struct og_err *err);

#endif
