/* Tasks through the channel: begin, steps, undo, finish; replays, stale epochs, two shields, kill
 * -9. */
#include "tests/unit/shop.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/task/result.h"

static struct shop shop;

struct run {
	struct og_conversation *talk;
	json_t *envelope;
	char id[OG_UUID_LEN + 1];
	int64_t epoch;
};

static void run_begin(struct run *run, int who, const char *text)
{
	json_t *reply;

	run->talk = shop_talk(&shop);
	run->envelope = shop_envelope(&shop, who, "task", text, NULL, run->id);
	reply = shop_begin(run->talk, run->envelope);
	OG_CHECK(shop_ok(reply));
	run->epoch = og_json_int(reply, "epoch", -1);
	json_decref(reply);
}

static void run_end(struct run *run)
{
	og_conversation_free(run->talk);
	json_decref(run->envelope);
}

static json_t *step(struct run *run, const char *name, int quantity, const char *product)
{
	json_t *request = json_pack("{s:s,s:I,s:s,s:s}", "task", run->id, "epoch",
				    (json_int_t)run->epoch, "skill", "buy", "step", name);

	if (product)
		json_object_set_new(
			request, "slots",
			json_pack("{s:i,s:s}", "quantity", quantity, "product", product));
	return shop_ask(run->talk, "step.run", request, NULL);
}

static json_t *undo(struct run *run)
{
	return shop_ask(run->talk, "saga.undo",
			json_pack("{s:s,s:I,s:s}", "task", run->id, "epoch", (json_int_t)run->epoch,
				  "reason", "total exceeds the limit"),
			NULL);
}

static json_t *finish(struct run *run, enum og_task_state state)
{
	json_t *result = og_result_new(run->id, "charlie", "a test");

	og_result_state(result, state, "because");
	return shop_ask(run->talk, "task.finish",
			json_pack("{s:s,s:I,s:s,s:s,s:o}", "task", run->id, "epoch",
				  (json_int_t)run->epoch, "state", og_state_name(state), "reason",
				  "because", "result", result),
			NULL);
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

static int64_t stock(int id)
{
	return shop_int(&shop, id == 1 ? "SELECT stock FROM products WHERE id = 1"
				       : "SELECT stock FROM products WHERE id = 2");
}

static void buys_a_chair(void)
{
	struct run run;
	json_t *reply;
	int64_t entries = shop_int(&shop, "SELECT count(*) FROM audit_ledger");

	run_begin(&run, CHARLIE, "buy 1 chair");
	must(step(&run, "price", 1, "Ergonomic Chair"));
	must(step(&run, "order", 0, NULL));
	must(step(&run, "reserve", 0, NULL));
	must(step(&run, "pay", 0, NULL));
	reply = step(&run, "close", 0, NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK(json_is_null(json_object_get(reply, "next")));
	OG_CHECK_STR(og_json_str(reply, "answer"), "Bought 1 Ergonomic Chair for 299.99.");
	json_decref(reply);
	reply = finish(&run, OG_TASK_DONE);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(og_json_int(reply, "seq_first", 0), entries + 1);
	OG_CHECK_INT(og_json_int(reply, "seq_last", 0), entries + 5);
	OG_CHECK_INT(
		og_json_int(json_object_get(json_object_get(reply, "result"), "ledger"), "last", 0),
		entries + 5);
	json_decref(reply);
	OG_CHECK_INT(stock(1), 49);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders WHERE user_id = 3 AND"
				     " status = 'paid' AND total = 299.99"),
		     1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries + 5);
	/* Redelivery of a finished task: the result, and nothing twice. */
	reply = shop_begin(run.talk, run.envelope);
	OG_CHECK_STR(og_json_str(reply, "state"), "done");
	OG_CHECK(json_is_object(json_object_get(reply, "result")));
	json_decref(reply);
	must(finish(&run, OG_TASK_DONE));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries + 5);
	run_end(&run);
}

static void two_desks_are_undone(void)
{
	struct run run;
	json_t *reply;

	run_begin(&run, CHARLIE, "buy 2 desks");
	must(step(&run, "price", 2, "Standing Desk"));
	must(step(&run, "order", 0, NULL));
	must(step(&run, "reserve", 0, NULL));
	OG_CHECK_INT(stock(2), 28);
	reply = step(&run, "pay", 0, NULL);
	OG_CHECK_STR(og_json_str(reply, "why"), "total exceeds the limit");
	must_not(reply, "deny", "require");
	must_not(finish(&run, OG_TASK_DENIED), "conflict", "state");
	must_not(finish(&run, OG_TASK_DONE), "conflict", "state");
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	reply = undo(&run);
	OG_CHECK_STR(og_json_str(reply, "undone"), "reserve");
	OG_CHECK_STR(og_json_str(reply, "next"), "order");
	OG_CHECK_STR(og_json_str(reply, "how"), "inverse");
	json_decref(reply);
	OG_CHECK_INT(stock(2), 30);
	must_not(step(&run, "pay", 0, NULL), "conflict", "turned-back");
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	reply = undo(&run);
	OG_CHECK_STR(og_json_str(reply, "undone"), "order");
	OG_CHECK_STR(og_json_str(reply, "how"), "sql");
	json_decref(reply);
	reply = undo(&run);
	OG_CHECK_STR(og_json_str(reply, "undone"), "price");
	OG_CHECK(json_is_null(json_object_get(reply, "next")));
	OG_CHECK_STR(og_json_str(reply, "how"), "none");
	json_decref(reply);
	reply = undo(&run);
	OG_CHECK(json_is_null(json_object_get(reply, "undone")));
	json_decref(reply);
	must_not(finish(&run, OG_TASK_DONE), "conflict", "state");
	must(finish(&run, OG_TASK_COMPENSATED));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders WHERE status = 'cancelled' AND"
				     " total = 999.0"),
		     1);
	run_end(&run);
}

static void an_undo_that_no_longer_fits_fails(void)
{
	struct run run;
	struct og_conversation *admin = shop_login(&shop, ALICE);

	run_begin(&run, CHARLIE, "buy 2 desks");
	must(step(&run, "price", 2, "Standing Desk"));
	must(step(&run, "order", 0, NULL));
	must(step(&run, "reserve", 0, NULL));
	/* Somebody else sells a desk: the byte-wise inverse must not lose that. */
	must(shop_ask(
		admin, "sql.write",
		json_pack("{s:s}", "sql", "UPDATE products SET stock = stock - 1 WHERE id = 2"),
		NULL));
	must_not(undo(&run), "deny", "refused");
	OG_CHECK_INT(stock(2), 27);
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	must(shop_ask(admin, "sql.write",
		      json_pack("{s:s}", "sql", "UPDATE products SET stock = 30 WHERE id = 2"),
		      NULL));
	og_conversation_free(admin);
	run_end(&run);
}

static void steps_keep_their_order(void)
{
	struct run run;
	json_t *reply;
	int64_t orders = shop_int(&shop, "SELECT count(*) FROM orders");

	run_begin(&run, CHARLIE, "buy 1 chair");
	must_not(step(&run, "order", 1, "Ergonomic Chair"), "conflict", "step-order");
	must_not(step(&run, "nothing", 1, "Ergonomic Chair"), "conflict", "no-step");
	must(step(&run, "price", 1, "Ergonomic Chair"));
	must_not(step(&run, "reserve", 0, NULL), "conflict", "step-order");
	must_not(step(&run, "order", 1, "Ergonomic Chair"), "conflict", "slots");
	must(step(&run, "order", 0, NULL));
	/* A repeat gives the recorded reply; other content is a conflict. */
	reply = step(&run, "order", 0, NULL);
	OG_CHECK(shop_ok(reply) && og_json_bool(reply, "replayed", 0));
	json_decref(reply);
	must_not(step(&run, "price", 2, "Ergonomic Chair"), "conflict", "other-content");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders"), orders + 1);
	must(undo(&run));
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

static void slots_are_looked_up_as_the_principal(void)
{
	struct run run;
	json_t *request;

	run_begin(&run, CHARLIE, "buy 1 secret core");
	must_not(step(&run, "price", 1, "Secret Core"), "deny", "slot");
	request = json_pack("{s:s,s:I,s:s,s:s,s:{s:i,s:i}}", "task", run.id, "epoch",
			    (json_int_t)run.epoch, "skill", "buy", "step", "price", "slots",
			    "quantity", 1, "product_id", 3);
	must_not(shop_ask(run.talk, "step.run", request, NULL), "deny", "slot");
	request = json_pack("{s:s,s:I,s:s,s:s,s:{s:i,s:s,s:i}}", "task", run.id, "epoch",
			    (json_int_t)run.epoch, "skill", "buy", "step", "price", "slots",
			    "quantity", 1, "product", "Ergonomic Chair", "total", 1);
	must_not(shop_ask(run.talk, "step.run", request, NULL), "error", "malformed");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
}

static void roles_bind_when_run(void)
{
	struct run run;

	run_begin(&run, BOB, "buy 1 chair");
	must_not(step(&run, "price", 1, "Ergonomic Chair"), "deny", "skill-role");
	must(finish(&run, OG_TASK_DENIED));
	OG_CHECK_INT(stock(1), 49);
	run_end(&run);
}

static void nothing_is_sold_that_is_not_there(void)
{
	struct run run;

	run_begin(&run, CHARLIE, "buy 51 chairs");
	must(step(&run, "price", 51, "Ergonomic Chair"));
	must(step(&run, "order", 0, NULL));
	must_not(step(&run, "reserve", 0, NULL), "deny", "no-rows");
	must(undo(&run));
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	OG_CHECK_INT(stock(1), 49);
	run_end(&run);
}

static void envelopes_are_judged(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	char id[OG_UUID_LEN + 1];
	json_t *envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, id);
	int64_t before =
		shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'");
	json_t *forged = json_deep_copy(envelope);

	/* charlie's signature under alice's name */
	json_object_set_new(forged, "principal", json_string("alice"));
	must_not(shop_begin(talk, forged), "deny", "signature");
	json_object_set_new(forged, "principal", json_string("nobody"));
	must_not(shop_begin(talk, forged), "deny", "principal");
	/* a role has no place in an envelope */
	json_object_set_new(forged, "role", json_string("admin"));
	must_not(shop_begin(talk, forged), "error", "malformed");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'"),
		     before + 2);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'refuse'"
				     " AND principal = 'alice' AND seq > 20"),
		     0);
	must(shop_begin(talk, envelope));
	/* the same id with another sentence, freshly signed or not */
	json_decref(forged);
	forged = json_deep_copy(envelope);
	json_object_set_new(forged, "text", json_string("buy 2 chairs"));
	must_not(shop_begin(talk, forged), "deny", "replay");
	json_decref(forged);
	json_decref(envelope);
	og_conversation_free(talk);
}

static void an_older_epoch_is_stale(void)
{
	struct run run;
	json_t *reply;

	run_begin(&run, CHARLIE, "buy 1 chair");
	must(step(&run, "price", 1, "Ergonomic Chair"));
	reply = shop_begin(run.talk, run.envelope);
	OG_CHECK_INT(og_json_int(reply, "epoch", 0), 2);
	OG_CHECK_INT(json_array_size(json_object_get(reply, "done")), 1);
	OG_CHECK_STR(og_json_str(reply, "phase"), "do");
	json_decref(reply);
	must_not(step(&run, "order", 0, NULL), "conflict", "stale-epoch");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE body LIKE"
				     " '%stale epoch%' AND action = 'refuse'"),
		     1);
	run.epoch = 2;
	must(step(&run, "order", 0, NULL));
	must(undo(&run));
	reply = shop_begin(run.talk, run.envelope);
	OG_CHECK_STR(og_json_str(reply, "phase"), "undo");
	OG_CHECK_STR(og_json_str(reply, "reason"), "total exceeds the limit");
	OG_CHECK_INT(json_array_size(json_object_get(reply, "undone")), 1);
	json_decref(reply);
	run.epoch = 3;
	must(undo(&run));
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

static void the_same_key_is_the_same_task(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	char first[OG_UUID_LEN + 1], second[OG_UUID_LEN + 1];
	json_t *one = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", "key-1", first);
	json_t *two = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", "key-1", second);
	json_t *other = shop_envelope(&shop, BOB, "task", "buy 1 chair", "key-1", second);
	json_t *reply;

	must(shop_begin(talk, one));
	reply = shop_begin(talk, two);
	OG_CHECK_STR(og_json_str(reply, "task"), first);
	OG_CHECK_STR(og_json_str(reply, "same_as"), first);
	OG_CHECK_INT(og_json_int(reply, "epoch", -1), 0);
	json_decref(reply);
	reply = shop_begin(talk, other);
	OG_CHECK(!json_object_get(reply, "same_as"));
	json_decref(reply);
	json_decref(one);
	json_decref(two);
	json_decref(other);
	og_conversation_free(talk);
}

static void cancel_stops_the_next_step(void)
{
	struct run run;
	char id[OG_UUID_LEN + 1];
	json_t *cancel, *reply;

	run_begin(&run, CHARLIE, "buy 1 chair");
	must(step(&run, "price", 1, "Ergonomic Chair"));
	must(step(&run, "order", 0, NULL));
	must_not(finish(&run, OG_TASK_CANCELLED), "conflict", "state");
	cancel = shop_envelope(&shop, BOB, "cancel", run.id, NULL, id);
	must_not(shop_ask(run.talk, "cancel", json_pack("{s:o}", "envelope", cancel), NULL), "deny",
		 "no-task");
	cancel = shop_envelope(&shop, CHARLIE, "cancel", run.id, NULL, id);
	must(shop_ask(run.talk, "cancel", json_pack("{s:o}", "envelope", cancel), NULL));
	must_not(step(&run, "reserve", 0, NULL), "deny", "cancelled");
	reply = shop_begin(run.talk, run.envelope);
	OG_CHECK_STR(og_json_str(reply, "state"), "cancelled");
	OG_CHECK(!json_object_get(reply, "result"));
	json_decref(reply);
	run.epoch = 2;
	must(undo(&run));
	must(undo(&run));
	must(finish(&run, OG_TASK_CANCELLED));
	run_end(&run);
}

static void cancel_reaches_a_task_in_the_queue(void)
{
	struct og_conversation *talk = shop_talk(&shop);
	char id[OG_UUID_LEN + 1], other[OG_UUID_LEN + 1];
	json_t *task = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, id);
	json_t *foreign = shop_envelope(&shop, BOB, "cancel", id, NULL, other);
	json_t *own = shop_envelope(&shop, CHARLIE, "cancel", id, NULL, other), *reply;

	must(shop_begin(talk, foreign));
	reply = shop_begin(talk, task);
	OG_CHECK_STR(og_json_str(reply, "state"), "running");
	json_decref(reply);
	must(shop_begin(talk, own));
	reply = shop_begin(talk, task);
	OG_CHECK_STR(og_json_str(reply, "state"), "cancelled");
	json_decref(reply);
	json_decref(task);
	json_decref(foreign);
	json_decref(own);
	og_conversation_free(talk);
}

static void approval_needs_a_waiting_task(void)
{
	struct run run;
	char id[OG_UUID_LEN + 1];
	json_t *envelope;

	run_begin(&run, CHARLIE, "buy 1 chair");
	envelope = shop_envelope(&shop, CHARLIE, "cancel", run.id, NULL, id);
	must_not(shop_ask(run.talk, "consent.put", json_pack("{s:o}", "envelope", envelope), NULL),
		 "error", "malformed");
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

static void status_is_for_the_owner(void)
{
	struct run run;
	struct og_conversation *own, *foreign, *admin;
	json_t *reply;

	run_begin(&run, CHARLIE, "buy 1 chair");
	own = shop_login(&shop, CHARLIE);
	foreign = shop_login(&shop, BOB);
	admin = shop_login(&shop, ALICE);
	reply = shop_ask(own, "task.status", json_pack("{s:s}", "task", run.id), NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "progress"), "phase"), "do");
	json_decref(reply);
	must(shop_ask(admin, "task.status", json_pack("{s:s}", "task", run.id), NULL));
	must_not(shop_ask(foreign, "task.status", json_pack("{s:s}", "task", run.id), NULL), "deny",
		 "no-task");
	reply = shop_ask(foreign, "task.list", json_object(), NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK(json_array_size(json_object_get(reply, "tasks")) <
		 (size_t)shop_int(&shop, "SELECT count(*) FROM og_task"));
	json_decref(reply);
	must(finish(&run, OG_TASK_FAILED));
	og_conversation_free(own);
	og_conversation_free(foreign);
	og_conversation_free(admin);
	run_end(&run);
}

/* Two processes, one database: every purchase counts once. */
static void child_buys(int n)
{
	shop.shield = NULL;
	shop_reopen(&shop);
	for (int i = 0; i < n; i++) {
		struct run run;

		run_begin(&run, CHARLIE, "buy 1 chair");
		must(step(&run, "price", 1, "Ergonomic Chair"));
		must(step(&run, "order", 0, NULL));
		must(step(&run, "reserve", 0, NULL));
		must(step(&run, "pay", 0, NULL));
		must(step(&run, "close", 0, NULL));
		must(finish(&run, OG_TASK_DONE));
		run_end(&run);
	}
}

static void two_shields_share_one_database(void)
{
	int64_t before = stock(1);
	pid_t pids[2];

	og_shield_close(shop.shield);
	shop.shield = NULL;
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			og_unit.bad = 0;
			child_buys(10);
			fflush(stdout);
			_exit(og_unit.bad != 0);
		}
	}
	for (int i = 0; i < 2; i++) {
		int status = -1;

		OG_CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
	}
	shop_reopen(&shop);
	OG_CHECK_INT(stock(1), before - 20);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger AS a WHERE seq > 1 AND"
				     " json_extract(entry, '$.prev_hash') <> (SELECT hash FROM"
				     " audit_ledger WHERE seq = a.seq - 1)"),
		     0);
}

/* Dies somewhere in the middle of a purchase, as often as asked. */
static void die_buying(struct run *run, int after_us)
{
	pid_t pid;
	int status;

	og_shield_close(shop.shield);
	shop.shield = NULL;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		shop_reopen(&shop);
		run->talk = shop_talk(&shop);
		for (;;) {
			json_t *reply = shop_begin(run->talk, run->envelope);

			run->epoch = og_json_int(reply, "epoch", -1);
			json_decref(step(run, "price", 1, "Ergonomic Chair"));
			json_decref(step(run, "order", 0, NULL));
			json_decref(step(run, "reserve", 0, NULL));
			json_decref(step(run, "pay", 0, NULL));
			json_decref(step(run, "close", 0, NULL));
		}
	}
	usleep((useconds_t)after_us);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	shop_reopen(&shop);
}

static void kill_leaves_a_prefix(void)
{
	int64_t before = stock(1), orders = shop_int(&shop, "SELECT count(*) FROM orders");
	struct run run = { 0 };
	json_t *reply;

	for (int after = 500; after < 12000; after += 1500) {
		run.envelope = shop_envelope(&shop, CHARLIE, "task", "buy 1 chair", NULL, run.id);
		die_buying(&run, after);
		run.talk = shop_talk(&shop);
		reply = shop_begin(run.talk, run.envelope);
		OG_CHECK(shop_ok(reply));
		run.epoch = og_json_int(reply, "epoch", -1);
		json_decref(reply);
		must(step(&run, "price", 1, "Ergonomic Chair"));
		must(step(&run, "order", 0, NULL));
		must(step(&run, "reserve", 0, NULL));
		must(step(&run, "pay", 0, NULL));
		must(step(&run, "close", 0, NULL));
		must(finish(&run, OG_TASK_DONE));
		OG_CHECK_INT(stock(1), --before);
		OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM orders"), ++orders);
		run_end(&run);
	}
}

int main(void)
{
	shop_open(&shop);
	OG_RUN(buys_a_chair);
	OG_RUN(two_desks_are_undone);
	OG_RUN(an_undo_that_no_longer_fits_fails);
	OG_RUN(steps_keep_their_order);
	OG_RUN(slots_are_looked_up_as_the_principal);
	OG_RUN(roles_bind_when_run);
	OG_RUN(nothing_is_sold_that_is_not_there);
	OG_RUN(envelopes_are_judged);
	OG_RUN(an_older_epoch_is_stale);
	OG_RUN(the_same_key_is_the_same_task);
	OG_RUN(cancel_stops_the_next_step);
	OG_RUN(cancel_reaches_a_task_in_the_queue);
	OG_RUN(approval_needs_a_waiting_task);
	OG_RUN(status_is_for_the_owner);
	OG_RUN(two_shields_share_one_database);
	OG_RUN(kill_leaves_a_prefix);
	shop_close(&shop);
	return og_done();
}
