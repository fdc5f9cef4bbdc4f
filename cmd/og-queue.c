/*
 * Opening the instance's queue: for the programs that hold one, linked to
 * these only, so that the others do not carry SQLite.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/og-main.h"
#include "lib/base/file.h"

/* USER:PASSWORD@ in the URL: then og.conf holds a secret. */
static int holds_password(const char *url)
{
	const char *host = strstr(url, "://"), *at = host ? strchr(host + 3, '@') : NULL;

	return at && memchr(host + 3, ':', (size_t)(at - host - 3)) != NULL;
}

static int check_secret(const struct og_ctx *ctx, const struct og_conf *conf, struct og_err *err)
{
	char *path = holds_password(conf->queue) && !ctx->env("OG_QUEUE")
			     ? og_path_join(conf->home, "og.conf")
			     : NULL;
	struct stat st;
	int open = path && stat(path, &st) == 0 && (st.st_mode & 077);

	free(path);
	if (!open)
		return 0;
	og_fail(err, OG_EPERM, "others may read og.conf, which holds the broker's password");
	return og_hint(err, "chmod 600 it, and change the password");
}

/* Programs nobody calls by hand are in libexec/omnigate, beside bin/. */
static int place_of(const struct og_ctx *ctx, const struct og_conf *conf,
		    struct og_queue_place *ret, struct og_err *err)
{
	char *libexec = og_libexec_path(ctx->exe_dir, NULL);

	*ret = (struct og_queue_place){ conf->queue,	      conf->home,     libexec,
					conf->queue_password, conf->queue_ca, conf->queue_cert,
					conf->queue_key };
	return libexec ? 0 : og_fail_nomem(err);
}

int og_queue_from(const struct og_ctx *ctx, const struct og_conf *conf, struct og_queue **ret,
		  struct og_err *err)
{
	struct og_queue_place place;
	int rc = -1;

	if (check_secret(ctx, conf, err) < 0)
		return -1;
	if (place_of(ctx, conf, &place, err) == 0)
		rc = og_queue_open(&place, ret, err);
	free((char *)(uintptr_t)place.libexec);
	return rc;
}

int og_queue_declare_from(const struct og_ctx *ctx, const struct og_conf *conf, int check,
			  struct og_err *err)
{
	struct og_queue_place place;
	int rc = -1;

	if (check_secret(ctx, conf, err) < 0)
		return -1;
	if (place_of(ctx, conf, &place, err) == 0)
		rc = og_queue_declare(&place, check, err);
	free((char *)(uintptr_t)place.libexec);
	return rc;
}

int og_queue_is_remote(const struct og_conf *conf)
{
	return strncmp(conf->queue, "amqp", 4) == 0;
}
