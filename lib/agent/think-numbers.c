/*
 * Does every number of an answer stand somewhere that was read? It need not
 * be written the same way: 1,299.00 and 1299 and 1.299,00 are one number,
 * 12.5 % may have been read as 0.125, and an answer may round to fewer
 * decimals than its source. A date, a time or a name with digits in it
 * (v1, INV-2024-7) is looked for as it stands first, then by its parts.
 *
 * Sources are the cells of the row sets and how many rows each has, what
 * steps bound, the sentence, the person's own answers, the passages that are
 * cited, and today's date. This shows that a number was read, not that it
 * means what the sentence says of it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/number.h"
#include "lib/agent/tools.h"
#include "lib/base/text.h"

#define VALUES_MAX ((size_t)1 << 20)
#define PLAIN_MAX  ((size_t)64 << 10) /* bytes of a text in plain digits */
#define BAD_MAX	   20		      /* numbers that are named */

struct sources {
	double *values;
	size_t n, cap;
	int failed;
	json_t *words; /* texts in which a name may stand */
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters of any script count as such. */
static int is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* --- sources -------------------------------------------------------------------------- */

static void add_value(struct sources *s, double value)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 1024;
		double *grown = cap > VALUES_MAX ? NULL : realloc(s->values, cap * sizeof(*grown));

		if (!grown) {
			s->failed = 1;
			return;
		}
		s->values = grown;
		s->cap = cap;
	}
	s->values[s->n++] = value;
}

static void add_text(struct sources *s, const char *text)
{
	struct og_buf plain;

	og_buf_init(&plain, OG_CHANNEL_LINE_MAX);
	og_number_plain(text, &plain);
	for (size_t at = 0; at < plain.len && !plain.failed;) {
		struct og_reading read[2];
		size_t end = og_number_end(plain.data, at), n;
		int negative = at > 0 && plain.data[at - 1] == '-' &&
			       (at == 1 || !is_word(plain.data[at - 2]));

		if (!is_digit(plain.data[at])) {
			at++;
			continue;
		}
		n = og_number_readings(plain.data + at, end - at, read);
		for (size_t i = 0; i < n; i++)
			add_value(s, negative ? -read[i].value : read[i].value);
		at = end;
	}
	if (plain.len)
		json_array_append_new(s->words, json_stringn(plain.data, plain.len));
	og_buf_release(&plain);
}

static void add_cell(struct sources *s, const json_t *value)
{
	const char *digits = og_json_str(value, "i");

	if (json_is_number(value))
		add_value(s, json_number_value(value));
	else if (json_is_string(value))
		add_text(s, json_string_value(value));
	else if (digits)
		add_text(s, digits);
}

static void add_set(struct sources *s, const char *name, const json_t *rows)
{
	const char *column;
	json_t *row, *cell;
	size_t i;

	json_array_append_new(s->words, json_string(name));
	add_value(s, (double)json_array_size(rows));
	json_array_foreach(rows, i, row)
	{
		json_object_foreach(row, column, cell)
		{
			add_cell(s, cell);
		}
	}
	json_object_foreach(json_array_get(rows, 0), column, cell)
	{
		json_array_append_new(s->words, json_string(column));
	}
}

static void add_passages(struct sources *s, const json_t *passages)
{
	static const char *const members[] = { "policy", "title", "text" };
	json_t *passage;
	size_t i;

	json_array_foreach(passages, i, passage)
	{
		add_cell(s, json_object_get(passage, "line"));
		for (size_t k = 0; k < sizeof(members) / sizeof(*members); k++)
			add_cell(s, json_object_get(passage, members[k]));
	}
}

static int compare_values(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return x < y ? -1 : x > y;
}

static void add_all(const struct og_thinking *t, const json_t *cited, struct sources *s)
{
	json_t *item;
	const char *name;
	size_t i;

	json_object_foreach(t->sets, name, item)
	{
		add_set(s, name, item);
	}
	json_array_foreach(t->sources, i, item) add_cell(s, item);
	json_array_foreach(t->entries, i, item) add_cell(s, item);
	json_array_foreach(t->ran, i, item) json_array_append(s->words, item);
	add_passages(s, cited);
	add_passages(s, json_object_get(t->job->result, "citations"));
	add_value(s, (double)json_array_size(t->ran));
	json_array_append_new(s->words, json_string(t->job->name));
	if (s->n)
		qsort(s->values, s->n, sizeof(*s->values), compare_values);
}

/* Is there a source that rounds to this? negative: only such. */
static int has_value(const struct sources *s, double value, double tolerance, int negative)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (fabs(s->values[mid]) < value - tolerance)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->n && fabs(s->values[low]) <= value + tolerance; low++)
		if (!negative || s->values[low] < 0)
			return 1;
	return 0;
}

static int has_reading(const struct sources *s, const struct og_reading *read, int negative,
		       int percent)
{
	double tolerance = 0.5 * pow(10, -read->decimals) + 1e-9 * (read->value + 1);

	if (has_value(s, read->value, tolerance, negative))
		return 1;
	return percent && has_value(s, read->value / 100, tolerance / 100, negative);
}

/* Does a word stand in a text that was read, and end there as a number? */
static int has_word(const struct sources *s, const char *word, size_t len)
{
	json_t *text;
	size_t i;

	json_array_foreach(s->words, i, text)
	{
		const char *all = json_string_value(text), *at = all;

		for (; (at = memmem(at, strlen(at), word, len)) != NULL; at++)
			if ((at == all || !is_word(at[-1])) && !is_digit(at[len]))
				return 1;
	}
	return 0;
}

/* --- the text ------------------------------------------------------------------------- */

struct scan {
	const struct og_thinking *t;
	const struct sources *s;
	const char *text;
	json_t *bad;
};

/* "P1" and "E12", as cites has them. */
static int is_key(const struct scan *scan, size_t from, size_t to)
{
	int64_t number = 0;
	json_t *entry;
	size_t i;

	for (i = from + 1; i < to; i++) {
		if (!is_digit(scan->text[i]) || i - from > 15)
			return 0;
		number = number * 10 + scan->text[i] - '0';
	}
	if (scan->text[from] == 'P')
		return number >= 1 && (size_t)number <= json_array_size(scan->t->passages);
	if (scan->text[from] != 'E')
		return 0;
	json_array_foreach(scan->t->entries, i, entry)
	{
		if (json_integer_value(entry) == number)
			return 1;
	}
	return 0;
}

/* "1. " at the beginning of a line counts, and says nothing. */
static int is_marker(const char *text, size_t from, size_t to)
{
	size_t begin = from;

	while (begin > 0 && text[begin - 1] == ' ')
		begin--;
	return (begin == 0 || text[begin - 1] == '\n') && to - from <= 2 &&
	       (text[to] == '.' || text[to] == ')') && text[to + 1] == ' ';
}

static int is_percent(const char *text, size_t at)
{
	at += text[at] == ' ';
	return text[at] == '%' || strncmp(text + at, "percent", 7) == 0 ||
	       strncmp(text + at, "Prozent", 7) == 0;
}

/* A number with spaces between its groups: where it ends. */
static size_t spaced_end(const char *text, size_t from, size_t to)
{
	size_t groups = 0, run = to - from;

	while (run >= 1 && run <= 3 && text[to] == ' ' && is_digit(text[to + 1]) &&
	       is_digit(text[to + 2]) && is_digit(text[to + 3]) && !is_digit(text[to + 4])) {
		to = og_number_end(text, to + 1);
		groups++;
		run = 3;
	}
	return groups ? to : 0;
}

static int supported(const struct scan *scan, size_t from, size_t to)
{
	int negative = from > 0 && scan->text[from - 1] == '-' &&
		       (from == 1 || scan->text[from - 2] == ' ' || scan->text[from - 2] == '\n');
	struct og_reading read[2];
	char digits[OG_NUMBER_MAX + 1];
	size_t len = 0, n;

	for (size_t i = from; i < to && len < OG_NUMBER_MAX; i++)
		if (scan->text[i] != ' ')
			digits[len++] = scan->text[i];
	digits[len] = '\0';
	n = og_number_readings(digits, len, read);
	for (size_t i = 0; i < n; i++)
		if (has_reading(scan->s, &read[i], negative, is_percent(scan->text, to)))
			return 1;
	return 0;
}

static void note_bad(struct scan *scan, size_t from, size_t to)
{
	json_t *number = json_stringn(scan->text + from, to - from), *known;
	size_t i;

	json_array_foreach(scan->bad, i, known)
	{
		if (json_equal(known, number)) {
			json_decref(number);
			return;
		}
	}
	if (json_array_size(scan->bad) < BAD_MAX)
		json_array_append_new(scan->bad, number);
	else
		json_decref(number);
}

/* 31.1.2026 is three numbers. */
static int is_dotted_date(const char *text, size_t from, size_t to)
{
	int day, month, year, end = 0;

	return sscanf(text + from, "%2d.%2d.%4d%n", &day, &month, &year, &end) == 3 &&
	       from + (size_t)end == to;
}

static size_t judge_parts(struct scan *scan, size_t from, size_t to)
{
	while (from < to) {
		size_t end = from + strspn(scan->text + from, "0123456789");

		if (!supported(scan, from, end))
			note_bad(scan, from, end);
		from = end + 1;
	}
	return to;
}

/* One number, at its first digit; where it ends. */
static size_t judge_number(struct scan *scan, size_t from)
{
	size_t to = og_number_end(scan->text, from), spaced = spaced_end(scan->text, from, to);

	if (is_dotted_date(scan->text, from, to))
		return judge_parts(scan, from, to);

	if (spaced && supported(scan, from, spaced))
		return spaced;
	if (!is_marker(scan->text, from, to) && !supported(scan, from, to))
		note_bad(scan, from, to);
	return to;
}

/* From the first to the last character of what hangs together around a
 * digit: a date, a time, a code, a name with a number in it. */
static void word_around(const char *text, size_t at, size_t *from, size_t *to)
{
	static const char joins[] = "-/:.,'#@+";

	*from = *to = at;
	while (*from > 0 &&
	       (is_word(text[*from - 1]) ||
		(*from > 1 && strchr(joins, text[*from - 1]) && is_word(text[*from - 2]))))
		(*from)--;
	while (text[*to] &&
	       (is_word(text[*to]) || (strchr(joins, text[*to]) && is_word(text[*to + 1]))))
		(*to)++;
}

static int is_plain_number(const char *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!is_digit(text[i]) && !strchr(".,'", text[i]))
			return 0;
	return 1;
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A date as 2026-01-31, or a name such as v7, whose digits mean nothing
 * without the rest. "EUR12" is an amount. */
static int is_whole(const char *text, size_t from, size_t to)
{
	size_t letters = from;

	if (to - from == 10 && text[from + 4] == '-' && text[from + 7] == '-' &&
	    is_digit(text[from]) && is_digit(text[to - 1]))
		return 1;
	while (letters < to && text[letters] >= 'A' && text[letters] <= 'Z')
		letters++;
	if (letters - from == 3 && is_plain_number(text, letters, to))
		return 0;
	for (size_t i = from; i + 1 < to; i++)
		if (is_letter(text[i]) && is_digit(text[i + 1]))
			return 1;
	return 0;
}

/* What hangs together around a digit; where it ends, or the number in it. */
static size_t judge_word(struct scan *scan, size_t at)
{
	size_t from, to;

	word_around(scan->text, at, &from, &to);
	if (is_plain_number(scan->text, from, to))
		return judge_number(scan, at);
	if (is_key(scan, from, to) || has_word(scan->s, scan->text + from, to - from))
		return to;
	if (!is_whole(scan->text, from, to))
		return judge_number(scan, at);
	note_bad(scan, from, to);
	return to;
}

static void judge_text(struct scan *scan)
{
	for (size_t at = 0; scan->text[at];)
		at = is_digit(scan->text[at]) ? judge_word(scan, at) : at + 1;
}

/* How many points a list of the answer has: a number one may tell. */
static size_t points_of(const char *text)
{
	size_t n = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		n += (*line == '-' || *line == '*') && line[1] == ' ';
	}
	return n;
}

json_t *og_numbers_unsupported(const struct og_thinking *t, const json_t *cited, const char *text)
{
	struct sources s = { .words = json_array() };
	struct scan scan = { t, &s, "", json_array() };
	struct og_buf plain;

	og_buf_init(&plain, PLAIN_MAX * 2);
	og_number_plain(text, &plain);
	if (plain.len)
		scan.text = plain.data;
	if (plain.len && strpbrk(plain.data, "0123456789")) {
		add_value(&s, (double)points_of(plain.data));
		add_all(t, cited, &s);
		judge_text(&scan);
	}
	if (plain.failed || s.failed || !s.words) {
		json_decref(scan.bad);
		scan.bad = NULL;
	}
	og_buf_release(&plain);
	free(s.values);
	json_decref(s.words);
	return scan.bad;
}
