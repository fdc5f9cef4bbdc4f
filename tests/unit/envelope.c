/* Envelopes: what is signed cannot change, what is malformed is refused. */
#include "tests/unit/unit.h"

#include "lib/base/text.h"
#include "lib/task/envelope.h"
#include "lib/task/result.h"

static unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC];

static void make(struct og_buf *out)
{
	struct og_envelope_draft draft = { .kind = "task",
					   .principal = "charlie",
					   .text = "buy 1 chair",
					   .key = "k",
					   .lifetime_ms = 60000 };
	char id[OG_UUID_LEN + 1];
	struct og_err err = OG_ERR_INIT;

	og_buf_init(out, OG_ENVELOPE_MAX);
	OG_CHECK_OK(og_key_new(seed, pub, &err), &err);
	OG_CHECK_OK(og_envelope_make(&draft, seed, out, id, &err), &err);
}

static void whole(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_envelope e;
	struct og_buf text;

	make(&text);
	OG_CHECK_OK(og_envelope_parse(text.data, text.len, &e, &err), &err);
	OG_CHECK_STR(e.principal, "charlie");
	OG_CHECK_STR(e.text, "buy 1 chair");
	OG_CHECK_OK(og_envelope_verify(&e, pub, &err), &err);
	pub[0] ^= 1;
	OG_CHECK(og_envelope_verify(&e, pub, &err) < 0);
	og_envelope_release(&e);
	og_buf_release(&text);
}

/* Each bit of each byte: malformed, or of another signature. */
static void every_bit(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	int accepted = 0;

	make(&text);
	for (size_t i = 0; i < text.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct og_envelope e;

			text.data[i] = (char)(text.data[i] ^ 1 << bit);
			if (og_envelope_parse(text.data, text.len, &e, &err) == 0) {
				accepted += og_envelope_verify(&e, pub, &err) == 0;
				og_envelope_release(&e);
			}
			text.data[i] = (char)(text.data[i] ^ 1 << bit);
		}
	OG_CHECK_INT(accepted, 0);
	og_buf_release(&text);
}

static void refused(const char *member, json_t *value, const char *what)
{
	struct og_err err = OG_ERR_INIT;
	struct og_envelope e;
	struct og_buf text;
	json_t *json = NULL;

	make(&text);
	OG_CHECK_OK(og_json_parse(text.data, text.len, text.len, "envelope", &json, &err), &err);
	if (value)
		json_object_set_new(json, member, value);
	else
		json_object_del(json, member);
	OG_CHECK(og_envelope_from_json(json, &e, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	if (!OG_CHECK(strstr(err.msg, what) != NULL))
		printf("# %s\n", err.msg);
	json_decref(json);
	og_buf_release(&text);
}

static void malformed(void)
{
	refused("role", json_string("admin"), "unknown key 'role'");
	refused("principal", NULL, "'principal' is missing");
	refused("principal", json_integer(1), "'principal' is missing or not a string");
	refused("id", json_string("1"), "'id' is not a UUID");
	refused("v", json_integer(2), "another version");
	refused("kind", json_string("order"), "'kind' is none of");
	refused("kind", json_string("cancel"), "belong to kind task");
	refused("action", json_object(), "either 'text' or 'action'");
	refused("text", json_string("  "), "the text is empty");
	refused("text", json_string("a\x01"), "control byte");
	refused("expires", json_string("2020-01-01T00:00:00.000Z"), "expires before");
	refused("submitted", json_string("yesterday"), "not a time");
	refused("sig", json_string("AAAA"), "not a signature");
	refused("key", json_string(""), "'key' is empty");
	refused("trace", json_integer(1), "'trace' is not a string");
}

static void results(void)
{
	json_t *result = og_result_new("t", "charlie", "buy"),
	       *rows = json_pack("{s:[{s:i}]}", "x", "a", 1);
	struct og_err err = OG_ERR_INIT;

	og_result_state(result, OG_TASK_DONE, NULL);
	OG_CHECK_OK(og_result_step(result, "price", "done", 0, 0, NULL, &err), &err);
	OG_CHECK_OK(og_result_undo(result, "price", "undone", "sql", NULL, &err), &err);
	OG_CHECK_STR(og_json_str(json_array_get(json_object_get(result, "steps"), 0), "state"),
		     "undone");
	OG_CHECK_OK(og_result_rows(result, rows, &err), &err);
	OG_CHECK_OK(og_result_rows(result, rows, &err), &err);
	OG_CHECK_INT(json_array_size(json_object_get(json_object_get(result, "data"), "x")), 2);
	OG_CHECK_OK(og_result_check(result, &err), &err);
	json_object_set_new(result, "state", json_string("fine"));
	OG_CHECK(og_result_check(result, &err) < 0);
	json_object_set_new(result, "state", json_string("done"));
	json_object_set_new(result, "steps", json_string("x"));
	OG_CHECK(og_result_check(result, &err) < 0);
	json_decref(rows);
	json_decref(result);
}

/* The queue gave a task up: the document says how far it had come. */
static void undelivered(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_envelope e;
	struct og_buf text;
	json_t *result;

	make(&text);
	OG_CHECK_OK(og_envelope_parse(text.data, text.len, &e, &err), &err);
	result = og_result_undelivered(&e, 0, "expired");
	OG_CHECK_OK(og_result_check(result, &err), &err);
	OG_CHECK_STR(og_json_str(result, "state"), "failed");
	OG_CHECK_STR(og_json_str(result, "reason"), "expired");
	OG_CHECK_STR(og_json_str(result, "task"), e.id);
	OG_CHECK_STR(og_json_str(result, "text"), "buy 1 chair");
	json_decref(result);
	result = og_result_undelivered(&e, 1, NULL);
	OG_CHECK_STR(og_json_str(result, "state"), "in_doubt");
	json_decref(result);
	og_envelope_release(&e);
	og_buf_release(&text);
}

/* Other kinds: about a task, and without an intent of their own. */
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void about_tasks(void)
{
	static const char *const kinds[] = { "cancel", "approve", "answer", "resolve" };
	struct og_envelope_draft draft = { .principal = "alice",
					   .task = "01a20dcf-9268-7ce1-9c8e-c2a7c98b3768",
					   .lifetime_ms = 1000 };
	struct og_err err = OG_ERR_INIT;
	char id[OG_UUID_LEN + 1];
	struct og_buf out;
	json_t *approval = json_pack("{s:s,s:s}", "digest", DIGEST, "state", "approved");
	json_t *answer = json_pack("{s:s,s:{s:s,s:i}}", "digest", DIGEST, "values", "product",
				   "chair", "quantity", 2);

	og_buf_init(&out, OG_ENVELOPE_MAX);
	for (size_t i = 0; i < 4; i++) {
		draft.kind = kinds[i];
		draft.more = i == 1 ? approval : i == 2 ? answer : NULL;
		OG_CHECK_OK(og_envelope_make(&draft, seed, &out, id, &err), &err);
		og_buf_clear(&out);
	}
	draft.kind = "approve";
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	draft.more = approval;
	json_object_set_new(approval, "state", json_string("maybe"));
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	json_object_set_new(approval, "state", json_string("rejected"));
	json_object_set_new(approval, "digest", json_string("abc"));
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	json_decref(approval);
	json_decref(answer);
	draft.more = NULL;
	draft.kind = "resolve";
	draft.text = "and buy a chair";
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	draft.text = NULL;
	draft.task = "all";
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK_INT(out.len, 0);
	og_buf_release(&out);
}

/* An answer is one to a question, and says something that can be one. */
static int proposal(const char *action, char *ret)
{
	struct og_envelope_draft draft = { .kind = "task", .principal = "p", .lifetime_ms = 60000 };
	struct og_err err = OG_ERR_INIT;
	char id[OG_UUID_LEN + 1];
	struct og_buf out;
	json_t *more = json_loads(action, 0, NULL);
	int rc;

	draft.more = more;
	og_buf_init(&out, OG_ENVELOPE_MAX);
	rc = og_envelope_make(&draft, seed, &out, id, &err);
	snprintf(ret, sizeof(err.msg), "%s", rc < 0 ? err.msg : "");
	og_buf_release(&out);
	json_decref(more);
	return rc;
}

static void proposals(void)
{
	static const char *const good[] = {
		"{\"action\":{\"propose\":\"skill\",\"name\":\"a\",\"text\":\"t\"}}",
		"{\"action\":{\"propose\":\"policy\",\"name\":\"a\",\"text\":\"t\",\"why\":\"w\"}}",
	};
	static const char *const bad[][2] = {
		{ "{\"action\":{\"propose\":\"table\",\"name\":\"a\",\"text\":\"t\"}}",
		  "neither a skill nor a policy" },
		{ "{\"action\":{\"propose\":\"skill\",\"name\":\"\",\"text\":\"t\"}}", "no name" },
		{ "{\"action\":{\"propose\":\"skill\",\"name\":\"a\",\"text\":\"\"}}", "is empty" },
		{ "{\"action\":{\"propose\":\"skill\",\"name\":\"a\"}}", "text" },
		{ "{\"action\":{\"propose\":\"skill\",\"name\":\"a\",\"text\":\"t\",\"why\":1}}",
		  "'why'" },
		{ "{\"action\":{\"propose\":\"skill\",\"name\":\"a\",\"text\":\"t\",\"skill\":"
		  "\"s\"}}",
		  "skill" },
		{ "{\"action\":{\"propose\":1,\"name\":\"a\",\"text\":\"t\"}}", "propose" },
	};
	char said[sizeof(((struct og_err *)0)->msg)];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		OG_CHECK_INT(proposal(good[i], said), 0);
		OG_CHECK_STR(said, "");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		OG_CHECK_INT(proposal(bad[i][0], said), -1);
		OG_CHECK(strstr(said, bad[i][1]) != NULL);
	}
}

static void answers(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"digest\":\"" DIGEST "\"}",
		"{\"digest\":\"" DIGEST "\",\"values\":{}}",
		"{\"digest\":\"" DIGEST "\",\"values\":[]}",
		"{\"digest\":\"" DIGEST "\",\"values\":{\"answer\":\" \"}}",
		"{\"digest\":\"" DIGEST "\",\"values\":{\"answer\":\"a\\u001bb\"}}",
		"{\"digest\":\"" DIGEST "\",\"values\":{\"answer\":null}}",
		"{\"digest\":\"" DIGEST "\",\"values\":{\"a\":{\"b\":1}}}",
		"{\"digest\":\"" DIGEST "\",\"values\":{\"\":1}}",
		"{\"digest\":\"abc\",\"values\":{\"answer\":\"yes\"}}",
	};
	struct og_envelope_draft draft = { .kind = "answer",
					   .principal = "alice",
					   .task = "01a20dcf-9268-7ce1-9c8e-c2a7c98b3768",
					   .lifetime_ms = 1000 };
	struct og_err err = OG_ERR_INIT;
	char id[OG_UUID_LEN + 1];
	struct og_buf out;

	og_buf_init(&out, OG_ENVELOPE_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *more = json_loads(bad[i], 0, NULL);

		OG_CHECK(more != NULL);
		draft.more = more;
		OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
		OG_CHECK_INT(err.code, OG_EDATA);
		json_decref(more);
	}
	/* values are no other kind's. */
	draft.kind = "cancel";
	draft.more = json_pack("{s:{s:s}}", "values", "answer", "yes");
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	json_decref((json_t *)(uintptr_t)draft.more);
	og_buf_release(&out);
}

/* 64 KiB of text is an envelope; one byte more, or 128 KiB in all, is not. */
static void sizes(void)
{
	struct og_envelope_draft draft = { .kind = "task",
					   .principal = "charlie",
					   .lifetime_ms = 1000 };
	char *text = calloc(1, OG_TASK_TEXT_MAX + 2);
	struct og_err err = OG_ERR_INIT;
	char id[OG_UUID_LEN + 1];
	struct og_buf out;

	og_buf_init(&out, 2 * OG_ENVELOPE_MAX);
	memset(text, '"', OG_TASK_TEXT_MAX);
	draft.text = text;
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0); /* escaped: too large */
	OG_CHECK_INT(err.code, OG_EDATA);
	memset(text, 'a', OG_TASK_TEXT_MAX);
	OG_CHECK_OK(og_envelope_make(&draft, seed, &out, id, &err), &err);
	text[OG_TASK_TEXT_MAX] = 'a';
	OG_CHECK(og_envelope_make(&draft, seed, &out, id, &err) < 0);
	og_buf_release(&out);
	free(text);
}

static void states(void)
{
	for (int i = 0; i < OG_TASK_STATES; i++)
		OG_CHECK_INT(og_state_parse(og_state_name((enum og_task_state)i)), i);
	OG_CHECK_INT(og_state_parse("fine"), -1);
	OG_CHECK_INT(og_state_exit(OG_TASK_DONE), 0);
	OG_CHECK_INT(og_state_exit(OG_TASK_DENIED), 1);
	OG_CHECK_INT(og_state_exit(OG_TASK_IN_DOUBT), 71);
	OG_CHECK_INT(og_state_exit(OG_TASK_WAITING), 75);
}

int main(void)
{
	OG_RUN(whole);
	OG_RUN(every_bit);
	OG_RUN(malformed);
	OG_RUN(results);
	OG_RUN(undelivered);
	OG_RUN(about_tasks);
	OG_RUN(answers);
	OG_RUN(proposals);
	OG_RUN(sizes);
	OG_RUN(states);
	return og_done();
}
