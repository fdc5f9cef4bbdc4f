/*
 * The tree as text for a terminal: a walk that writes one component after
 * the other, with a drawer for each. Layout components only order.
 */
#include "lib/view/view.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/text-internal.h"

#define INDENT	      2
#define UNDO_COLUMN   18 /* about where an undo's words begin */
#define TEXT_ROOM_MIN 8	 /* columns; narrower wrapping would be no text */

void og_ink(struct text_out *out, enum ink ink, const char *text)
{
	static const char *const codes[] = { "", "1", "2", "32", "33", "31", "36" };

	if (!out->color || ink == INK_PLAIN || !*text)
		og_buf_adds(out->buf, text);
	else
		og_buf_addf(out->buf, "\033[%sm%s\033[0m", codes[ink], text);
}

enum ink og_ink_of(const char *tone)
{
	static const struct {
		const char *tone;
		enum ink ink;
	} inks[] = {
		{ "ok", INK_OK }, { "warn", INK_WARN }, { "bad", INK_BAD }, { "info", INK_INFO }
	};

	for (size_t i = 0; tone && i < sizeof(inks) / sizeof(*inks); i++)
		if (strcmp(tone, inks[i].tone) == 0)
			return inks[i].ink;
	return INK_PLAIN;
}

void og_spaces(struct text_out *out, size_t n)
{
	static const char blanks[] = "                                ";

	for (; n >= sizeof(blanks); n -= sizeof(blanks) - 1)
		og_buf_add(out->buf, blanks, sizeof(blanks) - 1);
	og_buf_add(out->buf, blanks, n);
}

size_t og_text_fit(const char *text, size_t len, size_t width, size_t *ret_width)
{
	size_t used = 0, at = 0;
	uint32_t rune;

	while (at < len) {
		size_t n = og_utf8_decode(text + at, len - at, &rune);
		size_t w = og_utf8_width(text + at, n);

		if (used + w > width)
			break;
		used += w;
		at += n;
	}
	*ret_width = used;
	return at;
}

/* Most values are short plain ASCII and need neither a scan of tables nor a copy. */
static int is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return 0;
	return 1;
}

size_t og_text_value(struct text_out *out, const json_t *value, const char *format,
		     const char *currency)
{
	og_buf_clear(&out->cell);
	og_buf_clear(&out->safe);
	og_format(&out->cell, value, format, currency);
	og_buf_add(&out->safe, "", 0);
	if (out->cell.failed)
		out->buf->failed = out->cell.failed;
	if (out->cell.len == 0)
		return 0;
	if (is_plain(out->cell.data, out->cell.len)) {
		og_buf_add(&out->safe, out->cell.data, out->cell.len);
		return out->cell.len;
	}
	og_text_safe(&out->safe, out->cell.data, out->cell.len, 0);
	return og_utf8_width(out->safe.data, out->safe.len);
}

void og_text_line(struct text_out *out, enum ink ink, const char *text)
{
	og_buf_clear(&out->cell);
	og_text_safe(&out->cell, text, strlen(text), 0);
	og_ink(out, ink, out->cell.len > 0 ? out->cell.data : "");
}

/* Bytes of text that go on this line: up to a blank, or cut where it must be. */
static size_t line_len(const char *text, size_t len, size_t width)
{
	size_t used, fit = og_text_fit(text, len, width, &used), blank = fit;

	if (fit == len)
		return len;
	while (blank > 0 && text[blank] != ' ')
		blank--;
	return blank > 0 ? blank : fit > 0 ? fit : 1;
}

void og_text_wrap(struct text_out *out, enum ink ink, const char *text, size_t column,
		  size_t indent)
{
	struct og_buf safe, line;
	size_t at = 0;

	og_buf_init(&safe, OG_VIEW_MAX);
	og_buf_init(&line, OG_VIEW_MAX);
	og_text_safe(&safe, text, strlen(text), 0);
	do {
		size_t room =
			out->width > column + TEXT_ROOM_MIN ? out->width - column : TEXT_ROOM_MIN;
		size_t n = safe.len > at ? line_len(safe.data + at, safe.len - at, room) : 0;

		og_buf_clear(&line);
		og_buf_add(&line, n > 0 ? safe.data + at : "", n);
		og_ink(out, ink, line.len > 0 ? line.data : "");
		og_buf_addc(out->buf, '\n');
		at += n;
		while (at < safe.len && safe.data[at] == ' ')
			at++;
		if (at < safe.len)
			og_spaces(out, indent);
		column = indent;
	} while (at < safe.len && !out->buf->failed);
	if (safe.failed)
		out->buf->failed = safe.failed;
	og_buf_release(&line);
	og_buf_release(&safe);
}

static void indented(struct text_out *out, enum ink ink, const char *text)
{
	og_spaces(out, INDENT);
	og_text_wrap(out, ink, text, INDENT, INDENT);
}

static void draw_page(struct text_out *out, const json_t *props)
{
	og_text_wrap(out, INK_BOLD, og_text_of(props, "title"), 0, 0);
	if (*og_text_of(props, "subtitle"))
		og_text_wrap(out, INK_DIM, og_text_of(props, "subtitle"), 0, 0);
}

/* A line and, where there is room for its first words, a note behind it. */
static void line_and_note(struct text_out *out, size_t indent, const json_t *line, const char *note)
{
	size_t width = indent;

	og_spaces(out, indent);
	if (json_string_length(line) > 0) {
		width += og_text_value(out, line, "text", NULL) + 2;
		og_ink(out, indent == 0 ? INK_BOLD : INK_PLAIN, out->safe.data);
	}
	if (*note && width + TEXT_ROOM_MIN < out->width) {
		og_spaces(out, json_string_length(line) > 0 ? 2 : 0);
		og_text_wrap(out, INK_DIM, note, width, indent);
		return;
	}
	og_buf_addc(out->buf, '\n');
	if (*note) {
		og_spaces(out, indent);
		og_text_wrap(out, INK_DIM, note, indent, indent);
	}
}

static void draw_section(struct text_out *out, const json_t *props)
{
	og_buf_addc(out->buf, '\n');
	line_and_note(out, 0, json_object_get(props, "title"), og_text_of(props, "hint"));
}

static void draw_alert(struct text_out *out, const json_t *props)
{
	const char *tone = og_text_of(props, "tone"), *text = og_text_of(props, "text");
	const char *fix = og_text_of(props, "fix");

	og_buf_addc(out->buf, '\n');
	og_ink(out, og_ink_of(tone), strcmp(tone, "ok") == 0 ? "\u2713 " : "! ");
	og_text_wrap(out, og_ink_of(tone), og_text_of(props, "title"), 2, 2);
	if (*text)
		indented(out, INK_PLAIN, text);
	if (*fix)
		indented(out, INK_PLAIN, fix);
}

static void draw_metrics(struct text_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i, widest = 0, width;

	og_buf_addc(out->buf, '\n');
	json_array_foreach(items, i, item)
	{
		width = og_text_value(out, json_object_get(item, "label"), "text", NULL);
		widest = width > widest ? width : widest;
	}
	json_array_foreach(items, i, item)
	{
		og_spaces(out, INDENT);
		width = og_text_value(out, json_object_get(item, "label"), "text", NULL);
		og_ink(out, INK_DIM, out->safe.data);
		og_spaces(out, widest - width + 2);
		og_text_value(out, json_object_get(item, "value"), og_text_of(item, "format"),
			      og_json_str(props, "currency"));
		og_ink(out,
		       *og_text_of(item, "tone") ? og_ink_of(og_text_of(item, "tone")) : INK_BOLD,
		       out->safe.data);
		og_text_metric_note(out, item);
		og_buf_addc(out->buf, '\n');
	}
}

static void draw_table(struct text_out *out, const json_t *props)
{
	json_t *rows = json_object_get(props, "rows");

	if (*og_text_of(props, "title")) {
		og_buf_addc(out->buf, '\n');
		og_text_line(out, INK_BOLD, og_text_of(props, "title"));
		og_buf_addf(out->buf, " (%zu)\n", json_array_size(rows));
	}
	og_text_table(out, props);
}

static void draw_key_values(struct text_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	struct og_buf line;
	size_t i;

	og_buf_init(&line, OG_VIEW_MAX);
	json_array_foreach(items, i, item)
	{
		og_buf_clear(&line);
		og_text_value(out, json_object_get(item, "value"), og_text_of(item, "format"),
			      og_json_str(props, "currency"));
		og_buf_addf(&line, "%s: ", og_text_of(item, "label"));
		og_buf_add(&line, out->safe.data, out->safe.len);
		if (!line.failed)
			indented(out, INK_PLAIN, line.data);
	}
	og_buf_release(&line);
}

static void draw_timeline(struct text_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i, column;

	json_array_foreach(items, i, item)
	{
		const char *detail = og_text_of(item, "detail");

		og_spaces(out, INDENT);
		column = og_text_value(out, json_object_get(item, "time"), "time", NULL);
		og_ink(out, INK_DIM, out->safe.data);
		og_spaces(out, 2);
		og_text_line(out, og_ink_of(og_text_of(item, "tone")), og_text_of(item, "title"));
		og_buf_addc(out->buf, '\n');
		if (*detail) {
			og_spaces(out, column + 2 * INDENT);
			og_text_wrap(out, INK_DIM, detail, column + 2 * INDENT,
				     column + 2 * INDENT);
		}
	}
}

static const char *step_mark(const char *state, enum ink *ret)
{
	static const struct {
		const char *state, *mark;
		enum ink ink;
	} marks[] = { { "done", "\u2713", INK_OK },
		      { "undone", "\u21b6", INK_WARN },
		      { "failed", "\u2717", INK_BAD } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (strcmp(state, marks[i].state) == 0) {
			*ret = marks[i].ink;
			return marks[i].mark;
		}
	}
	*ret = INK_DIM;
	return "\u00b7";
}

static void draw_undo(struct text_out *out, const json_t *step)
{
	const json_t *undo = json_object_get(step, "undo");
	int failed = strcmp(og_text_of(undo, "state"), "failed") == 0;

	if (!undo)
		return;
	og_spaces(out, 2 * INDENT);
	og_buf_addf(out->buf, "%lld. ", (long long)og_json_int(undo, "turn", 0));
	og_text_line(out, failed ? INK_BAD : INK_WARN, og_text_of(undo, "title"));
	og_buf_adds(out->buf, ": ");
	og_text_wrap(out, INK_PLAIN, og_text_of(undo, "detail"), UNDO_COLUMN, 3 * INDENT);
}

static void draw_rail(struct text_out *out, const json_t *props)
{
	json_t *steps = json_object_get(props, "steps"), *step;
	const char *mark, *note;
	enum ink ink;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		note = og_text_of(step, "note");
		mark = step_mark(og_text_of(step, "state"), &ink);
		og_spaces(out, INDENT);
		og_ink(out, ink, mark);
		og_spaces(out, 1);
		og_text_line(out, INK_BOLD, og_text_of(step, "title"));
		if (*note) {
			og_spaces(out, 2);
			og_text_line(out, INK_DIM, note);
		}
		og_buf_addc(out->buf, '\n');
		og_spaces(out, 2 * INDENT);
		og_text_wrap(out, INK_PLAIN, og_text_of(step, "detail"), 2 * INDENT, 2 * INDENT);
		draw_undo(out, step);
	}
}

static void draw_chain(struct text_out *out, const json_t *props)
{
	int64_t first = og_json_int(props, "first", 0), last = og_json_int(props, "last", 0);

	og_text_entries(out, props);
	if (first <= 0)
		return;
	og_spaces(out, INDENT);
	og_buf_addf(out->buf, "#%lld", (long long)first);
	if (last > first)
		og_buf_addf(out->buf, " to #%lld", (long long)last);
	if (*og_text_of(props, "head")) {
		og_buf_adds(out->buf, ", head ");
		og_text_line(out, INK_DIM, og_text_of(props, "head"));
	}
	og_buf_addc(out->buf, '\n');
}

static void draw_citation(struct text_out *out, const json_t *props)
{
	int64_t line = og_json_int(props, "line", 0);
	struct og_buf where;

	og_buf_init(&where, OG_VIEW_MAX);
	og_buf_adds(&where, og_text_of(props, "policy"));
	if (line > 0)
		og_buf_addf(&where, ":%lld", (long long)line);
	line_and_note(out, INDENT, json_object_get(props, "title"),
		      where.len > 0 ? where.data : "");
	og_buf_release(&where);
	if (*og_text_of(props, "text")) {
		og_spaces(out, 2 * INDENT);
		og_text_wrap(out, INK_DIM, og_text_of(props, "text"), 2 * INDENT, 2 * INDENT);
	}
}

/* Commands are for pasting: never wrapped, never coloured. */
static void draw_command(struct text_out *out, const json_t *props)
{
	indented(out, INK_PLAIN, og_text_of(props, "title"));
	og_spaces(out, 2 * INDENT);
	og_text_line(out, INK_PLAIN, og_text_of(props, "text"));
	og_buf_addc(out->buf, '\n');
}

static void draw_code(struct text_out *out, const json_t *props)
{
	og_buf_clear(&out->cell);
	og_text_safe(&out->cell, og_text_of(props, "text"), strlen(og_text_of(props, "text")), 1);
	for (const char *line = out->cell.len > 0 ? out->cell.data : ""; *line;) {
		size_t n = strcspn(line, "\n");

		og_spaces(out, 2 * INDENT);
		og_buf_add(out->buf, line, n);
		og_buf_addc(out->buf, '\n');
		line += n + (line[n] ? 1 : 0);
	}
}

static void draw_text(struct text_out *out, const json_t *props)
{
	if (strcmp(og_text_of(props, "role"), "lead") == 0) {
		og_buf_addc(out->buf, '\n');
		og_text_wrap(out, INK_PLAIN, og_text_of(props, "text"), 0, 0);
	} else {
		indented(out, INK_PLAIN, og_text_of(props, "text"));
	}
}

static void draw_empty(struct text_out *out, const json_t *props)
{
	og_buf_addc(out->buf, '\n');
	og_text_line(out, INK_BOLD, og_text_of(props, "title"));
	if (*og_text_of(props, "text")) {
		og_buf_adds(out->buf, ": ");
		og_text_line(out, INK_DIM, og_text_of(props, "text"));
	}
	og_buf_addc(out->buf, '\n');
}

static const struct drawer {
	const char *component;
	void (*draw)(struct text_out *out, const json_t *props);
} drawers[] = {
	{ "Page", draw_page },
	{ "Section", draw_section },
	{ "Alert", draw_alert },
	{ "Metrics", draw_metrics },
	{ "Table", draw_table },
	{ "KeyValue", draw_key_values },
	{ "BarChart", og_text_bars },
	{ "LineChart", og_text_spark },
	{ "ShareBar", og_text_shares },
	{ "Meters", og_text_meters },
	{ "Timeline", draw_timeline },
	{ "SagaRail", draw_rail },
	{ "Chain", draw_chain },
	{ "Citation", draw_citation },
	{ "Command", draw_command },
	{ "Code", draw_code },
	{ "Text", draw_text },
	{ "Empty", draw_empty },
	{ "AreaChart", og_text_spark },
	{ "Sparkline", og_text_sparkline },
	{ "Badge", og_text_badge },
	{ "Waterfall", og_text_waterfall },
	{ "Integrity", og_text_integrity },
	{ "Diff", og_text_diff },
	{ "Graph", og_text_graph },
};

static void walk(struct text_out *out, const json_t *node)
{
	const char *component = og_text_of(node, "c");
	json_t *children = json_object_get(node, "k"), *child;
	size_t i;

	for (i = 0; i < sizeof(drawers) / sizeof(*drawers); i++)
		if (strcmp(component, drawers[i].component) == 0)
			drawers[i].draw(out, json_object_get(node, "p"));
	if (strncmp(component, "Action", 6) == 0)
		og_text_control(out, node);
	json_array_foreach(children, i, child)
	{
		if (strcmp(component, "Tabs") == 0)
			og_text_tab(out, json_object_get(node, "p"), i);
		walk(out, child);
	}
}

int og_view_text(const json_t *tree, const struct og_text_style *style, struct og_buf *buf,
		 struct og_err *err)
{
	struct text_out out = { .buf = buf, .width = style->width, .color = style->color };

	og_buf_init(&out.cell, OG_VIEW_MAX);
	og_buf_init(&out.safe, OG_VIEW_MAX);
	walk(&out, tree);
	og_buf_release(&out.cell);
	og_buf_release(&out.safe);
	return og_buf_check(buf, "text view", err);
}
