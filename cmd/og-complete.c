/*
 * What a shell is told that asks how a command line may go on; see
 * og-complete.h for the protocol. What the tables say is here, what an
 * instance knows in og-complete-ask.c.
 */
#include "cmd/og-complete.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"

#define ABOUT_MAX    160 /* bytes of a description */
#define PROGRAMS_MAX 64

/* --- the answer ------------------------------------------------------------ */

/* Can it be typed, and is it what it looks like? */
static int is_typeable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return 0;
	return len > 0 && og_utf8_valid(text, len) && !og_text_hidden(text, len);
}

static void add_about(struct og_buf *out, const char *about)
{
	size_t len = strlen(about), cut = len < ABOUT_MAX ? len : ABOUT_MAX;

	while (cut < len && cut > 0 && ((unsigned char)about[cut] & 0xc0) == 0x80)
		cut--;
	og_buf_addc(out, '\t');
	og_text_safe(out, about, cut, 0);
	if (cut < len)
		og_buf_adds(out, "\xe2\x80\xa6");
}

/* Is the word from `from` on in the answer already? */
static int is_repeated(const struct og_buf *out, size_t from)
{
	size_t len = out->len - from;

	for (const char *at = out->data; at && at < out->data + from; at = strchr(at, '\n') + 1)
		if (strncmp(at, out->data + from, len) == 0 && (at[len] == '\t' || at[len] == '\n'))
			return 1;
	return 0;
}

void complete_add(struct complete *c, const char *text, const char *about)
{
	const struct og_offer *offer = c->offer;
	int bare = !offer || offer->prefix_len == 0;
	size_t before = c->out.len;

	/* It would be taken for an option. */
	if (bare && text[0] == '-' && offer && offer->is_name && og_line_dashes(c->line))
		return;
	if (!is_typeable(text, strlen(text)) || c->n >= OG_COMPLETE_MAX)
		return;
	if (!bare)
		og_text_safe(&c->out, offer->prefix, offer->prefix_len, 0);
	og_buf_adds(&c->out, text);
	if (is_repeated(&c->out, before)) {
		c->out.len = before;
		return;
	}
	if (about && *about)
		add_about(&c->out, about);
	og_buf_addc(&c->out, '\n');
	if (!c->out.failed) {
		c->n++;
		return;
	}
	/* Full: what was there before is whole. */
	c->out.failed = 0;
	c->out.len = before;
	c->n = OG_COMPLETE_MAX;
}

static int is_name(const struct og_offer *offer, const char *name)
{
	return offer->len == strlen(name) && memcmp(offer->text, name, offer->len) == 0;
}

static void offer_name(struct complete *c, const struct og_offer *offer)
{
	if (is_name(offer, "FILE"))
		c->files = 1;
	else if (is_name(offer, "DIR"))
		c->dirs = 1;
	else
		complete_ask(c, offer->text, offer->len);
}

static void take_offer(void *arg, const struct og_offer *offer)
{
	struct complete *c = arg;
	char word[256];

	c->offer = offer;
	if (offer->is_name) {
		offer_name(c, offer);
	} else if (!is_name(offer, "-") && offer->len < sizeof(word)) {
		snprintf(word, sizeof(word), "%.*s", (int)offer->len, offer->text);
		complete_add(c, word, offer->help);
	}
	c->offer = NULL;
}

void complete_be_silent(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* --- og x ------------------------------------------------------------------ */

/* Asks a program what it is for; 0 when it is none. */
static int ask_program(const struct complete *c, const char *name, struct og_child *child)
{
	char *path = og_program_path(c->ctx->exe_dir, name);
	const char *argv[] = { path, "--complete", NULL };
	struct og_err quiet = OG_ERR_INIT;
	int is_program = path && access(path, X_OK) == 0;

	*child = (struct og_child){ -1, -1, -1 };
	if (is_program && og_child_start(argv, NULL, child, &quiet) < 0)
		child->pid = -1;
	free(path);
	return is_program;
}

/* With what it said, if it is of that kind and was in time. */
static void add_program(struct complete *c, const char *name, struct og_child *child)
{
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf about;
	int status = -1;

	og_buf_init(&about, 4096);
	if (child->pid < 0 ||
	    og_child_talk(child, "", 0, c->deadline, &about, &status, &quiet) < 0 || status)
		og_buf_clear(&about);
	if (about.len > 0 && about.data[about.len - 1] == '\n')
		about.data[--about.len] = '\0';
	complete_add(c, name, about.data);
	og_buf_release(&about);
}

static int is_ours(const struct dirent *entry)
{
	return strncmp(entry->d_name, "og-", 3) == 0 &&
	       strspn(entry->d_name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
		       strlen(entry->d_name);
}

/* The programs beside og, which are asked at the same time. */
static void add_programs(struct complete *c)
{
	struct og_child children[PROGRAMS_MAX];
	struct dirent **found;
	int there[PROGRAMS_MAX], n = scandir(c->ctx->exe_dir, &found, is_ours, alphasort);

	complete_be_silent();
	for (int i = 0; i < n && i < PROGRAMS_MAX; i++)
		there[i] = ask_program(c, found[i]->d_name, &children[i]);
	for (int i = 0; i < n; i++) {
		if (i < PROGRAMS_MAX && there[i])
			add_program(c, found[i]->d_name + 3, &children[i]);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

/* `og task ...`: runs og-task in our place, if there is one. */
static void hand_over(const struct og_ctx *ctx, int n, char **words)
{
	char **argv = calloc((size_t)n + 2, sizeof(*argv)), request[] = "--complete";
	struct og_err quiet = OG_ERR_INIT;

	if (!argv)
		return;
	argv[0] = words[0];
	argv[1] = request;
	for (int i = 1; i < n; i++)
		argv[i + 1] = words[i];
	og_program_other(ctx, argv, &quiet);
	free(argv);
}

/* --- the request ----------------------------------------------------------- */

static void answer(struct complete *c, int first)
{
	const char *word = og_line_word(c->line);

	og_line_offers(c->line, take_offer, c);
	if (first && og_program_other && word[0] != '-')
		add_programs(c);
	/* Nothing else is known: what may follow is better than silence. */
	if (c->n == 0 && !c->files && !c->dirs && !*word)
		og_line_options(c->line, take_offer, c);
}

static int print_answer(const struct complete *c, struct og_err *err)
{
	const char *first = c->files ? "files\n" : c->dirs ? "dirs\n" : "words\n";

	if (og_print(first, strlen(first), err) < 0)
		return -1;
	return c->out.len ? og_print(c->out.data, c->out.len, err) : 0;
}

static int patience(const struct og_ctx *ctx)
{
	const char *text = ctx->env("OG_COMPLETE_MS");
	struct og_err quiet = OG_ERR_INIT;
	int64_t ms;

	if (text && og_int_parse(text, 0, OG_COMPLETE_LONG, "OG_COMPLETE_MS", &ms, &quiet) == 0)
		return (int)ms;
	return OG_COMPLETE_MS;
}

int og_complete(const struct og_ctx *ctx, int n, char **words, struct og_err *err)
{
	struct complete c = { .ctx = ctx, .deadline = og_deadline(patience(ctx)) };
	struct og_line *line = NULL;
	struct og_err quiet = OG_ERR_INIT;
	int rc;

	if (n == 0)
		return og_printf(err, "%s\n", og_program.summary);
	if (og_program_other && n > 1 && og_main_is_other(words[0])) {
		hand_over(ctx, n, words);
		return 0;
	}
	if (og_line_read(&og_program, n, words, &line, &quiet) < 0)
		return 0;
	c.line = line;
	og_buf_init(&c.out, OG_COMPLETE_TEXT);
	answer(&c, n == 1);
	rc = print_answer(&c, err);
	og_buf_release(&c.out);
	og_conf_free(c.conf);
	og_line_free(line);
	return rc;
}
