/* See marks.h. */
#include "lib/policy/marks.h"

#include <string.h>

struct reading {
	const struct og_terms *terms;
	const char *text;
	size_t bytes, characters; /* how far characters are counted */
	size_t n, from[OG_MARKS], to[OG_MARKS];
};

/* The characters before a byte; bytes are asked for in order. */
static size_t characters(struct reading *r, size_t byte)
{
	for (; r->bytes < byte; r->bytes++)
		r->characters += ((unsigned char)r->text[r->bytes] & 0xc0) != 0x80;
	return r->characters;
}

static int read_word(void *arg, const char *stem, size_t len, size_t from, size_t to)
{
	struct reading *r = arg;

	if (og_terms_find(r->terms, stem, len) < 0)
		return 0;
	if (r->n == OG_MARKS)
		return 1;
	r->from[r->n] = characters(r, from);
	r->to[r->n++] = characters(r, to);
	return 0;
}

/* Where the part with the most marks begins. */
static size_t best_start(const struct reading *r)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < r->n; i++) {
		size_t n = i;

		while (n < r->n && r->to[n] <= r->from[i] + OG_WINDOW * 3 / 4)
			n++;
		if (n - i > most) {
			most = n - i;
			best = r->from[i];
		}
	}
	return best > OG_WINDOW / 8 ? best - OG_WINDOW / 8 : 0;
}

/* The byte where a character begins. */
static size_t byte_of(const char *text, size_t character)
{
	size_t at = 0;

	for (size_t n = 0; text[at]; at++)
		if (((unsigned char)text[at] & 0xc0) != 0x80 && n++ == character)
			break;
	return at;
}

/* json_pack() reads its format each time, and there are many of these. */
static json_t *range(size_t from, size_t to)
{
	json_t *pair = json_array();

	if (!pair || json_array_append_new(pair, json_integer((json_int_t)from)) < 0 ||
	    json_array_append_new(pair, json_integer((json_int_t)to)) < 0) {
		json_decref(pair);
		return NULL;
	}
	return pair;
}

/* The part, from a word's begin to a word's end. */
static json_t *window(struct reading *r)
{
	size_t start = best_start(r), from = byte_of(r->text, start), to;

	while (from > 0 && r->text[from - 1] != ' ')
		from--;
	r->bytes = r->characters = 0;
	start = characters(r, from);
	to = byte_of(r->text, start + OG_WINDOW);
	while (r->text[to] && r->text[to] != ' ')
		to++;
	return range(start, characters(r, to));
}

static json_t *marks_json(const struct reading *r)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < r->n; i++)
		if (json_array_append_new(list, range(r->from[i], r->to[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int og_marks_add(struct og_fts *fts, const struct og_terms *terms, json_t *passage,
		 struct og_err *err)
{
	const char *text = og_json_str(passage, "text");
	struct reading r = { .terms = terms, .text = text ? text : "" };
	size_t len = strlen(r.text);

	if (og_fts_tokens(fts, r.text, len, read_word, &r, err) < 0 ||
	    og_json_set(passage, "marks", marks_json(&r), err) < 0)
		return -1;
	if (characters(&r, len) <= OG_WINDOW + OG_WINDOW / 4)
		return 0;
	return og_json_set(passage, "window", window(&r), err);
}
