/*
 * The versions of a skill that are kept. They are read where they are
 * believed, in erp.db, whatever store finds the active one.
 */
#ifndef OG_SKILL_VERSIONS_H
#define OG_SKILL_VERSIONS_H

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

#define OG_VERSIONS_MAX 200 /* of one name that are listed */

/* [{"hash","created","active"}], the active one first, then the newest
 * first, of those that this clearance may know of. New reference. */
int og_skill_versions(struct og_db *db, const char *name, int clearance, json_t **ret,
		      struct og_err *err);

#endif
