/*
 * Opening the instance's queue: for the programs that hold one, linked to
 * these only, so that the others do not carry SQLite.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"

/* Programs nobody calls by hand are in libexec/omnigate, beside bin/. */
int og_queue_from(const struct og_ctx *ctx, const struct og_conf *conf, struct og_queue **ret,
		  struct og_err *err)
{
	char *libexec = og_libexec_path(ctx->exe_dir, NULL);
	struct og_queue_place place = { conf->queue,	      conf->home,     libexec,
					conf->queue_password, conf->queue_ca, conf->queue_cert,
					conf->queue_key };
	int rc = libexec ? og_queue_open(&place, ret, err) : og_fail_nomem(err);

	free(libexec);
	return rc;
}

int og_queue_is_remote(const struct og_conf *conf)
{
	return strncmp(conf->queue, "amqp", 4) == 0;
}
