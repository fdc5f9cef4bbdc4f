/* What the tests of policies share: the embedded store, on a database of
 * our schema. */
#ifndef OG_TEST_POLICY_H
#define OG_TEST_POLICY_H

#include <unistd.h>

#include "lib/base/file.h"
#include "lib/policy/document.h"
#include "lib/policy/store.h"
#include "tests/unit/unit.h"

struct house {
	char path[64];
	struct og_db *db;
	struct og_policies *policies;
};

static inline int open_house(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;

	snprintf(h->path, sizeof(h->path), "/tmp/og-policy.%ld.db", (long)getpid());
	unlink(h->path);
	og_buf_init(&sql, 1 << 20);
	OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err);
	if (!OG_CHECK_OK(og_db_open(h->path, OG_DB_CREATE, &h->db, &err), &err) ||
	    !OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err) ||
	    !OG_CHECK_OK(og_policies_open("sqlite:", h->db, &h->policies, &err), &err))
		return 0;
	og_buf_release(&sql);
	return 1;
}

static inline void close_house(struct house *h)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[80];

	og_policies_free(h->policies);
	og_db_close(h->db);
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", h->path, ends[i]);
		unlink(file);
	}
}

/* Reads a document and puts it in. */
static inline int put(struct house *h, const char *name, const char *text, struct og_policy_id *id)
{
	struct og_err err = OG_ERR_INIT;
	json_t *record = json_object();
	int rc = -1;

	if (OG_CHECK_OK(og_policy_read(text, strlen(text), name, record, &err), &err) &&
	    OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err) &&
	    OG_CHECK_OK(og_policies_put(h->policies, record, id, &err), &err) &&
	    OG_CHECK_OK(og_db_commit(h->db, &err), &err))
		rc = 0;
	og_db_rollback(h->db);
	json_decref(record);
	return rc;
}

static inline json_t *search(struct house *h, const char *node, int clearance, const char *query)
{
	struct og_err err = OG_ERR_INIT;
	json_t *found = NULL;

	const struct og_policy_search wanted = { .filter = { .node = node, .clearance = clearance },
						 .query = query,
						 .limit = 10 };

	OG_CHECK_OK(og_policies_search(h->policies, &wanted, &found, &err), &err);
	return found;
}

#define AT(list, i, key) og_json_str(json_array_get(list, i), key)

#endif
