/* See elsewhere.h. */
#include "lib/shield/elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/policy/remote.h"
#include "lib/shield/elsewhere-graph.h"
#include "lib/shield/outbox.h"

/* Of those who tell a store, one at a time. */
static int open_door(struct og_shield *shield, struct og_err *err)
{
	char *path;
	int fd;

	if (!shield->conf->run) /* a database outside an instance */
		return 0;
	path = og_path_join(shield->conf->run, "remote.lock");
	if (!path)
		return og_fail_nomem(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		og_fail(err, OG_EOS, "cannot open '%s': %s", path, strerror(errno));
	else
		shield->elsewhere.door = fd;
	free(path);
	return fd < 0 ? -1 : 0;
}

int og_elsewhere_open(struct og_shield *shield, struct og_err *err)
{
	struct og_elsewhere *at = &shield->elsewhere;
	struct og_store_place place;

	for (int store = 0; store < 2; store++) {
		at->on[store] = og_conf_store(shield->conf, (enum og_store)store, &place, err);
		if (at->on[store] < 0)
			return -1;
	}
	if (!at->on[OG_STORE_GRAPH] && !at->on[OG_STORE_VECTORS])
		return 0;
	shield->frame.elsewhere = 1;
	if (open_door(shield, err) < 0)
		return -1;
	return og_outbox_open(shield->db, at->on[OG_STORE_GRAPH], at->on[OG_STORE_VECTORS], err);
}

void og_elsewhere_close(struct og_shield *shield)
{
	/* A shield that did not open has no policies. */
	if (shield->policies)
		og_policies_attach(shield->policies, NULL);
	og_qdrant_free(shield->elsewhere.vectors);
	og_graph_elsewhere_close(shield);
	if (shield->elsewhere.door > 0)
		close(shield->elsewhere.door);
}

/* The begin of the first entry's hash, which no other ledger has: several
 * instances may share a store. */
static int whose(struct og_db *db, char out[OG_INSTANCE_MAX + 1], struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(db, "SELECT substr(hash, 1, ?1) FROM audit_ledger WHERE seq = 1", &stmt,
			err) < 0)
		return -1;
	og_bind_int(stmt, 1, OG_INSTANCE_MAX);
	found = og_stmt_step(stmt, err);
	og_text_format(out, OG_INSTANCE_MAX + 1, "%s", found == 1 ? og_col_text(stmt, 0) : "none");
	og_stmt_free(stmt);
	return found < 0 ? -1 : 0;
}

int og_shield_stores(struct og_shield *shield, struct og_net *graph, struct og_net *vectors,
		     struct og_err *err)
{
	struct og_elsewhere *at = &shield->elsewhere;

	if (whose(shield->db, at->instance, err) < 0 ||
	    (graph && og_graph_elsewhere_open(shield, graph, err) < 0))
		return -1;
	if (!vectors)
		return 0;
	if (og_qdrant_open(shield->conf->vectors, at->instance, vectors, &at->vectors, err) < 0)
		return -1;
	at->net[OG_STORE_VECTORS] = vectors;
	og_qdrant_patience(at->vectors, OG_ELSEWHERE_MS, OG_ELSEWHERE_PUT_MS);
	og_policies_attach(shield->policies, at->vectors);
	return 0;
}

int og_elsewhere_on(const struct og_shield *shield, enum og_store store)
{
	return shield->elsewhere.on[store];
}

int og_elsewhere_reachable(const struct og_shield *shield, enum og_store store)
{
	return shield->elsewhere.on[store] && shield->elsewhere.net[store];
}

/* --- vectors ------------------------------------------------------------------------- */

/* Is there anything that could be kept there? */
static int has_vectors(struct og_db *db, int *ret, struct og_err *err)
{
	int64_t n;

	if (og_db_int(db, "SELECT EXISTS (SELECT 1 FROM og_vector WHERE task = 'document')", &n,
		      err) < 0)
		return -1;
	*ret = n != 0;
	return 0;
}

static const char *vectors_lack(int found, int wanted, const struct og_qdrant_state *state)
{
	if (!found)
		return wanted ? "there is no such collection" : NULL;
	if (!state->cosine)
		return "its distance is not Cosine: it is another's collection";
	return state->indexed ? NULL : "its payload indexes are not there";
}

static int look_at_vectors(struct og_shield *shield, json_t *seen, struct og_err *err)
{
	struct og_qdrant_state state;
	const char *lack;
	int wanted, found = og_qdrant_look(shield->elsewhere.vectors, &state, err);

	if (found < 0 || has_vectors(shield->db, &wanted, err) < 0)
		return -1;
	lack = vectors_lack(found, wanted, &state);
	if (og_json_set(seen, "ready", json_boolean(!lack), err) < 0)
		return -1;
	if (found == 1 && og_json_set(seen, "width", json_integer(state.width), err) < 0)
		return -1;
	return lack ? og_json_set(seen, "what", json_string(lack), err) : 0;
}

/* A collection that is not there is made with the first vectors. */
static int set_up_vectors(struct og_shield *shield, struct og_err *err)
{
	struct og_qdrant_state state;
	int found = og_qdrant_look(shield->elsewhere.vectors, &state, err);

	if (found <= 0)
		return found;
	return og_qdrant_setup(shield->elsewhere.vectors, (size_t)state.width, err);
}

static int active_policy(struct og_db *db, const char *name, char hash[OG_HASH_HEX + 1],
			 struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(db, "SELECT hash FROM og_policy WHERE name = ?1 AND active = 1", &stmt,
			err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	found = og_stmt_step(stmt, err);
	if (found == 1 && og_col_text(stmt, 0))
		og_text_format(hash, OG_HASH_HEX + 1, "%s", og_col_text(stmt, 0));
	og_stmt_free(stmt);
	return found < 0 ? -1 : 0;
}

static int put_vectors(struct og_shield *shield, const char *name, char hash[OG_HASH_HEX + 1],
		       struct og_err *err)
{
	int64_t points;

	if (active_policy(shield->db, name, hash, err) < 0)
		return -1;
	return og_policies_send(shield->policies, name, NULL, &points, err);
}

/* --- either -------------------------------------------------------------------------- */

int og_elsewhere_look(struct og_shield *shield, enum og_store store, json_t **ret,
		      struct og_err *err)
{
	struct og_store_place place;
	json_t *seen;
	int rc;

	if (og_conf_store(shield->conf, store, &place, err) <= 0)
		return -1;
	seen = json_pack("{s:s,s:o}", "kind", place.kind, "at",
			 json_sprintf("%s/%s", place.origin, place.name));
	if (!seen)
		return og_fail_nomem(err);
	rc = store == OG_STORE_GRAPH ? og_graph_elsewhere_look(shield, seen, err)
				     : look_at_vectors(shield, seen, err);
	if (rc < 0)
		json_decref(seen);
	else
		*ret = seen;
	return rc;
}

int og_elsewhere_setup(struct og_shield *shield, enum og_store store, struct og_err *err)
{
	return store == OG_STORE_GRAPH ? og_graph_elsewhere_setup(shield, err)
				       : set_up_vectors(shield, err);
}

int og_elsewhere_compare(struct og_shield *shield, enum og_store store, size_t limit, json_t **ret,
			 int64_t *ret_same, struct og_err *err)
{
	return store == OG_STORE_GRAPH
		       ? og_graph_elsewhere_compare(shield, limit, ret, ret_same, err)
		       : og_policies_compare(shield->policies, limit, ret, ret_same, err);
}

int og_elsewhere_put(struct og_shield *shield, enum og_store store, const char *name,
		     char hash[OG_HASH_HEX + 1], struct og_err *err)
{
	return store == OG_STORE_GRAPH ? og_graph_elsewhere_put(shield, name, hash, err)
				       : put_vectors(shield, name, hash, err);
}

int og_request_asked(struct og_request *rq, const struct og_err *why, int64_t mistrusted,
		     struct og_err *err)
{
	if (why->code && (og_json_set(rq->reply, "store", json_string("local"), err) < 0 ||
			  og_json_set(rq->reply, "why", og_request_text(why->msg), err) < 0))
		return -1;
	return mistrusted > 0 ? og_json_set(rq->reply, "mistrusted", json_integer(mistrusted), err)
			      : 0;
}
