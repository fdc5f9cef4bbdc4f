/*
 * Bodies that are gone, and the entries that say why: a body may be missing
 * only where a later entry `redact` names its number. Who reads a ledger or
 * an export notes both with the place they stand at, which counts up from 1;
 * at the end what nobody explained is left. A hostile file may hold any
 * number of either, in any order: n log n, and no more memory than what is
 * unexplained wants (16 bytes each, four times at most).
 */
#ifndef OG_LEDGER_GONE_H
#define OG_LEDGER_GONE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct og_gone_mark {
	int64_t seq; /* whose body */
	int64_t at;  /* the place; below 0: of the entry that says why */
};

struct og_gone {
	struct og_gone_mark *marks;
	size_t n, size, max;
	int keep; /* nothing is settled before og_gone_settle(), for og_gone_join() */
};

/* max: so many may be unexplained at a time. */
void og_gone_init(struct og_gone *gone, size_t max, int keep);
void og_gone_release(struct og_gone *gone);

/* Places may not go back. OG_EDATA: more than max are unexplained. */
int og_gone_note(struct og_gone *gone, int64_t seq, int64_t at, struct og_err *err);
int og_gone_explain(struct og_gone *gone, int64_t seq, int64_t at, struct og_err *err);

/* What another one noted before a place, added. */
int og_gone_join(struct og_gone *gone, const struct og_gone *other, int64_t before,
		 struct og_err *err);

/* Leaves in marks those that nobody explained, by place. */
void og_gone_settle(struct og_gone *gone);

#endif
