/*
 * A queue at a broker, for whoever sets an instance up or looks after it:
 * og init --queue writes it down and makes what it needs there, og doctor
 * looks whether that is still so, and --fix makes what is missing.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og.h"
#include "lib/base/file.h"
#include "lib/queue/queue.h"

/* "key = /absolute/path", of an option that names a file. */
static int add_file(const struct og_args *args, const char *option, const char *key,
		    struct og_buf *lines, struct og_err *err)
{
	const char *file = og_arg_value(args, option);
	char *path = file ? realpath(file, NULL) : NULL;

	if (!file)
		return 0;
	if (!path)
		return og_fail(err, OG_ENOINPUT, "--%s: there is no '%s'", option, file);
	og_buf_addf(lines, "%s = %s\n", key, path);
	free(path);
	return 0;
}

static int needs_queue(const struct og_args *args)
{
	return og_arg_value(args, "queue-password") || og_arg_value(args, "queue-ca");
}

int og_broker_lines(const struct og_args *args, struct og_buf *lines, struct og_err *err)
{
	const char *url = og_arg_value(args, "queue");

	if (!url)
		return needs_queue(args)
			       ? og_fail(err, OG_EUSAGE,
					 "--queue-password and --queue-ca go with --queue")
			       : 0;
	if (og_broker_check_url(url, err) < 0)
		return -1;
	og_buf_addf(lines, "queue = %s\n", url);
	if (add_file(args, "queue-password", "queue_password", lines, err) < 0 ||
	    add_file(args, "queue-ca", "queue_ca", lines, err) < 0)
		return -1;
	return og_buf_check(lines, "configuration", err);
}

/* Files are named as in the current directory, where og init was called. */
int og_broker_declare(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char *libexec = og_libexec_path(ctx->exe_dir, NULL), *here = realpath(".", NULL);
	struct og_queue_place place = { .url = og_arg_value(args, "queue"),
					.home = here,
					.libexec = libexec,
					.password = og_arg_value(args, "queue-password"),
					.ca = og_arg_value(args, "queue-ca") };
	int rc = 0;

	if (!libexec || !here)
		rc = og_fail_nomem(err);
	else if (place.url)
		rc = og_queue_declare(&place, 0, err);
	free(libexec);
	free(here);
	return rc;
}

/* --- og doctor --------------------------------------------------------------- */

/* What was kept here while the broker was away. */
static int check_spool(struct og_doctor *doctor, struct og_err *err)
{
	char *path = og_path_join(doctor->conf->home, "spool.db");
	struct og_queue_place place = { .url = "sqlite:spool.db", .home = doctor->conf->home };
	struct og_queue *spool = NULL;
	struct og_queue_counts n = { 0 };
	int there = path && access(path, F_OK) == 0, rc = 0;

	free(path);
	if (!there)
		return 0;
	if (og_queue_open(&place, &spool, err) < 0 || og_queue_count(spool, &n, err) < 0)
		rc = -1;
	else if (n.dead > 0)
		rc = og_doctor_say(doctor, "spool", "warn", err,
				   "%lld in spool.db were not delivered in their time",
				   (long long)n.dead);
	if (rc == 0 && n.ready + n.delayed + n.claimed > 0)
		rc = og_doctor_say(doctor, "spool", "warn", err,
				   "%lld in spool.db wait for the broker: og-submit --forward",
				   (long long)(n.ready + n.delayed + n.claimed));
	og_queue_close(spool);
	return rc;
}

int og_doctor_broker(struct og_doctor *doctor, struct og_err *err)
{
	const struct og_conf *conf = doctor->conf;
	struct og_err why = OG_ERR_INIT;
	int rc;

	if (!og_queue_is_remote(conf))
		return 0;
	if (og_queue_declare_from(doctor->ctx, conf, 1, &why) == 0)
		rc = og_doctor_say(doctor, "broker", "ok", err, "it has the queues this needs");
	else if (why.code == OG_NO && doctor->fix &&
		 og_queue_declare_from(doctor->ctx, conf, 0, &why) == 0)
		rc = og_doctor_say(doctor, "broker", "fixed", err, "it has the queues this needs");
	else
		rc = og_doctor_say(doctor, "broker", "bad", err, "%s%s", why.msg,
				   why.code == OG_NO ? "; og doctor --fix makes what is missing"
						     : "");
	return rc < 0 ? -1 : check_spool(doctor, err);
}
