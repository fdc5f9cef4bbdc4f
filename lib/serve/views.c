/*
 * /api/views/ID: a task's result as og-render draws it, and the actions it
 * offers. An action names parameters; what is run is built here, from the
 * action as it stands in the result, after its arguments were checked
 * again: og-submit as the principal who clicked, whoever's view it is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/arguments.h"
#include "lib/serve/drawn.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/tasks.h"

#define WORDS_MAX 64
#define WORD_MAX  ((size_t)4096)
#define NAME_MAX  64

struct views {
	char *submit; /* path */
};

static void free_views(void *state)
{
	struct views *views = state;

	free(views->submit);
	free(views);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct views *views = calloc(1, sizeof(*views));

	if (views)
		views->submit = og_program_path(og_serve_exe_dir(serve), "og-submit");
	if (!views || !views->submit) {
		free(views);
		return og_fail_nomem(err);
	}
	*ret = views;
	return 0;
}

/* --- a drawing -------------------------------------------------------------- */

/* A whole page is for keeping: opened from here it would be of this origin. */
static const struct form {
	const char *name, *to, *type, *ending;
} forms[] = {
	{ "frame", "mcp-app", "text/html; charset=utf-8", NULL },
	{ "html", "html", "text/html; charset=utf-8", "html" },
	{ "text", "text", "text/plain; charset=utf-8", NULL },
	{ "csv", "csv", "text/csv; charset=utf-8", "csv" },
	{ "json", "json", "application/json", NULL },
	{ "tree", "tree", "application/json", NULL },
};

static const struct form *form_of(const struct og_exchange *x)
{
	const char *name = og_exchange_query(x, "form");

	if (!name)
		return &forms[0];
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (strcmp(name, forms[i].name) == 0)
			return &forms[i];
	return NULL;
}

static void drawn(void *arg, const char *text, size_t len, const struct og_err *err)
{
	struct og_exchange *x = arg;
	const struct form *form = form_of(x);
	char line[80];

	if (!text) {
		/* og-render names a row set that is not there. */
		og_reply_error(x, err->code == OG_NO ? 404 : og_http_status(err->code), "%s",
			       err->msg);
		return;
	}
	if (form->ending) {
		og_text_format(line, sizeof(line), "attachment; filename=\"%s.%s\"",
			       og_exchange_param(x, "id"), form->ending);
		og_reply_header(x, "Content-Disposition", line);
	}
	og_reply_bytes(x, 200, form->type, text, len);
}

static void draw(struct og_exchange *x, const json_t *task)
{
	const struct form *form = form_of(x);

	og_drawn_get(x->serve->drawn,
		     &(struct og_drawing){ .who = og_exchange_principal(x),
					   .to = form->to,
					   .set = strcmp(form->to, "csv") == 0
							  ? og_exchange_query(x, "set")
							  : NULL,
					   .result = json_object_get(task, "result") },
		     drawn, x);
}

static void view(struct og_exchange *x)
{
	if (form_of(x))
		og_task_find_result(x, draw);
	else
		og_reply_error(x, 400, "form: frame, html, text, csv, json or tree");
}

/* --- its actions -------------------------------------------------------------- */

static void told(void *arg, const char *text, size_t len, const struct og_err *err)
{
	if (text)
		og_reply_bytes(arg, 200, "application/json", text, len);
	else
		og_reply_refusal(arg, err);
}

static void draw_actions(struct og_exchange *x, const json_t *task, og_drawn_fn *fn)
{
	og_drawn_get(x->serve->drawn,
		     &(struct og_drawing){ .who = og_exchange_principal(x),
					   .to = "actions",
					   .result = json_object_get(task, "result") },
		     fn, x);
}

static void list_actions(struct og_exchange *x, const json_t *task)
{
	draw_actions(x, task, told);
}

static void actions(struct og_exchange *x)
{
	og_task_find_result(x, list_actions);
}

/* --- one of them, done -------------------------------------------------------- */

struct command {
	char *word[WORDS_MAX + 1];
	size_t n;
	int failed;
};

static void add(struct command *command, const char *word)
{
	char *copy = word && command->n < WORDS_MAX ? strdup(word) : NULL;

	if (copy)
		command->word[command->n++] = copy;
	else
		command->failed = 1;
}

static void free_command(struct command *command)
{
	for (size_t i = 0; i < command->n; i++)
		free(command->word[i]);
}

static void add_value(struct og_buf *buf, const json_t *value)
{
	struct og_err ignored = OG_ERR_INIT;

	if (json_is_string(value))
		og_buf_adds(buf, json_string_value(value));
	else if (json_is_integer(value))
		og_buf_addf(buf, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		og_json_canon(value, buf, &ignored);
	else
		og_buf_adds(buf, json_is_true(value) ? "true" : "false");
}

/* The parameter that stands in "NAME={NAME}", or NULL: braces anywhere else are
 * just braces. The page's confirmation reads words in the same way. */
static const char *slot_of(const char *word, const json_t *schema, char name[NAME_MAX + 1])
{
	size_t len = strcspn(word, "=");

	if (len == 0 || len > NAME_MAX || strlen(word) != 2 * len + 3 || word[len + 1] != '{' ||
	    word[2 * len + 2] != '}' || strncmp(word, word + len + 2, len) != 0)
		return NULL;
	og_text_format(name, NAME_MAX + 1, "%.*s", (int)len, word);
	return json_object_get(json_object_get(schema, "properties"), name) ? name : NULL;
}

/* "--param" and its word, filled in; without a value it goes. */
static void add_param(struct command *command, const char *word, const json_t *schema,
		      const json_t *arguments)
{
	char name[NAME_MAX + 1];
	const json_t *value = NULL;
	struct og_buf buf;

	if (slot_of(word, schema, name)) {
		value = json_object_get(arguments, name);
		if (!value)
			return;
	}
	og_buf_init(&buf, WORD_MAX);
	if (value) {
		og_buf_addf(&buf, "%s=", name);
		add_value(&buf, value);
	} else {
		og_buf_adds(&buf, word);
	}
	add(command, "--param");
	add(command, buf.failed ? NULL : buf.data);
	og_buf_release(&buf);
}

/* The action's own words, but those that say who runs it and how it is
 * waited for. Anything that is no skill's call or sentence is none of ours. */
static int add_words(struct command *command, const json_t *action, const json_t *arguments)
{
	const json_t *argv = json_object_get(action, "argv");
	const json_t *schema = json_object_get(action, "inputSchema");
	int plain = 0; /* after "--" */

	for (size_t i = 1; i < json_array_size(argv); i++) {
		const char *word = json_string_value(json_array_get(argv, i));
		const char *next = json_string_value(json_array_get(argv, i + 1));

		if (!word)
			return -1;
		if (!plain && strcmp(word, "--") == 0) {
			plain = 1;
		} else if (!plain && next && strcmp(word, "--as") == 0) {
			i++;
		} else if (!plain && next && strcmp(word, "--param") == 0) {
			add_param(command, json_string_value(json_array_get(argv, ++i)), schema,
				  arguments);
		} else if (!plain && next && strcmp(word, "--action") == 0) {
			add(command, word);
			add(command, next);
			i++;
		} else if (!next && (plain || word[0] != '-')) {
			add(command, "--");
			add(command, word);
		} else {
			return -1;
		}
	}
	return command->failed ? -1 : 0;
}

static void submitted(struct og_exchange *x, const struct og_spawned *done,
		      const struct og_err *err)
{
	char id[OG_UUID_LEN + 1];

	if (og_task_submitted(x, done, err, id))
		og_reply_json(x, 202, json_pack("{s:s,s:s}", "status", "pending", "task_id", id));
}

static json_t *named(const json_t *list, const char *name)
{
	json_t *action;
	size_t i;

	json_array_foreach((json_t *)list, i, action)
	{
		const char *own = og_json_str(action, "name");

		if (own && strcmp(own, name) == 0)
			return action;
	}
	return NULL;
}

static int is_submit(const json_t *argv)
{
	const char *first = json_string_value(json_array_get(argv, 0));

	return first && strcmp(first, "og-submit") == 0;
}

static void do_action(struct og_exchange *x, const json_t *action, const json_t *arguments)
{
	const struct views *views = og_exchange_state(x);
	const char *key = og_exchange_header(x, "Idempotency-Key");
	const json_t *argv = json_object_get(action, "argv");
	struct command command = { .n = 0 };

	add(&command, views->submit);
	add(&command, "--as");
	add(&command, og_exchange_principal(x));
	if (key && *key) {
		add(&command, "--key");
		add(&command, key);
	}
	if (!is_submit(argv) || add_words(&command, action, arguments) < 0)
		og_reply_error(x, 400, "this action cannot be run from here");
	else
		og_exchange_spawn(x,
				  &(struct og_spawn){ .who = og_exchange_principal(x),
						      .argv = (const char *const *)command.word },
				  submitted);
	free_command(&command);
}

static void act_on(void *arg, const char *text, size_t len, const struct og_err *err)
{
	struct og_exchange *x = arg;
	struct og_err said = OG_ERR_INIT;
	json_t *list = NULL, *action;
	const json_t *body, *arguments;

	if (!text || og_json_parse(text, len, OG_HTTP_REPLY_MAX, "actions", &list, &said) < 0) {
		og_reply_refusal(x, text ? &said : err);
		return;
	}
	if (og_exchange_json(x, &body) == 0) {
		arguments = json_object_get(body, "arguments");
		action = named(json_object_get(list, "actions"), og_json_str(body, "name"));
		if (!action)
			og_reply_error(x, 404, "this view has no such action");
		else if (og_arguments_check(json_object_get(action, "inputSchema"), arguments,
					    &said) < 0)
			og_reply_refusal(x, &said);
		else
			do_action(x, action, arguments);
	}
	json_decref(list);
}

static void find_action(struct og_exchange *x, const json_t *task)
{
	draw_actions(x, task, act_on);
}

static void act(struct og_exchange *x)
{
	const json_t *body;

	if (og_exchange_json(x, &body) < 0)
		return;
	if (!og_json_str(body, "name") || !json_is_object(json_object_get(body, "arguments")))
		og_reply_error(x, 400, "the body needs name, and arguments as an object");
	else
		og_task_find_result(x, find_action);
}

static const struct og_route routes[] = {
	{ "GET", "/api/views/:id", 0, view },
	{ "GET", "/api/views/:id/actions", 0, actions },
	{ "POST", "/api/views/:id/actions", 0, act },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_views = { routes, start, free_views, NULL };
