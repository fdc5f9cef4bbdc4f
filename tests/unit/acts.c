/* What a task changes beside the steps of a skill: numbered, in the saga,
 * in the order in which it was done; and what is never taken back. */
#include "tests/unit/acting.h"

static int64_t stock(void)
{
	return shop_int(&shop, "SELECT stock FROM products WHERE id = 1");
}

static int64_t rows(void)
{
	return shop_int(&shop, "SELECT count(*) FROM orders");
}

static void names(const json_t *reply, const char *key, const char *want)
{
	json_t *name;
	struct og_buf text;
	size_t i;

	og_buf_init(&text, 4096);
	json_array_foreach(json_object_get(reply, key), i, name)
		og_buf_addf(&text, "%s%s", i ? " " : "", json_string_value(name));
	OG_CHECK_STR(text.data ? text.data : "", want);
	og_buf_release(&text);
}

/* No skill is needed for a saga: what the task wrote itself is one. */
static void writes_alone_are_a_saga(void)
{
	struct run run;
	int64_t before = stock(), orders = rows();
	json_t *reply;

	run_begin(&run, ALICE);
	must(put(&run, 3, "UPDATE products SET stock = stock + 7 WHERE id = 1"));
	must(put(&run, 5, "INSERT INTO orders(user_id, total, status) VALUES (1, 5, 'open')"));
	/* What changes nothing leaves nothing to take back. */
	must(put(&run, 6, "UPDATE products SET stock = 0 WHERE id = 999"));
	OG_CHECK_INT(stock(), before + 7);
	OG_CHECK_INT(rows(), orders + 1);
	reply = shop_begin(run.talk, run.envelope);
	names(reply, "done", "call-3 call-5");
	OG_CHECK_STR(og_json_str(reply, "phase"), "do");
	json_decref(reply);
	run.epoch++;
	must_not(finish(&run, OG_TASK_FAILED), "conflict", "state");
	must_not(finish(&run, OG_TASK_INTERRUPTED), "conflict", "state");
	undoes(&run, "call-5", "inverse", "call-3");
	must_not(put(&run, 7, "UPDATE products SET stock = 1 WHERE id = 1"), "conflict",
		 "turned-back");
	must_not(finish(&run, OG_TASK_DONE), "conflict", "state");
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	reply = shop_begin(run.talk, run.envelope);
	names(reply, "undone", "call-5");
	OG_CHECK_STR(og_json_str(reply, "phase"), "undo");
	json_decref(reply);
	run.epoch++;
	undoes(&run, "call-3", "inverse", "");
	OG_CHECK_INT(stock(), before);
	OG_CHECK_INT(rows(), orders);
	must(finish(&run, OG_TASK_COMPENSATED));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'undo' AND"
				     " json_extract(entry, '$.step') IN ('call-3', 'call-5')"),
		     2);
	run_end(&run);
}

static void writes_that_stand_are_done(void)
{
	struct run run;
	int64_t before = stock();

	run_begin(&run, ALICE);
	must(put(&run, 0, "UPDATE products SET stock = stock + 1 WHERE id = 1"));
	must(finish(&run, OG_TASK_DONE));
	OG_CHECK_INT(stock(), before + 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_journal"), 0);
	run_end(&run);
}

/* A write between two steps is taken back between them. */
static void the_order_is_the_true_one(void)
{
	struct run run;
	int64_t before = stock();
	json_t *reply;

	run_begin(&run, ALICE);
	must(put(&run, 9, "UPDATE products SET stock = stock + 100 WHERE id = 1"));
	must(step(&run, "price"));
	must(step(&run, "order"));
	must(put(&run, 2, "UPDATE products SET stock = stock * 2 WHERE id = 1"));
	must(step(&run, "reserve"));
	OG_CHECK_INT(stock(), (before + 100) * 2 - 1);
	reply = shop_begin(run.talk, run.envelope);
	names(reply, "done", "call-9 price order call-2 reserve");
	json_decref(reply);
	run.epoch++;
	/* Not all steps are done, whatever else was. */
	must_not(finish(&run, OG_TASK_DONE), "conflict", "state");
	undoes(&run, "reserve", "inverse", "call-2");
	undoes(&run, "call-2", "inverse", "order");
	undoes(&run, "order", "sql", "price");
	undoes(&run, "price", "none", "call-9");
	undoes(&run, "call-9", "inverse", "");
	OG_CHECK_INT(stock(), before);
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

/* With a skill, a task's own statements see its tables only. */
static void a_skill_narrows(void)
{
	struct run run;

	shop_exec(&shop, "INSERT INTO og_grant(subject,tbl,verbs) VALUES"
			 " ('role:admin','users','[\"select\",\"update\"]')");
	shop_reopen(&shop);
	run_begin(&run, ALICE);
	must(put(&run, 0, "UPDATE users SET email = 'a@example.com' WHERE id = 1"));
	must(step(&run, "price"));
	must_not(put(&run, 1, "UPDATE users SET email = 'b@example.com' WHERE id = 1"), "deny",
		 "not-found");
	undoes(&run, "price", "none", "call-0");
	undoes(&run, "call-0", "inverse", "");
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

/* What a skill does not allow itself, its task does not do beside it. */
static void allowed_tools_bind_the_task(void)
{
	struct run run;

	shop_put_skill(&shop, "{\"name\":\"look\",\"description\":\"Looks.\","
			      "\"allowed_tools\":\"read\",\"patterns\":[\"look around\"],\"steps\":"
			      "[{\"name\":\"one\",\"blocks\":[{\"kind\":\"read\",\"text\":"
			      "\"SELECT 1 AS n\"}]}]}");
	run_begin(&run, ALICE);
	must(ask(&run, "step.run",
		 json_pack("{s:s,s:s,s:{}}", "skill", "look", "step", "one", "slots")));
	must_not(put(&run, 1, "UPDATE products SET stock = 11 WHERE id = 1"), "deny",
		 "allowed-tools");
	must(finish(&run, OG_TASK_DONE));
	run_end(&run);
}

static void the_inverse_must_still_fit(void)
{
	struct run run;
	struct og_conversation *admin = shop_login(&shop, ALICE);
	int64_t before = stock();
	json_t *reply;

	run_begin(&run, ALICE);
	must(put(&run, 0, "UPDATE products SET stock = 11 WHERE id = 1"));
	must(shop_ask(
		admin, "sql.write",
		json_pack("{s:s}", "sql", "UPDATE products SET stock = stock - 1 WHERE id = 1"),
		NULL));
	reply = undo(&run);
	OG_CHECK_STR(og_json_str(reply, "step"), "call-0");
	must_not(reply, "deny", "refused");
	OG_CHECK_INT(stock(), 10);
	must_not(finish(&run, OG_TASK_COMPENSATED), "conflict", "state");
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	shop_exec(&shop, "UPDATE products SET stock = 50 WHERE id = 1");
	OG_CHECK(before > 0);
	og_conversation_free(admin);
	run_end(&run);
}

static void a_change_has_a_number_of_its_own(void)
{
	struct run run;
	int64_t before = stock();

	run_begin(&run, ALICE);
	must_not(ask(&run, "sql.write",
		     json_pack("{s:s}", "sql", "UPDATE products SET stock = 0 WHERE id = 1")),
		 "error", "malformed");
	must_not(put(&run, -1, "UPDATE products SET stock = 0 WHERE id = 1"), "error", "malformed");
	OG_CHECK_INT(stock(), before);
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

static void who_may_act_no_more_writes_no_more(void)
{
	struct run run;
	json_t *cancel;
	char id[OG_UUID_LEN + 1];

	run_begin(&run, ALICE);
	must(put(&run, 0, "UPDATE products SET stock = stock + 1 WHERE id = 1"));
	cancel = shop_envelope(&shop, ALICE, "cancel", run.id, NULL, id);
	must(shop_ask(run.talk, "cancel", json_pack("{s:o}", "envelope", cancel), NULL));
	must_not(put(&run, 1, "UPDATE products SET stock = stock + 1 WHERE id = 1"), "deny",
		 "cancelled");
	must_not(ask(&run, "ddl",
		     json_pack("{s:i,s:s}", "call", 2, "sql",
			       "CREATE TABLE t1(id INTEGER PRIMARY "
			       "KEY)")),
		 "deny", "cancelled");
	undoes(&run, "call-0", "inverse", "");
	must(finish(&run, OG_TASK_CANCELLED));
	run_end(&run);

	run_begin(&run, ALICE);
	shop_exec(&shop, "UPDATE og_task SET deadline = '2026-01-01T00:00:00.000Z'"
			 " WHERE state = 'running'");
	must_not(put(&run, 0, "UPDATE products SET stock = stock + 1 WHERE id = 1"), "deny",
		 "deadline");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
}

/* The schema only grows, and nothing pretends otherwise. */
static void a_schema_stays(void)
{
	struct run run;
	json_t *reply;

	run_begin(&run, ALICE);
	must(put(&run, 0, "UPDATE products SET stock = stock + 1 WHERE id = 1"));
	reply = ask(&run, "ddl",
		    json_pack("{s:i,s:s,s:s,s:s,s:s}", "call", 1, "op", "add_column", "table",
			      "products", "column", "colour", "type", "TEXT"));
	must(reply);
	reply = undo(&run);
	OG_CHECK_STR(og_json_str(reply, "why"), "'call-1' (ddl) is never taken back");
	OG_CHECK_STR(og_json_str(reply, "step"), "call-1");
	must_not(reply, "deny", "stays");
	must_not(finish(&run, OG_TASK_FAILED), "conflict", "state");
	must(finish(&run, OG_TASK_DONE));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM pragma_table_info('products')"
				     " WHERE name = 'colour'"),
		     1);
	run_end(&run);
}

int main(void)
{
	shop_open(&shop);
	OG_RUN(writes_alone_are_a_saga);
	OG_RUN(writes_that_stand_are_done);
	OG_RUN(the_order_is_the_true_one);
	OG_RUN(a_skill_narrows);
	OG_RUN(allowed_tools_bind_the_task);
	OG_RUN(the_inverse_must_still_fit);
	OG_RUN(a_change_has_a_number_of_its_own);
	OG_RUN(who_may_act_no_more_writes_no_more);
	OG_RUN(a_schema_stays);
	shop_close(&shop);
	return og_done();
}
