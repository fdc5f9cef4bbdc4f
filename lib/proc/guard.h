/*
 * A guard: the process above a supervisor, which does nothing but outlive
 * it. When the supervisor ends, however it ends, whatever it had started
 * and whatever those had started has become the guard's own child (it is
 * a subreaper, prctl(2)), also what went into the background or into a
 * session of its own; it is told to end, and then it is killed. When the
 * guard itself is killed the supervisor gets SIGTERM, and stops in good
 * order. SIGTERM, SIGINT and SIGHUP to the guard are passed on.
 *
 * Only somebody who kills both at once can leave a grandchild behind; the
 * children have a death signal of their own.
 */
#ifndef OG_PROC_GUARD_H
#define OG_PROC_GUARD_H

#include <stdint.h>

#include "lib/base/err.h"

#define OG_GUARD_MS 10000 /* what an orphan gets for its end */

/* Forks the supervisor. In the guard it returns 1, after the supervisor
 * and all that it left are gone, with its exit status (128 + signal when it
 * was killed) in *ret_status; in the supervisor it returns 0, SIGTERM,
 * SIGINT and SIGHUP blocked, in a process group of its own; -1. The
 * calling process has one thread and no children. quiet: the guard lets go
 * of its standard descriptors. */
int og_guard(int quiet, int *ret_status, struct og_err *err);

/* Adopts what our descendants leave behind from now on. */
void og_adopt_orphans(void);
/* Ends every child of this process: SIGTERM, at the deadline SIGKILL,
 * until there is none. Returns how many there were. */
int og_end_orphans(int64_t deadline);

#endif
