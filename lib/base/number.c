/* Numbers as text, strictly: what is not exactly a number is refused. */
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
	return c >= '0' && c <= '9';
}

/* JSON's grammar for the integer part: no leading zeros. Returns the rest, or NULL. */
static const char *integer_part(const char *p)
{
	if (*p == '-')
		p++;
	if (!digit(*p) || (*p == '0' && digit(p[1])))
		return NULL;
	while (digit(*p))
		p++;
	return p;
}

int og_int_parse(const char *text, int64_t min, int64_t max, const char *what, int64_t *ret,
		 struct og_err *err)
{
	const char *end = integer_part(text);
	intmax_t value;

	if (!end || *end != '\0')
		return og_fail(err, OG_EUSAGE, "%s: '%s' is not a whole number", what, text);
	errno = 0;
	value = strtoimax(text, NULL, 10);
	if (errno || value < min || value > max)
		return og_fail(err, OG_EUSAGE, "%s: %s is not within %" PRId64 " and %" PRId64,
			       what, text, min, max);
	*ret = value;
	return 0;
}

/* The rest after ".digits" and "e+-digits", or NULL. */
static const char *fraction_part(const char *p)
{
	if (*p == '.') {
		if (!digit(*++p))
			return NULL;
		while (digit(*p))
			p++;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if (!digit(*p))
			return NULL;
		while (digit(*p))
			p++;
	}
	return p;
}

int og_double_parse(const char *text, const char *what, double *ret, struct og_err *err)
{
	const char *end = integer_part(text);
	double value;

	if (end)
		end = fraction_part(end);
	if (!end || *end != '\0')
		return og_fail(err, OG_EUSAGE, "%s: '%s' is not a number", what, text);
	value = strtod(text, NULL);
	if (!isfinite(value))
		return og_fail(err, OG_EUSAGE, "%s: %s is too large", what, text);
	*ret = value;
	return 0;
}

/* The shortest decimal digits that read back as value; *point is where the
 * decimal point stands, counted from the first digit (ECMA-262, n). */
static size_t shortest(double value, char digits[20], int *point)
{
	char text[OG_DOUBLE_MAX];
	size_t n = 0;

	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	for (const char *p = text; *p != 'e'; p++)
		if (digit(*p))
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	*point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	return n;
}

static char *put(char *out, const char *digits, size_t n)
{
	memcpy(out, digits, n);
	return out + n;
}

static char *zeros(char *out, int n)
{
	for (; n > 0; n--)
		*out++ = '0';
	return out;
}

/* ECMA-262, Number::toString, steps 6 to 10. */
static char *layout(char *out, const char *digits, size_t n, int point)
{
	int len = (int)n;

	if (len <= point && point <= 21)
		return zeros(put(out, digits, n), point - len);
	if (0 < point && point <= 21) {
		out = put(out, digits, (size_t)point);
		*out++ = '.';
		return put(out, digits + point, n - (size_t)point);
	}
	if (-6 < point && point <= 0) {
		out = zeros(put(out, "0.", 2), -point);
		return put(out, digits, n);
	}
	*out++ = digits[0];
	if (n > 1) {
		*out++ = '.';
		out = put(out, digits + 1, n - 1);
	}
	return out + snprintf(out, 8, "e%+d", point - 1);
}

size_t og_double_format(double value, char out[OG_DOUBLE_MAX])
{
	char digits[20], *end = out;
	int point;
	size_t n;

	if (value == 0) {
		memcpy(out, "0", 2);
		return 1;
	}
	if (value < 0) {
		*end++ = '-';
		value = -value;
	}
	/* Whole numbers are common and need no search for the shortest form. */
	if (value < 1e15 && value == floor(value))
		return (size_t)(end - out) + (size_t)snprintf(end, 24, "%.0f", value);
	n = shortest(value, digits, &point);
	end = layout(end, digits, n, point);
	*end = '\0';
	return (size_t)(end - out);
}
