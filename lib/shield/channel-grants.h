/*
 * The difference between two lists of grants, as og-shield grant --apply
 * needs it. Data in, data out: nothing is looked up and nothing is changed.
 */
#ifndef OG_SHIELD_CHANNEL_GRANTS_H
#define OG_SHIELD_CHANNEL_GRANTS_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* A copy with a grant's own keys only, nulls left out and the effect
 * filled in: equal grants are equal JSON. NULL without memory. */
json_t *og_grant_plain(const json_t *grant);

/* wanted and present: arrays of grant.put objects. wanted is the whole
 * truth for the subjects it names. *ret: array, in order, of
 *   {"put":GRANT}, {"put":GRANT,"old":GRANT} or {"drop":GRANT}. */
int og_grants_diff(const json_t *wanted, const json_t *present, json_t **ret, struct og_err *err);

#endif
