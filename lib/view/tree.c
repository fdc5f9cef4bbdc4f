/*
 * From a result document to a page: the state chooses the page, the parts
 * fill it. See og-view(5) for the catalogue of components.
 */
#include "lib/view/view.h"

#include <string.h>

#include "lib/view/actions.h"
#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

/* How a final state reads as a title after the skill's name, and its tone. */
static const struct state_words {
	const char *state, *title, *after, *tone;
} state_words[] = {
	{ "done", "Done", "", "ok" },
	{ "denied", "Not allowed", ": not allowed", "warn" },
	{ "failed", "Not done", ": not done", "bad" },
	{ "compensated", "Rolled back", ": rolled back", "warn" },
	{ "compensation_failed", "Rolled back in part", ": rolled back in part", "bad" },
	{ "interrupted", "Task stopped", ": stopped", "bad" },
	{ "in_doubt", "In doubt", ": in doubt", "bad" },
	{ "cancelled", "Cancelled", ": cancelled", "warn" },
	{ "waiting", "Waiting", ": waiting", "info" },
	{ "running", "Running", ": running", "info" },
	{ "queued", "Queued", ": queued", "info" },
};

static const struct state_words *words_of(const char *state)
{
	for (size_t i = 0; i < sizeof(state_words) / sizeof(*state_words); i++)
		if (strcmp(state, state_words[i].state) == 0)
			return &state_words[i];
	return &state_words[2];
}

static int is_state(const struct build *b, const char *state)
{
	return strcmp(b->state, state) == 0;
}

static int no_skill(const struct build *b)
{
	return strstr(og_text_of(b->result, "reason"), "no_skill") != NULL;
}

/* The name alone of "skill@hash12" or {"name",..}. */
static void skill_name(const struct build *b, struct og_buf *buf)
{
	const json_t *skill = json_object_get(b->result, "skill");
	const char *name =
		json_is_object(skill) ? og_text_of(skill, "name") : og_text_of(b->result, "skill");
	struct og_buf plain;

	og_buf_init(&plain, (size_t)1 << 20);
	og_buf_add(&plain, name, strcspn(name, "@"));
	if (plain.len > 0)
		og_words(buf, plain.data);
	og_buf_release(&plain);
}

static void page_title(struct build *b, json_t *page)
{
	const struct state_words *words = words_of(b->state);
	const char *hint = og_json_str(b->hints, "title");
	struct og_buf title;

	og_buf_init(&title, (size_t)1 << 20);
	if (hint)
		og_buf_adds(&title, hint);
	else
		skill_name(b, &title);
	if (no_skill(b))
		og_put(b, page, "title", "No skill fits");
	else if (title.len == 0)
		og_put(b, page, "title", words->title);
	else
		og_putf(b, page, "title", "%s%s", title.data, words->after);
	og_put(b, page, "tone", words->tone);
	og_buf_release(&title);
}

static void page_subtitle(struct build *b, json_t *page)
{
	const char *hint = og_json_str(b->hints, "subtitle"),
		   *text = og_json_str(b->result, "text");
	const char *principal = og_json_str(b->result, "principal");
	const char *when = og_json_str(b->result, "finished");
	struct og_buf line;

	if (!when)
		when = og_json_str(b->result, "submitted");
	og_buf_init(&line, (size_t)1 << 20);
	if (hint)
		og_buf_adds(&line, hint);
	else if (text)
		og_buf_addf(&line, "\u201c%s\u201d", text);
	if (principal)
		og_buf_addf(&line, "%sby %s", line.len > 0 ? ", " : "", principal);
	if (when && og_is_date(when, strlen(when)) && strlen(when) >= 16)
		og_buf_addf(&line, "%s%.10s %.5s UTC", line.len > 0 ? ", " : "", when, when + 11);
	if (line.failed)
		b->failed = 1;
	else if (line.len > 0)
		og_put(b, page, "subtitle", line.data);
	og_buf_release(&line);
}

static json_t *new_page(struct build *b)
{
	json_t *page = og_node(b, NULL, "Page");

	page_title(b, page);
	page_subtitle(b, page);
	og_put(b, page, "state", b->state);
	og_put(b, page, "render", b->render);
	og_put_member(b, page, "principal", b->result, "principal");
	og_put_member(b, page, "task", b->result, "task");
	og_put_member(b, page, "planner", b->result, "planner");
	og_put_member(b, page, "finished", b->result, "finished");
	og_put_member(b, page, "head", json_object_get(b->result, "ledger"), "head");
	og_put_member(b, page, "last", json_object_get(b->result, "ledger"), "last");
	return page;
}

/* The answer is the headline, the reason stands below it when it adds something. */
static void add_alert(struct build *b, json_t *page, const char *tone, const char *fallback)
{
	const char *answer = og_json_str(b->result, "answer"), *reason;
	const json_t *refusal = json_object_get(b->result, "refusal");
	const char *fix = og_json_str(refusal, "fix");
	json_t *alert = og_node(b, page, "Alert");

	reason = og_json_str(refusal, "why");
	if (!reason)
		reason = og_json_str(b->result, "reason");
	if (!answer || !*answer)
		answer = reason && *reason ? reason : fallback;
	og_put(b, alert, "tone", tone);
	og_put(b, alert, "title", answer);
	if (reason && *reason && !strstr(answer, reason))
		og_put(b, alert, "text", reason);
	og_put(b, alert, "fix", fix ? fix : og_json_str(b->result, "next"));
}

static json_t *add_stack(struct build *b, json_t *grid, int span)
{
	json_t *stack = og_node(b, grid, "Stack");

	og_put_json(b, stack, "span", json_integer(span));
	return stack;
}

static void side_parts(struct build *b, json_t *side)
{
	og_part_actions(b, side);
	og_part_events(b, side);
	og_part_sources(b, side);
	og_part_ledger(b, side);
}

static int wrote(const struct build *b)
{
	json_t *steps = json_object_get(b->result, "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (og_json_int(step, "affected", 0) > 0)
			return 1;
	}
	return 0;
}

static void page_interrupted(struct build *b, json_t *page)
{
	json_t *grid, *left, *right;

	add_alert(b, page, "bad", "SYSTEM_INTERRUPT: a limit stopped this task");
	grid = og_node(b, page, "Grid");
	left = add_stack(b, grid, 5);
	right = add_stack(b, grid, 7);
	og_part_budgets(b, left);
	og_part_cause(b, right);
	og_part_actions(b, right);
	og_part_events(b, right);
	if (wrote(b))
		og_part_saga(b, right);
	og_part_facts(b, left);
	og_part_sources(b, left);
	og_part_ledger(b, left);
}

/* Steps first: what stands, what was undone, why. */
static void page_saga(struct build *b, json_t *page)
{
	json_t *grid, *main, *side;

	add_alert(b, page, words_of(b->state)->tone, words_of(b->state)->title);
	grid = og_node(b, page, "Grid");
	main = add_stack(b, grid, 8);
	side = add_stack(b, grid, 4);
	og_part_saga(b, main);
	if (no_skill(b))
		og_part_nearest(b, main);
	else
		og_part_report(b, page, main, page);
	og_part_facts(b, side);
	side_parts(b, side);
}

static void add_lead(struct build *b, json_t *page)
{
	const char *answer = og_json_str(b->result, "answer"),
		   *next = og_json_str(b->result, "next");
	json_t *text;

	if (answer && *answer) {
		text = og_node(b, page, "Text");
		og_put(b, text, "text", answer);
		og_put(b, text, "role", "lead");
	}
	if (next)
		og_put(b, og_node(b, page, "Text"), "text", next);
}

static int has_rows(const struct build *b)
{
	json_t *data = json_object_get(b->result, "data"), *rows;
	const char *name;

	json_object_foreach(data, name, rows)
	{
		if (json_array_size(rows) > 0)
			return 1;
	}
	return 0;
}

/* A document that found something out of order says so in amber. */
static int is_audit(const struct build *b)
{
	json_t *data = json_object_get(b->result, "data"), *rows;
	const char *name, *kind = og_json_str(b->hints, "kind");
	struct profile profile;

	if (kind)
		return strcmp(kind, "audit") == 0;
	json_object_foreach(data, name, rows)
	{
		og_profile(rows, &profile);
		if (profile.n_rows > 1 && og_profile_role(&profile, ROLE_LIMIT))
			return 1;
	}
	return 0;
}

static void page_report(struct build *b, json_t *page)
{
	json_t *grid = og_node(b, NULL, "Grid"), *tail = og_node(b, NULL, "Stack");
	json_t *main = add_stack(b, grid, 8), *side = add_stack(b, grid, 4);

	if (is_audit(b))
		add_alert(b, page, has_rows(b) ? "warn" : "ok", "Done");
	else
		add_lead(b, page);
	og_part_report(b, page, main, tail);
	og_part_facts(b, main);
	if (wrote(b))
		og_part_saga(b, main);
	side_parts(b, side);
	if (json_array_append_new(json_object_get(page, "k"), grid) < 0 ||
	    json_array_append_new(json_object_get(page, "k"), tail) < 0)
		b->failed = 1;
}

static int many_rows(const struct build *b)
{
	json_t *data = json_object_get(b->result, "data"), *rows;
	const char *name;

	json_object_foreach(data, name, rows)
	{
		if (json_array_size(rows) > 1)
			return 1;
	}
	return 0;
}

/* The state decides; done is a report, or a saga when it changed rows. */
static void fill_page(struct build *b, json_t *page)
{
	const char *kind = og_text_of(b->hints, "kind");

	if (is_state(b, "interrupted"))
		page_interrupted(b, page);
	else if (!is_state(b, "done"))
		page_saga(b, page);
	else if (strcmp(kind, "saga") == 0 || (!*kind && wrote(b) && !many_rows(b)))
		page_saga(b, page);
	else
		page_report(b, page);
}

int og_view_tree(json_t *result, const char *render, json_t **ret, struct og_err *err)
{
	struct build b = { .result = result, .render = render };
	json_t *page;
	int rc = 0;

	if (og_view_actions(result, &b.actions, err) < 0)
		return -1;
	b.placed = json_object();
	b.hints = json_object_get(result, "view");
	b.state = og_text_of(result, "state");
	page = new_page(&b);
	if (page && og_has_own_view(&b)) {
		rc = og_part_own(&b, page, err);
	} else if (page) {
		fill_page(&b, page);
		og_node_prune(page);
	}
	json_decref(b.actions);
	json_decref(b.placed);
	if (rc == 0 && (b.failed || !page))
		rc = og_fail(err, OG_EOS, "out of memory while laying out the view");
	if (rc < 0) {
		json_decref(page);
		return -1;
	}
	*ret = page;
	return 0;
}
