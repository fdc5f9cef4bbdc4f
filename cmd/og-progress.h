/*
 * How far something has come, on one line of standard error that is written
 * anew: only on a terminal, and only for what takes longer than a second.
 */
#ifndef OG_CMD_PROGRESS_H
#define OG_CMD_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/opt.h"

struct og_progress {
	const struct og_ctx *ctx;
	const char *what; /* "documents"; borrowed */
	size_t total;	  /* 0: nobody knows */
	int64_t next_ms;  /* when it is written again; 0: never */
	int shown;
};

void og_progress_begin(struct og_progress *progress, const struct og_ctx *ctx, const char *what,
		       size_t total);
void og_progress_at(struct og_progress *progress, size_t done);
/* Takes the line away: before anything else is written, and at the end. */
void og_progress_clear(struct og_progress *progress);

#endif
