/* Text and JSON that may stand inside a page's elements. */
#include "lib/view/page-internal.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/html-internal.h"

void og_block_text(struct og_buf *buf, const char *text)
{
	struct og_buf safe;

	og_buf_init(&safe, buf->max);
	og_text_safe(&safe, text, strlen(text), 0);
	if (safe.failed)
		buf->failed = safe.failed;
	for (size_t i = 0; i < safe.len; i++) {
		if (og_html_entity(safe.data[i]))
			og_buf_adds(buf, og_html_entity(safe.data[i]));
		else
			og_buf_addc(buf, safe.data[i]);
	}
	og_buf_release(&safe);
}

/* How many bytes at text have to be written otherwise in a block; their
 * code point in *ret. */
static size_t unfit(const char *text, size_t len, unsigned *ret)
{
	unsigned char c = (unsigned char)text[0];

	*ret = c;
	if (c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == '\'' ||
	    c == 0x7f)
		return 1;
	if (c == 0xe2 && len >= 3 && memcmp(text, "\xe2\x80", 2) == 0 &&
	    ((unsigned char)text[2] == 0xa8 || (unsigned char)text[2] == 0xa9)) {
		*ret = 0x2000u + (unsigned char)text[2] - 0x80;
		return 3;
	}
	return 0;
}

static void add_quoted(struct og_buf *buf, const char *text, size_t len)
{
	size_t done = 0, skip;
	unsigned code;

	og_buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		skip = unfit(text + i, len - i, &code);
		if (skip == 0)
			continue;
		og_buf_add(buf, text + done, i - done);
		if (code == '"' || code == '\\')
			og_buf_addf(buf, "\\%c", (char)code);
		else
			og_buf_addf(buf, "\\u%04x", code);
		i += skip - 1;
		done = i + 1;
	}
	og_buf_add(buf, text + done, len - done);
	og_buf_addc(buf, '"');
}

static void add_real(struct og_buf *buf, double value)
{
	char text[OG_DOUBLE_MAX];

	if (isfinite(value))
		og_buf_add(buf, text, og_double_format(value, text));
	else
		og_buf_adds(buf, "null");
}

static void add_integer(struct og_buf *buf, json_int_t value)
{
	int wide = value > OG_JSON_INT_MAX || value < -OG_JSON_INT_MAX;

	og_buf_addf(buf, wide ? "\"%lld\"" : "%lld", (long long)value);
}

static void add_object(struct og_buf *buf, const json_t *object)
{
	json_t *value, *mutable;
	const char *key;
	int first = 1;

	memcpy(&mutable, &object, sizeof(mutable)); /* jansson's iterators take no const */
	og_buf_addc(buf, '{');
	json_object_foreach(mutable, key, value)
	{
		if (!first)
			og_buf_addc(buf, ',');
		first = 0;
		add_quoted(buf, key, strlen(key));
		og_buf_addc(buf, ':');
		og_block_json(buf, value);
	}
	og_buf_addc(buf, '}');
}

static void add_array(struct og_buf *buf, const json_t *array)
{
	json_t *value;
	size_t i;

	og_buf_addc(buf, '[');
	json_array_foreach(array, i, value)
	{
		if (i > 0)
			og_buf_addc(buf, ',');
		og_block_json(buf, value);
	}
	og_buf_addc(buf, ']');
}

void og_block_json(struct og_buf *buf, const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_OBJECT:
		add_object(buf, value);
		return;
	case JSON_ARRAY:
		add_array(buf, value);
		return;
	case JSON_STRING:
		add_quoted(buf, json_string_value(value), json_string_length(value));
		return;
	case JSON_INTEGER:
		add_integer(buf, json_integer_value(value));
		return;
	case JSON_REAL:
		add_real(buf, json_real_value(value));
		return;
	default:
		og_buf_adds(buf, json_is_true(value)	? "true"
				 : json_is_false(value) ? "false"
							: "null");
	}
}
