/*
 * What a sentence says beyond what the skill would do. A pattern fits "ship
 * order 9 tomorrow" well, and doing it now would be half of what was asked:
 * the words that no blank took are looked through for days, currencies,
 * other amounts, conditions and further commands. A name's blank takes more words
 * than the name that was found in them; the others count as not taken.
 *
 * Deliberately not here: what speaks against the pattern as such, meant.c.
 */
#include "lib/skill/match-internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"
#include "lib/skill/resolve-internal.h"
#include "lib/skill/when-internal.h"

#define SAID_MAX   80 /* bytes of what is shown of it */
#define DAY_WEIGHT 0.08

struct leaving {
	const struct og_matcher *m;
	const struct og_form *form;
	const struct og_sentence *s;
	const struct og_alignment *a;
	const json_t *match;
	struct og_words *name;		  /* scratch */
	unsigned char open[OG_WORDS_MAX]; /* word j is explained by nothing */
	size_t from, to;		  /* what is left */
};

static int listed(const struct leaving *l, size_t j, const char *list)
{
	return og_when_word(&l->s->words, j, list) > 0;
}

/* --- which words are left ------------------------------------------------------- */

/* Is word j one of the name's, a misspelt one, or the beginning of one? */
static int of_name(const struct leaving *l, size_t j)
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
static void open_name(struct leaving *l, const char *slot, struct og_span span)
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

static void open_words(struct leaving *l, const json_t *slots)
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

static int all_open(const struct leaving *l, size_t j, size_t n)
{
	while (n > 0 && l->open[j + n - 1])
		n--;
	return n == 0;
}

static int leave(struct leaving *l, size_t from, size_t to)
{
	l->from = from;
	l->to = to;
	return 1;
}

/* --- days ------------------------------------------------------------------------- */

/* "tomorow" */
static int like_day(const struct leaving *l, size_t j)
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
static size_t day_at(const struct leaving *l, size_t j, int *at_once)
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
	       listed(l, j,
		      "tonight later soon eventually someday sometime weekend weekends morning"
		      " afternoon evening midnight noon tmrw tmr tomorrows");
}

/* "last" in front of the form's own "month". */
static int is_other(const struct leaving *l, size_t j)
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

static int day_left(struct leaving *l)
{
	int at_once;

	for (size_t j = 0; j < l->s->words.n; j++) {
		size_t n = l->open[j] ? day_at(l, j, &at_once) : 0;

		if (l->open[j] && is_other(l, j))
			return leave(l, j, j + 2);
		if (n == 0 || !all_open(l, j, n))
			continue;
		if (!at_once)
			return leave(l, j, j + n);
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
static int currency_left(struct leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; j < words->n; j++) {
		if (l->open[j] && og_currency_at(words, j))
			return leave(l, j, j + 1);
	}
	for (size_t i = 0; i < l->form->pattern->n; i++) {
		struct og_span span = l->a->span[i];

		if (is_plain_number(&l->form->unit[i], l->form->pattern->e[i].type) &&
		    span.from < span.to && og_currency_signed(words, span.from, span.to))
			return leave(l, span.from, span.to);
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
static int is_unit(const struct leaving *l, size_t j)
{
	const struct og_words *words = &l->s->words;
	const struct og_word *w = &words->w[j];

	if (w->kind != OG_WORD || listed(l, j, "x piece pieces pcs pc item items unit units"))
		return 0;
	if (is_glued(words, j))
		return 1;
	if (listed(l, j,
		   "box boxes pack packs package packages packet packets pallet pallets"
		   " carton cartons crate crates case cases set sets bag bags roll rolls"
		   " bundle bundles truckload truckloads container containers percent"))
		return 1;
	return w->len > 1 && !listed(l, j, "in") && og_unit_at(words, j) != NULL;
}

/* "about", "up to": the number is not what is meant. */
static int is_vague(const struct leaving *l, size_t j)
{
	if (j == 0 || !l->open[j - 1])
		return 0;
	return listed(l, j - 1,
		      "about around circa than over under max min maximum minimum but except") ||
	       (j > 1 && listed(l, j - 1, "to") && listed(l, j - 2, "up"));
}

/* A number that nothing took, though nothing is missing. "one" is a word as
 * well, and days have a check of their own. */
static int is_number_left(const struct leaving *l, size_t j)
{
	const struct og_word *w = &l->s->words.w[j];

	return l->open[j] && json_array_size(json_object_get(l->match, "missing")) == 0 &&
	       w->number_words > 0 && !w->stop && !l->s->day[j] && strcmp(w->stem, "one") != 0;
}

/* "half of", "90 minutes" for hours, "3 boxes" of what is counted in pieces,
 * "5%". */
static int amount_left(struct leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; l->form->acts && j < words->n; j++) {
		if (l->open[j] && listed(l, j,
					 "half halves part parts partly partially quarter"
					 " quarters third thirds rest remainder back"
					 " double triple"))
			return leave(l, j, j + 1);
		if (is_number_left(l, j))
			return leave(l, j, j + 1);
	}

	for (size_t i = 0; i < l->form->pattern->n; i++) {
		struct og_span span = l->a->span[i];
		const struct og_word *last = &words->w[span.to - (span.to > 0)];
		size_t end = last->at + last->len;

		if (span.from < span.to && l->form->unit[i].take == OG_TAKE_VALUE &&
		    is_vague(l, span.from))
			return leave(l, span.from - 1, span.to);
		if (span.from == span.to ||
		    !is_plain_number(&l->form->unit[i], l->form->pattern->e[i].type))
			continue;
		if (span.to < words->n && l->open[span.to] && is_unit(l, span.to))
			return leave(l, span.from, span.to + 1);
		if (end < words->text_len && words->text[end] == '%')
			return leave(l, span.from, span.to);
	}
	return 0;
}

/* --- conditions and further commands ---------------------------------------------------- */

static int condition_left(struct leaving *l)
{
	for (size_t j = 0; j < l->s->words.n; j++) {
		if (og_turned(l->form, l->s, l->a, j) ||
		    (l->open[j] &&
		     ((l->s->words.w[j].turns && !l->s->day[j]) || l->s->words.w[j].negation)))
			return leave(l, j, j + 1);
	}
	return 0;
}

static int is_courtesy(const struct leaving *l, size_t j)
{
	return l->s->words.w[j].stop ||
	       listed(l, j,
		      "please thanks thank cheers kindly asap immediately urgently quickly"
		      " right now today again also hello hi hey ok okay dear sir madam yes"
		      " well then here there already once more go ahead try");
}

/* The word as one tells somebody to do something: "ship", not "shipped". */
static int is_bare(const struct og_word *w)
{
	size_t len = strlen(w->stem);

	return w->kind == OG_WORD && (w->len == len || w->len == len + 1) && !w->stop;
}

/* Is word j the verb of the form: the first word that must be there? */
static int verb_of(const struct leaving *l, size_t j, const struct og_form *form)
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
static int is_verb(const struct leaving *l, size_t j, int any)
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

/* A sign between word j and the one before it that joins or parts. */
static int is_parted(const struct leaving *l, size_t j, const char *signs)
{
	const struct og_words *words = &l->s->words;
	size_t at = j > 0 ? words->w[j - 1].at + words->w[j - 1].len : words->w[j].at;

	for (; at < words->w[j].at; at++) {
		if (strchr(signs, words->text[at]) != NULL)
			return 1;
	}
	return 0;
}

/* May a sentence of its own begin with word j? */
static int begins(const struct leaving *l, size_t j)
{
	const struct og_words *words = &l->s->words;

	for (; j > 0 && l->open[j - 1] && listed(l, j - 1, "please also then now"); j--) {
		if (words->w[j].after_break)
			break;
	}
	if (j == 0)
		return l->form->acts;
	return words->w[j].after_break || is_parted(l, j, "&;\n+/") ||
	       (l->open[j - 1] && listed(l, j - 1, "and then plus or"));
}

static int command_left(struct leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; j < words->n; j++) {
		if (!l->open[j] || !is_bare(&words->w[j]) ||
		    listed(l, j, "want need get have like must order orders"))
			continue;
		if (begins(l, j) && is_verb(l, j, l->form->acts))
			return leave(l, j, words->n);
	}
	return 0;
}

/* Words before j that nothing took, though skills know them. */
static int known_before(const struct leaving *l, size_t j)
{
	while (j-- > 0) {
		if (l->open[j] && l->s->id[j] != 0 && !is_courtesy(l, j))
			return 1;
	}
	return 0;
}

/* "and" with something beside it that nothing took; but "and deliver it", and
 * "go ahead and". */
static int more_left(struct leaving *l)
{
	const struct og_words *words = &l->s->words;

	for (size_t j = 0; j < words->n; j++) {
		if (!is_parted(l, j, "&;") &&
		    (!l->open[j] || !listed(l, j, "and or plus then but nor versus")))
			continue;
		if (known_before(l, j))
			return leave(l, 0, j);
		for (size_t k = j; k < words->n; k++) {
			if (l->open[k] && !is_courtesy(l, k) && !listed(l, k + 1, "it them") &&
			    !listed(l, k, "and or plus then but nor versus"))
				return leave(l, j, k + 1);
		}
	}
	return 0;
}

/* Words around a name that make it another one: "brown chairs", "chairs
 * deluxe". What follows a small word ("for the office") does not. */
static int words_left(struct leaving *l)
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
			    !listed(l, j,
				    "piece pieces pcs pc item items unit units more new"
				    " another additional extra"))
				return leave(l, span.from, span.to);
			named |= !l->open[j];
		}
	}
	return 0;
}

/* --- all --------------------------------------------------------------------------------- */

static int shows(struct leaving *l, const char **ret)
{
	*ret = "day";
	if (day_left(l))
		return 1;
	*ret = "currency";
	if (currency_left(l))
		return 1;
	*ret = "amount";
	if (amount_left(l))
		return 1;
	*ret = "command";
	return command_left(l);
}

static int acts(struct leaving *l, int learned, const char **ret)
{
	static const struct {
		const char *what;
		int (*is_left)(struct leaving *);
		int learned; /* holds without a pattern that fits */
	} checks[] = {
		{ "day", day_left, 1 },		{ "currency", currency_left, 1 },
		{ "amount", amount_left, 1 },	{ "condition", condition_left, 1 },
		{ "command", command_left, 0 }, { "words", more_left, 0 },
		{ "words", words_left, 0 },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		*ret = checks[i].what;
		if ((checks[i].learned || !learned) && checks[i].is_left(l))
			return 1;
	}
	return 0;
}

static int note(const struct leaving *l, const char *what, json_t *match, struct og_err *err)
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
	struct leaving *l = calloc(1, sizeof(*l));
	const char *what;
	int rc = 0;

	if (l == NULL)
		return og_fail_nomem(err);
	*l = (struct leaving){ .m = m, .form = form, .s = s, .a = a, .match = match };
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
