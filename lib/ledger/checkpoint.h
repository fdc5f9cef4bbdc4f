/*
 * Checkpoints (C2SP tlog-checkpoint): a signed note that says how many
 * entries the ledger had and what their Merkle root was. Kept elsewhere,
 * it shows later what hashes in the ledger itself cannot: a cut tail, a
 * rewritten history. And receipts (C2SP tlog-proof): a checkpoint and the
 * way from one entry to its root, to be checked far from here.
 */
#ifndef OG_LEDGER_CHECKPOINT_H
#define OG_LEDGER_CHECKPOINT_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/ledger/note.h"
#include "lib/ledger/proof.h"
#include "lib/ledger/verify.h"

struct og_checkpoint {
	char origin[OG_NOTE_NAME_MAX + 1]; /* the ledger's name */
	uint64_t size;
	struct og_hash root;
};

/* A ledger's name: "omnigate/" and the first 12 digits of the hash of its
 * first entry. OG_NO when it is empty. */
int og_ledger_name(struct og_db *db, char out[OG_NOTE_NAME_MAX + 1], struct og_err *err);

/* The whole ledger now. Inside a read transaction of the caller's. */
int og_ledger_checkpoint(struct og_db *db, struct og_checkpoint *ret, struct og_err *err);

/* Appends the signed note; the signer's name is the origin. */
int og_checkpoint_print(const struct og_checkpoint *checkpoint,
			const unsigned char seed[OG_KEY_SEED], struct og_buf *ret,
			struct og_err *err);

/* Reads a checkpoint that key signed and whose origin is key's name.
 * OG_EDATA: it is none; OG_NO: it is not to be believed. */
int og_checkpoint_read(const struct og_slice *note, const struct og_note_key *key,
		       struct og_checkpoint *ret, struct og_err *err);

/* The first line of a note, to find the key by. OG_EDATA. */
int og_checkpoint_origin(const struct og_slice *note, char out[OG_NOTE_NAME_MAX + 1],
			 struct og_err *err);

/* Is the ledger one that grew out of the checkpoint? If not, a problem
 * with field "checkpoint" says how. */
int og_checkpoint_judge(struct og_db *db, const struct og_checkpoint *checkpoint,
			struct og_judgement *judgement, struct og_err *err);

/* Appends the receipt of entry seq, up to the place where the
 * signed note of the checkpoint follows. OG_NO: no such entry in it. */
int og_receipt_print(struct og_db *db, int64_t seq, const struct og_checkpoint *checkpoint,
		     struct og_buf *ret, struct og_err *err);

/* A receipt taken apart; nothing is believed yet. note points into text. */
struct og_receipt_file {
	uint64_t index; /* the entry's number less one */
	struct og_path path;
	struct og_slice note;
};
int og_receipt_parse(const struct og_slice *text, struct og_receipt_file *ret, struct og_err *err);

#endif
