/*
 * Redaction: taking a person's data out of the ledger. The entry, its hash
 * and every proof stay; salt and body go, and with the salt the way to
 * guess the body. A later entry `redact` says who did it and why.
 */
#ifndef OG_LEDGER_REDACT_H
#define OG_LEDGER_REDACT_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/ledger/ledger.h"

struct og_redaction {
	int64_t seq;
	const char *principal;
	const char *reason;
	int with_changes; /* also when the body holds row changes */
};

/* In one transaction of its own: empties the entry, what its task left
 * behind (result, sentence, envelope, variables, recorded replies), and
 * appends the entry `redact`. Then makes it durable and empties the log of old pages.
 * OG_NO: no such entry, redacted before, one that must stay (genesis,
 * redact), its task still runs, or it holds row changes and with_changes
 * is 0: without them nobody can compute the database from the ledger. */
int og_ledger_redact(struct og_db *db, const struct og_redaction *redaction, struct og_receipt *ret,
		     struct og_err *err);

#endif
