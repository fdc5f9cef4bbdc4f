/* Entries for a person's eyes. */
#ifndef OG_LEDGER_LINE_H
#define OG_LEDGER_LINE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_ENTRY_LINE_MAX ((size_t)65536 * 4)

/* Appends one line (without newline) about an entry that fits a terminal
 * of 80 columns: number, time, principal, action, what it touched. Control
 * bytes are made visible. row: the entry's members and "body". */
int og_entry_line(const json_t *row, struct og_buf *ret, struct og_err *err);

#endif
