/* Shared inside lib/instance: an instance that is being made. */
#ifndef OG_INSTANCE_MAKE_INTERNAL_H
#define OG_INSTANCE_MAKE_INTERNAL_H

#include "lib/access/access.h"
#include "lib/db/db.h"
#include "lib/db/rowlog.h"
#include "lib/instance/make.h"
#include "lib/ledger/ledger.h"
#include "lib/policy/store.h"
#include "lib/queue/queue.h"
#include "lib/skill/store.h"

struct og_making {
	const char *share;
	char *temporary, *final; /* temporary NULL: it has its name */
	int lock;		 /* stage.h */
	char *made;		 /* the directory around it, when it was not there before */
	char base[OG_HASH_HEX + 1];
	int queue_elsewhere;
	int writing; /* the transaction of all entries is open */
	struct og_db *db;
	struct og_rowlog *rowlog;
	struct og_ledger *ledger;
	struct og_access *access;
	struct og_graph *graph;
	struct og_policies *policies;
};

char *og_making_path(const struct og_making *making, const char *name);

/* The pieces: .omnigate under another name with its folders ("" first, NULL
 * ends them), og.conf, a new key pair in keys/NAME.key (the public half is
 * appended in base64), and at the end its own name, durably. */
int og_making_folders(struct og_making *making, const char *dir, const char *const *folders,
		      struct og_err *err);
int og_making_conf(const struct og_making *making, const char *text, struct og_err *err);
int og_making_key(const struct og_making *making, const char *name, struct og_buf *ret_public,
		  struct og_err *err);
int og_making_queue(const struct og_making *making, struct og_err *err);
int og_making_name(struct og_making *making, struct og_err *err);

/* Is what was copied from a foreign database fit to live in? Its
 * encoding, names of the system and damage are looked for before our
 * tables are there, code that reaches for them after. OG_EDATA names it. */
int og_adopt_check(struct og_making *making, const char *from, struct og_err *err);
int og_adopt_check_code(struct og_making *making, const char *from, struct og_err *err);

/* Opens what writes entries, and writes entry 1. */
int og_making_genesis(struct og_making *making, struct og_err *err);

#endif
