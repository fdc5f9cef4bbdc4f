/* Shared inside lib/access: the prepared statements, and the epoch. */
#ifndef OG_ACCESS_INTERNAL_H
#define OG_ACCESS_INTERNAL_H

#include "lib/access/access.h"

struct og_access {
	struct og_db *db;
	struct og_stmt *by_name, *by_id, *grants, *epoch;
};

/* Moves the epoch on; to be called with every change. */
int og_access_changed(struct og_access *access, struct og_err *err);

#endif
