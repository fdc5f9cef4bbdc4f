/*
 * What a call sends: the block's templates filled in, and judged once more,
 * for values come from anywhere. See effects.h.
 */
#include "lib/shield/effects.h"

#include <string.h>
#include <strings.h>

#include "lib/skill/http.h"

#define PATH_MAX_BYTES	 ((size_t)4096)
#define HEADER_MAX_BYTES ((size_t)4096)

int og_effect_key(const char *task, const char *step, const char *phase, int64_t round,
		  char out[OG_HASH_HEX + 1])
{
	struct og_hash hash;
	char text[256];
	int len = snprintf(text, sizeof(text), "og-effect-v1\n%s\n%s\n%s\n%lld", task, step, phase,
			   (long long)round);

	if (len < 0 || (size_t)len >= sizeof(text))
		return -1;
	og_sha256(text, (size_t)len, &hash);
	og_hash_hex(&hash, out);
	out[40] = '\0'; /* 160 bits name it well enough */
	return 0;
}

/* ".." would leave the part of the service that og.conf names. */
static int has_dots(const char *path)
{
	for (const char *p = path; *p && *p != '?';) {
		size_t n = strcspn(p + 1, "/?");

		if ((n == 1 && p[1] == '.') || (n == 2 && p[1] == '.' && p[2] == '.'))
			return 1;
		p += n + 1;
	}
	return strcasestr(path, "%2e") != NULL;
}

static int set_path(struct og_run *run, const char *template, json_t *send, struct og_err *err)
{
	struct og_buf path;
	int rc = -1;

	og_buf_init(&path, PATH_MAX_BYTES);
	if (og_template_path(template, run->vars, &path, err) < 0)
		goto out;
	if (path.data[0] != '/' || path.data[1] == '/' || has_dots(path.data))
		og_refuse(run->rq, OG_DENY, "path", err,
			  "step '%s': '%.200s' is no path of a service", run->name, path.data);
	else
		rc = og_json_set(send, "path", json_stringn(path.data, path.len), err);
out:
	og_buf_release(&path);
	return rc;
}

static int is_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 127)
			return 1;
	return 0;
}

static int add_header(struct og_run *run, const char *name, const char *template, json_t *list,
		      struct og_err *err)
{
	struct og_buf header;
	int rc = -1;

	og_buf_init(&header, HEADER_MAX_BYTES);
	og_buf_addf(&header, "%s: ", name);
	if (og_template_text(template, run->vars, &header, err) < 0)
		goto out;
	if (is_control(header.data, header.len))
		og_refuse(run->rq, OG_DENY, "header", err,
			  "step '%s': a value in header '%s' has a control character", run->name,
			  name);
	else
		rc = json_array_append_new(list, json_stringn(header.data, header.len)) < 0
			     ? og_fail_nomem(err)
			     : 0;
out:
	og_buf_release(&header);
	return rc;
}

static int add_type(const json_t *headers, const json_t *body, json_t *list, struct og_err *err)
{
	const char *type = json_is_string(body) ? "Content-Type: text/plain; charset=utf-8"
						: "Content-Type: application/json";
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)headers, name, value)
	{
		if (strcasecmp(name, "Content-Type") == 0)
			return 0;
	}
	return json_array_append_new(list, json_string(type)) < 0 ? og_fail_nomem(err) : 0;
}

static int set_headers(struct og_run *run, const struct og_http_call *call, json_t *send,
		       struct og_err *err)
{
	json_t *list = json_array(), *value;
	const char *name;

	if (og_json_set(send, "headers", list, err) < 0)
		return -1;
	json_object_foreach((json_t *)(uintptr_t)call->headers, name, value)
	{
		if (add_header(run, name, json_string_value(value), list, err) < 0)
			return -1;
	}
	return call->body ? add_type(call->headers, call->body, list, err) : 0;
}

static int set_body(struct og_run *run, const json_t *template, json_t *send, struct og_err *err)
{
	json_t *filled = NULL;
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_EFFECT_BODY_MAX);
	if (og_template(template, run->vars, &filled, err) < 0)
		goto out;
	if (json_is_string(template) && !json_is_string(filled))
		og_json_dump(filled, &text, err);
	else if (json_is_string(filled))
		og_buf_add(&text, json_string_value(filled), json_string_length(filled));
	else
		og_json_dump(filled, &text, err);
	if (og_buf_check(&text, "body of a call", err) == 0)
		rc = og_json_set(send, "body", json_stringn(text.data ? text.data : "", text.len),
				 err);
out:
	json_decref(filled);
	og_buf_release(&text);
	return rc;
}

static int set_rest(const struct og_http_call *call, json_t *send, struct og_err *err)
{
	if ((call->expect && og_json_set(send, "expect", json_deep_copy(call->expect), err) < 0) ||
	    (call->bind && og_json_set(send, "bind", json_deep_copy(call->bind), err) < 0))
		return -1;
	return 0;
}

/* An error in a template's value is the step's, like any other in it. */
int og_effect_send(struct og_run *run, const json_t *block, json_t **ret, struct og_err *err)
{
	const char *text = og_json_str(block, "text");
	struct og_http_call call;
	json_t *template = NULL, *send = NULL;
	int rc = -1;

	if (og_json_parse(text, strlen(text), OG_SKILL_DOC_MAX, "block", &template, err) < 0 ||
	    og_http_call(template, &call, err) < 0)
		goto out;
	send = json_pack("{s:s,s:s,s:I,s:i,s:b,s:b,s:I}", "service", call.service, "method",
			 call.method, "timeout_ms", (json_int_t)call.timeout_ms, "tries",
			 call.tries, "idempotent", call.idempotent, "reads",
			 og_http_only_reads(&call), "max_bytes", (json_int_t)OG_EFFECT_ANSWER_MAX);
	if (!send) {
		og_fail_nomem(err);
		goto out;
	}
	if (set_path(run, call.path, send, err) < 0 || set_headers(run, &call, send, err) < 0 ||
	    (call.body && set_body(run, call.body, send, err) < 0) ||
	    set_rest(&call, send, err) < 0)
		goto out;
	*ret = send;
	send = NULL;
	rc = 0;
out:
	json_decref(template);
	json_decref(send);
	return rc;
}
