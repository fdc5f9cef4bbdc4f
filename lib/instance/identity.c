/* See identity.h. */
#include "lib/instance/identity.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash/hash.h"

int og_identity_prove(const struct og_conf *conf, struct og_access *access, const char *name,
		      struct og_principal *ret, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC];
	struct og_principal who;
	char *path = NULL;
	int rc = -1;

	if (og_conf_key_path(conf, name, &path, err) < 0 || og_key_read(path, seed, err) < 0 ||
	    og_key_public(seed, pub, err) < 0 || og_access_principal(access, name, &who, err) < 0)
		goto out;
	if (!who.has_key || memcmp(pub, who.pubkey, sizeof(pub)) != 0) {
		og_fail(err, OG_EPERM, "the key is not that of '%s'", name);
		goto out;
	}
	*ret = who;
	rc = 0;
out:
	explicit_bzero(seed, sizeof(seed));
	free(path);
	return rc;
}
