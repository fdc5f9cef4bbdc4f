/* Shared by the files of backups: what belongs into one and what does not. */
#ifndef OG_INSTANCE_BACKUP_INTERNAL_H
#define OG_INSTANCE_BACKUP_INTERNAL_H

#include "lib/instance/backup.h"

#define OG_BACKUP_DEPTH 4 /* folders in folders */

/* Makes near/.omnigate.new-ID and .omnigate in it. */
int og_stage_make(struct og_stage *stage, const char *near, struct og_err *err);

/* Is a file of that name, relative to the instance, made anew by itself (run,
 * renders, sessions; a WAL, which is part of no copy; erp.db-codes)? */
int og_backup_derived(const char *name);

/* Reads keys/checkpoint.key: 1; 0 when there is none; -1. */
int og_backup_seed(const char *home, unsigned char seed[OG_KEY_SEED], struct og_err *err);

/* The text that is signed: two lines, the second the manifest's digest. */
void og_backup_signed_text(const struct og_hash *digest, struct og_buf *out);

/* Makes what is in the file, and in the folder, durable. */
int og_backup_sync(const char *path, int folder, struct og_err *err);

/* One entry with these members in its body; taken. */
int og_backup_entry(const char *erp, const char *principal, const char *action, json_t *body,
		    struct og_err *err);

/* og.conf of the stage, which is to live in dir, names no queue that belongs to
 * the instance the backup was made of; fills queue and queue_moved. */
int og_restore_queue(struct og_restore *restore, const char *dir, struct og_err *err);

int og_backup_fail(const char *doing, const char *path, struct og_err *err);

#endif
