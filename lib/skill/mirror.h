/*
 * A graph elsewhere mirrors the local one and is never believed: what it
 * says is held against what is here. A skill counts as told when name, hash,
 * node number, kind, clearance and edges are those of the version that is
 * active here. Whatever it says otherwise, and whatever it does not say,
 * changes nothing of what is found: the local record stands in its place,
 * and only the number of disagreements is passed on.
 */
#ifndef OG_SKILL_MIRROR_H
#define OG_SKILL_MIRROR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/skill/store.h"

/* there: what the store listed for this clearance, as og_graph_list() does.
 * *ret_mistrusted counts its items that are not so here, or that this
 * clearance may not see. */
int og_mirror_hold(struct og_graph *graph, int clearance, const json_t *there,
		   int64_t *ret_mistrusted, struct og_err *err);

/* What differs: [{"name","why"}], at most limit; why is "missing"
 * there, "stale" (another version or number, or not active), "text" (not what
 * its hash says: there has "text":false), "clearance", "edges", or "unknown"
 * here. An item of there without "edges" is not judged by them.
 * *ret_same: how many active skills agree. */
int og_mirror_compare(struct og_graph *graph, const json_t *there, size_t limit, json_t **ret,
		      int64_t *ret_same, struct og_err *err);

#endif
