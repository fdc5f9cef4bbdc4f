/*
 * Whether a sentence asks for what its words name. A pattern that fits word
 * by word is still not what is wanted when a "not" turns it round, when it
 * is told and not asked for, or when more was said than the skill would do.
 * For skills that only show something most of this does no harm.
 */
#include "lib/skill/match-internal.h"

#include <string.h>
#include <strings.h>

#include "lib/skill/when-internal.h"

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
 * round, however well the rest fits; "unless" and "how to" as well. "Until
 * Friday" is a day. */
int og_turned(const struct og_form *form, const struct og_sentence *s, const struct og_alignment *a,
	      size_t j)
{
	const struct og_word *w = &s->words.w[j];

	if (w->negation)
		return !covered(form, a, j, 1);
	return w->turns && form->acts && !s->day[j] && !covered(form, a, j, 0);
}

static int is_turned(const struct og_form *form, const struct og_sentence *s,
		     const struct og_alignment *a)
{
	for (size_t j = 0; j < s->words.n; j++) {
		if (og_turned(form, s, a, j))
			return 1;
	}
	return 0;
}

/* --- questions ------------------------------------------------------------------ */

static int listed(const struct og_sentence *s, size_t j, const char *list)
{
	return og_when_word(&s->words, j, list) > 0;
}

/* "Could you buy ..", "can I get ..", "would somebody ..": asked, and meant as
 * a wish. "Can we buy ..", "will bob buy .." want an answer. */
static int is_wish(const struct og_sentence *s)
{
	if (!listed(s, 0, "can could would will may might"))
		return 0;
	return listed(s, 1, "you u someone somebody anyone anybody please kindly like love") ||
	       (listed(s, 1, "i we") && listed(s, 2, "get have please"));
}

/* A question mark, but not in a text or between quotes. */
static int has_mark(const struct og_form *form, const struct og_sentence *s,
		    const struct og_alignment *a)
{
	const struct og_words *words = &s->words;

	for (size_t j = 0; j < words->n; j++) {
		size_t at = words->w[j].at + words->w[j].len;
		size_t end = j + 1 < words->n ? words->w[j + 1].at : words->text_len;

		if (covered(form, a, j, 1) && words->w[j].kind == OG_QUOTED)
			continue;
		if (memchr(words->text + at, '?', end - at) != NULL)
			return 1;
	}
	return 0;
}

/* The sentence wants to know and not to have, though a pattern fits it. */
static int asks(const struct og_form *form, const struct og_sentence *s,
		const struct og_alignment *a)
{
	if (is_wish(s))
		return 0;
	if (listed(s, 0, "can could would will may might shall am had whose whom") &&
	    s->words.n > 1 && s->words.w[1].kind == OG_WORD && a->span[0].from > 0)
		return !listed(s, 1, "want need prefer");
	return has_mark(form, s, a);
}

/* --- what is said of it ------------------------------------------------------------- */

/* A number said is a number meant: who pays invoice 2 of "1 and 2", or books
 * 30 hours of "3:30", does something else. */
static int leaves_numbers(const struct og_sentence *s, const unsigned char used[OG_WORDS_MAX])
{
	for (size_t j = 0; j < s->words.n; j++) {
		const struct og_word *w = &s->words.w[j];

		/* What is left of a day has a better reason (left.c). */
		if (w->number_words > 0 && !w->stop && !used[j] && !s->day[j] &&
		    strcmp(w->stem, "one") != 0)
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

/* "get order 9 shipped" asks for it, "I have shipped order 9" does not. */
static int asks_for(const struct og_sentence *s, size_t end)
{
	static const char *const words[] = {
		"want", "need", "get", "hav", "like", "pleas", "must"
	};

	if (listed(s, end - 1, "have has had been already just ve got"))
		return 0;
	for (size_t j = 0; j < end; j++) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strcmp(s->words.w[j].stem, words[i]) == 0)
				return 1;
		}
	}
	return 0;
}

/* "Buying 2 chairs is .." tells something, "I am buying .." says what is to
 * be done. */
static int is_gerund(const struct og_sentence *s, size_t j, const char *p, size_t len)
{
	if (len < 5 || strncasecmp(p + len - 3, "ing", 3) != 0)
		return 0;
	if (j == 0)
		return 1;
	if (j > 1 && listed(s, j - 1, "am are be"))
		return !listed(s, j - 2, "i we");
	return !listed(s, j - 1, "i we by mind of consider start begin");
}

/* "bob buys 2 chairs" */
static int is_third(const char *p, size_t len, const char *stem)
{
	size_t n = strlen(stem);

	return len > n && len <= n + 3 && strncasecmp(p, stem, n - 1) == 0 &&
	       (p[len - 1] == 's' || p[len - 1] == 'S');
}

/* "we shipped order 9": the verb of the pattern, as something that was done
 * or that somebody does. */
static int is_told(const struct og_form *form, const struct og_sentence *s,
		   const struct og_alignment *a)
{
	for (size_t i = 0; i < form->pattern->n; i++) {
		const struct og_piece *unit = &form->unit[i];
		size_t j = a->span[i].from, len;
		const char *p;

		if (unit->take != OG_TAKE_WORD || unit->optional)
			continue;
		if (j == a->span[i].to)
			return 0;
		p = s->words.text + s->words.w[j].at;
		len = s->words.w[j].len;
		if (is_written(form, p, len))
			return 0;
		if (is_gerund(s, j, p, len) || is_third(p, len, s->words.w[j].stem))
			return 1;
		return is_past(p, len) && (j == 0 || !asks_for(s, j));
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
	if (form->acts &&
	    (mixed || asks(form, s, a) || leaves_numbers(s, used) || is_told(form, s, a)))
		return NOT_MEANT;
	return 1;
}
