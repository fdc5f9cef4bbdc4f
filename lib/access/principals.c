/* Principals as records: what administrators list, and change in parts. */
#include <string.h>

#include "lib/access/access-internal.h"

#define RECORD                                                                                     \
	"SELECT p.name, p.id, p.role, p.clearance, p.pubkey, p.active, p.created, "                \
	"EXISTS (SELECT 1 FROM og_credential c WHERE c.principal = p.id) FROM og_principal p "

static json_t *record(struct og_stmt *stmt)
{
	return json_pack("{s:s,s:I,s:s,s:I,s:s?,s:b,s:s,s:b}", "name", og_col_text(stmt, 0),
			 "number", (json_int_t)og_col_int(stmt, 1), "role", og_col_text(stmt, 2),
			 "clearance", (json_int_t)og_col_int(stmt, 3), "pubkey",
			 og_col_text(stmt, 4), "active", og_col_int(stmt, 5) != 0, "created",
			 og_col_text(stmt, 6), "password", og_col_int(stmt, 7) != 0);
}

int og_access_principal_record(struct og_access *access, const char *name, json_t **ret,
			       struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int found;

	if (og_stmt_new(access->db, RECORD "WHERE p.name = ?1", &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	found = og_stmt_step(stmt, err);
	if (found > 0 && !(*ret = record(stmt)))
		found = og_fail_nomem(err);
	og_stmt_free(stmt);
	return found;
}

int og_access_principal_list(struct og_access *access, json_t **ret, struct og_err *err)
{
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (!list)
		return og_fail_nomem(err);
	if (og_stmt_new(access->db, RECORD "ORDER BY p.id", &stmt, err) == 0)
		while ((more = og_stmt_step(stmt, err)) == 1)
			if (json_array_append_new(list, record(stmt)) < 0) {
				more = og_fail_nomem(err);
				break;
			}
	og_stmt_free(stmt);
	if (more < 0)
		json_decref(list);
	else
		*ret = list;
	return more;
}

int og_access_role_known(struct og_access *access, const char *role, struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int found;

	if (og_stmt_new(access->db, "SELECT 1 FROM og_role WHERE name = ?1", &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, role);
	found = og_stmt_step(stmt, err);
	og_stmt_free(stmt);
	return found;
}

int og_access_right_held(struct og_access *access, const char *right, struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int found;

	if (og_stmt_new(access->db,
			"SELECT 1 FROM og_principal p JOIN og_role r ON r.name = p.role, "
			"json_each(r.rights) j "
			"WHERE p.active AND p.pubkey IS NOT NULL AND j.value = ?1 LIMIT 1",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, right);
	found = og_stmt_step(stmt, err);
	og_stmt_free(stmt);
	return found;
}
