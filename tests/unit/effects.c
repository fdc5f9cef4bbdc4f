/* Effects outside, the shield's side: order, repetition, doubt, undo. */
#include "tests/unit/shop.h"

#include "lib/task/result.h"

static struct shop shop;

/* order: writes; pay: reads, calls, writes, has an http undo; ship: a second
 * call that is not idempotent and cannot be taken back; look: reads outside. */
static const char pay_skill[] =
	"{\"name\":\"pay\",\"description\":\"Pay.\",\"kind\":\"workflow\",\"clearance\":1,"
	"\"roles\":[\"customer\"],"
	"\"patterns\":[{\"text\":\"pay {total:int} for {what:text}\",\"line\":1}],"
	"\"steps\":["
	"{\"name\":\"order\",\"line\":1,\"blocks\":[{\"kind\":\"write\",\"line\":1,\"as\":"
	"\"order_id\",\"text\":\"INSERT INTO orders(user_id, total, status) VALUES "
	"(:principal_id, :total, 'pending')\"}]},"
	"{\"name\":\"charge\",\"line\":1,\"blocks\":["
	"{\"kind\":\"require\",\"line\":1,\"message\":\"too much\",\"text\":\"SELECT :total < "
	"900\"},"
	"{\"kind\":\"http\",\"line\":1,\"text\":\"{\\\"service\\\":\\\"payment\\\","
	"\\\"path\\\":\\\"/charges/{what}\\\",\\\"headers\\\":{\\\"X-What\\\":\\\"{what}\\\"},"
	"\\\"body\\\":{\\\"amount\\\":\\\"{total}\\\"},\\\"expect\\\":[201],"
	"\\\"bind\\\":{\\\"payment\\\":\\\"/id\\\"},\\\"tries\\\":2,\\\"idempotent\\\":true}\"},"
	"{\"kind\":\"http-undo\",\"line\":1,\"text\":\"{\\\"service\\\":\\\"payment\\\","
	"\\\"path\\\":\\\"/charges/{payment}/refunds\\\",\\\"idempotent\\\":true}\"},"
	"{\"kind\":\"write\",\"line\":1,\"text\":\"INSERT INTO payments(order_id, amount, status) "
	"VALUES (:order_id, :total, :payment)\"}]},"
	"{\"name\":\"ship\",\"line\":1,\"blocks\":["
	"{\"kind\":\"http\",\"line\":1,\"text\":\"{\\\"service\\\":\\\"carrier\\\","
	"\\\"path\\\":\\\"/parcels\\\"}\"}]},"
	"{\"name\":\"look\",\"line\":1,\"blocks\":["
	"{\"kind\":\"http\",\"line\":1,\"text\":\"{\\\"service\\\":\\\"carrier\\\","
	"\\\"method\\\":\\\"GET\\\",\\\"path\\\":\\\"/parcels\\\","
	"\\\"bind\\\":{\\\"weight\\\":\\\"/weight\\\"}}\"}]}],"
	"\"asks\":[{\"tbl\":\"orders\",\"verbs\":[\"select\",\"insert\",\"update\"],"
	"\"predicate\":\"t.user_id = :principal_id\"},"
	"{\"tbl\":\"payments\",\"verbs\":[\"select\",\"insert\",\"update\"]}]}";

struct run {
	struct og_conversation *talk;
	json_t *envelope;
	char id[OG_UUID_LEN + 1];
	int64_t epoch;
};

static json_t *again(struct run *run)
{
	json_t *reply = shop_begin(run->talk, run->envelope);

	OG_CHECK(shop_ok(reply));
	run->epoch = og_json_int(reply, "epoch", -1);
	return reply;
}

static json_t *ask(struct run *run, const char *verb, json_t *request)
{
	json_object_set_new(request, "task", json_string(run->id));
	json_object_set_new(request, "epoch", json_integer(run->epoch));
	return shop_ask(run->talk, verb, request, NULL);
}

static json_t *begin(struct run *run, const char *step)
{
	return ask(run, "effect.begin", json_pack("{s:s,s:s}", "skill", "pay", "step", step));
}

static json_t *end(struct run *run, const char *step, const char *outcome, int status)
{
	json_t *request = json_pack("{s:s,s:s}", "step", step, "outcome", outcome);

	if (status)
		json_object_set_new(request, "status", json_integer(status));
	if (status == 201)
		json_object_set_new(request, "values", json_pack("{s:s}", "payment", "pay_7"));
	return ask(run, "effect.end", request);
}

static json_t *undo(struct run *run)
{
	return ask(run, "saga.undo", json_pack("{s:s}", "reason", "test"));
}

static json_t *finish(struct run *run, enum og_task_state state)
{
	json_t *result = og_result_new(run->id, "charlie", "a test");

	og_result_state(result, state, "because");
	return ask(run, "task.finish",
		   json_pack("{s:s,s:s,s:o}", "state", og_state_name(state), "reason", "because",
			     "result", result));
}

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

static void must_send(json_t *reply, const char *service, int64_t attempt)
{
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "send"), "service"), service);
	OG_CHECK_INT(og_json_int(reply, "attempt", 0), attempt);
	json_decref(reply);
}

static void must_wait(json_t *reply, int unknown)
{
	OG_CHECK(shop_ok(reply));
	OG_CHECK(og_json_bool(reply, "pending", 0));
	OG_CHECK_INT(og_json_bool(reply, "unknown", -1), unknown);
	json_decref(reply);
}

/* A task with its order made. */
static void run_begin(struct run *run, int total, const char *what)
{
	json_t *request;

	run->talk = shop_talk(&shop);
	run->envelope = shop_envelope(&shop, CHARLIE, "task", "pay 5 for x", NULL, run->id);
	json_decref(again(run));
	request = json_pack("{s:s,s:s,s:{s:i,s:s}}", "skill", "pay", "step", "order", "slots",
			    "total", total, "what", what);
	must(ask(run, "step.run", request));
}

static void run_end(struct run *run)
{
	og_conversation_free(run->talk);
	json_decref(run->envelope);
}

static int64_t entries(void)
{
	return shop_int(&shop, "SELECT count(*) FROM audit_ledger");
}

static int64_t actions(const char *action)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM audit_ledger WHERE action = '%s'", action);
	return shop_int(&shop, sql);
}

static void a_call_and_its_end(void)
{
	struct run run;
	json_t *reply, *send;
	int64_t before;

	run_begin(&run, 5, "a/b?c");
	before = entries();
	must_not(ask(&run, "step.run", json_pack("{s:s,s:s}", "skill", "pay", "step", "charge")),
		 "conflict", "effect");
	reply = begin(&run, "charge");
	OG_CHECK(shop_ok(reply));
	send = json_object_get(reply, "send");
	OG_CHECK_STR(og_json_str(send, "path"), "/charges/a%2Fb%3Fc");
	OG_CHECK_STR(og_json_str(send, "body"), "{\"amount\":5}");
	OG_CHECK_STR(json_string_value(json_array_get(json_object_get(send, "headers"), 0)),
		     "X-What: a/b?c");
	OG_CHECK_INT((intmax_t)strlen(og_json_str(reply, "key")), 40);
	json_decref(reply);
	OG_CHECK_INT(entries(), before + 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM payments"), 0);
	reply = end(&run, "charge", "answered", 201);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "next"), "ship");
	OG_CHECK_STR(og_json_str(json_object_get(reply, "vars"), "payment"), "pay_7");
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM payments WHERE status = 'pay_7'"), 1);
	OG_CHECK_INT(entries(), before + 2);
	/* The same again is the same, and does nothing. */
	reply = begin(&run, "charge");
	OG_CHECK(shop_ok(reply));
	OG_CHECK(og_json_bool(reply, "replayed", 0));
	OG_CHECK(!json_object_get(reply, "send"));
	json_decref(reply);
	must_not(end(&run, "charge", "answered", 201), "conflict", "no-effect");
	OG_CHECK_INT(entries(), before + 2);
	run_end(&run);
}

static json_t *numbered(struct run *run, int call, const char *verb, json_t *request)
{
	json_object_set_new(request, "call", json_integer(call));
	return ask(run, verb, request);
}

static int64_t records(const struct run *run)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM og_call WHERE task = '%s'", run->id);
	return shop_int(&shop, sql);
}

/* What begins a call and what ends it share a number; the end is on record. */
static void a_call_has_one_number(void)
{
	struct run run;
	json_t *first = NULL, *second = NULL;

	run_begin(&run, 5, "x");
	for (int i = 1; i <= 2; i++) {
		must_send(numbered(&run, 4, "effect.begin",
				   json_pack("{s:s,s:s}", "skill", "pay", "step", "charge")),
			  "payment", i);
		if (i == 1)
			must_wait(numbered(&run, 4, "effect.end",
					   json_pack("{s:s,s:s,s:b}", "step", "charge", "outcome",
						     "unsent", "again", 1)),
				  0);
	}
	OG_CHECK_INT(records(&run), 0);
	for (int i = 0; i < 2; i++) {
		second = numbered(&run, 4, "effect.end",
				  json_pack("{s:s,s:s,s:i,s:{s:s}}", "step", "charge", "outcome",
					    "answered", "status", 201, "values", "payment",
					    "pay_8"));
		OG_CHECK(shop_ok(second));
		OG_CHECK_INT(records(&run), 1);
		if (i == 0)
			first = second;
	}
	OG_CHECK(json_is_true(json_object_get(second, "replayed")));
	OG_CHECK_STR(og_json_str(first, "at"), og_json_str(second, "at"));
	json_decref(first);
	json_decref(second);
	/* Undoing has a refusal that a person may have tried again. */
	must_send(numbered(&run, 5, "saga.undo", json_pack("{s:s}", "reason", "test")), "payment",
		  1);
	must_not(numbered(&run, 5, "effect.end",
			  json_pack("{s:s,s:s,s:i}", "step", "charge", "outcome", "answered",
				    "status", 404)),
		 "deny", "service-status");
	OG_CHECK_INT(records(&run), 1);
	run_end(&run);
}

static void order_is_kept(void)
{
	struct run run, other;
	int64_t epoch;

	run_begin(&run, 5, "x");
	must_not(end(&run, "charge", "answered", 201), "conflict", "no-effect");
	must_not(begin(&run, "ship"), "conflict", "step-order");
	must_not(begin(&run, "nowhere"), "conflict", "no-step");
	must_send(begin(&run, "charge"), "payment", 1);
	must_not(begin(&run, "ship"), "conflict", "effect-pending");
	must_not(ask(&run, "step.run", json_pack("{s:s,s:s}", "skill", "pay", "step", "ship")),
		 "conflict", "step-order");
	must_not(undo(&run), "conflict", "effect-pending");
	must_not(end(&run, "ship", "answered", 201), "conflict", "no-effect");
	must_not(finish(&run, OG_TASK_FAILED), "conflict", "state");
	must_not(finish(&run, OG_TASK_DONE), "conflict", "state");
	/* Who was taken over ends nothing. */
	other = run;
	json_decref(again(&other));
	epoch = run.epoch;
	must_not(end(&run, "charge", "answered", 201), "conflict", "stale-epoch");
	OG_CHECK_INT(other.epoch, epoch + 1);
	must(end(&other, "charge", "answered", 201));
	run_end(&run);
}

static void malformed_ends(void)
{
	static const char *const bad[] = {
		"{\"outcome\":\"fine\"}",
		"{\"outcome\":\"answered\"}",
		"{\"outcome\":\"answered\",\"status\":7}",
		"{\"outcome\":\"answered\",\"status\":201,\"values\":{\"total\":1}}",
		"{\"outcome\":\"answered\",\"status\":201,\"values\":{\"payment\":[]}}",
		"{\"outcome\":\"answered\",\"status\":201,\"values\":{\"payment\":null}}",
		"{\"outcome\":\"answered\",\"status\":201,\"digest\":\"abc\"}",
	};
	struct run run;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *request = json_loads(bad[i], 0, NULL);

		json_object_set_new(request, "step", json_string("charge"));
		must_not(ask(&run, "effect.end", request), "error", "malformed");
	}
	must(end(&run, "charge", "answered", 201));
	run_end(&run);
}

/* A redelivery sends the same with the same key. */
static void after_a_crash(void)
{
	struct run run;
	json_t *reply, *first, *effect;

	run_begin(&run, 5, "x");
	first = begin(&run, "charge");
	shop_reopen(&shop);
	og_conversation_free(run.talk);
	run.talk = shop_talk(&shop);
	reply = again(&run);
	effect = json_object_get(reply, "effect");
	OG_CHECK_STR(og_json_str(effect, "step"), "charge");
	OG_CHECK_STR(og_json_str(effect, "phase"), "do");
	json_decref(reply);
	reply = ask(&run, "effect.begin", json_pack("{s:s}", "step", "charge"));
	OG_CHECK(shop_ok(reply));
	OG_CHECK(json_equal(json_object_get(reply, "send"), json_object_get(first, "send")));
	OG_CHECK(json_equal(json_object_get(reply, "key"), json_object_get(first, "key")));
	OG_CHECK_INT(og_json_int(reply, "attempt", 0), 2);
	json_decref(reply);
	json_decref(first);
	must(end(&run, "charge", "answered", 201));
	run_end(&run);
}

static void refused_and_away(void)
{
	int64_t begins = actions("effect.begin");
	struct run run;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must_not(end(&run, "charge", "answered", 402), "deny", "service-status");
	/* Closed: said again, not tried again. */
	must_not(begin(&run, "charge"), "deny", "service-status");
	must_not(end(&run, "charge", "answered", 402), "deny", "service-status");
	OG_CHECK_INT(actions("effect.begin"), begins + 1);
	must_not(finish(&run, OG_TASK_IN_DOUBT), "conflict", "state");
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must_wait(
		ask(&run, "effect.end",
		    json_pack("{s:s,s:s,s:b}", "step", "charge", "outcome", "unsent", "again", 1)),
		0);
	must_send(begin(&run, "charge"), "payment", 2);
	must_not(end(&run, "charge", "unsent", 0), "error", "service-away");
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

/* Once it may have happened, a service that is away now proves nothing. */
static void doubt(void)
{
	static const int unknown[] = { 408, 500, 502, 504, 599 };
	struct run run;

	run_begin(&run, 5, "x");
	for (size_t i = 0; i < 5; i++) {
		must_send(begin(&run, "charge"), "payment", (int64_t)i + 1);
		must_wait(end(&run, "charge", "answered", unknown[i]), 1);
	}
	must_not(end(&run, "charge", "answered", 201), "conflict", "no-effect");
	must_send(begin(&run, "charge"), "payment", 6);
	must_wait(end(&run, "charge", "unsent", 0), 1);
	must_send(begin(&run, "charge"), "payment", 7);
	must_wait(end(&run, "charge", "answered", 503), 1);
	must_not(undo(&run), "conflict", "effect-pending");
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	must_not(finish(&run, OG_TASK_COMPENSATION_FAILED), "conflict", "state");
	must(finish(&run, OG_TASK_IN_DOUBT));
	must_not(begin(&run, "charge"), "conflict", "finished");
	run_end(&run);
}

static void not_idempotent(void)
{
	struct run run;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must(end(&run, "charge", "answered", 201));
	must_send(begin(&run, "ship"), "carrier", 1);
	/* What certainly was not sent may be sent again. */
	must_wait(ask(&run, "effect.end",
		      json_pack("{s:s,s:s,s:b}", "step", "ship", "outcome", "unsent", "again", 1)),
		  0);
	must_send(begin(&run, "ship"), "carrier", 2);
	/* Crashed: it may have been sent. */
	json_decref(again(&run));
	must_not(ask(&run, "effect.begin", json_pack("{s:s}", "step", "ship")), "conflict",
		 "in-doubt");
	must(finish(&run, OG_TASK_IN_DOUBT));
	run_end(&run);
}

static void taken_back(void)
{
	struct run run;
	json_t *reply;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must(end(&run, "charge", "answered", 201));
	reply = undo(&run);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "send"), "path"), "/charges/pay_7/refunds");
	OG_CHECK(!json_object_get(reply, "undone"));
	json_decref(reply);
	must_not(begin(&run, "ship"), "conflict", "effect-pending");
	json_decref(again(&run));
	must_send(undo(&run), "payment", 2);
	reply = end(&run, "charge", "answered", 200);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "undone"), "charge");
	OG_CHECK_STR(og_json_str(reply, "next"), "order");
	OG_CHECK_STR(og_json_str(reply, "how"), "http");
	json_decref(reply);
	/* What the step wrote is gone with it. */
	OG_CHECK_INT(shop_int(&shop,
			      "SELECT count(*) FROM payments p JOIN orders o ON"
			      " o.id = p.order_id WHERE o.id = (SELECT max(id) FROM orders)"),
		     0);
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

static void undo_refused(void)
{
	int64_t begins;
	struct run run;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must(end(&run, "charge", "answered", 201));
	begins = actions("effect.begin");
	must_send(undo(&run), "payment", 1);
	must_not(end(&run, "charge", "answered", 422), "deny", "service-status");
	must_not(undo(&run), "deny", "service-status");
	OG_CHECK_INT(actions("effect.begin"), begins + 1);
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	must_not(finish(&run, OG_TASK_IN_DOUBT), "conflict", "state");
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	run_end(&run);
}

/* The call happened; what follows it in its step is refused. */
static void the_rest_is_refused(void)
{
	struct run run;
	json_t *reply;

	/* status is the payment's id: a value the answer lacks. */
	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	reply = ask(&run, "effect.end",
		    json_pack("{s:s,s:s,s:i,s:s}", "step", "charge", "outcome", "answered",
			      "status", 201, "problem", "it has no '/id'"));
	OG_CHECK_STR(og_json_str(reply, "why"), "the answer of service 'payment': it has no '/id'");
	must_not(reply, "deny", "answer");
	must_not(begin(&run, "charge"), "conflict", "turned-back");
	reply = again(&run);
	OG_CHECK_STR(og_json_str(reply, "phase"), "undo");
	OG_CHECK_INT((intmax_t)json_array_size(json_object_get(reply, "done")), 1);
	OG_CHECK_STR(og_json_str(reply, "reason"),
		     "the answer of service 'payment': it has no '/id'");
	json_decref(reply);
	/* It cannot be taken back: the undo needs what the answer lacked. */
	reply = undo(&run);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	run_end(&run);

	/* A write that is refused: nothing of it stands, and the charge does. */
	shop_exec(&shop, "CREATE TRIGGER no_payments BEFORE INSERT ON payments BEGIN"
			 " SELECT RAISE(ABORT, 'closed'); END");
	shop_reopen(&shop);
	run_begin(&run, 6, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	reply = end(&run, "charge", "answered", 201);
	OG_CHECK(!og_json_bool(reply, "ok", 1));
	json_decref(reply);
	shop_exec(&shop, "DROP TRIGGER no_payments");
	shop_reopen(&shop);
	og_conversation_free(run.talk);
	run.talk = shop_talk(&shop);
	json_decref(again(&run));
	reply = undo(&run);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "send"), "path"), "/charges/pay_7/refunds");
	json_decref(reply);
	must(end(&run, "charge", "answered", 200));
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

static void a_requirement_before_the_call(void)
{
	int64_t begins = actions("effect.begin");
	struct run run;

	run_begin(&run, 901, "x");
	must_not(begin(&run, "charge"), "deny", "require");
	OG_CHECK_INT(actions("effect.begin"), begins);
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

static void values_that_are_no_path(void)
{
	struct run run;

	run_begin(&run, 5, "..");
	must_not(begin(&run, "charge"), "deny", "path");
	must(undo(&run));
	run_end(&run);
	run_begin(&run, 5, "a\tb");
	must_send(begin(&run, "charge"), "payment", 1);
	run_end(&run);
}

static void no_undo_for_it(void)
{
	struct run run;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must(end(&run, "charge", "answered", 201));
	must_send(begin(&run, "ship"), "carrier", 1);
	must(end(&run, "ship", "answered", 200));
	must_send(begin(&run, "look"), "carrier", 1);
	must_not(end(&run, "look", "answered", 404), "deny", "service-status");
	must_not(undo(&run), "deny", "no-undo");
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	run_end(&run);
}

/* --- a person's word --------------------------------------------------------- */

static json_t *word(int who, const char *task, const char *state)
{
	char id[OG_UUID_LEN + 1];
	json_t *envelope = shop_envelope(&shop, who, "resolve", task, NULL, id);

	json_object_set_new(envelope, "state", json_string(state));
	json_object_set_new(envelope, "note", json_string("I looked"));
	shop_sign(&shop, who, envelope);
	return envelope;
}

static json_t *resolve(int who, const char *task, const char *state)
{
	struct og_conversation *talk = shop_talk(&shop);
	json_t *envelope = word(who, task, state), *reply = shop_begin(talk, envelope);

	json_decref(envelope);
	og_conversation_free(talk);
	return reply;
}

/* A task in doubt: it was charged, and the parcel may have been sent. */
static void in_doubt(struct run *run)
{
	run_begin(run, 5, "x");
	must_send(begin(run, "charge"), "payment", 1);
	must(end(run, "charge", "answered", 201));
	must_send(begin(run, "ship"), "carrier", 1);
	must_wait(end(run, "ship", "unknown", 0), 1);
	must(finish(run, OG_TASK_IN_DOUBT));
}

static const char *state_of(struct run *run)
{
	static char state[32];
	json_t *reply = shop_begin(run->talk, run->envelope);

	snprintf(state, sizeof(state), "%s", og_json_str(reply, "state"));
	json_decref(reply);
	return state;
}

static void whose_word_counts(void)
{
	struct run run;
	json_t *reply, *envelope;

	in_doubt(&run);
	must_not(resolve(CHARLIE, run.id, "done"), "deny", "right");
	must_not(resolve(BOB, run.id, "done"), "deny", "right");
	must_not(resolve(ALICE, run.id, "fine"), "error", "malformed");
	must_not(resolve(ALICE, "01a21484-c310-74b7-b8aa-753c5feb409c", "done"), "conflict",
		 "not-begun");
	reply = resolve(ALICE, "01a21484-c310-74b7-b8aa-753c5feb409c", "retry");
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "revive"), "01a21484-c310-74b7-b8aa-753c5feb409c");
	json_decref(reply);
	OG_CHECK_STR(state_of(&run), "in_doubt");
	/* The same word again does nothing more; another one comes too late. */
	envelope = word(ALICE, run.id, "done");
	for (int i = 0; i < 2; i++) {
		reply = shop_begin(run.talk, envelope);
		OG_CHECK(shop_ok(reply));
		OG_CHECK(!json_object_get(reply, "resume"));
		json_decref(reply);
	}
	json_decref(envelope);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'resolve'"
				     " AND json_extract(body, '$.said') = 'done'"),
		     1);
	must_not(resolve(ALICE, run.id, "retry"), "conflict", "not-resolvable");
	reply = shop_begin(run.talk, run.envelope);
	OG_CHECK_STR(og_json_str(reply, "state"), "done");
	envelope = json_array_get(json_object_get(json_object_get(reply, "result"), "resolved"), 0);
	OG_CHECK_STR(og_json_str(envelope, "by"), "alice");
	OG_CHECK_STR(og_json_str(envelope, "state"), "done");
	OG_CHECK_STR(og_json_str(envelope, "note"), "I looked");
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_task WHERE state = 'done' AND"
				     " effect IS NOT NULL"),
		     0);
	run_end(&run);
}

/* A person lets even what is not idempotent be sent once more. */
static void tried_again(void)
{
	struct run run;
	json_t *reply;

	in_doubt(&run);
	reply = resolve(ALICE, run.id, "retry");
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "resume"), "id"), run.id);
	json_decref(reply);
	reply = again(&run);
	OG_CHECK_STR(og_json_str(reply, "state"), "running");
	OG_CHECK(!json_object_get(reply, "result"));
	json_decref(reply);
	must_send(ask(&run, "effect.begin", json_pack("{s:s}", "step", "ship")), "carrier", 1);
	/* Once, not for ever. */
	json_decref(again(&run));
	must_not(ask(&run, "effect.begin", json_pack("{s:s}", "step", "ship")), "conflict",
		 "in-doubt");
	must(finish(&run, OG_TASK_IN_DOUBT));
	json_decref(resolve(ALICE, run.id, "retry"));
	json_decref(again(&run));
	must_send(ask(&run, "effect.begin", json_pack("{s:s}", "step", "ship")), "carrier", 1);
	must(end(&run, "ship", "answered", 200));
	run_end(&run);
}

/* The service remembers its refusal by the key, so another try has another. */
static void an_undo_tried_again(void)
{
	struct run run;
	json_t *first = NULL, *second = NULL;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	must(end(&run, "charge", "answered", 201));
	first = undo(&run);
	must_not(end(&run, "charge", "answered", 422), "deny", "service-status");
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	json_decref(resolve(ALICE, run.id, "retry"));
	json_decref(again(&run));
	second = undo(&run);
	OG_CHECK(shop_ok(second));
	OG_CHECK(og_json_str(second, "key") &&
		 strcmp(og_json_str(first, "key"), og_json_str(second, "key")) != 0);
	json_decref(first);
	json_decref(second);
	must(end(&run, "charge", "answered", 200));
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

static void closed_by_a_word(void)
{
	struct run run;

	in_doubt(&run);
	must(resolve(ALICE, run.id, "compensated"));
	OG_CHECK_STR(state_of(&run), "compensated");
	run_end(&run);
	/* What still runs is not for a person to close. */
	run_begin(&run, 5, "x");
	must_not(resolve(ALICE, run.id, "done"), "conflict", "not-resolvable");
	must(resolve(ALICE, run.id, "retry"));
	run_end(&run);
}

/* What a service did is not dropped with the task: its answer was kept and
 * the shield died before it could complete the step. */
static void an_answer_is_not_dropped(void)
{
	struct run run;

	run_begin(&run, 5, "x");
	must_send(begin(&run, "charge"), "payment", 1);
	shop_exec(&shop, "UPDATE og_task SET effect = json_set(effect, '$.open', json('false'), "
			 "'$.answer', json('{\"done\":true,\"outcome\":\"answered\",\"status\":201,"
			 "\"values\":{\"payment\":\"pay_7\"}}')) WHERE effect IS NOT NULL AND "
			 "state = 'running' AND json_extract(effect, '$.open')");
	shop_exec(&shop, "CREATE TABLE kept AS SELECT * FROM og_journal;"
			 "DELETE FROM og_journal");
	must_not(finish(&run, OG_TASK_DENIED), "conflict", "state");
	must_not(finish(&run, OG_TASK_FAILED), "conflict", "state");
	shop_exec(&shop, "INSERT INTO og_journal SELECT * FROM kept; DROP TABLE kept");
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	must(begin(&run, "charge"));
	must_send(begin(&run, "ship"), "carrier", 1);
	run_end(&run);
}

/* An approval is asked before the call, used when it is begun, and not asked
 * again when it is repeated. */
static void an_approval_lets_the_call_go_once(void)
{
	struct og_conversation *admin = shop_login(&shop, ALICE);
	json_t *policy =
		json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:i,s:s}]}", "name",
			  "large-charges", "source", "policy", "clearance", 1, "node", "pay",
			  "title", "t", "body", "b", "approval", ":total > 500", "rule_step",
			  "charge", "passages", "heading", "h", "line", 1, "text", "b");
	json_t *reply, *yes;
	char id[OG_UUID_LEN + 1];
	struct run run;

	must(shop_ask(admin, "policy.put", json_pack("{s:o}", "policy", policy), NULL));
	run_begin(&run, 501, "large");
	reply = begin(&run, "charge");
	OG_CHECK(!json_object_get(reply, "send"));
	yes = shop_envelope(&shop, ALICE, "cancel", run.id, NULL, id);
	json_object_set_new(yes, "kind", json_string("approve"));
	json_object_set(yes, "digest", json_object_get(reply, "digest"));
	json_object_set_new(yes, "state", json_string("approved"));
	shop_sign(&shop, ALICE, yes);
	must_not(reply, "wait", "approval");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_task WHERE effect IS NOT NULL AND "
				     "state = 'waiting'"),
		     0);
	must(shop_begin(run.talk, yes));
	json_decref(again(&run));
	must_send(begin(&run, "charge"), "payment", 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = "
				     "'effect.begin' AND json_extract(body, '$.approval.by') = "
				     "'alice'"),
		     1);
	must_not(shop_begin(run.talk, yes), "deny", "used");
	json_decref(again(&run));
	must_send(begin(&run, "charge"), "payment", 2);
	must(end(&run, "charge", "answered", 201));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'wait'"), 1);
	json_decref(yes);
	og_conversation_free(admin);
	run_end(&run);
}

int main(void)
{
	shop_open(&shop);
	shop_put_skill(&shop, pay_skill);
	OG_RUN(a_call_and_its_end);
	OG_RUN(a_call_has_one_number);
	OG_RUN(order_is_kept);
	OG_RUN(malformed_ends);
	OG_RUN(after_a_crash);
	OG_RUN(refused_and_away);
	OG_RUN(doubt);
	OG_RUN(not_idempotent);
	OG_RUN(taken_back);
	OG_RUN(undo_refused);
	OG_RUN(the_rest_is_refused);
	OG_RUN(a_requirement_before_the_call);
	OG_RUN(values_that_are_no_path);
	OG_RUN(no_undo_for_it);
	OG_RUN(whose_word_counts);
	OG_RUN(tried_again);
	OG_RUN(an_undo_tried_again);
	OG_RUN(closed_by_a_word);
	OG_RUN(an_answer_is_not_dropped);
	OG_RUN(an_approval_lets_the_call_go_once);
	shop_close(&shop);
	return og_done();
}
