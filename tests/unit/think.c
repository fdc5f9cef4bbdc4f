/*
 * The loop around a model, against a shield and a model that play their
 * parts. The shield is this program again, started by the channel as its
 * peer: it keeps what a shield keeps of a task (numbered requests, turns,
 * what stands) in a file, so it may die at any request and be started anew.
 * The model is a list of answers, good and bad ones.
 */
#include "tests/unit/unit.h"

#include <signal.h>
#include <unistd.h>

#include "lib/agent/agent.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/proc/proc.h"

#define TEXT_MAX ((size_t)32 << 20)
#define BEGAN	 1769851800000LL /* 2026-01-31T09:30:00Z */

/* JSON with ' for ". */
static json_t *parse(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *parsed = NULL;
	char *copy = strdup(text);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (og_json_parse(copy, strlen(copy), TEXT_MAX, "text", &parsed, &err) < 0)
		printf("# %s: %s\n", err.msg, text);
	free(copy);
	return parsed;
}

/* --- the shield's part ---------------------------------------------------------
 *
 * The world: {"epoch","calls":{N:RECORD},"turns":{N:TURN},"stands":[STEP],
 * "asked":[VERB],"agents":[NAME],"undone":0,"result",
 * and what it is told to do: "replies":{VERB:REPLY or [REPLY, ...]} (instead
 * of its own; of a list one after the other), "die":N (at the Nth request),
 * "late":BOOL (after having done it)}
 */

static json_t *keep_time(json_t *world, json_t *reply)
{
	size_t n = json_object_size(json_object_get(world, "calls")) +
		   json_object_size(json_object_get(world, "turns"));
	char at[OG_TIME_LEN + 1];

	og_time_format(BEGAN + (int64_t)n * 1000, at);
	json_object_set_new(reply, "at", json_string(at));
	return reply;
}

static void hex_of(const json_t *value, char out[OG_HASH_HEX + 1])
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	struct og_hash hash;

	og_buf_init(&text, TEXT_MAX);
	og_json_canon(value, &text, &err);
	og_sha256(text.data, text.len, &hash);
	og_hash_hex(&hash, out);
	og_buf_release(&text);
}

static json_t *begin_task(json_t *world, const json_t *request)
{
	int64_t epoch = og_json_int(world, "epoch", 0) + 1;
	int undo = json_object_get(world, "reason") != NULL;

	json_object_set_new(world, "epoch", json_integer(epoch));
	json_array_append(json_object_get(world, "agents"), json_object_get(request, "agent"));
	return json_pack("{s:b,s:s,s:I,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:O,s:[],s:s,s:s}", "ok", 1,
			 "task", "T", "epoch", (json_int_t)epoch, "state", "running", "principal",
			 "charlie", "role", "manager", "clearance", 2, "submitted",
			 "2026-01-31T09:30:00.000Z", "text", "what is there?", "reason",
			 undo ? og_json_str(world, "reason") : "", "done",
			 json_object_get(world, "stands"), "undone", "phase", undo ? "undo" : "do",
			 "skill", "frozen");
}

static json_t *values_of(const json_t *object)
{
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		json_array_append(list, value);
	return list;
}

static json_t *put_turn(json_t *world, const json_t *request)
{
	json_t *turn = json_deep_copy(request), *reply;
	char name[24];

	snprintf(name, sizeof(name), "%lld", (long long)og_json_int(request, "turn", 0));
	reply = keep_time(world, json_pack("{s:b,s:i}", "ok", 1, "nanousd", 500));
	json_object_set(turn, "time", json_object_get(reply, "at"));
	json_object_set_new(turn, "nanousd", json_integer(500));
	json_object_set_new(turn, "model", json_string("openai:http://127.0.0.1:9#fake"));
	json_object_set_new(turn, "state", json_string("answered"));
	json_object_set_new(json_object_get(world, "turns"), name, turn);
	return reply;
}

static json_t *undo(json_t *world, const json_t *request)
{
	json_t *stands = json_object_get(world, "stands"), *last;
	size_t n = json_array_size(stands);
	json_t *reply = json_pack("{s:b,s:n,s:n}", "ok", 1, "undone", "next");

	json_object_set(world, "reason", json_object_get(request, "reason"));
	last = n > 0 ? json_array_get(stands, n - 1) : NULL;
	if (!last)
		return reply;
	json_object_set(reply, "undone", last);
	if (n > 1)
		json_object_set(reply, "next", json_array_get(stands, n - 2));
	json_array_remove(stands, n - 1);
	json_object_set_new(world, "undone", json_integer(og_json_int(world, "undone", 0) + 1));
	return reply;
}

static json_t *write_rows(json_t *world, const json_t *request)
{
	json_t *step = json_sprintf("call-%lld", (long long)og_json_int(request, "call", -1));

	json_array_append(json_object_get(world, "stands"), step);
	json_object_set_new(world, "writes", json_integer(og_json_int(world, "writes", 0) + 1));
	return json_pack("{s:b,s:o,s:i,s:i,s:b}", "ok", 1, "step", step, "affected", 1, "seq", 7,
			 "rows_affected", 1);
}

/* What it was told to say instead, or NULL. */
static json_t *told(json_t *world, const char *verb)
{
	json_t *said = json_object_get(json_object_get(world, "replies"), verb), *next;

	if (!json_is_array(said))
		return said ? json_deep_copy(said) : NULL;
	next = json_incref(json_array_get(said, 0));
	json_array_remove(said, 0);
	if (json_array_size(said) == 0)
		json_object_del(json_object_get(world, "replies"), verb);
	return next;
}

static json_t *perform(json_t *world, const char *verb, const json_t *request)
{
	json_t *reply = told(world, verb);

	if (reply)
		return reply;
	if (strcmp(verb, "task.begin") == 0)
		return begin_task(world, request);
	if (strcmp(verb, "journal.get") == 0)
		return json_pack("{s:b,s:o,s:o,s:b}", "ok", 1, "turns",
				 values_of(json_object_get(world, "turns")), "calls",
				 values_of(json_object_get(world, "calls")), "more", 0);
	if (strcmp(verb, "journal.put") == 0)
		return put_turn(world, request);
	if (strcmp(verb, "budget.reserve") == 0)
		return parse("{'ok':true,'nanousd':500,'tokens':100,'left':{}}");
	if (strcmp(verb, "schema") == 0)
		return parse("{'ok':true,'tables':[{'name':'products','verbs':['select','insert'],"
			     "'columns':[{'name':'name','type':'TEXT'}]}],'nodes':[],"
			     "'role':'manager','clearance':2,'rights':[]}");
	if (strcmp(verb, "skill.match") == 0)
		return parse("{'ok':true,'match':null,'candidates':[]}");
	if (strcmp(verb, "policy.search") == 0)
		return parse("{'ok':true,'passages':[],'results':[]}");
	if (strcmp(verb, "sql.read") == 0)
		return parse("{'ok':true,'columns':['name'],'rows':[['Chair']]}");
	if (strcmp(verb, "sql.write") == 0)
		return write_rows(world, request);
	if (strcmp(verb, "saga.undo") == 0)
		return undo(world, request);
	if (strcmp(verb, "task.finish") == 0)
		json_object_set(world, "result", json_object_get(request, "result"));
	return json_pack("{s:b}", "ok", 1);
}

/* The record of a numbered request, made if need be. */
static json_t *recorded(json_t *world, const char *verb, const json_t *request, json_t **bad)
{
	json_t *bare = json_copy((json_t *)(uintptr_t)request), *record, *reply;
	static const char *const outside[] = { "v", "id", "task", "epoch", "trace", "call" };
	char name[24], digest[OG_HASH_HEX + 1];

	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		json_object_del(bare, outside[i]);
	hex_of(bare, digest);
	json_decref(bare);
	snprintf(name, sizeof(name), "%lld", (long long)og_json_int(request, "call", -1));
	record = json_object_get(json_object_get(world, "calls"), name);
	if (record) {
		*bad = strcmp(og_json_str(record, "digest"), digest) == 0
			       ? NULL
			       : parse("{'ok':false,'verdict':'conflict','rule':'other-call',"
				       "'code':1,'why':'another request'}");
		return json_object_get(record, "reply");
	}
	reply = perform(world, verb, request);
	if (og_json_str(reply, "verdict") && strcmp(og_json_str(reply, "verdict"), "wait") == 0) {
		*bad = reply;
		return NULL;
	}
	json_object_set_new(json_object_get(world, "calls"), name,
			    json_pack("{s:O,s:s,s:s,s:O}", "call", json_object_get(request, "call"),
				      "verb", verb, "digest", digest, "reply", reply));
	keep_time(world, reply);
	json_decref(reply);
	return reply;
}

static json_t *serve(json_t *world, const json_t *request)
{
	const char *verb = og_json_str(request, "verb");
	json_t *bad = NULL, *reply;

	json_array_append_new(json_object_get(world, "asked"), json_string(verb));
	if (!json_object_get(request, "call"))
		return perform(world, verb, request);
	reply = recorded(world, verb, request, &bad);
	return bad ? bad : json_copy(reply);
}

static int play(const char *path)
{
	struct og_err err = OG_ERR_INIT;
	json_t *world = json_load_file(path, 0, NULL);
	struct og_lines in;
	size_t len;
	char *line;

	og_lines_init(&in, 0, TEXT_MAX);
	while (world && og_lines_next(&in, OG_FOREVER, &line, &len, &err) == 1) {
		json_t *request = NULL, *reply;
		int64_t die = og_json_int(world, "die", -1);
		int late = og_json_bool(world, "late", 0);
		struct og_buf out;

		if (og_json_parse(line, len, TEXT_MAX, "request", &request, &err) < 0)
			return 70;
		if (die > 0)
			json_object_set_new(world, "die", json_integer(die - 1));
		if (die == 0 && !late)
			return 1;
		reply = serve(world, request);
		if (die == 0)
			json_object_set_new(world, "die", json_integer(-1));
		json_dump_file(world, path, 0);
		if (die == 0)
			return 1;
		json_object_set_new(reply, "v", json_integer(1));
		json_object_set(reply, "id", json_object_get(request, "id"));
		og_buf_init(&out, TEXT_MAX);
		og_json_dump(reply, &out, &err);
		og_buf_addc(&out, '\n');
		og_write_all(1, out.data, out.len);
		og_buf_release(&out);
		json_decref(reply);
		json_decref(request);
	}
	return 0;
}

/* --- the model's part ---------------------------------------------------------- */

struct scene {
	char path[32];
	json_t *world;	 /* before and after a delivery */
	json_t *answers; /* of the model */
	size_t next, asked;
	json_t *last; /* request that it got */
	struct og_agent_report report;
	struct og_budget_limits limits;
	struct og_reasoning with;
	struct og_model model;
	struct og_telemetry *telemetry;
	int dry;
};

static void add_calls(json_t *message, const json_t *calls)
{
	json_t *list = json_array(), *call;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)calls, i, call)
	{
		const char *raw = og_json_str(call, "raw");
		char *arguments = json_dumps(json_object_get(call, "arguments"), JSON_COMPACT);

		json_array_append_new(list, json_pack("{s:o,s:s,s:{s:O,s:s}}", "id",
						      json_sprintf("id%zu", i), "type", "function",
						      "function", "name",
						      json_object_get(call, "name"), "arguments",
						      raw	  ? raw
						      : arguments ? arguments
								  : "{}"));
		free(arguments);
	}
	json_object_set_new(message, "tool_calls", list);
}

/* {"text"?,"calls"?,"stop"?} in OpenAI's words. */
static json_t *body_of(const json_t *answer)
{
	const char *text = og_json_str(answer, "text"), *stop = og_json_str(answer, "stop");
	const json_t *calls = json_object_get(answer, "calls");
	json_t *message = json_pack("{s:s,s:s?}", "role", "assistant", "content", text);

	if (calls)
		add_calls(message, calls);
	return json_pack("{s:s,s:s,s:s,s:[{s:i,s:o,s:s}],s:{s:i,s:i,s:i}}", "id", "c1", "object",
			 "chat.completion", "model", "fake-1", "choices", "index", 0, "message",
			 message, "finish_reason",
			 stop	 ? stop
			 : calls ? "tool_calls"
				 : "stop",
			 "usage", "prompt_tokens", 100, "completion_tokens", 10, "total_tokens",
			 110);
}

static void answer(void *arg, const char *url, const char *body, size_t len, int stream,
		   struct og_call_answer *ret)
{
	struct scene *scene = arg;
	const json_t *said = json_array_get(scene->answers, scene->next++);
	struct og_err err = OG_ERR_INIT;
	json_t *made;

	(void)stream;
	OG_CHECK_STR(url, "http://127.0.0.1:9/chat/completions");
	scene->asked++;
	json_decref(scene->last);
	scene->last = NULL;
	OG_CHECK_OK(og_json_parse(body, len, TEXT_MAX, "body", &scene->last, &err), &err);
	ret->outcome = OG_CALL_ANSWERED;
	ret->status = (int)og_json_int(said, "status", 200);
	ret->retry_ms = og_json_int(said, "retry_ms", 0);
	snprintf(ret->why, sizeof(ret->why), "%s",
		 og_json_str(said, "why") ? og_json_str(said, "why") : "");
	if (!said || og_json_bool(said, "broken", 0))
		ret->outcome = OG_CALL_BROKEN;
	else if (og_json_bool(said, "unsent", 0))
		ret->outcome = OG_CALL_UNSENT;
	else if (og_json_bool(said, "unknown", 0))
		ret->outcome = OG_CALL_UNKNOWN;
	else if (og_json_str(said, "body"))
		og_buf_adds(&ret->body, og_json_str(said, "body"));
	else if (!json_object_get(said, "status")) {
		made = body_of(said);
		og_json_dump(made, &ret->body, &err);
		json_decref(made);
	}
	if (og_json_int(said, "sleep_ms", 0))
		usleep((useconds_t)og_json_int(said, "sleep_ms", 0) * 1000);
}

/* --- the stage ------------------------------------------------------------------ */

static void begin_scene(struct scene *scene, const char *answers)
{
	struct og_err err = OG_ERR_INIT;
	int fd;

	memset(scene, 0, sizeof(*scene));
	snprintf(scene->path, sizeof(scene->path), "/tmp/og-think-XXXXXX");
	fd = mkstemp(scene->path);
	OG_CHECK(fd >= 0);
	close(fd);
	scene->answers = parse(answers);
	scene->world = parse("{'epoch':0,'calls':{},'turns':{},'stands':[],'asked':[],'agents':[],"
			     "'replies':{},'die':-1}");
	scene->limits = (struct og_budget_limits){ 50, 3, 60 };
	OG_CHECK_OK(og_model_parse("openai:http://127.0.0.1:9#fake", &scene->model, &err), &err);
	scene->with = (struct og_reasoning){ .model = &scene->model,
					     .ask = answer,
					     .max_output = 256,
					     .patience_ms = INT64_MAX / 4,
					     .writes = 1 };
}

/* The shield says this to verb from now on. */
static void tell(struct scene *scene, const char *verb, const char *reply)
{
	json_object_set_new(json_object_get(scene->world, "replies"), verb, parse(reply));
}

static struct og_agent_means means_of(struct scene *scene)
{
	scene->with.arg = scene;
	return (struct og_agent_means){ .limits = &scene->limits,
					.telemetry = scene->telemetry,
					.reasoning = &scene->with,
					.dry = scene->dry };
}

/* One delivery. */
static void deliver(struct scene *scene)
{
	static const char envelope[] = "{\"v\":1,\"kind\":\"task\",\"text\":\"what is there?\"}";
	char exe[4096] = "";
	struct og_shield_place place = { "local:", exe, scene->path, NULL };
	struct og_agent_means means = means_of(scene);
	struct og_err err = OG_ERR_INIT;

	og_agent_report_release(&scene->report);
	scene->next = json_object_size(json_object_get(scene->world, "turns"));
	OG_CHECK(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	OG_CHECK_INT(json_dump_file(scene->world, scene->path, 0), 0);
	if (OG_CHECK_OK(og_channel_open(&place, &means.channel, &err), &err))
		og_agent_run(&means, envelope, strlen(envelope), &scene->report);
	og_channel_close(means.channel);
	json_decref(scene->world);
	scene->world = json_load_file(scene->path, 0, NULL);
}

static void end_scene(struct scene *scene)
{
	og_agent_report_release(&scene->report);
	json_decref(scene->world);
	json_decref(scene->answers);
	json_decref(scene->last);
	unlink(scene->path);
}

static const json_t *result(const struct scene *scene, const char *member)
{
	return json_object_get(json_object_get(scene->world, "result"), member);
}

static void check_end(const struct scene *scene, const char *state, const char *reason)
{
	OG_CHECK_INT(scene->report.outcome, OG_OUTCOME_ACK);
	OG_CHECK_STR(json_string_value(result(scene, "state")), state);
	OG_CHECK_STR(json_string_value(result(scene, "reason")), reason);
}

/* NULL says nothing. */
static int says(const json_t *value, const char *words)
{
	return json_is_string(value) && strstr(json_string_value(value), words) != NULL;
}

static size_t times_asked(const struct scene *scene, const char *verb)
{
	json_t *item;
	size_t i, n = 0;

	json_array_foreach(json_object_get(scene->world, "asked"), i, item) n +=
		strcmp(json_string_value(item), verb) == 0;
	return n;
}

static json_t *journal_of(const struct scene *scene)
{
	json_t *world = json_deep_copy(scene->world), *nothing = json_object();
	json_t *begun = begin_task(world, nothing);
	json_t *journal = json_pack("{s:o,s:o,s:o,s:O}", "begun", begun, "turns",
				    values_of(json_object_get(world, "turns")), "calls",
				    values_of(json_object_get(world, "calls")), "result",
				    json_object_get(world, "result"));

	json_decref(world);
	json_decref(nothing);
	return journal;
}

/* It can be done again from the records, and comes to the same, with a cost
 * that the shield summed up. */
static void check_rerun(struct scene *scene)
{
	struct og_agent_means means = means_of(scene);
	struct og_agent_report report;
	json_t *journal = journal_of(scene), *again = NULL;
	size_t asked = scene->asked;

	json_object_set_new(json_object_get(json_object_get(journal, "result"), "cost"), "nanousd",
			    json_integer(12345));

	if (!OG_CHECK(og_agent_rerun(&means, journal, &again, &report) == 0))
		printf("# rerun: %s\n", report.why);
	OG_CHECK_INT(report.outcome, OG_OUTCOME_ACK);
	OG_CHECK(again != NULL);
	OG_CHECK_INT(scene->asked, asked);
	og_agent_report_release(&report);
	json_decref(again);
	json_decref(journal);
}

#define READ   "{'calls':[{'name':'read','arguments':{'sql':'SELECT name FROM products'}}]}"
#define READ2  "{'calls':[{'name':'read','arguments':{'sql':'SELECT name FROM products p'}}]}"
#define WRITE  "{'calls':[{'name':'write','arguments':{'sql':'INSERT INTO products VALUES (1)'}}]}"
#define FINISH "{'calls':[{'name':'finish','arguments':{'answer':'A chair.'}}]}"
#define GIVE   "{'calls':[{'name':'give_up','arguments':{'reason':'I may not.'}}]}"

/* --- scenes ---------------------------------------------------------------------- */

static void done(void)
{
	struct scene s;

	begin_scene(&s, "[" READ "," FINISH "]");
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK_STR(json_string_value(result(&s, "answer")), "A chair.");
	OG_CHECK_STR(json_string_value(result(&s, "planner")), "model");
	OG_CHECK_STR(json_string_value(result(&s, "model")), "openai:http://127.0.0.1:9#fake");
	OG_CHECK_INT(og_json_int(result(&s, "cost"), "calls", 0), 2);
	OG_CHECK_INT(og_json_int(result(&s, "cost"), "input", 0), 200);
	OG_CHECK_INT(og_json_int(result(&s, "cost"), "nanousd", 0), 1000);
	OG_CHECK_STR(json_string_value(json_array_get(json_object_get(s.world, "agents"), 0)),
		     "og-worker/model");
	OG_CHECK_INT(times_asked(&s, "budget.reserve"), 2);
	OG_CHECK_INT(times_asked(&s, "journal.put"), 2);
	check_rerun(&s);
	end_scene(&s);
}

static void in_words(void)
{
	struct scene s;

	begin_scene(&s, "[{'text':'A chair is there.'}]");
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK_STR(json_string_value(result(&s, "answer")), "A chair is there.");
	check_rerun(&s);
	end_scene(&s);
}

/* What it wrote is taken back when it gives up. */
static void gives_up(void)
{
	struct scene s;

	begin_scene(&s, "[" GIVE "]");
	deliver(&s);
	check_end(&s, "denied", "gave up: I may not.");
	check_rerun(&s);
	end_scene(&s);

	begin_scene(&s, "[" WRITE "," WRITE "," GIVE "]");
	deliver(&s);
	check_end(&s, "compensated", "gave up: I may not.");
	OG_CHECK_INT(og_json_int(s.world, "undone", 0), 2);
	OG_CHECK_INT(json_array_size(result(&s, "compensation")), 2);
	check_rerun(&s);
	end_scene(&s);
}

/* --- limits ---------------------------------------------------------------------- */

static const json_t *diagnostic(const struct scene *s)
{
	return json_array_get(json_object_get(result(s, "data"), "interrupt"), 0);
}

static int was_told(const struct scene *s, const char *words)
{
	char *text = json_dumps(s->last, JSON_COMPACT);
	int told_it = text && strstr(text, words) != NULL;

	free(text);
	return told_it;
}

/* The last request has the tools that end a task and no others. */
static void check_last_tools(const struct scene *s)
{
	json_t *tools = json_object_get(s->last, "tools"), *tool;
	size_t i;

	json_array_foreach(tools, i, tool)
	{
		const char *name = og_json_str(json_object_get(tool, "function"), "name");

		OG_CHECK(name && (strcmp(name, "finish") == 0 || strcmp(name, "give_up") == 0));
	}
}

static void repeats(void)
{
	struct scene s;

	begin_scene(&s, "[" READ "," READ "," READ "," READ "]");
	deliver(&s);
	check_end(&s, "interrupted", "SYSTEM_INTERRUPT: limit of repeats reached (3 of 3)");
	OG_CHECK_STR(og_json_str(diagnostic(&s), "step"), "read");
	OG_CHECK_STR(og_json_str(diagnostic(&s), "statement"), "SELECT name FROM products");
	OG_CHECK(was_told(&s, "last turn"));
	check_last_tools(&s);
	OG_CHECK_INT(times_asked(&s, "sql.read"), 3);
	check_rerun(&s);
	end_scene(&s);

	/* With its last turn it may still come to an end. */
	begin_scene(&s, "[" READ "," READ "," READ "," FINISH "]");
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK(says(result(&s, "next"), "near its limit of calls"));
	check_rerun(&s);
	end_scene(&s);
}

static void cycle(void)
{
	struct scene s;

	begin_scene(&s, "[" READ "," READ2 "," READ "," READ2 "," READ "," READ "]");
	deliver(&s);
	check_end(&s, "interrupted", "SYSTEM_INTERRUPT: limit of cycle reached (3 of 3)");
	check_rerun(&s);
	end_scene(&s);
}

static void steps(void)
{
	struct scene s;

	begin_scene(&s, "[{'calls':[{'name':'read','arguments':{'sql':'1'}},"
			"{'name':'read','arguments':{'sql':'2'}},"
			"{'name':'read','arguments':{'sql':'3'}}]}," READ "]");
	s.limits.steps = 2;
	deliver(&s);
	check_end(&s, "interrupted", "SYSTEM_INTERRUPT: limit of steps reached (2 of 2)");
	/* The third was not made, and the model was told so. */
	OG_CHECK_INT(times_asked(&s, "sql.read"), 2);
	OG_CHECK(was_told(&s, "the call was not made"));
	check_rerun(&s);
	end_scene(&s);
}

/* A limit after something was written: it is taken back. */
static void limit_undoes(void)
{
	struct scene s;

	begin_scene(&s, "[" WRITE "," READ "," READ "]");
	s.limits.steps = 2;
	deliver(&s);
	check_end(&s, "interrupted", "SYSTEM_INTERRUPT: limit of steps reached (2 of 2)");
	OG_CHECK_INT(og_json_int(s.world, "undone", 0), 1);
	check_rerun(&s);
	end_scene(&s);
}

static void seconds(void)
{
	struct scene s;

	begin_scene(&s, "[{'sleep_ms':1100,'calls':[{'name':'read','arguments':{'sql':'1'}}]},"
			"" FINISH "]");
	s.limits.seconds = 1;
	deliver(&s);
	OG_CHECK_STR(json_string_value(result(&s, "state")), "interrupted");
	OG_CHECK(says(result(&s, "reason"), "limit of seconds reached"));
	OG_CHECK_STR(og_json_str(diagnostic(&s), "limit"), "seconds");
	check_rerun(&s);
	end_scene(&s);

	/* Nearly over: it is told so. */
	begin_scene(&s, "[{'sleep_ms':9900,'calls':[{'name':'read','arguments':{'sql':'1'}}]},"
			"" FINISH "]");
	s.limits.seconds = 12;
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK(says(result(&s, "next"), "near its limit of time"));
	check_rerun(&s);
	end_scene(&s);
}

#define SPENT                                                                                      \
	"{'ok':false,'verdict':'budget','rule':'budget-task-tokens','code':1,"                     \
	"'why':'the task may use 1000 tokens and has used 990','fix':'task_tokens',"               \
	"'allowed':1000,'reached':990}"

static void money(void)
{
	struct scene s;

	begin_scene(&s, "[" WRITE "]");
	tell(&s, "budget.reserve",
	     "[{'ok':true,'nanousd':5,'tokens':9,'left':{'tokens':100000}}," SPENT "]");
	deliver(&s);
	check_end(&s, "interrupted",
		  "SYSTEM_INTERRUPT: the task may use 1000 tokens and has used 990");
	OG_CHECK_STR(og_json_str(diagnostic(&s), "limit"), "budget-task-tokens");
	OG_CHECK_INT(og_json_int(diagnostic(&s), "reached", 0), 990);
	OG_CHECK_INT(og_json_int(s.world, "undone", 0), 1);
	check_rerun(&s);
	end_scene(&s);

	/* Enough for one more answer. */
	begin_scene(&s, "[" READ "," FINISH "]");
	tell(&s, "budget.reserve",
	     "[{'ok':true,'nanousd':5,'tokens':9,'left':{'tokens':100000}},"
	     "{'ok':true,'nanousd':5,'tokens':9,'left':{'tokens':3}}]");
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK(was_told(&s, "one more answer only"));
	check_last_tools(&s);
	check_rerun(&s);
	end_scene(&s);

	begin_scene(&s, "[" READ "]");
	tell(&s, "budget.reserve", "{'ok':true,'nanousd':5,'left':{'nanousd':4}}");
	deliver(&s);
	OG_CHECK_STR(json_string_value(result(&s, "state")), "interrupted");
	check_rerun(&s);
	end_scene(&s);
}

static void no_price(void)
{
	struct scene s;

	begin_scene(&s, "[]");
	tell(&s, "budget.reserve",
	     "{'ok':false,'verdict':'deny','rule':'no-price','code':1,'why':'no price is known',"
	     "'fix':'model_price'}");
	deliver(&s);
	check_end(&s, "denied", "no price is known");
	OG_CHECK_STR(og_json_str(result(&s, "refusal"), "fix"), "model_price");
	OG_CHECK_INT(s.asked, 0);
	check_rerun(&s);
	end_scene(&s);
}

/* --- a provider in trouble ---------------------------------------------------------- */

static void throttled(void)
{
	struct scene s;

	begin_scene(&s, "[" READ ",{'status':429,'retry_ms':2500}]");
	deliver(&s);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_WAITING);
	OG_CHECK_INT(s.report.delay_ms, 2500);
	OG_CHECK_INT(times_asked(&s, "budget.settle"), 1);
	OG_CHECK_INT(times_asked(&s, "task.finish"), 0);
	/* It comes again, and the first turn is not asked again. */
	json_array_set_new(s.answers, 1, parse(FINISH));
	s.asked = 0;
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK_INT(s.asked, 1);
	OG_CHECK_INT(times_asked(&s, "sql.read"), 1);
	check_rerun(&s);
	end_scene(&s);

	/* Patience has an end. The records are of January. */
	begin_scene(&s, "[{'status':429}]");
	s.with.patience_ms = 1000;
	deliver(&s);
	OG_CHECK_STR(json_string_value(result(&s, "state")), "failed");
	OG_CHECK(says(result(&s, "reason"), "the model is throttled: "));
	check_rerun(&s);
	end_scene(&s);
}

/* The shield says that the provider is not to be asked now. */
static void breaker(void)
{
	struct scene s;

	begin_scene(&s, "[]");
	tell(&s, "budget.reserve",
	     "{'ok':false,'verdict':'wait','rule':'provider','code':75,'why':'it rests',"
	     "'delay_ms':7000}");
	deliver(&s);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_WAITING);
	OG_CHECK_INT(s.report.delay_ms, 7000);
	OG_CHECK_INT(s.asked, 0);
	s.with.patience_ms = 1000;
	deliver(&s);
	check_end(&s, "failed", "the model is throttled: it rests");
	end_scene(&s);
}

static void check_fault(const char *answer_text, const char *reason)
{
	char answers[512];
	struct scene s;

	snprintf(answers, sizeof(answers), "[%s,%s]", answer_text, answer_text);
	begin_scene(&s, answers);
	deliver(&s);
	OG_CHECK_STR(json_string_value(result(&s, "state")), "failed");
	OG_CHECK(says(result(&s, "reason"), reason));
	if (!says(result(&s, "reason"), reason))
		printf("# wanted: %s\n", reason);
	OG_CHECK_STR(json_string_value(result(&s, "planner")), "model");
	check_rerun(&s);
	end_scene(&s);
}

static void faults(void)
{
	check_fault("{'unsent':true,'why':'connection refused'}",
		    "the model cannot be reached: connection refused");
	check_fault("{'unknown':true,'why':'timeout'}", "the model did not answer: timeout");
	check_fault("{'status':401}", "(key)");
	check_fault("{'status':500}", "(down)");
	check_fault("{'body':'<html>'}", "the model's answer cannot be read");
	check_fault("{'text':'x','stop':'content_filter'}", "the model refused to answer");
	check_fault("{'text':'x','stop':'length'}", "the model's answers are too long");
	check_fault("{'text':''}", "the model's answers are malformed");
}

/* The first bad answer is forgiven. */
static void once_more(void)
{
	struct scene s;

	begin_scene(&s, "[{'text':'x','stop':'length'}," FINISH "]");
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK(was_told(&s, "Be shorter"));
	check_rerun(&s);
	end_scene(&s);

	begin_scene(&s, "[{'calls':[{'name':'read','raw':'{sql'}]}," FINISH "]");
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK(was_told(&s, "valid JSON"));
	check_rerun(&s);
	end_scene(&s);
}

/* A worker that is told to stop meanwhile leaves the task to the next one. */
static void told_to_stop(void)
{
	struct scene s;

	begin_scene(&s, "[" READ ",{'broken':true,'why':'told to stop'}]");
	deliver(&s);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_RETRY);
	OG_CHECK_STR(s.report.why, "told to stop");
	OG_CHECK_INT(times_asked(&s, "budget.settle"), 0);
	end_scene(&s);
}

static void quirk(void)
{
	struct scene s;

	begin_scene(&s, "[{'status':400,'body':'{\\'error\\':{\\'message\\':"
			"\\'Unsupported parameter: max_completion_tokens\\',"
			"\\'param\\':\\'max_completion_tokens\\'}}'},{'text':'Done.'}]");
	/* The quotes of a body inside the script. */
	json_object_set_new(json_array_get(s.answers, 0), "body",
			    json_string("{\"error\":{\"message\":\"Unsupported parameter: "
					"'max_completion_tokens' is not supported with this model. "
					"Use 'max_tokens' instead.\",\"type\":"
					"\"invalid_request_error\",\"param\":"
					"\"max_completion_tokens\",\"code\":"
					"\"unsupported_parameter\"}}"));
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK_INT(s.asked, 2);
	OG_CHECK_INT(s.with.quirks, OG_QUIRK_MAX_TOKENS);
	/* Whoever does it again need not know. */
	s.with.quirks = 0;
	check_rerun(&s);
	end_scene(&s);
}

/* --- fallback ------------------------------------------------------------------------ */

#define MATCHED                                                                                    \
	"{'ok':true,'match':{'skill':'list','hash':'h1','slots':{},'missing':[],'ambiguous':{}},"  \
	"'candidates':[{'skill':'list','score':1}]}"
#define LIST                                                                                       \
	"{'ok':true,'hash':'h1','skill':{'name':'list','next':[],'steps':["                        \
	"{'name':'look','blocks':[{'kind':'read','text':'SELECT 1'}]}]}}"

static void falls_back(void)
{
	struct scene s;
	const json_t *agents;

	begin_scene(&s, "[" READ ",{'unsent':true,'why':'connection refused'}]");
	s.with.fallback = 1;
	tell(&s, "skill.match", MATCHED);
	tell(&s, "skill.get", LIST);
	tell(&s, "step.run", "{'ok':true,'step':'look','affected':0,'answer':'One.'}");
	deliver(&s);
	check_end(&s, "done", "");
	agents = json_object_get(s.world, "agents");
	OG_CHECK_INT(json_array_size(agents), 2);
	OG_CHECK_STR(json_string_value(json_array_get(agents, 1)), "og-worker/skill-fallback");
	OG_CHECK_STR(json_string_value(result(&s, "planner")), "skill");
	OG_CHECK_STR(json_string_value(result(&s, "fallback")),
		     "the model cannot be reached: connection refused");
	OG_CHECK(says(result(&s, "next"), "No model could be used"));
	OG_CHECK_STR(json_string_value(result(&s, "answer")), "One.");
	/* Nothing is told in the model's name any more. */
	OG_CHECK_STR(og_json_str(json_array_get(result(&s, "trace"),
						json_array_size(result(&s, "trace")) - 1),
				 "agent"),
		     "og-worker/skill-fallback");
	check_rerun(&s);
	end_scene(&s);
}

/* Not while something stands that the model did. */
static void no_fallback(void)
{
	struct scene s;

	begin_scene(&s, "[" WRITE ",{'unsent':true,'why':'connection refused'}]");
	s.with.fallback = 1;
	deliver(&s);
	check_end(&s, "compensated", "the model cannot be reached: connection refused");
	OG_CHECK(result(&s, "fallback") == NULL);
	OG_CHECK_INT(json_array_size(json_object_get(s.world, "agents")), 1);
	check_rerun(&s);
	end_scene(&s);
}

/* --- going on ------------------------------------------------------------------------- */

/* The same scene, with the shield dead at the nth request: after as many
 * deliveries as it takes, the end is the same, and no answer that was had is
 * asked for again. 0: it did not come to n requests. */
static int cut(const char *answers, int fallback, int n, int late, const json_t *want)
{
	struct scene s;
	int died;

	begin_scene(&s, answers);
	s.with.fallback = fallback;
	tell(&s, "skill.get", LIST);
	tell(&s, "step.run", "{'ok':true,'step':'look','affected':0,'answer':'One.'}");
	if (fallback)
		tell(&s, "skill.match", MATCHED);
	json_object_set_new(s.world, "die", json_integer(n));
	json_object_set_new(s.world, "late", json_boolean(late));
	deliver(&s);
	died = s.report.outcome == OG_OUTCOME_RETRY;
	json_object_set_new(s.world, "die", json_integer(-1));
	if (!result(&s, "state"))
		deliver(&s);
	if (want && !json_equal(json_object_get(s.world, "result"), want)) {
		printf("# cut at %d%s\n", n, late ? ", late" : "");
		OG_CHECK(json_equal(json_object_get(s.world, "result"), want));
	}
	OG_CHECK_INT(og_json_int(s.world, "writes", 0), strstr(answers, "INSERT") ? 1 : 0);
	check_rerun(&s);
	end_scene(&s);
	return died;
}

static json_t *straight(const char *answers)
{
	struct scene s;
	json_t *want;

	begin_scene(&s, answers);
	deliver(&s);
	want = json_incref(json_object_get(s.world, "result"));
	end_scene(&s);
	return want;
}

static void cut_everywhere(const char *answers)
{
	json_t *want = straight(answers);
	int n = 0;

	OG_CHECK(want != NULL);
	for (int late = 0; late < 2; late++)
		for (n = 0; n < 100 && cut(answers, 0, n, late, want); n++)
			continue;
	OG_CHECK(n > 8 && n < 100);
	json_decref(want);
}

static void resumed(void)
{
	cut_everywhere("[" READ "," WRITE "," FINISH "]");
	cut_everywhere("[" READ "," WRITE "," GIVE "]");
	cut_everywhere("[" WRITE "," READ "," READ "," READ "," READ "]");
}

/* With a fallback the words about why may differ; what was done does not. */
static void resumed_fallback(void)
{
	int n;

	for (n = 0; n < 100 && cut("[" READ ",{'unsent':true,'why':'x'}]", 1, n, 1, NULL); n++)
		continue;
	OG_CHECK(n > 8 && n < 100);
}

/* --- records that do not fit ----------------------------------------------------------- */

static void check_bad_rerun(struct scene *s, json_t *journal, const char *why)
{
	struct og_agent_means means = means_of(s);
	struct og_agent_report report;
	json_t *again = NULL;

	OG_CHECK(og_agent_rerun(&means, journal, &again, &report) != 0);
	OG_CHECK(strstr(report.why, why) != NULL);
	if (!strstr(report.why, why))
		printf("# got: %s\n", report.why);
	og_agent_report_release(&report);
	json_decref(again);
	json_decref(journal);
}

static void changed_records(void)
{
	struct scene s;
	json_t *journal, *item;

	begin_scene(&s, "[" READ "," FINISH "]");
	deliver(&s);
	check_end(&s, "done", "");

	/* An answer of the shield: the next request to the model is another. */
	journal = journal_of(&s);
	item = json_array_get(json_object_get(journal, "calls"),
			      json_array_size(json_object_get(journal, "calls")) - 1);
	OG_CHECK_STR(og_json_str(item, "verb"), "sql.read");
	json_object_set_new(json_object_get(item, "reply"), "rows", parse("[['Desk']]"));
	check_bad_rerun(&s, journal, "the request of turn 2 is another");

	/* An answer of the model. */
	journal = journal_of(&s);
	item = json_array_get(json_object_get(journal, "turns"), 0);
	item = json_array_get(json_object_get(json_object_get(item, "answer"), "calls"), 0);
	json_object_set_new(json_object_get(item, "arguments"), "sql", json_string("SELECT 2"));
	check_bad_rerun(&s, journal, "(sql.read) is another than the one on record");

	/* The result. */
	journal = journal_of(&s);
	json_object_set_new(json_object_get(journal, "result"), "answer", json_string("A desk."));
	check_bad_rerun(&s, journal, "differs from the one on record in 'answer'");

	/* One that is gone. */
	journal = journal_of(&s);
	json_array_clear(json_object_get(journal, "turns"));
	check_bad_rerun(&s, journal, "journal: turn 1 is not on record");
	end_scene(&s);
}

/* A worker that finds a record that is not of its request ends the task, and
 * takes back what stands. */
static void astray(void)
{
	struct scene s;
	json_t *turn;

	begin_scene(&s, "[" WRITE ",{'broken':true}]");
	deliver(&s);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_RETRY);
	turn = json_object_get(json_object_get(s.world, "turns"), "1");
	json_object_set_new(turn, "digest", json_string("00"));
	deliver(&s);
	check_end(&s, "compensated",
		  "journal: the request of turn 1 is another than the one on record "
		  "(have og.conf's model lines or the program changed since?)");
	OG_CHECK_INT(og_json_int(s.world, "undone", 0), 1);
	end_scene(&s);
}

static void cancelled(void)
{
	struct scene s;

	begin_scene(&s, "[" WRITE ",{'broken':true}]");
	deliver(&s);
	tell(&s, "task.begin",
	     "{'ok':true,'task':'T','epoch':2,'state':'cancelled','principal':'charlie',"
	     "'role':'manager','clearance':2,'submitted':'2026-01-31T09:30:00.000Z',"
	     "'text':'what is there?','reason':'','done':['call-1'],'undone':[],'phase':'do'}");
	s.asked = 0;
	deliver(&s);
	check_end(&s, "cancelled", "cancelled by its principal");
	OG_CHECK_INT(og_json_int(s.world, "undone", 0), 1);
	OG_CHECK_INT(s.asked, 0);
	OG_CHECK_INT(json_array_size(result(&s, "steps")), 1);
	check_rerun(&s);
	end_scene(&s);
}

/* It waits for somebody's word, and goes on with it. */
static void waits(void)
{
	struct scene s;

	begin_scene(&s, "[" READ "," FINISH "]");
	tell(&s, "sql.read",
	     "[{'ok':false,'verdict':'wait','rule':'answer','code':75,'why':'asked',"
	     "'delay_ms':9000}]");
	deliver(&s);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_WAITING);
	OG_CHECK_INT(s.report.delay_ms, 9000);
	deliver(&s);
	check_end(&s, "done", "");
	OG_CHECK_INT(s.asked, 2);
	check_rerun(&s);
	end_scene(&s);
}

static void dry(void)
{
	struct scene s;

	begin_scene(&s, "[]");
	s.dry = 1;
	deliver(&s);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_DRY);
	OG_CHECK_STR(og_json_str(s.report.dry, "url"), "http://127.0.0.1:9/chat/completions");
	OG_CHECK(strstr(og_json_str(s.report.dry, "body"), "what is there?") != NULL);
	OG_CHECK_INT(og_json_int(s.report.dry, "output", 0), 256);
	OG_CHECK_INT(s.asked, 0);
	OG_CHECK_INT(json_object_size(json_object_get(s.world, "calls")), 0);
	OG_CHECK_INT(times_asked(&s, "budget.reserve"), 0);
	end_scene(&s);
}

/* --- what is told ------------------------------------------------------------------------ */

static void read_told(const char *dir, struct og_buf *text)
{
	struct og_err err = OG_ERR_INIT;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, OG_TELEMETRY_LATE);
	OG_CHECK_OK(og_file_read(path, "telemetry", text, &err), &err);
	unlink(path);
}

/* Spans say who was asked and which tools were called, and nothing of what
 * was said, unless the instance lets content be told. */
static void check_told(int content)
{
	char dir[] = "/tmp/og-think-run-XXXXXX";
	struct og_telemetry_place place = { "file:x", dir, "og-worker", "0.1.0", content, 1 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	struct scene s;

	OG_CHECK(mkdtemp(dir) != NULL);
	begin_scene(&s, "[" READ "," FINISH "]");
	OG_CHECK_OK(og_telemetry_open(&place, &s.telemetry, &err), &err);
	deliver(&s);
	og_telemetry_close(s.telemetry);
	og_buf_init(&text, TEXT_MAX);
	read_told(dir, &text);
	OG_CHECK(strstr(text.data, "chat fake") != NULL);
	OG_CHECK(strstr(text.data, "gen_ai.usage.input_tokens") != NULL);
	OG_CHECK(strstr(text.data, "execute_tool read") != NULL);
	OG_CHECK_INT(strstr(text.data, "SELECT name") != NULL, content);
	OG_CHECK(strstr(text.data, "A chair") == NULL || content);
	og_buf_release(&text);
	rmdir(dir);
	end_scene(&s);
}

static void telemetry(void)
{
	check_told(0);
	check_told(1);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "--channel") == 0)
		_exit(play(argv[3]));
	OG_RUN(done);
	OG_RUN(in_words);
	OG_RUN(gives_up);
	OG_RUN(repeats);
	OG_RUN(cycle);
	OG_RUN(steps);
	OG_RUN(limit_undoes);
	OG_RUN(seconds);
	OG_RUN(money);
	OG_RUN(no_price);
	OG_RUN(throttled);
	OG_RUN(breaker);
	OG_RUN(faults);
	OG_RUN(once_more);
	OG_RUN(told_to_stop);
	OG_RUN(quirk);
	OG_RUN(falls_back);
	OG_RUN(no_fallback);
	OG_RUN(resumed);
	OG_RUN(resumed_fallback);
	OG_RUN(changed_records);
	OG_RUN(astray);
	OG_RUN(cancelled);
	OG_RUN(waits);
	OG_RUN(dry);
	OG_RUN(telemetry);
	return og_done();
}
