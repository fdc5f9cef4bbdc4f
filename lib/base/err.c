/* Errors: the one place that fills struct og_err. */
#include "lib/base/err.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/text.h"

int og_fail(struct og_err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -1;
	err->code = code;
	err->hint[0] = '\0';
	va_start(args, fmt);
	og_text_vformat(err->msg, sizeof(err->msg), fmt, args);
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
	og_text_vformat(err->hint, sizeof(err->hint), fmt, args);
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
	og_text_vformat(context, sizeof(context), fmt, args);
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
