/* Unfinished command lines; see complete.h. */
#include "lib/base/complete.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/opt-internal.h"

struct given {
	const struct og_opt *opt;
	const char *value; /* NULL: of a flag */
};

struct og_line {
	const struct og_program *program;
	const struct og_command *command; /* NULL: none yet, or none we know */
	int first;			  /* the word under the cursor is the first */
	struct given *given;
	size_t n_given;
	const char **plain;
	size_t n_plain;
	const struct og_opt *pending; /* whose value is the word under the cursor */
	int only_plain;		      /* after -- */
	const char *word;
};

void og_line_free(struct og_line *line)
{
	if (!line)
		return;
	free(line->given);
	free(line->plain);
	free(line);
}

/* --- reading --------------------------------------------------------------- */

/* The option a word is, whatever is attached to it; *attached: where its
 * value begins, or NULL. */
static const struct og_opt *option_of(const struct og_line *line, const char *word,
				      const char **attached)
{
	const struct og_opt *opts = line->command ? line->command->opts : NULL, *opt;
	int is_long = word[1] == '-';
	size_t len = is_long ? strcspn(word + 2, "=") : 0;
	const char *name = is_long ? word + 2 : NULL;

	opt = og_opt_find(opts, name, len, word[1]);
	if (!opt)
		opt = og_opt_find(og_common_opts, name, len, word[1]);
	if (is_long)
		*attached = word[2 + len] ? word + 2 + len + 1 : NULL;
	else
		*attached = word[1] && word[2] ? word + 2 : NULL;
	return opt;
}

static void take_option(struct og_line *line, const char *word)
{
	const char *attached;
	const struct og_opt *opt = option_of(line, word, &attached);

	if (!opt)
		return;
	if (opt->kind == OG_OPT_FLAG || attached)
		line->given[line->n_given++] = (struct given){ opt, attached };
	else
		line->pending = opt;
}

static void take(struct og_line *line, const char *word)
{
	if (line->pending) {
		line->given[line->n_given++] = (struct given){ line->pending, word };
		line->pending = NULL;
	} else if (!line->only_plain && strcmp(word, "--") == 0) {
		line->only_plain = 1;
	} else if (line->only_plain || word[0] != '-' || word[1] == '\0') {
		line->plain[line->n_plain++] = word;
	} else {
		take_option(line, word);
	}
}

/* How many words name the command. */
static int choose(struct og_line *line, const char *word)
{
	const struct og_command *k = line->program->commands;

	if (!k->name)
		line->command = k++;
	for (; word && k->run; k++) {
		if (strcmp(k->name, word) != 0)
			continue;
		line->command = k;
		return 1;
	}
	return 0;
}

int og_line_read(const struct og_program *program, int n, char **words, struct og_line **ret,
		 struct og_err *err)
{
	struct og_line *line;

	if (n < 1 || n > OG_LINE_WORDS_MAX)
		return og_fail(err, OG_EDATA, "a command line of %d words", n);
	line = calloc(1, sizeof(*line));
	if (!line)
		return og_fail_nomem(err);
	line->program = program;
	line->word = words[n - 1];
	line->first = n == 1;
	line->given = calloc((size_t)n, sizeof(*line->given));
	line->plain = calloc((size_t)n, sizeof(*line->plain));
	if (!line->given || !line->plain) {
		og_line_free(line);
		return og_fail_nomem(err);
	}
	for (int i = choose(line, n > 1 ? words[0] : NULL); i < n - 1; i++)
		take(line, words[i]);
	*ret = line;
	return 0;
}

/* --- the notation of what may stand there ---------------------------------- */

#define TOKENS_MAX 64

struct token {
	const char *text;
	size_t len;
};

struct walk {
	struct token tokens[TOKENS_MAX];
	size_t n;
	const char *const *before; /* the words before the one that is asked for */
	size_t wanted;		   /* how many */
	struct og_offer offer;	   /* prefix and help of all that is offered */
	og_offer_fn *fn;
	void *arg;
};

static size_t token_length(const char *text)
{
	size_t n = 0;

	if (strncmp(text, "...", 3) == 0)
		return 3;
	if (strchr("[]|", text[0]))
		return 1;
	while (text[n] && !strchr(" []|", text[n]) && strncmp(text + n, "...", 3) != 0)
		n++;
	return n;
}

static void split(struct walk *w, const char *text)
{
	while (text && *text && w->n < TOKENS_MAX) {
		size_t len = *text == ' ' ? 0 : token_length(text);

		if (len > 0)
			w->tokens[w->n++] = (struct token){ text, len };
		text += len ? len : 1;
	}
}

static int is(const struct walk *w, size_t i, const char *text)
{
	return i < w->n && w->tokens[i].len == strlen(text) &&
	       memcmp(w->tokens[i].text, text, w->tokens[i].len) == 0;
}

static int is_fixed(const struct token *t)
{
	return strspn(t->text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") >= t->len;
}

static void offer(struct walk *w, const struct token *t)
{
	w->offer.text = t->text;
	w->offer.len = t->len;
	w->offer.is_name = !is_fixed(t);
	w->fn(w->arg, &w->offer);
}

/* The end of the item that begins at i. */
static size_t item_end(const struct walk *w, size_t i, size_t to)
{
	int depth = 0;

	do {
		depth += is(w, i, "[") - is(w, i, "]");
		i++;
	} while (i < to && depth > 0);
	return i;
}

static int walk_any(struct walk *w, size_t from, size_t to, size_t at, size_t *ret);

/* One item with `at` words before it: 1 and how many there are after it; 0
 * when it was what is asked for, or the words are others. */
static int walk_item(struct walk *w, size_t from, size_t to, size_t at, size_t *ret)
{
	const struct token *t = &w->tokens[from];

	if (is(w, from, "["))
		return walk_any(w, from + 1, to - 1, at, ret);
	if (at == w->wanted) {
		offer(w, t);
		return 0;
	}
	if (is_fixed(t) && (strncmp(t->text, w->before[at], t->len) != 0 || w->before[at][t->len]))
		return 0;
	*ret = at + 1;
	return 1;
}

/* Items in a row, none of them a |. */
static int walk_row(struct walk *w, size_t from, size_t to, size_t at, size_t *ret)
{
	while (from < to) {
		size_t end = item_end(w, from, to), before;

		do {
			before = at;
			if (!walk_item(w, from, end, at, &at))
				return 0;
		} while (is(w, end, "...") && at > before);
		from = end + (size_t)is(w, end, "...");
	}
	*ret = at;
	return 1;
}

/* Rows with | between them: the first that takes the words. */
static int walk_rows(struct walk *w, size_t from, size_t to, size_t at, size_t *ret)
{
	int taken = 0;

	while (from < to) {
		size_t end = from, after = at;

		while (end < to && !is(w, end, "|"))
			end = item_end(w, end, to);
		if (walk_row(w, from, end, at, &after) && !taken) {
			taken = 1;
			*ret = after;
		}
		from = end + 1;
	}
	return taken;
}

/* "A | B ..." repeats as a whole. */
static int walk_any(struct walk *w, size_t from, size_t to, size_t at, size_t *ret)
{
	size_t before = at;
	int either = 0, again;

	for (size_t i = from; i < to; i = item_end(w, i, to))
		either |= is(w, i, "|");
	again = either && to > from && is(w, to - 1, "...");
	do {
		before = at;
		if (!walk_rows(w, from, to - (size_t)again, at, &at))
			return 0;
	} while (again && at > before);
	*ret = at;
	return 1;
}

/* --- offering -------------------------------------------------------------- */

static void offer_values(const struct og_opt *opt, const char *word, size_t prefix_len,
			 og_offer_fn *fn, void *arg)
{
	struct walk w = { .fn = fn, .arg = arg, .offer = { word, prefix_len, NULL, 0, 0, NULL } };
	size_t end;

	if (opt->values || strcmp(opt->name, "as") != 0)
		split(&w, opt->values ? opt->values : opt->arg);
	else
		split(&w, "PRINCIPAL");
	walk_any(&w, 0, w.n, 0, &end);
}

static void offer_arguments(const struct og_line *line, og_offer_fn *fn, void *arg)
{
	const struct og_command *k = line->command;
	struct walk w = { .before = line->plain, .wanted = line->n_plain, .fn = fn, .arg = arg };
	size_t end;

	if (!k || (k->max_args >= 0 && line->n_plain >= (size_t)k->max_args))
		return;
	split(&w, k->values ? k->values : k->args);
	walk_any(&w, 0, w.n, 0, &end);
}

static void offer_commands(const struct og_line *line, og_offer_fn *fn, void *arg)
{
	int dash = line->word[0] == '-';

	for (const struct og_command *k = line->program->commands; k->run; k++)
		if (k->name && (k->name[0] == '-') == dash)
			fn(arg, &(struct og_offer){ "", 0, k->name, strlen(k->name), 0, k->help });
}

static int is_given(const struct og_line *line, const struct og_opt *opt)
{
	for (size_t i = 0; i < line->n_given; i++)
		if (line->given[i].opt == opt)
			return 1;
	return 0;
}

void og_line_options(const struct og_line *line, og_offer_fn *fn, void *arg)
{
	const struct og_opt *tables[2] = { line->command ? line->command->opts : NULL,
					   og_common_opts };

	if (line->pending || line->only_plain || (!line->command && !line->first))
		return;
	for (size_t t = 0; t < 2; t++) {
		for (const struct og_opt *o = tables[t]; o && o->name; o++) {
			/* Without a command there is no option with a value. */
			if ((is_given(line, o) && o->kind != OG_OPT_LIST) ||
			    (!line->command && o->kind != OG_OPT_FLAG))
				continue;
			fn(arg,
			   &(struct og_offer){ "--", 2, o->name, strlen(o->name), 0, o->help });
		}
	}
}

/* --as=VAL, -jVAL: 1 when the word is such a thing. */
static int offer_attached(const struct og_line *line, og_offer_fn *fn, void *arg)
{
	const char *attached = NULL;
	const struct og_opt *opt = option_of(line, line->word, &attached);

	if (!attached)
		return 0;
	if (opt && opt->kind != OG_OPT_FLAG)
		offer_values(opt, line->word, (size_t)(attached - line->word), fn, arg);
	return 1;
}

void og_line_offers(const struct og_line *line, og_offer_fn *fn, void *arg)
{
	int dash = line->word[0] == '-' && !line->only_plain;

	if (line->pending) {
		offer_values(line->pending, "", 0, fn, arg);
		return;
	}
	if (dash && offer_attached(line, fn, arg))
		return;
	if (line->first)
		offer_commands(line, fn, arg);
	if (dash)
		og_line_options(line, fn, arg);
	else
		offer_arguments(line, fn, arg);
}

const char *og_line_value(const struct og_line *line, const char *name)
{
	for (size_t i = 0; i < line->n_given; i++)
		if (strcmp(line->given[i].opt->name, name) == 0)
			return line->given[i].value;
	return NULL;
}

const char *og_line_arg(const struct og_line *line, size_t i)
{
	return i < line->n_plain ? line->plain[i] : NULL;
}

const char *og_line_word(const struct og_line *line)
{
	return line->word;
}

int og_line_dashes(const struct og_line *line)
{
	return !line->pending && !line->only_plain;
}
