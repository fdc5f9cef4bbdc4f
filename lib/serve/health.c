/*
 * /api/status, /api/logs, /api/budgets: how the instance is. All are for
 * who may see everybody's tasks; the shield says who that is (its verb
 * task.stats needs that right), before any of our programs is asked.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define LINES_DEFAULT 200
#define LINES_MAX     2000
#define LOG_BYTES     ((size_t)4 << 20)

struct health {
	char *og; /* path */
};

static void free_health(void *state)
{
	struct health *health = state;

	free(health->og);
	free(health);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct health *health = calloc(1, sizeof(*health));

	if (health)
		health->og = og_program_path(og_serve_exe_dir(serve), "og");
	if (!health || !health->og) {
		free(health);
		return og_fail_nomem(err);
	}
	*ret = health;
	return 0;
}

/* og status ends with 1 when somebody has to look; it says so in its answer. */
static void answer_status(struct og_exchange *x, const struct og_spawned *done,
			  const struct og_err *err)
{
	struct og_err said = OG_ERR_INIT;
	json_t *status = NULL;

	if (!done) {
		og_reply_refusal(x, err);
	} else if (done->status > 1 || og_json_parse(done->out, done->len, OG_HTTP_REPLY_MAX,
						     "status", &status, &said) < 0) {
		if (!said.code)
			og_spawned_error(done, &said);
		og_reply_refusal(x, &said);
	} else {
		json_object_del(status, "home"); /* where it is on the disk is nobody's business */
		og_reply_json(x, 200, status);
	}
}

static void run_status(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const struct health *health = og_exchange_state(x);
	const char *const argv[] = { health->og, "status", "--json", NULL };

	(void)reply;
	if (err->code)
		og_reply_refusal(x, err);
	else
		og_exchange_spawn(
			x, &(struct og_spawn){ .who = og_exchange_principal(x), .argv = argv },
			answer_status);
}

static void status(struct og_exchange *x)
{
	og_exchange_ask(x, "task.stats", json_object(), run_status);
}

/* JSON lines to an array. What is no JSON is left out: a torn line. */
static json_t *lines_of(const char *text, size_t len)
{
	json_t *list = json_array(), *line;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		line = NULL;
		if (n > 0 && og_json_parse(text, n, LOG_BYTES, "line", &line, NULL) == 0)
			json_array_append_new(list, line);
		text += end ? n + 1 : n;
		len -= end ? n + 1 : n;
	}
	return list;
}

static void answer_logs(struct og_exchange *x, const struct og_spawned *done,
			const struct og_err *err)
{
	struct og_err said = OG_ERR_INIT;

	if (!done) {
		og_reply_refusal(x, err);
	} else if (done->status == OG_ENOINPUT || done->status == OG_NO) {
		og_reply_json(x, 200, json_pack("{s:[]}", "lines"));
	} else if (done->status != 0) {
		og_spawned_error(done, &said);
		og_reply_refusal(x, &said);
	} else {
		og_reply_json(x, 200, json_pack("{s:o}", "lines", lines_of(done->out, done->len)));
	}
}

static void run_logs(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const struct health *health = og_exchange_state(x);
	const char *argv[] = { health->og, "logs", "--json", "--lines", NULL, NULL };
	char count[16];
	int64_t n;

	(void)reply;
	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	if (og_exchange_number(x, "lines", 1, LINES_MAX, LINES_DEFAULT, &n) < 0)
		return;
	og_text_format(count, sizeof(count), "%lld", (long long)n);
	argv[4] = count;
	og_exchange_spawn(x,
			  &(struct og_spawn){ .who = og_exchange_principal(x),
					      .argv = argv,
					      .out_max = LOG_BYTES },
			  answer_logs);
}

static void logs(struct og_exchange *x)
{
	og_exchange_ask(x, "task.stats", json_object(), run_logs);
}

/* Those of models only where there is one. */
static json_t *limits(const struct og_conf *conf)
{
	json_t *ret =
		json_pack("{s:I,s:I,s:I,s:I}", "steps", (json_int_t)conf->max_steps, "repeats",
			  (json_int_t)conf->max_repeats, "seconds", (json_int_t)conf->task_seconds,
			  "queued", (json_int_t)conf->queue_limit);
	json_t *models = json_pack(
		"{s:I,s:I,s:I,s:I,s:s,s:s,s:s,s:s}", "task_tokens", (json_int_t)conf->task_tokens,
		"principal_tokens", (json_int_t)conf->principal_tokens, "skill_tokens",
		(json_int_t)conf->skill_tokens, "day_tokens", (json_int_t)conf->day_tokens,
		"task_cost", conf->task_cost, "principal_cost", conf->principal_cost, "skill_cost",
		conf->skill_cost, "day_cost", conf->day_cost);

	if (strcmp(conf->model, "skill:") != 0)
		json_object_update(ret, models);
	json_decref(models);
	return ret;
}

static void answer_budgets(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const struct og_conf *conf = og_serve_conf(og_exchange_serve(x));

	if (err->code)
		og_reply_refusal(x, err);
	else
		og_reply_json(x, 200,
			      json_pack("{s:o,s:O?,s:O?,s:O?}", "limits", limits(conf), "states",
					json_object_get(reply, "states"), "interrupted",
					json_object_get(reply, "interrupted"), "finished",
					json_object_get(reply, "finished")));
}

static void budgets(struct og_exchange *x)
{
	og_exchange_ask(x, "task.stats", json_object(), answer_budgets);
}

static const struct og_route routes[] = {
	{ "GET", "/api/status", 0, status },
	{ "GET", "/api/logs", 0, logs },
	{ "GET", "/api/budgets", 0, budgets },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_health = { routes, start, free_health, NULL };
