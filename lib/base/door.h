/*
 * A door: a lock file that processes pass one at a time, in the order they
 * came. Whoever writes a database passes its door first: waiting in line
 * wakes at once, where SQLite's own waiting sleeps and tries again.
 *
 * The lock is flock(2)'s: it goes with its process, however that ends. A
 * process that somebody stops inside (SIGSTOP) keeps the others out; they
 * fail after OG_DOOR_MS and say who it is, if that can be known. While it
 * waits a process uses one real-time signal; nothing of it remains.
 */
#ifndef OG_BASE_DOOR_H
#define OG_BASE_DOOR_H

#include "lib/base/err.h"

#define OG_DOOR_MS 10000 /* as long as SQLite waits for a lock */

/* fd: the open lock file, one description per process. what it is the door
 * of: "queue". OG_ETEMP when it was not passed in time. */
int og_door_enter(int fd, const char *what, struct og_err *err);
void og_door_leave(int fd);

#endif
