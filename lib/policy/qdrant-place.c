/*
 * Where the vectors are, as og.conf names it: the only part of the client
 * that those need who never speak to a server. See qdrant.h.
 */
#include "lib/policy/qdrant.h"

#include <string.h>

#include "lib/base/text.h"

#define SCHEME "qdrant+"

int og_qdrant_is(const char *url)
{
	return strncmp(url, SCHEME, strlen(SCHEME)) == 0;
}

int og_qdrant_place(const char *url, struct og_qdrant_place *ret, struct og_err *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	const char *plain = og_qdrant_is(url) ? url + strlen(SCHEME) : "", *slash;
	size_t len = strlen(plain), origin;

	slash = strrchr(plain, '/');
	origin = slash ? (size_t)(slash - plain) : 0;
	if (!og_url_plain(plain) || !slash || origin < 8 || plain[origin - 1] == '/' ||
	    strchr(strstr(plain, "//") + 2, '/') != slash || origin >= sizeof(ret->origin) ||
	    len - origin - 1 < 1 || len - origin - 1 >= sizeof(ret->collection) ||
	    slash[1] == '.' || strspn(slash + 1, letters) != len - origin - 1) {
		og_fail(err, OG_ECONF, "vectors: '%s' is no place for them", url);
		return og_hint(err, "as in qdrant+https://HOST:6333/COLLECTION");
	}
	memcpy(ret->origin, plain, origin);
	ret->origin[origin] = '\0';
	memcpy(ret->collection, slash + 1, len - origin);
	return 0;
}
