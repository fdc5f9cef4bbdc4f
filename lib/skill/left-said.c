/*
 * What words that no blank took say: a day, a currency, another amount, one
 * more command. See left-internal.h; which words those are, left.c knows.
 */
#include "lib/skill/left-internal.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/resolve-internal.h"
#include "lib/skill/when-internal.h"

#define DAY_WEIGHT 0.08

/* --- days ------------------------------------------------------------------------- */

/* "tomorow" */
static int like_day(const struct og_leaving *l, size_t j)
{
	static const char *const days[] = { "tomorrow", "yesterday", "monday",
					    "tuesday",	"wednesday", "thursday",
					    "friday",	"saturday",  "sunday" };
	const struct og_word *w = &l->s->words.w[j];
	char word[16];

	if (w->kind != OG_WORD || w->len < 6 || w->len >= sizeof(word) || l->s->id[j] != 0)
		return 0;
	for (size_t k = 0; k <= w->len; k++)
		word[k] = (char)og_ascii_lower(
			(unsigned char)(k < w->len ? l->s->words.text[w->at + k] : '\0'));
	for (size_t k = 0; k < sizeof(days) / sizeof(days[0]); k++) {
		if (og_edit_distance(word, days[k]) <= og_typos_allowed(word, w->len))
			return 1;
	}
	return 0;
}

/* Words of a day at j; *at_once: it is today, when it will be done anyway. */
static size_t day_at(const struct og_leaving *l, size_t j, int *at_once)
{
	const struct og_words *words = &l->s->words;
	struct og_when when;
	int64_t day = 0;
	size_t n = og_date_at(words, j, l->s->today, &day);

	*at_once = n > 0 && day == l->s->today;
	if (n > 0)
		return n;
	n = og_period_at(words, j, l->s->today, &when);
	if (n > 0)
		return n;
	return like_day(l, j) ||
	       og_left_is(l, j,
			  "tonight later soon eventually someday sometime weekend weekends morning"
			  " afternoon evening midnight noon tmrw tmr tomorrows");
}

/* "last" in front of the form's own "month". */
static int is_other(const struct og_leaving *l, size_t j)
{
	const struct og_words *words = &l->s->words;
	int direction = og_when_direction(words, j);
	enum og_stretch unit;

	return (direction == -1 || direction == 1) && og_when_unit(words, j + 1, &unit) &&
	       !l->open[j + 1];
}

void og_weigh_days(struct og_sentence *s)
{
	struct og_when when;

	for (size_t j = 0; j < s->words.n; j++) {
		size_t n = og_period_at(&s->words, j, s->today, &when);

		for (size_t k = j; k < j + n; k++) {
			s->day[k] = 1;
			if (s->id[k] == 0 && (n > 1 || s->words.w[k].kind == OG_WORD))
				s->weight[k] = fmin(s->weight[k], DAY_WEIGHT);
		}
		j += n > 0 ? n - 1 : 0;
	}
}

int og_left_day(struct og_leaving *l)
{
	int at_once;

	for (size_t j = 0; j < l->s->words.n; j++) {
		size_t n = l->open[j] ? day_at(l, j, &at_once) : 0;

		if (l->open[j] && is_other(l, j))
			return og_leave(l, j, j + 2);
		if (n == 0 || !og_left_open(l, j, n))
			continue;
		if (!at_once)
			return og_leave(l, j, j + n);
		j += n - 1;
	}
	return 0;
}

/* --- currencies and units ------------------------------------------------------------ */

static int is_plain_number(const struct og_piece *unit, const char *type)
{
	return unit->take == OG_TAKE_VALUE && unit->value == OG_VALUE_NUMBER && type != NULL;
}

/* "buy $2 chairs", "in yen". */
int og_left_currency(struct og_leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; j < words->n; j++) {
		if (l->open[j] && og_currency_at(words, j))
			return og_leave(l, j, j + 1);
	}
	for (size_t i = 0; i < l->form->pattern->n; i++) {
		struct og_span span = l->a->span[i];

		if (is_plain_number(&l->form->unit[i], l->form->pattern->e[i].type) &&
		    span.from < span.to && og_currency_signed(words, span.from, span.to))
			return og_leave(l, span.from, span.to);
	}
	return 0;
}

/* Word j hangs on to the number before it. */
static int is_glued(const struct og_words *words, size_t j)
{
	return words->w[j].at == words->w[j - 1].at + words->w[j - 1].len;
}

/* "boxes", "kg": the number before it counts something else. A letter alone
 * is a unit only right behind it. */
static int is_unit(const struct og_leaving *l, size_t j)
{
	const struct og_words *words = &l->s->words;
	const struct og_word *w = &words->w[j];

	if (w->kind != OG_WORD || og_left_is(l, j, "x piece pieces pcs pc item items unit units"))
		return 0;
	if (is_glued(words, j))
		return 1;
	if (og_left_is(l, j,
		       "box boxes pack packs package packages packet packets pallet pallets"
		       " carton cartons crate crates case cases set sets bag bags roll rolls"
		       " bundle bundles truckload truckloads container containers percent"))
		return 1;
	return w->len > 1 && !og_left_is(l, j, "in") && og_unit_at(words, j) != NULL;
}

/* "about", "up to": the number is not what is meant. */
static int is_vague(const struct og_leaving *l, size_t j)
{
	if (j == 0 || !l->open[j - 1])
		return 0;
	return og_left_is(
		       l, j - 1,
		       "about around circa than over under max min maximum minimum but except") ||
	       (j > 1 && og_left_is(l, j - 1, "to") && og_left_is(l, j - 2, "up"));
}

/* A number that nothing took, though nothing is missing. "one" is a word as
 * well, and days have a check of their own. */
static int is_number_left(const struct og_leaving *l, size_t j)
{
	const struct og_word *w = &l->s->words.w[j];

	return l->open[j] && json_array_size(json_object_get(l->match, "missing")) == 0 &&
	       w->number_words > 0 && !w->stop && !l->s->day[j] && strcmp(w->stem, "one") != 0;
}

/* "half of", "90 minutes" for hours, "3 boxes" of what is counted in pieces,
 * "5%". */
int og_left_amount(struct og_leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; l->form->acts && j < words->n; j++) {
		if (l->open[j] && og_left_is(l, j,
					     "half halves part parts partly partially quarter"
					     " quarters third thirds rest remainder back"
					     " double triple"))
			return og_leave(l, j, j + 1);
		if (is_number_left(l, j))
			return og_leave(l, j, j + 1);
	}

	for (size_t i = 0; i < l->form->pattern->n; i++) {
		struct og_span span = l->a->span[i];
		const struct og_word *last = &words->w[span.to - (span.to > 0)];
		size_t end = last->at + last->len;

		if (span.from < span.to && l->form->unit[i].take == OG_TAKE_VALUE &&
		    is_vague(l, span.from))
			return og_leave(l, span.from - 1, span.to);
		if (span.from == span.to ||
		    !is_plain_number(&l->form->unit[i], l->form->pattern->e[i].type))
			continue;
		if (span.to < words->n && l->open[span.to] && is_unit(l, span.to))
			return og_leave(l, span.from, span.to + 1);
		if (end < words->text_len && words->text[end] == '%')
			return og_leave(l, span.from, span.to);
	}
	return 0;
}

/* --- further commands ------------------------------------------------------------------- */

/* The word as one tells somebody to do something: "ship", not "shipped". */
static int is_bare(const struct og_word *w)
{
	size_t len = strlen(w->stem);

	return w->kind == OG_WORD && (w->len == len || w->len == len + 1) && !w->stop;
}

/* Is word j the verb of the form: the first word that must be there? */
static int verb_of(const struct og_leaving *l, size_t j, const struct og_form *form)
{
	size_t i = 0;

	while (i < form->pattern->n &&
	       (form->unit[i].take != OG_TAKE_WORD || form->unit[i].optional))
		i++;
	for (size_t k = 0; i < form->pattern->n && k < form->unit[i].n_ids; k++) {
		if (form->unit[i].ids[k] == l->s->id[j])
			return l->s->id[j] != 0;
	}
	return 0;
}

/* Of another skill (of one that acts, or of any), and not of this one. */
static int is_verb(const struct og_leaving *l, size_t j, int any)
{
	int others = 0;

	for (size_t f = 0; f < l->m->n_forms; f++) {
		const struct og_form *form = &l->m->forms[f];

		if (!verb_of(l, j, form))
			continue;
		if (form->skill == l->form->skill)
			return 0;
		others |= any || form->acts;
	}
	return others;
}

/* May a sentence of its own begin with word j? */
static int begins(const struct og_leaving *l, size_t j)
{
	const struct og_words *words = &l->s->words;

	for (; j > 0 && l->open[j - 1] && og_left_is(l, j - 1, "please also then now"); j--) {
		if (words->w[j].after_break)
			break;
	}
	if (j == 0)
		return l->form->acts;
	return words->w[j].after_break || og_left_parted(l, j, "&;\n+/") ||
	       (l->open[j - 1] && og_left_is(l, j - 1, "and then plus or"));
}

int og_left_command(struct og_leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; j < words->n; j++) {
		if (!l->open[j] || !is_bare(&words->w[j]) ||
		    og_left_is(l, j, "want need get have like must order orders"))
			continue;
		if (begins(l, j) && is_verb(l, j, l->form->acts))
			return og_leave(l, j, words->n);
	}
	return 0;
}
