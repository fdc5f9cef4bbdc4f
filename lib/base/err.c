/* Errors: the one place that fills struct og_err. */
#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text cut in the middle of a UTF-8 character loses that character. */
static void format(char *out, size_t size, const char *fmt, va_list args)
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

int og_fail(struct og_err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -1;
	err->code = code;
	err->hint[0] = '\0';
	va_start(args, fmt);
	format(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	return -1;
}

int og_fail_nomem(struct og_err *err)
{
	return og_fail(err, OG_EOS, "out of memory");
}

int og_hint(struct og_err *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	format(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -1;
}

int og_wrap(struct og_err *err, const char *fmt, ...)
{
	char before[OG_ERR_MSG_MAX], context[OG_ERR_MSG_MAX];
	char hint[OG_ERR_HINT_MAX];
	va_list args;

	if (!err)
		return -1;
	memcpy(before, err->msg, sizeof(before));
	memcpy(hint, err->hint, sizeof(hint));
	va_start(args, fmt);
	format(context, sizeof(context), fmt, args);
	va_end(args);
	og_fail(err, err->code, "%s: %s", context, before);
	memcpy(err->hint, hint, sizeof(hint));
	return -1;
}

void og_err_clear(struct og_err *err)
{
	err->code = OG_OK;
	err->msg[0] = err->hint[0] = '\0';
}
