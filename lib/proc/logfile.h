/*
 * A service's log: run/log/NAME.log, one line per record,
 *
 *	2026-11-25T20:02:43.123Z TEXT
 *
 * with control bytes made visible before they are written, so that a log
 * can be shown as it is. When the file has OG_LOG_MAX bytes it becomes
 * NAME.log.1, in the place of an older one: a log takes twice that and no
 * more. A log that cannot be written stops nobody; how many lines it lost
 * is written when it can be written again.
 */
#ifndef OG_PROC_LOGFILE_H
#define OG_PROC_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define OG_LOG_MAX	((int64_t)4 << 20)
#define OG_LOG_LINE_MAX 8192 /* longer lines become several */

struct og_logfile {
	int dir;       /* of the logs, borrowed */
	char name[48]; /* "worker.log" */
	int fd;	       /* -1: could not be opened yet */
	int64_t size;
	long lost; /* lines since the last one that was written */
};

/* dir: descriptor of the directory, valid as long as the log. Appends to
 * what is there. name: up to 32 bytes, checked by the caller. */
void og_logfile_open(int dir, const char *name, struct og_logfile *ret);
void og_logfile_close(struct og_logfile *log);
/* Text of one line without its newline, at most OG_LOG_LINE_MAX bytes,
 * whatever they are. now: wall clock ms. */
void og_logfile_line(struct og_logfile *log, int64_t now, const char *text, size_t len);

#endif
