/*
 * What travels between lib/skill/neo4j.h and a server, without the way it
 * goes: bodies of requests, and answers, which are hostile. Nothing here
 * knows a network.
 */
#ifndef OG_SKILL_NEO4J_WIRE_H
#define OG_SKILL_NEO4J_WIRE_H

#include "lib/skill/neo4j.h"

enum og_neo4j_api {
	OG_NEO4J_UNKNOWN,
	OG_NEO4J_QUERY, /* /db/NAME/query/v2 */
	OG_NEO4J_TX,	/* /db/NAME/tx/commit */
};

struct og_neo4j_statement {
	const char *text;	   /* Cypher on one line, a constant */
	const char *const *fields; /* of a row, NULL-terminated; the first is never a list */
	int writes;
};

/* What GET / says: 0, or OG_EUNAVAIL when it is no Neo4j. */
int og_neo4j_discovered(const char *body, size_t len, enum og_neo4j_api *ret, struct og_err *err);

/* Appends the body of a request. parameters is borrowed. */
int og_neo4j_request(enum og_neo4j_api api, const struct og_neo4j_statement *statement,
		     const json_t *parameters, struct og_buf *buf, struct og_err *err);

/* The rows of an answer, each an array as long as the statement has fields,
 * at most max of them. What the server says went wrong comes first, whatever
 * the status is: the Query API says it under 202 and 400, the other under
 * 200. Both shapes of `values` are taken: rows, and one flat row. */
int og_neo4j_rows(enum og_neo4j_api api, const struct og_neo4j_statement *statement, int status,
		  const char *body, size_t len, size_t max, json_t **ret, struct og_err *err);

/* Judges of rows: a new reference, or NULL when the row is left out. */
typedef json_t *og_neo4j_judge_fn(const json_t *row, int clearance);
json_t *og_neo4j_list_row(const json_t *row, int clearance);
json_t *og_neo4j_doc_row(const json_t *row, int clearance);
json_t *og_neo4j_head_row(const json_t *row, int clearance);
json_t *og_neo4j_stranger_row(const json_t *row, int clearance);
json_t *og_neo4j_name_row(const json_t *row, int clearance);

/* A node for the statement that puts: {"name","kind","properties":{..},
 * "governs":[..],"depends_on":[..],"next":[..],"touches":[..]}. node is
 * {"doc","hash","id"}; OG_EDATA when doc is none or its hash another. */
int og_neo4j_node(const json_t *node, json_t **ret, struct og_err *err);

#define OG_NEO4J_CONSTRAINTS 4

extern const struct og_neo4j_statement og_neo4j_list_st, og_neo4j_docs_st, og_neo4j_heads_st,
	og_neo4j_governors_st, og_neo4j_put_st, og_neo4j_drop_st, og_neo4j_constraints_st,
	og_neo4j_owner_st, og_neo4j_claim_st, og_neo4j_strangers_st[3],
	og_neo4j_setup_st[OG_NEO4J_CONSTRAINTS];

#endif
