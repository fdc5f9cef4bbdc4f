/*
 * A log of og up, read line by line across its rotation (og-log-read.c),
 * for og logs, which merges several by time.
 */
#ifndef OG_CMD_LOGS_H
#define OG_CMD_LOGS_H

#include <sys/types.h>

#include "cmd/og-main.h"
#include "lib/base/clock.h"

#define OG_LOG_NAME 48

struct og_log_source {
	char name[OG_LOG_NAME]; /* of the service */
	int dir;		/* of the logs, borrowed */
	int fd;			/* what is read now, or -1 */
	int older;		/* NAME.log.1 is, and NAME.log comes after it */
	int ended;		/* it was rotated; what was written until then is read once more */
	ino_t inode;
	struct og_buf buf;
	size_t start;
	/* The line that comes next, while has_line: when it was written and
	 * what it says, borrowed until the source moves on. A line without a
	 * time has that of the one before. */
	int has_line;
	char time[OG_TIME_LEN + 1];
	const char *text;
	size_t len;
};

/* Starts so that at most n lines are left. *ret_lines: how many there are. */
int og_log_source_open(int dir, const char *name, long n, struct og_log_source *ret,
		       long *ret_lines, struct og_err *err);
void og_log_source_close(struct og_log_source *source);
/* Moves on to the next line: has_line is 0 when none is there yet. */
int og_log_source_next(struct og_log_source *source, struct og_err *err);

#endif
