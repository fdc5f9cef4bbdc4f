/*
 * The skill graph in a Neo4j database, over its HTTP API. A copy of what
 * is active in erp.db, for finding and for others to look at: whatever it
 * answers is held against the local record by whoever asked (lib/skill/
 * store.h), since this server may be wrong, old, or somebody else's.
 *
 * What is kept there:
 *
 *   (:Skill:Workflow {name, id, hash, clearance, roles, description, doc,
 *                     active})    or :Skill:Regulation, :Skill:Agent
 *   (:Skill:Missing {name})       an edge leads to it; there is no such
 *                                 skill yet, or not any more
 *   (:Table {name})               of the company, where a skill touches it
 *   -[:GOVERNS]-> -[:DEPENDS_ON]-> -[:NEXT]->     between skills
 *   -[:TOUCHES]->                 from a skill to a table
 *   (:OmniGate {name:"store", instance, seq})     whose all this is
 *
 * doc is the DOC of lib/skill/skill.h as canonical JSON: hash is the
 * SHA-256 of exactly these bytes. Only active versions are there; those
 * before stay in erp.db and on the ledger. Nodes, edges, labels and
 * properties of others are neither touched nor removed; a put adds to a
 * node and takes away nothing but our own edges.
 *
 * A database is of one instance. seq is how far its ledger was when it was
 * told of last; what is written is written only where that is not higher, in
 * the same transaction. So a request that was given up, and arrives when a
 * later one was done, changes nothing.
 *
 * One call is one or more requests through og-http, each of which is one
 * statement: it happens whole or not at all. Values travel as parameters;
 * labels, types and property names are constants of this module. Which API
 * the server has is asked once: where GET / names "query" it is the Query
 * API v2 (POST /db/NAME/query/v2), else POST /db/NAME/tx/commit. No URL
 * that a server names is ever followed. Secrets are og-http's: see
 * `login` in lib/net/net.h.
 *
 * Errors, with the server's origin in the text: OG_EPERM it refuses the
 * login; OG_ENOINPUT it has no such database; OG_ECONF it is another
 * instance's, or was told of a later state of this one; OG_EDATA a constraint holds
 * off what was put (two skills with one number); OG_ETEMP no answer in time,
 * or it says that the same may work later; OG_EUNAVAIL the rest: it cannot
 * be reached, refuses the statement (its reason is quoted, made safe and
 * cut), or its answer is none: not JSON, of another shape, larger or with
 * more rows than was asked for. Every call may be made again.
 */
#ifndef OG_SKILL_NEO4J_H
#define OG_SKILL_NEO4J_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/net/net.h"
#include "lib/skill/skill.h"

#define OG_NEO4J_SCHEME	      "neo4j+" /* and http:// or https:// */
#define OG_NEO4J_ORIGIN_MAX   ((size_t)300)
#define OG_NEO4J_DATABASE_MAX 63
#define OG_NEO4J_SKILLS_MAX   20000		 /* that are taken from a server */
#define OG_NEO4J_BYTES_MAX    ((size_t)64 << 20) /* of one call's answers, together */

/* neo4j+https://graph.example:7473/erp: origin is what og-http is allowed
 * and where its login goes. */
struct og_neo4j_place {
	char origin[OG_NEO4J_ORIGIN_MAX + 1];	  /* "https://graph.example:7473" */
	char database[OG_NEO4J_DATABASE_MAX + 1]; /* "erp" */
};

/* Is the URL one of these? */
int og_neo4j_is(const char *url);
/* OG_ECONF: url is none, with what it should look like as the hint. A URL
 * with a user name, a query or a second slash is refused. */
int og_neo4j_place(const char *url, struct og_neo4j_place *ret, struct og_err *err);

struct og_neo4j;

/* Nothing is requested before the first call below. net is borrowed; its
 * helper was started with the place's origin among those allowed.
 * timeout_ms is the time of one call, with all its requests. */
int og_neo4j_open(const struct og_neo4j_place *place, struct og_net *net, int64_t timeout_ms,
		  struct og_neo4j **ret, struct og_err *err);
void og_neo4j_free(struct og_neo4j *neo4j);

/* Who writes from now on: an instance, whose ledger is at seq. Before it is
 * said it is nobody, who writes only where nobody else has (export). */
#define OG_NEO4J_INSTANCE_MAX 64
void og_neo4j_writes_as(struct og_neo4j *neo4j, const char *instance, int64_t seq);

/* Is the database another instance's? 1, 0, -1. */
int og_neo4j_is_anothers(struct og_neo4j *neo4j, struct og_err *err);

/* Takes the database for the instance that writes, with its number, be it a
 * lower one: of a ledger that was put back. OG_ECONF: it is another's. Then
 * makes the constraints that names (skill, table) and node numbers are
 * unique, where they are missing. *ret_made (or NULL): how many were. */
int og_neo4j_setup(struct og_neo4j *neo4j, int *ret_made, struct og_err *err);

/* How many of those constraints are missing. */
int og_neo4j_lacks(struct og_neo4j *neo4j, int *ret, struct og_err *err);

/* Makes each of nodes, [{"doc":DOC,"hash":T,"id":N}] as og_graph_docs()
 * gives them, what the database has under its name, with exactly the edges
 * of its DOC. One node, or what fits a few megabytes, is one statement: all
 * of it or nothing. Many are several, so that a failure may leave the first
 * of them done; putting again does no harm. *ret_put (or NULL): how many
 * are certainly there, also on failure. */
int og_neo4j_put(struct og_neo4j *neo4j, const json_t *nodes, size_t *ret_put, struct og_err *err);

/* Takes the skill out: 1, or 0 when it was not there. What others' edges
 * lead to stays as :Missing. */
int og_neo4j_drop(struct og_neo4j *neo4j, const char *name, struct og_err *err);

/* The shapes and order of og_graph_list() and og_graph_docs(). The server
 * is asked for active skills of at most this clearance, and each row is
 * judged: a skill above it, without a proper name, hash, kind or number, a
 * doc that og_skill_check() refuses, whose hash is another or that says
 * something else than its node, and a name that comes twice are left out
 * and counted in *ret_left_out (or NULL). What is left agrees with itself;
 * whether it is ours is for the caller to say. */
int og_neo4j_list(struct og_neo4j *neo4j, int clearance, json_t **ret, int *ret_left_out,
		  struct og_err *err);
int og_neo4j_docs(struct og_neo4j *neo4j, int clearance, json_t **ret, int *ret_left_out,
		  struct og_err *err);

/* As og_graph_governors(). */
int og_neo4j_governors(struct og_neo4j *neo4j, const char *name, json_t **ret, struct og_err *err);

/* All skills that are there, of any clearance, by name, to be compared:
 * [{"name","hash","id","clearance","active"}]. Members that are not of their
 * kind are null. Rows without a string for a name are left out and counted. */
int og_neo4j_heads(struct og_neo4j *neo4j, json_t **ret, int *ret_left_out, struct og_err *err);

/* What is in the database and not of this model, at most 100 of each kind:
 * [{"what":"label|edge|property","name":T,"count":N}]. */
int og_neo4j_strangers(struct og_neo4j *neo4j, json_t **ret, struct og_err *err);

#endif
