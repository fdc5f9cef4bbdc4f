/* Shared inside lib/policy. */
#ifndef OG_POLICY_STORE_INTERNAL_H
#define OG_POLICY_STORE_INTERNAL_H

#include "lib/policy/store.h"

struct og_policies {
	struct og_db *db;
	struct og_stmt *search, *limit, *rules, *approvals;
	/* prepared at their first use */
	struct og_stmt *cite, *scan, *passage, *unembedded, *embeds;
};

/* Words of a query as an FTS5 expression: each quoted, joined by OR. No
 * operator of the query language can be written by the asker. Words that
 * every text holds are left out when there are others. Empty when there is
 * no word. */
int og_policy_match_expression(const char *query, struct og_buf *out);

#endif
