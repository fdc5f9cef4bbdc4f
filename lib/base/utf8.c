/* UTF-8: validity, decoding, terminal width, and text made safe to look at. */
#include "lib/base/text.h"

#include <stdio.h>
#include <string.h>

/* The bytes a character takes by its first one, 0 for none, and the range
 * of its second (RFC 3629, table in section 4). */
static size_t needed(unsigned char first, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*ret_high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if ((first & 0xf0) == 0xe0)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Length of the well-formed character at data, or 0; *ret_good is how many
 * bytes might begin one, at least 1. */
static size_t measure(const unsigned char *p, size_t len, size_t *ret_good)
{
	unsigned char low, high;
	size_t need = needed(p[0], &low, &high), good = 1;

	while (good < need && good < len && p[good] >= low && p[good] <= high) {
		low = 0x80;
		high = 0xbf;
		good++;
	}
	*ret_good = good;
	return good == need ? need : 0;
}

static size_t sequence(const unsigned char *p, size_t len)
{
	size_t good;

	return measure(p, len, &good);
}

int og_utf8_valid(const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	while (len > 0) {
		size_t n = *p < 0x80 ? 1 : sequence(p, len);

		if (n == 0)
			return 0;
		p += n;
		len -= n;
	}
	return 1;
}

int og_utf8_repair(struct og_buf *buf, const char *data, size_t len)
{
	size_t kept = 0, i = 0;

	while (i < len) {
		size_t good, n = measure((const unsigned char *)data + i, len - i, &good);

		if (n == 0) {
			og_buf_add(buf, data + kept, i - kept);
			og_buf_adds(buf, "\xef\xbf\xbd");
			kept = i + good;
		}
		i += n > 0 ? n : good;
	}
	return og_buf_add(buf, data + kept, len - kept);
}

void og_text_vformat(char *out, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(out, size, fmt, args);
	size_t len;

	if (n < 0) {
		out[0] = '\0';
		return;
	}
	if ((size_t)n < size)
		return;
	len = size - 1;
	while (len > 0 && ((unsigned char)out[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && (unsigned char)out[len - 1] >= 0xc0)
		len--;
	out[len] = '\0';
}

void og_text_format(char *out, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	og_text_vformat(out, size, fmt, args);
	va_end(args);
}

size_t og_utf8_decode(const char *data, size_t len, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t n = sequence(p, len);
	uint32_t c;

	if (n <= 1) {
		*ret = n == 1 ? p[0] : 0xfffd;
		return 1;
	}
	c = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*ret = c;
	return n;
}

struct range {
	uint32_t first, last;
};

static int within(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return 1;
	return 0;
}

#define WITHIN(c, table) within(c, table, sizeof(table) / sizeof(*(table)))

/* Combining marks of the scripts that terminals draw (UAX 44, category Mn). */
static const struct range combining[] = {
	{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x591, 0x5bd },     { 0x610, 0x61a },
	{ 0x64b, 0x65f },   { 0x6d6, 0x6dc },	{ 0x900, 0x902 },     { 0x93c, 0x93c },
	{ 0x941, 0x948 },   { 0x94d, 0x94d },	{ 0xe31, 0xe31 },     { 0xe34, 0xe3a },
	{ 0xe47, 0xe4e },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },   { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};

/* East Asian Width W and F (UAX 11), by blocks. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },	  { 0x23e9, 0x23ec },
	{ 0x2e80, 0x303e },   { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },	  { 0x4e00, 0x9fff },
	{ 0xa000, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },	  { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },	  { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

size_t og_utf8_width(const char *data, size_t len)
{
	size_t width = 0;

	while (len > 0) {
		uint32_t c;
		size_t n = og_utf8_decode(data, len, &c);

		if (c >= 0x300)
			width += WITHIN(c, combining) ? 0 : WITHIN(c, wide) ? 2 : 1;
		else
			width++;
		data += n;
		len -= n;
	}
	return width;
}

/* What a reader does not see, or sees in another order: controls, direction
 * overrides, zero width, fillers, variation selectors, tags. A tab and the
 * ends of lines are layout. One list for all who look for them. */
static const struct range unseen[] = {
	{ 0x00, 0x08 },	      { 0x0b, 0x0c },	    { 0x0e, 0x1f },	  { 0x7f, 0x9f },
	{ 0xad, 0xad },	      { 0x34f, 0x34f },	    { 0x61c, 0x61c },	  { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },	  { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfe00, 0xfe0e },	  { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static int is_unseen(uint32_t c)
{
	return (c < 0x20 || c > 0x7e) && WITHIN(c, unseen);
}

#define JOINER	     0x200d
#define EMOJI	     0xfe0f /* variation selector 16: what is before it in colour */
#define FIRST_SYMBOL 0x2190
#define FIRST_EMOJI  0x203c

/* Of what is no letter: keycaps, (c), (r), and symbols. */
static int takes_emoji(uint32_t c)
{
	return (c >= FIRST_EMOJI && c != EMOJI) || (c >= '0' && c <= '9') || c == '#' || c == '*' ||
	       c == 0xa9 || c == 0xae;
}

static int stands_apart(uint32_t c, uint32_t before)
{
	if (c == EMOJI)
		return !takes_emoji(before);
	return is_unseen(c) && !(c == JOINER && before >= FIRST_SYMBOL);
}

int og_utf8_hidden(const char *data, size_t len, size_t *at, uint32_t *ret)
{
	uint32_t before = 0;

	while (*at < len) {
		size_t n = og_utf8_decode(data + *at, len - *at, ret);

		*at += n;
		if (stands_apart(*ret, before))
			return 1;
		before = *ret;
	}
	return 0;
}

int og_text_hidden(const char *data, size_t len)
{
	size_t at = 0;
	uint32_t c;

	return og_utf8_hidden(data, len, &at, &c);
}

static int is_layout(uint32_t c)
{
	return c == '\n' || c == '\t';
}

int og_text_safe(struct og_buf *buf, const char *data, size_t len, int keep_lines)
{
	while (len > 0) {
		size_t n = sequence((const unsigned char *)data, len);
		uint32_t c;

		if (n == 0) {
			og_buf_addf(buf, "\\x%02X", (unsigned char)*data);
			n = 1;
		} else {
			og_utf8_decode(data, len, &c);
			if (is_layout(c) ? keep_lines : c != '\r' && !is_unseen(c))
				og_buf_add(buf, data, n);
			else if (c < 0x80)
				og_buf_addf(buf, "\\x%02X", (unsigned)c);
			else
				og_buf_addf(buf, "U+%04X", (unsigned)c);
		}
		data += n;
		len -= n;
	}
	return buf->failed ? -1 : 0;
}

int og_text_visible(struct og_buf *buf, const char *data, size_t len)
{
	while (len > 0) {
		size_t n = sequence((const unsigned char *)data, len);
		uint32_t c = 0;

		if (n > 0)
			og_utf8_decode(data, len, &c);
		if (n == 0)
			og_buf_addf(buf, "<0x%02X>", (unsigned char)*data);
		else if (is_unseen(c))
			og_buf_addf(buf, "<U+%04X>", (unsigned)c);
		else
			og_buf_add(buf, data, n);
		n += n == 0;
		data += n;
		len -= n;
	}
	return buf->failed ? -1 : 0;
}
