/*
 * A provider of models, for the programs that ask one. It is reached through
 * an og-http of its own, which may go to the model's origin and nowhere
 * else and holds the secrets for it: no secret of a service can get there,
 * and none of these anywhere else.
 *
 * A secret is a file that og.conf names or a variable of the environment.
 * og-http reads it: it is in no argument, and never in this process's
 * memory but for the environment, see og_provider_forget().
 */
#ifndef OG_CMD_MODEL_H
#define OG_CMD_MODEL_H

#include "lib/agent/agent.h"
#include "lib/base/opt.h"
#include "lib/conf/conf.h"
#include "lib/model/model.h"

/* The model of a line of og.conf, `model` or `embed`: 1, 0 when it names none
 * ("skill:", "none"), -1 OG_ECONF. */
int og_model_from(const char *line, struct og_model *ret, struct og_err *err);

/* What is asked how. All of it is borrowed as long as the provider is open. */
struct og_provider_place {
	const struct og_model *model;
	const char *key; /* og.conf's model_key or embed_key */
	int64_t seconds; /* for an answer, pauses and repetitions included */
	int stop_fd;	 /* readable: stop waiting; -1: nothing does that */
};

/* The header that the secret goes with, and where that comes from. */
struct og_provider_key {
	const char *header; /* "x-goog-api-key", "Authorization" */
	char source[4200];  /* a path, "env:NAME"; "": there is no secret */
};
/* OG_ECONF when there is none and the model's host is known to want one. */
int og_provider_key(const struct og_ctx *ctx, const struct og_conf *conf,
		    const struct og_provider_place *place, struct og_provider_key *ret,
		    struct og_err *err);

struct og_provider;

/* Starts og-http; a secret that cannot be read shows here. */
int og_provider_open(const struct og_ctx *ctx, const struct og_conf *conf,
		     const struct og_provider_place *place, struct og_provider **ret,
		     struct og_err *err);
void og_provider_close(struct og_provider *provider);

/* arg: a struct og_provider. Asks again, within its time, when an answer says
 * that it was not the right moment and that the next one is seconds away. */
og_ask_fn og_provider_ask;
/* Was the last call given up because of stop_fd? */
int og_provider_stopped(const struct og_provider *provider);

/* Takes the secrets out of our environment, so that no program that is
 * started later has them. Once every provider is open. */
void og_provider_forget(void);

#endif
