/*
 * Backups of an instance, og-backup(5): an archive of tar(1) that holds the
 * instance as it was at one moment, a manifest with the digest of each
 * member, and, signed with the key of checkpoints, the manifest's own digest
 * and a checkpoint of the ledger.
 *
 * Both ways lead over a stage: a folder .omnigate.new-ID with a whole
 * instance .omnigate in it, which og-ledger(1) judges before it becomes an
 * archive, or an instance under its own name. A process that is killed
 * leaves the stage, which nothing uses (stage.h).
 *
 * The moment. The queue is held still, so that nothing comes into it and
 * nothing is acknowledged, while the snapshots of it and of erp.db begin:
 * some milliseconds. Whatever erp.db holds of a task that is not over, its
 * envelope is therefore in the queue; an envelope that is in the queue
 * although its task is over is answered from erp.db when it is delivered
 * again. Nothing that was acknowledged is lost, and nothing is done twice.
 */
#ifndef OG_INSTANCE_BACKUP_H
#define OG_INSTANCE_BACKUP_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/progress.h"
#include "lib/conf/conf.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_BACKUP_FILES	   10000 /* in an instance */
#define OG_BACKUP_MANIFEST ((size_t)8 << 20)

/* The stage, in both directions. */
struct og_stage {
	char *path; /* .../.omnigate.new-ID */
	char *home; /* path/.omnigate */
	char *made; /* the folder above, when this made it */
	int lock;   /* stage.h */
};
/* Removes what is there, and the folder above when it was made for it. */
void og_stage_release(struct og_stage *stage);

struct og_ledger_end {
	char name[128]; /* of the ledger */
	int64_t entries;
	char head[OG_HASH_HEX + 1];
};

/* --- making one ----------------------------------------------------------- */

struct og_backup {
	const struct og_conf *conf;
	const char *principal;	/* who makes it */
	const char *version;	/* of OmniGate */
	struct og_meter *meter; /* told of pages, then of KiB; or NULL */
	int with_keys;
	int state; /* was the database computed from the ledger and compared? */
	struct og_stage stage;
	json_t *members, *left; /* what is in it; names of what is not */
	json_t *queue;		/* {"named":PATH,"is":NAME} of one in it that og.conf
				   names from the root, or NULL */
	struct og_ledger_end ledger;
	struct og_buf manifest, signature, checkpoint; /* the latter two empty: no key here */
	struct og_hash digest;			       /* of the manifest */
};
void og_backup_release(struct og_backup *backup);

/* How many bytes the snapshot will be, about. */
int og_backup_size(const struct og_conf *conf, int64_t *ret, struct og_err *err);

/* Fills the stage in the folder near. Fields above stage are set by the
 * caller. OG_EPERM: the principal's key is not here, or their role lacks the
 * rights to read the ledger and to grant. OG_EDATA: a database is damaged. */
int og_backup_stage(struct og_backup *backup, const char *near, struct og_err *err);

/* After the stage was judged: manifest, checkpoint, signature. */
int og_backup_seal(struct og_backup *backup, struct og_err *err);

/* The archive, into fd. *ret: its SHA-256 is the caller's to take. */
int og_backup_write(const struct og_backup *backup, int fd, struct og_err *err);

/* An entry on the instance's own ledger, action "backup". */
int og_backup_record(const struct og_backup *backup, struct og_err *err);

/* --- reading one ---------------------------------------------------------- */

struct og_restore {
	const char *key; /* whose signature is believed, or NULL: the archive's own */
	struct og_stage stage;
	json_t *manifest;
	struct og_ledger_end ledger;
	struct og_buf checkpoint; /* as in the archive */
	struct og_hash digest;	  /* of the manifest */
	struct og_buf signer;	  /* the key that has signed, as text; empty: not checked */
	char *queue;		  /* where og.conf says it is, when that is outside; or NULL */
	int queue_moved; /* og.conf named the other instance's own, and does not any more */
};
void og_restore_release(struct og_restore *restore);

/* Unpacks the archive from fd into a stage in dir, which is made when it is
 * not there. OG_EDATA: it is no backup, or a member is not what the manifest
 * says; OG_NO: the signature is not that of the key. */
int og_restore_stage(struct og_restore *restore, int fd, const char *dir, struct og_err *err);

/* After the stage was judged: an entry, action "restore"; a queue of its own,
 * where og.conf names that of the instance it is a copy of; and the instance
 * gets its name, dir/.omnigate, durably. OG_ECONF when there is one already. */
int og_restore_finish(struct og_restore *restore, const char *dir, struct og_err *err);

#endif
