/*
 * What stands behind the method: a path and a query, decoded once and
 * strictly. What two programs could read in two ways is refused here: an
 * absolute form, empty and dot segments, an encoded slash, control bytes,
 * a percent sign that encodes nothing, text that is not UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/serve-internal.h"

static unsigned refuse(const char **why, const char *text)
{
	*why = text;
	return 400;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place; plus: a + is a space. 0, or -1: no encoding, or a control byte. */
static int decode(char *text, int plus)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		int c = (unsigned char)*p;

		if (c == '%') {
			int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);

			if (low < 0)
				return -1;
			c = high << 4 | low;
			p += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c < 0x20 || c == 0x7f)
			return -1;
		*to++ = (char)c;
	}
	*to = '\0';
	return og_utf8_valid(text, (size_t)(to - text)) ? 0 : -1;
}

/* Every segment has a name; the last may be empty. */
static int has_bad_segment(const char *path)
{
	for (const char *p = path; *p; p++) {
		size_t len;

		if (*p != '/')
			continue;
		len = strcspn(p + 1, "/");
		if ((len == 0 && p[1] == '/') || (len == 1 && p[1] == '.') ||
		    (len == 2 && p[1] == '.' && p[2] == '.'))
			return 1;
	}
	return 0;
}

static int encodes_separator(const char *path)
{
	for (const char *p = path; (p = strchr(p, '%')); p++)
		if ((p[1] == '2' && (p[2] == 'f' || p[2] == 'F')) ||
		    (p[1] == '5' && (p[2] == 'c' || p[2] == 'C')))
			return 1;
	return strchr(path, '\\') != NULL;
}

static unsigned take_query(struct og_target *target, char *query, const char **why)
{
	char *next;

	for (char *pair = query; pair; pair = next) {
		char *value;

		next = strchr(pair, '&');
		if (next)
			*next++ = '\0';
		if (!*pair)
			continue;
		if (target->n_query == OG_QUERY_MAX)
			return refuse(why, "too many parameters");
		value = strchr(pair, '=');
		if (value)
			*value++ = '\0';
		if (decode(pair, 1) < 0 || (value && decode(value, 1) < 0))
			return refuse(why, "the query is not well encoded");
		target->query[target->n_query++] = (struct og_pair){ pair, value ? value : "" };
	}
	return 0;
}

static unsigned take_path(struct og_target *target, char *path, const char **why)
{
	if (has_bad_segment(path))
		return refuse(why, "the path has an empty or a dot segment");
	target->path = path;
	return 0;
}

static unsigned copy(const char *text, struct og_target *ret, const char **why)
{
	memset(ret, 0, sizeof(*ret));
	if (strlen(text) > OG_HTTP_TARGET_MAX) {
		*why = "the address is too long";
		return 414;
	}
	ret->text = strdup(text);
	*why = "out of memory";
	return ret->text ? 0 : 500;
}

static unsigned split(struct og_target *target, const char **why)
{
	char *query = strchr(target->text, '?');
	unsigned status;

	if (query)
		*query++ = '\0';
	if (encodes_separator(target->text))
		return refuse(why, "the path has an encoded separator");
	if (decode(target->text, 0) < 0)
		return refuse(why, "the path is not well encoded");
	status = take_path(target, target->text, why);
	return status ? status : take_query(target, query, why);
}

unsigned og_target_parse(const char *raw, struct og_target *ret, const char **why)
{
	unsigned status = copy(raw, ret, why);

	if (status == 0 && raw[0] != '/')
		status = refuse(why, "the request does not name a path");
	for (const char *p = raw; status == 0 && *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || *p == '#')
			status = refuse(why, "the address holds a byte that must be encoded");
	if (status == 0)
		status = split(ret, why);
	if (status)
		og_target_release(ret);
	return status;
}

unsigned og_target_from(const char *path, const char *query, struct og_target *ret,
			const char **why)
{
	size_t len = strlen(path);
	struct og_buf both;
	unsigned status;

	og_buf_init(&both, 2 * OG_HTTP_TARGET_MAX);
	og_buf_addf(&both, "%s?%s", path, query);
	memset(ret, 0, sizeof(*ret));
	*why = "the address is too long";
	status = both.failed ? 414 : copy(both.data, ret, why);
	og_buf_release(&both);
	if (status)
		return status;
	ret->text[len] = '\0';
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\')
			status = refuse(why, "the path holds a control byte or a backslash");
	if (status == 0 && (path[0] != '/' || !og_utf8_valid(path, len)))
		status = refuse(why, "the request does not name a path");
	if (status == 0)
		status = take_path(ret, ret->text, why);
	if (status == 0)
		status = take_query(ret, ret->text + len + 1, why);
	if (status)
		og_target_release(ret);
	return status;
}

void og_target_release(struct og_target *target)
{
	free(target->text);
	memset(target, 0, sizeof(*target));
}
