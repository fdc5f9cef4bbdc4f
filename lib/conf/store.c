/*
 * The graph and the vectors elsewhere. Their URLs end up on command lines
 * and in messages, so that there is no user in one: a secret has a file.
 */
#include "lib/conf/conf.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

static const struct kind {
	const char *key, *scheme, *example;
} kinds[] = {
	[OG_STORE_GRAPH] = { "graph", "neo4j", "neo4j+http://127.0.0.1:7474/neo4j" },
	[OG_STORE_VECTORS] = { "vectors", "qdrant", "qdrant+http://127.0.0.1:6333/omnigate" },
};

static int wrong(const struct kind *kind, const char *url, const char *what, struct og_err *err)
{
	og_fail(err, OG_ECONF, "%s: '%s' %s", kind->key, url, what);
	return og_hint(err, "%s = %s, or sqlite:", kind->key, kind->example);
}

/* Names that mean the same on every path: no '%', no '.' alone. */
static int name_valid(const char *name)
{
	static const char *const good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789-_.";

	return *name && name[0] != '.' && strlen(name) <= OG_STORE_NAME_MAX &&
	       name[strspn(name, good)] == '\0';
}

static int split(const struct kind *kind, const char *url, struct og_store_place *ret,
		 struct og_err *err)
{
	const char *place = url + strlen(kind->scheme) + 1, *host, *name;

	if (strchr(url, '@'))
		return wrong(kind, "...", "has a user in it, whose secret belongs in a file", err);
	if (!og_url_plain(place))
		return wrong(kind, url, "is no place of a store", err);
	host = strstr(place, "://") + 3;
	name = host + strcspn(host, "/");
	if ((size_t)(name - place) >= sizeof(ret->origin))
		return wrong(kind, url, "is too long", err);
	if (*name != '/' || !name_valid(name + 1))
		return wrong(kind, url, "does not end with a name behind one '/'", err);
	memcpy(ret->origin, place, (size_t)(name - place));
	ret->origin[name - place] = '\0';
	memcpy(ret->name, name + 1, strlen(name));
	return 1;
}

int og_conf_store(const struct og_conf *conf, enum og_store which, struct og_store_place *ret,
		  struct og_err *err)
{
	const struct kind *kind = &kinds[which];
	const char *url = which == OG_STORE_GRAPH ? conf->graph : conf->vectors;
	size_t len = strlen(kind->scheme);

	if (strcmp(url, "sqlite:") == 0)
		return 0;
	if (strncmp(url, kind->scheme, len) != 0 || url[len] != '+')
		return wrong(kind, url, "is no store that this program knows", err);
	ret->kind = kind->scheme;
	ret->key = which == OG_STORE_GRAPH ? conf->graph_key : conf->vectors_key;
	ret->ca = which == OG_STORE_GRAPH ? conf->graph_ca : conf->vectors_ca;
	return split(kind, url, ret, err);
}
