/*
 * Who opens the database without a conversation (the ledger's reader, the
 * maker of backups) proves in the same way who they are.
 */
#ifndef OG_INSTANCE_IDENTITY_H
#define OG_INSTANCE_IDENTITY_H

#include "lib/access/access.h"
#include "lib/base/err.h"
#include "lib/conf/conf.h"

/* The private key of the principal of that name is to be read in the
 * instance's keys/, and is that of the public one on record; else OG_EPERM,
 * or why it cannot be read: without the key nothing is said of the record. */
int og_identity_prove(const struct og_conf *conf, struct og_access *access, const char *name,
		      struct og_principal *ret, struct og_err *err);

#endif
