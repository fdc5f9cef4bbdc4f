/*
 * Stages: folders .omnigate.new-ID in which an instance or a backup is put
 * together. Who makes one holds a lock on it (flock(2)) for as long as it
 * lives, so what a killed process left can be told from what is at work: by
 * the kernel, and not by its age. Where a file system cannot lock a folder
 * nothing is said to be left.
 */
#ifndef OG_INSTANCE_STAGE_H
#define OG_INSTANCE_STAGE_H

#include "lib/base/err.h"

#define OG_STAGE_PREFIX ".omnigate.new-"

/* Where a new stage in the folder would be: a name that nobody has. To be
 * freed; NULL with err. */
char *og_stage_path(const char *folder, struct og_err *err);

/* Makes the folder, mode 0700. *ret_lock: its lock, a descriptor to be closed
 * when the stage is gone or has its name; 0 where there are no locks. errno and
 * -1 when it cannot be made. */
int og_stage_make_folder(const char *path, int *ret_lock);

enum og_stage_state {
	OG_STAGE_NONE,	  /* it is no stage, or another user's */
	OG_STAGE_AT_WORK, /* somebody holds it, or has begun it just now */
	OG_STAGE_UNKNOWN, /* it cannot be locked here */
	OG_STAGE_LEFT,	  /* who made it is dead */
};
enum og_stage_state og_stage_look(const char *folder, const char *name);

/* Removes it if it is left. 0, or -1: it is not, or is still there. */
int og_stage_remove(const char *folder, const char *name);

/* Removes all that are left in the folder; tell (which may be NULL) is told the name of
 * each. What cannot be removed stays. */
void og_stage_sweep(const char *folder, void (*tell)(void *arg, const char *name), void *arg);

#endif
