/* Shared inside lib/access: the prepared statements, and the epoch. */
#ifndef OG_ACCESS_INTERNAL_H
#define OG_ACCESS_INTERNAL_H

#include "lib/access/access.h"

/* A list of columns as it lies in og_grant: who writes one and who reads it
 * agree, or a grant that went in would stop its whole role. */
#define OG_GRANT_JSON_MAX ((size_t)262144)

struct og_access {
	struct og_db *db;
	struct og_stmt *by_name, *by_id, *grants, *epoch;
};

/* Text that may be no UTF-8, repaired then, and *clean becomes 0. NULL
 * without memory. */
json_t *og_access_text(struct og_stmt *row, int i, int *clean);

/* Moves the epoch on; to be called with every change. */
int og_access_changed(struct og_access *access, struct og_err *err);

#endif
