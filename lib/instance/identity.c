/* See identity.h. */
#include "lib/instance/identity.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash/hash.h"

int og_identity_prove(const struct og_conf *conf, const struct og_principal *who,
		      struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC];
	char *path = NULL;
	int rc = -1;

	if (og_conf_key_path(conf, who->name, &path, err) == 0 &&
	    og_key_read(path, seed, err) == 0 && og_key_public(seed, pub, err) == 0)
		rc = who->has_key && memcmp(pub, who->pubkey, sizeof(pub)) == 0
			     ? 0
			     : og_fail(err, OG_EPERM, "the key is not that of '%s'", who->name);
	explicit_bzero(seed, sizeof(seed));
	free(path);
	return rc;
}
