/* Shared by the files that talk to a Neo4j. */
#ifndef OG_SKILL_NEO4J_INTERNAL_H
#define OG_SKILL_NEO4J_INTERNAL_H

#include "lib/skill/neo4j-wire.h"

struct og_neo4j {
	struct og_neo4j_place place;
	struct og_net *net;
	char instance[OG_NEO4J_INSTANCE_MAX + 1];
	int64_t seq; /* of its ledger */
	int64_t timeout_ms;
	int64_t deadline; /* of the running call */
	size_t taken;	  /* bytes of its answers */
	int too_large;	  /* the last answer was, so that fewer rows may do */
	enum og_neo4j_api api;
};

/* A call begins: its time, and what it may take. */
void og_neo4j_begin(struct og_neo4j *neo4j);

/* Puts the place before what went wrong. Returns -1. */
int og_neo4j_explain(const struct og_neo4j *neo4j, struct og_err *err);

/* Runs a statement. parameters is taken. */
int og_neo4j_run(struct og_neo4j *neo4j, const struct og_neo4j_statement *statement,
		 json_t *parameters, size_t max, json_t **ret, struct og_err *err);

#endif
