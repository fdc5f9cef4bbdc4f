/*
 * Who opens the database without a conversation (the ledger's reader, the
 * maker of backups) proves in the same way who they are.
 */
#ifndef OG_INSTANCE_IDENTITY_H
#define OG_INSTANCE_IDENTITY_H

#include "lib/access/access.h"
#include "lib/base/err.h"
#include "lib/conf/conf.h"

/* The principal's private key is to be read in the instance's keys/, and is
 * that of the public one on record; else OG_EPERM, or why it cannot be read. */
int og_identity_prove(const struct og_conf *conf, const struct og_principal *who,
		      struct og_err *err);

#endif
