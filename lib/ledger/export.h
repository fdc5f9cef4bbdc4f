/*
 * An export: the ledger as JSON lines, to be judged far from any instance
 * (og-ledger-entry(5), EXPORTS). This judges one, line by line, so that a
 * file of any size takes no memory.
 */
#ifndef OG_LEDGER_EXPORT_H
#define OG_LEDGER_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/ledger/note.h"
#include "lib/ledger/verify.h"

#define OG_EXPORT_LINE_MAX ((size_t)128 << 20)

/* Appends the line of an entry, its newline too. salt and body NULL: they
 * were redacted. */
struct og_export_entry {
	int64_t seq;
	struct og_slice entry, hash, salt, body;
};
int og_export_print(const struct og_export_entry *entry, struct og_buf *ret, struct og_err *err);
/* The line of one that is left out: its hash alone. */
int og_export_print_hash(const struct og_export_entry *entry, struct og_buf *ret,
			 struct og_err *err);
/* The last line: the signed note and the key as text, or NULL for both. */
int og_export_print_end(int64_t entries, const char *note, const char *key, struct og_buf *ret,
			struct og_err *err);

struct og_export_check;

/* key: whose checkpoint is believed; NULL: the one that the export names,
 * which says no more than that it is the same as the export's. Problems are
 * added to judgement, which is borrowed, as "line N: ...". */
int og_export_check_new(const struct og_note_key *key, struct og_judgement *judgement,
			struct og_export_check **ret, struct og_err *err);
void og_export_check_free(struct og_export_check *check);

/* The next line, without its newline. 0 whatever is found; -1 without memory. */
int og_export_check_line(struct og_export_check *check, const char *line, size_t len,
			 struct og_err *err);
/* After the last one. *ret_whole: entries that were there with all their
 * text; *ret_signer: whose checkpoint holds, as text, "" when it was not
 * signed; valid as long as check. */
int og_export_check_end(struct og_export_check *check, int64_t *ret_whole, const char **ret_signer,
			struct og_err *err);
/* The line that came last, from 1; 0: none has come. */
int64_t og_export_check_at(const struct og_export_check *check);

#endif
