/*
 * Approvals: a policy asks, the task waits, another principal answers, the
 * step runs once; and everything that is no approval, with what it leaves
 * behind. Also what waits and frozen rights do to a task in the middle.
 */
#include "tests/unit/shop.h"

#include "lib/task/result.h"

static struct shop shop;
static struct og_conversation *talk;

/* A task of a principal on its way. */
struct errand {
	int who;
	char id[OG_UUID_LEN + 1];
	json_t *envelope;
	int64_t epoch;
	char digest[OG_HASH_HEX + 1]; /* of the question it waits for */
};

static void must(json_t *reply)
{
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
}

static void must_not(json_t *reply, const char *verdict, const char *rule)
{
	OG_CHECK(shop_no(reply, verdict, rule));
	json_decref(reply);
}

/* As alice: approval before the step pay, standing so many seconds. */
static void put_policy(const char *predicate, const char *body, int clearance, int seconds)
{
	struct og_conversation *admin = shop_login(&shop, ALICE);
	json_t *policy =
		json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:[{s:s,s:i,s:s}]}", "name",
			  "four-eyes", "source", "policy", "clearance", 1, "node", "buy", "title",
			  "Four eyes", "body", body, "approval", predicate, "approver_clearance",
			  clearance, "approval_seconds", seconds, "rule_step", "pay", "message",
			  "large orders take two people", "passages", "heading", "h", "line", 1,
			  "text", body);

	must(shop_ask(admin, "policy.put", json_pack("{s:o}", "policy", policy), NULL));
	og_conversation_free(admin);
}

static json_t *step(struct errand *errand, const char *name, int quantity)
{
	json_t *request = json_pack("{s:s,s:I,s:s,s:s}", "task", errand->id, "epoch",
				    (json_int_t)errand->epoch, "skill", "buy", "step", name);

	if (quantity)
		json_object_set_new(
			request, "slots",
			json_pack("{s:i,s:s}", "quantity", quantity, "product", "Ergonomic Chair"));
	return shop_ask(talk, "step.run", request, NULL);
}

static json_t *begin(struct errand *errand)
{
	json_t *reply = shop_begin(talk, errand->envelope);

	errand->epoch = og_json_int(reply, "epoch", -1);
	return reply;
}

/* Up to where it waits: one chair, 299.99. */
static void wait_at_pay(struct errand *errand, int who)
{
	json_t *reply;

	memset(errand, 0, sizeof(*errand));
	errand->who = who;
	errand->envelope = shop_envelope(&shop, who, "task", "buy 1 chair", NULL, errand->id);
	must(begin(errand));
	must(step(errand, "price", 1));
	must(step(errand, "order", 0));
	must(step(errand, "reserve", 0));
	reply = step(errand, "pay", 0);
	OG_CHECK(shop_no(reply, "wait", "approval"));
	OG_CHECK_INT(og_json_int(reply, "code", 0), OG_ETEMP);
	if (OG_CHECK(og_json_str(reply, "digest") != NULL))
		snprintf(errand->digest, sizeof(errand->digest), "%s",
			 og_json_str(reply, "digest"));
	json_decref(reply);
}

static json_t *saga_undo(struct errand *errand)
{
	return shop_ask(talk, "saga.undo",
			json_pack("{s:s,s:I,s:s}", "task", errand->id, "epoch",
				  (json_int_t)errand->epoch, "reason", "because"),
			NULL);
}

static json_t *finish(struct errand *errand, enum og_task_state state)
{
	json_t *result = og_result_new(errand->id, shop_names[errand->who], "a test");

	og_result_state(result, state, "because");
	return shop_ask(talk, "task.finish",
			json_pack("{s:s,s:I,s:s,s:s,s:o}", "task", errand->id, "epoch",
				  (json_int_t)errand->epoch, "state", og_state_name(state),
				  "reason", "because", "result", result),
			NULL);
}

static void take_back(struct errand *errand)
{
	must(saga_undo(errand));
	must(saga_undo(errand));
	must(saga_undo(errand));
	must(finish(errand, OG_TASK_COMPENSATED));
	json_decref(errand->envelope);
}

static json_t *answer(int who, const struct errand *errand, const char *digest, const char *said)
{
	char id[OG_UUID_LEN + 1];
	json_t *envelope = shop_envelope(&shop, who, "cancel", errand->id, NULL, id);

	json_object_set_new(envelope, "kind", json_string("approve"));
	json_object_set_new(envelope, "digest", json_string(digest));
	json_object_set_new(envelope, "state", json_string(said));
	shop_sign(&shop, who, envelope);
	return envelope;
}

static json_t *say(json_t *envelope)
{
	json_t *reply = shop_begin(talk, envelope);

	json_decref(envelope);
	return reply;
}

static int64_t refusals(const char *rule)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND "
		 "json_extract(body, '$.rule') = '%s'",
		 rule);
	return shop_int(&shop, sql);
}

static int64_t payments(void)
{
	return shop_int(&shop, "SELECT count(*) FROM payments");
}

static int is_in(const struct errand *errand, const char *state)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM og_task WHERE id = '%s' AND state = '%s'",
		 errand->id, state);
	return shop_int(&shop, sql) == 1;
}

/* The rest of the way, once it may go on. */
static void goes_on(struct errand *errand)
{
	json_t *reply = begin(errand);

	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "state"), "running");
	json_decref(reply);
	must(step(errand, "pay", 0));
	must(step(errand, "close", 0));
	must(finish(errand, OG_TASK_DONE));
	json_decref(errand->envelope);
}

/* The digest is what the manual says it is, over all that will run. */
static void check_digest(const struct errand *errand, const json_t *asked)
{
	json_t *what = json_pack(
		"{s:s,s:O,s:O,s:O,s:O,s:O}", "task", errand->id, "skill",
		json_object_get(asked, "skill"), "hash", json_object_get(asked, "hash"), "step",
		json_object_get(asked, "step"), "vars", json_object_get(asked, "arguments"),
		"policy", json_object_get(asked, "policies"));
	char digest[OG_HASH_HEX + 1];
	struct og_err err = OG_ERR_INIT;
	struct og_hash hash;
	struct og_buf text;

	og_buf_init(&text, 65536);
	OG_CHECK_OK(og_json_canon(what, &text, &err), &err);
	og_sha256(text.data, text.len, &hash);
	og_hash_hex(&hash, digest);
	OG_CHECK_STR(digest, errand->digest);
	OG_CHECK(json_object_get(json_object_get(asked, "arguments"), "order_id") != NULL);
	og_buf_release(&text);
	json_decref(what);
}

/* --- the way it is meant -------------------------------------------------- */

static void approved(void)
{
	struct errand errand;
	int64_t waits = shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'wait'");
	int64_t paid = payments();
	json_t *reply, *asked;

	wait_at_pay(&errand, CHARLIE);
	OG_CHECK(is_in(&errand, "waiting"));
	OG_CHECK_INT(payments(), paid);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'wait'"),
		     waits + 1);
	/* It still waits, however often it is delivered; its epoch stays. */
	reply = begin(&errand);
	OG_CHECK_STR(og_json_str(reply, "state"), "waiting");
	OG_CHECK_INT(errand.epoch, 1);
	asked = json_object_get(reply, "waits");
	OG_CHECK_STR(og_json_str(asked, "digest"), errand.digest);
	OG_CHECK_STR(og_json_str(asked, "message"), "large orders take two people");
	OG_CHECK_STR(og_json_str(asked, "skill"), "buy");
	OG_CHECK_STR(og_json_str(asked, "step"), "pay");
	OG_CHECK_STR(og_json_str(asked, "policy"), "four-eyes");
	OG_CHECK_INT(og_json_int(asked, "clearance", 0), 3);
	OG_CHECK_INT(og_json_int(json_object_get(asked, "arguments"), "quantity", 0), 1);
	OG_CHECK(og_json_int(reply, "delay_ms", 0) > 3000000);
	check_digest(&errand, asked);
	json_decref(reply);
	must_not(step(&errand, "pay", 0), "conflict", "finished");
	reply = say(answer(ALICE, &errand, errand.digest, "approved"));
	OG_CHECK(shop_ok(reply) && og_json_bool(reply, "applied", 0));
	OG_CHECK(json_equal(json_object_get(reply, "resume"), errand.envelope));
	json_decref(reply);
	OG_CHECK(is_in(&errand, "waiting"));
	goes_on(&errand);
	OG_CHECK_INT(payments(), paid + 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_consent WHERE state = 'used'"), 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'step' AND "
				     "json_extract(body, '$.approval.by') = 'alice'"),
		     1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_task WHERE waits IS NOT NULL"), 0);
}

static void rejected(void)
{
	struct errand errand;
	int64_t paid = payments();
	json_t *reply, *envelope;

	wait_at_pay(&errand, CHARLIE);
	envelope = answer(ALICE, &errand, errand.digest, "rejected");
	json_object_set_new(envelope, "note", json_string("not this month"));
	shop_sign(&shop, ALICE, envelope);
	reply = say(envelope);
	OG_CHECK(shop_ok(reply) && json_object_get(reply, "resume"));
	json_decref(reply);
	must(begin(&errand));
	reply = step(&errand, "pay", 0);
	OG_CHECK_STR(og_json_str(reply, "why"), "alice rejected it: not this month");
	must_not(reply, "deny", "rejected");
	/* No second try, no other answer, no other policy makes it a yes. */
	must_not(step(&errand, "pay", 0), "deny", "rejected");
	put_policy(":total > 200", "changed after the no", 3, 3600);
	must_not(step(&errand, "pay", 0), "deny", "rejected");
	put_policy(":total > 100", "the first text", 3, 3600);
	OG_CHECK_INT(payments(), paid);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'reject' "
				     "AND json_extract(body, '$.note') = 'not this month'"),
		     1);
	take_back(&errand);
}

static void below_the_bar_nobody_is_asked(void)
{
	struct errand errand = { .who = CHARLIE };

	put_policy(":total > 300", "only above 300", 3, 3600);
	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must(begin(&errand));
	must(step(&errand, "price", 1));
	must(step(&errand, "order", 0));
	must(step(&errand, "reserve", 0));
	must(step(&errand, "pay", 0));
	must(step(&errand, "close", 0));
	must(finish(&errand, OG_TASK_DONE));
	json_decref(errand.envelope);
	put_policy(":total > 100", "the first text", 3, 3600);
}

/* A predicate that cannot be judged lets nothing pass. */
static void a_broken_predicate_refuses(void)
{
	struct errand errand = { .who = CHARLIE };
	json_t *reply;

	put_policy(":nobody_bound_this > 1", "broken", 3, 3600);
	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must(begin(&errand));
	must(step(&errand, "price", 1));
	must(step(&errand, "order", 0));
	must(step(&errand, "reserve", 0));
	reply = step(&errand, "pay", 0);
	OG_CHECK(strstr(og_json_str(reply, "why"), "'four-eyes' cannot be judged") != NULL);
	must_not(reply, "deny", "policy-rule");
	take_back(&errand);
	put_policy(":total > 100", "the first text", 3, 3600);
}

/* --- what is no approval -------------------------------------------------- */

enum attack {
	FORGED,
	OTHER_DIGEST_AFTER_SIGNING,
	OTHER_WORD_AFTER_SIGNING,
	OTHER_TASK_AFTER_SIGNING,
	OTHER_NAME_AFTER_SIGNING,
	NOBODY,
	NO_RIGHT,
	LOW_CLEARANCE,
	OWN_TASK,
	WRONG_DIGEST,
	ANOTHER_TASKS_DIGEST,
	UNKNOWN_TASK,
	EXPIRED_ENVELOPE,
	FROM_THE_FUTURE,
	SECOND_ANSWER,
	AFTER_A_NO,
	SIGNER_IS_GONE,
	OLD_KEY,
	NO_WORD,
	AS_A_TASK,
	ATTACKS
};

static json_t *tampered(const struct errand *errand, const char *member, const char *value)
{
	json_t *envelope = answer(ALICE, errand, errand->digest,
				  strcmp(member, "state") == 0 ? "rejected" : "approved");

	json_object_set_new(envelope, member, json_string(value));
	return envelope;
}

static json_t *timed(const struct errand *errand, int64_t submitted, int64_t expires)
{
	json_t *envelope = answer(ALICE, errand, errand->digest, "approved");

	shop_time(envelope, "submitted", submitted);
	shop_time(envelope, "expires", expires);
	shop_sign(&shop, ALICE, envelope);
	return envelope;
}

static void set_alice(const char *what)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "UPDATE og_principal SET %s WHERE name = 'alice'", what);
	shop_exec(&shop, sql);
}

#define OTHER_DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER_KEY    "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"

/* An approval of which something is wrong. */
static json_t *attack(enum attack kind, const struct errand *errand, const struct errand *other)
{
	struct errand nowhere = *errand;
	json_t *envelope;

	switch (kind) {
	case FORGED:
		envelope = answer(BOB, errand, errand->digest, "approved");
		json_object_set_new(envelope, "principal", json_string("alice"));
		return envelope;
	case OTHER_DIGEST_AFTER_SIGNING:
		envelope = answer(ALICE, errand, OTHER_DIGEST, "approved");
		json_object_set_new(envelope, "digest", json_string(errand->digest));
		return envelope;
	case OTHER_WORD_AFTER_SIGNING:
		return tampered(errand, "state", "approved");
	case OTHER_TASK_AFTER_SIGNING:
		envelope = answer(ALICE, other, errand->digest, "approved");
		json_object_set_new(envelope, "task", json_string(errand->id));
		return envelope;
	case OTHER_NAME_AFTER_SIGNING:
		return tampered(errand, "principal", "bob");
	case NOBODY:
		return tampered(errand, "principal", "mallory");
	case NO_RIGHT:
		shop_exec(&shop, "UPDATE og_role SET rights = '[]' WHERE name = 'employee'");
		return answer(BOB, errand, errand->digest, "approved");
	case LOW_CLEARANCE:
		shop_exec(&shop,
			  "UPDATE og_role SET rights = '[\"approve\"]' WHERE name = 'employee'");
		return answer(BOB, errand, errand->digest, "approved");
	case OWN_TASK:
		return answer(ALICE, other, other->digest, "approved");
	case WRONG_DIGEST:
		return answer(ALICE, errand, OTHER_DIGEST, "approved");
	case ANOTHER_TASKS_DIGEST:
		return answer(ALICE, errand, other->digest, "approved");
	case UNKNOWN_TASK:
		memcpy(nowhere.id, "01a20dcf-9268-7ce1-9c8e-c2a7c98b3768", OG_UUID_LEN);
		return answer(ALICE, &nowhere, errand->digest, "approved");
	case EXPIRED_ENVELOPE:
		return timed(errand, -7200000, -3600000);
	case FROM_THE_FUTURE:
		return timed(errand, 3600000, 7200000);
	case SECOND_ANSWER:
	case AFTER_A_NO:
		must(say(answer(ALICE, errand, errand->digest,
				kind == AFTER_A_NO ? "rejected" : "approved")));
		return answer(ALICE, errand, errand->digest, "approved");
	case SIGNER_IS_GONE:
		set_alice("active = 0");
		return answer(ALICE, errand, errand->digest, "approved");
	case OLD_KEY:
		set_alice("pubkey = " OTHER_KEY);
		return answer(ALICE, errand, errand->digest, "approved");
	case NO_WORD:
		envelope = answer(ALICE, errand, errand->digest, "perhaps");
		return envelope;
	default:
		envelope = answer(ALICE, errand, errand->digest, "approved");
		json_object_set_new(envelope, "kind", json_string("task"));
		shop_sign(&shop, ALICE, envelope);
		return envelope;
	}
}

static void mend(const char *alice_key)
{
	char sql[120];

	snprintf(sql, sizeof(sql), "active = 1, pubkey = '%s'", alice_key);
	set_alice(sql);
}

static void what_is_no_approval(void)
{
	static const char *const rules[ATTACKS] = {
		[FORGED] = "signature",
		[OTHER_DIGEST_AFTER_SIGNING] = "signature",
		[OTHER_WORD_AFTER_SIGNING] = "signature",
		[OTHER_TASK_AFTER_SIGNING] = "signature",
		[OTHER_NAME_AFTER_SIGNING] = "signature",
		[NOBODY] = "principal",
		[NO_RIGHT] = "right",
		[LOW_CLEARANCE] = "clearance",
		[OWN_TASK] = "own-approval",
		[WRONG_DIGEST] = "digest",
		[ANOTHER_TASKS_DIGEST] = "digest",
		[UNKNOWN_TASK] = "no-task",
		[EXPIRED_ENVELOPE] = "expired",
		[FROM_THE_FUTURE] = "clock",
		[SECOND_ANSWER] = "answered",
		[AFTER_A_NO] = "answered",
		[SIGNER_IS_GONE] = "principal",
		[OLD_KEY] = "signature",
		[NO_WORD] = "malformed", /* is no envelope, so no entry */
		[AS_A_TASK] = "malformed",
	};
	char key[64] = "";
	struct og_buf base64;
	unsigned char pub[OG_KEY_PUBLIC];
	struct og_err err = OG_ERR_INIT;

	og_buf_init(&base64, 64);
	OG_CHECK_OK(og_key_public(shop.seed[ALICE], pub, &err), &err);
	og_base64_encode(&base64, pub, sizeof(pub));
	snprintf(key, sizeof(key), "%s", base64.data);
	og_buf_release(&base64);
	for (int i = 0; i < ATTACKS; i++) {
		struct errand errand, other;
		int64_t paid, before, consents;
		int known = strcmp(rules[i], "malformed") != 0;
		json_t *envelope, *reply;

		wait_at_pay(&errand, CHARLIE);
		wait_at_pay(&other, i == OWN_TASK ? ALICE : CHARLIE);
		paid = payments();
		envelope = attack((enum attack)i, &errand, &other);
		before = refusals(rules[i]);
		consents = shop_int(&shop, "SELECT count(*) FROM og_consent");
		reply = say(envelope);
		if (!OG_CHECK(shop_no(reply, known ? "deny" : "error", rules[i])))
			printf("# attack %d\n", i);
		json_decref(reply);
		OG_CHECK_INT(refusals(rules[i]), before + known);
		OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_consent"), consents);
		OG_CHECK(is_in(&errand, "waiting") && is_in(&other, "waiting"));
		mend(key);
		/* Nothing moves: what waits still waits, but for what was answered. */
		if (i != SECOND_ANSWER && i != AFTER_A_NO) {
			reply = begin(&errand);
			OG_CHECK_STR(og_json_str(reply, "state"), "waiting");
			json_decref(reply);
		}
		reply = begin(&other);
		OG_CHECK_STR(og_json_str(reply, "state"), "waiting");
		json_decref(reply);
		OG_CHECK_INT(payments(), paid);
		json_decref(errand.envelope);
		json_decref(other.envelope);
	}
	shop_exec(&shop, "UPDATE og_role SET rights = '[]' WHERE name = 'employee'");
}

/* A second name with the key of the first is no second person: neither with
 * the key that signed the task, nor with the one its principal has now. */
static void another_name_with_the_same_key(void)
{
	static const char *const keys[] = {
		"UPDATE og_principal SET pubkey = (SELECT pubkey FROM og_principal WHERE "
		"name = 'charlie') WHERE name = 'bob'",
		"UPDATE og_principal SET pubkey = " OTHER_KEY " WHERE name = 'charlie'",
	};
	int64_t before = refusals("own-approval"), paid = payments();
	unsigned char bobs[OG_KEY_SEED];
	struct errand errand;

	wait_at_pay(&errand, CHARLIE);
	memcpy(bobs, shop.seed[BOB], sizeof(bobs));
	memcpy(shop.seed[BOB], shop.seed[CHARLIE], sizeof(bobs));
	shop_exec(&shop, "CREATE TABLE kept AS SELECT * FROM og_principal");
	shop_exec(&shop, "UPDATE og_role SET rights = '[\"approve\"]' WHERE name = 'employee'");
	shop_exec(&shop, "UPDATE og_principal SET clearance = 3 WHERE name = 'bob'");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		shop_exec(&shop, keys[i]);
		must_not(say(answer(BOB, &errand, errand.digest, "approved")), "deny",
			 "own-approval");
		OG_CHECK_INT(refusals("own-approval"), before + (int64_t)i + 1);
		OG_CHECK(is_in(&errand, "waiting"));
	}
	shop_exec(&shop, "UPDATE og_principal AS p SET (pubkey, clearance) = (SELECT k.pubkey, "
			 "k.clearance FROM kept AS k WHERE k.id = p.id)");
	shop_exec(&shop, "DROP TABLE kept");
	shop_exec(&shop, "UPDATE og_role SET rights = '[]' WHERE name = 'employee'");
	memcpy(shop.seed[BOB], bobs, sizeof(bobs));
	OG_CHECK_INT(payments(), paid);
	json_decref(errand.envelope);
}

/* One that was good when it came, and is worth nothing when it is needed. */
static void approvals_that_count_no_more(void)
{
	static const struct {
		const char *sql, *back, *why;
	} cases[] = {
		{ "UPDATE og_principal SET active = 0 WHERE name = 'alice'",
		  "UPDATE og_principal SET active = 1 WHERE name = 'alice'",
		  "its signer is no longer active" },
		{ "UPDATE og_principal SET pubkey = " OTHER_KEY " WHERE name = 'alice'", NULL,
		  "it was signed with a key that is in force no more" },
		{ "UPDATE og_role SET rights = '[]' WHERE name = 'admin'",
		  "UPDATE og_role SET rights = '[\"ddl\",\"grant\",\"skill\",\"policy\","
		  "\"approve\",\"ledger\",\"tasks\",\"register\"]' WHERE name = 'admin'",
		  "its signer may no longer approve" },
		{ "UPDATE og_principal SET clearance = 2 WHERE name = 'alice'",
		  "UPDATE og_principal SET clearance = 3 WHERE name = 'alice'",
		  "its signer's clearance is too low" },
	};
	char key[200];

	snprintf(key, sizeof(key),
		 "UPDATE og_principal SET pubkey = (SELECT k FROM kept) WHERE name = 'alice'");
	shop_exec(&shop, "CREATE TABLE kept AS SELECT pubkey AS k FROM og_principal "
			 "WHERE name = 'alice'");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct errand errand;
		int64_t paid = payments(), before = refusals("approver");
		char sql[200];
		json_t *reply, *first;

		wait_at_pay(&errand, CHARLIE);
		first = answer(ALICE, &errand, errand.digest, "approved");
		must(shop_begin(talk, first));
		shop_exec(&shop, cases[i].sql);
		must(begin(&errand));
		reply = step(&errand, "pay", 0);
		OG_CHECK_STR(og_json_str(reply, "digest"), errand.digest);
		must_not(reply, "wait", "approval");
		OG_CHECK_INT(payments(), paid);
		OG_CHECK_INT(refusals("approver"), before + 1);
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND "
			 "json_extract(body, '$.why') = '%.*s'",
			 (int)strcspn(cases[i].why, "'"), cases[i].why);
		OG_CHECK(strchr(cases[i].why, '\'') || shop_int(&shop, sql) == 1);
		shop_exec(&shop, cases[i].back ? cases[i].back : key);
		/* It does not come back to life; a fresh one counts. */
		must_not(shop_begin(talk, first), "deny", "used");
		reply = begin(&errand);
		OG_CHECK_STR(og_json_str(reply, "state"), "waiting");
		json_decref(reply);
		must(say(answer(ALICE, &errand, errand.digest, "approved")));
		goes_on(&errand);
		OG_CHECK_INT(payments(), paid + 1);
		json_decref(first);
	}
	shop_exec(&shop, "DROP TABLE kept");
}

/* The same envelope: harmless before it is used, refused afterwards; with
 * its id on other content, refused always. */
static void replays(void)
{
	struct errand errand;
	int64_t paid = payments(), entries;
	json_t *yes, *changed, *reply;

	wait_at_pay(&errand, CHARLIE);
	yes = answer(ALICE, &errand, errand.digest, "approved");
	must(shop_begin(talk, yes));
	entries = shop_int(&shop, "SELECT count(*) FROM audit_ledger");
	reply = shop_begin(talk, yes);
	OG_CHECK(shop_ok(reply) && json_object_get(reply, "resume"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries);
	changed = json_copy(yes);
	json_object_set_new(changed, "state", json_string("rejected"));
	shop_sign(&shop, ALICE, changed);
	must_not(say(changed), "deny", "replay");
	shop_reopen(&shop);
	og_conversation_free(talk);
	talk = shop_talk(&shop);
	goes_on(&errand);
	OG_CHECK_INT(payments(), paid + 1);
	must_not(shop_begin(talk, yes), "deny", "used");
	shop_reopen(&shop);
	og_conversation_free(talk);
	talk = shop_talk(&shop);
	must_not(shop_begin(talk, yes), "deny", "used");
	OG_CHECK_INT(payments(), paid + 1);
	json_decref(yes);
}

/* Of a task that is finished, or was let through already. */
static void too_late(void)
{
	struct errand errand;
	int64_t paid = payments(), before = refusals("not-waiting");

	wait_at_pay(&errand, CHARLIE);
	must(say(answer(ALICE, &errand, errand.digest, "approved")));
	must(begin(&errand));
	must_not(say(answer(ALICE, &errand, errand.digest, "rejected")), "deny", "not-waiting");
	must(step(&errand, "pay", 0));
	must_not(say(answer(ALICE, &errand, errand.digest, "rejected")), "deny", "not-waiting");
	must(step(&errand, "close", 0));
	must(finish(&errand, OG_TASK_DONE));
	must_not(say(answer(ALICE, &errand, errand.digest, "approved")), "deny", "not-waiting");
	OG_CHECK_INT(refusals("not-waiting"), before + 3);
	OG_CHECK_INT(payments(), paid + 1);
	json_decref(errand.envelope);
}

/* A question ends at its time: no answer counts then, and asking again does
 * not open it. */
static void a_question_ends(void)
{
	struct errand errand, late;
	int64_t paid = payments();
	json_t *reply;

	put_policy(":total > 100", "three seconds to think", 3, 3);
	wait_at_pay(&errand, CHARLIE);
	wait_at_pay(&late, CHARLIE);
	must(say(answer(ALICE, &late, late.digest, "approved")));
	usleep(3100000);
	must_not(say(answer(ALICE, &errand, errand.digest, "approved")), "deny",
		 "approval-expired");
	reply = begin(&errand);
	OG_CHECK_STR(og_json_str(reply, "state"), "running");
	json_decref(reply);
	reply = step(&errand, "pay", 0);
	OG_CHECK(strncmp(og_json_str(reply, "why"), "nobody approved it by 20", 24) == 0);
	must_not(reply, "deny", "approval-expired");
	must_not(step(&errand, "pay", 0), "deny", "approval-expired");
	/* Given in time, and not used in time. */
	must(begin(&late));
	must_not(step(&late, "pay", 0), "deny", "approval-expired");
	OG_CHECK_INT(payments(), paid);
	take_back(&late); /* the later one first: they changed the same row */
	take_back(&errand);
	put_policy(":total > 100", "the first text", 3, 3600);
}

/* Another version of the policy asks another question. */
static void a_changed_policy_asks_again(void)
{
	struct errand errand;
	char before[OG_HASH_HEX + 1];
	int64_t paid = payments();
	json_t *reply;

	wait_at_pay(&errand, CHARLIE);
	memcpy(before, errand.digest, sizeof(before));
	must(say(answer(ALICE, &errand, errand.digest, "approved")));
	put_policy(":total > 100", "stricter words", 3, 3600);
	must(begin(&errand));
	reply = step(&errand, "pay", 0);
	snprintf(errand.digest, sizeof(errand.digest), "%s", og_json_str(reply, "digest"));
	OG_CHECK(strcmp(before, errand.digest) != 0);
	must_not(reply, "wait", "approval");
	must_not(say(answer(ALICE, &errand, before, "approved")), "deny", "digest");
	OG_CHECK_INT(payments(), paid);
	must(say(answer(ALICE, &errand, errand.digest, "approved")));
	goes_on(&errand);
	OG_CHECK_INT(payments(), paid + 1);
	put_policy(":total > 100", "the first text", 3, 3600);
}

/* What was approved is what runs: the version and the variables that the
 * task has, whatever has become of skill and prices meanwhile. */
static void what_was_approved_is_what_runs(void)
{
	struct errand errand;
	char *changed = strdup(shop_skill), *at = strstr(changed, "'completed'");

	OG_CHECK(at != NULL);
	memcpy(at, "'cOmpleted'", 11);
	wait_at_pay(&errand, CHARLIE);
	shop_put_skill(&shop, changed);
	shop_exec(&shop, "UPDATE products SET price = 1 WHERE id = 1");
	must(say(answer(ALICE, &errand, errand.digest, "approved")));
	goes_on(&errand);
	OG_CHECK_INT(shop_int(&shop,
			      "SELECT amount = 299.99 AND status = 'completed' FROM payments "
			      "ORDER BY id DESC LIMIT 1"),
		     1);
	shop_exec(&shop, "UPDATE products SET price = 299.99 WHERE id = 1");
	shop_put_skill(&shop, shop_skill);
	free(changed);
}

/* A task that waits at its first step has frozen what it was asked with. */
static void waits_at_the_first_step(void)
{
	struct og_conversation *admin = shop_login(&shop, ALICE);
	struct errand errand = { .who = CHARLIE };
	json_t *policy =
		json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:i,s:s}]}", "name",
			  "at-the-door", "source", "policy", "clearance", 1, "node", "buy", "title",
			  "t", "body", "b", "approval", ":quantity > 1", "rule_step", "price",
			  "passages", "heading", "h", "line", 1, "text", "b");
	json_t *reply, *arguments;

	must(shop_ask(admin, "policy.put", json_pack("{s:O}", "policy", policy), NULL));
	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 2 chairs", NULL, errand.id);
	must(begin(&errand));
	reply = step(&errand, "price", 2);
	OG_CHECK(shop_no(reply, "wait", "approval"));
	arguments = json_object_get(reply, "arguments");
	OG_CHECK_INT(og_json_int(arguments, "product_id", 0), 1);
	snprintf(errand.digest, sizeof(errand.digest), "%s", og_json_str(reply, "digest"));
	OG_CHECK_INT(og_json_int(reply, "clearance", 0), 1);
	json_decref(reply);
	must(say(answer(ALICE, &errand, errand.digest, "approved")));
	must(begin(&errand));
	/* Whatever slots come now, the frozen ones count. */
	reply = step(&errand, "price", 50);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(og_json_int(json_object_get(reply, "vars"), "quantity", 0), 2);
	json_decref(reply);
	must(saga_undo(&errand));
	must(finish(&errand, OG_TASK_COMPENSATED));
	json_object_set_new(policy, "approval", json_string("0"));
	must(shop_ask(admin, "policy.put", json_pack("{s:o}", "policy", policy), NULL));
	json_decref(errand.envelope);
	og_conversation_free(admin);
}

/* --- cancel and deadline of what waits ------------------------------------ */

static void cancel_ends_a_wait(void)
{
	struct errand errand;
	char id[OG_UUID_LEN + 1];
	int64_t paid = payments();
	json_t *cancel, *reply;

	wait_at_pay(&errand, CHARLIE);
	cancel = shop_envelope(&shop, BOB, "cancel", errand.id, NULL, id);
	must_not(say(cancel), "deny", "no-task");
	cancel = shop_envelope(&shop, CHARLIE, "cancel", errand.id, NULL, id);
	reply = say(cancel);
	OG_CHECK(json_equal(json_object_get(reply, "resume"), errand.envelope));
	json_decref(reply);
	reply = begin(&errand);
	OG_CHECK_STR(og_json_str(reply, "state"), "cancelled");
	OG_CHECK_INT(errand.epoch, 2);
	json_decref(reply);
	must_not(step(&errand, "pay", 0), "deny", "cancelled");
	must(saga_undo(&errand));
	must(saga_undo(&errand));
	must(finish(&errand, OG_TASK_CANCELLED));
	must_not(say(answer(ALICE, &errand, errand.digest, "approved")), "deny", "not-waiting");
	OG_CHECK_INT(payments(), paid);
	json_decref(errand.envelope);
}

static void a_deadline_ends_a_wait(void)
{
	struct errand errand = { .who = CHARLIE };
	int64_t before = refusals("deadline");
	json_t *reply;

	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	shop_time(errand.envelope, "deadline", 8000);
	shop_sign(&shop, CHARLIE, errand.envelope);
	must(begin(&errand));
	must(step(&errand, "price", 1));
	must(step(&errand, "order", 0));
	must(step(&errand, "reserve", 0));
	reply = step(&errand, "pay", 0);
	OG_CHECK(og_json_int(reply, "delay_ms", 9999) <= 8000);
	must_not(reply, "wait", "approval");
	usleep(8100000);
	reply = begin(&errand);
	OG_CHECK_STR(og_json_str(reply, "state"), "running");
	json_decref(reply);
	reply = step(&errand, "pay", 0);
	OG_CHECK(strncmp(og_json_str(reply, "why"), "deadline: it was to be done by 20", 33) == 0);
	must_not(reply, "deny", "deadline");
	OG_CHECK_INT(refusals("deadline"), before + 1);
	take_back(&errand);
}

/* --- principals who go, rights that change -------------------------------- */

/* A deactivated principal's task takes no further step; what it did is
 * taken back, and it ends exactly. */
static void a_principal_who_goes(void)
{
	struct errand errand = { .who = CHARLIE };
	int64_t stock = shop_int(&shop, "SELECT stock FROM products WHERE id = 1");
	int64_t before = refusals("principal");
	struct og_conversation *session = shop_login(&shop, CHARLIE);
	json_t *reply;

	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must(begin(&errand));
	must(step(&errand, "price", 1));
	must(step(&errand, "order", 0));
	must(step(&errand, "reserve", 0));
	must(shop_ask(session, "task.list", json_object(), NULL));
	shop_exec(&shop, "UPDATE og_principal SET active = 0 WHERE name = 'charlie'");
	must_not(step(&errand, "pay", 0), "deny", "principal");
	OG_CHECK_INT(refusals("principal"), before + 1);
	must_not(shop_ask(talk, "sql.read",
			  json_pack("{s:s,s:s,s:I}", "sql", "SELECT 1", "task", errand.id, "epoch",
				    (json_int_t)errand.epoch),
			  NULL),
		 "deny", "principal");
	/* A worker after this one sees the same, and can take back. */
	must(begin(&errand));
	reply = shop_ask(talk, "skill.get",
			 json_pack("{s:s,s:s,s:I}", "skill", "buy", "task", errand.id, "epoch",
				   (json_int_t)errand.epoch),
			 NULL);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	take_back(&errand);
	OG_CHECK_INT(shop_int(&shop, "SELECT stock FROM products WHERE id = 1"), stock);
	/* New commands and the open session are refused. */
	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must_not(shop_begin(talk, errand.envelope), "deny", "principal");
	must_not(shop_ask(session, "task.list", json_object(), NULL), "deny", "session");
	must_not(shop_ask(session, "task.list", json_object(), NULL), "deny", "order");
	shop_exec(&shop, "UPDATE og_principal SET active = 1 WHERE name = 'charlie'");
	json_decref(errand.envelope);
	og_conversation_free(session);
}

/* A replaced key: what it signed and did not begin is refused, what runs
 * goes on, its session ends. */
static void a_key_that_is_replaced(void)
{
	struct errand errand = { .who = CHARLIE };
	char id[OG_UUID_LEN + 1];
	json_t *queued = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, id);
	struct og_conversation *session = shop_login(&shop, CHARLIE);
	int64_t before = refusals("signature");

	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must(begin(&errand));
	must(step(&errand, "price", 1));
	shop_exec(&shop, "CREATE TABLE kept AS SELECT pubkey AS k FROM og_principal "
			 "WHERE name = 'charlie'");
	shop_exec(&shop, "UPDATE og_principal SET pubkey = " OTHER_KEY " WHERE name = 'charlie'");
	must_not(shop_begin(talk, queued), "deny", "signature");
	OG_CHECK_INT(refusals("signature"), before + 1);
	must_not(shop_ask(session, "task.list", json_object(), NULL), "deny", "session");
	must(begin(&errand));
	must(step(&errand, "order", 0));
	must(saga_undo(&errand));
	must(saga_undo(&errand));
	must(finish(&errand, OG_TASK_COMPENSATED));
	shop_exec(&shop, "UPDATE og_principal SET pubkey = (SELECT k FROM kept) WHERE name = "
			 "'charlie'");
	shop_exec(&shop, "DROP TABLE kept");
	json_decref(queued);
	json_decref(errand.envelope);
	og_conversation_free(session);
}

/* Revoked in the middle: the task keeps what it began with, its undo too;
 * the next task does not have it. */
static void grants_that_are_revoked(void)
{
	struct og_conversation *admin = shop_login(&shop, ALICE);
	struct errand errand = { .who = CHARLIE };
	int64_t stock = shop_int(&shop, "SELECT stock FROM products WHERE id = 1");
	json_t *grants, *grant;
	size_t i;

	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must(begin(&errand));
	must(step(&errand, "price", 1));
	must(step(&errand, "order", 0));
	grants = shop_ask(admin, "grant.list", json_object(), NULL);
	json_array_foreach(json_object_get(grants, "grants"), i, grant)
	{
		const char *subject = og_json_str(grant, "subject");

		if (strncmp(subject, "skill:", 6) == 0)
			must(shop_ask(admin, "grant.drop",
				      json_pack("{s:s,s:s}", "subject", subject, "tbl",
						og_json_str(grant, "tbl")),
				      NULL));
	}
	/* Another process, which has no gate of before. */
	shop_reopen(&shop);
	og_conversation_free(talk);
	og_conversation_free(admin);
	talk = shop_talk(&shop);
	admin = shop_login(&shop, ALICE);
	must(begin(&errand));
	must(step(&errand, "reserve", 0));
	OG_CHECK_INT(shop_int(&shop, "SELECT stock FROM products WHERE id = 1"), stock - 1);
	shop_exec(&shop, "UPDATE og_principal SET clearance = 1 WHERE name = 'charlie'");
	take_back(&errand);
	OG_CHECK_INT(shop_int(&shop, "SELECT stock FROM products WHERE id = 1"), stock);
	errand.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, errand.id);
	must(begin(&errand));
	must_not(step(&errand, "price", 1), "deny", "not-found");
	must(finish(&errand, OG_TASK_DENIED));
	json_array_foreach(json_object_get(grants, "grants"), i, grant)
	{
		if (strncmp(og_json_str(grant, "subject"), "skill:", 6) == 0)
			must(shop_ask(admin, "grant.put", json_deep_copy(grant), NULL));
	}
	json_decref(grants);
	json_decref(errand.envelope);
	og_conversation_free(admin);
}

int main(void)
{
	shop_open(&shop);
	talk = shop_talk(&shop);
	shop_exec(&shop, "UPDATE products SET stock = 5000 WHERE id = 1");
	put_policy(":total > 100", "the first text", 3, 3600);
	OG_RUN(approved);
	OG_RUN(rejected);
	OG_RUN(below_the_bar_nobody_is_asked);
	OG_RUN(a_broken_predicate_refuses);
	OG_RUN(what_is_no_approval);
	OG_RUN(another_name_with_the_same_key);
	OG_RUN(approvals_that_count_no_more);
	OG_RUN(replays);
	OG_RUN(too_late);
	OG_RUN(a_question_ends);
	OG_RUN(a_changed_policy_asks_again);
	OG_RUN(what_was_approved_is_what_runs);
	OG_RUN(waits_at_the_first_step);
	OG_RUN(cancel_ends_a_wait);
	OG_RUN(a_deadline_ends_a_wait);
	OG_RUN(a_principal_who_goes);
	OG_RUN(a_key_that_is_replaced);
	OG_RUN(grants_that_are_revoked);
	og_conversation_free(talk);
	shop_close(&shop);
	return og_done();
}
