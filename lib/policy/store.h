/*
 * Policies: documents that govern skills, and finding passages in them.
 * One interface, a store behind it by the scheme of the vectors URL in
 * og.conf: "sqlite:" keeps documents, passages, their full-text index and
 * vectors in erp.db. With qdrant+http(s) all of that is there as well, and
 * the vectors are elsewhere, too (lib/policy/remote.h).
 *
 * A policy is in force on the days (of UTC) from effective to expires, both
 * included, unless another one that is in force supersedes it; whoever
 * supersedes it stands for all that it superseded, too, even where it has
 * expired itself. What is not in force is found, and marked; its limits, its
 * rule and its approval do not bind. When the superseding policy expires, the
 * older one binds again. Today is what the clock says when it is asked: what
 * binds a step of a running task is what is in force at that moment.
 *
 * A policy governs one node (a skill). What binds a skill: the policies of
 * its own node and of the nodes that govern it (graph edges GOVERNS; the
 * caller passes those names). Limits and rules bind whatever the caller's
 * clearance; passages and citations are shown by clearance only.
 */
#ifndef OG_POLICY_STORE_H
#define OG_POLICY_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/json/json.h"
#include "lib/vector/vector.h"

#define OG_POLICY_BODY_MAX ((size_t)1 << 20) /* bytes of a document */
#define OG_PASSAGES_MAX	   5000		     /* of one document */

struct og_policies;

int og_policies_open(const char *url, struct og_db *db, struct og_policies **ret,
		     struct og_err *err);
void og_policies_free(struct og_policies *policies); /* before og_db_close() */
/* Lets searches by meaning use and make a copy of the vectors in that file
 * (lib/vector/copy.h): for who may write beside the database. */
int og_policies_copy(struct og_policies *policies, const char *path, struct og_err *err);
/* Another clock than og_now_ms(), for tests. What binds has no other day. */
void og_policies_clock(struct og_policies *policies, int64_t (*now)(void));

/* A policy record from outside: {"name","source":"law|email|internal_doc|
 * policy","clearance","node","title","body","limits":{name:number}?,
 * "rule":SQL?,"approval":SQL?,"approver_clearance":N?,"approval_seconds":N?,
 * "rule_step":STEP?,"message":T?,"effective":DAY?,"expires":DAY?,
 * "supersedes":NAME?,"passages":[{"heading","line","last"?,"text"}]}. Names, titles and rules
 * have bounds, so that a list of policies fits on a channel. OG_EDATA says what is wrong. */
int og_policy_check(const json_t *policy, struct og_err *err);

struct og_policy_id {
	int64_t id;
	char hash[65];
	int changed; /* 0: this very text was active already */
};

#define OG_SUPERSEDES_MAX 32 /* policies that supersede each other in a row */

/* Makes it the active version of its name, inside the caller's write
 * transaction, with its passages and index rows. OG_EDATA when what it
 * supersedes is not there, or supersedes it. Whether the caller may supersede
 * or replace that is the caller's to judge. */
int og_policies_put(struct og_policies *policies, const json_t *policy, struct og_policy_id *ret,
		    struct og_err *err);

/* Which policies. Zeroed, but for the clearance: all of them, today. */
struct og_policy_filter {
	const char *node;   /* NULL: every node */
	const char *source; /* law, email, ...; NULL: any */
	const char *at;	    /* the day that standing is told of; NULL: today */
	int clearance;	    /* at most */
	int in_force;	    /* only what is in force on that day */
};

/* A search. query is words, never syntax. With a vector, which stands for
 * the same words, passages are found by their embeddings too, those that
 * have one of the same key, and both rankings are fused: it adds passages
 * and moves them, and hides none that the words alone find among the first. */
struct og_policy_search {
	struct og_policy_filter filter;
	const char *query;
	size_t limit;
	int one_each;			 /* of each policy its best passage alone */
	const struct og_vector_key *key; /* or NULL: words alone */
	const struct og_vector *vector;	 /* with key */
};

/* The best passages of active policies, at most limit of them, and of 2 MiB
 * together. Array of
 * {"policy","title","source","node","heading","line","last","cite","text",
 * "marks","window"?,"score","standing"?,"by"?}; cite is "policy:line-last",
 * marks and window as in marks.h; a score compares within one answer only. standing is
 * "future", "expired" or "superseded", and not there when it is in force; by
 * is the policy in force that supersedes it, where the clearance may read
 * that. Passages in force come first, then the others, best first; when none
 * of the best is in force, the best that is comes in place of the last. */
int og_policies_search(struct og_policies *policies, const struct og_policy_search *search,
		       json_t **ret, struct og_err *err);

/* Texts of passages that this clearance may read and that have no vector of
 * the key yet: at most limit of them, [{"digest","text"}]; *ret_left counts
 * all of them. */
int og_policies_unembedded(struct og_policies *policies, const struct og_vector_key *key,
			   int clearance, size_t limit, json_t **ret, int64_t *ret_left,
			   struct og_err *err);
/* Is this the digest of a passage that this clearance may read? 1, 0, -1. */
int og_policies_embeds(struct og_policies *policies, const char *digest, int clearance,
		       struct og_err *err);

/* A text has a vector now (what og_vectors_put() said): the passages of that
 * text are found by it from here on. In the same transaction. */
int og_policies_vector(struct og_policies *policies, const struct og_vector_key *key,
		       const char *digest, enum og_vector_kept kept, struct og_err *err);

/* Active policies: [{"id","name","source","node","title","clearance",
 * "limits","rule"?,"approval"?,"approver_clearance"?,"approval_seconds"?,
 * "rule_step"?,"effective"?,"expires"?,"hash","supersedes"?,"standing"?,
 * "by"?}]. */
int og_policies_list(struct og_policies *policies, const struct og_policy_filter *filter,
		     json_t **ret, struct og_err *err);

/* How many passages of active policies this clearance may find. */
int og_policies_passages(struct og_policies *policies, int clearance, int64_t *ret,
			 struct og_err *err);

/* The active policy of this name as in a list, and its "body",
 * "message"? and "created". 1 found; 0 none that this clearance may read; -1. */
int og_policies_show(struct og_policies *policies, const char *name, int clearance, json_t **ret,
		     struct og_err *err);

/* The named limit of a node: the smallest among its policies in force.
 * 1 found, 0 none, -1. *ret_policy (may be NULL): {"policy","title",
 * "source","clearance"} of the one that set it. */
int og_policies_limit(struct og_policies *policies, const char *node, const char *name, double *ret,
		      json_t **ret_policy, struct og_err *err);

/* Rules that are checked before this step of a skill bound by these nodes
 * (array of names): [{"policy","title","clearance","rule","message"}].
 * Whatever the clearance: a rule binds unseen. */
int og_policies_rules(struct og_policies *policies, const json_t *nodes, const char *step,
		      json_t **ret, struct og_err *err);

#define OG_APPROVAL_SECONDS	86400 /* where a policy does not say */
#define OG_APPROVAL_SECONDS_MAX (366 * 86400)

/* What may ask for another's approval before this step: [{"policy","hash",
 * "approval":SQL,"message","clearance":of the approver,"seconds"}]. */
int og_policies_approvals(struct og_policies *policies, const json_t *nodes, const char *step,
			  json_t **ret, struct og_err *err);

/* What there is to cite for these nodes at this clearance: one passage of
 * each policy, {"policy","title","source","line","text"}; policies with
 * limits or a rule first. */
int og_policies_cite(struct og_policies *policies, const json_t *nodes, int clearance, json_t **ret,
		     struct og_err *err);

#endif
