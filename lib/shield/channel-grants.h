/*
 * The difference between two lists of grants, and making it true, as
 * og-shield grant --apply does.
 */
#ifndef OG_SHIELD_CHANNEL_GRANTS_H
#define OG_SHIELD_CHANNEL_GRANTS_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* Whoever can be asked: a conversation in process, or a channel. fn takes
 * the request, adds v, id and verb, and turns a refusal into -1; *ret may
 * be given with a refusal too. */
struct og_asker {
	int (*fn)(void *arg, const char *verb, json_t *request, json_t **ret, struct og_err *err);
	void *arg;
};

/* A copy with a grant's own keys only, nulls left out and the effect
 * filled in: equal grants are equal JSON. NULL without memory. */
json_t *og_grant_plain(const json_t *grant);

/* wanted and present: arrays of grant.put objects, which may have a "why"
 * besides; another member is OG_EDATA, and so are two items that say
 * different things of one subject, table and effect. wanted is the whole
 * truth for the subjects it names. *ret: array, in order, of
 *   {"put":GRANT}, {"put":GRANT,"old":GRANT} or {"drop":GRANT}. */
int og_grants_diff(const json_t *wanted, const json_t *present, json_t **ret, struct og_err *err);

/* Told of each difference; -1 stops the telling. */
struct og_grants_watch {
	int (*fn)(void *arg, const json_t *change, struct og_err *err);
	void *arg;
};

/* Makes the instance's grants what wanted says, all or none (grant.apply), and
 * then tells; with dry non-zero it is judged as well, and only told. */
int og_grants_apply(const struct og_asker *asker, json_t *wanted, int dry,
		    const struct og_grants_watch *watch, struct og_err *err);

#endif
