/*
 * How an instance is, asked of those who know: og-ledger, a shield (as the
 * owner), the queue, og up. For og status and og doctor, which open no
 * database themselves. What cannot be asked is said to be unknown, never to
 * be well.
 */
#ifndef OG_CMD_ASK_H
#define OG_CMD_ASK_H

#include "cmd/og-main.h"

/* og-ledger's judgement as it gives it; NULL when it gives none. state:
 * compare the database with it too. */
json_t *og_ask_ledger(const struct og_ctx *ctx, const struct og_conf *conf, int state);

/* og-ledger verify of the instance at home, however long it takes, with more
 * arguments (NULL ends them): 1 when it is sound, 0 when not, -1 when it was
 * not judged. *ret: what it says (--json). */
int og_ask_verify(const struct og_ctx *ctx, const char *home, const char *const *more, json_t **ret,
		  struct og_err *err);

/* Asks a shield one thing as the owner; takes request. OG_EPERM when the
 * owner's key is not here. */
int og_ask_shield(const struct og_ctx *ctx, const struct og_conf *conf, const char *verb,
		  json_t *request, json_t **ret, struct og_err *err);

/* {"ready","claimed","delayed","dead","age_ms"}: null what the transport
 * cannot tell; age_ms: of the oldest task that could be claimed, null when
 * there is none. NULL with err. */
json_t *og_ask_queue(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err);

/* run/services.json as it is, and og up as it is now:
 * {"pid","state","services":[...]}; each service with "problem": TEXT or
 * null. state "killed": og up ended without stopping them. NULL: it never
 * ran here. */
json_t *og_ask_up(const struct og_conf *conf);

#endif
