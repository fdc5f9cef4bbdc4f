/*
 * A lock: which versions of which skills there are to be, signed by a
 * principal (og-skill(5), MANIFESTS). It holds names and hashes and no text,
 * so it may lie beside the skills in a repository. It is of one instance:
 * genesis is the hash of the first entry of its ledger.
 *
 *   {"v":1,"kind":"og-skill-lock","time":TIME,"principal":T,
 *    "genesis":HASH,"pubkey":BASE64,"skills":[{"name","hash","clearance"}],
 *    "policies":[{"name","hash","clearance","node"}]?,"signature":BASE64}
 *
 * The signature is Ed25519 over the canonical JSON (RFC 8785) of all members
 * but itself. Both lists are in order of names, without one twice.
 */
#ifndef OG_SKILL_LOCK_H
#define OG_SKILL_LOCK_H

#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_LOCK_KIND "og-skill-lock"
#define OG_LOCK_MAX  ((size_t)8 << 20) /* bytes */

/* Adds pubkey and signature to a manifest without them; puts its lists in
 * order. */
int og_lock_sign(json_t *lock, const unsigned char seed[OG_KEY_SEED], struct og_err *err);

/* Reads a manifest: its form, and that it is signed with the key it names.
 * pub, unless NULL, is the key it has to be. OG_EDATA: it is no manifest.
 * OG_EPERM: it is not signed with that key, or was changed since. */
int og_lock_read(const char *text, size_t len, const unsigned char *pub, json_t **ret,
		 struct og_err *err);

/* Holds one of its lists ("skills") against what there is, in any order:
 * [{"what":"added"|"missing"|"changed","name":T,"locked":HASH?,"is":HASH?}],
 * in order of names; empty when they are the same. New reference. */
int og_lock_compare(const json_t *locked, const json_t *there, json_t **ret, struct og_err *err);

#endif
