/*
 * Answers. Whatever a handler says goes out with the same headers: a page
 * may not be framed, a type is what it says it is, nothing is stored on the
 * way, and nothing but this server is reached from it.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/serve-internal.h"

static const char json_text[] = "application/json";

/* The last step of every reply: nobody replies twice. */
static void ended(struct og_exchange *x)
{
	struct og_serve *serve = x->serve;
	struct og_buf line;

	og_buf_init(&line, 2 * OG_HTTP_TARGET_MAX);
	og_buf_adds(&line, x->method);
	og_buf_addc(&line, ' ');
	og_buf_adds(&line, og_exchange_path(x));
	og_buf_addf(&line, " %u %lld ms %s", x->reply.status,
		    (long long)((og_mono_us() - x->began_us) / 1000),
		    x->session.principal[0] ? x->session.principal : "-");
	if (!line.failed)
		serve->setup.tell(serve->setup.arg, 1, line.data);
	og_buf_release(&line);
	x->transport->replied(x);
}

void og_reply_header(struct og_exchange *x, const char *name, const char *value)
{
	struct og_pair pair = { strdup(name), strdup(value) };

	if (x->reply.n_headers < OG_HEADERS_MAX && pair.name && pair.value)
		x->reply.headers[x->reply.n_headers++] = pair;
}

static void answer(struct og_exchange *x, unsigned status, const char *type, char *data, size_t len,
		   int kept)
{
	x->reply.status = status;
	x->reply.type = type;
	x->reply.data = data;
	x->reply.len = len;
	x->reply.kept = kept;
	ended(x);
}

void og_reply_take(struct og_exchange *x, unsigned status, const char *type, char *data, size_t len)
{
	if (data)
		answer(x, status, type, data, len, 0);
	else
		og_reply_kept(x, 500, json_text, "{\"detail\":\"out of memory\"}", 26);
}

void og_reply_kept(struct og_exchange *x, unsigned status, const char *type, const void *data,
		   size_t len)
{
	char *mine;

	memcpy(&mine, &data, sizeof(mine));
	answer(x, status, type, mine, len, 1);
}

void og_reply_bytes(struct og_exchange *x, unsigned status, const char *type, const void *data,
		    size_t len)
{
	char *copy = malloc(len + 1);

	if (copy)
		memcpy(copy, data, len);
	og_reply_take(x, status, type, copy, len);
}

void og_reply_json(struct og_exchange *x, unsigned status, json_t *value)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;
	size_t len;

	og_buf_init(&text, OG_HTTP_REPLY_MAX);
	if (value && og_json_dump(value, &text, &ignored) < 0)
		og_buf_clear(&text);
	json_decref(value);
	len = text.len;
	og_reply_take(x, status, json_text, len ? og_buf_take(&text) : NULL, len);
	og_buf_release(&text);
}

void og_reply_stream_started(struct og_exchange *x, struct og_stream *stream)
{
	x->reply.status = 200;
	x->reply.type = "text/event-stream";
	x->reply.stream = stream;
	ended(x);
}

void og_reply_error(struct og_exchange *x, unsigned status, const char *fmt, ...)
{
	char text[OG_ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	og_reply_json(x, status, json_pack("{s:s}", "detail", text));
}

unsigned og_http_status(int code)
{
	switch (code) {
	case OG_NO:
	case OG_EPERM:
		return 403;
	case OG_EUSAGE:
	case OG_EDATA:
		return 400;
	case OG_ENOINPUT:
		return 404;
	case OG_EUNAVAIL:
	case OG_ETEMP:
		return 503;
	default:
		return 500;
	}
}

void og_reply_refusal(struct og_exchange *x, const struct og_err *err)
{
	unsigned status = og_http_status(err->code);
	json_t *body = json_pack("{s:s}", "detail", err->msg);

	if (body && err->hint[0])
		json_object_set_new(body, "hint", json_string(err->hint));
	if (status == 503)
		og_reply_header(x, "Retry-After", "1");
	og_reply_json(x, status, body);
}

void og_reply_headers(const struct og_exchange *x,
		      void (*add)(void *arg, const char *name, const char *value), void *arg)
{
	static const struct og_pair always[] = {
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Connection-Allowlist", "(response-origin)" },
		{ "X-Frame-Options", "DENY" },
	};
	int policy = 0, cache = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		add(arg, always[i].name, always[i].value);
	for (size_t i = 0; i < x->reply.n_headers; i++) {
		const struct og_pair *pair = &x->reply.headers[i];

		policy |= strcmp(pair->name, "Content-Security-Policy") == 0;
		cache |= strcmp(pair->name, "Cache-Control") == 0;
		add(arg, pair->name, pair->value);
	}
	if (!policy)
		add(arg, "Content-Security-Policy",
		    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
		    "form-action 'none'; sandbox");
	if (!cache)
		add(arg, "Cache-Control", "no-store");
	if (x->serve->setup.proxy)
		add(arg, "Strict-Transport-Security", "max-age=31536000");
	add(arg, "Content-Type", x->reply.type);
}
