/*
 * The database as the fold of its ledger: base.db and every entry's row
 * changes, in order, give the state again. What differs from erp.db was
 * changed past the gate.
 */
#ifndef OG_LEDGER_STATE_H
#define OG_LEDGER_STATE_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/ledger/verify.h"

/* Makes one schema change of an entry on the replica, exactly as it was
 * made first. Handed in, because judging it is the shield's business. */
typedef int og_replay_ddl_fn(struct og_db *replica, const char *sql, struct og_err *err);

/* Rebuilds the database up to entry `to` (0: all) into a new file. base:
 * path of base.db, which must have the digest that entry 1 names. A body
 * that was redacted leaves its changes out, and the problem is noted. */
int og_ledger_replay(struct og_db *db, const char *base, int64_t to, const char *out,
		     og_replay_ddl_fn *ddl, struct og_judgement *judgement, struct og_err *err);

/* Compares schema and rows of all business tables and of the system's
 * source tables. Differences are problems with seq null. */
int og_ledger_compare(struct og_db *db, const char *replica, struct og_judgement *judgement,
		      struct og_err *err);

#endif
