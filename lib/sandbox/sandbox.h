/*
 * Calls that only remove authority from this process. Each one reports
 * whether the kernel could do it: OG_SANDBOX_NONE is not an error of the
 * caller (og doctor shows it), a failure in the middle is.
 */
#ifndef OG_SANDBOX_SANDBOX_H
#define OG_SANDBOX_SANDBOX_H

#include <stdint.h>

#include "lib/base/err.h"

enum og_sandbox { OG_SANDBOX_NONE = 0, OG_SANDBOX_DONE = 1 };

/* Landlock. paths: NULL-terminated list of directories below which files
 * may still be used, or of single files; writable says whether they may be written. With an
 * empty list no file can be opened by path any more. Descriptors already
 * open stay usable. Note: SQLite opens its WAL by path, so a rule must be
 * on the instance's directory, never on erp.db alone. Returns enum
 * og_sandbox or -1. */
int og_sandbox_paths(const char *const *read_only, const char *const *read_write,
		     struct og_err *err);

/* Landlock, for a process whose children inherit it: programs are started
 * and files read only below run, files read below read_only, and all but
 * devices made, changed and removed below read_write. Paths that are not
 * there are left out. no_tcp: nor is a TCP port bound or connected to (from
 * Linux 6.7 on; sockets that are open stay). Returns enum og_sandbox or -1. */
int og_sandbox_house(const char *const *run, const char *const *read_only,
		     const char *const *read_write, int no_tcp, struct og_err *err);

/* seccomp: no socket(2) but AF_UNIX when unix_ok, no ptrace, no mount, no
 * bpf, no keyctl, ... Returns enum og_sandbox or -1. */
int og_sandbox_no_network(int unix_ok, struct og_err *err);
/* seccomp: no execve either. */
int og_sandbox_no_exec(struct og_err *err);

/* setrlimit: bytes of address space, CPU seconds, open files; 0 leaves one. */
int og_sandbox_limits(uint64_t memory, uint64_t cpu_seconds, uint64_t files, struct og_err *err);
/* setrlimit: bytes of memory of its own; files that are mapped to be read do
 * not count, as they do above. 0 leaves it. */
int og_sandbox_memory(uint64_t bytes, struct og_err *err);

#endif
