/* See propose.h. */
#include "lib/skill/propose.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/skill/pattern-internal.h"
#include "lib/skill/skill.h"
#include "lib/skill/words-internal.h"

struct proposal {
	struct og_words words;
	const char *slot[OG_WORDS_MAX]; /* the blank a word belongs to, or NULL */
	const struct og_resolver *resolver;
	struct og_err *err;
};

static int no_value(const struct proposal *p, const char *slot, const char *why)
{
	return og_fail(p->err, OG_NO, "the sentence %s for '%s'", why, slot);
}

static int is_free(const struct proposal *p, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (i >= p->words.n || p->slot[i])
			return 0;
	return 1;
}

static void take(struct proposal *p, const char *slot, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		p->slot[i] = slot;
}

/* --- numbers ------------------------------------------------------------- */

/* 1 taken, 0 there is none, -1. */
static int fill_number(struct proposal *p, const char *slot)
{
	size_t found = OG_WORDS_MAX;

	for (size_t i = 0; i < p->words.n; i++) {
		size_t n = p->words.w[i].number_words;

		if (n == 0 || !is_free(p, i, n))
			continue;
		if (found < OG_WORDS_MAX)
			return no_value(p, slot, "holds several numbers");
		found = i;
		i += n - 1;
	}
	if (found == OG_WORDS_MAX)
		return 0;
	take(p, slot, found, p->words.w[found].number_words);
	return 1;
}

/* --- names --------------------------------------------------------------- */

struct search {
	const struct proposal *p;
	size_t from, n;		      /* the longest name that stands whole in the sentence */
	int several;		      /* as long a one stands elsewhere */
	unsigned parts[OG_WORDS_MAX]; /* of how many names is a word a part */
};

static int stands_at(const struct proposal *p, const struct og_words *name, size_t at)
{
	if (name->n == 0 || !is_free(p, at, name->n))
		return 0;
	for (size_t i = 0; i < name->n; i++)
		if (strcmp(p->words.w[at + i].stem, name->w[i].stem) != 0)
			return 0;
	return 1;
}

static int has_stem(const struct og_words *name, const char *stem)
{
	for (size_t i = 0; i < name->n; i++)
		if (strcmp(name->w[i].stem, stem) == 0)
			return 1;
	return 0;
}

static int look_for(void *arg, int64_t id, const char *text)
{
	struct search *s = arg;
	struct og_words name;

	(void)id;
	og_words_split(text, strlen(text), &name);
	for (size_t at = 0; at < s->p->words.n; at++) {
		const struct og_word *word = &s->p->words.w[at];

		s->parts[at] += !word->stop && has_stem(&name, word->stem);
		if (!stands_at(s->p, &name, at) || name.n < s->n)
			continue;
		s->several = name.n == s->n && at != s->from;
		s->from = at;
		s->n = name.n;
	}
	return 0;
}

/* A word that is part of one name alone, where no whole name stands. */
static void look_at_parts(struct search *s)
{
	for (size_t i = 0; i < s->p->words.n; i++) {
		if (s->parts[i] != 1 || !is_free(s->p, i, 1))
			continue;
		s->several = s->n > 0;
		s->from = i;
		s->n = 1;
	}
}

static int fill_name(struct proposal *p, const char *slot, const json_t *decl)
{
	const char *type = og_json_str(decl, "type"), *column = og_json_str(decl, "column");
	struct search s = { .p = p };

	if (p->resolver->fn(p->resolver->arg, og_json_str(decl, "table"), column ? column : type,
			    p->words.text, look_for, &s, p->err) < 0)
		return -1;
	if (s.n == 0)
		look_at_parts(&s);
	if (s.several)
		return no_value(p, slot, "holds several names");
	if (s.n == 0)
		return 0;
	take(p, slot, s.from, s.n);
	return 1;
}

static int fill_enum(struct proposal *p, const char *slot, const json_t *decl)
{
	const json_t *values = json_object_get(decl, "values");
	struct search s = { .p = p };

	for (size_t i = 0; i < json_array_size(values); i++)
		look_for(&s, 0, json_string_value(json_array_get(values, i)));
	if (s.several)
		return no_value(p, slot, "holds several values");
	if (s.n == 0)
		return 0;
	take(p, slot, s.from, s.n);
	return 1;
}

/* --- all of them --------------------------------------------------------- */

static int is_one_of(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (strcmp(word, *words) == 0)
			return 1;
	return 0;
}

static const char *const number_types[] = { "int", "number", "money", NULL };
static const char *const name_types[] = { "ref", "table", "node", NULL };

static int fill(struct proposal *p, const char *slot, const json_t *decl)
{
	const char *type = og_json_str(decl, "type");
	int filled = 0;

	if (is_one_of(type, number_types))
		filled = fill_number(p, slot);
	else if (is_one_of(type, name_types))
		filled = fill_name(p, slot, decl);
	else if (type && strcmp(type, "enum") == 0)
		filled = fill_enum(p, slot, decl);
	else if (!json_object_get(decl, "default"))
		return og_fail(
			p->err, OG_NO,
			"'%s' takes any words: where they begin and end is for a person to say",
			slot);
	if (filled == 0 && !json_object_get(decl, "default"))
		return no_value(p, slot, "holds no value");
	return filled < 0 ? -1 : 0;
}

/* Names before numbers: a number may be part of a name. */
static int fill_all(struct proposal *p, const json_t *slots)
{
	json_t *mutable, *decl;
	const char *slot;

	memcpy(&mutable, &slots, sizeof(mutable)); /* jansson's iterators take no const */
	for (int names = 1; names >= 0; names--) {
		json_object_foreach(mutable, slot, decl)
		{
			if (is_one_of(og_json_str(decl, "type"), number_types) == names)
				continue;
			if (fill(p, slot, decl) < 0)
				return -1;
		}
	}
	return 0;
}

static void add_word(const struct proposal *p, size_t i, struct og_buf *out)
{
	const struct og_word *word = &p->words.w[i];

	if (word->kind == OG_QUOTED)
		return;
	og_buf_adds(out, out->len ? " " : "");
	og_buf_adds(out, word->stop ? "[" : "");
	for (size_t k = 0; k < word->len; k++)
		og_buf_addc(out, (char)og_ascii_lower((unsigned char)p->words.text[word->at + k]));
	og_buf_adds(out, word->stop ? "]" : "");
}

static int write_pattern(const struct proposal *p, struct og_buf *out)
{
	for (size_t i = 0; i < p->words.n; i++) {
		const char *slot = p->slot[i];

		if (!slot)
			add_word(p, i, out);
		else if (i == 0 || p->slot[i - 1] != slot)
			og_buf_addf(out, "%s{%s}", out->len ? " " : "", slot);
	}
	return og_buf_check(out, "pattern", p->err);
}

int og_pattern_propose(const json_t *slots, const char *text, const struct og_resolver *resolver,
		       char **ret, struct og_err *err)
{
	struct proposal *p = calloc(1, sizeof(*p));
	struct og_pattern *parsed = NULL;
	struct og_buf out;
	int rc = -1;

	if (!p)
		return og_fail_nomem(err);
	p->resolver = resolver;
	p->err = err;
	og_words_split(text, strlen(text), &p->words);
	og_buf_init(&out, OG_SKILL_PATTERN_MAX);
	if (fill_all(p, slots) < 0 || write_pattern(p, &out) < 0)
		goto out;
	if (og_pattern_parse(out.len ? out.data : "", &parsed, err) < 0) {
		err->code = OG_NO;
		goto out;
	}
	*ret = og_buf_take(&out);
	rc = *ret ? 0 : og_fail_nomem(err);
out:
	og_pattern_free(parsed);
	og_buf_release(&out);
	free(p);
	return rc;
}

/* --- putting it in ------------------------------------------------------- */

static int is_heading(const char *line, size_t len)
{
	return len >= 2 && line[0] == '#' && (line[1] == '#' || line[1] == ' ');
}

static int is_when(const char *line, size_t len)
{
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\r'))
		len--;
	return len == 7 && memcmp(line, "## When", 7) == 0;
}

/* Where the last item of the list below "## When" ends, or NULL. */
static const char *end_of_list(const char *source, size_t *ret_line)
{
	const char *line = source, *end = NULL;
	int inside = 0;

	for (size_t number = 1; *line; number++) {
		size_t len = strcspn(line, "\n");

		if (is_heading(line, len))
			inside = is_when(line, len);
		if (inside && len > 2 && (line[0] == '-' || line[0] == '*') && line[1] == ' ') {
			end = line + len + (line[len] == '\n');
			*ret_line = number + 1;
		}
		line += len + (line[len] == '\n');
	}
	return end;
}

int og_pattern_insert(const char *source, const char *pattern, char **ret, size_t *ret_line,
		      struct og_err *err)
{
	const char *end = end_of_list(source, ret_line);
	struct og_buf out;

	if (!end)
		return og_fail(err, OG_EDATA, "there is no list below '## When'");
	og_buf_init(&out, OG_SKILL_TEXT_MAX);
	og_buf_add(&out, source, (size_t)(end - source));
	og_buf_adds(&out, end > source && end[-1] != '\n' ? "\n" : "");
	og_buf_addf(&out, "- %s\n", pattern);
	og_buf_adds(&out, end);
	if (og_buf_check(&out, "skill", err) < 0) {
		og_buf_release(&out);
		return -1;
	}
	*ret = og_buf_take(&out);
	return *ret ? 0 : og_fail_nomem(err);
}
