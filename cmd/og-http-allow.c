/*
 * Where og-http may go. URLs are compared part by part as libcurl's parser
 * has them, and the same parsed URL is what is requested: two parsers that
 * see a URL differently are how such lists are usually got around.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-http-transfer.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#define SECRET_MAX OG_NET_HEADER_MAX
#define ENV	   "env:"
#define HIDDEN	   "the URL's path hides a '.' or '..'"

int parse_url(const char *text, CURLU **ret, struct og_err *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL;
	int web;

	if (!url)
		return og_fail_nomem(err);
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		return og_fail(err, OG_EDATA, "'%s' is no URL that can be requested", text);
	}
	web = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
	curl_free(scheme);
	if (!web) {
		curl_url_cleanup(url);
		return og_fail(err, OG_EPERM, "'%s' is neither http nor https", text);
	}
	*ret = url;
	return 0;
}

static void place_release(struct place *place)
{
	curl_free(place->scheme);
	curl_free(place->host);
	curl_free(place->port);
	curl_free(place->path);
	if (place->header.len > 0)
		explicit_bzero(place->header.data, place->header.len);
	og_buf_release(&place->header);
	memset(place, 0, sizeof(*place));
}

static int place_init(struct place *place, CURLU *url, struct og_err *err)
{
	memset(place, 0, sizeof(*place));
	og_buf_init(&place->header, SECRET_MAX);
	if (curl_url_get(url, CURLUPART_SCHEME, &place->scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &place->host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, &place->port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PATH, &place->path, 0) == CURLUE_OK)
		return 0;
	place_release(place);
	return og_fail(err, OG_EDATA, "a URL lacks a part");
}

/* A place as an option names it: nothing behind the path. */
static int read_place(struct place *place, const char *text, struct og_err *err)
{
	CURLU *url = NULL;
	int rc;

	if (strpbrk(text, "?#"))
		return og_fail(err, OG_EUSAGE, "'%s' has more than a path", text);
	if (parse_url(text, &url, err) < 0 || place_init(place, url, err) < 0) {
		curl_url_cleanup(url);
		err->code = OG_EUSAGE;
		return -1;
	}
	rc = 0;
	curl_url_cleanup(url);
	return rc;
}

int allow_origin(struct allowed *allowed, const char *url, struct og_err *err)
{
	struct place *place = &allowed->origins[allowed->n_origins];

	if (allowed->n_origins == PLACES_MAX)
		return og_fail(err, OG_EUSAGE, "more than %d origins", PLACES_MAX);
	if (read_place(place, url, err) < 0)
		return -1;
	if (strcmp(place->path, "/") != 0) {
		place_release(place);
		og_fail(err, OG_EUSAGE, "'%s' is no origin", url);
		return og_hint(err, "an origin is scheme://host or scheme://host:port");
	}
	allowed->n_origins++;
	return 0;
}

static int read_env(const char *name, struct og_buf *header, struct og_err *err)
{
	const char *value = getenv(name);

	if (!value)
		return og_fail(err, OG_ENOINPUT, "the environment has no '%s'", name);
	return og_secret_add(value, name, "secret", header, err);
}

/* SOURCE: a file, or a variable of the environment. */
static int read_source(const char *source, struct og_buf *header, struct og_err *err)
{
	return strncmp(source, ENV, strlen(ENV)) == 0
		       ? read_env(source + strlen(ENV), header, err)
		       : og_secret_read(source, "secret", header, err);
}

/* start: the header up to where the secret follows. */
static int take_secret(struct place *place, const char *start, const char *source,
		       struct og_err *err)
{
	og_buf_adds(&place->header, start);
	place->value = place->header.len;
	if (og_net_header_check(place->header.data, place->header.len, &place->name, err) < 0) {
		err->code = OG_EUSAGE;
		return -1;
	}
	return read_source(source, &place->header, err);
}

static int add_secret(struct allowed *allowed, const char *url, const char *start,
		      const char *source, struct og_err *err)
{
	struct place *place = &allowed->secrets[allowed->n_secrets];

	if (allowed->n_secrets == PLACES_MAX)
		return og_fail(err, OG_EUSAGE, "more than %d secrets", PLACES_MAX);
	if (read_place(place, url, err) < 0)
		return -1;
	if (take_secret(place, start, source, err) < 0) {
		place_release(place);
		return -1;
	}
	allowed->n_secrets++;
	return 0;
}

int allow_token(struct allowed *allowed, const char *option, struct og_err *err)
{
	const char *source = strchr(option, '=');
	char *url;
	int rc;

	if (!source)
		return og_fail(err, OG_EUSAGE, "'%s' is not URL=SOURCE", option);
	url = strndup(option, (size_t)(source - option));
	if (!url)
		return og_fail_nomem(err);
	rc = add_secret(allowed, url, "Authorization: Bearer ", source + 1, err);
	free(url);
	return rc;
}

/* header has the scheme already and gets what goes with it. */
static int add_login(struct place *place, const char *login, size_t len, struct og_err *err)
{
	int basic = memchr(login, ':', len) != NULL;

	og_buf_adds(&place->header, basic ? "Authorization: Basic " : "Authorization: Bearer ");
	place->name = strlen("Authorization");
	place->value = place->header.len;
	if (basic)
		og_base64_encode(&place->header, login, len);
	else
		og_buf_add(&place->header, login, len);
	return og_buf_check(&place->header, "secret", err);
}

static int take_login(struct allowed *allowed, const char *url, const char *source,
		      struct og_err *err)
{
	struct place *place = &allowed->secrets[allowed->n_secrets];
	struct og_buf login;
	int rc = -1;

	og_buf_init(&login, SECRET_MAX / 2);
	if (allowed->n_secrets == PLACES_MAX)
		og_fail(err, OG_EUSAGE, "more than %d secrets", PLACES_MAX);
	else if (read_place(place, url, err) == 0 && read_source(source, &login, err) == 0 &&
		 add_login(place, login.data, login.len, err) == 0)
		rc = 0;
	if (rc == 0)
		allowed->n_secrets++;
	else if (allowed->n_secrets < PLACES_MAX)
		place_release(place);
	if (login.len > 0)
		explicit_bzero(login.data, login.len);
	og_buf_release(&login);
	return rc;
}

int allow_login(struct allowed *allowed, const char *option, struct og_err *err)
{
	const char *source = strchr(option, '=');
	char *url = source ? strndup(option, (size_t)(source - option)) : NULL;
	int rc;

	if (!source)
		return og_fail(err, OG_EUSAGE, "'%s' is not URL=SOURCE", option);
	rc = url ? take_login(allowed, url, source + 1, err) : og_fail_nomem(err);
	free(url);
	return rc;
}

int allow_secret(struct allowed *allowed, const char *option, struct og_err *err)
{
	const char *header = strchr(option, '='), *source = header ? strchr(header + 1, '=') : NULL;
	char *url = header ? strndup(option, (size_t)(header - option)) : NULL;
	struct og_buf start;
	int rc = -1;

	og_buf_init(&start, SECRET_MAX);
	if (!source) {
		og_fail(err, OG_EUSAGE, "'%s' is not URL=HEADER=SOURCE", option);
		goto out;
	}
	og_buf_add(&start, header + 1, (size_t)(source - header - 1));
	og_buf_adds(&start, ": ");
	if (!url)
		og_fail_nomem(err);
	else if (og_buf_check(&start, "header", err) == 0)
		rc = add_secret(allowed, url, start.data, source + 1, err);
out:
	og_buf_release(&start);
	free(url);
	return rc;
}

void forget_source(const char *option)
{
	const char *source = strstr(option, "=" ENV);
	char *value = source ? getenv(source + 1 + strlen(ENV)) : NULL;

	if (value)
		explicit_bzero(value, strlen(value));
}

void allowed_release(struct allowed *allowed)
{
	for (size_t i = 0; i < allowed->n_origins; i++)
		place_release(&allowed->origins[i]);
	for (size_t i = 0; i < allowed->n_secrets; i++)
		place_release(&allowed->secrets[i]);
	og_buf_release(&allowed->ca);
}

static int same_origin(const struct place *a, const struct place *b)
{
	return strcmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0 &&
	       strcmp(a->port, b->port) == 0;
}

/* Is path that of base or below it? */
static int is_below(const char *path, const char *base)
{
	size_t len = strlen(base);

	if (strncmp(path, base, len) != 0)
		return 0;
	return base[len - 1] == '/' || path[len] == '/' || path[len] == '\0';
}

static int same_header(const struct place *a, const struct place *b)
{
	return a->name == b->name && strncasecmp(a->header.data, b->header.data, a->name) == 0;
}

/* Of several with the same header that of the longest path is meant. */
static int add_best(const struct place *secret, const struct place *ret[PLACES_MAX], int n)
{
	int i = 0;

	while (i < n && !same_header(ret[i], secret))
		i++;
	if (i == n || strlen(secret->path) > strlen(ret[i]->path))
		ret[i] = secret;
	return i == n ? n + 1 : n;
}

/* The next character of a path, decoded. */
static int next_char(const char **path)
{
	const char *p = *path;
	unsigned decoded;

	if (p[0] == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]) &&
	    sscanf(p + 1, "%2x", &decoded) == 1) {
		*path += 3;
		return (int)decoded;
	}
	*path += 1;
	return (unsigned char)*p;
}

/* Is there a step up the path that only shows when it is decoded, or when
 * a server cuts off parameters? What seems to lie below a place would not
 * do so for that server. libcurl's parser has taken the open ones. A slash
 * that is encoded is part of a name, but not for every server: slashes says
 * to take it for one. */
static int hides_step(const char *path, int slashes)
{
	int dots = 0, ended; /* dots: of a segment so far; -1: it has more */

	do {
		const char *at = path;
		int c;

		ended = !*path;
		c = ended ? '/' : next_char(&path);
		if (*at == '%' && c != '.' && !slashes)
			c = (unsigned char)*at;
		if (c == '.' && dots >= 0) {
			dots++;
		} else if (c == '/' || c == '\\' || c == ';') {
			if (dots == 1 || dots == 2)
				return 1;
			dots = c == ';' ? -1 : 0;
		} else {
			dots = -1;
		}
	} while (!ended);
	return 0;
}

int secrets_for(const struct allowed *allowed, CURLU *url, const struct place *ret[PLACES_MAX],
		struct og_err *err)
{
	struct place place;
	int n = 0, hidden;

	if (place_init(&place, url, err) < 0)
		return -1;
	hidden = hides_step(place.path, 1);
	for (size_t i = 0; i < allowed->n_secrets && n >= 0; i++) {
		const struct place *secret = &allowed->secrets[i];

		if (!same_origin(secret, &place) || !is_below(place.path, secret->path))
			continue;
		n = hidden && strcmp(secret->path, "/") != 0 ? og_fail(err, OG_EPERM, HIDDEN)
							     : add_best(secret, ret, n);
	}
	place_release(&place);
	return n;
}

static int check_origin(const struct allowed *allowed, const struct place *place,
			struct og_err *err)
{
	for (size_t i = 0; i < allowed->n_origins; i++)
		if (same_origin(&allowed->origins[i], place))
			return 0;
	og_fail(err, OG_EPERM, "'%s://%s:%s' is not allowed", place->scheme, place->host,
		place->port);
	return og_hint(err, "og-http goes where --allow lets it");
}

int is_allowed(const struct allowed *allowed, CURLU *url, struct og_err *err)
{
	struct place place;
	int rc;

	if (place_init(&place, url, err) < 0)
		return -1;
	rc = check_origin(allowed, &place, err);
	if (rc == 0 && hides_step(place.path, 0))
		rc = og_fail(err, OG_EPERM, HIDDEN);
	place_release(&place);
	return rc;
}
