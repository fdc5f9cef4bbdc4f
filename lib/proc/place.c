/* See place.h. */
#include "lib/proc/place.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/socket.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Only these, and the first of them no dash: it cannot be an option. */
static int is_word(const char *text, size_t len, const char *allowed)
{
	return len > 0 && text[0] != '-' && strspn(text, allowed) >= len;
}

static int copy(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return -1;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

/* Text without control bytes. A backslash is refused too: shells differ in
 * what it means between quotes, and one of them would end the quotes. */
static int take_path(struct og_place *place, const char *path, struct og_err *err)
{
	size_t len = strlen(path);

	if (len == 0 || copy(place->path, sizeof(place->path), path, len) < 0)
		return og_fail(err, OG_ECONF, "the path has 1 to %d bytes", OG_PLACE_PATH_MAX);
	if (!og_utf8_valid(path, len))
		return og_fail(err, OG_ECONF, "the path is not UTF-8");
	for (const char *p = path; *p; p++)
		if (iscntrl((unsigned char)*p) || *p == '\\')
			return og_fail(err, OG_ECONF,
				       "the path holds a control byte or a backslash");
	return 0;
}

/* ":2222" or nothing, up to the path. */
static int take_port(struct og_place *place, const char *text, size_t len, struct og_err *err)
{
	char port[8];
	int64_t number;

	if (len == 0)
		return 0;
	if (text[0] != ':' || copy(port, sizeof(port), text + 1, len - 1) < 0 ||
	    og_int_parse(port, 1, 65535, "port", &number, NULL) < 0)
		return og_fail(err, OG_ECONF, "the port is not 1 to 65535");
	return copy(place->port, sizeof(place->port), port, strlen(port));
}

static int take_host(struct og_place *place, const char *text, size_t len, struct og_err *err)
{
	const char *host = text, *rest;
	size_t host_len;
	int good;

	if (len > 0 && text[0] == '[') {
		host = text + 1;
		host_len = strcspn(host, "]/");
		rest = host + host_len + 1;
		good = host[host_len] == ']' && is_word(host, host_len, LETTERS ":.");
	} else {
		host_len = strcspn(host, ":/");
		rest = host + host_len;
		good = is_word(host, host_len, LETTERS ".-_");
	}
	if (!good || copy(place->host, sizeof(place->host), host, host_len) < 0)
		return og_fail(err, OG_ECONF, "the host is not a name or an address");
	return take_port(place, rest, (size_t)(text + len - rest), err);
}

/* "USER@HOST:PORT/PATH" */
static int parse_ssh(struct og_place *place, const char *text, struct og_err *err)
{
	size_t len = strcspn(text, "/"), user = strcspn(text, "@/");

	place->kind = OG_PLACE_SSH;
	if (user < len) {
		if (!is_word(text, user, LETTERS "._-") ||
		    copy(place->user, sizeof(place->user), text, user) < 0)
			return og_fail(err, OG_ECONF, "the user is not a login name");
		text += user + 1;
		len -= user + 1;
	}
	if (take_host(place, text, len, err) < 0)
		return -1;
	if (text[len] != '/')
		return og_fail(err, OG_ECONF, "the instance's path on that host is missing");
	return take_path(place, text + len, err);
}

static int parse(const char *url, struct og_place *place, struct og_err *err)
{
	if (strcmp(url, "none") == 0)
		return 0;
	if (strcmp(url, "local:") == 0) {
		place->kind = OG_PLACE_LOCAL;
		return 0;
	}
	if (strncmp(url, "unix:", 5) == 0) {
		place->kind = OG_PLACE_UNIX;
		return take_path(place, url + 5, err);
	}
	if (strncmp(url, "ssh://", 6) == 0)
		return parse_ssh(place, url + 6, err);
	og_fail(err, OG_ECONF, "not a place");
	return og_hint(err, "local:, unix:PATH or ssh://[USER@]HOST[:PORT]/PATH");
}

int og_place_parse(const char *url, struct og_place *ret, struct og_err *err)
{
	struct og_place place = { .kind = OG_PLACE_NONE };

	if (parse(url, &place, err) < 0)
		return og_wrap(err, "shield '%s'", url);
	*ret = place;
	return 0;
}

/* Single quotes keep everything but themselves as it is. */
int og_place_command(const struct og_place *place, struct og_buf *ret, struct og_err *err)
{
	og_buf_adds(ret, "og-shield --channel --home '");
	for (const char *p = place->path; *p; p++)
		if (*p == '\'')
			og_buf_adds(ret, "'\\''");
		else
			og_buf_addc(ret, *p);
	og_buf_addc(ret, '\'');
	return og_buf_check(ret, "command for ssh", err);
}

static int connect_local(const struct og_shield_place *where, struct og_child *ret,
			 struct og_err *err)
{
	const char *argv[] = { where->program, "--channel", "--home", where->home, NULL };

	return og_child_start(argv, NULL, ret, err);
}

/* No questions, no terminal, nothing forwarded, and a peer that is silent
 * for 45 seconds is gone. The user's own ssh_config(5) says the rest. */
static int connect_ssh(const struct og_shield_place *where, const struct og_place *place,
		       struct og_child *ret, struct og_err *err)
{
	const char *argv[40] = { where->ssh, "-T",
				 "-a",	     "-x",
				 "-e",	     "none",
				 "-o",	     "BatchMode=yes",
				 "-o",	     "ConnectTimeout=15",
				 "-o",	     "ServerAliveInterval=15",
				 "-o",	     "ServerAliveCountMax=3",
				 "-o",	     "ClearAllForwardings=yes",
				 "-o",	     "PermitLocalCommand=no" };
	struct og_buf command;
	size_t n = 0;
	int rc = -1;

	if (!where->ssh)
		return og_fail(err, OG_EUNAVAIL, "shield at '%s': there is no ssh here",
			       place->host);
	while (argv[n])
		n++;
	if (place->user[0]) {
		argv[n++] = "-l";
		argv[n++] = place->user;
	}
	if (place->port[0]) {
		argv[n++] = "-p";
		argv[n++] = place->port;
	}
	argv[n++] = "--";
	argv[n++] = place->host;
	og_buf_init(&command, (size_t)8 * OG_PLACE_PATH_MAX);
	if (og_place_command(place, &command, err) == 0) {
		argv[n] = command.data;
		rc = og_child_start(argv, NULL, ret, err);
	}
	og_buf_release(&command);
	return rc;
}

static int connect_unix(const struct og_shield_place *where, const struct og_place *place,
			struct og_child *ret, struct og_err *err)
{
	char *path = og_path_join(where->home, place->path);
	int fd = path ? og_socket_connect(path, OG_CHANNEL_TIMEOUT_MS, err) : og_fail_nomem(err);

	free(path);
	if (fd < 0)
		return -1;
	ret->out = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ret->out < 0) {
		og_fail(err, OG_EOS, "cannot share a socket: %s", strerror(errno));
		close(fd);
		return -1;
	}
	ret->in = fd;
	return 0;
}

int og_place_connect(const struct og_shield_place *where, struct og_child *ret, struct og_err *err)
{
	struct og_place place;

	if (og_place_parse(where->url, &place, err) < 0)
		return -1;
	switch (place.kind) {
	case OG_PLACE_LOCAL:
		return connect_local(where, ret, err);
	case OG_PLACE_UNIX:
		return connect_unix(where, &place, ret, err);
	case OG_PLACE_SSH:
		return connect_ssh(where, &place, ret, err);
	default:
		og_fail(err, OG_ECONF, "there is no shield to ask");
		return og_hint(err, "og.conf: shield = ssh://HOST/PATH or unix:PATH");
	}
}
