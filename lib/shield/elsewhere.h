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

#define OG_ELSEWHERE_MS 4000 /* for one request to a store */

/* Reads og.conf's URLs; makes puts due. OG_ECONF when one is none. */
int og_elsewhere_open(struct og_shield *shield, struct og_err *err);
void og_elsewhere_close(struct og_shield *shield);

/* Is the store elsewhere, and can it be asked from here? */
int og_elsewhere_on(const struct og_shield *shield, enum og_store store);
int og_elsewhere_reachable(const struct og_shield *shield, enum og_store store);

/* Makes the store hold of name what is active here, or nothing when nothing
 * is. hash becomes the version it was told, "" for none. No transaction is
 * open. OG_EUNAVAIL and OG_ETEMP: it cannot be reached. */
int og_elsewhere_put(struct og_shield *shield, enum og_store store, const char *name,
		     char hash[OG_HASH_HEX + 1], struct og_err *err);

#endif
