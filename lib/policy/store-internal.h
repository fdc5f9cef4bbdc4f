/* Shared inside lib/policy. */
#ifndef OG_POLICY_STORE_INTERNAL_H
#define OG_POLICY_STORE_INTERNAL_H

#include "lib/db/fts.h"
#include "lib/policy/index.h"
#include "lib/policy/remote.h"
#include "lib/policy/store.h"
#include "lib/vector/blocks.h"

struct og_policies {
	struct og_db *db;
	struct og_fts *fts;
	struct og_blocks *blocks; /* the passages' vectors */
	struct og_index *index;	  /* the passages' words */
	int64_t (*now)(void);	  /* milliseconds since 1970 */
	/* prepared at their first use */
	struct og_stmt *limit, *rules, *approvals, *cite, *not_in_force, *out_of_force, *passage,
		*inherited, *unembedded, *embeds, *held;
	struct og_qdrant *remote; /* borrowed, or NULL: vectors are found here */
	struct og_policies_asked asked;
};

/* What the store elsewhere finds for the search's vector, offered to top as
 * og_blocks_search() would: numbers and scores are those that passages and
 * vectors have here. 1; 0: there is none, or it gave no answer that can be
 * used; -1. by is what would be looked for here. */
int og_policies_ask(struct og_policies *policies, const struct og_policy_search *search,
		    const struct og_block_search *by, struct og_top *top, struct og_err *err);

/* What made some of the vectors here, and how wide its documents are; 0:
 * there are none of documents. */
#define OG_MADE_MODEL_MAX 1200
struct og_made {
	char model[OG_MADE_MODEL_MAX + 1];
	struct og_vector_key key; /* model is the one above */
	size_t width;
};

/* The next one in order: 1, with at changed; 0; -1. Begin with zeros. */
int og_made_next(struct og_db *db, struct og_made *at, struct og_err *err);

/* *stmt, prepared if it is not yet; NULL with err. */
struct og_stmt *og_policies_prepared(struct og_policies *policies, struct og_stmt **stmt,
				     const char *sql, struct og_err *err);

/* Binds ?9, the day: at, or NULL for today. */
void og_policies_bind_day(const struct og_policies *policies, struct og_stmt *stmt, const char *at);

/* Appends the numbers that a statement with ?2, the node, and ?9 gives, each
 * an int64_t. stmt NULL: -1, err has been filled. */
int og_policies_numbers(const struct og_policies *policies, struct og_stmt *stmt,
			const struct og_policy_filter *filter, struct og_buf *ret,
			struct og_err *err);

/*
 * Standing on the day ?9, in SQL; p is the policy. A statement begins with
 * OG_WITH_GONE: gone holds a row for each policy that another within its
 * dates supersedes, by itself or by one it supersedes. Only an heir that is
 * not gone itself counts: were there a circle after all, both would bind.
 */
#define OG_IN_DATES(p)                                                                             \
	"(" p ".effective IS NULL OR " p ".effective <= ?9) AND "                                  \
	"(" p ".expires IS NULL OR " p ".expires >= ?9)"
#define OG_WITH_GONE                                                                               \
	"WITH RECURSIVE gone(name, heir, clearance) AS (SELECT q.supersedes, q.name, q.clearance " \
	"FROM og_policy q WHERE q.active = 1 AND q.supersedes IS NOT NULL "                        \
	"AND " OG_IN_DATES("q") " UNION SELECT q.supersedes, g.heir, g.clearance FROM gone g "     \
				"JOIN og_policy q ON q.name = g.name AND q.active = 1 "            \
				"WHERE q.supersedes IS NOT NULL) "
#define OG_HEIR(p, more)                                                                           \
	"(SELECT min(g.heir) FROM gone g WHERE g.name = " p ".name "                               \
	"AND g.heir NOT IN (SELECT name FROM gone)" more ")"
#define OG_IN_FORCE(p) "(" OG_IN_DATES(p) " AND " OG_HEIR(p, "") " IS NULL)"
#define OG_STANDING(p)                                                                             \
	"CASE WHEN " p ".effective > ?9 THEN 'future' WHEN " p ".expires < ?9 THEN 'expired' "     \
	"WHEN " OG_HEIR(p, "") " IS NOT NULL THEN 'superseded' END"
/* The heir's name, where the clearance ?8 may read it. */
#define OG_SUPERSEDED_BY(p)                                                                        \
	"CASE WHEN " OG_IN_DATES(p) " THEN " OG_HEIR(p, " AND g.clearance <= ?8") " END"

/* 0 law, 1 email, 2 internal_doc, 3 policy; -1. */
int og_policy_source_number(const char *source);

/* The passages of a policy (by its number) that have vectors, among them;
 * and those of a name out of them, before they go. */
int og_policy_slots_add(struct og_policies *policies, int64_t policy, struct og_err *err);
int og_policy_slots_drop(struct og_policies *policies, const char *name, struct og_err *err);

#endif
