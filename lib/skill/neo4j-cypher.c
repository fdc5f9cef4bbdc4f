/*
 * The statements, all of them: constants, so that nothing that was read
 * anywhere can become part of one. What varies is a parameter.
 */
#include "lib/skill/neo4j-wire.h"

#define EDGES	   "[e:GOVERNS|DEPENDS_ON|NEXT|TOUCHES]"
#define MAY_READ   "s.active = true AND s.clearance <= $clearance AND s.name > $after"
#define PAGE	   " ORDER BY name LIMIT $limit"
#define KIND(k, l) "FOREACH (x IN CASE n.kind WHEN '" k "' THEN [1] ELSE [] END | SET s:" l ") "
#define EDGE(k, t)                                                                                 \
	"FOREACH (x IN n." k " | MERGE (t:Skill {name: x}) ON CREATE SET t:Missing "               \
	"MERGE (s)-[:" t "]->(t)) "
/* What an edge led to and nothing leads to any more goes, if it was only that. */
#define PRUNE "FOREACH (t IN [x IN old WHERE (x:Missing OR x:Table) AND NOT (x)--()] | DELETE t) "

/*
 * Before whatever is written: whose the database is, and how far that ledger
 * was when it was told of last. Setting "lock" takes the node's lock, and what
 * is read behind it is what was committed last, so that a request that comes
 * late finds a higher number and writes nothing.
 */
#define FENCE                                                                                      \
	"MERGE (w:OmniGate {name: 'store'}) ON CREATE SET w.instance = '', w.seq = 0 "             \
	"SET w.lock = $seq WITH w WHERE w.instance IN ['', $instance] "
#define GUARD FENCE "AND w.seq <= $seq SET w.instance = $instance, w.seq = $seq WITH w "

static const char *const list_fields[] = { "name",	  "id",	  "labels", "clearance", "roles",
					   "description", "hash", "edges",  NULL };
static const char *const doc_fields[] = { "name", "id", "clearance", "hash", "doc", NULL };
static const char *const head_fields[] = { "name", "id", "clearance", "hash", "active", NULL };
static const char *const name_field[] = { "name", NULL };
static const char *const stranger_fields[] = { "name", "count", NULL };
static const char *const owner_fields[] = { "instance", "seq", NULL };
static const char *const no_fields[] = { NULL };

const struct og_neo4j_statement og_neo4j_list_st = {
	"MATCH (s:Skill) WHERE " MAY_READ " WITH s ORDER BY s.name LIMIT $limit "
	"OPTIONAL MATCH (s)-" EDGES "->(t) "
	"WHERE type(e) = 'TOUCHES' OR coalesce(t.clearance, 0) <= $clearance "
	"WITH s, collect(CASE WHEN e IS NULL THEN null ELSE [type(e), t.name] END) AS edges "
	"RETURN s.name AS name, s.id AS id, labels(s) AS labels, s.clearance AS clearance, "
	"s.roles AS roles, s.description AS description, s.hash AS hash, edges ORDER BY name",
	list_fields, 0
};

const struct og_neo4j_statement og_neo4j_docs_st = {
	"MATCH (s:Skill) WHERE " MAY_READ " RETURN s.name AS name, s.id AS id, "
	"s.clearance AS clearance, s.hash AS hash, s.doc AS doc" PAGE,
	doc_fields, 0
};

const struct og_neo4j_statement og_neo4j_heads_st = {
	"MATCH (s:Skill) WHERE NOT s:Missing AND s.name > $after RETURN s.name AS name, "
	"s.id AS id, s.clearance AS clearance, s.hash AS hash, s.active AS active" PAGE,
	head_fields, 0
};

const struct og_neo4j_statement og_neo4j_governors_st = {
	"MATCH (s:Skill {name: $name})<-[:GOVERNS*1..]-(g:Skill) WHERE g.active = true "
	"AND g.name <> $name AND g.name > $after RETURN DISTINCT g.name AS name" PAGE,
	name_field, 0
};

const struct og_neo4j_statement og_neo4j_put_st = {
	GUARD
	"UNWIND $nodes AS n MERGE (s:Skill {name: n.name}) "
	"REMOVE s:Missing:Workflow:Regulation:Agent SET s += n.properties " KIND(
		"workflow", "Workflow") KIND("regulation", "Regulation")
		KIND("agent",
		     "Agent") "WITH s, n OPTIONAL MATCH (s)-" EDGES "->(t) "
			      "WITH s, n, collect(e) AS edges, collect(DISTINCT t) AS targets "
			      "FOREACH (e IN edges | DELETE e) " EDGE("governs", "GOVERNS")
				      EDGE("depends_on", "DEPENDS_ON") EDGE(
					      "next",
					      "NEXT") "FOREACH (x IN n.touches | MERGE (t:Table "
						      "{name: x}) MERGE (s)-[:TOUCHES]->(t)) "
						      "WITH collect(s.name) AS done, "
						      "collect(targets) AS targets "
						      "UNWIND reduce(a = [null], l IN targets | a "
						      "+ l) AS t "
						      "WITH done, collect(DISTINCT t) AS old " PRUNE
						      "WITH done UNWIND done AS name RETURN name",
	name_field, 1
};

const struct og_neo4j_statement og_neo4j_drop_st = {
	GUARD
	"MATCH (s:Skill {name: $name}) WHERE NOT s:Missing "
	"OPTIONAL MATCH (s)-" EDGES "->(t) "
	"WITH s, collect(e) AS edges, collect(DISTINCT t) + [s] AS old "
	"FOREACH (e IN edges | DELETE e) "
	"REMOVE s:Workflow:Regulation:Agent, s.id, s.hash, s.clearance, s.roles, s.description, "
	"s.doc, s.active SET s:Missing WITH old " PRUNE "RETURN $name AS name",
	name_field, 1
};

const struct og_neo4j_statement og_neo4j_constraints_st = {
	"SHOW CONSTRAINTS YIELD name WHERE name IN $names RETURN name", name_field, 0
};

const struct og_neo4j_statement og_neo4j_owner_st = {
	"MATCH (w:OmniGate {name: 'store'}) RETURN w.instance AS instance, w.seq AS seq LIMIT 1",
	owner_fields, 0
};

const struct og_neo4j_statement og_neo4j_claim_st = {
	FENCE "SET w.instance = $instance, w.seq = $seq RETURN w.name AS name", name_field, 1
};

const struct og_neo4j_statement og_neo4j_setup_st[OG_NEO4J_CONSTRAINTS] = {
	{ "CREATE CONSTRAINT og_skill_name IF NOT EXISTS FOR (s:Skill) REQUIRE s.name IS UNIQUE",
	  no_fields, 1 },
	{ "CREATE CONSTRAINT og_skill_id IF NOT EXISTS FOR (s:Skill) REQUIRE s.id IS UNIQUE",
	  no_fields, 1 },
	{ "CREATE CONSTRAINT og_table_name IF NOT EXISTS FOR (t:Table) REQUIRE t.name IS UNIQUE",
	  no_fields, 1 },
	{ "CREATE CONSTRAINT og_store_name IF NOT EXISTS FOR (w:OmniGate) REQUIRE w.name IS UNIQUE",
	  no_fields, 1 },
};

/* Labels, edges, properties. */
const struct og_neo4j_statement og_neo4j_strangers_st[3] = {
	{ "MATCH (n) UNWIND CASE labels(n) WHEN [] THEN [''] ELSE labels(n) END AS name "
	  "WITH name, count(*) AS count WHERE NOT name IN $ours RETURN name, count" PAGE,
	  stranger_fields, 0 },
	{ "MATCH ()-[e]->() WITH type(e) AS name, count(*) AS count WHERE NOT name IN $ours "
	  "RETURN name, count" PAGE,
	  stranger_fields, 0 },
	{ "MATCH (n) WHERE n:Skill OR n:Table UNWIND keys(n) AS name "
	  "WITH name, count(*) AS count WHERE NOT name IN $ours RETURN name, count" PAGE,
	  stranger_fields, 0 },
};
