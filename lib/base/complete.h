/*
 * Unfinished command lines: what may stand where the cursor is. Reads the
 * same tables as the parser (opt.h), and forgives what the parser would
 * not, since the line is not done yet.
 *
 * What an argument or an option's value may be is said by the names that
 * help has for it, "[SKILL | FILE] [HASH]", or, where these say too little,
 * by the table's `values` in the same notation, which help does not show:
 *
 *	list		lower case, digits, - _ . stands there as it is
 *	SKILL		a name, for what only the caller can list
 *	a | b, [...]	either; may be missing
 *	X..., [X]...	any number of them; "A | B ..." is any number of either
 *
 * An argument is told by its place, and by the words before it where those
 * are fixed: after "add" of "list | add NAME" comes NAME. Every option --as
 * takes a PRINCIPAL.
 */
#ifndef OG_BASE_COMPLETE_H
#define OG_BASE_COMPLETE_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/opt.h"

#define OG_LINE_WORDS_MAX 4096

struct og_line;

/* Something that may stand there. Strings are borrowed; text and prefix are
 * not terminated. */
struct og_offer {
	const char *prefix; /* of the word, before text: "--as=" */
	size_t prefix_len;
	const char *text;
	size_t len;
	int is_name;	  /* text is a name for what may stand there */
	const char *help; /* or NULL */
};
typedef void og_offer_fn(void *arg, const struct og_offer *offer);

/* words: what stands behind the program's name, without quotes; n > 0, the
 * last is the one under the cursor, up to it. They are borrowed. OG_EDATA
 * for too many words. */
int og_line_read(const struct og_program *program, int n, char **words, struct og_line **ret,
		 struct og_err *err);
void og_line_free(struct og_line *line);

/* What may stand for the word under the cursor, in the tables' order. Not
 * held against what of the word is there already, except that options are
 * only offered to what begins with a dash, and nothing else is then. */
void og_line_offers(const struct og_line *line, og_offer_fn *fn, void *arg);
/* The options that may still follow. None when the word is a value. */
void og_line_options(const struct og_line *line, og_offer_fn *fn, void *arg);

/* What the line says so far: an option's value (NULL: not given, or not
 * known here), an argument, the word under the cursor. */
const char *og_line_value(const struct og_line *line, const char *name);
const char *og_line_arg(const struct og_line *line, size_t i);
const char *og_line_word(const struct og_line *line);
/* Would a word that begins with a dash be taken for an option here? */
int og_line_dashes(const struct og_line *line);

#endif
