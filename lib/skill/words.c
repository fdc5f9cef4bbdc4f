/*
 * Words, stems and numbers of a sentence. The stemmer is deliberately
 * light: it folds plurals, -ing and -ed, because two different words taken
 * for one would run the wrong skill, while a missed kinship is mended by
 * one more pattern.
 */
#include "lib/skill/words-internal.h"

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

/* Bytes of general punctuation (U+2000 to U+207F: dashes, curly quotes). */
static size_t punctuation(const char *p, size_t len)
{
	return len >= 3 && (unsigned char)p[0] == 0xe2 &&
			       ((unsigned char)p[1] == 0x80 || (unsigned char)p[1] == 0x81)
		       ? 3
		       : 0;
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

void og_stem(const char *word, size_t len, char out[OG_STEM_MAX + 1])
{
	size_t n = len < OG_STEM_MAX ? len : OG_STEM_MAX;
	const char *form;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)og_ascii_lower((unsigned char)word[i]);
	out[n] = '\0';
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

/* Digits with an optional fraction; a comma between digit groups of three
 * is dropped. Returns the bytes taken. */
static size_t scan_number(const char *p, size_t len, double *ret)
{
	char digits[OG_DOUBLE_MAX];
	size_t i = 0, n = 0;
	int point = 0;
	struct og_err err;

	for (; i < len && n < sizeof(digits) - 1; i++) {
		int more = i + 1 < len && is_digit((unsigned char)p[i + 1]);

		if (p[i] == ',' && !point && more && len - i > 3 &&
		    (len - i == 4 || !is_digit((unsigned char)p[i + 4])))
			continue;
		if (p[i] == '.' && !point && more)
			point = 1;
		else if (!is_digit((unsigned char)p[i]))
			break;
		digits[n++] = p[i];
	}
	digits[n] = '\0';
	/* Leading zeros ("007") are a number to people, not to JSON. */
	n = strspn(digits, "0");
	if (n > 0 && !is_digit((unsigned char)digits[n]))
		n--;
	if ((i < len && is_digit((unsigned char)p[i])) ||
	    og_double_parse(digits + n, "number", ret, &err) < 0)
		return 0;
	return i;
}

static void set_number(struct og_word *w, size_t count, double value)
{
	w->number_words = count;
	w->value = value;
	w->whole = value >= -(double)OG_JSON_INT_MAX && value <= (double)OG_JSON_INT_MAX &&
		   value == (double)(int64_t)value;
}

struct number_word {
	const char *word;
	int value;
};

static const struct number_word number_words[] = {
	{ "zero", 0 },	      { "one", 1 },	   { "two", 2 },       { "three", 3 },
	{ "four", 4 },	      { "five", 5 },	   { "six", 6 },       { "seven", 7 },
	{ "eight", 8 },	      { "nine", 9 },	   { "ten", 10 },      { "eleven", 11 },
	{ "twelve", 12 },     { "thirteen", 13 },  { "fourteen", 14 }, { "fifteen", 15 },
	{ "sixteen", 16 },    { "seventeen", 17 }, { "eighteen", 18 }, { "nineteen", 19 },
	{ "twenty", 20 },     { "thirty", 30 },	   { "forty", 40 },    { "fifty", 50 },
	{ "sixty", 60 },      { "seventy", 70 },   { "eighty", 80 },   { "ninety", 90 },
	{ "couple", 2 },      { "pair", 2 },	   { "dozen", 12 },    { "hundred", 100 },
	{ "thousand", 1000 },
};

static int word_value(const struct og_words *words, size_t i)
{
	const struct og_word *w = &words->w[i];

	if (i >= words->n || w->kind != OG_WORD)
		return -1;
	for (size_t k = 0; k < sizeof(number_words) / sizeof(number_words[0]); k++) {
		if (strlen(number_words[k].word) == w->len &&
		    strncasecmp(words->text + w->at, number_words[k].word, w->len) == 0)
			return number_words[k].value;
	}
	return -1;
}

static int is_article(const struct og_words *words, size_t i)
{
	return strcmp(words->w[i].stem, "a") == 0;
}

/* "twenty-five", "a dozen", "two hundred fifty", "a couple of". */
static void spell_number(struct og_words *words, size_t start)
{
	size_t i = start + (size_t)is_article(words, start);
	int value = word_value(words, i), total = 0, part = 0;

	if (value < 0 || (i > start && value < 12 && value != 2))
		return;
	for (; value >= 0; value = word_value(words, ++i)) {
		if (value < 100 && value != 12)
			part += value;
		else
			part = (part == 0 ? 1 : part) * value;
		if (value == 1000 || part > 100000) {
			total += part;
			part = 0;
		}
		if (total > 100000000)
			return;
	}
	if (i < words->n && strcmp(words->w[i].stem, "of") == 0 && i + 1 < words->n &&
	    strcmp(words->w[i - 1].stem, "coupl") == 0)
		i++;
	set_number(&words->w[start], i - start, total + part);
}

static int letter_at(const char *p, size_t len)
{
	return len > 0 && is_letter((unsigned char)*p) && punctuation(p, len) == 0;
}

/* A text in quotes begins here: *inside and *whole are its length without
 * and with the quotes. An apostrophe opens a quotation only before a word
 * and closes one only after it, so "today's" holds none. */
static int scan_quoted(const char *p, size_t len, size_t *inside, size_t *whole)
{
	int curly = len > 6 && memcmp(p, "\xe2\x80\x9c", 3) == 0;
	const char *close = curly ? "\xe2\x80\x9d" : *p == '"' ? "\"" : "'";
	size_t n = strlen(close);
	const char *end;

	if (!curly && *p != '"' && *p != '\'')
		return 0;
	for (size_t from = n; from < len; from = *inside + n + 1) {
		end = memmem(p + from, len - from, close, n);
		if (end == NULL)
			return 0;
		*inside = (size_t)(end - p) - n;
		*whole = *inside + 2 * n;
		if (*inside > 0 && (*p != '\'' || !letter_at(p + *whole, len - *whole)))
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
	w->len = bare_length(p, len);
	og_stem(p, w->len, w->stem);
	w->stop = og_stem_stop(w->stem);
}

/* Takes the word at byte i, if one begins there; returns the next byte. */
static size_t take_word(struct og_words *words, size_t i, int after_space)
{
	const char *p = words->text + i;
	size_t left = words->text_len - i, sign = 0, n, whole;
	double value;

	if (after_space && scan_quoted(p, left, &n, &whole)) {
		add_word(words, OG_QUOTED, i + (whole - n) / 2, n);
		return i + whole;
	}
	if (*p == '-' && after_space && left > 1 && is_digit((unsigned char)p[1]))
		sign = 1;
	if (is_digit((unsigned char)p[sign]) &&
	    (n = scan_number(p + sign, left - sign, &value)) > 0) {
		add_word(words, OG_NUMBER, i, n + sign);
		set_number(&words->w[words->n - 1], 1, sign ? -value : value);
		return i + n + sign;
	}
	n = word_length(p, left);
	if (n > 0)
		add_word(words, OG_WORD, i, n);
	else
		n = punctuation(p, left) > 0 ? 3 : 1;
	return i + n;
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
	for (size_t i = 0; i < words->n; i++) {
		if (words->w[i].kind == OG_WORD)
			spell_number(words, i);
		/* "order no. 7" refuses nothing. */
		if (i > 0 && words->w[i].kind == OG_NUMBER &&
		    strcmp(words->w[i - 1].stem, "no") == 0)
			words->w[i - 1].negation = 0;
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

json_t *og_words_number(const struct og_words *words, size_t i)
{
	const struct og_word *w = &words->w[i];

	return w->whole ? json_integer((json_int_t)w->value) : json_real(w->value);
}
