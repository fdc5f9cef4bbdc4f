/*
 * Printing: RFC 8785 (keys sorted by UTF-16 code units, shortest numbers)
 * and the same without sorting. Both refuse integers that other readers
 * would round.
 */
#include "lib/json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

struct printer {
	struct og_buf *buf;
	struct og_err *err;
	int sorted;
};

static int print_value(struct printer *p, const json_t *value);

int og_json_quote(struct og_buf *buf, const char *text, size_t len)
{
	static const char short_form[] = "btn?fr"; /* of bytes 8 to 13, without 11 */
	size_t done = 0;

	og_buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		og_buf_add(buf, text + done, i - done);
		done = i + 1;
		if (c == '"' || c == '\\')
			og_buf_addf(buf, "\\%c", c);
		else if (c >= 8 && c <= 13 && c != 11)
			og_buf_addf(buf, "\\%c", short_form[c - 8]);
		else
			og_buf_addf(buf, "\\u%04x", c);
	}
	og_buf_add(buf, text + done, len - done);
	return og_buf_addc(buf, '"');
}

/* UTF-16 order differs from UTF-8's byte order only where surrogates come
 * in: a character above U+FFFF sorts before U+E000 to U+FFFF. */
int og_json_key_compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if ((unsigned char)*a >= 0xee && (unsigned char)*b >= 0xee) {
		int high_a = (unsigned char)*a >= 0xf0, high_b = (unsigned char)*b >= 0xf0;

		if (high_a != high_b)
			return high_b - high_a;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int by_key(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return og_json_key_compare(*x, *y);
}

/* The keys of an object in the order to print them; free() it. */
static const char **keys_of(const json_t *object, int sorted)
{
	const char **keys = malloc((json_object_size(object) + 1) * sizeof(*keys));
	size_t n = 0;
	void *it;
	json_t *mutable;

	if (!keys)
		return NULL;
	memcpy(&mutable, &object, sizeof(mutable)); /* jansson's iterators take no const */
	for (it = json_object_iter(mutable); it; it = json_object_iter_next(mutable, it))
		keys[n++] = json_object_iter_key(it);
	if (sorted)
		qsort(keys, n, sizeof(*keys), by_key);
	return keys;
}

static int print_object(struct printer *p, const json_t *object)
{
	size_t n = json_object_size(object);
	const char **keys = keys_of(object, p->sorted);
	int rc = 0;

	if (!keys)
		return og_fail_nomem(p->err);
	og_buf_addc(p->buf, '{');
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (i > 0)
			og_buf_addc(p->buf, ',');
		og_json_quote(p->buf, keys[i], strlen(keys[i]));
		og_buf_addc(p->buf, ':');
		rc = print_value(p, json_object_get(object, keys[i]));
	}
	og_buf_addc(p->buf, '}');
	free(keys);
	return rc;
}

static int print_array(struct printer *p, const json_t *array)
{
	og_buf_addc(p->buf, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			og_buf_addc(p->buf, ',');
		if (print_value(p, json_array_get(array, i)) < 0)
			return -1;
	}
	og_buf_addc(p->buf, ']');
	return 0;
}

static int print_integer(struct printer *p, json_int_t value)
{
	if (value > OG_JSON_INT_MAX || value < -OG_JSON_INT_MAX)
		return og_fail(p->err, OG_EDATA,
			       "integer %" JSON_INTEGER_FORMAT " is outside what JSON readers keep",
			       value);
	og_buf_addf(p->buf, "%" JSON_INTEGER_FORMAT, value);
	return 0;
}

static int print_value(struct printer *p, const json_t *value)
{
	char number[OG_DOUBLE_MAX];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return print_object(p, value);
	case JSON_ARRAY:
		return print_array(p, value);
	case JSON_STRING:
		og_json_quote(p->buf, json_string_value(value), json_string_length(value));
		return 0;
	case JSON_INTEGER:
		return print_integer(p, json_integer_value(value));
	case JSON_REAL:
		og_buf_add(p->buf, number, og_double_format(json_real_value(value), number));
		return 0;
	case JSON_TRUE:
		og_buf_adds(p->buf, "true");
		return 0;
	case JSON_FALSE:
		og_buf_adds(p->buf, "false");
		return 0;
	default:
		og_buf_adds(p->buf, "null");
		return 0;
	}
}

static int print(const json_t *value, struct og_buf *buf, int sorted, struct og_err *err)
{
	struct printer p = { buf, err, sorted };

	if (!value)
		return og_fail_nomem(err);
	if (print_value(&p, value) < 0)
		return -1;
	return og_buf_check(buf, "JSON text", err);
}

int og_json_canon(const json_t *value, struct og_buf *buf, struct og_err *err)
{
	return print(value, buf, 1, err);
}

int og_json_dump(const json_t *value, struct og_buf *buf, struct og_err *err)
{
	return print(value, buf, 0, err);
}
