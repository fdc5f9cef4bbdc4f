/*
 * What a query's embedding adds to a request that searches: policy.search
 * and skill.match may carry "embed":{"model","dimension"}; where the vector
 * of that text was put before (vector.put), it helps to rank, and the reply
 * says "embedded":true; else false, and words alone decide.
 */
#ifndef OG_SHIELD_EMBEDDING_H
#define OG_SHIELD_EMBEDDING_H

#include "lib/shield/channel-internal.h"
#include "lib/vector/vector.h"

#define OG_EMBED_MODEL_MAX 1200
#define OG_RANKED_MAX	   20

struct og_embedding {
	struct og_vector_key key; /* model borrowed from the request */
	struct og_vector vector;  /* to be released */
	int there;
};

/* Sets the reply's "embedded" when the request has "embed". */
int og_request_embedding(struct og_request *rq, const char *text, size_t len,
			 struct og_embedding *ret, struct og_err *err);

/* Orders found's "candidates" (of og_matcher_match) by meaning, too. What
 * was matched stays what it is. */
int og_request_fuse(struct og_request *rq, const struct og_embedding *query, size_t limit,
		    json_t *found, struct og_err *err);

#endif
