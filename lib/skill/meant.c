/*
 * Whether a sentence asks for what its words name. A pattern that fits word
 * by word is still not what is wanted when a "not" turns it round, when it
 * is told and not asked for, or when more was said than the skill would do.
 * For skills that only show something most of this does no harm.
 */
#include "lib/skill/match-internal.h"

#include <string.h>
#include <strings.h>

#define NOT_MEANT 0.3 /* what is left of the score */

/* Word j is the pattern's own, or stands in a blank; texts: in one that
 * takes whole sentences. */
static int covered(const struct og_form *form, const struct og_alignment *a, size_t j, int texts)
{
	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];

		if ((!texts || unit->take == OG_TAKE_WORD || unit->max_words == OG_WORDS_MAX) &&
		    j >= a->span[i].from && j < a->span[i].to)
			return 1;
	}
	return 0;
}

/* A "not" that is neither the pattern's nor inside a text turns the meaning
 * round, however well the rest fits; "unless" and "how to" as well. */
static int is_turned(const struct og_form *form, const struct og_sentence *s,
		     const struct og_alignment *a)
{
	for (size_t j = 0; j < s->words.n; j++) {
		const struct og_word *w = &s->words.w[j];

		if ((w->negation && !covered(form, a, j, 1)) ||
		    (w->turns && form->acts && !covered(form, a, j, 0)))
			return 1;
	}
	return 0;
}

/* A number said is a number meant: who pays invoice 2 of "1 and 2", or books
 * 30 hours of "3:30", does something else. */
static int leaves_numbers(const struct og_sentence *s, const unsigned char used[OG_WORDS_MAX])
{
	for (size_t j = 0; j < s->words.n; j++) {
		const struct og_word *w = &s->words.w[j];

		if (w->number_words > 0 && !w->stop && !used[j] && strcmp(w->stem, "one") != 0)
			return 1;
	}
	return 0;
}

static int is_past(const char *p, size_t len)
{
	static const char *const words[] = { "bought", "paid", "sent",	"sold", "got",
					     "made",   "took", "built", "ran" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], p, len) == 0)
			return 1;
	}
	return len > 3 && strncasecmp(p + len - 2, "ed", 2) == 0;
}

/* The pattern's own text has the word in this form. */
static int is_written(const struct og_form *form, const char *p, size_t len)
{
	for (const char *at = form->text; strlen(at) >= len; at++) {
		if (strncasecmp(at, p, len) == 0)
			return 1;
	}
	return 0;
}

/* "get order 9 shipped" asks for it. */
static int asks_for(const struct og_sentence *s, size_t end)
{
	static const char *const words[] = {
		"want", "need", "get", "hav", "like", "pleas", "must"
	};

	for (size_t j = 0; j < end; j++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strcmp(s->words.w[j].stem, words[i]) == 0)
				return 1;
		}
	}
	return 0;
}

/* "we shipped order 9": the verb of the pattern, as something that was done. */
static int is_told(const struct og_form *form, const struct og_sentence *s,
		   const struct og_alignment *a)
{
	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];
		size_t j = a->span[i].from;
		const char *p;

		if (unit->take != OG_TAKE_WORD || unit->optional)
			continue;
		if (j == a->span[i].to || j == 0)
			return 0;
		p = s->words.text + s->words.w[j].at;
		return is_past(p, s->words.w[j].len) && !is_written(form, p, s->words.w[j].len) &&
		       !asks_for(s, j);
	}
	return 0;
}

double og_meant(const struct og_form *form, const struct og_sentence *s,
		const struct og_alignment *a, const unsigned char used[OG_WORDS_MAX])
{
	/* "to B from A": which blank is which is said by words out of place. */
	int mixed = form->twins && a->disorder;

	if (is_turned(form, s, a))
		return NOT_MEANT;
	if (form->acts && (mixed || leaves_numbers(s, used) || is_told(form, s, a)))
		return NOT_MEANT;
	return 1;
}
