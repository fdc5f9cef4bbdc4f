/*
 * Which entries: the options that og-ledger log, tail and export have in
 * common, and the one statement they come to. Different options must all
 * hold; of an option that is given more than once, one. Values are bound,
 * never part of the statement's text.
 *
 * A task is found by an index, a time by halving (time does not run
 * backwards along the ledger); everything else is a scan.
 */
#ifndef OG_CMD_LEDGER_PICK_H
#define OG_CMD_LEDGER_PICK_H

#include "cmd/og-main.h"
#include "lib/db/db.h"

#define LEDGER_PICK_MAX 64 /* values of all options together */

struct ledger_pick {
	struct og_buf where;
	const char *values[LEDGER_PICK_MAX]; /* borrowed from the arguments */
	size_t n;
	int64_t after, until;	/* numbers: those above after, up to until */
	int64_t from_ms, to_ms; /* times, -1: none; ledger_pick_place() makes numbers of them */
	int since;		/* was --since given? */
};

/* The table's lines; --as and --json stand before and after. */
#define LEDGER_PICK_OPTIONS                                                                        \
	{ "principal", 0, OG_OPT_LIST, "WHO", "of this principal" },                               \
		{ "agent", 0, OG_OPT_LIST, "AGENT", "by this program: og-worker, ..." },           \
		{ "action", 0, OG_OPT_LIST, "ACTION", "of this kind: step, refuse, grant, ..." },  \
		{ "task", 0, OG_OPT_LIST, "ID", "of this task" },                                  \
		{ "node", 0, OG_OPT_LIST, "SKILL", "governed by this skill, or SKILL@VERSION" },   \
		{ "table", 0, OG_OPT_LIST, "TABLE",                                                \
		  "that changed rows or columns of this table" },                                  \
		{ "refused", 0, OG_OPT_FLAG, NULL, "that something was refused" },                 \
		{ "since", 0, OG_OPT_VALUE, "WHEN", "after entry WHEN, or from that time on" },    \
	{                                                                                          \
		"until", 0, OG_OPT_VALUE, "WHEN", "up to entry WHEN, or before that time"          \
	}

/* Reads the options; what cannot be meant is OG_EUSAGE. */
int ledger_pick_init(struct ledger_pick *pick, const struct og_args *args, struct og_err *err);
void ledger_pick_release(struct ledger_pick *pick);

/* Says on standard error which of the names that were given there is none of
 * now, and the nearest: nothing found may mean misspelt. Not a refusal, since
 * the ledger may know what is gone. For who may read the ledger. */
int ledger_pick_doubt(const struct og_ctx *ctx, const struct og_args *args, struct og_db *db,
		      struct og_err *err);

/* Inside a read transaction of the caller's: finds where the times lie, and,
 * with newest > 0, moves `after` so that no more than so many are left. */
int ledger_pick_place(struct ledger_pick *pick, struct og_db *db, int64_t newest,
		      struct og_err *err);

/* The statement, bound, oldest first: seq, entry, hash, body, salt, time. */
enum { PICK_SEQ, PICK_ENTRY, PICK_HASH, PICK_BODY, PICK_SALT, PICK_TIME };
int ledger_pick_stmt(const struct ledger_pick *pick, struct og_db *db, struct og_stmt **ret,
		     struct og_err *err);

#endif
