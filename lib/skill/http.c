/*
 * http blocks: what a skill may say about a call. See http.h.
 */
#include "lib/skill/http.h"

#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/skill/skill.h"

int og_service_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= 32 && !name[len] && name[0] >= 'a' && name[0] <= 'z';
}

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "http: %s", what);
}

static int take_service(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	call->service = og_json_str(block, "service");
	if (!call->service || !og_service_valid(call->service))
		return bad(err, "'service' is missing, or no name of a-z, 0-9 and '-'");
	return 0;
}

static int take_method(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	static const char *const methods[] = {
		"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL
	};
	const json_t *value = json_object_get(block, "method");

	call->method = value ? og_json_str(block, "method") : "POST";
	for (size_t i = 0; call->method && methods[i]; i++)
		if (strcmp(methods[i], call->method) == 0)
			return 0;
	return bad(err, "'method' is none of GET, HEAD, POST, PUT, PATCH, DELETE");
}

static int take_path(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	call->path = og_json_str(block, "path");
	if (!call->path || call->path[0] != '/' || call->path[1] == '/')
		return bad(err, "'path' is missing, or does not begin with one '/'");
	for (const char *p = call->path; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127 || *p == '\\' || *p == '#')
			return bad(err, "'path' has a space, a control character, '\\' or '#'");
	return 0;
}

/* Headers that say whom a request is for, where it ends, or who asks. */
static int header_is_ours(const char *name)
{
	static const char *const ours[] = { "Authorization",
					    "Connection",
					    "Content-Length",
					    "Cookie",
					    "Expect",
					    "Host",
					    "Idempotency-Key",
					    "Keep-Alive",
					    "Proxy-Authorization",
					    "Proxy-Connection",
					    "TE",
					    "Trailer",
					    "Transfer-Encoding",
					    "Upgrade",
					    NULL };

	for (size_t i = 0; ours[i]; i++)
		if (strcasecmp(ours[i], name) == 0)
			return 1;
	return 0;
}

static int header_name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_");

	return len > 0 && len <= 64 && !name[len];
}

static int take_headers(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	json_t *headers = json_object_get(block, "headers"), *value;
	const char *name;

	call->headers = headers;
	if (!headers)
		return 0;
	if (!json_is_object(headers) || json_object_size(headers) > 32)
		return bad(err, "'headers' is no object of at most 32");
	json_object_foreach(headers, name, value)
	{
		if (!header_name_valid(name) || !og_json_str(headers, name))
			return bad(err, "'headers' holds something that is no header");
		if (header_is_ours(name))
			return og_fail(err, OG_EDATA, "http: header '%s' is not a skill's to set",
				       name);
	}
	return 0;
}

static int take_expect(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	json_t *expect = json_object_get(block, "expect"), *status;
	size_t i;

	call->expect = expect;
	if (!expect)
		return 0;
	if (json_array_size(expect) == 0)
		return bad(err, "'expect' is no list of statuses");
	json_array_foreach(expect, i, status)
	{
		json_int_t n = json_integer_value(status);

		if (!json_is_integer(status) || n < 200 || n > 499 || n == 408 || n == 429)
			return bad(err, "'expect' holds something that is no answer to expect");
	}
	return 0;
}

/* What the shield binds itself cannot be bound from outside. */
static int is_fixed(const char *name)
{
	static const char *const fixed[] = { "principal_id", "clearance", "role", "task", NULL };

	for (size_t i = 0; fixed[i]; i++)
		if (strcmp(fixed[i], name) == 0)
			return 1;
	return 0;
}

static int take_bind(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	json_t *bind = json_object_get(block, "bind"), *value;
	const char *name;

	call->bind = bind;
	if (!bind)
		return 0;
	if (!json_is_object(bind) || json_object_size(bind) > OG_HTTP_BIND_MAX)
		return bad(err, "'bind' is no object, or too large");
	json_object_foreach(bind, name, value)
	{
		const char *pointer = og_json_str(bind, name);

		if (!og_ident_valid(name) || is_fixed(name))
			return og_fail(err, OG_EDATA, "http: '%s' is no variable to bind", name);
		if (!pointer || !og_json_pointer_valid(pointer))
			return og_fail(err, OG_EDATA, "http: '%s' is bound to no JSON pointer",
				       name);
	}
	return 0;
}

static int take_tries(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	const json_t *tries = json_object_get(block, "tries");

	call->tries = tries ? (int)json_integer_value(tries) : OG_HTTP_TRIES;
	if (tries && (!json_is_integer(tries) || json_integer_value(tries) < 1 ||
		      json_integer_value(tries) > OG_HTTP_TRIES_MAX))
		return og_fail(err, OG_EDATA, "http: 'tries' is not between 1 and %d",
			       OG_HTTP_TRIES_MAX);
	return 0;
}

static int take_limits(const json_t *block, struct og_http_call *call, struct og_err *err)
{
	const json_t *idempotent = json_object_get(block, "idempotent");
	const char *timeout = og_json_str(block, "timeout");
	struct og_err ignored = OG_ERR_INIT;

	call->timeout_ms = OG_HTTP_TIMEOUT_MS;
	if (json_object_get(block, "timeout") &&
	    (!timeout || og_span_parse(timeout, "timeout", &call->timeout_ms, &ignored) < 0 ||
	     call->timeout_ms < 1 || call->timeout_ms > OG_HTTP_TIMEOUT_MAX_MS))
		return bad(err, "'timeout' is no span of at most 2m, such as \"10s\"");
	if (idempotent && !json_is_boolean(idempotent))
		return bad(err, "'idempotent' is neither true nor false");
	call->idempotent = idempotent ? json_is_true(idempotent) : og_http_only_reads(call);
	return take_tries(block, call, err);
}

int og_http_call(const json_t *block, struct og_http_call *ret, struct og_err *err)
{
	static const char *const keys[] = { "service", "method",     "path", "headers",
					    "body",    "expect",     "bind", "timeout",
					    "tries",   "idempotent", NULL };

	memset(ret, 0, sizeof(*ret));
	if (!json_is_object(block))
		return bad(err, "the block holds no object");
	ret->body = json_object_get(block, "body");
	if (og_json_only(block, "http", keys, err) < 0 || take_service(block, ret, err) < 0 ||
	    take_method(block, ret, err) < 0 || take_path(block, ret, err) < 0 ||
	    take_headers(block, ret, err) < 0 || take_expect(block, ret, err) < 0 ||
	    take_bind(block, ret, err) < 0)
		return -1;
	return take_limits(block, ret, err);
}

int og_http_only_reads(const struct og_http_call *call)
{
	return strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;
}

const json_t *og_http_block(const json_t *step, const char *kind)
{
	json_t *block;
	size_t i;

	json_array_foreach(json_object_get(step, "blocks"), i, block)
	{
		const char *is = og_json_str(block, "kind");

		if (is && strcmp(is, kind) == 0)
			return block;
	}
	return NULL;
}

static int may_stand_before(const char *kind)
{
	static const char *const kinds[] = { "read", "require", "view", "undo", "http-undo", NULL };

	for (size_t i = 0; kinds[i]; i++)
		if (strcmp(kinds[i], kind) == 0)
			return 1;
	return 0;
}

static int check_block(const json_t *block, struct og_err *err)
{
	const char *text = og_json_str(block, "text");
	struct og_http_call call;
	json_t *value = NULL;
	int rc;

	if (og_json_parse(text, strlen(text), OG_SKILL_TEXT_MAX, "block", &value, err) < 0)
		return -1;
	rc = og_http_call(value, &call, err);
	json_decref(value);
	return rc;
}

int og_http_step_check(const json_t *step, int64_t *ret_line, struct og_err *err)
{
	const json_t *call = og_http_block(step, "http"), *undo = og_http_block(step, "http-undo");
	json_t *block;
	size_t i;
	int before = 1;

	json_array_foreach(json_object_get(step, "blocks"), i, block)
	{
		const char *kind = og_json_str(block, "kind");
		int is_call = strcmp(kind, "http") == 0, is_undo = strcmp(kind, "http-undo") == 0;

		*ret_line = og_json_int(block, "line", 0);
		if ((is_call && block != call) || (is_undo && block != undo))
			return og_fail(err, OG_EDATA, "a step has at most one block '%s'",
				       is_call ? "http" : "http undo");
		if (is_undo && !call)
			return og_fail(err, OG_EDATA,
				       "'http undo' takes back an 'http' of its step");
		if (call && before && !is_call && !may_stand_before(kind))
			return og_fail(err, OG_EDATA,
				       "only reads and requirements may stand "
				       "before 'http' in its step");
		if (is_call)
			before = 0;
		if ((is_call || is_undo) && check_block(block, err) < 0)
			return -1;
	}
	return 0;
}
