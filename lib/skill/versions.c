/* A list of what og_skill holds of one name. */
#include "lib/skill/versions.h"

#define LIST                                                                                       \
	"SELECT hash, created, active FROM og_skill WHERE name = ?1 AND clearance <= ?2 "          \
	"ORDER BY active DESC, created DESC, hash LIMIT ?3"

int og_skill_versions(struct og_db *db, const char *name, int clearance, json_t **ret,
		      struct og_err *err)
{
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (!list)
		return og_fail_nomem(err);
	if (og_stmt_new(db, LIST, &stmt, err) == 0) {
		og_bind_text(stmt, 1, name);
		og_bind_int(stmt, 2, clearance);
		og_bind_int(stmt, 3, OG_VERSIONS_MAX);
		while ((more = og_stmt_step(stmt, err)) == 1)
			if (json_array_append_new(list, json_pack("{s:s,s:s,s:b}", "hash",
								  og_col_text(stmt, 0), "created",
								  og_col_text(stmt, 1), "active",
								  og_col_int(stmt, 2) != 0)) < 0) {
				more = og_fail_nomem(err);
				break;
			}
	}
	og_stmt_free(stmt);
	if (more < 0)
		json_decref(list);
	else
		*ret = list;
	return more < 0 ? -1 : 0;
}
