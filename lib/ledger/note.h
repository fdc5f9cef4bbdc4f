/*
 * Signed notes (C2SP signed-note): lines of text, a blank line, signature
 * lines. Ed25519 only. A name stands for the signer; it is part of the key
 * id, so the same key under another name does not count.
 */
#ifndef OG_LEDGER_NOTE_H
#define OG_LEDGER_NOTE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hash/hash.h"

#define OG_NOTE_MAX	 ((size_t)64 << 10)
#define OG_NOTE_NAME_MAX 127

/* Whose signature is believed. */
struct og_note_key {
	char name[OG_NOTE_NAME_MAX + 1]; /* no space, no '+' */
	unsigned char pub[OG_KEY_PUBLIC];
};

/* The key as text, "name+KEYID+BASE64", as tools of that world take it. */
int og_note_key_print(const struct og_note_key *key, struct og_buf *ret, struct og_err *err);
/* OG_EDATA when it is not of that form or its key id is wrong. */
int og_note_key_parse(const char *text, struct og_note_key *ret, struct og_err *err);

/* Appends text (which ends with a newline), a blank line and a signature. */
int og_note_sign(const struct og_slice *text, const char *name,
		 const unsigned char seed[OG_KEY_SEED], struct og_buf *ret, struct og_err *err);

/* Gives the length of the note's text when one signature is key's and
 * good. Signatures of others are passed over. OG_EDATA: no signed note;
 * OG_NO: not signed by key, or the signature is not good. */
int og_note_check(const struct og_slice *note, const struct og_note_key *key, size_t *ret_len,
		  struct og_err *err);

#endif
