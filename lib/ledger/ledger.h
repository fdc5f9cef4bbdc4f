/*
 * The ledger: append-only entries, hash-chained, also a Merkle tree. The
 * record is og-ledger-entry(5). This header appends; verify.h judges.
 */
#ifndef OG_LEDGER_LEDGER_H
#define OG_LEDGER_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/hash/hash.h"

struct og_ledger;

/* Prepares the statements; db is borrowed. Free before og_db_close(). */
int og_ledger_open(struct og_db *db, struct og_ledger **ret, struct og_err *err);
void og_ledger_free(struct og_ledger *ledger);

/* What actions there are, sorted, NULL at the end: og-ledger-entry(5). */
extern const char *const og_ledger_actions[];

/* Who did what, where. All strings are valid UTF-8, at most
 * OG_RECORD_FIELD_MAX bytes; "" where one does not apply. */
#define OG_RECORD_FIELD_MAX 512
struct og_record {
	const char *principal; /* "alice" */
	const char *agent;     /* "og-worker/skill" */
	const char *action;    /* "step", "refuse", ...: og_ledger_actions */
	const char *node;      /* "procure-to-pay@0123456789ab" */
	const char *task;      /* UUID */
	const char *step;
};

struct og_receipt {
	int64_t seq;
	struct og_hash hash; /* of the entry: the RFC 6962 leaf hash */
	char time[OG_TIME_LEN + 1];
};

/* Appends one entry inside the caller's write transaction (the head is
 * read there, so two processes cannot take the same place). body is
 * canonical JSON. Time never runs backwards along the chain. */
int og_ledger_append(struct og_ledger *ledger, const struct og_record *record, const char *body,
		     size_t len, struct og_receipt *ret, struct og_err *err);

/* Number and hash of the last entry; seq 0 and zeros when there is none. */
int og_ledger_head(struct og_ledger *ledger, int64_t *ret_seq, struct og_hash *ret_hash,
		   struct og_err *err);

/* The hash of the first entry, in hex: it tells this instance from every other.
 * OG_NO: there is no entry yet. */
int og_ledger_genesis(struct og_db *db, char ret[OG_HASH_HEX + 1], struct og_err *err);

#endif
