/*
 * The graph in erp.db: versions, node numbers, edges, circles.
 */
#include "lib/skill/store.h"

#include <unistd.h>

#include "lib/base/file.h"
#include "lib/skill/mirror.h"
#include "tests/unit/unit.h"

struct house {
	char path[64];
	struct og_db *db;
	struct og_graph *graph;
};

static int open_house(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;

	snprintf(h->path, sizeof(h->path), "/tmp/og-skill-store.%ld.db", (long)getpid());
	unlink(h->path);
	og_buf_init(&sql, 1 << 20);
	OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err);
	if (!OG_CHECK_OK(og_db_open(h->path, OG_DB_CREATE, &h->db, &err), &err) ||
	    !OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err) ||
	    !OG_CHECK_OK(og_graph_open("sqlite:", h->db, &h->graph, &err), &err))
		return 0;
	og_buf_release(&sql);
	return 1;
}

static void close_house(struct house *h)
{
	char side[80];

	og_graph_free(h->graph);
	og_db_close(h->db);
	unlink(h->path);
	snprintf(side, sizeof(side), "%s-wal", h->path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", h->path);
	unlink(side);
}

/* Puts a skill made of JSON members; the code, 0 when it went in. */
static int put(struct house *h, const char *members, struct og_node *node)
{
	struct og_err err = OG_ERR_INIT;
	json_t *doc = json_loads(members, 0, NULL);
	int rc;

	json_object_set_new(doc, "description", json_string("d"));
	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err);
	rc = og_graph_put(h->graph, doc, node, &err);
	if (rc == 0)
		OG_CHECK_OK(og_db_commit(h->db, &err), &err);
	og_db_rollback(h->db);
	json_decref(doc);
	return rc < 0 ? err.code : 0;
}

static int64_t number(struct house *h, const char *sql)
{
	struct og_err err = OG_ERR_INIT;
	int64_t value = -1;

	og_db_int(h->db, sql, &value, &err);
	return value;
}

static void versions(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_node one, two, head;
	struct house h;
	json_t *found;
	int64_t epoch, later;

	if (!open_house(&h))
		return;
	OG_CHECK_INT(og_graph_head(h.graph, "a", &head, &err), 0);
	OG_CHECK_OK(og_graph_epoch(h.graph, &epoch, &err), &err);
	OG_CHECK_INT(put(&h, "{\"name\":\"a\"}", &one), 0);
	OG_CHECK(one.changed && one.id == 1);
	OG_CHECK_INT(put(&h, "{\"name\":\"a\"}", &two), 0);
	OG_CHECK(!two.changed && strcmp(one.hash, two.hash) == 0);
	OG_CHECK_INT(put(&h, "{\"name\":\"a\",\"clearance\":2}", &two), 0);
	OG_CHECK(two.changed && two.id == 1 && strcmp(one.hash, two.hash) != 0);
	OG_CHECK_INT(number(&h, "SELECT count(*) FROM og_skill"), 2);
	OG_CHECK_INT(number(&h, "SELECT count(*) FROM og_skill WHERE active = 1"), 1);
	OG_CHECK_INT(og_graph_head(h.graph, "a", &head, &err), 1);
	OG_CHECK_STR(head.hash, two.hash);
	OG_CHECK_INT(og_graph_get(h.graph, "a", one.hash, &found, &err), 1);
	OG_CHECK(!og_json_bool(found, "active", 1));
	OG_CHECK_INT(og_json_int(found, "id", 0), 1);
	json_decref(found);
	OG_CHECK_INT(og_graph_get(h.graph, "a", "0", &found, &err), 0);
	OG_CHECK_INT(put(&h, "{\"name\":\"a\"}", &one), 0);
	OG_CHECK_INT(og_graph_head(h.graph, "a", &head, &err), 1);
	OG_CHECK_STR(head.hash, one.hash);
	OG_CHECK_INT(number(&h, "SELECT count(*) FROM og_skill"), 2);
	OG_CHECK_OK(og_graph_epoch(h.graph, &later, &err), &err);
	OG_CHECK_INT(later - epoch, 3);
	close_house(&h);
}

static void ids(void)
{
	struct og_node node;
	struct house h;

	if (!open_house(&h))
		return;
	OG_CHECK_INT(put(&h, "{\"name\":\"a\",\"id\":3}", &node), 0);
	OG_CHECK_INT(node.id, 3);
	OG_CHECK_INT(put(&h, "{\"name\":\"b\",\"id\":3}", &node), OG_EDATA);
	OG_CHECK_INT(put(&h, "{\"name\":\"b\"}", &node), 0);
	OG_CHECK_INT(node.id, 4);
	OG_CHECK_INT(put(&h, "{\"name\":\"b\",\"id\":9}", &node), OG_EDATA);
	OG_CHECK_INT(number(&h, "SELECT count(*) FROM og_skill"), 2);
	close_house(&h);
}

static void circles(void)
{
	struct og_node node;
	struct house h;

	if (!open_house(&h))
		return;
	OG_CHECK_INT(put(&h, "{\"name\":\"s\",\"depends_on\":[\"s\"]}", &node), OG_EDATA);
	OG_CHECK_INT(put(&h, "{\"name\":\"a\",\"depends_on\":[\"b\"]}", &node), 0);
	OG_CHECK_INT(put(&h, "{\"name\":\"b\",\"depends_on\":[\"c\"]}", &node), 0);
	OG_CHECK_INT(put(&h, "{\"name\":\"c\",\"depends_on\":[\"a\"]}", &node), OG_EDATA);
	OG_CHECK_INT(number(&h, "SELECT count(*) FROM og_skill"), 2);
	OG_CHECK_INT(number(&h, "SELECT count(*) FROM og_edge"), 2);
	OG_CHECK_INT(put(&h, "{\"name\":\"c\",\"next\":[\"a\",\"c\"]}", &node), 0);
	close_house(&h);
}

static void edges(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_node node;
	struct house h;
	json_t *found;
	char *text;

	if (!open_house(&h))
		return;
	put(&h,
	    "{\"name\":\"buy\",\"id\":4,\"asks\":[{\"tbl\":\"orders\",\"verbs\":[\"insert\"]}]}",
	    &node);
	put(&h, "{\"name\":\"rule\",\"clearance\":2,\"governs\":[\"buy\"]}", &node);
	put(&h, "{\"name\":\"law\",\"clearance\":3,\"governs\":[\"rule\",\"law\",\"later\"]}",
	    &node);
	put(&h, "{\"name\":\"note\",\"next\":[\"rule\"]}", &node);
	OG_CHECK_OK(og_graph_governors(h.graph, "buy", &found, &err), &err);
	text = json_dumps(found, JSON_COMPACT);
	OG_CHECK_STR(text, "[\"law\",\"rule\"]");
	free(text);
	json_decref(found);
	OG_CHECK_OK(og_graph_governors(h.graph, "law", &found, &err), &err);
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	OG_CHECK_OK(og_graph_list(h.graph, 1, &found, &err), &err);
	text = json_dumps(found, JSON_COMPACT);
	OG_CHECK_INT(json_array_size(found), 2);
	OG_CHECK(strstr(text, "\"TOUCHES\"") != NULL);
	OG_CHECK(strstr(text, "\"NEXT\"") == NULL); /* what is above the clearance does not exist */
	free(text);
	json_decref(found);
	OG_CHECK_OK(og_graph_list(h.graph, 3, &found, &err), &err);
	OG_CHECK_INT(json_array_size(found), 4);
	text = json_dumps(found, JSON_COMPACT);
	OG_CHECK(strstr(text, "\"later\"") != NULL);
	free(text);
	json_decref(found);
	put(&h, "{\"name\":\"rule\",\"clearance\":2}", &node);
	OG_CHECK_OK(og_graph_governors(h.graph, "buy", &found, &err), &err);
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	close_house(&h);
}

static void other_stores(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_graph *graph = NULL;

	OG_CHECK_INT(og_graph_open("neo4j+http://localhost/x", NULL, &graph, &err), -1);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK_STR(err.msg, "graph 'neo4j+http://localhost/x' is not in this version");
	og_graph_free(NULL);
}

/* A store elsewhere says of skills a, b (clearance 2) and c what lie does to
 * it: why comes of comparing ("" when all agree), mistrusted of listing at
 * clearance 1. */
static void what_a_store_elsewhere_says(void)
{
	static const struct {
		const char *name, *key, *value; /* value NULL: not said at all */
		const char *differs, *why;
		int64_t mistrusted;
	} lies[] = {
		{ "", "", "", "", "", 0 },
		{ "a", "hash", "\"0\"", "a", "stale", 1 },
		{ "a", "id", "7", "a", "stale", 1 },
		{ "a", "clearance", "2", "a", "clearance", 1 },
		{ "a", "clearance", "\"1\"", "a", "clearance", 1 },
		{ "a", "kind", "\"agent\"", "a", "stale", 1 },
		{ "a", "edges", "[]", "a", "edges", 1 },
		{ "a", "edges", "[{\"type\":\"GOVERNS\",\"target\":\"c\"}]", "a", "edges", 1 },
		{ "c", "edges", "[{\"type\":\"NEXT\",\"target\":\"a\"}]", "c", "edges", 1 },
		{ "a", "name", NULL, "a", "missing", 0 },
		{ "a", "name", "\"z\"", "a", "missing", 1 },
		{ "c", "name", "5", "c", "missing", 1 },
	};
	struct og_err err = OG_ERR_INIT;
	struct og_node node;
	struct house h;

	if (!open_house(&h))
		return;
	put(&h, "{\"name\":\"a\",\"next\":[\"c\"]}", &node);
	put(&h, "{\"name\":\"b\",\"clearance\":2}", &node);
	put(&h, "{\"name\":\"c\"}", &node);
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		json_t *all = NULL, *seen = NULL, *found = NULL, *first;
		int64_t mistrusted = -1, same = -1;

		OG_CHECK_OK(og_graph_list(h.graph, 3, &all, &err), &err);
		OG_CHECK_OK(og_graph_list(h.graph, 1, &seen, &err), &err);
		for (size_t j = json_array_size(all); j-- > 0;) {
			json_t *item = json_array_get(all, j), *value;

			if (strcmp(og_json_str(item, "name"), lies[i].name) != 0)
				continue;
			value = lies[i].value ? json_loads(lies[i].value, JSON_DECODE_ANY, NULL)
					      : NULL;
			for (size_t k = json_array_size(seen); k-- > 0;) {
				json_t *other = json_array_get(seen, k);

				if (!json_equal(json_object_get(other, "name"),
						json_object_get(item, "name")))
					continue;
				if (value)
					json_object_set(other, lies[i].key, value);
				else
					json_array_remove(seen, k);
			}
			if (value)
				json_object_set(item, lies[i].key, value);
			else
				json_array_remove(all, j);
			json_decref(value);
		}
		OG_CHECK_OK(og_mirror_hold(h.graph, 1, seen, &mistrusted, &err), &err);
		OG_CHECK_INT(mistrusted, lies[i].mistrusted);
		/* Whoever may see less is told of b as of a lie. */
		OG_CHECK_OK(og_mirror_compare(h.graph, all, 10, &found, &same, &err), &err);
		first = json_array_get(found, 0);
		OG_CHECK_INT(same, *lies[i].differs ? 2 : 3);
		if (*lies[i].differs) {
			OG_CHECK_STR(og_json_str(first, "name"), lies[i].differs);
			OG_CHECK_STR(og_json_str(first, "why"), lies[i].why);
		}
		json_decref(all);
		json_decref(seen);
		json_decref(found);
	}
	close_house(&h);
}

static void a_store_elsewhere_that_shows_too_much(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *all = NULL, *found = NULL;
	int64_t mistrusted = -1, same;
	struct og_node node;
	struct house h;

	if (!open_house(&h))
		return;
	put(&h, "{\"name\":\"b\",\"clearance\":2}", &node);
	OG_CHECK_OK(og_graph_list(h.graph, 3, &all, &err), &err);
	OG_CHECK_OK(og_mirror_hold(h.graph, 1, all, &mistrusted, &err), &err);
	OG_CHECK_INT(mistrusted, 1);
	json_array_append_new(all, json_pack("{s:s,s:s}", "name", "mallory", "hash", "0"));
	OG_CHECK_OK(og_mirror_compare(h.graph, all, 10, &found, &same, &err), &err);
	OG_CHECK_INT(json_array_size(found), 1);
	OG_CHECK_STR(og_json_str(json_array_get(found, 0), "why"), "unknown");
	json_decref(found);
	OG_CHECK_OK(og_mirror_compare(h.graph, all, 0, &found, &same, &err), &err);
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	json_decref(all);
	close_house(&h);
}

int main(void)
{
	OG_RUN(versions);
	OG_RUN(ids);
	OG_RUN(circles);
	OG_RUN(edges);
	OG_RUN(other_stores);
	OG_RUN(what_a_store_elsewhere_says);
	OG_RUN(a_store_elsewhere_that_shows_too_much);
	return og_done();
}
