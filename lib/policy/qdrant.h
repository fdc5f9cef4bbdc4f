/*
 * Passages' vectors in a collection of a Qdrant server, over REST (the
 * interface of 1.17: its OpenAPI, and omnigate-stores(7)). This is the
 * client alone: what is put there and what is believed of its answers is
 * lib/policy/remote.h's.
 *
 * A point is one passage of one policy and one model:
 *
 *	id		UUIDv5 of instance, policy, hash, digest, model and dimension
 *	vector		of length 1; the collection's distance is Cosine
 *	instance	whose it is: several may share a collection, and neither
 *			finds nor removes what is another's
 *	policy, hash	name and version of the document
 *	seq		how far the ledger was when it was told of
 *	node, source_type, clearance_level	what is filtered by
 *	heading, line, digest	where it stands, and what was embedded
 *	model, dimension	what made the vector
 *	sum	begin of the SHA-256 of its values, so that one that changed shows
 *
 * No text: it stays in erp.db, where clearance is enforced, and no answer of
 * the server can put another in its place. A point without clearance_level
 * is seen by nobody.
 *
 * Answers are hostile input. What has another form than was asked for is
 * OG_EUNAVAIL; single points that do not fit are left out and counted.
 *
 * A request that was given up may be carried out later, when others were
 * since. So nothing that is written takes the place of another version (the
 * id has the hash), and what is removed is named, and as old as it was when
 * it was looked at (seq): a late one can leave points that no search counts,
 * until the policy is told of again, and can take none away.
 *
 * Codes: OG_EPERM the key is wrong; OG_ENOINPUT there is no such collection;
 * OG_ECONF it holds vectors of another kind; OG_ETEMP try again later, also
 * for what the server took and has not done yet; OG_EUNAVAIL the rest. Every
 * call may be made again: nothing here is done twice by being said twice.
 */
#ifndef OG_POLICY_QDRANT_H
#define OG_POLICY_QDRANT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"
#include "lib/net/net.h"
#include "lib/vector/vector.h"

#define OG_QDRANT_BATCH	     256      /* points of one request at most; fewer of wide ones */
#define OG_QDRANT_LIMIT	     1000     /* hits of one search at most */
#define OG_QDRANT_PAGE	     1000     /* points of one page when all are read */
#define OG_QDRANT_POINTS_MAX 20000000 /* that are read at all */
#define OG_QDRANT_NAME_MAX   100      /* bytes of a policy's name */
#define OG_QDRANT_OWNER_MAX  64	      /* bytes of an instance's */

/* "qdrant+http://HOST[:PORT]/COLLECTION", or +https, in its parts. */
struct og_qdrant_place {
	char origin[300];    /* "http://HOST[:PORT]": what og-http(1) is to allow */
	char collection[65]; /* letters, digits, _, - and, but at its begin, . */
};

/* Is the URL one of these? */
int og_qdrant_is(const char *url);
/* OG_ECONF. The API key is og-http's: --secret ORIGIN=api-key=FILE. */
int og_qdrant_place(const char *url, struct og_qdrant_place *ret, struct og_err *err);

struct og_qdrant;

/* For the instance of that name, of which points and queries have it from the
 * call. net is borrowed, and makes no request yet. */
int og_qdrant_open(const char *url, const char *instance, struct og_net *net,
		   struct og_qdrant **ret, struct og_err *err);
void og_qdrant_free(struct og_qdrant *qdrant);
const char *og_qdrant_instance(const struct og_qdrant *qdrant);

/* How long one request may take, all its tries together: 10 s when they are
 * searches, 60 s else, unless it is set. */
void og_qdrant_patience(struct og_qdrant *qdrant, int64_t search_ms, int64_t other_ms);

struct og_qdrant_state {
	int64_t width;	/* values of a vector */
	int64_t points; /* about how many; -1: not said */
	int cosine;	/* is that the distance? */
	int indexed;	/* are all payload indexes there? */
};

/* 1 there is a collection, 0 there is none, -1. */
int og_qdrant_look(struct og_qdrant *qdrant, struct og_qdrant_state *ret, struct og_err *err);
/* Makes the collection and its payload indexes, where they are not there
 * yet. One of another width or distance is OG_ECONF, and stays as it is. */
int og_qdrant_setup(struct og_qdrant *qdrant, size_t width, struct og_err *err);

struct og_qdrant_point {
	const char *policy, *hash, *node, *source, *heading, *digest;
	int64_t clearance, line, seq;
	struct og_vector_key key;
	const float *values; /* of length 1 */
	size_t n;
};

/* The id of a point, from the instance, policy, hash, digest and key. */
void og_qdrant_id(const char *instance, const struct og_qdrant_point *point,
		  char out[OG_UUID_LEN + 1]);

#define OG_QDRANT_SUM 16 /* hexadecimal digits */
void og_qdrant_sum(const struct og_qdrant_point *point, char out[OG_QDRANT_SUM + 1]);

/* What a point is in one number: id, node, source, clearance and sum. The
 * sum of many says whether two sets are the same, in any order. */
uint64_t og_qdrant_print(const char *instance, const struct og_qdrant_point *point,
			 const char *sum);

/* Which of them the server has as they are, but for seq: ret[i] is 1 or 0. At
 * most OG_QDRANT_BATCH. */
int og_qdrant_have(struct og_qdrant *qdrant, const struct og_qdrant_point *points, size_t n,
		   unsigned char *ret, struct og_err *err);
/* Writes them, or writes over those with the same id, and waits until that
 * is done. Any number; in batches, of which the first ones may be there when
 * a later one fails. */
int og_qdrant_put(struct og_qdrant *qdrant, const struct og_qdrant_point *points, size_t n,
		  struct og_err *err);

/* Removes the points of a policy but those of the version keep; NULL: all. */
int og_qdrant_drop(struct og_qdrant *qdrant, const char *policy, const char *keep,
		   struct og_err *err);
/* Those of this version that are older are as new as seq from now on. */
int og_qdrant_renew(struct og_qdrant *qdrant, const char *policy, const char *hash, int64_t seq,
		    struct og_err *err);

struct og_qdrant_query {
	const char *instance; /* set by og_qdrant_search() */
	int clearance;
	const char *node, *source; /* or NULL: any */
	const json_t *without;	   /* policies that are not wanted, their names; or NULL */
	struct og_vector_key key;
	const float *values;
	size_t n;
	size_t limit;
};

/* One passage that was found. Its id was right for what it says it is. */
struct og_qdrant_hit {
	char policy[OG_QDRANT_NAME_MAX + 1];
	char hash[OG_HASH_HEX + 1], digest[OG_HASH_HEX + 1];
	int64_t clearance;
	double score; /* finite, as the server has it */
};

/* At most limit hits, in the server's order, into ret, which has room for
 * limit. Left out and counted in *ret_left: points above the clearance, of
 * another node, source or model, of a policy not wanted, with a wrong id or no number as a score,
 * told twice, or told beyond the limit. */
int og_qdrant_search(struct og_qdrant *qdrant, const struct og_qdrant_query *query,
		     struct og_qdrant_hit *ret, size_t *ret_n, size_t *ret_left,
		     struct og_err *err);

/* How many points, exactly: of a policy, NULL of all; of a version, NULL of any. */
int og_qdrant_count(struct og_qdrant *qdrant, const char *policy, const char *hash, int64_t *ret,
		    struct og_err *err);

/* Gets a point as the server tells it (policy, hash, digest, node, source,
 * clearance and key, borrowed) with its print. 0, or -1, which ends it. */
typedef int og_qdrant_take_fn(void *arg, const struct og_qdrant_point *point, uint64_t print,
			      struct og_err *err);

/* All points of this instance, in no order, page by page: nothing is kept of
 * one when the next one comes. What is told as one and is none is counted in
 * *ret_foreign. */
int og_qdrant_each(struct og_qdrant *qdrant, og_qdrant_take_fn *take, void *arg,
		   int64_t *ret_foreign, struct og_err *err);

#endif
