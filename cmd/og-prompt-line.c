/*
 * The line that is typed, by libedit. This is the only file that knows it.
 * Characters are read here and not by libedit, so that ^C ends a line and
 * not the program, and a window that changes its size is drawn anew.
 *
 * What completion offers comes from the shield's schema: what the principal
 * cannot see is not there to be offered. Names that would need care on a
 * terminal are left out.
 */
#include "cmd/og-prompt.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/base/text.h"

#define HISTORY_MAX 1000
#define SHOWN_MAX   60
#define WORD_MAX    128

struct line_editor {
	struct prompt *prompt;
	EditLine *el;
	History *history;
	int more;
	char text[96], more_text[96];
};

static volatile sig_atomic_t resized;

static void on_resize(int sig)
{
	(void)sig;
	resized = 1;
}

static const char *prompt_text(EditLine *el)
{
	struct line_editor *line = NULL;

	el_get(el, EL_CLIENTDATA, &line);
	return line->more ? line->more_text : line->text;
}

static char *prompt_text_of(EditLine *el)
{
	const char *text = prompt_text(el);
	char *out;

	memcpy(&out, &text, sizeof(out)); /* libedit's callback is not const */
	return out;
}

/* 1: a byte; 0: the end; -1: ^C. Signals come through only while we wait. */
static int read_byte(EditLine *el, char *ret)
{
	struct pollfd poll_in = { STDIN_FILENO, POLLIN, 0 };
	sigset_t none;

	sigemptyset(&none);
	for (;;) {
		ssize_t n;

		if (prompt_interrupt_waits())
			return -1;
		if (resized) {
			resized = 0;
			el_resize(el);
			el_set(el, EL_REFRESH);
		}
		if (ppoll(&poll_in, 1, NULL, &none) < 0) {
			if (errno == EINTR)
				continue;
			return 0;
		}
		n = read(STDIN_FILENO, ret, 1);
		if (n > 0)
			return 1;
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return 0;
	}
}

static int read_char(EditLine *el, wchar_t *ret)
{
	mbstate_t state;
	char byte;

	memset(&state, 0, sizeof(state));
	for (int i = 0; i < MB_LEN_MAX; i++) {
		int n = read_byte(el, &byte);
		size_t used;

		if (n <= 0)
			return n;
		used = mbrtowc(ret, &byte, 1, &state);
		if (used == (size_t)-2)
			continue;
		if (used == (size_t)-1)
			*ret = L'?';
		return 1;
	}
	*ret = L'?';
	return 1;
}

/* Completion. */

struct found {
	char word[WORD_MAX];
	const char *list[SHOWN_MAX];
	size_t n, all;
	size_t common; /* bytes that all of them begin with */
};

static int is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static int is_plain(const char *name)
{
	for (; *name; name++)
		if (!is_word(*name))
			return 0;
	return 1;
}

static int begins(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (og_ascii_lower((unsigned char)*text) != og_ascii_lower((unsigned char)*prefix))
			return 0;
	return 1;
}

static void offer(struct found *found, const char *name)
{
	size_t same = 0;

	if (!begins(name, found->word))
		return;
	for (size_t i = 0; i < found->n; i++)
		if (strcmp(found->list[i], name) == 0)
			return;
	if (found->all++ == 0) {
		found->common = strlen(name);
	} else {
		while (same < found->common && name[same] &&
		       og_ascii_lower((unsigned char)name[same]) ==
			       og_ascii_lower((unsigned char)found->list[0][same]))
			same++;
		found->common = same;
	}
	if (found->n < SHOWN_MAX)
		found->list[found->n++] = name;
}

static void offer_columns(struct found *found, const json_t *table)
{
	json_t *column;
	size_t i;

	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		const char *name = og_json_str(column, "name");

		if (name && is_plain(name))
			offer(found, name);
	}
}

/* Behind a dot: columns, of that table if it is one's name. */
static void offer_names(struct found *found, const json_t *schema, const char *before)
{
	int only = 0;
	json_t *table;
	size_t i;

	json_array_foreach(schema, i, table)
	{
		const char *name = og_json_str(table, "name");

		if (*before && name && og_ascii_casecmp(name, before) == 0) {
			offer_columns(found, table);
			only = 1;
		}
	}
	json_array_foreach(schema, i, table)
	{
		const char *name = og_json_str(table, "name");

		if (!*before && name && is_plain(name))
			offer(found, name);
		if (!only)
			offer_columns(found, table);
	}
}

static void offer_keywords(struct found *found)
{
	static const char *const words[] = {
		"SELECT",  "FROM",   "WHERE", "GROUP",	   "ORDER",    "HAVING", "LIMIT",
		"OFFSET",  "INSERT", "INTO",  "VALUES",	   "UPDATE",   "SET",	 "JOIN",
		"LEFT",	   "INNER",  "CROSS", "USING",	   "AND",      "NOT",	 "NULL",
		"BETWEEN", "EXISTS", "CASE",  "WHEN",	   "THEN",     "ELSE",	 "END",
		"UNION",   "EXCEPT", "WITH",  "INTERSECT", "DISTINCT", "DESC",	 "LIKE",
	};

	for (size_t i = 0; found->word[0] && i < sizeof(words) / sizeof(*words); i++)
		offer(found, words[i]);
}

static void offer_dots(struct found *found)
{
	for (size_t i = 0; prompt_dots[i]; i++)
		offer(found, prompt_dots[i]);
}

/* Copies the word that ends at end, and what stands before its dot. */
static void take_word(const LineInfo *info, struct found *found, char before[WORD_MAX])
{
	const char *start = info->cursor, *dot;

	while (start > info->buffer && is_word(start[-1]))
		start--;
	before[0] = found->word[0] = '\0';
	if (start > info->buffer && start[-1] == '.') {
		for (dot = start - 1; dot > info->buffer && is_word(dot[-1]);)
			dot--;
		if ((size_t)(start - 1 - dot) < WORD_MAX)
			snprintf(before, WORD_MAX, "%.*s", (int)(start - 1 - dot), dot);
		if (dot == info->buffer && dot == start - 1)
			start--; /* a command of the prompt: its dot belongs to it */
		else if (!before[0])
			memcpy(before, "?", 2);
	}
	if ((size_t)(info->cursor - start) < WORD_MAX)
		snprintf(found->word, WORD_MAX, "%.*s", (int)(info->cursor - start), start);
}

static void show_choices(const struct found *found)
{
	fputc('\n', stdout);
	for (size_t i = 0; i < found->n; i++)
		printf("%s%s", i ? "  " : "", found->list[i]);
	printf("%s\n", found->all > found->n ? "  ..." : "");
	fflush(stdout);
}

static unsigned char complete(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);
	struct line_editor *line = NULL;
	char before[WORD_MAX], rest[WORD_MAX + 1];
	struct found found = { .n = 0 };
	size_t len;

	(void)key;
	el_get(el, EL_CLIENTDATA, &line);
	take_word(info, &found, before);
	len = strlen(found.word);
	if (found.word[0] == '.') {
		offer_dots(&found);
	} else {
		offer_names(&found, line->prompt->schema, before);
		if (!before[0])
			offer_keywords(&found);
	}
	if (found.n == 0)
		return CC_REFRESH_BEEP;
	if (found.common > len && found.common < WORD_MAX) {
		/* What is typed stays as it is typed. */
		snprintf(rest, sizeof(rest), "%.*s%s", (int)(found.common - len),
			 found.list[0] + len, found.all == 1 ? " " : "");
		return el_insertstr(el, rest) < 0 ? CC_REFRESH_BEEP : CC_REFRESH;
	}
	if (found.all == 1)
		return el_insertstr(el, " ") < 0 ? CC_REFRESH_BEEP : CC_REFRESH;
	show_choices(&found);
	return CC_REDISPLAY;
}

/* Texts are UTF-8 whatever the locale says; a locale that is not would make
 * two of every character. */
static void set_locale(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static void watch_window(void)
{
	struct sigaction action = { .sa_handler = on_resize };

	sigemptyset(&action.sa_mask);
	sigaction(SIGWINCH, &action, NULL);
}

static int set_up(struct line_editor *line)
{
	HistEvent event;

	line->history = history_init();
	line->el = el_init("og-prompt", stdin, stdout, stderr);
	if (!line->history || !line->el)
		return -1;
	history(line->history, &event, H_SETSIZE, HISTORY_MAX);
	history(line->history, &event, H_SETUNIQUE, 1);
	el_set(line->el, EL_CLIENTDATA, line);
	el_set(line->el, EL_SIGNAL, 0);
	el_set(line->el, EL_GETCFN, read_char);
	el_set(line->el, EL_PROMPT, prompt_text_of);
	el_set(line->el, EL_EDITOR, "emacs");
	el_set(line->el, EL_HIST, history, line->history);
	el_set(line->el, EL_ADDFN, "og-complete", "complete a name", complete);
	el_set(line->el, EL_BIND, "^I", "og-complete", NULL);
	el_set(line->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return 0;
}

int prompt_line_open(struct prompt *prompt, struct line_editor **ret, struct og_err *err)
{
	struct line_editor *line = calloc(1, sizeof(*line));
	int width = (int)strlen(prompt->who);

	if (!line)
		return og_fail_nomem(err);
	set_locale();
	line->prompt = prompt;
	snprintf(line->text, sizeof(line->text), "%s> ", prompt->who);
	snprintf(line->more_text, sizeof(line->more_text), "%*s> ", width, "...");
	if (set_up(line) < 0) {
		prompt_line_close(line);
		return og_fail(err, OG_EOS, "this terminal cannot be used");
	}
	watch_window();
	*ret = line;
	return 0;
}

void prompt_line_close(struct line_editor *line)
{
	if (!line)
		return;
	if (line->el)
		el_end(line->el);
	if (line->history)
		history_end(line->history);
	free(line);
}

void prompt_line_remember(void *arg, const char *text)
{
	struct line_editor *line = arg;
	HistEvent event;

	history(line->history, &event, H_ENTER, text);
}

/* While a line is read they come through in ppoll() alone, where they are
 * waited for. */
static void hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGWINCH);
	sigprocmask(how, &set, NULL);
}

int prompt_line_read(struct line_editor *line, int more, const char **ret)
{
	int n = 0;

	line->more = more;
	hold_signals(SIG_BLOCK);
	*ret = el_gets(line->el, &n);
	hold_signals(SIG_UNBLOCK);
	if (prompt_interrupted()) {
		fputc('\n', stdout);
		return 2;
	}
	return *ret && n > 0 ? 1 : 0;
}
