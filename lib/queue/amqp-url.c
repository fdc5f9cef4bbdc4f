/*
 * amqp://[USER[:PASSWORD]@]HOST[:PORT][/VHOST][?prefix=P&heartbeat=SECONDS]
 * (RabbitMQ's "AMQP URI specification"; an empty VHOST is "/", as most
 * clients have it). Parts are percent-decoded.
 */
#include "lib/queue/amqp-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define PART_MAX      255
#define HEARTBEAT     30
#define HEARTBEAT_MAX 600

static int bad(const char *what, struct og_err *err)
{
	og_fail(err, OG_ECONF, "queue: the URL's %s is not as it should be", what);
	return og_hint(err, "amqp://USER@HOST:PORT/VHOST, see og.conf(5)");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)og_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Heap string of the decoded part, or NULL when it is malformed. */
static char *decode(const char *text, size_t len)
{
	struct og_buf out;

	if (len == 0)
		return strdup("");
	og_buf_init(&out, PART_MAX);
	for (size_t i = 0; i < len; i++) {
		int high, low, c = (unsigned char)text[i];

		if (c == '%') {
			high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
			low = high >= 0 ? hex_digit(text[i + 2]) : -1;
			if (low < 0) {
				og_buf_release(&out);
				return NULL;
			}
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0 || og_buf_addc(&out, (char)c) < 0) {
			og_buf_release(&out);
			return NULL;
		}
	}
	return og_buf_take(&out);
}

static int take_part(const char *text, size_t len, const char *what, char **ret, struct og_err *err)
{
	*ret = decode(text, len);
	if (!*ret || !og_utf8_valid(*ret, strlen(*ret)))
		return bad(what, err);
	return 0;
}

/* USER or USER:PASSWORD; neither: RabbitMQ's own guest. */
static int take_user(const char *text, size_t len, struct og_amqp_url *url, struct og_err *err)
{
	const char *colon = text ? memchr(text, ':', len) : NULL;
	size_t name = colon ? (size_t)(colon - text) : len;

	if (!text || len == 0)
		return take_part("guest", 5, "user", &url->user, err);
	if (take_part(text, name, "user", &url->user, err) < 0)
		return -1;
	return colon ? take_part(colon + 1, len - name - 1, "password", &url->password, err) : 0;
}

static int take_port(const char *text, size_t len, struct og_amqp_url *url, struct og_err *err)
{
	char digits[8];
	int64_t port;

	url->port = url->tls ? 5671 : 5672;
	if (len == 0)
		return 0;
	if (len >= sizeof(digits))
		return bad("port", err);
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (og_int_parse(digits, 1, 65535, "port", &port, err) < 0)
		return bad("port", err);
	url->port = (int)port;
	return 0;
}

/* HOST, HOST:PORT, [V6]:PORT. */
static int take_host(const char *text, size_t len, struct og_amqp_url *url, struct og_err *err)
{
	const char *end = text + len,
		   *close = len > 0 && *text == '[' ? memchr(text, ']', len) : NULL;
	const char *colon =
		memchr(close ? close : text, ':', (size_t)(end - (close ? close : text)));
	const char *host = close ? text + 1 : text, *stop = close ? close : colon ? colon : end;

	if (stop == host || (close && close + 1 != end && !colon))
		return bad("host", err);
	if (take_part(host, (size_t)(stop - host), "host", &url->host, err) < 0)
		return -1;
	return take_port(colon ? colon + 1 : end, colon ? (size_t)(end - colon - 1) : 0, url, err);
}

static int take_prefix(const char *value, size_t len, struct og_amqp_url *url, struct og_err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	if (len == 0 || len > OG_AMQP_PREFIX_MAX)
		return bad("prefix", err);
	memcpy(url->prefix, value, len);
	url->prefix[len] = '\0';
	return strspn(url->prefix, allowed) == len ? 0 : bad("prefix", err);
}

static int take_heartbeat(const char *value, size_t len, struct og_amqp_url *url,
			  struct og_err *err)
{
	char digits[8];
	int64_t seconds;

	if (len == 0 || len >= sizeof(digits))
		return bad("heartbeat", err);
	memcpy(digits, value, len);
	digits[len] = '\0';
	if (og_int_parse(digits, 1, HEARTBEAT_MAX, "heartbeat", &seconds, err) < 0)
		return bad("heartbeat", err);
	url->heartbeat = (int)seconds;
	return 0;
}

/* NAME=VALUE&NAME=VALUE */
static int take_query(const char *text, struct og_amqp_url *url, struct og_err *err)
{
	while (*text) {
		size_t len = strcspn(text, "&"), name = strcspn(text, "=");
		const char *value = text + name + 1;
		int rc;

		if (name >= len)
			return bad("query", err);
		if (name == 6 && strncmp(text, "prefix", name) == 0)
			rc = take_prefix(value, len - name - 1, url, err);
		else if (name == 9 && strncmp(text, "heartbeat", name) == 0)
			rc = take_heartbeat(value, len - name - 1, url, err);
		else
			rc = bad("query", err);
		if (rc < 0)
			return -1;
		text += len + (text[len] == '&');
	}
	return 0;
}

static int take_all(const char *text, struct og_amqp_url *url, struct og_err *err)
{
	const char *scheme = url->tls ? "amqps://" : "amqp://", *rest, *path, *at;
	size_t authority, vhost;

	if (strncmp(text, scheme, strlen(scheme)) != 0)
		return bad("beginning", err);
	rest = text + strlen(scheme);
	authority = strcspn(rest, "/?");
	at = memrchr(rest, '@', authority);
	path = rest + authority;
	if (take_user(at ? rest : NULL, at ? (size_t)(at - rest) : 0, url, err) < 0 ||
	    take_host(at ? at + 1 : rest, (size_t)(path - (at ? at + 1 : rest)), url, err) < 0)
		return -1;
	if (*path == '/')
		path++;
	vhost = strcspn(path, "?");
	if (take_part(vhost ? path : "/", vhost ? vhost : 1, "vhost", &url->vhost, err) < 0)
		return -1;
	return take_query(path[vhost] ? path + vhost + 1 : "", url, err);
}

int og_amqp_url_parse(const char *text, struct og_amqp_url *ret, struct og_err *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->tls = strncmp(text, "amqps:", 6) == 0;
	ret->heartbeat = HEARTBEAT;
	memcpy(ret->prefix, "omnigate", sizeof("omnigate"));
	if (take_all(text, ret, err) == 0)
		return 0;
	og_amqp_url_release(ret);
	return -1;
}

void og_amqp_url_release(struct og_amqp_url *url)
{
	if (url->password)
		explicit_bzero(url->password, strlen(url->password));
	free(url->host);
	free(url->vhost);
	free(url->user);
	free(url->password);
	memset(url, 0, sizeof(*url));
}
