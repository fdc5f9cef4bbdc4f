/* Routes: a linear walk over short tables, part by part. */
#include <stdlib.h>
#include <string.h>

#include "lib/serve/serve-internal.h"

/* One part of pattern and path each; 1 when they match. *param: it is one. */
static int match_part(const char *pattern, size_t pattern_len, size_t len, const char *path)
{
	if (pattern_len > 0 && pattern[0] == ':')
		return len > 0;
	return pattern_len == len && memcmp(pattern, path, len) == 0;
}

static int matches(const char *pattern, const char *path)
{
	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");

		if (!match_part(pattern, pattern_len, len, path))
			return 0;
		pattern += pattern_len;
		path += len;
	}
	return *pattern == '\0' && *path == '\0';
}

/* The names live in one text beside the values: "id\0" "T-1\0". */
static int take_params(struct og_exchange *x, const char *pattern, const char *path)
{
	size_t size = strlen(pattern) + strlen(path) + 2 * OG_HTTP_PARAMS + 1;
	char *to = calloc(1, size);

	x->param_text = to;
	while (to && *pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");

		if (pattern[0] == ':' && x->n_params < OG_HTTP_PARAMS) {
			x->params[x->n_params].name = to;
			memcpy(to, pattern + 1, pattern_len - 1);
			to += pattern_len;
			x->params[x->n_params++].value = to;
			memcpy(to, path, len);
			to += len + 1;
		}
		pattern += pattern_len;
		path += len;
	}
	return x->param_text ? 0 : -1;
}

static int same_method(const char *wanted, const char *method)
{
	return strcmp(wanted, method) == 0 ||
	       (strcmp(method, "HEAD") == 0 && strcmp(wanted, "GET") == 0);
}

static int wrong_method(struct og_exchange *x, const char *allow)
{
	og_reply_header(x, "Allow", allow);
	og_reply_error(x, 405, "the method is not one of this address");
	return -1;
}

int og_exchange_route(struct og_exchange *x)
{
	const char *path = og_exchange_path(x), *allow = NULL;
	const struct og_serve_part *const *parts = x->serve->setup.parts;

	for (size_t i = 0; i < x->serve->n_parts; i++)
		for (const struct og_route *r = parts[i]->routes; r->method; r++) {
			if (!matches(r->path, path))
				continue;
			if (!same_method(r->method, x->method)) {
				allow = r->method;
				continue;
			}
			x->route = r;
			x->part = i;
			if (!strchr(r->path, ':') || take_params(x, r->path, path) == 0)
				return 0;
			og_reply_error(x, 500, "out of memory");
			return -1;
		}
	if (allow)
		return wrong_method(x, allow);
	og_reply_error(x, 404, "there is nothing at this address");
	return -1;
}

void og_exchange_run(struct og_exchange *x)
{
	x->route->run(x);
}
