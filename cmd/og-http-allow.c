/*
 * Where og-http may go. URLs are compared part by part as libcurl's parser
 * has them, and the same parsed URL is what is requested: two parsers that
 * see a URL differently are how such lists are usually got around.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-http-transfer.h"
#include "lib/base/file.h"

#define TOKEN_MAX ((size_t)8000)

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
	if (place->token.len > 0)
		explicit_bzero(place->token.data, place->token.len);
	og_buf_release(&place->token);
	memset(place, 0, sizeof(*place));
}

static int place_init(struct place *place, CURLU *url, struct og_err *err)
{
	memset(place, 0, sizeof(*place));
	og_buf_init(&place->token, TOKEN_MAX);
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

int allow_token(struct allowed *allowed, const char *url_and_file, struct og_err *err)
{
	struct place *place = &allowed->tokens[allowed->n_tokens];
	const char *file = strchr(url_and_file, '=');
	char *url;
	int rc;

	if (!file)
		return og_fail(err, OG_EUSAGE, "'%s' is not URL=FILE", url_and_file);
	if (allowed->n_tokens == PLACES_MAX)
		return og_fail(err, OG_EUSAGE, "more than %d tokens", PLACES_MAX);
	url = strndup(url_and_file, (size_t)(file - url_and_file));
	if (!url)
		return og_fail_nomem(err);
	rc = read_place(place, url, err);
	free(url);
	if (rc < 0)
		return -1;
	og_buf_adds(&place->token, "Authorization: Bearer ");
	if (og_secret_read(file + 1, "token", &place->token, err) < 0) {
		place_release(place);
		return -1;
	}
	allowed->n_tokens++;
	return 0;
}

void allowed_release(struct allowed *allowed)
{
	for (size_t i = 0; i < allowed->n_origins; i++)
		place_release(&allowed->origins[i]);
	for (size_t i = 0; i < allowed->n_tokens; i++)
		place_release(&allowed->tokens[i]);
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

/* Of several tokens that of the longest path is meant. */
static const char *token_for(const struct allowed *allowed, const struct place *place)
{
	const struct place *best = NULL;

	for (size_t i = 0; i < allowed->n_tokens; i++) {
		const struct place *token = &allowed->tokens[i];

		if (same_origin(token, place) && is_below(place->path, token->path) &&
		    (!best || strlen(token->path) > strlen(best->path)))
			best = token;
	}
	return best ? best->token.data : NULL;
}

int is_allowed(const struct allowed *allowed, CURLU *url, const char **ret_token,
	       struct og_err *err)
{
	struct place place;
	int found = 0;

	if (place_init(&place, url, err) < 0)
		return -1;
	for (size_t i = 0; i < allowed->n_origins && !found; i++)
		found = same_origin(&allowed->origins[i], &place);
	if (found) {
		*ret_token = token_for(allowed, &place);
	} else {
		og_fail(err, OG_EPERM, "'%s://%s:%s' is not allowed", place.scheme, place.host,
			place.port);
		og_hint(err, "og-http goes where --allow lets it");
	}
	place_release(&place);
	return found ? 0 : -1;
}
