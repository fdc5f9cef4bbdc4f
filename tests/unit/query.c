/* query.run: all of a skill that only reads, beside the task's own skill. */
#include "tests/unit/acting.h"

static const char stock_skill[] =
	"{\"name\":\"stock\",\"description\":\"What is there.\",\"kind\":\"workflow\","
	"\"clearance\":1,\"roles\":[\"customer\",\"admin\"],"
	"\"patterns\":[{\"text\":\"stock of {product:ref(products.name)}\",\"line\":1}],"
	"\"steps\":[{\"name\":\"find\",\"line\":1,\"blocks\":[{\"kind\":\"read\",\"line\":1,"
	"\"as\":\"found\",\"text\":\"SELECT name, stock AS left_over FROM products WHERE id = "
	":product_id\"}]},"
	"{\"name\":\"orders\",\"line\":1,\"blocks\":[{\"kind\":\"require\",\"line\":1,"
	"\"message\":\"nothing is left\",\"text\":\"SELECT :left_over > 0\"},"
	"{\"kind\":\"read\",\"line\":1,\"text\":\"SELECT count(*) AS n FROM orders\"}]}],"
	"\"answer\":\"{left_over} of {name}, {n} orders.\","
	"\"asks\":[{\"tbl\":\"products\",\"verbs\":[\"select\"],"
	"\"predicate\":\"t.clearance <= :clearance\"},"
	"{\"tbl\":\"orders\",\"verbs\":[\"select\"],\"predicate\":\"t.user_id = "
	":principal_id\"}]}";

static json_t *query(struct run *run, const char *skill, const char *product)
{
	return ask(run, "query.run",
		   json_pack("{s:i,s:s,s:{s:s}}", "call", run->calls++, "skill", skill, "slots",
			     "product", product));
}

static void it_answers_beside_another_skill(void)
{
	struct run run;
	json_t *reply, *rows;

	run_begin(&run, CHARLIE);
	must(step(&run, "price"));
	must(step(&run, "order"));
	reply = query(&run, "stock", "Ergonomic Chair");
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "answer"), "50 of Ergonomic Chair, 1 orders.");
	OG_CHECK_STR(og_json_str(reply, "skill"), "stock");
	rows = json_object_get(reply, "rows");
	OG_CHECK_INT(json_array_size(json_object_get(rows, "found")), 1);
	OG_CHECK_INT(json_array_size(json_object_get(rows, "orders")), 1);
	OG_CHECK_INT(og_json_int(json_object_get(reply, "vars"), "left_over", 0), 50);
	json_decref(reply);
	/* The task's own skill is as it was, and so are its variables. */
	must(step(&run, "reserve"));
	must(step(&run, "pay"));
	must(step(&run, "close"));
	must(finish(&run, OG_TASK_DONE));
	/* What was read is named in the last entry. */
	OG_CHECK_INT(shop_int(&shop,
			      "SELECT count(*) FROM audit_ledger, json_each(body, '$.reads') AS r"
			      " WHERE action = 'task.finish' AND"
			      " json_extract(r.value, '$.step') IN ('find', 'orders')"),
		     3);
	run_end(&run);
}

/* Its rights are its own: not those frozen with the task's skill, and none
 * when nobody granted it any. */
static void its_rights_are_its_own(void)
{
	struct run run;

	shop_exec(&shop, "UPDATE og_grant SET predicate = 't.id = 2' WHERE tbl = 'products' AND"
			 " subject LIKE 'skill:stock@%'");
	shop_reopen(&shop);
	run_begin(&run, CHARLIE);
	must(step(&run, "price"));
	/* buy would show it; stock finds no row, and binds no name. */
	must_not(query(&run, "stock", "Ergonomic Chair"), "error", "no-variable");
	shop_exec(&shop, "DELETE FROM og_grant WHERE subject LIKE 'skill:stock@%'");
	shop_reopen(&shop);
	run_end(&run);
	run_begin(&run, CHARLIE);
	must_not(query(&run, "stock", "Ergonomic Chair"), "deny", "not-found");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
}

static void what_may_write_is_no_query(void)
{
	struct run run;

	run_begin(&run, CHARLIE);
	must_not(query(&run, "buy", "Ergonomic Chair"), "deny", "not-a-query");
	must_not(query(&run, "nothing", "Ergonomic Chair"), "deny", "no-skill");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
	run_begin(&run, BOB);
	must_not(query(&run, "stock", "Ergonomic Chair"), "deny", "skill-role");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
	run_begin(&run, CHARLIE);
	must_not(query(&run, "stock", "Secret Core"), "deny", "slot");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
}

static void put_policy(const char *name, const char *key, const char *predicate)
{
	struct og_conversation *admin = shop_login(&shop, ALICE);

	must(shop_ask(admin, "policy.put",
		      json_pack("{s:{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:i,s:s}]}}", "policy",
				"name", name, "source", "policy", "clearance", 1, "node", "stock",
				"title", name, "body", name, key, predicate, "rule_step", "orders",
				"passages", "heading", "", "line", 1, "text", name),
		      NULL));
	og_conversation_free(admin);
}

static void rules_bind_it(void)
{
	struct run run;

	shop_put_skill(&shop, stock_skill);
	run_begin(&run, CHARLIE);
	must(query(&run, "stock", "Ergonomic Chair"));
	put_policy("few-only", "rule", ":left_over < 10");
	must_not(query(&run, "stock", "Ergonomic Chair"), "deny", "policy-rule");
	put_policy("few-only", "rule", ":left_over < 1000");
	must(query(&run, "stock", "Ergonomic Chair"));
	/* Nobody can be asked in the middle of it. */
	put_policy("ask-first", "approval", ":left_over > 10");
	must_not(query(&run, "stock", "Ergonomic Chair"), "deny", "not-a-query");
	must(finish(&run, OG_TASK_DENIED));
	run_end(&run);
}

int main(void)
{
	shop_open(&shop);
	shop_put_skill(&shop, stock_skill);
	OG_RUN(it_answers_beside_another_skill);
	OG_RUN(its_rights_are_its_own);
	OG_RUN(what_may_write_is_no_query);
	OG_RUN(rules_bind_it);
	shop_close(&shop);
	return og_done();
}
