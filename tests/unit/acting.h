/*
 * A task in the shop of shop.h that acts on its own: writes, questions,
 * undo and end, through the channel.
 */
#ifndef OG_TESTS_ACTING_H
#define OG_TESTS_ACTING_H

#include "tests/unit/shop.h"

#include "lib/task/result.h"

static struct shop shop;

struct run {
	struct og_conversation *talk;
	json_t *envelope;
	char id[OG_UUID_LEN + 1];
	int64_t epoch;
	int calls; /* numbers given so far, where a test leaves it to us */
};

/* Another delivery: the epoch rises, unless the task has to wait. */
static inline const char *run_again(struct run *run, const char *agent, char state[32])
{
	json_t *reply =
		shop_ask(run->talk, "task.begin",
			 json_pack("{s:O,s:s}", "envelope", run->envelope, "agent", agent), NULL);

	OG_CHECK(shop_ok(reply));
	run->epoch = og_json_int(reply, "epoch", -1);
	snprintf(state, 32, "%s", og_json_str(reply, "state"));
	json_decref(reply);
	return state;
}

static inline void run_begin_by(struct run *run, int who, const char *agent)
{
	char state[32];

	run->calls = 0;
	run->talk = shop_talk(&shop);
	run->envelope = shop_envelope(&shop, who, "task", "do what has to be done", NULL, run->id);
	OG_CHECK_STR(run_again(run, agent, state), "running");
}

static inline void run_begin(struct run *run, int who)
{
	run_begin_by(run, who, "og-worker/test");
}

static inline void run_end(struct run *run)
{
	og_conversation_free(run->talk);
	json_decref(run->envelope);
}

static inline json_t *ask(struct run *run, const char *verb, json_t *request)
{
	json_object_set_new(request, "task", json_string(run->id));
	json_object_set_new(request, "epoch", json_integer(run->epoch));
	return shop_ask(run->talk, verb, request, NULL);
}

static inline json_t *put(struct run *run, int call, const char *sql)
{
	return ask(run, "sql.write", json_pack("{s:i,s:s}", "call", call, "sql", sql));
}

static inline json_t *step(struct run *run, const char *name)
{
	json_t *request = json_pack("{s:s,s:s}", "skill", "buy", "step", name);

	if (strcmp(name, "price") == 0)
		json_object_set_new(
			request, "slots",
			json_pack("{s:i,s:s}", "quantity", 1, "product", "Ergonomic Chair"));
	return ask(run, "step.run", request);
}

static inline json_t *undo(struct run *run)
{
	return ask(run, "saga.undo", json_pack("{s:s}", "reason", "it went wrong"));
}

static inline json_t *finish(struct run *run, enum og_task_state state)
{
	json_t *result = og_result_new(run->id, "alice", "a test");

	og_result_state(result, state, "because");
	return ask(run, "task.finish",
		   json_pack("{s:s,s:s,s:o}", "state", og_state_name(state), "reason", "because",
			     "result", result));
}

static inline void must(json_t *reply)
{
	OG_CHECK(shop_ok(reply));
	json_decref(reply);
}

static inline void must_not(json_t *reply, const char *verdict, const char *rule)
{
	OG_CHECK(shop_no(reply, verdict, rule));
	json_decref(reply);
}

/* One undo takes back this, and names that as the next ("" for none). */
static inline void undoes(struct run *run, const char *name, const char *how, const char *next)
{
	json_t *reply = undo(run);

	OG_CHECK(shop_ok(reply));
	OG_CHECK_STR(og_json_str(reply, "undone"), name);
	OG_CHECK_STR(og_json_str(reply, "how"), how);
	OG_CHECK_STR(og_json_str(reply, "next"), *next ? next : NULL);
	json_decref(reply);
}

#endif
