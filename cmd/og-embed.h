/*
 * Embeddings for programs that search: the texts of policies and skills
 * that have none get one, and a query gets its own, from the provider of
 * og.conf's `embed`. What it cannot give is never in the way: words find
 * passages without it, and that they did so is said.
 *
 * What it may cost is reserved at the shield before, and settled after, as a
 * planner's calls are: by the limits of og.conf, and on the ledger.
 *
 * A text goes to the provider once; the shield keeps its vector. Which texts
 * those are the shield decides, by what the session's principal may read.
 */
#ifndef OG_CMD_EMBED_H
#define OG_CMD_EMBED_H

#include "lib/base/opt.h"
#include "lib/conf/conf.h"
#include "lib/json/json.h"
#include "lib/proc/channel.h"

struct og_embedder;

/* Nothing is started before it is needed. 1; 0 when `embed` is none, and
 * then *ret is NULL; -1 OG_ECONF. Free with close, NULL too. */
int og_embedder_open(const struct og_ctx *ctx, const struct og_conf *conf, struct og_embedder **ret,
		     struct og_err *err);
void og_embedder_close(struct og_embedder *embedder);

/* Asks the shield something that is ranked by words, and by meaning where
 * there is an embedder (NULL: by words); text is what is embedded. request is
 * taken. Where the provider fails, a note says so. */
int og_embedder_ask(struct og_embedder *embedder, struct og_channel *channel, const char *verb,
		    json_t *request, const char *text, json_t **ret, struct og_err *err);

/* For a process that gives up starting programs: starts what asks the
 * provider now. */
int og_embedder_start(struct og_embedder *embedder, struct og_err *err);
/* {"model","dimension"}, new reference. */
json_t *og_embedder_key(const struct og_embedder *embedder);
/* Gives a text that a task searches with its vector, as the task's principal. */
int og_embedder_query(struct og_embedder *embedder, struct og_channel *channel, const char *task,
		      int64_t epoch, const char *text, struct og_err *err);

/* Gives vectors to all texts that have none. What was done stays done when
 * it fails half way. */
struct og_embedded {
	int64_t texts;
	int64_t tokens; /* that the provider counted; -1: it does not say */
	int64_t left;	/* without one still */
};
int og_embedder_fill(struct og_embedder *embedder, struct og_channel *channel,
		     struct og_embedded *ret, struct og_err *err);

#endif
