/* See og-call.h. */
#include "cmd/og-call.h"

#include <string.h>

#include "lib/base/text.h"

char *og_call_origin(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return strndup(url, (size_t)(host - url) + strcspn(host, "/"));
}

/* "https://[::1]:8443/v1": its host and port, for telemetry. */
void og_call_place(const char *url, struct og_call_answer *ret)
{
	const char *host = strstr(url, "://"), *port;
	char digits[6];
	int64_t number;
	size_t len;

	if (!host)
		return;
	host += 3;
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	port = host + len;
	og_text_format(ret->host, sizeof(ret->host), "%.*s", (int)len, host);
	ret->port = strncmp(url, "https", 5) == 0 ? 443 : 80;
	if (*port == ':') {
		og_text_format(digits, sizeof(digits), "%.*s", (int)strcspn(port + 1, "/?#"),
			       port + 1);
		if (og_int_parse(digits, 1, UINT16_MAX, "port", &number, NULL) == 0)
			ret->port = (int)number;
	}
}

void og_call_fail(struct og_call_answer *ret, enum og_called outcome, const char *why)
{
	ret->outcome = outcome;
	og_text_format(ret->why, sizeof(ret->why), "%s", why);
}
