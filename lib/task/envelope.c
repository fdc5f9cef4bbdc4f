/* Reading envelopes that came from anywhere. */
#include "lib/task/envelope.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/task/envelope-internal.h"

static const char *const known_keys[] = { "v",	       "id",	  "kind",	"principal",
					  "text",      "action",  "task",	"digest",
					  "values",    "state",	  "key",	"note",
					  "submitted", "expires", "not_before", "deadline",
					  "trace",     "ask",	  "sig",	NULL };

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "envelope: %s", what);
}

static int named(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return 1;
	return 0;
}

/* An approval is one of something, and says yes or no to it. */
static int check_approval(const struct og_envelope *e, struct og_err *err)
{
	static const char *const said[] = { "approved", "rejected", NULL };
	struct og_hash hash;

	if (!e->digest || og_hash_unhex(e->digest, &hash) < 0)
		return bad(err, "'digest' of what is approved is missing or no digest");
	if (!e->state || !named(e->state, said))
		return bad(err, "'state' is neither approved nor rejected");
	return 0;
}

static int check_text(const char *text, struct og_err *err)
{
	size_t len = strlen(text);

	if (len > OG_TASK_TEXT_MAX)
		return og_fail(err, OG_EDATA, "the text is longer than %zu bytes",
			       OG_TASK_TEXT_MAX);
	if (strspn(text, " \t\r\n") == len)
		return og_fail(err, OG_EDATA, "the text is empty");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return og_fail(err, OG_EDATA, "the text holds a control byte (0x%02x)", c);
	}
	return 0;
}

static int check_value(const char *name, const json_t *value, struct og_err *err)
{
	const char *text = json_string_value(value);

	if (!*name || strlen(name) > 64)
		return bad(err, "the name of a value is empty or too long");
	if (text)
		return check_text(text, err);
	return json_is_number(value) || json_is_boolean(value)
		       ? 0
		       : bad(err, "a value is neither a text, a number nor a truth");
}

/* An answer is one to a question, and says something. */
static int check_answer(const struct og_envelope *e, struct og_err *err)
{
	struct og_hash hash;
	const char *name;
	json_t *value;

	if (!e->digest || og_hash_unhex(e->digest, &hash) < 0)
		return bad(err, "'digest' of what is answered is missing or no digest");
	if (json_object_size(e->values) == 0 || json_object_size(e->values) > OG_ANSWER_VALUES)
		return bad(err, "'values' is no object, empty or too large");
	json_object_foreach((json_t *)(uintptr_t)e->values, name, value)
	{
		if (check_value(name, value, err) < 0)
			return -1;
	}
	return 0;
}

static int check_kind(struct og_envelope *e, struct og_err *err)
{
	static const char *const about_a_task[] = { "approve", "cancel", "answer", "resolve",
						    NULL };
	static const char *const asks[] = { "wait", "fail", NULL };
	const char *ask = og_json_str(e->json, "ask");

	if (strcmp(e->kind, "task") == 0) {
		if (!e->text == !e->action)
			return bad(err, "a task has either 'text' or 'action'");
		if (ask && !named(ask, asks))
			return bad(err, "'ask' is neither wait nor fail");
		return e->task ? bad(err, "a new task is not about another one") : 0;
	}
	if (!named(e->kind, about_a_task))
		return bad(err, "'kind' is none of task, approve, cancel, answer, resolve");
	if (e->text || e->action || og_json_str(e->json, "ask"))
		return bad(err, "'text', 'action' and 'ask' belong to kind task");
	if (!e->task || !og_uuid_valid(e->task))
		return bad(err, "'task' is missing or not a task id");
	if (strcmp(e->kind, "answer") == 0)
		return check_answer(e, err);
	if (e->values)
		return bad(err, "'values' belongs to kind answer");
	return strcmp(e->kind, "approve") == 0 ? check_approval(e, err) : 0;
}

/* A skill or a policy, as text, under the name that it gives itself. */
static int check_proposal(const json_t *action, struct og_err *err)
{
	static const char *const keys[] = { "propose", "name", "text", "why", NULL };
	static const char *const kinds[] = { "skill", "policy", NULL };
	const json_t *given = json_object_get(action, "why");
	const char *kind, *name, *text, *why = json_string_value(given);

	if (og_json_only(action, "envelope: action", keys, err) < 0 ||
	    og_json_need_str(action, "envelope: action", "propose", &kind, err) < 0 ||
	    og_json_need_str(action, "envelope: action", "name", &name, err) < 0 ||
	    og_json_need_str(action, "envelope: action", "text", &text, err) < 0)
		return -1;
	if (!named(kind, kinds))
		return bad(err, "neither a skill nor a policy is proposed");
	if (!*name || strlen(name) > OG_PROPOSAL_NAME_MAX)
		return bad(err, "what is proposed has no name, or a long one");
	if (!*text || strlen(text) > OG_TASK_TEXT_MAX)
		return og_fail(err, OG_EDATA,
			       "the text that is proposed is empty or longer than %zu bytes",
			       OG_TASK_TEXT_MAX);
	if (given && (!why || strlen(why) > OG_TASK_NOTE_MAX))
		return bad(err, "'why' is no text, or too long");
	return 0;
}

static int check_action(const json_t *action, struct og_err *err)
{
	static const char *const keys[] = { "skill", "params", NULL };
	const json_t *params = json_object_get(action, "params");
	const char *skill;

	if (json_object_get(action, "propose"))
		return check_proposal(action, err);
	if (og_json_only(action, "envelope: action", keys, err) < 0 ||
	    og_json_need_str(action, "envelope: action", "skill", &skill, err) < 0)
		return -1;
	if (!*skill || strlen(skill) > 64)
		return bad(err, "the action's skill is not a name");
	return params && !json_is_object(params) ? bad(err, "the action's params are no object")
						 : 0;
}

int og_trace_valid(const char *trace)
{
	static const char form[] = "00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'h' ? !trace[i] || !strchr("0123456789abcdef", trace[i])
				   : trace[i] != form[i])
			return 0;
	return 1;
}

static int check_content(struct og_envelope *e, struct og_err *err)
{
	if (!og_uuid_valid(e->id))
		return bad(err, "'id' is not a UUID in lower case");
	if (!*e->principal || strlen(e->principal) > 63)
		return bad(err, "'principal' is not a name");
	if (e->key && (!*e->key || strlen(e->key) > OG_TASK_KEY_MAX))
		return bad(err, "'key' is empty or too long");
	if (check_kind(e, err) < 0)
		return -1;
	if (e->text && check_text(e->text, err) < 0)
		return -1;
	if (e->note && strlen(e->note) > OG_TASK_NOTE_MAX)
		return bad(err, "'note' is too long");
	if (e->trace && !og_trace_valid(e->trace))
		return bad(err, "'trace' is not a traceparent");
	return e->action ? check_action(e->action, err) : 0;
}

static int optional_time(const json_t *json, const char *key, int64_t *ret)
{
	const char *text = og_json_str(json, key);

	*ret = 0;
	return text ? og_time_parse(text, ret) : 0;
}

static int check_times(struct og_envelope *e, struct og_err *err)
{
	if (og_time_parse(e->submitted, &e->submitted_ms) < 0)
		return bad(err, "'submitted' is not a time");
	if (og_time_parse(e->expires, &e->expires_ms) < 0)
		return bad(err, "'expires' is not a time");
	if (optional_time(e->json, "not_before", &e->not_before_ms) < 0)
		return bad(err, "'not_before' is not a time");
	if (optional_time(e->json, "deadline", &e->deadline_ms) < 0)
		return bad(err, "'deadline' is not a time");
	if (e->not_before_ms && e->not_before_ms >= e->expires_ms)
		return bad(err, "it expires before it may be begun");
	if (e->deadline_ms && e->deadline_ms <= e->submitted_ms)
		return bad(err, "its deadline is before it is submitted");
	return e->expires_ms > e->submitted_ms ? 0 : bad(err, "it expires before it is submitted");
}

static int read_signature(struct og_envelope *e, struct og_err *err)
{
	const char *text;
	struct og_buf raw;
	int rc = -1;

	og_buf_init(&raw, OG_SIGNATURE);
	if (og_json_need_str(e->json, "envelope", "sig", &text, err) < 0)
		goto out;
	if (og_base64_decode(&raw, text, strlen(text)) < 0 || raw.len != OG_SIGNATURE) {
		bad(err, "'sig' is not a signature");
		goto out;
	}
	memcpy(e->sig, raw.data, OG_SIGNATURE);
	rc = 0;
out:
	og_buf_release(&raw);
	return rc;
}

int og_envelope_signed_text(const json_t *envelope, struct og_buf *out, struct og_err *err)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)envelope);
	int rc;

	if (!copy)
		return og_fail_nomem(err);
	json_object_del(copy, "sig");
	og_buf_adds(out, OG_ENVELOPE_PREFIX);
	rc = og_json_canon(copy, out, err);
	json_decref(copy);
	return rc < 0 ? -1 : og_buf_check(out, "envelope", err);
}

static int make_digest(struct og_envelope *e, struct og_err *err)
{
	size_t prefix = strlen(OG_ENVELOPE_PREFIX);
	struct og_buf text;
	struct og_hash hash;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX + prefix);
	if (og_envelope_signed_text(e->json, &text, err) == 0) {
		og_sha256(text.data + prefix, text.len - prefix, &hash);
		og_hash_hex(&hash, e->hash);
		rc = 0;
	}
	og_buf_release(&text);
	return rc;
}

/* Strings and their presence; a wrong type of an optional one is refused
 * too, not taken for absent. */
static int read_members(struct og_envelope *e, struct og_err *err)
{
	static const char *const optional[] = { "text",	    "task",  "key",  "trace",
						"digest",   "state", "note", "not_before",
						"deadline", "ask",   NULL };
	const json_t *json = e->json;
	int64_t version;

	if (og_json_only(json, "envelope", known_keys, err) < 0 ||
	    og_json_need_int(json, "envelope", "v", &version, err) < 0 ||
	    og_json_need_str(json, "envelope", "id", &e->id, err) < 0 ||
	    og_json_need_str(json, "envelope", "kind", &e->kind, err) < 0 ||
	    og_json_need_str(json, "envelope", "principal", &e->principal, err) < 0 ||
	    og_json_need_str(json, "envelope", "submitted", &e->submitted, err) < 0 ||
	    og_json_need_str(json, "envelope", "expires", &e->expires, err) < 0)
		return -1;
	if (version != 1)
		return bad(err, "it is of another version");
	for (size_t i = 0; optional[i]; i++)
		if (json_object_get(json, optional[i]) && !og_json_str(json, optional[i]))
			return og_fail(err, OG_EDATA, "envelope: '%s' is not a string",
				       optional[i]);
	e->text = og_json_str(json, "text");
	e->task = og_json_str(json, "task");
	e->key = og_json_str(json, "key");
	e->digest = og_json_str(json, "digest");
	e->state = og_json_str(json, "state");
	e->note = og_json_str(json, "note");
	e->trace = og_json_str(json, "trace");
	e->action = json_object_get(json, "action");
	e->values = json_object_get(json, "values");
	return 0;
}

int og_envelope_from_json(json_t *json, struct og_envelope *ret, struct og_err *err)
{
	struct og_envelope e = { .json = json_incref(json) };

	if (read_members(&e, err) < 0 || check_content(&e, err) < 0 || check_times(&e, err) < 0 ||
	    read_signature(&e, err) < 0 || make_digest(&e, err) < 0) {
		og_envelope_release(&e);
		return -1;
	}
	*ret = e;
	return 0;
}

int og_envelope_parse(const char *text, size_t len, struct og_envelope *ret, struct og_err *err)
{
	json_t *json = NULL;
	int rc;

	if (og_json_parse(text, len, OG_ENVELOPE_MAX, "envelope", &json, err) < 0)
		return -1;
	rc = og_envelope_from_json(json, ret, err);
	json_decref(json);
	return rc;
}

void og_envelope_release(struct og_envelope *envelope)
{
	json_decref(envelope->json);
	envelope->json = NULL;
}

int og_envelope_verify(const struct og_envelope *envelope, const unsigned char pub[OG_KEY_PUBLIC],
		       struct og_err *err)
{
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_ENVELOPE_MAX + sizeof(OG_ENVELOPE_PREFIX));
	if (og_envelope_signed_text(envelope->json, &text, err) == 0)
		rc = og_verify(pub, text.data, text.len, envelope->sig, err);
	og_buf_release(&text);
	if (rc < 0 && err && err->code == OG_EPERM)
		og_fail(err, OG_EPERM, "the envelope is not signed by '%s'", envelope->principal);
	return rc;
}
