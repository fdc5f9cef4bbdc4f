/*
 * A policy as a file: an optional front matter of `key: value` lines
 * between two lines of ---, then the text. Made into the record that
 * lib/policy/store.h takes. Touches no database.
 *
 *	---
 *	name: warehouse-manual       a-z, 0-9 and hyphens; default: from the file's name
 *	title: Warehouse manual      default: the first heading, else the name
 *	source: internal_doc         law, email, internal_doc, policy (default)
 *	clearance: 1                 1 to 3 (default 1)
 *	node: inventory-replenishment
 *	limits: reorder=50 max=100
 *	rule: :quantity <= 100       with step: and message:
 *	approval: :quantity > 50     true: somebody else has to approve
 *	approver-clearance: 3        default: the policy's clearance
 *	approval-expires: 8h         how long the question stands (default 1d)
 *	effective: 2026-01-01        the first day it is in force (UTC)
 *	expires: 2026-12-31          the last one
 *	supersedes: old-manual       the policy it takes the place of
 *	# a comment
 *	---
 */
#ifndef OG_POLICY_DOCUMENT_H
#define OG_POLICY_DOCUMENT_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

/* record: an object; members that are there win over the front matter.
 * name: fallback for the policy's name, any text. Adds what is missing and
 * the passages. OG_EDATA with the line. */
int og_policy_read(const char *text, size_t len, const char *name, json_t *record,
		   struct og_err *err);

/* "limit=500": adds to the object. OG_EDATA. */
int og_policy_add_limit(json_t *limits, const char *pair, struct og_err *err);

/* "8h": how long a question stands; what names it in the error. OG_EUSAGE. */
int og_policy_set_expires(json_t *record, const char *span, const char *what, struct og_err *err);

#endif
