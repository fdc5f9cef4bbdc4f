/*
 * The health of a graph: what is in it and leads nowhere. Nothing of it is
 * an error; a graph is put together piece by piece.
 */
#ifndef OG_SKILL_HEALTH_H
#define OG_SKILL_HEALTH_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* nodes: what og_graph_list() returns; docs: the DOCs of some of them, by
 * name (an object; a node without one is judged by its edges); policies:
 * what og_policies_list() returns. *ret, a new reference, in order of nodes:
 * [{"level":"warning"|"note","name":T,"text":T}]. Warned of: an edge to what
 * is not there, a node without edges, patterns and policies, a policy whose
 * node is not there, a circle in GOVERNS; noted: a circle in NEXT, which may
 * be meant. */
int og_graph_health(const json_t *nodes, json_t *docs, const json_t *policies, json_t **ret,
		    struct og_err *err);

#endif
