/*
 * The services of og.conf's http: NAME=URL, with spaces between. A URL is a
 * place to put paths behind, so it has neither a query nor a user.
 */
#include "lib/conf/conf.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/conf/conf-internal.h"

#define SPACES " \t"

static int name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && !name[len] && name[0] >= 'a' && name[0] <= 'z';
}

static int split(const char *word, size_t len, struct og_http_service *ret, struct og_err *err)
{
	const char *equals = memchr(word, '=', len);
	size_t name = equals ? (size_t)(equals - word) : len;

	if (!equals || name >= sizeof(ret->name) || len - name - 1 >= sizeof(ret->url)) {
		og_fail(err, OG_ECONF, "http: '%.*s' is not NAME=URL", (int)len, word);
		return og_hint(err, "http = payment=https://pay.example/v1");
	}
	memcpy(ret->name, word, name);
	ret->name[name] = '\0';
	memcpy(ret->url, equals + 1, len - name - 1);
	ret->url[len - name - 1] = '\0';
	if (!name_valid(ret->name))
		return og_fail(err, OG_ECONF, "http: '%s' is no name of a-z, 0-9 and '-'",
			       ret->name);
	if (!og_url_plain(ret->url))
		return og_fail(err, OG_ECONF, "http: '%s' is no URL of a service", ret->url);
	return 0;
}

const char *og_conf_word(const char *value, size_t i, size_t *ret_len)
{
	const char *at = value;

	if (strcmp(at, "none") == 0)
		return NULL;
	for (at += strspn(at, SPACES); *at; at += strspn(at, SPACES)) {
		*ret_len = strcspn(at, SPACES);
		if (i-- == 0)
			return at;
		at += *ret_len;
	}
	return NULL;
}

int og_conf_http(const struct og_conf *conf, size_t i, struct og_http_service *ret,
		 struct og_err *err)
{
	size_t len;
	const char *word = og_conf_word(conf->http, i, &len);

	return !word ? 0 : split(word, len, ret, err) < 0 ? -1 : 1;
}

int og_conf_http_check(const struct og_conf *conf, struct og_err *err)
{
	struct og_http_service service, other;
	size_t n = 0;
	int more;

	while ((more = og_conf_http(conf, n, &service, err)) == 1) {
		if (n == OG_HTTP_SERVICES_MAX)
			return og_fail(err, OG_ECONF, "http: more than %d services",
				       OG_HTTP_SERVICES_MAX);
		for (size_t i = 0; i < n; i++)
			if (og_conf_http(conf, i, &other, err) == 1 &&
			    strcmp(other.name, service.name) == 0)
				return og_fail(err, OG_ECONF, "http: two services are called '%s'",
					       service.name);
		n++;
	}
	return more;
}
