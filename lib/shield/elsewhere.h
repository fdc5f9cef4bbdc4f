/*
 * Stores elsewhere, as the shield sees them: Neo4j for the graph, Qdrant
 * for the vectors, each behind an og-http that was started before the seal.
 * Both mirror what erp.db holds and are never believed: what they answer is
 * held against the local record by whoever asked.
 */
#ifndef OG_SHIELD_ELSEWHERE_H
#define OG_SHIELD_ELSEWHERE_H

#include "lib/conf/conf.h"
#include "lib/shield/channel-internal.h"

#define OG_ELSEWHERE_MS	    3000  /* for one question to a store */
#define OG_ELSEWHERE_PUT_MS 10000 /* for telling it something */

/* Reads og.conf's URLs; makes puts due. OG_ECONF when one is none. */
int og_elsewhere_open(struct og_shield *shield, struct og_err *err);
void og_elsewhere_close(struct og_shield *shield);

/* Is the store elsewhere, and can it be asked from here? */
int og_elsewhere_on(const struct og_shield *shield, enum og_store store);
int og_elsewhere_reachable(const struct og_shield *shield, enum og_store store);

/* What it is and whether it is made ready, as members of a reply: {"kind",
 * "at","ready","version"?,"what"?}; what: why it is not ready. */
int og_elsewhere_look(struct og_shield *shield, enum og_store store, json_t **ret,
		      struct og_err *err);
/* Makes it ready, where it is not. */
int og_elsewhere_setup(struct og_shield *shield, enum og_store store, struct og_err *err);

/* What differs between here and there, at most limit, by name: [{"name",
 * "why"}], why: missing, stale, text, incomplete, clearance, edges, unknown (not
 * active here). *ret_same: how many agree. No transaction is open. */
int og_elsewhere_compare(struct og_shield *shield, enum og_store store, size_t limit, json_t **ret,
			 int64_t *ret_same, struct og_err *err);

/* What a reply says of a store that was asked: "store":"local" and "why" when
 * it did not answer (why's code is not 0), "mistrusted" when it said what is
 * not so here. */
int og_request_asked(struct og_request *rq, const struct og_err *why, int64_t mistrusted,
		     struct og_err *err);

/* Makes the store hold of name what is active here, or nothing when nothing
 * is. hash becomes the version it was told, "" for none. No transaction is
 * open. OG_EUNAVAIL and OG_ETEMP: it cannot be reached. */
int og_elsewhere_put(struct og_shield *shield, enum og_store store, const char *name,
		     char hash[OG_HASH_HEX + 1], struct og_err *err);

#endif
