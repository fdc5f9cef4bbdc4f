/*
 * Making an instance: the directory, the databases, the keys, and the
 * first entries of the ledger. Everything is made under another name and
 * renamed at the end, so that an instance is there whole or not at all.
 *
 * base.db is a snapshot taken before the first entry; entry 1 holds its
 * digest. Whatever happens afterwards is on the ledger, so the state can
 * be computed again from the two.
 */
#ifndef OG_INSTANCE_MAKE_H
#define OG_INSTANCE_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/progress.h"
#include "lib/json/json.h"

struct og_making;

/* dir: where .omnigate shall be. share: .../share/omnigate. adopt: an
 * existing database to copy, or NULL. business: files of SQL that make the
 * business tables, relative to share, ended by NULL; or NULL. OG_ECONF when there is
 * an instance already; OG_EDATA when adopt is no database, is damaged,
 * holds names that belong to the system, or a trigger or view that reaches
 * for our tables; OG_EOS, before anything is copied, when there is no room
 * for it twice. Nothing is left behind by a failure; a process killed on
 * the way leaves .omnigate.new-ID, which nothing uses (stage.h). */
struct og_make_options {
	const char *dir, *share, *adopt;
	const char *const *business;
	struct og_meter *meter; /* of pages that are copied, twice; or NULL */
	const char *queue;	/* lines of og.conf that say where it is, or NULL: here */
};
int og_making_begin(const struct og_make_options *options, struct og_making **ret,
		    struct og_err *err);

/* What came with an adopted database. */
struct og_adopted {
	int64_t tables, views, triggers;
};
int og_making_adopted(struct og_making *making, struct og_adopted *ret, struct og_err *err);

/* Roles, principals (with keys) and grants of an access file
 * (og-access(5)); besides them the principal owner. One entry each. */
int og_making_access(struct og_making *making, const json_t *access, struct og_err *err);

/* A skill as og_skill_parse gave it; it is granted what it asks for. */
int og_making_skill(struct og_making *making, json_t *doc, struct og_err *err);
/* A policy record (lib/policy/store.h). */
int og_making_policy(struct og_making *making, const json_t *policy, struct og_err *err);

/* Makes it durable and gives it its name. */
int og_making_finish(struct og_making *making, struct og_err *err);

/* An instance without a database: og.conf, run/ and keys/, for a host that
 * submits to a queue or works for a shield elsewhere. queue: the lines of
 * og.conf that say where it is; shield: its value; both checked by the
 * caller. principal: makes
 * keys/NAME.key and appends its public half in base64; NULL: no key. Whole
 * or not at all, as above. */
struct og_remote_options {
	const char *dir, *queue, *shield, *principal;
};
int og_make_remote(const struct og_remote_options *options, struct og_buf *ret_public,
		   struct og_err *err);

/* A copy of the instance at home (its .omnigate) as it is between two
 * transactions, in dir, to try things on: database, base.db, the keys of its
 * people, and of og.conf the limits. Its queue is empty, and it knows no
 * service, model or place outside. home is only read. Whole or not at all,
 * as above. OG_ENOINPUT when there is no database at home. */
int og_make_copy(const char *home, const char *dir, struct og_err *err);

/* Removes what is unfinished; after og_making_finish only frees. */
void og_making_free(struct og_making *making);

#endif
