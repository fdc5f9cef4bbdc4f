/* Names made readable, and words that say how things stand. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/tree-internal.h"

static int is_separator(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

void og_words(struct og_buf *buf, const char *name)
{
	int first = 1;

	while (*name) {
		size_t len = 0;

		while (name[len] && !is_separator(name[len]))
			len++;
		if (len > 0) {
			if (!first)
				og_buf_addc(buf, ' ');
			if (len == 2 && og_ascii_lower(name[0]) == 'i' &&
			    og_ascii_lower(name[1]) == 'd')
				og_buf_adds(buf, "ID");
			else if (first && name[0] >= 'a' && name[0] <= 'z') {
				og_buf_addc(buf, (char)(name[0] - 'a' + 'A'));
				og_buf_add(buf, name + 1, len - 1);
			} else {
				og_buf_add(buf, name, len);
			}
			first = 0;
		}
		name += len;
		if (*name)
			name++;
	}
}

void og_set_words(struct build *b, json_t *item, const char *key, const char *name)
{
	struct og_buf text;

	og_buf_init(&text, (size_t)16 << 20);
	og_words(&text, name);
	if (text.failed)
		b->failed = 1;
	else
		og_set(b, item, key, text.len > 0 ? text.data : name);
	og_buf_release(&text);
}

struct tone_word {
	const char *word, *tone;
};

/* Colour is spent on exceptions: what went as it should stays grey. */
static const struct tone_word tone_words[] = {
	{ "pending", "warn" },	   { "held", "warn" },	   { "hold", "warn" },
	{ "on_hold", "warn" },	   { "on hold", "warn" },  { "waiting", "warn" },
	{ "low", "warn" },	   { "review", "warn" },   { "undone", "warn" },
	{ "compensated", "warn" }, { "reorder", "warn" },  { "skipped", "" },
	{ "unwaived", "bad" },	   { "anomalous", "bad" }, { "anomaly", "bad" },
	{ "failed", "bad" },	   { "denied", "bad" },	   { "refused", "bad" },
	{ "overdue", "bad" },	   { "out", "bad" },	   { "out of stock", "bad" },
	{ "violation", "bad" },	   { "blocked", "bad" },   { "error", "bad" },
	{ "interrupted", "bad" },  { "in_doubt", "bad" },  { "compensation_failed", "bad" },
	{ "processing", "info" },  { "picking", "info" },  { "open", "info" },
	{ "running", "info" },	   { "queued", "info" },   { "new", "info" },
	{ "waived", "ok" },	   { "done", "ok" },	   { "approved", "ok" },
};

const char *og_word_tone(const char *word)
{
	for (size_t i = 0; i < sizeof(tone_words) / sizeof(*tone_words); i++)
		if (og_ascii_casecmp(word, tone_words[i].word) == 0)
			return tone_words[i].tone;
	return "";
}
