/* What a task asks people: answers of its own principal, approvals of
 * another one, and what each is worth. */
#include "tests/unit/acting.h"

#define MODEL "og-worker/model"
#define STOCK "UPDATE products SET stock = stock + 1 WHERE id = 1"

static json_t *answer_ask(struct run *run, int call, const char *question)
{
	return ask(run, "ask",
		   json_pack("{s:i,s:s,s:s}", "call", call, "for", "answer", "question", question));
}

static json_t *approval_ask(struct run *run, int call, const char *sql)
{
	return ask(run, "ask",
		   json_pack("{s:i,s:s,s:s,s:{s:s,s:s}}", "call", call, "for", "approval",
			     "question", "May I?", "about", "verb", "sql.write", "sql", sql));
}

/* The digest of what the task waits for. */
static const char *waits_digest(const struct run *run, char out[OG_HASH_HEX + 1])
{
	struct og_conversation *admin = shop_login(&shop, ALICE);
	json_t *reply = shop_ask(admin, "task.status", json_pack("{s:s}", "task", run->id), NULL);
	const char *digest = og_json_str(json_object_get(reply, "waits"), "digest");

	snprintf(out, OG_HASH_HEX + 1, "%s", digest ? digest : "");
	json_decref(reply);
	og_conversation_free(admin);
	return out;
}

/* A signed word about the task. more is taken. */
static json_t *said(const struct run *run, int who, const char *kind, json_t *more)
{
	char id[OG_UUID_LEN + 1];
	json_t *envelope = shop_envelope(&shop, who, "cancel", run->id, NULL, id);

	json_object_set_new(envelope, "kind", json_string(kind));
	json_object_update(envelope, more);
	json_decref(more);
	shop_sign(&shop, who, envelope);
	return envelope;
}

static json_t *answered(const struct run *run, int who, const char *digest, const char *text)
{
	return said(run, who, "answer",
		    json_pack("{s:s,s:{s:s}}", "digest", digest, "values", "answer", text));
}

static json_t *approved(const struct run *run, int who, const char *digest, const char *state)
{
	return said(run, who, "approve", json_pack("{s:s,s:s}", "digest", digest, "state", state));
}

/* Brings an envelope (taken) to the shield. */
static json_t *bring(struct run *run, json_t *envelope)
{
	return shop_ask(run->talk, "task.begin", json_pack("{s:o}", "envelope", envelope), NULL);
}

static void resumed(struct run *run, json_t *envelope)
{
	json_t *reply = bring(run, envelope);

	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(json_object_get(reply, "resume"), "id"), run->id);
	json_decref(reply);
}

static void an_answer_comes_once(void)
{
	char digest[OG_HASH_HEX + 1], state[32];
	json_t *reply, *answer;
	struct run run;

	run_begin(&run, CHARLIE);
	reply = answer_ask(&run, 4, "Which desk?");
	OG_CHECK_STR(og_json_str(reply, "for"), "answer");
	OG_CHECK_STR(og_json_str(reply, "why"), "it waits for an answer of charlie: Which desk?");
	must_not(reply, "wait", "answer");
	/* It waits: nothing runs, and it is not delivered to anybody. */
	must_not(put(&run, 5, STOCK), "conflict", "finished");
	OG_CHECK_STR(run_again(&run, "og-worker/test", state), "waiting");
	waits_digest(&run, digest);
	must_not(bring(&run, answered(&run, ALICE, digest, "the red one")), "deny", "not-yours");
	must_not(bring(&run, answered(&run, BOB, digest, "the red one")), "deny", "no-task");
	must_not(bring(&run, approved(&run, ALICE, digest, "approved")), "deny", "not-waiting");
	reply = bring(&run, answered(&run, CHARLIE,
				     "0123456789abcdef0123456789abcdef0123456789abcd"
				     "ef0123456789abcdef",
				     "the red one"));
	must_not(reply, "deny", "digest");
	answer = answered(&run, CHARLIE, digest, "the red one");
	resumed(&run, json_incref(answer));
	resumed(&run, json_incref(answer));
	must_not(bring(&run, answered(&run, CHARLIE, digest, "the blue one")), "deny", "answered");
	OG_CHECK_STR(run_again(&run, "og-worker/test", state), "running");
	reply = answer_ask(&run, 4, "Which desk?");
	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "answer"), "the red one");
	OG_CHECK_STR(og_json_str(reply, "by"), "charlie");
	OG_CHECK(!json_object_get(reply, "values"));
	json_decref(reply);
	must_not(bring(&run, answer), "deny", "used");
	must_not(bring(&run, answered(&run, CHARLIE, digest, "no")), "deny", "not-waiting");
	must(finish(&run, OG_TASK_DONE));
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'answer' AND"
				     " principal = 'charlie' AND body LIKE '%the red one%'"),
		     1);
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'wait' AND"
				     " body LIKE '%Which desk?%'"),
		     1);
	run_end(&run);
}

static void values_come_by_name(void)
{
	char digest[OG_HASH_HEX + 1], state[32];
	json_t *reply;
	struct run run;

	run_begin(&run, CHARLIE);
	must_not(answer_ask(&run, 0, "Which, and how many?"), "wait", "answer");
	waits_digest(&run, digest);
	resumed(&run, said(&run, CHARLIE, "answer",
			   json_pack("{s:s,s:{s:s,s:i}}", "digest", digest, "values", "product",
				     "desk", "quantity", 2)));
	run_again(&run, "og-worker/test", state);
	reply = answer_ask(&run, 0, "Which, and how many?");
	OG_CHECK_STR(og_json_str(reply, "answer"), "product = desk; quantity = 2");
	OG_CHECK_INT(og_json_int(json_object_get(reply, "values"), "quantity", 0), 2);
	must(reply);
	/* Another number is another question, in the same words or not. */
	must_not(answer_ask(&run, 1, "Which, and how many?"), "wait", "answer");
	run_end(&run);
}

static void a_question_ends(void)
{
	char digest[OG_HASH_HEX + 1], state[32];
	struct run run;

	run_begin(&run, CHARLIE);
	must_not(answer_ask(&run, 0, "Which?"), "wait", "answer");
	waits_digest(&run, digest);
	shop_exec(&shop, "UPDATE og_task SET waits = json_set(waits, '$.expires',"
			 " '2026-01-01T00:00:00.000Z') WHERE state = 'waiting'");
	must_not(bring(&run, answered(&run, CHARLIE, digest, "late")), "deny", "answer-expired");
	OG_CHECK_STR(run_again(&run, "og-worker/test", state), "running");
	must_not(answer_ask(&run, 0, "Which?"), "deny", "answer-expired");
	/* The task goes on without it. */
	must(finish(&run, OG_TASK_DONE));
	run_end(&run);
}

static void a_cancel_ends_the_wait(void)
{
	char state[32];
	struct run run;

	run_begin(&run, CHARLIE);
	must_not(answer_ask(&run, 0, "Which?"), "wait", "answer");
	resumed(&run, said(&run, CHARLIE, "cancel", json_object()));
	OG_CHECK_STR(run_again(&run, "og-worker/test", state), "cancelled");
	must_not(answer_ask(&run, 0, "Which?"), "deny", "cancelled");
	must(finish(&run, OG_TASK_CANCELLED));
	run_end(&run);
}

static void a_question_is_one(void)
{
	struct run run;

	run_begin(&run, CHARLIE);
	must_not(answer_ask(&run, 0, " "), "error", "malformed");
	must_not(ask(&run, "ask",
		     json_pack("{s:i,s:s,s:s}", "call", 1, "for", "money", "question", "?")),
		 "error", "malformed");
	must_not(ask(&run, "ask",
		     json_pack("{s:i,s:s,s:s,s:i}", "call", 2, "for", "answer", "question", "?",
			       "seconds", 0)),
		 "error", "malformed");
	must_not(ask(&run, "ask",
		     json_pack("{s:i,s:s,s:s}", "call", 3, "for", "approval", "question", "?")),
		 "error", "malformed");
	must_not(ask(&run, "ask",
		     json_pack("{s:i,s:s,s:s,s:{s:s}}", "call", 4, "for", "approval", "question",
			       "?", "about", "verb", "grant.put")),
		 "error", "malformed");
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

static json_t *put_approved(struct run *run, int call, const char *sql, const char *digest)
{
	return ask(run, "sql.write",
		   json_pack("{s:i,s:s,s:s}", "call", call, "sql", sql, "approval", digest));
}

/* Bob is another admin here: alice's tasks are his to approve. */
static void bob_approves(int clearance)
{
	shop_exec(&shop,
		  clearance == 3
			  ? "UPDATE og_principal SET role = 'admin', clearance = 3 WHERE id = 2"
			  : "UPDATE og_principal SET role = 'admin', clearance = 2 WHERE id = 2");
}

static void an_approval_is_of_one_request(void)
{
	char digest[OG_HASH_HEX + 1], state[32];
	struct og_conf *conf = &shop.conf;
	json_t *reply;
	struct run run;

	conf->model_writes = (char *)"approved";
	bob_approves(3);
	run_begin_by(&run, ALICE, MODEL);
	must_not(put(&run, 0, STOCK), "deny", "approval-needed");
	reply = approval_ask(&run, 1, STOCK);
	OG_CHECK_INT(og_json_int(reply, "clearance", 0), 3);
	OG_CHECK_STR(og_json_str(json_object_get(reply, "arguments"), "sql"), STOCK);
	must_not(reply, "wait", "approval");
	waits_digest(&run, digest);
	must_not(bring(&run, approved(&run, ALICE, digest, "approved")), "deny", "own-approval");
	must_not(bring(&run, approved(&run, CHARLIE, digest, "approved")), "deny", "right");
	must_not(bring(&run, answered(&run, ALICE, digest, "yes")), "deny", "not-waiting");
	resumed(&run, approved(&run, BOB, digest, "approved"));
	OG_CHECK_STR(run_again(&run, MODEL, state), "running");
	reply = approval_ask(&run, 1, STOCK);
	OG_CHECK(og_json_bool(reply, "approved", 0));
	OG_CHECK_STR(og_json_str(reply, "by"), "bob");
	OG_CHECK_STR(og_json_str(reply, "digest"), digest);
	must(reply);
	must_not(put_approved(&run, 2, "UPDATE products SET stock = 1000 WHERE id = 1", digest),
		 "deny", "approval");
	must(put_approved(&run, 3, STOCK, digest));
	/* It counts once. */
	must_not(put_approved(&run, 4, STOCK, digest), "deny", "approval");
	OG_CHECK_INT(shop_int(&shop,
			      "SELECT count(*) FROM audit_ledger WHERE action = 'sql.write' AND"
			      " json_extract(body, '$.approval.by') = 'bob' AND"
			      " json_extract(entry, '$.step') = 'call-3'"),
		     1);
	undoes(&run, "call-3", "inverse", "");
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
	conf->model_writes = NULL;
}

static void who_may_not_cannot(void)
{
	char digest[OG_HASH_HEX + 1], state[32];
	json_t *reply;
	struct run run;

	/* A task cannot ask for somebody below its principal. */
	bob_approves(2);
	run_begin_by(&run, ALICE, MODEL);
	reply = ask(&run, "ask",
		    json_pack("{s:i,s:s,s:s,s:i,s:{s:s,s:s}}", "call", 1, "for", "approval",
			      "question", "May I?", "clearance", 1, "about", "verb", "sql.write",
			      "sql", STOCK));
	OG_CHECK_INT(og_json_int(reply, "clearance", 0), 3);
	must_not(reply, "wait", "approval");
	waits_digest(&run, digest);
	must_not(bring(&run, approved(&run, BOB, digest, "approved")), "deny", "clearance");
	/* Approved, and then the approver may no more: it is put aside. */
	bob_approves(3);
	resumed(&run, approved(&run, BOB, digest, "approved"));
	bob_approves(2);
	run_again(&run, MODEL, state);
	must_not(approval_ask(&run, 1, STOCK), "wait", "approval");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action = 'refuse' AND"
				     " json_extract(body, '$.rule') = 'approver'"),
		     1);
	/* A no is final for this request. */
	bob_approves(3);
	resumed(&run, approved(&run, BOB, digest, "rejected"));
	run_again(&run, MODEL, state);
	must_not(approval_ask(&run, 1, STOCK), "deny", "rejected");
	must_not(put_approved(&run, 2, STOCK, digest), "deny", "rejected");
	must_not(approval_ask(&run, 3, STOCK), "deny", "rejected");
	/* The skill's own steps are none of its business. */
	must(step(&run, "price"));
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
}

static void none_is_none(void)
{
	struct og_conversation *begun_in;
	struct run run;
	char state[32];

	shop.conf.model_writes = (char *)"none";
	run_begin_by(&run, ALICE, MODEL "-x");
	must_not(put(&run, 0, STOCK), "deny", "model-writes");
	must_not(ask(&run, "ddl",
		     json_pack("{s:i,s:s}", "call", 1, "sql",
			       "CREATE TABLE t2(id INTEGER PRIMARY KEY)")),
		 "deny", "model-writes");
	/* Nor in a conversation where nobody said who works on the task. */
	begun_in = run.talk;
	run.talk = shop_talk(&shop);
	must_not(put(&run, 2, STOCK), "deny", "model-writes");
	og_conversation_free(run.talk);
	run.talk = begun_in;
	/* A word nobody knows is no leave. */
	shop.conf.model_writes = (char *)"perhaps";
	must_not(put(&run, 2, STOCK), "deny", "model-writes");
	/* Steps are the skill's, and other agents are no models. */
	must(step(&run, "price"));
	must(step(&run, "order"));
	run_again(&run, "og-worker/skill-fallback", state);
	must(put(&run, 3, STOCK));
	shop.conf.model_writes = NULL;
	undoes(&run, "call-3", "inverse", "order");
	undoes(&run, "order", "sql", "price");
	undoes(&run, "price", "none", "");
	must(finish(&run, OG_TASK_COMPENSATED));
	run_end(&run);
}

/* Two tasks on one conversation: who works on the one says nothing of who
 * works on the other. */
static void each_task_has_its_agent(void)
{
	struct run one, two;
	struct og_conversation *talk;
	char state[32], sql[256];

	shop.conf.model_writes = (char *)"none";
	run_begin_by(&one, ALICE, MODEL);
	run_begin(&two, ALICE);
	talk = two.talk;
	two.talk = one.talk;
	OG_CHECK_STR(run_again(&two, "og-worker/skill", state), "running");
	must_not(put(&one, 0, STOCK), "deny", "model-writes");
	must(put(&two, 0, STOCK));
	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM audit_ledger WHERE task = '%s' AND action = 'refuse' AND"
		 " json_extract(entry, '$.agent') = '" MODEL "'",
		 one.id);
	OG_CHECK_INT(shop_int(&shop, sql), 1);
	must(finish(&one, OG_TASK_DENIED));
	must(finish(&two, OG_TASK_DONE));
	shop.conf.model_writes = NULL;
	two.talk = talk;
	run_end(&one);
	run_end(&two);
}

static json_t *skill_put(struct run *run, int call, const char *name, const char *approval)
{
	return ask(run, "skill.put",
		   json_pack("{s:i,s:{s:s,s:s,s:[s],s:[{s:s,s:[{s:s,s:s}]}]},s:s*}", "call", call,
			     "doc", "name", name, "description", "Says how many.", "patterns",
			     "how many", "steps", "name", "count", "blocks", "kind", "read", "text",
			     "SELECT count(*) AS n FROM products", "approval", approval));
}

static void skills_are_put_and_stay(void)
{
	struct run run;
	json_t *reply;

	run_begin_by(&run, CHARLIE, MODEL);
	must_not(skill_put(&run, 0, "how-many", NULL), "deny", "right");
	must(finish(&run, OG_TASK_FAILED));
	run_end(&run);
	run_begin_by(&run, ALICE, MODEL);
	reply = skill_put(&run, 0, "how-many", NULL);
	OG_CHECK(og_json_bool(reply, "changed", 0));
	must(reply);
	must_not(skill_put(&run, 1, "buy", NULL), "deny", "exists");
	reply = ask(&run, "policy.put",
		    json_pack("{s:i,s:{s:s,s:s,s:i,s:s,s:s,s:s,s:[{s:s,s:i,s:i,s:s}]}}", "call", 2,
			      "policy", "name", "be-kind", "source", "policy", "clearance", 1,
			      "node", "buy", "title", "Be kind", "body", "Be kind to all.",
			      "passages", "heading", "", "line", 1, "last", 1, "text",
			      "Be kind to all."));
	must(reply);
	reply = undo(&run);
	OG_CHECK_STR(og_json_str(reply, "why"), "'call-2' (policy.put) is never taken back");
	must_not(reply, "deny", "stays");
	OG_CHECK_INT(shop_int(&shop, "SELECT count(*) FROM audit_ledger WHERE action IN"
				     " ('skill', 'policy') AND json_extract(entry, '$.agent') ="
				     " 'og-worker/model' AND json_extract(entry, '$.step') IN"
				     " ('call-0', 'call-2')"),
		     2);
	must(finish(&run, OG_TASK_COMPENSATION_FAILED));
	run_end(&run);
}

int main(void)
{
	shop_open(&shop);
	OG_RUN(an_answer_comes_once);
	OG_RUN(values_come_by_name);
	OG_RUN(a_question_ends);
	OG_RUN(a_cancel_ends_the_wait);
	OG_RUN(a_question_is_one);
	OG_RUN(an_approval_is_of_one_request);
	OG_RUN(who_may_not_cannot);
	OG_RUN(none_is_none);
	OG_RUN(each_task_has_its_agent);
	OG_RUN(skills_are_put_and_stay);
	shop_close(&shop);
	return og_done();
}
