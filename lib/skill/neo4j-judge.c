/*
 * What a row of a server must be to be taken, and what a node of ours is
 * made of. A row that is not what it should be is left out, never mended.
 */
#include <string.h>

#include "lib/skill/neo4j-wire.h"

#define NODE_MAX       1000000000 /* as og_skill_check() has it */
#define TABLE_NAME_MAX 128
#define STRANGER_MAX   256
#define EDGES_MAX      (6 * OG_SKILL_LIST_MAX)

static int is_name(const json_t *value)
{
	const char *name = json_string_value(value);

	return name != NULL && strlen(name) == json_string_length(value) &&
	       og_skill_name_valid(name);
}

static int is_hash(const json_t *value)
{
	const char *hash = json_string_value(value);

	return hash != NULL && json_string_length(value) == OG_HASH_HEX &&
	       strspn(hash, "0123456789abcdef") == OG_HASH_HEX;
}

static int is_number(const json_t *value, int64_t max)
{
	return json_is_integer(value) && json_integer_value(value) >= 1 &&
	       json_integer_value(value) <= max;
}

static int is_role(const char *name)
{
	return og_ident_valid(name) || og_skill_name_valid(name);
}

static int is_roles(const json_t *value)
{
	json_t *role;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > OG_SKILL_LIST_MAX)
		return 0;
	json_array_foreach(value, i, role)
	{
		if (!json_is_string(role) || !is_role(json_string_value(role)))
			return 0;
	}
	return 1;
}

/* The one kind among labels, or NULL. */
static const char *kind_of(const json_t *labels)
{
	static const char *const kinds[][2] = { { "Workflow", "workflow" },
						{ "Regulation", "regulation" },
						{ "Agent", "agent" } };
	const char *kind = NULL;
	json_t *label;
	size_t i;

	json_array_foreach(labels, i, label)
	{
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (!json_is_string(label) ||
			    strcmp(json_string_value(label), kinds[k][0]) != 0)
				continue;
			if (kind != NULL)
				return NULL;
			kind = kinds[k][1];
		}
	}
	return kind;
}

static int is_edge(const json_t *edge)
{
	const char *type = json_string_value(json_array_get(edge, 0));
	const json_t *target = json_array_get(edge, 1);

	if (json_array_size(edge) != 2 || type == NULL || !json_is_string(target))
		return 0;
	if (strcmp(type, "TOUCHES") == 0)
		return json_string_length(target) > 0 &&
		       json_string_length(target) <= TABLE_NAME_MAX;
	return (strcmp(type, "GOVERNS") == 0 || strcmp(type, "DEPENDS_ON") == 0 ||
		strcmp(type, "NEXT") == 0) &&
	       is_name(target);
}

static int compare_edges(const json_t *a, const json_t *b)
{
	int rc = strcmp(og_json_str(a, "type"), og_json_str(b, "type"));

	return rc != 0 ? rc : strcmp(og_json_str(a, "target"), og_json_str(b, "target"));
}

/* Keeps the list sorted and without doubles. */
static int insert_edge(json_t *list, const json_t *edge)
{
	json_t *item = json_pack("{s:O,s:O}", "type", json_array_get(edge, 0), "target",
				 json_array_get(edge, 1));
	size_t i = json_array_size(list);

	if (item == NULL)
		return -1;
	while (i > 0 && compare_edges(json_array_get(list, i - 1), item) > 0)
		i--;
	if (i > 0 && compare_edges(json_array_get(list, i - 1), item) == 0) {
		json_decref(item);
		return 0;
	}
	return json_array_insert_new(list, i, item);
}

/* New reference; NULL when one of them is none. */
static json_t *edges_of(const json_t *edges)
{
	json_t *list = json_array(), *edge;
	size_t i;

	if (!json_is_array(edges) || json_array_size(edges) > EDGES_MAX) {
		json_decref(list);
		return NULL;
	}
	json_array_foreach(edges, i, edge)
	{
		if (!is_edge(edge) || insert_edge(list, edge) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *og_neo4j_list_row(const json_t *row, int clearance)
{
	json_t *name = json_array_get(row, 0), *id = json_array_get(row, 1),
	       *level = json_array_get(row, 3), *roles = json_array_get(row, 4),
	       *description = json_array_get(row, 5), *hash = json_array_get(row, 6), *edges;
	const char *kind = kind_of(json_array_get(row, 2));

	if (!is_name(name) || !is_number(id, NODE_MAX) || kind == NULL || clearance > 3 ||
	    !is_number(level, clearance) || !is_roles(roles) || !json_is_string(description) ||
	    json_string_length(description) > OG_SKILL_DESCRIPTION_MAX || !is_hash(hash))
		return NULL;
	edges = edges_of(json_array_get(row, 7));
	if (edges == NULL)
		return NULL;
	return json_pack("{s:O,s:O,s:s,s:O,s:O,s:O,s:O,s:o}", "name", name, "id", id, "kind", kind,
			 "clearance", level, "roles", roles, "description", description, "hash",
			 hash, "edges", edges);
}

/* A DOC that is in order and says of itself what its node says. */
static json_t *parse_doc(const json_t *text, const char *name, int64_t clearance, const char *hash)
{
	struct og_err ignored = OG_ERR_INIT;
	char found[OG_HASH_HEX + 1];
	json_t *doc;

	if (!json_is_string(text) ||
	    og_json_parse(json_string_value(text), json_string_length(text), OG_SKILL_DOC_MAX,
			  "skill", &doc, &ignored) < 0)
		return NULL;
	if (og_skill_check(doc, &ignored) < 0 || og_skill_hash(doc, found, &ignored) < 0 ||
	    strcmp(found, hash) != 0 || strcmp(og_json_str(doc, "name"), name) != 0 ||
	    og_json_int(doc, "clearance", 0) != clearance) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

json_t *og_neo4j_doc_row(const json_t *row, int clearance)
{
	json_t *name = json_array_get(row, 0), *id = json_array_get(row, 1),
	       *level = json_array_get(row, 2), *hash = json_array_get(row, 3), *doc;

	if (!is_name(name) || !is_number(id, NODE_MAX) || clearance > 3 ||
	    !is_number(level, clearance) || !is_hash(hash))
		return NULL;
	doc = parse_doc(json_array_get(row, 4), json_string_value(name), json_integer_value(level),
			json_string_value(hash));
	if (doc == NULL)
		return NULL;
	return json_pack("{s:o,s:O,s:O}", "doc", doc, "hash", hash, "id", id);
}

/* The value where it is good, else null. New reference. */
static json_t *if_good(json_t *value, int good)
{
	return good ? json_incref(value) : json_null();
}

json_t *og_neo4j_head_row(const json_t *row, int clearance)
{
	json_t *name = json_array_get(row, 0), *id = json_array_get(row, 1),
	       *level = json_array_get(row, 2), *hash = json_array_get(row, 3),
	       *active = json_array_get(row, 4);

	(void)clearance;
	if (!is_name(name))
		return NULL;
	return json_pack("{s:O,s:o,s:o,s:o,s:o}", "name", name, "hash",
			 if_good(hash, is_hash(hash)), "id", if_good(id, is_number(id, NODE_MAX)),
			 "clearance", if_good(level, is_number(level, 3)), "active",
			 if_good(active, json_is_boolean(active)));
}

json_t *og_neo4j_name_row(const json_t *row, int clearance)
{
	json_t *name = json_array_get(row, 0);

	(void)clearance;
	return is_name(name) ? json_incref(name) : NULL;
}

json_t *og_neo4j_stranger_row(const json_t *row, int clearance)
{
	json_t *name = json_array_get(row, 0), *count = json_array_get(row, 1);

	(void)clearance;
	if (!json_is_string(name) || json_string_length(name) > STRANGER_MAX ||
	    !is_number(count, OG_JSON_INT_MAX))
		return NULL;
	return json_pack("{s:O,s:O}", "name", name, "count", count);
}

/* --- nodes of ours ----------------------------------------------------------------- */

static int has(const json_t *list, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(item), text) == 0)
			return 1;
	}
	return 0;
}

/* What the skill touches, and the tables it asks for. New reference, or NULL. */
static json_t *tables_of(const json_t *doc)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach(json_object_get(doc, "touches"), i, item)
	{
		if (!has(list, json_string_value(item)) && json_array_append(list, item) < 0)
			goto fail;
	}
	json_array_foreach(json_object_get(doc, "asks"), i, item)
	{
		json_t *table = json_object_get(item, "tbl");

		if (json_is_string(table) && !has(list, json_string_value(table)) &&
		    json_array_append(list, table) < 0)
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

static json_t *pack_node(const json_t *doc, const struct og_buf *text, const char *hash, int64_t id)
{
	json_t *name = json_object_get(doc, "name");
	json_t *properties = json_pack(
		"{s:O,s:I,s:s,s:O,s:O,s:O,s:s#,s:b}", "name", name, "id", (json_int_t)id, "hash",
		hash, "clearance", json_object_get(doc, "clearance"), "roles",
		json_object_get(doc, "roles"), "description", json_object_get(doc, "description"),
		"doc", text->data, (int)text->len, "active", 1);

	return json_pack("{s:O,s:O,s:o,s:O,s:O,s:O,s:o}", "name", name, "kind",
			 json_object_get(doc, "kind"), "properties", properties, "governs",
			 json_object_get(doc, "governs"), "depends_on",
			 json_object_get(doc, "depends_on"), "next", json_object_get(doc, "next"),
			 "touches", tables_of(doc));
}

int og_neo4j_node(const json_t *node, json_t **ret, struct og_err *err)
{
	const json_t *doc = json_object_get(node, "doc");
	const char *hash = og_json_str(node, "hash");
	int64_t id = og_json_int(node, "id", 0);
	char found[OG_HASH_HEX + 1];
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_SKILL_DOC_MAX);
	if (hash == NULL || id < 1 || !json_is_object(doc)) {
		og_fail(err, OG_EDATA, "a node has no doc, hash or number");
		goto out;
	}
	if (og_skill_check(doc, err) < 0 || og_skill_hash(doc, found, err) < 0 ||
	    og_json_canon(doc, &text, err) < 0)
		goto out;
	if (strcmp(found, hash) != 0) {
		og_fail(err, OG_EDATA, "skill '%s' has another hash than its node",
			og_json_str(doc, "name"));
		goto out;
	}
	*ret = pack_node(doc, &text, hash, id);
	rc = *ret != NULL ? 0 : og_fail_nomem(err);
out:
	og_buf_release(&text);
	return rc;
}
