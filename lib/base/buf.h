/*
 * A bounded byte buffer. Every buffer is created with a maximum; what does
 * not fit is an error, never a truncation. The text is always followed by
 * a NUL that is not counted, so data may be used as a C string when the
 * content holds no NUL of its own.
 *
 * Appending is sticky: after the first failure every later append fails
 * too, so a run of appends may be checked once with og_buf_check().
 */
#ifndef OG_BASE_BUF_H
#define OG_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/err.h"

struct og_buf {
	char *data; /* never NULL after the first append; "" before */
	size_t len; /* bytes used */
	size_t cap; /* bytes allocated */
	size_t max; /* most bytes it may hold */
	int failed; /* 0, OG_EOS (no memory) or OG_EDATA (would pass max) */
};

/* No memory is taken before the first append. */
void og_buf_init(struct og_buf *buf, size_t max);
void og_buf_release(struct og_buf *buf);

/* Length 0, memory and maximum kept, failure forgotten. */
void og_buf_clear(struct og_buf *buf);

/* Each returns 0, or -1 with buf->failed set; nothing is added by a failing call. */
int og_buf_add(struct og_buf *buf, const void *data, size_t len);
int og_buf_adds(struct og_buf *buf, const char *text);
int og_buf_addc(struct og_buf *buf, char c);
int og_buf_addf(struct og_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int og_buf_vaddf(struct og_buf *buf, const char *fmt, va_list args);

/* Makes room for len more bytes and returns where to write them, or NULL. */
char *og_buf_room(struct og_buf *buf, size_t len);

/* 0, or -1 with an error that names what ("result", "entry") grew too large. */
int og_buf_check(const struct og_buf *buf, const char *what, struct og_err *err);

/* Hands the memory over as a NUL-terminated heap string (free() it) and
 * leaves the buffer empty. NULL when the buffer had failed. */
char *og_buf_take(struct og_buf *buf);

#endif
