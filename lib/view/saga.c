/*
 * Steps as a rail: forward down one lane, compensation up the other. A step
 * without an undo says why there is none.
 */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

/* The compensation record of a step, and when its turn was (from 1). */
static const json_t *undo_of(const struct build *b, const char *step, size_t *ret_turn)
{
	json_t *list = json_object_get(b->result, "compensation"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(og_text_of(item, "step"), step) == 0) {
			*ret_turn = i + 1;
			return item;
		}
	}
	return NULL;
}

static void add_detail(struct build *b, json_t *item, const json_t *step)
{
	int64_t affected = og_json_int(step, "affected", -1), seq = og_json_int(step, "seq", -1);
	const char *why = og_json_str(step, "why");

	if (why)
		og_set(b, item, "detail", why);
	else if (affected > 0)
		og_setf(b, item, "detail", "%lld row%s changed", (long long)affected,
			affected == 1 ? "" : "s");
	else if (strcmp(og_text_of(step, "state"), "skipped") == 0)
		og_set(b, item, "detail", "Never started");
	else if (strcmp(og_text_of(step, "state"), "failed") == 0)
		og_set(b, item, "detail", "It failed; nothing of it stands");
	else
		og_set(b, item, "detail", "Checked, nothing changed");
	if (seq > 0)
		og_setf(b, item, "note", "entry %lld", (long long)seq);
}

static const char *how_words(const char *how)
{
	if (strcmp(how, "sql") == 0)
		return "Undone by the step's own statement";
	if (strcmp(how, "inverse") == 0)
		return "Row changes put back";
	return strcmp(how, "none") == 0 ? "Nothing to undo" : how;
}

static void add_undo(struct build *b, json_t *item, const json_t *undo, size_t turn)
{
	const char *state = og_text_of(undo, "state"), *why = og_json_str(undo, "why");
	int64_t seq = og_json_int(undo, "seq", -1);
	json_t *object;

	if (strcmp(state, "nothing") == 0 || strcmp(og_text_of(undo, "how"), "none") == 0) {
		og_set(b, item, "gap", why ? why : "Nothing to undo: the step changed nothing");
		return;
	}
	object = json_object();
	og_set_json(b, item, "undo", object);
	og_set(b, object, "title", strcmp(state, "failed") == 0 ? "Undo failed" : "Undone");
	og_set(b, object, "state", state);
	og_set(b, object, "detail", why ? why : how_words(og_text_of(undo, "how")));
	og_set_json(b, object, "turn", json_integer((json_int_t)turn));
	if (seq > 0)
		og_setf(b, object, "note", "entry %lld", (long long)seq);
}

static void add_step(struct build *b, json_t *rail, const json_t *step, int lanes)
{
	const char *state = og_text_of(step, "state"), *name = og_text_of(step, "name");
	json_t *item = og_item(b, rail, "steps");
	const json_t *undo;
	size_t turn = 0;

	og_set_words(b, item, "title", name);
	og_set(b, item, "state", state);
	add_detail(b, item, step);
	if (lanes < 2)
		return;
	undo = undo_of(b, name, &turn);
	if (undo)
		add_undo(b, item, undo, turn);
	else if (strcmp(state, "failed") == 0)
		og_set(b, item, "gap", "Nothing to undo: the step never took effect");
	else if (strcmp(state, "skipped") != 0)
		og_set(b, item, "gap", "Nothing to undo: the step changed nothing");
}

void og_part_saga(struct build *b, json_t *column)
{
	json_t *steps = json_object_get(b->result, "steps"), *step, *section, *rail;
	int lanes = json_array_size(json_object_get(b->result, "compensation")) > 0 ? 2 : 1;
	size_t i;

	if (json_array_size(steps) == 0)
		return;
	section = og_node_section(b, column, "Steps",
				  lanes == 2 ? "Forward, then undone in reverse order" : NULL);
	rail = og_node(b, section, "SagaRail");
	og_put_json(b, rail, "lanes", json_integer(lanes));
	json_array_foreach(steps, i, step) add_step(b, rail, step, lanes);
}
