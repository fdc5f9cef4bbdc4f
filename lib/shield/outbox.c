/* See outbox.h. Here what is due is kept; outbox-flush.c sends it. */
#include "lib/shield/outbox.h"

#include <string.h>

/* Temporary triggers are of one connection and cost no other anything; and
 * they work where the schema's own are off, as when changes are undone. A
 * row that comes again gets a new number, so that nobody takes it for the
 * one they have sent. seq is -1 until the entry is written. */
#define DUE(store, name, hash)                                                                     \
	"DELETE FROM og_remote WHERE store = '" store "' AND name = " name ";"                     \
	"INSERT INTO og_remote(store, name, hash, seq) VALUES ('" store "', " name ", " hash       \
	", -1);"

#define TRIGGERS(store, table)                                                                     \
	"CREATE TEMP TRIGGER og_due_" store "_new AFTER INSERT ON main." table                     \
	" WHEN NEW.active = 1 BEGIN " DUE(                                                         \
		store, "NEW.name",                                                                 \
		"NEW.hash") "END;"                                                                 \
			    "CREATE TEMP TRIGGER og_due_" store "_on AFTER UPDATE ON main." table  \
			    " WHEN NEW.active <> OLD.active BEGIN " DUE(                           \
				    store, "NEW.name",                                             \
				    "CASE WHEN NEW.active = 1 THEN NEW.hash ELSE '' "              \
				    "END") "END;"                                                  \
					   "CREATE TEMP TRIGGER og_due_" store                     \
					   "_gone AFTER DELETE ON main." table                     \
					   " WHEN OLD.active = 1 BEGIN " DUE(store, "OLD.name",    \
									     "''") "END;"

/* An embedding that comes later, or takes the place of another, makes its
 * policies due. No entry says so, as the ledger has none of embeddings: seq
 * is 0. */
#define TEXT_TRIGGER(name, event)                                                                  \
	"CREATE TEMP TRIGGER " name " AFTER " event " ON main.og_vector "                          \
	"WHEN NEW.task = 'document' BEGIN "                                                        \
	"DELETE FROM og_remote WHERE store = 'vectors' AND seq >= 0 AND name IN (SELECT p.name "   \
	"FROM og_passage s JOIN og_policy p ON p.id = s.policy WHERE s.digest = NEW.digest);"      \
	"INSERT OR IGNORE INTO og_remote(store, name, hash, seq) SELECT DISTINCT 'vectors', "      \
	"p.name, p.hash, 0 FROM og_passage s JOIN og_policy p ON p.id = s.policy "                 \
	"WHERE s.digest = NEW.digest AND p.active = 1; END;"

static const char vectors_of_texts[] = TEXT_TRIGGER("og_due_vectors_text", "INSERT")
	TEXT_TRIGGER("og_due_vectors_other", "UPDATE OF vector");

static const char *const words[] = { [OG_STORE_GRAPH] = "graph", [OG_STORE_VECTORS] = "vectors" };

const char *og_store_word(enum og_store store)
{
	return words[store];
}

int og_store_from_word(const char *word, enum og_store *ret, struct og_err *err)
{
	for (int i = 0; word && i < 2; i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum og_store)i;
			return 0;
		}
	return og_fail(err, OG_EDATA, "request: 'store' is neither graph nor vectors");
}

int og_outbox_open(struct og_db *db, int graph, int vectors, struct og_err *err)
{
	if (graph && og_db_exec(db, TRIGGERS("graph", "og_skill"), err) < 0)
		return -1;
	if (vectors && (og_db_exec(db, TRIGGERS("vectors", "og_policy"), err) < 0 ||
			og_db_exec(db, vectors_of_texts, err) < 0))
		return -1;
	return 0;
}

int og_outbox_intents(struct og_db *db, json_t **ret, struct og_err *err)
{
	json_t *list = NULL, *item;
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, "SELECT store, name, hash FROM og_remote WHERE seq = -1 ORDER BY id",
			&stmt, err) < 0)
		return -1;
	while ((rc = og_stmt_step(stmt, err)) == 1) {
		item = json_pack("{s:s,s:s,s:s}", "store", og_col_text(stmt, 0), "name",
				 og_col_text(stmt, 1), "hash", og_col_text(stmt, 2));
		if (!list)
			list = json_array();
		if (!item || !list || json_array_append_new(list, item) < 0) {
			rc = og_fail_nomem(err);
			break;
		}
	}
	og_stmt_free(stmt);
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

static int with_int(struct og_db *db, const char *sql, int64_t value, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, value);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

int og_outbox_number(struct og_db *db, int64_t seq, struct og_err *err)
{
	return with_int(db, "UPDATE og_remote SET seq = ?1 WHERE seq = -1", seq, err);
}

int og_outbox_due(struct og_db *db, enum og_store store, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, "SELECT count(*) FROM og_remote WHERE store = ?1", &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, words[store]);
	rc = og_stmt_step(stmt, err);
	if (rc == 1)
		*ret = og_col_int(stmt, 0);
	og_stmt_free(stmt);
	return rc == 1 ? 0 : -1;
}
