/* Shared by verify.c, which judges entries in order, and verify-many.c, which
 * has several ranges of them judged at a time. */
#ifndef OG_LEDGER_VERIFY_INTERNAL_H
#define OG_LEDGER_VERIFY_INTERNAL_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/ledger/gone.h"
#include "lib/ledger/verify.h"

/* As many as are worth the memory, 16 bytes each. */
#define OG_VERIFY_GONE_MAX ((size_t)1 << 26)

/* Entries from..to, judged as by who has found that all before them, 1 to
 * from - 1, are in order; from 1 or less: there is none before. Bodies that
 * are missing go to gone. OG_EDATA: entry from - 1 is not in order. */
int og_verify_range(struct og_db *db, int64_t from, int64_t to, struct og_gone *gone,
		    struct og_judgement *judgement, struct og_err *err);

/* After the last range: what nobody explained, and whether there was any entry. */
void og_verify_end(struct og_gone *gone, struct og_judgement *judgement);

#endif
