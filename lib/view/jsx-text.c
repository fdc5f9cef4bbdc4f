/*
 * Texts of JSX: what stands between tags, with its lines joined as JSX
 * does, and attribute strings; entities decoded in both.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/jsx-internal.h"

#define ENTITY_MAX 32

static const struct {
	const char *name, *text;
} entities[] = {
	{ "amp", "&" },		{ "lt", "<" },	       { "gt", ">" },
	{ "quot", "\"" },	{ "apos", "'" },       { "nbsp", "\u00a0" },
	{ "ndash", "\u2013" },	{ "mdash", "\u2014" }, { "hellip", "\u2026" },
	{ "lsquo", "\u2018" },	{ "rsquo", "\u2019" }, { "ldquo", "\u201c" },
	{ "rdquo", "\u201d" },	{ "bull", "\u2022" },  { "middot", "\u00b7" },
	{ "copy", "\u00a9" },	{ "reg", "\u00ae" },   { "deg", "\u00b0" },
	{ "plusmn", "\u00b1" }, { "times", "\u00d7" }, { "divide", "\u00f7" },
	{ "minus", "\u2212" },	{ "le", "\u2264" },    { "ge", "\u2265" },
	{ "ne", "\u2260" },	{ "larr", "\u2190" },  { "uarr", "\u2191" },
	{ "rarr", "\u2192" },	{ "darr", "\u2193" },  { "euro", "\u20ac" },
	{ "pound", "\u00a3" },	{ "yen", "\u00a5" },   { "cent", "\u00a2" },
};

int og_jsx_digit(char c, int base)
{
	int value = c >= '0' && c <= '9' ? c - '0' : -1;

	if (c >= 'a' && c <= 'f')
		value = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	return value < base ? value : -1;
}

int og_jsx_add_rune(struct jsx *j, uint32_t rune)
{
	char out[4];
	size_t n = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return og_jsx_fail(j, "a character that does not exist");
	for (size_t i = n; i-- > 1; rune >>= 6)
		out[i] = (char)(0x80 | (rune & 0x3f));
	out[0] = (char)(lead[n] | rune);
	og_buf_add(&j->buf, out, n);
	return 0;
}

/* "#8364" or "#x20ac". 0: not of that form. */
static int numbered(const char *name, size_t len, uint32_t *ret)
{
	int base = len > 1 && (name[1] == 'x' || name[1] == 'X') ? 16 : 10;
	size_t i = base == 16 ? 2 : 1;
	uint32_t rune = 0;

	if (name[0] != '#' || i >= len)
		return 0;
	for (; i < len; i++) {
		int digit = og_jsx_digit(name[i], base);

		if (digit < 0)
			return 0;
		rune = rune > 0x10ffff ? rune : rune * (uint32_t)base + (uint32_t)digit;
	}
	*ret = rune;
	return 1;
}

/* At an '&': what it stands for, or itself when it names nothing. */
static int add_entity(struct jsx *j)
{
	const char *name = j->text + j->at + 1, *end;
	size_t room = j->len - j->at - 1, len;
	uint32_t rune;

	end = memchr(name, ';', room < ENTITY_MAX ? room : ENTITY_MAX);
	len = end ? (size_t)(end - name) : 0;
	if (len > 0 && numbered(name, len, &rune)) {
		if (rune == 0)
			return og_jsx_fail(j, "a character that does not exist");
		if (og_jsx_add_rune(j, rune) < 0)
			return -1;
		j->at += len + 2;
		return 0;
	}
	for (size_t i = 0; len > 0 && i < sizeof(entities) / sizeof(*entities); i++)
		if (strlen(entities[i].name) == len && memcmp(entities[i].name, name, len) == 0) {
			og_buf_adds(&j->buf, entities[i].text);
			j->at += len + 2;
			return 0;
		}
	og_buf_addc(&j->buf, '&');
	j->at++;
	return 0;
}

static int take_buf(struct jsx *j, json_t **ret)
{
	*ret = j->buf.failed ? NULL
			     : json_stringn_nocheck(j->buf.len > 0 ? j->buf.data : "", j->buf.len);
	return *ret ? 0 : og_fail_nomem(j->c.err);
}

int og_jsx_attribute_string(struct jsx *j, json_t **ret)
{
	char quote = jsx_peek(j, 0);
	size_t start = j->at++;

	og_buf_clear(&j->buf);
	while (jsx_peek(j, 0) && jsx_peek(j, 0) != quote) {
		const char *from = j->text + j->at;
		size_t n = 0;

		while (jsx_peek(j, n) && jsx_peek(j, n) != quote && jsx_peek(j, n) != '&')
			n++;
		og_buf_add(&j->buf, from, n);
		j->at += n;
		if (jsx_peek(j, 0) == '&' && add_entity(j) < 0)
			return -1;
	}
	if (!jsx_peek(j, 0)) {
		j->at = start;
		return og_jsx_fail(j, "a string without its end");
	}
	j->at++;
	return take_buf(j, ret);
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One line of text, up to its end or to what ends the text: without the
 * blanks at its ends that only lay out the source. */
static int add_line(struct jsx *j, int first)
{
	size_t n = 0, end;
	int last;

	while (!first && is_blank(jsx_peek(j, 0)))
		j->at++;
	while (jsx_peek(j, n) && !strchr("\n<{", jsx_peek(j, n)))
		n++;
	last = jsx_peek(j, n) != '\n';
	for (end = j->at + n; !last && end > j->at && is_blank(j->text[end - 1]);)
		end--;
	if (end > j->at && !first && j->buf.len > 0)
		og_buf_addc(&j->buf, ' ');
	while (j->at < end) {
		size_t run = 0;

		if (strchr("}>", jsx_peek(j, 0)))
			return og_jsx_fail(j, "'%c' in text is written {'%c'}", jsx_peek(j, 0),
					   jsx_peek(j, 0));
		while (run < end - j->at && !strchr("&}>", jsx_peek(j, run)))
			run++;
		og_buf_add(&j->buf, j->text + j->at, run);
		j->at += run;
		if (jsx_peek(j, 0) == '&' && j->at < end && add_entity(j) < 0)
			return -1;
	}
	while (is_blank(jsx_peek(j, 0)) && !last)
		j->at++;
	return 0;
}

int og_jsx_text(struct jsx *j, json_t **ret)
{
	int first = 1;

	og_buf_clear(&j->buf);
	for (;;) {
		if (add_line(j, first) < 0)
			return -1;
		if (jsx_peek(j, 0) != '\n')
			break;
		j->at++;
		first = 0;
	}
	*ret = NULL;
	return j->buf.len > 0 || j->buf.failed ? take_buf(j, ret) : 0;
}
