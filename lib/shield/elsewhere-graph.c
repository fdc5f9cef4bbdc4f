/* The graph elsewhere: lib/skill/neo4j.h, told and asked. See elsewhere.h. */
#include "lib/shield/elsewhere-graph.h"

#include "lib/base/text.h"
#include "lib/shield/elsewhere.h"
#include "lib/skill/mirror.h"
#include "lib/skill/neo4j.h"

#define CLEARANCE_ALL 3

int og_graph_elsewhere_open(struct og_shield *shield, struct og_net *net, struct og_err *err)
{
	struct og_neo4j_place place;

	if (og_neo4j_place(shield->conf->graph, &place, err) < 0 ||
	    og_neo4j_open(&place, net, OG_ELSEWHERE_PUT_MS, &shield->elsewhere.graph, err) < 0 ||
	    og_neo4j_open(&place, net, OG_ELSEWHERE_MS, &shield->elsewhere.find, err) < 0)
		return -1;
	shield->elsewhere.net[OG_STORE_GRAPH] = net;
	return 0;
}

void og_graph_elsewhere_close(struct og_shield *shield)
{
	og_neo4j_free(shield->elsewhere.graph);
	og_neo4j_free(shield->elsewhere.find);
}

/* The ledger is as far as this, or further: of what is told, read after it. */
static int write_as_now(struct og_shield *shield, struct og_err *err)
{
	int64_t seq;

	if (og_db_int(shield->db, "SELECT coalesce(max(seq), 0) FROM audit_ledger", &seq, err) < 0)
		return -1;
	og_neo4j_writes_as(shield->elsewhere.graph, shield->elsewhere.instance, seq);
	return 0;
}

int og_graph_elsewhere_look(struct og_shield *shield, json_t *seen, struct og_err *err)
{
	int lacks, anothers;

	if (write_as_now(shield, err) < 0 ||
	    (anothers = og_neo4j_is_anothers(shield->elsewhere.graph, err)) < 0 ||
	    og_neo4j_lacks(shield->elsewhere.graph, &lacks, err) < 0 ||
	    og_json_set(seen, "ready", json_boolean(lacks == 0 && !anothers), err) < 0)
		return -1;
	if (anothers)
		return og_json_set(seen, "what", json_string("the database is another instance's"),
				   err);
	if (lacks == 0)
		return 0;
	return og_json_set(seen, "what",
			   json_sprintf("it lacks %d constraint%s", lacks, lacks == 1 ? "" : "s"),
			   err);
}

int og_graph_elsewhere_setup(struct og_shield *shield, struct og_err *err)
{
	if (write_as_now(shield, err) < 0)
		return -1;
	return og_neo4j_setup(shield->elsewhere.graph, NULL, err);
}

int og_graph_elsewhere_put(struct og_shield *shield, const char *name, char hash[OG_HASH_HEX + 1],
			   struct og_err *err)
{
	json_t *row = NULL, *nodes;
	int found = og_graph_get(shield->graph, name, NULL, &row, err), rc;

	if (found < 0 || write_as_now(shield, err) < 0) {
		json_decref(row);
		return -1;
	}
	if (found == 0)
		return og_neo4j_drop(shield->elsewhere.graph, name, err) < 0 ? -1 : 0;
	og_text_format(hash, OG_HASH_HEX + 1, "%s", og_json_str(row, "hash"));
	nodes = json_pack("[{s:O,s:O,s:O}]", "doc", json_object_get(row, "skill"), "hash",
			  json_object_get(row, "hash"), "id", json_object_get(row, "id"));
	json_decref(row);
	if (!nodes)
		return og_fail_nomem(err);
	rc = og_neo4j_put(shield->elsewhere.graph, nodes, NULL, err);
	json_decref(nodes);
	return rc;
}

/* --- comparing -------------------------------------------------------------------------- */

static json_t *find_named(const json_t *list, const json_t *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_equal(json_object_get(item, "name"), name))
			return item;
	}
	return NULL;
}

/* What heads do not say: the edges, and whether the text is what its hash
 * says. docs has those alone whose text is. */
static int complete(json_t *heads, const json_t *list, const json_t *docs, struct og_err *err)
{
	json_t *names = json_object(), *item;
	size_t i;
	int rc = names ? 0 : og_fail_nomem(err);

	json_array_foreach(docs, i, item)
	{
		const char *name = og_json_str(json_object_get(item, "doc"), "name");

		if (rc == 0 && name)
			rc = og_json_set(names, name, json_true(), err);
	}
	json_array_foreach(heads, i, item)
	{
		const char *name = og_json_str(item, "name");
		const json_t *listed = find_named(list, json_object_get(item, "name"));

		if (rc == 0 && listed)
			rc = og_json_set(item, "edges",
					 json_incref(json_object_get(listed, "edges")), err);
		if (rc == 0 && name && !json_object_get(names, name))
			rc = og_json_set(item, "text", json_false(), err);
	}
	json_decref(names);
	return rc;
}

int og_graph_elsewhere_compare(struct og_shield *shield, size_t limit, json_t **ret,
			       int64_t *ret_same, struct og_err *err)
{
	struct og_neo4j *neo4j = shield->elsewhere.graph;
	json_t *heads = NULL, *list = NULL, *docs = NULL;
	int rc = -1;

	if (og_neo4j_heads(neo4j, &heads, NULL, err) == 0 &&
	    og_neo4j_list(neo4j, CLEARANCE_ALL, &list, NULL, err) == 0 &&
	    og_neo4j_docs(neo4j, CLEARANCE_ALL, &docs, NULL, err) == 0 &&
	    complete(heads, list, docs, err) == 0)
		rc = og_mirror_compare(shield->graph, heads, limit, ret, ret_same, err);
	json_decref(heads);
	json_decref(list);
	json_decref(docs);
	return rc;
}

/* --- finding ------------------------------------------------------------------------------ */

int og_graph_elsewhere_ask(struct og_request *rq, struct og_err *err)
{
	struct og_shield *shield = rq->shield;
	struct og_err why = OG_ERR_INIT;
	int64_t mistrusted = 0;
	json_t *there = NULL;
	int left_out = 0;

	if (!og_elsewhere_reachable(shield, OG_STORE_GRAPH))
		return 0;
	if (og_neo4j_list(shield->elsewhere.find, rq->who.clearance, &there, &left_out, &why) < 0)
		return og_request_asked(rq, &why, 0, err);
	if (og_mirror_hold(shield->graph, rq->who.clearance, there, &mistrusted, err) < 0) {
		json_decref(there);
		return -1;
	}
	json_decref(there);
	return og_request_asked(rq, &why, mistrusted + left_out, err);
}
