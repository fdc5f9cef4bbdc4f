/*
 * What is judged before a handler sees a request, in this order: that it is
 * one request and not two (RFC 9112), that it is meant for us (Host), that
 * it was not sent by somebody else's page (Origin, Sec-Fetch-Site), that it
 * is not one of too many, whose it is (the session), and that the page which
 * sends it can read our answers (X-OG-CSRF).
 */
#include <arpa/inet.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/limit.h"
#include "lib/serve/serve-internal.h"

static int refuse(struct og_exchange *x, unsigned status, const char *text)
{
	x->closing = status == 400;
	og_reply_error(x, status, "%s", text);
	return -1;
}

static int is_unsafe(const struct og_exchange *x)
{
	return strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0;
}

/* A request that two programs could see as two, or as another one. */
static int check_framing(struct og_exchange *x, const struct og_survey *survey)
{
	if (survey->bad)
		return refuse(x, 400, "a header is malformed");
	if (survey->lengths > 1 || survey->encodings > 1 || (survey->lengths && survey->encodings))
		return refuse(x, 400, "the length of the body is said twice");
	if (survey->hosts != 1)
		return refuse(x, 400, "a request has one Host");
	return survey->origins > 1 ? refuse(x, 400, "a request has one Origin") : 0;
}

static int check_host(struct og_exchange *x)
{
	return og_serve_is_host(x->serve, x->transport->header(x, "Host"))
		       ? 0
		       : refuse(x, 421, "this server does not have that name");
}

/* "http://HOST" or "https://HOST" of this very request. */
static int check_origin(struct og_exchange *x)
{
	const char *origin = x->transport->header(x, "Origin");
	const char *host = NULL;

	if (!origin)
		return 0;
	if (strncmp(origin, "https://", 8) == 0)
		host = origin + 8;
	else if (strncmp(origin, "http://", 7) == 0 && !x->serve->setup.proxy)
		host = origin + 7;
	if (host && og_ascii_casecmp(host, x->transport->header(x, "Host")) == 0)
		return 0;
	return refuse(x, 403, "another site's page sent this");
}

/* A browser says who made it send something; a link to a page of ours may
 * stand anywhere. */
static int check_fetch(struct og_exchange *x)
{
	const char *site = x->transport->header(x, "Sec-Fetch-Site");
	const char *mode = x->transport->header(x, "Sec-Fetch-Mode");
	int foreign = site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
	int visit = mode && strcmp(mode, "navigate") == 0 && !is_unsafe(x) &&
		    strncmp(og_exchange_path(x), "/api/", 5) != 0;

	return foreign && !visit ? refuse(x, 403, "another site's page sent this") : 0;
}

/* The value of og_session in Cookie, when there is exactly one. */
static int cookie_token(const char *cookie, char token[OG_SESSION_TOKEN + 1])
{
	static const char name[] = "og_session=";
	int found = 0;

	while (cookie && *cookie) {
		size_t len = strcspn(cookie, ";"), skip = sizeof(name) - 1;

		if (strncmp(cookie, name, skip) == 0) {
			if (found++ || len - skip != OG_SESSION_TOKEN)
				return 0;
			memcpy(token, cookie + skip, OG_SESSION_TOKEN);
			token[OG_SESSION_TOKEN] = '\0';
		}
		cookie += len;
		cookie += strspn(cookie, "; ");
	}
	return found == 1;
}

static int find_session(struct og_exchange *x)
{
	const char *bearer = x->transport->header(x, "Authorization");
	char token[OG_SESSION_TOKEN + 1] = "";
	int by_cookie = 0;

	if (bearer && strncmp(bearer, "Bearer ", 7) == 0 &&
	    strlen(bearer) == 7 + OG_SESSION_TOKEN) {
		memcpy(token, bearer + 7, OG_SESSION_TOKEN + 1);
	} else if (!bearer) {
		by_cookie = 1;
		if (!cookie_token(x->transport->header(x, "Cookie"), token))
			return 0;
	}
	if (!og_session_find(x->serve->sessions, token, &x->session))
		return 0;
	x->session.by_cookie = by_cookie;
	return 1;
}

/* Constant time: how much of it is right is nobody's business. */
static int same_secret(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned differ = strlen(b) != len;

	for (size_t i = 0; !differ && i < len; i++)
		differ |= (unsigned)(a[i] ^ b[i]);
	return !differ;
}

static int too_many(struct og_exchange *x)
{
	og_reply_header(x, "Retry-After", "1");
	return refuse(x, 429, "too many requests");
}

/* An address may be many people's: it gets ten times as much. */
static int check_address(struct og_exchange *x)
{
	int rate = x->serve->setup.rate * 10;
	char name[OG_NETWORK_MAX];

	if (!x->serve->limits || x->route->flags & OG_ROUTE_FREE)
		return 0;
	og_limit_network(x->address, name);
	return og_limit_take(x->serve->limits, name, rate, 4 * rate, x->began_us) ? 0 : too_many(x);
}

static int check_rate(struct og_exchange *x)
{
	int rate = x->serve->setup.rate;

	if (!x->serve->limits || x->route->flags & OG_ROUTE_FREE)
		return 0;
	return og_limit_take(x->serve->limits, x->session.name, rate, 4 * rate, x->began_us)
		       ? 0
		       : too_many(x);
}

static int check_session(struct og_exchange *x)
{
	const char *csrf = x->transport->header(x, "X-OG-CSRF");
	int found;

	if (x->route->flags & OG_ROUTE_FREE)
		return 0;
	found = find_session(x);
	if (found && check_rate(x) < 0)
		return -1;
	if (x->route->flags & OG_ROUTE_OPEN)
		return 0;
	if (!found) {
		og_reply_header(x, "WWW-Authenticate", "Bearer");
		return refuse(x, 401, "sign in first");
	}
	if (!x->session.by_cookie || !is_unsafe(x))
		return 0;
	if (!csrf || !same_secret(x->session.csrf, csrf))
		return refuse(x, 403, "X-OG-CSRF is missing or is not this session's");
	return x->transport->header(x, "Origin") ? 0 : refuse(x, 403, "a page says its Origin");
}

/* What the web server in front says it heard from: the last word is its. */
static void learn_address(struct og_exchange *x, const struct og_survey *survey)
{
	const char *list = x->transport->header(x, "X-Forwarded-For"), *comma, *p;
	unsigned char ignored[16];
	char text[OG_ADDRESS_MAX];

	if (!x->serve->setup.proxy || x->serve->setup.cgi || !list || survey->forwarded != 1)
		return;
	comma = strrchr(list, ',');
	p = comma ? comma + 1 : list;
	p += strspn(p, " \t");
	og_text_format(text, sizeof(text), "%s", p);
	if (inet_pton(AF_INET, text, ignored) == 1 || inet_pton(AF_INET6, text, ignored) == 1)
		memcpy(x->address, text, sizeof(text));
}

int og_exchange_admit(struct og_exchange *x)
{
	struct og_survey survey = { 0 };

	x->transport->survey(x, &survey);
	learn_address(x, &survey);
	if (check_framing(x, &survey) < 0 || check_host(x) < 0 || check_origin(x) < 0 ||
	    check_fetch(x) < 0 || og_exchange_route(x) < 0 || check_address(x) < 0)
		return -1;
	return check_session(x);
}
