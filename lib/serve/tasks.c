/*
 * /api/query, /api/tasks: commands stated, and what came of them. A command
 * is signed and queued by og-submit; how it is the shield says; what it
 * looks like og-render draws.
 */
#include "lib/serve/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/serve/drawn.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define QUESTION_MAX ((size_t)16 << 10)
#define LIST_DEFAULT 50
#define LIST_MAX     500
#define RECENT	     4096
#define RECENT_MS    30000

/* A command this server queued a moment ago: until a worker begins it the
 * shield does not know of it, and nobody has to search the queue. */
struct recent {
	char id[OG_UUID_LEN + 1];
	char principal[33];
	int64_t until; /* mono */
};

struct tasks {
	char *submit, *task; /* paths */
	struct recent recent[RECENT];
	size_t next;
};

static void free_tasks(void *state)
{
	struct tasks *tasks = state;

	free(tasks->submit);
	free(tasks->task);
	free(tasks);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct tasks *tasks = calloc(1, sizeof(*tasks));

	if (!tasks)
		return og_fail_nomem(err);
	tasks->submit = og_program_path(og_serve_exe_dir(serve), "og-submit");
	tasks->task = og_program_path(og_serve_exe_dir(serve), "og-task");
	if (!tasks->submit || !tasks->task) {
		free_tasks(tasks);
		return og_fail_nomem(err);
	}
	*ret = tasks;
	return 0;
}

static void remember(struct tasks *tasks, const char *id, const char *principal)
{
	struct recent *recent = &tasks->recent[tasks->next++ % RECENT];

	memcpy(recent->id, id, sizeof(recent->id));
	memcpy(recent->principal, principal, strlen(principal) + 1);
	recent->until = og_deadline(RECENT_MS);
}

static int is_recent(const struct tasks *tasks, const char *id, const char *principal)
{
	for (size_t i = 0; i < RECENT; i++)
		if (strcmp(tasks->recent[i].id, id) == 0)
			return strcmp(tasks->recent[i].principal, principal) == 0 &&
			       og_mono_ms() < tasks->recent[i].until;
	return 0;
}

/* --- /api/query ----------------------------------------------------------- */

static void queued(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	char id[OG_UUID_LEN + 1];

	if (!og_task_submitted(x, done, err, id))
		return;
	remember(og_exchange_state(x), id, og_exchange_principal(x));
	og_reply_json(x, 200, json_pack("{s:s,s:s}", "status", "pending", "task_id", id));
}

static int is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static void query(struct og_exchange *x)
{
	const struct tasks *tasks = og_exchange_state(x);
	const char *key = og_exchange_header(x, "Idempotency-Key"), *question;
	const char *argv[8] = { tasks->submit, "--as", og_exchange_principal(x) };
	const json_t *body;
	size_t n = 3;

	if (og_exchange_json(x, &body) < 0)
		return;
	question = og_json_str(body, "question");
	if (!question || is_blank(question) || strlen(question) > QUESTION_MAX) {
		og_reply_error(x, 400, "the body needs question: a text, at most 16 KiB");
		return;
	}
	if (key && *key) {
		argv[n++] = "--key";
		argv[n++] = key;
	}
	argv[n++] = "-";
	og_exchange_spawn(x,
			  &(struct og_spawn){ .who = og_exchange_principal(x),
					      .argv = argv,
					      .input = question,
					      .len = strlen(question) },
			  queued);
}

/* --- /api/tasks ----------------------------------------------------------- */

static void listed(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	json_t *tasks, *task;
	size_t i;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	tasks = json_array();
	json_array_foreach(json_object_get(reply, "tasks"), i, task)
	{
		json_array_append_new(tasks, og_task_item(task));
	}
	og_reply_json(
		x, 200,
		json_pack("{s:o,s:O?}", "tasks", tasks, "all", json_object_get(reply, "all")));
}

static void list(struct og_exchange *x)
{
	const char *state = og_exchange_query(x, "state");
	json_t *request;
	int64_t limit;

	if (og_exchange_number(x, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit) < 0)
		return;
	request = json_pack("{s:I}", "limit", (json_int_t)limit);
	if (state)
		json_object_set_new(request, "state", json_string(state));
	og_exchange_ask(x, "task.list", request, listed);
}

/* --- /api/tasks/ID -------------------------------------------------------- */

/* The row sets, and beside them how it ended, as the reference system's
 * clients look for it. */
static json_t *data_of(const json_t *result)
{
	const char *state = og_json_str(result, "state"), *reason = og_json_str(result, "reason");
	json_t *data = json_copy(json_object_get(result, "data"));

	if (!data)
		return NULL;
	json_object_set_new(data, "status",
			    json_string(state && strcmp(state, "done") == 0 ? "completed"
					: state				    ? state
									    : ""));
	if (reason && *reason)
		json_object_set_new(data, "error", json_string(reason));
	return data;
}

/* {trace:[{agent,action,details}],data,ui_code}, kept until it is drawn. */
static void told(void *arg, const char *text, size_t len, const struct og_err *err)
{
	struct og_exchange *x = arg;
	json_t *answer = og_exchange_kept(x), *result = json_object_get(answer, "result");
	json_t *code = err->code ? json_string("") : json_stringn(text, len);

	json_object_set(result, "ui_code", code);
	json_object_set(answer, "ui_code", code);
	json_decref(code);
	og_reply_json(x, 200, json_incref(answer));
}

static void free_json(void *data)
{
	json_decref(data);
}

/* What a page shows of a result beside its view. */
static const char *const from_result[] = { "answer",	   "ledger",  "steps",
					   "compensation", "planner", "citations" };

static void with_result(struct og_exchange *x, const json_t *task, const json_t *result)
{
	json_t *answer = og_task_item(task), *data = data_of(result);
	json_t *trace = json_object_get(result, "trace");
	const char *reason = og_json_str(result, "reason"), *word = og_json_str(answer, "status");

	json_object_update_new(answer,
			       json_pack("{s:o,s:O?,s:O?}", "result",
					 json_pack("{s:O?,s:O?}", "trace", trace, "data", data),
					 "trace", trace, "data", data));
	for (size_t i = 0; i < sizeof(from_result) / sizeof(*from_result); i++)
		if (json_object_get(result, from_result[i]))
			json_object_set(answer, from_result[i],
					json_object_get(result, from_result[i]));
	json_decref(data);
	if (word && strcmp(word, "failed") == 0)
		json_object_set_new(answer, "error", json_string(reason ? reason : ""));
	og_exchange_keep(x, answer, free_json);
	og_drawn_get(x->serve->drawn,
		     &(struct og_drawing){
			     .who = og_exchange_principal(x), .to = "jsx", .result = result },
		     told, x);
}

static void without_result(struct og_exchange *x, const json_t *task)
{
	json_t *answer = og_task_item(task);
	const char *reason = og_json_str(task, "reason"), *word = og_json_str(answer, "status");

	if (word && strcmp(word, "failed") == 0)
		json_object_set_new(answer, "error", json_string(reason ? reason : ""));
	json_object_update_new(
		answer, json_pack("{s:n,s:[],s:n,s:n}", "result", "trace", "data", "ui_code"));
	og_reply_json(x, 200, answer);
}

/* What og-task says of one that only the queue knows. */
static void searched(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	json_t *task = NULL, *result;

	if (!done) {
		og_reply_refusal(x, err);
		return;
	}
	if (done->len == 0 ||
	    og_json_parse(done->out, done->len, OG_HTTP_REPLY_MAX, "task", &task, NULL) < 0) {
		og_reply_error(x, 404, "there is no such task");
		return;
	}
	result = json_object_get(task, "result");
	if (result)
		with_result(x, task, result);
	else
		without_result(x, task);
	json_decref(task);
}

static void search_queue(struct og_exchange *x)
{
	const struct tasks *tasks = og_exchange_state(x);
	const char *const argv[] = { tasks->task, "status",
				     "--as",	  og_exchange_principal(x),
				     "--json",	  og_exchange_param(x, "id"),
				     NULL };

	og_exchange_spawn(x, &(struct og_spawn){ .who = og_exchange_principal(x), .argv = argv },
			  searched);
}

static void found(struct og_exchange *x, const json_t *task)
{
	const char *id = og_exchange_param(x, "id");
	json_t *result = json_object_get(task, "result");

	if (task && result)
		with_result(x, task, result);
	else if (task)
		without_result(x, task);
	else if (is_recent(og_exchange_state(x), id, og_exchange_principal(x)))
		og_reply_json(x, 200,
			      json_pack("{s:s,s:s,s:s,s:n,s:[],s:n,s:n}", "task_id", id, "status",
					"pending", "state", "queued", "result", "trace", "data",
					"ui_code"));
	else
		search_queue(x);
}

static void one(struct og_exchange *x)
{
	og_task_find(x, found, 1);
}

static void cancelled(struct og_exchange *x, const struct og_spawned *done,
		      const struct og_err *err)
{
	og_task_told(x, done, err, 404, "what it did is taken back");
}

static void take_back(struct og_exchange *x)
{
	const struct tasks *tasks = og_exchange_state(x);
	const char *const argv[] = {
		tasks->task, "cancel", "--as", og_exchange_principal(x), og_exchange_param(x, "id"),
		NULL
	};

	og_exchange_spawn(x, &(struct og_spawn){ .who = og_exchange_principal(x), .argv = argv },
			  cancelled);
}

/* Who may only see it, because it waits for them, cannot take it back. */
static void may_take_back(void *arg, const json_t *who, const struct og_err *err)
{
	struct og_exchange *x = arg;

	if (err->code)
		og_reply_refusal(x, err);
	else if (!og_who_has(who, "tasks"))
		og_reply_error(x, 403, "only whoever stated a task takes it back");
	else
		take_back(x);
}

/* What only the queue knows, og-task looks for there. */
static void cancel_found(struct og_exchange *x, const json_t *task)
{
	const char *owner = og_json_str(task, "principal"), *state = og_json_str(task, "state");

	if (og_task_is_final(state))
		og_reply_error(x, 409, "the task is %s already", state);
	else if (owner && strcmp(owner, og_exchange_principal(x)) != 0)
		og_desk_who(x->serve->desk, og_exchange_principal(x), may_take_back, x);
	else
		take_back(x);
}

static void cancel(struct og_exchange *x)
{
	og_task_find(x, cancel_found, 1);
}

static const struct og_route routes[] = {
	{ "POST", "/api/query", 0, query },
	{ "GET", "/api/tasks", 0, list },
	{ "GET", "/api/tasks/:id", 0, one },
	{ "POST", "/api/tasks/:id/cancel", 0, cancel },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_tasks = { routes, start, free_tasks, NULL };
