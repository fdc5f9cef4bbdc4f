/*
 * A bounded file of requests, one per line, as OTLP's file exporters write
 * them: what could not be sent, or what is not to be sent at all. When it
 * is full it becomes PATH.1 and what was PATH.1 is dropped, so that the
 * newest are kept. Lines are whole: what a full disk or a kill cut off is
 * cut back. Nothing is synced: this is telemetry.
 *
 * It may be read back from its oldest line on. A process that is killed in
 * between reads from the start again, so a receiver may get a line twice.
 */
#ifndef OG_TELEMETRY_SPILL_H
#define OG_TELEMETRY_SPILL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct og_spill {
	char *path, *older; /* PATH, PATH.1 */
	size_t max;	    /* of both together */
	off_t at;	    /* read so far, of the older one while there is one */
	size_t taken;	    /* length of the line that og_spill_next() gave; 0: none */
	int fd;		    /* PATH for appending, or -1 */
};

/* Makes no file before there is something to write. */
int og_spill_open(struct og_spill *spill, const char *path, size_t max, struct og_err *err);
void og_spill_close(struct og_spill *spill);

/* Appends a line (without its newline). *ret_lost: spans and log records
 * that were dropped for it. -1: it could not be written, and the file is as it was. */
int og_spill_add(struct og_spill *spill, const char *line, size_t len, int64_t *ret_lost,
		 struct og_err *err);

/* The oldest line that is not done with: 1, appended to out without its
 * newline; 0 nothing is left; -1. */
int og_spill_next(struct og_spill *spill, struct og_buf *out, struct og_err *err);
/* The line that og_spill_next() gave is done with. */
void og_spill_done(struct og_spill *spill);
/* Is there anything to read? */
int og_spill_any(const struct og_spill *spill);

#endif
