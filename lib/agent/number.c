/* See number.h. */
#include "lib/agent/number.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- plain digits --------------------------------------------------------------------- */

/* A digit of another script (UAX 44, Nd), or of a font, as 0 to 9; -1. */
static int digit_of(uint32_t c)
{
	static const uint32_t zeros[] = { 0x660,  0x6f0,   0x7c0,   0x966,   0x9e6,   0xa66,
					  0xae6,  0xb66,   0xbe6,   0xc66,   0xce6,   0xd66,
					  0xe50,  0xed0,   0xf20,   0x1040,  0x17e0,  0x1810,
					  0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6 };

	for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++)
		if (c >= zeros[i] && c < zeros[i] + 10)
			return (int)(c - zeros[i]);
	return -1;
}

void og_number_plain(const char *text, struct og_buf *out)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		uint32_t c;
		size_t n = og_utf8_decode(text + at, len - at, &c);
		int digit = digit_of(c);

		if (digit >= 0)
			og_buf_addc(out, (char)('0' + digit));
		else if (c == 0xa0 || c == 0x202f || c == 0x2009)
			og_buf_addc(out, ' ');
		else if (c == 0x2212)
			og_buf_addc(out, '-');
		else if (c == 0x2019)
			og_buf_addc(out, '\'');
		else if (c >= 0x2010 && c <= 0x2015)
			og_buf_adds(out, " - ");
		else
			og_buf_add(out, text + at, n);
		at += n;
	}
}

/* --- one number ----------------------------------------------------------------------- */

size_t og_number_end(const char *text, size_t at)
{
	while (is_digit(text[at]) ||
	       (strchr(".,'", text[at]) && text[at] && is_digit(text[at + 1])))
		at++;
	return at;
}

/* Groups of three from the first separator on, and one to three before it. */
static int is_grouped(const char *digits, size_t len, char separator)
{
	size_t run = 0, groups = 0;

	for (size_t i = 0; i < len; i++) {
		if (digits[i] != separator) {
			run++;
			continue;
		}
		if (groups ? run != 3 : run < 1 || run > 3)
			return 0;
		groups++;
		run = 0;
	}
	return groups > 0 && run == 3;
}

static int read_plain(const char *text, size_t len, char point, struct og_reading *ret)
{
	char digits[OG_NUMBER_MAX + 1];
	size_t n = 0, at = len;

	for (size_t i = 0; i < len && n < OG_NUMBER_MAX; i++) {
		if (point && text[i] == point) {
			at = i;
			digits[n++] = '.';
		} else if (is_digit(text[i])) {
			digits[n++] = text[i];
		}
	}
	digits[n] = '\0';
	ret->value = strtod(digits, NULL);
	ret->decimals = at < len ? (int)(len - at - 1) : 0;
	return isfinite(ret->value);
}

static size_t count_of(const char *text, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == c;
	return n;
}

size_t og_number_readings(const char *text, size_t len, struct og_reading ret[2])
{
	size_t commas = count_of(text, len, ','), points = count_of(text, len, '.'), n = 0;
	const char *comma = memchr(text, ',', len), *point = memchr(text, '.', len);

	if (len > OG_NUMBER_MAX)
		return 0;
	if (commas && points) {
		/* The last kind is the point, if there is one of it. */
		char last = text[len - 1];

		for (size_t i = len; i > 0 && is_digit(last); i--)
			last = text[i - 1];
		if ((last == '.' ? points : commas) == 1)
			n += (size_t)read_plain(text, len, last, &ret[n]);
		return n;
	}
	if (commas + points == 1)
		n += (size_t)read_plain(text, len, comma ? ',' : '.', &ret[n]);
	if (commas + points == 0 || is_grouped(text, len, comma ? ',' : '.') ||
	    (!comma && !point && is_grouped(text, len, '\'')))
		n += (size_t)read_plain(text, len, '\0', &ret[n]);
	return n;
}
