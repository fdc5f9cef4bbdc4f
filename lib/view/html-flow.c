/* What runs along a line: steps and their undoing, events, the ledger's
 * entries; and statements with their words marked. */
#include <ctype.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/html-internal.h"

/* The first undone step's index and the failed one's, or -1. */
struct turns {
	long first, failed;
};

static struct turns find_turns(const json_t *steps)
{
	struct turns turns = { -1, -1 };
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (turns.first < 0 && json_object_get(step, "undo"))
			turns.first = (long)i;
		if (turns.failed < 0 && strcmp(og_text_of(step, "state"), "failed") == 0)
			turns.failed = (long)i;
	}
	return turns;
}

static void step_number(struct html_out *out, const char *state, size_t index)
{
	og_markup(out, "<span class=\"ix\">");
	if (strcmp(state, "failed") == 0)
		og_icon(out, "cross", 12);
	else if (strcmp(state, "skipped") == 0)
		og_markup(out, "\u2013");
	else
		og_buf_addf(out->buf, "%zu", index + 1);
	og_markup(out, "</span>");
}

static void step_card(struct html_out *out, const json_t *step, size_t index)
{
	const char *state = og_text_of(step, "state");

	og_buf_addf(out->buf, "<article class=\"og-step%s\">",
		    strcmp(state, "failed") == 0    ? " bad"
		    : strcmp(state, "skipped") == 0 ? " skip"
						    : "");
	step_number(out, state, index);
	og_markup(out, "<h3>");
	og_escape_member(out, step, "title");
	og_markup(out, "<span class=\"vh\"> ");
	og_escape_member(out, step, "state");
	og_markup(out, "</span></h3><span class=\"tm\">");
	og_escape_member(out, step, "note");
	og_markup(out, "</span><p>");
	og_escape_member(out, step, "detail");
	og_markup(out, "</p></article>");
}

/* The amber line from the failed step into each undo. */
static void step_link(struct html_out *out, const json_t *step, long index, struct turns turns)
{
	og_markup(out, "<div class=\"og-link");
	if (json_object_get(step, "undo"))
		og_markup(out, " br");
	if (turns.first >= 0 && index == turns.first)
		og_markup(out, " top");
	else if (turns.first >= 0 && turns.failed >= 0 && index > turns.first &&
		 index < turns.failed)
		og_markup(out, " thru");
	if (turns.first >= 0 && index == turns.failed)
		og_markup(out, " turn");
	og_markup(out, "\" aria-hidden=\"true\"><i></i><u></u></div>");
}

static void undo_card(struct html_out *out, const json_t *step)
{
	const json_t *undo = json_object_get(step, "undo");

	if (!undo) {
		og_markup(out, "<div class=\"og-gap\">");
		og_escape_member(out, step, "gap");
		og_markup(out, "</div>");
		return;
	}
	og_buf_addf(out->buf,
		    "<article class=\"og-step undo%s\"><span class=\"ix\">%lld</span><h3>",
		    strcmp(og_text_of(undo, "state"), "failed") == 0 ? " bad" : "",
		    (long long)og_json_int(undo, "turn", 0));
	og_escape_member(out, undo, "title");
	og_markup(out, "</h3><span class=\"tm\">");
	og_escape_member(out, undo, "note");
	og_markup(out, "</span><p>");
	og_escape_member(out, undo, "detail");
	og_markup(out, "</p></article>");
}

void og_html_rail(struct html_out *out, const json_t *props)
{
	json_t *steps = json_object_get(props, "steps"), *step;
	int lanes = og_json_int(props, "lanes", 1) == 2;
	struct turns turns = find_turns(steps);
	size_t i;

	og_buf_addf(out->buf, "<div class=\"og-saga%s\">", lanes ? "" : " one");
	if (lanes) {
		og_markup(out, "<div class=\"lane\">");
		og_icon(out, "down", 11);
		og_markup(out, "Forward</div><div class=\"lane rt\">");
		og_icon(out, "up", 11);
		og_markup(out, "Compensation</div>\n");
	}
	json_array_foreach(steps, i, step)
	{
		step_card(out, step, i);
		if (lanes) {
			step_link(out, step, (long)i, turns);
			undo_card(out, step);
		}
		og_markup(out, "\n");
	}
	og_markup(out, "</div>");
}

void og_html_timeline(struct html_out *out, const json_t *props)
{
	json_t *items = json_object_get(props, "items"), *item;
	size_t i;

	og_markup(out, "<ol class=\"og-tl\">");
	json_array_foreach(items, i, item)
	{
		og_buf_addf(out->buf, "<li class=\"%s\"><span class=\"dot\"></span><h3>",
			    og_tone_class(og_text_of(item, "tone")));
		og_escape_member(out, item, "title");
		og_markup(out, "</h3><time>");
		if (json_object_get(item, "time"))
			og_html_value(out, json_object_get(item, "time"), "time", NULL);
		og_markup(out, "</time>");
		if (*og_text_of(item, "detail")) {
			og_markup(out, "<p>");
			og_escape_member(out, item, "detail");
			og_markup(out, "</p>");
		}
		og_markup(out, "</li>\n");
	}
	og_markup(out, "</ol>");
}

static const char *chain_class(const json_t *entry)
{
	static const char *const states[] = { "ok", "broken", "suspect" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(og_text_of(entry, "state"), states[i]) == 0)
			return states[i];
	return "";
}

/* What is wrong about an entry that was changed. */
static void chain_evidence(struct html_out *out, const json_t *entry)
{
	static const struct {
		const char *key, *label;
	} facts[] = { { "problem", "Problem" },
		      { "stored", "Stored text" },
		      { "witnessed", "Witnessed text" },
		      { "hash", "Recorded hash" },
		      { "recomputed", "Recomputed" } };

	og_markup(out, "<dl class=\"og-diff\">");
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		if (!*og_text_of(entry, facts[i].key))
			continue;
		og_buf_addf(out->buf, "<div><dt>%s</dt><dd>", facts[i].label);
		og_escape_member(out, entry, facts[i].key);
		og_markup(out, "</dd></div>");
	}
	og_markup(out, "</dl>");
}

static void chain_entry(struct html_out *out, const json_t *entry, int64_t seq, const char *title,
			const char *what)
{
	const char *class = chain_class(entry);

	og_buf_addf(out->buf, "<li class=\"og-blk%s%s\"><span class=\"rail\"><span class=\"node\">",
		    *class ? " " : "", class);
	og_icon(out, strcmp(class, "broken") == 0 ? "cross" : "link", 10);
	og_buf_addf(out->buf,
		    "</span></span><div class=\"box\"><span class=\"id\">#%lld</span>"
		    "<span class=\"act\">",
		    (long long)seq);
	og_escape(out, title, strlen(title));
	og_markup(out, "<em>");
	og_escape(out, what, strlen(what));
	og_markup(out, "</em></span>");
	if (strcmp(class, "broken") == 0)
		chain_evidence(out, entry);
	og_markup(out, "</div></li>\n");
}

/* First to last; entries the document does not describe are left out. */
void og_html_chain(struct html_out *out, const json_t *props)
{
	int64_t first = og_json_int(props, "first", 0), last = og_json_int(props, "last", 0);
	json_t *entries = json_object_get(props, "entries"), *entry;
	size_t i, n = json_array_size(entries);

	og_markup(out, "<ol class=\"og-chain\" aria-label=\"Ledger entries, oldest first\">");
	if (first > 0 && (n == 0 || og_json_int(json_array_get(entries, 0), "seq", 0) > first))
		chain_entry(out, NULL, first, last > first ? "First entry" : "Entry",
			    "of this task");
	json_array_foreach(entries, i, entry)
		chain_entry(out, entry, og_json_int(entry, "seq", 0), og_text_of(entry, "title"),
			    og_text_of(entry, "what"));
	if (last > first &&
	    (n == 0 || og_json_int(json_array_get(entries, n - 1), "seq", 0) < last))
		chain_entry(out, NULL, last, "Last entry", "of this task");
	og_markup(out, "</ol>");
	if (*og_text_of(props, "head")) {
		og_markup(out, "<dl class=\"og-hash\"><dt>Head after it</dt><dd>");
		og_escape_member(out, props, "head");
		og_markup(out, "</dd></dl>");
	}
	if (!*og_text_of(props, "check"))
		return;
	og_markup(out, "<p class=\"og-help\">Recorded, not checked by this page. Check it with "
		       "<span class=\"mono\">");
	og_escape_member(out, props, "check");
	og_markup(out, "</span></p>");
}

static const char *const keywords[] = { "SELECT", "FROM",   "WHERE",  "AND",	"OR",	 "NOT",
					"JOIN",	  "ON",	    "ORDER",  "GROUP",	"BY",	 "LIMIT",
					"INSERT", "INTO",   "VALUES", "UPDATE", "SET",	 "DELETE",
					"AS",	  "HAVING", "CREATE", "TABLE",	"ALTER", "ADD",
					"COLUMN", "IS",	    "NULL",   "IN",	"WITH",	 NULL };

static int is_keyword(const char *word, size_t len)
{
	for (size_t i = 0; keywords[i]; i++)
		if (strlen(keywords[i]) == len && strncmp(keywords[i], word, len) == 0)
			return 1;
	return 0;
}

static int is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Length of the token at text and the class it is drawn in. */
static size_t token(const char *text, const char **ret_class)
{
	size_t n = 1;

	*ret_class = NULL;
	if (*text == '\'') {
		while (text[n] && text[n] != '\'')
			n++;
		*ret_class = "s";
		return n + (text[n] ? 1 : 0);
	}
	if (!is_word(*text)) {
		while (text[n] && !is_word(text[n]) && text[n] != '\'')
			n++;
		return n;
	}
	while (is_word(text[n]) || (isdigit((unsigned char)*text) && text[n] == '.'))
		n++;
	if (isdigit((unsigned char)*text))
		*ret_class = "n";
	else if (is_keyword(text, n))
		*ret_class = "k";
	return n;
}

void og_html_code(struct html_out *out, const json_t *props)
{
	const char *text = og_text_of(props, "text"), *class;

	og_markup(out, "<pre class=\"og-code\" tabindex=\"0\">");
	while (*text) {
		size_t n = token(text, &class);

		if (class)
			og_buf_addf(out->buf, "<span class=\"%s\">", class);
		og_escape(out, text, n);
		if (class)
			og_markup(out, "</span>");
		text += n;
	}
	og_markup(out, "</pre>");
}
