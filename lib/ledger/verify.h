/*
 * Judging the ledger: verify.h looks at the entries alone, state.h also
 * computes the database from them. Judging reads; it never mends.
 */
#ifndef OG_LEDGER_VERIFY_H
#define OG_LEDGER_VERIFY_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/progress.h"
#include "lib/db/db.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_PROBLEMS_MAX 1000 /* named; more are counted only */

struct og_judgement {
	int64_t checked;     /* entries looked at */
	int64_t problems;    /* found */
	json_t *list;	     /* [{"seq":N or null,"field":F,"what":T}] */
	int64_t last;	     /* number of the last entry */
	struct og_hash head; /* its hash, as stored */
	/* Who waits, or NULL, as og_judgement_init() leaves it; borrowed. Verifying
	 * and replaying count entries, comparing counts tables. */
	struct og_meter *meter;
};

int og_judgement_init(struct og_judgement *judgement, struct og_err *err);
void og_judgement_release(struct og_judgement *judgement);
/* Adds a problem; seq 0: of no single entry. */
void og_judgement_add(struct og_judgement *judgement, int64_t seq, const char *field,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Every entry: that numbers have no gap, that its text is the canonical
 * one, its hash, the link to the one before, the hash over salt and body,
 * and that the query columns say what the entry says. A body may be
 * missing only where a later entry `redact` names it. Inside a read
 * transaction of the caller's. 0 whatever is found; -1 when it cannot read. */
int og_ledger_verify(struct og_db *db, struct og_judgement *judgement, struct og_err *err);

/* The same with n processors: each connection by a thread of its own, dbs[0]
 * by the caller's. They must be of one file and see one moment, og_db_pin_all().
 * Whatever is found is what one finds alone, word by word: as soon as a range
 * of entries is not in order, what comes from there on is judged by one. */
#define OG_VERIFY_MANY_MAX 64
int og_ledger_verify_many(struct og_db *const *dbs, size_t n, struct og_judgement *judgement,
			  struct og_err *err);

#endif
