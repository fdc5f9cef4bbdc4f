/*
 * og init --remote and og key: a host that holds no database, and a key
 * that is made where it is used. What leaves it is the public half, which
 * is no secret: whoever runs the shield registers it.
 */
#include "cmd/og.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/instance/make.h"
#include "lib/proc/place.h"

#define CONF_MAX   ((size_t)16384)
#define CHECKPOINT "checkpoint" /* signs checkpoints, is no principal's */

static int is_line(const char *text)
{
	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			return 0;
	return *text && *text != ' ' && og_utf8_valid(text, strlen(text));
}

/* An argument can be read by everybody on this host. */
static int has_password(const char *url)
{
	const char *host = strstr(url, "://"), *at;

	if (!host)
		return 0;
	host += 3;
	at = strpbrk(host, "@/");
	return at && *at == '@' && memchr(host, ':', (size_t)(at - host)) != NULL;
}

int og_broker_check_url(const char *queue, struct og_err *err)
{
	if (!is_line(queue))
		return og_fail(err, OG_EUSAGE, "--queue is not one line of text");
	if (has_password(queue)) {
		og_fail(err, OG_EUSAGE, "--queue: a password has no place on a command line");
		return og_hint(err, "write it to a file, mode 0600: --queue-password FILE");
	}
	if (strncmp(queue, "amqp://", 7) == 0 || strncmp(queue, "amqps://", 8) == 0)
		return 0;
	/* Two instances on one file would not see each other's claims. */
	if (strncmp(queue, "sqlite:", 7) == 0 && queue[7] && !strchr(queue, '/'))
		return 0;
	og_fail(err, OG_EUSAGE, "--queue '%s' is no queue", queue);
	return og_hint(err, "amqp://HOST/VHOST, amqps://HOST/VHOST, or sqlite:queue.db for one of "
			    "its own");
}

static int check_names(const struct og_remote_options *options, struct og_err *err)
{
	const char *name = options->principal;
	struct og_place place;

	if (!*options->dir)
		return og_fail(err, OG_EUSAGE, "the directory has no name");
	if (name && (!og_principal_name_valid(name) || strcmp(name, CHECKPOINT) == 0))
		return og_fail(err, OG_EUSAGE, "'%s' is no principal's name", name);
	if (og_place_parse(options->shield, &place, err) < 0) {
		if (err)
			err->code = OG_EUSAGE;
		return -1;
	}
	if (place.kind == OG_PLACE_LOCAL)
		return og_fail(err, OG_EUSAGE, "a remote instance has no shield of its own");
	return 0;
}

static int say_made(const struct og_remote_options *options, const char *key, struct og_err *err)
{
	if (og_printf(err, "made %s/.omnigate\n", options->dir) < 0)
		return -1;
	if (!options->principal)
		return og_printf(err, "no key was made: this host can work and submits nothing\n");
	return og_printf(err,
			 "public key of %s: %s\n"
			 "next, where the shield is: og-shield principal add %s --role ROLE "
			 "--clearance N --pubkey %s --as ADMIN\n",
			 options->principal, key, options->principal, key);
}

int og_init_remote(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_remote_options options = {
		.dir = og_arg(args, 0) ? og_arg(args, 0) : ".",
		.shield = og_arg_value(args, "shield") ? og_arg_value(args, "shield") : "none",
		.principal = og_arg_value(args, "as"),
	};
	struct og_buf key, lines;
	int rc = -1;

	(void)ctx;
	og_buf_init(&key, 64);
	og_buf_init(&lines, CONF_MAX);
	if (check_names(&options, err) < 0 || og_broker_lines(args, &lines, err) < 0)
		goto out;
	if (lines.len == 0) {
		og_fail(err, OG_EUSAGE, "--remote needs --queue URL");
		goto out;
	}
	options.queue = lines.data;
	if (og_make_remote(&options, &key, err) == 0)
		rc = say_made(&options, key.data, err);
out:
	og_buf_release(&key);
	og_buf_release(&lines);
	return rc;
}

/* --- og key ---------------------------------------------------------------- */

static int print_public(const unsigned char pub[OG_KEY_PUBLIC], struct og_err *err)
{
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, 64);
	og_base64_encode(&line, pub, OG_KEY_PUBLIC);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "public key", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

/* A key that is there is never replaced: link(2) fails then, whoever else
 * makes one at this moment. */
static int write_new(const char *path, const unsigned char seed[OG_KEY_SEED], struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	struct og_buf beside;
	int rc = -1;

	og_buf_init(&beside, 8192);
	if (og_uuid7(id, err) < 0)
		goto out;
	og_buf_addf(&beside, "%s.new-%s", path, id);
	if (og_buf_check(&beside, "name", err) < 0 || og_key_write(beside.data, seed, err) < 0)
		goto out;
	if (link(beside.data, path) == 0)
		rc = 0;
	else if (errno == EEXIST) {
		og_fail(err, OG_NO, "there is a key already: '%s'", path);
		og_hint(err, "move it away first; what it signed is refused once the other key is "
			     "registered");
	} else {
		og_fail(err, OG_EOS, "cannot make '%s': %s", path, strerror(errno));
	}
	unlink(beside.data);
out:
	og_buf_release(&beside);
	return rc;
}

static int make_key(const char *path, unsigned char pub[OG_KEY_PUBLIC], struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	int rc = -1;

	if (og_key_new(seed, pub, err) == 0)
		rc = write_new(path, seed, err);
	explicit_bzero(seed, sizeof(seed));
	return rc;
}

static int read_public(const char *path, unsigned char pub[OG_KEY_PUBLIC], struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	int rc = -1;

	if (og_key_read(path, seed, err) == 0)
		rc = og_key_public(seed, pub, err);
	explicit_bzero(seed, sizeof(seed));
	return rc;
}

int og_run_key(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *name = og_arg(args, 0);
	unsigned char pub[OG_KEY_PUBLIC];
	struct og_conf *conf = NULL;
	char *path = NULL;
	int made = og_arg_flag(args, "new"), rc = -1;

	if (made && strcmp(name, CHECKPOINT) == 0)
		return og_fail(err, OG_EUSAGE, "'%s' is no principal's name", name);
	if (og_conf_from(ctx, args, &conf, err) == 0 &&
	    og_conf_key_path(conf, name, &path, err) == 0 &&
	    (made ? make_key(path, pub, err) : read_public(path, pub, err)) == 0)
		rc = print_public(pub, err);
	free(path);
	og_conf_free(conf);
	return rc;
}
