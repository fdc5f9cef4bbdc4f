/*
 * How far something has come, on one line of standard error that is written
 * anew and taken away at the end:
 *
 *	og-ledger: entries [#######       ]  52 %  811,204/s  0:03 left
 *
 * Only on a terminal that can do that (TERM is neither unset nor "dumb"),
 * only in the foreground, and only for what takes longer than a second. The
 * line is no wider than the terminal is at that moment: the bar goes first,
 * then the rate, then the time. It decorates: nothing here can fail.
 *
 * A library function that may take long is handed &progress->meter
 * (lib/base/progress.h); a loop of a program calls og_progress_at().
 */
#ifndef OG_CMD_PROGRESS_H
#define OG_CMD_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/opt.h"
#include "lib/base/progress.h"

struct og_progress {
	struct og_meter meter; /* tells this progress: it must not be moved */
	const struct og_ctx *ctx;
	const char *what;  /* "documents"; borrowed */
	int64_t total;	   /* 0: nobody knows */
	int64_t start_ms;  /* when it began; 0: it is never shown */
	int64_t next_ms;   /* when it is written again */
	int64_t looked_ms; /* when the clock was last looked at */
	int64_t stride;	   /* rows between two looks */
	int shown;
};

void og_progress_begin(struct og_progress *progress, const struct og_ctx *ctx, const char *what,
		       size_t total);
/* The next part of the same work has begun: its name, and a clock anew for
 * rate and time. It is not waited for a second time before it is shown. */
void og_progress_stage(struct og_progress *progress, const char *what);
void og_progress_at(struct og_progress *progress, size_t done);
/* Takes the line away: before anything else is written, and at the end. */
void og_progress_clear(struct og_progress *progress);

#endif
