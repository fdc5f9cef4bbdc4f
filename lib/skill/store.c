/*
 * The graph kept in erp.db: og_skill and og_edge. Everything runs inside
 * the caller's transaction; nothing here begins or commits one.
 */
#include "lib/skill/store.h"

#include <stdlib.h>
#include <string.h>

enum statement {
	ST_HEAD,
	ST_GET,
	ST_ACTIVE,
	ST_LIST,
	ST_EDGES,
	ST_GOVERNORS,
	ST_DOCS,
	ST_EPOCH,
	ST_BUMP,
	ST_OWNER,
	ST_OWN_ID,
	ST_NEXT_ID,
	ST_OFF,
	ST_ON,
	ST_INSERT,
	ST_CUT,
	ST_EDGE,
	ST_CYCLE,
	ST_N,
};

static const char *const sql[ST_N] = {
	[ST_HEAD] = "SELECT hash, id FROM og_skill WHERE name = ?1 AND active = 1",
	[ST_GET] = "SELECT doc, hash, id, active FROM og_skill WHERE name = ?1 AND hash = ?2",
	[ST_ACTIVE] = "SELECT doc, hash, id, active FROM og_skill WHERE name = ?1 AND active = 1",
	[ST_LIST] = "SELECT name, id, kind, clearance, roles, description, hash FROM og_skill "
		    "WHERE active = 1 AND clearance <= ?1 ORDER BY id",
	[ST_EDGES] = "SELECT e.type, e.target FROM og_edge e WHERE e.source = ?1 AND (e.type = "
		     "'TOUCHES' OR NOT EXISTS (SELECT 1 FROM og_skill s WHERE s.name = e.target "
		     "AND s.active = 1 AND s.clearance > ?2)) ORDER BY e.type, e.target",
	[ST_GOVERNORS] =
		"WITH RECURSIVE above(name) AS (SELECT ?1 UNION SELECT e.source FROM og_edge e "
		"JOIN above a ON e.target = a.name WHERE e.type = 'GOVERNS') "
		"SELECT a.name FROM above a JOIN og_skill s ON s.name = a.name AND s.active = 1 "
		"WHERE a.name <> ?1 ORDER BY a.name",
	[ST_DOCS] = "SELECT doc, hash, id FROM og_skill WHERE active = 1 ORDER BY id",
	[ST_EPOCH] = "SELECT value FROM og_counter WHERE name = 'skill_epoch'",
	[ST_BUMP] = "INSERT INTO og_counter(name, value) VALUES ('skill_epoch', 1) "
		    "ON CONFLICT(name) DO UPDATE SET value = value + 1",
	[ST_OWNER] = "SELECT name FROM og_skill WHERE id = ?1 AND name <> ?2 LIMIT 1",
	[ST_OWN_ID] = "SELECT id FROM og_skill WHERE name = ?1 LIMIT 1",
	[ST_NEXT_ID] = "SELECT coalesce(max(id), 0) + 1 FROM og_skill",
	[ST_OFF] = "UPDATE og_skill SET active = 0 WHERE name = ?1 AND active = 1",
	[ST_ON] = "UPDATE og_skill SET active = 1 WHERE name = ?1 AND hash = ?2",
	[ST_INSERT] = "INSERT INTO og_skill(name, hash, id, kind, clearance, roles, description, "
		      "doc, active, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, "
		      "strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
	[ST_CUT] = "DELETE FROM og_edge WHERE source = ?1",
	[ST_EDGE] = "INSERT OR IGNORE INTO og_edge(source, type, target) VALUES (?1, ?2, ?3)",
	/* Every put refuses circles, so a new one runs through ?1. */
	[ST_CYCLE] =
		"WITH RECURSIVE below(name) AS (SELECT ?1 UNION SELECT e.target FROM og_edge e "
		"JOIN below b ON e.source = b.name WHERE e.type = 'DEPENDS_ON') "
		"SELECT e.source FROM og_edge e JOIN below b ON e.source = b.name "
		"WHERE e.type = 'DEPENDS_ON' AND e.target = ?1 LIMIT 1",
};

struct og_graph {
	struct og_db *db;
	struct og_stmt *stmt[ST_N];
};

int og_graph_open(const char *url, struct og_db *db, struct og_graph **ret, struct og_err *err)
{
	struct og_graph *graph;

	if (strcmp(url, "sqlite:") != 0)
		return og_fail(err, OG_EUNAVAIL, "graph '%s' is not in this version", url);
	graph = calloc(1, sizeof(*graph));
	if (graph == NULL)
		return og_fail_nomem(err);
	graph->db = db;
	*ret = graph;
	return 0;
}

void og_graph_free(struct og_graph *graph)
{
	if (graph == NULL)
		return;
	for (size_t i = 0; i < ST_N; i++)
		og_stmt_free(graph->stmt[i]);
	free(graph);
}

/* The statement, prepared at its first use, with up to two texts bound. */
static struct og_stmt *take(struct og_graph *graph, enum statement which, const char *a,
			    const char *b, struct og_err *err)
{
	if (graph->stmt[which] == NULL &&
	    og_stmt_new(graph->db, sql[which], &graph->stmt[which], err) < 0)
		return NULL;
	if (a != NULL)
		og_bind_text(graph->stmt[which], 1, a);
	if (b != NULL)
		og_bind_text(graph->stmt[which], 2, b);
	return graph->stmt[which];
}

static int run(struct og_graph *graph, enum statement which, const char *a, const char *b,
	       struct og_err *err)
{
	struct og_stmt *stmt = take(graph, which, a, b, err);

	return stmt != NULL ? og_stmt_run(stmt, err) : -1;
}

/* First column of the first row: 1, 0, -1. */
static int one_int(struct og_graph *graph, enum statement which, const char *a, int64_t *ret,
		   struct og_err *err)
{
	struct og_stmt *stmt = take(graph, which, a, NULL, err);
	int rc = stmt != NULL ? og_stmt_step(stmt, err) : -1;

	if (rc == 1) {
		*ret = og_col_int(stmt, 0);
		og_stmt_reset(stmt);
	}
	return rc;
}

static int read_head(struct og_stmt *stmt, struct og_node *ret, struct og_err *err)
{
	int rc = og_stmt_step(stmt, err);
	const char *hash;

	if (rc != 1)
		return rc;
	hash = og_col_text(stmt, 0);
	if (hash == NULL || strlen(hash) != OG_HASH_HEX) {
		og_stmt_reset(stmt);
		return og_fail(err, OG_EDATA, "skill '%s': its stored hash is damaged", ret->name);
	}
	memcpy(ret->hash, hash, OG_HASH_HEX + 1);
	ret->id = og_col_int(stmt, 1);
	og_stmt_reset(stmt);
	return 1;
}

int og_graph_head(struct og_graph *graph, const char *name, struct og_node *ret, struct og_err *err)
{
	struct og_stmt *stmt;

	if (!og_skill_name_valid(name))
		return 0;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, name, strlen(name) + 1);
	stmt = take(graph, ST_HEAD, name, NULL, err);
	return stmt != NULL ? read_head(stmt, ret, err) : -1;
}

static int parse_column(struct og_stmt *stmt, int i, const char *what, json_t **ret,
			struct og_err *err)
{
	const char *text = og_col_text(stmt, i);

	if (text == NULL)
		return og_fail(err, OG_EDATA, "%s is missing in the graph", what);
	return og_json_parse(text, og_col_len(stmt, i), OG_SKILL_DOC_MAX, what, ret, err);
}

static json_t *doc_row(struct og_stmt *stmt, struct og_err *err)
{
	json_t *doc, *row;

	if (parse_column(stmt, 0, "skill", &doc, err) < 0)
		return NULL;
	row = json_pack("{s:o,s:s,s:I}", "skill", doc, "hash", og_col_text(stmt, 1), "id",
			(json_int_t)og_col_int(stmt, 2));
	if (row == NULL)
		og_fail_nomem(err);
	return row;
}

int og_graph_get(struct og_graph *graph, const char *name, const char *hash, json_t **ret,
		 struct og_err *err)
{
	struct og_stmt *stmt = take(graph, hash != NULL ? ST_GET : ST_ACTIVE, name, hash, err);
	json_t *row;
	int rc = stmt != NULL ? og_stmt_step(stmt, err) : -1;

	if (rc != 1)
		return rc;
	row = doc_row(stmt, err);
	if (row != NULL &&
	    og_json_set(row, "active", json_boolean(og_col_int(stmt, 3) != 0), err) < 0) {
		json_decref(row);
		row = NULL;
	}
	og_stmt_reset(stmt);
	if (row == NULL)
		return -1;
	*ret = row;
	return 1;
}

/* Appends one object per row, made by row(), to a new array. */
static int collect(struct og_stmt *stmt, json_t *(*row)(struct og_stmt *, struct og_err *),
		   json_t **ret, struct og_err *err)
{
	json_t *list = json_array(), *item;
	int rc;

	if (list == NULL)
		og_fail_nomem(err);
	while ((rc = list != NULL ? og_stmt_step(stmt, err) : -1) == 1) {
		item = row(stmt, err);
		if (item == NULL || json_array_append_new(list, item) < 0) {
			og_stmt_reset(stmt);
			rc = -1;
			break;
		}
	}
	if (rc < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

static json_t *list_row(struct og_stmt *stmt, struct og_err *err)
{
	json_t *roles, *row;

	if (parse_column(stmt, 4, "roles", &roles, err) < 0)
		return NULL;
	row = json_pack("{s:s,s:I,s:s,s:I,s:o,s:s,s:s}", "name", og_col_text(stmt, 0), "id",
			(json_int_t)og_col_int(stmt, 1), "kind", og_col_text(stmt, 2), "clearance",
			(json_int_t)og_col_int(stmt, 3), "roles", roles, "description",
			og_col_text(stmt, 5), "hash", og_col_text(stmt, 6));
	if (row == NULL)
		og_fail_nomem(err);
	return row;
}

static json_t *edge_row(struct og_stmt *stmt, struct og_err *err)
{
	json_t *row = json_pack("{s:s,s:s}", "type", og_col_text(stmt, 0), "target",
				og_col_text(stmt, 1));

	if (row == NULL)
		og_fail_nomem(err);
	return row;
}

static json_t *name_row(struct og_stmt *stmt, struct og_err *err)
{
	json_t *row = json_string(og_col_text(stmt, 0));

	if (row == NULL)
		og_fail_nomem(err);
	return row;
}

static int add_edges(struct og_graph *graph, json_t *node, int clearance, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_EDGES, og_json_str(node, "name"), NULL, err);
	json_t *edges;

	if (stmt == NULL)
		return -1;
	og_bind_int(stmt, 2, clearance);
	if (collect(stmt, edge_row, &edges, err) < 0)
		return -1;
	return og_json_set(node, "edges", edges, err);
}

int og_graph_list(struct og_graph *graph, int clearance, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_LIST, NULL, NULL, err);
	json_t *list, *node;
	size_t i;

	if (stmt == NULL)
		return -1;
	og_bind_int(stmt, 1, clearance);
	if (collect(stmt, list_row, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, node)
	{
		if (add_edges(graph, node, clearance, err) < 0) {
			json_decref(list);
			return -1;
		}
	}
	*ret = list;
	return 0;
}

int og_graph_governors(struct og_graph *graph, const char *name, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_GOVERNORS, name, NULL, err);

	return stmt != NULL ? collect(stmt, name_row, ret, err) : -1;
}

static json_t *match_row(struct og_stmt *stmt, struct og_err *err)
{
	json_t *row = doc_row(stmt, err);

	if (row == NULL)
		return NULL;
	if (og_json_set(row, "doc", json_incref(json_object_get(row, "skill")), err) < 0) {
		json_decref(row);
		return NULL;
	}
	json_object_del(row, "skill");
	return row;
}

int og_graph_docs(struct og_graph *graph, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_DOCS, NULL, NULL, err);

	return stmt != NULL ? collect(stmt, match_row, ret, err) : -1;
}

int og_graph_epoch(struct og_graph *graph, int64_t *ret, struct og_err *err)
{
	int rc;

	*ret = 0;
	rc = one_int(graph, ST_EPOCH, NULL, ret, err);
	return rc < 0 ? -1 : 0;
}

static int id_is_free(struct og_graph *graph, int64_t id, const char *name, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_OWNER, NULL, name, err);
	int rc;

	if (stmt == NULL)
		return -1;
	og_bind_int(stmt, 1, id);
	rc = og_stmt_step(stmt, err);
	if (rc == 1) {
		og_fail(err, OG_EDATA, "skill '%s': node %lld is '%s' already", name, (long long)id,
			og_col_text(stmt, 0));
		og_stmt_reset(stmt);
	}
	return rc == 0 ? 0 : -1;
}

static int choose_id(struct og_graph *graph, const json_t *doc, struct og_node *node,
		     struct og_err *err)
{
	int64_t wanted = og_json_int(doc, "id", 0);
	int rc = one_int(graph, ST_OWN_ID, node->name, &node->id, err);

	if (rc < 0)
		return -1;
	if (rc == 1 && wanted != 0 && wanted != node->id)
		return og_fail(err, OG_EDATA, "skill '%s' is node %lld, not %lld", node->name,
			       (long long)node->id, (long long)wanted);
	if (rc == 1)
		return 0;
	if (wanted == 0)
		return one_int(graph, ST_NEXT_ID, NULL, &node->id, err) < 0 ? -1 : 0;
	node->id = wanted;
	return id_is_free(graph, wanted, node->name, err);
}

static int insert_version(struct og_graph *graph, const json_t *doc, const struct og_node *node,
			  struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_INSERT, node->name, node->hash, err);
	struct og_buf text, roles;
	int rc = -1;

	og_buf_init(&text, OG_SKILL_DOC_MAX);
	og_buf_init(&roles, OG_SKILL_DOC_MAX);
	if (stmt == NULL || og_json_canon(doc, &text, err) < 0 ||
	    og_json_canon(json_object_get(doc, "roles"), &roles, err) < 0)
		goto out;
	og_bind_int(stmt, 3, node->id);
	og_bind_text(stmt, 4, og_json_str(doc, "kind"));
	og_bind_int(stmt, 5, og_json_int(doc, "clearance", 1));
	og_bind_textn(stmt, 6, roles.data, roles.len);
	og_bind_text(stmt, 7, og_json_str(doc, "description"));
	og_bind_textn(stmt, 8, text.data, text.len);
	rc = og_stmt_run(stmt, err);
out:
	og_buf_release(&text);
	og_buf_release(&roles);
	return rc;
}

/* The version's row is there and active; an older one may come back. */
static int activate(struct og_graph *graph, const json_t *doc, const struct og_node *node,
		    struct og_err *err)
{
	if (run(graph, ST_OFF, node->name, NULL, err) < 0 ||
	    run(graph, ST_ON, node->name, node->hash, err) < 0)
		return -1;
	if (og_db_changes(graph->db) > 0)
		return 0;
	return insert_version(graph, doc, node, err);
}

static int put_edge(struct og_graph *graph, const char *source, const char *type,
		    const char *target, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_EDGE, source, type, err);

	if (stmt == NULL)
		return -1;
	og_bind_text(stmt, 3, target);
	return og_stmt_run(stmt, err);
}

static int put_edges(struct og_graph *graph, const json_t *doc, struct og_err *err)
{
	static const char *const kinds[][2] = { { "depends_on", "DEPENDS_ON" },
						{ "governs", "GOVERNS" },
						{ "next", "NEXT" },
						{ "touches", "TOUCHES" } };
	const char *name = og_json_str(doc, "name");
	json_t *item;
	size_t i;

	if (run(graph, ST_CUT, name, NULL, err) < 0)
		return -1;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		json_array_foreach(json_object_get(doc, kinds[k][0]), i, item)
		{
			if (put_edge(graph, name, kinds[k][1], json_string_value(item), err) < 0)
				return -1;
		}
	}
	json_array_foreach(json_object_get(doc, "asks"), i, item)
	{
		if (put_edge(graph, name, "TOUCHES", og_json_str(item, "tbl"), err) < 0)
			return -1;
	}
	return 0;
}

static int refuse_cycle(struct og_graph *graph, const char *name, struct og_err *err)
{
	struct og_stmt *stmt = take(graph, ST_CYCLE, name, NULL, err);
	int rc = stmt != NULL ? og_stmt_step(stmt, err) : -1;

	if (rc == 1) {
		og_fail(err, OG_EDATA,
			"skill '%s': its dependencies are a circle, '%s' depends on it", name,
			og_col_text(stmt, 0));
		og_stmt_reset(stmt);
	}
	return rc == 0 ? 0 : -1;
}

int og_graph_put(struct og_graph *graph, const json_t *doc, struct og_node *ret, struct og_err *err)
{
	struct og_node node = { .id = 0 }, head;
	const char *name = og_json_str(doc, "name");
	int rc;

	if (name == NULL || !og_skill_name_valid(name))
		return og_fail(err, OG_EDATA, "skill: it has no name");
	memcpy(node.name, name, strlen(name) + 1);
	if (og_skill_hash(doc, node.hash, err) < 0)
		return -1;
	rc = og_graph_head(graph, name, &head, err);
	if (rc < 0)
		return -1;
	if (rc == 1 && strcmp(head.hash, node.hash) == 0) {
		*ret = head;
		return 0;
	}
	if (choose_id(graph, doc, &node, err) < 0 || activate(graph, doc, &node, err) < 0 ||
	    put_edges(graph, doc, err) < 0 || refuse_cycle(graph, name, err) < 0 ||
	    run(graph, ST_BUMP, NULL, NULL, err) < 0)
		return -1;
	node.changed = 1;
	*ret = node;
	return 0;
}
