/*
 * The outbox: what stores elsewhere (elsewhere.h) have still to take, in
 * og_remote. The local rows and the ledger are the truth; a store is told
 * afterwards, and told again until it has heard.
 *
 * 1. Whatever makes another version of a skill or a policy the active one
 *    (a put, a step, an undo) makes it due by a trigger of our connection,
 *    in the same transaction, so that there is no way around it.
 * 2. The entry of that transaction is the intent: its body names what is
 *    due as "remote", and og_remote knows its number.
 * 3. After the commit, without any lock of the database, the store is told
 *    of the version that is active by then, or that there is none any more.
 * 4. A second transaction takes out what the store has taken, counts a try
 *    of what it has not, and has the outcome as its entry, action "store".
 *
 * A crash between leaves a row in og_remote, which the next flush sends
 * again: telling a store twice does no harm. One shield of an instance
 * tells at a time (run/remote.lock), so that a late older version does not
 * take the place of a newer one.
 */
#ifndef OG_SHIELD_OUTBOX_H
#define OG_SHIELD_OUTBOX_H

#include "lib/conf/conf.h"
#include "lib/shield/channel-internal.h"

#define OG_OUTBOX_AFTER_PUT 256	 /* rows that one put sends, its own and older ones */
#define OG_OUTBOX_MS	    5000 /* in which it begins to send them */
#define OG_OUTBOX_WHY_MAX   300	 /* bytes of what is kept of a refusal */

/* "graph", "vectors": in og_remote, in entries, in requests. */
const char *og_store_word(enum og_store store);
/* OG_EDATA when it is neither. */
int og_store_from_word(const char *word, enum og_store *ret, struct og_err *err);

/* The triggers, on this connection, for the stores that are elsewhere. */
int og_outbox_open(struct og_db *db, int graph, int vectors, struct og_err *err);

/* For og_frame_record(). _intents: new array of {"store","name","hash"} that
 * this transaction has made due (hash "": nothing by that name is active),
 * NULL when there is none; _number gives them the entry's number. */
int og_outbox_intents(struct og_db *db, json_t **ret, struct og_err *err);
int og_outbox_number(struct og_db *db, int64_t seq, struct og_err *err);

/* How many are due to a store. */
int og_outbox_due(struct og_db *db, enum og_store store, int64_t *ret, struct og_err *err);

struct og_flushed {
	int64_t done, failed, left; /* left: due and not tried, or tried in vain */
	int code;		    /* of the last failure, or 0 */
	char why[OG_OUTBOX_WHY_MAX];
};

/* Sends at most limit rows of a store, beginning with the oldest, none after
 * the deadline and none after the store could not be reached. What goes
 * wrong there is in *ret and is no error: -1 only where the outcome cannot be
 * kept. No frame is open before or after. */
int og_outbox_flush(struct og_request *rq, enum og_store store, size_t limit, int64_t deadline,
		    struct og_flushed *ret, struct og_err *err);

/* What the dispatcher does after a request that left something due: sends
 * it, and says so in the reply: "stored":bool, "why". */
void og_outbox_after(struct og_request *rq);

#endif
