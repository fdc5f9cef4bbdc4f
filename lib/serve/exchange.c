/* An exchange: what a handler reads of it. The answers are in reply.c. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/serve-internal.h"

struct og_exchange *og_exchange_new(struct og_serve *serve, const struct og_transport *transport,
				    void *from)
{
	struct og_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->serve = serve;
	x->transport = transport;
	x->from = from;
	x->method = "";
	x->began_us = og_mono_us();
	og_buf_init(&x->body, OG_HTTP_BODY_MAX);
	return x;
}

static void free_text(const char *text)
{
	char *mine;

	memcpy(&mine, &text, sizeof(mine));
	free(mine);
}

void og_exchange_free(struct og_exchange *x)
{
	if (!x)
		return;
	if (x->release)
		x->release(x->kept);
	for (size_t i = 0; i < x->reply.n_headers; i++) {
		free_text(x->reply.headers[i].name);
		free_text(x->reply.headers[i].value);
	}
	if (!x->reply.kept)
		free(x->reply.data);
	og_target_release(&x->target);
	og_buf_release(&x->body);
	json_decref(x->json);
	free(x->param_text);
	free(x);
}

struct og_serve *og_exchange_serve(const struct og_exchange *x)
{
	return x->serve;
}

void *og_exchange_state(const struct og_exchange *x)
{
	return x->serve->states[x->part];
}

const char *og_exchange_method(const struct og_exchange *x)
{
	return x->method;
}

const char *og_exchange_path(const struct og_exchange *x)
{
	return x->target.path ? x->target.path : "";
}

const char *og_exchange_param(const struct og_exchange *x, const char *name)
{
	for (size_t i = 0; i < x->n_params; i++)
		if (strcmp(x->params[i].name, name) == 0)
			return x->params[i].value;
	return "";
}

const char *og_exchange_query(const struct og_exchange *x, const char *name)
{
	for (size_t i = 0; i < x->target.n_query; i++)
		if (strcmp(x->target.query[i].name, name) == 0)
			return x->target.query[i].value;
	return NULL;
}

int og_exchange_number(struct og_exchange *x, const char *name, int64_t min, int64_t max,
		       int64_t fallback, int64_t *ret)
{
	const char *text = og_exchange_query(x, name);
	struct og_err err = OG_ERR_INIT;

	*ret = fallback;
	if (!text || og_int_parse(text, min, max, name, ret, &err) == 0)
		return 0;
	og_reply_error(x, 400, "%s", err.msg);
	return -1;
}

const char *og_exchange_header(const struct og_exchange *x, const char *name)
{
	const char *value = x->transport->header(x, name);

	for (const char *p = value; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return NULL;
	return value && og_utf8_valid(value, strlen(value)) ? value : NULL;
}

const char *og_exchange_body(const struct og_exchange *x, size_t *len)
{
	*len = x->body.len;
	return x->body.len ? x->body.data : "";
}

/* "application/json", whatever parameters follow. */
static int is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;
	char start[sizeof(json)];

	if (!type || strlen(type) < len || !strchr("; \t", type[len]))
		return 0;
	memcpy(start, type, len);
	start[len] = '\0';
	return og_ascii_casecmp(start, json) == 0;
}

int og_exchange_json(struct og_exchange *x, const json_t **ret)
{
	struct og_err err = OG_ERR_INIT;

	if (!is_json(og_exchange_header(x, "Content-Type"))) {
		og_reply_error(x, 415, "the body must be application/json");
		return -1;
	}
	if (!x->json && og_json_parse(x->body.len ? x->body.data : "", x->body.len,
				      OG_HTTP_BODY_MAX, "body", &x->json, &err) < 0) {
		og_reply_error(x, 400, "%s", err.msg);
		return -1;
	}
	if (!json_is_object(x->json)) {
		og_reply_error(x, 400, "the body must be a JSON object");
		return -1;
	}
	*ret = x->json;
	return 0;
}

const char *og_exchange_principal(const struct og_exchange *x)
{
	return x->session.principal;
}

const struct og_session *og_exchange_session(const struct og_exchange *x)
{
	return &x->session;
}

const char *og_exchange_address(const struct og_exchange *x)
{
	return x->address;
}

void og_exchange_keep(struct og_exchange *x, void *data, void (*release)(void *data))
{
	if (x->release)
		x->release(x->kept);
	x->kept = data;
	x->release = release;
}

void *og_exchange_kept(const struct og_exchange *x)
{
	return x->kept;
}
