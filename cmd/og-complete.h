/*
 * og-x --complete [WORD...]: the hidden request with which a shell asks
 * what may stand for the last word. The others are those before it on the
 * line, without quotes, behind the program's name. `og --complete task ...`
 * is og-task's to answer; without words a program says what it is for, on
 * one line.
 *
 * The answer: a first line "words", "files" or "dirs": whether names of
 * files, or of folders, may stand there, too. Then a line for each
 * candidate, the whole word, and behind a tab, if there is one, what it is.
 * A candidate is not held against what of the word stands there already.
 * It has no control bytes and nothing that cannot be seen, is UTF-8, and is
 * not quoted: that is the shell's. The status is 0 always, and whatever
 * goes wrong is not said, since nobody asked for it.
 *
 * What only an instance knows is asked of the programs beside this one, as
 * the principal of the line (--as) or $OG_AS, and of the instance of the
 * line (--home), within a second in all, or the milliseconds of
 * $OG_COMPLETE_MS. They are asked what anybody
 * may ask: a request that needs a right is not made, as the ledger would
 * note its refusal. A shield on another host is not asked.
 */
#ifndef OG_CMD_COMPLETE_H
#define OG_CMD_COMPLETE_H

#include "cmd/og-main.h"
#include "lib/base/complete.h"

#define OG_COMPLETE_MS	 1000
#define OG_COMPLETE_LONG 60000		   /* ms that may be set */
#define OG_COMPLETE_MAX	 2000		   /* candidates */
#define OG_COMPLETE_TEXT ((size_t)1 << 20) /* bytes of an answer */

struct complete {
	const struct og_ctx *ctx;
	const struct og_line *line;
	const struct og_offer *offer; /* what is being offered */
	int64_t deadline;
	struct og_conf *conf; /* NULL: no instance here */
	int files, dirs;
	struct og_buf out;
	size_t n;
};

/* Answers it. Returns the exit status; -1 only for a lost stdout. */
int og_complete(const struct og_ctx *ctx, int n, char **words, struct og_err *err);

/* Adds a candidate, about which `about` may be NULL. */
void complete_add(struct complete *c, const char *text, const char *about);

/* Programs that are run from here on say nothing on standard error. */
void complete_be_silent(void);

/* og-complete-ask.c: adds what the instance has for a name: "SKILL". */
void complete_ask(struct complete *c, const char *name, size_t len);

#endif
