/*
 * Names among candidates. One pass over what the resolver hands out; of
 * every candidate only the rank of its likeness is kept, so ten thousand
 * cost no memory.
 */
#include "lib/skill/resolve-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/words-internal.h"

/* How a candidate is like the text, best first. Higher is better; among
 * names inside the text the longer one is. */
#define RANK_EXACT  1000000
#define RANK_FOLDED 900000
#define RANK_STEMS  800000
#define RANK_INSIDE 700000 /* + words of the candidate */
#define RANK_ORDER  650000 /* its words in another order */
#define RANK_PART   600000
#define RANK_PARTS  550000 /* some of its words, in any order */
#define RANK_PIECE  500000 /* part of a word: "keyb" */
#define RANK_TYPOS  400000 /* - 1000 for every one; a whole name before a part */
#define PIECE_MIN   3

struct search {
	enum og_find_how how;
	const char *text;
	int64_t id;
	size_t seen;
	int best;
	size_t distance; /* of found->near */
	struct og_found *found;
	struct og_words *words, *candidate; /* stems of text, of a candidate */
	char *spaced;			    /* text with '_' and '-' as spaces */
	int failed;
};

void og_found_release(struct og_found *found)
{
	for (size_t i = 0; i < found->n; i++)
		free(found->text[i]);
	free(found->near);
	memset(found, 0, sizeof(*found));
}

int og_type_named(const char *type)
{
	return strcmp(type, "ref") == 0 || strcmp(type, "table") == 0 || strcmp(type, "node") == 0;
}

int og_type_has_id(const char *type)
{
	return strcmp(type, "ref") == 0 || strcmp(type, "node") == 0;
}

static char *spaced_copy(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; p != NULL && *p != '\0'; p++) {
		if (*p == '_' || *p == '-')
			*p = ' ';
	}
	return copy;
}

/* Splits into words that count: without stop words, each with a stem. */
static void split_plain(const char *text, struct og_words *words)
{
	size_t n = 0;

	og_words_split(text, strlen(text), words);
	for (size_t i = 0; i < words->n; i++) {
		struct og_word *w = &words->w[i];

		if (w->kind == OG_WORD && w->stop && w->number_words == 0)
			continue;
		if (w->kind != OG_WORD)
			og_stem(text + w->at, w->len, w->stem);
		words->w[n++] = *w;
	}
	words->n = n;
}

/* The words of part stand side by side in whole. */
static int words_inside(const struct og_words *part, const struct og_words *whole)
{
	for (size_t at = 0; part->n > 0 && at + part->n <= whole->n; at++) {
		size_t i = 0;

		while (i < part->n && strcmp(part->w[i].stem, whole->w[at + i].stem) == 0)
			i++;
		if (i == part->n)
			return 1;
	}
	return 0;
}

/* The beginning of a word: "top" is no laptop, and "board" no keyboard. */
static int piece_of(const char *text, const char *name)
{
	const char *at = strlen(text) >= PIECE_MIN ? strcasestr(name, text) : NULL;

	while (at != NULL && at != name && og_words_letter_at(at - 1, 1))
		at = strcasestr(at + 1, text);
	return at != NULL;
}

/* Words in another order, and misspelt ones; only as long as nothing better
 * was found. */
static int rank_loosely(const struct search *s)
{
	int part;
	size_t typos;

	if (s->best > RANK_ORDER)
		return 0;
	typos = og_typos(s->words, s->candidate, &part);
	if (typos == OG_TYPOS_NONE)
		return 0;
	if (typos == 0)
		return part ? RANK_PARTS : RANK_ORDER;
	return RANK_TYPOS - 1000 * (int)typos + !part;
}

static int rank(struct search *s, int64_t id, const char *name)
{
	char *spaced;
	int in_text, in_name, loosely = 0;

	if (s->how == OG_FIND_ID)
		return id == s->id ? RANK_EXACT : 0;
	if (strcmp(name, s->text) == 0)
		return RANK_EXACT;
	if (og_ascii_casecmp(name, s->text) == 0)
		return RANK_FOLDED;
	spaced = spaced_copy(name);
	if (spaced == NULL) {
		s->failed = 1;
		return 0;
	}
	split_plain(spaced, s->candidate);
	in_text = words_inside(s->candidate, s->words);
	in_name = words_inside(s->words, s->candidate);
	if (!in_text && !in_name && s->how == OG_FIND_NAME)
		loosely = rank_loosely(s);
	free(spaced);
	if (in_text && in_name)
		return RANK_STEMS;
	if (in_text)
		return RANK_INSIDE + (int)s->candidate->n;
	if (s->how == OG_FIND_INSIDE)
		return 0;
	if (in_name)
		return RANK_PART;
	return loosely < RANK_PIECE && piece_of(s->text, name) ? RANK_PIECE : loosely;
}

static void remember(struct search *s, int64_t id, const char *name)
{
	struct og_found *found = s->found;
	char *copy;

	if (found->n == OG_AMBIGUOUS_MAX)
		return;
	copy = strdup(name);
	if (copy == NULL) {
		s->failed = 1;
		return;
	}
	found->id[found->n] = id;
	found->text[found->n++] = copy;
}

/* Keeps the most similar name for the hint; far ones are no help. */
static void note_near(struct search *s, const char *name)
{
	size_t distance = og_edit_distance(s->text, name);
	char *copy;

	if (distance >= s->distance || distance > 1 + strlen(s->text) / 2)
		return;
	copy = strdup(name);
	if (copy == NULL)
		return;
	free(s->found->near);
	s->found->near = copy;
	s->distance = distance;
}

static int take_candidate(void *arg, int64_t id, const char *name)
{
	struct search *s = arg;
	int r;

	if (s->seen++ == OG_CANDIDATES_MAX)
		return 1;
	r = rank(s, id, name);
	if (r == 0 && s->best == 0 && s->how == OG_FIND_NAME)
		note_near(s, name);
	if (r == 0 || r < s->best)
		return s->failed;
	if (r > s->best) {
		for (size_t i = 0; i < s->found->n; i++)
			free(s->found->text[i]);
		s->found->n = 0;
		s->best = r;
	}
	remember(s, id, name);
	return s->failed;
}

static int ask(const struct og_resolver *resolver, const json_t *decl, struct search *s,
	       struct og_err *err)
{
	const char *type = og_json_str(decl, "type"),
		   *about = s->how == OG_FIND_ID ? NULL : s->text;

	if (strcmp(type, "ref") == 0)
		return resolver->fn(resolver->arg, og_json_str(decl, "table"),
				    og_json_str(decl, "column"), about, take_candidate, s, err);
	return resolver->fn(resolver->arg, NULL, type, about, take_candidate, s, err);
}

int og_find(const struct og_resolver *resolver, const json_t *decl, enum og_find_how how,
	    const char *text, int64_t id, struct og_found *ret, struct og_err *err)
{
	struct search s = { .how = how, .text = text, .id = id, .distance = SIZE_MAX };
	struct og_found found = { .n = 0 };
	int rc = -1;

	s.found = &found;
	s.words = malloc(sizeof(*s.words));
	s.candidate = malloc(sizeof(*s.candidate));
	s.spaced = spaced_copy(text != NULL ? text : "");
	if (s.words == NULL || s.candidate == NULL || s.spaced == NULL) {
		og_fail_nomem(err);
		goto out;
	}
	split_plain(s.spaced, s.words);
	if (ask(resolver, decl, &s, err) < 0)
		goto out;
	if (s.failed) {
		og_fail_nomem(err);
		goto out;
	}
	if (s.best > 0 && s.best <= RANK_TYPOS)
		found.typos = (size_t)(RANK_TYPOS + 999 - s.best) / 1000;
	*ret = found;
	rc = 0;
out:
	if (rc < 0)
		og_found_release(&found);
	free(s.words);
	free(s.candidate);
	free(s.spaced);
	return rc;
}
