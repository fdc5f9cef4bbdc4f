/*
 * The ways to stores elsewhere: an og-http for each that og.conf names,
 * started before the shield gives up starting programs, with that store's
 * origin and secret and nothing more. Nobody waits for it to answer, and a
 * server that is down stops no shield. Where all is embedded nothing is
 * started.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-shield.h"
#include "lib/base/file.h"

#define LINE_MAX_BYTES ((size_t)16384)

/* A path of og.conf, relative to the instance; *ret stays NULL for "none". */
static int find(const struct og_conf *conf, const char *name, char **ret, struct og_err *err)
{
	if (strcmp(name, "none") == 0)
		return 0;
	*ret = og_path_join(conf->home, name);
	return *ret ? 0 : og_fail_nomem(err);
}

/* og-http would say the same, but only at the first request. */
static int check_key(const char *path, struct og_err *err)
{
	struct og_buf secret;
	int rc;

	og_buf_init(&secret, OG_NET_HEADER_MAX);
	rc = og_secret_read(path, "secret of a store", &secret, err);
	if (secret.len > 0)
		explicit_bzero(secret.data, secret.len);
	og_buf_release(&secret);
	return rc;
}

static int check_files(const char *key, const char *ca, struct og_err *err)
{
	if (key && check_key(key, err) < 0) {
		err->code = OG_ECONF;
		return -1;
	}
	if (ca && access(ca, R_OK) < 0)
		return og_fail(err, OG_ECONF, "cannot read certificates '%s': %s", ca,
			       strerror(errno));
	return 0;
}

static int start(const struct og_ctx *ctx, const struct og_store_place *at, const char *key,
		 const char *ca, struct og_net **ret, struct og_err *err)
{
	char *program = og_libexec_path(ctx->exe_dir, "og-http");
	const char *allow[] = { at->origin, NULL }, *secrets[] = { NULL, NULL };
	int login = strcmp(at->kind, "neo4j") == 0, rc = -1;
	struct og_net_place place = { .program = program, .allow = allow, .ca = ca };
	struct og_buf secret;

	og_buf_init(&secret, LINE_MAX_BYTES);
	if (key)
		og_buf_addf(&secret, login ? "%s=%s" : "%s=api-key=%s", at->origin, key);
	if (!program)
		og_fail_nomem(err);
	if (!program || og_buf_check(&secret, "path of a secret", err) < 0)
		goto out;
	secrets[0] = key ? secret.data : NULL;
	if (login)
		place.login = secrets;
	else
		place.secrets = secrets;
	rc = og_net_open(&place, ret, err);
out:
	og_buf_release(&secret);
	free(program);
	return rc;
}

static int open_one(const struct og_ctx *ctx, const struct og_conf *conf, enum og_store which,
		    struct og_net **ret, struct og_err *err)
{
	struct og_store_place at;
	char *key = NULL, *ca = NULL;
	int rc = og_conf_store(conf, which, &at, err);

	if (rc <= 0)
		return rc;
	rc = -1;
	if (find(conf, at.key, &key, err) == 0 && find(conf, at.ca, &ca, err) == 0 &&
	    check_files(key, ca, err) == 0)
		rc = start(ctx, &at, key, ca, ret, err);
	if (rc < 0)
		og_wrap(err, "%s", which == OG_STORE_GRAPH ? "graph" : "vectors");
	free(key);
	free(ca);
	return rc;
}

int stores_open(const struct og_ctx *ctx, const struct og_conf *conf, struct stores *ret,
		struct og_err *err)
{
	if (open_one(ctx, conf, OG_STORE_GRAPH, &ret->graph, err) < 0)
		return -1;
	return open_one(ctx, conf, OG_STORE_VECTORS, &ret->vectors, err);
}

void stores_close(struct stores *stores)
{
	og_net_close(stores->graph);
	og_net_close(stores->vectors);
}
