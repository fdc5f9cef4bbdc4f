/*
 * The statement frame: the one shape every change has. Begin a write
 * transaction and start the row log; let the gate do its work; append one
 * ledger entry that holds the row changes; commit. An effect without its
 * entry cannot be committed, because both are the same transaction.
 *
 * A refusal is the other way round: what was begun is rolled back, then
 * the refusal is written in a transaction of its own.
 *
 * Writers of an instance pass a door (lib/base/door.h) before they ask for
 * SQLite's lock, so that several shields take turns without sleeping. It is
 * left before the sync: those who commit next to each other share it.
 *
 * Reading needs no frame, but a consistent view of several reads does:
 * og_frame_read begins a read transaction.
 */
#ifndef OG_SHIELD_FRAME_H
#define OG_SHIELD_FRAME_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/db/rowlog.h"
#include "lib/json/json.h"
#include "lib/ledger/ledger.h"

struct og_frame {
	struct og_db *db;
	struct og_rowlog *rowlog;
	struct og_ledger *ledger;
	int door;      /* descriptor of the door's file; 0: there is none */
	int writing;   /* between begin and commit or abort */
	int elsewhere; /* puts become due to a store elsewhere (outbox.h) */
	int due;       /* an entry intends to tell one: set by record, cleared by abort */
};

/* Waits for the writer before us: BEGIN IMMEDIATE; row log started. */
int og_frame_begin(struct og_frame *frame, struct og_err *err);
int og_frame_read(struct og_frame *frame, struct og_err *err);

/* True when the open frame changed a row that the ledger covers. */
int og_frame_changed(const struct og_frame *frame);

/* Appends the row changes so far as a JSON array. */
int og_frame_changes(struct og_frame *frame, struct og_buf *out, struct og_err *err);

/* Appends the entry. body: an object without "changes", which is put in
 * from the row log, as is "remote", what stores elsewhere are to be told;
 * borrowed. Once per frame, after the last change, but for og_frame_next(). */
int og_frame_record(struct og_frame *frame, const struct og_record *record, const json_t *body,
		    struct og_receipt *ret, struct og_err *err);

/* After og_frame_record: what changes from here on is of a further entry in
 * the same transaction. */
void og_frame_next(struct og_frame *frame);

/* COMMIT; with sync it is also durable when this returns. After a failure
 * the frame is aborted. */
int og_frame_commit(struct og_frame *frame, int sync, struct og_err *err);

/* ROLLBACK; quiet when nothing is open. */
void og_frame_abort(struct og_frame *frame);

#endif
