/* An instance without a database; see make.h. */
#include <stdlib.h>

#include "lib/instance/make-internal.h"

#define CONF_MAX ((size_t)16384)

static int write_conf(const struct og_making *making, const struct og_remote_options *options,
		      struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, CONF_MAX);
	og_buf_addf(&text,
		    "# og.conf(5). The database is where the shield is: omnigate-fleet(7).\n"
		    "%s"
		    "shield = %s\n",
		    options->queue, options->shield);
	if (og_buf_check(&text, "configuration", err) == 0)
		rc = og_making_conf(making, text.data, err);
	og_buf_release(&text);
	return rc;
}

int og_make_remote(const struct og_remote_options *options, struct og_buf *ret_public,
		   struct og_err *err)
{
	static const char *const folders[] = { "", "keys", "run", NULL };
	struct og_making *making = calloc(1, sizeof(*making));
	int rc = -1;

	if (!making)
		return og_fail_nomem(err);
	if (og_making_folders(making, options->dir, folders, err) == 0 &&
	    write_conf(making, options, err) == 0 &&
	    (!options->principal ||
	     og_making_key(making, options->principal, ret_public, err) == 0))
		rc = og_making_name(making, err);
	og_making_free(making);
	return rc;
}
