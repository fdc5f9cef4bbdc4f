/*
 * Child processes and the NDJSON conversation with them. A child is
 * started without a shell, with its own two pipes, dies with its parent
 * (PR_SET_PDEATHSIG) and is never waited for without a deadline.
 */
#ifndef OG_PROC_PROC_H
#define OG_PROC_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* argv[0] is the path. fd 0 and 1 of the child are pipes to us, fd 2 is
 * inherited. env_add: NULL or a NULL-terminated list of "K=V" added to the
 * environment. */
struct og_child {
	pid_t pid; /* -1: none */
	int in;	   /* we write, or -1 */
	int out;   /* we read, or -1 */
};

int og_child_start(const char *const *argv, const char *const *env_add, struct og_child *ret,
		   struct og_err *err);
/* Closes the pipes, waits until the deadline, then SIGKILL. *status as of
 * waitpid(2); may be NULL. */
void og_child_end(struct og_child *child, int64_t deadline, int *status);

/* Feeds a started child its whole input, collects its output until it
 * ends, and reaps it; failure and *status as of og_child_run(). */
int og_child_talk(struct og_child *child, const void *input, size_t len, int64_t deadline,
		  struct og_buf *out, int *status, struct og_err *err);

/* Runs argv to its end with input on stdin; output is appended to out.
 * OG_ETEMP when the deadline passed (the child is killed), OG_EDATA when
 * the output was larger than out may hold. *status is the exit status,
 * 128 + signal when killed. */
int og_child_run(const char *const *argv, const void *input, size_t len, int64_t deadline,
		 struct og_buf *out, int *status, struct og_err *err);

/* Lines from a descriptor, bounded, with deadlines. */
struct og_lines {
	int fd;
	struct og_buf buf;
	size_t start; /* first byte not yet handed out */
	int eof;
};
void og_lines_init(struct og_lines *lines, int fd, size_t max_line);
void og_lines_release(struct og_lines *lines);
/* 1: *ret points at a line of *len bytes without its newline, valid until
 * the next call; 0: end of input; -1: OG_ETEMP (deadline), OG_EDATA (line
 * too long, or input ended inside a line), OG_EIO. */
int og_lines_next(struct og_lines *lines, int64_t deadline, char **ret, size_t *len,
		  struct og_err *err);

#endif
