/*
 * Policies' vectors in a store elsewhere. erp.db holds every policy, passage
 * and vector whatever og.conf says; a store elsewhere holds the vectors too
 * and answers searches by meaning. It is never believed: a hit counts when
 * the passage is here, of an active policy of the same version, with the same
 * clearance, and its own vector comes to the score that was told. What is
 * shown, and what binds, is read here. So a store that lies or is down can
 * hide a passage from a search by meaning, and do nothing else.
 */
#ifndef OG_POLICY_REMOTE_H
#define OG_POLICY_REMOTE_H

#include "lib/policy/qdrant.h"
#include "lib/policy/store.h"

/* Searches with a vector ask it from now on; NULL: no more. Borrowed. */
void og_policies_attach(struct og_policies *policies, struct og_qdrant *qdrant);

/* How the last og_policies_search() went there. */
struct og_policies_asked {
	int asked;	    /* 0: it had no vector, or nothing is attached */
	struct og_err why;  /* code 0: it answered; else the search was made here */
	int64_t mistrusted; /* hits that were left out */
};
const struct og_policies_asked *og_policies_asked(const struct og_policies *policies);

/* Brings the store to what is here of one policy: points of its active
 * version, where passages have vectors of the collection's width (which is
 * made when it is not there), and none of another version. A policy that is
 * not active has none. It waits for a server, so no write transaction may be
 * open. OG_ECONF when the last vectors put are of another width: prefer (may
 * be NULL) says whose those are. *ret_points: how many the store now has. */
int og_policies_send(struct og_policies *policies, const char *name,
		     const struct og_vector_key *prefer, int64_t *ret_points, struct og_err *err);

/* What differs between here and there: [{"name","why"}], at most limit, by
 * name; why: "missing", "incomplete", "stale" (another version or clearance),
 * "vectors" (a point says of itself what is not so here), "unknown" (not
 * active here). *ret_same: how many policies agree. */
int og_policies_compare(struct og_policies *policies, size_t limit, json_t **ret, int64_t *ret_same,
			struct og_err *err);

#endif
