/* Replies as lines, and bodies, which travel as text where they are text. */
#include "lib/net/wire.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

#define WHAT	"reply of og-http"
#define KEY_MAX 32

/* Control characters take six bytes in JSON, so what has them is sent as
 * base64: a line stays shorter than twice its body. */
static int is_text(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)data[i] < ' ' && data[i] != '\n' && data[i] != '\t' &&
		    data[i] != '\r')
			return 0;
	return og_utf8_valid(data, len);
}

static void name_base64(char name[KEY_MAX], const char *key)
{
	snprintf(name, KEY_MAX, "%s_base64", key);
}

int og_net_set_bytes(json_t *object, const char *key, const char *data, size_t len,
		     struct og_err *err)
{
	char name[KEY_MAX];
	struct og_buf text;
	int rc = -1;

	if (is_text(data, len))
		return og_json_set(object, key, json_stringn(data, len), err);
	name_base64(name, key);
	og_buf_init(&text, OG_NET_LINE_MAX);
	og_base64_encode(&text, data, len);
	if (og_buf_check(&text, key, err) == 0)
		rc = og_json_set(object, name, json_stringn(text.data, text.len), err);
	og_buf_release(&text);
	return rc;
}

void og_net_reply_init(struct og_net_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	og_buf_init(&reply->body, OG_NET_BODY_MAX);
}

void og_net_reply_release(struct og_net_reply *reply)
{
	json_decref(reply->headers);
	og_buf_release(&reply->body);
	og_net_reply_init(reply);
}

static int get_bytes(const json_t *line, const char *key, struct og_buf *ret, struct og_err *err)
{
	const json_t *text = json_object_get(line, key), *base64;
	char name[KEY_MAX];

	name_base64(name, key);
	base64 = json_object_get(line, name);
	if (json_is_string(text))
		og_buf_add(ret, json_string_value(text), json_string_length(text));
	else if (!json_is_string(base64) ||
		 og_base64_decode(ret, json_string_value(base64), json_string_length(base64)) < 0)
		return og_fail(err, OG_EUNAVAIL, WHAT " has no %s", key);
	return og_buf_check(ret, WHAT, err);
}

/* A request that failed: the error it failed with. */
static int failed(const json_t *line, struct og_err *err)
{
	const char *why = og_json_str(line, "why"), *fix = og_json_str(line, "fix");

	og_fail(err, (int)og_json_int(line, "code", OG_EUNAVAIL), "%s", why ? why : WHAT);
	return fix ? og_hint(err, "%s", fix) : -1;
}

static int take_reply(const json_t *line, struct og_net_reply *ret, int *ret_broken,
		      struct og_err *err)
{
	ret->status = (int)og_json_int(line, "status", 0);
	ret->attempts = (int)og_json_int(line, "attempts", 0);
	ret->sent = og_json_bool(line, "sent", 1);
	ret->events = og_json_int(line, "events", 0);
	ret->retry_ms = og_json_int(line, "retry_ms", 0);
	ret->headers = json_incref(json_object_get(line, "headers"));
	if (!og_json_bool(line, "ok", 0))
		return failed(line, err);
	if (ret->status > 0 && json_is_array(ret->headers) &&
	    get_bytes(line, "body", &ret->body, err) == 0)
		return 0;
	*ret_broken = 1;
	return og_fail(err, OG_EUNAVAIL, WHAT " is incomplete");
}

/* The line that has ok is the last of its request; one without is an event. */
static int take_line(const json_t *line, struct og_net_reply *ret, int *ret_broken,
		     struct og_err *err)
{
	og_buf_clear(&ret->body);
	if (json_object_get(line, "ok"))
		return take_reply(line, ret, ret_broken, err);
	if (get_bytes(line, "event", &ret->body, err) == 0)
		return 1;
	*ret_broken = 1;
	return -1;
}

int og_net_reply_parse(const char *line, size_t len, int64_t id, struct og_net_reply *ret,
		       int *ret_broken, struct og_err *err)
{
	json_t *reply = NULL;
	int rc;

	*ret_broken = 1;
	if (og_json_parse(line, len, OG_NET_LINE_MAX, WHAT, &reply, err) < 0)
		return og_fail(err, OG_EUNAVAIL, WHAT " is no JSON");
	if (og_json_int(reply, "id", -1) != id) {
		/* A complaint without an id is about the request we just sent. */
		if (json_is_null(json_object_get(reply, "id")))
			failed(reply, err);
		else
			og_fail(err, OG_EUNAVAIL, "og-http answered another request");
		json_decref(reply);
		return -1;
	}
	*ret_broken = 0;
	rc = take_line(reply, ret, ret_broken, err);
	json_decref(reply);
	return rc;
}
