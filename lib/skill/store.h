/*
 * The skill graph: versions of skills as nodes, and edges between them.
 * One interface, a store behind it chosen by the scheme of the graph URL
 * in og.conf: "sqlite:" keeps both in erp.db (og_skill, og_edge), so that
 * they commit with everything else. neo4j+http is OG_EUNAVAIL in this
 * version.
 *
 * A version is (name, hash); exactly one version of a name is active. All
 * versions share the node number. Edges are those of the active version:
 * GOVERNS, DEPENDS_ON, NEXT (to a skill that may not exist yet) and
 * TOUCHES (to a table: the skill's touches and the tables it asks for).
 * DEPENDS_ON has no cycle.
 *
 * The graph decides nothing about who may: that is the caller's job.
 */
#ifndef OG_SKILL_STORE_H
#define OG_SKILL_STORE_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/json/json.h"
#include "lib/skill/skill.h"

struct og_graph;

/* db is borrowed and must outlive the graph. The graph keeps prepared
 * statements: free it before og_db_close(). */
int og_graph_open(const char *url, struct og_db *db, struct og_graph **ret, struct og_err *err);
void og_graph_free(struct og_graph *graph);

struct og_node {
	char name[OG_SKILL_NAME_MAX + 1];
	char hash[OG_HASH_HEX + 1];
	int64_t id;
	int changed; /* 0: this version was active already and nothing was written */
};

/* Makes doc (already passed by og_skill_check) the active version of its
 * name, inside the caller's write transaction. Returns the version that
 * was; an older version put again becomes active again. The node number:
 * what the name has; else the doc's id; else the next free one.
 * OG_EDATA: the id is another node's, or differs from what the name has;
 * a cycle in DEPENDS_ON (named in the error). */
int og_graph_put(struct og_graph *graph, const json_t *doc, struct og_node *ret,
		 struct og_err *err);

/* A version by name and full hash (NULL: the active one): 1 found, 0 not,
 * -1. *ret: {"skill":DOC,"hash":T,"id":N,"active":bool}. */
int og_graph_get(struct og_graph *graph, const char *name, const char *hash, json_t **ret,
		 struct og_err *err);

/* The active version's hash and id: 1, 0, -1. Cheaper than get. */
int og_graph_head(struct og_graph *graph, const char *name, struct og_node *ret,
		  struct og_err *err);

/* Active skills whose clearance is at most clearance, by node number:
 * [{"name","id","kind","clearance","roles","description","hash",
 *   "edges":[{"type","target"}]}]. Edges to skills above the clearance are
 * left out; edges to what does not exist yet stay. */
int og_graph_list(struct og_graph *graph, int clearance, json_t **ret, struct og_err *err);

/* Names of all active nodes that govern name: along GOVERNS, transitively,
 * without name itself, sorted. ["high-value-transaction"]. */
int og_graph_governors(struct og_graph *graph, const char *name, json_t **ret, struct og_err *err);

/* Active DOCs for og_matcher_new(): [{"doc":DOC,"hash":T,"id":N}]. */
int og_graph_docs(struct og_graph *graph, json_t **ret, struct og_err *err);

/* Grows with every put that changed something, in any process: a matcher
 * or a parsed DOC cached under an older epoch is stale. */
int og_graph_epoch(struct og_graph *graph, int64_t *ret, struct og_err *err);

#endif
