/*
 * Text: UTF-8, numbers, base64, hexadecimal, edit distance.
 * Nothing here looks at the locale.
 */
#ifndef OG_BASE_TEXT_H
#define OG_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* True when data is well-formed UTF-8 (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). NUL bytes count as characters. */
int og_utf8_valid(const char *data, size_t len);

/* Appends data with every malformed part replaced by U+FFFD, as a decoder of
 * the Encoding Standard does: one for each longest beginning of a character,
 * or byte that begins none. */
int og_utf8_repair(struct og_buf *buf, const char *data, size_t len);

/* snprintf(3) that never ends inside a character: a text that is cut loses
 * its last one. size > 0. */
void og_text_format(char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void og_text_vformat(char *out, size_t size, const char *fmt, va_list args);

/* Decodes one character of valid UTF-8 at data (len > 0): its length in
 * bytes, and the code point in *ret. */
size_t og_utf8_decode(const char *data, size_t len, uint32_t *ret);

/* Columns a terminal uses for valid UTF-8: 0 for combining marks, 2 for wide. */
size_t og_utf8_width(const char *data, size_t len);

/* A Latin letter with marks as it is written without them, in lower case
 * ("O" with a stroke is "o", sharp s is "ss"), "" for a mark that combines
 * with the letter before it; NULL for any other character, ASCII too. For
 * comparing what people type, never for identity. */
const char *og_letter_plain(uint32_t c);

/* Appends data for a person's eyes: control bytes, DEL, C1 controls, bidi
 * overrides, zero-width characters and broken UTF-8 become visible \xNN or
 * U+NNNN escapes; \n and \t stay when keep_lines is non-zero. */
int og_text_safe(struct og_buf *buf, const char *data, size_t len, int keep_lines);

/* Characters a reader does not see: controls (but tab and the ends of
 * lines), direction overrides, zero width, fillers, tags. The first one at or
 * after *at, which moves past it: 1 with *ret, or 0. The joiner of emoji
 * sequences may stand after a symbol. data is valid UTF-8. */
int og_utf8_hidden(const char *data, size_t len, size_t *at, uint32_t *ret);
int og_text_hidden(const char *data, size_t len);

/* Appends data for a reader who takes no character for granted, such as a
 * model: those that cannot be seen become <U+200B>, bytes that are no UTF-8
 * become <0xFF>; lines and tabs stay. */
int og_text_visible(struct og_buf *buf, const char *data, size_t len);

/* Is this http:// or https://, a host, and no character that URLs are misread
 * by? Neither a user nor a query or a fragment: a place to put paths behind. */
int og_url_plain(const char *url);

/* Strict decimal integer, whole string, optional minus, no leading zeros,
 * within [min, max]. what names the value in the error ("--jobs"). */
int og_int_parse(const char *text, int64_t min, int64_t max, const char *what, int64_t *ret,
		 struct og_err *err);

/* Strict decimal number (JSON's grammar), finite. */
int og_double_parse(const char *text, const char *what, double *ret, struct og_err *err);

/* ECMAScript's Number::toString, the form RFC 8785 demands: shortest text
 * that reads back the same; "-0" is "0". out needs OG_DOUBLE_MAX bytes;
 * value must be finite. Returns the length. */
#define OG_DOUBLE_MAX 32
size_t og_double_format(double value, char out[OG_DOUBLE_MAX]);

/* base64 of RFC 4648 section 4, padded, strict when decoding (no line
 * breaks, zero padding bits). Decoding appends to buf; -1 = malformed. */
int og_base64_encode(struct og_buf *buf, const void *data, size_t len);
int og_base64_decode(struct og_buf *buf, const char *text, size_t len);

/* Lower-case hexadecimal; out needs 2 * len + 1 bytes. */
void og_hex_encode(char *out, const void *data, size_t len);
/* Exactly 2 * len lower-case digits; 0 or -1. */
int og_hex_decode(void *out, size_t len, const char *text);

/* ASCII case folding only; the rest is compared byte for byte. */
int og_ascii_casecmp(const char *a, const char *b);
int og_ascii_lower(int c);

/* Damerau-Levenshtein (adjacent swaps count 1) on bytes, case folded.
 * Texts over 64 bytes compare as 64. */
size_t og_edit_distance(const char *a, const char *b);

/* The nearest of names (NULL-terminated) to a misspelt word, or NULL when
 * none is near enough to be what was meant (distance <= 1 + length / 4). */
const char *og_nearest(const char *word, const char *const *names);
/* The same as the hint of an error about the word: "did you mean 'wait'?".
 * Where none is near it keeps the hint it has. What asks may see no more
 * than these names. Always -1. */
int og_hint_near(const char *word, const char *const *names, struct og_err *err);

#endif
