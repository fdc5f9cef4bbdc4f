/*
 * The end of a task that a model works on. Its answer is held against what
 * was read; an answer that does not stand is given back once, and then built
 * from the rows. The record says who made answer and view, and why not the
 * model where that is the case.
 */
#include <stdarg.h>
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

#define BUILT_MAX  2000
#define FACT_MAX   80 /* of a text */
#define BUILT_ROWS 6  /* facts of a single row that are told */
#define NAMES_MAX  400
#define NEXT_MAX   1000

/* What the model hands in, and what was found wrong. */
struct handed {
	const char *answer, *next, *view;
	json_t *cited;	 /* passages */
	json_t *entries; /* numbers of ledger entries */
	json_t *data;	 /* sets that are shown */
	char wrong[600]; /* about answer, next, cites, show; "" when all is well */
	char advice[300];
	struct og_err view_err;
};

__attribute__((format(printf, 3, 4))) static void wrong(struct handed *h, const char *advice,
							const char *fmt, ...)
{
	va_list args;

	if (h->wrong[0])
		return;
	va_start(args, fmt);
	og_text_vformat(h->wrong, sizeof(h->wrong), fmt, args);
	va_end(args);
	og_text_format(h->advice, sizeof(h->advice), "%s", advice);
}

/* --- what it rests on ------------------------------------------------------------------ */

/* "P1", "[E12]": the letter and the number; 0 for anything else. */
static char read_key(const char *key, int64_t *ret)
{
	struct og_err ignored = OG_ERR_INIT;
	char text[24];
	size_t len;

	og_text_format(text, sizeof(text), "%s", *key == '[' ? key + 1 : key);
	len = strlen(text);
	if (len > 0 && text[len - 1] == ']')
		text[len - 1] = '\0';
	if ((text[0] != 'P' && text[0] != 'E') ||
	    og_int_parse(text + 1, 1, OG_JSON_INT_MAX, "key", ret, &ignored) < 0)
		return '\0';
	return text[0];
}

static int has_entry(const struct og_thinking *t, int64_t seq)
{
	json_t *entry;
	size_t i;

	json_array_foreach(t->entries, i, entry)
	{
		if (json_integer_value(entry) == seq)
			return 1;
	}
	return 0;
}

static int append_once(json_t *list, json_t *item)
{
	json_t *known;
	size_t i;

	json_array_foreach(list, i, known)
	{
		if (json_equal(known, item))
			return 0;
	}
	return json_array_append(list, item);
}

/* 0: nobody was shown that. */
static int take_key(const struct og_thinking *t, struct handed *h, const char *key)
{
	int64_t number = 0;
	char kind = read_key(key, &number);
	json_t *entry;

	if (kind == 'P' && (size_t)number <= json_array_size(t->passages)) {
		append_once(h->cited, json_array_get(t->passages, (size_t)number - 1));
		return 1;
	}
	if (kind != 'E' || !has_entry(t, number))
		return 0;
	entry = json_integer(number);
	append_once(h->entries, entry);
	json_decref(entry);
	return 1;
}

/* Keys that stand in the answer are citations, too. */
static void take_keys_in(const struct og_thinking *t, struct handed *h, const char *text)
{
	for (const char *at = text; (at = strchr(at, '[')) != NULL; at++) {
		char key[24];
		size_t n = strcspn(at, "]");

		if ((at[1] != 'P' && at[1] != 'E') || at[2] < '0' || at[2] > '9' || !at[n] ||
		    n + 2 > sizeof(key))
			continue;
		og_text_format(key, sizeof(key), "%.*s", (int)(n + 1), at);
		if (!take_key(t, h, key))
			wrong(h, "cite what you were shown",
			      "%s is no passage or entry of this task", key);
	}
}

static void take_cites(const struct og_thinking *t, struct handed *h, const json_t *cites)
{
	json_t *key;
	size_t i;

	json_array_foreach(cites, i, key)
	{
		if (!take_key(t, h, json_string_value(key)))
			wrong(h, "cite keys that tools returned, such as P1 or E12",
			      "'%.40s' is no passage or entry of this task",
			      json_string_value(key));
	}
	take_keys_in(t, h, h->answer);
}

/* The sets that are shown, beside what steps put into the result already. */
static void take_shown(const struct og_thinking *t, struct handed *h, const json_t *show)
{
	json_t *names = json_is_array(show) ? json_incref((json_t *)(uintptr_t)show)
					    : og_sorted_keys(t->sets);
	json_t *name, *known, *joined;
	size_t i;

	h->data = json_copy(json_object_get(t->job->result, "data"));
	json_array_foreach(names, i, name)
	{
		json_t *rows = json_object_get(t->sets, json_string_value(name));

		if (rows) {
			json_object_set(h->data, json_string_value(name), rows);
			continue;
		}
		known = og_sorted_keys(t->sets);
		joined = og_names_joined(known, 200);
		wrong(h, joined ? json_string_value(joined) : "",
		      "there is no row set '%.60s' to show; the fix lists those there are",
		      json_string_value(name));
		json_decref(joined);
		json_decref(known);
	}
	json_decref(names);
}

/* --- the answer ------------------------------------------------------------------------- */

static void judge_numbers(const struct og_thinking *t, struct handed *h, const char *text)
{
	json_t *bad = og_numbers_unsupported(t, h->cited, text), *joined;

	if (bad && json_array_size(bad) == 0) {
		json_decref(bad);
		return;
	}
	joined = og_names_joined(bad, NAMES_MAX);
	wrong(h, "read them from the database (let SQL count, add up and round), or leave them out",
	      "these numbers stand in nothing that was read: %s",
	      joined ? json_string_value(joined) : "?");
	json_decref(joined);
	json_decref(bad);
}

static void judge_text(const struct og_thinking *t, struct handed *h, const char *text, size_t max,
		       const char *what)
{
	size_t len = strlen(text);

	if (len > max)
		wrong(h, "say it in fewer words", "the %s has more than %zu bytes", what, max);
	else if (!og_utf8_valid(text, len) || og_text_hidden(text, len))
		wrong(h, "write plain text", "the %s holds characters that cannot be seen", what);
	else
		judge_numbers(t, h, text);
}

static void judge_answer(const struct og_thinking *t, struct handed *h)
{
	if (*h->answer)
		judge_text(t, h, h->answer, OG_ANSWER_MAX, "answer");
	else if (!og_json_str(t->said, "answer"))
		wrong(h, "say in plain words what it came to", "there is no answer");
	if (*h->next)
		judge_text(t, h, h->next, NEXT_MAX, "next");
}

/* A fact of a single row. */
static void add_fact(struct og_buf *out, const char *column, const json_t *value)
{
	json_t *shown = json_is_string(value) ? og_show_text(json_string_value(value),
							     json_string_length(value), FACT_MAX)
					      : og_show_value(value);
	const char *text = json_string_value(shown);
	struct og_err ignored = OG_ERR_INIT;

	og_buf_addf(out, "%s ", column);
	if (text)
		og_buf_adds(out, text);
	else
		og_json_canon(shown, out, &ignored);
	json_decref(shown);
}

static void add_single(struct og_buf *out, const json_t *row)
{
	json_t *columns = og_sorted_keys(row), *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		const char *name = json_string_value(column);

		if (i >= BUILT_ROWS)
			break;
		og_buf_adds(out, i ? ", " : "");
		add_fact(out, name, json_object_get(row, name));
	}
	json_decref(columns);
}

/* A sentence about each set, and the steps that are done. */
static void build_answer(const struct og_thinking *t, const json_t *data, struct og_buf *out)
{
	json_t *names = og_sorted_keys(data), *name, *done;
	size_t i;

	if (json_array_size(t->ran) > 0) {
		done = og_names_joined(t->ran, NAMES_MAX);
		og_buf_addf(out, "Done: %s.", done ? json_string_value(done) : "");
		json_decref(done);
	}
	json_array_foreach(names, i, name)
	{
		const char *set = json_string_value(name);
		const json_t *rows = json_object_get(data, set);
		size_t n = json_array_size(rows);

		if (out->len > BUILT_MAX / 2)
			break;
		og_buf_addf(out, "%s%s: ", out->len ? " " : "", set);
		if (n == 1)
			add_single(out, json_array_get(rows, 0));
		else
			og_buf_addf(out, "%zu rows", n);
		og_buf_addc(out, '.');
	}
	if (!out->len)
		og_buf_adds(out, "The task ended without an answer that rests on data.");
	json_decref(names);
}

/* The model's sentence, the skill's, or one built of the rows. */
static void put_answer(struct og_thinking *t, struct handed *h)
{
	json_t *result = t->job->result, *skills = json_object_get(t->said, "answer");
	json_t *wrong = og_show_text(h->wrong, strlen(h->wrong), sizeof(h->wrong));
	const char *by = "model";
	struct og_buf built;

	og_buf_init(&built, BUILT_MAX * 2);
	if (!h->wrong[0] && *h->answer) {
		json_object_set_new(result, "answer", json_string(h->answer));
	} else if (skills) {
		by = "skill";
		json_object_set(result, "answer", skills);
	} else {
		by = "built";
		build_answer(t, h->data, &built);
		json_object_set_new(result, "answer", json_string(built.data ? built.data : ""));
	}
	json_object_set_new(result, "answer_by", json_string(by));
	if (h->wrong[0])
		json_object_set_new(result, "next",
				    json_sprintf("The model's own sentence was left out: %s.",
						 wrong ? json_string_value(wrong) : ""));
	else if (*h->next)
		json_object_set_new(result, "next", json_string(h->next));
	og_buf_release(&built);
	json_decref(wrong);
}

/* --- the view --------------------------------------------------------------------------- */

static void put_view(struct og_thinking *t, const struct handed *h)
{
	json_t *result = t->job->result, *view = json_object_get(result, "view");
	json_t *why = json_object_get(t->said, "view_refused");
	const char *by = json_is_object(view) ? "skill" : "built";

	if (*h->view && !h->view_err.code) {
		/* The skill's hints stay: they have the actions. */
		view = json_is_object(view) ? json_copy(view) : json_object();
		json_object_del(view, "tree");
		json_object_set_new(view, "jsx", json_string(h->view));
		json_object_set_new(result, "view", view);
		by = "model";
	} else if (why) {
		json_object_set(result, "view_refused", why);
	}
	json_object_set_new(result, "view_by", json_string(by));
}

static void judge_view(struct og_thinking *t, struct handed *h)
{
	struct og_err *err = &h->view_err;

	if (!*h->view)
		return;
	if (og_view_judge(t, h->cited, h->data, h->view, err) < 0)
		json_object_set_new(t->said, "view_refused",
				    og_show_text(err->msg, strlen(err->msg), 500));
}

/* --- the end ---------------------------------------------------------------------------- */

/* A skill that was begun has to be brought to its end. NULL: it is. */
static json_t *steps_left(struct og_thinking *t, int last)
{
	json_t *left = og_steps_left(t), *joined, *error = NULL;

	if (t->job->doc && json_array_size(left) > 0) {
		joined = og_names_joined(left, NAMES_MAX);
		error = og_tool_error("steps-left",
				      "run_step goes on; give_up takes back what is done",
				      "skill '%s' has steps left: %s", t->job->name,
				      joined ? json_string_value(joined) : "?");
		if (last)
			og_job_end(t->job, OG_TASK_FAILED,
				   "unfinished: skill %s has steps left: %s", t->job->name,
				   joined ? json_string_value(joined) : "?");
		json_decref(joined);
	}
	json_decref(left);
	return error;
}

/* Something is wrong, and there is another turn to mend it. */
static json_t *give_back(struct og_thinking *t, const struct handed *h, int last)
{
	int answer = h->wrong[0] != '\0', view = h->view_err.code != 0;

	if (last || !((answer && !t->answers_tried) || (view && !t->views_tried)))
		return NULL;
	t->answers_tried += answer;
	t->views_tried += view;
	return og_tool_error(answer ? "answer" : "view", answer ? h->advice : h->view_err.hint,
			     "%s%s%s", h->wrong, answer && view ? "; " : "",
			     view ? h->view_err.msg : "");
}

static void put_evidence(struct og_thinking *t, const struct handed *h)
{
	json_t *result = t->job->result, *citations = json_object_get(result, "citations"), *item;
	size_t i;

	json_array_foreach(h->cited, i, item) append_once(citations, item);
	if (json_array_size(h->entries) > 0)
		json_object_set(result, "entries", h->entries);
	json_object_set(result, "data", h->data);
}

/* The refusal speaks first, whatever the model makes of it. */
static void put_refusal(struct og_thinking *t)
{
	json_t *result = t->job->result, *answer = json_object_get(result, "answer");
	const char *why = t->job->reason, *said = json_string_value(answer);
	int by_model = strcmp(og_json_str(result, "answer_by"), "model") == 0;

	if (by_model)
		json_object_set_new(result, "answer",
				    json_sprintf("Refused: %s. In the model's words: %s", why,
						 said ? said : ""));
	else
		json_object_set_new(result, "answer", json_sprintf("Refused: %s.", why));
	json_object_set_new(result, "answer_by", json_string("built"));
}

/* What was forbidden and not followed by anything that was not, is how the
 * task ends, in whatever words; unless it did something that stands. */
static void put_end(struct og_thinking *t)
{
	const char *verdict = og_json_str(t->refused, "verdict");
	int denied = verdict && strcmp(verdict, "deny") == 0;
	int stands = json_array_size(t->ran) > 0 || json_array_size(t->entries) > 0;

	if (denied)
		og_job_refused(t->job, OG_TASK_DENIED, t->refused);
	if (denied && !stands)
		put_refusal(t);
	else
		og_job_end(t->job, OG_TASK_DONE, "%s", "");
}

static const char *text_of(const json_t *arguments, const char *name)
{
	const char *text = og_json_str(arguments, name);

	return text ? text : "";
}

int og_think_finish(struct og_thinking *t, const json_t *arguments, int last, json_t **ret_error)
{
	struct handed h = { .answer = text_of(arguments, "answer"),
			    .next = text_of(arguments, "next"),
			    .view = text_of(arguments, "view"),
			    .cited = json_array(),
			    .entries = json_array() };

	*ret_error = steps_left(t, last);
	if (*ret_error && !last)
		goto out;
	take_shown(t, &h, json_object_get(arguments, "show"));
	take_cites(t, &h, json_object_get(arguments, "cites"));
	judge_answer(t, &h);
	judge_view(t, &h);
	if (!*ret_error)
		*ret_error = give_back(t, &h, last);
	if (*ret_error && !last)
		goto out;
	put_evidence(t, &h);
	put_answer(t, &h);
	put_view(t, &h);
	if (!*ret_error)
		put_end(t);
	json_decref(*ret_error);
	*ret_error = NULL;
out:
	json_decref(h.cited);
	json_decref(h.entries);
	json_decref(h.data);
	return *ret_error == NULL;
}

/* --- as tools --------------------------------------------------------------------------- */

enum og_turn og_tool_end(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	ret->over = og_think_finish(t, args, t->last, &ret->error);
	if (ret->over)
		ret->output = json_pack("{s:b}", "done", 1);
	return OG_TURN_OK;
}

enum og_turn og_tool_stop(struct og_thinking *t, const json_t *args, struct og_acted *ret)
{
	const char *reason = og_json_str(args, "reason");
	json_t *shown = og_show_text(reason, strlen(reason), 400);

	if (t->refused)
		og_job_refused(t->job, OG_TASK_DENIED, t->refused);
	og_job_end(t->job, OG_TASK_DENIED, "gave up: %s", shown ? json_string_value(shown) : "");
	json_object_set(t->job->result, "answer", shown);
	json_object_set_new(t->job->result, "answer_by", json_string("model"));
	json_decref(shown);
	ret->over = 1;
	ret->output = json_pack("{s:b}", "done", 1);
	return OG_TURN_OK;
}
