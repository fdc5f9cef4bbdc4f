/* Making and signing envelopes. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/task/envelope-internal.h"

static int set_str(json_t *json, const char *key, const char *value, struct og_err *err)
{
	if (!value)
		return 0;
	if (!og_utf8_valid(value, strlen(value)))
		return og_fail(err, OG_EDATA, "'%s' is not valid UTF-8", key);
	return og_json_set(json, key, json_string(value), err);
}

static int set_time(json_t *json, const char *key, int64_t ms, struct og_err *err)
{
	char text[OG_TIME_LEN + 1];

	if (ms == 0)
		return 0;
	og_time_format(ms, text);
	return set_str(json, key, text, err);
}

static int set_times(json_t *json, const struct og_envelope_draft *draft, struct og_err *err)
{
	int64_t now = og_now_ms(), from = draft->not_before_ms > now ? draft->not_before_ms : now;

	if (set_time(json, "submitted", now, err) < 0 ||
	    set_time(json, "not_before", draft->not_before_ms, err) < 0 ||
	    set_time(json, "deadline", draft->deadline_ms, err) < 0)
		return -1;
	return set_time(json, "expires", from + draft->lifetime_ms, err);
}

static int set_action(json_t *json, const struct og_envelope_draft *draft, struct og_err *err)
{
	json_t *action;

	if (!draft->skill)
		return 0;
	action = json_pack("{s:s}", "skill", draft->skill);
	if (!action)
		return og_fail(err, OG_EDATA, "the skill's name is not valid UTF-8");
	if (draft->params &&
	    json_object_set(action, "params", (json_t *)(uintptr_t)draft->params) < 0) {
		json_decref(action);
		return og_fail_nomem(err);
	}
	return og_json_set(json, "action", action, err);
}

static int fill(json_t *json, const struct og_envelope_draft *draft, const char *id,
		struct og_err *err)
{
	if (!json)
		return og_fail_nomem(err);
	if (og_json_set(json, "v", json_integer(1), err) < 0 || set_str(json, "id", id, err) < 0 ||
	    set_str(json, "kind", draft->kind, err) < 0 ||
	    set_str(json, "principal", draft->principal, err) < 0 ||
	    set_str(json, "text", draft->text, err) < 0 ||
	    set_str(json, "task", draft->task, err) < 0 ||
	    set_str(json, "key", draft->key, err) < 0 ||
	    set_str(json, "trace", draft->trace, err) < 0 ||
	    set_str(json, "ask", draft->ask, err) < 0 || set_action(json, draft, err) < 0)
		return -1;
	if (draft->more && json_object_update(json, (json_t *)(uintptr_t)draft->more) < 0)
		return og_fail_nomem(err);
	return set_times(json, draft, err);
}

static int sign(json_t *json, const unsigned char *seed, struct og_err *err)
{
	unsigned char sig[OG_SIGNATURE];
	struct og_buf text, base64;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX + sizeof(OG_ENVELOPE_PREFIX));
	og_buf_init(&base64, 128);
	if (og_envelope_signed_text(json, &text, err) < 0 ||
	    og_sign(seed, text.data, text.len, sig, err) < 0)
		goto out;
	og_base64_encode(&base64, sig, sizeof(sig));
	if (og_buf_check(&base64, "signature", err) == 0)
		rc = og_json_set(json, "sig", json_string(base64.data), err);
out:
	og_buf_release(&text);
	og_buf_release(&base64);
	return rc;
}

int og_envelope_make(const struct og_envelope_draft *draft, const unsigned char seed[OG_KEY_SEED],
		     struct og_buf *out, char ret_id[OG_UUID_LEN + 1], struct og_err *err)
{
	json_t *json = json_object();
	struct og_envelope checked;
	char id[OG_UUID_LEN + 1];
	int rc = -1;

	if (og_uuid7(id, err) < 0 || fill(json, draft, id, err) < 0 || sign(json, seed, err) < 0)
		goto out;
	/* What leaves here is what every reader accepts. */
	if (og_envelope_from_json(json, &checked, err) < 0)
		goto out;
	og_envelope_release(&checked);
	if (og_json_canon(json, out, err) < 0)
		goto out;
	memcpy(ret_id, id, sizeof(id));
	rc = 0;
out:
	json_decref(json);
	return rc;
}
