/*
 * What leads where in the graph, by what og_graph_list() returns: names
 * only, clearance is that of the list.
 */
#ifndef OG_SKILL_REACH_H
#define OG_SKILL_REACH_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* A node of that name (borrowed), or NULL. */
const json_t *og_reach_node(const json_t *nodes, const char *name);

/* Nodes from which an edge of this type leads to name, over any number of
 * such edges, nearest first, without name itself: who governs it, what
 * depends on it, what touches it. New reference, NULL without memory. */
json_t *og_reach_back(const json_t *nodes, const char *type, const char *name);

/* The other way: what name governs, depends on. */
json_t *og_reach_on(const json_t *nodes, const char *type, const char *name);

#endif
