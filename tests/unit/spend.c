/*
 * What models cost: reservations against limits, what settles them, the
 * breaker of a provider, and the journal that a worker goes on from.
 */
#include <sys/wait.h>

#include "lib/budget/breaker.h"
#include "lib/budget/limit.h"
#include "lib/task/result.h"
#include "tests/unit/acting.h"

#define MODEL  "openai:http://127.0.0.1:1/v1#test"
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static json_t *reserve(struct run *run, int turn, int input, int output)
{
	return ask(run, "budget.reserve",
		   json_pack("{s:i,s:s,s:i,s:i}", "turn", turn, "model", MODEL, "input", input,
			     "output", output));
}

static json_t *settle(struct run *run, int turn, const char *outcome, int retry_ms)
{
	return ask(run, "budget.settle",
		   json_pack("{s:i,s:s,s:i,s:s}", "turn", turn, "outcome", outcome, "retry_ms",
			     retry_ms, "why", "too busy"));
}

static json_t *put_answer(struct run *run, int turn, const char *digest, int input, int output)
{
	return ask(run, "journal.put",
		   json_pack("{s:i,s:s,s:{s:s,s:[]},s:{s:i,s:i,s:i}}", "turn", turn, "digest",
			     digest, "answer", "text", "hello", "calls", "usage", "input", input,
			     "cached", 0, "output", output));
}

static int64_t spent(const char *scope, const char *what)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(%s), 0) FROM og_spend WHERE scope = '%s'",
		 what, scope);
	return shop_int(&shop, sql);
}

static int64_t entries_of(const char *action)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM audit_ledger WHERE action = '%s'", action);
	return shop_int(&shop, sql);
}

/* Money: 1 USD for a million tokens in, 2 out: 1000 and 2000 nanousd each. */
static void prices(const char *text)
{
	shop.conf.model = (char *)(uintptr_t)MODEL;
	shop.conf.model_price = (char *)(uintptr_t)text;
}

static void nothing_spent(void)
{
	shop_exec(&shop, "DELETE FROM og_spend; DELETE FROM og_turn; DELETE FROM og_provider");
	prices("1 2");
	shop.conf.task_tokens = shop.conf.principal_tokens = 0;
	shop.conf.skill_tokens = shop.conf.day_tokens = 0;
	shop.conf.task_cost = shop.conf.principal_cost = NULL;
	shop.conf.skill_cost = shop.conf.day_cost = NULL;
}

static void a_turn_is_paid(void)
{
	struct run run;
	json_t *reply;

	nothing_spent();
	run_begin(&run, CHARLIE);
	reply = reserve(&run, 1, 1000, 500);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(og_json_int(reply, "tokens", 0), 1500);
	OG_CHECK_INT(og_json_int(reply, "nanousd", 0), 2000000);
	OG_CHECK_INT(json_object_size(json_object_get(reply, "left")), 0);
	json_decref(reply);
	OG_CHECK_INT(spent("all", "nanousd"), 2000000);
	reply = put_answer(&run, 1, DIGEST, 700, 20);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(og_json_int(reply, "nanousd", 0), 740000);
	OG_CHECK(og_json_int(reply, "seq", 0) > 0);
	json_decref(reply);
	OG_CHECK_INT(spent("all", "nanousd"), 740000);
	OG_CHECK_INT(spent("principal", "tokens"), 720);
	OG_CHECK_INT(spent("task", "calls"), 1);
	OG_CHECK_INT(spent("model", "tokens"), 720);
	OG_CHECK_INT(spent("skill", "tokens"), 0);
	OG_CHECK_INT(shop_int(&shop, "SELECT sum(body ->> 'nanousd') FROM audit_ledger"
				     " WHERE action = 'model.answer'"),
		     740000);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = "
				     "'model.answer' AND body LIKE '%hello%'"),
		     0);
	/* Once more is the same; another question is none. */
	reply = put_answer(&run, 1, DIGEST, 9, 9);
	OG_CHECK(shop_ok(reply) && og_json_bool(reply, "replayed", 0));
	OG_CHECK_INT(og_json_int(reply, "nanousd", 0), 740000);
	json_decref(reply);
	must_not(put_answer(&run, 1, DIGEST "0", 9, 9), "error", "malformed");
	must_not(put_answer(&run, 1,
			    "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 9,
			    9),
		 "conflict", "other-turn");
	must_not(reserve(&run, 1, 1, 1), "conflict", "answered");
	must_not(settle(&run, 1, "unsent", 0), "conflict", "no-turn");
	OG_CHECK_INT(entries_of("model.answer"), 1);
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

static void what_is_not_paid_comes_back(void)
{
	static const char *const outcomes[] = { "unsent", "refused", "down" };
	struct run run;

	nothing_spent();
	run_begin(&run, CHARLIE);
	for (int i = 0; i < 3; i++) {
		must(reserve(&run, 1, 1000, 500));
		must(settle(&run, 1, outcomes[i], 0));
		OG_CHECK_INT(spent("all", "nanousd"), 0);
		OG_CHECK_INT(spent("task", "tokens"), 0);
	}
	must(reserve(&run, 1, 1000, 500));
	must_not(settle(&run, 1, "lunch", 0), "error", "malformed");
	must(settle(&run, 1, "unknown", 0));
	OG_CHECK_INT(spent("all", "nanousd"), 2000000);
	OG_CHECK_INT(entries_of("model.lost"), 1);
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

/* The worker died: what it had reserved is spent, and so is the new one. */
static void a_dead_worker_has_spent(void)
{
	int64_t lost = entries_of("model.lost");
	char state[32];
	struct run run;
	json_t *reply;

	nothing_spent();
	run_begin(&run, CHARLIE);
	must(reserve(&run, 1, 1000, 500));
	run_again(&run, "og-worker/test", state);
	must(reserve(&run, 1, 1000, 500));
	OG_CHECK_INT(spent("all", "nanousd"), 4000000);
	OG_CHECK_INT(entries_of("model.lost"), lost + 1);
	must(put_answer(&run, 1, DIGEST, 700, 20));
	OG_CHECK_INT(spent("all", "nanousd"), 2740000);
	must(reserve(&run, 2, 1000, 500));
	/* And the task's end settles what nobody did; nobody can claim less. */
	reply = finish(&run, OG_TASK_FAILED);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_INT(entries_of("model.lost"), lost + 2);
	OG_CHECK_INT(og_json_int(json_object_get(json_object_get(reply, "result"), "cost"),
				 "nanousd", 0),
		     740000);
	OG_CHECK_INT(
		og_json_int(json_object_get(json_object_get(reply, "result"), "cost"), "lost", 0),
		4000000);
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT sum(body ->> 'nanousd') FROM audit_ledger"
				     " WHERE action LIKE 'model.%' AND task = (SELECT name FROM"
				     " og_spend WHERE scope = 'task')"),
		     spent("all", "nanousd"));
	run_end(&run);
}

/* Every limit, exactly at its border: 1500 tokens and 2,000,000 nanousd. */
static void limits_trip(void)
{
	static const char *const rules[] = { "budget-task-tokens",  "budget-principal-tokens",
					     "budget-skill-tokens", "budget-day-tokens",
					     "budget-task-cost",    "budget-principal-cost",
					     "budget-skill-cost",   "budget-day-cost" };
	long *const tokens[] = { &shop.conf.task_tokens, &shop.conf.principal_tokens,
				 &shop.conf.skill_tokens, &shop.conf.day_tokens };
	char **const costs[] = { &shop.conf.task_cost, &shop.conf.principal_cost,
				 &shop.conf.skill_cost, &shop.conf.day_cost };
	json_t *reply;

	for (int i = 0; i < 8; i++) {
		struct run run;

		nothing_spent();
		if (i < 4)
			*tokens[i] = 2999;
		else
			*costs[i - 4] = (char *)(uintptr_t) "0.003999999";
		run_begin(&run, CHARLIE);
		must(step(&run, "price"));
		reply = reserve(&run, 1, 1000, 500);
		OG_CHECK(shop_ok(reply));
		OG_CHECK_INT(og_json_int(json_object_get(reply, "left"),
					 i < 4 ? "tokens" : "nanousd", -1),
			     i < 4 ? 1499 : 1999999);
		json_decref(reply);
		reply = reserve(&run, 2, 1000, 500);
		OG_CHECK(shop_no(reply, "budget", rules[i]));
		OG_CHECK_INT(og_json_int(reply, "reached", 0), i < 4 ? 3000 : 4000000);
		OG_CHECK(strstr(og_json_str(reply, "fix"), "og.conf") != NULL);
		json_decref(reply);
		if (i < 4)
			*tokens[i] = 3000;
		else
			*costs[i - 4] = (char *)(uintptr_t) "0.004";
		must(reserve(&run, 2, 1000, 500));
		OG_CHECK_INT(spent("skill", "nanousd"), 4000000);
		run_end(&run);
	}
	nothing_spent();
}

static void without_a_price(void)
{
	struct run run;

	nothing_spent();
	run_begin(&run, CHARLIE);
	prices("none");
	must_not(reserve(&run, 1, 10, 10), "budget", "no-price");
	prices("0 0");
	must(reserve(&run, 1, 10, 10));
	shop.conf.model = (char *)(uintptr_t) "openai:http://127.0.0.1:1/v1#other";
	must_not(reserve(&run, 2, 10, 10), "budget", "no-price");
	must_not(reserve(&run, 0, 10, 10), "error", "malformed");
	must_not(reserve(&run, 2, -1, 10), "error", "malformed");
	must_not(reserve(&run, 2, 0, 0), "error", "malformed"); /* nothing can be asked with it */
	run_end(&run);
}

static void a_throttle_holds_everybody(void)
{
	struct run run, other;
	json_t *reply;

	nothing_spent();
	run_begin(&run, CHARLIE);
	run_begin(&other, ALICE);
	must(reserve(&run, 1, 10, 10));
	must(settle(&run, 1, "throttled", 60000));
	reply = reserve(&other, 1, 10, 10);
	OG_CHECK(shop_no(reply, "wait", "provider"));
	OG_CHECK(og_json_int(reply, "delay_ms", 0) > 30000);
	OG_CHECK(strstr(og_json_str(reply, "why"), "too busy") != NULL);
	json_decref(reply);
	OG_CHECK_INT(spent("all", "tokens"), 0);
	/* Its time is over: one may try, the other one waits for that. */
	shop_exec(&shop, "UPDATE og_provider SET until = '2020-01-01T00:00:00.000Z'");
	must(reserve(&run, 1, 10, 10));
	must_not(reserve(&other, 1, 10, 10), "wait", "provider");
	must(put_answer(&run, 1, DIGEST, 1, 1));
	must(reserve(&other, 1, 10, 10));
	run_end(&run);
	run_end(&other);
}

/* What is on record is told in pages, to whom it belongs. */
static void the_journal_tells(void)
{
	struct run run;
	struct og_conversation *bob, *alice;
	json_t *reply, *turn;
	int64_t after = 0, turns = 0, calls = 0;

	nothing_spent();
	run_begin(&run, CHARLIE);
	must(reserve(&run, 1, 10, 10));
	must(put_answer(&run, 1, DIGEST, 5, 6));
	must(reserve(&run, 2, 10, 10));
	for (int i = 0; i < 3; i++)
		must(ask(&run, "sql.read",
			 json_pack("{s:i,s:s}", "call", i, "sql", "SELECT id FROM products")));
	for (int more = 1; more;) {
		reply = ask(&run, "journal.get",
			    json_pack("{s:I,s:i}", "after", (json_int_t)after, "limit", 2));
		OG_CHECK(shop_ok(reply));
		OG_CHECK((json_object_get(reply, "begun") != NULL) == (after == 0));
		turn = json_array_get(json_object_get(reply, "turns"), 0);
		if (after == 0) {
			OG_CHECK_STR(og_json_str(turn, "state"), "answered");
			OG_CHECK_STR(og_json_str(turn, "digest"), DIGEST);
			OG_CHECK_STR(og_json_str(turn, "model"), MODEL);
			OG_CHECK_STR(og_json_str(json_object_get(turn, "answer"), "text"), "hello");
			OG_CHECK_INT(og_json_int(json_object_get(turn, "usage"), "output", 0), 6);
			OG_CHECK_STR(og_json_str(json_object_get(reply, "begun"), "principal"),
				     "charlie");
		}
		turns += (int64_t)json_array_size(json_object_get(reply, "turns"));
		calls += (int64_t)json_array_size(json_object_get(reply, "calls"));
		after = og_json_int(reply, "next", 0);
		more = og_json_bool(reply, "more", 0);
		json_decref(reply);
	}
	OG_CHECK_INT(turns, 2);
	OG_CHECK_INT(calls, 3);
	bob = shop_login(&shop, BOB);
	must_not(shop_ask(bob, "journal.get", json_pack("{s:s}", "task", run.id), NULL), "deny",
		 "no-task");
	alice = shop_login(&shop, ALICE);
	reply = shop_ask(alice, "journal.get", json_pack("{s:s}", "task", run.id), NULL);
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "begun"), "principal"), "charlie");
	json_decref(reply);
	must(finish(&run, OG_TASK_FAILED));
	reply = shop_ask(alice, "journal.get", json_pack("{s:s}", "task", run.id), NULL);
	OG_CHECK_STR(og_json_str(json_object_get(reply, "result"), "state"), "failed");
	json_decref(reply);
	og_conversation_free(alice);
	og_conversation_free(bob);
	run_end(&run);
}

/* The entry never has the text, whatever is called usage. */
static void a_usage_is_three_numbers(void)
{
	struct run run;
	json_t *reply;

	nothing_spent();
	run_begin(&run, CHARLIE);
	must(reserve(&run, 1, 1000, 500));
	reply = ask(&run, "journal.put",
		    json_pack("{s:i,s:s,s:{s:s},s:{s:i,s:i,s:s}}", "turn", 1, "digest", DIGEST,
			      "answer", "text", "hello", "usage", "input", 7, "output", 2, "words",
			      "a sentence of the answer"));
	must(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = "
				     "'model.answer' AND body LIKE '%a sentence%'"),
		     0);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_turn WHERE usage LIKE '%words%'"), 0);
	OG_CHECK_INT(shop_int(&shop, "SELECT body ->> '$.usage.input' FROM audit_ledger WHERE "
				     "action = 'model.answer' ORDER BY seq DESC LIMIT 1"),
		     7);
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

/* An answer is kept when it was paid, so room for it is reserved with it. */
static void open_turns_have_room(void)
{
	enum { ROOM = 16 }; /* 64 MiB, 4 for each */
	struct run run;

	nothing_spent();
	run_begin(&run, CHARLIE);
	for (int turn = 1; turn <= ROOM; turn++)
		must(reserve(&run, turn, 1, 1));
	must_not(reserve(&run, ROOM + 1, 1, 1), "budget", "records-size");
	must(reserve(&run, ROOM, 1, 1)); /* again, for its worker died */
	must(put_answer(&run, 1, DIGEST, 1, 1));
	must(settle(&run, 2, "unsent", 0));
	must(reserve(&run, ROOM + 1, 1, 1));
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

/* Of every scope: what is counted, without what is open, is in the ledger. */
static void check_scope(const char *scope, const char *entry, const char *open)
{
	char sql[1024];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM (SELECT name FROM ("
		 "SELECT name, nanousd AS n, tokens AS t, calls AS c FROM og_spend"
		 " WHERE scope = '%s' UNION ALL SELECT %s, -(body ->> 'nanousd'),"
		 " -(body ->> 'tokens'), -1 FROM audit_ledger WHERE action LIKE 'model.%%'"
		 " AND task IN (SELECT name FROM og_spend WHERE scope = 'task')"
		 " UNION ALL SELECT %s, -nanousd, -tokens, -1 FROM og_turn"
		 " WHERE state = 'reserved') GROUP BY name"
		 " HAVING sum(n) <> 0 OR sum(t) <> 0 OR sum(c) <> 0)",
		 scope, entry, open);
	if (!OG_CHECK_INT(shop_int(&shop, sql), 0))
		printf("# scope %s\n", scope);
}

static void counters_are_the_ledger(void)
{
	static const char *const outcomes[] = { "unsent", "refused", "unknown", "unknown" };
	uint32_t dice = 7;
	struct run run;

	nothing_spent();
	run_begin(&run, CHARLIE);
	for (int i = 0; i < 400; i++) {
		int turn, what;

		if (i == 200)
			must(step(&run, "price")); /* from here on it has a skill */
		dice = dice * 1664525 + 1013904223;
		turn = 1 + (int)((dice >> 8) % 12) + i / 40 * 12;
		what = (int)((dice >> 20) % 8);
		if (what < 4)
			json_decref(reserve(&run, turn, turn * 31, 17 + i));
		else if (what < 6)
			json_decref(put_answer(&run, turn, DIGEST, turn * 7, i));
		else
			json_decref(settle(&run, turn, outcomes[(dice >> 12) % 4], 0));
		shop_exec(&shop, "DELETE FROM og_provider");
	}
	OG_CHECK(spent("all", "calls") > 50);
	for (int open = 1; open >= 0; open--) {
		check_scope("all", "''", "''");
		check_scope("task", "task", "task");
		check_scope("principal", "principal", "'charlie'");
		check_scope("model", "body ->> 'model'", "model");
		if (open)
			must(undo(&run));
		if (open)
			must(finish(&run, OG_TASK_FAILED));
	}
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_turn WHERE state = 'reserved'"), 0);
	run_end(&run);
}

enum { WORKERS = 8, ALLOWED = 5 };

/* A worker of its own: begins its task and reserves until it is refused.
 * What it got is its status. */
static int race(int ready)
{
	struct og_err err = OG_ERR_INIT;
	struct run run;
	char byte;
	int got = 0, ok = 1;

	shop.shield = NULL;
	if (og_shield_open(&shop.conf, &shop.shield, &err) < 0)
		return 99;
	run_begin(&run, CHARLIE);
	if (read(ready, &byte, 1) < 0)
		return 99;
	for (int turn = 1; ok && turn <= WORKERS; turn++) {
		json_t *reply = reserve(&run, turn, 50, 50);

		ok = og_json_bool(reply, "ok", 0);
		got += ok;
		json_decref(reply);
	}
	run_end(&run);
	og_shield_close(shop.shield);
	return og_unit.bad ? 99 : got;
}

/* Many at once get exactly what there is. */
static void workers_cannot_overspend(void)
{
	pid_t pids[WORKERS];
	int gate[2], got = 0;

	nothing_spent();
	shop.conf.day_tokens = ALLOWED * 100 + 99;
	og_shield_close(shop.shield);
	OG_CHECK(pipe(gate) == 0);
	fflush(stdout);
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			close(gate[1]);
			_exit(race(gate[0]));
		}
	}
	close(gate[1]); /* they are off */
	close(gate[0]);
	for (int i = 0; i < WORKERS; i++) {
		int status = 0;

		OG_CHECK(waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status));
		OG_CHECK(WEXITSTATUS(status) <= ALLOWED);
		got += WEXITSTATUS(status);
	}
	shop.shield = NULL;
	shop_reopen(&shop);
	OG_CHECK_INT(got, ALLOWED);
	OG_CHECK_INT(spent("all", "tokens"), ALLOWED * 100);
	nothing_spent();
}

/* --- without a shield ---------------------------------------------------------- */

static void limits_at_their_border(void)
{
	struct og_cost limit = { 100, 0 }, spent_so_far = { 60, 5 }, more = { 40, 5 };
	struct og_cost left = { -1, -1 };
	int64_t reached;

	OG_CHECK(!og_limit_trips(&limit, &spent_so_far, &more, &reached));
	og_limit_left(&limit, &spent_so_far, &more, &left);
	OG_CHECK_INT(left.tokens, 0);
	OG_CHECK_INT(left.nanousd, -1);
	more.tokens++;
	OG_CHECK_STR(og_limit_trips(&limit, &spent_so_far, &more, &reached), "tokens");
	OG_CHECK_INT(reached, 101);
	limit = (struct og_cost){ 0, 10 };
	OG_CHECK(!og_limit_trips(&limit, &spent_so_far, &more, &reached));
	more.nanousd = INT64_MAX;
	OG_CHECK_STR(og_limit_trips(&limit, &spent_so_far, &more, &reached), "cost");
	OG_CHECK_INT(reached, INT64_MAX);
}

static void the_breaker(void)
{
	struct og_breaker b = { .state = OG_BREAKER_CLOSED };
	int64_t now = 1000000;

	for (int i = 1; i < OG_BREAKER_FAILURES; i++)
		og_breaker_bad(&b, now);
	OG_CHECK(og_breaker_ask(&b, "a", now, 1000));
	og_breaker_bad(&b, now);
	OG_CHECK(!og_breaker_ask(&b, "a", now, 1000));
	OG_CHECK(!og_breaker_ask(&b, "a", now + OG_BREAKER_OPEN_MS - 1, 1000));
	now += OG_BREAKER_OPEN_MS;
	OG_CHECK(og_breaker_ask(&b, "a", now, 1000));
	OG_CHECK(!og_breaker_ask(&b, "b", now, 1000));
	OG_CHECK(og_breaker_ask(&b, "a", now, 1000));	     /* it died and was begun again */
	OG_CHECK(og_breaker_ask(&b, "b", now + 1000, 1000)); /* it was not heard of any more */
	og_breaker_bad(&b, now);
	OG_CHECK_INT(b.until, now + 2 * OG_BREAKER_OPEN_MS);
	for (int i = 0; i < 40; i++)
		og_breaker_bad(&b, now);
	OG_CHECK_INT(b.until, now + OG_BREAKER_MOST_MS);
	now = b.until;
	OG_CHECK(og_breaker_ask(&b, "a", now, 1000));
	og_breaker_unsent(&b, "other", now);
	OG_CHECK_INT(b.state, OG_BREAKER_PROBING);
	og_breaker_unsent(&b, "a", now);
	OG_CHECK(og_breaker_ask(&b, "b", now, 1000));
	og_breaker_good(&b);
	OG_CHECK_INT(b.state, OG_BREAKER_CLOSED);
	OG_CHECK_INT(b.failures, 0);
	og_breaker_throttled(&b, now, 7);
	OG_CHECK(!og_breaker_ask(&b, "a", now + 6, 1000));
	og_breaker_throttled(&b, now, 3); /* late news does not shorten it */
	OG_CHECK_INT(b.until, now + 7);
	og_breaker_good(&b);
	og_breaker_throttled(&b, now, INT64_MAX);
	OG_CHECK_INT(b.until, now + OG_BREAKER_THROTTLED);
	OG_CHECK_INT(og_breaker_parse("probing"), OG_BREAKER_PROBING);
	OG_CHECK_INT(og_breaker_parse("?"), OG_BREAKER_CLOSED);
	OG_CHECK_STR(og_breaker_name(OG_BREAKER_OPEN), "open");
}

int main(void)
{
	shop_open(&shop);
	OG_RUN(limits_at_their_border);
	OG_RUN(the_breaker);
	OG_RUN(a_turn_is_paid);
	OG_RUN(what_is_not_paid_comes_back);
	OG_RUN(a_dead_worker_has_spent);
	OG_RUN(limits_trip);
	OG_RUN(without_a_price);
	OG_RUN(a_throttle_holds_everybody);
	OG_RUN(the_journal_tells);
	OG_RUN(a_usage_is_three_numbers);
	OG_RUN(open_turns_have_room);
	OG_RUN(counters_are_the_ledger);
	OG_RUN(workers_cannot_overspend);
	shop_close(&shop);
	return og_done();
}
