/*
 * /api/action, /api/action/execute: something done at once, without a
 * sentence. An action is a skill, run by a worker like any task; its names
 * for clients of the system that this one replaces are data
 * (share/serve/actions.json). A statement goes to the shield, which knows
 * what the caller may write.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define ACTIONS_MAX   ((size_t)256 << 10)
#define PARAMS_MAX    32
#define WORD_MAX      ((size_t)4096)
#define WAIT_SECONDS  "25"
#define SPAWN_MS      30000
#define STATUS_LATER  75 /* of og-submit: it is not finished yet */
#define STATEMENT_MAX ((size_t)16 << 10)

struct acts {
	json_t *actions; /* {ID:{"skill","params":{NAME:SLOT}}} */
	char *submit;	 /* path of og-submit */
};

static void free_acts(void *state)
{
	struct acts *acts = state;

	json_decref(acts->actions);
	free(acts->submit);
	free(acts);
}

static int read_actions(const char *exe_dir, json_t **ret, struct og_err *err)
{
	char *path = og_share_path(exe_dir, "serve/actions.json");
	struct og_buf text;
	int rc = -1;

	if (!path)
		return og_fail_nomem(err);
	og_buf_init(&text, ACTIONS_MAX);
	if (og_file_read(path, "actions", &text, err) == 0)
		rc = og_json_parse(text.data ? text.data : "", text.len, ACTIONS_MAX,
				   "actions.json", ret, err);
	og_buf_release(&text);
	free(path);
	return rc;
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	const char *exe_dir = og_serve_exe_dir(serve);
	struct acts *acts = calloc(1, sizeof(*acts));

	if (!acts)
		return og_fail_nomem(err);
	acts->submit = og_program_path(exe_dir, "og-submit");
	if (!acts->submit || read_actions(exe_dir, &acts->actions, err) < 0) {
		free_acts(acts);
		return err->code ? -1 : og_fail_nomem(err);
	}
	*ret = acts;
	return 0;
}

/* --- /api/action ------------------------------------------------------------ */

/* The words of a command, in memory of its own. */
struct words {
	char *text[PARAMS_MAX * 2 + 16];
	size_t n;
	int failed;
};

static void add_word(struct words *words, const char *text)
{
	char *copy =
		words->n + 1 < sizeof(words->text) / sizeof(*words->text) ? strdup(text) : NULL;

	if (!copy)
		words->failed = 1;
	else
		words->text[words->n++] = copy;
}

static void free_words(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->text[i]);
}

/* NAME=VALUE; a value is text, a number or a truth. */
static int add_param(struct words *words, const char *slot, const json_t *value)
{
	struct og_buf word;
	int rc = 0;

	og_buf_init(&word, WORD_MAX);
	og_buf_addf(&word, "%s=", slot);
	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
		og_buf_adds(&word, json_string_value(value));
	else if (json_is_integer(value))
		og_buf_addf(&word, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		og_buf_addf(&word, "%.17g", json_real_value(value));
	else if (json_is_boolean(value))
		og_buf_adds(&word, json_is_true(value) ? "1" : "0");
	else
		rc = -1;
	if (word.failed)
		rc = -1;
	if (rc == 0) {
		add_word(words, "--param");
		add_word(words, word.data);
	}
	og_buf_release(&word);
	return rc;
}

static int is_slot_name(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return len > 0 && len <= 64 && name[len] == '\0';
}

/* Parameters under the skill's names. What is wrong, or NULL. */
static const char *add_params(struct words *words, const json_t *params, const json_t *names)
{
	const char *name;
	json_t *value;

	if (json_object_size(params) > PARAMS_MAX)
		return "params: too many";
	json_object_foreach((json_t *)params, name, value)
	{
		const char *slot = og_json_str(names, name);

		if (!is_slot_name(slot ? slot : name))
			return "params: a name is not one";
		if (add_param(words, slot ? slot : name, value) < 0)
			return "params: a value is no text, number or truth, or is too long";
	}
	return words->failed ? "out of memory" : NULL;
}

static const char *refusal_of(const json_t *result)
{
	const char *why = og_json_str(json_object_get(result, "refusal"), "why");
	const char *reason = og_json_str(result, "reason");

	return why && *why ? why : reason && *reason ? reason : "it was not done";
}

/* Was it the caller that was refused, rather than what was asked for? */
static int is_forbidden(const json_t *result)
{
	static const char *const rules[] = { "skill-role", "skill-clearance", "right", "clearance",
					     "principal" };
	const char *rule = og_json_str(json_object_get(result, "refusal"), "rule");

	for (size_t i = 0; rule && i < sizeof(rules) / sizeof(*rules); i++)
		if (strcmp(rule, rules[i]) == 0)
			return 1;
	return 0;
}

/* What a task came to, as the reference system's client reads it. */
static void answer_result(struct og_exchange *x, const json_t *result)
{
	const char *state = og_json_str(result, "state"), *answer = og_json_str(result, "answer");

	if (state && strcmp(state, "done") == 0)
		og_reply_json(x, 200,
			      json_pack("{s:s,s:s,s:O?,s:O?,s:O?}", "status", "success", "message",
					answer && *answer ? answer : "done", "trace_log",
					json_object_get(result, "trace"), "task_id",
					json_object_get(result, "task"), "data",
					json_object_get(result, "data")));
	else
		og_reply_error(x, is_forbidden(result) ? 403 : 400, "%s", refusal_of(result));
}

static void acted(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	struct og_err said = OG_ERR_INIT;
	json_t *result = NULL;

	if (!done) {
		og_reply_refusal(x, err);
		return;
	}
	if (done->status == STATUS_LATER) {
		og_reply_error(x, 503, "it is queued, and no worker has finished it yet");
		return;
	}
	if (done->len > 0 &&
	    og_json_parse(done->out, done->len, OG_HTTP_REPLY_MAX, "result", &result, &said) == 0) {
		answer_result(x, result);
		json_decref(result);
		return;
	}
	og_spawned_error(done, &said);
	og_reply_refusal(x, &said);
}

static void submit(struct og_exchange *x, const char *skill, const json_t *params,
		   const json_t *names)
{
	const struct acts *acts = og_exchange_state(x);
	const char *const first[] = { acts->submit, "--as",	og_exchange_principal(x),
				      "--wait",	    "--json",	"--timeout",
				      WAIT_SECONDS, "--action", skill };
	struct words words = { .n = 0 };
	const char *bad;

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		add_word(&words, first[i]);
	bad = add_params(&words, params, names);
	if (bad)
		og_reply_error(x, 400, "%s", bad);
	else
		og_exchange_spawn(x,
				  &(struct og_spawn){ .who = og_exchange_principal(x),
						      .argv = (const char *const *)words.text,
						      .timeout_ms = SPAWN_MS },
				  acted);
	free_words(&words);
}

static int is_skill_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= 64 && name[len] == '\0' && name[0] != '-';
}

static void action(struct og_exchange *x)
{
	const struct acts *acts = og_exchange_state(x);
	const json_t *body, *params, *known;
	const char *id, *skill;

	if (og_exchange_json(x, &body) < 0)
		return;
	id = og_json_str(body, "action_id");
	params = json_object_get(body, "params");
	if (!id || (params && !json_is_object(params))) {
		og_reply_error(x, 400, "the body needs action_id, and params as an object");
		return;
	}
	known = json_object_get(acts->actions, id);
	skill = known ? og_json_str(known, "skill") : id;
	if (!skill || !is_skill_name(skill))
		og_reply_error(x, 400, "there is no action of this name");
	else
		submit(x, skill, params, json_object_get(known, "params"));
}

/* --- /api/action/execute ---------------------------------------------------- */

static void written(struct og_exchange *x, const json_t *reply)
{
	int64_t rows = og_json_int(reply, "affected", 0);
	char message[64];

	og_text_format(message, sizeof(message), "%lld row%s written", (long long)rows,
		       rows == 1 ? "" : "s");
	og_reply_json(x, 200,
		      json_pack("{s:s,s:s,s:I,s:O?,s:O?}", "status", "success", "message", message,
				"affected", (json_int_t)rows, "last_id",
				json_object_get(reply, "last_id"), "seq",
				json_object_get(reply, "seq")));
}

static int writes(const json_t *table)
{
	json_t *verb;
	size_t i;

	json_array_foreach(json_object_get(table, "verbs"), i, verb)
	{
		if (json_is_string(verb) && strcmp(json_string_value(verb), "select") != 0)
			return 1;
	}
	return 0;
}

/* Refused: was it the statement, or may this one write nothing at all? */
static void judge(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const char *why = og_exchange_kept(x);
	json_t *table;
	size_t i;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	json_array_foreach(json_object_get(reply, "tables"), i, table)
	{
		if (writes(table)) {
			og_reply_error(x, 400, "%s", why);
			return;
		}
	}
	og_reply_error(x, 403, "%s may write in no table", og_exchange_principal(x));
}

static void executed(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	char *why;

	if (!err->code) {
		written(x, reply);
		return;
	}
	why = err->code == OG_NO || err->code == OG_EPERM ? strdup(err->msg) : NULL;
	if (!why) {
		og_reply_refusal(x, err);
		return;
	}
	og_exchange_keep(x, why, free);
	og_exchange_ask(x, "schema", json_object(), judge);
}

/* SQL has no truth values; everything else is the shield's to judge. */
static json_t *values_of(const json_t *params)
{
	json_t *values = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)params, name, value)
	{
		if (json_is_boolean(value))
			json_object_set_new(values, name, json_integer(json_is_true(value)));
		else
			json_object_set(values, name, value);
	}
	return values;
}

static void execute(struct og_exchange *x)
{
	const json_t *body, *params;
	const char *sql;

	if (og_exchange_json(x, &body) < 0)
		return;
	sql = og_json_str(body, "query");
	params = json_object_get(body, "params");
	if (!sql || strlen(sql) > STATEMENT_MAX || (params && !json_is_object(params))) {
		og_reply_error(x, 400, "the body needs query, and params as an object");
		return;
	}
	og_exchange_ask(x, "sql.write",
			json_pack("{s:s,s:o}", "sql", sql, "params", values_of(params)), executed);
}

static const struct og_route routes[] = {
	{ "POST", "/api/action", 0, action },
	{ "POST", "/api/action/execute", 0, execute },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_acts = { routes, start, free_acts, NULL };
