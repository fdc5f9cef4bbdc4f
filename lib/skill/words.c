/*
 * Words and stems of a sentence; numbers.c has its numbers. The stemmer is deliberately
 * light: it folds plurals, -ing and -ed, because two different words taken
 * for one would run the wrong skill, while a missed kinship is mended by
 * one more pattern.
 */
#include "lib/skill/words-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

/* Zero width, direction marks and overrides (U+200B to U+200F, U+202A to
 * U+202E, U+2060 to U+206F): part of the word they hide in, which is then
 * neither a number nor a word that anybody knows. */
static int is_hidden(unsigned char b, unsigned char c)
{
	return b == 0x80 ? (c >= 0x8b && c <= 0x8f) || (c >= 0xaa && c <= 0xae)
			 : c >= 0xa0 && c <= 0xaf;
}

/* Bytes of a sign that is part of no word: a no-break space, the signs of
 * currencies, angle quotes; general punctuation (U+2000 to U+207F: dashes,
 * curly quotes). */
static size_t punctuation(const char *p, size_t len)
{
	unsigned char a = len > 0 ? (unsigned char)p[0] : 0, b = len > 1 ? (unsigned char)p[1] : 0;
	unsigned char c = len > 2 ? (unsigned char)p[2] : 0;

	if (a == 0xc2 && ((b >= 0xa0 && b <= 0xa5) || b == 0xab || b == 0xbb))
		return 2;
	if (a != 0xe2 || len < 3)
		return 0;
	if (b == 0x80 || b == 0x81)
		return is_hidden(b, c) ? 0 : 3;
	return b == 0x82 && c >= 0xa0 ? 3 : 0;
}

static int letter_at(const char *p, size_t len)
{
	return len > 0 && is_letter((unsigned char)*p) && punctuation(p, len) == 0;
}

int og_words_letter_at(const char *p, size_t len)
{
	return letter_at(p, len);
}

static size_t apostrophe(const char *p, size_t len)
{
	if (len > 0 && *p == '\'')
		return 1;
	return len >= 3 && memcmp(p, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

static int is_vowel(int c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static int ends_with(const char *word, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(word + len - n, end, n) == 0;
}

static int has_vowel(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_vowel((unsigned char)word[i]))
			return 1;
	}
	return 0;
}

static size_t stem_plural(char *w, size_t len)
{
	if (len > 4 && ends_with(w, len, "ies")) {
		w[len - 3] = 'y';
		return len - 2;
	}
	if (len > 4 && (ends_with(w, len, "sses") || ends_with(w, len, "xes") ||
			ends_with(w, len, "ches") || ends_with(w, len, "shes")))
		return len - 2;
	if (len > 3 && w[len - 1] == 's' && strchr("sui", w[len - 2]) == NULL)
		return len - 1;
	return len;
}

/* -ing and -ed go when a word with a vowel is left ("string" and "red"
 * stay); a doubled consonant is folded ("shipped", "ship"). */
static size_t stem_verb(char *w, size_t len)
{
	size_t cut = 0;

	if (len > 5 && ends_with(w, len, "ing") && has_vowel(w, len - 3))
		cut = 3;
	else if (len > 4 && ends_with(w, len, "ed") && has_vowel(w, len - 2))
		cut = 2;
	if (cut == 0)
		return len;
	len -= cut;
	if (len > 3 && w[len - 1] == w[len - 2] && strchr("lsz", w[len - 1]) == NULL)
		len--;
	return len;
}

struct pair {
	const char *from, *to;
};

static const struct pair irregular[] = {
	{ "bought", "buy" }, { "children", "child" }, { "gave", "give" },  { "given", "give" },
	{ "got", "get" },    { "mice", "mouse" },     { "paid", "pay" },   { "people", "person" },
	{ "ran", "run" },    { "sent", "send" },      { "shown", "show" }, { "sold", "sell" },
};

static const char *regular_form(const char *word)
{
	for (size_t i = 0; i < sizeof(irregular) / sizeof(irregular[0]); i++) {
		if (strcmp(word, irregular[i].from) == 0)
			return irregular[i].to;
	}
	return word;
}

/* In lower case and without marks: nobody types "C\xc3\xb4te" twice the same. */
static void plain_letters(const char *word, size_t len, char out[OG_STEM_MAX + 1])
{
	size_t n = 0, step;

	for (size_t i = 0; i < len; i += step) {
		uint32_t c;
		const char *plain;
		size_t room = OG_STEM_MAX - n;

		step = og_utf8_decode(word + i, len - i, &c);
		plain = step > 1 ? og_letter_plain(c) : NULL;
		step = step ? step : 1;
		if ((plain ? strlen(plain) : step) > room)
			break;
		if (!plain && step == 1)
			out[n] = (char)og_ascii_lower((unsigned char)word[i]);
		else
			memcpy(out + n, plain ? plain : word + i, plain ? strlen(plain) : step);
		n += plain ? strlen(plain) : step;
	}
	out[n] = '\0';
}

void og_stem(const char *word, size_t len, char out[OG_STEM_MAX + 1])
{
	const char *form;
	size_t n;

	plain_letters(word, len, out);
	form = regular_form(out);
	n = strlen(form);
	memmove(out, form, n + 1);
	n = stem_verb(out, stem_plural(out, n));
	if (n > 3 && out[n - 1] == 'e')
		n--;
	if (n > 4 && ends_with(out, n, "is"))
		out[n - 1] = 'z'; /* vectorise, vectorize */
	out[n] = '\0';
}

/* Stems, sorted for bsearch. */
static const char *const stop_words[] = {
	"a",	 "all",	 "an",	  "and",   "any",    "are",   "as",  "at",   "be",   "by",  "can",
	"could", "do",	 "doe",	  "for",   "from",   "giv",   "hav", "how",  "i",    "in",  "is",
	"it",	 "just", "let",	  "lik",   "may",    "me",    "my",  "now",  "of",   "on",  "one",
	"or",	 "our",	 "pleas", "right", "should", "so",    "som", "than", "that", "the", "their",
	"them",	 "ther", "thes",  "they",  "this",   "thos",  "to",  "us",   "want", "was", "we",
	"wer",	 "what", "which", "will",  "with",   "would", "x",   "you",  "your",
};

static int compare_word(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

int og_stem_stop(const char *stem)
{
	return bsearch(stem, stop_words, sizeof(stop_words) / sizeof(stop_words[0]),
		       sizeof(stop_words[0]), compare_word) != NULL;
}

static int is_negation(const char *text, size_t len)
{
	static const char *const words[] = { "not",    "never", "no",	  "nobody", "none",
					     "cannot", "dont",	"doesnt", "nor",    "neither" };

	if (len > 3 && og_ascii_lower((unsigned char)text[len - 1]) == 't') {
		for (size_t i = len > 5 ? len - 5 : 1; i + 1 < len; i++) {
			if (i + apostrophe(text + i, len - i) + 1 == len &&
			    og_ascii_lower((unsigned char)text[i - 1]) == 'n')
				return 1; /* don't */
		}
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && strncasecmp(text, words[i], len) == 0)
			return 1;
	}
	return 0;
}

/* What turns the meaning of a request round, makes it hang on something, puts
 * it off, repeats it or makes it none. Sorted for bsearch. */
static const char *const turning_words[] = {
	"abort",	  "after",     "allowed",	"almost",
	"always",	  "annul",     "approximately", "ask",
	"assuming",	  "avoid",     "ban",		"before",
	"block",	  "calculate", "cancel",	"consider",
	"daily",	  "decline",   "defer",		"delay",
	"delete",	  "deny",      "depending",	"describe",
	"disapprove",	  "discuss",   "each",		"estimate",
	"every",	  "except",    "explain",	"forbid",
	"forget",	  "forgot",    "guess",		"halt",
	"hardly",	  "heard",     "hold",		"how",
	"hypothetically", "if",	       "imagine",	"know",
	"least",	  "lest",      "monthly",	"most",
	"nearly",	  "nevermind", "once",		"otherwise",
	"pause",	  "postpone",  "pretend",	"prevent",
	"prohibit",	  "provided",  "providing",	"refuse",
	"regret",	  "reject",    "remind",	"remove",
	"reopen",	  "rescind",   "retract",	"reverse",
	"revert",	  "revoke",    "roughly",	"said",
	"says",		  "schedule",  "scrap",		"simulate",
	"skip",		  "stop",      "suppose",	"supposedly",
	"supposing",	  "tell",      "think",		"thought",
	"till",		  "twice",     "undo",		"unless",
	"until",	  "void",      "wait",		"weekly",
	"when",		  "whenever",  "whether",	"while",
	"withdraw",	  "without",   "wonder",	"yearly",
};

static int compare_turning(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

static int is_turning(const char *text, size_t len)
{
	char word[OG_STEM_MAX + 1];

	if (len > OG_STEM_MAX)
		return 0;
	for (size_t i = 0; i < len; i++)
		word[i] = (char)og_ascii_lower((unsigned char)text[i]);
	word[len] = '\0';
	return bsearch(word, turning_words, sizeof(turning_words) / sizeof(turning_words[0]),
		       sizeof(turning_words[0]), compare_turning) != NULL;
}

/* How a quotation opens, and how it may close. */
static const struct {
	const char *open, *close, *or_close;
} quotes[] = {
	{ "\"", "\"", NULL },
	{ "'", "'", NULL },
	{ "\xe2\x80\x9c", "\xe2\x80\x9d", NULL },	    /* 66 99 */
	{ "\xe2\x80\x9e", "\xe2\x80\x9c", "\xe2\x80\x9d" }, /* low 99, 66 or 99 */
	{ "\xe2\x80\x98", "\xe2\x80\x99", NULL },	    /* 6 9 */
	{ "\xc2\xab", "\xc2\xbb", NULL },		    /* << >> */
};

/* The nearer of two ends, or NULL. */
static const char *find_close(const char *p, size_t len, const char *close, const char *or_close)
{
	const char *a = memmem(p, len, close, strlen(close)), *b;

	b = or_close != NULL ? memmem(p, len, or_close, strlen(or_close)) : NULL;
	return a == NULL || (b != NULL && b < a) ? b : a;
}

static int begins(const char *p, size_t len, const char *with)
{
	return strlen(with) <= len && memcmp(p, with, strlen(with)) == 0;
}

/* A text in quotes begins here: *open and *whole are the length of the
 * opening quote, and of all of it; *inside that of the text. An apostrophe
 * opens a quotation only before a word and closes one only after it, so
 * "today's" holds none. */
static int scan_quoted(const char *p, size_t len, size_t *open, size_t *inside, size_t *whole)
{
	size_t kind = 0, n;
	const char *end;
	int apostrophes;

	while (kind < sizeof(quotes) / sizeof(quotes[0]) && !begins(p, len, quotes[kind].open))
		kind++;
	if (kind == sizeof(quotes) / sizeof(quotes[0]))
		return 0;
	apostrophes = kind == 1 || kind == 4;
	*open = strlen(quotes[kind].open);
	n = strlen(quotes[kind].close);
	for (size_t from = *open; from < len; from = *open + *inside + n) {
		end = find_close(p + from, len - from, quotes[kind].close, quotes[kind].or_close);
		if (end == NULL)
			return 0;
		*inside = (size_t)(end - p) - *open;
		*whole = *open + *inside + n;
		if (*inside > 0 && (!apostrophes || !letter_at(p + *whole, len - *whole)))
			return 1;
	}
	return 0;
}

static size_t word_length(const char *p, size_t len)
{
	size_t i = 0, mark;

	while (i < len) {
		mark = apostrophe(p + i, len - i);
		if (letter_at(p + i, len - i) || is_digit((unsigned char)p[i]))
			i++;
		else if (mark > 0 && i > 0 && letter_at(p + i + mark, len - i - mark))
			i += mark;
		else
			break;
	}
	return i;
}

/* Without a final 's or 'd. */
static size_t bare_length(const char *p, size_t len)
{
	for (size_t i = len > 4 ? len - 4 : 1; i + 1 < len; i++) {
		if (i + apostrophe(p + i, len - i) + 1 == len)
			return i;
	}
	return len;
}

static void add_word(struct og_words *words, enum og_word_kind kind, size_t at, size_t len)
{
	struct og_word *w = &words->w[words->n++];
	const char *p = words->text + at;

	*w = (struct og_word){ .kind = kind, .at = at, .len = len };
	if (kind != OG_WORD)
		return;
	w->negation = is_negation(p, len);
	w->turns = is_turning(p, len);
	w->len = bare_length(p, len);
	og_stem(p, w->len, w->stem);
	w->stop = og_stem_stop(w->stem);
}

/* ".5", with a point in front: bytes taken, or 0. */
static size_t take_fraction(struct og_words *words, size_t i, int after_space)
{
	const char *p = words->text + i;
	size_t left = words->text_len - i, sign = left > 2 && *p == '-', n = 0;
	double value;

	if (!after_space || left < 2 + sign || p[sign] != '.')
		return 0;
	p += sign + 1;
	left -= sign + 1;
	while (n < left && is_digit((unsigned char)p[n]))
		n++;
	if (n == 0 || n > 15 || og_number_scan(p, left, &value) != n)
		return 0;
	add_word(words, OG_NUMBER, i, sign + 1 + n);
	value /= pow(10, (double)n);
	og_number_digits(&words->w[words->n - 1], "", 0, sign ? -value : value);
	return sign + 1 + n;
}

/* Takes the word at byte i, if one begins there; returns the next byte. */
static size_t take_word(struct og_words *words, size_t i, int after_space)
{
	const char *p = words->text + i;
	size_t left = words->text_len - i, sign = 0, n, whole, open;
	double value;

	if (after_space && scan_quoted(p, left, &open, &n, &whole)) {
		add_word(words, OG_QUOTED, i + open, n);
		return i + whole;
	}
	n = take_fraction(words, i, after_space);
	if (n > 0)
		return i + n;
	sign = after_space ? og_number_sign(p, left) : 0;
	n = og_number_scan(p + sign, left - sign, &value);
	if (n > 0) {
		add_word(words, isnan(value) ? OG_WORD : OG_NUMBER, i, n + sign);
		if (!isnan(value))
			og_number_digits(&words->w[words->n - 1], p + sign, n,
					 sign > 0 ? -value : value);
		return i + n + sign;
	}
	n = word_length(p, left);
	if (n > 0)
		add_word(words, OG_WORD, i, n);
	else
		n = punctuation(p, left) > 0 ? punctuation(p, left) : 1;
	return i + n;
}

/* "instead of", "rather than" */
static int is_instead(const struct og_words *words, size_t i)
{
	const struct og_word *w = &words->w[i];

	return (strcmp(w[0].stem, "instead") == 0 && strcmp(w[1].stem, "of") == 0) ||
	       (strcmp(w[0].stem, "rather") == 0 && strcmp(w[1].stem, "than") == 0);
}

static int is_at_once(const struct og_words *words, size_t i)
{
	return strcmp(words->w[i].stem, "onc") == 0 && strcmp(words->w[i - 1].stem, "at") == 0;
}

void og_words_split(const char *text, size_t len, struct og_words *words)
{
	int after_space = 1, pause = 0;
	size_t known = 0;

	words->text = text;
	words->text_len = len;
	words->n = 0;
	for (size_t i = 0; i < len && words->n < OG_WORDS_MAX;) {
		size_t next = take_word(words, i, after_space);
		int c = (unsigned char)text[next - 1];

		if (words->n > known) {
			words->w[known++].after_break = pause;
			pause = 0;
		}
		pause |= strchr(",;:.!?", c) != NULL && c != 0;
		after_space = c == ' ' || c == '\t' || c == '\n' || c == '(' || c == ':';
		i = next;
	}
	og_words_spell(words);
	for (size_t i = 0; i < words->n; i++) {
		/* "order no. 7" refuses nothing. */
		if (i > 0 && words->w[i].kind == OG_NUMBER &&
		    strcmp(words->w[i - 1].stem, "no") == 0)
			words->w[i - 1].negation = 0;
		if (i > 0 && is_at_once(words, i))
			words->w[i].turns = 0;
		if (i > 0 && is_instead(words, i - 1))
			words->w[i - 1].turns = 1;
	}
}

char *og_words_text(const struct og_words *words, size_t from, size_t to)
{
	size_t a = from, b = to;

	while (a < b && words->w[a].stop)
		a++;
	while (b > a && words->w[b - 1].stop)
		b--;
	if (a == b) {
		a = from;
		b = to;
	}
	if (a >= b)
		return strdup("");
	return strndup(words->text + words->w[a].at,
		       words->w[b - 1].at + words->w[b - 1].len - words->w[a].at);
}
