/*
 * Where a collector listens: one per instance, shown by a lock that ends
 * with its process.
 */
#ifndef OG_TELEMETRY_PLACE_H
#define OG_TELEMETRY_PLACE_H

#include "lib/base/err.h"

#define OG_COLLECTOR_LOCK "telemetry.lock" /* in run/ */

/* Takes the lock: a descriptor that holds it, shared with children. OG_ETEMP
 * when another collector has it. */
int og_collector_lock(const char *run, struct og_err *err);
/* Does a collector serve this instance? 1, 0. */
int og_collector_alive(const char *run);

/* Makes run/telemetry.sock anew and listens. To be called by who has the
 * lock. A non-blocking descriptor, or -1. */
int og_collector_listen(const char *run, struct og_err *err);

#endif
