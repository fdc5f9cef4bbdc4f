/*
 * Sleeps until somebody writes the ledger (inotify(7) on erp.db, its WAL
 * and their folder), without a timer while nobody does. Entries of another
 * host's, on a network file system, wake nobody.
 *
 * A writer is seen when it writes its last page, which is a moment before
 * what it wrote can be read. So a wake is followed by three more, a
 * hundredth, a tenth and a second after; a writer that somebody stops for
 * longer in between is seen with the next.
 */
#ifndef OG_CMD_LEDGER_WAKE_H
#define OG_CMD_LEDGER_WAKE_H

#include <stdint.h>

#include "lib/base/err.h"

struct ledger_wake {
	int events, signals;
	int reader;	/* whose end means: stop; -1, as it is to begin with: nobody's */
	char name[256]; /* "erp.db" */
	int echo;	/* which of the later wakes comes next */
	int64_t at;	/* when, on the monotonic clock; OG_FOREVER: none */
	int replaced;	/* erp.db was made, moved or removed; the caller clears it */
};

/* SIGINT, SIGTERM and SIGHUP are blocked from here on. path: of erp.db, also
 * through a link. Open it before the first look. */
int ledger_wake_open(struct ledger_wake *wake, const char *path, struct og_err *err);
void ledger_wake_close(struct ledger_wake *wake);

/* 1: it may have changed, or the deadline is over; 0: a signal asks us to
 * stop, or the reader has gone; -1: OG_ENOINPUT when the folder
 * is gone. */
int ledger_wake_wait(struct ledger_wake *wake, int64_t deadline, struct og_err *err);

#endif
