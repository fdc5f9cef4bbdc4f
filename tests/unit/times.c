/*
 * What an envelope says about time, judged by the shield: expiry and its
 * grace, clocks that disagree, not-before; and ids, which are used once.
 */
#include "tests/unit/shop.h"

static struct shop shop;

/* A signed task whose times are given from now; 0 leaves one as it is. */
static json_t *timed(int64_t submitted, int64_t expires, int64_t not_before)
{
	char id[OG_UUID_LEN + 1];
	json_t *envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, id);

	if (submitted)
		shop_time(envelope, "submitted", submitted);
	if (expires)
		shop_time(envelope, "expires", expires);
	if (not_before)
		shop_time(envelope, "not_before", not_before);
	shop_sign(&shop, CHARLIE, envelope);
	return envelope;
}

static int64_t refused(const char *rule)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND "
		 "json_extract(body, '$.rule') = '%s'",
		 rule);
	return shop_int(&shop, sql);
}

static void clocks_and_expiry(void)
{
	static const struct {
		int64_t submitted, expires;
		const char *rule; /* NULL: accepted */
		int skew;	  /* is it told? */
	} cases[] = {
		{ -3600000, -1000, NULL, 0 }, /* within the grace */
		{ -3600000, -4000, "expired", 0 },
		{ 1000, 3600000, NULL, 0 }, /* not worth a word */
		{ 60000, 3600000, NULL, 1 },
		{ 295000, 3600000, NULL, 1 },
		{ 310000, 3600000, "clock", 0 },
		{ 86400000, 2 * 86400000LL, "clock", 0 },
	};
	struct og_conversation *talk = shop_talk(&shop);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *envelope = timed(cases[i].submitted, cases[i].expires, 0);
		int64_t before = cases[i].rule ? refused(cases[i].rule) : 0;
		json_t *reply = shop_begin(talk, envelope);
		int64_t skew = og_json_int(reply, "skew_ms", 0);

		if (cases[i].rule) {
			OG_CHECK(shop_no(reply, "deny", cases[i].rule));
			OG_CHECK_INT(refused(cases[i].rule), before + 1);
		} else {
			OG_CHECK(shop_ok(reply));
			OG_CHECK(cases[i].skew ? skew > cases[i].submitted - 5000 &&
							 skew <= cases[i].submitted
					       : skew == 0);
		}
		json_decref(reply);
		json_decref(envelope);
	}
	og_conversation_free(talk);
}

static void the_skew_is_named(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	json_t *envelope = timed(3600000, 7200000, 0), *reply = shop_begin(talk, envelope);

	OG_CHECK(strstr(og_json_str(reply, "why"), "was submitted 3600.0 s in the future") ||
		 strstr(og_json_str(reply, "why"), "was submitted 3599."));
	OG_CHECK(strstr(og_json_str(reply, "fix"), "at most 300 s are tolerated") != NULL);
	json_decref(reply);
	json_decref(envelope);
	og_conversation_free(talk);
}

/* Delivered early: nothing is written, and it says when to come back. */
static void not_before_its_time(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	json_t *envelope = timed(0, 0, 30000), *reply;
	int64_t tasks = shop_int(&shop, "SELECT count(*) FROM og_task");
	int64_t entries = shop_int(&shop, "SELECT count(*) FROM audit_ledger"), delay;

	reply = shop_begin(talk, envelope);
	OG_CHECK(shop_no(reply, "wait", "not-before"));
	OG_CHECK_INT(og_json_int(reply, "code", 0), OG_ETEMP);
	delay = og_json_int(reply, "delay_ms", 0);
	OG_CHECK(delay > 20000 && delay <= 30000);
	OG_CHECK_STR(og_json_str(reply, "until"), og_json_str(envelope, "not_before"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_task"), tasks);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries);
	json_decref(envelope);
	/* A forged one is refused, not told to wait. */
	envelope = timed(0, 0, 30000);
	json_object_set_new(envelope, "principal", json_string("alice"));
	reply = shop_begin(talk, envelope);
	OG_CHECK(shop_no(reply, "deny", "signature"));
	json_decref(reply);
	json_decref(envelope);
	envelope = timed(-10000, 60000, -5000);
	reply = shop_begin(talk, envelope);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	json_decref(envelope);
	og_conversation_free(talk);
}

/* Called off before its time, it need not wait for it. */
static void a_cancelled_task_need_not_wait(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	json_t *envelope = timed(0, 0, 30000), *cancel, *reply;
	char id[OG_UUID_LEN + 1];

	cancel = shop_envelope(&shop, CHARLIE, "cancel", og_json_str(envelope, "id"), NULL, id);
	reply = shop_begin(talk, cancel);
	OG_CHECK(shop_ok(reply));
	OG_CHECK(!json_object_get(reply, "resume"));
	json_decref(reply);
	reply = shop_begin(talk, envelope);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "state"), "cancelled");
	json_decref(reply);
	json_decref(cancel);
	json_decref(envelope);
	og_conversation_free(talk);
}

/* One id is one envelope, whatever its kind. */
static void ids_are_used_once(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	char id[OG_UUID_LEN + 1], other[OG_UUID_LEN + 1];
	json_t *task = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, id), *reply;
	json_t *cancel = shop_envelope(&shop, CHARLIE, "cancel", id, NULL, other);
	json_t *second = json_copy(cancel), *third = json_copy(task);
	int64_t entries;

	json_decref(shop_begin(talk, task));
	json_decref(shop_begin(talk, cancel));
	/* the same cancel again: the same answer, no second entry */
	entries = shop_int(&shop, "SELECT count(*) FROM audit_ledger");
	reply = shop_begin(talk, cancel);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries);
	/* its id with other content */
	json_object_set_new(second, "note", json_string("another one"));
	shop_sign(&shop, CHARLIE, second);
	reply = shop_begin(talk, second);
	OG_CHECK(shop_no(reply, "deny", "replay"));
	json_decref(reply);
	/* a task with the id of a cancel, a cancel with the id of a task */
	json_object_set_new(third, "id", json_string(other));
	shop_sign(&shop, CHARLIE, third);
	reply = shop_begin(talk, third);
	OG_CHECK(shop_no(reply, "deny", "replay"));
	json_decref(reply);
	json_object_set_new(second, "id", json_string(id));
	shop_sign(&shop, CHARLIE, second);
	reply = shop_begin(talk, second);
	OG_CHECK(shop_no(reply, "deny", "replay"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries + 3);
	json_decref(task);
	json_decref(cancel);
	json_decref(second);
	json_decref(third);
	og_conversation_free(talk);
}

int main(void)
{
	shop_open(&shop);
	OG_RUN(clocks_and_expiry);
	OG_RUN(the_skew_is_named);
	OG_RUN(not_before_its_time);
	OG_RUN(a_cancelled_task_need_not_wait);
	OG_RUN(ids_are_used_once);
	shop_close(&shop);
	return og_done();
}
