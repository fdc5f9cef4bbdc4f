/*
 * The strict parser: jansson's, with a scan before it for what jansson
 * would let through (depth is judged before any recursion, the size before
 * any copy) and one text, nothing after it.
 */
#include "lib/json/json.h"

#include <string.h>

#include "lib/base/text.h"

/* Deepest nesting of brackets outside strings. Wrong JSON may give any
 * number; it is refused afterwards. */
static size_t depth_of(const char *text, size_t len)
{
	size_t depth = 0, deepest = 0;
	int in_string = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = 0;
		} else if (c == '"') {
			in_string = 1;
		} else if (c == '[' || c == '{') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static int is_blank(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	return len == 0;
}

int og_json_parse(const char *text, size_t len, size_t max_len, const char *what, json_t **ret,
		  struct og_err *err)
{
	json_error_t why;
	json_t *value;

	if (len > max_len)
		return og_fail(err, OG_EDATA, "%s is larger than %zu bytes", what, max_len);
	if (memchr(text, 0, len)) /* jansson would take it for the end */
		return og_fail(err, OG_EDATA, "%s holds a NUL byte", what);
	if (is_blank(text, len))
		return og_fail(err, OG_EDATA, "%s is empty", what);
	if (!og_utf8_valid(text, len))
		return og_fail(err, OG_EDATA, "%s is not valid UTF-8", what);
	if (depth_of(text, len) > OG_JSON_DEPTH)
		return og_fail(err, OG_EDATA, "%s is nested deeper than %d", what, OG_JSON_DEPTH);
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
			   &why);
	if (!value)
		return og_fail(err, OG_EDATA, "%s is not JSON: line %d, column %d: %s", what,
			       why.line, why.column, why.text);
	*ret = value;
	return 0;
}
