/*
 * What a sentence says beyond what the skill would do. A pattern fits "ship
 * order 9 tomorrow" well, and doing it now would be half of what was asked:
 * the words that no blank took are looked through for days, currencies,
 * other amounts and further commands (left-said.c), for conditions, and for
 * words that are just there. A name's blank takes more words than the name
 * that was found in them; the others count as not taken.
 *
 * Deliberately not here: what speaks against the pattern as such, meant.c.
 */
#include "lib/skill/left-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"
#include "lib/skill/resolve-internal.h"
#include "lib/skill/when-internal.h"

#define SAID_MAX 80 /* bytes of what is shown of it */

int og_left_is(const struct og_leaving *l, size_t j, const char *list)
{
	return og_when_word(&l->s->words, j, list) > 0;
}

/* --- which words are left ------------------------------------------------------- */

/* Is word j one of the name's, a misspelt one, or the beginning of one? */
static int of_name(const struct og_leaving *l, size_t j)
{
	const struct og_words *words = &l->s->words;
	const struct og_word *w = &words->w[j];

	for (size_t i = 0; i < l->name->n; i++) {
		const struct og_word *n = &l->name->w[i];

		if (og_word_typos(words, j, l->name, i) != OG_TYPOS_NONE)
			return 1;
		if (w->len >= 3 && w->len <= n->len &&
		    strncasecmp(words->text + w->at, l->name->text + n->at, w->len) == 0)
			return 1;
	}
	return 0;
}

/* The words that a name was found in, and that are none of its. A misspelt
 * one was held against all of them. */
static void open_name(struct og_leaving *l, const char *slot, struct og_span span)
{
	const char *found = og_json_str(json_object_get(l->match, "slots"), slot);
	char name[256];

	if (json_object_get(json_object_get(l->match, "corrected"), slot) != NULL)
		return;
	snprintf(name, sizeof(name), "%s", found != NULL ? found : "");
	for (char *p = name; *p != '\0'; p++)
		*p = *p == '_' || *p == '-' ? ' ' : *p;
	og_words_split(name, strlen(name), l->name);
	for (size_t j = span.from; j < span.to; j++)
		l->open[j] = l->s->words.w[j].kind != OG_QUOTED && !of_name(l, j);
}

static void open_words(struct og_leaving *l, const json_t *slots)
{
	for (size_t j = 0; j < l->s->words.n; j++)
		l->open[j] = l->s->words.w[j].kind != OG_QUOTED;
	for (size_t i = 0; i < l->form->pattern->n; i++) {
		const char *slot = l->form->pattern->e[i].slot;
		struct og_span span = l->a->span[i];

		for (size_t j = span.from; j < span.to; j++)
			l->open[j] = 0;
		if (l->form->unit[i].take == OG_TAKE_SPAN &&
		    og_json_str(json_object_get(slots, slot), "table") != NULL)
			open_name(l, slot, span);
	}
}

int og_left_open(const struct og_leaving *l, size_t j, size_t n)
{
	while (n > 0 && l->open[j + n - 1])
		n--;
	return n == 0;
}

int og_leave(struct og_leaving *l, size_t from, size_t to)
{
	l->from = from;
	l->to = to;
	return 1;
}

/* --- conditions, and words that are left ---------------------------------------------------- */

static int condition_left(struct og_leaving *l)
{
	for (size_t j = 0; j < l->s->words.n; j++) {
		if (og_turned(l->form, l->s, l->a, j) ||
		    (l->open[j] &&
		     ((l->s->words.w[j].turns && !l->s->day[j]) || l->s->words.w[j].negation)))
			return og_leave(l, j, j + 1);
	}
	return 0;
}

static int is_courtesy(const struct og_leaving *l, size_t j)
{
	return l->s->words.w[j].stop ||
	       og_left_is(l, j,
			  "please thanks thank cheers kindly asap immediately urgently quickly"
			  " right now today again also hello hi hey ok okay dear sir madam yes"
			  " well then here there already once more go ahead try");
}

/* A sign between word j and the one before it that joins or parts. */
int og_left_parted(const struct og_leaving *l, size_t j, const char *signs)
{
	const struct og_words *words = &l->s->words;
	size_t at = j > 0 ? words->w[j - 1].at + words->w[j - 1].len : words->w[j].at;

	for (; at < words->w[j].at; at++) {
		if (strchr(signs, words->text[at]) != NULL)
			return 1;
	}
	return 0;
}

/* Words before j that nothing took, though skills know them. */
static int known_before(const struct og_leaving *l, size_t j)
{
	while (j-- > 0) {
		if (l->open[j] && l->s->id[j] != 0 && !is_courtesy(l, j))
			return 1;
	}
	return 0;
}

/* "and" with something beside it that nothing took; but "and deliver it", and
 * "go ahead and". */
static int more_left(struct og_leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; j < words->n; j++) {
		if (!og_left_parted(l, j, "&;") &&
		    (!l->open[j] || !og_left_is(l, j, "and or plus then but nor versus")))
			continue;
		if (known_before(l, j))
			return og_leave(l, 0, j);
		for (size_t k = j; k < words->n; k++) {
			if (l->open[k] && !is_courtesy(l, k) && !og_left_is(l, k + 1, "it them") &&
			    !og_left_is(l, k, "and or plus then but nor versus"))
				return og_leave(l, j, k + 1);
		}
	}
	return 0;
}

/* Words around a name that make it another one: "brown chairs", "chairs
 * deluxe". What follows a small word ("for the office") does not. */
static int words_left(struct og_leaving *l)
{
	for (size_t i = 0; i < l->form->pattern->n; i++) {
		struct og_span span = l->a->span[i];
		int named = 0;

		if (l->form->unit[i].take != OG_TAKE_SPAN ||
		    json_object_get(json_object_get(l->match, "slots"),
				    l->form->pattern->e[i].slot) == NULL)
			continue;
		for (size_t j = span.from; j < span.to; j++) {
			if (l->open[j] && named &&
			    (l->s->words.w[j].stop || l->s->words.w[j].after_break))
				break;
			if (l->open[j] && !is_courtesy(l, j) &&
			    !og_left_is(l, j,
					"piece pieces pcs pc item items unit units more new"
					" another additional extra"))
				return og_leave(l, span.from, span.to);
			named |= !l->open[j];
		}
	}
	return 0;
}

/* --- all --------------------------------------------------------------------------------- */

static int shows(struct og_leaving *l, const char **ret)
{
	*ret = "day";
	if (og_left_day(l))
		return 1;
	*ret = "currency";
	if (og_left_currency(l))
		return 1;
	*ret = "amount";
	if (og_left_amount(l))
		return 1;
	*ret = "command";
	return og_left_command(l);
}

static int acts(struct og_leaving *l, int learned, const char **ret)
{
	static const struct {
		const char *what;
		int (*is_left)(struct og_leaving *);
		int learned; /* holds without a pattern that fits */
	} checks[] = {
		{ "day", og_left_day, 1 },	   { "currency", og_left_currency, 1 },
		{ "amount", og_left_amount, 1 },   { "condition", condition_left, 1 },
		{ "command", og_left_command, 0 }, { "words", more_left, 0 },
		{ "words", words_left, 0 },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		*ret = checks[i].what;
		if ((checks[i].learned || !learned) && checks[i].is_left(l))
			return 1;
	}
	return 0;
}

static int note(const struct og_leaving *l, const char *what, json_t *match, struct og_err *err)
{
	char *said = og_words_text(&l->s->words, l->from, l->to);
	size_t len = said != NULL ? strlen(said) : 0;
	int rc;

	if (said == NULL)
		return og_fail_nomem(err);
	for (len = len < SAID_MAX ? len : SAID_MAX;
	     len > 0 && ((unsigned char)said[len] & 0xc0) == 0x80;)
		len--;
	rc = og_json_set(match, "left", json_pack("{s:s,s:s%}", "what", what, "said", said, len),
			 err);
	free(said);
	return rc;
}

int og_left(const struct og_matcher *m, const struct og_form *form, const struct og_sentence *s,
	    const struct og_alignment *a, int learned, json_t *match, struct og_err *err)
{
	struct og_leaving *l = calloc(1, sizeof(*l));
	const char *what;
	int rc = 0;

	if (l == NULL)
		return og_fail_nomem(err);
	*l = (struct og_leaving){ .m = m, .form = form, .s = s, .a = a, .match = match };
	l->name = malloc(sizeof(*l->name));
	if (l->name == NULL) {
		free(l);
		return og_fail_nomem(err);
	}
	open_words(l, m->skills[form->skill].slots);
	if (form->acts ? acts(l, learned, &what) : shows(l, &what))
		rc = note(l, what, match, err);
	free(l->name);
	free(l);
	return rc;
}
