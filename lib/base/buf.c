/* The bounded, sticky buffer. */
#include "lib/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256

/* What data points at while nothing was allocated; never written to. */
static const char nothing[1] = "";

static char *empty(void)
{
	char *text;
	const char *from = nothing;

	memcpy(&text, &from, sizeof(text));
	return text;
}

void og_buf_init(struct og_buf *buf, size_t max)
{
	buf->data = empty();
	buf->len = buf->cap = 0;
	buf->max = max;
	buf->failed = 0;
}

void og_buf_release(struct og_buf *buf)
{
	if (buf->cap)
		free(buf->data);
	og_buf_init(buf, buf->max);
}

void og_buf_clear(struct og_buf *buf)
{
	buf->len = 0;
	buf->failed = 0;
	if (buf->cap)
		buf->data[0] = '\0';
}

static int grow(struct og_buf *buf, size_t need)
{
	size_t cap = buf->cap ? buf->cap : FIRST_SIZE;
	char *data;

	while (cap < need)
		cap += cap / 2 + FIRST_SIZE;
	if (cap > buf->max + 1)
		cap = buf->max + 1;
	data = realloc(buf->cap ? buf->data : NULL, cap);
	if (!data) {
		buf->failed = OG_EOS;
		return -1;
	}
	data[buf->len] = '\0';
	buf->data = data;
	buf->cap = cap;
	return 0;
}

char *og_buf_room(struct og_buf *buf, size_t len)
{
	if (buf->failed)
		return NULL;
	if (len > buf->max - buf->len) {
		buf->failed = OG_EDATA;
		return NULL;
	}
	if (buf->len + len + 1 > buf->cap && grow(buf, buf->len + len + 1) < 0)
		return NULL;
	return buf->data + buf->len;
}

int og_buf_add(struct og_buf *buf, const void *data, size_t len)
{
	char *room = og_buf_room(buf, len);

	if (!room)
		return -1;
	if (len)
		memcpy(room, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int og_buf_adds(struct og_buf *buf, const char *text)
{
	return og_buf_add(buf, text, strlen(text));
}

int og_buf_addc(struct og_buf *buf, char c)
{
	return og_buf_add(buf, &c, 1);
}

/* Most of what is formatted fits where there is room already: it is written
 * once, and only what does not fit is measured first. */
int og_buf_vaddf(struct og_buf *buf, const char *fmt, va_list args)
{
	size_t left = buf->cap > buf->len ? buf->cap - buf->len : 0;
	va_list again;
	char *room;
	int n;

	if (buf->failed)
		return -1;
	va_copy(again, args);
	n = vsnprintf(left ? buf->data + buf->len : NULL, left, fmt, again);
	va_end(again);
	if (n >= 0 && (size_t)n < left) {
		buf->len += (size_t)n;
		return 0;
	}
	if (left)
		buf->data[buf->len] = '\0';
	if (n < 0) {
		buf->failed = OG_EDATA;
		return -1;
	}
	room = og_buf_room(buf, (size_t)n);
	if (!room)
		return -1;
	vsnprintf(room, (size_t)n + 1, fmt, args);
	buf->len += (size_t)n;
	return 0;
}

int og_buf_addf(struct og_buf *buf, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = og_buf_vaddf(buf, fmt, args);
	va_end(args);
	return rc;
}

int og_buf_check(const struct og_buf *buf, const char *what, struct og_err *err)
{
	if (!buf->failed)
		return 0;
	if (buf->failed == OG_EOS)
		return og_fail_nomem(err);
	return og_fail(err, buf->failed, "%s is larger than %zu bytes", what, buf->max);
}

char *og_buf_take(struct og_buf *buf)
{
	char *text = NULL;

	if (!buf->failed && (buf->cap || grow(buf, 1) == 0))
		text = buf->data;
	if (text)
		buf->cap = 0;
	og_buf_release(buf);
	return text;
}
