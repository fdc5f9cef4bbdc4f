/*
 * Requests as lines. What may not be said is decided by what a header or a
 * method could do to the framing of HTTP: nothing that ends a line early,
 * and no header that says where the body ends or whom it is for.
 */
#include "lib/net/wire.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define WHAT   "request"
#define ID_MAX 256

static int check_method(const char *method, struct og_err *err)
{
	size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (len == 0 || len > 16 || method[len] || strcmp(method, "CONNECT") == 0 ||
	    strcmp(method, "TRACE") == 0)
		return og_fail(err, OG_EDATA, WHAT ": method '%s' cannot be used", method);
	return 0;
}

static int check_url(const char *url, struct og_err *err)
{
	if (strlen(url) > OG_NET_URL_MAX)
		return og_fail(err, OG_EDATA, WHAT ": 'url' is longer than %zu bytes",
			       OG_NET_URL_MAX);
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			return og_fail(err, OG_EDATA,
				       WHAT ": 'url' has a space or a control character");
	return 0;
}

/* A token of RFC 9110 section 5.6.2. */
static int is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* The headers that are HTTP's own business, not the caller's. */
static int is_reserved(const char *header, size_t name)
{
	static const char *const reserved[] = { "Connection",
						"Content-Length",
						"Host",
						"Keep-Alive",
						"Proxy-Connection",
						"Proxy-Authorization",
						"Transfer-Encoding",
						"TE",
						"Trailer",
						"Upgrade",
						"Expect",
						NULL };

	for (size_t i = 0; reserved[i]; i++)
		if (strlen(reserved[i]) == name && strncasecmp(header, reserved[i], name) == 0)
			return 1;
	return 0;
}

int og_net_header_check(const char *header, size_t len, size_t *ret_name, struct og_err *err)
{
	size_t name = 0;

	if (len > OG_NET_HEADER_MAX)
		return og_fail(err, OG_EDATA, "a header is longer than %zu bytes",
			       OG_NET_HEADER_MAX);
	while (name < len && is_token(header[name]))
		name++;
	if (name == 0 || name == len || header[name] != ':')
		return og_fail(err, OG_EDATA, "a header is not 'Name: value'");
	if (is_reserved(header, name))
		return og_fail(err, OG_EDATA, "header '%.*s' cannot be set", (int)name, header);
	for (size_t i = name; i < len; i++)
		if (((unsigned char)header[i] < ' ' && header[i] != '\t') || header[i] == 127)
			return og_fail(err, OG_EDATA, "header '%.*s' has a control character",
				       (int)name, header);
	*ret_name = name;
	return 0;
}

static int check_header(const json_t *value, struct og_err *err)
{
	size_t name;

	if (!json_is_string(value))
		return og_fail(err, OG_EDATA, WHAT ": a header is no string");
	return og_net_header_check(json_string_value(value), json_string_length(value), &name,
				   err) < 0
		       ? og_wrap(err, WHAT)
		       : 0;
}

static int take_headers(struct og_net_incoming *in, struct og_err *err)
{
	json_t *headers = json_object_get(in->document, "headers"), *value;
	size_t n = json_array_size(headers), i;

	if (!headers)
		return 0;
	if (!json_is_array(headers) || n > OG_NET_HEADERS_MAX)
		return og_fail(err, OG_EDATA, WHAT ": 'headers' is no array of at most %zu",
			       OG_NET_HEADERS_MAX);
	in->headers = calloc(n + 1, sizeof(*in->headers));
	if (!in->headers)
		return og_fail_nomem(err);
	json_array_foreach(headers, i, value)
	{
		if (check_header(value, err) < 0)
			return -1;
		in->headers[i] = json_string_value(value);
	}
	in->request.headers = in->headers;
	return 0;
}

static int take_base64(struct og_net_incoming *in, const json_t *text, struct og_err *err)
{
	if (!json_is_string(text) ||
	    og_base64_decode(&in->body, json_string_value(text), json_string_length(text)) < 0 ||
	    in->body.failed)
		return og_fail(err, OG_EDATA, WHAT ": 'body_base64' is no base64 of at most %zu",
			       OG_NET_BODY_MAX);
	in->request.body = in->body.len > 0 ? in->body.data : "";
	in->request.len = in->body.len;
	return 0;
}

static int take_body(struct og_net_incoming *in, struct og_err *err)
{
	const json_t *text = json_object_get(in->document, "body");
	const json_t *base64 = json_object_get(in->document, "body_base64");

	if (text && base64)
		return og_fail(err, OG_EDATA, WHAT ": both 'body' and 'body_base64'");
	if (base64)
		return take_base64(in, base64, err);
	if (!text)
		return 0;
	if (!json_is_string(text) || json_string_length(text) > OG_NET_BODY_MAX)
		return og_fail(err, OG_EDATA, WHAT ": 'body' is no string of at most %zu bytes",
			       OG_NET_BODY_MAX);
	in->request.body = json_string_value(text);
	in->request.len = json_string_length(text);
	return 0;
}

/* An optional integer of [min, max]. */
static int take_int(const json_t *document, const char *key, int64_t max, int64_t fallback,
		    int64_t *ret, struct og_err *err)
{
	const json_t *value = json_object_get(document, key);

	*ret = fallback;
	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > max)
		return og_fail(err, OG_EDATA, WHAT ": '%s' is no integer from 1 to %lld", key,
			       (long long)max);
	*ret = json_integer_value(value);
	return 0;
}

static int take_bool(const json_t *document, const char *key, int fallback, int *ret,
		     struct og_err *err)
{
	const json_t *value = json_object_get(document, key);

	if (value && !json_is_boolean(value))
		return og_fail(err, OG_EDATA, WHAT ": '%s' is neither true nor false", key);
	*ret = value ? json_is_true(value) : fallback;
	return 0;
}

static int take_limits(struct og_net_incoming *in, struct og_err *err)
{
	int safe =
		strcmp(in->request.method, "GET") == 0 || strcmp(in->request.method, "HEAD") == 0;
	int64_t max_bytes, tries;

	if (take_bool(in->document, "idempotent", safe, &in->request.idempotent, err) < 0 ||
	    take_bool(in->document, "events", 0, &in->events, err) < 0)
		return -1;
	if (take_int(in->document, "timeout_ms", OG_NET_TIMEOUT_MAX, OG_NET_TIMEOUT_MS,
		     &in->request.timeout_ms, err) < 0 ||
	    take_int(in->document, "idle_ms", OG_NET_TIMEOUT_MAX, 0, &in->request.idle_ms, err) <
		    0 ||
	    take_int(in->document, "max_bytes", (int64_t)OG_NET_BODY_MAX,
		     (int64_t)OG_NET_BODY_DEFAULT, &max_bytes, err) < 0 ||
	    take_int(in->document, "tries", OG_NET_TRIES_MAX, 1, &tries, err) < 0)
		return -1;
	in->request.max_bytes = (size_t)max_bytes;
	in->request.tries = (int)tries;
	return 0;
}

static int is_id(const json_t *value)
{
	return json_is_integer(value) ||
	       (json_is_string(value) && json_string_length(value) <= ID_MAX);
}

static int take_cancel(struct og_net_incoming *in, struct og_err *err)
{
	static const char *const keys[] = { "v", "cancel", NULL };
	json_t *id = json_object_get(in->document, "cancel");

	if (og_json_int(in->document, "v", 0) != 1)
		return og_fail(err, OG_EDATA, WHAT ": 'v' is not 1");
	if (og_json_only(in->document, WHAT, keys, err) < 0)
		return -1;
	if (!is_id(id))
		return og_fail(err, OG_EDATA, WHAT ": 'cancel' is neither a string nor an integer");
	in->cancel = id;
	return 0;
}

static int take_all(struct og_net_incoming *in, struct og_err *err)
{
	static const char *const keys[] = { "v",       "id",	      "method",	    "url",
					    "body",    "body_base64", "headers",    "timeout_ms",
					    "tries",   "max_bytes",   "idempotent", "events",
					    "idle_ms", NULL };
	int has_method = json_object_get(in->document, "method") != NULL;

	if (json_object_get(in->document, "cancel"))
		return take_cancel(in, err);
	if (!in->id)
		return og_fail(err, OG_EDATA, WHAT ": 'id' is neither a string nor an integer");
	if (og_json_int(in->document, "v", 0) != 1)
		return og_fail(err, OG_EDATA, WHAT ": 'v' is not 1");
	if (og_json_only(in->document, WHAT, keys, err) < 0 ||
	    og_json_need_str(in->document, WHAT, "url", &in->request.url, err) < 0)
		return -1;
	in->request.method = "GET";
	if (has_method &&
	    og_json_need_str(in->document, WHAT, "method", &in->request.method, err) < 0)
		return -1;
	if (check_method(in->request.method, err) < 0 || check_url(in->request.url, err) < 0 ||
	    take_headers(in, err) < 0 || take_body(in, err) < 0)
		return -1;
	return take_limits(in, err);
}

int og_net_request_parse(const char *line, size_t len, struct og_net_incoming *ret,
			 struct og_err *err)
{
	json_t *id;

	memset(ret, 0, sizeof(*ret));
	og_buf_init(&ret->body, OG_NET_BODY_MAX);
	if (og_json_parse(line, len, OG_NET_LINE_MAX, WHAT, &ret->document, err) < 0)
		return -1;
	if (!json_is_object(ret->document))
		return og_fail(err, OG_EDATA, WHAT " is no object");
	id = json_object_get(ret->document, "id");
	if (is_id(id))
		ret->id = id;
	return take_all(ret, err);
}

void og_net_incoming_release(struct og_net_incoming *incoming)
{
	json_decref(incoming->document);
	free(incoming->headers);
	og_buf_release(&incoming->body);
	memset(incoming, 0, sizeof(*incoming));
}

static int set_headers(json_t *line, const char *const *headers, struct og_err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; list && headers[i]; i++)
		if (json_array_append_new(list, json_string(headers[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	return og_json_set(line, "headers", list, err);
}

static int set_limits(json_t *line, const struct og_net_request *request, struct og_err *err)
{
	if (request->timeout_ms > 0 &&
	    og_json_set(line, "timeout_ms", json_integer(request->timeout_ms), err) < 0)
		return -1;
	if (request->max_bytes > 0 &&
	    og_json_set(line, "max_bytes", json_integer((json_int_t)request->max_bytes), err) < 0)
		return -1;
	if (request->idle_ms > 0 &&
	    og_json_set(line, "idle_ms", json_integer(request->idle_ms), err) < 0)
		return -1;
	if (request->on_event && og_json_set(line, "events", json_true(), err) < 0)
		return -1;
	if (request->tries > 0 && og_json_set(line, "tries", json_integer(request->tries), err) < 0)
		return -1;
	return request->idempotent ? og_json_set(line, "idempotent", json_true(), err) : 0;
}

json_t *og_net_request_json(const struct og_net_request *request, int64_t id)
{
	struct og_err err = OG_ERR_INIT;
	json_t *line = json_pack("{s:i, s:I, s:s, s:s}", "v", 1, "id", (json_int_t)id, "method",
				 request->method ? request->method : "GET", "url", request->url);

	if (line && ((request->headers && set_headers(line, request->headers, &err) < 0) ||
		     (request->body &&
		      og_net_set_bytes(line, "body", request->body, request->len, &err) < 0) ||
		     set_limits(line, request, &err) < 0)) {
		json_decref(line);
		line = NULL;
	}
	return line;
}

json_t *og_net_cancel_json(int64_t id)
{
	return json_pack("{s:i, s:I}", "v", 1, "cancel", (json_int_t)id);
}
