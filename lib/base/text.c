/* base64, hexadecimal, ASCII case, and how far two words are apart. */
#include "lib/base/text.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int og_base64_encode(struct og_buf *buf, const void *data, size_t len)
{
	const unsigned char *p = data;
	char *out = og_buf_room(buf, (len + 2) / 3 * 4);

	if (!out)
		return -1;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < len)
			v |= p[i + 2];
		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
		*out++ = i + 2 < len ? alphabet[v & 63] : '=';
	}
	buf->len += (len + 2) / 3 * 4;
	buf->data[buf->len] = '\0';
	return 0;
}

static int sextet(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int og_base64_decode(struct og_buf *buf, const char *text, size_t len)
{
	size_t pad = 0;

	if (len % 4)
		return -1;
	if (len && text[len - 1] == '=')
		pad = text[len - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < len; i += 4) {
		size_t bytes = i + 4 == len ? 3 - pad : 3;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int s = k > bytes ? 0 : sextet(text[i + k]);

			if (s < 0)
				return -1;
			v = v << 6 | (uint32_t)s;
		}
		if (v & ((1u << (8 * (3 - bytes))) - 1))
			return -1;
		for (size_t k = 0; k < bytes; k++)
			og_buf_addc(buf, (char)(v >> (16 - 8 * k) & 0xff));
	}
	return buf->failed ? -1 : 0;
}

void og_hex_encode(char *out, const void *data, size_t len)
{
	const unsigned char *p = data;

	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int og_hex_decode(void *out, size_t len, const char *text)
{
	unsigned char *p = out;

	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		p[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

int og_ascii_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int og_ascii_casecmp(const char *a, const char *b)
{
	for (;; a++, b++) {
		int x = og_ascii_lower((unsigned char)*a), y = og_ascii_lower((unsigned char)*b);

		if (x != y || x == 0)
			return x - y;
	}
}

#define DISTANCE_MAX 64

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t og_edit_distance(const char *a, const char *b)
{
	size_t la = strnlen(a, DISTANCE_MAX), lb = strnlen(b, DISTANCE_MAX);
	size_t rows[3][DISTANCE_MAX + 1];

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			int x = og_ascii_lower((unsigned char)a[i - 1]);
			int y = og_ascii_lower((unsigned char)b[j - 1]);

			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == og_ascii_lower((unsigned char)b[j - 2]) &&
			    y == og_ascii_lower((unsigned char)a[i - 2]) &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

const char *og_nearest(const char *word, const char *const *names)
{
	size_t best = 2 + strlen(word) / 4;
	const char *nearest = NULL;

	for (; *names; names++) {
		size_t distance = og_edit_distance(word, *names);

		if (distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}

int og_hint_near(const char *word, const char *const *names, struct og_err *err)
{
	const char *nearest = og_nearest(word, names);

	return nearest ? og_hint(err, "did you mean '%s'?", nearest) : -1;
}

/* U+00C0 to U+017F. */
static const char *const latin[] = {
	"a", "a", "a",	"a",  "a", "a", "ae", "c",  "e", "e", "e", "e", "i", "i", "i",	"i",
	"d", "n", "o",	"o",  "o", "o", "o",  NULL, "o", "u", "u", "u", "u", "y", "th", "ss",
	"a", "a", "a",	"a",  "a", "a", "ae", "c",  "e", "e", "e", "e", "i", "i", "i",	"i",
	"d", "n", "o",	"o",  "o", "o", "o",  NULL, "o", "u", "u", "u", "u", "y", "th", "y",
	"a", "a", "a",	"a",  "a", "a", "c",  "c",  "c", "c", "c", "c", "c", "c", "d",	"d",
	"d", "d", "e",	"e",  "e", "e", "e",  "e",  "e", "e", "e", "e", "g", "g", "g",	"g",
	"g", "g", "g",	"g",  "h", "h", "h",  "h",  "i", "i", "i", "i", "i", "i", "i",	"i",
	"i", "i", "ij", "ij", "j", "j", "k",  "k",  "k", "l", "l", "l", "l", "l", "l",	"l",
	"l", "l", "l",	"n",  "n", "n", "n",  "n",  "n", "n", "n", "n", "o", "o", "o",	"o",
	"o", "o", "oe", "oe", "r", "r", "r",  "r",  "r", "r", "s", "s", "s", "s", "s",	"s",
	"s", "s", "t",	"t",  "t", "t", "t",  "t",  "u", "u", "u", "u", "u", "u", "u",	"u",
	"u", "u", "u",	"u",  "w", "w", "y",  "y",  "y", "z", "z", "z", "z", "z", "z",	"s",
};

const char *og_letter_plain(uint32_t c)
{
	if (c >= 0x0300 && c <= 0x036f)
		return "";
	return c >= 0x00c0 && c <= 0x017f ? latin[c - 0x00c0] : NULL;
}
