/* Blocks that are more than SQL, and the policies that bind steps. */
#include "tests/unit/shop.h"

static struct shop shop;

static const char grow_skill[] =
	"{\"name\":\"grow\",\"description\":\"Grow the company.\",\"kind\":\"workflow\","
	"\"clearance\":1,\"roles\":[],\"patterns\":[{\"text\":\"grow {title:name}\",\"line\":1}],"
	"\"steps\":[{\"name\":\"all\",\"line\":1,\"blocks\":["
	"{\"kind\":\"ddl\",\"line\":1,\"text\":\"{\\\"op\\\":\\\"add_column\\\",\\\"table\\\":"
	"\\\"orders\\\",\\\"column\\\":\\\"{title|ident}\\\",\\\"type\\\":\\\"TEXT\\\"}\"},"
	"{\"kind\":\"put-skill\",\"line\":1,\"text\":\"{\\\"name\\\":\\\"{title|slug}\\\","
	"\\\"description\\\":\\\"{title}.\\\",\\\"patterns\\\":[\\\"run {title|slug}\\\"]}\"},"
	"{\"kind\":\"put-policy\",\"line\":1,\"text\":\"{\\\"name\\\":\\\"{title|slug}-memo\\\","
	"\\\"source\\\":\\\"policy\\\",\\\"clearance\\\":1,\\\"node\\\":\\\"buy\\\",\\\"title\\\":"
	"\\\"{title}\\\",\\\"body\\\":\\\"{title} it is.\\\",\\\"limits\\\":{\\\"most\\\":7},"
	"\\\"passages\\\":[{\\\"heading\\\":\\\"{title}\\\",\\\"line\\\":1,\\\"text\\\":\\\"{title}"
	" "
	"it is.\\\"}]}\"},"
	"{\"kind\":\"view\",\"line\":1,\"text\":\"{\\\"title\\\":\\\"{title}\\\"}\"}]}],"
	"\"answer\":\"Grown: {title}.\"}";

struct run {
	struct og_conversation *talk;
	char id[OG_UUID_LEN + 1];
};

static void run_begin(struct run *run, int who)
{
	json_t *envelope = shop_envelope(&shop, who, "task", "a test", NULL, run->id), *reply;

	run->talk = shop_talk(&shop);
	reply = shop_begin(run->talk, envelope);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	json_decref(envelope);
}

static json_t *step(struct run *run, const char *skill, const char *name, json_t *slots)
{
	json_t *request = json_pack("{s:s,s:i,s:s,s:s}", "task", run->id, "epoch", 1, "skill",
				    skill, "step", name);

	if (slots)
		json_object_set_new(request, "slots", slots);
	return shop_ask(run->talk, "step.run", request, NULL);
}

static json_t *undo(struct run *run)
{
	return shop_ask(run->talk, "saga.undo",
			json_pack("{s:s,s:i,s:s}", "task", run->id, "epoch", 1, "reason", "test"),
			NULL);
}

static void must(json_t *reply)
{
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
}

static void put_policy(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	struct og_conversation *talk = shop_login(&shop, ALICE);
	json_t *policy = NULL;

	OG_CHECK_OK(og_json_parse(text, strlen(text), 1 << 20, "policy", &policy, &err), &err);
	must(shop_ask(talk, "policy.put", json_pack("{s:o}", "policy", policy), NULL));
	og_conversation_free(talk);
}

static void blocks_need_the_principals_right(void)
{
	struct run run;
	json_t *reply;

	run_begin(&run, CHARLIE);
	reply = step(&run, "grow", "all", json_pack("{s:s}", "title", "Express Freight"));
	OG_CHECK(shop_no(reply, "deny", "right"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM pragma_table_info('orders')"), 4);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_skill"), 2);
	og_conversation_free(run.talk);
}

static void blocks_do_their_work_in_one_entry(void)
{
	int64_t entries = shop_int(&shop, "SELECT count(*) FROM audit_ledger");
	struct run run;
	json_t *reply;

	run_begin(&run, ALICE);
	reply = step(&run, "grow", "all", json_pack("{s:s}", "title", "Express Freight"));
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "answer"), "Grown: Express Freight.");
	OG_CHECK_STR(og_json_str(json_object_get(reply, "view"), "title"), "Express Freight");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger"), entries + 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM pragma_table_info('orders')"
				     " WHERE name = 'express_freight'"),
		     1);
	OG_CHECK_INT(
		shop_int(&shop, "SELECT count(*) FROM og_skill WHERE name = 'express-freight'"), 1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'step' AND"
				     " json_extract(body, '$.ddl[0].op') = 'add_column'"),
		     1);
	json_decref(reply);
	/* What a sentence added it finds at once. */
	reply = shop_ask(run.talk, "skill.match",
			 json_pack("{s:s,s:i,s:s}", "task", run.id, "epoch", 1, "text",
				   "run express-freight"),
			 NULL);
	OG_CHECK_STR(og_json_str(json_object_get(reply, "match"), "skill"), "express-freight");
	json_decref(reply);
	/* The schema only grows: such a step is not undone, and nothing is pretended. */
	reply = undo(&run);
	OG_CHECK(shop_no(reply, "deny", "schema"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM og_journal WHERE phase = 'undo'"), 0);
	og_conversation_free(run.talk);
}

static void a_sentence_replaces_nothing(void)
{
	struct run run;
	json_t *reply;

	run_begin(&run, ALICE);
	reply = step(&run, "grow", "all", json_pack("{s:s}", "title", "Buy"));
	OG_CHECK(shop_no(reply, "deny", "exists"));
	json_decref(reply);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM pragma_table_info('orders') WHERE"
				     " name = 'buy'"),
		     0);
	og_conversation_free(run.talk);
}

static void rules_bind_and_are_cited(void)
{
	struct run run;
	json_t *reply;

	put_policy("{\"name\":\"few\",\"source\":\"law\",\"clearance\":1,\"node\":\"buy\","
		   "\"title\":\"Few at a time\",\"body\":\"Never more than three.\","
		   "\"rule\":\":quantity <= 3\",\"rule_step\":\"reserve\","
		   "\"message\":\"more than three at a time\",\"passages\":[{\"heading\":\"x\","
		   "\"line\":1,\"text\":\"Never more than three.\"}]}");
	run_begin(&run, CHARLIE);
	must(step(&run, "buy", "price",
		  json_pack("{s:i,s:s}", "quantity", 4, "product", "Ergonomic Chair")));
	must(step(&run, "buy", "order", NULL));
	reply = step(&run, "buy", "reserve", NULL);
	OG_CHECK(shop_no(reply, "deny", "policy-rule"));
	OG_CHECK_STR(og_json_str(reply, "why"), "more than three at a time");
	OG_CHECK(json_array_size(json_object_get(reply, "citations")) > 0);
	json_decref(reply);
	must(undo(&run));
	must(undo(&run));
	og_conversation_free(run.talk);
}

static void a_rule_that_cannot_be_judged_refuses(void)
{
	struct run run;
	json_t *reply;

	put_policy("{\"name\":\"odd\",\"source\":\"law\",\"clearance\":3,\"node\":\"buy\","
		   "\"title\":\"Odd\",\"body\":\"Odd.\",\"rule\":\":nobody_binds_this < 3\","
		   "\"rule_step\":\"order\",\"passages\":[{\"heading\":\"x\",\"line\":1,"
		   "\"text\":\"Odd.\"}]}");
	run_begin(&run, CHARLIE);
	must(step(&run, "buy", "price",
		  json_pack("{s:i,s:s}", "quantity", 1, "product", "Ergonomic Chair")));
	reply = step(&run, "buy", "order", NULL);
	OG_CHECK(shop_no(reply, "deny", "policy-rule"));
	json_decref(reply);
	must(undo(&run));
	og_conversation_free(run.talk);
	shop_exec(&shop, "UPDATE og_policy SET active = 0 WHERE name IN ('odd', 'few')");
}

/* A new version needs new grants; a running task keeps the one it froze. */
static void a_running_task_keeps_its_version(void)
{
	char text[sizeof(shop_skill) + 8], old[OG_HASH_HEX + 1];
	struct run run, next;
	json_t *reply;
	char *at;

	memcpy(old, shop.hash, sizeof(old));
	run_begin(&run, CHARLIE);
	must(step(&run, "buy", "price",
		  json_pack("{s:i,s:s}", "quantity", 1, "product", "Ergonomic Chair")));
	memcpy(text, shop_skill, sizeof(shop_skill));
	at = strstr(text, "Bought");
	memcpy(at, "Bagged", 6);
	shop_put_skill(&shop, text);
	OG_CHECK(strcmp(old, shop.hash) != 0);
	reply = step(&run, "buy", "order", NULL);
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
	run_begin(&next, CHARLIE);
	must(step(&next, "buy", "price",
		  json_pack("{s:i,s:s}", "quantity", 1, "product", "Ergonomic Chair")));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(DISTINCT skill_hash) FROM og_task"
				     " WHERE skill = 'buy' AND next_step > 0"),
		     2);
	og_conversation_free(run.talk);
	og_conversation_free(next.talk);
}

int main(void)
{
	shop_open(&shop);
	shop_put_skill(&shop, grow_skill);
	OG_RUN(blocks_need_the_principals_right);
	OG_RUN(blocks_do_their_work_in_one_entry);
	OG_RUN(a_sentence_replaces_nothing);
	OG_RUN(rules_bind_and_are_cited);
	OG_RUN(a_rule_that_cannot_be_judged_refuses);
	OG_RUN(a_running_task_keeps_its_version);
	shop_close(&shop);
	return og_done();
}
